//! The reviewer's card above the machine's findings.

use eframe::egui::{
    self, Align, Color32, Frame, Layout, Margin, Rect, Role, ScrollArea, Sense, Stroke, TextEdit,
    Ui, WidgetInfo, pos2, vec2,
};

use super::buttons::mark;
use super::{ReviewAction, ReviewCommand, ReviewDialog, hotkeys};
use super::{marks, others};
use crate::reading::vocabulary;
use crate::review::{Claim, Content, Decision, Review, Status, Verdict, expand};
use crate::viewer::action::{Action, Actions};
use crate::viewer::commands::Command;
use crate::viewer::icons::Icon;
use crate::viewer::keymap;
use crate::viewer::side::is_low;
use crate::viewer::state::{AppState, Dialog, Progress};
use crate::viewer::theme::{self, Look};
use crate::viewer::widgets::quiet_icon;

/// Decisions shown before the list scrolls.
const ROWS: f32 = 5.0;
const ROW: f32 = 26.0;

/// The card of the current tracing's review.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(current) = state.current else { return };
    if state
        .document()
        .is_none_or(|document| document.tracing.done().is_none())
    {
        return;
    }
    let look = theme::look(ui);
    let nothing = Review::default();
    let review = state.own_review().unwrap_or(&nothing);
    let frame = Frame::new()
        .fill(look.reviewer_soft)
        .stroke(Stroke::new(1.0, look.reviewer_line))
        .corner_radius(8)
        .inner_margin(Margin::symmetric(10, 8));
    ui.add_space(10.0);
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        head(ui, state, review, actions);
        if let Progress::Failed(reason) = &state.review.project {
            ui.label(
                theme::small(format!("Reviews cannot be kept: {reason}"), look).color(look.error),
            );
            return;
        }
        decisions(ui, state, &review.content, actions);
        marks::list(ui, state, actions);
        conclusion(ui, state, current, actions);
        foot(ui, state, review, actions);
        others::show(ui, state, current, actions);
    });
}

/// Who reviews, and how far it is.
fn head(ui: &mut Ui, state: &AppState, review: &Review, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.allocate_ui_with_layout(
        vec2(ui.available_width(), 22.0),
        Layout::right_to_left(Align::Center),
        |ui| {
            status(ui, review, look);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.spacing_mut().button_padding.x = 2.0;
                ui.label(theme::caption("Review", look).color(look.reviewer_text));
                let name = match state.reader_name() {
                    "" => "who reviews?",
                    name => name,
                };
                let name = egui::RichText::new(name)
                    .font(theme::regular(12.0))
                    .color(look.reviewer_text);
                let button = egui::Button::new(name)
                    .frame_when_inactive(false)
                    .truncate();
                let button = ui.add(button);
                let spoken = ReviewCommand::Reader.name();
                button.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken));
                if button.on_hover_text(ReviewCommand::Reader.hint()).clicked() {
                    actions.push(Action::Run(Command::Review(ReviewCommand::Reader)));
                }
            });
        },
    );
}

/// A chip with the status; signed is filled.
fn status(ui: &mut Ui, review: &Review, look: &Look) {
    let text = match (review.status(), review.versions.len()) {
        (Status::InProgress, 1..) => "amending".to_owned(),
        (Status::Signed, 2..) => format!("signed v{}", review.versions.len()),
        (status, _) => status.name().to_owned(),
    };
    let signed = review.status() == Status::Signed;
    let color = if signed {
        look.on_reviewer
    } else {
        look.reviewer_text
    };
    let galley = ui
        .painter()
        .layout_no_wrap(text.clone(), theme::semi_bold(11.0), color);
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(14.0, 6.0), Sense::hover());
    let fill = if signed {
        look.reviewer
    } else {
        Color32::TRANSPARENT
    };
    ui.painter().rect(
        rect,
        9,
        fill,
        Stroke::new(1.0, look.reviewer_line),
        egui::StrokeKind::Inside,
    );
    ui.painter()
        .galley(rect.min + vec2(7.0, 3.0), galley, Color32::PLACEHOLDER);
    response
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("Review status: {text}")));
}

fn decisions(ui: &mut Ui, state: &AppState, content: &Content, actions: &mut Actions) {
    let look = theme::look(ui);
    if content.findings.is_empty() {
        let hidden = state
            .document()
            .is_some_and(|document| state.hides(document));
        let hint = match (state.review.annotator, hidden) {
            (true, _) => "Shift and a letter put a statement in or take it out.",
            (false, true) => "Say what you find.",
            (false, false) => "Confirm or reject the findings below, or add your own.",
        };
        if !is_low(ui) {
            ui.label(theme::small(hint, look));
        }
    }
    if state.review.annotator {
        letters(ui, state, actions);
    }
    // What holds first, then what is uncertain, then what does not.
    let rank = |decision: &Decision| match decision.verdict {
        Verdict::Present => 0,
        Verdict::Uncertain => 1,
        Verdict::Absent => 2,
    };
    let mut said: Vec<(&String, &Decision)> = content.findings.iter().collect();
    said.sort_by_key(|(_, decision)| rank(decision));
    ScrollArea::vertical()
        .id_salt("decisions")
        .max_height(ROWS * ROW)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (id, decision) in said {
                row(ui, state, id, decision, actions);
            }
        });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        command(ui, state, ReviewCommand::Add, "Add", actions);
        command(ui, state, ReviewCommand::MarkOnPaper, "Mark", actions);
        if !state.unjudged().is_empty() {
            command(ui, state, ReviewCommand::ConfirmAll, "Confirm all", actions);
        }
    });
}

