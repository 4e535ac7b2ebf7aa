use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Subcommand, ValueHint};
use serde_json::{Value, json};

use super::emit;
use crate::review::exchange::{self, Format, Report};
use crate::review::{Agreement, Event, Kappa, Project, agreement, default_path};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write reviews for other programs, or for `train --corpus cinc=DIR` and `ptb-xl=DIR`.
    Export(Export),
    /// Take reviews in.
    Import(Import),
    /// How far readers agree, and where they differ.
    Agreement(Told),
    /// Everything that happened: who, when, what, before and after.
    Log(Told),
}

#[derive(clap::Args)]
struct Which {
    /// The project's file, instead of your own.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    project: Option<PathBuf>,
}

#[derive(clap::Args)]
struct Export {
    #[command(flatten)]
    which: Which,
    /// What to write.
    #[arg(long, value_enum)]
    to: Format,
    /// The folder to write into.
    #[arg(short, long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    output: PathBuf,
    /// Only what this reader said.
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
}

#[derive(clap::Args)]
struct Import {
    #[command(flatten)]
    which: Which,
    /// What is to be read.
    #[arg(long, value_enum)]
    from: Format,
    /// The file, or the folder of tracings.
    #[arg(value_hint = ValueHint::AnyPath)]
    input: PathBuf,
    /// Who said it, where the files do not tell.
    #[arg(long, value_name = "NAME")]
    reader: Option<String>,
}

#[derive(clap::Args)]
struct Told {
    #[command(flatten)]
    which: Which,
    /// JSON instead of a table; of the log, one object a line.
    #[arg(long)]
    json: bool,
}

pub fn run(args: Args) -> Result<()> {
    match args.command {
        Command::Export(args) => {
            let project = args.which.existing()?;
            let report = exchange::export(&project, args.to, &args.output, args.reader.as_deref())?;
            tell(&report)
        }
        Command::Import(args) => {
            let mut project = args.which.any()?;
            let reader = args.reader.as_deref();
            let report = exchange::import(&mut project, args.from, &args.input, reader)?;
            tell(&report)
        }
        Command::Agreement(args) => {
            let project = args.which.existing()?;
            let adjudicator = project.settings()?.adjudicator;
            let found = agreement(&project.summaries()?, adjudicator.as_deref());
            if args.json {
                return Ok(emit(serde_json::to_string(&found)?)?);
            }
            Ok(emit(table(&found))?)
        }
        Command::Log(args) => {
            for event in args.which.existing()?.log()? {
                if args.json {
                    emit(to_json(&event))?;
                } else {
                    emit(in_words(&event))?;
                }
            }
            Ok(())
        }
    }
}

impl Which {
    fn path(&self) -> Result<PathBuf> {
        let path = self.project.clone().or_else(default_path);
        path.context(
            "this system names no folder for your data; name a project with --project FILE",
        )
    }

    fn any(&self) -> Result<Project> {
        Ok(Project::open(&self.path()?)?)
    }

    /// The project, which a question must not begin.
    fn existing(&self) -> Result<Project> {
        let path = self.path()?;
        if !path.is_file() {
            bail!("{}: there is no such project", path.display());
        }
        Ok(Project::open(&path)?)
    }
}

/// What was done on stdout, what was not on stderr.
fn tell(report: &Report) -> Result<()> {
    for reason in &report.left_out {
        eprintln!("left out: {reason}");
    }
    Ok(emit(serde_json::to_string(report)?)?)
}

fn to_json(event: &Event) -> Value {
    let (what, key) = event.slot.parts();
    let value = |text: &Option<String>| -> Value {
        text.as_deref()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    };
    json!({
        "event": event.seq,
        "step": event.step,
        "at": event.at,
        "reader": event.reader,
        "tracing": event.tracing,
        "act": event.act,
        "of_step": event.of_step,
        "what": what,
        "key": key,
        "before": value(&event.before),
        "after": value(&event.after),
    })
}

fn in_words(event: &Event) -> String {
    let (what, key) = event.slot.parts();
    let act = to_json(event)["act"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    let tracing = event
        .tracing
        .as_deref()
        .and_then(|id| id.get(..12))
        .unwrap_or("project");
    let value = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{:>6}  {}  {}  {tracing}  {act} {what} {key}: {} -> {}",
        event.seq,
        event.at,
        event.reader,
        value(&event.before),
        value(&event.after)
    )
}

fn table(found: &Agreement) -> String {
    let mut lines = vec![format!(
        "{} readers: {}",
        found.readers.len(),
        found.readers.join(", ")
    )];
    let kappa = |kappa: &Kappa| {
        let number =
            |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        let [low, high] = kappa
            .ci95
            .map_or([None, None], |[low, high]| [Some(low), Some(high)]);
        format!(
            "{:>9}{:>10.3}{:>9}  [{}, {}]",
            kappa.tracings,
            kappa.observed,
            number(kappa.kappa),
            number(low),
            number(high)
        )
    };
    if !found.statements.is_empty() {
        lines.push(format!(
            "{:<12}{:<30}{:>9}{:>10}{:>9}  95 % interval",
            "statement", "readers", "tracings", "observed", "kappa"
        ));
    }
    for statement in &found.statements {
        for pair in &statement.pairs {
            let readers = pair.readers.join(" / ");
            lines.push(format!(
                "{:<12}{readers:<30}{}",
                statement.statement,
                kappa(&pair.cohen)
            ));
        }
        if let Some(fleiss) = &statement.fleiss {
            lines.push(format!(
                "{:<12}{:<30}{}",
                statement.statement,
                "all (Fleiss)",
                kappa(fleiss)
            ));
        }
    }
    for difference in &found.differences {
        let said = difference
            .verdicts
            .iter()
            .map(|(name, verdict)| format!("{name} {}", verdict.as_str()));
        let said: Vec<String> = said.collect();
        let judged = difference
            .adjudicated
            .map(|verdict| format!("; adjudicated {}", verdict.as_str()));
        lines.push(format!(
            "differ: {} {}: {}{}",
            difference.name,
            difference.statement,
            said.join(", "),
            judged.unwrap_or_default()
        ));
    }
    lines.join("\n")
}
