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
    let absent = derivable(&recording);
    if !absent.is_empty() && longest(&recording) <= MOST_DERIVED {
        recording = leads::derive_limb_leads(&recording);
    } else if !absent.is_empty() {
        recording.warnings.push(Warning::new(
            WarningCode::MissingLeads,
            "III and the augmented leads, which follow from I and II, were not computed: the recording is too long.",
        ));
    }
    let mut doubts = doubts(&recording);
    let part = looked_at(&recording);
    let heart = recording.heart();
    let seen = part.as_ref().unwrap_or(&heart);
    let bands = bands(seen);
    doubts.append(&mut leads::inspect_with(seen, &bands));
    doubts.extend(reversal::inspect(seen));
    doubts.extend(pacing::inspect(seen));
    doubts.extend(episodes::inspect(
        seen,
        &episodes::episodes_with(seen, &bands),
    ));
    doubts.extend(leads::offsets(seen));
    if let Some(part) = &part {
        doubts.push(Warning::new(
            WarningCode::LeftOut,
            format!(
                "Only the first {:.0} minutes were looked through for exchanged electrodes, disturbances and pacing.",
                part.duration_s() / 60.0
            ),
        ));
    }
    recording.warnings.append(&mut doubts);
    Ok(recording)
}

/// Samples of a lead up to which the limb leads that are absent are computed, which takes several times its memory: an hour
/// at 500 Hz.
const MOST_DERIVED: usize = 2_000_000;

fn longest(recording: &Recording) -> usize {
    let samples = recording.leads.iter().map(|lead| lead.samples.len());
    samples.max().unwrap_or(0)
}

/// Samples of all leads that are looked through before a tracing is shown: a quarter of an hour of twelve leads at 500 Hz.
const LOOKED_AT: usize = 6_000_000;
/// And of one lead: half an hour at 500 Hz. What looks for something takes several times its memory.
const LOOKED_AT_IN_A_LEAD: usize = 1_000_000;

/// The beginning of a recording that is too long to be looked through at once; `None` for any other.
pub fn looked_at(recording: &Recording) -> Option<Recording> {
    let samples: usize = recording.leads.iter().map(|lead| lead.samples.len()).sum();
    let share = LOOKED_AT as f64 / samples.max(1) as f64;
    let share = share.min(LOOKED_AT_IN_A_LEAD as f64 / longest(recording).max(1) as f64);
    (share < 1.0).then(|| recording.beginning(recording.duration_s() * share))
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
