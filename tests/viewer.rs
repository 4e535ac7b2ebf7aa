//! The window, driven as people and screen readers drive it: by role and name, mouse and keyboard.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use heartbeatai::ecg::{LeadName, STANDARD_12};
use heartbeatai::reading::vocabulary;
use heartbeatai::sheet::{Layout, LeadOrder, Palette};
use heartbeatai::signal::FilterSettings;
use heartbeatai::viewer::settings::{Gain, Settings, Speed, ThemeChoice};
use heartbeatai::viewer::side::Side;
use heartbeatai::viewer::state::{Progress, Scale};
use heartbeatai::viewer::{Action, Command};
use window::{Window, record};

#[test]
fn a_record_that_is_opened_is_shown_read_and_remembered() {
    let window = Window::with(&["ward1"]);
    let document = window.state().document().unwrap();
    let recording = &document.tracing.done().unwrap().recording;
    assert_eq!(
        (document.title.as_str(), recording.leads.len()),
        ("ward1", 12)
    );
    assert!(
        window
            .harness
            .query_by_role_and_label(Role::Image, "Tracing ward1, 12 leads")
            .is_some()
    );
    window
        .harness
        .get_by_label("Research and teaching. Not a medical device.");
    window.harness.get_by_label("Second reader (machine)");
    window.harness.get_by_label("known · CPU · 12\u{a0}ms");
    let (kept, trouble) = Settings::load(&window.folder.path().join("settings.json"));
    assert_eq!((kept.recent.len(), trouble), (1, None));
}

#[test]
fn a_broken_file_becomes_a_note_that_names_it_and_can_be_dismissed() {
    let mut window = Window::with(&["good"]);
    let broken = window.folder.path().join("broken.hea");
    std::fs::write(&broken, b"\x89PNG\r\n\x1a\n not a header").unwrap();
    window.act(Action::Open(vec![broken]));
    window.until("the note is there", |state| {
        state.notes.shown(None).next().is_some()
    });
    let note = window.state().notes.shown(None).next().unwrap().clone();
    assert_eq!(note.title, "broken.hea could not be opened");
    assert!(note.lines[0].contains("broken.hea"), "{:?}", note.lines);
    assert_eq!(
        window.state().document().unwrap().title,
        "good",
        "the tracing on the paper stays"
    );
    window.click(Role::Button, "Dismiss: broken.hea could not be opened");
    let current = window.state().current;
    let notes: Vec<&str> = window
        .state()
        .notes
        .shown(current)
        .map(|note| note.title.as_str())
        .collect();
    assert!(!notes.contains(&note.title.as_str()), "{notes:?}");
}

/// A file as a file manager drops it.
#[derive(Debug)]
struct Dropped(PathBuf);

impl eframe::egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn files_that_are_dropped_are_opened_and_the_first_of_them_is_shown() {
    let mut window = Window::with(&["ward1"]);
    for name in ["dropped1", "dropped2"] {
        let path = record(window.folder.path(), name);
        window
            .harness
            .input_mut()
            .dropped_files
            .push(Arc::new(Dropped(path)));
    }
    window.until("all are read", |state| {
        state.documents.len() == 3 && state.documents.iter().all(|d| d.reading.done().is_some())
    });
    assert_eq!(window.state().document().unwrap().title, "dropped1");
    window.click(
        Role::ListBoxOption,
        "dropped2, Sinus rhythm, Atrial fibrillation",
    );
    assert_eq!(window.state().document().unwrap().title, "dropped2");
}

#[test]
fn true_size_follows_the_bank_card() {
    let mut window = Window::with(&["ward1"]);
    window.press(Modifiers::NONE, Key::Num1);
    assert!(
        (window.state().view.points_per_mm - 96.0 / 25.4).abs() < 1e-3,
        "96 points to the inch are assumed"
    );
    assert!(!window.state().screen.calibrated);
    window.run(Command::Calibrate);
    assert!(
        !window.state().screen.calibrated,
        "a slider that was only shown has measured nothing"
    );
    window.click(Role::Button, "Close");
    // On a screen whose points measure 0.2 mm, a millimetre takes five of them.
    window.act(Action::MmPerPoint(0.2));
    assert!(window.state().screen.calibrated);
    assert!((window.state().view.points_per_mm - 5.0).abs() < 1e-3);
}

