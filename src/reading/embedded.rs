//! The weights that the program carries, so that it reads wherever it is copied to.

use candle_core::Device;

use crate::network::{Card, Ensemble, weights};

const WEIGHTS: &[u8] = include_bytes!("../../weights/model.safetensors");
const CARD: &[u8] = include_bytes!("../../weights/card.json");

/// The networks and card compiled into this build.
pub(super) fn load(device: &Device) -> Result<(Ensemble, Card), weights::Error> {
    weights::from_bytes(WEIGHTS, CARD, "the weights in this program", device)
}
