//! Files at the window: a table that does not say its rate is asked about, and a copy goes out with or without whose
//! it is.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use std::path::{Path, PathBuf};

use eframe::egui::Role;
use egui_kittest::kittest::Queryable;
use heartbeatai::ecg::LeadName;
use heartbeatai::formats;
use heartbeatai::viewer::jobs::Answer;
use heartbeatai::viewer::settings::Settings;
use heartbeatai::viewer::state::{AppState, Dialog, Import, NoteKind};
use heartbeatai::viewer::{Action, Command, Setup};
use window::{Window, setup};

fn open(files: &[(&str, String)], settings: Settings) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = files
        .iter()
        .map(|(name, content)| {
            let path = folder.path().join(name);
            std::fs::write(&path, content).unwrap();
            path
        })
        .collect();
    let setup = Setup {
        settings,
        reader: Box::new(|| Err("no reader here".to_owned())),
        paths,
        ..setup(folder.path())
    };
    Window::open(folder, (1280.0, 800.0), setup)
}

fn asked(window: &Window) -> Option<&Import> {
    match &window.state().dialog {
        Some(Dialog::Import(import)) => Some(import),
        _ => None,
    }
}

fn notes(window: &Window, kind: NoteKind) -> String {
    let notes = window.state().notes.shown(window.state().current);
    notes
        .filter(|note| note.kind == kind)
        .map(|note| format!("{}: {}", note.title, note.lines.join(" ")))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Three columns of four beats in hundredths of a millivolt, without a word on rate, unit or leads.
fn bare() -> String {
    (0..1000)
        .map(|t| {
            let beat = if t % 250 < 10 { 90 } else { t % 7 };
            format!("{beat},{},{}\n", beat / 2, t % 5)
        })
        .collect()
}

fn opened(state: &AppState) -> bool {
    state
        .document()
        .is_some_and(|document| document.tracing.done().is_some())
}

#[test]
fn a_table_without_rate_and_unit_is_asked_about_and_the_answer_remembered() {
    let mut window = open(&[("bare.csv", bare())], Settings::default());
    window.until("it is asked", |state| {
        matches!(state.dialog, Some(Dialog::Import(_)))
    });
    let import = asked(&window).unwrap();
    assert!(import.question.missing.sampling_rate && import.question.missing.unit);
    assert_eq!(import.layout.columns.len(), 3);
    assert!(!import.is_complete());
    window.type_into("Samples a second (Hz)", "250");
    window.click(Role::RadioButton, "Millivolts");
    let field = window
        .harness
        .get_by_role_and_label(Role::TextInput, "Name of column 1");
    assert!(field.value().unwrap().starts_with("column 1"));
    window.click(
        Role::CheckBox,
        "Open tables like this one so without asking",
    );
    assert!(asked(&window).unwrap().is_complete());
    window.click(Role::Button, "Open the table");
    window.until("it is open", opened);
    let recording = &window
        .state()
        .document()
        .unwrap()
        .tracing
        .done()
        .unwrap()
        .recording;
    assert_eq!(recording.sampling_rate_hz, 250.0);
    assert_eq!(recording.leads[0].samples.get(0), Some(90_000.0));
    assert_eq!(window.state().dialog, None);

    // Remembered, and the next of its kind is opened so.
    let (kept, _) = Settings::load(&window.folder.path().join("settings.json"));
    assert_eq!(kept.imports.len(), 1);
    let mut window = open(&[("next.csv", bare())], kept);
    window.until("it is open", opened);
    assert_eq!(window.state().dialog, None);
    // A table of another kind is asked about.
    let path = window.folder.path().join("other.csv");
    std::fs::write(&path, "1,2\n3,4\n5,6\n").unwrap();
    window.act(Action::Open(vec![path]));
    window.until("it is asked", |state| {
        matches!(state.dialog, Some(Dialog::Import(_)))
    });
    assert_eq!(asked(&window).unwrap().rate, "");
    window.click(Role::Button, "Cancel");
    assert_eq!(window.state().dialog, None);
    assert_eq!(
        window.state().documents.len(),
        1,
        "what nobody says is not opened"
    );
}

const REFUSED: &str = "The copy could not be saved";

fn save(window: &mut Window, name: &str, without_identity: bool) -> PathBuf {
    let path = window.folder.path().join(name);
    let generation = window.state().current.unwrap();
    let ctx = window.harness.ctx.clone();
    let picked = Answer::PickedTarget {
        generation,
        path: path.clone(),
        without_identity,
    };
    let told = |state: &AppState| -> usize {
        let notes = state.notes.shown(state.current);
        notes
            .filter(|note| note.title.starts_with(REFUSED) || note.title.contains(name))
            .map(|note| note.lines.len())
            .sum()
    };
    let before = told(window.state());
    window.harness.state_mut().take_answer(&ctx, picked);
    window.until("it is saved", |state| told(state) > before);
    path
}

#[test]
fn a_copy_is_saved_with_or_without_whose_it_is_and_says_what_it_lacks() {
    let table: String = (0..1000)
        .map(|t| format!("{},{}\n", t % 90, t % 50))
        .collect();
    let text = format!("# rate: 500\n# unit: uV\n# told by Zyxwvut\nI,II\n{table}");
    let mut window = open(&[("Zyxwvut.csv", text)], Settings::default());
    window.until("it is open", opened);
    assert!(window.state().is_enabled(Command::SaveCopy));
    let leads = window
        .state()
        .document()
        .unwrap()
        .tracing
        .done()
        .unwrap()
        .recording
        .leads
        .len();
    assert_eq!(leads, 6, "III and the augmented leads are computed");

    let path = save(&mut window, "copy.dcm", false);
    let copy = formats::open(&path).unwrap();
    let names: Vec<&LeadName> = copy.leads.iter().map(|lead| &lead.name).collect();
    assert_eq!(
        names,
        [&LeadName::I, &LeadName::II],
        "computed leads are not written as recorded"
    );
    assert!(notes(&window, NoteKind::Done).contains("Saved copy.dcm"));
    assert!(
        notes(&window, NoteKind::Warning).contains("comments"),
        "{}",
        notes(&window, NoteKind::Warning)
    );

    let path = save(&mut window, "nobody.dcm", true);
    let bytes = std::fs::read(&path).unwrap();
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(!text.contains("Zyxwvut"));
    assert!(notes(&window, NoteKind::Done).contains("comments: removed"));

    save(&mut window, "copy.xyz", false);
    assert!(notes(&window, NoteKind::Error).contains("the name must end in"));
    let own = window
        .state()
        .document()
        .unwrap()
        .tracing
        .done()
        .unwrap()
        .recording
        .path
        .clone();
    let before = std::fs::read(own.as_deref().unwrap()).unwrap();
    save(&mut window, "Zyxwvut.csv", false);
    assert_eq!(
        std::fs::read(Path::new(own.as_deref().unwrap())).unwrap(),
        before
    );
}
