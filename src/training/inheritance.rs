//! What weights that were trained on keep of their parent's card: whatever too few new records can say better.

use serde_json::{Map, Value, json};

use super::calibration;
use super::judging;
use super::metrics::Ranking;
use super::parent::Parent;
use super::report::{command, licences};
use crate::network::Card;

/// Logits of one statement with their truth.
type Cases = Vec<(f32, bool)>;

/// Validation records with and without a statement from which it is calibrated anew.
const ENOUGH: usize = 8;
/// Validation tracings from which refusals are counted anew: one false alarm in 200 is the aim.
const ENOUGH_TRACINGS: usize = 200;

/// What the new records say of the calibration.
pub struct Evidence<'a> {
    /// Validation records of this run, for each statement.
    pub new: &'a [Cases],
    /// The same, with what other runs said of records left out.
    pub all: &'a [Cases],
    /// Logit from which a tracing counts as an outlier, and the number of validation tracings behind it.
    pub outlier_from: (Option<f32>, usize),
}

/// Calibration, thresholds, uncertain band and refusals of `card`, from the parent's where the evidence is thin.
/// Returns the statements that were calibrated anew.
pub fn calibrate(card: &mut Card, parent: &Card, evidence: &Evidence<'_>) -> Vec<String> {
    card.calibration.clone_from(&parent.calibration);
    card.thresholds.clone_from(&parent.thresholds);
    card.uncertain = (0..parent.thresholds.len())
        .map(|column| parent.band(column))
        .collect();
    let mut anew = Vec::new();
    for (column, (new, all)) in evidence.new.iter().zip(evidence.all).enumerate() {
        if is_enough(new) {
            calibrate_anew(card, column, all);
            anew.extend(card.config.statements.get(column).cloned());
        }
    }
    let (outlier_from, tracings) = evidence.outlier_from;
    card.outlier_from = if tracings >= ENOUGH_TRACINGS {
        outlier_from
    } else {
        parent.outlier_from
    };
    anew
}

/// One statement, from where it stands in the card.
fn calibrate_anew(card: &mut Card, column: usize, cases: &Cases) {
    let fitted = card.calibration.get_mut(column);
    if let Some((platt, threshold)) = fitted.zip(card.thresholds.get_mut(column)) {
        *platt = calibration::refit(cases, *platt);
        let probabilities = cases.iter().enumerate().map(|(record, &(logit, truth))| {
            (calibration::probability(*platt, logit), truth, record)
        });
        *threshold = calibration::threshold(&Ranking::new(probabilities), *threshold);
    }
    let margins = judging::margins(card, column, cases);
    if let Some(band) = card.uncertain.get_mut(column) {
        *band = calibration::band_near(&margins, *band);
    }
}

fn is_enough(cases: &Cases) -> bool {
    let positives = cases.iter().filter(|(_, truth)| *truth).count();
    positives >= ENOUGH && cases.len() - positives >= ENOUGH
}

/// Adds the parent's counts of each statement to those of this run in `training`, which stay beside them as `new`.
pub fn add_counts(training: &mut Value, parent: &Card) {
    let Some(Value::Object(statements)) = training.get_mut("statements") else {
        return;
    };
    for (id, counts) in statements {
        let before = parent
            .training
            .get("statements")
            .and_then(|all| all.get(id));
        let sum = |name: &str| {
            let count = |of: Option<&Value>| of.and_then(|of| of.get(name)?.as_u64()).unwrap_or(0);
            count(before) + count(Some(counts))
        };
        *counts = json!({
            "positives": sum("positives"),
            "negatives": sum("negatives"),
            "new": counts,
        });
    }
}

/// The parent's figures on hospitals left out, each marked as the figures of that model.
pub fn left_out(parent: &Card) -> Map<String, Value> {
    let mut domains = match parent.metrics.get("left_out") {
        Some(Value::Object(domains)) => domains.clone(),
        _ => Map::new(),
    };
    for (_, figures) in &mut domains {
        if let Value::Object(figures) = figures {
            figures
                .entry("of_parent")
                .or_insert_with(|| json!(parent.name));
        }
    }
    domains
}

