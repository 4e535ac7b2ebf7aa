//! One tracing of a worklist: what stands in its line, kept small so that a line costs little memory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use serde::Deserialize;

use crate::ecg::{Recording, WarningCode};
use crate::reading::{Answer, Finding, Reading};
use crate::review::{self, Review, Status};
use crate::viewer::state::{FindingGroup, Progress, UNREMARKABLE, group_of, in_a_line};

/// What the list needs of a file, without its samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Glance {
    pub title: String,
    /// Name and number of the patient, as far as the file states them.
    pub patient: Option<String>,
    pub about: Option<String>,
    pub started: Option<jiff::civil::DateTime>,
    /// Samples over all leads: what it costs to keep it decoded.
    pub samples: usize,
    /// Whether it carries a label of the vocabulary.
    pub labelled: bool,
    pub thumbnail: Arc<[[f32; 2]]>,
}

impl Glance {
    /// What the list needs of a recording.
    pub fn of(recording: &Recording, thumbnail: Arc<[[f32; 2]]>) -> Self {
        let patient = &recording.patient;
        let named: Vec<&str> = patient
            .name
            .iter()
            .chain(&patient.id)
            .map(String::as_str)
            .collect();
        let about = crate::viewer::header::about(recording);
        Self {
            title: recording.name.clone(),
            patient: (!named.is_empty()).then(|| named.join(" ")),
            about: (!about.is_empty()).then(|| about.join(", ")),
            started: recording.acquisition.started,
            samples: recording.leads.iter().map(|lead| lead.samples.len()).sum(),
            labelled: !crate::viewer::teaching::labels(recording).is_empty(),
            thumbnail,
        }
    }
}

/// How soon a tracing wants eyes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    Now,
    Soon,
    /// The machine could say nothing, which must not pass for normal.
    Unknown,
    Routine,
}

impl Urgency {
    /// The word that stands before the summary; routine has none.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Now => Some("Now"),
            Self::Soon => Some("Soon"),
            Self::Unknown | Self::Routine => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Levels {
    now: Vec<String>,
    soon: Vec<String>,
}

static LEVELS: LazyLock<Levels> = LazyLock::new(|| {
    // Compiled in, and a test parses it.
    toml::from_str(include_str!("../../../assets/urgency.toml")).unwrap_or(Levels {
        now: Vec::new(),
        soon: Vec::new(),
    })
});

/// The machine's word on a tracing, as short as a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    pub urgency: Urgency,
    /// Log odds above the threshold of the finding that makes it urgent.
    pub weight: f32,
    pub summary: String,
    pub readable: bool,
    /// What it says of every statement, and the log odds between that and the threshold.
    said: Vec<(&'static str, Answer, f32)>,
}

impl Verdict {
    /// What a reading comes to.
    pub fn of(reading: &Reading) -> Self {
        if let Some(reason) = &reading.not_readable {
            return Self {
                urgency: Urgency::Unknown,
                weight: 0.0,
                summary: format!("Not readable: {reason}"),
                readable: false,
                said: Vec::new(),
            };
        }
        let urgency = |finding: &Finding| {
            let id = &finding.statement.id;
            match () {
                () if LEVELS.now.contains(id) => Urgency::Now,
                () if LEVELS.soon.contains(id) => Urgency::Soon,
                () => Urgency::Routine,
            }
        };
        let present = reading
            .findings
            .iter()
            .filter(|finding| group_of(finding) == FindingGroup::Present);
        let mut present: Vec<(Urgency, f32, &Finding)> = present
            .map(|finding| (urgency(finding), finding.margin(), finding))
            .collect();
        present.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
        let (urgency, weight) = present
            .first()
            .map_or((Urgency::Routine, 0.0), |first| (first.0, first.1));
        let mut warnings = reading.warnings.iter();
        let critical = warnings.find(|warning| warning.code == WarningCode::CriticalNumber);
        let urgency = critical.map_or(urgency, |_| Urgency::Now);
        // The number alone; its limit stands beside the tracing.
        let number = critical.and_then(|own| own.message.split(". ").next());
        let findings = present
            .iter()
            .map(|(_, _, finding)| &finding.statement)
            .filter(|statement| !UNREMARKABLE.contains(&statement.id.as_str()))
            .map(|statement| statement.name.as_str());
        let remarkable: Vec<&str> = number.into_iter().chain(findings).collect();
        Self {
            urgency,
            weight,
            summary: if remarkable.is_empty() {
                in_a_line(reading)
            } else {
                remarkable.join(", ")
            },
            readable: true,
            said: reading
                .findings
                .iter()
                .map(|finding| {
                    let id = finding.statement.id.as_str();
                    (id, finding.answer(), finding.margin())
                })
                .collect(),
        }
    }

