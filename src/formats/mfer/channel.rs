//! What the tags say of a channel, and its samples.

use crate::ecg::{Counts, Lead, LeadName, LeadOrigin, Samples, Unit};
use crate::formats::bytes::Bytes;
use crate::formats::{Error, check_rate, unit};

use super::count;
use super::item::{Item, unsigned};

/// What the format assumes where nothing is stated.
const DEFAULT_RATE_HZ: f64 = 1000.0;
/// A channel of states, not of a signal.
const STATUS_KIND: u8 = 4;
const STATUS_LEAD: u64 = 4160;
/// Most samples of one block.
const LONGEST_BLOCK: usize = 1 << 28;

/// Units of the sensitivity (table 5-4), the first of which is the volt.
const UNITS: [&str; 23] = [
    "V",
    "mmHg",
    "Pa",
    "cmH2O",
    "mmHg/s",
    "dyne",
    "N",
    "%",
    "degC",
    "/min",
    "/s",
    "Ohm",
    "A",
    "rpm",
    "W",
    "dB",
    "kg",
    "J",
    "dyne s m-2 cm-5",
    "L",
    "L/s",
    "L/min",
    "cd",
];
/// Leads beyond those of SCP-ECG (part 3-2, tables 5-21 and 5-22).
const LEADS: [(u64, &str); 13] = [
    (31, "NASA"),
    (32, "CB4"),
    (33, "CB5"),
    (34, "CB6"),
    (143, "blood pressure"),
    (160, "impedance respiration"),
    (175, "SpO2"),
    (4161, "body position"),
    (4162, "body motion"),
    (4163, "respiration"),
    (4166, "ECG1"),
    (4167, "ECG2"),
    (4168, "ECG3"),
];

/// Attributes of a channel or of all; `None` where nothing is stated.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Attributes {
    pub kind: Option<u64>,
    block: Option<usize>,
    sequences: Option<usize>,
    lead: Option<(u64, Option<String>)>,
    encoding: Option<u8>,
    /// Unit, decimal exponent, mantissa.
    interval: Option<(u8, i8, i64)>,
    sensitivity: Option<(u8, i8, i64)>,
    /// As stored, to be read in the width of the samples.
    offset: Option<Vec<u8>>,
    missing: Option<Vec<u8>>,
}

impl Attributes {
    /// Takes one of the attributes; an empty value takes it back.
    pub(super) fn set(&mut self, item: &Item<'_>, little_endian: bool) -> Result<(), Error> {
        let value = item.value;
        let there = !value.is_empty();
        let whole = || unsigned(value.get(..2).unwrap_or(value), little_endian);
        let scaled = || {
            let (&unit, rest) = value.split_first()?;
            let (&exponent, mantissa) = rest.split_first()?;
            let bits = 64 - 8 * u32::try_from(mantissa.len().clamp(1, 8)).unwrap_or(8);
            let raw = unsigned(mantissa, little_endian);
            let signed = (raw << bits).cast_signed() >> bits;
            (!mantissa.is_empty()).then_some((unit, exponent.cast_signed(), signed))
        };
        match item.tag {
            0x04 => self.block = there.then(|| count(value, little_endian)),
            0x06 => self.sequences = there.then(|| count(value, little_endian)),
            0x08 => self.kind = there.then(whole),
            0x09 => {
                let words = value
                    .get(2..)
                    .and_then(|words| Bytes(words).text(0, words.len()));
                self.lead = there.then(|| (whole(), words));
            }
            0x0a => self.encoding = value.first().copied(),
            0x0b => self.interval = scaled(),
            0x0c => self.sensitivity = scaled(),
            0x0d => self.offset = there.then(|| value.to_vec()),
            0x12 => self.missing = there.then(|| value.to_vec()),
            _ => {}
        }
        if self.block == Some(0) || self.block.is_some_and(|block| block > LONGEST_BLOCK) {
            let reason = "a block of samples has an impossible length";
            return Err(Error::damaged(reason).at_byte(item.at as u64));
        }
        Ok(())
    }

