//! GDF, the General Data Format for biosignals (A. Schloegl, arXiv cs/0608052), versions 1.25 and 2.

use jiff::civil::{Date, DateTime, Time};

use crate::ecg::{
    Annotation, Counts, Lead, LeadName, LeadOrigin, Recording, Samples, Sex, Unit, Warning,
    WarningCode, WaveBoundary,
};

use super::bytes::Bytes;
use super::fields::{later, number, parse_moment};
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
    I64,
    U64,
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
            7 => Self::I64,
            8 => Self::U64,
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
            Self::I64 | Self::U64 | Self::F64 => 8,
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
            // Beyond 53 bits the last digits are lost.
            Self::I64 => i64::from_le_bytes(data.array(at)?) as f64,
            Self::U64 => u64::from_le_bytes(data.array(at)?) as f64,
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

/// Events by their codes (BioSig's `eventcodes.txt`): the beats, which are moments, and the words for the others.
const EVENTS: [(u16, &str); 7] = [
    (0x0501, "QRS complex"),
    (0x0502, "P wave"),
    (0x0503, "Q wave"),
    (0x0504, "R peak"),
    (0x0505, "S wave"),
    (0x0506, "T wave"),
    (0x0507, "U wave"),
];
const BEATS: [u16; 2] = [0x0501, 0x0504];
/// An event that holds a sample of a slow channel where others hold how long they last.
const SAMPLED: u16 = 0x7fff;
/// Columns that a table of events has beside positions and codes, by the bits of its mode.
const WITH_DURATIONS: u8 = 2;
const WITH_STAMPS: u8 = 4;
/// Most events that are read: five a beat of a day.
const MOST_EVENTS: usize = 1_000_000;

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
    describe(bytes, second, &mut recording);
    if usize::try_from(records) == Ok(whole) || frames < whole {
        let table = data.get(frames.saturating_mul(record)..);
        match events(Bytes(table.unwrap_or_default()), version, &recording) {
            Ok(events) => recording.annotations = events,
            Err(why) => recording.warnings.push(Warning::new(
                WarningCode::UnreadableField,
                format!("The table of events was left out: {why}."),
            )),
        }
    }
    Ok(recording)
}

/// Whose the tracing is, and when it began. The fields of version 1 are those of EDF but for the time.
fn describe(bytes: Bytes<'_>, second: bool, recording: &mut Recording) {
    let known = |text: &str| (text != "X" && !text.is_empty()).then(|| text.replace('_', " "));
    let text = bytes.text(8, if second { 66 } else { 80 });
    let text = text.unwrap_or_default();
    let mut words = text.split_ascii_whitespace();
    recording.patient.id = words.next().and_then(known);
    if !second {
        // `YYYYMMDDhhmmsscc`.
        let started = bytes.text(168, 16).unwrap_or_default();
        recording.acquisition.started = started.get(..14).and_then(parse_moment);
        return;
    }
    recording.patient.name = words.next().and_then(known);
    recording.patient.sex = match bytes.u8(87).map(|bits| bits & 0b11) {
        Some(1) => Some(Sex::Male),
        Some(2) => Some(Sex::Female),
        _ => None,
    };
    recording.acquisition.started = moment(bytes, 168);
    recording.patient.birth_date = moment(bytes, 176).map(DateTime::date);
}

/// A moment in parts of a day (2^-32) since the start of a year zero.
fn moment(bytes: Bytes<'_>, at: usize) -> Option<DateTime> {
    let (parts, days) = (bytes.u32_le(at)?, bytes.u32_le(at + 4)?);
    // The first of January of year 1 is day 367, as in MATLAB.
    let days = i64::from(days) - 367;
    let first = Date::new(1, 1, 1).ok()?;
    let date = first
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()?;
    let seconds = f64::from(parts) / 2.0_f64.powi(32) * 86_400.0;
    // To the millisecond, which is more than clocks of devices have.
    let moment = later(
        date.to_datetime(Time::midnight()),
        (seconds * 1e3).round() / 1e3,
    );
    (date.year() > 1800).then_some(moment)
}

/// How many events a table holds, and the rate that their positions count in; `None` where it is cut off.
fn event_head(table: Bytes<'_>, version: f64) -> Option<(usize, f64)> {
    let three = |at: usize| {
        let [a, b, c] = table.array(at)?;
        Some(u32::from_le_bytes([a, b, c, 0]))
    };
    let (count, rate) = if version < 1.94 {
        (table.u32_le(4)?, f64::from(three(1)?))
    } else {
        let rate = table.array(4).map(f32::from_le_bytes)?;
        (three(1)?, f64::from(rate))
    };
    Some((super::bytes::size(count), rate))
}

