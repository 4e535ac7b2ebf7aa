//! One multiplex group: channels that were sampled together.

use crate::ecg::{Counts, Lead, LeadName, LeadOrigin, Samples, Warning, WarningCode};
use crate::formats::{Error, check_rate, unit};

use super::element::DataSet;

/// A multiplex group, decoded.
pub(super) struct Group {
    /// Seconds from the moment of acquisition to the first sample (`MultiplexGroupTimeOffset`, milliseconds in the file).
    pub begins_s: Option<f64>,
    pub leads: Vec<Lead>,
    pub filters: Option<String>,
    label: String,
    derived: bool,
}

/// Bytes and meaning of one sample (PS3.3 C.10.9.1.5).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Interpretation {
    Signed8,
    Unsigned8,
    MuLaw,
    ALaw,
    Signed16,
    Unsigned16,
    Signed32,
    Unsigned32,
    Signed64,
    Unsigned64,
}

impl Interpretation {
    fn parse(name: &str, bits: u16) -> Result<Self, Error> {
        Ok(match (name, bits) {
            ("SB", 8) => Self::Signed8,
            ("UB", 8) => Self::Unsigned8,
            ("MB", 8) => Self::MuLaw,
            ("AB", 8) => Self::ALaw,
            ("SS", 16) => Self::Signed16,
            ("US", 16) => Self::Unsigned16,
            ("SL", 32) => Self::Signed32,
            ("UL", 32) => Self::Unsigned32,
            ("SV", 64) => Self::Signed64,
            ("UV", 64) => Self::Unsigned64,
            _ => {
                let reason =
                    format!("samples of {bits} bits with interpretation \"{name}\" are not read");
                return Err(Error::unsupported(reason));
            }
        })
    }

    fn bytes(self) -> usize {
        match self {
            Self::Signed8 | Self::Unsigned8 | Self::MuLaw | Self::ALaw => 1,
            Self::Signed16 | Self::Unsigned16 => 2,
            Self::Signed32 | Self::Unsigned32 => 4,
            Self::Signed64 | Self::Unsigned64 => 8,
        }
    }

    /// A channel from the bytes at which each of its samples begins; 16 bits, which nearly all have, by the shortest way.
    fn counts<'a>(self, samples: impl Iterator<Item = &'a [u8]>, big_endian: bool) -> Counts {
        let two = |bytes: &[u8]| bytes.first_chunk::<2>().copied().unwrap_or_default();
        match self {
            Self::Signed16 if big_endian => Counts::I16(
                samples
                    .map(|bytes| i16::from_be_bytes(two(bytes)))
                    .collect(),
            ),
            Self::Signed16 => Counts::I16(
                samples
                    .map(|bytes| i16::from_le_bytes(two(bytes)))
                    .collect(),
            ),
            Self::Signed8 => Counts::I16(
                samples
                    .map(|bytes| i16::from(bytes.first().copied().unwrap_or(0).cast_signed()))
                    .collect(),
            ),
            // Wider than 32 bits; beyond 53 of them the last digits are lost.
            Self::Unsigned32 => Counts::F64(
                samples
                    .map(|bytes| f64::from(four(bytes, big_endian)))
                    .collect(),
            ),
            Self::Signed64 => Counts::F64(
                samples
                    .map(|bytes| eight(bytes, big_endian).cast_signed() as f64)
                    .collect(),
            ),
            Self::Unsigned64 => Counts::F64(
                samples
                    .map(|bytes| eight(bytes, big_endian) as f64)
                    .collect(),
            ),
            _ => Counts::I32(samples.map(|bytes| self.read(bytes, big_endian)).collect()),
        }
    }

    fn read(self, bytes: &[u8], big_endian: bool) -> i32 {
        let two = bytes.first_chunk::<2>().copied().unwrap_or_default();
        let one = bytes.first().copied().unwrap_or_default();
        let two = if big_endian {
            u16::from_be_bytes(two)
        } else {
            u16::from_le_bytes(two)
        };
        match self {
            Self::Signed8 => i32::from(one.cast_signed()),
            Self::Unsigned8 => i32::from(one),
            Self::MuLaw => mu_law(one),
            Self::ALaw => a_law(one),
            Self::Signed16 => i32::from(two.cast_signed()),
            Self::Unsigned16 => i32::from(two),
            Self::Signed32 => four(bytes, big_endian).cast_signed(),
            Self::Unsigned32 => i32::try_from(four(bytes, big_endian)).unwrap_or(i32::MAX),
            Self::Signed64 => {
                i32::try_from(eight(bytes, big_endian).cast_signed()).unwrap_or(i32::MAX)
            }
            Self::Unsigned64 => i32::try_from(eight(bytes, big_endian)).unwrap_or(i32::MAX),
        }
    }
}

