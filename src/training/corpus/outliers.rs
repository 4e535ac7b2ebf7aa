//! What no electrocardiogram looks like, made from records: a network that is shown such things learns to say when
//! it is shown another (outlier exposure: Hendrycks 2019, 1812.04606).

use std::fmt;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use super::{Example, Source};
use crate::ecg::{Recording, Samples, Unit};

/// What is done to a recording so that no statement about a heart can be read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Distortion {
    /// Played backwards.
    Reversed,
    /// Its header states another sampling rate, by a factor of 1.7 to 4.
    WrongRate,
    /// The curves stand under each other's names.
    Shuffled,
    /// Each lead begins at a moment of its own.
    Apart,
    /// Coloured noise, in parts common to all leads, without a heart.
    Noise,
    /// Noise with an alpha rhythm, as of an electroencephalogram.
    Eeg,
}

impl Distortion {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Reversed,
        Self::WrongRate,
        Self::Shuffled,
        Self::Apart,
        Self::Noise,
        Self::Eeg,
    ];

    /// Does it.
    pub fn apply(self, recording: &mut Recording, seed: u64) {
        let mut rng = StdRng::seed_from_u64(seed);
        match self {
            Self::Reversed => reverse(recording),
            Self::WrongRate => {
                let factor = rng.random_range(1.7..4.0_f64);
                let factor = if rng.random_bool(0.5) {
                    factor
                } else {
                    1.0 / factor
                };
                recording.sampling_rate_hz *= factor;
                for lead in &mut recording.leads {
                    lead.sampling_rate_hz *= factor;
                }
            }
            Self::Shuffled => shuffle(recording, &mut rng),
            Self::Apart => {
                for lead in &mut recording.leads {
                    let mut values = lead.samples.microvolts();
                    let start = rng.random_range(0..values.len().max(1));
                    values.rotate_left(start);
                    lead.samples = Samples::from_microvolts(values);
                }
            }
            Self::Noise => noise(recording, false, &mut rng),
            Self::Eeg => noise(recording, true, &mut rng),
        }
    }
}

impl fmt::Display for Distortion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Reversed => "reversed",
            Self::WrongRate => "wrong rate",
            Self::Shuffled => "shuffled",
            Self::Apart => "apart",
            Self::Noise => "noise",
            Self::Eeg => "EEG",
        })
    }
}

/// A distorted twin of every record in `one_in`, with no statement known. They belong to the same patients.
pub fn outliers(examples: &[Example], one_in: usize, seed: u64) -> Vec<Example> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x0dd);
    examples
        .iter()
        .filter_map(|example| {
            let Source::File(path) = &example.source else {
                return None;
            };
            let (drawn, kind, seed) = (
                rng.random_range(0..one_in.max(1)),
                rng.random_range(0..Distortion::ALL.len()),
                rng.random(),
            );
            (drawn == 0).then(|| Example {
                source: Source::Distorted {
                    path: path.clone(),
                    how: Distortion::ALL[kind],
                    seed,
                },
                labels: vec![None; example.labels.len()],
                ..example.clone()
            })
        })
        .collect()
}

fn reverse(recording: &mut Recording) {
    for lead in &mut recording.leads {
        let mut values = lead.samples.microvolts();
        values.reverse();
        lead.samples = Samples::from_microvolts(values);
    }
}

/// No more than two leads keep their place.
fn shuffle(recording: &mut Recording, rng: &mut StdRng) {
    let count = recording.leads.len();
    if count < 4 {
        return reverse(recording);
    }
    let mut order: Vec<usize> = (0..count).collect();
    loop {
        order.shuffle(rng);
        if order
            .iter()
            .enumerate()
            .filter(|&(at, &from)| at == from)
            .count()
            <= 2
        {
            break;
        }
    }
    let samples: Vec<Samples> = recording
        .leads
        .iter()
        .map(|lead| lead.samples.clone())
        .collect();
    for (lead, from) in recording.leads.iter_mut().zip(order) {
        if let Some(samples) = samples.get(from) {
            lead.samples = samples.clone();
        }
    }
}

/// Noise whose power falls with frequency by a power between 0 and 2, a part of it common to neighbouring leads.
fn noise(recording: &mut Recording, alpha: bool, rng: &mut StdRng) {
    let rate = recording.sampling_rate_hz.max(1.0);
    let memory = if alpha {
        0.97
    } else {
        rng.random_range(0.0..0.995)
    };
    let common = rng.random_range(0.0..0.9);
    let level: f64 = if alpha {
        rng.random_range(10.0..60.0)
    } else {
        rng.random_range(5.0..400.0)
    };
    let longest = recording
        .leads
        .iter()
        .map(|lead| lead.samples.len())
        .max()
        .unwrap_or(0);
    let shared = coloured(longest, memory, rng);
    let turns = rng.random_range(8.0..12.0) * std::f64::consts::TAU / rate;
    for lead in &mut recording.leads {
        let own = coloured(lead.samples.len(), memory, rng);
        let (strength, phase) = (
            if alpha {
                rng.random_range(0.5..2.0)
            } else {
                0.0
            },
            rng.random_range(0.0..std::f64::consts::TAU),
        );
        // Waxing and waning within some seconds, as alpha does.
        let slow = turns / rng.random_range(8.0..20.0);
        let values = own
            .iter()
            .zip(&shared)
            .enumerate()
            .map(|(at, (own, shared))| {
                let at = at as f64;
                let wave = strength * (turns * at + phase).sin() * (slow * at).sin().abs();
                level * (common * shared + (1.0 - common) * own + wave)
            })
            .collect();
        lead.samples = Samples::from_microvolts(values);
        lead.unit = Unit::Microvolt;
    }
}

/// A first-order autoregressive sequence of deviation 1.
fn coloured(length: usize, memory: f64, rng: &mut StdRng) -> Vec<f64> {
    let fresh = (1.0 - memory * memory).sqrt();
    let mut value: f64 = StandardNormal.sample(rng);
    (0..length)
        .map(|_| {
            let drawn: f64 = StandardNormal.sample(rng);
            value = memory * value + fresh * drawn;
            value
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::simulate::random;

    #[test]
    fn every_distortion_changes_the_tracing_and_the_same_seed_does_the_same() {
        let tracing = random(5).recording;
        for how in Distortion::ALL {
            let [mut once, mut again] = [tracing.clone(), tracing.clone()];
            how.apply(&mut once, 3);
            how.apply(&mut again, 3);
            assert_eq!(once, again, "{how}");
            assert_ne!(once, tracing, "{how}");
            assert_eq!(once.leads.len(), tracing.leads.len());
            if how != Distortion::WrongRate {
                assert_eq!(once.duration_s(), tracing.duration_s(), "{how}");
            }
        }
    }

    #[test]
    fn a_twin_has_the_patient_and_the_fold_and_knows_nothing() {
        let examples: Vec<Example> = (0..600)
            .map(|number| Example {
                source: Source::File(format!("{number}").into()),
                domain: 2,
                patient: format!("p{number}"),
                fold: Some(number % 10),
                labels: vec![Some(true), None],
            })
            .collect();
        let twins = outliers(&examples, 3, 1);
        assert!((150..250).contains(&twins.len()), "{}", twins.len());
        for twin in &twins {
            let Source::Distorted { path, .. } = &twin.source else {
                panic!("{:?}", twin.source);
            };
            let original = examples
                .iter()
                .find(|example| example.source == Source::File(path.clone()))
                .unwrap();
            assert_eq!(
                (twin.fold, &twin.patient),
                (original.fold, &original.patient)
            );
            assert_eq!(twin.labels, [None, None]);
        }
    }
}
