//! How much the model let each lead speak: twelve bars in anatomical order.

use eframe::egui::{Align2, Mesh, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::theme;
use crate::ecg::STANDARD_12;
use crate::reading::Reading;

const BARS: f32 = 72.0;

/// The lead attention of a reading.
pub fn show(ui: &mut Ui, reading: &Reading) {
    let look = theme::look(ui);
    if reading.lead_attention.is_empty() {
        return;
    }
    ui.label(theme::caption("Lead attention", look));
    ui.add_space(4.0);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BARS + 18.0), Sense::hover());
    let step = rect.width() / STANDARD_12.len() as f32;
    for (index, lead) in STANDARD_12.iter().enumerate() {
        let value = reading
            .lead_attention
            .iter()
            .find(|(name, _)| name == lead)
            .map(|(_, value)| *value);
        let left = rect.left() + index as f32 * step;
        let bar = Rect::from_min_size(pos2(left + 3.0, rect.top()), vec2(step - 6.0, BARS));
        let place = Rect::from_min_size(pos2(left, rect.top()), vec2(step, rect.height()));
        let response = ui.interact(
            place,
            ui.scope_id().with(("attention", index)),
            Sense::hover(),
        );
        let spoken = match value {
            Some(value) => format!("Attention {lead}: {value:.2}"),
            None => format!("Attention {lead}: absent"),
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
