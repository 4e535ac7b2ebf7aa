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
        Side::Findings => {
            let (id, room) = (ui.scope_id().with("above"), ui.available_height());
            let above = ui.data(|data| data.get_temp::<f32>(id)).unwrap_or(0.0);
            // Where there is little height, all of it scrolls together.
            let now = if room - above < LEAST_HEIGHT {
                let all = ScrollArea::vertical()
                    .id_salt("findings")
                    .auto_shrink(false);
                all.show(ui, |ui| show_findings(ui, state, actions)).inner
            } else {
                show_findings(ui, state, actions)
            };
            if (now - above).abs() > 0.5 {
                ui.data_mut(|data| data.insert_temp(id, now));
                ui.ctx().request_repaint();
            }
        }
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

/// Height of the window, in points, below which only what is needed stands above the findings.
const LOW: f32 = 1020.0;

/// Whether the window is so low that the findings need all the room they can get.
pub fn is_low(ui: &Ui) -> bool {
    ui.ctx().content_rect().height() < LOW
}

/// Height beneath review and device from which the second reader scrolls alone.
const LEAST_HEIGHT: f32 = 400.0;

/// Returns the height of what stands above the second reader.
fn show_findings(ui: &mut Ui, state: &AppState, actions: &mut Actions) -> f32 {
    let top = ui.cursor().top();
    review::show(ui, state, actions);
    review::device(ui, state, actions);
    let above = ui.cursor().top() - top;
    findings::show(ui, state, actions);
    above
}