/// Every letter and what it labels, to be pressed or clicked.
fn letters(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    let letters = ScrollArea::vertical().id_salt("letters").max_height(112.0);
    letters.auto_shrink([false, true]).show(ui, |ui| {
        ui.spacing_mut().item_spacing = vec2(4.0, 0.0);
        ui.spacing_mut().button_padding = vec2(4.0, 1.0);
        for (label, hotkey) in ReviewCommand::LABELS.iter().zip(hotkeys::all()) {
            let verdict = state
                .own_review()
                .and_then(|review| review.content.verdict(&hotkey.statement.id));
            let on = verdict == Some(Verdict::Present);
            let mut job = egui::text::LayoutJob::default();
            let letter = format!("{}   ", hotkey.key.name());
            let format = |font, color| egui::TextFormat::simple(font, color);
            job.append(
                &letter,
                0.0,
                format(theme::semi_bold(12.0), look.reviewer_text),
            );
            let font = if on {
                theme::semi_bold(12.0)
            } else {
                theme::regular(12.0)
            };
            job.append(&hotkey.statement.name, 0.0, format(font, look.text));
            let button = egui::Button::selectable(on, job).truncate();
            let button = ui.add_sized([ui.available_width() - 8.0, 20.0], button);
            let name = format!("Shift+{} {}", hotkey.key.name(), hotkey.statement.name);
            button.widget_info(|| WidgetInfo::selected(Role::Button, true, on, &name));
            if button.clicked() {
                actions.push(Action::Run(Command::Review(*label)));
            }
        }
    });
}

/// One decision: what holds has a tick, what does not a cross and a line through it.
fn row(ui: &mut Ui, state: &AppState, id: &str, decision: &Decision, actions: &mut Actions) {
    let look = theme::look(ui);
    let name = vocabulary::find(id).map_or(id, |statement| &statement.name);
    let open = state.can_review();
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let spoken = format!("{name}, {}, by the reviewer", decision.verdict.as_str());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let place = Rect::from_min_size(pos2(rect.left(), rect.center().y - 10.0), vec2(20.0, 20.0));
    mark(ui, place, decision.verdict, true, false, look);
    let tools = if open { 52.0 } else { 0.0 };
    let code = id.trim_end_matches('_').to_owned();
    let code = ui
        .painter()
        .layout_no_wrap(code, theme::regular(11.0), look.secondary);
    let right = rect.right() - tools;
    let left = rect.left() + 26.0;
    let absent = decision.verdict == Verdict::Absent;
    let (font, color) = if absent {
        (theme::regular(13.0), look.secondary)
    } else {
        (theme::semi_bold(13.0), look.text)
    };
    let mut format = egui::TextFormat::simple(font, color);
    if absent {
        format.strikethrough = Stroke::new(1.0, look.secondary);
    }
    let mut job = egui::text::LayoutJob::single_section(name.to_owned(), format);
    job.wrap.max_width = right - left - code.size().x - 8.0;
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(
        pos2(left, rect.center().y - galley.size().y / 2.0),
        galley,
        Color32::PLACEHOLDER,
    );
    let at = pos2(right - code.size().x, rect.center().y - code.size().y / 2.0);
    ui.painter().galley(at, code, Color32::PLACEHOLDER);
    response.on_hover_text(told(name, decision));
    if open {
        let place = Rect::from_min_max(pos2(right + 2.0, rect.top()), rect.max);
        let builder = egui::UiBuilder::new().max_rect(place);
        ui.scope_builder(builder.layout(Layout::left_to_right(Align::Center)), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            if quiet_icon(ui, Icon::Edit, &format!("Replace {name}")).clicked() {
                let dialog = ReviewDialog::add(Some(id.to_owned()));
                actions.push(Action::Dialog(Some(Dialog::Review(dialog))));
            }
            if quiet_icon(ui, Icon::Close, &format!("Remove {name}")).clicked() {
                actions.push(Action::Review(ReviewAction::Remove(id.to_owned())));
            }
        });
    }
}

/// What the decision answers, in a sentence.
fn told(name: &str, decision: &Decision) -> String {
    let answers = match &decision.answers {
        Some(Claim::Machine {
            model, probability, ..
        }) => format!("answers {model}, which gave it {probability:.2}"),
        Some(Claim::Device { words }) => format!("answers the device: {words}"),
        None => "brought up by the reviewer".to_owned(),
    };
    let instead = decision.instead_of.as_deref().map(|id| {
        let other = vocabulary::find(id).map_or(id, |statement| &statement.name);
        format!(", in the place of {other}")
    });
    format!(
        "{name}: {}, {answers}{}.",
        decision.verdict.as_str(),
        instead.unwrap_or_default()
    )
}

