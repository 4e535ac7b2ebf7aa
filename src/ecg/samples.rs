use serde::{Deserialize, Serialize};

/// What one physical unit of a channel is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Volts; values are handed out in microvolts.
    Microvolt,
    /// `NU`: the amplitude was normalised away, so no voltage can be read off.
    Normalised,
    /// Some other physical quantity, under the file's own name for it.
    Other(String),
}

impl Unit {
    /// The unit in which values are handed out: of what is no voltage, thousandths of its own.
    pub fn of_values(&self) -> String {
        match self {
            Self::Microvolt => "uV".to_owned(),
            Self::Normalised => "1e-3 NU".to_owned(),
            // No unit is stated.
            Self::Other(name) if name.is_empty() => "as stored".to_owned(),
            Self::Other(name) => format!("1e-3 {name}"),
        }
    }

    /// How many of the values handed out make one unit, which is a microvolt for voltages.
    pub fn values_per_unit(&self) -> f64 {
        match self {
            Self::Microvolt => 1.0,
            Self::Other(name) if name.is_empty() => 1.0,
            Self::Normalised | Self::Other(_) => 1000.0,
        }
    }

    /// Whether values are voltages.
    pub fn is_voltage(&self) -> bool {
        *self == Self::Microvolt
    }
}

/// Stored sample values, exactly as the file holds them.
#[derive(Debug, Clone, PartialEq)]
pub enum Counts {
    I16(Vec<i16>),
    I32(Vec<i32>),
    F64(Vec<f64>),
}

/// The samples of one lead: stored counts and how they become microvolts.
///
/// Keeping the counts makes a round trip through another file exact. A value is
/// `(count - baseline) / counts_per_unit * unit_scale`: microvolts for a voltage, and thousandths of
/// the channel's own unit otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    counts: Counts,
    /// Counts for one physical unit (for WFDB the header's gain).
    pub counts_per_unit: f64,
    /// Count that means zero.
    pub baseline: f64,
    /// Microvolts in one physical unit: 1000 for millivolts (and for anything that is no voltage).
    pub unit_scale: f64,
    /// The count that marks a missing value.
    pub missing: Option<i32>,
}

impl Samples {
    /// Counts with their calibration; see the type for the formula.
    pub fn from_counts(
        counts: Counts,
        counts_per_unit: f64,
        baseline: f64,
        unit_scale: f64,
        missing: Option<i32>,
    ) -> Self {
        Self {
            counts,
            counts_per_unit,
            baseline,
            unit_scale,
            missing,
        }
    }

    /// Values that already are microvolts; `NaN` marks a missing one.
    pub fn from_microvolts(values: Vec<f64>) -> Self {
        Self::from_counts(Counts::F64(values), 1.0, 0.0, 1.0, None)
    }

    /// The stored counts.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The samples of a stretch with the same calibration; what lies past the end is left out.
    pub fn part(&self, range: std::ops::Range<usize>) -> Self {
        let to = range.end.min(self.len());
        let range = range.start.min(to)..to;
        let counts = match &self.counts {
            Counts::I16(counts) => Counts::I16(counts[range].to_vec()),
            Counts::I32(counts) => Counts::I32(counts[range].to_vec()),
            Counts::F64(counts) => Counts::F64(counts[range].to_vec()),
        };
        Self { counts, ..*self }
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        match &self.counts {
            Counts::I16(counts) => counts.len(),
            Counts::I32(counts) => counts.len(),
            Counts::F64(counts) => counts.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `index` in microvolts; `None` past the end, `NaN` where missing.
    pub fn get(&self, index: usize) -> Option<f64> {
        match &self.counts {
            Counts::I16(counts) => counts
                .get(index)
                .map(|&count| self.integer(i32::from(count))),
            Counts::I32(counts) => counts.get(index).map(|&count| self.integer(count)),
            Counts::F64(counts) => counts.get(index).map(|&count| self.convert(count)),
        }
    }

    /// All values in microvolts, `NaN` where missing.
    pub fn microvolts(&self) -> Vec<f64> {
        match &self.counts {
            Counts::I16(counts) => self.all(counts, i32::from),
            Counts::I32(counts) => self.all(counts, |count| count),
            Counts::F64(counts) => counts.iter().map(|&count| self.convert(count)).collect(),
        }
    }

    /// All values of integers. What is the same for all of them is asked once: this is most of the time of opening a file.
    fn all<T: Copy>(&self, counts: &[T], integer: impl Fn(T) -> i32) -> Vec<f64> {
        let counts = counts.iter().map(|&count| integer(count));
        match self.missing {
            Some(_) => counts.map(|count| self.integer(count)).collect(),
            // A division by one changes nothing and takes longest.
            None if self.counts_per_unit == 1.0 => counts
                .map(|count| (f64::from(count) - self.baseline) * self.unit_scale)
                .collect(),
            None => counts.map(|count| self.convert(f64::from(count))).collect(),
        }
    }

    /// The values in microvolts one after the other, `NaN` where missing, without holding them all.
    pub fn each(&self, mut see: impl FnMut(f64)) {
        match &self.counts {
            Counts::I16(counts) => counts
                .iter()
                .for_each(|&count| see(self.integer(i32::from(count)))),
            Counts::I32(counts) => counts.iter().for_each(|&count| see(self.integer(count))),
            Counts::F64(counts) => counts.iter().for_each(|&count| see(self.convert(count))),
        }
    }

    fn integer(&self, count: i32) -> f64 {
        if self.missing == Some(count) {
            return f64::NAN;
        }
        self.convert(f64::from(count))
    }

    fn convert(&self, count: f64) -> f64 {
        (count - self.baseline) / self.counts_per_unit * self.unit_scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_become_microvolts_and_the_missing_mark_becomes_nan() {
        let samples = Samples::from_counts(
            Counts::I16(vec![1034, 1024, i16::MIN]),
            200.0,
            1024.0,
            1000.0,
            Some(i32::from(i16::MIN)),
        );
        assert_eq!(samples.get(0), Some(50.0));
        assert_eq!(samples.get(1), Some(0.0));
        assert!(samples.get(2).is_some_and(f64::is_nan));
        assert_eq!(samples.get(3), None);
        assert_eq!(samples.microvolts().len(), 3);
        assert_eq!(samples.part(1..9).microvolts().len(), 2);
        assert_eq!(samples.part(0..1).get(0), Some(50.0));
        assert!(samples.part(5..9).is_empty());
    }
}
