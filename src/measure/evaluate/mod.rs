//! How far our numbers are from those of people and of another maker's device.

mod intervals;
mod ludb;
mod matched;
mod muse;

use std::path::PathBuf;

use serde::Serialize;

use crate::formats;

pub use ludb::{Ludb, ludb};
pub use matched::Matched;
pub use muse::{Compared, Muse, muse};

/// Why a corpus could not be judged.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A recording or annotation file cannot be read.
    #[error(transparent)]
    File(#[from] formats::Error),
    /// A table cannot be read.
    #[error("{path}: {reason}")]
    Table {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The folder is not laid out as expected.
    #[error("{path}: {expected} expected in this folder")]
    Layout {
        /// The folder.
        path: PathBuf,
        /// What was looked for.
        expected: &'static str,
    },
}

/// Mean and standard deviation of differences (ours less theirs).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean difference.
    pub mean: f64,
    /// Standard deviation about it.
    pub sd: f64,
    /// How many.
    pub n: usize,
}

impl Spread {
    fn of(differences: &[f64]) -> Option<Self> {
        let n = differences.len();
        if n == 0 {
            return None;
        }
        let mean = differences.iter().sum::<f64>() / n as f64;
        let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / n as f64;
        Some(Self {
            mean,
            sd: variance.sqrt(),
            n,
        })
    }
}
