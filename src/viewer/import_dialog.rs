//! What is asked about a table that does not state its rate or its unit, before it is drawn on paper whose grid
//! depends on both.

use eframe::egui::{Grid, ScrollArea, TextEdit, Ui};

use super::action::{Action, Actions};
use super::state::{Dialog, Import};
use super::theme;
use crate::formats::TableLayout;

/// Units that a value of an electrocardiogram may have.
const UNITS: [(&str, &str); 3] = [("uV", "Microvolts"), ("mV", "Millivolts"), ("V", "Volts")];
/// Delimiters by their names.
const DELIMITERS: [(char, &str); 4] = [
    (',', "Comma"),
    (';', "Semicolon"),
    ('\t', "Tab"),
    (' ', "Space"),
];
const WIDTH: f32 = 620.0;

/// Shows the dialog; what is changed in it comes back as an action.
pub fn show(ui: &mut Ui, import: &Import, actions: &mut Actions) {
    let look = theme::look(ui);
    let mut next = import.clone();
    let mut open = false;
    ui.set_width(WIDTH);
    ui.heading("What does this table hold?");
    let name = import.question.path.file_name().unwrap_or_default();
    ui.label(theme::small(name.to_string_lossy(), look));
    ui.add_space(8.0);
    let missing = import.question.missing;
    if missing.sampling_rate {
        ui.horizontal(|ui| {
            let label = ui.label("Samples a second (Hz)");
            let field = TextEdit::singleline(&mut next.rate)
                .desired_width(90.0)
                .hint_text("500");
            ui.add(field).labelled_by(label.id);
            if !next.rate.trim().is_empty() && next.rate_hz().is_none() {
                ui.label(theme::small("1 to 100,000", look));
            }
        });
    }
    if missing.unit {
        ui.horizontal(|ui| {
            ui.label("One unit of a value is");
            for (unit, name) in UNITS {
                let on = next.unit.as_deref() == Some(unit);
                if ui.radio(on, name).clicked() {
                    next.unit = Some(unit.to_owned());
                }
            }
        });
    }
    if import.question.preview.is_some() {
        layout(ui, import, &mut next, actions);
    }
    ui.add_space(8.0);
    ui.checkbox(
        &mut next.always,
        "Open tables like this one so without asking",
    );
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        ui.add_enabled_ui(next.is_complete(), |ui| {
            open = ui.button("Open the table").clicked();
        });
        if ui.button("Cancel").clicked() {
            actions.push(Action::CancelImport);
        }
    });
    if open {
        actions.push(Action::Import(Box::new(next)));
    } else if next != *import {
        actions.push(Action::Dialog(Some(Dialog::Import(Box::new(next)))));
    }
}

/// Width of a column: the name of a lead, or of a column that is none, can be read in it.
const COLUMN: f32 = 84.0;

/// How the rows are cut, and what the columns are called.
fn layout(ui: &mut Ui, import: &Import, next: &mut Import, actions: &mut Actions) {
    let look = theme::look(ui);
    let Some(preview) = &import.question.preview else {
        return;
    };
    let mut cut: Option<TableLayout> = None;
    let again = |delimiter, decimal_comma| TableLayout {
        delimiter,
        decimal_comma,
        columns: Vec::new(),
    };
    let now = &import.layout;
    ui.horizontal(|ui| {
        ui.label("Columns are parted by");
        for (delimiter, name) in DELIMITERS {
            let on = now.delimiter == Some(delimiter);
            if ui.radio(on, name).clicked() && !on {
                cut = Some(again(Some(delimiter), now.decimal_comma));
            }
        }
    });
    let mut comma = now.decimal_comma == Some(true);
    if ui
        .checkbox(&mut comma, "Decimal comma (0,5 is a half)")
        .changed()
    {
        cut = Some(again(now.delimiter, Some(comma)));
    }
    if let Some(layout) = cut {
        actions.push(Action::Recut(
            import.generation,
            import.question.path.clone(),
            layout,
        ));
    }
    ui.add_space(8.0);
    ui.label(theme::small(
        "Name each column by its lead; one that is emptied is left out.",
        look,
    ));
    ScrollArea::horizontal().show(ui, |ui| {
        let rows = Grid::new("first rows").striped(true).min_col_width(COLUMN);
        rows.show(ui, |ui| {
            for (index, name) in next.layout.columns.iter_mut().enumerate() {
                ui.add_sized([COLUMN, 26.0], TextEdit::singleline(name))
                    .accessible_name(format!("Name of column {}", index + 1));
            }
            ui.end_row();
            for row in &preview.rows {
                for field in row {
                    ui.label(theme::small(field, look));
                }
                ui.end_row();
            }
        });
    });
}
