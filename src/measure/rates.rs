//! Rates and RR intervals.

use super::beats::median;
use super::classes::AlignedBeat;
use super::numbers::{seconds, successive};
use super::prepare::RATE_HZ;
use super::rhythm::PAUSE_MS;
use super::types::{Measurements, Value};
use crate::ecg::LeadName;

/// An interval that is so many times the usual one, and long enough for a pause, is no variation of the rhythm.
const PAUSE_TO_USUAL: f64 = 1.5;

/// Mean, slowest and fastest rate, the longest RR and RMSSD; over gaps nothing is counted.
pub(super) fn rates(measured: &mut Measurements, beats: &[AlignedBeat], leads: &[LeadName]) {
    let (Some(first), Some(last)) = (beats.first(), beats.last()) else {
        return;
    };
    if beats.len() < 2 {
        measured.notes.push("One beat: no rate".into());
        return;
    }
    let rate = |value: f64, beats: usize, from: usize, to: usize| {
        Some(Value {
            value,
            unit: "/min".into(),
            leads: leads.to_vec(),
            beats,
            from_s: seconds(from as f64),
            to_s: seconds(to as f64),
        })
    };
    let pairs: Vec<(usize, usize)> = successive(&measured.gaps_s, beats)
        .map(|(a, b)| (a.at, b.at))
        .collect();
    let span: usize = pairs.iter().map(|(a, b)| b - a).sum();
    if pairs.is_empty() {
        return;
    }
    measured.heart_rate = rate(
        60.0 * RATE_HZ * pairs.len() as f64 / span as f64,
        beats.len(),
        first.at,
        last.at,
    );
    let longest = pairs.iter().copied().max_by_key(|(a, b)| b - a);
    let shortest = pairs.iter().copied().min_by_key(|(a, b)| b - a);
    let of = |pair: Option<(usize, usize)>| {
        pair.and_then(|(a, b)| rate(60.0 * RATE_HZ / (b - a) as f64, 2, a, b))
    };
    measured.heart_rate_min = of(longest);
    measured.heart_rate_max = of(shortest);
    measured.longest_rr = longest
        .and_then(|(a, b)| rate((b - a) as f64 * 1000.0 / RATE_HZ, 2, a, b))
        .map(|mut value| {
            value.unit = "ms".into();
            value
        });
    let usual = median(
        &pairs
            .iter()
            .map(|(a, b)| (b - a) as f64)
            .collect::<Vec<_>>(),
    );
    let is_pause = |rr: f64| seconds(rr) * 1000.0 > PAUSE_MS && rr > PAUSE_TO_USUAL * usual;
    let normal: Vec<(usize, usize)> = successive(&measured.gaps_s, beats)
        .filter(|(a, b)| a.class == 0 && b.class == 0)
        .filter(|(a, b)| !is_pause((b.at - a.at) as f64))
        .map(|(a, b)| (a.at, b.at))
        .collect();
    // Of intervals that follow each other, as in the variability of longer tracings; a pause is told as such.
    let differences: Vec<f64> = normal
        .windows(2)
        .filter(|pair| pair[0].1 == pair[1].0)
        .map(|pair| (pair[1].1 - pair[1].0) as f64 - (pair[0].1 - pair[0].0) as f64)
        .map(|samples| (samples * 1000.0 / RATE_HZ).powi(2))
        .collect();
    if differences.len() >= 2 {
        let rmssd = (differences.iter().sum::<f64>() / differences.len() as f64).sqrt();
        measured.rmssd = rate(rmssd, normal.len() + 1, first.at, last.at).map(|mut value| {
            value.unit = "ms".into();
            value
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn successive_differences_do_not_lead_over_an_ectopic_beat() {
        let beat = |at: usize, class: usize| AlignedBeat {
            at,
            class,
            likeness: 1.0,
        };
        let beats: Vec<AlignedBeat> = [
            (0, 0),
            (400, 0),
            (800, 0),
            (1100, 1),
            (1700, 0),
            (2300, 0),
            (2900, 0),
            (3500, 0),
        ]
        .map(|(at, class)| beat(at, class))
        .into();
        let mut measured = Measurements::default();
        rates(&mut measured, &beats, &[]);
        assert_eq!(measured.rmssd.unwrap().value, 0.0);
    }
}
