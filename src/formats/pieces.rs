//! Leads that were not recorded all at once (three at a time over a few seconds, a rhythm strip beside them, segments
//! with gaps between): pieces laid where they belong on one time axis, what lies between missing.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::ecg::{Counts, Lead, LeadName, Samples, Warning, WarningCode};

/// Values that a record may spread over whatever its files hold, since gaps and segments named again cost a
/// header only a line: four hours of three leads at 500 Hz, eight at 250 Hz.
pub(super) const UNBACKED_VALUES: u64 = 24_000_000;
/// How many times the values in its files it may spread over beyond that, and how many times the time that was
/// recorded a tracing may last from its first strip to its last.
pub(super) const SPREAD: u64 = 4;
/// As [`UNBACKED_VALUES`], where a gap costs even less than a line: twelve leads at 500 Hz for twenty minutes.
const UNBACKED_IN_STRIPS: f64 = 8e6;
/// Most strips left out that are told one by one.
const TOLD: usize = 3;

/// A stretch of a lead.
pub(super) struct Piece {
    /// Where its first sample lies in the whole lead.
    pub at: usize,
    /// Samples taken from it.
    pub length: usize,
    pub lead: Lead,
}

/// Lays pieces into a lead of `length` samples, later ones over earlier ones. `model` calibrates a lead without any.
pub(super) fn join(model: &Samples, pieces: &[Piece], length: usize) -> Samples {
    let calibration = pieces.first().map_or(model, |piece| &piece.lead.samples);
    let all = |fits: fn(&Samples) -> bool| {
        pieces.iter().all(|piece| {
            let samples = &piece.lead.samples;
            fits(samples) && same_calibration(samples, calibration)
        })
    };
    let (counts, missing) = if all(fits_16) {
        let joined = fill(pieces, length, i16::MIN, |samples, places| {
            if let Counts::I16(counts) = samples.counts() {
                for (place, &count) in places.iter_mut().zip(counts) {
                    *place = if samples.missing == Some(i32::from(count)) {
                        i16::MIN
                    } else {
                        count
                    };
                }
            }
        });
        (Counts::I16(joined), i32::from(i16::MIN))
    } else if all(fits_32) {
        let joined = fill(pieces, length, i32::MIN, |samples, places| {
            let marked = |count: i32| match samples.missing {
                Some(missing) if missing == count => i32::MIN,
                _ => count,
            };
            match samples.counts() {
                Counts::I16(counts) => places
                    .iter_mut()
                    .zip(counts)
                    .for_each(|(place, &count)| *place = marked(i32::from(count))),
                Counts::I32(counts) => places
                    .iter_mut()
                    .zip(counts)
                    .for_each(|(place, &count)| *place = marked(count)),
                Counts::F64(_) => {}
            }
        });
        (Counts::I32(joined), i32::MIN)
    } else {
        let joined = fill(pieces, length, f64::NAN, |samples, places| {
            for (place, value) in places.iter_mut().zip(samples.microvolts()) {
                *place = value;
            }
        });
        return Samples::from_microvolts(joined);
    };
    Samples::from_counts(
        counts,
        calibration.counts_per_unit,
        calibration.baseline,
        calibration.unit_scale,
        Some(missing),
    )
}

fn fill<T: Copy>(
    pieces: &[Piece],
    length: usize,
    gap: T,
    copy: impl Fn(&Samples, &mut [T]),
) -> Vec<T> {
    let mut joined = vec![gap; length];
    for piece in pieces {
        let end = piece.at.saturating_add(piece.length).min(length);
        if let Some(places) = joined.get_mut(piece.at..end) {
            copy(&piece.lead.samples, places);
        }
    }
    joined
}

/// Whether both turn counts into microvolts alike.
fn same_calibration(a: &Samples, b: &Samples) -> bool {
    a.counts_per_unit == b.counts_per_unit
        && a.baseline == b.baseline
        && a.unit_scale == b.unit_scale
}

