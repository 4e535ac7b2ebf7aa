//! GDF, the General Data Format for biosignals (A. Schloegl, arXiv cs/0608052), versions 1.25 and 2.

use crate::ecg::{
    Counts, Lead, LeadName, LeadOrigin, Recording, Samples, Unit, Warning, WarningCode,
};

use super::bytes::Bytes;
use super::fields::number;
use super::{Error, Head, Options, check_rate, unit};

pub(super) const LARGEST: u64 = 1 << 30;
const HEADER: usize = 256;
const MOST_SIGNALS: usize = 1024;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.starts_with(b"GDF ")
}

/// Storage of one signal.
#[derive(Clone, Copy)]
enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
    I24,
    U24,
}

impl Kind {
    fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::I8,
            2 => Self::U8,
            3 => Self::I16,
            4 => Self::U16,
            5 => Self::I32,
            6 => Self::U32,
            16 => Self::F32,
            17 => Self::F64,
            279 => Self::I24,
            535 => Self::U24,
            _ => return None,
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I24 | Self::U24 => 3,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    fn read(self, data: Bytes<'_>, at: usize) -> Option<f64> {
        Some(match self {
            Self::I8 => f64::from(data.u8(at)?.cast_signed()),
            Self::U8 => f64::from(data.u8(at)?),
            Self::I16 => f64::from(data.i16_le(at)?),
            Self::U16 => f64::from(data.u16_le(at)?),
            Self::I24 => {
                let [a, b, c] = data.array(at)?;
                f64::from(i32::from_le_bytes([0, a, b, c]) >> 8)
            }
            Self::U24 => {
                let [a, b, c] = data.array(at)?;
                f64::from(u32::from_le_bytes([a, b, c, 0]))
            }
            Self::I32 => f64::from(data.i32_le(at)?),
            Self::U32 => f64::from(data.u32_le(at)?),
            Self::F32 => f64::from(f32::from_le_bytes(data.array(at)?)),
            Self::F64 => f64::from_le_bytes(data.array(at)?),
        })
    }
}

struct Signal {
    label: String,
    unit: (Unit, f64),
    physical: [f64; 2],
    digital: [f64; 2],
    per_record: usize,
    kind: Kind,
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let bytes = Bytes(bytes);
    let cut = || Error::damaged("the file ends within its header").at_byte(bytes.0.len() as u64);
    let version = bytes
        .text(4, 4)
        .as_deref()
        .and_then(number)
        .ok_or_else(|| Error::damaged("the version is no number").at_byte(4))?;
    let second = version >= 1.9;
    let count = bytes.u32_le(252).ok_or_else(cut)?;
    let count = usize::try_from(if second { count & 0xffff } else { count }).unwrap_or(usize::MAX);
    if count == 0 || count > MOST_SIGNALS {
        return Err(Error::damaged(format!("{count} signals are impossible")).at_byte(252));
    }
    let records = bytes.array(236).map(i64::from_le_bytes).ok_or_else(cut)?;
    let duration = if version >= 2.21 {
        bytes.array(244).map(f64::from_le_bytes).ok_or_else(cut)?
    } else {
        let numerator = bytes.u32_le(244).ok_or_else(cut)?;
        let denominator = bytes.u32_le(248).ok_or_else(cut)?;
        f64::from(numerator) / f64::from(denominator)
    };
    if !(duration > 0.0 && duration.is_finite()) {
        return Err(Error::damaged("data records last no time").at_byte(244));
    }
    let signals = (0..count)
        .map(|index| signal(bytes, count, index, second).ok_or_else(cut)?)
        .collect::<Result<Vec<_>, Error>>()?;
    let header = if second {
        usize::from(bytes.u16_le(184).ok_or_else(cut)?) * HEADER
    } else {
        bytes
            .array(184)
            .map(u64::from_le_bytes)
            .and_then(|n| usize::try_from(n).ok())
            .ok_or_else(cut)?
    };
    let data = bytes
        .0
        .get(header.max(HEADER * (count + 1))..)
        .ok_or_else(cut)?;

