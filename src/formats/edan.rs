//! Edan SE-2012 Holter recordings: `patient.hea` beside `ecgraw.dat`, as far as others have worked them out
//! (P. Bourke, <https://paulbourke.net/dataformats/edan/>; the maker publishes nothing). What a count is worth is not
//! known, so a person must say it.

use std::path::{Path, PathBuf};

use crate::ecg::{
    Counts, Lead, LeadName, LeadOrigin, Recording, Samples, Unit, Warning, WarningCode,
};

use super::bytes::{Bytes, size};
use super::fields::{band, join};
use super::{Error, Head, Options, beside, check_rate, text};

const HEADER: &str = "patient.hea";
const SIGNALS: &str = "ecgraw.dat";
/// A day of twelve channels at 500 Hz has a gigabyte.
const LARGEST: u64 = 1 << 30;
const LARGEST_HEADER: u64 = 1 << 16;
/// The count that stands for nothing.
const ZERO: f64 = 16_384.0;
/// How far the middle of a channel may lie from it.
const PLAUSIBLE: f64 = 8192.0;
/// So many channels are written, some writers say, whether there are electrodes for them or not.
const ALL_CHANNELS: usize = 12;
const LABELS: usize = 1796;
/// Frames by which one layout is told from the other.
const LOOKED_AT: usize = 20_000;

/// Header or signal file with the other one beside it.
pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.text().is_none() && pair(head.path).is_some()
}

/// Header and signal file, in small letters or capitals, given one of them.
fn pair(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let name = path.file_name()?.to_str()?;
    let small = [HEADER, SIGNALS].map(str::to_owned);
    let [header, signals] = [small.each_ref().map(|name| name.to_uppercase()), small]
        .into_iter()
        .find(|names| names.iter().any(|own| own == name))?;
    Some((beside(path, &header).ok()?, beside(path, &signals).ok()?))
}

/// The two files of a recording given one of them.
pub(super) fn sources(path: &Path) -> Vec<PathBuf> {
    pair(path).map_or_else(Vec::new, |(header, signals)| vec![header, signals])
}

/// Reads a recording given one of its two files.
pub(super) fn read(path: &Path, _head: &Head<'_>, options: &Options) -> Result<Recording, Error> {
    let missing = || Error::damaged(format!("{HEADER} and {SIGNALS} belong together"));
    let (header, signals) = pair(path).ok_or_else(missing)?;
    let header = text::bytes(&header, LARGEST_HEADER)?;
    let signals = text::bytes(&signals, LARGEST)?;
    parse(Bytes(&header), &signals, options)
}

fn parse(header: Bytes<'_>, signals: &[u8], options: &Options) -> Result<Recording, Error> {
    let in_header = |reason: String| Error::damaged(reason).at_field(HEADER);
    let channels = usize::from(header.u8(12).unwrap_or(0));
    if !(1..=ALL_CHANNELS).contains(&channels) {
        return Err(in_header(format!("{channels} channels are impossible")));
    }
    if header.slice(LABELS, 8 * channels).is_none() {
        return Err(in_header(
            "it ends before the names of its channels".to_owned(),
        ));
    }
    let rate = f64::from(header.i16_le(32).unwrap_or(0));
    let rate = check_rate(rate).map_err(|error| error.at_field(HEADER))?;
    let mut recording = Recording::new("", "edan", rate);
    let (unit, scale) = options
        .unit()
        .unwrap_or_else(|| (Unit::Other(String::new()), 1.0));
    let unit_known = options.unit.is_some();
    options.settle(Some(rate), unit_known, "recording", &mut recording.warnings)?;
    describe(header, &mut recording);
    let stated_s = header.u32_le(4).zip(header.u32_le(8));
    let stated_s = stated_s.and_then(|(from, to)| to.checked_sub(from).map(f64::from));

    let words = signals.as_chunks::<2>().0;
    let width = width(words, channels, stated_s.map(|seconds| seconds * rate))?;
    let frames = words.len() / width;
    if !signals.len().is_multiple_of(2 * width) {
        recording.warnings.push(Warning::new(
            WarningCode::Truncated,
            format!("{SIGNALS} ends in the middle of a sample."),
        ));
    }
    let lasts_s = frames as f64 / rate;
    let differs = |stated: f64| (stated - lasts_s).abs() > 2.0_f64.max(0.01 * stated);
    if let Some(stated) = stated_s.filter(|&stated| stated > 0.0 && differs(stated)) {
        recording.warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!("{HEADER} states {stated} s, {SIGNALS} holds {lasts_s:.1} s."),
        ));
    }
    for channel in 0..channels {
        let label = header.text(LABELS + 8 * channel, 8);
        let name = label.map_or_else(
            || LeadName::Other(format!("channel {}", channel + 1)),
            |label| LeadName::parse(&label),
        );
        let own = words.iter().skip(channel).step_by(width).take(frames);
        let counts = own.map(|&pair| i32::from(u16::from_le_bytes(pair)));
        recording.leads.push(Lead {
            name,
            unit: unit.clone(),
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate,
            samples: Samples::from_counts(Counts::I32(counts.collect()), 1.0, ZERO, scale, None),
        });
    }
    Ok(recording)
}

