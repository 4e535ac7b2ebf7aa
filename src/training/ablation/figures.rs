//! How far two networks are from each other on the same patients, and what several such differences say together.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Row;
use crate::training::metrics::{Ranking, resamples};
use crate::training::predicted::Predicted;

/// Positives from which a statement counts, as in the figures of the card.
const ENOUGH: usize = 5;
/// Resamples of the paired bootstrap over patients, and its seed.
const DRAWS: usize = 500;
const DRAWS_SEED: u64 = 20_261_124;
/// 97.5 % quantile of the normal distribution.
const Z: f64 = 1.96;

/// One domain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub domain: String,
    pub records: usize,
    /// Statements with at least five positives, over which means are taken.
    pub statements: usize,
    /// Mean AUROC of this network.
    pub macro_auroc: f64,
    /// That of the network with every ingredient, less this one: what the ingredient brought.
    pub brought: f64,
    /// Its standard deviation over resamples of patients, the same for both networks.
    pub brought_sd: f64,
}

/// Domain by domain, what both networks say of the same records, in the same order.
pub fn compare(with: &[Predicted], without: &[Predicted]) -> Vec<Compared> {
    let mut names: Vec<&str> = with.iter().map(|row| row.domain.as_str()).collect();
    names.dedup();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter_map(|name| {
            let own = |rows: &[Predicted]| -> Vec<Predicted> {
                rows.iter()
                    .filter(|row| row.domain == name)
                    .cloned()
                    .collect()
            };
            domain(name, &own(with), &own(without))
        })
        .collect()
}

