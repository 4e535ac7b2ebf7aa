//! WFDB (PhysioNet) records: a text header `.hea` beside one or more signal files.

mod write;

pub use write::write;

/// The comment line by which a header says that its tracing is simulated.
pub const SIMULATED_MARK: &str = "Simulated by heartbeatai";