/// Whether the least 16-bit count is free to mark what is missing.
fn fits_16(samples: &Samples) -> bool {
    let least = i16::MIN;
    matches!(samples.counts(), Counts::I16(counts)
        if samples.missing == Some(i32::from(least)) || !counts.contains(&least))
}

/// Whether the least 32-bit count is free to mark what is missing.
fn fits_32(samples: &Samples) -> bool {
    match samples.counts() {
        Counts::I16(_) => true,
        Counts::I32(counts) => samples.missing == Some(i32::MIN) || !counts.contains(&i32::MIN),
        Counts::F64(_) => false,
    }
}

/// Whether leads may be so many values long in all, where the file holds so many of them.
pub(super) fn bearable(values: f64, held: f64) -> bool {
    values <= UNBACKED_IN_STRIPS.max(SPREAD as f64 * held)
}

/// Leads that began together.
pub(super) struct Strip {
    /// When, in seconds on a clock that all strips of the file share; `None` where the file does not say.
    pub begins_s: Option<f64>,
    pub leads: Vec<Lead>,
}

impl Strip {
    fn duration_s(&self) -> f64 {
        self.leads.iter().map(Lead::duration_s).fold(0.0, f64::max)
    }
}

/// Strips as one recording.
pub(super) struct Laid {
    pub leads: Vec<Lead>,
    /// When its first sample was taken, on the clock of the strips.
    pub begins_s: f64,
    pub warnings: Vec<Warning>,
}

/// Lays strips where they were recorded. Where two pieces of a lead overlap the longer one is shown, of equal ones the
/// first. Strips that do not say when they began are shown together as long as each brings leads of its own.
pub(super) fn lay(strips: Vec<Strip>) -> Laid {
    let mut left_out = LeftOut::default();
    let untimed = strips
        .iter()
        .filter(|strip| strip.begins_s.is_none())
        .count();
    let kept = if untimed == strips.len() {
        with_leads_of_their_own(strips, &mut left_out)
    } else {
        if untimed > 0 {
            left_out.warnings.push(Warning::new(
                WarningCode::Inconsistent,
                "Part of the tracing does not say when it began; it is shown from the start.",
            ));
        }
        near(strips, &mut left_out)
    };
    let starts = || kept.iter().map(|(begins_s, _)| *begins_s);
    let begins_s = starts().reduce(f64::min).unwrap_or(0.0);
    let ends_s = kept
        .iter()
        .map(|(begins_s, strip)| begins_s + strip.duration_s())
        .fold(begins_s, f64::max);
    // Leads that all began at once stay as long as each is.
    let whole_s = starts()
        .any(|start_s| start_s > begins_s)
        .then_some(ends_s - begins_s);
    let leads = tracks(kept, begins_s)
        .into_iter()
        .filter_map(|track| lead(track, whole_s, &mut left_out))
        .collect();
    Laid {
        leads,
        begins_s,
        warnings: left_out.told(),
    }
}

/// Strips whose leads are not there yet, all from the start.
fn with_leads_of_their_own(strips: Vec<Strip>, left_out: &mut LeftOut) -> Vec<(f64, Strip)> {
    let mut known = HashSet::new();
    let mut kept = Vec::new();
    for strip in strips {
        if strip.leads.iter().any(|lead| known.contains(&lead.name)) {
            left_out.tracing(strip.duration_s(), "");
            continue;
        }
        known.extend(strip.leads.iter().map(|lead| lead.name.clone()));
        kept.push((0.0, strip));
    }
    kept
}

