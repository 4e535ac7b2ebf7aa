//! Pacing spikes, taken out before waves are looked for: a stimulus is no part of the complex that it starts.

use crate::ecg::Lead;

/// Below this sampling rate a steep QRS complex, too, rises within one sample.
const LOWEST_RATE_HZ: f64 = 400.0;
/// Rise within one sample, in microvolts (50 uV/ms from a standstill: no ventricle starts so).
const SMALLEST_RISE_UV: f64 = 100.0;
/// A swing to and fro within two samples, in microvolts.
const SMALLEST_SWING_UV: f64 = 200.0;
/// The tracing stands still before a spike: so long, and within this share of the rise.
const STILL_S: f64 = 0.010;
const STILL_SHARE: f64 = 0.15;
/// It is highest within this time.
const PEAK_S: f64 = 0.006;
/// And after this time at most this share of it is left.
const BACK_S: f64 = 0.024;
const BACK_SHARE: f64 = 0.7;
/// What an electrocardiograph's filters leave of a spike is over by then.
const TAIL_S: f64 = 0.024;

/// Two spikes of one pacemaker rise alike over the leads: correlation of the rises.
const ALIKE: f64 = 0.9;
/// How many alike make a train: so many in a second, and three at least.
const TRAIN_PER_S: f64 = 0.55;
const MOST_COMPARED: usize = 200;

/// Times in seconds of the spikes of a pacemaker: such as come again and again in the same shape over the leads. A
/// single jump is some other disturbance.
pub(crate) fn train(leads: &[(&Lead, Vec<f64>)]) -> Vec<f64> {
    let mut times: Vec<f64> = leads
        .iter()
        .filter(|(lead, _)| lead.unit.is_voltage())
        .flat_map(|(lead, values)| {
            let rate = lead.sampling_rate_hz;
            find(values, rate)
                .into_iter()
                .map(move |at| at as f64 / rate)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup_by(|later, earlier| *later - *earlier < TAIL_S);
    let rises: Vec<Vec<f64>> = times
        .iter()
        .map(|&time| {
            leads
                .iter()
                .map(|(lead, values)| {
                    let at = (time * lead.sampling_rate_hz).round() as usize;
                    (at.saturating_sub(1)..at + 2)
                        .filter_map(|i| Some(values.get(i + 1)? - values.get(i)?))
                        .max_by(|a, b| a.abs().total_cmp(&b.abs()))
                        .unwrap_or(0.0)
                })
                .collect()
        })
        .collect();
    let alike = |a: &[f64], b: &[f64]| {
        let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        product(a, b) >= ALIKE * (product(a, a) * product(b, b)).sqrt()
    };
    let duration = leads
        .iter()
        .map(|(lead, _)| lead.duration_s())
        .fold(0.0, f64::max);
    let train = (TRAIN_PER_S * duration).ceil().max(3.0);
    // Of a long recording's spikes some stand for all.
    let step = times.len().div_ceil(MOST_COMPARED).max(1);
    (0..times.len())
        .filter(|&own| {
            let others = rises.iter().step_by(step);
            let found = others.filter(|other| alike(&rises[own], other)).count();
            (found * step) as f64 >= train
        })
        .map(|own| times[own])
        .collect()
}

/// Samples at which a spike begins in a lead (microvolts, no gaps).
fn find(samples: &[f64], rate_hz: f64) -> Vec<usize> {
    if rate_hz < LOWEST_RATE_HZ {
        return Vec::new();
    }
    let still = ((STILL_S * rate_hz) as usize).max(3);
    let tail = (TAIL_S * rate_hz) as usize;
    let mut found: Vec<usize> = Vec::new();
    for index in still..samples.len().saturating_sub(2) {
        if found.last().is_some_and(|&last| index - last < tail) {
            continue;
        }
        let rise = samples[index + 1] - samples[index];
        if rise.abs() < SMALLEST_RISE_UV {
            continue;
        }
        let quiet = samples[index - still..index]
            .iter()
            .all(|value| (value - samples[index]).abs() <= STILL_SHARE * rise.abs());
        // The complex goes on rising where a spike falls back.
        let height = |i: &usize| (samples[*i] - samples[index]).abs();
        let top = (index + 1..(index + tail).min(samples.len()))
            .max_by(|a, b| height(a).total_cmp(&height(b)));
        let sharp = top.is_some_and(|top| {
            let after = samples.get(index + (BACK_S * rate_hz) as usize);
            (top - index) as f64 <= PEAK_S * rate_hz
                && after.is_some_and(|after| {
                    (after - samples[index]).abs() <= BACK_SHARE * height(&top)
                })
        });
        let back = samples[index + 2] - samples[index + 1];
        let swing = rise * back < 0.0 && rise.abs().min(back.abs()) >= SMALLEST_SWING_UV;
        if (quiet && sharp) || swing {
            found.push(index);
        }
    }
    found
}

/// Puts a straight line over each spike of any lead.
pub(crate) fn bridge(samples: &mut [f64], spikes: &[usize], rate_hz: f64) {
    let tail = (TAIL_S * rate_hz) as usize;
    for &from in spikes {
        let to = (from + tail).min(samples.len().saturating_sub(1));
        let (Some(&first), Some(&last)) = (samples.get(from), samples.get(to)) else {
            continue;
        };
        for (step, value) in samples[from..to].iter_mut().enumerate() {
            *value = first + (last - first) * step as f64 / (to - from) as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{LeadName, LeadOrigin, Samples, Unit};

    const RATE: f64 = 500.0;

    /// A broad complex each second, each after a spike that falls back with a time constant of 10 ms.
    fn paced(spike_uv: f64) -> (Lead, Vec<f64>) {
        let values: Vec<f64> = (0..5000)
            .map(|i| {
                let t = f64::from(i % 500) / RATE - 0.3;
                let spike = if t >= 0.0 {
                    spike_uv * (-t / 0.01).exp()
                } else {
                    0.0
                };
                spike + 900.0 * (-0.5 * ((t - 0.09) / 0.03).powi(2)).exp()
            })
            .collect();
        let lead = Lead {
            name: LeadName::II,
            unit: Unit::Microvolt,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: RATE,
            samples: Samples::from_microvolts(values.clone()),
        };
        (lead, values)
    }

    #[test]
    fn every_spike_of_a_train_is_found_and_bridged() {
        let (lead, values) = paced(500.0);
        let mut leads = [(&lead, values)];
        let found = train(&leads);
        assert_eq!(found.len(), 10);
        let (_, values) = &mut leads[0];
        let at: Vec<usize> = found
            .iter()
            .map(|time| (time * RATE).round() as usize)
            .collect();
        assert!(
            at.iter().all(|at| (148..151).contains(&(at % 500))),
            "{at:?}"
        );
        bridge(values, &at, RATE);
        let steepest = values
            .windows(2)
            .map(|pair| (pair[1] - pair[0]).abs())
            .fold(0.0, f64::max);
        assert!(steepest < 60.0, "{steepest}");
    }

    #[test]
    fn complexes_without_spikes_and_a_single_jump_are_left_alone() {
        let (lead, mut values) = paced(0.0);
        assert!(train(&[(&lead, values.clone())]).is_empty());
        values
            .iter_mut()
            .skip(2100)
            .take(3)
            .for_each(|value| *value += 800.0);
        assert!(train(&[(&lead, values)]).is_empty());
    }
}
