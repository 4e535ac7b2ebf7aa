//! How the lines of a table are cut into fields, and which of them are rows of samples.

use std::borrow::Cow;

use crate::ecg::LeadName;
use crate::formats::TableLayout;
use crate::formats::column::{Heading, Role, is_unit, unquoted};

use super::cell::Cell;

/// Rows looked at to settle delimiter and decimal sign.
const SAMPLE_ROWS: usize = 64;
/// Most lines above the numbers.
const MOST_ABOVE: usize = 40;

/// A text whose lines end as they do today: those of old Macs end in a carriage return alone.
pub(super) fn in_lines(text: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\n', text.as_bytes()).is_some() || !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace('\r', "\n"))
}

/// Whether the start of a text holds rows of numbers below a few lines of names and comments.
pub(super) fn has_rows(head: &str) -> bool {
    let head = &*in_lines(head);
    // The last line may be cut.
    let complete = head
        .rfind('\n')
        .map_or(head, |end| head.get(..end).unwrap_or(head));
    let lines: Vec<&str> = sample(complete);
    let Some(layout) = Layout::detect(&lines, &TableLayout::default()) else {
        return false;
    };
    if let [only] = lines.as_slice() {
        return layout.split(only).len() > 1;
    }
    let above = layout.above(&lines);
    let rest = lines.get(above.max(1)..).unwrap_or_default();
    let numeric = |line: &&&str| layout.is_numeric(line);
    if rest.iter().filter(numeric).count() * 2 > rest.len() {
        return true;
    }
    // Words beside the numbers are in many tables that are no tracing.
    let rows = rest.iter().filter(|line| layout.is_row(line)).count();
    let header = layout.header(lines.get(..above).unwrap_or_default(), &[]);
    rows * 2 > rest.len() && header.names.is_some_and(|names| tells_of_an_ecg(&names))
}

fn tells_of_an_ecg(names: &[Heading]) -> bool {
    names.iter().any(|heading| {
        let lead = LeadName::parse(&heading.name).standard_index().is_some();
        lead || matches!(heading.role(), Role::Time(_))
    })
}

/// The first lines that hold something.
pub(super) fn sample(text: &str) -> Vec<&str> {
    rows(text).map(|(_, line)| line).take(SAMPLE_ROWS).collect()
}

/// Lines that hold something and are no comments, numbered from one.
pub(super) fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

/// How rows are cut into numbers.
pub(super) struct Layout {
    pub delimiter: char,
    pub decimal_comma: bool,
    /// Fields of a row.
    pub width: usize,
    /// Columns that hold more numbers than words in the rows looked at.
    numeric: Vec<bool>,
    /// Rows end with a delimiter, behind which is nothing.
    trailing: bool,
}

/// What stands above the rows.
#[derive(Default)]
pub(super) struct Header<'a> {
    pub names: Option<Vec<Heading>>,
    /// Lines that name no columns.
    pub told: Vec<&'a str>,
}

impl Layout {
    /// Settles on the delimiter that cuts the rows after the first into most numbers, unless the user names it.
    pub(super) fn detect(lines: &[&str], stated: &TableLayout) -> Option<Self> {
        let body = if lines.len() > 1 {
            lines.get(1..)?
        } else {
            lines
        };
        let candidates = [
            ('\t', false),
            (';', false),
            (',', false),
            (' ', false),
            ('|', false),
            ('\t', true),
            (';', true),
            (' ', true),
            // Numbers with a comma in quotes.
            (',', true),
        ];
        let allowed = |(delimiter, decimal_comma): &(char, bool)| {
            stated.delimiter.is_none_or(|own| own == *delimiter)
                && stated.decimal_comma.is_none_or(|own| own == *decimal_comma)
        };
        let layouts = || {
            let all = candidates.into_iter().filter(allowed);
            all.map(|(delimiter, decimal_comma)| Self::of(delimiter, decimal_comma))
        };
        let strictly = |layout: &Self, line: &str| {
            let fields = layout.cut(line).len();
            if layout.is_numeric(line) { fields } else { 0 }
        };
        // Where each row holds a word, most of it must be numbers nevertheless.
        let loosely = |layout: &Self, line: &str| {
            let cells = layout.cells(line);
            let words = cells.iter().filter(|cell| **cell == Cell::Text).count();
            let numbers = cells.len() - words;
            if layout.delimiter != ' ' && numbers > words {
                numbers
            } else {
                0
            }
        };
        let mut layout =
            best(layouts(), body, strictly).or_else(|| best(layouts(), body, loosely))?;
        // `0,123` under a header of one name is one number with a decimal comma, not two columns.
        let single_name = stated.decimal_comma.is_none()
            && lines.first().is_some_and(|first| {
                layout.delimiter == ',' && layout.cut(first).len() == 1 && !layout.is_numeric(first)
            });
        let pairs = body.iter().all(|line| layout.cut(line).len() == 2);
        if single_name && pairs && lines.len() > 1 {
            layout = Self::of(';', true);
        }
        layout.measure(lines, body);
        Some(layout)
    }

