//! One key for each common statement, from `assets/hotkeys.toml`.

use std::sync::LazyLock;

use eframe::egui::Key;
use serde::Deserialize;

use crate::reading::vocabulary::{self, Statement};

/// How many there are; each is a command.
pub const COUNT: u8 = 26;

/// A letter that, with Shift, puts a statement in or takes it out.
pub struct HotKey {
    pub key: Key,
    pub statement: &'static Statement,
    /// What its command is called.
    pub name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    hotkey: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    key: String,
    statement: String,
}

static HOTKEYS: LazyLock<Vec<HotKey>> = LazyLock::new(|| {
    // Compiled in and held to its count by a test, so a failure here cannot reach a user.
    let file = toml::from_str::<File>(include_str!("../../../assets/hotkeys.toml"));
    let entries = file.map(|file| file.hotkey).unwrap_or_default();
    let hotkey = |entry: Entry| {
        let statement = vocabulary::find(&entry.statement)?;
        Some(HotKey {
            key: Key::from_name(&entry.key)?,
            statement,
            name: format!("Label: {}", statement.name),
        })
    };
    entries.into_iter().filter_map(hotkey).collect()
});

/// The hot key of that number.
pub fn hotkey(number: u8) -> Option<&'static HotKey> {
    HOTKEYS.get(usize::from(number))
}

/// All of them, in the order of their numbers.
pub fn all() -> &'static [HotKey] {
    &HOTKEYS
}

/// The hot key of a statement, if it has one.
pub fn of(statement: &str) -> Option<&'static HotKey> {
    HOTKEYS
        .iter()
        .find(|hotkey| hotkey.statement.id == statement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_key() {
        assert_eq!(HOTKEYS.len(), usize::from(COUNT));
    }
}
