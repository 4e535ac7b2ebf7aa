//! Complexes and protected zones (section 4), and what they are for: adding the reference beat back, and undoing
//! bimodal compression, which keeps every sample within the protected zones and thins out the rest (EN 1064
//! annex C.4; the order of steps and the rounding as in E. Cervesato's decoder, which was tried on the standard's
//! own test records).

use crate::formats::Error;
use crate::formats::bytes::Bytes;

/// One complex: where the beat was subtracted, and where it is aligned; samples counted from one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Complex {
    pub kind: u16,
    pub start: u32,
    pub fiducial: u32,
    pub end: u32,
}

/// Section 4.
#[derive(Debug, Default)]
pub(super) struct Zones {
    /// Length of the reference beat in milliseconds; 0 where it is not said.
    pub beat_ms: u16,
    /// Sample of the reference beat that is aligned with a complex' fiducial, counted from one.
    pub fiducial: u16,
    pub complexes: Vec<Complex>,
    /// First and last sample of each zone that is stored whole.
    protected: Vec<(u32, u32)>,
}

impl Zones {
    pub(super) fn parse(section: Bytes<'_>) -> Result<Self, Error> {
        let cut = || {
            Error::damaged("the complexes of the reference beat are cut off").at_field("section 4")
        };
        let (beat_ms, fiducial, count) = section
            .u16_le(0)
            .zip(section.u16_le(2))
            .zip(section.u16_le(4))
            .map(|((a, b), c)| (a, b, usize::from(c)))
            .ok_or_else(cut)?;
        let complex = |index: usize| {
            let at = 6 + index * 14;
            Some(Complex {
                kind: section.u16_le(at)?,
                start: section.u32_le(at + 2)?,
                fiducial: section.u32_le(at + 6)?,
                end: section.u32_le(at + 10)?,
            })
        };
        let complexes = (0..count)
            .map(complex)
            .collect::<Option<_>>()
            .ok_or_else(cut)?;
        let zone = |index: usize| {
            let at = 6 + count * 14 + index * 8;
            Some((section.u32_le(at)?, section.u32_le(at + 4)?))
        };
        // They are there only where compression is bimodal.
        let mut protected: Vec<_> = (0..count)
            .map_while(zone)
            .filter(|(first, last)| *first > 0 && first <= last)
            .collect();
        protected.sort_unstable();
        Ok(Self {
            beat_ms,
            fiducial,
            complexes,
            protected,
        })
    }

    /// Runs of samples of a lead: how many, and whether they are stored whole.
    fn runs(&self, start: u32, samples: usize) -> Vec<(usize, bool)> {
        let end = start.saturating_add(u32::try_from(samples).unwrap_or(u32::MAX));
        let mut at = start;
        let mut runs = Vec::new();
        for &(first, last) in &self.protected {
            let first = first.clamp(at, end);
            let after = last.saturating_add(1).clamp(first, end);
            runs.push(((first - at) as usize, false));
            runs.push(((after - first) as usize, true));
            at = after;
        }
        runs.push(((end - at) as usize, false));
        runs.retain(|(length, _)| *length > 0);
        runs
    }

    /// How many samples are stored of a lead that was thinned out by `factor`.
    pub(super) fn stored(&self, start: u32, samples: usize, factor: usize) -> usize {
        let runs = self.runs(start, samples).into_iter();
        runs.map(|(length, whole)| {
            if whole {
                length
            } else {
                length / factor + length % factor
            }
        })
        .sum()
    }

    /// All samples of a lead that was thinned out by `factor`: straight lines between those that are stored, then the
    /// mean of three outside the protected zones.
    pub(super) fn restore(
        &self,
        stored: &[i32],
        start: u32,
        samples: usize,
        factor: usize,
        subtracted: bool,
    ) -> Vec<i32> {
        let mut counts: Vec<i32> =
            Vec::with_capacity(samples.min(stored.len().saturating_mul(factor)));
        let mut edges = Vec::new();
        let mut rest = stored;
        for (length, whole) in self.runs(start, samples) {
            let first = counts.len();
            let taken = if whole {
                length
            } else {
                length / factor + length % factor
            };
            let (own, after) = rest.split_at(taken.min(rest.len()));
            rest = after;
            if whole {
                counts.extend_from_slice(own);
            } else {
                let (thin, left) = own.split_at((length / factor).min(own.len()));
                interpolate(thin, factor, &mut counts);
                counts.extend_from_slice(left);
            }
            if !whole {
                edges.push((first, counts.len()));
            }
        }
        let cuts = if subtracted {
            self.cuts(start)
        } else {
            Vec::new()
        };
        for (first, after) in edges {
            // The neighbours in the protected zones count, but keep their values.
            let (first, last) = (
                first.saturating_sub(1),
                after.min(counts.len().saturating_sub(1)),
            );
            let mut from = first;
            for &cut in cuts.iter().filter(|&&cut| cut > first && cut <= last) {
                smooth(&mut counts, from, cut - 1);
                from = cut;
            }
            smooth(&mut counts, from, last);
        }
        counts
    }

