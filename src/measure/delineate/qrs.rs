//! Begin and end of the QRS complex, and its R wave.

use super::curve::{body_end, slope, speed};
use super::{Delineation, Fiducials};
use crate::measure::beats::smooth;
use crate::measure::classes::{BEFORE, BeatClass};
use crate::measure::prepare::samples;

/// Shares of the steepest slope of all leads below which a complex has not begun, or is over, in one of the usual
/// steepness (LUDB).
const ON_SHARE: f64 = 0.06;
const OFF_SHARE: f64 = 0.08;
/// The usual steepness, in microvolts per sample as root of the sum over twelve leads' squares, and how far the shares
/// fall in a steeper complex and rise in a flatter one: an eye sees microvolts, not shares.
const USUAL_STEEPNESS: f64 = 450.0;
const FLATTER: f64 = 0.25;
/// From this share of the steepest slope on a stretch belongs to the body of the complex.
const BODY_SHARE: f64 = 0.25;
/// Below a threshold for so long it is quiet.
const HOLD: usize = samples(12);
/// Its body is followed by no more than so much of the complex.
const LONGEST_TAIL: usize = samples(120);
/// A further deflection that begins within this time after a quiet place and is no longer than that is the last part of
/// the complex (a terminal delay, or the R' of right bundle branch block) when an ST segment follows; T waves begin
/// later and last longer.
const LATE_WITHIN: usize = samples(56);
const LATE_LENGTH: usize = samples(64);
const QUIET_AFTER_LATE: usize = samples(40);
/// A longer one as steep as the body is an R' that runs into T without an ST segment between them: J is where it is
/// steepest, if that is within this time.
const LATE_STEEPEST_WITHIN: usize = samples(100);
/// The same within one lead.
const LEAD_ON_SHARE: f64 = 0.07;
const LEAD_OFF_SHARE: f64 = 0.09;
/// How much a lead's own boundary counts beside that over all leads (LUDB).
const OWN_ON: f64 = 0.15;
const OWN_OFF: f64 = 0.5;
/// What those thresholds leave, in samples: over all leads, and of a single lead against that (LUDB).
const ON_BIAS: f64 = 0.8;
const OFF_BIAS: f64 = 0.2;
const LEAD_ON_BIAS: f64 = -2.55;
const LEAD_OFF_BIAS: f64 = 2.0;
/// An R wave after the lowest point counts from this share of its depth (LUDB).
const LATE_R_SHARE: f64 = 0.24;
/// A bump of fewer microvolts is no wave (the CSE rule).
const SMALLEST_UV: f64 = 20.0;

/// Begin and end of the complex over all leads, in samples of the representative beat.
pub(super) fn delineate_qrs(class: &BeatClass, found: &mut Delineation) -> (f64, f64) {
    // A lead that is disturbed in every beat of this shape says nothing of where it begins.
    let readable = |lead: usize| class.readable.get(lead).is_none_or(|&beats| beats > 0);
    let any = (0..class.narrow.len()).any(readable);
    let speed = speed(&class.narrow, |lead| match readable(lead) || !any {
        true => 1.0,
        false => f64::INFINITY,
    });
    let (top, quiet) = pace(&speed, BEFORE);
    found.restless = quiet / top.max(1e-9);
    let (on, off) = bounds(&speed, BEFORE, top, quiet);
    let (on, off) = (on as f64 + ON_BIAS, off as f64 + OFF_BIAS);
    let relative = |index: f64| Some(index - BEFORE as f64);
    found.global.qrs_on = relative(on);
    found.global.qrs_off = relative(off);
    for (lead, fiducials) in class.narrow.iter().zip(&mut found.leads) {
        let steepness: Vec<f64> = slope(lead).into_iter().map(f64::abs).collect();
        let (own_on, own_off) = lead_bounds(&smooth(&steepness, 3), on, off);
        *fiducials = Fiducials {
            qrs_on: relative(on + OWN_ON * (own_on - on) + LEAD_ON_BIAS),
            qrs_off: relative(off + OWN_OFF * (own_off - off) + LEAD_OFF_BIAS),
            r_peak: relative(r_peak(lead, on, off)),
            ..Fiducials::default()
        };
    }
    (on, off)
}

/// The steepest slope of the complex lies within so much of its middle.
const REACH: usize = samples(80);

/// The steepest slope of the complex, and that of the quiet stretch before it: noise and remainders of the P wave.
fn pace(speed: &[f64], centre: usize) -> (f64, f64) {
    let complex = speed[centre - REACH..centre + REACH].iter().copied();
    let mut before: Vec<f64> = speed[centre - samples(250)..centre - samples(60)].to_vec();
    before.sort_by(f64::total_cmp);
    (complex.fold(0.0, f64::max), before[before.len() / 5])
}

