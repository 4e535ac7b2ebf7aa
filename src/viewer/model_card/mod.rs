//! The model's card: what it learnt from, how well it does where, and whether its probabilities are what they say.

mod reliability;

use eframe::egui::style::ScrollStyle;
use eframe::egui::{CollapsingHeader, Grid, RichText, ScrollArea, Ui, vec2};
use serde_json::Value;

use super::reader::source;
use super::state::AppState;
use super::theme::{self, Look};
use crate::reading::{cannot_say, vocabulary};
use crate::training::ablation::figures::{spoken, verdict};
use crate::training::corpus::sources::{licence, published};

/// Of the dialog, as far as the window allows: the table of ingredients fits.
const WIDTH: f32 = 760.0;

/// The contents of the dialog.
pub fn show(ui: &mut Ui, state: &AppState) {
    let look = theme::look(ui);
    ui.set_width(WIDTH.min(ui.ctx().content_rect().width() - 80.0));
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
    // A bar of its own, so that it hides no column.
    ui.spacing_mut().scroll = ScrollStyle::solid();
    let room = (ui.ctx().content_rect().height() - 260.0).clamp(200.0, 900.0);
    ScrollArea::vertical()
        .max_height(room)
        .min_scrolled_height(room)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            if let Some(sentence) = cannot_say(&card.unable) {
                ui.label(theme::small(sentence, look));
                ui.add_space(12.0);
            }
            ui.label(theme::strong("What it learnt from"));
            sources(ui, &card.training, look);
            fold(ui, "Tracings with each statement", |ui| {
                counts(ui, &card.training, look);
            });
            fold(ui, "Recipe", |ui| recipe(ui, &card.training, look));
            ui.add_space(12.0);
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
            let [held_back, left_out] =
                ["held_back", "left_out"].map(|part| card.metrics.get(part));
            let order = reliability::domains_of(held_back);
            reliability::legend(ui, &order, look);
            ui.horizontal_wrapped(|ui| {
                reliability::show(ui, "Patients held back", held_back, &order, look);
                reliability::show(ui, "Hospitals left out", left_out, &order, look);
            });
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
            let word = |name: &str| parent.get(name).and_then(Value::as_str).unwrap_or("–");
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
        "Trained on {} records, calibrated on {}, judged on {} of other patients. \
         For research and teaching; not a medical device.",
        records(training, "train"),
        records(training, "validation"),
        records(training, "held_back"),
    )
}

/// A section that is read by few and unfolds.
fn fold(ui: &mut Ui, title: &str, contents: impl FnOnce(&mut Ui)) {
    ui.add_space(4.0);
    CollapsingHeader::new(RichText::new(title).font(theme::regular(13.0)))
        .id_salt(("card", title))
        .show(ui, contents);
}

fn table(ui: &mut Ui, name: &str, titles: &[&str], rows: Vec<Vec<String>>, look: &Look) {
    Grid::new(("card", name))
        .striped(true)
        .num_columns(titles.len())
        .spacing(vec2(18.0, 5.0))
        .show(ui, |ui| {
            for title in titles {
                ui.label(theme::small(*title, look));
            }
            ui.end_row();
            for row in rows {
                for cell in row {
                    ui.label(RichText::new(cell).font(theme::regular(13.0)));
                }
                ui.end_row();
            }
        });
}

/// Each corpus: as what it was published, under which licence, and how many of its records had which part.
fn sources(ui: &mut Ui, training: &Value, look: &Look) {
    let titles = [
        "Corpus",
        "Published as",
        "Licence",
        "Trained",
        "Calibrated",
        "Held back",
    ];
    table(ui, "sources", &titles, source_rows(training), look);
}

fn source_rows(training: &Value) -> Vec<Vec<String>> {
    let corpora = training.get("corpora").and_then(Value::as_array);
    let row = |corpus: &str| {
        let name = corpus.split_once('=').map_or(corpus, |(_, name)| name);
        let names: Vec<&str> = published(corpus).iter().map(|(name, _)| *name).collect();
        let licence = licence(corpus).unwrap_or_default();
        let mut row = vec![name.to_owned(), names.join(", "), licence];
        for part in ["train", "validation", "held_back"] {
            let records = training.get("records");
            let count = records.and_then(|records| records.get(part)?.get(name)?.as_u64());
            row.push(count.map_or_else(|| "–".to_owned(), |count| count.to_string()));
        }
        for cell in &mut row {
            if cell.is_empty() {
                cell.push('–');
            }
        }
        row
    };
    let corpora = corpora.into_iter().flatten().filter_map(Value::as_str);
    corpora.map(row).collect()
}

/// How many tracings of the training had each statement and how many were known to be without it.
fn counts(ui: &mut Ui, training: &Value, look: &Look) {
    let statements = training.get("statements").and_then(Value::as_object);
    let rows = statements.into_iter().flatten().map(|(id, counts)| {
        let name = vocabulary::find(id).map_or(id.as_str(), |statement| &statement.name);
        let count = |of: &str| number(counts.get(of), 0);
        vec![name.to_owned(), count("positives"), count("negatives")]
    });
    let titles = ["Statement", "With it", "Without it"];
    table(ui, "counts", &titles, rows.collect(), look);
}

