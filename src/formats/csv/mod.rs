//! Tables of samples as text: one row a sample, one column a lead; comma, semicolon, tab or spaces;
//! decimal point or comma; with or without a header row and a time column.
//!
//! Sampling rate and unit come from the user, from the file (time column, comment lines, header
//! names such as `II (mV)`), or from a published data set whose layout this is, with a warning.
//! Otherwise the file is not opened: a guessed time axis would be a wrong heart rate.

mod cell;
mod layout;
pub(super) mod preview;
mod table;
mod times;
mod told;

use crate::ecg::{
    Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Unit, Warning, WarningCode,
};

use super::column::{is_of_counts, lead_names};
use super::{Error, Head, Options, text, unit};
pub(super) use table::{Column, Table, left_out, names_leads};
use times::Clock;
pub(super) use told::Told;

/// A day of twelve leads at 500 Hz takes about 3 GB as text; this is some hours.
pub(super) const LARGEST: u64 = 512 << 20;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.text().is_some_and(layout::has_rows)
}

/// Reads a table from the bytes of its file.
pub(super) fn parse(bytes: &[u8], options: &Options) -> Result<Recording, Error> {
    let table = Table::parse(&text::decode(bytes), &options.table)?;
    recording(table, options)
}

/// A table as a recording.
///
/// # Errors
/// What it leaves open, an impossible sampling rate.
pub(super) fn recording(mut table: Table, options: &Options) -> Result<Recording, Error> {
    let mut warnings = std::mem::take(&mut table.warnings);
    let data_set = DataSet::recognise(&table);

    let rate = sampling_rate(&table, data_set.as_ref(), options, &mut warnings)?;
    let count = table.count();
    warnings.extend(scale_warning(&table, count.is_some(), options));
    let units: Vec<Option<(Unit, f64)>> = (0..table.signals().count())
        .map(|index| {
            let said = stated_unit(&table, index)
                .map(unit::parse)
                .or_else(|| options.unit())
                .or_else(|| count.clone())
                .or_else(|| table.unit_of(index).map(unit::parse));
            said.or_else(|| assumed_unit(&table, data_set.as_ref(), &mut warnings))
        })
        .collect();
    warnings.extend(options.unit_not_used(stated_units(&table).as_deref(), "table"));
    let known = units.iter().all(Option::is_some);
    let rate = options.settle(rate, known, "table", &mut warnings)?;
    let mut recording = Recording::new("", "csv", rate);
    let names = names(&table);
    for ((column, name), stated) in table.take_signals().into_iter().zip(names).zip(units) {
        let (unit, scale) = stated.unwrap_or_else(|| unit::parse(""));
        recording.leads.push(Lead {
            name,
            unit,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate,
            samples: Samples::from_counts(crate::ecg::Counts::F64(column), 1.0, 0.0, scale, None),
        });
    }
    warnings.dedup();
    recording.comments = table.comments;
    recording.warnings.append(&mut warnings);
    Ok(recording)
}

/// The unit that the table states for a signal, unless it says only that values are as stored.
fn stated_unit(table: &Table, index: usize) -> Option<&str> {
    table.unit_of(index).filter(|unit| !is_of_counts(unit))
}

/// What to say of a number that may be what one count is worth. A person knows better than what it is only taken to mean.
fn scale_warning(table: &Table, is_clear: bool, options: &Options) -> Option<Warning> {
    let (value, unit) = table.stated_scale.as_ref()?;
    let mut signals = 0..table.signals().count();
    if signals.all(|index| stated_unit(table, index).is_some()) {
        return None;
    }
    let stated = format!("{value} {unit}");
    let stated = stated.trim_end();
    let message = if is_clear && options.unit.is_none() {
        format!(
            "The samples are whole numbers and the file states a resolution of {stated}, which is read as what one of \
             them is worth; every amplitude depends on it (--unit reads the samples without it)."
        )
    } else {
        format!("The file states a scale of {stated}, which is not used.")
    };
    Some(Warning::new(WarningCode::AssumedUnit, message))
}

/// The unit of every signal, with its name where it has one; `None` where one states no unit.
fn stated_units(table: &Table) -> Option<Vec<(Option<&str>, &str)>> {
    let names = table.names.as_deref().unwrap_or_default();
    let signals = 0..table.signals().count();
    let units = signals.map(|index| {
        let name = names.get(index).map(String::as_str);
        Some((name, stated_unit(table, index)?))
    });
    units.collect()
}

