//! QRS detection over all leads together.

use super::classes::correlation;
use super::prepare::{Prepared, PreparedLead, RATE_HZ, is_whole, samples};
use crate::signal::butterworth::{Band, Padding, butterworth, filter_all_both_ways};

/// Two beats are at least this far apart (300 beats a minute).
pub(super) const REFRACTORY: usize = samples(200);

/// Curves over all leads at the working rate in which QRS complexes stand out.
pub(crate) struct Detector {
    /// Summed steepness between 5 and 30 Hz, smoothed over 80 ms: how much QRS is here.
    pub activity: Vec<f64>,
    /// Summed size in the same band: where its middle is.
    pub energy: Vec<f64>,
}

/// A deflection of less than this share of the next one's height that comes no more than a short PR interval before it is
/// its P wave (a paced complex is too slow to outdo it in steepness; the share was set on LUDB).
const P_SHARE: f64 = 0.3;
const LONGEST_PR: usize = samples(300);
/// One as far after a complex as its T wave is, and of less than these shares of its height and steepness, is that (the
/// beats of a shape of their own in CPSC2018, PTB-XL and CODE-15 that follow as closely have more of one or the other).
const T_AFTER: std::ops::Range<usize> = samples(180)..samples(520);
const T_HEIGHT: f64 = 0.7;
const T_STEEPNESS: f64 = 0.5;
/// A larger one is the T wave where the same follows complexes after which nothing else was found.
const LARGE_T_HEIGHT: f64 = 0.9;
const LARGE_T_STEEPNESS: f64 = 0.65;
/// One of less than these shares of the complexes around it is no complex wherever it lies: a P wave that is not conducted.
const WAVE_HEIGHT: f64 = 0.35;
const WAVE_STEEPNESS: f64 = 0.35;
/// So many detections before and after count as around it, and the complexes are among the largest quarter of them.
const AROUND: usize = 10;
/// Where most stretches hold no complex, as in standstill, the largest ones tell how high complexes are: what is typical
/// is at least this share of what one stretch in seven reaches.
const OF_LARGEST: f64 = 0.5;
const REACHED_BY: f64 = 1.0 / 7.0;

impl Detector {
    pub fn new(prepared: &Prepared) -> Option<Self> {
        let band = butterworth(2, Band::Between(6.0, 28.0), RATE_HZ)?;
        let length = prepared.length;
        let (mut steepness, mut energy) = (vec![0.0; length], vec![0.0; length]);
        let unquiet_s = prepared.unquiet_s();
        let narrow: Vec<&[f64]> = prepared.leads.iter().map(|lead| &*lead.narrow).collect();
        for filtered in filter_all_both_ways(&band, &narrow, Padding::Even(250)) {
            let swing = typical_swing(&filtered, &unquiet_s);
            if swing <= 0.0 {
                continue;
            }
            for index in 5..length.saturating_sub(5) {
                let slope = (filtered[index + 5] - filtered[index - 5]) / swing;
                // A single wild lead must not drown the others.
                steepness[index] += slope.abs().min(1.5);
                energy[index] += (filtered[index] / swing).powi(2).min(2.0);
            }
        }
        let mut activity = smooth(&steepness, samples(80));
        silence(&mut activity, &prepared.gaps_s);
        Some(Self {
            activity,
            energy: smooth(&energy, samples(30)),
        })
    }

    /// Middles of the QRS complexes, in samples.
    pub fn beats(&self, prepared: &Prepared) -> Vec<usize> {
        let candidates = self.candidates();
        let kept = without_weak(&self.activity, &candidates, &prepared.unquiet_s());
        let middles: Vec<usize> = kept.iter().map(|&peak| self.middle(peak)).collect();
        let scale = Scale::new(prepared);
        let found = without_other_waves(&scale, &middles);
        let others: Vec<usize> = candidates.iter().map(|&peak| self.middle(peak)).collect();
        search_back(&scale, &found, &others)
    }

    /// The middle of the complex around a peak of the activity.
    fn middle(&self, peak: usize) -> usize {
        let from = peak.saturating_sub(samples(60));
        let to = (peak + samples(60)).min(self.energy.len());
        (from..to)
            .max_by(|&a, &b| self.energy[a].total_cmp(&self.energy[b]))
            .unwrap_or(peak)
    }

