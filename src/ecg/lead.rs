use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of a lead, in the spelling that is printed on paper.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeadName {
    I,
    II,
    III,
    AVR,
    AVL,
    AVF,
    V1,
    V2,
    V3,
    V4,
    V5,
    V6,
    /// Posterior chest leads V7 to V9.
    V7,
    V8,
    V9,
    /// Right-sided chest leads.
    V1R,
    V2R,
    V3R,
    V4R,
    V5R,
    V6R,
    /// Frank's orthogonal leads.
    X,
    Y,
    Z,
    /// Any other channel, under the name its file gives it.
    Other(String),
}

/// The twelve standard leads in the order they are printed.
pub const STANDARD_12: [LeadName; 12] = [
    LeadName::I,
    LeadName::II,
    LeadName::III,
    LeadName::AVR,
    LeadName::AVL,
    LeadName::AVF,
    LeadName::V1,
    LeadName::V2,
    LeadName::V3,
    LeadName::V4,
    LeadName::V5,
    LeadName::V6,
];

impl LeadName {
    /// Recognises the spellings seen in files: `avr`, `aVR`, `Lead II`, `Lead I (Einthoven)`,
    /// `aVF, augmented voltage, foot`, `MDC_ECG_LEAD_V1`, `ECG Lead V3`, `ecg.II`, `Channel II`, `II lead`.
    /// Anything else is [`Self::Other`]; so are differences such as `I-II`, and `-aVR`, which is upside down.
    pub fn parse(text: &str) -> Self {
        use LeadName::*;
        let trimmed = text.trim();
        let before = trimmed.split([',', '(']).next().unwrap_or_default();
        let key = bare(&before.trim().to_ascii_uppercase());
        match key.as_str() {
            "I" | "D1" | "DI" => I,
            "II" | "D2" | "DII" => II,
            "III" | "D3" | "DIII" => III,
            "AVR" => AVR,
            "AVL" => AVL,
            "AVF" => AVF,
            "V1" => V1,
            "V2" => V2,
            "V3" => V3,
            "V4" => V4,
            "V5" => V5,
            "V6" => V6,
            "V7" => V7,
            "V8" => V8,
            "V9" => V9,
            "V1R" => V1R,
            "V2R" => V2R,
            "V3R" => V3R,
            "V4R" => V4R,
            "V5R" => V5R,
            "V6R" => V6R,
            "X" | "VX" => X,
            "Y" | "VY" => Y,
            "Z" | "VZ" => Z,
            _ => Other(trimmed.to_owned()),
        }
    }

    /// The printed spelling, such as `aVR`.
    pub fn as_str(&self) -> &str {
        use LeadName::*;
        match self {
            I => "I",
            II => "II",
            III => "III",
            AVR => "aVR",
            AVL => "aVL",
            AVF => "aVF",
            V1 => "V1",
            V2 => "V2",
            V3 => "V3",
            V4 => "V4",
            V5 => "V5",
            V6 => "V6",
            V7 => "V7",
            V8 => "V8",
            V9 => "V9",
            V1R => "V1R",
            V2R => "V2R",
            V3R => "V3R",
            V4R => "V4R",
            V5R => "V5R",
            V6R => "V6R",
            X => "X",
            Y => "Y",
            Z => "Z",
            Other(name) => name,
        }
    }

    /// Position among [`STANDARD_12`], if it is one of them.
    pub fn standard_index(&self) -> Option<usize> {
        STANDARD_12.iter().position(|lead| lead == self)
    }

    /// Whether this is one of I, II, III, aVR, aVL, aVF.
    pub fn is_limb(&self) -> bool {
        self.standard_index().is_some_and(|index| index < 6)
    }
}

/// Words before and behind the name of a lead; those that end in a blank stand apart from it.
const PREFIXES: [&str; 8] = [
    "MDC_ECG_LEAD_",
    "MDC_ECG_",
    "LEAD",
    "ECG",
    "EKG",
    "CHANNEL ",
    "ABLEITUNG ",
    "SIGNAL ",
];
const SUFFIXES: [&str; 3] = ["LEAD", "ECG", "EKG"];

/// A name in capitals without the words around it, and without what parts its letters.
fn bare(name: &str) -> String {
    let mut key = name.replace('_', " ").replace('"', "");
    loop {
        let mut prefixes = PREFIXES.iter().map(|prefix| prefix.replace('_', " "));
        let Some(rest) = prefixes.find_map(|prefix| key.strip_prefix(&prefix)) else {
            break;
        };
        let rest = rest.trim_start_matches([' ', ':', '.']);
        // A hyphen right behind the word joins it to the name; another one is a sign.
        let joined = key.as_bytes().get(key.len() - rest.len() - 1) != Some(&b' ');
        key = rest
            .strip_prefix('-')
            .filter(|_| joined)
            .unwrap_or(rest)
            .to_owned();
    }
    for suffix in SUFFIXES {
        if let Some(rest) = key
            .strip_suffix(suffix)
            .map(|rest| rest.trim_end_matches(['-', ' ']))
            && !rest.is_empty()
        {
            key = rest.to_owned();
        }
    }
    // `V 1` is one name, `I II` two.
    let first = key.split(' ').next().unwrap_or_default();
    if !matches!(first, "I" | "II" | "III") {
        key.retain(|c| c != ' ');
    }
    key
}

impl fmt::Display for LeadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for LeadName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for LeadName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self::parse(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_the_spellings_seen_in_files() {
        for (text, lead) in [
            ("avr", LeadName::AVR),
            ("Lead I (Einthoven)", LeadName::I),
            ("aVF, augmented voltage, foot", LeadName::AVF),
            ("MDC_ECG_LEAD_V1", LeadName::V1),
            ("Lead V6", LeadName::V6),
            ("ECG II", LeadName::II),
            ("ECG Lead II", LeadName::II),
            ("ecg_lead_avf", LeadName::AVF),
            ("ecg.V3", LeadName::V3),
            ("ECG: II", LeadName::II),
            ("Channel V2", LeadName::V2),
            ("Ableitung III", LeadName::III),
            ("lead-aVL", LeadName::AVL),
            ("aVR lead", LeadName::AVR),
            ("II_ecg", LeadName::II),
            ("Lead \"II\"", LeadName::II),
            ("V 1", LeadName::V1),
            ("MDC_ECG_LEAD_aVR", LeadName::AVR),
            ("EEG Fp1-Ref", LeadName::Other("EEG Fp1-Ref".into())),
            ("MLII", LeadName::Other("MLII".into())),
        ] {
            assert_eq!(LeadName::parse(text), lead, "{text}");
        }
    }

    #[test]
    fn a_difference_of_leads_or_one_upside_down_is_no_lead() {
        for text in [
            "I-II",
            "II-I",
            "I - II",
            "I II",
            "-aVR",
            "Lead -aVR",
            "ECG--aVR",
            "V1-V2",
        ] {
            assert_eq!(LeadName::parse(text), LeadName::Other(text.into()));
        }
    }

    #[test]
    fn every_standard_lead_survives_printing_and_parsing() {
        for lead in &STANDARD_12 {
            assert_eq!(&LeadName::parse(lead.as_str()), lead);
        }
    }
}
