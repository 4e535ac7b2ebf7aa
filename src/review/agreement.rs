//! How far readers agree beyond chance, statement by statement, and where they differ.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::{Review, Status, Summary, Verdict};

/// Rounds of the bootstrap.
const ROUNDS: usize = 2000;
/// Seed of the bootstrap: the same project gives the same intervals.
const SEED: u64 = 20;
/// Verdicts are three categories without an order; silence in a review counts as absent.
const CATEGORIES: usize = 3;

/// A kappa with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Kappa {
    /// Tracings that all these readers reviewed.
    pub tracings: usize,
    /// Share of pairs of verdicts that are equal.
    pub observed: f64,
    /// `None` where all verdicts are the same, so that chance alone explains everything.
    pub kappa: Option<f64>,
    /// 95 % percentile interval over patients drawn anew; `None` where too few draws have a kappa.
    pub ci95: Option<[f64; 2]>,
}

/// Two readers on one statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    pub readers: [String; 2],
    /// Cohen's kappa.
    #[serde(flatten)]
    pub cohen: Kappa,
}

/// Agreement on one statement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StatementAgreement {
    pub statement: String,
    /// Tracings on which at least one reader found it.
    pub found: usize,
    pub pairs: Vec<Pair>,
    /// Fleiss' kappa over all readers, where there are three or more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fleiss: Option<Kappa>,
}

/// A statement on which readers of a tracing differ: what an adjudicator has to decide.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    pub tracing: String,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    pub statement: String,
    pub verdicts: BTreeMap<String, Verdict>,
    /// The adjudicator's word, once there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adjudicated: Option<Verdict>,
}

/// How far the readers of a project agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Agreement {
    pub readers: Vec<String>,
    pub statements: Vec<StatementAgreement>,
    pub differences: Vec<Difference>,
}

/// Compares all readers but the adjudicator, over the tracings that they reviewed.
pub fn agreement(summaries: &[Summary], adjudicator: Option<&str>) -> Agreement {
    let reviewed = |review: &Review| review.status() != Status::New;
    let mut readers = BTreeSet::new();
    let mut statements = BTreeSet::new();
    for summary in summaries {
        for (name, review) in &summary.reviews {
            if reviewed(review) && Some(name.as_str()) != adjudicator {
                readers.insert(name.clone());
                statements.extend(review.content.present().map(str::to_owned));
            }
        }
    }
    let readers: Vec<String> = readers.into_iter().collect();
    let statements = statements.into_iter().map(|statement| {
        let all = ratings(summaries, &readers, &statement);
        let found = |ratings: &&Ratings| ratings.by_reader.contains(&Some(0));
        let pairs = pairs(readers.len()).filter_map(|(a, b)| {
            let of_both = all
                .iter()
                .filter_map(|ratings| ratings.of(&[a, b]))
                .collect();
            let readers = [readers.get(a)?.clone(), readers.get(b)?.clone()];
            let cohen = with_interval(of_both, cohen)?;
            Some(Pair { readers, cohen })
        });
        let everyone: Vec<usize> = (0..readers.len()).collect();
        let of_all = || {
            all.iter()
                .filter_map(|ratings| ratings.of(&everyone))
                .collect()
        };
        StatementAgreement {
            found: all.iter().filter(found).count(),
            pairs: pairs.collect(),
            fleiss: (readers.len() > 2)
                .then(|| with_interval(of_all(), fleiss))
                .flatten(),
            statement,
        }
    });
    Agreement {
        statements: statements.collect(),
        differences: differences(summaries, adjudicator),
        readers,
    }
}

/// Every pair of indices below `count`.
fn pairs(count: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..count).flat_map(move |a| (a + 1..count).map(move |b| (a, b)))
}

/// What each reader said of one statement in one tracing, as a category; `None` for who did not review it.
struct Ratings<'a> {
    patient: &'a str,
    by_reader: Vec<Option<usize>>,
}

impl Ratings<'_> {
    /// The verdicts of these readers, if all of them reviewed it.
    fn of(&self, readers: &[usize]) -> Option<(String, Vec<usize>)> {
        let verdicts = readers.iter().map(|reader| *self.by_reader.get(*reader)?);
        let verdicts: Option<Vec<usize>> = verdicts.collect();
        Some((self.patient.to_owned(), verdicts?))
    }
}

fn category(verdict: Option<Verdict>) -> usize {
    match verdict {
        Some(Verdict::Present) => 0,
        Some(Verdict::Absent) | None => 1,
        Some(Verdict::Uncertain) => 2,
    }
}