    /// Local maxima of the activity, the higher one of any two within the refractory time.
    fn candidates(&self) -> Vec<usize> {
        let mut peaks: Vec<usize> = Vec::new();
        for index in 1..self.activity.len().saturating_sub(1) {
            let value = self.activity[index];
            if value <= self.activity[index - 1] || value < self.activity[index + 1] {
                continue;
            }
            match peaks.last_mut() {
                Some(last) if index - *last < REFRACTORY => {
                    if value > self.activity[*last] {
                        *last = index;
                    }
                }
                _ => peaks.push(index),
            }
        }
        peaks
    }
}

/// How large a deflection is, summed over the leads.
#[derive(Clone, Copy)]
struct Size {
    /// From top to bottom.
    height: f64,
    /// Its steepest 20 ms.
    steepness: f64,
}

impl Size {
    fn of_lead(values: &[f64]) -> Self {
        let steps = values.iter().zip(values.iter().skip(samples(20)));
        Self {
            height: range(values),
            steepness: steps.fold(0.0_f64, |most, (a, b)| most.max((b - a).abs())),
        }
    }

    fn is_below(self, height: f64, steepness: f64, of: Self) -> bool {
        self.height < height * of.height && self.steepness < steepness * of.steepness
    }
}

/// The leads in which deflections are sized.
struct Scale<'p> {
    prepared: &'p Prepared,
    /// For each lead what the typical second of it has.
    typical: Vec<Size>,
}

/// A lead counts at most so many times its typical size: a wild one must not drown the others.
const WILDEST: f64 = 2.0;

impl<'p> Scale<'p> {
    fn new(prepared: &'p Prepared) -> Self {
        let unquiet_s = prepared.unquiet_s();
        let typical = |lead: &PreparedLead| {
            let seconds = seconds_recorded(&lead.narrow, &unquiet_s).map(Size::of_lead);
            let (heights, steps): (Vec<f64>, Vec<f64>) =
                seconds.map(|size| (size.height, size.steepness)).unzip();
            Size {
                height: typical(&heights),
                steepness: typical(&steps),
            }
        };
        Self {
            prepared,
            typical: prepared.leads.iter().map(typical).collect(),
        }
    }

    /// How large what is around `middle` is.
    fn size(&self, middle: usize) -> Size {
        let around = |lead: &'p PreparedLead, reach: usize| {
            let to = (middle + reach).min(self.prepared.length);
            Size::of_lead(&lead.narrow[middle.saturating_sub(reach)..to])
        };
        let mut whole = Size {
            height: 0.0,
            steepness: 0.0,
        };
        for (lead, typical) in self.prepared.leads.iter().zip(&self.typical) {
            whole.height += around(lead, samples(60))
                .height
                .min(WILDEST * typical.height);
            let steepness = around(lead, samples(80)).steepness;
            whole.steepness += steepness.min(WILDEST * typical.steepness);
        }
        whole
    }
}

/// Leaves out what is a P or a T wave by its size and place.
fn without_other_waves(scale: &Scale<'_>, middles: &[usize]) -> Vec<usize> {
    let all: Vec<(usize, Size)> = middles
        .iter()
        .map(|&middle| (middle, scale.size(middle)))
        .collect();
    let largest = largest_of_all(&all, scale.prepared);
    let large = |index: usize| {
        let around = &all[index.saturating_sub(AROUND)..(index + AROUND + 1).min(all.len())];
        let of = |size: fn(&Size) -> f64| {
            let mut sizes: Vec<f64> = around.iter().map(|(_, own)| size(own)).collect();
            sizes.sort_by(f64::total_cmp);
            sizes.get(sizes.len() * 3 / 4).copied().unwrap_or(0.0)
        };
        Size {
            height: of(|size| size.height).max(largest.height),
            steepness: of(|size| size.steepness).max(largest.steepness),
        }
    };
    let complexes = (0..all.len())
        .filter(|&index| {
            !all[index]
                .1
                .is_below(WAVE_HEIGHT, WAVE_STEEPNESS, large(index))
        })
        .map(|index| all[index]);
    let mut kept: Vec<(usize, Size)> = Vec::new();
    for (middle, size) in complexes {
        let is_t = kept.last().is_some_and(|&(before, of)| {
            T_AFTER.contains(&(middle - before))
                && (size.is_below(T_HEIGHT, T_STEEPNESS, of)
                    || size.is_below(LARGE_T_HEIGHT, LARGE_T_STEEPNESS, of)
                        && follows_others_too(scale.prepared, middle, before, middles) >= SAME_WAVE)
        });
        if is_t {
            continue;
        }
        // What lies before a much larger one is its P wave.
        if let Some(&(before, own)) = kept.last()
            && middle - before <= LONGEST_PR
            && own.height < P_SHARE * size.height
        {
            kept.pop();
        }
        kept.push((middle, size));
    }
    kept.into_iter().map(|(middle, _)| middle).collect()
}

