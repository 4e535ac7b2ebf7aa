//! Beats sorted by shape, and the representative beat of each shape.

use std::ops::Range;

use super::beats::{REFRACTORY, median, range};
use super::prepare::{Prepared, PreparedLead, RATE_HZ, is_whole, samples};

/// Samples before and after the alignment point that a representative beat spans.
pub(crate) const BEFORE: usize = samples(500);
pub(crate) const AFTER: usize = samples(800);
/// The part around it that decides on the shape.
const SHAPE_BEFORE: usize = samples(70);
const SHAPE_AFTER: usize = samples(110);
/// How far a detection may be off.
const LARGEST_SHIFT: i64 = samples(50) as i64;
/// A lead with so many times the height that a shape has there, and so many microvolts, is left out of the comparison: a
/// ventricular beat that is as large in one lead is another shape in the others, too.
const WILD: f64 = 3.0;
const WILD_UV: f64 = 3000.0;
/// Correlation over all leads from which two complexes have the same shape.
pub(super) const SAME_SHAPE: f64 = 0.88;

/// A beat of the tracing.
#[derive(Debug, Clone)]
pub(crate) struct AlignedBeat {
    /// Alignment point (close to the largest deflection), in samples.
    pub at: usize,
    /// Index of its class.
    pub class: usize,
    /// Correlation with the representative beat of its class.
    pub likeness: f64,
}

/// Beats of one shape.
pub(crate) struct BeatClass {
    /// How many beats have this shape.
    pub count: usize,
    /// Representative beat: one curve for each lead, [`BEFORE`] + [`AFTER`] samples, filtered for boundaries.
    pub narrow: Vec<Vec<f64>>,
    /// The same from the wide-band signal, for amplitudes.
    pub wide: Vec<Vec<f64>>,
    /// Root mean square by which single beats differ from it between waves, for each lead.
    pub noise: Vec<f64>,
    /// For each lead how many of the beats it could be averaged from: those in which nothing disturbs it.
    pub readable: Vec<usize>,
    /// The beats that were averaged, in one lead or another.
    pub averaged: Vec<usize>,
    /// Their alignment points, in samples of the tracing.
    pub places: Vec<usize>,
}

/// Sorts detections into classes and averages each. Class 0 is the dominant one: most beats, and of equals the
/// one whose beats come less early.
pub(crate) fn classify(
    prepared: &Prepared,
    detections: &[usize],
) -> (Vec<AlignedBeat>, Vec<BeatClass>) {
    let cuts = Cuts::new(prepared);
    let mut shapes: Vec<Shape> = Vec::new();
    let mut beats: Vec<AlignedBeat> = Vec::new();
    for pass in 0..2 {
        beats.clear();
        for &detection in detections {
            let kept = cuts.undisturbed(detection);
            let best = (0..shapes.len())
                .filter_map(|class| {
                    let shape = &shapes[class].curve;
                    let tame = cuts.tame(detection, shape, &kept);
                    cuts.best_alignment(detection, shape, &tame)
                        .map(|(at, likeness)| (class, at, likeness, tame))
                })
                .max_by(|a, b| a.2.total_cmp(&b.2));
            match best {
                Some((class, at, likeness, tame)) if likeness >= SAME_SHAPE => {
                    if pass == 0
                        && let Some(shape) = cuts.shape_at(at as i64)
                    {
                        shapes[class].add(&shape, &tame);
                    }
                    beats.push(AlignedBeat {
                        at,
                        class,
                        likeness,
                    });
                }
                _ => {
                    // A complex at the edge has no shape of its own to give.
                    let Some(shape) = cuts.shape_at(detection as i64) else {
                        continue;
                    };
                    shapes.push(Shape {
                        counts: kept.iter().map(|&kept| usize::from(kept)).collect(),
                        curve: shape,
                    });
                    beats.push(AlignedBeat {
                        at: detection,
                        class: shapes.len() - 1,
                        likeness: 1.0,
                    });
                }
            }
        }
    }
    apart(&mut beats);
    renumber(&mut beats, shapes.len());
    let count = beats.iter().map(|beat| beat.class + 1).max().unwrap_or(0);
    let classes = (0..count)
        .map(|class| average(prepared, &beats, class))
        .collect();
    (beats, classes)
}

