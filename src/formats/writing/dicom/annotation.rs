//! The waveform annotation sequence (PS3.3 C.10.10): statements, measurements, moments.

use std::borrow::Cow;

use super::elements::{Elements, sixteen};
use crate::ecg::{Annotation, LeadName, Recording, ReportedValue};
use crate::formats::dicom::terms::{BEATS, BOUNDARIES, MEASUREMENTS};
use crate::formats::writing::sign_in_words;

/// The scheme that nearly all makers take their codes from, and its version. Viewers know it better than that of ISO/IEEE
/// 11073: dicom-ecg-plot calls V1, which is 2:3 there, III.
pub(super) const SCP: &str = "SCPECG";
pub(super) const SCP_VERSION: &str = "1.3";
/// The scheme of codes that are ours.
pub(super) const OWN: &str = "99HEARTBEATAI";

/// One item for each; `leads` in the order of the channels of the first group, which they are about.
pub(super) fn items(
    recording: &Recording,
    leads: &[&LeadName],
    rate_hz: f64,
    samples: usize,
) -> Vec<Elements> {
    let statements = recording.device_statements.iter().map(|statement| Item {
        words: Some(statement.into()),
        ..Item::default()
    });
    let measurements = recording.device_measurements.iter().map(|value| Item {
        value: Some(value),
        ..Item::default()
    });
    let channel = |lead: &Option<LeadName>| {
        let lead = lead.as_ref()?;
        let index = leads.iter().position(|name| *name == lead)?;
        u16::try_from(index + 1).ok()
    };
    // Positions count from one; moments out of the tracing have none, but that of its end is its last sample.
    let last = samples.saturating_sub(1) as f64;
    let position = |at_s: f64| {
        let at = (at_s * rate_hz).round();
        // Between zero and the number of samples.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let at = (0.0..=last + 1.0)
            .contains(&at)
            .then_some(at.min(last) as u64 + 1)?;
        u32::try_from(at).ok()
    };
    let point = |at_s: f64| Some(vec![position(at_s)?]);
    let ends_s = last / rate_hz;
    let moments = recording.annotations.iter().filter_map(|annotation| {
        Some(match annotation {
            Annotation::Beat { at_s, beat } => Item {
                concept: BEATS
                    .iter()
                    .find(|(_, own)| own == beat)
                    .map(|(words, _)| (*words, "")),
                positions: point(*at_s)?,
                ..Item::default()
            },
            Annotation::Boundary {
                at_s,
                boundary,
                lead,
            } => Item {
                concept: BOUNDARIES
                    .iter()
                    .find(|(_, own, _)| own == boundary)
                    .map(|(words, _, code)| (*words, *code)),
                positions: point(*at_s)?,
                channel: channel(lead),
                ..Item::default()
            },
            // What reaches into the tracing is told as far as it lies in it.
            Annotation::Span {
                from_s,
                to_s,
                lead,
                label,
            } if *from_s <= ends_s && *to_s >= 0.0 => Item {
                words: Some(label.into()),
                positions: vec![position(from_s.max(0.0))?, position(to_s.min(ends_s))?],
                channel: channel(lead),
                ..Item::default()
            },
            Annotation::Span { .. } => return None,
            Annotation::Sign {
                at_s,
                sign,
                subtype,
                text,
            } => Item {
                words: Some(sign_in_words(sign, *subtype, text).into()),
                positions: point(*at_s)?,
                ..Item::default()
            },
            Annotation::Note { at_s, text } => Item {
                words: Some(text.into()),
                positions: point(*at_s)?,
                ..Item::default()
            },
        })
    });
    statements
        .chain(measurements)
        .chain(moments)
        .map(|item| item.elements())
        .collect()
}

/// What one item holds.
#[derive(Default)]
struct Item<'a> {
    words: Option<Cow<'a, str>>,
    value: Option<&'a ReportedValue>,
    /// Words, and their code in SCP-ECG where there is one.
    concept: Option<(&'static str, &'static str)>,
    /// `None`: all channels.
    channel: Option<u16>,
    /// Samples: one for a point, two for a segment.
    positions: Vec<u32>,
}

impl Item<'_> {
    fn elements(&self) -> Elements {
        let mut item = Elements::default();
        if let Some(value) = self.value {
            unit(&value.unit, &mut item);
            let mut concept = Elements::default();
            match MEASUREMENTS.iter().find(|(_, name, _)| *name == value.name) {
                Some((words, _, code)) => concept.versioned_code(code, SCP, SCP_VERSION, words),
                None => concept.code(&code_of(&value.name), OWN, &value.name),
            }
            item.sequence(0x0040, 0xa043, &[concept]);
        } else if let Some((words, code)) = self.concept {
            let mut concept = Elements::default();
            match code {
                "" => concept.code(&code_of(words), OWN, words),
                code => concept.versioned_code(code, SCP, SCP_VERSION, words),
            }
            item.sequence(0x0040, 0xa043, &[concept]);
        }
        item.shorts(0x0040, 0xa0b0, &[1, self.channel.unwrap_or(0)]);
        if !self.positions.is_empty() {
            let range = if self.positions.len() == 2 {
                "SEGMENT"
            } else {
                "POINT"
            };
            item.text(0x0040, 0xa130, "CS", range);
            let positions = self.positions.iter().flat_map(|at| at.to_le_bytes());
            item.bytes(0x0040, 0xa132, "UL", &positions.collect::<Vec<u8>>());
        }
        if let Some(value) = self.value {
            item.text(0x0040, 0xa30a, "DS", &sixteen(value.value));
        }
        if let Some(words) = &self.words {
            item.text(0x0070, 0x0006, "ST", words);
        }
        item
    }
}

fn unit(name: &str, item: &mut Elements) {
    let (code, words) = match name {
        "" => return,
        "/min" => ("{H.B.}/min", "heart beats per minute"),
        "ms" => ("ms", "millisecond"),
        "deg" => ("deg", "degree"),
        "uV" => ("uV", "microvolt"),
        other => (other, other),
    };
    let mut unit = Elements::default();
    unit.code(code, "UCUM", words);
    item.sequence(0x0040, 0x08ea, &[unit]);
}

/// A code in our scheme: the letters of its words.
fn code_of(words: &str) -> String {
    let letters = words.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_uppercase()).collect()
}
