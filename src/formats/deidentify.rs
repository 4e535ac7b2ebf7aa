//! Takes out of a tracing what tells whose it is.

use serde::Serialize;

use crate::ecg::{Annotation, Recording};

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
    // Warnings quote the file.
    recording.warnings.clear();
    removed
}
