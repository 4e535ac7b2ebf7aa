//! Tag, length, value.

use crate::ecg::{Warning, WarningCode};
use crate::formats::Error;
use crate::formats::bytes::{Bytes, size};

use super::{CHANNEL, END, WAVEFORM};

/// Definitions without a stated length that may lie in each other.
const DEEPEST: usize = 8;

/// One tag with its value.
pub(super) struct Item<'a> {
    pub tag: u8,
    /// Of the attributes of a channel: its number, counted from zero.
    pub channel: usize,
    pub value: &'a [u8],
    /// Where it is in the file, near enough for a message.
    pub at: usize,
}

/// An unsigned number of up to eight bytes.
pub(super) fn unsigned(value: &[u8], little_endian: bool) -> u64 {
    let digit = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
    if little_endian {
        value.iter().rev().take(8).fold(0, digit)
    } else {
        value.iter().take(8).fold(0, digit)
    }
}

/// All items up to the end mark.
pub(super) fn items<'a>(
    bytes: &'a [u8],
    offset: usize,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Item<'a>>, Error> {
    let mut items = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes.get(at) == Some(&0) {
            at += 1;
            continue;
        }
        let (item, end) = item(bytes, at, offset, warnings)?;
        at = end;
        let last = item.tag == END;
        items.push(item);
        if last {
            break;
        }
    }
    Ok(items)
}

fn item<'a>(
    bytes: &'a [u8],
    at: usize,
    offset: usize,
    warnings: &mut Vec<Warning>,
) -> Result<(Item<'a>, usize), Error> {
    let input = Bytes(bytes);
    let damaged = |reason: String| Error::damaged(reason).at_byte((offset + at) as u64);
    let cut = || damaged("the file ends within a field".to_owned());
    let tag = input.u8(at).ok_or_else(cut)?;
    let made = |channel, value| Item {
        tag,
        channel,
        value,
        at: offset + at,
    };
    if tag == END {
        return Ok((made(0, &[][..]), at + 1));
    }
    let (channel, next) = number(input, tag, at + 1).ok_or_else(cut)?;
    let (length, next) = length(input, next).ok_or_else(cut)?.map_err(damaged)?;
    let Some(length) = length else {
        let end = contents_end(input, next, 0).ok_or_else(cut)?;
        let value = input.slice(next, end - next).unwrap_or_default();
        return Ok((made(channel, value), end + 2));
    };
    let left = bytes.len().saturating_sub(next);
    let value = match input.slice(next, length) {
        Some(value) => value,
        None if tag == WAVEFORM => {
            warnings.push(Warning::new(
                WarningCode::Truncated,
                format!(
                    "The waveform claims {length} bytes, {left} are there; the rest is missing."
                ),
            ));
            bytes.get(next..).unwrap_or_default()
        }
        None => {
            return Err(damaged(format!(
                "a field claims {length} bytes, {left} are left"
            )));
        }
    };
    Ok((made(channel, value), next + value.len()))
}

/// The number of the channel whose attributes follow, in sevens of bits; the highest bit says that more follow.
fn number(input: Bytes<'_>, tag: u8, mut next: usize) -> Option<(usize, usize)> {
    let mut channel = 0_usize;
    if tag == CHANNEL {
        for _ in 0..4 {
            let byte = input.u8(next)?;
            next += 1;
            channel = channel << 7 | usize::from(byte & 0x7f);
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    Some((channel, next))
}

/// A length of one byte, of so many bytes, or none: then two zeros end the contents.
#[allow(clippy::type_complexity)]
fn length(input: Bytes<'_>, at: usize) -> Option<Result<(Option<usize>, usize), String>> {
    let short = input.u8(at)?;
    if short < 0x80 {
        return Some(Ok((Some(usize::from(short)), at + 1)));
    }
    let count = usize::from(short & 0x7f);
    if count == 0 {
        return Some(Ok((None, at + 1)));
    }
    if count > 4 {
        return Some(Err(format!("a length of {count} bytes is impossible")));
    }
    let digits = input.slice(at + 1, count)?;
    let value = digits
        .iter()
        .fold(0, |sum, &digit| sum << 8 | u32::from(digit));
    Some(Ok((Some(size(value)), at + 1 + count)))
}

/// Where the two zeros are that end contents without a stated length.
fn contents_end(input: Bytes<'_>, mut at: usize, depth: usize) -> Option<usize> {
    if depth > DEEPEST {
        return None;
    }
    loop {
        let tag = input.u8(at)?;
        if tag == 0 {
            if input.u8(at + 1)? == 0 {
                return Some(at);
            }
            at += 1;
            continue;
        }
        let (_, next) = number(input, tag, at + 1)?;
        let (stated, next) = length(input, next)?.ok()?;
        at = match stated {
            Some(stated) => next.checked_add(stated)?,
            None => contents_end(input, next, depth + 1)? + 2,
        };
    }
}
