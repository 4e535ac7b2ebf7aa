//! What a report may say, and who answers for it.

use std::collections::BTreeMap;

use super::{Content, Review, Status, Verdict};
use crate::reading::vocabulary;
use crate::sheet::PrintedReview;

/// A review as it is reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Whether it is signed; otherwise it is preliminary.
    pub signed: bool,
    /// `Signed by Ada, 2026-11-24 15:02 UTC, version 2`, or `Preliminary, entered by Ada, not signed`.
    pub standing: String,
    /// Names of the statements that hold.
    pub findings: Vec<String>,
    /// Names of the statements that the tracing does not decide.
    pub uncertain: Vec<String>,
    /// Empty where nothing was written.
    pub conclusion: String,
}

/// The report on a tracing: of `reader` if one is named, else the adjudicator's, else what was signed last, else what one
/// reader alone has entered. `None` where there is none of these. What the reader rejected is no part of it.
pub fn report(
    reviews: &BTreeMap<String, Review>,
    reader: Option<&str>,
    adjudicator: Option<&str>,
) -> Option<Report> {
    let said = |name: &str| {
        reviews
            .get(name)
            .filter(|review| review.status() != Status::New)
    };
    if let Some(reader) = reader {
        return Some(of(reader, said(reader)?));
    }
    if let Some((name, review)) = adjudicator.and_then(|name| Some((name, said(name)?))) {
        return Some(of(name, review));
    }
    let signed = reviews
        .iter()
        .filter_map(|(name, review)| Some((review.signed()?, name, review)));
    if let Some((_, name, review)) = signed.max_by_key(|(version, ..)| version.at.clone()) {
        return Some(of(name, review));
    }
    let mut open = reviews
        .iter()
        .filter(|(_, review)| review.status() != Status::New);
    let (name, review) = open.next()?;
    open.next().is_none().then(|| of(name, review))
}

fn of(reader: &str, review: &Review) -> Report {
    let names = |content: &Content, verdict| -> Vec<String> {
        let of = content
            .findings
            .iter()
            .filter(|(_, decision)| decision.verdict == verdict);
        of.map(|(id, _)| {
            vocabulary::find(id).map_or_else(|| id.clone(), |known| known.name.clone())
        })
        .collect()
    };
    let (content, standing) = match review.signed() {
        Some(version) => {
            let when = version
                .at
                .get(..16)
                .unwrap_or(&version.at)
                .replace('T', " ");
            let mut standing = format!("Signed by {}, {when} UTC", version.reader);
            if version.number > 1 {
                standing += &format!(", version {}", version.number);
            }
            if review.amendment.is_some() {
                standing += "; an amendment is in progress";
            }
            (&version.content, standing)
        }
        None => {
            let standing = format!("Preliminary, entered by {reader}, not signed");
            (&review.content, standing)
        }
    };
    Report {
        signed: review.signed().is_some(),
        standing,
        findings: names(content, Verdict::Present),
        uncertain: names(content, Verdict::Uncertain),
        conclusion: content.conclusion.clone(),
    }
}

impl From<Report> for PrintedReview {
    fn from(report: Report) -> Self {
        let Report {
            signed,
            standing,
            findings,
            uncertain,
            conclusion,
        } = report;
        Self {
            signed,
            standing,
            findings,
            uncertain,
            conclusion,
        }
    }
}
