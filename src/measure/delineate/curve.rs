//! What the search for every wave shares: slopes, the main direction over all leads, where a wave begins and ends.

use crate::measure::beats::smooth;

/// Slope over 8 ms, in units per sample.
pub(super) fn slope(values: &[f64]) -> Vec<f64> {
    let last = values.len().saturating_sub(1);
    (0..values.len())
        .map(|i| (values[(i + 2).min(last)] - values[i.saturating_sub(2)]) / 4.0)
        .collect()
}

/// The direction in lead space along which a stretch of the beat varies most, as a curve (first principal
/// component, by power iteration).
pub(super) fn principal(curves: &[Vec<f64>], from: usize, to: usize) -> Vec<f64> {
    let centred: Vec<Vec<f64>> = curves
        .iter()
        .map(|curve| {
            let part = &curve[from..to];
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            part.iter().map(|v| v - mean).collect()
        })
        .collect();
    let mut weights = vec![1.0; curves.len()];
    // Start from the lead that varies most, so that the start is never orthogonal to the answer.
    let energy: Vec<f64> = centred
        .iter()
        .map(|c| c.iter().map(|v| v * v).sum())
        .collect();
    if let Some(best) = (0..energy.len()).max_by(|&a, &b| energy[a].total_cmp(&energy[b])) {
        weights = vec![0.0; curves.len()];
        weights[best] = 1.0;
    }
    for _ in 0..12 {
        let projected: Vec<f64> = (0..to - from)
            .map(|i| centred.iter().zip(&weights).map(|(c, w)| c[i] * w).sum())
            .collect();
        let next: Vec<f64> = centred
            .iter()
            .map(|c| c.iter().zip(&projected).map(|(a, b)| a * b).sum())
            .collect();
        let norm = next.iter().map(|w: &f64| w * w).sum::<f64>().sqrt();
        if norm <= 0.0 {
            break;
        }
        weights = next.iter().map(|w| w / norm).collect();
    }
    let length = curves.first().map_or(0, Vec::len);
    (0..length)
        .map(|i| curves.iter().zip(&weights).map(|(c, w)| c[i] * w).sum())
        .collect()
}

/// How fast the leads move together, each in units of its weight: the root of the sum of their squared slopes.
pub(super) fn speed(curves: &[Vec<f64>], unit: impl Fn(usize) -> f64) -> Vec<f64> {
    let length = curves.first().map_or(0, Vec::len);
    let mut squares = vec![0.0; length];
    for (lead, curve) in curves.iter().enumerate() {
        let unit = unit(lead);
        for (sum, slope) in squares.iter_mut().zip(slope(curve)) {
            *sum += (slope / unit).powi(2);
        }
    }
    squares.iter_mut().for_each(|sum| *sum = sum.sqrt());
    smooth(&squares, 3)
}

/// The last place from the start of a stretch on that is `fast` and reached without a stretch of more than `gap` samples
/// below `quiet`; the start when there is none.
pub(super) fn body_end(
    speed: impl Iterator<Item = f64>,
    fast: f64,
    quiet: f64,
    gap: usize,
) -> usize {
    let (mut last, mut still) = (0, 0);
    for (i, speed) in speed.enumerate() {
        if speed > fast {
            (last, still) = (i, 0);
        } else if speed < quiet {
            still += 1;
            if still > gap {
                break;
            }
        } else {
            still = 0;
        }
    }
    last
}

/// How a wave's end is told from its steepest slope.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// Where the slope has fallen to this share of the steepest.
    Flat(f64),
    /// Where the steepest slope would meet the level at that place (the tangent of Lepeschkin and Surawicz 1952,
    /// Circulation 6:378).
    Tangent(f64),
}

/// End of the wave that peaks at `peak`, looked for up to `reach` further.
pub(super) fn end_of(curve: &[f64], peak: usize, reach: usize, by: End) -> usize {
    let far = (peak + reach).min(curve.len().saturating_sub(2));
    if far <= peak + 4 {
        return far;
    }
    // Downward is positive for an upright wave.
    let sign = if curve[peak] >= curve[far] { 1.0 } else { -1.0 };
    let fall =
        |i: usize| sign * (curve[i.saturating_sub(2)] - curve[(i + 2).min(curve.len() - 1)]) / 4.0;
    let steepest = (peak + 1..far)
        .max_by(|&a, &b| fall(a).total_cmp(&fall(b)))
        .unwrap_or(peak);
    let top = fall(steepest);
    let flat_from = |share: f64| {
        (steepest..far)
            .find(|&i| fall(i) < share * top)
            .unwrap_or(far)
    };
    match by {
        End::Flat(share) => flat_from(share),
        End::Tangent(share) => {
            let level = curve[flat_from(share)];
            let meets = steepest as f64 + sign * (curve[steepest] - level) / top.max(1e-9);
            meets.clamp(steepest as f64, far as f64) as usize
        }
    }
}

/// Begin of a wave, the same backwards.
pub(super) fn start_of(curve: &[f64], peak: usize, reach: usize, by: End) -> usize {
    let from = peak.saturating_sub(reach);
    let mirrored: Vec<f64> = curve[from..=peak].iter().rev().copied().collect();
    peak - end_of(&mirrored, 0, mirrored.len(), by)
}

/// How much the leads together bend at `at` over `half` samples to either side, each in units of its noise plus
/// `floor` microvolts; the look back ends at `earliest`. A sloping baseline does not bend.
pub(super) fn bend(
    curves: &[Vec<f64>],
    noise: &[f64],
    floor: f64,
    at: usize,
    half: usize,
    earliest: usize,
) -> f64 {
    let squares = curves.iter().zip(noise).map(|(curve, noise)| {
        let before = curve[at.saturating_sub(half).max(earliest)];
        let after = curve[(at + half).min(curve.len() - 1)];
        ((curve[at] - (before + after) / 2.0) / (noise + floor)).powi(2)
    });
    squares.sum::<f64>().sqrt()
}

/// The highest of the local maxima of a score.
pub(super) fn highest_peak(score: &[f64]) -> Option<usize> {
    (1..score.len().saturating_sub(1))
        .filter(|&i| score[i] >= score[i - 1] && score[i] > score[i + 1])
        .max_by(|&a, &b| score[a].total_cmp(&score[b]))
}

/// One below another's distance from an expected place: 1 there, falling as a bell of width `spread`, never below
/// `least`.
pub(super) fn bell(distance: f64, spread: f64, least: f64) -> f64 {
    (-0.5 * (distance / spread).powi(2)).exp().max(least)
}
