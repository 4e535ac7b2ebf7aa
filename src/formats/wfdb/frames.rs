//! Records with several samples of a signal in each frame have two readings: with every sample, which we show, and with
//! the mean of each frame at the rate that the header states, which is what WFDB's own programs show by default.

use crate::ecg::{Counts, Lead, Recording, Samples};
use crate::formats::Error;

use super::header::SignalLine;
use super::{find_header, read_header, read_record};

/// How a signal of several samples a frame is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Frames {
    /// With every sample, so that it is faster than the record.
    Whole,
    /// With the mean of each frame, as WFDB's own programs read it unless they are asked not to.
    Averaged,
}

/// The leads of a record that was opened, at its frame rate in hertz, which is the one that its header states: each
/// frame averaged. `None` where no signal has several samples a frame, or it is no WFDB record.
///
/// # Errors
/// As [`crate::formats::open`].
pub fn at_frame_rate(recording: &Recording) -> Result<Option<(f64, Vec<Lead>)>, Error> {
    let Some(path) = recording
        .path
        .as_ref()
        .filter(|_| recording.format == "wfdb")
    else {
        return Ok(None);
    };
    let own_header = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("hea"));
    let found = if own_header {
        None
    } else {
        find_header(path, true)
    };
    let header = found.unwrap_or_else(|| path.clone());
    let rate_hz = read_header(&header)?.sampling_rate_hz;
    let mut leads = recording.leads.iter();
    if leads.all(|lead| lead.sampling_rate_hz == rate_hz) {
        return Ok(None);
    }
    let leads = read_record(&header, Frames::Averaged)?.leads;
    Ok(Some((rate_hz, leads)))
}

/// The mean of each frame, cut to a whole count, as WFDB's programs make it: they take the mark of a missing sample for
/// one, so that only a frame without any sample is missing.
pub(super) fn averaged(lead: Lead, signal: &SignalLine) -> Lead {
    let width = usize::try_from(signal.samples_per_frame).unwrap_or(usize::MAX);
    let missing = signal.encoding.missing();
    let mean = |frame: &mut dyn Iterator<Item = i32>| {
        let sum: i64 = frame.map(i64::from).sum();
        i32::try_from(sum / width as i64).unwrap_or(0)
    };
    let counts = match lead.samples.counts() {
        Counts::I16(counts) => {
            let frames = counts.chunks_exact(width);
            let means = frames.map(|frame| mean(&mut frame.iter().map(|&count| i32::from(count))));
            // Between the counts of its frame.
            #[allow(clippy::cast_possible_truncation)]
            Counts::I16(means.map(|mean| mean as i16).collect())
        }
        Counts::I32(counts) => {
            let frames = counts.chunks_exact(width);
            Counts::I32(
                frames
                    .map(|frame| mean(&mut frame.iter().copied()))
                    .collect(),
            )
        }
        Counts::F64(_) => return lead,
    };
    Lead {
        sampling_rate_hz: lead.sampling_rate_hz / signal.samples_per_frame as f64,
        samples: Samples::from_counts(
            counts,
            signal.gain,
            signal.baseline,
            signal.unit_scale,
            missing,
        ),
        ..lead
    }
}
