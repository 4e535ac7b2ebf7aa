//! Apache Parquet and Feather (Arrow IPC files): a column for each lead, or one column with all leads of a record.

mod feather;
mod pages;
mod table;
mod values;

use std::cell::Cell;
use std::panic;
use std::sync::Once;

use arrow_array::{Array as _, RecordBatch};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;

use crate::ecg::Recording;

use super::array::{self, Array, Known};
use super::column::names_rate;
use super::csv::Told;
use super::{Error, Head, Options, csv, unpack};
use table::Shape;
use values::{item, item_of, numbers};

pub(super) const LARGEST: u64 = 512 << 20;
/// Most columns that are leads.
const MOST_COLUMNS: usize = 1024;
const PARQUET: &[u8] = b"PAR1";
const FEATHER: &[u8] = b"ARROW1";

pub(super) fn sniff_parquet(head: &Head<'_>) -> bool {
    head.bytes.starts_with(PARQUET)
}

pub(super) fn sniff_feather(head: &Head<'_>) -> bool {
    head.bytes.starts_with(FEATHER)
}

/// Why a table of this kind is not read; `None` where it is none of them.
pub(super) fn unread(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(b"FEA1") {
        return Some(
            "this is a Feather file of version 1; write it as version 2 (Arrow), which is read",
        );
    }
    // A stream begins with its schema: a continuation mark, the length in whole words of eight bytes, a table's offset.
    let [mark, length, offset] = *bytes.first_chunk::<12>()?.as_chunks::<4>().0 else {
        return None;
    };
    let (length, offset) = (u32::from_le_bytes(length), u32::from_le_bytes(offset));
    let stream = mark == [0xff; 4]
        && length.is_multiple_of(8)
        && (16..1 << 20).contains(&length)
        && (8..64).contains(&offset);
    stream.then_some(
        "this looks like an Arrow stream; write it as an Arrow (Feather) file, which is read",
    )
}

/// Reads a Parquet file from its bytes.
///
/// # Errors
/// Place and reason, without a file.
pub(super) fn parse_parquet(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    contained(|| parquet_table(bytes, options))
}

/// Reads a Feather file (version 2, which is an Arrow IPC file) from its bytes.
///
/// # Errors
/// Place and reason, without a file.
pub(super) fn parse_feather(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    contained(|| feather::read(bytes, options))
}

thread_local! {
    static CONTAINED: Cell<bool> = const { Cell::new(false) };
}

/// The library panics on some tables that contradict themselves, such as text that is called numbers. That is caught here,
/// and told as an error rather than on the terminal.
fn contained(read: impl FnOnce() -> Result<Recording, Error>) -> Result<Recording, Error> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !CONTAINED.get() {
                tell(info);
            }
        }));
    });
    CONTAINED.set(true);
    let read = panic::catch_unwind(panic::AssertUnwindSafe(read));
    CONTAINED.set(false);
    read.unwrap_or_else(|_| Err(Error::damaged("the table contradicts itself")))
}

fn parquet_table(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    let damaged = |error: parquet::errors::ParquetError| Error::damaged(error.to_string());
    let builder =
        ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes)).map_err(damaged)?;
    pages::check(bytes, builder.metadata())?;
    let rows = builder.metadata().file_metadata().num_rows();
    let columns = builder.schema().fields().len();
    let shape = Shape::of(builder.schema());
    let told = table::told(builder.schema().metadata());
    let records = shape == Shape::Records;
    // Of a table with a record in each row only one is drawn.
    let rows = usize::try_from(rows).unwrap_or(0);
    // A few bytes can stand for any number of equal values.
    let samples = if shape == Shape::Leads {
        values_of(builder.metadata())
    } else {
        rows
    };
    if !records && !sensible(samples, columns, bytes) {
        let reason = format!("{rows} rows of {columns} columns are no tracing");
        return Err(Error::unsupported(reason));
    }
    let reader = if records {
        let number = options.record_of(rows)?;
        let one = builder.with_batch_size(1);
        one.with_offset(number - 1).with_limit(1)
    } else {
        builder.with_batch_size(8192)
    };
    let mut batches = Vec::new();
    for batch in reader.build().map_err(damaged)? {
        let batch = batch.map_err(|error| Error::damaged(error.to_string()))?;
        batches.push(batch);
        if records {
            break;
        }
    }
    recording(&batches, told, 0, rows, options)
}

/// Values in all columns.
fn values_of(metadata: &ParquetMetaData) -> usize {
    let columns = metadata
        .row_groups()
        .iter()
        .flat_map(|group| group.columns());
    let values = columns.map(|column| usize::try_from(column.num_values()).unwrap_or(usize::MAX));
    values.fold(0, usize::saturating_add)
}

