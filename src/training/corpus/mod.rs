//! Labelled corpora in the layouts they are published in.

mod cinc;
mod ludb;
mod outliers;
mod ptb_xl;
mod simulated;
pub mod sources;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

pub use outliers::{Distortion, outliers};

use crate::ecg::Recording;
use crate::formats;
use crate::reading::vocabulary;
use crate::simulate::random;

/// Why a corpus could not be read.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    #[error("{0:?} is not KIND=DIR with KIND one of ptb-xl, cinc, ludb")]
    Argument(String),
    #[error("{}: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error("{}: no record of a {kind} corpus in this folder", path.display())]
    Empty { path: PathBuf, kind: Kind },
}

impl CorpusError {
    fn file(path: &Path, reason: impl fmt::Display) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: reason.to_string(),
        }
    }
}

/// The layout a corpus is published in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// `ptbxl_database.csv` beside `records500` or `records100`.
    PtbXl,
    /// PhysioNet/CinC Challenge 2020 and 2021: `.hea` files with `# Dx:` lines, in any nesting.
    Cinc,
    /// LUDB: diagnoses as text in the header comments.
    Ludb,
    /// Drawn by the simulator; no folder, see [`simulated`].
    Simulated,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PtbXl => "ptb-xl",
            Self::Cinc => "cinc",
            Self::Ludb => "ludb",
            Self::Simulated => "simulated",
        })
    }
}

/// A corpus on disk, as named on the command line.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Corpus {
    /// Its layout.
    pub kind: Kind,
    /// The folder.
    pub dir: PathBuf,
}

impl Corpus {
    /// The folder's own name, by which results are reported.
    pub fn name(&self) -> String {
        let dir = self.dir.canonicalize().unwrap_or_else(|_| self.dir.clone());
        dir.file_name().map_or_else(
            || "corpus".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        )
    }
}

impl FromStr for Corpus {
    type Err = CorpusError;

    /// Parses `ptb-xl=DIR`, `cinc=DIR` or `ludb=DIR`.
    fn from_str(text: &str) -> Result<Self, CorpusError> {
        let wrong = || CorpusError::Argument(text.to_owned());
        let (kind, dir) = text.split_once('=').ok_or_else(wrong)?;
        let kind = match kind {
            "ptb-xl" => Kind::PtbXl,
            "cinc" => Kind::Cinc,
            "ludb" => Kind::Ludb,
            _ => return Err(wrong()),
        };
        if dir.is_empty() {
            return Err(wrong());
        }
        Ok(Self {
            kind,
            dir: dir.into(),
        })
    }
}

/// Where the samples of a record come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// The simulator.
    Simulated {
        /// Seed of conditions, person, rhythm and device.
        seed: u64,
    },
    /// A file whose tracing is made unlike any electrocardiogram.
    Distorted {
        /// The file.
        path: PathBuf,
        /// What is done to it.
        how: Distortion,
        /// Seed of what is random in that.
        seed: u64,
    },
}

impl Source {
    /// The recording itself.
    ///
    /// # Errors
    /// What the format says of the file, with its name.
    pub fn open(&self) -> Result<Recording, String> {
        match self {
            Self::File(path) => formats::open(path).map_err(|error| error.to_string()),
            Self::Simulated { seed } => Ok(random(*seed).recording),
            Self::Distorted { path, how, seed } => {
                let mut recording = Self::File(path.clone()).open()?;
                how.apply(&mut recording, *seed);
                Ok(recording)
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Simulated { seed } => write!(f, "simulated, seed {seed}"),
            Self::Distorted { path, how, .. } => write!(f, "{}, {how}", path.display()),
        }
    }
}

/// One labelled record.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// Where its samples come from.
    pub source: Source,
    /// Index into the names that [`read_all`] returns.
    pub domain: usize,
    /// Whose record it is; equal for all records of one person over all corpora of one kind.
    pub patient: String,
    /// The corpus's own stratified fold (PTB-XL: 1 to 10).
    pub fold: Option<u32>,
    /// One label for every statement of the vocabulary; `None` where the source does not say.
    pub labels: Vec<Option<bool>>,
}

impl Example {
    /// Whether it was made unlike any electrocardiogram.
    pub fn is_outlier(&self) -> bool {
        matches!(self.source, Source::Distorted { .. })
    }
}

/// As [`read_all_noting`], with the notes to nobody.
///
/// # Errors
/// As there.
pub fn read_all(corpora: &[Corpus]) -> Result<(Vec<Example>, Vec<String>), CorpusError> {
    read_all_noting(corpora, &mut |_| ())
}