fn ratings<'a>(summaries: &'a [Summary], readers: &[String], statement: &str) -> Vec<Ratings<'a>> {
    let rating = |summary: &'a Summary| Ratings {
        // Without a patient's id a tracing is its own patient.
        patient: summary.patient.as_deref().unwrap_or(&summary.content),
        by_reader: readers
            .iter()
            .map(|reader| {
                let review = summary.reviews.get(reader)?;
                (review.status() != Status::New)
                    .then(|| category(review.content.verdict(statement)))
            })
            .collect(),
    };
    summaries.iter().map(rating).collect()
}

/// Verdicts of one tracing, under the patient it is of.
type Rated = (String, Vec<usize>);

/// A kappa and the interval that drawing patients anew gives it; `None` without any tracing.
fn with_interval(
    rated: Vec<Rated>,
    kappa: impl Fn(&[&[usize]]) -> (f64, Option<f64>),
) -> Option<Kappa> {
    if rated.is_empty() {
        return None;
    }
    let all: Vec<&[usize]> = rated
        .iter()
        .map(|(_, verdicts)| verdicts.as_slice())
        .collect();
    let (observed, value) = kappa(&all);
    let mut of_patient: BTreeMap<&str, Vec<&[usize]>> = BTreeMap::new();
    for (patient, verdicts) in &rated {
        of_patient.entry(patient).or_default().push(verdicts);
    }
    let patients: Vec<Vec<&[usize]>> = of_patient.into_values().collect();
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let mut drawn: Vec<f64> = (0..ROUNDS)
        .filter_map(|_| {
            let draw = (0..patients.len())
                .filter_map(|_| patients.get(rng.random_range(0..patients.len())));
            let sample: Vec<&[usize]> = draw.flatten().copied().collect();
            kappa(&sample).1
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length"
        )]
        let index = (share * (drawn.len() as f64 - 1.0)).round() as usize;
        drawn.get(index).copied()
    };
    let enough = drawn.len() * 2 >= ROUNDS && value.is_some() && patients.len() > 1;
    let ci95 = enough
        .then(|| at(0.025).zip(at(0.975)))
        .flatten()
        .map(|(low, high)| [low, high]);
    Some(Kappa {
        tracings: rated.len(),
        observed,
        kappa: value,
        ci95,
    })
}

/// (observed - expected) / (1 - expected); `None` where chance explains everything.
fn beyond_chance(observed: f64, expected: f64) -> Option<f64> {
    (expected < 1.0 - 1e-12).then(|| (observed - expected) / (1.0 - expected))
}

/// Observed agreement and Cohen's kappa (1960) of two readers: chance agreement from each reader's own shares.
fn cohen(rated: &[&[usize]]) -> (f64, Option<f64>) {
    let count = rated.len() as f64;
    let mut shares = [[0.0; CATEGORIES]; 2];
    let mut equal = 0.0;
    for verdicts in rated {
        if let [a, b] = verdicts {
            equal += f64::from(u8::from(a == b));
            for (share, category) in shares.iter_mut().zip([a, b]) {
                if let Some(share) = share.get_mut(*category) {
                    *share += 1.0 / count;
                }
            }
        }
    }
    let [a, b] = shares;
    let expected = a.iter().zip(&b).map(|(a, b)| a * b).sum();
    (equal / count, beyond_chance(equal / count, expected))
}

/// Observed agreement and Fleiss' kappa (1971) of several readers: chance agreement from the shares over all of them.
fn fleiss(rated: &[&[usize]]) -> (f64, Option<f64>) {
    let mut shares = [0.0; CATEGORIES];
    let mut observed = 0.0;
    for verdicts in rated {
        let readers = verdicts.len() as f64;
        let mut votes = [0.0; CATEGORIES];
        for category in *verdicts {
            if let Some(vote) = votes.get_mut(*category) {
                *vote += 1.0;
            }
        }
        let pairs: f64 = votes.iter().map(|votes| votes * (votes - 1.0)).sum();
        observed += pairs / (readers * (readers - 1.0)) / rated.len() as f64;
        for (share, votes) in shares.iter_mut().zip(votes) {
            *share += votes / readers / rated.len() as f64;
        }
    }
    let expected = shares.iter().map(|share| share * share).sum();
    (observed, beyond_chance(observed, expected))
}

