use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use serde::de::DeserializeOwned;

use crate::ecg::Recording;
use crate::measure::measure;
use crate::network::DevicePreference;
use crate::opening;
use crate::reading::{Answer, Finding, Method, Reader, Reading, vocabulary};
use crate::review::{Identity, Project, default_path, report};
use crate::sheet::{
    Heat, Layout, LeadOrder, Page, Palette, PrintedFinding, PrintedReading, PrintedReview, Sheet,
    SheetOptions, compose_pages, paint, report_page,
};
use crate::signal::{FilterSettings, HighCut, LowCut, MainsFilter, quality};

/// Pages of one PDF: half an hour at ten seconds a page.
const MOST_PAGES: usize = 180;

#[derive(clap::Args)]
pub struct Args {
    /// The tracing: any supported file, or the name of a WFDB record.
    file: PathBuf,
    /// Where to print to: a name ending in .pdf, .png or .svg.
    #[arg(short, long, value_name = "OUT.{pdf,png,svg}")]
    output: PathBuf,
    /// Arrangement of the leads: 3x4, 3x4+1, 3x4+3, 6x2 or 12x1.
    #[arg(long, default_value = "3x4+1", value_parser = named::<Layout>)]
    layout: Layout,
    /// Order of the leads: standard or cabrera.
    #[arg(long, default_value = "standard", value_parser = named::<LeadOrder>)]
    order: LeadOrder,
    /// Paper: a4, letter or screen (the tracing alone).
    #[arg(long, default_value = "a4", value_parser = named::<Page>)]
    page: Page,
    /// Paper speed in mm/s: 12.5, 25 or 50.
    #[arg(long, default_value = "25", value_parser = speed)]
    speed: f32,
    /// Gain in mm/mV: 2.5, 5, 10 or 20; or two of them, for limb and chest leads: 10,5.
    #[arg(long, default_value = "10", value_name = "GAIN[,CHEST]", value_parser = gains)]
    gain: (f32, f32),
    /// Second of the recording to start from.
    #[arg(long, default_value_t = 0.0, value_name = "S")]
    start: f64,
    /// Low cut in Hz: off, 0.05, 0.15, 0.5 or 0.67.
    #[arg(long, default_value = "0.05", value_parser = choice::<LowCut>)]
    low_cut: Choice<LowCut>,
    /// High cut in Hz: off, 40, 100 or 150.
    #[arg(long, default_value = "150", value_parser = choice::<HighCut>)]
    high_cut: Choice<HighCut>,
    /// Filter against the power line, in Hz: off, 50, 60, or auto for the one that hums.
    #[arg(long, default_value = "off", value_parser = choice::<MainsFilter>)]
    mains: Choice<MainsFilter>,
    /// Print the machine's reading in the header.
    #[arg(long)]
    reading: bool,
    /// Print what people say of the tracing: findings, conclusion, who and when, signed or preliminary.
    #[arg(long)]
    review: bool,
    /// The file that reviews are kept in, instead of your own.
    #[arg(long, value_name = "FILE", requires = "review")]
    project: Option<PathBuf>,
    /// Whose review to print; without it the adjudicator's, or what was signed last.
    #[arg(long, value_name = "NAME", requires = "review")]
    reader: Option<String>,
    /// Measure rate, intervals and axes and print them in the header.
    #[arg(long)]
    measure: bool,
    /// Measure and mark where P, QRS and T begin, peak and end.
    #[arg(long)]
    ticks: bool,
    /// Lay over the tracing where the machine looked for this statement, such as AFIB.
    #[arg(long, value_name = "ID")]
    explain: Option<String>,
    /// How to explain: lead-weighted-integrated-gradients, integrated-gradients, hirescam or grad-cam.
    #[arg(
        long,
        default_value = "lead-weighted-integrated-gradients",
        requires = "explain"
    )]
    method: Method,
    /// What the machine computes on: auto, cpu, cuda, cuda:N or metal.
    #[arg(long, default_value = "auto")]
    device: DevicePreference,
    /// Folder with model.safetensors and card.json, instead of the weights that the program carries.
    #[arg(long, value_name = "DIR")]
    weights: Option<PathBuf>,
    /// Leave out who the patient is, where and when the tracing was taken.
    #[arg(long)]
    anonymous: bool,
    /// Colours: rose, blue or monochrome.
    #[arg(long, default_value = "rose", value_parser = palette)]
    paper: Palette,
    /// Resolution of a PNG in dots per inch.
    #[arg(long, default_value_t = 300.0)]
    dpi: f32,
    #[command(flatten)]
    file_options: super::FileOptions,
}

