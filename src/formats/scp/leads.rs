//! Lead definitions (section 3) and the codes of leads (EN 1064 table 4, which ISO/IEEE 11073-10102 and DICOM share).

use crate::ecg::{LeadName, Warning, WarningCode};
use crate::formats::Error;
use crate::formats::bytes::size;

use super::sections::File;

/// The standard has room for 255; nothing recorded comes near.
const MOST_LEADS: usize = 85;
/// Longest lead that is decoded: it has 65535 bytes at most, and a sample one bit at least, or fewer where it is thinned out.
const MOST_SAMPLES: u32 = 1 << 22;
/// Most samples of all leads.
const MOST_SAMPLES_OF_ALL: usize = 1 << 23;

/// Leads that have a name of their own here, by their code.
const NAMED: [(u8, LeadName); 23] = [
    (1, LeadName::I),
    (2, LeadName::II),
    (3, LeadName::V1),
    (4, LeadName::V2),
    (5, LeadName::V3),
    (6, LeadName::V4),
    (7, LeadName::V5),
    (8, LeadName::V6),
    (9, LeadName::V7),
    (10, LeadName::V2R),
    (11, LeadName::V3R),
    (12, LeadName::V4R),
    (13, LeadName::V5R),
    (14, LeadName::V6R),
    (16, LeadName::X),
    (17, LeadName::Y),
    (18, LeadName::Z),
    (61, LeadName::III),
    (62, LeadName::AVR),
    (63, LeadName::AVL),
    (64, LeadName::AVF),
    (66, LeadName::V8),
    (67, LeadName::V9),
];

/// Leads that are known by their words only.
const OTHER: [(u8, &str); 25] = [
    (15, "V7R"),
    (19, "CC5"),
    (20, "CM5"),
    (21, "LA"),
    (22, "RA"),
    (23, "LL"),
    (24, "fI"),
    (25, "fE"),
    (26, "fC"),
    (27, "fA"),
    (28, "fM"),
    (29, "fF"),
    (30, "fH"),
    (65, "-aVR"),
    (68, "V8R"),
    (69, "V9R"),
    (70, "D"),
    (71, "A"),
    (72, "J"),
    (73, "Defib"),
    (74, "ExtPace"),
    (75, "A1"),
    (76, "A2"),
    (77, "A3"),
    (78, "A4"),
];

/// The lead of a code, `None` for calibration signals and codes without a lead.
pub(in crate::formats) fn lead_of_code(code: u8) -> Option<LeadName> {
    let named = NAMED.iter().find(|(own, _)| *own == code);
    let other = OTHER.iter().find(|(own, _)| *own == code);
    named
        .map(|(_, name)| name.clone())
        .or_else(|| other.map(|(_, words)| LeadName::Other((*words).to_owned())))
}

/// The code of a lead, `None` where it has none.
pub(in crate::formats) fn code_of_lead(name: &LeadName) -> Option<u8> {
    let named = NAMED.iter().find(|(_, own)| own == name);
    let other = OTHER.iter().find(|(_, words)| name.as_str() == *words);
    named
        .map(|(code, _)| *code)
        .or_else(|| other.map(|(code, _)| *code))
}

/// A lead as section 3 or 12 defines it.
pub(super) struct LeadDefinition {
    pub name: LeadName,
    pub known: bool,
    /// Number of its first sample, counted from one.
    pub start: u32,
    pub samples: usize,
}

impl LeadDefinition {
    pub(super) fn new(code: u8, start: u32, samples: usize) -> Self {
        let name = lead_of_code(code);
        Self {
            known: name.is_some(),
            name: name.unwrap_or_else(|| LeadName::Other(format!("lead code {code}"))),
            start,
            samples,
        }
    }
}

/// What section 3 says.
pub(super) struct Definitions {
    pub leads: Vec<LeadDefinition>,
    pub reference_beat_subtracted: bool,
}

impl Definitions {
    pub(super) fn parse(file: &File<'_>) -> Result<Self, Error> {
        let missing =
            || Error::damaged("the lead definition is missing or cut off").at_field("section 3");
        let section = file.section(3)?.ok_or_else(missing)?;
        let (count, flags) = section.u8(0).zip(section.u8(1)).ok_or_else(missing)?;
        let count = usize::from(count);
        if count == 0 || count > MOST_LEADS {
            return Err(
                Error::damaged(format!("{count} leads are impossible")).at_field("section 3")
            );
        }
        let mut leads = Vec::with_capacity(count);
        for index in 0..count {
            let at = 2 + index * 9;
            let (Some(start), Some(end), Some(code)) = (
                section.u32_le(at),
                section.u32_le(at + 4),
                section.u8(at + 8),
            ) else {
                return Err(missing());
            };
            let samples = end
                .checked_sub(start)
                .and_then(|n| n.checked_add(1))
                .filter(|&n| n <= MOST_SAMPLES);
            let samples = samples.ok_or_else(|| {
                let reason = format!("lead {} cannot run from sample {start} to {end}", index + 1);
                Error::damaged(reason).at_field("section 3")
            })?;
            leads.push(LeadDefinition::new(code, start, size(samples)));
        }
        let all: usize = leads.iter().map(|lead| lead.samples).sum();
        if all > MOST_SAMPLES_OF_ALL {
            let reason = format!("{count} leads of {all} samples together are impossible");
            return Err(Error::damaged(reason).at_field("section 3"));
        }
        Ok(Self {
            leads,
            reference_beat_subtracted: flags & 1 != 0,
        })
    }

    pub(super) fn warn(&self, warnings: &mut Vec<Warning>) {
        for (index, lead) in self.leads.iter().enumerate() {
            if !lead.known {
                warnings.push(Warning::new(
                    WarningCode::UnreadableField,
                    format!("Lead {} has an unknown code.", index + 1),
                ));
            }
        }
        let twice = |lead: &LeadDefinition| {
            let same = self.leads.iter().filter(|other| other.name == lead.name);
            same.count() > 1
        };
        if let Some(lead) = self.leads.iter().find(|lead| twice(lead)) {
            warnings.push(Warning::new(
                WarningCode::Inconsistent,
                format!(
                    "More than one lead is called {}: lead names cannot be trusted.",
                    lead.name
                ),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_leads_back_to_itself() {
        let known: Vec<u8> = (0..=u8::MAX)
            .filter(|&code| lead_of_code(code).is_some())
            .collect();
        assert_eq!(known.len(), NAMED.len() + OTHER.len());
        for code in known {
            assert_eq!(
                lead_of_code(code).as_ref().and_then(code_of_lead),
                Some(code)
            );
        }
    }
}
