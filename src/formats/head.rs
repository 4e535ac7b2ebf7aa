//! The start of a file, by which its format is recognised.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::registry::{FORMATS, Format};
use super::{Error, ErrorKind, columnar, text, xml};

/// The format that recognises the start of a file.
pub(super) fn recognise(head: &Head<'_>) -> Option<&'static Format> {
    let root = head.text().and_then(xml::root_name);
    FORMATS.iter().find(|format| format.recognises(head, root))
}

/// As [`recognise`], of the formats whose tracings are one file: the others would look for what lies beside it.
pub(super) fn recognise_one_file(head: &Head<'_>) -> Option<&'static Format> {
    let root = head.text().and_then(xml::root_name);
    let mut formats = FORMATS.iter().filter(|format| format.is_one_file());
    formats.find(|format| format.recognises(head, root))
}

/// How much of a file is looked at to recognise it.
const HEAD_LENGTH: u64 = 8192;

/// The start of a file, by which a format recognises it.
pub(super) struct Head<'a> {
    pub path: &'a Path,
    pub bytes: Vec<u8>,
    text: Option<String>,
}

impl<'a> Head<'a> {
    fn new(path: &'a Path, bytes: Vec<u8>) -> Self {
        // A character may be cut in two at the end.
        let whole = match std::str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() => bytes.get(..error.valid_up_to()),
            _ => None,
        };
        let text = text::decode(whole.unwrap_or(&bytes));
        let text = text::is_text(&text).then(|| text.into_owned());
        Self { path, bytes, text }
    }

    pub(super) fn has_extension(&self, extension: &str) -> bool {
        self.path
            .extension()
            .is_some_and(|own| own.eq_ignore_ascii_case(extension))
    }

    /// The start as text, if it is text.
    pub(super) fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }
}

/// Reads the start of a regular file.
pub(super) fn head(path: &Path) -> Result<Head<'_>, Error> {
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
    Ok(Head::new(path, bytes))
}

/// What can be said of a file that is none of ours.
pub(super) fn unrecognised(head: &Head<'_>) -> String {
    const KNOWN: [(&[u8], &str); 7] = [
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"%PDF", "a PDF document"),
        (b"PK\x03\x04", "a ZIP archive"),
        (b"\x1f\x8b", "a gzip archive"),
        (b"GIF8", "a GIF image"),
        (b"ANN  1.0", "an ISHNE annotation file"),
    ];
    if let Some(reason) = columnar::unread(&head.bytes) {
        return reason.to_owned();
    }
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
