//! The reader's tools in the window: measurements, ticks, calipers, beats, comparison; by role and name.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use std::path::PathBuf;

use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT, Queryable};
use heartbeatai::ecg::Recording;
use heartbeatai::formats::writing;
use heartbeatai::reading::{Explanation, Reading};
use heartbeatai::viewer::beats::Below;
use heartbeatai::viewer::calipers::Tool;
use heartbeatai::viewer::side::Side;
use heartbeatai::viewer::{Action, Command, ReaderCard, SecondReader, Setup};
use window::{Window, setup};

/// A second reader that has nothing to say: here the window's own tools are tested.
struct Silent;

impl SecondReader for Silent {
    fn card(&self) -> ReaderCard {
        ReaderCard {
            model: "silent".into(),
            device: "CPU".into(),
            ..ReaderCard::default()
        }
    }

    fn read(&self, _: &Recording) -> Result<Reading, String> {
        Ok(Reading {
            model: "silent".into(),
            not_readable: None,
            findings: Vec::new(),
            lead_attention: Vec::new(),
            warnings: Vec::new(),
            timing_ms: 1.0,
        })
    }

    fn explain(&self, _: &Recording, _: &str) -> Result<Explanation, String> {
        Err("nothing to explain".into())
    }
}

/// A window over a bundled simulated case.
fn over(case: &'static str) -> Window {
    with(tempfile::tempdir().unwrap(), Vec::new(), Some(case))
}

fn with(
    folder: tempfile::TempDir,
    paths: Vec<PathBuf>,
    first_case: Option<&'static str>,
) -> Window {
    let setup = Setup {
        reader: Box::new(|| Ok(Box::new(Silent) as Box<dyn SecondReader>)),
        paths,
        first_case,
        ..setup(folder.path())
    };
    Window::open(folder, (1440.0, 900.0), setup)
}

/// Whatever has a name that begins so.
fn named(window: &Window, start: &str) -> String {
    let nodes = window.harness.query_all_by_label_contains(start);
    let words = |node: &egui_kittest::Node<'_>| {
        let node = node.accesskit_node();
        node.label().or_else(|| node.value())
    };
    let mut labels = nodes.filter_map(|node| words(&node));
    labels
        .find(|label| label.starts_with(start))
        .unwrap_or_else(|| panic!("nothing is called {start}…"))
}

/// Presses the first button whose name begins so, wherever it has been scrolled to.
fn click_starting(window: &mut Window, start: &str) {
    let name = named(window, start);
    window
        .harness
        .get_by_role_and_label(Role::Button, &name)
        .click_accesskit();
    window.settle();
}

/// A drag over the paper, from and to a share of its width and height.
fn drag(window: &mut Window, from: (f32, f32), to: (f32, f32), modifiers: Modifiers) {
    let (from, to) = (window.on_paper(from.0, from.1), window.on_paper(to.0, to.1));
    window.drag(from, to, modifiers);
}

const CASE: &str = heartbeatai::viewer::FIRST_CASE;

#[test]
fn a_measured_number_leads_to_its_place_on_the_paper() {
    let mut window = over(CASE);
    window.press(Modifiers::COMMAND, Key::M);
    assert_eq!(window.state().settings.side, Side::Measurements);
    let measured = window.state().document().unwrap().measurements.clone();
    let qrs = measured.as_ref().unwrap().qrs.clone().unwrap();
    let name = format!("QRS {:.0} ms", qrs.value);
    window.click(Role::Button, &name);
    let place = window.state().place.clone().expect("a place");
    assert_eq!((place.from_s, place.to_s), (qrs.from_s, qrs.to_s));
    assert!(!place.aim, "the paper has shown it");
    window
        .harness
        .get_by_label(&format!("On the paper: {name}"));
    window.press(Modifiers::NONE, Key::Escape);
    if window.state().place.is_some() {
        // The first press only left the row that was clicked.
        window.press(Modifiers::NONE, Key::Escape);
    }
    assert_eq!(window.state().place, None);

    click_starting(&mut window, "Amplitudes and ST by lead");
    click_starting(&mut window, "R in V5");
    let place = window.state().place.clone().expect("a place");
    assert_eq!(place.leads, [heartbeatai::ecg::LeadName::V5]);
    click_starting(&mut window, "R in V5");
    assert_eq!(window.state().place, None, "asking again lets go");
}

#[test]
fn a_zoomed_paper_is_brought_to_the_place() {
    let mut window = over(CASE);
    window.run(Command::Side(Side::Measurements));
    for _ in 0..6 {
        window.run(Command::ZoomIn);
    }
    let before = window.state().view.center;
    click_starting(&mut window, "Rate, fastest");
    assert_ne!(window.state().view.center, before);
}

