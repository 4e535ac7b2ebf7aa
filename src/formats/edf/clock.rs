//! When the data records of EDF+ and BDF+ were taken: the first time-stamped list of each record says so, in seconds
//! after the start that the header states.

use crate::ecg::{Lead, Warning, WarningCode};
use crate::formats::fields::number;
use crate::formats::pieces::{self, Piece};

/// When records were taken.
pub(super) struct Clock {
    /// Seconds from the header's start to the first record.
    pub begins_s: f64,
    record_s: f64,
    course: Course,
}

/// How records follow each other.
enum Course {
    /// Each at the end of the one before.
    Continuous,
    /// With gaps, which are shown.
    Gaps(Vec<Run>),
    /// With gaps that are too long to be shown.
    Joined(Vec<Run>),
    /// With gaps that nothing is known of.
    Unknown,
    /// By what they say, some before the one before them had ended.
    Overlapping,
}

/// Records without a gap between them.
struct Run {
    first: usize,
    records: usize,
    /// Seconds after the first record of the file.
    begins_s: f64,
}

impl Run {
    fn end_s(&self, record_s: f64) -> f64 {
        self.begins_s + self.records as f64 * record_s
    }
}

impl Clock {
    /// The clock of records that follow each other, the first so long after the header's start.
    pub(super) fn continuous(begins_s: f64, record_s: f64) -> Self {
        Self {
            begins_s,
            record_s,
            course: Course::Continuous,
        }
    }

    /// The clock of records of `samples` samples each (`fastest` in one signal) that may have gaps between them.
    pub(super) fn with_gaps(
        starts_s: &[Option<f64>],
        record_s: f64,
        samples: usize,
        fastest: usize,
    ) -> Self {
        let begins_s = starts_s.first().copied().flatten().unwrap_or(0.0);
        let tolerance_s = tolerance_s(record_s / fastest as f64);
        let course = match runs(starts_s, begins_s, record_s, tolerance_s) {
            Err(course) => course,
            Ok(runs) if runs.len() < 2 => Course::Continuous,
            Ok(runs) => {
                let whole_s = runs.last().map_or(0.0, |run| run.end_s(record_s));
                let values = whole_s / record_s * samples as f64;
                if pieces::bearable(values, (starts_s.len() * samples) as f64) {
                    Course::Gaps(runs)
                } else {
                    Course::Joined(runs)
                }
            }
        };
        Self {
            begins_s,
            record_s,
            course,
        }
    }

    /// Where in the recording a moment lies that is so many seconds after the header's start.
    pub(super) fn place(&self, at_s: f64) -> f64 {
        let at_s = at_s - self.begins_s;
        let Course::Joined(runs) = &self.course else {
            return at_s;
        };
        let later = runs.partition_point(|run| run.begins_s <= at_s);
        let run = later.checked_sub(1).and_then(|index| runs.get(index));
        run.map_or(at_s, |run| {
            let length_s = run.records as f64 * self.record_s;
            run.first as f64 * self.record_s + (at_s - run.begins_s).min(length_s)
        })
    }

    /// A lead of `per_record` samples in each record, with its gaps.
    pub(super) fn lay(&self, lead: Lead, per_record: usize) -> Lead {
        let Course::Gaps(runs) = &self.course else {
            return lead;
        };
        // Bounded when the runs were judged.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let index = |seconds: f64| (seconds * lead.sampling_rate_hz).round() as usize;
        let runs = runs.iter().map(|run| {
            let part = lead.part(run.first * per_record..(run.first + run.records) * per_record);
            Piece {
                at: index(run.begins_s),
                length: part.samples.len(),
                lead: part,
            }
        });
        let pieces: Vec<Piece> = runs.collect();
        let ends = pieces.iter().map(|piece| piece.at + piece.length);
        let length = ends.max().unwrap_or(0);
        Lead {
            samples: pieces::join(&lead.samples, &pieces, length),
            ..lead
        }
    }

    /// What is to be said of gaps.
    pub(super) fn warning(&self) -> Option<Warning> {
        let (code, message) = match &self.course {
            Course::Continuous => return None,
            Course::Gaps(runs) => {
                let times = match runs.len() {
                    2 => "once".to_owned(),
                    runs => format!("{} times", runs - 1),
                };
                let message = format!(
                    "The recording was interrupted {times}; what lies between is shown as missing."
                );
                (WarningCode::MissingSamples, message)
            }
            Course::Joined(_) => (
                WarningCode::Inconsistent,
                "The recording was interrupted, for much longer than it lasts; the gaps between its parts are not shown."
                    .to_owned(),
            ),
            Course::Unknown => (
                WarningCode::Inconsistent,
                "The recording may have been interrupted (EDF+D), but its records do not say when they were taken; \
                 gaps between them are not shown."
                    .to_owned(),
            ),
            Course::Overlapping => (
                WarningCode::Inconsistent,
                "The times at which the records say that they were taken overlap; they are shown one after the other."
                    .to_owned(),
            ),
        };
        Some(Warning::new(code, message))
    }
}

