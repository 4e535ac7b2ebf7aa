//! The handles beside the paper.

use std::ops::RangeInclusive;

use eframe::egui::{self, Align, Layout as UiLayout, Role, ScrollArea, Slider, Ui, WidgetInfo};

use super::{Living, Start};
use crate::simulate::{AvConduction, Bundle, Controls, Early, Rhythm, Territory};
use crate::viewer::action::{Action, Actions};
use crate::viewer::icons::Icon;
use crate::viewer::state::{AppState, Progress};
use crate::viewer::theme::{self, Look};
use crate::viewer::widgets::{choose, drop_down};

/// The panel of handles.
pub fn show(ui: &mut Ui, state: &AppState, living: &Living, actions: &mut Actions) {
    let look = theme::look(ui);
    let mut controls = living.controls.clone();
    // The panel stays as wide as it is, whatever it holds.
    ui.set_min_width(ui.available_width());
    ui.add_space(12.0);
    ui.label(theme::caption("The living case", look));
    ui.label(theme::small(
        "A simulated heart: it belongs to nobody.",
        look,
    ));
    ui.add_space(8.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        drop_down(
            ui,
            "Start from",
            Some(Icon::Down),
            Some("Start from"),
            |ui| {
                for start in Start::ALL {
                    let item = ui.add(egui::Button::new(start.name()).frame_when_inactive(false));
                    item.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, start.name()));
                    if item.clicked() {
                        let seed = controls.seed;
                        controls = Controls {
                            seed,
                            ..start.controls()
                        };
                        ui.close();
                    }
                }
            },
        );
        if ui
            .button("Another person")
            .on_hover_text("The same handles on another heart and chest.")
            .clicked()
        {
            controls.seed = controls.seed.wrapping_add(1);
        }
    });
    ui.add_space(6.0);
    let foot = 40.0;
    ScrollArea::vertical()
        .id_salt("living")
        .max_height((ui.available_height() - foot).max(80.0))
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            handles(ui, &mut controls, look);
        });
    ui.add_space(6.0);
    let reading = state
        .document()
        .and_then(|document| match &document.reading {
            Progress::Done(reading) => Some(format!(", read in {:.0} ms", reading.timing_ms)),
            Progress::Waiting | Progress::Failed(_) => None,
        });
    if let Some(drawn_ms) = living.drawn_ms {
        let reading = reading.unwrap_or_default();
        ui.label(theme::small(
            format!("Drawn in {drawn_ms:.0} ms{reading}"),
            look,
        ));
    }
    if controls != living.controls {
        actions.push(Action::Turn(Box::new(controls)));
    }
}

