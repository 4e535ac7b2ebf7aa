use std::path::PathBuf;

use super::calipers::Calipers;
use super::commands::Command;
use super::review::ReviewAction;
use super::state::{Dialog, Place, View};
use crate::ecg::LeadName;

/// What a person did with a part of the window. Painting only reports it; the state changes afterwards.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Run(Command),
    Open(Vec<PathBuf>),
    Select(u64),
    SelectFinding(String),
    Inspect(LeadName, Option<f64>),
    /// Shows the place where a number was taken.
    GoTo(Place),
    /// Calipers were set or dragged.
    Calipers(Calipers),
    /// The paper shows the place it was asked to.
    PlaceShown,
    /// Marks a time in the inspector and on the paper.
    Mark(f64),
    /// The inspector shows the place it was asked to.
    Aimed,
    HeatOpacity(f32),
    Look(View),
    MmPerPoint(f32),
    Dismiss(u64),
    Dialog(Option<Dialog>),
    Review(ReviewAction),
}

/// What was done in this frame.
pub type Actions = Vec<Action>;
