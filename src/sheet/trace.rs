//! From samples to points on the paper.

use super::Point;
use crate::ecg::Lead;

/// Largest distance in mm by which a simplified trace may miss a sample: an eighth of its line width,
/// 4 microvolts at 10 mm/mV.
const TOLERANCE: f32 = 0.04;
/// Samples per mm beyond which a trace is simplified.
const DENSE: f64 = 8.0;
/// Samples per mm beyond which one column of the next constant holds five or more.
const VERY_DENSE: f64 = 50.0;
/// Width in mm of the columns that keep only first, least, greatest and last sample of very dense leads.
const COLUMN: f32 = 0.1;
/// Farther than this from the page nothing is drawn; keeps absurd values within every painter's numbers.
const FAR: f64 = 2000.0;

/// How one lead is put on the paper.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    /// Left edge in mm, where `start_s` stands.
    pub x: f32,
    pub start_s: f64,
    pub end_s: f64,
    pub mm_per_s: f32,
    /// Height of the zero line in mm.
    pub zero_y: f32,
    /// Millimetres per value of the lead (microvolt); negative draws it upside down.
    pub mm_per_value: f64,
    /// Value that stands on the zero line.
    pub offset: f64,
}

impl Scale {
    /// Where the sample nearest to a time stands; `None` where there is none.
    pub fn place(&self, lead: &Lead, at_s: f64) -> Option<Point> {
        let index = (at_s * lead.sampling_rate_hz).round();
        if !(0.0..lead.samples.len() as f64).contains(&index) {
            return None;
        }
        let value = lead.samples.get(index as usize).filter(|v| v.is_finite())?;
        let up = ((value - self.offset) * self.mm_per_value).clamp(-FAR, FAR);
        Some(Point {
            x: self.x + ((at_s - self.start_s) * f64::from(self.mm_per_s)) as f32,
            y: self.zero_y - up as f32,
        })
    }
}

