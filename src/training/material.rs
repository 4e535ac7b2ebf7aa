//! The records of a run, prepared once for all its networks.

use std::path::Path;

use super::TrainingError;
use super::corpus::{self, Example, Kind};
use super::protocol::{Plan, Stage};
use super::split::{Protocol, Split, split};
use super::windows::Windows;

/// Windows beyond this go to a file.
const MEMORY_BYTES: usize = 3 << 30;

/// What all networks of a run learn from and are judged on.
pub struct Material {
    /// Every record, real, simulated and distorted.
    pub examples: Vec<Example>,
    /// Names of the domains, in the order of the plan's corpora; simulations come last.
    pub names: Vec<String>,
    /// The windows of the examples.
    pub windows: Windows,
}

impl Material {
    /// Reads the corpora of the plan and adds the simulations and distortions that its recipe asks for.
    ///
    /// # Errors
    /// When a corpus is not laid out as its kind is, or not one record can be read.
    pub fn gather(plan: &Plan, say: &(dyn Fn(Stage<'_>) + Sync)) -> Result<Self, TrainingError> {
        let (mut examples, mut names) =
            corpus::read_all_noting(&plan.corpora, &mut |note| say(Stage::Note(note)))?;
        let simulated = plan.recipe.simulated;
        if simulated > 0 {
            examples.extend(corpus::simulate(simulated, plan.seed, names.len()));
            names.push(Kind::Simulated.to_string());
        }
        if plan.recipe.outliers_one_in > 0 {
            let twins = corpus::outliers(&examples, plan.recipe.outliers_one_in, plan.seed);
            examples.extend(twins);
        }
        let windows = prepare(&examples, &plan.out, say)?;
        Ok(Self {
            examples,
            names,
            windows,
        })
    }

    /// Who is trained on, watched and held back, with or without a domain left out.
    pub fn split(&self, plan: &Plan, protocol: Protocol, left_out: Option<usize>) -> Split {
        let mut split = split(&self.examples, protocol, left_out, plan.seed);
        if let Some(left_out) = left_out {
            // All PTB-XL folders are one hospital: none of them may teach about another.
            let same = |domain: usize| {
                domain == left_out || (is_ptb_xl(plan, domain) && is_ptb_xl(plan, left_out))
            };
            let foreign = |&index: &usize| {
                self.examples
                    .get(index)
                    .is_some_and(|example| !same(example.domain))
            };
            split.train.retain(foreign);
            split.validation.retain(foreign);
        }
        split
    }

    /// Those of the list that are electrocardiograms, not distortions of one.
    pub fn known(&self, list: &[usize]) -> Vec<usize> {
        let known = |&&index: &&usize| self.examples.get(index).is_some_and(|e| !e.is_outlier());
        list.iter().filter(known).copied().collect()
    }
}

/// Whether a domain of the plan is one of PTB-XL's folders.
pub fn is_ptb_xl(plan: &Plan, domain: usize) -> bool {
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
