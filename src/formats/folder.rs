//! The tracings in a folder and those below it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Error;

/// Folders deeper than this are passed over.
const DEEPEST: usize = 32;
/// Files of annotators, and files that belong to no tracing.
const NO_TRACINGS: [&str; 27] = [
    "atr",
    "qrs",
    "md",
    "py",
    "rs",
    "toml",
    "yaml",
    "yml",
    "png",
    "jpg",
    "jpeg",
    "gif",
    "pdf",
    "html",
    "htm",
    "doc",
    "docx",
    "xls",
    "xlsx",
    "exe",
    "so",
    "dll",
    "safetensors",
    "lock",
    "sha256",
    "gitignore",
    "part",
];

/// What data of any kind is called: a tracing only where a format recognises the content.
const SNIFFED: [&str; 3] = ["dat", "log", "ann"];

/// Every file below `folder` that may hold a tracing, in the order of names, as it is found: folders may be vast.
/// A folder that cannot be listed is one error; links are followed to files, not to folders, and nothing but plain
/// files is opened.
pub fn files(folder: &Path) -> impl Iterator<Item = Result<PathBuf, Error>> {
    Walk {
        open: vec![(folder.to_owned(), 0)],
        ready: Vec::new(),
        claimed: HashSet::new(),
    }
}

struct Walk {
    open: Vec<(PathBuf, usize)>,
    /// Files of the present folder, the next one last, and whether their content says if they are tracings.
    ready: Vec<(PathBuf, bool)>,
    /// Signal files that headers name, which are no tracings of their own.
    claimed: HashSet<PathBuf>,
}

impl Iterator for Walk {
    type Item = Result<PathBuf, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((path, sniffed)) = self.ready.pop() {
                if sniffed && !super::is_one_file(&path) {
                    continue;
                }
                return Some(Ok(path));
            }
            let (folder, depth) = self.open.pop()?;
            if let Err(error) = self.list(&folder, depth) {
                return Some(Err(Error::io(&folder, &error)));
            }
        }
    }
}

impl Walk {
    fn list(&mut self, folder: &Path, depth: usize) -> std::io::Result<()> {
        let (mut folders, mut files) = (Vec::new(), Vec::new());
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if depth < DEEPEST {
                    folders.push((path, depth + 1));
                }
            } else if fs::metadata(&path).is_ok_and(|data| data.is_file()) {
                files.push(path);
            }
        }
        folders.sort();
        files.sort();
        let headers: HashSet<PathBuf> = files
            .iter()
            .filter(|path| has_extension(path, "hea"))
            .map(|path| path.with_extension(""))
            .collect();
        for header in files.iter().filter(|path| has_extension(path, "hea")) {
            self.claimed.extend(super::wfdb::signal_files(header));
        }
        let known = super::extensions();
        let claimed = &self.claimed;
        let tracing = |path: PathBuf| {
            let extension = path
                .extension()
                .map(|extension| extension.to_string_lossy().to_lowercase())
                .unwrap_or_default();
            if claimed.contains(&path) || NO_TRACINGS.contains(&extension.as_str()) {
                return None;
            }
            let stem = path.with_extension("");
            // A simulation lies there with its truth.
            if has_extension(&stem, "truth") && headers.contains(&stem.with_extension("")) {
                return None;
            }
            let beside = extension != "hea" && headers.contains(&stem);
            // What no format is called beside a header is the file of an annotator.
            let annotator = beside && !known.contains(&extension.as_str());
            let sniffed = beside || SNIFFED.contains(&extension.as_str());
            (!annotator || extension == "log").then_some((path, sniffed))
        };
        let files: Vec<_> = files.into_iter().filter_map(tracing).collect();
        self.open.extend(folders.into_iter().rev());
        self.ready = files.into_iter().rev().collect();
        Ok(())
    }
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension()
        .is_some_and(|own| own.eq_ignore_ascii_case(extension))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn found(folder: &Path) -> Vec<String> {
        let relative = |path: PathBuf| path.strip_prefix(folder).unwrap().display().to_string();
        files(folder).map(|path| relative(path.unwrap())).collect()
    }

    /// Other tracings may have the name of a record, and any name at all; what a header names is not listed again.
    #[test]
    fn no_tracing_is_hidden_by_its_name_and_none_is_listed_twice() {
        let dir = tempfile::tempdir().unwrap();
        let part10 = [&[0; 128][..], b"DICM", &[2, 0, 0, 0]].concat();
        let table = b"time (s),II (mV)\n0,0.1\n0.004,0.2\n0.008,0.3\n";
        for (name, content) in [
            (
                "f16.hea",
                b"f16 2 500 1\nf16.dat 16\nother.bin 16\n".as_slice(),
            ),
            ("f16.dat", b"\0\x01"),
            ("other.bin", b"\0\x01"),
            ("f16.csv", table),
            ("f16.dcm", &part10),
            ("f16.txt", b"the patient was asleep\n"),
            ("f16.ari", b"\0\x01"),
            ("f16.json", b"{}"),
            ("scan.dat", &part10),
            ("lost.dat", b"\0\x01\x02\x03"),
            ("x.log", &part10),
            ("y.log", b"12:00 started\n"),
        ] {
            fs::write(dir.path().join(name), content).unwrap();
        }
        assert_eq!(
            found(dir.path()),
            ["f16.csv", "f16.dcm", "f16.hea", "scan.dat", "x.log"]
        );
    }

    #[test]
    fn a_tracing_of_two_files_is_one_and_pictures_are_none() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "b/2.hea",
            "b/2.mat",
            "b/2.atr",
            "b/2.truth.json",
            "a/1.edf",
            "a/x.png",
            "3.csv",
            ".hidden.csv",
        ] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x").unwrap();
        }
        assert_eq!(found(dir.path()), ["3.csv", "a/1.edf", "b/2.hea"]);
        assert!(files(&dir.path().join("none")).next().unwrap().is_err());
    }
}
