//! Figures of merit for one statement: a score and a truth for each record.
//!
//! Every function takes `weights`, how often each record counts: all one for the plain figure, the multiplicity
//! in a resample for the bootstrap.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rayon::prelude::*;

/// Bins of the reliability diagram and of [`ece`].
pub const RELIABILITY_BINS: usize = 10;

/// Scores in descending order with their truth, prepared once so that thousands of resamples cost a pass each.
pub struct Ranking {
    /// `(score, truth, record)`.
    entries: Vec<(f32, bool, usize)>,
}

impl Ranking {
    /// Ranks the records whose truth is known; `cases` are `(score, truth, record)`.
    pub fn new(cases: impl IntoIterator<Item = (f32, bool, usize)>) -> Self {
        let mut entries: Vec<_> = cases.into_iter().collect();
        entries.sort_by(|a, b| b.0.total_cmp(&a.0));
        Self { entries }
    }

    /// Number of positive and negative records.
    pub fn counts(&self) -> (usize, usize) {
        let positives = self.entries.iter().filter(|entry| entry.1).count();
        (positives, self.entries.len() - positives)
    }

    /// Area under the ROC curve: the probability that a positive scores above a negative, ties counting half
    /// (Mann-Whitney). `None` unless both kinds are present.
    pub fn auroc(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut positives, mut negatives, mut won) = (0.0, 0.0, 0.0);
        for group in self.ties() {
            let (up, down) = tally(group, &weight);
            // Negatives met so far score higher: these positives lose against them.
            won += up * negatives + 0.5 * up * down;
            positives += up;
            negatives += down;
        }
        (positives > 0.0 && negatives > 0.0).then(|| 1.0 - won / (positives * negatives))
    }

    /// Area under the precision-recall curve as average precision, without interpolation. `None` without a
    /// positive.
    pub fn auprc(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut hits, mut shown, mut area) = (0.0, 0.0, 0.0);
        for group in self.ties() {
            let (up, down) = tally(group, &weight);
            hits += up;
            shown += up + down;
            if shown > 0.0 {
                area += up * hits / shown;
            }
        }
        (hits > 0.0).then(|| area / hits)
    }

    /// F1 of "score >= threshold". `None` without a positive.
    pub fn f1(&self, threshold: f32, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut hits, mut false_alarms, mut missed) = (0.0, 0.0, 0.0);
        for &(score, truth, record) in &self.entries {
            match (score >= threshold, truth) {
                (true, true) => hits += weight(record),
                (true, false) => false_alarms += weight(record),
                (false, true) => missed += weight(record),
                (false, false) => {}
            }
        }
        (hits + missed > 0.0).then(|| 2.0 * hits / (2.0 * hits + false_alarms + missed))
    }

    /// The threshold with the largest F1, halfway to the next lower score, and that F1.
    pub fn best_f1(&self) -> Option<(f32, f64)> {
        let (positives, _) = self.counts();
        let mut best: Option<(f32, f64)> = None;
        let (mut hits, mut shown) = (0usize, 0usize);
        let mut groups = self.ties().peekable();
        while let Some(group) = groups.next() {
            hits += group.iter().filter(|entry| entry.1).count();
            shown += group.len();
            let f1 = 2.0 * hits as f64 / (shown + positives).max(1) as f64;
            if positives > 0 && best.is_none_or(|(_, least)| f1 > least) {
                let score = group.first().map_or(0.0, |entry| entry.0);
                let next = groups
                    .peek()
                    .and_then(|group| group.first())
                    .map_or(score, |entry| entry.0);
                best = Some(((score + next) / 2.0, f1));
            }
        }
        best
    }

    fn ties(&self) -> impl Iterator<Item = &[(f32, bool, usize)]> {
        self.entries.chunk_by(|a, b| a.0 == b.0)
    }

    /// Mean squared distance of probability and truth (Brier 1950). `None` without a record.
    pub fn brier(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut sum, mut total) = (0.0, 0.0);
        for &(p, truth, record) in &self.entries {
            let weight = weight(record);
            sum += weight * (f64::from(p) - f64::from(u8::from(truth))).powi(2);
            total += weight;
        }
        (total > 0.0).then(|| sum / total)
    }

    /// Reliability diagram: for each of [`RELIABILITY_BINS`] equal bins of probability the number of records,
    /// their mean probability and the fraction that is positive.
    pub fn reliability(&self) -> Vec<(usize, f64, f64)> {
        let bins = self.bins(|_| 1.0).into_iter();
        bins.map(|(count, p, truth)| {
            let some = count.max(1.0);
            (count as usize, p / some, truth / some)
        })
        .collect()
    }

    /// Expected calibration error over equal bins (Naeini 2015; Guo 2017). `None` without a record.
    pub fn ece(&self, weight: impl Fn(usize) -> f64) -> Option<f64> {
        let (mut apart, mut total) = (0.0, 0.0);
        for (count, p, truth) in self.bins(weight) {
            apart += (p - truth).abs();
            total += count;
        }
        (total > 0.0).then(|| apart / total)
    }

    /// For each bin of probability the number of records, the sum of their probabilities and that of the positives.
    fn bins(&self, weight: impl Fn(usize) -> f64) -> [(f64, f64, f64); RELIABILITY_BINS] {
        let mut bins = [(0.0, 0.0, 0.0); RELIABILITY_BINS];
        for &(p, truth, record) in &self.entries {
            let index =
                ((f64::from(p) * RELIABILITY_BINS as f64) as usize).min(RELIABILITY_BINS - 1);
            if let Some(bin) = bins.get_mut(index) {
                let weight = weight(record);
                bin.0 += weight;
                bin.1 += weight * f64::from(p);
                bin.2 += weight * f64::from(u8::from(truth));
            }
        }
        bins
    }
}

