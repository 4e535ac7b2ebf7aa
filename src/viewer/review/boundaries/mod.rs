//! Wave boundaries in the reviewer's hand: which one is meant, where it may stand, and what keys and pointer do to it.

pub mod paper;
mod steps;
pub mod strip;

use crate::ecg::{LeadName, WaveBoundary};
use crate::measure::{Boundaries, Measurements};

/// The boundary that is in the hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Hand {
    /// Its beat, as an index into the measured ones.
    pub beat: usize,
    pub boundary: WaveBoundary,
    /// The lead it is moved in; `None` over all leads.
    pub lead: Option<LeadName>,
    /// Whether every beat of the shape is meant.
    pub every: bool,
    /// Where keys and pointer have brought it before that is kept: a time, or away.
    pub ahead: Option<Option<f64>>,
    /// Whether the pointer holds it.
    pub dragging: bool,
}

impl Hand {
    /// Another boundary in the same hand.
    pub fn on(&self, beat: usize, boundary: WaveBoundary) -> Self {
        Self {
            beat,
            boundary,
            ahead: None,
            dragging: false,
            ..self.clone()
        }
    }

    /// Where it stands; `None` where the beat has none.
    pub fn at_s(&self, measured: &Measurements) -> Option<f64> {
        self.ahead.unwrap_or_else(|| {
            boundaries(measured, self.beat, self.lead.as_ref())?.get(self.boundary)
        })
    }
}

/// The boundaries of a beat over all leads, or in one.
pub fn boundaries<'a>(
    measured: &'a Measurements,
    beat: usize,
    lead: Option<&LeadName>,
) -> Option<&'a Boundaries> {
    let beat = measured.beats.get(beat)?;
    let Some(lead) = lead else {
        return Some(&beat.boundaries);
    };
    let index = measured
        .leads
        .iter()
        .position(|other| other.lead == *lead)?;
    beat.lead_boundaries.get(index)
}

/// Whether a person set a boundary, or took it away, where it now stands.
pub fn is_by_hand(
    measured: &Measurements,
    boundary: WaveBoundary,
    lead: Option<&LeadName>,
    at_s: f64,
) -> bool {
    let points = measured.by_hand.iter().flat_map(|hand| &hand.points);
    let mut own = points.filter(|point| point.lead.is_none() || point.lead.as_ref() == lead);
    own.any(|point| point.boundary == boundary && point.at_s == Some(at_s))
}

/// Between which times a boundary of a beat may stand: in the order of the wave, and nearer to its own beat than to the
/// next one. `None` where there is no room.
pub fn limits(
    measured: &Measurements,
    beat: usize,
    lead: Option<&LeadName>,
    boundary: WaveBoundary,
    step_s: f64,
) -> Option<(f64, f64)> {
    let own = boundaries(measured, beat, lead)?;
    let time = |index: usize| measured.beats.get(index).map(|beat| beat.time_s);
    let here = time(beat)?;
    let before = beat.checked_sub(1).and_then(time).unwrap_or(here - 2.0);
    let after = time(beat + 1).unwrap_or(here + 2.0);
    let (mut low, mut high) = match boundary {
        WaveBoundary::POn | WaveBoundary::PPeak | WaveBoundary::POff => (before + step_s, here),
        WaveBoundary::QrsOn | WaveBoundary::RPeak | WaveBoundary::QrsOff => (
            (before + here) / 2.0 + step_s,
            (here + after) / 2.0 - step_s,
        ),
        WaveBoundary::TOn | WaveBoundary::TPeak | WaveBoundary::TOff => {
            (here + step_s, after - step_s)
        }
    };
    for other in WaveBoundary::ALL {
        match own.get(other) {
            Some(at) if other < boundary => low = low.max(at + step_s),
            Some(at) if other > boundary => high = high.min(at - step_s),
            _ => {}
        }
    }
    let (low, high) = (low.max(0.0), high);
    (low <= high).then_some((low, high))
}

/// Where a boundary that a beat lacks is put first: where beats of its shape have it, or in the middle of its room.
fn usual(measured: &Measurements, beat: usize, boundary: WaveBoundary) -> Option<f64> {
    let own = measured.beats.get(beat)?;
    let offset = measured.classes.get(own.class)?.boundaries.get(boundary);
    // Roughly where a healthy heart has them, in seconds from the QRS complex.
    let healthy = match boundary {
        WaveBoundary::POn => -0.18,
        WaveBoundary::PPeak => -0.13,
        WaveBoundary::POff => -0.08,
        WaveBoundary::QrsOn => -0.04,
        WaveBoundary::RPeak => 0.0,
        WaveBoundary::QrsOff => 0.05,
        WaveBoundary::TOn => 0.18,
        WaveBoundary::TPeak => 0.26,
        WaveBoundary::TOff => 0.34,
    };
    Some(own.time_s + offset.unwrap_or(healthy))
}

/// One press of an arrow key: a sample, and no less than 2 ms.
fn step_s(rate_hz: f64) -> f64 {
    (0.002 * rate_hz).round().max(1.0) / rate_hz
}
