//! NumPy arrays: `.npy` and the ZIP archives of them, `.npz`
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).

use std::borrow::Cow;

use crate::ecg::Recording;

use super::array::{self, Known, Number, Stored};
use super::bytes::{Bytes, size};
use super::facts::Value;
use super::layout;
use super::variables::Variables;
use super::{Error, ErrorKind, Head, Options, unpack};

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
        Loaded::Numbers(shape, stored) => {
            array::one_of(&shape, &stored, &Known::default(), options)
        }
        Loaded::Words(_) => Err(Error::unsupported("the array holds text")),
        Loaded::Nothing => Err(Error::damaged("the array is empty").at_field("shape")),
    }
}

/// Reads an archive of named arrays.
pub(super) fn parse_archive(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    let members = members(bytes)?;
    let mut variables = Variables::new();
    let mut unread = None;
    let mut arrays = false;
    for (name, content) in &members {
        let path = name.strip_suffix(".npy").unwrap_or(name);
        match load(content).map_err(|error| error.at_field(name.clone())) {
            Ok(Loaded::Words(words)) => variables.fact(path, Value::Words(words)),
            Ok(Loaded::Nothing) => {}
            Ok(Loaded::Numbers(shape, stored)) => {
                arrays |= shape.iter().any(|&size| size > 1);
                variables.array(path, shape, stored.number.is_integer(), stored);
            }
            // Dates, truth values, Python objects beside a tracing do not keep it from being shown.
            Err(error) if error.kind == ErrorKind::Unsupported => {
                variables.fact(path, Value::Unread);
                unread.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match unread {
        Some(error) if !arrays => Err(error),
        _ => variables.recording(options),
    }
}

enum Loaded<'a> {
    Numbers(Vec<usize>, Stored<'a>),
    Words(Vec<String>),
    Nothing,
}

fn load(bytes: &[u8]) -> Result<Loaded<'_>, Error> {
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
    if let Some(letter) = Letter::parse(kind) {
        let count = layout::elements(&shape, data.len()).unwrap_or(0);
        return Ok(Loaded::Words(letter.words(data, count)));
    }
    let number = number(kind)?;
    if shape.contains(&0) {
        return Ok(Loaded::Nothing);
    }
    let most = data.len() / number.width;
    layout::elements(&shape, most).ok_or_else(|| {
        Error::damaged(format!("a shape of {shape:?} does not fit {most} values")).at_field("shape")
    })?;
    let stored = Stored {
        number,
        column_major,
        data,
    };
    Ok(Loaded::Numbers(shape, stored))
}

/// What follows `'key':` in the header, a Python dictionary.
fn entry<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'"))?;
    Some(rest.trim_start().strip_prefix(':')?.trim_start())
}

/// A type of text of a fixed number of letters: `<U3` in UTF-32, `|S3` in bytes.
struct Letter {
    bytes: usize,
    big_endian: bool,
    letters: usize,
}

/// Longer texts, and more of them, name no leads.
const MOST_LETTERS: usize = 256;
const MOST_WORDS: usize = 256;

impl Letter {
    fn parse(kind: &str) -> Option<Self> {
        let (order, rest) = kind.split_at_checked(1)?;
        let bytes = match rest.get(..1)? {
            "U" => 4,
            "S" => 1,
            _ => return None,
        };
        Some(Self {
            bytes,
            big_endian: order == ">",
            letters: rest.get(1..)?.parse().ok()?,
        })
    }

    fn words(&self, data: &[u8], count: usize) -> Vec<String> {
        if !(1..=MOST_LETTERS).contains(&self.letters) {
            return Vec::new();
        }
        let words = data.chunks_exact(self.letters * self.bytes);
        let words = words.take(count.min(MOST_WORDS));
        if self.bytes == 1 {
            return words
                .map(|word| Bytes(word).text(0, word.len()).unwrap_or_default())
                .collect();
        }
        let letter = |&letter: &[u8; 4]| match self.big_endian {
            true => u32::from_be_bytes(letter),
            false => u32::from_le_bytes(letter),
        };
        let word = |word: &[u8]| {
            let letters = word.as_chunks::<4>().0.iter().map(letter);
            let letters = letters.take_while(|&letter| letter != 0);
            letters.filter_map(char::from_u32).collect()
        };
        words.map(word).collect()
    }
}

/// A type of number: `<i2`, `>f8`, `|u1`.
fn number(kind: &str) -> Result<Number, Error> {
    let known = match *kind.as_bytes() {
        [order @ (b'<' | b'>' | b'|' | b'='), letter, width] => {
            Number::new(order == b'>', letter, usize::from(width.wrapping_sub(b'0')))
        }
        _ => None,
    };
    known.ok_or_else(|| {
        let reason = if kind.contains('O') {
            "the array holds pickled Python objects, which are not opened: they could run code"
                .to_owned()
        } else {
            format!("values of type \"{}\" are not read", kind.escape_debug())
        };
        Error::unsupported(reason).at_field("descr")
    })
}

type Member<'a> = (String, Cow<'a, [u8]>);

