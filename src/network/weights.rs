//! Weights in and out: `model.safetensors` beside `card.json`, which says what they are.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use candle_nn::{VarBuilder, VarMap};
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand_distr::{Distribution, Normal};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use super::ensemble::member;
use super::{Config, Ensemble};

/// File name of the weights inside their folder.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// File name of the card inside the folder.
pub const CARD_FILE: &str = "card.json";
/// Larger files are no weights of this network.
const LARGEST_FILE: u64 = 1 << 30;

/// How far below and above a threshold, in log odds.
pub type Band = [f32; 2];

/// What a set of weights is, how it was made and how well it does.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Card {
    /// Name of the model, shown beside its findings.
    pub name: String,
    /// Sizes and ingredients.
    pub config: Config,
    /// Probability from which each statement counts as present.
    pub thresholds: Vec<f32>,
    /// Slope and intercept that turn each logit into the logit of a calibrated probability.
    pub calibration: Vec<(f32, f32)>,
    /// How far below and above its threshold, in log odds, each statement is uncertain; one for all of them in cards
    /// from before each had its own.
    #[serde(deserialize_with = "one_or_each")]
    pub uncertain: Vec<Band>,
    /// Logit from which a tracing counts as unlike any electrocardiogram; `None` where the network was not taught that.
    pub outlier_from: Option<f32>,
    /// The recipe and the data it was trained on.
    pub training: serde_json::Value,
    /// What was measured on held-back records.
    pub metrics: serde_json::Value,
}

impl Card {
    /// A card with identity calibration and a threshold of one half everywhere.
    pub fn new(name: impl Into<String>, config: Config) -> Self {
        let statements = config.statements.len();
        Self {
            name: name.into(),
            config,
            thresholds: vec![0.5; statements],
            calibration: vec![(1.0, 0.0); statements],
            uncertain: vec![[0.0; 2]; statements],
            ..Self::default()
        }
    }

    /// Calibrated probability of statement number `index` from its logit.
    pub fn probability(&self, index: usize, logit: f32) -> f32 {
        let (slope, intercept) = self.calibration.get(index).copied().unwrap_or((1.0, 0.0));
        1.0 / (1.0 + (-(slope * logit + intercept)).exp())
    }

    /// How far from its threshold statement number `index` is uncertain.
    pub fn band(&self, index: usize) -> Band {
        let own = self.uncertain.get(index).or(self.uncertain.first());
        own.copied().unwrap_or_default()
    }

    fn problem(&self) -> Option<String> {
        let statements = self.config.statements.len();
        if self.uncertain.len() > 1 && self.uncertain.len() != statements {
            let bands = self.uncertain.len();
            return Some(format!(
                "{bands} bands of doubt for {statements} statements"
            ));
        }
        let counts = [
            ("thresholds", self.thresholds.len()),
            ("calibrations", self.calibration.len()),
        ];
        for (what, count) in counts {
            if count != statements {
                return Some(format!("{count} {what} for {statements} statements"));
            }
        }
        if !self
            .thresholds
            .iter()
            .all(|threshold| threshold.is_finite())
        {
            return Some("a threshold is not a number".to_owned());
        }
        self.config.problem()
    }
}

fn one_or_each<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Band>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(Band),
        Each(Vec<Band>),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::One(band) => vec![band],
        Written::Each(bands) => bands,
    })
}

/// Why weights cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{path}: {cause}")]
    Io {
        path: PathBuf,
        cause: std::io::Error,
    },
    #[error("{path}: larger than any weights of this network")]
    TooLarge { path: PathBuf },
    #[error("{place}: no model card: {cause}")]
    Card {
        place: String,
        cause: serde_json::Error,
    },
    #[error("{place}: the model card contradicts itself: {problem}")]
    Contradiction { place: String, problem: String },
    #[error("{place}: these weights do not fit their card: {cause}")]
    Weights {
        place: String,
        cause: candle_core::Error,
    },
}

