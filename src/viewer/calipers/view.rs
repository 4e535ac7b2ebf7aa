//! Calipers on the paper: setting and dragging them, and what they say.

use eframe::egui::{
    Color32, Painter, PointerButton, Pos2, Rect, Response, Role, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use super::{Calipers, Leg, TimeCaliper, Tool, VoltageCaliper, level_near, time_near};
use crate::sheet::{Panel, Point};
use crate::viewer::action::{Action, Actions};
use crate::viewer::jobs::Tracing;
use crate::viewer::place_view::{INK, OnScreen};
use crate::viewer::state::{AppState, Document};
use crate::viewer::theme;

/// Points within which a press takes hold of a leg, and within which a leg snaps.
const GRIP: f32 = 7.0;
const SNAP: f32 = 8.0;

/// Takes in what the pointer did on the paper; whether it was meant for the calipers.
pub fn handle(
    ui: &Ui,
    response: &Response,
    state: &AppState,
    document: &Document,
    tracing: &Tracing,
    on_screen: &OnScreen<'_>,
    actions: &mut Actions,
) -> bool {
    let Some(tool) = state.calipers.tool else {
        return false;
    };
    let primary = response.drag_started_by(PointerButton::Primary)
        || response.dragged_by(PointerButton::Primary)
        || response.clicked();
    let Some(at) = response.interact_pointer_pos().filter(|_| primary) else {
        return true;
    };
    let hand = Hand {
        document,
        tracing,
        on_screen,
        free: ui.input(|input| input.modifiers.alt),
    };
    let mut calipers = state.calipers.clone();
    let start = response.drag_started_by(PointerButton::Primary);
    let pressed = ui.input(|input| input.pointer.press_origin()).unwrap_or(at);
    let changed = match tool {
        Tool::Time => hand.time(
            &mut calipers,
            start,
            response.clicked(),
            pressed,
            at,
            response.drag_delta().x,
        ),
        Tool::Voltage => hand.voltage(
            &mut calipers,
            start,
            response.clicked(),
            pressed,
            at,
            response.drag_delta().y,
        ),
    };
    if changed.is_some() {
        actions.push(Action::Calipers(calipers));
    }
    true
}

struct Hand<'a> {
    document: &'a Document,
    tracing: &'a Tracing,
    on_screen: &'a OnScreen<'a>,
    /// Whether the modifier that switches snapping off is held.
    free: bool,
}

