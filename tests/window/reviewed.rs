//! A window in which somebody reviews, with a look into the project's file from beside it.

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use heartbeatai::ecg::Recording;
use heartbeatai::formats::wfdb;
use heartbeatai::reading::{Explanation, Finding, Reading, vocabulary};
use heartbeatai::review::{Project, Review, Verdict};
use heartbeatai::simulate::{Settings as Simulated, condition, simulate};
use heartbeatai::viewer::settings::Settings;
use heartbeatai::viewer::{ReaderCard, SecondReader, Setup};

use super::{Window, setup};

/// A reader who always finds the same two things.
pub struct TwoFindings;

impl SecondReader for TwoFindings {
    fn card(&self) -> ReaderCard {
        ReaderCard {
            model: "known".into(),
            ..ReaderCard::default()
        }
    }

    fn read(&self, _: &Recording) -> Result<Reading, String> {
        let finding = |id: &str, probability| Finding {
            statement: vocabulary::find(id).expect("a statement of the vocabulary"),
            probability,
            threshold: 0.5,
            held: None,
            uncertain: [0.1, 0.1],
        };
        Ok(Reading {
            model: "known".into(),
            not_readable: None,
            findings: vec![
                finding("SR", 0.95),
                finding("AFIB", 0.75),
                finding("LVH", 0.01),
            ],
            lead_attention: Vec::new(),
            warnings: Vec::new(),
            timing_ms: 1.0,
        })
    }

    fn explain(&self, _: &Recording, _: &str) -> Result<Explanation, String> {
        Err("nothing to explain".into())
    }
}

/// A window in which somebody reviews.
pub struct Reviewed {
    window: Window,
    pub project: PathBuf,
    files: Vec<PathBuf>,
}

impl Deref for Reviewed {
    type Target = Window;

    fn deref(&self) -> &Window {
        &self.window
    }
}

impl DerefMut for Reviewed {
    fn deref_mut(&mut self) -> &mut Window {
        &mut self.window
    }
}

impl Reviewed {
    /// A window over simulated tracings, in which Ada reviews.
    pub fn new(cases: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |case: &&str| {
            let case = simulate(condition(case).unwrap(), 7, &Simulated::default());
            wfdb::write(&case.recording, folder.path()).unwrap()
        };
        let files: Vec<PathBuf> = cases.iter().map(write).collect();
        let project = folder.path().join("project.sqlite");
        let setup = reviewing(&files, &project, "Ada");
        Self {
            window: Window::open(folder, SIZE, setup),
            project,
            files,
        }
    }

    /// Closes the window and opens another one, in which somebody reviews.
    pub fn again(&mut self, reader: &str) {
        let setup = reviewing(&self.files, &self.project, reader);
        self.window.reopen(SIZE, setup);
    }

    /// Until the review on the screen is so.
    pub fn until_review(&mut self, what: &str, so: impl Fn(&Review) -> bool) {
        self.until(what, |state| state.own_review().is_some_and(&so));
    }

    pub fn verdict(&self, statement: &str) -> Option<Verdict> {
        self.state().own_review()?.content.verdict(statement)
    }

    /// What is kept of the current tracing, by a look into the file.
    pub fn kept(&self, reader: &str) -> Review {
        let project = Project::open(&self.project).unwrap();
        let current = self.state().current.unwrap();
        let tracing = self.state().review.tracing(current).unwrap();
        project.review(tracing, reader).unwrap()
    }
}

const SIZE: (f32, f32) = (1280.0, 800.0);

fn reviewing(files: &[PathBuf], project: &Path, reader: &str) -> Setup {
    let base = setup(project.parent().unwrap());
    Setup {
        settings: Settings {
            reader: reader.to_owned(),
            ..base.settings.clone()
        },
        reader: Box::new(|| Ok(Box::new(TwoFindings) as Box<dyn SecondReader>)),
        paths: files.to_vec(),
        project: Some(project.to_owned()),
        ..base
    }
}
