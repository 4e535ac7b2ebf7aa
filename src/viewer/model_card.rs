//! The model's card: what it learnt from, how well it does where, and whether its probabilities are what they say.

use eframe::egui::{Color32, Grid, RichText, ScrollArea, Ui, vec2};
use egui_plot::{Corner, Legend, Line, Plot, PlotPoints, Points};
use serde_json::Value;

use super::reader::source;
use super::state::AppState;
use super::theme::{self, Look};
use crate::training::ablation::figures::{spoken, verdict};

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

/// The contents of the dialog.
pub fn show(ui: &mut Ui, state: &AppState) {
    let look = theme::look(ui);
    ui.set_width(640.0);
    let Some(card) = state.reader.done() else {
        ui.label("The model is still loading.");
        return;
    };
    ui.heading(&card.model);
    ui.label(theme::small(made(&card.training), look));
    for line in lineage(&card.training) {
        ui.label(theme::small(line, look));
    }
    ui.add_space(10.0);
    let room = (ui.ctx().content_rect().height() - 220.0).clamp(200.0, 900.0);
    ScrollArea::vertical()
        .max_height(room)
        .min_scrolled_height(room)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.label(theme::strong("Patients held back, at hospitals that it was trained on"));
            domains(ui, card.metrics.get("held_back"), "held back", look);
            ui.add_space(12.0);
            ui.label(theme::strong("Hospitals that it had never seen, each left out once"));
            domains(ui, card.metrics.get("left_out"), "left out", look);
            ui.add_space(12.0);
            ui.label(theme::strong("Are its probabilities what they say?"));
            ui.label(theme::small(
                "Of the tracings for which it says 40 %, the statement should hold in 40 of 100: on the diagonal.",
                look,
            ));
            reliability(ui, card.metrics.get("held_back"), look);
            ui.add_space(12.0);
            ui.label(theme::strong("Does it know what is no electrocardiogram?"));
            for line in outliers(&card.metrics) {
                ui.label(theme::small(line, look));
            }
            ui.add_space(12.0);
            ui.label(theme::strong("What does each ingredient bring?"));
            ablation(ui, card.metrics.get("ablation"), look);
        });
}

/// What the model was fine-tuned from, the nearest first: a sentence each.
fn lineage(training: &Value) -> Vec<String> {
    let parent = |of: &Value| of.pointer("/lineage/parent").cloned();
    std::iter::successors(parent(training), parent)
        .map(|parent| {
            let word = |name: &str| parent.get(name).and_then(Value::as_str).unwrap_or("-");
            format!(
                "Fine-tuned from {}, itself trained on {} records. Corpora: {}. SHA-256 of its weights: {}.",
                word("name"),
                records(&parent, "train"),
                corpora(&parent),
                word("sha256"),
            )
        })
        .collect()
}

/// Real records of a part of the data.
fn records(training: &Value, part: &str) -> u64 {
    let domains = training
        .get("records")
        .and_then(|records| records.get(part)?.as_object());
    let real = domains
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "simulated");
    real.filter_map(|(_, count)| count.as_u64()).sum()
}

fn corpora(training: &Value) -> String {
    let corpora = training.get("corpora").and_then(Value::as_array);
    let names = corpora.into_iter().flatten().filter_map(Value::as_str);
    names.collect::<Vec<_>>().join(", ")
}

/// How the model was made, in a sentence.
fn made(training: &Value) -> String {
    format!(
        "Trained on {} records, calibrated on {}, judged on {} of other patients. Corpora: {}. \
         For research and teaching; not a medical device.",
        records(training, "train"),
        records(training, "validation"),
        records(training, "held_back"),
        corpora(training)
    )
}

fn domains(ui: &mut Ui, domains: Option<&Value>, name: &str, look: &Look) {
    let Some(domains) = domains
        .and_then(Value::as_object)
        .filter(|all| !all.is_empty())
    else {
        ui.label(theme::small("No figures.", look));
        return;
    };
    Grid::new(("domains", name))
        .striped(true)
        .num_columns(6)
        .spacing(vec2(18.0, 5.0))
        .show(ui, |ui| {
            for title in [
                "Source",
                "Records",
                "Mean AUROC",
                "5+ with it",
                "Mean F1",
                "ECE",
            ] {
                ui.label(theme::small(title, look));
            }
            ui.end_row();
            for (domain, figures) in domains {
                let domain = source(domain, figures);
                ui.label(RichText::new(domain).font(theme::regular(13.0)));
                let records = figures.get("records").and_then(Value::as_u64);
                ui.label(records.map_or_else(|| "-".to_owned(), |records| records.to_string()));
                ui.label(with_interval(figures, "macro_auroc"));
                ui.label(with_interval(figures, "macro_auroc_5"));
                ui.label(number(figures.get("macro_f1"), 2));
                ui.label(number(figures.get("ece"), 3));
                ui.end_row();
            }
        });
}

/// What each ingredient brought, with its interval, and what that allows to say.
fn ablation(ui: &mut Ui, table: Option<&Value>, look: &Look) {
    let rows = table.and_then(|table| table.get("rows")?.as_array());
    let Some((table, rows)) = table.zip(rows) else {
        ui.label(theme::small(
            "No ablation table was made for this model, so nothing is claimed.",
            look,
        ));
        return;
    };
    ui.label(theme::small(
        "Mean AUROC with it, less that of the same network trained without it, on the same patients [95 %].",
        look,
    ));
    Grid::new("ablation")
        .striped(true)
        .num_columns(3)
        .spacing(vec2(18.0, 5.0))
        .show(ui, |ui| {
            for title in ["Ingredient", "Patients held back", "Hospitals left out"] {
                ui.label(theme::small(title, look));
            }
            ui.end_row();
            for row in rows
                .iter()
                .filter(|row| row.get("without").is_some_and(|without| !without.is_null()))
            {
                let title = row.get("title").and_then(Value::as_str).unwrap_or_default();
                ui.label(RichText::new(title).font(theme::regular(13.0)));
                for protocol in ["split", "lodo"] {
                    ui.label(brought(row.get(protocol)));
                }
                ui.end_row();
            }
        });
    ui.label(theme::small(trained_for(table), look));
}

