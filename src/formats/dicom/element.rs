//! The elements of a DICOM data set (PS3.5 section 7), as far as waveforms need them.

use crate::formats::Error;

/// Group and element number.
pub(super) type Tag = (u16, u16);

/// Deepest nesting of sequences in a waveform object is four.
const DEEPEST: usize = 16;
/// More elements than any waveform object has.
const MOST_ELEMENTS: usize = 500_000;
const UNDEFINED: u32 = 0xffff_ffff;
const ITEM: Tag = (0xfffe, 0xe000);
const ITEM_END: Tag = (0xfffe, 0xe00d);
const SEQUENCE_END: Tag = (0xfffe, 0xe0dd);

/// Sequences that a data set with implicit value representations may hold and that we enter.
const SEQUENCES: [Tag; 11] = [
    (0x5400, 0x0100),
    (0x003a, 0x0200),
    (0x003a, 0x0208),
    (0x003a, 0x0209),
    (0x003a, 0x0211),
    (0x0040, 0xb020),
    (0x0040, 0xa043),
    (0x0040, 0xa168),
    (0x0040, 0x08ea),
    (0x0040, 0xa195),
    (0x0040, 0x0555),
];

/// How elements are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Syntax {
    pub explicit: bool,
    pub big_endian: bool,
}

/// One element: its value, or the items of its sequence.
pub(super) struct Element<'a> {
    tag: Tag,
    value: &'a [u8],
    items: Vec<DataSet<'a>>,
}

/// The elements of a data set or of a sequence item.
#[derive(Default)]
pub(super) struct DataSet<'a> {
    elements: Vec<Element<'a>>,
    big_endian: bool,
}

impl<'a> DataSet<'a> {
    fn element(&self, tag: Tag) -> Option<&Element<'a>> {
        self.elements.iter().find(|element| element.tag == tag)
    }

    /// The raw value.
    pub(super) fn bytes(&self, tag: Tag) -> Option<&'a [u8]> {
        self.element(tag).map(|element| element.value)
    }

    /// The items of a sequence; none where it is absent.
    pub(super) fn items(&self, tag: Tag) -> &[DataSet<'a>] {
        self.element(tag)
            .map_or(&[], |element| element.items.as_slice())
    }

    /// Text without padding, as bytes decoded to Latin-1 or UTF-8; `None` where empty.
    pub(super) fn text(&self, tag: Tag) -> Option<String> {
        let bytes = self.bytes(tag)?;
        let text = crate::formats::text::decode(bytes);
        let text = text.trim_matches([' ', '\0']);
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// The first value of a decimal or integer string.
    pub(super) fn number(&self, tag: Tag) -> Option<f64> {
        let text = self.text(tag)?;
        crate::formats::fields::number(text.split('\\').next()?)
    }

    /// An unsigned 16-bit value.
    pub(super) fn u16(&self, tag: Tag) -> Option<u16> {
        let pair = self.bytes(tag)?.first_chunk::<2>()?;
        Some(if self.big_endian {
            u16::from_be_bytes(*pair)
        } else {
            u16::from_le_bytes(*pair)
        })
    }

    /// All unsigned 16-bit values.
    pub(super) fn shorts(&self, tag: Tag) -> Vec<u16> {
        let bytes = self.bytes(tag).unwrap_or_default();
        let order = if self.big_endian {
            u16::from_be_bytes
        } else {
            u16::from_le_bytes
        };
        bytes
            .as_chunks()
            .0
            .iter()
            .map(|&pair| order(pair))
            .collect()
    }

    /// All unsigned 32-bit values.
    pub(super) fn longs(&self, tag: Tag) -> Vec<u32> {
        let bytes = self.bytes(tag).unwrap_or_default();
        let order = if self.big_endian {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        bytes
            .as_chunks()
            .0
            .iter()
            .map(|&four| order(four))
            .collect()
    }

    /// An unsigned 32-bit value.
    pub(super) fn u32(&self, tag: Tag) -> Option<u32> {
        let four = self.bytes(tag)?.first_chunk::<4>()?;
        Some(if self.big_endian {
            u32::from_be_bytes(*four)
        } else {
            u32::from_le_bytes(*four)
        })
    }
}

/// Reads a data set.
pub(super) fn parse(bytes: &[u8], start: usize, syntax: Syntax) -> Result<DataSet<'_>, Error> {
    let mut parser = Parser {
        bytes,
        at: start,
        syntax,
        elements: 0,
    };
    let (set, _) = parser.data_set(bytes.len(), 0)?;
    Ok(set)
}

/// Reads the file meta information: group 2, always explicit and little-endian. Returns where it ends.
pub(super) fn parse_meta(bytes: &[u8], start: usize) -> Result<(DataSet<'_>, usize), Error> {
    let syntax = Syntax {
        explicit: true,
        big_endian: false,
    };
    let mut parser = Parser {
        bytes,
        at: start,
        syntax,
        elements: 0,
    };
    let mut set = DataSet::default();
    while parser.peek_group() == Some(2) {
        match parser.element(bytes.len(), 0)? {
            Some(element) => set.elements.push(element),
            None => break,
        }
    }
    Ok((set, parser.at))
}

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    syntax: Syntax,
    elements: usize,
}

/// Where a run of elements ended.
#[derive(PartialEq, Eq)]
enum End {
    Limit,
    ItemDelimiter,
}

