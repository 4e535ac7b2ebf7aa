//! Fits the model: weights by logistic regression, thresholds by cross-validation within the fitted patients.

use rayon::prelude::*;

use super::super::TrainingError;
use super::super::corpus::{self, Corpus, Example};
use super::super::protocol::Stage;
use super::super::split::{Protocol, split};
use super::{logistic, open};
use crate::ecg::fnv1a;
use crate::signal::reversal::{Coefficients, Model, Swap, TypicalBeat, bounded, evidence};

/// Weight of the data against the size of the weights.
const STRENGTH: f64 = 0.04;
/// A training record that is this sure to be swapped is left out of a second round: real corpora hold real swaps.
const MISTAKEN: f64 = 2.5;
/// Parts of the cross-validation that sets thresholds.
const FOLDS: u64 = 5;
/// Share of the fitted patients' records in which a swap may be named. Below the 2 % that are allowed, for chance and
/// another hospital, and above the share that really is swapped (0.4 to 4 %: Batchvarov et al. 2007, Europace 9:1081).
const FALSE_ALARMS: f64 = 0.012;
/// How much finding each swap counts when thresholds share the false alarms: the arm electrodes most, being exchanged
/// most often; LA/LL least, as it changes least (Abdollah and Milliken 1997).
const WORTH: [f64; 8] = [3.0, 1.0, 0.3, 1.0, 1.0, 1.0, 1.0, 1.0];
/// Lowest threshold: never say what is not likelier than not.
const LOWEST: f64 = 0.5;

/// Fits a model on the patients of the corpora that are not held back.
///
/// # Errors
/// See [`TrainingError`].
pub fn fit(corpora: &[Corpus], say: &(dyn Fn(Stage<'_>) + Sync)) -> Result<Model, TrainingError> {
    let (examples, names) = corpus::unlabelled(corpora)?;
    let parts = split(&examples, Protocol::Split, None, 0);
    let mut chosen: Vec<usize> = parts.train;
    chosen.extend(parts.validation);
    chosen.sort_unstable();
    let chosen: Vec<&Example> = chosen.iter().filter_map(|&i| examples.get(i)).collect();
    let (records, _) = open(&chosen, false, say)?;
    let people: Vec<(u64, &TypicalBeat)> = records
        .iter()
        .filter_map(|record| {
            let beat = record.beats.first()?.as_ref()?;
            Some((fnv1a(&record.example.patient) % FOLDS, beat))
        })
        .collect();
    let fitted: Vec<(Coefficients, Scores)> = Swap::ALL
        .par_iter()
        .map(|&swap| one(swap, &people))
        .collect();
    let (mut swaps, scores): (Vec<Coefficients>, Vec<Scores>) = fitted.into_iter().unzip();
    for (own, threshold) in swaps.iter_mut().zip(thresholds(&scores)) {
        own.threshold = threshold;
    }
    let count = |domain: usize| {
        let own = records
            .iter()
            .filter(|record| record.example.domain == domain);
        own.count()
    };
    Ok(Model {
        command: String::new(),
        records: names
            .iter()
            .enumerate()
            .map(|(domain, name)| format!("{name}: {}", count(domain)))
            .collect(),
        swaps,
    })
}

/// Cross-validated log odds of one swap: for each person as recorded, and after each swap of [`Swap::ALL`].
struct Scores {
    as_recorded: Vec<f64>,
    swapped: Vec<Vec<f64>>,
}

fn one(swap: Swap, people: &[(u64, &TypicalBeat)]) -> (Coefficients, Scores) {
    let contrasts: Vec<Option<Vec<f64>>> = people
        .iter()
        .map(|(_, beat)| evidence(beat, swap))
        .collect();
    let coefficients = |without: Option<u64>| {
        let rows: Vec<&[f64]> = contrasts
            .iter()
            .zip(people)
            .filter(|(_, (fold, _))| Some(*fold) != without)
            .filter_map(|(row, _)| row.as_deref())
            .collect();
        weigh(swap, &rows)
    };
    let folds: Vec<Coefficients> = (0..FOLDS).map(|fold| coefficients(Some(fold))).collect();
    let score = |fold: u64, contrast: Option<Vec<f64>>| {
        let own = usize::try_from(fold).ok().and_then(|fold| folds.get(fold));
        own.zip(contrast)
            .map_or(f64::NEG_INFINITY, |(own, contrast)| own.log_odds(&contrast))
    };
    let scores = Scores {
        as_recorded: people
            .iter()
            .zip(&contrasts)
            .map(|((fold, _), contrast)| score(*fold, contrast.clone()))
            .collect(),
        swapped: Swap::ALL
            .iter()
            .map(|made| {
                let beats = people.iter();
                beats
                    .map(|(fold, beat)| score(*fold, evidence(&made.of_beat(beat), swap)))
                    .collect()
            })
            .collect(),
    };
    (coefficients(None), scores)
}

fn weigh(swap: Swap, rows: &[&[f64]]) -> Coefficients {
    let size = rows.first().map_or(0, |row| row.len());
    let mut scale = vec![0.0; size];
    for row in rows {
        for (sum, value) in scale.iter_mut().zip(*row) {
            *sum += value * value / rows.len() as f64;
        }
    }
    let scale: Vec<f64> = scale
        .into_iter()
        .map(|sum| {
            if sum > 1e-12 {
                five_digits(sum.sqrt())
            } else {
                0.0
            }
        })
        .collect();
    let bounded: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            row.iter()
                .zip(&scale)
                .map(|(v, s)| bounded(*v, *s))
                .collect()
        })
        .collect();
    let all: Vec<&[f64]> = bounded.iter().map(Vec::as_slice).collect();
    let odds =
        |row: &[f64], weight: &[f64]| row.iter().zip(weight).map(|(x, w)| x * w).sum::<f64>();
    let first = logistic::fit(&all, STRENGTH);
    let trusted: Vec<&[f64]> = all
        .into_iter()
        .filter(|row| odds(row, &first) < MISTAKEN)
        .collect();
    Coefficients {
        swap: swap.id().to_owned(),
        threshold: 0.0,
        weight: logistic::fit(&trusted, STRENGTH)
            .into_iter()
            .map(five_digits)
            .collect(),
        scale,
    }
}

