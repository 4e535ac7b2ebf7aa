use std::io::Write;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Result, bail};
use serde_json::{Value as Json, json};

use super::{emit, measure_csv};
use crate::ecg::{LeadName, Recording};
use crate::measure::evaluate::{ludb, muse};
use crate::measure::{Measurements, Number, Value, device, measure};
use crate::opening;
use crate::training::boundaries;

#[derive(clap::Args)]
pub struct Args {
    /// The tracings: any supported files, or names of WFDB records.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Print one JSON object a line instead of a table.
    #[arg(long)]
    json: bool,
    /// Print comma-separated values: one row a file, one column a number with its unit in the header.
    #[arg(long, conflicts_with = "json")]
    csv: bool,
    /// Put the curves of the representative beats into the JSON.
    #[arg(long, requires = "json")]
    curves: bool,
    #[command(flatten)]
    file_options: super::FileOptions,
}

pub fn run(args: Args) -> Result<()> {
    let options = args.file_options.options();
    let mut out = std::io::stdout().lock();
    let mut table = Vec::new();
    let mut failures = 0usize;
    for file in &args.files {
        let recording = match opening::open_with(file, &options) {
            Ok(recording) => recording,
            Err(error) if args.files.len() == 1 => return Err(error.into()),
            Err(error) => {
                failures += 1;
                eprintln!("warning: {error}");
                if args.json {
                    writeln!(
                        out,
                        "{}",
                        json!({ "file": file, "error": error.to_string() })
                    )?;
                }
                continue;
            }
        };
        let measured = measure(&recording);
        if args.json {
            writeln!(
                out,
                "{}",
                to_json(file, &recording, &measured, args.curves)?
            )?;
        } else if args.csv {
            table.push(measure_csv::row(file, &recording, &measured));
        } else {
            write!(out, "{}", to_table(file, &recording, &measured))?;
        }
    }
    if args.csv {
        out.write_all(&measure_csv::table(&table)?)?;
    }
    match failures {
        0 => Ok(()),
        _ => bail!("{failures} of {} files could not be read", args.files.len()),
    }
}

/// People of each simulated condition when no number is given.
const PEOPLE: u64 = 8;

/// Whose numbers ours are held against.
#[derive(Debug, Clone)]
pub(super) enum Reference {
    /// LUDB's annotators.
    Ludb(PathBuf),
    /// The GE MUSE measurements of the original Chapman release.
    Muse(PathBuf),
    /// The truth of simulated tracings: so many people of each condition.
    Simulated(u64),
}

impl FromStr for Reference {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some(("ludb", dir)) => Ok(Self::Ludb(dir.into())),
            Some(("muse", dir)) => Ok(Self::Muse(dir.into())),
            Some(("simulated", people)) => people
                .parse()
                .map(Self::Simulated)
                .map_err(|_| format!("{people:?} is no number of people")),
            None if text == "simulated" => Ok(Self::Simulated(PEOPLE)),
            _ => Err("a reference is ludb=DIR, muse=DIR, simulated or simulated=PEOPLE".to_owned()),
        }
    }
}

/// Prints how far our measurements are from each reference.
pub(super) fn evaluate(references: &[Reference], as_json: bool) -> Result<()> {
    let mut figures = serde_json::Map::new();
    for reference in references {
        match reference {
            Reference::Ludb(dir) => {
                figures.insert("ludb".into(), serde_json::to_value(ludb(dir)?)?)
            }
            Reference::Muse(dir) => {
                figures.insert("muse".into(), serde_json::to_value(muse(dir)?)?)
            }
            Reference::Simulated(people) => {
                figures.insert("simulated".into(), boundaries::simulated(*people))
            }
        };
    }
    let mut figures = Json::Object(figures);
    round(&mut figures);
    emit(if as_json {
        figures.to_string()
    } else {
        serde_json::to_string_pretty(&figures)?
    })?;
    Ok(())
}

fn to_json(
    file: &Path,
    recording: &Recording,
    measured: &Measurements,
    curves: bool,
) -> Result<Json> {
    let mut object = json!({
        "file": file,
        "measurements": measured,
        "device_measurements": recording.device_measurements,
        "device_compared": device::compare(recording, measured),
        "warnings": recording.warnings,
    });
    if !curves && let Some(classes) = object["measurements"]["classes"].as_array_mut() {
        for class in classes.iter_mut().filter_map(Json::as_object_mut) {
            class.remove("curves");
        }
    }
    if let Some(beats) = object["measurements"]["beats"].as_array_mut() {
        name_leads(beats, &measured.lead_names());
    }
    round(&mut object);
    Ok(object)
}

