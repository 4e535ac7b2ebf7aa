//! One typical beat of all twelve leads, in which lead positions are judged.

use crate::ecg::{Recording, STANDARD_12};
use crate::signal::activity::{Activity, RATE_HZ, slow};
use crate::signal::band_pass;
use crate::signal::einthoven::LIMB;
use crate::signal::leads::undo_own_gains;

/// Samples at 100 Hz before and from the middle of the QRS complex.
pub(super) const BEFORE: usize = 35;
pub(super) const AFTER: usize = 45;
pub(super) const LENGTH: usize = BEFORE + AFTER;
/// Longest stretch from the start that is looked at, in seconds; a swap lasts.
const LONGEST_S: f64 = 30.0;
/// Correlation of two complexes over all leads from which they are of one shape.
const SAME_SHAPE: f64 = 0.8;
/// Half the width, in samples, of the stretch that decides on the shape, and how far a detection may be off.
const SHAPE: usize = 8;
const SHIFT: usize = 3;

/// The median beat of the most frequent shape.
#[derive(Debug, Clone)]
pub(crate) struct TypicalBeat {
    /// Curves of the standard leads, [`LENGTH`] samples at 100 Hz between 0.5 and 40 Hz, zero before the QRS complex;
    /// `None` where the lead is absent or dead.
    pub leads: [Option<Vec<f64>>; 12],
    /// Whether the sizes of leads can be compared.
    pub voltage: bool,
}

impl TypicalBeat {
    /// `None` when fewer than two beats of one shape are found.
    pub fn of(recording: &Recording) -> Option<Self> {
        let common = undo_own_gains(recording);
        let recording = common.as_ref().unwrap_or(recording);
        let leads = STANDARD_12.map(|name| recording.lead(&name));
        let voltage = leads.iter().flatten().all(|lead| lead.unit.is_voltage());
        let mut slow: [Option<Vec<f64>>; 12] =
            leads.map(|lead| lead.and_then(|lead| slow(lead, LONGEST_S)));
        complete(&mut slow, voltage);
        let length = slow.iter().flatten().map(Vec::len).min()?;
        let present: Vec<Vec<f64>> = slow
            .iter()
            .flatten()
            .map(|lead| lead.iter().copied().take(length).collect())
            .collect();
        let activity = Activity::of(&present)?;
        let beats = alike(&activity)?;
        let curves = slow.map(|lead| {
            let filtered = band_pass(lead?.get(..length)?, RATE_HZ, 0.5, 40.0);
            median_beat(&filtered, &beats)
        });
        Some(Self {
            leads: curves,
            voltage,
        })
    }
}

/// Limb leads that follow from I and II where sizes mean something.
fn complete(leads: &mut [Option<Vec<f64>>; 12], voltage: bool) {
    let [Some(one), Some(two), ..] = &*leads else {
        return;
    };
    if !voltage {
        return;
    }
    let (one, two) = (one.clone(), two.clone());
    for (lead, (_, [a, b])) in leads.iter_mut().zip(LIMB) {
        if lead.is_none() {
            *lead = Some(one.iter().zip(&two).map(|(x, y)| a * x + b * y).collect());
        }
    }
}

/// Middles of the complexes that have the most frequent shape, aligned to each other.
fn alike(activity: &Activity) -> Option<Vec<usize>> {
    let length = activity.curve.len();
    let peaks: Vec<usize> = activity
        .peaks(0.4)
        .into_iter()
        .filter(|&peak| peak >= BEFORE + SHIFT && peak + AFTER + SHIFT <= length)
        .collect();
    let shapes: Vec<Vec<f64>> = peaks
        .iter()
        .map(|&peak| shape(activity, peak))
        .collect::<Option<_>>()?;
    let likeness = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let reference = shapes
        .iter()
        .map(|own| {
            let all: Vec<f64> = shapes.iter().map(|other| likeness(own, other)).collect();
            let same = all.iter().filter(|&&value| value > SAME_SHAPE).count() as f64;
            (own, same + all.iter().sum::<f64>() / all.len() as f64)
        })
        .max_by(|a, b| a.1.total_cmp(&b.1))?
        .0;
    let aligned: Vec<usize> = peaks
        .iter()
        .filter_map(|&peak| {
            (peak - SHIFT..=peak + SHIFT)
                .filter_map(|at| Some((at, likeness(&shape(activity, at)?, reference))))
                .max_by(|a, b| a.1.total_cmp(&b.1))
                .filter(|(_, likeness)| *likeness > SAME_SHAPE)
                .map(|(at, _)| at)
        })
        .collect();
    (aligned.len() >= 2).then_some(aligned)
}

/// The complex over all leads, of length one.
fn shape(activity: &Activity, at: usize) -> Option<Vec<f64>> {
    let parts: Option<Vec<&[f64]>> = activity
        .leads
        .iter()
        .map(|lead| lead.get(at.checked_sub(SHAPE)?..=at + SHAPE))
        .collect();
    let mut shape = parts?.concat();
    let norm = shape.iter().map(|value| value * value).sum::<f64>().sqrt();
    if norm > 0.0 {
        shape.iter_mut().for_each(|value| *value /= norm);
    }
    Some(shape)
}

fn median_beat(samples: &[f64], beats: &[usize]) -> Option<Vec<f64>> {
    let cuts: Vec<&[f64]> = beats
        .iter()
        .map(|&beat| samples.get(beat.checked_sub(BEFORE)?..beat + AFTER))
        .collect::<Option<_>>()?;
    let mut column = Vec::with_capacity(cuts.len());
    let mut curve: Vec<f64> = (0..LENGTH)
        .map(|index| {
            column.clear();
            column.extend(cuts.iter().filter_map(|cut| cut.get(index)));
            median(&mut column)
        })
        .collect();
    let level = median(&mut curve.get(BEFORE - 8..BEFORE - 5)?.to_vec());
    curve.iter_mut().for_each(|value| *value -= level);
    let size = curve
        .iter()
        .fold(0.0_f64, |most, value| most.max(value.abs()));
    (size > 0.0 && size.is_finite()).then_some(curve)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values {
        [] => 0.0,
        _ if values.len() % 2 == 1 => values[middle],
        _ => (values[middle - 1] + values[middle]) / 2.0,
    }
}
