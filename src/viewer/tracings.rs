//! The open tracings, one line each: name, what the machine makes of it, whether it could read it.

use eframe::egui::{
    self, Color32, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::action::{Action, Actions};
use super::state::{AppState, Document, Progress};
use super::theme::{self, Look};
use super::worklist::HIDDEN;

const ROW: f32 = 52.0;

/// The list of open tracings.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.add_space(12.0);
    let at = state
        .documents
        .iter()
        .position(|document| Some(document.generation) == state.current);
    let count = state.documents.len();
    let title = at.map_or(format!("Tracings   {count}"), |at| {
        format!("Tracings   {} of {count}", at + 1)
    });
    ui.label(theme::caption(title, look));
    ui.add_space(4.0);
    ui.spacing_mut().item_spacing.y = 2.0;
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show_rows(ui, ROW, count, |ui, rows| {
            for document in state.documents.get(rows).unwrap_or_default() {
                row(ui, state, document, look, actions);
            }
        });
}

fn row(ui: &mut Ui, state: &AppState, document: &Document, look: &Look, actions: &mut Actions) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let current = state.current == Some(document.generation);
    let hidden = state.hides(document);
    let summary = if state.blinds(document) {
        HIDDEN.to_owned()
    } else if hidden {
        let status = state
            .review
            .status(document.generation, state.reader_name());
        status.name().to_owned()
    } else {
        document.summary()
    };
    let doubtful = document
        .reading
        .done()
        .is_some_and(|reading| reading.not_readable.is_some() && !hidden);
    let spoken = format!("{}, {summary}", document.title);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, current, &spoken));
    match () {
        () if current => ui.painter().rect_filled(rect, 8, look.accent_soft),
        () if response.hovered() => ui.painter().rect_filled(rect, 8, look.quiet),
        () => ui.painter().add(Shape::Noop),
    };
    let picture = Rect::from_min_size(rect.min + vec2(8.0, 10.0), vec2(52.0, ROW - 20.0));
    if let Some(tracing) = document.tracing.done() {
        let ink = if current { look.text } else { look.secondary };
        thumbnail(ui, &tracing.thumbnail, picture, ink);
    }
    let left = picture.right() + 10.0;
    let width = rect.right() - 18.0 - left;
    let one_line = |text: &str, font, color| {
        let mut job = egui::text::LayoutJob::simple(text.to_owned(), font, color, width);
        job.wrap.max_rows = 1;
        job.wrap.break_anywhere = true;
        ui.painter().layout_job(job)
    };
    let name = one_line(&document.title, theme::semi_bold(13.0), look.text);
    let color = if doubtful {
        look.warning
    } else {
        look.secondary
    };
    let summary = one_line(&summary, theme::regular(11.5), color);
    ui.painter()
        .galley(pos2(left, rect.top() + 9.0), name, Color32::PLACEHOLDER);
    ui.painter()
        .galley(pos2(left, rect.top() + 28.0), summary, Color32::PLACEHOLDER);
    let dot = match (&document.reading, doubtful) {
        (_, true) | (Progress::Failed(_), _) => Some(look.warning),
        (Progress::Done(_), false) => Some(look.machine_light),
        (Progress::Waiting, _) => None,
    };
    if let Some(color) = dot {
        ui.painter()
            .circle_filled(pos2(rect.right() - 10.0, rect.top() + 17.0), 3.5, color);
    }
    theme::focus_ring(ui, &response, 8);
    if current && response.gained_focus() {
        response.scroll_to_me(None);
    }
    if response.on_hover_text(spoken).clicked() {
        actions.push(Action::Select(document.generation));
    }
}

/// Lowest and highest values in equally wide columns, as one line.
pub fn thumbnail(ui: &Ui, columns: &[[f32; 2]], rect: Rect, color: Color32) {
    let step = rect.width() / columns.len().max(1) as f32;
    let y = |value: f32| rect.center().y - value * rect.height() / 2.0;
    let points: Vec<_> = columns
        .iter()
        .enumerate()
        .flat_map(|(index, [low, high])| {
            let x = rect.left() + (index as f32 + 0.5) * step;
            [pos2(x, y(*low)), pos2(x, y(*high))]
        })
        .collect();
    ui.painter()
        .add(Shape::line(points, Stroke::new(1.0, color)));
}
