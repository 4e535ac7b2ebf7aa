//! From logits to answers.

use super::coherence::{Numbers, settle};
use super::limits::hold;
use super::types::{Answer, Finding, Held};
use super::vocabulary::Statement;
use crate::network::Card;

/// The statements that a model cannot make, in a sentence; nothing where there are none.
pub fn cannot_say<S: AsRef<str>>(names: &[S]) -> Option<String> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let names = names.join(", ");
    (!names.is_empty()).then(|| format!("Not among what this model can say: {names}."))
}

/// What is said of each of the card's statements, in their order, from its logit and the numbers measured beside it.
pub fn findings(
    card: &Card,
    statements: &[&'static Statement],
    logits: &[f32],
    numbers: &Numbers,
) -> Vec<Finding> {
    let mut probabilities: Vec<f32> = logits
        .iter()
        .enumerate()
        .map(|(index, &logit)| card.probability(index, logit))
        .collect();
    let ids: Vec<&str> = statements.iter().map(|s| s.id.as_str()).collect();
    let decided = settle(&ids, &card.thresholds, &mut probabilities, numbers);
    let mut findings: Vec<Finding> = (statements.iter().zip(&card.thresholds))
        .zip(probabilities.into_iter().zip(decided))
        .enumerate()
        .map(
            |(index, ((&statement, &threshold), (probability, number)))| Finding {
                statement,
                probability,
                threshold,
                held: number.map(|by| Held {
                    answer: match probability >= threshold {
                        true => Answer::Present,
                        false => Answer::Absent,
                    },
                    by,
                }),
                uncertain: card.band(index),
            },
        )
        .collect();
    hold(&mut findings, numbers);
    findings
}
