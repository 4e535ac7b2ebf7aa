//! What a column of a table is: times, a count of its rows, an identifier, the sampling rate or a signal.

use std::fmt;

use crate::ecg::{LeadName, STANDARD_12};

use super::facts::{self, Topic};
use super::harmless;

/// The heading of a column, parted into its name and the unit it states: `II (mV)`, `II [mV]`, `II/mV`, `II_mV`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heading {
    pub name: String,
    pub unit: Option<String>,
}

/// What a heading says its column is. Whether the values agree is asked of [`counts`] and [`constant`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Role {
    /// Times, with the seconds in one unit of them where it is stated.
    Time(Option<f64>),
    /// Numbers of rows or samples.
    Count,
    /// The number of a patient or a record.
    Identifier,
    /// The sampling rate, the same in each row.
    Rate,
    Signal,
}

/// Words that name a time, in the languages seen in files.
const TIMES: [&str; 11] = [
    "time",
    "times",
    "timestamp",
    "timestamps",
    "datetime",
    "elapsed",
    "zeit",
    "zeitstempel",
    "temps",
    "tiempo",
    "tempo",
];
const COUNTS: [&str; 17] = [
    "",
    "index",
    "idx",
    "sample",
    "samples",
    "sample #",
    "sample number",
    "sample no",
    "sample_number",
    "n",
    "#",
    "no",
    "nr",
    "row",
    "nseq",
    "level_0",
    "__index_level_0__",
];
const IDENTIFIERS: [&str; 8] = [
    "patient",
    "subject",
    "record",
    "recording",
    "study",
    "exam",
    "case",
    "segment",
];

impl Heading {
    pub(super) fn parse(field: &str) -> Self {
        let field = unquoted(field.trim());
        let parts = bracketed(field).or_else(|| suffixed(field));
        let (name, unit) = parts.map_or((field, None), |(name, unit)| (name, Some(unit)));
        let name = bracketed_lead(name).unwrap_or(name);
        Self {
            // A quote in quotes is written twice (RFC 4180).
            name: name.replace("\"\"", "\""),
            unit: unit.map(str::to_owned),
        }
    }

    pub(super) fn role(&self) -> Role {
        let name = self.name.to_lowercase();
        let unit = self.unit.as_deref();
        if names_time(&name) {
            if unit.is_some_and(|unit| unit.to_lowercase().starts_with("sample")) {
                return Role::Count;
            }
            return Role::Time(unit.and_then(seconds_in).or_else(|| seconds_in(&name)));
        }
        if COUNTS.contains(&name.as_str()) || name.starts_with("unnamed: ") {
            return Role::Count;
        }
        if IDENTIFIERS.contains(&name.as_str()) || words(&name).last() == Some("id") {
            return Role::Identifier;
        }
        if names_rate(&name) {
            return Role::Rate;
        }
        Role::Signal
    }
}

