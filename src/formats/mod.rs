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
mod columnar;
mod contec;
mod csv;
pub mod deidentify;
mod dicom;
mod edf;
mod error;
mod fields;
pub mod folder;
mod gdf;
mod hdf5;
mod ishne;
mod mat;
mod mfer;
mod mortara;
mod muse;
mod npy;
mod schiller;
mod scp;
mod sierra;
mod text;
mod unit;
pub mod wfdb;
pub mod writing;
mod xml;
mod zoncare;

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

pub use error::{Error, ErrorKind, Place};

use crate::ecg::{Recording, Unit};

/// What a user states where a file leaves it open.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Samples per second.
    pub sampling_rate_hz: Option<f64>,
    /// Unit of the stored values, as in a file: `uV`, `mV`, `NU`.
    pub unit: Option<String>,
}

impl Options {
    fn unit(&self) -> Option<(Unit, f64)> {
        self.unit.as_deref().map(unit::parse)
    }
}

/// One file format.
pub struct Format {
    /// Short name, as in [`Recording::format`].
    pub name: &'static str,
    /// What a file dialog calls it.
    pub description: &'static str,
    /// Usual file extensions, for file dialogs only: a file is recognised by its content.
    pub extensions: &'static [&'static str],
    sniff: Sniff,
    read: Read,
}

