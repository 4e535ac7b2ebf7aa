//! Reading blind, quizzes, and the view for the front of a class.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use std::io::Write as _;
use std::time::Duration;

use eframe::egui::{Key, Modifiers, Role};
use heartbeatai::reading::vocabulary;
use heartbeatai::simulate::condition;
use heartbeatai::viewer::jobs::Source;
use heartbeatai::viewer::settings::Settings;
use heartbeatai::viewer::teaching::{CaseSet, Lesson, Plan};
use heartbeatai::viewer::{Action, Command};
use window::{Window, record};

fn learn(window: &mut Window, lesson: Lesson) {
    window.act(Action::Learn(lesson));
}

/// Names a statement as a learner does: types, and takes it from the list.
fn name(window: &mut Window, id: &str) {
    let name = &vocabulary::find(id).unwrap().name;
    window.type_into("Name a finding", name);
    window.click(Role::ListBoxOption, &format!("Name {name}"));
}

#[test]
fn read_blind_the_machine_is_nowhere_until_the_reading_is_committed() {
    let mut window = Window::with(&["ward1", "ward2"]);
    window.until("read and measured", |state| {
        let document = state.document();
        document.is_some_and(|d| d.reading.done().is_some() && d.measurements.is_some())
    });
    assert!(window.says("Atrial fibrillation") && window.says("Rate"));
    window.finding("Atrial fibrillation");
    window.until("explained", |state| state.visible_heat().is_some());
    assert!(window.says("Explaining"));
    window.run(Command::BlindMode);
    for hidden in [
        "Atrial fibrillation",
        "Sinus rhythm",
        "Rate",
        "Lead attention",
        "Explaining",
    ] {
        assert!(!window.says(hidden), "{hidden}");
    }
    window.run(Command::Heatmap);
    assert!(window.state().visible_heat().is_none());

    name(&mut window, "AFIB");
    name(&mut window, "LVH");
    window.click(Role::Button, "Take back Left ventricular hypertrophy");
    window.press(Modifiers::ALT, Key::Enter);
    assert!(window.state().attempt().unwrap().committed());
    // The file carries no label: the machine's word stands alone, and says so.
    assert!(window.says("Nobody has labelled this tracing"));
    assert!(window.says("Atrial fibrillation"));
    // Nothing can be changed any more.
    learn(&mut window, Lesson::Name("PVC".into()));
    assert_eq!(window.state().attempt().unwrap().named, ["AFIB"]);
    // The other tracing is still hidden.
    assert!(window.says("Hidden until you commit"));
    window.press(Modifiers::NONE, Key::PageDown);
    window.press(Modifiers::NONE, Key::PageUp);
    window.run(Command::BlindMode);
    assert!(!window.says("Hidden until you commit"));
}

#[test]
fn a_quiz_on_the_bundled_cases_hides_their_names_and_scores_what_is_named() {
    let mut window = Window::with(&[]);
    window.run(Command::Quiz);
    window.click(Role::RadioButton, "Five cases");
    window.click(Role::Button, "Start");
    for number in 1..=5 {
        window.until("the case is on the paper", |state| {
            state
                .document()
                .is_some_and(|document| document.tracing.done().is_some())
        });
        let title = format!("Case {number} of 5");
        assert_eq!(window.state().document().unwrap().title, title);
        let source = window.state().document().unwrap().source.clone();
        let Source::Bundled(id) = source else {
            panic!("{source:?}")
        };
        let case = condition(id).unwrap();
        assert!(!window.says(case.name), "{} is in the window", case.name);
        // The learner is right in all cases but the third.
        if number == 3 {
            name(&mut window, "LPFB");
        } else {
            for statement in case.statements {
                name(&mut window, statement);
            }
        }
        window.click(Role::Button, "Commit the reading");
        assert_eq!(window.state().document().unwrap().title, case.name);
        assert!(window.says(case.teaching));
        window.until("the place is marked on the paper", |state| {
            state.visible_heat().is_some()
        });
        let first = vocabulary::find(case.statements.last().unwrap()).unwrap();
        assert!(window.says(&first.criterion), "{}", first.id);
        window.click(
            Role::Button,
            if number == 5 { "Results" } else { "Next case" },
        );
    }
    let quiz = window.state().teaching.quiz.as_ref().unwrap();
    assert!(
        (quiz.score().unwrap() - 0.8).abs() < 1e-9,
        "{:?}",
        quiz.score()
    );
    assert!(window.says("80 %"));
    let path = window.folder.path().join("results.csv");
    learn(&mut window, Lesson::SaveTo(path.clone()));
    let mut table = csv::Reader::from_path(&path).unwrap();
    let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!((&rows[2][3], &rows[2][7]), ("LPFB", "0.000"));
    assert!(
        rows.iter()
            .all(|row| row[8].parse::<f64>().is_ok() && &row[9] == "learner")
    );
    window.click(Role::Button, "End the quiz");
    assert!(window.state().teaching.quiz.is_none());
}

