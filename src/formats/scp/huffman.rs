//! The Huffman tables of SCP-ECG (EN 1064 section 5.5 and annex C.3.7.6).

use crate::formats::Error;
use crate::formats::bytes::Bytes;

/// One code: its prefix, how many literal bits follow, and what it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Code {
    prefix: u32,
    prefix_bits: u32,
    literal_bits: u32,
    /// `false`: the code switches to the table of number `value`, counted from one.
    is_value: bool,
    value: i32,
}

/// Bits of which a table knows at once which code they begin with.
const GLANCE: u32 = 10;
/// Real files have one table or two. More of them do without that knowledge, which takes room.
const QUICK_TABLES: usize = 8;

/// One table.
struct Table {
    /// In order of their length, in which they are tried.
    codes: Vec<Code>,
    /// Which code the next ten bits begin with; `None` where none that short does.
    glance: Vec<Option<u8>>,
}

impl Table {
    fn new(mut codes: Vec<Code>) -> Self {
        codes.sort_by_key(|code| code.prefix_bits);
        Self {
            codes,
            glance: Vec::new(),
        }
    }

    fn quick(mut self) -> Self {
        self.glance = vec![None; 1 << GLANCE];
        // Backwards, so that of two codes that fit the one tried first stays.
        let numbered = (0..=u8::MAX).zip(&self.codes);
        let short = numbered.filter(|(_, code)| code.prefix_bits <= GLANCE);
        for (number, code) in short.collect::<Vec<_>>().into_iter().rev() {
            let free = GLANCE - code.prefix_bits;
            let first = (code.prefix << free) as usize;
            let places = self.glance.get_mut(first..first + (1 << free));
            places
                .into_iter()
                .for_each(|places| places.fill(Some(number)));
        }
        self
    }

    /// The code that the bits begin with.
    fn code(&self, bits: &Bits<'_>) -> Option<Code> {
        let next = bits.next_ten();
        let glanced = self.glance.get(usize::from(next)).copied().flatten();
        match glanced.and_then(|number| self.codes.get(usize::from(number))) {
            // What lies behind the end reads as zeros.
            Some(code) => (code.prefix_bits as usize <= bits.left()).then_some(*code),
            None => {
                let mut codes = self.codes.iter();
                let found = codes.find(|code| bits.peek(code.prefix_bits) == Some(code.prefix));
                found.copied()
            }
        }
    }
}

/// The tables of a file; the first one is in use at the start of each lead.
pub(super) struct Tables(Vec<Table>);

/// In place of a number of tables: the table of the standard.
const DEFAULT: u16 = 19_999;

impl Tables {
    /// Reads section 2 after its header.
    pub(super) fn parse(section: Bytes<'_>) -> Result<Self, Error> {
        let short = || Error::damaged("the Huffman tables are cut off").at_field("section 2");
        let count = section.u16_le(0).ok_or_else(short)?;
        if count == DEFAULT {
            return Ok(Self(vec![default_table().quick()]));
        }
        let mut at = 2;
        let mut tables = Vec::new();
        for _ in 0..count {
            let codes = section.u16_le(at).ok_or_else(short)?;
            at += 2;
            let mut table = Vec::new();
            for _ in 0..codes {
                let (Some(prefix_bits), Some(bits), Some(mode), Some(value), Some(code)) = (
                    section.u8(at),
                    section.u8(at + 1),
                    section.u8(at + 2),
                    section.i16_le(at + 3),
                    section.u32_le(at + 5),
                ) else {
                    return Err(short());
                };
                at += 9;
                if prefix_bits == 0
                    || prefix_bits > 32
                    || bits < prefix_bits
                    || bits - prefix_bits > 32
                {
                    return Err(Error::damaged("a Huffman code has an impossible length")
                        .at_field("section 2"));
                }
                table.push(Code {
                    // The first bit read is the lowest one stored.
                    prefix: code.reverse_bits() >> (32 - u32::from(prefix_bits)),
                    prefix_bits: u32::from(prefix_bits),
                    literal_bits: u32::from(bits - prefix_bits),
                    is_value: mode != 0,
                    value: i32::from(value),
                });
            }
            tables.push(Table::new(table));
        }
        if tables.len() <= QUICK_TABLES {
            tables = tables.into_iter().map(Table::quick).collect();
        }
        if tables.iter().all(|table| table.codes.is_empty()) {
            return Err(Error::damaged("there are no Huffman codes").at_field("section 2"));
        }
        Ok(Self(tables))
    }