    fn of(delimiter: char, decimal_comma: bool) -> Self {
        Self {
            delimiter,
            decimal_comma,
            width: 0,
            numeric: Vec::new(),
            trailing: false,
        }
    }

    /// Learns the number of columns, and which hold words.
    fn measure(&mut self, lines: &[&str], body: &[&str]) {
        let strict = body.iter().position(|line| self.is_numeric(line));
        let below = body
            .get(strict.unwrap_or(body.len() / 2)..)
            .unwrap_or_default();
        let rows = below
            .iter()
            .filter(|line| strict.is_none() || self.is_numeric(line));
        self.width = commonest(rows.map(|line| self.cut(line).len()));
        let (mut numbers, mut words) = (vec![0; self.width], vec![0; self.width]);
        for line in below {
            let cells = self.cells(line);
            if cells.len() == self.width {
                for ((number, word), cell) in numbers.iter_mut().zip(&mut words).zip(cells) {
                    *number += usize::from(holds(cell));
                    *word += usize::from(cell == Cell::Text);
                }
            }
        }
        let both = numbers.into_iter().zip(words);
        self.numeric = both.map(|(number, word)| number > word).collect();
        self.trailing = self.ends_in_delimiter(lines);
        if self.trailing {
            self.width -= 1;
            self.numeric.pop();
        }
    }

    fn ends_in_delimiter(&self, lines: &[&str]) -> bool {
        if self.delimiter == ' ' || self.width < 2 {
            return false;
        }
        let above = self.above(lines);
        let (before, rows) = lines.split_at(above.min(lines.len()));
        let mut rows = rows.iter().map(|line| self.cut(line));
        let name = before.last().map(|line| self.cut(line));
        let nameless = match name {
            Some(names) if names.len() == self.width => {
                names.last().is_some_and(|name| name.is_empty())
            }
            Some(names) => names.len() + 1 == self.width,
            // An empty column beside an empty one is an electrode that was not there.
            None => rows.clone().all(|fields| {
                let before = fields.len().checked_sub(2).and_then(|at| fields.get(at));
                before.is_some_and(|field| !field.is_empty())
            }),
        };
        nameless && rows.all(|fields| fields.last().is_some_and(|field| field.is_empty()))
    }

    /// Whether every field of a line is a number.
    fn is_numeric(&self, line: &str) -> bool {
        self.cells(line).iter().all(|cell| *cell != Cell::Text)
    }

    /// Whether a line is a row: as many fields as others, numbers where others have them.
    pub(super) fn is_row(&self, line: &str) -> bool {
        let cells = self.cells(line);
        let mut numeric = cells
            .iter()
            .zip(&self.numeric)
            .filter(|(_, numeric)| **numeric);
        cells.len() == self.width
            && numeric.clone().any(|(cell, _)| holds(*cell))
            && numeric.all(|(cell, _)| *cell != Cell::Text)
    }

    /// How many lines stand above the first row of numbers: names, and what devices tell before them.
    pub(super) fn above(&self, lines: &[&str]) -> usize {
        let rows = lines
            .iter()
            .enumerate()
            .filter(|(_, line)| self.is_row(line));
        let first = rows.map(|(at, _)| at).find(|&at| {
            let names = at.checked_sub(1).and_then(|before| lines.get(before));
            !lines
                .get(at)
                .zip(names)
                .is_some_and(|(line, names)| self.lacks_its_time(names, line))
        });
        first.filter(|&first| first <= MOST_ABOVE).unwrap_or(1)
    }

