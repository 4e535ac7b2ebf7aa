//! The keys of all commands, shown and changed.

use eframe::egui::{
    self, Event, Key, KeyboardShortcut, Margin, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo,
    vec2,
};

use super::action::{Action, Actions};
use super::commands::{Command, Group, fuzzy};
use super::keymap;
use super::state::{AppState, Dialog};
use super::theme::{self, Look};

/// What the dialog is at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Editing {
    pub query: String,
    /// The command that waits for its key.
    pub waiting: Option<Command>,
    /// A key that already runs another command.
    pub conflict: Option<(KeyboardShortcut, Command)>,
    /// Why the last key was refused.
    pub refused: Option<String>,
}

/// The dialog.
pub fn show(ui: &mut Ui, state: &AppState, editing: &Editing, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(560.0);
    ui.heading("Keyboard shortcuts");
    let hint = match editing.waiting {
        Some(_) => "Press the new key. Esc keeps the old one, Backspace takes it away.",
        None => "Choose a command to give it another key.",
    };
    ui.label(theme::small(hint, look));
    ui.add_space(10.0);
    let mut next = editing.clone();
    if editing.waiting.is_none() {
        let field = TextEdit::singleline(&mut next.query)
            .hint_text("Find a command")
            .desired_width(f32::INFINITY)
            .margin(Margin::symmetric(10, 6));
        ui.add(field).accessible_name("Find a shortcut");
        ui.add_space(8.0);
    }
    if let Some(reason) = &editing.refused {
        ui.label(theme::small(reason, look).color(look.warning));
        ui.add_space(4.0);
    }
    if let (Some(command), Some((keys, other))) = (editing.waiting, editing.conflict) {
        conflict(ui, (command, keys, other), look, &mut next, actions);
    } else if let Some(command) = editing.waiting {
        listen(ui, state, command, &mut next, actions);
    }
    list(ui, state, editing, look, &mut next, actions);
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        if ui.button("Close").clicked() {
            actions.push(Action::Dialog(None));
        }
        let changed = state.keymap.any_changed();
        let all = egui::Button::new("Reset all shortcuts");
        if ui.add_enabled(changed, all).clicked() {
            actions.push(Action::Keys(KeyChange::ResetAll));
        }
    });
    if next != *editing {
        actions.insert(0, Action::Dialog(Some(Dialog::Shortcuts(next))));
    }
}

/// A change of keys.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum KeyChange {
    Set(Command, Option<KeyboardShortcut>),
    Reset(Command),
    ResetAll,
}

/// Takes the next key that is pressed.
fn listen(ui: &Ui, state: &AppState, command: Command, next: &mut Editing, actions: &mut Actions) {
    let pressed = ui.input_mut(|input| {
        let press = input.events.iter().find_map(|event| match event {
            Event::Key {
                key,
                pressed: true,
                modifiers,
                ..
            } => Some((*key, *modifiers)),
            _ => None,
        });
        // The key is told to nobody else: it may close the dialog or press a button.
        input
            .events
            .retain(|event| !matches!(event, Event::Key { .. } | Event::Text(_)));
        press
    });
    let Some((key, held)) = pressed else { return };
    match (key, held.any()) {
        (Key::Escape, false) => (next.waiting, next.refused) = (None, None),
        (Key::Backspace | Key::Delete, false) => {
            actions.push(Action::Keys(KeyChange::Set(command, None)));
            (next.waiting, next.refused) = (None, None);
        }
        _ => match keymap::pressed(key, held) {
            Err(reason) => next.refused = Some(reason.to_owned()),
            Ok(keys) => match state
                .keymap
                .command(&keys)
                .filter(|other| *other != command)
            {
                Some(other) => (next.conflict, next.refused) = (Some((keys, other)), None),
                None => {
                    actions.push(Action::Keys(KeyChange::Set(command, Some(keys))));
                    (next.waiting, next.refused) = (None, None);
                }
            },
        },
    }
}

