//! Whether explanations explain: the five tests that `evaluate --explanations` runs, after Adebayo 2018 (1810.03292,
//! weights randomised), Petsiuk 2018 (1806.07421, deletion and insertion) and Zhang 2018 (1608.00507, pointing game).

mod pointing;
mod table;
mod trial;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use self::pointing::Pointing;
pub use self::table::to_markdown;
use self::trial::{Trial, trials};
use super::TrainingError;
use super::corpus::{self, Corpus, Example};
use super::metrics::{ci95, resamples};
use super::predict;
use super::protocol::Stage;
use crate::reading::{Method, Reader};

/// Resamples of the bootstrap, and the seed of everything random.
const DRAWS: usize = 1000;
const SEED: u64 = 20_261_123;
/// Fewer records have no interval: resamples of so few say nothing about others.
const LEAST_RECORDS: usize = 5;
/// Simulated people in each pointing game.
const PEOPLE: u64 = 80;

/// Runs all tests on records of `corpora` that are labelled with a statement and read as having it, and on
/// simulations. No more than `limit` records for a statement.
///
/// # Errors
/// See [`TrainingError`].
pub fn evaluate(
    reader: &Reader,
    method: Method,
    corpora: &[Corpus],
    limit: usize,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Value, TrainingError> {
    let (examples, _) = corpus::read_all(corpora)?;
    let ids = &reader.card().config.statements;
    let columns = predict::columns(ids)?;
    let randomised = reader.randomised(SEED)?;
    let chosen = choose(&examples, &columns, limit);
    let (of, done) = (chosen.len(), AtomicUsize::new(0));
    let read: Vec<Result<trial::Record, String>> = chosen
        .par_iter()
        .map(|&(index, ref statements)| {
            let record = examples
                .get(index)
                .ok_or_else(|| "no such record".to_owned())
                .and_then(|example| {
                    let recording = example.source.open()?;
                    let seed = SEED ^ ((index as u64) << 20);
                    trials(reader, &randomised, &recording, statements, method, seed)
                        .map_err(|error| format!("{}: {error}", example.source))
                });
            say(Stage::Reading {
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                of,
            });
            record
        })
        .collect();
    let mut records = Vec::new();
    for record in read {
        match record {
            Ok(record) => records.push(record),
            Err(reason) => say(Stage::Note(format!("left out: {reason}"))),
        }
    }
    let simulated = pointing::simulated(reader, method, PEOPLE)?;
    Ok(summary(reader, method, &records, &simulated))
}

/// The records to explain, each with the positions of the statements it is labelled with.
fn choose(examples: &[Example], columns: &[usize], limit: usize) -> Vec<(usize, Vec<usize>)> {
    let mut taken = vec![0; columns.len()];
    examples
        .iter()
        .enumerate()
        .filter_map(|(index, example)| {
            let mut statements = Vec::new();
            for (position, (&column, taken)) in columns.iter().zip(&mut taken).enumerate() {
                let present = example.labels.get(column).copied().flatten() == Some(true);
                if present && *taken < limit {
                    *taken += 1;
                    statements.push(position);
                }
            }
            (!statements.is_empty()).then_some((index, statements))
        })
        .collect()
}

fn summary(
    reader: &Reader,
    method: Method,
    records: &[trial::Record],
    simulated: &BTreeMap<String, Pointing>,
) -> Value {
    let all: Vec<(usize, &Trial)> = records
        .iter()
        .enumerate()
        .flat_map(|(record, of)| of.trials.iter().map(move |trial| (record, trial)))
        .collect();
    let of = |value: &dyn Fn(&Trial) -> f64| {
        mean(all.iter().map(|(record, trial)| (*record, value(trial))))
    };
    let advantage = |trials: &[(usize, &Trial)]| {
        let of = |value: &dyn Fn(&Trial) -> f64| {
            mean(trials.iter().map(|(record, trial)| (*record, value(trial))))
        };
        json!({
            "n": trials.len(),
            "deletion": of(&|t| t.deletion.map),
            "deletion_over_random": of(&|t| t.deletion.map - t.deletion.random),
            "deletion_over_qrs_energy": of(&|t| t.deletion.map - t.deletion.energy),
            "insertion": of(&|t| t.insertion.map),
            "insertion_over_random": of(&|t| t.insertion.map - t.insertion.random),
            "insertion_over_qrs_energy": of(&|t| t.insertion.map - t.insertion.energy),
        })
    };
    let ids = &reader.card().config.statements;
    let labels: Map<String, Value> = ids
        .iter()
        .enumerate()
        .filter_map(|(position, id)| {
            let own: Vec<_> = all
                .iter()
                .filter(|(_, trial)| trial.statement == position)
                .copied()
                .collect();
            (!own.is_empty()).then(|| (id.clone(), advantage(&own)))
        })
        .collect();
    let attention = records
        .iter()
        .enumerate()
        .filter_map(|(record, of)| Some((record, of.attention?)));
    let ectopic: Pointing = records.iter().map(|record| record.ectopic).sum();
    let mut games: Map<String, Value> = simulated
        .iter()
        .map(|(name, game)| (name.clone(), game.to_json()))
        .collect();
    games.insert("real ectopic beats".to_owned(), ectopic.to_json());
    json!({
        "model": reader.card().name,
        "method": method.name(),
        "records": records.len(),
        "explanations": all.len(),
        "randomised_weights": { "mean_absolute_rho": of(&|t| t.randomised.abs()) },
        "deletion_insertion": { "all": advantage(&all), "labels": labels },
        "pointing": games,
        "lead_attention": {
            "gate_with_occlusion": mean(attention),
            "heat_with_occlusion": of(&|t| t.leads),
        },
        "stability": {
            "rho_under_1_percent_noise": of(&|t| t.noise),
            "rho_under_a_shift_of_one_sample": of(&|t| t.shift),
        },
    })
}

/// Mean with its interval by bootstrap over records, from [`LEAST_RECORDS`] on; `values` are `(record, value)`.
fn mean(values: impl Iterator<Item = (usize, f64)>) -> Value {
    let values: Vec<(usize, f64)> = values.filter(|(_, value)| value.is_finite()).collect();
    if values.is_empty() {
        return Value::Null;
    }
    // Numbered without gaps: a record without a value must not be drawn.
    let mut numbers = HashMap::new();
    let clusters: Vec<usize> = values
        .iter()
        .map(|&(record, _)| {
            let next = numbers.len();
            *numbers.entry(record).or_insert(next)
        })
        .collect();
    let weighted = |weights: &dyn Fn(usize) -> f64| {
        let total: f64 = (0..values.len()).map(weights).sum();
        let sum: f64 = values
            .iter()
            .enumerate()
            .map(|(index, (_, value))| weights(index) * value)
            .sum();
        sum / total
    };
    let rounded = |value: f64| (value * 1000.0).round() / 1000.0;
    let interval = || {
        let drawn = resamples(&clusters, DRAWS, SEED);
        let of = |weights: &Vec<f64>| weighted(&|index| weights.get(index).copied().unwrap_or(0.0));
        ci95(drawn.iter().map(of).collect())
    };
    let interval = (numbers.len() >= LEAST_RECORDS).then(interval).flatten();
    json!({
        "mean": rounded(weighted(&|_| 1.0)),
        "ci95": interval.map(|ends| ends.map(rounded)),
        "n": values.len(),
    })
}

/// Spearman's rank correlation, ties sharing their mean rank; 0 where one side does not vary.
fn spearman(a: &[f32], b: &[f32]) -> f64 {
    let (a, b) = (ranks(a), ranks(b));
    let count = a.len().min(b.len()) as f64;
    let (mean_a, mean_b) = (a.iter().sum::<f64>() / count, b.iter().sum::<f64>() / count);
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(&b) {
        let (a, b) = (a - mean_a, b - mean_b);
        both += a * b;
        of_a += a * a;
        of_b += b * b;
    }
    if of_a > 0.0 && of_b > 0.0 {
        both / (of_a * of_b).sqrt()
    } else {
        0.0
    }
}

fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = |&&index: &&usize| values[index] == values[order[start]];
        let tied = order[start..].iter().take_while(same).count();
        for &index in &order[start..start + tied] {
            ranks[index] = start as f64 + (tied as f64 - 1.0) / 2.0;
        }
        start += tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_correlate_as_in_scipy() {
        // scipy.stats.spearmanr([1, 2, 2, 4, 9], [5, 1, 2, 8, 7])
        let rho = spearman(&[1.0, 2.0, 2.0, 4.0, 9.0], &[5.0, 1.0, 2.0, 8.0, 7.0]);
        assert!((rho - 0.564_288).abs() < 1e-3, "{rho}");
        assert!((spearman(&[1.0, 2.0, 3.0], &[30.0, 20.0, 10.0]) + 1.0).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 1.0, 1.0], &[1.0, 2.0, 3.0]), 0.0);
    }

    #[test]
    fn a_mean_has_its_interval_around_it() {
        let value = mean((0..50).map(|record| (record, f64::from(record as u32 % 2))));
        assert_eq!(value["mean"], 0.5);
        let ends: Vec<f64> = serde_json::from_value(value["ci95"].clone()).unwrap_or_default();
        assert!(ends[0] > 0.3 && ends[0] < 0.5 && ends[1] > 0.5 && ends[1] < 0.7);
        assert_eq!(mean(std::iter::empty()), Value::Null);
    }

    #[test]
    fn records_without_a_value_widen_no_interval_and_a_few_have_none() {
        let alone = mean([(70, 3.309)].into_iter());
        assert_eq!(
            (&alone["mean"], &alone["ci95"]),
            (&json!(3.309), &Value::Null)
        );
        let values = [2.0, 2.5, 3.0, 2.2, 2.8, 2.6];
        let of = |apart: usize| {
            let own = values.iter().enumerate();
            mean(own.map(|(record, &value)| (record * apart, value)))
        };
        assert_eq!(of(1), of(50));
        let ends: Vec<f64> = serde_json::from_value(of(50)["ci95"].clone()).unwrap_or_default();
        assert!(
            ends.len() == 2 && ends[0] >= 2.0 && ends[1] <= 3.0,
            "{ends:?}"
        );
    }
}
