//! What a reader can enter.

use serde::{Deserialize, Serialize};

use super::{Error, Slot};
use crate::ecg::{BeatKind, LeadName, WaveBoundary};
use crate::reading::vocabulary;

/// Longest free text, in characters: a few pages.
const LONGEST_TEXT: usize = 20_000;
/// Longest label of a mark, in characters.
const LONGEST_LABEL: usize = 200;
/// Times are kept in whole microseconds, finer than any sampling interval, so that they survive every round trip.
const PER_SECOND: f64 = 1e6;

/// Seconds as whole microseconds; `None` where no tracing reaches (a year) or for what is no number.
pub fn micros(seconds: f64) -> Option<i64> {
    let micros = (seconds * PER_SECOND).round();
    // The range makes the conversion exact.
    #[allow(clippy::cast_possible_truncation)]
    (0.0..3.2e13).contains(&micros).then_some(micros as i64)
}

/// Whole microseconds as seconds.
pub fn seconds(micros: i64) -> f64 {
    micros as f64 / PER_SECOND
}

/// What a reader says of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Present,
    /// It does not.
    Absent,
    /// This tracing does not tell.
    Uncertain,
}

impl Verdict {
    /// `present`, `absent` or `uncertain`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Present => "present",
            Self::Absent => "absent",
            Self::Uncertain => "uncertain",
        }
    }

    /// By its name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Present, Self::Absent, Self::Uncertain]
            .into_iter()
            .find(|verdict| verdict.as_str() == text)
    }
}

/// What a decision answers, as it was put to the reader.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Claim {
    /// A model's finding.
    Machine {
        /// Name of the model.
        model: String,
        /// 0 to 1.
        probability: f32,
        /// Probability from which the model counts it as present.
        threshold: f32,
    },
    /// A statement of the device in the file.
    Device {
        /// In its own words or codes.
        words: String,
    },
}

/// A reader's decision on one statement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub verdict: Verdict,
    /// The finding it answers; `None` where the reader brought it up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers: Option<Claim>,
    /// The statement that this one was put in the place of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

impl Decision {
    /// A decision that nobody asked for.
    pub fn own(verdict: Verdict) -> Self {
        Self {
            verdict,
            answers: None,
            instead_of: None,
        }
    }

    /// An answer to a claim.
    pub fn on(claim: Claim, verdict: Verdict) -> Self {
        Self {
            verdict,
            answers: Some(claim),
            instead_of: None,
        }
    }
}

/// Where a mark lies, in microseconds from the start of the recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Place {
    /// From one moment to a later one, with its meaning: a statement's id or free words.
    Span {
        from_us: i64,
        to_us: i64,
        label: String,
    },
    /// One beat and what it is.
    Beat { at_us: i64, beat: BeatKind },
}

/// Something marked on the paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Leads it is seen in; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leads: Vec<LeadName>,
    #[serde(flatten)]
    pub place: Place,
}

impl Mark {
    /// A span in seconds; the ends may come in either order.
    ///
    /// # Errors
    /// Times that no tracing has, or an empty label.
    pub fn span(
        leads: Vec<LeadName>,
        from_s: f64,
        to_s: f64,
        label: impl Into<String>,
    ) -> Result<Self, Error> {
        let mark = Self {
            leads,
            place: Place::Span {
                from_us: time(from_s.min(to_s))?,
                to_us: time(from_s.max(to_s))?,
                label: label.into(),
            },
        };
        mark.check().map(|()| mark)
    }

    /// A beat at a time in seconds.
    ///
    /// # Errors
    /// A time that no tracing has.
    pub fn beat(leads: Vec<LeadName>, at_s: f64, beat: BeatKind) -> Result<Self, Error> {
        let at_us = time(at_s)?;
        Ok(Self {
            leads,
            place: Place::Beat { at_us, beat },
        })
    }

    /// First and last moment in microseconds.
    pub fn range_us(&self) -> (i64, i64) {
        match &self.place {
            Place::Span { from_us, to_us, .. } => (*from_us, *to_us),
            Place::Beat { at_us, .. } => (*at_us, *at_us),
        }
    }

    fn check(&self) -> Result<(), Error> {
        let (from, to) = self.range_us();
        in_reach(from)?;
        in_reach(to)?;
        match &self.place {
            Place::Span { .. } if from >= to => {
                Err(Error::Impossible("a span must last".to_owned()))
            }
            Place::Span { label, .. } if label.trim().is_empty() => {
                Err(Error::Impossible("a span needs a label".to_owned()))
            }
            Place::Span { label, .. } if label.chars().count() > LONGEST_LABEL => Err(
                Error::Impossible(format!("a label has at most {LONGEST_LABEL} characters")),
            ),
            _ => Ok(()),
        }
    }
}