fn conflict(
    ui: &mut Ui,
    (command, keys, other): (Command, KeyboardShortcut, Command),
    look: &Look,
    next: &mut Editing,
    actions: &mut Actions,
) {
    let frame = egui::Frame::new()
        .fill(look.warning_soft)
        .stroke(egui::Stroke::new(1.0, look.warning))
        .corner_radius(8)
        .inner_margin(Margin::same(12));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let text = ui.ctx().format_shortcut(&keys);
        ui.label(theme::strong(format!(
            "{text} already runs “{}”.",
            other.name()
        )));
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            if ui
                .button(format!("Use it for “{}”", command.name()))
                .clicked()
            {
                actions.push(Action::Keys(KeyChange::Set(command, Some(keys))));
                (next.waiting, next.conflict) = (None, None);
            }
            if ui.button("Leave it as it is").clicked() {
                (next.waiting, next.conflict) = (None, None);
            }
        });
    });
    ui.add_space(8.0);
}

fn list(
    ui: &mut Ui,
    state: &AppState,
    editing: &Editing,
    look: &Look,
    next: &mut Editing,
    actions: &mut Actions,
) {
    let height = (ui.ctx().content_rect().height() - 330.0).clamp(160.0, 460.0);
    ScrollArea::vertical()
        .max_height(height)
        .auto_shrink([false, false])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut none = true;
            for group in Group::ALL {
                let fits = |command: &&Command| {
                    command.group() == group && fuzzy(&editing.query, command.name()).is_some()
                };
                let commands: Vec<Command> = Command::ALL.iter().filter(fits).copied().collect();
                if commands.is_empty() {
                    continue;
                }
                none = false;
                ui.add_space(8.0);
                ui.label(theme::caption(group.title(), look));
                ui.add_space(2.0);
                for command in commands {
                    row(ui, state, command, editing, look, next, actions);
                }
            }
            if none {
                ui.label(theme::small("No command is called that.", look));
            }
        });
}

fn row(
    ui: &mut Ui,
    state: &AppState,
    command: Command,
    editing: &Editing,
    look: &Look,
    next: &mut Editing,
    actions: &mut Actions,
) {
    let waits = editing.waiting == Some(command);
    let changed = state.keymap.is_changed(command);
    let keys = keymap::text(ui.ctx(), command);
    ui.horizontal(|ui| {
        let width = ui.available_width() - if changed { 64.0 } else { 0.0 };
        let (rect, response) = ui.allocate_exact_size(vec2(width, 28.0), Sense::click());
        if waits {
            ui.painter().rect_filled(rect, 6, look.accent_soft);
        } else if response.hovered() {
            ui.painter().rect_filled(rect, 6, look.quiet);
        }
        let middle = rect.center().y;
        let galley =
            ui.painter()
                .layout_no_wrap(command.name().into(), theme::regular(13.0), look.text);
        let at = egui::pos2(rect.left() + 8.0, middle - galley.size().y / 2.0);
        ui.painter().galley(at, galley, look.text);
        let (text, color) = match (waits, keys.is_empty()) {
            (true, _) => ("Press a key…".to_owned(), look.focus),
            (false, true) => ("none".to_owned(), look.tertiary),
            (false, false) => (
                keys.clone(),
                if changed { look.focus } else { look.secondary },
            ),
        };
        let galley = ui
            .painter()
            .layout_no_wrap(text, theme::semi_bold(12.0), color);
        let at = egui::pos2(
            rect.right() - 8.0 - galley.size().x,
            middle - galley.size().y / 2.0,
        );
        ui.painter().galley(at, galley, color);
        let spoken = match keys.is_empty() {
            true => format!("Change the key of {}, now none", command.name()),
            false => format!("Change the key of {}, now {keys}", command.name()),
        };
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, waits, &spoken));
        theme::focus_ring(ui, &response, 6);
        if response.on_hover_text(command.hint()).clicked() {
            next.waiting = Some(command);
            (next.conflict, next.refused) = (None, None);
        }
        if changed {
            let link =
                egui::Button::new(theme::small("Reset", look).color(look.focus)).frame(false);
            let link = ui.add(link);
            let name = format!("Reset the key of {}", command.name());
            link.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            theme::focus_ring(ui, &link, 4);
            if link.clicked() {
                actions.push(Action::Keys(KeyChange::Reset(command)));
            }
        }
    });
}
