//! What is noticed when a tracing is opened, and what is refused.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use heartbeatai::ecg::{
    Counts, Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Unit, WarningCode,
};
use heartbeatai::signal::leads::{derive_limb_leads, inspect, undo_own_gains};
use heartbeatai::signal::quality::{Verdict, assess};

const RATE_HZ: f64 = 500.0;
const SAMPLES: usize = 5000;

/// A dull but lawful heart: two independent directions seen by the limb leads, another mixture by each chest lead.
fn heart() -> Recording {
    let bump = |t: f64, at: f64, width: f64| (-((t - at) / width).powi(2) / 2.0).exp();
    let wave = |t: f64, spread: f64| {
        let phase = t % 0.8;
        120.0 * bump(phase, 0.15, 0.03) + 1100.0 * bump(phase, 0.32, 0.012)
            - 300.0 * spread * bump(phase, 0.35, 0.010)
            + 250.0 * bump(phase, 0.58, 0.05 + 0.02 * spread)
    };
    let one: Vec<f64> = (0..SAMPLES)
        .map(|i| 0.7 * wave(i as f64 / RATE_HZ, 0.2))
        .collect();
    let two: Vec<f64> = (0..SAMPLES)
        .map(|i| wave(i as f64 / RATE_HZ, 1.0))
        .collect();
    let mix = |a: f64, b: f64| {
        one.iter()
            .zip(&two)
            .map(|(x, y)| a * x + b * y)
            .collect::<Vec<f64>>()
    };
    let directions = [
        (1.0, 0.0),
        (0.0, 1.0),
        (-1.0, 1.0),
        (-0.5, -0.5),
        (1.0, -0.5),
        (-0.5, 1.0),
        (-1.2, 0.3),
        (-0.9, 0.9),
        (0.2, 1.0),
        (0.9, 0.8),
        (1.0, 0.5),
        (0.9, 0.3),
    ];
    let mut recording = Recording::new("heart", "test", RATE_HZ);
    for (name, (a, b)) in STANDARD_12.iter().zip(directions) {
        let counts = mix(a, b).iter().map(|value| value.round() as i16).collect();
        recording.leads.push(Lead {
            name: name.clone(),
            unit: Unit::Microvolt,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: RATE_HZ,
            samples: Samples::from_counts(Counts::I16(counts), 1000.0, 0.0, 1000.0, None),
        });
    }
    recording
}

fn lead_mut<'a>(recording: &'a mut Recording, name: &LeadName) -> &'a mut Lead {
    recording
        .leads
        .iter_mut()
        .find(|lead| lead.name == *name)
        .unwrap()
}

fn replace(recording: &mut Recording, name: &LeadName, change: impl Fn(usize, f64) -> f64) {
    let lead = lead_mut(recording, name);
    let samples = lead
        .samples
        .microvolts()
        .iter()
        .enumerate()
        .map(|(i, &v)| change(i, v))
        .collect();
    lead.samples = Samples::from_microvolts(samples);
}

fn codes(recording: &Recording) -> Vec<WarningCode> {
    inspect(recording)
        .into_iter()
        .map(|warning| warning.code)
        .collect()
}

#[test]
fn a_lawful_heart_raises_no_doubt() {
    assert!(codes(&heart()).is_empty());
    assert_eq!(assess(&heart()).verdict, Verdict::Readable);
}

#[test]
fn one_lead_with_a_wrong_gain_is_named_with_its_factor() {
    for name in &STANDARD_12[..6] {
        let mut recording = heart();
        lead_mut(&mut recording, name).samples.counts_per_unit = 500.0;
        let warnings = inspect(&recording);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
        assert_eq!(warnings[0].code, WarningCode::Einthoven);
        let expected = format!("Lead {name} is 2.00 times");
        assert!(
            warnings[0].message.starts_with(&expected),
            "{}",
            warnings[0].message
        );
    }
}

