//! Reviews out to other programs and back: CSV, JSON, CinC headers, WFDB annotations, a table as PTB-XL's. Everything
//! that a review says now survives the way there and back; JSON keeps the signed versions too.

mod annotations;
mod cinc;
mod json;
mod ptb_xl;
mod table;

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::{Path, PathBuf};

use super::fold::Swap;
use super::{
    Act, Change, Content, Error, Identity, Project, Review, Slot, Status, Summary, Version,
};
use crate::ecg::Recording;
use crate::formats::{self, wfdb};

/// What reviews are written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// One line for each entry.
    Csv,
    /// Everything, with the signed versions.
    Json,
    /// Tracings in the layout of the CinC Challenges, the statements as `# Dx:`.
    Cinc,
    /// Tracings with their beats and spans as WFDB annotations (`.atr`).
    Wfdb,
    /// Tracings and a table in the layout of PTB-XL.
    PtbXl,
}

impl Format {
    /// Whether it holds the word of one reader only, with the tracings themselves.
    fn is_labels(self) -> bool {
        !matches!(self, Self::Csv | Self::Json)
    }
}

/// What one reader said of one tracing, on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Content id of the tracing; empty where only the tracing itself tells.
    pub tracing: String,
    /// Short name of the record.
    pub name: String,
    pub path: Option<PathBuf>,
    /// Salted hash of the patient's id, where it is known.
    pub patient: Option<String>,
    /// Who said it; `None` where the format does not tell.
    pub reader: Option<String>,
    pub content: Content,
    pub versions: Vec<Version>,
    /// Why the last version is being changed, while it is.
    pub amendment: Option<String>,
}

/// What was written or taken in, and what was left out, a sentence each.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// The files to open it by.
    pub files: Vec<PathBuf>,
    pub reviews: usize,
    pub left_out: Vec<String>,
}

/// Writes the reviews of a project below `dir`. Formats that hold one reader's word take that of `reader`; without one,
/// the adjudicator's, or the only reader's, or that on which all agree.
///
/// # Errors
/// What the database or the operating system refuses. A tracing that cannot be written is in [`Report::left_out`].
pub fn export(
    project: &Project,
    format: Format,
    dir: &Path,
    reader: Option<&str>,
) -> Result<Report, Error> {
    let settings = project.settings()?;
    let summaries = project.summaries()?;
    std::fs::create_dir_all(dir).map_err(|error| io(dir, error))?;
    let mut report = Report::default();
    if !format.is_labels() {
        let said: Vec<Said> = summaries
            .iter()
            .flat_map(all_of)
            .filter(|said| reader.is_none_or(|reader| said.reader.as_deref() == Some(reader)))
            .collect();
        report.reviews = said.len();
        let (name, bytes) = if format == Format::Csv {
            ("review.csv", table::write(&said)?)
        } else {
            ("review.json", json::write(&said)?)
        };
        report.files.push(put(&dir.join(name), &bytes)?);
        return Ok(report);
    }
    let mut names = HashSet::new();
    let mut rows = Vec::new();
    for summary in &summaries {
        let chosen = match word_of(summary, reader, settings.adjudicator.as_deref()) {
            Word::Nobodys => continue,
            Word::Of(name, review) => labels(summary, name, review),
            Word::Differs => {
                let reason = "readers differ and nobody has the last word; name a reader";
                report.left_out.push(format!("{}: {reason}", summary.name));
                continue;
            }
        };
        let written = tracing(summary)
            .and_then(|recording| labelled(format, dir, &recording, &chosen, &mut names));
        match written {
            Ok((file, row)) => {
                report.reviews += 1;
                report.files.push(file);
                rows.extend(row);
            }
            Err(reason) => report.left_out.push(format!("{}: {reason}", summary.name)),
        }
    }
    if format == Format::PtbXl {
        report.files = vec![put(&dir.join(ptb_xl::TABLE), &ptb_xl::write(&rows)?)?];
    }
    Ok(report)
}

