//! HDF5 files, as CODE and SPH are published in, and MATLAB 7.3, which is HDF5: data sets and attributes
//! by name, in groups.

use std::path::Path;

use hdf5_reader::group::Group;
use hdf5_reader::{
    Attribute, ByteOrder, Dataset, Datatype, FilterRegistry, H5Type, Hdf5File, OpenOptions,
    SliceInfo, SliceInfoElem, StringSize, VarLenKind,
};

use crate::ecg::{LeadName, Recording};

use super::array::{Number, Source};
use super::bytes::{Bytes, size};
use super::facts::{self, Value};
use super::layout::{self, Layout};
use super::variables::Variables;
use super::{Error, Head, Options};

const MAGIC: &[u8] = b"\x89HDF\r\n\x1a\n";
/// Where the signature may stand: at the start, or after a block of the user's own.
const STARTS: [usize; 4] = [0, 512, 1024, 2048];
/// Most bytes of one record, and of one chunk of it.
const MOST_BYTES: usize = 64 << 20;
/// Nesting of groups that is followed, and most groups and data sets that are looked at.
const DEEPEST: usize = 8;
const MOST_MEMBERS: usize = 2000;
/// Most bytes of a text that may describe an array.
const MOST_TEXT: usize = 1 << 16;
/// Most lists that are leads.
const MOST_LISTS: u64 = 32;
/// Most values of a chunk that is unpacked to see whether an array is a time axis.
const MOST_START: usize = 1 << 20;
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
    let mut found = Found {
        variables: Variables::new(),
        seen: 0,
    };
    found.group(&root, "", 0);
    found.variables.recording(options)
}

struct Found {
    variables: Variables<Stored>,
    seen: usize,
}

impl Found {
    /// Looks through a group and those in it; a member that cannot be opened is passed over.
    fn group(&mut self, group: &Group, path: &str, depth: usize) {
        self.attributes(path, &group.attributes().unwrap_or_default());
        let Ok((groups, datasets)) = group.member_names() else {
            return;
        };
        for name in datasets {
            if self.is_enough() {
                return;
            }
            if let Ok(dataset) = group.dataset(&name) {
                self.dataset(&join(path, &name), dataset);
            }
        }
        for name in groups {
            if depth >= DEEPEST || self.is_enough() {
                return;
            }
            if let Ok(inner) = group.group(&name) {
                self.group(&inner, &join(path, &name), depth + 1);
            }
        }
    }

    fn is_enough(&mut self) -> bool {
        self.seen += 1;
        let enough = self.seen > MOST_MEMBERS;
        if enough {
            self.variables.pass_over();
        }
        enough
    }

    fn dataset(&mut self, path: &str, dataset: Dataset) {
        let attributes = dataset.attributes();
        self.attributes(path, &attributes);
        let class = attributes.iter().find(|own| own.name == "MATLAB_class");
        let class = class.and_then(|class| class.read_string().ok());
        let class = class.as_deref().map(|text| text.trim_end_matches('\0'));
        match (class, number(dataset.dtype())) {
            // Truth values are no samples.
            (Some("logical"), _) => {}
            (Some("char"), Some(_)) => self.codes(path, &dataset),
            (_, Some(number)) => {
                let shape = dataset.shape().iter().map(|&size| in_memory(size));
                let (shape, stored) = (shape.collect(), Stored::Numbers(dataset));
                self.variables
                    .array(path, shape, number.is_integer(), stored);
            }
            _ if is_text(&dataset) => {
                if let (true, Ok(words)) = (is_small(&dataset), dataset.read_strings()) {
                    self.variables.fact(path, Value::Words(words));
                }
            }
            _ => match dataset.dtype() {
                Datatype::Compound { .. } => self.rows(path, dataset),
                _ => self.lists(path, dataset),
            },
        }
    }

