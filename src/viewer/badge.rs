//! How the tracing is drawn, beneath the paper: speed, gain, filter, scale, and the heat's legend.

use eframe::egui::{
    self, Color32, Layout as UiLayout, Mesh, Rect, Role, Sense, Slider, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::action::{Action, Actions};
use super::commands::Command;
use super::jobs::Tracing;
use super::state::{AppState, Document, Progress, Scale};
use super::theme;
use super::widgets::{menu_item, quiet_menu, tooltip};
use crate::reading::Method;
use crate::sheet::Palette;

/// The badge line.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    state: &AppState,
    document: &Document,
    tracing: &Tracing,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let parts = parts(state, document, tracing);
    let response = ui.interact(rect, ui.scope_id().with("badge"), Sense::hover());
    let words: Vec<&str> = parts.iter().map(|(text, _)| text.as_str()).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.join(", ")));
    let painter = ui.painter().with_clip_rect(rect);
    let mut left = rect.left() + 16.0;
    for (text, command) in &parts {
        let galley = painter.layout_no_wrap(text.clone(), theme::regular(12.5), look.secondary);
        let middle = rect.center().y;
        let area = Rect::from_min_max(
            pos2(left - 6.0, rect.top() + 5.0),
            pos2(left + galley.size().x + 6.0, rect.bottom() - 5.0),
        );
        if let Some(command) = *command {
            let id = ui.scope_id().with(("badge", command));
            let response = ui.interact(area.intersect(rect), id, Sense::click());
            if response.hovered() {
                painter.rect_filled(area, 6, look.quiet);
            }
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, command.name()));
            theme::focus_ring(ui, &response, 6);
            if tooltip(response, command).clicked() {
                actions.push(Action::Run(command));
            }
        }
        let width = galley.size().x;
        let at = pos2(left, middle - galley.size().y / 2.0);
        painter.galley(at, galley, Color32::PLACEHOLDER);
        left += width + 18.0;
    }
    left += 6.0;

    // The legend takes what room the badges leave; its words give way before its colours.
    let inside = Rect::from_min_max(
        pos2(left, rect.top() + 2.0),
        pos2(rect.right() - 16.0, rect.bottom() - 2.0),
    );
    if inside.width() < 110.0 {
        return;
    }
    let builder = UiBuilder::new()
        .max_rect(inside)
        .layout(UiLayout::right_to_left(egui::Align::Center));
    ui.scope_builder(builder, |ui| heat_legend(ui, state, document, actions));
}

/// What the page was drawn with, each with the command that changes it.
fn parts(
    state: &AppState,
    document: &Document,
    tracing: &Tracing,
) -> Vec<(String, Option<Command>)> {
    let settings = &state.settings;
    let (limb, chest) = (
        settings.limb_gain.mm_per_mv(),
        settings.chest_gain.mm_per_mv(),
    );
    let speed = format!("{} mm/s", settings.speed.mm_per_s());
    let mut parts = vec![(speed, Some(Command::NextSpeed))];
    let gain = match (tracing.shown.has_voltage(), limb == chest) {
        (false, _) => "no voltage scale".into(),
        (true, true) => format!("{limb} mm/mV"),
        (true, false) => format!("limb {limb}, chest {chest} mm/mV"),
    };
    parts.push((gain, Some(Command::NextGain)));
    let filter = tracing
        .filter_name()
        .map_or("unfiltered".into(), |text| text.replace('-', "–"));
    parts.push((filter, Some(Command::NextFilter)));
    if tracing.filter != settings.filter {
        parts.push(("filtering…".into(), None));
    }
    if tracing.recording.simulated {
        parts.push(("simulated".into(), None));
    }
    match state.view.scale {
        Scale::TrueSize if state.screen.calibrated => {
            parts.push(("true size".into(), Some(Command::Calibrate)))
        }
        Scale::TrueSize => parts.push((
            "true size if the screen has 96 points to the inch: calibrate".into(),
            Some(Command::Calibrate),
        )),
        Scale::Fit | Scale::Free(_) => {}
    }
    let duration_s = tracing.recording.duration_s();
    if duration_s > state.view.page_s + 0.5 || document.start_s > 0.0 {
        let end_s = state.view.end_s.min(duration_s);
        let seconds = format!("{:.1}–{end_s:.1} s of {duration_s:.1} s", document.start_s);
        parts.push((seconds, None));
    }
    parts
}

