//! What a network or a reader is worth on labelled records.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::calibration::{self, Platt};
use super::corpus::{self, Corpus, Example, Source};
use super::evaluation::{self, Domain, Said};
use super::metrics::Ranking;
use super::predict::Predictions;
use super::protocol::Stage;
use super::split::{Protocol, split};
use super::windows::Windows;
use super::{TrainingError, predict};
use crate::network::Card;
use crate::network::weights::Band;
use crate::reading::vocabulary::{self, Statement};
use crate::reading::{Reader, findings, log_odds};

/// Judges a reader on corpora, every record of them or those of the patients whom its own training held back, exactly
/// as a user's file is read.
///
/// # Errors
/// See [`TrainingError`]. A record that cannot be read is counted and noted.
pub fn evaluate(
    reader: &Reader,
    corpora: &[Corpus],
    held_back: bool,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Vec<Domain>, TrainingError> {
    let (mut examples, names) =
        corpus::read_all_noting(corpora, &mut |note| say(Stage::Note(note)))?;
    let card = reader.card();
    if held_back {
        let test = split(&examples, Protocol::Split, None, seed_of_split(card)?).test;
        let chosen = test.iter().filter_map(|&index| examples.get(index));
        examples = chosen.cloned().collect();
    }
    predict::columns(&card.config.statements)?;
    let (of, done) = (examples.len(), AtomicUsize::new(0));
    let said: Vec<Option<Vec<Said>>> = examples
        .par_iter()
        .map(|example| {
            let read = said_of(reader, example);
            say(Stage::Reading {
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                of,
            });
            read.map_err(|reason| {
                say(Stage::Note(format!(
                    "not read: {}: {reason}",
                    example.source
                )));
                reason
            })
            .ok()
        })
        .collect();
    if said.iter().all(Option::is_none) {
        return Err(TrainingError::Unreadable {
            records: of,
            reason: examples
                .first()
                .map(|example| example.source.to_string())
                .unwrap_or_default(),
        });
    }
    let judged: Vec<&Example> = examples.iter().collect();
    Ok(evaluation::judge(
        &judged,
        &names,
        &said,
        &card.config.statements,
        &card.thresholds,
    ))
}

/// The seed by which the training of these weights held patients back.
fn seed_of_split(card: &Card) -> Result<u64, TrainingError> {
    let training = &card.training;
    let split = training.get("protocol").and_then(Value::as_str) == Some("split");
    let seed = training.get("seed").and_then(Value::as_u64);
    seed.filter(|_| split).ok_or(TrainingError::NobodyHeldBack)
}

/// What is said of one record, in the order of the card's statements.
fn said_of(reader: &Reader, example: &Example) -> Result<Vec<Said>, String> {
    let recording = example.source.open()?;
    let reading = reader.read(&recording).map_err(|error| error.to_string())?;
    if let Some(reason) = reading.not_readable {
        return Err(reason);
    }
    let of = |id: &String| {
        let finding = reading
            .findings
            .iter()
            .find(|finding| finding.statement.id == *id);
        finding.map(Said::from)
    };
    let all: Option<Vec<Said>> = reader.card().config.statements.iter().map(of).collect();
    all.ok_or_else(|| "the reading lacks a statement".to_owned())
}

/// Calibration and threshold of each statement from its logits with their truth.
pub fn calibrate(cases: &[Vec<(f32, bool)>]) -> (Vec<Platt>, Vec<f32>) {
    let platt = calibration::fit(cases);
    let thresholds = cases
        .iter()
        .zip(&platt)
        .map(|(cases, &platt)| {
            let ranking =
                Ranking::new(cases.iter().enumerate().map(|(i, &(logit, truth))| {
                    (calibration::probability(platt, logit), truth, i)
                }));
            calibration::threshold(&ranking, calibration::PRIOR_THRESHOLD)
        })
        .collect();
    (platt, thresholds)
}

/// Log odds of a statement's cases above its threshold, under the card's calibration.
pub fn margins(card: &Card, column: usize, cases: &[(f32, bool)]) -> Vec<(f32, bool)> {
    let threshold = card.thresholds.get(column).map_or(0.0, |&p| log_odds(p));
    cases
        .iter()
        .map(|&(logit, truth)| (log_odds(card.probability(column, logit)) - threshold, truth))
        .collect()
}

/// How wide the answers are uncertain, statement by statement, each drawn to that of all together.
pub fn bands(card: &Card, cases: &[Vec<(f32, bool)>]) -> Vec<Band> {
    let columns = cases.iter().enumerate();
    let margins: Vec<_> = columns
        .map(|(column, cases)| margins(card, column, cases))
        .collect();
    let common = calibration::band(&margins.concat());
    let own = margins.iter();
    own.map(|margins| calibration::band_near(margins, common))
        .collect()
}

/// The chosen records under the card's calibration and thresholds.
pub fn figures(
    card: &Card,
    predictions: &Predictions,
    windows: &Windows,
    examples: &[Example],
    names: &[String],
    chosen: &[usize],
) -> Result<Vec<Domain>, TrainingError> {
    let known = vocabulary::statements();
    let columns = predict::columns(&card.config.statements)?;
    let statements: Vec<&Statement> = columns
        .iter()
        .filter_map(|&column| known.get(column))
        .collect();
    let mut judged = Vec::new();
    let mut said = Vec::new();
    for &index in chosen {
        let (Some(example), Some(row)) = (examples.get(index), predictions.logits.get(index))
        else {
            continue;
        };
        judged.push(example);
        said.push(row.as_ref().map(|row| {
            let findings = findings(card, &statements, row, &windows.numbers(index));
            findings.iter().map(Said::from).collect()
        }));
    }
    let ids = &card.config.statements;
    Ok(evaluation::judge(
        &judged,
        names,
        &said,
        ids,
        &card.thresholds,
    ))
}

/// Share of readable tracings that may be taken for something else.
const FALSE_ALARMS: f64 = 0.005;

/// The logit that no more than [`FALSE_ALARMS`] of the chosen tracings exceed, and no less than even odds.
pub fn outlier_from(predictions: &Predictions, chosen: &[usize]) -> Option<f32> {
    let mut logits: Vec<f32> = chosen
        .iter()
        .filter_map(|&index| predictions.outlier.get(index).copied().flatten())
        .collect();
    logits.sort_by(f32::total_cmp);
    let beyond = (logits.len() as f64 * FALSE_ALARMS).floor() as usize;
    let largest = logits.iter().rev().nth(beyond)?;
    // Just above, so that this one is not an alarm itself.
    Some((largest + 0.01).max(0.0))
}

/// How many of each kind among the chosen are told as outliers: `{"reversed": {"records", "told"}, ...}`, real
/// tracings under `"tracing"`.
pub fn outliers(
    card: &Card,
    predictions: &Predictions,
    examples: &[Example],
    chosen: &[usize],
) -> Value {
    let Some(from) = card.outlier_from else {
        return Value::Null;
    };
    let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for &index in chosen {
        let logit = predictions.outlier.get(index).copied().flatten();
        let (Some(example), Some(logit)) = (examples.get(index), logit) else {
            continue;
        };
        let kind = match &example.source {
            Source::Distorted { how, .. } => how.to_string(),
            _ => "tracing".to_owned(),
        };
        let (records, told) = counts.entry(kind).or_default();
        *records += 1;
        *told += usize::from(logit >= from);
    }
    counts
        .into_iter()
        .map(|(kind, (records, told))| (kind, json!({ "records": records, "told": told })))
        .collect::<Map<_, _>>()
        .into()
}