    /// Text as MATLAB stores it, a number for each letter.
    fn codes(&mut self, path: &str, dataset: &Dataset) {
        if is_small(dataset) {
            let codes = values(dataset, None).unwrap_or_default();
            let letters = codes.iter().map(|&code| char::from_u32(code as u32));
            let word = letters.map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER));
            self.variables
                .fact(path, Value::Words(vec![word.collect()]));
        }
    }

    /// Rows of which each lead is one field.
    fn rows(&mut self, path: &str, dataset: Dataset) {
        let Datatype::Compound { fields, .. } = dataset.dtype() else {
            return;
        };
        let fields = fields.iter().filter_map(|field| {
            let lead = LeadName::parse(&field.name).standard_index();
            let number = number(&field.datatype)?;
            lead.map(|_| (field.name.clone(), field.byte_offset as usize, number))
        });
        let fields: Vec<_> = fields.collect();
        let ([rows], true) = (dataset.shape(), fields.len() > 1) else {
            return;
        };
        let shape = vec![in_memory(*rows), fields.len()];
        let names = fields.iter().map(|(name, ..)| name.clone()).collect();
        let integers = fields.iter().all(|(.., number)| number.is_integer());
        let fields = fields.into_iter().map(|(_, at, number)| (at, number));
        let fields = fields.collect();
        self.variables
            .fact(&join(path, "leads"), Value::Words(names));
        self.variables
            .array(path, shape, integers, Stored::Rows(dataset, fields));
    }

    /// A few lists of one length: a lead each.
    fn lists(&mut self, path: &str, dataset: Dataset) {
        let (Datatype::VarLen { base, .. }, [1..=MOST_LISTS]) = (dataset.dtype(), dataset.shape())
        else {
            return;
        };
        let number = number(base).filter(|_| is_small(&dataset));
        let (Some(number), Ok(lists)) = (number, dataset.read_raw_bytes()) else {
            return;
        };
        let mut lengths = lists
            .chunks_exact(dataset.vlen_reference_size())
            .filter_map(|list| Bytes(list).u32_le(0).map(size));
        let count = lengths.clone().count();
        let Some(first) = lengths.next().filter(|&first| first > 0) else {
            return;
        };
        if lengths.all(|length| length == first) {
            let integers = number.is_integer();
            let stored = Stored::Lists(dataset, number);
            self.variables
                .array(path, vec![count, first], integers, stored);
        }
    }

    fn attributes(&mut self, path: &str, attributes: &[Attribute]) {
        for attribute in attributes {
            if facts::topic(&attribute.name).is_none() {
                continue;
            }
            let value = if let Some(number) = number(&attribute.datatype) {
                let bytes = attribute.raw_data.chunks_exact(number.width);
                Value::Numbers(bytes.map(|bytes| number.read(bytes)).collect())
            } else if let Ok(words) = attribute.read_strings() {
                Value::Words(words)
            } else if let Ok(word) = attribute.read_string() {
                Value::Words(vec![word])
            } else {
                Value::Unread
            };
            self.variables.fact(&join(path, &attribute.name), value);
        }
    }
}

fn join(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        _ => format!("{path}/{name}"),
    }
}

fn in_memory(size: u64) -> usize {
    usize::try_from(size).unwrap_or(usize::MAX)
}

fn is_text(dataset: &Dataset) -> bool {
    let string = VarLenKind::String;
    match dataset.dtype() {
        Datatype::String { .. } => true,
        Datatype::VarLen { kind, .. } => *kind == string,
        _ => false,
    }
}

/// Whether it may describe an array: it is short, and quickly read.
fn is_small(dataset: &Dataset) -> bool {
    let short = |bytes: usize| bytes <= MOST_TEXT;
    if !chunk(dataset).is_none_or(short) || !dataset.raw_byte_len().is_ok_and(short) {
        return false;
    }
    let fixed = matches!(
        dataset.dtype(),
        Datatype::String {
            size: StringSize::Fixed(_),
            ..
        }
    );
    if fixed || !is_text(dataset) {
        return true;
    }
    // Many texts may be the same place of the file.
    let texts = dataset.read_raw_bytes().unwrap_or_default();
    let lengths = texts
        .chunks_exact(dataset.vlen_reference_size())
        .filter_map(|text| Bytes(text).u32_le(0).map(size));
    short(lengths.fold(0, usize::saturating_add))
}

/// Values of a chunk of the data set, where it is stored in such.
fn chunk(dataset: &Dataset) -> Option<usize> {
    let sizes = dataset.chunks()?;
    let sizes = sizes.iter().map(|&own| size(own));
    Some(sizes.fold(1, usize::saturating_mul))
}

/// The type of plain numbers.
fn number(kind: &Datatype) -> Option<Number> {
    match *kind {
        Datatype::FloatingPoint { size, byte_order } => {
            Number::new(byte_order == ByteOrder::BigEndian, b'f', size.into())
        }
        Datatype::FixedPoint {
            size,
            signed,
            byte_order,
        } => {
            let letter = if signed { b'i' } else { b'u' };
            Number::new(byte_order == ByteOrder::BigEndian, letter, size.into())
        }
        _ => None,
    }
}

/// Where an array lies in the file.
enum Stored {
    Numbers(Dataset),
    /// Rows of fields, of which those at these bytes are taken.
    Rows(Dataset, Vec<(usize, Number)>),
    /// Lists of variable length.
    Lists(Dataset, Number),
}

impl Source for Stored {
    const MOST: usize = MOST_BYTES / 8;

    fn channels(
        &self,
        shape: &[usize],
        layout: &Layout,
        record: usize,
    ) -> Result<Vec<Vec<f64>>, Error> {
        match self {
            Self::Numbers(dataset) => one_record(dataset, shape, layout, record),
            Self::Rows(dataset, fields) => {
                let bytes = dataset.read_raw_bytes().map_err(|error| damaged(&error))?;
                let row = dataset
                    .raw_element_size()
                    .map_err(|error| damaged(&error))?;
                let strides = layout::strides(shape, false);
                Ok(layout.channels(&strides, record, |at| {
                    let &(field, number) = fields.get(at % fields.len())?;
                    let start = at / fields.len() * row + field;
                    let bytes = bytes.get(start..start.checked_add(number.width)?)?;
                    Some(number.read(bytes))
                }))
            }
            Self::Lists(dataset, number) => {
                let lists = dataset.read_raw_bytes().map_err(|error| damaged(&error))?;
                let mut bytes = Vec::new();
                for list in lists.chunks_exact(dataset.vlen_reference_size()) {
                    let list = dataset.resolve_vlen_reference_bytes(list, number.width);
                    bytes.extend(list.map_err(|error| damaged(&error))?);
                }
                let strides = layout::strides(shape, false);
                Ok(layout.channels(&strides, record, |at| number.at(&bytes, at)))
            }
        }
    }

