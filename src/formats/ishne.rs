//! ISHNE Holter standard output file (Badilini et al. 1998): a fixed header, then interleaved 16-bit samples.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom};
use std::path::Path;

use crate::ecg::{Annotation, BeatKind, Counts, LeadName, Recording, Sex, Warning, WarningCode};

use super::bytes::Bytes;
use super::fields::{self, date, voltage_lead};
use super::{Error, Head, Options, beside, check_rate, text};

/// Most bytes of the beats beside a recording.
const LARGEST: u64 = 64 << 20;
/// Most bytes before the samples.
const LARGEST_HEADER: u64 = 16 << 20;
const MOST_LEADS: usize = 12;
/// Most samples of all leads: a day of three leads at 500 Hz.
const MOST_SAMPLES: usize = 1 << 27;
/// Bytes of samples that are taken at once.
const BLOCK: usize = 1 << 20;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.starts_with(b"ISHNE1.")
}

/// Reads a file where it lies, and the beats beside it: a day of twelve leads is larger than what else is in memory.
pub(super) fn read(path: &Path, _options: &Options) -> Result<Recording, Error> {
    let io = |error: std::io::Error| Error::io(path, &error);
    let mut file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    let mut header = vec![0; 522];
    let taken = file.read(&mut header).map_err(io)?;
    header.truncate(taken);
    // Its samples begin behind a block of variable length.
    let offset = Bytes(&header).i32_le(22).unwrap_or(0);
    let offset = u64::try_from(offset).unwrap_or(0).min(LARGEST_HEADER);
    let rest = offset.saturating_sub(taken as u64);
    (&mut file)
        .take(rest)
        .read_to_end(&mut header)
        .map_err(io)?;
    file.seek(SeekFrom::Start(header.len() as u64))
        .map_err(io)?;
    let left = length.saturating_sub(header.len() as u64);
    let mut recording = recording(&header, &mut BufReader::new(file), left)?;
    add_annotations(path, &mut recording);
    Ok(recording)
}

/// Reads a file from its bytes.
///
/// # Errors
/// Place and reason, without a file.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let offset = Bytes(bytes).i32_le(22).unwrap_or(0);
    let offset = usize::try_from(offset)
        .unwrap_or(0)
        .clamp(522, bytes.len().max(522));
    let (header, mut samples) = bytes.split_at_checked(offset).unwrap_or((bytes, &[]));
    let left = samples.len() as u64;
    recording(header, &mut samples, left)
}

