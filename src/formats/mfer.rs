//! MFER, the Medical waveform Format Encoding Rules (ISO/TS 11073-92001): tag, length, value.

use jiff::civil::{Date, DateTime, Time};

use crate::ecg::{
    Counts, Lead, LeadName, LeadOrigin, Recording, Samples, Sex, Unit, Warning, WarningCode,
};

use super::bytes::{Bytes, size};
use super::{Error, Head, Options, check_rate};

pub(super) const LARGEST: u64 = 1 << 30;
const MOST_CHANNELS: usize = 256;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.get(2..5) == Some(b"MFR") && head.bytes.first() == Some(&0x40)
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let mut recording = Recording::new("", "mfer", 0.0);
    let mut frame = Frame::default();
    let mut at = 0;
    while at < bytes.len() {
        let item = Item::parse(bytes, at, &mut recording.warnings)?;
        at = item.end;
        if item.tag == END {
            break;
        }
        if item.tag == WAVEFORM {
            frame.waveform(item.value, &mut recording)?;
        } else {
            frame.apply(&item, &mut recording)?;
        }
    }
    recording.sampling_rate_hz = super::prevailing_rate(&recording.leads)
        .ok_or_else(|| Error::damaged("the file holds no waveform"))?;
    Ok(recording)
}

const END: u8 = 0x80;
const WAVEFORM: u8 = 0x1e;
const CHANNEL: u8 = 0x3f;

/// One tag with its value.
struct Item<'a> {
    tag: u8,
    channel: usize,
    value: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Item<'a> {
    fn parse(bytes: &'a [u8], at: usize, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let input = Bytes(bytes);
        let damaged = |reason: String| Error::damaged(reason).at_byte(at as u64);
        let cut = || damaged("the file ends within a field".to_owned());
        let tag = input.u8(at).ok_or_else(cut)?;
        if tag == END || tag == 0 {
            return Ok(Self {
                tag,
                channel: 0,
                value: &[],
                at,
                end: at + 1,
            });
        }
        let mut next = at + 1;
        let mut channel = 0;
        if tag == CHANNEL {
            // Seven bits a byte, the highest bit says that more follow.
            for _ in 0..2 {
                let byte = input.u8(next).ok_or_else(cut)?;
                next += 1;
                channel = channel << 7 | usize::from(byte & 0x7f);
                if byte & 0x80 == 0 {
                    break;
                }
            }
        }
        let short = input.u8(next).ok_or_else(cut)?;
        next += 1;
        let length = if short < 0x80 {
            usize::from(short)
        } else {
            let count = usize::from(short & 0x7f);
            if count == 0 || count > 4 {
                return Err(damaged(format!("a length of {count} bytes is impossible")));
            }
            let digits = input.slice(next, count).ok_or_else(cut)?;
            next += count;
            size(
                digits
                    .iter()
                    .fold(0, |sum, &digit| sum << 8 | u32::from(digit)),
            )
        };
        let left = bytes.len().saturating_sub(next);
        let value = match input.slice(next, length) {
            Some(value) => value,
            None if tag == WAVEFORM => {
                warnings.push(Warning::new(
                    WarningCode::Truncated,
                    format!(
                        "The waveform claims {length} bytes, {left} are there; the rest is missing."
                    ),
                ));
                bytes.get(next..).unwrap_or_default()
            }
            None => {
                return Err(damaged(format!(
                    "a field claims {length} bytes, {left} are left"
                )));
            }
        };
        Ok(Self {
            tag,
            channel,
            value,
            at,
            end: next + value.len(),
        })
    }
}

/// Calibration of a channel, or of all that have none of their own.
#[derive(Clone)]
struct Calibration {
    name: Option<LeadName>,
    rate_hz: Option<f64>,
    unit: Unit,
    unit_scale: f64,
    per_count: f64,
    offset: f64,
    missing: Option<i32>,
    kind: u8,
    block: usize,
}

impl Default for Calibration {
    fn default() -> Self {
        Self {
            name: None,
            rate_hz: None,
            unit: Unit::Other(String::new()),
            unit_scale: 1000.0,
            per_count: 1.0,
            offset: 0.0,
            missing: None,
            kind: 0,
            block: 1,
        }
    }
}

/// What the tags before a waveform say.
#[derive(Default)]
struct Frame {
    little_endian: bool,
    channels: usize,
    sequences: Option<usize>,
    common: Calibration,
    own: Vec<Option<Calibration>>,
}

