//! The learner's panel, where the findings would stand: name what is to be seen, commit, compare.

use std::time::{Duration, Instant};

use eframe::egui::{self, Frame, Key, Margin, Role, ScrollArea, Stroke, TextEdit, Ui, WidgetInfo};

use super::{Attempt, Comparison, Lesson, Quiz, names};
use crate::reading::vocabulary::{self, Statement};
use crate::viewer::action::{Action, Actions};
use crate::viewer::commands::{Command, fuzzy};
use crate::viewer::icons::Icon;
use crate::viewer::keymap;
use crate::viewer::state::{AppState, Progress};
use crate::viewer::theme::{self, Look};

/// The panel.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    // The panel stays as wide as it is, whatever it holds.
    ui.set_min_width(ui.available_width());
    ui.add_space(12.0);
    match &state.teaching.quiz {
        Some(quiz) if quiz.over => return results(ui, quiz, look, actions),
        Some(quiz) => heading(ui, quiz, look),
        None => {
            ui.label(theme::caption("Reading blind", look));
        }
    }
    ui.add_space(4.0);
    let missing = match state.document().map(|document| &document.tracing) {
        Some(Progress::Done(_)) => None,
        Some(Progress::Waiting) => Some("Opening…"),
        Some(Progress::Failed(_)) => Some("This tracing could not be opened."),
        None => Some("Open a tracing, or start a quiz, to read it blind."),
    };
    if let Some(missing) = missing {
        ui.label(theme::small(missing, look));
        if state.document().is_none() {
            ui.add_space(8.0);
            for command in [Command::Quiz, Command::BlindMode] {
                let text = match command {
                    Command::BlindMode => "Leave blind reading",
                    other => other.name(),
                };
                if ui.button(text).clicked() {
                    actions.push(Action::Run(command));
                }
                ui.add_space(4.0);
            }
        }
        return;
    }
    match (state.attempt(), state.compared()) {
        (Some(attempt), Some((key, comparison))) => {
            compared(ui, state, attempt, &key, &comparison, look, actions);
        }
        (attempt, _) => ask(ui, state, attempt, look, actions),
    }
}

fn heading(ui: &mut Ui, quiz: &Quiz, look: &Look) {
    ui.horizontal(|ui| {
        let text = format!("Case {} of {}", quiz.at + 1, quiz.cases.len());
        ui.label(theme::strong(text));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let committed = quiz.case().is_some_and(|case| case.attempt.committed());
            if let Some(left) = quiz.left(Instant::now()).filter(|_| !committed) {
                let color = if left < Duration::from_secs(10) {
                    look.warning
                } else {
                    look.secondary
                };
                ui.label(theme::small(format!("{} left", clock(left)), look).color(color));
            } else if let Some(score) = quiz.score() {
                ui.label(theme::small(format!("Score {:.0} %", 100.0 * score), look));
            }
        });
    });
}

fn clock(time: Duration) -> String {
    // A second that has begun still counts.
    let seconds = time.as_secs_f64().ceil() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// Statements that a query may mean, best first.
fn found(query: &str, named: &[String]) -> Vec<&'static Statement> {
    if query.trim().is_empty() {
        return Vec::new();
    }
    let free = vocabulary::statements()
        .iter()
        .filter(|s| !named.contains(&s.id));
    let mut found: Vec<(i32, &Statement)> = free
        .filter_map(|statement| {
            let score = fuzzy(query, &statement.name).max(fuzzy(query, &statement.id))?;
            Some((score, statement))
        })
        .collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found
        .into_iter()
        .take(8)
        .map(|(_, statement)| statement)
        .collect()
}