fn four(bytes: &[u8], big_endian: bool) -> u32 {
    let four = bytes.first_chunk::<4>().copied().unwrap_or_default();
    if big_endian {
        u32::from_be_bytes(four)
    } else {
        u32::from_le_bytes(four)
    }
}

fn eight(bytes: &[u8], big_endian: bool) -> u64 {
    let eight = bytes.first_chunk::<8>().copied().unwrap_or_default();
    if big_endian {
        u64::from_be_bytes(eight)
    } else {
        u64::from_le_bytes(eight)
    }
}

/// ITU-T G.711 mu-law to linear.
fn mu_law(byte: u8) -> i32 {
    let code = !byte;
    let magnitude = ((i32::from(code & 0x0f) << 3) + 0x84) << ((code & 0x70) >> 4);
    if code & 0x80 != 0 {
        0x84 - magnitude
    } else {
        magnitude - 0x84
    }
}

/// ITU-T G.711 A-law to linear.
fn a_law(byte: u8) -> i32 {
    let code = byte ^ 0x55;
    let segment = (code & 0x70) >> 4;
    let mantissa = i32::from(code & 0x0f) << 4;
    let magnitude = match segment {
        0 => mantissa + 8,
        segment => (mantissa + 0x108) << (segment - 1),
    };
    if code & 0x80 != 0 {
        magnitude
    } else {
        -magnitude
    }
}

impl Group {
    pub(super) fn parse(
        group: &DataSet<'_>,
        big_endian: bool,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let missing = |what: &str, field: &str| {
            Error::damaged(format!("{what} is missing")).at_field(field.to_owned())
        };
        let channels = usize::from(
            group
                .u16((0x003a, 0x0005))
                .ok_or_else(|| missing("the number of channels", "(003a,0005)"))?,
        );
        let stated = group.u32((0x003a, 0x0010)).map(u64::from);
        let rate = group
            .number((0x003a, 0x001a))
            .ok_or_else(|| missing("the sampling frequency", "(003a,001a)"))?;
        let rate = check_rate(rate).map_err(|error| error.at_field("(003a,001a)"))?;
        let definitions = group.items((0x003a, 0x0200));
        if channels == 0 || definitions.len() != channels {
            let reason = format!(
                "{channels} channels are announced, {} are described",
                definitions.len()
            );
            return Err(Error::damaged(reason).at_field("(003a,0005)"));
        }
        let bits = group
            .u16((0x5400, 0x1004))
            .ok_or_else(|| missing("the sample size", "(5400,1004)"))?;
        let kind = group.text((0x5400, 0x1006)).unwrap_or_default();
        let kind =
            Interpretation::parse(&kind, bits).map_err(|error| error.at_field("(5400,1006)"))?;
        let data = group
            .bytes((0x5400, 0x1010))
            .filter(|data| !data.is_empty())
            .ok_or_else(|| missing("the waveform data", "(5400,1010)"))?;
        let padding = group
            .bytes((0x5400, 0x100a))
            .filter(|bytes| bytes.len() >= kind.bytes());
        let padding = padding.map(|bytes| kind.read(bytes, big_endian));

        let frame = channels * kind.bytes();
        let available = data.len() / frame;
        let frames = stated.map_or(available, |stated| {
            usize::try_from(stated).unwrap_or(usize::MAX).min(available)
        });
        if frames == 0 {
            return Err(Error::damaged("there is not one whole sample").at_field("(5400,1010)"));
        }
        warn_about_length(stated, available, data.len() - available * frame, warnings);
        warn_about_skew(definitions, rate, warnings);
        let mut leads = Vec::with_capacity(channels);
        for (index, definition) in definitions.iter().enumerate() {
            let own = data.chunks_exact(frame).take(frames);
            let own = own.map(|frame| frame.get(index * kind.bytes()..).unwrap_or_default());
            let counts = kind.counts(own, big_endian);
            let padding = padding.filter(|&value| stands_out(&counts, value));
            leads.push(channel(definition, index, rate, counts, padding, warnings));
        }
        Ok(Self {
            begins_s: group.number((0x0018, 0x1068)).map(|ms| ms / 1000.0),
            leads,
            filters: definitions.first().and_then(filters),
            label: group
                .text((0x003a, 0x0020))
                .unwrap_or_default()
                .to_lowercase(),
            derived: group.text((0x003a, 0x0004)).as_deref() == Some("DERIVED"),
        })
    }

