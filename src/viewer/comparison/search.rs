//! Looking for earlier tracings of a patient among files, off the window's thread.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::{Prior, as_prior};
use crate::ecg::Recording;
use crate::viewer::jobs::Source;

/// Files of one folder that are looked into, and the largest of them: a search must end.
const MOST_FILES: usize = 400;
const LARGEST: u64 = 32 * 1024 * 1024;

/// Earlier tracings of the same person in a folder and among other files; what cannot be read is passed over.
pub fn search(now: &Recording, folder: Option<&Path>, others: &[PathBuf]) -> Vec<Prior> {
    let own = now
        .path
        .as_deref()
        .and_then(|path| path.canonicalize().ok());
    let listed = folder.map(listing).unwrap_or_default();
    let mut seen = BTreeSet::new();
    let paths = others.iter().cloned().chain(listed);
    let mut found = Vec::new();
    for path in paths {
        let Ok(real) = path.canonicalize() else {
            continue;
        };
        if Some(&real) == own.as_ref() || !seen.insert(real.clone()) {
            continue;
        }
        let large = path.metadata().map_or(true, |about| about.len() > LARGEST);
        if large {
            continue;
        }
        if let Ok(recording) = crate::opening::open(&path)
            && recording.path.as_deref() != now.path.as_deref()
        {
            found.extend(as_prior(now, &recording, Source::File(path)));
        }
    }
    // A record in two files is one tracing.
    found.sort_by(|a, b| {
        a.started
            .cmp(&b.started)
            .then_with(|| a.title.cmp(&b.title))
    });
    found.dedup_by(|a, b| a.started == b.started && a.title == b.title);
    found
}

fn listing(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
        .map(|entry| entry.path())
        // The samples of a WFDB record are opened by its header.
        .filter(|path| {
            path.extension()
                .is_none_or(|extension| extension != "dat" && extension != "mat")
        })
        .collect();
    files.sort_unstable();
    files.truncate(MOST_FILES);
    files
}
