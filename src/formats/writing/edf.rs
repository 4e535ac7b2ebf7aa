//! EDF+ (Kemp and Olivan 2003, <https://www.edfplus.info/specs/edfplus.html>).

use super::common;
use super::fixed::Fixed;
use crate::ecg::{Lead, LeadName, Recording, Sex, Unit};
use crate::formats::Error;

/// A data record should not be longer.
const RECORD_BYTES: usize = 61_440;
/// Bytes of the time stamp of each data record.
const STAMP: usize = 24;

pub(super) fn bytes(recording: &Recording) -> Result<Vec<u8>, Error> {
    let (rate, length) = common(recording)?;
    let signals: Vec<Signal> = recording.leads.iter().map(Signal::of).collect();
    let (per_record, seconds) = record(rate, length, signals.len());
    let records = length.div_ceil(per_record);
    let mut out = header(recording, &signals, per_record, &seconds, records)?;
    let duration: f64 = seconds.parse().unwrap_or(1.0);
    for number in 0..records {
        for signal in &signals {
            let first = number * per_record;
            for index in first..first + per_record {
                // What is missing, and what fills the last record, is written as zero.
                let count = signal.fixed.counts.get(index).copied().flatten();
                let count = count.unwrap_or(signal.zero);
                out.extend_from_slice(&count.to_le_bytes());
            }
        }
        let onset = (number as f64 * duration * 1e6).round() / 1e6;
        let mut stamp = format!("+{onset}\x14\x14\0").into_bytes();
        stamp.resize(STAMP, 0);
        out.extend_from_slice(&stamp);
    }
    Ok(out)
}

struct Signal {
    label: String,
    dimension: String,
    fixed: Fixed,
    physical: [String; 2],
    digital: [i32; 2],
    /// The count that is closest to zero.
    zero: i16,
}

impl Signal {
    fn of(lead: &Lead) -> Self {
        let fixed = Fixed::of(lead);
        let (dimension, scale) = match &lead.unit {
            Unit::Microvolt => ("uV".to_owned(), 1.0),
            Unit::Normalised => (String::new(), 1000.0),
            Unit::Other(name) => (name.clone(), 1000.0),
        };
        let largest = fixed
            .counts
            .iter()
            .flatten()
            .map(|count| f64::from(*count).abs())
            .fold(1.0, f64::max);
        let at = |count: f64| (count * fixed.per_count + fixed.offset) / scale;
        let exact = |end: f64| {
            [-end, end].into_iter().all(|count| {
                let text = format!("{}", at(count));
                text.len() <= 8
            })
        };
        // Round numbers of counts are the likeliest to have short ends.
        let round = |step: usize| (1..=32_000 / step).rev().map(move |times| times * step);
        let end = std::iter::once(i16::MAX as usize)
            .chain(round(1000))
            .chain(round(100))
            .map(|end| end as f64)
            .filter(|&end| end >= largest)
            .find(|&end| exact(end))
            .unwrap_or_else(|| f64::from(i16::MAX));
        let zero = (-fixed.offset / fixed.per_count)
            .round()
            .clamp(-32_767.0, 32_767.0);
        Self {
            // The format's own names are for leads that it knows.
            label: match (&lead.unit, &lead.name) {
                (Unit::Microvolt, LeadName::Other(_)) => lead.name.to_string(),
                (Unit::Microvolt, name) => format!("ECG {name}"),
                _ => lead.name.to_string(),
            },
            dimension,
            physical: [-end, end].map(|count| eight(at(count))),
            digital: [-end as i32, end as i32],
            zero: zero as i16,
            fixed,
        }
    }
}

/// A number in at most eight characters, as exact as these allow.
fn eight(value: f64) -> String {
    let whole = format!("{value}");
    if whole.len() <= 8 {
        return whole;
    }
    (0..=7)
        .rev()
        .map(|digits| format!("{value:.digits$}"))
        .find(|text| text.len() <= 8)
        .unwrap_or_else(|| format!("{value:.1e}"))
}