fn ask(
    ui: &mut Ui,
    state: &AppState,
    attempt: Option<&Attempt>,
    look: &Look,
    actions: &mut Actions,
) {
    ui.label("What do you see?");
    ui.label(theme::small(
        "Machine, device and labels stay hidden until you commit.",
        look,
    ));
    ui.add_space(10.0);
    let nothing = Vec::new();
    let named = attempt.map_or(&nothing, |attempt| &attempt.named);
    let mut query = state.teaching.query.clone();
    let matching = found(&query, named);
    let field = TextEdit::singleline(&mut query)
        .hint_text("Name a finding")
        .desired_width(f32::INFINITY)
        .margin(Margin::symmetric(10, 6));
    let field = ui.add(field).accessible_name("Name a finding");
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if field.changed() {
        actions.push(Action::Learn(Lesson::Typed(query)));
    }
    if let Some(first) = matching.first().filter(|_| enter) {
        actions.push(Action::Learn(Lesson::Name(first.id.clone())));
        field.request_focus();
    }
    ui.add_space(4.0);
    for statement in &matching {
        let item = egui::Button::new(statement.name.as_str()).frame_when_inactive(false);
        let item = ui.add_sized([ui.available_width(), 26.0], item);
        item.widget_info(|| {
            WidgetInfo::labeled(
                Role::ListBoxOption,
                true,
                format!("Name {}", statement.name),
            )
        });
        if item.on_hover_text(&statement.criterion).clicked() {
            actions.push(Action::Learn(Lesson::Name(statement.id.clone())));
        }
    }
    if !matching.is_empty() {
        ui.add_space(6.0);
    }
    for id in named {
        let name = names(std::slice::from_ref(id));
        let frame = Frame::new()
            .fill(look.accent_soft)
            .corner_radius(6)
            .inner_margin(Margin::symmetric(10, 4));
        frame.show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.set_width(ui.available_width());
                ui.label(theme::strong(&name));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    let take_back = format!("Take back {name}");
                    if crate::viewer::widgets::quiet_icon(ui, Icon::Close, &take_back).clicked() {
                        actions.push(Action::Learn(Lesson::Name(id.clone())));
                    }
                });
            });
        });
        ui.add_space(2.0);
    }
    ui.add_space(10.0);
    let keys = keymap::text(ui.ctx(), Command::Commit);
    let text = theme::strong("Commit").color(look.on_accent);
    let button = egui::Button::new(text).fill(look.accent);
    let button = ui.add_sized([ui.available_width(), 32.0], button);
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, Command::Commit.name()));
    theme::focus_ring(ui, &button, 6);
    if button
        .on_hover_text(format!("{}  {keys}", Command::Commit.hint()))
        .clicked()
    {
        actions.push(Action::Run(Command::Commit));
    }
    if named.is_empty() {
        ui.add_space(4.0);
        ui.label(theme::small(
            "Nothing named yet: committing now says that there is nothing to see.",
            look,
        ));
    }
}

#[allow(clippy::too_many_arguments)]
fn compared(
    ui: &mut Ui,
    state: &AppState,
    attempt: &Attempt,
    key: &super::Key,
    comparison: &Comparison,
    look: &Look,
    actions: &mut Actions,
) {
    if attempt.overtaken {
        ui.label(theme::small("The time was up.", look).color(look.warning));
    }
    match comparison.score() {
        Some(score) => {
            let verdict = match () {
                () if score >= 1.0 => "All of it".to_owned(),
                () if score <= 0.0 => "Not this time".to_owned(),
                () => format!("Partly: {:.0} %", 100.0 * score),
            };
            ui.label(
                egui::RichText::new(verdict)
                    .font(theme::semi_bold(16.0))
                    .color(look.text),
            );
        }
        None => {
            ui.label(theme::small(
                "Nobody has labelled this tracing; the machine's word stands alone.",
                look,
            ));
        }
    }
    if let Some(teaching) = &key.teaching {
        ui.add_space(4.0);
        ui.label(teaching);
    }
    ui.add_space(8.0);
    let machine = state.machine_names();
    let room = ui.available_height() - 96.0;
    ScrollArea::vertical()
        .max_height(room.max(120.0))
        .auto_shrink([false, true])
        .show(ui, |ui| {
            for (title, ids, color) in [
                ("You saw it", &comparison.right, look.person_text),
                ("You missed it", &comparison.missed, look.warning),
                ("Not in the labels", &comparison.wrong, look.error),
            ] {
                for (place, id) in ids.iter().enumerate() {
                    if place == 0 {
                        ui.add_space(6.0);
                        ui.label(theme::caption(title, look).color(color));
                    }
                    statement(ui, id, machine.contains(id), color, look, actions);
                }
            }
            let alone: Vec<String> = machine
                .iter()
                .filter(|id| !key.statements.contains(id) && !attempt.named.contains(id))
                .cloned()
                .collect();
            if !alone.is_empty() {
                ui.add_space(8.0);
                ui.label(theme::caption("Only the machine says", look).color(look.machine_text));
                ui.label(theme::small(names(&alone), look).color(look.machine_text));
            }
            if machine.is_empty() {
                ui.add_space(8.0);
                ui.label(
                    theme::small("The machine names nothing here.", look).color(look.machine_text),
                );
            }
        });
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        if let Some(quiz) = &state.teaching.quiz {
            let last = quiz.at + 1 == quiz.cases.len();
            if ui
                .button(theme::strong(if last { "Results" } else { "Next case" }))
                .clicked()
            {
                actions.push(Action::Run(Command::NextCase));
            }
            if ui.button(Command::EndQuiz.name()).clicked() {
                actions.push(Action::Run(Command::EndQuiz));
            }
        } else {
            if ui
                .button(theme::strong(Command::NextTracing.name()))
                .clicked()
            {
                actions.push(Action::Run(Command::NextTracing));
            }
            if ui.button("Leave blind reading").clicked() {
                actions.push(Action::Run(Command::BlindMode));
            }
        }
    });
}