#[test]
fn the_paper_is_switched_by_its_buttons() {
    let mut window = Window::with(&["ward1"]);
    window.click(Role::RadioButton, "Layout 6×2");
    window.click(Role::RadioButton, "Paper speed 50 mm/s");
    window.click(Role::Button, "Cabrera lead order");
    window.click(Role::Button, "Gain");
    window.click(Role::MenuItem, "Chest leads 5 mm/mV");
    let settings = &window.state().settings;
    assert_eq!(
        (settings.layout, settings.speed),
        (Layout::SixByTwo, Speed::Double)
    );
    assert_eq!(
        (settings.order, settings.limb_gain, settings.chest_gain),
        (LeadOrder::Cabrera, Gain::Standard, Gain::Half)
    );
    let badge = "50 mm/s, limb 10, chest 5 mm/mV, 0.05–150 Hz";
    assert!(
        window.harness.query_by_label_contains(badge).is_some()
            || window.harness.query_by_value(badge).is_some()
    );
}

#[test]
fn a_filter_changes_what_is_drawn_and_its_name_but_never_what_is_read() {
    let mut window = Window::with(&["ward1"]);
    let before = Arc::clone(
        &window
            .state()
            .document()
            .unwrap()
            .tracing
            .done()
            .unwrap()
            .recording,
    );
    window.click(Role::Button, "Filter");
    window.click(Role::MenuItem, "No filter");
    window.until("it is unfiltered", |state| {
        state.document().unwrap().tracing.done().unwrap().filter == FilterSettings::OFF
    });
    let tracing = window.state().document().unwrap().tracing.done().unwrap();
    assert!(Arc::ptr_eq(&tracing.recording, &before));
    assert_eq!(*tracing.shown, *before);
}

#[test]
fn a_finding_that_is_chosen_is_explained_on_the_paper_and_h_hides_it() {
    let mut window = Window::with(&["ward1"]);
    assert!(
        window.state().visible_heat().is_none(),
        "nothing is explained unasked"
    );
    window.finding("Atrial fibrillation");
    window.until("the heat is there", |state| state.visible_heat().is_some());
    assert_eq!(window.state().visible_heat().unwrap().id, "AFIB");
    window.harness.get_by_label("Heatmap legend, least to most");
    let criterion = vocabulary::find("AFIB").unwrap().criterion.as_str();
    window.harness.get_by_label(criterion);
    window
        .harness
        .get_by_label("AUROC on patients held back: 0.97 in ptb-xl (8 with it).");

    window.press(Modifiers::NONE, Key::H);
    assert!(window.state().visible_heat().is_none());
    assert_eq!(window.selected(), Some("AFIB"), "only the heat goes");
    window.press(Modifiers::NONE, Key::H);
    assert!(window.state().visible_heat().is_some());

    window.finding("First-degree");
    window.until("the failure is told", |state| {
        matches!(
            state.document().unwrap().explanations.get("1AVB"),
            Some(Progress::Failed(_))
        )
    });
    assert!(
        window.state().visible_heat().is_none(),
        "no heat of another finding stands in"
    );
}

#[test]
fn in_a_low_window_the_other_findings_stay_in_sight_beside_the_chosen_one() {
    for (width, height) in [(1280.0, 800.0), (1366.0, 768.0), (1600.0, 1000.0)] {
        let mut window = Window::sized(&["ward1"], (width, height), Settings::default());
        window.finding("Atrial fibrillation");
        window.until("the heat is there", |state| state.visible_heat().is_some());
        for start in ["Sinus rhythm", "Atrial fibrillation", "First-degree"] {
            let name = window.finding_name(start);
            let row = window
                .harness
                .get_by_role_and_label(Role::Button, &name)
                .rect();
            assert!(
                row.top() > 90.0 && row.bottom() < height - 28.0,
                "{start} at {row:?} in {width} x {height}"
            );
        }
    }
}

