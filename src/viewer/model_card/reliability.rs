//! Reliability diagrams: whether a model's probabilities are what they say, a curve for each domain.

use eframe::egui::{Color32, RichText, Ui};
use egui_plot::{Line, Plot, PlotPoints, Points};
use serde_json::Value;

use crate::viewer::theme::{self, Look};

/// Bins with fewer predictions say nothing.
const LEAST_IN_BIN: u64 = 10;
/// Colours that a colour-blind eye tells apart (Okabe and Ito 2008).
const COLOURS: [Color32; 5] = [
    Color32::from_rgb(0, 114, 178),
    Color32::from_rgb(230, 159, 0),
    Color32::from_rgb(0, 158, 115),
    Color32::from_rgb(204, 121, 167),
    Color32::from_rgb(86, 180, 233),
];

/// The domains of a part of the metrics: each has one colour in every diagram.
pub(super) fn domains_of(domains: Option<&Value>) -> Vec<&str> {
    let all = domains.and_then(Value::as_object).into_iter().flatten();
    all.map(|(name, _)| name.as_str()).collect()
}

/// Which colour is which domain, beside the diagrams rather than on their curves.
pub(super) fn legend(ui: &mut Ui, order: &[&str], look: &Look) {
    ui.horizontal_wrapped(|ui| {
        for (domain, colour) in order.iter().zip(COLOURS) {
            ui.label(RichText::new("●").color(colour));
            ui.label(theme::small(*domain, look));
            ui.add_space(8.0);
        }
    });
}

pub(super) fn show(ui: &mut Ui, title: &str, domains: Option<&Value>, order: &[&str], look: &Look) {
    ui.vertical(|ui| {
        ui.set_width(350.0);
        ui.label(theme::caption(title, look));
        if domains_of(domains).is_empty() {
            ui.label(theme::small("No figures.", look));
            return;
        }
        diagram(ui, title, domains, order, look);
    });
}

fn diagram(ui: &mut Ui, title: &str, domains: Option<&Value>, order: &[&str], look: &Look) {
    let diagonal = PlotPoints::from(vec![[0.0, 0.0], [1.0, 1.0]]);
    Plot::new(("reliability", title))
        .height(260.0)
        .width(340.0)
        .show_background(false)
        .grid_color(look.control)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_x(0.0)
        .include_x(1.0)
        .include_y(0.0)
        .include_y(1.0)
        .x_axis_label("What it says")
        .y_axis_label("How often it holds")
        .show(ui, |plot| {
            plot.line(Line::new("as it should be", diagonal).color(look.tertiary));
            let all = domains.and_then(Value::as_object).into_iter().flatten();
            for (domain, figures) in all {
                let place = order.iter().position(|name| name == domain);
                let colour = place.and_then(|place| COLOURS.get(place));
                let colour = colour.copied().unwrap_or(look.text);
                let bins: Vec<[f64; 2]> = bins(figures);
                plot.line(Line::new(domain.as_str(), PlotPoints::from(bins.clone())).color(colour));
                plot.points(
                    Points::new(domain.as_str(), PlotPoints::from(bins))
                        .radius(3.0)
                        .color(colour),
                );
            }
        });
}

/// Mean probability and share present of each bin with enough in it.
pub(super) fn bins(figures: &Value) -> Vec<[f64; 2]> {
    let bins = figures.get("reliability").and_then(Value::as_array);
    bins.into_iter()
        .flatten()
        .filter(|bin| {
            let count = bin.get("records").and_then(Value::as_u64);
            count.is_some_and(|count| count >= LEAST_IN_BIN)
        })
        .filter_map(|bin| {
            Some([
                bin.get("mean_probability")?.as_f64()?,
                bin.get("fraction_present")?.as_f64()?,
            ])
        })
        .collect()
}