/// A statement with its criterion, whether the machine says so too, and where it is to be seen.
fn statement(
    ui: &mut Ui,
    id: &str,
    machine: bool,
    color: egui::Color32,
    look: &Look,
    actions: &mut Actions,
) {
    let Some(statement) = vocabulary::find(id) else {
        return;
    };
    let frame = Frame::new()
        .stroke(Stroke::new(1.0, look.line))
        .corner_radius(6)
        .inner_margin(Margin::symmetric(10, 8));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(theme::strong(&statement.name).color(color));
        ui.label(theme::small(&statement.criterion, look));
        ui.horizontal(|ui| {
            let said = if machine {
                "The machine says so too"
            } else {
                "The machine does not say so"
            };
            ui.label(theme::small(said, look).color(look.machine_text));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let link =
                    egui::Button::new(theme::small("Where", look).color(look.focus)).frame(false);
                let link = ui.add(link);
                let name = format!("Where is {}", statement.name);
                link.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                theme::focus_ring(ui, &link, 4);
                if link
                    .on_hover_text("Marks the place on the paper.")
                    .clicked()
                {
                    actions.push(Action::Learn(Lesson::Show(id.to_owned())));
                }
            });
        });
    });
    ui.add_space(4.0);
}

fn results(ui: &mut Ui, quiz: &Quiz, look: &Look, actions: &mut Actions) {
    ui.label(theme::caption("Results", look));
    let score = quiz.score().map_or("No labelled case".to_owned(), |score| {
        format!("{:.0} %", 100.0 * score)
    });
    ui.label(
        egui::RichText::new(&score)
            .font(theme::semi_bold(28.0))
            .color(look.text),
    );
    ui.label(theme::small(
        "Mean over the cases of the share that was both named and true, of all that was named or true.",
        look,
    ));
    ui.add_space(10.0);
    let room = ui.available_height() - 84.0;
    ScrollArea::vertical()
        .max_height(room.max(120.0))
        .auto_shrink([false, true])
        .show(ui, |ui| {
            for (number, case) in quiz.cases.iter().enumerate() {
                let score = case.comparison.as_ref().and_then(Comparison::score);
                let key = case.key.clone().unwrap_or_default();
                ui.horizontal(|ui| {
                    ui.label(theme::strong(format!("{}", number + 1)).color(look.secondary));
                    ui.vertical(|ui| {
                        ui.set_width(ui.available_width() - 48.0);
                        ui.label(names(&key.statements));
                        let said = if case.attempt.named.is_empty() {
                            "nothing named".to_owned()
                        } else {
                            names(&case.attempt.named)
                        };
                        ui.label(theme::small(said, look));
                    });
                    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                        let text =
                            score.map_or("–".into(), |score| format!("{:.0} %", 100.0 * score));
                        ui.label(theme::strong(text));
                    });
                });
                ui.add_space(4.0);
            }
        });
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        if ui
            .button(theme::strong(Command::SaveResults.name()))
            .clicked()
        {
            actions.push(Action::Run(Command::SaveResults));
        }
        if ui.button(Command::EndQuiz.name()).clicked() {
            actions.push(Action::Run(Command::EndQuiz));
        }
    });
}
