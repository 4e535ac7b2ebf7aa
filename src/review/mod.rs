//! What people say of a tracing: decisions on findings, annotations, conclusions and signatures, kept in an embedded
//! database in which nothing is ever overwritten. Knows no screen and no model.
//!
//! A [`Project`] is one file. Every change is an event with who, when, what it was and what it became; a [`Review`] is
//! what one reader's events on one tracing add up to. Undo and redo are events too.

mod agreement;
mod entry;
mod error;
mod event;
pub mod exchange;
mod fold;
mod identity;
mod phrases;
mod project;
mod queue;
mod report;
mod revised;
mod rows;
mod schema;
mod settings;
mod steps;

pub use agreement::{Agreement, Difference, Kappa, Pair, StatementAgreement, agreement};
pub use entry::{
    Change, Claim, Decision, Fiducial, Mark, Place, Placing, Verdict, micros, seconds,
};
pub use error::Error;
pub use event::{Act, Event, Slot};
pub use fold::{Content, Review, Status, Version};
pub use identity::Identity;
pub use phrases::{Phrase, expand, phrases};
pub use project::{Project, Summary, default_path};
pub use queue::{QueueKey, QueueMode, order};
pub use report::{Report, report};
pub use revised::{beat_of, revised};
pub use settings::ProjectSettings;

#[cfg(test)]
mod tests;
