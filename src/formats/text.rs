//! Text files in the encodings that devices write.

use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::Error;

/// Decodes by byte order mark; without one as UTF-16 where every second byte shows it, as UTF-8 where valid, else as
/// Windows-1252.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode_with_bom_removal(bytes).0;
    }
    if let Some(encoding) = unmarked_utf_16(bytes) {
        return encoding.decode_without_bom_handling(bytes).0;
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

/// How many units tell whether bytes are UTF-16 without a mark.
const UNITS: usize = 256;

/// UTF-16 if the bytes start with lines or elements of ASCII in it. 16-bit samples do not: from letters down to a line
/// break they would pass the control characters between.
fn unmarked_utf_16(bytes: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let units = bytes.as_chunks::<2>().0;
    let first = units.get(..UNITS).unwrap_or(units);
    let ascii = |characters: Vec<u16>| {
        let plain = |unit: &u16| matches!(unit, 0x20..0x7f | 0x09 | 0x0a | 0x0d);
        let word = |unit: &u16| char::from_u32(u32::from(*unit)).is_some_and(char::is_alphanumeric);
        let breaks = |unit: &u16| matches!(unit, 0x0a | 0x3c);
        characters.iter().all(plain) && characters.iter().any(word) && characters.iter().any(breaks)
    };
    let units = |order: fn([u8; 2]) -> u16| first.iter().map(|&unit| order(unit)).collect();
    if ascii(units(u16::from_le_bytes)) {
        Some(encoding_rs::UTF_16LE)
    } else {
        ascii(units(u16::from_be_bytes)).then_some(encoding_rs::UTF_16BE)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_is_read_with_a_mark_and_without() {
        let text = "time,II\n0,1\n";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let marked = [b"\xff\xfe".as_slice(), &little].concat();
        for bytes in [&little, &big, &marked] {
            assert_eq!(decode(bytes), text);
        }
        // Two samples of 16 bits each.
        assert_eq!(decode(&[b'1', 0, b'2', 0]), "1\u{0}2\u{0}");
    }
}
