//! What a person says of the tracing: in a person's ink, with who and when, and whether it is signed.

use super::font::fitted;
use super::footer::DISCLAIMER;
use super::furniture::{About, BODY, HEADER_BOTTOM, Pen, SMALL, wrapped};
use super::header::{self, LINES, line_y, title_y};
use super::{Ink, Item, Page, PrintedReview, Rect, Sheet, SheetOptions, Weight};
use crate::ecg::Recording;

/// Left and right of a page of words, in mm.
const MARGIN: f32 = 16.0;

impl PrintedReview {
    fn title(&self) -> &'static str {
        if self.signed {
            "Report, signed"
        } else {
            "Preliminary report, not signed"
        }
    }

    fn ink(&self) -> Ink {
        if self.signed {
            Ink::Person
        } else {
            Ink::Warning
        }
    }

    /// `Atrial fibrillation; PVC; uncertain: left ventricular hypertrophy`.
    fn findings_in_words(&self) -> String {
        let uncertain = self
            .uncertain
            .iter()
            .map(|name| format!("uncertain: {name}"));
        let all: Vec<String> = self.findings.iter().cloned().chain(uncertain).collect();
        all.join("; ")
    }
}

/// Draws the block.
pub(super) fn draw(review: &PrintedReview, x: f32, width: f32, pen: &mut Pen<'_>) {
    let ink = review.ink();
    pen.text(x, title_y(), SMALL, Weight::SemiBold, ink, review.title());
    let (lines, whole) = body(review, width);
    for (index, (weight, line)) in lines.into_iter().enumerate() {
        pen.text(x, line_y(index), BODY, weight, Ink::Person, line);
    }
    let more = if whole {
        ""
    } else {
        "  (in full on the last page)"
    };
    let standing = review.standing.clone() + more;
    let standing = fitted(&standing, Weight::Regular, SMALL, width);
    pen.text(x, line_y(LINES - 1), SMALL, Weight::Regular, ink, standing);
}

/// Findings and conclusion in the lines above the signature, and whether they fit.
fn body(review: &PrintedReview, width: f32) -> (Vec<(Weight, String)>, bool) {
    let room = LINES - 1;
    let mut lines = Vec::new();
    let findings = review.findings_in_words();
    let full = full_lines(&findings, width);
    let conclusion = full_lines(&review.conclusion, width);
    let whole = full.len() + conclusion.len() <= room;
    // The conclusion is a person's own words: it has a line at least.
    let for_findings = if conclusion.is_empty() {
        room
    } else {
        room - 1
    };
    let set = |text: &str, room: usize| wrapped(&[text.to_owned()], BODY, width, room);
    if !findings.is_empty() {
        let set = set(&findings, full.len().min(for_findings).max(1));
        lines.extend(set.into_iter().map(|line| (Weight::SemiBold, line)));
    }
    if !conclusion.is_empty() {
        let set = set(&review.conclusion, (room - lines.len().min(room)).max(1));
        lines.extend(set.into_iter().map(|line| (Weight::Regular, line)));
    }
    if lines.is_empty() {
        lines.push((Weight::Regular, "No finding, no conclusion.".to_owned()));
    }
    lines.truncate(room);
    (lines, whole)
}

/// The text in as many lines as it takes; none for an empty one.
fn full_lines(text: &str, width: f32) -> Vec<String> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    wrapped(&[text.to_owned()], BODY, width, MOST_LINES)
}

/// A page holds no more lines than this.
const MOST_LINES: usize = 40;

/// A page with the whole report, where the head of the tracing's page has no room for it; `None` where it has.
pub fn report_page(recording: &Recording, options: &SheetOptions) -> Option<Sheet> {
    let review = options.review.as_ref()?;
    let (width, height) = match options.page {
        Page::A4 => (297.0, 210.0),
        Page::Letter => (279.4, 215.9),
        Page::Screen => return None,
    };
    let (left, right) = (MARGIN, width - MARGIN);
    if body(review, header::column_width(right - left)).1 {
        return None;
    }
    let whole = Rect {
        x: 0.0,
        y: 0.0,
        width,
        height,
    };
    let mut items = vec![Item::Fill {
        rect: whole,
        ink: Ink::Paper,
    }];
    let mut pen = Pen { items: &mut items };
    let about = About {
        recording,
        options,
        start_s: options.start_s,
        number: 1,
        pages: 1,
    };
    header::identity(&about, left, right - left, LINES, &mut pen);
    let mut y = HEADER_BOTTOM + 8.0;
    let ink = review.ink();
    let room = right - left;
    let mut lines = vec![
        (4.6, Weight::SemiBold, ink, review.title().to_owned()),
        (BODY, Weight::Regular, ink, review.standing.clone()),
        (BODY, Weight::Regular, ink, String::new()),
    ];
    let mut words = |text: &str, weight| {
        let set = full_lines(text, room);
        lines.extend(
            set.into_iter()
                .map(|line| (BODY, weight, Ink::Person, line)),
        );
    };
    words(&review.findings_in_words(), Weight::SemiBold);
    for paragraph in review.conclusion.lines() {
        words(paragraph, Weight::Regular);
    }
    for (size, weight, ink, line) in lines.into_iter().take(MOST_LINES) {
        pen.text(left, y, size, weight, ink, line);
        y += size * 1.45;
    }
    let (ink, last) = (Ink::TextSecondary, height - 7.0);
    pen.text(left, last, SMALL, Weight::Regular, ink, DISCLAIMER);
    Some(Sheet {
        width,
        height,
        items,
        panels: Vec::new(),
    })
}
