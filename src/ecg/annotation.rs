use serde::{Deserialize, Serialize};

use super::LeadName;

/// What an annotated beat is: the beats of the MIT annotation codes (<https://physionet.org/physiotools/wag/annot-5.htm>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BeatKind {
    Normal,
    LeftBundleBranchBlock,
    RightBundleBranchBlock,
    /// Of either side.
    BundleBranchBlock,
    AtrialPremature,
    AberratedAtrialPremature,
    JunctionalPremature,
    /// Atrial or junctional.
    SupraventricularPremature,
    VentricularPremature,
    ROnTPremature,
    /// Of a ventricular and a normal beat.
    Fusion,
    /// Of a paced and a normal beat.
    PacedFusion,
    Paced,
    /// From a place that is not told.
    Escape,
    AtrialEscape,
    JunctionalEscape,
    /// Atrial or junctional.
    SupraventricularEscape,
    VentricularEscape,
    Unclassified,
}

impl BeatKind {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Normal,
        Self::LeftBundleBranchBlock,
        Self::RightBundleBranchBlock,
        Self::BundleBranchBlock,
        Self::AtrialPremature,
        Self::AberratedAtrialPremature,
        Self::JunctionalPremature,
        Self::SupraventricularPremature,
        Self::VentricularPremature,
        Self::ROnTPremature,
        Self::Fusion,
        Self::PacedFusion,
        Self::Paced,
        Self::Escape,
        Self::AtrialEscape,
        Self::JunctionalEscape,
        Self::SupraventricularEscape,
        Self::VentricularEscape,
        Self::Unclassified,
    ];
}

/// A fiducial point of the P wave, the QRS complex or the T wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveBoundary {
    POn,
    PPeak,
    POff,
    QrsOn,
    RPeak,
    QrsOff,
    TOn,
    TPeak,
    TOff,
}

impl WaveBoundary {
    /// All of them, in the order in which a heartbeat shows them.
    pub const ALL: [Self; 9] = [
        Self::POn,
        Self::PPeak,
        Self::POff,
        Self::QrsOn,
        Self::RPeak,
        Self::QrsOff,
        Self::TOn,
        Self::TPeak,
        Self::TOff,
    ];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::POn => "P onset",
            Self::PPeak => "P peak",
            Self::POff => "P end",
            Self::QrsOn => "QRS onset",
            Self::RPeak => "R peak",
            Self::QrsOff => "QRS end",
            Self::TOn => "T onset",
            Self::TPeak => "T peak",
            Self::TOff => "T end",
        }
    }
}

/// A remark that a file attaches to a moment of the tracing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Annotation {
    /// A beat at `at_s` seconds.
    Beat { at_s: f64, beat: BeatKind },
    /// A fiducial point, in one lead or (with `None`) over all leads.
    Boundary {
        at_s: f64,
        boundary: WaveBoundary,
        lead: Option<LeadName>,
    },
    /// A span with a meaning, in one lead or all.
    Span {
        from_s: f64,
        to_s: f64,
        lead: Option<LeadName>,
        label: String,
    },
    /// A sign of the MIT annotation codes with what is said of it: `s` with the change of ST as its text, `~` with the
    /// leads that are noisy as its subtype. That of a beat is there beside the beat: `V` with its form as its subtype.
    Sign {
        at_s: f64,
        sign: String,
        subtype: i8,
        text: String,
    },
    /// Anything else, in the file's own words.
    Note { at_s: f64, text: String },
}

impl Annotation {
    /// How many are read of a file at most: a day has about 100 000 beats, and a damaged file must not fill the memory.
    pub const MOST: usize = 500_000;

    /// The moment it is about, or at which its span begins, in seconds.
    pub fn at_s(&self) -> f64 {
        match self {
            Self::Beat { at_s, .. }
            | Self::Boundary { at_s, .. }
            | Self::Sign { at_s, .. }
            | Self::Note { at_s, .. } => *at_s,
            Self::Span { from_s, .. } => *from_s,
        }
    }
}
