use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::{CorpusError, Record, Source, stem};

/// SCP statements with a likelihood from here on count as stated.
const STATED_FROM: f64 = 50.0;

/// Reads `ptbxl_database.csv`. Of each row the 500 Hz file is taken if it is there, else the 100 Hz one; rows
/// without either are left out, so that a part of the corpus is a corpus.
pub(super) fn read(dir: &Path, note: &mut dyn FnMut(String)) -> Result<Vec<Record>, CorpusError> {
    let table = dir.join("ptbxl_database.csv");
    let mut reader =
        csv::Reader::from_path(&table).map_err(|error| CorpusError::file(&table, error))?;
    let header = reader
        .headers()
        .map_err(|error| CorpusError::file(&table, error))?
        .clone();
    let column = |name: &str| {
        header
            .iter()
            .position(|field| field == name)
            .ok_or_else(|| CorpusError::file(&table, format!("no column {name}")))
    };
    let (patient, codes, fold) = (
        column("patient_id")?,
        column("scp_codes")?,
        column("strat_fold")?,
    );
    let files = [column("filename_hr").ok(), column("filename_lr").ok()];
    let axis = column("heart_axis").ok();
    let mut records = Vec::new();
    let mut seen = HashSet::new();
    let (mut missing, mut repeated) = (0, 0);
    for row in reader.records() {
        let row = row.map_err(|error| CorpusError::file(&table, error))?;
        let field = |index: usize| row.get(index).unwrap_or_default().trim();
        let Some(path) = files
            .iter()
            .flatten()
            .find_map(|&index| existing(dir, field(index)))
        else {
            missing += 1;
            continue;
        };
        if !seen.insert(path.clone()) {
            repeated += 1;
            continue;
        }
        let place = || row.position().map_or(0, csv::Position::line);
        let scp = parse_codes(field(codes)).ok_or_else(|| {
            CorpusError::file(
                &table,
                format!("line {}: scp_codes is not a dictionary", place()),
            )
        })?;
        let (mut stated, mut doubtful) = (Vec::new(), Vec::new());
        for (code, likelihood) in scp {
            if likelihood == 0.0 || likelihood >= STATED_FROM {
                stated.push(code);
            } else {
                doubtful.push(code);
            }
        }
        if let Some(axis) = axis {
            stated.push(format!("axis:{}", field(axis)));
        }
        // "15709.0": written as a float because the column had gaps.
        let patient = field(patient).trim_end_matches(".0");
        let name = stem(&path);
        records.push(Record {
            patient: if patient.is_empty() {
                format!("ptb-xl:{name}")
            } else {
                format!("ptb-xl:{patient}")
            },
            name,
            source: Source::File(path),
            fold: field(fold).trim_end_matches(".0").parse().ok(),
            stated,
            doubtful,
        });
    }
    for (count, what) in [
        (missing, "name no record that is there"),
        (repeated, "name a record that an earlier line names"),
    ] {
        if count > 0 {
            note(format!(
                "{count} lines of {} {what}: passed over",
                table.display()
            ));
        }
    }
    records.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(records)
}

/// The header of a record named relative to the corpus, if it is there and inside.
fn existing(dir: &Path, relative: &str) -> Option<PathBuf> {
    let inside = !relative.is_empty()
        && Path::new(relative)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
    let path = dir.join(format!("{relative}.hea"));
    (inside && path.is_file()).then_some(path)
}

/// Parses the Python dictionary of the column `scp_codes`: `{'NORM': 100.0, 'SR': 0.0}`.
fn parse_codes(text: &str) -> Option<Vec<(String, f64)>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    inner
        .split(',')
        .filter(|entry| !entry.trim().is_empty())
        .map(|entry| {
            let (code, likelihood) = entry.rsplit_once(':')?;
            let code = code.trim().trim_matches(['\'', '"']);
            Some((code.to_owned(), likelihood.trim().parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::{existing, parse_codes};

    #[test]
    fn scp_codes_are_a_python_dictionary() {
        let codes = parse_codes("{'NORM': 100.0, 'PRC(S)': 0.0, 'LAO/LAE': 15.0}").unwrap();
        assert_eq!(codes[1], ("PRC(S)".to_owned(), 0.0));
        assert_eq!(codes[2], ("LAO/LAE".to_owned(), 15.0));
        assert_eq!(parse_codes("{}").unwrap(), []);
        assert_eq!(parse_codes("NORM"), None);
        assert_eq!(parse_codes("{'NORM': x}"), None);
    }

    #[test]
    fn a_table_cannot_name_files_outside_its_corpus() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a.hea"), "a 0 100 0").unwrap();
        std::fs::create_dir(dir.path().join("in")).unwrap();
        assert!(existing(dir.path(), "a").is_some());
        assert!(existing(&dir.path().join("in"), "../a").is_none());
        assert!(existing(dir.path(), "").is_none());
    }
}
