//! What everybody needs of the window: keys that can be changed, every control named and within reach of the
//! keyboard, sizes that are kept.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use std::collections::HashSet;

use eframe::App as _;
use eframe::egui::{Event, Key, Modifiers, Rect, Role, ViewportId, pos2, vec2};
use egui_kittest::kittest::{NodeT as _, Queryable};
use heartbeatai::viewer::review::ReviewCommand;
use heartbeatai::viewer::settings::{Settings, ThemeChoice};
use heartbeatai::viewer::state::Dialog;
use heartbeatai::viewer::{Action, Command};
use window::{Window, record};

fn ward() -> Window {
    let folder = tempfile::tempdir().unwrap();
    let ward = folder.path().join("ward");
    std::fs::create_dir(&ward).unwrap();
    for name in ["bed1", "bed2", "stemi3"] {
        record(&ward, name);
    }
    Window::over(folder, vec![ward], (1280.0, 800.0), Settings::default())
}

/// Ways to look at the window: each is a screen of its own.
fn screens() -> Vec<(&'static str, Window)> {
    let mut screens = vec![("nothing open", Window::with(&[])), ("worklist", ward())];
    let run = |name, base: Window, commands: &[Command]| {
        let mut window = base;
        for command in commands {
            window.run(*command);
        }
        window.harness.run_steps(10);
        (name, window)
    };
    let one = || Window::with(&["ward1"]);
    screens.extend([
        run(
            "one tracing",
            one(),
            &[Command::AbsentFindings, Command::Heatmap],
        ),
        run("two tracings", Window::with(&["ward1", "ward2"]), &[]),
        run("inspector", one(), &[Command::Inspector]),
        run(
            "wave boundaries",
            one(),
            &[Command::Review(ReviewCommand::Boundaries)],
        ),
        run("palette", one(), &[Command::Palette]),
        run("about", one(), &[Command::About]),
        run("model card", one(), &[Command::ModelCard]),
        run("calibration", one(), &[Command::Calibrate]),
        run("shortcuts", one(), &[Command::Shortcuts]),
        run("quiz dialog", one(), &[Command::Quiz]),
        run("blind", one(), &[Command::BlindMode]),
        run(
            "blind, compared",
            one(),
            &[Command::BlindMode, Command::Commit],
        ),
        run("blind worklist", ward(), &[Command::BlindMode]),
        run("presenter", one(), &[Command::Presenter]),
        run(
            "presenter with findings",
            one(),
            &[Command::Presenter, Command::FindingsPanel],
        ),
        run("living case", Window::with(&[]), &[Command::LivingCase]),
        run("large text", ward(), &[Command::TextScale(150)]),
    ]);
    screens
}

#[test]
fn on_every_screen_everything_that_acts_has_a_name() {
    for (screen, window) in screens() {
        let unnamed = window.harness.unnamed_widgets();
        assert!(unnamed.is_empty(), "{screen}: {unnamed:#?}");
        // Custom parts that take clicks are not among the input roles, and need a name as well.
        for node in window.harness.root().children_recursive() {
            let node = node.accesskit_node();
            // A scroll area and its bar follow the wheel and whatever has the focus.
            let acts = !matches!(node.role(), Role::ScrollBar | Role::Unknown)
                && node
                    .data()
                    .supports_action(eframe::egui::accesskit::Action::Click);
            let named = node.label().is_some_and(|label| !label.trim().is_empty())
                || node.value().is_some_and(|value| !value.trim().is_empty());
            assert!(
                !acts || named || node.is_hidden(),
                "{screen}: {:?} at {:?}",
                node.role(),
                node.raw_bounds()
            );
        }
    }
}

/// Roles that do something.
const ACTING: [Role; 6] = [
    Role::Button,
    Role::RadioButton,
    Role::Slider,
    Role::TextInput,
    Role::ListBoxOption,
    Role::CheckBox,
];

