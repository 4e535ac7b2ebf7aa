//! Squeeze and excitation over feature channels (Hu et al. 2018, 1709.01507).

use candle_core::{Result, Tensor};
use candle_nn::{Linear, Module, VarBuilder, linear};

use super::{Kernels, pool};

/// One gate between 0 and 1 per channel, from the channel averages over time.
#[derive(Debug, Clone)]
pub struct SqueezeExcite {
    reduce: Linear,
    expand: Linear,
    kernels: Kernels,
}

impl SqueezeExcite {
    /// `reduction` is the ratio by which the hidden layer is narrower than `channels`.
    pub fn new(
        channels: usize,
        reduction: usize,
        kernels: Kernels,
        vb: VarBuilder,
    ) -> Result<Self> {
        let hidden = (channels / reduction.max(1)).max(4);
        Ok(Self {
            reduce: linear(channels, hidden, vb.pp("reduce"))?,
            expand: linear(hidden, channels, vb.pp("expand"))?,
            kernels,
        })
    }

    /// The gates of `x [batch, time, channels]`, `[batch, channels]`.
    pub fn gate(&self, x: &Tensor) -> Result<Tensor> {
        let hidden = self
            .reduce
            .forward(&pool::squeeze(x, self.kernels)?)?
            .relu()?;
        candle_nn::ops::sigmoid(&self.expand.forward(&hidden)?)
    }
}
