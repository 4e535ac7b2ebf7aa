//! The waveform annotation sequence (PS3.3 C.10.10): statements, measurements, moments.

use crate::ecg::{Annotation, LeadName, Recording, ReportedValue};
use crate::formats::fields::{measured, reported};

use super::element::{DataSet, Tag};
use super::terms::{BEATS, BOUNDARIES, MEASUREMENTS};
use super::text;

const SEQUENCE: Tag = (0x0040, 0xb020);
const CHANNELS: Tag = (0x0040, 0xa0b0);
const CONCEPT: Tag = (0x0040, 0xa043);
const CODED: Tag = (0x0040, 0xa168);
const VALUE: Tag = (0x0040, 0xa30a);
const UNITS: Tag = (0x0040, 0x08ea);
const RANGE: Tag = (0x0040, 0xa130);
const POSITIONS: Tag = (0x0040, 0xa132);
const OFFSETS: Tag = (0x0040, 0xa138);
const WORDS: Tag = (0x0070, 0x0006);
const CODE: Tag = (0x0008, 0x0100);
const MEANING: Tag = (0x0008, 0x0104);

/// Adds what the annotations of a data set say; the first multiplex group begins at `first_group_s` of the recording.
pub(super) fn add(set: &DataSet<'_>, charset: &str, first_group_s: f64, recording: &mut Recording) {
    for annotation in set.items(SEQUENCE) {
        let words = annotation
            .bytes(WORDS)
            .and_then(|bytes| text::decode(bytes, charset))
            .or_else(|| coded(annotation, charset));
        let channels = annotation.shorts(CHANNELS);
        let words_of = words.as_deref();
        let moments = moments(annotation, &channels, words_of, first_group_s, recording);
        // Words without a moment are about the whole tracing.
        if moments.is_empty() {
            recording.device_statements.extend(words);
        }
        recording.annotations.extend(moments);
        recording
            .device_measurements
            .extend(measurement(annotation, &channels));
    }
}

fn meaning(annotation: &DataSet<'_>) -> Option<String> {
    annotation.items(CONCEPT).first()?.text(MEANING)
}

