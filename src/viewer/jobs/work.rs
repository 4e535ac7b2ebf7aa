//! What a worker does with a job.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use super::{Answer, Job, Source, Tracing};
use crate::ecg::{LeadName, Recording};
use crate::measure::measure;
use crate::signal::FilterSettings;
use crate::simulate::{Controls, bundled};
use crate::viewer::reader::SecondReader;
use crate::viewer::worklist::Glance;

/// Turns a panic in `work` into an error, so that one bad file cannot take the worker with it.
pub(super) fn guarded<T>(
    what: &str,
    work: impl FnOnce() -> Result<T, String>,
) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(format!("{what} failed unexpectedly")))
}

pub(super) fn work_on_files(job: Job) -> Option<Answer> {
    match job {
        Job::Decode {
            generation,
            source,
            filter,
        } => {
            let result = guarded("opening the file", || decode(&source, filter));
            Some(Answer::Decoded { generation, result })
        }
        Job::Filter {
            generation,
            recording,
            filter,
        } => {
            let shown = guarded("filtering", || Ok(shown(&recording, filter))).ok()?;
            Some(Answer::Filtered {
                generation,
                shown,
                filter,
            })
        }
        Job::Measure {
            generation,
            recording,
        } => {
            let measurements = guarded("measuring", || Ok(measure(&recording))).ok()?;
            Some(Answer::Measured {
                generation,
                measurements: Arc::new(measurements),
            })
        }
        Job::Places { generation, id } => {
            let truth = bundled::simulation(id)?.truth;
            Some(Answer::Placed {
                generation,
                regions: truth.regions,
                duration_s: truth.duration_s,
            })
        }
        Job::Draw {
            generation,
            controls,
            filter,
        } => {
            let started = Instant::now();
            let result = guarded("drawing", || Ok(draw(&controls, filter)));
            Some(Answer::Drawn {
                generation,
                result,
                took_ms: started.elapsed().as_secs_f64() * 1000.0,
            })
        }
        Job::Glance {
            generation,
            row,
            path,
        } => {
            let result = guarded("opening the file", || glance(&path));
            Some(Answer::Glanced {
                generation,
                row,
                result,
            })
        }
        Job::Read { .. } | Job::Explain { .. } | Job::Survey { .. } => None,
    }
}

pub(super) fn work_on_reading(
    job: Job,
    reader: Result<&dyn SecondReader, &String>,
) -> Option<Answer> {
    let ready = || reader.map_err(Clone::clone);
    match job {
        Job::Read {
            generation,
            recording,
        } => {
            let result = guarded("reading", || ready()?.read(&recording));
            Some(Answer::Read { generation, result })
        }
        Job::Explain {
            generation,
            recording,
            statement,
            method,
        } => {
            let result = guarded("explaining", || {
                ready()?.explain_by(&recording, &statement, method)
            });
            Some(Answer::Explained {
                generation,
                statement,
                method,
                result,
            })
        }
        Job::Survey {
            generation,
            row,
            path,
        } => {
            let result = guarded("reading", || {
                let reader = ready()?;
                let recording = crate::opening::open(&path).map_err(|error| error.to_string())?;
                reader.read(&recording)
            });
            Some(Answer::Surveyed {
                generation,
                row,
                result,
            })
        }
        Job::Decode { .. }
        | Job::Filter { .. }
        | Job::Measure { .. }
        | Job::Draw { .. }
        | Job::Places { .. }
        | Job::Glance { .. } => None,
    }
}

fn glance(path: &Path) -> Result<Glance, String> {
    let recording = crate::opening::open(path).map_err(|error| error.to_string())?;
    let thumbnail = thumbnail(&recording).into();
    Ok(Glance::of(&recording, thumbnail))
}

/// Files are told in portions: a first one at once, so that the list is never empty for long.
const PORTION: usize = 256;

/// Lists the tracings of folders, until all are or it is to stop.
pub(super) fn list(
    generation: u64,
    roots: &[PathBuf],
    stop: &AtomicBool,
    answer: &dyn Fn(Option<Answer>) -> bool,
) {
    let mut found = Vec::new();
    let tell = |found: &mut Vec<_>, last| {
        let found = std::mem::take(found);
        answer(Some(Answer::Listed {
            generation,
            found,
            last,
        }))
    };
    for root in roots {
        let folder = root.is_dir();
        // Of files that were named one by one, those with the samples of a header beside them are none of their own.
        let beside = || {
            let header = root.with_extension("hea");
            header != *root && header.is_file()
        };
        let files: Box<dyn Iterator<Item = _>> = match () {
            () if folder => Box::new(crate::formats::folder::files(root)),
            () if beside() => continue,
            () => Box::new(std::iter::once(Ok(root.clone()))),
        };
        for file in files {
            if stop.load(Ordering::Relaxed) {
                return;
            }
            found.push(file.map_err(|error| (error.file.clone(), error.to_string())));
            if found.len() >= PORTION && !tell(&mut found, false) {
                return;
            }
        }
    }
    tell(&mut found, true);
}

fn decode(source: &Source, filter: FilterSettings) -> Result<Tracing, String> {
    let recording = match source {
        Source::File(path) => crate::opening::open(path).map_err(|error| error.to_string())?,
        Source::Bundled(id) => {
            bundled::open(id).ok_or_else(|| format!("no bundled case is called {id}"))?
        }
        Source::Living => Controls::default().simulate().recording,
    };
    Ok(tracing(recording, filter))
}

fn draw(controls: &Controls, filter: FilterSettings) -> Tracing {
    let mut recording = controls.simulate().recording;
    recording.name = "living case".to_owned();
    tracing(recording, filter)
}

fn tracing(recording: Recording, filter: FilterSettings) -> Tracing {
    let recording = Arc::new(recording);
    let shown = shown(&recording, filter);
    let thumbnail = thumbnail(&shown).into();
    Tracing {
        recording,
        shown,
        filter,
        thumbnail,
    }
}

fn shown(recording: &Arc<Recording>, filter: FilterSettings) -> Arc<Recording> {
    if filter == FilterSettings::OFF {
        return Arc::clone(recording);
    }
    Arc::new(filter.apply_to(recording))
}

/// Columns of a thumbnail and the seconds it covers.
const THUMBNAIL: (usize, f64) = (64, 3.0);

fn thumbnail(recording: &Recording) -> Vec<[f32; 2]> {
    let Some(lead) = recording.lead(&LeadName::II).or(recording.leads.first()) else {
        return Vec::new();
    };
    let (columns, seconds) = THUMBNAIL;
    let samples = (seconds * lead.sampling_rate_hz).max(1.0) as usize;
    let values: Vec<f64> = (0..samples.min(lead.samples.len()))
        .filter_map(|i| lead.samples.get(i))
        .collect();
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let (low, high) = finite().fold((f64::MAX, f64::MIN), |(low, high), v| {
        (low.min(v), high.max(v))
    });
    if low >= high {
        return Vec::new();
    }
    let scale = |value: f64| ((value - low) / (high - low) * 2.0 - 1.0) as f32;
    values
        .chunks(values.len().div_ceil(columns).max(1))
        .map(|chunk| {
            let finite = chunk.iter().copied().filter(|value| value.is_finite());
            let (low, high) = finite.fold((f64::MAX, f64::MIN), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            if low > high {
                [0.0, 0.0]
            } else {
                [scale(low), scale(high)]
            }
        })
        .collect()
}
