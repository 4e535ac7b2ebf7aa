//! What is annotated: time-stamped lists, `+2.0\x150.5\x14text\x14\0` (EDF+ 2.2.2).

use crate::ecg::{Annotation, LeadName, Recording};
use crate::formats::dicom::terms::{BEATS, BOUNDARIES};
use crate::formats::fields::number;
use crate::formats::text;

use super::clock::Clock;

/// Adds the lists of a record; returns how many annotations were too many. `lead_of` knows the lead of a signal by its
/// label.
pub(super) fn add(
    track: &[u8],
    clock: &Clock,
    lead_of: impl Fn(&str) -> Option<LeadName>,
    recording: &mut Recording,
) -> usize {
    let mut left_out = 0;
    for list in track
        .split(|&byte| byte == 0)
        .filter(|list| !list.is_empty())
    {
        let mut parts = list.split(|&byte| byte == 0x14);
        let stamp = String::from_utf8_lossy(parts.next().unwrap_or_default()).into_owned();
        let (onset, duration) = stamp.split_once('\u{15}').unwrap_or((&stamp, ""));
        let Some(onset) = number(onset) else { continue };
        let at_s = clock.place(onset);
        let lasts_s = number(duration).filter(|&lasts_s| lasts_s > 0.0);
        let until_s = lasts_s.map(|lasts_s| clock.place(onset + lasts_s));
        let texts = parts.map(|part| text::decode(part).trim().to_owned());
        for text in texts.filter(|text| !text.is_empty()) {
            if recording.annotations.len() < Annotation::MOST {
                let read = annotation(text, at_s, until_s, &lead_of);
                recording.annotations.push(read);
            } else {
                left_out += 1;
            }
        }
    }
    left_out
}

/// Words about one lead end in the label of its signal: `noise@@ECG V1`
/// (<https://www.edfplus.info/specs/edftexts.html>). Beats and wave boundaries are told by the words that we write.
fn annotation(
    text: String,
    at_s: f64,
    until_s: Option<f64>,
    lead_of: impl Fn(&str) -> Option<LeadName>,
) -> Annotation {
    let about = text.rsplit_once("@@");
    let about = about.and_then(|(words, label)| Some((words, Some(lead_of(label)?))));
    let (words, lead) = about.unwrap_or((text.as_str(), None));
    if let Some(to_s) = until_s {
        return Annotation::Span {
            from_s: at_s,
            to_s,
            lead,
            label: words.to_owned(),
        };
    }
    let beat = BEATS
        .iter()
        .find(|(own, _)| *own == words && lead.is_none());
    let boundary = BOUNDARIES.iter().find(|(own, ..)| *own == words);
    match (beat, boundary) {
        (Some(&(_, beat)), _) => Annotation::Beat { at_s, beat },
        (None, Some(&(_, boundary, _))) => Annotation::Boundary {
            at_s,
            boundary,
            lead,
        },
        (None, None) => Annotation::Note { at_s, text },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{BeatKind, WaveBoundary};

    #[test]
    fn no_more_is_read_than_any_recording_has() {
        let mut recording = Recording::new("", "edf", 1.0);
        let clock = Clock::continuous(0.0, 1.0);
        let track = [b"+0\x14".as_slice(), &b"a\x14".repeat(Annotation::MOST - 1)].concat();
        let left_out: usize = (0..2)
            .map(|_| add(&track, &clock, |_| None, &mut recording))
            .sum();
        assert_eq!(recording.annotations.len(), Annotation::MOST);
        assert_eq!(left_out, Annotation::MOST - 2);
    }

    #[test]
    fn words_may_be_about_one_lead() {
        let lead_of = |label: &str| (label == "ECG V1").then_some(LeadName::V1);
        let read = |text: &str, until_s| annotation(text.to_owned(), 1.0, until_s, lead_of);
        let note = |text: &str| Annotation::Note {
            at_s: 1.0,
            text: text.to_owned(),
        };
        let span = |label: &str, lead| Annotation::Span {
            from_s: 1.0,
            to_s: 2.0,
            lead,
            label: label.to_owned(),
        };
        assert_eq!(
            read("noise@@ECG V1", Some(2.0)),
            span("noise", Some(LeadName::V1))
        );
        assert_eq!(
            read("noise@@EEG C3", Some(2.0)),
            span("noise@@EEG C3", None)
        );
        assert_eq!(read("cough@@ECG V1", None), note("cough@@ECG V1"));
        assert_eq!(
            read("T Offset@@ECG V1", None),
            Annotation::Boundary {
                at_s: 1.0,
                boundary: WaveBoundary::TOff,
                lead: Some(LeadName::V1),
            }
        );
        assert_eq!(
            read("paced beat", None),
            Annotation::Beat {
                at_s: 1.0,
                beat: BeatKind::Paced,
            }
        );
        assert_eq!(read("a paced beat", None), note("a paced beat"));
    }
}