    /// Decodes until `most` values are there or the bits end; `Err` holds the values before a code that is none.
    pub(super) fn decode(&self, bytes: &[u8], most: usize) -> Result<Vec<i32>, Vec<i32>> {
        let mut bits = Bits { bytes, at: 0 };
        let mut values = Vec::new();
        let mut table = self.0.first();
        // Switches between tables yield nothing, so they are counted too.
        let mut codes_left = bytes.len().saturating_mul(8);
        while values.len() < most && codes_left > 0 {
            codes_left -= 1;
            let Some(current) = table else {
                return Err(values);
            };
            let Some(code) = current.code(&bits) else {
                // Fewer than eight bits left over fill up the last byte.
                return if bits.left() < 8 {
                    Ok(values)
                } else {
                    Err(values)
                };
            };
            bits.at += code.prefix_bits as usize;
            if !code.is_value {
                table = usize::try_from(code.value)
                    .ok()
                    .and_then(|number| self.0.get(number.checked_sub(1)?));
                continue;
            }
            if code.literal_bits == 0 {
                values.push(code.value);
                continue;
            }
            let Some(literal) = bits.peek(code.literal_bits) else {
                return Ok(values);
            };
            bits.at += code.literal_bits as usize;
            let shift = 32 - code.literal_bits;
            values.push((literal << shift).cast_signed() >> shift);
        }
        Ok(values)
    }
}

/// The table of the standard: short codes for -8 to 8, then literals of 8 and of 16 bits.
fn default_table() -> Table {
    let value = |prefix, prefix_bits, value| Code {
        prefix,
        prefix_bits,
        literal_bits: 0,
        is_value: true,
        value,
    };
    let mut table = vec![value(0, 1, 0)];
    for magnitude in 1_i32..=8 {
        // 100 and 101, 1100 and 1101, 11100 and 11101, ...
        let bits = magnitude.unsigned_abs() + 2;
        let ones = ((1_u32 << (bits - 2)) - 1) << 2;
        table.push(value(ones, bits, magnitude));
        table.push(value(ones | 1, bits, -magnitude));
    }
    for (prefix, literal_bits) in [(0x3fe, 8), (0x3ff, 16)] {
        table.push(Code {
            prefix,
            prefix_bits: 10,
            literal_bits,
            is_value: true,
            value: 0,
        });
    }
    Table::new(table)
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn left(&self) -> usize {
        (self.bytes.len() * 8).saturating_sub(self.at)
    }

    /// The next 57 bits or more, from the most significant one on; zeros where there are none left.
    fn window(&self) -> u64 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let eight = rest.first_chunk::<8>().copied().unwrap_or_else(|| {
            let mut eight = [0; 8];
            eight
                .iter_mut()
                .zip(rest)
                .for_each(|(place, &byte)| *place = byte);
            eight
        });
        u64::from_be_bytes(eight) << (self.at % 8)
    }

    fn next_ten(&self) -> u16 {
        // Ten bits are left of 64.
        #[allow(clippy::cast_possible_truncation)]
        let ten = (self.window() >> (64 - GLANCE)) as u16;
        ten
    }

    /// The next `count` bits (at most 32), most significant first.
    fn peek(&self, count: u32) -> Option<u32> {
        if self.left() < count as usize {
            return None;
        }
        u32::try_from(self.window() >> (64 - count)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_table_decodes_a_stream_packed_by_hand() {
        // 0 | 100 -> 1 | 1101 -> -2 | 1111111110 10000000 -> -128 | 1111111111 0000000100000000 -> 256
        let bits = "01001101111111111010000000111111111100000001000000000";
        let mut bytes = vec![0_u8; bits.len().div_ceil(8)];
        for (index, bit) in bits.bytes().enumerate() {
            if let Some(byte) = bytes.get_mut(index / 8) {
                *byte |= (bit - b'0') << (7 - index % 8);
            }
        }
        for table in [default_table(), default_table().quick()] {
            let tables = Tables(vec![table]);
            assert_eq!(tables.decode(&bytes, 5), Ok(vec![0, 1, -2, -128, 256]));
        }
    }
}