#[test]
fn the_keyboard_alone_reaches_every_control_on_the_screen() {
    for (screen, mut window) in [
        ("worklist", ward()),
        ("living case", {
            let mut window = Window::with(&[]);
            window.run(Command::LivingCase);
            window.harness.run_steps(10);
            window
        }),
        ("blind", {
            let mut window = Window::with(&["ward1"]);
            window.run(Command::BlindMode);
            window
        }),
    ] {
        let screen_area = window.harness.ctx.content_rect();
        let wanted: HashSet<String> = window
            .harness
            .root()
            .children_recursive()
            .filter(|node| {
                let inner = node.accesskit_node();
                let seen = inner.raw_bounds().is_some_and(|at| {
                    let (right, bottom) = (
                        f64::from(screen_area.right()),
                        f64::from(screen_area.bottom()),
                    );
                    at.x0 >= 0.0 && at.y0 >= 0.0 && at.x1 <= right && at.y1 <= bottom
                });
                ACTING.contains(&inner.role()) && !inner.is_disabled() && seen
            })
            .filter_map(|node| node.accesskit_node().label())
            .collect();
        let mut reached = HashSet::new();
        for _ in 0..150 {
            window.harness.key_press(Key::Tab);
            window.harness.run_steps(2);
            let focused = window
                .harness
                .root()
                .children_recursive()
                .find(|node| node.is_focused())
                .and_then(|node| node.accesskit_node().label());
            reached.extend(focused);
        }
        let missing: Vec<_> = wanted.difference(&reached).collect();
        assert!(
            missing.is_empty(),
            "{screen}: {missing:?} out of {}",
            wanted.len()
        );
    }
}

fn key(window: &mut Window, modifiers: Modifiers, key: Key) {
    let event = Event::Key {
        key,
        physical_key: None,
        pressed: true,
        repeat: false,
        modifiers,
    };
    window.harness.event(event);
    window.settle();
}

#[test]
fn a_shortcut_is_changed_kept_and_a_conflict_is_told() {
    let mut window = Window::with(&["ward1"]);
    window.press(Modifiers::COMMAND, Key::Comma);
    assert!(matches!(window.state().dialog, Some(Dialog::Shortcuts(_))));
    window.type_into("Find a shortcut", "Heatmap");
    window.click(Role::Button, "Change the key of Heatmap, now H");
    key(&mut window, Modifiers::NONE, Key::J);
    let keys = window.state().keymap.keys(Command::Heatmap).unwrap();
    assert_eq!(keys.logical_key, Key::J);

    // F runs "Fit the window": that is told, and nothing changes before the person has decided.
    window.click(Role::Button, "Change the key of Heatmap, now J");
    key(&mut window, Modifiers::NONE, Key::F);
    window
        .harness
        .get_by_label_contains("already runs “Fit the window”");
    assert_eq!(
        window
            .state()
            .keymap
            .keys(Command::Heatmap)
            .unwrap()
            .logical_key,
        Key::J
    );
    window.click(Role::Button, "Use it for “Heatmap”");
    assert_eq!(
        window
            .state()
            .keymap
            .keys(Command::Heatmap)
            .unwrap()
            .logical_key,
        Key::F
    );
    assert_eq!(window.state().keymap.keys(Command::Fit), None);

    // Tab is needed to get about.
    window.click(Role::Button, "Change the key of Heatmap, now F");
    key(&mut window, Modifiers::NONE, Key::Tab);
    window
        .harness
        .get_by_label_contains("move through the window");
    key(&mut window, Modifiers::NONE, Key::Escape);
    assert!(
        window.state().dialog.is_some(),
        "Esc kept the old key, not more"
    );

    window.click(Role::Button, "Close");
    window.press(Modifiers::NONE, Key::F);
    window.until("the new key runs it", |state| {
        state.document().unwrap().selected.is_some()
    });
    let (kept, _) = Settings::load(&window.folder.path().join("settings.json"));
    assert_eq!(kept.shortcuts["Heatmap"], "F");
    assert_eq!(kept.shortcuts["Fit the window"], "");
    let again = Window::sized(&["ward1"], (1280.0, 800.0), kept);
    assert_eq!(again.state().keymap.keys(Command::Fit), None);
}

#[test]
fn text_is_scaled_in_steps_and_kept() {
    let mut window = Window::with(&["ward1"]);
    window.press(Modifiers::COMMAND, Key::Plus);
    window.press(Modifiers::COMMAND, Key::Plus);
    assert!((window.harness.ctx.zoom_factor() - 1.5).abs() < 1e-3);
    let (kept, _) = Settings::load(&window.folder.path().join("settings.json"));
    assert_eq!(kept.text_scale, 150);
    for _ in 0..6 {
        window.press(Modifiers::COMMAND, Key::Minus);
    }
    assert_eq!(
        window.state().settings.text_scale,
        100,
        "no smaller than it was designed"
    );
}

#[test]
fn panels_are_as_wide_as_they_were_left() {
    let mut settings = Settings::default();
    settings.panels.insert("findings".into(), 380.0);
    settings.theme = ThemeChoice::Light;
    let mut window = Window::sized(&["ward1"], (1440.0, 900.0), settings);
    window.harness.run_steps(4);
    window.harness.state_mut().on_exit();
    let (kept, _) = Settings::load(&window.folder.path().join("settings.json"));
    assert!(
        (kept.panels["findings"] - 380.0).abs() < 1.0,
        "{:?}",
        kept.panels
    );
    let again = Window::sized(&["ward1"], (1440.0, 900.0), kept);
    assert!(
        (again.state().settings.panels["findings"] - 380.0).abs() < 1.0,
        "no drift"
    );
}

