//! MATLAB files, version 4 and version 5 (also compressed): matrices and texts by name, also in structures.
//! Version 7.3 is HDF5, see [`super::hdf5`].

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::ecg::Recording;

use super::array::{Number, Stored};
use super::bytes::{Bytes, size};
use super::facts::Value;
use super::layout;
use super::variables::Variables;
use super::{Error, Head, Options, unpack};

pub(super) const LARGEST: u64 = 1 << 30;
/// Nesting of structures that is followed.
const DEEPEST: usize = 8;

/// Version 5 by its text, version 4 by a plausible first header.
pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.starts_with(b"MATLAB 5.0 MAT-file")
        || (head.has_extension("mat") && is_v4(&head.bytes))
}

fn is_v4(bytes: &[u8]) -> bool {
    let input = Bytes(bytes);
    let kind = input
        .i32_le(0)
        .is_some_and(|kind| (0..=52).contains(&kind) && kind % 10 <= 2);
    let text = input
        .slice(20, 1)
        .is_some_and(|letter| letter.iter().all(u8::is_ascii_alphabetic));
    kind && text
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    if !bytes.starts_with(b"MATLAB 5.0") {
        return v4(bytes)?.recording(options);
    }
    let big_endian = match bytes.get(126..128) {
        Some(b"IM") => false,
        Some(b"MI") => true,
        _ => return Err(Error::damaged("the byte order is not stated").at_byte(126)),
    };
    let unpacked = unpacked(bytes, big_endian)?;
    let mut file = Version5 {
        big_endian,
        variables: Variables::new(),
        words: BTreeMap::new(),
    };
    for element in &unpacked {
        file.elements(element, 0, "")?;
    }
    for (path, words) in file.words {
        file.variables.fact(&path, Value::Words(words));
    }
    file.variables.recording(options)
}

/// Numbers as MATLAB stores them.
fn by_columns(number: Number, data: &[u8]) -> Stored<'_> {
    Stored {
        number,
        column_major: true,
        data,
    }
}

/// Rows of text, which lie column by column.
fn words(shape: &[usize], letters: &[char]) -> Vec<String> {
    let rows = shape.first().copied().unwrap_or(0);
    // No tracing has more leads.
    (0..rows.min(64))
        .map(|row| {
            let word: String = letters.iter().skip(row).step_by(rows).collect();
            word.trim().to_owned()
        })
        .collect()
}

/// Characters of a text in 8 or 16 bits.
fn letters(kind: u32, data: &[u8], big_endian: bool) -> Vec<char> {
    match kind {
        4 | 17 => {
            let pairs = data.as_chunks::<2>().0.iter();
            let units = pairs.map(|&pair| match big_endian {
                true => u16::from_be_bytes(pair),
                false => u16::from_le_bytes(pair),
            });
            char::decode_utf16(units)
                .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => String::from_utf8_lossy(data).chars().collect(),
    }
}

/// Version 4: a header of five words, the name, the columns.
fn v4(bytes: &[u8]) -> Result<Variables<Stored<'_>>, Error> {
    let input = Bytes(bytes);
    let mut found = Variables::new();
    let mut at = 0;
    while at < bytes.len() {
        let damaged = |reason: String| Error::damaged(reason).at_byte(at as u64);
        let word = |index: usize| {
            input
                .i32_le(at + 4 * index)
                .ok_or_else(|| damaged("the file ends within a header".to_owned()))
        };
        let (kind, rows, columns, imaginary, name) =
            (word(0)?, word(1)?, word(2)?, word(3)?, word(4)?);
        if !(0..1000).contains(&kind) || kind % 10 != 0 {
            return Err(
                Error::unsupported(format!("a matrix of type {kind} is not read"))
                    .at_byte(at as u64),
            );
        }
        let positive = |value: i32, what: &str| {
            usize::try_from(value).map_err(|_| damaged(format!("{value} {what} are impossible")))
        };
        let shape = vec![positive(rows, "rows")?, positive(columns, "columns")?];
        let name_length = positive(name, "bytes of name")?;
        let number = match kind / 10 % 10 {
            0 => Number::new(false, b'f', 8),
            1 => Number::new(false, b'f', 4),
            2 => Number::new(false, b'i', 4),
            3 => Number::new(false, b'i', 2),
            4 => Number::new(false, b'u', 2),
            5 => Number::new(false, b'u', 1),
            _ => None,
        };
        let number =
            number.ok_or_else(|| damaged(format!("a matrix of type {kind} does not exist")))?;
        let start = (at + 20)
            .checked_add(name_length)
            .filter(|&start| start <= bytes.len());
        let start =
            start.ok_or_else(|| damaged(format!("a name of {name_length} bytes does not fit")))?;
        let most = (bytes.len() - start) / number.width;
        let count = layout::elements(&shape, most).ok_or_else(|| {
            damaged(format!(
                "a matrix of {rows} by {columns} does not fit the {most} values that follow"
            ))
        })?;
        let label = input.text(at + 20, name_length).unwrap_or_default();
        let data = bytes.get(start..).unwrap_or_default();
        let integers = number.is_integer();
        let parts = if imaginary == 1 { 2 } else { 1 };
        // The real part of complex numbers is no tracing.
        if imaginary != 1 {
            let stored = by_columns(number, data);
            found.array(&label, shape, integers, stored);
        }
        at = start + count * number.width * parts;
    }
    Ok(found)
}

