//! The second reader as the window knows it: something that reads and explains, and says who it is.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::ecg::Recording;
use crate::network::{Card, DevicePreference};
use crate::reading::{Explanation, Method, Reader, Reading};
use crate::training::answers::Answers;

/// Who reads: shown in the status bar and the about box.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReaderCard {
    /// Name of the model.
    pub model: String,
    /// What it computes on, `CPU` or the name of an accelerator.
    pub device: String,
    /// Sentences on what it speaks of and how well it does.
    pub summary: Vec<String>,
    /// How well it tells each statement, by statement id: stands beside the finding it is about.
    pub records: BTreeMap<String, Record>,
    /// Names of the statements that it cannot make.
    pub unable: Vec<String>,
    /// How it was made, as its card has it.
    pub training: Value,
    /// How it was judged, as its card has it.
    pub metrics: Value,
}

/// How well a model tells one statement.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Record {
    /// Tracings with it in the training, where the card says.
    pub seen: Option<u64>,
    /// On patients held back, at hospitals that it was trained on.
    pub held_back: Vec<Figure>,
    /// At hospitals that were left out of the training.
    pub left_out: Vec<Figure>,
    /// The same of the model that it was fine-tuned from.
    pub before: Vec<Figure>,
    /// What it said of the patients held back.
    pub said: Answers,
}

/// How well one statement is told in one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub source: String,
    pub auroc: f64,
    /// Bounds of its 95 % interval.
    pub ci95: Option<[f64; 2]>,
    /// Tracings with it.
    pub positives: u64,
}

impl Record {
    /// In sentences, for those who listen.
    pub fn words(&self) -> String {
        let mut sentences = Vec::new();
        sentences.extend(self.seen.map(|seen| format!("Seen in training: {seen}.")));
        sentences.push(match in_words(&self.held_back) {
            Some(figures) => format!("AUROC on patients held back: {figures}."),
            None => TOO_FEW.to_owned(),
        });
        let elsewhere = in_words(&self.left_out);
        sentences.extend(elsewhere.map(|figures| format!("On a new hospital: {figures}.")));
        let before = in_words(&self.before);
        sentences.extend(
            before.map(|figures| format!("On a new hospital, before fine-tuning: {figures}.")),
        );
        sentences.extend(answers_in_words(&self.said));
        sentences.join(" ")
    }
}

/// How often a statement was said of patients held back, and how often rightly; nothing where too few have it.
pub fn answers_in_words(said: &Answers) -> Option<String> {
    let [present, uncertain, absent] = [said.present, said.uncertain, said.absent];
    let with_it = present[0] + uncertain[0] + absent[0];
    (with_it as u64 >= LEAST_POSITIVES).then(|| {
        format!(
            "Of patients held back it was said to be present in {}, rightly in {}; of the {with_it} with it, {} had it \
             called uncertain and {} absent.",
            present[0] + present[1],
            present[0],
            uncertain[0],
            absent[0],
        )
    })
}

/// What is said where there is no figure.
pub const TOO_FEW: &str = "Too few patients with it were held back to say how well it is told.";

