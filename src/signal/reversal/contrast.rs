//! What speaks for a swap: how much less the leads resemble their neighbours than they would exchanged.
//!
//! The features of a beat are logarithms of distances between leads and of sizes within leads, in five windows, once
//! with every lead brought to the same QRS size and once as recorded. The contrast of a swap is the features as
//! recorded less those with the electrodes put back: it changes its sign when the electrodes are exchanged, and is
//! zero where a lead is missing, so what is not known neither speaks for nor against.

use std::ops::Range;

use super::beat::{BEFORE, LENGTH, TypicalBeat};
use super::swap::{Swap, V1};

/// P wave, QRS complex, its first and second half, ST segment and T wave, in samples at 100 Hz.
const WINDOWS: [Range<usize>; 5] = [5..29, 28..46, 28..36, 36..46, 46..LENGTH];
const P: usize = 0;
const QRS: usize = 1;
const ST_T: usize = 4;
/// The stretch over which the size of a QRS complex is taken.
const SIZE: Range<usize> = BEFORE - 8..BEFORE + 10;
/// Features of a single lead.
const OF_LEAD: usize = 16;
/// Distances below this share of the chest leads' size in the window are noise.
const NOISE_SHARE: f64 = 0.1;
/// How much larger than a P or a T wave a QRS complex is, roughly: brings their signs to one scale.
const P_SCALE: f64 = 8.0;
const T_SCALE: f64 = 3.0;

struct Scaled {
    /// Log distance of two leads in a window.
    pairs: [[[f64; 12]; 12]; 5],
    leads: [[f64; OF_LEAD]; 12],
}

struct Features {
    shape: Scaled,
    size: Option<Scaled>,
}

/// The contrast of a swap; its length depends on the swap alone.
pub(super) fn contrast(beat: &TypicalBeat, swap: Swap) -> Vec<f64> {
    let (own, other) = (features(beat), features(&swap.of_beat(beat)));
    let mut contrast = Vec::new();
    let mut add = |a: Option<&Scaled>, b: Option<&Scaled>| {
        for (first, second) in pairs(swap) {
            for window in 0..WINDOWS.len() {
                contrast.push(difference(
                    a.map(|a| a.pairs[window][first][second]),
                    b.map(|b| b.pairs[window][first][second]),
                ));
            }
        }
        for lead in single(swap) {
            for feature in 0..OF_LEAD {
                contrast.push(difference(
                    a.map(|a| a.leads[lead][feature]),
                    b.map(|b| b.leads[lead][feature]),
                ));
            }
        }
    };
    add(Some(&own.shape), Some(&other.shape));
    add(own.size.as_ref(), other.size.as_ref());
    contrast
}

fn difference(a: Option<f64>, b: Option<f64>) -> f64 {
    match (a, b) {
        (Some(a), Some(b)) if (a - b).is_finite() => a - b,
        _ => 0.0,
    }
}

/// Pairs of leads whose distance the swap changes: each limb lead with each chest lead, or the first of two exchanged
/// chest leads with every other lead but III, which I and II contain.
fn pairs(swap: Swap) -> Vec<(usize, usize)> {
    match swap.chest() {
        None => (0..V1)
            .flat_map(|limb| (V1..12).map(move |chest| (limb, chest)))
            .collect(),
        Some(chest) => (0..12)
            .filter(|&other| other != 2 && other != V1 + chest && other != V1 + chest + 1)
            .map(|other| (other, V1 + chest))
            .collect(),
    }
}

/// Leads whose own shape the swap changes.
fn single(swap: Swap) -> Range<usize> {
    match swap.chest() {
        None => 0..V1,
        Some(chest) => V1 + chest..V1 + chest + 1,
    }
}

fn features(beat: &TypicalBeat) -> Features {
    let sizes: [Option<f64>; 12] = std::array::from_fn(|lead| {
        let part = beat.leads[lead].as_ref()?.get(SIZE)?;
        let size = root_mean_square(part.iter().copied());
        (size > 0.0).then_some(size)
    });
    let common = root_mean_square(sizes.iter().flatten().copied());
    Features {
        shape: scaled(beat, &sizes),
        size: (beat.voltage && common > 0.0).then(|| scaled(beat, &[Some(common); 12])),
    }
}

fn scaled(beat: &TypicalBeat, sizes: &[Option<f64>; 12]) -> Scaled {
    let curves: [Option<Vec<f64>>; 12] = std::array::from_fn(|lead| {
        let size = sizes[lead]?;
        let curve = beat.leads[lead].as_ref()?;
        Some(curve.iter().map(|value| value / size).collect())
    });
    let mut result = Scaled {
        pairs: [[[f64::NAN; 12]; 12]; 5],
        leads: [[f64::NAN; OF_LEAD]; 12],
    };
    let cut = |lead: usize, window: &Range<usize>| curves[lead].as_ref()?.get(window.clone());
    for (window, pairs) in WINDOWS.iter().zip(&mut result.pairs) {
        let chest: Vec<f64> = (V1..12)
            .filter_map(|lead| cut(lead, window))
            .map(|part| root_mean_square(part.iter().copied()))
            .collect();
        let noise = NOISE_SHARE * root_mean_square(chest.iter().copied()) + 1e-9;
        for (first, row) in pairs.iter_mut().enumerate() {
            for (second, pair) in row.iter_mut().enumerate() {
                if let (Some(a), Some(b)) = (cut(first, window), cut(second, window)) {
                    let apart = root_mean_square(a.iter().zip(b).map(|(x, y)| x - y));
                    *pair = (apart + noise).ln();
                }
            }
        }
    }
    for (curve, features) in curves.iter().zip(&mut result.leads) {
        if let Some(curve) = curve {
            *features = of_lead(curve);
        }
    }
    result
}

fn of_lead(curve: &[f64]) -> [f64; OF_LEAD] {
    let part = |window: usize| curve.get(WINDOWS[window].clone()).unwrap_or_default();
    let mut features = [0.0; OF_LEAD];
    for (window, feature) in features.iter_mut().enumerate().take(WINDOWS.len()) {
        let mean = mean(part(window));
        *feature = (root_mean_square(part(window).iter().map(|v| v - mean)) + 0.01).ln();
    }
    let (high, low) = extremes(part(QRS));
    let (r, s) = ((high.1.max(0.0) + 0.1).ln(), ((-low.1).max(0.0) + 0.1).ln());
    features[5] = r;
    features[6] = s;
    features[7] = r - s;
    features[8] = high.0 as f64 / 3.0;
    features[9] = low.0 as f64 / 3.0;
    for (index, (window, scale)) in [(P, P_SCALE), (QRS, 1.0), (ST_T, T_SCALE)]
        .into_iter()
        .enumerate()
    {
        let (high, low) = extremes(part(window));
        features[10 + 2 * index] = (scale * (high.1 + low.1)).tanh();
        features[11 + 2 * index] = (scale * mean(part(window))).tanh();
    }
    features
}

/// Position and value of the largest and the smallest sample.
fn extremes(values: &[f64]) -> ((usize, f64), (usize, f64)) {
    let mut extremes = ((0, f64::NEG_INFINITY), (0, f64::INFINITY));
    for (index, &value) in values.iter().enumerate() {
        if value > extremes.0.1 {
            extremes.0 = (index, value);
        }
        if value < extremes.1.1 {
            extremes.1 = (index, value);
        }
    }
    extremes
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn root_mean_square(values: impl Iterator<Item = f64>) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0_f64);
    for value in values {
        sum += value * value;
        count += 1.0;
    }
    (sum / count.max(1.0)).sqrt()
}
