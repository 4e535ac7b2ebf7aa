//! Amplitudes and ST levels lead by lead, as a grid whose every cell leads to its place.

use eframe::egui::{Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::measure::{Boundaries, LeadMeasurements, Measurements, Number};
use crate::viewer::action::{Action, Actions};
use crate::viewer::state::{AppState, Place};
use crate::viewer::theme;

/// A column of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    P,
    Q,
    R,
    S,
    SecondR,
    T,
    StJ,
    StJ60,
}

/// The columns as they stand.
pub const COLUMNS: [Column; 8] = [
    Column::P,
    Column::Q,
    Column::R,
    Column::S,
    Column::SecondR,
    Column::T,
    Column::StJ,
    Column::StJ60,
];

impl Column {
    /// What it is called in a narrow head.
    pub fn name(self) -> &'static str {
        match self {
            Self::P => "P",
            Self::Q => "Q",
            Self::R => "R",
            Self::S => "S",
            Self::SecondR => "R′",
            Self::T => "T",
            Self::StJ => "ST J",
            Self::StJ60 => "J+60",
        }
    }

    /// Where on a beat it was taken, in seconds from the beat's `time_s`.
    fn span(self, own: &Boundaries, global: &Boundaries) -> Option<(f64, f64)> {
        let j = own.qrs_off.or(global.qrs_off);
        match self {
            Self::P => Some((own.p_on?, own.p_off?)),
            Self::Q | Self::R | Self::S | Self::SecondR => Some((
                global.qrs_on.or(own.qrs_on)?,
                global.qrs_off.or(own.qrs_off)?,
            )),
            Self::T => Some((
                own.t_on.or(own.t_peak.map(|t| t - 0.05))?,
                own.t_off.or(own.t_peak.map(|t| t + 0.05))?,
            )),
            Self::StJ => j.map(|j| (j - 0.01, j + 0.01)),
            Self::StJ60 => j.map(|j| (j + 0.05, j + 0.07)),
        }
    }
}

/// The amplitude in microvolts.
pub fn cell(lead: &LeadMeasurements, column: Column) -> Option<f64> {
    match column {
        Column::P => lead.p_uv,
        Column::Q => lead.q_uv,
        Column::R => lead.r_uv,
        Column::S => lead.s_uv,
        Column::SecondR => lead.r2_uv,
        Column::T => lead.t_uv,
        Column::StJ => lead.st_j_uv,
        Column::StJ60 => lead.st_j60_uv,
    }
}

/// The other phase of a biphasic wave, in microvolts.
fn other_phase(lead: &LeadMeasurements, column: Column) -> Option<f64> {
    match column {
        Column::P => lead.p2_uv,
        Column::T => lead.t2_uv,
        _ => None,
    }
}

const ROW: f32 = 22.0;
const NAME: f32 = 28.0;
/// Room from which a column keeps its distance from its neighbour at the usual size.
const WIDE: f32 = 36.0;

/// The grid.
pub fn show(ui: &mut Ui, state: &AppState, measured: &Measurements, actions: &mut Actions) {
    let look = theme::look(ui);
    let width = ui.available_width();
    // A wave that no lead has (R′, mostly) leaves its room to the others.
    let seen = |column: &Column| {
        measured
            .leads
            .iter()
            .any(|own| cell(own, *column).is_some())
    };
    let columns: Vec<Column> = COLUMNS.into_iter().filter(seen).collect();
    let step = (width - NAME) / columns.len().max(1) as f32;
    let size = if step < WIDE { 9.5 } else { 10.5 };
    let right = |rect: Rect, column: usize| rect.left() + NAME + step * (column as f32 + 1.0) - 3.0;
    let (head, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
    let write = |ui: &Ui, text: String, font, color, x: f32, y: f32| {
        let galley = ui.painter().layout_no_wrap(text, font, color);
        let at = pos2(x - galley.size().x, y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    };
    for (index, column) in columns.iter().copied().enumerate() {
        let name = column.name().to_owned();
        write(
            ui,
            name,
            theme::semi_bold(size + 0.5),
            look.tertiary,
            right(head, index),
            head.center().y,
        );
    }
    let exemplar = exemplar(measured);
    for (row, lead) in measured.leads.iter().enumerate() {
        let (rect, _) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
        if row % 2 == 0 {
            ui.painter()
                .rect_filled(rect, 4, look.quiet.gamma_multiply(0.55));
        }
        let name = lead.lead.to_string();
        let galley = ui
            .painter()
            .layout_no_wrap(name, theme::semi_bold(11.5), look.text);
        let at = pos2(rect.left() + 4.0, rect.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
        for (index, column) in columns.iter().copied().enumerate() {
            let (x, y) = (right(rect, index), rect.center().y);
            let Some(uv) = cell(lead, column) else {
                write(ui, "–".into(), theme::regular(11.5), look.tertiary, x, y);
                continue;
            };
            let number = Number::of(uv, "uV");
            let mut spoken = format!("{} in {} {}", column.name(), lead.lead, number.spoken());
            let mut text = number.text;
            if let Some(other) = other_phase(lead, column) {
                spoken += &format!(
                    ", biphasic, other phase {}",
                    Number::of(other, "uV").spoken()
                );
                text.insert(0, '±');
            }
            let place = exemplar.and_then(|(at_s, global)| {
                let (from, to) = column.span(&lead.boundaries, global)?;
                Some(Place {
                    title: spoken.clone(),
                    from_s: at_s + from,
                    to_s: at_s + to,
                    leads: vec![lead.lead.clone()],
                    every_beat: true,
                    aim: true,
                })
            });
            let area = Rect::from_min_max(
                pos2(x + 3.0 - step, rect.top()),
                pos2(x + 3.0, rect.bottom()),
            );
            let id = ui.scope_id().with(("amplitude", row, index));
            let response = ui.interact(area, id, Sense::click());
            let chosen = state
                .place
                .as_ref()
                .is_some_and(|shown| shown.title == spoken);
            response.widget_info(|| {
                WidgetInfo::selected(Role::Button, place.is_some(), chosen, &spoken)
            });
            if chosen {
                ui.painter().rect_filled(area, 4, look.accent_soft);
            } else if response.hovered() {
                ui.painter().rect_filled(area, 4, look.quiet);
            }
            write(ui, text, theme::regular(size), look.text, x, y);
            theme::focus_ring(ui, &response, 4);
            if let (true, Some(place)) = (response.clicked(), place) {
                actions.push(Action::GoTo(place));
            }
        }
    }
    ui.add_space(2.0);
    ui.label(theme::small(
        "mV, from the level before QRS; – where there is no such wave, ± a biphasic one (the larger phase).",
        look,
    ));
}

/// Time of the beat that stands for the dominant ones, and their boundaries.
fn exemplar(measured: &Measurements) -> Option<(f64, &Boundaries)> {
    let global = &measured.classes.first()?.boundaries;
    let qrs = measured.qrs.as_ref()?;
    Some((qrs.from_s - global.qrs_on?, global))
}
