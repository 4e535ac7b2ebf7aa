//! Every beat of a shape laid over the representative one, a lead at a time.

use eframe::egui::{self, Role, Stroke, Ui, WidgetInfo, vec2};
use egui_plot::{HoverPosition, LineStyle, Plot, PlotPoint, VLine, uniform_grid_spacer};

use super::{Below, chooser, mark_of, nothing};
use crate::ecg::{Lead, LeadName};
use crate::measure::{BeatShape, Boundaries, Measurements};
use crate::viewer::action::{Action, Actions};
use crate::viewer::commands::Command;
use crate::viewer::icons::Icon;
use crate::viewer::inspector::{self, squares};
use crate::viewer::jobs::Tracing;
use crate::viewer::paper_pointer::value_at;
use crate::viewer::state::{AppState, Document};
use crate::viewer::theme;
use crate::viewer::widgets::{curve, quiet_icon};

/// Beats that are drawn; of more, as many evenly chosen ones.
const MOST: usize = 48;
/// Part of a beat that is drawn, in seconds from its alignment.
const SPAN_S: (f64, f64) = (-0.4, 0.65);
/// Seconds before the QRS complex whose mean is the level to align to (as the amplitudes are measured from).
const LEVEL_S: f64 = 0.012;

/// The view.
pub fn show(
    ui: &mut Ui,
    state: &AppState,
    document: &Document,
    tracing: &Tracing,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let measured = document.measured().map(|measured| &**measured);
    ui.horizontal(|ui| {
        ui.label(theme::caption("Beats", look));
        ui.add_space(4.0);
        if let Some(measured) = measured {
            chooser(ui, measured, state.beat_class, actions);
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if quiet_icon(ui, Icon::Close, "Close the beats").clicked() {
                actions.push(Action::Run(Command::Below(Below::Beats)));
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                ui.add_space(8.0);
                if let Some(lead) =
                    inspector::chooser(ui, &state.last_lead, "Beats of lead", tracing)
                {
                    actions.push(Action::BeatLead(lead));
                }
            });
        });
    });
    let Some(measured) = measured else {
        return nothing(ui, "Measuring…", look);
    };
    let class = state
        .beat_class
        .min(measured.classes.len().saturating_sub(1));
    let (Some(shape), Some(lead)) = (
        measured.classes.get(class),
        tracing.shown.lead(&state.last_lead),
    ) else {
        return nothing(ui, "No beat was found in this lead.", look);
    };
    plot(ui, measured, class, shape, lead);
}

/// The beats of the dominant shape beneath a page that leaves room; a click opens the whole view.
pub fn glance(
    ui: &mut Ui,
    measured: Option<&Measurements>,
    lead: &LeadName,
    tracing: &Tracing,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let shape = measured.and_then(|measured| Some((measured, measured.classes.first()?)));
    let lead = tracing.shown.lead(lead);
    let (Some((measured, shape)), Some(lead)) = (shape, lead) else {
        ui.label(theme::caption("Beats", look));
        return;
    };
    let mut title = format!("Beats in {}: {}", lead.name, shape.beats);
    let others: usize = measured
        .classes
        .iter()
        .skip(1)
        .map(|other| other.beats)
        .sum();
    if others > 0 {
        title += &format!(" dominant, {others} other");
    }
    ui.label(theme::caption(title, look));
    if plot(ui, measured, 0, shape, lead).clicked() {
        actions.push(Action::BeatLead(lead.name.clone()));
        actions.push(Action::Run(Command::Below(Below::Beats)));
    }
}

fn plot(
    ui: &mut Ui,
    measured: &Measurements,
    class: usize,
    shape: &BeatShape,
    lead: &Lead,
) -> egui::Response {
    let look = theme::look(ui);
    let dark = ui.visuals().dark_mode;
    let beats = beats(measured, class, shape, lead);
    let name = format!("{} beats of lead {} superimposed", beats.len(), lead.name);
    let averages: Vec<(usize, Vec<PlotPoint>)> = measured
        .classes
        .iter()
        .enumerate()
        .take(super::OFFERED)
        .filter_map(|(index, shape)| Some((index, average(measured, shape, &lead.name)?)))
        .collect();
    let unit = if lead.unit.is_voltage() { " mV" } else { "" };
    let plot = Plot::new("superimposed beats")
        .height(ui.available_height())
        .show_background(false)
        .grid_color(look.control)
        .cursor_color(look.tertiary)
        .allow_boxed_zoom(false)
        .set_margin_fraction(vec2(0.0, 0.08))
        .x_axis_formatter(|mark, _| crate::viewer::plain(mark.value, mark.step_size) + " ms")
        .y_axis_formatter(move |mark, _| crate::viewer::plain(mark.value, mark.step_size) + unit)
        .x_grid_spacer(uniform_grid_spacer(|grid| squares(grid, 40.0)))
        .y_grid_spacer(uniform_grid_spacer(|grid| squares(grid, 0.1)))
        .y_axis_min_width(52.0)
        .label_formatter(move |at| {
            let at = match at {
                HoverPosition::NearDataPoint { position, .. }
                | HoverPosition::Elsewhere { position } => position,
            };
            Some(format!(
                "{:.0} ms\n{}{unit}",
                at.x,
                crate::viewer::signed(at.y)
            ))
        });
    let shown = plot.show(ui, |plot| {
        for points in beats {
            let stroke = Stroke::new(0.8, look.tertiary.gamma_multiply(0.45));
            plot.line(curve("", points, stroke).allow_hover(false));
        }
        for at_s in fiducials(&shape.boundaries) {
            let stroke = Stroke::new(1.0, look.control);
            plot.vline(
                VLine::new("", at_s * 1000.0)
                    .stroke(stroke)
                    .style(LineStyle::dashed_loose())
                    .allow_hover(false),
            );
        }
        // The chosen shape lies on top.
        for (index, points) in averages.iter().filter(|(index, _)| *index != class) {
            let color = mark_of(*index, dark).1.gamma_multiply(0.6);
            plot.line(curve("", points.clone(), Stroke::new(1.2, color)));
        }
        for (index, points) in averages.iter().filter(|(index, _)| *index == class) {
            let stroke = Stroke::new(2.2, mark_of(*index, dark).1);
            plot.line(curve("", points.clone(), stroke));
        }
    });
    shown
        .response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
    shown.response
}

