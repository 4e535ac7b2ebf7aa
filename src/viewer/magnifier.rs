//! A glass over the paper: the same page, larger, under the pointer.

use eframe::egui::{
    Color32, Key, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use super::paper::{PaintOptions, PaintedSheet};
use super::place_view::{INK, OnScreen};
use super::state::AppState;

/// How much larger.
const FACTOR: f32 = 2.5;
/// Size of the glass in points.
const SIZE: (f32, f32) = (300.0, 200.0);

/// Shows the glass while it is wanted.
pub fn show(
    ui: &Ui,
    state: &AppState,
    response: &Response,
    on_screen: &OnScreen<'_>,
    paper: PaintOptions,
    painted: &mut PaintedSheet,
) {
    let typing = ui.ctx().text_edit_focused() || state.dialog.is_some();
    let held = ui.input(|input| input.key_down(Key::Z) && input.modifiers.is_none()) && !typing;
    let Some(at) = response.hover_pos().filter(|_| held || state.magnifier) else {
        return;
    };
    let size = vec2(SIZE.0, SIZE.1).min(on_screen.clip.size());
    let glass = Rect::from_center_size(at, size);
    let inside = on_screen.clip;
    let glass = glass.translate(vec2(
        (inside.left() - glass.left()).max(0.0) - (glass.right() - inside.right()).max(0.0),
        (inside.top() - glass.top()).max(0.0) - (glass.bottom() - inside.bottom()).max(0.0),
    ));
    // What is under the pointer stays under it.
    let origin = at - (at - on_screen.origin) * FACTOR;
    let painter = ui.painter().with_clip_rect(glass.intersect(on_screen.clip));
    painter.rect_filled(glass, 8, Color32::WHITE);
    let larger = PaintOptions {
        points_per_mm: on_screen.scale * FACTOR,
        ..paper
    };
    painted.paint(&painter, on_screen.sheet, larger, origin);
    painter.rect_stroke(glass, 8, Stroke::new(2.0, INK), StrokeKind::Inside);
    let label = ui.interact(glass, ui.scope_id().with("magnifier"), Sense::empty());
    label.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Magnifier"));
}
