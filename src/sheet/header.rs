//! Who, what was measured, and what the machine reads: the head of a printed page.

use super::compose::Frame;
use super::font::{fitted, text_width};
use super::furniture::{About, BODY, Pen, SMALL, wrapped};
use super::stated::Stated;
use super::{Align, Ink, PrintedFinding, Weight, numbers, review_block};
use crate::ecg::{Patient, Sex};

const HEADER_TOP: f32 = 8.0;
/// Em of the title in mm: 13 pt.
const TITLE: f32 = 4.6;
/// From one line to the next.
const LINE: f32 = 4.0;
/// Lines of body text beneath the title line.
pub(super) const LINES: usize = 5;

/// Draws the header.
pub(super) fn draw(about: &About<'_>, frame: &Frame, pen: &mut Pen<'_>) {
    let (left, right) = (frame.grid.x, frame.grid.right());
    let middle = left + 82.0;
    let last = left + LAST;
    let width = last - middle - 5.0;
    let options = about.options;
    let stated = Stated::of(about.recording, options.anonymous);
    // What the file states is worth more than the name of the record.
    let most = LINES - usize::from(options.review.is_some() && !stated.is_empty());
    let own_width = middle - left - 5.0;
    let identified = identity(about, left, own_width, most, pen);
    let room = match (&options.review, &options.reading) {
        // The last column is the person's; what the machine says goes beneath what was measured.
        (Some(_), Some(_)) => LINES - 2,
        _ => LINES + 1,
    };
    let mut line = measured_block(about, middle, width, room, stated.height(width), pen);
    let (beside, beneath) = (line..room, identified..LINES + 1);
    if stated.height(width) <= beside.len() || beside.len() >= beneath.len() {
        line += stated.draw(middle, width, beside, pen);
    } else {
        stated.draw(left, own_width, beneath, pen);
    }
    match &options.review {
        Some(review) => {
            review_block::draw(review, last, right - last, pen);
            machine_block(about, middle, width, line, pen);
        }
        None => machine_block(about, last, right - last, 0, pen),
    }
}

/// Where the last column begins, in mm from the left of the grid.
const LAST: f32 = 172.0;

/// Width of the last column beside a grid of that width.
pub(super) fn column_width(grid: f32) -> f32 {
    grid - LAST
}

/// Baseline of the title.
pub(super) fn title_y() -> f32 {
    HEADER_TOP + 3.4
}

/// Baseline of a line, 0 being that of the title.
pub(super) fn y_of(line: usize) -> f32 {
    match line.checked_sub(1) {
        None => title_y(),
        Some(line) => line_y(line),
    }
}

/// Height of a line of the header's body, 0 being the one beneath the title.
pub(super) fn line_y(line: usize) -> f32 {
    HEADER_TOP + 8.2 + line as f32 * LINE
}

/// Who it is, in at most so many lines beneath the title. Returns the first line that is free.
pub(super) fn identity(
    about: &About<'_>,
    x: f32,
    width: f32,
    most: usize,
    pen: &mut Pen<'_>,
) -> usize {
    let About {
        recording, options, ..
    } = about;
    let patient = &recording.patient;
    let title = if options.anonymous {
        "Anonymous".to_owned()
    } else {
        [
            patient.name.as_deref(),
            patient.id.as_deref(),
            Some(recording.name.as_str()),
        ]
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty())
        .unwrap_or("Unnamed recording")
        .to_owned()
    };
    let title = fitted(&title, Weight::SemiBold, TITLE, width);
    pen.text(
        x,
        HEADER_TOP + 3.4,
        TITLE,
        Weight::SemiBold,
        Ink::Text,
        title,
    );

    let mut lines = vec![person(patient, options.anonymous)];
    if !options.anonymous {
        if patient.name.is_some() {
            lines.push(
                patient
                    .id
                    .as_ref()
                    .map(|id| format!("ID {id}"))
                    .unwrap_or_default(),
            );
        }
        let started = recording.acquisition.started;
        let when = started.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
        lines.push(joined([when, recording.acquisition.site.clone()]));
    }
    lines.push(recording.acquisition.device.clone().unwrap_or_default());
    if !options.anonymous && (patient.name.is_some() || patient.id.is_some()) {
        lines.push(format!("Record {}", recording.name));
    }
    lines.retain(|line| !line.trim().is_empty());
    lines.truncate(most);
    let free = 1 + lines.len();
    for (index, line) in lines.into_iter().enumerate() {
        let ink = if index == 0 {
            Ink::Text
        } else {
            Ink::TextSecondary
        };
        let line = fitted(&line, Weight::Regular, BODY, width);
        let after = x + text_width(&line, Weight::Regular, BODY) + 3.0;
        pen.text(x, line_y(index), BODY, Weight::Regular, ink, line);
        if index == 0 && recording.simulated {
            pen.text(
                after,
                line_y(0),
                BODY,
                Weight::SemiBold,
                Ink::Warning,
                "SIMULATED",
            );
        }
    }
    free
}

fn person(patient: &Patient, anonymous: bool) -> String {
    let sex = patient.sex.map(|sex| match sex {
        Sex::Female => "female".to_owned(),
        Sex::Male => "male".to_owned(),
        Sex::Other => "sex: other".to_owned(),
    });
    // Ages above 89 identify people (HIPAA safe harbour, 45 CFR 164.514(b)(2)).
    let age = patient
        .age_years
        .filter(|age| age.is_finite())
        .map(|age| match age {
            age if anonymous && age > 89.0 => "over 89 y".to_owned(),
            age if age < 2.0 => format!("{:.0} months", (age * 12.0).floor()),
            age => format!("{:.0} y", age.floor()),
        });
    let born = patient
        .birth_date
        .filter(|_| !anonymous)
        .map(|date| format!("born {date}"));
    let known = joined([sex, age, born]);
    if known.is_empty() {
        "Age and sex not stated".into()
    } else {
        known
    }
}

