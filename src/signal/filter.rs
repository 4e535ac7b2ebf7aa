//! The filters of an electrocardiograph: what they are called on the page and what they do.
//!
//! All run forwards and backwards, so no wave is delayed (AHA/ACC/HRS 2007, Kligfield et al.,
//! Circulation 115:1306: a zero-phase low cut up to 0.67 Hz leaves ST in place).

use serde::{Deserialize, Serialize};

use super::butterworth::{
    Band, Padding, Section, butterworth, filter_all_both_ways, filter_both_ways,
};
use super::gaps::keeping_gaps;
use super::mains;
use crate::ecg::{Recording, Samples};

/// Lower edge of the bandwidth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum LowCut {
    #[serde(rename = "0.05")]
    Hz0_05,
    #[serde(rename = "0.15")]
    Hz0_15,
    #[serde(rename = "0.5")]
    Hz0_5,
    #[serde(rename = "0.67")]
    Hz0_67,
}

impl LowCut {
    /// Every choice, ascending.
    pub const ALL: [Self; 4] = [Self::Hz0_05, Self::Hz0_15, Self::Hz0_5, Self::Hz0_67];

    /// The -3 dB frequency in hertz.
    pub fn hz(self) -> f64 {
        match self {
            Self::Hz0_05 => 0.05,
            Self::Hz0_15 => 0.15,
            Self::Hz0_5 => 0.5,
            Self::Hz0_67 => 0.67,
        }
    }
}

/// Upper edge of the bandwidth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum HighCut {
    #[serde(rename = "40")]
    Hz40,
    #[serde(rename = "100")]
    Hz100,
    #[serde(rename = "150")]
    Hz150,
}

impl HighCut {
    /// Every choice, ascending.
    pub const ALL: [Self; 3] = [Self::Hz40, Self::Hz100, Self::Hz150];

    /// The -3 dB frequency in hertz.
    pub fn hz(self) -> f64 {
        match self {
            Self::Hz40 => 40.0,
            Self::Hz100 => 100.0,
            Self::Hz150 => 150.0,
        }
    }
}

/// Frequency of the power line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Mains {
    #[serde(rename = "50")]
    Hz50,
    #[serde(rename = "60")]
    Hz60,
}

impl Mains {
    /// Both choices.
    pub const ALL: [Self; 2] = [Self::Hz50, Self::Hz60];

    /// Its frequency in hertz.
    pub fn hz(self) -> f64 {
        match self {
            Self::Hz50 => 50.0,
            Self::Hz60 => 60.0,
        }
    }
}

/// Which hum is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum MainsFilter {
    /// The one that is found in the tracing, if any.
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "50")]
    Hz50,
    #[serde(rename = "60")]
    Hz60,
}

impl From<Mains> for MainsFilter {
    fn from(mains: Mains) -> Self {
        match mains {
            Mains::Hz50 => Self::Hz50,
            Mains::Hz60 => Self::Hz60,
        }
    }
}

impl MainsFilter {
    /// The frequency; `None` while it has not been looked for.
    fn line(self) -> Option<Mains> {
        match self {
            Self::Auto => None,
            Self::Hz50 => Some(Mains::Hz50),
            Self::Hz60 => Some(Mains::Hz60),
        }
    }
}

/// Which filters shape what is drawn. The default is the diagnostic bandwidth, 0.05-150 Hz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterSettings {
    /// Removes baseline wander below this.
    pub low_cut: Option<LowCut>,
    /// Removes muscle noise above this; 40 Hz also lowers R waves.
    pub high_cut: Option<HighCut>,
    /// Removes the hum of the power line, following its amplitude and phase.
    pub mains: Option<MainsFilter>,
}

impl Default for FilterSettings {
    fn default() -> Self {
        Self {
            low_cut: Some(LowCut::Hz0_05),
            high_cut: Some(HighCut::Hz150),
            mains: None,
        }
    }
}

/// Order of the low cut and the high cut in each direction.
const ORDER: usize = 2;

impl FilterSettings {
    /// No filter at all: the tracing as stored.
    pub const OFF: Self = Self {
        low_cut: None,
        high_cut: None,
        mains: None,
    };