fn handles(ui: &mut Ui, controls: &mut Controls, look: &Look) {
    title(ui, "Rhythm", look);
    let rhythms = [
        (Rhythm::Sinus, "Sinus", "Sinus rhythm"),
        (Rhythm::Fibrillation, "AF", "Atrial fibrillation"),
        (Rhythm::Flutter, "Flutter", "Atrial flutter"),
    ];
    choose(ui, "Rhythm", &rhythms, &mut controls.rhythm);
    slide(
        ui,
        "Rate",
        "/min",
        1.0,
        30.0..=200.0,
        &mut controls.rate_per_min,
    );
    let sinus = controls.rhythm == Rhythm::Sinus;
    ui.add_enabled_ui(sinus, |ui| {
        title(ui, "AV conduction", look);
        let conductions = [
            (AvConduction::Conducted, "1:1", "Every beat conducted"),
            (AvConduction::Wenckebach, "Wenck.", "Wenckebach block"),
            (AvConduction::TwoToOne, "2:1", "Two to one block"),
            (AvConduction::Complete, "3rd", "Complete AV block"),
        ];
        choose(ui, "AV conduction", &conductions, &mut controls.av);
        ui.add_enabled_ui(controls.av != AvConduction::Complete, |ui| {
            slide(ui, "PR", "ms", 1000.0, 0.09..=0.40, &mut controls.pr_s);
        });
    });
    title(ui, "Ventricles", look);
    let bundles = [
        (Bundle::Normal, "Normal", "Normal conduction"),
        (Bundle::Left, "LBBB", "Left bundle branch block"),
        (Bundle::Right, "RBBB", "Right bundle branch block"),
        (
            Bundle::LeftAnterior,
            "LAFB",
            "Left anterior fascicular block",
        ),
        (Bundle::PreExcited, "WPW", "Ventricular pre-excitation"),
    ];
    if choose(ui, "Ventricular conduction", &bundles, &mut controls.bundle) {
        controls.qrs_s = controls.bundle.usual_qrs_s();
        controls.axis_deg = controls.bundle.usual_axis_deg();
        controls.pr_s = match controls.bundle {
            Bundle::PreExcited => 0.10,
            _ => controls.pr_s.max(0.14),
        };
    }
    slide(ui, "QRS", "ms", 1000.0, 0.06..=0.20, &mut controls.qrs_s);
    slide(ui, "Axis", "°", 1.0, -120.0..=150.0, &mut controls.axis_deg);
    slide(ui, "QTc", "ms", 1000.0, 0.32..=0.60, &mut controls.qtc_s);
    title(ui, "ST by territory", look);
    for (territory, mv) in Territory::ALL.into_iter().zip(&mut controls.st_mv) {
        let name = match territory {
            Territory::Septal => "ST septal, V1–V2",
            Territory::Anterior => "ST anterior, V3–V4",
            Territory::Lateral => "ST lateral, I aVL V5–V6",
            Territory::Inferior => "ST inferior, II III aVF",
        };
        slide_signed(ui, name, "mV", -0.3..=0.5, mv);
    }
    title(ui, "Early beats", look);
    let kinds = [
        (Early::None, "None", "No early beats"),
        (Early::Ventricular, "PVC", "Premature ventricular complexes"),
        (Early::Atrial, "PAC", "Premature atrial complexes"),
    ];
    choose(ui, "Early beats", &kinds, &mut controls.early);
    ui.add_enabled_ui(controls.early != Early::None, |ui| {
        let mut every = controls.early_every as f64;
        slide(ui, "Beats between", "", 1.0, 1.0..=10.0, &mut every);
        // In range: the slider ends at ten.
        controls.early_every = every.round().clamp(1.0, 10.0) as usize;
    });
    title(ui, "Disturbance", look);
    slide(
        ui,
        "Muscle tremor",
        "µV",
        1.0,
        0.0..=80.0,
        &mut controls.muscle_uv,
    );
    slide(
        ui,
        "Baseline wander",
        "µV",
        1.0,
        0.0..=400.0,
        &mut controls.wander_uv,
    );
    slide(
        ui,
        "Mains hum",
        "µV",
        1.0,
        0.0..=100.0,
        &mut controls.mains_uv,
    );
    ui.add_space(8.0);
}

fn title(ui: &mut Ui, text: &str, look: &Look) {
    ui.add_space(10.0);
    ui.label(theme::caption(text, look));
    ui.add_space(2.0);
}

/// A handle: what it is, where it stands, and the slider beneath.
fn slide(
    ui: &mut Ui,
    name: &str,
    unit: &str,
    scale: f64,
    range: RangeInclusive<f64>,
    value: &mut f64,
) {
    let mut shown = *value * scale;
    let range = range.start() * scale..=range.end() * scale;
    let text = format!("{shown:.0}{}{unit}", gap(unit)).replace('-', "−");
    if handle(ui, name, &text, range, 1.0, &mut shown) {
        *value = shown / scale;
    }
}

fn slide_signed(ui: &mut Ui, name: &str, unit: &str, range: RangeInclusive<f64>, value: &mut f64) {
    let text = format!("{} {unit}", crate::viewer::signed(*value));
    let mut shown = *value;
    if handle(ui, name, &text, range, 0.01, &mut shown) {
        *value = shown;
    }
}

fn gap(unit: &str) -> &'static str {
    if unit.is_empty() || unit.starts_with(['/', '°']) {
        ""
    } else {
        " "
    }
}

fn handle(
    ui: &mut Ui,
    name: &str,
    text: &str,
    range: RangeInclusive<f64>,
    step: f64,
    value: &mut f64,
) -> bool {
    let look = theme::look(ui);
    let ink = if ui.is_enabled() {
        look.text
    } else {
        look.tertiary
    };
    ui.horizontal(|ui| {
        ui.label(
            egui::RichText::new(name)
                .font(theme::regular(12.5))
                .color(ink),
        );
        ui.with_layout(UiLayout::right_to_left(Align::Center), |ui| {
            ui.label(
                egui::RichText::new(text)
                    .font(theme::semi_bold(12.5))
                    .color(ink),
            );
        });
    });
    ui.spacing_mut().slider_width = ui.available_width();
    ui.spacing_mut().interact_size.y = 18.0;
    let slider = Slider::new(value, range).step_by(step).show_value(false);
    let slider = ui.add(slider).accessible_name(name);
    theme::focus_ring(ui, &slider, 6);
    slider.changed()
}
