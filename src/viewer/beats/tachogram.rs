//! RR intervals over time, each point a beat by its shape; a click leads to it on the paper.

use eframe::egui::{self, Role, Stroke, Ui, WidgetInfo, vec2};
use egui_plot::{HoverPosition, Plot, PlotPoint, PlotPoints, Points, Span};

use super::{Below, mark_of, nothing};
use crate::measure::{Beat, Measurements};
use crate::viewer::action::{Action, Actions};
use crate::viewer::commands::Command;
use crate::viewer::icons::Icon;
use crate::viewer::state::{AppState, Document, Place};
use crate::viewer::theme;
use crate::viewer::widgets::{curve, quiet_icon};

/// Points that are drawn; of more, the shortest and longest of each column.
const MOST: usize = 3000;
/// Points on the screen within which a click means a beat.
const REACH: f32 = 12.0;

/// The view.
pub fn show(ui: &mut Ui, state: &AppState, document: &Document, actions: &mut Actions) {
    let look = theme::look(ui);
    let measured = document.measured().map(|measured| &**measured);
    ui.horizontal(|ui| {
        ui.label(theme::caption("RR intervals", look));
        ui.add_space(8.0);
        if let Some(measured) = measured {
            ui.label(theme::small(summary(measured), look));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if quiet_icon(ui, Icon::Close, "Close the RR intervals").clicked() {
                actions.push(Action::Run(Command::Below(Below::Tachogram)));
            }
        });
    });
    match measured {
        None => nothing(ui, "Measuring…", look),
        Some(measured) if measured.beats.len() < 2 => {
            nothing(ui, "Fewer than two beats were found.", look)
        }
        Some(measured) => plot(ui, state, document, measured, actions),
    }
}

fn summary(measured: &Measurements) -> String {
    let number = |name: &str, value: &Option<crate::measure::Value>| {
        let value = value.as_ref()?;
        let unit = if value.unit == "ms" {
            " ms"
        } else {
            &value.unit
        };
        Some(format!("{name} {:.0}{unit}", value.value))
    };
    let parts = [
        number("mean", &measured.heart_rate),
        number("slowest", &measured.heart_rate_min),
        number("fastest", &measured.heart_rate_max),
        number("RMSSD", &measured.rmssd),
    ];
    let mut text = parts.into_iter().flatten().collect::<Vec<_>>().join("    ");
    if measured.irregular_without_p == Some(true) {
        text += "    irregular without P waves";
    }
    text
}

fn plot(
    ui: &mut Ui,
    state: &AppState,
    document: &Document,
    measured: &Measurements,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let dark = ui.visuals().dark_mode;
    let beats = thinned(&measured.beats);
    let line: Vec<PlotPoint> = beats.iter().filter_map(|beat| point(beat)).collect();
    let page = document.start_s..=state.view.end_s;
    let plot = Plot::new("rr intervals")
        .height(ui.available_height())
        .show_background(false)
        .grid_color(look.control)
        .cursor_color(look.tertiary)
        .allow_boxed_zoom(false)
        .set_margin_fraction(vec2(0.01, 0.15))
        .x_axis_formatter(|mark, _| crate::viewer::plain(mark.value, mark.step_size) + " s")
        .y_axis_formatter(|mark, _| crate::viewer::plain(mark.value, mark.step_size) + " ms")
        .y_axis_min_width(60.0)
        .label_formatter(|at| match at {
            HoverPosition::NearDataPoint { position, .. } => Some(format!(
                "{:.2} s\nRR {:.0} ms\n{:.0}/min",
                position.x,
                position.y,
                60_000.0 / position.y.max(1.0)
            )),
            HoverPosition::Elsewhere { .. } => None,
        });
    let shown = plot.show(ui, |plot| {
        plot.span(Span::new("", page).fill(look.accent_soft).border_width(0.0));
        let stroke = Stroke::new(1.0, look.control);
        plot.line(curve("", line, stroke).allow_hover(false));
        for class in 0..=super::OFFERED {
            let own = beats
                .iter()
                .filter(|beat| beat.class.min(super::OFFERED) == class);
            let points: Vec<PlotPoint> = own.filter_map(|beat| point(beat)).collect();
            let (shape, color) = mark_of(class, dark);
            let radius = if class == 0 { 3.0 } else { 4.5 };
            let points = Points::new("", PlotPoints::Owned(points)).shape(shape);
            plot.points(points.color(color).filled(true).radius(radius));
        }
    });
    let name = format!("RR intervals of {} beats", measured.beats.len());
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    if let (true, Some(at)) = (
        shown.response.clicked(),
        shown.response.interact_pointer_pos(),
    ) {
        let away = |beat: &&Beat| {
            let place = point(beat).map(|p| shown.transform.position_from_point(&p));
            place.map_or(f32::MAX, |place| place.distance(at))
        };
        let nearest = measured
            .beats
            .iter()
            .min_by(|a, b| away(a).total_cmp(&away(b)));
        if let Some(place) = nearest.filter(|beat| away(beat) <= REACH).and_then(place) {
            actions.push(Action::GoTo(place));
        }
    }
}

fn point(beat: &Beat) -> Option<PlotPoint> {
    beat.rr_ms.map(|rr| PlotPoint::new(beat.time_s, rr))
}

/// From the beat before to this one.
fn place(beat: &Beat) -> Option<Place> {
    let rr_ms = beat.rr_ms?;
    Some(Place {
        title: format!("RR {rr_ms:.0} ms at {:.2} s", beat.time_s),
        from_s: beat.time_s - rr_ms / 1000.0,
        to_s: beat.time_s,
        leads: Vec::new(),
        every_beat: false,
        aim: true,
    })
}

/// Of very many beats, the shortest and longest RR of each column.
fn thinned(beats: &[Beat]) -> Vec<&Beat> {
    let stride = (beats.len() * 2).div_ceil(MOST).max(1);
    if stride <= 2 {
        return beats.iter().collect();
    }
    let mut kept = Vec::with_capacity(MOST);
    for column in beats.chunks(stride) {
        let by_rr =
            |a: &&Beat, b: &&Beat| a.rr_ms.unwrap_or(0.0).total_cmp(&b.rr_ms.unwrap_or(0.0));
        let mut pair: Vec<&Beat> = column.iter().min_by(by_rr).into_iter().collect();
        pair.extend(column.iter().max_by(by_rr));
        pair.sort_by(|a, b| a.time_s.total_cmp(&b.time_s));
        kept.extend(pair);
    }
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::measure::Boundaries;

    #[test]
    fn the_longest_pause_of_a_day_survives_thinning() {
        let beats: Vec<Beat> = (0..100_000)
            .map(|index| Beat {
                time_s: f64::from(index) * 0.8,
                class: 0,
                rr_ms: Some(if index == 54_321 { 4000.0 } else { 800.0 }),
                premature: false,
                boundaries: Boundaries::default(),
                lead_boundaries: Vec::new(),
            })
            .collect();
        let kept = thinned(&beats);
        assert!(kept.len() <= MOST + 2, "{}", kept.len());
        assert!(kept.iter().any(|beat| beat.rr_ms == Some(4000.0)));
        let place = place(&beats[54_321]).unwrap();
        assert!((place.to_s - place.from_s - 4.0).abs() < 1e-9);
    }
}
