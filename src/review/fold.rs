//! What one reader's events on one tracing add up to.

use std::collections::{BTreeMap, HashMap};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Act, Decision, Error, Event, Fiducial, Mark, Slot, Verdict};

/// How far a review is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Nothing has been entered.
    #[default]
    New,
    /// Something has, or a signed review is being amended.
    InProgress,
    /// The last version stands.
    Signed,
}

impl Status {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::InProgress => "in progress",
            Self::Signed => "signed",
        }
    }
}

/// What a review says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    /// By statement id.
    pub findings: BTreeMap<String, Decision>,
    /// Spans and beats, by number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub marks: BTreeMap<u64, Mark>,
    /// Fiducial points, by number.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub fiducials: BTreeMap<u64, Fiducial>,
    /// Empty where nothing was written.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub conclusion: String,
}

impl Content {
    /// Whether nothing has been said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Ids of the statements that hold.
    pub fn present(&self) -> impl Iterator<Item = &str> {
        self.findings
            .iter()
            .filter(|(_, decision)| decision.verdict == Verdict::Present)
            .map(|(id, _)| id.as_str())
    }

    /// The verdict on a statement, if there is one.
    pub fn verdict(&self, statement: &str) -> Option<Verdict> {
        self.findings
            .get(statement)
            .map(|decision| decision.verdict)
    }
}

/// A review as it was signed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    /// From 1.
    pub number: u32,
    /// Who signed.
    pub reader: String,
    /// When, in UTC (RFC 3339).
    pub at: String,
    /// Why the version before was amended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    pub content: Content,
}

/// What stood in a slot and what came to stand there.
#[derive(Debug, Clone)]
pub(super) struct Swap {
    pub slot: Slot,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// One reader's review of one tracing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Review {
    pub content: Content,
    /// Signed versions, the first one first.
    pub versions: Vec<Version>,
    /// Why the signed review is being changed, while it is.
    pub amendment: Option<String>,
    /// When something last happened, in UTC (RFC 3339).
    pub changed: Option<String>,
    history: History,
}

/// What can be undone and redone.
#[derive(Debug, Clone, Default)]
struct History {
    undo: Vec<i64>,
    redo: Vec<i64>,
    steps: HashMap<i64, Vec<Swap>>,
    /// What stands in every slot, as it was written.
    standing: HashMap<Slot, String>,
    /// The greatest number that a mark or fiducial point has had.
    greatest: u64,
}

/// Two reviews are equal if they say the same, however they came to it.
impl PartialEq for History {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Review {
    /// What happened, from the first event on.
    ///
    /// # Errors
    /// An event that this version cannot understand.
    pub(super) fn fold<'a>(events: impl IntoIterator<Item = &'a Event>) -> Result<Self, Error> {
        let mut review = Self::default();
        for event in events {
            review.take(event)?;
        }
        Ok(review)
    }

    /// One more event.
    pub(super) fn take(&mut self, event: &Event) -> Result<(), Error> {
        let history = &mut self.history;
        match event.act {
            Act::Change => {
                if history.undo.last() != Some(&event.step) {
                    history.undo.push(event.step);
                    history.redo.clear();
                }
                history.steps.entry(event.step).or_default().push(Swap {
                    slot: event.slot.clone(),
                    before: event.before.clone(),
                    after: event.after.clone(),
                });
            }
            // The first event of the step moves it, the others follow.
            Act::Undo if history.undo.last().copied() == event.of_step => {
                history.redo.extend(history.undo.pop());
            }
            Act::Redo if history.redo.last().copied() == event.of_step => {
                history.undo.extend(history.redo.pop());
            }
            Act::Undo | Act::Redo => {}
            Act::Sign => {
                history.undo.clear();
                history.redo.clear();
                history.steps.clear();
            }
        }
        if let Slot::Mark(number) | Slot::Fiducial(number) = event.slot {
            history.greatest = history.greatest.max(number);
        }
        match &event.after {
            Some(after) => history.standing.insert(event.slot.clone(), after.clone()),
            None => history.standing.remove(&event.slot),
        };
        self.changed = Some(event.at.clone());
        self.place(event)
    }

    fn place(&mut self, event: &Event) -> Result<(), Error> {
        let content = &mut self.content;
        match &event.slot {
            Slot::Finding(id) => put(&mut content.findings, id.clone(), parsed(event)?),
            Slot::Mark(id) => put(&mut content.marks, *id, parsed(event)?),
            Slot::Fiducial(id) => put(&mut content.fiducials, *id, parsed(event)?),
            Slot::Conclusion => content.conclusion = parsed(event)?.unwrap_or_default(),
            Slot::Amendment => self.amendment = parsed(event)?,
            Slot::Signature(_) => {
                self.versions.extend(parsed::<Version>(event)?);
                self.amendment = None;
                self.history.standing.remove(&Slot::Amendment);
            }
            Slot::Setting(_) => {}
        }
        Ok(())
    }

    /// How far it is.
    pub fn status(&self) -> Status {
        match (self.versions.is_empty(), &self.amendment) {
            (false, None) => Status::Signed,
            (true, None) if self.content.is_empty() => Status::New,
            _ => Status::InProgress,
        }
    }

    /// The version that was signed last.
    pub fn signed(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// Whether there is a step to take back.
    pub fn can_undo(&self) -> bool {
        !self.history.undo.is_empty()
    }

    /// Whether there is a step to take again.
    pub fn can_redo(&self) -> bool {
        !self.history.redo.is_empty()
    }

    /// What stands in a slot, as it is kept.
    pub(super) fn standing(&self, slot: &Slot) -> Option<&String> {
        self.history.standing.get(slot)
    }

    /// The step that undo takes back, and what it changed, last first.
    pub(super) fn to_undo(&self) -> Option<(i64, Vec<Swap>)> {
        let step = *self.history.undo.last()?;
        let swaps = self
            .history
            .steps
            .get(&step)?
            .iter()
            .rev()
            .map(|swap| Swap {
                slot: swap.slot.clone(),
                before: swap.after.clone(),
                after: swap.before.clone(),
            });
        Some((step, swaps.collect()))
    }

    /// The step that redo takes again, and what it changed.
    pub(super) fn to_redo(&self) -> Option<(i64, Vec<Swap>)> {
        let step = *self.history.redo.last()?;
        Some((step, self.history.steps.get(&step)?.clone()))
    }

    /// A number that no mark or fiducial point of this review has had.
    pub fn free_number(&self) -> u64 {
        self.history.greatest.saturating_add(1)
    }
}

fn parsed<T: DeserializeOwned>(event: &Event) -> Result<Option<T>, Error> {
    let value = event.after.as_deref().map(serde_json::from_str).transpose();
    value.map_err(|error| Error::Damaged {
        event: event.seq,
        reason: error.to_string(),
    })
}

fn put<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: Option<V>) {
    match value {
        Some(value) => {
            map.insert(key, value);
        }
        None => {
            map.remove(&key);
        }
    }
}