/// The table behind the samples: positions, which count from one, and codes; then, where its mode says so, channels and
/// durations; last, where it says so, the moments by the clock, which say nothing new.
fn events(
    table: Bytes<'_>,
    version: f64,
    recording: &Recording,
) -> Result<Vec<Annotation>, String> {
    let (count, rate) = match event_head(table, version) {
        None | Some((0, _)) => return Ok(Vec::new()),
        Some(head) => head,
    };
    let rate = if rate > 0.0 {
        rate
    } else {
        recording.sampling_rate_hz
    };
    let mode = table.u8(0).unwrap_or(0);
    if mode & 1 == 0 || mode > 7 {
        return Err(format!("its mode {mode} is not known"));
    }
    if count > MOST_EVENTS {
        return Err(format!("it holds {count} events"));
    }
    let timed = mode & WITH_DURATIONS != 0;
    let stamps = if mode & WITH_STAMPS != 0 { 8 } else { 0 };
    let each = if timed { 12 } else { 6 } + stamps;
    let body = table.slice(8, count * each);
    let body =
        Bytes(body.ok_or_else(|| format!("it is cut off before the end of {count} events"))?);
    let of = |index: usize| {
        let from_s = f64::from(body.u32_le(4 * index)?.saturating_sub(1)) / rate;
        let code = body.u16_le(4 * count + 2 * index)?;
        let lasts = timed && code != SAMPLED;
        let duration = lasts.then(|| body.u32_le(8 * count + 4 * index)).flatten();
        let lasts_s = f64::from(duration.unwrap_or(0)) / rate;
        Some(event(code, from_s, lasts_s))
    };
    Ok((0..count).filter_map(of).collect())
}

