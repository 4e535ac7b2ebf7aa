//! Whether a wave before the complex is a P wave, or fibrillation and flutter that averaging left.

use std::ops::Range;

use crate::measure::beats::median;
use crate::measure::classes::{AFTER, BEFORE, BeatClass};
use crate::measure::prepare::{Prepared, samples};

/// Microvolts that count as noise in every lead.
const FLOOR_UV: f64 = 10.0;
/// Half of the stretch that is looked for again.
const HALF: usize = samples(50);
/// Distances between flutter waves (200 to 400 a minute is 150 to 300 ms; slowed by drugs somewhat more).
const CYCLES: Range<usize> = samples(150)..samples(340);

/// A beat that is so many times as large in a lead as the beats are typically counts no more than that there: what
/// disturbs it must not drown the other leads.
const LARGEST: f64 = 4.0;

/// A stretch without the line between its ends.
fn levelled(part: &[f64]) -> impl Iterator<Item = f64> + '_ {
    let (first, last) = (
        part.first().copied().unwrap_or(0.0),
        part.last().copied().unwrap_or(0.0),
    );
    let steps = part.len().saturating_sub(1).max(1) as f64;
    part.iter()
        .enumerate()
        .map(move |(i, value)| value - first - (last - first) * i as f64 / steps)
}

/// How like the other beats each beat is in a stretch of the representative beat: the median over the beats of the
/// correlation, over all leads together, with the average of the others. 0 for a single beat.
pub(super) fn consistency(prepared: &Prepared, class: &BeatClass, stretch: Range<usize>) -> f64 {
    let places = class.places.iter().copied();
    let places: Vec<usize> = places
        .filter(|&at| at >= BEFORE && at + AFTER <= prepared.length)
        .collect();
    let mut beats = vec![Vec::with_capacity(prepared.leads.len() * stretch.len()); places.len()];
    for (lead, noise) in prepared.leads.iter().zip(&class.noise) {
        let parts: Vec<Vec<f64>> = places
            .iter()
            .map(|at| {
                let from = at - BEFORE + stretch.start;
                let part = levelled(&lead.narrow[from..from + stretch.len()]);
                part.map(|value| value / (noise + FLOOR_UV)).collect()
            })
            .collect();
        let size = |part: &Vec<f64>| {
            let squares = part.iter().map(|value| value * value).sum::<f64>();
            (squares / part.len().max(1) as f64).sqrt()
        };
        let typical = median(&parts.iter().map(size).collect::<Vec<f64>>());
        let most = LARGEST * typical;
        for (beat, part) in beats.iter_mut().zip(parts) {
            beat.extend(part.into_iter().map(|value| value.clamp(-most, most)));
        }
    }
    let Some(first) = beats.first().filter(|_| beats.len() > 1) else {
        return 0.0;
    };
    let sum: Vec<f64> = (0..first.len())
        .map(|i| beats.iter().map(|beat| beat[i]).sum())
        .collect();
    let likeness: Vec<f64> = beats
        .iter()
        .map(|beat| {
            let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
            for (value, sum) in beat.iter().zip(&sum) {
                let others = sum - value;
                ab += value * others;
                aa += value * value;
                bb += others * others;
            }
            if aa > 0.0 && bb > 0.0 {
                ab / (aa * bb).sqrt()
            } else {
                0.0
            }
        })
        .collect();
    median(&likeness)
}

/// How like the representative beat a single beat at `at` is in a stretch of it, correlated over all leads; `None` where
/// it is cut off.
pub(crate) fn likeness(
    prepared: &Prepared,
    class: &BeatClass,
    at: usize,
    stretch: Range<usize>,
) -> Option<f64> {
    let from = (at + stretch.start).checked_sub(BEFORE)?;
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for ((lead, curve), noise) in prepared.leads.iter().zip(&class.narrow).zip(&class.noise) {
        let own = levelled(lead.narrow.get(from..from + stretch.len())?);
        let expected = levelled(curve.get(stretch.clone())?);
        for (a, b) in own.zip(expected) {
            let (a, b) = (a / (noise + FLOOR_UV), b / (noise + FLOOR_UV));
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
    }
    (aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

/// A wave that lies so near to where T of the beat before peaks is that.
const NEAR_T: f64 = samples(60) as f64;

/// How much the wave around `peak` is found again before it, as flutter waves are: the highest likeness (1 is the same
/// wave in the same size) over the distances that flutter waves have. T of the beat before, which peaks at `t_before`, may
/// be as like it as it wants.
pub(super) fn repetition(
    prepared: &Prepared,
    class: &BeatClass,
    curves: &[Vec<f64>],
    peak: usize,
    t_before: Option<f64>,
) -> f64 {
    let around = |middle: usize| Some(middle.checked_sub(HALF)?..middle + HALF);
    let template: Vec<f64> = curves
        .iter()
        .filter_map(|curve| curve.get(around(peak)?))
        .flat_map(levelled)
        .collect();
    let size: f64 = template.iter().map(|value| value * value).sum();
    let is_t =
        |cycle: &usize| t_before.is_some_and(|t| (peak as f64 - *cycle as f64 - t).abs() <= NEAR_T);
    CYCLES
        .step_by(3)
        .filter(|cycle| !is_t(cycle))
        .map(|cycle| {
            let found: Vec<f64> = class
                .places
                .iter()
                .filter_map(|&at| {
                    let place = around((at + peak).checked_sub(BEFORE + cycle)?)?;
                    let (mut product, mut own, mut wave) = (0.0, 0.0, template.iter());
                    for lead in &prepared.leads {
                        for value in levelled(lead.narrow.get(place.clone())?) {
                            product += value * wave.next()?;
                            own += value * value;
                        }
                    }
                    Some(product / size.max(own).max(1e-9))
                })
                .collect();
            median(&found)
        })
        .fold(0.0, f64::max)
}
