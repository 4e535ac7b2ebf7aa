//! How much was given to the workers and how much of it is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts over all workers, shared between them and the window.
#[derive(Debug, Clone, Default)]
pub struct Tally(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    given: AtomicU64,
    done: AtomicU64,
}

impl Tally {
    /// One more piece of work.
    pub fn give(&self) {
        self.0.given.fetch_add(1, Ordering::SeqCst);
    }

    /// So many pieces are done and answered, or were forgotten.
    pub fn finish(&self, pieces: usize) {
        self.0.done.fetch_add(pieces as u64, Ordering::SeqCst);
    }

    /// How many pieces were given, if all of them are done.
    pub fn all_done(&self) -> Option<u64> {
        // In this order: what is given meanwhile then counts as not done, never the other way about.
        let done = self.0.done.load(Ordering::SeqCst);
        let given = self.0.given.load(Ordering::SeqCst);
        (done == given).then_some(given)
    }
}
