//! EDF+ (Kemp and Olivan 2003, <https://www.edfplus.info/specs/edfplus.html>).

use super::fixed::Fixed;
use crate::ecg::{Lead, LeadName, Recording, Sex, Unit};
use crate::formats::Error;

/// A data record should not be longer.
const RECORD_BYTES: usize = 61_440;
/// Bytes of the time stamp of each data record.
const STAMP: usize = 24;

pub(super) fn bytes(recording: &Recording) -> Result<Vec<u8>, Error> {
    let (records, seconds) = records(recording)?;
    let signals: Vec<Signal> = recording
        .leads
        .iter()
        .map(|lead| Signal::of(lead, lead.samples.len() / records))
        .collect();
    let duration: f64 = seconds.parse().unwrap_or(1.0);

    let mut out = header(recording, &signals, &seconds, records)?;
    for number in 0..records {
        for signal in &signals {
            let first = number * signal.per_record;
            for index in first..first + signal.per_record {
                // What is missing is written as zero.
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
    per_record: usize,
}

impl Signal {
    fn of(lead: &Lead, per_record: usize) -> Self {
        let fixed = Fixed::of(lead);
        let scale = lead.unit.values_per_unit();
        let dimension = match &lead.unit {
            Unit::Microvolt => "uV".to_owned(),
            Unit::Normalised => "NU".to_owned(),
            Unit::Other(name) => name.clone(),
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
            per_record,
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

/// How many data records there are, and how long each is in eight characters: as long as the format likes it, with a
/// whole number of samples of every lead. Leads may have rates of their own, but must last equally long.
fn records(recording: &Recording) -> Result<(usize, String), Error> {
    let first = recording
        .leads
        .first()
        .ok_or_else(|| Error::unsupported("a recording without leads cannot be written"))?;
    let mut common = 0;
    let mut samples = 0;
    for lead in &recording.leads {
        if (lead.duration_s() - first.duration_s()).abs() > 1e-9 * first.duration_s() {
            return Err(Error::unsupported(format!(
                "lead {} lasts {} s and lead {} {} s, which one file of this format cannot hold",
                lead.name,
                lead.duration_s(),
                first.name,
                first.duration_s()
            )));
        }
        common = divisor(common, lead.samples.len());
        samples += lead.samples.len();
    }
    if common == 0 {
        return Err(Error::unsupported(
            "leads without samples cannot be written",
        ));
    }
    let whole = first.duration_s();
    let fits = |count: &usize| common.is_multiple_of(*count) && samples / count <= RECORD_BYTES / 2;
    let exact = |count: usize| {
        let text = format!("{}", whole / count as f64);
        (text.len() <= 8).then_some((count, text))
    };
    let least = (1..=common).find(|count| fits(count)).unwrap_or(common);
    // All samples matter more than the last digit of the rate.
    let exact = (least..=common).filter(fits).find_map(exact);
    Ok(exact.unwrap_or_else(|| (least, eight(whole / least as f64))))
}

fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}

fn header(
    recording: &Recording,
    signals: &[Signal],
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
    column(
        8,
        &|signal| signal.per_record.to_string(),
        &(STAMP / 2).to_string(),
    );
    column(32, &|_| String::new(), "");
    Ok(out)
}
