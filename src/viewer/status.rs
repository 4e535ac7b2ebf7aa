//! Who reads, on what, how fast, and what this program is not.

use eframe::egui::{Align, Layout, Ui};

use super::state::{AppState, Progress};
use super::theme;

/// What the window says of itself wherever it can be seen.
pub const RESEARCH_USE: &str = "Research and teaching. Not a medical device.";

/// The status bar.
pub fn show(ui: &mut Ui, state: &AppState) {
    let look = theme::look(ui);
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 20.0;
        ui.label(theme::small(reader(state), look));
        if let Some(readable) = readable(state) {
            ui.label(theme::small(readable, look));
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
    let reading = document.reading.done()?;
    let leads = document.tracing.done()?.recording.leads.len();
    Some(match &reading.not_readable {
        Some(reason) => format!("Not readable: {reason}"),
        None => format!(
            "Readable, {leads} {}",
            if leads == 1 { "lead" } else { "leads" }
        ),
    })
}
