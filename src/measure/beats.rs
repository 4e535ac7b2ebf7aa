//! QRS detection over all leads together.

use super::prepare::{Prepared, RATE_HZ, samples};
use crate::signal::butterworth::{Band, Padding, butterworth, filter_all_both_ways};

/// Two beats are at least this far apart (300 beats a minute).
const REFRACTORY: usize = samples(200);

/// Curves over all leads at the working rate in which QRS complexes stand out.
pub(crate) struct Detector {
    /// Summed steepness between 5 and 30 Hz, smoothed over 80 ms: how much QRS is here.
    pub activity: Vec<f64>,
    /// Summed size in the same band: where its middle is.
    pub energy: Vec<f64>,
}

/// A deflection of less than this share of the next one, summed over the leads from top to bottom, that comes no more
/// than a short PR interval before it, is its P wave (a paced complex is too slow to outdo it in steepness; the share was
/// set on LUDB).
const P_SHARE: f64 = 0.3;
const LONGEST_PR: usize = samples(300);

impl Detector {
    pub fn new(prepared: &Prepared) -> Option<Self> {
        let band = butterworth(2, Band::Between(6.0, 28.0), RATE_HZ)?;
        let length = prepared.length;
        let (mut steepness, mut energy) = (vec![0.0; length], vec![0.0; length]);
        let narrow: Vec<&[f64]> = prepared.leads.iter().map(|lead| &*lead.narrow).collect();
        for filtered in filter_all_both_ways(&band, &narrow, Padding::Even(250)) {
            let swing = typical_swing(&filtered);
            if swing <= 0.0 {
                continue;
            }
            for index in 5..length.saturating_sub(5) {
                let slope = (filtered[index + 5] - filtered[index - 5]) / swing;
                // A single wild lead must not drown the others.
                steepness[index] += slope.abs().min(1.5);
                energy[index] += (filtered[index] / swing).powi(2).min(2.0);
            }
        }
        Some(Self {
            activity: smooth(&steepness, samples(80)),
            energy: smooth(&energy, samples(30)),
        })
    }

    /// Middles of the QRS complexes, in samples.
    pub fn beats(&self, prepared: &Prepared) -> Vec<usize> {
        let candidates = self.candidates();
        let kept = without_weak(&self.activity, &candidates);
        let middles: Vec<usize> = kept
            .iter()
            .map(|&peak| {
                let from = peak.saturating_sub(samples(60));
                let to = (peak + samples(60)).min(self.energy.len());
                (from..to)
                    .max_by(|&a, &b| self.energy[a].total_cmp(&self.energy[b]))
                    .unwrap_or(peak)
            })
            .collect();
        without_p_waves(prepared, &middles)
    }

    /// Local maxima of the activity, the higher one of any two within the refractory time.
    fn candidates(&self) -> Vec<usize> {
        let mut peaks: Vec<usize> = Vec::new();
        for index in 1..self.activity.len().saturating_sub(1) {
            let value = self.activity[index];
            if value <= self.activity[index - 1] || value < self.activity[index + 1] {
                continue;
            }
            match peaks.last_mut() {
                Some(last) if index - *last < REFRACTORY => {
                    if value > self.activity[*last] {
                        *last = index;
                    }
                }
                _ => peaks.push(index),
            }
        }
        peaks
    }
}

fn without_p_waves(prepared: &Prepared, middles: &[usize]) -> Vec<usize> {
    let height = |middle: usize| -> f64 {
        let around =
            middle.saturating_sub(samples(60))..(middle + samples(60)).min(prepared.length);
        let heights = prepared.leads.iter().map(|lead| {
            let part = &lead.narrow[around.clone()];
            let (low, high) = part
                .iter()
                .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| {
                    (low.min(value), high.max(value))
                });
            high - low
        });
        heights.sum()
    };
    let is_p = |index: usize| {
        middles.get(index + 1).is_some_and(|&next| {
            next - middles[index] <= LONGEST_PR && height(middles[index]) < P_SHARE * height(next)
        })
    };
    (0..middles.len())
        .filter(|&index| !is_p(index))
        .map(|index| middles[index])
        .collect()
}

/// A peak counts from this share of the typical height of the complexes around it.
const SHARE: f64 = 0.35;

fn without_weak(activity: &[f64], candidates: &[usize]) -> Vec<usize> {
    // Typical height: the median of the highest peak in each stretch of 1.5 s, over 15 s around.
    let stretch = samples(1500);
    let tops: Vec<f64> = activity
        .chunks(stretch)
        .map(|chunk| chunk.iter().fold(0.0_f64, |most, &value| most.max(value)))
        .collect();
    let typical = |index: usize| {
        let own = index / stretch;
        let from = own.saturating_sub(5);
        let to = (own + 6).min(tops.len());
        median(&tops[from..to])
    };
    candidates
        .iter()
        .copied()
        .filter(|&peak| activity[peak] >= SHARE * typical(peak) && activity[peak] > 0.0)
        .collect()
}

/// The median over one-second stretches of the largest deviation.
fn typical_swing(values: &[f64]) -> f64 {
    let swings: Vec<f64> = values
        .chunks(samples(1000))
        .map(|chunk| {
            chunk
                .iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()))
        })
        .collect();
    median(&swings)
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

pub(crate) fn smooth(values: &[f64], width: usize) -> Vec<f64> {
    crate::signal::activity::moving_average(values, width)
}
