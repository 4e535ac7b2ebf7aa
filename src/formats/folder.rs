//! The tracings in a folder and those below it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Error;

/// Folders deeper than this are passed over.
const DEEPEST: usize = 32;
/// Files that belong to a tracing beside them, or to nobody.
const NO_TRACINGS: [&str; 30] = [
    "dat",
    "atr",
    "qrs",
    "ann",
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
    "log",
    "sha256",
    "gitignore",
    "part",
];

/// Every file below `folder` that may hold a tracing, in the order of names, as it is found: folders may be vast.
/// A folder that cannot be listed is one error; links are followed to files, not to folders, and nothing but plain
/// files is opened.
pub fn files(folder: &Path) -> impl Iterator<Item = Result<PathBuf, Error>> {
    Walk {
        open: vec![(folder.to_owned(), 0)],
        ready: Vec::new(),
        matched: HashSet::new(),
    }
}

struct Walk {
    open: Vec<(PathBuf, usize)>,
    /// Files of the present folder, the next one last.
    ready: Vec<PathBuf>,
    /// Headers of the present folder, whose signal files are not tracings of their own.
    matched: HashSet<PathBuf>,
}

impl Iterator for Walk {
    type Item = Result<PathBuf, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(path) = self.ready.pop() {
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
        self.matched = files
            .iter()
            .filter(|path| has_extension(path, "hea"))
            .map(|path| path.with_extension(""))
            .collect();
        let tracing = |path: &PathBuf| {
            let extension = path
                .extension()
                .map(|extension| extension.to_string_lossy().to_lowercase())
                .unwrap_or_default();
            let stem = path.with_extension("");
            // A simulation lies there with its truth.
            let record = if has_extension(&stem, "truth") {
                stem.with_extension("")
            } else {
                stem
            };
            let beside = extension != "hea" && self.matched.contains(&record);
            !beside && !NO_TRACINGS.contains(&extension.as_str())
        };
        files.retain(tracing);
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
        let found: Vec<String> = files(dir.path())
            .map(|path| {
                path.unwrap()
                    .strip_prefix(dir.path())
                    .unwrap()
                    .display()
                    .to_string()
            })
            .collect();
        assert_eq!(found, ["3.csv", "a/1.edf", "b/2.hea"]);
        assert!(files(&dir.path().join("none")).next().unwrap().is_err());
    }
}
