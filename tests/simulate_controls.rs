//! The heart with handles: what is turned is what is measured, lead by lead, by code that knows nothing of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use heartbeatai::ecg::{BeatKind, LeadName};
use heartbeatai::measure::{Measurements, measure};
use heartbeatai::simulate::{AvConduction, Bundle, Controls, Early, Rhythm, Territory};

/// Without disturbance, so that what differs is the heart.
fn quiet() -> Controls {
    Controls {
        muscle_uv: 0.0,
        wander_uv: 0.0,
        ..Controls::default()
    }
}

fn measured(controls: &Controls) -> Measurements {
    measure(&controls.simulate().recording)
}

#[test]
fn the_same_controls_draw_the_same_tracing_and_another_seed_another_person() {
    let controls = Controls::default();
    assert_eq!(controls.simulate(), controls.simulate());
    let other = Controls {
        seed: 11,
        ..Controls::default()
    };
    assert_ne!(other.simulate().recording, controls.simulate().recording);
}

#[test]
fn rate_pr_qrs_and_axis_are_measured_as_they_were_set() {
    for rate in [45.0, 72.0, 110.0, 150.0] {
        let found = measured(&Controls {
            rate_per_min: rate,
            ..quiet()
        })
        .heart_rate
        .unwrap()
        .value;
        assert!((found - rate).abs() < 0.04 * rate, "rate {rate}: {found}");
    }
    for pr_s in [0.12, 0.16, 0.22, 0.30] {
        let found = measured(&Controls { pr_s, ..quiet() }).pr.unwrap().value;
        assert!((found - 1000.0 * pr_s).abs() < 22.0, "PR {pr_s}: {found}");
    }
    for qrs_s in [0.08, 0.10, 0.13, 0.16] {
        let found = measured(&Controls { qrs_s, ..quiet() }).qrs.unwrap().value;
        assert!(
            (found - 1000.0 * qrs_s).abs() < 16.0,
            "QRS {qrs_s}: {found}"
        );
    }
    for axis_deg in [-80.0, -30.0, 0.0, 45.0, 90.0, 130.0] {
        let controls = Controls {
            axis_deg,
            ..quiet()
        };
        let apart = |found: f64| ((found - axis_deg + 540.0).rem_euclid(360.0) - 180.0).abs();
        let drawn = axis(&controls);
        assert!(apart(drawn) < 5.0, "axis {axis_deg} drawn as {drawn}");
        let found = measured(&controls).qrs_axis.unwrap().value;
        println!("axis {axis_deg}: drawn {drawn:.1}, measured {found:.1}");
        assert!(apart(found) < 20.0, "axis {axis_deg} measured as {found}");
    }
}

/// Frontal axis from the areas of QRS in I and aVF between its true ends.
fn axis(controls: &Controls) -> f64 {
    let simulation = controls.simulate();
    let area = |name: LeadName| -> f64 {
        let lead = simulation.recording.lead(&name).unwrap();
        let index = |at_s: f64| (at_s * lead.sampling_rate_hz).round() as usize;
        let beats = simulation.truth.beats.iter();
        beats
            .map(|beat| {
                let level = lead.samples.get(index(beat.qrs_on_s) - 1).unwrap();
                let span = index(beat.qrs_on_s)..=index(beat.qrs_off_s);
                span.filter_map(|i| lead.samples.get(i))
                    .map(|value| value - level)
                    .sum::<f64>()
            })
            .sum()
    };
    let (one, foot) = (area(LeadName::I), area(LeadName::AVF));
    (2.0 * foot).atan2(3.0_f64.sqrt() * one).to_degrees()
}

/// Mean ST level 40 ms after the end of QRS against the level before it, in millivolts.
fn st(controls: &Controls, lead: &str) -> f64 {
    let simulation = controls.simulate();
    let lead = simulation.recording.lead(&LeadName::parse(lead)).unwrap();
    let at = |at_s: f64| {
        let sample = (at_s * lead.sampling_rate_hz).round() as usize;
        lead.samples.get(sample).unwrap() / 1000.0
    };
    let beats: Vec<_> = simulation
        .truth
        .beats
        .iter()
        .filter(|beat| beat.qrs_off_s < 9.5)
        .collect();
    let levels = beats
        .iter()
        .map(|beat| at(beat.qrs_off_s + 0.04) - at(beat.qrs_on_s - 0.01));
    levels.sum::<f64>() / beats.len() as f64
}

