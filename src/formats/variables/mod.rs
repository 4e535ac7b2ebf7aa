//! Files of many named arrays (HDF5, MATLAB, NumPy archives): which of them is the tracing.

mod candidate;

use std::collections::HashSet;

use crate::ecg::{LeadName, Recording, Warning, WarningCode};

use super::array::{self, Known, Source};
use super::column::rises;
use super::facts::{Facts, Topic, Value, key, leaf, topic};
use super::layout::Layout;
use super::{Error, Options};
use candidate::{Candidate, is_same_kind, lead_of, rank};

/// Most arrays that are looked at.
const MOST_ARRAYS: usize = 1000;
/// Most arrays of which it is found out whether they are a time axis.
const MOST_LOOKS: usize = 16;
/// What is shorter is no other tracing.
const FEWEST_SAMPLES: usize = 100;
/// Most numbers that describe something, one for each lead.
const MOST_NUMBERS: usize = 64;
/// Most arrays that are named in a warning.
const MOST_NAMED: usize = 8;
/// Sampling rates at which a time axis in seconds is believed.
const PLAUSIBLE_HZ: std::ops::RangeInclusive<f64> = 50.0..=5000.0;
struct Variable<S> {
    path: String,
    shape: Vec<usize>,
    integers: bool,
    source: S,
}

/// Everything a file holds by name; a path is the names of groups or structures and the own one, parted by `/`.
pub(super) struct Variables<S> {
    arrays: Vec<Variable<S>>,
    facts: Facts,
    passed_over: bool,
}

/// An array that only rises.
struct TimeAxis {
    path: String,
    samples: usize,
    rate_hz: Option<f64>,
}

impl<S: Source> Variables<S> {
    pub(super) fn new() -> Self {
        Self {
            arrays: Vec::new(),
            facts: Facts::default(),
            passed_over: false,
        }
    }

    /// Adds an array of numbers; a single number, or one for each lead, only where it describes something.
    pub(super) fn array(&mut self, path: &str, shape: Vec<usize>, integers: bool, source: S) {
        let Some(count) = super::layout::elements(&shape, usize::MAX) else {
            return;
        };
        let describes = match topic(leaf(path)) {
            Some(Topic::Rate | Topic::Gain | Topic::Scale | Topic::Offset | Topic::SomeScale) => {
                true
            }
            // Those of many records are no one's.
            Some(Topic::Age) => count == 1,
            _ => false,
        };
        if count == 1 || (count <= MOST_NUMBERS && describes) {
            let numbers = describes.then(|| source.few(count)).flatten();
            if let Some(numbers) = numbers {
                self.facts.add(path, Value::Numbers(numbers));
            }
        } else if self.arrays.len() < MOST_ARRAYS {
            self.arrays.push(Variable {
                path: path.to_owned(),
                shape,
                integers,
                source,
            });
        } else {
            self.passed_over = true;
        }
    }

    /// Adds what may describe an array.
    pub(super) fn fact(&mut self, path: &str, value: Value) {
        self.facts.add(path, value);
    }

    /// More arrays are there than were looked at.
    pub(super) fn pass_over(&mut self) {
        self.passed_over = true;
    }

    /// The recording that is wanted of all that the file holds.
    ///
    /// # Errors
    /// When nothing is a tracing, or it cannot be read.
    pub(super) fn recording(&self, options: &Options) -> Result<Recording, Error> {
        let mut candidates = self.candidates();
        let times = self.take_times(&mut candidates);
        let best = candidates.iter().min_by_key(|candidate| rank(candidate));
        let best = best.ok_or_else(|| Error::unsupported("the file holds no array of samples"))?;
        let layout = match &best.layout {
            Ok(layout) => layout,
            Err(error) => return Err(error.clone().at_field(best.path.clone())),
        };
        let (same, others): (Vec<&Candidate>, Vec<&Candidate>) = candidates
            .iter()
            .partition(|other| is_same_kind(best, layout, other));
        let records = same.iter().map(|one| one.records());
        let records = records.fold(0, usize::saturating_add);
        let mut number = options.record_of(records)? - 1;
        let shown = same.iter().find(|one| {
            let here = number < one.records();
            number -= if here { 0 } else { one.records() };
            here
        });
        let shown = shown.copied().unwrap_or(best);
        let mut recording =
            self.read(shown, number, &times, options)
                .map_err(|error| match error.place {
                    Some(_) => error,
                    None => error.at_field(shown.path.clone()),
                })?;
        recording.warnings.extend(options.one_of(records));
        let left_out = [
            (same.len() > 1).then(|| format!("The record shown is {}.", quoted(&shown.path))),
            self.not_shown(shown, &others, records),
            self.passed_over.then(|| {
                let looked = self.arrays.len();
                format!("The file holds more arrays than the {looked} that were looked at.")
            }),
        ];
        let left_out = left_out.into_iter().flatten();
        let warning = |message| Warning::new(WarningCode::LeftOut, message);
        recording.warnings.extend(left_out.map(warning));
        Ok(recording)
    }