/// A data element of version 5: type, content, and where the next one starts.
fn element(bytes: &[u8], at: usize, big_endian: bool) -> Result<(u32, &[u8], usize), Error> {
    let input = Bytes(bytes);
    let cut = || Error::damaged("the file ends within an element").at_byte(at as u64);
    let tag = word(bytes, at, big_endian).ok_or_else(cut)?;
    let small = tag >> 16;
    if small != 0 {
        let content = input.slice(at + 4, size(small).min(4)).ok_or_else(cut)?;
        return Ok((tag & 0xffff, content, at + 8));
    }
    let length = size(word(bytes, at + 4, big_endian).ok_or_else(cut)?);
    let content = input.slice(at + 8, length).ok_or_else(|| {
        let left = bytes.len().saturating_sub(at + 8);
        Error::damaged(format!("an element claims {length} bytes, {left} are left"))
            .at_byte(at as u64)
    })?;
    // Compressed elements are not padded.
    let padded = if tag == COMPRESSED {
        length
    } else {
        length.div_ceil(8) * 8
    };
    Ok((tag, content, at + 8 + padded))
}

fn word(bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let bytes = Bytes(bytes).array(at)?;
    Some(match big_endian {
        true => u32::from_be_bytes(bytes),
        false => u32::from_le_bytes(bytes),
    })
}

const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

/// What lies side by side in the file, each compressed element unpacked.
fn unpacked(bytes: &[u8], big_endian: bool) -> Result<Vec<Cow<'_, [u8]>>, Error> {
    let mut parts = Vec::new();
    let mut total = 0_usize;
    let mut at = 128;
    while at + 8 <= bytes.len() {
        let (kind, content, next) = element(bytes, at, big_endian)?;
        let part = match kind {
            COMPRESSED => {
                let unpacked = unpack::zlib(content).map_err(|error| error.at_byte(at as u64))?;
                total = total.saturating_add(unpacked.len());
                Cow::Owned(unpacked)
            }
            _ => Cow::Borrowed(bytes.get(at..next.min(bytes.len())).unwrap_or_default()),
        };
        if total as u64 > unpack::most(bytes.len()) {
            return Err(unpack::too_much(bytes.len()));
        }
        parts.push(part);
        at = next;
    }
    Ok(parts)
}

/// A file of version 5.
struct Version5<'a> {
    big_endian: bool,
    variables: Variables<Stored<'a>>,
    /// The texts of a cell array, or of a field of a structure array, are one list.
    words: BTreeMap<String, Vec<String>>,
}

impl<'a> Version5<'a> {
    fn elements(&mut self, bytes: &'a [u8], depth: usize, path: &str) -> Result<(), Error> {
        let mut at = 0;
        while at + 8 <= bytes.len() {
            let (kind, content, next) = element(bytes, at, self.big_endian)?;
            if kind == MATRIX {
                self.matrix(content, depth, path)?;
            }
            at = next;
        }
        Ok(())
    }

    /// A matrix, which has its own name or that of the structure or cell array it lies in.
    fn matrix(&mut self, bytes: &'a [u8], depth: usize, outer: &str) -> Result<(), Error> {
        if depth >= DEEPEST || bytes.is_empty() {
            return Ok(());
        }
        let (_, flags, at) = element(bytes, 0, self.big_endian)?;
        let flags = word(flags, 0, self.big_endian).unwrap_or(0);
        let (_, shape, at) = element(bytes, at, self.big_endian)?;
        let shape: Vec<usize> = (0..shape.len() / 4)
            .filter_map(|index| word(shape, 4 * index, self.big_endian).map(size))
            .collect();
        let (_, name, at) = element(bytes, at, self.big_endian)?;
        let own = String::from_utf8_lossy(name).into_owned();
        let path = if own.is_empty() { outer } else { own.as_str() };
        match flags & 0xff {
            // Cells hold matrices.
            1 => self.elements(bytes.get(at..).unwrap_or_default(), depth + 1, path),
            2 => self.structure(bytes, at, depth, path),
            // Text, a row of letters each.
            4 => {
                let (kind, data, _) = element(bytes, at, self.big_endian)?;
                let words = words(&shape, &letters(kind, data, self.big_endian));
                self.words.entry(path.to_owned()).or_default().extend(words);
                Ok(())
            }
            // Numeric classes: double, single and the integers. Truth values and complex numbers are no samples.
            class @ 6..=15 if flags & (LOGICAL | COMPLEX) == 0 => {
                let (kind, data, _) = element(bytes, at, self.big_endian)?;
                self.numbers(path, shape, class > SINGLE, kind, data)
            }
            _ => Ok(()),
        }
    }

