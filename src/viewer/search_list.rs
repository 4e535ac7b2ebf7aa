//! A field to type into with the list of what fits beneath it, as the palette and the reviewer's searches have it.

use eframe::egui::{Key, Margin, Modifiers, Response, ScrollArea, TextEdit, Ui};

use super::theme;

/// What is typed and which entry of the list is chosen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Search {
    pub query: String,
    pub chosen: usize,
}

/// What the field and the list are called.
pub struct Words<'a> {
    /// Name of the field, for those who listen.
    pub name: &'a str,
    pub hint: &'a str,
    /// What stands in place of an empty list.
    pub nothing: &'a str,
}

/// What a person did with it.
pub enum Sought {
    Nothing,
    /// Typed, or went through the list.
    Changed(Search),
    /// Took the entry at this place.
    Picked(usize),
}

/// Shows the field, which has the keyboard, and `entries` rows beneath it; arrows and Enter go through them.
pub fn show(
    ui: &mut Ui,
    search: &Search,
    words: &Words<'_>,
    entries: usize,
    height: f32,
    mut row: impl FnMut(&mut Ui, usize, bool) -> Response,
) -> Sought {
    let look = theme::look(ui);
    let last = entries.saturating_sub(1);
    let before = search.chosen.min(last);
    let mut next = Search {
        query: search.query.clone(),
        chosen: before,
    };
    let mut picked = step_through(ui, &mut next.chosen, last).then_some(next.chosen);
    let field = TextEdit::singleline(&mut next.query)
        .hint_text(words.hint.to_owned())
        .desired_width(f32::INFINITY)
        .char_limit(200)
        .margin(Margin::symmetric(10, 8))
        .font(theme::regular(15.0));
    let field = ui.add(field).accessible_name(words.name);
    field.request_focus();
    if field.changed() {
        next.chosen = 0;
    }
    ui.add_space(8.0);
    ScrollArea::vertical()
        .max_height(height)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            if entries == 0 {
                ui.label(theme::small(words.nothing, look));
            }
            for entry in 0..entries {
                let chosen = entry == next.chosen;
                let response = row(ui, entry, chosen);
                if chosen && next.chosen != before {
                    response.scroll_to_me(None);
                }
                if response.clicked() {
                    picked = Some(entry);
                }
            }
        });
    match picked.filter(|entry| *entry < entries) {
        Some(entry) => Sought::Picked(entry),
        None if next != *search => Sought::Changed(next),
        None => Sought::Nothing,
    }
}

/// Arrow keys go through the entries; whether Enter takes the chosen one.
fn step_through(ui: &Ui, chosen: &mut usize, last: usize) -> bool {
    ui.input_mut(|input| {
        if input.consume_key(Modifiers::NONE, Key::ArrowDown) {
            *chosen = (*chosen + 1).min(last);
        }
        if input.consume_key(Modifiers::NONE, Key::ArrowUp) {
            *chosen = chosen.saturating_sub(1);
        }
        input.consume_key(Modifiers::NONE, Key::Enter)
    })
}
