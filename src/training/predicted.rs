//! What a network said of records that it was not trained on, kept beside its weights: one JSON object a line.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::TrainingError;
use super::corpus::Example;
use super::predict::{self, Predictions};
use super::report::output;
use crate::network::weights::{self, CARD_FILE};

/// Its file inside the folder of a run.
const FILE: &str = "predictions.jsonl";

/// One record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Predicted {
    /// Name of its domain.
    pub domain: String,
    /// Whose record it is.
    pub patient: String,
    /// Of each statement whose truth is known, the logit and that truth.
    pub statements: BTreeMap<String, (f32, bool)>,
}

/// Writes the chosen examples into `dir`.
///
/// # Errors
/// When the file cannot be written.
pub fn write(
    dir: &Path,
    predictions: &Predictions,
    examples: &[Example],
    names: &[String],
    chosen: &[usize],
    ids: &[String],
) -> Result<(), TrainingError> {
    let columns = predict::columns(ids)?;
    let mut text = String::new();
    for &index in chosen {
        let (Some(example), Some(Some(logits))) =
            (examples.get(index), predictions.logits.get(index))
        else {
            continue;
        };
        let known = ids.iter().zip(&columns).zip(logits);
        let predicted = Predicted {
            domain: names.get(example.domain).cloned().unwrap_or_default(),
            patient: example.patient.clone(),
            statements: known
                .filter_map(|((id, &column), &logit)| {
                    let truth = example.labels.get(column).copied().flatten()?;
                    Some((id.clone(), (logit, truth)))
                })
                .collect(),
        };
        text += &serde_json::to_string(&predicted).map_err(|error| output(dir, error))?;
        text.push('\n');
    }
    let path = dir.join(FILE);
    fs::write(&path, text).map_err(|error| output(&path, error))
}

/// Reads what was written beside some weights; nothing where they came without.
///
/// # Errors
/// When the file is broken.
pub fn read_if_there(dir: &Path) -> Result<Vec<Predicted>, TrainingError> {
    if dir.join(FILE).is_file() {
        read_all(&[dir.to_owned()])
    } else {
        Ok(Vec::new())
    }
}

/// Reads what was written into several folders.
///
/// # Errors
/// When one has no such file or it is broken.
pub fn read_all(dirs: &[PathBuf]) -> Result<Vec<Predicted>, TrainingError> {
    let mut all = Vec::new();
    for dir in dirs {
        let path = dir.join(FILE);
        let text = fs::read_to_string(&path).map_err(|error| output(&path, error))?;
        for line in text.lines() {
            all.push(serde_json::from_str(line).map_err(|error| output(&path, error))?);
        }
    }
    Ok(all)
}

/// The figures of those runs on the domains that each left out, by domain.
///
/// # Errors
/// When a card cannot be read.
pub fn figures(dirs: &[PathBuf]) -> Result<Map<String, Value>, TrainingError> {
    let mut all = Map::new();
    for dir in dirs {
        let path = dir.join(CARD_FILE);
        let bytes = fs::read(&path).map_err(|error| output(&path, error))?;
        let card = weights::card_from_bytes(&bytes, &path.display().to_string())?;
        if let Some(Value::Object(domains)) = card.metrics.get("held_back") {
            all.extend(domains.clone());
        }
    }
    Ok(all)
}

/// Adds the logits of other networks to `cases`, but of nobody in `except`, who are to be judged later.
pub fn add(
    cases: &mut [Vec<(f32, bool)>],
    elsewhere: &[Predicted],
    ids: &[String],
    except: &HashSet<&str>,
) {
    for predicted in elsewhere {
        if except.contains(predicted.patient.as_str()) {
            continue;
        }
        for (id, cases) in ids.iter().zip(cases.iter_mut()) {
            cases.extend(predicted.statements.get(id));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::super::corpus::Source;
    use super::*;

    #[test]
    fn what_is_written_joins_the_calibration_but_for_those_held_back() {
        let statements = crate::reading::vocabulary::statements();
        let ids = vec![statements[0].id.clone(), statements[1].id.clone()];
        let mut labels = vec![None; statements.len()];
        labels[0] = Some(true);
        let examples: Vec<Example> = ["a", "b"]
            .map(|patient| Example {
                source: Source::File(patient.into()),
                domain: 0,
                patient: patient.to_owned(),
                fold: None,
                labels: labels.clone(),
            })
            .into();
        let predictions = Predictions {
            logits: vec![Some(vec![0.5, 2.0]), Some(vec![-1.0, 3.0])],
            outlier: vec![None, None],
        };
        let dir = tempfile::tempdir().unwrap();
        let names = ["hospital".to_owned()];
        write(dir.path(), &predictions, &examples, &names, &[0, 1], &ids).unwrap();
        let read = read_all(&[dir.path().to_owned()]).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].domain, "hospital");
        let mut cases = vec![Vec::new(), Vec::new()];
        add(&mut cases, &read, &ids, &HashSet::from(["b"]));
        assert_eq!(cases, [vec![(0.5, true)], vec![]]);
        assert!(read_all(&[dir.path().join("none")]).is_err());
    }
}