fn event(code: u16, at_s: f64, lasts_s: f64) -> Annotation {
    if BEATS.contains(&code) {
        return Annotation::Boundary {
            at_s,
            boundary: WaveBoundary::RPeak,
            lead: None,
        };
    }
    if code == SAMPLED {
        let text = "sampled value".to_owned();
        return Annotation::Note { at_s, text };
    }
    // The first bit marks where an event ends.
    let (plain, end) = (code & 0x7fff, code & 0x8000 != 0);
    let known = EVENTS.iter().find(|(own, _)| *own == plain);
    let words = known.map_or_else(
        || format!("event {plain:#06x}"),
        |(_, words)| (*words).to_owned(),
    );
    let words = if end { format!("{words}, end") } else { words };
    if lasts_s > 0.0 {
        Annotation::Span {
            from_s: at_s,
            to_s: at_s + lasts_s,
            lead: None,
            label: words,
        }
    } else {
        Annotation::Note { at_s, text: words }
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// One lead of ten samples in 16 bits at 10 Hz, and three events.
    fn file() -> Vec<u8> {
        let mut file = vec![0; 512];
        let mut put = |at: usize, bytes: &[u8]| {
            file[at..at + bytes.len()].copy_from_slice(bytes);
        };
        put(0, b"GDF 2.20");
        put(8, b"PID77 Jane_Doe");
        put(87, &[2]);
        // 1 March 2024, noon; 6 May 1960.
        put(168, &((739_312_u64 << 32) + (1 << 31)).to_le_bytes());
        put(176, &(716_002_u64 << 32).to_le_bytes());
        put(184, &2_u16.to_le_bytes());
        put(236, &1_i64.to_le_bytes());
        put(244, &1_u32.to_le_bytes());
        put(248, &1_u32.to_le_bytes());
        put(252, &1_u32.to_le_bytes());
        put(256, b"ECG II");
        put(256 + 102, &4275_u16.to_le_bytes());
        for (at, value) in [(104, -100.0_f64), (112, 100.0), (120, -100.0), (128, 100.0)] {
            put(256 + at, &value.to_le_bytes());
        }
        put(256 + 216, &10_u32.to_le_bytes());
        put(256 + 220, &3_u32.to_le_bytes());
        file.extend((0..10_i16).flat_map(i16::to_le_bytes));
        file.extend([3, 3, 0, 0]);
        file.extend(10.0_f32.to_le_bytes());
        file.extend([3_u32, 5, 7].iter().flat_map(|at| at.to_le_bytes()));
        file.extend(
            [0x0501_u16, 0x0506, 0x8502]
                .iter()
                .flat_map(|code| code.to_le_bytes()),
        );
        file.extend([0; 6]);
        file.extend([0_u32, 2, 0].iter().flat_map(|lasts| lasts.to_le_bytes()));
        file
    }

    #[test]
    fn patient_start_and_events_are_read() {
        let read = parse(&file(), &Options::default()).unwrap();
        assert_eq!(read.patient.id.as_deref(), Some("PID77"));
        assert_eq!(read.patient.name.as_deref(), Some("Jane Doe"));
        assert_eq!(read.patient.sex, Some(Sex::Female));
        assert_eq!(read.patient.birth_date.unwrap().to_string(), "1960-05-06");
        let started = read.acquisition.started.unwrap();
        assert_eq!(started.to_string(), "2024-03-01T12:00:00");
        assert_eq!(
            read.annotations,
            [
                event(0x0501, 0.2, 0.0),
                Annotation::Span {
                    from_s: 0.4,
                    to_s: 0.6000000000000001,
                    lead: None,
                    label: "T wave".into()
                },
                Annotation::Note {
                    at_s: 0.6,
                    text: "P wave, end".into()
                },
            ]
        );
    }
    /// Where the table of events begins in [`file`].
    const EVENTS_AT: usize = 512 + 20;

    #[test]
    fn events_with_moments_by_the_clock_are_read_without_those() {
        let plain = parse(&file(), &Options::default()).unwrap();
        let mut stamped = file();
        stamped[EVENTS_AT] = 7;
        stamped.extend([0x55; 24]);
        let read = parse(&stamped, &Options::default()).unwrap();
        assert_eq!(read.annotations, plain.annotations);
        // Without channels and durations.
        let mut short = file();
        short[EVENTS_AT] = 5;
        short.truncate(EVENTS_AT + 8 + 18);
        short.extend([0x55; 24]);
        let read = parse(&short, &Options::default()).unwrap();
        let events = [(0x0501, 0.2), (0x0506, 0.4), (0x8502, 0.6)];
        assert_eq!(
            read.annotations,
            events.map(|(code, at_s)| event(code, at_s, 0.0))
        );
    }

    #[test]
    fn a_table_of_events_that_is_not_read_is_told() {
        for (mode, words) in [(2, "mode 2"), (9, "mode 9"), (7, "cut off")] {
            let mut bytes = file();
            bytes[EVENTS_AT] = mode;
            let read = parse(&bytes, &Options::default()).unwrap();
            assert!(read.annotations.is_empty());
            let [warning] = &read.warnings[..] else {
                panic!("{:?}", read.warnings);
            };
            assert!(warning.message.contains(words), "{}", warning.message);
        }
    }

    #[test]
    fn an_event_that_is_a_sample_lasts_no_time() {
        let mut bytes = file();
        let code = EVENTS_AT + 8 + 12 + 2;
        bytes[code..code + 2].copy_from_slice(&SAMPLED.to_le_bytes());
        let read = parse(&bytes, &Options::default()).unwrap();
        let text = "sampled value".to_owned();
        assert_eq!(read.annotations[1], Annotation::Note { at_s: 0.4, text });
    }

    #[test]
    fn integers_of_64_bits_are_samples() {
        for (code, last) in [(7_u32, Some(-3.0)), (8, None)] {
            let mut bytes = file();
            bytes.truncate(512);
            bytes[256 + 220..256 + 224].copy_from_slice(&code.to_le_bytes());
            let values = (0..9_i64).chain([-3]);
            bytes.extend(values.flat_map(i64::to_le_bytes));
            let read = parse(&bytes, &Options::default()).unwrap();
            let values = read.leads[0].samples.microvolts();
            assert_eq!(values[..9], [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
            // 2^64 - 3 is beyond the limits.
            assert_eq!(Some(values[9]).filter(|value| value.is_finite()), last);
        }
    }

    #[test]
    fn a_unit_that_is_not_stated_is_told() {
        let mut bytes = file();
        bytes[256 + 102..256 + 104].copy_from_slice(&0_u16.to_le_bytes());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.gdf");
        std::fs::write(&path, bytes).unwrap();
        let read = crate::formats::open(&path).unwrap();
        let [warning] = &read.warnings[..] else {
            panic!("{:?}", read.warnings);
        };
        assert!(
            warning.message.contains("no unit for II"),
            "{}",
            warning.message
        );
    }
}
