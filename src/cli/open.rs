//! `heartbeatai [open PATH...]`: the window; without a display, what it would have shown, in words.

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};

use super::emit;
use crate::ecg::Recording;
use crate::formats::{Error, folder};
use crate::network::DevicePreference;
use crate::reading::{Answer, Reader, Reading};
use crate::{opening, simulate};

#[derive(clap::Args)]
pub struct Args {
    /// Tracings to open, or folders to list as a worklist; without any, a bundled simulated case.
    paths: Vec<PathBuf>,
    /// The file that reviews are kept in, instead of your own.
    #[arg(long, value_name = "FILE")]
    project: Option<PathBuf>,
    /// Folder with model.safetensors and card.json, instead of the weights that the program carries.
    #[arg(long, value_name = "DIR")]
    weights: Option<PathBuf>,
    /// Save a picture of the window once the reading is there, and close it.
    #[arg(long, hide = true, value_name = "OUT.png")]
    screenshot: Option<PathBuf>,
    /// Inner size of the window in points.
    #[arg(long, hide = true, value_name = "WxH", value_parser = size)]
    size: Option<(f32, f32)>,
    /// Run a command of the window, by its name, before the picture is taken.
    #[arg(
        long = "run",
        hide = true,
        value_name = "COMMAND",
        requires = "screenshot"
    )]
    commands: Vec<String>,
}

/// The bundled case that stands in when no file is named.
const FIRST_CASE: &str = "premature_ventricular_complexes";

fn size(text: &str) -> Result<(f32, f32), String> {
    let parts = text
        .split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    parts
        .filter(|(width, height): &(f32, f32)| {
            (320.0..=16_384.0).contains(width) && (240.0..=16_384.0).contains(height)
        })
        .ok_or_else(|| "a size is WIDTHxHEIGHT, such as 1600x1000".to_owned())
}

pub fn run(args: Args) -> Result<()> {
    let trouble = match window(&args) {
        Ok(()) => return Ok(()),
        Err(trouble) => trouble,
    };
    if args.screenshot.is_some() {
        return Err(anyhow!("no picture could be taken: {trouble}"));
    }
    without_window(&args, &trouble)
}

/// Opens the window; the error says why there is none.
#[cfg(feature = "viewer")]
fn window(args: &Args) -> Result<(), String> {
    use crate::viewer;

    // Elsewhere the window system is always there; here a missing one is the usual case of a server.
    let display = ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"];
    if cfg!(target_os = "linux")
        && display
            .iter()
            .all(|name| std::env::var_os(name).is_none_or(|v| v.is_empty()))
    {
        return Err("there is no display".into());
    }
    let named = |name: &String| {
        let found = viewer::Command::ALL
            .iter()
            .find(|command| command.name() == name)
            .copied();
        found.ok_or_else(|| format!("no command is called {name:?}"))
    };
    let commands = args.commands.iter().map(named).collect::<Result<_, _>>()?;
    let screenshot = args
        .screenshot
        .clone()
        .map(|path| viewer::Screenshot::new(path, commands));
    let options = viewer::Options {
        paths: args.paths.clone(),
        project: args.project.clone(),
        weights: args.weights.clone(),
        screenshot: screenshot.clone(),
        size: args.size,
    };
    viewer::run(options).map_err(|error| format!("the window could not be opened: {error}"))?;
    screenshot.map_or(Ok(()), |screenshot| screenshot.outcome())
}

#[cfg(not(feature = "viewer"))]
fn window(_: &Args) -> Result<(), String> {
    Err("this program was built without its window".into())
}

/// Says what to do instead, and what the second reader makes of the tracings.
fn without_window(args: &Args, trouble: &str) -> Result<()> {
    let named = args
        .paths
        .iter()
        .map(|path| path.display().to_string())
        .collect::<Vec<_>>()
        .join(" ");
    let files = if named.is_empty() {
        "FILE".to_owned()
    } else {
        named
    };
    eprintln!("heartbeatai: {trouble}. Without it:");
    eprintln!("  heartbeatai read {files} --json");
    eprintln!("  heartbeatai print {files} -o page.pdf --reading");
    let reader = Reader::load(args.weights.as_deref(), DevicePreference::Auto)
        .context("the second reader could not be started")?;
    let recordings = if args.paths.is_empty() {
        vec![simulate::bundled::open(FIRST_CASE).context("the bundled case is missing")?]
    } else {
        tracings(&args.paths)
            .map(|path| opening::open(&path?))
            .collect::<Result<_, _>>()?
    };
    for recording in &recordings {
        let reading = reader.read(recording)?;
        for line in in_words(recording, &reading) {
            emit(line)?;
        }
    }
    emit("Research and teaching. Not a medical device.")?;
    Ok(())
}

/// The files that were named, and those in the folders that were.
fn tracings(paths: &[PathBuf]) -> impl Iterator<Item = Result<PathBuf, Error>> {
    paths.iter().flat_map(|path| {
        let files: Box<dyn Iterator<Item = _>> = if path.is_dir() {
            Box::new(folder::files(path))
        } else {
            Box::new(std::iter::once(Ok(path.clone())))
        };
        files
    })
}

/// The machine's word in a few lines.
fn in_words(recording: &Recording, reading: &Reading) -> Vec<String> {
    let simulated = if recording.simulated {
        ", simulated"
    } else {
        ""
    };
    let mut lines = vec![
        format!(
            "{}: {} leads, {:.1} s{simulated}",
            recording.name,
            recording.leads.len(),
            recording.duration_s()
        ),
        format!("Second reader (machine), {}:", reading.model),
    ];
    if let Some(reason) = &reading.not_readable {
        lines.push(format!("  not readable, because {reason}"));
        return lines;
    }
    let said = (reading.findings.iter()).filter(|finding| finding.answer() != Answer::Absent);
    let listed = said.map(|finding| {
        let (probability, threshold) = (finding.probability, finding.threshold);
        let uncertain = match finding.present() {
            true => "",
            false => ", uncertain",
        };
        format!(
            "  {} {probability:.2} (threshold {threshold:.2}){uncertain}",
            finding.statement.name
        )
    });
    let before = lines.len();
    lines.extend(listed);
    if lines.len() == before {
        lines.push("  no statement reaches its threshold".into());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tracing_that_cannot_be_read_says_why_and_names_no_finding() {
        let recording = Recording::new("A0001", "wfdb", 500.0);
        let reading = Reading {
            model: "m".into(),
            not_readable: Some("V2 is flat".into()),
            findings: Vec::new(),
            lead_attention: Vec::new(),
            warnings: Vec::new(),
            timing_ms: 1.0,
        };
        let lines = in_words(&recording, &reading);
        assert_eq!(
            lines.last().map(String::as_str),
            Some("  not readable, because V2 is flat")
        );
    }

    #[test]
    fn a_size_is_two_numbers_in_reach() {
        assert_eq!(size("1600x1000"), Ok((1600.0, 1000.0)));
        assert!(
            ["1600", "0x0", "ax9", "1e9x1e9", "NaNx800"]
                .iter()
                .all(|text| size(text).is_err())
        );
    }
}