    fn single(&self, index: usize) -> Option<Candidate> {
        let variable = self.arrays.get(index)?;
        Some(Candidate {
            path: variable.path.clone(),
            parts: vec![index],
            names: Vec::new(),
            layout: Layout::of(&variable.shape),
            integers: variable.integers,
        })
    }

    /// Arrays named as leads that belong together, then each other array by itself.
    fn candidates(&self) -> Vec<Candidate> {
        let mut groups: Vec<Candidate> = Vec::new();
        for own in (0..self.arrays.len()).filter_map(|index| self.single(index)) {
            let samples = own.one_lead();
            let Some((path, lead)) = samples.and_then(|_| lead_of(&own.path)) else {
                continue;
            };
            let group = groups.iter_mut().find(|group| {
                group.path == path
                    && group.integers == own.integers
                    && group.one_lead() == samples
                    && !group.names.contains(&lead)
            });
            match group {
                Some(group) => {
                    group.parts.extend(own.parts);
                    group.names.push(lead);
                }
                None => groups.push(Candidate {
                    path,
                    names: vec![lead],
                    ..own
                }),
            }
        }
        groups.retain(|group| {
            let standard = group.names.iter().filter_map(LeadName::standard_index);
            standard.count() > 1
        });
        let grouped: HashSet<usize> = groups
            .iter()
            .flat_map(|group| group.parts.clone())
            .collect();
        groups.iter_mut().for_each(Candidate::in_order);
        let others = (0..self.arrays.len()).filter(|index| !grouped.contains(index));
        groups.extend(others.filter_map(|index| self.single(index)));
        groups
    }

    /// Takes out the arrays that only rise, which no tracing does.
    fn take_times(&self, candidates: &mut Vec<Candidate>) -> Vec<TimeAxis> {
        let mut times = Vec::new();
        let mut looks = 0;
        candidates.retain(|candidate| {
            let (Some(samples), [part], None) = (
                candidate.one_lead(),
                candidate.parts.as_slice(),
                candidate.preference(),
            ) else {
                return true;
            };
            looks += 1;
            let variable = self.arrays.get(*part).filter(|_| looks <= MOST_LOOKS);
            let start = variable
                .zip(candidate.layout.as_ref().ok())
                .and_then(|(one, layout)| one.source.start(&one.shape, layout))
                .filter(|start| only_rises(start));
            let Some(start) = start else {
                return true;
            };
            times.push(TimeAxis {
                path: candidate.path.clone(),
                samples,
                rate_hz: rate_of(&candidate.path, &start),
            });
            false
        });
        times
    }

    /// Record `number` of a candidate, counted from zero.
    fn read(
        &self,
        candidate: &Candidate,
        number: usize,
        times: &[TimeAxis],
        options: &Options,
    ) -> Result<Recording, Error> {
        let parts = candidate.parts.iter().filter_map(|&at| self.arrays.get(at));
        let parts: Vec<&Variable<S>> = parts.collect();
        if candidate.values() / candidate.records().max(1) > S::MOST {
            let values = candidate.values();
            let reason = format!("{values} values are more than are read of such a file");
            return Err(Error::unsupported(reason));
        }
        let mut channels = Vec::new();
        for part in &parts {
            let layout = Layout::of(&part.shape)?;
            channels.extend(part.source.channels(&part.shape, &layout, number)?);
        }
        let mut known = self.known(candidate, &parts)?;
        if !candidate.integers {
            known.gains.clear();
            known.other_scale = None;
        }
        let samples = channels.first().map_or(0, Vec::len);
        let time = times
            .iter()
            .filter(|_| known.rate_hz.is_none() && options.sampling_rate_hz.is_none())
            .find(|time| time.samples == samples && time.rate_hz.is_some());
        if let Some(time) = time {
            known.rate_hz = time.rate_hz;
        }
        // The record that is wanted is all that was read.
        let one = Options {
            record: None,
            ..options.clone()
        };
        let mut recording = array::from_channels(channels, &known, &one)?;
        recording.patient.age_years = known.age_years;
        recording.patient.sex = known.sex;
        recording.warnings.extend(time.map(|time| {
            let rate = time.rate_hz.unwrap_or_default();
            let message = format!(
                "The file states no sampling rate; the steps of {} give {rate} Hz, on which every interval depends.",
                quoted(&time.path)
            );
            Warning::new(WarningCode::AssumedRate, message)
        }));
        Ok(recording)
    }

