//! From corpora to weights with their card, and from weights to figures.

use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_nn::VarMap;
use serde_json::json;

use super::corpus::Corpus;
use super::evaluation::{self, Domain};
use super::fit::{Progress, Start};
use super::inheritance::{self, Evidence};
use super::learning::{Learnt, forget, learn};
use super::material::Material;
use super::parent::Parent;
use super::predicted::{self, Predicted};
use super::recipe::Recipe;
use super::rehearsal::Rehearsal;
use super::split::{Protocol, Split};
use super::{TrainingError, ablation, judging, predict, report};
use crate::network::{Card, weights};

/// A training run as the command line asks for it.
#[derive(Clone)]
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
    /// Weights to start from; the recipe is one of [`Parent::recipe`].
    pub init: Option<Parent>,
    /// Folders of other runs whose left-out predictions join the validation part in calibration.
    pub calibrate_on: Vec<PathBuf>,
    /// What each ingredient brought, as an ablation wrote it, for the card.
    pub ablation: Option<PathBuf>,
    /// Where it runs.
    pub device: Device,
}

impl Plan {
    /// What a member starts from.
    pub(super) fn start(&self, member: usize) -> Start<'_> {
        let saved = |parent| Start::Saved(parent, member);
        self.init.as_ref().map_or(Start::Random, saved)
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
        /// Where its results go.
        dir: &'a Path,
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
    // Before an hour of work, not after.
    std::fs::create_dir_all(&plan.out).map_err(|error| report::output(&plan.out, error))?;
    let material = Material::gather(plan, say)?;
    let elsewhere = predicted::read_all(&plan.calibrate_on)?;
    let rehearsal = Rehearsal::prepare(plan, say)?;
    let mut outcomes = Vec::new();
    for (name, left_out) in rounds(plan, &material.names)? {
        let split = material.split(plan, plan.protocol, left_out);
        let dir = if left_out.is_some() {
            plan.out.join(&name)
        } else {
            plan.out.clone()
        };
        let learnt = learn(
            plan,
            &material,
            rehearsal.as_ref(),
            &split,
            &name,
            &dir,
            say,
        )?;
        let test = write_down(plan, &material, &learnt, &split, &elsewhere, &name, &dir)?;
        outcomes.push(Outcome { name, dir, test });
    }
    report::write(plan, &outcomes)?;
    for outcome in &outcomes {
        // Only now: a run that is killed in a later round finds the earlier ones done. Left over, one is in the way
        // of nobody: another run does not go on from it.
        forget(&outcome.dir, plan.recipe.network.members);
    }
    Ok(outcomes)
}

/// The networks of a run: their names, and the domain that each leaves out.
///
/// # Errors
/// When the plan leaves out a domain that is not there.
fn rounds(plan: &Plan, names: &[String]) -> Result<Vec<(String, Option<usize>)>, TrainingError> {
    Ok(match (plan.protocol, &plan.leave_out) {
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
    })
}

/// Writes weights, card and predictions of a network into `dir`; returns its figures on what was held back.
fn write_down(
    plan: &Plan,
    material: &Material,
    learnt: &Learnt,
    split: &Split,
    elsewhere: &[Predicted],
    name: &str,
    dir: &Path,
) -> Result<Vec<Domain>, TrainingError> {
    let Material {
        examples,
        names,
        windows,
    } = material;
    let Learnt {
        recipe,
        labelled,
        columns,
        members,
        predictions,
    } = learnt;
    let (validation, test) = (
        material.known(&split.validation),
        material.known(&split.test),
    );
    let new = predict::cases(&predictions.logits, examples, &validation, columns);
    let mut cases = new.clone();
    let held_back = test.iter().filter_map(|&index| examples.get(index));
    let held_back = held_back.map(|example| example.patient.as_str()).collect();
    predicted::add(
        &mut cases,
        elsewhere,
        &recipe.network.statements,
        &held_back,
    );
    let mut card = Card::new(recipe.name.clone(), recipe.network.clone());
    let outlier_from = judging::outlier_from(predictions, &validation);
    let mut anew = Vec::new();
    match &plan.init {
        Some(parent) => {
            let before = predicted::read_if_there(parent.dir())?;
            predicted::add(&mut cases, &before, &recipe.network.statements, &held_back);
            let evidence = Evidence {
                new: &new,
                all: &cases,
                outlier_from: (outlier_from, validation.len()),
            };
            anew = inheritance::calibrate(&mut card, parent.card(), &evidence);
        }
        None => {
            (card.calibration, card.thresholds) = judging::calibrate(&cases);
            card.uncertain = judging::bands(&card, &cases);
            card.outlier_from = outlier_from;
        }
    }
    let figures = |chosen| judging::figures(&card, predictions, windows, examples, names, chosen);
    let (on_validation, on_test) = (figures(&validation)?, figures(&test)?);
    let strange = |chosen| judging::outliers(&card, predictions, examples, chosen);
    let parents = plan
        .init
        .as_ref()
        .map(|parent| inheritance::left_out(parent.card()));
    let mut left_out = parents.unwrap_or_default();
    left_out.extend(predicted::figures(&plan.calibrate_on)?);
    card.metrics = json!({
        "held_back": evaluation::to_json(&on_test).get("domains"),
        "validation": evaluation::to_json(&on_validation).get("domains"),
        "left_out": left_out,
        "ablation": plan.ablation.as_ref().map(ablation::table).transpose()?,
        "outliers": {
            "held_back": strange(&split.test),
            "validation": strange(&split.validation),
        },
    });
    card.training = report::describe(plan, name, recipe, examples, names, split, columns, members);
    if let Some(parent) = &plan.init {
        inheritance::add_counts(&mut card.training, parent.card());
        let lineage = inheritance::lineage(plan, parent, labelled, &anew);
        if let Some(training) = card.training.as_object_mut() {
            training.insert("lineage".to_owned(), lineage);
        }
    }
    predicted::write(
        dir,
        predictions,
        examples,
        names,
        &test,
        &recipe.network.statements,
    )?;
    let vars: Vec<&VarMap> = members.iter().map(|member| &member.vars).collect();
    weights::save(dir, &vars, &card)?;
    Ok(on_test)
}
