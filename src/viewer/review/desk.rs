//! The worker that keeps the project: one task after the other, in the order in which they were given. When the window
//! closes, what was given is still carried out.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use eframe::egui::Context;

use super::state::ProjectCard;
use crate::ecg::Recording;
use crate::review::{
    Change, Error, Identity, Mark, Placing, Project, ProjectSettings, Review, Summary,
};
use crate::sheet::{Palette, SheetOptions, compose_pages, paint, report_page};
use crate::viewer::jobs::{Tally, block_on};

/// Something to do with the project. A tracing is named by its generation, so that what is said of it can be given
/// right behind [`Task::See`], before it is known what the project calls it.
#[derive(Debug)]
pub enum Task {
    /// Keep reviews in this file from now on; `None` keeps them as long as the window is open.
    Open(Option<PathBuf>),
    /// Make a tracing known and say what is known of it.
    See {
        generation: u64,
        recording: Arc<Recording>,
        path: Option<PathBuf>,
    },
    Enter {
        tracing: u64,
        reader: String,
        step: Vec<Change>,
    },
    /// Put a mark in, under a number of its own.
    Mark {
        tracing: u64,
        reader: String,
        mark: Mark,
    },
    /// Move fiducial points.
    Place {
        tracing: u64,
        reader: String,
        points: Vec<Placing>,
    },
    Undo {
        tracing: u64,
        reader: String,
    },
    Redo {
        tracing: u64,
        reader: String,
    },
    Sign {
        tracing: u64,
        reader: String,
    },
    Amend {
        tracing: u64,
        reader: String,
        reason: String,
    },
    Set {
        reader: String,
        settings: ProjectSettings,
    },
    /// Everything that is known of every tracing, for lists.
    List,
    /// Write a report as PDF.
    Report {
        /// As it is shown, filtered.
        recording: Arc<Recording>,
        options: Box<SheetOptions>,
        /// As the paper has it on the screen.
        colors: Palette,
        to: PathBuf,
    },
}

/// What came of it.
#[derive(Debug)]
pub enum Told {
    Project(Result<ProjectCard, String>),
    /// The content id of an open tracing, and what all readers have said of it.
    Seen {
        generation: u64,
        tracing: String,
        reviews: BTreeMap<String, Review>,
    },
    /// What all readers now say of a tracing.
    Reviews {
        tracing: String,
        reviews: BTreeMap<String, Review>,
    },
    Listed(Vec<Summary>),
    /// Where a report of the tracing of that generation is to go.
    ReportTo(u64, PathBuf),
    /// A report lies there.
    Reported(PathBuf),
    /// Something was not kept, and why.
    Failed(String),
}

/// The way to the worker and back.
pub struct Desk {
    tasks: Option<Sender<Task>>,
    told: Receiver<Told>,
    tell: Sender<Told>,
    ctx: Context,
    tally: Tally,
    worker: Option<JoinHandle<()>>,
}

impl Desk {
    /// Starts the worker; it wakes the window when it has something to tell.
    pub fn start(ctx: &Context, tally: Tally) -> Self {
        let (tasks, queue) = channel();
        let (tell, told) = channel();
        let (window, trouble) = (ctx.clone(), tell.clone());
        let (ctx, own) = (ctx.clone(), tell.clone());
        let done = tally.clone();
        let spawned = std::thread::Builder::new()
            .name("review".into())
            .spawn(move || work(&queue, &ctx, &tell, &done));
        let worker = spawned
            .map_err(|error| trouble.send(Told::Project(Err(format!("no thread for it: {error}")))))
            .ok();
        Self {
            tasks: Some(tasks),
            told,
            tell: own,
            ctx: window,
            tally,
            worker,
        }
    }

    /// Gives it a task.
    pub fn submit(&self, task: Task) {
        // It fails only where the worker never started, which has been told.
        if let Some(tasks) = &self.tasks
            && tasks.send(task).is_ok()
        {
            self.tally.give();
        }
    }

    /// Asks the person where the report goes, with the platform's own dialog, without stopping the window.
    pub fn pick_report(&self, generation: u64, name: &str) {
        // Made on this thread, as macOS wants it, and waited for on another.
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Save the report")
            .set_file_name(format!("{name}.pdf"))
            .add_filter("PDF", &["pdf"])
            .save_file();
        let (tell, ctx) = (self.tell.clone(), self.ctx.clone());
        let spawned = std::thread::Builder::new()
            .name("report dialog".into())
            .spawn(move || {
                if let Some(file) = block_on(dialog) {
                    let _ = tell.send(Told::ReportTo(generation, file.path().to_owned()));
                    ctx.request_repaint();
                }
            });
        if let Err(error) = spawned {
            let _ = self
                .tell
                .send(Told::Failed(format!("no thread for the dialog: {error}")));
        }
    }

