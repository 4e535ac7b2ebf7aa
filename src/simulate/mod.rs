//! Tracings of named conditions from a dipole model, with their ground truth.
//!
//! A heart vector (Frank's axes: X left, Y feet, Z back) is drawn by parametric loops for P, QRS, ST, T
//! and U on a timeline that a rhythm generator lays out; Dower's lead field carries it to the eight
//! independent leads, Einthoven and Goldberger to twelve; a device with its electrodes records it.
//! The same seed gives the same tracing.

mod atria;
pub mod bundled;
mod conditions;
mod controls;
mod criteria;
mod device;
mod endless;
mod evidence;
mod heart;
mod lead_field;
mod loops;
mod parameters;
mod person;
mod rhythm;
mod rng;
mod shapes;
mod truth;
mod vector;
mod ventricles;
mod waves;

pub use atria::AtrialWave;
pub use bundled::BundledCase;
pub use conditions::{Condition, condition, conditions};
pub use controls::{AvConduction, Bundle, Controls, Early, Rhythm, Territory};
pub use device::Device;
pub use endless::{Endless, random, stated};
pub use lead_field::{DOWER_1980, LeadField, twelve};
pub use parameters::{Atria, Breathing, Conduction, Ectopy, Focus, Pacing, Parameters};
pub use truth::{Region, TrueBeat, TrueP, TrueT, Truth};
pub use vector::Vector;
pub use ventricles::Ventricles;
pub use waves::Lobe;

use crate::ecg::{
    Acquisition, Counts, Diagnosis, Lead, LeadOrigin, Patient, Recording, STANDARD_12, Samples,
    Unit,
};
use evidence::Evidence;
use rng::{Rng, Stream};

/// How a condition is to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub duration_s: f64,
    pub device: Device,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            duration_s: 10.0,
            device: Device::default(),
        }
    }
}

/// A simulated tracing and what is true of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Simulation {
    pub recording: Recording,
    pub truth: Truth,
}

/// Draws a condition. The same condition, seed and settings give the same tracing; two seeds are two
/// people.
pub fn simulate(condition: &Condition, seed: u64, settings: &Settings) -> Simulation {
    let parameters = person::with(&[condition], seed);
    let labels = Labels {
        conditions: vec![condition.id.to_owned()],
        statements: condition
            .statements
            .iter()
            .map(|&id| id.to_owned())
            .collect(),
        snomed: condition
            .snomed
            .iter()
            .map(|&code| code.to_owned())
            .collect(),
        title: condition.name.to_owned(),
        evidence: condition.evidence.to_vec(),
    };
    render(parameters, labels, seed, settings)
}

/// Draws a tracing from parameters alone, such as a slider has set them: no condition is claimed.
pub fn simulate_parameters(parameters: Parameters, seed: u64, settings: &Settings) -> Simulation {
    render(
        parameters,
        Labels {
            title: "free parameters".to_owned(),
            ..Labels::default()
        },
        seed,
        settings,
    )
}

/// A bundled case by the id of its condition; also at [`bundled::open`].
///
/// # Errors
/// Names an id that no condition has.
pub fn bundled(id: &str) -> Result<Recording, UnknownCondition> {
    bundled::open(id).ok_or_else(|| UnknownCondition(id.to_owned()))
}

/// No condition has that id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no condition is called {0:?}; `heartbeatai simulate --list` names them")]
pub struct UnknownCondition(pub String);

/// The parameters of the person that `seed` draws for a condition, to start a slider from.
pub fn parameters(condition: &Condition, seed: u64) -> Parameters {
    person::with(&[condition], seed)
}

#[derive(Default)]
struct Labels {
    conditions: Vec<String>,
    statements: Vec<String>,
    snomed: Vec<String>,
    title: String,
    evidence: Vec<Evidence>,
}

fn render(parameters: Parameters, labels: Labels, seed: u64, settings: &Settings) -> Simulation {
    let parameters = parameters.bounded();
    let mut device = settings.device.clone();
    // `f64::max` takes the other side of what is no number, so that becomes the lowest rate.
    device.sampling_rate_hz = device.sampling_rate_hz.max(10.0).clamp(10.0, 10_000.0);
    let rate = device.sampling_rate_hz;
    // Ten minutes at 1000 Hz is the most that is drawn.
    let samples = ((settings.duration_s * rate).round().clamp(0.0, 600_000.0)) as usize;
    let duration_s = samples as f64 / rate;
    let mut rng = Rng::new(seed, Stream::Rhythm);
    let timeline = rhythm::timeline(&parameters, duration_s, &mut rng);
    let (clean, beats, lone_p, spikes) = {
        let heart = heart::Heart::new(&parameters, &timeline, &mut rng);
        let (beats, lone_p) = heart.waves(duration_s);
        let spikes: Vec<f64> = heart.spike_times().collect();
        (heart.leads(samples, rate, &mut rng), beats, lone_p, spikes)
    };
    let counts = device.record(&clean, &mut Rng::new(seed, Stream::Device));
    let regions = labels
        .evidence
        .iter()
        .flat_map(|evidence| evidence.regions(&beats, &lone_p, &spikes, duration_s))
        .collect();
    let recording = recording(&parameters, &labels, seed, &device, counts);
    let truth = Truth {
        conditions: labels.conditions,
        seed,
        sampling_rate_hz: rate,
        duration_s,
        statements: labels.statements,
        beats,
        lone_p,
        regions,
        parameters,
        device,
    };
    Simulation { recording, truth }
}

fn recording(
    parameters: &Parameters,
    labels: &Labels,
    seed: u64,
    device: &Device,
    counts: [Vec<i16>; 12],
) -> Recording {
    let name = labels
        .conditions
        .first()
        .map_or("simulation", String::as_str);
    let mut recording = Recording::new(name, "simulated", device.sampling_rate_hz);
    recording.leads = STANDARD_12
        .iter()
        .zip(counts)
        .map(|(name, counts)| Lead {
            name: name.clone(),
            unit: Unit::Microvolt,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: device.sampling_rate_hz,
            samples: Samples::from_counts(
                Counts::I16(counts),
                device.counts_per_mv,
                0.0,
                1000.0,
                Some(i32::from(i16::MIN)),
            ),
        })
        .collect();
    recording.patient = Patient {
        age_years: Some(parameters.age_years),
        sex: Some(parameters.sex),
        ..Patient::default()
    };
    recording.acquisition = Acquisition {
        device: Some("heartbeatai simulator".to_owned()),
        ..Acquisition::default()
    };
    recording.diagnoses = labels
        .snomed
        .iter()
        .map(|code| Diagnosis {
            system: "snomed-ct".to_owned(),
            code: code.clone(),
        })
        .collect();
    recording.comments = vec![
        format!("Condition: {}", labels.title),
        format!("Seed: {seed}"),
    ];
    recording.simulated = true;
    recording
}
