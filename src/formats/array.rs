//! Arrays of numbers without a word about leads or time: NumPy, MATLAB and HDF5 files.

use crate::ecg::{
    Counts, Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Sex, Unit, Warning,
    WarningCode,
};

use super::column::is_of_counts;
use super::layout::{self, Layout};
use super::{Error, Options, unit};

/// An ECG between 0.15 and 8 mV has lead ranges in these bounds, in the unit of the array.
const MICROVOLTS: std::ops::RangeInclusive<f64> = 150.0..=8000.0;
const MILLIVOLTS: std::ops::RangeInclusive<f64> = 0.15..=8.0;

/// Where the values of an array come from.
pub(super) trait Source {
    /// Most values that are read for one record.
    const MOST: usize = usize::MAX;

    /// Values of record `record` (counted from zero), `[leads][samples]`, of an array of that shape.
    ///
    /// # Errors
    /// When they cannot be read.
    fn channels(
        &self,
        shape: &[usize],
        layout: &Layout,
        record: usize,
    ) -> Result<Vec<Vec<f64>>, Error>;

    /// All of an array of so few values, in the order in which they lie.
    fn few(&self, count: usize) -> Option<Vec<f64>>;

    /// The first values of an array of one lead, where they are quickly had.
    fn start(&self, shape: &[usize], layout: &Layout) -> Option<Vec<f64>> {
        self.channels(shape, &layout.start(), 0).ok()?.pop()
    }
}

/// Values in row-major order (last axis fastest).
pub(super) struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
}

impl Source for Vec<f64> {
    fn channels(
        &self,
        shape: &[usize],
        layout: &Layout,
        record: usize,
    ) -> Result<Vec<Vec<f64>>, Error> {
        let strides = layout::strides(shape, false);
        Ok(layout.channels(&strides, record, |at| self.get(at).copied()))
    }

    fn few(&self, count: usize) -> Option<Vec<f64>> {
        Some(self.get(..count)?.to_vec())
    }
}

/// A type of number as stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Number {
    pub big_endian: bool,
    /// `i` signed and `u` unsigned integers, `f` IEEE 754.
    pub letter: u8,
    /// In bytes.
    pub width: usize,
}

impl Number {
    /// `None` where no such type is read.
    pub(super) fn new(big_endian: bool, letter: u8, width: usize) -> Option<Self> {
        let known = matches!(
            (letter, width),
            (b'i' | b'u', 1 | 2 | 4 | 8) | (b'f', 2 | 4 | 8)
        );
        known.then_some(Self {
            big_endian,
            letter,
            width,
        })
    }

    pub(super) fn is_integer(self) -> bool {
        self.letter != b'f'
    }

    pub(super) fn read(self, bytes: &[u8]) -> f64 {
        let digit = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
        let raw = if self.big_endian {
            bytes.iter().fold(0, digit)
        } else {
            bytes.iter().rev().fold(0, digit)
        };
        let unused = 64 - 8 * self.width.min(8) as u32;
        let low32 = u32::try_from(raw & 0xffff_ffff).unwrap_or(0);
        match (self.letter, self.width) {
            (b'f', 8) => f64::from_bits(raw),
            (b'f', 4) => f64::from(f32::from_bits(low32)),
            (b'f', _) => half(u16::try_from(raw & 0xffff).unwrap_or(0)),
            (b'i', _) => ((raw << unused).cast_signed() >> unused) as f64,
            _ => raw as f64,
        }
    }

    /// The number at an index of an array of them.
    pub(super) fn at(self, data: &[u8], index: usize) -> Option<f64> {
        let start = index.checked_mul(self.width)?;
        let bytes = data.get(start..start.checked_add(self.width)?)?;
        Some(self.read(bytes))
    }
}

/// Numbers as they lie in the file.
pub(super) struct Stored<'a> {
    pub number: Number,
    pub column_major: bool,
    pub data: &'a [u8],
}

impl Source for Stored<'_> {
    fn channels(
        &self,
        shape: &[usize],
        layout: &Layout,
        record: usize,
    ) -> Result<Vec<Vec<f64>>, Error> {
        let strides = layout::strides(shape, self.column_major);
        Ok(layout.channels(&strides, record, |at| self.number.at(self.data, at)))
    }

    fn few(&self, count: usize) -> Option<Vec<f64>> {
        (0..count).map(|at| self.number.at(self.data, at)).collect()
    }
}

