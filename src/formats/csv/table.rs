//! A table of samples: its columns sorted into signals, times and what is neither.

use crate::ecg::{LeadName, Unit, Warning, WarningCode};
use crate::formats::column::{Heading, Role, constant, counts, rises};
use crate::formats::{Error, TableLayout, unit};

use super::cell::{Cell, DAY};
use super::layout::{Layout, in_lines, rows, sample};
use super::times::{Clock, Times, clock};
use super::told::{self, Told};

/// Most columns that are leads; a line may hold so many numbers of some length.
const MOST_COLUMNS: usize = 1024;
const LONGEST_LINE: usize = MOST_COLUMNS * 32;
/// Rows from which a column without a name that only rises is no signal.
const MANY_ROWS: usize = 50;

/// A table of numbers.
pub(in crate::formats) struct Table {
    pub(super) delimiter: char,
    /// Names of the signal columns, from the header row.
    pub(super) names: Option<Vec<String>>,
    units: Vec<Option<String>>,
    columns: Vec<Vec<f64>>,
    /// What the columns of times say; they are no signals.
    pub(super) clock: Option<Clock>,
    /// A rate named beside the samples.
    pub(super) stated_rate_hz: Option<f64>,
    stated_unit: Option<String>,
    /// A number named beside the samples that may be what one count is worth, and its unit.
    pub(super) stated_scale: Option<(f64, String)>,
    pub(super) comments: Vec<String>,
    pub(in crate::formats) warnings: Vec<Warning>,
}

/// A column of numbers, before it is known what it is.
pub(in crate::formats) struct Column {
    pub heading: Option<Heading>,
    pub values: Vec<f64>,
    /// The values are times in seconds, whatever the heading says.
    pub seconds: bool,
}

impl Table {
    pub(super) fn parse(text: &str, stated: &TableLayout) -> Result<Self, Error> {
        let text = &*in_lines(text);
        let outline = Outline::of(text, stated)?;
        let layout = &outline.layout;
        let (columns, lines, below) = fill(layout, rows(text).skip(outline.above))?;
        let own = outline
            .headings
            .filter(|headings| headings.len() == columns.len());
        let headings = wanted(&stated.columns, own, columns.len())?;
        let mut warnings = Vec::from_iter(below);
        let mut kept = Vec::new();
        for (at, (filling, wanted)) in columns.into_iter().zip(headings).enumerate() {
            if let Some(heading) = wanted {
                kept.extend(filling.finish(at, heading, &mut warnings)?);
            }
        }
        let mut table = Self::of(kept, outline.told, |row| {
            lines.get(row).copied().unwrap_or(0)
        })?;
        table.delimiter = layout.delimiter;
        table.comments = outline.comments;
        warnings.append(&mut table.warnings);
        table.warnings = warnings;
        Ok(table)
    }

    /// Sorts columns by what they are. `line` is where a row stands in its file.
    ///
    /// # Errors
    /// When none is a signal.
    pub(in crate::formats) fn of(
        columns: Vec<Column>,
        told: Told,
        line: impl Fn(usize) -> usize,
    ) -> Result<Self, Error> {
        let named = columns.iter().any(|column| column.heading.is_some());
        let several = columns.len() > 1;
        let mut table = Self {
            delimiter: ',',
            names: named.then(Vec::new),
            units: Vec::new(),
            columns: Vec::new(),
            clock: None,
            stated_rate_hz: told.rate_hz,
            stated_unit: told.unit,
            stated_scale: told.scale,
            comments: Vec::new(),
            warnings: Vec::new(),
        };
        let mut times = Vec::new();
        for (at, column) in columns.into_iter().enumerate() {
            let unnamed_first = at == 0 && several;
            table.sort_in(column, unnamed_first, &mut times);
        }
        if table.columns.is_empty() {
            return Err(Error::damaged("the table has a time column and no signals"));
        }
        table.clock = clock(&times, line, &mut table.warnings);
        table.compare_rates();
        Ok(table)
    }