/// Strips that lie near enough to the earliest one to be shown on one time axis, in their order in the file.
fn near(strips: Vec<Strip>, left_out: &mut LeftOut) -> Vec<(f64, Strip)> {
    let mut strips: Vec<(usize, f64, Strip)> = (0..)
        .zip(strips)
        .map(|(number, strip)| (number, strip.begins_s.unwrap_or(0.0), strip))
        .collect();
    strips.sort_by(|a, b| a.1.total_cmp(&b.1));
    let first_s = strips.first().map_or(0.0, |(_, begins_s, _)| *begins_s);
    let (mut end_s, mut recorded_s, mut held, mut rates) = (first_s, 0.0, 0.0, 0.0);
    let mut known = HashSet::new();
    let mut kept = Vec::new();
    for (number, begins_s, strip) in strips {
        let duration_s = strip.duration_s();
        let end = end_s.max(begins_s + duration_s);
        let recorded = recorded_s + (end - end_s.max(begins_s));
        let own = strip.leads.iter().map(|lead| lead.samples.len() as f64);
        let values = held + own.sum::<f64>();
        let new = strip
            .leads
            .iter()
            .filter(|lead| !known.contains(&lead.name));
        let all_rates = rates + new.map(|lead| lead.sampling_rate_hz).sum::<f64>();
        let whole_s = end - first_s;
        let together = whole_s <= SPREAD as f64 * recorded;
        if !(kept.is_empty() || together && bearable(whole_s * all_rates, values)) {
            let when = format!(", which began {:.1} s after the first,", begins_s - first_s);
            left_out.tracing(duration_s, &when);
            continue;
        }
        known.extend(strip.leads.iter().map(|lead| lead.name.clone()));
        (end_s, recorded_s, held, rates) = (end, recorded, values, all_rates);
        kept.push((number, begins_s, strip));
    }
    kept.sort_by_key(|(number, ..)| *number);
    kept.into_iter()
        .map(|(_, begins_s, strip)| (begins_s, strip))
        .collect()
}

/// All pieces of one lead, each with the strip that it is of.
type Track = Vec<(Piece, StripId)>;

/// The number of a strip, how many leads it has and how long it is.
#[derive(Clone, Copy)]
struct StripId {
    number: usize,
    leads: usize,
    duration_s: f64,
}

/// The pieces of every lead; the n-th of a name in one strip belongs to the n-th of it in the others.
fn tracks(strips: Vec<(f64, Strip)>, first_s: f64) -> Vec<Track> {
    let mut places: HashMap<(LeadName, usize), usize> = HashMap::new();
    let mut tracks: Vec<Track> = Vec::new();
    for (number, (begins_s, strip)) in strips.into_iter().enumerate() {
        let id = StripId {
            number,
            leads: strip.leads.len(),
            duration_s: strip.duration_s(),
        };
        let mut seen: HashMap<LeadName, usize> = HashMap::new();
        for lead in strip.leads {
            let nth = seen.entry(lead.name.clone()).or_default();
            let place = *places
                .entry((lead.name.clone(), *nth))
                .or_insert(tracks.len());
            *nth += 1;
            let piece = Piece {
                at: samples_in(begins_s - first_s, lead.sampling_rate_hz),
                length: lead.samples.len(),
                lead,
            };
            match tracks.get_mut(place) {
                Some(track) => track.push((piece, id)),
                None => tracks.push(vec![(piece, id)]),
            }
        }
    }
    tracks
}

/// Samples in a time that is not negative and was found to be bearable.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn samples_in(seconds: f64, rate_hz: f64) -> usize {
    (seconds * rate_hz).round() as usize
}

/// The lead of a track over `whole_s` seconds, or (with `None`) as long as it is.
fn lead(mut track: Track, whole_s: Option<f64>, left_out: &mut LeftOut) -> Option<Lead> {
    track.sort_by_key(|(piece, _)| std::cmp::Reverse(piece.length));
    let (longest, _) = track.first()?;
    let model = longest.lead.part(0..0);
    let alike = |piece: &Piece| {
        piece.lead.sampling_rate_hz == model.sampling_rate_hz && piece.lead.unit == model.unit
    };
    let stated = whole_s.map_or(0, |whole_s| samples_in(whole_s, model.sampling_rate_hz));
    let ends = track.iter().filter(|(piece, _)| alike(piece));
    let length = ends
        .map(|(piece, _)| piece.at + piece.length)
        .fold(stated, usize::max);
    let mut shown = Vec::new();
    let mut cover = Cover::new(if track.len() > 1 { length } else { 0 });
    for (piece, strip) in track {
        if !alike(&piece) {
            left_out.piece(strip, &model.name);
            continue;
        }
        match cover.lay(&piece) {
            Visible::Mostly => shown.push(piece),
            Visible::UnderLonger => {}
            Visible::Hardly => left_out.piece(strip, &model.name),
        }
    }
    drop(cover);
    if let [only] = shown.as_slice()
        && only.at == 0
        && only.length == length
    {
        return shown.pop().map(|piece| piece.lead);
    }
    // Longer ones over shorter ones.
    shown.reverse();
    Some(Lead {
        samples: join(&model.samples, &shown, length),
        ..model
    })
}

