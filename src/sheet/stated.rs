//! What the file itself states: the device's words and the diagnoses that came with it, then the numbers that have no
//! column of their own.

use super::font::{fitted, text_width};
use super::furniture::{BODY, Pen, SMALL, wrapped};
use super::header::y_of;
use super::{Ink, Weight, numbers};
use crate::ecg::{Diagnosis, Recording, ReportedValue};
use crate::reading::vocabulary::{self, Statement};

/// A statement of the file.
#[derive(Debug, Clone, PartialEq)]
pub struct FileStatement {
    /// In words, with its code where it has one.
    pub words: String,
    /// The statement of the vocabulary that it means, where it means one exactly.
    pub meaning: Option<&'static Statement>,
    /// Whether it is a code of a published system, not words that could name somebody.
    coded: bool,
}

impl FileStatement {
    fn of_device(words: &str) -> Self {
        Self {
            words: words.to_owned(),
            meaning: meaning("text", words),
            coded: false,
        }
    }

    fn of_diagnosis(diagnosis: &Diagnosis) -> Self {
        let meaning = meaning(&diagnosis.system, &diagnosis.code);
        let words = match meaning {
            Some(statement) if diagnosis.system != "text" => {
                format!("{} ({})", statement.name, diagnosis.code)
            }
            _ => diagnosis.code.clone(),
        };
        Self {
            words,
            meaning,
            coded: ["snomed-ct", "scp-ecg"].contains(&diagnosis.system.as_str()),
        }
    }
}

/// Everything that a file states in words, the device's own first.
pub fn file_statements(recording: &Recording) -> Vec<FileStatement> {
    let words = recording.device_statements.iter();
    let diagnoses = recording.diagnoses.iter();
    let words = words.map(|words| FileStatement::of_device(words));
    words
        .chain(diagnoses.map(FileStatement::of_diagnosis))
        .collect()
}

/// The statement of the vocabulary that a code or the words mean, where they mean one exactly.
fn meaning(system: &str, code: &str) -> Option<&'static Statement> {
    match system {
        "snomed-ct" => vocabulary::by_snomed(code),
        "scp-ecg" => {
            let mut meant = vocabulary::by_scp(code);
            let only = meant.next()?;
            meant.next().is_none().then_some(only)
        }
        _ => {
            let words = code.trim().trim_end_matches('.');
            vocabulary::statements()
                .iter()
                .find(|statement| statement.name.eq_ignore_ascii_case(words))
        }
    }
}

/// What stands above it, on paper and in the window.
pub const STATED: &str = "Stated in the file (device)";
/// The same before the words in their line, where there is little room.
const SHORT_HEAD: &str = "In the file:";

/// What the head of a page says of it: the statements, then the numbers.
pub(super) struct Stated {
    words: Vec<String>,
    numbers: Vec<String>,
}

