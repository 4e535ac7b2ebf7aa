//! The place where a number was taken, marked on the paper.

use std::sync::Arc;

use eframe::egui::{
    Color32, Pos2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::action::{Action, Actions};
use super::state::{AppState, Document, PlaceMark, Scale, View};
use super::theme;
use crate::sheet::{Panel, Sheet};

/// Where the page stands on the screen.
pub struct OnScreen<'a> {
    pub sheet: &'a Arc<Sheet>,
    pub origin: Pos2,
    /// Points per millimetre.
    pub scale: f32,
    pub clip: Rect,
}

impl OnScreen<'_> {
    /// Horizontal place of a time.
    pub fn x(&self, panel: &Panel, time_s: f64) -> f32 {
        self.origin.x + panel.x_at(time_s) * self.scale
    }

    /// Height of a voltage in millivolts.
    pub fn y(&self, panel: &Panel, millivolts: f64) -> f32 {
        self.origin.y + panel.y_at(millivolts) * self.scale
    }

    /// Where a panel stands.
    pub fn rect(&self, panel: &Panel) -> Rect {
        let min = pos2(panel.rect.x, panel.rect.y) * self.scale + self.origin.to_vec2();
        Rect::from_min_size(min, vec2(panel.rect.width, panel.rect.height) * self.scale)
    }
}

/// The reader's own marks on the paper: a blue that is neither the machine's nor a signature's.
pub const INK: Color32 = Color32::from_rgb(0x2F, 0x6F, 0xC4);
/// Width of a page's edge that a mark keeps from the window's when the paper is brought to it.
const AROUND_MM: f32 = 12.0;

/// Marks the place, and brings the paper there once.
pub fn show(
    ui: &Ui,
    state: &AppState,
    document: &Document,
    on_screen: &OnScreen<'_>,
    actions: &mut Actions,
) {
    let Some(place) = &state.place else {
        return;
    };
    let panels = &on_screen.sheet.panels;
    let marks = place.marks(panels, document.measured().map(|measured| &**measured));
    if place.aim {
        let first = marks.iter().find(|mark| mark.exact).or(marks.first());
        if let Some((panel, mark)) = first.and_then(|mark| Some((panels.get(mark.panel)?, mark))) {
            actions.extend(brought(state, on_screen, panel, mark).map(Action::Look));
        }
        actions.push(Action::PlaceShown);
    }
    let painter = ui.painter().with_clip_rect(on_screen.clip);
    let mut titled = false;
    for mark in &marks {
        let Some(panel) = panels.get(mark.panel) else {
            continue;
        };
        let row = on_screen.rect(panel);
        let (left, right) = (
            on_screen.x(panel, mark.from_s),
            on_screen.x(panel, mark.to_s),
        );
        let (left, right) = (left.min(right - 1.0), right.max(left + 1.0));
        let area = Rect::from_min_max(pos2(left, row.top() + 1.0), pos2(right, row.bottom() - 1.0));
        painter.rect_filled(
            area,
            2,
            INK.gamma_multiply(if mark.exact { 0.16 } else { 0.09 }),
        );
        let stroke = Stroke::new(1.0, INK.gamma_multiply(if mark.exact { 0.9 } else { 0.45 }));
        painter.vline(left, area.y_range(), stroke);
        painter.vline(right, area.y_range(), stroke);
        if mark.exact && !titled {
            titled = true;
            title(ui, &painter, &place.title, area, on_screen.clip);
        }
    }
}

/// The view that shows a mark, where the one in use does not.
fn brought(
    state: &AppState,
    on_screen: &OnScreen<'_>,
    panel: &Panel,
    mark: &PlaceMark,
) -> Option<View> {
    if state.view.scale == Scale::Fit {
        return None;
    }
    let row = on_screen.rect(panel);
    let (left, right) = (
        on_screen.x(panel, mark.from_s),
        on_screen.x(panel, mark.to_s),
    );
    let around = AROUND_MM * on_screen.scale;
    let area = Rect::from_min_max(
        pos2(left - around, row.top()),
        pos2(right + around, row.bottom()),
    );
    if on_screen.clip.contains_rect(area) {
        return None;
    }
    let middle = (area.center() - on_screen.origin) / on_screen.scale;
    Some(View {
        center: Some((middle.x, middle.y)),
        ..state.view
    })
}

/// The number, above the place.
fn title(ui: &Ui, painter: &eframe::egui::Painter, text: &str, area: Rect, clip: Rect) {
    let galley = painter.layout_no_wrap(text.to_owned(), theme::semi_bold(12.0), Color32::WHITE);
    let size = galley.size() + vec2(14.0, 8.0);
    let left = (area.center().x - size.x / 2.0).clamp(
        clip.left() + 4.0,
        (clip.right() - 4.0 - size.x).max(clip.left() + 4.0),
    );
    let top = (area.top() - size.y - 2.0).max(clip.top() + 4.0);
    let chip = Rect::from_min_size(pos2(left, top), size);
    painter.rect(chip, 6, INK, Stroke::NONE, StrokeKind::Inside);
    painter.galley(chip.min + vec2(7.0, 4.0), galley, Color32::WHITE);
    let response = ui.interact(chip, ui.scope_id().with("place"), Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("On the paper: {text}")));
}