fn in_words(figures: &[Figure]) -> Option<String> {
    let words = figures.iter().map(|figure| {
        let interval = figure
            .ci95
            .map(|[low, high]| format!(", {low:.2} to {high:.2}"));
        format!(
            "{:.2} in {} ({} with it{})",
            figure.auroc,
            figure.source,
            figure.positives,
            interval.unwrap_or_default()
        )
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| words.join("; "))
}

/// A reader of tracings. The window has one, made on a thread of its own.
pub trait SecondReader {
    /// Who it is.
    fn card(&self) -> ReaderCard;
    /// Reads a tracing.
    ///
    /// # Errors
    /// When the reading itself fails; a tracing that cannot be read is a `Reading` that says why.
    fn read(&self, recording: &Recording) -> Result<Reading, String>;
    /// Shows what a statement was read from.
    ///
    /// # Errors
    /// When the statement is unknown or the computation fails.
    fn explain(&self, recording: &Recording, statement: &str) -> Result<Explanation, String>;

    /// As [`Self::explain`], by a method of choice, for readers that know several.
    ///
    /// # Errors
    /// As [`Self::explain`].
    fn explain_by(
        &self,
        recording: &Recording,
        statement: &str,
        _method: Method,
    ) -> Result<Explanation, String> {
        self.explain(recording, statement)
    }
}

/// Makes the reader, on the thread that will use it.
pub type ReaderFactory = Box<dyn FnOnce() -> Result<Box<dyn SecondReader>, String> + Send>;

/// The reader that the program comes with, on the best device there is.
pub fn real_reader(weights: Option<PathBuf>, device: DevicePreference) -> ReaderFactory {
    Box::new(move || {
        let reader = Reader::load(weights.as_deref(), device).map_err(|error| error.to_string())?;
        Ok(Box::new(reader) as Box<dyn SecondReader>)
    })
}

impl SecondReader for Reader {
    fn card(&self) -> ReaderCard {
        let card = Reader::card(self);
        ReaderCard {
            model: card.name.clone(),
            device: self.device().to_owned(),
            summary: summary(card.config.statements.len(), &card.metrics),
            records: card
                .config
                .statements
                .iter()
                .filter_map(|id| Some((id.clone(), record(card, id)?)))
                .collect(),
            unable: Reader::unable(self)
                .map(|statement| statement.name.clone())
                .collect(),
            training: card.training.clone(),
            metrics: card.metrics.clone(),
        }
    }

    fn read(&self, recording: &Recording) -> Result<Reading, String> {
        Reader::read(self, recording).map_err(|error| error.to_string())
    }

    fn explain(&self, recording: &Recording, statement: &str) -> Result<Explanation, String> {
        Reader::explain(self, recording, statement).map_err(|error| error.to_string())
    }

    fn explain_by(
        &self,
        recording: &Recording,
        statement: &str,
        method: Method,
    ) -> Result<Explanation, String> {
        Reader::explain_by(self, recording, statement, method).map_err(|error| error.to_string())
    }
}

/// What a card's metrics say of the whole model: a sentence a corpus.
fn summary(statements: usize, metrics: &Value) -> Vec<String> {
    let mut sentences = vec![format!("Speaks of {statements} statements.")];
    let domains = metrics.get("held_back").and_then(Value::as_object);
    sentences.extend(domains.into_iter().flatten().filter_map(|(domain, figures)| {
        let auroc = figures.get("macro_auroc")?.as_f64()?;
        let records = figures.get("records")?.as_u64()?;
        Some(format!("Mean AUROC {auroc:.2} on {records} records of patients held back from {domain}."))
    }));
    sentences
}

/// Fewer tracings with a statement than this say nothing about how well it is told.
const LEAST_POSITIVES: u64 = 5;

/// How well a statement is told, where the card says anything of that.
fn record(card: &Card, id: &str) -> Option<Record> {
    card.metrics.get("held_back")?;
    let statements = card.training.get("statements");
    Some(Record {
        seen: statements.and_then(|statements| statements.get(id)?.get("positives")?.as_u64()),
        held_back: figures(&card.metrics, "held_back", id, false),
        left_out: figures(&card.metrics, "left_out", id, false),
        before: figures(&card.metrics, "left_out", id, true),
        said: said(&card.metrics, id),
    })
}

/// What was said of a statement in patients held back, over all domains.
fn said(metrics: &Value, id: &str) -> Answers {
    let domains = metrics.get("held_back").and_then(Value::as_object);
    let said = domains.into_iter().flatten().filter_map(|(_, figures)| {
        let answers = figures.get("said")?.get(id)?;
        Answers::deserialize(answers).ok()
    });
    said.sum()
}

/// A domain by its name, and whose figures there are shown where they are those of the model before fine-tuning.
pub fn source(domain: &str, figures: &Value) -> String {
    match figures.get("of_parent").and_then(Value::as_str) {
        Some(parent) => format!("{domain}, before fine-tuning ({parent})"),
        None => domain.to_owned(),
    }
}

/// The AUROC of one statement in each domain of `part`, where there are enough with it: of this model, or
/// of the one that it was fine-tuned from.
fn figures(metrics: &Value, part: &str, id: &str, of_parent: bool) -> Vec<Figure> {
    let domains = metrics.get(part).and_then(Value::as_object);
    let figure = |(domain, figures): (&String, &Value)| {
        let label = figures.get("labels")?.get(id)?;
        let auroc = label.get("auroc")?.as_f64()?;
        let positives = label.get("positives")?.as_u64()?;
        let bound = |index: usize| label.get("auroc_ci95")?.get(index)?.as_f64();
        (positives >= LEAST_POSITIVES).then(|| Figure {
            source: domain.clone(),
            auroc,
            ci95: bound(0).zip(bound(1)).map(|(low, high)| [low, high]),
            positives,
        })
    };
    let chosen = |(_, figures): &(&String, &Value)| figures.get("of_parent").is_some() == of_parent;
    let domains = domains.into_iter().flatten();
    domains.filter(chosen).filter_map(figure).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn how_well_a_statement_is_told_stands_in_the_card_or_is_absent() {
        let metrics = json!({"held_back": {
            "ptb-xl": {"records": 97, "macro_auroc": 0.914, "labels": {
                "AFIB": {"positives": 8, "auroc": 0.971, "auroc_ci95": [0.92, 1.0], "f1": 0.8},
                "LVH": {"positives": 0, "auroc": null, "auroc_ci95": null, "f1": null}},
                "said": {"AFIB": {"present": [6, 1], "uncertain": [1, 2], "absent": [1, 86]}}},
            "cpsc2018": {"records": 40, "macro_auroc": null, "labels": {
                "AFIB": {"positives": 3, "auroc": 0.9, "auroc_ci95": null, "f1": null}},
                "said": {"AFIB": {"present": [3, 1], "uncertain": [0, 0], "absent": [0, 36]}}},
        }, "left_out": {"chapman": {"records": 54, "labels": {
            "AFIB": {"positives": 20, "auroc": 0.95, "auroc_ci95": [0.9, 0.99], "f1": 0.8}}}}});
        let card = Card {
            metrics: metrics.clone(),
            training: json!({"statements": {"AFIB": {"positives": 77}}}),
            ..Card::default()
        };
        let told = "Seen in training: 77. AUROC on patients held back: 0.97 in ptb-xl (8 with it, 0.92 to 1.00). \
                    On a new hospital: 0.95 in chapman (20 with it, 0.90 to 0.99). \
                    Of patients held back it was said to be present in 11, rightly in 9; of the 11 with it, 1 had it called \
                    uncertain and 1 absent.";
        assert_eq!(record(&card, "AFIB").unwrap().words(), told);
        let mut tuned = card.clone();
        tuned.metrics["left_out"]["chapman"]["of_parent"] = json!("m");
        let told = record(&tuned, "AFIB").unwrap();
        assert!(told.left_out.is_empty() && told.before[0].source == "chapman");
        assert!(
            told.words()
                .contains("On a new hospital, before fine-tuning: 0.95")
        );
        assert_eq!(record(&card, "LVH").unwrap().words(), TOO_FEW);
        assert_eq!(record(&Card::default(), "AFIB"), None);
        assert_eq!(
            source("ludb", &json!({"of_parent": "m"})),
            "ludb, before fine-tuning (m)"
        );
        let sentences = [
            "Speaks of 2 statements.",
            "Mean AUROC 0.91 on 97 records of patients held back from ptb-xl.",
        ];
        assert_eq!(summary(2, &metrics), sentences);
    }
}