/// How a format is recognised.
enum Sniff {
    /// By the start of the file.
    Head(fn(&Head<'_>) -> bool),
    /// By the name of an XML document's root element.
    Root(&'static str),
}

/// How a format is read.
enum Read {
    /// With its path, because it spans several files.
    Path(fn(&Path, &Head<'_>, &Options) -> Result<Recording, Error>),
    /// Where it lies, because it may be larger than the memory; or from all its bytes.
    Mapped(
        fn(&Path, &Options) -> Result<Recording, Error>,
        fn(&[u8], &Options) -> Result<Recording, Error>,
    ),
    /// From all its bytes, at most so many.
    Bytes(fn(&[u8], &Options) -> Result<Recording, Error>, u64),
    /// From an XML document.
    Xml(fn(&roxmltree::Document<'_>) -> Result<Recording, Error>),
}

const fn xml(
    name: &'static str,
    description: &'static str,
    root: &'static str,
    read: fn(&roxmltree::Document<'_>) -> Result<Recording, Error>,
) -> Format {
    Format {
        name,
        description,
        extensions: &["xml"],
        sniff: Sniff::Root(root),
        read: Read::Xml(read),
    }
}

/// Every format, in the order in which they are tried: strict signatures first, bare tables last.
pub const FORMATS: &[Format] = &[
    Format {
        name: "dicom",
        description: "DICOM ECG waveform",
        extensions: &["dcm"],
        sniff: Sniff::Head(dicom::sniff),
        read: Read::Bytes(dicom::parse, dicom::LARGEST),
    },
    Format {
        name: "scp",
        description: "SCP-ECG",
        extensions: &["scp"],
        sniff: Sniff::Head(scp::sniff),
        read: Read::Bytes(scp::parse, scp::LARGEST),
    },
    Format {
        name: "edf",
        description: "EDF, EDF+, BDF",
        extensions: &["edf", "bdf"],
        sniff: Sniff::Head(edf::sniff),
        read: Read::Bytes(edf::parse, edf::LARGEST),
    },
    Format {
        name: "gdf",
        description: "GDF",
        extensions: &["gdf"],
        sniff: Sniff::Head(gdf::sniff),
        read: Read::Bytes(gdf::parse, gdf::LARGEST),
    },
    Format {
        name: "ishne",
        description: "ISHNE Holter",
        extensions: &["ecg"],
        sniff: Sniff::Head(ishne::sniff),
        read: Read::Bytes(ishne::parse, ishne::LARGEST),
    },
    Format {
        name: "mfer",
        description: "MFER",
        extensions: &["mwf"],
        sniff: Sniff::Head(mfer::sniff),
        read: Read::Bytes(mfer::parse, mfer::LARGEST),
    },
    Format {
        name: "atc",
        description: "AliveCor ATC",
        extensions: &["atc"],
        sniff: Sniff::Head(atc::sniff),
        read: Read::Bytes(atc::parse, atc::LARGEST),
    },
    Format {
        name: "contec",
        description: "Contec ECG90A",
        extensions: &["ecg"],
        sniff: Sniff::Head(contec::sniff),
        read: Read::Bytes(contec::parse, contec::LARGEST),
    },
    Format {
        name: "npy",
        description: "NumPy array",
        extensions: &["npy"],
        sniff: Sniff::Head(npy::sniff),
        read: Read::Bytes(npy::parse, npy::LARGEST),
    },
    Format {
        name: "npz",
        description: "NumPy archive",
        extensions: &["npz"],
        sniff: Sniff::Head(npy::sniff_archive),
        read: Read::Bytes(npy::parse_archive, npy::LARGEST),
    },
    Format {
        name: "hdf5",
        description: "HDF5 array, MATLAB 7.3",
        extensions: &["h5", "hdf5", "mat"],
        sniff: Sniff::Head(hdf5::sniff),
        read: Read::Mapped(hdf5::read, hdf5::parse),
    },
    Format {
        name: "parquet",
        description: "Apache Parquet table",
        extensions: &["parquet"],
        sniff: Sniff::Head(columnar::sniff_parquet),
        read: Read::Bytes(columnar::parse_parquet, columnar::LARGEST),
    },
    Format {
        name: "feather",
        description: "Feather (Arrow) table",
        extensions: &["feather", "arrow"],
        sniff: Sniff::Head(columnar::sniff_feather),
        read: Read::Bytes(columnar::parse_feather, columnar::LARGEST),
    },
    xml("muse", "GE MUSE XML", "RestingECG", muse::parse),
    xml("aecg", "HL7 annotated ECG", "AnnotatedECG", aecg::parse),
    xml(
        "sierra",
        "Philips Sierra ECG",
        "restingecgdata",
        sierra::parse,
    ),
    xml(
        "cardiosoft",
        "GE CardioSoft XML",
        "CardiologyXML",
        cardiosoft::parse,
    ),
    xml("mortara", "Mortara ELI XML", "ECG", mortara::parse),
    xml(
        "schiller",
        "Schiller SEMA XML",
        "examdescript",
        schiller::parse,
    ),
    xml("zoncare", "Zoncare XML", "zqecg", zoncare::parse),
    Format {
        name: "apple",
        description: "Apple Health CSV",
        extensions: &["csv"],
        sniff: Sniff::Head(apple::sniff),
        read: Read::Bytes(apple::parse, apple::LARGEST),
    },
    Format {
        name: "wfdb",
        description: "WFDB (PhysioNet)",
        extensions: &["hea", "dat", "mat"],
        sniff: Sniff::Head(wfdb::sniff),
        read: Read::Path(wfdb::read),
    },
    Format {
        name: "mat",
        description: "MATLAB matrix",
        extensions: &["mat"],
        sniff: Sniff::Head(mat::sniff),
        read: Read::Bytes(mat::parse, mat::LARGEST),
    },
    Format {
        name: "csv",
        description: "Table of samples",
        extensions: &["csv", "tsv", "txt"],
        sniff: Sniff::Head(csv::sniff),
        read: Read::Bytes(csv::parse, csv::LARGEST),
    },
];

impl Format {
    fn recognises(&self, head: &Head<'_>, root: Option<&str>) -> bool {
        match self.sniff {
            Sniff::Head(sniff) => sniff(head),
            Sniff::Root(name) => root == Some(name),
        }
    }

    fn read(&self, path: &Path, head: &Head<'_>, options: &Options) -> Result<Recording, Error> {
        match self.read {
            Read::Path(read) => read(path, head, options),
            Read::Mapped(read, _) => read(path, options),
            Read::Bytes(_, limit) => self.parse(&text::bytes(path, limit)?, options),
            Read::Xml(_) => self.parse(&text::bytes(path, xml::LARGEST)?, options),
        }
    }

    /// Reads a tracing of this format from the bytes of its file.
    ///
    /// # Errors
    /// Place and reason, without a file; always for WFDB, whose records are several files.
    pub fn parse(&self, bytes: &[u8], options: &Options) -> Result<Recording, Error> {
        let mut recording = match self.read {
            Read::Path(_) => {
                return Err(Error::unsupported(
                    "a record of this format is more than one file",
                ));
            }
            Read::Bytes(read, _) | Read::Mapped(_, read) => read(bytes, options)?,
            Read::Xml(read) => {
                let source = xml::prepare(bytes)?;
                read(&xml::parse(&source)?)?
            }
        };
        recording.format = self.name;
        Ok(recording)
    }
}

/// The format that recognises the start of a file.
fn recognise(head: &Head<'_>) -> Option<&'static Format> {
    let text = head.text();
    let root = text.as_deref().and_then(xml::root_name);
    FORMATS.iter().find(|format| format.recognises(head, root))
}

/// How much of a file is looked at to recognise it.
const HEAD_LENGTH: u64 = 8192;

/// The start of a file, by which a format recognises it.
struct Head<'a> {
    path: &'a Path,
    bytes: Vec<u8>,
}

impl Head<'_> {
    fn has_extension(&self, extension: &str) -> bool {
        self.path
            .extension()
            .is_some_and(|own| own.eq_ignore_ascii_case(extension))
    }

    /// The start as text, if it is text.
    fn text(&self) -> Option<String> {
        // A character may be cut in two at the end.
        let whole = match std::str::from_utf8(&self.bytes) {
            Err(error) if error.error_len().is_none() => self.bytes.get(..error.valid_up_to()),
            _ => None,
        };
        let text = text::decode(whole.unwrap_or(&self.bytes));
        text::is_text(&text).then(|| text.into_owned())
    }
}

/// Opens a tracing of any known format.
///
/// `path` may also be the name of a WFDB record without its extension.
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
    let path = &record_path(path);
    let head = head(path)?;
    if head.bytes.is_empty() {
        return Err(Error::damaged("the file is empty").in_file(path));
    }
    let Some(format) = recognise(&head) else {
        return Err(Error::new(ErrorKind::Unrecognised, unrecognised(&head)).in_file(path));
    };
    let mut recording = format
        .read(path, &head, options)
        .map_err(|error| error.in_file(path))?;
    recording.format = format.name;
    if recording.name.is_empty() {
        recording.name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
    }
    recording.path = Some(path.clone());
    Ok(recording)
}

/// The format that would read this file, judged from its first bytes; for folders and file dialogs.
///
/// The signal file of a WFDB record belongs to its header and is not offered on its own.
pub fn can_open(path: &Path) -> Option<&'static Format> {
    let head = head(path).ok().filter(|head| !head.bytes.is_empty())?;
    let format = recognise(&head)?;
    let belongs_to_header = format.name == "wfdb" && head.text().is_none();
    (!belongs_to_header).then_some(format)
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

/// `path`, or the header of the record of that name.
fn record_path(path: &Path) -> PathBuf {
    if !path.exists() {
        let mut name = path.as_os_str().to_owned();
        name.push(".hea");
        let header = PathBuf::from(name);
        if header.is_file() {
            return header;
        }
    }
    path.to_path_buf()
}

fn head(path: &Path) -> Result<Head<'_>, Error> {
    let io = |error: std::io::Error| Error::io(path, &error);
    // Asked before opening: opening a pipe would wait for its writer.
    let metadata = std::fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() {
            "a folder"
        } else {
            "no regular file"
        };
        return Err(Error::new(ErrorKind::Io, format!("this is {what}")).in_file(path));
    }
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(io)?
        .take(HEAD_LENGTH)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    Ok(Head { path, bytes })
}

fn unrecognised(head: &Head<'_>) -> String {
    const KNOWN: [(&[u8], &str); 7] = [
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"GIF8", "a GIF image"),
        (b"ANN  1.0", "an ISHNE annotation file"),
    ];
    match KNOWN
        .iter()
        .find(|(magic, _)| head.bytes.starts_with(magic))
    {
        Some((_, what)) => format!("this is {what}, not an ECG file"),
        None if head.has_extension("mat") || head.has_extension("dat") => {
            "no known ECG format; if this is a WFDB signal file, its header (.hea) is missing"
                .to_owned()
        }
        None => "no known ECG format".to_owned(),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The regular file `name` in the folder of `path` (or below it); anything else is refused, so that
/// no file can make us open another one elsewhere.
fn beside(path: &Path, name: &str) -> Result<PathBuf, Error> {
    use std::path::Component;
    let plain = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if !plain || name.is_empty() || name.contains('\\') || matches!(name, "-" | "~") {
        return Err(Error::damaged(format!(
            "it names \"{name}\", which is no file in its own folder; such files are not opened"
        )));
    }
    let folder = folder_of(path);
    let target = folder.join(name);
    let missing = |error: &std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(
            ErrorKind::Io,
            format!("the file {name} that it needs is missing"),
        ),
        _ => Error::io(&target, error),
    };
    let real = target.canonicalize().map_err(|error| missing(&error))?;
    let home = folder
        .canonicalize()
        .map_err(|error| Error::io(folder, &error))?;
    if !real.starts_with(&home) {
        return Err(Error::damaged(format!(
            "\"{name}\" leads out of its folder and is not opened"
        )));
    }
    if !real.is_file() {
        return Err(Error::damaged(format!("\"{name}\" is no regular file")));
    }
    Ok(target)
}

/// The sampling rate of most voltage leads (or, without any, of most leads); `None` without leads.
fn prevailing_rate(leads: &[crate::ecg::Lead]) -> Option<f64> {
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

/// A sampling rate that a tracing can have: from one sample in a quarter of an hour (trends) to a megahertz.
fn check_rate(rate_hz: f64) -> Result<f64, Error> {
    if (1e-3..=1e6).contains(&rate_hz) {
        Ok(rate_hz)
    } else {
        Err(Error::damaged(format!(
            "a sampling rate of {rate_hz} Hz is impossible"
        )))
    }
}
