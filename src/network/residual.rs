//! Residual blocks (He et al. 2016) with squeeze and excitation on the residual branch (Hu et al. 2018).

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;

use super::batch_norm::BatchNorm;
use super::conv::Conv1d;
use super::rescale::rescale_add_relu;
use super::squeeze_excite::SqueezeExcite;
use super::{Config, Kernels, Mode};

/// Two convolutions, the channel gate, and the shortcut around them.
#[derive(Debug, Clone)]
pub struct SeResidualBlock {
    first: (Conv1d, BatchNorm),
    second: (Conv1d, BatchNorm),
    excite: Option<SqueezeExcite>,
    projection: Option<(Conv1d, BatchNorm)>,
    kernels: Kernels,
}

impl SeResidualBlock {
    fn new(
        config: &Config,
        inputs: usize,
        outputs: usize,
        stride: usize,
        kernels: Kernels,
        vb: VarBuilder,
    ) -> Result<Self> {
        let layer = |inputs, kernel, stride, relu, name: &str| -> Result<(Conv1d, BatchNorm)> {
            let vb = vb.pp(name);
            Ok((
                Conv1d::new(inputs, outputs, kernel, stride, kernels, vb.pp("conv"))?,
                BatchNorm::new(outputs, relu, kernels, vb.pp("norm"))?,
            ))
        };
        let excite = match config.channel_se {
            true => Some(SqueezeExcite::new(
                outputs,
                config.se_reduction,
                kernels,
                vb.pp("excite"),
            )?),
            false => None,
        };
        let projection = match stride != 1 || inputs != outputs {
            true => Some(layer(inputs, 1, stride, false, "projection")?),
            false => None,
        };
        Ok(Self {
            first: layer(inputs, config.kernel, stride, true, "first")?,
            second: layer(outputs, config.kernel, 1, false, "second")?,
            excite,
            projection,
            kernels,
        })
    }

    fn forward(&self, x: &Tensor, mode: Mode) -> Result<Tensor> {
        let apply =
            |(conv, norm): &(Conv1d, BatchNorm), x: &Tensor| norm.forward(&conv.forward(x)?, mode);
        let branch = apply(&self.second, &apply(&self.first, x)?)?;
        let shortcut = match &self.projection {
            Some(projection) => apply(projection, x)?,
            None => x.clone(),
        };
        match &self.excite {
            Some(excite) => {
                rescale_add_relu(&branch, &excite.gate(&branch)?, &shortcut, self.kernels)
            }
            None => (branch + shortcut)?.relu(),
        }
    }
}

/// Blocks of one width; the first may halve time.
#[derive(Debug, Clone)]
pub struct Stage {
    blocks: Vec<SeResidualBlock>,
}

impl Stage {
    /// Stage number `index` of `config`, from `inputs` channels; all but the first stage halve time.
    pub fn new(
        config: &Config,
        index: usize,
        inputs: usize,
        kernels: Kernels,
        vb: VarBuilder,
    ) -> Result<Self> {
        let outputs = config.widths[index];
        let blocks = (0..config.blocks[index]).map(|block| {
            let (inputs, stride) = match block {
                0 => (inputs, if index == 0 { 1 } else { 2 }),
                _ => (outputs, 1),
            };
            SeResidualBlock::new(
                config,
                inputs,
                outputs,
                stride,
                kernels,
                vb.pp(format!("block{block}")),
            )
        });
        Ok(Self {
            blocks: blocks.collect::<Result<_>>()?,
        })
    }

    /// `[batch, time, inputs]` to `[batch, ceil(time / stride), outputs]`.
    pub fn forward(&self, x: &Tensor, mode: Mode) -> Result<Tensor> {
        self.blocks
            .iter()
            .try_fold(x.clone(), |x, block| block.forward(&x, mode))
    }
}
