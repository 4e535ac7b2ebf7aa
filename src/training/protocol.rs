//! From corpora to weights with their card, and from weights to figures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use candle_core::Device;
use rayon::prelude::*;
use serde_json::{Value, json};

use super::calibration::{self, Platt};
use super::corpus::{self, Corpus, Example, Kind, Source};
use super::evaluation::{self, Domain};
use super::fit::{Epoch, Fit, Progress};
use super::metrics::Ranking;
use super::recipe::Recipe;
use super::split::{Protocol, Split, split};
use super::windows::Windows;
use super::{TrainingError, predict};
use crate::network::{Card, Network, weights};
use crate::reading::{Reader, vocabulary};

/// Windows beyond this go to a file.
const MEMORY_BYTES: usize = 3 << 30;

/// A training run as the command line asks for it.
pub struct Plan {
    /// What to learn from.
    pub corpora: Vec<Corpus>,
    /// Where results go.
    pub out: PathBuf,
    /// Everything but data and seed.
    pub recipe: Recipe,
    /// How the data are used.
    pub protocol: Protocol,
    /// With [`Protocol::Lodo`]: only this domain is left out, instead of each in turn.
    pub leave_out: Option<String>,
    /// Seed of everything random.
    pub seed: u64,
    /// Weights to start from.
    pub init: Option<PathBuf>,
    /// Where it runs.
    pub device: Device,
}

/// What a run says while it runs.
pub enum Stage<'a> {
    /// That many records are prepared.
    Preparing {
        /// Records done.
        done: usize,
        /// Records in all.
        of: usize,
    },
    /// That many records are read.
    Reading {
        /// Records done.
        done: usize,
        /// Records in all.
        of: usize,
    },
    /// Something a person should know.
    Note(String),
    /// A network is being trained under that name.
    Training {
        /// `split`, `final`, or `lodo-` and the domain left out.
        name: &'a str,
        /// How far it is.
        progress: Progress<'a>,
    },
}

/// What came of one network.
pub struct Outcome {
    /// `split`, `final`, or `lodo-` and the domain left out.
    pub name: String,
    /// Where its weights, card and history are.
    pub dir: PathBuf,
    /// Figures on what was held back; empty under [`Protocol::Final`].
    pub test: Vec<Domain>,
}

