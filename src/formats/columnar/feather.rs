//! Feather, version 2, which is an Arrow IPC file.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::Buffer;
use arrow_ipc::convert::try_fb_to_schema;
use arrow_ipc::reader::{FileDecoder, read_footer_length};
use arrow_ipc::{Block, root_as_footer, root_as_message};

use super::super::{Error, Options, unpack};
use super::table::{self, Shape};
use super::{recording, sensible};
use crate::ecg::Recording;

pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    let cut = || Error::damaged("the file is cut, or its footer is broken");
    let trailer_at = bytes.len().checked_sub(10).ok_or_else(cut)?;
    let trailer = bytes.get(trailer_at..).and_then(|tail| tail.first_chunk());
    let length = read_footer_length(*trailer.ok_or_else(cut)?)
        .map_err(|error| Error::damaged(error.to_string()))?;
    let footer_at = trailer_at.checked_sub(length).ok_or_else(cut)?;
    let footer = bytes.get(footer_at..trailer_at).ok_or_else(cut)?;
    let footer = root_as_footer(footer).map_err(|error| Error::damaged(error.to_string()))?;
    let schema = footer.schema().ok_or_else(cut)?;
    let schema = try_fb_to_schema(schema).map_err(|error| Error::damaged(error.to_string()))?;
    let records = Shape::of(&schema) == Shape::Records;
    let columns = schema.fields().len();
    let told = table::told(schema.metadata());
    let mut decoder = FileDecoder::new(Arc::new(schema), footer.version());
    for block in footer.dictionaries().iter().flatten() {
        let (data, _) = block_of(bytes, block)?;
        decoder
            .read_dictionary(block, &data)
            .map_err(|error| Error::damaged(error.to_string()))?;
    }
    let blocks = footer
        .recordBatches()
        .iter()
        .flatten()
        .map(|block| Ok((block, block_of(bytes, block)?)))
        .collect::<Result<Vec<_>, Error>>()?;
    let rows: usize = blocks
        .iter()
        .fold(0, |sum, (_, (_, rows))| sum.saturating_add(*rows));
    if !records && !sensible(rows, columns, bytes) {
        let reason = format!("{rows} rows of {columns} columns are no tracing");
        return Err(Error::unsupported(reason));
    }
    // Of a table with a record in each row only one is drawn.
    let wanted = if records {
        options.record_of(rows)? - 1
    } else {
        0
    };
    let mut batches: Vec<RecordBatch> = Vec::new();
    let mut before = 0;
    for (block, (data, own)) in blocks {
        if records && before + own <= wanted {
            before += own;
            continue;
        }
        let batch = decoder
            .read_record_batch(block, &data)
            .map_err(|error| Error::damaged(error.to_string()))?;
        batches.extend(batch);
        if records {
            break;
        }
    }
    recording(&batches, told, wanted.saturating_sub(before), rows, options)
}

/// A block of the file, checked to lie in it and to unpack to no more than is sensible, and how many rows it holds.
fn block_of(bytes: &[u8], block: &Block) -> Result<(Buffer, usize), Error> {
    let place = || {
        let start = usize::try_from(block.offset()).ok()?;
        let head = usize::try_from(block.metaDataLength()).ok()?;
        let body = usize::try_from(block.bodyLength()).ok()?;
        let end = start.checked_add(head)?.checked_add(body)?;
        Some((start, head, bytes.get(start..end)?))
    };
    let (start, head, data) =
        place().ok_or_else(|| Error::damaged("a block of rows lies outside the file"))?;
    let broken = || Error::damaged("a block of rows is broken").at_byte(start as u64);
    // Before the message stands its length, after a mark in files of today.
    let skipped = if data.starts_with(&[0xff; 4]) { 8 } else { 4 };
    let message = data.get(skipped..head).ok_or_else(broken)?;
    let message = root_as_message(message).map_err(|_| broken())?;
    let batch = message
        .header_as_record_batch()
        .or_else(|| message.header_as_dictionary_batch()?.data());
    let batch = batch.ok_or_else(broken)?;
    let body = data.get(head..).ok_or_else(broken)?;
    let mut unpacked = 0_u64;
    for buffer in batch.buffers().iter().flatten() {
        let packed = usize::try_from(buffer.offset())
            .ok()
            .zip(usize::try_from(buffer.length()).ok())
            // The format aligns buffers to 8 bytes, and its reader relies on it.
            .filter(|(at, _)| at % 8 == 0)
            .and_then(|(at, length)| body.get(at..at.checked_add(length)?))
            .ok_or_else(broken)?;
        if batch.compression().is_some() {
            let stated = packed
                .first_chunk()
                .map_or(0, |size| i64::from_le_bytes(*size));
            unpacked = unpacked.saturating_add(u64::try_from(stated.max(0)).unwrap_or(0));
        }
    }
    if unpacked > unpack::most(bytes.len()) {
        return Err(unpack::too_much(bytes.len()));
    }
    // A copy of its own begins where the numbers in it can be read in place.
    let rows = usize::try_from(batch.length()).map_err(|_| broken())?;
    Ok((Buffer::from_slice_ref(data), rows))
}
