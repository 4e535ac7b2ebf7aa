//! Networks that judge together.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;
use rayon::prelude::*;

use super::{Batch, Config, Network};

/// What networks say of a batch, on average.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// `[batch, statements]`.
    pub logits: Tensor,
    /// `[batch]`: the logit of being unlike any electrocardiogram, where the networks were taught that.
    pub outlier: Option<Tensor>,
    /// `[batch, 12]`, 0 to 1.
    pub lead_gate: Tensor,
}

/// Networks of one configuration, each trained from a seed of its own, whose logits are averaged (deep ensembles,
/// Lakshminarayanan et al. 2017, 1612.01474); it may be one alone. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Ensemble {
    members: Vec<Network>,
}

impl From<Network> for Ensemble {
    fn from(network: Network) -> Self {
        Self {
            members: vec![network],
        }
    }
}

impl FromIterator<Network> for Ensemble {
    fn from_iter<T: IntoIterator<Item = Network>>(networks: T) -> Self {
        Self {
            members: networks.into_iter().collect(),
        }
    }
}

impl Ensemble {
    /// Builds as many networks as the configuration has members; see [`member`] for the names of their weights.
    pub fn new(config: &Config, vb: &VarBuilder) -> Result<Self> {
        (0..config.members)
            .map(|number| match member(config, number) {
                Some(prefix) => Network::new(config, vb.pp(prefix)),
                None => Network::new(config, vb.clone()),
            })
            .collect()
    }

    /// Each of them.
    pub fn members(&self) -> &[Network] {
        &self.members
    }

    /// Inference: the mean over the members, which compute beside each other.
    pub fn forward(&self, batch: &Batch) -> Result<Verdict> {
        let outputs = self
            .members
            .par_iter()
            .map(|network| network.forward(batch));
        let outputs: Vec<_> = outputs.collect::<Result<_>>()?;
        let outlier: Option<Vec<Tensor>> = outputs.iter().map(|own| own.outlier.clone()).collect();
        Ok(Verdict {
            logits: mean(outputs.iter().map(|own| own.logits.clone()).collect())?,
            outlier: outlier.map(mean).transpose()?,
            lead_gate: mean(outputs.iter().map(|own| own.lead_gate.clone()).collect())?,
        })
    }
}

/// What the names of the weights of one member begin with; nothing where it is alone.
pub fn member(config: &Config, number: usize) -> Option<String> {
    (config.members > 1).then(|| format!("member{number}"))
}

fn mean(mut of: Vec<Tensor>) -> Result<Tensor> {
    match of.pop() {
        Some(alone) if of.is_empty() => Ok(alone),
        Some(last) => {
            of.push(last);
            Tensor::stack(&of, 0)?.mean(0)
        }
        None => candle_core::bail!("an ensemble of no networks"),
    }
}
