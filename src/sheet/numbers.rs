//! Rate, intervals and axes as a small table in the head of a printed page: ours in one row, the device's in the next,
//! so that both can be held against each other at a glance.

use super::font::{fitted, text_width};
use super::furniture::{BODY, Pen, SMALL};
use super::header::y_of;
use super::{Align, Ink, Weight};
use crate::ecg::{Recording, ReportedValue};
use crate::measure::device::compare;
use crate::measure::{Measurements, Number, Value};

/// A quantity: what heads its column, its name, the device's names of it, and ours.
type Quantity = (
    &'static str,
    &'static str,
    &'static [&'static str],
    fn(&Measurements) -> &Option<Value>,
);

const QUANTITIES: [Quantity; 9] = [
    ("Rate", "heart_rate", &["heart_rate"], |m| &m.heart_rate),
    ("PR", "pr", &["pr"], |m| &m.pr),
    ("QRS", "qrs", &["qrs"], |m| &m.qrs),
    ("QT", "qt", &["qt"], |m| &m.qt),
    ("QTcB", "qtc_bazett", &["qtc_bazett", "qtc"], |m| {
        &m.qtc.bazett
    }),
    ("QTcF", "qtc_fridericia", &["qtc_fridericia"], |m| {
        &m.qtc.fridericia
    }),
    ("P°", "p_axis", &["p_axis"], |m| &m.p_axis),
    ("QRS°", "qrs_axis", &["qrs_axis"], |m| &m.qrs_axis),
    ("T°", "t_axis", &["t_axis"], |m| &m.t_axis),
];

/// Least room between two columns in mm, and room for the names of the rows.
const GAP: f32 = 1.0;
const NAMES: f32 = 14.8;

/// One number on the page.
struct Cell {
    text: String,
    weight: Weight,
    ink: Ink,
}

/// A column: its head, ours and the device's.
struct Column {
    head: &'static str,
    ours: Option<Cell>,
    device: Option<Cell>,
}

/// The table, and what stands beside it.
pub(super) struct Table {
    columns: Vec<Column>,
    /// Which of ours a person has set, by whom.
    pub by_hand: Option<String>,
    /// What is said of a QTc without a formula.
    pub remark: Option<String>,
}

impl Table {
    /// `unreliable`: ours are not to be relied on.
    pub fn new(recording: &Recording, measured: Option<&Measurements>, unreliable: bool) -> Self {
        let compared = measured.map_or_else(Vec::new, |own| compare(recording, own));
        let mut by_hand: Vec<&str> = Vec::new();
        let mut columns: Vec<Column> = QUANTITIES
            .iter()
            .map(|(head, name, names, ours)| {
                let value = measured.and_then(|own| ours(own).as_ref());
                let hand = measured.is_some_and(|own| own.set_by_hand(name).is_some());
                if hand {
                    by_hand.push(head);
                }
                let reported = reported(recording, names);
                let differs = compared
                    .iter()
                    .any(|own| own.marked && names.contains(&own.name.as_str()));
                Column {
                    head,
                    ours: value.map(|value| own_cell(value, hand, unreliable)),
                    device: reported.map(|value| device_cell(value, differs)),
                }
            })
            .collect();
        // Bazett's is there to be held against the device's.
        columns.retain(|own| own.device.is_some() || (own.ours.is_some() && own.head != "QTcB"));
        let reader = measured.and_then(|own| own.by_hand.as_ref());
        let reader = reader.map_or("", |hand| &hand.reader);
        let against = compared.iter().find_map(|own| own.against);
        Self {
            columns,
            by_hand: (!by_hand.is_empty())
                .then(|| format!("{} set by {reader}", by_hand.join(", "))),
            remark: against.map(|against| format!("Device's QTc held against {against}")),
        }
    }

