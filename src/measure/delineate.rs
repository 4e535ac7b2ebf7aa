//! Wave boundaries on a representative beat: over all leads, and lead by lead around that.

use super::beats::{median, smooth};
use super::classes::{AFTER, BEFORE, BeatClass};
use super::prepare::samples;

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

/// Slope over 8 ms, in units per sample.
fn slope(values: &[f64]) -> Vec<f64> {
    let last = values.len().saturating_sub(1);
    (0..values.len())
        .map(|i| (values[(i + 2).min(last)] - values[i.saturating_sub(2)]) / 4.0)
        .collect()
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

/// Onset and offset of the complex in a curve of steepness.
fn qrs_bounds(speed: &[f64], centre: usize, on_share: f64, off_share: f64) -> (usize, usize) {
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
fn lead_qrs_bounds(
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
fn r_peak(lead: &[f64], on: f64, off: f64, share: f64) -> f64 {
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

/// The direction in lead space along which a stretch of the beat varies most, as a curve (first principal
/// component, by power iteration).
fn principal(curves: &[Vec<f64>], from: usize, to: usize) -> Vec<f64> {
    let centred: Vec<Vec<f64>> = curves
        .iter()
        .map(|curve| {
            let part = &curve[from..to];
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            part.iter().map(|v| v - mean).collect()
        })
        .collect();
    let mut weights = vec![1.0; curves.len()];
    // Start from the lead that varies most, so that the start is never orthogonal to the answer.
    let energy: Vec<f64> = centred
        .iter()
        .map(|c| c.iter().map(|v| v * v).sum())
        .collect();
    if let Some(best) = (0..energy.len()).max_by(|&a, &b| energy[a].total_cmp(&energy[b])) {
        weights = vec![0.0; curves.len()];
        weights[best] = 1.0;
    }
    for _ in 0..12 {
        let projected: Vec<f64> = (0..to - from)
            .map(|i| centred.iter().zip(&weights).map(|(c, w)| c[i] * w).sum())
            .collect();
        let next: Vec<f64> = centred
            .iter()
            .map(|c| c.iter().zip(&projected).map(|(a, b)| a * b).sum())
            .collect();
        let norm = next.iter().map(|w: &f64| w * w).sum::<f64>().sqrt();
        if norm <= 0.0 {
            break;
        }
        weights = next.iter().map(|w| w / norm).collect();
    }
    let length = curves.first().map_or(0, Vec::len);
    (0..length)
        .map(|i| curves.iter().zip(&weights).map(|(c, w)| c[i] * w).sum())
        .collect()
}

/// End of a wave by the trapezium of Zhang et al. 2006 (Med. Biol. Eng. Comput.; also Manriquez and Zhang 2007):
/// between the steepest point after the peak and a far point, the corner that spans the largest area.
fn wave_end(curve: &[f64], peak: usize, far: usize) -> usize {
    if far <= peak + 4 {
        return far;
    }
    let steepest = (peak..far - 1)
        .max_by(|&a, &b| {
            let fall =
                |i: usize| (curve[i + 1] - curve[i]).abs() * f64::from(downhill(curve, peak, i));
            fall(a).total_cmp(&fall(b))
        })
        .unwrap_or(peak);
    (steepest..far)
        .max_by(|&a, &b| {
            let area =
                |i: usize| (curve[steepest] - curve[i]).abs() * (2 * far - steepest - i) as f64;
            let area = |i: usize| {
                if away(curve, peak, steepest, i) {
                    area(i)
                } else {
                    0.0
                }
            };
            area(a).total_cmp(&area(b))
        })
        .unwrap_or(far)
}

/// End of a wave after `peak`, looked for up to `reach` further.
fn end_by(curve: &[f64], peak: usize, reach: usize, method: f64, share: f64) -> usize {
    let far = (peak + reach).min(curve.len().saturating_sub(2));
    if far <= peak + 4 {
        return far;
    }
    if method == 0.0 {
        return wave_end(curve, peak, far);
    }
    // Downward is positive for an upright wave.
    let sign = if curve[peak] >= curve[far] { 1.0 } else { -1.0 };
    let fall =
        |i: usize| sign * (curve[i.saturating_sub(2)] - curve[(i + 2).min(curve.len() - 1)]) / 4.0;
    let steepest = (peak + 1..far)
        .max_by(|&a, &b| fall(a).total_cmp(&fall(b)))
        .unwrap_or(peak);
    let top = fall(steepest);
    let flat = (steepest..far)
        .find(|&i| fall(i) < share * top)
        .unwrap_or(far);
    if method == 1.0 {
        return flat;
    }
    // Tangent: where the steepest slope meets the level it runs out to.
    let level = curve[flat];
    let tangent = steepest as f64 + sign * (curve[steepest] - level) / top.max(1e-9);
    tangent.clamp(steepest as f64, far as f64) as usize
}

/// Begin of a wave, the same backwards.
fn start_by(curve: &[f64], peak: usize, reach: usize, method: f64, share: f64) -> usize {
    let from = peak.saturating_sub(reach);
    let mirrored: Vec<f64> = curve[from..=peak].iter().rev().copied().collect();
    peak - end_by(&mirrored, 0, mirrored.len(), method, share)
}

/// Whether the curve returns towards the level it came from at `i`.
fn downhill(curve: &[f64], peak: usize, i: usize) -> u8 {
    let up = curve[peak] > curve[(peak + samples(120)).min(curve.len() - 1)];
    u8::from((curve[i + 1] < curve[i]) == up)
}

fn away(curve: &[f64], peak: usize, steepest: usize, i: usize) -> bool {
    (curve[peak] - curve[steepest]) * (curve[steepest] - curve[i]) >= 0.0
}

fn delineate_t(
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

/// Begin of a wave, by the same trapezium mirrored.
fn wave_start(curve: &[f64], peak: usize, limit: usize) -> usize {
    if peak <= limit + 6 {
        return limit;
    }
    let mirrored: Vec<f64> = curve[limit..=peak].iter().rev().copied().collect();
    peak - wave_end(&mirrored, 0, mirrored.len() - 1)
}

fn delineate_p(
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
