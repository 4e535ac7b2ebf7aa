//! SCP-ECG (EN 1064, versions 1 and 2): sections with leads, Huffman-coded rhythm, reference beat,
//! patient and statements.

mod describe;
mod huffman;

use crate::ecg::{Counts, Lead, LeadName, MedianBeat, Recording, Warning, WarningCode};

use super::bytes::{Bytes, size};
use super::fields::voltage_lead;
use super::{Error, Head, Options, check_rate};
use huffman::Tables;

pub(super) const LARGEST: u64 = 256 << 20;
const SECTION_HEADER: usize = 16;
/// The standard has room for 255; nothing recorded comes near.
const MOST_LEADS: usize = 85;
/// Longest lead that is decoded: a day at 500 Hz would not be SCP's short-term rhythm.
const MOST_SAMPLES: u32 = 1 << 24;

/// `SCPECG` in the header of section 0, or a plausible pointer section without it.
pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.get(16..22) == Some(b"SCPECG")
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let mut recording = Recording::new("", "scp", 0.0);
    let file = File::parse(bytes, &mut recording.warnings)?;
    let definitions = file.leads()?;
    let rhythm = file.section(6)?.ok_or_else(|| {
        if file.section(12).is_ok_and(|section| section.is_some()) {
            Error::unsupported("long-term rhythm of SCP-ECG version 3 (section 12) is not read")
        } else {
            Error::damaged("the file holds no rhythm").at_field("section 6")
        }
    })?;
    let tables = file.section(2)?.map(Tables::parse).transpose()?;
    let mut block = Block::parse(rhythm, "section 6")?;
    block.check_gain(&mut recording.warnings);
    if block.bimodal {
        return Err(Error::unsupported("bimodal compression is not read").at_field("section 6"));
    }
    let lengths: Vec<usize> = definitions.leads.iter().map(|lead| lead.samples).collect();
    let mut channels = block.decode(&lengths, tables.as_ref(), &mut recording.warnings)?;
    let beat = file.section(5)?.and_then(|section| {
        // A broken reference beat does not keep the rhythm from being shown, unless it was subtracted.
        let block = Block::parse(section, "section 5").ok()?;
        let most = vec![usize::from(u16::MAX); lengths.len()];
        Some((
            block.decode(&most, tables.as_ref(), &mut Vec::new()).ok()?,
            block,
        ))
    });
    if definitions.reference_beat_subtracted {
        let beat = beat.as_ref().ok_or_else(|| {
            Error::damaged("the reference beat is missing, which the rhythm needs")
                .at_field("section 5")
        })?;
        add_reference_beat(&file, &block, &beat.0, &beat.1, &mut channels)?;
    }
    recording.sampling_rate_hz = block.rate_hz;
    let to_leads = |channels: Vec<Vec<i32>>, block: &Block<'_>| -> Vec<Lead> {
        let names = definitions.leads.iter().map(|lead| lead.name.clone());
        names
            .zip(channels)
            .filter(|(_, counts)| !counts.is_empty())
            .map(|(name, counts)| {
                voltage_lead(
                    name,
                    block.rate_hz,
                    Counts::I32(counts),
                    block.nanovolts / 1000.0,
                )
            })
            .collect()
    };
    recording.leads = to_leads(channels, &block);
    if recording.leads.is_empty() {
        return Err(Error::damaged("no lead holds a sample").at_field("section 6"));
    }
    if let Some((channels, block)) = beat {
        recording.median_beats.push(MedianBeat {
            leads: to_leads(channels, &block),
        });
    }
    definitions.warn(&mut recording.warnings);
    describe::patient(&file, &mut recording);
    describe::measurements(&file, &mut recording);
    describe::statements(&file, &mut recording);
    Ok(recording)
}