impl Hand<'_> {
    fn panel(&self, at: Pos2) -> Option<&Panel> {
        let at = (at - self.on_screen.origin) / self.on_screen.scale;
        let at = Point { x: at.x, y: at.y };
        let panels = &self.on_screen.sheet.panels;
        panels.iter().find(|panel| panel.rect.contains(at))
    }

    /// The panel of a lead nearest to a point: a drag may leave the one it began in.
    fn nearest_of(&self, at: Pos2, lead: &crate::ecg::LeadName) -> Option<&Panel> {
        let away = |panel: &&Panel| self.on_screen.rect(panel).distance_sq_to_pos(at);
        let panels = self.on_screen.sheet.panels.iter();
        panels
            .filter(|panel| panel.lead == *lead)
            .min_by(|a, b| away(a).total_cmp(&away(b)))
    }

    fn snapped_time(&self, panel: &Panel, x: f32) -> f64 {
        let time = panel.time_at((x - self.on_screen.origin.x) / self.on_screen.scale);
        let reach = f64::from(SNAP / self.on_screen.scale / panel.mm_per_s);
        let measured = self.document.measured().filter(|_| !self.free);
        let time = time_near(measured.map(|m| &**m), &panel.lead, time, reach).unwrap_or(time);
        time.clamp(0.0, self.tracing.recording.duration_s())
    }

    fn snapped_level(&self, panel: &Panel, x: f32, y: f32) -> f64 {
        let scale = self.on_screen.scale;
        let time = panel.time_at((x - self.on_screen.origin.x) / scale);
        let mv = panel.millivolts_at((y - self.on_screen.origin.y) / scale);
        let sign = if panel.inverted { -1.0 } else { 1.0 };
        let reach_mv = f64::from(SNAP / scale / panel.mm_per_mv);
        let reach_s = f64::from(10.0 / panel.mm_per_s);
        let lead = self.tracing.shown.lead(&panel.lead).filter(|_| !self.free);
        let measured = self.document.measured();
        lead.and_then(|lead| {
            level_near(
                measured.map(|m| &**m),
                lead,
                time,
                mv * sign,
                reach_s,
                reach_mv,
            )
        })
        .unwrap_or(mv * sign)
    }

    fn time(
        &self,
        calipers: &mut Calipers,
        start: bool,
        click: bool,
        pressed: Pos2,
        at: Pos2,
        dx: f32,
    ) -> Option<()> {
        let panel = if start || click {
            self.panel(pressed)?
        } else {
            self.panel(at)
                .or_else(|| self.nearest_of(at, &calipers.time.as_ref()?.lead))?
        };
        let x_of = |time_s: f64| self.on_screen.x(panel, time_s);
        let near = |time_s: f64| (x_of(time_s) - pressed.x).abs() <= GRIP;
        match &mut calipers.time {
            Some(time) if click => {
                // A click brings the nearer leg.
                let (first, second) = (
                    (x_of(time.first_s) - at.x).abs(),
                    (x_of(time.second_s) - at.x).abs(),
                );
                let to = self.snapped_time(panel, at.x);
                if first < second {
                    (time.first_s, calipers.leg) = (to, Leg::First);
                } else {
                    (time.second_s, calipers.leg) = (to, Leg::Second);
                }
                time.lead = panel.lead.clone();
            }
            Some(time) if start && (near(time.first_s) || near(time.second_s)) => {
                calipers.leg = if near(time.second_s) {
                    Leg::Second
                } else {
                    Leg::First
                };
            }
            Some(time) if start && self.on_bar(panel, time, pressed) => calipers.leg = Leg::Both,
            Some(time) if !start => match calipers.leg {
                Leg::First => time.first_s = self.snapped_time(panel, at.x),
                Leg::Second => time.second_s = self.snapped_time(panel, at.x),
                Leg::Both => {
                    let by_s = f64::from(dx / self.on_screen.scale / panel.mm_per_s);
                    calipers.shift_time(by_s, self.tracing.recording.duration_s());
                }
            },
            _ => {
                let first_s = self.snapped_time(panel, pressed.x);
                calipers.leg = Leg::Second;
                calipers.time = Some(TimeCaliper {
                    lead: panel.lead.clone(),
                    first_s,
                    second_s: if click {
                        first_s
                    } else {
                        self.snapped_time(panel, at.x)
                    },
                });
            }
        }
        Some(())
    }

    /// Whether a press is on the bar between the legs.
    fn on_bar(&self, panel: &Panel, time: &TimeCaliper, at: Pos2) -> bool {
        let (a, b) = (
            self.on_screen.x(panel, time.first_s),
            self.on_screen.x(panel, time.second_s),
        );
        let bar = bar_y(self.on_screen, panel);
        panel.lead == time.lead
            && (a.min(b)..=a.max(b)).contains(&at.x)
            && (at.y - bar).abs() <= GRIP
    }

    fn voltage(
        &self,
        calipers: &mut Calipers,
        start: bool,
        click: bool,
        pressed: Pos2,
        at: Pos2,
        dy: f32,
    ) -> Option<()> {
        let panel = if start || click {
            self.panel(pressed)?
        } else {
            self.nearest_of(pressed, &calipers.voltage.as_ref()?.lead)?
        };
        let scale = self.on_screen.scale;
        let voltage = self.tracing.shown.lead(&panel.lead)?.unit.is_voltage();
        if !voltage {
            return None;
        }
        let sign = if panel.inverted { -1.0 } else { 1.0 };
        let y_of = |mv: f64| self.on_screen.y(panel, mv * sign);
        let own = |set: &VoltageCaliper| set.lead == panel.lead;
        let near = |mv: f64| (y_of(mv) - pressed.y).abs() <= GRIP;
        match &mut calipers.voltage {
            Some(set) if click && own(set) => {
                let level = self.snapped_level(panel, at.x, at.y);
                if (y_of(set.first_mv) - at.y).abs() < (y_of(set.second_mv) - at.y).abs() {
                    (set.first_mv, calipers.leg) = (level, Leg::First);
                } else {
                    (set.second_mv, calipers.leg) = (level, Leg::Second);
                }
            }
            Some(set) if start && own(set) && (near(set.first_mv) || near(set.second_mv)) => {
                calipers.leg = if near(set.second_mv) {
                    Leg::Second
                } else {
                    Leg::First
                };
            }
            Some(set) if !start && !click => match calipers.leg {
                Leg::First => set.first_mv = self.snapped_level(panel, at.x, at.y),
                Leg::Second => set.second_mv = self.snapped_level(panel, at.x, at.y),
                Leg::Both => {
                    let by_mv = f64::from(-dy / scale / panel.mm_per_mv) * sign;
                    calipers.shift_voltage(by_mv);
                }
            },
            _ => {
                let first_mv = self.snapped_level(panel, pressed.x, pressed.y);
                calipers.leg = Leg::Second;
                calipers.voltage = Some(VoltageCaliper {
                    lead: panel.lead.clone(),
                    at_s: panel.time_at((pressed.x - self.on_screen.origin.x) / scale),
                    first_mv,
                    second_mv: if click {
                        first_mv
                    } else {
                        self.snapped_level(panel, at.x, at.y)
                    },
                });
            }
        }
        Some(())
    }
}

/// Height of the bar between the legs of a time caliper.
fn bar_y(on_screen: &OnScreen<'_>, panel: &Panel) -> f32 {
    on_screen.rect(panel).top() + 9.0
}