/// Writes every variable of the members and the card into the folder `dir`, which is made if need be.
pub fn save(dir: &Path, members: &[&VarMap], card: &Card) -> Result<(), Error> {
    let io = |path: PathBuf| move |cause| Error::Io { path, cause };
    fs::create_dir_all(dir).map_err(io(dir.to_owned()))?;
    let path = dir.join(WEIGHTS_FILE);
    let unwritable = |cause| Error::Weights {
        place: path.display().to_string(),
        cause,
    };
    // Under a temporary name first: a reader, or a kill, never sees half a file.
    let half = dir.join(format!("{WEIGHTS_FILE}.part"));
    let mut tensors: HashMap<String, Tensor> = HashMap::new();
    for (number, vars) in members.iter().enumerate() {
        for (name, var) in named(vars) {
            tensors.insert(
                full_name(&card.config, number, &name),
                var.as_tensor().clone(),
            );
        }
    }
    // Not by their own saving, which makes a file that nobody else may read.
    let bytes = safetensors::serialize(&tensors, None)
        .map_err(|cause| unwritable(candle_core::Error::SafeTensor(cause)))?;
    fs::write(&half, bytes).map_err(io(half.clone()))?;
    fs::rename(&half, &path).map_err(io(path.clone()))?;
    save_card(dir, card)
}

/// Writes the card alone, beside weights that are there.
///
/// # Errors
/// When the file cannot be written.
pub fn save_card(dir: &Path, card: &Card) -> Result<(), Error> {
    let io = |path: PathBuf| move |cause| Error::Io { path, cause };
    let path = dir.join(CARD_FILE);
    let json = serde_json::to_vec_pretty(card).map_err(|cause| Error::Card {
        place: path.display().to_string(),
        cause,
    })?;
    let half = dir.join(format!("{CARD_FILE}.part"));
    fs::write(&half, json).map_err(io(half.clone()))?;
    fs::rename(&half, &path).map_err(io(path))
}

/// A member's variable in the file.
fn full_name(config: &Config, number: usize, name: &str) -> String {
    match member(config, number) {
        Some(prefix) => format!("{prefix}.{name}"),
        None => name.to_owned(),
    }
}

/// The card in a folder written by [`save`].
pub fn card(dir: &Path) -> Result<Card, Error> {
    card_from_bytes(&read(&dir.join(CARD_FILE))?, &dir.display().to_string())
}

