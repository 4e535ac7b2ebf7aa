//! What stands in the middle of the window: the paper, an earlier tracing beside it, and beneath it what was asked for or, where
//! the paper leaves room, the lead that matters enlarged and its beats.

use eframe::egui::{
    self, Align2, Color32, CornerRadius, Rect, Stroke, StrokeKind, Ui, UiBuilder, pos2, vec2,
};

use super::action::{Action, Actions};
use super::beats::{self, Below};
use super::commands::Command;
use super::jobs::Tracing;
use super::paper_view::{self, PaperView};
use super::review::boundaries;
use super::state::{AppState, Document, Progress, Scale};
use super::{comparison, inspector, theme};
use crate::ecg::LeadName;

/// Between the paper and what stands around it.
pub const GAP: f32 = 16.0;
/// Room beneath the paper from which something is worth showing there unasked.
const WORTH: f32 = 150.0;
/// No more of it is taken than this.
const MOST: f32 = 260.0;
/// A tracing longer than this has a line of its own to move along, and no room to spare.
const LONG_S: f64 = 30.0;

/// The middle of the window.
pub fn show(
    ui: &mut Ui,
    state: &AppState,
    paper: &mut PaperView,
    prior_paper: &mut PaperView,
    actions: &mut Actions,
) {
    let Some(document) = state.document() else {
        return empty(ui, actions);
    };
    let tracing = match &document.tracing {
        Progress::Done(tracing) => tracing,
        Progress::Waiting => return paper_view::placeholder(ui, &document.title, "Opening…"),
        Progress::Failed(reason) => return paper_view::placeholder(ui, &document.title, reason),
    };
    let area = ui.available_rect_before_wrap();
    let prior = state
        .prior()
        .and_then(|prior| Some((prior, prior.tracing.done()?)));
    let card_size = paper.size(ui, state, document, tracing, area);
    // What a fitted page does not take.
    let free = match (state.view.scale, prior) {
        (Scale::Fit, None) => area.height() - GAP - card_size.y,
        _ => 0.0,
    };
    let asked = state.hand().is_some() || state.inspector.is_some() || state.below.is_some();
    let unasked = !asked
        && !state.teaching.presenter
        && free >= WORTH
        && tracing.recording.duration_s() <= LONG_S;
    let height = match () {
        () if state.hand().is_some() => boundaries::strip::HEIGHT,
        () if asked => (area.height() * 0.3)
            .clamp(160.0, 280.0)
            .max(free.min(MOST)),
        () if unasked => free.min(MOST),
        () => 0.0,
    };
    let below = height > 0.0;
    let split = if below {
        area.bottom() - height
    } else {
        area.bottom()
    };
    let upper = Rect::from_min_max(
        area.min,
        pos2(area.right(), split - if below { GAP } else { 0.0 }),
    );
    ui.scope_builder(UiBuilder::new().max_rect(upper), |ui| {
        let Some((prior, prior_tracing)) = prior else {
            return paper.show(ui, state, document, tracing, actions);
        };
        let [now, before] = comparison::papers::split(upper, GAP);
        ui.scope_builder(UiBuilder::new().max_rect(now), |ui| {
            paper.show(ui, state, document, tracing, actions)
        });
        let builder = UiBuilder::new().max_rect(before).id_salt("earlier tracing");
        ui.scope_builder(builder, |ui| {
            prior_paper.show_beside(ui, state, prior, prior_tracing, actions)
        });
    });
    if !below {
        return;
    }
    // A fitted page may leave more room than is taken: what is beneath follows it.
    let shift = (free - height).max(0.0);
    let lower = Rect::from_min_max(pos2(area.left(), split), area.max).translate(vec2(0.0, -shift));
    // It stands under the paper, not beside it.
    let lower = match free > 0.0 {
        true => lower.shrink2(vec2(((area.width() - card_size.x) / 2.0).max(0.0), 0.0)),
        false => lower,
    };
    if asked {
        return card(ui, lower, |ui| {
            asked_for(ui, state, document, tracing, actions)
        });
    }
    let parted = lower.left() + ((lower.width() - GAP) * 0.62).round();
    let left = Rect::from_min_max(lower.min, pos2(parted, lower.bottom()));
    let right = Rect::from_min_max(pos2(parted + GAP, lower.top()), lower.max);
    let (lead, at_s) = telling(state);
    card(ui, left, |ui| {
        inspector::glance(ui, state, (&lead, at_s), tracing, actions);
    });
    card(ui, right, |ui| {
        // What was measured is for those who do not read blind.
        let measured = document.measured().filter(|_| !state.hides(document));
        beats::superimposed::glance(ui, measured.map(|m| &**m), &lead, tracing, actions);
    });
}

