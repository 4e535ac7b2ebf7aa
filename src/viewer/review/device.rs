//! What the file itself says: the device's words and the labels that came with it.

use eframe::egui::{self, Color32, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::buttons::{Question, decide, room};
use crate::reading::vocabulary;
use crate::review::Claim;
use crate::sheet::{STATED, file_statements, unbroken};
use crate::viewer::action::Actions;
use crate::viewer::side::is_low;
use crate::viewer::state::AppState;
use crate::viewer::theme;

/// Never the machine's or a person's word, and in neither's colour.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document().filter(|document| !state.hides(document)) else {
        return;
    };
    let Some(tracing) = document.tracing.done() else {
        return;
    };
    let stated = file_statements(&tracing.recording);
    if stated.is_empty() {
        return;
    }
    let look = theme::look(ui);
    ui.add_space(10.0);
    ui.label(theme::caption(STATED, look));
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for own in &stated {
            device_row(ui, state, &own.words, own.meaning, actions);
        }
    });
}

fn device_row(
    ui: &mut Ui,
    state: &AppState,
    words: &str,
    meant: Option<&'static vocabulary::Statement>,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let tools = if meant.is_some() { room() } else { 0.0 };
    let width = ui.available_width() - tools;
    let mut job = egui::text::LayoutJob::simple(
        unbroken(words),
        theme::regular(12.5),
        look.text,
        width - 8.0,
    );
    if is_low(ui) {
        // All of it is in the tooltip.
        job.wrap.max_rows = 1;
    }
    let galley = ui.painter().layout_job(job);
    let height = galley.size().y.max(22.0);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    ui.painter().galley(
        pos2(rect.left() + 2.0, rect.center().y - galley.size().y / 2.0),
        galley,
        Color32::PLACEHOLDER,
    );
    response.widget_info(|| {
        WidgetInfo::labeled(Role::Label, true, format!("The file states: {words}"))
    });
    let row = response.id;
    response.on_hover_text(words);
    let Some(statement) = meant else { return };
    let question = Question {
        id: row,
        statement: &statement.id,
        name: &format!("{} of the file", statement.name),
        claim: Some(Claim::Device {
            words: words.to_owned(),
        }),
    };
    let standing = state
        .own_review()
        .and_then(|review| review.content.verdict(&statement.id));
    decide(ui, rect, &question, standing, state.can_review(), actions);
}
