//! From logits to probabilities and thresholds, fitted on records that were not trained on.

use super::metrics::Ranking;
use crate::network::weights::Band;

/// Slope and intercept of Platt's scaling (Platt 1999): `p = 1 / (1 + exp(-(slope * logit + intercept)))`.
pub type Platt = (f32, f32);

/// Strength, in observations, with which a statement's slope and intercept are held at those of all statements.
const SHRINKAGE: f64 = 4.0;
/// Positives at which a statement's own best threshold weighs as much as that of all statements.
const HALF_TRUST: f64 = 8.0;
/// Calibrated probability that maximises F1 when nothing else is known: half of an F1 of 0.7 (Lipton 2014,
/// 1402.1892: the best threshold is half of the best F1).
pub const PRIOR_THRESHOLD: f32 = 0.35;

/// Fits one pair for each statement. `cases` holds for each statement its logits with their truth. All statements
/// together give the centre to which each is shrunk, so that one with few positives is not fitted to noise.
pub fn fit(cases: &[Vec<(f32, bool)>]) -> Vec<Platt> {
    let together: Vec<_> = cases.iter().flatten().copied().collect();
    let centre = newton(&together, (1.0, 0.0), 1.0);
    cases
        .iter()
        .map(|cases| {
            let (slope, intercept) = newton(cases, centre, SHRINKAGE);
            // A negative slope would turn the ranking round: too little evidence for that exists here.
            if slope > 0.0 {
                (slope as f32, intercept as f32)
            } else {
                (centre.0 as f32, centre.1 as f32)
            }
        })
        .collect()
}

/// Fits one statement anew from the pair it had, to which it is held as [`fit`] holds it to all statements.
pub fn refit(cases: &[(f32, bool)], before: Platt) -> Platt {
    let centre = (f64::from(before.0), f64::from(before.1));
    let (slope, intercept) = newton(cases, centre, SHRINKAGE);
    if slope > 0.0 {
        (slope as f32, intercept as f32)
    } else {
        before
    }
}

/// Calibrated probability of a logit.
pub fn probability((slope, intercept): Platt, logit: f32) -> f32 {
    1.0 / (1.0 + (-(slope * logit + intercept)).exp())
}

/// Penalised maximum likelihood by Newton's method with step halving.
fn newton(cases: &[(f32, bool)], centre: (f64, f64), strength: f64) -> (f64, f64) {
    let loss = |(a, b): (f64, f64)| {
        let penalty = 0.5 * strength * ((a - centre.0).powi(2) + (b - centre.1).powi(2));
        cases.iter().fold(penalty, |sum, &(logit, truth)| {
            let z = a * f64::from(logit) + b;
            // ln(1 + e^z) without overflow.
            sum + z.max(0.0) + (-z.abs()).exp().ln_1p() - if truth { z } else { 0.0 }
        })
    };
    let mut at = centre;
    for _ in 0..50 {
        let mut gradient = (strength * (at.0 - centre.0), strength * (at.1 - centre.1));
        let mut hessian = (strength, 0.0, strength);
        for &(logit, truth) in cases {
            let x = f64::from(logit);
            let p = 1.0 / (1.0 + (-(at.0 * x + at.1)).exp());
            let error = p - if truth { 1.0 } else { 0.0 };
            let curvature = p * (1.0 - p);
            gradient = (gradient.0 + error * x, gradient.1 + error);
            hessian = (
                hessian.0 + curvature * x * x,
                hessian.1 + curvature * x,
                hessian.2 + curvature,
            );
        }
        let determinant = hessian.0 * hessian.2 - hessian.1 * hessian.1;
        let step = (
            (hessian.2 * gradient.0 - hessian.1 * gradient.1) / determinant,
            (hessian.0 * gradient.1 - hessian.1 * gradient.0) / determinant,
        );
        let before = loss(at);
        let mut scale = 1.0;
        let moved = loop {
            let next = (at.0 - scale * step.0, at.1 - scale * step.1);
            if loss(next) <= before || scale < 1e-6 {
                break next;
            }
            scale /= 2.0;
        };
        let distance = (moved.0 - at.0).abs() + (moved.1 - at.1).abs();
        if !moved.0.is_finite() || !moved.1.is_finite() {
            break;
        }
        at = moved;
        if distance < 1e-9 {
            break;
        }
    }
    at
}

/// The threshold of one statement on calibrated probabilities: the one with the best F1, drawn to `prior` where
/// there are few positives.
pub fn threshold(ranking: &Ranking, prior: f32) -> f32 {
    let (positives, _) = ranking.counts();
    let Some((best, _)) = ranking.best_f1() else {
        return prior;
    };
    let trust = positives as f64 / (positives as f64 + HALF_TRUST);
    let shrunk = trust * f64::from(best) + (1.0 - trust) * f64::from(prior);
    (shrunk as f32).clamp(0.02, 0.98)
}

/// Of what is called present, that share is to be right.
const PRECISION: f64 = 0.8;
/// Of what holds, no larger share is to be called absent.
const MISSED: f64 = 0.1;
/// A wider band, in log odds, would leave too little said.
const WIDEST: f32 = 2.0;

