//! What the tests of the window share: a reader whose word is known, records on disk, and a window over
//! them that is driven by role and name. After whatever is done to it, it is run until no worker has anything
//! left to do, so that no test depends on how fast the machine is.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

pub mod reviewed;

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2, Role, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable};
use heartbeatai::ecg::{Recording, STANDARD_12};
use heartbeatai::reading::{Answer, Explanation, Finding, Held, Reading, vocabulary};
use heartbeatai::sheet::unbroken;
use heartbeatai::viewer::settings::{Settings, ThemeChoice};
use heartbeatai::viewer::state::AppState;
use heartbeatai::viewer::{
    Action, Command, Figure, ReaderCard, Record, SecondReader, Setup, Viewer,
};

/// A reader whose word is known beforehand: the window is tested here, not the model.
pub struct KnownReader;

impl SecondReader for KnownReader {
    fn card(&self) -> ReaderCard {
        let record = Record {
            held_back: vec![Figure {
                source: "ptb-xl".into(),
                auroc: 0.97,
                ci95: None,
                positives: 8,
            }],
            ..Record::default()
        };
        ReaderCard {
            model: "known".into(),
            device: "CPU".into(),
            summary: vec!["Knows four statements.".into()],
            unable: vec!["Paced rhythm".into(), "Ventricular tachycardia".into()],
            records: [("AFIB".to_owned(), record)].into(),
            ..ReaderCard::default()
        }
    }

