//! What each ingredient brings: the network trained without it, beside the same network with it, on the same patients.
//!
//! Every finished network is a line of `ablation.jsonl`; a run that is started again goes on where it stood.

pub mod figures;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::figures::{Compared, compare, markdown, summary};
use super::TrainingError;
use super::corpus::Source;
use super::learning::{forget, learn};
use super::material::{Material, is_ptb_xl};
use super::predicted::{self, Predicted};
use super::protocol::{Plan, Stage};
use super::recipe::{Pretraining, Recipe};
use super::rehearsal::Rehearsal;
use super::report::output;
use super::split::{Protocol, Split};
use crate::ecg::fnv1a;

/// One line a network.
const ROWS_FILE: &str = "ablation.jsonl";
/// What they say together.
const TABLE_FILE: &str = "ablation.json";
/// The same for people.
const REPORT_FILE: &str = "ablation.md";

/// Something that a network can be trained without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ingredient {
    LeadGate,
    ChannelSe,
    Concentration,
    Mixstyle,
    LabelSmoothing,
    ImbalanceLoss,
    AmplitudeInput,
    MeasuredInput,
    Simulation,
}

impl Ingredient {
    /// All of them, the paper's own first.
    pub const ALL: [Self; 9] = [
        Self::LeadGate,
        Self::ChannelSe,
        Self::Concentration,
        Self::Mixstyle,
        Self::LabelSmoothing,
        Self::ImbalanceLoss,
        Self::AmplitudeInput,
        Self::MeasuredInput,
        Self::Simulation,
    ];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::LeadGate => "SE gate over leads",
            Self::ChannelSe => "SE over channels",
            Self::Concentration => "concentration pipelines",
            Self::Mixstyle => "MixStyle",
            Self::LabelSmoothing => "label smoothing",
            Self::ImbalanceLoss => "imbalance-aware loss",
            Self::AmplitudeInput => "amplitude input",
            Self::MeasuredInput => "measured input",
            Self::Simulation => "simulations (before and beside)",
        }
    }

    /// Whether a recipe has it.
    fn is_in(self, recipe: &Recipe) -> bool {
        let mut less = recipe.clone();
        self.remove(&mut less);
        less != *recipe
    }

    /// Takes it out of a recipe.
    pub fn remove(self, recipe: &mut Recipe) {
        match self {
            Self::LeadGate => recipe.network.lead_gate = false,
            Self::ChannelSe => recipe.network.channel_se = false,
            Self::Concentration => recipe.network.concentration = false,
            Self::Mixstyle => recipe.network.mixstyle = false,
            Self::LabelSmoothing => recipe.label_smoothing = 0.0,
            Self::ImbalanceLoss => {
                recipe.positive_weight_cap = 1.0;
                recipe.negative_focus = 0.0;
            }
            Self::AmplitudeInput => recipe.network.amplitude = false,
            Self::MeasuredInput => recipe.network.measured = false,
            Self::Simulation => {
                recipe.pretraining = Pretraining::default();
                recipe.simulated = 0;
            }
        }
    }
}

/// One network: what it was trained without, on what it was judged, and how far it is from the one that lacks nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// Nothing for the network with every ingredient.
    pub without: Option<Ingredient>,
    /// `split`, or `lodo-` and the domain left out.
    pub round: String,
    pub seed: u64,
    /// Another recipe or other corpora make another number, and such rows are no part of this table.
    pub fingerprint: String,
    pub domains: Vec<Compared>,
}