/// A filter edge, or none.
#[derive(Debug, Clone, Copy)]
struct Choice<T>(Option<T>);

/// A choice by the name that it has everywhere else.
fn named<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(text.to_ascii_lowercase().into()).map_err(|error| error.to_string())
}

fn choice<T: DeserializeOwned>(text: &str) -> Result<Choice<T>, String> {
    if text == "off" {
        Ok(Choice(None))
    } else {
        named(text).map(|edge| Choice(Some(edge)))
    }
}

fn one_of(text: &str, allowed: &[f32], what: &str) -> Result<f32, String> {
    let value = text
        .trim()
        .parse::<f32>()
        .ok()
        .filter(|value| allowed.contains(value));
    value.ok_or_else(|| format!("{what} is one of {allowed:?}"))
}

fn speed(text: &str) -> Result<f32, String> {
    one_of(text, &[12.5, 25.0, 50.0], "paper speed in mm/s")
}

fn gains(text: &str) -> Result<(f32, f32), String> {
    let gain = |text| one_of(text, &[2.5, 5.0, 10.0, 20.0], "gain in mm/mV");
    match text.split_once(',') {
        Some((limb, chest)) => Ok((gain(limb)?, gain(chest)?)),
        None => gain(text).map(|gain| (gain, gain)),
    }
}

fn palette(text: &str) -> Result<Palette, String> {
    let found = Palette::ALL
        .into_iter()
        .find(|palette| palette.name.eq_ignore_ascii_case(text));
    found.ok_or_else(|| "paper is rose, blue or monochrome".to_owned())
}

/// What the end of the output's name asks for.
enum Medium {
    Pdf,
    Png,
    Svg,
}

impl Medium {
    fn of(path: &Path) -> Result<Self> {
        let extension = path
            .extension()
            .map(|text| text.to_string_lossy().to_ascii_lowercase());
        Ok(match extension.as_deref() {
            Some("pdf") => Self::Pdf,
            Some("png") => Self::Png,
            Some("svg") => Self::Svg,
            _ => bail!(
                "{}: the name must end in .pdf, .png or .svg",
                path.display()
            ),
        })
    }
}

pub fn run(args: Args) -> Result<()> {
    let medium = Medium::of(&args.output)?;
    let file = args.file_options.options();
    let recording = opening::open_with(&args.file, &file)?;
    let filters = FilterSettings {
        low_cut: args.low_cut.0,
        high_cut: args.high_cut.0,
        mains: args.mains.0,
    }
    .for_recording(&recording);
    check_start(&args, &recording)?;
    let measurements = (args.measure || args.ticks).then(|| Arc::new(measure(&recording)));
    let (reading, heat) = machine(&args, &recording)?;
    // The model may refuse what the quality lets pass.
    let why_unreliable = || match &reading {
        Some(reading) => reading.not_readable.clone(),
        None => quality::assess(&recording.heart()).not_readable(),
    };
    let unreliable = args.measure.then(why_unreliable).flatten();
    let options = SheetOptions {
        layout: args.layout,
        order: args.order,
        page: args.page,
        speed: args.speed,
        limb_gain: args.gain.0,
        chest_gain: args.gain.1,
        start_s: args.start,
        // Only voltages are filtered.
        filters: filters
            .describe()
            .filter(|_| recording.leads.iter().any(|lead| lead.unit.is_voltage())),
        heat,
        reading,
        review: args
            .review
            .then(|| reviewed(&args, &recording))
            .transpose()?,
        anonymous: args.anonymous,
        measured: measurements.clone().filter(|_| args.measure),
        unreliable,
        fiducials: measurements.filter(|_| args.ticks),
    };
    let mut pages = compose_pages(&filters.apply_to(&recording), &options, MOST_PAGES);
    if matches!(medium, Medium::Pdf) {
        pages.extend(report_page(&recording, &options));
    }
    let bytes = painted(&medium, &pages, &args, &recording)?;
    std::fs::write(&args.output, bytes)
        .with_context(|| format!("cannot write {}", args.output.display()))
}

