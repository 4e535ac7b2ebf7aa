//! One file per file format, one registry, one error type.
//!
//! [`open`] looks at the content of a file, finds its format in [`FORMATS`] and reads it. A format is
//! a row of that table: its name, a function that recognises it and one that reads it.

mod aecg;
mod apple;
mod array;
mod atc;
mod bytes;
mod cardiosoft;
mod column;
mod columnar;
mod contec;
mod csv;
pub mod deidentify;
mod dicom;
mod doubts;
mod edan;
mod edf;
mod error;
mod facts;
mod fields;
pub mod folder;
mod gdf;
mod harmless;
mod hdf5;
mod head;
mod ishne;
mod kardia;
mod layout;
mod mat;
mod mfer;
mod mortara;
mod muse;
mod neighbours;
mod npy;
mod options;
mod pieces;
mod registry;
mod schiller;
mod scp;
mod sierra;
mod text;
mod unit;
mod unpack;
mod variables;
pub mod wfdb;
pub mod writing;
mod xml;
mod zoncare;

use std::path::{Path, PathBuf};

pub use csv::preview::{Preview, preview};
pub use error::{Error, ErrorKind, Missing, Place};
pub use options::{Options, TableLayout};
pub use registry::{FORMATS, Format};

use crate::ecg::{Lead, Recording};
use head::{Head, recognise, unrecognised};
use neighbours::{beside, folder_of};

/// Opens a tracing of any known format.
///
/// `path` may also be the name of a WFDB record without its extension, or `FILE#N` for record N of a file of many.
///
/// # Errors
/// Names the file, the place in it and the reason.
pub fn open(path: &Path) -> Result<Recording, Error> {
    open_with(path, &Options::default())
}

/// As [`open`], with what the user says about a file that leaves sampling rate or unit open.
///
/// # Errors
/// Names the file, the place in it and the reason; [`ErrorKind::NeedsOptions`] asks for `options`.
pub fn open_with(path: &Path, options: &Options) -> Result<Recording, Error> {
    let (path, number) = &record_path(path);
    let numbered = Options {
        record: number.or(options.record),
        ..options.clone()
    };
    let options = &numbered;
    let head = head::head(path)?;
    if head.bytes.is_empty() {
        return Err(Error::damaged("the file is empty").in_file(path));
    }
    let Some(format) = recognise(&head) else {
        return Err(Error::new(ErrorKind::Unrecognised, unrecognised(&head)).in_file(path));
    };
    let mut recording = format
        .read(path, &head, options)
        .map_err(|error| error.in_file(path))?;
    check_calibration(&recording).map_err(|error| error.in_file(path))?;
    doubts::raise(&mut recording).map_err(|error| error.in_file(path))?;
    recording.format = format.name;
    if recording.name.is_empty() {
        recording.name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
    }
    if let Some(number) = options.record {
        recording.name.push_str(&format!("#{number}"));
    }
    recording.path = Some(path.clone());
    Ok(recording)
}

/// The format that would read this file, judged from its first bytes; for folders and file dialogs.
///
/// The signal file of a WFDB record belongs to its header and is not offered on its own.
pub fn can_open(path: &Path) -> Option<&'static Format> {
    let head = head::head(path)
        .ok()
        .filter(|head| !head.bytes.is_empty())?;
    let format = recognise(&head)?;
    let belongs_to_header = format.name == "wfdb" && head.text().is_none();
    (!belongs_to_header).then_some(format)
}

/// Whether the content is that of a tracing in one file, whatever it is called.
fn is_one_file(path: &Path) -> bool {
    head::head(path).is_ok_and(|head| head::recognise_one_file(&head).is_some())
}

/// The real path of every file that the tracing at `path` is read from: itself and those that belong to it.
pub fn sources(path: &Path) -> Vec<PathBuf> {
    let (path, _) = record_path(path);
    let mut files = match head::head(&path) {
        Ok(head) => match recognise(&head).map(|format| format.name) {
            Some("wfdb") => wfdb::sources(&path, &head),
            Some("edan") => edan::sources(&path),
            _ => Vec::new(),
        },
        Err(_) => Vec::new(),
    };
    files.push(path);
    let real = files.iter().filter_map(|file| file.canonicalize().ok());
    real.collect()
}

/// All usual file extensions, for a file dialog.
pub fn extensions() -> Vec<&'static str> {
    let mut all: Vec<_> = FORMATS
        .iter()
        .flat_map(|format| format.extensions)
        .copied()
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// `path`, or the header of the record of that name; and the number after a `#`, which is that of a record in a file
/// of many.
fn record_path(path: &Path) -> (PathBuf, Option<usize>) {
    if !path.exists() {
        let mut name = path.as_os_str().to_owned();
        name.push(".hea");
        let header = PathBuf::from(name);
        if header.is_file() {
            return (header, None);
        }
        let numbered = path.to_str().and_then(|text| text.rsplit_once('#'));
        if let Some((file, number)) = numbered
            && let Ok(number) = number.parse()
            && Path::new(file).is_file()
        {
            return (PathBuf::from(file), Some(number));
        }
    }
    (path.to_path_buf(), None)
}

/// The sampling rate of most voltage leads (or, without any, of most leads); `None` without leads.
fn prevailing_rate(leads: &[Lead]) -> Option<f64> {
    let voltages = leads.iter().any(|lead| lead.unit.is_voltage());
    let rates = || {
        let counted = leads
            .iter()
            .filter(move |lead| !voltages || lead.unit.is_voltage());
        counted.map(|lead| lead.sampling_rate_hz)
    };
    // Of equally frequent rates the first.
    rates()
        .rev()
        .max_by_key(|rate| rates().filter(|other| other == rate).count())
}

/// What a count of a voltage can be worth: real files reach from half a nanovolt (a wrong gain of PTB) to a volt.
fn check_calibration(recording: &Recording) -> Result<(), Error> {
    for lead in recording.leads.iter().filter(|lead| lead.unit.is_voltage()) {
        let samples = &lead.samples;
        let microvolts = samples.unit_scale / samples.counts_per_unit;
        if !(1e-9..=1e9).contains(&microvolts.abs()) || !samples.baseline.is_finite() {
            let reason = format!("a count of {microvolts:e} microvolts is impossible");
            return Err(Error::damaged(reason).at_field(format!("lead {}", lead.name)));
        }
    }
    Ok(())
}

/// A sampling rate that a tracing can have: from one sample in a quarter of an hour (trends) to a megahertz.
fn check_rate(rate_hz: f64) -> Result<f64, Error> {
    if (1e-3..=1e6).contains(&rate_hz) {
        Ok(rate_hz)
    } else {
        let shown = if (1e-6..1e9).contains(&rate_hz.abs()) || rate_hz == 0.0 {
            format!("{rate_hz}")
        } else {
            format!("{rate_hz:e}")
        };
        Err(Error::damaged(format!(
            "a sampling rate of {shown} Hz is impossible"
        )))
    }
}