#[test]
fn a_number_past_a_critical_limit_says_so_above_the_paper_and_in_the_table() {
    let mut window = Window::with(&["crawling1"]);
    window.says_all(&["Rate 30/min (critical: below 40/min)"]);
    window.run(Command::Side(Side::Measurements));
    window.says_all(&["Rate, mean 30/min, critical, below 40/min"]);
    let mut calm = Window::with(&["ward1"]);
    calm.run(Command::Side(Side::Measurements));
    assert!(calm.says("Rate, mean 60/min") && !calm.says("critical"));
}

#[test]
fn lead_attention_stands_in_anatomical_order() {
    let window = Window::with(&["ward1"]);
    let left = |lead: &LeadName| {
        window
            .harness
            .get_by_label_contains(&format!("Attention {lead}:"))
            .rect()
            .left()
    };
    let places: Vec<f32> = STANDARD_12.iter().map(left).collect();
    assert!(places.is_sorted() && places.len() == 12, "{places:?}");
}

#[test]
fn the_heat_of_the_chosen_finding_is_told_apart_from_the_gate() {
    let mut window = Window::with(&["ward1"]);
    window.finding("Atrial fibrillation");
    window.until("the heat is there", |state| state.visible_heat().is_some());
    let text = |label: &str| window.harness.query_by_label_contains(label).is_some();
    assert!(text("Lead attention: the network's gate"));
    assert!(text("Effect without a lead or the numbers: AFIB") && text("Effect V1:"));
    assert!(
        text("axes and heights as measured: 0.50"),
        "half of what V6 brings"
    );
}

#[test]
fn what_cannot_be_read_never_looks_normal() {
    let window = Window::with(&["unreadable1"]);
    window.harness.get_by_label("Not readable");
    window.harness.get_by_label("because V2 is flat");
    assert!(
        window
            .harness
            .query_by_label_contains("probability")
            .is_none()
    );
    assert!(
        window
            .harness
            .query_by_label_contains("Attention")
            .is_none()
    );
    assert_eq!(
        window.state().document().unwrap().summary(),
        "Not readable: V2 is flat"
    );
}

#[test]
fn what_was_measured_on_what_cannot_be_read_is_called_unreliable() {
    let measured = |name| {
        let mut window = Window::with(&[name]);
        window.until("it is measured", |state| {
            state.document().unwrap().measurements.is_some()
        });
        window.run(Command::Side(Side::Measurements));
        let count = |words| window.harness.query_all_by_label_contains(words).count();
        (count("Unreliable: V2 is flat"), count("Rate "))
    };
    let (unreliable, rates) = measured("unreadable1");
    assert!(
        unreliable >= 2 && rates >= 1,
        "in the header and above the table"
    );
    assert_eq!(measured("ward1").0, 0);
}

#[test]
fn what_the_model_cannot_say_stands_beneath_its_findings_and_in_its_card() {
    let mut window = Window::with(&["ward1"]);
    let unable = "Not among what this model can say: Paced rhythm, Ventricular tachycardia.";
    window.harness.get_by_label(unable);
    window.run(Command::ModelCard);
    assert_eq!(window.harness.query_all_by_label(unable).count(), 2);
    window.click(Role::Button, "Close");
    assert_eq!(window.state().dialog, None);
}

#[test]
fn a_finding_that_a_number_decides_says_so() {
    let mut window = Window::with(&["slow1"]);
    window.run(Command::AbsentFindings);
    window
        .harness
        .get_by_label_contains("Sinus rhythm, absent, by rate 52/min, probability 0.95");
    window.harness.get_by_label("Called absent by rate 52/min.");
}