/// The lead and the time that mattered most to what is explained; otherwise the lead looked at last, from the beginning.
fn telling(state: &AppState) -> (LeadName, f64) {
    let hottest = |heat: &[f32]| {
        let most = heat.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        most.map_or((0, 0.0), |(index, value)| (index, *value))
    };
    let told = state.visible_heat().and_then(|heat| {
        let leads = heat.leads.iter().map(|(lead, heat)| (lead, hottest(heat)));
        let (lead, (index, _)) = leads.max_by(|a, b| a.1.1.total_cmp(&b.1.1))?;
        let at_s = heat.start_s + index as f64 / heat.rate_hz.max(f64::MIN_POSITIVE);
        Some((lead.clone(), at_s))
    });
    let start_s = state.document().map_or(0.0, |document| document.start_s);
    told.unwrap_or_else(|| (state.last_lead.clone(), start_s))
}

/// What was asked for beneath the paper.
fn asked_for(
    ui: &mut Ui,
    state: &AppState,
    document: &Document,
    tracing: &Tracing,
    actions: &mut Actions,
) {
    if let Some(hand) = state.hand() {
        return boundaries::strip::show(ui, state, document, hand, actions);
    }
    if let Some(inspector) = &state.inspector {
        return inspector::show(ui, state, inspector, tracing, actions);
    }
    match state.below {
        Some(Below::Beats) => beats::superimposed::show(ui, state, document, tracing, actions),
        Some(Below::Tachogram) => beats::tachogram::show(ui, state, document, actions),
        None => {}
    }
}

fn card(ui: &mut Ui, place: Rect, content: impl FnOnce(&mut Ui)) {
    let look = theme::look(ui);
    ui.painter().rect(
        place,
        CornerRadius::same(8),
        look.panel,
        Stroke::new(1.0, look.line),
        StrokeKind::Outside,
    );
    let builder = UiBuilder::new()
        .max_rect(place.shrink2(vec2(14.0, 8.0)))
        .id_salt(place.left() as i32);
    ui.scope_builder(builder, content);
}

/// Nothing is open: say what to do about it.
fn empty(ui: &mut Ui, actions: &mut Actions) {
    let area = ui.available_rect_before_wrap();
    ui.add_space((area.height() / 2.0 - 90.0).max(0.0));
    ui.vertical_centered(|ui| {
        let look = theme::look(ui);
        ui.heading("No tracing is open");
        ui.label(theme::small(
            "Drop files or a folder here, or open them. The format is recognised by content.",
            look,
        ));
        ui.add_space(12.0);
        for command in [Command::Open, Command::OpenFolder, Command::OpenCase] {
            if ui.button(command.name()).clicked() {
                actions.push(Action::Run(command));
            }
            ui.add_space(4.0);
        }
    });
}

/// While files hover over the window.
pub fn drop_overlay(ui: &Ui) {
    let hovering = ui.ctx().input(|input| input.raw.hovered_files.len());
    if hovering == 0 {
        return;
    }
    let look = theme::look(ui);
    let area = ui.ctx().content_rect();
    let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop"));
    let painter = ui.ctx().layer_painter(layer);
    painter.rect_filled(area, 0, Color32::from_black_alpha(110));
    let card = Rect::from_center_size(area.center(), vec2(360.0, 120.0));
    painter.rect(
        card,
        8,
        look.panel,
        Stroke::new(2.0, look.focus),
        StrokeKind::Inside,
    );
    let text = if hovering == 1 {
        "Drop to open the tracing".into()
    } else {
        format!("Drop to open {hovering} tracings")
    };
    painter.text(
        card.center(),
        Align2::CENTER_CENTER,
        text,
        theme::semi_bold(16.0),
        look.text,
    );
}
