//! The table of measurements beside the paper. Every number leads to the place where it was taken.

pub mod export;
mod leads;
mod table;

use std::sync::Arc;

use eframe::egui::{
    self, Align, Color32, Galley, Rect, Role, ScrollArea, Sense, Shape, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

use self::table::{Row, Section, sections};
use super::action::{Action, Actions};
use super::commands::Command;
use super::icons::Icon;
use super::state::{AppState, Progress};
use super::theme::{self, Look};
use super::widgets::button;
use crate::measure::Verdict;
use crate::sheet::unbroken;

const ROW: f32 = 26.0;
/// Left edge of the names.
const LEFT: f32 = 6.0;
/// Opacity of numbers that are not to be relied on.
const DOUBTFUL: f32 = 0.5;
/// Room for the device's number and the difference.
const DEVICE: f32 = 92.0;
/// Room for the unit beside a number.
const UNIT: f32 = 36.0;

/// The table.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    let Some(document) = state.document() else {
        return;
    };
    let Progress::Done(tracing) = &document.tracing else {
        return;
    };
    ui.horizontal(|ui| {
        ui.label(theme::caption("Measured by this program", look));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            if document.measured().is_some() {
                button(ui, Command::CopyMeasurementsCsv, None, Some("CSV"), actions);
                button(ui, Command::CopyMeasurements, None, Some("Copy"), actions);
            }
        });
    });
    let Some(measured) = document.measured() else {
        ui.label(theme::small("Measuring…", look));
        return;
    };
    let stated = !state.hides_machine(document);
    let mut sections = sections(measured, &tracing.recording, stated);
    let device = sections
        .iter()
        .flat_map(|section| &section.rows)
        .any(|row| row.device.is_some());
    let unreliable = document.unreliable().filter(|_| stated);
    if let Some(reason) = unreliable {
        // What is not to be relied on is past no limit.
        for row in sections.iter_mut().flat_map(|section| &mut section.rows) {
            row.critical = None;
        }
        ui.label(theme::strong(format!("Unreliable: {reason}.")).color(look.warning));
    }
    if device {
        heads(ui, look);
    }
    ScrollArea::vertical()
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            if unreliable.is_some() {
                ui.multiply_opacity(DOUBTFUL);
            }
            for section in &sections {
                show_section(ui, state, section, device, actions);
            }
            if !measured.leads.is_empty() {
                fold(ui, state, actions);
                if state.settings.lead_table {
                    leads::show(ui, state, measured, actions);
                }
            }
            ui.add_space(10.0);
            for note in &measured.notes {
                ui.label(theme::small(format!("{note}."), look));
                ui.add_space(4.0);
            }
            if !measured.signal.is_empty() {
                let text = format!(
                    "Signal measured: {}. Filters shape only what is drawn.",
                    measured.signal
                );
                ui.label(theme::small(text, look).color(look.tertiary));
            }
            ui.add_space(12.0);
        });
}

/// Heads of the two columns.
fn heads(ui: &mut Ui, look: &Look) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let head = |text: &str, right: f32| {
        let galley =
            ui.painter()
                .layout_no_wrap(text.into(), theme::semi_bold(11.0), look.tertiary);
        let at = pos2(
            right - galley.size().x,
            rect.center().y - galley.size().y / 2.0,
        );
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    };
    head("Ours", rect.right() - DEVICE - UNIT);
    head("Device", rect.right() - 44.0);
}

fn show_section(
    ui: &mut Ui,
    state: &AppState,
    section: &Section,
    device: bool,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    ui.add_space(10.0);
    ui.label(theme::caption(section.title, look));
    ui.add_space(2.0);
    for row in &section.rows {
        show_row(ui, state, row, device, actions);
    }
}

/// The line that unfolds the leads.
fn fold(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.add_space(10.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let shown = state.settings.lead_table;
    if state.reveals_leads {
        response.scroll_to_me(Some(Align::TOP));
        actions.push(Action::LeadsRevealed);
    }
    if response.hovered() {
        ui.painter().rect_filled(rect, 6, look.quiet);
    }
    let text = "Amplitudes and ST by lead".to_owned();
    let galley = ui
        .painter()
        .layout_no_wrap(text, theme::semi_bold(11.0), look.tertiary);
    let at = pos2(rect.left(), rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    let icon = if shown { Icon::Up } else { Icon::Down };
    let place = Rect::from_min_size(
        pos2(rect.right() - 20.0, rect.center().y - 8.0),
        vec2(16.0, 16.0),
    );
    icon.paint(ui.painter(), place, look.tertiary);
    let name = Command::LeadTable.name();
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, shown, name));
    theme::focus_ring(ui, &response, 6);
    if response.clicked() {
        actions.push(Action::Run(Command::LeadTable));
    }
}

