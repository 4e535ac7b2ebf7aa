//! What a recording is: leads, samples with their unit and sampling rate, the patient, how it was
//! acquired, annotations and warnings. Knows nothing of files, screens or models.

mod annotation;
mod fingerprint;
mod lead;
mod recording;
mod samples;
mod warning;

pub use annotation::{Annotation, BeatKind, WaveBoundary};
pub use fingerprint::{fnv1a, fnv1a_twice};
pub use lead::{LeadName, STANDARD_12};
pub use recording::{
    Acquisition, Diagnosis, Lead, LeadOrigin, MedianBeat, Patient, Recording, ReportedValue, Sex,
};
pub use samples::{Counts, Samples, Unit};
pub use warning::{Warning, WarningCode};
