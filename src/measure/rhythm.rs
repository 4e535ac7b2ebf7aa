//! What the sequence of beats says beside their rate: pauses, and beats that a pacemaker starts.

use super::types::{Measurements, Value};

/// RR from which it is a pause, in milliseconds (2 s; longer ones than 3 s count as indications for pacing in the
/// guidelines of the European Society of Cardiology, Eur Heart J 2021;42:3427).
const PAUSE_MS: f64 = 2000.0;
/// A spike starts the complex that begins within this time after it, or a little before where a filter has spread it,
/// in seconds.
const BEFORE_QRS_S: f64 = 0.06;
const AFTER_QRS_S: f64 = 0.04;
/// Share of a shape's beats that a spike starts from which the shape is called paced.
const PACED_SHARE: f64 = 0.5;

/// Distances between beats of more than two seconds.
pub(crate) fn pauses(measured: &Measurements) -> Vec<Value> {
    measured
        .beats
        .windows(2)
        .filter_map(|pair| {
            let length = pair[1].rr_ms?;
            (length > PAUSE_MS).then(|| Value {
                value: length.round(),
                unit: "ms".into(),
                leads: measured.lead_names(),
                beats: 2,
                from_s: pair[0].time_s,
                to_s: pair[1].time_s,
            })
        })
        .collect()
}

/// For each shape of beats whether spikes (in seconds from the start) start its complexes.
pub(crate) fn paced(measured: &Measurements, spikes_s: &[f64]) -> Vec<bool> {
    (0..measured.classes.len())
        .map(|class| {
            let own = || measured.beats.iter().filter(|beat| beat.class == class);
            let started = own().filter(|beat| {
                let begin = beat.boundaries.qrs_on.unwrap_or(beat.time_s);
                let near = begin - BEFORE_QRS_S..=begin + AFTER_QRS_S;
                spikes_s.iter().any(|spike| near.contains(spike))
            });
            let started = started.count() as f64;
            started > 0.0 && started >= PACED_SHARE * own().count() as f64
        })
        .collect()
}
