//! The jobs that wait, and which of them goes first.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Job;

#[derive(Default)]
pub(super) struct Waiting {
    pub(super) jobs: VecDeque<Job>,
    pub(super) current: Option<u64>,
    /// Jobs of the worklist, by its line: they wait for all others.
    background: BTreeMap<usize, Job>,
    /// Lines of the worklist that go first.
    pub(super) in_view: Vec<usize>,
    pub(super) closed: bool,
}

impl Waiting {
    fn len(&self) -> usize {
        self.jobs.len() + self.background.len()
    }

    /// Forgets the jobs of a tracing or a worklist; hands back how many.
    pub(super) fn forget(&mut self, generation: u64) -> usize {
        let before = self.len();
        self.jobs.retain(|job| job.generation() != generation);
        self.background
            .retain(|_, job| job.generation() != generation);
        before - self.len()
    }

    fn next_in_background(&mut self) -> Option<Job> {
        let Self {
            background,
            in_view,
            ..
        } = self;
        let seen = in_view.iter().find_map(|row| background.remove(row));
        seen.or_else(|| background.pop_first().map(|(_, job)| job))
    }
}

#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    pub(super) changed: Condvar,
}

impl Queue {
    pub(super) fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a job; hands back how many it takes the place of.
    pub(super) fn push(&self, job: Job) -> usize {
        let mut waiting = self.lock();
        let before = waiting.len();
        if let Job::Filter { generation, .. } = job {
            waiting.jobs.retain(
                |other| !matches!(other, Job::Filter { generation: g, .. } if *g == generation),
            );
        }
        match job.row() {
            Some(row) => {
                waiting.background.insert(row, job);
            }
            None => waiting.jobs.push_back(job),
        }
        self.changed.notify_one();
        before + 1 - waiting.len()
    }

    /// The next job by rank; `None` when the window has closed.
    pub(super) fn pop(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if waiting.closed {
                return None;
            }
            let current = waiting.current;
            let next = waiting
                .jobs
                .iter()
                .enumerate()
                .min_by_key(|(index, job)| (job.rank(current), *index));
            if let Some(index) = next.map(|(index, _)| index) {
                return waiting.jobs.remove(index);
            }
            if let Some(job) = waiting.next_in_background() {
                return Some(job);
            }
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
