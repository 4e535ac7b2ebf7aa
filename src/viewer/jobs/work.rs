//! What a worker does with a job.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use rand::Rng as _;

use super::{Answer, Job, Source, Tracing};
use crate::ecg::{LeadName, LeadOrigin, Recording};
use crate::formats::deidentify::deidentify;
use crate::formats::writing::Target;
use crate::formats::{self, ErrorKind, TableLayout};
use crate::measure::measure;
use crate::signal::FilterSettings;
use crate::simulate::{Controls, bundled};
use crate::viewer::reader::SecondReader;
use crate::viewer::state::{Question, Saved};
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
            let result = guarded("opening the file", || Ok(decode(&source, filter)));
            Some(match result {
                Ok(Err(Undecoded::Asks(question))) => Answer::Asks {
                    generation,
                    question,
                },
                Ok(Err(Undecoded::Failed(reason))) | Err(reason) => Answer::Decoded {
                    generation,
                    result: Err(reason),
                },
                Ok(Ok(tracing)) => Answer::Decoded {
                    generation,
                    result: Ok(tracing),
                },
            })
        }
        Job::Import {
            generation,
            path,
            options,
            filter,
        } => {
            let result = guarded("opening the file", || {
                let recording = crate::opening::open_with(&path, &options);
                Ok(tracing(
                    recording.map_err(|error| error.to_string())?,
                    filter,
                ))
            });
            Some(Answer::Decoded { generation, result })
        }
        Job::Cut {
            generation,
            path,
            layout,
        } => {
            let result = guarded("looking at the table", || {
                formats::preview(&path, &layout).map_err(|error| error.to_string())
            });
            Some(Answer::Cut { generation, result })
        }
        Job::Save {
            generation,
            recording,
            path,
            without_identity,
        } => {
            let result = guarded("saving the copy", || {
                save(&recording, &path, without_identity)
            });
            Some(Answer::Saved { generation, result })
        }
        Job::Filter {
            generation,
            recording,
            filter,
        } => {
            let drawn = || Ok(shown(&recording, filter));
            let (shown, drawn) = guarded("filtering", drawn).ok()?;
            Some(Answer::Filtered {
                generation,
                shown,
                filter,
                drawn,
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
        | Job::Import { .. }
        | Job::Cut { .. }
        | Job::Save { .. }
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

/// Why a file is not shown yet, or not at all.
enum Undecoded {
    /// A person must say something first.
    Asks(Box<Question>),
    Failed(String),
}

fn decode(source: &Source, filter: FilterSettings) -> Result<Tracing, Undecoded> {
    let recording = match source {
        Source::File(path) => crate::opening::open(path).map_err(|error| match error.kind {
            ErrorKind::NeedsOptions => Undecoded::Asks(Box::new(Question {
                path: path.clone(),
                missing: error.missing,
                preview: formats::preview(path, &TableLayout::default()).ok(),
            })),
            _ => Undecoded::Failed(error.to_string()),
        })?,
        Source::Bundled(id) => bundled::open(id)
            .ok_or_else(|| Undecoded::Failed(format!("no bundled case is called {id}")))?,
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
    let (shown, drawn) = shown(&recording, filter);
    let thumbnail = thumbnail(&shown).into();
    Tracing {
        recording,
        shown,
        filter,
        drawn,
        thumbnail,
    }
}

/// Dates are moved into the past by one to ten years that nobody is told.
const SHIFT_DAYS: std::ops::Range<i32> = 365..3650;

/// Writes what the file held: leads that were computed from others are left to whoever opens the copy.
fn save(recording: &Recording, path: &Path, without_identity: bool) -> Result<Saved, String> {
    let target = Target::of(path).ok_or_else(|| {
        let known = Target::ALL.map(|target| format!(".{}", target.extension()));
        format!(
            "{}: the name must end in {}",
            path.display(),
            known.join(", ")
        )
    })?;
    let own = recording.path.as_deref().map(formats::sources);
    let own = own.into_iter().flatten().collect();
    formats::writing::check_sources(target, path, &own).map_err(|error| error.to_string())?;
    let mut copy = recording.clone();
    copy.leads
        .retain(|lead| lead.origin == LeadOrigin::Recorded);
    let removed = without_identity.then(|| {
        let shift = -rand::rng().random_range(SHIFT_DAYS);
        deidentify(&mut copy, "deidentified", shift)
    });
    let (path, losses) =
        formats::writing::write(&copy, target, path).map_err(|error| error.to_string())?;
    Ok(Saved {
        path,
        losses,
        removed,
    })
}

fn shown(recording: &Arc<Recording>, filter: FilterSettings) -> (Arc<Recording>, FilterSettings) {
    let drawn = filter.for_recording(recording);
    if drawn == FilterSettings::OFF {
        return (Arc::clone(recording), drawn);
    }
    (Arc::new(drawn.apply_to(recording)), drawn)
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
