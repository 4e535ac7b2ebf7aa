//! How near the measurements are to people's and to another maker's device: guards at the level that was reached. And
//! what is not measured where it cannot be.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod shared;

use std::f64::consts::TAU;

use heartbeatai::ecg::{Lead, LeadName, LeadOrigin, Recording, Samples, Unit};
use heartbeatai::measure::evaluate::{ludb, muse};
use heartbeatai::measure::{Measurements, Value, measure};
use heartbeatai::simulate::{Settings, condition, simulate};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn number(value: &serde_json::Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn beats_and_boundaries_are_where_the_annotators_of_ludb_have_them() {
    let Some(dir) = shared::folder("ecg/ludb") else {
        return;
    };
    let found = serde_json::to_value(ludb(&dir).unwrap()).unwrap();
    assert!(number(&found["qrs"]["sensitivity"]) >= 0.997);
    assert!(number(&found["qrs"]["ppv"]) >= 0.997);
    // Largest mean difference and standard deviation in milliseconds over all leads.
    let global = [
        ("p", 6.0, 11.5),
        ("pq", 5.0, 10.6),
        ("qrs", 6.5, 9.7),
        ("qt", 5.0, 17.0),
    ];
    for (interval, mean, sd) in global {
        let own = &found["global"]["intervals"][interval];
        assert!(number(&own["mean_ms"]).abs() <= mean, "{interval}: {own}");
        assert!(number(&own["sd_ms"]) <= sd, "{interval}: {own}");
    }
    let lead_by_lead = [
        ("p_on", 18.0),
        ("p_off", 17.5),
        ("qrs_on", 10.8),
        ("qrs_off", 11.3),
        ("t_peak", 21.5),
        ("t_off", 24.0),
    ];
    for (boundary, sd) in lead_by_lead {
        let own = &found["boundaries"][boundary];
        assert!(number(&own["mean_ms"]).abs() <= 3.0, "{boundary}: {own}");
        assert!(number(&own["sd_ms"]) <= sd, "{boundary}: {own}");
        assert!(number(&own["sensitivity"]) >= 0.99, "{boundary}: {own}");
    }
    // Each record that is far off is named.
    let outliers = found["outliers"].as_array().expect("a list");
    assert!(outliers.iter().all(|own| own["record"].is_string()));
}

#[test]
fn intervals_and_axis_are_those_of_a_muse_device() {
    let Some(dir) = shared::folder("ecg/chapman-muse") else {
        return;
    };
    let found = muse(&dir).unwrap();
    let (rate, qrs, qt) = (found.rate.unwrap(), found.qrs.unwrap(), found.qt.unwrap());
    assert!(rate.mean.abs() <= 1.0 && rate.sd <= 1.0, "{rate:?}");
    assert!(qrs.mean.abs() <= 6.0 && qrs.sd <= 12.0, "{qrs:?}");
    assert!(qt.mean.abs() <= 8.0 && qt.sd <= 20.0, "{qt:?}");
    let far = found.outliers.iter().filter(|own| own.counted);
    let far: Vec<(&str, &str)> = far.map(|own| (&*own.record, own.quantity)).collect();
    assert!(far.len() <= 2, "{far:?}");
}

/// The record, its true beats that are wholly inside, and what was measured.
fn simulated(case: &str, seed: u64) -> (Recording, usize, Measurements) {
    let settings = Settings::default();
    let drawn = simulate(condition(case).unwrap(), seed, &settings);
    let inside = 0.1..settings.duration_s - 0.1;
    let beats = drawn.truth.beats.iter();
    let true_beats = beats.filter(|beat| inside.contains(&beat.r_peak_s)).count();
    let measured = measure(&drawn.recording);
    (drawn.recording, true_beats, measured)
}

#[test]
fn p_and_t_waves_of_slow_wide_rhythms_are_no_beats_and_ectopic_beats_are() {
    let rhythms = [
        ("third_degree_av_block", [10, 12, 13, 21]),
        ("ventricular_pacing", [3, 7, 20, 242]),
        ("premature_ventricular_complexes", [2, 3, 4, 18]),
    ];
    for (case, seeds) in rhythms {
        for seed in seeds {
            let (_, beats, measured) = simulated(case, seed);
            let found = measured.beats.len();
            assert!(
                found.abs_diff(beats) <= 1,
                "{case} {seed}: {found} of {beats}"
            );
            let early = measured.beats.iter().filter(|beat| beat.premature);
            for beat in early.filter(|beat| measured.looks_ventricular(beat)) {
                assert_eq!(beat.boundaries.p_on, None, "{case} {seed}: {beat:?}");
            }
        }
    }
}

#[test]
fn flutter_waves_are_no_p_waves_where_four_come_to_a_beat() {
    for seed in 1..=4 {
        let (.., measured) = simulated("atrial_flutter_4to1", seed);
        assert!(measured.pr.is_none(), "{seed}: {:?}", measured.pr);
        let (.., measured) = simulated("sinus_tachycardia", seed);
        assert!(measured.pr.is_some(), "{seed}");
    }
}

#[test]
fn no_interval_leads_over_a_gap() {
    let (mut recording, _, whole) = simulated("sinus_bradycardia", 2);
    for lead in &mut recording.leads {
        let mut values = lead.samples.microvolts();
        values[1500..3100].fill(f64::NAN);
        lead.samples = Samples::from_microvolts(values);
    }
    let measured = measure(&recording);
    let number = |value: &Option<Value>| value.as_ref().unwrap().value;
    assert_eq!(measured.gaps_s, [(3.0, 6.2)]);
    assert!(measured.beats.len() + 2 <= whole.beats.len());
    assert!(measured.pauses.is_empty(), "{:?}", measured.pauses);
    let rates = [
        &measured.heart_rate,
        &measured.heart_rate_min,
        &measured.heart_rate_max,
    ];
    for rate in rates {
        let difference = number(rate) - number(&whole.heart_rate);
        assert!(difference.abs() < 4.0, "{rate:?}");
    }
    assert!((number(&measured.qt) - number(&whole.qt)).abs() <= 8.0);
}

#[test]
fn of_leads_recorded_one_after_the_other_only_the_rhythm_strip_is_measured() {
    let (mut recording, _, whole) = simulated("sinus_rhythm", 5);
    for (index, lead) in recording.leads.iter_mut().enumerate() {
        let mut values = lead.samples.microvolts();
        let quarter = values.len() / 4;
        let shown = index / 3 * quarter..(index / 3 + 1) * quarter;
        let keeps_all = lead.name == LeadName::II;
        for (at, value) in values.iter_mut().enumerate() {
            if !keeps_all && !shown.contains(&at) {
                *value = f64::NAN;
            }
        }
        lead.samples = Samples::from_microvolts(values);
    }
    let measured = measure(&recording);
    assert_eq!(measured.lead_names(), [LeadName::II]);
    assert_eq!(measured.beats.len(), whole.beats.len());
    recording.leads.retain(|lead| lead.name != LeadName::II);
    assert!(measure(&recording).beats.is_empty());
}

#[test]
fn noise_is_not_measured() {
    let (mut recording, ..) = simulated("sinus_rhythm", 1);
    let mut random = StdRng::seed_from_u64(7);
    for lead in &mut recording.leads {
        // Bursts of 8 to 20 Hz that come and go.
        let tones: Vec<(f64, f64)> = (0..12)
            .map(|_| {
                (
                    random.random_range(8.0..20.0),
                    random.random_range(0.0..6.3),
                )
            })
            .collect();
        let at = |index: usize| {
            let t = index as f64 / 500.0;
            let sum = tones.iter().map(|(hz, phase)| (t * hz * TAU + phase).sin());
            sum.sum::<f64>() * 120.0
        };
        lead.samples = Samples::from_microvolts((0..5000).map(at).collect());
    }
    let measured = measure(&recording);
    assert!(measured.heart_rate.is_none() && measured.qrs.is_none());
    assert!(measured.criteria.is_empty());
    assert!(!measured.notes.is_empty());
}

#[test]
fn how_coarse_a_recording_is_is_said_of_the_leads_that_are_measured() {
    let (mut recording, ..) = simulated("sinus_rhythm", 3);
    let note = |recording: &Recording| {
        let notes = measure(recording).notes;
        notes.iter().any(|note| note.contains("samples a second"))
    };
    assert!(!note(&recording));
    // A pulse oximeter beside the electrocardiogram.
    recording.leads.push(Lead {
        name: LeadName::Other("SpO2".into()),
        unit: Unit::Other("%".into()),
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: 1.0,
        samples: Samples::from_microvolts((0..10).map(|at| f64::from(at % 3) * 97.0).collect()),
    });
    assert!(!note(&recording));
    for lead in &mut recording.leads[..12] {
        let values = lead.samples.microvolts();
        lead.samples = Samples::from_microvolts(values.into_iter().step_by(5).collect());
        lead.sampling_rate_hz = 100.0;
    }
    assert!(note(&recording));
}

#[test]
fn channels_of_other_organs_are_left_out_and_named() {
    let (mut recording, _, whole) = simulated("sinus_rhythm", 3);
    let mut rng = StdRng::seed_from_u64(1);
    let mut channel = |name: &str, unit: Unit| Lead {
        name: LeadName::Other(name.into()),
        unit,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: 500.0,
        samples: Samples::from_microvolts((0..5000).map(|_| rng.random_range(-4e3..4e3)).collect()),
    };
    recording.leads.extend([
        channel("EEG Fp1-Ref", Unit::Microvolt),
        channel("Pressure", Unit::Other("mmHg".into())),
    ]);
    let measured = measure(&recording);
    assert_eq!(measured.beats, whole.beats);
    let named = |note: &String| note.contains("EEG Fp1-Ref, Pressure");
    assert!(measured.notes.iter().any(named), "{:?}", measured.notes);
}

#[test]
fn what_is_measured_without_a_unit_of_voltage_goes_by_no_scale() {
    let (recording, _, whole) = simulated("first_degree_av_block", 4);
    let scaled = |by: f64| {
        let mut recording = recording.clone();
        for lead in &mut recording.leads {
            let values = lead.samples.microvolts().into_iter();
            lead.samples = Samples::from_microvolts(values.map(|value| value * by).collect());
            lead.unit = Unit::Normalised;
        }
        let measured = measure(&recording);
        let number = |value: &Option<Value>| value.as_ref().unwrap().value;
        [&measured.pr, &measured.qrs, &measured.qt].map(number)
    };
    assert_eq!(scaled(0.03), scaled(8.0));
    let true_pr = whole.pr.unwrap().value;
    assert!((scaled(1.0)[0] - true_pr).abs() <= 8.0, "{true_pr}");
}

#[test]
fn an_artefact_in_a_lead_makes_no_ventricular_beat() {
    let (mut recording, beats, whole) = simulated("sinus_rhythm", 6);
    let mut leads = recording.leads.iter_mut();
    let lead = leads.find(|lead| lead.name == LeadName::V5).unwrap();
    let mut values = lead.samples.microvolts();
    for (index, value) in values[1500..2100].iter_mut().enumerate() {
        *value += if index / 40 % 2 == 0 { 8e3 } else { -8e3 };
    }
    lead.samples = Samples::from_microvolts(values);
    let measured = measure(&recording);
    assert!(measured.beats.len().abs_diff(beats) <= 1);
    let ventricular = |beat: &&heartbeatai::measure::Beat| measured.looks_ventricular(beat);
    assert_eq!(measured.beats.iter().filter(ventricular).count(), 0);
    assert!(whole.pr.is_some() && measured.pr.is_some());
}

#[test]
fn where_most_leads_show_no_beat_the_others_are_measured() {
    let (mut recording, beats, whole) = simulated("sinus_rhythm", 7);
    let mut rng = StdRng::seed_from_u64(2);
    for lead in &mut recording.leads[6..] {
        // A loose electrode: wild swings of about a second.
        let mut level = 0.0;
        let mut values = lead.samples.microvolts();
        for value in &mut values {
            level = 0.999 * level + rng.random_range(-400.0..400.0);
            *value += level;
        }
        lead.samples = Samples::from_microvolts(values);
    }
    let measured = measure(&recording);
    assert!(
        measured.beats.len().abs_diff(beats) <= 1,
        "{:?}",
        measured.notes
    );
    let rate = |measured: &Measurements| measured.heart_rate.as_ref().unwrap().value;
    assert!((rate(&measured) - rate(&whole)).abs() < 2.0);
}

#[test]
fn p_waves_of_a_fast_sinus_rhythm_and_a_tachycardia_without_rest_are_measured_as_such() {
    let Some(dir) = shared::folder("ecg") else {
        return;
    };
    let of = |path: &str| measure(&heartbeatai::opening::open(&dir.join(path)).unwrap());
    for (record, rate) in [("00344_hr", 97.0), ("00369_hr", 87.0)] {
        let measured = of(&format!("ptb-xl/records500/00000/{record}.hea"));
        let found = measured.heart_rate.as_ref().unwrap().value;
        assert!((found - rate).abs() < 2.0, "{record}: {found}");
        assert!(measured.pr.is_some(), "{record}: {:?}", measured.notes);
    }
    let tachycardia = of("chapman-ningbo/JS45546.hea");
    assert_eq!(tachycardia.qrs, None);
    let note = |note: &String| note.contains("ventricular tachycardia is not ruled out");
    assert!(
        tachycardia.notes.iter().any(note),
        "{:?}",
        tachycardia.notes
    );
}