/// Where the weights come from: the parent with its data and its headline figures, its own lineage within, and how it
/// was trained on.
pub fn lineage(plan: &super::Plan, parent: &Parent, learnt: &[String], anew: &[String]) -> Value {
    let card = parent.card();
    let told = |name: &str| card.training.get(name).cloned().unwrap_or_default();
    let corpora = told("corpora");
    let names = corpora.as_array().into_iter().flatten();
    let names: Vec<&str> = names.filter_map(Value::as_str).collect();
    let licences = match told("licences") {
        Value::Null => licences(names),
        told => told,
    };
    json!({
        "parent": {
            "name": card.name,
            "sha256": parent.sha256(),
            "version": told("version"),
            "protocol": told("protocol"),
            "seed": told("seed"),
            "corpora": corpora,
            "licences": licences,
            "records": told("records"),
            "statements": told("statements"),
            "held_back": headline(card, "held_back"),
            "left_out": headline(card, "left_out"),
            "lineage": told("lineage"),
        },
        "command": command(plan),
        "learnt": learnt,
        "calibrated_anew": anew,
    })
}

/// The figures of each domain without those of single statements.
fn headline(card: &Card, part: &str) -> Value {
    const HEADLINE: [&str; 8] = [
        "of_parent",
        "records",
        "macro_auroc",
        "macro_auroc_ci95",
        "macro_auroc_5",
        "macro_auroc_5_ci95",
        "ece",
        "brier",
    ];
    let Some(Value::Object(domains)) = card.metrics.get(part) else {
        return Value::Null;
    };
    let short = |figures: &Value| -> Map<String, Value> {
        let present = |name: &&str| Some(((*name).to_owned(), figures.get(*name)?.clone()));
        HEADLINE.iter().filter_map(present).collect()
    };
    domains
        .iter()
        .map(|(name, figures)| (name.clone(), Value::Object(short(figures))))
        .collect::<Map<_, _>>()
        .into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::network::Config;

    fn parent() -> Card {
        let config = Config {
            statements: vec!["SR".to_owned(), "AFIB".to_owned()],
            ..Config::default()
        };
        Card {
            calibration: vec![(1.2, -0.5), (0.8, 0.3)],
            thresholds: vec![0.6, 0.3],
            uncertain: vec![[1.65, 0.95], [0.5, 1.5]],
            outlier_from: Some(0.5),
            ..Card::new("parent", config)
        }
    }

    fn child(new: [Cases; 2], tracings: usize) -> (Card, Vec<String>) {
        let mut card = Card::new("child", parent().config);
        let evidence = Evidence {
            new: &new,
            all: &new,
            outlier_from: (Some(4.0), tracings),
        };
        let anew = calibrate(&mut card, &parent(), &evidence);
        (card, anew)
    }

    fn separable(positives: usize, negatives: usize) -> Cases {
        let of = |count, truth| (0..count).map(move |_| (if truth { 3.0 } else { -3.0 }, truth));
        of(positives, true).chain(of(negatives, false)).collect()
    }

    #[test]
    fn a_few_records_change_neither_calibration_nor_threshold_nor_doubt() {
        let (card, anew) = child([separable(7, 40), Vec::new()], 47);
        assert!(anew.is_empty());
        assert_eq!(card.calibration, parent().calibration);
        assert_eq!(card.thresholds, parent().thresholds);
        assert_eq!(card.uncertain, parent().uncertain);
        assert_eq!(card.outlier_from, Some(0.5));
    }

    #[test]
    fn what_is_calibrated_anew_starts_from_the_parent_and_has_its_own_band() {
        let (card, anew) = child([separable(60, 200), separable(3, 200)], 260);
        assert_eq!(anew, ["SR"]);
        assert_ne!(card.calibration[0], parent().calibration[0]);
        assert_ne!(card.thresholds[0], 0.6);
        assert_eq!(card.calibration[1], (0.8, 0.3));
        assert_eq!(card.thresholds[1], 0.3);
        // What was learnt is clear: nothing of it is in doubt.
        assert_eq!(card.uncertain[1], [0.5, 1.5]);
        for (own, before) in card.uncertain[0].iter().zip([1.65, 0.95]) {
            assert!(*own < 0.3 * before, "{own}");
        }
        assert_eq!(card.outlier_from, Some(4.0));
    }

    #[test]
    fn counts_are_added_and_the_parents_figures_are_marked() {
        let mut card = parent();
        card.training = json!({"statements": {"AFIB": {"positives": 177, "negatives": 2223}}});
        card.metrics = json!({"left_out": {"ludb": {"macro_auroc": 0.9}}});
        let mut training = json!({"statements": {"AFIB": {"positives": 20, "negatives": 100}}});
        add_counts(&mut training, &card);
        assert_eq!(
            training["statements"]["AFIB"],
            json!({"positives": 197, "negatives": 2323, "new": {"positives": 20, "negatives": 100}})
        );
        assert_eq!(left_out(&card)["ludb"]["of_parent"], "parent");
    }
}
