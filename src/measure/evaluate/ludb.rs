//! Against the cardiologists of LUDB (Kalyakulina et al. 2020, IEEE Access 8:186181), who marked every wave in every
//! lead.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::intervals::Intervals;
use super::matched::Matched;
use super::{Error, Spread};
use crate::ecg::{LeadName, Recording, STANDARD_12};
use crate::formats::{self, wfdb::annotation};
use crate::measure::{Boundaries, Measurements, measure};

/// A beat counts as annotated when at least this many leads have it.
const LEADS_FOR_A_BEAT: usize = 6;

pub(super) type Pick = fn(&Boundaries) -> Option<f64>;

pub(super) const BOUNDARIES: [(&str, Pick); 8] = [
    ("p_on", |b| b.p_on),
    ("p_peak", |b| b.p_peak),
    ("p_off", |b| b.p_off),
    ("qrs_on", |b| b.qrs_on),
    ("r_peak", |b| b.r_peak),
    ("qrs_off", |b| b.qrs_off),
    ("t_peak", |b| b.t_peak),
    ("t_off", |b| b.t_off),
];

/// Agreement with LUDB's annotators.
#[derive(Debug, Clone, Default)]
pub struct Ludb {
    /// Records judged.
    pub records: usize,
    qrs: Matched,
    boundaries: [Matched; BOUNDARIES.len()],
    intervals: Intervals,
}

/// Measures every record of a folder that holds LUDB (or its `data` folder) and compares.
///
/// # Errors
/// When the folder holds no record or one cannot be read.
pub fn ludb(dir: &Path) -> Result<Ludb, Error> {
    let records = records(dir)?;
    let results: Vec<Ludb> = records
        .par_iter()
        .map(|header| judge(header))
        .collect::<Result<_, Error>>()?;
    let mut total = Ludb::default();
    for result in &results {
        total.records += result.records;
        total.qrs.add(&result.qrs);
        total.intervals.add(&result.intervals);
        for (sum, own) in total.boundaries.iter_mut().zip(&result.boundaries) {
            sum.add(own);
        }
    }
    Ok(total)
}

fn records(dir: &Path) -> Result<Vec<PathBuf>, Error> {
    for folder in [dir.to_path_buf(), dir.join("data")] {
        let mut headers: Vec<PathBuf> = std::fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "hea"))
            .collect();
        if !headers.is_empty() {
            headers.sort();
            return Ok(headers);
        }
    }
    Err(Error::Layout {
        path: dir.to_path_buf(),
        expected: "LUDB records (.hea)",
    })
}

fn judge(header: &Path) -> Result<Ludb, Error> {
    let recording = formats::open(header)?;
    let measured = measure(&recording);
    let mut judged = Ludb {
        records: 1,
        ..Ludb::default()
    };
    let mut beats: Vec<f64> = Vec::new();
    let mut all_marks: Vec<(&LeadName, Marks)> = Vec::new();
    for name in &STANDARD_12 {
        let marks = Marks::read(header, name, &recording)?;
        let Some((from, to)) = marks.span else {
            continue;
        };
        beats.extend(&marks.times[4]);
        for (index, (_, pick)) in BOUNDARIES.iter().enumerate() {
            let ours = lead_times(&measured, name, *pick);
            judged.boundaries[index].pair(&marks.times[index], &ours, (from, to));
        }
        all_marks.push((name, marks));
    }
    let reference = agreed(beats);
    if let (Some(first), Some(last)) = (reference.first(), reference.last()) {
        let ours: Vec<f64> = measured.beats.iter().map(|beat| beat.time_s).collect();
        judged.qrs.pair(&reference, &ours, (*first, *last));
    }
    let record = header.file_stem().unwrap_or_default().to_string_lossy();
    judged.intervals = Intervals::of(&record, &measured, &all_marks);
    Ok(judged)
}

