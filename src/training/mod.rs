//! Training: corpora as they are published, sampling, augmentation, the loss, the loop, protocols and
//! the figures that judge the result.

pub mod ablation;
pub mod answers;
mod augment;
mod batches;
pub mod boundaries;
pub mod calibration;
mod checkpoint;
pub mod corpus;
mod distillation;
pub mod evaluation;
pub mod explanations;
mod fit;
mod inheritance;
mod judging;
mod learning;
mod loss;
mod material;
pub mod metrics;
mod optimiser;
mod parent;
mod predict;
mod predicted;
mod protocol;
mod recipe;
mod rehearsal;
mod report;
pub mod reversal;
pub mod split;
mod windows;

use std::path::PathBuf;

pub use corpus::{Corpus, CorpusError, Kind};
pub use fit::{Epoch, Progress};
pub use judging::evaluate;
pub use parent::Parent;
pub use protocol::{Outcome, Plan, Stage, run};
pub use recipe::{Augmentation, Pretraining, Recipe};
pub use split::Protocol;

use crate::network::{DeviceError, weights};

/// Why a training run or an evaluation ended without a result.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    #[error(transparent)]
    Corpus(#[from] CorpusError),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error(transparent)]
    Reading(#[from] crate::reading::ReadingError),
    #[error(transparent)]
    Weights(#[from] weights::Error),
    #[error("tensor operation: {0}")]
    Tensor(#[from] candle_core::Error),
    #[error("prepared windows: {0}")]
    Windows(#[from] std::io::Error),
    #[error("{}: {reason}", path.display())]
    Output { path: PathBuf, reason: String },
    #[error("the recipe is not usable: {0}")]
    Recipe(String),
    #[error("{windows} windows to train on, fewer than a batch of {batch}")]
    TooFew { windows: usize, batch: usize },
    #[error(
        "no statement has {least} positives, and a negative, among the {records} records to train on{closest}: more records \
         are needed, or a smaller `min_positives` in the recipe"
    )]
    NothingToLearn {
        least: usize,
        records: usize,
        /// The statements that come closest, as ` (CRBBB has 7)`, or nothing.
        closest: String,
    },
    #[error("no statement {0:?} in the vocabulary")]
    Statement(String),
    #[error("the card of these weights does not say that patients were held back by a split")]
    NobodyHeldBack,
    #[error("no corpus is called {name:?}; there are {known}")]
    LeftOut { name: String, known: String },
    #[error("none of {records} records could be read; the first: {reason}")]
    Unreadable { records: usize, reason: String },
    #[error("the loss is no longer a number in epoch {epoch}: lower the learning rate")]
    Diverged { epoch: usize },
}
