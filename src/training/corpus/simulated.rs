//! Simulated tracings as a corpus: endless, labelled by construction, and of no hospital.

use super::{Record, Source};
use crate::simulate::stated;

/// `count` people, each with one to three conditions that can occur together, on any device.
pub(super) fn records(count: usize, seed: u64) -> Vec<Record> {
    let first = seed.wrapping_mul(1_000_003);
    (0..count as u64)
        .map(|number| {
            let seed = first.wrapping_add(number);
            let (conditions, statements) = stated(seed);
            let name = format!("simulated-{seed}");
            Record {
                source: Source::Simulated { seed },
                patient: name.clone(),
                name,
                fold: None,
                stated: conditions
                    .into_iter()
                    .map(str::to_owned)
                    .chain(statements)
                    .collect(),
                doubtful: Vec::new(),
            }
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::sources::label;
    use super::super::{Kind, counts};
    use super::*;
    use crate::reading::vocabulary;

    #[test]
    fn two_records_are_two_people_and_one_is_always_the_same() {
        let records = records(2, 7);
        let [one, other] = [0, 1].map(|index| records[index].source.open().unwrap());
        assert_eq!(one.leads.len(), 12);
        assert_ne!(one.leads[1].samples, other.leads[1].samples);
        assert_eq!(one, records[0].source.open().unwrap());
    }

    #[test]
    fn what_the_simulator_states_is_present_and_its_conditions_say_what_is_unknown() {
        let examples = label(records(400, 1), Kind::Simulated, 0, "", &mut |_| ());
        let of = |id: &str| {
            let at = vocabulary::statements()
                .iter()
                .position(|statement| statement.id == id)
                .unwrap();
            (counts(&examples)[at], at)
        };
        for id in ["AFIB", "CLBBB", "PVC", "SBRAD", "SR"] {
            let ((positives, negatives), _) = of(id);
            assert!(
                positives > 5 && negatives > 100,
                "{id}: {positives} {negatives}"
            );
        }
        let (fibrillation, sinus) = (of("AFIB").1, of("SR").1);
        assert!(
            examples
                .iter()
                .filter(|example| example.labels[fibrillation] == Some(true))
                .all(|example| example.labels[sinus] != Some(true))
        );
    }
}