fn lead_times(measured: &Measurements, name: &LeadName, pick: Pick) -> Vec<f64> {
    let Some(index) = measured.leads.iter().position(|lead| lead.lead == *name) else {
        return Vec::new();
    };
    measured
        .beats
        .iter()
        .filter_map(|beat| beat.lead_boundaries.get(index).and_then(pick))
        .collect()
}

/// Beats that enough leads agree on: marks of one beat lie within 100 ms of their neighbour.
fn agreed(mut marks: Vec<f64>) -> Vec<f64> {
    marks.sort_by(f64::total_cmp);
    marks
        .chunk_by(|a, b| b - a <= 0.1)
        .filter(|group| group.len() >= LEADS_FOR_A_BEAT)
        .filter_map(|group| group.get(group.len() / 2).copied())
        .collect()
}

/// The annotators' marks of one lead, in seconds, in the order of [`BOUNDARIES`].
pub(super) struct Marks {
    pub times: [Vec<f64>; BOUNDARIES.len()],
    /// First and last mark of any kind.
    span: Option<(f64, f64)>,
}

impl Marks {
    /// Codes of the MIT annotation format: 24 is P, 1 is N (QRS), 27 is T, 39 and 40 are ( and ).
    fn read(header: &Path, name: &LeadName, recording: &Recording) -> Result<Self, Error> {
        let mut marks = Self {
            times: Default::default(),
            span: None,
        };
        let path = header.with_extension(name.as_str().to_lowercase());
        if !path.exists() {
            return Ok(marks);
        }
        let stored = annotation::read(&path)?.annotations;
        let seconds = |sample: i64| sample as f64 / recording.sampling_rate_hz;
        for (index, mark) in stored.iter().enumerate() {
            let time = seconds(mark.sample);
            let (from, to) = marks.span.unwrap_or((time, time));
            marks.span = Some((from.min(time), to.max(time)));
            let (on, peak, off) = match mark.code {
                24 => (Some(0), 1, 2),
                1 => (Some(3), 4, 5),
                27 => (None, 6, 7),
                _ => continue,
            };
            marks.times[peak].push(time);
            let before = index
                .checked_sub(1)
                .and_then(|i| stored.get(i))
                .filter(|m| m.code == 39);
            if let (Some(on), Some(before)) = (on, before) {
                marks.times[on].push(seconds(before.sample));
            }
            if let Some(after) = stored.get(index + 1).filter(|m| m.code == 40) {
                marks.times[off].push(seconds(after.sample));
            }
        }
        Ok(marks)
    }
}

impl Ludb {
    /// Sensitivity and positive predictive value of QRS detection, 0 to 1.
    pub fn qrs(&self) -> (Option<f64>, Option<f64>) {
        (self.qrs.sensitivity(), self.qrs.ppv())
    }

    /// Mean and standard deviation in milliseconds for a boundary such as `qrs_on`.
    pub fn boundary(&self, name: &str) -> Option<Spread> {
        let index = BOUNDARIES.iter().position(|(own, _)| *own == name)?;
        Spread::of(&self.boundaries.get(index)?.differences)
    }
}

impl Serialize for Ludb {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let boundaries: Map<String, Value> = BOUNDARIES
            .iter()
            .zip(&self.boundaries)
            .map(|((name, _), matched)| ((*name).to_owned(), matched.figures()))
            .collect();
        json!({
            "records": self.records,
            "qrs": {
                "sensitivity": self.qrs.sensitivity(),
                "ppv": self.qrs.ppv(),
                "beats": self.qrs.differences.len() + self.qrs.missed,
            },
            "boundaries": boundaries,
            "intervals": self.intervals.lead_by_lead(),
            "global": self.intervals.over_all_leads(),
            "outliers": self.intervals.outliers(),
        })
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beat_needs_half_of_the_leads() {
        let mut marks = vec![1.0; 12];
        marks.extend([2.0, 2.01]);
        marks.extend((0..6).map(|lead| 3.0 + 0.01 * f64::from(lead)));
        assert_eq!(agreed(marks), [1.0, 3.03]);
    }
}
