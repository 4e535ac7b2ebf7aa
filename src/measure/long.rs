//! Long recordings, block by block: a day in the memory of a few minutes.
//!
//! Each block is measured as a short tracing is, with a margin on both sides so that no filter or rhythm begins at its
//! edge. Beats are then listed through, and shapes of different blocks that are alike become one. Intervals, axes and
//! amplitudes belong to a rate, so they are those of one block: of those with the dominant shape the one whose rate is
//! nearest to the median of all.

use rayon::prelude::*;

use super::beats::median;
use super::classes::{AlignedBeat, SAME_SHAPE, correlation};
use super::numbers::measure_whole;
use super::prepare::{RATE_HZ, is_whole, joined, samples};
use super::rates::rates;
use super::types::{Beat, BeatShape, Boundaries, Measurements, Value};
use crate::ecg::{LeadName, Recording};

/// Longer recordings are measured in blocks, in seconds: with their margins as long as what is looked through for noise.
pub(super) const LONGEST_WHOLE_S: f64 = 900.0;
pub(super) const BLOCK_S: f64 = 280.0;
/// What is looked at on either side of a block and belongs to its neighbour.
const MARGIN_S: f64 = 10.0;
/// A beat on the edge may be placed a little differently by both sides: it is listed by the first, once.
const OVERLAP_S: f64 = 0.1;
/// The part of a representative beat in which shapes are compared, and how far they may be apart, in samples.
const BEFORE: i64 = samples(70) as i64;
const AFTER: i64 = samples(110) as i64;
const LARGEST_SHIFT: i64 = samples(60) as i64;

/// One block as it was measured, on the time axis of the block.
struct Block {
    /// Where its time axis begins, in seconds of the recording.
    origin_s: f64,
    measured: Measurements,
}

/// A shape found in one or more blocks.
struct Shape {
    /// As in the block with most of its beats.
    best: BeatShape,
    leads: Vec<LeadName>,
    beats: usize,
}

/// Measures a recording in blocks of `block_s` seconds.
pub(super) fn measure_in_blocks(recording: &Recording, block_s: f64) -> Measurements {
    let duration_s = recording.duration_s();
    let count = (duration_s / block_s).ceil().max(1.0) as usize;
    let blocks: Vec<Block> = (0..count)
        .into_par_iter()
        .map(|index| measure_block(recording, index as f64 * block_s, block_s))
        .collect();
    join(recording, blocks)
}

fn measure_block(recording: &Recording, from_s: f64, block_s: f64) -> Block {
    let origin_s = (from_s - MARGIN_S).max(0.0);
    let mut part = Recording::new(
        recording.name.clone(),
        recording.format,
        recording.sampling_rate_hz,
    );
    part.patient = recording.patient.clone();
    part.leads = recording
        .leads
        .iter()
        .map(|lead| {
            let index = |time_s: f64| (time_s * lead.sampling_rate_hz).round() as usize;
            lead.part(index(origin_s)..index(from_s + block_s + MARGIN_S))
        })
        .collect();
    let mut measured = measure_whole(&part);
    let own = from_s - origin_s..from_s - origin_s + block_s + OVERLAP_S;
    measured.beats.retain(|beat| own.contains(&beat.time_s));
    let own = from_s - origin_s..from_s - origin_s + block_s;
    measured.pacing_spikes_s.retain(|spike| own.contains(spike));
    if measured.classes.is_empty() {
        // Where nothing could be measured there is no telling what the heart did.
        measured.gaps_s = vec![(own.start, own.end)];
    }
    Block { origin_s, measured }
}

