//! What the window knows of reviews, and what every reviewer's action does to it.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::hotkeys::hotkey;
use super::marks::{Drawn, Named};
use super::{ReviewCommand, ReviewDialog, Task, Told};
use crate::reading::Finding;
use crate::review::{
    Change, Claim, Decision, Mark, ProjectSettings, Review, Status, Summary, Verdict,
};
use crate::viewer::state::{
    AppState, Dialog, Document, Effect, FindingGroup, NoteKind, Progress, group_of,
};

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
    Set(ProjectSettings),
}

/// A conclusion that is being typed.
#[derive(Debug, Clone)]
struct Draft {
    tracing: String,
    text: String,
    /// When it last changed; `None` once it was given to the desk.
    changed: Option<Instant>,
    /// Whether the field still has the keyboard: until then nothing is taken out of the writer's hands.
    typing: bool,
}

impl Draft {
    /// Whether what is kept says the same, so that the draft has done its work.
    fn is_kept(&self, reviews: &BTreeMap<String, Review>, reader: &str) -> bool {
        let kept = reviews
            .get(reader)
            .map_or("", |review| &review.content.conclusion);
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
    /// Whether the conclusion is to get the keyboard.
    pub focus_conclusion: bool,
    /// Every tracing of the project, as last listed.
    pub listed: Vec<Summary>,
    /// Content id of each open tracing, by generation.
    tracings: HashMap<u64, String>,
    /// What all readers have said, by content id.
    reviews: HashMap<String, BTreeMap<String, Review>>,
    draft: Option<Draft>,
    /// What waits for the reviewer to say who they are.
    unnamed: Vec<Step>,
}

/// What a reviewer wants done with the current tracing.
#[derive(Debug, Clone)]
enum Step {
    Enter(Vec<Change>),
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
            focus_conclusion: false,
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
            .filter(|draft| self.tracing(generation) == Some(draft.tracing.as_str()));
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
    fn keep_draft(&mut self, reader: &str) -> Option<Effect> {
        let draft = self.draft.as_mut()?;
        draft.changed.take()?;
        Some(Effect::Review(Task::Enter {
            tracing: draft.tracing.clone(),
            reader: reader.to_owned(),
            step: vec![Change::Conclusion(draft.text.clone())],
        }))
    }
}

impl AppState {
    /// Who is reviewing; empty until it is said.
    pub fn reader_name(&self) -> &str {
        self.settings.reader.trim()
    }

    /// The reviewer's own review of the current tracing.
    pub fn own_review(&self) -> Option<&Review> {
        self.review.review(self.current?, self.reader_name())
    }

    /// Whether the machine's and the device's word on a tracing must not be seen yet.
    pub fn hides_machine(&self, document: &Document) -> bool {
        let review = self.review.review(document.generation, self.reader_name());
        let signed = review.is_some_and(|review| review.signed().is_some());
        !self
            .review
            .settings()
            .sees_machine(self.reader_name(), signed)
    }

    /// The machine's word on a statement of the current tracing, as a decision answers it.
    pub fn claim(&self, statement: &str) -> Option<Claim> {
        let document = self.document().filter(|document| !self.hides(document))?;
        let reading = document.reading.done()?;
        let finding = reading
            .findings
            .iter()
            .find(|finding| finding.statement.id == statement)?;
        Some(Claim::Machine {
            model: reading.model.clone(),
            probability: finding.probability,
            threshold: finding.threshold,
        })
    }

    /// Whether the review of the current tracing can be changed.
    pub fn can_review(&self) -> bool {
        let known = self
            .current
            .is_some_and(|current| self.review.tracing(current).is_some());
        known
            && self
                .own_review()
                .is_none_or(|review| review.status() != Status::Signed)
    }

    /// Whether the pointer marks on the paper now.
    pub fn marks_on_paper(&self) -> bool {
        self.review.marking && self.can_review()
    }

