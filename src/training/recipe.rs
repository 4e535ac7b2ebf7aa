//! Everything a run depends on besides its data and its seed; stored in the card.

use serde::{Deserialize, Serialize};

use super::TrainingError;
use crate::network::Config;

/// The recipe of a training run, as in `assets/recipes/*.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// Name of the model.
    pub name: String,
    /// Passes over the training windows.
    pub epochs: usize,
    /// Windows in a step.
    pub batch: usize,
    /// Largest learning rate, reached after the warm-up and followed by half a cosine down to 0.
    pub learning_rate: f64,
    /// Fraction of all steps over which the learning rate rises.
    pub warm_up: f64,
    /// AdamW's decay of weights (not of biases and norms).
    pub weight_decay: f64,
    /// Largest norm of the gradient over all weights.
    pub gradient_clip: f64,
    /// Decay of the moving average of weights, which is what is judged and saved.
    pub ema_decay: f64,
    /// Label smoothing (Szegedy 2016): targets are `smoothing / 2` and `1 - smoothing / 2`.
    pub label_smoothing: f64,
    /// A positive counts `sqrt(negatives / positives)` times, but no more than this.
    pub positive_weight_cap: f64,
    /// Focusing exponent on negatives that are already low (asymmetric loss, Ridnik 2021); 0 is off.
    pub negative_focus: f64,
    /// A domain of `n` windows is drawn in proportion to `n` to this power: 1 as they come, 0 all alike.
    pub domain_power: f64,
    /// A statement is learnt from that many positives on.
    pub min_positives: usize,
    /// The statements to learn; empty for all that have enough positives.
    pub statements: Vec<String>,
    /// Simulated tracings that are trained on beside the real ones, as a domain of their own.
    pub simulated: usize,
    /// One record in that many has a distorted twin that teaches what no electrocardiogram looks like; 0 is off.
    pub outliers_one_in: usize,
    /// What is learnt from simulations alone, before any real tracing is seen.
    pub pretraining: Pretraining,
    /// How windows are varied.
    pub augmentation: Augmentation,
    /// Sizes and ingredients of the network; its statements are filled in.
    pub network: Config,
}

/// How windows are varied in training; zero switches a variation off.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Augmentation {
    /// Largest relative change of the time scale.
    pub stretch: f64,
    /// Largest shift in seconds; what moves in is silence.
    pub shift_s: f64,
    /// Probability that one to three leads are missing.
    pub lead_dropout: f64,
    /// Largest deviation of white noise, in deviations of the lead.
    pub noise: f64,
    /// Largest amplitude of slow wander, in deviations of the lead.
    pub wander: f64,
    /// Deviation of the logarithm of the gain over all leads.
    pub gain: f64,
    /// Probability that the amplitude is unknown.
    pub amplitude_dropout: f64,
    /// Probability that nothing was measured; as often, that a fifth of the numbers is missing.
    pub measured_dropout: f64,
}

impl Default for Augmentation {
    fn default() -> Self {
        Self {
            stretch: 0.03,
            shift_s: 1.0,
            lead_dropout: 0.15,
            noise: 0.1,
            wander: 0.3,
            gain: 0.15,
            amplitude_dropout: 0.3,
            measured_dropout: 0.2,
        }
    }
}

/// Learning from simulations alone; with no tracings or no epochs it is left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pretraining {
    /// Simulated tracings.
    pub tracings: usize,
    /// Passes over them.
    pub epochs: usize,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            name: "heartbeatai-seresnet".to_owned(),
            epochs: 40,
            batch: 32,
            learning_rate: 2e-3,
            warm_up: 0.1,
            weight_decay: 0.02,
            gradient_clip: 2.0,
            ema_decay: 0.995,
            label_smoothing: 0.04,
            positive_weight_cap: 6.0,
            negative_focus: 1.0,
            domain_power: 0.6,
            min_positives: 10,
            statements: Vec::new(),
            simulated: 0,
            outliers_one_in: 0,
            pretraining: Pretraining::default(),
            augmentation: Augmentation::default(),
            network: Config::default(),
        }
    }
}

impl Recipe {
    /// Whether a statement has enough positives, and a negative, to be learnt.
    pub fn is_enough(&self, (positives, negatives): (usize, usize)) -> bool {
        positives >= self.min_positives.max(1) && negatives > 0
    }

    /// The recipe of the bundled weights.
    ///
    /// # Errors
    /// Never in a released program: the text is compiled in and tested.
    pub fn bundled() -> Result<Self, toml::de::Error> {
        Self::parse(include_str!("../../assets/recipes/default.toml"))
    }