/// Writes one tracing with what was said of it; returns the file to open it by and its row in a table.
fn labelled(
    format: Format,
    dir: &Path,
    recording: &Recording,
    said: &Said,
    names: &mut HashSet<String>,
) -> Result<(PathBuf, Option<ptb_xl::Row>), String> {
    let mut recording = recording.clone();
    recording.name = free_name(&said.name, &said.tracing, names);
    match format {
        Format::PtbXl => {
            let row = ptb_xl::row(&recording, said)?;
            let file = wfdb::write(&recording, &dir.join(ptb_xl::RECORDS));
            Ok((file.map_err(|error| error.to_string())?, Some(row)))
        }
        Format::Wfdb => annotations::write(&recording, said, dir).map(|file| (file, None)),
        _ => cinc::write(recording, said, dir).map(|file| (file, None)),
    }
}

/// Takes reviews in, and the tracings they are of. `reader` is who said it where the files do not tell.
///
/// # Errors
/// A file that cannot be understood, or what the database refuses. What had to be left out is in [`Report::left_out`].
pub fn import(
    project: &mut Project,
    format: Format,
    path: &Path,
    reader: Option<&str>,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let file = |name: &str| {
        if path.is_dir() {
            path.join(name)
        } else {
            path.to_owned()
        }
    };
    let all = match format {
        Format::Csv => table::read(&read(&file("review.csv"))?)?,
        Format::Json => json::read(&read(&file("review.json"))?)?,
        Format::PtbXl => ptb_xl::read(&file(ptb_xl::TABLE), &mut report)?,
        Format::Cinc | Format::Wfdb => folder(format, path, &mut report),
    };
    for said in all {
        let who = said.reader.as_deref().or(reader);
        let Some(who) = who else {
            let reason = "the file does not say whose word it is; name a reader";
            report.left_out.push(format!("{}: {reason}", said.name));
            continue;
        };
        match project.adopt(&said, who) {
            Ok(()) => report.reviews += 1,
            Err(error @ (Error::Database { .. } | Error::NoName)) => return Err(error),
            Err(error) => report.left_out.push(format!("{}: {error}", said.name)),
        }
    }
    Ok(report)
}

/// The reviews beside or within the tracings of a folder.
fn folder(format: Format, path: &Path, report: &mut Report) -> Vec<Said> {
    let mut all = Vec::new();
    for found in formats::folder::files(path) {
        let said = found.map_err(|error| error.to_string()).and_then(|path| {
            if path.extension().is_none_or(|extension| extension != "hea") {
                return Ok(None);
            }
            let recording = formats::open(&path).map_err(|error| error.to_string())?;
            match format {
                Format::Wfdb => annotations::read(&recording, &path, report),
                _ => Ok(cinc::read(&recording, report)),
            }
        });
        match said {
            Ok(said) => all.extend(said),
            Err(reason) => report.left_out.push(reason),
        }
    }
    all
}

/// What is told of a tracing that lies there, under its identity.
fn of_recording(recording: &Recording, content: Content) -> Said {
    let identity = Identity::of(recording);
    Said {
        tracing: identity.content,
        name: identity.name,
        path: recording.path.clone(),
        patient: None,
        reader: None,
        content,
        versions: Vec::new(),
        amendment: None,
    }
}

fn all_of(summary: &Summary) -> impl Iterator<Item = Said> + '_ {
    let said = summary
        .reviews
        .iter()
        .filter(|(_, review)| review.status() != Status::New);
    said.map(|(reader, review)| Said {
        tracing: summary.content.clone(),
        name: summary.name.clone(),
        path: summary.path.clone(),
        patient: summary.patient.clone(),
        reader: Some(reader.clone()),
        content: review.content.clone(),
        versions: review.versions.clone(),
        amendment: review.amendment.clone(),
    })
}

/// Whose word a tracing is labelled by.
enum Word<'a> {
    Of(&'a str, &'a Review),
    /// Nobody said anything.
    Nobodys,
    /// Several did, and not the same.
    Differs,
}

