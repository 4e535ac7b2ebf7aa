//! Which axis of an array counts its records, which its leads and which its samples.

use super::Error;

/// Most leads that an array is taken to hold.
const MOST_LEADS: usize = 32;
/// The twelve standard leads, the posterior and some right-sided ones: more are seldom recorded at once.
const USUALLY_MOST_LEADS: usize = 18;
/// Fewer samples are no tracing where the axes can be read in another way.
const FEWEST_SAMPLES: usize = 64;
/// Enough values to tell whether an array only rises.
const START: usize = 1000;

/// An axis of an array, `None` for one it does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    pub index: Option<usize>,
    pub size: usize,
}

const NO_AXIS: Axis = Axis {
    index: None,
    size: 1,
};

/// What each axis holds; all others have the size one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    pub records: Axis,
    pub leads: Axis,
    pub samples: Axis,
}

impl Layout {
    /// Samples; leads by samples or the other way round; or records of those. MATLAB's habit of counting the records
    /// along the last axis is seen where the first reading gives no tracing.
    ///
    /// # Errors
    /// When no reading gives one.
    pub(super) fn of(shape: &[usize]) -> Result<Self, Error> {
        let axes = shape.iter().enumerate().map(|(index, &size)| Axis {
            index: Some(index),
            size,
        });
        let mut axes: Vec<Axis> = axes.skip_while(|axis| axis.size == 1).collect();
        if axes.len() > 3 {
            axes.retain(|axis| axis.size != 1);
        }
        match *axes.as_slice() {
            [samples] => Ok(Self {
                records: NO_AXIS,
                leads: NO_AXIS,
                samples,
            }),
            [a, b] => Self::plane(NO_AXIS, a, b),
            // The one channel of networks for images.
            [a, b, last] if last.size == 1 && (a.size == 12 || b.size <= USUALLY_MOST_LEADS) => {
                Self::plane(NO_AXIS, a, b)
            }
            [a, b, c] => {
                let usual = Self::plane(a, b, c);
                if usual.as_ref().is_ok_and(Self::is_long) {
                    return usual;
                }
                let matlab = [Self::plane(c, a, b), usual.clone()];
                let long = matlab
                    .into_iter()
                    .flatten()
                    .find(|layout| layout.is_long() && layout.leads.size <= USUALLY_MOST_LEADS);
                long.map_or(usual, Ok)
            }
            _ => Err(Error::unsupported(format!(
                "an array of shape {shape:?} is no tracing"
            ))),
        }
    }

    /// The longer axis holds the samples.
    fn plane(records: Axis, a: Axis, b: Axis) -> Result<Self, Error> {
        if a.size == b.size {
            return Err(Error::unsupported(format!(
                "the array is {} by {}: leads and samples cannot be told apart",
                a.size, b.size
            )));
        }
        let (leads, samples) = if a.size < b.size { (a, b) } else { (b, a) };
        if leads.size > MOST_LEADS {
            return Err(Error::unsupported(format!(
                "{} rows of {} numbers are no tracing",
                leads.size, samples.size
            )));
        }
        Ok(Self {
            records,
            leads,
            samples,
        })
    }

    fn is_long(&self) -> bool {
        self.samples.size >= FEWEST_SAMPLES
    }

    /// Whether it is one lead of one record.
    pub(super) fn is_single(&self) -> bool {
        self.records.size == 1 && self.leads.size == 1
    }

    /// Of its samples only the first, which tell a time axis from a tracing.
    pub(super) fn start(&self) -> Self {
        let mut start = self.clone();
        start.samples.size = start.samples.size.min(START);
        start
    }

    /// Values of one record, `[leads][samples]`, of which `value` is asked by its offset. An infinite value is as
    /// little a sample as a missing one.
    pub(super) fn channels(
        &self,
        strides: &[usize],
        record: usize,
        value: impl Fn(usize) -> Option<f64>,
    ) -> Vec<Vec<f64>> {
        let stride = |axis: Axis| axis.index.and_then(|index| strides.get(index)).copied();
        let (records, leads, samples) = (
            stride(self.records).unwrap_or(0),
            stride(self.leads).unwrap_or(0),
            stride(self.samples).unwrap_or(0),
        );
        let sample = |at| value(at).filter(|value| value.is_finite());
        (0..self.leads.size)
            .map(|lead| {
                let start = record * records + lead * leads;
                let at = (0..self.samples.size).map(|index| start + index * samples);
                at.map(|at| sample(at).unwrap_or(f64::NAN)).collect()
            })
            .collect()
    }
}

/// Number of elements of a shape, `None` where it is none that a file of `most` elements could hold.
pub(super) fn elements(shape: &[usize], most: usize) -> Option<usize> {
    let count = shape
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))?;
    (count > 0 && count <= most).then_some(count)
}

/// How far apart neighbours along each axis lie, the last one fastest (or the first: column-major).
pub(super) fn strides(shape: &[usize], column_major: bool) -> Vec<usize> {
    let mut strides = vec![0; shape.len()];
    let mut next = 1_usize;
    let mut set = |(stride, &size): (&mut usize, &usize)| {
        *stride = next;
        next = next.saturating_mul(size);
    };
    let pairs = strides.iter_mut().zip(shape);
    if column_major {
        pairs.for_each(&mut set);
    } else {
        pairs.rev().for_each(&mut set);
    }
    strides
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_axes_are_told_apart_by_their_sizes() {
        // Shape, then the number of records, leads and samples.
        for (shape, sizes) in [
            (&[5000][..], [1, 1, 5000]),
            (&[12, 5000], [1, 12, 5000]),
            (&[5000, 12], [1, 12, 5000]),
            (&[1, 12, 5000], [1, 12, 5000]),
            (&[12, 5000, 1], [1, 12, 5000]),
            (&[5000, 12, 1], [1, 12, 5000]),
            (&[7, 12, 5000], [7, 12, 5000]),
            (&[20_000, 4096, 12], [20_000, 12, 4096]),
            (&[7, 12, 5000, 1], [7, 12, 5000]),
            (&[7, 5000, 1], [7, 1, 5000]),
            (&[5000, 12, 2], [2, 12, 5000]),
            (&[12, 5000, 100], [100, 12, 5000]),
            (&[3, 2, 4], [3, 2, 4]),
        ] {
            let layout = Layout::of(shape).unwrap();
            let own = [layout.records, layout.leads, layout.samples].map(|axis| axis.size);
            assert_eq!(own, sizes, "{shape:?}");
        }
        for shape in [&[300, 300][..], &[100, 5000], &[1, 1], &[2, 2, 12, 5000]] {
            assert!(Layout::of(shape).is_err(), "{shape:?}");
        }
    }

    #[test]
    fn both_orders_of_storing_give_the_same_channels() {
        let shape = [2, 3];
        let layout = Layout::of(&shape).unwrap();
        let rows = [1.0, 2.0, 3.0, 4.0, 5.0, f64::INFINITY];
        let columns = [1.0, 4.0, 2.0, 5.0, 3.0, f64::INFINITY];
        for (values, column_major) in [(rows, false), (columns, true)] {
            let strides = strides(&shape, column_major);
            let channels = layout.channels(&strides, 0, |at| values.get(at).copied());
            assert_eq!(channels.first().unwrap(), &[1.0, 2.0, 3.0]);
            assert!(channels.get(1).unwrap().get(2).unwrap().is_nan());
        }
    }
}