    /// What is stated about all parts of a candidate.
    fn known(&self, candidate: &Candidate, parts: &[&Variable<S>]) -> Result<Known, Error> {
        let long = |one: &&Variable<S>| {
            Layout::of(&one.shape).is_ok_and(|own| own.samples.size >= FEWEST_SAMPLES)
        };
        let arrays = self.arrays.iter().filter(long);
        let mut arrays: Vec<&str> = arrays.map(|one| one.path.as_str()).collect();
        arrays.sort_unstable();
        let each: Vec<Known> = parts
            .iter()
            .map(|part| self.facts.of(&part.path, &arrays))
            .collect();
        let mut known = each.first().cloned().unwrap_or_default();
        if parts.len() > 1 {
            if each.iter().any(|other| other.rate_hz != known.rate_hz) {
                let reason = "the leads differ in their sampling rates";
                return Err(Error::unsupported(reason));
            }
            let all = |list: fn(&Known) -> bool| each.iter().all(list);
            known.units = match all(|own| own.units.len() == 1) {
                true => each.iter().flat_map(|own| own.units.clone()).collect(),
                false => Vec::new(),
            };
            known.gains = match all(|own| own.gains.len() == 1) {
                true => each.iter().flat_map(|own| own.gains.clone()).collect(),
                false => Vec::new(),
            };
            // A lead without its own counts as it is.
            let of_all = |list: fn(&Known) -> &[f64], without: f64| -> Vec<f64> {
                let stated = each.iter().any(|own| !list(own).is_empty());
                let own = each.iter().filter(|_| stated).map(list);
                own.map(|own| own.first().copied().unwrap_or(without))
                    .collect()
            };
            known.scales = of_all(|own| &own.scales, 1.0);
            known.offsets = of_all(|own| &own.offsets, 0.0);
        }
        let own_lead = || {
            let lead = LeadName::parse(leaf(&candidate.path));
            lead.standard_index().map(|_| lead.to_string())
        };
        if !candidate.names.is_empty() {
            known.names = candidate.names.iter().map(LeadName::to_string).collect();
        } else if known.names.is_empty() && candidate.one_lead().is_some() {
            known.names.extend(own_lead());
        }
        Ok(known)
    }

    /// What to say of other arrays that look like tracings.
    fn not_shown(
        &self,
        shown: &Candidate,
        others: &[&Candidate],
        records: usize,
    ) -> Option<String> {
        let others: Vec<String> = others
            .iter()
            .filter(|other| {
                let layout = other.layout.as_ref();
                layout.is_ok_and(|layout| layout.samples.size >= FEWEST_SAMPLES)
            })
            .filter_map(|other| {
                let first = self.arrays.get(*other.parts.first()?)?;
                // A table about the records has a row for each.
                let about = records > 1 && first.shape.first() == Some(&records);
                (!about).then(|| quoted(&other.path))
            })
            .collect();
        let more = others.len().saturating_sub(MOST_NAMED);
        let named = others.get(..others.len() - more)?.join(", ");
        let more = (more > 0).then(|| format!(" and {more} more"));
        (!others.is_empty()).then(|| {
            format!(
                "{} is taken as the tracing; not shown: {named}{}.",
                quoted(&shown.path),
                more.unwrap_or_default()
            )
        })
    }
}

fn only_rises(values: &[f64]) -> bool {
    values.len() > 9 && rises(values)
}