fn join(recording: &Recording, mut blocks: Vec<Block>) -> Measurements {
    let mut shapes: Vec<Shape> = Vec::new();
    let mut beats: Vec<Beat> = Vec::new();
    let leads: Vec<LeadName> = recording
        .leads
        .iter()
        .map(|lead| lead.name.clone())
        .filter(|name| {
            blocks
                .iter()
                .any(|block| position(&block.measured, name).is_some())
        })
        .collect();
    // For each block the shape that its dominant one is.
    let mut dominants: Vec<Option<usize>> = Vec::new();
    for block in &mut blocks {
        let found: Vec<(usize, f64)> = (0..block.measured.classes.len())
            .map(|class| place_in(&mut shapes, &block.measured, class))
            .collect();
        dominants.push(found.first().map(|(shape, _)| *shape));
        let order: Vec<Option<usize>> = leads
            .iter()
            .map(|name| position(&block.measured, name))
            .collect();
        let before = beats.last().map(|last| last.time_s);
        for mut beat in std::mem::take(&mut block.measured.beats) {
            let Some(&(shape, shift_s)) = found.get(beat.class) else {
                continue;
            };
            beat.class = shape;
            beat.time_s += block.origin_s + shift_s;
            beat.boundaries = beat.boundaries.shifted(block.origin_s);
            beat.lead_boundaries = order
                .iter()
                .map(|own| own.and_then(|own| beat.lead_boundaries.get(own)))
                .map(|own| own.map_or_else(Boundaries::default, |own| own.shifted(block.origin_s)))
                .collect();
            if before.is_none_or(|before| beat.time_s - before > OVERLAP_S) {
                beats.push(beat);
            }
        }
    }
    let duration_s = recording.duration_s();
    let all = |of: fn(&Measurements) -> &Vec<(f64, f64)>| {
        let stretches = blocks.iter().flat_map(|block| {
            let own = of(&block.measured).iter();
            own.map(|(from, to)| (from + block.origin_s, (to + block.origin_s).min(duration_s)))
        });
        joined(stretches.collect())
    };
    let gaps_s = all(|block| &block.gaps_s);
    let noisy_s = all(|block| &block.noisy_s);
    beats.retain(|beat| is_whole(&gaps_s, beat.time_s, beat.time_s + OVERLAP_S));
    for index in (1..beats.len()).rev() {
        let (before, own) = (beats[index - 1].time_s, beats[index].time_s);
        let whole = is_whole(&gaps_s, before, own);
        // In whole samples, or an interval would be a little longer or shorter than an equal one.
        let samples = ((own - before) * RATE_HZ).round();
        beats[index].rr_ms = whole.then_some(samples * 1000.0 / RATE_HZ);
    }
    for beat in &beats {
        shapes[beat.class].beats += 1;
    }
    let order = by_size(&shapes);
    for beat in &mut beats {
        beat.class = order
            .iter()
            .position(|&shape| shape == beat.class)
            .unwrap_or(0);
    }
    let Some(reference) = reference(&blocks, &dominants, order.first().copied()) else {
        return blocks
            .into_iter()
            .next()
            .map(|block| block.measured)
            .unwrap_or_default();
    };
    let spikes_s: Vec<f64> = blocks
        .iter()
        .flat_map(|block| {
            let own = block.measured.pacing_spikes_s.iter();
            own.map(|spike| spike + block.origin_s)
        })
        .collect();
    let mut notes: Vec<String> = Vec::new();
    for note in blocks.iter().flat_map(|block| &block.measured.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    let Block {
        origin_s,
        mut measured,
    } = blocks.swap_remove(reference);
    let minutes = |s: f64| (s / 60.0).round();
    notes.push(format!(
        "Intervals, axes and amplitudes are those from minute {} on, whose rate is the typical one of the recording",
        minutes(origin_s + MARGIN_S)
    ));
    for value in values(&mut measured) {
        value.from_s += origin_s;
        value.to_s += origin_s;
    }
    measured.notes = notes;
    measured.pacing_spikes_s = spikes_s;
    measured.gaps_s = gaps_s;
    measured.noisy_s = noisy_s;
    measured.leads = leads
        .iter()
        .filter_map(|name| {
            measured
                .leads
                .iter()
                .find(|lead| lead.lead == *name)
                .cloned()
        })
        .collect();
    let aligned: Vec<AlignedBeat> = beats
        .iter()
        .map(|beat| AlignedBeat {
            at: (beat.time_s * RATE_HZ).round() as usize,
            class: beat.class,
            likeness: 1.0,
        })
        .collect();
    rates(&mut measured, &aligned, &leads);
    measured.beats = beats;
    measured.classes = order
        .iter()
        .filter_map(|&shape| shapes.get(shape))
        .map(|shape| BeatShape {
            beats: shape.beats,
            ..shape.best.clone()
        })
        .collect();
    measured
}

fn position(measured: &Measurements, name: &LeadName) -> Option<usize> {
    measured.leads.iter().position(|lead| lead.lead == *name)
}

/// The shape that a block's class is, new if it is like none, and how far its beats are to be moved to be aligned with
/// those of other blocks, in seconds.
fn place_in(shapes: &mut Vec<Shape>, measured: &Measurements, class: usize) -> (usize, f64) {
    let Some(own) = measured.classes.get(class) else {
        return (0, 0.0);
    };
    let leads = measured.lead_names();
    let best = shapes
        .iter()
        .enumerate()
        .filter_map(|(index, shape)| {
            likeness(shape, own, &leads).map(|(shift, like)| (index, shift, like))
        })
        .max_by(|a, b| a.2.total_cmp(&b.2))
        .filter(|(.., like)| *like >= SAME_SHAPE);
    match best {
        Some((index, shift, _)) => {
            if own.beats > shapes[index].best.beats {
                // Aligned as the first one was, or beats of earlier blocks would be moved.
                if shift == 0 {
                    shapes[index].best = own.clone();
                    shapes[index].leads = leads;
                }
            }
            (index, shift as f64 / RATE_HZ)
        }
        None => {
            shapes.push(Shape {
                best: own.clone(),
                leads,
                beats: 0,
            });
            (shapes.len() - 1, 0.0)
        }
    }
}

/// How like two shapes are over the leads that both have, and at which shift of `own` in samples.
fn likeness(shape: &Shape, own: &BeatShape, leads: &[LeadName]) -> Option<(i64, f64)> {
    let cut = |shape: &BeatShape, lead: usize, shift: i64| -> Option<Vec<f64>> {
        let centre = (-shape.begins_s * RATE_HZ).round() as i64 + shift;
        let from = usize::try_from(centre - BEFORE).ok()?;
        let part = shape
            .curves
            .get(lead)?
            .get(from..from + (BEFORE + AFTER) as usize)?;
        let mean = part.iter().sum::<f64>() / part.len() as f64;
        Some(part.iter().map(|value| value - mean).collect())
    };
    let both: Vec<(usize, usize)> = leads
        .iter()
        .enumerate()
        .filter_map(|(own, name)| Some((shape.leads.iter().position(|lead| lead == name)?, own)))
        .collect();
    let of = |shift: i64| -> Option<f64> {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for &(their, our) in &both {
            theirs.extend(cut(&shape.best, their, 0)?);
            ours.extend(cut(own, our, shift)?);
        }
        Some(correlation(&theirs, &ours))
    };
    (-LARGEST_SHIFT..=LARGEST_SHIFT)
        .filter_map(|shift| Some((shift, of(shift)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1))
}

fn by_size(shapes: &[Shape]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..shapes.len())
        .filter(|&shape| shapes[shape].beats > 0)
        .collect();
    order.sort_by_key(|&shape| std::cmp::Reverse(shapes[shape].beats));
    order
}

/// Of the blocks whose dominant shape is that of the recording the one whose rate is nearest to the median.
fn reference(
    blocks: &[Block],
    dominants: &[Option<usize>],
    dominant: Option<usize>,
) -> Option<usize> {
    let rate = |block: &Block| block.measured.heart_rate.as_ref().map(|rate| rate.value);
    let typical = median(&blocks.iter().filter_map(rate).collect::<Vec<_>>());
    blocks
        .iter()
        .zip(dominants)
        .enumerate()
        .filter(|(_, (_, own))| own.is_some() && **own == dominant)
        .filter_map(|(index, (block, _))| Some((index, (rate(block)? - typical).abs())))
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(index, _)| index)
}

