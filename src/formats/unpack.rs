//! Unpacking what was compressed with deflate, to no more than a tracing can have been.

use std::io::Read;

use super::Error;

/// A tracing shrinks to a tenth at best. One of zeros shrinks to a thousandth, so the first megabytes are free.
const TIMES: u64 = 50;
const FREE: u64 = 4 << 20;
/// A day of twelve leads.
const MOST: u64 = 512 << 20;

/// Most bytes that so many packed ones may unpack to.
pub(super) fn most(packed: usize) -> u64 {
    let packed = u64::try_from(packed).unwrap_or(u64::MAX);
    packed.saturating_mul(TIMES).saturating_add(FREE).min(MOST)
}

/// A raw deflate stream.
pub(super) fn deflate(packed: &[u8]) -> Result<Vec<u8>, Error> {
    bounded(flate2::read::DeflateDecoder::new(packed), packed.len())
}

/// A deflate stream in zlib's wrapping.
pub(super) fn zlib(packed: &[u8]) -> Result<Vec<u8>, Error> {
    bounded(flate2::read::ZlibDecoder::new(packed), packed.len())
}

fn bounded(stream: impl Read, packed: usize) -> Result<Vec<u8>, Error> {
    let most = most(packed);
    let mut unpacked = Vec::new();
    stream
        .take(most + 1)
        .read_to_end(&mut unpacked)
        .map_err(|error| Error::damaged(format!("what is compressed is broken: {error}")))?;
    if unpacked.len() as u64 > most {
        return Err(too_much(packed));
    }
    Ok(unpacked)
}

/// What is said of more.
pub(super) fn too_much(packed: usize) -> Error {
    Error::unsupported(format!(
        "{packed} compressed bytes unpack to more than {} bytes, which is no tracing",
        most(packed)
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use super::*;

    fn packed(content: &[u8]) -> Vec<u8> {
        let mut encoder =
            flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn ten_minutes_of_flat_leads_unpack_and_a_bomb_does_not() {
        let flat = vec![0; 4 << 20];
        assert_eq!(deflate(&packed(&flat)).unwrap(), flat);
        let bomb = packed(&vec![0; 64 << 20]);
        assert!(bomb.len() < 100_000);
        let error = deflate(&bomb).unwrap_err().to_string();
        assert!(error.contains("no tracing"), "{error}");
    }
}
