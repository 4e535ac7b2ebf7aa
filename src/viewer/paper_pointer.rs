//! The pointer on the paper: moving along it, and what is read off under it.

use eframe::egui::{
    self, Color32, PointerButton, Pos2, Rect, Response, Stroke, Ui, Vec2, pos2, vec2,
};

use super::action::{Action, Actions};
use super::jobs::Tracing;
use super::state::{AppState, Scale, View};
use super::theme;
use crate::sheet::{Panel, Sheet};

/// Zoom about the pointer, pan, and tell the state how large the page is shown.
#[allow(
    clippy::too_many_arguments,
    reason = "the page, what was done to it, and where to"
)]
pub(super) fn navigate(
    ui: &Ui,
    response: &Response,
    state: &AppState,
    center: Vec2,
    viewport: Rect,
    (scale, sheet): (f32, &Sheet),
    measuring: bool,
    actions: &mut Actions,
) {
    let first_s = sheet
        .panels
        .iter()
        .map(|panel| panel.start_s)
        .fold(f64::MAX, f64::min);
    let end_s = sheet
        .panels
        .iter()
        .map(|panel| panel.end_s)
        .fold(0.0, f64::max);
    let page_s = if end_s > first_s {
        end_s - first_s
    } else {
        state.view.page_s
    };
    let mut view = View {
        points_per_mm: scale,
        page_s,
        end_s,
        ..state.view
    };
    if response.contains_pointer() {
        let (zoom, scroll, pointer) = ui.input(|input| {
            (
                input.zoom_delta(),
                input.smooth_scroll_delta(),
                input.pointer.hover_pos(),
            )
        });
        if zoom != 1.0 {
            view.zoom(zoom);
            if let (Scale::Free(new), Some(pointer)) = (view.scale, pointer) {
                let from_middle = pointer - viewport.center();
                let kept = center + from_middle / scale - from_middle / new;
                view.center = Some((kept.x, kept.y));
            }
        } else if scroll != Vec2::ZERO && view.scale == Scale::Fit {
            let start_s = state.document().map_or(0.0, |document| document.start_s);
            let by_s = f64::from((scroll.x + scroll.y) / scale) / 25.0;
            actions.push(Action::StartAt(start_s - by_s));
        } else if scroll != Vec2::ZERO {
            let moved = center - scroll / scale;
            view.center = Some((moved.x, moved.y));
        }
    }
    let pans = response.dragged_by(PointerButton::Primary) && !measuring;
    if pans || response.dragged_by(PointerButton::Middle) {
        let moved = center - response.drag_delta() / scale;
        view.center = Some((moved.x, moved.y));
    }
    if response.double_clicked() && !measuring {
        view = View {
            scale: Scale::Fit,
            center: None,
            ..view
        };
    }
    if view != state.view {
        actions.push(Action::Look(view));
    }
}

/// Lead, time and voltage under the pointer.
pub(super) fn read_out(
    ui: &Ui,
    clip: Rect,
    tracing: &Tracing,
    panel: &Panel,
    time: f64,
    (origin, scale): (Pos2, f32),
) {
    let Some(lead) = tracing.shown.lead(&panel.lead) else {
        return;
    };
    let painter = ui.painter().with_clip_rect(clip);
    let x = origin.x + panel.x_at(time) * scale;
    let (top, bottom) = (
        origin.y + panel.rect.y * scale,
        origin.y + panel.rect.bottom() * scale,
    );
    let ink = Color32::from_rgb(0x1F, 0x3A, 0x5F);
    painter.vline(x, top..=bottom, Stroke::new(1.0, ink.gamma_multiply(0.45)));
    let value = value_at(lead, time);
    let sign = if panel.inverted { -1.0 } else { 1.0 };
    let mut text = format!("{}   {time:.3} s", panel.label().replace('-', "−"));
    if let Some(value) = value {
        let value = value * sign / 1000.0;
        let y = origin.y + panel.y_at(value) * scale;
        if (top - 40.0..bottom + 40.0).contains(&y) {
            painter.circle(pos2(x, y), 3.5, Color32::WHITE, Stroke::new(1.5, ink));
        }
        let unit = if lead.unit.is_voltage() {
            "mV"
        } else {
            "(no voltage)"
        };
        text += &format!("   {} {unit}", super::signed(value));
    } else {
        text += "   no value";
    }
    let galley = painter.layout_no_wrap(text, theme::semi_bold(12.0), Color32::WHITE);
    let size = galley.size() + vec2(16.0, 10.0);
    let beside = if x + 12.0 + size.x > clip.right() {
        x - 12.0 - size.x
    } else {
        x + 12.0
    };
    let chip = Rect::from_min_size(pos2(beside, (top - 4.0).max(clip.top() + 4.0)), size);
    painter.rect_filled(chip, 6, ink);
    painter.galley(chip.min + vec2(8.0, 5.0), galley, Color32::WHITE);
}

/// The sample nearest to a time, in microvolts; `None` outside or where it is missing.
pub fn value_at(lead: &crate::ecg::Lead, time_s: f64) -> Option<f64> {
    let index = (time_s * lead.sampling_rate_hz).round();
    if !(0.0..lead.samples.len() as f64).contains(&index) {
        return None;
    }
    lead.samples
        .get(index as usize)
        .filter(|value| value.is_finite())
}

/// The place on the paper that the inspector shows enlarged.
pub(super) fn mark_inspected(
    ui: &Ui,
    clip: Rect,
    state: &AppState,
    sheet: &Sheet,
    origin: Pos2,
    scale: f32,
) {
    let Some(inspector) = &state.inspector else {
        return;
    };
    let painter = ui.painter().with_clip_rect(clip);
    let ink = Color32::from_rgb(0x1F, 0x3A, 0x5F);
    for panel in sheet
        .panels
        .iter()
        .filter(|panel| panel.lead == inspector.lead)
    {
        let min = pos2(
            origin.x + panel.rect.x * scale,
            origin.y + panel.rect.y * scale,
        );
        let rect = Rect::from_min_size(min, vec2(panel.rect.width, panel.rect.height) * scale);
        let corner = rect.left_top() + vec2(2.0, 2.0);
        painter.line_segment([corner, corner + vec2(0.0, 10.0)], Stroke::new(2.0, ink));
        painter.line_segment([corner, corner + vec2(10.0, 0.0)], Stroke::new(2.0, ink));
        if let Some(at_s) = inspector
            .at_s
            .filter(|at| (panel.start_s..panel.end_s).contains(at))
        {
            let x = origin.x + panel.x_at(at_s) * scale;
            painter.add(egui::Shape::dashed_line(
                &[pos2(x, rect.top()), pos2(x, rect.bottom())],
                Stroke::new(1.0, ink.gamma_multiply(0.6)),
                3.0,
                3.0,
            ));
        }
    }
}
