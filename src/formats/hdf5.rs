//! HDF5 files, as CODE and SPH are published in, and MATLAB 7.3, which is HDF5: the largest numeric data set is the
//! tracing; attributes beside it may tell sampling rate, unit and lead names.

use std::path::Path;

use hdf5_reader::group::Group;
use hdf5_reader::{
    Dataset, Datatype, FilterRegistry, H5Type, Hdf5File, OpenOptions, SliceInfo, SliceInfoElem,
};

use crate::ecg::Recording;

use super::array::{self, Array, Known, RATE_NAMES};
use super::{Error, Head, Options};

const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Where the signature may stand: at the start, or after a block of the user's own.
const STARTS: [usize; 4] = [0, 512, 1024, 2048];
/// Most bytes of one record, and of one chunk of it.
const MOST_BYTES: usize = 64 << 20;
/// Nesting of groups that is followed, and most data sets that are looked at.
const DEEPEST: usize = 8;
const MOST_DATASETS: usize = 1000;
/// The number of h5py's own filter, LZF.
const LZF: u16 = 32000;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    STARTS.iter().any(|&start| {
        head.bytes
            .get(start..)
            .is_some_and(|rest| rest.starts_with(MAGIC))
    })
}

/// Reads a file where it lies: one of thousands of records may be larger than the memory.
pub(super) fn read(path: &Path, options: &Options) -> Result<Recording, Error> {
    let file = Hdf5File::open_with_options(path, limits()).map_err(|error| damaged(&error))?;
    recording(&file, options)
}

/// Reads a file from its bytes.
///
/// # Errors
/// Place and reason, without a file.
pub(super) fn parse(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    let file =
        Hdf5File::from_bytes_with_options(bytes, limits()).map_err(|error| damaged(&error))?;
    recording(&file, options)
}

/// No other file is ever opened: links and data outside are not resolved.
fn limits() -> OpenOptions {
    let mut filters = FilterRegistry::new();
    filters.register(
        LZF,
        Box::new(|_, packed, _| {
            lzf(packed).ok_or_else(|| hdf5_reader::error::Error::InvalidData("LZF".to_owned()))
        }),
    );
    OpenOptions::default()
        .with_filter_registry(filters)
        .with_max_chunk_bytes(MOST_BYTES)
        .with_max_read_bytes(MOST_BYTES)
        .with_chunk_cache_bytes(8 << 20)
}

fn damaged(error: &hdf5_reader::error::Error) -> Error {
    Error::damaged(error.to_string())
}

fn recording(file: &Hdf5File, options: &Options) -> Result<Recording, Error> {
    let root = file.root_group().map_err(|error| damaged(&error))?;
    let mut found = Found::default();
    found.group(&root, 0);
    let Some((_, dataset)) = found.tracing else {
        return Err(Error::unsupported("the file holds no array of samples"));
    };
    let named = |error: Error| error.at_field(dataset.name().to_owned());
    let (records, array) = one_record(&dataset, options).map_err(named)?;
    let mut known = found.known;
    for attribute in dataset.attributes() {
        let name = attribute.name.to_lowercase();
        if RATE_NAMES.contains(&name.as_str()) {
            known.rate_hz = attribute.read_as_f64().ok().or(known.rate_hz);
        } else if matches!(name.as_str(), "unit" | "units") {
            known.units = attribute.read_string().ok().into_iter().collect();
        } else if matches!(
            name.as_str(),
            "leads" | "lead_names" | "channels" | "sig_name"
        ) {
            known.names = attribute.read_strings().unwrap_or_default();
        }
    }
    // The one that is wanted is all that was read.
    let one = Options {
        record: None,
        ..options.clone()
    };
    let mut recording = array::recording(&array, &known, &one)
        .map_err(|error| error.at_field(dataset.name().to_owned()))?;
    recording.warnings.extend(options.one_of(records));
    Ok(recording)
}

#[derive(Default)]
struct Found {
    /// Number of values, and where they are.
    tracing: Option<(u64, Dataset)>,
    known: Known,
    seen: usize,
}

impl Found {
    /// Looks through a group and those in it; a member that cannot be opened is passed over.
    fn group(&mut self, group: &Group, depth: usize) {
        let Ok((groups, datasets)) = group.member_names() else {
            return;
        };
        for name in datasets {
            self.seen += 1;
            if self.seen > MOST_DATASETS {
                return;
            }
            let Ok(dataset) = group.dataset(&name) else {
                continue;
            };
            let numeric = matches!(
                dataset.dtype(),
                Datatype::FixedPoint { .. } | Datatype::FloatingPoint { .. }
            );
            let Ok(count) = dataset.num_elements() else {
                continue;
            };
            if !numeric {
                continue;
            }
            if count == 1 {
                if RATE_NAMES.contains(&name.to_lowercase().as_str()) {
                    let rate = values(&dataset, None).ok();
                    self.known.rate_hz = rate.and_then(|rate| rate.first().copied());
                }
            } else if self.tracing.as_ref().is_none_or(|(most, _)| *most < count) {
                self.tracing = Some((count, dataset));
            }
        }
        if depth < DEEPEST {
            for name in groups {
                if let Ok(inner) = group.group(&name) {
                    self.group(&inner, depth + 1);
                }
            }
        }
    }
}