/// Records that follow each other within `tolerance_s`. An error is the course of those that can have no gaps: where one
/// does not say when it was taken, or was taken before the one before it ended.
fn runs(
    starts_s: &[Option<f64>],
    begins_s: f64,
    record_s: f64,
    tolerance_s: f64,
) -> Result<Vec<Run>, Course> {
    let mut runs: Vec<Run> = Vec::new();
    let mut due_s = f64::NEG_INFINITY;
    for (number, start_s) in starts_s.iter().enumerate() {
        let start_s = start_s.ok_or(Course::Unknown)? - begins_s;
        match runs.last_mut() {
            Some(_) if start_s < due_s - tolerance_s => return Err(Course::Overlapping),
            Some(run) if start_s <= due_s + tolerance_s => run.records += 1,
            _ => runs.push(Run {
                first: number,
                records: 1,
                begins_s: start_s,
            }),
        }
        due_s = start_s + record_s;
    }
    match record_s > 0.0 {
        true => Ok(runs),
        false => Err(Course::Unknown),
    }
}

/// The longest that may pass between records without a gap, where samples are so far apart: times are written with few
/// digits, so that a sample more or less is none.
pub(in crate::formats) fn tolerance_s(sample_s: f64) -> f64 {
    (1.5 * sample_s).max(1e-3)
}

/// When a record was taken, from its annotation track.
pub(super) fn start(track: &[u8]) -> Option<f64> {
    let stamp = track.split(|&byte| matches!(byte, 0x14 | 0x15)).next()?;
    let signed = matches!(stamp, [b'+' | b'-', ..]);
    signed.then_some(number(std::str::from_utf8(stamp).ok()?)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::ecg::{Counts, LeadName};
    use crate::formats::fields::voltage_lead;

    fn clock(starts_s: &[f64]) -> Clock {
        let starts_s: Vec<_> = starts_s.iter().copied().map(Some).collect();
        Clock::with_gaps(&starts_s, 1.0, 2, 2)
    }

    fn lead(records: i16) -> Lead {
        let counts = (0..2 * records).collect();
        voltage_lead(LeadName::II, 2.0, Counts::I16(counts), 1.0)
    }

    #[test]
    fn records_lie_where_they_were_taken() {
        let clock = clock(&[0.75, 1.75, 4.75]);
        let lead = clock.lay(lead(3), 2);
        assert_eq!(lead.samples.len(), 10);
        assert_eq!(lead.samples.get(3), Some(3.0));
        assert!(lead.samples.get(4).unwrap().is_nan());
        assert_eq!(lead.samples.get(8), Some(4.0));
        assert_eq!(clock.place(4.85 + 0.65), 4.75);
        assert!(clock.warning().unwrap().message.contains("once"));
    }

    #[test]
    fn records_that_follow_each_other_are_as_they_are() {
        let clock = clock(&[0.0, 1.0, 2.0004]);
        assert_eq!(clock.lay(lead(3), 2), lead(3));
        assert_eq!(clock.warning(), None);
    }

    #[test]
    fn gaps_beyond_all_measure_are_closed_and_moments_follow() {
        let clock = clock(&[0.0, 1e9, 1e9 + 1.0]);
        assert_eq!(clock.lay(lead(3), 2), lead(3));
        assert_eq!(clock.place(0.5), 0.5);
        assert_eq!(clock.place(500.0), 1.0);
        assert_eq!(clock.place(1e9 + 0.25), 1.25);
        assert!(clock.warning().is_some());
    }

    #[test]
    fn a_record_that_was_taken_before_the_last_one_ended_is_no_gap() {
        let clock = clock(&[0.0, 5.0, 2.0]);
        assert_eq!(clock.lay(lead(3), 2), lead(3));
        assert!(clock.warning().unwrap().message.contains("overlap"));
        let silent = Clock::with_gaps(&[Some(0.0), None], 1.0, 2, 2);
        let message = silent.warning().unwrap().message;
        assert!(message.contains("do not say"), "{message}");
    }

    #[test]
    fn the_first_stamp_of_a_record_is_its_start() {
        assert_eq!(start(b"+0.75\x14\x14\0+1\x14R\x14\0"), Some(0.75));
        assert_eq!(start(b"+2\x150.5\x14x\x14\0"), Some(2.0));
        assert_eq!(start(b"\0\0\0"), None);
        assert_eq!(start(b""), None);
    }
}
