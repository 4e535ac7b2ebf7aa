//! Teaching: reading blind, quizzes with a score, and a view for the front of a class.
//!
//! While a tracing is read blind, nothing of what the machine, the device or a label says of it is shown
//! anywhere in the window. Committing opens all of it at once, and nothing can be changed afterwards.

mod attempt;
mod dialog;
mod quiz;
mod steps;
mod view;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

pub use attempt::{Attempt, Comparison, Key, labels};
pub use dialog::show as show_dialog;
pub use quiz::{Case, CaseSet, Plan, Quiz, names};
pub use view::show;

use crate::reading::Explanation;

/// What a learner does.
#[derive(Debug, Clone, PartialEq)]
pub enum Lesson {
    /// Names a statement, or takes it back.
    Name(String),
    /// What is typed to find a statement.
    Typed(String),
    Plan(Plan),
    Start,
    /// Shows where a statement is to be seen.
    Show(String),
    /// Keep the results in this file.
    SaveTo(std::path::PathBuf),
}

/// What teaching knows.
#[derive(Debug, Default)]
pub struct Teaching {
    /// Whether the machine and the labels stay hidden until the learner commits.
    pub blind: bool,
    /// Large, without panels, identity hidden.
    pub presenter: bool,
    /// Whether the findings stand beside the paper while presenting.
    pub reveals: bool,
    pub quiz: Option<Quiz>,
    /// What is typed to find a statement.
    pub query: String,
    pub plan: Plan,
    /// Attempts outside a quiz, by the name of the source.
    attempts: BTreeMap<String, Attempt>,
    /// When a tracing outside a quiz first came to the front.
    since: BTreeMap<String, Instant>,
    /// Where the diagnosis of a simulated case was drawn, by the tracing.
    places: BTreeMap<u64, Arc<Explanation>>,
    /// Whether that is shown.
    pub shows_place: bool,
    /// The last time the window looked at the clock.
    now: Option<Instant>,
}