#[test]
fn paced_beats_are_counted_and_leave_criteria_unjudged() {
    let mut window = over("ventricular_pacing");
    window.run(Command::Side(Side::Measurements));
    let measured = window.state().document().unwrap().measurements.clone();
    let measured = measured.unwrap();
    let beats = named(&window, "Beats, paced (");
    assert!(
        beats.ends_with(&format!(" {}", measured.counts().paced)),
        "{beats}"
    );
    click_starting(&mut window, "Beats, paced (");
    let place = window.state().place.clone().expect("a place");
    let first = &measured.beats[0];
    assert!((place.from_s..=place.to_s).contains(&first.time_s));
    for criterion in ["Sokolow-Lyon ", "R/S transition "] {
        let named = named(&window, criterion);
        assert!(named.ends_with("does not apply: paced beats"), "{named}");
    }
}

#[test]
fn the_measurements_can_be_copied_as_text_and_as_csv() {
    let mut window = over(CASE);
    let copied = |window: &Window| {
        let commands = &window.harness.output().platform_output.commands;
        commands.iter().find_map(|command| match command {
            eframe::egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    };
    let ctx = window.harness.ctx.clone();
    for (command, part) in [
        (Command::CopyMeasurements, "QTc Fridericia"),
        (Command::CopyMeasurementsCsv, "QTc Fridericia,"),
    ] {
        window.harness.state_mut().apply(&ctx, Action::Run(command));
        window.harness.step();
        let text = copied(&window).expect("something on the clipboard");
        assert!(text.contains(part), "{text}");
    }
}

#[test]
fn ticks_are_drawn_with_one_key_and_composed_once() {
    let mut window = over(CASE);
    let before = window.harness.state().paper_work();
    window.press(Modifiers::NONE, Key::B);
    assert!(window.state().settings.ticks);
    let after = window.harness.state().paper_work();
    assert_eq!(after.0, before.0 + 1);
    window.harness.run_steps(5);
    assert_eq!(window.harness.state().paper_work(), after);
}

#[test]
fn calipers_are_set_by_keys_snap_to_fiducials_and_march_out() {
    let mut window = over(CASE);
    window.press(Modifiers::NONE, Key::K);
    let calipers = window.state().calipers.clone();
    assert_eq!(calipers.tool, Some(Tool::Time));
    let time = calipers.time.expect("the first RR interval");
    let measured = window.state().document().unwrap().measurements.clone();
    let rr = measured.unwrap().beats[1].rr_ms.unwrap();
    assert!((time.ms() - rr).abs() < 25.0, "{} and {rr}", time.ms());
    let text = window.state().calipers.time_text().unwrap();
    window
        .harness
        .get_by_label(&format!("Time caliper: {text}"));

    window.press(Modifiers::NONE, Key::ArrowRight);
    let moved = window.state().calipers.time.clone().unwrap();
    assert!((moved.second_s - time.second_s - 0.01).abs() < 1e-9);
    assert_eq!(window.state().document().unwrap().start_s, 0.0);
    window.press(Modifiers::NONE, Key::Period);
    let snapped = window.state().calipers.time.clone().unwrap();
    assert!(snapped.second_s > moved.second_s);
    window.press(Modifiers::NONE, Key::Comma);
    let back = window.state().calipers.time.clone().unwrap();
    assert!(back.second_s < snapped.second_s);

    window.press(Modifiers::NONE, Key::M);
    assert!(window.state().calipers.march);
    window.press(Modifiers::COMMAND, Key::Num3);
    assert_eq!(window.state().calipers.intervals, 3);
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.state().calipers.is_empty());
}

#[test]
fn a_drag_sets_the_calipers_instead_of_moving_the_paper() {
    let mut window = over(CASE);
    window.press(Modifiers::NONE, Key::K);
    window.run(Command::ClearCalipers);
    window.run(Command::Caliper(Tool::Time));
    let first = window.state().calipers.time.clone().unwrap();
    let view = window.state().view;
    // In the rhythm strip at the bottom, far from the legs that are set.
    drag(&mut window, (0.6, 0.9), (0.8, 0.9), Modifiers::ALT);
    let free = window.state().calipers.time.clone().unwrap();
    assert_ne!(free, first);
    assert_eq!(window.state().view.center, view.center, "the paper stays");
    let measured = window.state().document().unwrap().measurements.clone();
    let expected = 0.2 * window.state().view.page_s * 1000.0;
    assert!(
        (free.ms() - expected).abs() < 0.15 * expected,
        "{}",
        free.ms()
    );

    window.run(Command::ClearCalipers);
    window.run(Command::Caliper(Tool::Time));
    let lead = &free.lead;
    let measured = measured.unwrap();
    let near = |at_s: f64| {
        let times = heartbeatai::viewer::calipers::times_of(&measured, lead, 0.0, 10.0);
        times
            .into_iter()
            .map(|t| (t - at_s).abs())
            .fold(f64::MAX, f64::min)
    };
    drag(&mut window, (0.6, 0.9), (0.8, 0.9), Modifiers::NONE);
    let snapped = window.state().calipers.time.clone().unwrap();
    let reach_s = 9.0 / f64::from(window.state().view.points_per_mm) / 25.0;
    for (leg_s, free_s) in [
        (snapped.first_s, free.first_s),
        (snapped.second_s, free.second_s),
    ] {
        assert!(
            near(leg_s) < 1e-6 || near(free_s) > reach_s,
            "{leg_s} {free_s}"
        );
    }

    window.run(Command::ClearCalipers);
    window.run(Command::Caliper(Tool::Voltage));
    let set = window
        .state()
        .calipers
        .voltage
        .clone()
        .expect("the first R wave");
    assert!(set.millivolts().abs() > 0.1);
    drag(&mut window, (0.5, 0.85), (0.5, 0.92), Modifiers::ALT);
    let set = window.state().calipers.voltage.clone().unwrap();
    assert!(set.millivolts() < 0.0, "downwards is negative: {set:?}");
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.state().calipers.is_empty());
}

