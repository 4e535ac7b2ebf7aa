//! What holds of every simulated tracing, whoever the seed draws.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::HashSet;
use std::path::Path;

use heartbeatai::ecg::{Counts, LeadName, Recording};
use heartbeatai::simulate::{
    Atria, Conduction, Device, Endless, Settings, Simulation, Truth, bundled, condition,
    conditions, random, simulate, simulate_parameters,
};
use proptest::prelude::*;

fn counts(recording: &Recording, lead: &LeadName) -> Vec<i32> {
    match recording.lead(lead).unwrap().samples.counts() {
        Counts::I16(counts) => counts.iter().map(|&c| i32::from(c)).collect(),
        other => panic!("{other:?}"),
    }
}

/// III = II - I, aVR = -(I + II)/2, aVL = I - II/2, aVF = II - I/2: exactly, or to the half count that
/// halving leaves.
fn obeys_einthoven(recording: &Recording) -> Result<(), TestCaseError> {
    let lead = |name| counts(recording, &name);
    let (i, ii, iii) = (lead(LeadName::I), lead(LeadName::II), lead(LeadName::III));
    let (avr, avl, avf) = (
        lead(LeadName::AVR),
        lead(LeadName::AVL),
        lead(LeadName::AVF),
    );
    for k in 0..i.len() {
        prop_assert_eq!(iii[k], ii[k] - i[k]);
        prop_assert!((2 * avr[k] + i[k] + ii[k]).abs() <= 1);
        prop_assert!((2 * avl[k] - 2 * i[k] + ii[k]).abs() <= 1);
        prop_assert!((2 * avf[k] - 2 * ii[k] + i[k]).abs() <= 1);
    }
    Ok(())
}

