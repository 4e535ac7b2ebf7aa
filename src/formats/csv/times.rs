//! What the times of a table say about its sampling rate.

use crate::ecg::{Warning, WarningCode};

/// Sampling rates that times without a unit may mean as seconds, and as fractions of one. They leave one reading for any
/// step, or none.
const AS_SECONDS_HZ: f64 = 5.0;
const AS_FRACTIONS_HZ: std::ops::RangeInclusive<f64> = 50.0..=5000.0;
const FRACTIONS: [(f64, &str); 3] = [
    (1e-3, "milliseconds"),
    (1e-6, "microseconds"),
    (1e-9, "nanoseconds"),
];

/// A column of times.
pub(super) struct Times {
    pub name: String,
    /// Seconds in one of its unit, where that is known.
    pub unit_s: Option<f64>,
    pub values: Vec<f64>,
}

/// How a column of times steps, in its own unit.
#[derive(Clone, Copy)]
struct Steps {
    step: f64,
    gap: Option<Gap>,
}

/// A jump in the time column.
#[derive(Clone, Copy)]
struct Gap {
    /// Row, counted from zero.
    row: usize,
    length: f64,
}

/// What the times of a table leave known.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Clock {
    /// Seconds from sample to sample.
    Step(f64),
    /// They rise, in a unit that is not known.
    Unclear,
    /// They do not rise.
    Broken,
}

/// Reads the step from the column of times that tells it best: one whose unit is stated, and that is even.
/// `line` is the line of a row.
pub(super) fn clock(
    columns: &[Times],
    line: impl Fn(usize) -> usize,
    warnings: &mut Vec<Warning>,
) -> Option<Clock> {
    let rising: Vec<(&Times, Steps)> = columns
        .iter()
        .filter_map(|times| Some((times, Steps::of(&times.values)?)))
        .collect();
    let rank = |(times, steps): &&(&Times, Steps)| (times.unit_s.is_none(), steps.gap.is_some());
    let Some((times, steps)) = rising.iter().min_by_key(rank) else {
        return (!columns.is_empty()).then_some(Clock::Broken);
    };
    let Some(unit_s) = times
        .unit_s
        .or_else(|| assumed_unit(times, steps.step, warnings))
    else {
        return Some(Clock::Unclear);
    };
    if let Some(gap) = steps.gap {
        warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!(
                "The time column jumps by {:.3} s at line {}; the samples are drawn without that gap.",
                gap.length * unit_s,
                line(gap.row)
            ),
        ));
    }
    Some(Clock::Step(steps.step * unit_s))
}

/// Seconds in the unit that alone makes a sampling rate of the step.
fn assumed_unit(times: &Times, step: f64, warnings: &mut Vec<Warning>) -> Option<f64> {
    if 1.0 / step >= AS_SECONDS_HZ {
        return Some(1.0);
    }
    // A step of one may count milliseconds, or samples.
    if step == 1.0 {
        return None;
    }
    let fits = |(unit_s, _): &&(f64, &str)| AS_FRACTIONS_HZ.contains(&(1.0 / (step * unit_s)));
    let (unit_s, name) = FRACTIONS.iter().find(fits)?;
    let rate = 1.0 / (step * unit_s);
    warnings.push(Warning::new(
        WarningCode::AssumedRate,
        format!(
            "The times in the column {} have no unit. As seconds they would be too far apart for an ECG, so {name} are \
             assumed, which makes {rate:.6} samples a second; every interval and rate depends on it.",
            times.name
        ),
    ));
    Some(*unit_s)
}

impl Steps {
    fn of(values: &[f64]) -> Option<Self> {
        let steps = || {
            let after = values.iter().skip(1);
            values
                .iter()
                .zip(after)
                .map(|(before, after)| after - before)
        };
        let mut sorted: Vec<f64> = steps().collect();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        if !(median > 0.0 && median.is_finite()) {
            return None;
        }
        let gap = steps()
            .enumerate()
            .filter(|(_, step)| step.is_nan() || (step - median).abs() > 0.5 * median)
            .map(|(before, length)| Gap {
                row: before + 1,
                length,
            })
            .max_by(|a, b| a.length.abs().total_cmp(&b.length.abs()));
        // The mean over an even column is finer than a step of rounded times.
        let even = steps().sum::<f64>() / sorted.len() as f64;
        let step = if gap.is_none() { even } else { median };
        Some(Self { step, gap })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(step: f64, unit_s: Option<f64>) -> (Option<Clock>, usize) {
        let times = Times {
            name: "t".into(),
            unit_s,
            values: (0..100).map(|at| f64::from(at) * step).collect(),
        };
        let mut warnings = Vec::new();
        (clock(&[times], |row| row, &mut warnings), warnings.len())
    }

    #[test]
    fn times_without_a_unit_are_seconds_or_the_one_fraction_that_fits_with_a_warning() {
        let close = |(clock, warnings): (Option<Clock>, usize), step_s: f64, told: usize| {
            matches!(clock, Some(Clock::Step(step)) if (step / step_s - 1.0).abs() < 1e-9)
                && warnings == told
        };
        assert!(close(read(0.004, None), 0.004, 0));
        assert!(close(read(4.0, None), 0.004, 1));
        assert!(close(read(2000.0, None), 0.002, 1));
        assert!(close(read(1e6, None), 0.001, 1));
        assert!(
            close(read(4.0, Some(1.0)), 4.0, 0),
            "what is stated is believed"
        );
        for step in [1.0, 0.5e9, 100.0] {
            assert!(read(step, None) == (Some(Clock::Unclear), 0), "{step}");
        }
        assert!(read(-1.0, None).0 == Some(Clock::Broken));
    }
}
