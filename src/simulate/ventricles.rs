use serde::{Deserialize, Serialize};

use super::rng::Rng;
use super::vector::{Rotation, Vector, add, norm, scale};
use super::waves::{Curve, hann, mean};

/// How one kind of ventricular beat depolarises and recovers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ventricles {
    /// QRS duration in seconds.
    pub qrs_s: f64,
    /// The QRS loop: heart vectors at equal steps from onset to offset; first and last are zero.
    pub qrs: Vec<Vector>,
    /// What V1-V6 see of nearby muscle beyond a dipole, at the steps of the loop, in millivolts.
    pub near: Vec<[f64; 6]>,
    /// Injury vector at the J point.
    pub st_j: Vector,
    /// Injury vector where the T wave peaks.
    pub st_end: Vector,
    /// Heart vector of the T wave's peak (without the injury vector).
    pub t: Vector,
    /// Added early in the T wave and taken away late, so that the T loop opens.
    pub t_opening: Vector,
    /// Where T peaks between J point (0) and end of T (1).
    pub t_peak: f64,
    /// Where T begins between J point (0) and its peak (1).
    pub t_begin: f64,
    /// The flanks of T are Hann flanks to this power: above 1 its foot has no corner, the higher the
    /// more pointed it is.
    pub t_power: f64,
    /// QT of this kind of beat beyond that of a narrow one, in seconds.
    pub qt_extra_s: f64,
    /// U wave's heart vector (zero for none).
    pub u: Vector,
}

/// Share of a QRS loop's change of area that the T wave makes up for, as far as the ventricular gradient
/// (the area of QRST) stays as it was (Wilson, Macleod, Barker and Johnston, 1934).
const GRADIENT: f64 = 0.6;
/// Share of the normal T vector that remains when the ventricles are excited in another order.
const OWN_T: f64 = 0.5;

impl Default for Ventricles {
    /// Septum to the front and right, apex and left wall to the left, foot and back, base to the back.
    /// The loop follows the medians of normal tracings in PTB-XL (inverse of the lead field), sharpened
    /// for what taking medians over people blurs.
    fn default() -> Self {
        Self {
            qrs_s: 0.088,
            qrs: vec![
                [0.00, 0.00, 0.00],
                [-0.04, -0.03, -0.10],
                [-0.05, -0.05, -0.24],
                [0.16, 0.03, -0.30],
                [0.70, 0.27, -0.14],
                [1.26, 0.72, 0.30],
                [1.20, 0.86, 0.64],
                [0.58, 0.54, 0.84],
                [0.00, 0.17, 0.64],
                [-0.13, 0.02, 0.35],
                [-0.08, -0.02, 0.17],
                [-0.02, -0.01, 0.04],
                [0.00, 0.00, 0.00],
            ],
            near: nearest_wall(),
            st_j: [0.0, 0.0, -0.02],
            st_end: [0.02, 0.01, -0.05],
            t: [0.27, 0.20, -0.13],
            t_opening: [-0.03, 0.0, -0.05],
            t_peak: 0.67,
            t_begin: 0.05,
            t_power: 1.3,
            qt_extra_s: 0.0,
            u: [0.012, 0.010, -0.018],
        }
    }
}

impl Ventricles {
    /// A loop with its own duration; recovery follows the ventricular gradient of the normal beat.
    pub fn abnormal(qrs_s: f64, qrs: Vec<Vector>) -> Self {
        let mut beat = Self {
            qrs_s,
            qrs,
            qt_extra_s: 0.7 * (qrs_s - 0.088),
            ..Self::default()
        };
        beat.follow_gradient(&Self::default());
        beat.near.clear();
        beat.t_opening = [0.0; 3];
        beat.t_begin = 0.0;
        beat
    }

    /// Sets ST and T so that the QRST area stays near that of `reference`.
    pub fn follow_gradient(&mut self, reference: &Self) {
        let area = |beat: &Self| scale(mean(&beat.qrs), beat.qrs_s);
        let change = add(area(self), scale(area(reference), -1.0));
        // A T wave of 1 mV at rest has about 0.15 mV s: flanks of some 0.21 s and 0.12 s.
        self.t = add(scale(reference.t, OWN_T), scale(change, -GRADIENT / 0.15));
        self.st_j = add(reference.st_j, scale(change, -1.0));
        self.st_end = add(reference.st_end, scale(change, -1.6));
    }

