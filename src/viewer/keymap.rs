//! The keys that run commands: those a command comes with, and those a person has given it instead.

use std::collections::BTreeMap;
use std::sync::Arc;

use eframe::egui::{Context, Id, Key, KeyboardShortcut, Modifiers};

use super::commands::Command;

/// The keys of all commands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keymap {
    /// What differs from what the commands come with; `None` for no key at all.
    own: BTreeMap<&'static str, Option<KeyboardShortcut>>,
}

impl Keymap {
    /// From the settings: a command's name, and its keys as [`written`], empty for none. What is no
    /// command or no key is passed over.
    pub fn from_settings(settings: &BTreeMap<String, String>) -> Self {
        let own = Command::ALL.iter().filter_map(|command| {
            let text = settings.get(command.name())?;
            let keys = if text.is_empty() {
                None
            } else {
                Some(parsed(text)?)
            };
            Some((command.name(), keys))
        });
        Self { own: own.collect() }
    }

    /// For the settings.
    pub fn to_settings(&self) -> BTreeMap<String, String> {
        let text = |keys: &Option<KeyboardShortcut>| keys.as_ref().map(written).unwrap_or_default();
        self.own
            .iter()
            .map(|(name, keys)| ((*name).to_owned(), text(keys)))
            .collect()
    }

    /// The key that runs a command.
    pub fn keys(&self, command: Command) -> Option<KeyboardShortcut> {
        match self.own.get(command.name()) {
            Some(own) => *own,
            None => command.shortcut(),
        }
    }

    /// Whether a command has another key than it came with.
    pub fn is_changed(&self, command: Command) -> bool {
        self.own.contains_key(command.name())
    }

    /// Whether any command has.
    pub fn any_changed(&self) -> bool {
        !self.own.is_empty()
    }

    /// The command that a key runs.
    pub fn command(&self, keys: &KeyboardShortcut) -> Option<Command> {
        Command::ALL
            .iter()
            .copied()
            .find(|command| self.keys(*command).as_ref() == Some(keys))
    }

    /// Gives a command a key, or none; whichever command had it loses it.
    pub fn set(&mut self, command: Command, keys: Option<KeyboardShortcut>) {
        if let Some(other) = keys
            .and_then(|keys| self.command(&keys))
            .filter(|other| *other != command)
        {
            self.put(other, None);
        }
        self.put(command, keys);
    }

    fn put(&mut self, command: Command, keys: Option<KeyboardShortcut>) {
        if keys == command.shortcut() {
            self.own.remove(command.name());
        } else {
            self.own.insert(command.name(), keys);
        }
    }

    /// Gives a command its own key back, unless another command has it now, which is handed back.
    pub fn reset(&mut self, command: Command) -> Option<Command> {
        let taken = command
            .shortcut()
            .and_then(|keys| self.command(&keys))
            .filter(|other| *other != command);
        if taken.is_none() {
            self.own.remove(command.name());
        }
        taken
    }

    /// Gives every command its own key back.
    pub fn reset_all(&mut self) {
        self.own.clear();
    }

    /// Lets the parts of the window know the keys.
    pub fn install(self: &Arc<Self>, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(id(), Arc::clone(self)));
    }
}

fn id() -> Id {
    Id::unique("keymap")
}

/// The key that runs a command in this window.
pub fn keys(ctx: &Context, command: Command) -> Option<KeyboardShortcut> {
    let keymap: Option<Arc<Keymap>> = ctx.data(|data| data.get_temp(id()));
    keymap.map_or_else(|| command.shortcut(), |keymap| keymap.keys(command))
}

/// The keys of a command as people read them; empty where it has none.
pub fn text(ctx: &Context, command: Command) -> String {
    keys(ctx, command)
        .map(|keys| ctx.format_shortcut(&keys))
        .unwrap_or_default()
}

/// As it stands in the settings: `Ctrl+Shift+O`, where Ctrl is the command key on a Mac.
pub fn written(keys: &KeyboardShortcut) -> String {
    let held = keys.modifiers;
    let mut text = String::new();
    for (on, name) in [
        (held.command || held.ctrl, "Ctrl+"),
        (held.alt, "Alt+"),
        (held.shift, "Shift+"),
    ] {
        if on {
            text += name;
        }
    }
    text + keys.logical_key.name()
}

