//! Comparing the tracing in front with an earlier one of the same patient.

use std::sync::Arc;

use super::{AppState, Document, Effect, Progress};
use crate::viewer::comparison::{Comparison, Prior, among_open, merged, places, unsearchable};
use crate::viewer::jobs::Source;
use crate::viewer::side::Side;

impl AppState {
    /// The earlier tracing beside the one in front, once it is decoded.
    pub fn prior(&self) -> Option<&Document> {
        let comparison = self.comparison.as_ref()?;
        let chosen = comparison.chosen.as_ref()?;
        if self.current != Some(comparison.of) || !self.compares() {
            return None;
        }
        let mut documents = self.documents.iter();
        let prior = documents.find(|document| document.source == *chosen)?;
        (prior.tracing.done().is_some() && Some(prior.generation) != self.current).then_some(prior)
    }

    fn compares(&self) -> bool {
        self.settings.side == Side::Comparison && self.settings.findings_panel
    }

    /// Starts looking for earlier tracings of the one in front, if a comparison is wanted and none is under way.
    pub(super) fn compare_if_wanted(&mut self) -> Vec<Effect> {
        let under_way = self
            .comparison
            .as_ref()
            .is_some_and(|comparison| Some(comparison.of) == self.current);
        if !self.compares() || under_way {
            return Vec::new();
        }
        self.comparison = None;
        let Some(document) = self.document() else {
            return Vec::new();
        };
        let Some(tracing) = document.tracing.done() else {
            return Vec::new();
        };
        let (of, recording) = (document.generation, Arc::clone(&tracing.recording));
        if unsearchable(&recording).is_some() {
            return Vec::new();
        }
        let open = merged(Vec::new(), among_open(document, &self.documents));
        self.comparison = Some(Comparison {
            of,
            found: Progress::Waiting,
            chosen: open.first().map(|prior| prior.source.clone()),
        });
        let (folder, others) = places(&recording, &self.settings.recent);
        vec![Effect::FindPriors {
            generation: of,
            recording,
            folder,
            others,
        }]
    }

    /// Takes in what was found among files.
    pub(super) fn priors_found(&mut self, generation: u64, found: Vec<Prior>) -> Vec<Effect> {
        let Some(document) = self.documents.iter().find(|d| d.generation == generation) else {
            return Vec::new();
        };
        let open = among_open(document, &self.documents);
        let Some(comparison) = self.comparison.as_mut().filter(|c| c.of == generation) else {
            return Vec::new();
        };
        let found = merged(open, found);
        let first = found.first().map(|prior| prior.source.clone());
        comparison.found = Progress::Done(found);
        match (comparison.chosen.is_some(), first) {
            (false, Some(first)) => self.compare_with(first),
            _ => Vec::new(),
        }
    }

    /// Sets an earlier tracing beside the one in front, which stays in front.
    pub fn compare_with(&mut self, source: Source) -> Vec<Effect> {
        let Some(comparison) = &mut self.comparison else {
            return Vec::new();
        };
        comparison.chosen = Some(source.clone());
        self.open_behind(source).1
    }
}