    /// The end of T after the onset of QRS, in seconds, for a QT interval.
    pub(crate) fn timing(&self, qt_s: f64) -> Timing {
        let end_s = qt_s + self.qt_extra_s;
        let jt_s = (end_s - self.qrs_s).max(0.08);
        let peak_s = self.qrs_s + self.t_peak * jt_s;
        Timing {
            begin_s: self.qrs_s + self.t_begin * (peak_s - self.qrs_s),
            peak_s,
            end_s: peak_s + (1.0 - self.t_peak) * jt_s / self.visible_flank(),
        }
    }

    /// Share of a T flank's length after which 4 % of its height is left, where a reader puts its end.
    fn visible_flank(&self) -> f64 {
        1.0 - std::f64::consts::FRAC_2_PI * 0.04_f64.powf(0.5 / self.t_power).asin()
    }

    /// Slower or faster recovery, larger or smaller waves and a turned axis: one person's heart.
    pub(crate) fn vary(&mut self, rng: &mut Rng, person: &Build) {
        let turn = Rotation::degrees(person.frontal_deg, person.horizontal_deg);
        let t_turn = Rotation::degrees(
            0.5 * person.frontal_deg,
            0.3 * person.horizontal_deg + rng.normal(0.0, 6.0),
        );
        self.qrs_s *= person.qrs;
        let largest = self.qrs.iter().copied().map(norm).fold(0.0, f64::max);
        let last = self.qrs.len().saturating_sub(1);
        let grain = smooth_grain::<3>(last, 0.04 * largest, rng);
        for (i, point) in self.qrs.iter_mut().enumerate() {
            let stretched: Vector = std::array::from_fn(|k| point[k] * person.stretch[k]);
            *point = add(scale(turn.apply(stretched), person.qrs_size), grain[i]);
        }
        if self.near.is_empty() {
            self.near = vec![[0.0; 6]; self.qrs.len()];
        }
        // V2-V4 lie closest to the heart.
        let near = smooth_grain::<6>(last, 0.045 * largest.min(1.6), rng);
        for (point, grain) in self.near.iter_mut().zip(near) {
            for ((value, grain), closeness) in point
                .iter_mut()
                .zip(grain)
                .zip([0.6, 1.0, 1.0, 1.0, 0.8, 0.5])
            {
                *value += closeness * grain;
            }
        }
        for vector in [&mut self.st_j, &mut self.st_end] {
            *vector = scale(t_turn.apply(*vector), person.t_size);
        }
        self.t = scale(t_turn.apply(self.t), person.t_size);
        self.t_opening = scale(self.t_opening, person.t_size);
        self.t_peak += person.t_peak;
    }
}

/// The base of the right ventricle under V2 and V3 goes last and away from them: their S waves are the
/// deepest of the normal tracing, deeper than a dipole makes them.
fn nearest_wall() -> Vec<[f64; 6]> {
    let mut near = vec![[0.0; 6]; 13];
    for (step, size) in [(6, 0.4), (7, 1.0), (8, 0.7), (9, 0.3)] {
        near[step] = [0.0, -0.26 * size, -0.14 * size, 0.0, 0.0, 0.0];
    }
    near
}

/// Random bumps over the steps of a loop, each about four steps wide, that fade at both ends.
fn smooth_grain<const N: usize>(last: usize, size: f64, rng: &mut Rng) -> Vec<[f64; N]> {
    let mut raw = || -> [f64; N] { std::array::from_fn(|_| rng.normal(0.0, size)) };
    let raw: Vec<[f64; N]> = (0..=last + 2).map(|_| raw()).collect();
    (0..=last)
        .map(|i| {
            // Early and late forces are small, so their grain is too.
            let share = (i.min(last - i) as f64 / 3.0).min(1.0);
            std::array::from_fn(|k| {
                share * (0.5 * raw[i][k] + raw[i + 1][k] + 0.5 * raw[i + 2][k]) / 1.22
            })
        })
        .collect()
}

