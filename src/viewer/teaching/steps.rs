//! What a lesson does to the state.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::quiz::name;
use super::{Attempt, CaseSet, Comparison, Key, Lesson, Quiz, quiz};
use crate::ecg::STANDARD_12;
use crate::reading::Explanation;
use crate::simulate::{Region, conditions};
use crate::viewer::jobs::{Job, Source};
use crate::viewer::state::{AppState, Dialog, Document, Effect, NoteKind, Progress};

impl AppState {
    /// Whether nothing of what the machine says of a tracing may be shown: to a learner who has not
    /// committed, or to a reader whom the project keeps blind.
    pub fn hides(&self, document: &Document) -> bool {
        self.blinds(document) || self.hides_machine(document)
    }

    /// Whether no heat may be laid over a tracing: it would say what the machine found, which a class sees only
    /// together with the findings.
    pub fn hides_heat(&self, document: &Document) -> bool {
        let class = self.teaching.presenter && !self.teaching.reveals;
        self.hides(document) || (class && !self.shows_lesson())
    }

    /// Whether the machine and the labels are hidden from a learner.
    pub fn blinds(&self, document: &Document) -> bool {
        if document.source == Source::Living {
            return false;
        }
        let teaching = &self.teaching;
        let in_quiz = teaching.quiz.as_ref().and_then(|quiz| {
            quiz.cases
                .iter()
                .find(|case| case.source == document.source)
        });
        let attempt = match in_quiz {
            Some(case) => Some(&case.attempt),
            None if teaching.blind => teaching.attempts.get(&name(&document.source)),
            None => return false,
        };
        attempt.is_none_or(|attempt| !attempt.committed())
    }

    /// Whether they are hidden for the tracing in front.
    pub fn blinds_in_front(&self) -> bool {
        self.document()
            .is_some_and(|document| self.blinds(document))
    }

    /// Whether the panel of the lesson stands where the findings would.
    pub fn shows_lesson(&self) -> bool {
        let living = self.shows_living().is_some();
        (self.teaching.blind && !living) || self.teaching.quiz.is_some()
    }

    /// The learner's reading of the tracing in front.
    pub fn attempt(&self) -> Option<&Attempt> {
        let source = &self.document()?.source;
        match &self.teaching.quiz {
            Some(quiz) => quiz
                .cases
                .iter()
                .find(|case| case.source == *source)
                .map(|case| &case.attempt),
            None => self.teaching.attempts.get(&name(source)),
        }
    }

    /// Whether the learner has committed a reading of this file.
    pub(in crate::viewer) fn has_committed(&self, path: &std::path::Path) -> bool {
        let attempt = self.teaching.attempts.get(&path.display().to_string());
        attempt.is_some_and(Attempt::committed)
    }

    fn attempt_mut(&mut self) -> Option<&mut Attempt> {
        let source = self.document()?.source.clone();
        match &mut self.teaching.quiz {
            Some(quiz) => quiz
                .cases
                .iter_mut()
                .find(|case| case.source == source)
                .map(|case| &mut case.attempt),
            None => Some(self.teaching.attempts.entry(name(&source)).or_default()),
        }
    }

    /// The key of the tracing in front and how the learner's reading compares with it, once it is committed.
    pub fn compared(&self) -> Option<(Key, Comparison)> {
        let attempt = self.attempt().filter(|attempt| attempt.committed())?;
        let document = self.document()?;
        let recording = document.tracing.done().map(|tracing| &*tracing.recording);
        let key = Key::of(&document.source, recording);
        let comparison = Comparison::of(attempt, &key);
        Some((key, comparison))
    }

