//! MATLAB files, version 4 and version 5 (also compressed): the largest numeric matrix is the tracing.
//! Version 7.3 is HDF5, see [`super::hdf5`].

use crate::ecg::Recording;

use super::array::{self, Array, Known, RATE_NAMES};
use super::bytes::{Bytes, size};
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
    let mut found = Found::default();
    if bytes.starts_with(b"MATLAB 5.0") {
        if bytes.get(126..128) != Some(b"IM") {
            return Err(Error::unsupported("big-endian MATLAB files are not read").at_byte(126));
        }
        elements(bytes.get(128..).unwrap_or_default(), 0, "", &mut found)?;
    } else {
        v4(bytes, &mut found)?;
    }
    let tracing = found
        .tracing
        .ok_or_else(|| Error::damaged("the file holds no matrix of samples"))?;
    array::recording(&tracing, &found.known, options)
}

#[derive(Default)]
struct Found {
    tracing: Option<Array>,
    known: Known,
}

impl Found {
    fn take(&mut self, name: &str, shape: Vec<usize>, values: &[f64]) {
        if values.len() == 1 {
            if RATE_NAMES.contains(&name.to_lowercase().as_str()) {
                self.known.rate_hz = values.first().copied();
            }
        } else if self
            .tracing
            .as_ref()
            .is_none_or(|other| other.values.len() < values.len())
        {
            let values = array::from_column_major(&shape, values);
            self.tracing = Some(Array { shape, values });
        }
    }
}

/// Names of fields that hold the names, and the units, of leads (those of ecg-kit among them).
const NAMES: [&str; 5] = ["desc", "leads", "lead_names", "channels", "sig_name"];
const UNITS: [&str; 3] = ["units", "unit", "sig_units"];

impl Found {
    /// Rows of text, which lie column by column; one cell after the other adds to the same list.
    fn words(&mut self, name: &str, shape: &[usize], letters: &[char]) {
        let list = if NAMES.contains(&name.to_lowercase().as_str()) {
            &mut self.known.names
        } else if UNITS.contains(&name.to_lowercase().as_str()) {
            &mut self.known.units
        } else {
            return;
        };
        let rows = shape.first().copied().unwrap_or(0);
        // No tracing has more leads.
        for row in 0..rows.min(64) {
            let word: String = letters.iter().skip(row).step_by(rows).collect();
            list.push(word.trim().to_owned());
        }
    }
}

/// Characters of a text in 8 or 16 bits.
fn letters(kind: u32, data: &[u8]) -> Vec<char> {
    match kind {
        4 | 17 => {
            let pairs = data.as_chunks::<2>().0.iter();
            let units = pairs.map(|&pair| u16::from_le_bytes(pair));
            char::decode_utf16(units)
                .map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => String::from_utf8_lossy(data).chars().collect(),
    }
}

/// Version 4: a header of five words, the name, the columns.
fn v4(bytes: &[u8], found: &mut Found) -> Result<(), Error> {
    let input = Bytes(bytes);
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
        let width = match kind / 10 % 10 {
            0 => 8,
            1 | 2 => 4,
            3 | 4 => 2,
            5 => 1,
            _ => return Err(damaged(format!("a matrix of type {kind} does not exist"))),
        };
        let start = (at + 20)
            .checked_add(name_length)
            .filter(|&start| start <= bytes.len());
        let start =
            start.ok_or_else(|| damaged(format!("a name of {name_length} bytes does not fit")))?;
        let most = (bytes.len() - start) / width;
        let count = array::elements(&shape, most).ok_or_else(|| {
            damaged(format!(
                "a matrix of {rows} by {columns} does not fit the {most} values that follow"
            ))
        })?;
        let values: Vec<f64> = (0..count)
            .map(|index| {
                let at = start + index * width;
                match kind / 10 % 10 {
                    0 => input.array(at).map(f64::from_le_bytes),
                    1 => input.array(at).map(|b| f64::from(f32::from_le_bytes(b))),
                    2 => input.i32_le(at).map(f64::from),
                    3 => input.i16_le(at).map(f64::from),
                    4 => input.u16_le(at).map(f64::from),
                    _ => input.u8(at).map(f64::from),
                }
                .unwrap_or(f64::NAN)
            })
            .collect();
        let label = input.text(at + 20, name_length).unwrap_or_default();
        found.take(&label, shape, &values);
        let parts = if imaginary == 1 { 2 } else { 1 };
        at = start + count * width * parts;
    }
    Ok(())
}