/// Every value that belongs to a place on the time axis.
fn values(measured: &mut Measurements) -> impl Iterator<Item = &mut Value> {
    [
        &mut measured.p_duration,
        &mut measured.pr,
        &mut measured.qrs,
        &mut measured.qt,
        &mut measured.qtc.bazett,
        &mut measured.qtc.fridericia,
        &mut measured.qtc.framingham,
        &mut measured.qtc.hodges,
        &mut measured.p_axis,
        &mut measured.qrs_axis,
        &mut measured.t_axis,
        &mut measured.qt_dispersion,
    ]
    .into_iter()
    .flatten()
    .chain(
        measured
            .criteria
            .iter_mut()
            .map(|criterion| &mut criterion.value),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::simulate::{Settings, condition, simulate};

    #[test]
    fn in_blocks_the_same_beats_and_nearly_the_same_intervals_are_found_as_in_one_piece() {
        let settings = Settings {
            duration_s: 150.0,
            ..Settings::default()
        };
        let condition = condition("premature_ventricular_complexes").unwrap();
        let recording = simulate(condition, 5, &settings).recording;
        let whole = measure_whole(&recording);
        let blocks = measure_in_blocks(&recording, 40.0);
        assert_eq!(blocks.beats.len(), whole.beats.len());
        for (a, b) in whole.beats.iter().zip(&blocks.beats) {
            assert!(
                (a.time_s - b.time_s).abs() < 0.03,
                "{} {}",
                a.time_s,
                b.time_s
            );
            assert_eq!(a.class == 0, b.class == 0, "at {} s", a.time_s);
        }
        let counts = |of: &Measurements| of.classes.iter().map(|class| class.beats).sum::<usize>();
        assert_eq!(counts(&blocks), counts(&whole));
        let value = |value: &Option<Value>| value.as_ref().unwrap().value;
        assert!((value(&whole.heart_rate) - value(&blocks.heart_rate)).abs() < 0.1);
        assert!((value(&whole.qrs) - value(&blocks.qrs)).abs() <= 6.0);
        assert!((value(&whole.qt) - value(&blocks.qt)).abs() <= 12.0);
        let place = blocks.qt.as_ref().unwrap();
        let beat = blocks
            .beats
            .iter()
            .find(|beat| (place.from_s..place.to_s).contains(&beat.time_s));
        assert!(beat.is_some(), "a value lies where a beat is");
    }

    #[test]
    fn a_gap_over_the_edge_of_a_block_holds_no_beat_and_no_pause() {
        let settings = Settings {
            duration_s: 150.0,
            ..Settings::default()
        };
        let mut recording = simulate(condition("sinus_rhythm").unwrap(), 5, &settings).recording;
        for lead in &mut recording.leads {
            let mut values = lead.samples.microvolts();
            let index = |time_s: f64| (time_s * lead.sampling_rate_hz) as usize;
            values[index(33.0)..index(91.0)].fill(f64::NAN);
            lead.samples = crate::ecg::Samples::from_microvolts(values);
        }
        let measured = measure_in_blocks(&recording, 40.0);
        assert_eq!(measured.gaps_s, vec![(33.0, 91.0)]);
        let inside = |beat: &&Beat| beat.time_s > 33.0 && beat.time_s < 91.0;
        assert_eq!(measured.beats.iter().filter(inside).count(), 0);
        let longest = measured
            .beats
            .iter()
            .filter_map(|beat| beat.rr_ms)
            .fold(0.0, f64::max);
        assert!(longest < 2000.0, "{longest}");
        let after = measured
            .beats
            .iter()
            .find(|beat| beat.time_s > 91.0)
            .unwrap();
        assert!(
            after.time_s < 93.0 && after.rr_ms.is_none(),
            "{}",
            after.time_s
        );
    }
}
