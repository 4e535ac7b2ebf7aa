//! What the sequence of beats says beside their rate: pauses, and beats that a pacemaker starts.

use super::prepare::is_whole;
use super::types::{Measurements, Value};

/// RMSSD over mean RR from which a rhythm is called irregular; sinus rhythm stays below 0.1 as a rule (Dash et al.
/// 2009, Ann Biomed Eng 37:1701).
const IRREGULAR_SHARE: f64 = 0.1;

impl Measurements {
    /// Whether RR intervals vary from beat to beat as in atrial fibrillation, P waves or not.
    pub(crate) fn is_irregular(&self) -> Option<bool> {
        let (rmssd, rate) = (self.rmssd.as_ref()?, self.heart_rate.as_ref()?);
        Some(rmssd.value * rate.value / 60_000.0 > IRREGULAR_SHARE)
    }
}

/// RR from which it is a pause, in milliseconds (2 s; longer ones than 3 s count as indications for pacing in the
/// guidelines of the European Society of Cardiology, Eur Heart J 2021;42:3427).
pub(super) const PAUSE_MS: f64 = 2000.0;
/// A spike starts the complex that begins within this time after it, or a little before where a filter has spread it,
/// in seconds.
const BEFORE_QRS_S: f64 = 0.06;
const AFTER_QRS_S: f64 = 0.04;
/// Share of a shape's beats that a spike starts from which the shape is called paced.
const PACED_SHARE: f64 = 0.5;

/// So close to the ends of a tracing, in seconds, a beat has no shape and isn't found.
const EDGE_S: f64 = 0.15;

/// Distances between beats of more than two seconds, and such from the start of the tracing to the first beat and from the
/// last one to its end, as far as nothing hides a beat there.
pub(crate) fn pauses(measured: &Measurements, duration_s: f64) -> Vec<Value> {
    let pause = |length_ms: f64, beats: usize, from_s: f64, to_s: f64| {
        (length_ms > PAUSE_MS).then(|| Value {
            value: length_ms.round(),
            unit: "ms".into(),
            leads: measured.lead_names(),
            beats,
            from_s,
            to_s,
        })
    };
    let open = |from_s: f64, to_s: f64| {
        let whole = to_s.is_finite() && is_whole(&measured.gaps_s, from_s, to_s);
        whole.then(|| pause((to_s - from_s) * 1000.0, 1, from_s, to_s))?
    };
    let (Some(first), Some(last)) = (measured.beats.first(), measured.beats.last()) else {
        return Vec::new();
    };
    let between = measured
        .beats
        .windows(2)
        .filter_map(|pair| pause(pair[1].rr_ms?, 2, pair[0].time_s, pair[1].time_s));
    open(EDGE_S, first.time_s)
        .into_iter()
        .chain(between)
        .chain(open(last.time_s, duration_s - EDGE_S))
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
