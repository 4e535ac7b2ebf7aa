//! Takes out of a tracing what tells whose it is.

use std::collections::HashMap;

use serde::Serialize;

use super::harmless::{filters, is_channel, is_channel_word, is_code, is_unit};
use crate::ecg::{Annotation, LeadName, Recording, Unit};

/// Ages above this are told as this (HIPAA Safe Harbor, 45 CFR 164.514(b)(2)(i)(C)).
const OLDEST: f64 = 90.0;
/// Measurements by names that are our own; others are in the words of a file.
const MEASUREMENTS: [&str; 8] = [
    "heart_rate",
    "pr",
    "qrs",
    "qt",
    "qtc",
    "p_axis",
    "qrs_axis",
    "t_axis",
];

/// Something that was taken out or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removed {
    /// Which field.
    pub field: &'static str,
    /// What became of it.
    pub how: String,
}

/// Takes out patient, place, device, file name and all free text, also where it stands for a channel, a unit or a
/// filter; moves the time of recording by `shift_days`, the same for all tracings of a person, so that the days between
/// them stay; keeps age (up to 90), sex, coded diagnoses, measurements and the tracing. Returns what it found and
/// removed, without its content.
pub fn deidentify(recording: &mut Recording, name: &str, shift_days: i32) -> Vec<Removed> {
    let identity = Identity::of(recording);
    recording.patient.age_years = recording.age_years();
    let mut removed = Vec::new();
    let mut note = |field: &'static str, how: &str| {
        removed.push(Removed {
            field,
            how: how.to_owned(),
        });
    };
    let patient = &mut recording.patient;
    for (field, value) in [
        ("patient.id", &mut patient.id),
        ("patient.name", &mut patient.name),
    ] {
        if value.take().is_some() {
            note(field, "removed");
        }
    }
    patient.family = None;
    if patient.birth_date.take().is_some() {
        note("patient.birth_date", "removed");
    }
    if let Some(age) = patient.age_years.as_mut().filter(|age| **age > OLDEST) {
        *age = OLDEST;
        note("patient.age_years", "told as 90");
    }
    let acquisition = &mut recording.acquisition;
    if let Some(started) = &mut acquisition.started {
        let span = jiff::Span::new().try_days(i64::from(shift_days));
        match span.and_then(|span| started.checked_add(span)) {
            Ok(shifted) => {
                *started = shifted;
                note("acquisition.started", "moved by a constant number of days");
            }
            Err(_) => {
                acquisition.started = None;
                note("acquisition.started", "removed");
            }
        }
    }
    for (field, value) in [
        ("acquisition.device", &mut acquisition.device),
        ("acquisition.site", &mut acquisition.site),
    ] {
        if value.take().is_some() {
            note(field, "removed");
        }
    }
    if recording.name != name || recording.path.is_some() {
        note("name", "replaced");
    }
    name.clone_into(&mut recording.name);
    recording.path = None;
    let before = recording.diagnoses.len();
    recording.diagnoses.retain(is_code);
    if recording.diagnoses.len() < before {
        note("diagnoses", "those that are no known codes removed");
    }
    if !std::mem::take(&mut recording.device_statements).is_empty() {
        note("device_statements", "removed");
    }
    let before = recording.device_measurements.len();
    recording
        .device_measurements
        .retain(|value| MEASUREMENTS.contains(&value.name.as_str()) && is_unit(&value.unit));
    if recording.device_measurements.len() < before {
        note(
            "device_measurements",
            "those with a name or a unit in the file's own words removed",
        );
    }
    let before = recording.annotations.len();
    recording.annotations.retain(|annotation| {
        matches!(
            annotation,
            Annotation::Beat { .. } | Annotation::Boundary { .. }
        )
    });
    if recording.annotations.len() < before {
        note("annotations", "those in words removed");
    }
    if !std::mem::take(&mut recording.comments).is_empty() {
        note("comments", "removed");
    }
    if identity.take_out_of_leads(recording) {
        note("leads", "names in the file's own words replaced");
    }
    if identity.take_out_of_units(recording) {
        note("units", "those that are no known units replaced");
    }
    let told = recording.acquisition.filters.take();
    recording.acquisition.filters = told.as_deref().and_then(filters);
    if recording.acquisition.filters != told {
        note("acquisition.filters", "told again by their numbers alone");
    }
    // Warnings quote the file.
    recording.warnings.clear();
    removed
}

/// The words that tell whose a tracing is, for finding them where a file repeats them.
struct Identity(Vec<String>);

impl Identity {
    /// Shorter words than this are found within others everywhere, and looked for only as whole words.
    const SHORTEST_PART: usize = 4;

    fn of(recording: &Recording) -> Self {
        let stem = recording.path.as_ref().and_then(|path| path.file_stem());
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
        let own = [
            recording.patient.id.as_deref(),
            recording.patient.name.as_deref(),
            recording.acquisition.site.as_deref(),
        ];
        // Files are called after channels, too.
        let file = [Some(recording.name.as_str()), stem.as_deref()];
        let file = file.into_iter().flatten().flat_map(words);
        let file = file.filter(|word| !is_channel_word(word));
        let own = own.into_iter().flatten().flat_map(words);
        Self(own.chain(file).map(str::to_lowercase).collect())
    }

