use serde::{Deserialize, Serialize};

/// How a project is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectSettings {
    /// Readers do not see each other's decisions.
    pub blinded: bool,
    /// The machine's findings and the device's stay hidden until a reader has signed.
    pub machine_hidden: bool,
    /// Name of the reader who sees all and whose word is final.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjudicator: Option<String>,
}

impl ProjectSettings {
    /// Whether this reader has the last word.
    pub fn is_adjudicator(&self, reader: &str) -> bool {
        self.adjudicator.as_deref() == Some(reader)
    }

    /// Whether this reader may see what others said.
    pub fn sees_others(&self, reader: &str) -> bool {
        !self.blinded || self.is_adjudicator(reader)
    }

    /// Whether this reader may see what machine and device said.
    pub fn sees_machine(&self, reader: &str, signed: bool) -> bool {
        !self.machine_hidden || signed || self.is_adjudicator(reader)
    }
}
