use jiff::civil::{Date, DateTime, Time};

use crate::ecg::{Unit, Warning, WarningCode};
use crate::formats::Error;

use super::signal::Encoding;

/// The sampling rate that WFDB assumes where the header states none.
const DEFAULT_RATE_HZ: f64 = 250.0;
/// The gain that WFDB assumes where the header states none, in counts per unit.
const DEFAULT_GAIN: f64 = 200.0;

/// The text of a `.hea` file, understood but not yet checked against its signal files.
pub(super) struct Header {
    pub name: String,
    pub sampling_rate_hz: f64,
    /// Samples per signal (frames), where stated.
    pub length: Option<u64>,
    pub started: Option<DateTime>,
    pub body: Body,
    /// Comment lines without their `#`.
    pub comments: Vec<String>,
    pub warnings: Vec<Warning>,
}

/// What the record line announces: signals, or segments that are records of their own.
pub(super) enum Body {
    Signals(Vec<SignalLine>),
    Segments {
        signals: usize,
        segments: Vec<Segment>,
    },
}

/// One segment of a multi-segment record.
pub(super) struct Segment {
    /// Record name, or `~` for a gap.
    pub name: String,
    pub length: u64,
    pub line: usize,
}

/// One signal line.
pub(super) struct SignalLine {
    /// Line number in the header, for messages.
    pub line: usize,
    pub file: String,
    pub encoding: Encoding,
    pub samples_per_frame: u64,
    pub skew: u64,
    pub byte_offset: u64,
    pub gain: f64,
    pub baseline: f64,
    pub unit: Unit,
    /// Microvolts in one unit, see [`crate::ecg::Samples`].
    pub unit_scale: f64,
    pub initial_value: Option<i32>,
    pub checksum: Option<i32>,
    pub description: String,
}

/// Whether `text` can only be a WFDB header: a record line followed by a signal or segment line.
pub(super) fn looks_like_header(text: &str) -> bool {
    let mut lines = content_lines(text);
    let Some((_, record)) = lines.next() else {
        return false;
    };
    let mut fields = record.split_ascii_whitespace();
    let (Some(name), Some(count)) = (fields.next(), fields.next()) else {
        return false;
    };
    let plain_name = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-/.".contains(c));
    let numeric_name = name.parse::<f64>().is_ok();
    if !plain_name || count.parse::<u32>().is_err() {
        return false;
    }
    let Some((_, second)) = lines.next() else {
        return false;
    };
    let mut fields = second.split_ascii_whitespace();
    let (Some(file), Some(format)) = (fields.next(), fields.next()) else {
        return false;
    };
    let file_is_number = file.parse::<f64>().is_ok();
    let format_starts_with_digit = format.starts_with(|c: char| c.is_ascii_digit());
    format_starts_with_digit && !(numeric_name && file_is_number)
}

/// Non-empty lines that are no comments, with their numbers from one.
fn content_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Parses the text of a header.
pub(super) fn parse(text: &str) -> Result<Header, Error> {
    let mut lines = content_lines(text);
    let Some((number, record)) = lines.next() else {
        return Err(Error::damaged("the header holds no record line"));
    };
    let mut warnings = Vec::new();
    let record = RecordLine::parse(record, &mut warnings).map_err(|error| error.at_line(number))?;

    let body = if let Some(announced) = record.segments {
        let segments = lines
            .map(|(n, line)| segment(n, line))
            .collect::<Result<Vec<_>, _>>()?;
        if u64::try_from(segments.len()) != Ok(announced) {
            return Err(Error::damaged(format!(
                "{announced} segments announced, {} listed",
                segments.len()
            ))
            .at_line(number));
        }
        Body::Segments {
            signals: record.signals,
            segments,
        }
    } else {
        let mut signals = Vec::new();
        for (n, line) in lines {
            signals.push(signal(n, line, &mut warnings).map_err(|error| error.at_line(n))?);
        }
        if signals.len() != record.signals {
            return Err(Error::damaged(format!(
                "{} signals announced, {} described",
                record.signals,
                signals.len()
            ))
            .at_line(number));
        }
        if signals.is_empty() {
            return Err(Error::damaged("the record has no signals").at_line(number));
        }
        Body::Signals(signals)
    };

    let comments = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('#'))
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    Ok(Header {
        name: record.name,
        sampling_rate_hz: record.sampling_rate_hz,
        length: record.length,
        started: record.started,
        body,
        comments,
        warnings,
    })
}