/// How long the piece is that is shown at each sample; 0 where none is.
struct Cover(Vec<u32>);

/// How much of a piece can be seen beside those laid before it, none of which is shorter.
enum Visible {
    /// At least half of it.
    Mostly,
    /// None of it, since longer ones say all that it does.
    UnderLonger,
    /// Less than half of it.
    Hardly,
}

impl Cover {
    fn new(length: usize) -> Self {
        Self(vec![0; length])
    }

    fn lay(&mut self, piece: &Piece) -> Visible {
        let end = piece.at.saturating_add(piece.length).min(self.0.len());
        let places = self.0.get_mut(piece.at..end).unwrap_or_default();
        let own = u32::try_from(piece.length).unwrap_or(u32::MAX);
        let hidden = places.iter().filter(|&&other| other > 0).count();
        if hidden > 0 && places.iter().all(|&other| other > own) {
            return Visible::UnderLonger;
        }
        if 2 * hidden > piece.length {
            return Visible::Hardly;
        }
        places
            .iter_mut()
            .filter(|other| **other == 0)
            .for_each(|other| *other = own);
        Visible::Mostly
    }
}

/// What could not be shown.
#[derive(Default)]
struct LeftOut {
    warnings: Vec<Warning>,
    /// Whole tracings.
    tracings: Vec<String>,
    /// Pieces of leads by the strip they are of.
    pieces: BTreeMap<usize, (StripId, Vec<LeadName>)>,
}

impl LeftOut {
    fn tracing(&mut self, duration_s: f64, when: &str) {
        self.tracings.push(format!(
            "A second tracing of {duration_s:.1} s in this file{when} is not shown."
        ));
    }

    fn piece(&mut self, strip: StripId, name: &LeadName) {
        let (_, names) = self
            .pieces
            .entry(strip.number)
            .or_insert((strip, Vec::new()));
        names.push(name.clone());
    }