    /// Log odds between the finding nearest to its threshold and that threshold.
    pub fn nearest_margin(&self) -> Option<f32> {
        let margins = self.said.iter().map(|(_, _, margin)| *margin);
        margins.min_by(|a, b| a.abs().total_cmp(&b.abs()))
    }

    /// What it says of a statement, if it knows it.
    fn answer(&self, statement: &str) -> Option<Answer> {
        let mut said = self.said.iter();
        said.find(|(id, ..)| *id == statement)
            .map(|(_, answer, _)| *answer)
    }
}

/// How people stand to a tracing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Stand {
    /// How far they are.
    pub status: Status,
    /// What they say of statements, one entry for each reader who says something.
    pub said: Vec<(String, review::Verdict)>,
}

impl Stand {
    /// What these reviews come to.
    pub fn of<'a>(reviews: impl IntoIterator<Item = &'a Review>) -> Self {
        let mut stand = Self::default();
        for review in reviews {
            stand.status = stand.status.max(review.status());
            let findings = review.content.findings.iter();
            let said = findings.map(|(id, decision)| (id.clone(), decision.verdict));
            stand.said.extend(said);
        }
        stand
    }
}

/// Stands for what the machine says while a tracing is read blind.
pub const HIDDEN: &str = "Hidden until you commit";

/// One line of the worklist.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub path: PathBuf,
    pub glance: Progress<Glance>,
    pub verdict: Progress<Verdict>,
    pub stand: Stand,
    /// Whether another file of the list has the same name.
    namesake: bool,
    /// What the search box looks in, in lower case: who and when, and what is said of it.
    about: String,
    said: String,
}

impl Row {
    /// A file that has been found and not yet looked into.
    pub fn new(path: PathBuf) -> Self {
        let mut row = Self {
            path,
            glance: Progress::Waiting,
            verdict: Progress::Waiting,
            stand: Stand::default(),
            namesake: false,
            about: String::new(),
            said: String::new(),
        };
        row.index();
        row
    }

    /// A folder or file that could not be looked into.
    pub fn broken(path: PathBuf, reason: String) -> Self {
        let mut row = Self::new(path);
        row.fail(reason);
        row
    }

    /// Takes in what the file says.
    pub fn take_glance(&mut self, glance: Glance) {
        self.glance = Progress::Done(glance);
        self.index();
    }

    /// The file could not be decoded.
    pub fn fail(&mut self, reason: String) {
        self.verdict = Progress::Failed(reason.clone());
        self.glance = Progress::Failed(reason);
        self.index();
    }

    /// Takes in what the machine says.
    pub fn take_verdict(&mut self, verdict: Progress<Verdict>) {
        self.verdict = verdict;
        self.index();
    }

    /// Takes in how people stand to it.
    pub fn take_stand(&mut self, stand: Stand) {
        self.stand = stand;
    }

    /// Another file of the list has the same name.
    pub(super) fn tell_apart(&mut self) {
        if !self.namesake {
            self.namesake = true;
            self.index();
        }
    }

    /// How far people are with it.
    pub fn status(&self) -> Status {
        self.stand.status
    }

    /// On how many statements readers differ, or a reader and the machine, where that may be seen.
    pub fn differing(&self, machine: bool) -> usize {
        use review::Verdict::{Absent, Present};
        let verdict = self.verdict.done().filter(|_| machine);
        let differs = |id: &str| {
            let own = self.stand.said.iter().filter(|(other, _)| other == id);
            let (mut present, mut absent) = (false, false);
            for (_, verdict) in own {
                (present, absent) = (
                    present | (*verdict == Present),
                    absent | (*verdict == Absent),
                );
            }
            match verdict.and_then(|verdict| verdict.answer(id)) {
                Some(Answer::Present) => absent,
                Some(Answer::Absent) => present,
                Some(Answer::Uncertain) | None => present && absent,
            }
        };
        let ids: BTreeSet<&str> = self.stand.said.iter().map(|(id, _)| id.as_str()).collect();
        ids.into_iter().filter(|id| differs(id)).count()
    }

