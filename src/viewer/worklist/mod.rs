//! The worklist: the tracings of a folder, looked into and read in the background, in the order in which
//! a reader wants them. Only a handful of them is decoded at a time.

mod row;
mod steps;
mod view;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) use row::HIDDEN;
pub use row::{Glance, Row, Stand, Urgency, Verdict};
pub(crate) use steps::MANY;
pub use steps::{KEPT, KEPT_SAMPLES};
pub use view::show;

use super::state::Progress;
use crate::review::{QueueKey, QueueMode, Status};

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    #[default]
    Urgency,
    /// Newest first.
    Date,
    Patient,
    /// As the folder lists them.
    Name,
    /// What the machine is least sure of.
    Uncertain,
    /// What readers, or a reader and the machine, differ on.
    Disagreement,
}

/// Which tracings are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Show {
    #[default]
    All,
    /// To be seen now or soon.
    Urgent,
    New,
    InProgress,
    Signed,
    /// Not readable by the machine, or not to be opened at all.
    Unreadable,
}

/// While a folder is being read, lines are put in order no more often than this.
const REORDER: Duration = Duration::from_millis(250);

/// The tracings of a folder.
#[derive(Debug)]
pub struct Worklist {
    /// Answers to another folder do not fit it.
    pub generation: u64,
    /// Name of the folder.
    pub title: String,
    pub roots: Vec<PathBuf>,
    pub sort: Sort,
    pub show: Show,
    pub query: String,
    /// Whether the search box is to have the keyboard.
    pub seek: bool,
    /// Whether the folder is still being listed.
    pub listing: bool,
    /// Whether the list may not show what the machine says, nor be ordered by it.
    blind: bool,
    /// How people stand to tracings that were seen before.
    stands: HashMap<PathBuf, Stand>,
    /// Whether the person stopped the reading.
    pub stopped: bool,
    /// Position to bring into view.
    pub(super) reveal: bool,
    /// Open the first tracing as soon as there is one.
    pub(super) opens_first: bool,
    /// Generations of the tracings kept decoded, the last used first.
    pub(super) kept: Vec<u64>,
    pub(super) in_view: Vec<usize>,
    rows: Vec<Row>,
    by_path: HashMap<PathBuf, usize>,
    /// The first line of every file name.
    by_name: HashMap<OsString, usize>,
    order: Vec<usize>,
    glanced: usize,
    read: usize,
    stale: Staleness,
    ordered_at: Option<Instant>,
    reordered: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Staleness {
    Fresh,
    /// Something has come in.
    Late,
    /// The person wants another order.
    Wanted,
}

impl Worklist {
    /// A worklist that is about to be listed.
    pub fn new(generation: u64, roots: Vec<PathBuf>) -> Self {
        let title = match roots.as_slice() {
            [one] => one
                .file_name()
                .unwrap_or(one.as_os_str())
                .to_string_lossy()
                .into_owned(),
            several => format!("{} files", several.len()),
        };
        Self {
            generation,
            title,
            roots,
            sort: Sort::default(),
            show: Show::default(),
            query: String::new(),
            seek: false,
            listing: true,
            blind: false,
            stands: HashMap::new(),
            stopped: false,
            reveal: false,
            opens_first: true,
            kept: Vec::new(),
            in_view: Vec::new(),
            rows: Vec::new(),
            by_path: HashMap::new(),
            by_name: HashMap::new(),
            order: Vec::new(),
            glanced: 0,
            read: 0,
            stale: Staleness::Wanted,
            ordered_at: None,
            reordered: false,
        }
    }

    /// Every line, as it was found.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The lines that are listed, in their order.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// The line of a file.
    pub fn row_of(&self, path: &Path) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// How many files were looked into, and how many tracings were read by the machine or cannot be.
    pub fn progress(&self) -> (usize, usize) {
        (self.glanced, self.read)
    }

    /// Whether there is nothing left to do in the background.
    pub fn finished(&self) -> bool {
        !self.listing && self.read == self.rows.len()
    }

    pub(super) fn add(&mut self, mut row: Row) -> usize {
        let id = self.rows.len();
        if let Some(stand) = self.stands.get(&row.path) {
            row.take_stand(stand.clone());
        }
        if row.trouble().is_some() {
            (self.glanced, self.read) = (self.glanced + 1, self.read + 1);
        }
        if let Some(name) = row.path.file_name() {
            let first = *self.by_name.entry(name.to_owned()).or_insert(id);
            if first != id {
                row.tell_apart();
                if let Some(first) = self.rows.get_mut(first) {
                    first.tell_apart();
                }
            }
        }
        self.by_path.insert(row.path.clone(), id);
        self.rows.push(row);
        self.outdate(Staleness::Late);
        id
    }

    pub(super) fn take_glance(&mut self, id: usize, result: Result<Glance, String>) {
        let Some(row) = self.rows.get_mut(id) else {
            return;
        };
        if !matches!(row.glance, Progress::Waiting) {
            return;
        }
        self.glanced += 1;
        match result {
            Ok(glance) => row.take_glance(glance),
            Err(reason) => {
                self.read += usize::from(matches!(row.verdict, Progress::Waiting));
                row.fail(reason);
            }
        }
        self.outdate(Staleness::Late);
    }