    fn told(mut self) -> Vec<Warning> {
        for (strip, names) in std::mem::take(&mut self.pieces).into_values() {
            if names.len() == strip.leads {
                self.tracing(strip.duration_s, "");
                continue;
            }
            let names: Vec<&str> = names.iter().map(LeadName::as_str).collect();
            self.tracings.push(format!(
                "A second piece of {} ({:.1} s) in this file is not shown.",
                names.join(", "),
                strip.duration_s
            ));
        }
        let more = self.tracings.len().saturating_sub(TOLD);
        self.tracings.truncate(TOLD);
        if more > 0 {
            self.tracings
                .push(format!("{more} more tracings in this file are not shown."));
        }
        let told = self.tracings.into_iter();
        self.warnings
            .extend(told.map(|message| Warning::new(WarningCode::LeftOut, message)));
        self.warnings
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::formats::fields::voltage_lead;

    fn piece(name: LeadName, values: &[i16]) -> Lead {
        voltage_lead(name, 10.0, Counts::I16(values.to_vec()), 1.0)
    }

    fn strip(begins_s: f64, leads: Vec<Lead>) -> Strip {
        Strip {
            begins_s: Some(begins_s),
            leads,
        }
    }

    fn values(laid: &Laid, name: &LeadName) -> Vec<Option<f64>> {
        let lead = laid.leads.iter().find(|lead| lead.name == *name).unwrap();
        let values = lead.samples.microvolts().into_iter();
        values
            .map(|value| value.is_finite().then_some(value))
            .collect()
    }

    #[test]
    fn leads_recorded_one_after_another_lie_one_after_another() {
        let laid = lay(vec![
            strip(5.2, vec![piece(LeadName::V1, &[3, 4])]),
            strip(5.0, vec![piece(LeadName::I, &[1, 2])]),
        ]);
        assert_eq!(laid.begins_s, 5.0);
        assert!(laid.warnings.is_empty());
        assert_eq!(
            values(&laid, &LeadName::I),
            [Some(1.0), Some(2.0), None, None]
        );
        assert_eq!(
            values(&laid, &LeadName::V1),
            [None, None, Some(3.0), Some(4.0)]
        );
        assert!(matches!(laid.leads[0].samples.counts(), Counts::I16(_)));
    }

    #[test]
    fn a_rhythm_strip_is_shown_whole_and_hides_no_other_lead() {
        for first in [true, false] {
            let mut strips = vec![
                strip(
                    0.0,
                    vec![piece(LeadName::I, &[1, 1]), piece(LeadName::II, &[2, 2])],
                ),
                strip(0.2, vec![piece(LeadName::V1, &[3, 3])]),
            ];
            let rhythm = strip(0.0, vec![piece(LeadName::II, &[5, 6, 7, 8])]);
            strips.insert(if first { 0 } else { 2 }, rhythm);
            let laid = lay(strips);
            assert!(laid.warnings.is_empty(), "{:?}", laid.warnings);
            let whole = [5.0, 6.0, 7.0, 8.0].map(Some);
            assert_eq!(values(&laid, &LeadName::II), whole);
            assert_eq!(
                values(&laid, &LeadName::I),
                [Some(1.0), Some(1.0), None, None]
            );
        }
    }

    #[test]
    fn pieces_of_a_lead_are_joined_and_a_slight_overlap_is_the_longer_ones() {
        let laid = lay(vec![
            strip(0.0, vec![piece(LeadName::I, &[1, 1, 1])]),
            strip(0.2, vec![piece(LeadName::I, &[2, 2, 2, 2])]),
        ]);
        assert!(laid.warnings.is_empty());
        let joined = [1.0, 1.0, 2.0, 2.0, 2.0, 2.0].map(Some);
        assert_eq!(values(&laid, &LeadName::I), joined);
    }

    #[test]
    fn of_two_tracings_at_one_time_the_first_is_shown() {
        for begins_s in [Some(0.0), None] {
            let laid = lay([1, 2]
                .map(|value| Strip {
                    begins_s,
                    leads: vec![piece(LeadName::I, &[value; 3])],
                })
                .into());
            assert_eq!(values(&laid, &LeadName::I), [Some(1.0); 3]);
            assert_eq!(laid.warnings.len(), 1);
        }
    }

    #[test]
    fn what_began_much_later_is_named_and_left_out() {
        let laid = lay(vec![
            strip(0.0, vec![piece(LeadName::I, &[1; 10])]),
            strip(3600.0, vec![piece(LeadName::I, &[2; 10])]),
            strip(1e300, vec![piece(LeadName::I, &[2; 10])]),
        ]);
        assert_eq!(values(&laid, &LeadName::I), [Some(1.0); 10]);
        assert!(laid.warnings[0].message.contains("began 3600.0 s after"));
    }

    #[test]
    fn a_count_that_marks_nothing_stays_a_count() {
        let least = piece(LeadName::I, &[i16::MIN, 5]);
        let pieces = [Piece {
            at: 1,
            length: 2,
            lead: least,
        }];
        let samples = join(&pieces[0].lead.samples, &pieces, 4);
        assert_eq!(samples.get(1), Some(-32768.0));
        assert!(samples.get(0).unwrap().is_nan() && samples.get(3).unwrap().is_nan());
    }

    #[test]
    fn two_channels_of_one_name_stay_two() {
        let name = LeadName::Other("Ch".into());
        let two = vec![piece(name.clone(), &[1, 2]), piece(name, &[3, 4])];
        assert_eq!(lay(vec![strip(0.0, two)]).leads.len(), 2);
    }
}
