//! Where a run stands after an epoch, so that one that was killed goes on as if nothing had happened.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use candle_core::{Device, Tensor};
use candle_nn::VarMap;
use serde::{Deserialize, Serialize};

use super::TrainingError;
use super::fit::Epoch;
use super::optimiser::{Average, Optimiser};
use super::report::output;
use crate::network::weights;

/// Everything that is no tensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// What the run is made of; another run does not go on from here.
    pub fingerprint: u64,
    /// What happened so far.
    pub history: Vec<Epoch>,
    optimiser_steps: u32,
    average_steps: f64,
}

/// The name under which [`State`] lies among the tensors: one file is whole or is not there.
const STATE: &str = "state";

/// Writes where a run stands.
///
/// # Errors
/// When the file cannot be written.
pub fn save(
    path: &Path,
    fingerprint: u64,
    history: &[Epoch],
    vars: &VarMap,
    optimiser: &Optimiser,
    average: &Average,
) -> Result<(), TrainingError> {
    let (optimiser_steps, moments) = optimiser.state();
    let (average_steps, averages) = average.state();
    let state = State {
        fingerprint,
        history: history.to_vec(),
        optimiser_steps,
        average_steps,
    };
    let json = serde_json::to_vec(&state).map_err(|error| output(path, error))?;
    let length = json.len();
    let present = weights::named(vars)
        .into_iter()
        .map(|(name, var)| (format!("present.{name}"), var.as_tensor().detach()));
    let mut tensors: HashMap<String, Tensor> = moments.chain(averages).chain(present).collect();
    tensors.insert(
        STATE.to_owned(),
        Tensor::from_vec(json, length, &Device::Cpu)?,
    );
    let half = path.with_extension("part");
    candle_core::safetensors::save(&tensors, &half)?;
    // A kill leaves the old one or the new one.
    fs::rename(&half, path).map_err(|error| output(path, error))
}

/// Goes on from `path`, if a run with that fingerprint stands there. Returns its history.
///
/// # Errors
/// When the file is there but broken.
pub fn restore(
    path: &Path,
    fingerprint: u64,
    vars: &VarMap,
    optimiser: &mut Optimiser,
    average: &mut Average,
    device: &Device,
) -> Result<Option<Vec<Epoch>>, TrainingError> {
    if !path.is_file() {
        return Ok(None);
    }
    let tensors = candle_core::safetensors::load(path, &Device::Cpu)?;
    let take = |name: &str| -> candle_core::Result<Tensor> {
        let missing = || candle_core::Error::CannotFindTensor { path: name.into() }.bt();
        tensors.get(name).ok_or_else(missing)?.to_device(device)
    };
    let state: State = serde_json::from_slice(&take(STATE)?.to_vec1::<u8>()?)
        .map_err(|error| output(path, error))?;
    if state.fingerprint != fingerprint {
        return Ok(None);
    }
    for (name, var) in weights::named(vars) {
        var.set(&take(&format!("present.{name}"))?)?;
    }
    optimiser.restore(state.optimiser_steps, &take)?;
    average.restore(state.average_steps, &take)?;
    Ok(Some(state.history))
}
