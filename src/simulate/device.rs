use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::lead_field::twelve;
use super::rng::Rng;

/// The electrocardiograph and the skin it stands on. Disturbances arise at the electrodes, so that they
/// reach the leads as they do in life and never break Einthoven's law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Device {
    pub sampling_rate_hz: f64,
    /// Resolution of the converter.
    pub counts_per_mv: f64,
    /// True amplification over the stated one.
    pub gain: f64,
    /// Muscle tremor per electrode, root mean square.
    pub muscle_uv: f64,
    /// Baseline wander per electrode, root mean square.
    pub wander_uv: f64,
    /// Mains hum per electrode, amplitude.
    pub mains_uv: f64,
    /// 50 or 60.
    pub mains_hz: f64,
    /// Standing offset per electrode, standard deviation.
    pub offset_uv: f64,
    /// Jumps of the baseline by electrodes losing hold, per minute.
    pub loose_contacts_per_min: f64,
}

impl Default for Device {
    /// A hospital cart in good order: 500 Hz, 1 uV, a little tremor, a little wander.
    fn default() -> Self {
        Self {
            sampling_rate_hz: 500.0,
            counts_per_mv: 1000.0,
            gain: 1.0,
            muscle_uv: 4.5,
            wander_uv: 18.0,
            mains_uv: 1.5,
            mains_hz: 50.0,
            offset_uv: 0.0,
            loose_contacts_per_min: 0.0,
        }
    }
}

impl Device {
    /// No disturbance at all, at a sampling rate and with 1 uV resolution.
    pub fn ideal(sampling_rate_hz: f64) -> Self {
        Self {
            sampling_rate_hz,
            muscle_uv: 0.0,
            wander_uv: 0.0,
            mains_uv: 0.0,
            ..Self::default()
        }
    }

    /// A device as one may meet it anywhere: from 100 to 1000 Hz, from clean to barely readable.
    pub(crate) fn random(rng: &mut Rng) -> Self {
        const RATES: [f64; 9] = [
            100.0, 125.0, 200.0, 240.0, 250.0, 257.0, 400.0, 500.0, 1000.0,
        ];
        const COUNTS: [f64; 4] = [200.0, 204.8, 400.0, 1000.0];
        let mut rare = |chance: f64, low: f64, high: f64| {
            if rng.chance(chance) {
                rng.uniform(low.ln(), high.ln()).exp()
            } else {
                0.0
            }
        };
        let muscle_uv = rare(0.85, 2.0, 25.0);
        let wander_uv = rare(0.85, 8.0, 120.0);
        let mains_uv = rare(0.3, 2.0, 30.0);
        let offset_uv = rare(0.3, 20.0, 200.0);
        let loose_contacts_per_min = rare(0.08, 3.0, 12.0);
        Self {
            sampling_rate_hz: RATES[rng.below(RATES.len())],
            counts_per_mv: COUNTS[rng.below(COUNTS.len())],
            gain: if rng.chance(0.3) {
                rng.factor(0.06)
            } else {
                1.0
            },
            muscle_uv,
            wander_uv,
            mains_uv,
            mains_hz: if rng.chance(0.5) { 50.0 } else { 60.0 },
            offset_uv,
            loose_contacts_per_min,
        }
    }

    /// Counts of the twelve leads from I, II, V1-V6 in millivolts.
    pub(crate) fn record(&self, clean: &[[f64; 8]], rng: &mut Rng) -> [Vec<i16>; 12] {
        let noise: [Vec<f64>; 9] = std::array::from_fn(|e| self.electrode(e, clean.len(), rng));
        let mut leads: [Vec<i16>; 12] = std::array::from_fn(|_| Vec::with_capacity(clean.len()));
        for (i, sample) in clean.iter().enumerate() {
            let [ra, la, ll] = [noise[0][i], noise[1][i], noise[2][i]];
            let centre = (ra + la + ll) / 3.0;
            let disturbed: [f64; 8] = std::array::from_fn(|lead| {
                let added = match lead {
                    0 => la - ra,
                    1 => ll - ra,
                    chest => noise[chest + 1][i] - centre,
                };
                let counts = (sample[lead] + added) * self.gain * self.counts_per_mv;
                counts.round().clamp(-16000.0, 16000.0)
            });
            // The eight leads are converted; the rest is arithmetic on their counts.
            for (lead, counts) in leads.iter_mut().zip(twelve(disturbed)) {
                // In range after the clamp: twice 16000 still fits.
                #[allow(clippy::cast_possible_truncation)]
                lead.push(counts.round() as i16);
            }
        }
        leads
    }