struct RecordLine {
    name: String,
    segments: Option<u64>,
    signals: usize,
    sampling_rate_hz: f64,
    length: Option<u64>,
    started: Option<DateTime>,
}

impl RecordLine {
    fn parse(line: &str, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let mut fields = line.split_ascii_whitespace();
        let name = fields.next().unwrap_or_default();
        let (name, segments) = match name.split_once('/') {
            Some((name, count)) => {
                let count = count
                    .parse()
                    .map_err(|_| Error::damaged(format!("\"{count}\" is no number of segments")))?;
                (name, Some(count))
            }
            None => (name, None),
        };
        let signals = fields
            .next()
            .ok_or_else(|| Error::damaged("the record line ends before the number of signals"))?;
        let signals = signals
            .parse()
            .map_err(|_| Error::damaged(format!("\"{signals}\" is no number of signals")))?;
        let sampling_rate_hz = match fields.next() {
            Some(field) => sampling_rate(field)?,
            None => {
                warnings.push(Warning::new(
                    WarningCode::AssumedRate,
                    format!(
                        "The header states no sampling rate; {DEFAULT_RATE_HZ} Hz is assumed, as WFDB does. \
                         Every interval and rate depends on it."
                    ),
                ));
                DEFAULT_RATE_HZ
            }
        };
        let length = match fields.next() {
            None => None,
            Some(field) => Some(
                field
                    .parse::<u64>()
                    .map_err(|_| Error::damaged(format!("\"{field}\" is no number of samples")))?,
            )
            .filter(|&length| length > 0),
        };
        let time = fields.next().map(|field| (field, time_of_day(field)));
        let date = fields.next().map(|field| (field, date(field)));
        for (field, understood) in [
            time.map(|(field, time)| (field, time.is_some())),
            date.map(|(field, date)| (field, date.is_some())),
        ]
        .into_iter()
        .flatten()
        {
            if !understood {
                warnings.push(Warning::new(
                    WarningCode::UnreadableField,
                    format!("\"{field}\" in the header's first line is no time or date."),
                ));
            }
        }
        let started = match (
            time.and_then(|(_, time)| time),
            date.and_then(|(_, date)| date),
        ) {
            (Some(time), Some(date)) => Some(date.to_datetime(time)),
            _ => None,
        };
        Ok(Self {
            name: name.to_owned(),
            segments,
            signals,
            sampling_rate_hz,
            length,
            started,
        })
    }
}

/// `500`, `500/1000` or `500/1000(5)`: the part after the slash numbers a counter we do not use.
fn sampling_rate(field: &str) -> Result<f64, Error> {
    let text = field.split('/').next().unwrap_or_default();
    let rate: f64 = text
        .parse()
        .map_err(|_| Error::damaged(format!("\"{text}\" is no sampling rate")))?;
    crate::formats::check_rate(rate)
}

/// `8:26:04`, `31:25.894` (minutes and seconds) or `25.894` (seconds).
fn time_of_day(field: &str) -> Option<Time> {
    let mut total = 0.0;
    for part in field.split(':') {
        let value: f64 = part.parse().ok()?;
        if !(0.0..100.0).contains(&value) {
            return None;
        }
        total = total * 60.0 + value;
    }
    if total >= 86_400.0 {
        return None;
    }
    // Below 86 400 000: exact.
    #[allow(clippy::cast_possible_truncation)]
    let milliseconds = (total * 1000.0).round() as i64;
    let part = |divisor: i64, modulus: i64| i8::try_from(milliseconds / divisor % modulus).ok();
    let nanoseconds = i32::try_from(milliseconds % 1000 * 1_000_000).ok()?;
    Time::new(
        part(3_600_000, 24)?,
        part(60_000, 60)?,
        part(1000, 60)?,
        nanoseconds,
    )
    .ok()
}

/// `26/10/1994`.
fn date(field: &str) -> Option<Date> {
    let mut parts = field.split('/');
    let day = parts.next()?.parse().ok()?;
    let month = parts.next()?.parse().ok()?;
    let year = parts.next()?.parse().ok()?;
    Date::new(year, month, day).ok()
}

