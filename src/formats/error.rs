use std::fmt;
use std::path::{Path, PathBuf};

/// Why a file could not be opened or written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The operating system refused: no such file, no permission, a folder instead of a file.
    Io,
    /// No known format recognises the content.
    Unrecognised,
    /// The format is known and its content is broken.
    Damaged,
    /// The content is sound, but of a kind this program does not read.
    Unsupported,
    /// The file leaves open what the user must say: sampling rate, unit.
    NeedsOptions,
}

/// Where in a file the trouble is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Offset in bytes from the start of the file.
    Byte(u64),
    /// Line number, counted from one.
    Line(usize),
    /// A named field, element or section.
    Field(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(offset) => write!(f, "byte {offset}"),
            Self::Line(number) => write!(f, "line {number}"),
            Self::Field(name) => f.write_str(name),
        }
    }
}

/// What a file leaves open, so that a person must say it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Missing {
    /// Samples per second.
    pub sampling_rate: bool,
    /// The unit of the values.
    pub unit: bool,
}

/// The one error of this room: file, place and reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Error {
    /// The kind of trouble.
    pub kind: ErrorKind,
    /// The file it was found in; empty only inside a parser that was given bare bytes.
    pub file: PathBuf,
    /// Where in the file, if it can be said.
    pub place: Option<Place>,
    /// What is wrong, as half a sentence in plain words.
    pub reason: String,
    /// What must be said first; all `false` unless the kind is [`ErrorKind::NeedsOptions`].
    pub missing: Missing,
}

impl Error {
    /// An error of that kind, not yet tied to a file.
    pub fn new(kind: ErrorKind, reason: impl Into<String>) -> Self {
        Self {
            kind,
            file: PathBuf::new(),
            place: None,
            reason: reason.into(),
            missing: Missing::default(),
        }
    }

    /// The content contradicts its format.
    pub fn damaged(reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::Damaged, reason)
    }

    /// The content is of a kind that is not read.
    pub fn unsupported(reason: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported, reason)
    }

    /// The content leaves something open; `what` it is (`table`, `array`).
    pub fn needs(missing: Missing, what: &str) -> Self {
        let (left_open, how) = match (missing.sampling_rate, missing.unit) {
            (true, true) => (
                "neither its sampling rate nor its unit",
                "--rate HZ and --unit uV or mV",
            ),
            (true, false) => ("no sampling rate", "--rate HZ"),
            _ => ("no unit", "--unit uV or --unit mV"),
        };
        let reason = format!("the {what} states {left_open}: give it (on the command line {how})");
        Self {
            missing,
            ..Self::new(ErrorKind::NeedsOptions, reason)
        }
    }

    /// The operating system's refusal for `path`.
    pub fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::new(ErrorKind::Io, io_reason(error)).in_file(path)
    }

    /// Adds the byte offset.
    #[must_use]
    pub fn at_byte(mut self, offset: u64) -> Self {
        self.place = Some(Place::Byte(offset));
        self
    }

    /// Adds the line number, counted from one.
    #[must_use]
    pub fn at_line(mut self, number: usize) -> Self {
        self.place = Some(Place::Line(number));
        self
    }

    /// Adds the field's name.
    #[must_use]
    pub fn at_field(mut self, name: impl Into<String>) -> Self {
        self.place = Some(Place::Field(name.into()));
        self
    }

    /// Names the file unless one is named already.
    #[must_use]
    pub fn in_file(mut self, path: &Path) -> Self {
        if self.file.as_os_str().is_empty() {
            self.file = path.to_path_buf();
        }
        self
    }
}

fn io_reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.file.as_os_str().is_empty() {
            write!(f, "{}: ", self.file.display())?;
        }
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.reason)
    }
}
