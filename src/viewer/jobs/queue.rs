//! The jobs that wait, and which of them goes first.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::Job;

#[derive(Default)]
pub(super) struct Waiting {
    pub(super) jobs: VecDeque<Job>,
    pub(super) current: Option<u64>,
    pub(super) closed: bool,
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

    pub(super) fn push(&self, job: Job) {
        let mut waiting = self.lock();
        if let Job::Filter { generation, .. } = job {
            waiting.jobs.retain(
                |other| !matches!(other, Job::Filter { generation: g, .. } if *g == generation),
            );
        }
        waiting.jobs.push_back(job);
        self.changed.notify_one();
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
            waiting = self
                .changed
                .wait(waiting)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}
