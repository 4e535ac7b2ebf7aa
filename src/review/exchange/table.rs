//! One line for each entry, as spreadsheets like it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Said, misread};
use crate::ecg::{BeatKind, LeadName, WaveBoundary};
use crate::review::{
    Claim, Content, Decision, Error, Fiducial, Mark, Place, Verdict, micros, seconds,
};

/// A line. What an entry does not have is empty.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Row {
    tracing: String,
    name: String,
    path: Option<String>,
    reader: Option<String>,
    signed_at: Option<String>,
    /// `finding`, `span`, `beat`, `fiducial`, `conclusion`, or `nothing` for a review that says nothing.
    entry: String,
    /// Number of a span, beat or fiducial point.
    number: Option<u64>,
    statement: Option<String>,
    verdict: Option<Verdict>,
    /// `machine` or `device`.
    answers: Option<String>,
    /// Name of the model, or the device's words.
    claimed_by: Option<String>,
    probability: Option<f32>,
    threshold: Option<f32>,
    instead_of: Option<String>,
    /// Separated by `|`.
    leads: Option<String>,
    from_s: Option<String>,
    to_s: Option<String>,
    was_s: Option<String>,
    label: Option<String>,
    beat: Option<BeatKind>,
    boundary: Option<WaveBoundary>,
    text: Option<String>,
}

/// Whole microseconds, so that nothing is lost.
fn time(at_us: i64) -> String {
    format!("{:.6}", seconds(at_us))
}

pub(super) fn write(said: &[Said]) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for said in said {
        for row in rows(said) {
            writer
                .serialize(row)
                .map_err(|error| misread("review.csv", error))?;
        }
    }
    writer
        .into_inner()
        .map_err(|error| misread("review.csv", error))
}

fn rows(said: &Said) -> Vec<Row> {
    let row = |entry: &str| Row {
        tracing: said.tracing.clone(),
        name: said.name.clone(),
        path: said
            .path
            .as_ref()
            .map(|path| path.to_string_lossy().into_owned()),
        reader: said.reader.clone(),
        signed_at: said.versions.last().map(|version| version.at.clone()),
        entry: entry.to_owned(),
        ..Row::default()
    };
    let Content {
        findings,
        marks,
        fiducials,
        conclusion,
    } = &said.content;
    let mut rows = Vec::new();
    for (id, decision) in findings {
        let (answers, claimed_by, probability, threshold) = match &decision.answers {
            Some(Claim::Machine {
                model,
                probability,
                threshold,
            }) => (
                Some("machine"),
                Some(model),
                Some(*probability),
                Some(*threshold),
            ),
            Some(Claim::Device { words }) => (Some("device"), Some(words), None, None),
            None => (None, None, None, None),
        };
        rows.push(Row {
            statement: Some(id.clone()),
            verdict: Some(decision.verdict),
            answers: answers.map(str::to_owned),
            claimed_by: claimed_by.cloned(),
            probability,
            threshold,
            instead_of: decision.instead_of.clone(),
            ..row("finding")
        });
    }
    for (number, mark) in marks {
        let leads: Vec<&str> = mark.leads.iter().map(LeadName::as_str).collect();
        let leads = (!leads.is_empty()).then(|| leads.join("|"));
        let base = Row {
            number: Some(*number),
            leads,
            ..row("")
        };
        rows.push(match &mark.place {
            Place::Span {
                from_us,
                to_us,
                label,
            } => Row {
                entry: "span".to_owned(),
                from_s: Some(time(*from_us)),
                to_s: Some(time(*to_us)),
                label: Some(label.clone()),
                ..base
            },
            Place::Beat { at_us, beat } => Row {
                entry: "beat".to_owned(),
                from_s: Some(time(*at_us)),
                beat: Some(*beat),
                ..base
            },
        });
    }
    for (number, point) in fiducials {
        rows.push(Row {
            number: Some(*number),
            leads: point.lead.as_ref().map(|lead| lead.as_str().to_owned()),
            boundary: Some(point.boundary),
            was_s: point.was_us.map(time),
            from_s: point.at_us.map(time),
            ..row("fiducial")
        });
    }
    if !conclusion.is_empty() {
        rows.push(Row {
            text: Some(conclusion.clone()),
            ..row("conclusion")
        });
    }
    if rows.is_empty() {
        rows.push(row("nothing"));
    }
    rows
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Said>, Error> {
    let mut all: BTreeMap<(String, Option<String>), Said> = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(bytes);
    for (index, row) in reader.deserialize().enumerate() {
        let place = format!("review.csv, line {}", index + 2);
        let row: Row = row.map_err(|error| misread(&place, error))?;
        let said = all
            .entry((row.tracing.clone(), row.reader.clone()))
            .or_insert_with(|| Said {
                tracing: row.tracing.clone(),
                name: row.name.clone(),
                path: row.path.clone().map(Into::into),
                patient: None,
                reader: row.reader.clone(),
                content: Content::default(),
                versions: Vec::new(),
                amendment: None,
            });
        take(row, &mut said.content).map_err(|reason| misread(&place, reason))?;
    }
    Ok(all.into_values().collect())
}

fn take(row: Row, content: &mut Content) -> Result<(), String> {
    let number = row.number.ok_or("it has no number");
    let at = |text: Option<String>| -> Result<Option<i64>, String> {
        let Some(text) = text else { return Ok(None) };
        let value = text.parse::<f64>().ok().and_then(micros);
        value.map(Some).ok_or_else(|| format!("{text} is no time"))
    };
    let leads = |text: Option<String>| -> Vec<LeadName> {
        text.map(|text| text.split('|').map(LeadName::parse).collect())
            .unwrap_or_default()
    };
    match row.entry.as_str() {
        "finding" => {
            let statement = row.statement.ok_or("it names no statement")?;
            let answers = match (row.answers.as_deref(), row.claimed_by) {
                (Some("machine"), Some(model)) => Some(Claim::Machine {
                    model,
                    probability: row
                        .probability
                        .ok_or("the machine's probability is absent")?,
                    threshold: row.threshold.ok_or("the machine's threshold is absent")?,
                }),
                (Some("device"), words) => Some(Claim::Device {
                    words: words.unwrap_or_default(),
                }),
                _ => None,
            };
            let decision = Decision {
                verdict: row.verdict.ok_or("it has no verdict")?,
                answers,
                instead_of: row.instead_of,
            };
            content.findings.insert(statement, decision);
        }
        "span" => {
            let place = Place::Span {
                from_us: at(row.from_s)?.ok_or("it has no beginning")?,
                to_us: at(row.to_s)?.ok_or("it has no end")?,
                label: row.label.ok_or("it has no label")?,
            };
            let leads = leads(row.leads);
            content.marks.insert(number?, Mark { leads, place });
        }
        "beat" => {
            let place = Place::Beat {
                at_us: at(row.from_s)?.ok_or("it has no time")?,
                beat: row.beat.ok_or("it says no kind of beat")?,
            };
            let leads = leads(row.leads);
            content.marks.insert(number?, Mark { leads, place });
        }
        "fiducial" => {
            let point = Fiducial {
                boundary: row.boundary.ok_or("it names no boundary")?,
                lead: row.leads.as_deref().map(LeadName::parse),
                was_us: at(row.was_s)?,
                at_us: at(row.from_s)?,
            };
            content.fiducials.insert(number?, point);
        }
        "conclusion" => content.conclusion = row.text.unwrap_or_default(),
        "nothing" => {}
        other => return Err(format!("{other:?} is no kind of entry")),
    }
    Ok(())
}
