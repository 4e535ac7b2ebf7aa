//! What the tests of the window share: a reader whose word is known, records on disk, and a window over
//! them that is driven by role and name.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::time::Duration;

use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use heartbeatai::ecg::{Recording, STANDARD_12};
use heartbeatai::reading::{Explanation, Finding, Reading, vocabulary};
use heartbeatai::viewer::settings::{Settings, ThemeChoice};
use heartbeatai::viewer::state::{AppState, Progress};
use heartbeatai::viewer::{Command, ReaderCard, SecondReader, Setup, Viewer};

/// A reader whose word is known beforehand: the window is tested here, not the model.
pub struct KnownReader;

impl SecondReader for KnownReader {
    fn card(&self) -> ReaderCard {
        ReaderCard {
            model: "known".into(),
            device: "CPU".into(),
            summary: vec!["Knows four statements.".into()],
            records: [(
                "AFIB".to_owned(),
                "AUROC on patients held back: 0.97 in ptb-xl.".to_owned(),
            )]
            .into(),
            ..ReaderCard::default()
        }
    }

    fn read(&self, recording: &Recording) -> Result<Reading, String> {
        let readable = !recording.name.starts_with("unreadable");
        let finding = |id: &str, probability, threshold| Finding {
            statement: vocabulary::find(id).expect("a statement of the vocabulary"),
            probability,
            threshold,
            by_number: None,
            uncertain: [0.4, 0.4],
        };
        Ok(Reading {
            model: "known".into(),
            not_readable: (!readable).then(|| "V2 is flat".into()),
            findings: if readable {
                vec![
                    finding("SR", 0.95, 0.5),
                    finding("AFIB", 0.9, 0.4),
                    finding("1AVB", 0.42, 0.4),
                    finding("LVH", 0.05, 0.4),
                    finding(
                        "STE_",
                        if recording.name.starts_with("stemi") {
                            0.95
                        } else {
                            0.02
                        },
                        0.4,
                    ),
                ]
            } else {
                Vec::new()
            },
            lead_attention: if readable {
                STANDARD_12.iter().map(|lead| (lead.clone(), 0.5)).collect()
            } else {
                Vec::new()
            },
            warnings: Vec::new(),
            timing_ms: 12.0,
        })
    }

    fn explain(&self, _: &Recording, statement: &str) -> Result<Explanation, String> {
        if statement == "1AVB" {
            return Err("no gradient reached the stem".into());
        }
        let heat: Vec<f32> = (0..100)
            .map(|column| if column % 10 == 0 { 1.0 } else { 0.0 })
            .collect();
        Ok(Explanation {
            id: statement.into(),
            method: "Grad-CAM".into(),
            start_s: 0.0,
            rate_hz: 10.0,
            leads: STANDARD_12
                .iter()
                .map(|lead| (lead.clone(), heat.clone()))
                .collect(),
            lead_effect: STANDARD_12
                .iter()
                .cloned()
                .zip((0_u8..).map(f32::from))
                .collect(),
        })
    }
}

/// Writes a twelve-lead WFDB record of 10 s whose limb leads obey Einthoven's law.
pub fn record(folder: &Path, name: &str) -> PathBuf {
    let rate = 250;
    let mut header = format!("{name} 12 {rate} {}\n", rate * 10);
    for lead in &STANDARD_12 {
        header += &format!("{name}.dat 16 1000/mV 16 0 0 0 0 {lead}\n");
    }
    let mut bytes = Vec::new();
    for sample in 0..rate * 10 {
        let phase = f64::from(sample % rate) / f64::from(rate);
        let beat = 900.0 * (-((phase - 0.4) / 0.015).powi(2)).exp()
            + 150.0 * (-((phase - 0.65) / 0.05).powi(2)).exp();
        let ripple = 20.0 * (TAU * phase * 3.0).sin();
        let (one, two) = ((beat * 0.6 + ripple).round(), (beat + ripple).round());
        let mut values = vec![
            one,
            two,
            two - one,
            -(one + two) / 2.0,
            one - two / 2.0,
            two - one / 2.0,
        ];
        values.extend((1..=6).map(|chest| beat * (f64::from(chest) / 4.0 - 0.5) + ripple));
        bytes.extend(
            values
                .iter()
                .flat_map(|value| (value.round() as i16).to_le_bytes()),
        );
    }
    std::fs::write(folder.join(format!("{name}.dat")), bytes).unwrap();
    let path = folder.join(format!("{name}.hea"));
    std::fs::write(&path, header).unwrap();
    path
}

