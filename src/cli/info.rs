use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;
use serde_json::{Value, json};

use crate::ecg::{Lead, Recording, Samples, Sex};
use crate::formats::{Options, wfdb};
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
        let mut value = to_json(&recording);
        add_frame_rate(&recording, &mut value)?;
        format!("{value}\n")
    } else {
        to_table(&recording)
    };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(())
}

fn to_json(recording: &Recording) -> Value {
    let acquisition = &recording.acquisition;
    let part = opening::looked_at(recording);
    let heart = recording.heart();
    let seen = part.as_ref().unwrap_or(&heart);
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
        "looked_at_s": seen.duration_s(),
        "quality": assess(seen),
        "disturbances": episodes(seen),
        "pacing_spikes_s": spikes(seen),
        "mains_hz": mains::detect(seen).map(Mains::hz),
    })
}

/// A WFDB record with several samples a frame has two readings: `leads` and `sampling_rate_hz` become those of its
/// frames, as WFDB's own programs show it by default, and `leads_full_rate` holds every sample, which is what we draw.
fn add_frame_rate(recording: &Recording, value: &mut Value) -> Result<()> {
    if let Some((rate_hz, leads)) = wfdb::at_frame_rate(recording)? {
        value["leads_full_rate"] = value["leads"].take();
        value["leads"] = leads.iter().map(lead_to_json).collect();
        value["sampling_rate_hz"] = json!(rate_hz);
    }
    Ok(())
}

fn lead_to_json(lead: &Lead) -> Value {
    let summary = Summary::of(&lead.samples);
    let first = (0..10).map_while(|index| lead.samples.get(index));
    json!({
        "name": lead.name,
        "samples": lead.samples.len(),
        "sampling_rate_hz": lead.sampling_rate_hz,
        "unit": lead.unit.of_values(),
        "origin": lead.origin,
        "first10_uv": first.map(finite).collect::<Vec<_>>(),
        "min_uv": summary.known.as_ref().map(|known| known.min),
        "max_uv": summary.known.as_ref().map(|known| known.max),
        "mean_uv": summary.known.as_ref().map(|known| known.mean),
        "missing": summary.missing,
        "crc32_i32le": format!("{:08x}", summary.checksum),
    })
}

fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// What is told of a lead's samples, seen in one pass.
struct Summary {
    /// Over the values that are not missing; `None` where all are.
    known: Option<Range>,
    missing: usize,
    /// CRC-32 of the values rounded to whole microvolts, half away from zero, as little-endian 32-bit integers; a missing
    /// value is the least integer. Two programs that read the same samples agree on it.
    checksum: u32,
}

struct Range {
    min: f64,
    max: f64,
    mean: f64,
}

impl Summary {
    fn of(samples: &Samples) -> Self {
        let (mut min, mut max, mut sum, mut count) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0_u32);
        let mut missing = 0;
        let mut hasher = crc32fast::Hasher::new();
        // Long enough for the checksum to be fast.
        let mut block = Vec::with_capacity(4096);
        samples.each(|value| {
            if value.is_finite() {
                (min, max, sum, count) = (min.min(value), max.max(value), sum + value, count + 1);
            }
            missing += usize::from(value.is_nan());
            block.extend_from_slice(&rounded(value).to_le_bytes());
            if block.len() == block.capacity() {
                hasher.update(&block);
                block.clear();
            }
        });
        hasher.update(&block);
        Self {
            known: (count > 0).then(|| Range {
                min,
                max,
                mean: sum / f64::from(count),
            }),
            missing,
            checksum: hasher.finalize(),
        }
    }
}

fn rounded(value: f64) -> i32 {
    if value.is_nan() {
        return i32::MIN;
    }
    // A hair above one half, so that a sum of binary fractions that should be one half rounds up. Float to integer
    // conversion saturates, which is the rule for values beyond 32 bits.
    #[allow(clippy::cast_possible_truncation)]
    let rounded = (value.signum() * (value.abs() + 0.5 + 1e-6).floor()) as i32;
    rounded
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
        let (min, max) = Summary::of(&lead.samples).known.map_or_else(
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
        let checksum =
            |values: &[f64]| Summary::of(&Samples::from_microvolts(values.to_vec())).checksum;
        assert_eq!(checksum(&[]), 0);
        assert_eq!(checksum(&[1.0, -2.0]), checksum(&[0.5, -1.5]));
        assert_eq!(checksum(&[1.0, -2.0, f64::NAN]), 0x5bbf2928);
    }
}
