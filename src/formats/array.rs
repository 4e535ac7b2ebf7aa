//! Arrays of numbers without a word about leads or time: NumPy, MATLAB and HDF5 files.

use crate::ecg::{
    Counts, Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Unit, Warning, WarningCode,
};

use super::{Error, Options, check_rate, unit};

/// What a number is called that is a sampling rate.
pub(super) const RATE_NAMES: [&str; 6] = [
    "fs",
    "freq",
    "rate",
    "sampling_rate",
    "sampling_frequency",
    "hz",
];
/// Most leads that an array is taken to hold.
const MOST_LEADS: usize = 32;
/// An ECG between 0.15 and 8 mV has lead ranges in these bounds, in the unit of the array.
const MICROVOLTS: std::ops::RangeInclusive<f64> = 150.0..=8000.0;
const MILLIVOLTS: std::ops::RangeInclusive<f64> = 0.15..=8.0;

/// Values in row-major order (last axis fastest).
pub(super) struct Array {
    pub shape: Vec<usize>,
    pub values: Vec<f64>,
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

/// Number of elements of a shape, `None` where it is none that a file of `most` elements could hold.
pub(super) fn elements(shape: &[usize], most: usize) -> Option<usize> {
    let count = shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))?;
    (count > 0 && count <= most).then_some(count)
}

/// Column-major values (first axis fastest) in row-major order.
pub(super) fn from_column_major(shape: &[usize], values: &[f64]) -> Vec<f64> {
    let mut index = vec![0; shape.len()];
    let strides: Vec<usize> = shape
        .iter()
        .scan(1, |stride, &size| {
            let own = *stride;
            *stride *= size;
            Some(own)
        })
        .collect();
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        let at: usize = index
            .iter()
            .zip(&strides)
            .map(|(i, stride)| i * stride)
            .sum();
        out.push(values.get(at).copied().unwrap_or(f64::NAN));
        for (place, &size) in index.iter_mut().zip(shape).rev() {
            *place += 1;
            if *place < size {
                break;
            }
            *place = 0;
        }
    }
    out
}

/// What else the file says about the array.
#[derive(Default)]
pub(super) struct Known {
    pub rate_hz: Option<f64>,
    pub names: Vec<String>,
    /// One for all, or one for each lead.
    pub units: Vec<String>,
}

/// Takes the array as leads by samples (or the other way round, or one of several records).
pub(super) fn recording(
    array: &Array,
    known: &Known,
    options: &Options,
) -> Result<Recording, Error> {
    let mut recording = Recording::new("", "array", 0.0);
    let warnings = &mut recording.warnings;
    let shape: Vec<usize> = array
        .shape
        .iter()
        .copied()
        .skip_while(|&size| size == 1)
        .collect();
    let (records, rows, columns) = match *shape.as_slice() {
        [samples] => (1, samples, 1),
        [rows, columns] => (1, rows, columns),
        [records, rows, columns] => (records, rows, columns),
        _ => {
            return Err(Error::unsupported(format!(
                "an array of shape {:?} is no tracing",
                array.shape
            )));
        }
    };
    let before = (options.record_of(records)? - 1) * rows * columns;
    warnings.extend(options.one_of(records));
    let (leads, samples, lead_stride, sample_stride) = match (rows, columns) {
        (rows, columns) if rows == columns => {
            let reason =
                format!("the array is {rows} by {columns}: leads and samples cannot be told apart");
            return Err(Error::unsupported(reason));
        }
        (rows, columns) if columns < rows => (columns, rows, 1, columns),
        (rows, columns) => (rows, columns, columns, 1),
    };
    if leads > MOST_LEADS {
        return Err(Error::unsupported(format!(
            "{leads} rows of {samples} numbers are no tracing"
        )));
    }
    let rate = match options.sampling_rate_hz.or(known.rate_hz) {
        Some(rate) => Some(check_rate(rate)?),
        None => usual_rate(leads, samples, warnings),
    };
    let channels: Vec<Vec<f64>> = (0..leads)
        .map(|lead| {
            let at =
                (0..samples).map(|sample| before + lead * lead_stride + sample * sample_stride);
            // An infinite value is as little a sample as a missing one.
            at.map(|at| {
                array
                    .values
                    .get(at)
                    .copied()
                    .filter(|v| v.is_finite())
                    .unwrap_or(f64::NAN)
            })
            .collect()
        })
        .collect();
    let stated = |index: usize| {
        let own = known.units.get(index).or_else(|| known.units.first());
        let own = own.filter(|_| known.units.len() == 1 || known.units.len() == leads);
        options.unit().or_else(|| own.map(|name| unit::parse(name)))
    };
    let usual = match stated(0) {
        Some(_) => None,
        None => usual_unit(&channels, warnings),
    };
    let known_unit = stated(0).is_some() || usual.is_some();
    let rate = options.settle(rate, known_unit, "array", warnings)?;
    recording.leads = channels
        .into_iter()
        .enumerate()
        .map(|(index, values)| {
            let unit = stated(index).or_else(|| usual.clone());
            let (unit, scale) = unit.unwrap_or_else(|| unit::parse(""));
            Lead {
                name: name(index, leads, &known.names),
                unit,
                origin: LeadOrigin::Recorded,
                sampling_rate_hz: rate,
                samples: Samples::from_counts(Counts::F64(values), 1.0, 0.0, scale, None),
            }
        })
        .collect();
    if known.names.len() != leads && leads == STANDARD_12.len() {
        recording.warnings.push(Warning::new(
            WarningCode::Inconsistent,
            "The file does not name its leads; the usual order I, II, III, aVR, aVL, aVF, V1 to V6 is assumed.",
        ));
    }
    recording.sampling_rate_hz = rate;
    Ok(recording)
}

fn name(index: usize, leads: usize, names: &[String]) -> LeadName {
    let stated = (names.len() == leads).then(|| names.get(index)).flatten();
    let usual = (leads == STANDARD_12.len())
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

fn usual_unit(channels: &[Vec<f64>], warnings: &mut Vec<Warning>) -> Option<(Unit, f64)> {
    let mut ranges: Vec<f64> = channels
        .iter()
        .filter_map(|values| {
            let finite = values.iter().copied().filter(|value| value.is_finite());
            let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            (high > low).then_some(high - low)
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