/// One quantity: name, number, the device's number; beneath it why it is absent or, once chosen, its source.
fn show_row(ui: &mut Ui, state: &AppState, row: &Row, device: bool, actions: &mut Actions) {
    let look = theme::look(ui);
    let chosen = match (&state.place, &row.place) {
        (Some(shown), Some(own)) => shown.title == own.title,
        _ => false,
    };
    let width = ui.available_width();
    let device = device && row.verdict.is_none();
    let against = row.device.as_ref().and_then(|device| device.against);
    let beneath = match (&row.ours, &row.hand) {
        (Err(reason), Some(_)) => Some((format!("absent: {reason}"), look.reviewer_text)),
        (Err(reason), None) if !reason.is_empty() => {
            Some((format!("absent: {reason}"), look.tertiary))
        }
        (_, Some(hand)) => Some((hand.clone(), look.reviewer_text)),
        _ if chosen => Some((row.source.clone(), look.secondary)),
        _ if let Some(verdict @ Verdict::DoesNotApply(_)) = &row.verdict => {
            Some((verdict.spoken(), look.tertiary))
        }
        _ if let Some(against) = against => {
            Some((format!("compared with {against}"), look.tertiary))
        }
        _ => None,
    };
    let critical = row.critical.map(|own| (own.words(), look.error));
    let mut job = egui::text::LayoutJob::default();
    job.wrap.max_width = width - 12.0;
    for (text, color) in critical.into_iter().chain(beneath) {
        let next = if job.is_empty() { "" } else { "\n" };
        let format = egui::TextFormat::simple(theme::regular(11.0), color);
        job.append(&format!("{next}{}", unbroken(&text)), 0.0, format);
    }
    let beneath = (!job.is_empty()).then(|| ui.painter().layout_job(job));
    let below = beneath.as_ref().map_or(0.0, |galley| galley.size().y + 6.0);
    let sense = if row.place.is_some() {
        Sense::click()
    } else {
        Sense::hover()
    };
    let drawn = Drawn::new(ui, row, device, width, look);
    let size = vec2(width, drawn.height + below);
    let (rect, response) = ui.allocate_exact_size(size, sense);
    let role = if row.place.is_some() {
        Role::Button
    } else {
        Role::Label
    };
    response.widget_info(|| WidgetInfo::selected(role, true, chosen, spoken(row)));
    if chosen {
        ui.painter().rect_filled(rect, 6, look.accent_soft);
    } else if response.hovered() && row.place.is_some() {
        ui.painter().rect_filled(rect, 6, look.quiet);
    }
    let y = rect.top() + drawn.height / 2.0;
    let left = rect.left() + LEFT;
    let write = |text: String, font, color, x: f32, from_right: bool| {
        let galley = ui.painter().layout_no_wrap(text, font, color);
        let x = if from_right { x - galley.size().x } else { x };
        let at = pos2(x, y - galley.size().y / 2.0);
        let width = galley.size().x;
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
        x + width
    };
    let edge = rect.right() - if device { DEVICE } else { 0.0 } - UNIT;
    let at = pos2(
        left,
        rect.top() + (drawn.height - drawn.name.size().y) / 2.0,
    );
    let name_right = left + drawn.name.size().x;
    ui.painter().galley(at, drawn.name, Color32::PLACEHOLDER);
    if let Ok(number) = &row.ours {
        let color = match (&row.hand, row.critical) {
            (Some(_), _) => look.reviewer_text,
            (None, Some(_)) => look.error,
            (None, None) => look.text,
        };
        if row.critical.is_some() {
            let font = theme::semi_bold(13.0);
            let wide = ui
                .painter()
                .layout_no_wrap(number.text.clone(), font, color);
            let ground = Rect::from_min_max(
                pos2(edge - wide.size().x - 6.0, y - 10.0),
                pos2(edge + UNIT - 4.0, y + 10.0),
            );
            ui.painter().rect_filled(ground, 4, look.error_soft);
        }
        write(
            number.text.clone(),
            theme::semi_bold(13.0),
            color,
            edge,
            true,
        );
        write(
            number.unit.into(),
            theme::regular(11.0),
            look.tertiary,
            edge + 4.0,
            false,
        );
    }
    if let Some(verdict) = &row.verdict {
        mark(ui, verdict, pos2(name_right + 12.0, y), look);
    }
    if let Some(limit) = &row.limit {
        let (text, x) = (format!("({})", limit.text), name_right + 21.0);
        write(text, theme::regular(11.0), look.tertiary, x, false);
    }
    if let Some(device) = &row.device {
        let right = rect.right() - 44.0;
        write(
            device.number.text.clone(),
            theme::regular(13.0),
            look.secondary,
            right,
            true,
        );
        match &device.differs {
            Some(differs) => {
                let tip = pos2(right + 11.0, y);
                triangle(ui, tip, look.warning);
                write(
                    differs.clone(),
                    theme::semi_bold(11.5),
                    look.warning,
                    rect.right() - 4.0,
                    true,
                );
            }
            None if row.ours.is_err() => {
                write(
                    device.number.unit.into(),
                    theme::regular(11.0),
                    look.tertiary,
                    right + 4.0,
                    false,
                );
            }
            None => {}
        }
    }
    if let Some(galley) = beneath {
        let at = pos2(left, rect.top() + drawn.height - 1.0);
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    }
    theme::focus_ring(ui, &response, 6);
    if let (true, Some(place)) = (response.clicked(), &row.place) {
        actions.push(Action::GoTo(place.clone()));
    }
    if !chosen && !row.source.is_empty() {
        response.on_hover_text(&row.source);
    }
}

