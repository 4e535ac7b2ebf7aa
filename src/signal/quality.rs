//! Whether a tracing can be read at all, and how good each lead is.
//!
//! The rule: a twelve-lead ECG is readable while at least [`MIN_LIMB_LEADS`] limb leads and
//! [`MIN_CHEST_LEADS`] chest leads are usable and a heartbeat is found in them. One or two bad leads are
//! named and the tracing is read; more than that is refused with the reason.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::activity::{Activity, slow};
use super::bands::{LONGEST_S, LeadBands, bands, quiet_level, span};
use crate::ecg::{Lead, LeadName, Recording, STANDARD_12};

/// Limb leads needed: two of them contain all six.
pub const MIN_LIMB_LEADS: usize = 2;
/// Chest leads needed.
pub const MIN_CHEST_LEADS: usize = 4;
/// Shortest readable tracing in seconds.
pub const SHORTEST_S: f64 = 2.0;
/// A lead with a larger share of its samples missing, or stuck at a limit, is not usable.
const MISSING_LIMIT: f64 = 0.5;
const SATURATED_LIMIT: f64 = 0.2;
/// Noise (root mean square) above this share of the QRS size swamps the complexes.
const NOISE_LIMIT: f64 = 0.2;

/// How good one lead is. Microvolt values are absent when the lead is no voltage or nothing is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadQuality {
    /// Which lead.
    pub lead: LeadName,
    /// It holds one constant value.
    pub flat: bool,
    /// Share of its samples stuck at a limit of the range, 0 to 1.
    pub saturated: f64,
    /// Share of its samples that are missing, 0 to 1.
    pub missing: f64,
    /// Root mean square above 35 Hz in the quieter half of the tracing, in microvolts.
    pub noise_uv: Option<f64>,
    /// Peak-to-peak baseline wander below 0.5 Hz, in microvolts.
    pub wander_uv: Option<f64>,
    /// Typical peak-to-peak size of its complexes, in microvolts.
    pub qrs_uv: Option<f64>,
    /// Noise as a share of the complexes' size.
    pub noise_share: Option<f64>,
    /// Why it cannot be read, if it cannot.
    pub defect: Option<Defect>,
}

/// Why a lead cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    Absent,
    Flat,
    Missing,
    Saturated,
    Noise,
}

impl Defect {
    fn adjective(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Flat => "flat",
            Self::Missing => "mostly missing",
            Self::Saturated => "saturated",
            Self::Noise => "swamped by noise",
        }
    }
}

/// Whether a tracing can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "because", rename_all = "snake_case")]
pub enum Verdict {
    Readable,
    /// Readable, but the reader should know this.
    Doubtful(String),
    NotReadable(String),
}

/// The quality of a tracing: each of its leads, and the verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Standard leads in printed order, absent ones included.
    pub leads: Vec<LeadQuality>,
    /// Whether it can be read.
    pub verdict: Verdict,
}

impl Quality {
    /// One sentence that names the leads and the reason, when the tracing cannot be read.
    pub fn not_readable(&self) -> Option<String> {
        match &self.verdict {
            Verdict::NotReadable(reason) => Some(reason.clone()),
            _ => None,
        }
    }

    /// The leads that can be read.
    pub fn usable(&self) -> Vec<LeadName> {
        self.leads
            .iter()
            .filter(|lead| lead.defect.is_none())
            .map(|lead| lead.lead.clone())
            .collect()
    }
}

/// Judges the standard leads of a recording (its first five minutes).
pub fn assess(recording: &Recording) -> Quality {
    let leads = assess_leads(recording, &bands(recording));
    let verdict = verdict(recording, &leads);
    Quality { leads, verdict }
}

/// The standard leads alone, without a verdict; `bands` are the recording's.
pub(crate) fn assess_leads(recording: &Recording, bands: &[LeadBands]) -> Vec<LeadQuality> {
    STANDARD_12
        .iter()
        .map(|name| {
            let mut leads = recording.leads.iter().zip(bands);
            let own = leads.find(|(lead, _)| lead.name == *name);
            own.map_or_else(|| absent(name), |(lead, bands)| judge(lead, bands))
        })
        .collect()
}

fn absent(name: &LeadName) -> LeadQuality {
    LeadQuality {
        lead: name.clone(),
        flat: false,
        saturated: 0.0,
        missing: 0.0,
        noise_uv: None,
        wander_uv: None,
        qrs_uv: None,
        noise_share: None,
        defect: Some(Defect::Absent),
    }
}

