//! The waveform annotation sequence (PS3.3 C.10.10): statements, measurements, moments.

use crate::ecg::{Annotation, LeadName, Recording, ReportedValue, Warning, WarningCode};
use crate::formats::fields::{measured, parse_moment, reported};

use super::element::{DataSet, Tag};
use super::terms::{BEATS, BOUNDARIES, MEASUREMENTS};
use super::text;
use super::waveform::Group;

const SEQUENCE: Tag = (0x0040, 0xb020);
const CHANNELS: Tag = (0x0040, 0xa0b0);
const CONCEPT: Tag = (0x0040, 0xa043);
const CODED: Tag = (0x0040, 0xa168);
const VALUE: Tag = (0x0040, 0xa30a);
const UNITS: Tag = (0x0040, 0x08ea);
const RANGE: Tag = (0x0040, 0xa130);
const POSITIONS: Tag = (0x0040, 0xa132);
const OFFSETS: Tag = (0x0040, 0xa138);
const DATE_TIMES: Tag = (0x0040, 0xa13a);
const WORDS: Tag = (0x0070, 0x0006);
const CODE: Tag = (0x0008, 0x0100);
const MEANING: Tag = (0x0008, 0x0104);

/// Where a multiplex group lies in the recording, and what its channels are.
pub(super) struct Place {
    /// When its first sample was taken, in seconds.
    pub begins_s: f64,
    lasts_s: f64,
    rate_hz: f64,
    leads: Vec<LeadName>,
}

impl Place {
    /// On the clock that the groups of an object share.
    pub(super) fn of(group: &Group) -> Option<Self> {
        Some(Self {
            begins_s: group.begins_s.unwrap_or(0.0),
            lasts_s: group.duration_s(),
            rate_hz: group.leads.first()?.sampling_rate_hz,
            leads: group.leads.iter().map(|lead| lead.name.clone()).collect(),
        })
    }
}