/// SHA-256 of the weights in a folder written by [`save`], in hexadecimal.
pub fn sha256(dir: &Path) -> Result<String, Error> {
    let digest = Sha256::digest(read(&dir.join(WEIGHTS_FILE))?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Reads a folder written by [`save`] and builds its networks on `device`.
pub fn load(dir: &Path, device: &Device) -> Result<(Ensemble, Card), Error> {
    let card = read(&dir.join(CARD_FILE))?;
    let weights = read(&dir.join(WEIGHTS_FILE))?;
    from_bytes(&weights, &card, &dir.display().to_string(), device)
}

/// Builds networks from the bytes of both files; `place` names them in errors.
pub fn from_bytes(
    weights: &[u8],
    card: &[u8],
    place: &str,
    device: &Device,
) -> Result<(Ensemble, Card), Error> {
    let card = card_from_bytes(card, place)?;
    let unfit = |cause| Error::Weights {
        place: place.to_owned(),
        cause,
    };
    let tensors = candle_core::safetensors::load_buffer(weights, device).map_err(unfit)?;
    let tensors: HashMap<String, Tensor> = tensors
        .into_iter()
        .map(|(name, tensor)| Ok((name, tensor.to_dtype(DType::F32)?)))
        .collect::<candle_core::Result<_>>()
        .map_err(unfit)?;
    let vb = VarBuilder::from_tensors(tensors, DType::F32, device);
    Ok((Ensemble::new(&card.config, &vb).map_err(unfit)?, card))
}

/// Reads and checks a card.
pub fn card_from_bytes(card: &[u8], place: &str) -> Result<Card, Error> {
    let card: Card = serde_json::from_slice(card).map_err(|cause| Error::Card {
        place: place.to_owned(),
        cause,
    })?;
    match card.problem() {
        Some(problem) => Err(Error::Contradiction {
            place: place.to_owned(),
            problem,
        }),
        None => Ok(card),
    }
}

/// Sets the variables of a network under training to those of member `number` in a folder written by [`save`], of the
/// members in turn where it has fewer; all of them must be there in the same shape.
pub fn restore(dir: &Path, number: usize, vars: &VarMap, device: &Device) -> Result<(), Error> {
    let card = card(dir)?;
    let path = dir.join(WEIGHTS_FILE);
    let bytes = read(&path)?;
    let unfit = |cause| Error::Weights {
        place: path.display().to_string(),
        cause,
    };
    let tensors = candle_core::safetensors::load_buffer(&bytes, device).map_err(unfit)?;
    let mut vars = vars.clone();
    let names = named(&vars).into_iter().map(|(name, _)| name);
    let number = number % card.config.members;
    let pairs = names.map(|name| {
        let path = full_name(&card.config, number, &name);
        match tensors.get(&path) {
            Some(tensor) => Ok((name, tensor)),
            None => Err(unfit(candle_core::Error::CannotFindTensor { path }.bt())),
        }
    });
    let pairs: Vec<_> = pairs.collect::<Result<_, _>>()?;
    vars.set(pairs.into_iter()).map_err(unfit)
}

/// Sets the variables of a network to those of another of the same sizes.
pub fn copy(from: &VarMap, to: &VarMap) -> candle_core::Result<()> {
    let from: HashMap<String, candle_core::Var> = named(from).into_iter().collect();
    for (name, var) in named(to) {
        match from.get(&name) {
            Some(value) => var.set(&value.as_tensor().copy()?)?,
            None => return Err(candle_core::Error::CannotFindTensor { path: name }.bt()),
        }
    }
    Ok(())
}

/// Draws all convolution and linear weights anew from `seed`: candle's own CPU generator cannot be
/// seeded. Convolutions as He et al. 2015 (1502.01852), linear layers uniform in `1 / sqrt(inputs)`,
/// biases 0; batch norms start as the identity.
pub fn initialise(vars: &VarMap, seed: u64) -> candle_core::Result<()> {
    let mut rng = StdRng::seed_from_u64(seed);
    for (name, var) in named(vars) {
        let dims = var.dims().to_vec();
        let count = var.elem_count();
        let deviation = match dims.as_slice() {
            [kernel, inputs, _] => (2.0 / (kernel * inputs) as f64).sqrt(),
            [_, inputs] => (1.0 / (3 * inputs) as f64).sqrt(),
            _ => 0.0,
        };
        let values: Vec<f32> = if deviation > 0.0 {
            let normal = Normal::new(0.0, deviation).map_err(candle_core::Error::wrap)?;
            (0..count).map(|_| normal.sample(&mut rng) as f32).collect()
        } else {
            // A batch norm's scale and running variance are the only vectors that start at one.
            let one = name.ends_with("norm.weight") || name.ends_with("running_var");
            vec![if one { 1.0 } else { 0.0 }; count]
        };
        var.set(&Tensor::from_vec(values, dims, var.device())?)?;
    }
    Ok(())
}

/// All variables in the order of their names, so that nothing depends on a hash map's order.
pub fn named(vars: &VarMap) -> Vec<(String, candle_core::Var)> {
    let data = vars
        .data()
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let mut named: Vec<_> = data
        .iter()
        .map(|(name, var)| (name.clone(), var.clone()))
        .collect();
    named.sort_by(|a, b| a.0.cmp(&b.0));
    named
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let io = |cause| Error::Io {
        path: path.to_owned(),
        cause,
    };
    let file = fs::File::open(path).map_err(io)?;
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(io)?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Error::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(bytes)
}