    /// Whether a reviewer's command can do anything now.
    pub fn can_run_review(&self, command: ReviewCommand) -> bool {
        let selected = || {
            let document = self.document()?;
            self.claim(document.selected.as_ref()?)
        };
        match command {
            ReviewCommand::Confirm | ReviewCommand::Reject => {
                self.can_review() && selected().is_some()
            }
            ReviewCommand::ConfirmAll => self.can_review() && !self.unjudged().is_empty(),
            ReviewCommand::Undo => self.own_review().is_some_and(Review::can_undo),
            ReviewCommand::Redo => self.own_review().is_some_and(Review::can_redo),
            ReviewCommand::Add | ReviewCommand::Conclusion | ReviewCommand::Sign => {
                self.can_review()
            }
            ReviewCommand::Amend => self
                .own_review()
                .is_some_and(|review| review.status() == Status::Signed),
            ReviewCommand::Label(_) => self.review.annotator && self.can_review(),
            ReviewCommand::MarkOnPaper => self.can_review() || self.review.marking,
            ReviewCommand::Reader | ReviewCommand::Project | ReviewCommand::Annotator => true,
        }
    }

    /// The findings that the machine calls present and the reviewer has not judged.
    pub fn unjudged(&self) -> Vec<&Finding> {
        let Some(document) = self.document().filter(|document| !self.hides(document)) else {
            return Vec::new();
        };
        let judged = |finding: &Finding| {
            self.own_review()
                .is_some_and(|review| review.content.findings.contains_key(&finding.statement.id))
        };
        let order = document.order().into_iter();
        order
            .filter(|finding| group_of(finding) == FindingGroup::Present && !judged(finding))
            .collect()
    }

    /// Does what a reviewer's command says.
    pub fn run_review(&mut self, command: ReviewCommand) -> Vec<Effect> {
        let selected = self
            .document()
            .and_then(|document| document.selected.clone());
        let decide = |state: &mut Self, verdict| {
            let Some(statement) = selected else {
                return Vec::new();
            };
            let claim = state.claim(&statement);
            state.act(ReviewAction::Decide {
                statement,
                verdict,
                claim,
            })
        };
        match command {
            ReviewCommand::Confirm => return decide(self, Verdict::Present),
            ReviewCommand::Reject => return decide(self, Verdict::Absent),
            ReviewCommand::ConfirmAll => {
                let ids: Vec<String> = self
                    .unjudged()
                    .iter()
                    .map(|finding| finding.statement.id.clone())
                    .collect();
                let confirm = |id: String| {
                    let claim = self.claim(&id)?;
                    Some(Change::Finding(
                        id,
                        Some(Decision::on(claim, Verdict::Present)),
                    ))
                };
                let step = ids.into_iter().filter_map(confirm).collect();
                return self.give(Step::Enter(step));
            }
            ReviewCommand::Undo => return self.give(Step::Undo),
            ReviewCommand::Redo => return self.give(Step::Redo),
            ReviewCommand::Add => self.ask(ReviewDialog::add(None)),
            ReviewCommand::Conclusion => {
                self.settings.findings_panel = true;
                self.review.focus_conclusion = true;
            }
            ReviewCommand::Sign => self.ask(ReviewDialog::Sign {
                name: self.reader_name().to_owned(),
            }),
            ReviewCommand::Amend => self.ask(ReviewDialog::Amend {
                reason: String::new(),
            }),
            ReviewCommand::Reader => self.ask(ReviewDialog::Reader {
                name: self.reader_name().to_owned(),
            }),
            ReviewCommand::Project => self.ask(ReviewDialog::Project),
            ReviewCommand::Annotator => self.review.annotator = !self.review.annotator,
            ReviewCommand::MarkOnPaper => {
                self.review.marking = !self.review.marking;
                self.review.drawing = None;
            }
            ReviewCommand::Label(number) => {
                let Some(statement) = hotkey(number).map(|hotkey| hotkey.statement.id.clone())
                else {
                    return Vec::new();
                };
                let claim = self.claim(&statement);
                return self.act(ReviewAction::Decide {
                    statement,
                    verdict: Verdict::Present,
                    claim,
                });
            }
        }
        Vec::new()
    }

    fn ask(&mut self, dialog: ReviewDialog) {
        self.dialog = Some(Dialog::Review(dialog));
    }

