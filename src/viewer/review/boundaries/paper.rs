//! The boundary in the hand on the paper: taken hold of, dragged, and painted over all rows that show its beat.

use eframe::egui::{
    Color32, CursorIcon, Id, PointerButton, Pos2, Response, Role, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use super::{Hand, boundaries, is_by_hand, limits, step_s};
use crate::ecg::WaveBoundary;
use crate::measure::Measurements;
use crate::review::beat_of;
use crate::sheet::{Panel, Point};
use crate::viewer::action::{Action, Actions};
use crate::viewer::place_view::OnScreen;
use crate::viewer::review::ReviewAction;
use crate::viewer::state::{AppState, Document};
use crate::viewer::theme;
use crate::viewer::widgets::menu_row;

/// Points within which a press takes hold of a boundary.
const GRIP: f32 = 6.0;

/// Takes the pointer while boundaries are moved; whether it did.
pub fn interact(
    ui: &Ui,
    response: &Response,
    state: &AppState,
    document: &Document,
    page: &OnScreen<'_>,
    actions: &mut Actions,
) -> bool {
    let (Some(hand), Some(measured)) = (state.hand(), document.measured()) else {
        return false;
    };
    let reach = Reach {
        hand,
        measured,
        page,
    };
    let hold = |hand: Hand| Action::Review(ReviewAction::Hold(hand));
    if hand.dragging {
        ui.ctx().set_cursor_icon(CursorIcon::ResizeHorizontal);
        let pressed = ui.input(|input| input.pointer.press_origin());
        let panel = pressed.and_then(|pressed| reach.panel(pressed));
        if response.drag_stopped() {
            actions.push(Action::Review(ReviewAction::Place(hand.ahead.flatten())));
        } else if let (Some(panel), Some(at)) = (panel, response.interact_pointer_pos()) {
            let rate = document
                .tracing
                .done()
                .map_or(500.0, |tracing| tracing.recording.sampling_rate_hz);
            let lead = hand.lead.as_ref();
            let room = limits(measured, hand.beat, lead, hand.boundary, step_s(rate));
            let to = reach.time(panel, at);
            let to = room.map_or(to, |(low, high)| to.clamp(low, high));
            actions.push(hold(Hand {
                ahead: Some(Some(to)),
                ..hand.clone()
            }));
        }
        return true;
    }
    let at = response
        .interact_pointer_pos()
        .or_else(|| response.hover_pos());
    let pointed = at.and_then(|at| Some((at, reach.panel(at)?)));
    // Also while the pointer is over the menu itself, which would close otherwise.
    menu(ui, response, &reach, pointed, actions);
    let Some((at, panel)) = pointed else {
        return true;
    };
    let pressed = ui.input(|input| input.pointer.press_origin()).unwrap_or(at);
    if response.drag_started_by(PointerButton::Primary)
        && let Some(panel) = reach.panel(pressed)
        && let Some((beat, boundary, at_s)) = reach.hit(panel, pressed)
    {
        actions.push(hold(Hand {
            ahead: Some(Some(at_s)),
            dragging: true,
            lead: hand.lead.as_ref().map(|_| panel.lead.clone()),
            ..hand.on(beat, boundary)
        }));
    } else if response.clicked() {
        let lead = hand.lead.as_ref().map(|_| panel.lead.clone());
        let chosen = match reach.hit(panel, at) {
            Some((beat, boundary, _)) => Some(hand.on(beat, boundary)),
            None => beat_of(&measured.beats, WaveBoundary::RPeak, reach.time(panel, at))
                .map(|beat| hand.on(beat, hand.boundary)),
        };
        actions.extend(chosen.map(|chosen| hold(Hand { lead, ..chosen })));
    }
    ui.ctx().set_cursor_icon(match reach.hit(panel, at) {
        Some(_) => CursorIcon::ResizeHorizontal,
        None => CursorIcon::Crosshair,
    });
    true
}

/// Any boundary can be put where the paper was pressed with the other button.
fn menu(
    ui: &Ui,
    response: &Response,
    reach: &Reach<'_>,
    pointed: Option<(Pos2, &Panel)>,
    actions: &mut Actions,
) {
    let id = Id::unique("boundary menu");
    if response.secondary_clicked()
        && let Some((at, panel)) = pointed
    {
        let place = (reach.time(panel, at), panel.lead.clone());
        ui.data_mut(|data| data.insert_temp(id, place));
    }
    response.context_menu(|ui| {
        let Some((at_s, lead)) = ui.data(|data| data.get_temp::<(f64, crate::ecg::LeadName)>(id))
        else {
            return;
        };
        ui.spacing_mut().item_spacing.y = 0.0;
        for boundary in WaveBoundary::ALL {
            let Some(beat) = beat_of(&reach.measured.beats, boundary, at_s) else {
                continue;
            };
            if menu_row(ui, &format!("{} here", boundary.name())).clicked() {
                let held = Hand {
                    lead: reach.hand.lead.as_ref().map(|_| lead.clone()),
                    ..reach.hand.on(beat, boundary)
                };
                actions.push(Action::Review(ReviewAction::Hold(held)));
                actions.push(Action::Review(ReviewAction::Place(Some(at_s))));
                ui.close();
            }
        }
    });
}

struct Reach<'a> {
    hand: &'a Hand,
    measured: &'a Measurements,
    page: &'a OnScreen<'a>,
}

