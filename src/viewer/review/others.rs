//! What other readers have said, and the last word of who has it.

use std::collections::BTreeSet;

use eframe::egui::{self, Color32, Role, Sense, Ui, WidgetInfo, vec2};

use super::buttons::{Question, decide, room};
use crate::reading::vocabulary;
use crate::review::{Review, Status, Verdict};
use crate::viewer::action::Actions;
use crate::viewer::state::AppState;
use crate::viewer::theme;

/// What others have said, where the project lets it be seen; and for who has the last word, where they differ.
pub(super) fn show(ui: &mut Ui, state: &AppState, current: u64, actions: &mut Actions) {
    let look = theme::look(ui);
    let said: Vec<(&str, &Review)> = state
        .review
        .others(current, state.reader_name())
        .filter(|(_, review)| review.status() != Status::New)
        .collect();
    for (name, review) in &said {
        let present: Vec<&str> = review.content.present().collect();
        let present = if present.is_empty() {
            "no finding".to_owned()
        } else {
            present.join(", ")
        };
        let text = format!("{name}, {}: {present}", review.status().name());
        ui.label(theme::small(text, look))
            .on_hover_text(&review.content.conclusion);
    }
    if state.review.settings().is_adjudicator(state.reader_name()) {
        adjudicate(ui, state, &said, actions);
    }
}

/// The statements on which the others differ, each with its two buttons.
fn adjudicate(ui: &mut Ui, state: &AppState, said: &[(&str, &Review)], actions: &mut Actions) {
    let look = theme::look(ui);
    let statements = said
        .iter()
        .flat_map(|(_, review)| review.content.findings.keys());
    let statements: BTreeSet<&String> = statements.collect();
    let verdict = |review: &Review, id: &str| {
        // Who reviewed a tracing and passed a statement over did not find it.
        review.content.verdict(id).unwrap_or(Verdict::Absent)
    };
    let differ = |id: &&String| {
        let mut all = said.iter().map(|(_, review)| verdict(review, id));
        all.next()
            .is_some_and(|first| all.any(|other| other != first))
    };
    let differing: Vec<&String> = statements.into_iter().filter(differ).collect();
    if differing.is_empty() {
        return;
    }
    ui.label(theme::caption("Readers differ", look));
    for id in differing {
        let name = vocabulary::find(id).map_or(id.as_str(), |known| &known.name);
        let votes = said
            .iter()
            .map(|(reader, review)| format!("{reader} {}", verdict(review, id).as_str()));
        let votes = votes.collect::<Vec<_>>().join(", ");
        let (rect, row) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::hover());
        let spoken = format!("Readers differ on {name}: {votes}");
        row.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        let width = rect.width() - room();
        for (text, font, color, y) in [
            (name, theme::semi_bold(12.5), look.text, 1.0),
            (votes.as_str(), theme::regular(11.5), look.secondary, 18.0),
        ] {
            let mut job = egui::text::LayoutJob::simple(text.to_owned(), font, color, width);
            job.wrap.max_rows = 1;
            job.wrap.break_anywhere = true;
            let galley = ui.painter().layout_job(job);
            ui.painter()
                .galley(rect.min + vec2(2.0, y), galley, Color32::PLACEHOLDER);
        }
        let question = Question {
            id: row.id,
            statement: id,
            name: &format!("{name} as adjudicator"),
            claim: None,
        };
        let standing = state
            .own_review()
            .and_then(|review| review.content.verdict(id));
        decide(ui, rect, &question, standing, state.can_review(), actions);
    }
}