    /// Below the name of a time the first row has one; a line of numbers without it counts samples, or the like.
    fn lacks_its_time(&self, names: &str, line: &str) -> bool {
        let names = self.split(names).into_iter().map(Heading::parse);
        let mut cells = names.zip(self.cells(line));
        cells.any(|(name, cell)| cell == Cell::Missing && matches!(name.role(), Role::Time(_)))
    }

    /// Parts the lines above the rows into the names of columns, the units below them, and the rest. `comments` are the
    /// lines marked as such, the last of which may be the names.
    pub(super) fn header<'a>(&self, above: &[&'a str], comments: &[&'a str]) -> Header<'a> {
        let names = |line: &str| -> Vec<Heading> {
            self.split(line).into_iter().map(Heading::parse).collect()
        };
        // LabChart's lines of as many fields as a row begin with a key.
        let fits = |line: &&&str| {
            let fields = self.split(line);
            fields.len() == self.width && !fields.first().is_some_and(|first| first.ends_with('='))
        };
        let mut told = above.to_vec();
        // A line that counts the samples of each column.
        let counted = told.pop_if(|line| self.is_row(line));
        let units = told.pop_if(|line| self.is_unit_row(line));
        let Some(line) = told.pop_if(|line| fits(&&*line)) else {
            // Units without names stay what they are.
            told.extend(units.into_iter().chain(counted));
            let marked = comments.last().filter(fits).map(|line| names(line));
            let names = marked.filter(|names| tells_of_an_ecg(names));
            return Header { names, told };
        };
        told.extend(counted);
        let mut names = names(line);
        for (heading, unit) in names
            .iter_mut()
            .zip(units.iter().flat_map(|row| self.split(row)))
        {
            let unit = unquoted(unit).trim_matches(['(', ')', '[', ']', ' ']);
            if heading.unit.is_none() && !unit.is_empty() {
                heading.unit = Some(unit.to_owned());
            }
        }
        Header {
            names: Some(names),
            told,
        }
    }

    fn is_unit_row(&self, line: &str) -> bool {
        let fields = self.split(line);
        let mut named = fields.iter().filter(|field| !field.is_empty()).peekable();
        fields.len() == self.width && named.peek().is_some() && named.all(|field| is_unit(field))
    }

    /// What the fields of a line hold.
    pub(super) fn cells(&self, line: &str) -> Vec<Cell> {
        let fields = self.split(line).into_iter();
        fields
            .map(|field| Cell::parse(field, self.decimal_comma))
            .collect()
    }

    /// The fields of a line, without quotes.
    pub(super) fn split<'a>(&self, line: &'a str) -> Vec<&'a str> {
        let mut fields = self.cut(line);
        if self.trailing
            && fields.len() == self.width + 1
            && fields.last().is_some_and(|f| f.is_empty())
        {
            fields.pop();
        }
        fields
    }

    fn cut<'a>(&self, line: &'a str) -> Vec<&'a str> {
        let unquote = |field: &'a str| unquoted(field.trim());
        if self.delimiter == ' ' {
            return line.split_ascii_whitespace().map(unquote).collect();
        }
        if !line.contains(['"', '\'']) {
            return line.split(self.delimiter).map(str::trim).collect();
        }
        // A delimiter in quotes parts nothing.
        let mut inside = false;
        let parts = line.split(|c: char| {
            inside ^= c == '"';
            c == self.delimiter && !inside
        });
        parts.map(unquote).collect()
    }
}

fn holds(cell: Cell) -> bool {
    matches!(cell, Cell::Number(_) | Cell::Clock(_))
}

/// The layout of most points, if any has one.
fn best(
    layouts: impl Iterator<Item = Layout>,
    body: &[&str],
    points: impl Fn(&Layout, &str) -> usize,
) -> Option<Layout> {
    let mut best = None;
    for layout in layouts {
        let score: usize = body.iter().map(|line| points(&layout, line)).sum();
        if score > best.as_ref().map_or(0, |(score, _)| *score) {
            best = Some((score, layout));
        }
    }
    best.map(|(_, layout)| layout)
}

/// The number that occurs most; the first of those.
fn commonest(numbers: impl Iterator<Item = usize> + Clone) -> usize {
    let often = |number| numbers.clone().filter(|other| *other == number).count();
    let counted = numbers.clone().map(|number| (number, often(number)));
    let most = counted.reduce(|best, next| if next.1 > best.1 { next } else { best });
    most.map_or(0, |(number, _)| number)
}