/// Trains every network that `ablation.jsonl` in the plan's folder does not have yet, and writes the table.
///
/// The plan's protocol is not looked at: each seed from the plan's on is judged on held-back patients and on every
/// hospital left out (or the one that the plan names).
///
/// # Errors
/// See [`TrainingError`].
pub fn run(
    plan: &Plan,
    seeds: u64,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Value, TrainingError> {
    if let Some(problem) = plan.recipe.problem() {
        return Err(TrainingError::Recipe(problem));
    }
    fs::create_dir_all(&plan.out).map_err(|error| output(&plan.out, error))?;
    let path = plan.out.join(ROWS_FILE);
    let fingerprint = fingerprint(plan)?;
    let mut rows = read(&path, &fingerprint)?;
    for seed in plan.seed..plan.seed + seeds {
        let plan = Plan {
            seed,
            ..plan.clone()
        };
        let mut prepared = None;
        for (round, left_out) in rounds(&plan)? {
            let ingredients = Ingredient::ALL.into_iter();
            let there = ingredients.filter(|ingredient| ingredient.is_in(&plan.recipe));
            let networks = || std::iter::once(None).chain(there.clone().map(Some));
            let has = |rows: &[Row], without| {
                rows.iter()
                    .any(|row| (row.without, row.seed) == (without, seed) && row.round == round)
            };
            if networks().all(|without| has(&rows, without)) {
                continue;
            }
            if prepared.is_none() {
                prepared = Some((
                    Material::gather(&plan, say)?,
                    Rehearsal::prepare(&plan, say)?,
                ));
            }
            let Some((material, rehearsal)) = &prepared else {
                continue;
            };
            let split = round_split(&plan, material, left_out);
            let mut with: Option<Vec<Predicted>> = None;
            for without in networks() {
                if without.is_some() && has(&rows, without) {
                    continue;
                }
                let predicted = network(
                    &plan,
                    material,
                    rehearsal.as_ref(),
                    &split,
                    &round,
                    without,
                    say,
                )?;
                let base = with.get_or_insert_with(|| predicted.clone());
                if has(&rows, without) {
                    continue;
                }
                let row = Row {
                    without,
                    round: round.clone(),
                    seed,
                    fingerprint: fingerprint.clone(),
                    domains: compare(base, &predicted),
                };
                append(&path, &row)?;
                rows.push(row);
                write_table(&plan, &rows)?;
            }
        }
    }
    write_table(plan, &rows)
}

/// What a row depends on besides its own fields.
fn fingerprint(plan: &Plan) -> Result<String, TrainingError> {
    let recipe = serde_json::to_string(&plan.recipe)
        .map_err(|error| TrainingError::Recipe(error.to_string()))?;
    let corpora: Vec<String> = plan
        .corpora
        .iter()
        .map(|corpus| format!("{}={}", corpus.kind, corpus.name()))
        .collect();
    let text = format!("{recipe} {}", corpora.join(" "));
    Ok(format!("{:016x}", fnv1a(&text)))
}

/// The split, and each hospital left out.
fn rounds(plan: &Plan) -> Result<Vec<(String, Option<usize>)>, TrainingError> {
    let names: Vec<String> = plan.corpora.iter().map(super::Corpus::name).collect();
    if let Some(name) = plan.leave_out.as_ref().filter(|name| !names.contains(name)) {
        return Err(TrainingError::LeftOut {
            name: name.clone(),
            known: names.join(", "),
        });
    }
    let mut seen_ptb_xl = false;
    let hospitals: Vec<(usize, String)> = names
        .into_iter()
        .enumerate()
        .filter(|(index, _)| {
            !(is_ptb_xl(plan, *index) && std::mem::replace(&mut seen_ptb_xl, true))
        })
        .collect();
    // Where there is but one hospital, nothing is left to train on without it.
    let several = hospitals.len() > 1;
    let lodo = hospitals
        .into_iter()
        .filter(|(_, name)| several && plan.leave_out.as_ref().is_none_or(|only| only == name))
        .map(|(index, name)| (format!("lodo-{name}"), Some(index)));
    Ok(std::iter::once(("split".to_owned(), None))
        .chain(lodo)
        .collect())
}

fn round_split(plan: &Plan, material: &Material, left_out: Option<usize>) -> Split {
    let protocol = match left_out {
        None => Protocol::Split,
        Some(_) => Protocol::Lodo,
    };
    material.split(plan, protocol, left_out)
}

/// Trains one network, unless its predictions lie there, and returns what it says of the patients held back.
fn network(
    plan: &Plan,
    material: &Material,
    rehearsal: Option<&Rehearsal>,
    split: &Split,
    round: &str,
    without: Option<Ingredient>,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Vec<Predicted>, TrainingError> {
    let name = match without {
        None => "everything".to_owned(),
        Some(ingredient) => format!("without {}", ingredient.title()),
    };
    let name = format!("{round}, seed {}, {name}", plan.seed);
    let folder = format!(
        "{round}-{}-{}",
        plan.seed,
        without.map_or("all", Ingredient::title).replace(' ', "-")
    );
    let mut plan = plan.clone();
    let mut split = split.clone();
    if let Some(ingredient) = without {
        ingredient.remove(&mut plan.recipe);
    }
    if without == Some(Ingredient::Simulation) {
        split.train.retain(|&index| {
            !material
                .examples
                .get(index)
                .is_some_and(|example| matches!(example.source, Source::Simulated { .. }))
        });
    }
    let dir = plan.out.join(folder).join(fingerprint(&plan)?);
    if let Ok(predicted) = predicted::read_all(std::slice::from_ref(&dir)) {
        return Ok(predicted);
    }
    let rehearsal = rehearsal.filter(|_| plan.recipe.pretraining.epochs > 0);
    let learnt = learn(&plan, material, rehearsal, &split, &name, &dir, say)?;
    predicted::write(
        &dir,
        &learnt.predictions,
        &material.examples,
        &material.names,
        &material.known(&split.test),
        &learnt.recipe.network.statements,
    )?;
    forget(&dir, plan.recipe.network.members);
    predicted::read_all(&[dir])
}

/// Writes the table as JSON and Markdown.
fn write_table(plan: &Plan, rows: &[Row]) -> Result<Value, TrainingError> {
    let of = |without: Option<Ingredient>, lodo: bool| {
        let own: Vec<&Row> = rows
            .iter()
            .filter(|row| row.without == without && row.round.starts_with("lodo") == lodo)
            .collect();
        summary(&own)
    };
    let line = |without: Option<Ingredient>| {
        json!({
            "without": without,
            "title": without.map_or("nothing left out", Ingredient::title),
            "split": of(without, false),
            "lodo": of(without, true),
        })
    };
    let lines: Vec<Value> = std::iter::once(None)
        .chain(Ingredient::ALL.map(Some))
        .map(line)
        .collect();
    let mut left_out: Vec<&str> = rows
        .iter()
        .filter_map(|row| row.round.strip_prefix("lodo-"))
        .collect();
    left_out.sort_unstable();
    left_out.dedup();
    let table = json!({
        "epochs": plan.recipe.epochs,
        "pretraining": plan.recipe.pretraining,
        "networks": rows.len(),
        "left_out": left_out,
        "rows": lines,
    });
    let text = serde_json::to_string_pretty(&table).map_err(|error| output(&plan.out, error))?;
    for (name, text) in [(TABLE_FILE, text), (REPORT_FILE, markdown(&table))] {
        let path = plan.out.join(name);
        fs::write(&path, text).map_err(|error| output(&path, error))?;
    }
    Ok(table)
}

fn read(path: &Path, fingerprint: &str) -> Result<Vec<Row>, TrainingError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(output(path, error)),
    };
    // The last line may be cut where a kill hit it: that network is trained again.
    let rows = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    Ok(rows
        .filter(|row: &Row| row.fingerprint == fingerprint)
        .collect())
}

