//! WFDB (PhysioNet) records: a text header `.hea` beside one or more signal files.
//!
//! Described at <https://physionet.org/physiotools/wag/header-5.htm> and `signal-5.htm`. The `.mat`
//! files of the CinC challenges are such signal files too: format `16+24` skips the MATLAB v4 header.

pub mod annotation;
mod comments;
mod flac;
mod frames;
mod header;
mod record_line;
mod segments;
mod signal;
mod signal_line;
mod write;

use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::ecg::{Counts, Lead, LeadName, LeadOrigin, Recording, Samples, Warning, WarningCode};

use super::{Error, Head, Options, text};
use header::{Body, Header, SignalLine};
use signal::Placement;

pub use frames::at_frame_rate;
use frames::{Frames, averaged};
pub use write::{files, write, write_annotations};

/// The comment line by which a header says that its tracing is simulated.
pub const SIMULATED_MARK: &str = "Simulated by heartbeatai";

/// Headers of day-long multi-segment records reach some hundred kilobytes.
const LARGEST_HEADER: u64 = 16 << 20;
/// How many headers of a folder are looked through for the one that names a signal file.
const HEADERS_TO_SEARCH: usize = 5000;

/// Whether this is a WFDB header, or a signal file whose header lies beside it.
pub(super) fn sniff(head: &Head<'_>) -> bool {
    if let Some(text) = head.text()
        && (head.has_extension("hea") || header::looks_like_header(text))
    {
        return true;
    }
    find_header(head.path, head.text().is_none()).is_some()
}

/// Reads a record given its header or one of its signal files.
pub(super) fn read(path: &Path, head: &Head<'_>, _options: &Options) -> Result<Recording, Error> {
    let header_path = header_of(path, head)
        .ok_or_else(|| Error::unsupported("its header (.hea) is missing").in_file(path))?;
    read_record(&header_path, Frames::Whole)
}

/// The header of a record given it or one of its signal files.
fn header_of(path: &Path, head: &Head<'_>) -> Option<PathBuf> {
    let is_header = head
        .text()
        .is_some_and(|text| head.has_extension("hea") || header::looks_like_header(text));
    if is_header {
        Some(path.to_path_buf())
    } else {
        find_header(path, true)
    }
}

/// The signal files that a header names, whether they are there or not.
pub(super) fn signal_files(header_path: &Path) -> Vec<PathBuf> {
    let text = text::read(header_path, LARGEST_HEADER).unwrap_or_default();
    let folder = super::folder_of(header_path);
    let mut files: Vec<PathBuf> = header::signal_files(&text)
        .map(|name| folder.join(name))
        .collect();
    files.dedup();
    files
}

/// The files that a record is read from: header, signal files, annotations and, of a record in segments, theirs.
pub(super) fn sources(path: &Path, head: &Head<'_>) -> Vec<PathBuf> {
    let Some(header_path) = header_of(path, head) else {
        return Vec::new();
    };
    let mut files = signal_files(&header_path);
    let text = text::read(&header_path, LARGEST_HEADER).unwrap_or_default();
    for name in header::segment_records(&text) {
        let segment = super::folder_of(&header_path).join(format!("{name}.hea"));
        files.extend(signal_files(&segment));
        files.push(segment);
    }
    files.extend(annotation::files(&header_path));
    files.push(header_path);
    files.retain(|file| file.is_file());
    files
}

/// The header beside a signal file: the one of the same name, or one that names the file.
fn find_header(path: &Path, search: bool) -> Option<PathBuf> {
    let file = path.file_name()?.to_str()?;
    let names_it = |header: &Path| {
        text::read(header, LARGEST_HEADER).is_ok_and(|text| {
            text.lines()
                .any(|line| line.split_ascii_whitespace().next() == Some(file))
        })
    };
    let same_name = path.with_extension("hea");
    if same_name != path && same_name.is_file() && names_it(&same_name) {
        return Some(same_name);
    }
    if !search {
        return None;
    }
    std::fs::read_dir(super::folder_of(path))
        .ok()?
        .take(HEADERS_TO_SEARCH)
        .flatten()
        .map(|entry| entry.path())
        .find(|candidate| {
            candidate
                .extension()
                .is_some_and(|e| e.eq_ignore_ascii_case("hea"))
                && names_it(candidate)
        })
}