impl Frame {
    fn unsigned(&self, value: &[u8]) -> u64 {
        let digit = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
        if self.little_endian {
            value.iter().rev().take(8).fold(0, digit)
        } else {
            value.iter().take(8).fold(0, digit)
        }
    }

    fn count(&self, item: &Item<'_>) -> Result<usize, Error> {
        usize::try_from(self.unsigned(item.value))
            .map_err(|_| Error::damaged("a count is too large").at_byte(item.at as u64))
    }

    /// Unit, decimal exponent and mantissa.
    fn scaled(&self, value: &[u8]) -> Option<(u8, f64)> {
        let (&unit, rest) = value.split_first()?;
        let (&exponent, mantissa) = rest.split_first()?;
        let mantissa = self.unsigned(mantissa) as f64;
        Some((
            unit,
            mantissa * 10_f64.powi(i32::from(exponent.cast_signed())),
        ))
    }

    fn apply(&mut self, item: &Item<'_>, recording: &mut Recording) -> Result<(), Error> {
        let text = || Bytes(item.value).text(0, item.value.len());
        match item.tag {
            0x01 => self.little_endian = item.value.first() == Some(&1),
            0x05 => {
                self.channels = self.count(item)?;
                if self.channels == 0 || self.channels > MOST_CHANNELS {
                    let reason = format!("{} channels are impossible", self.channels);
                    return Err(Error::damaged(reason).at_byte(item.at as u64));
                }
                self.own.resize(self.channels, None);
            }
            0x06 => self.sequences = Some(self.count(item)?),
            0x16 => recording.comments.extend(text()),
            0x17 => recording.acquisition.device = text().map(|text| text.replace('^', " ")),
            0x81 => {
                recording.patient.name = text().map(|name| name.replace('^', " ").trim().to_owned())
            }
            0x82 => recording.patient.id = text(),
            0x84 => {
                recording.patient.sex = match item.value.first() {
                    Some(1) => Some(Sex::Male),
                    Some(2) => Some(Sex::Female),
                    _ => None,
                };
            }
            0x85 => recording.acquisition.started = self.moment(item.value),
            CHANNEL => {
                let mut own = self.own.get(item.channel).cloned().flatten();
                let mut calibration = own.take().unwrap_or_else(|| self.common.clone());
                let mut at = 0;
                while at < item.value.len() {
                    let inner = Item::parse(item.value, at, &mut recording.warnings)?;
                    at = inner.end;
                    self.calibrate(&mut calibration, &inner)?;
                }
                let known = self.own.len();
                let place = self.own.get_mut(item.channel).ok_or_else(|| {
                    let reason = format!("channel {} of {known} is described", item.channel + 1);
                    Error::damaged(reason).at_byte(item.at as u64)
                })?;
                *place = Some(calibration);
            }
            _ => {
                let mut common = std::mem::take(&mut self.common);
                let outcome = self.calibrate(&mut common, item);
                self.common = common;
                outcome?;
            }
        }
        Ok(())
    }

    fn calibrate(&self, calibration: &mut Calibration, item: &Item<'_>) -> Result<(), Error> {
        match item.tag {
            0x04 => calibration.block = self.count(item)?,
            0x09 => {
                let code = self.unsigned(item.value);
                let name = u8::try_from(code).ok().and_then(super::scp::lead_of_code);
                calibration.name =
                    Some(name.unwrap_or_else(|| LeadName::Other(format!("lead code {code}"))));
            }
            0x0a => calibration.kind = item.value.first().copied().unwrap_or(0),
            0x0b => {
                let (unit, value) = self.scaled(item.value).unwrap_or((0, 0.0));
                let rate = match unit {
                    0 => value,
                    1 => 1.0 / value,
                    _ => {
                        let reason = "a sampling interval in metres is not read";
                        return Err(Error::unsupported(reason).at_byte(item.at as u64));
                    }
                };
                calibration.rate_hz =
                    Some(check_rate(rate).map_err(|error| error.at_byte(item.at as u64))?);
            }
            0x0c => {
                let (unit, value) = self.scaled(item.value).unwrap_or((0, 0.0));
                (calibration.unit, calibration.unit_scale) = match unit {
                    0 => (Unit::Microvolt, 1e6),
                    code => (Unit::Other(format!("unit code {code}")), 1000.0),
                };
                if value > 0.0 {
                    calibration.per_count = value;
                }
            }
            0x0d => calibration.offset = f64::from(self.signed16(item.value)),
            0x12 => calibration.missing = Some(i32::from(self.signed16(item.value))),
            _ => {}
        }
        Ok(())
    }