/// Whether a table of so many numbers may come out of a file of that size, and be leads.
fn sensible(rows: usize, columns: usize, bytes: &[u8]) -> bool {
    if columns > MOST_COLUMNS {
        return false;
    }
    let size = rows
        .checked_mul(columns.max(1))
        .and_then(|n| n.checked_mul(8));
    size.is_some_and(|size| size as u64 <= unpack::most(bytes.len()))
}

/// `told` is what the file says of all columns, and `row` the one of the first batch that is wanted, where a row holds a
/// record.
fn recording(
    batches: &[RecordBatch],
    told: Told,
    row: usize,
    rows: usize,
    options: &Options,
) -> Result<Recording, Error> {
    let first = batches
        .first()
        .filter(|batch| batch.num_rows() > 0)
        .ok_or_else(|| Error::damaged("the table has no rows"))?;
    let schema = first.schema();
    let nested = schema
        .fields()
        .iter()
        .position(|field| item_of(field.data_type()).and_then(item_of).is_some());
    match (Shape::of(&schema), nested) {
        (Shape::Records, Some(column)) => record(first, told, column, row, rows, options),
        (Shape::Records, None) => {
            let mut recording = csv::recording(table::of_row(first, row, told)?, options)?;
            recording.warnings.extend(options.one_of(rows));
            Ok(recording)
        }
        (Shape::Leads, _) => csv::recording(table::of_rows(batches, told)?, options),
        (Shape::Samples, _) => csv::recording(table::of_samples(batches, told)?, options),
    }
}

