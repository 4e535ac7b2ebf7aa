//! What stands beside the paper: findings, measurements or a comparison.

use eframe::egui::{ScrollArea, Ui};
use serde::{Deserialize, Serialize};

use super::action::Actions;
use super::commands::Command;
use super::state::AppState;
use super::widgets::segments;
use super::{comparison, findings, measured, review};

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    #[default]
    Findings,
    Measurements,
    Comparison,
}

/// The panel at the right.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    // Without this the panel would shrink to what it holds while a tracing is still being measured.
    ui.set_min_width(ui.available_width());
    ui.add_space(10.0);
    let choices = [
        (Command::Side(Side::Findings), "Findings"),
        (Command::Side(Side::Measurements), "Measurements"),
        (Command::Side(Side::Comparison), "Compare"),
    ];
    ui.horizontal(|ui| segments(ui, state, "Beside the paper", &choices, actions));
    match state.settings.side {
        // Where there is little height, all of it scrolls together.
        Side::Findings if ui.available_height() < LEAST_HEIGHT => {
            let all = ScrollArea::vertical()
                .id_salt("findings")
                .auto_shrink(false);
            all.show(ui, |ui| show_findings(ui, state, actions));
        }
        Side::Findings => show_findings(ui, state, actions),
        Side::Measurements => {
            ui.add_space(8.0);
            measured::show(ui, state, actions);
        }
        Side::Comparison => {
            ui.add_space(8.0);
            comparison::view::show(ui, state, actions);
        }
    }
}

/// Height from which review, device and second reader stand beneath each other without being cut off.
const LEAST_HEIGHT: f32 = 480.0;

fn show_findings(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    review::show(ui, state, actions);
    review::device(ui, state, actions);
    findings::show(ui, state, actions);
}
