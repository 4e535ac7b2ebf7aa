//! The comparison beside the paper: with which tracing, what has changed, and the beats over each other.

use eframe::egui::{
    self, Color32, Pos2, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};

use super::changes::{Change, Fate, changes, findings};
use super::{Prior, unsearchable};
use crate::ecg::{LeadName, STANDARD_12};
use crate::measure::Measurements;
use crate::viewer::action::{Action, Actions};
use crate::viewer::beats::superimposed::average;
use crate::viewer::header::identity;
use crate::viewer::place_view::INK;
use crate::viewer::state::{AppState, Document, Progress};
use crate::viewer::theme::{self, Look};

const ROW: f32 = 24.0;

/// The panel.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    let Some(document) = state.document() else {
        return;
    };
    let Some(tracing) = document.tracing.done() else {
        return;
    };
    ui.label(theme::caption("Compared with an earlier tracing", look));
    if let Some(why) = unsearchable(&tracing.recording) {
        ui.label(theme::small(why, look));
        return;
    }
    ui.label(theme::small(identity(&tracing.recording).join("   "), look));
    ui.add_space(4.0);
    let Some(comparison) = state
        .comparison
        .as_ref()
        .filter(|c| c.of == document.generation)
    else {
        return;
    };
    match &comparison.found {
        Progress::Waiting => {
            ui.label(theme::small(
                "Looking among open tracings, recent files and the folder…",
                look,
            ));
        }
        Progress::Failed(reason) => {
            ui.label(theme::small(reason, look).color(look.warning));
        }
        Progress::Done(found) if found.is_empty() => {
            ui.label(theme::small(
                "No earlier tracing of this patient is open, was opened lately or lies in the same folder.",
                look,
            ));
        }
        Progress::Done(found) => {
            for prior in found {
                let chosen = comparison.chosen.as_ref() == Some(&prior.source);
                choice(ui, prior, chosen, actions);
            }
        }
    }
    let Some(prior) = state.prior() else { return };
    ui.add_space(6.0);
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            both(ui, state, document, prior, look);
        });
}

/// An earlier tracing to choose.
fn choice(ui: &mut Ui, prior: &Prior, chosen: bool, actions: &mut Actions) {
    let look = theme::look(ui);
    let when = prior.started.strftime("%Y-%m-%d %H:%M").to_string();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    if chosen {
        ui.painter().rect_filled(rect, 6, look.accent_soft);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 6, look.quiet);
    }
    let write = |text: String, font, color, x: f32| {
        let galley = ui.painter().layout_no_wrap(text, font, color);
        let at = pos2(x, rect.center().y - galley.size().y / 2.0);
        let right = x + galley.size().x;
        ui.painter()
            .with_clip_rect(rect)
            .galley(at, galley, Color32::PLACEHOLDER);
        right
    };
    let right = write(
        when.clone(),
        theme::semi_bold(12.5),
        look.text,
        rect.left() + 8.0,
    );
    write(
        prior.title.clone(),
        theme::regular(11.5),
        look.secondary,
        right + 10.0,
    );
    let name = format!("Compare with {when}, {}", prior.title);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &name));
    theme::focus_ring(ui, &response, 6);
    if response.clicked() {
        actions.push(Action::Compare(prior.source.clone()));
    }
}

fn both(ui: &mut Ui, state: &AppState, document: &Document, prior: &Document, look: &Look) {
    let (Some(now), Some(before)) = (document.measured(), prior.measured()) else {
        ui.label(theme::small("Measuring…", look));
        return;
    };
    heads(ui, look);
    for change in changes(now, before) {
        row(ui, &change, look);
    }
    ui.add_space(10.0);
    ui.label(theme::caption(
        "Findings of the second reader (machine)",
        look,
    ));
    ui.add_space(2.0);
    if state.hides_machine(document) || state.hides_machine(prior) {
        let text = "Hidden in this project until you have signed both.";
        ui.label(theme::small(text, look));
    } else {
        fates(ui, document, prior, look);
    }
    ui.add_space(10.0);
    overlay(ui, now, before, look);
    ui.add_space(12.0);
}

