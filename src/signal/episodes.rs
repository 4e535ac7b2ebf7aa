//! Disturbances with their place in time: where a lead is noisy, wanders, is cut off, stands still or is missing.

use serde::{Deserialize, Serialize};

use super::bands::{LONGEST_S, LeadBands, bands, quiet_level, span};
use crate::ecg::{Lead, LeadName, Recording, Warning, WarningCode};

/// Length of the stretches that noise and wander are judged in, in seconds: each holds the quiet between two beats.
const STRETCH_S: f64 = 1.0;
/// Noise above 35 Hz counts from this share of the complexes' size, and from this many microvolts (root mean square).
const NOISE_SHARE: f64 = 0.1;
const NOISE_UV: f64 = 40.0;
/// Wander below 0.5 Hz counts from this many microvolts within two seconds, half a millivolt.
const WANDER_UV: f64 = 500.0;
/// A lead stands still when its value does not change for this long while others do: longer than the quiet between
/// two beats at 45 a minute.
const STILL_S: f64 = 1.2;
/// Shortest gap that is listed, in seconds.
const GAP_S: f64 = 0.1;
/// Share of a lead's time from which its noise or wander is worth a warning.
const WORTH_SAYING: f64 = 0.3;

/// What is wrong with a stretch of a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disturbance {
    /// Samples are missing.
    Missing,
    /// The lead stands still while others move: an electrode is off.
    ElectrodeOff,
    /// Cut off at the limit of the recorder's range.
    Saturated,
    /// Muscle tremor, mains hum or other noise above 35 Hz.
    Noise,
    /// The baseline wanders.
    Wander,
}

/// A stretch of a lead that is disturbed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Which lead.
    pub lead: LeadName,
    /// In what way.
    pub kind: Disturbance,
    /// Begin, in seconds from the start.
    pub from_s: f64,
    /// End.
    pub to_s: f64,
    /// Root mean square of the noise, or height of the wander, in microvolts; absent for other kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_uv: Option<f64>,
}

/// Every disturbed stretch of the voltage leads (first five minutes), lead by lead and in order of time.
pub fn episodes(recording: &Recording) -> Vec<Episode> {
    episodes_with(recording, &bands(recording))
}

/// The same; `bands` are the recording's.
pub(crate) fn episodes_with(recording: &Recording, bands: &[LeadBands]) -> Vec<Episode> {
    let leads: Vec<(&Lead, &LeadBands)> = recording
        .leads
        .iter()
        .zip(bands)
        .filter(|(lead, _)| lead.unit.is_voltage() && lead.sampling_rate_hz > 0.0)
        .collect();
    let still: Vec<Vec<(f64, f64)>> = leads
        .iter()
        .map(|(lead, bands)| still(&bands.samples, lead.sampling_rate_hz))
        .collect();
    let mut found = Vec::new();
    for (own, (lead, bands)) in leads.iter().enumerate() {
        let (rate, samples) = (lead.sampling_rate_hz, &bands.samples);
        let mut add = |kind, from_s, to_s, size_uv| {
            found.push(Episode {
                lead: lead.name.clone(),
                kind,
                from_s,
                to_s,
                size_uv,
            });
        };
        for (from, to) in runs(samples.iter().map(|value| !value.is_finite())) {
            if (to - from) as f64 >= GAP_S * rate {
                add(
                    Disturbance::Missing,
                    from as f64 / rate,
                    to as f64 / rate,
                    None,
                );
            }
        }
        if bands.flat {
            continue;
        }
        for run in &bands.stuck {
            let (from_s, to_s) = (run.start as f64 / rate, run.end as f64 / rate);
            add(Disturbance::Saturated, from_s, to_s, None);
        }
        for &(from_s, to_s) in &still[own] {
            let overlaps = |&(a, b): &(f64, f64)| a < to_s && b > from_s;
            let also = still
                .iter()
                .filter(|other| other.iter().any(overlaps))
                .count();
            // All leads still at once is the heart's silence, not an electrode's.
            if 2 * also <= still.len() {
                add(Disturbance::ElectrodeOff, from_s, to_s, None);
            }
        }
        for (kind, from_s, to_s, size) in noise(bands, rate).into_iter().chain(wander(bands, rate))
        {
            add(kind, from_s, to_s, Some(size.round()));
        }
    }
    found
}

/// Stretches in which a condition holds, as half-open ranges.
fn runs(holds: impl Iterator<Item = bool>) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (index, holds) in holds.enumerate() {
        if holds {
            match runs.last_mut() {
                Some(last) if last.1 == index => last.1 += 1,
                _ => runs.push((index, index + 1)),
            }
        }
    }
    runs
}

fn still(samples: &[f64], rate: f64) -> Vec<(f64, f64)> {
    let same = samples.windows(2).map(|pair| pair[0] == pair[1]);
    runs(same)
        .into_iter()
        .map(|(from, to)| (from as f64 / rate, (to + 1) as f64 / rate))
        .filter(|(from, to)| to - from >= STILL_S)
        .collect()
}

type Found = (Disturbance, f64, f64, f64);

