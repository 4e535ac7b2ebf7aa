//! Takes out of a tracing what tells whose it is.

use serde::Serialize;

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

/// Takes out patient, place, device, file name and all free text; moves the time of recording by `shift_days`, the
/// same for all tracings of a person, so that the days between them stay; keeps age (up to 90), sex, coded
/// diagnoses, measurements and the tracing. Returns what it found and removed, without its content.
pub fn deidentify(recording: &mut Recording, name: &str, shift_days: i32) -> Vec<Removed> {
    let identity = Identity::of(recording);
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
    recording
        .diagnoses
        .retain(|diagnosis| diagnosis.system != "text");
    if recording.diagnoses.len() < before {
        note("diagnoses", "those in words removed");
    }
    if !std::mem::take(&mut recording.device_statements).is_empty() {
        note("device_statements", "removed");
    }
    let before = recording.device_measurements.len();
    recording
        .device_measurements
        .retain(|value| MEASUREMENTS.contains(&value.name.as_str()));
    if recording.device_measurements.len() < before {
        note(
            "device_measurements",
            "those named in the file's own words removed",
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
    if identity.take_out_of_labels(recording) {
        note("leads", "names, units or filters that repeat it replaced");
    }
    // Warnings quote the file.
    recording.warnings.clear();
    removed
}

/// The words that tell whose a tracing is, for finding them where a file repeats them.
struct Identity(Vec<String>);

impl Identity {
    /// Shorter words than this are found everywhere.
    const SHORTEST: usize = 4;

    fn of(recording: &Recording) -> Self {
        let stem = recording.path.as_ref().and_then(|path| path.file_stem());
        let stem = stem.map(|stem| stem.to_string_lossy().into_owned());
        let texts = [
            recording.patient.id.clone(),
            recording.patient.name.clone(),
            recording.acquisition.site.clone(),
            Some(recording.name.clone()),
            stem,
        ];
        let mut words: Vec<String> = texts
            .iter()
            .flatten()
            .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
            .filter(|word| word.chars().count() >= Self::SHORTEST)
            .map(str::to_lowercase)
            .collect();
        words.sort_unstable();
        words.dedup();
        Self(words)
    }

    fn is_in(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0.iter().any(|word| text.contains(word))
    }

    /// Labels are in a file's own words, too; the standard ones tell nobody. Returns whether one had to go.
    fn take_out_of_labels(&self, recording: &mut Recording) -> bool {
        let mut found = false;
        let beats = recording.median_beats.iter_mut();
        let beats = beats.flat_map(|beat| beat.leads.iter_mut().enumerate());
        for (index, lead) in recording.leads.iter_mut().enumerate().chain(beats) {
            if matches!(&lead.name, LeadName::Other(name) if self.is_in(name)) {
                lead.name = LeadName::Other(format!("lead {}", index + 1));
                found = true;
            }
            if matches!(&lead.unit, Unit::Other(name) if self.is_in(name)) {
                // Values stay thousandths of it.
                lead.unit = Unit::Other("unit".to_owned());
                found = true;
            }
        }
        let filters = &mut recording.acquisition.filters;
        found |= filters.take_if(|text| self.is_in(text)).is_some();
        let before = recording.annotations.len();
        recording.annotations.retain(|annotation| {
            !matches!(annotation, Annotation::Boundary { lead: Some(LeadName::Other(name)), .. } if self.is_in(name))
        });
        found | (recording.annotations.len() < before)
    }
}
