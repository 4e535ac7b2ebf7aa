use serde::Serialize;

use super::vocabulary::Statement;
use crate::ecg::{LeadName, Warning};

/// The model's word on one statement.
#[derive(Debug, Clone)]
pub struct Finding {
    /// What is claimed.
    pub statement: &'static Statement,
    /// 0 to 1.
    pub probability: f32,
    /// Probability from which the statement counts as present.
    pub threshold: f32,
    /// What decided in its place; `None` where the model's word stands.
    pub held: Option<Held>,
    /// How far below and above its threshold, in log odds, it is uncertain.
    pub uncertain: [f32; 2],
}

/// An answer that is not the model's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What is said.
    pub answer: Answer,
    /// The measured number that decided, such as `rate 52/min`, or the name of the statement beside which this one
    /// cannot stand.
    pub by: String,
}

/// Below its threshold and less probable than this, a statement is absent however wide the band is: a list of a
/// dozen long shots hides the one that matters.
const UNLIKELY: f32 = 0.1;

/// What a reading says of a statement, from the least to the most that may be said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It does not hold.
    Absent,
    /// Too close to a threshold or a limit to say.
    Uncertain,
    /// It holds.
    Present,
}

impl Answer {
    /// In a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "absent",
            Self::Uncertain => "uncertain",
            Self::Present => "present",
        }
    }
}

/// Finite at 0 and 1.
pub(crate) fn log_odds(p: f32) -> f32 {
    (p.max(1e-6) / (1.0 - p).max(1e-6)).ln()
}

impl Finding {
    /// Whether it is said: what is uncertain is not.
    pub fn present(&self) -> bool {
        self.answer() == Answer::Present
    }

    /// Whether the probability reaches the threshold, by which the figures of a model are judged.
    pub fn reaches(&self) -> bool {
        self.probability >= self.threshold
    }

    /// Log odds of the probability above those of the threshold.
    pub fn margin(&self) -> f32 {
        log_odds(self.probability) - log_odds(self.threshold)
    }

    /// Present, absent, or too close to say.
    pub fn answer(&self) -> Answer {
        let [below, above] = self.uncertain;
        if let Some(held) = &self.held {
            held.answer
        } else if self.margin() >= above {
            Answer::Present
        } else if self.margin() < -below || (!self.reaches() && self.probability < UNLIKELY) {
            Answer::Absent
        } else {
            Answer::Uncertain
        }
    }
}

/// What the model makes of one tracing.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Name of the model, as its card has it.
    pub model: String,
    /// `None` when readable; otherwise why not.
    pub not_readable: Option<String>,
    /// Every statement of the model: present, uncertain, absent, each the most probable first relative to its threshold;
    /// empty when not readable.
    pub findings: Vec<Finding>,
    /// SE gate of each lead, 0 to 1; empty when not readable.
    pub lead_attention: Vec<(LeadName, f32)>,
    pub warnings: Vec<Warning>,
    /// Wall time of preparation and inference.
    pub timing_ms: f64,
}

/// What one finding was read from, lead by lead and moment by moment.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// Id of the statement.
    pub id: String,
    /// How it was computed, such as `Grad-CAM`.
    pub method: String,
    /// Time of the first column, in seconds of the recording.
    pub start_s: f64,
    /// Columns per second.
    pub rate_hz: f64,
    /// Heat per lead over time, scaled so that the largest over all leads is 1.
    pub leads: Vec<(LeadName, Vec<f32>)>,
    /// What each lead brings: by how much the finding's logit falls when the lead is taken away, the mean over
    /// windows; negative where the finding is clearer without it.
    pub lead_effect: Vec<(LeadName, f32)>,
    /// The same for the measured numbers (rate, rhythm, intervals, axes, heights) taken together: when none counts as
    /// measured.
    pub measured_effect: f32,
}
