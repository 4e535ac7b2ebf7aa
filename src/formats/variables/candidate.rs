//! What may be the tracing of a file of many arrays, and which of two is the likelier.

use crate::ecg::LeadName;
use crate::formats::Error;
use crate::formats::facts::{key, leaf};
use crate::formats::layout::Layout;

/// What a tracing is called, the surest name first.
const TRACINGS: [&str; 18] = [
    "ecg",
    "ecgs",
    "ekg",
    "tracings",
    "tracing",
    "psignal",
    "val",
    "signals",
    "signal",
    "sig",
    "waveforms",
    "waveform",
    "dsignal",
    "ecgdata",
    "ecgsignal",
    "rhythm",
    "data",
    "x",
];
/// Stands for the name of a lead in a path.
const ANY_LEAD: &str = "*";

/// One array, or one for each lead, that may be the tracing.
pub(super) struct Candidate {
    pub path: String,
    /// Their places among the arrays.
    pub parts: Vec<usize>,
    /// Of one array for each lead.
    pub names: Vec<LeadName>,
    pub layout: Result<Layout, Error>,
    pub integers: bool,
}

impl Candidate {
    pub(super) fn records(&self) -> usize {
        self.layout.as_ref().map_or(0, |own| own.records.size)
    }

    /// Leads of a record.
    pub(super) fn leads(&self) -> usize {
        let one = self.layout.as_ref().map_or(0, |own| own.leads.size);
        one * self.parts.len()
    }

    /// Number of samples of what holds one lead in each array.
    pub(super) fn one_lead(&self) -> Option<usize> {
        let layout = self.layout.as_ref().ok().filter(|own| own.is_single())?;
        Some(layout.samples.size)
    }

    pub(super) fn values(&self) -> usize {
        let samples = self.layout.as_ref().map_or(0, |own| own.samples.size);
        let lead = samples.saturating_mul(self.records());
        lead.saturating_mul(self.leads())
    }

    /// What the array is called; of one for each lead the part that names the lead.
    fn name(&self) -> &str {
        let names = || self.path.split('/').rev();
        let lead = names().find(|name| !self.names.is_empty() && name.ends_with(ANY_LEAD));
        lead.unwrap_or_else(|| leaf(&self.path))
    }

    /// The place of its name among those of tracings.
    pub(super) fn preference(&self) -> Option<usize> {
        let key = key(self.name());
        // Any list of numbers may be an x.
        preference(&key).filter(|_| key != "x" || self.one_lead().is_none())
    }

    /// Brings the leads into the order in which they are printed.
    pub(super) fn in_order(&mut self) {
        let mut both: Vec<_> = self.names.drain(..).zip(self.parts.drain(..)).collect();
        both.sort();
        (self.names, self.parts) = both.into_iter().unzip();
    }
}

fn preference(name: &str) -> Option<usize> {
    let key = key(name);
    TRACINGS.iter().position(|&tracing| tracing == key)
}

/// The tracing has the least: what is named as leads, then by its own name, by those of its groups, by size.
pub(super) fn rank(candidate: &Candidate) -> (usize, usize, bool, std::cmp::Reverse<usize>) {
    let own = match candidate.names.len() {
        0 => candidate.preference(),
        _ => Some(0),
    };
    let groups = candidate.path.split('/').filter_map(preference).min();
    (
        own.unwrap_or(usize::MAX),
        groups.unwrap_or(usize::MAX),
        candidate.layout.is_err(),
        std::cmp::Reverse(candidate.values()),
    )
}

/// Whether the other one holds records of the same kind: of the same name in another group, or none of them named as
/// a tracing and of about the same size.
pub(super) fn is_same_kind(best: &Candidate, layout: &Layout, other: &Candidate) -> bool {
    let Ok(own) = &other.layout else {
        return false;
    };
    let alike = best.leads() == other.leads()
        && best.integers == other.integers
        && best.names.is_empty() == other.names.is_empty();
    let (most, samples) = (layout.samples.size, own.samples.size);
    let size = samples == most || (best.leads() > 1 && samples.saturating_mul(4) >= most);
    let named = |one: &Candidate| !one.names.is_empty() || one.preference().is_some();
    alike && (best.name() == other.name() || (size && !named(best) && !named(other)))
}

/// The lead that the last part of a path names that is one, and the path with [`ANY_LEAD`] in its place; `strip_I`
/// and the like have something before it.
pub(super) fn lead_of(path: &str) -> Option<(String, LeadName)> {
    let names: Vec<&str> = path.split('/').collect();
    let lead = |name: &str| match LeadName::parse(name) {
        LeadName::Other(_) => None,
        lead => Some(lead),
    };
    names.iter().enumerate().rev().find_map(|(at, name)| {
        let after = name.rfind(['_', '-', ' ', '.']).map_or(0, |at| at + 1);
        let (before, last) = name.split_at_checked(after)?;
        let prefixed = || lead(last).filter(|lead| lead.standard_index().is_some());
        let (before, lead) = match lead(name) {
            Some(lead) => ("", lead),
            None => (before, prefixed()?),
        };
        let any = format!("{before}{ANY_LEAD}");
        let mut path = names.clone();
        *path.get_mut(at)? = &any;
        Some((path.join("/"), lead))
    })
}
