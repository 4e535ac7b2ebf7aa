//! Tracings out: WFDB, DICOM, EDF+, CSV and JSON, each with a list of what the target could not hold. That list is
//! not claimed but found: the file is read back and compared.

mod csv;
mod dicom;
mod edf;
mod fixed;
mod json;

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{Error, wfdb};
use crate::ecg::{Annotation, Lead, MedianBeat, Recording, ReportedValue};

/// What a tracing is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Target {
    /// PhysioNet's header and signal file.
    Wfdb,
    /// DICOM 12-lead, general or ambulatory ECG waveform.
    Dicom,
    /// EDF+.
    Edf,
    /// A table with a time column.
    Csv,
    /// Everything as text.
    Json,
}

impl Target {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Wfdb, Self::Dicom, Self::Edf, Self::Csv, Self::Json];

    /// By the extension of a file name.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_lowercase();
        Some(match extension.as_str() {
            "hea" | "dat" => Self::Wfdb,
            "dcm" | "dicom" => Self::Dicom,
            "edf" => Self::Edf,
            "csv" => Self::Csv,
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// What a file dialog calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wfdb => "WFDB (PhysioNet)",
            Self::Dicom => "DICOM ECG waveform",
            Self::Edf => "EDF+",
            Self::Csv => "Table (CSV)",
            Self::Json => "JSON",
        }
    }

    /// The extension of its files.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wfdb => "hea",
            Self::Dicom => "dcm",
            Self::Edf => "edf",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// Something that the file written does not hold as the tracing did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Loss {
    /// Stable name: `samples`, `length`, `lead`, `patient`, ...
    pub what: &'static str,
    /// In a sentence.
    pub detail: String,
}

/// The files that a tracing is written to at `path`: the one to open it by, and those that belong to it.
pub fn files(target: Target, path: &Path) -> Vec<PathBuf> {
    match target {
        Target::Wfdb => wfdb::files(&stem(path), super::folder_of(path)).to_vec(),
        _ => vec![path.to_owned()],
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Refuses to write over one of `sources`, which are real paths.
///
/// # Errors
/// Which one it would be.
pub fn check_sources(target: Target, path: &Path, sources: &HashSet<PathBuf>) -> Result<(), Error> {
    let is_source = |file: &PathBuf| {
        file.canonicalize()
            .is_ok_and(|real| sources.contains(&real))
    };
    match files(target, path).into_iter().find(is_source) {
        Some(file) => Err(Error::unsupported(format!(
            "this would overwrite its own source, {}",
            file.display()
        ))
        .in_file(path)),
        None => Ok(()),
    }
}

/// Replaces what is not named only where it belongs to what is: header, signal file and annotations of one record. No
/// other annotations of a record of that name may be there, which would be taken for those of the tracing.
fn check_unnamed(target: Target, path: &Path) -> Result<(), Error> {
    let files = files(target, path);
    let [header, signals, _] = files.as_slice() else {
        return Ok(());
    };
    let mut beside = wfdb::annotation::files(header).filter(|file| !files.contains(file));
    if let Some(other) = beside.find(|file| file.is_file()) {
        return Err(Error::unsupported(format!(
            "the annotations in {} would be taken for those of this tracing",
            other.display()
        ))
        .in_file(path));
    }
    let named = |file: &PathBuf| file.file_name() == path.file_name();
    let one_record = files.iter().any(named) && wfdb::signal_files(header).contains(signals);
    match files.iter().find(|file| !named(file) && file.exists()) {
        Some(other) if !one_record => Err(Error::unsupported(format!(
            "{} would be replaced, which was not named and is of another tracing",
            other.display()
        ))
        .in_file(path)),
        _ => Ok(()),
    }
}

/// Writes a tracing. Returns the file to open it by, and what it does not hold.
///
/// # Errors
/// When the target cannot hold it at all, a file of another tracing would be replaced that `path` does not name, or
/// the operating system refuses.
pub fn write(
    recording: &Recording,
    target: Target,
    path: &Path,
) -> Result<(PathBuf, Vec<Loss>), Error> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, &error))?;
    }
    check_unnamed(target, path)?;
    let bytes = match target {
        Target::Wfdb => {
            let mut named = recording.clone();
            named.name = stem(path);
            let written = wfdb::write(&named, super::folder_of(path))?;
            wfdb::write_annotations(recording, &written)?;
            let losses = read_back(recording, &written);
            return Ok((written, losses));
        }
        Target::Dicom => dicom::bytes(recording),
        Target::Edf => edf::bytes(recording),
        Target::Csv => csv::bytes(recording),
        Target::Json => json::bytes(recording),
    };
    let bytes = bytes.map_err(|error| error.in_file(path))?;
    fs::write(path, bytes).map_err(|error| Error::io(path, &error))?;
    if target == Target::Json {
        return Ok((path.to_owned(), Vec::new()));
    }
    Ok((path.to_owned(), read_back(recording, path)))
}