fn judge(lead: &Lead, bands: &LeadBands) -> LeadQuality {
    let mut quality = absent(&lead.name);
    let kept = bands.samples.len();
    let missing = bands.samples.iter().filter(|value| !value.is_finite());
    quality.missing = missing.count() as f64 / kept.max(1) as f64;
    if bands.bridged.is_empty() {
        if kept > 0 {
            quality.defect = Some(Defect::Missing);
        }
        return quality;
    }
    quality.flat = bands.flat;
    quality.saturated = share_of(&bands.stuck, kept);
    let noise = quiet_level(&bands.high, lead.sampling_rate_hz);
    quality.noise_share = bands
        .size
        .zip(noise)
        .filter(|(size, _)| *size > 0.0)
        .map(|(size, noise)| noise / size);
    if lead.unit.is_voltage() {
        quality.qrs_uv = bands.size;
        quality.noise_uv = noise;
        quality.wander_uv = Some(span(&bands.slow)).filter(|span| *span >= 0.0);
    }
    quality.defect = if quality.missing > MISSING_LIMIT {
        Some(Defect::Missing)
    } else if quality.flat {
        Some(Defect::Flat)
    } else if quality.saturated > SATURATED_LIMIT {
        Some(Defect::Saturated)
    } else if quality.noise_share.is_some_and(|share| share > NOISE_LIMIT) {
        Some(Defect::Noise)
    } else {
        None
    };
    quality
}

/// Whether nearly all samples hold one value.
pub(crate) fn is_flat(samples: &[f64]) -> bool {
    let mut known: Vec<f64> = samples
        .iter()
        .copied()
        .filter(|value| value.is_finite())
        .collect();
    let Some(last) = known.len().checked_sub(1) else {
        return false;
    };
    let mut at = |share: f64| {
        let place = (last as f64 * share).round() as usize;
        *known.select_nth_unstable_by(place, f64::total_cmp).1
    };
    at(0.99) <= at(0.01)
}

/// Share of the samples that lie in runs.
pub(crate) fn share_of(runs: &[Range<usize>], length: usize) -> f64 {
    runs.iter().map(|run| run.len()).sum::<usize>() as f64 / length.max(1) as f64
}

/// Where the samples stand still at the largest or smallest value after having been cut off there: 20 ms or longer,
/// entered or left by a jump.
pub(crate) fn stuck_runs(samples: &[f64], rate_hz: f64) -> Vec<Range<usize>> {
    let finite = || samples.iter().copied().filter(|value| value.is_finite());
    let (low, high) = (
        finite().fold(f64::INFINITY, f64::min),
        finite().fold(f64::NEG_INFINITY, f64::max),
    );
    let range = high - low;
    let mut runs = Vec::new();
    if range.is_nan() || range <= 0.0 || is_flat(samples) {
        return runs;
    }
    let shortest = ((0.02 * rate_hz).ceil() as usize).max(3);
    let mut start = 0;
    while start < samples.len() {
        let value = samples[start];
        let run = samples[start..]
            .iter()
            .take_while(|&&next| next == value)
            .count()
            .max(1);
        if run >= shortest && (value == low || value == high) {
            let before = start.checked_sub(1).and_then(|index| samples.get(index));
            let after = samples.get(start + run);
            let jump = [before, after]
                .into_iter()
                .flatten()
                .map(|neighbour| (neighbour - value).abs())
                .fold(0.0, f64::max);
            if jump > 0.02 * range {
                runs.push(start..start + run);
            }
        }
        start += run;
    }
    runs
}

fn verdict(recording: &Recording, leads: &[LeadQuality]) -> Verdict {
    if recording.leads.is_empty() || leads.iter().all(|lead| lead.defect == Some(Defect::Absent)) {
        return Verdict::NotReadable("none of the twelve standard leads is present".into());
    }
    if recording.duration_s() < SHORTEST_S {
        let seconds = recording.duration_s();
        return Verdict::NotReadable(format!(
            "it is {seconds:.1} s long and {SHORTEST_S:.0} s is the least that can be read"
        ));
    }
    let defects = describe_defects(leads);
    let usable: Vec<LeadName> = leads
        .iter()
        .filter(|lead| lead.defect.is_none())
        .map(|lead| lead.lead.clone())
        .collect();
    let limb = usable.iter().filter(|lead| lead.is_limb()).count();
    if limb < MIN_LIMB_LEADS || usable.len() - limb < MIN_CHEST_LEADS {
        return Verdict::NotReadable(defects.unwrap_or_else(|| "too few leads are usable".into()));
    }
    let slowed: Vec<Vec<f64>> = recording
        .leads
        .iter()
        .filter(|lead| usable.contains(&lead.name))
        .filter_map(|lead| slow(lead, LONGEST_S))
        .collect();
    match Activity::of(&slowed) {
        Some(activity) if heart_beats(&activity) => {}
        _ => return Verdict::NotReadable("no heartbeat can be made out in any lead".into()),
    }
    defects.map_or(Verdict::Readable, Verdict::Doubtful)
}

