//! Which tracing it is, whatever its file is called.

use sha2::{Digest, Sha256};

use crate::ecg::{LeadOrigin, Recording};

/// What tells a tracing from all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// SHA-256 over the stored leads, as 64 hexadecimal digits.
    pub content: String,
    /// Short name of the record, for lists.
    pub name: String,
    /// The file's own id of the patient; a project keeps only a salted hash of it.
    pub patient_id: Option<String>,
}

impl Identity {
    /// Reads it off a recording. Leads that were computed do not count, and samples count in whole microvolts, so that
    /// the same tracing in another format is the same.
    pub fn of(recording: &Recording) -> Self {
        let mut hasher = Sha256::new();
        let stored = recording
            .leads
            .iter()
            .filter(|lead| lead.origin == LeadOrigin::Recorded);
        for lead in stored {
            let values = lead.samples.microvolts();
            hasher.update(lead.name.as_str().as_bytes());
            hasher.update([0]);
            hasher.update(lead.sampling_rate_hz.to_le_bytes());
            hasher.update((values.len() as u64).to_le_bytes());
            for value in values {
                hasher.update(whole(value).to_le_bytes());
            }
        }
        Self {
            content: hex(&hasher.finalize()),
            name: recording.name.clone(),
            patient_id: recording.patient.id.clone(),
        }
    }
}

/// Whole microvolts, half away from zero; a missing value is the least integer.
fn whole(value: f64) -> i32 {
    // A hair above one half, so that a sum of binary fractions that should be one half rounds up.
    let rounded = value.signum() * (value.abs() + 0.5 + 1e-6).floor();
    // Float to integer conversion saturates, which is the rule for values beyond 32 bits.
    #[allow(clippy::cast_possible_truncation)]
    if value.is_nan() {
        i32::MIN
    } else {
        rounded as i32
    }
}

/// A patient's id under a project's salt: equal ids stay equal, and nothing else can be told from it.
pub(super) fn hashed(salt: &[u8], id: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(id.trim().as_bytes());
    hex(&hasher.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