fn noise(bands: &LeadBands, rate: f64) -> Vec<Found> {
    // A low rate leaves no band above 35 Hz; then nothing is said.
    if rate < 90.0 {
        return Vec::new();
    }
    let limit = (NOISE_SHARE * bands.size.unwrap_or(0.0)).max(NOISE_UV);
    // The quieter half of the tenths of a second lies between the complexes.
    let size = |part: &[f64]| quiet_level(part, rate).unwrap_or(0.0);
    stretches(
        &bands.high,
        STRETCH_S,
        rate,
        Disturbance::Noise,
        limit,
        size,
    )
}

fn wander(bands: &LeadBands, rate: f64) -> Vec<Found> {
    let (length_s, kind) = (2.0 * STRETCH_S, Disturbance::Wander);
    stretches(&bands.slow, length_s, rate, kind, WANDER_UV, span)
}

/// Stretches in which a size exceeds its limit, neighbours joined, with the largest size.
fn stretches(
    samples: &[f64],
    stretch_s: f64,
    rate: f64,
    kind: Disturbance,
    limit: f64,
    size: impl Fn(&[f64]) -> f64,
) -> Vec<Found> {
    let stretch = ((stretch_s * rate).round() as usize).max(1);
    let sizes: Vec<f64> = samples.chunks_exact(stretch).map(size).collect();
    runs(sizes.iter().map(|&size| size > limit))
        .into_iter()
        .map(|(from, to)| {
            let most = sizes.get(from..to).unwrap_or_default();
            let most = most.iter().copied().fold(0.0, f64::max);
            let seconds = |index: usize| (index * stretch) as f64 / rate;
            (kind, seconds(from), seconds(to), most)
        })
        .collect()
}

/// What of it a reader should be told beside the tracing. Missing and cut-off samples have warnings of their own.
pub fn inspect(recording: &Recording, episodes: &[Episode]) -> Vec<Warning> {
    let judged_s = recording.duration_s().min(LONGEST_S);
    let mut warnings = Vec::new();
    for (kind, code) in [
        (Disturbance::ElectrodeOff, WarningCode::ElectrodeOff),
        (Disturbance::Noise, WarningCode::Noise),
        (Disturbance::Wander, WarningCode::BaselineWander),
    ] {
        let mut leads: Vec<(&LeadName, f64, &Episode)> = Vec::new();
        for episode in episodes.iter().filter(|episode| episode.kind == kind) {
            let length = episode.to_s - episode.from_s;
            match leads.iter_mut().find(|(lead, ..)| **lead == episode.lead) {
                Some((_, total, longest)) => {
                    *total += length;
                    if length > longest.to_s - longest.from_s {
                        *longest = episode;
                    }
                }
                None => leads.push((&episode.lead, length, episode)),
            }
        }
        if kind != Disturbance::ElectrodeOff {
            leads.retain(|(_, total, _)| *total >= WORTH_SAYING * judged_s);
        }
        let Some((first, _, longest)) = leads.iter().max_by(|a, b| a.1.total_cmp(&b.1)) else {
            continue;
        };
        let names: Vec<&str> = leads.iter().map(|(lead, ..)| lead.as_str()).collect();
        let place = format!("{:.1} to {:.1} s", longest.from_s, longest.to_s);
        let which = match names.as_slice() {
            [one] => format!("Lead {one}"),
            [rest @ .., last] => format!("Leads {} and {last}", rest.join(", ")),
            [] => continue,
        };
        let (one, worst) = (names.len() == 1, format!("longest in {first}, {place}"));
        let message = match kind {
            Disturbance::Noise if one => format!("{which} is noisy ({place})"),
            Disturbance::Noise => format!("{which} are noisy ({worst})"),
            Disturbance::Wander if one => format!("The baseline of lead {first} wanders ({place})"),
            Disturbance::Wander => {
                format!("The baseline wanders in {} leads ({worst})", names.len())
            }
            _ => {
                let electrode =
                    loose_electrode(&leads.iter().map(|(l, ..)| *l).collect::<Vec<_>>());
                let cause = electrode.map_or_else(
                    || "an electrode was off".to_owned(),
                    |electrode| format!("the {electrode} electrode was off"),
                );
                let verb = if one { "stands" } else { "stand" };
                let place = if one { place } else { worst };
                format!("{which} {verb} still while others move ({place}): {cause}")
            }
        };
        warnings.push(Warning::new(code, message));
    }
    warnings
}

/// The one electrode that the disturbed leads have in common: that of a chest lead, or the limb electrode of two of I,
/// II and III (I = LA - RA, II = LL - RA, III = LL - LA).
fn loose_electrode(leads: &[&LeadName]) -> Option<String> {
    let has = |lead: &LeadName| leads.contains(&lead);
    match (has(&LeadName::I), has(&LeadName::II), has(&LeadName::III)) {
        (true, true, false) => Some("right arm".to_owned()),
        (true, false, true) => Some("left arm".to_owned()),
        (false, true, true) => Some("left leg".to_owned()),
        _ => match leads {
            [lead] if !lead.is_limb() => Some(lead.to_string()),
            _ => None,
        },
    }
}
