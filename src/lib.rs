//! HeartBeatAI: an ECG reading workstation for research and teaching. Not a medical device.
//!
//! Rooms, from the ground up; a room uses only those above it in this list:
//!
//! - [`ecg`]: what a recording is
//! - [`formats`]: one file per file format, one registry, one error type
//! - [`signal`]: filters, resampling, quality, lead arithmetic
//! - [`opening`]: reading a file and saying whether it can be believed
//! - [`measure`]: beats, wave boundaries, intervals, axes, amplitudes, criteria
//! - [`network`]: the SE-ResNet with concentration pipelines, in candle
//! - [`reading`]: a tracing in, findings and explanations out
//! - [`simulate`]: tracings of named conditions, with their ground truth
//! - [`training`]: corpora, the training loop, metrics
//! - [`sheet`]: the page in millimetres and its painters
//! - [`review`]: what people say of a tracing, kept and signed
//! - `viewer`: the window (feature `viewer`)
//! - [`cli`]: the command line

pub mod cli;
pub mod ecg;
pub mod formats;
pub mod measure;
pub mod network;
pub mod opening;
pub mod reading;
pub mod review;
pub mod sheet;
pub mod signal;
pub mod simulate;
pub mod training;
#[cfg(feature = "viewer")]
pub mod viewer;
