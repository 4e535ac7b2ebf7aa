//! What was measured, with the wave boundaries as a reader set them: the intervals follow.

use super::{Fiducial, seconds};
use crate::ecg::WaveBoundary;
use crate::measure::beats::median;
use crate::measure::criteria::qualify;
use crate::measure::{Beat, ByHand, HandPoint, Measurements, Value, qtc};

/// The intervals that are read between two boundaries, by their names.
const INTERVALS: [(&str, WaveBoundary, WaveBoundary); 4] = [
    ("p_duration", WaveBoundary::POn, WaveBoundary::POff),
    ("pr", WaveBoundary::POn, WaveBoundary::QrsOn),
    ("qrs", WaveBoundary::QrsOn, WaveBoundary::QrsOff),
    ("qt", WaveBoundary::QrsOn, WaveBoundary::TOff),
];

/// The beat that a boundary at a time belongs to: a P wave goes before its QRS complex, a T wave follows it.
pub fn beat_of(beats: &[Beat], boundary: WaveBoundary, at_s: f64) -> Option<usize> {
    let after = beats.partition_point(|beat| beat.time_s < at_s);
    let before = after.checked_sub(1);
    let exists = |index: usize| (index < beats.len()).then_some(index);
    match boundary {
        WaveBoundary::POn | WaveBoundary::PPeak | WaveBoundary::POff => exists(after).or(before),
        WaveBoundary::TOn | WaveBoundary::TPeak | WaveBoundary::TOff => before.or(exists(after)),
        WaveBoundary::QrsOn | WaveBoundary::RPeak | WaveBoundary::QrsOff => {
            let away = |index: &usize| {
                beats
                    .get(*index)
                    .map_or(f64::MAX, |b| (b.time_s - at_s).abs())
            };
            let near = before.into_iter().chain(exists(after));
            near.min_by(|a, b| away(a).total_cmp(&away(b)))
        }
    }
}

/// The measurements as they stand once a reader has set boundaries; `None` where none was set.
///
/// An interval of the dominant beats is read from what the reader set there: between the medians of the boundaries,
/// each from the beat it belongs to; a boundary that nobody touched is the measured one. It is absent where the reader took
/// a boundary away on most of the dominant beats that were touched.
pub fn revised<'a>(
    measured: &Measurements,
    points: impl IntoIterator<Item = &'a Fiducial>,
    reader: &str,
) -> Option<Measurements> {
    let mut set: Vec<(usize, HandPoint)> = Vec::new();
    for point in points {
        let Some(at) = point.at_us.or(point.was_us).map(seconds) else {
            continue;
        };
        let hand = HandPoint {
            boundary: point.boundary,
            lead: point.lead.clone(),
            at_s: point.at_us.map(seconds),
        };
        // A tracing without beats has boundaries all the same, if somebody sees them.
        let beat = beat_of(&measured.beats, point.boundary, at).unwrap_or(usize::MAX);
        set.push((beat, hand));
    }
    if set.is_empty() {
        return None;
    }
    // What holds for one lead has the last word there.
    set.sort_by_key(|(beat, point)| (*beat, point.boundary, point.lead.is_some()));
    let mut all = measured.clone();
    for (beat, point) in &set {
        let Some(beat) = all.beats.get_mut(*beat) else {
            continue;
        };
        let own = point.lead.as_ref().map(|lead| {
            let mut leads = measured.leads.iter();
            leads.position(|other| other.lead == *lead)
        });
        match own {
            None => {
                beat.boundaries.set(point.boundary, point.at_s);
                for lead in &mut beat.lead_boundaries {
                    lead.set(point.boundary, point.at_s);
                }
            }
            Some(lead) => {
                if let Some(lead) = lead.and_then(|lead| beat.lead_boundaries.get_mut(lead)) {
                    lead.set(point.boundary, point.at_s);
                }
            }
        }
    }
    let numbers = intervals(&mut all, measured, &set);
    qualify(&mut all);
    all.by_hand = Some(ByHand {
        reader: reader.to_owned(),
        points: set.into_iter().map(|(_, point)| point).collect(),
        numbers,
    });
    Some(all)
}

