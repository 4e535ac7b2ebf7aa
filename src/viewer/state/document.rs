use std::collections::BTreeMap;
use std::sync::Arc;

use crate::measure::Measurements;
use crate::reading::{Answer, Explanation, Finding, Method, Reading};
use crate::simulate::condition;
use crate::viewer::jobs::{Job, Source, Tracing};

/// Work whose outcome is awaited.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress<T> {
    Waiting,
    Done(T),
    Failed(String),
}

impl<T> Progress<T> {
    /// The outcome, once it is there.
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Done(value) => Some(value),
            Self::Waiting | Self::Failed(_) => None,
        }
    }
}

/// One open tracing.
#[derive(Debug)]
pub struct Document {
    /// Unique to this opening of the tracing: answers to an earlier one do not fit it.
    pub generation: u64,
    pub source: Source,
    /// What it is called on the screen; differs from its name where that would give too much away.
    pub title: String,
    pub name: String,
    pub tracing: Progress<Tracing>,
    /// What the program measured; absent until it has.
    pub measurements: Option<Arc<Measurements>>,
    /// The same with the wave boundaries that the reviewer set; absent where there are none.
    pub revised: Option<Arc<Measurements>>,
    pub reading: Progress<Arc<Reading>>,
    /// By statement id.
    pub explanations: BTreeMap<String, Progress<Arc<Explanation>>>,
    /// Id of the finding that is explained.
    pub selected: Option<String>,
    /// First second on the page.
    pub start_s: f64,
}

/// What the machine's probability says about a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingGroup {
    Present,
    /// So close to the threshold that it could be either.
    Uncertain,
    Absent,
}

/// Where a finding belongs.
pub fn group_of(finding: &Finding) -> FindingGroup {
    match finding.answer() {
        Answer::Present => FindingGroup::Present,
        Answer::Uncertain => FindingGroup::Uncertain,
        Answer::Absent => FindingGroup::Absent,
    }
}

/// Statements that name nothing to look for: not what a reader wants explained first.
pub const UNREMARKABLE: [&str; 2] = ["NORM", "SR"];

/// The findings as they are listed: by group; those that are present or absent also by category, the
/// category with the surest finding first; and within that as the reading ranks them.
fn in_order(reading: &Reading) -> Vec<&Finding> {
    let mut findings: Vec<&Finding> = reading.findings.iter().collect();
    let rank = |finding: &Finding| {
        let group = group_of(finding);
        let category = finding.statement.category;
        let like =
            |other: &Finding| group_of(other) == group && other.statement.category == category;
        let first = reading.findings.iter().position(like).unwrap_or(usize::MAX);
        (
            group,
            if group == FindingGroup::Uncertain {
                0
            } else {
                first
            },
        )
    };
    findings.sort_by_key(|finding| rank(finding));
    findings
}

/// What is clearly present; what may be is called uncertain and never listed as a finding.
pub fn in_a_line(reading: &Reading) -> String {
    let order = in_order(reading);
    let names = |group| {
        let findings = order
            .iter()
            .filter(move |finding| group_of(finding) == group);
        let names: Vec<&str> = findings
            .map(|finding| finding.statement.name.as_str())
            .collect();
        names.join(", ")
    };
    let (present, uncertain) = (names(FindingGroup::Present), names(FindingGroup::Uncertain));
    match (present.is_empty(), uncertain.is_empty()) {
        (false, _) => present,
        (true, false) => format!("Uncertain: {uncertain}"),
        (true, true) => "No finding above its threshold".into(),
    }
}

impl Document {
    /// The numbers that hold: as measured, or as the reviewer's wave boundaries have them.
    pub fn measured(&self) -> Option<&Arc<Measurements>> {
        self.revised.as_ref().or(self.measurements.as_ref())
    }

    /// Why what was measured is not to be relied on: the second reader finds no readable ECG. Wave boundaries that a
    /// person has set are that person's word.
    pub fn unreliable(&self) -> Option<&str> {
        let reading = self.reading.done().filter(|_| self.revised.is_none())?;
        reading.not_readable.as_deref()
    }

    /// A tracing that is still to be decoded.
    pub fn new(generation: u64, source: Source) -> Self {
        let title = match &source {
            Source::File(path) => path
                .file_name()
                .unwrap_or(path.as_os_str())
                .to_string_lossy()
                .into_owned(),
            Source::Living => "The living case".to_owned(),
            Source::Bundled(id) => condition(id)
                .map_or(*id, |condition| condition.name)
                .to_owned(),
        };
        Self {
            generation,
            source,
            name: title.clone(),
            title,
            tracing: Progress::Waiting,
            measurements: None,
            revised: None,
            reading: Progress::Waiting,
            explanations: BTreeMap::new(),
            selected: None,
            start_s: 0.0,
        }
    }

    /// The findings as they are listed: by group; those that are present or absent also by category, the
    /// category with the surest finding first; and within that as the reading ranks them.
    pub fn order(&self) -> Vec<&Finding> {
        self.reading
            .done()
            .map(|reading| in_order(reading))
            .unwrap_or_default()
    }

    /// How many samples it keeps in memory.
    pub fn samples(&self) -> usize {
        let samples = |recording: &crate::ecg::Recording| -> usize {
            recording.leads.iter().map(|lead| lead.samples.len()).sum()
        };
        self.tracing.done().map_or(0, |tracing| {
            let same = Arc::ptr_eq(&tracing.recording, &tracing.shown);
            samples(&tracing.recording) * if same { 1 } else { 2 }
        })
    }

    /// The finding to explain when none was chosen: the first that is present and not merely normal.
    pub fn most_telling(&self) -> Option<String> {
        let order = self.order();
        let present = || order.iter().filter(|finding| finding.present());
        present()
            .find(|finding| !UNREMARKABLE.contains(&finding.statement.id.as_str()))
            .or_else(|| present().next())
            .or(order.first())
            .map(|finding| finding.statement.id.clone())
    }

    /// The machine's word in a line, for lists.
    pub fn summary(&self) -> String {
        match (&self.tracing, &self.reading) {
            (Progress::Failed(_), _) => "Not opened".into(),
            (Progress::Waiting, _) => "Opening…".into(),
            (_, Progress::Waiting) => "Reading…".into(),
            (_, Progress::Failed(_)) => "No reading".into(),
            (_, Progress::Done(reading)) => match &reading.not_readable {
                Some(reason) => format!("Not readable: {reason}"),
                None => in_a_line(reading),
            },
        }
    }

    /// The job that explains the selected finding, unless that is done or under way.
    pub(in crate::viewer) fn explain_selected(&mut self, method: Method) -> Option<Job> {
        let statement = self.selected.clone()?;
        let recording = Arc::clone(&self.tracing.done()?.recording);
        if !matches!(
            self.explanations.get(&statement),
            None | Some(Progress::Failed(_))
        ) {
            return None;
        }
        self.explanations
            .insert(statement.clone(), Progress::Waiting);
        Some(Job::Explain {
            generation: self.generation,
            recording,
            statement,
            method,
        })
    }
}
