//! What each lead brought: the network's gate, and what the chosen finding loses without the lead.

use eframe::egui::{Align2, Mesh, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::theme;
use crate::ecg::{LeadName, STANDARD_12};
use crate::reading::{Explanation, Reading};

/// Height of a row of bars.
const BARS: f32 = 52.0;
/// Height of the names below and of the caption above.
const WORDS: f32 = 46.0;

/// How much room both rows take.
pub fn height(explanation: Option<&Explanation>) -> f32 {
    let rows = if explanation.is_some() { 2.0 } else { 1.0 };
    rows * (BARS + WORDS) + 20.0
}

/// The lead gate of a reading, and below it by how much the finding that is explained falls without each lead, as a
/// share of the largest fall.
pub fn show(ui: &mut Ui, reading: &Reading, explanation: Option<&Explanation>) {
    if !reading.lead_attention.is_empty() {
        let value = |lead: &LeadName| {
            let found = reading.lead_attention.iter().find(|(name, _)| name == lead);
            found.map(|(_, value)| *value)
        };
        bars(
            ui,
            "Lead attention: the network's gate",
            "Attention",
            &value,
        );
    }
    let Some(explanation) = explanation else {
        return;
    };
    let effects = &explanation.lead_effect;
    let most = effects
        .iter()
        .map(|(_, effect)| *effect)
        .fold(0.0, f32::max);
    if most > 0.0 {
        let value = |lead: &LeadName| {
            let found = effects.iter().find(|(name, _)| name == lead);
            found.map(|(_, effect)| effect / most)
        };
        ui.add_space(6.0);
        let caption = format!(
            "Effect of taking a lead away: {}",
            explanation.id.trim_end_matches('_')
        );
        bars(ui, &caption, "Effect", &value);
    }
}

/// Twelve bars in printed order, from 0 to 1.
fn bars(ui: &mut Ui, caption: &str, kind: &str, of: &dyn Fn(&LeadName) -> Option<f32>) {
    let look = theme::look(ui);
    ui.label(theme::caption(caption, look));
    ui.add_space(4.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BARS + 18.0), Sense::hover());
    let step = rect.width() / STANDARD_12.len() as f32;
    for (index, lead) in STANDARD_12.iter().enumerate() {
        let value = of(lead);
        let left = rect.left() + index as f32 * step;
        let bar = Rect::from_min_size(pos2(left + 3.0, rect.top()), vec2(step - 6.0, BARS));
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(step, rect.height()));
        let response = ui.interact(place, ui.scope_id().with((kind, index)), Sense::hover());
        let spoken = match value {
            Some(value) => format!("{kind} {lead}: {value:.2}"),
            None => format!("{kind} {lead}: absent"),
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
        let painter = ui.painter();
        painter.rect_filled(bar, 3, look.quiet);
        if let Some(value) = value {
            let height = (bar.height() * value.clamp(0.0, 1.0)).max(2.0);
            let filled = Rect::from_min_max(pos2(bar.left(), bar.bottom() - height), bar.max);
            let mut mesh = Mesh::default();
            for (y, color) in [
                (filled.top(), look.machine),
                (filled.bottom(), look.machine_light),
            ] {
                mesh.colored_vertex(pos2(filled.left(), y), color);
                mesh.colored_vertex(pos2(filled.right(), y), color);
            }
            mesh.add_triangle(0, 1, 2);
            mesh.add_triangle(1, 3, 2);
            painter.add(mesh);
        }
        painter.text(
            pos2(left + step / 2.0, rect.bottom()),
            Align2::CENTER_BOTTOM,
            lead.as_str(),
            theme::regular(9.75),
            if value.is_some() {
                look.secondary
            } else {
                look.tertiary
            },
        );
        response.on_hover_text(spoken);
    }
}