/// `V1 and V2 are flat; III is absent`, or `None` when no lead has a defect.
fn describe_defects(leads: &[LeadQuality]) -> Option<String> {
    let kinds = [
        Defect::Absent,
        Defect::Flat,
        Defect::Missing,
        Defect::Saturated,
        Defect::Noise,
    ];
    let parts: Vec<String> = kinds
        .into_iter()
        .filter_map(|kind| {
            let names: Vec<&str> = leads
                .iter()
                .filter(|lead| lead.defect == Some(kind))
                .map(|lead| lead.lead.as_str())
                .collect();
            let (last, rest) = names.split_last()?;
            Some(match rest {
                [] => format!("lead {last} is {}", kind.adjective()),
                _ if names.len() == leads.len() => format!("every lead is {}", kind.adjective()),
                _ => format!(
                    "leads {} and {last} are {}",
                    rest.join(", "),
                    kind.adjective()
                ),
            })
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Either complexes look alike from beat to beat and stand out from what lies between, or (a ventricular
/// tachycardia has nothing between) the whole tracing repeats itself at a heart's pace. Noise and EEG do neither.
fn heart_beats(activity: &Activity) -> bool {
    let (likeness, contrast) = likeness_and_contrast(activity);
    (likeness > LIKENESS_LIMIT && contrast > CONTRAST_LIMIT) || repeats(activity)
}

/// Median likeness (correlation over 160 ms and all leads) of a complex with the one most like it. Real tracings
/// have 0.84 and more, independent noise about 0.3.
const LIKENESS_LIMIT: f64 = 0.5;
/// Height of the activity curve's peaks over its median. Real tracings with distinct complexes have 2.7 and more,
/// noise in all leads alike up to 1.7.
const CONTRAST_LIMIT: f64 = 2.2;
/// Autocorrelation from which a tracing counts as repeating itself.
const REPETITION_LIMIT: f64 = 0.7;
/// Shortest and longest period of a tachycardia, in samples at 100 Hz: 330 and 100 beats a minute.
const PERIODS: std::ops::RangeInclusive<usize> = 18..=60;

fn repeats(activity: &Activity) -> bool {
    let autocorrelation = |lag: usize| {
        let (mut along, mut total) = (0.0, 0.0);
        for lead in &activity.leads {
            let later = lead.get(lag..).unwrap_or_default();
            along += lead.iter().zip(later).map(|(a, b)| a * b).sum::<f64>();
            total += lead
                .iter()
                .zip(later)
                .map(|(a, b)| (a * a + b * b) / 2.0)
                .sum::<f64>();
        }
        if total > 0.0 { along / total } else { 0.0 }
    };
    let curve: Vec<f64> = (0..=*PERIODS.end() + 1).map(autocorrelation).collect();
    // The first strong return is the period; an alpha rhythm returns sooner than any heart.
    let first = (3..=*PERIODS.end()).find(|&lag| {
        curve[lag] > REPETITION_LIMIT
            && curve[lag] >= curve[lag - 1]
            && curve[lag] >= curve[lag + 1]
    });
    first.is_some_and(|lag| PERIODS.contains(&lag))
}

fn likeness_and_contrast(activity: &Activity) -> (f64, f64) {
    let peaks = activity.peaks(0.4);
    let mut levels = activity.curve.clone();
    levels.sort_by(f64::total_cmp);
    let middle = levels.get(levels.len() / 2).copied().unwrap_or(0.0);
    let mut heights: Vec<f64> = peaks
        .iter()
        .filter_map(|&peak| activity.curve.get(peak).copied())
        .collect();
    heights.sort_by(f64::total_cmp);
    let height = heights.get(heights.len() / 2).copied().unwrap_or(0.0);
    let contrast = if middle > 0.0 { height / middle } else { 0.0 };

    let beats: Vec<Vec<f64>> = peaks
        .iter()
        .take(60)
        .filter_map(|&peak| complex_at(activity, peak as i64))
        .collect();
    if beats.len() < 2 {
        // One beat in a short strip has nothing to be compared with.
        return (if beats.is_empty() { 0.0 } else { 1.0 }, contrast);
    }
    let mut likenesses: Vec<f64> = peaks
        .iter()
        .take(60)
        .enumerate()
        .filter_map(|(own, &peak)| {
            // A detection may be off by a sample or two.
            let shifted: Vec<Vec<f64>> = (-3..=3)
                .filter_map(|shift| complex_at(activity, peak as i64 + shift))
                .collect();
            beats
                .iter()
                .enumerate()
                .filter(|(index, _)| *index != own)
                .map(|(_, other)| {
                    shifted
                        .iter()
                        .map(|beat| correlation(beat, other))
                        .fold(-1.0, f64::max)
                })
                .reduce(f64::max)
        })
        .collect();
    likenesses.sort_by(f64::total_cmp);
    (
        likenesses.get(likenesses.len() / 2).copied().unwrap_or(0.0),
        contrast,
    )
}

fn complex_at(activity: &Activity, centre: i64) -> Option<Vec<f64>> {
    let from = usize::try_from(centre - 8).ok()?;
    activity
        .leads
        .iter()
        .map(|lead| lead.get(from..from + 17))
        .collect::<Option<Vec<_>>>()
        .map(|parts| parts.concat())
}

/// Of two curves around zero, of one length; 0 where one of them is zero.
pub(crate) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(p, q)| p * q).sum::<f64>();
    let norm = (dot(a, a) * dot(b, b)).sqrt();
    if norm > 0.0 { dot(a, b) / norm } else { 0.0 }
}
