//! The living case: handles that are turned by name and key, with tracing and findings following.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use std::sync::Arc;

use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use heartbeatai::simulate::{AvConduction, Bundle, Controls, Rhythm};
use heartbeatai::viewer::living::Living;
use heartbeatai::viewer::state::AppState;
use heartbeatai::viewer::{Action, Command};
use window::Window;

fn living() -> Window {
    let mut window = Window::with(&[]);
    window.run(Command::LivingCase);
    settle(&mut window);
    window
}

fn settle(window: &mut Window) {
    window.until("drawn, measured and read", |state| {
        state.living.as_ref().is_some_and(Living::settled)
            && state.document().is_some_and(|document| {
                document.reading.done().is_some() && document.measurements.is_some()
            })
    });
}

fn rate(state: &AppState) -> f64 {
    let measurements = state.document().unwrap().measurements.as_ref().unwrap();
    measurements.heart_rate.as_ref().unwrap().value
}

fn turn(window: &mut Window, controls: Controls) {
    let ctx = window.harness.ctx.clone();
    window
        .harness
        .state_mut()
        .apply(&ctx, Action::Turn(Box::new(controls)));
}

#[test]
fn a_handle_that_is_turned_by_key_changes_the_tracing_its_numbers_and_its_reading() {
    let mut window = living();
    assert!(window.shows(Role::Image, "Tracing The living case, 12 leads"));
    let before = rate(window.state());
    let first = Arc::clone(
        &window
            .state()
            .document()
            .unwrap()
            .tracing
            .done()
            .unwrap()
            .recording,
    );
    window
        .harness
        .get_by_role_and_label(Role::Slider, "Rate")
        .focus();
    window.harness.run_steps(2);
    for _ in 0..12 {
        window.press(Modifiers::NONE, Key::ArrowRight);
    }
    settle(&mut window);
    assert!(
        window
            .state()
            .living
            .as_ref()
            .unwrap()
            .controls
            .rate_per_min
            >= 80.0
    );
    assert!(
        rate(window.state()) > before + 5.0,
        "{} after {before}",
        rate(window.state())
    );
    let state = window.state();
    let now = &state.document().unwrap().tracing.done().unwrap().recording;
    assert_ne!(first.leads, now.leads);
    assert_eq!(state.documents.len(), 1, "it stays one tracing");
}

#[test]
fn whatever_happens_on_the_way_the_last_position_is_drawn_and_read() {
    let mut window = living();
    let start = window.state().living.as_ref().unwrap().drawings;
    for rate in 60..120 {
        let rate_per_min = f64::from(rate);
        turn(
            &mut window,
            Controls {
                rate_per_min,
                ..Controls::default()
            },
        );
        if rate % 10 == 0 {
            window.harness.step();
        }
    }
    settle(&mut window);
    let state = window.state();
    let living = state.living.as_ref().unwrap();
    assert!((rate(state) - 119.0).abs() < 4.0, "{}", rate(state));
    let drawn = living.drawings - start;
    assert!((1..60).contains(&drawn), "{drawn} drawings for 60 wishes");
}

#[test]
fn rhythm_and_conduction_are_chosen_by_name() {
    let mut window = living();
    window.click(Role::RadioButton, "Complete AV block");
    window.click(Role::RadioButton, "Left bundle branch block");
    settle(&mut window);
    let controls = window.state().living.as_ref().unwrap().controls.clone();
    assert_eq!(
        (controls.av, controls.bundle),
        (AvConduction::Complete, Bundle::Left)
    );
    assert_eq!(controls.qrs_s, Bundle::Left.usual_qrs_s());
    window.click(Role::Button, "Start from");
    window.click(Role::MenuItem, "Atrial fibrillation");
    settle(&mut window);
    let living = window.state().living.as_ref().unwrap();
    assert_eq!(living.controls.rhythm, Rhythm::Fibrillation);
    let seed = living.controls.seed;
    window.click(Role::Button, "Another person");
    assert_ne!(window.state().living.as_ref().unwrap().controls.seed, seed);
}

#[test]
fn an_explanation_never_outlives_the_tracing_it_explains() {
    let mut window = living();
    window.finding("Atrial fibrillation");
    window.until("explained", |state| state.visible_heat().is_some());
    turn(
        &mut window,
        Controls {
            rate_per_min: 99.0,
            ..Controls::default()
        },
    );
    window.until("drawn anew", |state| {
        state
            .living
            .as_ref()
            .is_some_and(|living| living.drawings > 1)
    });
    settle(&mut window);
    window.until("explained anew", |state| state.visible_heat().is_some());
}

#[test]
fn closing_it_and_opening_it_again_starts_afresh() {
    let mut window = living();
    turn(
        &mut window,
        Controls {
            rate_per_min: 140.0,
            ..Controls::default()
        },
    );
    window.run(Command::Close);
    assert!(window.state().living.is_none() && window.state().documents.is_empty());
    window.run(Command::LivingCase);
    settle(&mut window);
    assert!(rate(window.state()) < 90.0);
}
