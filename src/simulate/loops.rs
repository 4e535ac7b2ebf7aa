//! QRS loops of the textbook forms, as heart vectors (X left, Y feet, Z back) at equal time steps.
//!
//! Drawn from the medians that the same lead field gives when inverted over PTB-XL's classes, and
//! sharpened until each meets the published criteria of its form, which the tests assert.

use super::vector::{Vector, add};
use super::ventricles::Ventricles;
use super::waves::{Lobe, sum_at};

/// A loop from its three components.
fn weave<const N: usize>(x: [f64; N], y: [f64; N], z: [f64; N]) -> Vec<Vector> {
    (0..N).map(|i| [x[i], y[i], z[i]]).collect()
}

/// A loop from lobes, as smooth as a beat that spreads through muscle.
fn smooth(lobes: &[Lobe]) -> Vec<Vector> {
    const STEPS: u32 = 16;
    (0..=STEPS)
        .map(|i| sum_at(lobes, f64::from(i) / f64::from(STEPS)))
        .collect()
}

/// Complete left bundle branch block: no septal forces, slow leftward spread with a notch, to the back.
pub(super) fn left_bundle_branch_block() -> Ventricles {
    Ventricles::abnormal(
        0.150,
        weave(
            [
                0.0, 0.08, 0.22, 0.46, 0.76, 0.98, 1.00, 0.82, 0.76, 0.90, 1.00, 0.80, 0.46, 0.18,
                0.04, 0.0,
            ],
            [
                0.0, 0.02, 0.08, 0.20, 0.32, 0.36, 0.30, 0.20, 0.12, 0.08, 0.04, 0.00, -0.03,
                -0.03, -0.01, 0.0,
            ],
            [
                0.0, -0.05, 0.06, 0.32, 0.72, 1.12, 1.42, 1.58, 1.60, 1.46, 1.18, 0.82, 0.46, 0.20,
                0.05, 0.0,
            ],
        ),
    )
}

/// Complete right bundle branch block: a normal start, then slow forces to the right and front.
pub(super) fn right_bundle_branch_block() -> Ventricles {
    Ventricles::abnormal(
        0.146,
        weave(
            [
                0.0, -0.05, 0.06, 0.62, 1.08, 0.80, 0.26, -0.12, -0.32, -0.40, -0.38, -0.29, -0.16,
                -0.05, 0.0,
            ],
            [
                0.0, -0.04, 0.03, 0.34, 0.82, 0.78, 0.46, 0.24, 0.12, 0.06, 0.03, 0.01, 0.0, 0.0,
                0.0,
            ],
            [
                0.0, -0.16, -0.28, -0.12, 0.26, 0.36, 0.12, -0.20, -0.48, -0.68, -0.70, -0.52,
                -0.27, -0.08, 0.0,
            ],
        ),
    )
}

/// Left anterior fascicular block: first to the feet and right, then to the left and head.
pub(super) fn left_anterior_fascicular_block() -> Ventricles {
    let mut beat = Ventricles {
        qrs_s: 0.102,
        qrs: weave(
            [
                0.0, -0.06, -0.03, 0.18, 0.58, 0.92, 0.92, 0.58, 0.20, -0.01, -0.04, -0.02, 0.0,
            ],
            [
                0.0, 0.13, 0.22, 0.15, -0.06, -0.38, -0.72, -0.90, -0.74, -0.42, -0.18, -0.05, 0.0,
            ],
            [
                0.0, -0.08, -0.20, -0.24, -0.12, 0.18, 0.56, 0.78, 0.68, 0.42, 0.18, 0.05, 0.0,
            ],
        ),
        ..Ventricles::default()
    };
    beat.t = [0.26, 0.20, -0.16];
    beat
}

/// Left ventricular hypertrophy: the late leftward and posterior forces tower; strain.
pub(super) fn left_ventricular_hypertrophy() -> Ventricles {
    Ventricles {
        qrs_s: 0.104,
        qrs: weave(
            [
                0.0, -0.06, -0.07, 0.22, 0.98, 1.95, 2.20, 1.25, 0.22, -0.12, -0.10, -0.03, 0.0,
            ],
            [
                0.0, -0.03, -0.04, 0.04, 0.32, 0.75, 0.95, 0.60, 0.16, -0.04, -0.05, -0.02, 0.0,
            ],
            [
                0.0, -0.08, -0.20, -0.20, 0.10, 0.62, 1.22, 1.55, 1.20, 0.64, 0.26, 0.06, 0.0,
            ],
        ),
        st_j: [-0.06, -0.02, -0.06],
        st_end: [-0.16, -0.05, -0.10],
        t: [-0.15, -0.03, -0.12],
        t_opening: [0.0; 3],
        t_peak: 0.70,
        t_begin: 0.12,
        ..Ventricles::default()
    }
}

/// Right ventricular hypertrophy: forces to the front and right win; strain in V1-V3.
pub(super) fn right_ventricular_hypertrophy() -> Ventricles {
    Ventricles {
        qrs_s: 0.096,
        qrs: weave(
            [
                0.0, 0.02, 0.12, 0.32, 0.46, 0.30, -0.02, -0.38, -0.60, -0.48, -0.25, -0.08, 0.0,
            ],
            [
                0.0, 0.00, -0.04, 0.16, 0.56, 0.88, 0.85, 0.56, 0.28, 0.12, 0.04, 0.00, 0.0,
            ],
            [
                0.0, -0.15, -0.36, -0.62, -0.82, -0.86, -0.74, -0.48, -0.18, 0.04, 0.07, 0.03, 0.0,
            ],
        ),
        st_j: [0.01, -0.01, 0.03],
        st_end: [0.02, -0.03, 0.08],
        t: [0.22, 0.02, 0.20],
        t_opening: [0.0; 3],
        near: Vec::new(),
        ..Ventricles::default()
    }
}