/// P before QRS before T, beat after beat, all inside the recording.
fn is_in_order(truth: &Truth) -> Result<(), TestCaseError> {
    for beat in &truth.beats {
        if let Some(p) = beat.p {
            prop_assert!(p.on_s < p.peak_s && p.peak_s < p.off_s);
            prop_assert!(p.on_s < beat.qrs_on_s, "P before QRS");
            prop_assert!(p.on_s >= 0.0);
        }
        prop_assert!(beat.qrs_on_s < beat.r_peak_s && beat.r_peak_s < beat.qrs_off_s);
        prop_assert!(beat.qrs_on_s >= 0.0 && beat.qrs_off_s < truth.duration_s);
        if let Some(t) = beat.t {
            prop_assert!(beat.qrs_off_s < t.peak_s && t.on_s < t.peak_s && t.peak_s < t.off_s);
            prop_assert!(t.off_s < truth.duration_s);
        }
    }
    for pair in truth.beats.windows(2) {
        prop_assert!(
            pair[0].qrs_off_s < pair[1].qrs_on_s,
            "one QRS after the other"
        );
    }
    for region in &truth.regions {
        prop_assert!(0.0 <= region.from_s && region.from_s < region.to_s);
        prop_assert!(region.to_s <= truth.duration_s && !region.leads.is_empty());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_condition_obeys_einthoven_and_keeps_its_waves_in_order(which in 0usize..27, seed: u64) {
        let simulation = simulate(&conditions()[which % conditions().len()], seed, &Settings::default());
        obeys_einthoven(&simulation.recording)?;
        is_in_order(&simulation.truth)?;
        prop_assert!(!simulation.truth.beats.is_empty());
        prop_assert!(!simulation.truth.regions.is_empty(), "the diagnosis can be seen somewhere");
    }

    #[test]
    fn every_random_tracing_does_so_on_every_device(seed: u64) {
        let simulation = random(seed);
        obeys_einthoven(&simulation.recording)?;
        is_in_order(&simulation.truth)?;
        let device = &simulation.truth.device;
        prop_assert!((100.0..=1000.0).contains(&device.sampling_rate_hz));
        prop_assert_eq!(simulation.recording.leads.len(), 12);
        for lead in &simulation.recording.leads {
            let samples = (10.0 * device.sampling_rate_hz).round() as usize;
            prop_assert_eq!(lead.samples.len(), samples);
            // Einthoven holds only short of the converter's limits.
            prop_assert!(lead.samples.microvolts().iter().all(|v| v.abs() < 10_000.0));
        }
        prop_assert!(!simulation.truth.statements.is_empty());
    }

    #[test]
    fn the_same_seed_gives_the_same_tracing(which in 0usize..27, seed: u64) {
        let condition = &conditions()[which % conditions().len()];
        let draw = || simulate(condition, seed, &Settings::default());
        prop_assert_eq!(draw(), draw());
    }

    #[test]
    fn the_truth_survives_json(seed: u64) {
        let truth = random(seed).truth;
        let text = serde_json::to_string(&truth).unwrap();
        let back: Truth = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(&back.beats, &truth.beats);
        prop_assert_eq!(&back.regions, &truth.regions);
        prop_assert_eq!(back.parameters.ventricles.qrs.len(), truth.parameters.ventricles.qrs.len());
    }
}

#[test]
fn two_seeds_are_two_people() {
    for condition in conditions() {
        let settings = Settings {
            duration_s: 4.0,
            device: Device::ideal(250.0),
        };
        let drawn: HashSet<Vec<i32>> = (0..20)
            .map(|seed| {
                counts(
                    &simulate(condition, seed, &settings).recording,
                    &LeadName::V5,
                )
            })
            .collect();
        assert_eq!(drawn.len(), 20, "{}", condition.id);
    }
}

#[test]
fn the_sampling_rate_changes_neither_the_beats_nor_the_voltage() {
    let condition = condition("sinus_rhythm").unwrap();
    let at = |rate: f64| {
        simulate(
            condition,
            5,
            &Settings {
                duration_s: 10.0,
                device: Device::ideal(rate),
            },
        )
    };
    let (slow, fast) = (at(250.0), at(1000.0));
    assert_eq!(slow.truth.beats, fast.truth.beats);
    let (slow, fast) = (
        slow.recording
            .lead(&LeadName::II)
            .unwrap()
            .samples
            .microvolts(),
        fast.recording
            .lead(&LeadName::II)
            .unwrap()
            .samples
            .microvolts(),
    );
    for (k, value) in slow.iter().enumerate() {
        assert!(
            (value - fast[4 * k]).abs() <= 3.0,
            "sample {k}: {value} against {}",
            fast[4 * k]
        );
    }
}

#[test]
fn noise_is_as_large_as_the_device_says() {
    let condition = condition("sinus_rhythm").unwrap();
    let lead = |device: Device| {
        let simulation = simulate(
            condition,
            3,
            &Settings {
                duration_s: 20.0,
                device,
            },
        );
        simulation
            .recording
            .lead(&LeadName::I)
            .unwrap()
            .samples
            .microvolts()
    };
    let clean = lead(Device::ideal(500.0));
    let rms = |device: Device| {
        let noisy = lead(device);
        let sum: f64 = noisy.iter().zip(&clean).map(|(a, b)| (a - b).powi(2)).sum();
        (sum / clean.len() as f64).sqrt()
    };
    let muscle = rms(Device {
        muscle_uv: 20.0,
        ..Device::ideal(500.0)
    });
    let wander = rms(Device {
        wander_uv: 60.0,
        ..Device::ideal(500.0)
    });
    let mains = rms(Device {
        mains_uv: 20.0,
        ..Device::ideal(500.0)
    });
    assert!((10.0..60.0).contains(&muscle), "muscle {muscle} uV");
    assert!((15.0..150.0).contains(&wander), "wander {wander} uV");
    assert!((1.0..45.0).contains(&mains), "mains {mains} uV");
}

#[test]
fn statements_are_those_of_the_vocabulary() {
    let text = include_str!("../assets/statements.toml");
    let known: HashSet<&str> = text
        .lines()
        .filter_map(|line| {
            line.strip_prefix("id = \"")
                .and_then(|rest| rest.strip_suffix('"'))
        })
        .collect();
    assert!(known.len() > 20);
    for condition in conditions() {
        for statement in condition.statements {
            assert!(known.contains(statement), "{}: {statement}", condition.id);
        }
    }
}

#[test]
fn ids_are_unique_and_every_condition_teaches_in_one_sentence() {
    let ids: HashSet<_> = conditions().iter().map(|condition| condition.id).collect();
    assert_eq!(ids.len(), conditions().len());
    for condition in conditions() {
        assert!(condition.teaching.ends_with('.'), "{}", condition.id);
        assert!(
            condition
                .id
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        );
    }
}

/// `assets/cases` is what this program draws: header, samples, truth and list.
#[test]
fn bundled_cases_equal_the_committed_files() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/cases");
    let folder = tempfile::tempdir().unwrap();
    for case in bundled::cases() {
        let Simulation { recording, truth } = bundled::simulation(&case.id).unwrap();
        let header = heartbeatai::formats::wfdb::write(&recording, folder.path()).unwrap();
        assert_eq!(header.file_name().unwrap().to_str().unwrap(), case.file);
        for ending in ["hea", "dat"] {
            let written = std::fs::read(header.with_extension(ending)).unwrap();
            let committed = std::fs::read(cases.join(&case.file).with_extension(ending)).unwrap();
            assert!(
                written == committed,
                "{}.{ending}: run `heartbeatai simulate --all -o assets/cases`",
                case.id
            );
        }
        let truth = serde_json::to_string(&truth).unwrap() + "\n";
        let committed =
            std::fs::read_to_string(cases.join(format!("{}.truth.json", case.id))).unwrap();
        assert!(truth == committed, "{}.truth.json", case.id);
    }
    let committed = std::fs::read_to_string(cases.join("cases.toml")).unwrap();
    assert_eq!(committed, bundled::listing().unwrap());
}

