//! EDF+ (Kemp and Olivan 2003, <https://www.edfplus.info/specs/edfplus.html>): continuous, or with the gaps that all
//! leads share.

mod annotation;

use std::ops::Range;

use self::annotation::{in_records, lists, onset};
use super::fixed::Fixed;
use crate::ecg::{Lead, LeadName, Recording, Sex, Unit};
use crate::formats::fields::number;
use crate::formats::{Error, edf};

/// A data record should not be longer.
const RECORD_BYTES: usize = 61_440;
/// Bytes of the time stamp of each data record.
const STAMP: usize = 24;
/// The label of the signal that holds annotations.
const ANNOTATIONS: &str = "EDF Annotations";
/// Characters of a signal's label.
const LABEL: usize = 16;

pub(super) fn bytes(recording: &Recording) -> Result<Vec<u8>, Error> {
    let signals: Vec<Signal> = recording.leads.iter().map(Signal::of).collect();
    let records = Records::of(recording, &signals)?;
    let begins: Vec<usize> = records.begins().collect();
    // The header's start is a whole second.
    let started = recording.acquisition.started;
    let begins_us = started.map_or(0, |at| at.subsec_nanosecond().unsigned_abs() / 1000);
    let begins_s = f64::from(begins_us) * 1e-6;
    let labels: Vec<&str> = signals.iter().map(|signal| signal.label.as_str()).collect();
    // Moments stay with their samples, also where the records are not told to last quite as long as they do.
    let moment = |at_s: f64| onset(begins_s + at_s * records.pace());
    let (annotations, room) = in_records(&lists(recording, &labels, moment), begins.len());

    let mut out = header(recording, &signals, &records, STAMP + room)?;
    for (&begin, lists) in begins.iter().zip(&annotations) {
        for signal in &signals {
            let each = signal.each(records.units);
            for index in begin * each..(begin + records.each) * each {
                // What is missing is written as zero.
                let count = signal.fixed.counts.get(index).copied().flatten();
                let count = count.unwrap_or(signal.zero);
                out.extend_from_slice(&count.to_le_bytes());
            }
        }
        let at_us = u128::from(begins_us) + records.stamp_us(begin);
        let mut track = format!("{}\x14\x14\0", onset(at_us as f64 / 1e6)).into_bytes();
        track.extend_from_slice(lists);
        track.resize(STAMP + room, 0);
        out.extend_from_slice(&track);
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
    /// How many samples it has in one of so many parts.
    fn each(&self, parts: usize) -> usize {
        self.fixed.counts.len() / parts.max(1)
    }

    fn of(lead: &Lead) -> Self {
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
        // The format's own names are for leads that it knows.
        let label = match (&lead.unit, &lead.name) {
            (Unit::Microvolt, LeadName::Other(_)) => lead.name.to_string(),
            (Unit::Microvolt, name) => format!("ECG {name}"),
            _ => lead.name.to_string(),
        };
        let mut label = ascii(&label, LABEL);
        // That name is the format's, for what is no lead.
        if label.trim() == ANNOTATIONS {
            label = label.replace(' ', "_");
        }
        Self {
            label,
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

/// How the samples are cut into data records. A unit is the least time in which every lead has a whole number of
/// samples.
struct Records {
    /// What is written, in units, parted by gaps.
    runs: Vec<Range<usize>>,
    /// In all, with the gaps.
    units: usize,
    whole_s: f64,
    /// Units in a record.
    each: usize,
    /// The length of a record in eight characters.
    seconds: String,
}

impl Records {
    /// Leads may have rates of their own, but must last equally long.
    fn of(recording: &Recording, signals: &[Signal]) -> Result<Self, Error> {
        let first = recording
            .leads
            .first()
            .ok_or_else(|| Error::unsupported("a recording without leads cannot be written"))?;
        let whole_s = first.duration_s();
        let mut units = 0;
        for lead in &recording.leads {
            if (lead.duration_s() - whole_s).abs() > 1e-9 * whole_s {
                return Err(Error::unsupported(format!(
                    "lead {} lasts {} s and lead {} {whole_s} s, which one file of this format cannot hold",
                    lead.name,
                    lead.duration_s(),
                    first.name,
                )));
            }
            units = divisor(units, lead.samples.len());
        }
        if units == 0 {
            return Err(Error::unsupported(
                "leads without samples cannot be written",
            ));
        }
        let all = 0..units;
        let whole = Self {
            runs: vec![all.clone()],
            units,
            whole_s,
            each: 1,
            seconds: String::new(),
        };
        let parted = whole.cut(signals, whole.runs(signals));
        // Records of little more than their time stamp are no use.
        let useful = parted.each * whole.unit_bytes(signals) >= STAMP;
        Ok(match useful {
            true => parted,
            false => whole.cut(signals, vec![all]),
        })
    }

    /// The same in records as long as the format likes them, of which each run is a whole number.
    fn cut(&self, signals: &[Signal], runs: Vec<Range<usize>>) -> Self {
        let lengths = runs.iter().map(Range::len);
        let common = lengths.fold(0, divisor);
        let most = RECORD_BYTES / self.unit_bytes(signals).max(1);
        let fitting = || {
            (1..=common.min(most))
                .rev()
                .filter(|each| common.is_multiple_of(*each))
        };
        // All samples matter more than the last digit of the rate: where no length is exact in eight characters, the
        // closest is taken.
        let error = |each: &usize| {
            let exact_s = self.seconds_to(*each);
            (number(&eight(exact_s)).unwrap_or(0.0) / exact_s - 1.0).abs()
        };
        let closest = fitting().min_by(|a, b| error(a).total_cmp(&error(b)));
        let each = closest.unwrap_or(1);
        Self {
            runs,
            each,
            seconds: eight(self.seconds_to(each)),
            ..*self
        }
    }

    /// What all leads have in a unit.
    fn unit_bytes(&self, signals: &[Signal]) -> usize {
        let samples = signals.iter().map(|signal| signal.each(self.units));
        2 * samples.sum::<usize>()
    }

    /// The time from the start to a unit.
    fn seconds_to(&self, unit: usize) -> f64 {
        self.whole_s * unit as f64 / self.units as f64
    }

    /// How long a record lasts by the header.
    fn told_s(&self) -> f64 {
        number(&self.seconds).unwrap_or(0.0)
    }

    /// Seconds by the header in one that passed.
    fn pace(&self) -> f64 {
        self.told_s() / self.seconds_to(self.each)
    }

    /// The time stamp of a record, in microseconds: those of a run follow each other by exactly what the header says that
    /// one lasts, without which EDFlib takes no file.
    fn stamp_us(&self, begin: usize) -> u128 {
        // Eight characters hold no more.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let told_us = (self.told_s() * 1e6).round() as u128;
        begin as u128 * told_us / self.each.max(1) as u128
    }

    /// The unit with which each record begins.
    fn begins(&self) -> impl Iterator<Item = usize> {
        self.runs
            .iter()
            .flat_map(|run| run.clone().step_by(self.each))
    }

    /// What is left without the gaps that all leads share, if readers take them for gaps. What is missing at either end is
    /// none, so that the tracing begins and ends where it did.
    fn runs(&self, signals: &[Signal]) -> Vec<Range<usize>> {
        let fastest = signals.iter().map(|signal| signal.each(self.units));
        let unit_s = self.seconds_to(1);
        let tolerance_s = edf::tolerance_s(unit_s / fastest.max().unwrap_or(1) as f64);
        let known = |unit: &usize| {
            signals.iter().any(|signal| {
                let each = signal.each(self.units);
                let counts = signal.fixed.counts.get(unit * each..(unit + 1) * each);
                counts.is_some_and(|counts| counts.iter().any(Option::is_some))
            })
        };
        let mut runs: Vec<Range<usize>> = Vec::new();
        for unit in (0..self.units).filter(known) {
            match runs.last_mut() {
                Some(run) if (unit - run.end) as f64 * unit_s <= tolerance_s => run.end = unit + 1,
                Some(_) => runs.push(unit..unit + 1),
                None => runs.push(0..unit + 1),
            }
        }
        match runs.last_mut() {
            Some(run) => run.end = self.units,
            None => runs.push(0..self.units),
        }
        runs
    }
}

fn divisor(a: usize, b: usize) -> usize {
    if b == 0 { a } else { divisor(b, a % b) }
}

/// As much of a text as so many characters of ASCII hold.
fn ascii(text: &str, width: usize) -> String {
    let printable = |c| if (' '..='~').contains(&c) { c } else { '_' };
    text.chars().map(printable).take(width).collect()
}

/// `track` bytes of annotations are in each record.
fn header(
    recording: &Recording,
    signals: &[Signal],
    records: &Records,
    track: usize,
) -> Result<Vec<u8>, Error> {
    let count = signals.len() + 1;
    let mut out = Vec::with_capacity(256 * (count + 1));
    let mut field = |text: &str, width: usize| {
        let text = ascii(text, width);
        out.extend_from_slice(format!("{text:width$}").as_bytes());
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
    let continuous = records.runs.len() == 1;
    field(if continuous { "EDF+C" } else { "EDF+D" }, 44);
    let number = records.begins().count();
    if number > 99_999_999 || count > 9999 {
        return Err(Error::unsupported("it is longer than this format can hold"));
    }
    field(&number.to_string(), 8);
    field(&records.seconds, 8);
    field(&count.to_string(), 4);
    let mut column = |width: usize, of: &dyn Fn(&Signal) -> String, last: &str| {
        for signal in signals {
            field(&of(signal), width);
        }
        field(last, width);
    };
    column(LABEL, &|signal| signal.label.clone(), ANNOTATIONS);
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
        &|signal| (signal.each(records.units) * records.each).to_string(),
        &(track / 2).to_string(),
    );
    column(32, &|_| String::new(), "");
    Ok(out)
}
