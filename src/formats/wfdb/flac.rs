//! Signal files compressed with FLAC (formats 508, 516, 524): one FLAC channel a signal.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use crate::formats::Error;

/// Most values taken from one file. A few bytes of FLAC can stand for 65,535 equal samples, so the
/// file's size is no bound; this is seven hours of three leads at 250 Hz.
const MOST_VALUES: usize = 20_000_000;
/// How far a channel grows at once. Doubling would take twice of what is there.
const STEP: usize = 1 << 18;

/// The channels of a FLAC file.
pub(super) struct Channels {
    pub channels: Vec<Vec<i32>>,
    /// Why the stream may not be whole.
    pub damage: Option<String>,
}

/// Decodes at most `most` samples of each of `count` channels.
pub(super) fn read(path: &Path, count: usize, most: Option<usize>) -> Result<Channels, Error> {
    let file = File::open(path).map_err(|error| Error::io(path, &error))?;
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
    let bound = MOST_VALUES / count.max(1);
    let limit = most.unwrap_or(bound).min(bound);
    let mut channels = vec![Vec::new(); count];
    let mut damage = None;
    let mut blocks = reader.blocks();
    let mut buffer = Vec::new();
    loop {
        let decoded = channels.first().map_or(0, Vec::len);
        if decoded >= limit {
            break;
        }
        match blocks.read_next_or_eof(std::mem::take(&mut buffer)) {
            Ok(Some(block)) => {
                for (number, channel) in (0..).zip(&mut channels) {
                    if number < block.channels() {
                        let samples = block.channel(number);
                        if channel.capacity() - channel.len() < samples.len() {
                            channel.reserve_exact(samples.len().max(STEP));
                        }
                        channel.extend(samples.iter().take(limit - decoded));
                    }
                }
                buffer = block.into_buffer();
            }
            Ok(None) => break,
            Err(error) => {
                damage = Some(error.to_string());
                break;
            }
        }
    }
    let decoded = channels.first().map_or(0, Vec::len) as u64;
    let contradiction = announced.filter(|&announced| damage.is_none() && announced != decoded);
    if let Some(announced) = contradiction {
        damage = Some(format!("the stream announces {announced} samples"));
    }
    Ok(Channels { channels, damage })
}