#[test]
fn the_magnifier_shows_while_its_key_is_held() {
    let mut window = over(CASE);
    let label = named(&window, "Tracing ");
    let paper = window
        .harness
        .get_by_role_and_label(Role::Image, &label)
        .rect();
    window.harness.hover_at(paper.center());
    window.harness.run_steps(2);
    assert!(window.harness.query_by_label("Magnifier").is_none());
    window.harness.key_down(Key::Z);
    window.harness.run_steps(2);
    window.harness.get_by_label("Magnifier");
    window.harness.key_up(Key::Z);
    window.harness.run_steps(2);
    assert!(window.harness.query_by_label("Magnifier").is_none());
}

#[test]
fn the_beats_of_a_shape_lie_over_each_other_beneath_the_paper() {
    let mut window = over(CASE);
    window.press(Modifiers::NONE, Key::S);
    assert_eq!(window.state().below, Some(Below::Beats));
    let measured = window
        .state()
        .document()
        .unwrap()
        .measurements
        .clone()
        .unwrap();
    assert!(measured.classes.len() > 1, "the case has ventricular beats");
    let dominant = format!(
        "{} beats of lead II superimposed",
        measured.classes[0].beats
    );
    window.harness.get_by_label(&dominant);
    let other = heartbeatai::viewer::beats::describe(1, &measured.classes[1]);
    window.click(Role::RadioButton, &other);
    assert_eq!(window.state().beat_class, 1);
    window.click(Role::RadioButton, "Beats of lead V2");
    let named = format!(
        "{} beats of lead V2 superimposed",
        measured.classes[1].beats
    );
    window.harness.get_by_label(&named);
    window.press(Modifiers::NONE, Key::R);
    assert_eq!(window.state().below, Some(Below::Tachogram));
    let name = format!("RR intervals of {} beats", measured.beats.len());
    window.harness.get_by_label(&name);
    window.press(Modifiers::NONE, Key::I);
    assert_eq!(
        window.state().below,
        None,
        "the inspector takes the same place"
    );
    window.press(Modifiers::NONE, Key::R);
    assert!(window.state().inspector.is_none());
}

/// A simulated tracing of a made-up patient, as a file.
fn taken(folder: &std::path::Path, case: &str, name: &str, when: &str) -> PathBuf {
    let mut recording = heartbeatai::simulate::bundled::open(case).unwrap();
    recording.name = name.into();
    recording.patient.id = Some("MADE-UP-17".into());
    recording.patient.name = Some("Nobody^Nora".into());
    recording.acquisition.started = Some(when.parse().unwrap());
    let path = folder.join(format!("{name}.dcm"));
    let (written, _) = writing::write(&recording, writing::Target::Dicom, &path).unwrap();
    written
}

