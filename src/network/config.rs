//! What a network is made of; stored in the card beside its weights.

use serde::{Deserialize, Serialize};

/// Sizes, and a switch for every ingredient so that each can be removed and its worth measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Ids of the statements, in the order of the logits.
    pub statements: Vec<String>,
    /// Samples per second of the input.
    pub sampling_rate_hz: f64,
    /// Length of the input in seconds.
    pub window_s: f64,
    /// Filters of the two lead-wise convolutions.
    pub stem_widths: [usize; 2],
    /// Their kernels in samples.
    pub stem_kernels: [usize; 2],
    /// Channels of each stage; the second and later stages halve time.
    pub widths: Vec<usize>,
    /// Residual blocks of each stage.
    pub blocks: Vec<usize>,
    /// Kernel of the residual convolutions in samples.
    pub kernel: usize,
    /// Squeeze and excitation over leads.
    pub lead_gate: bool,
    /// Squeeze and excitation over channels.
    pub channel_se: bool,
    /// Ratio by which the channel gate's hidden layer is narrower.
    pub se_reduction: usize,
    /// Concentration pipelines after every stage but the last.
    pub concentration: bool,
    /// Channels that a pipeline compresses to.
    pub concentration_channels: usize,
    /// Bins of time that a pipeline keeps.
    pub concentration_bins: usize,
    /// Dropout inside a pipeline.
    pub concentration_dropout: f64,
    /// MixStyle after the first two stages, in training only.
    pub mixstyle: bool,
    /// Probability that a batch is mixed.
    pub mixstyle_probability: f64,
    /// Both parameters of MixStyle's beta distribution.
    pub mixstyle_alpha: f64,
    /// The amplitude of each lead as an input of its own.
    pub amplitude: bool,
    /// Width of the amplitude's hidden layer.
    pub amplitude_width: usize,
    /// What can be measured (rate, intervals, axes, heights) as an input of its own.
    pub measured: bool,
    /// Width of its hidden layer.
    pub measured_width: usize,
    /// Dropout before the last layer.
    pub head_dropout: f64,
    /// One more logit: whether this is unlike any electrocardiogram.
    pub outlier: bool,
    /// Networks that judge together, each from a seed of its own.
    #[serde(skip_serializing_if = "is_one")]
    pub members: usize,
}

fn is_one(members: &usize) -> bool {
    *members == 1
}

impl Default for Config {
    fn default() -> Self {
        Self {
            statements: Vec::new(),
            sampling_rate_hz: 100.0,
            window_s: 10.0,
            stem_widths: [16, 24],
            stem_kernels: [15, 7],
            widths: vec![48, 80, 112, 160],
            blocks: vec![2, 2, 2, 2],
            kernel: 5,
            lead_gate: true,
            channel_se: true,
            se_reduction: 8,
            concentration: true,
            concentration_channels: 16,
            concentration_bins: 4,
            concentration_dropout: 0.2,
            mixstyle: true,
            mixstyle_probability: 0.5,
            mixstyle_alpha: 0.1,
            amplitude: true,
            amplitude_width: 24,
            // Cards from before there was such an input do not name it.
            measured: false,
            measured_width: 48,
            head_dropout: 0.3,
            outlier: false,
            members: 1,
        }
    }
}

/// More than any sensible network needs; a card that asks for more is refused.
const LARGEST_SIZE: usize = 4096;
/// More networks than are worth their time.
const MOST_MEMBERS: usize = 16;
/// Two minutes at 500 Hz.
const MOST_SAMPLES: usize = 60_000;

impl Config {
    /// Samples per lead in one window.
    pub fn samples(&self) -> usize {
        (self.sampling_rate_hz * self.window_s).round().max(0.0) as usize
    }

    /// What is wrong with these sizes, in one sentence; a card may come from anywhere.
    pub fn problem(&self) -> Option<String> {
        if !(1..=MOST_SAMPLES).contains(&self.samples()) {
            return Some(format!(
                "a window of {} s at {} Hz cannot be read",
                self.window_s, self.sampling_rate_hz
            ));
        }
        let sizes = [
            ("statements", self.statements.len()),
            ("stages", self.widths.len()),
            ("kernel", self.kernel),
            ("se_reduction", self.se_reduction),
            ("concentration_channels", self.concentration_channels),
            ("concentration_bins", self.concentration_bins),
            ("amplitude_width", self.amplitude_width),
            ("measured_width", self.measured_width),
        ];
        let lists = [
            ("stem_widths", &self.stem_widths[..]),
            ("stem_kernels", &self.stem_kernels),
        ]
        .into_iter()
        .chain([("widths", &self.widths[..]), ("blocks", &self.blocks)])
        .flat_map(|(name, sizes)| sizes.iter().map(move |&size| (name, size)));
        if let Some((name, size)) = sizes
            .into_iter()
            .chain(lists)
            .find(|(_, size)| !(1..=LARGEST_SIZE).contains(size))
        {
            return Some(format!(
                "{name} is {size}, which is not between 1 and {LARGEST_SIZE}"
            ));
        }
        if !(1..=MOST_MEMBERS).contains(&self.members) {
            return Some(format!(
                "members is {}, which is not between 1 and {MOST_MEMBERS}",
                self.members
            ));
        }
        (self.widths.len() != self.blocks.len()).then(|| {
            format!(
                "{} widths beside {} block counts",
                self.widths.len(),
                self.blocks.len()
            )
        })
    }
}