/// `+0.012 [-0.003, +0.027]: no effect shown`, or a dash.
fn brought(figures: Option<&Value>) -> String {
    figures
        .and_then(|figures| Some(format!("{}: {}", spoken(figures)?, verdict(figures)?)))
        .map_or_else(|| "-".to_owned(), |text| text.replace('-', "−"))
}

/// How long the networks of the table were trained, which is less than this one.
fn trained_for(table: &Value) -> String {
    let count = |name: &str| table.get(name).and_then(Value::as_u64).unwrap_or(0);
    format!(
        "From {} networks of {} passes each; this model was trained for longer.",
        count("networks"),
        count("epochs"),
    )
}

fn number(value: Option<&Value>, digits: usize) -> String {
    value
        .and_then(Value::as_f64)
        .map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
}

fn with_interval(figures: &Value, name: &str) -> String {
    let ends = figures.get(format!("{name}_ci95"));
    let end = |index: usize| ends?.get(index)?.as_f64();
    let interval = end(0)
        .zip(end(1))
        .map(|(low, high)| format!(" ({low:.2}-{high:.2})"));
    number(figures.get(name), 2) + &interval.unwrap_or_default()
}

fn reliability(ui: &mut Ui, domains: Option<&Value>, look: &Look) {
    let diagonal = PlotPoints::from(vec![[0.0, 0.0], [1.0, 1.0]]);
    Plot::new("reliability")
        .height(260.0)
        .width(420.0)
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
        .legend(Legend::default().position(Corner::RightBottom))
        .show(ui, |plot| {
            plot.line(Line::new("as it should be", diagonal).color(look.tertiary));
            let all = domains.and_then(Value::as_object).into_iter().flatten();
            for ((domain, figures), colour) in all.zip(COLOURS) {
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
fn bins(figures: &Value) -> Vec<[f64; 2]> {
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

/// A sentence for each kind of thing that is no electrocardiogram.
fn outliers(metrics: &Value) -> Vec<String> {
    let kinds = metrics
        .get("outliers")
        .and_then(|outliers| outliers.get("held_back")?.as_object());
    let Some(kinds) = kinds else {
        return vec!["It was not taught to.".to_owned()];
    };
    let count = |of: &Value, name: &str| of.get(name).and_then(Value::as_u64).unwrap_or(0);
    kinds
        .iter()
        .map(|(kind, of)| {
            let (told, records) = (count(of, "told"), count(of, "records"));
            match kind.as_str() {
                "tracing" => format!("{told} of {records} real tracings were refused."),
                _ => format!("{told} of {records} made unreadable were refused: {kind}."),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_absent_is_a_dash_and_an_empty_bin_is_no_point() {
        let figures = json!({
            "macro_auroc": 0.953, "macro_auroc_ci95": [0.91, 0.98], "ece": null,
            "reliability": [
                {"records": 120, "mean_probability": 0.05, "fraction_present": 0.04},
                {"records": 3, "mean_probability": 0.55, "fraction_present": 1.0},
            ],
        });
        assert_eq!(with_interval(&figures, "macro_auroc"), "0.95 (0.91-0.98)");
        assert_eq!(with_interval(&figures, "macro_auroc_5"), "-");
        assert_eq!(number(figures.get("ece"), 3), "-");
        assert_eq!(bins(&figures), [[0.05, 0.04]]);
    }

    #[test]
    fn every_model_that_it_was_fine_tuned_from_is_named() {
        let first = json!({"name": "first", "sha256": "ab", "corpora": ["ludb=ludb"],
            "records": {"train": {"ludb": 99, "simulated": 600}}});
        let second = json!({"name": "second", "sha256": "cd", "corpora": ["cinc=clinic"],
            "records": {"train": {"clinic": 40}}, "lineage": {"parent": first}});
        assert_eq!(
            lineage(&json!({"lineage": {"parent": second}})),
            [
                "Fine-tuned from second, itself trained on 40 records. Corpora: cinc=clinic. SHA-256 of its weights: cd.",
                "Fine-tuned from first, itself trained on 99 records. Corpora: ludb=ludb. SHA-256 of its weights: ab.",
            ]
        );
        assert!(lineage(&json!({"lineage": null})).is_empty());
    }

    #[test]
    fn an_effect_is_told_with_its_interval_and_an_absent_one_is_a_dash() {
        let figures = json!({"brought": 0.012, "ci95": [-0.003, 0.027]});
        assert_eq!(
            brought(Some(&figures)),
            "+0.012 [−0.003, +0.027]: no effect shown"
        );
        assert_eq!(brought(Some(&Value::Null)), "-");
    }

    #[test]
    fn refusals_are_counted_by_kind() {
        let metrics = json!({"outliers": {"held_back": {
            "EEG": {"records": 10, "told": 9}, "tracing": {"records": 327, "told": 1}}}});
        assert_eq!(
            outliers(&metrics),
            [
                "9 of 10 made unreadable were refused: EEG.",
                "1 of 327 real tracings were refused."
            ]
        );
        assert_eq!(outliers(&Value::Null), ["It was not taught to."]);
    }
}
