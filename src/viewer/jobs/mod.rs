//! Work off the window's thread: decoding, filtering, reading, explaining. Every job carries the
//! generation of the tracing it belongs to; what is answered for a closed tracing is dropped.

mod queue;
mod tally;
mod work;

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use eframe::egui::Context;

pub use self::tally::Tally;

use self::queue::Queue;
use self::work::{guarded, work_on_files, work_on_reading};
use super::comparison::{Prior, search};
use super::reader::{ReaderCard, ReaderFactory};
use super::state::{Question, Saved};
use super::worklist::Glance;
use crate::ecg::Recording;
use crate::formats::writing::Target;
use crate::formats::{FORMATS, Options, Preview, TableLayout};
use crate::measure::Measurements;
use crate::reading::{Explanation, Method, Reading};
use crate::signal::FilterSettings;
use crate::simulate::{Controls, Region};

/// Where a tracing comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of the user's.
    File(PathBuf),
    /// A case that comes with the program, by its id.
    Bundled(&'static str),
    /// The simulated heart with handles.
    Living,
}

/// A decoded tracing: as stored, as shown, and small.
#[derive(Debug, Clone)]
pub struct Tracing {
    /// As the file holds it; the reader sees this.
    pub recording: Arc<Recording>,
    /// Filtered for the eye.
    pub shown: Arc<Recording>,
    /// The filter that was chosen for `shown`, and what it is for this recording.
    pub filter: FilterSettings,
    pub drawn: FilterSettings,
    /// Lowest and highest value of the rhythm lead in equally wide columns, -1 to 1.
    pub thumbnail: Arc<[[f32; 2]]>,
}

impl Tracing {
    /// What the filter in use is called; `None` where nothing was filtered, as only voltages are.
    pub fn filter_name(&self) -> Option<String> {
        let filtered = self.shown.leads.iter().any(|lead| lead.unit.is_voltage());
        self.drawn.describe().filter(|_| filtered)
    }
}

/// One piece of work.
#[derive(Debug)]
pub enum Job {
    Decode {
        generation: u64,
        source: Source,
        filter: FilterSettings,
    },
    /// Decode, as a person says what the file leaves open.
    Import {
        generation: u64,
        path: PathBuf,
        options: Box<Options>,
        filter: FilterSettings,
    },
    /// Cut the first rows of a table in another way.
    Cut {
        generation: u64,
        path: PathBuf,
        layout: TableLayout,
    },
    /// Write a copy.
    Save {
        generation: u64,
        recording: Arc<Recording>,
        path: PathBuf,
        without_identity: bool,
    },
    Filter {
        generation: u64,
        recording: Arc<Recording>,
        filter: FilterSettings,
    },
    Measure {
        generation: u64,
        recording: Arc<Recording>,
    },
    Read {
        generation: u64,
        recording: Arc<Recording>,
    },
    Explain {
        generation: u64,
        recording: Arc<Recording>,
        statement: String,
        method: Method,
    },
    /// Draw the living case.
    Draw {
        generation: u64,
        controls: Controls,
        filter: FilterSettings,
    },
    /// Say where a bundled case shows its diagnosis.
    Places { generation: u64, id: &'static str },
    /// Look into a file of the worklist, and keep only what its line needs.
    Glance {
        generation: u64,
        row: usize,
        path: PathBuf,
    },
    /// Read a tracing of the worklist, and keep only the reading.
    Survey {
        generation: u64,
        row: usize,
        path: PathBuf,
    },
}

impl Job {
    fn generation(&self) -> u64 {
        match self {
            Self::Decode { generation, .. }
            | Self::Import { generation, .. }
            | Self::Cut { generation, .. }
            | Self::Save { generation, .. }
            | Self::Filter { generation, .. }
            | Self::Measure { generation, .. }
            | Self::Read { generation, .. }
            | Self::Explain { generation, .. }
            | Self::Draw { generation, .. }
            | Self::Places { generation, .. }
            | Self::Glance { generation, .. }
            | Self::Survey { generation, .. } => *generation,
        }
    }