    pub(super) fn duration_s(&self) -> f64 {
        self.leads.iter().map(Lead::duration_s).fold(0.0, f64::max)
    }

    /// By its label, or because it was derived and is one beat long beside a longer rhythm.
    pub(super) fn is_median_beat(&self, longest_s: f64) -> bool {
        let named = ["median", "average", "template", "representative"];
        named.iter().any(|word| self.label.contains(word))
            || (self.derived && self.duration_s() < 2.0 && longest_s >= 2.0)
    }
}

/// Whether a padding value can be told from samples: some writers state 0, which any tracing crosses.
fn stands_out(counts: &Counts, padding: i32) -> bool {
    let mut beyond = (true, true);
    let mut see = |count: i32| {
        beyond.0 &= count >= padding;
        beyond.1 &= count <= padding;
    };
    match counts {
        Counts::I16(counts) => counts.iter().for_each(|&count| see(i32::from(count))),
        Counts::I32(counts) => counts.iter().for_each(|&count| see(count)),
        Counts::F64(_) => return false,
    }
    beyond.0 || beyond.1
}

fn warn_about_length(
    stated: Option<u64>,
    available: usize,
    rest: usize,
    warnings: &mut Vec<Warning>,
) {
    let available = available as u64;
    match stated {
        Some(stated) if stated > available => warnings.push(Warning::new(
            WarningCode::Truncated,
            format!("The waveform holds {available} of {stated} samples; the rest is missing."),
        )),
        Some(stated) if stated < available => warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!("The waveform holds {available} samples, but states {stated}; the rest is not shown."),
        )),
        // One byte fills up to an even length.
        _ if rest > 1 => warnings.push(Warning::new(
            WarningCode::Truncated,
            "The waveform ends in the middle of a sample.",
        )),
        _ => {}
    }
}

/// Channels need not have been sampled together; less than half a sample between them is as good.
fn warn_about_skew(definitions: &[DataSet<'_>], rate: f64, warnings: &mut Vec<Warning>) {
    let later_s = definitions.iter().map(|definition| {
        let samples = definition.number((0x003a, 0x0215)).unwrap_or(0.0);
        let skew_s = definition.number((0x003a, 0x0214));
        let offset_s = definition.number((0x003a, 0x0218)).unwrap_or(0.0);
        skew_s.unwrap_or(samples / rate) + offset_s
    });
    let (first, last) = later_s.fold((f64::INFINITY, f64::NEG_INFINITY), |(first, last), at_s| {
        (first.min(at_s), last.max(at_s))
    });
    let apart_s = last - first;
    if apart_s * rate >= 0.5 {
        let ms = apart_s * 1000.0;
        warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!("By the file its channels were sampled up to {ms:.1} ms apart; they are shown as if together."),
        ));
    }
}

