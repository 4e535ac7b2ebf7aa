//! The P wave.

use super::Delineation;
use super::atrial::{consistency, repetition};
use super::curve::{End, bell, bend, end_of, highest_peak, principal, start_of};
use super::extent::Extent;
use crate::measure::beats::smooth;
use crate::measure::classes::{BEFORE, BeatClass};
use crate::measure::prepare::{Prepared, RATE_HZ, samples};

/// How far before the complex the wave may lie: this share of the RR interval, within bounds.
const REACH_SHARE: f64 = 0.55;
const SHORTEST_REACH: usize = samples(160);
const LONGEST_REACH: usize = samples(420);
/// It bends over so many samples to either side.
const HALF: usize = samples(56);
/// Its peak is expected so long before the complex, and may well be as far off as that, in ms (LUDB).
const EXPECTED_MS: f64 = 100.0;
const SPREAD_MS: f64 = 125.0;
/// Microvolts that count as noise in every lead.
const FLOOR_UV: f64 = 10.0;
/// Height over what remains of the beats' differences after averaging from which a wave is there.
const EVIDENCE: f64 = 6.0;
/// Likeness of the single beats in it from which it is a wave of its own and no fibrillation that averaging left. In
/// LUDB sinus rhythm is at 0.75 and above, fibrillation at 0.5 and below.
const CONSISTENCY: f64 = 0.6;
/// Flutter waves come again before themselves; and are seldom as alike as P waves are. Where they are, as in 4:1 flutter,
/// they come again as what they are: of 2,000 tracings with waves so alike three of flutter are at 0.8 and above, the
/// others below 0.79.
const REPETITION: f64 = 0.46;
const CERTAIN: f64 = 0.95;
const CERTAIN_REPETITION: f64 = 0.8;
/// It peaks so long after the T wave of the beat before has ended, in samples, if there is room.
const AFTER_T: f64 = samples(24) as f64;
/// It begins and ends within so many samples of its peak, where the tangent meets the level.
const EDGE_REACH: usize = samples(120);
pub(super) const EDGE: End = End::Tangent(0.21);
/// What that leaves, in samples: over all leads, and of a single lead against that (LUDB).
const ON_BIAS: f64 = -1.2;
const OFF_BIAS: f64 = 1.3;
const LEAD_ON_BIAS: f64 = -0.6;
const LEAD_OFF_BIAS: f64 = -2.4;
/// How much a lead's own edge counts at most, and the evidence at which it counts half of that (LUDB).
const OWN: f64 = 0.65;
const HALF_TRUST: f64 = 1.5;

