//! The multi-label head: everything the network knows, laid side by side, to one logit per statement.

use candle_core::{Result, Tensor};
use candle_nn::{Linear, Module, VarBuilder, linear};

use super::lead_gate::LEADS;
use super::model::Batch;
use super::{Config, Kernels, pool};

/// Numbers measured on the tracing as a whole.
pub const MEASURED_OF_TRACING: usize = 39;
/// Which of them are heights in microvolts, and mean nothing where the gain is not known.
pub const MEASURED_VOLTAGES: [usize; 9] = [25, 26, 27, 33, 34, 35, 36, 37, 38];
/// Numbers measured on each lead.
pub const MEASURED_OF_LEAD: usize = 10;
/// Numbers measured in all, in the order: of the tracing, of lead I, of lead II, ...
pub const MEASURED: usize = MEASURED_OF_TRACING + LEADS * MEASURED_OF_LEAD;

/// Pools the last stage, embeds the amplitude and what was measured, and judges all beside the pipelines' outputs.
#[derive(Debug, Clone)]
pub struct Head {
    amplitude: Option<Linear>,
    measured: Option<Linear>,
    judge: Linear,
    outlier: Option<Linear>,
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
        let embed = |used: bool, inputs: usize, width: usize, name: &str| -> Result<_> {
            let layer = used
                .then(|| linear(inputs, width, vb.pp(name)))
                .transpose()?;
            Ok((layer, if used { width } else { 0 }))
        };
        let (amplitude, amplitude_width) = embed(
            config.amplitude,
            2 * LEADS,
            config.amplitude_width,
            "amplitude",
        )?;
        let (measured, measured_width) = embed(
            config.measured,
            2 * MEASURED,
            config.measured_width,
            "measured",
        )?;
        // Mean and maximum: a rhythm fills the window, an ectopic beat is one moment of it.
        let width = pipelines + 2 * last + amplitude_width + measured_width;
        let judge = linear(width, config.statements.len(), vb.pp("judge"))?;
        let outlier = config
            .outlier
            .then(|| linear(width, 1, vb.pp("outlier")))
            .transpose()?;
        Ok(Self {
            amplitude,
            measured,
            judge,
            outlier,
            kernels,
        })
    }

    /// The features beside one another, `[batch, width]`: `last [batch, time, channels]`, the pipelines'
    /// outputs, and what of the batch is no waveform.
    pub fn gather(
        &self,
        last: &Tensor,
        mut pipelines: Vec<Tensor>,
        beside: &Batch,
    ) -> Result<Tensor> {
        pipelines.push(pool::squeeze(last, self.kernels)?);
        pipelines.push(last.max(1)?);
        if let Some(embed) = &self.amplitude {
            pipelines.push(embed.forward(&beside.amplitude)?.relu()?);
        }
        if let Some(embed) = &self.measured {
            pipelines.push(embed.forward(&beside.measured)?.relu()?);
        }
        Tensor::cat(&pipelines, 1)
    }

    /// `[batch, width]` to logits, `[batch, statements]`.
    pub fn judge(&self, features: &Tensor) -> Result<Tensor> {
        self.judge.forward(features)
    }

    /// `[batch, width]` to the logit of being unlike any electrocardiogram, `[batch]`.
    pub fn outlier(&self, features: &Tensor) -> Result<Option<Tensor>> {
        self.outlier
            .as_ref()
            .map(|layer| layer.forward(features)?.squeeze(1))
            .transpose()
    }
}
