//! How often what a reading says holds.

use std::iter::Sum;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use crate::reading::Answer;

/// How often a statement was said to be present, uncertain or absent: first of those in whom it holds, then of the
/// others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answers {
    pub present: [usize; 2],
    pub uncertain: [usize; 2],
    pub absent: [usize; 2],
}

impl Answers {
    /// One answer about somebody in whom the statement holds, or not.
    pub fn one(answer: Answer, holds: bool) -> Self {
        let mut answers = Self::default();
        let counts = match answer {
            Answer::Present => &mut answers.present,
            Answer::Uncertain => &mut answers.uncertain,
            Answer::Absent => &mut answers.absent,
        };
        *counts = [usize::from(holds), usize::from(!holds)];
        answers
    }

    /// The same so many times over.
    pub fn times(self, times: usize) -> Self {
        let each = |counts: [usize; 2]| counts.map(|count| count * times);
        Self {
            present: each(self.present),
            uncertain: each(self.uncertain),
            absent: each(self.absent),
        }
    }

    /// Of what is said to be present, the share that holds.
    pub fn right(&self) -> Option<f64> {
        let [right, wrong] = self.present;
        share(right, right + wrong)
    }

    /// Of what holds, the share that is said to be absent.
    pub fn missed(&self) -> Option<f64> {
        let [missed, _] = self.absent;
        share(missed, self.present[0] + self.uncertain[0] + missed)
    }

    /// Of what is not said to be absent, the share that is uncertain.
    pub fn undecided(&self) -> Option<f64> {
        let [present, uncertain] = [self.present, self.uncertain].map(|[a, b]| a + b);
        share(uncertain, present + uncertain)
    }
}

fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

impl AddAssign for Answers {
    fn add_assign(&mut self, other: Self) {
        let pairs = [
            (&mut self.present, other.present),
            (&mut self.uncertain, other.uncertain),
            (&mut self.absent, other.absent),
        ];
        for (own, other) in pairs {
            *own = [own[0] + other[0], own[1] + other[1]];
        }
    }
}

impl Sum for Answers {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::default(), |mut all, one| {
            all += one;
            all
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_what_they_say() {
        let all: Answers = [
            (Answer::Present, true, 6),
            (Answer::Present, false, 2),
            (Answer::Uncertain, true, 3),
            (Answer::Uncertain, false, 5),
            (Answer::Absent, true, 1),
            (Answer::Absent, false, 83),
        ]
        .into_iter()
        .map(|(answer, holds, times)| Answers::one(answer, holds).times(times))
        .sum();
        assert_eq!(all.right(), Some(0.75));
        assert_eq!(all.missed(), Some(0.1));
        assert_eq!(all.undecided(), Some(0.5));
        assert_eq!(Answers::default().right(), None);
    }
}
