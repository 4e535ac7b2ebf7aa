use jiff::civil::{Date, DateTime, Time};

use crate::ecg::{Warning, WarningCode};
use crate::formats::Error;

/// No array of electrodes has more.
const MOST_SIGNALS: usize = 1024;
/// The sampling rate that WFDB assumes where the header states none.
const DEFAULT_RATE_HZ: f64 = 250.0;

/// The first line of a header.
pub(super) struct RecordLine {
    pub name: String,
    pub segments: Option<u64>,
    pub signals: usize,
    pub sampling_rate_hz: f64,
    pub length: Option<u64>,
    pub started: Option<DateTime>,
}

impl RecordLine {
    pub(super) fn parse(line: &str, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
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
            .ok()
            .filter(|&signals| signals <= MOST_SIGNALS)
            .ok_or_else(|| {
                Error::damaged(format!("\"{signals}\" is no possible number of signals"))
            })?;
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
