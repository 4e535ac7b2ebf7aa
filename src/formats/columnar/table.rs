//! Tables of leads: a column of samples or of lists for each, a row with a list for each, or all samples below each other
//! beside the names of their leads.

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Metadata, Schema};

use super::super::Error;
use super::super::column::{Heading, Role, names_rate, names_unit};
use super::super::csv::{Column, Table, Told, left_out, names_leads};
use super::values::{Words, item, item_of, moments, numbers, whole};

/// How the leads of a table lie in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// A record in each row: one list of lists, or a list for each lead.
    Records,
    /// A list in each row, and the name of its lead beside it.
    Leads,
    /// A sample in each row.
    Samples,
}

impl Shape {
    pub(super) fn of(schema: &Schema) -> Self {
        let kinds = || schema.fields().iter().map(|field| field.data_type());
        let lists = kinds().filter(|kind| item_of(kind).is_some()).count();
        let nested = kinds().any(|kind| item_of(kind).and_then(item_of).is_some());
        let named = schema
            .fields()
            .iter()
            .any(|field| names_leads(field.name()) && holds_words(field.data_type()));
        match lists {
            0 => Self::Samples,
            1 if named && !nested => Self::Leads,
            _ => Self::Records,
        }
    }
}

fn holds_words(kind: &DataType) -> bool {
    match kind {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => holds_words(values),
        _ => false,
    }
}

/// What the file says of all columns.
pub(super) fn told(metadata: &Metadata) -> Told {
    let find = |wanted: fn(&str) -> bool| {
        let mut entries = metadata.iter();
        entries.find_map(|(key, value)| wanted(key).then(|| value.trim().to_owned()))
    };
    let rate = find(names_rate);
    Told {
        rate_hz: rate.and_then(|rate| rate.trim_end_matches("Hz").trim().parse().ok()),
        unit: find(names_unit),
        scale: None,
    }
}

fn heading(field: &Field) -> Heading {
    let mut heading = Heading::parse(field.name());
    let stated = told(field.metadata()).unit;
    heading.unit = heading.unit.or(stated);
    heading
}

/// The lists of one row as leads, with what stands beside them.
pub(super) fn of_row(batch: &RecordBatch, row: usize, mut told: Told) -> Result<Table, Error> {
    let schema = batch.schema();
    let mut columns = Vec::new();
    for (field, values) in schema.fields().iter().zip(batch.columns()) {
        let heading = heading(field);
        let list = item(values, row);
        if let Some(list) = list.and_then(|list| held(&heading, std::iter::once(&list))) {
            columns.push(column(heading, list));
        } else {
            beside(field, values, row, &mut told);
        }
    }
    finished(columns, told, Vec::new())
}

/// Takes rate and unit from a column beside the lists.
fn beside(field: &Field, values: &ArrayRef, row: usize, told: &mut Told) {
    if names_rate(field.name()) {
        let rate = numbers(values).and_then(|values| values.get(row).copied());
        told.rate_hz = rate.filter(|rate| rate.is_finite()).or(told.rate_hz);
    }
    let mut words = Words::default();
    if names_unit(field.name()) && words.add(values).is_some() {
        let word = words.rows.get(row).and_then(|&at| words.different.get(at));
        told.unit = word.cloned().or(told.unit.take());
    }
}

/// The list of each row as a lead.
pub(super) fn of_rows(batches: &[RecordBatch], mut told: Told) -> Result<Table, Error> {
    let mut columns: Vec<Column> = Vec::new();
    for batch in batches {
        let schema = batch.schema();
        let mut names = Words::default();
        let mut lists = None;
        for (field, values) in schema.fields().iter().zip(batch.columns()) {
            if names_leads(field.name()) && names.rows.is_empty() {
                names.add(values).ok_or_else(nameless)?;
            } else if item_of(field.data_type()).is_some() {
                lists = Some(values);
            } else {
                beside(field, values, 0, &mut told);
            }
        }
        for row in 0..batch.num_rows() {
            let name = names.rows.get(row).and_then(|&at| names.different.get(at));
            let heading = Heading::parse(name.ok_or_else(nameless)?);
            let list = lists.and_then(|lists| item(lists, row));
            let values = list.and_then(|list| numbers(&list)).ok_or_else(|| {
                Error::unsupported("lists of this kind are not read").at_field(heading.name.clone())
            })?;
            if columns
                .iter()
                .any(|column| column.heading.as_ref() == Some(&heading))
            {
                let reason = format!("the table holds the lead {} more than once", heading.name);
                return Err(Error::unsupported(reason));
            }
            columns.push(column(heading, values));
        }
    }
    finished(columns, told, Vec::new())
}

fn nameless() -> Error {
    Error::unsupported("a row has no name of a lead")
}