fn segment(number: usize, line: &str) -> Result<Segment, Error> {
    let mut fields = line.split_ascii_whitespace();
    let (Some(name), Some(length)) = (fields.next(), fields.next()) else {
        return Err(Error::damaged("a segment line needs a name and a length").at_line(number));
    };
    let length = length.parse().map_err(|_| {
        Error::damaged(format!("\"{length}\" is no number of samples")).at_line(number)
    })?;
    Ok(Segment {
        name: name.to_owned(),
        length,
        line: number,
    })
}

fn signal(line: usize, text: &str, warnings: &mut Vec<Warning>) -> Result<SignalLine, Error> {
    let mut rest = text;
    let mut next = || {
        let trimmed = rest.trim_start();
        let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let (field, after) = trimmed.split_at(end);
        rest = after;
        (!field.is_empty()).then_some(field)
    };
    let file = next().unwrap_or_default().to_owned();
    let format = next().ok_or_else(|| Error::damaged("the line ends before the signal format"))?;
    let format = Format::parse(format)?;
    let calibration = next();
    let _resolution = next();
    let adc_zero: f64 = integer(next(), "zero level", warnings).map_or(0.0, f64::from);
    let initial_value = integer(next(), "initial value", warnings);
    let checksum = integer(next(), "checksum", warnings);
    let _block_size = next();
    let description = rest.trim().to_owned();

    let name = if description.is_empty() {
        file.as_str()
    } else {
        description.as_str()
    };
    let calibration = Calibration::parse(calibration, name, warnings)?;
    // Writers that do not compute the two leave both at zero.
    let unchecked = initial_value == Some(0) && checksum == Some(0);
    Ok(SignalLine {
        line,
        encoding: format.encoding,
        samples_per_frame: format.samples_per_frame,
        skew: format.skew,
        byte_offset: format.byte_offset,
        gain: calibration.gain,
        baseline: calibration.baseline.unwrap_or(adc_zero),
        unit: calibration.unit,
        unit_scale: calibration.unit_scale,
        initial_value: initial_value.filter(|_| !unchecked),
        checksum: checksum.filter(|_| !unchecked),
        description,
        file,
    })
}

fn integer(field: Option<&str>, name: &str, warnings: &mut Vec<Warning>) -> Option<i32> {
    let field = field?;
    let value = field.parse().ok();
    if value.is_none() {
        warnings.push(Warning::new(
            WarningCode::UnreadableField,
            format!("The header's {name} \"{field}\" is no integer and was left out."),
        ));
    }
    value
}

/// `16`, `16x4`, `212:3`, `16+24`, in that order where combined.
struct Format {
    encoding: Encoding,
    samples_per_frame: u64,
    skew: u64,
    byte_offset: u64,
}

impl Format {
    fn parse(field: &str) -> Result<Self, Error> {
        let bad = || Error::damaged(format!("\"{field}\" is no signal format"));
        let (rest, byte_offset) = split_number(field, '+').ok_or_else(bad)?;
        let (rest, skew) = split_number(rest, ':').ok_or_else(bad)?;
        let (code, samples_per_frame) = split_number(rest, 'x').ok_or_else(bad)?;
        let code: u32 = code.parse().map_err(|_| bad())?;
        let encoding = Encoding::from_code(code)
            .ok_or_else(|| Error::unsupported(format!("signal format {code} is not known")))?;
        Ok(Self {
            encoding,
            samples_per_frame: samples_per_frame.unwrap_or(1).max(1),
            skew: skew.unwrap_or(0),
            byte_offset: byte_offset.unwrap_or(0),
        })
    }
}

/// Splits `head MARK number`; `None` where the number is none.
fn split_number(text: &str, mark: char) -> Option<(&str, Option<u64>)> {
    match text.split_once(mark) {
        None => Some((text, None)),
        Some((head, number)) => number.parse().ok().map(|number| (head, Some(number))),
    }
}

/// `200`, `200/mV`, `1000.0(-20)/uV`.
struct Calibration {
    gain: f64,
    baseline: Option<f64>,
    unit: Unit,
    unit_scale: f64,
}

