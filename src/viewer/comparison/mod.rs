//! The tracing beside an earlier one of the same patient.

pub mod changes;
pub mod papers;
pub mod search;
pub mod view;

use std::path::PathBuf;

use jiff::civil::DateTime;

use super::jobs::Source;
use super::state::{Document, Progress};
use crate::ecg::{Patient, Recording};

/// An earlier tracing that may be compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Prior {
    pub source: Source,
    pub title: String,
    pub started: DateTime,
}

/// A comparison under way.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Generation of the tracing that is compared.
    pub of: u64,
    /// Earlier tracings of the same patient, the latest first.
    pub found: Progress<Vec<Prior>>,
    /// Where the chosen one comes from.
    pub chosen: Option<Source>,
}

/// Whether two tracings are of one person: by the same identifier, or by the same name and date of birth. What a file
/// leaves out proves nothing, and a date of birth that differs disproves it.
pub fn same_person(one: &Patient, other: &Patient) -> bool {
    let plain = |text: &Option<String>| {
        let text = text.as_deref().unwrap_or_default().trim().to_lowercase();
        (!text.is_empty()).then_some(text)
    };
    let equal = |a: Option<String>, b: Option<String>| Some(a? == b?);
    if let (Some(born), Some(other_born)) = (one.birth_date, other.birth_date)
        && born != other_born
    {
        return false;
    }
    match equal(plain(&one.id), plain(&other.id)) {
        Some(same) => same,
        None => {
            let names = equal(plain(&one.name), plain(&other.name)) == Some(true);
            names && one.birth_date.is_some() && other.birth_date.is_some()
        }
    }
}

/// The recording as one to compare `now` with, if it is an earlier one of the same person.
pub fn as_prior(now: &Recording, other: &Recording, source: Source) -> Option<Prior> {
    let (started, other_started) = (now.acquisition.started?, other.acquisition.started?);
    (same_person(&now.patient, &other.patient) && other_started < started).then(|| Prior {
        source,
        title: other.name.clone(),
        started: other_started,
    })
}

/// Why nothing can be searched for, if so.
pub fn unsearchable(now: &Recording) -> Option<&'static str> {
    let patient = &now.patient;
    let known = patient.id.is_some() || patient.name.is_some() && patient.birth_date.is_some();
    match (known, now.acquisition.started) {
        (false, _) => Some("This file does not say who the tracing is of."),
        (_, None) => Some("This file does not say when the tracing was taken."),
        _ => None,
    }
}

/// Earlier tracings among those that are open.
pub fn among_open(now: &Document, documents: &[Document]) -> Vec<Prior> {
    let Some(own) = now.tracing.done() else {
        return Vec::new();
    };
    let others = documents
        .iter()
        .filter(|other| other.generation != now.generation);
    others
        .filter_map(|other| {
            let recording = &other.tracing.done()?.recording;
            as_prior(&own.recording, recording, other.source.clone())
        })
        .collect()
}

/// Adds what was found, the latest first and each once.
pub fn merged(mut one: Vec<Prior>, other: Vec<Prior>) -> Vec<Prior> {
    for prior in other {
        let known = |mine: &&Prior| mine.source == prior.source;
        if one.iter().find(known).is_none() {
            one.push(prior);
        }
    }
    one.sort_by_key(|prior| std::cmp::Reverse(prior.started));
    one
}

/// Where to search: the folder of the tracing and what was opened lately.
pub fn places(now: &Recording, recent: &[PathBuf]) -> (Option<PathBuf>, Vec<PathBuf>) {
    let folder = now.path.as_ref().and_then(|path| path.parent());
    (folder.map(PathBuf::from), recent.to_vec())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn patient(id: &str, name: &str, born: Option<&str>) -> Patient {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Patient {
            id: some(id),
            name: some(name),
            birth_date: born.map(|date| date.parse().unwrap()),
            ..Patient::default()
        }
    }

    #[test]
    fn a_person_is_known_by_number_or_by_name_and_birth_and_never_by_a_blank() {
        let born = Some("1950-03-01");
        assert!(same_person(
            &patient("17", "", None),
            &patient(" 17", "Any", born)
        ));
        assert!(!same_person(
            &patient("17", "A", born),
            &patient("18", "A", born)
        ));
        assert!(same_person(
            &patient("", "Mo Ll", born),
            &patient("17", "mo ll", born)
        ));
        assert!(!same_person(
            &patient("", "Mo Ll", born),
            &patient("", "Mo Ll", None)
        ));
        assert!(!same_person(&patient("", "", None), &patient("", "", None)));
        assert!(!same_person(
            &patient("17", "", born),
            &patient("17", "", Some("1951-03-01"))
        ));
    }

    #[test]
    fn only_what_was_taken_earlier_is_a_prior() {
        let taken = |at: Option<&str>| {
            let mut recording = Recording::new("r", "test", 500.0);
            recording.patient = patient("17", "", None);
            recording.acquisition.started = at.map(|at| at.parse().unwrap());
            recording
        };
        let now = taken(Some("2026-03-02T08:00"));
        let source = || Source::File("x".into());
        assert!(as_prior(&now, &taken(Some("2025-11-20T10:00")), source()).is_some());
        assert!(as_prior(&now, &taken(Some("2026-03-02T08:00")), source()).is_none());
        assert!(as_prior(&now, &taken(None), source()).is_none());
        assert!(unsearchable(&now).is_none() && unsearchable(&taken(None)).is_some());
    }
}