    fn is_for_the_reader(&self) -> bool {
        matches!(
            self,
            Self::Read { .. } | Self::Explain { .. } | Self::Survey { .. }
        )
    }

    /// Line of the worklist that it is for: such jobs wait for all others.
    fn row(&self) -> Option<usize> {
        match self {
            Self::Glance { row, .. } | Self::Survey { row, .. } => Some(*row),
            _ => None,
        }
    }

    /// Smaller goes first: what the person waits for, then what they can see, then the rest in order.
    fn rank(&self, current: Option<u64>) -> u8 {
        match self {
            Self::Explain { .. } | Self::Filter { .. } if Some(self.generation()) == current => 0,
            _ if Some(self.generation()) == current => 1,
            _ => 2,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Answer {
    Reader(Result<ReaderCard, String>),
    Decoded {
        generation: u64,
        result: Result<Tracing, String>,
    },
    Filtered {
        generation: u64,
        shown: Arc<Recording>,
        filter: FilterSettings,
        drawn: FilterSettings,
    },
    Measured {
        generation: u64,
        measurements: Arc<Measurements>,
    },
    Read {
        generation: u64,
        result: Result<Reading, String>,
    },
    Explained {
        generation: u64,
        statement: String,
        method: Method,
        result: Result<Explanation, String>,
    },
    Drawn {
        generation: u64,
        result: Result<Tracing, String>,
        took_ms: f64,
    },
    Placed {
        generation: u64,
        regions: Vec<Region>,
        duration_s: f64,
    },
    /// The person chose a file to write to.
    SaveTo(PathBuf),
    /// A file was written, or why not.
    Written(Result<PathBuf, String>),
    /// Earlier tracings of the same patient, found among files.
    Priors {
        generation: u64,
        found: Vec<Prior>,
    },
    /// The person chose files in the dialog.
    Picked(Vec<PathBuf>),
    /// Files that a worklist is made of, and what could not be listed with the reason.
    Listed {
        generation: u64,
        found: Vec<Result<PathBuf, (PathBuf, String)>>,
        last: bool,
    },
    Glanced {
        generation: u64,
        row: usize,
        result: Result<Glance, String>,
    },
    Surveyed {
        generation: u64,
        row: usize,
        result: Result<Reading, String>,
    },
    /// The file leaves something open that a person must say.
    Asks {
        generation: u64,
        question: Box<Question>,
    },
    Cut {
        generation: u64,
        result: Result<Preview, String>,
    },
    /// The person chose where a copy goes.
    PickedTarget {
        generation: u64,
        path: PathBuf,
        without_identity: bool,
    },
    Saved {
        generation: u64,
        result: Result<Saved, String>,
    },
}

/// The two workers and the way back from them.
pub struct Jobs {
    files: Arc<Queue>,
    reader: Arc<Queue>,
    answers: Receiver<Answer>,
    sender: Sender<Answer>,
    ctx: Context,
    tally: Tally,
    /// The folder that is being listed, and whether that is to stop.
    listing: RefCell<Option<(u64, Arc<AtomicBool>)>>,
}

impl Jobs {
    /// Starts a worker for files and one for the reader; both wake the window when they answer.
    pub fn start(ctx: &Context, factory: ReaderFactory, tally: Tally) -> Self {
        let (sender, answers) = channel();
        let jobs = Self {
            files: Arc::default(),
            reader: Arc::default(),
            answers,
            sender,
            ctx: ctx.clone(),
            tally: tally.clone(),
            listing: RefCell::default(),
        };
        let done = tally.clone();
        jobs.spawn("files", Arc::clone(&jobs.files), move |queue, answer| {
            while let Some(job) = queue.pop() {
                let heard = answer(work_on_files(job));
                done.finish(1);
                if !heard {
                    return;
                }
            }
        });
        // Loading the model.
        tally.give();
        jobs.spawn(
            "second reader",
            Arc::clone(&jobs.reader),
            move |queue, answer| {
                let reader = guarded("loading the model", factory);
                let card = reader.as_ref().map(|reader| reader.card());
                let mut heard = answer(Some(Answer::Reader(card.map_err(Clone::clone))));
                tally.finish(1);
                while heard && let Some(job) = queue.pop() {
                    heard = answer(work_on_reading(job, reader.as_deref()));
                    tally.finish(1);
                }
            },
        );
        jobs
    }

    fn spawn(
        &self,
        name: &str,
        queue: Arc<Queue>,
        work: impl FnOnce(&Queue, &dyn Fn(Option<Answer>) -> bool) + Send + 'static,
    ) {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let spawned = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || {
                work(&queue, &|answer| {
                    let sent = answer.is_none_or(|answer| sender.send(answer).is_ok());
                    ctx.request_repaint();
                    sent
                });
            });
        if let Err(error) = spawned {
            // Only a machine out of threads comes here; the window stays, and says why nothing answers.
            let _ = self.sender.send(Answer::Reader(Err(format!(
                "no thread for {name}: {error}"
            ))));
        }
    }

    /// Queues a job.
    pub fn submit(&self, job: Job) {
        let queue = if job.is_for_the_reader() {
            &self.reader
        } else {
            &self.files
        };
        self.tally.give();
        self.tally.finish(queue.push(job));
    }

    /// Does something on a thread of its own, which counts as work until it ends.
    fn work(
        &self,
        name: &str,
        work: impl FnOnce(&dyn Fn(Option<Answer>) -> bool) + Send + 'static,
    ) {
        let tally = self.tally.clone();
        tally.give();
        self.spawn(name, Arc::default(), move |_, answer| {
            work(answer);
            tally.finish(1);
        });
    }

    /// Jobs of this tracing go first from now on.
    pub fn focus(&self, generation: Option<u64>) {
        for queue in [&self.files, &self.reader] {
            queue.lock().current = generation;
        }
    }

    /// Forgets the queued jobs of a closed tracing, or everything about a closed worklist.
    pub fn cancel(&self, generation: u64) {
        self.cancel_queued(generation);
        let mut listing = self.listing.borrow_mut();
        if let Some((_, stop)) = listing.take_if(|(listed, _)| *listed == generation) {
            stop.store(true, Ordering::Relaxed);
        }
    }

    /// Forgets the queued jobs of a tracing or a worklist.
    pub fn cancel_queued(&self, generation: u64) {
        for queue in [&self.files, &self.reader] {
            self.tally.finish(queue.lock().forget(generation));
        }
    }

    /// These lines of the worklist are worked on first from now on.
    pub fn in_view(&self, rows: &[usize]) {
        for queue in [&self.files, &self.reader] {
            queue.lock().in_view = rows.to_vec();
        }
    }

    /// Lists the tracings of folders, on a thread of its own; the jobs of one list never wait for the
    /// listing of a vast folder.
    pub fn list(&self, generation: u64, roots: Vec<PathBuf>) {
        let stop = Arc::new(AtomicBool::new(false));
        *self.listing.borrow_mut() = Some((generation, Arc::clone(&stop)));
        self.work("worklist", move |answer| {
            work::list(generation, &roots, &stop, answer);
        });
    }

    /// What has been answered since the last call.
    pub fn answers(&self) -> impl Iterator<Item = Answer> + '_ {
        self.answers.try_iter()
    }

    /// Asks the person where to save a file, without stopping the window.
    pub fn pick_save(&self, name: &str) {
        let dialog = rfd::AsyncFileDialog::new()
            .set_title("Save")
            .set_file_name(name);
        let chosen = dialog.save_file();
        self.spawn("save dialog", Arc::default(), move |_, answer| {
            let file = block_on(chosen).map(|file| file.path().to_owned());
            answer(file.map(Answer::SaveTo));
        });
    }

    /// Writes a text into a file, through another one, so that a crash never leaves half of it.
    pub fn write(&self, path: PathBuf, text: String) {
        self.work("writing", move |answer| {
            let mut beside = path.clone().into_os_string();
            beside.push(".part");
            let written =
                std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, &path));
            let result = written.map_err(|error| format!("{}: {error}", path.display()));
            answer(Some(Answer::Written(result.map(|()| path))));
        });
    }