fn names(table: &Table) -> Vec<LeadName> {
    let count = table.signals().count();
    if let Some(names) = &table.names {
        return lead_names(names.iter().map(String::as_str));
    }
    if count == STANDARD_12.len() {
        return STANDARD_12.to_vec();
    }
    (1..=count)
        .map(|number| LeadName::Other(format!("column {number}")))
        .collect()
}

/// A published data set whose files state neither rate nor unit, but have an unmistakable layout.
struct DataSet {
    name: &'static str,
    rate_hz: f64,
    microvolts_per_count: f64,
}

impl DataSet {
    /// Chapman-Shaoxing: twelve columns, comma, microvolts, 500 Hz (Zheng et al. 2020, doi
    /// 10.1038/s41597-020-0386-x). Hefei/Tianchi 2019: eight named columns, spaces, integers, 4.88 uV
    /// a count, 500 Hz.
    fn recognise(table: &Table) -> Option<Self> {
        let twelve = match &table.names {
            None => table.signals().count() == STANDARD_12.len(),
            Some(names) => names
                .iter()
                .map(|name| LeadName::parse(name))
                .eq(STANDARD_12),
        };
        let filled = table
            .signals()
            .all(|column| column.iter().all(|value| value.is_finite()));
        let microvolts = Amplitude::of(table) == Amplitude::Microvolts;
        // Ten seconds each.
        let whole = table.signals().all(|column| column.len() == 5000);
        if twelve && filled && whole && table.clock.is_none() && microvolts {
            return Some(Self {
                name: "Chapman-Shaoxing",
                rate_hz: 500.0,
                microvolts_per_count: 1.0,
            });
        }
        let hefei = ["I", "II", "V1", "V2", "V3", "V4", "V5", "V6"];
        let named = table
            .names
            .as_ref()
            .is_some_and(|names| names.iter().eq(hefei));
        if named && table.delimiter == ' ' && table.integers() {
            return Some(Self {
                name: "Hefei/Tianchi",
                rate_hz: 500.0,
                microvolts_per_count: 4.88,
            });
        }
        None
    }
}

fn sampling_rate(
    table: &Table,
    data_set: Option<&DataSet>,
    options: &Options,
    warnings: &mut Vec<Warning>,
) -> Result<Option<f64>, Error> {
    let own = match table.clock {
        Some(Clock::Step(step_s)) => Some(1.0 / step_s),
        _ => table.stated_rate_hz,
    };
    // A person knows better than what was only assumed of the times.
    let assumed = warnings
        .iter()
        .any(|warning| warning.code == WarningCode::AssumedRate);
    let own = own.filter(|_| options.sampling_rate_hz.is_none() || !assumed);
    if let Some(rate) = options.rate(own, "table", warnings)? {
        return Ok(Some(rate));
    }
    if let Some(data_set) = data_set {
        warnings.push(Warning::new(
            WarningCode::AssumedRate,
            format!(
                "The file states no sampling rate. It looks like {}, so {} Hz is assumed; \
                 every interval and rate depends on it.",
                data_set.name, data_set.rate_hz
            ),
        ));
        return Ok(Some(data_set.rate_hz));
    }
    if table.clock == Some(Clock::Broken) {
        return Err(Error::damaged("the times do not rise").at_field("time column"));
    }
    Ok(None)
}

fn assumed_unit(
    table: &Table,
    data_set: Option<&DataSet>,
    warnings: &mut Vec<Warning>,
) -> Option<(Unit, f64)> {
    let (what, why, scale) = match (data_set, Amplitude::of(table)) {
        (Some(set), _) if set.microvolts_per_count == 1.0 => (
            "microvolts are".to_owned(),
            format!("It looks like {}", set.name),
            1.0,
        ),
        (Some(set), _) => (
            format!("{} microvolts a count are", set.microvolts_per_count),
            format!("It looks like {}", set.name),
            set.microvolts_per_count,
        ),
        (None, Amplitude::Millivolts) => (
            "millivolts are".to_owned(),
            "Its values are the size of an ECG in millivolts".to_owned(),
            1000.0,
        ),
        (None, Amplitude::Microvolts) if has_standard_lead(table) => (
            "microvolts are".to_owned(),
            "Its values are the size of an ECG in microvolts".to_owned(),
            1.0,
        ),
        _ => return None,
    };
    warnings.push(Warning::new(
        WarningCode::AssumedUnit,
        format!(
            "The file states no unit. {why}, so {what} assumed; every amplitude depends on it."
        ),
    ));
    Some((Unit::Microvolt, scale))
}

