//! Spikes of a pacemaker.
//!
//! Behind the 150 Hz of an electrocardiograph a spike of half a millisecond is two to four samples wide at 500 Hz. What
//! tells it from a narrow R wave is that the tracing stands still right before and after it. Of a bipolar spike some
//! devices leave a step: within one sample from standstill to standstill, which no ventricle does.

use crate::ecg::{Lead, LeadName, Recording, STANDARD_12, Warning, WarningCode};
use crate::signal::bridge;

/// Height above the surroundings that a spike has in one lead, in microvolts.
const LEAST_HEIGHT_UV: f64 = 100.0;
/// How many times the height is of what the tracing moves in the 25 ms before; in the 15 ms after it may move as much,
/// for the paced complex begins there.
const STILL_BEFORE: f64 = 3.0;
const STILL_AFTER: f64 = 1.0;
/// A step is so many times what the tracing moves in the 25 ms before, and within four samples after it moves less than
/// this share of it.
const STEP_STILL_BEFORE: f64 = 8.0;
const STEP_MOVES_AFTER: f64 = 0.3;
const STEP_HELD: usize = 4;
/// What a spike and an electrocardiograph's filters leave of it lies from so long before its peak to so long after, in
/// seconds.
const BEGINS_S: f64 = 0.006;
const TAIL_S: f64 = 0.022;
/// Independent leads in which a spike is seen at once.
const LEAST_LEADS: usize = 3;
/// Fewer spikes than this may be artefacts.
const LEAST_SPIKES: usize = 3;
/// Below this sampling rate, in hertz, spikes are not recorded.
const SLOWEST_HZ: f64 = 240.0;
/// Longest stretch from the start that is searched, in seconds.
const LONGEST_S: f64 = 330.0;

/// When the spikes are, in seconds from the start (of a long recording its first minutes); empty when fewer than three are found, or the
/// sampling rate or unit cannot show them.
pub fn spikes(recording: &Recording) -> Vec<f64> {
    let independent = |name: &LeadName| {
        STANDARD_12.contains(name)
            && !matches!(
                name,
                LeadName::III | LeadName::AVR | LeadName::AVL | LeadName::AVF
            )
    };
    let leads: Vec<&Lead> = recording
        .leads
        .iter()
        .filter(|lead| independent(&lead.name) && lead.unit.is_voltage())
        .collect();
    let Some(rate) = leads.first().map(|lead| lead.sampling_rate_hz) else {
        return Vec::new();
    };
    if !(SLOWEST_HZ..=100_000.0).contains(&rate) {
        return Vec::new();
    }
    let marks: Vec<Vec<usize>> = leads
        .iter()
        .filter(|lead| lead.sampling_rate_hz == rate)
        .map(|lead| candidates(lead, rate))
        .collect();
    // A spike may lie a sample apart in two leads.
    let mut seen: Vec<(usize, usize)> = marks
        .iter()
        .enumerate()
        .flat_map(|(lead, marks)| marks.iter().map(move |&at| (at, lead)))
        .collect();
    seen.sort_unstable();
    let apart = (0.03 * rate) as usize;
    let mut spikes: Vec<usize> = Vec::new();
    for (index, &(at, _)) in seen.iter().enumerate() {
        let mut together: Vec<usize> = seen
            .iter()
            .skip(index)
            .take_while(|(other, _)| *other <= at + 2)
            .map(|(_, lead)| *lead)
            .collect();
        together.sort_unstable();
        together.dedup();
        let new = spikes.last().is_none_or(|last| at > last + apart);
        if together.len() >= LEAST_LEADS && new {
            spikes.push(at);
        }
    }
    if spikes.len() < LEAST_SPIKES {
        return Vec::new();
    }
    spikes.into_iter().map(|at| at as f64 / rate).collect()
}

/// Takes each spike out of a lead (times in seconds from the start): from the level before it the tracing goes over to
/// where it is after it with a cube of time, as slowly as a complex begins.
pub(crate) fn take_out(samples: &mut [f64], spikes_s: &[f64], rate_hz: f64) {
    let Some(end) = samples.len().checked_sub(1) else {
        return;
    };
    let index = |time_s: f64| ((time_s.max(0.0) * rate_hz).round() as usize).min(end);
    for &spike in spikes_s {
        let (from, to) = (index(spike - BEGINS_S), index(spike + TAIL_S));
        let (first, last) = (samples[from], samples[to]);
        for (step, value) in samples[from..to].iter_mut().enumerate() {
            let share = step as f64 / (to - from) as f64;
            *value = first + (last - first) * share.powi(3);
        }
    }
}

