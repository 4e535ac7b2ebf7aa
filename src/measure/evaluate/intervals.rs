//! Intervals of single beats against LUDB's annotators: within each lead, and over all leads.
//!
//! An annotator marks each lead by itself, so the earliest of twelve marks is early also by chance. Over all leads the
//! reference is therefore the median of the marks of one beat, where half of the leads have one.

use serde_json::{Map, Value, json};

use super::Spread;
use super::ludb::{BOUNDARIES, Marks};
use super::matched::WINDOW_S;
use crate::ecg::LeadName;
use crate::measure::beats::median;
use crate::measure::{Boundaries, Measurements};

/// Names, the boundaries between which each runs (indices into [`BOUNDARIES`]), and the mean and standard deviation in
/// milliseconds that IEC 60601-2-25 tolerates against the CSE referees.
const INTERVALS: [(&str, usize, usize, [f64; 2]); 4] = [
    ("p", 0, 2, [10.0, 15.0]),
    ("pq", 0, 3, [10.0, 10.0]),
    ("qrs", 3, 5, [10.0, 10.0]),
    ("qt", 3, 7, [25.0, 30.0]),
];
/// A beat has a reference over all leads when at least this many leads are marked.
const LEADS_FOR_A_MEDIAN: usize = 6;

/// Differences in milliseconds, ours less theirs.
#[derive(Debug, Clone, Default)]
pub(super) struct Intervals {
    lead: [Vec<f64>; INTERVALS.len()],
    global: [Vec<f64>; INTERVALS.len()],
    boundaries: [Vec<f64>; BOUNDARIES.len()],
    /// Mean difference of each record over all leads.
    records: [Vec<(String, f64)>; INTERVALS.len()],
}

/// For each boundary ours and theirs of one beat, in seconds.
type Pairs = [Option<(f64, f64)>; BOUNDARIES.len()];

impl Intervals {
    pub fn of(record: &str, measured: &Measurements, marks: &[(&LeadName, Marks)]) -> Self {
        let mut found = Self::default();
        for beat in &measured.beats {
            let mut theirs: [Vec<f64>; BOUNDARIES.len()] = Default::default();
            for (name, marks) in marks {
                let position = measured.leads.iter().position(|lead| lead.lead == **name);
                let Some(own) = position.and_then(|index| beat.lead_boundaries.get(index)) else {
                    continue;
                };
                let pairs = pairs(own, |index, ours| nearest(&marks.times[index], ours));
                add(&mut found.lead, &pairs);
                let near = |index: usize, ours: f64| nearest(&marks.times[index], ours);
                for (index, (_, pick)) in BOUNDARIES.iter().enumerate() {
                    theirs[index].extend(pick(&beat.boundaries).and_then(|ours| near(index, ours)));
                }
            }
            let pairs = pairs(&beat.boundaries, |index, _| {
                (theirs[index].len() >= LEADS_FOR_A_MEDIAN).then(|| median(&theirs[index]))
            });
            add(&mut found.global, &pairs);
            for (differences, pair) in found.boundaries.iter_mut().zip(pairs) {
                differences.extend(pair.map(|(ours, theirs)| (ours - theirs) * 1000.0));
            }
        }
        for (records, differences) in found.records.iter_mut().zip(&found.global) {
            let mean = Spread::of(differences).map(|spread| spread.mean);
            records.extend(mean.map(|mean| (record.to_owned(), mean)));
        }
        found
    }

    pub fn add(&mut self, other: &Self) {
        let own = self
            .lead
            .iter_mut()
            .chain(&mut self.global)
            .chain(&mut self.boundaries);
        let others = other
            .lead
            .iter()
            .chain(&other.global)
            .chain(&other.boundaries);
        for (own, other) in own.zip(others) {
            own.extend_from_slice(other);
        }
        for (own, other) in self.records.iter_mut().zip(&other.records) {
            own.extend_from_slice(other);
        }
    }

