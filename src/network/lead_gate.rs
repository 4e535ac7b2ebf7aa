//! Squeeze and excitation over *leads* (Hu et al. 2018, 1709.01507, where the channels still are the
//! twelve leads): the one place where an attention weight belongs to a lead and to nothing else.

use candle_core::{Result, Tensor};
use candle_nn::{Linear, Module, VarBuilder, linear};

use super::{Kernels, pool, rescale::rescale};

/// Leads of a standard electrocardiogram.
pub const LEADS: usize = 12;

/// Twelve gates between 0 and 1, from what the stem found in each lead.
#[derive(Debug, Clone)]
pub struct LeadGate {
    excite: Option<(Linear, Linear)>,
    kernels: Kernels,
}

impl LeadGate {
    /// With `enabled` false every lead that is present passes whole.
    pub fn new(channels: usize, enabled: bool, kernels: Kernels, vb: VarBuilder) -> Result<Self> {
        let excite = if enabled {
            let hidden = 2 * LEADS;
            let reduce = linear(LEADS * channels, hidden, vb.pp("reduce"))?;
            Some((reduce, linear(hidden, LEADS, vb.pp("expand"))?))
        } else {
            None
        };
        Ok(Self { excite, kernels })
    }

    /// Gates `features [batch, 12, time, channels]`; `present [batch, 12]` is 1 for a lead that was
    /// recorded and 0 for one that was not, whose gate is 0. Returns the gated features and the gates.
    pub fn forward(&self, features: &Tensor, present: &Tensor) -> Result<(Tensor, Tensor)> {
        let (batch, leads, time, channels) = features.dims4()?;
        let per_lead = features.reshape((batch * leads, time, channels))?;
        let gate = match &self.excite {
            Some((reduce, expand)) => {
                let squeezed =
                    pool::squeeze(&per_lead, self.kernels)?.reshape((batch, leads, channels))?;
                let squeezed = squeezed.broadcast_mul(&present.unsqueeze(2)?)?;
                let hidden = reduce.forward(&squeezed.flatten_from(1)?)?.relu()?;
                (candle_nn::ops::sigmoid(&expand.forward(&hidden)?)? * present)?
            }
            None => present.clone(),
        };
        let scale = gate
            .reshape((batch * leads, 1))?
            .broadcast_as((batch * leads, channels))?;
        let gated = rescale(&per_lead, &scale.contiguous()?, self.kernels)?;
        Ok((gated.reshape((batch, leads, time, channels))?, gate))
    }
}