    /// Asks the person for a folder with the platform's own dialog, without stopping the window.
    pub fn pick_folder(&self) {
        let dialog = rfd::AsyncFileDialog::new().set_title("Open a folder as worklist");
        let chosen = dialog.pick_folder();
        self.spawn("folder dialog", Arc::default(), move |_, answer| {
            let folder = block_on(chosen).map(|folder| folder.path().to_owned());
            answer(Some(Answer::Picked(folder.into_iter().collect())));
        });
    }

    /// Looks for earlier tracings of a patient in a folder and among other files, on a thread of its own.
    pub fn find_priors(
        &self,
        generation: u64,
        recording: Arc<Recording>,
        folder: Option<PathBuf>,
        others: Vec<PathBuf>,
    ) {
        self.work("earlier tracings", move |answer| {
            let found = guarded("looking for earlier tracings", || {
                Ok(search::search(&recording, folder.as_deref(), &others))
            });
            let found = found.unwrap_or_default();
            answer(Some(Answer::Priors { generation, found }));
        });
    }

    /// Asks the person for files with the platform's own dialog, without stopping the window.
    pub fn pick_files(&self) {
        // The dialog is made on this thread, as macOS wants it, and waited for on another.
        let mut dialog = rfd::AsyncFileDialog::new().set_title("Open tracings");
        let mut known: Vec<&str> = FORMATS
            .iter()
            .flat_map(|format| format.extensions)
            .copied()
            .collect();
        known.sort_unstable();
        known.dedup();
        dialog = dialog
            .add_filter("Tracings", &known)
            .add_filter("All files", &["*"]);
        let chosen = dialog.pick_files();
        self.spawn("open dialog", Arc::default(), move |_, answer| {
            let files = block_on(chosen).unwrap_or_default();
            answer(Some(Answer::Picked(
                files.iter().map(|file| file.path().to_owned()).collect(),
            )));
        });
    }