/// A data element of version 5: type, content, and where the next one starts.
fn element(bytes: &[u8], at: usize) -> Result<(u32, &[u8], usize), Error> {
    let input = Bytes(bytes);
    let cut = || Error::damaged("the file ends within an element").at_byte(at as u64);
    let tag = input.u32_le(at).ok_or_else(cut)?;
    let small = tag >> 16;
    if small != 0 {
        let content = input.slice(at + 4, size(small).min(4)).ok_or_else(cut)?;
        return Ok((tag & 0xffff, content, at + 8));
    }
    let length = size(input.u32_le(at + 4).ok_or_else(cut)?);
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

const MATRIX: u32 = 14;
const COMPRESSED: u32 = 15;

fn elements(bytes: &[u8], depth: usize, name: &str, found: &mut Found) -> Result<(), Error> {
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let (kind, content, next) = element(bytes, at)?;
        match kind {
            MATRIX => matrix(content, depth, name, found)?,
            COMPRESSED if depth == 0 => {
                let inflated = unpack::zlib(content).map_err(|error| error.at_byte(at as u64))?;
                elements(&inflated, depth + 1, name, found)?;
            }
            _ => {}
        }
        at = next;
    }
    Ok(())
}

fn matrix(bytes: &[u8], depth: usize, outer: &str, found: &mut Found) -> Result<(), Error> {
    if depth >= DEEPEST || bytes.is_empty() {
        return Ok(());
    }
    let (_, flags, at) = element(bytes, 0)?;
    let class = flags.first().copied().unwrap_or(0);
    let (_, shape, at) = element(bytes, at)?;
    let shape: Vec<usize> = shape
        .as_chunks::<4>()
        .0
        .iter()
        .map(|&n| size(u32::from_le_bytes(n)))
        .collect();
    let (_, name, at) = element(bytes, at)?;
    let own = String::from_utf8_lossy(name).into_owned();
    let name = if own.is_empty() { outer } else { own.as_str() };
    match class {
        // Cells hold matrices.
        1 => elements(bytes.get(at..).unwrap_or_default(), depth + 1, name, found),
        // Structures hold the length of field names, the names, then one matrix a field.
        2 => {
            let (_, length, at) = element(bytes, at)?;
            let length = Bytes(length).u32_le(0).map_or(0, size).max(1);
            let (_, names, mut at) = element(bytes, at)?;
            for field in names.chunks(length).cycle() {
                if at + 8 > bytes.len() || names.is_empty() {
                    break;
                }
                let (kind, content, next) = element(bytes, at)?;
                if kind == MATRIX {
                    let field = Bytes(field).text(0, field.len()).unwrap_or_default();
                    matrix(content, depth + 1, &field, found)?;
                }
                at = next;
            }
            Ok(())
        }
        // Text, a row of letters each.
        4 => {
            let (kind, data, _) = element(bytes, at)?;
            found.words(name, &shape, &letters(kind, data));
            Ok(())
        }
        // Numeric classes: double, single and the integers.
        6..=15 => {
            let (kind, data, _) = element(bytes, at)?;
            let values = numbers(kind, data);
            if array::elements(&shape, values.len()) == Some(values.len()) {
                found.take(name, shape, &values);
                return Ok(());
            }
            // An empty matrix is none of ours.
            if shape.contains(&0) {
                return Ok(());
            }
            let reason = format!(
                "a matrix of shape {shape:?} does not fit its {} values",
                values.len()
            );
            Err(Error::damaged(reason).at_field(name.to_owned()))
        }
        _ => Ok(()),
    }
}

fn numbers(kind: u32, data: &[u8]) -> Vec<f64> {
    let input = Bytes(data);
    let width = match kind {
        1 | 2 => 1,
        3 | 4 => 2,
        5..=7 => 4,
        9 | 12 | 13 => 8,
        _ => return Vec::new(),
    };
    let value = |at: usize| match kind {
        1 => input.u8(at).map(|byte| f64::from(byte.cast_signed())),
        2 => input.u8(at).map(f64::from),
        3 => input.i16_le(at).map(f64::from),
        4 => input.u16_le(at).map(f64::from),
        5 => input.i32_le(at).map(f64::from),
        6 => input.u32_le(at).map(f64::from),
        7 => input
            .array(at)
            .map(|bytes| f64::from(f32::from_le_bytes(bytes))),
        12 => input
            .array(at)
            .map(|bytes| i64::from_le_bytes(bytes) as f64),
        13 => input
            .array(at)
            .map(|bytes| u64::from_le_bytes(bytes) as f64),
        _ => input.array(at).map(f64::from_le_bytes),
    };
    (0..data.len() / width)
        .map(|index| value(index * width).unwrap_or(f64::NAN))
        .collect()
}