/// The lead of an SCP-ECG lead code (EN 1064 table 9), which are the low bytes of the MDC codes too.
pub(super) fn lead_of_code(code: u8) -> Option<LeadName> {
    use LeadName::*;
    Some(match code {
        1 => I,
        2 => II,
        3 => V1,
        4 => V2,
        5 => V3,
        6 => V4,
        7 => V5,
        8 => V6,
        9 => V7,
        10 => V2R,
        11 => V3R,
        12 => V4R,
        13 => V5R,
        14 => V6R,
        15 => Other("V7R".to_owned()),
        16 => X,
        17 => Y,
        18 => Z,
        61 => III,
        62 => AVR,
        63 => AVL,
        64 => AVF,
        65 => Other("-aVR".to_owned()),
        66 => V8,
        67 => V9,
        _ => return None,
    })
}

/// The file and where its sections are.
struct File<'a> {
    bytes: Bytes<'a>,
    /// Number, offset and length of each section that is there.
    sections: Vec<(u16, usize, usize)>,
}

impl<'a> File<'a> {
    fn parse(bytes: &'a [u8], warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let bytes = Bytes(bytes);
        let short =
            || Error::damaged("the file ends within its first section").at_field("section 0");
        let (Some(crc), Some(stated), Some(pointers)) =
            (bytes.u16_le(0), bytes.u32_le(2), bytes.u32_le(10))
        else {
            return Err(short());
        };
        let stated = size(stated);
        if stated > bytes.0.len() {
            warnings.push(Warning::new(
                WarningCode::Truncated,
                format!("The file holds {} of {stated} bytes.", bytes.0.len()),
            ));
        } else if crc_ccitt(bytes.0.get(2..stated).unwrap_or_default()) != crc {
            warnings.push(Warning::new(
                WarningCode::Checksum,
                "The file's checksum does not match: it was changed or is damaged.",
            ));
        }
        let count = size(pointers).saturating_sub(SECTION_HEADER) / 10;
        let mut sections = Vec::new();
        for index in 0..count.min(1024) {
            let at = 22 + index * 10;
            let (Some(number), Some(length), Some(offset)) =
                (bytes.u16_le(at), bytes.u32_le(at + 2), bytes.u32_le(at + 6))
            else {
                return Err(short());
            };
            if length > 0 {
                // Offsets count from one.
                let offset = size(offset).checked_sub(1).ok_or_else(|| {
                    Error::damaged("its pointer is zero").at_field(format!("section {number}"))
                })?;
                sections.push((number, offset, size(length)));
            }
        }
        Ok(Self { bytes, sections })
    }

    /// A section after its header, `None` where the file has none of that number.
    fn section(&self, number: u16) -> Result<Option<Bytes<'a>>, Error> {
        let found = self.sections.iter().find(|(own, ..)| *own == number);
        let Some(&(_, offset, length)) = found else {
            return Ok(None);
        };
        let damaged = |reason: String| Error::damaged(reason).at_field(format!("section {number}"));
        let bytes = self.bytes.slice(offset, length).ok_or_else(|| {
            damaged(format!(
                "it should take bytes {offset} to {}, past the end",
                offset.saturating_add(length)
            ))
        })?;
        if Bytes(bytes).u16_le(2) != Some(number) {
            return Err(damaged("its pointer leads to something else".to_owned()));
        }
        let content = bytes
            .get(SECTION_HEADER..)
            .ok_or_else(|| damaged("it is cut off".to_owned()))?;
        Ok((!content.is_empty()).then_some(Bytes(content)))
    }

    fn leads(&self) -> Result<Definitions, Error> {
        let missing =
            || Error::damaged("the lead definition is missing or cut off").at_field("section 3");
        let section = self.section(3)?.ok_or_else(missing)?;
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
            leads.push(LeadDefinition {
                name: lead_of_code(code)
                    .unwrap_or_else(|| LeadName::Other(format!("lead code {code}"))),
                known: lead_of_code(code).is_some(),
                samples: size(samples),
            });
        }
        Ok(Definitions {
            leads,
            reference_beat_subtracted: flags & 1 != 0,
        })
    }
}

