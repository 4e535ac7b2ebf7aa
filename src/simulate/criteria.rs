//! Whether a person whom chance has drawn still meets the criteria of the condition: measured on the QRS
//! loop alone, in millivolts. Margins keep a label true after breathing and beat-to-beat changes.

use super::lead_field::twelve;
use super::parameters::Parameters;
use super::ventricles::Compiled;

const I: usize = 0;
const II: usize = 1;
const III: usize = 2;
const AVL: usize = 4;
const AVF: usize = 5;
const V1: usize = 6;
const V2: usize = 7;
const V3: usize = 8;
const V5: usize = 10;
const V6: usize = 11;

/// The QRS complex of conducted beats in the twelve leads, in steps of 1 ms.
struct Complex(Vec<[f64; 12]>);

impl Complex {
    fn of(parameters: &Parameters) -> Self {
        let shape = Compiled::new(&parameters.ventricles);
        let steps = (parameters.ventricles.qrs_s * 1000.0) as usize;
        let at = |ms: usize| {
            let at_s = ms as f64 / 1000.0;
            twelve(parameters.torso.project(shape.qrs(at_s), &shape.near(at_s)))
        };
        Self((0..=steps).map(at).collect())
    }

    fn lead(&self, lead: usize) -> impl Iterator<Item = f64> + '_ {
        self.0.iter().map(move |sample| sample[lead])
    }

    /// Height of the highest point.
    fn r(&self, lead: usize) -> f64 {
        self.lead(lead).fold(0.0, f64::max)
    }

    /// Depth of the deepest point.
    fn s(&self, lead: usize) -> f64 {
        -self.lead(lead).fold(0.0, f64::min)
    }

    /// Time of the highest point in milliseconds.
    fn r_peak_ms(&self, lead: usize) -> usize {
        let highest = self
            .lead(lead)
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1));
        highest.map_or(0, |(ms, _)| ms)
    }

    /// Height of what precedes the deepest point.
    fn r_before_s(&self, lead: usize) -> f64 {
        let deepest = self
            .lead(lead)
            .enumerate()
            .min_by(|a, b| a.1.total_cmp(&b.1));
        let deepest = deepest.map_or(0, |(ms, _)| ms);
        self.lead(lead).take(deepest).fold(0.0, f64::max)
    }

    /// Mean frontal axis in degrees, from areas.
    fn axis(&self) -> f64 {
        let (i, avf): (f64, f64) = (self.lead(I).sum(), self.lead(AVF).sum());
        (2.0 * avf).atan2(3f64.sqrt() * i).to_degrees()
    }
}

/// Mean frontal axis of conducted beats, in degrees.
pub(super) fn axis(parameters: &Parameters) -> f64 {
    Complex::of(parameters).axis()
}

pub(super) fn none(_: &Parameters) -> bool {
    true
}

/// Axis, transition and P wave of a normal tracing.
pub(super) fn normal(parameters: &Parameters) -> bool {
    let qrs = Complex::of(parameters);
    let p = parameters.p.at(0.55 * parameters.p.duration_s);
    let p = twelve(parameters.torso.project(p, &[0.0; 6]));
    (-20.0..=85.0).contains(&qrs.axis())
        && qrs.s(V1) > qrs.r(V1)
        && qrs.r_before_s(V1) > 0.06
        && qrs.r(V5) > 1.2 * qrs.s(V5)
        && p[I] > 0.025
        && p[II] > 0.07
        && p[AVF] > 0.03
}

pub(super) fn left_bundle_branch_block(parameters: &Parameters) -> bool {
    let qrs = Complex::of(parameters);
    [I, AVL, V6]
        .iter()
        .all(|&lead| qrs.r(lead) > 0.25 && qrs.r(lead) > 1.3 * qrs.s(lead))
        && [I, V5, V6]
            .iter()
            .all(|&lead| qrs.lead(lead).take(40).all(|mv| mv > -0.03))
        && qrs.r_peak_ms(V6) > 66
        && [V1, V2].iter().all(|&lead| qrs.s(lead) > 4.0 * qrs.r(lead))
}

pub(super) fn left_anterior_fascicular_block(parameters: &Parameters) -> bool {
    let qrs = Complex::of(parameters);
    (-82.0..=-50.0).contains(&qrs.axis()) && qrs.r_peak_ms(AVL) >= 48
}

/// Sokolow and Lyon, 1949: S in V1 + R in V5 or V6 of at least 3.5 mV.
pub(super) fn left_ventricular_hypertrophy(parameters: &Parameters) -> bool {
    let qrs = Complex::of(parameters);
    qrs.s(V1) + qrs.r(V5).max(qrs.r(V6)) >= 3.8
}

pub(super) fn right_ventricular_hypertrophy(parameters: &Parameters) -> bool {
    let qrs = Complex::of(parameters);
    qrs.r(V1) > 0.72 && qrs.r(V1) > 1.3 * qrs.s(V1) && qrs.axis() > 98.0 && qrs.s(V6) > 0.28
}

pub(super) fn low_voltage(parameters: &Parameters) -> bool {
    let qrs = Complex::of(parameters);
    (0..6).all(|lead| qrs.r(lead) + qrs.s(lead) < 0.46)
}

pub(super) fn anterior_infarction(parameters: &Parameters) -> bool {
    let qrs = Complex::of(parameters);
    let st = twelve(
        parameters
            .torso
            .project(parameters.ventricles.st_j, &[0.0; 6]),
    );
    qrs.r_before_s(V1) < 0.07
        && qrs.r_before_s(V2) < 0.07
        && st[III] < -0.08
        && st[V2].min(st[V3]) > 0.24
}
