//! The signals that measurements are taken from.

use crate::ecg::{Lead, LeadName, Recording};
use crate::signal::bands::bands;
use crate::signal::butterworth::{Band, Padding, butterworth, filter_all_both_ways};
use crate::signal::pacing;
use crate::signal::quality::assess_leads;
use crate::signal::{bridge, resample};

/// Everything is measured at this rate, in hertz; other rates are resampled.
pub(crate) const RATE_HZ: f64 = 500.0;
/// Low cut of the measured signal, zero phase (0.67 Hz and below leave ST in place: AHA/ACC/HRS 2007).
pub(crate) const LOW_CUT_HZ: f64 = 0.4;
/// High cut of the signal in which wave boundaries are looked for.
pub(crate) const HIGH_CUT_HZ: f64 = 40.0;

/// Samples in `duration_s` at the working rate.
pub(crate) const fn samples(duration_ms: usize) -> usize {
    duration_ms / 2
}

/// One lead, ready to be measured.
pub(crate) struct PreparedLead {
    pub name: LeadName,
    /// Whether its values are microvolts.
    pub voltage: bool,
    /// At how many samples a second it was recorded.
    pub recorded_hz: f64,
    /// Without baseline wander, else as recorded.
    pub wide: Vec<f64>,
    /// Between the low cut and the high cut, for boundaries.
    pub narrow: Vec<f64>,
}

/// A tracing, ready to be measured: all leads at 500 Hz, of one length, without gaps.
pub(crate) struct Prepared {
    pub leads: Vec<PreparedLead>,
    pub length: usize,
    /// When pacing spikes were, in seconds from the start; they are taken out.
    pub spikes_s: Vec<f64>,
    /// Begin and end of stretches without a value in any lead, in seconds; they are bridged.
    pub gaps_s: Vec<(f64, f64)>,
    /// Leads of which too much is missing to be measured beside the others.
    pub left_out: Vec<LeadName>,
}

/// A lead whose gaps are bridged.
struct Bridged<'r> {
    lead: &'r Lead,
    values: Vec<f64>,
    gaps_s: Vec<(f64, f64)>,
}

impl<'r> Bridged<'r> {
    fn new(lead: &'r Lead) -> Option<Self> {
        let values = lead.samples.microvolts();
        Some(Self {
            lead,
            values: bridge(&values)?,
            gaps_s: gaps(&values, lead.sampling_rate_hz),
        })
    }

    /// How much of the time it has values.
    fn covered_s(&self) -> f64 {
        let gaps_s: f64 = self.gaps_s.iter().map(|(from, to)| to - from).sum();
        self.lead.duration_s() - gaps_s
    }
}

/// A lead that covers less than this share of what the most complete one covers is left out.
const LEAST_COVERED: f64 = 0.8;

/// Shorter gaps, in seconds, hide no beat.
const SHORTEST_GAP_S: f64 = 0.2;

/// Where a lead has no values.
fn gaps(values: &[f64], rate_hz: f64) -> Vec<(f64, f64)> {
    let at_s = |index: usize| index as f64 / rate_hz;
    let mut index = 0;
    let mut found = Vec::new();
    for run in values.chunk_by(|a, b| a.is_finite() == b.is_finite()) {
        let missing = run.first().is_some_and(|value| !value.is_finite());
        if missing && at_s(run.len()) >= SHORTEST_GAP_S {
            found.push((at_s(index), at_s(index + run.len())));
        }
        index += run.len();
    }
    found
}

/// Whether no gap lies between two moments, in seconds.
pub(super) fn is_whole(gaps_s: &[(f64, f64)], from_s: f64, to_s: f64) -> bool {
    let inside = |&(begin, end): &(f64, f64)| begin >= from_s && end <= to_s;
    !gaps_s.iter().any(inside)
}

/// Where both have a gap.
fn in_both(these: &[(f64, f64)], those: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let pairs = these
        .iter()
        .flat_map(|this| those.iter().map(move |that| (this, that)));
    pairs
        .map(|(this, that)| (this.0.max(that.0), this.1.min(that.1)))
        .filter(|(from, to)| to - from >= SHORTEST_GAP_S)
        .collect()
}

impl Prepared {
    /// The usable leads of a recording; `None` when there is none or it is shorter than a second.
    pub fn new(recording: &Recording) -> Option<Self> {
        let low = butterworth(2, Band::Above(LOW_CUT_HZ), RATE_HZ)?;
        let high = butterworth(3, Band::Below(HIGH_CUT_HZ), RATE_HZ)?;
        let defects = assess_leads(recording, &bands(recording));
        let usable = |name: &LeadName| {
            let own = defects.iter().find(|lead| lead.lead == *name);
            own.is_none_or(|lead| lead.defect.is_none())
        };
        let spikes_s = pacing::spikes(recording);
        let mut whole: Vec<Bridged<'_>> = recording
            .leads
            .iter()
            .filter(|lead| usable(&lead.name))
            .filter_map(Bridged::new)
            .collect();
        let most_s = whole.iter().map(Bridged::covered_s).fold(0.0, f64::max);
        let durations = whole.iter().map(|own| own.lead.duration_s());
        let longest_s = durations.fold(0.0, f64::max);
        let left_out = whole
            .extract_if(.., |lead| lead.covered_s() < LEAST_COVERED * most_s)
            .map(|lead| lead.lead.name.clone())
            .collect();
        let gaps = whole.iter().map(|lead| lead.gaps_s.clone());
        let gaps_s = gaps
            .reduce(|these, those| in_both(&these, &those))
            .unwrap_or_default();
        // Leads that were recorded one after the other show no beat together.
        let missing_s: f64 = gaps_s.iter().map(|(from, to)| to - from).sum();
        if longest_s - missing_s > most_s / LEAST_COVERED {
            return None;
        }
        let (kept, even): (Vec<&Lead>, Vec<Vec<f64>>) = whole
            .into_iter()
            .map(|own| {
                let (mut values, rate) = (own.values, own.lead.sampling_rate_hz);
                pacing::take_out(&mut values, &spikes_s, rate);
                (own.lead, resample(&values, rate, RATE_HZ))
            })
            .unzip();
        let wide = filter_all_both_ways(&low, &even, Padding::Even(1000));
        let narrow = filter_all_both_ways(&high, &wide, Padding::Even(100));
        let mut leads: Vec<PreparedLead> = kept
            .into_iter()
            .zip(wide)
            .zip(narrow)
            .map(|((lead, wide), narrow)| PreparedLead {
                name: lead.name.clone(),
                voltage: lead.unit.is_voltage(),
                recorded_hz: lead.sampling_rate_hz,
                wide,
                narrow,
            })
            .collect();
        let length = leads.iter().map(|lead| lead.wide.len()).min()?;
        if length < samples(1000) {
            return None;
        }
        for lead in &mut leads {
            lead.wide.truncate(length);
            lead.narrow.truncate(length);
        }
        Some(Self {
            leads,
            length,
            spikes_s,
            gaps_s,
            left_out,
        })
    }
}