#[test]
fn a_command_that_is_listed_can_be_run_without_harm_whatever_is_open() {
    for names in [&[][..], &["ward1", "ward2"][..]] {
        let mut window = Window::with(names);
        let ctx = window.harness.ctx.clone();
        for command in Command::ALL {
            // These ask the platform for a file.
            if matches!(
                command,
                Command::Open | Command::OpenFolder | Command::SaveResults | Command::Quit
            ) {
                continue;
            }
            window
                .harness
                .state_mut()
                .apply(&ctx, Action::Run(*command));
            window.harness.run_steps(1);
            window.harness.state_mut().apply(&ctx, Action::Dialog(None));
            window.harness.run_steps(1);
        }
    }
}

#[test]
fn at_large_text_nothing_of_the_toolbar_is_cut_off_or_covered() {
    // As 1280 x 800 with text of 150 and of 200 %, and 960 x 600 with that of 200 %.
    for (width, height) in [(853.0, 533.0), (640.0, 400.0), (480.0, 300.0)] {
        let window = Window::sized(&["ward1"], (width, height), Settings::default());
        let mut right = 0.0;
        let names = [
            "Menu",
            "Layout",
            "Paper speed",
            "Gain",
            "Filter",
            "Calipers",
            "Switch light and dark",
        ];
        // In the smallest these are in the menu.
        let fits = |name: &&str| width > 600.0 || !matches!(*name, "Paper speed" | "Calipers");
        for name in names.into_iter().filter(fits) {
            let at = window
                .harness
                .get_by_role_and_label(Role::Button, name)
                .rect();
            assert!(at.left() >= right && at.right() <= width, "{name}: {at:?}");
            right = at.right();
        }
        let findings = window
            .harness
            .get_by_role_and_label(Role::RadioButton, "Compare with an earlier tracing")
            .rect();
        assert!(findings.right() <= width, "{findings:?}");
    }
}

/// Tells the window where the system has it.
fn put(window: &mut Window, outer: Rect) {
    let viewports = &mut window.harness.input_mut().viewports;
    let info = viewports.entry(ViewportId::ROOT).or_default();
    info.outer_rect = Some(outer);
    info.inner_rect = Some(outer.with_min_y(outer.top() + 30.0));
    window.harness.run_steps(2);
}

#[test]
fn the_window_comes_back_where_it_was_and_as_large_as_it_was() {
    let mut window = Window::with(&["ward1"]);
    put(
        &mut window,
        Rect::from_min_size(pos2(210.0, 90.0), vec2(1300.0, 850.0)),
    );
    window.harness.state_mut().on_exit();
    let (kept, trouble) = Settings::load(&window.folder.path().join("settings.json"));
    let place = kept.window.unwrap();
    assert_eq!((place.at, trouble), (Some((210.0, 90.0)), None));
    assert_eq!((place.width, place.height), (1300.0, 820.0));
    // Maximized, it keeps in mind where it goes back to.
    let viewports = &mut window.harness.input_mut().viewports;
    viewports.entry(ViewportId::ROOT).or_default().maximized = Some(true);
    put(
        &mut window,
        Rect::from_min_size(pos2(0.0, 0.0), vec2(1920.0, 1080.0)),
    );
    let place = window.state().settings.window.unwrap();
    assert!(place.maximized && place.at == Some((210.0, 90.0)));
    assert_eq!(place.width, 1300.0);
}

#[test]
fn each_monitor_has_a_calibration_of_its_own_whatever_the_size_of_the_text() {
    let mut window = Window::with(&["ward1"]);
    window.harness.state_mut().on_monitor(Some("DP-1".into()));
    window.harness.run_steps(2);
    window.act(Action::MmPerPoint(0.2));
    assert!(window.state().screen.calibrated);
    assert!(window.state().screen.key.starts_with("DP-1 "));
    window.run(Command::TextScale(150));
    assert!(window.state().screen.calibrated, "text is not the monitor");
    window.run(Command::TextScale(100));
    window.harness.state_mut().on_monitor(Some("HDMI-2".into()));
    window.harness.run_steps(2);
    assert!(!window.state().screen.calibrated);
    window.harness.state_mut().on_monitor(Some("DP-1".into()));
    window.harness.run_steps(2);
    assert!((window.state().screen.mm_per_point - 0.2).abs() < 1e-6);
}
