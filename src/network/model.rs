//! The whole network: lead-wise stem, lead gate, SE-ResNet, concentration pipelines, head.

use candle_core::{Result, Tensor};
use candle_nn::VarBuilder;
use rand::Rng;
use rand::rngs::SmallRng;

use super::batch_norm::BatchNorm;
use super::concentration::Concentration;
use super::conv::Conv1d;
use super::dropout::dropout;
use super::head::Head;
use super::lead_gate::{LEADS, LeadGate};
use super::mixstyle::MixStyle;
use super::residual::Stage;
use super::stem::Stem;
use super::{Config, Kernels, Mode};

/// One batch of windows, `f32`.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[batch, 12, samples]`, each lead to mean 0 and deviation 1; a lead that is absent is all 0.
    pub waveform: Tensor,
    /// `[batch, 24]`: per lead `ln(deviation in uV / 100)`, then per lead 1.0 if that is known and 0.0
    /// if not.
    pub amplitude: Tensor,
    /// `[batch, 2 * MEASURED]`: what was measured, near -1 to 1 and 0 where not measurable, then for each number
    /// 1.0 if it was measured and 0.0 if not.
    pub measured: Tensor,
}

/// What the network says of a batch.
#[derive(Debug, Clone)]
pub struct Output {
    /// `[batch, statements]`.
    pub logits: Tensor,
    /// `[batch]`: the logit of being unlike any electrocardiogram, where the network was taught that.
    pub outlier: Option<Tensor>,
    /// `[batch, 12]`, 0 to 1.
    pub lead_gate: Tensor,
    /// `[batch, 12, channels, time]`: the stem's features after the gate, before leads are mixed.
    pub lead_features: Tensor,
}

/// The network; cheap to clone, its weights are shared.
#[derive(Debug, Clone)]
pub struct Network {
    config: Config,
    stem: Stem,
    lead_gate: LeadGate,
    mix: (Conv1d, BatchNorm),
    stages: Vec<Stage>,
    pipelines: Vec<Concentration>,
    head: Head,
    kernels: Kernels,
}

impl Network {
    /// Builds the network with the kernels that suit the device of `vb`.
    pub fn new(config: &Config, vb: VarBuilder) -> Result<Self> {
        let kernels = Kernels::suited_to(vb.device());
        Self::with_kernels(config, kernels, vb)
    }

    /// Builds the network with chosen kernels.
    pub fn with_kernels(config: &Config, kernels: Kernels, vb: VarBuilder) -> Result<Self> {
        if let Some(problem) = config.problem() {
            candle_core::bail!("the network's configuration is not usable: {problem}");
        }
        let lead_channels = config.stem_widths[1];
        let first = config.widths[0];
        let mut stages = Vec::new();
        let mut inputs = first;
        for (index, &width) in config.widths.iter().enumerate() {
            stages.push(Stage::new(
                config,
                index,
                inputs,
                kernels,
                vb.pp(format!("stage{index}")),
            )?);
            inputs = width;
        }
        let mut pipelines = Vec::new();
        if config.concentration {
            for (index, &width) in config
                .widths
                .iter()
                .enumerate()
                .take(config.widths.len() - 1)
            {
                let vb = vb.pp(format!("concentration{index}"));
                pipelines.push(Concentration::new(config, width, kernels, vb)?);
            }
        }
        let pipeline_width =
            pipelines.len() * config.concentration_channels * config.concentration_bins;
        Ok(Self {
            config: config.clone(),
            stem: Stem::new(config, kernels, vb.pp("stem"))?,
            lead_gate: LeadGate::new(lead_channels, config.lead_gate, kernels, vb.pp("lead_gate"))?,
            mix: (
                Conv1d::new(
                    LEADS * lead_channels,
                    first,
                    1,
                    1,
                    kernels,
                    vb.pp("mix.conv"),
                )?,
                BatchNorm::new(first, true, kernels, vb.pp("mix.norm"))?,
            ),
            stages,
            pipelines,
            head: Head::new(config, pipeline_width, kernels, vb.pp("head"))?,
            kernels,
        })
    }