/// How large the complexes of the recording are, by its stretches with the largest deflections.
fn largest_of_all(all: &[(usize, Size)], prepared: &Prepared) -> Size {
    let unquiet_s = prepared.unquiet_s();
    let quiet = |middle: usize| {
        let at_s = middle as f64 / RATE_HZ;
        is_whole(&unquiet_s, at_s - 0.05, at_s + 0.05)
    };
    let of = |size: fn(&Size) -> f64| {
        let mut tops = vec![0.0_f64; prepared.length.div_ceil(STRETCH)];
        for (middle, own) in all.iter().filter(|(middle, _)| quiet(*middle)) {
            if let Some(top) = tops.get_mut(middle / STRETCH) {
                *top = top.max(size(own));
            }
        }
        reached(&tops)
    };
    Size {
        height: of(|size| size.height),
        steepness: of(|size| size.steepness),
    }
}

/// RR intervals this much longer than those around them are searched for a complex that is slow for its size, as an
/// ectopic one in few leads is (Pan & Tompkins 1985, IEEE Trans Biomed Eng 32:230, search from 1.66 on; an ectopic beat
/// early in its pause leaves less).
const LONG_RR: f64 = 1.3;
/// It has at least these shares of the height and steepness of its neighbours.
const FOUND_HEIGHT: f64 = 0.6;
const FOUND_STEEPNESS: f64 = 0.35;
/// From this likeness on it is what follows other beats at the same distance too: their T wave or next P wave.
const SAME_WAVE: f64 = 0.6;

fn search_back(scale: &Scale<'_>, found: &[usize], others: &[usize]) -> Vec<usize> {
    let mut all = found.to_vec();
    for (index, pair) in found.windows(2).enumerate() {
        let &[before, after] = pair else { continue };
        let around = &found[index.saturating_sub(5)..(index + 7).min(found.len())];
        let rr: Vec<f64> = around
            .windows(2)
            .map(|pair| (pair[1] - pair[0]) as f64)
            .collect();
        if ((after - before) as f64) < LONG_RR * median(&rr) {
            continue;
        }
        let of = [before, after].map(|beat| scale.size(beat));
        let sizes = others
            .iter()
            .filter(|&&other| other > before + REFRACTORY && other + REFRACTORY < after)
            .map(|&other| (other, scale.size(other)))
            .filter(|(other, size)| {
                of.iter().all(|of| {
                    size.height >= FOUND_HEIGHT * of.height
                        && size.steepness >= FOUND_STEEPNESS * of.steepness
                }) && follows_others_too(scale.prepared, *other, before, around) < SAME_WAVE
            });
        let largest = sizes.max_by(|a, b| a.1.height.total_cmp(&b.1.height));
        all.extend(largest.map(|(other, _)| other));
    }
    all.sort_unstable();
    all
}

/// The likeness of the stretch around `at`, which follows the beat at `before`, with what follows the beats around it at
/// the same distance: the median correlation over all leads. 0 where not two others are followed by so long a stretch.
fn follows_others_too(prepared: &Prepared, at: usize, before: usize, around: &[usize]) -> f64 {
    let half = samples(80);
    let cut = |middle: usize| {
        let range = middle.checked_sub(half)?..middle + half;
        let leads = prepared
            .leads
            .iter()
            .map(|lead| lead.narrow.get(range.clone()));
        let mut values = Vec::new();
        for part in leads {
            let part = part?;
            let mean = part.iter().sum::<f64>() / part.len() as f64;
            values.extend(part.iter().map(|value| value - mean));
        }
        Some(values)
    };
    let Some(own) = cut(at) else { return 0.0 };
    let lag = at - before;
    let alike: Vec<f64> = around
        .windows(2)
        .filter(|pair| pair[0] != before && pair[1] - pair[0] > lag + half)
        .filter_map(|pair| {
            [-20_isize, -10, 0, 10, 20]
                .into_iter()
                .filter_map(|shift| cut((pair[0] + lag).checked_add_signed(shift / 2)?))
                .map(|theirs| correlation(&own, &theirs))
                .max_by(f64::total_cmp)
        })
        .collect();
    if alike.len() < 2 { 0.0 } else { median(&alike) }
}