    /// Draws it and returns how many lines it took, its heads being in the title line.
    pub fn draw(&self, x: f32, width: f32, pen: &mut Pen<'_>) -> usize {
        if self.columns.is_empty() {
            return 0;
        }
        let (size, places) = self.places(x, width);
        let heads = self.columns.iter().map(|own| own.head);
        let ink = Ink::TextSecondary;
        pen.text(x, y_of(0), SMALL, Weight::Regular, ink, "/min, ms, °");
        for (head, (right, _)) in heads.zip(&places) {
            let (y, text) = (y_of(0), head.to_owned());
            pen.aligned(Align::Right, *right, y, SMALL, Weight::SemiBold, ink, text);
        }
        let ours: Vec<_> = self.columns.iter().map(|own| own.ours.as_ref()).collect();
        let device: Vec<_> = self.columns.iter().map(|own| own.device.as_ref()).collect();
        let rows = [("HeartBeatAI", ours), ("Device", device)];
        let rows = rows
            .iter()
            .filter(|(_, row)| row.iter().any(Option::is_some));
        let mut line = 1;
        for (name, row) in rows {
            let y = y_of(line);
            pen.text(x, y, SMALL, Weight::SemiBold, ink, *name);
            for (cell, (right, room)) in row.iter().zip(&places) {
                let (text, weight, ink) = match cell {
                    Some(cell) => (
                        fitted(&cell.text, cell.weight, size, *room),
                        cell.weight,
                        cell.ink,
                    ),
                    None => ("–".to_owned(), Weight::Regular, ink),
                };
                pen.aligned(Align::Right, *right, y, size, weight, ink, text);
            }
            line += 1;
        }
        line
    }

    /// Size of the numbers, and of each column the right edge and the width.
    fn places(&self, x: f32, width: f32) -> (f32, Vec<(f32, f32)>) {
        let room = width - NAMES;
        let wide = |size: f32| -> Vec<f32> {
            let columns = self.columns.iter();
            columns
                .map(|own| {
                    let cells = [&own.ours, &own.device].into_iter().flatten();
                    let cells = cells.map(|cell| text_width(&cell.text, cell.weight, size));
                    cells.fold(text_width(own.head, Weight::SemiBold, SMALL), f32::max)
                })
                .collect()
        };
        let count = self.columns.len() as f32;
        let fits = |widths: &[f32]| widths.iter().sum::<f32>() + GAP * count <= room;
        let (size, widths) = [BODY, 2.6, SMALL]
            .into_iter()
            .map(|size| (size, wide(size)))
            .find(|(_, widths)| fits(widths))
            // Numbers that no tracing has take what they get.
            .unwrap_or_else(|| (SMALL, vec![room / count - GAP; self.columns.len()]));
        let spare = room - widths.iter().sum::<f32>();
        let gap = (spare / count).min(4.0);
        let mut right = x + NAMES;
        let places = widths.into_iter().map(|width| {
            right += gap + width;
            (right, width)
        });
        (size, places.collect())
    }
}

fn own_cell(value: &Value, by_hand: bool, unreliable: bool) -> Cell {
    let (weight, ink) = match (by_hand, unreliable) {
        (true, _) => (Weight::SemiBold, Ink::Person),
        (false, true) => (Weight::Regular, Ink::TextSecondary),
        (false, false) => (Weight::Regular, Ink::Text),
    };
    Cell {
        text: Number::of(value.value, &value.unit).text,
        weight,
        ink,
    }
}

fn device_cell(value: &ReportedValue, differs: bool) -> Cell {
    let text = Number::of(value.value, &value.unit).text;
    match differs {
        // The sign says it on paper without colour.
        true => Cell {
            text: format!("≠{text}"),
            weight: Weight::SemiBold,
            ink: Ink::Warning,
        },
        false => Cell {
            text,
            weight: Weight::Regular,
            ink: Ink::Text,
        },
    }
}

/// What the device calls by the first of these names that it uses.
fn reported<'a>(recording: &'a Recording, names: &[&str]) -> Option<&'a ReportedValue> {
    let mut values = names.iter().filter_map(|name| {
        let mut all = recording.device_measurements.iter();
        all.find(|value| value.name == **name)
    });
    values.next()
}

/// What the device has measured beyond the table.
pub(super) fn beyond(recording: &Recording) -> impl Iterator<Item = &ReportedValue> {
    let shown: Vec<&ReportedValue> = QUANTITIES
        .iter()
        .filter_map(|(_, _, names, _)| reported(recording, names))
        .collect();
    let all = recording.device_measurements.iter();
    all.filter(move |value| !shown.iter().any(|own| std::ptr::eq(*own, *value)))
}
