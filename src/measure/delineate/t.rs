//! The T wave.

use super::Delineation;
use super::curve::{End, bell, bend, end_of, highest_peak, principal, start_of};
use crate::measure::beats::{median, smooth};
use crate::measure::classes::{AFTER, BEFORE, BeatClass};
use crate::measure::prepare::{RATE_HZ, samples};

/// The wave is looked for up to this share of the RR interval after the complex.
const FAR_SHARE: f64 = 0.8;
/// It bends over so many samples to either side at 60/min, and at another rate by the square root (LUDB).
const HALF: f64 = 42.0;
/// Where its peak is expected after the complex at 60/min, and how far off it may well be, in ms (LUDB).
const EXPECTED_MS: f64 = 240.0;
const SPREAD_MS: f64 = 90.0;
/// Microvolts that count as noise in every lead.
const FLOOR_UV: f64 = 5.0;
/// The wave ends within so many samples of its peak, or within this share of the time from the complex to its peak.
const REACH: usize = samples(96);
const REACH_SHARE: f64 = 0.6;
/// It begins where the tangent meets the level (LUDB; 12 ms after the 4 % of its height of the simulator's truth).
const BEGIN: End = End::Tangent(0.12);
/// It is over where its slope has fallen to this share (LUDB).
const END: End = End::Flat(0.15);
/// What that leaves, in samples: over all leads (between LUDB, GE MUSE and the simulator's truth), and of a single lead
/// against that (LUDB).
const OFF_BIAS: f64 = -2.45;
const LEAD_OFF_BIAS: f64 = -3.95;
/// How much a lead's own end counts at most, and the share of the typical height at which it counts half of that.
const OWN_OFF: f64 = 0.7;
const HALF_TRUST: f64 = 0.1;
/// Height over what remains of the beats' differences after averaging from which a wave is there (the least in LUDB,
/// where every record has one, is 9).
const EVIDENCE: f64 = 5.0;
/// From this share of the typical height a lead has a peak of its own.
const OWN_PEAK_SHARE: f64 = 0.15;

pub(super) fn delineate_t(class: &BeatClass, qrs_off: f64, rr: f64, found: &mut Delineation) {
    let first = qrs_off as usize;
    // The complex must not leak into the wave after it.
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
    let from = first + samples(40);
    let reach = (FAR_SHARE * rr).clamp(samples(300) as f64, samples(720) as f64);
    let far = ((BEFORE as f64 + reach) as usize).min(BEFORE + AFTER - 10);
    if far < from + samples(80) {
        return;
    }
    let Some(peak) = candidate(&curves, &class.noise, first, far, rr) else {
        return;
    };
    let around = samples(120);
    let main = principal(
        &curves,
        peak.saturating_sub(around).max(from),
        (peak + around).min(far),
    );
    let longest = REACH.max((REACH_SHARE * (peak as f64 - qrs_off)) as usize);
    let reach = (far + samples(60) - peak).min(longest);
    let end = end_of(&main, peak, reach, END) as f64 + OFF_BIAS;
    let start = start_of(&main, peak, peak - first, BEGIN);
    let sizes: Vec<f64> = curves
        .iter()
        .map(|c| (c[peak] - (c[end as usize] + c[first]) / 2.0).abs())
        .collect();
    if evidence(&sizes, class) < EVIDENCE {
        return;
    }
    let relative = |index: f64| Some(index - BEFORE as f64);
    found.global.t_peak = relative(peak as f64);
    found.global.t_off = relative(end);
    found.global.t_on = relative(start as f64);

    let typical = median(&sizes).max(1e-9);
    for ((fiducials, curve), size) in found.leads.iter_mut().zip(&curves).zip(&sizes) {
        let window = peak.saturating_sub(samples(70)).max(from)..(peak + samples(70)).min(far);
        let level = (curve[end as usize] + curve[first]) / 2.0;
        let height = |i: &usize| (curve[*i] - level).abs();
        let own_peak = window
            .max_by(|a, b| height(a).total_cmp(&height(b)))
            .unwrap_or(peak);
        let own_end = end_of(curve, own_peak, reach, END) as f64 + OFF_BIAS;
        let own_end = own_end.clamp(end - samples(60) as f64, end + samples(60) as f64);
        let share = size / typical;
        let trust = OWN_OFF * share.powi(2) / (share.powi(2) + HALF_TRUST.powi(2));
        let own_start = start_of(curve, own_peak, own_peak - first, BEGIN) as f64;
        let has_own_peak = share > OWN_PEAK_SHARE;
        fiducials.t_peak = relative(if has_own_peak { own_peak } else { peak } as f64);
        fiducials.t_off = relative(end + trust * (own_end - end) + LEAD_OFF_BIAS);
        fiducials.t_on = relative(start as f64 + 0.4 * (own_start - start as f64));
    }
}

/// Root mean square over the leads of the height over what remains of the beats' differences after averaging.
fn evidence(sizes: &[f64], class: &BeatClass) -> f64 {
    let averaged = (class.averaged.len() as f64).sqrt();
    let squares: f64 = sizes
        .iter()
        .zip(&class.noise)
        .map(|(size, noise)| (size * averaged / noise.max(1e-3)).powi(2))
        .sum();
    (squares / sizes.len().max(1) as f64).sqrt()
}

/// Where the leads together bend most at the scale of a T wave, the nearer to where it is expected the likelier.
fn candidate(curves: &[Vec<f64>], noise: &[f64], off: usize, far: usize, rr: f64) -> Option<usize> {
    let stretch = (rr / RATE_HZ).sqrt();
    let half = (HALF * stretch) as usize;
    let expected_ms = EXPECTED_MS * stretch;
    let first = off + samples(50);
    let last = far.saturating_sub(samples(20)).min(BEFORE + AFTER - 1);
    let score: Vec<f64> = (first..last.max(first))
        .map(|i| {
            let after_ms = (i - off) as f64 * 1000.0 / RATE_HZ;
            bend(curves, noise, FLOOR_UV, i, half, off)
                * bell(after_ms - expected_ms, SPREAD_MS, 0.1)
        })
        .collect();
    highest_peak(&score).map(|i| i + first)
}