/// A recording from everything before its samples, and those.
fn recording(header: &[u8], samples: &mut impl Read, left: u64) -> Result<Recording, Error> {
    let bytes = Bytes(header);
    let cut = || Error::damaged("the file ends within its header").at_byte(bytes.0.len() as u64);
    let word = |at: usize| bytes.i16_le(at).ok_or_else(cut);
    let stated = bytes.i32_le(14).ok_or_else(cut)?;
    let count = word(156)?;
    let leads = usize::try_from(count)
        .ok()
        .filter(|leads| (1..=MOST_LEADS).contains(leads));
    let leads = leads
        .ok_or_else(|| Error::damaged(format!("{count} leads are impossible")).at_byte(156))?;
    let rate = check_rate(f64::from(word(272)?)).map_err(|error| error.at_byte(272))?;
    let offset = bytes.i32_le(22).ok_or_else(cut)?;
    let start = usize::try_from(offset).ok().filter(|&start| start >= 522);
    let Some(start) = start.filter(|&start| start == header.len() && left > 0) else {
        return Err(
            Error::damaged(format!("the samples cannot start at byte {offset}")).at_byte(22),
        );
    };
    let variable = bytes.i32_le(10).ok_or_else(cut)?;
    if usize::try_from(variable)
        .ok()
        .and_then(|length| length.checked_add(522))
        .is_none_or(|end| end > start)
    {
        let reason =
            format!("a variable header of {variable} bytes does not fit before the samples");
        return Err(Error::damaged(reason).at_byte(10));
    }

    let mut recording = Recording::new("", "ishne", rate);
    let stored = bytes.u16_le(8).ok_or_else(cut)?;
    if super::scp::crc_ccitt(bytes.0.get(10..start).unwrap_or_default()) != stored {
        recording.warnings.push(Warning::new(
            WarningCode::Checksum,
            "The header's checksum does not match: it was changed or is damaged.",
        ));
    }
    let frames = frames(
        stated,
        usize::try_from(left / (2 * leads as u64)).unwrap_or(usize::MAX),
        leads,
        &mut recording.warnings,
    )?;
    let most = MOST_SAMPLES / leads;
    if frames > most {
        recording.warnings.push(Warning::new(
            WarningCode::LeftOut,
            format!(
                "The recording lasts {:.1} hours; the first {:.1} of them are shown.",
                frames as f64 / rate / 3600.0,
                most as f64 / rate / 3600.0
            ),
        ));
    }
    let channels = channels(samples, leads, frames.min(most))?;
    for (index, counts) in channels.into_iter().enumerate() {
        let resolution = f64::from(word(206 + 2 * index)?);
        let name = lead_name(word(158 + 2 * index)?, index);
        let nanovolts = if resolution > 0.0 {
            resolution
        } else {
            recording.warnings.push(Warning::new(
                WarningCode::DefaultGain,
                format!(
                    "{name}: the file states no resolution; 2500 nV, usual for Holters, is assumed."
                ),
            ));
            2500.0
        };
        recording.leads.push(voltage_lead(
            name,
            rate,
            Counts::I16(counts),
            nanovolts / 1000.0,
        ));
    }
    describe(bytes, &mut recording);
    Ok(recording)
}

/// The samples of each lead, block by block.
fn channels(samples: &mut impl Read, leads: usize, frames: usize) -> Result<Vec<Vec<i16>>, Error> {
    let mut channels = vec![Vec::new(); leads];
    for channel in &mut channels {
        channel.try_reserve_exact(frames).map_err(|_| {
            Error::unsupported(format!(
                "{frames} samples of {leads} leads do not fit in memory"
            ))
        })?;
    }
    let frame = 2 * leads;
    let per_block = BLOCK / frame;
    let mut block = vec![0; per_block.min(frames) * frame];
    let mut left = frames;
    while left > 0 {
        let part = left.min(per_block);
        let block = block.get_mut(..part * frame).unwrap_or_default();
        samples
            .read_exact(block)
            .map_err(|error| Error::damaged(format!("its samples cannot be read: {error}")))?;
        for (index, channel) in channels.iter_mut().enumerate() {
            let own = block.as_chunks::<2>().0.iter().skip(index).step_by(leads);
            channel.extend(own.map(|&pair| i16::from_le_bytes(pair)));
        }
        left -= part;
    }
    Ok(channels)
}

fn frames(
    stated: i32,
    available: usize,
    leads: usize,
    warnings: &mut Vec<Warning>,
) -> Result<usize, Error> {
    if available == 0 {
        return Err(Error::damaged("there is not one whole sample").at_byte(522));
    }
    let Some(stated) = usize::try_from(stated).ok().filter(|&stated| stated > 0) else {
        warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!("The header states {stated} samples; all {available} in the file are shown."),
        ));
        return Ok(available);
    };
    // Some writers count the samples of all leads together.
    let stated = if stated == available * leads {
        available
    } else {
        stated
    };
    if stated > available {
        warnings.push(Warning::new(
            WarningCode::Truncated,
            format!("The file holds {available} of {stated} samples; the rest is missing."),
        ));
    } else if stated < available {
        warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!(
                "The file holds {available} samples, but states {stated}; the rest is not shown."
            ),
        ));
    }
    Ok(stated.min(available))
}