impl<'a> Parser<'a> {
    fn damaged(&self, reason: impl Into<String>) -> Error {
        Error::damaged(reason).at_byte(self.at as u64)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        let end = self.at.checked_add(length);
        let value = end
            .and_then(|end| self.bytes.get(self.at..end))
            .ok_or_else(|| {
                let left = self.bytes.len().saturating_sub(self.at);
                self.damaged(format!("an element claims {length} bytes, {left} are left"))
            })?;
        self.at += length;
        Ok(value)
    }

    fn u16(&mut self) -> Result<u16, Error> {
        let bytes = self.take(2)?;
        let pair = bytes.first_chunk::<2>().copied().unwrap_or_default();
        Ok(if self.syntax.big_endian {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        })
    }

    fn u32(&mut self) -> Result<u32, Error> {
        let bytes = self.take(4)?;
        let four = bytes.first_chunk::<4>().copied().unwrap_or_default();
        Ok(if self.syntax.big_endian {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    }

    fn peek_group(&self) -> Option<u16> {
        let pair = self.bytes.get(self.at..)?.first_chunk::<2>()?;
        Some(if self.syntax.big_endian {
            u16::from_be_bytes(*pair)
        } else {
            u16::from_le_bytes(*pair)
        })
    }

    fn data_set(&mut self, limit: usize, depth: usize) -> Result<(DataSet<'a>, End), Error> {
        let mut set = DataSet {
            elements: Vec::new(),
            big_endian: self.syntax.big_endian,
        };
        // Fewer bytes than a header are padding.
        while self.at + 8 <= limit {
            match self.element(limit, depth)? {
                Some(element) => set.elements.push(element),
                None => return Ok((set, End::ItemDelimiter)),
            }
        }
        Ok((set, End::Limit))
    }

    /// One element; `None` for the mark that ends an item.
    fn element(&mut self, limit: usize, depth: usize) -> Result<Option<Element<'a>>, Error> {
        self.elements += 1;
        if self.elements > MOST_ELEMENTS {
            return Err(self.damaged("the file holds more elements than any waveform object"));
        }
        let tag = (self.u16()?, self.u16()?);
        if tag == ITEM_END {
            self.u32()?;
            return Ok(None);
        }
        let (sequence, length) = self.header(tag)?;
        if sequence || length == UNDEFINED {
            let items = self.sequence(length, limit, depth)?;
            return Ok(Some(Element {
                tag,
                value: &[],
                items,
            }));
        }
        let length = crate::formats::bytes::size(length);
        if length > limit.saturating_sub(self.at) {
            return Err(self.damaged(format!(
                "element ({:04x},{:04x}) claims {length} bytes, {} are left",
                tag.0,
                tag.1,
                limit.saturating_sub(self.at)
            )));
        }
        let value = self.take(length)?;
        Ok(Some(Element {
            tag,
            value,
            items: Vec::new(),
        }))
    }

    /// Whether a sequence follows, and the length of the value.
    fn header(&mut self, tag: Tag) -> Result<(bool, u32), Error> {
        if !self.syntax.explicit {
            let length = self.u32()?;
            return Ok((SEQUENCES.contains(&tag), length));
        }
        let representation = self.take(2)?;
        let long = matches!(
            representation,
            b"OB"
                | b"OD"
                | b"OF"
                | b"OL"
                | b"OV"
                | b"OW"
                | b"SQ"
                | b"SV"
                | b"UC"
                | b"UN"
                | b"UR"
                | b"UT"
                | b"UV"
        );
        if !representation.iter().all(u8::is_ascii_uppercase) {
            return Err(self.damaged("what should be a value representation is none"));
        }
        let length = if long {
            self.u16()?;
            self.u32()?
        } else {
            u32::from(self.u16()?)
        };
        Ok((representation == b"SQ", length))
    }

    fn sequence(
        &mut self,
        length: u32,
        limit: usize,
        depth: usize,
    ) -> Result<Vec<DataSet<'a>>, Error> {
        if depth >= DEEPEST {
            return Err(self.damaged(format!("sequences are nested more than {DEEPEST} deep")));
        }
        let end = if length == UNDEFINED {
            limit
        } else {
            let end = self.at.saturating_add(crate::formats::bytes::size(length));
            if end > limit {
                return Err(self.damaged("a sequence reaches past its end"));
            }
            end
        };
        let mut items = Vec::new();
        while self.at + 8 <= end {
            let tag = (self.u16()?, self.u16()?);
            let length = self.u32()?;
            if tag == SEQUENCE_END {
                return Ok(items);
            }
            if tag != ITEM {
                return Err(self.damaged("a sequence holds something that is no item"));
            }
            if length == UNDEFINED {
                let (set, ended) = self.data_set(end, depth + 1)?;
                if ended != End::ItemDelimiter {
                    return Err(self.damaged("an item has no end"));
                }
                items.push(set);
            } else {
                let item_end = self.at.saturating_add(crate::formats::bytes::size(length));
                if item_end > end {
                    return Err(self.damaged("an item reaches past its sequence"));
                }
                let (set, _) = self.data_set(item_end, depth + 1)?;
                self.at = item_end;
                items.push(set);
            }
        }
        self.at = self.at.max(end.min(self.bytes.len()));
        Ok(items)
    }
}