#[test]
fn a_bundled_case_opens_from_its_files_as_it_does_from_memory() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/cases");
    for id in ["sinus_rhythm", "left_bundle_branch_block"] {
        let drawn = bundled::open(id).unwrap();
        let read = heartbeatai::formats::open(&cases.join(format!("{id}.hea"))).unwrap();
        assert!(read.simulated && drawn.simulated);
        assert_eq!(read.patient, drawn.patient);
        assert_eq!(read.diagnoses, drawn.diagnoses);
        for (read, drawn) in read.leads.iter().zip(&drawn.leads) {
            assert_eq!(read.name, drawn.name);
            assert_eq!(read.samples.microvolts(), drawn.samples.microvolts());
        }
    }
    assert!(bundled::open("nothing").is_none());
}

#[test]
fn a_slider_moves_what_it_says() {
    let condition = condition("sinus_rhythm").unwrap();
    let settings = Settings {
        duration_s: 10.0,
        device: Device::ideal(500.0),
    };
    let mut parameters = heartbeatai::simulate::parameters(condition, 1);
    let before = simulate_parameters(parameters.clone(), 1, &settings);
    parameters.ventricles.qrs_s *= 1.5;
    let wide = simulate_parameters(parameters, 1, &settings);
    let qrs = |s: &Simulation| s.truth.beats[2].qrs_off_s - s.truth.beats[2].qrs_on_s;
    let ratio = qrs(&wide) / qrs(&before);
    assert!((1.4..1.6).contains(&ratio), "{ratio}");
    assert!(
        wide.truth.statements.is_empty(),
        "no condition is claimed for free parameters"
    );
}

#[test]
fn pretraining_never_ends_and_meets_every_kind_of_condition() {
    let seen: HashSet<String> = Endless::from_seed(0)
        .take(400)
        .flat_map(|simulation| simulation.truth.conditions)
        .collect();
    for condition in conditions() {
        assert!(seen.contains(condition.id), "{}", condition.id);
    }
}

/// A slider may be anywhere: nothing hangs, nothing panics, twelve leads come out.
#[test]
fn senseless_parameters_are_survived() {
    let settings = Settings {
        duration_s: 3.0,
        device: Device::default(),
    };
    for extreme in [0.0, -1.0, 1e9, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for condition in conditions() {
            let mut parameters = heartbeatai::simulate::parameters(condition, 2);
            parameters.qtc_s = extreme;
            parameters.p.duration_s = extreme;
            parameters.ventricles.qrs_s = extreme;
            parameters.ventricles.t_peak = extreme;
            parameters.breathing.rate_hz = extreme;
            if let Atria::Sinus {
                rate_per_min,
                respiratory,
                ..
            } = &mut parameters.atria
            {
                *rate_per_min = extreme;
                *respiratory = extreme;
            }
            if let Conduction::Wenckebach { cycle, .. } = &mut parameters.conduction {
                *cycle = 0;
            }
            let simulation = simulate_parameters(parameters, 2, &settings);
            assert_eq!(
                simulation.recording.leads.len(),
                12,
                "{} {extreme}",
                condition.id
            );
        }
    }
}

/// No number of samples a caller can ask for exhausts the memory, and none gives nonsense.
#[test]
fn odd_durations_and_rates_are_survived() {
    let condition = condition("ventricular_pacing").unwrap();
    for (duration_s, rate) in [
        (0.0, 500.0),
        (0.01, 500.0),
        (1.0, 100.0),
        (f64::NAN, 500.0),
        (1e12, 100.0),
        (1.0, 0.0),
        (1.0, f64::NAN),
    ] {
        let settings = Settings {
            duration_s,
            device: Device::ideal(rate),
        };
        let simulation = simulate(condition, 1, &settings);
        assert!(simulation.recording.leads[0].samples.len() <= 600_000);
        assert_eq!(simulation.recording.leads.len(), 12);
    }
}