fn append(path: &Path, row: &Row) -> Result<(), TrainingError> {
    let mut line = serde_json::to_string(row).map_err(|error| output(path, error))?;
    line.push('\n');
    let file = fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(line.as_bytes()))
        .map_err(|error| output(path, error))
}

/// The table that a run wrote, for the card.
///
/// # Errors
/// When it cannot be read.
pub fn table(path: &PathBuf) -> Result<Value, TrainingError> {
    let text = fs::read_to_string(path).map_err(|error| output(path, error))?;
    serde_json::from_str(&text).map_err(|error| output(path, error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn every_ingredient_is_in_the_recipe_of_the_table_and_gone_when_it_is_removed() {
        let text = include_str!("../../../assets/recipes/ablation.toml");
        let full = Recipe::parse(text).unwrap();
        for ingredient in Ingredient::ALL {
            let mut less = full.clone();
            ingredient.remove(&mut less);
            assert!(ingredient.is_in(&full), "{ingredient:?}");
            assert!(!ingredient.is_in(&less), "{ingredient:?}");
        }
        // What showed no effect and is not the paper's is not in the bundled one.
        assert!(!Ingredient::AmplitudeInput.is_in(&Recipe::bundled().unwrap()));
    }

    #[test]
    fn rows_of_another_recipe_and_a_cut_line_are_no_part_of_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(ROWS_FILE);
        assert_eq!(read(&path, "x").unwrap(), []);
        let row = |fingerprint: &str| Row {
            without: None,
            round: "split".into(),
            seed: 1,
            fingerprint: fingerprint.into(),
            domains: Vec::new(),
        };
        append(&path, &row("x")).unwrap();
        append(&path, &row("y")).unwrap();
        fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"{\"without\":nu")
            .unwrap();
        assert_eq!(read(&path, "x").unwrap(), [row("x")]);
    }
}