    /// The recipe by which weights are trained on.
    ///
    /// # Errors
    /// Never in a released program: the text is compiled in and tested.
    pub fn fine_tuning() -> Result<Self, TrainingError> {
        Self::parse(include_str!("../../assets/recipes/fine_tune.toml"))
            .map_err(|error| TrainingError::Recipe(error.to_string()))
    }

    /// This recipe but for what `text` says otherwise.
    ///
    /// # Errors
    /// The TOML error with its line.
    pub fn with(&self, text: &str) -> Result<Self, TrainingError> {
        let refused = |error: &dyn std::fmt::Display| TrainingError::Recipe(error.to_string());
        // First by itself: only so does an error name its line.
        Self::parse(text).map_err(|error| refused(&error))?;
        let mut table = toml::Table::try_from(self).map_err(|error| refused(&error))?;
        let told: toml::Table = text.parse().map_err(|error| refused(&error))?;
        overwrite(&mut table, told);
        table.try_into().map_err(|error| refused(&error))
    }

    /// Reads a recipe; a key that is absent keeps its default, an unknown one is an error.
    ///
    /// # Errors
    /// The TOML error with its line.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// What is wrong with it, in half a sentence.
    pub fn problem(&self) -> Option<String> {
        let in_range = [
            ("warm_up", self.warm_up, 0.0, 0.9),
            ("ema_decay", self.ema_decay, 0.0, 0.99999),
            ("label_smoothing", self.label_smoothing, 0.0, 0.5),
            ("learning_rate", self.learning_rate, 1e-9, 1.0),
            ("weight_decay", self.weight_decay, 0.0, 10.0),
            ("gradient_clip", self.gradient_clip, 1e-6, 1e9),
            ("positive_weight_cap", self.positive_weight_cap, 1.0, 1e4),
            ("negative_focus", self.negative_focus, 0.0, 8.0),
            ("domain_power", self.domain_power, 0.0, 1.0),
            ("augmentation.stretch", self.augmentation.stretch, 0.0, 0.3),
            ("augmentation.shift_s", self.augmentation.shift_s, 0.0, 5.0),
            (
                "augmentation.lead_dropout",
                self.augmentation.lead_dropout,
                0.0,
                1.0,
            ),
            (
                "augmentation.amplitude_dropout",
                self.augmentation.amplitude_dropout,
                0.0,
                1.0,
            ),
            (
                "augmentation.measured_dropout",
                self.augmentation.measured_dropout,
                0.0,
                1.0,
            ),
            ("augmentation.noise", self.augmentation.noise, 0.0, 10.0),
            ("augmentation.wander", self.augmentation.wander, 0.0, 10.0),
            ("augmentation.gain", self.augmentation.gain, 0.0, 5.0),
        ];
        if let Some((name, value, low, high)) = in_range
            .into_iter()
            .find(|&(_, value, low, high)| !(low..=high).contains(&value))
        {
            return Some(format!(
                "{name} is {value}, which is not between {low} and {high}"
            ));
        }
        if !(2..=4096).contains(&self.batch) {
            return Some(format!(
                "batch is {}, which is not between 2 and 4096",
                self.batch
            ));
        }
        (!(1..=100_000).contains(&self.epochs)).then(|| format!("epochs is {}", self.epochs))
    }
}

/// Sets the keys that `told` has; those of tables within, one by one.
fn overwrite(table: &mut toml::Table, told: toml::Table) {
    for (key, value) in told {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(told)) => overwrite(inner, told),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_recipe_is_sound() {
        let recipe = Recipe::bundled().unwrap();
        assert_eq!(recipe.problem(), None);
    }

    #[test]
    fn what_a_text_does_not_say_stays_as_it_was() {
        let bundled = Recipe::bundled().unwrap();
        let changed = bundled
            .with("epochs = 3\n[augmentation]\nnoise = 0.2")
            .unwrap();
        let mut expected = bundled.clone();
        expected.epochs = 3;
        expected.augmentation.noise = 0.2;
        assert_eq!(changed, expected);
        let error = bundled.with("epochs = 3\nepoch = 4").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn a_misspelt_key_or_a_wild_value_is_refused() {
        assert!(Recipe::parse("epoch = 3").is_err());
        let recipe = Recipe::parse("learning_rate = 50.0").unwrap();
        assert!(recipe.problem().unwrap().contains("learning_rate"));
    }
}