/// One row: a list of lists in one column, single numbers beside it.
fn record(
    batch: &RecordBatch,
    told: Told,
    column: usize,
    row: usize,
    rows: usize,
    options: &Options,
) -> Result<Recording, Error> {
    let schema = batch.schema();
    let mut known = Known {
        rate_hz: told.rate_hz,
        units: told.unit.into_iter().collect(),
        ..Known::default()
    };
    for (field, values) in schema.fields().iter().zip(batch.columns()) {
        if names_rate(field.name()) {
            known.rate_hz = numbers(values).and_then(|values| values.get(row).copied());
        }
    }
    let name = schema.field(column).name().clone();
    let unread = || Error::unsupported("lists of this kind are not read").at_field(name.clone());
    let outer = item(batch.column(column), row).ok_or_else(unread)?;
    let (mut values, mut width) = (Vec::new(), None);
    for row in 0..outer.len() {
        let row = item(&outer, row)
            .and_then(|row| numbers(&row))
            .ok_or_else(unread)?;
        if *width.get_or_insert(row.len()) != row.len() {
            return Err(Error::damaged("the leads differ in length").at_field(name));
        }
        values.extend(row);
    }
    let shape = vec![outer.len(), width.unwrap_or(0)];
    if values.is_empty() {
        return Err(Error::damaged("the list is empty").at_field(name));
    }
    let mut recording = array::recording(&Array { shape, values }, &known, options)?;
    recording.warnings.extend(options.one_of(rows));
    Ok(recording)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{ArrayRef, Decimal128Array, Float64Array, StringArray};
    use arrow_ipc::CompressionType;
    use arrow_ipc::writer::{FileWriter, IpcWriteOptions};
    use arrow_schema::{DataType, Field, Schema};
    use parquet::arrow::ArrowWriter;
    use parquet::basic::{Compression, GzipLevel, ZstdLevel};
    use parquet::file::properties::{WriterProperties, WriterVersion};

    use super::*;

    fn batch() -> RecordBatch {
        let time: Vec<f64> = (0..400).map(|i| f64::from(i) / 250.0).collect();
        let lead: Vec<f64> = (0..400).map(|i| (f64::from(i) * 0.1).sin()).collect();
        let schema = Schema::new(vec![
            Field::new("time_s", DataType::Float64, false),
            Field::new("II (mV)", DataType::Float64, true),
            Field::new("note", DataType::Utf8, true),
        ]);
        RecordBatch::try_new(
            Arc::new(schema),
            vec![
                Arc::new(Float64Array::from(time)),
                Arc::new(Float64Array::from(lead)),
                Arc::new(StringArray::from(vec!["x"; 400])),
            ],
        )
        .unwrap()
    }

    fn feather() -> Vec<u8> {
        feather_by(None)
    }

    fn feather_by(compression: Option<CompressionType>) -> Vec<u8> {
        let (mut out, batch) = (Vec::new(), batch());
        let options = IpcWriteOptions::default()
            .try_with_compression(compression)
            .unwrap();
        let schema = batch.schema();
        let mut writer = FileWriter::try_new_with_options(&mut out, &schema, options).unwrap();
        writer.write(&batch).unwrap();
        writer.finish().unwrap();
        drop(writer);
        out
    }

    #[test]
    fn a_table_in_feather_is_read_to_the_last_digit() {
        let recording = parse_feather(&feather(), &Options::default()).unwrap();
        assert_eq!(recording.sampling_rate_hz, 250.0);
        assert_eq!(recording.leads.len(), 1);
        assert_eq!(recording.leads[0].name.as_str(), "II");
        let values = recording.leads[0].samples.microvolts();
        assert_eq!(values[7], (7.0_f64 * 0.1).sin() * 1000.0);
    }

    fn parquet_by(compression: Compression, version: WriterVersion) -> Vec<u8> {
        let (mut out, batch) = (Vec::new(), batch());
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_writer_version(version)
            .build();
        let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        out
    }

    #[test]
    fn a_table_packed_in_any_usual_way_is_the_same_table() {
        let plain = parse_feather(&feather(), &Options::default()).unwrap();
        for compression in [CompressionType::LZ4_FRAME, CompressionType::ZSTD] {
            let bytes = feather_by(Some(compression));
            let read = parse_feather(&bytes, &Options::default()).unwrap();
            assert_eq!(read.leads, plain.leads, "{compression:?}");
        }
        for compression in [
            Compression::UNCOMPRESSED,
            Compression::SNAPPY,
            Compression::GZIP(GzipLevel::default()),
            Compression::ZSTD(ZstdLevel::default()),
            Compression::LZ4,
            Compression::LZ4_RAW,
        ] {
            for version in [WriterVersion::PARQUET_1_0, WriterVersion::PARQUET_2_0] {
                let bytes = parquet_by(compression, version);
                let read = parse_parquet(&bytes, &Options::default()).unwrap();
                assert_eq!(read.leads, plain.leads, "{compression:?} {version:?}");
            }
        }
    }

    /// In Parquet they are integers of 32 bits, of 64 or as many bytes as they need.
    #[test]
    fn decimal_numbers_are_read_with_their_point() {
        let time: ArrayRef = Arc::new(Float64Array::from(vec![0.0, 0.004, 0.008]));
        for (digits, scale) in [(9, 3), (18, 3), (30, 3), (38, 3), (30, -2)] {
            let counts = vec![Some(1250_i128), None, Some(-7)];
            let counts = Decimal128Array::from(counts).with_precision_and_scale(digits, scale);
            let counts: ArrayRef = Arc::new(counts.unwrap());
            let columns = vec![("time_s", time.clone()), ("II (uV)", counts)];
            let batch = RecordBatch::try_from_iter_with_nullable(
                columns
                    .into_iter()
                    .map(|(name, column)| (name, column, true)),
            )
            .unwrap();
            let options = Options::default();
            let mut all = vec![recording(
                std::slice::from_ref(&batch),
                Told::default(),
                0,
                3,
                &options,
            )];
            // There is no negative scale in Parquet.
            if scale >= 0 {
                let mut out = Vec::new();
                let mut writer = ArrowWriter::try_new(&mut out, batch.schema(), None).unwrap();
                writer.write(&batch).unwrap();
                writer.close().unwrap();
                all.push(parse_parquet(&out, &options));
            }
            for read in all {
                let values = read.unwrap().leads[0].samples.microvolts();
                let point = 10_f64.powi(i32::from(scale));
                assert_eq!((values[0], values[2]), (1250.0 / point, -7.0 / point));
                assert!(values[1].is_nan());
            }
        }
    }

    #[test]
    fn a_page_that_claims_gigabytes_is_refused_before_they_are_asked_for() {
        let mut bytes = parquet_by(Compression::SNAPPY, WriterVersion::PARQUET_1_0);
        // A dictionary page: its kind, then its size unpacked, two bytes as a varint, which become five.
        assert_eq!((&bytes[4..7], bytes[9]), (&[0x15, 4, 0x15][..], 0x15));
        bytes.splice(7..9, [0xfe, 0xff, 0xff, 0xff, 0x0f]);
        let error = parse_parquet(&bytes, &Options::default()).unwrap_err();
        assert!(error.to_string().contains("unpack to more"), "{error}");
    }

    #[test]
    fn a_file_cut_or_changed_anywhere_is_an_error_and_no_panic() {
        let whole = feather();
        for length in (0..whole.len()).step_by(37) {
            assert!(parse_feather(&whole[..length], &Options::default()).is_err());
        }
        for at in 0..whole.len() {
            for change in [0xff, 0x01, 0x80, 0x13] {
                let mut changed = whole.clone();
                changed[at] ^= change;
                // Whether it still is a table depends on the place.
                let _ = parse_feather(&changed, &Options::default());
            }
        }
        for bytes in [&b""[..], PARQUET, b"PAR1\xff\xff\xff\x7fPAR1"] {
            assert!(parse_parquet(bytes, &Options::default()).is_err());
        }
    }
}
