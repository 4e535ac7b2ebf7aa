//! The line beneath the paper while boundaries are moved: every boundary of the beat in the hand, what is meant by a move,
//! and the buttons that do what keys and pointer do.

use eframe::egui::{
    Align, Color32, Layout, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

use super::{Hand, boundaries, is_by_hand};
use crate::ecg::WaveBoundary;
use crate::measure::Measurements;
use crate::viewer::action::{Action, Actions};
use crate::viewer::commands::Command;
use crate::viewer::icons::Icon;
use crate::viewer::review::{ReviewAction, ReviewCommand};
use crate::viewer::state::{AppState, Document};
use crate::viewer::theme::{self, Look};
use crate::viewer::widgets::{choose_inline, quiet_icon};

/// Room that it takes.
pub const HEIGHT: f32 = 112.0;

/// The line.
pub fn show(
    ui: &mut Ui,
    state: &AppState,
    document: &Document,
    hand: &Hand,
    actions: &mut Actions,
) {
    let Some(measured) = document.measured() else {
        return;
    };
    head(ui, state, measured, hand, actions);
    ui.add_space(6.0);
    let width = ui.available_width();
    let gap = 4.0;
    let count = WaveBoundary::ALL.len() as f32;
    let cell = (width - gap * (count - 1.0)) / count;
    let (row, _) = ui.allocate_exact_size(vec2(width, 56.0), Sense::hover());
    for (index, boundary) in WaveBoundary::ALL.into_iter().enumerate() {
        let left = row.left() + index as f32 * (cell + gap);
        let place = Rect::from_min_size(pos2(left, row.top()), vec2(cell, row.height()));
        show_cell(ui, document, measured, (hand, boundary), place, actions);
    }
}

/// Which beat, what is meant, and the buttons.
fn head(
    ui: &mut Ui,
    state: &AppState,
    measured: &Measurements,
    hand: &Hand,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let run = |command| Action::Run(Command::Review(command));
    ui.horizontal(|ui| {
        ui.set_height(26.0);
        ui.label(theme::caption("Wave boundaries", look).color(look.reviewer_text));
        for (command, icon) in [
            (ReviewCommand::PreviousBeat, Icon::Left),
            (ReviewCommand::NextBeat, Icon::Right),
        ] {
            if quiet_icon(ui, icon, command.name()).clicked() {
                actions.push(run(command));
            }
        }
        let at_s = measured.beats.get(hand.beat).map_or(0.0, |b| b.time_s);
        let text = format!(
            "Beat {} of {} at {at_s:.2} s",
            hand.beat + 1,
            measured.beats.len()
        );
        ui.label(theme::small(text, look));
        ui.add_space(8.0);
        let lead = state.last_lead.clone();
        let one = hand.lead.clone().unwrap_or(lead);
        let in_one = format!("Lead {one}");
        let mut next = hand.clone();
        let scopes = [(None, "All leads"), (Some(one), in_one.as_str())];
        choose_inline(ui, "Leads that are meant", &scopes, &mut next.lead);
        let beats = [(false, "This beat"), (true, "Beats of its shape")];
        choose_inline(ui, "Beats that are meant", &beats, &mut next.every);
        if next != *hand {
            next.ahead = None;
            actions.push(Action::Review(ReviewAction::Hold(next)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let close = ReviewCommand::Boundaries;
            if quiet_icon(ui, Icon::Close, "Leave the wave boundaries").clicked() {
                actions.push(run(close));
            }
            ui.add_space(4.0);
            let there = hand.at_s(measured).is_some();
            let (text, name) = match there {
                true => ("Take out", "Take the boundary out"),
                false => ("Put in", "Put the boundary in"),
            };
            if small_button(ui, text, name) {
                actions.push(run(ReviewCommand::TakeBoundary));
            }
            if small_button(ui, "Later", "Move the boundary later") {
                actions.push(Action::Run(Command::Later));
            }
            if small_button(ui, "Earlier", "Move the boundary earlier") {
                actions.push(Action::Run(Command::Earlier));
            }
        });
    });
}

fn small_button(ui: &mut Ui, text: &str, name: &str) -> bool {
    let text = eframe::egui::RichText::new(text).font(theme::regular(12.0));
    let button = eframe::egui::Button::new(text).min_size(vec2(0.0, 24.0));
    let button = ui.add(button);
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    button.on_hover_text(name).clicked()
}

/// One boundary: its name, where it stands, and by whom.
fn show_cell(
    ui: &mut Ui,
    document: &Document,
    measured: &Measurements,
    (hand, boundary): (&Hand, WaveBoundary),
    place: Rect,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let lead = hand.lead.as_ref();
    let held = boundary == hand.boundary;
    let stands = |measured| boundaries(measured, hand.beat, lead)?.get(boundary);
    let at_s = match held {
        true => hand.at_s(measured),
        false => stands(measured),
    };
    let was_s = document.measurements.as_deref().and_then(stands);
    let by = measured.by_hand.as_ref().map(|set| set.reader.as_str());
    let by = by.unwrap_or("you");
    let person = at_s.is_some_and(|at_s| is_by_hand(measured, boundary, lead, at_s));
    let moved = held && hand.ahead.is_some() && at_s != was_s;
    let (time, said, color) = match (at_s, was_s) {
        (Some(at_s), was) if person || moved => {
            let was = was.map_or("not measured".to_owned(), |was| {
                format!("{:+.0} ms", (at_s - was) * 1000.0).replace('-', "−")
            });
            (
                format!("{at_s:.3} s"),
                format!("{by}, {was}"),
                look.reviewer_text,
            )
        }
        (Some(at_s), _) => (
            format!("{at_s:.3} s"),
            "measured".to_owned(),
            look.secondary,
        ),
        (None, Some(_)) => (
            "–".to_owned(),
            format!("taken out by {by}"),
            look.reviewer_text,
        ),
        (None, None) => ("–".to_owned(), "none".to_owned(), look.tertiary),
    };
    let id = ui.scope_id().with(("boundary", boundary));
    let response = ui.interact(place, id, Sense::click());
    let spoken = match at_s {
        Some(_) => format!("{} {time}, {said}", boundary.name()),
        None => format!("{} {said}", boundary.name()),
    };
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, held, &spoken));
    let fill = match () {
        () if held => look.reviewer_soft,
        () if response.hovered() => look.quiet,
        () => Color32::TRANSPARENT,
    };
    let edge = if held { look.reviewer_line } else { look.line };
    let stroke = Stroke::new(1.0, edge);
    ui.painter()
        .rect(place, 6, fill, stroke, StrokeKind::Inside);
    write(
        ui,
        place,
        [
            (boundary.name(), theme::semi_bold(11.0), look.tertiary),
            (
                &time,
                theme::semi_bold(13.0),
                if color == look.secondary {
                    look.text
                } else {
                    color
                },
            ),
            (&said, theme::regular(11.0), color),
        ],
        look,
    );
    theme::focus_ring(ui, &response, 6);
    if response.on_hover_text(&spoken).clicked() {
        let next = hand.on(hand.beat, boundary);
        actions.push(Action::Review(ReviewAction::Hold(next)));
    }
}

/// Three lines in a cell, each cut off where it is too long.
fn write(ui: &mut Ui, place: Rect, lines: [(&str, eframe::egui::FontId, Color32); 3], _: &Look) {
    let inner = place.shrink2(vec2(8.0, 5.0));
    let builder = UiBuilder::new().max_rect(inner);
    ui.scope_builder(builder, |ui| {
        let mut y = inner.top();
        for (text, font, color) in lines {
            let mut job =
                eframe::egui::text::LayoutJob::simple(text.to_owned(), font, color, inner.width());
            job.wrap.max_rows = 1;
            job.wrap.break_anywhere = true;
            let galley = ui.painter().layout_job(job);
            let height = galley.size().y;
            ui.painter()
                .galley(pos2(inner.left(), y), galley, Color32::PLACEHOLDER);
            y += height + 1.0;
        }
    });
}