#[test]
fn a_lead_upside_down_and_two_exchanged_leads_are_told_apart() {
    let mut inverted = heart();
    lead_mut(&mut inverted, &LeadName::III)
        .samples
        .counts_per_unit = -1000.0;
    assert!(inspect(&inverted)[0].message.contains("III is upside down"));
    let mut exchanged = heart();
    exchanged.leads[1].name = LeadName::AVL;
    exchanged.leads[4].name = LeadName::II;
    let message = &inspect(&exchanged)[0].message;
    assert!(
        message.starts_with("Leads II and aVL seem to carry each other's name"),
        "{message}"
    );
}

#[test]
fn gains_of_their_own_over_lawful_integers_are_recognised_and_undone() {
    let mut recording = heart();
    for (lead, gain) in recording
        .leads
        .iter_mut()
        .zip([1716.0, 1206.0, 1229.0, 1368.0, 1300.0, 698.0])
    {
        lead.samples.counts_per_unit = gain;
    }
    let warnings = inspect(&recording);
    assert!(
        warnings[0].message.contains("the stored integers do obey"),
        "{warnings:?}"
    );
    let common = undo_own_gains(&recording).expect("there is something to undo");
    assert!(codes(&common).is_empty());
    assert!(undo_own_gains(&heart()).is_none());
}

#[test]
fn a_header_that_says_4880_is_doubted_with_its_number() {
    let mut recording = heart();
    for lead in &mut recording.leads {
        lead.samples.counts_per_unit = 4880.0;
    }
    let warnings = inspect(&recording);
    assert_eq!(warnings.len(), 1);
    assert_eq!(warnings[0].code, WarningCode::ImplausibleAmplitude);
    assert!(
        warnings[0].message.contains("4880"),
        "{}",
        warnings[0].message
    );
}

#[test]
fn absent_flat_cut_off_and_broken_leads_are_named() {
    let mut recording = heart();
    recording.leads.retain(|lead| lead.name != LeadName::V6);
    replace(&mut recording, &LeadName::V5, |_, _| 12.0);
    replace(&mut recording, &LeadName::V4, |_, value| value.min(500.0));
    replace(&mut recording, &LeadName::V3, |index, value| {
        if index < 500 { f64::NAN } else { value }
    });
    let warnings = inspect(&recording);
    for (code, words) in [
        (WarningCode::MissingLeads, "Lead V6 is not in this file"),
        (WarningCode::FlatLead, "Lead V5 holds one constant value"),
        (WarningCode::Saturated, "Lead V4 is cut off"),
        (WarningCode::MissingSamples, "Lead V3 has gaps: 10.0 %"),
    ] {
        let found = warnings.iter().find(|warning| warning.code == code);
        assert!(
            found.is_some_and(|warning| warning.message.starts_with(words)),
            "{warnings:?}"
        );
    }
    assert_eq!(warnings.len(), 4, "{warnings:?}");
}

#[test]
fn a_lost_amplitude_is_said_once() {
    let mut recording = heart();
    for lead in &mut recording.leads {
        lead.unit = Unit::Normalised;
    }
    assert_eq!(codes(&recording), [WarningCode::NotVoltage]);
    let quality = assess(&recording);
    assert_eq!(
        quality.verdict,
        Verdict::Readable,
        "shape is left, so it is read"
    );
    assert!(
        quality
            .leads
            .iter()
            .all(|lead| lead.noise_uv.is_none() && lead.qrs_uv.is_none())
    );
}

#[test]
fn limb_leads_are_derived_from_two_and_obey_the_law() {
    let mut recording = heart();
    recording
        .leads
        .retain(|lead| !matches!(lead.name.standard_index(), Some(2..=5)));
    let completed = derive_limb_leads(&recording);
    let names: Vec<&LeadName> = completed.leads.iter().map(|lead| &lead.name).collect();
    assert_eq!(names, STANDARD_12.iter().collect::<Vec<_>>());
    let truth = heart();
    for name in &STANDARD_12[2..6] {
        let derived = completed.lead(name).unwrap();
        assert_eq!(derived.origin, LeadOrigin::Derived);
        let recorded = truth.lead(name).unwrap().samples.microvolts();
        let worst = (derived.samples.microvolts().iter().zip(&recorded))
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(worst <= 1.5, "{name}: rounding only");
    }
    assert_eq!(completed.warnings.len(), 1);
    assert_eq!(completed.warnings[0].code, WarningCode::DerivedLeads);
    assert!(codes(&completed).is_empty());
}