/// What a coded annotation says, in the words of its codes.
fn coded(annotation: &DataSet<'_>, charset: &str) -> Option<String> {
    let codes = annotation.items(CODED).iter();
    let words: Vec<String> = codes
        .filter_map(|code| text::decode(code.bytes(MEANING)?, charset).or_else(|| code.text(CODE)))
        .collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// A numeric annotation that is about the whole tracing.
fn measurement(annotation: &DataSet<'_>, channels: &[u16]) -> Option<ReportedValue> {
    let value = annotation.number(VALUE)?;
    let meaning = meaning(annotation)?;
    // Channel 0 of a multiplex group stands for all of its channels.
    if channels.get(1).is_some_and(|&channel| channel != 0) {
        return None;
    }
    let key = meaning.to_lowercase();
    let known = MEASUREMENTS
        .iter()
        .find(|(words, ..)| key.starts_with(&words.to_lowercase()));
    let name = known.map_or(meaning, |(_, name, _)| (*name).to_owned());
    let unit = annotation
        .items(UNITS)
        .first()
        .and_then(|unit| unit.text(CODE));
    let unit = match unit.as_deref() {
        Some("{H.B.}/min" | "bpm" | "/min") => "/min".to_owned(),
        // Some writers give everything in milliseconds.
        _ if name.ends_with("_axis") => "deg".to_owned(),
        unit => unit.unwrap_or_default().to_owned(),
    };
    let there = measured(&name, value) || unit != "ms";
    there.then(|| reported(&name, value, &unit))
}

/// Moments of the rhythm, which is the first multiplex group.
fn moments(
    annotation: &DataSet<'_>,
    channels: &[u16],
    words: Option<&str>,
    first_group_s: f64,
    recording: &Recording,
) -> Vec<Annotation> {
    if channels.first().is_some_and(|&group| group != 1) || annotation.number(VALUE).is_some() {
        return Vec::new();
    }
    let meaning = meaning(annotation);
    // A code says what it is, its concept only of what kind.
    let of_kind = annotation.items(CODED).is_empty();
    let said = meaning.as_deref().filter(|_| of_kind);
    let Some(label) = said.or(words).or(meaning.as_deref()) else {
        return Vec::new();
    };
    let rate = recording.sampling_rate_hz;
    let positions = annotation.longs(POSITIONS).into_iter();
    // Positions count from one.
    let mut at_s: Vec<f64> = positions
        .map(|at| first_group_s + (f64::from(at) - 1.0).max(0.0) / rate)
        .collect();
    if at_s.is_empty() {
        let offsets = annotation.text(OFFSETS).unwrap_or_default();
        let offsets = offsets
            .split('\\')
            .filter_map(crate::formats::fields::number);
        at_s = offsets.map(|ms| ms / 1000.0).collect();
    }
    let lead: Option<LeadName> = channels
        .get(1)
        .and_then(|&channel| recording.leads.get(usize::from(channel).checked_sub(1)?))
        .map(|lead| lead.name.clone());
    let key = label.to_lowercase();
    if annotation.text(RANGE).as_deref() == Some("SEGMENT")
        && let [from_s, to_s] = *at_s.as_slice()
    {
        return vec![Annotation::Span {
            from_s,
            to_s,
            lead,
            label: label.to_owned(),
        }];
    }
    let boundary = BOUNDARIES
        .iter()
        .find(|(words, ..)| key.starts_with(&words.to_lowercase()));
    let beat = BEATS.iter().find(|(words, _)| key == *words);
    at_s.into_iter()
        .map(|at_s| match (boundary, beat) {
            (Some((_, boundary, _)), _) => Annotation::Boundary {
                at_s,
                boundary: *boundary,
                lead: lead.clone(),
            },
            (None, Some((_, beat))) => Annotation::Beat { at_s, beat: *beat },
            (None, None) => Annotation::Note {
                at_s,
                text: label.to_owned(),
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::element::{self, Syntax};
    use super::*;

    fn value((group, element): Tag, vr: &[u8], bytes: &[u8]) -> Vec<u8> {
        let head = [group.to_le_bytes(), element.to_le_bytes()].concat();
        let length = u16::try_from(bytes.len()).unwrap().to_le_bytes();
        [head.as_slice(), vr, &length, bytes].concat()
    }

    fn sequence((group, element): Tag, item: &[u8]) -> Vec<u8> {
        let head = [group.to_le_bytes(), element.to_le_bytes()].concat();
        let length = |bytes: usize| u32::try_from(bytes).unwrap().to_le_bytes();
        let outer = length(item.len() + 8);
        let inner = length(item.len());
        let mark = [0xfe, 0xff, 0x00, 0xe0];
        [head.as_slice(), b"SQ\0\0", &outer, &mark, &inner, item].concat()
    }

    #[test]
    fn a_statement_that_is_a_code_is_told_by_what_the_code_means() {
        let code = [
            value(CODE, b"SH", b"164889003 "),
            value(MEANING, b"LO", b"Atrial fibrillation "),
        ];
        let concept = value(MEANING, b"LO", b"Rhythm");
        let coded = |moment: &[u8]| {
            let item = [
                sequence(CONCEPT, &concept),
                value(CHANNELS, b"US", &[1, 0, 0, 0]),
                moment.to_vec(),
                sequence(CODED, &code.concat()),
            ];
            sequence(SEQUENCE, &item.concat())
        };
        let read = |bytes: &[u8]| {
            let syntax = Syntax {
                explicit: true,
                big_endian: false,
            };
            let set = element::parse(bytes, 0, syntax).unwrap();
            let mut recording = Recording::new("", "dicom", 500.0);
            add(&set, "", 0.0, &mut recording);
            recording
        };
        assert_eq!(read(&coded(&[])).device_statements, ["Atrial fibrillation"]);
        let at = value(POSITIONS, b"UL", &501_u32.to_le_bytes());
        assert_eq!(
            read(&coded(&at)).annotations,
            [Annotation::Note {
                at_s: 1.0,
                text: "Atrial fibrillation".into()
            }]
        );
    }
}
