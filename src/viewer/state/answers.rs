//! What the workers answer, taken into the state.

use std::sync::Arc;

use super::{AppState, Effect, NoteKind, Progress};
use crate::ecg::{Warning, WarningCode};
use crate::reading::Reading;
use crate::viewer::jobs::{Answer, Job, Source, Tracing};
use crate::viewer::teaching::Lesson;

impl AppState {
    /// Takes in what a worker answered.
    pub fn answer(&mut self, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Reader(Ok(card)) => self.reader = Progress::Done(card),
            Answer::Reader(Err(reason)) => {
                self.notes.push(
                    NoteKind::Error,
                    "The second reader could not be started",
                    reason.clone(),
                    None,
                );
                self.reader = Progress::Failed(reason);
            }
            Answer::Decoded {
                generation,
                result: Ok(tracing),
            } => return self.decoded(generation, tracing),
            Answer::Decoded {
                generation,
                result: Err(reason),
            } => {
                return self.not_decoded(generation, reason);
            }
            Answer::Filtered {
                generation,
                shown,
                filter,
                drawn,
            } => {
                if let Some(Progress::Done(tracing)) =
                    self.by_generation(generation).map(|d| &mut d.tracing)
                {
                    (tracing.shown, tracing.filter, tracing.drawn) = (shown, filter, drawn);
                }
            }
            Answer::Measured {
                generation,
                measurements,
            } => {
                if let Some(document) = self.by_generation(generation) {
                    document.measurements = Some(measurements);
                }
                self.revise();
                return self.living_measured(generation).into_iter().collect();
            }
            Answer::Read { generation, result } => return self.read(generation, result),
            Answer::Explained {
                generation,
                statement,
                method,
                result,
            } => {
                // Another method was chosen while this one was at work.
                if method != self.settings.method {
                    return Vec::new();
                }
                let Some(document) = self.by_generation(generation) else {
                    return Vec::new();
                };
                let outcome = match result {
                    Ok(explanation) => Progress::Done(Arc::new(explanation)),
                    Err(reason) => Progress::Failed(reason),
                };
                document.explanations.insert(statement, outcome);
            }
            Answer::Drawn {
                generation,
                result,
                took_ms,
            } => return self.drawn(generation, result, took_ms),
            Answer::Placed {
                generation,
                regions,
                duration_s,
            } => self.placed(generation, &regions, duration_s),
            Answer::SaveTo(path) => return self.learn(Lesson::SaveTo(path)),
            Answer::Written(Ok(_)) => {}
            Answer::Written(Err(reason)) => {
                self.notes.push(
                    NoteKind::Error,
                    "The file could not be written",
                    reason,
                    None,
                );
            }
            Answer::Priors { generation, found } => return self.priors_found(generation, found),
            Answer::Picked(paths) => return self.open(paths),
            Answer::Listed {
                generation,
                found,
                last,
            } => return self.listed(generation, found, last),
            Answer::Glanced {
                generation,
                row,
                result,
            } => return self.glanced(generation, row, result),
            Answer::Surveyed {
                generation,
                row,
                result,
            } => self.surveyed(generation, row, result),
            Answer::Asks {
                generation,
                question,
            } => return self.ask_about(generation, *question),
            Answer::Cut {
                generation,
                result: Ok(preview),
            } => self.recut(generation, preview),
            Answer::Cut {
                result: Err(reason),
                ..
            } => {
                let title = "The table cannot be cut so";
                self.notes.push(NoteKind::Warning, title, reason, None);
            }
            Answer::PickedTarget {
                generation,
                path,
                without_identity,
            } => return self.target_picked(generation, path, without_identity),
            Answer::Saved { generation, result } => self.saved(generation, result),
        }
        Vec::new()
    }

    /// A file that cannot be opened is a note; one that the worklist had opened ahead only says so in its line.
    fn not_decoded(&mut self, generation: u64, reason: String) -> Vec<Effect> {
        let ahead = self.is_kept(generation) && self.current != Some(generation);
        let Some(document) = self.by_generation(generation) else {
            return Vec::new();
        };
        let title = format!("{} could not be opened", document.title);
        let source = document.source.clone();
        let effects = self.remove(generation);
        if let (Source::File(path), Some(worklist)) = (source, &mut self.worklist)
            && let Some(row) = worklist.row_of(&path)
        {
            worklist.take_glance(row, Err(reason.clone()));
        }
        if !ahead {
            self.notes.push(NoteKind::Error, &title, reason, None);
        }
        effects
    }

    fn decoded(&mut self, generation: u64, tracing: Tracing) -> Vec<Effect> {
        let Some(document) = self.by_generation(generation) else {
            return Vec::new();
        };
        let recording = Arc::clone(&tracing.recording);
        if matches!(document.source, Source::File(_)) {
            document.title = recording.name.clone();
            document.name = recording.name.clone();
        }
        document.tracing = Progress::Done(tracing);
        let source = document.source.clone();
        for warning in recording
            .warnings
            .iter()
            .filter(|warning| is_a_doubt(warning))
        {
            self.notes.warn(generation, &warning.message);
        }
        let mut effects = vec![
            Effect::Submit(Job::Measure {
                generation,
                recording: Arc::clone(&recording),
            }),
            Effect::Submit(Job::Read {
                generation,
                recording,
            }),
        ];
        effects.extend(self.see(generation));
        if let Source::File(path) = source
            && !self.is_kept(generation)
        {
            self.settings.remember(&path);
            effects.push(Effect::Save);
        }
        if self.current == Some(generation) {
            effects.extend(self.refilter());
            effects.extend(self.compare_if_wanted());
        }
        effects
    }

    fn read(&mut self, generation: u64, result: Result<Reading, String>) -> Vec<Effect> {
        let Some(document) = self.by_generation(generation) else {
            return Vec::new();
        };
        document.reading = match result {
            Ok(reading) => Progress::Done(Arc::new(reading)),
            Err(reason) => Progress::Failed(reason),
        };
        let telling = document.most_telling();
        self.note_verdict(generation);
        if self
            .living
            .as_ref()
            .is_some_and(|living| living.generation == generation)
        {
            return self.living_read(generation).into_iter().collect();
        }
        if self.select_first_finding && self.current == Some(generation) && telling.is_some() {
            self.select_first_finding = false;
            return telling
                .map(|id| self.select_finding(&id))
                .unwrap_or_default();
        }
        Vec::new()
    }
}

/// That a tracing is simulated stands on its page already.
fn is_a_doubt(warning: &Warning) -> bool {
    warning.code != WarningCode::Simulated
}