    fn few(&self, _count: usize) -> Option<Vec<f64>> {
        match self {
            Self::Numbers(dataset) if is_small(dataset) => values(dataset, None).ok(),
            _ => None,
        }
    }

    fn start(&self, shape: &[usize], layout: &Layout) -> Option<Vec<f64>> {
        let Self::Numbers(dataset) = self else {
            return None;
        };
        if chunk(dataset).is_some_and(|values| values > MOST_START) {
            return None;
        }
        let start = layout.start();
        one_record(dataset, shape, &start, 0).ok()?.pop()
    }
}

/// The record that is wanted, and nothing else, is read.
fn one_record(
    dataset: &Dataset,
    shape: &[usize],
    layout: &Layout,
    record: usize,
) -> Result<Vec<Vec<f64>>, Error> {
    let axes = [layout.leads, layout.samples];
    let length = |index| {
        let axis = axes.iter().find(|axis| axis.index == Some(index));
        axis.map(|axis| axis.size)
    };
    let selections = (0..shape.len()).map(|index| match length(index) {
        Some(size) => SliceInfoElem::Slice {
            start: 0,
            end: size as u64,
            step: 1,
        },
        None if layout.records.index == Some(index) => SliceInfoElem::Index(record as u64),
        None => SliceInfoElem::Index(0),
    });
    let slice = SliceInfo {
        selections: selections.collect(),
    };
    let values = values(dataset, Some(&slice))?;
    if values.len() < layout.leads.size * layout.samples.size {
        return Err(Error::damaged("the array is shorter than its shape"));
    }
    let sizes: Vec<usize> = (0..shape.len())
        .map(|index| length(index).unwrap_or(1))
        .collect();
    let strides = layout::strides(&sizes, false);
    Ok(layout.channels(&strides, 0, |at| values.get(at).copied()))
}

fn values(dataset: &Dataset, slice: Option<&SliceInfo>) -> Result<Vec<f64>, Error> {
    fn of<T: H5Type>(
        dataset: &Dataset,
        slice: Option<&SliceInfo>,
        number: impl Fn(T) -> f64,
    ) -> Result<Vec<f64>, Error> {
        let read = match slice {
            Some(slice) => dataset.read_slice::<T>(slice),
            None => dataset.read_array::<T>(),
        };
        let array = read.map_err(|error| damaged(&error))?;
        Ok(array.into_iter().map(number).collect())
    }
    match *dataset.dtype() {
        Datatype::FloatingPoint { size: 8, .. } => of::<f64>(dataset, slice, |value| value),
        Datatype::FloatingPoint { size: 4, .. } => of::<f32>(dataset, slice, f64::from),
        Datatype::FloatingPoint { size: 2, .. } => of::<Half>(dataset, slice, |half| half.0),
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

/// IEEE 754 half precision.
#[derive(Clone)]
struct Half(f64);

impl H5Type for Half {
    fn hdf5_type() -> Datatype {
        Datatype::FloatingPoint {
            size: 2,
            byte_order: ByteOrder::LittleEndian,
        }
    }

    fn from_bytes(bytes: &[u8], kind: &Datatype) -> hdf5_reader::error::Result<Self> {
        let value = number(kind).and_then(|number| number.at(bytes, 0));
        let cut = || hdf5_reader::error::Error::InvalidData("half precision".to_owned());
        value.map(Self).ok_or_else(cut)
    }

    fn element_size(_kind: &Datatype) -> usize {
        2
    }
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
    fn leads_are_found_wherever_they_are_kept() {
        // One data set a lead with the rate of their group, fields of rows, lists of variable length.
        for (file, names, second) in [
            (
                &include_bytes!("../../tests/fuzz/leads.h5")[..],
                &["I", "II", "V1"][..],
                901.0,
            ),
            (
                include_bytes!("../../tests/fuzz/rows.h5"),
                &["II", "V2"],
                -900.0,
            ),
            (
                include_bytes!("../../tests/fuzz/lists.h5"),
                &["II", "V2"],
                901.0,
            ),
        ] {
            let recording = parse(file, &Options::default()).unwrap();
            let leads = &recording.leads;
            let own: Vec<_> = leads.iter().map(|lead| lead.name.as_str()).collect();
            assert_eq!(own, names);
            assert_eq!(recording.sampling_rate_hz, 250.0);
            assert_eq!(leads.get(1).unwrap().samples.get(10), Some(second));
            assert!(recording.warnings.is_empty(), "{:?}", recording.warnings);
        }
    }

    #[test]
    fn what_is_no_such_file_is_an_error() {
        for bytes in [&b""[..], MAGIC, &[0x89; 600]] {
            assert!(parse(bytes, &Options::default()).is_err());
        }
    }
}
