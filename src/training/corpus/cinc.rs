use std::path::Path;

use super::{CorpusError, Record, Source, comments, headers, stem};

/// Reads the `# Dx:` line of every header under `dir`; a record is a patient.
pub(super) fn read(dir: &Path, note: &mut dyn FnMut(String)) -> Result<Vec<Record>, CorpusError> {
    let mut records = Vec::new();
    let mut without = Vec::new();
    for path in headers(dir)? {
        // A header without the line is no record of this layout (multi-segment parts, foreign files).
        let Some(codes) = comments(&path)?.iter().find_map(|line| diagnoses(line)) else {
            without.push(path);
            continue;
        };
        let name = stem(&path);
        records.push(Record {
            patient: format!("cinc:{name}"),
            name,
            source: Source::File(path),
            fold: None,
            stated: codes,
            doubtful: Vec::new(),
        });
    }
    if let Some(first) = without.first() {
        note(format!(
            "{} headers have no line `# Dx:` and were passed over, such as {}",
            without.len(),
            first.display()
        ));
    }
    Ok(records)
}

/// As [`read`]; of a folder without a single such line, every header, with nothing stated.
pub(super) fn records(dir: &Path) -> Result<Vec<Record>, CorpusError> {
    let mut all = read(dir, &mut |_| ())?;
    if all.is_empty() {
        all.extend(headers(dir)?.into_iter().map(|path| {
            let name = stem(&path);
            Record {
                patient: format!("cinc:{name}"),
                name,
                source: Source::File(path),
                fold: None,
                stated: Vec::new(),
                doubtful: Vec::new(),
            }
        }));
    }
    Ok(all)
}

fn diagnoses(line: &str) -> Option<Vec<String>> {
    let (key, codes) = line.split_once(':')?;
    key.trim().eq_ignore_ascii_case("dx").then(|| {
        codes
            .split(',')
            .map(str::trim)
            .filter(|code| !code.is_empty())
            .map(str::to_owned)
            .collect()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::diagnoses;

    #[test]
    fn a_dx_line_may_hold_empty_places() {
        assert_eq!(
            diagnoses("Dx: 284470004,,427172004").unwrap(),
            ["284470004", "427172004"]
        );
        assert_eq!(diagnoses("Rx: Unknown"), None);
    }
}