/// A peak counts from this share of the typical height of the complexes around it, and from this share of what the
/// highest of the recording have.
const SHARE: f64 = 0.35;
const SHARE_OF_HIGHEST: f64 = 0.2;
/// Stretches in which complexes are looked for.
const STRETCH: usize = samples(1500);

fn without_weak(activity: &[f64], candidates: &[usize], unquiet_s: &[(f64, f64)]) -> Vec<usize> {
    // Typical height: the median of the highest peak in each stretch, over 15 s around.
    let tops = |activity: &[f64]| -> Vec<f64> {
        let chunks = activity.chunks(STRETCH);
        chunks
            .map(|chunk| chunk.iter().fold(0.0_f64, |most, &value| most.max(value)))
            .collect()
    };
    let recorded = |tops: &[f64]| -> Vec<f64> {
        let tops = tops.iter().copied();
        tops.filter(|&top| top > 0.0).collect()
    };
    let mut quiet = activity.to_vec();
    silence(&mut quiet, unquiet_s);
    let least = SHARE_OF_HIGHEST * reached(&recorded(&tops(&quiet)));
    let tops = tops(activity);
    let typical = |index: usize| {
        let own = index / STRETCH;
        let from = own.saturating_sub(5);
        let to = (own + 6).min(tops.len());
        median(&recorded(&tops[from..to]))
    };
    candidates
        .iter()
        .copied()
        .filter(|&peak| {
            activity[peak] >= (SHARE * typical(peak)).max(least) && activity[peak] > 0.0
        })
        .collect()
}

/// What a gap does to the curve beside it: filters carry its noise over, and a complex there is cut off.
const BESIDE_GAP: usize = samples(100);

/// Takes away what lies in the gaps.
fn silence(curve: &mut [f64], gaps_s: &[(f64, f64)]) {
    let index = |time_s: f64| (time_s * RATE_HZ).round() as usize;
    for &(from_s, to_s) in gaps_s {
        let to = (index(to_s) + BESIDE_GAP).min(curve.len());
        let from = index(from_s).saturating_sub(BESIDE_GAP).min(to);
        curve[from..to].fill(0.0);
    }
}

/// The second-long stretches of a curve, but for those whose middle lies in a gap or where most leads are noisy.
fn seconds_recorded<'v>(
    values: &'v [f64],
    gaps_s: &[(f64, f64)],
) -> impl Iterator<Item = &'v [f64]> {
    let stretches = values.chunks(samples(1000)).enumerate();
    stretches
        .filter(|(second, _)| {
            let middle_s = *second as f64 + 0.5;
            let mut gaps = gaps_s.iter();
            !gaps.any(|&(from, to)| (from..to).contains(&middle_s))
        })
        .map(|(_, stretch)| stretch)
}

/// The typical one of the largest deviations of one-second stretches.
fn typical_swing(values: &[f64], gaps_s: &[(f64, f64)]) -> f64 {
    let swings: Vec<f64> = seconds_recorded(values, gaps_s)
        .map(|chunk| {
            chunk
                .iter()
                .fold(0.0_f64, |most, value| most.max(value.abs()))
        })
        .collect();
    typical(&swings)
}

/// The median of the sizes of stretches, or what the complexes let expect where most stretches hold none.
fn typical(sizes: &[f64]) -> f64 {
    median(sizes).max(OF_LARGEST * reached(sizes))
}

/// What one size in seven reaches; of few sizes the largest.
fn reached(sizes: &[f64]) -> f64 {
    let mut sorted = sizes.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    let place = ((1.0 - REACHED_BY) * last).round() as usize;
    sorted.get(place).copied().unwrap_or(0.0)
}

/// From lowest to highest.
pub(super) fn range(values: &[f64]) -> f64 {
    let ends = (f64::INFINITY, f64::NEG_INFINITY);
    let (low, high) = values.iter().fold(ends, |(low, high), &value| {
        (low.min(value), high.max(value))
    });
    (high - low).max(0.0)
}

pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        count if count % 2 == 1 => sorted[middle],
        _ => (sorted[middle - 1] + sorted[middle]) / 2.0,
    }
}

pub(crate) fn smooth(values: &[f64], width: usize) -> Vec<f64> {
    crate::signal::activity::moving_average(values, width)
}
