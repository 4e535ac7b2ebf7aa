//! The keys of the window.

use eframe::egui::{self, Context, Key, Modifiers};

use crate::viewer::action::{Action, Actions};
use crate::viewer::commands::Command;
use crate::viewer::state::{AppState, Dialog};

/// Commands whose keys were pressed. Letters belong to a text field while one is typed into, and arrows
/// to a control that has the focus.
pub(super) fn commands(ctx: &Context, state: &AppState) -> Actions {
    // A command that waits for its key gets it, whatever else that key does.
    if matches!(&state.dialog, Some(Dialog::Shortcuts(editing)) if editing.waiting.is_some()) {
        return Actions::new();
    }
    let typing = ctx.text_edit_focused() || state.dialog.is_some();
    let focused = ctx.memory(|memory| memory.focused()).is_some() || egui::Popup::is_any_open(ctx);
    let mut keys: Vec<_> = Command::ALL
        .iter()
        .filter_map(|command| Some((state.keymap.keys(*command)?, *command)))
        .collect();
    // A key would also match with more modifiers held than it wants, so those that want most go first.
    let held = |modifiers: Modifiers| {
        let held = [modifiers.command, modifiers.alt, modifiers.shift];
        held.into_iter().filter(|held| *held).count()
    };
    keys.sort_by_key(|(shortcut, _)| std::cmp::Reverse(held(shortcut.modifiers)));
    let mut actions = Actions::new();
    for (shortcut, command) in keys {
        let function =
            shortcut.logical_key.name().len() > 1 && shortcut.logical_key.name().starts_with('F');
        let bare = matches!(shortcut.modifiers, Modifiers::NONE | Modifiers::SHIFT) && !function;
        let yields = command.yields_to_focus() || command == Command::NoFinding;
        if ((bare || command.yields_to_text()) && typing)
            || (yields && focused)
            || (state.dialog.is_some() && command != Command::Palette)
        {
            continue;
        }
        let also = matches!(command, Command::ZoomIn | Command::LargerText).then_some(Key::Equals);
        let pressed = ctx.input_mut(|input| {
            input.consume_shortcut(&shortcut)
                || also.is_some_and(|key| input.consume_key(shortcut.modifiers, key))
        });
        if pressed {
            actions.push(Action::Run(command));
        }
    }
    actions
}