/// When a beat recovers, in seconds after the onset of QRS.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub begin_s: f64,
    pub peak_s: f64,
    /// Where the T wave's flank reaches zero.
    pub end_s: f64,
}

/// What is one person's own in every kind of beat.
#[derive(Debug, Clone)]
pub(crate) struct Build {
    pub frontal_deg: f64,
    pub horizontal_deg: f64,
    pub stretch: Vector,
    pub qrs_size: f64,
    pub t_size: f64,
    pub qrs: f64,
    pub t_peak: f64,
}

impl Build {
    pub(crate) fn draw(rng: &mut Rng) -> Self {
        Self {
            frontal_deg: rng.normal(0.0, 10.0),
            horizontal_deg: rng.normal(0.0, 9.0),
            stretch: [rng.factor(0.09), rng.factor(0.12), rng.factor(0.12)],
            qrs_size: rng.factor(0.13),
            t_size: rng.factor(0.16),
            qrs: rng.factor(0.055),
            t_peak: rng.normal(0.0, 0.012),
        }
    }
}

/// A kind of beat made ready for drawing.
pub(crate) struct Compiled<'a> {
    pub beat: &'a Ventricles,
    qrs: Curve<3>,
    near: Option<Curve<6>>,
}

impl<'a> Compiled<'a> {
    pub(crate) fn new(beat: &'a Ventricles) -> Self {
        let near = (!beat.near.is_empty()).then(|| Curve::through(&beat.near));
        Self {
            beat,
            qrs: Curve::through(&beat.qrs),
            near,
        }
    }

    /// The QRS complex alone, `at_s` seconds after its onset.
    pub(crate) fn qrs(&self, at_s: f64) -> Vector {
        self.qrs.at(at_s / self.beat.qrs_s)
    }

    pub(crate) fn near(&self, at_s: f64) -> [f64; 6] {
        self.near
            .as_ref()
            .map_or([0.0; 6], |near| near.at(at_s / self.beat.qrs_s))
    }

    /// The T wave alone.
    pub(crate) fn t(&self, at_s: f64, timing: &Timing) -> Vector {
        let beat = self.beat;
        if at_s <= timing.begin_s || at_s >= timing.end_s {
            return [0.0; 3];
        }
        if at_s < timing.peak_s {
            let u = (at_s - timing.begin_s) / (timing.peak_s - timing.begin_s);
            let rise = hann(u).powf(beat.t_power);
            add(
                scale(beat.t, rise),
                scale(beat.t_opening, (std::f64::consts::PI * u).sin().powi(2)),
            )
        } else {
            let u = (at_s - timing.peak_s) / (timing.end_s - timing.peak_s);
            let turn = -0.5 * (std::f64::consts::PI * u).sin().powi(2);
            add(
                scale(beat.t, hann(1.0 - u).powf(beat.t_power)),
                scale(beat.t_opening, turn),
            )
        }
    }

    /// The injury vector: from within the last of QRS, on a line from J to the T peak, away with T.
    pub(crate) fn st(&self, at_s: f64, timing: &Timing) -> Vector {
        let beat = self.beat;
        let start = beat.qrs_s - 0.030;
        if at_s <= start || at_s >= timing.end_s {
            return [0.0; 3];
        }
        let rise = hann((at_s - start) / 0.034);
        let along = ((at_s - beat.qrs_s) / (timing.peak_s - beat.qrs_s)).clamp(0.0, 1.0);
        let fall = hann((timing.end_s - at_s) / (timing.end_s - timing.peak_s)).powf(beat.t_power);
        let line = add(scale(beat.st_j, 1.0 - along), scale(beat.st_end, along));
        scale(line, rise * fall)
    }

    /// The U wave, after T.
    pub(crate) fn u(&self, at_s: f64, timing: &Timing) -> Vector {
        let start = timing.end_s - 0.035;
        scale(
            self.beat.u,
            super::waves::flanks(at_s, start, start + 0.075, start + 0.19),
        )
    }
}