    fn sort_in(&mut self, column: Column, first: bool, times: &mut Vec<Times>) {
        let Column {
            heading,
            values,
            seconds,
        } = column;
        let name = heading
            .as_ref()
            .map_or("1", |heading| &heading.name)
            .to_owned();
        let mut as_times = |unit_s, values| {
            times.push(Times {
                name: name.clone(),
                unit_s,
                values,
            });
        };
        if seconds {
            return as_times(Some(1.0), values);
        }
        let Some(heading) = heading else {
            if first && values.len() >= MANY_ROWS && rises(&values) {
                let even = counts(&values)
                    && values
                        .windows(2)
                        .all(|pair| matches!(pair, [a, b] if b - a == 1.0));
                let (code, what) = if even {
                    (WarningCode::LeftOut, "counts the rows and was left out")
                } else {
                    let what = "rises throughout and is taken for times";
                    (WarningCode::AssumedRate, what)
                };
                self.warn(code, format!("The first column has no name. It {what}."));
                if !even {
                    as_times(None, values);
                }
                return;
            }
            return self.push(None, values);
        };
        match heading.role() {
            Role::Time(unit_s) => as_times(unit_s, values),
            Role::Count if counts(&values) => {}
            Role::Count if rises(&values) => {
                let what = if name.is_empty() {
                    "without a name".to_owned()
                } else {
                    format!("named {name}")
                };
                self.warn(
                    WarningCode::Inconsistent,
                    format!("The column {what} rises throughout and counts no rows; it is taken for times."),
                );
                as_times(None, values);
            }
            Role::Count
                if name.is_empty()
                    || name.to_lowercase().contains("index")
                    || name.starts_with("Unnamed") =>
            {
                self.warn(
                    WarningCode::LeftOut,
                    format!("The column \"{name}\" has no name of a lead and was left out."),
                );
            }
            Role::Identifier if counts(&values) || constant(&values).is_some() => {}
            Role::Rate if constant(&values).is_some() => {
                let rate = constant(&values).filter(|rate| rate.is_finite());
                self.stated_rate_hz = self.stated_rate_hz.or(rate);
            }
            _ => self.push(Some(heading), values),
        }
    }

    fn push(&mut self, heading: Option<Heading>, values: Vec<f64>) {
        let (name, unit) =
            heading.map_or((None, None), |heading| (Some(heading.name), heading.unit));
        if let (Some(names), Some(name)) = (&mut self.names, name) {
            names.push(name);
        }
        self.units.push(unit);
        self.columns.push(values);
    }

    fn warn(&mut self, code: WarningCode, message: String) {
        self.warnings.push(Warning::new(code, message));
    }

    /// Says where the times and what is written beside them disagree.
    fn compare_rates(&mut self) {
        let Some((Clock::Step(step_s), stated)) = self.clock.zip(self.stated_rate_hz) else {
            return;
        };
        let measured = 1.0 / step_s;
        if (measured / stated - 1.0).abs() > 0.02 {
            self.warn(
                WarningCode::Inconsistent,
                format!("The file states {stated} samples a second, and its times {measured:.6}; the times are believed."),
            );
        }
    }

    /// The signal columns, without the time.
    pub(super) fn signals(&self) -> impl Iterator<Item = &[f64]> {
        self.columns.iter().map(Vec::as_slice)
    }

    /// The signal columns themselves.
    pub(super) fn take_signals(&mut self) -> Vec<Vec<f64>> {
        std::mem::take(&mut self.columns)
    }

    /// The unit that the header row or a comment states for a signal column.
    pub(super) fn unit_of(&self, column: usize) -> Option<&str> {
        self.units
            .get(column)
            .and_then(Option::as_deref)
            .or(self.stated_unit.as_deref())
    }

    /// What one count is worth, where the table says it of whole numbers in a unit of voltage.
    pub(super) fn count(&self) -> Option<(Unit, f64)> {
        let (value, unit) = self.stated_scale.as_ref()?;
        let (unit, scale) = unit::parse(unit);
        let sure = unit.is_voltage() && *value > 0.0 && self.integers();
        sure.then_some((unit, value * scale))
    }

    /// Whether every value is whole.
    pub(super) fn integers(&self) -> bool {
        self.columns
            .iter()
            .flatten()
            .all(|value| value.is_nan() || value.fract() == 0.0)
    }
}

/// How a table is cut, and what stands above its rows.
pub(super) struct Outline {
    pub layout: Layout,
    /// Lines above the rows, comments and empty lines not counted.
    pub above: usize,
    /// One for each column, where they have names; `None` for one that its device calls no signal.
    pub headings: Option<Vec<Option<Heading>>>,
    pub told: Told,
    pub comments: Vec<String>,
}

impl Outline {
    pub(super) fn of(text: &str, stated: &TableLayout) -> Result<Self, Error> {
        let sample = sample(text);
        if let Some(line) = sample.iter().find(|line| line.len() > LONGEST_LINE) {
            let reason = format!("a line of {} bytes is no row of samples", line.len());
            return Err(Error::damaged(reason));
        }
        let layout = Layout::detect(&sample, stated)
            .ok_or_else(|| Error::damaged("the table holds no rows of numbers"))?;
        let above = layout.above(&sample).min(sample.len());
        let before = sample.get(..above).unwrap_or_default();
        let header = layout.header(before, &comments_before(text));
        if let (None, [line]) = (&header.names, before) {
            let fields = layout.split(line).len();
            if fields > 1 && fields != layout.width && !layout.is_row(line) {
                let reason = format!("{fields} column names over {} columns", layout.width);
                return Err(Error::damaged(reason));
            }
        }
        let comments: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .chain(header.told)
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        let told = Told::read(&comments);
        let devices = told::headings(&comments, layout.width, header.names.as_deref());
        let own = || Some(header.names?.into_iter().map(Some).collect());
        Ok(Self {
            headings: devices.or_else(own),
            layout,
            above,
            told,
            comments,
        })
    }
}

