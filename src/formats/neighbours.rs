//! Files beside a file.

use std::path::{Path, PathBuf};

use super::{Error, ErrorKind};

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The regular file `name` in the folder of `path` (or below it); anything else is refused, so that
/// no file can make us open another one elsewhere.
pub(super) fn beside(path: &Path, name: &str) -> Result<PathBuf, Error> {
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
