//! What a run writes beside its weights.

use std::collections::BTreeMap;
use std::path::Path;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::TrainingError;
use super::corpus::sources::licence;
use super::corpus::{self, Example};
use super::evaluation::{self, Domain};
use super::fit::{Epoch, Fitted};
use super::protocol::{Outcome, Plan};
use super::recipe::Recipe;
use super::split::Split;

/// What a card says of how its network was trained.
#[allow(clippy::too_many_arguments)]
pub fn describe(
    plan: &Plan,
    name: &str,
    recipe: &Recipe,
    examples: &[Example],
    names: &[String],
    split: &Split,
    columns: &[usize],
    members: &[Fitted],
) -> Value {
    let records = |part: &[usize]| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let real = |example: &&Example| !example.is_outlier();
        for example in part
            .iter()
            .filter_map(|&index| examples.get(index))
            .filter(real)
        {
            if let Some(name) = names.get(example.domain) {
                *counts.entry(name).or_default() += 1;
            }
        }
        counts
    };
    let counts = corpus::counts(split.train.iter().filter_map(|&index| examples.get(index)));
    let positives: serde_json::Map<String, Value> = recipe
        .network
        .statements
        .iter()
        .zip(columns)
        .filter_map(|(id, &column)| {
            let (positives, negatives) = counts.get(column)?;
            Some((
                id.clone(),
                json!({ "positives": positives, "negatives": negatives }),
            ))
        })
        .collect();
    let last = |member: &Fitted| json!(member.history.last());
    let last_epoch = match members {
        [alone] => last(alone),
        members => members.iter().map(last).collect(),
    };
    let corpora = corpora(plan);
    json!({
        "protocol": name,
        "seed": plan.seed,
        "init": plan.init.as_ref().and_then(|parent| parent.dir().file_name()).map(|name| name.to_string_lossy()),
        "version": env!("CARGO_PKG_VERSION"),
        "licences": licences(corpora.iter().map(String::as_str)),
        "corpora": corpora,
        "records": {
            "train": records(&split.train),
            "validation": records(&split.validation),
            "held_back": records(&split.test),
        },
        "statements": positives,
        "recipe": recipe,
        "last_epoch": last_epoch,
    })
}

fn corpora(plan: &Plan) -> Vec<String> {
    let names = plan.corpora.iter();
    names
        .map(|corpus| format!("{}={}", corpus.kind, corpus.name()))
        .collect()
}

/// The licence of each corpus, as `kind=folder`; null where this program knows of none.
pub fn licences<'a>(corpora: impl IntoIterator<Item = &'a str>) -> Value {
    let of = |corpus: &str| (corpus.to_owned(), json!(licence(corpus)));
    corpora
        .into_iter()
        .map(of)
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// The command line of a run that trains weights on, with the names of folders and not where they lie.
pub fn command(plan: &Plan) -> String {
    let name = |dir: &Path| {
        let name = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
        name.file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
    };
    let mut words = vec!["heartbeatai train".to_owned()];
    words.extend(
        plan.init
            .iter()
            .map(|parent| format!("--init {}", name(parent.dir()))),
    );
    words.extend(
        corpora(plan)
            .iter()
            .map(|corpus| format!("--corpus {corpus}")),
    );
    if let Some(protocol) = plan.protocol.to_possible_value() {
        words.push(format!("--protocol {}", protocol.get_name()));
    }
    words.extend(
        plan.leave_out
            .iter()
            .map(|name| format!("--leave-out {name}")),
    );
    words.extend(
        plan.calibrate_on
            .iter()
            .map(|dir| format!("--calibrate-on {}", name(dir))),
    );
    words.push(format!(
        "--epochs {} --seed {}",
        plan.recipe.epochs, plan.seed
    ));
    words.join(" ")
}

/// Writes `history.jsonl`, one epoch a line.
///
/// # Errors
/// When it cannot be written.
pub fn history(dir: &Path, epochs: &[Epoch]) -> Result<(), TrainingError> {
    let path = dir.join("history.jsonl");
    let mut text = String::new();
    for epoch in epochs {
        text += &serde_json::to_string(epoch).map_err(|error| output(&path, error))?;
        text.push('\n');
    }
    std::fs::write(&path, text).map_err(|error| output(&path, error))
}

/// Writes `metrics.json` and `report.md` over all networks of a run.
///
/// # Errors
/// When a file cannot be written.
pub fn write(plan: &Plan, outcomes: &[Outcome]) -> Result<(), TrainingError> {
    let file = |name: &str, text: String| {
        let path = plan.out.join(name);
        std::fs::write(&path, text).map_err(|error| output(&path, error))
    };
    let domains: Vec<Domain> = outcomes
        .iter()
        .flat_map(|outcome| outcome.test.clone())
        .collect();
    let json = serde_json::to_string_pretty(&evaluation::to_json(&domains))
        .map_err(|error| output(&plan.out, error))?;
    file("metrics.json", json)?;
    let mut text = format!("# {}, seed {}\n", plan.recipe.name, plan.seed);
    for outcome in outcomes {
        text.push_str(&format!("\n## {}\n\n", outcome.name));
        if outcome.test.is_empty() {
            text.push_str("Nothing was held back.\n");
        } else {
            text.push_str(&evaluation::to_markdown(&outcome.test));
        }
    }
    file("report.md", text)
}

/// The error of a file that cannot be written.
pub fn output(path: &Path, reason: impl std::fmt::Display) -> TrainingError {
    TrainingError::Output {
        path: path.to_owned(),
        reason: reason.to_string(),
    }
}