#[test]
fn the_palette_runs_a_command_that_is_typed() {
    let mut window = Window::with(&["ward1"]);
    window.press(Modifiers::COMMAND, Key::K);
    let field = window.harness.get_by_label("Find a command");
    field.type_text("12x1");
    window.harness.run_steps(4);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().settings.layout, Layout::TwelveByOne);
    assert_eq!(window.state().dialog, None);
}

#[test]
fn letters_typed_into_the_palette_run_nothing() {
    let mut window = Window::with(&["ward1"]);
    window.press(Modifiers::COMMAND, Key::K);
    for key in [Key::H, Key::F, Key::C, Key::I] {
        window.press(Modifiers::NONE, key);
    }
    assert_eq!(
        (window.selected(), &window.state().inspector),
        (None, &None)
    );
    assert_eq!(window.state().settings.order, LeadOrder::Standard);
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.state().dialog, None);
}

#[test]
fn light_and_dark_are_one_key_apart_and_kept() {
    let mut window = Window::with(&["ward1"]);
    assert!(!window.state().dark());
    window.press(Modifiers::COMMAND, Key::T);
    assert!(window.state().dark());
    assert_eq!(window.harness.ctx.theme(), eframe::egui::Theme::Dark);
    let (kept, _) = Settings::load(&window.folder.path().join("settings.json"));
    assert_eq!(kept.theme, ThemeChoice::Dark);
}

#[test]
fn in_the_paper_theme_the_paper_has_the_colours_of_the_printed_page() {
    let mut window = Window::with(&["ward1"]);
    let painted = |window: &Window| window.harness.state().paper_work().1;
    let before = painted(&window);
    window.run(Command::Theme(ThemeChoice::Paper));
    assert_eq!(window.state().paper_colors(), Palette::RED);
    assert!(!window.state().dark());
    assert_eq!(painted(&window), before + 1, "the page is painted anew");
    let white = Palette::RED.color(heartbeatai::sheet::Ink::Paper);
    assert_eq!(white, [255; 4]);
    let (kept, _) = Settings::load(&window.folder.path().join("settings.json"));
    assert_eq!(kept.theme, ThemeChoice::Paper);
}

#[test]
fn everything_can_be_done_by_keyboard_alone() {
    let mut window = Window::with(&["one", "two", "three"]);
    let title = |window: &Window| window.state().document().unwrap().title.clone();
    assert_eq!(title(&window), "one");
    window.press(Modifiers::NONE, Key::PageDown);
    window.press(Modifiers::NONE, Key::PageDown);
    window.press(Modifiers::NONE, Key::PageDown);
    assert_eq!(title(&window), "three", "the last stays the last");
    window.press(Modifiers::NONE, Key::PageUp);
    assert_eq!(title(&window), "two");
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(window.selected(), Some("AFIB"));
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.selected(), None);
    window.press(Modifiers::ALT, Key::Num5);
    assert_eq!(window.state().settings.layout, Layout::TwelveByOne);
    assert_eq!(
        window.state().view.scale,
        Scale::Fit,
        "Alt+5 is no bare 5, and Alt+1 no true size"
    );
    window.press(Modifiers::NONE, Key::Num1);
    assert_eq!(window.state().view.scale, Scale::TrueSize);
    window.press(Modifiers::NONE, Key::Plus);
    assert!(matches!(window.state().view.scale, Scale::Free(_)));
    window.press(Modifiers::NONE, Key::F);
    assert_eq!(window.state().view.scale, Scale::Fit);
    window.press(Modifiers::NONE, Key::I);
    window.press(Modifiers::NONE, Key::CloseBracket);
    assert_eq!(
        window
            .state()
            .inspector
            .as_ref()
            .map(|inspector| inspector.lead.clone()),
        Some(LeadName::III)
    );
    window.press(Modifiers::COMMAND, Key::W);
    assert_eq!(
        (window.state().documents.len(), title(&window).as_str()),
        (2, "three")
    );
    // Tab reaches a control and space presses it.
    for _ in 0..40 {
        window.harness.key_press(Key::Tab);
        window.harness.run_steps(2);
        let target = window
            .harness
            .get_by_role_and_label(Role::RadioButton, "Layout 3×4");
        if target.is_focused() {
            window.press(Modifiers::NONE, Key::Space);
            assert_eq!(window.state().settings.layout, Layout::ThreeByFour);
            return;
        }
    }
    panic!("Tab never reached the layouts");
}