    /// Indices at which a subtraction begins, or at which one has ended: steps that no filter may cross.
    fn cuts(&self, start: u32) -> Vec<usize> {
        let index = |sample: u32| sample.checked_sub(start).map(|index| index as usize);
        let mut cuts: Vec<usize> = self
            .complexes
            .iter()
            .filter(|complex| complex.kind == 0)
            .flat_map(|complex| [index(complex.start), index(complex.end.saturating_add(1))])
            .flatten()
            .collect();
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }
}

/// Each value stands for the middle of `factor` samples: flat at both ends, straight lines between.
fn interpolate(thin: &[i32], factor: usize, counts: &mut Vec<i32>) {
    let half = factor / 2;
    let (Some(&first), Some(&last)) = (thin.first(), thin.last()) else {
        return;
    };
    counts.extend(std::iter::repeat_n(first, half));
    for pair in thin.windows(2) {
        let [before, after] = *pair else { continue };
        let step = (f64::from(after) - f64::from(before)) / factor as f64;
        // Between two 32-bit integers.
        #[allow(clippy::cast_possible_truncation)]
        counts.extend((0..factor).map(|k| (f64::from(before) + k as f64 * step).round() as i32));
    }
    counts.extend(std::iter::repeat_n(last, factor - half));
}

/// The mean of three, rounded away from zero as the standard has it, between two indices that keep their values.
fn smooth(counts: &mut [i32], first: usize, last: usize) {
    let Some(part) = counts.get_mut(first..=last) else {
        return;
    };
    let before = part.to_vec();
    for (place, three) in part.iter_mut().skip(1).zip(before.windows(3)) {
        let sum: i64 = three.iter().map(|&count| i64::from(count)).sum();
        let rounded = (sum + sum.signum()) / 3;
        *place = i32::try_from(rounded).unwrap_or(*place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zones(protected: Vec<(u32, u32)>) -> Zones {
        Zones {
            protected,
            ..Zones::default()
        }
    }

    #[test]
    fn protected_samples_are_stored_whole_and_the_rest_once_in_four() {
        // 1 to 40, of which 11 to 20 whole: 2 + 2 left over, 10, 5.
        let zones = zones(vec![(11, 20)]);
        assert_eq!(zones.stored(1, 40, 4), 19);
        // A lead that starts within the zone.
        assert_eq!(zones.stored(15, 26, 4), 6 + 5);
    }

    #[test]
    fn a_straight_line_survives_being_thinned_out() {
        let zones = zones(vec![(17, 24)]);
        // A ramp of 12 a sample; groups of four stand for their middle.
        let line = |k: i32| 12 * k;
        let mean = |first: i32| (0..4).map(|k| line(first + k)).sum::<i32>() / 4;
        let mut stored: Vec<i32> = (0..4).map(|group| mean(4 * group)).collect();
        stored.extend((16..24).map(line));
        stored.extend((6..10).map(|group| mean(4 * group)));
        assert_eq!(zones.stored(1, 40, 4), stored.len());
        let restored = zones.restore(&stored, 1, 40, 4, false);
        assert_eq!(restored.len(), 40);
        for (k, &count) in (0_i32..).zip(&restored) {
            if (16..24).contains(&k) {
                assert_eq!(count, line(k), "protected sample {k}");
            } else if (3..13).contains(&k) || (27..37).contains(&k) {
                // Half a sample late, as the standard draws the lines.
                assert!(
                    (count - line(k)).abs() <= 7,
                    "sample {k}: {count} {}",
                    line(k)
                );
            }
        }
    }
}
