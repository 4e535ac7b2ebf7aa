//! What the checks of a tracing look at, read and filtered once for all of them.

use std::ops::Range;

use super::bridge;
use super::filter::{band_pass_all, high_pass_all, low_pass_all};
use super::quality::{is_flat, stuck_runs};
use crate::ecg::Recording;

/// Longest stretch from the start that is looked at, in seconds.
pub(crate) const LONGEST_S: f64 = 300.0;
/// Longest stretch from the start in which the size of complexes is taken, in seconds.
const LONGEST_FOR_SIZE_S: f64 = 60.0;

/// One lead's samples, in microvolts where it is a voltage.
pub(crate) struct LeadBands {
    /// As stored; `NaN` where missing.
    pub samples: Vec<f64>,
    /// Without gaps; empty when nothing is there.
    pub bridged: Vec<f64>,
    /// It holds one constant value.
    pub flat: bool,
    /// Where it is stuck at a limit of the range.
    pub stuck: Vec<Range<usize>>,
    /// Typical peak-to-peak size of its complexes over two-second windows, between 1 and 40 Hz.
    pub size: Option<f64>,
    /// Above 35 Hz; a low rate leaves no band there, then the upper third of what there is.
    pub high: Vec<f64>,
    /// Below 0.5 Hz.
    pub slow: Vec<f64>,
}

/// The first minutes of each lead, in the order of the recording's leads.
pub(crate) fn bands(recording: &Recording) -> Vec<LeadBands> {
    let mut all: Vec<LeadBands> = recording
        .leads
        .iter()
        .map(|lead| {
            let rate = lead.sampling_rate_hz;
            let kept = lead.samples.len().min((LONGEST_S * rate).min(1e8) as usize);
            let samples = lead.samples.part(0..kept).microvolts();
            LeadBands {
                bridged: bridge(&samples).unwrap_or_default(),
                flat: is_flat(&samples),
                stuck: stuck_runs(&samples, rate),
                size: None,
                high: Vec::new(),
                slow: Vec::new(),
                samples,
            }
        })
        .collect();
    let rate_of = |lead: usize| recording.leads.get(lead).map(|lead| lead.sampling_rate_hz);
    let mut waiting: Vec<usize> = (0..all.len())
        .filter(|&lead| !all[lead].bridged.is_empty())
        .collect();
    while let Some(rate) = waiting.first().copied().and_then(rate_of) {
        let (group, rest): (Vec<usize>, Vec<usize>) = waiting
            .into_iter()
            // A rate that is no number is like itself here, or its leads would wait for ever.
            .partition(|&lead| rate_of(lead).is_some_and(|own| own.total_cmp(&rate).is_eq()));
        waiting = rest;
        let bridged: Vec<&[f64]> = group.iter().map(|&lead| &*all[lead].bridged).collect();
        let begin = ((LONGEST_FOR_SIZE_S * rate).min(1e8) as usize).max(1);
        let begins: Vec<&[f64]> = bridged
            .iter()
            .map(|lead| &lead[..lead.len().min(begin)])
            .collect();
        let sizes: Vec<Option<f64>> = band_pass_all(&begins, rate, 1.0, 40.0)
            .iter()
            .zip(&group)
            .map(|(filtered, &lead)| typical_span(filtered, &all[lead].samples, rate))
            .collect();
        let high = high_pass_all(&bridged, rate, 4, 35.0_f64.min(rate / 3.0));
        let slow = low_pass_all(&bridged, rate, 2, 0.5);
        let filtered = sizes.into_iter().zip(high).zip(slow);
        for (&lead, ((size, high), slow)) in group.iter().zip(filtered) {
            let own = &mut all[lead];
            (own.size, own.high, own.slow) = (size, high, slow);
        }
    }
    all
}

/// Where most windows hold no complex, as in standstill, what one in seven reaches tells how high complexes are: their
/// typical height is at least this share of it.
const OF_LARGEST: f64 = 0.5;

/// The median over two-second windows of the height, of those that are not half missing.
fn typical_span(filtered: &[f64], samples: &[f64], rate_hz: f64) -> Option<f64> {
    let window = ((2.0 * rate_hz).min(1e8) as usize).max(1);
    let there = |chunk: &[f64]| chunk.iter().filter(|value| value.is_finite()).count();
    let mut spans: Vec<f64> = filtered
        .chunks(window)
        .zip(samples.chunks(window))
        .filter(|(_, stored)| 2 * there(stored) >= window)
        .map(|(chunk, _)| span(chunk))
        .collect();
    spans.sort_by(f64::total_cmp);
    let reached = spans.get(spans.len().saturating_sub(1) * 6 / 7).copied()?;
    let median = spans.get(spans.len() / 2).copied()?;
    Some(median.max(OF_LARGEST * reached))
}

/// From the lowest to the highest value; below zero when there is none.
pub(crate) fn span(values: &[f64]) -> f64 {
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    high - values.iter().copied().fold(f64::INFINITY, f64::min)
}

/// Root mean square of each tenth of a second, the value that half of them stay below: between the complexes.
pub(crate) fn quiet_level(high: &[f64], rate_hz: f64) -> Option<f64> {
    let part = ((0.1 * rate_hz).round() as usize).max(2);
    let mut levels: Vec<f64> = high
        .chunks_exact(part)
        .map(|part| (part.iter().map(|v| v * v).sum::<f64>() / part.len() as f64).sqrt())
        .collect();
    levels.sort_by(f64::total_cmp);
    levels.get(levels.len() / 2).copied()
}
