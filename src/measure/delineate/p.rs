//! The P wave.

use super::curve::{end_by, principal, start_by};
use super::{Fiducials, Tuning};
use crate::measure::beats::smooth;
use crate::measure::classes::{BEFORE, BeatClass};
use crate::measure::prepare::samples;

pub(super) fn delineate_p(
    class: &BeatClass,
    qrs_on: f64,
    rr: f64,
    tuning: &Tuning,
    global: &mut Fiducials,
    leads: &mut [Fiducials],
) {
    let to = qrs_on as usize - samples(6);
    // The complex must not leak into the wave before it.
    let curves: Vec<Vec<f64>> = class
        .narrow
        .iter()
        .map(|lead| {
            let mut held = lead.clone();
            let value = lead[to];
            held[to..].fill(value);
            smooth(&smooth(&held, 9), 9)
        })
        .collect();
    let reach = (0.45 * rr).clamp(samples(160) as f64, samples(320) as f64) as usize;
    let from = (qrs_on as usize).saturating_sub(reach).max(samples(20));
    if to < from + samples(80) {
        return;
    }
    let main = principal(&curves, from, to);
    let Some(peak) = bump(&main, from, to) else {
        return;
    };
    let p_reach = (tuning.p_reach / 2.0) as usize;
    let start =
        start_by(&main, peak, p_reach, tuning.p_method, tuning.p_share) as f64 + tuning.p_on_bias;
    let end = end_by(
        &main,
        peak,
        p_reach.min(to - peak),
        tuning.p_method,
        tuning.p_share,
    ) as f64
        + tuning.p_off_bias;
    // A wave that is there in the average of many beats stands out from what remains of their differences.
    let evidence: Vec<f64> = curves
        .iter()
        .zip(&class.noise)
        .map(|(curve, noise)| {
            let level = (curve[start as usize] + curve[end as usize]) / 2.0;
            let remaining = noise / (class.averaged.len() as f64).sqrt();
            if remaining > 0.0 {
                (curve[peak] - level).abs() / remaining
            } else {
                0.0
            }
        })
        .collect();
    let strength =
        (evidence.iter().map(|e| e * e).sum::<f64>() / evidence.len().max(1) as f64).sqrt();
    if strength < tuning.p_evidence {
        return;
    }
    let relative = |index: f64| Some(index - BEFORE as f64);
    global.p_on = relative(start);
    global.p_peak = relative(peak as f64);
    global.p_off = relative(end);
    for ((fiducials, curve), evidence) in leads.iter_mut().zip(&curves).zip(&evidence) {
        let level = |i: usize| {
            let share = (i as f64 - start) / (end - start).max(1.0);
            curve[start as usize] * (1.0 - share) + curve[end as usize] * share
        };
        let window = (start as usize + samples(10)).max(peak.saturating_sub(samples(30)))
            ..(end as usize)
                .saturating_sub(samples(10))
                .min(peak + samples(30));
        let own_peak = window
            .max_by(|&a, &b| {
                (curve[a] - level(a))
                    .abs()
                    .total_cmp(&(curve[b] - level(b)).abs())
            })
            .unwrap_or(peak);
        let trust = if *evidence > 3.0 { tuning.own_p } else { 0.0 };
        let own_start = start_by(curve, own_peak, p_reach, tuning.p_method, tuning.p_share) as f64
            + tuning.p_on_bias;
        let own_end = end_by(
            curve,
            own_peak,
            p_reach.min(to.saturating_sub(own_peak)),
            tuning.p_method,
            tuning.p_share,
        ) as f64
            + tuning.p_off_bias;
        let near = |own: f64, shared: f64| {
            own.clamp(shared - samples(30) as f64, shared + samples(30) as f64)
        };
        fiducials.p_peak = relative(if trust > 0.0 {
            own_peak as f64
        } else {
            peak as f64
        });
        fiducials.p_on = relative(start + trust * (near(own_start, start) - start));
        fiducials.p_off = relative(end + trust * (near(own_end, end) - end));
    }
}

/// The largest bump over the line between the ends of a window, if it lies inside it.
fn bump(curve: &[f64], from: usize, to: usize) -> Option<usize> {
    let line = |i: usize| {
        let share = (i - from) as f64 / (to - from) as f64;
        curve[from] * (1.0 - share) + curve[to] * share
    };
    (from + samples(20)..to - samples(10)).max_by(|&a, &b| {
        (curve[a] - line(a))
            .abs()
            .total_cmp(&(curve[b] - line(b)).abs())
    })
}
