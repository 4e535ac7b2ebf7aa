//! The hum of the power line: found, and subtracted as it is at each moment.
//!
//! A notch rings after every QRS complex. Here the hum's own amplitude and phase are followed instead: in each stretch
//! of two periods a sine and a cosine are fitted beside a straight line; the median of these over a second, which the
//! complexes cannot move, is what is subtracted (the idea of the subtraction procedure: Levkov et al. 1984, Med Biol Eng
//! Comput 22:87, and 2005, Biomed Eng Online 4:50, with a median instead of a test for linear segments).

use std::f64::consts::TAU;

use super::filter::Mains;
use super::gaps::keeping_gaps;
use crate::ecg::Recording;

/// Length over which the hum is taken as steady, in seconds.
const STEADY_S: f64 = 1.0;
/// Periods in a stretch.
const PERIODS: f64 = 2.0;
/// A lead hums from this amplitude in microvolts, and from this multiple of what neighbouring frequencies have.
const LEAST_UV: f64 = 5.0;
const STANDS_OUT: f64 = 4.0;
/// Longest stretch from the start in which hum is looked for, in seconds.
const LONGEST_S: f64 = 30.0;

/// Sine and cosine amplitude of a frequency, stretch by stretch.
fn track(samples: &[f64], rate_hz: f64, hz: f64) -> Vec<[f64; 2]> {
    let stretch = (PERIODS * rate_hz / hz).round().max(4.0) as usize;
    samples
        .chunks_exact(stretch)
        .enumerate()
        .map(|(index, part)| fit(part, index * stretch, rate_hz, hz))
        .collect()
}

/// Least squares of `a sin + b cos` beside a level and a slope; the phase counts from the start of the tracing.
fn fit(part: &[f64], start: usize, rate_hz: f64, hz: f64) -> [f64; 2] {
    let middle = (part.len() as f64 - 1.0) / 2.0;
    let mut normal = [[0.0; 4]; 4];
    let mut right = [0.0; 4];
    for (offset, value) in part.iter().enumerate() {
        let angle = TAU * hz * (start + offset) as f64 / rate_hz;
        let row = [
            angle.sin(),
            angle.cos(),
            1.0,
            (offset as f64 - middle) / middle,
        ];
        for i in 0..4 {
            right[i] += row[i] * value;
            for j in 0..4 {
                normal[i][j] += row[i] * row[j];
            }
        }
    }
    let solved = solve(normal, right);
    [solved[0], solved[1]]
}

fn solve(mut a: [[f64; 4]; 4], mut b: [f64; 4]) -> [f64; 4] {
    for pivot in 0..4 {
        if a[pivot][pivot].abs() < 1e-9 {
            return [0.0; 4];
        }
        for row in 0..4 {
            if row == pivot {
                continue;
            }
            let factor = a[row][pivot] / a[pivot][pivot];
            let taken = a[pivot];
            for (value, taken) in a[row].iter_mut().zip(taken) {
                *value -= factor * taken;
            }
            b[row] -= factor * b[pivot];
        }
    }
    std::array::from_fn(|i| b[i] / a[i][i])
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// The samples without the hum of the power line; gaps stay gaps. As they are when shorter than a tenth of a second or
/// sampled too slowly to tell it.
pub fn subtract(samples: &[f64], rate_hz: f64, mains: Mains) -> Vec<f64> {
    let hz = mains.hz();
    if rate_hz < 2.5 * hz {
        return samples.to_vec();
    }
    keeping_gaps(samples, |samples| {
        let tracked = track(samples, rate_hz, hz);
        let stretch = (PERIODS * rate_hz / hz).round().max(4.0) as usize;
        let half = ((STEADY_S * rate_hz / stretch as f64) / 2.0).round() as usize;
        let steady: Vec<[f64; 2]> = (0..tracked.len())
            .map(|index| {
                let around = tracked
                    .get(index.saturating_sub(half)..(index + half + 1).min(tracked.len()))
                    .unwrap_or_default();
                [0, 1].map(|part| {
                    median(&mut around.iter().map(|own| own[part]).collect::<Vec<f64>>())
                })
            })
            .collect();
        let Some(last) = steady.len().checked_sub(1) else {
            return samples.to_vec();
        };
        samples
            .iter()
            .enumerate()
            .map(|(index, value)| {
                // Between the middles of two stretches the amplitudes go over into each other.
                let place = (index as f64 + 0.5) / stretch as f64 - 0.5;
                let place = place.clamp(0.0, last as f64);
                let (before, share) = (place.floor() as usize, place.fract());
                let (a, b) = (steady[before], steady[(before + 1).min(last)]);
                let [sine, cosine] = [0, 1].map(|part| a[part] + share * (b[part] - a[part]));
                let angle = TAU * hz * index as f64 / rate_hz;
                value - sine * angle.sin() - cosine * angle.cos()
            })
            .collect()
    })
}

/// Steady amplitude of a frequency in microvolts.
fn amplitude(samples: &[f64], rate_hz: f64, hz: f64) -> f64 {
    let second = (rate_hz.round() as usize).max(1);
    let mut sizes: Vec<f64> = track(samples, rate_hz, hz)
        .chunks((second as f64 * hz / (PERIODS * rate_hz)).round().max(1.0) as usize)
        .map(|second| {
            let part = |i: usize| median(&mut second.iter().map(|own| own[i]).collect::<Vec<_>>());
            part(0).hypot(part(1))
        })
        .collect();
    median(&mut sizes)
}

/// The frequency at which the power line hums in a recording, judged by the lead that hums most; `None` where none
/// does, or it was filtered out before.
pub fn detect(recording: &Recording) -> Option<Mains> {
    let mut loudest: Option<(f64, Mains)> = None;
    for lead in recording.leads.iter().filter(|lead| lead.unit.is_voltage()) {
        let rate = lead.sampling_rate_hz;
        if rate < 160.0 {
            continue;
        }
        let kept = lead.samples.len().min((LONGEST_S * rate).min(1e8) as usize);
        let samples: Vec<f64> = (0..kept)
            .filter_map(|index| lead.samples.get(index))
            .collect();
        let Some(samples) = super::bridge(&samples) else {
            continue;
        };
        for mains in Mains::ALL {
            let own = amplitude(&samples, rate, mains.hz());
            if own <= LEAST_UV || loudest.is_some_and(|(most, _)| own <= most) {
                continue;
            }
            // Two periods are too short to part neighbours from a strong hum: they are looked at without it.
            let rest = subtract(&samples, rate, mains);
            let around = [-7.0, -4.0, 4.0, 7.0]
                .map(|apart| amplitude(&rest, rate, mains.hz() + apart))
                .into_iter()
                .fold(0.0, f64::max);
            if own > STANDS_OUT * around {
                loudest = Some((own, mains));
            }
        }
    }
    loudest.map(|(_, mains)| mains)
}