/// Lead codes of the standard's table.
fn lead_name(code: i16, index: usize) -> LeadName {
    use LeadName::*;
    const NAMED: [LeadName; 15] = [X, Y, Z, I, II, III, AVR, AVL, AVF, V1, V2, V3, V4, V5, V6];
    let named = usize::try_from(code)
        .ok()
        .and_then(|code| NAMED.get(code.checked_sub(2)?).cloned());
    named.unwrap_or_else(|| match code {
        17 => Other("ES".to_owned()),
        18 => Other("AS".to_owned()),
        19 => Other("AI".to_owned()),
        _ => Other(format!("lead {}", index + 1)),
    })
}

/// Adds the beats of the annotation file of the same name (<https://www.thew-project.org/THEWFileFormat.htm>): a
/// header as that of the samples, where the first beat counts from, then a label and the distance to the beat before.
fn add_annotations(path: &Path, recording: &mut Recording) {
    let name = path.with_extension("ann");
    let name = name.file_name().and_then(|name| name.to_str());
    let Some(found) = name.and_then(|name| beside(path, name).ok()) else {
        return;
    };
    let rate = recording.sampling_rate_hz;
    let beats = text::bytes(&found, LARGEST)
        .ok()
        .and_then(|bytes| beats(&bytes, rate));
    match beats {
        Some(beats) => recording.annotations.extend(beats),
        None => recording.warnings.push(Warning::new(
            WarningCode::UnreadableField,
            "The annotations beside the file (.ann) could not be understood and were left out.",
        )),
    }
}

fn beats(bytes: &[u8], rate: f64) -> Option<Vec<Annotation>> {
    let bytes = Bytes(bytes);
    if !bytes.0.starts_with(b"ANN") {
        return None;
    }
    let variable = usize::try_from(bytes.i32_le(10)?).ok()?;
    let start = 522_usize.checked_add(variable)?;
    let mut sample = i64::from(bytes.i32_le(start)?);
    let entries = bytes.0.get(start + 4..)?.as_chunks::<4>().0.iter();
    let beats = entries.filter_map(|&[label, _, low, high]| {
        sample += i64::from(u16::from_le_bytes([low, high]));
        let at_s = sample as f64 / rate;
        let beat = match label {
            b'N' => BeatKind::Normal,
            b'V' => BeatKind::VentricularPremature,
            b'S' => BeatKind::AtrialPremature,
            b'P' => BeatKind::Paced,
            b'B' => BeatKind::BundleBranchBlock,
            b'U' => BeatKind::Unclassified,
            // An artefact, a time-out, ...
            b'!' | b'X' | b'C' | b'*' => {
                return Some(Annotation::Note {
                    at_s,
                    text: char::from(label).to_string(),
                });
            }
            _ => return None,
        };
        Some(Annotation::Beat { at_s, beat })
    });
    Some(beats.collect())
}

fn describe(bytes: Bytes<'_>, recording: &mut Recording) {
    let known = |text: Option<String>| text.filter(|text| text != "none");
    let patient = &mut recording.patient;
    let (given, family) = (known(bytes.text(28, 40)), known(bytes.text(68, 40)));
    fields::name(patient, given, family);
    patient.id = known(bytes.text(108, 20));
    patient.sex = match bytes.i16_le(128) {
        Some(1) => Some(Sex::Male),
        Some(2) => Some(Sex::Female),
        _ => None,
    };
    let day = |at: usize| {
        let part = |offset| bytes.i16_le(at + offset).map(i64::from);
        date(part(4)?, part(2)?, part(0)?)
    };
    patient.birth_date = day(132);
    let part = |at| bytes.i16_le(at).and_then(|part| i8::try_from(part).ok());
    let time = part(150)
        .zip(part(152))
        .zip(part(154))
        .and_then(|((h, m), s)| jiff::civil::Time::new(h, m, s, 0).ok());
    recording.acquisition.started = day(138).zip(time).map(|(day, time)| day.to_datetime(time));
    recording.acquisition.device = bytes.text(232, 40);
}
