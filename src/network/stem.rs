//! The lead-wise stem: every lead through the same two convolutions, the leads still apart, so that
//! attention and explanation can speak of leads.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::batch_norm::BatchNorm;
use super::conv::Conv1d;
use super::{Config, Kernels, Mode};

/// Total stride of the stem, in samples.
pub const STEM_STRIDE: usize = 4;

/// Two strided convolutions with batch norm and ReLU, shared by all leads.
#[derive(Debug, Clone)]
pub struct Stem {
    first: (Conv1d, BatchNorm),
    second: (Conv1d, BatchNorm),
}

impl Stem {
    /// Widths and kernels as `config` has them.
    pub fn new(config: &Config, kernels: Kernels, vb: VarBuilder) -> Result<Self> {
        let layer = |inputs, outputs, kernel, name: &str| -> Result<(Conv1d, BatchNorm)> {
            let vb = vb.pp(name);
            Ok((
                Conv1d::new(inputs, outputs, kernel, 2, kernels, vb.pp("conv"))?,
                BatchNorm::new(outputs, true, kernels, vb.pp("norm"))?,
            ))
        };
        let [narrow, wide] = config.stem_widths;
        let [first, second] = config.stem_kernels;
        Ok(Self {
            first: layer(1, narrow, first, "first")?,
            second: layer(narrow, wide, second, "second")?,
        })
    }

    /// `[batch, 12, samples]` to `[batch, 12, samples / 4, channels]`.
    pub fn forward(&self, waveform: &Tensor, mode: Mode) -> Result<Tensor> {
        let (batch, leads, samples) = waveform.dims3()?;
        let mut x = waveform.reshape((batch * leads, samples, 1))?;
        for (conv, norm) in [&self.first, &self.second] {
            x = norm.forward(&conv.forward(&x)?, mode)?;
        }
        let (_, time, channels) = x.dims3()?;
        x.reshape((batch, leads, time, channels))
    }
}