/// IEEE 754 half precision.
pub(super) fn half(bits: u16) -> f64 {
    let sign = if bits & 0x8000 != 0 { -1.0 } else { 1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f64::from(bits & 0x3ff) / 1024.0;
    sign * match exponent {
        0 => fraction * 2_f64.powi(-14),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction) * 2_f64.powi(exponent - 15),
    }
}

/// What else the file says about the array.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub rate_hz: Option<f64>,
    pub names: Vec<String>,
    /// The file names the leads in a way that is not read.
    pub names_unread: bool,
    /// One for all, or one for each lead.
    pub units: Vec<String>,
    /// Counts for one unit, one for all or one for each lead; of integers only.
    pub gains: Vec<f64>,
    /// Units in one count, one for all or one for each lead.
    pub scales: Vec<f64>,
    /// What is added to the scaled counts, in their unit; as many.
    pub offsets: Vec<f64>,
    /// A number that may be units in one count, and is not used.
    pub other_scale: Option<f64>,
    pub age_years: Option<f64>,
    pub sex: Option<Sex>,
}

/// Takes the array as leads by samples (or the other way round, or one of several records).
pub(super) fn recording(
    array: &Array,
    known: &Known,
    options: &Options,
) -> Result<Recording, Error> {
    one_of(&array.shape, &array.values, known, options)
}

/// As [`recording`], from wherever the values are.
pub(super) fn one_of(
    shape: &[usize],
    source: &impl Source,
    known: &Known,
    options: &Options,
) -> Result<Recording, Error> {
    let layout = Layout::of(shape)?;
    let records = layout.records.size;
    let channels = source.channels(shape, &layout, options.record_of(records)? - 1)?;
    let mut recording = from_channels(channels, known, options)?;
    recording.warnings.extend(options.one_of(records));
    Ok(recording)
}

/// The recording of such values, `[leads][samples]`.
pub(super) fn from_channels(
    channels: Vec<Vec<f64>>,
    known: &Known,
    options: &Options,
) -> Result<Recording, Error> {
    let mut recording = Recording::new("", "array", 0.0);
    let warnings = &mut recording.warnings;
    let leads = channels.len();
    let samples = channels.first().map_or(0, Vec::len);
    let rate = options.rate(known.rate_hz, "file", warnings)?;
    let rate = rate.or_else(|| usual_rate(leads, samples, warnings));
    let gain = |index| each(&known.gains, index, leads).copied();
    let scaling = Scaling::of(known, leads);
    let scaled = scaling.is_some();
    let gained = !known.gains.is_empty() && !scaled && options.unit.is_none() && gain(0).is_some();
    let own = |index: usize| each(&known.units, index, leads).map(String::as_str);
    // A person knows better than what a gain is only taken to mean.
    let certain = |unit: &&str| (scaled || known.gains.is_empty()) && !is_of_counts(unit);
    let stated = |index: usize| {
        let sure = own(index).filter(certain).map(unit::parse);
        let assumed = || own(index).or(gained.then_some(UNIT_OF_GAIN));
        sure.or_else(|| options.unit())
            .or_else(|| assumed().map(unit::parse))
    };
    let units = (0..leads).map(|index| {
        let name = known.names.get(index).map(String::as_str);
        Some((name, own(index).filter(certain)?))
    });
    let units: Option<Vec<_>> = units.collect();
    warnings.extend(options.unit_not_used(units.as_deref(), "file"));
    let gain_unit = each(&known.units, 0, leads).map_or(UNIT_OF_GAIN, String::as_str);
    warnings.extend(gain_warning(known, gained.then_some(gain_unit)));
    warnings.extend(scale_warning(known, leads));
    let scaling = |index| {
        let own = scaling.as_ref().and_then(|all| all.get(index));
        own.copied().unwrap_or_default()
    };
    let usual = match stated(0) {
        Some(_) => None,
        None => usual_unit(&channels, scaling, warnings),
    };
    let known_unit = stated(0).is_some() || usual.is_some();
    let rate = options.settle(rate, known_unit, "array", warnings)?;
    recording.leads = channels
        .into_iter()
        .enumerate()
        .map(|(index, values)| {
            let unit = stated(index).or_else(|| usual.clone());
            let (unit, scale) = unit.unwrap_or_else(|| unit::parse(""));
            let gain = gain(index).filter(|_| gained).unwrap_or(1.0);
            Lead {
                name: name(index, leads, known),
                unit,
                origin: LeadOrigin::Recorded,
                sampling_rate_hz: rate,
                samples: scaling(index).samples(values, gain, scale),
            }
        })
        .collect();
    recording.warnings.extend(names_warning(known, leads));
    recording.sampling_rate_hz = rate;
    Ok(recording)
}

