//! Records in segments, each a record of its own; `~` is a gap. In a fixed layout all segments hold
//! the same signals; in a variable layout the first segment, of length zero, lists all signals and
//! later ones hold some of them, found by name.

use std::collections::HashSet;
use std::path::Path;

use crate::ecg::{Counts, Lead, Recording, Warning, WarningCode};
use crate::formats::pieces::{self, Piece, SPREAD, UNBACKED_VALUES};
use crate::formats::{Error, ErrorKind, beside};

use super::header::{Body, Header, Segment};
use super::signal_line::SignalLine;
use super::{Frames, new_recording, read_header, read_signals};

/// Most missing segments that are named one by one.
const NAMED: usize = 3;

/// Reads all segments and lays them end to end.
pub(super) fn read(
    header_path: &Path,
    header: &Header,
    segments: &[Segment],
    frames: Frames,
    recording: &mut Recording,
) -> Result<(), Error> {
    let too_long = || {
        let reason = "the segments together are much longer than what their files hold";
        Error::unsupported(reason).in_file(header_path)
    };
    let mut lengths = segments.iter().map(|segment| segment.length);
    let total = lengths
        .try_fold(0_u64, u64::checked_add)
        .ok_or_else(too_long)?;
    if let Some(stated) = header.length
        && stated != total
    {
        recording.warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!("The header states {stated} samples, its segments add up to {total}."),
        ));
    }

    let mut tracks: Vec<Track> = Vec::new();
    let mut missing = Vec::new();
    let mut start = 0_u64;
    let mut files = Files::default();
    for segment in segments {
        if segment.name != "~" {
            match open(header_path, segment, frames, tracks.is_empty(), &mut files) {
                Ok(_) if files.again > UNBACKED_VALUES => return Err(too_long()),
                Ok(part) => place(part, start, segment.length, &mut tracks, recording),
                Err(error) if error.kind == ErrorKind::Io => missing.push(segment.name.clone()),
                Err(error) => return Err(error),
            }
        }
        start += segment.length;
    }
    let a_frame = tracks.iter().map(|track| track.samples_per_frame);
    let values = total.saturating_mul(a_frame.sum());
    if values > UNBACKED_VALUES.max(SPREAD * files.values) {
        return Err(too_long());
    }
    if tracks.iter().all(|track| track.pieces.is_empty()) && !missing.is_empty() {
        let reason = format!("the files of its segments are missing: {}", some(&missing));
        return Err(Error::new(ErrorKind::Io, reason).in_file(header_path));
    }
    if !missing.is_empty() {
        recording.warnings.push(Warning::new(
            WarningCode::MissingSamples,
            format!(
                "Segments are missing and shown as gaps: {}.",
                some(&missing)
            ),
        ));
    }
    recording.leads = tracks.into_iter().map(|track| track.join(start)).collect();
    if recording.leads.is_empty() {
        return Err(Error::damaged("the record has no signals").in_file(header_path));
    }
    Ok(())
}

fn some(names: &[String]) -> String {
    let first = names
        .iter()
        .take(NAMED)
        .cloned()
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// The signal files of the segments so far.
#[derive(Default)]
struct Files {
    names: HashSet<String>,
    /// Values that were in them.
    values: u64,
    /// Values that were read from one of them once more.
    again: u64,
}

impl Files {
    fn add(&mut self, signals: &[SignalLine], leads: &[Lead]) {
        let values = leads
            .iter()
            .map(|lead| lead.samples.len() as u64)
            .sum::<u64>();
        let names = signals.iter().map(|signal| signal.file.clone());
        let known = self.names.len();
        self.names.extend(names);
        if self.names.len() > known {
            self.values += values;
        } else {
            self.again += values;
        }
    }
}

/// A segment's own recording; for the layout segment its signals without samples.
fn open(
    header_path: &Path,
    segment: &Segment,
    frames: Frames,
    first: bool,
    files: &mut Files,
) -> Result<Recording, Error> {
    let at_line = |error: Error| error.at_line(segment.line).in_file(header_path);
    let path = beside(header_path, &format!("{}.hea", segment.name)).map_err(at_line)?;
    let header = read_header(&path)?;
    let Body::Signals(signals) = &header.body else {
        return Err(at_line(Error::damaged(format!(
            "segment {} is itself made of segments",
            segment.name
        ))));
    };
    let mut part = new_recording(&header);
    if first && segment.length == 0 {
        part.leads = (0..)
            .zip(signals)
            .map(|(number, signal)| super::lead(signal, number, Counts::I16(Vec::new()), &mut part))
            .collect();
    } else {
        read_signals(&path, &header, signals, frames, &mut part)?;
        files.add(signals, &part.leads);
    }
    Ok(part)
}

/// One lead over all segments.
struct Track {
    /// Name, unit, rate and calibration, from the segment that first had the lead.
    model: Lead,
    pieces: Vec<Piece>,
    samples_per_frame: u64,
}

fn place(part: Recording, start: u64, length: u64, tracks: &mut Vec<Track>, whole: &mut Recording) {
    let frame_rate = part.sampling_rate_hz;
    if frame_rate != whole.sampling_rate_hz {
        whole.warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!(
                "Segment {} states another sampling rate, {frame_rate} Hz.",
                part.name
            ),
        ));
    }
    for warning in part.warnings {
        if !whole.warnings.contains(&warning) {
            whole.warnings.push(warning);
        }
    }
    let mut taken = vec![false; tracks.len()];
    for lead in part.leads {
        let known = tracks
            .iter()
            .zip(&taken)
            .position(|(track, &taken)| !taken && track.model.name == lead.name);
        let index = known.unwrap_or_else(|| {
            let samples_per_frame = (lead.sampling_rate_hz / frame_rate).round().max(1.0);
            // Rounded, positive and from a header field that was an integer.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let samples_per_frame = samples_per_frame as u64;
            tracks.push(Track {
                model: lead.part(0..0),
                pieces: Vec::new(),
                samples_per_frame,
            });
            taken.push(false);
            tracks.len() - 1
        });
        if let Some(taken) = taken.get_mut(index) {
            *taken = true;
        }
        if let Some(track) = tracks.get_mut(index).filter(|_| !lead.samples.is_empty()) {
            track.pieces.push(Piece {
                at: track.index(start),
                length: track.index(length),
                lead,
            });
        }
    }
}

impl Track {
    /// How many samples so many frames hold.
    fn index(&self, frames: u64) -> usize {
        usize::try_from(frames.saturating_mul(self.samples_per_frame)).unwrap_or(0)
    }

    /// Lays the pieces into one lead of `frames` frames; what lies between is missing.
    fn join(self, frames: u64) -> Lead {
        Lead {
            samples: pieces::join(&self.model.samples, &self.pieces, self.index(frames)),
            ..self.model
        }
    }
}