fn channel(
    definition: &DataSet<'_>,
    index: usize,
    rate: f64,
    counts: Counts,
    padding: Option<i32>,
    warnings: &mut Vec<Warning>,
) -> Lead {
    let source = definition.items((0x003a, 0x0208)).first();
    let name = source.and_then(|source| lead_name(source)).or_else(|| {
        definition
            .text((0x003a, 0x0203))
            .map(|label| LeadName::parse(&label))
    });
    let name = name.unwrap_or_else(|| {
        let name = format!("Ch {}", index + 1);
        warnings.push(Warning::new(
            WarningCode::UnreadableField,
            format!("The file does not say which lead channel {} is.", index + 1),
        ));
        LeadName::Other(name)
    });
    let stated = definition.number((0x003a, 0x0210));
    let (unit, scale) = match definition.items((0x003a, 0x0211)).first() {
        Some(unit) if stated.is_some() => {
            let code = unit
                .text((0x0008, 0x0100))
                .or_else(|| unit.text((0x0008, 0x0104)));
            unit::parse(&code.unwrap_or_default())
        }
        _ => unit::parse(""),
    };
    let sensitivity = stated.filter(|&value| value != 0.0);
    if stated == Some(0.0) {
        warnings.push(Warning::new(
            WarningCode::DefaultGain,
            format!("{name}: the file states a sensitivity of 0; 1 is assumed, so amplitudes may be wrong."),
        ));
    }
    let correction = definition
        .number((0x003a, 0x0212))
        .filter(|&value| value != 0.0)
        .unwrap_or(1.0);
    let per_count = sensitivity.unwrap_or(1.0) * correction;
    // The value that a count of zero stands for, in the channel's unit.
    let offset = definition.number((0x003a, 0x0213)).unwrap_or(0.0);
    Lead {
        name,
        unit,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: rate,
        samples: Samples::from_counts(counts, 1.0, -offset / per_count, per_count * scale, padding),
    }
}

/// By the meaning in words, or by the code of MDC (`2:1`) or SCP-ECG (`5.6.3-9-1`).
fn lead_name(source: &DataSet<'_>) -> Option<LeadName> {
    let meaning = source
        .text((0x0008, 0x0104))
        .map(|text| LeadName::parse(&text));
    let by_code = source.text((0x0008, 0x0100)).and_then(|code| {
        let number = code
            .strip_prefix("5.6.3-9-")
            .or_else(|| code.strip_prefix("2:"))?;
        crate::formats::scp::lead_of_code(number.parse().ok()?)
    });
    match meaning {
        Some(LeadName::Other(words)) => Some(by_code.unwrap_or(LeadName::Other(words))),
        Some(name) => Some(name),
        None => by_code,
    }
}

fn filters(definition: &DataSet<'_>) -> Option<String> {
    let hz = |tag| definition.number(tag).filter(|&hz| hz > 0.0);
    crate::formats::fields::band(
        hz((0x003a, 0x0220)),
        hz((0x003a, 0x0221)),
        hz((0x003a, 0x0222)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // ITU-T G.711 tables 1a and 2a: the ends and the smallest values of both laws.
    #[test]
    fn companded_bytes_become_linear() {
        assert_eq!(
            [mu_law(0x00), mu_law(0x80), mu_law(0xff), mu_law(0x7f)],
            [-32_124, 32_124, 0, 0]
        );
        assert_eq!(
            [a_law(0x2a), a_law(0xaa), a_law(0xd5), a_law(0x55)],
            [-32_256, 32_256, 8, -8]
        );
    }
}
