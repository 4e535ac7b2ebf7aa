use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};

use crate::ecg::{LeadName, Recording, Warning};
use crate::network::DevicePreference;
use crate::opening;
use crate::reading::{Answer, Explanation, Finding, Method, Reader, Reading, cannot_say};

#[derive(clap::Args)]
pub struct Args {
    /// The tracings: any supported files, or names of WFDB records.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object a line instead of a table. A finding is `present` only when its `answer` is `present`;
    /// `decided_by` names the measured number or the other statement that decided in the model's place.
    #[arg(long)]
    json: bool,
    /// What to compute on: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    device: DevicePreference,
    /// Folder with model.safetensors and card.json, instead of the weights that the program carries.
    #[arg(long, value_name = "DIR")]
    weights: Option<PathBuf>,
    /// Write to this JSON file what the findings were read from, lead by lead and moment by moment.
    #[arg(long, value_name = "OUT.json")]
    explain: Option<PathBuf>,
    /// Explain this statement (may be given several times) instead of those found present.
    #[arg(long, value_name = "ID", requires = "explain")]
    finding: Vec<String>,
    /// How to explain: lead-weighted-integrated-gradients, integrated-gradients, hirescam or grad-cam.
    #[arg(
        long,
        default_value = "lead-weighted-integrated-gradients",
        requires = "explain"
    )]
    method: Method,
    #[command(flatten)]
    file_options: super::FileOptions,
}

pub fn run(args: Args) -> Result<()> {
    let reader = Reader::load(args.weights.as_deref(), args.device)?;
    let unable: Vec<&str> = (reader.unable())
        .map(|statement| statement.name.as_str())
        .collect();
    let mut out = std::io::stdout().lock();
    let mut explained = Vec::new();
    let mut failures = 0usize;
    for file in &args.files {
        let result = opening::open_with(file, &args.file_options.options())
            .map_err(anyhow::Error::from)
            .and_then(|recording| Ok((reader.read(&recording)?, recording)));
        let (reading, recording) = match result {
            Ok(read) => read,
            // One bad file is an error; among several it must not hide what the others say.
            Err(error) if args.files.len() == 1 => return Err(error),
            Err(error) => {
                failures += 1;
                let reason = format!("{error:#}");
                match args.json {
                    true => writeln!(out, "{}", failure(file, &reader.card().name, &reason))?,
                    false => writeln!(out, "{}\n  not read: {reason}\n", file.display())?,
                }
                continue;
            }
        };
        match args.json {
            true => writeln!(out, "{}", to_json(file, &recording, &reading, &unable))?,
            false => write!(out, "{}", to_table(file, &recording, &reading, &unable))?,
        }
        if args.explain.is_some() {
            explained.push(explanations(
                &reader,
                file,
                &recording,
                &reading,
                &args.finding,
                args.method,
            )?);
        }
    }
    if let Some(path) = &args.explain {
        let bytes = serde_json::to_vec(&explained)?;
        fs::write(path, bytes).with_context(|| path.display().to_string())?;
    }
    match failures {
        0 => Ok(()),
        _ => bail!("{failures} of {} files could not be read", args.files.len()),
    }
}

fn to_json(file: &Path, recording: &Recording, reading: &Reading, unable: &[&str]) -> Value {
    let findings: Vec<Value> = reading
        .findings
        .iter()
        .map(|finding| {
            json!({
                "id": finding.statement.id,
                "name": finding.statement.name,
                "category": finding.statement.category,
                "answer": finding.answer(),
                "decided_by": finding.held.as_ref().map(|held| &held.by),
                "probability": number(finding.probability),
                "threshold": number(finding.threshold),
                "present": finding.present(),
            })
        })
        .collect();
    json!({
        "file": file.display().to_string(),
        "model": reading.model,
        "readable": reading.not_readable.is_none(),
        "reason": reading.not_readable,
        "findings": findings,
        "cannot_say": unable,
        "lead_attention": by_lead(&reading.lead_attention),
        "warnings": warnings(recording, reading).collect::<Vec<_>>(),
        "timing_ms": (reading.timing_ms * 100.0).round() / 100.0,
    })
}

