//! Going from one to the next: tracings, findings, leads, pages.

use super::{AppState, Effect, FindingGroup, group_of};
use crate::ecg::LeadName;
use crate::reading::Method;

impl AppState {
    pub(super) fn step(&mut self, by: isize) -> Vec<Effect> {
        if self.teaching.quiz.is_some() {
            return if by > 0 { self.next_case() } else { Vec::new() };
        }
        if self.worklist.is_some() {
            return self.step_row(by);
        }
        let at = self
            .documents
            .iter()
            .position(|document| Some(document.generation) == self.current);
        let count = self.documents.len();
        let next = at
            .and_then(|at| at.checked_add_signed(by))
            .filter(|next| *next < count);
        next.and_then(|next| self.documents.get(next).map(|d| d.generation))
            .map(|generation| self.select(generation))
            .unwrap_or_default()
    }

    pub(super) fn close(&mut self) -> Vec<Effect> {
        let Some(current) = self.current else {
            return Vec::new();
        };
        self.remove(current)
    }

    pub(super) fn step_finding(&mut self, by: isize) -> Vec<Effect> {
        let show_absent = self.settings.show_absent;
        let Some(document) = self.document() else {
            return Vec::new();
        };
        let order: Vec<String> = document
            .order()
            .into_iter()
            .filter(|finding| show_absent || group_of(finding) != FindingGroup::Absent)
            .map(|finding| finding.statement.id.clone())
            .collect();
        let at = document
            .selected
            .as_ref()
            .and_then(|id| order.iter().position(|other| other == id));
        let next = match at {
            Some(at) => at.checked_add_signed(by),
            None => Some(if by > 0 {
                0
            } else {
                order.len().saturating_sub(1)
            }),
        };
        match next.and_then(|next| order.get(next)) {
            Some(id) => self.select_finding(id),
            None => Vec::new(),
        }
    }

    pub(super) fn toggle_heat(&mut self) -> Vec<Effect> {
        let Some(document) = self.document() else {
            return Vec::new();
        };
        if document.selected.is_some() {
            self.heat = !self.heat;
            return Vec::new();
        }
        document
            .most_telling()
            .map(|id| self.select_finding(&id))
            .unwrap_or_default()
    }

    /// Explains by another method from now on; what the one before has shown is no longer so.
    pub(super) fn explain_by(&mut self, method: Method) -> Vec<Effect> {
        if self.settings.method == method {
            return Vec::new();
        }
        self.settings.method = method;
        for document in &mut self.documents {
            document.explanations.clear();
        }
        let job = self
            .document_mut()
            .and_then(|document| document.explain_selected(method));
        std::iter::once(Effect::Save)
            .chain(job.map(Effect::Submit))
            .collect()
    }

    pub(super) fn step_lead(&mut self, by: isize) {
        let Some(tracing) = self.document().and_then(|document| document.tracing.done()) else {
            return;
        };
        let leads: Vec<LeadName> = tracing
            .recording
            .leads
            .iter()
            .map(|lead| lead.name.clone())
            .collect();
        let shown = self
            .inspector
            .as_ref()
            .map_or(&self.last_lead, |inspector| &inspector.lead);
        let at = leads.iter().position(|lead| lead == shown).unwrap_or(0);
        let next = if self.inspector.is_some() {
            at.saturating_add_signed(by)
        } else {
            at
        };
        if let Some(lead) = leads.get(next.min(leads.len().saturating_sub(1))) {
            let at_s = self.inspector.as_ref().and_then(|inspector| inspector.at_s);
            self.inspect(lead.clone(), at_s);
        }
    }

    /// Shows the tracing in front from this second on, as far as it reaches.
    pub fn start_at(&mut self, start_s: f64) {
        let latest = (self.duration_s() - self.view.page_s).max(0.0);
        if let Some(document) = self.document_mut() {
            document.start_s = start_s.clamp(0.0, latest);
        }
    }

    pub(super) fn move_in_time(&mut self, pages: f64) {
        let (page_s, duration_s) = (self.view.page_s, self.duration_s());
        if let Some(document) = self.document_mut() {
            let latest = (duration_s - page_s).max(0.0);
            document.start_s = (document.start_s + pages * page_s).clamp(0.0, latest);
        }
    }

    pub(in crate::viewer) fn duration_s(&self) -> f64 {
        let tracing = self.document().and_then(|document| document.tracing.done());
        tracing.map_or(0.0, |tracing| tracing.recording.duration_s())
    }
}