/// What the file written lacks.
fn read_back(recording: &Recording, path: &Path) -> Vec<Loss> {
    match super::open(path) {
        Ok(read) => losses(recording, &read),
        Err(error) => vec![Loss {
            what: "unreadable",
            detail: format!("It cannot be read back: {error}"),
        }],
    }
}

/// The rate and length that all leads share.
fn common(recording: &Recording) -> Result<(f64, usize), Error> {
    let first = recording
        .leads
        .first()
        .ok_or_else(|| Error::unsupported("a recording without leads cannot be written"))?;
    for lead in &recording.leads {
        if lead.samples.len() != first.samples.len()
            || lead.sampling_rate_hz != first.sampling_rate_hz
        {
            return Err(Error::unsupported(format!(
                "lead {} differs from lead {} in length or sampling rate, which this format cannot hold",
                lead.name, first.name
            )));
        }
    }
    Ok((first.sampling_rate_hz, first.samples.len()))
}

/// A sign in words, for formats that have no place for one.
fn sign_in_words(sign: &str, subtype: i8, text: &str) -> String {
    let subtype = (subtype != 0).then(|| subtype.to_string());
    let parts = [sign, subtype.as_deref().unwrap_or_default(), text];
    let told = parts.into_iter().filter(|part| !part.is_empty());
    told.collect::<Vec<_>>().join(" ")
}

/// What `read` lacks of `original`.
fn losses(original: &Recording, read: &Recording) -> Vec<Loss> {
    let mut losses = Vec::new();
    let mut lost = |what, detail: String| losses.push(Loss { what, detail });
    for lead in &original.leads {
        match read.leads.iter().find(|other| other.name == lead.name) {
            None => lost(
                "lead",
                format!("Lead {} is not there by that name.", lead.name),
            ),
            Some(other) => {
                if let Some(loss) = samples(lead, other) {
                    lost("samples", loss);
                }
            }
        }
    }
    let rate = (original.sampling_rate_hz, read.sampling_rate_hz);
    if (rate.0 - rate.1).abs() > 1e-6 * rate.0 {
        lost(
            "sampling_rate",
            format!("{} Hz became {} Hz.", rate.0, rate.1),
        );
    }
    if !same_patient(original, read) {
        lost(
            "patient",
            "Not everything about the patient is held.".to_owned(),
        );
    }
    if original.acquisition != read.acquisition {
        lost(
            "acquisition",
            "Not everything about time, device, filters and site is held.".to_owned(),
        );
    }
    let mut fewer = |what, name: &str, (has, had): (usize, usize)| {
        if has < had {
            lost(what, format!("{has} of {had} {name} are held."));
        }
    };
    fewer(
        "diagnoses",
        "diagnoses",
        held(&original.diagnoses, &read.diagnoses, PartialEq::eq),
    );
    fewer(
        "device_statements",
        "statements of the device",
        held(
            &original.device_statements,
            &read.device_statements,
            |one, other| same_text(one, other),
        ),
    );
    fewer(
        "device_measurements",
        "measurements of the device",
        held(
            &original.device_measurements,
            &read.device_measurements,
            same_measurement,
        ),
    );
    fewer(
        "median_beats",
        "median beats",
        held(&original.median_beats, &read.median_beats, same_beat),
    );
    let step_s = 1.0 / original.sampling_rate_hz;
    fewer(
        "annotations",
        "annotations",
        held(&original.annotations, &read.annotations, |one, other| {
            same_annotation(one, other, step_s)
        }),
    );
    fewer(
        "comments",
        "comments",
        held(&original.comments, &read.comments, |one, other| {
            same_text(one, other)
        }),
    );
    losses
}

/// How many of what a file holds are compared with one: they keep about their order.
const SEARCHED: usize = 2000;

