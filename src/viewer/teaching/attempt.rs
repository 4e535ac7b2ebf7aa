//! What a learner says of a tracing, and how it compares.

use std::time::Duration;

use crate::ecg::Recording;
use crate::reading::vocabulary::{self, Statement};
use crate::viewer::jobs::Source;

/// A learner's reading of one tracing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempt {
    /// Ids of the statements that were named.
    pub named: Vec<String>,
    /// How long it took; `None` until it is committed.
    pub took: Option<Duration>,
    /// The time ran out before the learner committed.
    pub overtaken: bool,
}

impl Attempt {
    /// Whether nothing can be changed any more.
    pub fn committed(&self) -> bool {
        self.took.is_some()
    }
}

/// What a tracing is said to show by whoever labelled it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Key {
    /// Ids of the statements; empty where nobody has labelled it.
    pub statements: Vec<String>,
    /// What to take from it, in a sentence.
    pub teaching: Option<String>,
}

impl Key {
    /// The key of a case that comes with the program; of a file, the labels that it carries.
    pub fn of(source: &Source, recording: Option<&Recording>) -> Self {
        match source {
            Source::Bundled(id) => {
                let condition = crate::simulate::condition(id);
                Self {
                    statements: condition
                        .map(|condition| condition.statements.iter().map(|&id| id.into()).collect())
                        .unwrap_or_default(),
                    teaching: condition.map(|condition| condition.teaching.to_owned()),
                }
            }
            Source::File(_) => Self {
                statements: recording.map(labels).unwrap_or_default(),
                teaching: None,
            },
            Source::Living => Self::default(),
        }
    }
}

/// The labels of a file that are statements of the vocabulary, each once.
pub fn labels(recording: &Recording) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for diagnosis in &recording.diagnoses {
        let meant: Vec<&Statement> = match diagnosis.system.as_str() {
            "snomed-ct" => vocabulary::by_snomed(&diagnosis.code).into_iter().collect(),
            "scp-ecg" => vocabulary::by_scp(&diagnosis.code).collect(),
            _ => Vec::new(),
        };
        for statement in meant {
            if !ids.contains(&statement.id) {
                ids.push(statement.id.clone());
            }
        }
    }
    ids
}

/// Statements that need not be named where something else is to be seen.
const GOES_WITHOUT_SAYING: [&str; 2] = ["SR", "NORM"];

/// How an attempt compares with the key.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    pub right: Vec<String>,
    pub missed: Vec<String>,
    pub wrong: Vec<String>,
}

impl Comparison {
    /// Sinus rhythm and normal need not be named beside a finding, and naming them where they are true
    /// is never wrong.
    pub fn of(attempt: &Attempt, key: &Key) -> Self {
        let plain = |id: &&String| !GOES_WITHOUT_SAYING.contains(&id.as_str());
        let remarkable = key.statements.iter().any(|id| plain(&id));
        let asked: Vec<&String> = key
            .statements
            .iter()
            .filter(|id| !remarkable || plain(id))
            .collect();
        let named = |id: &String| attempt.named.contains(id);
        Self {
            right: asked
                .iter()
                .filter(|id| named(id))
                .map(|&id| id.clone())
                .collect(),
            missed: asked
                .iter()
                .filter(|id| !named(id))
                .map(|&id| id.clone())
                .collect(),
            wrong: attempt
                .named
                .iter()
                .filter(|id| !key.statements.contains(id))
                .cloned()
                .collect(),
        }
    }

    /// Share of what was named or should have been that was both (Jaccard's index), 0 to 1; `None`
    /// where there is nothing to compare with.
    pub fn score(&self) -> Option<f64> {
        let asked = self.right.len() + self.missed.len();
        let all = asked + self.wrong.len();
        (asked > 0).then(|| self.right.len() as f64 / all as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(named: &[&str], key: &[&str]) -> (Comparison, Option<f64>) {
        let own = |ids: &[&str]| ids.iter().map(|&id| id.to_owned()).collect::<Vec<_>>();
        let attempt = Attempt {
            named: own(named),
            ..Attempt::default()
        };
        let key = Key {
            statements: own(key),
            teaching: None,
        };
        let comparison = Comparison::of(&attempt, &key);
        let score = comparison.score();
        (comparison, score)
    }

    #[test]
    fn the_score_is_the_share_that_was_both_named_and_true() {
        assert_eq!(
            compare(&["PVC"], &["SR", "PVC"]).1,
            Some(1.0),
            "sinus rhythm goes without saying"
        );
        assert_eq!(
            compare(&["SR", "PVC"], &["SR", "PVC"]).1,
            Some(1.0),
            "and may be said"
        );
        assert_eq!(compare(&["PVC", "AFIB"], &["SR", "PVC"]).1, Some(0.5));
        assert_eq!(compare(&["PVC"], &["AMI", "STE_"]).1, Some(0.0));
        assert_eq!(
            compare(&[], &["SR", "NORM"]).1,
            Some(0.0),
            "normal must be said where nothing else is"
        );
        assert_eq!(compare(&["NORM", "SR"], &["SR", "NORM"]).1, Some(1.0));
        assert_eq!(compare(&["AFIB"], &[]).1, None, "nobody labelled it");
        let (comparison, _) = compare(&["AMI", "LVH"], &["SR", "AMI", "STE_"]);
        assert_eq!(
            (comparison.right, comparison.missed, comparison.wrong),
            (
                vec!["AMI".to_owned()],
                vec!["STE_".to_owned()],
                vec!["LVH".to_owned()]
            )
        );
    }
}
