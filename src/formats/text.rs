//! Text files in the encodings that devices write.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Error;

/// Decodes by byte order mark; without one as UTF-8 where valid, else as Windows-1252.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_with_bom_removal(bytes).0;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            encoding_rs::WINDOWS_1252
                .decode_without_bom_handling(bytes)
                .0
        }
    }
}

/// Reads a text file of at most `limit` bytes.
pub(super) fn read(path: &Path, limit: u64) -> Result<String, Error> {
    Ok(decode(&bytes(path, limit)?).into_owned())
}

/// Reads a file of at most `limit` bytes.
pub(super) fn bytes(path: &Path, limit: u64) -> Result<Vec<u8>, Error> {
    let io = |error: std::io::Error| Error::io(path, &error);
    let file = File::open(path).map_err(io)?;
    let length = file.metadata().map_err(io)?.len();
    if length > limit {
        let reason = format!("{length} bytes are more than this format is read with ({limit})");
        return Err(Error::unsupported(reason).in_file(path));
    }
    // One more, so that the end is found without growing.
    let mut bytes = Vec::with_capacity(usize::try_from(length + 1).unwrap_or(0));
    file.take(limit).read_to_end(&mut bytes).map_err(io)?;
    Ok(bytes)
}

/// Whether the start of a file reads as text: no control characters but the usual white space.
pub(super) fn is_text(text: &str) -> bool {
    // Control characters beyond ASCII have bytes beyond it, too.
    let plain = |byte: u8| matches!(byte, b' '..0x7f | b'\t' | b'\n' | b'\r' | 0x0c);
    let usual = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{c}');
    // All bytes are looked at, many at a time, rather than each until one is another.
    let all_plain = text.bytes().fold(true, |all, byte| all & plain(byte));
    !text.is_empty() && (all_plain || text.chars().all(usual))
}