pub struct Window {
    pub harness: Harness<'static, Viewer>,
    /// Kept until the window is gone.
    pub folder: tempfile::TempDir,
}

impl Window {
    /// A window of 1440 x 900 points over these records.
    pub fn with(names: &[&str]) -> Self {
        Self::sized(names, (1440.0, 900.0), Settings::default())
    }

    pub fn sized(names: &[&str], size: (f32, f32), settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let paths: Vec<PathBuf> = names
            .iter()
            .map(|name| record(folder.path(), name))
            .collect();
        Self::over(folder, paths, size, settings)
    }

    /// A window over these files and folders.
    pub fn over(
        folder: tempfile::TempDir,
        paths: Vec<PathBuf>,
        size: (f32, f32),
        settings: Settings,
    ) -> Self {
        let setup = Setup {
            settings: Settings {
                theme: ThemeChoice::Light,
                ..settings
            },
            settings_path: Some(folder.path().join("settings.json")),
            reader: Box::new(|| Ok(Box::new(KnownReader) as Box<dyn SecondReader>)),
            paths,
            first_case: None,
            project: None,
            screenshot: None,
            trouble: None,
        };
        let harness = Harness::builder()
            .with_size(size)
            .build_eframe(|cc| Viewer::new(&cc.egui_ctx, setup));
        let mut window = Self { harness, folder };
        window.until("every tracing is read", |state| {
            state
                .documents
                .iter()
                .all(|document| !matches!(document.reading, Progress::Waiting))
        });
        window
    }

    pub fn state(&self) -> &AppState {
        self.harness.state().state()
    }

    /// Runs a command.
    pub fn run(&mut self, command: Command) {
        let ctx = self.harness.ctx.clone();
        let action = heartbeatai::viewer::Action::Run(command);
        self.harness.state_mut().apply(&ctx, action);
        self.harness.run_steps(4);
    }

    /// Whether something of that role and name can be seen.
    pub fn shows(&self, role: Role, name: &str) -> bool {
        self.harness.query_by_role_and_label(role, name).is_some()
    }

    /// Types into the text field of that name.
    pub fn type_into(&mut self, name: &str, text: &str) {
        self.harness
            .get_by_role_and_label(Role::TextInput, name)
            .focus();
        self.harness.run_steps(2);
        self.harness
            .get_by_role_and_label(Role::TextInput, name)
            .type_text(text);
        self.harness.run_steps(4);
    }

    /// Lets the window run until something is so; workers answer when they are done.
    pub fn until(&mut self, what: &str, so: impl Fn(&AppState) -> bool) {
        for _ in 0..4000 {
            self.harness.step();
            if so(self.state()) {
                self.harness.run_steps(3);
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("never so: {what}");
    }

    pub fn click(&mut self, role: Role, name: &str) {
        self.harness.get_by_role_and_label(role, name).click();
        self.harness.run_steps(4);
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.run_steps(4);
    }

    pub fn finding(&mut self, start: &str) {
        let name = self.finding_name(start);
        self.click(Role::Button, &name);
    }

    pub fn finding_name(&self, start: &str) -> String {
        let document = self.state().document().unwrap();
        let reading = document.reading.done().unwrap();
        let names = reading.findings.iter().map(heartbeatai::viewer::spoken);
        names
            .into_iter()
            .find(|name| name.starts_with(start))
            .unwrap()
    }

    pub fn selected(&self) -> Option<&str> {
        self.state().document()?.selected.as_deref()
    }
}
