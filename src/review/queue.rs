//! In which order a reader is given tracings.

use serde::{Deserialize, Serialize};

/// How a queue is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueMode {
    /// As the tracings are listed.
    #[default]
    AsListed,
    /// What the machine is least sure of first.
    MostUncertainFirst,
    /// What readers, or reader and machine, differ on first.
    DisagreementFirst,
}

impl QueueMode {
    /// All of them.
    pub const ALL: [Self; 3] = [
        Self::AsListed,
        Self::MostUncertainFirst,
        Self::DisagreementFirst,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsListed => "As listed",
            Self::MostUncertainFirst => "Most uncertain first",
            Self::DisagreementFirst => "Disagreement first",
        }
    }
}

/// What a tracing is ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct QueueKey {
    /// Log odds between the finding nearest to its threshold and that threshold; `None` while the tracing is unread.
    pub nearest_margin: Option<f32>,
    /// Statements on which readers, or reader and machine, differ.
    pub differing: usize,
}

/// The order in which to take tracings, as indices into `keys`. Equal ones stay as listed, unread ones come last.
pub fn order(keys: &[QueueKey], mode: QueueMode) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    let key = |index: &usize| keys.get(*index).copied().unwrap_or_default();
    match mode {
        QueueMode::AsListed => {}
        QueueMode::MostUncertainFirst => order.sort_by(|a, b| {
            let margin = |index| {
                let margin = key(index).nearest_margin.map(f32::abs);
                margin
                    .filter(|margin| margin.is_finite())
                    .unwrap_or(f32::MAX)
            };
            margin(a).total_cmp(&margin(b))
        }),
        QueueMode::DisagreementFirst => {
            order.sort_by_key(|index| std::cmp::Reverse(key(index).differing));
        }
    }
    order
}
