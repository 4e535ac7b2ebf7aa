//! The signals that measurements are taken from.

use crate::ecg::{Lead, LeadName, Recording, Unit};
use crate::signal::bands::{LONGEST_S, LeadBands, bands};
use crate::signal::butterworth::{Band, Padding, butterworth, filter_all_both_ways};
use crate::signal::episodes::{Lost, lost};
use crate::signal::leads::give_usual_size;
use crate::signal::pacing;
use crate::signal::quality::{Defect, assess_leads};
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
#[derive(Clone)]
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
    /// Where it is missing, off, cut off or swamped by noise, in seconds.
    pub lost_s: Vec<(f64, f64)>,
}

/// A tracing, ready to be measured: all leads at 500 Hz, of one length, without gaps.
#[derive(Clone)]
pub(crate) struct Prepared {
    pub leads: Vec<PreparedLead>,
    pub length: usize,
    /// When pacing spikes were, in seconds from the start; they are taken out.
    pub spikes_s: Vec<f64>,
    /// Begin and end of stretches in which too few leads can be read for a beat to be found, in seconds and in order.
    pub gaps_s: Vec<(f64, f64)>,
    /// Those in which most leads are much noisier than usual.
    pub noisy_s: Vec<(f64, f64)>,
    /// Leads of which too much is missing to be measured beside the others.
    pub left_out: Vec<LeadName>,
    /// Leads of which too few beats can be read.
    pub unread: Vec<LeadName>,
    /// Channels that show something else than the heart.
    pub others: Vec<LeadName>,
}

/// A lead whose gaps are bridged.
struct Bridged<'r> {
    lead: &'r Lead,
    values: Vec<f64>,
    gaps_s: Vec<(f64, f64)>,
}

