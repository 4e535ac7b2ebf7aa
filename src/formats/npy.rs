//! NumPy arrays: `.npy` and the ZIP archives of them, `.npz`
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).

use crate::ecg::Recording;

use super::array::{self, Array, Known};
use super::bytes::{Bytes, size};
use super::{Error, Head, Options, unpack};

pub(super) const LARGEST: u64 = 1 << 30;
const MAGIC: &[u8] = b"\x93NUMPY";

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.starts_with(MAGIC)
}

/// A ZIP archive whose first member is an array.
pub(super) fn sniff_archive(head: &Head<'_>) -> bool {
    let name = Bytes(&head.bytes)
        .u16_le(26)
        .and_then(|length| Bytes(&head.bytes).text(30, length.into()));
    head.bytes.starts_with(b"PK\x03\x04") && name.is_some_and(|name| name.ends_with(".npy"))
}

/// Reads an array from the bytes of its file.
pub(super) fn parse(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    match load(bytes)? {
        Loaded::Numbers(array) => array::recording(&array, &Known::default(), options),
        Loaded::Words(_) => Err(Error::unsupported("the array holds text")),
    }
}

/// Reads an archive: the largest array is the tracing; `fs` and `leads` describe it.
pub(super) fn parse_archive(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    let mut tracing: Option<Array> = None;
    let mut known = Known::default();
    for (name, content) in members(bytes)? {
        let key = name.trim_end_matches(".npy").to_lowercase();
        match load(&content).map_err(|error| error.at_field(name))? {
            Loaded::Words(words) => known.names = words,
            Loaded::Numbers(array) if array.values.len() == 1 => {
                if matches!(
                    key.as_str(),
                    "fs" | "rate" | "sampling_rate" | "sampling_frequency" | "freq" | "hz"
                ) {
                    known.rate_hz = array.values.first().copied();
                }
            }
            Loaded::Numbers(array) => {
                if tracing
                    .as_ref()
                    .is_none_or(|other| other.values.len() < array.values.len())
                {
                    tracing = Some(array);
                }
            }
        }
    }
    let tracing = tracing.ok_or_else(|| Error::damaged("the archive holds no array of samples"))?;
    array::recording(&tracing, &known, options)
}

enum Loaded {
    Numbers(Array),
    Words(Vec<String>),
}

fn load(bytes: &[u8]) -> Result<Loaded, Error> {
    let input = Bytes(bytes);
    let cut = || Error::damaged("the file ends within its header").at_byte(bytes.len() as u64);
    let (length, start) = match input.u8(6).ok_or_else(cut)? {
        1 => (usize::from(input.u16_le(8).ok_or_else(cut)?), 10),
        2 | 3 => (size(input.u32_le(8).ok_or_else(cut)?), 12),
        version => {
            return Err(Error::unsupported(format!(
                "version {version} of this format is not read"
            )));
        }
    };
    if !bytes.starts_with(MAGIC) {
        return Err(Error::damaged("this is no NumPy array"));
    }
    let header = input.slice(start, length).ok_or_else(cut)?;
    let header = String::from_utf8_lossy(header).into_owned();
    let kind = entry(&header, "descr").and_then(|rest| rest.strip_prefix('\'')?.split('\'').next());
    let kind =
        kind.ok_or_else(|| Error::unsupported("arrays of records are not read").at_field("descr"))?;
    let column_major = entry(&header, "fortran_order").is_some_and(|rest| rest.starts_with("True"));
    let shape = entry(&header, "shape").and_then(|rest| rest.strip_prefix('(')?.split(')').next());
    let shape = shape.and_then(|list| {
        let sizes = list
            .split(',')
            .map(str::trim)
            .filter(|size| !size.is_empty());
        sizes
            .map(|size| size.parse().ok())
            .collect::<Option<Vec<usize>>>()
    });
    let shape = shape.ok_or_else(|| Error::damaged("the shape is none").at_field("shape"))?;
    let data = bytes.get(start + length..).unwrap_or_default();
    if let Some(width) = kind
        .strip_prefix("<U")
        .and_then(|width| width.parse::<usize>().ok())
    {
        return Ok(Loaded::Words(words(
            data,
            width,
            array::elements(&shape, data.len()).unwrap_or(0),
        )));
    }
    let number = Number::parse(kind)?;
    let most = data.len() / number.width;
    let count = array::elements(&shape, most).ok_or_else(|| {
        Error::damaged(format!("a shape of {shape:?} does not fit {most} values")).at_field("shape")
    })?;
    let values: Vec<f64> = data
        .chunks_exact(number.width)
        .take(count)
        .map(|bytes| number.read(bytes))
        .collect();
    let values = if column_major {
        array::from_column_major(&shape, &values)
    } else {
        values
    };
    Ok(Loaded::Numbers(Array { shape, values }))
}

