//! Work off the window's thread: decoding, filtering, reading, explaining. Every job carries the
//! generation of the tracing it belongs to; what is answered for a closed tracing is dropped.

mod queue;
mod work;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use eframe::egui::Context;

use self::queue::Queue;
use self::work::{guarded, work_on_files, work_on_reading};
use super::reader::{ReaderCard, ReaderFactory};
use crate::ecg::Recording;
use crate::formats::FORMATS;
use crate::measure::Measurements;
use crate::reading::{Explanation, Reading};
use crate::signal::FilterSettings;

/// Where a tracing comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of the user's.
    File(PathBuf),
    /// A case that comes with the program, by its id.
    Bundled(&'static str),
}

/// A decoded tracing: as stored, as shown, and small.
#[derive(Debug, Clone)]
pub struct Tracing {
    /// As the file holds it; the reader sees this.
    pub recording: Arc<Recording>,
    /// Filtered for the eye.
    pub shown: Arc<Recording>,
    /// The filter that made `shown`.
    pub filter: FilterSettings,
    /// Lowest and highest value of the rhythm lead in equally wide columns, -1 to 1.
    pub thumbnail: Arc<[[f32; 2]]>,
}

impl Tracing {
    /// What the filter in use is called; `None` where nothing was filtered, as only voltages are.
    pub fn filter_name(&self) -> Option<String> {
        let filtered = self.shown.leads.iter().any(|lead| lead.unit.is_voltage());
        self.filter.describe().filter(|_| filtered)
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
    },
}

impl Job {
    fn generation(&self) -> u64 {
        match self {
            Self::Decode { generation, .. }
            | Self::Filter { generation, .. }
            | Self::Measure { generation, .. }
            | Self::Read { generation, .. }
            | Self::Explain { generation, .. } => *generation,
        }
    }

    fn is_for_the_reader(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Explain { .. })
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
        result: Result<Explanation, String>,
    },
    /// The person chose files in the dialog.
    Picked(Vec<PathBuf>),
}

/// The two workers and the way back from them.
pub struct Jobs {
    files: Arc<Queue>,
    reader: Arc<Queue>,
    answers: Receiver<Answer>,
    sender: Sender<Answer>,
    ctx: Context,
}

impl Jobs {
    /// Starts a worker for files and one for the reader; both wake the window when they answer.
    pub fn start(ctx: &Context, factory: ReaderFactory) -> Self {
        let (sender, answers) = channel();
        let jobs = Self {
            files: Arc::default(),
            reader: Arc::default(),
            answers,
            sender,
            ctx: ctx.clone(),
        };
        jobs.spawn("files", Arc::clone(&jobs.files), |queue, answer| {
            while let Some(job) = queue.pop() {
                if !answer(work_on_files(job)) {
                    return;
                }
            }
        });
        jobs.spawn(
            "second reader",
            Arc::clone(&jobs.reader),
            move |queue, answer| {
                let reader = guarded("loading the model", factory);
                if !answer(Some(Answer::Reader(
                    reader
                        .as_ref()
                        .map(|reader| reader.card())
                        .map_err(Clone::clone),
                ))) {
                    return;
                }
                while let Some(job) = queue.pop() {
                    if !answer(work_on_reading(job, reader.as_deref())) {
                        return;
                    }
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
        if job.is_for_the_reader() {
            &self.reader
        } else {
            &self.files
        }
        .push(job);
    }

    /// Jobs of this tracing go first from now on.
    pub fn focus(&self, generation: Option<u64>) {
        for queue in [&self.files, &self.reader] {
            queue.lock().current = generation;
        }
    }

    /// Forgets the queued jobs of a closed tracing.
    pub fn cancel(&self, generation: u64) {
        for queue in [&self.files, &self.reader] {
            queue
                .lock()
                .jobs
                .retain(|job| job.generation() != generation);
        }
    }

    /// What has been answered since the last call.
    pub fn answers(&self) -> impl Iterator<Item = Answer> + '_ {
        self.answers.try_iter()
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
}

impl Drop for Jobs {
    fn drop(&mut self) {
        for queue in [&self.files, &self.reader] {
            queue.lock().closed = true;
            queue.changed.notify_all();
        }
    }
}

/// Waits for a future on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
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
