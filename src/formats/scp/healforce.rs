//! What Healforce's hand-held recorders call SCP-ECG: its sections, but pointers that count from zero, no Huffman
//! codes, and the leads interleaved in words of 10 bits and marks (layout worked out by the healforcescpecg project
//! on a Prince 180D).

use jiff::civil::Time;

use crate::ecg::{Annotation, BeatKind, Counts, LeadName, Recording, Warning, WarningCode};
use crate::formats::bytes::Bytes;
use crate::formats::fields::{date, voltage_lead};
use crate::formats::{Error, check_rate};

use super::sections::{SECTION_HEADER, pointers, starts_with_pointers};

/// A count is a hundredth of a millivolt.
const MICROVOLTS_PER_COUNT: f64 = 10.0;
/// The count in the middle of ten bits.
const ZERO: i32 = 512;
const VALUE: u16 = 0x03ff;
/// A complex that the device found, and one that it found irregular.
const BEAT: u16 = 0x8000;
const IRREGULAR: u16 = 0x4000;

/// The first pointer leads to section 0 itself, counted from zero.
pub(super) fn sniff(bytes: &[u8]) -> bool {
    starts_with_pointers(bytes, 6)
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8]) -> Result<Recording, Error> {
    let file = Bytes(bytes);
    let sections = pointers(file)?;
    let section = |number: u16| {
        let (_, length, offset) = sections.iter().find(|(own, ..)| *own == number)?;
        Some(Bytes(file.slice(*offset, *length)?.get(SECTION_HEADER..)?))
    };
    let missing = |number: u16| {
        Error::damaged("it is missing or cut off").at_field(format!("section {number}"))
    };
    let leads = section(3)
        .and_then(|section| section.u8(0))
        .ok_or_else(|| missing(3))?;
    let leads = usize::from(leads);
    if !(1..=12).contains(&leads) {
        return Err(Error::damaged(format!("{leads} leads are impossible")).at_field("section 3"));
    }
    let rhythm = section(6).ok_or_else(|| missing(6))?;
    let (Some(rate), Some(length)) = (rhythm.u16_le(2), rhythm.u16_le(6)) else {
        return Err(missing(6));
    };
    // The field for the interval in microseconds holds the rate.
    let rate = check_rate(f64::from(rate)).map_err(|error| error.at_field("section 6"))?;
    let data = rhythm.slice(8, usize::from(length));
    let data = data.or_else(|| rhythm.0.get(8..)).unwrap_or_default();
    let words = unpack(data);
    let frames = words.len() / leads;
    if frames == 0 {
        return Err(Error::damaged("there is not one whole sample").at_field("section 6"));
    }
    let mut recording = Recording::new("", "scp", rate);
    if data.len() < usize::from(length) {
        recording.warnings.push(Warning::new(
            WarningCode::Truncated,
            format!(
                "The rhythm holds {} of {length} bytes; the rest is missing.",
                data.len()
            ),
        ));
    }
    for index in 0..leads {
        let own = words.iter().skip(index).step_by(leads).take(frames);
        let counts = own.map(|word| i32::from(word & VALUE) - ZERO).collect();
        let name = LeadName::Other(format!("channel {}", index + 1));
        let lead = voltage_lead(name, rate, Counts::I32(counts), MICROVOLTS_PER_COUNT);
        recording.leads.push(lead);
    }
    recording.annotations = beats(&words, leads, rate);
    recording.acquisition.device = Some("Healforce".to_owned());
    recording.warnings.push(Warning::new(
        WarningCode::UnreadableField,
        "A Healforce file does not say which leads it holds, and departs from SCP-ECG; its checksums are not checked.",
    ));
    if let Some(section) = section(1) {
        describe(section, &mut recording);
    }
    Ok(recording)
}

/// Four samples in three words: the fourth one is spread over the upper bits of the other three.
fn unpack(data: &[u8]) -> Vec<u16> {
    let words: Vec<u16> = data
        .as_chunks::<2>()
        .0
        .iter()
        .map(|&pair| u16::from_le_bytes(pair))
        .collect();
    let triples = words.as_chunks::<3>().0.iter();
    triples
        .flat_map(|&[a, b, c]| {
            let fourth = (a & 0x3c00) >> 2 | (b & 0x3c00) >> 6 | (c & 0x3c00) >> 10;
            [a, b, c, fourth]
        })
        .collect()
}

/// The complexes that the device marked, in whichever channel.
fn beats(words: &[u16], leads: usize, rate: f64) -> Vec<Annotation> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, frame) in words.chunks_exact(leads).enumerate() {
        let marks = frame.iter().fold(0, |sum, word| sum | word);
        let at_s = index as f64 / rate;
        if marks & BEAT != 0 && !inside {
            found.push(Annotation::Beat {
                at_s,
                beat: BeatKind::Unclassified,
            });
            if marks & IRREGULAR != 0 {
                found.push(Annotation::Note {
                    at_s,
                    text: "irregular".to_owned(),
                });
            }
        }
        inside = marks & BEAT != 0;
    }
    found
}

/// Tags as in SCP-ECG, numbers with the highest byte first.
fn describe(section: Bytes<'_>, recording: &mut Recording) {
    let mut at = 0;
    let (mut day, mut time) = (None, None);
    while let (Some(tag), Some(length)) = (section.u8(at), section.u16_le(at + 1)) {
        let length = usize::from(length);
        let Some(value) = section.slice(at + 3, length).map(Bytes) else {
            break;
        };
        if length == 0 {
            break;
        }
        at += 3 + length;
        let part = |index| value.u8(index).and_then(|part| i8::try_from(part).ok());
        match tag {
            // Nothing but zeros is what the recorder writes where nobody gave a name.
            2 => {
                recording.patient.id = value
                    .text(0, length)
                    .filter(|id| id.chars().any(|c| c != '0'));
            }
            25 => {
                let year = value.array(0).map(u16::from_be_bytes);
                day = year
                    .zip(value.u8(2))
                    .zip(value.u8(3))
                    .and_then(|((y, m), d)| date(i64::from(y), i64::from(m), i64::from(d)));
            }
            26 => {
                time = part(0)
                    .zip(part(1))
                    .zip(part(2))
                    .and_then(|((h, m), s)| Time::new(h, m, s, 0).ok());
            }
            _ => {}
        }
    }
    recording.acquisition.started = day.zip(time).map(|(day, time)| day.to_datetime(time));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fourth_sample_lies_in_the_upper_bits_of_three() {
        // 0x123, 0x001, 0x2ff carry the digits 1, 2 and 3 of the fourth, and the first is a marked beat.
        let words: [u16; 3] = [0x8000 | 1 << 10 | 0x123, 2 << 10 | 0x001, 3 << 10 | 0x2ff];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let unpacked = unpack(&bytes);
        assert_eq!(
            unpacked.iter().map(|word| word & VALUE).collect::<Vec<_>>(),
            [0x123, 0x001, 0x2ff, 0x123]
        );
        assert_eq!(beats(&unpacked, 2, 100.0).len(), 1);
    }
}
