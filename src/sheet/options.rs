use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ecg::{LeadName, Warning};
use crate::measure::Measurements;

/// How the leads are arranged on the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Layout {
    /// Three rows of four columns of 2.5 s.
    #[serde(rename = "3x4")]
    ThreeByFour,
    /// The same with one rhythm strip (II).
    #[default]
    #[serde(rename = "3x4+1")]
    ThreeByFourOne,
    /// The same with three rhythm strips (V1, II, V5).
    #[serde(rename = "3x4+3")]
    ThreeByFourThree,
    /// Six rows of two columns of 5 s.
    #[serde(rename = "6x2")]
    SixByTwo,
    /// Twelve rows of 10 s.
    #[serde(rename = "12x1")]
    TwelveByOne,
}

/// The order in which the leads are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadOrder {
    /// I II III aVR aVL aVF V1-V6.
    #[default]
    Standard,
    /// aVL I -aVR II aVF III V1-V6.
    Cabrera,
}

/// The page the tracing is composed on.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Page {
    /// A4, landscape: 297 x 210 mm.
    #[default]
    A4,
    /// US Letter, landscape: 279.4 x 215.9 mm.
    Letter,
    /// Just as large as the tracing asks for: no margins, header and footer (the screen has its own).
    Screen,
}

/// What the machine says, printed as its own and never as a person's.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrintedReading {
    /// Name of the model.
    pub model: String,
    /// Why there are no findings; what was measured is then printed as unreliable.
    pub not_readable: Option<String>,
    /// What is present or uncertain, in the order in which it is printed.
    pub findings: Vec<PrintedFinding>,
    /// Names of the statements that the model cannot make.
    pub unable: Vec<String>,
    /// What must be said beside it.
    pub warnings: Vec<Warning>,
}

/// One finding of the machine.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrintedFinding {
    pub name: String,
    /// 0 to 1.
    pub probability: f32,
    pub threshold: f32,
    /// Too close to the threshold to be called present: printed so.
    pub uncertain: bool,
    /// The measured number that decided in place of the probability, such as `rate 52/min`.
    pub by: Option<String>,
}

/// What a person says of the tracing, printed as theirs.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PrintedReview {
    /// Otherwise it is preliminary, and says so.
    pub signed: bool,
    /// Who answers for it, and since when.
    pub standing: String,
    /// Statements that hold.
    pub findings: Vec<String>,
    /// Statements that the tracing does not decide.
    pub uncertain: Vec<String>,
    pub conclusion: String,
}

/// An explanation to lay over the tracing.
#[derive(Debug, Clone, PartialEq)]
pub struct Heat {
    /// What is explained, for the legend.
    pub label: String,
    /// Time of the first column, in seconds of the recording.
    pub start_s: f64,
    /// Columns per second.
    pub rate_hz: f64,
    /// Heat per lead over time, 0 to 1.
    pub leads: Vec<(LeadName, Vec<f32>)>,
    /// 0 (invisible) to 1.
    pub opacity: f32,
}

/// Everything that decides how a recording looks on the page.
#[derive(Debug, Clone, PartialEq)]
pub struct SheetOptions {
    pub layout: Layout,
    pub order: LeadOrder,
    pub page: Page,
    /// Paper speed in mm/s: 12.5, 25 or 50.
    pub speed: f32,
    /// Gain of the limb leads in mm/mV: 2.5, 5, 10 or 20.
    pub limb_gain: f32,
    /// Gain of the chest leads in mm/mV.
    pub chest_gain: f32,
    /// First second of the recording to draw.
    pub start_s: f64,
    /// Name of the filters in use (`0.05-150 Hz`); `None` prints "unfiltered".
    pub filters: Option<String>,
    pub heat: Option<Heat>,
    /// What was measured, to draw its wave boundaries as ticks on the tracing.
    pub fiducials: Option<Arc<Measurements>>,
    /// What the machine says.
    pub reading: Option<PrintedReading>,
    /// What a person says, with who and when.
    pub review: Option<PrintedReview>,
    /// What this program measured, for the head of the page.
    pub measured: Option<Arc<Measurements>>,
    /// Why that is not to be relied on.
    pub unreliable: Option<String>,
    /// Leave out who the patient is, where and when the tracing was taken, and the device's own words.
    pub anonymous: bool,
}

impl Default for SheetOptions {
    fn default() -> Self {
        Self {
            layout: Layout::default(),
            order: LeadOrder::default(),
            page: Page::default(),
            speed: 25.0,
            limb_gain: 10.0,
            chest_gain: 10.0,
            start_s: 0.0,
            filters: None,
            heat: None,
            fiducials: None,
            reading: None,
            review: None,
            measured: None,
            unreliable: None,
            anonymous: false,
        }
    }
}