/// What became of the second reader's findings.
fn fates(ui: &mut Ui, document: &Document, prior: &Document, look: &Look) {
    match (&document.reading, &prior.reading) {
        (Progress::Done(now), Progress::Done(before)) => {
            let unreadable = now.not_readable.is_some() || before.not_readable.is_some();
            if unreadable {
                let text = "One of the two cannot be read, so its findings cannot be compared.";
                ui.label(theme::small(text, look).color(look.warning));
            } else {
                for (fate, name) in findings(now, before) {
                    finding(ui, fate, &name, look);
                }
            }
        }
        (Progress::Failed(_), _) | (_, Progress::Failed(_)) => {
            ui.label(theme::small("One of the two has no reading.", look));
        }
        _ => {
            ui.label(theme::small("Reading…", look));
        }
    }
}

fn columns(rect: Rect) -> [f32; 3] {
    [
        rect.right() - 124.0,
        rect.right() - 66.0,
        rect.right() - 6.0,
    ]
}

fn heads(ui: &mut Ui, look: &Look) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    for (text, right) in ["Before", "Now", "Change"].into_iter().zip(columns(rect)) {
        let galley =
            ui.painter()
                .layout_no_wrap(text.into(), theme::semi_bold(11.0), look.tertiary);
        let at = pos2(
            right - galley.size().x,
            rect.center().y - galley.size().y / 2.0,
        );
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    }
}

fn row(ui: &mut Ui, change: &Change, look: &Look) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let y = rect.center().y;
    let write = |text: &str, font, color, x: f32, right: bool| {
        let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
        let x = if right { x - galley.size().x } else { x };
        ui.painter().galley(
            pos2(x, y - galley.size().y / 2.0),
            galley,
            Color32::PLACEHOLDER,
        );
    };
    let [before, now, by] = columns(rect);
    let text = |number: &Option<crate::measure::Number>| {
        number
            .as_ref()
            .map_or("–".to_owned(), |number| number.text.clone())
    };
    write(
        &change.name,
        theme::regular(12.5),
        look.text,
        rect.left() + 4.0,
        false,
    );
    write(
        &text(&change.before),
        theme::regular(13.0),
        look.secondary,
        before,
        true,
    );
    write(
        &text(&change.now),
        theme::semi_bold(13.0),
        look.text,
        now,
        true,
    );
    let (color, font) = if change.notable {
        (look.warning, theme::semi_bold(12.5))
    } else {
        (look.tertiary, theme::regular(12.5))
    };
    let told = match (&change.by, change.notable) {
        (Some(by), _) => by.as_str(),
        (None, true) => "≠",
        (None, false) => "",
    };
    write(told, font, color, by, true);
    if change.notable {
        let at = pos2(now + 12.0, y);
        let points = vec![
            at + vec2(0.0, -4.0),
            at + vec2(4.0, 3.0),
            at + vec2(-4.0, 3.0),
        ];
        ui.painter()
            .add(Shape::convex_polygon(points, look.warning, Stroke::NONE));
    }
    let spoken = |number: &Option<crate::measure::Number>| {
        number
            .as_ref()
            .map_or("absent".to_owned(), |number| number.spoken())
    };
    let words = format!(
        "{} before {}, now {}{}",
        change.name,
        spoken(&change.before),
        spoken(&change.now),
        if change.notable {
            ", notable change"
        } else {
            ""
        }
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
}

