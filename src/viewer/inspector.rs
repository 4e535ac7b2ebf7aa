//! One lead enlarged, on axes of time and voltage.

use eframe::egui::{
    self, Color32, Mesh, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use egui_plot::{
    GridInput, HoverPosition, Plot, PlotPoint, PlotTransform, VLine, uniform_grid_spacer,
};

use super::action::{Action, Actions};
use super::commands::Command;
use super::icons::Icon;
use super::jobs::Tracing;
use super::paper_pointer::value_at;
use super::state::{AppState, Inspector};
use super::theme;
use super::widgets::{curve, quiet_icon};
use crate::ecg::{Lead, LeadName};
use crate::reading::Explanation;

/// Seconds shown around the place that was pointed at.
const AIM_S: f64 = 3.0;

/// The inspector.
pub fn show(
    ui: &mut Ui,
    state: &AppState,
    inspector: &Inspector,
    tracing: &Tracing,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let lead = tracing.shown.lead(&inspector.lead);
    ui.horizontal(|ui| {
        ui.label(theme::caption("Lead inspector", look));
        ui.add_space(8.0);
        if let Some(lead) = chooser(ui, &inspector.lead, "Inspect lead", tracing) {
            actions.push(Action::Inspect(lead, inspector.at_s));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if quiet_icon(ui, Icon::Close, "Close the inspector").clicked() {
                actions.push(Action::Run(Command::Inspector));
            }
            if let (Some(lead), Some(at_s)) = (lead, inspector.at_s) {
                let value = value_at(lead, at_s).map_or("no value".into(), |value| {
                    format!("{} {}", super::signed(value / 1000.0), unit(lead))
                });
                ui.label(theme::small(format!("Marked: {at_s:.3} s, {value}"), look));
            }
        });
    });
    let Some(lead) = lead else {
        ui.label(theme::small(
            format!("This tracing has no lead {}.", inspector.lead),
            look,
        ));
        return;
    };
    let duration_s = lead.duration_s();
    let aim = inspector.aim.then(|| match inspector.at_s {
        Some(at) => (at - AIM_S / 2.0, at + AIM_S / 2.0),
        None => (
            state.document().map_or(0.0, |d| d.start_s),
            duration_s.min(state.view.end_s),
        ),
    });
    if aim.is_some() {
        actions.push(Action::Aimed);
    }
    if let Some(at_s) = plot(ui, state, inspector, lead, aim) {
        actions.push(Action::Mark(at_s));
    }
}

/// A few seconds of one lead enlarged beneath a page that leaves room; a click opens the inspector there.
pub fn glance(
    ui: &mut Ui,
    state: &AppState,
    (lead, at_s): (&LeadName, f64),
    tracing: &Tracing,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let title = format!("Lead {lead} enlarged");
    ui.label(theme::caption(title, look));
    let shown = Inspector::new(lead.clone(), None);
    let Some(lead) = tracing.shown.lead(lead) else {
        return;
    };
    let first_s = (at_s - AIM_S / 2.0).clamp(0.0, (lead.duration_s() - AIM_S).max(0.0));
    if let Some(at_s) = plot(ui, state, &shown, lead, Some((first_s, first_s + AIM_S))) {
        actions.push(Action::Inspect(shown.lead, Some(at_s)));
    }
}

fn unit(lead: &Lead) -> &'static str {
    if lead.unit.is_voltage() {
        "mV"
    } else {
        "of its own unit"
    }
}

/// The leads in a line, for one of them to be chosen; `what` is done with it, in words.
pub fn chooser(ui: &mut Ui, shown: &LeadName, what: &str, tracing: &Tracing) -> Option<LeadName> {
    let look = theme::look(ui);
    let mut chosen = None;
    ui.spacing_mut().item_spacing.x = 2.0;
    for lead in tracing.shown.leads.iter().take(24) {
        let on = lead.name == *shown;
        let font = if on {
            theme::semi_bold(12.0)
        } else {
            theme::regular(12.0)
        };
        let color = if on { look.on_accent } else { look.secondary };
        let galley = ui
            .painter()
            .layout_no_wrap(lead.name.to_string(), font, color);
        let (rect, response) =
            ui.allocate_exact_size(vec2(galley.size().x + 14.0, 22.0), Sense::click());
        match () {
            () if on => ui.painter().rect_filled(rect, 6, look.accent),
            () if response.hovered() => ui.painter().rect_filled(rect, 6, look.quiet),
            () => ui.painter().add(egui::Shape::Noop),
        };
        let size = galley.size();
        ui.painter()
            .galley(rect.center() - size / 2.0, galley, Color32::PLACEHOLDER);
        let name = format!("{what} {}", lead.name);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, &name));
        theme::focus_ring(ui, &response, 6);
        if response.clicked() {
            chosen = Some(lead.name.clone());
        }
    }
    chosen
}