/// The conclusion; short forms are spelt out as a word ends.
fn conclusion(ui: &mut Ui, state: &AppState, current: u64, actions: &mut Actions) {
    let look = theme::look(ui);
    let kept = state.review.conclusion(current, state.reader_name());
    if !state.can_review() {
        if !kept.is_empty() {
            ui.label(theme::caption("Conclusion", look));
            ui.label(kept);
        }
        return;
    }
    if !state.knows_review() {
        return;
    }
    let mut text = kept.to_owned();
    let id = ui.scope_id().with(("conclusion", current));
    let mut output = TextEdit::multiline(&mut text)
        .id(id)
        .hint_text("Conclusion in your own words")
        .desired_width(f32::INFINITY)
        .desired_rows(if is_low(ui) { 1 } else { 2 })
        .margin(Margin::symmetric(8, 6))
        .char_limit(20_000)
        .show(ui);
    let response = &output.response;
    response.widget_info(|| WidgetInfo::labeled(Role::MultilineTextInput, true, "Conclusion"));
    if state.review.focus_conclusion {
        response.request_focus();
        actions.push(Action::Review(ReviewAction::Focused));
    }
    if response.changed() {
        let cursor = output.cursor_range.map(|range| range.primary.index.0);
        if let Some(cursor) = cursor.and_then(|cursor| spell_out(&mut text, cursor)) {
            let cursor = egui::text::CCursor::new(cursor);
            let range = egui::text::CCursorRange::one(cursor);
            output.state.cursor.set_char_range(Some(range));
            output.state.clone().store(ui.ctx(), id);
        }
        actions.push(Action::Review(ReviewAction::Draft(text)));
    }
    if output.response.lost_focus() {
        actions.push(Action::Review(ReviewAction::Finished));
    }
}

/// Where the character just typed ends a word, spells a short form out; returns the cursor's new place in characters.
fn spell_out(text: &mut String, cursor: usize) -> Option<usize> {
    let before: String = text.chars().take(cursor).collect();
    let last = before.chars().last()?;
    if !matches!(last, ' ' | '.' | ',' | ';' | '\n') {
        return None;
    }
    let end = before.len() - last.len_utf8();
    let was = text.chars().count();
    expand(text, end)?;
    (text.chars().count() + cursor).checked_sub(was)
}

/// Undo, redo, and the signature.
fn foot(ui: &mut Ui, state: &AppState, review: &Review, actions: &mut Actions) {
    let look = theme::look(ui);
    if review.status() == Status::Signed
        && let Some(version) = review.signed()
    {
        let when = version
            .at
            .get(..16)
            .unwrap_or(&version.at)
            .replace('T', " ");
        let text = format!("Signed by {}, {when} UTC", version.reader);
        ui.label(theme::small(text, look).color(look.reviewer_text));
    } else if let Some(reason) = &review.amendment {
        let text = format!("Amending version {}: {reason}", review.versions.len());
        ui.label(theme::small(text, look).color(look.reviewer_text));
    }
    if let Some(reported) = &state.review.reported {
        let name = reported.file_name().unwrap_or_default().to_string_lossy();
        ui.label(theme::small(format!("Report saved: {name}"), look))
            .on_hover_text(reported.display().to_string());
    }
    ui.horizontal(|ui| {
        for (step, icon) in [
            (ReviewCommand::Undo, Icon::Undo),
            (ReviewCommand::Redo, Icon::Redo),
        ] {
            let enabled = state.can_run_review(step);
            ui.add_enabled_ui(enabled, |ui| {
                if quiet_icon(ui, icon, step.name()).clicked() {
                    actions.push(Action::Run(Command::Review(step)));
                }
            });
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let (next, text) = if review.status() == Status::Signed {
                (ReviewCommand::Amend, "Amend…")
            } else {
                (ReviewCommand::Sign, "Sign…")
            };
            command(ui, state, next, text, actions);
            if state.can_run_review(ReviewCommand::Report) {
                command(ui, state, ReviewCommand::Report, "PDF…", actions);
            }
        });
    });
}

fn command(
    ui: &mut Ui,
    state: &AppState,
    command: ReviewCommand,
    text: &str,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let enabled = state.can_run_review(command);
    let on = state.is_on(Command::Review(command));
    let text = egui::RichText::new(text).font(theme::regular(12.5));
    let mut button = egui::Button::new(text).min_size(vec2(0.0, 24.0));
    if on {
        button = button.fill(look.reviewer_line);
    }
    let button = ui.add_enabled(enabled, button);
    button.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, command.name()));
    let keys = keymap::text(ui.ctx(), Command::Review(command));
    if button
        .on_hover_text(format!("{}  {keys}", command.hint()).trim_end())
        .clicked()
    {
        actions.push(Action::Run(Command::Review(command)));
    }
}

/// The letter that labels a statement, while hot keys label.
pub fn hot_letter(state: &AppState, statement: &str) -> Option<String> {
    let hotkey = hotkeys::of(statement).filter(|_| state.review.annotator)?;
    Some(format!("Shift+{}", hotkey.key.name()))
}
