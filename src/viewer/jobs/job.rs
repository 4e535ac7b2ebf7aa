//! What the workers are given and what they answer.

use std::path::PathBuf;
use std::sync::Arc;

use crate::ecg::Recording;
use crate::formats::{Options, Preview, TableLayout};
use crate::measure::Measurements;
use crate::reading::{Explanation, Method, Reading};
use crate::signal::FilterSettings;
use crate::simulate::{Controls, Region};
use crate::viewer::comparison::Prior;
use crate::viewer::reader::ReaderCard;
use crate::viewer::state::{Question, Saved};
use crate::viewer::worklist::Glance;

/// Where a tracing comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file of the user's.
    File(PathBuf),
    /// A case that comes with the program, by its id.
    Bundled(&'static str),
    /// The simulated heart with handles.
    Living,
}

/// A decoded tracing: as stored, as shown, and small.
#[derive(Debug, Clone)]
pub struct Tracing {
    /// As the file holds it; the reader sees this.
    pub recording: Arc<Recording>,
    /// Filtered for the eye.
    pub shown: Arc<Recording>,
    /// The filter that was chosen for `shown`, and what it is for this recording.
    pub filter: FilterSettings,
    pub drawn: FilterSettings,
    /// Lowest and highest value of the rhythm lead in equally wide columns, -1 to 1.
    pub thumbnail: Arc<[[f32; 2]]>,
}

impl Tracing {
    /// What the filter in use is called; `None` where nothing was filtered, as only voltages are.
    pub fn filter_name(&self) -> Option<String> {
        let filtered = self.shown.leads.iter().any(|lead| lead.unit.is_voltage());
        self.drawn.describe().filter(|_| filtered)
    }
}

/// One piece of work.
#[derive(Debug)]
pub enum Job {
    Decode {
        generation: u64,
        source: Source,
        filter: FilterSettings,
    },
    /// Decode, as a person says what the file leaves open.
    Import {
        generation: u64,
        path: PathBuf,
        options: Box<Options>,
        filter: FilterSettings,
    },
    /// Cut the first rows of a table in another way.
    Cut {
        generation: u64,
        path: PathBuf,
        layout: TableLayout,
    },
    /// Write a copy.
    Save {
        generation: u64,
        recording: Arc<Recording>,
        path: PathBuf,
        without_identity: bool,
    },
    Filter {
        generation: u64,
        recording: Arc<Recording>,
        filter: FilterSettings,
    },
    Measure {
        generation: u64,
        recording: Arc<Recording>,
    },
    Read {
        generation: u64,
        recording: Arc<Recording>,
    },
    Explain {
        generation: u64,
        recording: Arc<Recording>,
        statement: String,
        method: Method,
    },
    /// Draw the living case.
    Draw {
        generation: u64,
        controls: Controls,
        filter: FilterSettings,
    },
    /// Say where a bundled case shows its diagnosis.
    Places { generation: u64, id: &'static str },
    /// Look into a file of the worklist, and keep only what its line needs.
    Glance {
        generation: u64,
        row: usize,
        path: PathBuf,
    },
    /// Read a tracing of the worklist, and keep only the reading.
    Survey {
        generation: u64,
        row: usize,
        path: PathBuf,
    },
}

impl Job {
    pub(super) fn generation(&self) -> u64 {
        match self {
            Self::Decode { generation, .. }
            | Self::Import { generation, .. }
            | Self::Cut { generation, .. }
            | Self::Save { generation, .. }
            | Self::Filter { generation, .. }
            | Self::Measure { generation, .. }
            | Self::Read { generation, .. }
            | Self::Explain { generation, .. }
            | Self::Draw { generation, .. }
            | Self::Places { generation, .. }
            | Self::Glance { generation, .. }
            | Self::Survey { generation, .. } => *generation,
        }
    }

    pub(super) fn is_for_the_reader(&self) -> bool {
        matches!(
            self,
            Self::Read { .. } | Self::Explain { .. } | Self::Survey { .. }
        )
    }

    /// Line of the worklist that it is for: such jobs wait for all others.
    pub(super) fn row(&self) -> Option<usize> {
        match self {
            Self::Glance { row, .. } | Self::Survey { row, .. } => Some(*row),
            _ => None,
        }
    }

    /// Smaller goes first: what the person waits for, then what they can see, then the rest in order.
    pub(super) fn rank(&self, current: Option<u64>) -> u8 {
        match self {
            Self::Explain { .. } | Self::Filter { .. } if Some(self.generation()) == current => 0,
            _ if Some(self.generation()) == current => 1,
            _ => 2,
        }
    }
}

/// What came of it.
#[derive(Debug)]
pub enum Answer {
    Reader(Result<ReaderCard, String>),
    Decoded {
        generation: u64,
        result: Result<Tracing, String>,
    },
    Filtered {
        generation: u64,
        shown: Arc<Recording>,
        filter: FilterSettings,
        drawn: FilterSettings,
    },
    Measured {
        generation: u64,
        measurements: Arc<Measurements>,
    },
    Read {
        generation: u64,
        result: Result<Reading, String>,
    },
    Explained {
        generation: u64,
        statement: String,
        method: Method,
        result: Result<Explanation, String>,
    },
    Drawn {
        generation: u64,
        result: Result<Tracing, String>,
        took_ms: f64,
    },
    Placed {
        generation: u64,
        regions: Vec<Region>,
        duration_s: f64,
    },
    /// The person chose a file to write to.
    SaveTo(PathBuf),
    /// A file was written, or why not.
    Written(Result<PathBuf, String>),
    /// Earlier tracings of the same patient, found among files.
    Priors {
        generation: u64,
        found: Vec<Prior>,
    },
    /// The person chose files in the dialog.
    Picked(Vec<PathBuf>),
    /// Files that a worklist is made of, and what could not be listed with the reason.
    Listed {
        generation: u64,
        found: Vec<Result<PathBuf, (PathBuf, String)>>,
        last: bool,
    },
    Glanced {
        generation: u64,
        row: usize,
        result: Result<Glance, String>,
    },
    Surveyed {
        generation: u64,
        row: usize,
        result: Result<Reading, String>,
    },
    /// The file leaves something open that a person must say.
    Asks {
        generation: u64,
        question: Box<Question>,
    },
    Cut {
        generation: u64,
        result: Result<Preview, String>,
    },
    /// The person chose where a copy goes.
    PickedTarget {
        generation: u64,
        path: PathBuf,
        without_identity: bool,
    },
    Saved {
        generation: u64,
        result: Result<Saved, String>,
    },
}