    /// Does what a reviewer did with a part of the window.
    pub fn act(&mut self, action: ReviewAction) -> Vec<Effect> {
        let finding = |id: String, decision| Change::Finding(id, decision);
        match action {
            ReviewAction::Decide {
                statement,
                verdict,
                claim,
            } => {
                let standing = self
                    .own_review()
                    .and_then(|review| review.content.verdict(&statement));
                let decision = (standing != Some(verdict)).then_some(Decision {
                    verdict,
                    answers: claim,
                    instead_of: None,
                });
                self.give(Step::Enter(vec![finding(statement, decision)]))
            }
            ReviewAction::Remove(statement) => {
                self.give(Step::Enter(vec![finding(statement, None)]))
            }
            ReviewAction::Put {
                statement,
                instead_of,
            } => {
                self.dialog = None;
                let mut step = Vec::new();
                let answers = self.claim(&statement);
                let other = instead_of.clone().filter(|other| *other != statement);
                if let Some(other) = &other {
                    // What answers the machine or the device stays as an answer: it does not hold.
                    let answered = self
                        .own_review()
                        .and_then(|review| review.content.findings.get(other)?.answers.clone())
                        .or_else(|| self.claim(other));
                    let rejected = answered.map(|claim| Decision::on(claim, Verdict::Absent));
                    step.push(finding(other.clone(), rejected));
                }
                let decision = Decision {
                    verdict: Verdict::Present,
                    answers,
                    instead_of: other,
                };
                step.push(finding(statement, Some(decision)));
                self.give(Step::Enter(step))
            }
            ReviewAction::Draft(text) => {
                let current = self
                    .current
                    .and_then(|current| self.review.tracing(current));
                let Some(tracing) = current.map(str::to_owned) else {
                    return Vec::new();
                };
                let other = self
                    .review
                    .draft
                    .as_ref()
                    .is_some_and(|draft| draft.tracing != tracing);
                let effects = if other {
                    self.save_conclusion()
                } else {
                    Vec::new()
                };
                self.review.draft = Some(Draft {
                    tracing,
                    text,
                    changed: Some(Instant::now()),
                    typing: true,
                });
                effects
            }
            ReviewAction::Finished => {
                if let Some(draft) = &mut self.review.draft {
                    draft.typing = false;
                }
                let effects = self.save_conclusion();
                self.drop_kept_draft();
                effects
            }
            ReviewAction::Focused => {
                self.review.focus_conclusion = false;
                Vec::new()
            }
            ReviewAction::Name(name) => self.name_reader(&name),
            ReviewAction::Sign => {
                self.dialog = None;
                let mut effects = self.save_conclusion();
                effects.extend(self.task(|tracing, reader| Task::Sign { tracing, reader }));
                effects
            }
            ReviewAction::Amend(reason) => {
                self.dialog = None;
                let task = self.task(|tracing, reader| Task::Amend {
                    tracing,
                    reader,
                    reason,
                });
                task.into_iter().collect()
            }
            ReviewAction::Drawing(drawn) => {
                self.review.drawing = drawn;
                Vec::new()
            }
            ReviewAction::Mark(drawn, named) => {
                self.dialog = None;
                self.mark(&drawn, named)
            }
            ReviewAction::Unmark(number) => {
                self.give(Step::Enter(vec![Change::Mark(number, None)]))
            }
            ReviewAction::Set(settings) => {
                let reader = self.reader_name().to_owned();
                // At once, so that a second change builds on the first.
                if let Progress::Done(card) = &mut self.review.project {
                    card.settings = settings.clone();
                }
                vec![Effect::Review(Task::Set { reader, settings })]
            }
        }
    }

    /// Enters a mark, on the grid of the samples.
    fn mark(&mut self, drawn: &Drawn, named: Named) -> Vec<Effect> {
        let tracing = self.document().and_then(|document| document.tracing.done());
        let Some(rate) = tracing.map(|tracing| tracing.recording.sampling_rate_hz) else {
            return Vec::new();
        };
        let on_grid = |at_s: f64| (at_s * rate).round().max(0.0) / rate;
        let (from_s, to_s) = (on_grid(drawn.from_s), on_grid(drawn.to_s));
        let leads = drawn.leads.clone();
        let mark = match named {
            Named::Statement(label) | Named::Words(label) => Mark::span(leads, from_s, to_s, label),
            Named::Beat(beat) => Mark::beat(leads, from_s, beat),
        };
        let number = self.own_review().map_or(1, Review::free_number);
        match mark {
            Ok(mark) => self.give(Step::Enter(vec![Change::Mark(number, Some(mark))])),
            Err(error) => {
                let current = self.current;
                self.notes
                    .push(NoteKind::Error, "Not kept", error.to_string(), current);
                Vec::new()
            }
        }
    }