/// Comment lines before the first other line.
fn comments_before(text: &str) -> Vec<&str> {
    let filled = text.lines().filter(|line| !line.trim().is_empty());
    filled
        .map_while(|line| line.strip_prefix('#'))
        .map(str::trim)
        .collect()
}

/// What to say of a column that is no signal.
pub(in crate::formats) fn left_out(name: &str, holds: &str) -> Warning {
    let message = format!("The column {name} holds {holds} and was left out.");
    Warning::new(WarningCode::LeftOut, message)
}

/// Whether a column of this name holds names of leads.
pub(in crate::formats) fn names_leads(name: &str) -> bool {
    let name = name.to_lowercase();
    matches!(
        name.as_str(),
        "lead" | "leads" | "lead_name" | "channel" | "channel_name" | "derivation"
    )
}

/// The heading of each column that is kept, by the names that a person gives; one with an empty name is left out.
fn wanted(
    given: &[String],
    own: Option<Vec<Option<Heading>>>,
    columns: usize,
) -> Result<Vec<Option<Option<Heading>>>, Error> {
    if given.is_empty() {
        let unnamed = || vec![Some(None); columns];
        let kept = |own: Vec<Option<Heading>>| own.into_iter().map(|own| own.map(Some)).collect();
        return Ok(own.map_or_else(unnamed, kept));
    }
    let own = own.unwrap_or_else(|| vec![None; columns]);
    if given.len() != own.len() {
        let reason = format!(
            "{} columns are named, the table has {}",
            given.len(),
            own.len()
        );
        return Err(Error::unsupported(reason));
    }
    let headings = given.iter().zip(own).map(|(name, own)| {
        let mut heading = Heading::parse(name);
        let unit = own.and_then(|own| own.unit);
        heading.unit = heading.unit.or(unit);
        (!heading.name.is_empty()).then_some(Some(heading))
    });
    Ok(headings.collect())
}

/// Columns, the line numbers of their rows, and what to say of lines below these.
type Filled = (Vec<Filling>, Vec<usize>, Option<Warning>);

/// Reads all rows into columns.
fn fill<'a>(
    layout: &Layout,
    mut rows: impl Iterator<Item = (usize, &'a str)> + Clone,
) -> Result<Filled, Error> {
    let mut columns: Vec<Filling> = Vec::new();
    let mut lines = Vec::new();
    let mut cells = Vec::new();
    while let Some((number, line)) = rows.next() {
        let fields = layout.split(line);
        cells.clear();
        let read = |field: &&str| Cell::parse(field, layout.decimal_comma);
        cells.extend(fields.iter().map(read));
        let fits = columns.is_empty() || fields.len() == columns.len();
        let of_numbers = fits && cells.iter().all(|cell| *cell != Cell::Text);
        if !of_numbers && !layout.is_row(line) {
            let rest = rows.clone().map(|(_, line)| line);
            if let Some(warning) = below(layout, lines.len(), (number, line), rest) {
                return Ok((columns, lines, Some(warning)));
            }
        }
        if columns.is_empty() {
            if fields.len() > MOST_COLUMNS {
                let reason = format!("{} columns are no leads", fields.len());
                return Err(Error::damaged(reason).at_line(number));
            }
            columns.resize_with(fields.len(), Filling::default);
        }
        if fields.len() != columns.len() {
            let reason = format!(
                "{} fields where the rows above have {}",
                fields.len(),
                columns.len()
            );
            return Err(Error::damaged(reason).at_line(number));
        }
        for ((column, field), cell) in columns.iter_mut().zip(fields).zip(&cells) {
            column.push(*cell, field, number);
        }
        lines.push(number);
    }
    if columns.is_empty() {
        return Err(Error::damaged("the table holds a header and no rows"));
    }
    Ok((columns, lines, None))
}

/// Most lines that may stand below the rows: a sum, a remark, a row that was cut off.
const MOST_BELOW: usize = 5;