/// Everything that the training was told, as it was told.
fn recipe(ui: &mut Ui, training: &Value, look: &Look) {
    let told = ["version", "protocol", "seed", "init"];
    let mut rows: Vec<Vec<String>> = told
        .into_iter()
        .filter_map(|name| Some(vec![name.to_owned(), plain(training.get(name)?)?]))
        .collect();
    if let Some(recipe) = training.get("recipe") {
        flatten("", recipe, &mut rows);
    }
    table(ui, "recipe", &["Setting", "Value"], rows, look);
}

/// The settings of a nested recipe, each under its path: `augmentation.gain`.
fn flatten(path: &str, value: &Value, rows: &mut Vec<Vec<String>>) {
    let Value::Object(fields) = value else {
        rows.extend(plain(value).map(|text| vec![path.to_owned(), text]));
        return;
    };
    // The statements have a table of their own.
    for (name, value) in fields.iter().filter(|(name, _)| *name != "statements") {
        match path {
            "" => flatten(name, value, rows),
            path => flatten(&format!("{path}.{name}"), value, rows),
        }
    }
}

/// A value as a person writes it; `None` for what is absent.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(values) => {
            let all: Vec<String> = values.iter().filter_map(plain).collect();
            Some(all.join(", "))
        }
        other => Some(other.to_string()),
    }
}

fn domains(ui: &mut Ui, domains: Option<&Value>, name: &str, look: &Look) {
    let Some(domains) = domains
        .and_then(Value::as_object)
        .filter(|all| !all.is_empty())
    else {
        ui.label(theme::small("No figures.", look));
        return;
    };
    let titles = [
        "Source",
        "Records",
        "Mean AUROC",
        "5+ with it",
        "Mean F1",
        "ECE",
    ];
    let rows = domains.iter().map(|(domain, figures)| {
        vec![
            source(domain, figures),
            number(figures.get("records"), 0),
            with_interval(figures, "macro_auroc"),
            with_interval(figures, "macro_auroc_5"),
            number(figures.get("macro_f1"), 2),
            number(figures.get("ece"), 3),
        ]
    });
    table(ui, name, &titles, rows.collect(), look);
}

/// What each ingredient brought, with its interval, and what that allows to say.
fn ablation(ui: &mut Ui, figures: Option<&Value>, look: &Look) {
    let rows = figures.and_then(|figures| figures.get("rows")?.as_array());
    let Some((figures, rows)) = figures.zip(rows) else {
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
    let titles = ["Ingredient", "Patients held back", "Hospitals left out"];
    let of_one = |row: &&Value| row.get("without").is_some_and(|without| !without.is_null());
    let cells = |row: &Value| {
        let title = row.get("title").and_then(Value::as_str);
        vec![
            title.unwrap_or_default().to_owned(),
            brought(row.get("split")),
            brought(row.get("lodo")),
        ]
    };
    let cells = rows.iter().filter(of_one).map(cells);
    table(ui, "ablation", &titles, cells.collect(), look);
    ui.label(theme::small(trained_for(figures), look));
}

/// `+0.012 [-0.003, +0.027]: no effect shown`, or a dash.
fn brought(figures: Option<&Value>) -> String {
    figures
        .and_then(|figures| Some(format!("{}: {}", spoken(figures)?, verdict(figures)?)))
        .map_or_else(|| "–".to_owned(), |text| text.replace('-', "−"))
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
        .map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

fn with_interval(figures: &Value, name: &str) -> String {
    let ends = figures.get(format!("{name}_ci95"));
    let end = |index: usize| ends?.get(index)?.as_f64();
    let interval = end(0)
        .zip(end(1))
        .map(|(low, high)| format!(" ({low:.2}–{high:.2})"));
    number(figures.get(name), 2) + &interval.unwrap_or_default()
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
        assert_eq!(with_interval(&figures, "macro_auroc"), "0.95 (0.91–0.98)");
        assert_eq!(with_interval(&figures, "macro_auroc_5"), "–");
        assert_eq!(number(figures.get("ece"), 3), "–");
        assert_eq!(reliability::bins(&figures), [[0.05, 0.04]]);
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
        assert_eq!(brought(Some(&Value::Null)), "–");
    }

    #[test]
    fn a_corpus_stands_with_its_licence_and_its_records() {
        let training = json!({
            "corpora": ["cinc=chapman-ningbo", "ludb=ludb", "cinc=our-ward"],
            "records": {"train": {"chapman-ningbo": 45, "ludb": 99}, "held_back": {"ludb": 30}},
        });
        assert_eq!(
            source_rows(&training),
            [
                [
                    "chapman-ningbo",
                    "Chapman-Shaoxing (Zheng 2020), Ningbo First Hospital (Zheng 2022)",
                    "CC BY 4.0",
                    "45",
                    "–",
                    "–"
                ],
                [
                    "ludb",
                    "LUDB (Kalyakulina 2020)",
                    "ODC-BY 1.0",
                    "99",
                    "–",
                    "30"
                ],
                ["our-ward", "–", "–", "–", "–", "–"],
            ]
        );
    }

    #[test]
    fn a_recipe_is_told_setting_by_setting() {
        let mut rows = Vec::new();
        let recipe = json!({"epochs": 24, "network": {"widths": [48, 64], "statements": ["SR"]}});
        flatten("", &recipe, &mut rows);
        assert_eq!(rows, [["epochs", "24"], ["network.widths", "48, 64"]]);
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