    /// The disturbance at one electrode in millivolts: RA, LA, LL, then C1-C6.
    fn electrode(&self, electrode: usize, samples: usize, rng: &mut Rng) -> Vec<f64> {
        let limb = electrode < 3;
        let mut noise = vec![0.0; samples];
        if self.muscle_uv > 0.0 {
            let size = 1e-3 * self.muscle_uv * if limb { 1.25 } else { 0.8 } * rng.factor(0.3);
            self.add_muscle(&mut noise, size, rng);
        }
        if self.wander_uv > 0.0 {
            let size = 1e-3 * self.wander_uv * if limb { 0.7 } else { 1.1 };
            for octave in 0..5 {
                let hz = 0.04 * f64::from(1 << octave) * rng.uniform(0.8, 1.25);
                // Equal power per octave up to breathing, less above it.
                let share = if octave < 4 { 0.62 } else { 0.25 };
                self.add_tone(
                    &mut noise,
                    hz,
                    size * share * rng.factor(0.4),
                    rng.uniform(0.0, TAU),
                );
            }
        }
        if self.mains_uv > 0.0 {
            let size = 1e-3 * self.mains_uv * rng.uniform(0.3, 1.0);
            let phase = rng.uniform(0.0, TAU);
            self.add_tone(&mut noise, self.mains_hz, size, phase);
            self.add_tone(&mut noise, 3.0 * self.mains_hz, 0.15 * size, phase);
        }
        if self.offset_uv > 0.0 {
            let offset = 1e-3 * self.offset_uv * rng.normal(0.0, 1.0);
            noise.iter_mut().for_each(|value| *value += offset);
        }
        if self.loose_contacts_per_min > 0.0 {
            let seconds = samples as f64 / self.sampling_rate_hz;
            let expected = self.loose_contacts_per_min * seconds / 60.0 / 9.0;
            if rng.chance(1.0 - (-expected).exp()) {
                let start = rng.below(samples);
                let size = rng.normal(0.0, 0.6);
                let decay = (-1.0 / (rng.uniform(0.15, 0.9) * self.sampling_rate_hz)).exp();
                let mut jump = size;
                for value in noise.iter_mut().skip(start) {
                    *value += jump;
                    jump *= decay;
                }
            }
        }
        noise
    }

    /// White noise between 20 and 120 Hz that swells and fades.
    fn add_muscle(&self, noise: &mut [f64], size: f64, rng: &mut Rng) {
        let keep = |hz: f64| (-TAU * hz / self.sampling_rate_hz).exp();
        let (high, low) = (keep(20.0), keep(120.0));
        let (mut slow, mut out, mut power) = (0.0, 0.0, 0.0);
        let raw: Vec<f64> = (0..noise.len())
            .map(|_| {
                let white = rng.gaussian();
                slow = high * slow + (1.0 - high) * white;
                out = low * out + (1.0 - low) * (white - slow);
                power += out * out;
                out
            })
            .collect();
        let unit = (power / noise.len().max(1) as f64).sqrt().max(1e-12);
        let mut swell = Tone::new(
            rng.uniform(0.1, 0.5) / self.sampling_rate_hz,
            rng.uniform(0.0, TAU),
        );
        for (value, raw) in noise.iter_mut().zip(raw) {
            *value += size / unit * raw * (1.0 + 0.4 * swell.next());
        }
    }

    fn add_tone(&self, noise: &mut [f64], hz: f64, amplitude: f64, phase: f64) {
        if hz >= self.sampling_rate_hz / 2.0 {
            return;
        }
        let mut tone = Tone::new(hz / self.sampling_rate_hz, phase);
        for value in noise {
            *value += amplitude * std::f64::consts::SQRT_2 * tone.next();
        }
    }
}

/// A sine by rotating a phasor: one multiplication a sample.
struct Tone {
    phasor: (f64, f64),
    step: (f64, f64),
}

impl Tone {
    fn new(cycles_per_sample: f64, phase: f64) -> Self {
        Self {
            phasor: phase.sin_cos(),
            step: (TAU * cycles_per_sample).sin_cos(),
        }
    }

    fn next(&mut self) -> f64 {
        let ((sin, cos), (step_sin, step_cos)) = (self.phasor, self.step);
        self.phasor = (
            sin * step_cos + cos * step_sin,
            cos * step_cos - sin * step_sin,
        );
        sin
    }
}