pub(super) fn delineate_p(
    prepared: &Prepared,
    class: &BeatClass,
    qrs_on: f64,
    rr: f64,
    found: &mut Delineation,
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
    // It begins after the T wave of the beat before has ended.
    let t_before = found
        .global
        .t_off
        .map_or(0.0, |t_off| t_off + BEFORE as f64 - rr + samples(16) as f64);
    let reach = (REACH_SHARE * rr).clamp(SHORTEST_REACH as f64, LONGEST_REACH as f64);
    let latest = to.saturating_sub(samples(140)) as f64;
    let from = (qrs_on - reach).max(t_before).min(latest);
    let from = from.max(samples(70) as f64) as usize;
    if to < from + samples(80) {
        return;
    }
    // The bend in which a T wave ends and the next P wave begins is neither.
    let after_t = ((t_before + AFTER_T) as usize).min(to - samples(100));
    let Some(peak) = candidate(&curves, &class.noise, from.max(after_t), to) else {
        return;
    };
    // Where T and P have grown together there is no telling them apart.
    if (peak as f64) < t_before - samples(20) as f64 {
        return;
    }
    let about = peak.saturating_sub(samples(70))..(peak + samples(70)).min(to);
    let likeness = consistency(prepared, class, about.clone());
    let t_peak_before = found.global.t_peak.map(|t| t + BEFORE as f64 - rr);
    let most = if likeness < CERTAIN {
        REPETITION
    } else {
        CERTAIN_REPETITION
    };
    if likeness < CONSISTENCY || repetition(prepared, class, &curves, peak, t_peak_before) > most {
        return;
    }
    let before = |peak: usize| {
        let free = peak as f64 - t_before + samples(8) as f64;
        EDGE_REACH.min(free.max(samples(40) as f64) as usize)
    };
    let edges = |curve: &[f64], peak: usize| {
        let start = start_of(curve, peak, before(peak), EDGE) as f64;
        let end = end_of(curve, peak, EDGE_REACH.min(to.saturating_sub(peak)), EDGE) as f64;
        (start + ON_BIAS, end + OFF_BIAS)
    };
    let main = principal(&curves, about.start, about.end);
    let (start, end) = edges(&main, peak);
    let (start, end) = Extent::new(&curves, class, peak, from..to, t_before).of_all(start, end);
    let evidence = evidence(&curves, class, peak, start, end);
    let squares: f64 = evidence.iter().map(|e| e * e).sum();
    if (squares / evidence.len().max(1) as f64).sqrt() < EVIDENCE {
        return;
    }
    let relative = |index: f64| Some(index - BEFORE as f64);
    found.global.p_on = relative(start);
    found.global.p_peak = relative(peak as f64);
    found.global.p_off = relative(end);

    for ((fiducials, curve), evidence) in found.leads.iter_mut().zip(&curves).zip(&evidence) {
        let height = |i: &usize| {
            let share = (*i as f64 - start) / (end - start).max(1.0);
            (curve[*i] - curve[start as usize] * (1.0 - share) - curve[end as usize] * share).abs()
        };
        let window = (start as usize + samples(10)).max(peak.saturating_sub(samples(30)))
            ..(end as usize)
                .saturating_sub(samples(10))
                .min(peak + samples(30));
        let own_peak = window
            .max_by(|a, b| height(a).total_cmp(&height(b)))
            .unwrap_or(peak);
        let (own_start, own_end) = edges(curve, own_peak);
        let trust = OWN * evidence.powi(2) / (evidence.powi(2) + HALF_TRUST.powi(2));
        let drawn = |own: f64, shared: f64| {
            let near = own.clamp(shared - samples(30) as f64, shared + samples(30) as f64);
            shared + trust * (near - shared)
        };
        fiducials.p_peak = relative(if *evidence > 3.0 { own_peak } else { peak } as f64);
        fiducials.p_on = relative(drawn(own_start, start) + LEAD_ON_BIAS);
        fiducials.p_off = relative(drawn(own_end, end) + LEAD_OFF_BIAS);
    }
}

/// Where the leads together bend most at the scale of a P wave, the nearer to where it is expected the likelier.
fn candidate(curves: &[Vec<f64>], noise: &[f64], from: usize, to: usize) -> Option<usize> {
    let score: Vec<f64> = (from..to - samples(24))
        .map(|i| {
            let before_ms = (to - i) as f64 * 1000.0 / RATE_HZ;
            bend(curves, noise, FLOOR_UV, i, HALF, 0)
                * bell(before_ms - EXPECTED_MS, SPREAD_MS, 0.2)
        })
        .collect();
    highest_peak(&score).map(|i| i + from)
}

/// Height of the wave in each lead over what remains of the beats' differences after averaging.
fn evidence(curves: &[Vec<f64>], class: &BeatClass, peak: usize, start: f64, end: f64) -> Vec<f64> {
    let averaged = (class.averaged.len() as f64).sqrt();
    curves
        .iter()
        .zip(&class.noise)
        .map(|(curve, noise)| {
            let level = (curve[start as usize] + curve[end as usize]) / 2.0;
            let remaining = noise / averaged;
            if remaining > 0.0 {
                (curve[peak] - level).abs() / remaining
            } else {
                0.0
            }
        })
        .collect()
}