/// Rows of samples: a column for each lead, or one of their names and one of their values.
pub(super) fn of_samples(batches: &[RecordBatch], told: Told) -> Result<Table, Error> {
    let schema = batches.first().map(RecordBatch::schema);
    let schema = schema.ok_or_else(|| Error::damaged("the table has no rows"))?;
    let (mut columns, mut leads, mut others) = (Vec::new(), None, Vec::new());
    for (at, field) in schema.fields().iter().enumerate() {
        let parts = || batches.iter().filter_map(|batch| batch.columns().get(at));
        let heading = heading(field);
        if let Some(values) = held(&heading, parts()) {
            columns.push(column(heading, values));
        } else if let Some(values) = since_first(parts(), moments) {
            columns.push(Column {
                heading: Some(heading),
                values,
                seconds: true,
            });
        } else if names_leads(field.name()) && leads.is_none() && holds_words(field.data_type()) {
            let mut words = Words::default();
            parts()
                .try_for_each(|part| words.add(part))
                .ok_or_else(nameless)?;
            leads = Some(words);
        } else {
            others.push(field.name().clone());
        }
    }
    if columns.is_empty() {
        return Err(Error::unsupported("the table has no column of numbers"));
    }
    match leads.filter(|leads| leads.different.len() > 1) {
        Some(leads) => finished(by_lead(columns, &leads)?, told, others),
        None => finished(columns, told, others),
    }
}

fn column(heading: Heading, values: Vec<f64>) -> Column {
    Column {
        heading: Some(heading),
        values,
        seconds: false,
    }
}

fn joined<'a>(
    parts: impl Iterator<Item = &'a ArrayRef>,
    read: fn(&ArrayRef) -> Option<Vec<f64>>,
) -> Option<Vec<f64>> {
    let mut all = Vec::new();
    for part in parts {
        all.append(&mut read(part)?);
    }
    Some(all)
}

/// The numbers of a column; of whole times those that have passed since the first.
fn held<'a>(
    heading: &Heading,
    parts: impl Iterator<Item = &'a ArrayRef> + Clone,
) -> Option<Vec<f64>> {
    let times = matches!(heading.role(), Role::Time(_));
    let passed = times.then(|| since_first(parts.clone(), whole)).flatten();
    passed.or_else(|| joined(parts, numbers))
}

/// Moments, with the seconds in one of their unit.
type Moments = (Vec<Option<i64>>, f64);

/// Seconds since the first moment: what is left of moments in nanoseconds would be rounded.
fn since_first<'a>(
    parts: impl Iterator<Item = &'a ArrayRef>,
    moments: fn(&ArrayRef) -> Option<Moments>,
) -> Option<Vec<f64>> {
    let mut first = None;
    let mut all = Vec::new();
    for part in parts {
        let (moments, unit_s) = moments(part)?;
        all.extend(moments.into_iter().map(|moment| {
            let passed = moment.map(|moment| moment.saturating_sub(*first.get_or_insert(moment)));
            passed.map_or(f64::NAN, |passed| passed as f64 * unit_s)
        }));
    }
    Some(all)
}

/// Parts values that stand below each other by the lead named beside them; the times are those of the first lead.
fn by_lead(columns: Vec<Column>, leads: &Words) -> Result<Vec<Column>, Error> {
    let role = |column: &Column| match &column.heading {
        _ if column.seconds => Role::Time(Some(1.0)),
        Some(heading) => heading.role(),
        None => Role::Signal,
    };
    let of_lead = |values: &[f64], lead: usize| -> Vec<f64> {
        let both = values.iter().zip(&leads.rows);
        both.filter(|(_, own)| **own == lead)
            .map(|(value, _)| *value)
            .collect()
    };
    let mut parted = Vec::new();
    for own in columns {
        match role(&own) {
            Role::Signal => {
                if parted.iter().any(|column| role(column) == Role::Signal) {
                    let reason =
                        "the samples of the leads stand below each other in more than one column";
                    return Err(Error::unsupported(reason));
                }
                for (lead, name) in leads.different.iter().enumerate() {
                    let mut heading = Heading::parse(name);
                    let unit = own.heading.as_ref().and_then(|own| own.unit.clone());
                    heading.unit = heading.unit.or(unit);
                    parted.push(column(heading, of_lead(&own.values, lead)));
                }
            }
            Role::Time(_) => parted.push(Column {
                values: of_lead(&own.values, 0),
                ..own
            }),
            Role::Rate => parted.push(Column {
                values: of_lead(&own.values, 0),
                ..own
            }),
            Role::Count | Role::Identifier => {}
        }
    }
    Ok(parted)
}

