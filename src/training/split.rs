//! Who is trained on, who is validated on, who is held back. Patients are never split.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

use super::corpus::{Example, Source};
use crate::ecg::fnv1a;

/// How the data are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// Within each source: 20 % of the patients tested, 10 % for validation (by fold where the corpus has folds).
    Split,
    /// Leave one domain out: trained on all others, tested on it, once for every domain.
    Lodo,
    /// Everything is trained on but 10 % for validation; nothing is tested.
    Final,
}

/// Indices into the examples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Split {
    /// Trained on.
    pub train: Vec<usize>,
    /// Chooses the checkpoint, the calibration and the thresholds.
    pub validation: Vec<usize>,
    /// Never looked at before the report.
    pub test: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Train,
    Validation,
    Test,
}

/// The folds that are tested and validated on, where a corpus has folds: the last two below the corpus's own test
/// fold 10, which stays free for a final judgement.
const TEST_FOLD: u32 = 9;
const VALIDATION_FOLD: u32 = 8;

/// Splits by patient. With `left_out` (LODO) that domain is tested, its patients appear nowhere else.
pub fn split(
    examples: &[Example],
    protocol: Protocol,
    left_out: Option<usize>,
    seed: u64,
) -> Split {
    let mut split = Split::default();
    let taboo: std::collections::HashSet<&str> = examples
        .iter()
        .filter(|example| Some(example.domain) == left_out)
        .map(|example| example.patient.as_str())
        .collect();
    for (index, example) in examples.iter().enumerate() {
        if left_out.is_some() {
            if Some(example.domain) == left_out {
                split.test.push(index);
            } else if !taboo.contains(example.patient.as_str()) {
                // What a split would test on is trained on here, and its validation part stays one.
                match part(example, seed) {
                    Part::Validation => split.validation.push(index),
                    Part::Train | Part::Test => split.train.push(index),
                }
            }
            continue;
        }
        match (part(example, seed), protocol) {
            (Part::Validation, _) => split.validation.push(index),
            (Part::Test, Protocol::Split) => split.test.push(index),
            _ => split.train.push(index),
        }
    }
    split
}

fn part(example: &Example, seed: u64) -> Part {
    // Nobody is judged on simulations.
    if matches!(example.source, Source::Simulated { .. }) {
        return Part::Train;
    }
    match example.fold {
        Some(VALIDATION_FOLD) => Part::Validation,
        Some(TEST_FOLD..) => Part::Test,
        Some(_) => Part::Train,
        None => {
            // By the patient's name alone, so that adding a corpus moves nobody.
            let draw = StdRng::seed_from_u64(fnv1a(&example.patient) ^ seed).random::<f64>();
            if draw < 0.2 {
                Part::Test
            } else if draw < 0.3 {
                Part::Validation
            } else {
                Part::Train
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn examples() -> Vec<Example> {
        (0..600)
            .map(|i| Example {
                source: Source::File(format!("{i}").into()),
                domain: i % 3,
                // Domains 0 and 1 share patients, as the two PTB-XL folders do.
                patient: if i % 3 == 2 {
                    format!("ludb:{i}")
                } else {
                    format!("ptb-xl:{}", i / 6)
                },
                fold: (i % 3 != 2).then_some((i as u32 / 6) % 9 + 1),
                labels: Vec::new(),
            })
            .collect()
    }

    fn patients<'a>(examples: &'a [Example], part: &[usize]) -> HashSet<&'a str> {
        part.iter().map(|&i| examples[i].patient.as_str()).collect()
    }

    #[test]
    fn no_patient_is_on_two_sides() {
        let examples = examples();
        for (protocol, left_out) in [
            (Protocol::Split, None),
            (Protocol::Final, None),
            (Protocol::Lodo, Some(0)),
            (Protocol::Lodo, Some(2)),
        ] {
            let split = split(&examples, protocol, left_out, 3);
            let parts = [&split.train, &split.validation, &split.test]
                .map(|part| patients(&examples, part));
            for (a, b) in [(0, 1), (0, 2), (1, 2)] {
                assert!(parts[a].is_disjoint(&parts[b]), "{protocol:?} {left_out:?}");
            }
            assert!(!split.train.is_empty() && !split.validation.is_empty());
        }
    }

    #[test]
    fn a_domain_left_out_is_tested_whole_and_trained_on_nowhere() {
        let examples = examples();
        let split = split(&examples, Protocol::Lodo, Some(2), 3);
        assert_eq!(split.test.len(), 200);
        assert!(
            split
                .train
                .iter()
                .chain(&split.validation)
                .all(|&i| examples[i].domain != 2)
        );
    }

    #[test]
    fn without_folds_a_fifth_of_the_patients_is_held_back() {
        let examples: Vec<_> = examples()
            .into_iter()
            .filter(|example| example.fold.is_none())
            .collect();
        let split = split(&examples, Protocol::Split, None, 3);
        assert!(
            (25..=55).contains(&split.test.len()),
            "{}",
            split.test.len()
        );
        let other = super::split(&examples, Protocol::Split, None, 4);
        assert_ne!(split.test, other.test);
    }
}