/// What a reader should know of them.
pub fn inspect(recording: &Recording) -> Option<Warning> {
    let spikes = spikes(recording);
    let first = spikes.first()?;
    let message = format!(
        "{} pacing spikes are seen, the first at {first:.2} s: beats may be paced",
        spikes.len()
    );
    Some(Warning::new(WarningCode::PacingSpikes, message))
}

/// Samples of one lead that stand out from their surroundings as a spike does.
fn candidates(lead: &Lead, rate: f64) -> Vec<usize> {
    let kept = lead.samples.len().min((LONGEST_S * rate) as usize);
    let samples: Vec<f64> = (0..kept)
        .filter_map(|index| lead.samples.get(index))
        .collect();
    let Some(samples) = bridge(&samples) else {
        return Vec::new();
    };
    let width = |seconds: f64| ((seconds * rate).round() as usize).max(1);
    let (half, gap) = (width(0.007), width(0.007));
    let (before, after) = (width(0.025), width(0.015));
    let mut window = Vec::with_capacity(2 * half + 1);
    (gap + before..samples.len().saturating_sub(gap + after))
        .filter(|&at| {
            let value = samples[at];
            let steep = |other: usize| (value - samples[other]).abs() > LEAST_HEIGHT_UV;
            // Cheaper than the median, and true of everything the median lets through.
            if !steep(at - half) && !steep(at + half) {
                return false;
            }
            if steep(at - 1) && is_step(&samples[at - before..at + STEP_HELD], before) {
                return true;
            }
            window.clear();
            window.extend_from_slice(&samples[at - half..=at + half]);
            window.sort_by(f64::total_cmp);
            let height = (value - window[half]).abs();
            height > LEAST_HEIGHT_UV
                && height > STILL_BEFORE * range(&samples[at - gap - before..at - gap])
                && height > STILL_AFTER * range(&samples[at + gap + 1..at + gap + 1 + after])
        })
        .collect()
}

fn range(values: &[f64]) -> f64 {
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    high - values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Whether the tracing goes in one sample, the one at `place`, from standstill to standstill.
fn is_step(samples: &[f64], place: usize) -> bool {
    let (before, after) = samples.split_at(place);
    let (Some(from), Some(to)) = (before.last(), after.first()) else {
        return false;
    };
    let step = (to - from).abs();
    step > STEP_STILL_BEFORE * range(before) && range(after) < STEP_MOVES_AFTER * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{LeadOrigin, Samples, Unit};

    const RATE: f64 = 500.0;

    /// Three leads with a broad complex each second, each 20 ms after `spike` microvolts that come at once and fall with
    /// a time constant of `falls_s`, or are held while the complex has not begun.
    fn paced(spike_uv: f64, falls_s: Option<f64>) -> Recording {
        let mut recording = Recording::new("paced", "test", RATE);
        for (name, size) in [
            (LeadName::I, 1.0),
            (LeadName::II, -0.8),
            (LeadName::V3, 1.3),
        ] {
            let values = (0..5000)
                .map(|i| {
                    let t = f64::from(i % 500) / RATE - 0.3;
                    let spike = match falls_s {
                        _ if t < 0.0 => 0.0,
                        Some(falls) => (-t / falls).exp(),
                        None => f64::from(u8::from(t < 0.02)),
                    };
                    size * (spike_uv * spike + 900.0 * (-0.5 * ((t - 0.11) / 0.03).powi(2)).exp())
                })
                .collect();
            recording.leads.push(Lead {
                name,
                unit: Unit::Microvolt,
                origin: LeadOrigin::Recorded,
                sampling_rate_hz: RATE,
                samples: Samples::from_microvolts(values),
            });
        }
        recording
    }

    #[test]
    fn spikes_that_fall_back_and_steps_are_found_and_complexes_are_not() {
        for falls_s in [Some(0.004), None] {
            let found = spikes(&paced(400.0, falls_s));
            assert_eq!(found.len(), 10, "{falls_s:?}");
            let near = |time: &f64| ((time % 1.0) - 0.3).abs() < 0.005;
            assert!(found.iter().all(near), "{falls_s:?}: {found:?}");
        }
        assert_eq!(spikes(&paced(0.0, None)), Vec::<f64>::new());
    }

    #[test]
    fn a_spike_is_taken_out_and_the_complex_after_it_stays() {
        let with = paced(400.0, Some(0.004));
        let without = paced(0.0, None);
        let mut cleaned = with.leads[2].samples.microvolts();
        take_out(&mut cleaned, &spikes(&with), RATE);
        let left = cleaned
            .iter()
            .zip(without.leads[2].samples.microvolts())
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(left < 20.0, "{left} of 520 microvolts are left");
    }
}