/// The rate of a time axis in even steps of seconds, or of milliseconds where it is named so.
fn rate_of(path: &str, start: &[f64]) -> Option<f64> {
    let (first, last) = (start.first()?, start.last()?);
    let step = (last - first) / (start.len() - 1) as f64;
    let mut steps = start.iter().zip(start.iter().skip(1));
    let even = steps.all(|(before, after)| ((after - before) / step - 1.0).abs() < 0.2);
    let milliseconds = ["ms", "msec", "milliseconds"]
        .iter()
        .any(|unit| key(leaf(path)).ends_with(unit));
    let rate = if milliseconds { 1000.0 } else { 1.0 } / step;
    let whole = rate.round();
    let rate = match (rate / whole - 1.0).abs() < 1e-4 {
        true => whole,
        false => rate,
    };
    (even && PLAUSIBLE_HZ.contains(&rate)).then_some(rate)
}

fn quoted(path: &str) -> String {
    let short: String = path.chars().take(60).collect();
    format!("\"{}\"", short.escape_debug())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const SAMPLES: usize = 300;

    /// Samples of the height of an ECG in microvolts; each lead `step` above the last.
    fn values(leads: usize, step: f64) -> Vec<f64> {
        let lead = |lead: usize| {
            (0..SAMPLES).map(move |at| lead as f64 * step + if at % 50 == 0 { 900.0 } else { 0.0 })
        };
        (0..leads).flat_map(lead).collect()
    }

    fn file(arrays: &[(&str, usize)]) -> Variables<Vec<f64>> {
        let mut file = Variables::new();
        for (index, &(path, leads)) in arrays.iter().enumerate() {
            let mut values = values(leads, 1.0);
            *values.first_mut().unwrap() = index as f64;
            let shape = match leads {
                1 => vec![SAMPLES],
                _ => vec![leads, SAMPLES],
            };
            file.array(path, shape, false, values);
        }
        file.fact("fs", Value::Numbers(vec![250.0]));
        file.fact("unit", Value::Words(vec!["uV".to_owned()]));
        file
    }

    #[test]
    fn age_and_sex_beside_the_samples_are_the_patients() {
        let mut file = file(&[("ECG/data", 12)]);
        file.array("ECG/age", vec![1, 1], false, vec![74.0]);
        file.fact("ECG/sex", Value::Words(vec!["Female".to_owned()]));
        let patient = file.recording(&Options::default()).unwrap().patient;
        assert_eq!(patient.age_years, Some(74.0));
        assert_eq!(patient.sex, Some(crate::ecg::Sex::Female));
    }

    #[test]
    fn only_its_own_scale_factor_is_applied_to_an_array() {
        let mut file = file(&[("x", 3), ("ecg/I", 1), ("ecg/II", 1), ("ecg/III", 1)]);
        file.fact("x/scale_factor", Value::Numbers(vec![9.0]));
        file.fact("temperature/scale_factor", Value::Numbers(vec![7.0]));
        file.fact("temperature/add_offset", Value::Numbers(vec![7.0]));
        let (leads, _) = shown(&file, None);
        assert_eq!(leads.first().unwrap().1, 1.0);
        file.fact("ecg/II/scale_factor", Value::Numbers(vec![0.5]));
        file.fact("ecg/III/add_offset", Value::Numbers(vec![-2.0]));
        let (leads, said) = shown(&file, None);
        let values: Vec<f64> = leads.iter().map(|lead| lead.1).collect();
        assert_eq!(values, [1.0, 1.0, 1.0], "{said}");
        file.fact("ecg/scale", Value::Numbers(vec![3.0]));
        let (_, said) = shown(&file, None);
        assert!(!said.contains("a scale of"), "{said}");
    }

    /// Names and first values of the leads, and all warnings.
    fn shown(file: &Variables<Vec<f64>>, record: Option<usize>) -> (Vec<(String, f64)>, String) {
        let options = Options {
            record,
            ..Options::default()
        };
        let recording = file.recording(&options).unwrap();
        let first = |lead: &crate::ecg::Lead| lead.samples.get(0).unwrap();
        let leads = recording.leads.iter();
        let leads = leads.map(|lead| (lead.name.to_string(), first(lead)));
        let warnings = recording.warnings.iter().map(ToString::to_string);
        (leads.collect(), warnings.collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn the_name_of_a_tracing_counts_before_size_and_what_is_not_shown_is_said() {
        let file = file(&[("features", 12), ("ecg", 3), ("p", 1)]);
        let (leads, warnings) = shown(&file, None);
        assert_eq!(leads.len(), 3);
        assert_eq!(
            warnings,
            "\"ecg\" is taken as the tracing; not shown: \"features\", \"p\"."
        );
    }

    #[test]
    fn arrays_named_as_leads_are_one_tracing() {
        for paths in [
            ["V1", "II", "I"],
            ["ecg/V1", "ecg/II", "ecg/I"],
            ["strip_V1/0", "strip_II/0", "strip_I/0"],
        ] {
            let (leads, warnings) = shown(&file(&paths.map(|path| (path, 1))), None);
            let names: Vec<_> = leads.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["I", "II", "V1"], "{paths:?}");
            let firsts: Vec<_> = leads.iter().map(|(_, first)| *first).collect();
            assert_eq!(firsts, [2.0, 1.0, 0.0]);
            assert_eq!(warnings, "");
        }
    }

    #[test]
    fn leads_of_different_rates_are_refused() {
        let mut file = file(&[("ecg/I", 1), ("ecg/II", 1)]);
        file.fact("ecg/II/fs", Value::Numbers(vec![500.0]));
        assert!(file.recording(&Options::default()).is_err());
    }

    #[test]
    fn arrays_of_one_kind_are_records() {
        for paths in [["a", "b", "c"], ["1/ecg", "2/ecg", "3/ecg"]] {
            let file = file(&paths.map(|path| (path, 2)));
            for (record, first) in [(None, 0.0), (Some(2), 1.0), (Some(3), 2.0)] {
                let (leads, warnings) = shown(&file, record);
                assert_eq!(leads.first().unwrap().1, first, "{record:?}");
                assert!(warnings.contains("3 records"), "{warnings}");
            }
            let beyond = Options {
                record: Some(4),
                ..Options::default()
            };
            assert!(file.recording(&beyond).is_err());
        }
    }

    #[test]
    fn a_time_axis_is_no_tracing_and_gives_the_rate() {
        for (name, step) in [("t", 0.002), ("time_ms", 2.0)] {
            let mut file = Variables::new();
            let time = (0..SAMPLES).map(|at| at as f64 * step).collect();
            file.array(name, vec![SAMPLES], false, time);
            assert!(file.recording(&Options::default()).is_err(), "nothing else");
            file.array("v", vec![SAMPLES], false, values(1, 0.0));
            let recording = file.recording(&Options::default()).unwrap();
            assert_eq!(recording.leads.len(), 1);
            assert_eq!(recording.sampling_rate_hz, 500.0);
            let warned = recording.warnings.iter();
            let mut rates = warned.filter(|own| own.code == WarningCode::AssumedRate);
            assert!(rates.next().unwrap().message.contains(name));
            file.fact("fs", Value::Numbers(vec![250.0]));
            let stated = file.recording(&Options::default()).unwrap();
            assert_eq!(stated.sampling_rate_hz, 250.0);
        }
    }

    #[test]
    fn a_gain_counts_for_integers_and_is_told() {
        for (integers, microvolts) in [(true, 2.5), (false, 5.0)] {
            let mut file = Variables::new();
            let mut values = values(2, 0.0);
            *values.first_mut().unwrap() = 5.0;
            file.array("ecg", vec![2, SAMPLES], integers, values);
            file.fact("ecg/fs", Value::Numbers(vec![250.0]));
            file.fact("ecg/gain", Value::Numbers(vec![2.0]));
            file.fact("ecg/unit", Value::Words(vec!["uV".to_owned()]));
            let (leads, warnings) = shown(&file, None);
            assert_eq!(leads.first().unwrap().1, microvolts);
            assert_eq!(warnings.contains("gain of 2"), integers, "{warnings}");
        }
    }

    #[test]
    fn names_that_cannot_be_read_are_not_guessed() {
        let mut file = file(&[("ecg", 12)]);
        file.fact("leads", Value::Unread);
        let (leads, warnings) = shown(&file, None);
        assert_eq!(leads.first().unwrap().0, "row 1");
        assert!(warnings.contains("not read"), "{warnings}");
    }
}
