//! Marks of a reference and ours, paired.

use serde_json::{Value, json};

use super::Spread;

/// A mark and ours belong together within this time, in seconds (ANSI/AAMI EC57).
pub(super) const WINDOW_S: f64 = 0.150;

/// Marks that found their partner, with the differences in milliseconds, and those that did not.
#[derive(Debug, Clone, Default)]
pub struct Matched {
    /// Ours less theirs, in milliseconds.
    pub differences: Vec<f64>,
    /// Theirs without one of ours.
    pub missed: usize,
    /// Ours without one of theirs, where they looked.
    pub extra: usize,
}

impl Matched {
    /// Adds what was matched elsewhere.
    pub fn add(&mut self, other: &Self) {
        self.differences.extend_from_slice(&other.differences);
        self.missed += other.missed;
        self.extra += other.extra;
    }

    fn rate(&self, others: usize) -> Option<f64> {
        let found = self.differences.len();
        (found + others > 0).then(|| found as f64 / (found + others) as f64)
    }

    /// Share of theirs that were found, 0 to 1.
    pub fn sensitivity(&self) -> Option<f64> {
        self.rate(self.missed)
    }

    /// Share of ours that belong to one of theirs, 0 to 1.
    pub fn ppv(&self) -> Option<f64> {
        self.rate(self.extra)
    }

    /// Pairs each reference (seconds) with the nearest of ours that is free and close enough. What is left of ours
    /// counts between `from` and `to`, where the annotators looked.
    pub fn pair(&mut self, reference: &[f64], ours: &[f64], (from, to): (f64, f64)) {
        let mut used = vec![false; ours.len()];
        for &mark in reference {
            let nearest = (0..ours.len())
                .filter(|&index| !used[index])
                .min_by(|&a, &b| (ours[a] - mark).abs().total_cmp(&(ours[b] - mark).abs()));
            match nearest {
                Some(index) if (ours[index] - mark).abs() <= WINDOW_S => {
                    used[index] = true;
                    self.differences.push((ours[index] - mark) * 1000.0);
                }
                _ => self.missed += 1,
            }
        }
        let left = ours
            .iter()
            .zip(&used)
            .filter(|(time, used)| !**used && (from..=to).contains(*time));
        self.extra += left.count();
    }

    /// Mean and standard deviation, sensitivity and positive predictive value as JSON.
    pub fn figures(&self) -> Value {
        let spread = Spread::of(&self.differences);
        json!({
            "mean_ms": spread.map(|spread| spread.mean),
            "sd_ms": spread.map(|spread| spread.sd),
            "sensitivity": self.sensitivity(),
            "ppv": self.ppv(),
            "n": self.differences.len(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_paired_once_and_only_within_the_window() {
        let mut matched = Matched::default();
        matched.pair(&[1.0, 2.0, 3.0], &[1.01, 1.02, 2.2, 2.99, 3.3], (1.0, 3.1));
        assert_eq!(
            (matched.differences.len(), matched.missed, matched.extra),
            (2, 1, 2)
        );
        assert!((matched.differences[0] - 10.0).abs() < 1e-9);
        assert_eq!(matched.sensitivity(), Some(2.0 / 3.0));
        assert_eq!(matched.ppv(), Some(0.5));
        assert_eq!(Matched::default().ppv(), None, "nothing judged is not zero");
    }
}