    /// Why nothing can be shown of it.
    pub fn trouble(&self) -> Option<&str> {
        match &self.glance {
            Progress::Failed(reason) => Some(reason),
            Progress::Waiting | Progress::Done(_) => None,
        }
    }

    /// Name of the record, of its file until that is known, after its folder where a file's name alone does not tell it
    /// from others.
    pub fn title(&self) -> String {
        let name = match &self.glance {
            Progress::Done(glance) => glance.title.clone(),
            Progress::Waiting | Progress::Failed(_) => file_name(&self.path),
        };
        let folder = self.path.parent().filter(|_| self.namesake);
        match folder.and_then(Path::file_name) {
            Some(folder) => format!("{}/{name}", folder.to_string_lossy()),
            None => name,
        }
    }

    /// Who and when, in a line.
    pub fn who(&self) -> String {
        let Some(glance) = self.glance.done() else {
            return String::new();
        };
        let started = glance
            .started
            .map(|started| started.strftime("%Y-%m-%d %H:%M").to_string());
        let parts = [glance.patient.clone(), glance.about.clone(), started];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
    }

    /// What the machine says of it, or why there is nothing.
    pub fn summary(&self) -> String {
        match (&self.glance, &self.verdict) {
            (Progress::Failed(reason), _) => without_path(reason, &self.path),
            (Progress::Waiting, _) => "Waiting…".into(),
            (_, Progress::Waiting) => "To be read…".into(),
            (_, Progress::Failed(_)) => "No reading".into(),
            (_, Progress::Done(verdict)) => verdict.summary.clone(),
        }
    }

    /// How soon it wants eyes; `None` until the machine has read it.
    pub fn urgency(&self) -> Option<Urgency> {
        match &self.verdict {
            Progress::Done(verdict) => Some(verdict.urgency),
            Progress::Failed(_) => Some(Urgency::Unknown),
            Progress::Waiting => None,
        }
    }

    /// The whole line as a screen reader says it.
    pub fn spoken(&self, hidden: bool) -> String {
        let mut parts = vec![self.title()];
        let who = self.who();
        if !who.is_empty() {
            parts.push(who.replace(" · ", ", "));
        }
        if self.trouble().is_some() {
            parts.push("could not be opened".into());
        }
        let urgency = self.urgency().filter(|_| !hidden);
        if let Some(word) = urgency.and_then(Urgency::word) {
            parts.push(format!("to be seen {}", word.to_lowercase()));
        }
        parts.push(if hidden && self.trouble().is_none() {
            HIDDEN.to_owned()
        } else {
            self.summary()
        });
        if self.trouble().is_none() {
            parts.push(self.status().name().into());
        }
        parts.join(", ")
    }

    /// Whether every word of a query stands somewhere in the line; what the machine says counts only
    /// where it is shown.
    pub fn matches(&self, words: &[String], blind: bool) -> bool {
        let found =
            |word: &String| self.about.contains(word) || (!blind && self.said.contains(word));
        words.iter().all(found)
    }

    fn index(&mut self) {
        let about = [self.title(), self.who(), file_name(&self.path)];
        self.about = about.join(" ").to_lowercase();
        self.said = self.summary().to_lowercase();
    }
}