/// Of two beats that alignment has brought nearer to each other than beats can be, the one like its shape stays.
fn apart(beats: &mut Vec<AlignedBeat>) {
    let mut kept: Vec<AlignedBeat> = Vec::with_capacity(beats.len());
    for beat in beats.drain(..) {
        match kept.last_mut() {
            Some(last) if beat.at < last.at + REFRACTORY => {
                if beat.likeness > last.likeness {
                    *last = beat;
                }
            }
            _ => kept.push(beat),
        }
    }
    *beats = kept;
}

/// Numbers classes by size; of equally large ones the less premature comes first.
fn renumber(beats: &mut [AlignedBeat], classes: usize) {
    let mut order: Vec<(usize, usize, f64)> = (0..classes)
        .map(|class| {
            let own: Vec<usize> = (0..beats.len())
                .filter(|&i| beats[i].class == class)
                .collect();
            let gaps: Vec<f64> = own
                .iter()
                .filter(|&&i| i > 0)
                .map(|&i| (beats[i].at - beats[i - 1].at) as f64)
                .collect();
            (class, own.len(), median(&gaps))
        })
        .filter(|&(_, count, _)| count > 0)
        .collect();
    order.sort_by(|a, b| b.1.cmp(&a.1).then(b.2.total_cmp(&a.2)));
    for beat in beats.iter_mut() {
        beat.class = order
            .iter()
            .position(|&(class, ..)| class == beat.class)
            .unwrap_or(0);
    }
}

/// The average complex of a shape, lead after lead.
struct Shape {
    curve: Vec<f64>,
    /// How many beats it was averaged from in each lead.
    counts: Vec<usize>,
}

impl Shape {
    fn add(&mut self, beat: &[f64], kept: &[bool]) {
        let (own, beat) = (
            self.curve.chunks_exact_mut(Cuts::LENGTH / 2),
            beat.chunks_exact(Cuts::LENGTH / 2),
        );
        let leads = own.zip(beat).zip(&mut self.counts).zip(kept);
        for (((own, beat), count), _) in leads.filter(|(_, kept)| **kept) {
            *count += 1;
            for (mean, value) in own.iter_mut().zip(beat) {
                *mean += (value - *mean) / *count as f64;
            }
        }
    }
}

/// Cuts complexes out of the leads.
struct Cuts<'a> {
    leads: Vec<&'a [f64]>,
    /// For each lead where something disturbs it, in seconds.
    lost_s: Vec<&'a [(f64, f64)]>,
    /// For each lead the sum of the samples before each index.
    sums: Vec<Vec<f64>>,
}

impl<'a> Cuts<'a> {
    const LENGTH: usize = SHAPE_BEFORE + SHAPE_AFTER;

    fn new(prepared: &'a Prepared) -> Self {
        let leads: Vec<&[f64]> = prepared.leads.iter().map(|lead| &*lead.narrow).collect();
        let running = |lead: &&[f64]| {
            let mut sum = 0.0;
            let after = lead.iter().map(|value| {
                sum += value;
                sum
            });
            std::iter::once(0.0).chain(after).collect()
        };
        let sums = leads.iter().map(running).collect();
        let lost_s = prepared.leads.iter().map(|lead| &*lead.lost_s).collect();
        Self {
            leads,
            lost_s,
            sums,
        }
    }

