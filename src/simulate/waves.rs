use serde::{Deserialize, Serialize};

use super::vector::{Vector, add, scale};

/// An asymmetric hump: a Hann flank up from `onset` to `peak`, another down to `offset`.
///
/// Times are fractions of the wave it belongs to, so a wave can be stretched as one. Outside the
/// flanks it is exactly zero: waves have an onset and an offset by construction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lobe {
    pub onset: f64,
    pub peak: f64,
    pub offset: f64,
    /// Heart vector at the peak, in millivolts.
    pub vector: Vector,
}

impl Lobe {
    /// A lobe by its times and its vector.
    pub fn new(onset: f64, peak: f64, offset: f64, vector: Vector) -> Self {
        Self {
            onset,
            peak,
            offset,
            vector,
        }
    }

    /// Heart vector at a fraction of the wave.
    pub fn at(&self, fraction: f64) -> Vector {
        scale(
            self.vector,
            flanks(fraction, self.onset, self.peak, self.offset),
        )
    }
}

/// Heart vector of several lobes at a fraction of the wave.
pub(crate) fn sum_at(lobes: &[Lobe], fraction: f64) -> Vector {
    lobes
        .iter()
        .fold([0.0; 3], |sum, lobe| add(sum, lobe.at(fraction)))
}

/// The shape of a [`Lobe`], 0 to 1.
pub(crate) fn flanks(at: f64, onset: f64, peak: f64, offset: f64) -> f64 {
    if at <= onset || at >= offset {
        0.0
    } else if at < peak {
        hann((at - onset) / (peak - onset))
    } else {
        hann((offset - at) / (offset - peak))
    }
}

/// Half a Hann window: from 0 at 0 to 1 at 1, held outside.
pub(crate) fn hann(fraction: f64) -> f64 {
    0.5 - 0.5 * (std::f64::consts::PI * fraction.clamp(0.0, 1.0)).cos()
}

/// A closed curve through equally spaced points: a clamped cubic spline (zero slope at both ends).
#[derive(Debug, Clone)]
pub(crate) struct Curve<const N: usize> {
    points: Vec<[f64; N]>,
    slopes: Vec<[f64; N]>,
}

impl<const N: usize> Curve<N> {
    /// Solves the tridiagonal system for the slopes at the knots (knot spacing 1).
    pub(crate) fn through(points: &[[f64; N]]) -> Self {
        let n = points.len();
        let mut slopes = vec![[0.0; N]; n];
        if n > 2 {
            let mut upper = vec![0.0; n];
            for i in 1..n - 1 {
                let pivot = 4.0 - upper[i - 1];
                upper[i] = 1.0 / pivot;
                slopes[i] = std::array::from_fn(|k| {
                    let right = 3.0 * (points[i + 1][k] - points[i - 1][k]);
                    (right - slopes[i - 1][k]) / pivot
                });
            }
            for i in (1..n - 1).rev() {
                slopes[i] = std::array::from_fn(|k| slopes[i][k] - upper[i] * slopes[i + 1][k]);
            }
        }
        Self {
            points: points.to_vec(),
            slopes,
        }
    }

    /// The value at a fraction of the curve; zero outside it.
    pub(crate) fn at(&self, fraction: f64) -> [f64; N] {
        let intervals = self.points.len().saturating_sub(1);
        if intervals == 0 || !(0.0..1.0).contains(&fraction) {
            return [0.0; N];
        }
        let place = fraction * intervals as f64;
        let i = (place as usize).min(intervals - 1);
        let u = place - i as f64;
        let (a, b, da, db) = (
            &self.points[i],
            &self.points[i + 1],
            &self.slopes[i],
            &self.slopes[i + 1],
        );
        let h1 = u * u * (3.0 - 2.0 * u);
        let h2 = u * (1.0 - u) * (1.0 - u);
        let h3 = u * u * (1.0 - u);
        std::array::from_fn(|k| a[k] * (1.0 - h1) + b[k] * h1 + da[k] * h2 - db[k] * h3)
    }
}

/// The mean of the points: what the curve's integral is, over a length of 1.
pub(crate) fn mean(points: &[Vector]) -> Vector {
    let sum = points.iter().fold([0.0; 3], |sum, &point| add(sum, point));
    scale(sum, 1.0 / points.len().saturating_sub(1).max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_passes_its_points_and_reproduces_a_cubic() {
        // u^2 (1 - u)^2-like ends: zero slope at 0 and at 1, cubic in between: 3u^2 - 2u^3.
        let points: Vec<[f64; 1]> = (0..=8)
            .map(|i| f64::from(i) / 8.0)
            .map(|u| [u * u * (3.0 - 2.0 * u)])
            .collect();
        let curve = Curve::through(&points);
        for i in 0..100 {
            let u = f64::from(i) / 100.0;
            assert!(
                (curve.at(u)[0] - u * u * (3.0 - 2.0 * u)).abs() < 1e-12,
                "{u}"
            );
        }
        assert_eq!(curve.at(1.5), [0.0]);
        assert_eq!(curve.at(-0.1), [0.0]);
    }

    #[test]
    fn a_lobe_is_zero_outside_and_full_at_its_peak() {
        let lobe = Lobe::new(0.2, 0.5, 0.7, [1.0, -2.0, 0.5]);
        assert_eq!(lobe.at(0.2), [0.0; 3]);
        assert_eq!(lobe.at(0.7), [0.0; 3]);
        assert_eq!(lobe.at(0.5), [1.0, -2.0, 0.5]);
    }
}
