//! Begin and end of the QRS complex, and its R wave.

use crate::measure::prepare::samples;

/// Onset and offset of the complex in a curve of steepness.
pub(super) fn qrs_bounds(
    speed: &[f64],
    centre: usize,
    on_share: f64,
    off_share: f64,
) -> (usize, usize) {
    let reach = samples(80);
    let top = speed[centre - reach..centre + reach]
        .iter()
        .copied()
        .fold(0.0, f64::max);
    // Slope of the quiet stretch before the complex: noise and P-wave remainders.
    let mut before: Vec<f64> = speed[centre - samples(250)..centre - samples(60)].to_vec();
    before.sort_by(f64::total_cmp);
    let quiet = before[before.len() / 5];
    let on_level = on_share * top + quiet;
    let off_level = off_share * top + quiet;
    let first = (centre - reach..centre + reach)
        .find(|&i| speed[i] > 0.3 * top)
        .unwrap_or(centre);
    let last = (centre - reach..centre + samples(120))
        .rev()
        .find(|&i| speed[i] > 0.25 * top)
        .unwrap_or(centre);
    let hold = samples(12);
    let on = (samples(40)..=first)
        .rev()
        .find(|&i| speed[i - hold..=i].iter().all(|&s| s < on_level) || i + samples(120) < first)
        .unwrap_or(first);
    let off = (last..speed.len() - hold)
        .find(|&i| speed[i..=i + hold].iter().all(|&s| s < off_level) || i > last + samples(120))
        .unwrap_or(last);
    (on, off)
}

/// The same in one lead, near the bounds over all leads.
pub(super) fn lead_qrs_bounds(
    steepness: &[f64],
    on: f64,
    off: f64,
    on_share: f64,
    off_share: f64,
) -> (f64, f64) {
    let (from, to) = (on as usize, off as usize);
    let inside = &steepness[from..to.max(from + 1)];
    let top = inside.iter().copied().fold(0.0, f64::max);
    let mut before: Vec<f64> = steepness[from.saturating_sub(samples(60))..from.max(1)].to_vec();
    before.sort_by(f64::total_cmp);
    let quiet = before[before.len() / 3];
    let own_on = (from.saturating_sub(samples(16))..to)
        .find(|&i| steepness[i] > on_share * top + 1.5 * quiet)
        .unwrap_or(from);
    let own_off = (from..(to + samples(30)).min(steepness.len()))
        .rev()
        .find(|&i| steepness[i] > off_share * top + quiet)
        .unwrap_or(to);
    (own_on as f64, own_off as f64)
}

/// The R wave: the highest point above the level before the complex, or where that is small (a QS complex) the lowest.
pub(super) fn r_peak(lead: &[f64], on: f64, off: f64, share: f64) -> f64 {
    let (from, to) = (on as usize, (off as usize).min(lead.len() - 1));
    let level = lead[from];
    let highest = (from..=to)
        .max_by(|&a, &b| lead[a].total_cmp(&lead[b]))
        .unwrap_or(from);
    let lowest = (from..=to)
        .min_by(|&a, &b| lead[a].total_cmp(&lead[b]))
        .unwrap_or(from);
    let upright = lead[highest] - level >= share * (level - lead[lowest]);
    if upright {
        highest as f64
    } else {
        lowest as f64
    }
}
