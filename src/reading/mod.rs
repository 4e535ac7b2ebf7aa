//! A tracing in, a [`Reading`] out: findings with probability and threshold, what the model looked at,
//! and a plain "not readable, because ..." instead of a guess.

pub mod prepare;
mod types;
pub mod vocabulary;

pub use types::{Explanation, Finding, Reading};