fn word_of<'a>(summary: &'a Summary, reader: Option<&str>, adjudicator: Option<&str>) -> Word<'a> {
    let said: Vec<(&str, &Review)> = summary
        .reviews
        .iter()
        .filter(|(_, review)| review.status() != Status::New)
        .map(|(name, review)| (name.as_str(), review))
        .collect();
    let by = |wanted: &str| said.iter().find(|(name, _)| *name == wanted);
    if let Some(reader) = reader {
        return by(reader).map_or(Word::Nobodys, |(name, review)| Word::Of(name, review));
    }
    if let Some((name, review)) = adjudicator.and_then(by) {
        return Word::Of(name, review);
    }
    match said.split_first() {
        None => Word::Nobodys,
        Some(((name, review), others)) => {
            let same = |other: &(&str, &Review)| {
                let verdicts = |review: &Review| -> BTreeMap<String, _> {
                    let findings = valid(review).findings.iter();
                    findings
                        .map(|(id, decision)| (id.clone(), decision.verdict))
                        .collect()
                };
                verdicts(other.1) == verdicts(review)
            };
            if others.iter().all(same) {
                Word::Of(name, review)
            } else {
                Word::Differs
            }
        }
    }
}

/// What holds of a review: the version signed last or, before any, what has been entered.
fn valid(review: &Review) -> &Content {
    review
        .signed()
        .map_or(&review.content, |version| &version.content)
}

fn labels(summary: &Summary, reader: &str, review: &Review) -> Said {
    Said {
        tracing: summary.content.clone(),
        name: summary.name.clone(),
        path: summary.path.clone(),
        patient: summary.patient.clone(),
        reader: Some(reader.to_owned()),
        content: valid(review).clone(),
        versions: review.versions.clone(),
        amendment: None,
    }
}

/// The tracing itself, from where it was last seen.
fn tracing(summary: &Summary) -> Result<Recording, String> {
    let path = summary.path.as_ref().ok_or("it did not come from a file")?;
    // As it is stored, without the leads that opening computes.
    let recording = formats::open(path).map_err(|error| error.to_string())?;
    if Identity::of(&recording).content != summary.content {
        return Err(format!("{} now holds another tracing", path.display()));
    }
    Ok(recording)
}

/// A record name that no other has, and that no published corpus gives its records: a reviewer's labels mean what
/// this program's statements mean.
fn free_name(name: &str, tracing: &str, taken: &mut HashSet<String>) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '_' {
            c
        } else {
            '-'
        }
    };
    let mut free: String = format!("reviewed-{}", name.chars().map(plain).collect::<String>());
    if !taken.insert(free.clone()) {
        free = format!("{free}-{}", tracing.get(..12).unwrap_or(tracing));
        taken.insert(free.clone());
    }
    free
}

fn io(path: &Path, source: std::io::Error) -> Error {
    Error::Io {
        path: path.to_owned(),
        source,
    }
}

fn put(path: &Path, bytes: &[u8]) -> Result<PathBuf, Error> {
    std::fs::write(path, bytes).map_err(|error| io(path, error))?;
    Ok(path.to_owned())
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| io(path, error))
}

fn misread(place: impl fmt::Display, reason: impl fmt::Display) -> Error {
    Error::Exchange(format!("{place}: {reason}"))
}

/// Content as one line of plain ASCII that survives any header, without a reader's name.
fn one_line(said: &Said) -> Result<String, String> {
    let line = Line {
        tracing: said.tracing.clone(),
        reader: said.reader.clone(),
        content: said.content.clone(),
    };
    let json = serde_json::to_string(&line).map_err(|error| error.to_string())?;
    let mut ascii = String::with_capacity(json.len());
    for unit in json.encode_utf16() {
        match u8::try_from(unit) {
            // Blanks too, as headers run several of them together; none stand outside strings here.
            Ok(byte) if byte.is_ascii_graphic() => ascii.push(char::from(byte)),
            _ => ascii.push_str(&format!("\\u{unit:04x}")),
        }
    }
    Ok(ascii)
}

