//! What the window knows of reviews, and what every reviewer's action does to it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::Task;
use super::boundaries::Hand;
use super::marks::{Drawn, Named};
use crate::review::{
    Change, Claim, Mark, Placing, ProjectSettings, Review, Status, Summary, Verdict,
};
use crate::viewer::state::{Effect, Progress};

/// A pause in typing after which the conclusion is kept.
const PAUSE: Duration = Duration::from_millis(400);

/// The open project.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ProjectCard {
    /// Its file; `None` where nothing is kept.
    pub path: Option<PathBuf>,
    pub settings: ProjectSettings,
    pub readers: Vec<String>,
}

/// What a reviewer did with a part of the window.
#[derive(Debug, Clone, PartialEq)]
pub enum ReviewAction {
    /// Says a statement holds or not; the same word again takes it back.
    Decide {
        statement: String,
        verdict: Verdict,
        claim: Option<Claim>,
    },
    /// Takes the decision on a statement away.
    Remove(String),
    /// Adds a statement, in the place of another if one is named.
    Put {
        statement: String,
        instead_of: Option<String>,
    },
    /// The conclusion as it is being typed.
    Draft(String),
    /// Typing has ended.
    Finished,
    /// The conclusion has the keyboard.
    Focused,
    /// Who is reviewing.
    Name(String),
    Sign,
    Amend(String),
    /// What is being drawn on the paper.
    Drawing(Option<Drawn>),
    /// What was drawn has its name.
    Mark(Drawn, Named),
    /// Takes a mark out, by its number.
    Unmark(u64),
    /// Takes a wave boundary into the hand, or moves it there.
    Hold(Hand),
    /// Puts the boundary in the hand there, or takes it away.
    Place(Option<f64>),
    Set(ProjectSettings),
}

/// A conclusion that is being typed.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    /// The tracing that it is of, by its generation.
    pub(super) tracing: u64,
    pub(super) text: String,
    /// When it last changed; `None` once it was given to the desk.
    pub(super) changed: Option<Instant>,
    /// Whether the field still has the keyboard: until then nothing is taken out of the writer's hands.
    pub(super) typing: bool,
}

impl Draft {
    /// Whether what is kept says the same, so that the draft has done its work.
    pub(super) fn is_kept(&self, kept: Option<&Review>) -> bool {
        let kept = kept.map_or("", |review| &review.content.conclusion);
        !self.typing && self.changed.is_none() && kept == self.text.trim()
    }
}

/// What the window knows of reviews.
#[derive(Debug)]
pub struct ReviewState {
    pub project: Progress<ProjectCard>,
    /// Whether hot keys label.
    pub annotator: bool,
    /// Whether the pointer marks on the paper.
    pub marking: bool,
    /// What is being drawn.
    pub drawing: Option<Drawn>,
    /// The wave boundary in the hand, while they are moved.
    pub hand: Option<Hand>,
    /// Whether the conclusion is to get the keyboard.
    pub focus_conclusion: bool,
    /// Where the last report went.
    pub reported: Option<PathBuf>,
    /// Every tracing of the project, as last listed.
    pub listed: Vec<Summary>,
    /// Content id of each open tracing, by generation.
    pub(super) tracings: HashMap<u64, String>,
    /// What all readers have said, by content id.
    pub(super) reviews: HashMap<String, BTreeMap<String, Review>>,
    pub(super) draft: Option<Draft>,
    /// What waits for the reviewer to say who they are, with the generation of the tracing it is for.
    pub(super) unnamed: Vec<(u64, Step)>,
}

/// What a reviewer wants done with a tracing.
#[derive(Debug, Clone)]
pub(super) enum Step {
    Enter(Vec<Change>),
    Mark(Mark),
    Place(Vec<Placing>),
    Undo,
    Redo,
}

impl Default for ReviewState {
    fn default() -> Self {
        Self {
            project: Progress::Waiting,
            annotator: false,
            marking: false,
            drawing: None,
            hand: None,
            focus_conclusion: false,
            reported: None,
            listed: Vec::new(),
            tracings: HashMap::new(),
            reviews: HashMap::new(),
            draft: None,
            unnamed: Vec::new(),
        }
    }
}

impl ReviewState {
    /// How the project is read.
    pub fn settings(&self) -> ProjectSettings {
        self.project
            .done()
            .map(|card| card.settings.clone())
            .unwrap_or_default()
    }

    /// The content id of an open tracing, once it is known.
    pub fn tracing(&self, generation: u64) -> Option<&str> {
        self.tracings.get(&generation).map(String::as_str)
    }

    /// What a reader has said of an open tracing.
    pub fn review(&self, generation: u64, reader: &str) -> Option<&Review> {
        self.reviews.get(self.tracing(generation)?)?.get(reader)
    }

    /// What others have said of it, as far as this reader may see it.
    pub fn others(&self, generation: u64, reader: &str) -> impl Iterator<Item = (&str, &Review)> {
        let sees = self.settings().sees_others(reader);
        let all = self
            .tracing(generation)
            .and_then(|tracing| self.reviews.get(tracing))
            .filter(|_| sees);
        all.into_iter()
            .flatten()
            .filter(move |(name, _)| name.as_str() != reader)
            .map(|(name, review)| (name.as_str(), review))
    }

    /// How far an open tracing is, as far as this reader may see it.
    pub fn status(&self, generation: u64, reader: &str) -> Status {
        let own = self.review(generation, reader).map(Review::status);
        let others = self
            .others(generation, reader)
            .map(|(_, review)| review.status());
        own.into_iter().chain(others).max().unwrap_or_default()
    }

    /// The conclusion to show: what is being typed, or what was kept.
    pub fn conclusion(&self, generation: u64, reader: &str) -> &str {
        let typed = self
            .draft
            .as_ref()
            .filter(|draft| draft.tracing == generation);
        match typed {
            Some(draft) => &draft.text,
            None => self
                .review(generation, reader)
                .map_or("", |review| &review.content.conclusion),
        }
    }

    /// When the conclusion being typed must be kept at the latest.
    pub fn save_at(&self) -> Option<Instant> {
        self.draft.as_ref()?.changed.map(|changed| changed + PAUSE)
    }

    /// The task that keeps the conclusion being typed, if it is not kept.
    pub(super) fn keep_draft(&mut self, reader: &str) -> Option<Effect> {
        let draft = self.draft.as_mut()?;
        draft.changed.take()?;
        Some(Effect::Review(Task::Enter {
            tracing: draft.tracing,
            reader: reader.to_owned(),
            step: vec![Change::Conclusion(draft.text.clone())],
        }))
    }
}