impl Reach<'_> {
    fn panel(&self, at: Pos2) -> Option<&Panel> {
        let at = (at - self.page.origin) / self.page.scale;
        let at = Point { x: at.x, y: at.y };
        let panels = &self.page.sheet.panels;
        panels.iter().find(|panel| panel.rect.contains(at))
    }

    fn time(&self, panel: &Panel, at: Pos2) -> f64 {
        panel.time_at((at.x - self.page.origin.x) / self.page.scale)
    }

    /// The boundary under the pointer; the one in the hand before its neighbours.
    fn hit(&self, panel: &Panel, at: Pos2) -> Option<(usize, WaveBoundary, f64)> {
        let reach_s = f64::from(GRIP / self.page.scale / panel.mm_per_s);
        let time = self.time(panel, at);
        let lead = self.hand.lead.as_ref().map(|_| &panel.lead);
        let near = self.measured.beats.iter().enumerate();
        let near = near.filter(|(_, beat)| (beat.time_s - time).abs() < 2.0);
        let points = near.flat_map(|(index, _)| {
            WaveBoundary::ALL.into_iter().filter_map(move |boundary| {
                let at_s = boundaries(self.measured, index, lead)?.get(boundary)?;
                Some((index, boundary, at_s))
            })
        });
        let away = |(index, boundary, at_s): &(usize, WaveBoundary, f64)| {
            let own = *index == self.hand.beat && *boundary == self.hand.boundary;
            (at_s - time).abs() * if own { 0.5 } else { 1.0 }
        };
        points
            .filter(|(_, _, at_s)| (at_s - time).abs() <= reach_s)
            .min_by(|a, b| away(a).total_cmp(&away(b)))
    }
}