    /// What it is made of.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Inference: running statistics, no dropout, no MixStyle.
    pub fn forward(&self, batch: &Batch) -> Result<Output> {
        self.run(batch, Mode::Eval, &[], None::<&mut SmallRng>)
    }

    /// Training: the batch's own statistics (and the running ones move), dropout, MixStyle across
    /// `domains`, which names the domain of each instance.
    pub fn forward_train(
        &self,
        batch: &Batch,
        domains: &[usize],
        rng: &mut impl Rng,
    ) -> Result<Output> {
        self.run(batch, Mode::Train, domains, Some(rng))
    }

    fn run(
        &self,
        batch: &Batch,
        mode: Mode,
        domains: &[usize],
        rng: Option<&mut impl Rng>,
    ) -> Result<Output> {
        let (features, lead_gate) = self.lead_features(&batch.waveform, mode)?;
        let gathered = self.gather(&features, batch, mode, domains, rng)?;
        Ok(Output {
            logits: self.head.judge(&gathered)?,
            outlier: self.head.outlier(&gathered)?,
            lead_gate,
            lead_features: features.transpose(2, 3)?,
        })
    }

    /// The gated features `[batch, 12, time, channels]` and the gates.
    fn lead_features(&self, waveform: &Tensor, mode: Mode) -> Result<(Tensor, Tensor)> {
        let (_, leads, samples) = waveform.dims3()?;
        if leads != LEADS || samples == 0 {
            candle_core::bail!(
                "the network reads [batch, {LEADS}, samples], got {:?}",
                waveform.dims()
            );
        }
        let present = waveform
            .sqr()?
            .sum(2)?
            .gt(0.0)?
            .to_dtype(waveform.dtype())?;
        self.lead_gate
            .forward(&self.stem.forward(waveform, mode)?, &present)
    }

    /// Inference from `lead_features [batch, 12, channels, time]` on: what an explanation takes the
    /// gradient of. Of `beside` all but the waveform is used.
    pub fn logits_from(&self, lead_features: &Tensor, beside: &Batch) -> Result<Tensor> {
        let features = lead_features.transpose(2, 3)?;
        let none = None::<&mut SmallRng>;
        let gathered = self.gather(&features, beside, Mode::Eval, &[], none)?;
        self.head.judge(&gathered)
    }

    /// From the leads' features to what the head judges by.
    fn gather(
        &self,
        features: &Tensor,
        beside: &Batch,
        mode: Mode,
        domains: &[usize],
        mut rng: Option<&mut impl Rng>,
    ) -> Result<Tensor> {
        let (batch, leads, time, channels) = features.dims4()?;
        let side_by_side = features
            .transpose(1, 2)?
            .reshape((batch, time, leads * channels))?;
        let (conv, norm) = &self.mix;
        let mut x = norm.forward(&conv.forward(&side_by_side)?, mode)?;
        let mixstyle = MixStyle {
            alpha: self.config.mixstyle_alpha,
            probability: self.config.mixstyle_probability,
        };
        let mut concentrated = Vec::new();
        for (index, stage) in self.stages.iter().enumerate() {
            x = stage.forward(&x, mode)?;
            if let Some(pipeline) = self.pipelines.get(index) {
                concentrated.push(pipeline.forward(&x, mode, rng.as_deref_mut())?);
            }
            if let Some(rng) = rng
                .as_deref_mut()
                .filter(|_| self.config.mixstyle && index < 2)
            {
                x = mixstyle.forward(&x, domains, self.kernels, rng)?;
            }
        }
        let gathered = self.head.gather(&x, concentrated, beside)?;
        match rng {
            Some(rng) => dropout(&gathered, self.config.head_dropout, rng),
            None => Ok(gathered),
        }
    }
}