impl Calibration {
    fn parse(field: Option<&str>, name: &str, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let (calibration, unit) = match field.unwrap_or_default().split_once('/') {
            Some((calibration, unit)) => (calibration, unit),
            None => (field.unwrap_or_default(), ""),
        };
        let (gain, baseline) = match calibration.split_once('(') {
            Some((gain, rest)) => (gain, Some(rest.trim_end_matches(')'))),
            None => (calibration, None),
        };
        let stated: f64 = match gain {
            "" => 0.0,
            gain => gain
                .parse()
                .map_err(|_| Error::damaged(format!("\"{gain}\" is no gain")))?,
        };
        let baseline = baseline
            .map(|text| match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(value),
                _ => Err(Error::damaged(format!("\"{text}\" is no baseline"))),
            })
            .transpose()?;
        let gain = if stated == 0.0 {
            warnings.push(Warning::new(
                WarningCode::DefaultGain,
                format!(
                    "{name}: the header states no gain, so {DEFAULT_GAIN} counts per unit are assumed, as WFDB does. \
                     Amplitudes may be wrong."
                ),
            ));
            DEFAULT_GAIN
        } else {
            // Real headers reach from 0.8 (mmHg) to 2,000,000 (a wrong gain of PTB).
            let plausible = 1e-9..=1e12;
            if !plausible.contains(&stated.abs()) {
                return Err(Error::damaged(format!("a gain of {gain} is impossible")));
            }
            stated
        };
        let (unit, unit_scale) =
            crate::formats::unit::parse(if unit.is_empty() { "mV" } else { unit });
        Ok(Self {
            gain,
            baseline,
            unit,
            unit_scale,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    fn signals(header: &Header) -> &[SignalLine] {
        match &header.body {
            Body::Signals(signals) => signals,
            Body::Segments { .. } => panic!("segments"),
        }
    }

    #[test]
    fn a_record_line_may_carry_counter_time_and_date() {
        let header =
            parse("r 1 500/1000(5) 1000 8:26:04.5 26/10/1994\nr.dat 16 200(12)/mV\n# Age: 3")
                .unwrap();
        assert_eq!(header.sampling_rate_hz, 500.0);
        assert_eq!(header.length, Some(1000));
        assert_eq!(header.started.unwrap().to_string(), "1994-10-26T08:26:04.5");
        assert_eq!(header.comments, ["Age: 3"]);
        assert!(header.warnings.is_empty());
    }

    #[test]
    fn a_signal_line_gives_frame_skew_offset_calibration_and_checks() {
        let header = parse(
            "r 2 125 10\nr.dat 212x4:3+24 20(-1600)/mmHg 12 5 -242 -18875 0 ABP, left arm\nr.dat 212 0 12 7",
        )
        .unwrap();
        let [pressure, bare] = signals(&header) else {
            panic!("two signals")
        };
        assert_eq!(
            (
                pressure.samples_per_frame,
                pressure.skew,
                pressure.byte_offset
            ),
            (4, 3, 24)
        );
        assert_eq!((pressure.gain, pressure.baseline), (20.0, -1600.0));
        assert_eq!(pressure.unit, Unit::Other("mmHg".into()));
        assert_eq!(
            (pressure.initial_value, pressure.checksum),
            (Some(-242), Some(-18875))
        );
        assert_eq!(pressure.description, "ABP, left arm");
        assert_eq!((bare.gain, bare.baseline), (200.0, 7.0));
        assert_eq!(header.warnings.len(), 1);
        assert_eq!(header.warnings[0].code, WarningCode::DefaultGain);
    }

    #[test]
    fn impossible_rates_and_gains_are_refused_with_their_line() {
        for (text, line) in [
            ("r 1 0 10\nr.dat 16", 1),
            ("r 1 nan 10\nr.dat 16", 1),
            ("r 1 1e12 10\nr.dat 16", 1),
            ("r 1 500 10\nr.dat 16 1e308(0)/mV", 2),
            ("r 1 500 10\nr.dat 999 200/mV", 2),
            ("r 3 500 10\nr.dat 16 200/mV", 1),
        ] {
            let error = parse(text).err().unwrap();
            assert_eq!(
                error.place,
                Some(crate::formats::Place::Line(line)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_table_of_numbers_is_no_header() {
        assert!(looks_like_header(
            "# hello\n132 12 500 5000\n132.dat 16 1760(-20)/mV"
        ));
        assert!(looks_like_header(
            "041s/2 7 125 2000\n041s01 1000\n041s02 1000"
        ));
        assert!(!looks_like_header("1 2 3 4\n5 6 7 8"));
        assert!(!looks_like_header("I II V1\n-14 -12 32"));
    }
}