/// The number of records, and the one that is wanted.
fn one_record(dataset: &Dataset, options: &Options) -> Result<(usize, Array), Error> {
    let shape = dataset.shape().to_vec();
    let (records, rest) = match *shape.as_slice() {
        [records, rows, columns] => (records, vec![rows, columns]),
        _ => (1, shape.clone()),
    };
    let count = rest
        .iter()
        .try_fold(1_u64, |product, &size| product.checked_mul(size))
        .filter(|&count| count <= (MOST_BYTES / 8) as u64)
        .ok_or_else(|| Error::unsupported(format!("an array of shape {shape:?} is no tracing")))?;
    if records == 0 || count == 0 {
        return Err(Error::damaged("the array is empty"));
    }
    let records = usize::try_from(records).unwrap_or(usize::MAX);
    let wanted = options.record_of(records)? as u64 - 1;
    let slice = (shape.len() == 3).then(|| SliceInfo {
        selections: std::iter::once(SliceInfoElem::Index(wanted))
            .chain(rest.iter().map(|&end| SliceInfoElem::Slice {
                start: 0,
                end,
                step: 1,
            }))
            .collect(),
    });
    let mut values = values(dataset, slice.as_ref())?;
    if (values.len() as u64) < count {
        return Err(Error::damaged("the array is shorter than its shape"));
    }
    values.truncate(count as usize);
    let shape = rest.iter().map(|&size| size as usize).collect();
    Ok((records, Array { shape, values }))
}

fn values(dataset: &Dataset, slice: Option<&SliceInfo>) -> Result<Vec<f64>, Error> {
    fn of<T: H5Type + Copy>(
        dataset: &Dataset,
        slice: Option<&SliceInfo>,
        number: impl Fn(T) -> f64,
    ) -> Result<Vec<f64>, Error> {
        let read = match slice {
            Some(slice) => dataset.read_slice::<T>(slice),
            None => dataset.read_array::<T>(),
        };
        let array = read.map_err(|error| damaged(&error))?;
        Ok(array.iter().map(|&value| number(value)).collect())
    }
    match *dataset.dtype() {
        Datatype::FloatingPoint { size: 8, .. } => of::<f64>(dataset, slice, |value| value),
        Datatype::FloatingPoint { size: 4, .. } => of::<f32>(dataset, slice, f64::from),
        Datatype::FloatingPoint { size: 2, .. } => halves(dataset, slice),
        Datatype::FixedPoint { size, signed, .. } => match (size, signed) {
            (1, true) => of::<i8>(dataset, slice, f64::from),
            (1, false) => of::<u8>(dataset, slice, f64::from),
            (2, true) => of::<i16>(dataset, slice, f64::from),
            (2, false) => of::<u16>(dataset, slice, f64::from),
            (4, true) => of::<i32>(dataset, slice, f64::from),
            (4, false) => of::<u32>(dataset, slice, f64::from),
            (8, true) => of::<i64>(dataset, slice, |value| value as f64),
            (8, false) => of::<u64>(dataset, slice, |value| value as f64),
            _ => Err(Error::unsupported(format!(
                "integers of {size} bytes are not read"
            ))),
        },
        ref other => Err(Error::unsupported(format!(
            "values of type {other:?} are not read"
        ))),
    }
}

/// IEEE 754 half precision: all records of it, of which those before the wanted one are dropped.
fn halves(dataset: &Dataset, slice: Option<&SliceInfo>) -> Result<Vec<f64>, Error> {
    let bytes = dataset
        .read_native_bytes()
        .map_err(|error| damaged(&error))?;
    let wanted = slice.and_then(|slice| match slice.selections.first() {
        Some(SliceInfoElem::Index(wanted)) => usize::try_from(*wanted).ok(),
        _ => None,
    });
    let sizes = dataset.shape().iter().skip(1).copied();
    let record = sizes.fold(1_u64, u64::saturating_mul);
    let record = usize::try_from(record).unwrap_or(usize::MAX);
    let halves = bytes.as_chunks().0.iter();
    Ok(halves
        .skip(wanted.unwrap_or(0).saturating_mul(record))
        .map(|&pair| array::half(u16::from_ne_bytes(pair)))
        .collect())
}

/// Unpacks Marc Lehmann's LZF: runs of up to 32 bytes, or up to 264 bytes seen at most 8 KiB before.
fn lzf(packed: &[u8]) -> Option<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    let mut input = packed.iter().copied();
    while let Some(control) = input.next() {
        let control = usize::from(control);
        if control < 32 {
            for _ in 0..=control {
                out.push(input.next()?);
            }
        } else {
            let mut length = control >> 5;
            if length == 7 {
                length += usize::from(input.next()?);
            }
            let back = ((control & 31) << 8) + usize::from(input.next()?) + 1;
            let start = out.len().checked_sub(back)?;
            for from in start..start + length + 2 {
                out.push(*out.get(from)?);
            }
        }
        if out.len() > MOST_BYTES {
            return None;
        }
    }
    Some(out)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lzf_repeats_what_it_has_seen() {
        // Three letters, then six from three before: the run overlaps itself.
        assert_eq!(
            lzf(&[2, b'a', b'b', b'c', 4 << 5, 2]).unwrap(),
            b"abcabcabc"
        );
        assert_eq!(lzf(&[0, b'x', 7 << 5, 3, 0]).unwrap(), [b'x'; 13]);
        assert_eq!(lzf(&[0, b'x', 1 << 5, 9]), None, "before the start");
        assert_eq!(lzf(&[5, b'x']), None, "cut");
    }

    #[test]
    fn what_is_no_such_file_is_an_error() {
        for bytes in [&b""[..], MAGIC, &[0x89; 600]] {
            assert!(parse(bytes, &Options::default()).is_err());
        }
    }
}
