//! What the columns of a table hold: numbers, times, words, lists.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal32Type, Decimal64Type, Decimal128Type, DurationMicrosecondType, DurationMillisecondType,
    DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType,
    TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{Array as _, ArrayRef, ArrowPrimitiveType};
use arrow_schema::{DataType, TimeUnit};

/// Most different words that are taken for names of leads.
const MOST_WORDS: usize = 64;

/// The numbers of a column, a missing one as NaN; `None` for anything but numbers.
pub(super) fn numbers(column: &ArrayRef) -> Option<Vec<f64>> {
    fn of<T: ArrowPrimitiveType>(column: &ArrayRef, number: fn(T::Native) -> f64) -> Vec<f64> {
        let values = column.as_primitive::<T>().iter();
        values.map(|value| value.map_or(f64::NAN, number)).collect()
    }
    Some(match column.data_type() {
        DataType::Float64 => of::<Float64Type>(column, |value| value),
        DataType::Float32 => of::<Float32Type>(column, f64::from),
        DataType::Float16 => of::<Float16Type>(column, |value| value.to_f64()),
        DataType::Int8 => of::<Int8Type>(column, f64::from),
        DataType::Int16 => of::<Int16Type>(column, f64::from),
        DataType::Int32 => of::<Int32Type>(column, f64::from),
        DataType::Int64 => of::<Int64Type>(column, |value| value as f64),
        DataType::UInt8 => of::<UInt8Type>(column, f64::from),
        DataType::UInt16 => of::<UInt16Type>(column, f64::from),
        DataType::UInt32 => of::<UInt32Type>(column, f64::from),
        DataType::UInt64 => of::<UInt64Type>(column, |value| value as f64),
        DataType::Decimal32(_, scale) => scaled(of::<Decimal32Type>(column, f64::from), *scale),
        DataType::Decimal64(_, scale) => {
            scaled(of::<Decimal64Type>(column, |value| value as f64), *scale)
        }
        DataType::Decimal128(_, scale) => {
            scaled(of::<Decimal128Type>(column, |value| value as f64), *scale)
        }
        DataType::Dictionary(_, _) => {
            let own = numbers(column.as_any_dictionary_opt()?.values())?;
            let keys = keys(column)?.into_iter();
            let value = |key: Option<usize>| key.and_then(|key| own.get(key).copied());
            keys.map(|key| value(key).unwrap_or(f64::NAN)).collect()
        }
        _ => return None,
    })
}

/// Decimal numbers from their digits, so many of which stand behind the point.
fn scaled(digits: Vec<f64>, scale: i8) -> Vec<f64> {
    // Dividing by a whole number gives the closest to what is written.
    let tens = 10_f64.powi(i32::from(scale.unsigned_abs()));
    let number = |digits: f64| {
        if scale < 0 {
            digits * tens
        } else {
            digits / tens
        }
    };
    digits.into_iter().map(number).collect()
}

/// The places of a dictionary's values in a column.
fn keys(column: &ArrayRef) -> Option<Vec<Option<usize>>> {
    let dictionary = column.as_any_dictionary_opt()?;
    if dictionary.values().is_empty() {
        return Some(vec![None; column.len()]);
    }
    let keys = dictionary.normalized_keys().into_iter().enumerate();
    Some(
        keys.map(|(at, key)| (!column.is_null(at)).then_some(key))
            .collect(),
    )
}

