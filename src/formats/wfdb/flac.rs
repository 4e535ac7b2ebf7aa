//! Signal files compressed with FLAC (formats 508, 516, 524): one FLAC channel a signal.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::ecg::Counts;
use crate::formats::Error;

use super::signal::Encoding;

/// Most values taken from a file however small: a few bytes of FLAC can stand for 65,535 equal samples. This is seven
/// hours of three leads at 250 Hz.
const UNBACKED_VALUES: u64 = 20_000_000;
/// Most values for each byte of a larger file: a sample that is not the same as its neighbours takes a bit at least.
const VALUES_A_BYTE: u64 = 8;
/// How far a channel grows at once. Doubling would take twice of what is there.
const STEP: usize = 1 << 18;

/// The channels of a FLAC file.
pub(super) struct Channels {
    pub channels: Vec<Counts>,
    /// Samples of each.
    pub length: usize,
    /// Why the stream may not be whole.
    pub damage: Option<String>,
    /// Whether reading stopped although there may be more.
    pub stopped: bool,
}

/// Decodes at most `most` samples of each of `count` channels.
pub(super) fn read(
    path: &Path,
    encoding: Encoding,
    count: usize,
    most: Option<usize>,
) -> Result<Channels, Error> {
    let file = File::open(path).map_err(|error| Error::io(path, &error))?;
    let size = file
        .metadata()
        .map_err(|error| Error::io(path, &error))?
        .len();
    let damaged =
        |error: claxon::Error| Error::damaged(format!("no FLAC stream: {error}")).in_file(path);
    let mut reader = claxon::FlacReader::new(BufReader::new(file)).map_err(damaged)?;
    let stored = usize::try_from(reader.streaminfo().channels).unwrap_or(usize::MAX);
    if stored != count {
        let reason = format!(
            "the FLAC stream holds {stored} channels, the header describes {count} signals"
        );
        return Err(Error::damaged(reason).in_file(path));
    }
    let announced = reader.streaminfo().samples;
    let values = UNBACKED_VALUES.max(size.saturating_mul(VALUES_A_BYTE));
    let bound = usize::try_from(values).unwrap_or(usize::MAX) / count.max(1);
    let limit = most.unwrap_or(usize::MAX).min(bound);
    let mut channels: Vec<Counts> = (0..count).map(|_| encoding.no_counts()).collect();
    let (mut damage, mut decoded) = (None, 0);
    let mut blocks = reader.blocks();
    let mut buffer = Vec::new();
    while decoded < limit {
        match blocks.read_next_or_eof(std::mem::take(&mut buffer)) {
            Ok(Some(block)) => {
                let taken = usize::try_from(block.duration())
                    .unwrap_or(0)
                    .min(limit - decoded);
                for (number, channel) in (0..).zip(&mut channels) {
                    if number < block.channels() {
                        let samples = block.channel(number);
                        append(channel, samples.get(..taken).unwrap_or(samples));
                    }
                }
                decoded += taken;
                buffer = block.into_buffer();
            }
            Ok(None) => break,
            Err(error) => {
                damage = Some(error.to_string());
                break;
            }
        }
    }
    let more = announced.is_none_or(|announced| announced > decoded as u64);
    let stopped = decoded == bound && most.is_none_or(|most| most > bound) && more;
    let contradiction =
        announced.filter(|&announced| damage.is_none() && !stopped && announced != decoded as u64);
    if let Some(announced) = contradiction {
        damage = Some(format!("the stream announces {announced} samples"));
    }
    Ok(Channels {
        channels,
        length: decoded,
        damage,
        stopped,
    })
}

/// Adds samples; those of a narrow encoding fit 16 bits by construction.
#[allow(clippy::cast_possible_truncation)]
fn append(channel: &mut Counts, samples: &[i32]) {
    match channel {
        Counts::I16(counts) => {
            make_room(counts, samples.len());
            counts.extend(samples.iter().map(|&sample| sample as i16));
        }
        Counts::I32(counts) => {
            make_room(counts, samples.len());
            counts.extend_from_slice(samples);
        }
        Counts::F64(_) => {}
    }
}

fn make_room<T>(counts: &mut Vec<T>, more: usize) {
    if counts.capacity() - counts.len() < more {
        counts.reserve_exact(more.max(STEP));
    }
}
