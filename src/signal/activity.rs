//! Where the heart beats: one curve over all leads that rises with every QRS complex.

use super::filter::band_pass_all;
use super::gaps::bridge;
use super::resample;
use crate::ecg::Lead;

/// Sampling rate of the curve and of the signals it is made of.
pub(crate) const RATE_HZ: f64 = 100.0;

/// The leads between 5 and 30 Hz at 100 Hz, each in units of its own typical swing, and the curve of their
/// summed steepness.
pub(crate) struct Activity {
    pub leads: Vec<Vec<f64>>,
    pub curve: Vec<f64>,
}

/// The first seconds of a lead at [`RATE_HZ`], gaps bridged; `None` when nothing is there.
pub(crate) fn slow(lead: &Lead, longest_s: f64) -> Option<Vec<f64>> {
    let kept = lead
        .samples
        .len()
        .min((longest_s * lead.sampling_rate_hz).min(1e8) as usize);
    let samples = lead.samples.part(0..kept).microvolts();
    Some(resample(&bridge(&samples)?, lead.sampling_rate_hz, RATE_HZ))
}

/// The median over one-second stretches of the largest deviation.
fn typical_swing(samples: &[f64]) -> Option<f64> {
    let mut swings: Vec<f64> = samples
        .chunks(RATE_HZ as usize)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()))
        })
        .collect();
    swings.sort_by(f64::total_cmp);
    swings.get(swings.len() / 2).copied()
}

pub(crate) fn moving_average(samples: &[f64], width: usize) -> Vec<f64> {
    let half = width / 2;
    let mut sums = Vec::with_capacity(samples.len() + 1);
    let mut sum = 0.0;
    sums.push(sum);
    for value in samples {
        sum += value;
        sums.push(sum);
    }
    (0..samples.len())
        .map(|index| {
            let (from, to) = (
                index.saturating_sub(half),
                (index + half + 1).min(samples.len()),
            );
            (sums[to] - sums[from]) / (to - from) as f64
        })
        .collect()
}

impl Activity {
    /// Of leads at [`RATE_HZ`] without gaps; one that holds a constant is left out. The QRS band follows Pan and
    /// Tompkins 1985 (5-15 Hz), widened so that a narrow QRS keeps its height.
    pub fn of(slow: &[Vec<f64>]) -> Option<Self> {
        let mut leads: Vec<Vec<f64>> = Vec::new();
        for mut band in band_pass_all(slow, RATE_HZ, 5.0, 30.0) {
            let scale = typical_swing(&band)?;
            if scale <= 0.0 {
                continue;
            }
            band.iter_mut().for_each(|value| *value /= scale);
            leads.push(band);
        }
        let length = leads.iter().map(Vec::len).min()?;
        leads.iter_mut().for_each(|lead| lead.truncate(length));
        let mut steepness = vec![0.0; length];
        for lead in &leads {
            for index in 1..length.saturating_sub(1) {
                // A single wild lead must not drown the others.
                let slope: f64 = (lead[index + 1] - lead[index - 1]) / 2.0;
                steepness[index] += slope.abs().min(1.0) / leads.len() as f64;
            }
        }
        Some(Self {
            curve: moving_average(&steepness, 9),
            leads,
        })
    }

    /// Moments, in samples at 100 Hz, at which the curve has a peak of at least `share` of its typical peak, no
    /// two within 250 ms.
    pub fn peaks(&self, share: f64) -> Vec<usize> {
        let mut tops: Vec<f64> = self
            .curve
            .chunks(150)
            .filter(|chunk| chunk.len() >= 75)
            .map(|chunk| chunk.iter().fold(0.0_f64, |most, &value| most.max(value)))
            .collect();
        tops.sort_by(f64::total_cmp);
        let Some(&typical) = tops.get(tops.len() / 2) else {
            return Vec::new();
        };
        let mut peaks: Vec<usize> = Vec::new();
        for (index, &value) in self.curve.iter().enumerate() {
            let before = index
                .checked_sub(1)
                .and_then(|i| self.curve.get(i))
                .copied()
                .unwrap_or(0.0);
            let after = self.curve.get(index + 1).copied().unwrap_or(0.0);
            if value < share * typical || value < before || value <= after {
                continue;
            }
            match peaks.last_mut() {
                Some(last) if index - *last < 25 => {
                    if value > self.curve[*last] {
                        *last = index;
                    }
                }
                _ => peaks.push(index),
            }
        }
        peaks
    }
}
