//! Errors and warnings as calm cards above the paper, until they are dismissed.

use eframe::egui::{self, Frame, Margin, Rect, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

use super::action::{Action, Actions};
use super::icons::Icon;
use super::state::{AppState, Note, NoteKind};
use super::theme;
use super::widgets::quiet_icon;
use crate::sheet::unbroken;

/// Cards shown at once; the rest follow as these are dismissed.
const MOST: usize = 3;
/// Sentences shown in a card; the others are in its tooltip.
const LINES: usize = 3;

/// The notes of the current tracing and of the window.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let notes: Vec<&Note> = state.notes.shown(state.current).collect();
    for note in notes.iter().take(MOST) {
        card(ui, note, actions);
        ui.add_space(6.0);
    }
    if notes.len() > MOST {
        let look = theme::look(ui);
        ui.label(theme::small(
            format!("and {} more", notes.len() - MOST),
            look,
        ));
        ui.add_space(6.0);
    }
}

fn card(ui: &mut Ui, note: &Note, actions: &mut Actions) {
    let look = theme::look(ui);
    let (icon, color, fill) = match note.kind {
        NoteKind::Error => (Icon::Error, look.error, look.error_soft),
        NoteKind::Warning => (Icon::Warning, look.warning, look.warning_soft),
        NoteKind::Done => (Icon::Folder, look.accent, look.accent_soft),
    };
    let frame = Frame::new()
        .fill(fill)
        .stroke(Stroke::new(1.0, color.gamma_multiply(0.35)))
        .corner_radius(8)
        .inner_margin(Margin::symmetric(12, 6));
    let card = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            let (place, _) = ui.allocate_exact_size(vec2(16.0, 24.0), Sense::hover());
            icon.paint(ui.painter(), place, color);
            let text =
                Rect::from_min_size(ui.cursor().min, vec2(ui.available_width() - 32.0, 24.0));
            ui.vertical(|ui| {
                ui.set_width(text.width());
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.horizontal_wrapped(|ui| {
                    ui.set_min_height(24.0);
                    ui.label(theme::strong(format!("{}:", note.title)).color(look.text));
                    if let Some(first) = note.lines.first() {
                        ui.label(unbroken(first));
                    }
                });
                for line in note.lines.iter().take(LINES).skip(1) {
                    ui.label(unbroken(line));
                }
                if note.lines.len() > LINES {
                    let more = theme::small(format!("and {} more", note.lines.len() - LINES), look);
                    ui.label(more).on_hover_text(note.lines.join("\n"));
                }
            });
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Min), |ui| {
                if quiet_icon(ui, Icon::Close, &format!("Dismiss: {}", note.title)).clicked() {
                    actions.push(Action::Dismiss(note.id));
                }
            });
        });
    });
    card.response.widget_info(|| {
        WidgetInfo::labeled(
            Role::Alert,
            true,
            format!("{}: {}", note.title, note.lines.join(" ")),
        )
    });
}
