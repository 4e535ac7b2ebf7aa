//! The file and where its sections are (section 0).

use crate::ecg::{Warning, WarningCode};
use crate::formats::Error;
use crate::formats::bytes::{Bytes, size};

use super::crc_ccitt;

pub(super) const SECTION_HEADER: usize = 16;

/// Whether these bytes start as a file does: section 0 comes first and its first pointer is to itself, counted from
/// one as the standard has it (`start` 7), or from zero (`start` 6).
pub(super) fn starts_with_pointers(bytes: &[u8], start: u32) -> bool {
    let bytes = Bytes(bytes);
    let length = bytes.u32_le(10);
    bytes.u16_le(8) == Some(0)
        && length.is_some_and(|length| length >= 26 && (length - 16).is_multiple_of(10))
        && bytes.u16_le(22) == Some(0)
        && bytes.u32_le(24) == length
        && bytes.u32_le(28) == Some(start)
}

/// The file and where its sections are.
pub(super) struct File<'a> {
    bytes: Bytes<'a>,
    /// Version of the standard, times ten; 0 where it is not said.
    pub version: u8,
    /// Number, offset and length of each section that is there.
    sections: Vec<(u16, usize, usize)>,
}

impl<'a> File<'a> {
    pub(super) fn parse(bytes: &'a [u8], warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let bytes = Bytes(bytes);
        let short =
            || Error::damaged("the file ends within its first section").at_field("section 0");
        let (Some(crc), Some(stated), Some(version)) =
            (bytes.u16_le(0), bytes.u32_le(2), bytes.u8(15))
        else {
            return Err(short());
        };
        let stated = size(stated);
        if stated > bytes.0.len() {
            warnings.push(Warning::new(
                WarningCode::Truncated,
                format!("The file holds {} of {stated} bytes.", bytes.0.len()),
            ));
        } else if crc_ccitt(bytes.0.get(2..stated).unwrap_or_default()) != crc {
            warnings.push(Warning::new(
                WarningCode::Checksum,
                "The file's checksum does not match: it was changed or is damaged.",
            ));
        }
        let sections = pointers(bytes)?
            .into_iter()
            .map(|(number, length, offset)| {
                // Offsets count from one.
                let offset = offset.checked_sub(1).ok_or_else(|| {
                    Error::damaged("its pointer is zero").at_field(format!("section {number}"))
                })?;
                Ok((number, offset, length))
            })
            .collect::<Result<_, Error>>()?;
        Ok(Self {
            bytes,
            version,
            sections,
        })
    }

    /// A section after its header, `None` where the file has none of that number.
    pub(super) fn section(&self, number: u16) -> Result<Option<Bytes<'a>>, Error> {
        let found = self.sections.iter().find(|(own, ..)| *own == number);
        let Some(&(_, offset, length)) = found else {
            return Ok(None);
        };
        let damaged = |reason: String| Error::damaged(reason).at_field(format!("section {number}"));
        let bytes = self.bytes.slice(offset, length).ok_or_else(|| {
            damaged(format!(
                "it should take bytes {offset} to {}, past the end",
                offset.saturating_add(length)
            ))
        })?;
        if Bytes(bytes).u16_le(2) != Some(number) {
            return Err(damaged("its pointer leads to something else".to_owned()));
        }
        let content = bytes
            .get(SECTION_HEADER..)
            .ok_or_else(|| damaged("it is cut off".to_owned()))?;
        Ok((!content.is_empty()).then_some(Bytes(content)))
    }
}

/// Number, length and position (as stored) of the sections that are not empty.
pub(super) fn pointers(bytes: Bytes<'_>) -> Result<Vec<(u16, usize, usize)>, Error> {
    let short = || Error::damaged("the file ends within its first section").at_field("section 0");
    let length = bytes.u32_le(10).ok_or_else(short)?;
    let count = size(length).saturating_sub(SECTION_HEADER) / 10;
    let mut sections = Vec::new();
    for index in 0..count.min(1024) {
        let at = 22 + index * 10;
        let (Some(number), Some(length), Some(offset)) =
            (bytes.u16_le(at), bytes.u32_le(at + 2), bytes.u32_le(at + 6))
        else {
            return Err(short());
        };
        if length > 0 {
            sections.push((number, size(length), size(offset)));
        }
    }
    Ok(sections)
}
