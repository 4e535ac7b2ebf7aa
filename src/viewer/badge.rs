//! How the tracing is drawn, beneath the paper: speed, gain, filter, scale, and the heat's legend.

use eframe::egui::{
    self, Color32, Layout as UiLayout, Mesh, Rect, Role, Sense, Slider, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::action::{Action, Actions};
use super::jobs::Tracing;
use super::state::{AppState, Document, Progress, Scale};
use super::theme;
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
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, parts.join(", ")));
    let painter = ui.painter().with_clip_rect(rect);
    let galley = painter.layout_no_wrap(parts.join("    "), theme::regular(12.5), look.secondary);
    let left = rect.left() + 16.0 + galley.size().x + 24.0;
    painter.galley(
        pos2(rect.left() + 16.0, rect.center().y - galley.size().y / 2.0),
        galley,
        Color32::PLACEHOLDER,
    );

    // The legend takes what room the badges leave; its words give way before its colours.
    let inside = Rect::from_min_max(
        pos2(left, rect.top() + 2.0),
        pos2(rect.right() - 16.0, rect.bottom() - 2.0),
    );
    if inside.width() < 80.0 {
        return;
    }
    let builder = UiBuilder::new()
        .max_rect(inside)
        .layout(UiLayout::right_to_left(egui::Align::Center));
    ui.scope_builder(builder, |ui| heat_legend(ui, state, document, actions));
}

fn parts(state: &AppState, document: &Document, tracing: &Tracing) -> Vec<String> {
    let settings = &state.settings;
    let (limb, chest) = (
        settings.limb_gain.mm_per_mv(),
        settings.chest_gain.mm_per_mv(),
    );
    let mut parts = vec![format!("{} mm/s", settings.speed.mm_per_s())];
    parts.push(match (tracing.shown.has_voltage(), limb == chest) {
        (false, _) => "no voltage scale".into(),
        (true, true) => format!("{limb} mm/mV"),
        (true, false) => format!("limb {limb}, chest {chest} mm/mV"),
    });
    parts.push(
        tracing
            .filter_name()
            .map_or("unfiltered".into(), |text| text.replace('-', "–")),
    );
    if tracing.filter != settings.filter {
        parts.push("filtering…".into());
    }
    if tracing.recording.simulated {
        parts.push("simulated".into());
    }
    match state.view.scale {
        Scale::TrueSize if state.screen.calibrated => parts.push("true size".into()),
        Scale::TrueSize => {
            parts.push("true size if the screen has 96 points to the inch: calibrate".into())
        }
        Scale::Fit | Scale::Free(_) => {}
    }
    let duration_s = tracing.recording.duration_s();
    if duration_s > state.view.page_s + 0.5 || document.start_s > 0.0 {
        let end_s = state.view.end_s.min(duration_s);
        parts.push(format!(
            "{:.1}–{end_s:.1} s of {duration_s:.1} s",
            document.start_s
        ));
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
    if ui.available_width() > 150.0 {
        ui.label(theme::small("most", look));
    }
    if ui.available_width() > 80.0 {
        ramp(ui, opacity);
    }
    if ui.available_width() > 40.0 {
        ui.label(theme::small("least", look));
    }
    if ui.available_width() > 90.0 {
        ui.add_space(4.0);
        let text = theme::small(format!("Explaining: {name}"), look).color(look.machine_text);
        ui.add(egui::Label::new(text).truncate());
    }
}

fn ramp(ui: &mut Ui, opacity: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(72.0, 8.0), Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, "Heatmap legend, least to most"));
    let palette = Palette::ROSE;
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