fn finding(ui: &mut Ui, fate: Fate, name: &str, look: &Look) {
    let (word, color) = match fate {
        Fate::New => ("New", look.machine_text),
        Fate::Gone => ("Gone", look.secondary),
        Fate::Still => ("Still", look.tertiary),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let write = |text: &str, font, color, x: f32| {
        let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
        let at = pos2(x, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    };
    write(word, theme::semi_bold(11.5), color, rect.left() + 4.0);
    let text = if fate == Fate::Still {
        look.secondary
    } else {
        look.text
    };
    write(name, theme::regular(12.5), text, rect.left() + 44.0);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{word}: {name}")));
}

/// Milliseconds and millivolts.
type Curve = Vec<(f64, f64)>;

/// Representative beats of both, lead by lead: now in full, before in dashes.
fn overlay(ui: &mut Ui, now: &Measurements, before: &Measurements, look: &Look) {
    const COLUMNS: usize = 3;
    ui.horizontal(|ui| {
        ui.label(theme::caption("Representative beats", look));
        ui.add_space(8.0);
        let (rect, _) = ui.allocate_exact_size(vec2(150.0, 16.0), Sense::hover());
        let y = rect.center().y;
        let line = |x: f32| [pos2(x, y), pos2(x + 18.0, y)];
        ui.painter()
            .line_segment(line(rect.left()), Stroke::new(1.6, look.text));
        let dashed = Shape::dashed_line(&line(rect.left() + 62.0), Stroke::new(1.4, INK), 4.0, 2.5);
        ui.painter().add(dashed);
        for (text, x) in [("now", 22.0), ("before", 84.0)] {
            let galley =
                ui.painter()
                    .layout_no_wrap(text.into(), theme::regular(11.0), look.secondary);
            let at = pos2(rect.left() + x, y - galley.size().y / 2.0);
            ui.painter().galley(at, galley, Color32::PLACEHOLDER);
        }
    });
    ui.add_space(4.0);
    let curves: Vec<(&LeadName, Curve, Curve)> = STANDARD_12
        .iter()
        .filter_map(|lead| {
            let of = |measured: &Measurements| {
                let points = average(measured, measured.classes.first()?, lead)?;
                Some(points.iter().map(|p| (p.x, p.y)).collect::<Curve>())
            };
            Some((lead, of(now)?, of(before)?))
        })
        .collect();
    let all = || curves.iter().flat_map(|(_, a, b)| a.iter().chain(b));
    let (low, high) = all().fold((-0.2_f64, 0.2_f64), |(low, high), (_, y)| {
        (low.min(*y), high.max(*y))
    });
    let width = ui.available_width();
    let cell = vec2(width / COLUMNS as f32, 74.0);
    let rows = curves.len().div_ceil(COLUMNS);
    let (area, response) =
        ui.allocate_exact_size(vec2(width, cell.y * rows as f32), Sense::hover());
    for (index, (lead, now, before)) in curves.iter().enumerate() {
        // Down the columns, as leads are read on paper.
        let (column, row) = (index / rows.max(1), index % rows.max(1));
        let min = area.min + vec2(column as f32 * cell.x, row as f32 * cell.y);
        let rect = Rect::from_min_size(min, cell).shrink(3.0);
        ui.painter()
            .rect_filled(rect, 4, look.quiet.gamma_multiply(0.6));
        let name =
            ui.painter()
                .layout_no_wrap(lead.to_string(), theme::semi_bold(11.0), look.tertiary);
        ui.painter()
            .galley(rect.min + vec2(4.0, 2.0), name, Color32::PLACEHOLDER);
        let inside = rect.shrink2(vec2(3.0, 5.0));
        let place = |&(ms, mv): &(f64, f64)| -> Pos2 {
            let x = egui::remap(
                ms,
                -400.0..=650.0,
                f64::from(inside.left())..=f64::from(inside.right()),
            );
            let y = egui::remap(
                mv,
                low..=high,
                f64::from(inside.bottom())..=f64::from(inside.top()),
            );
            pos2(x as f32, y as f32)
        };
        let path = |points: &[(f64, f64)]| points.iter().step_by(2).map(place).collect::<Vec<_>>();
        let dashed = Shape::dashed_line(&path(before), Stroke::new(1.3, INK), 4.0, 2.5);
        ui.painter().extend(dashed);
        ui.painter()
            .add(Shape::line(path(now), Stroke::new(1.4, look.text)));
    }
    let name = format!(
        "Representative beats of {} leads, now and before",
        curves.len()
    );
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
}
