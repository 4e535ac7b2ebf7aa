//! Exchanged electrodes are hinted at, on simulated and on real tracings; ordinary ones are not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod shared;

use heartbeatai::ecg::{LeadName, Recording, WarningCode};
use heartbeatai::opening;
use heartbeatai::signal::reversal::{MODEL, Swap, inspect, suspect};
use heartbeatai::simulate::{self, Settings, bundled, condition};

fn sinus_rhythm(seed: u64) -> Recording {
    let condition = condition("sinus_rhythm").unwrap();
    simulate::simulate(condition, seed, &Settings::default()).recording
}

fn lead(recording: &Recording, name: LeadName) -> Vec<f64> {
    recording.lead(&name).unwrap().samples.microvolts()
}

#[test]
fn the_bundled_model_knows_every_swap() {
    for swap in Swap::ALL {
        let own = MODEL.swaps.iter().find(|own| own.swap == swap.id());
        let own = own.unwrap_or_else(|| panic!("no coefficients for {swap}"));
        assert_eq!(own.scale.len(), own.weight.len());
        assert!(own.threshold >= 0.5, "{swap} is mentioned too lightly");
    }
    assert!(MODEL.command.starts_with("heartbeatai evaluate --reversal"));
}

#[test]
fn a_swap_does_to_the_leads_what_exchanged_cables_do_and_undoes_itself() {
    let recording = sinus_rhythm(3);
    let arms = Swap::RaLa.apply_to(&recording);
    for (a, b) in lead(&recording, LeadName::I)
        .iter()
        .zip(lead(&arms, LeadName::I))
    {
        assert_eq!(*a, -b, "lead I is upside down");
    }
    assert_eq!(lead(&recording, LeadName::II), lead(&arms, LeadName::III));
    assert_eq!(lead(&recording, LeadName::AVR), lead(&arms, LeadName::AVL));
    assert_eq!(lead(&recording, LeadName::AVF), lead(&arms, LeadName::AVF));
    assert_eq!(lead(&recording, LeadName::V1), lead(&arms, LeadName::V1));
    for swap in Swap::ALL {
        let swapped = swap.apply_to(&recording);
        assert_ne!(swapped, recording, "{swap}");
        assert_eq!(swap.apply_to(&swapped), recording, "{swap} twice");
        // Exchanged electrodes never break Einthoven's law; that is why another check is needed.
        let (one, two) = (lead(&swapped, LeadName::I), lead(&swapped, LeadName::II));
        let three = lead(&swapped, LeadName::III);
        for ((one, two), three) in one.iter().zip(&two).zip(&three) {
            assert!((two - one - three).abs() <= 2.0, "{swap}");
        }
    }
}

#[test]
fn no_bundled_case_is_called_swapped() {
    for case in bundled::cases() {
        let recording = bundled::open(&case.id).unwrap();
        assert_eq!(inspect(&recording), None, "{}", case.id);
    }
}

#[test]
fn exchanged_arm_electrodes_are_named_in_words_that_hint() {
    let warning = inspect(&Swap::RaLa.apply_to(&sinus_rhythm(1))).expect("a hint");
    assert_eq!(warning.code, WarningCode::LeadReversal);
    assert!(
        warning
            .message
            .starts_with("Arm electrodes may be swapped (RA/LA)")
    );
    assert!(warning.message.contains("A hint"));
}

#[test]
fn a_tracing_with_too_little_in_it_raises_no_hint() {
    let mut short = Swap::RaLa.apply_to(&sinus_rhythm(1));
    short.leads.retain(|lead| lead.name.is_limb());
    assert_eq!(suspect(&short), None, "no chest lead to compare with");
    assert_eq!(suspect(&Recording::new("empty", "test", 500.0)), None);
    let mut dead = Swap::V2V3.apply_to(&sinus_rhythm(1));
    for lead in &mut dead.leads {
        let nothing = vec![f64::NAN; lead.samples.len()];
        lead.samples = heartbeatai::ecg::Samples::from_microvolts(nothing);
    }
    assert_eq!(suspect(&dead), None);
}

#[test]
fn a_heart_on_the_right_is_told_from_exchanged_arms() {
    let normal = condition("sinus_rhythm").unwrap();
    let mut parameters = simulate::parameters(normal, 5);
    // The heart mirrored left to right, the electrodes where they always are.
    for row in &mut parameters.torso.rows {
        row[0] = -row[0];
    }
    let settings = Settings::default();
    let mirrored = simulate::simulate_parameters(parameters, 5, &settings).recording;
    let warning = inspect(&mirrored).expect("a hint");
    assert_eq!(
        warning.code,
        WarningCode::Dextrocardia,
        "{}",
        warning.message
    );
}

/// The records of PTB-XL's fold 9, which the coefficients were not fitted on.
#[test]
fn on_patients_held_back_swaps_are_found_and_ordinary_tracings_left_alone() {
    let Some(dir) = shared::folder("ecg/ptb-xl") else {
        return;
    };
    let mut table = csv::Reader::from_path(dir.join("ptbxl_database.csv")).unwrap();
    let header = table.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|own| own == name).unwrap();
    let (fold, file) = (column("strat_fold"), column("filename_hr"));
    let records: Vec<Recording> = table
        .records()
        .map(Result::unwrap)
        .filter(|row| row[fold].starts_with('9'))
        .filter_map(|row| opening::open(&dir.join(format!("{}.hea", &row[file]))).ok())
        .collect();
    assert!(records.len() > 50, "{} records", records.len());
    let named = records.iter().filter(|record| suspect(record).is_some());
    let false_alarms = named.count() as f64 / records.len() as f64;
    assert!(false_alarms <= 0.02, "{false_alarms} called swapped");
    let found = |swap: Swap| {
        let found = records
            .iter()
            .filter(|record| suspect(&swap.apply_to(record)).is_some_and(|s| s.swap == swap));
        found.count() as f64 / records.len() as f64
    };
    let arms = found(Swap::RaLa);
    assert!(arms >= 0.95, "RA/LA {arms}");
    let chest: Vec<Swap> = Swap::ALL
        .into_iter()
        .filter(|swap| swap.is_chest())
        .collect();
    let chest_found = chest.iter().map(|&swap| found(swap)).sum::<f64>() / chest.len() as f64;
    assert!(chest_found >= 0.8, "chest electrodes {chest_found}");
}
