//! What a model's probabilities are worth, domain by domain and statement by statement.

use std::collections::HashMap;

use rayon::prelude::*;
use serde_json::{Map, Value, json};

use super::answers::Answers;
use super::corpus::Example;
use super::metrics::{Ranking, ci95, resamples};
use crate::network::Card;
use crate::reading::{Answer, Finding, vocabulary};

/// Resamples of the bootstrap.
const DRAWS: usize = 1000;
/// Its seed: intervals are the same in every run.
const SEED: u64 = 20_261_123;
/// Positives from which a statement counts in [`Domain::macro_auroc_5`].
const ENOUGH: usize = 5;

/// Figures of one statement in one domain.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    pub id: String,
    pub positives: usize,
    pub negatives: usize,
    pub auroc: f64,
    /// Percentile bootstrap over patients.
    pub auroc_ci95: Option<[f64; 2]>,
    pub auprc: f64,
    pub auprc_ci95: Option<[f64; 2]>,
    pub f1: f64,
    pub ece: f64,
    pub ece_ci95: Option<[f64; 2]>,
    pub brier: f64,
    pub brier_ci95: Option<[f64; 2]>,
}

/// What is said of one statement in one record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Said {
    pub probability: f32,
    pub answer: Answer,
}

impl From<&Finding> for Said {
    fn from(finding: &Finding) -> Self {
        Self {
            probability: finding.probability,
            answer: finding.answer(),
        }
    }
}

/// The figures of one statement in every resample; a resample without both kinds has no AUROC.
struct Drawn {
    auroc: Vec<Option<f64>>,
    auprc: Vec<Option<f64>>,
}

/// Figures of one domain. Means are over the statements with at least one positive and one negative there.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Domain {
    pub name: String,
    /// Records that were read.
    pub records: usize,
    /// Records that could not be read.
    pub unreadable: usize,
    pub macro_auroc: Option<f64>,
    pub macro_auroc_ci95: Option<[f64; 2]>,
    /// Over the statements with at least five positives.
    pub macro_auroc_5: Option<f64>,
    pub macro_auroc_5_ci95: Option<[f64; 2]>,
    pub macro_auprc: Option<f64>,
    pub macro_auprc_ci95: Option<[f64; 2]>,
    pub macro_f1: Option<f64>,
    /// Calibration error over all statements pooled.
    pub ece: Option<f64>,
    pub ece_ci95: Option<[f64; 2]>,
    pub brier: Option<f64>,
    pub brier_ci95: Option<[f64; 2]>,
    /// What was said of each statement, also of one that holds in nobody there.
    pub said: Vec<(String, Answers)>,
    /// The same over all statements.
    pub answers: Answers,
    /// Of what is said to be present, the share that holds.
    pub right_ci95: Option<[f64; 2]>,
    /// Of what holds, the share that is said to be absent.
    pub missed_ci95: Option<[f64; 2]>,
    pub labels: Vec<Label>,
    /// Of all statements pooled: records, mean probability and fraction present in each bin.
    pub reliability: Vec<(usize, f64, f64)>,
}

/// Judges what is said against labels. `said` has one row for each of `examples`, `None` where a record could not be
/// read; its columns are the statements `ids`, as are `thresholds`.
pub fn judge(
    examples: &[&Example],
    names: &[String],
    said: &[Option<Vec<Said>>],
    ids: &[String],
    thresholds: &[f32],
) -> Vec<Domain> {
    let columns: Vec<Option<usize>> = ids
        .iter()
        .map(|id| {
            vocabulary::statements()
                .iter()
                .position(|statement| statement.id == *id)
        })
        .collect();
    let rows: Vec<(&Example, Option<&[Said]>)> = examples
        .iter()
        .zip(said)
        .map(|(example, said)| (*example, said.as_deref()))
        .collect();
    names
        .iter()
        .enumerate()
        .filter_map(|(index, name)| {
            let own: Vec<_> = rows
                .iter()
                .filter(|row| row.0.domain == index)
                .copied()
                .collect();
            (!own.is_empty()).then(|| domain(name, &own, ids, &columns, thresholds))
        })
        .collect()
}