    pub fn lead_by_lead(&self) -> Value {
        table(INTERVALS.iter().map(|(name, ..)| *name).zip(&self.lead))
    }

    pub fn over_all_leads(&self) -> Value {
        // One value of each record, as IEC 60601-2-25 has it.
        let by_record: [Vec<f64>; INTERVALS.len()] =
            std::array::from_fn(|index| self.records[index].iter().map(|(_, own)| *own).collect());
        // Which lead's R peak stands for all is a matter of taste.
        let boundaries = BOUNDARIES
            .iter()
            .map(|(name, _)| *name)
            .zip(&self.boundaries);
        json!({
            "boundaries": table(boundaries.filter(|(_, found)| !found.is_empty())),
            "intervals": table(INTERVALS.iter().map(|(name, ..)| *name).zip(&self.global)),
            "intervals_by_record": table(INTERVALS.iter().map(|(name, ..)| *name).zip(&by_record)),
        })
    }

    /// Records in which an interval over all leads is further off than the tolerated mean and two standard deviations,
    /// the worst first.
    pub fn outliers(&self) -> Vec<Value> {
        let mut far: Vec<(f64, Value)> = Vec::new();
        for (&(interval, .., [mean, sd]), records) in INTERVALS.iter().zip(&self.records) {
            let beyond = records
                .iter()
                .filter(|(_, own)| own.abs() > mean + 2.0 * sd);
            far.extend(beyond.map(|(record, own)| {
                let entry = json!({ "record": record, "interval": interval, "mean_ms": own });
                (own.abs() / (mean + 2.0 * sd), entry)
            }));
        }
        far.sort_by(|a, b| b.0.total_cmp(&a.0));
        far.into_iter().map(|(_, entry)| entry).collect()
    }
}

fn pairs(ours: &Boundaries, theirs: impl Fn(usize, f64) -> Option<f64>) -> Pairs {
    let mut pairs = Pairs::default();
    for (index, (_, pick)) in BOUNDARIES.iter().enumerate() {
        pairs[index] = pick(ours).and_then(|ours| Some((ours, theirs(index, ours)?)));
    }
    pairs
}

fn add(differences: &mut [Vec<f64>; INTERVALS.len()], pairs: &Pairs) {
    for (differences, &(_, from, to, _)) in differences.iter_mut().zip(&INTERVALS) {
        if let (Some(from), Some(to)) = (pairs[from], pairs[to]) {
            differences.push(((to.0 - from.0) - (to.1 - from.1)) * 1000.0);
        }
    }
}

fn nearest(marks: &[f64], ours: f64) -> Option<f64> {
    let distance = |mark: &&f64| (**mark - ours).abs();
    let nearest = marks
        .iter()
        .min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
    (distance(&nearest) <= WINDOW_S).then_some(*nearest)
}

fn table<'a>(rows: impl Iterator<Item = (&'static str, &'a Vec<f64>)>) -> Value {
    let rows: Map<String, Value> = rows
        .map(|(name, differences)| {
            let spread = Spread::of(differences);
            let figures = json!({
                "mean_ms": spread.map(|spread| spread.mean),
                "sd_ms": spread.map(|spread| spread.sd),
                "n": differences.len(),
            });
            (name.to_owned(), figures)
        })
        .collect();
    Value::Object(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_needs_both_ends_and_is_ours_less_theirs() {
        let mut pairs = Pairs::default();
        pairs[3] = Some((1.000, 1.010));
        let mut found: [Vec<f64>; INTERVALS.len()] = Default::default();
        add(&mut found, &pairs);
        assert!(found.iter().all(Vec::is_empty));
        pairs[5] = Some((1.100, 1.100));
        add(&mut found, &pairs);
        assert!((found[2][0] - 10.0).abs() < 1e-9, "{found:?}");
        assert_eq!(nearest(&[1.0, 2.0], 1.9), Some(2.0));
        assert_eq!(nearest(&[1.0, 2.0], 1.5), None);
    }
}