impl Stated {
    pub fn of(recording: &Recording, anonymous: bool) -> Self {
        let named = |own: &FileStatement| !anonymous || own.coded || own.meaning.is_some();
        let statements = file_statements(recording).into_iter().filter(named);
        Self {
            words: statements
                .map(|own| own.words)
                .filter(|words| !words.trim().is_empty())
                .collect(),
            numbers: numbers::beyond(recording).map(measurement).collect(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.numbers.is_empty()
    }

    /// Lines that it takes with its head, a statement a line.
    pub fn height(&self, width: f32) -> usize {
        match self.is_empty() {
            true => 0,
            false => 1 + self.lines(width).len(),
        }
    }

    fn lines(&self, width: f32) -> Vec<String> {
        let set = |words| wrapped(std::slice::from_ref(words), BODY, width, usize::MAX);
        let mut lines: Vec<String> = self.words.iter().flat_map(set).collect();
        lines.extend(rows_of(&self.numbers, width));
        lines
    }

    /// Draws it into these lines, a statement a line where they suffice, else as many as they hold one after the other,
    /// and how many are left out. Returns how many lines it took.
    pub fn draw(
        &self,
        x: f32,
        width: f32,
        lines: std::ops::Range<usize>,
        pen: &mut Pen<'_>,
    ) -> usize {
        if self.is_empty() || lines.is_empty() {
            return 0;
        }
        let (y, ink) = (y_of(lines.start), Ink::TextSecondary);
        let full = self.height(width) <= lines.len();
        let (first, left, size, words) = if full {
            pen.text(x, y, SMALL, Weight::SemiBold, ink, STATED);
            (lines.start + 1, x, BODY, self.lines(width))
        } else {
            pen.text(x, y, BODY, Weight::SemiBold, ink, SHORT_HEAD);
            let indent = text_width(SHORT_HEAD, Weight::SemiBold, BODY) + 0.8;
            let (width, room) = (width - indent, lines.len());
            // Small print where some of the words would be left out otherwise.
            let size = match self.set(self.words.len(), width, BODY).len() <= room {
                true => BODY,
                false => SMALL,
            };
            let words = self.run_in(width, size, room);
            (lines.start, x + indent, size, words)
        };
        let taken = first - lines.start + words.len();
        for (index, words) in words.into_iter().enumerate() {
            let y = y_of(first + index);
            pen.text(left, y, size, Weight::Regular, Ink::Text, words);
        }
        taken
    }

    /// As much as so many lines hold, and how much more there is.
    fn run_in(&self, width: f32, size: f32, room: usize) -> Vec<String> {
        let all = self.words.len() + self.numbers.len();
        let set = |count: usize| self.set(count, width, size);
        let fits = |lines: &Vec<String>| lines.len() <= room;
        let fitting = Some(set(all)).filter(fits);
        fitting
            .or_else(|| (1..all).map(set).take_while(fits).last())
            .unwrap_or_else(|| self.cut(width, size, room))
    }

    /// So many of them in lines, and how many there are beyond.
    fn set(&self, count: usize, width: f32, size: f32) -> Vec<String> {
        let words = [self.first(count), self.rest(count)].concat();
        wrapped(&[words], size, width, usize::MAX)
    }

    /// The first words alone, cut where even they are too long.
    fn cut(&self, width: f32, size: f32, room: usize) -> Vec<String> {
        let mut lines = wrapped(&[self.first(1)], size, width, room);
        let rest = self.rest(1);
        if let Some(last) = lines.last_mut() {
            let room = width - text_width(&rest, Weight::Regular, size);
            *last = fitted(last, Weight::Regular, size, room) + &rest;
        }
        lines
    }

    /// So many of the statements and numbers.
    fn first(&self, count: usize) -> String {
        let all = self.words.iter().chain(&self.numbers).take(count);
        let all: Vec<&str> = all.map(|own| own.trim().trim_end_matches('.')).collect();
        all.join("; ")
    }

    /// How many there are beyond.
    fn rest(&self, count: usize) -> String {
        let words = self.words.len().saturating_sub(count);
        let numbers = self.numbers.len() - (count.saturating_sub(self.words.len()));
        let named = match numbers {
            1 => "number",
            _ => "numbers",
        };
        match (words, numbers) {
            (0, 0) => String::new(),
            (words, 0) => format!("; and {words} more"),
            (0, numbers) => format!("; and {numbers} more {named}"),
            (words, numbers) => format!("; and {words} more, and {numbers} {named}"),
        }
    }
}

/// Short pieces set into as few lines as hold them.
fn rows_of(pieces: &[String], width: f32) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for piece in pieces {
        match rows.last_mut() {
            Some(row)
                if text_width(&format!("{row}   {piece}"), Weight::Regular, BODY) <= width =>
            {
                row.push_str("   ");
                row.push_str(piece);
            }
            _ => rows.push(piece.clone()),
        }
    }
    rows
}

/// A number of the device that has no column of its own.
fn measurement(value: &ReportedValue) -> String {
    let unit = match value.unit.as_str() {
        "deg" => "°".to_owned(),
        "uV" => " µV".to_owned(),
        unit => format!(" {unit}"),
    };
    format!("{} {}{unit}", value.name.replace('_', " "), value.value)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn stated(words: &[&str], numbers: usize) -> Stated {
        Stated {
            words: words.iter().map(|words| (*words).to_owned()).collect(),
            numbers: (0..numbers).map(|n| format!("r {n} µV")).collect(),
        }
    }

    #[test]
    fn statements_come_before_numbers_and_what_is_left_out_is_counted() {
        let long = "Ventricular tachycardia with right axis deviation";
        let own = stated(&["Ventricular tachycardia", long, long], 40);
        let text = own.run_in(80.0, BODY, 1).join(" ");
        assert_eq!(text, "Ventricular tachycardia; and 2 more, and 40 numbers");
        let text = own.run_in(80.0, BODY, 5).join(" ");
        assert!(
            text.contains("r 0 µV") && text.ends_with("more numbers"),
            "{text}"
        );
        let text = stated(&["A.", "B"], 0).run_in(80.0, BODY, 1).join(" ");
        assert_eq!(text, "A; B");
    }

    #[test]
    fn words_that_no_line_holds_are_cut_and_the_rest_is_still_counted() {
        let long = "word ".repeat(60);
        let lines = stated(&[&long, "Atrial flutter"], 0).run_in(70.0, BODY, 2);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with("; and 1 more"), "{lines:?}");
    }

    #[test]
    fn coded_diagnoses_are_named_and_stay_on_a_page_without_a_name() {
        let mut recording = Recording::new("r", "test", 500.0);
        recording.device_statements = vec!["Compared with Doe 2017".into()];
        recording.diagnoses = vec![Diagnosis {
            system: "snomed-ct".into(),
            code: "164889003".into(),
        }];
        let all = Stated::of(&recording, false).words;
        assert_eq!(
            all,
            ["Compared with Doe 2017", "Atrial fibrillation (164889003)"]
        );
        let anonymous = Stated::of(&recording, true).words;
        assert_eq!(anonymous, ["Atrial fibrillation (164889003)"]);
    }
}
