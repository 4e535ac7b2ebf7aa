//! What stands beneath the paper about heartbeats: the beats of a shape laid over each other, and the RR intervals.

pub mod superimposed;
pub mod tachogram;

use eframe::egui::{
    Color32, Painter, Pos2, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use egui_plot::MarkerShape;

use super::action::{Action, Actions};
use super::theme::{self, Look};
use crate::measure::{BeatShape, Measurements};

/// What is shown beneath the paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Below {
    /// The beats of one shape laid over each other.
    Beats,
    /// RR intervals over time.
    Tachogram,
}

/// Shapes of beats are told apart by a mark and a colour that every kind of colour vision tells apart.
const MARKS: [(MarkerShape, Color32, Color32); 4] = [
    (
        MarkerShape::Circle,
        Color32::from_rgb(0x2F, 0x6F, 0xC4),
        Color32::from_rgb(0x7F, 0xB0, 0xF0),
    ),
    (
        MarkerShape::Diamond,
        Color32::from_rgb(0x7B, 0x32, 0x94),
        Color32::from_rgb(0xCF, 0x9A, 0xE2),
    ),
    (
        MarkerShape::Square,
        Color32::from_rgb(0x00, 0x75, 0x5A),
        Color32::from_rgb(0x5F, 0xC9, 0xAE),
    ),
    (
        MarkerShape::Up,
        Color32::from_rgb(0xA0, 0x2C, 0x5A),
        Color32::from_rgb(0xF0, 0x92, 0xB8),
    ),
];

/// Mark and colour of a shape; the rarer ones share the last.
pub fn mark_of(class: usize, dark: bool) -> (MarkerShape, Color32) {
    let (shape, light, on_dark) = MARKS[class.min(MARKS.len() - 1)];
    (shape, if dark { on_dark } else { light })
}

/// A shape of beats in words.
pub fn describe(class: usize, shape: &BeatShape) -> String {
    let beats = if shape.beats == 1 { "beat" } else { "beats" };
    let mut text = format!("{} {beats}", shape.beats);
    if let Some(qrs) = shape.qrs_ms {
        text += &format!(", QRS {qrs:.0} ms");
    }
    if class > 0 && shape.ventricular_looking {
        text += ", wide";
    }
    text
}

/// The shapes that are offered one by one.
const OFFERED: usize = 4;

/// One line of the shapes of beats; the chosen one is told by the action.
fn chooser(ui: &mut Ui, measured: &Measurements, chosen: usize, actions: &mut Actions) {
    let look = theme::look(ui);
    let dark = ui.visuals().dark_mode;
    for (class, shape) in measured.classes.iter().enumerate().take(OFFERED) {
        let text = describe(class, shape);
        let on = class == chosen;
        let font = if on {
            theme::semi_bold(11.5)
        } else {
            theme::regular(11.5)
        };
        let galley = ui.painter().layout_no_wrap(text.clone(), font, look.text);
        let (rect, response) =
            ui.allocate_exact_size(vec2(galley.size().x + 30.0, 22.0), Sense::click());
        match () {
            () if on => ui.painter().rect_filled(rect, 6, look.accent_soft),
            () if response.hovered() => ui.painter().rect_filled(rect, 6, look.quiet),
            () => ui.painter().add(Shape::Noop),
        };
        let (mark, color) = mark_of(class, dark);
        paint_mark(
            ui.painter(),
            mark,
            pos2(rect.left() + 12.0, rect.center().y),
            color,
        );
        let at = pos2(rect.left() + 22.0, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, &text));
        theme::focus_ring(ui, &response, 6);
        if response.clicked() {
            actions.push(Action::BeatClass(class));
        }
    }
    let more = measured.classes.len().saturating_sub(OFFERED);
    if more > 0 {
        ui.label(theme::small(format!("and {more} rarer shapes"), look));
    }
}

/// The mark of a shape as the plots draw it.
fn paint_mark(painter: &Painter, mark: MarkerShape, at: Pos2, color: Color32) {
    let corners = |points: &[(f32, f32)]| {
        let points = points.iter().map(|(x, y)| at + vec2(*x, *y)).collect();
        painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
    };
    match mark {
        MarkerShape::Diamond => corners(&[(0.0, -5.0), (5.0, 0.0), (0.0, 5.0), (-5.0, 0.0)]),
        MarkerShape::Square => corners(&[(-4.0, -4.0), (4.0, -4.0), (4.0, 4.0), (-4.0, 4.0)]),
        MarkerShape::Up => corners(&[(0.0, -5.0), (5.0, 4.0), (-5.0, 4.0)]),
        _ => {
            painter.circle_filled(at, 4.5, color);
        }
    }
}

/// The quiet text of a part that has nothing to show.
fn nothing(ui: &mut Ui, text: &str, look: &Look) {
    ui.label(theme::small(text, look));
}
