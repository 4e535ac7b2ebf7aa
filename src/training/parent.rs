//! The weights that a run starts from: their card decides what the network is.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::TrainingError;
use super::recipe::Recipe;
use crate::network::{Card, Config, weights};

/// Sizes and switches that leave no trace in the weights: a recipe may choose them.
const OF_TRAINING: [&str; 5] = [
    "concentration_dropout",
    "mixstyle",
    "mixstyle_probability",
    "mixstyle_alpha",
    "head_dropout",
];

/// What the name of such weights ends with, unless a recipe names them.
const FINE_TUNED: &str = ", fine-tuned";

/// Weights that are trained on.
#[derive(Debug, Clone)]
pub struct Parent {
    dir: PathBuf,
    card: Card,
    sha256: String,
}

impl Parent {
    /// The weights in a folder.
    ///
    /// # Errors
    /// When the folder has no weights or no card.
    pub fn open(dir: &Path) -> Result<Self, TrainingError> {
        Ok(Self {
            dir: dir.to_owned(),
            card: weights::card(dir)?,
            sha256: weights::sha256(dir)?,
        })
    }

    /// Their folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Their card.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// SHA-256 of `model.safetensors`, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// How they are trained on: as `text` says, and where it does not, by the recipe for that; the network is theirs.
    ///
    /// # Errors
    /// When the recipe asks for another network than theirs.
    pub fn recipe(&self, text: Option<&str>) -> Result<Recipe, TrainingError> {
        let mut base = Recipe::fine_tuning()?;
        let before = self.card.name.trim_end_matches(FINE_TUNED);
        base.name = format!("{before}{FINE_TUNED}");
        base.network = self.card.config.clone();
        base.statements = base.network.statements.clone();
        if !base.network.outlier {
            base.outliers_one_in = 0;
        }
        let recipe = match text {
            Some(text) => base.with(text)?,
            None => base,
        };
        match self.misfit(&recipe) {
            Some(problem) => Err(TrainingError::Recipe(problem)),
            None => Ok(recipe),
        }
    }

    /// What of a recipe asks for another network, in half a sentence.
    fn misfit(&self, recipe: &Recipe) -> Option<String> {
        let own = &self.card.config;
        if recipe.outliers_one_in > 0 && !own.outlier {
            return Some(
                "outliers_one_in must be 0: the weights to start from were not taught outliers"
                    .to_owned(),
            );
        }
        let (mut asked, mut there) = (fields(&recipe.network), fields(own));
        asked.insert("statements".to_owned(), json!(recipe.statements));
        for name in OF_TRAINING {
            asked.remove(name);
            there.remove(name);
        }
        let (name, there) = there
            .iter()
            .find(|(name, there)| asked.get(*name) != Some(there))?;
        let asked = asked.get(name).unwrap_or(&Value::Null);
        Some(format!(
            "it asks for {name} = {asked}, but the weights to start from have {there}; with --init their card decides \
             what the network is"
        ))
    }
}

fn fields(config: &Config) -> Map<String, Value> {
    let mut fields = match serde_json::to_value(config) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    };
    // One member alone is not written.
    fields.insert("members".to_owned(), json!(config.members));
    fields
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn parent() -> Parent {
        let config = Config {
            statements: vec!["SR".to_owned(), "AFIB".to_owned()],
            widths: vec![8, 8],
            blocks: vec![1, 1],
            outlier: true,
            members: 2,
            ..Config::default()
        };
        Parent {
            dir: "weights".into(),
            card: Card::new("clinic", config),
            sha256: String::new(),
        }
    }

    #[test]
    fn a_recipe_says_how_to_train_and_the_card_what() {
        let parent = parent();
        let recipe = parent.recipe(None).unwrap();
        assert_eq!(recipe.network, parent.card.config);
        assert_eq!(recipe.statements, ["SR", "AFIB"]);
        assert_eq!((recipe.simulated, recipe.pretraining.tracings), (0, 0));
        assert!(recipe.epochs <= 10 && recipe.learning_rate < 1e-3);
        assert_eq!(recipe.problem(), None);

        let text = "epochs = 2\nlearning_rate = 1e-4\n[network]\nwidths = [8, 8]\nmixstyle = false";
        let told = parent.recipe(Some(text)).unwrap();
        assert_eq!((told.epochs, told.learning_rate), (2, 1e-4));
        assert_eq!(told.network.members, 2);
        assert!(!told.network.mixstyle);
    }

    #[test]
    fn a_recipe_for_another_network_is_told_what_does_not_fit() {
        for (text, part) in [
            ("[network]\nwidths = [8, 16]", "widths = [8,16]"),
            ("[network]\nmembers = 1", "members = 1"),
            ("statements = [\"AFIB\"]", "statements = [\"AFIB\"]"),
        ] {
            let error = parent().recipe(Some(text)).unwrap_err().to_string();
            assert!(error.contains(part) && error.contains("--init"), "{error}");
        }
        let mut parent = parent();
        parent.card.config.outlier = false;
        assert_eq!(parent.recipe(None).unwrap().outliers_one_in, 0);
        assert!(parent.recipe(Some("outliers_one_in = 5")).is_err());
    }
}
