use serde::{Deserialize, Serialize};

use super::rng::Rng;
use super::vector::{Rotation, Vector, add, scale};
use super::waves::{Curve, Lobe};

/// One P wave: right then left atrium, and the shallow repolarisation that follows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AtrialWave {
    pub duration_s: f64,
    /// In fractions of the duration; the first starts at 0, the last ends at 1.
    pub lobes: Vec<Lobe>,
    /// Atrial repolarisation (Ta) against the P wave, as a share of its mean vector.
    pub repolarisation: f64,
}

impl Default for AtrialWave {
    /// Upright in I, II and aVF, biphasic in V1 (right atrium to the front, left atrium to the back).
    fn default() -> Self {
        Self {
            duration_s: 0.108,
            lobes: vec![
                Lobe::new(0.0, 0.40, 0.84, [0.058, 0.085, -0.080]),
                Lobe::new(0.18, 0.62, 1.0, [0.085, 0.055, 0.030]),
            ],
            repolarisation: 0.10,
        }
    }
}

impl AtrialWave {
    /// A focus low in the right atrium: early inferior forces turn over, so P differs from the sinus P.
    pub fn ectopic() -> Self {
        Self {
            duration_s: 0.092,
            lobes: vec![
                Lobe::new(0.0, 0.36, 0.8, [0.03, -0.055, -0.06]),
                Lobe::new(0.2, 0.62, 1.0, [0.06, -0.035, 0.02]),
            ],
            repolarisation: 0.08,
        }
    }

    /// The left atrium late and large: notched in II, with a deep terminal part in V1.
    pub fn left_enlarged() -> Self {
        Self {
            duration_s: 0.154,
            lobes: vec![
                Lobe::new(0.0, 0.29, 0.58, [0.075, 0.105, -0.080]),
                Lobe::new(0.36, 0.70, 1.0, [0.125, 0.085, 0.115]),
            ],
            repolarisation: 0.08,
        }
    }

    /// Heart vector `at_s` seconds after the onset, without repolarisation.
    pub fn at(&self, at_s: f64) -> Vector {
        super::waves::sum_at(&self.lobes, at_s / self.duration_s)
    }

    /// The repolarisation after the wave, which lasts about twice as long.
    pub(crate) fn repolarisation_at(&self, at_s: f64) -> Vector {
        let u = at_s / self.duration_s;
        if !(0.6..3.2).contains(&u) {
            return [0.0; 3];
        }
        let whole = self
            .lobes
            .iter()
            .fold([0.0; 3], |sum, lobe| add(sum, lobe.vector));
        scale(
            whole,
            -self.repolarisation * super::waves::flanks(u, 0.6, 1.5, 3.2),
        )
    }

    pub(crate) fn vary(&mut self, rng: &mut Rng) {
        let turn = Rotation::degrees(rng.normal(0.0, 7.0), rng.normal(0.0, 10.0));
        let size = rng.factor(0.18);
        self.duration_s *= rng.factor(0.06);
        for lobe in &mut self.lobes {
            lobe.vector = scale(turn.apply(lobe.vector), size * rng.factor(0.12));
            lobe.peak += rng.normal(0.0, 0.03) * (lobe.offset - lobe.onset);
        }
    }
}

/// The circling wave of typical flutter over one cycle, upside down in the inferior leads: a slow fall,
/// a steeper one, and a quick return, never resting on a baseline.
pub(crate) struct FlutterWave(Curve<1>, Curve<1>);

impl FlutterWave {
    pub(crate) fn new() -> Self {
        let close = |points: &[f64]| {
            let points: Vec<[f64; 1]> = points.iter().map(|&v| [v]).collect();
            Curve::through(&points)
        };
        Self(
            close(&[
                0.30, 0.27, 0.18, 0.05, -0.10, -0.28, -0.52, -0.70, -0.62, -0.25, 0.16, 0.29, 0.30,
            ]),
            close(&[
                -0.25, -0.26, -0.26, -0.22, -0.12, 0.12, 0.50, 0.75, 0.60, 0.22, -0.12, -0.24,
                -0.25,
            ]),
        )
    }

    /// Heart vector at a phase (in cycles) for an amplitude of 1 mV peak to trough in lead II.
    pub(crate) fn at(&self, phase: f64) -> Vector {
        let phase = phase.rem_euclid(1.0).min(1.0 - 1e-12);
        let (down, front) = (self.0.at(phase)[0], self.1.at(phase)[0]);
        // Lead II is mostly 1.066 Y; V1 sees the front through -0.917 Z.
        [0.06 * down, 0.94 * down, -0.42 * front]
    }
}

/// Fibrillatory waves: an oscillator whose rate and size wander, with harmonics, and two weaker ones
/// that see other parts of the atria (after Stridh and Sornmo's sawtooth model of 2001).
pub(crate) struct Fibrillation {
    oscillators: [Oscillator; 3],
    harmonics: [f64; 3],
    directions: [Vector; 3],
}

struct Oscillator {
    rate_hz: f64,
    phase: f64,
    wander_hz: [f64; 2],
    wander_phase: [f64; 2],
    swell_hz: f64,
    swell_phase: f64,
}

impl Fibrillation {
    pub(crate) fn new(rate_hz: f64, amplitude_mv: f64, rng: &mut Rng) -> Self {
        let tau = std::f64::consts::TAU;
        let mut oscillator = |detune: f64| Oscillator {
            rate_hz: rate_hz * detune,
            phase: rng.uniform(0.0, tau),
            wander_hz: [rng.uniform(0.15, 0.4), rng.uniform(0.7, 1.3)],
            wander_phase: [rng.uniform(0.0, tau), rng.uniform(0.0, tau)],
            swell_hz: rng.uniform(0.25, 0.7),
            swell_phase: rng.uniform(0.0, tau),
        };
        let oscillators = [oscillator(1.0), oscillator(1.13), oscillator(0.9)];
        // Amplitude is peak to peak in V1, which sees the front through -0.917 Z.
        let a = 0.5 * amplitude_mv / 0.917;
        Self {
            oscillators,
            harmonics: [1.0, 0.42, 0.16],
            directions: [
                [-0.10 * a, 0.18 * a, -0.98 * a],
                [0.15 * a, 0.34 * a, 0.1 * a],
                [0.25 * a, -0.25 * a, -0.25 * a],
            ],
        }
    }

    pub(crate) fn at(&self, time_s: f64) -> Vector {
        let tau = std::f64::consts::TAU;
        let mut sum = [0.0; 3];
        for (oscillator, &direction) in self.oscillators.iter().zip(&self.directions) {
            let o = oscillator;
            // The phase is the integral of a rate that wanders by some tenths of a hertz.
            let mut phase = tau * o.rate_hz * time_s + o.phase;
            phase +=
                0.35 / o.wander_hz[0] * (tau * o.wander_hz[0] * time_s + o.wander_phase[0]).sin();
            phase +=
                0.55 / o.wander_hz[1] * (tau * o.wander_hz[1] * time_s + o.wander_phase[1]).sin();
            let swell = 0.75 + 0.35 * (tau * o.swell_hz * time_s + o.swell_phase).sin();
            let wave: f64 = (1..)
                .zip(&self.harmonics)
                .map(|(k, &weight)| weight * (f64::from(k) * phase).sin())
                .sum();
            sum = add(sum, scale(direction, swell * wave));
        }
        sum
    }
}