    let mut recording = Recording::new("", "gdf", 0.0);
    let record: usize = signals.iter().fold(0_usize, |sum, s| {
        sum.saturating_add(s.per_record.saturating_mul(s.kind.bytes()))
    });
    let whole = data.len().checked_div(record).unwrap_or(0);
    let frames = usize::try_from(records).map_or(whole, |stated| stated.min(whole));
    if frames == 0 {
        return Err(Error::damaged("there is not one whole data record").at_byte(header as u64));
    }
    if usize::try_from(records).is_ok_and(|stated| stated > whole) {
        let message =
            format!("The file holds {whole} of {records} data records; the rest is missing.");
        recording
            .warnings
            .push(Warning::new(WarningCode::Truncated, message));
    }
    let mut first = 0;
    for signal in &signals {
        let width = signal.kind.bytes();
        let values: Vec<f64> = (0..frames)
            .flat_map(|frame| {
                (0..signal.per_record).map(move |k| frame * record + first + k * width)
            })
            .map(|at| signal.kind.read(Bytes(data), at).unwrap_or(f64::NAN))
            .collect();
        first += signal.per_record * width;
        if !values.is_empty() {
            let rate = check_rate(signal.per_record as f64 / duration)
                .map_err(|error| error.at_field(format!("signal {}", signal.label)))?;
            recording
                .leads
                .extend(lead(signal, rate, values, &mut recording.warnings));
        }
    }
    recording.sampling_rate_hz = super::prevailing_rate(&recording.leads)
        .ok_or_else(|| Error::damaged("the file holds no signals"))?;
    Ok(recording)
}

fn signal(
    bytes: Bytes<'_>,
    count: usize,
    index: usize,
    second: bool,
) -> Option<Result<Signal, Error>> {
    let field = |before: usize, width: usize| HEADER + before * count + width * index;
    let f64_at = |before| bytes.array(field(before, 8)).map(f64::from_le_bytes);
    let digital = |before| {
        if second {
            f64_at(before)
        } else {
            bytes
                .array(field(before, 8))
                .map(|b| i64::from_le_bytes(b) as f64)
        }
    };
    let label = bytes.text(field(0, 16), 16).unwrap_or_default();
    let unit = if second {
        coded_unit(bytes.u16_le(field(102, 2))?)
    } else {
        unit::parse(&bytes.text(field(96, 8), 8).unwrap_or_default())
    };
    let code = bytes.u32_le(field(220, 4))?;
    let Some(kind) = Kind::from_code(code) else {
        let reason = format!("samples of type {code} are not read");
        return Some(Err(
            Error::unsupported(reason).at_field(format!("signal {label}"))
        ));
    };
    Some(Ok(Signal {
        label,
        unit,
        physical: [f64_at(104)?, f64_at(112)?],
        digital: [digital(120)?, digital(128)?],
        per_record: super::bytes::size(bytes.u32_le(field(216, 4))?),
        kind,
    }))
}

/// Units by the codes of ISO 11073-10101: volts are 4256 plus a decimal prefix.
fn coded_unit(code: u16) -> (Unit, f64) {
    match code {
        4256 => (Unit::Microvolt, 1e6),
        4274 => (Unit::Microvolt, 1000.0),
        4275 => (Unit::Microvolt, 1.0),
        4276 => (Unit::Microvolt, 1e-3),
        0 => unit::parse(""),
        code => (Unit::Other(format!("unit code {code}")), 1000.0),
    }
}

fn lead(signal: &Signal, rate: f64, values: Vec<f64>, warnings: &mut Vec<Warning>) -> Option<Lead> {
    let [low, high] = signal.physical;
    let [least, most] = signal.digital;
    let counts_per_unit = (most - least) / (high - low);
    if !counts_per_unit.is_finite() || counts_per_unit == 0.0 {
        warnings.push(Warning::new(
            WarningCode::LeftOut,
            format!(
                "{}: its limits do not make a scale, so it was left out.",
                signal.label
            ),
        ));
        return None;
    }
    let baseline = least - low * counts_per_unit;
    // Counts beyond the stated limits mark lost contact or overflow.
    let range = least.min(most)..=least.max(most);
    let counts = values
        .into_iter()
        .map(|v| if range.contains(&v) { v } else { f64::NAN })
        .collect();
    let (unit, scale) = signal.unit.clone();
    Some(Lead {
        name: LeadName::parse(&signal.label),
        unit,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: rate,
        samples: Samples::from_counts(Counts::F64(counts), counts_per_unit, baseline, scale, None),
    })
}
