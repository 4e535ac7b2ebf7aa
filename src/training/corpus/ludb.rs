use std::path::Path;

use super::{CorpusError, Record, Source, comments, headers, stem};

/// Reads the diagnoses that follow `<diagnoses>:` in each header; a record is a patient.
pub(super) fn read(dir: &Path) -> Result<Vec<Record>, CorpusError> {
    let mut records = Vec::new();
    for path in headers(dir)? {
        let lines = comments(&path)?;
        let Some(start) = lines
            .iter()
            .position(|line| line.starts_with("<diagnoses>"))
        else {
            continue;
        };
        let name = stem(&path);
        records.push(Record {
            patient: format!("ludb:{name}"),
            name,
            source: Source::File(path),
            fold: None,
            stated: lines
                .into_iter()
                .skip(start + 1)
                .filter(|line| !line.is_empty())
                .collect(),
            doubtful: Vec::new(),
        });
    }
    Ok(records)
}
