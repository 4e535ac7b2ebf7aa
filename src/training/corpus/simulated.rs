//! Simulated tracings as a corpus: endless, labelled by construction, and of no hospital.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::{Record, Source};
use crate::ecg::Recording;
use crate::simulate::{Device, Settings, condition, conditions, simulate};

/// `per_condition` people with every condition.
pub(super) fn records(per_condition: usize, seed: u64) -> Vec<Record> {
    let mut records = Vec::new();
    for condition in conditions() {
        for number in 0..per_condition as u64 {
            let seed = seed.wrapping_mul(1_000_003).wrapping_add(number);
            let name = format!("{}-{seed}", condition.id);
            records.push(Record {
                source: Source::Simulated {
                    condition: condition.id,
                    seed,
                },
                patient: format!("simulated:{name}"),
                name,
                fold: None,
                stated: vec![condition.id.to_owned()],
                doubtful: Vec::new(),
            });
        }
    }
    records
}

/// One of them, on a device from clean to noisy.
pub(super) fn draw(id: &str, seed: u64) -> Option<Recording> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x5eed);
    let mut between = |low: f64, high: f64| rng.random_range(low..high);
    let device = Device {
        sampling_rate_hz: 250.0,
        muscle_uv: between(1.0, 20.0),
        wander_uv: between(5.0, 90.0),
        mains_uv: between(0.0, 5.0),
        ..Device::default()
    };
    Some(
        simulate(
            condition(id)?,
            seed,
            &Settings {
                duration_s: 10.0,
                device,
            },
        )
        .recording,
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn two_records_of_a_condition_are_two_people() {
        let records = records(2, 7);
        assert_eq!(records.len(), 2 * conditions().len());
        let [one, other] = [0, 1].map(|index| records[index].source.open().unwrap());
        assert_eq!(one.leads.len(), 12);
        assert_ne!(one.leads[1].samples, other.leads[1].samples);
        assert_eq!(one, records[0].source.open().unwrap());
    }
}