    pub(super) fn take_verdict(&mut self, id: usize, verdict: Progress<Verdict>) {
        let Some(row) = self.rows.get_mut(id) else {
            return;
        };
        self.read += usize::from(matches!(row.verdict, Progress::Waiting));
        row.take_verdict(verdict);
        self.outdate(Staleness::Late);
    }

    /// Takes in how people stand to a tracing.
    pub fn set_stand(&mut self, id: usize, stand: &Stand) {
        if let Some(row) = self.rows.get_mut(id)
            && row.stand != *stand
        {
            row.take_stand(stand.clone());
            self.outdate(Staleness::Late);
        }
    }

    /// Whether the list keeps to itself what the machine says.
    pub fn keep_machine_silent(&mut self, blind: bool) {
        if self.blind != blind {
            self.blind = blind;
            self.rearrange();
        }
    }

    /// Takes in how people stand to every tracing that they have seen.
    pub fn set_stands(&mut self, stands: HashMap<PathBuf, Stand>) {
        for id in 0..self.rows.len() {
            let known = self.rows.get(id).and_then(|row| stands.get(&row.path));
            if let Some(stand) = known {
                self.set_stand(id, stand);
            }
        }
        self.stands = stands;
    }

    /// The person wants another order or other lines.
    pub(super) fn rearrange(&mut self) {
        self.outdate(Staleness::Wanted);
    }

    fn outdate(&mut self, by: Staleness) {
        self.stale = self.stale.max(by);
    }

    /// Puts the lines in order, if they are not and it is time; hands back when to look again.
    pub fn refresh(&mut self, now: Instant) -> Option<Duration> {
        if self.stale == Staleness::Fresh {
            return None;
        }
        let since = self.ordered_at.map(|at| now.saturating_duration_since(at));
        if let Some(since) = since
            && self.stale == Staleness::Late
            && !self.finished()
            && since < REORDER
        {
            return Some(REORDER - since);
        }
        self.put_in_order();
        self.ordered_at = Some(now);
        self.reordered = true;
        None
    }

    /// Whether the lines were put in order since this was last asked.
    pub(super) fn reordered(&mut self) -> bool {
        std::mem::take(&mut self.reordered)
    }

    fn put_in_order(&mut self) {
        self.stale = Staleness::Fresh;
        let words: Vec<String> = self
            .query
            .to_lowercase()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let show = self.show;
        let listed = |row: &Row| {
            let fits = match show {
                Show::All => true,
                Show::Urgent => matches!(row.urgency(), Some(Urgency::Now | Urgency::Soon)),
                Show::New => row.stand.status == Status::New && row.trouble().is_none(),
                Show::InProgress => row.stand.status == Status::InProgress,
                Show::Signed => row.stand.status == Status::Signed,
                Show::Unreadable => row.urgency() == Some(Urgency::Unknown),
            };
            fits && row.matches(&words, self.blind)
        };
        let rows = &self.rows;
        let mut order: Vec<usize> = (0..rows.len()).filter(|&id| listed(&rows[id])).collect();
        // What cannot be opened comes last whatever comes first.
        match self.sort {
            Sort::Urgency | Sort::Uncertain if self.blind => {
                order.sort_by_key(|&id| rows[id].trouble().is_some())
            }
            Sort::Name => order.sort_by_key(|&id| rows[id].trouble().is_some()),
            Sort::Uncertain | Sort::Disagreement => {
                let mode = match self.sort {
                    Sort::Uncertain => QueueMode::MostUncertainFirst,
                    _ => QueueMode::DisagreementFirst,
                };
                let key = |id: &usize| QueueKey {
                    nearest_margin: rows[*id].verdict.done().and_then(Verdict::nearest_margin),
                    differing: rows[*id].differing(!self.blind),
                };
                let keys: Vec<QueueKey> = order.iter().map(key).collect();
                order = crate::review::order(&keys, mode)
                    .into_iter()
                    .filter_map(|place| order.get(place).copied())
                    .collect();
                order.sort_by_key(|&id| rows[id].trouble().is_some());
            }
            Sort::Urgency => order.sort_by(|&a, &b| {
                let key = |id: usize| {
                    let row = &rows[id];
                    let signed = row.stand.status == Status::Signed;
                    // What is not read yet could be anything: before what is known to be routine.
                    let urgency = row.urgency().unwrap_or(Urgency::Unknown);
                    (row.trouble().is_some(), signed, urgency)
                };
                let weight = |id: usize| {
                    rows[id]
                        .verdict
                        .done()
                        .map_or(0.0, |verdict| verdict.weight)
                };
                key(a)
                    .cmp(&key(b))
                    .then(weight(b).total_cmp(&weight(a)))
                    .then(a.cmp(&b))
            }),
            Sort::Date => order.sort_by_key(|&id| {
                let started = rows[id].glance.done().and_then(|glance| glance.started);
                (rows[id].trouble().is_some(), std::cmp::Reverse(started))
            }),
            Sort::Patient => order.sort_by_cached_key(|&id| {
                let patient = rows[id]
                    .glance
                    .done()
                    .and_then(|glance| glance.patient.clone());
                let named = patient.is_none();
                (
                    rows[id].trouble().is_some(),
                    named,
                    patient.map(|name| name.to_lowercase()),
                )
            }),
        }
        self.order = order;
    }
}
