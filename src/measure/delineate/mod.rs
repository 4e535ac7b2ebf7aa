//! Wave boundaries on a representative beat: over all leads, and lead by lead around that.

mod curve;
mod p;
mod qrs;
mod t;

use self::curve::slope;
use self::p::delineate_p;
use self::qrs::{lead_qrs_bounds, qrs_bounds, r_peak};
use self::t::delineate_t;
use super::beats::smooth;
use super::classes::{AFTER, BEFORE, BeatClass};

/// Fiducial points of one beat in samples from its alignment point; absent where there is no such wave.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Fiducials {
    pub p_on: Option<f64>,
    pub p_peak: Option<f64>,
    pub p_off: Option<f64>,
    pub qrs_on: Option<f64>,
    pub r_peak: Option<f64>,
    pub qrs_off: Option<f64>,
    pub t_on: Option<f64>,
    pub t_peak: Option<f64>,
    pub t_off: Option<f64>,
}

/// Fiducial points of a class of beats.
pub(crate) struct Delineation {
    /// Over all leads: the interval that a reader would measure.
    pub global: Fiducials,
    /// Lead by lead, in the order of the prepared leads.
    pub leads: Vec<Fiducials>,
}

/// Numbers found on LUDB's annotated records; see the evaluation.
pub(crate) struct Tuning {
    /// Share of the steepest slope below which a QRS has not begun, or is over.
    pub on_share: f64,
    pub off_share: f64,
    pub lead_on_share: f64,
    pub lead_off_share: f64,
    /// How much a lead's own boundary counts beside the one over all leads.
    pub own_on: f64,
    pub own_off: f64,
    pub own_t_off: f64,
    pub own_p: f64,
    pub on_bias: f64,
    pub off_bias: f64,
    pub t_off_bias: f64,
    pub p_on_bias: f64,
    pub p_off_bias: f64,
    pub p_evidence: f64,
    pub t_method: f64,
    pub t_reach: f64,
    pub t_share: f64,
    pub p_method: f64,
    pub p_reach: f64,
    pub p_share: f64,
    pub r_share: f64,
}

impl Default for Tuning {
    fn default() -> Self {
        Self {
            on_share: 0.06,
            off_share: 0.08,
            lead_on_share: 0.08,
            lead_off_share: 0.10,
            own_on: 0.3,
            own_off: 0.3,
            own_t_off: 0.5,
            own_p: 0.4,
            on_bias: 0.0,
            off_bias: 0.0,
            t_off_bias: 0.0,
            p_on_bias: 0.0,
            p_off_bias: 0.0,
            p_evidence: 6.0,
            t_method: 1.0,
            t_reach: 160.0,
            t_share: 0.3,
            p_method: 2.0,
            p_reach: 100.0,
            p_share: 0.3,
            r_share: 0.25,
        }
    }
}
/// Delineates one class. `rr` is the typical distance to the neighbouring beats in samples.
pub(crate) fn delineate(class: &BeatClass, rr: f64) -> Delineation {
    delineate_with(class, rr, &Tuning::default())
}

/// The same with other tuning.
pub(crate) fn delineate_with(class: &BeatClass, rr: f64, tuning: &Tuning) -> Delineation {
    let slopes: Vec<Vec<f64>> = class.narrow.iter().map(|lead| slope(lead)).collect();
    let length = BEFORE + AFTER;
    let speed: Vec<f64> = (0..length)
        .map(|i| {
            slopes
                .iter()
                .map(|lead| lead[i] * lead[i])
                .sum::<f64>()
                .sqrt()
        })
        .collect();
    let speed = smooth(&speed, 3);

    let mut global = Fiducials::default();
    let (on, off) = qrs_bounds(&speed, BEFORE, tuning.on_share, tuning.off_share);
    let on = on as f64 + tuning.on_bias;
    let off = off as f64 + tuning.off_bias;
    let relative = |index: f64| index - BEFORE as f64;
    global.qrs_on = Some(relative(on));
    global.qrs_off = Some(relative(off));

    let mut leads: Vec<Fiducials> = Vec::new();
    for (lead, slopes) in class.narrow.iter().zip(&slopes) {
        let steepness: Vec<f64> = smooth(&slopes.iter().map(|s| s.abs()).collect::<Vec<_>>(), 3);
        let (own_on, own_off) = lead_qrs_bounds(
            &steepness,
            on,
            off,
            tuning.lead_on_share,
            tuning.lead_off_share,
        );
        let blended_on = on + tuning.own_on * (own_on - on);
        let blended_off = off + tuning.own_off * (own_off - off);
        leads.push(Fiducials {
            qrs_on: Some(relative(blended_on)),
            qrs_off: Some(relative(blended_off)),
            r_peak: Some(relative(r_peak(lead, on, off, tuning.r_share))),
            ..Fiducials::default()
        });
    }
    delineate_t(class, off, rr, tuning, &mut global, &mut leads);
    delineate_p(class, on, rr, tuning, &mut global, &mut leads);
    Delineation { global, leads }
}
