//! The network: a squeeze-and-excitation ResNet over twelve leads with concentration pipelines, in
//! candle, channels-last. One file per idea, named as in the literature.
//!
//! candle's own elementwise operations wait for one another in a spinning barrier, which on two busy
//! cores costs more than it brings: with `CANDLE_NUM_THREADS=1` in the environment a training step takes
//! about 0.6 of the processor time (matrix products and the kernels here stay parallel).

use candle_core::Device;

pub mod batch_norm;
pub mod concentration;
mod config;
pub mod conv;
mod device;
mod dropout;
mod ensemble;
mod head;
mod lead_gate;
pub mod mixstyle;
mod model;
pub mod pool;
mod rescale;
mod residual;
mod slices;
mod squeeze_excite;
mod stem;
pub mod weights;

pub use config::Config;
pub use device::{DeviceError, DevicePreference};
pub use ensemble::{Ensemble, Verdict};
pub use head::{MEASURED, MEASURED_OF_LEAD, MEASURED_OF_TRACING, MEASURED_VOLTAGES};
pub use lead_gate::LEADS;
pub use model::{Batch, Network, Output};
pub use stem::STEM_STRIDE;
pub use weights::Card;

/// Which implementation of the heavy operations runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernels {
    /// Ours, for the CPU: matrix products over overlapping views, batch norm and ReLU in one pass.
    Fused,
    /// candle's own operations, on any device; also what ours are tested against.
    Plain,
}

impl Kernels {
    /// Ours on the CPU, unless a vendor library that takes no overlapping views does the products.
    pub fn suited_to(device: &Device) -> Self {
        let overlapping = !cfg!(any(feature = "mkl", feature = "accelerate"));
        if device.is_cpu() && overlapping {
            Self::Fused
        } else {
            Self::Plain
        }
    }
}

/// Whether layers learn or judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The batch's own statistics; running statistics move.
    Train,
    /// Running statistics; nothing moves.
    Eval,
}
