use serde::{Deserialize, Serialize};

use super::device::Device;
use super::parameters::Parameters;
use crate::ecg::{Annotation, BeatKind, LeadName, WaveBoundary};

/// What is known of a simulated tracing because it was made so. Times are seconds of the recording;
/// a boundary outside it is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Truth {
    /// Ids of the conditions drawn.
    pub conditions: Vec<String>,
    pub seed: u64,
    pub sampling_rate_hz: f64,
    pub duration_s: f64,
    /// Ids of the statements that hold.
    pub statements: Vec<String>,
    /// Beats whose QRS begins within the recording, in order.
    pub beats: Vec<TrueBeat>,
    /// P waves that no beat answers.
    pub lone_p: Vec<TrueP>,
    /// Where the diagnosis can be seen.
    pub regions: Vec<Region>,
    pub parameters: Parameters,
    pub device: Device,
}

/// A P wave: where it can be told from the baseline (5 % of its height) and its peak.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrueP {
    pub on_s: f64,
    pub peak_s: f64,
    pub off_s: f64,
}

/// One beat with the boundaries of its waves over all leads.
///
/// QRS runs while its own heart vector exceeds 0.02 mV, its peak is where that is longest; T ends where
/// 4 % of its height is left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrueBeat {
    pub kind: BeatKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p: Option<TrueP>,
    pub qrs_on_s: f64,
    pub r_peak_s: f64,
    pub qrs_off_s: f64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t: Option<TrueT>,
}

/// A T wave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TrueT {
    pub on_s: f64,
    pub peak_s: f64,
    pub off_s: f64,
}

/// A stretch of some leads in which the diagnosis shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Region {
    pub leads: Vec<LeadName>,
    pub from_s: f64,
    pub to_s: f64,
    /// What is to be seen there.
    pub what: String,
}

impl Truth {
    /// Beats, boundaries and regions as annotations of a recording.
    pub fn annotations(&self) -> Vec<Annotation> {
        let mut out = Vec::new();
        let mut mark = |at_s: f64, boundary| {
            if (0.0..self.duration_s).contains(&at_s) {
                out.push(Annotation::Boundary {
                    at_s,
                    boundary,
                    lead: None,
                });
            }
        };
        let waves = self
            .beats
            .iter()
            .filter_map(|beat| beat.p.as_ref())
            .chain(&self.lone_p);
        for p in waves {
            mark(p.on_s, WaveBoundary::POn);
            mark(p.peak_s, WaveBoundary::PPeak);
            mark(p.off_s, WaveBoundary::POff);
        }
        for beat in &self.beats {
            mark(beat.qrs_on_s, WaveBoundary::QrsOn);
            mark(beat.r_peak_s, WaveBoundary::RPeak);
            mark(beat.qrs_off_s, WaveBoundary::QrsOff);
            if let Some(t) = beat.t {
                mark(t.on_s, WaveBoundary::TOn);
                mark(t.peak_s, WaveBoundary::TPeak);
                mark(t.off_s, WaveBoundary::TOff);
            }
        }
        for beat in &self.beats {
            out.push(Annotation::Beat {
                at_s: beat.r_peak_s,
                beat: beat.kind,
            });
        }
        out
    }
}