/// What to say of the last lines, if no row follows and they are few beside the rows.
fn below<'a>(
    layout: &Layout,
    rows: usize,
    (number, line): (usize, &str),
    rest: impl Iterator<Item = &'a str>,
) -> Option<Warning> {
    let mut lines = 1;
    for other in rest {
        lines += 1;
        if lines > MOST_BELOW || layout.is_row(other) {
            return None;
        }
    }
    if rows <= 2 * lines {
        return None;
    }
    let cut = lines == 1 && layout.cells(line).iter().all(|cell| *cell != Cell::Text);
    Some(if cut {
        let message = format!("The last row (line {number}) is not whole and was left out.");
        Warning::new(WarningCode::Truncated, message)
    } else {
        let message = format!(
            "What stands below the rows, from line {number} on, is no row of samples and was left out."
        );
        Warning::new(WarningCode::LeftOut, message)
    })
}

/// A column while it is read.
#[derive(Default)]
struct Filling {
    values: Vec<f64>,
    numbers: usize,
    clocks: usize,
    words: usize,
    first_word: Option<(usize, String)>,
    different_words: bool,
    /// The first time of a column of clock times, and the last, with the days since the first.
    first_time: Option<i64>,
    last_time: i64,
    /// The values of a column that begins with a whole number of which a float keeps only a part.
    whole: Vec<i64>,
}

/// From here on a float leaves out whole numbers: nanoseconds since 1970 have a hundred times as many.
const ROUNDED: f64 = (1_u64 << f64::MANTISSA_DIGITS) as f64;

impl Filling {
    fn push(&mut self, cell: Cell, field: &str, line: usize) {
        let value = match cell {
            Cell::Number(value) => {
                let is_first = self.values.is_empty() && value.abs() >= ROUNDED;
                if is_first || !self.whole.is_empty() {
                    self.whole.extend(field.parse::<i64>());
                }
                self.numbers += 1;
                value
            }
            Cell::Clock(time) => {
                self.clocks += 1;
                self.seconds_at(time)
            }
            Cell::Missing => f64::NAN,
            Cell::Text => {
                self.words += 1;
                let shown = || {
                    let shown: String = field.chars().take(40).collect();
                    (line, shown.escape_debug().to_string())
                };
                let (_, first) = self.first_word.get_or_insert_with(shown);
                self.different_words |= *first != shown().1;
                f64::NAN
            }
        };
        self.values.push(value);
    }

    /// Seconds since the first time of the column. A time of day that falls by more than half a day is of the next.
    fn seconds_at(&mut self, time: i64) -> f64 {
        let first = *self.first_time.get_or_insert(time);
        let mut passed = time.saturating_sub(first);
        while time < DAY && self.last_time.saturating_sub(passed) > DAY / 2 {
            passed = passed.saturating_add(DAY);
        }
        self.last_time = passed;
        passed as f64 / 1e9
    }

    /// What has passed since the first of such whole numbers, if they are times.
    fn exact_times(&self, heading: Option<&Heading>) -> Option<Vec<f64>> {
        let &first = self.whole.first()?;
        let times = match heading {
            Some(heading) => matches!(heading.role(), Role::Time(_) | Role::Count),
            None => rises(&self.values),
        };
        let passed = |&time: &i64| time.saturating_sub(first) as f64;
        let all = times && self.whole.len() == self.values.len();
        all.then(|| self.whole.iter().map(passed).collect())
    }

    /// The column, unless it holds words; one of words is told and left out.
    fn finish(
        self,
        at: usize,
        heading: Option<Heading>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<Column>, Error> {
        let held = self.numbers + self.clocks;
        if let Some((line, word)) = &self.first_word {
            if self.words < held {
                return Err(Error::damaged(format!("\"{word}\" is no number")).at_line(*line));
            }
            let leads = heading
                .as_ref()
                .is_some_and(|heading| names_leads(&heading.name));
            if leads && self.different_words {
                let reason = "the samples of the leads stand below each other; a table has a column for each";
                return Err(Error::unsupported(reason).at_line(*line));
            }
        }
        let lead = |heading: &Heading| LeadName::parse(&heading.name).standard_index().is_some();
        let empty = held == 0 && heading.as_ref().is_some_and(|heading| !lead(heading));
        let mixed = self.numbers > 0 && self.clocks > 0;
        if self.words > 0 || empty || mixed {
            let name = heading.map_or_else(|| (at + 1).to_string(), |heading| heading.name);
            if self.words > 0 || !name.is_empty() {
                let nothing = held == 0 && self.words == 0;
                let what = if nothing { "nothing" } else { "no numbers" };
                warnings.push(left_out(&name, what));
            }
            return Ok(None);
        }
        Ok(Some(Column {
            values: self.exact_times(heading.as_ref()).unwrap_or(self.values),
            heading,
            seconds: self.clocks > 0,
        }))
    }
}