fn finished(columns: Vec<Column>, told: Told, others: Vec<String>) -> Result<Table, Error> {
    let length = columns.first().map_or(0, |column| column.values.len());
    if length == 0 {
        return Err(Error::damaged("the table has no samples"));
    }
    if columns.iter().any(|column| column.values.len() != length) {
        return Err(Error::damaged("the leads differ in length"));
    }
    let mut table = Table::of(columns, told, |row| row + 1)?;
    let others = others.iter().map(|name| left_out(name, "no numbers"));
    table.warnings.extend(others);
    Ok(table)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use arrow_array::types::{Float64Type, Int8Type};
    use arrow_array::{
        DictionaryArray, Float64Array, Int8Array, Int64Array, ListArray, StringArray,
        TimestampNanosecondArray,
    };

    use super::super::recording;
    use super::*;
    use crate::ecg::Recording;
    use crate::formats::Options;

    fn opened(
        columns: Vec<(&str, ArrayRef)>,
        metadata: &[(&str, &str)],
    ) -> Result<Recording, Error> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let rows = batch.num_rows();
        let metadata: Metadata = metadata.iter().copied().collect();
        recording(&[batch], told(&metadata), 0, rows, &Options::default())
    }

    fn numbers(values: &[f64]) -> ArrayRef {
        Arc::new(Float64Array::from(values.to_vec()))
    }

    fn words(values: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(values.to_vec()))
    }

    fn lists(rows: &[&[f64]]) -> ArrayRef {
        let rows = rows.iter().map(|row| Some(row.iter().copied().map(Some)));
        Arc::new(ListArray::from_iter_primitive::<Float64Type, _, _>(rows))
    }

    const TOLD: [(&str, &str); 2] = [("sampling_rate", "250"), ("unit", "uV")];

    #[test]
    fn leads_are_found_as_columns_as_rows_and_below_each_other() {
        let keys = Int8Array::from(vec![0, 1, 0]);
        let values = Arc::new(Float64Array::from(vec![1.0, 2.0]));
        let dictionary: ArrayRef = Arc::new(DictionaryArray::<Int8Type>::new(keys, values));
        let tables = [
            vec![
                ("I", numbers(&[1.0, 2.0, 1.0])),
                ("II", numbers(&[4.0, 5.0, 6.0])),
            ],
            vec![
                ("I", dictionary),
                ("II", numbers(&[4.0, 5.0, 6.0])),
                ("note", words(&["", "a", ""])),
            ],
            vec![
                ("I", lists(&[&[1.0, 2.0, 1.0]])),
                ("II", lists(&[&[4.0, 5.0, 6.0]])),
            ],
            vec![
                ("lead", words(&["I", "II"])),
                ("signal", lists(&[&[1.0, 2.0, 1.0], &[4.0, 5.0, 6.0]])),
            ],
            vec![
                ("lead", words(&["I", "II", "I", "II", "I", "II"])),
                ("value", numbers(&[1.0, 4.0, 2.0, 5.0, 1.0, 6.0])),
            ],
        ];
        for table in tables {
            let shown = format!("{table:?}");
            let recording = opened(table, &TOLD).unwrap();
            let [first, second] = &recording.leads[..] else {
                panic!("{shown}");
            };
            assert_eq!((first.name.as_str(), second.name.as_str()), ("I", "II"));
            assert_eq!(first.samples.microvolts(), [1.0, 2.0, 1.0], "{shown}");
            assert_eq!(second.samples.microvolts(), [4.0, 5.0, 6.0], "{shown}");
            assert_eq!(recording.sampling_rate_hz, 250.0);
            assert_eq!(
                recording.warnings.len(),
                usize::from(shown.contains("note"))
            );
        }
    }

    #[test]
    fn moments_give_the_rate_and_a_column_of_it_does() {
        let day = 1_600_000_000_000_000_000;
        let moments = TimestampNanosecondArray::from(vec![day, day + 4_000_000, day + 8_000_000]);
        let moments: ArrayRef = Arc::new(moments);
        let lead = numbers(&[1.0, 2.0, 3.0]);
        let recording = opened(vec![("II_uV", lead), ("at", moments)], &[]).unwrap();
        assert_eq!(recording.leads.len(), 1);
        assert!((recording.sampling_rate_hz - 250.0).abs() < 1e-9);
        let counted = (0..2000).map(|at| day + at * 2_000_000);
        let counted: ArrayRef = Arc::new(Int64Array::from_iter_values(counted));
        let lead = numbers(&[1.0; 2000]);
        let recording = opened(vec![("II_uV", lead), ("timestamp", counted)], &[]).unwrap();
        assert_eq!(recording.sampling_rate_hz, 500.0);
        let list = ("II (uV)", lists(&[&[1.0, 2.0]]));
        let recording = opened(vec![list, ("fs", numbers(&[400.0]))], &[]).unwrap();
        assert_eq!(
            (recording.leads.len(), recording.sampling_rate_hz),
            (1, 400.0)
        );
    }

    #[test]
    fn leads_of_different_lengths_or_of_two_records_are_refused() {
        let uneven = vec![("I", lists(&[&[1.0]])), ("II", lists(&[&[1.0, 2.0]]))];
        assert!(opened(uneven, &TOLD).is_err());
        let twice = vec![
            ("lead", words(&["I", "I"])),
            ("x", lists(&[&[1.0], &[2.0]])),
        ];
        assert!(opened(twice, &TOLD).is_err());
        let below = vec![
            ("lead", words(&["I", "I", "II"])),
            ("x", numbers(&[1.0, 2.0, 3.0])),
        ];
        assert!(opened(below, &TOLD).is_err());
    }
}
