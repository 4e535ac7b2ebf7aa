//! The two small buttons beside a finding: it holds, it does not.

use eframe::egui::{Color32, Id, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::ReviewAction;
use crate::review::{Claim, Verdict};
use crate::viewer::action::{Action, Actions};
use crate::viewer::icons::Icon;
use crate::viewer::theme::{self, Look};

const SIZE: f32 = 22.0;
const GAP: f32 = 4.0;

/// How wide both are together, with a gap before them.
pub const fn room() -> f32 {
    2.0 * SIZE + 2.0 * GAP
}

/// What is decided on: a statement and who put it forward.
pub struct Question<'a> {
    /// Of the row that asks.
    pub id: Id,
    pub statement: &'a str,
    /// Its name, for those who listen.
    pub name: &'a str,
    pub claim: Option<Claim>,
}

/// The buttons, their right edge at the right of `rect` and in its middle. What was decided is filled.
pub fn decide(
    ui: &Ui,
    rect: Rect,
    question: &Question<'_>,
    standing: Option<Verdict>,
    enabled: bool,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let both = [(Verdict::Present, "Confirm"), (Verdict::Absent, "Reject")];
    for (index, (verdict, word)) in both.into_iter().enumerate() {
        let back = if index == 0 { SIZE + GAP } else { 0.0 };
        let place = Rect::from_min_size(
            pos2(rect.right() - SIZE - back, rect.center().y - SIZE / 2.0),
            vec2(SIZE, SIZE),
        );
        let id = question.id.with(word);
        let sense = if enabled {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(place, id, sense);
        let on = standing == Some(verdict);
        let name = format!("{word} {}", question.name);
        response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, &name));
        mark(ui, place, verdict, on, response.hovered() && enabled, look);
        theme::focus_ring(ui, &response, 11);
        if response.on_hover_text(name).clicked() {
            actions.push(Action::Review(ReviewAction::Decide {
                statement: question.statement.to_owned(),
                verdict,
                claim: question.claim.clone(),
            }));
        }
    }
}

/// A round mark in the reviewer's colour: a tick or a cross, filled where it is the reviewer's word.
pub fn mark(ui: &Ui, place: Rect, verdict: Verdict, on: bool, hovered: bool, look: &Look) {
    let painter = ui.painter();
    let radius = place.width().min(place.height()) / 2.0 - 2.0;
    let (fill, color) = match (on, hovered) {
        (true, _) => (look.reviewer, look.on_reviewer),
        (false, true) => (look.reviewer_soft, look.reviewer_text),
        (false, false) => (Color32::TRANSPARENT, look.tertiary),
    };
    let edge = if on { look.reviewer } else { look.control };
    painter.circle(place.center(), radius, fill, Stroke::new(1.0, edge));
    let icon = match verdict {
        Verdict::Present => Icon::Check,
        Verdict::Absent => Icon::Close,
        Verdict::Uncertain => Icon::Unsure,
    };
    icon.paint(painter, place, color);
}