    /// Asks where a copy goes, in the same way; the format is told by the name's extension.
    pub fn pick_target(&self, generation: u64, name: &str, without_identity: bool) {
        let mut dialog = rfd::AsyncFileDialog::new()
            .set_title("Save a copy")
            .set_file_name(format!("{name}.{}", Target::Dicom.extension()));
        for target in Target::ALL {
            dialog = dialog.add_filter(target.name(), &[target.extension()]);
        }
        let chosen = dialog.save_file();
        self.spawn("save dialog", Arc::default(), move |_, answer| {
            let file = block_on(chosen);
            answer(file.map(|file| Answer::PickedTarget {
                generation,
                path: file.path().to_owned(),
                without_identity,
            }));
        });
    }
}

impl Drop for Jobs {
    fn drop(&mut self) {
        if let Some((_, stop)) = self.listing.get_mut() {
            stop.store(true, Ordering::Relaxed);
        }
        for queue in [&self.files, &self.reader] {
            queue.lock().closed = true;
            queue.changed.notify_all();
        }
    }
}

/// Waits for a future on this thread.
pub(in crate::viewer) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(generation: u64) -> Job {
        Job::Read {
            generation,
            recording: Arc::new(Recording::new("r", "test", 500.0)),
        }
    }

    fn explain(generation: u64) -> Job {
        let recording = Arc::new(Recording::new("r", "test", 500.0));
        Job::Explain {
            generation,
            recording,
            statement: "AFIB".into(),
            method: Method::default(),
        }
    }

    #[test]
    fn what_the_person_looks_at_is_worked_on_first() {
        let queue = Queue::default();
        for job in [read(1), read(2), read(3), explain(1), explain(3)] {
            queue.push(job);
        }
        queue.lock().current = Some(3);
        let mut order = Vec::new();
        for _ in 0..5 {
            let job = queue.pop();
            let explains = matches!(job, Some(Job::Explain { .. }));
            order.extend(job.map(|job| (job.generation(), explains)));
        }
        assert_eq!(
            order,
            [(3, true), (3, false), (1, false), (2, false), (1, true)]
        );
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let result: Result<(), String> = guarded("reading", || panic!("boom"));
        assert_eq!(result, Err("reading failed unexpectedly".into()));
    }
}
