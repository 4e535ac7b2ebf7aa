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

/// Noise above this share of the complexes' size swamps them, if it is louder than this many microvolts.
const SWAMPED: f64 = 0.2;
const SWAMPED_UV: f64 = 40.0;
/// A beat is left out for samples missing for so long, and for ones cut off for so long, in seconds.
const MISSED_S: f64 = 0.02;
const LOST_S: f64 = 0.2;
/// All leads hold one value for this long, in seconds: nothing was recorded.
const ALL_STILL_S: f64 = 2.0;
/// A lead is noisier than usual where its noise is this multiple of what a quarter of the time stays below, and this many
/// microvolts at least.
const NOISIER: f64 = 3.0;
const NOISIER_UV: f64 = 20.0;

/// Stretches that nothing should be measured in, in seconds from the start.
#[derive(Default)]
pub(crate) struct Lost {
    /// For each lead of the recording where it is missing, off, cut off or swamped by noise.
    pub leads: Vec<Vec<(f64, f64)>>,
    /// For each lead where it is much noisier than usual.
    pub noisier: Vec<Vec<(f64, f64)>>,
}

/// What cannot be measured of a recording (first five minutes); `bands` are its own.
pub(crate) fn lost(recording: &Recording, bands: &[LeadBands]) -> Lost {
    let mut lost = Lost::default();
    let episodes = episodes_with(recording, bands);
    let still: Vec<Vec<(f64, f64)>> = recording
        .leads
        .iter()
        .zip(bands)
        .map(|(lead, bands)| still(&bands.samples, lead.sampling_rate_hz))
        .collect();
    let all_still = still.into_iter().reduce(|a, b| in_both(&a, &b));
    let all_still = all_still.unwrap_or_default().into_iter();
    let all_still: Vec<_> = all_still.filter(|(a, b)| b - a >= ALL_STILL_S).collect();
    for (lead, bands) in recording.leads.iter().zip(bands) {
        let own = episodes.iter().filter(|episode| {
            episode.lead == lead.name
                && matches!(
                    episode.kind,
                    Disturbance::ElectrodeOff | Disturbance::Saturated
                )
                && episode.to_s - episode.from_s >= LOST_S
        });
        let (size, rate) = (bands.size.unwrap_or(0.0), lead.sampling_rate_hz);
        let missing = runs(bands.samples.iter().map(|value| !value.is_finite())).into_iter();
        let missing = missing.map(|(from, to)| (from as f64 / rate, to as f64 / rate));
        let mut gone: Vec<(f64, f64)> = own.map(|own| (own.from_s, own.to_s)).collect();
        gone.extend(missing.filter(|(from_s, to_s)| to_s - from_s >= MISSED_S));
        gone.extend(&all_still);
        let louder_than = |limit: f64| -> Vec<(f64, f64)> {
            let found = noise_over(bands, rate, limit).into_iter();
            found.map(|(_, from_s, to_s, _)| (from_s, to_s)).collect()
        };
        if lead.unit.is_voltage() {
            gone.extend(louder_than((SWAMPED * size).max(SWAMPED_UV)));
        }
        gone.sort_by(|a, b| a.0.total_cmp(&b.0));
        lost.leads.push(gone);
        let usual = usual_noise(bands, rate);
        lost.noisier.push(if lead.unit.is_voltage() {
            louder_than((NOISIER * usual).max(NOISIER_UV))
        } else {
            Vec::new()
        });
    }
    lost
}

/// Noise that a quarter of a lead's stretches stay below.
fn usual_noise(bands: &LeadBands, rate: f64) -> f64 {
    let stretch = ((STRETCH_S * rate).round() as usize).max(1);
    let stretches = bands.high.chunks_exact(stretch);
    let mut levels: Vec<f64> = stretches
        .filter_map(|part| quiet_level(part, rate))
        .collect();
    levels.sort_by(f64::total_cmp);
    levels.get(levels.len() / 4).copied().unwrap_or(0.0)
}

/// Where both have a stretch.
fn in_both(these: &[(f64, f64)], those: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let pairs = these
        .iter()
        .flat_map(|this| those.iter().map(move |that| (this, that)));
    pairs
        .map(|(this, that)| (this.0.max(that.0), this.1.min(that.1)))
        .filter(|(from, to)| to > from)
        .collect()
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
    let limit = (NOISE_SHARE * bands.size.unwrap_or(0.0)).max(NOISE_UV);
    noise_over(bands, rate, limit)
}

fn noise_over(bands: &LeadBands, rate: f64, limit: f64) -> Vec<Found> {
    // A low rate leaves no band above 35 Hz; then nothing is said.
    if rate < 90.0 {
        return Vec::new();
    }
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
