//! Who reads, on what, how fast, and what this program is not.

use eframe::egui::{self, Align, Layout, Role, Ui, WidgetInfo};

use super::action::{Action, Actions};
use super::commands::Command;
use super::state::{AppState, Progress};
use super::theme;
use super::widgets::tooltip;
use crate::ecg::STANDARD_12;

/// What the window says of itself wherever it can be seen.
pub const RESEARCH_USE: &str = "Research and teaching. Not a medical device.";

/// Points of width from which the status bar has room for who reads.
const NARROWEST: f32 = 600.0;

/// The status bar.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    if state.teaching.presenter {
        return presenter(ui, state, actions);
    }
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        // In a narrow window what holds the reading back has the first word.
        if ui.available_width() > NARROWEST {
            ui.label(theme::small(reader(state), look));
        }
        if let Some(readable) = readable(state) {
            ui.label(theme::small(readable, look));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(theme::small(RESEARCH_USE, look));
        });
    });
}

/// At the front of a class: the few things that are needed there.
fn presenter(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        let findings = if state.teaching.reveals {
            "Hide findings"
        } else {
            "Show findings"
        };
        for (command, text) in [
            (Command::PreviousTracing, "Previous"),
            (Command::NextTracing, "Next"),
            (Command::FindingsPanel, findings),
            (Command::Presenter, "Leave presenter view"),
        ] {
            let enabled = state.is_enabled(command);
            let color = if enabled { look.focus } else { look.tertiary };
            let link = egui::Button::new(theme::small(text, look).color(color)).frame(false);
            let link = ui.add_enabled(enabled, link);
            link.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
            theme::focus_ring(ui, &link, 4);
            if tooltip(link, command).clicked() {
                actions.push(Action::Run(command));
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(theme::small(RESEARCH_USE, look));
        });
    });
}

fn reader(state: &AppState) -> String {
    match &state.reader {
        Progress::Waiting => "Loading the model…".into(),
        Progress::Failed(_) => "No second reader".into(),
        Progress::Done(card) => {
            let reading = state
                .document()
                .and_then(|document| document.reading.done());
            let timing = reading
                .map(|reading| format!(" · {:.0} ms", reading.timing_ms))
                .unwrap_or_default();
            format!("{} · {}{timing}", card.model, card.device)
        }
    }
}

fn readable(state: &AppState) -> Option<String> {
    let document = state.document()?;
    let reading = document.reading.done().filter(|_| !state.hides(document))?;
    let missing = document.tracing.done()?.recording.missing_standard_leads();
    Some(match (&reading.not_readable, missing.len()) {
        (Some(reason), _) => format!("Not readable: {reason}"),
        (None, 0) => "Readable, 12 standard leads".to_owned(),
        // The file may hold others, which do not stand in for them.
        (None, missing) => format!(
            "Readable, {} of 12 standard leads",
            STANDARD_12.len() - missing
        ),
    })
}