    fn read(&self, recording: &Recording) -> Result<Reading, String> {
        let readable = !recording.name.starts_with("unreadable");
        let slow = recording.name.starts_with("slow");
        let finding = |id: &str, probability, threshold| Finding {
            statement: vocabulary::find(id).expect("a statement of the vocabulary"),
            probability,
            threshold,
            held: None,
            uncertain: [0.4, 0.4],
        };
        Ok(Reading {
            model: "known".into(),
            not_readable: (!readable).then(|| "V2 is flat".into()),
            findings: if readable {
                vec![
                    Finding {
                        held: slow.then(|| Held {
                            answer: Answer::Absent,
                            by: "rate 52/min".into(),
                        }),
                        ..finding("SR", 0.95, 0.5)
                    },
                    finding("AFIB", 0.9, 0.4),
                    finding("1AVB", 0.42, 0.4),
                    finding(
                        "LVH",
                        if recording.name.starts_with("unsure") {
                            0.401
                        } else {
                            0.05
                        },
                        0.4,
                    ),
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
            measured_effect: 5.5,
        })
    }
}

/// Writes a twelve-lead WFDB record of 10 s whose limb leads obey Einthoven's law. Every name has beats of its own height:
/// tracings that hold the same are one to the project. Of those called `crawling` one comes every two seconds.
pub fn record(folder: &Path, name: &str) -> PathBuf {
    let rate = 250;
    let own = name.bytes().fold(7_u32, |own, byte| {
        own.wrapping_mul(31).wrapping_add(byte.into())
    });
    let height = 880.0 + f64::from(own % 251);
    let mut header = format!("{name} 12 {rate} {}\n", rate * 10);
    for lead in &STANDARD_12 {
        header += &format!("{name}.dat 16 1000/mV 16 0 0 0 0 {lead}\n");
    }
    let every = if name.starts_with("crawling") {
        2 * rate
    } else {
        rate
    };
    let mut bytes = Vec::new();
    for sample in 0..rate * 10 {
        let phase = f64::from(sample % every) / f64::from(rate);
        let beat = height * (-((phase - 0.4) / 0.015).powi(2)).exp()
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

/// Longer than any machine needs for what a test waits for.
const PATIENCE: Duration = Duration::from_secs(180);

/// A window without memories that keeps its settings in this folder.
pub fn setup(folder: &Path) -> Setup {
    Setup {
        settings: Settings {
            theme: ThemeChoice::Light,
            ..Settings::default()
        },
        settings_path: Some(folder.join("settings.json")),
        reader: Box::new(|| Ok(Box::new(KnownReader) as Box<dyn SecondReader>)),
        paths: Vec::new(),
        first_case: None,
        project: None,
        screenshot: None,
        trouble: None,
    }
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
            paths,
            ..setup(folder.path())
        };
        Self::open(folder, size, setup)
    }

    /// A window on a setup of the test's own, once everything is there.
    pub fn open(folder: tempfile::TempDir, size: (f32, f32), setup: Setup) -> Self {
        let mut window = Self::starting(folder, size, setup);
        window.settle();
        window
    }

    /// The same before anything is there.
    pub fn starting(folder: tempfile::TempDir, size: (f32, f32), setup: Setup) -> Self {
        let harness = Harness::builder()
            .with_size(size)
            .build_eframe(|cc| Viewer::new(&cc.egui_ctx, setup));
        Self { harness, folder }
    }

    /// Closes the window, which carries out what it was given, and opens another one in its place.
    pub fn reopen(&mut self, size: (f32, f32), setup: Setup) {
        let nothing = self::setup(self.folder.path());
        let build = |setup: Setup| {
            Harness::builder()
                .with_size(size)
                .build_eframe(|cc| Viewer::new(&cc.egui_ctx, setup))
        };
        self.harness = build(nothing);
        self.harness = build(setup);
        self.settle();
    }

    pub fn state(&self) -> &AppState {
        self.harness.state().state()
    }

    /// Lets the window run until something is so; workers answer when they are done.
    pub fn until(&mut self, what: &str, so: impl Fn(&AppState) -> bool) {
        self.until_window(what, |viewer| so(viewer.state()));
    }

    /// Lets the window run until all that was asked for is there and on the screen.
    pub fn settle(&mut self) {
        self.harness.run_steps(4);
        self.until_window("no worker has anything to do", Viewer::at_rest);
    }

    fn until_window(&mut self, what: &str, so: impl Fn(&Viewer) -> bool) {
        let started = Instant::now();
        while started.elapsed() < PATIENCE {
            self.harness.step();
            if so(self.harness.state()) {
                self.harness.run_steps(3);
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("never so: {what}");
    }

    /// Does what a part of the window would report.
    pub fn act(&mut self, action: Action) {
        let ctx = self.harness.ctx.clone();
        self.harness.state_mut().apply(&ctx, action);
        self.settle();
    }

    /// Runs a command.
    pub fn run(&mut self, command: Command) {
        self.act(Action::Run(command));
    }

    /// Whether something of that role and name can be seen.
    pub fn shows(&self, role: Role, name: &str) -> bool {
        self.harness.query_by_role_and_label(role, name).is_some()
    }

    /// Whether any part of the window says this, its numbers bound to their units or not.
    pub fn says(&self, words: &str) -> bool {
        let bound = unbroken(words);
        let plain = self.harness.query_all_by_label_contains(words);
        let mut saying = plain.chain(self.harness.query_all_by_label_contains(&bound));
        saying.next().is_some()
    }

    /// Checks that some part of the window says each of these.
    pub fn says_all(&self, words: &[&str]) {
        for words in words {
            assert!(self.says(words), "nothing says {words:?}");
        }
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
        self.settle();
    }

    pub fn click(&mut self, role: Role, name: &str) {
        self.harness.get_by_role_and_label(role, name).click();
        self.settle();
    }

    pub fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// A drag with the left button held; without a way to go it is a click.
    pub fn drag(&mut self, from: Pos2, to: Pos2, modifiers: Modifiers) {
        let button = |pos, pressed| Event::PointerButton {
            pos,
            button: PointerButton::Primary,
            pressed,
            modifiers,
        };
        self.harness.event(Event::ModifiersChanged(modifiers));
        self.harness.hover_at(from);
        self.harness.run_steps(2);
        self.harness.event(button(from, true));
        self.harness.run_steps(2);
        for share in [0.25, 0.5, 0.75, 1.0] {
            self.harness.hover_at(from + (to - from) * share);
            self.harness.step();
        }
        self.harness.event(button(to, false));
        self.harness.event(Event::ModifiersChanged(Modifiers::NONE));
        self.settle();
    }

    /// A point of the paper in front, in shares of its width and height.
    pub fn on_paper(&self, x: f32, y: f32) -> Pos2 {
        let mut papers = self.harness.query_all_by_label_contains("Tracing ");
        let paper = papers
            .find(|node| node.accesskit_node().role() == Role::Image)
            .expect("a paper")
            .rect();
        paper.left_top() + vec2(paper.width() * x, paper.height() * y)
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
