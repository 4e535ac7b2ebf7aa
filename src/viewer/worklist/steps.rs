//! What the worklist does to the state: it opens tracings, keeps a few of them decoded, has the next one
//! ready, and takes in what the background answers.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Glance, Row, Show, Sort, Stand, Verdict, Worklist};
use crate::reading::Reading;
use crate::review::Status;
use crate::viewer::jobs::{Job, Source};
use crate::viewer::review::Task;
use crate::viewer::state::{AppState, Effect, Progress};

/// So many tracings of the list are kept decoded at most: what is looked at, what comes next, and the
/// last few, to go back to without waiting.
pub const KEPT: usize = 8;
/// Together they hold no more samples than this, unless the one that is looked at does.
pub const KEPT_SAMPLES: usize = 40_000_000;
/// A tracing longer than this is not decoded ahead.
const AHEAD_SAMPLES: usize = 10_000_000;
/// More files than this at once are a worklist.
pub(crate) const MANY: usize = 12;

impl AppState {
    /// Lists folders and files as a worklist, in place of the one before.
    pub fn open_worklist(&mut self, roots: Vec<PathBuf>) -> Vec<Effect> {
        let mut effects = self.close_worklist();
        let generation = self.new_generation();
        if let [folder] = roots.as_slice() {
            self.settings.remember(folder);
            effects.push(Effect::Save);
        }
        // How far people are with what they have seen.
        effects.push(Effect::Review(Task::List));
        effects.push(Effect::List {
            generation,
            roots: roots.clone(),
        });
        self.tracings_panel = None;
        let mut worklist = Worklist::new(generation, roots);
        worklist.keep_machine_silent(self.teaching.blind);
        self.worklist = Some(worklist);
        effects
    }

    /// Puts the worklist away, and the tracings it opened with it.
    pub fn close_worklist(&mut self) -> Vec<Effect> {
        let Some(worklist) = self.worklist.take() else {
            return Vec::new();
        };
        let mut effects = vec![Effect::Cancel(worklist.generation)];
        for kept in worklist.kept {
            if Some(kept) != self.current {
                effects.extend(self.remove(kept));
            }
        }
        effects
    }

    /// Takes in how people stand to every tracing of the project, as far as this reader may know.
    pub(in crate::viewer) fn list_stands(&mut self) {
        let reader = self.reader_name();
        let sees_others = self.review.settings().sees_others(reader);
        let listed = self.review.listed.iter();
        let stands = listed.filter_map(|summary| {
            let seen = summary.reviews.iter();
            let seen = seen.filter(|(name, _)| sees_others || *name == reader);
            let stand = Stand::of(seen.map(|(_, review)| review));
            Some((summary.path.clone()?, stand))
        });
        let stands = stands.collect();
        if let Some(worklist) = &mut self.worklist {
            worklist.set_stands(stands);
        }
    }

    /// Whether a line keeps what the machine says of it to itself.
    pub(in crate::viewer) fn hides_row(&self, row: &Row) -> bool {
        let learner = self.teaching.blind && !self.has_committed(&row.path);
        let signed = row.status() == Status::Signed;
        learner
            || !self
                .review
                .settings()
                .sees_machine(self.reader_name(), signed)
    }

    /// Files that were found.
    pub(in crate::viewer) fn listed(
        &mut self,
        generation: u64,
        found: Vec<Result<PathBuf, (PathBuf, String)>>,
        last: bool,
    ) -> Vec<Effect> {
        let Some(worklist) = self
            .worklist
            .as_mut()
            .filter(|w| w.generation == generation)
        else {
            return Vec::new();
        };
        let mut effects = Vec::new();
        for found in found {
            match found {
                Ok(path) => {
                    let row = worklist.add(Row::new(path.clone()));
                    if !worklist.stopped {
                        effects.push(Effect::Submit(Job::Glance {
                            generation,
                            row,
                            path,
                        }));
                    }
                }
                Err((path, reason)) => {
                    worklist.add(Row::broken(path, reason));
                }
            }
        }
        worklist.listing = !last;
        effects
    }

    /// A file that was looked into.
    pub(in crate::viewer) fn glanced(
        &mut self,
        generation: u64,
        row: usize,
        result: Result<Glance, String>,
    ) -> Vec<Effect> {
        let Some(worklist) = self
            .worklist
            .as_mut()
            .filter(|w| w.generation == generation)
        else {
            return Vec::new();
        };
        let fine = result.is_ok();
        worklist.take_glance(row, result);
        let Some(path) = worklist.rows().get(row).map(|row| row.path.clone()) else {
            return Vec::new();
        };
        if !fine {
            return Vec::new();
        }
        let mut effects = Vec::new();
        if !worklist.stopped {
            effects.push(Effect::Submit(Job::Survey {
                generation,
                row,
                path,
            }));
        }
        if std::mem::take(&mut worklist.opens_first) {
            effects.extend(self.open_row(row));
        }
        effects
    }