impl fmt::Display for Heading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.unit {
            Some(unit) => write!(f, "{} ({unit})", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Without the quotes around it.
pub(super) fn unquoted(field: &str) -> &str {
    let without = |quote| {
        let inner = field.strip_prefix(quote)?.strip_suffix(quote)?;
        Some(inner.trim())
    };
    without('"').or_else(|| without('\'')).unwrap_or(field)
}

/// What stands before the brackets at the end of a field, and in them.
fn brackets(field: &str) -> Option<(&str, &str)> {
    let pair = |open, close| {
        let (before, inside) = field.strip_suffix(close)?.rsplit_once(open)?;
        Some((before.trim(), inside.trim()))
    };
    pair('(', ')').or_else(|| pair('[', ']'))
}

/// A name and the unit in brackets after it; `Lead I (Einthoven)` and `ECG (II)` have none there.
fn bracketed(field: &str) -> Option<(&str, &str)> {
    brackets(field).filter(|(_, inside)| {
        let short = inside.len() <= 3 && !names_standard(inside);
        short || is_unit(inside) || inside.starts_with("sample") || is_other_unit(inside)
    })
}

/// The lead in `ECG (II)` and `Lead [aVR]`; in `RESP (II)` it is not what the column holds.
fn bracketed_lead(name: &str) -> Option<&str> {
    let (before, inside) = brackets(name)?;
    let lead = names_standard(inside) && names_standard(&format!("{before} {inside}"));
    lead.then_some(inside)
}

fn names_standard(name: &str) -> bool {
    LeadName::parse(name).standard_index().is_some()
}

/// Whether it is a known unit of what is recorded beside an ECG: `mmHg`, `degC`, UCUM's `mm[Hg]`.
fn is_other_unit(unit: &str) -> bool {
    !is_of_counts(unit) && harmless::is_unit(&unit.replace(['[', ']'], ""))
}

/// Words in the place of a unit that say only that values are as stored.
const OF_COUNTS: [&str; 19] = [
    "", "1", "a.u.", "adc", "adu", "au", "count", "counts", "digit", "digits", "lsb", "n/a", "na",
    "nd", "none", "raw", "unit", "units", "unitless",
];

/// Whether what is called a unit states none.
pub(super) fn is_of_counts(unit: &str) -> bool {
    OF_COUNTS.contains(&unit.trim().to_lowercase().as_str())
}

fn suffixed(field: &str) -> Option<(&str, &str)> {
    ['/', ',', '_', ' '].into_iter().find_map(|mark| {
        let (name, unit) = field.rsplit_once(mark)?;
        let (name, unit) = (name.trim(), unit.trim());
        // A `V` alone may end the name of a lead.
        let voltage = unit.chars().count() > 1 && is_voltage(unit);
        let time = seconds_in(unit).is_some() && names_time(&name.to_lowercase());
        (!name.is_empty() && (voltage || time)).then_some((name, unit))
    })
}

/// Whether a field names a unit of voltage or time, in brackets or without.
pub(super) fn is_unit(field: &str) -> bool {
    let unit = field.trim_matches(['(', ')', '[', ']', ' ']);
    is_voltage(unit) || seconds_in(unit).is_some() || unit.to_lowercase().contains("mm:ss")
}

fn is_voltage(unit: &str) -> bool {
    super::unit::parse(unit).0 == crate::ecg::Unit::Microvolt
}

/// Seconds in one of a unit of time.
pub(super) fn seconds_in(unit: &str) -> Option<f64> {
    let unit = unit.trim().to_lowercase().replace(['µ', 'μ'], "u");
    Some(match unit.as_str() {
        "s" | "sec" | "secs" | "second" | "seconds" | "sekunden" => 1.0,
        "ms" | "msec" | "msecs" | "millisec" | "millisecond" | "milliseconds" => 1e-3,
        "us" | "usec" | "usecs" | "microsec" | "microsecond" | "microseconds" => 1e-6,
        "ns" | "nsec" | "nanosec" | "nanosecond" | "nanoseconds" => 1e-9,
        "min" | "mins" | "minute" | "minutes" => 60.0,
        _ => return None,
    })
}

fn words(name: &str) -> impl DoubleEndedIterator<Item = &str> {
    name.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

fn names_time(name: &str) -> bool {
    let mut parts = words(name);
    let alone = parts.next().filter(|_| parts.next().is_none());
    alone.is_some_and(|word| word == "t" || seconds_in(word).is_some())
        || words(name).any(|word| TIMES.contains(&word))
}

/// Whether a name is that of a sampling rate.
pub(super) fn names_rate(name: &str) -> bool {
    let lower = name.to_lowercase();
    let rate = lower.contains("rate") || lower.contains("freq");
    facts::topic(name) == Some(Topic::Rate) || (rate && lower.contains("sampl"))
}

/// Whether a name is that of a unit for all leads.
pub(super) fn names_unit(name: &str) -> bool {
    matches!(name.to_lowercase().as_str(), "unit" | "units")
}

/// Whether values number rows: whole, and rising throughout or by one step until they begin anew.
pub(super) fn counts(values: &[f64]) -> bool {
    let mut steps = values.windows(2).filter_map(|pair| match pair {
        [before, after] => Some(after - before),
        _ => None,
    });
    let whole = values.iter().all(|value| value.fract() == 0.0);
    let first = steps.clone().next().unwrap_or(0.0);
    let renewed = first > 0.0 && steps.all(|step| step == first || step < 0.0);
    whole && values.len() > 1 && (rises(values) || renewed)
}

/// Whether each value is above the one before.
pub(super) fn rises(values: &[f64]) -> bool {
    values
        .windows(2)
        .all(|pair| matches!(pair, [before, after] if after > before))
}

/// The value that all have, if they do.
pub(super) fn constant(values: &[f64]) -> Option<f64> {
    let (first, rest) = values.split_first()?;
    rest.iter().all(|value| value == first).then_some(*first)
}

/// Names of leads from the headings of all signals. `C1` to `C6` are chest leads, and `L1`, `Lead 2` limb leads, only
/// where nothing among the names speaks against it: elsewhere they are electrodes of an EEG, or numbers of channels.
pub(super) fn lead_names<'a>(headings: impl Iterator<Item = &'a str> + Clone) -> Vec<LeadName> {
    let named: Vec<LeadName> = headings.clone().map(LeadName::parse).collect();
    let numbered: Vec<Option<LeadName>> = headings.map(numbered_lead).collect();
    let standard = |name: &LeadName| name.standard_index().is_some();
    let all: Option<Vec<LeadName>> = named
        .iter()
        .zip(numbered)
        .map(|(name, other)| other.or_else(|| standard(name).then(|| name.clone())))
        .collect();
    let Some(all) = all else {
        return named;
    };
    let spoken_for = named.iter().any(standard);
    let whole = |mut leads: std::ops::Range<usize>| {
        leads.all(|at| STANDARD_12.get(at).is_some_and(|lead| all.contains(lead)))
    };
    let distinct = all
        .iter()
        .enumerate()
        .all(|(at, name)| !all.iter().skip(at + 1).any(|other| other == name));
    if distinct && (spoken_for || whole(0..3) || whole(6..12)) {
        all
    } else {
        named
    }
}

fn numbered_lead(heading: &str) -> Option<LeadName> {
    let key = heading.trim().to_lowercase();
    let number = |prefix: &str| {
        let rest = key.strip_prefix(prefix)?.trim_start_matches([' ', '_']);
        rest.parse::<usize>().ok()?.checked_sub(1)
    };
    let limb = || number("lead").or_else(|| number("l")).filter(|&at| at < 3);
    let chest = || number("c").filter(|&at| at < 6).map(|at| at + 6);
    STANDARD_12.get(limb().or_else(chest)?).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_known_in_the_spellings_of_files_with_its_unit() {
        for (text, unit) in [
            ("time", None),
            ("t", None),
            ("Elapsed time", None),
            ("timestamp", None),
            ("Shimmer_Timestamp_Unix_CAL", None),
            ("'Elapsed time'", None),
            ("time (hh:mm:ss.mmm)", None),
            ("Time (seconds)", Some(1.0)),
            ("Time [s]", Some(1.0)),
            ("time_sec", Some(1.0)),
            ("Time/s", Some(1.0)),
            ("Time, s", Some(1.0)),
            ("seconds", Some(1.0)),
            ("t_ms", Some(1e-3)),
            ("Time (msec)", Some(1e-3)),
            ("milliseconds", Some(1e-3)),
            ("timestamp_us", Some(1e-6)),
            ("Time (µs)", Some(1e-6)),
            ("sensor timestamp [ns]", Some(1e-9)),
            ("time (min)", Some(60.0)),
        ] {
            assert_eq!(Heading::parse(text).role(), Role::Time(unit), "{text}");
        }
    }

    #[test]
    fn rows_patients_and_rates_are_no_signals_and_leads_are() {
        for (text, role) in [
            ("Unnamed: 0", Role::Count),
            ("'sample #'", Role::Count),
            ("Time (samples)", Role::Count),
            ("patient_id", Role::Identifier),
            ("fs", Role::Rate),
            ("Sampling rate (Hz)", Role::Rate),
            ("II (mV)", Role::Signal),
            ("V1", Role::Signal),
            ("heart rate", Role::Signal),
            ("T wave", Role::Signal),
        ] {
            assert_eq!(Heading::parse(text).role(), role, "{text}");
        }
    }

    #[test]
    fn a_unit_is_parted_from_the_name_of_a_lead() {
        for (text, name, unit) in [
            ("II (mV)", "II", Some("mV")),
            ("II [µV]", "II", Some("µV")),
            ("II_mV", "II", Some("mV")),
            ("II/mV", "II", Some("mV")),
            ("aVR mV", "aVR", Some("mV")),
            ("V1 (microvolts)", "V1", Some("microvolts")),
            ("Lead I (Einthoven)", "Lead I (Einthoven)", None),
            ("Lead V", "Lead V", None),
            ("ABP (mmHg)", "ABP", Some("mmHg")),
            ("Temp (degC)", "Temp", Some("degC")),
            ("Pressure (mm[Hg])", "Pressure", Some("mm[Hg]")),
            ("ECG (I)", "I", None),
            ("Lead (aVR)", "aVR", None),
            ("Lead [V1]", "V1", None),
            ("ECG [II] (mV)", "II", Some("mV")),
            ("RESP (II)", "RESP (II)", None),
            ("ECG (V)", "ECG", Some("V")),
            ("II (counts)", "II (counts)", None),
        ] {
            let heading = Heading::parse(text);
            assert_eq!(
                (heading.name.as_str(), heading.unit.as_deref()),
                (name, unit)
            );
        }
    }

    #[test]
    fn numbers_of_rows_are_told_from_samples() {
        assert!(counts(&[0.0, 1.0, 2.0]) && counts(&[5.0, 7.0, 12.0]));
        assert!(counts(&[14.0, 15.0, 0.0, 1.0]));
        assert!(
            !counts(&[0.0, 1.0, 3.0, 2.0]) && !counts(&[0.5, 1.5]) && !counts(&[1.0, f64::NAN])
        );
        assert!(!counts(&[7.0]));
    }

    #[test]
    fn chest_leads_named_c_are_such_only_among_nothing_else() {
        let names = |text: &str| lead_names(text.split(' '));
        assert_eq!(names("C1 C2 C3 C4 C5 C6"), STANDARD_12[6..12]);
        assert_eq!(names("I II III aVR aVL aVF C1 C2 C3 C4 C5 C6"), STANDARD_12);
        assert_eq!(names("L1 L2 L3"), STANDARD_12[..3]);
        for text in [
            "C3 C4 O1 O2",
            "C3 C4",
            "L1 L2",
            "V1 C1",
            "Lead1 Lead2 Lead3 Lead4",
        ] {
            let other = |name: &LeadName| matches!(name, LeadName::Other(_) | LeadName::V1);
            assert!(names(text).iter().all(other), "{text}");
        }
    }
}
