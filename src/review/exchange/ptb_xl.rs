//! The layout of PTB-XL: `ptbxl_database.csv` beside the records, statements as a Python dictionary of SCP-ECG codes and
//! likelihoods. A column of our own holds what codes cannot say.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Report, Said, from_line, misread, of_recording, one_line};
use crate::ecg::{Recording, Sex};
use crate::formats;
use crate::reading::vocabulary;
use crate::review::{Content, Decision, Error, Verdict};

pub(super) const TABLE: &str = "ptbxl_database.csv";
pub(super) const RECORDS: &str = "records500";
const SCP: &str = "scp-ecg";
/// Stratified folds of PTB-XL.
const FOLDS: u32 = 10;
/// PTB-XL's likelihood of what is certain, and one of what is not: below 50 a corpus reader takes it for unknown.
const CERTAIN: f64 = 100.0;
const DOUBTFUL: f64 = 15.0;

/// A line, in PTB-XL's columns and one of our own.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    ecg_id: u64,
    patient_id: String,
    #[serde(default)]
    age: Option<f64>,
    /// 0 male, 1 female.
    #[serde(default)]
    sex: Option<u8>,
    #[serde(default)]
    recording_date: Option<String>,
    #[serde(default)]
    report: String,
    scp_codes: String,
    #[serde(default)]
    heart_axis: Option<String>,
    #[serde(default)]
    validated_by: Option<String>,
    strat_fold: u32,
    filename_hr: String,
    #[serde(default)]
    heartbeatai_review: Option<String>,
}

/// The code that says it, where there is one.
fn code(id: &str) -> Option<&str> {
    match id.split_once(':') {
        Some((SCP, code)) => Some(code),
        _ => vocabulary::find(id)?.scp.first().map(String::as_str),
    }
}

/// The line of one tracing.
pub(super) fn row(recording: &Recording, said: &Said) -> Result<Row, String> {
    let codes = said.content.findings.iter().filter_map(|(id, decision)| {
        let likelihood = match decision.verdict {
            Verdict::Present => CERTAIN,
            Verdict::Uncertain => DOUBTFUL,
            Verdict::Absent => return None,
        };
        // A quote would end the string of the dictionary.
        let code = code(id)?.replace(['\'', '"', ',', ':'], "");
        Some(format!("'{code}': {likelihood:.1}"))
    });
    let codes: Vec<String> = codes.collect();
    let holds = |id: &str| said.content.verdict(id) == Some(Verdict::Present);
    let axis = match () {
        () if holds("LAD") => Some("ALAD"),
        () if holds("RAD") => Some("ARAD"),
        () if ["LAD", "RAD"]
            .iter()
            .all(|id| said.content.verdict(id) == Some(Verdict::Absent)) =>
        {
            Some("MID")
        }
        () => None,
    };
    // Records of one patient stay together; whose they are is not given away.
    let person = said.patient.as_deref().unwrap_or(&said.tracing);
    let digest = Sha256::digest(person.as_bytes());
    let number = digest
        .iter()
        .take(6)
        .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let sex = recording.patient.sex.and_then(|sex| match sex {
        Sex::Male => Some(0),
        Sex::Female => Some(1),
        Sex::Other => None,
    });
    Ok(Row {
        ecg_id: 0,
        patient_id: number.to_string(),
        age: recording.patient.age_years,
        sex,
        recording_date: recording
            .acquisition
            .started
            .map(|at| at.strftime("%Y-%m-%d %H:%M:%S").to_string()),
        report: said.content.conclusion.clone(),
        scp_codes: format!("{{{}}}", codes.join(", ")),
        heart_axis: axis.map(str::to_owned),
        validated_by: said.reader.clone(),
        strat_fold: u32::try_from(number % u64::from(FOLDS)).unwrap_or(0) + 1,
        filename_hr: format!("{RECORDS}/{}", recording.name),
        heartbeatai_review: Some(one_line(said)?),
    })
}

pub(super) fn write(rows: &[Row]) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (index, row) in rows.iter().enumerate() {
        let row = Row {
            ecg_id: index as u64 + 1,
            ..row.clone()
        };
        writer
            .serialize(row)
            .map_err(|error| misread(TABLE, error))?;
    }
    writer.into_inner().map_err(|error| misread(TABLE, error))
}

/// Reads the table and the records it names; rows whose record is not there are left out.
pub(super) fn read(table: &Path, report: &mut Report) -> Result<Vec<Said>, Error> {
    let dir = table.parent().unwrap_or(Path::new("."));
    let mut reader =
        csv::Reader::from_path(table).map_err(|error| misread(table.display(), error))?;
    let mut all = Vec::new();
    for row in reader.deserialize::<Theirs>() {
        let row = row.map_err(|error| misread(table.display(), error))?;
        let inside = Path::new(&row.filename_hr)
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        let recording = if inside {
            formats::open(&dir.join(format!("{}.hea", row.filename_hr)))
                .map_err(|error| error.to_string())
        } else {
            Err("it lies outside the corpus".to_owned())
        };
        let recording = match recording {
            Ok(recording) => recording,
            Err(reason) => {
                report
                    .left_out
                    .push(format!("{}: {reason}", row.filename_hr));
                continue;
            }
        };
        let line = row.heartbeatai_review.as_deref().and_then(from_line);
        let Some(line) = line else {
            let codes = parse_codes(&row.scp_codes)
                .ok_or_else(|| misread(table.display(), "scp_codes is not a dictionary"))?;
            all.push(of_recording(&recording, stated(codes, row.report)));
            continue;
        };
        let mut said = of_recording(&recording, line.content);
        if said.tracing == line.tracing {
            said.reader = line.reader;
            all.push(said);
        } else {
            let reason = "its samples are no longer those that were reviewed";
            report
                .left_out
                .push(format!("{}: {reason}", row.filename_hr));
        }
    }
    Ok(all)
}

/// What is needed of a row; published tables write their other columns in ways of their own.
#[derive(Deserialize)]
struct Theirs {
    scp_codes: String,
    #[serde(default)]
    report: String,
    filename_hr: String,
    #[serde(default)]
    heartbeatai_review: Option<String>,
}

fn stated(codes: Vec<(String, f64)>, report: String) -> Content {
    let mut content = Content {
        conclusion: report.trim().to_owned(),
        ..Content::default()
    };
    for (code, likelihood) in codes {
        // 0 is PTB-XL's way of giving none.
        let verdict = if likelihood == 0.0 || likelihood >= 50.0 {
            Verdict::Present
        } else {
            Verdict::Uncertain
        };
        let mut ids: Vec<String> = vocabulary::by_scp(&code)
            .map(|statement| statement.id.clone())
            .collect();
        if ids.is_empty() {
            ids.push(format!("{SCP}:{code}"));
        }
        for id in ids {
            let decision = content
                .findings
                .entry(id)
                .or_insert_with(|| Decision::own(verdict));
            if verdict == Verdict::Present {
                decision.verdict = verdict;
            }
        }
    }
    content
}

/// `{'NORM': 100.0, 'SR': 0.0}`.
fn parse_codes(text: &str) -> Option<Vec<(String, f64)>> {
    let inner = text.trim().strip_prefix('{')?.strip_suffix('}')?.trim();
    let entries = inner.split(',').filter(|entry| !entry.trim().is_empty());
    entries
        .map(|entry| {
            let (code, likelihood) = entry.rsplit_once(':')?;
            let code = code.trim().trim_matches(['\'', '"']);
            Some((code.to_owned(), likelihood.trim().parse().ok()?))
        })
        .collect()
}