/// What [`written`] wrote.
pub fn parsed(text: &str) -> Option<KeyboardShortcut> {
    let mut held = Modifiers::NONE;
    let mut rest = text;
    loop {
        let (more, after) = match rest.split_once('+') {
            Some(("Ctrl", after)) => (Modifiers::COMMAND, after),
            Some(("Alt", after)) => (Modifiers::ALT, after),
            Some(("Shift", after)) => (Modifiers::SHIFT, after),
            _ => break,
        };
        held = held.plus(more);
        rest = after;
    }
    Some(KeyboardShortcut::new(held, Key::from_name(rest)?))
}

/// A key as it was pressed, as a shortcut; `Err` says why it cannot be one.
pub fn pressed(key: Key, held: Modifiers) -> Result<KeyboardShortcut, &'static str> {
    let mut modifiers = Modifiers::NONE;
    for (on, one) in [
        (held.command || held.ctrl, Modifiers::COMMAND),
        (held.alt, Modifiers::ALT),
        (held.shift, Modifiers::SHIFT),
    ] {
        if on {
            modifiers = modifiers.plus(one);
        }
    }
    // Without these the window could not be worked by keyboard any more.
    let needed = matches!(key, Key::Tab | Key::Enter | Key::Space);
    if needed && !modifiers.command {
        return Err("Tab, Return and Space move through the window and press its buttons.");
    }
    if matches!(key, Key::C | Key::X | Key::V | Key::A) && modifiers == Modifiers::COMMAND {
        return Err("Copy, cut, paste and select all belong to the text that is typed.");
    }
    Ok(KeyboardShortcut::new(modifiers, key))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read_for_the_key_of_every_command() {
        for command in Command::ALL {
            if let Some(keys) = command.shortcut() {
                assert_eq!(parsed(&written(&keys)), Some(keys), "{}", command.name());
            }
        }
        assert_eq!(parsed("Ctrl+Nonsense"), None);
        assert_eq!(parsed(""), None);
    }

    #[test]
    fn a_key_runs_one_command_and_the_one_that_had_it_loses_it() {
        let mut keymap = Keymap::default();
        let keys = Command::Heatmap.shortcut().unwrap();
        assert_eq!(keymap.command(&keys), Some(Command::Heatmap));
        keymap.set(Command::Quiz, Some(keys));
        assert_eq!(keymap.command(&keys), Some(Command::Quiz));
        assert_eq!(keymap.keys(Command::Heatmap), None);
        let kept = Keymap::from_settings(&keymap.to_settings());
        assert_eq!(kept, keymap);
        assert_eq!(
            keymap.reset(Command::Heatmap),
            Some(Command::Quiz),
            "its key is taken"
        );
        assert_eq!(keymap.reset(Command::Quiz), None);
        assert_eq!(keymap.reset(Command::Heatmap), None);
        assert!(!keymap.any_changed());
    }

    #[test]
    fn settings_of_another_version_are_no_trouble() {
        let settings = [
            ("No such command", "Ctrl+J"),
            ("Heatmap", "Hyper+H"),
            ("About HeartBeatAI", ""),
        ];
        let settings = settings.map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        let keymap = Keymap::from_settings(&settings);
        assert_eq!(keymap.keys(Command::Heatmap), Command::Heatmap.shortcut());
        assert_eq!(keymap.keys(Command::About), None);
    }

    #[test]
    fn keys_that_the_window_itself_needs_are_refused() {
        assert!(pressed(Key::Tab, Modifiers::NONE).is_err());
        assert!(pressed(Key::V, Modifiers::COMMAND).is_err());
        let held = Modifiers {
            ctrl: true,
            command: true,
            ..Modifiers::NONE
        };
        assert_eq!(
            pressed(Key::J, held),
            Ok(KeyboardShortcut::new(Modifiers::COMMAND, Key::J))
        );
    }
}