/// The unbroken stretches of a lead between the scale's times. A missing sample breaks the line.
pub(super) fn polylines(lead: &Lead, scale: &Scale) -> Vec<Vec<Point>> {
    let rate = lead.sampling_rate_hz;
    let Some((first, last)) = window(lead, scale.start_s, scale.end_s) else {
        return Vec::new();
    };
    let samples_per_mm = rate / f64::from(scale.mm_per_s);
    let mut lines = Vec::new();
    let mut line: Vec<Point> = Vec::new();
    for index in first..=last {
        let value = lead.samples.get(index).unwrap_or(f64::NAN);
        if value.is_finite() {
            let time = index as f64 / rate - scale.start_s;
            let up = ((value - scale.offset) * scale.mm_per_value).clamp(-FAR, FAR);
            line.push(Point {
                x: scale.x + (time * f64::from(scale.mm_per_s)) as f32,
                y: scale.zero_y - up as f32,
            });
        } else if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    for line in &mut lines {
        if samples_per_mm > VERY_DENSE {
            *line = extremes(line);
        }
        if samples_per_mm > DENSE {
            *line = simplified(line);
        }
        if let [only] = line[..] {
            // A lone sample between gaps is still data: a dash as long as it lasts.
            let half = (0.5 * f64::from(scale.mm_per_s) / rate).min(0.25) as f32;
            *line = vec![
                Point {
                    x: only.x - half,
                    ..only
                },
                Point {
                    x: only.x + half,
                    ..only
                },
            ];
        }
    }
    lines
}

/// First and last index of the samples from `start_s` to `end_s`, both included.
pub(super) fn window(lead: &Lead, start_s: f64, end_s: f64) -> Option<(usize, usize)> {
    let rate = lead.sampling_rate_hz;
    let valid = rate.is_finite() && rate > 0.0 && start_s.is_finite() && end_s > start_s;
    if !valid || lead.samples.is_empty() {
        return None;
    }
    // Rounding noise in `time * rate` must not drop the sample that stands on the edge.
    let first = (start_s * rate - 1e-6).ceil().max(0.0) as usize;
    let last = ((end_s * rate + 1e-6).floor().max(0.0) as usize).min(lead.samples.len() - 1);
    (first <= last).then_some((first, last))
}

/// Keeps first, least, greatest and last point of every [`COLUMN`]: no peak is lost.
fn extremes(line: &[Point]) -> Vec<Point> {
    let mut kept = Vec::with_capacity(line.len() / 2);
    for column in line.chunk_by(|a, b| (a.x / COLUMN).floor() == (b.x / COLUMN).floor()) {
        let by_height = |a: &usize, b: &usize| column[*a].y.total_cmp(&column[*b].y);
        let mut indices = vec![0, column.len() - 1];
        indices.extend((0..column.len()).min_by(by_height));
        indices.extend((0..column.len()).max_by(by_height));
        indices.sort_unstable();
        indices.dedup();
        kept.extend(indices.into_iter().map(|index| column[index]));
    }
    kept
}

/// Leaves out points that the line through the others misses by no more than [`TOLERANCE`]
/// (the swinging-door algorithm, with samples as its corners).
fn simplified(line: &[Point]) -> Vec<Point> {
    let [first, rest @ ..] = line else {
        return Vec::new();
    };
    let mut kept = vec![*first];
    let (mut anchor, mut previous) = (*first, *first);
    let (mut low, mut high) = (f32::NEG_INFINITY, f32::INFINITY);
    for &point in rest {
        let slope = |y: f32, from: Point| (y - from.y) / (point.x - from.x).max(1e-6);
        if slope(point.y, anchor) < low || slope(point.y, anchor) > high {
            kept.push(previous);
            anchor = previous;
            (low, high) = (f32::NEG_INFINITY, f32::INFINITY);
        }
        low = low.max(slope(point.y - TOLERANCE, anchor));
        high = high.min(slope(point.y + TOLERANCE, anchor));
        previous = point;
    }
    if line.len() > 1 {
        kept.push(previous);
    }
    kept
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::ecg::{LeadName, LeadOrigin, Samples, Unit};

    fn lead(rate: f64, values: Vec<f64>) -> Lead {
        Lead {
            name: LeadName::II,
            unit: Unit::Microvolt,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate,
            samples: Samples::from_microvolts(values),
        }
    }

    fn scale() -> Scale {
        Scale {
            x: 0.0,
            start_s: 0.0,
            end_s: 10.0,
            mm_per_s: 25.0,
            zero_y: 0.0,
            mm_per_value: 0.01,
            offset: 0.0,
        }
    }

    /// Height of a line at a place, by interpolation.
    fn height(line: &[Point], x: f32) -> f32 {
        let after = line
            .iter()
            .position(|point| point.x >= x)
            .expect("inside the line");
        let (a, b) = (line[after.saturating_sub(1)], line[after]);
        if b.x - a.x < 1e-6 {
            b.y
        } else {
            a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x)
        }
    }

    #[test]
    fn a_simplified_trace_misses_no_sample_by_a_third_of_its_width() {
        for rate in [250.0, 500.0, 1000.0, 4000.0] {
            let wave =
                |t: f64| 900.0 * (-((t % 0.8 - 0.4) / 0.02).powi(2)).exp() + 40.0 * (9.0 * t).sin();
            let values: Vec<f64> = (0..(10.0 * rate) as usize)
                .map(|i| wave(i as f64 / rate))
                .collect();
            let lines = polylines(&lead(rate, values.clone()), &scale());
            assert_eq!(lines.len(), 1);
            assert!(
                (lines[0].len() as f32) < 8.0 * 250.0,
                "{} points",
                lines[0].len()
            );
            for (index, value) in values.iter().enumerate() {
                let x = (index as f64 / rate * 25.0) as f32;
                let error = (height(&lines[0], x) + (value * 0.01) as f32).abs();
                assert!(error <= 0.1, "{rate} Hz, sample {index}: {error} mm");
            }
        }
    }

    #[test]
    fn a_spike_of_one_sample_survives_at_ten_kilohertz() {
        let mut values = vec![0.0; 100_000];
        values[31_234] = 1500.0;
        let lines = polylines(&lead(10_000.0, values), &scale());
        let top = lines[0].iter().map(|point| point.y).fold(0.0, f32::min);
        assert!((top + 15.0).abs() < 1e-3, "{top}");
    }

    #[test]
    fn missing_samples_are_a_gap() {
        let mut values = vec![0.0; 1000];
        values[300..400].fill(f64::NAN);
        let lines = polylines(&lead(100.0, values), &scale());
        assert_eq!(lines.len(), 2);
        assert!((lines[0].last().unwrap().x - 74.75).abs() < 1e-3);
        assert!((lines[1][0].x - 100.0).abs() < 1e-3);
    }
}
