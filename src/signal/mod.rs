//! What is done to samples: sampling rate, filters, lead arithmetic, quality. Knows nothing of files.

pub(crate) mod activity;
pub(crate) mod bands;
pub mod butterworth;
mod einthoven;
pub mod episodes;
pub mod filter;
mod gaps;
pub(crate) use gaps::bridge;
pub mod leads;
pub mod mains;
pub mod pacing;
pub mod quality;
mod resample;
pub mod reversal;

pub use filter::{FilterSettings, HighCut, LowCut, Mains, MainsFilter, band_pass};
pub use resample::resample;