    /// Own attributes over those of all; the name of a lead is only the first channel's.
    fn over(&self, common: &Self, first: bool) -> Self {
        Self {
            kind: self.kind.or(common.kind),
            block: self.block.or(common.block),
            sequences: self.sequences.or(common.sequences),
            lead: self
                .lead
                .clone()
                .or_else(|| common.lead.clone().filter(|_| first)),
            encoding: self.encoding.or(common.encoding),
            interval: self.interval.or(common.interval),
            sensitivity: self.sensitivity.or(common.sensitivity),
            offset: self.offset.clone().or_else(|| common.offset.clone()),
            missing: self.missing.clone().or_else(|| common.missing.clone()),
        }
    }
}

enum Values {
    Whole(Vec<i32>),
    Real(Vec<f64>),
}

/// A channel with its samples so far.
pub(super) struct Channel {
    index: usize,
    attributes: Attributes,
    little_endian: bool,
    encoding: u8,
    width: usize,
    pub sequences: Option<usize>,
    values: Values,
}

impl Channel {
    pub(super) fn new(
        index: usize,
        own: &Attributes,
        common: &Attributes,
        little_endian: bool,
    ) -> Result<Self, Error> {
        let attributes = own.over(common, index == 0);
        let encoding = attributes.encoding.unwrap_or(0);
        let width = match encoding {
            3 | 5 => 1,
            0 | 1 | 4 => 2,
            2 | 6 | 7 => 4,
            8 => 8,
            kind => {
                let reason = format!("samples of type {kind} are not read");
                return Err(Error::unsupported(reason).at_field("waveform"));
            }
        };
        // Unsigned 32 bits do not fit into signed ones.
        let values = if encoding >= 6 {
            Values::Real(Vec::new())
        } else {
            Values::Whole(Vec::new())
        };
        Ok(Self {
            index,
            sequences: attributes.sequences,
            attributes,
            little_endian,
            encoding,
            width,
            values,
        })
    }

    pub(super) fn block_bytes(&self) -> usize {
        self.attributes
            .block
            .unwrap_or(1)
            .saturating_mul(self.width)
    }

