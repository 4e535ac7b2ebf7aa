//! What is done to samples: sampling rate, filters, lead arithmetic, quality. Knows nothing of files.

pub mod butterworth;
pub mod filter;
mod gaps;
mod resample;

pub use filter::{FilterSettings, HighCut, LowCut, Mains, band_pass};
pub use resample::resample;
