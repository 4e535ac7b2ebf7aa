use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use crate::ecg::{Lead, Recording, Sex};
use crate::formats::Options;
use crate::opening;
use crate::signal::episodes::episodes;
use crate::signal::pacing::spikes;
use crate::signal::quality::assess;
use crate::signal::{Mains, mains};

#[derive(clap::Args)]
pub struct Args {
    /// The tracing: any supported file, or the name of a WFDB record.
    file: PathBuf,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    file_options: super::FileOptions,
}

pub fn run(args: Args) -> Result<()> {
    let options = Options {
        show_unstated: true,
        ..args.file_options.options()
    };
    let recording = opening::open_with(&args.file, &options)?;
    let text = if args.json {
        format!("{}\n", to_json(&recording))
    } else {
        to_table(&recording)
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

fn to_json(recording: &Recording) -> Value {
    let acquisition = &recording.acquisition;
    json!({
        "format": recording.format,
        "name": recording.name,
        "sampling_rate_hz": recording.sampling_rate_hz,
        "duration_s": recording.duration_s(),
        "simulated": recording.simulated,
        "leads": recording.leads.iter().map(lead_to_json).collect::<Vec<_>>(),
        "patient": recording.patient,
        "acquisition": {
            "started": acquisition.started.map(|started| started.to_string()),
            "device": acquisition.device,
            "filters": acquisition.filters,
            "site": acquisition.site,
        },
        "diagnoses": recording.diagnoses,
        "device_statements": recording.device_statements,
        "device_measurements": recording.device_measurements,
        "median_beats": recording.median_beats.iter().map(|beat| {
            beat.leads.iter().map(lead_to_json).collect::<Vec<_>>()
        }).collect::<Vec<_>>(),
        "annotations": recording.annotations.len(),
        "comments": recording.comments,
        "warnings": recording.warnings,
        "quality": assess(recording),
        "disturbances": episodes(recording),
        "pacing_spikes_s": spikes(recording),
        "mains_hz": mains::detect(recording).map(Mains::hz),
    })
}

fn lead_to_json(lead: &Lead) -> Value {
    let values = lead.samples.microvolts();
    let summary = Summary::of(&values);
    json!({
        "name": lead.name,
        "samples": values.len(),
        "sampling_rate_hz": lead.sampling_rate_hz,
        "unit": lead.unit.of_values(),
        "origin": lead.origin,
        "first10_uv": values.iter().take(10).map(|&value| finite(value)).collect::<Vec<_>>(),
        "min_uv": summary.as_ref().map(|summary| summary.min),
        "max_uv": summary.as_ref().map(|summary| summary.max),
        "mean_uv": summary.as_ref().map(|summary| summary.mean),
        "missing": values.iter().filter(|value| value.is_nan()).count(),
        "crc32_i32le": format!("{:08x}", checksum(&values)),
    })
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

struct Summary {
    min: f64,
    max: f64,
    mean: f64,
}

impl Summary {
    /// Over the values that are not missing; `None` where all are.
    fn of(values: &[f64]) -> Option<Self> {
        let (mut min, mut max, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0_u32);
        for &value in values.iter().filter(|value| value.is_finite()) {
            (min, max, sum, count) = (min.min(value), max.max(value), sum + value, count + 1);
        }
        (count > 0).then(|| Self {
            min,
            max,
            mean: sum / f64::from(count),
        })
    }
}

/// CRC-32 of the values rounded to whole microvolts, half away from zero, as little-endian 32-bit
/// integers; a missing value is the least integer. Two programs that read the same samples agree on it.
fn checksum(values: &[f64]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    for &value in values {
        // A hair above one half, so that a sum of binary fractions that should be one half rounds up.
        let rounded = value.signum() * (value.abs() + 0.5 + 1e-6).floor();
        // Float to integer conversion saturates, which is the rule for values beyond 32 bits.
        #[allow(clippy::cast_possible_truncation)]
        let rounded = if value.is_nan() {
            i32::MIN
        } else {
            rounded as i32
        };
        hasher.update(&rounded.to_le_bytes());
    }
    hasher.finalize()
}

fn to_table(recording: &Recording) -> String {
    let mut lines = vec![format!(
        "{}  {}  {} Hz  {:.2} s",
        recording.name,
        recording.format,
        recording.sampling_rate_hz,
        recording.duration_s()
    )];
    let patient = &recording.patient;
    let described: Vec<String> = [
        patient.name.clone(),
        patient.id.clone(),
        patient.age_years.map(|age| format!("{age} years")),
        patient.sex.map(|sex| {
            match sex {
                Sex::Female => "female",
                Sex::Male => "male",
                Sex::Other => "other sex",
            }
            .to_owned()
        }),
        recording
            .acquisition
            .started
            .map(|started| started.to_string()),
        recording.acquisition.device.clone(),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !described.is_empty() {
        lines.push(described.join(", "));
    }
    if recording.simulated {
        lines.push("simulated tracing".to_owned());
    }
    lines.push(String::new());
    lines.push(format!(
        "{:<12}{:>9}{:>12}{:>12}  unit",
        "lead", "samples", "min", "max"
    ));
    for lead in &recording.leads {
        let (min, max) = Summary::of(&lead.samples.microvolts()).map_or_else(
            || ("-".into(), "-".into()),
            |s| (format!("{:.1}", s.min), format!("{:.1}", s.max)),
        );
        lines.push(format!(
            "{:<12}{:>9}{min:>12}{max:>12}  {}",
            lead.name.to_string(),
            lead.samples.len(),
            lead.unit.of_values()
        ));
    }
    for diagnosis in &recording.diagnoses {
        lines.push(format!("{}: {}", diagnosis.system, diagnosis.code));
    }
    for warning in &recording.warnings {
        lines.push(format!("warning: {warning}"));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values from zlib.crc32 of Python over struct.pack("<i", ...).
    #[test]
    fn the_checksum_rounds_half_away_from_zero_and_marks_missing_values() {
        assert_eq!(checksum(&[]), 0);
        assert_eq!(checksum(&[1.0, -2.0]), checksum(&[0.5, -1.5]));
        assert_eq!(checksum(&[1.0, -2.0, f64::NAN]), 0x5bbf2928);
    }
}
