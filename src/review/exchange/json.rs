//! Everything as one JSON document.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Said, misread};
use crate::review::{Content, Error, Status, Version};

/// Version of the layout.
const LAYOUT: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Document {
    heartbeatai_review: u32,
    reviews: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    tracing: String,
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reader: Option<String>,
    /// For those who read it; it follows from the rest.
    #[serde(default, skip_deserializing)]
    status: Status,
    content: Content,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    versions: Vec<Version>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amendment: Option<String>,
}

pub(super) fn write(said: &[Said]) -> Result<Vec<u8>, Error> {
    let entry = |said: &Said| Entry {
        tracing: said.tracing.clone(),
        name: said.name.clone(),
        path: said.path.clone(),
        reader: said.reader.clone(),
        status: match (said.versions.is_empty(), &said.amendment) {
            (false, None) => Status::Signed,
            _ => Status::InProgress,
        },
        content: said.content.clone(),
        versions: said.versions.clone(),
        amendment: said.amendment.clone(),
    };
    let document = Document {
        heartbeatai_review: LAYOUT,
        reviews: said.iter().map(entry).collect(),
    };
    serde_json::to_vec_pretty(&document).map_err(|error| misread("review.json", error))
}

pub(super) fn read(bytes: &[u8]) -> Result<Vec<Said>, Error> {
    let document: Document =
        serde_json::from_slice(bytes).map_err(|error| misread("review.json", error))?;
    if document.heartbeatai_review > LAYOUT {
        let reason = format!(
            "layout {} is newer than this program",
            document.heartbeatai_review
        );
        return Err(misread("review.json", reason));
    }
    let said = document.reviews.into_iter().map(|entry| Said {
        tracing: entry.tracing,
        name: entry.name,
        path: entry.path,
        patient: None,
        reader: entry.reader,
        content: entry.content,
        versions: entry.versions,
        amendment: entry.amendment,
    });
    Ok(said.collect())
}