fn domain(
    name: &str,
    rows: &[(&Example, Option<&[Said]>)],
    ids: &[String],
    columns: &[Option<usize>],
    thresholds: &[f32],
) -> Domain {
    let read: Vec<(&Example, &[Said])> = rows
        .iter()
        .filter_map(|&(example, said)| Some((example, said?)))
        .collect();
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let patients: Vec<usize> = read
        .iter()
        .map(|(example, _)| {
            let next = numbers.len();
            *numbers.entry(example.patient.as_str()).or_insert(next)
        })
        .collect();
    let draws = resamples(&patients, DRAWS, SEED);
    let cases = |column: usize, statement: usize| {
        let read = &read;
        read.iter()
            .enumerate()
            .filter_map(move |(record, (example, said))| {
                let truth = example.labels.get(statement).copied().flatten()?;
                Some((*said.get(column)?, truth, record))
            })
    };
    let ranked = |column, statement| {
        cases(column, statement).map(|(said, truth, record)| (said.probability, truth, record))
    };
    let judged: Vec<(Label, Drawn)> = ids
        .par_iter()
        .enumerate()
        .filter_map(|(column, id)| {
            let statement = columns.get(column).copied().flatten()?;
            let ranking = Ranking::new(ranked(column, statement));
            let (positives, negatives) = ranking.counts();
            let auroc = ranking.auroc(|_| 1.0)?;
            let auroc_drawn = over(&draws, |weights| ranking.auroc(times(weights)));
            let auprc_drawn = over(&draws, |weights| ranking.auprc(times(weights)));
            let threshold = thresholds.get(column).copied().unwrap_or(0.5);
            let label = Label {
                id: id.clone(),
                positives,
                negatives,
                auroc,
                auroc_ci95: ci95(auroc_drawn.iter().copied().flatten().collect()),
                auprc: ranking.auprc(|_| 1.0)?,
                auprc_ci95: ci95(auprc_drawn.iter().copied().flatten().collect()),
                f1: ranking.f1(threshold, |_| 1.0)?,
                ece: ranking.ece(|_| 1.0)?,
                ece_ci95: interval_of(&draws, |weights| ranking.ece(times(weights))),
                brier: ranking.brier(|_| 1.0)?,
                brier_ci95: interval_of(&draws, |weights| ranking.brier(times(weights))),
            };
            let drawn = Drawn {
                auroc: auroc_drawn,
                auprc: auprc_drawn,
            };
            Some((label, drawn))
        })
        .collect();
    let mean = |values: Vec<f64>| {
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let average = |least: usize, figure: fn(&Label) -> f64| {
        mean(
            judged
                .iter()
                .filter(|(label, _)| label.positives >= least)
                .map(|(label, _)| figure(label))
                .collect(),
        )
    };
    let interval = |least: usize, figure: fn(&Drawn) -> &[Option<f64>]| {
        let chosen: Vec<_> = judged
            .iter()
            .filter(|(label, _)| label.positives >= least)
            .collect();
        // A draw without a positive of some statement averages over the others.
        ci95(
            (0..DRAWS)
                .filter_map(|draw| {
                    mean(
                        chosen
                            .iter()
                            .filter_map(|(_, drawn)| figure(drawn).get(draw).copied().flatten())
                            .collect(),
                    )
                })
                .collect(),
        )
    };
    let pooled = Ranking::new(
        columns
            .iter()
            .enumerate()
            .filter_map(|(c, statement)| Some((c, (*statement)?)))
            .flat_map(|(c, s)| ranked(c, s)),
    );
    let mut of_records = vec![Answers::default(); read.len()];
    let mut said: Vec<(String, Answers)> = Vec::new();
    for ((column, statement), id) in columns.iter().enumerate().zip(ids) {
        let mut own = Answers::default();
        for (said, truth, record) in statement.iter().flat_map(|&s| cases(column, s)) {
            let one = Answers::one(said.answer, truth);
            own += one;
            if let Some(record) = of_records.get_mut(record) {
                *record += one;
            }
        }
        if own != Answers::default() {
            said.push((id.clone(), own));
        }
    }
    let drawn_share = |share: fn(&Answers) -> Option<f64>| {
        interval_of(&draws, |weights| {
            let times = weights.iter().map(|&times| times as usize);
            let drawn = of_records.iter().zip(times);
            share(&drawn.map(|(&own, times)| own.times(times)).sum())
        })
    };
    Domain {
        name: name.to_owned(),
        records: read.len(),
        unreadable: rows.len() - read.len(),
        macro_auroc: average(1, |label| label.auroc),
        macro_auroc_ci95: interval(1, |drawn| &drawn.auroc),
        macro_auroc_5: average(ENOUGH, |label| label.auroc),
        macro_auroc_5_ci95: interval(ENOUGH, |drawn| &drawn.auroc),
        macro_auprc: average(1, |label| label.auprc),
        macro_auprc_ci95: interval(1, |drawn| &drawn.auprc),
        macro_f1: average(1, |label| label.f1),
        ece: pooled.ece(|_| 1.0),
        ece_ci95: interval_of(&draws, |weights| pooled.ece(times(weights))),
        brier: pooled.brier(|_| 1.0),
        brier_ci95: interval_of(&draws, |weights| pooled.brier(times(weights))),
        reliability: pooled.reliability(),
        right_ci95: drawn_share(Answers::right),
        missed_ci95: drawn_share(Answers::missed),
        answers: of_records.iter().copied().sum(),
        said,
        labels: judged.into_iter().map(|(label, _)| label).collect(),
    }
}

/// How often each record counts in a resample.
fn times(weights: &[f64]) -> impl Fn(usize) -> f64 {
    move |record| weights.get(record).copied().unwrap_or(0.0)
}

fn over(draws: &[Vec<f64>], figure: impl Fn(&[f64]) -> Option<f64> + Sync) -> Vec<Option<f64>> {
    draws.par_iter().map(|weights| figure(weights)).collect()
}

/// Percentile bootstrap of a figure over the resamples that have it.
fn interval_of(
    draws: &[Vec<f64>],
    figure: impl Fn(&[f64]) -> Option<f64> + Sync,
) -> Option<[f64; 2]> {
    ci95(over(draws, figure).into_iter().flatten().collect())
}

/// Puts the figures into a card, in place of those of the same domains.
pub fn replace_held_back(card: &mut Card, domains: &[Domain]) {
    let new = to_json(domains);
    let Some(Value::Object(new)) = new.get("domains") else {
        return;
    };
    let Value::Object(metrics) = &mut card.metrics else {
        return;
    };
    let own = metrics.entry("held_back").or_insert_with(|| json!({}));
    if let Value::Object(own) = own {
        own.extend(new.clone());
    }
}

/// The figures as `{"domains": {NAME: {"records", "macro_auroc", "macro_f1", "labels": {ID: {...}}}}}`.
pub fn to_json(domains: &[Domain]) -> Value {
    let mut all = Map::new();
    for domain in domains {
        let mut labels = Map::new();
        for label in &domain.labels {
            labels.insert(
                label.id.clone(),
                json!({
                    "positives": label.positives,
                    "negatives": label.negatives,
                    "auroc": round(label.auroc),
                    "auroc_ci95": label.auroc_ci95.map(|ends| ends.map(round)),
                    "auprc": round(label.auprc),
                    "auprc_ci95": label.auprc_ci95.map(|ends| ends.map(round)),
                    "f1": round(label.f1),
                    "ece": round(label.ece),
                    "ece_ci95": label.ece_ci95.map(|ends| ends.map(round)),
                    "brier": round(label.brier),
                    "brier_ci95": label.brier_ci95.map(|ends| ends.map(round)),
                }),
            );
        }
        all.insert(
            domain.name.clone(),
            json!({
                "records": domain.records,
                "unreadable": domain.unreadable,
                "macro_auroc": domain.macro_auroc.map(round),
                "macro_auroc_ci95": domain.macro_auroc_ci95.map(|ends| ends.map(round)),
                "macro_auroc_5": domain.macro_auroc_5.map(round),
                "macro_auroc_5_ci95": domain.macro_auroc_5_ci95.map(|ends| ends.map(round)),
                "macro_auprc": domain.macro_auprc.map(round),
                "macro_auprc_ci95": domain.macro_auprc_ci95.map(|ends| ends.map(round)),
                "macro_f1": domain.macro_f1.map(round),
                "ece": domain.ece.map(round),
                "ece_ci95": domain.ece_ci95.map(|ends| ends.map(round)),
                "brier": domain.brier.map(round),
                "brier_ci95": domain.brier_ci95.map(|ends| ends.map(round)),
                "answers": domain.answers,
                "right": domain.answers.right().map(round),
                "right_ci95": domain.right_ci95.map(|ends| ends.map(round)),
                "missed": domain.answers.missed().map(round),
                "missed_ci95": domain.missed_ci95.map(|ends| ends.map(round)),
                "reliability": domain.reliability.iter().map(|&(count, p, truth)| json!({
                    "records": count, "mean_probability": round(p), "fraction_present": round(truth),
                })).collect::<Vec<_>>(),
                "said": domain.said.iter().map(|(id, answers)| (id.clone(), json!(answers))).collect::<Map<_, _>>(),
                "labels": labels,
            }),
        );
    }
    json!({ "domains": all })
}

fn round(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// The figures as Markdown tables.
pub fn to_markdown(domains: &[Domain]) -> String {
    let figure =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let interval = |ends: Option<[f64; 2]>| {
        ends.map_or_else(String::new, |[low, high]| format!(" [{low:.3}, {high:.3}]"))
    };
    let both = |[holds, not]: [usize; 2]| format!("{holds} / {not}");
    let mut text = String::from(
        "| domain | records | macro AUROC [95 % CI] | over statements with 5 or more positives | macro AUPRC [95 % CI] | macro F1 | ECE [95 % CI] | Brier [95 % CI] | said to be present: holds [95 % CI] | holds: said to be absent [95 % CI] | uncertain of what is not absent |\n|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for domain in domains {
        text.push_str(&format!(
            "| {} | {} | {}{} | {}{} | {}{} | {} | {}{} | {}{} | {}{} | {}{} | {} |\n",
            domain.name,
            domain.records,
            figure(domain.macro_auroc),
            interval(domain.macro_auroc_ci95),
            figure(domain.macro_auroc_5),
            interval(domain.macro_auroc_5_ci95),
            figure(domain.macro_auprc),
            interval(domain.macro_auprc_ci95),
            figure(domain.macro_f1),
            figure(domain.ece),
            interval(domain.ece_ci95),
            figure(domain.brier),
            interval(domain.brier_ci95),
            figure(domain.answers.right()),
            interval(domain.right_ci95),
            figure(domain.answers.missed()),
            interval(domain.missed_ci95),
            figure(domain.answers.undecided()),
        ));
    }
    for domain in domains {
        text.push_str(&format!(
            "\n### {}\n\n| statement | positives | negatives | AUROC [95 % CI] | AUPRC [95 % CI] | F1 | present: holds / not | uncertain | absent |\n|---|---|---|---|---|---|---|---|---|\n",
            domain.name
        ));
        for label in &domain.labels {
            let said = domain.said.iter().find(|(id, _)| *id == label.id);
            let said = said.map(|(_, answers)| *answers).unwrap_or_default();
            text.push_str(&format!(
                "| {} | {} | {} | {:.3}{} | {:.3}{} | {:.3} | {} | {} | {} |\n",
                label.id,
                label.positives,
                label.negatives,
                label.auroc,
                interval(label.auroc_ci95),
                label.auprc,
                interval(label.auprc_ci95),
                label.f1,
                both(said.present),
                both(said.uncertain),
                both(said.absent),
            ));
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn example(domain: usize, patient: usize, labels: &[(&str, bool)]) -> Example {
        let labels = vocabulary::statements()
            .iter()
            .map(|statement| {
                labels
                    .iter()
                    .find(|(id, _)| *id == statement.id)
                    .map(|&(_, truth)| truth)
            })
            .collect();
        Example {
            source: super::super::corpus::Source::File("x".into()),
            domain,
            patient: patient.to_string(),
            fold: None,
            labels,
        }
    }

    fn report() -> Vec<Domain> {
        let examples: Vec<Example> = (0..40)
            .map(|i| example(i / 20, i, &[("AFIB", i % 4 == 0), ("PVC", i == 25)]))
            .collect();
        let probabilities: Vec<_> = (0..40)
            .map(|i| {
                let said = |probability| Said {
                    probability,
                    answer: match probability {
                        p if p >= 0.7 => Answer::Present,
                        p if p >= 0.5 => Answer::Uncertain,
                        _ => Answer::Absent,
                    },
                };
                let fibrillation = if i % 4 == 0 { 0.9 } else { 0.1 };
                (i != 7).then(|| [fibrillation, i as f32 / 40.0, 0.5].map(said).to_vec())
            })
            .collect();
        let ids = ["AFIB", "PVC", "LNGQT"].map(str::to_owned);
        let names = ["a", "b", "empty"].map(str::to_owned);
        judge(
            &examples.iter().collect::<Vec<_>>(),
            &names,
            &probabilities,
            &ids,
            &[0.5, 0.6, 0.5],
        )
    }

    #[test]
    fn figures_of_the_same_domains_are_replaced_in_a_card_and_others_stay() {
        let mut card = Card::new("m", Default::default());
        card.metrics = json!({"held_back": {"0": 1, "elsewhere": 2}, "left_out": 3});
        let domains = report();
        replace_held_back(&mut card, &domains);
        let own = &card.metrics["held_back"];
        assert_eq!(own[&domains[0].name]["records"], json!(domains[0].records));
        assert_eq!(own["elsewhere"], json!(2));
        assert_eq!(card.metrics["left_out"], json!(3));
    }

    #[test]
    fn means_are_over_statements_with_both_kinds() {
        let domains = report();
        assert_eq!(domains.len(), 2);
        let a = &domains[0];
        assert_eq!((a.records, a.unreadable), (19, 1));
        assert_eq!(
            a.labels.len(),
            1,
            "no PVC in a, and nobody says anything of LNGQT"
        );
        assert_eq!((a.macro_auroc, a.macro_f1), (Some(1.0), Some(1.0)));
        let b = &domains[1];
        assert_eq!(b.labels.len(), 2);
        // The one PVC is record 25 of 20..40: it scores above five of nineteen.
        assert!((b.labels[1].auroc - 5.0 / 19.0).abs() < 1e-9);
        assert!((b.macro_auroc.unwrap() - (1.0 + 5.0 / 19.0) / 2.0).abs() < 1e-9);
        assert_eq!(b.macro_auroc_5, Some(1.0), "one PVC is not five");
    }

    #[test]
    fn answers_are_counted_by_statement_and_over_all() {
        let domains = report();
        let b = &domains[1];
        // Records 28 to 39 are called PVC, 20 to 27 uncertain.
        let own = b.said[1].1;
        assert_eq!(
            (own.present, own.uncertain, own.absent),
            ([0, 12], [1, 7], [0, 0])
        );
        assert_eq!(b.answers.present, [5, 12]);
        assert_eq!(b.answers.absent, [0, 15]);
        let [low, high] = b.right_ci95.unwrap();
        let right = b.answers.right().unwrap();
        assert!(low < right && right < high, "{low} {right} {high}");
        // Nobody in the first has PVC, but what is said of it counts.
        assert_eq!(domains[0].answers.absent, [0, 14 + 19]);
    }

    #[test]
    fn the_json_has_the_keys_of_the_contract() {
        let json = to_json(&report());
        let label = &json["domains"]["b"]["labels"]["AFIB"];
        assert_eq!(label["positives"], 5);
        assert_eq!(label["auroc"], 1.0);
        assert_eq!(label["auroc_ci95"], json!([1.0, 1.0]));
        assert_eq!(json["domains"]["a"]["records"], 19);
        assert!(json["domains"]["a"]["macro_f1"].is_number());
        for name in ["macro_auprc", "ece", "brier"] {
            let ends = &json["domains"]["b"][format!("{name}_ci95")];
            let [low, high] = [&ends[0], &ends[1]].map(|end| end.as_f64().unwrap());
            assert!(0.0 <= low && low < high && high <= 1.0, "{name}: {ends}");
        }
    }
}