fn differences(summaries: &[Summary], adjudicator: Option<&str>) -> Vec<Difference> {
    let mut differences = Vec::new();
    for summary in summaries {
        let said = |name: &str| Some(name) != adjudicator;
        let readers: Vec<(&String, &Review)> = summary
            .reviews
            .iter()
            .filter(|(name, review)| said(name) && review.status() != Status::New)
            .collect();
        let statements: BTreeSet<&String> = readers
            .iter()
            .flat_map(|(_, review)| review.content.findings.keys())
            .collect();
        for statement in statements {
            // Who reviewed the tracing and passed a statement over did not find it.
            let verdicts: BTreeMap<String, Verdict> = readers
                .iter()
                .map(|(name, review)| {
                    let verdict = review.content.verdict(statement);
                    ((*name).clone(), verdict.unwrap_or(Verdict::Absent))
                })
                .collect();
            let kinds: BTreeSet<&str> = verdicts.values().map(|verdict| verdict.as_str()).collect();
            if kinds.len() < 2 {
                continue;
            }
            let judge = adjudicator.and_then(|name| summary.reviews.get(name));
            differences.push(Difference {
                tracing: summary.content.clone(),
                name: summary.name.clone(),
                path: summary.path.clone(),
                statement: statement.clone(),
                verdicts,
                adjudicated: judge.and_then(|review| review.content.verdict(statement)),
            });
        }
    }
    differences
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn pairs_of(table: &[(usize, usize, usize)]) -> Vec<Vec<usize>> {
        let pairs = table
            .iter()
            .flat_map(|(a, b, count)| vec![vec![*a, *b]; *count]);
        pairs.collect()
    }

    type Measure = fn(&[&[usize]]) -> (f64, Option<f64>);

    fn of(rated: &[Vec<usize>], kappa: Measure) -> Option<f64> {
        let rated: Vec<&[usize]> = rated.iter().map(Vec::as_slice).collect();
        kappa(&rated).1
    }

    /// Expected values: sklearn.metrics.cohen_kappa_score and statsmodels.stats.inter_rater.fleiss_kappa.
    #[test]
    fn kappas_are_those_of_other_programs() {
        // Two readers of 50 grant proposals, 20 both yes, 15 both no: 0.4 in every textbook.
        let grants = pairs_of(&[(0, 0, 20), (0, 1, 5), (1, 0, 10), (1, 1, 15)]);
        assert!((of(&grants, cohen).unwrap() - 0.4).abs() < 1e-12);
        let three = pairs_of(&[
            (0, 0, 17),
            (0, 1, 4),
            (0, 2, 2),
            (1, 0, 6),
            (1, 1, 41),
            (1, 2, 3),
            (2, 0, 1),
            (2, 1, 5),
            (2, 2, 9),
        ]);
        assert!((of(&three, cohen).unwrap() - 0.587_684_069_611_780_4).abs() < 1e-12);
        let votes = [
            [5, 0, 0],
            [3, 2, 0],
            [1, 3, 1],
            [0, 5, 0],
            [0, 1, 4],
            [2, 2, 1],
            [0, 4, 1],
            [4, 0, 1],
        ];
        let rated: Vec<Vec<usize>> = votes
            .iter()
            .map(|votes| {
                let each = votes.iter().enumerate();
                each.flat_map(|(category, count)| vec![category; *count])
                    .collect()
            })
            .collect();
        assert!((of(&rated, fleiss).unwrap() - 0.354_207_436_399_217_3).abs() < 1e-12);
        let same = pairs_of(&[(1, 1, 9)]);
        assert_eq!(
            (of(&same, cohen), of(&same, fleiss)),
            (None, None),
            "chance explains it all"
        );
    }

    #[test]
    fn an_interval_holds_its_kappa_and_narrows_with_more_patients() {
        let rated = |times: usize| -> Vec<Rated> {
            let table = [(0, 0, 20), (0, 1, 5), (1, 0, 10), (1, 1, 15)];
            let table = table.map(|(a, b, count)| (a, b, count * times));
            let pairs = pairs_of(&table).into_iter().enumerate();
            pairs
                .map(|(index, verdicts)| (index.to_string(), verdicts))
                .collect()
        };
        let few = with_interval(rated(1), cohen).unwrap().ci95.unwrap();
        let many = with_interval(rated(16), cohen).unwrap().ci95.unwrap();
        assert!(few[0] < 0.4 && 0.4 < few[1]);
        // Asymptotically 0.4 +- 1.96 x 0.127 (statsmodels cohens_kappa), a quarter of it with 16 times as many.
        assert!(
            (few[0] - 0.15).abs() < 0.05 && (few[1] - 0.65).abs() < 0.05,
            "{few:?}"
        );
        let width = |ci: [f64; 2]| ci[1] - ci[0];
        assert!(
            (width(few) / width(many) - 4.0).abs() < 0.6,
            "{few:?} {many:?}"
        );
        // Two tracings of each patient are not two patients.
        let twice: Vec<Rated> = rated(1)
            .into_iter()
            .flat_map(|one| [one.clone(), one])
            .collect();
        let twice = with_interval(twice, cohen).unwrap().ci95.unwrap();
        assert!((width(twice) / width(few) - 1.0).abs() < 0.1, "{twice:?}");
    }
}