    /// A tracing that was read in the background.
    pub(in crate::viewer) fn surveyed(
        &mut self,
        generation: u64,
        row: usize,
        result: Result<Reading, String>,
    ) {
        if let Some(worklist) = self
            .worklist
            .as_mut()
            .filter(|w| w.generation == generation)
        {
            let verdict = match result {
                Ok(reading) => Progress::Done(Verdict::of(&reading)),
                Err(reason) => Progress::Failed(reason),
            };
            worklist.take_verdict(row, verdict);
        }
    }

    /// A tracing of the list that was opened has been read.
    pub(in crate::viewer) fn note_verdict(&mut self, generation: u64) {
        let verdict = self
            .documents
            .iter()
            .find(|document| document.generation == generation)
            .and_then(|document| match (&document.source, &document.reading) {
                (Source::File(path), Progress::Done(reading)) => {
                    Some((path.clone(), Verdict::of(reading)))
                }
                _ => None,
            });
        if let (Some((path, verdict)), Some(worklist)) = (verdict, &mut self.worklist)
            && let Some(row) = worklist.row_of(&path)
        {
            worklist.take_verdict(row, Progress::Done(verdict));
        }
    }

    /// Whether a tracing was opened by the list rather than by name.
    pub(in crate::viewer) fn is_kept(&self, generation: u64) -> bool {
        self.worklist
            .as_ref()
            .is_some_and(|worklist| worklist.kept.contains(&generation))
    }

    /// Line of the list that the tracing in front belongs to.
    pub fn current_row(&self) -> Option<usize> {
        let Source::File(path) = &self.document()?.source else {
            return None;
        };
        self.worklist.as_ref()?.row_of(path)
    }

    /// Brings a line of the list to the front and has its neighbours ready.
    pub fn open_row(&mut self, row: usize) -> Vec<Effect> {
        let Some(source) = self.row_source(row) else {
            return Vec::new();
        };
        let own = self
            .documents
            .iter()
            .any(|d| d.source == source && !self.is_kept(d.generation));
        let mut effects = self.open_source(source);
        if let (Some(current), Some(worklist)) = (self.current, &mut self.worklist) {
            worklist.reveal = true;
            if !own {
                keep(worklist, current);
            }
        }
        effects.extend(self.look_ahead());
        effects
    }

    /// The line `by` further on in the order on the screen.
    pub(in crate::viewer) fn step_row(&mut self, by: isize) -> Vec<Effect> {
        let Some(worklist) = &self.worklist else {
            return Vec::new();
        };
        let openable = |row: &usize| {
            worklist
                .rows()
                .get(*row)
                .is_some_and(|row| row.trouble().is_none())
        };
        let at = self
            .current_row()
            .and_then(|row| worklist.order().iter().position(|&other| other == row));
        let next = match at {
            Some(at) if by > 0 => worklist.order().iter().skip(at + 1).copied().find(openable),
            Some(at) => worklist
                .order()
                .iter()
                .take(at)
                .rev()
                .copied()
                .find(openable),
            None => worklist.order().iter().copied().find(openable),
        };
        next.map(|row| self.open_row(row)).unwrap_or_default()
    }

    /// Puts the list in order, if it is time, and has the neighbours of the current line ready again;
    /// hands back when to look again.
    pub(in crate::viewer) fn refresh_worklist(
        &mut self,
        now: Instant,
    ) -> (Option<Duration>, Vec<Effect>) {
        let reader = self.reader_name();
        let silent = self.teaching.blind || !self.review.settings().sees_machine(reader, false);
        let open: Vec<(PathBuf, Stand)> = self
            .documents
            .iter()
            .filter(|document| self.review.tracing(document.generation).is_some())
            .filter_map(|document| match &document.source {
                Source::File(path) => {
                    let own = self.review.review(document.generation, reader);
                    let others = self.review.others(document.generation, reader);
                    let seen = own.into_iter().chain(others.map(|(_, review)| review));
                    Some((path.clone(), Stand::of(seen)))
                }
                _ => None,
            })
            .collect();
        let Some(worklist) = &mut self.worklist else {
            return (None, Vec::new());
        };
        worklist.keep_machine_silent(silent);
        for (path, stand) in open {
            if let Some(row) = worklist.row_of(&path) {
                worklist.set_stand(row, &stand);
            }
        }
        let again = worklist.refresh(now);
        // While lines still move about, what is next changes too often to be worth decoding.
        let settled = worklist.finished() || worklist.stopped;
        let reordered = worklist.reordered();
        let alone = worklist.kept.len() < 2;
        let effects = if reordered && (settled || alone) {
            self.look_ahead()
        } else {
            Vec::new()
        };
        (again, effects)
    }