fn time(at_s: f64) -> Result<i64, Error> {
    micros(at_s).ok_or_else(|| Error::Impossible(format!("{at_s} s is no time in a tracing")))
}

fn in_reach(at_us: i64) -> Result<(), Error> {
    time(seconds(at_us)).map(|_| ())
}

/// A fiducial point that a reader moved, added or took away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fiducial {
    pub boundary: WaveBoundary,
    /// `None` over all leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<LeadName>,
    /// Where it was before the reader came, in microseconds; `None` where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was_us: Option<i64>,
    /// Where it belongs; `None` where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_us: Option<i64>,
}

/// What a reader does to a fiducial point. It is known by where it stands, so that one wish can follow another before the
/// first is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placing {
    pub boundary: WaveBoundary,
    /// `None` over all leads.
    pub lead: Option<LeadName>,
    /// Where it was before the reader came, in microseconds; `None` for one that the reader added.
    pub was_us: Option<i64>,
    /// Where it stands now.
    pub from_us: Option<i64>,
    /// Where it belongs; `None` takes it away.
    pub to_us: Option<i64>,
}

impl Placing {
    /// Whether a point is the one that is meant.
    pub(super) fn is_of(&self, point: &Fiducial) -> bool {
        let same = point.boundary == self.boundary
            && point.lead == self.lead
            && point.was_us == self.was_us;
        same && (self.was_us.is_some() || point.at_us == self.from_us)
    }

    /// The point as it is from then on; `None` where it is as it was before the reader came.
    pub(super) fn to(&self) -> Option<Fiducial> {
        (self.to_us != self.was_us).then(|| Fiducial {
            boundary: self.boundary,
            lead: self.lead.clone(),
            was_us: self.was_us,
            at_us: self.to_us,
        })
    }
}

/// One thing to change; `None` takes it away.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The decision on a statement, by its id.
    Finding(String, Option<Decision>),
    /// A mark, by a number of its own.
    Mark(u64, Option<Mark>),
    /// A fiducial point, by a number of its own.
    Fiducial(u64, Option<Fiducial>),
    /// The conclusion in free words; empty takes it away.
    Conclusion(String),
}

impl Change {
    /// The place in a review that it fills, and with what.
    pub(super) fn parts(&self) -> Result<(Slot, Option<String>), Error> {
        let json = |value: Result<String, serde_json::Error>| {
            value.map_err(|error| Error::Impossible(error.to_string()))
        };
        Ok(match self {
            Self::Finding(id, decision) => {
                check_statement(id)?;
                if let Some(Decision {
                    instead_of: Some(other),
                    ..
                }) = decision
                {
                    check_statement(other)?;
                }
                let value = decision.as_ref().map(serde_json::to_string);
                (Slot::Finding(id.clone()), value.map(json).transpose()?)
            }
            Self::Mark(id, mark) => {
                if let Some(mark) = mark {
                    mark.check()?;
                }
                let value = mark.as_ref().map(serde_json::to_string);
                (Slot::Mark(*id), value.map(json).transpose()?)
            }
            Self::Fiducial(id, point) => {
                if let Some(point) = point {
                    point
                        .was_us
                        .into_iter()
                        .chain(point.at_us)
                        .try_for_each(in_reach)?;
                    if point.was_us.is_none() && point.at_us.is_none() {
                        let reason = "a fiducial point must be, or have been, somewhere";
                        return Err(Error::Impossible(reason.to_owned()));
                    }
                }
                let value = point.as_ref().map(serde_json::to_string);
                (Slot::Fiducial(*id), value.map(json).transpose()?)
            }
            Self::Conclusion(text) => {
                let text = text.trim();
                if text.chars().count() > LONGEST_TEXT {
                    return Err(Error::Impossible(format!(
                        "a conclusion has at most {LONGEST_TEXT} characters"
                    )));
                }
                let value = (!text.is_empty()).then(|| serde_json::to_string(text));
                (Slot::Conclusion, value.map(json).transpose()?)
            }
        })
    }
}

/// A statement of the vocabulary, or a code of a named system (`snomed-ct:164889003`), which other programs' labels
/// may carry and which must not be lost.
fn check_statement(id: &str) -> Result<(), Error> {
    let foreign = id.split_once(':').is_some_and(|(system, code)| {
        !system.is_empty() && !code.trim().is_empty() && id.chars().count() <= LONGEST_LABEL
    });
    if foreign || vocabulary::find(id).is_some() {
        Ok(())
    } else {
        Err(Error::UnknownStatement(id.to_owned()))
    }
}