impl<'r> Bridged<'r> {
    fn new(lead: &'r Lead) -> Option<Self> {
        let mut values = lead.samples.microvolts();
        if !lead.unit.is_voltage() {
            give_usual_size(&mut values);
        }
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

/// Words in the name of a channel that is no lead of the heart, in capitals: brain, eyes, muscles, breath, pressure, pulse.
const OF_OTHER_ORGANS: [&str; 20] = [
    "EEG",
    "EOG",
    "EMG",
    "RESP",
    "RESPIRATION",
    "BREATHING",
    "AIRFLOW",
    "SNORE",
    "PLETH",
    "PPG",
    "SPO2",
    "SAO2",
    "PULSE",
    "ABP",
    "CVP",
    "PAP",
    "ICP",
    "CO2",
    "TEMP",
    "PCG",
];

/// Whether a lead's name or unit says that it shows something else than the heart.
fn of_another_organ(lead: &Lead) -> bool {
    let LeadName::Other(name) = &lead.name else {
        return false;
    };
    let name = name.to_ascii_uppercase();
    let mut words = name.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| OF_OTHER_ORGANS.contains(&word))
        || matches!(&lead.unit, Unit::Other(unit) if !unit.is_empty())
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
    overlap_s(gaps_s, from_s, to_s) <= 0.0
}

/// How long stretches overlap the time between two moments, in seconds.
pub(super) fn overlap_s(stretches_s: &[(f64, f64)], from_s: f64, to_s: f64) -> f64 {
    let within = |&(begin, end): &(f64, f64)| (end.min(to_s) - begin.max(from_s)).max(0.0);
    stretches_s.iter().map(within).sum()
}

/// Stretches in order of time, those that touch as one.
pub(super) fn joined(mut stretches_s: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    stretches_s.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut all: Vec<(f64, f64)> = Vec::new();
    for (from_s, to_s) in stretches_s {
        match all.last_mut() {
            Some(last) if from_s <= last.1 => last.1 = last.1.max(to_s),
            _ => all.push((from_s, to_s)),
        }
    }
    all
}

/// Where at least so many leads have a stretch; those of a lead may overlap.
fn in_many(leads: &[&[(f64, f64)]], least: usize) -> Vec<(f64, f64)> {
    let mut edges: Vec<(f64, bool)> = Vec::new();
    for own in leads {
        let apart = joined(own.to_vec());
        for (from_s, to_s) in apart.into_iter().filter(|(from_s, to_s)| from_s < to_s) {
            edges.extend([(from_s, true), (to_s, false)]);
        }
    }
    // Where one ends and another begins the end comes first.
    edges.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (mut open, mut begin, mut found) = (0_usize, 0.0, Vec::new());
    for (at_s, begins) in edges {
        let before = open;
        open = if begins {
            open + 1
        } else {
            open.saturating_sub(1)
        };
        if open == least && before < least {
            begin = at_s;
        } else if before == least && open < least && at_s - begin >= SHORTEST_GAP_S {
            found.push((begin, at_s));
        }
    }
    joined(found)
}

/// No more than this is measured in one piece, in seconds.
const LONGEST_PIECE_S: f64 = 1200.0;

/// What cannot be measured of a recording; `first` are the bands of its first minutes.
fn lost_of(recording: &Recording, first: &[LeadBands]) -> Lost {
    let mut all = lost(recording, first);
    let mut from_s = LONGEST_S;
    while from_s < recording.duration_s().min(LONGEST_PIECE_S) {
        let mut part = Recording::new("", recording.format, recording.sampling_rate_hz);
        let cut = |lead: &Lead| {
            let index = |time_s: f64| (time_s * lead.sampling_rate_hz) as usize;
            lead.part(index(from_s)..index(from_s + LONGEST_S))
        };
        part.leads = recording.leads.iter().map(cut).collect();
        let later = lost(&part, &bands(&part));
        let shifted = |&(a, b): &(f64, f64)| (a + from_s, b + from_s);
        for (own, later) in all.leads.iter_mut().zip(&later.leads) {
            own.extend(later.iter().map(shifted));
        }
        for (own, later) in all.noisier.iter_mut().zip(&later.noisier) {
            own.extend(later.iter().map(shifted));
        }
        from_s += LONGEST_S;
    }
    all
}

/// Without so many of the leads those left, fewer than a quarter, are too few to find beats in.
fn too_few_without(leads: usize) -> usize {
    leads + 1 - (leads / 4).max(1)
}

impl Prepared {
    /// The usable leads of a recording; `None` when there is none or it is shorter than a second.
    pub fn new(recording: &Recording) -> Option<Self> {
        let low = butterworth(2, Band::Above(LOW_CUT_HZ), RATE_HZ)?;
        let high = butterworth(3, Band::Below(HIGH_CUT_HZ), RATE_HZ)?;
        let first = bands(recording);
        let defects = assess_leads(recording, &first);
        let lost = lost_of(recording, &first);
        // A pulse has its own beats, an EEG none; where nothing else is there they are taken for what they are called.
        let leads = recording.leads.iter();
        let mut others: Vec<LeadName> = leads
            .filter(|lead| of_another_organ(lead))
            .map(|lead| lead.name.clone())
            .collect();
        if others.len() == recording.leads.len() {
            others.clear();
        }
        // What is there of a lead can be measured, however much is missing.
        let usable = |name: &LeadName| {
            let own = defects.iter().find(|lead| lead.lead == *name);
            own.is_none_or(|lead| matches!(lead.defect, None | Some(Defect::Missing)))
        };
        let spikes_s = pacing::spikes(recording);
        let mut whole: Vec<Bridged<'_>> = recording
            .leads
            .iter()
            .filter(|lead| usable(&lead.name) && !others.contains(&lead.name))
            .filter_map(Bridged::new)
            .collect();
        let most_s = whole.iter().map(Bridged::covered_s).fold(0.0, f64::max);
        let durations = whole.iter().map(|own| own.lead.duration_s());
        let longest_s = durations.fold(0.0, f64::max);
        let left_out = whole
            .extract_if(.., |lead| lead.covered_s() < LEAST_COVERED * most_s)
            .map(|lead| lead.lead.name.clone())
            .collect();
        // Leads that were recorded one after the other show no beat together.
        let missing: Vec<&[(f64, f64)]> = whole.iter().map(|lead| &*lead.gaps_s).collect();
        let missing = in_many(&missing, whole.len());
        let missing_s: f64 = missing.iter().map(|(from, to)| to - from).sum();
        if longest_s - missing_s > most_s / LEAST_COVERED {
            return None;
        }
        let of = |stretches: &[Vec<(f64, f64)>]| -> Vec<Vec<(f64, f64)>> {
            let own = |kept: &Bridged<'_>| {
                let place = recording
                    .leads
                    .iter()
                    .position(|lead| lead.name == kept.lead.name);
                place.and_then(|place| stretches.get(place)).cloned()
            };
            whole
                .iter()
                .map(|kept| own(kept).unwrap_or_default())
                .collect()
        };
        let (mut lost_s, noisier) = (of(&lost.leads), of(&lost.noisier));
        for (lost, own) in lost_s.iter_mut().zip(&whole) {
            lost.extend(&own.gaps_s);
        }
        let noisier: Vec<&[(f64, f64)]> = noisier.iter().map(Vec::as_slice).collect();
        let noisy_s = in_many(&noisier, whole.len().div_ceil(2).max(1));
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
            .zip(lost_s)
            .map(|(((lead, wide), narrow), lost_s)| PreparedLead {
                name: lead.name.clone(),
                voltage: lead.unit.is_voltage(),
                recorded_hz: lead.sampling_rate_hz,
                wide,
                narrow,
                lost_s,
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
        let mut prepared = Self {
            leads,
            length,
            spikes_s,
            gaps_s: Vec::new(),
            noisy_s,
            left_out,
            unread: Vec::new(),
            others,
        };
        prepared.find_gaps();
        Some(prepared)
    }

    fn find_gaps(&mut self) {
        let lost: Vec<&[(f64, f64)]> = self.leads.iter().map(|lead| &*lead.lost_s).collect();
        self.gaps_s = in_many(&lost, too_few_without(lost.len()));
    }

    /// Where the size of complexes should not be taken: the gaps and the noisy stretches, unless little else is left.
    pub fn unquiet_s(&self) -> Vec<(f64, f64)> {
        let all = joined(self.gaps_s.iter().chain(&self.noisy_s).copied().collect());
        let duration_s = self.length as f64 / RATE_HZ;
        if overlap_s(&all, 0.0, duration_s) > duration_s / 2.0 {
            return self.gaps_s.clone();
        }
        all
    }

    /// With some of the leads, if there are any such.
    pub fn only(&self, kept: impl Fn(&LeadName) -> bool) -> Option<Self> {
        let mut part = self.clone();
        part.leads.retain(|lead| kept(&lead.name));
        part.find_gaps();
        (!part.leads.is_empty()).then_some(part)
    }

    /// Leaves out leads by their places: too few of their beats can be read.
    pub fn leave_unread(&mut self, places: &[usize]) {
        let mut place = 0;
        let short = self.leads.extract_if(.., |_| {
            place += 1;
            places.contains(&(place - 1))
        });
        self.unread.extend(short.map(|lead| lead.name));
        self.find_gaps();
    }
}
