//! What a reader does with a tracing, step by step: each is entered whole or not at all.

use super::fold::Swap;
use super::project::{Project, named};
use super::rows::now;
use super::{Act, Change, Error, Mark, Placing, Review, Slot, Status, Version};

impl Project {
    /// Enters one step of a reader's on a tracing: all of it or, if anything fails, none of it. Returns the review as
    /// it now is.
    ///
    /// # Errors
    /// A signed review, what cannot be entered, or what the database refuses.
    pub fn record(
        &mut self,
        tracing: &str,
        reader: &str,
        step: &[Change],
    ) -> Result<Review, Error> {
        let parts: Vec<_> = step.iter().map(Change::parts).collect::<Result<_, _>>()?;
        self.write(tracing, reader, |review| {
            if review.status() == Status::Signed {
                return Err(Error::Signed);
            }
            let changed = parts.into_iter().filter_map(|(slot, after)| {
                let before = review.standing(&slot).cloned();
                (before != after).then_some(Swap {
                    slot,
                    before,
                    after,
                })
            });
            Ok((Act::Change, None, changed.collect()))
        })
    }

    /// Enters a mark under a number that no mark of the review has had, as one step.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub fn mark(&mut self, tracing: &str, reader: &str, mark: &Mark) -> Result<Review, Error> {
        self.write(tracing, reader, |review| {
            if review.status() == Status::Signed {
                return Err(Error::Signed);
            }
            let change = Change::Mark(review.free_number(), Some(mark.clone()));
            let (slot, after) = change.parts()?;
            let swap = Swap {
                slot,
                before: None,
                after,
            };
            Ok((Act::Change, None, vec![swap]))
        })
    }

    /// Moves, adds and takes away fiducial points, as one step.
    ///
    /// # Errors
    /// As [`Self::record`].
    pub fn place(
        &mut self,
        tracing: &str,
        reader: &str,
        points: &[Placing],
    ) -> Result<Review, Error> {
        self.write(tracing, reader, |review| {
            if review.status() == Status::Signed {
                return Err(Error::Signed);
            }
            let mut free = review.free_number();
            let mut swaps = Vec::new();
            for placing in points {
                let known = review.content.fiducials.iter();
                let mut known = known.filter(|(_, point)| placing.is_of(point));
                let number = known.next().map_or(free, |(number, _)| *number);
                free = free.max(number.saturating_add(1));
                let (slot, after) = Change::Fiducial(number, placing.to()).parts()?;
                let before = review.standing(&slot).cloned();
                if before != after {
                    swaps.push(Swap {
                        slot,
                        before,
                        after,
                    });
                }
            }
            Ok((Act::Change, None, swaps))
        })
    }

    /// Takes the reader's last step back; without one, nothing happens.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn undo(&mut self, tracing: &str, reader: &str) -> Result<Review, Error> {
        self.write(tracing, reader, |review| {
            let (step, swaps) = review.to_undo().unzip();
            Ok((Act::Undo, step, swaps.unwrap_or_default()))
        })
    }

    /// Takes the step again that was taken back last; without one, nothing happens.
    ///
    /// # Errors
    /// What the database refuses.
    pub fn redo(&mut self, tracing: &str, reader: &str) -> Result<Review, Error> {
        self.write(tracing, reader, |review| {
            let (step, swaps) = review.to_redo().unzip();
            Ok((Act::Redo, step, swaps.unwrap_or_default()))
        })
    }

    /// Signs the review as it stands: a version that stays as it is.
    ///
    /// # Errors
    /// A review that is signed already, or what the database refuses.
    pub fn sign(&mut self, tracing: &str, reader: &str) -> Result<Review, Error> {
        let (name, now) = (named(reader)?.to_owned(), now());
        self.write(tracing, reader, |review| {
            if review.status() == Status::Signed {
                return Err(Error::Signed);
            }
            let number = u32::try_from(review.versions.len()).unwrap_or(u32::MAX - 1) + 1;
            let version = Version {
                number,
                reader: name,
                at: now,
                reason: review.amendment.clone(),
                content: review.content.clone(),
            };
            let after = serde_json::to_string(&version)
                .map_err(|error| Error::Impossible(error.to_string()))?;
            let swap = Swap {
                slot: Slot::Signature(number),
                before: None,
                after: Some(after),
            };
            Ok((Act::Sign, None, vec![swap]))
        })
    }

    /// Opens a signed review for change. The versions that were signed stay.
    ///
    /// # Errors
    /// A review that is not signed, no reason, or what the database refuses.
    pub fn amend(&mut self, tracing: &str, reader: &str, reason: &str) -> Result<Review, Error> {
        let reason = reason.trim();
        if reason.is_empty() {
            return Err(Error::NoReason);
        }
        let after = serde_json::Value::from(reason).to_string();
        self.write(tracing, reader, |review| {
            if review.status() != Status::Signed {
                return Err(Error::NotSigned);
            }
            let swap = Swap {
                slot: Slot::Amendment,
                before: None,
                after: Some(after),
            };
            Ok((Act::Change, None, vec![swap]))
        })
    }
}
