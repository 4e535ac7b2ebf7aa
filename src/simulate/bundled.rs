//! The bundled cases: one tracing of each condition, as committed under `assets/cases` by
//! `heartbeatai simulate --all -o assets/cases`.
//!
//! The same seed gives the same counts, so the binary draws a case anew instead of carrying megabytes;
//! a test compares what it draws with the committed files, byte for byte.

use serde::{Deserialize, Serialize};

use super::{Condition, Settings, Simulation, condition, conditions, simulate};
use crate::ecg::{Recording, Warning, WarningCode};

/// One bundled case, as listed in `assets/cases/cases.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundledCase {
    /// Id of the condition.
    pub id: String,
    /// Header file in `assets/cases`.
    pub file: String,
    pub title: String,
    /// What a learner should take from it, in a sentence.
    pub teaching: String,
}

#[derive(Serialize, Deserialize)]
struct Listing {
    case: Vec<BundledCase>,
}

/// Every bundled case, in the order of [`conditions`].
pub fn cases() -> Vec<BundledCase> {
    conditions().iter().map(case).collect()
}

fn case(condition: &Condition) -> BundledCase {
    BundledCase {
        id: condition.id.to_owned(),
        file: format!("{}.hea", condition.id),
        title: condition.name.to_owned(),
        teaching: condition.teaching.to_owned(),
    }
}

/// The text of `cases.toml`.
///
/// # Errors
/// Never in practice; what the serialiser may refuse.
pub fn listing() -> Result<String, toml::ser::Error> {
    let listing = toml::to_string_pretty(&Listing { case: cases() })?;
    Ok(format!(
        "# Written by `heartbeatai simulate --all -o assets/cases`.\n\n{listing}"
    ))
}

/// A bundled case with its ground truth; `None` for an unknown id.
pub fn simulation(id: &str) -> Option<Simulation> {
    let condition = condition(id)?;
    Some(simulate(
        condition,
        condition.default_seed,
        &Settings::default(),
    ))
}

/// A bundled case as a recording, marked as simulated; `None` for an unknown id.
pub fn open(id: &str) -> Option<Recording> {
    let mut recording = simulation(id)?.recording;
    recording.warnings.push(Warning::new(
        WarningCode::Simulated,
        "This tracing is simulated: it belongs to nobody.",
    ));
    Some(recording)
}
