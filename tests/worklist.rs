//! The worklist: a folder of tracings, read in the background, gone through by key.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use cpu_time::ThreadTime;
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use heartbeatai::ecg::{Recording, STANDARD_12};
use heartbeatai::reading::{Explanation, Reading};
use heartbeatai::review::{Project, ProjectSettings, Status, Verdict};
use heartbeatai::viewer::review::ReviewAction;
use heartbeatai::viewer::settings::Settings;
use heartbeatai::viewer::state::AppState;
use heartbeatai::viewer::worklist::{KEPT, Show, Sort, Worklist};
use heartbeatai::viewer::{Action, Command, ReaderCard, SecondReader, Setup};
use window::{KnownReader, Window, record, setup};

/// A window over a folder with these records and one broken file.
fn over(names: &[&str]) -> Window {
    let folder = tempfile::tempdir().unwrap();
    let ward = folder.path().join("ward");
    std::fs::create_dir(&ward).unwrap();
    for name in names {
        record(&ward, name);
    }
    std::fs::write(
        ward.join("broken.hea"),
        b"broken 12 250 2500\nbroken.dat 16 1000/mV\n",
    )
    .unwrap();
    Window::over(folder, vec![ward], (1440.0, 900.0), Settings::default())
}

/// Titles of the lines, in the order on the screen.
fn titles(state: &AppState) -> Vec<String> {
    let list = state.worklist.as_ref().unwrap();
    list.order()
        .iter()
        .map(|row| list.rows()[*row].title())
        .collect()
}

fn in_front(state: &AppState) -> &str {
    state.document().map_or("", |document| &document.title)
}

#[test]
fn a_folder_is_listed_and_read_with_the_urgent_first_and_the_broken_last() {
    let mut window = over(&["calm", "stemi1", "unreadable1", "ward2"]);
    let titles_now = titles(window.state());
    assert_eq!(
        titles_now,
        ["stemi1", "calm", "ward2", "unreadable1", "broken.hea"]
    );
    assert_eq!(
        in_front(window.state()),
        "calm",
        "the first that was found came to the front"
    );
    // Every line says who, how urgent, what, and how far people are with it.
    assert!(window.shows(
        Role::ListBoxOption,
        "stemi1, to be seen now, ST elevation, Atrial fibrillation, new"
    ));
    assert!(window.shows(
        Role::ListBoxOption,
        "unreadable1, Not readable: V2 is flat, new"
    ));
    let list = window.state().worklist.as_ref().unwrap();
    let broken = list
        .rows()
        .iter()
        .find(|row| row.title() == "broken.hea")
        .unwrap();
    assert!(
        broken
            .trouble()
            .is_some_and(|reason| reason.contains("broken")),
        "{:?}",
        broken.trouble()
    );
    assert!(
        window
            .state()
            .notes
            .shown(None)
            .all(|note| !note.title.contains("broken")),
        "a broken file of a folder is a line, not a note"
    );

    window.click(Role::Button, "Order of the worklist");
    window.click(Role::MenuItem, "As the folder lists them");
    assert_eq!(
        titles(window.state()),
        ["calm", "stemi1", "unreadable1", "ward2", "broken.hea"]
    );
}

