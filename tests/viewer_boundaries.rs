//! Wave boundaries moved in the window, by pointer and by key; what is kept, and what follows from it.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2, Role, pos2};
use heartbeatai::ecg::{LeadName, WaveBoundary};
use heartbeatai::measure::Measurements;
use heartbeatai::review::{Fiducial, Status, seconds};
use heartbeatai::sheet::{Page, SheetOptions, compose};
use heartbeatai::viewer::review::{ReviewAction, ReviewCommand};
use heartbeatai::viewer::side::Side;
use heartbeatai::viewer::{Action, Command};
use window::reviewed::Reviewed;

/// A window on a sinus rhythm with the boundaries in Ada's hand.
fn window() -> Reviewed {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.press(Modifiers::NONE, Key::W);
    assert!(window.state().hand().is_some());
    window
}

fn measured(window: &Reviewed) -> &Measurements {
    let document = window.state().document().unwrap();
    document.measurements.as_ref().unwrap()
}

/// Where a lead shows a time, somewhat above the middle of its row.
fn on_screen(window: &Reviewed, lead: &LeadName, at_s: f64) -> Pos2 {
    let state = window.state();
    let tracing = state.document().unwrap().tracing.done().unwrap();
    let options = SheetOptions {
        page: Page::Screen,
        ..SheetOptions::default()
    };
    let sheet = compose(&tracing.shown, &options);
    let shows = |at_s: f64, start_s, end_s| (start_s..end_s).contains(&at_s);
    let panel = sheet
        .panels
        .iter()
        .find(|panel| panel.lead == *lead && shows(at_s, panel.start_s, panel.end_s))
        .unwrap();
    let scale = state.view.points_per_mm;
    let middle = window.on_paper(0.5, 0.5);
    let y = panel.rect.y + panel.rect.height * 0.4;
    pos2(
        middle.x + (panel.x_at(at_s) - sheet.width / 2.0) * scale,
        middle.y + (y - sheet.height / 2.0) * scale,
    )
}

fn points(window: &Reviewed) -> Vec<Fiducial> {
    let kept = window.kept("Ada").content.fiducials;
    assert_eq!(
        kept,
        window.state().own_review().unwrap().content.fiducials,
        "what is on the screen is on the disk"
    );
    kept.into_values().collect()
}

#[test]
fn the_end_of_t_is_dragged_and_qt_follows_and_says_so() {
    let mut window = window();
    let machine = measured(&window).clone();
    let was_s = machine.beats[1].boundaries.t_off.unwrap();
    let lead = LeadName::II;
    let (from, to) = (
        on_screen(&window, &lead, was_s),
        on_screen(&window, &lead, was_s + 0.120),
    );
    window.drag(from, to, Modifiers::NONE);
    let kept = points(&window);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(
        (kept[0].boundary, &kept[0].lead),
        (WaveBoundary::TOff, &None)
    );
    assert!((seconds(kept[0].was_us.unwrap()) - was_s).abs() < 1e-6);
    let by_s = seconds(kept[0].at_us.unwrap()) - was_s;
    assert!((by_s - 0.120).abs() < 0.012, "{by_s}");
    assert_eq!(
        kept[0].at_us.unwrap() % 2000,
        0,
        "on the grid of the samples, 500 a second"
    );
    let qt = window
        .state()
        .document()
        .unwrap()
        .measured()
        .unwrap()
        .qt
        .clone();
    let (qt, before) = (qt.unwrap().value, machine.qt.as_ref().unwrap().value);
    assert!(
        (qt - before - by_s * 1000.0).abs() <= 1.5,
        "{qt} after {before}"
    );
    assert!(window.says(&format!("QT {qt:.0} ms set by Ada")));
    assert!(window.says("T end") && window.says("Ada, +"));
    window.run(Command::Side(Side::Measurements));
    window.says_all(&[
        &format!("QT {qt:.0} ms, set by Ada; measured {before:.0} ms"),
        "QTc Fridericia",
    ]);
    assert_eq!(window.state().view.center, None, "the paper stays");

    window.press(Modifiers::COMMAND, Key::Z);
    assert!(points(&window).is_empty() && !window.says("set by Ada"));
    window.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    assert_eq!(points(&window), kept);
    // As it was measured, it is the machine's again.
    window.act(Action::Review(ReviewAction::Place(Some(was_s))));
    assert!(points(&window).is_empty());
}

#[test]
fn no_boundary_is_dragged_past_its_neighbours() {
    let mut window = window();
    let own = measured(&window).beats[1].boundaries;
    let (on_s, off_s) = (own.qrs_on.unwrap(), own.qrs_off.unwrap());
    let lead = LeadName::II;
    let (from, to) = (
        on_screen(&window, &lead, on_s),
        on_screen(&window, &lead, off_s + 0.2),
    );
    window.drag(from, to, Modifiers::NONE);
    let kept = points(&window);
    let at_s = seconds(kept[0].at_us.unwrap());
    assert_eq!(kept[0].boundary, WaveBoundary::QrsOn);
    let next_s = own.r_peak.unwrap_or(off_s);
    assert!(at_s > on_s && at_s < next_s, "{at_s} before {next_s}");
}