/// Says of each lead's boundaries whose they are.
fn name_leads(beats: &mut [Json], leads: &[LeadName]) {
    for beat in beats {
        let own = beat["lead_boundaries"].as_array_mut().into_iter().flatten();
        for (boundaries, lead) in own.zip(leads) {
            if let Some(fields) = boundaries.as_object_mut() {
                fields.insert("lead".into(), json!(lead));
            }
        }
    }
}

/// Six decimals are finer than any sample; more would only be the noise of binary fractions.
fn round(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(round),
        Json::Object(fields) => fields.values_mut().for_each(round),
        Json::Number(number) if number.is_f64() => {
            if let Some(rounded) = number.as_f64().map(|number| (number * 1e6).round() / 1e6) {
                *value = json!(rounded);
            }
        }
        _ => {}
    }
}

/// Everything over all leads, in the order of a report.
fn global(measured: &Measurements) -> Vec<(&'static str, &Value)> {
    [
        ("heart_rate", &measured.heart_rate),
        ("heart_rate_min", &measured.heart_rate_min),
        ("heart_rate_max", &measured.heart_rate_max),
        ("p_duration", &measured.p_duration),
        ("pr", &measured.pr),
        ("qrs", &measured.qrs),
        ("qt", &measured.qt),
        ("qtc_bazett", &measured.qtc.bazett),
        ("qtc_fridericia", &measured.qtc.fridericia),
        ("qtc_framingham", &measured.qtc.framingham),
        ("qtc_hodges", &measured.qtc.hodges),
        ("p_axis", &measured.p_axis),
        ("qrs_axis", &measured.qrs_axis),
        ("t_axis", &measured.t_axis),
        ("qt_dispersion", &measured.qt_dispersion),
        ("longest_rr", &measured.longest_rr),
        ("rmssd", &measured.rmssd),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_ref()?)))
    .collect()
}

fn to_table(file: &Path, recording: &Recording, measured: &Measurements) -> String {
    let mut lines = vec![format!("{}", file.display())];
    for (name, value) in global(measured) {
        lines.push(format!("  {name:<16}{:>8.0} {}", value.value, value.unit));
    }
    for line in measured.rhythm_in_words() {
        lines.push(format!("  {line}"));
    }
    for compared in device::compare(recording, measured) {
        let (name, unit) = (&compared.name, &compared.unit);
        let difference = compared.difference.map_or_else(String::new, |difference| {
            let mark = if compared.marked { " (!)" } else { "" };
            let against = compared.against;
            let against = against.map_or_else(String::new, |own| format!(", compared with {own}"));
            // Without the sum a difference that rounds to nothing would read "-0".
            let difference = difference.round() + 0.0;
            format!("; ours {difference:+.0}{mark}{against}")
        });
        lines.push(format!(
            "  device's {name:<12}{:>4.0} {unit}{difference}",
            compared.device
        ));
    }
    for criterion in &measured.criteria {
        let (value, verdict) = (&criterion.value, criterion.verdict().spoken());
        let number = Number::of(value.value, &value.unit).spoken();
        let threshold = Number::of(criterion.threshold, &value.unit).spoken();
        let name = &criterion.name;
        lines.push(format!(
            "  {name:<24}{number:>13} ({verdict}; threshold {threshold})"
        ));
    }
    if let Some(basis) = measured.basis() {
        lines.push(format!("  measured on: {basis}"));
    }
    for note in &measured.notes {
        lines.push(format!("  note: {note}"));
    }
    for warning in &recording.warnings {
        lines.push(format!("  warning: {warning}"));
    }
    lines.push(String::new());
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use crate::simulate::bundled;

    #[test]
    fn the_boundaries_of_each_beat_name_their_leads_and_the_table_what_it_was_measured_on() {
        let recording = bundled::open("left_bundle_branch_block").unwrap();
        let measured = measure(&recording);
        let object = to_json(Path::new("r"), &recording, &measured, false).unwrap();
        let beat = &object["measurements"]["beats"][2]["lead_boundaries"];
        let leads: Vec<&str> = beat
            .as_array()
            .unwrap()
            .iter()
            .map(|own| own["lead"].as_str().unwrap())
            .collect();
        let expected = measured.lead_names();
        assert_eq!(
            leads,
            expected.iter().map(LeadName::as_str).collect::<Vec<_>>()
        );
        let back: Measurements =
            serde_json::from_value(serde_json::to_value(&measured).unwrap()).unwrap();
        assert_eq!(back, measured);
        let text = to_table(Path::new("r"), &recording, &measured);
        assert!(
            text.contains("measured on: zero-phase") && text.contains("  beats "),
            "{text}"
        );
        assert!(
            text.contains("(does not apply: QRS 1") && !text.contains("(met;"),
            "{text}"
        );
    }
}