/// The plot, brought to a stretch of time if one is aimed at; hands back the time that was pressed.
fn plot(
    ui: &mut Ui,
    state: &AppState,
    inspector: &Inspector,
    lead: &Lead,
    aim: Option<(f64, f64)>,
) -> Option<f64> {
    let look = theme::look(ui);
    let duration_s = lead.duration_s();
    let unit = unit(lead);
    // Heat lies behind the curve, but where is known only once the plot is there.
    let behind = ui.painter().add(Shape::Noop);
    let plot = Plot::new("lead inspector")
        .height(ui.available_height())
        .show_background(false)
        .show_grid(true)
        .grid_color(look.control)
        .cursor_color(look.tertiary)
        .allow_boxed_zoom(false)
        .set_margin_fraction(vec2(0.0, 0.08))
        .x_axis_formatter(|mark, _| super::plain(mark.value, mark.step_size) + " s")
        .y_axis_formatter(move |mark, _| {
            super::plain(mark.value, mark.step_size) + if unit == "mV" { " mV" } else { "" }
        })
        .x_grid_spacer(uniform_grid_spacer(|grid| squares(grid, 0.04)))
        .y_grid_spacer(uniform_grid_spacer(|grid| squares(grid, 0.1)))
        .y_axis_min_width(52.0)
        .label_formatter(|at| {
            let at = match at {
                HoverPosition::NearDataPoint { position, .. }
                | HoverPosition::Elsewhere { position } => position,
            };
            let value = value_at(lead, at.x)?;
            Some(format!(
                "{:.3} s\n{} {unit}",
                at.x,
                super::signed(value / 1000.0)
            ))
        });
    let shown = plot.show(ui, |plot| {
        if let Some((from, to)) = aim {
            plot.set_plot_bounds_x(from..=to);
            if let Some((low, high)) = range(lead) {
                let margin = ((high - low) * 0.12).max(0.05);
                plot.set_plot_bounds_y(low - margin..=high + margin);
            }
        }
        let bounds = plot.plot_bounds();
        let size = plot.response().rect.size().max(vec2(100.0, 40.0));
        let pixel_mv = (bounds.max()[1] - bounds.min()[1]) / f64::from(size.y);
        if let Some(at_s) = inspector.at_s {
            plot.vline(
                VLine::new("", at_s)
                    .stroke(Stroke::new(1.0, look.focus))
                    .allow_hover(false),
            );
        }
        let stretch = (bounds.min()[0], bounds.max()[0]);
        for points in visible(lead, stretch, size.x as usize * 2, pixel_mv) {
            let stroke = Stroke::new(1.8, look.text);
            plot.line(curve(lead.name.as_str(), points, stroke));
        }
    });
    if let Some(explanation) = state.visible_heat() {
        let rect = shown.response.rect;
        let band = heat_band(
            explanation,
            &inspector.lead,
            &shown.transform,
            rect,
            |value| {
                let opacity = state.settings.heat_opacity * 0.8;
                let [r, g, b, a] = state.paper_colors().heat(value, opacity);
                Color32::from_rgba_unmultiplied(r, g, b, a)
            },
        );
        ui.painter().with_clip_rect(rect).set(behind, band);
    }
    let spoken = format!("Lead {} enlarged, {duration_s:.1} s", lead.name);
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &spoken));
    let clicked = shown.response.clicked();
    let at = shown.response.interact_pointer_pos().filter(|_| clicked)?;
    let at_s = shown.transform.value_from_position(pos2(at.x, at.y)).x;
    Some(at_s.clamp(0.0, duration_s))
}

/// The squares of ECG paper (0.04 and 0.2 s, 0.1 and 0.5 mV), or larger ones where those would run together.
pub fn squares(grid: GridInput, small: f64) -> [f64; 3] {
    let mut step = small;
    while step < grid.base_step_size {
        step *= 5.0;
    }
    [step, step * 5.0, step * 25.0]
}

