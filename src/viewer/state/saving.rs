//! Copies of a tracing in other formats, with or without whose it is.

use std::path::PathBuf;
use std::sync::Arc;

use super::{AppState, Effect, NoteKind};
use crate::formats::deidentify::Removed;
use crate::formats::writing::Loss;
use crate::viewer::jobs::Job;

/// A copy that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The file to open it by.
    pub path: PathBuf,
    /// What it does not hold as the tracing did.
    pub losses: Vec<Loss>,
    /// What was taken out of it; `None` where it tells whose it is.
    pub removed: Option<Vec<Removed>>,
}

impl AppState {
    /// Asks where the copy of the current tracing is to go.
    pub(super) fn save_copy(&self, without_identity: bool) -> Vec<Effect> {
        let Some(document) = self.document() else {
            return Vec::new();
        };
        let name = if without_identity {
            "deidentified".to_owned()
        } else {
            document.title.clone()
        };
        vec![Effect::PickTarget {
            generation: document.generation,
            name,
            without_identity,
        }]
    }

    /// The person chose where it goes.
    pub(super) fn target_picked(
        &mut self,
        generation: u64,
        path: PathBuf,
        without_identity: bool,
    ) -> Vec<Effect> {
        let recording = self
            .by_generation(generation)
            .and_then(|document| document.tracing.done())
            .map(|tracing| Arc::clone(&tracing.recording));
        let job = recording.map(|recording| Job::Save {
            generation,
            recording,
            path,
            without_identity,
        });
        job.map(Effect::Submit).into_iter().collect()
    }

    /// Tells what became of the copy.
    pub(super) fn saved(&mut self, generation: u64, result: Result<Saved, String>) {
        let generation = Some(generation);
        let saved = match result {
            Ok(saved) => saved,
            Err(reason) => {
                let title = "The copy could not be saved";
                self.notes.push(NoteKind::Error, title, reason, generation);
                return;
            }
        };
        let name = saved.path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(removed) = &saved.removed {
            let title = format!("Saved {name} without whose it is");
            if removed.is_empty() {
                let line = "There was nothing to take out.".to_owned();
                self.notes.push(NoteKind::Done, &title, line, generation);
            }
            for removed in removed {
                let line = format!("{}: {}", removed.field, removed.how);
                self.notes.push(NoteKind::Done, &title, line, generation);
            }
        } else {
            let line = saved.path.display().to_string();
            let title = format!("Saved {name}");
            self.notes.push(NoteKind::Done, &title, line, generation);
        }
        let title = format!("{name} does not hold everything");
        for loss in saved.losses {
            // What was taken out on purpose is told above.
            let told = saved.removed.is_some() && loss.what != "samples" && loss.what != "lead";
            if !told {
                self.notes
                    .push(NoteKind::Warning, &title, loss.detail, generation);
            }
        }
    }
}
