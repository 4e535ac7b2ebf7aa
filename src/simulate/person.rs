use super::atria::AtrialWave;
use super::conditions::Condition;
use super::lead_field::{DOWER_1980, LeadField};
use super::parameters::{Atria, Breathing, Conduction, Focus, Parameters};
use super::rng::{Rng, Stream};
use super::vector::scale;
use super::ventricles::{Build, Ventricles};
use crate::ecg::Sex;

/// How often chance may try; by then the last person is taken as is.
const TRIALS: usize = 64;

/// The person of a seed, with conditions laid on in turn, and then what is this person's own; drawn anew
/// until the criteria of the conditions are met.
pub(super) fn with(conditions: &[&Condition], seed: u64) -> Parameters {
    let mut rng = Rng::new(seed, Stream::Person);
    let mut textbook = healthy(&mut rng);
    let mut choice = Rng::new(seed, Stream::Condition);
    for condition in conditions {
        (condition.shape)(&mut textbook, &mut choice);
    }
    let mut parameters = textbook.clone();
    for _ in 0..TRIALS {
        parameters = textbook.clone();
        let build = Build::draw(&mut rng);
        individual(&mut parameters, &build, &mut rng);
        if conditions
            .iter()
            .all(|condition| (condition.criteria)(&parameters))
        {
            break;
        }
    }
    parameters
}

/// Somebody healthy.
fn healthy(rng: &mut Rng) -> Parameters {
    let sex = if rng.chance(0.5) {
        Sex::Female
    } else {
        Sex::Male
    };
    let female = sex == Sex::Female;
    let mut ventricles = Ventricles::default();
    if female {
        // Women have lower T waves with less ST in V1-V3.
        ventricles.t = [0.25, 0.19, -0.06];
        ventricles.st_end = [0.01, 0.01, -0.02];
    }
    Parameters {
        age_years: rng.uniform(22.0, 72.0).round(),
        sex,
        torso: LeadField::default(),
        qtc_s: rng.normal(if female { 0.406 } else { 0.398 }, 0.009),
        breathing: Breathing {
            rate_hz: rng.uniform(0.20, 0.30),
            phase: rng.uniform(0.0, std::f64::consts::TAU),
            turn_deg: rng.uniform(1.0, 3.5),
            amplitude: rng.uniform(0.01, 0.04),
        },
        atria: Atria::Sinus {
            rate_per_min: rng.uniform(62.0, 84.0),
            respiratory: rng.uniform(0.012, 0.035),
            variation: 0.014,
        },
        conduction: Conduction::Fixed {
            pr_s: rng.uniform(0.142, 0.176),
        },
        p: AtrialWave::default(),
        ventricles,
        escape: None,
        ectopy: None,
        pacing: None,
    }
}

/// Turns the textbook heart into this person's.
fn individual(parameters: &mut Parameters, build: &Build, rng: &mut Rng) {
    parameters.torso = torso(rng);
    parameters.p.vary(rng);
    parameters.ventricles.vary(rng, build);
    if let Some(escape) = &mut parameters.escape {
        escape.vary(rng, build);
    }
    match parameters.ectopy.as_mut().map(|ectopy| &mut ectopy.focus) {
        Some(Focus::Atrial { p, .. }) => p.vary(rng),
        Some(Focus::Ventricular { ventricles }) => ventricles.vary(rng, build),
        None => {}
    }
}

/// A chest: every electrode a little nearer or further, with neighbours alike.
fn torso(rng: &mut Rng) -> LeadField {
    let mut rows = DOWER_1980;
    let whole = rng.factor(0.06);
    for row in rows.iter_mut().skip(2) {
        *row = scale(*row, whole * rng.factor(0.07));
    }
    LeadField { rows }
}
