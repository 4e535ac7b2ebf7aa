//! A tracing in, a [`Reading`] out: findings with probability and threshold, what the model looked at,
//! and a plain "not readable, because ..." instead of a guess.

pub mod coherence;
mod embedded;
mod evidence;
mod explain;
mod findings;
mod limits;
mod measured;
pub mod prepare;
mod reader;
mod together;
mod types;
pub mod vocabulary;

pub use explain::Method;
pub(crate) use explain::smoothed;
pub use findings::{cannot_say, findings};
pub use reader::{Reader, ReadingError};
pub(crate) use types::log_odds;
pub use types::{Answer, Explanation, Finding, Held, Reading};
