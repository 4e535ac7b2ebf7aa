//! Tracings without end for pretraining: conditions mixed as they occur together, in random people, on
//! random devices.

use super::conditions::{Condition, condition};
use super::device::Device;
use super::rng::{Rng, Stream};
use super::{Labels, Settings, Simulation, person, render};

/// Rhythms that any ventricle can have.
const RHYTHMS: &[&str] = &[
    "sinus_bradycardia",
    "sinus_tachycardia",
    "sinus_arrhythmia",
    "atrial_fibrillation",
    "atrial_fibrillation",
    "atrial_flutter_2to1",
    "atrial_flutter_4to1",
    "first_degree_av_block",
    "wenckebach",
];
/// What shapes QRS, ST and T.
const SHAPES: &[&str] = &[
    "left_bundle_branch_block",
    "right_bundle_branch_block",
    "left_anterior_fascicular_block",
    "left_ventricular_hypertrophy",
    "right_ventricular_hypertrophy",
    "anterior_stemi",
    "inferior_stemi",
    "st_depression",
    "t_wave_inversion",
    "long_qt",
    "hyperkalaemia",
    "low_voltage",
];
/// What goes with no other condition: its own rhythm is its own shape.
const ALONE: &[&str] = &[
    "third_degree_av_block",
    "ventricular_pacing",
    "wolff_parkinson_white",
];

/// A tracing drawn by `seed`: one to three conditions that can occur together, any person, any device, 10 s.
pub fn random(seed: u64) -> Simulation {
    let mut rng = Rng::new(seed, Stream::Mixture);
    let conditions = mixture(&mut rng);
    let settings = Settings {
        duration_s: 10.0,
        device: Device::random(&mut rng),
    };
    let mut simulation = render(
        person::with(&conditions, seed),
        labels(&conditions),
        seed,
        &settings,
    );
    simulation.recording.name = format!("simulated_{seed}");
    simulation
}

/// The ids of the conditions that [`random`] draws by `seed`, and of the statements that hold of it; without drawing it.
pub fn stated(seed: u64) -> (Vec<&'static str>, Vec<String>) {
    let conditions = mixture(&mut Rng::new(seed, Stream::Mixture));
    let ids = conditions.iter().map(|condition| condition.id).collect();
    (ids, labels(&conditions).statements)
}

/// The tracings of [`random`] for one seed after the other.
#[derive(Debug, Clone)]
pub struct Endless {
    next: u64,
}

impl Endless {
    /// Starts at `seed`.
    pub fn from_seed(seed: u64) -> Self {
        Self { next: seed }
    }
}

impl Iterator for Endless {
    type Item = Simulation;

    fn next(&mut self) -> Option<Simulation> {
        let simulation = random(self.next);
        self.next = self.next.wrapping_add(1);
        Some(simulation)
    }
}

fn mixture(rng: &mut Rng) -> Vec<&'static Condition> {
    let pick =
        |ids: &[&str], rng: &mut Rng| ids.get(rng.below(ids.len())).and_then(|id| condition(id));
    if rng.chance(0.12) {
        return pick(ALONE, rng).into_iter().collect();
    }
    let mut mixture = Vec::new();
    // A shape may bring its own sinus rate, which the rhythm then replaces.
    if rng.chance(0.6) {
        mixture.extend(pick(SHAPES, rng));
    }
    let rhythm = if rng.chance(0.55) {
        pick(RHYTHMS, rng)
    } else {
        None
    };
    let sinus = rhythm
        .is_none_or(|rhythm| rhythm.id.starts_with("sinus") || rhythm.id.starts_with("first"));
    mixture.extend(rhythm);
    if sinus && rng.chance(0.12) {
        mixture.extend(condition("left_atrial_enlargement"));
    }
    if rng.chance(0.2) {
        let atrial = sinus && rng.chance(0.5);
        let regular = rhythm.is_none_or(|rhythm| rhythm.id != "wenckebach");
        if atrial {
            mixture.extend(condition("premature_atrial_complexes"));
        } else if regular {
            mixture.extend(condition("premature_ventricular_complexes"));
        }
    }
    if mixture.is_empty() {
        mixture.extend(condition("sinus_rhythm"));
    }
    mixture
}

/// What holds of a mixture: plain sinus rhythm gives way to any rhythm that has a name of its own.
fn labels(conditions: &[&Condition]) -> Labels {
    let rhythm = conditions
        .iter()
        .any(|c| RHYTHMS.contains(&c.id) && !c.statements.contains(&"SR"));
    let mut labels = Labels {
        conditions: conditions.iter().map(|c| c.id.to_owned()).collect(),
        title: conditions
            .iter()
            .map(|c| c.name)
            .collect::<Vec<_>>()
            .join("; "),
        evidence: conditions
            .iter()
            .flat_map(|c| c.evidence.iter().copied())
            .collect(),
        ..Labels::default()
    };
    for condition in conditions {
        add(
            &mut labels.statements,
            condition.statements,
            if rhythm { "SR" } else { "" },
        );
        // The concept of sinus rhythm.
        add(
            &mut labels.snomed,
            condition.snomed,
            if rhythm { "426783006" } else { "" },
        );
    }
    labels
}

fn add(all: &mut Vec<String>, more: &[&str], except: &str) {
    for &one in more {
        if one != except && !all.iter().any(|known| known == one) {
            all.push(one.to_owned());
        }
    }
}
