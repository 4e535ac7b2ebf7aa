//! The T wave.

use super::curve::{end_by, principal, wave_start};
use super::{Fiducials, Tuning};
use crate::measure::beats::{median, smooth};
use crate::measure::classes::{AFTER, BEFORE, BeatClass};
use crate::measure::prepare::samples;

pub(super) fn delineate_t(
    class: &BeatClass,
    qrs_off: f64,
    rr: f64,
    tuning: &Tuning,
    global: &mut Fiducials,
    leads: &mut [Fiducials],
) {
    let first = qrs_off as usize;
    let curves: Vec<Vec<f64>> = class
        .narrow
        .iter()
        .map(|lead| {
            let mut held = lead.clone();
            let value = lead[first];
            held[..first].fill(value);
            smooth(&smooth(&held, 15), 15)
        })
        .collect();
    let from = qrs_off as usize + samples(40);
    let far =
        (BEFORE as f64 + (0.72 * rr).clamp(samples(300) as f64, samples(640) as f64)) as usize;
    let far = far.min(BEFORE + AFTER - 10);
    if far < from + samples(80) {
        return;
    }
    let main = principal(&curves, from, far);
    let Some(peak) = t_peak(&main, from, far) else {
        return;
    };
    let reach = (far + samples(60) - peak).min((tuning.t_reach / 2.0) as usize);
    let end =
        end_by(&main, peak, reach, tuning.t_method, tuning.t_share) as f64 + tuning.t_off_bias;
    let start = wave_start(&main, peak, qrs_off as usize);
    let relative = |index: f64| Some(index - BEFORE as f64);
    global.t_peak = relative(peak as f64);
    global.t_off = relative(end);
    global.t_on = relative(start as f64);
    let sizes: Vec<f64> = curves
        .iter()
        .map(|c| (c[peak] - (c[end as usize] + c[start]) / 2.0).abs())
        .collect();
    let typical = median(&sizes);
    for ((fiducials, curve), size) in leads.iter_mut().zip(&curves).zip(&sizes) {
        let window = peak.saturating_sub(samples(70)).max(from)..(peak + samples(70)).min(far);
        let level = (curve[end as usize] + curve[start]) / 2.0;
        let own_peak = window
            .max_by(|&a, &b| {
                (curve[a] - level)
                    .abs()
                    .total_cmp(&(curve[b] - level).abs())
            })
            .unwrap_or(peak);
        let own_end = end_by(curve, own_peak, reach, tuning.t_method, tuning.t_share) as f64
            + tuning.t_off_bias;
        let trust = if *size > 0.25 * typical {
            tuning.own_t_off
        } else {
            0.0
        };
        let own_end = own_end.clamp(end - samples(60) as f64, end + samples(60) as f64);
        let own_start = wave_start(curve, own_peak, qrs_off as usize) as f64;
        fiducials.t_peak = relative(if trust > 0.0 {
            own_peak as f64
        } else {
            peak as f64
        });
        fiducials.t_off = relative(end + trust * (own_end - end));
        fiducials.t_on = relative(start as f64 + 0.4 * (own_start - start as f64));
    }
}

/// The largest bump of a curve over the line between its ends.
fn t_peak(curve: &[f64], from: usize, far: usize) -> Option<usize> {
    let line = |i: usize| {
        let share = (i - from) as f64 / (far - from) as f64;
        // The stretch right after the QRS may be lifted; the end is the level.
        curve[from] * (1.0 - share) * 0.5 + curve[far] * (1.0 - (1.0 - share) * 0.5)
    };
    (from + samples(20)..far - samples(20)).max_by(|&a, &b| {
        (curve[a] - line(a))
            .abs()
            .total_cmp(&(curve[b] - line(b)).abs())
    })
}