fn tally(group: &[(f32, bool, usize)], weight: &impl Fn(usize) -> f64) -> (f64, f64) {
    group
        .iter()
        .fold((0.0, 0.0), |(up, down), &(_, truth, record)| {
            if truth {
                (up + weight(record), down)
            } else {
                (up, down + weight(record))
            }
        })
}

/// A share and its 95 % interval (Wilson 1927, J Am Stat Assoc 22:209); of nothing, zero and everything possible.
pub fn wilson(count: usize, of: usize) -> (f64, [f64; 2]) {
    if of == 0 {
        return (0.0, [0.0, 1.0]);
    }
    const Z: f64 = 1.959_964;
    let (n, share) = (of as f64, count as f64 / of as f64);
    let middle = (share + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
    let half = Z / (1.0 + Z * Z / n) * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    (share, [(middle - half).max(0.0), (middle + half).min(1.0)])
}

/// Draws patients with replacement and says how often each record counts in each draw.
///
/// `patients` names the patient of each record, as an index below `patients.max() + 1`.
pub fn resamples(patients: &[usize], draws: usize, seed: u64) -> Vec<Vec<f64>> {
    let count = patients.iter().max().map_or(0, |last| last + 1);
    (0..draws)
        .into_par_iter()
        .map(|draw| {
            let mut rng = StdRng::seed_from_u64(seed.wrapping_add(draw as u64));
            let mut times = vec![0.0; count];
            for _ in 0..count {
                if let Some(times) = times.get_mut(rng.random_range(0..count)) {
                    *times += 1.0;
                }
            }
            patients
                .iter()
                .map(|&patient| times.get(patient).copied().unwrap_or(0.0))
                .collect()
        })
        .collect()
}

/// The 2.5th and 97.5th percentile of some draws, interpolated linearly.
pub fn ci95(mut values: Vec<f64>) -> Option<[f64; 2]> {
    values.sort_by(f64::total_cmp);
    let at = |quantile: f64| {
        let place = quantile * (values.len().checked_sub(1)? as f64);
        let low = values.get(place.floor() as usize)?;
        let high = values.get(place.ceil() as usize)?;
        Some(low + (high - low) * place.fract())
    };
    Some([at(0.025)?, at(0.975)?])
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    const SCORES: [f32; 8] = [0.1, 0.4, 0.35, 0.8, 0.8, 0.2, 0.6, 0.4];
    const TRUTHS: [bool; 8] = [false, false, true, true, false, false, true, true];

    fn ranking() -> Ranking {
        Ranking::new(
            SCORES
                .iter()
                .zip(TRUTHS)
                .enumerate()
                .map(|(i, (&s, t))| (s, t, i)),
        )
    }

    fn close(value: Option<f64>, expected: f64) {
        let value = value.unwrap();
        assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
    }

    #[test]
    fn auroc_counts_ties_half() {
        // By hand: .35 beats .1 .2; .8 beats .1 .4 .2 and ties .8; .6 beats .1 .4 .2; .4 beats .1 .2, ties .4:
        // 2 + 3.5 + 3 + 2.5 = 11 of 16 pairs.
        close(ranking().auroc(|_| 1.0), 11.0 / 16.0);
    }

    #[test]
    fn auroc_of_one_kind_alone_is_absent() {
        assert_eq!(Ranking::new([(0.2, true, 0)]).auroc(|_| 1.0), None);
        assert_eq!(Ranking::new([(0.2, false, 0)]).auroc(|_| 1.0), None);
        assert_eq!(Ranking::new([]).auroc(|_| 1.0), None);
    }

    #[test]
    fn average_precision_steps_over_ties() {
        // By hand: precision 1/2 at .8 (recall 1/4), 2/3 at .6, 3/5 at .4, 4/6 at .35, each a quarter of recall.
        close(
            ranking().auprc(|_| 1.0),
            (0.5 + 2.0 / 3.0 + 0.6 + 4.0 / 6.0) / 4.0,
        );
    }

    #[test]
    fn f1_and_its_best_threshold() {
        // At .5: 2 hits, 1 false alarm, 2 missed.
        close(ranking().f1(0.5, |_| 1.0), 4.0 / 7.0);
        // At .35 all four positives are found with two false alarms: 8 / 10.
        let (threshold, f1) = ranking().best_f1().unwrap();
        assert!((f1 - 0.8).abs() < 1e-9);
        assert!(threshold > 0.2 && threshold < 0.35, "{threshold}");
        assert_eq!(Ranking::new([(0.2, false, 0)]).f1(0.1, |_| 1.0), None);
    }

    #[test]
    fn brier_and_ece_of_known_probabilities() {
        // (.01 + .16 + .4225 + .04 + .64 + .04 + .16 + .36) / 8
        close(ranking().brier(|_| 1.0), 1.8325 / 8.0);
        // Bins .1: |.1-0|; .2: |.2-0|; .3: |.35-1|; .4: |.4-.5| twice; .6: |.6-1|; .8: |.8-.5| twice.
        close(
            ranking().ece(|_| 1.0),
            (0.1 + 0.2 + 0.65 + 0.2 + 0.4 + 0.6) / 8.0,
        );
    }

    /// Two hundred records with ties, and weights 0 to 3.
    fn long() -> Ranking {
        Ranking::new((0..200).map(|i| {
            let truth = (i * i * 7 + 3 * i) % 11 < 3;
            ((i * 37 % 101) as f32 / 100.0, truth, i)
        }))
    }

    #[test]
    fn the_figures_are_those_of_scikit_learn() {
        // scikit-learn 1.x: roc_auc_score, average_precision_score, f1_score, brier_score_loss; the second
        // line with sample_weight = i % 4. ECE with numpy over ten equal bins.
        let ranking = long();
        assert_eq!(ranking.counts(), (73, 127));
        close(ranking.auroc(|_| 1.0), 0.483_442_993);
        close(ranking.auprc(|_| 1.0), 0.359_560_897);
        close(ranking.f1(0.5, |_| 1.0), 0.425_287_356);
        close(ranking.brier(|_| 1.0), 0.343_337_5);
        close(ranking.ece(|_| 1.0), 0.282_15);
        let weight = |record: usize| (record % 4) as f64;
        close(ranking.auroc(weight), 0.490_813_397);
        close(ranking.auprc(weight), 0.367_260_195);
        close(ranking.f1(0.5, weight), 0.439_393_939);
    }

    #[test]
    fn a_weight_is_a_repetition() {
        let twice = |record: usize| if record == 3 { 3.0 } else { 1.0 };
        let repeated = Ranking::new(
            SCORES
                .iter()
                .zip(TRUTHS)
                .enumerate()
                .map(|(i, (&s, t))| (s, t, i))
                .chain([(0.8, true, 8), (0.8, true, 9)]),
        );
        close(ranking().auroc(twice), repeated.auroc(|_| 1.0).unwrap());
        close(ranking().auprc(twice), repeated.auprc(|_| 1.0).unwrap());
        close(ranking().f1(0.5, twice), repeated.f1(0.5, |_| 1.0).unwrap());
        close(ranking().brier(twice), repeated.brier(|_| 1.0).unwrap());
        close(ranking().ece(twice), repeated.ece(|_| 1.0).unwrap());
    }

    #[test]
    fn a_resample_draws_whole_patients() {
        let patients = [0, 0, 1, 2, 2, 2];
        let draws = resamples(&patients, 200, 7);
        for draw in &draws {
            assert_eq!(draw[0], draw[1]);
            assert_eq!(draw[3], draw[5]);
            assert_eq!(
                draw[0] + draw[2] + draw[3],
                3.0,
                "three patients are drawn each time"
            );
        }
        assert_eq!(draws, resamples(&patients, 200, 7));
        assert_ne!(draws, resamples(&patients, 200, 8));
    }

    #[test]
    fn percentiles_are_interpolated() {
        // numpy.percentile(range(101), [2.5, 97.5])
        assert_eq!(ci95((0..=100).map(f64::from).collect()), Some([2.5, 97.5]));
        assert_eq!(ci95(vec![]), None);
    }
}