#[test]
fn going_through_the_list_by_key_finds_the_next_tracing_decoded_and_read() {
    let names: Vec<String> = (0..24).map(|n| format!("bed{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut window = over(&names);
    window.run(Command::SortWorklist(Sort::Name));
    for next in 1..20 {
        let wanted = format!("bed{next:02}");
        window.until("the next one is read before it is asked for", |state| {
            state
                .documents
                .iter()
                .any(|d| d.title == wanted && d.reading.done().is_some())
        });
        window.press(Modifiers::NONE, Key::PageDown);
        assert_eq!(in_front(window.state()), wanted);
        let state = window.state();
        assert!(
            state.document().unwrap().reading.done().is_some(),
            "no waiting"
        );
        assert!(
            state.documents.len() <= KEPT + 2,
            "{} decoded",
            state.documents.len()
        );
        assert_eq!(
            state.documents.iter().filter(|d| d.title == wanted).count(),
            1
        );
    }
    window.press(Modifiers::NONE, Key::PageUp);
    assert_eq!(in_front(window.state()), "bed18");
    // The line in front is brought into view, among the few that are laid out.
    let lines = window
        .harness
        .query_all_by_role(Role::ListBoxOption)
        .count();
    assert!(lines < 24, "{lines} lines laid out");
    assert!(window.shows(
        Role::ListBoxOption,
        "bed18, to be seen soon, Atrial fibrillation, new"
    ));
}

#[test]
fn what_is_searched_for_is_listed_and_an_empty_list_says_how_to_get_out() {
    let mut window = over(&["calm", "stemi1", "ward2"]);
    window.press(Modifiers::COMMAND, Key::F);
    window.type_into("Search the worklist", "elevation");
    assert_eq!(titles(window.state()), ["stemi1"]);
    window.type_into("Search the worklist", " zzz");
    assert!(titles(window.state()).is_empty());
    window.click(Role::Button, "List all tracings");
    assert_eq!(titles(window.state()).len(), 4);
    window.click(Role::Button, "Tracings to list");
    window.click(Role::MenuItem, "List what is not readable");
    assert_eq!(titles(window.state()), ["broken.hea"]);
    window.run(Command::ShowInWorklist(Show::Signed));
    assert!(
        titles(window.state()).is_empty(),
        "nobody has signed anything"
    );
    let list = window.state().worklist.as_ref().unwrap();
    assert!(list.rows().iter().all(|row| row.status() == Status::New));
}

#[test]
fn closing_the_list_closes_what_it_opened_and_keeps_what_is_looked_at() {
    let mut window = over(&["a1", "a2", "a3", "a4"]);
    assert!(window.state().documents.len() > 1);
    window.click(Role::Button, "Close the worklist");
    assert!(window.state().worklist.is_none());
    assert_eq!(window.state().documents.len(), 1);
    assert_eq!(in_front(window.state()), "a1");
    let recent = &window.state().settings.recent;
    assert!(
        recent.len() == 1 && recent[0].ends_with("ward"),
        "{recent:?}"
    );
}

/// Writes `count` records of four seconds that share their samples, and a broken one after every hundred.
fn hospital(folder: &Path, count: usize) {
    let rate = 100;
    let samples: Vec<u8> = (0..rate * 4)
        .flat_map(|sample: i32| {
            let beat: i16 = if sample % 80 == 30 { 900 } else { 0 };
            // Limb leads that obey Einthoven's law.
            [
                beat / 2,
                beat,
                beat / 2,
                -(beat / 4) * 3,
                0,
                (beat / 4) * 3,
                0,
                0,
                0,
                beat,
                beat,
                beat,
            ]
        })
        .flat_map(i16::to_le_bytes)
        .collect();
    std::fs::write(folder.join("all.dat"), samples).unwrap();
    for number in 0..count {
        let name = format!("r{number:04}");
        let mut header = format!("{name} 12 {rate} {}\n", rate * 4);
        let leads = if number % 100 == 99 {
            &STANDARD_12[..7]
        } else {
            &STANDARD_12[..]
        };
        for lead in leads {
            header += &format!("all.dat 16 1000/mV 16 0 0 0 0 {lead}\n");
        }
        std::fs::write(folder.join(format!("{name}.hea")), header).unwrap();
    }
}

/// The window's own processor time in a frame, so that a busy machine does not decide the outcome.
#[test]
fn no_frame_takes_50_ms_of_the_windows_time_while_2000_files_are_read() {
    const FILES: usize = 2000;
    let folder = tempfile::tempdir().unwrap();
    let ward = folder.path().join("hospital");
    std::fs::create_dir(&ward).unwrap();
    hospital(&ward, FILES);
    let mut window = Window::over(folder, Vec::new(), (1440.0, 900.0), Settings::default());
    window.harness.run_steps(5);
    let ctx = window.harness.ctx.clone();
    let action = Action::Open(vec![ward]);
    let (mut longest, mut frames, mut listed) = (Duration::ZERO, 0_u32, 0);
    let started = ThreadTime::now();
    window.harness.state_mut().apply(&ctx, action);
    longest = longest.max(started.elapsed());
    loop {
        let started = ThreadTime::now();
        window.harness.step();
        longest = longest.max(started.elapsed());
        frames += 1;
        let state = window.state();
        let list = state.worklist.as_ref().unwrap();
        assert!(
            state.documents.len() <= KEPT,
            "{} decoded",
            state.documents.len()
        );
        listed = list.rows().len().max(listed);
        if list.finished() {
            break;
        }
        // A person goes through the list meanwhile.
        if frames % 7 == 0 {
            window.harness.key_press(Key::PageDown);
        }
        assert!(frames < 200_000, "never read: {:?}", list.progress());
        std::thread::sleep(Duration::from_millis(1));
    }
    println!("{frames} frames, the longest {longest:?}");
    assert_eq!(listed, FILES);
    let list = window.state().worklist.as_ref().unwrap();
    let broken = list
        .rows()
        .iter()
        .filter(|row| row.trouble().is_some())
        .count();
    assert_eq!(broken, FILES / 100, "each is a line with its reason");
    assert!(longest < Duration::from_millis(50), "{longest:?}");
}

/// A reader who reads as many tracings as it is let.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<usize>, Condvar)>);

impl Gate {
    fn let_through(&self, tracings: usize) {
        *self.0.0.lock().unwrap() += tracings;
        self.0.1.notify_all();
    }
}

impl SecondReader for Gate {
    fn card(&self) -> ReaderCard {
        KnownReader.card()
    }

    fn read(&self, recording: &Recording) -> Result<Reading, String> {
        let (left, changed) = &*self.0;
        let mut left = changed
            .wait_while(left.lock().unwrap(), |left| *left == 0)
            .unwrap();
        *left -= 1;
        KnownReader.read(recording)
    }

    fn explain(&self, recording: &Recording, statement: &str) -> Result<Explanation, String> {
        KnownReader.explain(recording, statement)
    }
}

#[test]
fn reading_in_the_background_stops_and_goes_on() {
    const FILES: usize = 60;
    let folder = tempfile::tempdir().unwrap();
    let ward = folder.path().join("hospital");
    std::fs::create_dir(&ward).unwrap();
    hospital(&ward, FILES);
    let gate = Gate::default();
    let reader = gate.clone();
    let setup = Setup {
        paths: vec![ward],
        reader: Box::new(move || Ok(Box::new(reader) as Box<dyn SecondReader>)),
        ..setup(folder.path())
    };
    let mut window = Window::starting(folder, (1440.0, 900.0), setup);
    // Fewer than there are: some go to the tracing in front and its neighbour.
    gate.let_through(12);
    let progress = |state: &AppState| state.worklist.as_ref().map(Worklist::progress);
    window.until("all were looked into and some are read", |state| {
        progress(state).is_some_and(|(glanced, read)| glanced == FILES && read >= 3)
    });
    let ctx = window.harness.ctx.clone();
    let pause = Action::Run(Command::PauseWorklist);
    window.harness.state_mut().apply(&ctx, pause);
    assert!(window.state().worklist.as_ref().unwrap().stopped);
    // What was under way may still end; after that nothing moves, although it could.
    gate.let_through(10 * FILES);
    window.settle();
    let before = progress(window.state()).unwrap();
    assert!(before.1 < FILES, "{before:?}");
    window.harness.run_steps(20);
    assert_eq!(progress(window.state()), Some(before));
    let name = "Go on reading the worklist";
    assert!(window.shows(Role::Button, name));
    window.click(Role::Button, name);
    assert_eq!(progress(window.state()), Some((FILES, FILES)));
}

#[test]
fn the_list_says_how_far_people_are_with_a_tracing() {
    let mut window = over(&["calm", "ward2"]);
    window.run(Command::SortWorklist(Sort::Name));
    let status = |window: &Window, title: &str| {
        let list = window.state().worklist.as_ref().unwrap();
        list.rows()
            .iter()
            .find(|row| row.title() == title)
            .unwrap()
            .status()
    };
    assert_eq!(status(&window, "calm"), Status::New);
    window.act(Action::Review(ReviewAction::Name("Ada".into())));
    window.act(Action::Review(ReviewAction::Put {
        statement: "AFIB".into(),
        instead_of: None,
    }));
    assert_eq!(status(&window, "calm"), Status::InProgress);
    assert_eq!(status(&window, "ward2"), Status::New);
    window.run(Command::ShowInWorklist(Show::InProgress));
    assert_eq!(titles(window.state()), ["calm"]);
    // Somebody else finds what that one has begun.
    window.act(Action::Review(ReviewAction::Name("Bo".into())));
    assert_eq!(status(&window, "calm"), Status::InProgress);
    // In a project whose readers are blinded to each other, nothing of it.
    window.act(Action::Review(ReviewAction::Set(ProjectSettings {
        blinded: true,
        ..ProjectSettings::default()
    })));
    assert_eq!(status(&window, "calm"), Status::New);
}

#[test]
fn an_annotator_takes_what_is_most_uncertain_or_differed_on_first() {
    let mut window = over(&["calm", "stemi1", "unsure2", "ward3"]);
    let reader = "Order of the worklist";
    window.click(Role::Button, reader);
    window.click(Role::MenuItem, "Most uncertain first");
    let order = titles(window.state());
    assert_eq!(order[0], "unsure2", "{order:?}");
    assert_eq!(order.last().map(String::as_str), Some("broken.hea"));

    window.act(Action::Review(ReviewAction::Name("Ada".into())));
    window.run(Command::SortWorklist(Sort::Name));
    let ward = window.state().worklist.as_ref().unwrap();
    let row = ward.rows().iter().position(|row| row.title() == "ward3");
    window.act(Action::OpenRow(row.unwrap()));
    // The machine calls atrial fibrillation present, Ada does not.
    window.act(Action::Review(ReviewAction::Decide {
        statement: "AFIB".into(),
        verdict: Verdict::Absent,
        claim: None,
    }));
    window.run(Command::SortWorklist(Sort::Disagreement));
    assert_eq!(titles(window.state())[0], "ward3");
    // Read blind, neither order gives the machine away.
    window.run(Command::BlindMode);
    for sort in [Sort::Disagreement, Sort::Uncertain] {
        window.run(Command::SortWorklist(sort));
        let order = titles(window.state());
        assert_eq!(order, ["calm", "stemi1", "unsure2", "ward3", "broken.hea"]);
    }
}

/// Nobody waits for the project before saying what they see.
#[test]
fn what_is_said_the_moment_a_tracing_shows_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let paths = vec![record(folder.path(), "one"), record(folder.path(), "two")];
    let project = folder.path().join("project.sqlite");
    let base = setup(folder.path());
    let setup = Setup {
        settings: Settings {
            reader: "Ada".into(),
            ..base.settings.clone()
        },
        paths,
        project: Some(project.clone()),
        ..base
    };
    let mut window = Window::starting(folder, (1440.0, 900.0), setup);
    let ctx = window.harness.ctx.clone();
    for (title, statement) in [("one", "AFIB"), ("two", "LVH")] {
        while !window.state().can_review() {
            window.harness.step();
        }
        assert_eq!(in_front(window.state()), title);
        let put = ReviewAction::Put {
            statement: statement.into(),
            instead_of: None,
        };
        for action in [Action::Review(put), Action::Run(Command::NextTracing)] {
            window.harness.state_mut().apply(&ctx, action);
        }
    }
    window.settle();
    let summaries = Project::open(&project).unwrap().summaries().unwrap();
    let said: Vec<(&str, Vec<&str>)> = summaries
        .iter()
        .map(|summary| {
            let present = summary.reviews["Ada"].content.present().collect();
            (summary.name.as_str(), present)
        })
        .collect();
    assert_eq!(said, [("one", vec!["AFIB"]), ("two", vec!["LVH"])]);
}
