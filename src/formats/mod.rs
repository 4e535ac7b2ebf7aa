//! One file per file format, one registry, one error type.

mod error;
pub mod wfdb;

pub use error::{Error, ErrorKind, Place};