/// How many channels are interleaved: those of the header, or all of the recorder.
fn width(words: &[[u8; 2]], channels: usize, stated: Option<f64>) -> Result<usize, Error> {
    let value = |pair: &[u8; 2]| f64::from(u16::from_le_bytes(*pair));
    let plausible = |width: usize| {
        let frames = (words.len() / width).min(LOOKED_AT);
        frames > 0
            && (0..channels).all(|channel| {
                let own = words.iter().skip(channel).step_by(width).take(frames);
                let mut own: Vec<f64> = own.map(value).collect();
                own.sort_unstable_by(f64::total_cmp);
                own.get(frames / 2)
                    .is_some_and(|middle| (middle - ZERO).abs() <= PLAUSIBLE)
            })
    };
    let mut widths = vec![channels];
    if channels != ALL_CHANNELS {
        widths.push(ALL_CHANNELS);
    }
    widths.retain(|&width| plausible(width));
    let [first, second] = match widths.as_slice() {
        [] => {
            let reason = format!(
                "the samples of neither {channels} nor {ALL_CHANNELS} channels lie around {ZERO}"
            );
            return Err(Error::damaged(reason).at_field(SIGNALS));
        }
        [only] => return Ok(*only),
        [first, second, ..] => [*first, *second],
    };
    let lasts = |width: usize, stated: f64| {
        let frames = (words.len() / width) as f64;
        (frames - stated).abs() <= 0.01 * stated
    };
    match stated.map(|stated| [lasts(first, stated), lasts(second, stated)]) {
        Some([true, false]) => return Ok(first),
        Some([false, true]) => return Ok(second),
        _ => {}
    }
    // A wrong width jumps from channel to channel.
    let step = |width: usize| {
        let steps = words
            .iter()
            .zip(words.iter().skip(width))
            .take(LOOKED_AT * width)
            .enumerate()
            .filter(|(index, _)| index % width < channels)
            .map(|(_, (before, after))| (value(after) - value(before)).abs());
        let (sum, count) = steps.fold((0.0, 0.0), |(sum, count), step| (sum + step, count + 1.0));
        sum / f64::max(count, 1.0)
    };
    Ok(if step(second) < 0.5 * step(first) {
        second
    } else {
        first
    })
}

fn describe(header: Bytes<'_>, recording: &mut Recording) {
    // Written by a Chinese maker's program, in Chinese characters where it is not ASCII.
    let words = |at: usize, length: usize| {
        let end = header.0.len().min(at + length);
        let bytes = header.0.get(at..end)?;
        let bytes = bytes.split(|&byte| byte == 0).next()?;
        let (text, broken) = encoding_rs::GB18030.decode_without_bom_handling(bytes);
        let text = if broken {
            text::decode(bytes).into_owned()
        } else {
            text.into_owned()
        };
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    recording.patient.id = words(108, 32);
    recording.patient.name = words(2637, 63);
    let seconds = header.u32_le(4).map_or(0, size);
    // The clock of the recorder: it is not said in which zone.
    recording.acquisition.started = i64::try_from(seconds)
        .ok()
        .filter(|&seconds| seconds > 631_152_000)
        .and_then(|seconds| jiff::Timestamp::from_second(seconds).ok())
        .map(|moment| moment.to_zoned(jiff::tz::TimeZone::UTC).datetime());
    recording.acquisition.device = join([Some("Edan".to_owned()), words(2304, 10)]);
    recording.acquisition.site = words(1960, 134);
    let low_pass = header.i16_le(2596).filter(|&hz| hz > 0).map(f64::from);
    recording.acquisition.filters = band(None, low_pass, None);
    recording.comments.extend(
        [(140, 102), (242, 102), (2892, 64)]
            .map(|(at, length)| words(at, length))
            .into_iter()
            .flatten(),
    );
}