    /// For each lead whether nothing disturbs it around a detection; all of them where that is so of none.
    fn undisturbed(&self, detection: usize) -> Vec<bool> {
        let seconds = |index: i64| index as f64 / RATE_HZ;
        let at = detection as i64;
        let from_s = seconds(at - LARGEST_SHIFT - SHAPE_BEFORE as i64);
        let to_s = seconds(at + LARGEST_SHIFT + SHAPE_AFTER as i64);
        let kept = self.lost_s.iter().map(|lost| is_whole(lost, from_s, to_s));
        let kept: Vec<bool> = kept.collect();
        match kept.contains(&true) {
            true => kept,
            false => vec![true; kept.len()],
        }
    }

    /// Each lead's samples around `at` and their mean; `None` at the edges.
    fn around(&self, at: i64) -> Option<impl Iterator<Item = (&'a [f64], f64)>> {
        let from = usize::try_from(at - SHAPE_BEFORE as i64).ok()?;
        let to = from + Self::LENGTH;
        let inside = self.leads.iter().all(|lead| to <= lead.len());
        inside.then(|| {
            self.leads.iter().zip(&self.sums).map(move |(lead, sums)| {
                let mean = (sums[to] - sums[from]) / Self::LENGTH as f64;
                (&lead[from..to], mean)
            })
        })
    }

    /// Those of the `kept` leads that do not outdo a shape by so much that something else than a beat is seen in them; all
    /// of them if most do.
    fn tame(&self, detection: usize, reference: &[f64], kept: &[bool]) -> Vec<bool> {
        let from = detection.saturating_sub(SHAPE_BEFORE);
        let shapes = reference.chunks_exact(Self::LENGTH / 2);
        let tame: Vec<bool> = (self.leads.iter().zip(shapes).zip(kept))
            .map(|((lead, shape), &kept)| {
                let to = (detection + SHAPE_AFTER).min(lead.len());
                let height = range(lead.get(from..to).unwrap_or_default());
                kept && height <= (WILD * range(shape)).max(WILD_UV)
            })
            .collect();
        let count = |leads: &[bool]| leads.iter().filter(|lead| **lead).count();
        match 2 * count(&tame) > count(kept) {
            true => tame,
            false => kept.to_vec(),
        }
    }

    fn shape_at(&self, at: i64) -> Option<Vec<f64>> {
        let mut shape = Vec::with_capacity(self.leads.len() * Self::LENGTH / 2);
        for (part, mean) in self.around(at)? {
            shape.extend(part.iter().step_by(2).map(|value| value - mean));
        }
        Some(shape)
    }

    /// [`correlation`] of the shape at `at` with a reference whose squares add up to `energy`.
    fn likeness(&self, at: i64, reference: &[f64], energy: f64, kept: &[bool]) -> Option<f64> {
        // Four sums side by side: one would wait for itself.
        let (mut products, mut squares) = ([0.0; 4], [0.0; 4]);
        let pieces = reference.chunks_exact(Self::LENGTH / 2);
        let leads = self.around(at)?.zip(pieces).zip(kept);
        for (((part, mean), reference), _) in leads.filter(|(_, kept)| **kept) {
            let values = part.chunks_exact(2).map(|pair| pair[0] - mean);
            for (index, (value, expected)) in values.zip(reference).enumerate() {
                products[index % 4] += value * expected;
                squares[index % 4] += value * value;
            }
        }
        let sum = |parts: [f64; 4]| parts.iter().sum::<f64>();
        Some(of_sums(sum(products), sum(squares), energy))
    }

