//! From material to one trained network and what it says of those it was not trained on.

use std::path::{Path, PathBuf};

use super::TrainingError;
use super::corpus::{self, Example, Source};
use super::fit::{Fit, Fitted, Progress, Start};
use super::material::Material;
use super::predict::{self, Predictions};
use super::protocol::{Plan, Stage};
use super::recipe::Recipe;
use super::rehearsal::Rehearsal;
use super::report::{self, output};
use super::split::Split;
use crate::reading::vocabulary;

/// A trained network.
pub struct Learnt {
    /// The recipe with its statements filled in.
    pub recipe: Recipe,
    /// Where they stand in the vocabulary.
    pub columns: Vec<usize>,
    /// The network.
    pub fitted: Fitted,
    /// What it says of the validation and test part.
    pub predictions: Predictions,
}

/// Where a network that is being trained says how far it is.
pub fn checkpoints(dir: &Path) -> [PathBuf; 2] {
    ["rehearsal.safetensors", "checkpoint.safetensors"].map(|name| dir.join(name))
}

/// Trains one network; `history.jsonl` and its checkpoints go to `dir`.
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
    recipe.network.outlier = recipe.outliers_one_in > 0;
    let columns = predict::columns(&recipe.network.statements)?;
    std::fs::create_dir_all(dir).map_err(|error| output(dir, error))?;
    let [rehearsed_checkpoint, checkpoint] = checkpoints(dir);
    let rehearsed = rehearsal
        .map(|rehearsal| {
            let name = format!("{name}, on simulations");
            rehearsal.run(plan, &recipe, &rehearsed_checkpoint, &mut |progress| {
                say(Stage::Training {
                    name: &name,
                    dir,
                    progress,
                });
            })
        })
        .transpose()?;
    let validation = material.known(&split.validation);
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
            unwritten = unwritten.take().or(report::history(dir, history).err());
        }
        say(Stage::Training {
            name,
            dir,
            progress,
        });
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
    Ok(Learnt {
        recipe,
        columns,
        fitted,
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