#[test]
fn an_injured_wall_lifts_st_in_its_own_leads_and_sinks_it_in_the_mirror() {
    let healthy = quiet();
    for (place, territory) in Territory::ALL.into_iter().enumerate() {
        for mv in [0.2, -0.15] {
            let mut hurt = quiet();
            hurt.st_mv[place] = mv;
            let leads = territory.leads();
            let change = leads
                .iter()
                .map(|lead| st(&hurt, lead) - st(&healthy, lead));
            let mean = change.sum::<f64>() / leads.len() as f64;
            assert!((mean - mv).abs() < 0.03, "{territory:?} {mv}: {mean}");
        }
    }
    let mut inferior = quiet();
    inferior.st_mv[3] = 0.3;
    assert!(
        st(&inferior, "aVL") - st(&healthy, "aVL") < -0.1,
        "the mirror of the inferior wall"
    );
}

#[test]
fn blocks_and_early_beats_come_as_they_are_asked_for() {
    let with = |av| {
        Controls {
            av,
            rate_per_min: 80.0,
            ..quiet()
        }
        .simulate()
        .truth
    };
    assert!(with(AvConduction::Conducted).lone_p.is_empty());
    for av in [
        AvConduction::Wenckebach,
        AvConduction::TwoToOne,
        AvConduction::Complete,
    ] {
        assert!(with(av).lone_p.len() >= 2, "{av:?}");
    }
    let two_to_one = with(AvConduction::TwoToOne);
    assert!(two_to_one.beats.len().abs_diff(two_to_one.lone_p.len()) <= 1);

    for (early, kind) in [
        (Early::Ventricular, BeatKind::VentricularPremature),
        (Early::Atrial, BeatKind::AtrialPremature),
    ] {
        let count = |every| {
            let controls = Controls {
                early,
                early_every: every,
                ..quiet()
            };
            controls
                .simulate()
                .truth
                .beats
                .iter()
                .filter(|beat| beat.kind == kind)
                .count()
        };
        assert!(count(2) > count(5), "{early:?}");
        assert!(count(5) >= 1, "{early:?}");
    }
    for bundle in [Bundle::Left, Bundle::Right, Bundle::PreExcited] {
        let controls = Controls {
            bundle,
            qrs_s: bundle.usual_qrs_s(),
            axis_deg: bundle.usual_axis_deg(),
            ..quiet()
        };
        let qrs = measured(&controls).qrs.unwrap().value;
        assert!(qrs > 112.0, "{bundle:?}: {qrs}");
    }
}

#[test]
fn fibrillation_is_irregular_without_p_and_flutter_regular_at_the_rate_asked_for() {
    let rr = |controls: &Controls| -> Vec<f64> {
        let truth = controls.simulate().truth;
        assert!(
            truth.beats.iter().all(|beat| beat.p.is_none()) || controls.rhythm == Rhythm::Sinus
        );
        truth
            .beats
            .windows(2)
            .map(|pair| pair[1].r_peak_s - pair[0].r_peak_s)
            .collect()
    };
    let spread = |rr: &[f64]| {
        let mean = rr.iter().sum::<f64>() / rr.len() as f64;
        (rr.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / rr.len() as f64).sqrt() / mean
    };
    let of = |rhythm, rate_per_min| {
        rr(&Controls {
            rhythm,
            rate_per_min,
            ..quiet()
        })
    };
    assert!(spread(&of(Rhythm::Fibrillation, 100.0)) > 0.12);
    for rate in [75.0, 100.0, 150.0] {
        let rr = of(Rhythm::Flutter, rate);
        assert!(spread(&rr) < 0.02);
        assert!(
            (60.0 / rr[0] - rate).abs() < 2.0,
            "{rate}: {}",
            60.0 / rr[0]
        );
    }
}

#[test]
fn nonsense_from_a_handle_still_draws_a_tracing() {
    let controls = Controls {
        rate_per_min: f64::NAN,
        pr_s: f64::INFINITY,
        qrs_s: -1.0,
        axis_deg: f64::NAN,
        qtc_s: 1e9,
        st_mv: [f64::NAN, 1e9, -1e9, 0.0],
        early: Early::Ventricular,
        early_every: 0,
        muscle_uv: -5.0,
        ..Controls::default()
    };
    assert_eq!(controls.simulate().recording.leads.len(), 12);
}
