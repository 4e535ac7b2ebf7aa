//! What each lead brought: the network's gate, and what the chosen finding loses without the lead, or without what was
//! measured.

use eframe::egui::{Align2, Mesh, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::theme;
use crate::ecg::{LeadName, STANDARD_12};
use crate::reading::{Explanation, Reading};

/// Height of a row of bars.
const BARS: f32 = 52.0;
/// What is measured, which the network is told beside the tracing: under its bar, and in words.
const NUMBERS: &str = "Num.";
const NUMBERS_IN_WORDS: &str = "of rate, rhythm, intervals, axes and heights as measured";
/// Height of the names below and of the caption above.
const WORDS: f32 = 46.0;

/// How much room both rows take.
pub fn height(explanation: Option<&Explanation>) -> f32 {
    let rows = if explanation.is_some() { 2.0 } else { 1.0 };
    rows * (BARS + WORDS) + 20.0
}

/// The lead gate of a reading, and below it by how much the finding that is explained falls without each lead and
/// without the measured numbers, as a share of the largest fall.
pub fn show(ui: &mut Ui, reading: &Reading, explanation: Option<&Explanation>) {
    if !reading.lead_attention.is_empty() {
        let caption = "Lead attention: the network's gate";
        bars(ui, caption, "Attention", &of_leads(&reading.lead_attention));
    }
    let Some(explanation) = explanation else {
        return;
    };
    let mut effects = of_leads(&explanation.lead_effect);
    effects.push((NUMBERS, Some(explanation.measured_effect)));
    let fall = |(_, effect): &(&str, Option<f32>)| effect.unwrap_or(0.0);
    let most = effects.iter().map(fall).fold(0.0, f32::max);
    if most > 0.0 {
        for (_, effect) in &mut effects {
            *effect = effect.map(|effect| effect / most);
        }
        ui.add_space(6.0);
        let caption = format!(
            "Effect without a lead or the numbers: {}",
            explanation.id.trim_end_matches('_')
        );
        bars(ui, &caption, "Effect", &effects);
    }
}

/// The standard leads in printed order with what each has, if it has something.
fn of_leads(values: &[(LeadName, f32)]) -> Vec<(&'static str, Option<f32>)> {
    let of = |lead: &LeadName| values.iter().find(|(name, _)| name == lead);
    let leads = STANDARD_12.iter();
    leads
        .map(|lead| (lead.as_str(), of(lead).map(|(_, value)| *value)))
        .collect()
}

/// A bar for each name, from 0 to 1.
fn bars(ui: &mut Ui, caption: &str, kind: &str, of: &[(&str, Option<f32>)]) {
    let look = theme::look(ui);
    ui.label(theme::caption(caption, look));
    ui.add_space(4.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BARS + 18.0), Sense::hover());
    let step = rect.width() / of.len() as f32;
    for (index, &(name, value)) in of.iter().enumerate() {
        let left = rect.left() + index as f32 * step;
        let bar = Rect::from_min_size(pos2(left + 3.0, rect.top()), vec2(step - 6.0, BARS));
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(step, rect.height()));
        let response = ui.interact(place, ui.scope_id().with((kind, index)), Sense::hover());
        let long = if name == NUMBERS {
            NUMBERS_IN_WORDS
        } else {
            name
        };
        let spoken = match value {
            Some(value) => format!("{kind} {long}: {value:.2}"),
            None => format!("{kind} {long}: absent"),
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
            name,
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