/// Puts the intervals that follow from the reader's boundaries in the place of the measured ones.
fn intervals(
    all: &mut Measurements,
    measured: &Measurements,
    set: &[(usize, HandPoint)],
) -> Vec<(String, Option<f64>)> {
    let mut numbers = Vec::new();
    let dominant = |index: usize| measured.beats.get(index).filter(|beat| beat.class == 0);
    // Over all leads, from the beat's own time.
    let touched = |boundary| {
        let own = set
            .iter()
            .filter(move |(_, point)| point.lead.is_none() && point.boundary == boundary);
        own.filter_map(|(index, point)| {
            let beat = dominant(*index)?;
            Some((*index, point.at_s.map(|at_s| at_s - beat.time_s)))
        })
        .collect::<Vec<_>>()
    };
    let Some(shape) = measured.classes.first() else {
        return numbers;
    };
    let stands = |boundary| -> Option<f64> {
        let touched = touched(boundary);
        if touched.is_empty() {
            return shape.boundaries.get(boundary);
        }
        let placed: Vec<f64> = touched.iter().filter_map(|(_, at)| *at).collect();
        let most = !placed.is_empty() && placed.len() * 2 >= touched.len();
        most.then(|| median(&placed))
    };
    for boundary in WaveBoundary::ALL {
        if let Some(shape) = all.classes.first_mut() {
            shape.boundaries.set(boundary, stands(boundary));
        }
    }
    for (name, from, to) in INTERVALS {
        let (first, second) = (touched(from), touched(to));
        let Some((index, _)) = first.iter().chain(&second).next() else {
            continue;
        };
        let value = match name {
            "p_duration" => &mut all.p_duration,
            "pr" => &mut all.pr,
            "qrs" => &mut all.qrs,
            _ => &mut all.qt,
        };
        numbers.push((name.to_owned(), value.as_ref().map(|value| value.value)));
        let touched = first.iter().chain(&second).map(|(index, _)| *index);
        let beats = touched.collect::<std::collections::BTreeSet<_>>().len();
        let at_s = dominant(*index).map_or(0.0, |beat| beat.time_s);
        let between = stands(from).zip(stands(to)).filter(|(a, b)| b > a);
        *value = between.map(|(a, b)| Value {
            value: ((b - a) * 1000.0).round(),
            unit: "ms".into(),
            leads: measured.lead_names(),
            beats,
            from_s: at_s + a,
            to_s: at_s + b,
        });
    }
    if numbers.iter().any(|(name, _)| name == "qt") {
        let rr_s = all.heart_rate.as_ref().map(|rate| 60.0 / rate.value);
        let qt = all.qt.clone().zip(rr_s);
        let corrected = |formula: fn(f64, f64) -> f64| {
            qt.as_ref().map(|(qt, rr_s)| Value {
                value: formula(qt.value, *rr_s).round(),
                ..qt.clone()
            })
        };
        for (name, value, formula) in [
            (
                "qtc_bazett",
                &mut all.qtc.bazett,
                qtc::bazett as fn(f64, f64) -> f64,
            ),
            ("qtc_fridericia", &mut all.qtc.fridericia, qtc::fridericia),
            ("qtc_framingham", &mut all.qtc.framingham, qtc::framingham),
            ("qtc_hodges", &mut all.qtc.hodges, qtc::hodges),
        ] {
            numbers.push((name.to_owned(), value.as_ref().map(|value| value.value)));
            *value = corrected(formula);
        }
    }
    numbers
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ecg::LeadName;
    use crate::measure::measure;
    use crate::review::micros;
    use crate::simulate::{Settings, condition, simulate};

    fn sinus() -> Measurements {
        let sinus = condition("sinus_rhythm").unwrap();
        measure(&simulate(sinus, 7, &Settings::default()).recording)
    }

    fn moved(measured: &Measurements, beat: usize, boundary: WaveBoundary, by_s: f64) -> Fiducial {
        let was_s = measured.beats[beat].boundaries.get(boundary).unwrap();
        Fiducial {
            boundary,
            lead: None,
            was_us: micros(was_s),
            at_us: micros(was_s + by_s),
        }
    }

    #[test]
    fn an_interval_follows_the_boundary_that_was_moved_and_says_what_was_measured() {
        let measured = sinus();
        assert_eq!(revised(&measured, [], "Ada"), None);
        let later = moved(&measured, 3, WaveBoundary::TOff, 0.040);
        let all = revised(&measured, [&later], "Ada").unwrap();
        let value = |value: &Option<Value>| value.as_ref().unwrap().value;
        assert!((value(&all.qt) - value(&measured.qt) - 40.0).abs() <= 1.0);
        let rr_s = 60.0 / value(&all.heart_rate);
        let expected = qtc::fridericia(value(&all.qt), rr_s).round();
        assert_eq!(value(&all.qtc.fridericia), expected);
        assert_eq!(
            all.set_by_hand("qt"),
            Some(("Ada", Some(value(&measured.qt))))
        );
        assert_eq!((&all.qrs, &all.pr), (&measured.qrs, &measured.pr));
        assert_eq!(all.set_by_hand("qrs"), None);
        let place = all.beats[3].boundaries.t_off.unwrap();
        assert!((place - seconds(later.at_us.unwrap())).abs() < 1e-9);
        assert_eq!(all.beats[2], measured.beats[2], "the others stay");
    }

    #[test]
    fn taken_from_most_dominant_beats_that_were_touched_the_interval_is_absent() {
        let measured = sinus();
        let gone = |beat| Fiducial {
            at_us: None,
            ..moved(&measured, beat, WaveBoundary::POn, 0.0)
        };
        let all = revised(&measured, [&gone(2)], "Ada").unwrap();
        assert_eq!((&all.pr, &all.p_duration), (&None, &None));
        assert_eq!(all.beats[2].boundaries.p_on, None);
        let kept = moved(&measured, 4, WaveBoundary::POn, 0.010);
        let all = revised(
            &measured,
            [
                &gone(2),
                &kept,
                &moved(&measured, 5, WaveBoundary::POn, 0.010),
            ],
            "Ada",
        );
        let pr = all.unwrap().pr.unwrap().value;
        assert!(
            (pr - measured.pr.as_ref().unwrap().value + 10.0).abs() <= 1.0,
            "{pr}"
        );
    }

    #[test]
    fn a_boundary_in_one_lead_changes_that_lead_and_no_interval_over_all() {
        let measured = sinus();
        let one = Fiducial {
            lead: Some(LeadName::V2),
            ..moved(&measured, 3, WaveBoundary::QrsOff, 0.030)
        };
        let all = revised(&measured, [&one], "Ada").unwrap();
        assert_eq!(all.qrs, measured.qrs);
        let lead = measured.leads.iter().position(|l| l.lead == LeadName::V2);
        let at = all.beats[3].lead_boundaries[lead.unwrap()].qrs_off.unwrap();
        assert!((at - seconds(one.at_us.unwrap())).abs() < 1e-9);
        assert_eq!(
            all.beats[3].boundaries.qrs_off,
            measured.beats[3].boundaries.qrs_off
        );
    }

    #[test]
    fn every_measured_boundary_belongs_to_its_own_beat() {
        let measured = sinus();
        for (index, beat) in measured.beats.iter().enumerate() {
            for boundary in WaveBoundary::ALL {
                if let Some(at_s) = beat.boundaries.get(boundary) {
                    assert_eq!(
                        beat_of(&measured.beats, boundary, at_s),
                        Some(index),
                        "{boundary:?}"
                    );
                }
            }
        }
    }
}