fn from_line(line: &str) -> Option<Line> {
    serde_json::from_str(line).ok()
}

/// What a header or table carries for this program beside what others read of it.
#[derive(serde::Serialize, serde::Deserialize)]
struct Line {
    tracing: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reader: Option<String>,
    content: Content,
}

impl Project {
    /// Takes in what was said elsewhere: as events of their own, after whatever is here. What is signed here is
    /// left alone.
    ///
    /// # Errors
    /// A signed review that says something else, entries that make no sense, or what the database refuses.
    fn adopt(&mut self, said: &Said, reader: &str) -> Result<(), Error> {
        let identity = Identity {
            content: said.tracing.clone(),
            name: said.name.clone(),
            patient_id: None,
        };
        self.see(&identity, said.path.as_deref())?;
        let standing = self.review(&said.tracing, reader)?;
        if standing.content == said.content
            && (said.versions.is_empty() || standing.versions == said.versions)
        {
            return Ok(());
        }
        if standing.status() == Status::Signed {
            return Err(Error::Signed);
        }
        for version in &said.versions {
            self.replace(&said.tracing, reader, &version.content)?;
            self.sign_as(&said.tracing, reader, version)?;
            let last = said.versions.last() == Some(version);
            match (&said.amendment, last) {
                (Some(reason), true) => self.amend(&said.tracing, reader, reason).map(drop)?,
                (None, true) => {}
                (_, false) => {
                    let next = said
                        .versions
                        .iter()
                        .find(|other| other.number > version.number);
                    let reason = next.and_then(|next| next.reason.as_deref());
                    self.amend(&said.tracing, reader, reason.unwrap_or("imported"))
                        .map(drop)?;
                }
            }
        }
        if said.versions.is_empty() || said.amendment.is_some() {
            self.replace(&said.tracing, reader, &said.content)?;
        }
        Ok(())
    }

    /// Makes a review say exactly that, as one step.
    fn replace(&mut self, tracing: &str, reader: &str, content: &Content) -> Result<(), Error> {
        let standing = self.review(tracing, reader)?.content;
        let mut step = Vec::new();
        let findings = standing
            .findings
            .keys()
            .filter(|id| !content.findings.contains_key(*id));
        step.extend(findings.map(|id| Change::Finding(id.clone(), None)));
        let marks = standing
            .marks
            .keys()
            .filter(|id| !content.marks.contains_key(id));
        step.extend(marks.map(|id| Change::Mark(*id, None)));
        let points = standing
            .fiducials
            .keys()
            .filter(|id| !content.fiducials.contains_key(id));
        step.extend(points.map(|id| Change::Fiducial(*id, None)));
        let findings = content.findings.iter();
        step.extend(findings.map(|(id, said)| Change::Finding(id.clone(), Some(said.clone()))));
        step.extend(
            content
                .marks
                .iter()
                .map(|(id, mark)| Change::Mark(*id, Some(mark.clone()))),
        );
        let points = content.fiducials.iter();
        step.extend(points.map(|(id, point)| Change::Fiducial(*id, Some(point.clone()))));
        step.push(Change::Conclusion(content.conclusion.clone()));
        self.record(tracing, reader, &step).map(drop)
    }

    /// Keeps a version that was signed elsewhere, with the time at which it was.
    fn sign_as(&mut self, tracing: &str, reader: &str, version: &Version) -> Result<(), Error> {
        let after = serde_json::to_string(version).map_err(|error| misread("version", error))?;
        let swap = Swap {
            slot: Slot::Signature(version.number),
            before: None,
            after: Some(after),
        };
        self.write(tracing, reader, |review| {
            if review.versions.len().checked_add(1) != usize::try_from(version.number).ok() {
                return Err(Error::Signed);
            }
            Ok((Act::Sign, None, vec![swap]))
        })
        .map(drop)
    }
}

#[cfg(test)]
mod tests;
