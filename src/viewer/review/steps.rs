//! What every reviewer's command and action does to the state.

use std::time::Instant;

use super::hotkeys::hotkey;
use super::marks::{Drawn, Named};
use super::state::{Draft, Step};
use super::{ReviewAction, ReviewCommand, ReviewDialog, Task};
use crate::reading::Finding;
use crate::review::{Change, Claim, Decision, Mark, Review, Status, Verdict};
use crate::viewer::commands::Command;
use crate::viewer::jobs::Source;
use crate::viewer::state::{
    AppState, Dialog, Document, Effect, FindingGroup, NoteKind, Progress, group_of,
};

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
        // Until the project is open nobody knows whether it is read blind.
        if matches!(self.review.project, Progress::Waiting) {
            return document.source != Source::Living;
        }
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

    /// Whether the review of the current tracing can be changed: from the moment on at which it can be seen, even while
    /// the project is still looking for what it knows of it.
    pub fn can_review(&self) -> bool {
        let shown = self.document().is_some_and(|document| {
            document.source != Source::Living && document.tracing.done().is_some()
        });
        shown
            && !matches!(self.review.project, Progress::Failed(_))
            && self
                .own_review()
                .is_none_or(|review| review.status() != Status::Signed)
    }

    /// Whether it is known what has been said of the current tracing.
    pub fn knows_review(&self) -> bool {
        self.current
            .is_some_and(|current| self.review.tracing(current).is_some())
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
            ReviewCommand::Add | ReviewCommand::Conclusion => self.can_review(),
            // Nobody signs what is not on the screen yet.
            ReviewCommand::Sign => self.can_review() && self.knows_review(),
            ReviewCommand::Amend => self
                .own_review()
                .is_some_and(|review| review.status() == Status::Signed),
            ReviewCommand::Report => self
                .own_review()
                .is_some_and(|review| review.status() != Status::New),
            ReviewCommand::Label(_) => self.review.annotator && self.can_review(),
            ReviewCommand::MarkOnPaper => self.can_review() || self.review.marking,
            ReviewCommand::Boundaries => {
                let measured = self.document().and_then(|document| document.measured());
                let beats = measured.is_some_and(|measured| !measured.beats.is_empty());
                self.review.hand.is_some() || (self.can_review() && beats)
            }
            ReviewCommand::NextBeat | ReviewCommand::PreviousBeat | ReviewCommand::TakeBoundary => {
                self.hand().is_some()
            }
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
            ReviewCommand::Undo | ReviewCommand::Redo => {
                self.settle_hand(true);
                return self.give(match command {
                    ReviewCommand::Undo => Step::Undo,
                    _ => Step::Redo,
                });
            }
            ReviewCommand::Boundaries => self.toggle_hand(),
            ReviewCommand::NextBeat | ReviewCommand::PreviousBeat | ReviewCommand::TakeBoundary => {
                return self.use_hand(Command::Review(command));
            }
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
            ReviewCommand::Report => {
                let document = self.document();
                return document
                    .map(|document| Effect::PickReport(document.generation, document.title.clone()))
                    .into_iter()
                    .collect();
            }
            ReviewCommand::MarkOnPaper => {
                self.review.hand = None;
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
                let Some(tracing) = self.current else {
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
            ReviewAction::Hold(hand) => {
                if let Some(lead) = &hand.lead {
                    self.last_lead = lead.clone();
                }
                self.review.hand = Some(hand);
                Vec::new()
            }
            ReviewAction::Place(to) => self.place_boundary(to),
            ReviewAction::Set(settings) => {
                let reader = self.reader_name().to_owned();
                // At once, so that a second change builds on the first.
                if let Progress::Done(card) = &mut self.review.project {
                    card.settings = settings.clone();
                }
                let mut effects = vec![Effect::Review(Task::Set { reader, settings })];
                effects.extend(self.ask_stands());
                effects
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
        match mark {
            Ok(mark) => self.give(Step::Mark(mark)),
            Err(error) => {
                let current = self.current;
                self.notes
                    .push(NoteKind::Error, "Not kept", error.to_string(), current);
                Vec::new()
            }
        }
    }

    fn task(&self, make: impl FnOnce(u64, String) -> Task) -> Option<Effect> {
        Some(Effect::Review(make(
            self.current?,
            self.reader_name().to_owned(),
        )))
    }

    /// Gives the desk a step on the current tracing, or first asks who takes it.
    pub(super) fn give(&mut self, step: Step) -> Vec<Effect> {
        let Some(tracing) = self.current else {
            return Vec::new();
        };
        self.review.unnamed.push((tracing, step));
        if self.reader_name().is_empty() {
            self.ask(ReviewDialog::Reader {
                name: String::new(),
            });
            return Vec::new();
        }
        self.give_named()
    }

    /// Gives the desk what waited for the reviewer's name.
    fn give_named(&mut self) -> Vec<Effect> {
        let mut effects = self.save_conclusion();
        for (tracing, step) in std::mem::take(&mut self.review.unnamed) {
            let reader = self.reader_name().to_owned();
            effects.push(Effect::Review(match step {
                Step::Enter(step) => Task::Enter {
                    tracing,
                    reader,
                    step,
                },
                Step::Mark(mark) => Task::Mark {
                    tracing,
                    reader,
                    mark,
                },
                Step::Place(points) => Task::Place {
                    tracing,
                    reader,
                    points,
                },
                Step::Undo => Task::Undo { tracing, reader },
                Step::Redo => Task::Redo { tracing, reader },
            }));
        }
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

    pub(super) fn drop_kept_draft(&mut self) {
        let reader = self.settings.reader.trim();
        let kept = |draft: &Draft| {
            self.review.tracing(draft.tracing).is_some()
                && draft.is_kept(self.review.review(draft.tracing, reader))
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
        effects.extend(self.give_named());
        effects.extend(self.ask_stands());
        self.revise();
        effects
    }

    /// How people stand to what the worklist lists: what of it may be known has changed.
    fn ask_stands(&self) -> Option<Effect> {
        let listed = self.worklist.is_some();
        listed.then_some(Effect::Review(Task::List))
    }
}
