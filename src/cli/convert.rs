use std::collections::HashSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::ValueHint;
use rand::Rng;
use serde_json::{Value, json};

use crate::formats;
use crate::formats::deidentify::deidentify;
use crate::formats::writing::{self, Target};
use crate::signal::leads::derive_limb_leads;

/// How far the dates of a run are moved into the past, unless it is told: one to ten years, forgotten afterwards.
const SHIFTS_DAYS: std::ops::Range<i32> = 365..3650;

#[derive(clap::Args)]
pub struct Args {
    /// The tracing, or a folder of them.
    #[arg(value_hint = ValueHint::AnyPath)]
    input: PathBuf,
    /// The file to write; for a folder, the folder to write into.
    #[arg(short, long, value_name = "OUT", value_hint = ValueHint::AnyPath)]
    output: PathBuf,
    /// What to write, where the name of the output does not say it.
    #[arg(long, value_enum)]
    to: Option<Target>,
    /// Compute the limb leads that follow from I and II where they are absent.
    #[arg(long)]
    derive: bool,
    /// Take out whose tracing it is; what was found and removed is listed.
    #[arg(long)]
    deidentify: bool,
    /// With --deidentify: move dates by this many days instead of a random number that is the same for all files.
    #[arg(
        long,
        value_name = "DAYS",
        requires = "deidentify",
        allow_negative_numbers = true
    )]
    shift_days: Option<i32>,
    #[command(flatten)]
    file_options: super::FileOptions,
}

/// Prints one JSON object for each tracing. In a folder, one that cannot be converted is an object with its error.
pub fn run(args: Args) -> Result<()> {
    let shift = args
        .shift_days
        .unwrap_or_else(|| -rand::rng().random_range(SHIFTS_DAYS));
    if !args.input.is_dir() {
        let Some(target) = args.to.or_else(|| Target::of(&args.output)) else {
            bail!(
                "{}: the name does not say what to write; name a .hea, .dcm, .edf, .csv or .json, or give --to",
                args.output.display()
            );
        };
        let sources = formats::sources(&args.input).into_iter().collect();
        writing::check_sources(target, &args.output, &sources)?;
        let report = convert(
            &args,
            &args.input,
            &args.output,
            target,
            "deidentified",
            shift,
        )?;
        return Ok(super::emit(report)?);
    }
    let target = args
        .to
        .context("--to is needed to say what a folder is converted to")?;
    let mut failed = 0;
    let mut names = Names::default();
    // All of them before the first is written, which may lie in the same folder.
    let paths: Vec<_> = formats::folder::files(&args.input).collect();
    let sources = paths
        .iter()
        .flatten()
        .flat_map(|path| formats::sources(path));
    let sources: HashSet<PathBuf> = sources.collect();
    for (number, path) in paths.into_iter().enumerate() {
        let path = match path {
            Ok(path) => path,
            Err(error) => {
                failed += 1;
                super::emit(json!({ "file": args.input, "error": error.to_string() }))?;
                continue;
            }
        };
        let name = format!("record-{:06}", number + 1);
        let out = if args.deidentify {
            args.output.join(format!("{name}.{}", target.extension()))
        } else {
            let relative = path.strip_prefix(&args.input).unwrap_or(&path);
            names.choose(&args.output.join(relative), target)
        };
        let converted = writing::check_sources(target, &out, &sources)
            .map_err(anyhow::Error::from)
            .and_then(|()| convert(&args, &path, &out, target, &name, shift));
        match converted {
            Ok(report) => super::emit(report)?,
            Err(error) => {
                failed += 1;
                super::emit(json!({ "file": path, "error": format!("{error:#}") }))?;
            }
        }
    }
    if failed > 0 {
        eprintln!("{failed} files were not converted");
    }
    Ok(())
}

fn convert(
    args: &Args,
    input: &Path,
    output: &Path,
    target: Target,
    name: &str,
    shift_days: i32,
) -> Result<Value> {
    let options = args.file_options.options();
    let mut recording = formats::open_with(input, &options)?;
    if args.derive {
        recording = derive_limb_leads(&recording);
    }
    let removed = args
        .deidentify
        .then(|| deidentify(&mut recording, name, shift_days));
    let (written, losses) = writing::write(&recording, target, output)?;
    Ok(json!({
        "file": input,
        "written": written,
        "format": target,
        "lost": losses,
        "removed": removed,
    }))
}

/// The names that the tracings of a folder are written to, each once.
#[derive(Default)]
struct Names {
    /// In small letters, which some file systems do not tell from capitals.
    taken: HashSet<String>,
}

impl Names {
    /// A name like that of the source which no other tracing of the run has.
    fn choose(&mut self, source: &Path, target: Target) -> PathBuf {
        let known = source.extension().is_some_and(is_known);
        let stem = if known {
            source.file_stem()
        } else {
            source.file_name()
        };
        let stem = stem.unwrap_or_default().to_string_lossy().into_owned();
        (1..)
            .map(|number: usize| match number {
                1 => format!("{stem}.{}", target.extension()),
                number => format!("{stem}-{number}.{}", target.extension()),
            })
            .filter_map(|name| {
                writing::files(target, &source.with_file_name(name))
                    .into_iter()
                    .next()
            })
            .find(|file| self.taken.insert(file.to_string_lossy().to_lowercase()))
            .unwrap_or_else(|| source.to_owned())
    }
}

/// Whether the end of a file name is one of a format, not a part of the name (`1.2.840.113619.7.1`).
fn is_known(extension: &OsStr) -> bool {
    let extension = extension.to_string_lossy().to_lowercase();
    formats::extensions().contains(&extension.as_str())
        || Target::of(Path::new(&format!("x.{extension}"))).is_some()
}