    fn is_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0.iter().any(|own| {
            let part = own.chars().count() >= Self::SHORTEST_PART && text.contains(own);
            part || words(&text).any(|word| word == own)
        })
    }

    /// Standard leads tell nobody; any other name stays only if it is that of a channel. Returns whether one had to go.
    fn take_out_of_leads(&self, recording: &mut Recording) -> bool {
        let mut renamed: HashMap<String, String> = HashMap::new();
        let beats = recording.median_beats.iter_mut();
        let beats = beats.flat_map(|beat| beat.leads.iter_mut().enumerate());
        for (index, lead) in recording.leads.iter_mut().enumerate().chain(beats) {
            if let LeadName::Other(name) = &mut lead.name
                && (self.is_in(name) || !is_channel(name))
            {
                let channel = || format!("Channel {}", index + 1);
                let to = renamed.entry(name.clone()).or_insert_with(channel);
                name.clone_from(to);
            }
        }
        let before = recording.annotations.len();
        recording.annotations.retain_mut(|annotation| {
            let Annotation::Boundary {
                lead: Some(LeadName::Other(name)),
                ..
            } = annotation
            else {
                return true;
            };
            if let Some(to) = renamed.get(name) {
                name.clone_from(to);
            }
            !self.is_in(name) && is_channel(name)
        });
        !renamed.is_empty() || recording.annotations.len() < before
    }

    /// Returns whether a unit had to go; values stay thousandths of it.
    fn take_out_of_units(&self, recording: &mut Recording) -> bool {
        let mut found = false;
        let beats = recording.median_beats.iter_mut();
        let beats = beats.flat_map(|beat| beat.leads.iter_mut());
        for lead in recording.leads.iter_mut().chain(beats) {
            if matches!(&lead.unit, Unit::Other(name) if self.is_in(name) || !is_unit(name)) {
                lead.unit = Unit::Other("unit".to_owned());
                found = true;
            }
        }
        found
    }
}

/// The words of a text, as wholes.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ecg::{Diagnosis, Lead, LeadOrigin, ReportedValue, Samples, WaveBoundary};

    #[test]
    fn nobody_is_left_in_short_words_nor_in_words_of_others() {
        let mut recording = Recording::new("II", "test", 500.0);
        recording.patient.name = Some("Kim, Ma".into());
        let names = ["Kim", "Ma", "Dr Zebrowski", "MLII", "RESP 2"];
        let units = ["mmHg", "Li", "", "%", "Zebrowski"];
        for (name, unit) in names.into_iter().zip(units) {
            recording.leads.push(Lead {
                name: LeadName::Other(name.into()),
                unit: Unit::Other(unit.into()),
                origin: LeadOrigin::Recorded,
                sampling_rate_hz: 500.0,
                samples: Samples::from_microvolts(vec![0.0]),
            });
        }
        for name in ["Kim", "MLII", "Zebrowski"] {
            recording.annotations.push(Annotation::Boundary {
                at_s: 0.0,
                boundary: WaveBoundary::RPeak,
                lead: Some(LeadName::Other(name.into())),
            });
        }
        for (system, code) in [
            ("snomed-ct", "164889003"),
            ("snomed-ct", "seen by Dr Zebrowski"),
        ] {
            recording.diagnoses.push(Diagnosis {
                system: system.into(),
                code: code.into(),
            });
        }
        for unit in ["ms", "Zebrowski"] {
            recording.device_measurements.push(ReportedValue {
                name: "pr".into(),
                value: 160.0,
                unit: unit.into(),
            });
        }
        recording.acquisition.filters = Some("HP:0.05 for Li".into());
        let removed = deidentify(&mut recording, "record-1", -1);
        let names: Vec<&str> = recording
            .leads
            .iter()
            .map(|lead| lead.name.as_str())
            .collect();
        assert_eq!(
            names,
            ["Channel 1", "Channel 2", "Channel 3", "MLII", "RESP 2"]
        );
        let units: Vec<&Unit> = recording.leads.iter().map(|lead| &lead.unit).collect();
        let other = |name: &str| Unit::Other(name.into());
        assert_eq!(
            units,
            [
                &other("mmHg"),
                &other("unit"),
                &other(""),
                &other("%"),
                &other("unit")
            ]
        );
        assert_eq!(recording.annotations.len(), 2);
        assert_eq!(recording.diagnoses.len(), 1);
        assert_eq!(recording.device_measurements.len(), 1);
        assert_eq!(
            recording.acquisition.filters.as_deref(),
            Some("from 0.05 Hz")
        );
        for field in [
            "leads",
            "units",
            "diagnoses",
            "device_measurements",
            "acquisition.filters",
        ] {
            assert!(removed.iter().any(|one| one.field == field), "{field}");
        }
    }

    #[test]
    fn an_age_that_only_dates_tell_is_kept_without_them() {
        let mut recording = Recording::new("x", "test", 500.0);
        recording.patient.birth_date = Some(jiff::civil::date(1931, 5, 18));
        recording.acquisition.started = Some(jiff::civil::datetime(2020, 5, 17, 8, 0, 0, 0));
        let mut older = recording.clone();
        older.patient.birth_date = Some(jiff::civil::date(1920, 5, 18));
        deidentify(&mut recording, "a", -1);
        deidentify(&mut older, "b", -1);
        assert_eq!(recording.patient.age_years, Some(88.0));
        assert_eq!(older.patient.age_years, Some(90.0));
        assert_eq!(recording.patient.birth_date, None);
    }
}