    /// Where near `detection` the tracing is most like `reference` in the leads that are `kept`, and how like.
    fn best_alignment(
        &self,
        detection: usize,
        reference: &[f64],
        kept: &[bool],
    ) -> Option<(usize, f64)> {
        let pieces = reference.chunks_exact(Self::LENGTH / 2).zip(kept);
        let pieces = pieces.filter(|(_, kept)| **kept);
        let energy = pieces.map(|(own, _)| own.iter().map(|value| value * value).sum::<f64>());
        let energy = energy.sum();
        let likeness =
            |shift: i64| self.likeness(detection as i64 + shift, reference, energy, kept);
        let coarse = (-LARGEST_SHIFT..=LARGEST_SHIFT)
            .step_by(5)
            .filter_map(|shift| likeness(shift).map(|value| (shift, value)))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        let fine = (coarse.0 - 4..=coarse.0 + 4)
            .filter_map(|shift| likeness(shift).map(|value| (shift, value)))
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        usize::try_from(detection as i64 + fine.0)
            .ok()
            .map(|at| (at, fine.1))
    }
}

/// Correlation that also falls when the sizes differ: 1 only for equal curves.
pub(super) fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (x, y) in a.iter().zip(b) {
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    of_sums(ab, aa, bb)
}

fn of_sums(ab: f64, aa: f64, bb: f64) -> f64 {
    if aa <= 0.0 || bb <= 0.0 {
        return 0.0;
    }
    let size = (aa.min(bb) / aa.max(bb)).sqrt();
    ab / (aa * bb).sqrt() * size.powf(0.2)
}

fn average(prepared: &Prepared, beats: &[AlignedBeat], class: usize) -> BeatClass {
    let own: Vec<usize> = (0..beats.len())
        .filter(|&index| beats[index].class == class)
        .collect();
    let whole = |index: &usize| {
        let at = beats[*index].at;
        at >= BEFORE && at + AFTER <= prepared.length
    };
    // Whole beats, without the fifth that is least like the others when there are enough.
    let mut averaged: Vec<usize> = own.iter().copied().filter(whole).collect();
    if averaged.is_empty() {
        averaged = own.clone();
    }
    averaged.sort_by(|&a, &b| beats[b].likeness.total_cmp(&beats[a].likeness));
    if averaged.len() >= 5 {
        averaged.truncate(averaged.len() - averaged.len() / 5);
    }
    averaged.sort_unstable();
    let places: Vec<usize> = averaged.iter().map(|&index| beats[index].at).collect();
    let mean = |signal: &[f64], of: &[usize]| {
        let mut sum = vec![0.0; BEFORE + AFTER];
        for &at in of {
            for (total, value) in sum.iter_mut().zip(cut(signal, at)) {
                *total += value / of.len() as f64;
            }
        }
        sum
    };
    let (mut narrow, mut wide, mut noise) = (Vec::new(), Vec::new(), Vec::new());
    let mut readable = Vec::new();
    for lead in &prepared.leads {
        let undisturbed = undisturbed(lead, &places);
        readable.push(undisturbed.len());
        let of = if undisturbed.is_empty() {
            &places
        } else {
            &undisturbed
        };
        let mean_narrow = mean(&lead.narrow, of);
        let quiet = BEFORE - samples(300)..BEFORE - samples(60);
        let squares: Vec<f64> = of
            .iter()
            .map(|&at| {
                let beat = cut(&lead.narrow, at);
                difference(&beat, &mean_narrow, quiet.clone()).powi(2)
            })
            .collect();
        noise.push(median(&squares).sqrt());
        narrow.push(mean_narrow);
        wide.push(mean(&lead.wide, of));
    }
    BeatClass {
        count: own.len(),
        narrow,
        wide,
        noise,
        readable,
        places,
        averaged,
    }
}

/// A stretch of the tracing around `at` as long as a representative beat; at its ends the last value goes on.
fn cut(signal: &[f64], at: usize) -> Vec<f64> {
    let (at, last) = (at as i64, signal.len() as i64 - 1);
    (at - BEFORE as i64..at + AFTER as i64)
        .map(|i| signal[i.clamp(0, last) as usize])
        .collect()
}

/// Root mean square by which two curves differ in a stretch, but for their level.
fn difference(a: &[f64], b: &[f64], stretch: Range<usize>) -> f64 {
    let (a, b) = (&a[stretch.clone()], &b[stretch]);
    let length = a.len() as f64;
    let apart = || a.iter().zip(b).map(|(a, b)| a - b);
    let offset = apart().sum::<f64>() / length;
    (apart().map(|d| (d - offset).powi(2)).sum::<f64>() / length).sqrt()
}

