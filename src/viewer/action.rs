use std::path::PathBuf;

use super::calipers::Calipers;
use super::commands::Command;
use super::jobs::Source;
use super::review::ReviewAction;
use super::shortcuts::KeyChange;
use super::state::{Dialog, Import, Place, View};
use super::teaching::Lesson;
use crate::ecg::LeadName;
use crate::formats::TableLayout;
use crate::simulate::Controls;

/// What a person did with a part of the window. Painting only reports it; the state changes afterwards.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Run(Command),
    Open(Vec<PathBuf>),
    /// Brings a line of the worklist to the front.
    OpenRow(usize),
    /// Changes the key of a command.
    Keys(KeyChange),
    /// Something that a learner does.
    Learn(Lesson),
    /// Turns the handles of the living case.
    Turn(Box<Controls>),
    /// Looks for words in the worklist.
    Search(String),
    /// The search box has the keyboard.
    Sought,
    /// The current line of the worklist is in view.
    Revealed,
    /// These lines of the worklist are on the screen.
    InView(Vec<usize>),
    Select(u64),
    SelectFinding(String),
    Inspect(LeadName, Option<f64>),
    /// Shows the place where a number was taken.
    GoTo(Place),
    /// Shows a long tracing from this second on.
    StartAt(f64),
    /// Compares with an earlier tracing.
    Compare(Source),
    /// The shape of beats to look at.
    BeatClass(usize),
    /// The lead whose beats to look at.
    BeatLead(LeadName),
    /// Calipers were set or dragged.
    Calipers(Calipers),
    /// The paper shows the place it was asked to.
    PlaceShown,
    /// Marks a time in the inspector and on the paper.
    Mark(f64),
    /// The inspector shows the place it was asked to.
    Aimed,
    /// The amplitudes by lead are in view.
    LeadsRevealed,
    HeatOpacity(f32),
    Look(View),
    MmPerPoint(f32),
    Dismiss(u64),
    Dialog(Option<Dialog>),
    Review(ReviewAction),
    /// Opens a table as was said of it.
    Import(Box<Import>),
    /// Leaves the table that is asked about alone.
    CancelImport,
    /// Cuts the table that is asked about in another way.
    Recut(u64, PathBuf, TableLayout),
}

/// What was done in this frame.
pub type Actions = Vec<Action>;