struct LeadDefinition {
    name: LeadName,
    known: bool,
    samples: usize,
}

struct Definitions {
    leads: Vec<LeadDefinition>,
    reference_beat_subtracted: bool,
}

impl Definitions {
    fn warn(&self, warnings: &mut Vec<Warning>) {
        for (index, lead) in self.leads.iter().enumerate() {
            if !lead.known {
                warnings.push(Warning::new(
                    WarningCode::UnreadableField,
                    format!("Lead {} has an unknown code.", index + 1),
                ));
            }
        }
        let twice = |lead: &LeadDefinition| {
            self.leads
                .iter()
                .filter(|other| other.name == lead.name)
                .count()
                > 1
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

/// Section 5 or 6: calibration and one run of bytes per lead.
struct Block<'a> {
    nanovolts: f64,
    interval_us: f64,
    rate_hz: f64,
    differences: u8,
    bimodal: bool,
    section: &'static str,
    content: Bytes<'a>,
}

impl<'a> Block<'a> {
    fn parse(content: Bytes<'a>, section: &'static str) -> Result<Self, Error> {
        let (Some(nanovolts), Some(interval), Some(differences), Some(flag)) = (
            content.u16_le(0),
            content.u16_le(2),
            content.u8(4),
            content.u8(5),
        ) else {
            return Err(Error::damaged("it is cut off").at_field(section));
        };
        let interval_us = f64::from(interval);
        if interval == 0 {
            return Err(Error::damaged("the time between samples is zero").at_field(section));
        }
        let rate = check_rate(1e6 / interval_us).map_err(|error| error.at_field(section))?;
        // Intervals are whole microseconds: 1667 stands for 600 Hz.
        let whole = rate.round();
        let near = (1e6 / whole - interval_us).abs() <= 0.5;
        if differences > 2 {
            let reason = format!("difference code {differences} does not exist");
            return Err(Error::damaged(reason).at_field(section));
        }
        Ok(Self {
            nanovolts: f64::from(nanovolts),
            interval_us,
            rate_hz: if near { whole } else { rate },
            differences,
            bimodal: flag & 1 != 0 && section == "section 6",
            section,
            content,
        })
    }

    fn check_gain(&mut self, warnings: &mut Vec<Warning>) {
        if self.nanovolts == 0.0 {
            self.nanovolts = 1000.0;
            warnings.push(Warning::new(
                WarningCode::DefaultGain,
                "The file states an amplitude of 0 a count; 1 uV is assumed, so amplitudes may be wrong.",
            ));
        }
    }

    /// All leads, each cut to its length.
    fn decode(
        &self,
        lengths: &[usize],
        tables: Option<&Tables>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Vec<i32>>, Error> {
        let mut at = 6 + 2 * lengths.len();
        let mut channels = Vec::new();
        let exact = self.section == "section 6";
        for (index, &length) in lengths.iter().enumerate() {
            let cut =
                || Error::damaged(format!("lead {} is cut off", index + 1)).at_field(self.section);
            let bytes = self.content.u16_le(6 + 2 * index).ok_or_else(cut)?;
            let bytes = usize::from(bytes);
            let data = self.content.slice(at, bytes).ok_or_else(cut)?;
            at += bytes;
            let decoded = match tables {
                Some(tables) => tables.decode(data, length),
                None => {
                    let pairs = data.as_chunks::<2>().0.iter().take(length);
                    Ok(pairs
                        .map(|&pair| i32::from(i16::from_le_bytes(pair)))
                        .collect())
                }
            };
            let broken = decoded.is_err();
            let mut counts = decoded.unwrap_or_else(|values| values);
            integrate(&mut counts, self.differences);
            if exact && counts.len() < length {
                let why = if broken {
                    " (a code is none of the table's)"
                } else {
                    ""
                };
                warnings.push(Warning::new(
                    WarningCode::Truncated,
                    format!(
                        "Lead {} holds {} of {length} samples{why}.",
                        index + 1,
                        counts.len()
                    ),
                ));
            }
            channels.push(counts);
        }
        Ok(channels)
    }
}

/// Turns first or second differences into values; the first one or two are values already.
fn integrate(counts: &mut [i32], order: u8) {
    let (mut before, mut last) = (0_i32, 0_i32);
    for (index, count) in counts.iter_mut().enumerate() {
        if index >= usize::from(order) {
            *count = match order {
                1 => count.wrapping_add(last),
                2 => count
                    .wrapping_add(last)
                    .wrapping_add(last)
                    .wrapping_sub(before),
                _ => *count,
            };
        }
        (before, last) = (last, *count);
    }
}

/// Adds the reference beat back at every complex of its type (section 4).
fn add_reference_beat(
    file: &File<'_>,
    rhythm: &Block<'_>,
    beat: &[Vec<i32>],
    beat_block: &Block<'_>,
    channels: &mut [Vec<i32>],
) -> Result<(), Error> {
    let cut =
        || Error::damaged("the complexes of the reference beat are missing").at_field("section 4");
    let section = file.section(4)?.ok_or_else(cut)?;
    let (fiducial, count) = section.u16_le(2).zip(section.u16_le(4)).ok_or_else(cut)?;
    if beat_block.interval_us != rhythm.interval_us {
        let reason = "a reference beat at another sampling rate than the rhythm is not read";
        return Err(Error::unsupported(reason).at_field("section 5"));
    }
    let scale = beat_block.nanovolts / rhythm.nanovolts;
    for index in 0..usize::from(count) {
        let at = 6 + index * 14;
        let (Some(kind), Some(start), Some(peak), Some(end)) = (
            section.u16_le(at),
            section.u32_le(at + 2),
            section.u32_le(at + 6),
            section.u32_le(at + 10),
        ) else {
            return Err(cut());
        };
        if kind != 0 {
            continue;
        }
        // Sample `peak` of the rhythm lies on sample `fiducial` of the beat; both count from one.
        let (start, end, peak) = (i64::from(start), i64::from(end), i64::from(peak));
        for (channel, beat) in channels.iter_mut().zip(beat) {
            let first = start.max(1);
            let last = end.min(i64::try_from(channel.len()).unwrap_or(i64::MAX));
            for sample in first..=last {
                let position = sample - peak + i64::from(fiducial) - 1;
                let value = usize::try_from(position)
                    .ok()
                    .and_then(|position| beat.get(position));
                let place = usize::try_from(sample - 1)
                    .ok()
                    .and_then(|index| channel.get_mut(index));
                if let (Some(&value), Some(place)) = (value, place) {
                    // Bounded by 16-bit beats times a ratio of 16-bit gains; saturates beyond.
                    #[allow(clippy::cast_possible_truncation)]
                    let scaled = (f64::from(value) * scale).round() as i32;
                    *place = place.wrapping_add(scaled);
                }
            }
        }
    }
    Ok(())
}

/// CRC-16 of the CCITT, as EN 1064 wants it.
pub(super) fn crc_ccitt(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc, &byte| {
        (0..8).fold(crc ^ u16::from(byte) << 8, |crc: u16, _| {
            if crc & 0x8000 != 0 {
                crc << 1 ^ 0x1021
            } else {
                crc << 1
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    // The check value of CRC-16/CCITT-FALSE.
    #[test]
    fn the_checksum_is_the_ccitt_one() {
        assert_eq!(crc_ccitt(b"123456789"), 0x29b1);
    }

    #[test]
    fn second_differences_are_summed_twice() {
        let mut counts = [10, 12, 1, 0, -3];
        integrate(&mut counts, 2);
        assert_eq!(counts, [10, 12, 15, 18, 18]);
    }
}
