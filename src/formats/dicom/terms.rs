//! What annotations of a waveform are called (PS3.16 CID 3335 and 3228), for reading by their words and for writing.

use crate::ecg::{BeatKind, WaveBoundary};

/// Measurements by the words with which they begin; our names; their codes in SCP-ECG, where they are written.
pub(in crate::formats) const MEASUREMENTS: [(&str, &str, &str); 12] = [
    ("Ventricular Heart Rate", "heart_rate", "5.10.2.5-1"),
    ("Ventricular Rate", "heart_rate", ""),
    ("Heart Rate", "heart_rate", ""),
    ("PR Interval", "pr", "5.13.5-7"),
    ("PQ Interval", "pr", ""),
    ("QRS Duration", "qrs", "5.13.5-9"),
    ("QTc Interval", "qtc", "5.10.2.5-5"),
    ("QTc", "qtc", ""),
    ("QT Interval", "qt", "5.13.5-11"),
    ("P Axis", "p_axis", "5.10.3-11"),
    ("QRS Axis", "qrs_axis", "5.10.3-13"),
    ("T Axis", "t_axis", "5.10.3-15"),
];

/// Moments by their words, with the code of SCP-ECG table 5.10.3 for those that have one.
pub(in crate::formats) const BOUNDARIES: [(&str, WaveBoundary, &str); 9] = [
    ("P Onset", WaveBoundary::POn, "5.10.3-1"),
    ("P Peak", WaveBoundary::PPeak, ""),
    ("P Offset", WaveBoundary::POff, "5.10.3-2"),
    ("QRS Onset", WaveBoundary::QrsOn, "5.10.3-3"),
    ("R Peak", WaveBoundary::RPeak, ""),
    ("QRS Offset", WaveBoundary::QrsOff, "5.10.3-4"),
    ("T Onset", WaveBoundary::TOn, ""),
    ("T Peak", WaveBoundary::TPeak, ""),
    ("T Offset", WaveBoundary::TOff, "5.10.3-5"),
];

/// Beats by the words that we write; DICOM has no codes for them.
pub(in crate::formats) const BEATS: [(&str, BeatKind); 19] = [
    ("normal beat", BeatKind::Normal),
    (
        "left bundle branch block beat",
        BeatKind::LeftBundleBranchBlock,
    ),
    (
        "right bundle branch block beat",
        BeatKind::RightBundleBranchBlock,
    ),
    ("bundle branch block beat", BeatKind::BundleBranchBlock),
    ("atrial premature beat", BeatKind::AtrialPremature),
    (
        "aberrated atrial premature beat",
        BeatKind::AberratedAtrialPremature,
    ),
    ("junctional premature beat", BeatKind::JunctionalPremature),
    (
        "supraventricular premature beat",
        BeatKind::SupraventricularPremature,
    ),
    ("ventricular premature beat", BeatKind::VentricularPremature),
    ("R-on-T ventricular premature beat", BeatKind::ROnTPremature),
    ("fusion beat", BeatKind::Fusion),
    ("fusion of paced and normal beat", BeatKind::PacedFusion),
    ("paced beat", BeatKind::Paced),
    ("escape beat", BeatKind::Escape),
    ("atrial escape beat", BeatKind::AtrialEscape),
    ("junctional escape beat", BeatKind::JunctionalEscape),
    (
        "supraventricular escape beat",
        BeatKind::SupraventricularEscape,
    ),
    ("ventricular escape beat", BeatKind::VentricularEscape),
    ("unclassified beat", BeatKind::Unclassified),
];
