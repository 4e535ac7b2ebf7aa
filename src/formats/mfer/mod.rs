//! MFER, the Medical waveform Format Encoding Rules (ISO 22077-1; MFER part 1 version 1.05, parts 3-1 and 3-2 at
//! <https://www.mfer.org/en/document.htm>): tag, length, value, read in their order.

mod channel;
mod item;

use jiff::civil::{DateTime, Time};

use crate::ecg::{Annotation, Lead, MedianBeat, Recording, Sex, Warning, WarningCode};

use super::bytes::{Bytes, size};
use super::fields::{self, age, date, join};
use super::{Error, Head, Options};
use channel::{Attributes, Channel};
use item::{Item, items};

pub(super) const LARGEST: u64 = 1 << 30;
const MOST_CHANNELS: usize = 256;
/// The kind of waveform that is a representative beat (table 5-14).
const DOMINANT_BEAT: u64 = 9;

const BYTE_ORDER: u8 = 0x01;
const CHARACTERS: u8 = 0x03;
const CHANNELS: u8 = 0x05;
const COMPRESSION: u8 = 0x0e;
const FILTER: u8 = 0x11;
const COMMENT: u8 = 0x16;
const DEVICE: u8 = 0x17;
const WAVEFORM: u8 = 0x1e;
const CHANNEL: u8 = 0x3f;
const PREAMBLE: u8 = 0x40;
const EVENT: u8 = 0x41;
const GROUP: u8 = 0x67;
const END: u8 = 0x80;
const NAME: u8 = 0x81;
const IDENTIFIER: u8 = 0x82;
const AGE: u8 = 0x83;
const SEX: u8 = 0x84;
const TIME: u8 = 0x85;

/// The preamble, or a run of tags that can be nothing else.
pub(super) fn sniff(head: &Head<'_>) -> bool {
    let bytes = &head.bytes;
    (bytes.get(2..5) == Some(b"MFR") && bytes.first() == Some(&PREAMBLE))
        || is_run_of_tags(bytes, head.has_extension("mwf"))
}

/// Some writers leave the preamble out: at least three plausible tags up to the waveform, one of which says how
/// samples lie; fewer where the file is called as such files are.
fn is_run_of_tags(bytes: &[u8], named_so: bool) -> bool {
    let input = Bytes(bytes);
    let (mut at, mut seen, mut core) = (0, 0, false);
    while at < bytes.len() && seen < 64 {
        let (Some(tag), Some(length)) = (input.u8(at), input.u8(at + 1)) else {
            break;
        };
        if tag == 0 {
            at += 1;
            continue;
        }
        let known = matches!(tag, 0x01..=0x0f | 0x11 | 0x12 | 0x15..=0x17 | 0x40..=0x46 | 0x67 | 0x81..=0x88);
        let fits = match tag {
            BYTE_ORDER => length == 1 && input.u8(at + 2).is_some_and(|order| order < 2),
            0x02 => length == 3,
            0x0a => length <= 1 && input.u8(at + 2).is_some_and(|kind| kind <= 9),
            0x04..=0x07 => length <= 4,
            0x0b | 0x0c => length == 0 || (3..=10).contains(&length),
            SEX => length == 1,
            _ => length < 0x80,
        };
        core |= matches!(tag, BYTE_ORDER | 0x04..=0x06 | 0x0a..=0x0c | CHANNEL);
        match tag {
            WAVEFORM => return core && seen >= 1,
            CHANNEL => return core && (seen >= 2 || named_so),
            _ if !known || !fits => return false,
            _ => {}
        }
        seen += 1;
        at += 2 + usize::from(length);
    }
    core && seen >= 3 && at > bytes.len()
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let mut recording = Recording::new("", "mfer", 0.0);
    let mut file = File {
        channels: vec![Attributes::default()],
        ..File::default()
    };
    file.read(bytes, 0, None, &mut recording)?;
    file.into_leads(&mut recording)?;
    recording.sampling_rate_hz = super::prevailing_rate(&recording.leads)
        .ok_or_else(|| Error::damaged("the file holds no waveform"))?;
    Ok(recording)
}