/// From P to T.
const WHOLE_BEAT: Range<usize> = BEFORE - samples(250)..BEFORE + samples(450);
/// A beat is disturbed in a lead when it differs there from the median of the beats by this multiple of what they usually
/// differ, by this share of their size, and by this many microvolts (root mean squares from P to T).
const UNLIKE_OTHERS: f64 = 5.0;
const UNLIKE_SHARE: f64 = 0.75;
const UNLIKE_UV: f64 = 30.0;
/// From so many beats on it can be told which are unlike the others, and so many are left.
const LEAST_BEATS: usize = 3;

/// Those of the beats at `places` that nothing disturbs in a lead.
fn undisturbed(lead: &PreparedLead, places: &[usize]) -> Vec<usize> {
    let seconds = |index: usize| index as f64 / RATE_HZ;
    let kept = |at: &usize| {
        let from_s = seconds((at + WHOLE_BEAT.start).saturating_sub(BEFORE));
        is_whole(&lead.lost_s, from_s, seconds(at + WHOLE_BEAT.end - BEFORE))
    };
    let there: Vec<usize> = places.iter().copied().filter(kept).collect();
    if there.len() <= LEAST_BEATS {
        return there;
    }
    let beats: Vec<Vec<f64>> = there.iter().map(|&at| cut(&lead.narrow, at)).collect();
    let typical: Vec<f64> = (0..BEFORE + AFTER)
        .map(|i| median(&beats.iter().map(|beat| beat[i]).collect::<Vec<_>>()))
        .collect();
    let apart: Vec<f64> = beats
        .iter()
        .map(|beat| difference(beat, &typical, WHOLE_BEAT))
        .collect();
    let size = difference(&typical, &vec![0.0; BEFORE + AFTER], WHOLE_BEAT);
    let limit = UNLIKE_OTHERS * median(&apart);
    let limit = limit.max(UNLIKE_SHARE * size).max(UNLIKE_UV);
    let alike: Vec<usize> = there
        .iter()
        .zip(&apart)
        .filter(|(_, apart)| **apart <= limit)
        .map(|(&at, _)| at)
        .collect();
    if alike.len() < LEAST_BEATS {
        there
    } else {
        alike
    }
}

impl BeatClass {
    /// The share of the leads in which the complex is that of another shape, at the shift at which most are.
    pub fn alike_in(&self, other: &Self) -> f64 {
        let centred = |curve: &[f64], from: usize| {
            let part = curve.get(from..from + SHAPE_BEFORE + SHAPE_AFTER)?;
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            Some(part.iter().map(|value| value - mean).collect::<Vec<f64>>())
        };
        let from = BEFORE - SHAPE_BEFORE;
        let alike = |shift: i64| {
            let moved = from.checked_add_signed(shift as isize)?;
            let pairs = self.narrow.iter().zip(&other.narrow);
            let same = pairs.filter(|(own, other)| {
                let curves = centred(own, moved).zip(centred(other, from));
                curves.is_some_and(|(own, other)| correlation(&own, &other) >= SAME_SHAPE)
            });
            Some(same.count())
        };
        let shifts = (-LARGEST_SHIFT..=LARGEST_SHIFT).step_by(2);
        let most = shifts.filter_map(alike).max().unwrap_or(0);
        most as f64 / self.narrow.len().max(1) as f64
    }

    /// The places of the leads in which fewer beats can be read than it takes to believe an average.
    pub fn unread(&self) -> Vec<usize> {
        let needed = LEAST_BEATS.min(self.averaged.len());
        (0..self.readable.len())
            .filter(|&lead| self.readable[lead] < needed)
            .collect()
    }
}