#[test]
fn an_earlier_tracing_of_the_same_patient_is_found_and_set_beside() {
    let folder = tempfile::tempdir().unwrap();
    let now = taken(folder.path(), CASE, "now", "2026-03-02T08:00:00");
    let before = taken(
        folder.path(),
        "left_bundle_branch_block",
        "before",
        "2025-11-20T10:30:00",
    );
    let mut other = heartbeatai::simulate::bundled::open(CASE).unwrap();
    other.patient.id = Some("SOMEBODY-ELSE".into());
    other.acquisition.started = Some("2024-01-01T10:00:00".parse().unwrap());
    let stranger = folder.path().join("stranger.dcm");
    writing::write(&other, writing::Target::Dicom, &stranger).unwrap();

    let mut window = with(folder, vec![now], None);
    let own = window.state().current;
    window.run(Command::Side(Side::Comparison));
    window.until("the earlier one is measured", |state| {
        state
            .prior()
            .is_some_and(|prior| prior.measurements.is_some())
    });
    let state = window.state();
    assert_eq!(state.current, own, "what is read stays in front");
    let found = state.comparison.as_ref().unwrap().found.done().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        state.prior().unwrap().source,
        heartbeatai::viewer::jobs::Source::File(before)
    );
    named(&window, "Earlier tracing ");
    let qrs = named(&window, "QRS before ");
    assert!(qrs.ends_with("notable change"), "{qrs}");
    window
        .harness
        .get_by_label("Representative beats of 12 leads, now and before");
    named(&window, "Compare with 2025-11-20 10:30");
    window.run(Command::Side(Side::Findings));
    assert!(
        window.state().prior().is_none(),
        "the paper has its room again"
    );
}

#[test]
fn a_tracing_of_nobody_is_compared_with_nothing_and_says_so() {
    let mut window = over(CASE);
    window.run(Command::Side(Side::Comparison));
    assert!(window.state().comparison.is_none());
    window
        .harness
        .get_by_label("This file does not say who the tracing is of.");
}

/// A bundled case over and over, as a file.
fn long(folder: &std::path::Path, times: usize) -> PathBuf {
    let mut recording = heartbeatai::simulate::bundled::open(CASE).unwrap();
    recording.name = "long".into();
    for lead in &mut recording.leads {
        let values = lead.samples.microvolts().repeat(times);
        lead.samples = heartbeatai::ecg::Samples::from_microvolts(values);
    }
    let path = folder.join("long.hea");
    writing::write(&recording, writing::Target::Wfdb, &path)
        .unwrap()
        .0
}

#[test]
fn a_long_tracing_is_moved_along_by_keys_by_the_line_and_by_the_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = long(folder.path(), 30);
    let mut window = with(folder, vec![path], None);
    let start = |window: &Window| window.state().document().unwrap().start_s;
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert!((start(&window) - 5.0).abs() < 1e-6);
    window.press(Modifiers::NONE, Key::End);
    assert!((start(&window) - 290.0).abs() < 0.1, "{}", start(&window));
    window.press(Modifiers::NONE, Key::Home);
    assert_eq!(start(&window), 0.0);
    let line = named(&window, "Place in the tracing");
    let line = window
        .harness
        .get_by_role_and_label(Role::Slider, &line)
        .rect();
    let at = eframe::egui::pos2(line.left() + line.width() * 0.5, line.center().y);
    window.harness.hover_at(at);
    window.harness.step();
    for pressed in [true, false] {
        window.harness.event(eframe::egui::Event::PointerButton {
            pos: at,
            button: eframe::egui::PointerButton::Primary,
            pressed,
            modifiers: Modifiers::NONE,
        });
    }
    window.harness.run_steps(4);
    assert!((start(&window) - 145.0).abs() < 2.0, "{}", start(&window));
    window.run(Command::Side(Side::Measurements));
    click_starting(&mut window, "Rate, fastest");
    let place = window.state().place.clone().unwrap();
    let state = window.state();
    let shown = start(&window)..=state.view.end_s;
    assert!(shown.contains(&place.from_s) && shown.contains(&place.to_s));
}

#[test]
fn one_key_switches_and_the_badges_say_so() {
    let mut window = over(CASE);
    let before = window.state().settings.clone();
    for key in [Key::L, Key::P, Key::G, Key::U] {
        window.press(Modifiers::NONE, key);
    }
    let after = window.state().settings.clone();
    assert!(before.layout != after.layout && before.speed != after.speed);
    assert!(before.limb_gain != after.limb_gain && before.filter != after.filter);
    window.click(Role::Button, "Next paper speed");
    assert_ne!(window.state().settings.speed, after.speed);
    for _ in 0..6 {
        window.run(Command::LargerText);
    }
    assert_eq!(window.state().settings.text_scale, 200);
    window.run(Command::SmallerText);
    assert!((window.harness.ctx.zoom_factor() - 1.75).abs() < 1e-6);
}

#[test]
fn amplitudes_by_lead_come_to_the_front_from_anywhere_and_go_again() {
    let mut window = over(CASE);
    window.run(Command::Side(Side::Findings));
    window.run(Command::LeadTable);
    let state = window.state();
    assert_eq!(state.settings.side, Side::Measurements);
    assert!(state.settings.lead_table && !state.reveals_leads);
    window.run(Command::LeadTable);
    assert!(!window.state().settings.lead_table);
}