    /// The length of field names, the names, then one matrix a field.
    fn structure(
        &mut self,
        bytes: &'a [u8],
        at: usize,
        depth: usize,
        path: &str,
    ) -> Result<(), Error> {
        let (_, length, at) = element(bytes, at, self.big_endian)?;
        let length = word(length, 0, self.big_endian).map_or(0, size).max(1);
        let (_, names, mut at) = element(bytes, at, self.big_endian)?;
        for field in names.chunks(length).cycle() {
            if at + 8 > bytes.len() || names.is_empty() {
                break;
            }
            let (kind, content, next) = element(bytes, at, self.big_endian)?;
            if kind == MATRIX {
                let field = Bytes(field).text(0, field.len()).unwrap_or_default();
                self.matrix(content, depth + 1, &format!("{path}/{field}"))?;
            }
            at = next;
        }
        Ok(())
    }

    fn numbers(
        &mut self,
        path: &str,
        shape: Vec<usize>,
        integers: bool,
        kind: u32,
        data: &'a [u8],
    ) -> Result<(), Error> {
        let order = self.big_endian;
        let number = match kind {
            1 => Number::new(order, b'i', 1),
            2 => Number::new(order, b'u', 1),
            3 => Number::new(order, b'i', 2),
            4 => Number::new(order, b'u', 2),
            5 => Number::new(order, b'i', 4),
            6 => Number::new(order, b'u', 4),
            7 => Number::new(order, b'f', 4),
            9 => Number::new(order, b'f', 8),
            12 => Number::new(order, b'i', 8),
            13 => Number::new(order, b'u', 8),
            _ => None,
        };
        let count = number.map_or(0, |number| data.len() / number.width);
        if let Some(number) = number
            && layout::elements(&shape, count) == Some(count)
        {
            self.variables
                .array(path, shape, integers, by_columns(number, data));
            return Ok(());
        }
        // An empty matrix is none of ours.
        if shape.contains(&0) {
            return Ok(());
        }
        let reason = format!("a matrix of shape {shape:?} does not fit its {count} values");
        Err(Error::damaged(reason).at_field(path.to_owned()))
    }
}

/// The last of the classes of numbers that are no integers, which may be stored as such.
const SINGLE: u32 = 7;
const COMPLEX: u32 = 0x0800;
const LOGICAL: u32 = 0x0200;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A file of version 5 with two leads of seventy samples, counting up, and their rate; words in that byte order.
    fn file(big_endian: bool) -> Vec<u8> {
        let word = |value: u32| match big_endian {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        };
        let double = |value: f64| match big_endian {
            true => value.to_be_bytes(),
            false => value.to_le_bytes(),
        };
        let element = |kind: u32, content: &[u8]| {
            let mut out = [word(kind), word(content.len() as u32)].concat();
            out.extend_from_slice(content);
            out.resize(out.len().next_multiple_of(8), 0);
            out
        };
        let matrix = |name: &str, rows: u32, values: &[f64]| {
            let columns = values.len() as u32 / rows;
            let content = [
                element(6, &[word(6), word(0)].concat()),
                element(5, &[word(rows), word(columns)].concat()),
                element(1, name.as_bytes()),
                element(
                    9,
                    &values.iter().flat_map(|&v| double(v)).collect::<Vec<u8>>(),
                ),
            ];
            element(MATRIX, &content.concat())
        };
        let mut out = b"MATLAB 5.0 MAT-file".to_vec();
        out.resize(124, b' ');
        out.extend_from_slice(if big_endian { &[1, 0] } else { &[0, 1] });
        out.extend_from_slice(if big_endian { b"MI" } else { b"IM" });
        let samples: Vec<f64> = (0..140).map(f64::from).collect();
        out.extend(matrix("samplingRate", 1, &[250.0]));
        out.extend(matrix("ecg", 2, &samples));
        out
    }

    #[test]
    fn both_byte_orders_are_read_column_by_column() {
        let options = Options {
            unit: Some("uV".to_owned()),
            ..Options::default()
        };
        for big_endian in [false, true] {
            let recording = parse(&file(big_endian), &options).unwrap();
            assert_eq!(recording.sampling_rate_hz, 250.0);
            let second = &recording.leads.get(1).unwrap().samples;
            assert_eq!((second.len(), second.get(69)), (70, Some(139.0)));
        }
    }
}