    /// Does what a learner did.
    pub fn learn(&mut self, lesson: Lesson) -> Vec<Effect> {
        match lesson {
            Lesson::Typed(query) => self.teaching.query = query,
            Lesson::Plan(plan) => self.teaching.plan = plan,
            Lesson::Name(id) => {
                self.teaching.query.clear();
                if let Some(attempt) = self.attempt_mut().filter(|attempt| !attempt.committed()) {
                    match attempt.named.iter().position(|other| *other == id) {
                        Some(at) => {
                            attempt.named.remove(at);
                        }
                        None => attempt.named.push(id),
                    }
                }
            }
            Lesson::Start => {
                self.dialog = None;
                return self.start_quiz();
            }
            Lesson::Show(id) => {
                let drawn = self
                    .current
                    .is_some_and(|current| self.teaching.places.contains_key(&current));
                if drawn {
                    let selected = self
                        .document_mut()
                        .and_then(|document| document.selected.take());
                    self.teaching.shows_place = selected.is_some() || !self.teaching.shows_place;
                    self.heat = true;
                } else {
                    return self.select_finding(&id);
                }
            }
            Lesson::SaveTo(path) => {
                if let Some(Ok(text)) = self.teaching.quiz.as_ref().map(Quiz::csv) {
                    return vec![Effect::Write { path, text }];
                }
            }
        }
        Vec::new()
    }

    /// Turns blind reading on or off.
    pub(in crate::viewer) fn toggle_blind(&mut self) {
        let blind = !self.teaching.blind;
        self.teaching.blind = blind;
        self.teaching.attempts.clear();
        self.teaching.since.clear();
        if let Some(worklist) = &mut self.worklist {
            worklist.keep_machine_silent(blind);
        }
    }

    /// Goes to the front of a class, or back.
    pub(in crate::viewer) fn toggle_presenter(&mut self) -> Vec<Effect> {
        self.teaching.presenter = !self.teaching.presenter;
        vec![Effect::FullScreen(self.teaching.presenter)]
    }

    /// Tracings of the worklist that carry labels of the vocabulary.
    pub(in crate::viewer) fn labelled(&self) -> Vec<Source> {
        let rows = self.worklist.iter().flat_map(|list| list.rows());
        rows.filter(|row| row.glance.done().is_some_and(|glance| glance.labelled))
            .map(|row| Source::File(row.path.clone()))
            .collect()
    }

    fn start_quiz(&mut self) -> Vec<Effect> {
        let plan = self.teaching.plan.clone();
        let sources = match plan.set {
            CaseSet::Bundled => conditions().iter().map(|c| Source::Bundled(c.id)).collect(),
            CaseSet::Worklist => self.labelled(),
        };
        if sources.is_empty() {
            let line = "Open a folder whose files carry labels (SNOMED CT or SCP codes), such as an export of annotations.";
            self.notes.push(
                NoteKind::Warning,
                "There is no case to ask about",
                line.into(),
                None,
            );
            return Vec::new();
        }
        let seed = rand::random();
        self.teaching.quiz = Some(Quiz::new(plan, sources, seed));
        self.go_to_case(0)
    }

    /// Starts a quiz on these cases in this order, for a teacher who has chosen them.
    pub fn quiz_on(&mut self, plan: super::Plan, sources: Vec<Source>) -> Vec<Effect> {
        let mut quiz = Quiz::new(plan, Vec::new(), 0);
        quiz.cases = sources
            .into_iter()
            .map(|source| quiz::Case {
                source,
                attempt: Attempt::default(),
                comparison: None,
                key: None,
            })
            .collect();
        self.teaching.quiz = Some(quiz);
        self.go_to_case(0)
    }

