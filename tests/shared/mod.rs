//! Real recordings and files beside the project, which a machine may lack.

use std::path::{Path, PathBuf};

/// A folder of them; where it is not there, that is said, and a test that needs it ends.
pub fn folder(name: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared")
        .join(name);
    if !path.is_dir() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}