    /// What is named on the page, `0.05-150 Hz, mains 50 Hz`; `None` when no filter is on.
    pub fn describe(&self) -> Option<String> {
        let band = match (self.low_cut.map(LowCut::hz), self.high_cut.map(HighCut::hz)) {
            (Some(low), Some(high)) => Some(format!("{low}-{high} Hz")),
            (Some(low), None) => Some(format!("from {low} Hz")),
            (None, Some(high)) => Some(format!("up to {high} Hz")),
            (None, None) => None,
        };
        let mains = self.mains.map(|mains| match mains.line() {
            Some(mains) => format!("mains {} Hz", mains.hz()),
            None => "mains auto".to_owned(),
        });
        let parts: Vec<String> = band.into_iter().chain(mains).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    /// The same for one recording: with the hum that is found in it where the choice is [`MainsFilter::Auto`], without a
    /// mains filter where there is none.
    pub fn for_recording(self, recording: &Recording) -> Self {
        let mains = match self.mains {
            Some(MainsFilter::Auto) => mains::detect(recording).map(MainsFilter::from),
            chosen => chosen,
        };
        Self { mains, ..self }
    }

    /// The filtered samples; gaps (`NaN`) stay gaps. [`MainsFilter::Auto`] does nothing here, see
    /// [`Self::for_recording`]. A high cut or notch that does not lie below the Nyquist
    /// frequency has nothing to remove and is left out.
    pub fn apply(&self, samples: &[f64], rate_hz: f64) -> Vec<f64> {
        keeping_gaps(samples, |samples| {
            let mut filtered = samples.to_vec();
            if let Some(low) = self.low_cut {
                let edge = both_ways_edge(low.hz(), rate_hz, 1.0 / both_ways_ratio());
                let design = edge.and_then(|hz| butterworth(ORDER, Band::Above(hz), rate_hz));
                filtered = both_ways(design, filtered, rate_hz, 1.0 / low.hz());
            }
            if let Some(line) = self.mains.and_then(MainsFilter::line) {
                filtered = mains::subtract(&filtered, rate_hz, line);
            }
            if let Some(high) = self.high_cut {
                let edge = both_ways_edge(high.hz(), rate_hz, both_ways_ratio());
                let design = edge.and_then(|hz| butterworth(ORDER, Band::Below(hz), rate_hz));
                filtered = both_ways(design, filtered, rate_hz, 0.2);
            }
            filtered
        })
    }

    /// The recording as it is drawn: every voltage lead filtered, all else as it was.
    pub fn apply_to(&self, recording: &Recording) -> Recording {
        let mut filtered = recording.clone();
        let own = self.for_recording(recording);
        if own == Self::OFF {
            return filtered;
        }
        for lead in filtered
            .leads
            .iter_mut()
            .filter(|lead| lead.unit.is_voltage())
        {
            let samples = own.apply(&lead.samples.microvolts(), lead.sampling_rate_hz);
            lead.samples = Samples::from_microvolts(samples);
        }
        filtered
    }
}

/// Ratio by which a low-pass run twice must be widened to be 3 dB down at its named edge, not 6.
fn both_ways_ratio() -> f64 {
    (std::f64::consts::SQRT_2 - 1.0).powf(-1.0 / (2 * ORDER) as f64)
}

/// The design edge that lies `ratio` above `hz` on the warped frequency axis of the bilinear transform.
fn both_ways_edge(hz: f64, rate_hz: f64, ratio: f64) -> Option<f64> {
    let angle = std::f64::consts::PI * hz / rate_hz;
    (hz < rate_hz / 2.0).then(|| (angle.tan() * ratio).atan() * rate_hz / std::f64::consts::PI)
}

fn both_ways(
    design: Option<Vec<Section>>,
    samples: Vec<f64>,
    rate_hz: f64,
    padding_s: f64,
) -> Vec<f64> {
    match design {
        // A mirror image keeps the mean level, so a tracing that begins on an R wave is not bent.
        Some(sections) => filter_both_ways(
            &sections,
            &samples,
            Padding::Even(seconds(padding_s, rate_hz)),
        ),
        None => samples,
    }
}

fn seconds(duration_s: f64, rate_hz: f64) -> usize {
    (duration_s * rate_hz).ceil().max(0.0) as usize
}

/// Zero-phase Butterworth band-pass of order 4 in each direction. When `high_hz` does not lie below the
/// Nyquist frequency only the low edge is applied, and when neither does the samples come back as they
/// are. Gaps (`NaN`) stay gaps.
pub fn band_pass(samples: &[f64], rate_hz: f64, low_hz: f64, high_hz: f64) -> Vec<f64> {
    let design = band_pass_design(rate_hz, low_hz, high_hz);
    keeping_gaps(samples, |samples| {
        both_ways(design, samples.to_vec(), rate_hz, 1.0 / low_hz)
    })
}

/// [`band_pass`] of several leads without gaps, in less time.
pub(crate) fn band_pass_all<L: AsRef<[f64]>>(
    leads: &[L],
    rate_hz: f64,
    low_hz: f64,
    high_hz: f64,
) -> Vec<Vec<f64>> {
    let design = band_pass_design(rate_hz, low_hz, high_hz);
    all_both_ways(design, leads, rate_hz, 1.0 / low_hz)
}

fn band_pass_design(rate_hz: f64, low_hz: f64, high_hz: f64) -> Option<Vec<Section>> {
    // Close to the Nyquist frequency the bilinear transform has no room left for the upper edge.
    if high_hz < 0.475 * rate_hz {
        butterworth(4, Band::Between(low_hz, high_hz), rate_hz)
    } else {
        butterworth(4, Band::Above(low_hz), rate_hz)
    }
}

/// Zero-phase Butterworth low-pass of `order` in each direction, of several leads without gaps; as they are when `hz` is
/// not below the Nyquist frequency.
pub(crate) fn low_pass_all<L: AsRef<[f64]>>(
    leads: &[L],
    rate_hz: f64,
    order: usize,
    hz: f64,
) -> Vec<Vec<f64>> {
    let design = butterworth(order, Band::Below(hz), rate_hz);
    all_both_ways(design, leads, rate_hz, 2.0 / hz)
}

/// The same of what lies above `hz`.
pub(crate) fn high_pass_all<L: AsRef<[f64]>>(
    leads: &[L],
    rate_hz: f64,
    order: usize,
    hz: f64,
) -> Vec<Vec<f64>> {
    let design = butterworth(order, Band::Above(hz), rate_hz);
    all_both_ways(design, leads, rate_hz, 1.0 / hz)
}

fn all_both_ways<L: AsRef<[f64]>>(
    design: Option<Vec<Section>>,
    leads: &[L],
    rate_hz: f64,
    padding_s: f64,
) -> Vec<Vec<f64>> {
    let padding = Padding::Even(seconds(padding_s, rate_hz));
    match design {
        Some(sections) => filter_all_both_ways(&sections, leads, padding),
        None => leads.iter().map(|lead| lead.as_ref().to_vec()).collect(),
    }
}