    fn go_to_case(&mut self, at: usize) -> Vec<Effect> {
        self.teaching.query.clear();
        self.teaching.shows_place = false;
        self.select_first_finding = false;
        let Some(quiz) = &mut self.teaching.quiz else {
            return Vec::new();
        };
        let before = quiz.case().map(|case| case.source.clone());
        quiz.at = at;
        quiz.since = None;
        let Some(source) = quiz.case().map(|case| case.source.clone()) else {
            quiz.over = true;
            return Vec::new();
        };
        let ahead = quiz.cases.get(at + 1).map(|case| case.source.clone());
        let mut effects = self.open_source(source);
        // What was asked before is put away, and what comes next is made ready.
        if let Some(before) = before.filter(|_| at > 0)
            && let Some(done) = self
                .documents
                .iter()
                .find(|d| d.source == before)
                .map(|d| d.generation)
        {
            self.teaching.places.remove(&done);
            effects.extend(self.remove(done));
        }
        if let Some(ahead) = ahead {
            effects.extend(self.open_behind(ahead).1);
        }
        if let Some(document) = self.document_mut() {
            document.selected = None;
        }
        effects
    }

    /// The next case, or the results after the last one.
    pub(in crate::viewer) fn next_case(&mut self) -> Vec<Effect> {
        let committed = self.attempt().is_some_and(Attempt::committed);
        match &self.teaching.quiz {
            Some(quiz) if committed && !quiz.over => {
                let next = quiz.at + 1;
                self.go_to_case(next)
            }
            _ => Vec::new(),
        }
    }

    /// Puts the quiz away.
    pub(in crate::viewer) fn end_quiz(&mut self) {
        self.teaching.quiz = None;
        self.teaching.query.clear();
        self.teaching.shows_place = false;
    }

    /// Commits the reading of the tracing in front: from now on it stands, and the machine and the labels show.
    pub(in crate::viewer) fn commit(&mut self, overtaken: bool) -> Vec<Effect> {
        let Some(source) = self.document().map(|document| document.source.clone()) else {
            return Vec::new();
        };
        let now = self.teaching.now.unwrap_or_else(Instant::now);
        let since = match &self.teaching.quiz {
            Some(quiz) => quiz.since,
            None => self.teaching.since.get(&name(&source)).copied(),
        };
        let took = since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        let Some(attempt) = self.attempt_mut().filter(|attempt| !attempt.committed()) else {
            return Vec::new();
        };
        (attempt.took, attempt.overtaken) = (Some(took), overtaken);
        if let (Some((key, comparison)), Some(quiz)) = (self.compared(), &mut self.teaching.quiz)
            && let Some(case) = quiz.cases.iter_mut().find(|case| case.source == source)
        {
            (case.key, case.comparison) = (Some(key), Some(comparison));
        }
        self.teaching.query.clear();
        match (source, self.current) {
            (Source::Bundled(id), Some(generation)) => {
                vec![Effect::Submit(Job::Places { generation, id })]
            }
            _ => Vec::new(),
        }
    }

    /// Where a simulated case was drawn is known.
    pub(in crate::viewer) fn placed(
        &mut self,
        generation: u64,
        regions: &[Region],
        duration_s: f64,
    ) {
        let known = self
            .documents
            .iter()
            .any(|document| document.generation == generation);
        if known && !regions.is_empty() {
            let explanation = Arc::new(marked(regions, duration_s));
            self.teaching.places.insert(generation, explanation);
            self.teaching.shows_place = true;
            self.heat = true;
        }
    }

    /// The place of the diagnosis, if it is to be shown on the paper.
    pub(in crate::viewer) fn marked_place(&self) -> Option<&Arc<Explanation>> {
        let document = self.document().filter(|document| !self.hides(document))?;
        let shown = self.teaching.shows_place && document.selected.is_none();
        self.teaching
            .places
            .get(&document.generation)
            .filter(|_| shown)
    }