#[test]
fn keys_choose_move_take_out_and_put_back() {
    let mut window = window();
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    let hand = window.state().hand().unwrap().clone();
    assert_eq!(hand.boundary, WaveBoundary::QrsOff);
    let was_s = measured(&window).beats[hand.beat]
        .boundaries
        .qrs_off
        .unwrap();
    // Faster than anything can be kept.
    let ctx = window.harness.ctx.clone();
    for _ in 0..3 {
        let later = Action::Run(Command::Later);
        window.harness.state_mut().apply(&ctx, later);
    }
    window.settle();
    let kept = points(&window);
    let by_s = seconds(kept[0].at_us.unwrap()) - was_s;
    assert!(
        (by_s - 0.006).abs() < 0.0011,
        "three samples of 2 ms: {by_s}"
    );
    assert_eq!(kept.len(), 1);
    for _ in 0..3 {
        window.press(Modifiers::COMMAND, Key::Z);
    }
    assert!(points(&window).is_empty(), "each press is a step");

    window.press(Modifiers::NONE, Key::Delete);
    let kept = points(&window);
    assert_eq!((kept.len(), kept[0].at_us), (1, None));
    assert!(window.says("QRS end taken out by Ada"));
    let now = window.state().document().unwrap().measured().unwrap();
    assert_eq!(now.qrs, None, "an interval without an end");
    window.press(Modifiers::NONE, Key::Delete);
    assert!(points(&window).is_empty());
    window.press(Modifiers::ALT, Key::ArrowRight);
    assert_eq!(window.state().hand().unwrap().beat, hand.beat + 1);
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.state().hand().is_none());
}

#[test]
fn a_wave_that_the_machine_missed_is_put_in() {
    let mut window = Reviewed::new(&["atrial_fibrillation"]);
    assert!(measured(&window).beats[2].boundaries.p_on.is_none());
    window.press(Modifiers::NONE, Key::W);
    let beat = window.state().hand().unwrap().beat;
    window.click(Role::Button, "P onset none");
    window.click(Role::Button, "Put the boundary in");
    let kept = points(&window);
    assert_eq!((kept.len(), kept[0].was_us), (1, None));
    let at_s = seconds(kept[0].at_us.unwrap());
    let time_s = measured(&window).beats[beat].time_s;
    assert!(at_s < time_s && at_s > time_s - 0.4, "{at_s} for {time_s}");
    // Moved before it is known under which number it is kept, it stays one point.
    let ctx = window.harness.ctx.clone();
    for command in [Command::Later, Command::Earlier, Command::Earlier] {
        window.harness.state_mut().apply(&ctx, Action::Run(command));
    }
    window.settle();
    assert_eq!(points(&window).len(), 1);
    window.click(Role::Button, "Take the boundary out");
    assert!(points(&window).is_empty());
}

#[test]
fn every_beat_of_a_shape_is_moved_in_one_step() {
    let mut window = window();
    window.click(Role::RadioButton, "Beats of its shape");
    window.press(Modifiers::NONE, Key::ArrowLeft);
    let dominant = measured(&window)
        .beats
        .iter()
        .filter(|beat| beat.class == 0);
    let dominant = dominant.count();
    let kept = points(&window);
    assert!(
        kept.len() >= dominant - 1 && kept.len() <= dominant,
        "{kept:?}"
    );
    let moved = |point: &Fiducial| point.at_us.unwrap() - point.was_us.unwrap();
    assert!(
        kept.iter()
            .all(|point| (-3_100..=-900).contains(&moved(point)))
    );
    window.press(Modifiers::COMMAND, Key::Z);
    assert!(points(&window).is_empty());
}

#[test]
fn in_one_lead_the_intervals_over_all_leads_stay() {
    let mut window = window();
    let before = measured(&window).qrs.clone();
    window.click(Role::RadioButton, "Lead II");
    window.press(Modifiers::NONE, Key::ArrowLeft);
    let kept = points(&window);
    assert_eq!(kept[0].lead, Some(LeadName::II));
    let now = window.state().document().unwrap().measured().unwrap();
    assert_eq!(now.qrs, before);
}

#[test]
fn the_other_button_puts_any_boundary_where_it_was_pressed() {
    let mut window = window();
    let time_s = measured(&window).beats[1].time_s;
    let at = on_screen(&window, &LeadName::II, time_s + 0.45);
    window.harness.hover_at(at);
    window.harness.run_steps(2);
    for pressed in [true, false] {
        window.harness.event(Event::PointerButton {
            pos: at,
            button: PointerButton::Secondary,
            pressed,
            modifiers: Modifiers::NONE,
        });
        window.harness.run_steps(2);
    }
    window.click(Role::MenuItem, "T end here");
    let kept = points(&window);
    assert_eq!(kept[0].boundary, WaveBoundary::TOff);
    let by_s = seconds(kept[0].at_us.unwrap()) - time_s;
    assert!((by_s - 0.45).abs() < 0.012, "{by_s}");
}

#[test]
fn what_is_signed_is_not_moved() {
    let mut window = window();
    window.press(Modifiers::NONE, Key::ArrowLeft);
    let kept = points(&window);
    window.press(Modifiers::COMMAND, Key::Enter);
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("it is signed", |review| review.status() == Status::Signed);
    assert!(window.state().hand().is_none());
    window.press(Modifiers::NONE, Key::ArrowLeft);
    assert_eq!(points(&window), kept);
    assert!(
        !window
            .state()
            .is_enabled(Command::Review(ReviewCommand::TakeBoundary))
    );
    assert!(window.says("set by Ada"), "what was set still shows");
}