/// Paints the boundaries of the beat in the hand over every row that shows them.
pub fn paint(ui: &Ui, state: &AppState, document: &Document, page: &OnScreen<'_>) {
    let (Some(hand), Some(measured)) = (state.hand(), document.measured()) else {
        return;
    };
    // The paper is light in either theme.
    let look = theme::look_of(false);
    let painter = ui.painter().with_clip_rect(page.clip);
    let held_s = hand.at_s(measured);
    let was_s = document
        .measurements
        .as_deref()
        .and_then(|own| boundaries(own, hand.beat, hand.lead.as_ref())?.get(hand.boundary));
    let mut said = false;
    for panel in &page.sheet.panels {
        if hand.lead.as_ref().is_some_and(|lead| *lead != panel.lead) {
            continue;
        }
        let row = page.rect(panel);
        let shown = |at_s: f64| (panel.start_s..=panel.end_s).contains(&at_s);
        let Some(own) = boundaries(measured, hand.beat, hand.lead.as_ref()) else {
            return;
        };
        for boundary in WaveBoundary::ALL {
            let held = boundary == hand.boundary;
            let at_s = if held { held_s } else { own.get(boundary) };
            let Some(at_s) = at_s.filter(|at_s| shown(*at_s)) else {
                continue;
            };
            let person = is_by_hand(measured, boundary, hand.lead.as_ref(), at_s)
                || (held && hand.ahead.is_some() && Some(at_s) != was_s);
            let ink = match (person, boundary) {
                (true, _) => look.reviewer,
                (_, WaveBoundary::POn | WaveBoundary::PPeak | WaveBoundary::POff) => P_INK,
                (_, WaveBoundary::QrsOn | WaveBoundary::RPeak | WaveBoundary::QrsOff) => QRS_INK,
                (_, WaveBoundary::TOn | WaveBoundary::TPeak | WaveBoundary::TOff) => T_INK,
            };
            let x = page.x(panel, at_s);
            if held {
                painter.vline(x, row.y_range(), Stroke::new(2.0, ink));
                let tip = pos2(x, row.top() + 1.0);
                let handle = [
                    tip + vec2(-5.0, 0.0),
                    tip + vec2(5.0, 0.0),
                    tip + vec2(0.0, 7.0),
                ];
                painter.add(Shape::convex_polygon(handle.to_vec(), ink, Stroke::NONE));
            } else {
                let ink = ink.gamma_multiply(0.55);
                painter.vline(x, row.y_range(), Stroke::new(1.0, ink));
            }
            if held && !said {
                said = true;
                let place = pos2(x, row.top());
                chip(ui, &painter, boundary, at_s, person, place, page);
            }
        }
        // Where it was measured stays to be seen.
        if let Some(was_s) = was_s.filter(|was_s| shown(*was_s) && Some(*was_s) != held_s) {
            let x = page.x(panel, was_s);
            let line = [pos2(x, row.top()), pos2(x, row.bottom())];
            let stroke = Stroke::new(1.0, QRS_INK.gamma_multiply(0.5));
            painter.add(Shape::dashed_line(&line, stroke, 3.0, 3.0));
        }
    }
}

/// The inks of the ticks, as the paper has them.
const P_INK: Color32 = Color32::from_rgb(0x14, 0x66, 0xA8);
const QRS_INK: Color32 = Color32::from_rgb(0x3A, 0x43, 0x4D);
const T_INK: Color32 = Color32::from_rgb(0x7B, 0x32, 0x94);

fn chip(
    ui: &Ui,
    painter: &eframe::egui::Painter,
    boundary: WaveBoundary,
    at_s: f64,
    person: bool,
    place: Pos2,
    page: &OnScreen<'_>,
) {
    let text = format!("{}  {at_s:.3} s", boundary.name());
    let galley = painter.layout_no_wrap(text.clone(), theme::semi_bold(12.0), Color32::WHITE);
    let size = galley.size() + vec2(14.0, 8.0);
    let least = page.clip.left() + 4.0;
    let most = (page.clip.right() - 4.0 - size.x).max(least);
    let left = (place.x - size.x / 2.0).clamp(least, most);
    let top = (place.y - size.y - 2.0).max(page.clip.top() + 4.0);
    let chip = eframe::egui::Rect::from_min_size(pos2(left, top), size);
    let look = theme::look_of(false);
    let fill = if person { look.reviewer } else { QRS_INK };
    painter.rect_filled(chip, 6, fill);
    painter.galley(chip.min + vec2(7.0, 4.0), galley, Color32::WHITE);
    let response = ui.interact(chip, ui.scope_id().with("boundary in hand"), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("In hand: {text}")));
}
