//! What each condition changes in a person's heart.

use super::atria::AtrialWave;
use super::loops;
use super::parameters::{Atria, Conduction, Ectopy, Focus, Pacing, Parameters};
use super::rng::Rng;
use super::vector::scale;
use super::ventricles::Ventricles;

fn sinus(p: &mut Parameters, rate_per_min: f64, respiratory: f64) {
    p.atria = Atria::Sinus {
        rate_per_min,
        respiratory,
        variation: 0.014,
    };
}

/// The age range of the people who have it.
fn aged(p: &mut Parameters, rng: &mut Rng, from: f64, to: f64) {
    p.age_years = rng.uniform(from, to).round();
}

pub(super) fn sinus_rhythm(_: &mut Parameters, _: &mut Rng) {}

pub(super) fn sinus_bradycardia(p: &mut Parameters, rng: &mut Rng) {
    sinus(p, rng.uniform(42.0, 54.0), 0.03);
}

pub(super) fn sinus_tachycardia(p: &mut Parameters, rng: &mut Rng) {
    sinus(p, rng.uniform(108.0, 138.0), 0.006);
    p.conduction = Conduction::Fixed {
        pr_s: rng.uniform(0.128, 0.148),
    };
    p.ventricles.st_j[1] -= 0.02;
}

pub(super) fn sinus_arrhythmia(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 18.0, 35.0);
    sinus(p, rng.uniform(60.0, 76.0), rng.uniform(0.13, 0.19));
    p.breathing.rate_hz = rng.uniform(0.17, 0.24);
}

pub(super) fn atrial_fibrillation(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 58.0, 88.0);
    p.atria = Atria::Fibrillation {
        rate_hz: rng.uniform(5.2, 7.6),
        amplitude_mv: rng.uniform(0.09, 0.20),
    };
    p.conduction = Conduction::Irregular {
        rate_per_min: rng.uniform(78.0, 118.0),
        variation: rng.uniform(0.19, 0.25),
    };
}

fn atrial_flutter(p: &mut Parameters, rng: &mut Rng, ratio: usize) {
    aged(p, rng, 52.0, 84.0);
    p.atria = Atria::Flutter {
        rate_per_min: rng.uniform(285.0, 312.0),
        amplitude_mv: rng.uniform(0.24, 0.36),
    };
    p.conduction = Conduction::Ratio { ratio };
    p.ventricles.t = scale(p.ventricles.t, 0.7);
}

pub(super) fn atrial_flutter_2to1(p: &mut Parameters, rng: &mut Rng) {
    atrial_flutter(p, rng, 2);
}

pub(super) fn atrial_flutter_4to1(p: &mut Parameters, rng: &mut Rng) {
    atrial_flutter(p, rng, 4);
}

pub(super) fn first_degree_av_block(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 45.0, 85.0);
    sinus(p, rng.uniform(58.0, 74.0), 0.02);
    p.conduction = Conduction::Fixed {
        pr_s: rng.uniform(0.245, 0.33),
    };
}

pub(super) fn wenckebach(p: &mut Parameters, rng: &mut Rng) {
    sinus(p, rng.uniform(66.0, 84.0), 0.01);
    p.conduction = Conduction::Wenckebach {
        pr_s: rng.uniform(0.19, 0.22),
        growth_s: rng.uniform(0.075, 0.11),
        cycle: 4 + rng.below(2),
    };
}

pub(super) fn third_degree_av_block(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 60.0, 90.0);
    let escape_per_min = rng.uniform(32.0, 40.0);
    // No whole multiple: P and QRS must not seem to keep step.
    sinus(p, escape_per_min * rng.uniform(2.25, 2.75), 0.008);
    p.conduction = Conduction::Complete { escape_per_min };
    p.escape = Some(loops::escape_beat());
    p.qtc_s = rng.uniform(0.40, 0.43);
}

pub(super) fn left_bundle_branch_block(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 55.0, 85.0);
    p.ventricles = loops::left_bundle_branch_block();
}

pub(super) fn right_bundle_branch_block(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 45.0, 85.0);
    p.ventricles = loops::right_bundle_branch_block();
}

pub(super) fn left_anterior_fascicular_block(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 45.0, 82.0);
    p.ventricles = loops::left_anterior_fascicular_block();
}

pub(super) fn wolff_parkinson_white(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 18.0, 45.0);
    p.ventricles = loops::pre_excited();
    p.conduction = Conduction::Fixed {
        pr_s: rng.uniform(0.095, 0.108),
    };
    p.p.duration_s = 0.092;
}