/// The name of a row in the room that its numbers leave, in a few lines if it must be.
struct Drawn {
    name: Arc<Galley>,
    height: f32,
}

impl Drawn {
    fn new(ui: &Ui, row: &Row, device: bool, width: f32, look: &Look) -> Self {
        let color = match row.ours {
            Ok(_) => look.text,
            Err(_) => look.secondary,
        };
        let wide = |text: &str, font| {
            let galley = ui.painter().layout_no_wrap(text.to_owned(), font, color);
            galley.size().x
        };
        let numbers = match (&row.ours, &row.device) {
            (Ok(number), _) => {
                let device = if device { DEVICE } else { 0.0 };
                device + UNIT + wide(&number.text, theme::semi_bold(13.0))
            }
            (Err(_), Some(device)) => 44.0 + wide(&device.number.text, theme::regular(13.0)),
            (Err(_), None) => 0.0,
        };
        let mark = match (&row.verdict, &row.limit) {
            (_, Some(limit)) => 25.0 + wide(&format!("({})", limit.text), theme::regular(11.0)),
            (Some(Verdict::Met), _) => 44.0,
            (Some(_), None) => 18.0,
            (None, None) => 0.0,
        };
        let room = (width - LEFT - numbers - mark - 6.0).max(40.0);
        let font = theme::regular(12.5);
        let mut job = egui::text::LayoutJob::simple(unbroken(&row.name), font, color, room);
        job.wrap.max_rows = 3;
        let name = ui.painter().layout_job(job);
        Self {
            height: ROW.max(name.size().y + 8.0),
            name,
        }
    }
}

/// A criterion that is met has a full dot and the word; one that is not has an empty one, one that does not apply a
/// dash.
fn mark(ui: &Ui, verdict: &Verdict, at: egui::Pos2, look: &Look) {
    match verdict {
        Verdict::Met => {
            ui.painter().circle_filled(at, 4.0, look.warning);
            let text = "met".to_owned();
            let galley = ui
                .painter()
                .layout_no_wrap(text, theme::semi_bold(11.5), look.warning);
            let at = at + vec2(8.0, -galley.size().y / 2.0);
            ui.painter().galley(at, galley, Color32::PLACEHOLDER);
        }
        Verdict::NotMet => {
            let stroke = Stroke::new(1.0, look.tertiary);
            ui.painter().circle_stroke(at, 3.5, stroke);
        }
        Verdict::DoesNotApply(_) => {
            let half = vec2(3.5, 0.0);
            let stroke = Stroke::new(1.5, look.tertiary);
            ui.painter().line_segment([at - half, at + half], stroke);
        }
    }
}

fn triangle(ui: &Ui, at: egui::Pos2, color: Color32) {
    let points = vec![
        at + vec2(0.0, -4.5),
        at + vec2(4.5, 3.5),
        at + vec2(-4.5, 3.5),
    ];
    ui.painter()
        .add(Shape::convex_polygon(points, color, Stroke::NONE));
}

/// A row in words.
fn spoken(row: &Row) -> String {
    let mut words = match &row.ours {
        Ok(number) => format!("{} {}", row.name, number.spoken()),
        Err(reason) if reason.is_empty() => row.name.clone(),
        Err(reason) => format!("{} absent: {reason}", row.name),
    };
    if let Some(verdict) = &row.verdict {
        words += &format!(", {}", verdict.spoken());
    }
    if let Some(limit) = &row.limit {
        words += &format!(", limit {}", limit.spoken());
    }
    if let Some(critical) = row.critical {
        words += &format!(", critical, {}", critical.limit);
    }
    if let Some(hand) = &row.hand {
        words += &format!(", {hand}");
    }
    if let Some(device) = &row.device {
        words += &format!(", device {}", device.number.spoken());
        if let Some(differs) = &device.differs {
            words += &format!(", differs by {differs}");
        }
        if let Some(against) = device.against {
            words += &format!(", compared with {against}");
        }
    }
    words
}
