//! One explanation put to the test.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

use super::pointing::{self, Pointing};
use super::spearman;
use crate::ecg::Recording;
use crate::network::LEADS;
use crate::reading::prepare::{Prepared, SAMPLES};
use crate::reading::{Method, Reader, ReadingError, smoothed};

/// Shares of the tracing that are deleted, or all that is shown.
const SHARES: [f64; 4] = [0.05, 0.1, 0.2, 0.4];
/// Random maps that stand for chance.
const RANDOM: usize = 2;
/// What became of a logit, by the map that chose the place: mean over [`SHARES`].
#[derive(Debug, Clone, Copy)]
pub struct Change {
    pub map: f64,
    pub random: f64,
    /// By where the tracing is steep, which is mostly the QRS complex.
    pub energy: f64,
}

/// One explanation.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Position among the model's statements.
    pub statement: usize,
    /// Rank correlation with the map of a network whose weights are random.
    pub randomised: f64,
    /// Fall of the logit when the place is deleted.
    pub deletion: Change,
    /// Rise of the logit over that of an empty tracing when only the place is shown.
    pub insertion: Change,
    /// Rank correlation over leads of the map's heat with the effect of taking the lead away.
    pub leads: f64,
    /// Rank correlation with the map of the same tracing with 1 % noise.
    pub noise: f64,
    /// Rank correlation with the map of the same tracing one sample later, moved back.
    pub shift: f64,
}

/// One record.
pub struct Record {
    pub trials: Vec<Trial>,
    /// Rank correlation over leads of the SE gate with the effect of taking the lead away.
    pub attention: Option<f64>,
    /// Where the map of premature ventricular complexes points.
    pub ectopic: Pointing,
}

/// Explains those `statements` of a recording that the reader finds present, on its first window.
///
/// # Errors
/// When it cannot be read.
pub fn trials(
    reader: &Reader,
    randomised: &Reader,
    recording: &Recording,
    statements: &[usize],
    method: Method,
    seed: u64,
) -> Result<Record, ReadingError> {
    let windows = reader
        .windows(recording)
        .map_err(ReadingError::NotReadable)?;
    let mut record = Record {
        trials: Vec::new(),
        attention: None,
        ectopic: Pointing::default(),
    };
    let Some(window) = windows.into_iter().next() else {
        return Ok(record);
    };
    let (logits, gates) = reader.judge(std::slice::from_ref(&window))?;
    let logits = logits.into_iter().next().unwrap_or_default();
    let present: Vec<usize> = statements
        .iter()
        .copied()
        .filter(|&statement| {
            let card = reader.card();
            logits
                .get(statement)
                .zip(card.thresholds.get(statement))
                .is_some_and(|(&logit, &threshold)| card.probability(statement, logit) >= threshold)
        })
        .collect();
    if present.is_empty() {
        return Ok(record);
    }
    let effects = reader.lead_effects(&window)?;
    let effect = |statement: usize| effects.get(statement).cloned().unwrap_or_default();
    for &statement in &present {
        let map = reader.map(&window, statement, method)?;
        let mut rng = StdRng::seed_from_u64(seed ^ statement as u64);
        record.trials.push(trial(
            reader,
            randomised,
            &window,
            &map,
            statement,
            method,
            &effect(statement),
            &mut rng,
        )?);
        if reader
            .card()
            .config
            .statements
            .get(statement)
            .is_some_and(|id| id == "PVC")
        {
            record.ectopic = pointing::real(recording, &window, &map);
        }
    }
    let mut sizes = vec![0f32; LEADS];
    for &statement in &present {
        for (sum, effect) in sizes.iter_mut().zip(effect(statement)) {
            *sum += effect.abs();
        }
    }
    record.attention = gates.first().map(|gates| spearman(gates, &sizes));
    Ok(record)
}

