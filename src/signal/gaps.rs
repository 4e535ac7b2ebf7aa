//! Missing samples: bridged while a filter runs, and put back as gaps afterwards.

/// Runs `process` on the samples with every gap (`NaN`) bridged by a straight line, or by the nearest
/// value at an end, and marks the gaps again in its result, which must be as long as its input.
/// All-missing input comes back as it is.
pub(crate) fn keeping_gaps(samples: &[f64], process: impl FnOnce(&[f64]) -> Vec<f64>) -> Vec<f64> {
    if samples.iter().all(|value| value.is_finite()) {
        return process(samples);
    }
    let Some(bridged) = bridge(samples) else {
        return samples.to_vec();
    };
    let mut result = process(&bridged);
    for (value, original) in result.iter_mut().zip(samples) {
        if !original.is_finite() {
            *value = f64::NAN;
        }
    }
    result
}

/// The samples with every gap bridged by a straight line; `None` when nothing is there.
pub(crate) fn bridge(samples: &[f64]) -> Option<Vec<f64>> {
    let mut bridged = samples.to_vec();
    if !samples.is_empty() && samples.iter().all(|value| value.is_finite()) {
        return Some(bridged);
    }
    let mut last: Option<(usize, f64)> = None;
    for (index, &value) in samples.iter().enumerate() {
        if !value.is_finite() {
            continue;
        }
        let (from, start) = last.unwrap_or((0, value));
        let first_missing = if last.is_some() { from + 1 } else { 0 };
        let span = (index - from).max(1) as f64;
        for (offset, slot) in bridged
            .iter_mut()
            .enumerate()
            .take(index)
            .skip(first_missing)
        {
            *slot = start + (value - start) * (offset - from) as f64 / span;
        }
        last = Some((index, value));
    }
    let (from, value) = last?;
    for slot in bridged.iter_mut().skip(from + 1) {
        *slot = value;
    }
    Some(bridged)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_bridged_by_a_straight_line_and_comes_back_as_a_gap() {
        let nan = f64::NAN;
        assert_eq!(
            bridge(&[nan, 1.0, nan, nan, 4.0, nan]),
            Some(vec![1.0, 1.0, 2.0, 3.0, 4.0, 4.0])
        );
        assert_eq!(bridge(&[nan, nan]), None);
        let doubled = keeping_gaps(&[1.0, nan, 3.0], |x| x.iter().map(|v| 2.0 * v).collect());
        assert_eq!((doubled[0], doubled[2]), (2.0, 6.0));
        assert!(doubled[1].is_nan());
    }
}