#[test]
fn a_case_whose_time_is_up_is_committed_as_it_stands() {
    let mut window = Window::with(&[]);
    learn(
        &mut window,
        Lesson::Plan(Plan {
            set: CaseSet::Bundled,
            count: Some(2),
            limit: Some(Duration::from_millis(400)),
        }),
    );
    learn(&mut window, Lesson::Start);
    window.until("the time is up", |state| {
        state.attempt().is_some_and(|attempt| attempt.committed())
    });
    assert!(window.state().attempt().unwrap().overtaken);
    assert!(window.says("The time was up."));
}

#[test]
fn a_folder_with_labels_is_a_case_set() {
    let folder = tempfile::tempdir().unwrap();
    let ward = folder.path().join("export");
    std::fs::create_dir(&ward).unwrap();
    for (name, label) in [
        ("one", Some("164889003")),
        ("two", Some("427172004")),
        ("three", None),
    ] {
        let path = record(&ward, name);
        if let Some(label) = label {
            let mut header = std::fs::OpenOptions::new().append(true).open(path).unwrap();
            writeln!(header, "# Dx: {label}").unwrap();
        }
    }
    let mut window = Window::over(folder, vec![ward], (1440.0, 900.0), Settings::default());
    window.run(Command::Quiz);
    window.click(Role::RadioButton, "Labelled tracings of the worklist");
    window.click(Role::RadioButton, "All cases");
    window.click(Role::Button, "Start");
    assert_eq!(
        window.state().teaching.quiz.as_ref().unwrap().cases.len(),
        2
    );
    window.until("the case is on the paper", |state| {
        state
            .document()
            .is_some_and(|document| document.tracing.done().is_some())
    });
    let Source::File(path) = window.state().document().unwrap().source.clone() else {
        panic!("a file")
    };
    let right = if path.ends_with("one.hea") {
        "AFIB"
    } else {
        "PVC"
    };
    name(&mut window, right);
    window.click(Role::Button, "Commit the reading");
    assert_eq!(window.state().compared().unwrap().1.score(), Some(1.0));
}

#[test]
fn presenting_hides_whose_tracing_it_is_and_every_panel() {
    let folder = tempfile::tempdir().unwrap();
    let path = record(folder.path(), "jane_doe");
    let mut header = std::fs::OpenOptions::new()
        .append(true)
        .open(&path)
        .unwrap();
    writeln!(header, "# Age: 67\n# Sex: Female").unwrap();
    let mut window = Window::over(folder, vec![path], (1280.0, 800.0), Settings::default());
    assert!(window.says("jane_doe"));
    let size =
        |window: &Window| window.state().view.points_per_mm * window.harness.ctx.zoom_factor();
    let before = size(&window);
    window.press(Modifiers::NONE, Key::F5);
    window.harness.run_steps(4);
    assert!(!window.says("jane_doe"));
    assert!(window.says("female, 67 y"), "what is taught stays");
    assert!(!window.shows(Role::Button, "Menu") && !window.says("Second reader (machine)"));
    assert!(size(&window) > before, "{} after {before}", size(&window));
    window.click(Role::Button, "Show findings");
    assert!(window.says("Second reader (machine)"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.state().teaching.presenter && window.says("jane_doe"));
}

#[test]
fn blind_with_nothing_open_it_says_what_to_do() {
    let mut window = Window::with(&[]);
    window.run(Command::BlindMode);
    assert!(!window.says("Opening"));
    assert!(window.says("Open a tracing, or start a quiz"));
    window.click(Role::Button, "Leave blind reading");
    assert!(!window.state().teaching.blind);
}
