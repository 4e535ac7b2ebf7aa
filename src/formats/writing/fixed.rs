//! The samples of a lead in 16 bits.

use crate::ecg::{Counts, Lead};

/// A value is `count * per_count + offset`, in the unit of [`crate::ecg::Samples`].
pub(super) struct Fixed {
    /// `None` where missing.
    pub counts: Vec<Option<i16>>,
    pub per_count: f64,
    pub offset: f64,
}

/// Largest count that is used: the least of 16 bits is left to mark what is missing.
const LARGEST: i64 = i16::MAX as i64;

impl Fixed {
    /// The counts as they are stored where 16 bits hold them, perhaps around another zero; else the closest counts of
    /// a round step.
    pub(super) fn of(lead: &Lead) -> Self {
        let samples = &lead.samples;
        let kept = |count: i32| (samples.missing != Some(count)).then_some(i64::from(count));
        let stored: Option<Vec<Option<i64>>> = match samples.counts() {
            Counts::I16(counts) => Some(counts.iter().map(|&c| kept(i32::from(c))).collect()),
            Counts::I32(counts) => Some(counts.iter().map(|&c| kept(c)).collect()),
            Counts::F64(values) => whole(values),
        };
        let per_count = samples.unit_scale / samples.counts_per_unit;
        if let Some(stored) = stored
            && let Some(zero) = centre(&stored)
        {
            return Self {
                counts: narrowed(&stored, zero),
                per_count,
                offset: (zero as f64 - samples.baseline) * per_count,
            };
        }
        let values = samples.microvolts();
        let known = || values.iter().copied().filter(|value| value.is_finite());
        let (low, high) = (
            known().fold(f64::INFINITY, f64::min),
            known().fold(f64::NEG_INFINITY, f64::max),
        );
        let needed = (high - low).max(0.0) / (2.0 * LARGEST as f64 - 2.0);
        let step = round_step(needed);
        let steps: Vec<Option<i64>> = values
            .iter()
            .map(|value| value.is_finite().then(|| (value / step).round() as i64))
            .collect();
        let zero = centre(&steps).unwrap_or(0);
        Self {
            counts: narrowed(&steps, zero),
            per_count: step,
            offset: zero as f64 * step,
        }
    }

    /// Whether any sample is missing.
    pub(super) fn has_gaps(&self) -> bool {
        self.counts.iter().any(Option::is_none)
    }
}

/// The least of 1, 2 and 5 times a power of ten, from a thousandth on, that is no less than `needed`.
fn round_step(needed: f64) -> f64 {
    (-3..=300)
        .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)))
        .find(|&step| step >= needed)
        .unwrap_or(1.0)
}

/// Numbers that are whole, `None` if one is not.
fn whole(values: &[f64]) -> Option<Vec<Option<i64>>> {
    values
        .iter()
        .map(|&value| {
            if value.is_nan() {
                Some(None)
            } else {
                (value.fract() == 0.0 && value.abs() < 1e15).then_some(Some(value as i64))
            }
        })
        .collect()
}

/// The count that becomes zero: zero itself if the counts allow it; `None` if they span more than 16 bits.
fn centre(counts: &[Option<i64>]) -> Option<i64> {
    let known = || counts.iter().flatten().copied();
    let (low, high) = (known().min().unwrap_or(0), known().max().unwrap_or(0));
    if low >= -LARGEST && high <= LARGEST {
        Some(0)
    } else if high.checked_sub(low)? <= 2 * LARGEST {
        Some(low + (high - low) / 2)
    } else {
        None
    }
}

fn narrowed(counts: &[Option<i64>], zero: i64) -> Vec<Option<i16>> {
    counts
        .iter()
        .map(|count| i16::try_from((*count)? - zero).ok())
        .collect()
}
