//! One thing that happened, as it is kept.

use serde::Serialize;

/// How an event came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A reader entered something.
    Change,
    /// A reader took a step back.
    Undo,
    /// A reader took a step back back.
    Redo,
    /// A reader signed.
    Sign,
}

impl Act {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Undo => "undo",
            Self::Redo => "redo",
            Self::Sign => "sign",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Change, Self::Undo, Self::Redo, Self::Sign]
            .into_iter()
            .find(|act| act.as_str() == text)
    }
}

/// The place in a review or project that an event fills.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// The decision on a statement.
    Finding(String),
    /// A span or beat.
    Mark(u64),
    /// A fiducial point.
    Fiducial(u64),
    /// The conclusion.
    Conclusion,
    /// Why a signed review is being changed.
    Amendment,
    /// A signed version, by its number.
    Signature(u32),
    /// A setting of the project.
    Setting(String),
}

impl Slot {
    /// Its name and the key within it, as the database and the log have them.
    pub fn parts(&self) -> (&'static str, String) {
        match self {
            Self::Finding(id) => ("finding", id.clone()),
            Self::Mark(id) => ("mark", id.to_string()),
            Self::Fiducial(id) => ("fiducial", id.to_string()),
            Self::Conclusion => ("conclusion", String::new()),
            Self::Amendment => ("amendment", String::new()),
            Self::Signature(number) => ("signature", number.to_string()),
            Self::Setting(name) => ("setting", name.clone()),
        }
    }

    pub(super) fn parse(name: &str, key: &str) -> Option<Self> {
        Some(match name {
            "finding" => Self::Finding(key.to_owned()),
            "mark" => Self::Mark(key.parse().ok()?),
            "fiducial" => Self::Fiducial(key.parse().ok()?),
            "conclusion" => Self::Conclusion,
            "amendment" => Self::Amendment,
            "signature" => Self::Signature(key.parse().ok()?),
            "setting" => Self::Setting(key.to_owned()),
            _ => return None,
        })
    }
}

/// One event: who, when, what, before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its number; events are numbered as they are committed.
    pub seq: i64,
    /// Number of the first event of the step it belongs to: a step is undone as a whole.
    pub step: i64,
    /// When, in UTC (RFC 3339).
    pub at: String,
    /// Name of the reader.
    pub reader: String,
    /// Content id of the tracing; `None` for the project itself.
    pub tracing: Option<String>,
    pub act: Act,
    /// The step that is undone or redone.
    pub of_step: Option<i64>,
    pub slot: Slot,
    /// What stood there, as JSON.
    pub before: Option<String>,
    /// What stands there now, as JSON.
    pub after: Option<String>,
}