/// What the tags so far say, and the frames of samples so far.
#[derive(Default)]
struct File {
    little_endian: bool,
    encoding: Option<&'static encoding_rs::Encoding>,
    common: Attributes,
    channels: Vec<Attributes>,
    filters: Vec<String>,
    events: Vec<(u64, u64, String)>,
    rhythm: Vec<Channel>,
    beat: Vec<Channel>,
}

impl File {
    fn unsigned(&self, value: &[u8]) -> u64 {
        item::unsigned(value, self.little_endian)
    }

    fn text(&self, value: &[u8]) -> Option<String> {
        let Some(encoding) = self.encoding else {
            return Bytes(value).text(0, value.len());
        };
        let text = encoding.decode_without_bom_handling(value).0;
        let text = text.trim_matches(['\0', ' ']);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// `channel` is the one that the tags belong to, `None` outside of a channel's own.
    fn read(
        &mut self,
        bytes: &[u8],
        offset: usize,
        channel: Option<usize>,
        recording: &mut Recording,
    ) -> Result<(), Error> {
        for item in items(bytes, offset, &mut recording.warnings)? {
            match item.tag {
                END => break,
                WAVEFORM => self.waveform(&item, recording)?,
                GROUP => self.read(item.value, item.at, channel, recording)?,
                CHANNEL if channel.is_some() => {
                    let reason = "the attributes of a channel hold those of another";
                    return Err(Error::damaged(reason).at_byte(item.at as u64));
                }
                CHANNEL => {
                    let known = self.channels.len();
                    if item.channel >= known {
                        let reason =
                            format!("channel {} of {known} is described", item.channel + 1);
                        return Err(Error::damaged(reason).at_byte(item.at as u64));
                    }
                    self.read(item.value, item.at, Some(item.channel), recording)?;
                }
                0x04 | 0x06 | 0x08..=0x0d | 0x12 => {
                    let target = match channel {
                        Some(index) => self.channels.get_mut(index),
                        None => Some(&mut self.common),
                    };
                    if let Some(target) = target {
                        target.set(&item, self.little_endian)?;
                    }
                }
                _ => self.header(&item, recording)?,
            }
        }
        Ok(())
    }

    fn header(&mut self, item: &Item<'_>, recording: &mut Recording) -> Result<(), Error> {
        let value = item.value;
        let text = || self.text(value);
        match item.tag {
            BYTE_ORDER => self.little_endian = value.first() == Some(&1),
            CHARACTERS => self.encoding = text().as_deref().and_then(encoding),
            CHANNELS => {
                let count = if value.is_empty() {
                    1
                } else {
                    usize::try_from(self.unsigned(value)).unwrap_or(usize::MAX)
                };
                if count == 0 || count > MOST_CHANNELS {
                    let reason = format!("{count} channels are impossible");
                    return Err(Error::damaged(reason).at_byte(item.at as u64));
                }
                self.channels = vec![Attributes::default(); count];
            }
            COMPRESSION if self.unsigned(value.get(..2).unwrap_or(value)) != 0 => {
                let reason = "compressed samples are not read";
                return Err(Error::unsupported(reason).at_byte(item.at as u64));
            }
            FILTER => match text() {
                Some(filter) => self.filters.push(filter.replace('^', " ")),
                None => self.filters.clear(),
            },
            COMMENT => recording.comments.extend(text()),
            DEVICE => {
                let parts = text().unwrap_or_default();
                let parts = parts.split('^').map(|part| Some(part.trim().to_owned()));
                recording.acquisition.device = join(parts);
            }
            NAME => {
                // Family, its sound, given, its sound, middle, its sound.
                let name = text().unwrap_or_default();
                let parts: Vec<&str> = name.split('^').map(str::trim).collect();
                let part = |index: usize| parts.get(index).map(|part| (*part).to_owned());
                let given = join([part(2), part(4)]);
                fields::name(&mut recording.patient, given, part(0));
            }
            IDENTIFIER => {
                recording.patient.id = text()
                    .and_then(|id| id.split('^').next().map(|id| id.trim().to_owned()))
                    .filter(|id| !id.is_empty());
            }
            AGE => {
                let years = value.first().map(|&years| f64::from(years));
                let days = value.get(1..3).map(|days| self.unsigned(days));
                let stated =
                    years.filter(|&years| years > 0.0 || days.is_some_and(|days| days > 0));
                recording.patient.age_years = stated
                    .and_then(|years| age(years + days.unwrap_or(0) as f64 / 365.25, "y"))
                    .map(f64::floor);
                if let Some(&[y0, y1, month, day]) = value.get(3..).and_then(<[u8]>::first_chunk) {
                    let year = i64::try_from(self.unsigned(&[y0, y1])).unwrap_or(0);
                    recording.patient.birth_date = date(year, i64::from(month), i64::from(day));
                }
            }
            SEX => {
                recording.patient.sex = match value.first() {
                    Some(1) => Some(Sex::Male),
                    Some(2) => Some(Sex::Female),
                    _ => None,
                };
            }
            TIME => recording.acquisition.started = self.moment(value),
            EVENT => {
                let part = |from: usize, to: usize| value.get(from..to).map(|v| self.unsigned(v));
                if let (Some(code), Some(start)) = (part(0, 2), part(2, 6)) {
                    let words = value.get(10..).and_then(|words| self.text(words));
                    let words = words.unwrap_or_else(|| format!("event {code}"));
                    self.events.push((start, part(6, 10).unwrap_or(0), words));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn moment(&self, value: &[u8]) -> Option<DateTime> {
        let (year, rest) = value.split_first_chunk::<2>()?;
        let part = |index: usize| rest.get(index).and_then(|&byte| i8::try_from(byte).ok());
        let day = date(
            i64::try_from(self.unsigned(year)).ok()?,
            i64::from(part(0)?),
            i64::from(part(1)?),
        )?;
        let milliseconds = rest.get(5..7).map_or(0, |value| self.unsigned(value));
        let nanoseconds = i32::try_from(milliseconds.min(999) * 1_000_000).ok()?;
        Some(day.to_datetime(Time::new(part(2)?, part(3)?, part(4)?, nanoseconds).ok()?))
    }

    /// One frame: sequences of blocks, so many samples of the first channel, of the second, ..., and again.
    fn waveform(&mut self, item: &Item<'_>, recording: &mut Recording) -> Result<(), Error> {
        let is_beat = self.common.kind == Some(DOMINANT_BEAT);
        let channels = self
            .channels
            .iter()
            .enumerate()
            .map(|(index, own)| Channel::new(index, own, &self.common, self.little_endian))
            .collect::<Result<Vec<_>, Error>>()?;
        let sequence = channels.iter().fold(0_usize, |sum, channel| {
            sum.saturating_add(channel.block_bytes())
        });
        let data = item.value;
        let available = data.len().checked_div(sequence).unwrap_or(0);
        // A channel may have fewer sequences than others; then their blocks close up.
        let stated: Vec<Option<usize>> = channels.iter().map(|channel| channel.sequences).collect();
        let longest = stated.iter().flatten().max().copied().unwrap_or(available);
        if available == 0
            && data.len() < channels.iter().map(Channel::block_bytes).min().unwrap_or(1)
            || available < longest / 1000
        {
            let reason = format!("the file ends after {available} samples, almost at once");
            return Err(Error::damaged(reason).at_field("waveform"));
        }
        let frames = if is_beat {
            &mut self.beat
        } else {
            &mut self.rhythm
        };
        if frames.is_empty() {
            *frames = channels;
        } else if !frames.iter().zip(&channels).all(|(a, b)| a.is_like(b))
            || frames.len() != channels.len()
        {
            recording.warnings.push(Warning::new(
                WarningCode::LeftOut,
                "A later part of the file has other channels, rates or scales and is not shown.",
            ));
            return Ok(());
        }
        let mut at = 0;
        let mut number = 0;
        let most = stated
            .iter()
            .map(|own| own.unwrap_or(usize::MAX))
            .max()
            .unwrap_or(usize::MAX);
        'all: while at < data.len() && number < most {
            for (channel, stated) in frames.iter_mut().zip(&stated) {
                if stated.is_some_and(|stated| number >= stated) {
                    continue;
                }
                let block = data.get(at..).unwrap_or_default();
                let taken = channel.take(block);
                at += taken;
                if taken < channel.block_bytes() {
                    break 'all;
                }
            }
            number += 1;
        }
        if number < longest {
            recording.warnings.push(Warning::new(
                WarningCode::Truncated,
                format!("The file holds {number} of {longest} sequences; the rest is missing."),
            ));
        }
        Ok(())
    }

    fn into_leads(self, recording: &mut Recording) -> Result<(), Error> {
        let mut assumed = false;
        let mut leads = |channels: Vec<Channel>| -> Result<Vec<Lead>, Error> {
            let mut leads = Vec::new();
            for channel in channels {
                assumed |= channel.rate_is_assumed();
                leads.extend(channel.into_lead()?);
            }
            Ok(leads)
        };
        recording.leads = leads(self.rhythm)?;
        let beat = leads(self.beat)?;
        if recording.leads.is_empty() {
            return Err(Error::damaged("the file holds no waveform"));
        }
        recording
            .median_beats
            .extend((!beat.is_empty()).then_some(MedianBeat { leads: beat }));
        if assumed {
            recording.warnings.push(Warning::new(
                WarningCode::AssumedRate,
                "The file states no sampling rate; 1000 Hz is assumed, as the format does. Every interval and rate \
                 depends on it.",
            ));
        }
        let rate = recording
            .leads
            .first()
            .map_or(1.0, |lead| lead.sampling_rate_hz);
        for (start, duration, label) in self.events {
            let from_s = start as f64 / rate;
            recording.annotations.push(if duration > 0 {
                Annotation::Span {
                    from_s,
                    to_s: from_s + duration as f64 / rate,
                    lead: None,
                    label,
                }
            } else {
                Annotation::Note {
                    at_s: from_s,
                    text: label,
                }
            });
        }
        recording.acquisition.filters = (!self.filters.is_empty()).then(|| self.filters.join(", "));
        Ok(())
    }
}

/// Character sets by the names of table 5-34.
fn encoding(name: &str) -> Option<&'static encoding_rs::Encoding> {
    let name = name.trim().to_lowercase();
    let known = [
        ("jis x 0201", encoding_rs::SHIFT_JIS),
        ("jis x 0208", encoding_rs::ISO_2022_JP),
        ("iso 2022", encoding_rs::ISO_2022_JP),
        ("iso-2022-jp", encoding_rs::ISO_2022_JP),
        ("rfc 1468", encoding_rs::ISO_2022_JP),
        ("unicode", encoding_rs::UTF_8),
        ("iso-ir 100", encoding_rs::WINDOWS_1252),
    ];
    let found = known.iter().find(|(prefix, _)| name.starts_with(prefix));
    found.map(|(_, encoding)| *encoding).or_else(|| {
        let label = name
            .replace("iso 8859", "iso-8859")
            .replace("iso8859", "iso-8859");
        encoding_rs::Encoding::for_label(label.replace(' ', "-").as_bytes())
    })
}

/// A count from a field, however long.
fn count(value: &[u8], little_endian: bool) -> usize {
    let value = item::unsigned(value, little_endian);
    u32::try_from(value).map_or(usize::MAX, size)
}
