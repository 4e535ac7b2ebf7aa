//! The layout of the PhysioNet/CinC Challenges: a header whose `# Dx:` line holds SNOMED CT concepts. A line of our own
//! beside it holds what concepts cannot say.

use std::path::{Path, PathBuf};

use super::{Report, Said, from_line, of_recording, one_line};
use crate::ecg::{Diagnosis, Recording};
use crate::formats::wfdb;
use crate::reading::vocabulary;
use crate::review::{Content, Decision, Verdict};

const SNOMED: &str = "snomed-ct";
const KEY: &str = "HeartBeatAI review: ";

/// The concept that says it, where there is one.
fn concept(id: &str) -> Option<&str> {
    match id.split_once(':') {
        Some((SNOMED, code)) => Some(code),
        _ => vocabulary::find(id)?.snomed.first().map(String::as_str),
    }
}

pub(super) fn write(mut recording: Recording, said: &Said, dir: &Path) -> Result<PathBuf, String> {
    recording.diagnoses = said
        .content
        .present()
        .filter_map(concept)
        .map(|code| Diagnosis {
            system: SNOMED.to_owned(),
            code: code.to_owned(),
        })
        .collect();
    // A record that nobody found anything in still is one: its line is there, and empty.
    let empty = recording.diagnoses.is_empty();
    recording
        .comments
        .retain(|comment| !comment.starts_with(KEY));
    if empty {
        recording.comments.insert(0, "Dx:".to_owned());
    }
    recording.comments.push(format!("{KEY}{}", one_line(said)?));
    wfdb::write(&recording, dir).map_err(|error| error.to_string())
}

pub(super) fn read(recording: &Recording, report: &mut Report) -> Option<Said> {
    let own = recording
        .comments
        .iter()
        .find_map(|line| from_line(line.strip_prefix(KEY)?));
    if let Some(line) = own {
        let mut said = of_recording(recording, line.content);
        if said.tracing != line.tracing {
            let reason = "its samples are no longer those that were reviewed";
            report
                .left_out
                .push(format!("{}: {reason}", recording.name));
            return None;
        }
        said.reader = line.reader;
        return Some(said);
    }
    let mut content = Content::default();
    for diagnosis in recording
        .diagnoses
        .iter()
        .filter(|diagnosis| diagnosis.system == SNOMED)
    {
        let id = vocabulary::by_snomed(&diagnosis.code).map_or_else(
            || format!("{SNOMED}:{}", diagnosis.code),
            |statement| statement.id.clone(),
        );
        content.findings.insert(id, Decision::own(Verdict::Present));
    }
    (!content.is_empty()).then(|| of_recording(recording, content))
}