    /// Looks at the clock: starts it for a case that can be seen, and ends a case whose time is up. Hands back when to
    /// look again.
    pub(in crate::viewer) fn tick(&mut self, now: Instant) -> (Option<Duration>, Vec<Effect>) {
        self.teaching.now = Some(now);
        self.retitle();
        let Some(document) = self.document() else {
            return (None, Vec::new());
        };
        let (seen, source) = (document.tracing.done().is_some(), document.source.clone());
        let Some(quiz) = self.teaching.quiz.as_mut().filter(|quiz| !quiz.over) else {
            if self.teaching.blind && seen {
                self.teaching.since.entry(name(&source)).or_insert(now);
            }
            return (None, Vec::new());
        };
        if quiz
            .case()
            .is_none_or(|case| case.source != source || case.attempt.committed())
        {
            return (None, Vec::new());
        }
        if seen {
            quiz.since.get_or_insert(now);
        }
        match quiz.left(now) {
            Some(left) if left.is_zero() => (None, self.commit(true)),
            Some(left) => (Some(left.min(Duration::from_millis(500))), Vec::new()),
            None => (None, Vec::new()),
        }
    }

    /// The name of a bundled case is its diagnosis: it shows only when that may be known.
    fn retitle(&mut self) {
        let count = self
            .teaching
            .quiz
            .as_ref()
            .map_or(0, |quiz| quiz.cases.len());
        let titles: Vec<Option<String>> = self
            .documents
            .iter()
            .map(|document| {
                let cases = self.teaching.quiz.iter().flat_map(|quiz| &quiz.cases);
                let place = cases
                    .into_iter()
                    .position(|case| case.source == document.source);
                match (self.blinds(document), place) {
                    (false, _)
                        if self.teaching.presenter
                            && matches!(document.source, Source::File(_)) =>
                    {
                        Some("A tracing".to_owned())
                    }
                    (true, Some(place)) => Some(format!("Case {} of {count}", place + 1)),
                    (true, None) if matches!(document.source, Source::Bundled(_)) => {
                        Some("A simulated case".to_owned())
                    }
                    _ => None,
                }
            })
            .collect();
        for (document, title) in self.documents.iter_mut().zip(titles) {
            let title = title.unwrap_or_else(|| document.name.clone());
            if document.title != title {
                document.title = title;
            }
        }
    }

    /// Asks what a quiz is to be made of.
    pub(in crate::viewer) fn plan_quiz(&mut self) {
        if self.labelled().is_empty() {
            self.teaching.plan.set = CaseSet::Bundled;
        }
        self.dialog = Some(Dialog::Quiz);
    }

    /// Whether the machine has read the tracing in front.
    pub(super) fn machine_names(&self) -> Vec<String> {
        let Some(Progress::Done(reading)) = self.document().map(|document| &document.reading)
        else {
            return Vec::new();
        };
        let present = reading.findings.iter().filter(|finding| {
            crate::viewer::state::group_of(finding) == crate::viewer::state::FindingGroup::Present
        });
        present
            .map(|finding| finding.statement.id.clone())
            .collect()
    }
}

/// Regions as a heat that is on or off, for the paper.
fn marked(regions: &[Region], duration_s: f64) -> Explanation {
    const RATE_HZ: f64 = 50.0;
    // Ten minutes at most are simulated.
    let columns = (duration_s * RATE_HZ).ceil().clamp(1.0, 60_000.0) as usize;
    let leads = STANDARD_12.iter().map(|lead| {
        let mut heat = vec![0.0_f32; columns];
        for region in regions.iter().filter(|region| region.leads.contains(lead)) {
            let from = (region.from_s * RATE_HZ).floor().max(0.0) as usize;
            let to = (region.to_s * RATE_HZ).ceil().max(0.0) as usize;
            for value in heat.iter_mut().take(to).skip(from) {
                *value = 0.7;
            }
        }
        (lead.clone(), heat)
    });
    let mut what: Vec<&str> = regions.iter().map(|region| region.what.as_str()).collect();
    what.dedup();
    Explanation {
        id: what.join("; "),
        method: "drawn by the simulator".into(),
        start_s: 0.0,
        rate_hz: RATE_HZ,
        leads: leads.collect(),
        lead_effect: Vec::new(),
        measured_effect: 0.0,
    }
}
