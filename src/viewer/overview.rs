//! The whole of a long tracing in a line beneath the paper: its RR intervals, and the part that is on the page.

use eframe::egui::{
    Align2, Color32, CursorIcon, Key, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2,
};

use super::action::{Action, Actions};
use super::place_view::INK;
use super::state::{AppState, Document};
use super::theme;
use crate::measure::{Beat, Measurements};

/// Its height in points.
pub const HEIGHT: f32 = 26.0;
/// Room for the name of what is drawn.
const NAME: f32 = 22.0;
/// Seconds beyond the page from which there is something to move to.
const LONGER_S: f64 = 0.5;
/// Narrowest window that a hand can take hold of, in points.
const LEAST_HANDLE: f32 = 14.0;

/// Whether a tracing is longer than its page.
pub fn is_long(state: &AppState, document: &Document, duration_s: f64) -> bool {
    duration_s > state.view.page_s + LONGER_S || document.start_s > 0.0
}

/// The line; a press or drag moves the page.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    state: &AppState,
    document: &Document,
    duration_s: f64,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let mut track = rect.shrink2(eframe::egui::vec2(16.0, 3.0));
    track.min.x += NAME;
    let response = ui.interact(
        track,
        ui.scope_id().with("overview"),
        Sense::click_and_drag(),
    );
    let page_s = state.view.page_s;
    let painter = ui.painter().with_clip_rect(rect);
    painter.text(
        pos2(rect.left() + 16.0, track.center().y),
        Align2::LEFT_CENTER,
        "RR",
        theme::semi_bold(11.0),
        look.tertiary,
    );
    painter.rect_filled(track, 4, look.quiet);
    let x = |time_s: f64| track.left() + (time_s / duration_s) as f32 * track.width();
    if let Some(measured) = document.measured() {
        curve(&painter, measured, track, duration_s, look.tertiary);
    }
    let (left, right) = (
        x(document.start_s),
        x((document.start_s + page_s).min(duration_s)),
    );
    let wider = ((LEAST_HANDLE - (right - left)) / 2.0).max(0.0);
    let window = Rect::from_min_max(
        pos2((left - wider).max(track.left()), track.top()),
        pos2((right + wider).min(track.right()), track.bottom()),
    );
    painter.rect_filled(window, 4, INK.gamma_multiply(0.22));
    painter.rect_stroke(
        window,
        4,
        Stroke::new(1.2, INK),
        eframe::egui::StrokeKind::Inside,
    );
    let latest_s = (duration_s - page_s).max(0.0);
    response.widget_info(|| {
        let name = format!(
            "Place in the tracing, {:.0} of {duration_s:.0} seconds",
            document.start_s
        );
        WidgetInfo::labeled(Role::Slider, true, name)
    });
    theme::focus_ring(ui, &response, 4);
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
    }
    let pressed = response.clicked() || response.dragged();
    if let Some(at) = response.interact_pointer_pos().filter(|_| pressed) {
        let share = f64::from((at.x - track.left()) / track.width()).clamp(0.0, 1.0);
        let start_s = (share * duration_s - page_s / 2.0).clamp(0.0, latest_s);
        actions.push(Action::StartAt(start_s));
    }
    if response.has_focus() {
        let step = ui.input(|input| {
            i32::from(input.key_pressed(Key::ArrowRight))
                - i32::from(input.key_pressed(Key::ArrowLeft))
        });
        if step != 0 {
            let start_s = document.start_s + f64::from(step) * page_s / 2.0;
            actions.push(Action::StartAt(start_s.clamp(0.0, latest_s)));
        }
    }
}

/// Shortest to longest RR in every column, so that neither a pause nor a run is lost in a day.
fn curve(
    painter: &eframe::egui::Painter,
    measured: &Measurements,
    track: Rect,
    duration_s: f64,
    color: Color32,
) {
    let columns = (track.width() as usize).max(1);
    for (column, (low, high)) in ranges(&measured.beats, duration_s, columns) {
        let y = |rr_ms: f64| {
            let share = ((rr_ms - 300.0) / 1500.0).clamp(0.0, 1.0) as f32;
            track.bottom() - 2.0 - share * (track.height() - 4.0)
        };
        let x = track.left() + column as f32 + 0.5;
        let (top, bottom) = (y(high), y(low));
        painter.vline(x, top - 0.5..=bottom + 0.5, Stroke::new(1.0, color));
    }
}

/// Column, and the shortest and longest RR in milliseconds that fall into it.
fn ranges(beats: &[Beat], duration_s: f64, columns: usize) -> Vec<(usize, (f64, f64))> {
    let mut found: Vec<(usize, (f64, f64))> = Vec::new();
    for beat in beats {
        let Some(rr) = beat.rr_ms else { continue };
        let column =
            ((beat.time_s / duration_s * columns as f64).max(0.0) as usize).min(columns - 1);
        match found.last_mut() {
            Some((last, (low, high))) if *last == column => {
                (*low, *high) = (low.min(rr), high.max(rr))
            }
            _ => found.push((column, (rr, rr))),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Boundaries;

    #[test]
    fn a_pause_in_a_day_is_seen_in_a_line_of_a_thousand_points() {
        let beats: Vec<Beat> = (0..108_000)
            .map(|index| Beat {
                time_s: f64::from(index) * 0.8,
                class: 0,
                rr_ms: Some(if index == 50_000 { 3200.0 } else { 800.0 }),
                premature: false,
                boundaries: Boundaries::default(),
                lead_boundaries: Vec::new(),
            })
            .collect();
        let columns = ranges(&beats, 86_400.0, 1000);
        assert_eq!(columns.len(), 1000);
        let paused: Vec<usize> = columns
            .iter()
            .filter(|(_, (_, high))| *high > 3000.0)
            .map(|(column, _)| *column)
            .collect();
        assert_eq!(paused, [462]);
    }
}