fn joined(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let known: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.trim().is_empty())
        .collect();
    known.join("  ·  ")
}

/// What was measured, by whom: rate, intervals and axes as a table; `stated` lines of what the file states follow.
/// Returns the first line that is free.
fn measured_block(
    about: &About<'_>,
    x: f32,
    width: f32,
    room: usize,
    stated: usize,
    pen: &mut Pen<'_>,
) -> usize {
    let About {
        recording, options, ..
    } = about;
    let table = numbers::Table::new(
        recording,
        options.measured.as_deref(),
        options.unreliable.is_some(),
    );
    let mut line = table.draw(x, width, pen);
    if let Some(reason) = options
        .unreliable
        .as_ref()
        .filter(|_| options.measured.is_some())
    {
        let warning = wrapped(&[format!("Unreliable: {reason}")], BODY, width, 2);
        for words in warning {
            pen.text(x, y_of(line), BODY, Weight::Regular, Ink::Warning, words);
            line += 1;
        }
    }
    if let Some(by_hand) = &table.by_hand {
        let words = fitted(by_hand, Weight::Regular, SMALL, width);
        pen.text(x, y_of(line), SMALL, Weight::Regular, Ink::Person, words);
        line += 1;
    }
    // The file's own words come before the remark.
    if let Some(remark) = &table.remark
        && line + 1 + stated <= room
    {
        let words = fitted(remark, Weight::Regular, SMALL, width);
        let ink = Ink::TextSecondary;
        pen.text(x, y_of(line), SMALL, Weight::Regular, ink, words);
        line += 1;
    }
    line
}

/// What the machine reads, in the machine's ink and under its name, from this line on: what is present a line each,
/// then in grey what is uncertain.
fn machine_block(about: &About<'_>, x: f32, width: f32, first: usize, pen: &mut Pen<'_>) {
    let Some(reading) = &about.options.reading else {
        return;
    };
    let title = format!("Machine reading, not confirmed · {}", reading.model);
    let title = fitted(&title, Weight::SemiBold, SMALL, width);
    let y = y_of(first);
    pen.text(x, y, SMALL, Weight::SemiBold, Ink::Machine, title);
    let room = LINES.saturating_sub(first);
    let line_y = |line: usize| y_of(first + 1 + line);
    if let Some(reason) = &reading.not_readable {
        let remark = [format!("Not readable, because {reason}")];
        for (index, line) in wrapped(&remark, BODY, width, room).into_iter().enumerate() {
            pen.text(x, line_y(index), BODY, Weight::Regular, Ink::Machine, line);
        }
        return;
    }
    let (uncertain, present): (Vec<_>, Vec<_>) =
        (reading.findings.iter()).partition(|finding| finding.uncertain);
    let mut next = 0;
    if present.is_empty() {
        let none = "No statement is called present";
        pen.text(x, line_y(0), BODY, Weight::Regular, Ink::Machine, none);
        next = 1;
    }
    // What may be is told on a line at least.
    let room = room - usize::from(!uncertain.is_empty()).min(room);
    let shown = match present.len() > room {
        true => room.saturating_sub(1),
        false => room,
    };
    for finding in present.iter().take(shown) {
        present_line(finding, x, width, line_y(next), pen);
        next += 1;
    }
    if present.len() > shown {
        let more = format!("and {} more", present.len() - shown);
        pen.text(x, line_y(next), BODY, Weight::Regular, Ink::Machine, more);
        next += 1;
    }
    uncertain_lines(&uncertain, x, width, first + 1 + next, pen);
}

/// A finding that is present: its name, and its probability or the number that decided.
fn present_line(finding: &PrintedFinding, x: f32, width: f32, y: f32, pen: &mut Pen<'_>) {
    let why = match &finding.by {
        Some(by) => format!("by {by}"),
        None => format!("{:.2}  (≥ {:.2})", finding.probability, finding.threshold),
    };
    let why = fitted(&why, Weight::Regular, BODY, width / 2.0);
    let room = width - text_width(&why, Weight::Regular, BODY) - 3.0;
    let name = fitted(&finding.name, Weight::Regular, BODY, room);
    pen.text(x, y, BODY, Weight::Regular, Ink::Machine, name);
    let (weight, ink) = (Weight::Regular, Ink::Machine);
    pen.aligned(Align::Right, x + width, y, BODY, weight, ink, why);
}

/// What is uncertain, as one grey list under that word.
fn uncertain_lines(
    uncertain: &[&PrintedFinding],
    x: f32,
    width: f32,
    first: usize,
    pen: &mut Pen<'_>,
) {
    const WORD: &str = "Uncertain: ";
    let room = (LINES + 1).saturating_sub(first);
    if uncertain.is_empty() || room == 0 {
        return;
    }
    let indent = text_width(WORD, Weight::SemiBold, BODY) + 0.6;
    let (weight, ink) = (Weight::SemiBold, Ink::TextSecondary);
    pen.text(x, y_of(first), BODY, weight, ink, WORD.trim_end());
    let names: Vec<&str> = uncertain
        .iter()
        .map(|finding| finding.name.as_str())
        .collect();
    let names = [names.join(", ")];
    let lines = wrapped(&names, BODY, width - indent, room);
    for (index, line) in lines.into_iter().enumerate() {
        let y = y_of(first + index);
        pen.text(
            x + indent,
            y,
            BODY,
            Weight::Regular,
            Ink::TextSecondary,
            line,
        );
    }
}
