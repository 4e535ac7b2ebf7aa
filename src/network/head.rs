//! The multi-label head: everything the network knows, laid side by side, to one logit per statement.

use candle_core::{Result, Tensor};
use candle_nn::{Linear, Module, VarBuilder, linear};

use super::lead_gate::LEADS;
use super::{Config, Kernels, pool};

/// Pools the last stage, embeds the amplitude, and judges both beside the pipelines' outputs.
#[derive(Debug, Clone)]
pub struct Head {
    amplitude: Option<Linear>,
    judge: Linear,
    kernels: Kernels,
}

impl Head {
    /// `pipelines` is the total width of the concentration pipelines.
    pub fn new(
        config: &Config,
        pipelines: usize,
        kernels: Kernels,
        vb: VarBuilder,
    ) -> Result<Self> {
        let last = config.widths.last().copied().unwrap_or_default();
        let (amplitude, width) = match config.amplitude {
            true => (
                Some(linear(
                    2 * LEADS,
                    config.amplitude_width,
                    vb.pp("amplitude"),
                )?),
                config.amplitude_width,
            ),
            false => (None, 0),
        };
        // Mean and maximum: a rhythm fills the window, an ectopic beat is one moment of it.
        let judge = linear(
            pipelines + 2 * last + width,
            config.statements.len(),
            vb.pp("judge"),
        )?;
        Ok(Self {
            amplitude,
            judge,
            kernels,
        })
    }

    /// The features beside one another, `[batch, width]`: `last [batch, time, channels]`, the pipelines'
    /// outputs, and the embedded amplitude `[batch, 24]`.
    pub fn gather(
        &self,
        last: &Tensor,
        mut pipelines: Vec<Tensor>,
        amplitude: &Tensor,
    ) -> Result<Tensor> {
        pipelines.push(pool::squeeze(last, self.kernels)?);
        pipelines.push(last.max(1)?);
        if let Some(embed) = &self.amplitude {
            pipelines.push(embed.forward(amplitude)?.relu()?);
        }
        Tensor::cat(&pipelines, 1)
    }

    /// `[batch, width]` to logits, `[batch, statements]`.
    pub fn judge(&self, features: &Tensor) -> Result<Tensor> {
        self.judge.forward(features)
    }
}
