//! What the desk tells, taken into the state, and what it is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Task, Told};
use crate::review::{report, revised};
use crate::sheet::SheetOptions;
use crate::viewer::jobs::Source;
use crate::viewer::state::{AppState, Effect, NoteKind, Progress};

impl AppState {
    /// Takes the reviewer's wave boundaries into the numbers of every open tracing.
    pub(in crate::viewer) fn revise(&mut self) {
        let reader = self.settings.reader.trim();
        for document in &mut self.documents {
            let points = self.review.review(document.generation, reader);
            let points = points.map(|review| review.content.fiducials.values());
            let revised = document
                .measurements
                .as_ref()
                .zip(points)
                .and_then(|(measured, points)| revised(measured, points, reader));
            // What is the same stays where it is, so that nothing is painted anew.
            if document.revised.as_deref() != revised.as_ref() {
                document.revised = revised.map(Arc::new);
            }
        }
    }

    /// Takes in what the desk tells.
    pub fn told(&mut self, told: Told) -> Vec<Effect> {
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
                self.revise();
            }
            Told::Reviews { tracing, reviews } => {
                self.review.reviews.insert(tracing, reviews);
                self.drop_kept_draft();
                self.revise();
                self.settle_hand(false);
            }
            Told::Listed(listed) => {
                self.review.listed = listed;
                self.list_stands();
            }
            Told::ReportTo(generation, to) => {
                return self.report(generation, to).into_iter().collect();
            }
            Told::Reported(to) => self.review.reported = Some(to),
            Told::Failed(reason) => {
                self.settle_hand(true);
                self.notes
                    .push(NoteKind::Error, "Not kept", reason, self.current);
            }
        }
        Vec::new()
    }

    /// The task that writes the report on a tracing, as it is shown, in the reviewer's words.
    pub fn report(&self, generation: u64, to: PathBuf) -> Option<Effect> {
        let document = self
            .documents
            .iter()
            .find(|document| document.generation == generation)?;
        let tracing = document.tracing.done()?;
        let reader = self.reader_name();
        let review = self.review.review(generation, reader)?.clone();
        let said = report(&[(reader.to_owned(), review)].into(), Some(reader), None)?;
        let settings = &self.settings;
        let options = SheetOptions {
            layout: settings.layout,
            order: settings.order,
            speed: settings.speed.mm_per_s(),
            limb_gain: settings.limb_gain.mm_per_mv(),
            chest_gain: settings.chest_gain.mm_per_mv(),
            filters: tracing.filter_name(),
            measured: document.measured().cloned(),
            unreliable: document.unreliable().map(str::to_owned),
            review: Some(said.into()),
            ..SheetOptions::default()
        };
        Some(Effect::Review(Task::Report {
            recording: Arc::clone(&tracing.shown),
            options: Box::new(options),
            colors: self.paper_colors(),
            to,
        }))
    }

    /// The job that makes a decoded tracing known to the project.
    pub fn see(&self, generation: u64) -> Option<Effect> {
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
            recording: Arc::clone(&document.tracing.done()?.recording),
            path,
        }))
    }
}