#[allow(clippy::too_many_arguments)]
fn trial(
    reader: &Reader,
    randomised: &Reader,
    window: &Prepared,
    map: &[f32],
    statement: usize,
    method: Method,
    effect: &[f32],
    rng: &mut StdRng,
) -> Result<Trial, ReadingError> {
    let foreign = randomised.map(window, statement, method)?;
    let noisy = varied(window, |value| {
        let drawn: f64 = StandardNormal.sample(rng);
        value + 0.01 * drawn as f32
    });
    let back = unshifted(&reader.map(&shifted_by_one(window), statement, method)?);
    let maps: Vec<Vec<f32>> = [map.to_vec(), energy(window)]
        .into_iter()
        .chain((0..RANDOM).map(|_| random(rng)))
        .collect();
    let mut asked = vec![window.clone(), blank(window)];
    for map in &maps {
        let order = descending(map, window);
        for share in SHARES {
            let count = (share * order.len() as f64).round() as usize;
            let cells = order.get(..count).unwrap_or(&order);
            asked.push(with(window, cells, false));
            asked.push(with(window, cells, true));
        }
    }
    let (rows, _) = reader.judge(&asked)?;
    let logits: Vec<f64> = rows
        .iter()
        .map(|row| row.get(statement).copied().map_or(f64::NAN, f64::from))
        .collect();
    let at = |index: usize| logits.get(index).copied().unwrap_or(f64::NAN);
    let change = |number: usize, kept: bool| {
        let first = 2 + number * 2 * SHARES.len() + usize::from(kept);
        let values = (0..SHARES.len()).map(|share| at(first + 2 * share));
        let mean = values.sum::<f64>() / SHARES.len() as f64;
        if kept { mean - at(1) } else { at(0) - mean }
    };
    let of = |kept: bool| Change {
        map: change(0, kept),
        energy: change(1, kept),
        random: (2..2 + RANDOM)
            .map(|number| change(number, kept))
            .sum::<f64>()
            / RANDOM as f64,
    };
    Ok(Trial {
        statement,
        randomised: spearman(map, &foreign),
        deletion: of(false),
        insertion: of(true),
        leads: spearman(
            &map.chunks_exact(SAMPLES)
                .map(|lead| lead.iter().sum())
                .collect::<Vec<f32>>(),
            effect,
        ),
        noise: spearman(map, &reader.map(&noisy, statement, method)?),
        shift: spearman(map, &back),
    })
}

/// Every value of the leads that are there, changed.
fn varied(window: &Prepared, mut change: impl FnMut(f32) -> f32) -> Prepared {
    let mut varied = window.clone();
    for lead in varied.waveform.chunks_exact_mut(SAMPLES) {
        if lead.iter().any(|&value| value != 0.0) {
            lead.iter_mut().for_each(|value| *value = change(*value));
        }
    }
    varied
}

/// One sample later; the first is repeated.
fn shifted_by_one(window: &Prepared) -> Prepared {
    let mut shifted = window.clone();
    for lead in shifted.waveform.chunks_exact_mut(SAMPLES) {
        lead.copy_within(..SAMPLES - 1, 1);
    }
    shifted
}

fn unshifted(map: &[f32]) -> Vec<f32> {
    let mut back = map.to_vec();
    for lead in back.chunks_exact_mut(SAMPLES) {
        lead.copy_within(1.., 0);
    }
    back
}

fn blank(window: &Prepared) -> Prepared {
    Prepared {
        waveform: vec![0.0; window.waveform.len()],
        ..window.clone()
    }
}

/// The window with the cells deleted (each lead at its own level, which is 0), or with nothing but them.
fn with(window: &Prepared, cells: &[usize], kept: bool) -> Prepared {
    let mut changed = if kept { blank(window) } else { window.clone() };
    for &cell in cells {
        let value = if kept {
            window.waveform.get(cell).copied().unwrap_or(0.0)
        } else {
            0.0
        };
        if let Some(slot) = changed.waveform.get_mut(cell) {
            *slot = value;
        }
    }
    changed
}

/// The cells of the leads that are there, hottest first.
fn descending(map: &[f32], window: &Prepared) -> Vec<usize> {
    let present: Vec<bool> = window
        .waveform
        .chunks_exact(SAMPLES)
        .map(|lead| lead.iter().any(|&value| value != 0.0))
        .collect();
    let mut order: Vec<usize> = (0..map.len())
        .filter(|cell| present.get(cell / SAMPLES) == Some(&true))
        .collect();
    let heat = |cell: usize| map.get(cell).copied().unwrap_or(0.0);
    order.sort_by(|&a, &b| heat(b).total_cmp(&heat(a)).then(a.cmp(&b)));
    order
}

/// The squared slope, smoothed.
fn energy(window: &Prepared) -> Vec<f32> {
    window
        .waveform
        .chunks_exact(SAMPLES)
        .flat_map(|lead| {
            let slope = |at: usize| {
                let of = |at: usize| lead.get(at).copied().unwrap_or(0.0);
                (of(at + 1) - of(at.saturating_sub(1))).powi(2)
            };
            smoothed(&(0..SAMPLES).map(slope).collect::<Vec<_>>())
        })
        .collect()
}

/// Noise as smooth as a map.
fn random(rng: &mut StdRng) -> Vec<f32> {
    (0..LEADS)
        .flat_map(|_| smoothed(&(0..SAMPLES).map(|_| rng.random()).collect::<Vec<f32>>()))
        .collect()
}