/// Reads the labels of several corpora. Returns the examples, sorted by path within each corpus, and the
/// name of each domain; a second folder of the same name gets a number. What was passed over or taken to mean something
/// goes to `note`.
///
/// # Errors
/// A folder that does not exist, holds no record of its kind, or whose tables are broken.
pub fn read_all_noting(
    corpora: &[Corpus],
    note: &mut dyn FnMut(String),
) -> Result<(Vec<Example>, Vec<String>), CorpusError> {
    let mut names: Vec<String> = Vec::new();
    let mut examples = Vec::new();
    for (domain, corpus) in corpora.iter().enumerate() {
        let mut name = corpus.name();
        for number in 2.. {
            if !names.contains(&name) {
                break;
            }
            name = format!("{}-{number}", corpus.name());
        }
        let mut note = |what: String| note(format!("{name}: {what}"));
        let records = match corpus.kind {
            Kind::PtbXl => ptb_xl::read(&corpus.dir, &mut note)?,
            Kind::Cinc => cinc::read(&corpus.dir, &mut note)?,
            Kind::Ludb => ludb::read(&corpus.dir)?,
            // A recipe asks for it, not a folder.
            Kind::Simulated => Vec::new(),
        };
        if records.is_empty() {
            return Err(CorpusError::Empty {
                path: corpus.dir.clone(),
                kind: corpus.kind,
            });
        }
        let labelled = sources::label(records, corpus.kind, domain, &corpus.name(), &mut note);
        if !labelled
            .iter()
            .any(|example| example.labels.contains(&Some(true)))
        {
            note(
                "no record has a statement that this program knows: nothing can be judged by it"
                    .into(),
            );
        }
        examples.extend(labelled);
        names.push(name);
    }
    Ok((examples, names))
}

/// The records of several corpora without their labels: also those that have none, such as CODE-15 as WFDB. Returns
/// them and the names of the corpora as [`read_all`] does.
///
/// # Errors
/// As [`read_all`].
pub fn unlabelled(corpora: &[Corpus]) -> Result<(Vec<Example>, Vec<String>), CorpusError> {
    let mut examples = Vec::new();
    for (domain, corpus) in corpora.iter().enumerate() {
        let records = match corpus.kind {
            Kind::PtbXl => ptb_xl::read(&corpus.dir, &mut |_| ())?,
            Kind::Ludb => ludb::read(&corpus.dir)?,
            Kind::Cinc => cinc::records(&corpus.dir)?,
            Kind::Simulated => Vec::new(),
        };
        if records.is_empty() {
            return Err(CorpusError::Empty {
                path: corpus.dir.clone(),
                kind: corpus.kind,
            });
        }
        examples.extend(records.into_iter().map(|record| Example {
            source: record.source,
            domain,
            patient: record.patient,
            fold: record.fold,
            labels: Vec::new(),
        }));
    }
    Ok((examples, corpora.iter().map(Corpus::name).collect()))
}

/// `count` simulated tracings as one more domain.
pub fn simulate(count: usize, seed: u64, domain: usize) -> Vec<Example> {
    sources::label(
        simulated::records(count, seed),
        Kind::Simulated,
        domain,
        "",
        &mut |_| (),
    )
}

/// What a corpus says of one record, before its codes are interpreted.
struct Record {
    source: Source,
    name: String,
    patient: String,
    fold: Option<u32>,
    stated: Vec<String>,
    /// Codes that were given a low likelihood.
    doubtful: Vec<String>,
}

/// All `.hea` files under a folder, sorted; links to folders are not followed.
fn headers(dir: &Path) -> Result<Vec<PathBuf>, CorpusError> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(folder) = open.pop() {
        let entries =
            std::fs::read_dir(&folder).map_err(|error| CorpusError::file(&folder, error))?;
        for entry in entries {
            let entry = entry.map_err(|error| CorpusError::file(&folder, error))?;
            let kind = entry
                .file_type()
                .map_err(|error| CorpusError::file(&entry.path(), error))?;
            let path = entry.path();
            if kind.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ext| ext == "hea") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The text after `#` of each comment line of a WFDB header.
fn comments(path: &Path) -> Result<Vec<String>, CorpusError> {
    let bytes = std::fs::read(path).map_err(|error| CorpusError::file(path, error))?;
    Ok(String::from_utf8_lossy(&bytes)
        .lines()
        .filter_map(|line| line.trim().strip_prefix('#'))
        .map(|text| text.trim().to_owned())
        .collect())
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// Those of the chosen examples that are files: what has been seen in nobody cannot be judged.
pub fn real<'a>(
    examples: &'a [Example],
    chosen: &'a [usize],
) -> impl Iterator<Item = &'a Example> + Clone {
    let chosen = chosen.iter().filter_map(|&index| examples.get(index));
    chosen.filter(|example| matches!(example.source, Source::File(_)))
}

/// Positives and negatives of every statement over some examples, in the order of the vocabulary.
pub fn counts<'a>(examples: impl IntoIterator<Item = &'a Example>) -> Vec<(usize, usize)> {
    let mut counts = vec![(0, 0); vocabulary::statements().len()];
    for example in examples {
        for (count, label) in counts.iter_mut().zip(&example.labels) {
            match label {
                Some(true) => count.0 += 1,
                Some(false) => count.1 += 1,
                None => {}
            }
        }
    }
    counts
}