/// Lowest and highest value in millivolts.
fn range(lead: &Lead) -> Option<(f64, f64)> {
    let values = lead.samples.microvolts();
    let finite = values
        .into_iter()
        .filter(|value| value.is_finite())
        .map(|value| value / 1000.0);
    let range = finite.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    (range.0 <= range.1).then_some(range)
}

/// The samples between two times as unbroken runs, at most `most` points, each column keeping its
/// lowest and highest sample so that no peak vanishes on zooming out. A column lower than `level_mv`
/// is one point: a line that runs back and forth within a pixel is drawn with holes.
fn visible(
    lead: &Lead,
    (from_s, to_s): (f64, f64),
    most: usize,
    level_mv: f64,
) -> Vec<Vec<PlotPoint>> {
    let rate = lead.sampling_rate_hz;
    let first = (from_s * rate).floor().max(0.0) as usize;
    let last = ((to_s * rate).ceil().max(0.0) as usize + 1).min(lead.samples.len());
    if first >= last {
        return Vec::new();
    }
    let stride = ((last - first) * 2).div_ceil(most.max(2)).max(1);
    let mut runs = Vec::new();
    let mut run: Vec<PlotPoint> = Vec::new();
    for start in (first..last).step_by(stride) {
        let column = (start..(start + stride).min(last)).filter_map(|index| {
            let value = lead.samples.get(index).filter(|value| value.is_finite())?;
            Some(PlotPoint::new(index as f64 / rate, value / 1000.0))
        });
        let column: Vec<PlotPoint> = column.collect();
        let lowest = column.iter().min_by(|a, b| a.y.total_cmp(&b.y));
        let highest = column.iter().max_by(|a, b| a.y.total_cmp(&b.y));
        match (lowest, highest) {
            (Some(low), Some(high)) if high.y - low.y < level_mv => {
                run.push(PlotPoint::new(
                    (low.x + high.x) / 2.0,
                    (low.y + high.y) / 2.0,
                ));
            }
            (Some(low), Some(high)) if low.x < high.x => run.extend([*low, *high]),
            (Some(low), Some(high)) if low.x > high.x => run.extend([*high, *low]),
            (Some(only), _) => run.push(*only),
            (None, _) => runs.push(std::mem::take(&mut run)),
        }
    }
    runs.push(run);
    runs.retain(|run| !run.is_empty());
    runs
}

/// What of the lead mattered, as one band over the height of the plot whose colour runs from moment to moment.
fn heat_band(
    explanation: &Explanation,
    lead: &LeadName,
    transform: &PlotTransform,
    rect: Rect,
    color: impl Fn(f32) -> Color32,
) -> Mesh {
    let mut band = Mesh::default();
    let found = explanation.leads.iter().find(|(name, _)| name == lead);
    let rated = explanation.rate_hz.is_finite() && explanation.rate_hz > 0.0;
    for (index, &value) in (0_u32..).zip(found.filter(|_| rated).into_iter().flat_map(|(_, v)| v)) {
        let middle_s = explanation.start_s + (f64::from(index) + 0.5) / explanation.rate_hz;
        let x = transform
            .position_from_point(&PlotPoint::new(middle_s, 0.0))
            .x;
        for y in [rect.top(), rect.bottom()] {
            band.colored_vertex(pos2(x, y), color(value));
        }
        if let Some(before) = (2 * index).checked_sub(2) {
            band.add_triangle(before, before + 1, before + 2);
            band.add_triangle(before + 1, before + 3, before + 2);
        }
    }
    band
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ecg::{LeadOrigin, Samples, Unit};

    #[test]
    fn a_spike_of_one_sample_survives_any_zoom_and_a_gap_breaks_the_line() {
        let mut values = vec![0.0; 50_000];
        values[31_415] = 2000.0;
        values[40_000..40_500].fill(f64::NAN);
        let lead = Lead {
            name: LeadName::II,
            unit: Unit::Microvolt,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: 500.0,
            samples: Samples::from_microvolts(values),
        };
        for (from, to) in [(0.0, 100.0), (60.0, 70.0), (62.8, 62.85)] {
            let runs = visible(&lead, (from, to), 1000, 0.01);
            let points: usize = runs.iter().map(Vec::len).sum();
            assert!(points <= 1100, "{points}");
            assert!(
                runs.iter().flatten().any(|point| point.y == 2.0),
                "{from} to {to}"
            );
        }
        assert_eq!(visible(&lead, (0.0, 100.0), 1000, 0.01).len(), 2);
        assert!(visible(&lead, (200.0, 300.0), 1000, 0.01).is_empty());
    }
}