    fn task(&self, make: impl FnOnce(String, String) -> Task) -> Option<Effect> {
        let tracing = self.review.tracing(self.current?)?.to_owned();
        Some(Effect::Review(make(tracing, self.reader_name().to_owned())))
    }

    /// Gives the desk a step, or first asks who takes it.
    fn give(&mut self, step: Step) -> Vec<Effect> {
        if self.reader_name().is_empty() {
            self.review.unnamed.push(step);
            self.ask(ReviewDialog::Reader {
                name: String::new(),
            });
            return Vec::new();
        }
        let mut effects = self.save_conclusion();
        effects.extend(self.task(|tracing, reader| match step {
            Step::Enter(step) => Task::Enter {
                tracing,
                reader,
                step,
            },
            Step::Undo => Task::Undo { tracing, reader },
            Step::Redo => Task::Redo { tracing, reader },
        }));
        effects
    }

    /// Keeps the conclusion that is being typed, if it is not kept.
    pub fn save_conclusion(&mut self) -> Vec<Effect> {
        let reader = self.reader_name().to_owned();
        if reader.is_empty() {
            if self.review.save_at().is_some() && self.dialog.is_none() {
                self.ask(ReviewDialog::Reader { name: reader });
            }
            return Vec::new();
        }
        self.review.keep_draft(&reader).into_iter().collect()
    }

    fn drop_kept_draft(&mut self) {
        let reader = self.settings.reader.trim();
        let kept = |draft: &Draft| {
            let reviews = self.review.reviews.get(&draft.tracing);
            reviews.is_some_and(|reviews| draft.is_kept(reviews, reader))
        };
        if self.review.draft.as_ref().is_some_and(kept) {
            self.review.draft = None;
        }
    }

    fn name_reader(&mut self, name: &str) -> Vec<Effect> {
        self.dialog = None;
        if name.trim().is_empty() {
            return Vec::new();
        }
        // What was typed under the old name is kept under it.
        let mut effects = if self.reader_name().is_empty() {
            Vec::new()
        } else {
            self.save_conclusion()
        };
        name.trim().clone_into(&mut self.settings.reader);
        effects.push(Effect::Save);
        effects.extend(self.save_conclusion());
        for step in std::mem::take(&mut self.review.unnamed) {
            effects.extend(self.give(step));
        }
        effects
    }

    /// Takes in what the desk tells.
    pub fn told(&mut self, told: Told) {
        match told {
            Told::Project(Ok(card)) => self.review.project = Progress::Done(card),
            Told::Project(Err(reason)) => {
                let title = "Reviews cannot be kept";
                self.notes
                    .push(NoteKind::Error, title, reason.clone(), None);
                self.review.project = Progress::Failed(reason);
            }
            Told::Seen {
                generation,
                tracing,
                reviews,
            } => {
                self.review.tracings.insert(generation, tracing.clone());
                self.review.reviews.insert(tracing, reviews);
            }
            Told::Reviews { tracing, reviews } => {
                self.review.reviews.insert(tracing, reviews);
                self.drop_kept_draft();
            }
            Told::Listed(listed) => {
                self.review.listed = listed;
                self.list_statuses();
            }
            Told::Failed(reason) => {
                self.notes
                    .push(NoteKind::Error, "Not kept", reason, self.current);
            }
        }
    }

    /// The job that makes a decoded tracing known to the project.
    pub fn see(&self, generation: u64) -> Option<Effect> {
        use crate::viewer::jobs::Source;
        let document = self
            .documents
            .iter()
            .find(|document| document.generation == generation)?;
        let path = match &document.source {
            Source::File(path) => Some(path.clone()),
            Source::Bundled(_) | Source::Living => None,
        };
        Some(Effect::Review(Task::See {
            generation,
            recording: std::sync::Arc::clone(&document.tracing.done()?.recording),
            path,
        }))
    }
}
