//! Tables that state neither rate nor unit: what is asked about them, and what is remembered of the answers.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{AppState, Dialog, Effect};
use crate::formats::{Missing, Options, Preview, TableLayout};
use crate::viewer::jobs::Job;

/// What a file leaves open, and how it looks.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub path: PathBuf,
    pub missing: Missing,
    /// `None` for an array, which has no rows to show.
    pub preview: Option<Preview>,
}

/// What was said of tables of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    pub rate_hz: Option<f64>,
    pub unit: Option<String>,
    pub layout: TableLayout,
    /// Whether tables of this kind are opened so without being asked about.
    pub always: bool,
}

/// The dialog about one file.
#[derive(Debug, Clone, PartialEq)]
pub struct Import {
    pub generation: u64,
    pub question: Question,
    /// As typed.
    pub rate: String,
    pub unit: Option<String>,
    pub layout: TableLayout,
    pub always: bool,
}

impl Import {
    fn new(generation: u64, question: Question, known: Option<&Remembered>) -> Self {
        let known = known.cloned().unwrap_or_default();
        let width = |layout: &TableLayout| layout.columns.len();
        let own = question
            .preview
            .as_ref()
            .map(|preview| preview.layout.clone())
            .unwrap_or_default();
        let layout = if width(&known.layout) == width(&own) && width(&own) > 0 {
            known.layout
        } else {
            own
        };
        Self {
            generation,
            question,
            rate: known
                .rate_hz
                .map(|rate| rate.to_string())
                .unwrap_or_default(),
            unit: known.unit,
            layout,
            always: known.always,
        }
    }

    /// The rate as a number, if it is one that a tracing can have.
    pub fn rate_hz(&self) -> Option<f64> {
        let rate = self.rate.trim().replace(',', ".").parse().ok();
        rate.filter(|rate| (1.0..=100_000.0).contains(rate))
    }

    /// Whether everything that is missing has been said.
    pub fn is_complete(&self) -> bool {
        let missing = self.question.missing;
        (!missing.sampling_rate || self.rate_hz().is_some())
            && (!missing.unit || self.unit.is_some())
            && (self.layout.columns.is_empty()
                || self
                    .layout
                    .columns
                    .iter()
                    .any(|name| !name.trim().is_empty()))
    }

    fn options(&self) -> Options {
        let missing = self.question.missing;
        Options {
            sampling_rate_hz: self.rate_hz().filter(|_| missing.sampling_rate),
            unit: self.unit.clone().filter(|_| missing.unit),
            table: self.layout.clone(),
            ..Options::default()
        }
    }

    /// By what answers are remembered.
    fn kind(&self) -> String {
        match &self.question.preview {
            Some(preview) => preview.kind.clone(),
            None => "array".to_owned(),
        }
    }
}

impl AppState {
    /// A file was looked at and leaves something open.
    pub(super) fn ask_about(&mut self, generation: u64, question: Question) -> Vec<Effect> {
        if self.by_generation(generation).is_none() {
            return Vec::new();
        }
        let kind = question
            .preview
            .as_ref()
            .map_or("array", |p| p.kind.as_str());
        let known = self.settings.imports.get(kind);
        let import = Import::new(generation, question, known);
        if import.always && import.is_complete() {
            return self.import(import);
        }
        // One after the other; a question again, cut differently, stays where it is.
        match &self.dialog {
            Some(Dialog::Import(open)) if open.generation != generation => {
                self.questions.push_back(import);
            }
            _ => self.dialog = Some(Dialog::Import(Box::new(import))),
        }
        Vec::new()
    }

    /// The rows are cut in another way; the answers so far stay.
    pub(super) fn recut(&mut self, generation: u64, preview: Preview) {
        if let Some(Dialog::Import(open)) = &mut self.dialog
            && open.generation == generation
        {
            open.layout = preview.layout.clone();
            open.question.preview = Some(preview);
        }
    }

    /// Opens the file as the dialog says, and remembers that.
    pub fn import(&mut self, import: Import) -> Vec<Effect> {
        if !import.is_complete() {
            return Vec::new();
        }
        self.settings.imports.insert(
            import.kind(),
            Remembered {
                rate_hz: import.rate_hz(),
                unit: import.unit.clone(),
                layout: import.layout.clone(),
                always: import.always,
            },
        );
        let decode = Job::Import {
            generation: import.generation,
            path: import.question.path.clone(),
            options: Box::new(import.options()),
            filter: self.settings.filter,
        };
        self.next_question();
        vec![Effect::Submit(decode), Effect::Save]
    }

    /// The person does not say: the file is not opened.
    pub fn cancel_import(&mut self) -> Vec<Effect> {
        let Some(Dialog::Import(open)) = &self.dialog else {
            return Vec::new();
        };
        let generation = open.generation;
        self.next_question();
        self.remove(generation)
    }

    fn next_question(&mut self) {
        self.dialog = self
            .questions
            .pop_front()
            .map(|import| Dialog::Import(Box::new(import)));
    }
}