fn has_standard_lead(table: &Table) -> bool {
    let mut names = table.names.iter().flatten();
    names.any(|name| LeadName::parse(name).standard_index().is_some())
}

/// What the size of the values leaves possible, if they are an ECG: between beats and their tops lie
/// 0.15 to 8 mV in the lead of median size.
#[derive(PartialEq, Eq)]
enum Amplitude {
    Microvolts,
    Millivolts,
    Unclear,
}

impl Amplitude {
    fn of(table: &Table) -> Self {
        let mut ranges: Vec<f64> = table
            .signals()
            .filter_map(|column| {
                let finite = column.iter().copied().filter(|value| value.is_finite());
                let (low, high) = finite
                    .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                        (low.min(v), high.max(v))
                    });
                (high > low).then_some(high - low)
            })
            .collect();
        ranges.sort_by(f64::total_cmp);
        match ranges.get(ranges.len() / 2) {
            Some(&range) if (150.0..=8000.0).contains(&range) => Self::Microvolts,
            Some(&range) if (0.15..=8.0).contains(&range) && !table.integers() => Self::Millivolts,
            _ => Self::Unclear,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::formats::{ErrorKind, Missing, Place};

    fn parse_text(text: &str, options: &Options) -> Result<Recording, Error> {
        parse(text.as_bytes(), options)
    }

    fn options(rate: f64, unit: &str) -> Options {
        Options {
            sampling_rate_hz: Some(rate),
            unit: Some(unit.into()),
            ..Options::default()
        }
    }

    #[test]
    fn rate_and_unit_come_from_a_time_column_and_header_names() {
        let text = "time (ms);I (mV);II (mV)\n0;0,1;0,2\n4;0,3;-0,4\n8;0,5;0,6\n";
        let recording = parse_text(text, &Options::default()).unwrap();
        assert_eq!(recording.sampling_rate_hz, 250.0);
        let first = recording.leads.first().unwrap();
        assert_eq!(first.name, LeadName::I);
        assert_eq!(first.samples.microvolts(), [100.0, 300.0, 500.0]);
        assert!(recording.warnings.is_empty());
    }

    #[test]
    fn without_rate_or_unit_the_table_is_not_opened_but_asked_about() {
        let text = "1,2\n3,4\n5,6\n";
        for options in [
            Options::default(),
            Options {
                sampling_rate_hz: Some(500.0),
                ..Options::default()
            },
            Options {
                unit: Some("uV".into()),
                ..Options::default()
            },
        ] {
            let error = parse_text(text, &options).unwrap_err();
            assert_eq!(error.kind, ErrorKind::NeedsOptions);
            let missing = Missing {
                sampling_rate: options.sampling_rate_hz.is_none(),
                unit: options.unit.is_none(),
            };
            assert_eq!(error.missing, missing, "{error}");
        }
        let recording = parse_text(text, &options(500.0, "uV")).unwrap();
        assert_eq!(recording.leads.len(), 2);
        assert_eq!(
            recording.leads.first().unwrap().samples.microvolts(),
            [1.0, 3.0, 5.0]
        );
    }

    #[test]
    fn broken_rows_are_named_by_line() {
        for (text, line) in [
            ("I,II\n1,2\n3\n5,6", 3),
            ("I,II\n1,2\n3,4,5\n5,6", 3),
            ("I,II\n1,2\n3,oops\n5,6", 3),
        ] {
            let error = parse_text(text, &options(500.0, "uV")).unwrap_err();
            assert_eq!(error.place, Some(Place::Line(line)), "{text}");
        }
    }

    #[test]
    fn what_stands_below_the_rows_is_left_out_with_a_warning() {
        let rows = "time (s),\"Lead \"\"II\"\" (uV)\",V1 (uV)\n0,1,2\n0.004,3,4\n0.008,5,6\n0.012,7,8\n0.016,9,10\n";
        for (last, code) in [
            ("0.020,11", WarningCode::Truncated),
            ("Total,5,rows", WarningCode::LeftOut),
            ("Total,5\nthe end", WarningCode::LeftOut),
        ] {
            let recording = opened(&format!("{rows}{last}\n"));
            let first = recording.leads.first().unwrap();
            assert_eq!(first.name, LeadName::II);
            assert_eq!(first.samples.microvolts(), [1.0, 3.0, 5.0, 7.0, 9.0]);
            let codes: Vec<_> = recording.warnings.iter().map(|w| w.code).collect();
            assert_eq!(codes, [code], "{last}");
        }
    }

    #[test]
    fn a_jump_in_the_time_column_is_a_warning() {
        let text = "t,I (uV)\n0.0,1\n0.002,2\n0.004,3\n0.504,4\n0.506,5\n";
        let recording = parse_text(text, &Options::default()).unwrap();
        assert!((recording.sampling_rate_hz - 500.0).abs() < 1e-6);
        assert_eq!(
            recording.warnings.first().unwrap().code,
            WarningCode::Inconsistent
        );
    }

    #[test]
    fn to_look_at_what_is_stated_nowhere_is_shown_as_stored_with_a_warning() {
        let look = Options {
            show_unstated: true,
            ..Options::default()
        };
        let recording = parse_text("=cmd|calc!A0,II\n1,2\n3,4\n", &look).unwrap();
        let first = recording.leads.first().unwrap();
        assert_eq!(first.unit, Unit::Other(String::new()));
        assert_eq!(first.samples.microvolts(), [1.0, 3.0]);
        let codes: Vec<_> = recording.warnings.iter().map(|w| w.code).collect();
        assert_eq!(codes, [WarningCode::AssumedRate, WarningCode::AssumedUnit]);
    }

    #[test]
    fn what_a_device_tells_above_the_names_is_kept_and_searched_for_rate_and_unit() {
        let text =
            "Recorder,\"Some Model\"\nSampling rate,250 Hz\nUnit,mV\nI,II\n0.1,0.2\n0.3,0.4\n";
        let recording = parse_text(text, &Options::default()).unwrap();
        assert_eq!(recording.sampling_rate_hz, 250.0);
        assert_eq!(recording.leads.last().unwrap().name, LeadName::II);
        assert_eq!(
            recording.leads.last().unwrap().samples.microvolts(),
            [200.0, 400.0]
        );
        assert_eq!(recording.comments.len(), 3);
        // Numbers in quotes, with commas between them and in them.
        let quoted = parse_text("\"0,5\",\"1,5\"\n\"2,5\",\"3\"\n", &options(100.0, "mV")).unwrap();
        assert_eq!(
            quoted.leads.first().unwrap().samples.microvolts(),
            [500.0, 2500.0]
        );
    }

    #[test]
    fn nanoseconds_since_1970_give_the_rate_that_they_count() {
        for (name, first) in [("timestamp", "timestamp,I (mV)\n"), ("none", "")] {
            let row = |at: i64| {
                format!(
                    "{},{}\n",
                    1_600_000_000_000_000_000 + at * 2_000_000,
                    at % 3
                )
            };
            let text = first.to_owned() + &(0..2000).map(row).collect::<String>();
            let options = Options {
                unit: Some("mV".into()),
                ..Options::default()
            };
            let recording = parse_text(&text, &options).unwrap();
            assert_eq!(recording.sampling_rate_hz, 500.0, "{name}");
            assert_eq!(recording.leads.len(), 1);
        }
        // Of a signal such numbers are only rounded.
        let text = "time (s),I (uV)\n0,9007199254740992\n1,9007199254740994\n2,9007199254740996\n";
        let signal = parse_text(text, &Options::default()).unwrap();
        let first = signal.leads.first().unwrap();
        assert_eq!(first.samples.get(0), Some(9_007_199_254_740_992.0));
    }

    #[test]
    fn lines_may_end_in_a_carriage_return_alone() {
        let text = "# unit=mV\ntime (s),I (mV),II (mV)\n0,1,2\n0.004,3,4\n0.008,5,6\n";
        let old = text.replace('\n', "\r");
        assert!(layout::has_rows(&old));
        let recording = parse_text(&old, &Options::default()).unwrap();
        assert_eq!(recording, parse_text(text, &Options::default()).unwrap());
        assert_eq!(recording.leads.len(), 2);
    }

    #[test]
    fn a_resolution_with_its_unit_scales_whole_numbers_and_any_other_is_told() {
        let resolution = |line: &str, rows: &str, unit: Option<&str>| {
            let text = format!("Sampling Frequency (Hz);250\n{line}\nI;II\n{rows}");
            let options = Options {
                unit: unit.map(str::to_owned),
                show_unstated: true,
                ..Options::default()
            };
            let recording = parse_text(&text, &options).unwrap();
            let said = recording.warnings.iter().map(|own| own.message.as_str());
            let first = recording.leads.first().unwrap();
            (
                first.unit.clone(),
                first.samples.get(0).unwrap(),
                said.collect::<String>(),
            )
        };
        let whole = "100;2\n3;4\n5;6\n";
        let (unit, first, said) = resolution("Resolution (uV);4.88", whole, None);
        assert_eq!((unit, first), (Unit::Microvolt, 100.0 * 4.88));
        assert!(said.contains("a resolution of 4.88 uV"), "{said}");
        assert!(!said.contains("no unit"), "{said}");
        for (line, rows, unit) in [
            ("Resolution (uV);4.88", whole, Some("uV")),
            ("Resolution;4.88", whole, None),
            ("Resolution (uV);4.88", "100.5;2\n3;4\n5;6\n", None),
        ] {
            let (_, first, said) = resolution(line, rows, unit);
            assert_eq!(first.floor(), 100.0);
            assert!(
                said.contains("4.88") && said.contains("is not used"),
                "{said}"
            );
        }
        // Values in a unit are no counts.
        let text = "fs;250\nResolution (uV);4.88\nI (mV);II (mV)\n1;2\n3;4\n";
        let stated = parse_text(text, &Options::default()).unwrap();
        assert_eq!(stated.leads.first().unwrap().samples.get(0), Some(1000.0));
        assert!(stated.warnings.is_empty());
    }

    #[test]
    fn the_user_may_name_columns_and_leave_some_out() {
        let mut options = options(500.0, "uV");
        options.table.columns = vec!["II".into(), String::new(), "V5 (mV)".into()];
        let recording = parse_text("7,8,9\n4,5,6\n", &options).unwrap();
        let names: Vec<_> = recording
            .leads
            .iter()
            .map(|lead| lead.name.as_str())
            .collect();
        assert_eq!(names, ["II", "V5"]);
        assert_eq!(
            recording.leads.last().unwrap().samples.microvolts(),
            [9000.0, 6000.0]
        );
        options.table.columns.pop();
        assert!(parse_text("7,8,9\n4,5,6\n", &options).is_err());
    }

    #[test]
    fn unit_and_rate_of_the_person_are_for_what_the_table_leaves_open() {
        let codes = |recording: &Recording| -> Vec<_> {
            let warnings = recording.warnings.iter();
            warnings.map(|warning| warning.code).collect()
        };
        let stated = "time (s),II (mV),ABP (mmHg)\n0,1,2\n0.004,3,4\n0.008,5,6\n";
        let recording = parse_text(stated, &options(500.0, "uV")).unwrap();
        assert!((recording.sampling_rate_hz - 250.0).abs() < 1e-9);
        assert_eq!(
            recording.leads[0].samples.microvolts(),
            [1000.0, 3000.0, 5000.0]
        );
        assert_eq!(recording.leads[1].unit, Unit::Other("mmHg".into()));
        let told = codes(&recording);
        assert_eq!(told, [WarningCode::Inconsistent, WarningCode::Inconsistent]);
        let recording = parse_text(stated, &options(250.0, "mV")).unwrap();
        assert!(recording.warnings.is_empty(), "{:?}", recording.warnings);
        // A column that states none, and one that states only that it is as stored.
        let half = "II (mV),V1,V2 (adu)\n1,2,3\n4,5,6\n";
        let recording = parse_text(half, &options(250.0, "uV")).unwrap();
        let first: Vec<f64> = recording
            .leads
            .iter()
            .map(|lead| lead.samples.microvolts()[0])
            .collect();
        assert_eq!(first, [1000.0, 2.0, 3.0]);
        assert!(recording.warnings.is_empty(), "{:?}", recording.warnings);
        // Times without a unit are only assumed to be milliseconds.
        let unclear = "time,II (mV)\n0,1\n4,2\n8,3\n";
        let recording = parse_text(unclear, &options(500.0, "mV")).unwrap();
        assert_eq!(recording.sampling_rate_hz, 500.0);
    }

    fn leads(recording: &Recording) -> Vec<(&str, Vec<f64>)> {
        let leads = recording.leads.iter();
        leads
            .map(|lead| (lead.name.as_str(), lead.samples.microvolts()))
            .collect()
    }

    fn opened(text: &str) -> Recording {
        parse_text(text, &Options::default()).unwrap()
    }

    #[test]
    fn times_are_found_at_any_place_and_numbers_of_rows_are_no_lead() {
        for text in [
            "Unnamed: 0,II (uV),Time (ms)\n0,1,0\n1,2,4\n2,3,8\n",
            "sample,time,patient_id,II (uV)\n0,0.000,7,1\n1,0.004,7,2\n2,0.008,7,3\n",
            "'Elapsed time','II'\n'hh:mm:ss.mmm','uV'\n'0:00.000',1\n'0:00.004',2\n'0:00.008',3\n",
            "time,II\ns,(uV)\n0.000,1\n0.004,2\n0.008,3\n",
            "timestamp;ecg_lead_ii_uV;fs\n23:59:59,998;1;250\n00:00:00,002;2;250\n00:00:00,006;3;250\n",
            "# time,II_uV\n0.000,1\n0.004,2\n0.008,3\n",
            "fs,II (uV)\n250,1\n250,2\n250,3\n",
        ] {
            let recording = opened(text);
            assert!((recording.sampling_rate_hz - 250.0).abs() < 1e-9, "{text}");
            assert_eq!(leads(&recording), [("II", vec![1.0, 2.0, 3.0])], "{text}");
            assert!(recording.warnings.is_empty(), "{text}");
        }
    }

    #[test]
    fn devices_that_write_their_names_elsewhere_are_understood() {
        let lab_chart = "Interval=\t0.004 s\nChannelTitle=\tLead I\tLead II\nRange=\t10.000 mV\t10.000 mV\n\
            0.000\t0.1\t0.2\n0.004\t0.3\t0.4\n0.008\t0.5\t0.6\n";
        let acq_knowledge = "a.acq\n4 msec/sample\n2 channels\nECG Lead I\nmV\nECG Lead II\nmV\nsec\tCH1\tCH2\t\n\
            \t3\t3\t\n0.000\t0.1\t0.2\t\n0.004\t0.3\t0.4\t\n0.008\t0.5\t0.6\t\n";
        for text in [lab_chart, acq_knowledge] {
            let recording = opened(text);
            assert!((recording.sampling_rate_hz - 250.0).abs() < 1e-9, "{text}");
            let [(first, _), (second, values)] = &leads(&recording)[..] else {
                panic!("{text}");
            };
            assert_eq!((*first, *second), ("I", "II"));
            assert_eq!(values, &[200.0, 400.0, 600.0]);
            assert!(recording.warnings.is_empty(), "{:?}", recording.warnings);
        }
        let open_signals = "# {\"a\": {\"column\": [\"nSeq\", \"DI\", \"CH1\"], \"label\": [\"CH1\"], \
            \"sampling rate\": 1000}}\n# EndOfHeader\n0\t0\t5\t\n1\t0\t6\t\n2\t0\t7\t\n";
        let error = parse_text(open_signals, &Options::default()).unwrap_err();
        let only_unit = Missing {
            sampling_rate: false,
            unit: true,
        };
        assert_eq!(error.missing, only_unit);
        let options = Options {
            unit: Some("uV".into()),
            ..Options::default()
        };
        let recording = parse_text(open_signals, &options).unwrap();
        assert_eq!(recording.sampling_rate_hz, 1000.0);
        assert_eq!(leads(&recording), [("CH1", vec![5.0, 6.0, 7.0])]);
    }

    #[test]
    fn what_is_missing_is_no_error_and_columns_of_words_are_left_out_by_name() {
        let text = "time,II (uV),beat,\n0.000,1,N,\n0.004,NA,,\n0.008,3,,\n";
        let recording = opened(text);
        let lead = recording.leads.first().unwrap();
        assert_eq!(recording.leads.len(), 1);
        let values = lead.samples.microvolts();
        assert!(values[0] == 1.0 && values[1].is_nan() && values[2] == 3.0);
        let [warning] = &recording.warnings[..] else {
            panic!("{:?}", recording.warnings);
        };
        assert_eq!(warning.code, WarningCode::LeftOut);
        assert!(warning.message.contains("beat"), "{}", warning.message);
        let below = "time,lead,value (mV)\n0.000,I,1\n0.004,I,2\n0.000,II,3\n0.004,II,4\n";
        assert!(parse_text(below, &options(250.0, "mV")).is_err());
    }

    #[test]
    fn times_without_a_unit_that_may_be_numbers_of_rows_are_asked_about() {
        let error = parse_text("time,II (mV)\n0,1\n1,2\n2,3\n", &Options::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NeedsOptions);
        let recording = opened("time,II (mV)\n0,1\n4,2\n8,3\n");
        assert_eq!(recording.sampling_rate_hz, 250.0);
        assert_eq!(recording.warnings[0].code, WarningCode::AssumedRate);
    }
}
