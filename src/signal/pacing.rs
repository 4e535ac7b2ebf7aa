//! Spikes of a pacemaker.
//!
//! Behind the 150 Hz of an electrocardiograph a spike of half a millisecond is two to four samples wide at 500 Hz. What
//! tells it from a narrow R wave is that the tracing stands still right before and after it.

use crate::ecg::{Lead, LeadName, Recording, STANDARD_12, Warning, WarningCode};
use crate::signal::bridge;

/// Height above the surroundings that a spike has in one lead, in microvolts.
const LEAST_HEIGHT_UV: f64 = 100.0;
/// How many times the height is of what the tracing moves in the 25 ms before; in the 15 ms after it may move as much,
/// for the paced complex begins there.
const STILL_BEFORE: f64 = 3.0;
const STILL_AFTER: f64 = 1.0;
/// Independent leads in which a spike is seen at once.
const LEAST_LEADS: usize = 3;
/// Fewer spikes than this may be artefacts.
const LEAST_SPIKES: usize = 3;
/// Below this sampling rate, in hertz, spikes are not recorded.
const SLOWEST_HZ: f64 = 240.0;
/// Longest stretch from the start that is searched, in seconds.
const LONGEST_S: f64 = 300.0;

/// When the spikes are, in seconds from the start (first five minutes); empty when fewer than three are found, or the
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
    let range = |values: &[f64]| {
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        high - values.iter().copied().fold(f64::INFINITY, f64::min)
    };
    (gap + before..samples.len().saturating_sub(gap + after))
        .filter(|&at| {
            let value = samples[at];
            let steep = |other: usize| (value - samples[other]).abs() > LEAST_HEIGHT_UV;
            // Cheaper than the median, and true of everything the median lets through.
            if !steep(at - half) && !steep(at + half) {
                return false;
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