/// What people say of the tracing, as it is printed.
fn reviewed(args: &Args, recording: &Recording) -> Result<PrintedReview> {
    let path = args.project.clone().or_else(default_path);
    let path = path.context("name a review project with --project FILE")?;
    if !path.is_file() {
        bail!("{}: there is no such project", path.display());
    }
    let project = Project::open(&path)?;
    let reviews = project.reviews(&Identity::of(recording).content)?;
    let adjudicator = project.settings()?.adjudicator;
    let found = report(&reviews, args.reader.as_deref(), adjudicator.as_deref());
    match found {
        Some(found) => Ok(found.into()),
        None if reviews.is_empty() => {
            bail!("{}: nobody has reviewed this tracing", path.display())
        }
        None => bail!(
            "{}: no review to print; name a reader with --reader: {}",
            path.display(),
            reviews.keys().cloned().collect::<Vec<_>>().join(", ")
        ),
    }
}

/// What the machine has to say, as far as it is asked.
fn machine(args: &Args, recording: &Recording) -> Result<(Option<PrintedReading>, Option<Heat>)> {
    if !args.reading && args.explain.is_none() {
        return Ok((None, None));
    }
    let reader = Reader::load(args.weights.as_deref(), args.device)?;
    let reading = if args.reading {
        let reading = reader.read(recording)?;
        Some(as_printed(&reader, reading))
    } else {
        None
    };
    let explain = |id: &String| -> Result<Heat> {
        let explanation = reader.explain_by(recording, id, args.method)?;
        let name = vocabulary::find(id).map_or(id.as_str(), |statement| statement.name.as_str());
        Ok(Heat {
            label: name.to_owned(),
            start_s: explanation.start_s,
            rate_hz: explanation.rate_hz,
            leads: explanation.leads,
            opacity: 1.0,
        })
    };
    Ok((reading, args.explain.as_ref().map(explain).transpose()?))
}

/// What is present or uncertain, or why nothing is said, and what the model never says.
fn as_printed(reader: &Reader, reading: Reading) -> PrintedReading {
    let said = reading.findings.iter();
    PrintedReading {
        findings: said
            .filter(|finding| finding.answer() != Answer::Absent)
            .map(printed)
            .collect(),
        model: reading.model,
        not_readable: reading.not_readable,
        warnings: reading.warnings,
        unable: reader
            .unable()
            .map(|statement| statement.name.clone())
            .collect(),
    }
}

fn printed(finding: &Finding) -> PrintedFinding {
    PrintedFinding {
        name: finding.statement.name.clone(),
        probability: finding.probability,
        threshold: finding.threshold,
        uncertain: finding.answer() == Answer::Uncertain,
        by: finding.held.as_ref().map(|held| held.by.clone()),
    }
}

fn check_start(args: &Args, recording: &Recording) -> Result<()> {
    let duration_s = recording.duration_s();
    let inside = args.start == 0.0 || (0.0..duration_s).contains(&args.start);
    if !inside {
        bail!(
            "{}: --start {} is outside its {duration_s:.1} s",
            args.file.display(),
            args.start
        );
    }
    Ok(())
}

fn painted(
    medium: &Medium,
    pages: &[Sheet],
    args: &Args,
    recording: &Recording,
) -> Result<Vec<u8>> {
    let first = pages.first().context("nothing to print")?;
    if !matches!(medium, Medium::Pdf) && pages.len() > 1 {
        eprintln!(
            "note: this is the first of {} pages; a PDF holds them all, and --start S prints a later one",
            pages.len()
        );
    } else if pages.len() == MOST_PAGES {
        eprintln!(
            "note: only the first {MOST_PAGES} pages are printed; --start S prints later ones"
        );
    }
    Ok(match medium {
        Medium::Pdf => {
            let name = if args.anonymous {
                "anonymous"
            } else {
                recording.name.as_str()
            };
            let metadata = paint::Metadata {
                title: format!("ECG {name}"),
                created: None,
            };
            paint::pdf(pages, &args.paper, &metadata)?
        }
        Medium::Png => {
            if !(20.0..=1200.0).contains(&args.dpi) {
                bail!("--dpi {} is outside 20 to 1200", args.dpi);
            }
            paint::png(first, args.dpi / 25.4, &args.paper)?
        }
        Medium::Svg => paint::svg(first, &args.paper).into_bytes(),
    })
}
