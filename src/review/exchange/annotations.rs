//! WFDB annotations: beats by their standard codes, everything else as notes that say in JSON what they mean.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Report, Said, of_recording};
use crate::ecg::{BeatKind, LeadName, Recording, WaveBoundary};
use crate::formats::wfdb::{self, annotation};
use crate::reading::vocabulary;
use crate::review::{Content, Fiducial, Mark, Place, micros, seconds};

/// What a note says where a code cannot: exact times, leads, labels.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Note {
    #[serde(skip_serializing_if = "Option::is_none")]
    span: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    was_us: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    boundary: Option<WaveBoundary>,
    /// Of a beat that has no code of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    beat: Option<BeatKind>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    leads: Vec<LeadName>,
}

/// Writes the record and, beside it, `NAME.atr`.
pub(super) fn write(recording: &Recording, said: &Said, dir: &Path) -> Result<PathBuf, String> {
    let rate = recording.sampling_rate_hz;
    let mut stored = Vec::new();
    let mut put = |at_us: i64, code: u8, note: Option<Note>| -> Result<(), String> {
        let text = note.map(|note| serde_json::to_string(&note).map_err(|error| error.to_string()));
        stored.push(annotation::StoredAnnotation {
            sample: sample(at_us, rate),
            code,
            subtype: 0,
            channel: 0,
            number: 0,
            text: text.transpose()?.unwrap_or_default(),
        });
        Ok(())
    };
    for mark in said.content.marks.values() {
        let leads = mark.leads.clone();
        match &mark.place {
            Place::Beat { at_us, beat } => {
                let exact = micros(sample(*at_us, rate) as f64 / rate) == Some(*at_us);
                let code = annotation::beat_code(*beat);
                let coded = annotation::beat_of(code) == Some(*beat);
                let note = (!exact || !coded || !leads.is_empty()).then(|| Note {
                    at_us: (!exact).then_some(*at_us),
                    beat: (!coded).then_some(*beat),
                    leads,
                    ..Note::default()
                });
                put(*at_us, code, note)?;
            }
            Place::Span {
                from_us,
                to_us,
                label,
            } => {
                let note = Note {
                    span: Some(label.clone()),
                    from_us: Some(*from_us),
                    to_us: Some(*to_us),
                    leads,
                    ..Note::default()
                };
                put(*from_us, annotation::NOTE, Some(note))?;
            }
        }
    }
    for point in said.content.fiducials.values() {
        let note = Note {
            boundary: Some(point.boundary),
            at_us: point.at_us,
            was_us: point.was_us,
            leads: point.lead.clone().into_iter().collect(),
            ..Note::default()
        };
        let at = point.at_us.or(point.was_us).unwrap_or(0);
        put(at, annotation::NOTE, Some(note))?;
    }
    stored.sort_by_key(|stored| stored.sample);
    let bytes = annotation::bytes(&stored).map_err(|error| error.to_string())?;
    let header = wfdb::write(recording, dir).map_err(|error| error.to_string())?;
    let path = header.with_extension("atr");
    std::fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(header)
}

#[allow(
    clippy::cast_possible_truncation,
    reason = "a saturating cast; times are checked on entry"
)]
fn sample(at_us: i64, rate: f64) -> i64 {
    (seconds(at_us) * rate).round() as i64
}

/// Reads the annotations beside a header; `None` without any.
pub(super) fn read(
    recording: &Recording,
    header: &Path,
    report: &mut Report,
) -> Result<Option<Said>, String> {
    let path = header.with_extension("atr");
    if !path.is_file() {
        return Ok(None);
    }
    let file = annotation::read(&path).map_err(|error| error.to_string())?;
    if let Some(byte) = file.damaged_from {
        report
            .left_out
            .push(format!("{}: damaged from byte {byte} on", path.display()));
    }
    let rate = file.ticks_per_second.unwrap_or(recording.sampling_rate_hz);
    let mut content = Content::default();
    let mut open: Option<(i64, String)> = None;
    let mut passed = 0_usize;
    for (number, stored) in (1_u64..).zip(&file.annotations) {
        let Some(at_us) = micros(stored.sample as f64 / rate) else {
            passed += 1;
            continue;
        };
        let note: Option<Note> = serde_json::from_str(&stored.text).ok();
        match (annotation::beat_of(stored.code), note) {
            (Some(beat), note) => {
                let note = note.unwrap_or_default();
                let place = Place::Beat {
                    at_us: note.at_us.unwrap_or(at_us),
                    beat: note.beat.unwrap_or(beat),
                };
                let leads = note.leads;
                content.marks.insert(number, Mark { leads, place });
            }
            (None, Some(note)) => match own(note) {
                Some(Own::Mark(mark)) => drop(content.marks.insert(number, mark)),
                Some(Own::Point(point)) => drop(content.fiducials.insert(number, point)),
                None => passed += 1,
            },
            // `(AFIB`: this rhythm from here until the next one is named.
            (None, None) if stored.text.starts_with('(') => {
                close(&mut open, at_us, number, &mut content);
                open = Some((at_us, rhythm(stored.text.trim_start_matches('('))));
            }
            (None, None) => passed += 1,
        }
    }
    let end = micros(recording.duration_s()).unwrap_or(0);
    close(
        &mut open,
        end,
        file.annotations.len() as u64 + 1,
        &mut content,
    );
    if passed > 0 {
        let reason = "annotations are neither beats nor spans";
        report
            .left_out
            .push(format!("{}: {passed} {reason}", path.display()));
    }
    Ok((!content.is_empty()).then(|| of_recording(recording, content)))
}

enum Own {
    Mark(Mark),
    Point(Fiducial),
}

fn own(note: Note) -> Option<Own> {
    if let Some(boundary) = note.boundary {
        return Some(Own::Point(Fiducial {
            boundary,
            lead: note.leads.into_iter().next(),
            was_us: note.was_us,
            at_us: note.at_us,
        }));
    }
    Some(Own::Mark(Mark {
        leads: note.leads,
        place: Place::Span {
            from_us: note.from_us?,
            to_us: note.to_us?,
            label: note.span?,
        },
    }))
}

fn close(open: &mut Option<(i64, String)>, at_us: i64, number: u64, content: &mut Content) {
    if let Some((from_us, label)) = open.take().filter(|(from_us, _)| *from_us < at_us) {
        // Numbers from the other end, which no annotation of the file has.
        let place = Place::Span {
            from_us,
            to_us: at_us,
            label,
        };
        let mark = Mark {
            leads: Vec::new(),
            place,
        };
        content.marks.insert((1 << 40) + number, mark);
    }
}

/// The statement of a rhythm of PhysioBank, or the rhythm as it stands.
fn rhythm(text: &str) -> String {
    let id = match text.trim_end_matches('\0').trim() {
        "AFIB" => "AFIB",
        "AFL" => "AFLT",
        "N" => "SR",
        "SBR" => "SBRAD",
        "SVTA" => "SVTAC",
        "VT" => "VTACH",
        "P" => "PACE",
        "PREX" => "WPW",
        "BII" => "2AVB",
        other => return other.to_owned(),
    };
    vocabulary::find(id)
        .map_or(id, |statement| &statement.id)
        .to_owned()
}
