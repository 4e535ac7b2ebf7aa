//! Which windows a step sees, put together on a thread of its own.

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};

use super::augment::augment;
use super::corpus::Example;
use super::distillation::Teacher;
use super::recipe::Recipe;
use super::windows::Windows;
use crate::network::MEASURED;

/// One batch in plain memory.
pub struct HostBatch {
    /// `[batch, 12, samples]`.
    pub waveform: Vec<f32>,
    /// `[batch, 24]`.
    pub amplitude: Vec<f32>,
    /// `[batch, 2 * MEASURED]`.
    pub measured: Vec<f32>,
    /// `[batch, statements]`: 1 present.
    pub truth: Vec<f32>,
    /// `[batch, statements]`: 1 known.
    pub known: Vec<f32>,
    /// `[batch, statements]`: the teacher's probability; anything where it is not asked. Empty without one.
    pub taught: Vec<f32>,
    /// `[batch, statements]`: 1 where the teacher is asked. Empty without one.
    pub asked: Vec<f32>,
    /// `[batch]`: 1 unlike any electrocardiogram.
    pub outlier: Vec<f32>,
    /// Domain of each window.
    pub domains: Vec<usize>,
}

/// Deals the windows of one epoch: as many as there are, the share of a domain in proportion to its size to the
/// power of `power`, each domain's windows shuffled and gone through again if its share is larger than it is.
pub fn deal(
    windows: &[usize],
    domain_of: impl Fn(usize) -> usize,
    power: f64,
    rng: &mut impl Rng,
) -> Vec<usize> {
    let mut decks: Vec<Vec<usize>> = Vec::new();
    for &window in windows {
        let domain = domain_of(window);
        if decks.len() <= domain {
            decks.resize(domain + 1, Vec::new());
        }
        if let Some(deck) = decks.get_mut(domain) {
            deck.push(window);
        }
    }
    decks.retain(|deck| !deck.is_empty());
    let total: f64 = decks
        .iter()
        .map(|deck| (deck.len() as f64).powf(power))
        .sum();
    let mut dealt = Vec::with_capacity(windows.len() + decks.len());
    for deck in &mut decks {
        let share =
            ((deck.len() as f64).powf(power) / total * windows.len() as f64).round() as usize;
        let mut left = share;
        while left > 0 {
            deck.shuffle(rng);
            dealt.extend(deck.iter().take(left));
            left = left.saturating_sub(deck.len());
        }
    }
    dealt.shuffle(rng);
    dealt
}

/// Puts together one batch; with a seed its windows are augmented.
///
/// # Errors
/// When a window cannot be read back.
pub fn assemble(
    chosen: &[usize],
    windows: &Windows,
    examples: &[Example],
    columns: &[usize],
    recipe: &Recipe,
    teacher: Option<&Teacher>,
    seed: Option<u64>,
) -> std::io::Result<HostBatch> {
    let mut batch = HostBatch {
        waveform: Vec::with_capacity(chosen.len() * windows.samples() * 12),
        amplitude: Vec::with_capacity(chosen.len() * 24),
        measured: Vec::with_capacity(chosen.len() * 2 * MEASURED),
        truth: Vec::new(),
        known: Vec::new(),
        taught: Vec::new(),
        asked: Vec::new(),
        outlier: Vec::new(),
        domains: Vec::new(),
    };
    let mut rng = seed.map(StdRng::seed_from_u64);
    for &window in chosen {
        let (from, amplitude_from) = (batch.waveform.len(), batch.amplitude.len());
        let measured_from = batch.measured.len();
        windows.read(
            window,
            &mut batch.waveform,
            &mut batch.amplitude,
            &mut batch.measured,
        )?;
        if let (Some(rng), Some(waveform), Some(amplitude), Some(measured)) = (
            &mut rng,
            batch.waveform.get_mut(from..),
            batch.amplitude.get_mut(amplitude_from..),
            batch.measured.get_mut(measured_from..),
        ) {
            augment(
                waveform,
                amplitude,
                measured,
                recipe.network.sampling_rate_hz,
                &recipe.augmentation,
                rng,
            );
        }
        let example = windows
            .examples()
            .get(window)
            .and_then(|&index| examples.get(index));
        batch
            .domains
            .push(example.map_or(0, |example| example.domain));
        let outlier = example.is_some_and(Example::is_outlier);
        batch.outlier.push(f32::from(u8::from(outlier)));
        for (statement, &column) in columns.iter().enumerate() {
            let label = example
                .and_then(|example| example.labels.get(column).copied().flatten())
                .filter(|_| teacher.is_none_or(|teacher| teacher.is_labelled(statement)));
            if let Some(teacher) = teacher {
                let word = teacher
                    .probability(window, statement)
                    .filter(|_| label.is_none());
                batch.taught.push(word.unwrap_or_default());
                batch.asked.push(f32::from(u8::from(word.is_some())));
            }
            batch.truth.push(f32::from(u8::from(label == Some(true))));
            batch.known.push(f32::from(u8::from(label.is_some())));
        }
    }
    Ok(batch)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn a_small_domain_is_seen_more_often_than_it_is_large() {
        let windows: Vec<usize> = (0..1000).collect();
        let domain = |window: usize| usize::from(window >= 900);
        let small = |power| {
            let dealt = deal(&windows, domain, power, &mut StdRng::seed_from_u64(1));
            assert!((999..=1001).contains(&dealt.len()));
            dealt.iter().filter(|&&window| domain(window) == 1).count()
        };
        assert_eq!(small(1.0), 100);
        assert_eq!(small(0.5), 250);
        assert_eq!(small(0.0), 500);
    }

    #[test]
    fn as_they_come_every_window_is_dealt_once() {
        let windows: Vec<usize> = (0..100).collect();
        let mut dealt = deal(&windows, |_| 0, 1.0, &mut StdRng::seed_from_u64(2));
        assert_ne!(dealt, windows);
        dealt.sort_unstable();
        assert_eq!(dealt, windows);
    }
}