/// Reads a whole record, its segments and the annotations beside it.
fn read_record(header_path: &Path, frames: Frames) -> Result<Recording, Error> {
    let header = read_header(header_path)?;
    let mut recording = new_recording(&header);
    match &header.body {
        Body::Signals(signals) => {
            read_signals(header_path, &header, signals, frames, &mut recording)?;
            if recording.leads.is_empty() && !signals.is_empty() {
                let reason = "none of its signals holds samples";
                return Err(Error::damaged(reason).in_file(header_path));
            }
        }
        Body::Segments(segments) => {
            segments::read(header_path, &header, segments, frames, &mut recording)?;
        }
    }
    // Leads with several samples a frame are faster than the frames.
    annotation::add(header_path, &mut recording);
    if let Some(ecg) = recording.leads.iter().find(|lead| lead.unit.is_voltage()) {
        recording.sampling_rate_hz = ecg.sampling_rate_hz;
    }
    Ok(recording)
}

fn read_header(header_path: &Path) -> Result<Header, Error> {
    let text = text::read(header_path, LARGEST_HEADER)?;
    header::parse(&text).map_err(|error| error.in_file(header_path))
}

fn new_recording(header: &Header) -> Recording {
    let mut recording = Recording::new(header.name.as_str(), "wfdb", header.sampling_rate_hz);
    recording.acquisition.started = header.started;
    recording.warnings.extend_from_slice(&header.warnings);
    comments::apply(&header.comments, &mut recording);
    recording
}

/// Signals that share a signal file, in their order within a frame.
struct Group<'a> {
    file: &'a str,
    signals: Vec<(usize, &'a SignalLine)>,
}

fn read_signals(
    header_path: &Path,
    header: &Header,
    signals: &[SignalLine],
    frames: Frames,
    recording: &mut Recording,
) -> Result<(), Error> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for (number, signal) in signals.iter().enumerate() {
        if signal.encoding == signal::Encoding::Nothing {
            let name = lead_name(signal, number, &mut recording.warnings);
            recording.warnings.push(Warning::new(
                WarningCode::LeftOut,
                format!("Signal {name} holds no samples (format 0) and is left out."),
            ));
            continue;
        }
        match groups.iter_mut().find(|group| group.file == signal.file) {
            Some(group) => group.signals.push((number, signal)),
            None => groups.push(Group {
                file: &signal.file,
                signals: vec![(number, signal)],
            }),
        }
    }
    let mut leads: Vec<Option<Lead>> = Vec::new();
    leads.resize_with(signals.len(), || None);
    let mut unverified = Vec::new();
    for group in &groups {
        let data = SignalFile::open(header_path, group)?;
        let decoded = if data.encoding.is_compressed() {
            data.decode_channels(header, recording)?
        } else {
            data.decode_frames(header, header_path, recording)?
        };
        for (&(number, signal), counts) in group.signals.iter().zip(decoded) {
            let lead = lead(signal, number, counts, recording);
            let expected = header
                .length
                .and_then(|n| n.checked_mul(signal.samples_per_frame));
            let whole = expected.is_none_or(|n| n == lead.samples.len() as u64);
            if whole && signal.skew == 0 && !checks_hold(signal, lead.samples.counts()) {
                unverified.push(lead.name.to_string());
            }
            let lead = match frames {
                Frames::Averaged if signal.samples_per_frame > 1 => averaged(lead, signal),
                _ => lead,
            };
            if let Some(slot) = leads.get_mut(number) {
                *slot = Some(lead);
            }
        }
    }
    recording.leads = leads.into_iter().flatten().collect();
    if !unverified.is_empty() {
        recording.warnings.push(Warning::new(
            WarningCode::Checksum,
            format!(
                "The header's first value or checksum does not match the samples of {}: \
                 the signal file was changed after the header was written, or is damaged.",
                unverified.join(", ")
            ),
        ));
    }
    Ok(())
}