/// The unit of a gain where none is stated, as in WFDB.
const UNIT_OF_GAIN: &str = "mV";

/// The entry for a lead of a list that has one for all or one for each.
fn each<T>(list: &[T], index: usize, leads: usize) -> Option<&T> {
    match list {
        [all] => Some(all),
        _ if list.len() == leads => list.get(index),
        _ => None,
    }
}

/// How stored numbers become those of the unit: times the scale, plus the offset (CF conventions, 8.1).
#[derive(Clone, Copy)]
struct Scaling {
    scale: f64,
    offset: f64,
}

impl Default for Scaling {
    fn default() -> Self {
        Self {
            scale: 1.0,
            offset: 0.0,
        }
    }
}

impl Scaling {
    /// That of each lead; `None` where the file states none that changes anything, or not as many as leads.
    fn of(known: &Known, leads: usize) -> Option<Vec<Self>> {
        let entry = |list: &[f64], index, without| match list {
            [] => Some(without),
            _ => each(list, index, leads).copied(),
        };
        let scaling = |index| {
            Some(Self {
                scale: entry(&known.scales, index, 1.0)?,
                offset: entry(&known.offsets, index, 0.0)?,
            })
        };
        let all: Vec<Self> = (0..leads).map(scaling).collect::<Option<_>>()?;
        let changes = |own: &Self| own.scale != 1.0 || own.offset != 0.0;
        all.iter().any(changes).then_some(all)
    }

    fn samples(self, values: Vec<f64>, counts_per_unit: f64, unit_scale: f64) -> Samples {
        // `0.0 - 0.0` has no sign.
        let baseline = 0.0 - self.offset / self.scale;
        let per_count = self.scale * unit_scale;
        Samples::from_counts(
            Counts::F64(values),
            counts_per_unit,
            baseline,
            per_count,
            None,
        )
    }
}

/// What to say of a scale that is stated and not used.
fn scale_warning(known: &Known, leads: usize) -> Option<Warning> {
    let fits = |list: &[f64]| list.is_empty() || each(list, 0, leads).is_some();
    let scale = match known.scales.first() {
        Some(_) if fits(&known.scales) && fits(&known.offsets) => return None,
        Some(&scale) => scale,
        None => known.other_scale?,
    };
    let message = format!(
        "The file states a scale of {scale}, which is not used: it does not say what one count of a lead is worth."
    );
    Some(Warning::new(WarningCode::AssumedUnit, message))
}

/// `unit` is that of the gain, where it is used.
fn gain_warning(known: &Known, unit: Option<&str>) -> Option<Warning> {
    let gain = known.gains.first()?;
    let message = match unit {
        Some(unit) => format!(
            "The samples are integers and the file states a gain of {gain}, which is read as so many counts for one \
             {unit}, as WFDB means it; every amplitude depends on it (--unit reads the samples without a gain)."
        ),
        None => format!("The file states a gain of {gain}, which is not used."),
    };
    Some(Warning::new(WarningCode::AssumedUnit, message))
}

fn names_warning(known: &Known, leads: usize) -> Option<Warning> {
    let names = known.names.len();
    if names == leads {
        return None;
    }
    if known.names_unread {
        let message =
            "The file names its leads in a way that is not read, so they are shown by number.";
        return Some(Warning::new(WarningCode::UnreadableField, message));
    }
    let usual = "the usual order I, II, III, aVR, aVL, aVF, V1 to V6 is assumed.";
    let message = match (names, leads == STANDARD_12.len()) {
        (0, false) => return None,
        (0, true) => format!("The file does not name its leads; {usual}"),
        (_, true) => format!("The file names {names} leads and holds {leads}; {usual}"),
        (_, false) => {
            format!("The file names {names} leads and holds {leads}, so they are shown by number.")
        }
    };
    Some(Warning::new(WarningCode::Inconsistent, message))
}

