//! Learning from simulations before any real tracing is seen.

use std::path::Path;

use candle_core::Device;
use candle_nn::VarMap;

use super::TrainingError;
use super::corpus::{self, Example};
use super::fit::{Fit, Progress, Start};
use super::material::prepare;
use super::protocol::{Plan, Stage};
use super::recipe::Recipe;
use super::windows::Windows;

/// Simulated tracings that a network learns from before it sees a real one.
pub struct Rehearsal {
    examples: Vec<Example>,
    windows: Windows,
}

impl Rehearsal {
    /// The tracings that the recipe asks for, if it does.
    ///
    /// # Errors
    /// When windows cannot be stored.
    pub fn prepare(
        plan: &Plan,
        say: &(dyn Fn(Stage<'_>) + Sync),
    ) -> Result<Option<Self>, TrainingError> {
        let pretraining = plan.recipe.pretraining;
        if pretraining.tracings == 0 || pretraining.epochs == 0 {
            return Ok(None);
        }
        // Other people than those of the simulated domain.
        let examples = corpus::simulate(pretraining.tracings, plan.seed ^ 0x5eed_0000, 0);
        let windows = prepare(&examples, &plan.out, say)?;
        Ok(Some(Self { examples, windows }))
    }

    /// Learns the statements of `recipe`; a tenth is only watched.
    ///
    /// # Errors
    /// As [`Fit::run`].
    pub fn run(
        &self,
        recipe: &Recipe,
        seed: u64,
        start: Start<'_>,
        device: &Device,
        checkpoint: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<VarMap, TrainingError> {
        let recipe = Recipe {
            epochs: recipe.pretraining.epochs,
            ..recipe.clone()
        };
        let all: Vec<usize> = (0..self.examples.len()).collect();
        let (validation, train) = all.split_at(all.len() / 10);
        let fit = Fit {
            recipe: &recipe,
            examples: &self.examples,
            windows: &self.windows,
            train,
            validation,
            seed,
            device,
            start,
            teacher: None,
            checkpoint: Some(checkpoint),
        };
        Ok(fit.run(progress)?.vars)
    }
}
