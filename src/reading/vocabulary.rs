//! The statements a reader can make, from `assets/statements.toml`.

use serde::{Deserialize, Serialize};

/// What kind of statement it is; findings are grouped by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Rhythm,
    Conduction,
    Ectopy,
    Hypertrophy,
    Ischaemia,
    Repolarisation,
    Other,
}

/// One statement about a tracing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// Stable id, such as `AFIB`.
    pub id: String,
    /// Name in full, such as "Atrial fibrillation".
    pub name: String,
    pub category: Category,
    /// SCP-ECG statement codes (ISO 11073-91064, as PTB-XL writes them).
    #[serde(default)]
    pub scp: Vec<String>,
    /// SNOMED CT concept ids (as the CinC Challenges write them).
    #[serde(default)]
    pub snomed: Vec<String>,
    /// AHA/ACC/HRS 2007 statement numbers.
    #[serde(default)]
    pub aha: Vec<String>,
    /// The criterion in one sentence.
    pub criterion: String,
}
