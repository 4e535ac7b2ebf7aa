//! The logistic model that weighs the evidence, and its fitted coefficients.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::Suspicion;
use super::beat::TypicalBeat;
use super::contrast::contrast;
use super::swap::{Swap, V1};

/// A contrast counts up to this many times its typical size.
const LARGEST: f64 = 3.0;
/// Chest leads beside the two exchanged ones, or at all for a limb swap, without which nothing is said.
const LEAST_CHEST_LEADS: usize = 2;

/// The model of one swap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coefficients {
    /// Which electrodes, as [`Swap::id`].
    pub swap: String,
    /// Log odds from which the swap is mentioned.
    pub threshold: f64,
    /// Typical size of each contrast.
    pub scale: Vec<f64>,
    /// Weight of each contrast in units of its scale.
    pub weight: Vec<f64>,
}

/// The models of all swaps.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// The command that made it.
    pub command: String,
    /// What it was fitted on.
    pub records: Vec<String>,
    /// In the order of [`Swap::ALL`].
    pub swaps: Vec<Coefficients>,
}

/// The bundled model.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| {
    // Compiled in and parsed by a test, so a failure here cannot reach a user.
    serde_json::from_str(include_str!("../../../assets/reversal.json")).unwrap_or_default()
});

impl Model {
    /// The swap that exceeds its threshold by most.
    pub(crate) fn suspect(&self, beat: &TypicalBeat) -> Option<Suspicion> {
        Swap::ALL
            .iter()
            .filter_map(|&swap| {
                let own = self.swaps.iter().find(|own| own.swap == swap.id())?;
                let log_odds = own.log_odds(&evidence(beat, swap)?);
                (log_odds > own.threshold).then_some((log_odds - own.threshold, swap, log_odds))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, swap, log_odds)| Suspicion { swap, log_odds })
    }
}

impl Coefficients {
    pub(crate) fn log_odds(&self, contrast: &[f64]) -> f64 {
        contrast
            .iter()
            .zip(&self.scale)
            .zip(&self.weight)
            .map(|((value, scale), weight)| weight * bounded(*value, *scale))
            .sum()
    }
}

/// A contrast in units of its scale, bounded so that no single odd lead decides.
pub(crate) fn bounded(value: f64, scale: f64) -> f64 {
    if scale > 0.0 {
        (value / scale).clamp(-LARGEST, LARGEST)
    } else {
        0.0
    }
}

/// What speaks for a swap; `None` when the leads to judge it by are not there.
pub(crate) fn evidence(beat: &TypicalBeat, swap: Swap) -> Option<Vec<f64>> {
    let present = |lead: usize| beat.leads[lead].is_some();
    let chest = (V1..12).filter(|&lead| present(lead)).count();
    let judgeable = match swap.chest() {
        None => (0..V1).all(present) && chest >= LEAST_CHEST_LEADS,
        Some(first) => {
            present(V1 + first) && present(V1 + first + 1) && chest >= 2 + LEAST_CHEST_LEADS
        }
    };
    judgeable.then(|| contrast(beat, swap))
}
