//! The waveform annotation sequence (PS3.3 C.10.10): statements, measurements, moments.

use crate::ecg::{Annotation, LeadName, Recording, ReportedValue, WaveBoundary};
use crate::formats::fields::{measured, reported};

use super::element::{DataSet, Tag};
use super::text;

const SEQUENCE: Tag = (0x0040, 0xb020);
const CHANNELS: Tag = (0x0040, 0xa0b0);
const CONCEPT: Tag = (0x0040, 0xa043);
const VALUE: Tag = (0x0040, 0xa30a);
const UNITS: Tag = (0x0040, 0x08ea);
const POSITIONS: Tag = (0x0040, 0xa132);
const OFFSETS: Tag = (0x0040, 0xa138);
const WORDS: Tag = (0x0070, 0x0006);
const CODE: Tag = (0x0008, 0x0100);
const MEANING: Tag = (0x0008, 0x0104);

/// Measurements by the words they begin with.
const MEASUREMENTS: [(&str, &str); 11] = [
    ("ventricular heart rate", "heart_rate"),
    ("ventricular rate", "heart_rate"),
    ("heart rate", "heart_rate"),
    ("pr interval", "pr"),
    ("pq interval", "pr"),
    ("qrs duration", "qrs"),
    ("qtc", "qtc"),
    ("qt interval", "qt"),
    ("p axis", "p_axis"),
    ("qrs axis", "qrs_axis"),
    ("t axis", "t_axis"),
];

/// Moments by their words (SCP-ECG table 5.10.3, DICOM CID 3335).
const BOUNDARIES: [(&str, WaveBoundary); 9] = [
    ("p onset", WaveBoundary::POn),
    ("p peak", WaveBoundary::PPeak),
    ("p offset", WaveBoundary::POff),
    ("qrs onset", WaveBoundary::QrsOn),
    ("r peak", WaveBoundary::RPeak),
    ("qrs offset", WaveBoundary::QrsOff),
    ("t onset", WaveBoundary::TOn),
    ("t peak", WaveBoundary::TPeak),
    ("t offset", WaveBoundary::TOff),
];

/// Adds what the annotations of a data set say.
pub(super) fn add(set: &DataSet<'_>, charset: &str, recording: &mut Recording) {
    for annotation in set.items(SEQUENCE) {
        let words = annotation
            .bytes(WORDS)
            .and_then(|bytes| text::decode(bytes, charset));
        recording.device_statements.extend(words);
        let channels = annotation.shorts(CHANNELS);
        recording
            .device_measurements
            .extend(measurement(annotation, &channels));
        recording
            .annotations
            .extend(moments(annotation, &channels, recording));
    }
}

fn meaning(annotation: &DataSet<'_>) -> Option<String> {
    annotation.items(CONCEPT).first()?.text(MEANING)
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
        .find(|(words, _)| key.starts_with(words));
    let name = known.map_or(meaning, |(_, name)| (*name).to_owned());
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
fn moments(annotation: &DataSet<'_>, channels: &[u16], recording: &Recording) -> Vec<Annotation> {
    if channels.first().is_some_and(|&group| group != 1) || annotation.number(VALUE).is_some() {
        return Vec::new();
    }
    let Some(meaning) = meaning(annotation) else {
        return Vec::new();
    };
    let rate = recording.sampling_rate_hz;
    let positions = annotation.longs(POSITIONS).into_iter();
    // Positions count from one.
    let mut at_s: Vec<f64> = positions
        .map(|at| (f64::from(at) - 1.0).max(0.0) / rate)
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
    let key = meaning.to_lowercase();
    let boundary = BOUNDARIES.iter().find(|(words, _)| key.starts_with(words));
    at_s.into_iter()
        .map(|at_s| match boundary {
            Some((_, boundary)) => Annotation::Boundary {
                at_s,
                boundary: *boundary,
                lead: lead.clone(),
            },
            None => Annotation::Note {
                at_s,
                text: meaning.clone(),
            },
        })
        .collect()
}
