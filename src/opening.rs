//! Opening a tracing as a careful person does: read the file, then look whether it can be believed.

use std::path::Path;

use crate::ecg::{LeadName, Recording, Warning, WarningCode};
use crate::formats::{self, Error, Options};
use crate::signal::bands::bands;
use crate::signal::{episodes, leads, pacing, reversal};

/// Reads a file, computes the limb leads that follow from I and II where they are absent, and adds
/// what must be known before the tracing is read.
///
/// # Errors
/// As [`formats::open`].
pub fn open(path: &Path) -> Result<Recording, Error> {
    open_with(path, &Options::default())
}

/// As [`open`], with what the user says about a file that leaves sampling rate or unit open.
///
/// # Errors
/// As [`formats::open_with`].
pub fn open_with(path: &Path, options: &Options) -> Result<Recording, Error> {
    let mut recording = formats::open_with(path, options)?;
    if !derivable(&recording).is_empty() {
        recording = leads::derive_limb_leads(&recording);
    }
    let mut doubts = doubts(&recording);
    let bands = bands(&recording);
    doubts.append(&mut leads::inspect_with(&recording, &bands));
    doubts.extend(reversal::inspect(&recording));
    doubts.extend(pacing::inspect(&recording));
    doubts.extend(episodes::inspect(
        &recording,
        &episodes::episodes_with(&recording, &bands),
    ));
    doubts.extend(leads::offsets(&recording));
    recording.warnings.append(&mut doubts);
    Ok(recording)
}

/// The limb leads that are absent though I and II are there.
fn derivable(recording: &Recording) -> Vec<LeadName> {
    let missing = recording.missing_standard_leads().into_iter();
    let limb: Vec<LeadName> = missing.filter(LeadName::is_limb).collect();
    let given = [LeadName::I, LeadName::II];
    if given.iter().any(|lead| limb.contains(lead)) {
        Vec::new()
    } else {
        limb
    }
}

fn doubts(recording: &Recording) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let duration_s = recording.duration_s();
    // A single beat takes up to about 1.5 s.
    if duration_s < 1.0 {
        warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!("The tracing lasts only {duration_s:.3} s, too short to hold a whole beat."),
        ));
    }
    let rate = recording.sampling_rate_hz;
    // Device rates reach from 100 Hz (old Holters) to 8 kHz and, for pacing spikes, 16 kHz.
    if !(50.0..=16_000.0).contains(&rate) {
        warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!(
                "The file states {rate} samples a second, which is unusual for an ECG; the time axis may be wrong."
            ),
        ));
    }
    warnings
}