fn five_digits(value: f64) -> f64 {
    format!("{value:.4e}").parse().unwrap_or(value)
}

/// Thresholds that find most while no more records are named than [`FALSE_ALARMS`]: each false alarm is given a price,
/// thresholds are set one after the other to the best balance, and the lowest price is taken that keeps the bound.
fn thresholds(scores: &[Scores]) -> Vec<f64> {
    let grid: Vec<f64> = (2..=40).map(|step| f64::from(step) / 4.0).collect();
    let start = vec![2.0_f64.max(LOWEST); scores.len()];
    let mut best = start.clone();
    for step in 0..26 {
        let price = 20.0 * 1.13_f64.powi(step);
        let mut thresholds = start.clone();
        for _ in 0..3 {
            for own in 0..thresholds.len() {
                let value = |&candidate: &f64| {
                    let mut tried = thresholds.clone();
                    tried[own] = candidate;
                    let worth: f64 = found(scores, &tried)
                        .iter()
                        .zip(WORTH)
                        .map(|(share, worth)| share * worth)
                        .sum();
                    worth - price * named(scores, &tried)
                };
                let values: Vec<f64> = grid.par_iter().map(value).collect();
                let top = (0..grid.len()).max_by(|&a, &b| values[a].total_cmp(&values[b]));
                thresholds[own] = top.map_or(thresholds[own], |top| grid[top]);
            }
        }
        best = thresholds;
        if named(scores, &best) <= FALSE_ALARMS {
            break;
        }
    }
    best
}

/// Share of the people named as swapped though recorded so.
fn named(scores: &[Scores], thresholds: &[f64]) -> f64 {
    let people = scores.first().map_or(0, |own| own.as_recorded.len());
    let named = (0..people).filter(|&person| {
        scores
            .iter()
            .zip(thresholds)
            .any(|(own, threshold)| own.as_recorded[person] > *threshold)
    });
    named.count() as f64 / people.max(1) as f64
}

/// For each swap the share of people in whom it exceeds its threshold, and by more than any other.
fn found(scores: &[Scores], thresholds: &[f64]) -> Vec<f64> {
    let people = scores.first().map_or(0, |own| own.as_recorded.len());
    (0..scores.len())
        .map(|made| {
            let right = (0..people).filter(|&person| {
                let above = |asked: usize| scores[asked].swapped[made][person] - thresholds[asked];
                let own = above(made);
                own > 0.0 && (0..scores.len()).all(|asked| asked == made || above(asked) < own)
            });
            right.count() as f64 / people.max(1) as f64
        })
        .collect()
}