    /// What it has told since the last call.
    pub fn told(&self) -> impl Iterator<Item = Told> + '_ {
        self.told.try_iter()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.tasks = None;
        if let Some(worker) = self.worker.take() {
            // A worker that panicked has nothing left to wait for.
            let _ = worker.join();
        }
    }
}

fn work(queue: &Receiver<Task>, ctx: &Context, tell: &Sender<Told>, tally: &Tally) {
    let mut project = None;
    // What the project calls the tracings that were seen.
    let mut seen = HashMap::new();
    while let Ok(task) = queue.recv() {
        let told = match task {
            Task::Open(path) => {
                let opened = match &path {
                    Some(path) => Project::open(path),
                    None => Project::in_memory(),
                };
                Told::Project(
                    opened
                        .and_then(|opened| {
                            let card = card(&opened, path);
                            project = Some(opened);
                            card
                        })
                        .map_err(|error| error.to_string()),
                )
            }
            Task::Report {
                recording,
                options,
                colors,
                to,
            } => match write_report(&recording, &options, &colors, &to) {
                Ok(()) => Told::Reported(to),
                Err(reason) => Told::Failed(format!("{}: {reason}", to.display())),
            },
            task => match &mut project {
                Some(project) => carry_out(project, &mut seen, task)
                    .unwrap_or_else(|error| Told::Failed(error.to_string())),
                None => Told::Failed("no review project is open".to_owned()),
            },
        };
        // A window that has closed need not be told.
        let _ = tell.send(told);
        tally.finish(1);
        ctx.request_repaint();
    }
}

/// Pages of one report: half an hour at ten seconds a page.
const MOST_PAGES: usize = 180;

fn write_report(
    recording: &Recording,
    options: &SheetOptions,
    colors: &Palette,
    to: &Path,
) -> Result<(), String> {
    let mut pages = compose_pages(recording, options, MOST_PAGES);
    pages.extend(report_page(recording, options));
    let metadata = paint::Metadata {
        title: format!("ECG {}", recording.name),
        created: None,
    };
    let bytes = paint::pdf(&pages, colors, &metadata).map_err(|error| error.to_string())?;
    std::fs::write(to, bytes).map_err(|error| error.to_string())
}

fn card(project: &Project, path: Option<PathBuf>) -> Result<ProjectCard, Error> {
    Ok(ProjectCard {
        path,
        settings: project.settings()?,
        readers: project.readers()?,
    })
}

fn carry_out(
    project: &mut Project,
    seen: &mut HashMap<u64, String>,
    task: Task,
) -> Result<Told, Error> {
    let named = |generation: u64| {
        let unknown = || Error::UnknownTracing(format!("number {generation} of this window"));
        seen.get(&generation).cloned().ok_or_else(unknown)
    };
    let tracing = match task {
        Task::See {
            generation,
            recording,
            path,
        } => {
            let identity = Identity::of(&recording);
            project.see(&identity, path.as_deref())?;
            seen.insert(generation, identity.content.clone());
            return Ok(Told::Seen {
                generation,
                reviews: project.reviews(&identity.content)?,
                tracing: identity.content,
            });
        }
        Task::Enter {
            tracing,
            reader,
            step,
        } => {
            let tracing = named(tracing)?;
            project.record(&tracing, &reader, &step)?;
            tracing
        }
        Task::Mark {
            tracing,
            reader,
            mark,
        } => {
            let tracing = named(tracing)?;
            project.mark(&tracing, &reader, &mark)?;
            tracing
        }
        Task::Place {
            tracing,
            reader,
            points,
        } => {
            let tracing = named(tracing)?;
            project.place(&tracing, &reader, &points)?;
            tracing
        }
        Task::Undo { tracing, reader } => {
            let tracing = named(tracing)?;
            project.undo(&tracing, &reader)?;
            tracing
        }
        Task::Redo { tracing, reader } => {
            let tracing = named(tracing)?;
            project.redo(&tracing, &reader)?;
            tracing
        }
        Task::Sign { tracing, reader } => {
            let tracing = named(tracing)?;
            project.sign(&tracing, &reader)?;
            tracing
        }
        Task::Amend {
            tracing,
            reader,
            reason,
        } => {
            let tracing = named(tracing)?;
            project.amend(&tracing, &reader, &reason)?;
            tracing
        }
        Task::Set { reader, settings } => {
            project.set(&reader, &settings)?;
            let path = project.path().map(ToOwned::to_owned);
            return Ok(Told::Project(
                card(project, path).map_err(|error| error.to_string()),
            ));
        }
        Task::List | Task::Open(_) | Task::Report { .. } => {
            return Ok(Told::Listed(project.summaries()?));
        }
    };
    Ok(Told::Reviews {
        reviews: project.reviews(&tracing)?,
        tracing,
    })
}