    /// Whether another frame's channel goes on where this one ends.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let (a, b) = (&self.attributes, &other.attributes);
        a.lead == b.lead
            && a.interval == b.interval
            && a.sensitivity == b.sensitivity
            && a.offset == b.offset
            && a.missing == b.missing
            && self.encoding == other.encoding
            && self.little_endian == other.little_endian
    }

    /// Takes a block off the start of the data, as far as it goes. Returns how many bytes.
    pub(super) fn take(&mut self, data: &[u8]) -> usize {
        let block = data.get(..self.block_bytes()).unwrap_or(data);
        let (encoding, little_endian) = (self.encoding, self.little_endian);
        let samples = block.chunks_exact(self.width);
        match &mut self.values {
            Values::Whole(values) => {
                values.extend(samples.map(|bytes| whole(encoding, little_endian, bytes)));
            }
            Values::Real(values) => {
                values.extend(samples.map(|bytes| real(encoding, little_endian, bytes)));
            }
        }
        block.len()
    }

    pub(super) fn rate_is_assumed(&self) -> bool {
        self.attributes.interval.is_none()
    }

    fn rate(&self) -> Result<f64, Error> {
        let here = || format!("channel {}", self.index + 1);
        let Some((unit, exponent, mantissa)) = self.attributes.interval else {
            return Ok(DEFAULT_RATE_HZ);
        };
        let value = mantissa as f64 * 10_f64.powi(i32::from(exponent));
        let rate = match unit {
            0 => value,
            1 => 1.0 / value,
            _ => {
                let reason = "samples that are not taken in time are not read";
                return Err(Error::unsupported(reason).at_field(here()));
            }
        };
        check_rate(rate).map_err(|error| error.at_field(here()))
    }

    /// A number that is stored as the samples are.
    fn stored(&self, bytes: Option<&Vec<u8>>) -> Option<f64> {
        let bytes = bytes?.get(..self.width)?;
        Some(match self.encoding {
            6..=8 => real(self.encoding, self.little_endian, bytes),
            _ => f64::from(whole(self.encoding, self.little_endian, bytes)),
        })
    }

    /// The lead; `None` for a channel of states.
    pub(super) fn into_lead(self) -> Result<Option<Lead>, Error> {
        let rate = self.rate()?;
        let code = self.attributes.lead.as_ref().map(|(code, _)| *code);
        if self.encoding == STATUS_KIND || code == Some(STATUS_LEAD) {
            return Ok(None);
        }
        let words = self
            .attributes
            .lead
            .as_ref()
            .and_then(|(_, words)| words.clone());
        let by_code = code.and_then(|code| {
            let ecg = u8::try_from(code)
                .ok()
                .filter(|code| !(19..=60).contains(code) || *code < 21);
            let ecg = ecg.and_then(crate::formats::scp::lead_of_code);
            let other = LEADS.iter().find(|(own, _)| *own == code);
            ecg.or_else(|| other.map(|(_, name)| LeadName::Other((*name).to_owned())))
        });
        let name = by_code
            .or_else(|| words.map(|words| LeadName::parse(&words)))
            .unwrap_or_else(|| {
                LeadName::Other(match code.filter(|&code| code > 0) {
                    Some(code) => format!("lead code {code}"),
                    None => format!("channel {}", self.index + 1),
                })
            });
        let (unit, per_count) = match self.attributes.sensitivity {
            None => (unit::parse(""), 1.0),
            Some((code, exponent, mantissa)) => {
                let value = mantissa as f64 * 10_f64.powi(i32::from(exponent));
                let unit = match UNITS.get(usize::from(code)) {
                    Some(name) => unit::parse(name),
                    None => (Unit::Other(format!("unit code {code}")), 1000.0),
                };
                (unit, if value == 0.0 { 1.0 } else { value })
            }
        };
        // A value is (sample + offset) times the sensitivity.
        let offset = self.stored(self.attributes.offset.as_ref()).unwrap_or(0.0);
        let missing = self.stored(self.attributes.missing.as_ref());
        let (counts, missing) = match self.values {
            Values::Whole(values) => {
                // A whole number in the range of the samples.
                #[allow(clippy::cast_possible_truncation)]
                let missing = missing.map(|value| value as i32);
                (Counts::I32(values), missing)
            }
            Values::Real(values) => {
                let known = |value: f64| value.is_finite() && Some(value) != missing;
                let values = values.into_iter();
                let values = values.map(|value| if known(value) { value } else { f64::NAN });
                (Counts::F64(values.collect()), None)
            }
        };
        let ((unit, scale), samples) = (unit, counts);
        let samples = Samples::from_counts(samples, 1.0, -offset, per_count * scale, missing);
        Ok((!samples.is_empty()).then_some(Lead {
            name,
            unit,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate,
            samples,
        }))
    }
}

fn whole(encoding: u8, little_endian: bool, bytes: &[u8]) -> i32 {
    let raw = u32::try_from(unsigned(bytes, little_endian)).unwrap_or(0);
    match encoding {
        0 => raw.cast_signed() << 16 >> 16,
        5 => raw.cast_signed() << 24 >> 24,
        _ => raw.cast_signed(),
    }
}

fn real(encoding: u8, little_endian: bool, bytes: &[u8]) -> f64 {
    let raw = unsigned(bytes, little_endian);
    match encoding {
        7 => u32::try_from(raw).map_or(f64::NAN, |bits| f64::from(f32::from_bits(bits))),
        8 => f64::from_bits(raw),
        _ => raw as f64,
    }
}
