//! What the weights that a run starts from teach where its labels say nothing, so that it is not forgotten (learning
//! without forgetting, Li and Hoiem 2016, 1606.09282).

use candle_core::Device;

use super::TrainingError;
use super::calibration;
use super::corpus::{self, Example};
use super::learning::nothing_to_learn;
use super::material::Material;
use super::parent::Parent;
use super::predict;
use super::recipe::Recipe;
use crate::network::weights;

/// The word of the parent on what is trained on.
pub struct Teacher {
    /// Whether each statement is learnt from its labels; the parent alone speaks of the others.
    labelled: Vec<bool>,
    /// For each window the parent's probability of each statement, not calibrated; empty where it was not asked.
    probabilities: Vec<Vec<f32>>,
}

impl Teacher {
    /// Asks the parent about the tracings to train on.
    ///
    /// # Errors
    /// When no statement has enough positives to be learnt, or the parent's network fails.
    pub fn ask(
        parent: &Parent,
        recipe: &Recipe,
        material: &Material,
        train: &[usize],
        device: &Device,
    ) -> Result<Self, TrainingError> {
        let labelled = labelled(recipe, &material.examples, train)?;
        let (networks, _) = weights::load(parent.dir(), device)?;
        let tracings = material.known(train);
        let logits = predict::of_windows(&networks, &material.windows, &tracings, device)?;
        let sigmoid = |logit| calibration::probability((1.0, 0.0), logit);
        Ok(Self {
            labelled,
            probabilities: logits
                .into_iter()
                .map(|row| row.into_iter().map(sigmoid).collect())
                .collect(),
        })
    }

    /// Whether statement number `column` is learnt from its labels.
    pub fn is_labelled(&self, column: usize) -> bool {
        self.labelled.get(column) == Some(&true)
    }

    /// The parent's probability of a statement in a window, if it was asked about that.
    pub fn probability(&self, window: usize, column: usize) -> Option<f32> {
        self.probabilities.get(window)?.get(column).copied()
    }
}

/// Whether each statement of the recipe has enough real positives, and a negative, to be learnt. One that everybody
/// has, or nobody, would be learnt as a habit of the place.
fn labelled(
    recipe: &Recipe,
    examples: &[Example],
    train: &[usize],
) -> Result<Vec<bool>, TrainingError> {
    let counts = corpus::counts(corpus::real(examples, train));
    let columns = predict::columns(&recipe.network.statements)?;
    let enough = |column: &usize| {
        let counts = counts.get(*column);
        counts.is_some_and(|&counts| recipe.is_enough(counts))
    };
    let labelled: Vec<bool> = columns.iter().map(enough).collect();
    if labelled.contains(&true) {
        Ok(labelled)
    } else {
        Err(nothing_to_learn(recipe, examples, train))
    }
}
