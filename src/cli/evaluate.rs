use std::io::Write;
use std::path::PathBuf;
use std::sync::Mutex;

use anyhow::Context;
use clap::ValueHint;
use serde_json::json;

use super::reliability;
use super::train::Narrator;
use crate::network::{DevicePreference, weights};
use crate::reading::{Method, Reader};
use crate::signal::reversal::MODEL;
use crate::training::reversal::Part;
use crate::training::{self, Corpus, Stage, evaluation, explanations};

#[derive(clap::Args)]
pub struct Args {
    /// A labelled corpus: `ptb-xl=DIR`, `cinc=DIR` or `ludb=DIR`; may be given several times.
    #[arg(
        long = "corpus",
        value_name = "KIND=DIR",
        required_unless_present = "measured"
    )]
    corpora: Vec<Corpus>,
    /// Judge the measurements instead of the model: `ludb=DIR` (annotators), `muse=DIR` (device) or `simulated`
    /// (truth, over noise; `simulated=PEOPLE` draws so many of each condition).
    #[arg(long = "measure", value_name = "KIND=DIR", conflicts_with = "corpora")]
    measured: Vec<super::measure::Reference>,
    /// Judge the explanations instead of the findings: randomised weights, deletion and insertion, pointing games,
    /// lead attention, stability.
    #[arg(long, requires = "corpora", conflicts_with = "measured")]
    explanations: bool,
    /// With `--explanations`: `grad-cam`, `hirescam`, `integrated-gradients` or `lead-weighted-integrated-gradients`.
    #[arg(long, default_value_t = Method::default(), requires = "explanations")]
    method: Method,
    /// With `--explanations`: no more records than that for a statement.
    #[arg(long, default_value_t = 20, requires = "explanations")]
    limit: usize,
    /// Only the patients whom the training of these weights held back, as their card says by which seed.
    #[arg(long, requires = "corpora", conflicts_with_all = ["explanations", "reversal"])]
    held_back: bool,
    /// With `--held-back`: put the figures into the card of `--weights`, in place of those of the version that trained: what
    /// is answered depends on what this version measures.
    #[arg(long, requires_all = ["held_back", "weights"])]
    update_card: bool,
    /// Judge the hints at exchanged electrodes: swaps them in every record of the patients held back, and counts.
    #[arg(long, requires = "corpora", conflicts_with_all = ["measured", "explanations"])]
    reversal: bool,
    /// With `--reversal`: every record, for a corpus that nothing was fitted on.
    #[arg(long, requires = "reversal")]
    every_record: bool,
    /// With `--reversal`: first fit the coefficients on the other patients and write them to this file.
    #[arg(
        long,
        value_name = "FILE",
        requires = "reversal",
        conflicts_with = "every_record"
    )]
    fit: Option<PathBuf>,
    /// Draw a reliability diagram for each corpus, over all statements, to this PNG or SVG.
    #[arg(long, value_name = "OUT", requires = "corpora", conflicts_with_all = ["measured", "explanations", "reversal"],
        value_hint = ValueHint::FilePath)]
    reliability: Option<PathBuf>,
    /// Folder with the weights to judge; without it the bundled ones.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    weights: Option<PathBuf>,
    /// Figures as JSON instead of tables.
    #[arg(long)]
    json: bool,
    /// `auto`, `cpu`, `cuda`, `cuda:N` or `metal`.
    #[arg(long, default_value = "auto")]
    device: DevicePreference,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    if !args.measured.is_empty() {
        return super::measure::evaluate(&args.measured, args.json);
    }
    if args.reversal {
        return reversal(&args);
    }
    // Before hours of reading, not after.
    args.reliability
        .as_deref()
        .map(reliability::kind)
        .transpose()?;
    let reader = Reader::load(args.weights.as_deref(), args.device)?;
    let narrator = Narrator::default();
    if args.explanations {
        let say = |stage: training::Stage<'_>| narrator.say(&stage);
        let found = explanations::evaluate(&reader, args.method, &args.corpora, args.limit, &say)?;
        narrator.end();
        let text = if args.json {
            serde_json::to_string(&found)?
        } else {
            explanations::to_markdown(&found)
        };
        return Ok(super::emit(text.trim_end())?);
    }
    let notes = Mutex::new(Vec::new());
    let domains = training::evaluate(&reader, &args.corpora, args.held_back, &|stage| {
        if let (Stage::Note(note), Ok(mut notes)) = (&stage, notes.lock()) {
            notes.push(note.clone());
        }
        narrator.say(&stage);
    })?;
    narrator.end();
    if let Some(path) = &args.reliability {
        reliability::write(path, &domains)?;
    }
    if let (true, Some(dir)) = (args.update_card, &args.weights) {
        let mut card = reader.card().clone();
        evaluation::replace_held_back(&mut card, &domains);
        weights::save_card(dir, &card)?;
    }
    let text = if args.json {
        let mut figures = evaluation::to_json(&domains);
        figures["notes"] = json!(notes.into_inner().unwrap_or_default());
        serde_json::to_string(&figures)? + "\n"
    } else {
        evaluation::to_markdown(&domains)
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

fn reversal(args: &Args) -> anyhow::Result<()> {
    let narrator = Narrator::default();
    let say = |stage: training::Stage<'_>| narrator.say(&stage);
    let fitted = match &args.fit {
        None => None,
        Some(path) => {
            let mut model = training::reversal::fit(&args.corpora, &say)?;
            let corpora = args.corpora.iter();
            let corpora: Vec<String> = corpora
                .map(|corpus| format!("--corpus {}={}", corpus.kind, corpus.name()))
                .collect();
            model.command = format!(
                "heartbeatai evaluate --reversal --fit FILE {}",
                corpora.join(" ")
            );
            std::fs::write(path, serde_json::to_string(&model)? + "\n")
                .with_context(|| format!("{} cannot be written", path.display()))?;
            Some(model)
        }
    };
    let model = fitted.as_ref().unwrap_or(&MODEL);
    let part = if args.every_record {
        Part::Every
    } else {
        Part::HeldBack
    };
    let judged = training::reversal::evaluate(model, &args.corpora, part, &say)?;
    narrator.end();
    let text = if args.json {
        serde_json::to_string(&judged)?
    } else {
        serde_json::to_string_pretty(&judged)?
    };
    Ok(super::emit(text)?)
}
