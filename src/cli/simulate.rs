use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::json;

use super::emit;
use crate::formats::wfdb;
use crate::simulate::{
    Condition, Settings, Simulation, UnknownCondition, bundled, condition, conditions, simulate,
};

#[derive(clap::Args)]
#[command(group = clap::ArgGroup::new("what"))]
pub struct Args {
    /// List the conditions.
    #[arg(long, group = "what")]
    list: bool,
    /// Draw this condition.
    #[arg(long, value_name = "ID", group = "what")]
    case: Option<String>,
    /// Draw every condition by its own seed, with `cases.toml`: the bundled cases.
    #[arg(long, group = "what", conflicts_with_all = ["seed", "duration"])]
    all: bool,
    /// Which person to draw; without it, the textbook example.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Length in seconds, 1 to 600.
    #[arg(long, value_name = "S", default_value_t = 10.0)]
    duration: f64,
    /// Folder for NAME.hea, NAME.dat and NAME.truth.json.
    #[arg(short, long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Print the list, or what was written, as JSON.
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<()> {
    if args.list {
        return list(args.json);
    }
    if args.case.is_none() && !args.all {
        bail!("nothing to draw: say --case ID, --all or --list");
    }
    let Some(out) = &args.out else {
        bail!("no folder to write to: give one with -o DIR")
    };
    if args.all {
        for condition in conditions() {
            let simulation = simulate(condition, condition.default_seed, &Settings::default());
            write(&simulation, out, args.json)?;
        }
        let path = out.join("cases.toml");
        fs::write(&path, bundled::listing()?).with_context(|| path.display().to_string())?;
        return Ok(());
    }
    let id = args.case.unwrap_or_default();
    let condition = condition(&id).ok_or(UnknownCondition(id))?;
    if !(1.0..=600.0).contains(&args.duration) {
        bail!(
            "a duration of {} s: between 1 and 600 s can be drawn",
            args.duration
        );
    }
    let settings = Settings {
        duration_s: args.duration,
        ..Settings::default()
    };
    let seed = args.seed.unwrap_or(condition.default_seed);
    let mut simulation = simulate(condition, seed, &settings);
    if let Some(seed) = args.seed {
        simulation.recording.name = format!("{}_{seed}", condition.id);
    }
    write(&simulation, out, args.json)
}

fn write(simulation: &Simulation, out: &Path, json: bool) -> Result<()> {
    let header = wfdb::write(&simulation.recording, out)?;
    let truth = out.join(format!("{}.truth.json", simulation.recording.name));
    let text = serde_json::to_string(&simulation.truth)? + "\n";
    fs::write(&truth, text).with_context(|| truth.display().to_string())?;
    if json {
        let conditions = &simulation.truth.conditions;
        emit(
            json!({ "conditions": conditions, "seed": simulation.truth.seed, "file": header, "truth": truth }),
        )?;
    } else {
        emit(header.display())?;
    }
    Ok(())
}

fn list(json: bool) -> Result<()> {
    if json {
        let row = |condition: &Condition| {
            json!({
                "id": condition.id,
                "name": condition.name,
                "statements": condition.statements,
                "snomed": condition.snomed,
                "default_seed": condition.default_seed,
                "teaching": condition.teaching,
            })
        };
        emit(serde_json::Value::Array(
            conditions().iter().map(row).collect(),
        ))?;
        return Ok(());
    }
    for condition in conditions() {
        emit(format!("{:34}{}", condition.id, condition.name))?;
    }
    Ok(())
}