fn name(index: usize, leads: usize, known: &Known) -> LeadName {
    let names = &known.names;
    let stated = (names.len() == leads).then(|| names.get(index)).flatten();
    let usual = (leads == STANDARD_12.len() && !known.names_unread)
        .then(|| STANDARD_12.get(index).cloned())
        .flatten();
    stated
        .map(|name| LeadName::parse(name))
        .or(usual)
        .unwrap_or_else(|| LeadName::Other(format!("row {}", index + 1)))
}

/// Twelve leads of a length that one published collection has: ten seconds at 500, 250 or 100 Hz, or
/// CODE's 4096 samples at 400 Hz.
fn usual_rate(leads: usize, samples: usize, warnings: &mut Vec<Warning>) -> Option<f64> {
    let rate = match samples {
        5000 => 500.0,
        2500 => 250.0,
        1000 => 100.0,
        4096 => 400.0,
        _ => 0.0,
    };
    if leads != STANDARD_12.len() || rate == 0.0 {
        return None;
    }
    warnings.push(Warning::new(
        WarningCode::AssumedRate,
        format!(
            "The file states no sampling rate. {samples} samples are usual at {rate} Hz, which is assumed; \
             every interval and rate depends on it."
        ),
    ));
    Some(rate)
}

fn usual_unit(
    channels: &[Vec<f64>],
    scaling: impl Fn(usize) -> Scaling,
    warnings: &mut Vec<Warning>,
) -> Option<(Unit, f64)> {
    let mut ranges: Vec<f64> = channels
        .iter()
        .enumerate()
        .filter_map(|(index, values)| {
            let finite = values.iter().copied().filter(|value| value.is_finite());
            let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            (high > low).then(|| (high - low) * scaling(index).scale.abs())
        })
        .collect();
    ranges.sort_by(f64::total_cmp);
    let middle = ranges.get(ranges.len() / 2).copied().unwrap_or(0.0);
    let (what, scale) = if MICROVOLTS.contains(&middle) {
        ("microvolts", 1.0)
    } else if MILLIVOLTS.contains(&middle) {
        ("millivolts", 1000.0)
    } else {
        return None;
    };
    warnings.push(Warning::new(
        WarningCode::AssumedUnit,
        format!(
            "The file states no unit. Its values are the size of an ECG in {what}, which are assumed; \
             every amplitude depends on it."
        ),
    ));
    Some((Unit::Microvolt, scale))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// What is shown of an array of two leads that states this, and what is said of it.
    fn shown(known: &Known, rate_hz: f64, unit: &str) -> (f64, Vec<(Unit, f64)>, String) {
        let array = Array {
            shape: vec![2, 4],
            values: (1..=8).map(f64::from).collect(),
        };
        let options = Options {
            sampling_rate_hz: Some(rate_hz),
            unit: Some(unit.into()),
            ..Options::default()
        };
        let read = recording(&array, known, &options).unwrap();
        let first = |lead: &Lead| (lead.unit.clone(), lead.samples.get(0).unwrap());
        let said = read.warnings.iter().map(|warning| warning.message.as_str());
        (
            read.sampling_rate_hz,
            read.leads.iter().map(first).collect(),
            said.collect::<Vec<_>>().join(" "),
        )
    }

    #[test]
    fn what_the_file_states_counts_and_a_person_fills_in_the_rest() {
        let known = |units: &[&str]| Known {
            rate_hz: Some(250.0),
            units: units.iter().map(|unit| (*unit).to_owned()).collect(),
            ..Known::default()
        };
        let (rate, leads, said) = shown(&known(&["mV"]), 500.0, "uV");
        assert_eq!(rate, 250.0);
        let millivolts = [(Unit::Microvolt, 1000.0), (Unit::Microvolt, 5000.0)];
        assert_eq!(leads, millivolts);
        assert!(
            said.contains("the rate of 500 given for it was not used"),
            "{said}"
        );
        assert!(
            said.contains("the unit uV given for it was not used"),
            "{said}"
        );
        // The same again is no news, and what says only that values are as stored is no unit.
        let (_, leads, said) = shown(&known(&["mV", "millivolt"]), 251.0, "mV");
        assert_eq!((leads.as_slice(), said.as_str()), (&millivolts[..], ""));
        let (_, leads, said) = shown(&known(&["counts"]), 250.0, "mV");
        assert_eq!((leads.as_slice(), said.as_str()), (&millivolts[..], ""));
        // Of two leads one may be left open.
        let (_, leads, said) = shown(&known(&["mV", ""]), 250.0, "uV");
        assert_eq!(leads, [(Unit::Microvolt, 1000.0), (Unit::Microvolt, 5.0)]);
        assert!(said.is_empty(), "{said}");
        // A rate that no tracing has is none.
        let impossible = Known {
            rate_hz: Some(0.0),
            ..known(&["mV"])
        };
        assert_eq!(shown(&impossible, 500.0, "mV").0, 500.0);
    }

    #[test]
    fn what_a_gain_means_is_only_assumed_and_a_person_knows_better() {
        let known = Known {
            rate_hz: Some(250.0),
            units: vec!["mV".into()],
            gains: vec![200.0],
            ..Known::default()
        };
        let (_, leads, said) = shown(&known, 250.0, "uV");
        assert_eq!(leads, [(Unit::Microvolt, 1.0), (Unit::Microvolt, 5.0)]);
        assert!(said.contains("gain of 200, which is not used"), "{said}");
    }

    #[test]
    fn a_scale_factor_and_an_offset_are_applied_and_the_unit_is_that_of_the_result() {
        let known = |scales: &[f64], offsets: &[f64]| Known {
            rate_hz: Some(250.0),
            units: vec!["mV".into()],
            scales: scales.to_vec(),
            offsets: offsets.to_vec(),
            ..Known::default()
        };
        let values = |leads: Vec<(Unit, f64)>| leads.into_iter().map(|own| own.1);
        let close = |known: &Known, expected: [f64; 2]| {
            let (_, leads, said) = shown(known, 250.0, "mV");
            let both = values(leads).zip(expected);
            assert!(
                both.into_iter()
                    .all(|(own, other)| (own - other).abs() < 1e-9)
            );
            assert_eq!(said, "");
        };
        // The first samples are 1 and 5.
        close(&known(&[0.001], &[]), [1.0, 5.0]);
        close(&known(&[0.001], &[2.0]), [2001.0, 2005.0]);
        close(&known(&[0.001, -0.1], &[0.0, 0.5]), [1.0, 0.0]);
        close(&known(&[], &[-1.0]), [0.0, 4000.0]);
        // Before a gain, which is only taken to mean something.
        let both = Known {
            gains: vec![200.0],
            ..known(&[0.001], &[])
        };
        let (_, leads, said) = shown(&both, 250.0, "uV");
        assert_eq!(values(leads).collect::<Vec<_>>(), [1.0, 5.0]);
        assert!(said.contains("gain of 200, which is not used"), "{said}");
        // Not one for each lead, or in a spelling that may mean anything.
        let other = Known {
            other_scale: Some(0.5),
            ..known(&[], &[])
        };
        for (known, told) in [(known(&[0.5, 1.0, 1.0], &[]), "0.5"), (other, "0.5")] {
            let (_, leads, said) = shown(&known, 250.0, "mV");
            assert_eq!(values(leads).collect::<Vec<_>>(), [1000.0, 5000.0]);
            assert!(said.contains(&format!("a scale of {told}, which is not used")));
        }
    }

    #[test]
    fn any_record_of_an_array_is_shown_and_none_that_is_not_there() {
        // Three records of two leads and four samples; the value tells all three numbers.
        let values = (0..24).map(|at| f64::from(at / 8 * 100 + at % 8)).collect();
        let array = Array {
            shape: vec![3, 2, 4],
            values,
        };
        let options = |record| Options {
            sampling_rate_hz: Some(500.0),
            unit: Some("uV".into()),
            record,
            ..Options::default()
        };
        let shown = |record| recording(&array, &Known::default(), &options(record));
        for (record, first) in [(None, 0.0), (Some(1), 0.0), (Some(3), 200.0)] {
            let recording = shown(record).unwrap();
            let lead = recording.leads.get(1).unwrap();
            assert_eq!(lead.samples.get(0), Some(first + 4.0), "{record:?}");
            assert_eq!(recording.warnings.len(), 1);
        }
        assert!(shown(Some(4)).is_err() && shown(Some(0)).is_err());
    }
}