fn fiducials(b: &Boundaries) -> impl Iterator<Item = f64> {
    [b.p_on, b.p_off, b.qrs_on, b.qrs_off, b.t_off]
        .into_iter()
        .flatten()
}

/// The beats of a shape as they are drawn, from the level before their QRS complex, in ms and mV.
fn beats(
    measured: &Measurements,
    class: usize,
    shape: &BeatShape,
    lead: &Lead,
) -> Vec<Vec<PlotPoint>> {
    let own: Vec<f64> = measured
        .beats
        .iter()
        .filter(|beat| beat.class == class)
        .map(|beat| beat.time_s)
        .collect();
    let stride = own.len().div_ceil(MOST).max(1);
    let step = (1.0 / lead.sampling_rate_hz).max(0.002);
    let steps = ((SPAN_S.1 - SPAN_S.0) / step) as usize;
    own.iter()
        .step_by(stride)
        .map(|time_s| {
            let level = level(|at| value_at(lead, time_s + at), &shape.boundaries);
            (0..steps)
                .filter_map(|index| {
                    let at = SPAN_S.0 + index as f64 * step;
                    let value = value_at(lead, time_s + at)? - level;
                    Some(PlotPoint::new(at * 1000.0, value / 1000.0))
                })
                .collect()
        })
        .collect()
}

/// The representative beat of a lead, from the level before its QRS complex, in ms and mV.
pub fn average(
    measured: &Measurements,
    shape: &BeatShape,
    lead: &LeadName,
) -> Option<Vec<PlotPoint>> {
    let index = measured
        .leads
        .iter()
        .position(|other| other.lead == *lead)?;
    let curve = shape.curves.get(index)?;
    let rate = shape.sampling_rate_hz;
    let value = |at: f64| {
        let sample = ((at - shape.begins_s) * rate).round();
        (sample >= 0.0).then(|| curve.get(sample as usize).copied())?
    };
    let level = level(value, &shape.boundaries);
    let points = curve.iter().enumerate().filter_map(|(index, uv)| {
        let at = shape.begins_s + index as f64 / rate;
        let inside = (SPAN_S.0..=SPAN_S.1).contains(&at);
        inside.then(|| PlotPoint::new(at * 1000.0, (uv - level) / 1000.0))
    });
    Some(points.collect())
}

fn level(value: impl Fn(f64) -> Option<f64>, b: &Boundaries) -> f64 {
    let end = b.qrs_on.unwrap_or(-0.06);
    let values: Vec<f64> = (0..6)
        .filter_map(|step| value(end - LEVEL_S * f64::from(step) / 5.0))
        .collect();
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::measure::measure;
    use crate::simulate::bundled;

    #[test]
    fn beats_lie_on_their_average_and_the_level_before_qrs_is_zero() {
        let recording = bundled::open(crate::viewer::FIRST_CASE).unwrap();
        let measured = measure(&recording);
        let shape = &measured.classes[0];
        let lead = recording.lead(&LeadName::II).unwrap();
        let mean = average(&measured, shape, &LeadName::II).unwrap();
        let near = |points: &[PlotPoint], ms: f64| {
            let away = |p: &&PlotPoint| (p.x - ms).abs();
            points
                .iter()
                .min_by(|a, b| away(a).total_cmp(&away(b)))
                .unwrap()
                .y
        };
        let onset = shape.boundaries.qrs_on.unwrap() * 1000.0 - 6.0;
        assert!(near(&mean, onset).abs() < 0.02);
        let drawn = beats(&measured, 0, shape, lead);
        assert_eq!(drawn.len(), shape.beats.min(MOST));
        // Around the beat itself: an early beat after it may be higher.
        let height = |points: &[PlotPoint]| {
            let own = points.iter().filter(|p| p.x.abs() < 100.0);
            own.map(|p| p.y).fold(f64::MIN, f64::max)
        };
        let peak = height(&mean);
        for beat in drawn.iter().filter(|beat| beat.len() > 400) {
            let own = height(beat);
            assert!((own - peak).abs() < 0.25, "{own} and {peak}");
        }
    }
}