/// What follows `'key':` in the header, a Python dictionary.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// Fixed-width text in UTF-32.
fn words(data: &[u8], width: usize, count: usize) -> Vec<String> {
    if width == 0 || width > 256 {
        return Vec::new();
    }
    data.chunks_exact(width * 4)
        .take(count)
        .map(|word| {
            let letters = word
                .as_chunks::<4>()
                .0
                .iter()
                .map(|&letter| u32::from_le_bytes(letter));
            letters
                .take_while(|&letter| letter != 0)
                .filter_map(char::from_u32)
                .collect()
        })
        .collect()
}

/// A type of number: `<i2`, `>f8`, `|u1`.
struct Number {
    big_endian: bool,
    letter: u8,
    width: usize,
}

impl Number {
    fn parse(kind: &str) -> Result<Self, Error> {
        let bad = || {
            let reason = if kind.contains('O') {
                "the array holds pickled Python objects, which are not opened: they could run code"
                    .to_owned()
            } else {
                format!("values of type \"{}\" are not read", kind.escape_debug())
            };
            Error::unsupported(reason).at_field("descr")
        };
        let &[order, letter, digit] = kind.as_bytes().first_chunk::<3>().ok_or_else(bad)?;
        let width = usize::from(digit.wrapping_sub(b'0'));
        let known = matches!(
            (letter, width),
            (b'i' | b'u', 1 | 2 | 4 | 8) | (b'f', 2 | 4 | 8)
        );
        if kind.len() != 3 || !known || !matches!(order, b'<' | b'>' | b'|' | b'=') {
            return Err(bad());
        }
        Ok(Self {
            big_endian: order == b'>',
            letter,
            width,
        })
    }

    fn read(&self, bytes: &[u8]) -> f64 {
        let digit = |sum: u64, &byte: &u8| sum << 8 | u64::from(byte);
        let raw = if self.big_endian {
            bytes.iter().fold(0, digit)
        } else {
            bytes.iter().rev().fold(0, digit)
        };
        let unused = 64 - 8 * self.width.min(8) as u32;
        let low32 = u32::try_from(raw & 0xffff_ffff).unwrap_or(0);
        match (self.letter, self.width) {
            (b'f', 8) => f64::from_bits(raw),
            (b'f', 4) => f64::from(f32::from_bits(low32)),
            (b'f', _) => array::half(u16::try_from(raw & 0xffff).unwrap_or(0)),
            (b'i', _) => ((raw << unused).cast_signed() >> unused) as f64,
            _ => raw as f64,
        }
    }
}

/// Name and content of the members, by the central directory.
fn members(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let input = Bytes(bytes);
    let broken = || Error::damaged("the ZIP archive is broken or cut off");
    let earliest = bytes.len().saturating_sub(65_557);
    let end = (earliest..bytes.len().saturating_sub(21))
        .rev()
        .find(|&at| input.slice(at, 4) == Some(b"PK\x05\x06"))
        .ok_or_else(broken)?;
    let count = input.u16_le(end + 10).ok_or_else(broken)?;
    let mut at = size(input.u32_le(end + 16).ok_or_else(broken)?);
    let mut members = Vec::new();
    let mut total = 0_usize;
    for _ in 0..count {
        if input.slice(at, 4) != Some(b"PK\x01\x02") {
            return Err(broken());
        }
        let method = input.u16_le(at + 10).ok_or_else(broken)?;
        let packed = size(input.u32_le(at + 20).ok_or_else(broken)?);
        let name_length = usize::from(input.u16_le(at + 28).ok_or_else(broken)?);
        let extra = usize::from(input.u16_le(at + 30).ok_or_else(broken)?);
        let comment = usize::from(input.u16_le(at + 32).ok_or_else(broken)?);
        let local = size(input.u32_le(at + 42).ok_or_else(broken)?);
        let name = input.text(at + 46, name_length).unwrap_or_default();
        let skip = |field| input.u16_le(local.saturating_add(field)).map(usize::from);
        let start = skip(26).zip(skip(28)).ok_or_else(broken)?;
        let start = local + 30 + start.0 + start.1;
        let data = input.slice(start, packed).ok_or_else(broken)?;
        let content = match method {
            0 => data.to_vec(),
            8 => unpack::deflate(data).map_err(|error| error.at_field(name.clone()))?,
            _ => {
                return Err(
                    Error::unsupported(format!("compression {method} is not read")).at_field(name),
                );
            }
        };
        // Members that lie upon one another would be unpacked again and again.
        total = total.saturating_add(content.len());
        if total as u64 > unpack::most(bytes.len()) {
            return Err(unpack::too_much(bytes.len()));
        }
        members.push((name, content));
        at += 46 + name_length + extra + comment;
    }
    Ok(members)
}
