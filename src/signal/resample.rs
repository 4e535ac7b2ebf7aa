//! Change of sampling rate.

use super::gaps::bridge;

/// Zero crossings of the sinc on each side, and the shape of its Kaiser window: the values of SciPy's
/// `resample_poly`, a transition band of a third of the lower Nyquist frequency and 53 dB beyond it.
const ZERO_CROSSINGS: f64 = 10.0;
const KAISER_BETA: f64 = 5.0;
/// More phases than this are computed as they come instead of being kept.
const MAX_KEPT_PHASES: u64 = 4096;
/// A longer result than this (150 hours at 500 Hz) is refused rather than allocated.
const MAX_OUTPUT: f64 = 268_435_456.0;

/// The samples at another rate, in the same unit, `round(n * to / from)` of them: band-limited by a
/// windowed sinc, without delay. Sample 0 stays at time 0.
///
/// At the ends the tracing is continued by point reflection, so that neither a constant nor a slope
/// rings. A gap (`NaN`) stays a gap. Rates that are not positive numbers give an empty result.
pub fn resample(samples: &[f64], from_hz: f64, to_hz: f64) -> Vec<f64> {
    let usable = |hz: f64| hz.is_finite() && hz > 0.0;
    if samples.is_empty() || !usable(from_hz) || !usable(to_hz) {
        return Vec::new();
    }
    let length = (samples.len() as f64 * to_hz / from_hz).round();
    if !(1.0..=MAX_OUTPUT).contains(&length) {
        return Vec::new();
    }
    let length = length as usize;
    if from_hz == to_hz {
        return samples.to_vec();
    }
    let Some(bridged) = bridge(samples) else {
        return vec![f64::NAN; length];
    };
    let gaps = samples.iter().any(|value| !value.is_finite());
    let mut phases = Phases::new(from_hz, to_hz, samples.len());
    let step = from_hz / to_hz;
    (0..length)
        .map(|index| {
            let position = index as f64 * step;
            let nearest = (position.round() as usize).min(samples.len() - 1);
            if gaps && !samples.get(nearest).is_some_and(|value| value.is_finite()) {
                return f64::NAN;
            }
            let (first, weights) = phases.at(index as u64);
            weights
                .iter()
                .enumerate()
                .map(|(offset, weight)| weight * extended(&bridged, first + offset as i64))
                .sum()
        })
        .collect()
}

/// The sample at `index`, point-reflected about the first and the last one beyond them.
fn extended(samples: &[f64], index: i64) -> f64 {
    let last = samples.len() as i64 - 1;
    let at = |i: i64| {
        samples
            .get(i.clamp(0, last) as usize)
            .copied()
            .unwrap_or_default()
    };
    if index < 0 {
        2.0 * at(0) - at(-index)
    } else if index > last {
        2.0 * at(last) - at(2 * last - index)
    } else {
        at(index)
    }
}

/// The weights of the interpolation kernel, one set for each position between two input samples.
struct Phases {
    up: u64,
    down: u64,
    /// Input samples for one zero crossing of the sinc.
    scale: f64,
    /// Input samples on each side of a position.
    half: f64,
    kept: Vec<Option<(i64, Vec<f64>)>>,
    fresh: Vec<f64>,
}

impl Phases {
    fn new(from_hz: f64, to_hz: f64, samples: usize) -> Self {
        // Rates are known to a thousandth of a hertz; their ratio then is a fraction.
        let (up, down) = (
            (to_hz * 1000.0).round().max(1.0) as u64,
            (from_hz * 1000.0).round().max(1.0) as u64,
        );
        let divisor = greatest_common_divisor(up, down);
        let (up, down) = (up / divisor, down / divisor);
        let scale = (from_hz / to_hz).max(1.0);
        let half = (ZERO_CROSSINGS * scale).min(samples as f64 + 1.0);
        let kept = if up <= MAX_KEPT_PHASES {
            vec![None; up as usize]
        } else {
            Vec::new()
        };
        Self {
            up,
            down,
            scale,
            half,
            kept,
            fresh: Vec::new(),
        }
    }

