//! A run of cases with a score.

use std::time::{Duration, Instant};

use super::attempt::{Attempt, Comparison, Key};
use crate::reading::vocabulary;
use crate::viewer::jobs::Source;

/// Where the cases come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CaseSet {
    /// The simulated cases that come with the program.
    #[default]
    Bundled,
    /// The labelled tracings of the worklist: any folder, or what the annotators exported.
    Worklist,
}

/// How a quiz is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub set: CaseSet,
    /// So many cases; `None` for all.
    pub count: Option<usize>,
    /// Time for each case; `None` for as long as it takes.
    pub limit: Option<Duration>,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            set: CaseSet::Bundled,
            count: Some(10),
            limit: None,
        }
    }
}

/// One case of a quiz.
#[derive(Debug, Clone)]
pub struct Case {
    pub source: Source,
    pub attempt: Attempt,
    /// Known once the case has been committed.
    pub comparison: Option<Comparison>,
    pub key: Option<Key>,
}

/// A run of cases.
#[derive(Debug, Clone)]
pub struct Quiz {
    pub plan: Plan,
    pub cases: Vec<Case>,
    pub at: usize,
    /// When the case in front came up.
    pub since: Option<Instant>,
    /// Whether the results are looked at.
    pub over: bool,
}

impl Quiz {
    /// A quiz on some sources, drawn from them by a seed.
    pub fn new(plan: Plan, mut sources: Vec<Source>, seed: u64) -> Self {
        shuffle(&mut sources, seed);
        if let Some(count) = plan.count {
            sources.truncate(count);
        }
        let case = |source| Case {
            source,
            attempt: Attempt::default(),
            comparison: None,
            key: None,
        };
        Self {
            plan,
            cases: sources.into_iter().map(case).collect(),
            at: 0,
            since: None,
            over: false,
        }
    }

    /// The case in front.
    pub fn case(&self) -> Option<&Case> {
        self.cases.get(self.at)
    }

    /// Time that is left for the case in front; `None` where it has as long as it takes.
    pub fn left(&self, now: Instant) -> Option<Duration> {
        let limit = self.plan.limit?;
        let spent = now.saturating_duration_since(self.since?);
        Some(limit.saturating_sub(spent))
    }

    /// Mean score over the committed cases that have a key, 0 to 1.
    pub fn score(&self) -> Option<f64> {
        let scores: Vec<f64> = self
            .cases
            .iter()
            .filter_map(|case| case.comparison.as_ref()?.score())
            .collect();
        (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
    }

    /// How many cases have been committed.
    pub fn done(&self) -> usize {
        self.cases
            .iter()
            .filter(|case| case.attempt.committed())
            .count()
    }

    /// The results as CSV, one case a line.
    ///
    /// # Errors
    /// What the writer may refuse; never in practice.
    pub fn csv(&self) -> Result<String, csv::Error> {
        let mut table = csv::Writer::from_writer(Vec::new());
        table.write_record([
            "case", "tracing", "key", "answer", "right", "missed", "wrong", "score", "seconds",
            "ended_by",
        ])?;
        for (number, case) in self.cases.iter().enumerate() {
            let ids = |ids: &[String]| ids.join(" ");
            let key = case.key.clone().unwrap_or_default();
            let compared = case.comparison.clone().unwrap_or_default();
            let seconds = case
                .attempt
                .took
                .map(|took| format!("{:.1}", took.as_secs_f64()));
            let score = case.comparison.as_ref().and_then(Comparison::score);
            let ended = match (&case.attempt.took, case.attempt.overtaken) {
                (None, _) => "",
                (Some(_), true) => "time",
                (Some(_), false) => "learner",
            };
            table.write_record([
                (number + 1).to_string(),
                name(&case.source),
                ids(&key.statements),
                ids(&case.attempt.named),
                ids(&compared.right),
                ids(&compared.missed),
                ids(&compared.wrong),
                score.map(|score| format!("{score:.3}")).unwrap_or_default(),
                seconds.unwrap_or_default(),
                ended.to_owned(),
            ])?;
        }
        let bytes = table.into_inner().map_err(|error| error.into_error())?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// What a case is called in the results.
pub fn name(source: &Source) -> String {
    match source {
        Source::Bundled(id) => (*id).to_owned(),
        Source::File(path) => path.display().to_string(),
        Source::Living => "living case".to_owned(),
    }
}

/// Names of statements, for people.
pub fn names(ids: &[String]) -> String {
    let names: Vec<&str> = ids
        .iter()
        .map(|id| vocabulary::find(id).map_or(id.as_str(), |statement| &statement.name))
        .collect();
    names.join(", ")
}

/// Fisher and Yates, by a generator that is good enough to mix a class's cases.
fn shuffle<T>(items: &mut [T], seed: u64) {
    use rand::SeedableRng;
    use rand::seq::SliceRandom;
    items.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_quiz_draws_other_cases_for_another_seed_and_none_twice() {
        let sources = || {
            crate::simulate::conditions()
                .iter()
                .map(|c| Source::Bundled(c.id))
                .collect::<Vec<_>>()
        };
        let of = |seed| -> Vec<String> {
            let quiz = Quiz::new(Plan::default(), sources(), seed);
            quiz.cases.iter().map(|case| name(&case.source)).collect()
        };
        let (one, other) = (of(1), of(2));
        assert_eq!((one.len(), &one), (10, &of(1)));
        assert_ne!(one, other);
        let unique: std::collections::HashSet<_> = one.iter().collect();
        assert_eq!(unique.len(), 10);
    }

    #[test]
    fn the_results_name_what_was_right_missed_and_wrong() {
        let mut quiz = Quiz::new(Plan::default(), vec![Source::Bundled("anterior_stemi")], 1);
        let case = &mut quiz.cases[0];
        case.attempt.named = vec!["AMI".into(), "LVH".into()];
        case.attempt.took = Some(Duration::from_millis(12_340));
        let key = Key::of(&case.source, None);
        case.comparison = Some(Comparison::of(&case.attempt, &key));
        case.key = Some(key);
        let lines = quiz.csv().unwrap();
        assert_eq!(
            lines.lines().nth(1).unwrap(),
            "1,anterior_stemi,SR AMI STE_,AMI LVH,AMI,STE_,LVH,0.333,12.3,learner"
        );
        assert!((quiz.score().unwrap() - 1.0 / 3.0).abs() < 1e-9);
    }
}
