//! Whether two electrodes seem to be exchanged, or the heart lies on the right.
//!
//! Each swap is a question of its own: are the leads more like those of other people as recorded, or with the two
//! electrodes put back? The evidence is the likeness of neighbouring leads and the direction of P, QRS and T (Kors and
//! van Herpen 2001, Am J Cardiol 88:396; Abdollah and Milliken 1997, Am J Cardiol 80:1247; Heden et al. 1996, Am J
//! Cardiol 78:600), weighed by a logistic model that is fitted on real records (`assets/reversal.json`; made with
//! `heartbeatai evaluate --reversal --fit`).

mod beat;
mod contrast;
mod model;
mod swap;

pub(crate) use beat::TypicalBeat;
pub use model::{Coefficients, MODEL, Model};
pub(crate) use model::{bounded, evidence};
pub use swap::Swap;

use crate::ecg::{Recording, Warning, WarningCode};
use swap::V1;

/// A swap that the tracing speaks for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspicion {
    /// Which electrodes.
    pub swap: Swap,
    /// Log odds of the swap against none, for as many swapped as unswapped tracings.
    pub log_odds: f64,
}

/// The likeliest swap, if any is likely enough to be mentioned. `None` too when fewer than two beats of one shape are
/// found.
pub fn suspect(recording: &Recording) -> Option<Suspicion> {
    MODEL.suspect(&TypicalBeat::of(recording)?)
}

/// The hint for the reader of a tracing.
pub fn inspect(recording: &Recording) -> Option<Warning> {
    let beat = TypicalBeat::of(recording)?;
    if dextrocardia(&beat) {
        return Some(Warning::new(
            WarningCode::Dextrocardia,
            "The heart may lie on the right (dextrocardia): lead I is upside down and the QRS complexes turn smaller \
             and negative towards V6. A hint: compare with a tracing with right-sided chest leads",
        ));
    }
    let suspicion = MODEL.suspect(&beat)?;
    Some(Warning::new(
        WarningCode::LeadReversal,
        format!(
            "{}. A hint: check the electrodes or an earlier tracing",
            because(suspicion.swap)
        ),
    ))
}

fn because(swap: Swap) -> String {
    match swap {
        Swap::RaLa => "Arm electrodes may be swapped (RA/LA): the tracing is a more usual one with lead I turned over \
                       and II and III exchanged"
            .to_owned(),
        Swap::RaLl => "Right arm and left leg electrodes may be swapped (RA/LL): the tracing is a more usual one with \
                       lead II turned over"
            .to_owned(),
        Swap::LaLl => "Left arm and left leg electrodes may be swapped (LA/LL): the tracing is a more usual one with \
                       I and II exchanged"
            .to_owned(),
        chest => format!(
            "Chest electrodes may be swapped ({chest}): the tracing is a more usual one with these two leads \
             exchanged"
        ),
    }
}

/// QRS complexes in I and V6 both mainly downwards and alike, P in I negative, and V6 much smaller than the largest of
/// V1 to V3. After a swap of the arm electrodes V6 stays upright (Batchvarov et al. 2007, Europace 9:1081).
fn dextrocardia(beat: &TypicalBeat) -> bool {
    let part = |lead: usize, window: std::ops::Range<usize>| beat.leads[lead].as_ref()?.get(window);
    let qrs = |lead: usize| part(lead, 28..46);
    // From -1, only downwards, to 1, only upwards; and the whole height.
    let direction = |part: Option<&[f64]>| {
        let part = part?;
        let high = part.iter().copied().fold(0.0, f64::max);
        let low = part.iter().copied().fold(0.0, f64::min);
        (high > low).then(|| ((high + low) / (high - low), high - low))
    };
    let evidence = || {
        let (one, v6) = (direction(qrs(0))?, direction(qrs(V1 + 5))?);
        let p = direction(part(0, 5..27))?;
        let right = (V1..V1 + 3)
            .filter_map(|lead| direction(qrs(lead)))
            .map(|(_, size)| size)
            .fold(0.0, f64::max);
        let (a, b) = (qrs(0)?, qrs(V1 + 5)?);
        let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
        let alike = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
        Some(
            one.0 < -0.3
                && v6.0 < -0.3
                && p.0 < -0.3
                && alike > 0.5
                && beat.voltage
                && v6.1 < 0.6 * right,
        )
    };
    evidence().unwrap_or(false)
}