/// Trains as planned; writes `model.safetensors`, `card.json`, `history.jsonl`, `metrics.json` and `report.md`.
///
/// # Errors
/// See [`TrainingError`].
pub fn run(plan: &Plan, say: &(dyn Fn(Stage<'_>) + Sync)) -> Result<Vec<Outcome>, TrainingError> {
    if let Some(problem) = plan.recipe.problem() {
        return Err(TrainingError::Recipe(problem));
    }
    let (mut examples, mut names) = corpus::read_all(&plan.corpora)?;
    let simulated = plan.recipe.simulated_per_condition;
    if simulated > 0 {
        examples.extend(corpus::simulate(simulated, plan.seed, names.len()));
        names.push(Kind::Simulated.to_string());
    }
    let windows = prepare(&examples, &plan.out, say)?;
    let rounds: Vec<(String, Option<usize>)> = match (plan.protocol, &plan.leave_out) {
        (Protocol::Split, _) => vec![("split".to_owned(), None)],
        (Protocol::Final, _) => vec![("final".to_owned(), None)],
        (Protocol::Lodo, only) => {
            if let Some(name) = only.as_ref().filter(|name| !names.contains(name)) {
                return Err(TrainingError::LeftOut {
                    name: name.clone(),
                    known: names.join(", "),
                });
            }
            names
                .iter()
                .enumerate()
                .take(plan.corpora.len())
                .filter(|(_, name)| only.as_ref().is_none_or(|only| only == *name))
                .map(|(index, name)| (format!("lodo-{name}"), Some(index)))
                .collect()
        }
    };
    let mut outcomes = Vec::new();
    for (name, left_out) in rounds {
        let mut split = split(&examples, plan.protocol, left_out, plan.seed);
        if let Some(left_out) = left_out {
            // All PTB-XL folders are one hospital: none of them may teach about another.
            let same = |domain: usize| {
                domain == left_out || (is_ptb_xl(plan, domain) && is_ptb_xl(plan, left_out))
            };
            let foreign = |&index: &usize| {
                examples
                    .get(index)
                    .is_some_and(|example| !same(example.domain))
            };
            split.train.retain(foreign);
            split.validation.retain(foreign);
        }
        let dir = if left_out.is_some() {
            plan.out.join(&name)
        } else {
            plan.out.clone()
        };
        outcomes.push(one(
            plan, &name, dir, &examples, &names, &windows, &split, say,
        )?);
    }
    write_reports(plan, &outcomes)?;
    Ok(outcomes)
}

fn is_ptb_xl(plan: &Plan, domain: usize) -> bool {
    plan.corpora
        .get(domain)
        .is_some_and(|corpus| corpus.kind == Kind::PtbXl)
}

fn prepare(
    examples: &[Example],
    scratch: &Path,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Windows, TrainingError> {
    let of = examples.len();
    let windows = Windows::prepare(examples, MEMORY_BYTES, scratch, &|done| {
        say(Stage::Preparing { done, of })
    })?;
    for (_, reason) in &windows.skipped {
        say(Stage::Note(format!("skipped: {reason}")));
    }
    if windows.is_empty() {
        let reason = windows
            .skipped
            .first()
            .map(|(_, reason)| reason.clone())
            .unwrap_or_default();
        return Err(TrainingError::Unreadable {
            records: of,
            reason,
        });
    }
    Ok(windows)
}

#[allow(clippy::too_many_arguments)]
fn one(
    plan: &Plan,
    name: &str,
    dir: PathBuf,
    examples: &[Example],
    names: &[String],
    windows: &Windows,
    split: &Split,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Outcome, TrainingError> {
    let mut recipe = plan.recipe.clone();
    recipe.network.statements = statements(&recipe, examples, &split.train)?;
    let columns = predict::columns(&recipe.network.statements)?;
    std::fs::create_dir_all(&dir).map_err(|error| output(&dir, error))?;
    let history_path = dir.join("history.jsonl");
    let mut history = String::new();
    let fit = Fit {
        recipe: &recipe,
        examples,
        windows,
        train: &split.train,
        validation: &split.validation,
        seed: plan.seed,
        device: &plan.device,
        init: plan.init.as_deref(),
    };
    let mut write_error = None;
    let fitted = fit.run(&mut |progress| {
        if let Progress::Epoch(epoch) = &progress {
            history.push_str(&serde_json::to_string(epoch).unwrap_or_default());
            history.push('\n');
            if let Err(error) = std::fs::write(&history_path, &history) {
                write_error.get_or_insert(error);
            }
        }
        say(Stage::Training { name, progress });
    })?;
    if let Some(error) = write_error {
        return Err(output(&history_path, error));
    }
    let logits = predict::logits(
        &fitted.network,
        windows,
        &split.validation,
        examples.len(),
        &plan.device,
    )?;
    let (platt, thresholds) = calibrate(&predict::cases(
        &logits,
        examples,
        &split.validation,
        &columns,
    ));
    let mut card = Card::new(recipe.name.clone(), recipe.network.clone());
    card.calibration = platt;
    card.thresholds = thresholds;
    let validation = figures(
        &fitted.network,
        &card,
        windows,
        examples,
        names,
        &split.validation,
        &plan.device,
    )?;
    let test = figures(
        &fitted.network,
        &card,
        windows,
        examples,
        names,
        &split.test,
        &plan.device,
    )?;
    card.training = describe(
        plan,
        name,
        &recipe,
        examples,
        names,
        split,
        &columns,
        &fitted.history,
    );
    card.metrics = json!({
        "held_back": evaluation::to_json(&test).get("domains"),
        "validation": evaluation::to_json(&validation).get("domains"),
    });
    weights::save(&dir, &fitted.vars, &card)?;
    Ok(Outcome {
        name: name.to_owned(),
        dir,
        test,
    })
}

/// The statements with enough positives in the training part, in the order of the vocabulary.
fn statements(
    recipe: &Recipe,
    examples: &[Example],
    train: &[usize],
) -> Result<Vec<String>, TrainingError> {
    if !recipe.statements.is_empty() {
        predict::columns(&recipe.statements)?;
        return Ok(recipe.statements.clone());
    }
    // Real positives only: what has been seen in nobody cannot be judged.
    let real = |example: &&Example| matches!(example.source, Source::File(_));
    let counts = corpus::counts(
        train
            .iter()
            .filter_map(|&index| examples.get(index))
            .filter(real),
    );
    let chosen: Vec<String> = vocabulary::statements()
        .iter()
        .zip(counts)
        .filter(|(_, (positives, negatives))| {
            *positives >= recipe.min_positives.max(1) && *negatives > 0
        })
        .map(|(statement, _)| statement.id.clone())
        .collect();
    if chosen.is_empty() {
        return Err(TrainingError::NothingToLearn {
            least: recipe.min_positives,
        });
    }
    Ok(chosen)
}

fn calibrate(cases: &[Vec<(f32, bool)>]) -> (Vec<Platt>, Vec<f32>) {
    let platt = calibration::fit(cases);
    let thresholds = cases
        .iter()
        .zip(&platt)
        .map(|(cases, &platt)| {
            calibration::threshold(&Ranking::new(cases.iter().enumerate().map(
                |(i, &(logit, truth))| (calibration::probability(platt, logit), truth, i),
            )))
        })
        .collect();
    (platt, thresholds)
}

fn figures(
    network: &Network,
    card: &Card,
    windows: &Windows,
    examples: &[Example],
    names: &[String],
    chosen: &[usize],
    device: &Device,
) -> Result<Vec<Domain>, TrainingError> {
    let logits = predict::logits(network, windows, chosen, examples.len(), device)?;
    let mut judged = Vec::new();
    let mut probabilities = Vec::new();
    for &index in chosen {
        let (Some(example), Some(row)) = (examples.get(index), logits.get(index)) else {
            continue;
        };
        judged.push(example);
        probabilities.push(row.as_ref().map(|row| {
            row.iter()
                .enumerate()
                .map(|(column, &logit)| card.probability(column, logit))
                .collect()
        }));
    }
    Ok(evaluation::judge(
        &judged,
        names,
        &probabilities,
        &card.config.statements,
        &card.thresholds,
    ))
}

/// Judges a reader on corpora, every record of them, exactly as a user's file is read.
///
/// # Errors
/// See [`TrainingError`]. A record that cannot be read is counted and noted.
pub fn evaluate(
    reader: &Reader,
    corpora: &[Corpus],
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Vec<Domain>, TrainingError> {
    let (examples, names) = corpus::read_all(corpora)?;
    let card = reader.card();
    predict::columns(&card.config.statements)?;
    let (of, done) = (examples.len(), AtomicUsize::new(0));
    let probabilities: Vec<Option<Vec<f32>>> = examples
        .par_iter()
        .map(|example| {
            let read = probabilities(reader, example);
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
    if probabilities.iter().all(Option::is_none) {
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
        &probabilities,
        &card.config.statements,
        &card.thresholds,
    ))
}

/// The probabilities of one record in the order of the card's statements.
fn probabilities(reader: &Reader, example: &Example) -> Result<Vec<f32>, String> {
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
        finding.map(|finding| finding.probability)
    };
    let all: Option<Vec<f32>> = reader.card().config.statements.iter().map(of).collect();
    all.ok_or_else(|| "the reading lacks a statement".to_owned())
}

#[allow(clippy::too_many_arguments)]
fn describe(
    plan: &Plan,
    name: &str,
    recipe: &Recipe,
    examples: &[Example],
    names: &[String],
    split: &Split,
    columns: &[usize],
    history: &[Epoch],
) -> Value {
    let records = |part: &[usize]| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for example in part.iter().filter_map(|&index| examples.get(index)) {
            if let Some(name) = names.get(example.domain) {
                *counts.entry(name).or_default() += 1;
            }
        }
        counts
    };
    let counts = corpus::counts(split.train.iter().filter_map(|&index| examples.get(index)));
    let positives: serde_json::Map<String, Value> = recipe
        .network
        .statements
        .iter()
        .zip(columns)
        .filter_map(|(id, &column)| {
            let (positives, negatives) = counts.get(column)?;
            Some((
                id.clone(),
                json!({ "positives": positives, "negatives": negatives }),
            ))
        })
        .collect();
    let corpora: Vec<String> = plan
        .corpora
        .iter()
        .map(|corpus| format!("{}={}", corpus.kind, corpus.name()))
        .collect();
    json!({
        "protocol": name,
        "seed": plan.seed,
        "init": plan.init.as_ref().and_then(|dir| dir.file_name()).map(|name| name.to_string_lossy()),
        "version": env!("CARGO_PKG_VERSION"),
        "corpora": corpora,
        "records": {
            "train": records(&split.train),
            "validation": records(&split.validation),
            "held_back": records(&split.test),
        },
        "statements": positives,
        "recipe": recipe,
        "last_epoch": history.last(),
    })
}

fn write_reports(plan: &Plan, outcomes: &[Outcome]) -> Result<(), TrainingError> {
    let write = |name: &str, text: String| {
        let path = plan.out.join(name);
        std::fs::write(&path, text).map_err(|error| output(&path, error))
    };
    let domains: Vec<Domain> = outcomes
        .iter()
        .flat_map(|outcome| outcome.test.clone())
        .collect();
    let json = serde_json::to_string_pretty(&evaluation::to_json(&domains))
        .map_err(|error| output(&plan.out, error))?;
    write("metrics.json", json)?;
    let mut text = format!("# {}, seed {}\n", plan.recipe.name, plan.seed);
    for outcome in outcomes {
        text.push_str(&format!("\n## {}\n\n", outcome.name));
        if outcome.test.is_empty() {
            text.push_str("Nothing was held back.\n");
        } else {
            text.push_str(&evaluation::to_markdown(&outcome.test));
        }
    }
    write("report.md", text)
}

fn output(path: &Path, reason: impl std::fmt::Display) -> TrainingError {
    TrainingError::Output {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