/// Samples of a signal in one data record, and its duration in eight characters: as long as the format likes it, and
/// so that the last one is full, where there is such a number.
fn record(rate: f64, length: usize, signals: usize) -> (usize, String) {
    let most = (RECORD_BYTES / 2 / signals.max(1)).max(1);
    let seconds = |samples: usize| {
        let text = format!("{}", samples as f64 / rate);
        (text.len() <= 8).then_some(text)
    };
    let fits = (1..=most.min(length.max(1)))
        .rev()
        .filter(|samples| length.is_multiple_of(*samples))
        .find_map(|samples| Some((samples, seconds(samples)?)));
    // All samples matter more than the last digit of the rate.
    fits.unwrap_or_else(|| {
        let samples = (1..=most.min(length.max(1)))
            .rev()
            .find(|samples| length.is_multiple_of(*samples))
            .unwrap_or(1);
        (samples, eight(samples as f64 / rate))
    })
}

fn header(
    recording: &Recording,
    signals: &[Signal],
    per_record: usize,
    seconds: &str,
    records: usize,
) -> Result<Vec<u8>, Error> {
    let count = signals.len() + 1;
    let mut out = Vec::with_capacity(256 * (count + 1));
    let mut field = |text: &str, width: usize| {
        let mut bytes: Vec<u8> = text
            .chars()
            .map(|c| {
                if (' '..='~').contains(&c) {
                    c as u8
                } else {
                    b'_'
                }
            })
            .take(width)
            .collect();
        bytes.resize(width, b' ');
        out.extend_from_slice(&bytes);
    };
    let word = |text: Option<String>| {
        text.filter(|text| !text.is_empty())
            .map_or_else(|| "X".to_owned(), |text| text.replace(' ', "_"))
    };
    let month = |date: jiff::civil::Date| date.strftime("%d-%b-%Y").to_string().to_uppercase();
    let patient = &recording.patient;
    let sex = match patient.sex {
        Some(Sex::Female) => "F",
        Some(Sex::Male) => "M",
        _ => "X",
    };
    field("0", 8);
    field(
        &format!(
            "{} {sex} {} {}",
            word(patient.id.clone()),
            word(patient.birth_date.map(month)),
            word(patient.name.clone()),
        ),
        80,
    );
    let started = recording.acquisition.started;
    field(
        &format!(
            "Startdate {} X X {}",
            word(started.map(|started| month(started.date()))),
            word(recording.acquisition.device.clone()),
        ),
        80,
    );
    // Where the time is not known the format asks for its first moment.
    let date = |format: &str, unknown: &str| {
        started.map_or_else(
            || unknown.to_owned(),
            |started| started.strftime(format).to_string(),
        )
    };
    field(&date("%d.%m.%y", "01.01.85"), 8);
    field(&date("%H.%M.%S", "00.00.00"), 8);
    field(&(256 * (count + 1)).to_string(), 8);
    field("EDF+C", 44);
    if records > 99_999_999 || count > 9999 {
        return Err(Error::unsupported("it is longer than this format can hold"));
    }
    field(&records.to_string(), 8);
    field(seconds, 8);
    field(&count.to_string(), 4);
    let mut column = |width: usize, of: &dyn Fn(&Signal) -> String, last: &str| {
        for signal in signals {
            field(&of(signal), width);
        }
        field(last, width);
    };
    column(16, &|signal| signal.label.clone(), "EDF Annotations");
    column(80, &|_| String::new(), "");
    column(8, &|signal| signal.dimension.clone(), "");
    column(8, &|signal| signal.physical[0].clone(), "-1");
    column(8, &|signal| signal.physical[1].clone(), "1");
    column(8, &|signal| signal.digital[0].to_string(), "-32768");
    column(8, &|signal| signal.digital[1].to_string(), "32767");
    let filters = recording.acquisition.filters.clone().unwrap_or_default();
    column(80, &|_| filters.clone(), "");
    column(8, &|_| per_record.to_string(), &(STAMP / 2).to_string());
    column(32, &|_| String::new(), "");
    Ok(out)
}
