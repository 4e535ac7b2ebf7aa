//! Wave boundaries against simulated truth, over noise.
//!
//! White noise of its own is added to each lead until its power is that far below the lead's. Truth and ours are the
//! boundaries over all leads. What is true by the simulator's definition (P from and to 5 % of its height, QRS while
//! its vector exceeds 0.02 mV, T to 4 % of its height) is not what annotators or devices mark to the millisecond:
//! the mean tells the two definitions apart, the standard deviation tells how steady the measurement is.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::StandardNormal;
use rayon::prelude::*;
use serde_json::{Map, Value, json};

use crate::ecg::{Recording, Samples};
use crate::measure::evaluate::Matched;
use crate::measure::{Boundaries, measure};
use crate::simulate::{Condition, Device, Settings, TrueBeat, Truth, conditions, simulate};

/// Power of a lead over that of its noise, in decibels.
pub const SNR_DB: [f64; 5] = [30.0, 24.0, 18.0, 12.0, 6.0];
/// Seeds of the people drawn begin here, away from those of the bundled cases.
const FIRST_SEED: u64 = 1000;

type Pick = fn(&Boundaries) -> Option<f64>;
type PickTrue = fn(&TrueBeat) -> Option<f64>;

const BOUNDARIES: [(&str, Pick, PickTrue); 7] = [
    ("p_on", |b| b.p_on, |t| Some(t.p?.on_s)),
    ("p_peak", |b| b.p_peak, |t| Some(t.p?.peak_s)),
    ("p_off", |b| b.p_off, |t| Some(t.p?.off_s)),
    ("qrs_on", |b| b.qrs_on, |t| Some(t.qrs_on_s)),
    ("qrs_off", |b| b.qrs_off, |t| Some(t.qrs_off_s)),
    ("t_peak", |b| b.t_peak, |t| Some(t.t?.peak_s)),
    ("t_off", |b| b.t_off, |t| Some(t.t?.off_s)),
];

type All = [Matched; BOUNDARIES.len()];

/// Measures `seeds` people of every condition at every [`SNR_DB`]: `{"seeds", "conditions", "curve": [{"snr_db",
/// "boundaries": {name: {"mean_ms", "sd_ms", "sensitivity", "ppv", "n"}}}]}`.
pub fn simulated(seeds: u64) -> Value {
    of(&conditions().iter().collect::<Vec<_>>(), seeds)
}

/// The same of some conditions.
pub fn of(conditions: &[&Condition], seeds: u64) -> Value {
    let curve: Vec<Value> = SNR_DB
        .iter()
        .map(|&snr_db| {
            let found = at(conditions, seeds, snr_db);
            let boundaries: Map<String, Value> = BOUNDARIES
                .iter()
                .zip(&found)
                .map(|((name, ..), matched)| ((*name).to_owned(), matched.figures()))
                .collect();
            json!({ "snr_db": snr_db, "boundaries": boundaries })
        })
        .collect();
    json!({
        "seeds": seeds,
        "conditions": conditions.iter().map(|condition| condition.id).collect::<Vec<_>>(),
        "curve": curve,
    })
}

fn at(conditions: &[&Condition], seeds: u64, snr_db: f64) -> All {
    let people: Vec<(&Condition, u64)> = conditions
        .iter()
        .flat_map(|&condition| (FIRST_SEED..FIRST_SEED + seeds).map(move |seed| (condition, seed)))
        .collect();
    let settings = Settings {
        device: Device::ideal(500.0),
        ..Settings::default()
    };
    people
        .par_iter()
        .map(|(condition, seed)| {
            let mut simulation = simulate(condition, *seed, &settings);
            add_noise(&mut simulation.recording, *seed, snr_db);
            compare(&simulation.recording, &simulation.truth)
        })
        .reduce(All::default, |mut sum, own| {
            for (sum, own) in sum.iter_mut().zip(&own) {
                sum.add(own);
            }
            sum
        })
}

fn add_noise(recording: &mut Recording, seed: u64, snr_db: f64) {
    let mut rng = StdRng::seed_from_u64(seed);
    for lead in &mut recording.leads {
        let values = lead.samples.microvolts();
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        let power = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        let size = power.sqrt() * 10_f64.powf(-snr_db / 20.0);
        let noisy = values
            .iter()
            .map(|value| value + size * rng.sample::<f64, _>(StandardNormal))
            .collect();
        lead.samples = Samples::from_microvolts(noisy);
    }
}

fn compare(recording: &Recording, truth: &Truth) -> All {
    let measured = measure(recording);
    // A beat that is cut off at an end has no whole truth.
    let inside = |time: f64| (0.5..truth.duration_s - 0.8).contains(&time);
    let mut found = All::default();
    for (matched, (_, ours, theirs)) in found.iter_mut().zip(&BOUNDARIES) {
        let truths: Vec<f64> = truth
            .beats
            .iter()
            .filter(|beat| inside(beat.r_peak_s))
            .filter_map(theirs)
            .collect();
        let beats = measured.beats.iter().filter(|beat| inside(beat.time_s));
        let ours: Vec<f64> = beats.filter_map(|beat| ours(&beat.boundaries)).collect();
        matched.pair(&truths, &ours, (0.0, truth.duration_s));
    }
    found
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::simulate::condition;

    fn figure(of: &Value, level: usize, boundary: &str, name: &str) -> f64 {
        of["curve"][level]["boundaries"][boundary][name]
            .as_f64()
            .unwrap()
    }

    #[test]
    fn boundaries_are_close_and_steady_in_little_noise_and_get_worse_slowly() {
        let drawn = [
            "sinus_rhythm",
            "first_degree_av_block",
            "right_bundle_branch_block",
        ];
        let drawn: Vec<&Condition> = drawn.iter().filter_map(|id| condition(id)).collect();
        let found = of(&drawn, 3);
        for (name, ..) in BOUNDARIES {
            let mean = figure(&found, 0, name, "mean_ms");
            let sd = figure(&found, 0, name, "sd_ms");
            assert!(
                mean.abs() <= 10.0 && sd <= 8.0,
                "{name}: {mean} ± {sd} ms at 30 dB"
            );
            assert!(figure(&found, 0, name, "sensitivity") > 0.99, "{name}");
            let (worst, found) = (
                figure(&found, 4, name, "sd_ms"),
                figure(&found, 4, name, "n"),
            );
            assert!(worst <= 20.0 && found > 0.0, "{name}: {worst} ms at 6 dB");
        }
        assert!(figure(&found, 4, "qrs_on", "sensitivity") > 0.99);
    }
}
