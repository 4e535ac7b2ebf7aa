//! Concentration pipelines (Ballas & Diou, 2208.09656 and 2303.11338): what a stage knows is compressed
//! by a 1x1 convolution, normalised, thinned by dropout, averaged into a few bins of time and laid flat,
//! so that the head sees shallow morphology beside deep rhythm.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;
use rand::Rng;

use super::batch_norm::BatchNorm;
use super::conv::Conv1d;
use super::dropout::dropout;
use super::{Config, Kernels, Mode, pool};

/// One pipeline, at the depth of one stage.
#[derive(Debug, Clone)]
pub struct Concentration {
    compress: Conv1d,
    norm: BatchNorm,
    bins: usize,
    dropout: f64,
    kernels: Kernels,
}

impl Concentration {
    /// For a stage of `inputs` channels.
    pub fn new(config: &Config, inputs: usize, kernels: Kernels, vb: VarBuilder) -> Result<Self> {
        let channels = config.concentration_channels;
        Ok(Self {
            compress: Conv1d::new(inputs, channels, 1, 1, kernels, vb.pp("compress"))?,
            norm: BatchNorm::new(channels, true, kernels, vb.pp("norm"))?,
            bins: config.concentration_bins,
            dropout: config.concentration_dropout,
            kernels,
        })
    }

    /// `[batch, time, inputs]` to `[batch, bins * channels]`; dropout only where an `rng` is given.
    pub fn forward(&self, x: &Tensor, mode: Mode, rng: Option<&mut impl Rng>) -> Result<Tensor> {
        let x = self.norm.forward(&self.compress.forward(x)?, mode)?;
        let x = match rng {
            Some(rng) => dropout(&x, self.dropout, rng)?,
            None => x,
        };
        pool::average(&x, self.bins, self.kernels)?.flatten_from(1)
    }
}