/// Acute anterior infarction: the septum's first forces are lost, injury points to the front.
pub(super) fn anterior_infarction() -> Ventricles {
    Ventricles {
        qrs_s: 0.092,
        qrs: weave(
            [
                0.0, 0.00, 0.04, 0.22, 0.62, 1.02, 0.96, 0.45, 0.02, -0.12, -0.08, -0.02, 0.0,
            ],
            [
                0.0, -0.01, 0.00, 0.06, 0.26, 0.66, 0.84, 0.52, 0.16, 0.00, -0.02, -0.01, 0.0,
            ],
            [
                0.0, 0.06, 0.19, 0.30, 0.34, 0.44, 0.68, 0.74, 0.54, 0.30, 0.12, 0.03, 0.0,
            ],
        ),
        st_j: [0.09, -0.115, -0.255],
        st_end: [0.17, -0.125, -0.38],
        t: [0.20, 0.06, -0.22],
        t_opening: [0.0, 0.0, 0.0],
        t_peak: 0.66,
        t_begin: 0.0,
        ..Ventricles::default()
    }
}

/// Acute inferior infarction: first forces away from the feet, injury towards them.
pub(super) fn inferior_infarction() -> Ventricles {
    Ventricles {
        qrs_s: 0.092,
        qrs: weave(
            [
                0.0, -0.02, 0.02, 0.28, 0.80, 1.22, 1.10, 0.44, -0.04, -0.12, -0.07, -0.02, 0.0,
            ],
            [
                0.0, -0.10, -0.22, -0.26, -0.06, 0.38, 0.72, 0.60, 0.28, 0.06, 0.00, 0.00, 0.0,
            ],
            [
                0.0, -0.10, -0.24, -0.32, -0.18, 0.24, 0.70, 0.82, 0.62, 0.36, 0.15, 0.04, 0.0,
            ],
        ),
        st_j: [-0.04, 0.19, 0.07],
        st_end: [-0.05, 0.30, 0.09],
        t: [0.14, 0.20, 0.00],
        t_opening: [0.0, 0.0, 0.0],
        t_peak: 0.66,
        t_begin: 0.0,
        ..Ventricles::default()
    }
}

/// Pre-excitation through a left-sided pathway: a slow start fuses with the normal spread.
pub(super) fn pre_excited() -> Ventricles {
    let mut beat = Ventricles::abnormal(
        0.138,
        weave(
            [
                0.0, 0.06, 0.15, 0.25, 0.36, 0.70, 1.12, 1.05, 0.44, 0.02, -0.08, -0.03, 0.0,
            ],
            [
                0.0, 0.05, 0.12, 0.20, 0.30, 0.62, 0.92, 0.80, 0.42, 0.12, 0.00, 0.00, 0.0,
            ],
            [
                0.0, -0.07, -0.17, -0.27, -0.32, -0.20, 0.12, 0.50, 0.62, 0.42, 0.17, 0.04, 0.0,
            ],
        ),
    );
    beat.qt_extra_s = 0.01;
    beat
}

/// Stimulation at the right ventricular apex: away from it, to the head and back.
pub(super) fn apical_pacing() -> Ventricles {
    Ventricles::abnormal(
        0.160,
        smooth(&[
            Lobe::new(0.0, 0.30, 0.72, [0.50, -0.62, 0.62]),
            Lobe::new(0.14, 0.54, 0.94, [0.02, -0.62, 0.85]),
            Lobe::new(0.50, 0.78, 1.0, [-0.12, -0.18, 0.22]),
        ]),
    )
}

/// An early beat from the outflow tract of the right ventricle: like left bundle branch block, to the feet.
pub(super) fn outflow_tract_beat() -> Ventricles {
    Ventricles::abnormal(
        0.148,
        smooth(&[
            Lobe::new(0.0, 0.36, 0.76, [0.48, 0.95, 0.62]),
            Lobe::new(0.20, 0.58, 0.94, [0.58, 0.78, 0.74]),
            Lobe::new(0.52, 0.80, 1.0, [0.05, -0.10, 0.25]),
        ]),
    )
}

/// An early beat from the lower left ventricle: like right bundle branch block, to the head.
pub(super) fn left_ventricular_beat() -> Ventricles {
    Ventricles::abnormal(
        0.152,
        smooth(&[
            Lobe::new(0.0, 0.30, 0.70, [0.25, -0.55, -0.75]),
            Lobe::new(0.16, 0.54, 0.92, [-0.55, -0.95, -0.70]),
            Lobe::new(0.50, 0.78, 1.0, [-0.30, -0.20, -0.10]),
        ]),
    )
}

/// A slow ventricular escape beat.
pub(super) fn escape_beat() -> Ventricles {
    let mut beat = Ventricles::abnormal(
        0.154,
        smooth(&[
            Lobe::new(0.0, 0.34, 0.72, [0.60, 0.15, 0.30]),
            Lobe::new(0.16, 0.56, 0.92, [0.45, -0.25, 0.80]),
            Lobe::new(0.50, 0.78, 1.0, [-0.05, -0.10, 0.22]),
        ]),
    );
    beat.st_end = add(beat.st_end, [0.0, 0.01, -0.02]);
    beat
}