/// A reason without the path before it: the file's name stands above it.
fn without_path(reason: &str, path: &Path) -> String {
    let folder = path
        .parent()
        .map(|folder| folder.join(""))
        .unwrap_or_default();
    let folder = folder.to_string_lossy();
    let short = match folder.is_empty() {
        true => reason.to_owned(),
        false => reason.replace(&*folder, ""),
    };
    let after = short.strip_prefix(&file_name(path));
    match after.and_then(|after| after.strip_prefix(": ")) {
        Some(after) => after.to_owned(),
        None => short,
    }
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .unwrap_or(path.as_os_str())
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ecg::Warning;
    use crate::reading::vocabulary;

    #[test]
    fn every_statement_of_the_levels_is_one_of_the_vocabulary_and_on_one_level() {
        let levels: Levels = toml::from_str(include_str!("../../../assets/urgency.toml")).unwrap();
        for id in levels.now.iter().chain(&levels.soon) {
            assert!(vocabulary::find(id).is_some(), "{id}");
        }
        assert!(levels.now.iter().all(|id| !levels.soon.contains(id)));
        assert!(!levels.now.is_empty() && !levels.soon.is_empty());
    }

    fn reading(findings: &[(&str, f32)]) -> Reading {
        Reading {
            model: "known".into(),
            not_readable: None,
            findings: findings
                .iter()
                .map(|(id, probability)| Finding {
                    statement: vocabulary::find(id).unwrap(),
                    probability: *probability,
                    threshold: 0.5,
                    held: None,
                    uncertain: [0.4, 0.4],
                })
                .collect(),
            lead_attention: Vec::new(),
            warnings: Vec::new(),
            timing_ms: 1.0,
        }
    }

    #[test]
    fn a_number_past_a_critical_limit_is_urgent_and_stands_first() {
        let mut slow = reading(&[("NST_", 0.9)]);
        assert_eq!(Verdict::of(&slow).urgency, Urgency::Routine);
        let words = "Rate 36/min. Critical: below 40/min (source)";
        slow.warnings
            .push(Warning::new(WarningCode::CriticalNumber, words));
        let verdict = Verdict::of(&slow);
        assert_eq!(verdict.urgency, Urgency::Now);
        assert!(
            verdict.summary.starts_with("Rate 36/min, "),
            "{}",
            verdict.summary
        );
    }

    #[test]
    fn a_broken_file_says_why_first_and_its_folder_where_its_name_is_not_its_own() {
        let path = PathBuf::from("/ward/no_dat/rec.hea");
        let reason = "/ward/no_dat/rec.hea: line 2: /ward/no_dat/rec.dat is missing";
        let mut row = Row::broken(path.clone(), reason.into());
        assert_eq!(row.summary(), "line 2: rec.dat is missing");
        assert_eq!(row.trouble(), Some(reason), "in full under the pointer");
        assert_eq!(row.title(), "rec.hea");
        row.tell_apart();
        assert_eq!(row.title(), "no_dat/rec.hea");
        let other = Row::broken(path, "/other/rec.dat: no samples".into());
        assert_eq!(other.summary(), "/other/rec.dat: no samples");
        let bare = Row::broken("rec.hea".into(), "rec.hea: 1000/mV is no gain".into());
        assert_eq!(bare.summary(), "1000/mV is no gain");
    }

    #[test]
    fn the_most_urgent_finding_that_is_clearly_present_decides() {
        let of = |findings: &[(&str, f32)]| Verdict::of(&reading(findings)).urgency;
        assert_eq!(
            of(&[("SR", 0.9), ("STE_", 0.9), ("AFIB", 0.99)]),
            Urgency::Now
        );
        assert_eq!(
            of(&[("AFIB", 0.9), ("STE_", 0.55)]),
            Urgency::Soon,
            "ST elevation is uncertain"
        );
        assert_eq!(of(&[("SR", 0.9)]), Urgency::Routine);
        let mut unreadable = reading(&[]);
        unreadable.not_readable = Some("V2 is flat".into());
        let verdict = Verdict::of(&unreadable);
        assert_eq!(
            (verdict.urgency, verdict.readable),
            (Urgency::Unknown, false)
        );
        assert!(
            Urgency::Unknown < Urgency::Routine,
            "what is not read comes before what is normal"
        );
    }

    #[test]
    fn readers_differ_from_each_other_and_from_a_machine_that_is_sure() {
        let mut row = Row::new("a.hea".into());
        let of = |findings: &[(&str, f32)]| Progress::Done(Verdict::of(&reading(findings)));
        row.take_verdict(of(&[("SR", 0.95), ("AFIB", 0.9), ("LVH", 0.55)]));
        let nearest = row.verdict.done().unwrap().nearest_margin().unwrap();
        assert!((nearest - (0.55_f32 / 0.45).ln()).abs() < 1e-5);
        let said = |words: &[(&str, review::Verdict)]| Stand {
            status: Status::InProgress,
            said: words.iter().map(|(id, v)| ((*id).to_owned(), *v)).collect(),
        };
        use review::Verdict::{Absent, Present, Uncertain};
        row.take_stand(said(&[("AFIB", Absent), ("SR", Present), ("LVH", Present)]));
        assert_eq!(row.differing(true), 1, "it is not sure of LVH");
        assert_eq!(row.differing(false), 0, "not where the machine is hidden");
        row.take_stand(said(&[
            ("PVC", Present),
            ("PVC", Absent),
            ("SR", Uncertain),
        ]));
        assert_eq!((row.differing(true), row.differing(false)), (1, 1));
    }
}
