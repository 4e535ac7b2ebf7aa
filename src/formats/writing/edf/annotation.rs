//! Time-stamped lists of what was annotated (EDF+ 2.2.2), and how they lie in the data records.

use crate::ecg::{Annotation, LeadName, Recording};
use crate::formats::dicom::terms::{BEATS, BOUNDARIES};
use crate::formats::writing::sign_in_words;

/// Bytes of text that are written of an annotation: each record has room for the longest.
const MOST_TEXT: usize = 1024;

/// A moment as it is written: seconds with their sign, to the microsecond.
pub(super) fn onset(at_s: f64) -> String {
    format!("{:+}", micros(at_s))
}

/// Whole microseconds, in seconds.
fn micros(seconds: f64) -> f64 {
    // No zero has a minus.
    (seconds * 1e6).round() / 1e6 + 0.0
}

/// The lists of a recording, in the order of time. `labels` are those of its leads; what is about another lead has no
/// list. `moment` writes a time of the recording.
pub(super) fn lists(
    recording: &Recording,
    labels: &[&str],
    moment: impl Fn(f64) -> String,
) -> Vec<Vec<u8>> {
    let label = |lead: &LeadName| {
        let index = recording.leads.iter().position(|own| own.name == *lead);
        index.and_then(|index| labels.get(index))
    };
    // Words about one lead end in the label of its signal (<https://www.edfplus.info/specs/edftexts.html>).
    let about = |words: &str, lead: &Option<LeadName>| {
        let words = plain(words);
        Some(match lead {
            Some(lead) => format!("{words}@@{}", label(lead)?),
            None => words,
        })
    };
    let text = |annotation: &Annotation| match annotation {
        Annotation::Beat { beat, .. } => {
            let known = BEATS.iter().find(|(_, own)| own == beat);
            known.map(|(words, _)| (*words).to_owned())
        }
        Annotation::Boundary { boundary, lead, .. } => {
            let known = BOUNDARIES.iter().find(|(_, own, _)| own == boundary);
            known.and_then(|(words, ..)| about(words, lead))
        }
        Annotation::Span { lead, label, .. } => about(label, lead),
        Annotation::Sign {
            sign,
            subtype,
            text,
            ..
        } => Some(plain(&sign_in_words(sign, *subtype, text))),
        Annotation::Note { text, .. } => Some(plain(text)),
    };
    let mut annotations: Vec<&Annotation> = recording.annotations.iter().collect();
    annotations.sort_by(|a, b| a.at_s().total_cmp(&b.at_s()));
    let known = annotations.into_iter().filter(|one| one.at_s().is_finite());
    known
        .filter_map(|annotation| {
            let text = text(annotation).filter(|text| !text.is_empty())?;
            let lasts_s = match annotation {
                Annotation::Span { from_s, to_s, .. } => Some(to_s - from_s),
                _ => None,
            };
            let lasts = lasts_s.filter(|&lasts_s| lasts_s > 0.0 && lasts_s.is_finite());
            let lasts = lasts.map(|lasts_s| format!("\x15{}", micros(lasts_s)));
            let (begins, lasts) = (moment(annotation.at_s()), lasts.unwrap_or_default());
            Some(format!("{begins}{lasts}\x14{text}\x14\0").into_bytes())
        })
        .collect()
}

/// Words without what parts lists, as long as they may be.
fn plain(words: &str) -> String {
    let kept = words.get(..words.floor_char_boundary(MOST_TEXT));
    let kept = kept.unwrap_or_default().chars();
    kept.filter(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r'))
        .collect()
}

/// The lists in each of so many records, and the bytes that every one has for them. They may lie in any record; these
/// keep their order.
pub(super) fn in_records(lists: &[Vec<u8>], records: usize) -> (Vec<Vec<u8>>, usize) {
    let all: usize = lists.iter().map(Vec::len).sum();
    let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
    // A record is full when the next list does not fit, so that each but the last holds its share.
    let room = (all.div_ceil(records.max(1)) + longest).next_multiple_of(2);
    let mut lists = lists.iter().peekable();
    let filled = (0..records).map(|_| {
        let mut record = Vec::with_capacity(room);
        while let Some(list) = lists.next_if(|list| record.len() + list.len() <= room) {
            record.extend_from_slice(list);
        }
        record.resize(room, 0);
        record
    });
    (filled.collect(), room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_finds_room_in_few_bytes_whatever_the_lengths() {
        for lengths in [
            vec![],
            vec![9; 100],
            vec![900, 1, 1, 1],
            vec![1, 1, 900, 7, 900],
        ] {
            let lists: Vec<Vec<u8>> = lengths.iter().map(|&length| vec![1; length]).collect();
            for count in [1, 2, 3, 50] {
                let (records, room) = in_records(&lists, count);
                assert!(records.len() == count && records.iter().all(|one| one.len() == room));
                let held = records.concat().iter().filter(|&&byte| byte == 1).count();
                assert_eq!(
                    held,
                    lengths.iter().sum::<usize>(),
                    "{lengths:?} in {count}"
                );
                assert!(room <= held / count + 903);
            }
        }
    }

    #[test]
    fn a_moment_has_a_sign_and_few_digits() {
        for (at_s, text) in [
            (0.0, "+0"),
            (-1e-9, "+0"),
            (0.1 + 0.2, "+0.3"),
            (-2.5, "-2.5"),
            (86_400.0, "+86400"),
        ] {
            assert_eq!(onset(at_s), text);
        }
    }
}