/// Whether first value and checksum (the 16-bit sum of all counts) are as the header says.
fn checks_hold(signal: &SignalLine, counts: &Counts) -> bool {
    let (first, sum) = match counts {
        Counts::I16(counts) => (
            counts.first().map(|&count| i32::from(count)),
            counts
                .iter()
                .fold(0_i32, |sum, &count| sum.wrapping_add(i32::from(count))),
        ),
        Counts::I32(counts) => (
            counts.first().copied(),
            counts
                .iter()
                .fold(0_i32, |sum, &count| sum.wrapping_add(count)),
        ),
        Counts::F64(_) => return true,
    };
    let differences = signal.encoding == signal::Encoding::Difference8;
    let first_holds = differences
        || signal
            .initial_value
            .is_none_or(|value| first == Some(value));
    let sum_holds = signal
        .checksum
        .is_none_or(|checksum| (checksum ^ sum) & 0xffff == 0);
    first_holds && sum_holds
}

fn lead(signal: &SignalLine, number: usize, counts: Counts, recording: &mut Recording) -> Lead {
    let name = lead_name(signal, number, &mut recording.warnings);
    Lead {
        name,
        unit: signal.unit.clone(),
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: recording.sampling_rate_hz * signal.samples_per_frame as f64,
        samples: Samples::from_counts(
            counts,
            signal.gain,
            signal.baseline,
            signal.unit_scale,
            signal.encoding.missing(),
        ),
    }
}

fn lead_name(signal: &SignalLine, number: usize, warnings: &mut Vec<Warning>) -> LeadName {
    if signal.description.is_empty() {
        return LeadName::Other(format!("signal {}", number + 1));
    }
    let name = LeadName::parse(&signal.description);
    if signal.description.starts_with('-') && name.standard_index().is_some() {
        warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!(
                "A lead is called {}. It is shown as {name}, with the polarity of the stored samples.",
                signal.description
            ),
        ));
    }
    name
}

/// A signal file, checked to lie inside the header's folder.
struct SignalFile<'a> {
    group: &'a Group<'a>,
    encoding: signal::Encoding,
    path: PathBuf,
    byte_offset: u64,
    /// Bytes after the offset.
    length: u64,
    /// Samples of all signals in one frame.
    frame: u64,
}

impl<'a> SignalFile<'a> {
    fn open(header_path: &Path, group: &'a Group<'a>) -> Result<Self, Error> {
        let Some((_, first)) = group.signals.first() else {
            return Err(Error::damaged("a signal file without signals").in_file(header_path));
        };
        let at_line = |error: Error, line: usize| error.at_line(line).in_file(header_path);
        let path = super::beside(header_path, group.file).map_err(|e| at_line(e, first.line))?;
        let size = std::fs::metadata(&path)
            .map_err(|error| Error::io(&path, &error))?
            .len();
        let mut frame = 0_u64;
        for (_, signal) in &group.signals {
            if signal.encoding != first.encoding || signal.byte_offset != first.byte_offset {
                let reason = format!("signals in {} differ in format or byte offset", group.file);
                return Err(at_line(Error::damaged(reason), signal.line));
            }
            frame = frame.saturating_add(signal.samples_per_frame);
        }
        let length = size.checked_sub(first.byte_offset).ok_or_else(|| {
            let reason = format!(
                "the samples start at byte {}, but {} holds only {size} bytes",
                first.byte_offset, group.file
            );
            at_line(Error::damaged(reason), first.line)
        })?;
        Ok(Self {
            group,
            encoding: first.encoding,
            path,
            byte_offset: first.byte_offset,
            length,
            frame,
        })
    }

    fn decode_frames(
        &self,
        header: &Header,
        header_path: &Path,
        recording: &mut Recording,
    ) -> Result<Vec<Counts>, Error> {
        let frames = self.frames_to_read(header, recording)?;
        let bytes = self.bytes(frames)?;
        let mut first = 0;
        let mut decoded = Vec::new();
        for (_, signal) in &self.group.signals {
            let placement = self.placement(signal, first, frames, header_path)?;
            first += placement.samples_per_frame;
            decoded.push(signal::read(
                signal.encoding,
                &bytes,
                placement,
                signal.initial_value,
            ));
        }
        Ok(decoded)
    }

