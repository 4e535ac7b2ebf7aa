//! How far a P wave reaches over all leads.
//!
//! The right atrium begins the wave and the left one ends it, often as two humps that point in different directions. The
//! direction along which the wave is largest then shows one of them only; how fast the leads move together shows both.

use std::ops::Range;

use super::curve::{body_end, end_of, slope, speed};
use super::p::EDGE;
use crate::measure::classes::BeatClass;
use crate::measure::prepare::samples;

/// Microvolts that count as noise in every lead.
const FLOOR_UV: f64 = 5.0;
/// The wave lies within so much of its peak, and the fastest part of it within so much.
const REACH: usize = samples(140);
const FASTEST_WITHIN: usize = samples(70);
/// Shares of its fastest part: it has not begun below the first; from the second on it is surely there, at begin and at
/// end; below the third it stands still (LUDB).
const ON_SHARE: f64 = 0.25;
const FIRST_SHARE: f64 = 0.6;
const LAST_SHARE: f64 = 0.7;
const STILL_SHARE: f64 = 0.25;
/// Between its humps it may stand still for so long.
const LONGEST_NOTCH_ON: usize = samples(36);
const LONGEST_NOTCH_OFF: usize = samples(28);
/// Below a threshold for so long it is quiet.
const HOLD: usize = samples(12);
/// How much the begin by speed counts beside that by the main direction, and what is left then, in samples (LUDB).
const BY_SPEED: f64 = 0.5;
const ON_BIAS: f64 = 0.5;
/// A second hump ends so much later than the first at least and at most, and so long before the complex: what runs into
/// the complex belongs to it.
const SECOND_LATER: Range<f64> = 6.0..45.0;
const PR_SEGMENT: f64 = samples(20) as f64;
/// The direction of a hump is taken over so much to either side of its fastest place, and it ends within that.
const AROUND: usize = samples(6);
const SECOND_REACH: usize = samples(80);

/// The P wave's neighbourhood as the leads together see it, in samples of the representative beat.
pub(super) struct Extent<'a> {
    curves: &'a [Vec<f64>],
    speed: Vec<f64>,
    peak: usize,
    earliest: usize,
    /// The complex begins here.
    to: usize,
    /// Of the fastest part of the wave.
    top: f64,
    /// Of what moves when nothing does.
    quiet: f64,
}

impl<'a> Extent<'a> {
    /// Around the wave that peaks at `peak`, looked for in `range`, the end of which is the complex; the T wave before it
    /// ends at `t_before`.
    pub fn new(
        curves: &'a [Vec<f64>],
        class: &BeatClass,
        peak: usize,
        range: Range<usize>,
        t_before: f64,
    ) -> Self {
        let averaged = (class.averaged.len() as f64).sqrt();
        let noise = |lead: usize| class.noise.get(lead).copied().unwrap_or(0.0);
        let speed = speed(curves, |lead| noise(lead) / averaged + FLOOR_UV);
        let to = range.end;
        let free = (t_before - samples(20) as f64).max(samples(20) as f64) as usize;
        let earliest = peak
            .saturating_sub(REACH)
            .max(free)
            .min(peak.saturating_sub(samples(40)));
        let near =
            earliest.max(peak.saturating_sub(FASTEST_WITHIN))..(peak + FASTEST_WITHIN).min(to) + 1;
        let top = speed[near].iter().copied().fold(0.0, f64::max);
        let from = range
            .start
            .max(earliest)
            .min(to.saturating_sub(samples(60)));
        let mut resting: Vec<f64> = speed[from..=to].to_vec();
        resting.sort_by(f64::total_cmp);
        let quiet = resting[resting.len() / 10] / 2.0;
        Self {
            curves,
            speed,
            peak,
            earliest,
            to,
            top,
            quiet,
        }
    }

    /// Begin and end over all leads, given those of the main direction.
    pub fn of_all(&self, start: f64, end: f64) -> (f64, f64) {
        let start = start + BY_SPEED * (self.begin() as f64 - start) + ON_BIAS;
        let later = self.second_end().unwrap_or(end);
        let is_second = SECOND_LATER.contains(&(later - end));
        let before_complex = later <= self.to as f64 - PR_SEGMENT;
        (
            start,
            if is_second && before_complex {
                later
            } else {
                end
            },
        )
    }

    fn begin(&self) -> usize {
        let level = ON_SHARE * self.top + self.quiet;
        let backwards = self.speed[self.earliest..=self.peak].iter().rev().copied();
        let fast = FIRST_SHARE * self.top;
        let first = self.peak - body_end(backwards, fast, level, LONGEST_NOTCH_ON);
        let quiet = |i: &usize| {
            let before = i.saturating_sub(HOLD).max(self.earliest);
            self.speed[before..=*i].iter().all(|&speed| speed < level)
        };
        let mut places = (self.earliest + 1..=first).rev();
        places.find(quiet).unwrap_or(self.earliest)
    }

    /// End of the last hump, in the direction in which it moves fastest.
    fn second_end(&self) -> Option<f64> {
        let far = (self.peak + REACH).min(self.to).max(self.peak + 1);
        let forwards = self.speed[self.peak..far].iter().copied();
        let still = STILL_SHARE * self.top + self.quiet;
        let fast = LAST_SHARE * self.top;
        let last = self.peak + body_end(forwards, fast, still, LONGEST_NOTCH_OFF);
        let fastest = (self.peak + 1..=last)
            .rev()
            .find(|&i| self.speed[i] >= self.speed[i - 1] && self.speed[i] >= self.speed[i + 1])?;
        let around = fastest.saturating_sub(AROUND)..fastest + AROUND + 1;
        let mut main = vec![0.0; self.speed.len()];
        for curve in self.curves {
            let weight: f64 = slope(curve).get(around.clone())?.iter().sum();
            for (sum, value) in main.iter_mut().zip(curve) {
                *sum += weight * value;
            }
        }
        let reach = SECOND_REACH.min(self.to.saturating_sub(fastest));
        Some(end_of(&main, fastest - AROUND, reach + AROUND, EDGE) as f64)
    }
}