#[test]
fn a_click_on_the_paper_opens_the_inspector_there() {
    let mut window = Window::with(&["ward1"]);
    let paper = window
        .harness
        .get_by_role_and_label(Role::Image, "Tracing ward1, 12 leads")
        .rect();
    // V1 stands in the third of four columns, in the first row.
    let at = paper.left_top() + eframe::egui::vec2(paper.width() * 0.66, paper.height() * 0.12);
    window.harness.hover_at(at);
    window.harness.run_steps(2);
    for pressed in [true, false] {
        window.harness.event(eframe::egui::Event::PointerButton {
            pos: at,
            button: eframe::egui::PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    window.harness.run_steps(6);
    let inspector = window.state().inspector.clone().expect("an inspector");
    assert_eq!(inspector.lead, LeadName::V1);
    assert!(
        (5.0..7.5).contains(&inspector.at_s.unwrap()),
        "{inspector:?}"
    );
    window.click(Role::RadioButton, "Inspect lead V4");
    assert_eq!(
        window.state().inspector.as_ref().unwrap().lead,
        LeadName::V4
    );
    window.click(Role::Button, "Close the inspector");
    assert_eq!(window.state().inspector, None);
}

#[test]
fn an_answer_for_a_closed_tracing_is_dropped() {
    let mut window = Window::with(&["one", "two"]);
    let closed = window.state().current.unwrap();
    window.press(Modifiers::COMMAND, Key::W);
    let ctx = window.harness.ctx.clone();
    let late = heartbeatai::viewer::jobs::Answer::Read {
        generation: closed,
        result: Err("late".into()),
    };
    window.harness.state_mut().take_answer(&ctx, late);
    window.harness.run_steps(2);
    let document = window.state().document().unwrap();
    assert_eq!(document.title, "two");
    assert!(document.reading.done().is_some());
}

#[test]
fn a_still_page_is_composed_and_painted_once() {
    let mut window = Window::with(&["ward1"]);
    window.finding("Atrial fibrillation");
    window.until("the heat is there", |state| state.visible_heat().is_some());
    let before = window.harness.state().paper_work();
    window.harness.run_steps(20);
    assert_eq!(window.harness.state().paper_work(), before);
    window.press(Modifiers::ALT, Key::Num4);
    let after = window.harness.state().paper_work();
    assert!(
        after.0 == before.0 + 1 && after.1 > before.1,
        "{before:?} {after:?}"
    );
}

#[test]
fn every_command_can_run_at_any_time_and_small_windows_hold_everything() {
    for names in [&[][..], &["ward1", "ward2"]] {
        let mut window = Window::sized(names, (1280.0, 800.0), Settings::default());
        let ctx = window.harness.ctx.clone();
        for command in Command::ALL {
            if matches!(command, Command::Open | Command::Quit | Command::OpenCase) {
                continue;
            }
            window
                .harness
                .state_mut()
                .apply(&ctx, Action::Run(*command));
            window.harness.run_steps(2);
        }
        // Some of them change what is on the screen for good.
        if window.state().teaching.presenter {
            window.run(Command::Presenter);
        }
        window.run(Command::TextScale(100));
        // The harness itself has checked that every control had a name all along.
        let right = window
            .harness
            .get_by_role_and_label(Role::Button, "Switch light and dark")
            .rect()
            .right();
        assert!(right <= 1280.0, "{right}");
    }
}