    /// FLAC: every channel holds one signal with all its samples a frame.
    fn decode_channels(
        &self,
        header: &Header,
        recording: &mut Recording,
    ) -> Result<Vec<Counts>, Error> {
        let per_frame = self
            .group
            .signals
            .first()
            .map_or(1, |(_, signal)| signal.samples_per_frame);
        let stated = header
            .length
            .and_then(|length| length.checked_mul(per_frame));
        let most = stated.and_then(|samples| usize::try_from(samples).ok());
        let count = self.group.signals.len();
        let stream = flac::read(&self.path, self.encoding, count, most)?;
        let got = stream.length as u64;
        if got == 0 {
            let reason = stream
                .damage
                .unwrap_or_else(|| "the FLAC stream holds no samples".into());
            return Err(Error::damaged(reason).in_file(&self.path));
        }
        let file = self.group.file;
        if stream.stopped {
            recording.warnings.push(Warning::new(
                WarningCode::LeftOut,
                format!(
                    "Only the first {got} samples of {file} are shown: reading stops there, since no tracing of so \
                     many is so small a file."
                ),
            ));
        } else if let Some(stated) = stated.filter(|&stated| got < stated) {
            let why = stream
                .damage
                .map_or(String::new(), |damage| format!(" ({damage})"));
            recording.warnings.push(Warning::new(
                WarningCode::Truncated,
                format!("{file} holds {got} of {stated} samples{why}; the rest is missing."),
            ));
        } else if let Some(damage) = stream.damage {
            recording.warnings.push(Warning::new(
                WarningCode::Truncated,
                format!("{file} holds {got} samples, but may not be whole: {damage}."),
            ));
        }
        let signals = self.group.signals.iter();
        let decoded = signals.zip(stream.channels).map(|((_, signal), channel)| {
            let skew = signal.skew.saturating_mul(signal.samples_per_frame);
            let skew = usize::try_from(skew).unwrap_or(usize::MAX);
            signal::skewed(signal.encoding, channel, skew)
        });
        Ok(decoded.collect())
    }

    fn frames_to_read(&self, header: &Header, recording: &mut Recording) -> Result<u64, Error> {
        let available = self.encoding.samples_in(self.length) / self.frame;
        if available == 0 {
            let reason = "the file ends before its first whole frame of samples";
            return Err(Error::damaged(reason)
                .at_byte(self.byte_offset)
                .in_file(&self.path));
        }
        let Some(stated) = header.length else {
            return Ok(available);
        };
        let expected_bytes = stated
            .checked_mul(self.frame)
            .and_then(|samples| self.encoding.bytes_for(samples));
        let file = self.group.file;
        if available < stated {
            recording.warnings.push(Warning::new(
                WarningCode::Truncated,
                format!("{file} holds {available} of {stated} samples; the rest is missing."),
            ));
        } else if expected_bytes.is_some_and(|bytes| self.length > bytes) {
            recording.warnings.push(Warning::new(
                WarningCode::Inconsistent,
                format!("{file} is longer than the {stated} samples that its header states; the rest is not shown."),
            ));
        }
        Ok(available.min(stated))
    }

    /// The bytes of that many frames; never more than the file holds.
    fn bytes(&self, frames: u64) -> Result<Vec<u8>, Error> {
        let io = |error: std::io::Error| Error::io(&self.path, &error);
        let wanted = self
            .encoding
            .bytes_for(frames.saturating_mul(self.frame))
            .unwrap_or(self.length)
            .min(self.length);
        let mut file = std::fs::File::open(&self.path).map_err(io)?;
        file.seek(SeekFrom::Start(self.byte_offset)).map_err(io)?;
        let mut bytes = Vec::new();
        file.take(wanted).read_to_end(&mut bytes).map_err(io)?;
        Ok(bytes)
    }

    fn placement(
        &self,
        signal: &SignalLine,
        first: usize,
        frames: u64,
        header_path: &Path,
    ) -> Result<Placement, Error> {
        let too_large = || {
            Error::damaged("the frame is larger than this machine can address")
                .at_line(signal.line)
                .in_file(header_path)
        };
        if signal.skew >= frames {
            let reason = format!(
                "a skew of {} leaves nothing of {frames} samples",
                signal.skew
            );
            return Err(Error::damaged(reason)
                .at_line(signal.line)
                .in_file(header_path));
        }
        let size = |value: u64| usize::try_from(value).map_err(|_| too_large());
        Ok(Placement {
            frame: size(self.frame)?,
            first,
            samples_per_frame: size(signal.samples_per_frame)?,
            frames: size(frames)?,
            skew: size(signal.skew)?,
        })
    }
}