/// A file that could not be read keeps the shape of one that could.
fn failure(file: &Path, model: &str, reason: &str) -> Value {
    json!({
        "file": file.display().to_string(),
        "model": model,
        "readable": false,
        "reason": reason,
        "findings": [],
        "cannot_say": [],
        "lead_attention": {},
        "warnings": [],
        "timing_ms": 0.0,
    })
}

fn warnings<'a>(
    recording: &'a Recording,
    reading: &'a Reading,
) -> impl Iterator<Item = &'a Warning> {
    recording.warnings.iter().chain(&reading.warnings)
}

fn by_lead(values: &[(LeadName, f32)]) -> Map<String, Value> {
    let each = values.iter();
    each.map(|(lead, value)| (lead.to_string(), number(*value)))
        .collect()
}

/// Four decimals: more would be noise of the processor at hand.
fn number(value: f32) -> Value {
    json!((f64::from(value) * 1e4).round() / 1e4)
}

fn to_table(file: &Path, recording: &Recording, reading: &Reading, unable: &[&str]) -> String {
    let mut text = format!("{} (read by {})\n", file.display(), reading.model);
    for warning in warnings(recording, reading) {
        text += &format!("  warning: {warning}\n");
    }
    if let Some(reason) = &reading.not_readable {
        return text + &format!("  not readable, because {reason}\n\n");
    }
    for finding in &reading.findings {
        text += &line(finding);
    }
    if let Some(sentence) = cannot_say(unable) {
        text += &format!("  {sentence}\n");
    }
    text + "  For research and teaching; not a medical device.\n\n"
}

/// One finding: marked when it is present, with a question mark when it is uncertain, and by what it was decided.
fn line(finding: &Finding) -> String {
    let answer = finding.answer();
    let mark = match answer {
        Answer::Present => "*",
        Answer::Uncertain => "?",
        Answer::Absent => " ",
    };
    let by = match &finding.held {
        Some(held) => format!("by {}", held.by),
        None => format!("threshold {:.1} %", finding.threshold * 100.0),
    };
    format!(
        "  {mark} {:<44} {:5.1} %  {:<9}  ({by})\n",
        finding.statement.name,
        finding.probability * 100.0,
        answer.word(),
    )
}

/// The explanations of one file: of the chosen statements, else of those present, else of the one that
/// came closest.
fn explanations(
    reader: &Reader,
    file: &Path,
    recording: &Recording,
    reading: &Reading,
    chosen: &[String],
    method: Method,
) -> Result<Value> {
    let mut ids: Vec<&str> = chosen.iter().map(String::as_str).collect();
    if ids.is_empty() {
        let present = reading.findings.iter().filter(|finding| finding.present());
        ids = present
            .map(|finding| finding.statement.id.as_str())
            .collect();
    }
    if ids.is_empty() {
        ids = reading
            .findings
            .first()
            .map(|finding| finding.statement.id.as_str())
            .into_iter()
            .collect();
    }
    let mut list = Vec::new();
    if reading.not_readable.is_none() {
        for id in ids {
            list.push(explanation(&reader.explain_by(recording, id, method)?));
        }
    }
    Ok(json!({
        "file": file.display().to_string(),
        "model": reading.model,
        "reason": reading.not_readable,
        "explanations": list,
    }))
}

fn explanation(explanation: &Explanation) -> Value {
    let leads: Map<String, Value> = explanation
        .leads
        .iter()
        .map(|(lead, heat)| {
            (
                lead.to_string(),
                heat.iter().map(|&heat| number(heat)).collect(),
            )
        })
        .collect();
    json!({
        "id": explanation.id,
        "method": explanation.method,
        "start_s": explanation.start_s,
        "rate_hz": explanation.rate_hz,
        "leads": leads,
        "lead_effect": by_lead(&explanation.lead_effect),
        "measured_effect": number(explanation.measured_effect),
    })
}