    /// Decodes and reads the neighbours of the current line, and lets go of what was left long ago.
    fn look_ahead(&mut self) -> Vec<Effect> {
        let mut effects = Vec::new();
        let neighbours: Vec<usize> = self
            .worklist
            .as_ref()
            .zip(self.current_row())
            .and_then(|(worklist, row)| {
                let at = worklist.order().iter().position(|&other| other == row)?;
                let near = [at.checked_sub(1), Some(at + 1)];
                let near = near.into_iter().flatten();
                Some(
                    near.filter_map(|at| worklist.order().get(at).copied())
                        .collect(),
                )
            })
            .unwrap_or_default();
        for row in neighbours {
            let small = self.worklist.as_ref().and_then(|worklist| {
                let glance = worklist.rows().get(row)?.glance.done()?;
                Some(glance.samples <= AHEAD_SAMPLES)
            });
            let Some(source) = small
                .filter(|small| *small)
                .and_then(|_| self.row_source(row))
            else {
                continue;
            };
            let (generation, more) = self.open_behind(source);
            let opened = !more.is_empty() || self.is_kept(generation);
            effects.extend(more);
            if let Some(worklist) = self.worklist.as_mut().filter(|_| opened) {
                keep(worklist, generation);
            }
        }
        if let (Some(current), Some(worklist)) = (self.current, &mut self.worklist)
            && worklist.kept.contains(&current)
        {
            keep(worklist, current);
        }
        effects.extend(self.let_go());
        effects
    }

    /// Closes the tracings of the list that were left longest ago, until those that stay are few and small.
    fn let_go(&mut self) -> Vec<Effect> {
        let Some(worklist) = &self.worklist else {
            return Vec::new();
        };
        let mut samples = 0;
        let mut gone = Vec::new();
        for (place, generation) in worklist.kept.iter().enumerate() {
            let document = self.documents.iter().find(|d| d.generation == *generation);
            samples += document.map_or(0, crate::viewer::state::Document::samples);
            let shown = Some(*generation) == self.current;
            if !shown && (place >= KEPT || samples > KEPT_SAMPLES) {
                gone.push(*generation);
            }
        }
        let mut effects = Vec::new();
        for generation in gone {
            effects.extend(self.remove(generation));
        }
        effects
    }

    fn row_source(&self, row: usize) -> Option<Source> {
        let row = self.worklist.as_ref()?.rows().get(row)?;
        row.trouble()
            .is_none()
            .then(|| Source::File(row.path.clone()))
    }

    /// Changes what comes first.
    pub fn sort_worklist(&mut self, sort: Sort) {
        if let Some(worklist) = &mut self.worklist {
            worklist.sort = sort;
            worklist.rearrange();
        }
    }

    /// Changes which lines are listed.
    pub fn show_in_worklist(&mut self, show: Show) {
        if let Some(worklist) = &mut self.worklist {
            worklist.show = show;
            worklist.rearrange();
        }
    }

    /// Looks for words in the lines.
    pub fn search_worklist(&mut self, query: String) {
        if let Some(worklist) = &mut self.worklist {
            worklist.query = query;
            worklist.rearrange();
        }
    }

    /// Stops the reading in the background, or goes on with it.
    pub(in crate::viewer) fn pause_worklist(&mut self) -> Vec<Effect> {
        let Some(worklist) = &mut self.worklist else {
            return Vec::new();
        };
        worklist.stopped = !worklist.stopped;
        let generation = worklist.generation;
        if worklist.stopped {
            return vec![Effect::CancelBackground(generation)];
        }
        let left = worklist.rows().iter().enumerate();
        left.filter_map(|(row, line)| {
            let path = || line.path.clone();
            match (&line.glance, &line.verdict) {
                (Progress::Waiting, _) => Some(Job::Glance {
                    generation,
                    row,
                    path: path(),
                }),
                (Progress::Done(_), Progress::Waiting) => Some(Job::Survey {
                    generation,
                    row,
                    path: path(),
                }),
                _ => None,
            }
        })
        .map(Effect::Submit)
        .collect()
    }

    /// The lines on the screen, which are worked on first.
    pub(in crate::viewer) fn in_view(&mut self, rows: Vec<usize>) -> Vec<Effect> {
        let Some(worklist) = &mut self.worklist else {
            return Vec::new();
        };
        worklist.in_view.clone_from(&rows);
        vec![Effect::InView(rows)]
    }
}

/// Marks a tracing as the last one used.
fn keep(worklist: &mut Worklist, generation: u64) {
    worklist.kept.retain(|other| *other != generation);
    worklist.kept.insert(0, generation);
}
