//! What a printed page says around the tracing.

use super::compose::{Frame, Remarks};
use super::font::{fitted, text_width};
use super::layout::Arrangement;
use super::unbroken::words;
use super::{Align, Ink, Item, Point, SheetOptions, Weight, footer, header};
use crate::ecg::Recording;

/// Where the header ends and the grid begins, in mm from the top.
pub(super) const HEADER_BOTTOM: f32 = 35.0;
/// Em of ordinary text in mm: 8 pt.
pub(super) const BODY: f32 = 2.9;
/// Em of small print in mm: 7 pt.
pub(super) const SMALL: f32 = 2.4;

/// What a page is about.
pub(super) struct About<'a> {
    pub recording: &'a Recording,
    pub options: &'a SheetOptions,
    pub start_s: f64,
    pub number: usize,
    pub pages: usize,
}

/// Draws everything around the grid.
pub(super) fn draw(
    about: &About<'_>,
    arrangement: &Arrangement,
    remarks: &Remarks,
    frame: &Frame,
    items: &mut Vec<Item>,
) {
    let mut pen = Pen { items };
    header::draw(about, frame, &mut pen);
    footer::draw(about, arrangement, remarks, frame, &mut pen);
}

/// Writes lines of text into the display list.
pub(super) struct Pen<'a> {
    pub items: &'a mut Vec<Item>,
}

impl Pen<'_> {
    pub fn text(
        &mut self,
        x: f32,
        y: f32,
        size: f32,
        weight: Weight,
        ink: Ink,
        text: impl Into<String>,
    ) {
        self.aligned(Align::Left, x, y, size, weight, ink, text.into());
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the fields of one text item, in order"
    )]
    pub fn aligned(
        &mut self,
        align: Align,
        x: f32,
        y: f32,
        size: f32,
        weight: Weight,
        ink: Ink,
        text: String,
    ) {
        if !text.is_empty() {
            self.items.push(Item::Text {
                at: Point { x, y },
                align,
                size,
                weight,
                ink,
                text,
            });
        }
    }
}

/// Sets notes into at most `room` lines of the given width; what does not fit ends in an ellipsis.
pub(super) fn wrapped(notes: &[String], size: f32, width: f32, room: usize) -> Vec<String> {
    let measured = |text: &str| text_width(text, Weight::Regular, size);
    let mut lines = vec![String::new()];
    for word in notes.iter().flat_map(|note| words(note)) {
        let full = lines.len() == room;
        let Some(line) = lines.last_mut() else {
            break;
        };
        if line.is_empty() || full || measured(line) + measured(" ") + measured(&word) <= width {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        } else {
            lines.push(word);
        }
    }
    lines
        .iter()
        .map(|line| fitted(line, Weight::Regular, size, width))
        .collect()
}