/// Onset and offset of the complex in a curve of steepness, of which `top` and `quiet` are the [`pace`].
fn bounds(speed: &[f64], centre: usize, top: f64, quiet: f64) -> (usize, usize) {
    let unit = top * (USUAL_STEEPNESS / top.max(1e-9)).powf(FLATTER);
    let on_level = ON_SHARE * unit + quiet;
    let off_level = OFF_SHARE * unit + quiet;
    let first = (centre - REACH..centre + REACH)
        .find(|&i| speed[i] > 0.3 * top)
        .unwrap_or(centre);
    let on = (samples(40)..=first)
        .rev()
        .find(|&i| speed[i - HOLD..=i].iter().all(|&s| s < on_level) || i + samples(120) < first)
        .unwrap_or(first);
    let forwards = speed[centre..centre + samples(120)].iter().copied();
    let last = centre + body_end(forwards, BODY_SHARE * top, off_level, HOLD);
    let after = last..(last + LONGEST_TAIL).min(speed.len() - HOLD);
    // Where a T wave follows at once there is no quiet place, but a slowest one.
    let off = after
        .clone()
        .find(|&i| speed[i..=i + HOLD].iter().all(|&s| s < off_level))
        .or_else(|| after.min_by(|&a, &b| speed[a].total_cmp(&speed[b])))
        .unwrap_or(last);
    (on, late_end(speed, off, top, off_level).unwrap_or(off))
}

/// Where the complex ends when a further deflection follows the quiet place `off`.
fn late_end(speed: &[f64], off: usize, top: f64, off_level: f64) -> Option<usize> {
    let start = (off + HOLD..(off + HOLD + LATE_WITHIN).min(speed.len()))
        .find(|&i| speed[i] > off_level)?;
    let far = (start + samples(240)).min(speed.len().checked_sub(QUIET_AFTER_LATE)?);
    let end = (start..far)
        .find(|&i| {
            speed[i..i + QUIET_AFTER_LATE]
                .iter()
                .all(|&s| s < off_level)
        })
        .unwrap_or(far);
    if end - start <= LATE_LENGTH {
        return Some(end);
    }
    let steepest = (start..end).max_by(|&a, &b| speed[a].total_cmp(&speed[b]))?;
    (speed[steepest] > BODY_SHARE * top && steepest - off <= LATE_STEEPEST_WITHIN)
        .then_some(steepest)
}

/// The same in one lead, near the bounds over all leads.
fn lead_bounds(steepness: &[f64], on: f64, off: f64) -> (f64, f64) {
    let (from, to) = (on as usize, off as usize);
    let inside = &steepness[from..to.max(from + 1)];
    let top = inside.iter().copied().fold(0.0, f64::max);
    let mut before: Vec<f64> = steepness[from.saturating_sub(samples(60))..from.max(1)].to_vec();
    before.sort_by(f64::total_cmp);
    let quiet = before[before.len() / 3];
    let own_on = (from.saturating_sub(samples(16))..to)
        .find(|&i| steepness[i] > LEAD_ON_SHARE * top + 1.5 * quiet)
        .unwrap_or(from);
    let own_off = (from..(to + samples(30)).min(steepness.len()))
        .rev()
        .find(|&i| steepness[i] > LEAD_OFF_SHARE * top + quiet)
        .unwrap_or(to);
    (own_on as f64, own_off as f64)
}

/// The R wave: the highest point above the level before the complex. A small one counts as long as it comes before the
/// lowest point; after it, a small one is an overshoot. Without any (a QS complex) it is the lowest point.
fn r_peak(lead: &[f64], on: f64, off: f64) -> f64 {
    let (from, to) = (on as usize, (off as usize).min(lead.len() - 1));
    let level = lead[from];
    let highest = |from: usize, to: usize| {
        (from..=to)
            .max_by(|&a, &b| lead[a].total_cmp(&lead[b]))
            .filter(|&at| at > from && at < to && lead[at] - level >= SMALLEST_UV)
    };
    let lowest = (from..=to)
        .min_by(|&a, &b| lead[a].total_cmp(&lead[b]))
        .unwrap_or(from);
    let depth = level - lead[lowest];
    highest(from, to)
        .filter(|&at| at < lowest || lead[at] - level >= LATE_R_SHARE * depth)
        .or_else(|| highest(from, lowest))
        .unwrap_or(lowest) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(values: &[f64]) -> f64 {
        r_peak(values, 0.0, (values.len() - 1) as f64)
    }

    #[test]
    fn a_small_r_before_a_deep_s_is_the_r_wave_and_an_overshoot_after_it_is_not() {
        assert_eq!(at(&[0.0, 50.0, 90.0, 0.0, -900.0, -300.0, 0.0]), 2.0);
        assert_eq!(at(&[0.0, -300.0, -900.0, -300.0, 40.0, 10.0, 0.0]), 2.0);
        assert_eq!(at(&[0.0, -100.0, 50.0, 800.0, 300.0, -50.0, 0.0]), 3.0);
    }
}