/// How many of `original` are in `read`, in any order but each once, and how many there are.
fn held<T>(original: &[T], read: &[T], same: impl Fn(&T, &T) -> bool) -> (usize, usize) {
    let mut left: Vec<Option<&T>> = read.iter().map(Some).collect();
    // Where nothing is lost, the next one is the next.
    let mut next = 0;
    let found = original.iter().filter(|one| {
        let places = (next..left.len()).chain(0..next.min(left.len()));
        for place in places.take(SEARCHED) {
            if let Some(other) = left.get_mut(place)
                && other.is_some_and(|other| same(one, other))
            {
                *other = None;
                next = place + 1;
                return true;
            }
        }
        false
    });
    (found.count(), original.len())
}

/// A name is the same in any order of its parts, and an age may follow from dates.
fn same_patient(one: &Recording, other: &Recording) -> bool {
    let told = |recording: &Recording| {
        let patient = &recording.patient;
        let name = patient.name.as_deref().unwrap_or_default();
        let mut name: Vec<String> = name
            .split([' ', ','])
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect();
        name.sort_unstable();
        (name, patient.id.clone(), patient.sex, patient.birth_date)
    };
    let age = |recording: &Recording| recording.age_years().unwrap_or(-1.0);
    told(one) == told(other) && (age(one) - age(other)).abs() < 1e-6
}

/// Line breaks may be written as one character or two.
fn same_text(one: &str, other: &str) -> bool {
    one == other || one.replace("\r\n", "\n") == other.replace("\r\n", "\n")
}

fn same_measurement(one: &ReportedValue, other: &ReportedValue) -> bool {
    let close = (one.value - other.value).abs() <= 1e-6 * one.value.abs();
    one.name == other.name && one.unit == other.unit && close
}

fn same_beat(one: &MedianBeat, other: &MedianBeat) -> bool {
    let same = |lead: &Lead| {
        let mut others = other.leads.iter();
        others.any(|other| other.name == lead.name && samples(lead, other).is_none())
    };
    one.leads.iter().all(same)
}

/// Moments may be moved to the next sample, which is `step_s` away.
fn same_annotation(one: &Annotation, other: &Annotation, step_s: f64) -> bool {
    // A thousandth of a sample is the arithmetic's.
    let near = |a: f64, b: f64| (a - b).abs() <= 1.001 * step_s;
    if !near(one.at_s(), other.at_s()) {
        return false;
    }
    match (one, other) {
        (Annotation::Beat { beat, .. }, Annotation::Beat { beat: has, .. }) => beat == has,
        (
            Annotation::Boundary { boundary, lead, .. },
            Annotation::Boundary {
                boundary: has,
                lead: of,
                ..
            },
        ) => boundary == has && lead == of,
        (
            Annotation::Span {
                to_s, lead, label, ..
            },
            Annotation::Span {
                to_s: until_s,
                lead: of,
                label: has,
                ..
            },
        ) => near(*to_s, *until_s) && lead == of && same_text(label, has),
        (
            Annotation::Sign {
                sign,
                subtype,
                text,
                ..
            },
            Annotation::Sign {
                sign: read,
                subtype: of,
                text: has,
                ..
            },
        ) => sign == read && subtype == of && same_text(text, has),
        (Annotation::Note { text, .. }, Annotation::Note { text: has, .. }) => same_text(text, has),
        _ => false,
    }
}

/// How the samples of a lead differ, in a sentence.
fn samples(lead: &Lead, other: &Lead) -> Option<String> {
    let (had, has) = (lead.samples.microvolts(), other.samples.microvolts());
    let name = &lead.name;
    if had.len() != has.len() {
        return Some(format!(
            "Lead {name}: {} samples became {}.",
            had.len(),
            has.len()
        ));
    }
    let missing = had
        .iter()
        .zip(&has)
        .filter(|(had, has)| had.is_nan() != has.is_nan())
        .count();
    if missing > 0 {
        return Some(format!(
            "Lead {name}: {missing} missing samples are no longer marked."
        ));
    }
    let furthest = had
        .iter()
        .zip(&has)
        .map(|(had, has)| (had - has).abs())
        .fold(0.0, f64::max);
    // Less than that is the arithmetic's.
    (furthest > 5e-4).then(|| format!("Lead {name}: values differ by up to {furthest:.3} uV."))
}
