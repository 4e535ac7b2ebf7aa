//! Work off the window's thread: decoding, filtering, reading, explaining. Every job carries the
//! generation of the tracing it belongs to; what is answered for a closed tracing is dropped.

mod dialogs;
mod job;
mod queue;
mod tally;
mod work;

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};

use eframe::egui::Context;

pub use self::job::{Answer, Job, Source, Tracing};
pub use self::tally::Tally;

pub(in crate::viewer) use self::dialogs::block_on;

use self::queue::Queue;
use self::work::{guarded, work_on_files, work_on_reading};
use super::comparison::search;
use super::reader::ReaderFactory;
use crate::ecg::Recording;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reading::Method;

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