/// What the colours mean, how strong they are, and whose finding they explain.
fn heat_legend(ui: &mut Ui, state: &AppState, document: &Document, actions: &mut Actions) {
    let look = theme::look(ui);
    if state.hides_heat(document) {
        return;
    }
    if state.marked_place().is_some() && state.heat {
        ui.label(theme::small("Marked: where the diagnosis was drawn", look));
        return;
    }
    let Some(selected) = document.selected.as_ref().filter(|_| state.heat) else {
        return;
    };
    let name = document
        .reading
        .done()
        .and_then(|reading| {
            reading
                .findings
                .iter()
                .find(|finding| finding.statement.id == *selected)
        })
        .map_or(selected.as_str(), |finding| finding.statement.name.as_str());
    match document.explanations.get(selected) {
        Some(Progress::Done(_)) => {}
        Some(Progress::Failed(reason)) => {
            let text = theme::small(format!("{name} could not be explained: {reason}"), look);
            ui.add(egui::Label::new(text).truncate());
            return;
        }
        Some(Progress::Waiting) | None => {
            ui.add(egui::Label::new(theme::small(format!("Explaining {name}…"), look)).truncate());
            return;
        }
    }
    let method = state.settings.method;
    let named = Command::Explain(method).name();
    let by = named.trim_start_matches("Explain by ");
    if ui.available_width() > 380.0 {
        quiet_menu(ui, "Method of explanation", by, |ui| {
            for method in Method::ALL {
                menu_item(ui, state, Command::Explain(method), actions);
            }
        });
    }
    let mut opacity = state.settings.heat_opacity;
    ui.spacing_mut().slider_width = 72.0;
    ui.spacing_mut().interact_size.y = 15.0;
    let slider = ui.add(Slider::new(&mut opacity, 0.1..=1.0).show_value(false));
    if slider
        .clone()
        .accessible_name("Heatmap opacity")
        .on_hover_text("Opacity of the heatmap")
        .changed()
    {
        actions.push(Action::HeatOpacity(opacity));
    }
    // The words go before the colours that they explain.
    let words = ui.available_width() > 170.0;
    if words {
        ui.label(theme::small("most", look));
    }
    if ui.available_width() > 80.0 {
        ramp(ui, state.paper_colors(), opacity);
    }
    if words {
        ui.label(theme::small("least", look));
    }
    if ui.available_width() > 90.0 {
        ui.add_space(4.0);
        let text = theme::small(format!("Explaining: {name}"), look).color(look.machine_text);
        ui.add(egui::Label::new(text).truncate());
    }
}

fn ramp(ui: &mut Ui, palette: Palette, opacity: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(72.0, 8.0), Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, "Heatmap legend, least to most"));
    let [r, g, b, _] = palette.color(crate::sheet::Ink::Paper);
    ui.painter()
        .rect_filled(rect, 2, Color32::from_rgb(r, g, b));
    let steps = 24_u32;
    let mut mesh = Mesh::default();
    for step in 0..=steps {
        let share = step as f32 / steps as f32;
        let [r, g, b, a] = palette.heat(share, opacity);
        let x = rect.left() + share * rect.width();
        for y in [rect.top(), rect.bottom()] {
            mesh.colored_vertex(pos2(x, y), Color32::from_rgba_unmultiplied(r, g, b, a));
        }
        if step > 0 {
            let corner = step * 2;
            mesh.add_triangle(corner - 2, corner - 1, corner);
            mesh.add_triangle(corner - 1, corner + 1, corner);
        }
    }
    ui.painter().add(mesh);
}