/// Name and content of the members, by the central directory.
fn members(bytes: &[u8]) -> Result<Vec<Member<'_>>, Error> {
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
            0 => Cow::Borrowed(data),
            8 => Cow::Owned(unpack::deflate(data).map_err(|error| error.at_field(name.clone()))?),
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn array(kind: &str, shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}");
        let mut file = [MAGIC, &[1, 0], &(header.len() as u16).to_le_bytes()].concat();
        file.extend(header.bytes());
        file.extend(data);
        file
    }

    /// An archive of stored members.
    fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let (mut file, mut directory) = (Vec::new(), Vec::new());
        for (name, content) in members {
            let start = file.len() as u32;
            let length = (content.len() as u32).to_le_bytes();
            let sizes = [length, length].concat();
            let name_length = (name.len() as u16).to_le_bytes();
            file.extend([b"PK\x03\x04", &[0; 14][..], &sizes, &name_length, &[0; 2]].concat());
            file.extend(name.bytes());
            file.extend(content);
            directory
                .extend([b"PK\x01\x02", &[0; 16][..], &sizes, &name_length, &[0; 12]].concat());
            directory.extend(start.to_le_bytes());
            directory.extend(name.bytes());
        }
        let count = (members.len() as u16).to_le_bytes();
        let end = [b"PK\x05\x06", &[0; 4][..], &count, &count].concat();
        let place = [directory.len() as u32, file.len() as u32].map(u32::to_le_bytes);
        [file, directory, end, place.concat(), vec![0; 2]].concat()
    }

    fn samples() -> Vec<u8> {
        let samples = (0..200_i16).map(|at| if at % 40 == 9 { 900 } else { at % 7 });
        samples.flat_map(i16::to_le_bytes).collect()
    }

    #[test]
    fn what_is_of_another_kind_does_not_keep_the_tracing_from_being_shown() {
        let rate = array("<f8", "()", &250_f64.to_le_bytes());
        let unit = array("<U2", "()", b"u\0\0\0V\0\0\0");
        let file = archive(&[
            ("mask.npy", array("|b1", "(100,)", &[1; 100])),
            ("when.npy", array("<M8[s]", "()", &[0; 8])),
            ("note.npy", array("|O", "()", b"pickle")),
            ("fft.npy", array("<c16", "(2,)", &[0; 32])),
            ("none.npy", array("<f8", "(0,)", &[])),
            ("sampleRate.npy", rate),
            ("units.npy", unit),
            ("labels.npy", array("|S2", "(2,)", b"ANI\0")),
            ("leads.npy", array("|S2", "(2,)", b"V1II")),
            ("ecg.npy", array("<i2", "(2, 100)", &samples())),
        ]);
        let recording = parse_archive(&file, &Options::default()).unwrap();
        let leads = recording.leads.iter().map(|lead| lead.name.as_str());
        assert_eq!(leads.collect::<Vec<_>>(), ["V1", "II"]);
        assert_eq!(recording.sampling_rate_hz, 250.0);
        assert!(recording.warnings.is_empty(), "{:?}", recording.warnings);
    }

    #[test]
    fn pickled_objects_alone_are_refused_by_name() {
        let file = archive(&[("ecg.npy", array("|O", "(2,)", b"pickle"))]);
        let error = parse_archive(&file, &Options::default()).unwrap_err();
        assert!(error.to_string().contains("pickled"), "{error}");
    }
}