    fn signed16(&self, value: &[u8]) -> i16 {
        let pair = value.first_chunk::<2>().copied().unwrap_or_default();
        if self.little_endian {
            i16::from_le_bytes(pair)
        } else {
            i16::from_be_bytes(pair)
        }
    }

    fn moment(&self, value: &[u8]) -> Option<DateTime> {
        let (year, rest) = value.split_first_chunk::<2>()?;
        let year = i16::try_from(self.unsigned(year)).ok()?;
        let part = |index: usize| rest.get(index).and_then(|&byte| i8::try_from(byte).ok());
        let date = Date::new(year, part(0)?, part(1)?).ok()?;
        Some(date.to_datetime(Time::new(part(2)?, part(3)?, part(4)?, 0).ok()?))
    }

    /// Sequences of blocks: so many samples of the first channel, of the second, ..., and again.
    fn waveform(&self, data: &[u8], recording: &mut Recording) -> Result<(), Error> {
        let channels: Vec<&Calibration> = if self.own.is_empty() {
            vec![&self.common]
        } else {
            self.own
                .iter()
                .map(|own| own.as_ref().unwrap_or(&self.common))
                .collect()
        };
        let mut widths = Vec::new();
        for channel in &channels {
            widths.push(match channel.kind {
                0 | 1 => 2_usize,
                2 | 6 => 4,
                3 | 5 => 1,
                kind => {
                    let reason = format!("samples of type {kind} are not read");
                    return Err(Error::unsupported(reason).at_field("waveform"));
                }
            });
        }
        let sequence = channels
            .iter()
            .zip(&widths)
            .fold(0_usize, |sum, (channel, width)| {
                sum.saturating_add(channel.block.saturating_mul(*width))
            });
        let available = data.len().checked_div(sequence).unwrap_or(0);
        if available == 0 {
            return Err(Error::damaged("there is not one whole sample").at_field("waveform"));
        }
        if self
            .sequences
            .is_some_and(|stated| available < stated / 1000)
        {
            let reason = format!("the file ends after {available} samples, almost at once");
            return Err(Error::damaged(reason).at_field("waveform"));
        }
        let sequences = self
            .sequences
            .map_or(available, |stated| stated.min(available))
            .max(1);
        if self.sequences.is_some_and(|stated| stated > available) {
            let message = format!(
                "The file holds {available} of {} sequences; the rest is missing.",
                self.sequences.unwrap_or(0)
            );
            recording
                .warnings
                .push(Warning::new(WarningCode::Truncated, message));
        }
        let mut first = 0;
        for (index, (channel, width)) in channels.iter().zip(widths).enumerate() {
            let rate = channel.rate_hz.ok_or_else(|| {
                Error::damaged("the sampling rate is missing")
                    .at_field(format!("channel {}", index + 1))
            })?;
            let counts = (0..sequences)
                .flat_map(|number| {
                    (0..channel.block).map(move |k| number * sequence + first + k * width)
                })
                .map(|at| self.sample(data, at, channel.kind))
                .collect();
            first += channel.block * width;
            let name = channel.name.clone();
            recording.leads.push(Lead {
                name: name.unwrap_or_else(|| LeadName::Other(format!("channel {}", index + 1))),
                unit: channel.unit.clone(),
                origin: LeadOrigin::Recorded,
                sampling_rate_hz: rate,
                samples: Samples::from_counts(
                    Counts::I32(counts),
                    1.0,
                    channel.offset,
                    channel.per_count * channel.unit_scale,
                    channel.missing,
                ),
            });
        }
        Ok(())
    }

    fn sample(&self, data: &[u8], at: usize, kind: u8) -> i32 {
        let bytes = data.get(at..).unwrap_or_default();
        let four = bytes.first_chunk::<4>().copied().unwrap_or_default();
        let four = if self.little_endian {
            i32::from_le_bytes(four)
        } else {
            i32::from_be_bytes(four)
        };
        let one = bytes.first().copied().unwrap_or_default();
        match kind {
            0 => i32::from(self.signed16(bytes)),
            1 => i32::from(self.signed16(bytes).cast_unsigned()),
            3 => i32::from(one),
            5 => i32::from(one.cast_signed()),
            _ => four,
        }
    }
}