/// Adds what the annotations of a data set say. `groups` are its multiplex groups, `None` for a median beat.
pub(super) fn add(
    set: &DataSet<'_>,
    charset: &str,
    groups: &[Option<Place>],
    recording: &mut Recording,
) {
    let most = Annotation::MOST;
    for annotation in set.items(SEQUENCE) {
        if recording.annotations.len() >= most {
            let message =
                format!("Annotations beyond {most} were left out: more than any recording has.");
            let warning = Warning::new(WarningCode::LeftOut, message);
            recording.warnings.push(warning);
            break;
        }
        let words = annotation
            .bytes(WORDS)
            .and_then(|bytes| text::decode(bytes, charset))
            .or_else(|| coded(annotation, charset));
        let channels = annotation.shorts(CHANNELS);
        let words_of = words.as_deref();
        let moments = moments(annotation, &channels, words_of, groups, recording);
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

/// Moments of the rhythm, in the multiplex group that is referred to.
fn moments(
    annotation: &DataSet<'_>,
    channels: &[u16],
    words: Option<&str>,
    groups: &[Option<Place>],
    recording: &Recording,
) -> Vec<Annotation> {
    // Channels are pairs: the number of a group, and of a channel in it; both count from one.
    let group = channels.first().map_or(1, |&group| usize::from(group));
    let place = group.checked_sub(1).and_then(|index| groups.get(index));
    let Some(Some(place)) = place.filter(|_| annotation.number(VALUE).is_none()) else {
        return Vec::new();
    };
    let meaning = meaning(annotation);
    // A code says what it is, its concept only of what kind.
    let of_kind = annotation.items(CODED).is_empty();
    let said = meaning.as_deref().filter(|_| of_kind);
    let Some(label) = said.or(words).or(meaning.as_deref()) else {
        return Vec::new();
    };
    let positions = annotation.longs(POSITIONS).into_iter();
    // Positions count from one.
    let mut at_s: Vec<f64> = positions
        .map(|at| place.begins_s + (f64::from(at) - 1.0).max(0.0) / place.rate_hz)
        .collect();
    if at_s.is_empty() {
        let offsets = annotation.text(OFFSETS).unwrap_or_default();
        let offsets = offsets
            .split('\\')
            .filter_map(crate::formats::fields::number);
        // Seconds after the start of the data, whatever the group.
        at_s = offsets.collect();
    }
    if at_s.is_empty() {
        at_s = date_times(annotation, recording);
    }
    at_s.truncate(Annotation::MOST - recording.annotations.len().min(Annotation::MOST));
    // What is about several channels is about no single lead.
    let lead = match channels {
        [_, channel] => usize::from(*channel)
            .checked_sub(1)
            .and_then(|index| place.leads.get(index).cloned()),
        _ => None,
    };
    let key = label.to_lowercase();
    let begins_s = place.begins_s;
    // What begins or ends somewhere reaches to the other end of its group.
    let spans: Vec<[f64; 2]> = match annotation.text(RANGE).as_deref() {
        Some("SEGMENT" | "MULTISEGMENT") => at_s.as_chunks::<2>().0.to_vec(),
        Some("BEGIN") => at_s
            .iter()
            .map(|&at_s| [at_s, at_s.max(begins_s + place.lasts_s)])
            .collect(),
        Some("END") => at_s
            .iter()
            .map(|&at_s| [at_s.min(begins_s), at_s])
            .collect(),
        _ => Vec::new(),
    };
    if !spans.is_empty() {
        let span = |[from_s, to_s]: [f64; 2]| Annotation::Span {
            from_s,
            to_s,
            lead: lead.clone(),
            label: label.to_owned(),
        };
        return spans.into_iter().map(span).collect();
    }
    let boundary = BOUNDARIES
        .iter()
        .find(|(words, ..)| key.starts_with(&words.to_lowercase()));
    let beat = BEATS.iter().find(|(words, _)| key == words.to_lowercase());
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

/// Moments by the clock, in seconds of the recording; none where it does not say when it began.
fn date_times(annotation: &DataSet<'_>, recording: &Recording) -> Vec<f64> {
    let Some(started) = recording.acquisition.started else {
        return Vec::new();
    };
    let texts = annotation.text(DATE_TIMES).unwrap_or_default();
    let moments = texts.split('\\').filter_map(parse_moment);
    moments
        .map(|moment| moment.duration_since(started).as_secs_f64())
        .filter(|&at_s| at_s >= 0.0)
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

    fn place(begins_s: f64, rate_hz: f64, leads: &[LeadName]) -> Option<Place> {
        Some(Place {
            begins_s,
            lasts_s: 2.5,
            rate_hz,
            leads: leads.to_vec(),
        })
    }

    /// What annotations add to a recording of two groups with a median beat between them.
    fn read(bytes: &[u8]) -> Recording {
        let syntax = Syntax {
            explicit: true,
            big_endian: false,
        };
        let set = element::parse(bytes, 0, syntax).unwrap();
        let groups = [
            place(0.0, 500.0, &[LeadName::I, LeadName::II]),
            None,
            place(2.5, 250.0, &[LeadName::V1, LeadName::V2]),
        ];
        let mut recording = Recording::new("", "dicom", 500.0);
        recording.acquisition.started = parse_moment("20200304112233.25");
        add(&set, "", &groups, &mut recording);
        recording
    }

    /// An annotation of group and channel pairs.
    fn about(channels: &[u16], rest: &[Vec<u8>]) -> Vec<u8> {
        let channels: Vec<u8> = channels.iter().flat_map(|n| n.to_le_bytes()).collect();
        let item = [value(CHANNELS, b"US", &channels), rest.concat()];
        sequence(SEQUENCE, &item.concat())
    }

    #[test]
    fn an_annotation_lies_in_the_group_that_it_is_about() {
        let at = value(POSITIONS, b"UL", &101_u32.to_le_bytes());
        let onset = sequence(CONCEPT, &value(MEANING, b"LO", b"P Onset "));
        let found = read(&about(&[3, 2], &[onset.clone(), at.clone()]));
        let boundary = |at_s, lead| Annotation::Boundary {
            at_s,
            boundary: crate::ecg::WaveBoundary::POn,
            lead,
        };
        assert_eq!(found.annotations, [boundary(2.9, Some(LeadName::V2))]);
        let found = read(&about(&[1, 2], &[onset.clone(), at.clone()]));
        assert_eq!(found.annotations, [boundary(0.2, Some(LeadName::II))]);
        let found = read(&about(&[1, 1, 1, 2], &[onset.clone(), at.clone()]));
        assert_eq!(found.annotations, [boundary(0.2, None)]);
        // The median beat, and groups that are not there.
        for group in [0, 2, 4] {
            let found = read(&about(&[group, 1], &[onset.clone(), at.clone()]));
            assert!(found.annotations.is_empty());
        }
    }

    #[test]
    fn ranges_are_spans() {
        let span = |from_s, to_s| Annotation::Span {
            from_s,
            to_s,
            lead: None,
            label: "ectopic".into(),
        };
        for (range, spans) in [
            (&b"SEGMENT "[..], vec![span(2.6, 2.7)]),
            (b"MULTISEGMENT", vec![span(2.6, 2.7), span(2.9, 3.5)]),
            (b"BEGIN ", vec![span(2.6, 5.0)]),
            (b"END ", vec![span(2.5, 2.6)]),
        ] {
            let positions = match range {
                b"MULTISEGMENT" => &[26_u32, 51, 101, 251][..],
                b"SEGMENT " => &[26, 51],
                _ => &[26],
            };
            let positions: Vec<u8> = positions.iter().flat_map(|at| at.to_le_bytes()).collect();
            let found = read(&about(
                &[3, 0],
                &[
                    value(RANGE, b"CS", range),
                    value(POSITIONS, b"UL", &positions),
                    value(WORDS, b"ST", b"ectopic "),
                ],
            ));
            assert_eq!(found.annotations, spans, "{range:?}");
        }
    }

    #[test]
    fn a_moment_may_be_told_in_seconds_after_the_start_of_the_data() {
        let words = value(WORDS, b"ST", b"ectopic ");
        let found = read(&about(
            &[3, 0],
            &[value(OFFSETS, b"DS", b"1.5\\3.25"), words],
        ));
        let note = |at_s| Annotation::Note {
            at_s,
            text: "ectopic".into(),
        };
        assert_eq!(found.annotations, [note(1.5), note(3.25)]);
    }

    #[test]
    fn a_moment_may_be_told_by_the_clock() {
        let words = value(WORDS, b"ST", b"ectopic ");
        let clock = |at: &[u8]| value(DATE_TIMES, b"DT", at);
        let found = read(&about(
            &[3, 0],
            &[clock(b"20200304112234.75 "), words.clone()],
        ));
        let note = Annotation::Note {
            at_s: 1.5,
            text: "ectopic".into(),
        };
        assert_eq!(found.annotations, [note]);
        assert!(found.device_statements.is_empty());
        let before = read(&about(&[3, 0], &[clock(b"20200304112200"), words]));
        assert!(before.annotations.is_empty());
        assert_eq!(before.device_statements, ["ectopic"]);
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