/// The moments, times of day or durations of a column, and the seconds in one of their unit.
pub(super) fn moments(column: &ArrayRef) -> Option<(Vec<Option<i64>>, f64)> {
    fn of<T: ArrowPrimitiveType<Native = i64>>(column: &ArrayRef) -> Vec<Option<i64>> {
        column.as_primitive::<T>().iter().collect()
    }
    fn short<T: ArrowPrimitiveType<Native = i32>>(column: &ArrayRef) -> Vec<Option<i64>> {
        let values = column.as_primitive::<T>().iter();
        values.map(|value| value.map(i64::from)).collect()
    }
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    Some(match column.data_type() {
        DataType::Timestamp(Second, _) => (of::<TimestampSecondType>(column), 1.0),
        DataType::Timestamp(Millisecond, _) => (of::<TimestampMillisecondType>(column), 1e-3),
        DataType::Timestamp(Microsecond, _) => (of::<TimestampMicrosecondType>(column), 1e-6),
        DataType::Timestamp(Nanosecond, _) => (of::<TimestampNanosecondType>(column), 1e-9),
        DataType::Duration(Second) => (of::<DurationSecondType>(column), 1.0),
        DataType::Duration(Millisecond) => (of::<DurationMillisecondType>(column), 1e-3),
        DataType::Duration(Microsecond) => (of::<DurationMicrosecondType>(column), 1e-6),
        DataType::Duration(Nanosecond) => (of::<DurationNanosecondType>(column), 1e-9),
        DataType::Time32(Second) => (short::<Time32SecondType>(column), 1.0),
        DataType::Time32(Millisecond) => (short::<Time32MillisecondType>(column), 1e-3),
        DataType::Time64(Microsecond) => (of::<Time64MicrosecondType>(column), 1e-6),
        DataType::Time64(Nanosecond) => (of::<Time64NanosecondType>(column), 1e-9),
        _ => return None,
    })
}

/// The whole numbers of a column of 64 bits, of which a float keeps only a part.
pub(super) fn whole(column: &ArrayRef) -> Option<(Vec<Option<i64>>, f64)> {
    let numbers = column.as_primitive_opt::<Int64Type>()?;
    Some((numbers.iter().collect(), 1.0))
}

/// The words of a column of few different ones.
#[derive(Default)]
pub(super) struct Words {
    /// In the order in which they come.
    pub different: Vec<String>,
    /// The place of each row's word among them.
    pub rows: Vec<usize>,
}

impl Words {
    /// Adds the words of a column; `None` where it holds none, or too many different ones.
    pub(super) fn add(&mut self, column: &ArrayRef) -> Option<()> {
        if let DataType::Dictionary(_, _) = column.data_type() {
            let mut own = Self::default();
            own.add(column.as_any_dictionary_opt()?.values())?;
            for key in keys(column)? {
                let word = own.different.get(*own.rows.get(key?)?)?;
                let place = self.place_of(word)?;
                self.rows.push(place);
            }
            return Some(());
        }
        let mut each = |word: Option<&str>| {
            let place = self.place_of(word?)?;
            self.rows.push(place);
            Some(())
        };
        match column.data_type() {
            DataType::Utf8 => column.as_string::<i32>().iter().try_for_each(&mut each),
            DataType::LargeUtf8 => column.as_string::<i64>().iter().try_for_each(&mut each),
            DataType::Utf8View => column.as_string_view().iter().try_for_each(&mut each),
            _ => None,
        }
    }

    fn place_of(&mut self, word: &str) -> Option<usize> {
        let known = self.different.iter().position(|other| other == word);
        if known.is_none() && self.different.len() < MOST_WORDS {
            self.different.push(word.to_owned());
            return Some(self.different.len() - 1);
        }
        known
    }
}

/// What lists of this type hold.
pub(super) fn item_of(kind: &DataType) -> Option<&DataType> {
    match kind {
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            Some(item.data_type())
        }
        _ => None,
    }
}

/// What stands in one place of a column of lists.
pub(super) fn item(list: &ArrayRef, at: usize) -> Option<ArrayRef> {
    if at >= list.len() || list.is_null(at) {
        return None;
    }
    match list.data_type() {
        DataType::List(_) => Some(list.as_list::<i32>().value(at)),
        DataType::LargeList(_) => Some(list.as_list::<i64>().value(at)),
        DataType::FixedSizeList(_, _) => Some(list.as_fixed_size_list().value(at)),
        _ => None,
    }
}
