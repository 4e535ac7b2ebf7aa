//! What the search for every wave shares: slopes, the main direction over all leads, where a wave begins and ends.

use crate::measure::prepare::samples;

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

/// End of a wave by the trapezium of Zhang et al. 2006 (Med. Biol. Eng. Comput.; also Manriquez and Zhang 2007):
/// between the steepest point after the peak and a far point, the corner that spans the largest area.
pub(super) fn wave_end(curve: &[f64], peak: usize, far: usize) -> usize {
    if far <= peak + 4 {
        return far;
    }
    let steepest = (peak..far - 1)
        .max_by(|&a, &b| {
            let fall =
                |i: usize| (curve[i + 1] - curve[i]).abs() * f64::from(downhill(curve, peak, i));
            fall(a).total_cmp(&fall(b))
        })
        .unwrap_or(peak);
    (steepest..far)
        .max_by(|&a, &b| {
            let area =
                |i: usize| (curve[steepest] - curve[i]).abs() * (2 * far - steepest - i) as f64;
            let area = |i: usize| {
                if away(curve, peak, steepest, i) {
                    area(i)
                } else {
                    0.0
                }
            };
            area(a).total_cmp(&area(b))
        })
        .unwrap_or(far)
}

/// Begin of a wave, by the same trapezium mirrored.
pub(super) fn wave_start(curve: &[f64], peak: usize, limit: usize) -> usize {
    if peak <= limit + 6 {
        return limit;
    }
    let mirrored: Vec<f64> = curve[limit..=peak].iter().rev().copied().collect();
    peak - wave_end(&mirrored, 0, mirrored.len() - 1)
}

/// End of a wave after `peak`, looked for up to `reach` further.
pub(super) fn end_by(curve: &[f64], peak: usize, reach: usize, method: f64, share: f64) -> usize {
    let far = (peak + reach).min(curve.len().saturating_sub(2));
    if far <= peak + 4 {
        return far;
    }
    if method == 0.0 {
        return wave_end(curve, peak, far);
    }
    // Downward is positive for an upright wave.
    let sign = if curve[peak] >= curve[far] { 1.0 } else { -1.0 };
    let fall =
        |i: usize| sign * (curve[i.saturating_sub(2)] - curve[(i + 2).min(curve.len() - 1)]) / 4.0;
    let steepest = (peak + 1..far)
        .max_by(|&a, &b| fall(a).total_cmp(&fall(b)))
        .unwrap_or(peak);
    let top = fall(steepest);
    let flat = (steepest..far)
        .find(|&i| fall(i) < share * top)
        .unwrap_or(far);
    if method == 1.0 {
        return flat;
    }
    // Tangent: where the steepest slope meets the level it runs out to.
    let level = curve[flat];
    let tangent = steepest as f64 + sign * (curve[steepest] - level) / top.max(1e-9);
    tangent.clamp(steepest as f64, far as f64) as usize
}

/// Begin of a wave, the same backwards.
pub(super) fn start_by(curve: &[f64], peak: usize, reach: usize, method: f64, share: f64) -> usize {
    let from = peak.saturating_sub(reach);
    let mirrored: Vec<f64> = curve[from..=peak].iter().rev().copied().collect();
    peak - end_by(&mirrored, 0, mirrored.len(), method, share)
}

/// Whether the curve returns towards the level it came from at `i`.
fn downhill(curve: &[f64], peak: usize, i: usize) -> u8 {
    let up = curve[peak] > curve[(peak + samples(120)).min(curve.len() - 1)];
    u8::from((curve[i + 1] < curve[i]) == up)
}

fn away(curve: &[f64], peak: usize, steepest: usize, i: usize) -> bool {
    (curve[peak] - curve[steepest]) * (curve[steepest] - curve[i]) >= 0.0
}