#[test]
fn one_or_two_bad_leads_are_read_with_a_remark_and_three_chest_leads_are_refused() {
    let mut recording = heart();
    let flat = |recording: &mut Recording, name| replace(recording, &name, |_, _| 0.0);
    flat(&mut recording, LeadName::V1);
    flat(&mut recording, LeadName::V2);
    let quality = assess(&recording);
    assert_eq!(
        quality.verdict,
        Verdict::Doubtful("leads V1 and V2 are flat".into())
    );
    assert_eq!(quality.usable().len(), 10);
    flat(&mut recording, LeadName::V3);
    let reason = assess(&recording).not_readable();
    assert_eq!(reason.as_deref(), Some("leads V1, V2 and V3 are flat"));
}

#[test]
fn what_is_no_ecg_is_refused_with_the_reason() {
    let flat = {
        let mut recording = heart();
        for name in &STANDARD_12 {
            replace(&mut recording, name, |_, _| 0.0);
        }
        recording
    };
    assert_eq!(
        assess(&flat).not_readable().as_deref(),
        Some("every lead is flat")
    );

    // Brown noise, without a heart in it.
    let mut noise = heart();
    for (channel, name) in STANDARD_12.iter().enumerate() {
        let mut state = 12_345 + channel as u64;
        let mut level = 0.0;
        let lead = lead_mut(&mut noise, name);
        let samples = (0..SAMPLES).map(|_| {
            // Knuth's MMIX generator.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            level = 0.99 * level + ((state >> 40) as f64 / f64::from(1 << 24) - 0.5) * 100.0;
            level
        });
        lead.samples = Samples::from_microvolts(samples.collect());
    }
    let reason = assess(&noise).not_readable();
    assert_eq!(
        reason.as_deref(),
        Some("no heartbeat can be made out in any lead")
    );

    let mut short = heart();
    for name in &STANDARD_12 {
        let lead = lead_mut(&mut short, name);
        lead.samples = Samples::from_microvolts(lead.samples.microvolts()[..600].to_vec());
    }
    assert!(assess(&short).not_readable().unwrap().contains("1.2 s"));

    assert!(
        assess(&Recording::new("empty", "test", 500.0))
            .not_readable()
            .is_some()
    );
}

#[test]
fn a_sine_tachycardia_is_not_mistaken_for_noise() {
    // Ventricular tachycardia can be nearly a sine wave with nothing between its complexes.
    let mut recording = heart();
    for (index, name) in STANDARD_12.iter().enumerate() {
        replace(&mut recording, name, |sample, _| {
            let angle = std::f64::consts::TAU * 2.6 * sample as f64 / RATE_HZ + index as f64;
            1500.0 * (angle.sin() + 0.3 * (2.0 * angle).sin() + 0.15 * (3.0 * angle).cos())
        });
    }
    assert_eq!(assess(&recording).verdict, Verdict::Readable);
}

#[test]
fn samples_that_are_no_numbers_never_panic() {
    for value in [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
    ] {
        let mut recording = heart();
        for name in &STANDARD_12 {
            replace(&mut recording, name, |index, old| {
                if index % 7 == 0 { value } else { old }
            });
        }
        let _ = (
            inspect(&recording),
            assess(&recording),
            derive_limb_leads(&recording),
        );
        for lead in &mut recording.leads {
            lead.sampling_rate_hz = value;
        }
        let _ = (
            inspect(&recording),
            assess(&recording),
            derive_limb_leads(&recording),
        );
    }
}
