//! From material to trained networks and what they say of those they were not trained on.

use std::path::{Path, PathBuf};

use super::TrainingError;
use super::corpus::{self, Example};
use super::distillation::Teacher;
use super::fit::{Fit, Fitted, Progress, Start};
use super::material::Material;
use super::predict::{self, Predictions};
use super::protocol::{Plan, Stage};
use super::recipe::Recipe;
use super::rehearsal::Rehearsal;
use super::report::{self, output};
use super::split::Split;
use crate::network::Ensemble;
use crate::reading::vocabulary;

/// What was learnt.
pub struct Learnt {
    /// The recipe with its statements filled in.
    pub recipe: Recipe,
    /// Those that were learnt from labels; the others are the parent's.
    pub labelled: Vec<String>,
    /// Where they stand in the vocabulary.
    pub columns: Vec<usize>,
    /// The network, or as many as the recipe has members.
    pub members: Vec<Fitted>,
    /// What they say together of the validation and test part.
    pub predictions: Predictions,
}

/// How far apart the seeds of two members are.
const SEEDS_APART: u64 = 1000;

/// Where a network that is being trained says how far it is.
fn checkpoints(dir: &Path) -> [PathBuf; 2] {
    ["rehearsal.safetensors", "checkpoint.safetensors"].map(|name| dir.join(name))
}

/// Where the history and the checkpoints of a member lie: the first one's in the folder of all.
fn folder(dir: &Path, member: usize) -> PathBuf {
    match member {
        0 => dir.to_owned(),
        _ => dir.join(format!("member{member}")),
    }
}

/// Removes what a run of `members` networks would have gone on from.
pub fn forget(dir: &Path, members: usize) {
    let folders = (0..members).map(|member| folder(dir, member));
    for path in folders.flat_map(|folder| checkpoints(&folder)) {
        std::fs::remove_file(path).ok();
    }
}

/// Trains the networks of a recipe; their `history.jsonl` and checkpoints go to `dir`.
///
/// # Errors
/// See [`TrainingError`].
pub fn learn(
    plan: &Plan,
    material: &Material,
    rehearsal: Option<&Rehearsal>,
    split: &Split,
    name: &str,
    dir: &Path,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Learnt, TrainingError> {
    let Material {
        examples, windows, ..
    } = material;
    let mut recipe = plan.recipe.clone();
    recipe.network.statements = statements(&recipe, examples, &split.train)?;
    if plan.init.is_none() {
        recipe.network.outlier = recipe.outliers_one_in > 0;
    }
    let columns = predict::columns(&recipe.network.statements)?;
    let validation = material.known(&split.validation);
    let ask = |parent| Teacher::ask(parent, &recipe, material, &split.train, &plan.device);
    let teacher = plan.init.as_ref().map(ask).transpose()?;
    let labelled: Vec<String> = recipe
        .network
        .statements
        .iter()
        .enumerate()
        .filter(|&(column, _)| {
            let teacher = teacher.as_ref();
            teacher.is_none_or(|teacher| teacher.is_labelled(column))
        })
        .map(|(_, id)| id.clone())
        .collect();
    if teacher.is_some() {
        say(Stage::Note(format!(
            "learnt from these records: {}; the other {} statements are held at what the weights say",
            labelled.join(", "),
            recipe.network.statements.len() - labelled.len(),
        )));
    }
    let mut members = Vec::new();
    for number in 0..recipe.network.members {
        let dir = folder(dir, number);
        std::fs::create_dir_all(&dir).map_err(|error| output(&dir, error))?;
        let seed = plan.seed.wrapping_add(SEEDS_APART * number as u64);
        let (start, device) = (plan.start(number), &plan.device);
        let name = match recipe.network.members {
            1 => name.to_owned(),
            of => format!("{name}, {} of {of}", number + 1),
        };
        let [rehearsed_checkpoint, checkpoint] = checkpoints(&dir);
        let rehearsed = rehearsal
            .map(|rehearsal| {
                let name = format!("{name}, on simulations");
                let mut progress = |progress: Progress<'_>| {
                    say(Stage::Training {
                        name: &name,
                        dir: &dir,
                        progress,
                    });
                };
                let checkpoint = &rehearsed_checkpoint;
                rehearsal.run(&recipe, seed, start, device, checkpoint, &mut progress)
            })
            .transpose()?;
        let fit = Fit {
            recipe: &recipe,
            examples,
            windows,
            train: &split.train,
            validation: &validation,
            seed,
            device,
            start: rehearsed.as_ref().map_or(start, Start::Trained),
            teacher: teacher.as_ref(),
            checkpoint: Some(&checkpoint),
        };
        let mut unwritten = None;
        members.push(fit.run(&mut |progress| {
            if let Progress::Epoch(history) = &progress {
                unwritten = unwritten.take().or(report::history(&dir, history).err());
            }
            say(Stage::Training {
                name: &name,
                dir: &dir,
                progress,
            });
        })?);
        if let Some(error) = unwritten {
            return Err(error);
        }
    }
    let asked: Vec<usize> = split
        .validation
        .iter()
        .chain(&split.test)
        .copied()
        .collect();
    let networks: Ensemble = members
        .iter()
        .map(|member| member.network.clone())
        .collect();
    let predictions = predict::predict(
        &networks,
        &recipe.network.statements,
        windows,
        &asked,
        examples.len(),
        &plan.device,
    )?;
    Ok(Learnt {
        labelled,
        recipe,
        columns,
        members,
        predictions,
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
    let counts = corpus::counts(corpus::real(examples, train));
    let chosen: Vec<String> = vocabulary::statements()
        .iter()
        .zip(counts)
        .filter(|(_, counts)| recipe.is_enough(*counts))
        .map(|(statement, _)| statement.id.clone())
        .collect();
    if chosen.is_empty() {
        return Err(nothing_to_learn(recipe, examples, train));
    }
    Ok(chosen)
}

/// Why none can be: what there is, and what comes closest.
pub fn nothing_to_learn(recipe: &Recipe, examples: &[Example], train: &[usize]) -> TrainingError {
    let own = corpus::real(examples, train);
    let counts = corpus::counts(own.clone());
    let mut positives: Vec<(usize, &str)> = vocabulary::statements()
        .iter()
        .zip(counts)
        .filter(|(_, (positives, _))| *positives > 0)
        .map(|(statement, (positives, _))| (positives, statement.id.as_str()))
        .collect();
    positives.sort_by_key(|&(positives, _)| std::cmp::Reverse(positives));
    let closest: Vec<String> = positives
        .iter()
        .take(3)
        .map(|(positives, id)| format!("{id} has {positives}"))
        .collect();
    TrainingError::NothingToLearn {
        least: recipe.min_positives.max(1),
        records: own.count(),
        closest: match closest.is_empty() {
            true => String::new(),
            false => format!(" ({})", closest.join(", ")),
        },
    }
}