/// One domain; `None` where no statement has enough positives.
fn domain(name: &str, with: &[Predicted], without: &[Predicted]) -> Option<Compared> {
    let mut people: Vec<&str> = with.iter().map(|row| row.patient.as_str()).collect();
    people.sort_unstable();
    people.dedup();
    let patients: Vec<usize> = with
        .iter()
        .filter_map(|row| people.binary_search(&row.patient.as_str()).ok())
        .collect();
    let ids = with.iter().flat_map(|row| row.statements.keys());
    let mut ids: Vec<&String> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    let ranking = |rows: &[Predicted], id: &str| {
        Ranking::new(rows.iter().enumerate().filter_map(|(record, row)| {
            let &(logit, truth) = row.statements.get(id)?;
            Some((logit, truth, record))
        }))
    };
    let pairs: Vec<(Ranking, Ranking)> = ids
        .into_iter()
        .map(|id| (ranking(with, id), ranking(without, id)))
        .filter(|(ranking, _)| {
            let (positives, negatives) = ranking.counts();
            positives >= ENOUGH && negatives > 0
        })
        .collect();
    let means = |weight: &dyn Fn(usize) -> f64| -> Option<(f64, f64)> {
        let both: Vec<(f64, f64)> = pairs
            .iter()
            .filter_map(|(a, b)| Some((a.auroc(weight)?, b.auroc(weight)?)))
            .collect();
        let count = both.len() as f64;
        (count > 0.0).then(|| {
            let sum = both
                .iter()
                .fold((0.0, 0.0), |sum, both| (sum.0 + both.0, sum.1 + both.1));
            (sum.0 / count, sum.1 / count)
        })
    };
    let (a, b) = means(&|_| 1.0)?;
    let drawn: Vec<f64> = resamples(&patients, DRAWS, DRAWS_SEED)
        .iter()
        .filter_map(|weights| {
            let (a, b) = means(&|record| weights.get(record).copied().unwrap_or(0.0))?;
            Some(a - b)
        })
        .collect();
    Some(Compared {
        domain: name.to_owned(),
        records: with.len(),
        statements: pairs.len(),
        macro_auroc: round4(b),
        brought: round4(a - b),
        brought_sd: round4(variance(&drawn).sqrt()),
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Of a sample.
fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    let sum: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    sum / values.len().saturating_sub(1).max(1) as f64
}

fn round4(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// What an ingredient brought over some rows: the mean over domains, then seeds. Its variance is that over resamples of
/// patients, which seeds share, and that over seeds.
pub fn summary(rows: &[&Row]) -> Option<Value> {
    let mut seeds: Vec<u64> = rows.iter().map(|row| row.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let (mut aurocs, mut brought, mut patients) = (Vec::new(), Vec::new(), Vec::new());
    for &seed in &seeds {
        let domains: Vec<&Compared> = rows
            .iter()
            .filter(|row| row.seed == seed)
            .flat_map(|row| &row.domains)
            .collect();
        if domains.is_empty() {
            continue;
        }
        let of = |figure: fn(&Compared) -> f64| -> Vec<f64> {
            domains.iter().map(|domain| figure(domain)).collect()
        };
        aurocs.push(mean(&of(|domain| domain.macro_auroc)));
        brought.push(mean(&of(|domain| domain.brought)));
        patients.push(mean(&of(|domain| domain.brought_sd.powi(2))) / domains.len() as f64);
    }
    if brought.is_empty() {
        return None;
    }
    let middle = mean(&brought);
    let half = Z * (mean(&patients) + variance(&brought) / brought.len() as f64).sqrt();
    Some(json!({
        "seeds": seeds,
        "macro_auroc": round4(mean(&aurocs)),
        "brought": round4(middle),
        "ci95": [round4(middle - half), round4(middle + half)],
    }))
}

/// One protocol's figures of a line, for people: `+0.012 [-0.003, 0.027], 3 seeds`.
pub fn spoken(figures: &Value) -> Option<String> {
    let brought = figures.get("brought")?.as_f64()?;
    let ends = figures.get("ci95")?.as_array()?;
    let (low, high) = (ends.first()?.as_f64()?, ends.get(1)?.as_f64()?);
    Some(format!("{brought:+.3} [{low:+.3}, {high:+.3}]"))
}

/// What the interval allows to say.
pub fn verdict(figures: &Value) -> Option<&'static str> {
    let ends = figures.get("ci95")?.as_array()?;
    let (low, high) = (ends.first()?.as_f64()?, ends.get(1)?.as_f64()?);
    Some(if low > 0.0 {
        "helps"
    } else if high < 0.0 {
        "harms"
    } else {
        "no effect shown"
    })
}

/// The table for people.
pub fn markdown(table: &Value) -> String {
    let mut text = String::from(
        "Mean AUROC over statements with five or more positives; what the ingredient brought, with less without, [95 %].\n\n\
         | left out | held-back patients | brought | hospitals left out | brought |\n|---|---|---|---|---|\n",
    );
    for line in table
        .get("rows")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        let cells = ["split", "lodo"].map(|protocol| {
            let figures = line.get(protocol).unwrap_or(&Value::Null);
            let auroc = figures.get("macro_auroc").and_then(Value::as_f64);
            let brought = spoken(figures).filter(|_| !line["without"].is_null());
            let verdict = verdict(figures).unwrap_or_default();
            format!(
                "{} | {}",
                auroc.map_or_else(|| "-".to_owned(), |auroc| format!("{auroc:.3}")),
                brought.map_or_else(|| "-".to_owned(), |brought| format!("{brought}: {verdict}")),
            )
        });
        let title = line
            .get("title")
            .and_then(Value::as_str)
            .unwrap_or_default();
        text.push_str(&format!("| {title} | {} | {} |\n", cells[0], cells[1]));
    }
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::Ingredient;
    use super::*;

    /// Twenty people of whom every fourth has it, with scores that are right but for `wrong` of the positives.
    fn predicted(wrong: usize) -> Vec<Predicted> {
        (0..40)
            .map(|index| {
                let truth = index % 4 == 0;
                let missed = truth && index / 4 < wrong;
                let score = if truth && !missed {
                    2.0
                } else {
                    -(index as f32)
                };
                Predicted {
                    domain: "a".into(),
                    patient: (index / 2).to_string(),
                    statements: [
                        ("AFIB".to_owned(), (score, truth)),
                        ("PVC".to_owned(), (score, index == 1)),
                    ]
                    .into(),
                }
            })
            .collect()
    }

    #[test]
    fn a_network_that_lost_something_is_told_by_how_much() {
        let same = compare(&predicted(0), &predicted(0));
        assert_eq!((same[0].brought, same[0].brought_sd), (0.0, 0.0));
        assert_eq!(same[0].statements, 1, "one PVC is not five");
        let worse = compare(&predicted(0), &predicted(4));
        assert_eq!(worse.len(), 1);
        assert!(worse[0].brought > 0.05 && worse[0].brought_sd > 0.0);
        assert!((worse[0].macro_auroc + worse[0].brought - 1.0).abs() < 1e-3);
    }

    #[test]
    fn an_effect_is_claimed_only_beyond_its_interval() {
        let row = |seed, brought| Row {
            without: Some(Ingredient::Mixstyle),
            round: "split".into(),
            seed,
            fingerprint: String::new(),
            domains: vec![Compared {
                domain: "a".into(),
                records: 40,
                statements: 3,
                macro_auroc: 0.9,
                brought,
                brought_sd: 0.01,
            }],
        };
        let say = |brought: [f64; 3]| {
            let rows: Vec<Row> = (1..)
                .zip(brought)
                .map(|(seed, brought)| row(seed, brought))
                .collect();
            let figures = summary(&rows.iter().collect::<Vec<_>>()).unwrap();
            verdict(&figures).unwrap()
        };
        assert_eq!(say([0.05, 0.06, 0.05]), "helps");
        assert_eq!(say([-0.05, -0.06, -0.05]), "harms");
        assert_eq!(say([0.05, -0.06, 0.01]), "no effect shown");
        // Three seeds agree, but the patients are too few to say.
        assert_eq!(say([0.012, 0.012, 0.012]), "no effect shown");
        assert_eq!(summary(&[]), None);
    }
}
