//! What a cardiologist measures: beats, wave boundaries, intervals, axes, amplitudes, criteria.
//!
//! [`measure`] finds the beats over all leads together, sorts them by shape, averages each shape into a
//! representative beat, finds the wave boundaries on it, and reads every number off the dominant one. A
//! number that cannot be had is absent; each says from which leads and beats it comes and where to look.

mod amplitudes;
pub(crate) mod beats;
pub(crate) mod classes;
pub(crate) mod criteria;
pub mod critical;
pub(crate) mod delineate;
pub mod device;
mod dominant;
pub mod evaluate;
mod hrv;
mod infarction;
mod long;
mod numbers;
pub(crate) mod prepare;
pub mod qtc;
mod rates;
mod rhythm;
mod types;
mod words;

pub use hrv::Variability;
pub use numbers::measure;
pub use types::{
    Beat, BeatShape, Boundaries, ByHand, Counts, Criterion, HandPoint, LeadMeasurements,
    Measurements, Qtc, Value, Verdict,
};
pub use words::Number;