pub(super) fn premature_ventricular_complexes(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 30.0, 78.0);
    let ventricles = if rng.chance(0.6) {
        loops::outflow_tract_beat()
    } else {
        loops::left_ventricular_beat()
    };
    p.ectopy = Some(Ectopy {
        focus: Focus::Ventricular { ventricles },
        coupling: rng.uniform(0.52, 0.62),
        every: (3, 5),
    });
}

pub(super) fn premature_atrial_complexes(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 30.0, 78.0);
    p.ectopy = Some(Ectopy {
        focus: Focus::Atrial {
            p: AtrialWave::ectopic(),
            pr_s: rng.uniform(0.15, 0.18),
        },
        coupling: rng.uniform(0.56, 0.63),
        every: (3, 5),
    });
}

pub(super) fn left_ventricular_hypertrophy(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 45.0, 82.0);
    p.ventricles = loops::left_ventricular_hypertrophy();
}

pub(super) fn right_ventricular_hypertrophy(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 25.0, 70.0);
    p.ventricles = loops::right_ventricular_hypertrophy();
}

pub(super) fn left_atrial_enlargement(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 45.0, 80.0);
    p.p = AtrialWave::left_enlarged();
    p.conduction = Conduction::Fixed {
        pr_s: rng.uniform(0.175, 0.195),
    };
}

pub(super) fn anterior_stemi(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 42.0, 80.0);
    sinus(p, rng.uniform(74.0, 98.0), 0.008);
    p.ventricles = loops::anterior_infarction();
}

pub(super) fn inferior_stemi(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 42.0, 80.0);
    sinus(p, rng.uniform(56.0, 74.0), 0.012);
    p.ventricles = loops::inferior_infarction();
}

pub(super) fn st_depression(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 50.0, 82.0);
    sinus(p, rng.uniform(78.0, 98.0), 0.008);
    let beat = &mut p.ventricles;
    beat.st_j = [-0.15, -0.13, 0.09];
    beat.st_end = [-0.15, -0.13, 0.08];
    beat.t = [0.16, 0.14, -0.10];
    beat.t_opening = [0.0; 3];
    beat.t_begin = 0.45;
}

pub(super) fn t_wave_inversion(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 42.0, 78.0);
    let beat = &mut p.ventricles;
    beat.st_j = [0.0, 0.0, -0.01];
    beat.st_end = [0.02, 0.02, -0.02];
    beat.t = [-0.16, 0.02, 0.30];
    beat.t_opening = [0.04, 0.0, -0.10];
    beat.t_begin = 0.3;
    p.qtc_s += 0.02;
}

pub(super) fn long_qt(p: &mut Parameters, rng: &mut Rng) {
    p.qtc_s = rng.uniform(0.505, 0.56);
    sinus(p, rng.uniform(58.0, 74.0), 0.015);
    p.ventricles.t = scale(p.ventricles.t, 1.1);
    p.ventricles.t_begin = 0.3;
}

pub(super) fn hyperkalaemia(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 45.0, 82.0);
    p.ventricles.t = [0.62, 0.52, -0.62];
    p.ventricles.t_opening = [0.0; 3];
    p.ventricles.st_j = [0.0; 3];
    p.ventricles.st_end = [0.0; 3];
    p.ventricles.t_begin = 0.30;
    p.ventricles.t_peak = 0.66;
    p.ventricles.t_power = 2.6;
    p.ventricles.qrs_s = 0.112;
    p.ventricles.u = [0.0; 3];
    for lobe in &mut p.p.lobes {
        lobe.vector = scale(lobe.vector, 0.45);
    }
    p.p.duration_s = 0.124;
    p.conduction = Conduction::Fixed {
        pr_s: rng.uniform(0.19, 0.21),
    };
}

pub(super) fn low_voltage(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 45.0, 82.0);
    let size = rng.uniform(0.21, 0.26);
    for point in &mut p.ventricles.qrs {
        *point = scale(*point, size);
    }
    p.ventricles.t = scale(p.ventricles.t, 0.45);
    for lobe in &mut p.p.lobes {
        lobe.vector = scale(lobe.vector, 0.7);
    }
}

pub(super) fn ventricular_pacing(p: &mut Parameters, rng: &mut Rng) {
    aged(p, rng, 62.0, 90.0);
    sinus(p, rng.uniform(62.0, 78.0), 0.01);
    p.ventricles = Ventricles::default();
    p.ectopy = Some(Ectopy {
        focus: Focus::Ventricular {
            ventricles: loops::apical_pacing(),
        },
        coupling: 1.0,
        every: (usize::MAX, usize::MAX),
    });
    p.pacing = Some(Pacing {
        av_delay_s: Some(rng.uniform(0.15, 0.18)),
        rate_per_min: 60.0,
        spike: scale([-0.35, 0.75, -0.25], rng.uniform(0.6, 1.1)),
    });
}
