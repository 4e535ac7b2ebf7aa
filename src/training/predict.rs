//! Networks over many prepared records.

use candle_core::{Device, Tensor};

use super::TrainingError;
use super::corpus::Example;
use super::fit::membership;
use super::windows::Windows;
use crate::network::{Batch, Ensemble, LEADS, MEASURED, Verdict};
use crate::reading::vocabulary::{self, Category};

/// Windows in one forward pass.
const BATCH: usize = 64;

/// Where each statement of a model stands in the vocabulary.
///
/// # Errors
/// When the vocabulary does not have it.
pub fn columns(ids: &[String]) -> Result<Vec<usize>, TrainingError> {
    ids.iter()
        .map(|id| {
            vocabulary::statements()
                .iter()
                .position(|statement| statement.id == *id)
                .ok_or_else(|| TrainingError::Statement(id.clone()))
        })
        .collect()
}

/// What networks say of examples; `None` for those not asked for or not prepared.
pub struct Predictions {
    /// A logit for each statement.
    pub logits: Vec<Option<Vec<f32>>>,
    /// The logit of being unlike any electrocardiogram, where the network was taught that.
    pub outlier: Vec<Option<f32>>,
}

/// Asks for the chosen ones of so many examples; `ids` are the statements of the logits.
///
/// # Errors
/// When a window cannot be read back or a tensor operation fails.
pub fn predict(
    networks: &Ensemble,
    ids: &[String],
    windows: &Windows,
    chosen: &[usize],
    examples: usize,
    device: &Device,
) -> Result<Predictions, TrainingError> {
    let wanted = wanted(windows, chosen, examples);
    let mut seen: Vec<Vec<Vec<f32>>> = vec![Vec::new(); examples];
    let mut outlier: Vec<Vec<f32>> = vec![Vec::new(); examples];
    for part in wanted.chunks(BATCH) {
        let output = forward(networks, windows, part, device)?;
        for (&(_, example), row) in part.iter().zip(output.logits.to_vec2::<f32>()?) {
            if let Some(seen) = seen.get_mut(example) {
                seen.push(row);
            }
        }
        if let Some(logits) = output.outlier {
            for (&(_, example), logit) in part.iter().zip(logits.to_vec1::<f32>()?) {
                if let Some(outlier) = outlier.get_mut(example) {
                    outlier.push(logit);
                }
            }
        }
    }
    Ok(Predictions {
        logits: seen.into_iter().map(|rows| combine(&rows, ids)).collect(),
        outlier: outlier
            .into_iter()
            .map(|all| (!all.is_empty()).then(|| all.iter().sum::<f32>() / all.len() as f32))
            .collect(),
    })
}

/// Logits of every statement in each window of the chosen examples; empty for the windows of others.
///
/// # Errors
/// As [`predict`].
pub fn of_windows(
    networks: &Ensemble,
    windows: &Windows,
    chosen: &[usize],
    device: &Device,
) -> Result<Vec<Vec<f32>>, TrainingError> {
    let examples = windows.examples().iter().max().map_or(0, |last| last + 1);
    let mut logits = vec![Vec::new(); windows.len()];
    for part in wanted(windows, chosen, examples).chunks(BATCH) {
        let output = forward(networks, windows, part, device)?;
        for (&(window, _), row) in part.iter().zip(output.logits.to_vec2::<f32>()?) {
            if let Some(own) = logits.get_mut(window) {
                *own = row;
            }
        }
    }
    Ok(logits)
}

/// The windows of the chosen ones of so many examples, each with its example.
fn wanted(windows: &Windows, chosen: &[usize], examples: usize) -> Vec<(usize, usize)> {
    let member = membership(examples, chosen);
    windows
        .examples()
        .iter()
        .enumerate()
        .filter(|&(_, &example)| member.get(example) == Some(&true))
        .map(|(window, &example)| (window, example))
        .collect()
}

fn forward(
    networks: &Ensemble,
    windows: &Windows,
    part: &[(usize, usize)],
    device: &Device,
) -> Result<Verdict, TrainingError> {
    let (mut waveform, mut amplitude, mut measured) = (Vec::new(), Vec::new(), Vec::new());
    for &(window, _) in part {
        windows.read(window, &mut waveform, &mut amplitude, &mut measured)?;
    }
    let batch = Batch {
        waveform: Tensor::from_vec(waveform, (part.len(), LEADS, windows.samples()), device)?,
        amplitude: Tensor::from_vec(amplitude, (part.len(), 2 * LEADS), device)?,
        measured: Tensor::from_vec(measured, (part.len(), 2 * MEASURED), device)?,
    };
    Ok(networks.forward(&batch)?)
}

/// One logit for each statement from those of a record's windows, by the reader's rule: the mean, but for ectopic
/// beats, which are moments of a recording, the largest.
fn combine(rows: &[Vec<f32>], ids: &[String]) -> Option<Vec<f32>> {
    let count = rows.len() as f32;
    (!rows.is_empty()).then(|| {
        ids.iter()
            .enumerate()
            .map(|(index, id)| {
                let values = rows.iter().filter_map(|row| row.get(index)).copied();
                let ectopy = vocabulary::find(id)
                    .is_some_and(|statement| statement.category == Category::Ectopy);
                if ectopy {
                    values.fold(f32::MIN, f32::max)
                } else {
                    values.sum::<f32>() / count
                }
            })
            .collect()
    })
}

/// For each statement the logits of the chosen examples with their truth, where it is known.
pub fn cases(
    logits: &[Option<Vec<f32>>],
    examples: &[Example],
    chosen: &[usize],
    columns: &[usize],
) -> Vec<Vec<(f32, bool)>> {
    columns
        .iter()
        .enumerate()
        .map(|(index, &column)| {
            chosen
                .iter()
                .filter_map(|&example| {
                    let truth = examples
                        .get(example)?
                        .labels
                        .get(column)
                        .copied()
                        .flatten()?;
                    Some((*logits.get(example)?.as_ref()?.get(index)?, truth))
                })
                .collect()
        })
        .collect()
}