    /// First input sample and weights for output sample `index`.
    fn at(&mut self, index: u64) -> (i64, &[f64]) {
        let numerator = u128::from(index) * u128::from(self.down);
        let whole = (numerator / u128::from(self.up)) as i64;
        let phase = (numerator % u128::from(self.up)) as u64;
        let fraction = phase as f64 / self.up as f64;
        let (scale, half) = (self.scale, self.half);
        match self.kept.get_mut(phase as usize) {
            Some(slot) => {
                let (first, weights) = slot.get_or_insert_with(|| kernel(fraction, scale, half));
                (whole + *first, weights)
            }
            None => {
                let (first, weights) = kernel(fraction, scale, half);
                self.fresh = weights;
                (whole + first, &self.fresh)
            }
        }
    }
}

/// Weights around a position `fraction` of a sample past sample 0, the first of them for the returned
/// index; they add up to one, so that a constant stays that constant.
fn kernel(fraction: f64, scale: f64, half: f64) -> (i64, Vec<f64>) {
    let first = (fraction - half).ceil() as i64;
    let last = (fraction + half).floor() as i64;
    let mut weights: Vec<f64> = (first..=last)
        .map(|index| {
            let distance = index as f64 - fraction;
            let inside = (1.0 - (distance / half).powi(2)).max(0.0);
            sinc(distance / scale) * bessel_i0(KAISER_BETA * inside.sqrt())
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    (first, weights)
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let angle = std::f64::consts::PI * x;
    angle.sin() / angle
}

/// Modified Bessel function of the first kind, order zero, by its power series (Abramowitz and Stegun
/// 9.6.12), which converges fast for the arguments of a Kaiser window.
fn bessel_i0(x: f64) -> f64 {
    let quarter = x * x / 4.0;
    let (mut term, mut sum) = (1.0, 1.0);
    for k in 1..40 {
        term *= quarter / f64::from(k * k);
        sum += term;
    }
    sum
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_and_a_slope_stay_what_they_are_up_to_the_ends() {
        for (from, to) in [
            (1000.0, 100.0),
            (400.0, 100.0),
            (257.0, 100.0),
            (100.0, 500.0),
        ] {
            let flat = resample(&[700.0; 1000], from, to);
            assert!(
                flat.iter().all(|v| (v - 700.0).abs() < 1e-9),
                "{from} to {to}"
            );
            let slope: Vec<f64> = (0..1000).map(|i| f64::from(i) / from).collect();
            for (index, value) in resample(&slope, from, to).iter().enumerate() {
                assert!(
                    (value - index as f64 / to).abs() < 0.02 / to.min(from) * 10.0,
                    "{from} to {to}"
                );
            }
        }
    }

    #[test]
    fn the_length_is_the_rounded_duration() {
        assert_eq!(resample(&[0.0; 5000], 500.0, 100.0).len(), 1000);
        assert_eq!(resample(&[0.0; 2570], 257.0, 100.0).len(), 1000);
        assert_eq!(resample(&[0.0; 1000], 100.0, 500.0).len(), 5000);
        assert_eq!(resample(&[0.0; 1234], 333.3, 100.0).len(), 370);
    }

    #[test]
    fn rates_that_are_no_rates_give_nothing() {
        for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(resample(&[1.0; 10], bad, 100.0).is_empty());
            assert!(resample(&[1.0; 10], 100.0, bad).is_empty());
        }
        assert!(resample(&[1.0; 10], 1e-9, 500.0).is_empty());
    }

    #[test]
    fn a_gap_stays_a_gap() {
        let mut samples = vec![5.0; 1000];
        samples[400..500].fill(f64::NAN);
        let resampled = resample(&samples, 500.0, 100.0);
        assert!(resampled[81..99].iter().all(|v| v.is_nan()));
        assert!(
            resampled[..79]
                .iter()
                .chain(&resampled[101..])
                .all(|v| (v - 5.0).abs() < 1e-9)
        );
    }
}
