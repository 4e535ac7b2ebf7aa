//! What the sequence of beats says beside their rate: pauses, and beats that a pacemaker starts.

use super::beats::median;
use super::criteria::WIDE_QRS_MS;
use super::prepare::is_whole;
use super::types::{Measurements, Value};

/// RMSSD over mean RR from which a rhythm is called irregular; sinus rhythm stays below 0.1 as a rule (Dash et al.
/// 2009, Ann Biomed Eng 37:1701).
const IRREGULAR_SHARE: f64 = 0.1;
/// Below this share it is regular: no fibrillation that is conducted.
const REGULAR_SHARE: f64 = 0.05;

impl Measurements {
    /// RMSSD over mean RR.
    fn irregularity(&self) -> Option<f64> {
        let (rmssd, rate) = (self.rmssd.as_ref()?, self.heart_rate.as_ref()?);
        Some(rmssd.value * rate.value / 60_000.0)
    }

    /// Whether RR intervals vary from beat to beat as in atrial fibrillation, P waves or not.
    pub(crate) fn is_irregular(&self) -> Option<bool> {
        self.irregularity().map(|share| share > IRREGULAR_SHARE)
    }

    /// Whether RR intervals are nearly the same from beat to beat.
    pub(crate) fn is_regular(&self) -> bool {
        self.irregularity()
            .is_some_and(|share| share < REGULAR_SHARE)
    }

    /// Whether beats of the dominant shape come early, each followed by an interval that is no shorter than usual, as after
    /// a premature beat from above the ventricles, while the others follow each other regularly.
    pub(crate) fn has_early_beats(&self) -> bool {
        if self.irregular_without_p == Some(true) {
            return false;
        }
        let all: Vec<f64> = self.beats.iter().filter_map(|beat| beat.rr_ms).collect();
        let usual = median(&all);
        self.beats.windows(2).any(|pair| {
            let next = pair[1].rr_ms;
            pair[0].premature && pair[0].class == 0 && next.is_some_and(|next| next >= usual)
        })
    }

    /// Whether beats follow each other fast, without P waves and not as in fibrillation, in complexes that are wide or
    /// cannot be told from their T waves, and that no pacemaker starts.
    pub(crate) fn is_wide_tachycardia(&self) -> bool {
        let fast = self.heart_rate.as_ref().map(|rate| rate.value);
        let fast = fast.is_some_and(|rate| rate > TACHYCARDIA_PER_MIN);
        let qrs_ms = self.qrs.as_ref().map(|qrs| qrs.value);
        let paced = self.classes.first().is_none_or(|class| class.paced);
        fast && !paced
            && qrs_ms.is_none_or(|qrs_ms| qrs_ms >= WIDE_QRS_MS)
            && self.p_duration.is_none()
            && self.irregular_without_p != Some(true)
    }
}

/// A tachycardia is faster, and one with wide complexes is ventricular until something else is shown (ACC/AHA/HRS 2015,
/// Page et al., doi:10.1161/CIR.0000000000000311).
const TACHYCARDIA_PER_MIN: f64 = 100.0;

/// What a reader should know of such a rhythm.
pub(super) fn wide_tachycardia(measured: &Measurements) -> Option<String> {
    let rate = measured.heart_rate.as_ref()?.value;
    let width = match &measured.qrs {
        Some(qrs) => format!("QRS {:.0} ms", qrs.value),
        None => "complexes that run into their T waves".into(),
    };
    measured.is_wide_tachycardia().then(|| {
        format!(
            "{rate:.0}/min with {width} and no P waves: ventricular tachycardia is not ruled out, and what the shape of \
             complexes says in sinus rhythm does not hold"
        )
    })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::BeatShape;

    fn value(value: f64, unit: &str) -> Option<Value> {
        Some(Value {
            value,
            unit: unit.into(),
            leads: Vec::new(),
            beats: 20,
            from_s: 0.0,
            to_s: 9.0,
        })
    }

    #[test]
    fn a_fast_rhythm_of_wide_complexes_without_p_waves_may_be_ventricular_tachycardia() {
        let shape = |paced| BeatShape {
            beats: 20,
            paced,
            ..BeatShape::default()
        };
        let of = |rate: f64, qrs_ms: Option<f64>| Measurements {
            heart_rate: value(rate, "/min"),
            qrs: qrs_ms.and_then(|qrs_ms| value(qrs_ms, "ms")),
            classes: vec![shape(false)],
            ..Measurements::default()
        };
        assert!(of(170.0, Some(160.0)).is_wide_tachycardia());
        assert!(of(170.0, None).is_wide_tachycardia());
        let note = wide_tachycardia(&of(170.0, Some(160.0)));
        assert!(note.is_some_and(|note| note.starts_with("170/min with QRS 160 ms")));
        assert!(!of(170.0, Some(90.0)).is_wide_tachycardia());
        assert!(!of(90.0, Some(160.0)).is_wide_tachycardia());
        let with_p = Measurements {
            p_duration: value(90.0, "ms"),
            ..of(120.0, Some(150.0))
        };
        let fibrillating = Measurements {
            irregular_without_p: Some(true),
            ..of(120.0, Some(150.0))
        };
        let paced = Measurements {
            classes: vec![shape(true)],
            ..of(120.0, Some(150.0))
        };
        for other in [with_p, fibrillating, paced] {
            assert!(!other.is_wide_tachycardia());
        }
        assert_eq!(wide_tachycardia(&of(90.0, Some(160.0))), None);
    }
}
