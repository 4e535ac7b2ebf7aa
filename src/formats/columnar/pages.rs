//! What the pages of a Parquet file unpack to, told before any of them is unpacked: its reader believes each page, and the
//! sizes in the footer are only another claim.
//!
//! A page's header is a Thrift struct in the compact protocol, of which its first fields are wanted (Apache Parquet format
//! 2.11, `PageHeader`; Apache Thrift, "Thrift Compact protocol encoding").

use std::io::{Read as _, copy, sink};

use flate2::read::MultiGzDecoder;
use parquet::basic::Compression;
use parquet::file::metadata::ParquetMetaData;

use super::super::{Error, unpack};

/// Structs in lists in structs of a page's header: it has two levels of them.
const DEEPEST: usize = 8;
/// How an LZ4 frame begins, and how far one can swell.
const LZ4_FRAME: [u8; 4] = 0x184d_2204_u32.to_le_bytes();
const LZ4_SWELLS: u64 = 255;

/// Checks that all pages together unpack to no more than a tracing can be.
pub(super) fn check(bytes: &[u8], metadata: &ParquetMetaData) -> Result<(), Error> {
    let most = unpack::most(bytes.len());
    let mut unpacked = 0_u64;
    let columns = metadata.row_groups().iter();
    for column in columns.flat_map(|group| group.columns()) {
        let start = column
            .dictionary_page_offset()
            .unwrap_or_else(|| column.data_page_offset());
        let place = |at: i64| usize::try_from(at).ok();
        let (start, chunk) = place(start)
            .zip(start.checked_add(column.compressed_size()).and_then(place))
            .and_then(|(start, end)| Some((start, bytes.get(start..end)?)))
            .ok_or_else(|| Error::damaged("a column lies outside the file"))?;
        let mut at = 0;
        while let Some(rest) = chunk.get(at..).filter(|rest| !rest.is_empty()) {
            let broken = || Error::damaged("a page is broken").at_byte((start + at) as u64);
            let page = Page::at(rest).ok_or_else(broken)?;
            unpacked = unpacked.saturating_add(page.swells_to(column.compression(), most));
            if unpacked > most {
                return Err(unpack::too_much(bytes.len()));
            }
            at += page.length;
        }
    }
    Ok(())
}

struct Page<'b> {
    /// With its header.
    length: usize,
    /// As it lies there.
    packed: &'b [u8],
    /// Its size when unpacked, as it says.
    stated: u64,
}

impl<'b> Page<'b> {
    fn at(bytes: &'b [u8]) -> Option<Self> {
        let mut header = Compact { bytes, at: 0 };
        let (mut stated, mut size) = (None, None);
        header.fields(0, &mut |id, number| match id {
            2 => stated = number,
            3 => size = number,
            _ => {}
        })?;
        let size = usize::try_from(size?).ok()?;
        let packed = bytes.get(header.at..header.at.checked_add(size)?)?;
        Some(Self {
            length: header.at + size,
            packed,
            stated: u64::try_from(stated?).ok()?,
        })
    }

    /// The most that its reader will unpack it to.
    fn swells_to(&self, by: Compression, most: u64) -> u64 {
        match by {
            // Read to its end, whatever the page says; of a page of the second version its levels come first.
            Compression::GZIP(_) => {
                let gzip = memchr::memmem::find(self.packed, &[0x1f, 0x8b, 8]).unwrap_or(0);
                let packed = self.packed.get(gzip..).unwrap_or_default();
                let mut stream = MultiGzDecoder::new(packed).take(most + 1);
                // What is broken stops there, and is told by the reader.
                copy(&mut stream, &mut sink()).map_or(self.stated, |real| real.max(self.stated))
            }
            Compression::LZ4 if memchr::memmem::find(self.packed, &LZ4_FRAME).is_some() => {
                LZ4_SWELLS * self.packed.len() as u64
            }
            _ => self.stated,
        }
    }
}

/// A place in the compact protocol.
struct Compact<'b> {
    bytes: &'b [u8],
    at: usize,
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        byte
    }

    fn skip(&mut self, length: u64) -> Option<()> {
        self.at = self.at.checked_add(usize::try_from(length).ok()?)?;
        (self.at <= self.bytes.len()).then_some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn zigzag(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// All fields of a struct; `each` is told of those of the outermost that are integers.
    fn fields(&mut self, depth: usize, each: &mut dyn FnMut(i64, Option<i64>)) -> Option<()> {
        let mut id = 0_i64;
        loop {
            let head = self.byte()?;
            let kind = head & 15;
            if kind == 0 {
                return Some(());
            }
            id = match head >> 4 {
                0 => self.zigzag()?,
                step => id.checked_add(i64::from(step))?,
            };
            match kind {
                // A boolean is in the head.
                1 | 2 => {}
                4..=6 if depth == 0 => each(id, Some(self.zigzag()?)),
                _ => self.value(kind, depth)?,
            }
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<()> {
        match kind {
            1..=3 => self.skip(1),
            4..=6 => self.varint().map(drop),
            7 => self.skip(8),
            8 => {
                let length = self.varint()?;
                self.skip(length)
            }
            12 if depth < DEEPEST => self.fields(depth + 1, &mut |_, _| {}),
            9 | 10 if depth < DEEPEST => {
                let head = self.byte()?;
                let count = match head >> 4 {
                    15 => self.varint()?,
                    few => u64::from(few),
                };
                (0..count).try_for_each(|_| self.value(head & 15, depth + 1))
            }
            // No page's header has a map.
            _ => None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_sizes_of_a_page_are_read_whatever_else_its_header_holds() {
        // A data page of 300 bytes, 5 as packed, its checksum, a struct with statistics and a list, and what follows.
        let header = [
            0x15, 0, 0x15, 0xd8, 4, 0x15, 10, 0x15, 3, 0x1c, 0x15, 2, 0x18, 2, 9, 9, 0x19, 0x25, 2,
            4, 0x11, 0x1c, 0x17, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0,
        ];
        let bytes = [&header[..], b"12345", b"next page"].concat();
        let page = Page::at(&bytes).unwrap();
        assert_eq!((page.stated, page.packed), (300, &b"12345"[..]));
        assert_eq!(page.length, header.len() + 5);
        for length in 0..header.len() + 5 {
            assert!(Page::at(&bytes[..length]).is_none(), "{length}");
        }
        // A size below nothing, a struct without end, and a list of more than there is.
        assert!(Page::at(&[0x15, 0, 0x15, 1, 0x15, 1, 0]).is_none());
        assert!(Page::at(&[0x1c; 400]).is_none());
        assert!(Page::at(&[0x19, 0xf3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]).is_none());
    }

    #[test]
    fn gzip_that_unpacks_to_more_than_it_says_is_counted_as_what_it_is() {
        use std::io::Write as _;
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![0; 3_000_000]).unwrap();
        let packed = encoder.finish().unwrap();
        let page = Page {
            length: 0,
            packed: &packed,
            stated: 10,
        };
        let gzip = Compression::GZIP(parquet::basic::GzipLevel::default());
        assert_eq!(page.swells_to(gzip, 1 << 30), 3_000_000);
        assert_eq!(page.swells_to(gzip, 1000), 1001);
        assert_eq!(page.swells_to(Compression::SNAPPY, 1 << 30), 10);
    }
}
