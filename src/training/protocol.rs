//! From corpora to weights with their card, and from weights to figures.

use std::path::{Path, PathBuf};

use candle_core::Device;
use serde_json::json;

use super::corpus::{self, Corpus, Example, Kind, Source};
use super::evaluation::{self, Domain};
use super::fit::{Fit, Progress, Start};
use super::predicted::{self, Predicted};
use super::recipe::Recipe;
use super::rehearsal::Rehearsal;
use super::report::{self, output};
use super::split::{Protocol, Split, split};
use super::windows::Windows;
use super::{TrainingError, judging, predict};
use crate::network::{Card, weights};
use crate::reading::vocabulary;

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
    /// Folders of other runs whose left-out predictions join the validation part in calibration.
    pub calibrate_on: Vec<PathBuf>,
    /// Where it runs.
    pub device: Device,
}

impl Plan {
    /// What the first network of a run starts from.
    pub(super) fn start(&self) -> Start<'_> {
        self.init.as_deref().map_or(Start::Random, Start::Saved)
    }
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
    let simulated = plan.recipe.simulated;
    if simulated > 0 {
        examples.extend(corpus::simulate(simulated, plan.seed, names.len()));
        names.push(Kind::Simulated.to_string());
    }
    if plan.recipe.outliers_one_in > 0 {
        let twins = corpus::outliers(&examples, plan.recipe.outliers_one_in, plan.seed);
        examples.extend(twins);
    }
    let elsewhere = predicted::read_all(&plan.calibrate_on)?;
    let windows = prepare(&examples, &plan.out, say)?;
    let rehearsal = Rehearsal::prepare(plan, say)?;
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
    let setting = Setting {
        plan,
        examples: &examples,
        names: &names,
        windows: &windows,
        rehearsal: rehearsal.as_ref(),
        elsewhere: &elsewhere,
        say,
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
        outcomes.push(setting.train(&name, dir, &split)?);
    }
    report::write(plan, &outcomes)?;
    Ok(outcomes)
}

fn is_ptb_xl(plan: &Plan, domain: usize) -> bool {
    plan.corpora
        .get(domain)
        .is_some_and(|corpus| corpus.kind == Kind::PtbXl)
}

/// Opens, prepares and counts.
///
/// # Errors
/// When not one record can be read.
pub(super) fn prepare(
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

/// What is the same for all networks of a run.
struct Setting<'a> {
    plan: &'a Plan,
    examples: &'a [Example],
    names: &'a [String],
    windows: &'a Windows,
    rehearsal: Option<&'a Rehearsal>,
    elsewhere: &'a [Predicted],
    say: &'a (dyn Fn(Stage<'_>) + Sync),
}

impl Setting<'_> {
    fn train(&self, name: &str, dir: PathBuf, split: &Split) -> Result<Outcome, TrainingError> {
        let &Self {
            plan,
            examples,
            names,
            windows,
            say,
            ..
        } = self;
        let mut recipe = plan.recipe.clone();
        recipe.network.statements = statements(&recipe, examples, &split.train)?;
        recipe.network.outlier = recipe.outliers_one_in > 0;
        let columns = predict::columns(&recipe.network.statements)?;
        std::fs::create_dir_all(&dir).map_err(|error| output(&dir, error))?;
        let [checkpoint, rehearsed_checkpoint] =
            ["checkpoint.safetensors", "rehearsal.safetensors"].map(|name| dir.join(name));
        let rehearsed = self
            .rehearsal
            .map(|rehearsal| {
                let name = format!("{name}, on simulations");
                rehearsal.run(plan, &recipe, &rehearsed_checkpoint, &mut |progress| {
                    say(Stage::Training {
                        name: &name,
                        progress,
                    });
                })
            })
            .transpose()?;
        let known = |list: &[usize]| -> Vec<usize> {
            let real = |&&index: &&usize| examples.get(index).is_some_and(|e| !e.is_outlier());
            list.iter().filter(real).copied().collect()
        };
        let (validation, test) = (known(&split.validation), known(&split.test));
        let fit = Fit {
            recipe: &recipe,
            examples,
            windows,
            train: &split.train,
            validation: &validation,
            seed: plan.seed,
            device: &plan.device,
            start: rehearsed
                .as_ref()
                .map_or_else(|| plan.start(), Start::Trained),
            checkpoint: Some(&checkpoint),
        };
        let mut unwritten = None;
        let fitted = fit.run(&mut |progress| {
            if let Progress::Epoch(history) = &progress {
                unwritten = unwritten.take().or(report::history(&dir, history).err());
            }
            say(Stage::Training { name, progress });
        })?;
        if let Some(error) = unwritten {
            return Err(error);
        }
        let asked: Vec<usize> = split
            .validation
            .iter()
            .chain(&split.test)
            .copied()
            .collect();
        let predictions = predict::predict(
            &fitted.network,
            windows,
            &asked,
            examples.len(),
            &plan.device,
        )?;
        let mut cases = predict::cases(&predictions.logits, examples, &validation, &columns);
        let held_back = test.iter().filter_map(|&index| examples.get(index));
        predicted::add(
            &mut cases,
            self.elsewhere,
            &recipe.network.statements,
            &held_back.map(|example| example.patient.as_str()).collect(),
        );
        let mut card = Card::new(recipe.name.clone(), recipe.network.clone());
        (card.calibration, card.thresholds) = judging::calibrate(&cases);
        card.uncertain = judging::uncertain(&card, &cases);
        card.outlier_from = judging::outlier_from(&predictions, &validation);
        let figures =
            |chosen| judging::figures(&card, &predictions, windows, examples, names, chosen);
        let (on_validation, on_test) = (figures(&validation), figures(&test));
        let strange = |chosen| judging::outliers(&card, &predictions, examples, chosen);
        card.metrics = json!({
            "held_back": evaluation::to_json(&on_test).get("domains"),
            "validation": evaluation::to_json(&on_validation).get("domains"),
            "left_out": predicted::figures(&plan.calibrate_on)?,
            "outliers": {
                "held_back": strange(&split.test),
                "validation": strange(&split.validation),
            },
        });
        card.training = report::describe(
            plan,
            name,
            &recipe,
            examples,
            names,
            split,
            &columns,
            &fitted.history,
        );
        predicted::write(
            &dir,
            &predictions,
            examples,
            names,
            &test,
            &recipe.network.statements,
        )?;
        weights::save(&dir, &fitted.vars, &card)?;
        for path in [checkpoint, rehearsed_checkpoint] {
            // Left over, it is only in the way of nobody: another run does not go on from it.
            std::fs::remove_file(path).ok();
        }
        Ok(Outcome {
            name: name.to_owned(),
            dir,
            test: on_test,
        })
    }
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
