//! Real recordings beside the project, which a machine may lack.

use std::path::{Path, PathBuf};

/// The folder of a corpus; where it is not there, that is said, and a test that needs it ends.
pub fn corpus(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/ecg")
        .join(folder);
    if !path.is_dir() {
        println!("skipped: no recordings in {}", path.display());
        return None;
    }
    Some(path)
}
