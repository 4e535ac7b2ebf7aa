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
}

impl Finding {
    /// Whether the probability reaches the threshold.
    pub fn present(&self) -> bool {
        self.probability >= self.threshold
    }
}

/// What the model makes of one tracing.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Name of the model, as its card has it.
    pub model: String,
    /// `None` when readable; otherwise why not.
    pub not_readable: Option<String>,
    /// Every statement of the model, most probable first relative to its threshold; empty when not readable.
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
}
