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
        let (kept, even): (Vec<&Lead>, Vec<Vec<f64>>) = recording
            .leads
            .iter()
            .filter(|lead| usable(&lead.name))
            .filter_map(|lead| {
                let rate = lead.sampling_rate_hz;
                let mut bridged = bridge(&lead.samples.microvolts())?;
                pacing::take_out(&mut bridged, &spikes_s, rate);
                Some((lead, resample(&bridged, rate, RATE_HZ)))
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
        })
    }
}