/// The band of one statement, drawn to `prior` where there are few positives.
pub fn band_near(margins: &[(f32, bool)], prior: Band) -> Band {
    let positives = margins.iter().filter(|(_, truth)| *truth).count() as f64;
    let trust = (positives / (positives + HALF_TRUST)) as f32;
    let mut own = band(margins);
    for (own, prior) in own.iter_mut().zip(prior) {
        *own = trust * *own + (1.0 - trust) * prior;
    }
    own
}

/// How far below and above its threshold, in log odds, a statement is to be called uncertain, so that what is called
/// present is right in [`PRECISION`] of cases and no more than [`MISSED`] of what holds is called absent. `margins`
/// holds the log odds above the threshold with the truth.
pub fn band(margins: &[(f32, bool)]) -> Band {
    let steps = || (0..=40).map(|step| WIDEST * step as f32 / 40.0);
    let share = |part: usize, whole: usize| part as f64 / whole.max(1) as f64;
    let positives = margins.iter().filter(|(_, truth)| *truth).count();
    let below = steps().find(|&width| {
        let missed = |&&(margin, truth): &&(f32, bool)| truth && margin < -width;
        share(margins.iter().filter(missed).count(), positives) <= MISSED
    });
    let above = steps().find(|&width| {
        let called = || margins.iter().filter(move |(margin, _)| *margin >= width);
        share(
            called().filter(|(_, truth)| *truth).count(),
            called().count(),
        ) >= PRECISION
    });
    [below, above].map(|width| width.unwrap_or(WIDEST))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use rand::rngs::StdRng;
    use rand::{Rng, SeedableRng};

    use super::*;

    fn drawn(slope: f64, intercept: f64, count: usize, seed: u64) -> Vec<(f32, bool)> {
        let mut rng = StdRng::seed_from_u64(seed);
        (0..count)
            .map(|_| {
                let logit = rng.random_range(-4.0..4.0);
                let p = 1.0 / (1.0 + (-(slope * logit + intercept)).exp());
                (logit as f32, rng.random_bool(p))
            })
            .collect()
    }

    #[test]
    fn many_records_give_back_the_slope_and_intercept_they_were_drawn_with() {
        let (slope, intercept) = fit(&[drawn(0.6, -1.5, 20_000, 1)])[0];
        assert!((slope - 0.6).abs() < 0.03, "{slope}");
        assert!((intercept + 1.5).abs() < 0.06, "{intercept}");
    }

    #[test]
    fn two_records_move_a_statement_hardly_from_the_rest() {
        let fitted = fit(&[drawn(1.0, 0.0, 20_000, 2), vec![(3.0, false), (-3.0, true)]]);
        let (slope, intercept) = fitted[1];
        assert!(slope > 0.1 && slope < 1.0, "{slope}");
        assert!(intercept.abs() < 0.3, "{intercept}");
    }

    #[test]
    fn separable_records_stay_finite() {
        let cases: Vec<_> = (0..50).map(|i| (i as f32 - 25.0, i >= 25)).collect();
        let (slope, intercept) = fit(&[cases])[0];
        assert!(slope.is_finite() && intercept.is_finite() && slope > 0.0);
    }

    #[test]
    fn a_threshold_without_positives_is_the_common_one() {
        let alone = Ranking::new([(0.9, false, 0)]);
        assert_eq!(threshold(&alone, PRIOR_THRESHOLD), PRIOR_THRESHOLD);
        let cases = (0..200).map(|i| (i as f32 / 200.0, i >= 160, i));
        let own = threshold(&Ranking::new(cases), PRIOR_THRESHOLD);
        assert!(own > 0.65 && own < 0.81, "{own}");
    }

    #[test]
    fn the_band_is_as_wide_as_it_takes_and_no_wider() {
        // Right from 0.5 above the threshold on, and everything that holds is above -0.25.
        let margins: Vec<(f32, bool)> = (-100..=100)
            .map(|step| step as f32 / 50.0)
            .map(|margin| (margin, margin >= 0.5 || margin == -0.24))
            .collect();
        let [below, above] = band(&margins);
        assert_eq!(below, 0.0);
        assert!((0.1..0.5).contains(&above), "{above}");
        let [below, above] = band(&[(1.0, false), (-1.9, true)]);
        assert!((1.85..1.95).contains(&below), "{below}");
        assert_eq!(above, WIDEST, "nothing is ever right when called present");
    }

    #[test]
    fn each_statement_has_its_own_band_as_far_as_its_positives_go() {
        let clear: Vec<(f32, bool)> = (-100..=100)
            .map(|step| (step as f32 / 50.0, step >= 0))
            .collect();
        let unclear: Vec<(f32, bool)> = (-100..=100)
            .map(|step| (step as f32 / 50.0, step % 3 == 0))
            .collect();
        let rare = vec![(1.0, true), (-1.0, false)];
        let prior = [1.0, 0.5];
        assert!(band_near(&clear, prior).iter().all(|&width| width < 0.1));
        assert!(band_near(&unclear, prior).iter().all(|&width| width > 1.5));
        for (rare, prior) in band_near(&rare, prior).iter().zip(prior) {
            assert!((0.8 * prior..prior).contains(rare), "{rare}");
        }
        assert_eq!(band_near(&[], prior), prior);
    }
}