/// Paints the calipers that are set.
pub fn show(ui: &Ui, state: &AppState, on_screen: &OnScreen<'_>) {
    let painter = ui.painter().with_clip_rect(on_screen.clip);
    show_time(ui, &painter, state, on_screen);
    show_voltage(ui, &painter, state, on_screen);
}

fn show_time(ui: &Ui, painter: &Painter, state: &AppState, on_screen: &OnScreen<'_>) {
    let calipers = &state.calipers;
    let (Some(time), Some(text)) = (&calipers.time, calipers.time_text()) else {
        return;
    };
    let mut said = false;
    for panel in &on_screen.sheet.panels {
        let row = on_screen.rect(panel);
        let own = panel.lead == time.lead;
        let shown = |at_s: f64| (panel.start_s..=panel.end_s).contains(&at_s);
        for (leg, at_s) in [(Leg::First, time.first_s), (Leg::Second, time.second_s)] {
            if shown(at_s) {
                let chosen = own && (calipers.leg == leg || calipers.leg == Leg::Both);
                let ink = INK.gamma_multiply(if own { 1.0 } else { 0.3 });
                let stroke = Stroke::new(if chosen { 2.0 } else { 1.2 }, ink);
                painter.vline(on_screen.x(panel, at_s), row.y_range(), stroke);
            }
        }
        if calipers.march {
            for at_s in time.marched(panel.start_s, panel.end_s) {
                let x = on_screen.x(panel, at_s);
                let ink = INK.gamma_multiply(if own { 0.75 } else { 0.25 });
                let line = [pos2(x, row.top()), pos2(x, row.bottom())];
                painter.add(Shape::dashed_line(&line, Stroke::new(1.0, ink), 4.0, 3.0));
            }
        }
        if own && (shown(time.first_s) || shown(time.second_s)) {
            let within = |at_s: f64| on_screen.x(panel, at_s.clamp(panel.start_s, panel.end_s));
            let (a, b) = (within(time.first_s), within(time.second_s));
            let y = bar_y(on_screen, panel);
            painter.hline(a.min(b)..=a.max(b), y, Stroke::new(1.2, INK));
            if !said {
                said = true;
                let at = pos2((a + b) / 2.0, row.top() - 1.0);
                chip(ui, painter, "Time caliper", &text, at, on_screen.clip);
            }
        }
    }
}

fn show_voltage(ui: &Ui, painter: &Painter, state: &AppState, on_screen: &OnScreen<'_>) {
    let calipers = &state.calipers;
    let Some(set) = &calipers.voltage else {
        return;
    };
    let own = |panel: &&Panel| panel.lead == set.lead;
    let shows = |panel: &&Panel| (panel.start_s..=panel.end_s).contains(&set.at_s);
    let panels = || on_screen.sheet.panels.iter().filter(own);
    let Some(panel) = panels().find(shows).or_else(|| panels().next()) else {
        return;
    };
    let Some(text) = calipers.voltage_text(panel.mm_per_mv) else {
        return;
    };
    let row = on_screen.rect(panel);
    let sign = if panel.inverted { -1.0 } else { 1.0 };
    let middle = on_screen
        .x(panel, set.at_s.clamp(panel.start_s, panel.end_s))
        .clamp(row.left(), row.right());
    let half = 14.0 * on_screen.scale;
    let (left, right) = (
        (middle - half).max(row.left()),
        (middle + half).min(row.right()),
    );
    let ys = [set.first_mv, set.second_mv].map(|mv| on_screen.y(panel, mv * sign));
    for (leg, y) in [Leg::First, Leg::Second].into_iter().zip(ys) {
        let chosen = calipers.leg == leg || calipers.leg == Leg::Both;
        let stroke = Stroke::new(if chosen { 2.0 } else { 1.2 }, INK);
        painter.hline(left..=right, y, stroke);
    }
    painter.vline(
        middle,
        ys[0].min(ys[1])..=ys[0].max(ys[1]),
        Stroke::new(1.2, INK),
    );
    let at = pos2(middle, ys[0].min(ys[1]) - 4.0);
    chip(ui, painter, "Voltage caliper", &text, at, on_screen.clip);
}

/// What a caliper says, above it.
fn chip(ui: &Ui, painter: &Painter, name: &str, text: &str, at: Pos2, clip: Rect) {
    let galley = painter.layout_no_wrap(text.to_owned(), theme::semi_bold(12.0), Color32::WHITE);
    let size = galley.size() + vec2(14.0, 8.0);
    let least = clip.left() + 4.0;
    let left = (at.x - size.x / 2.0).clamp(least, (clip.right() - 4.0 - size.x).max(least));
    let top = (at.y - size.y).max(clip.top() + 4.0);
    let chip = Rect::from_min_size(pos2(left, top), size);
    painter.rect_filled(chip, 6, INK);
    painter.galley(chip.min + vec2(7.0, 4.0), galley, Color32::WHITE);
    let response = ui.interact(chip, ui.scope_id().with(name), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {text}")));
}
