use crate::formats::{Error, TableLayout};

/// Rows looked at to settle delimiter and decimal sign.
const SAMPLE_ROWS: usize = 64;
/// Most columns that are leads; a line may hold so many numbers of some length.
const MOST_COLUMNS: usize = 1024;
const LONGEST_LINE: usize = MOST_COLUMNS * 32;
/// Most lines above the numbers.
const MOST_ABOVE: usize = 40;

/// A table of numbers out of a text file.
pub(super) struct Table {
    pub delimiter: char,
    /// Names of the signal columns, from the header row.
    pub names: Option<Vec<String>>,
    units: Vec<Option<String>>,
    columns: Vec<Vec<f64>>,
    /// The column of times, taken out of the signals.
    pub time: Option<TimeColumn>,
    /// A rate named in a comment line.
    pub stated_rate_hz: Option<f64>,
    stated_unit: Option<String>,
    pub comments: Vec<String>,
}

/// What a time column says.
pub(super) struct TimeColumn {
    /// Median step in seconds.
    pub step_s: f64,
    /// The largest jump, if the steps are uneven.
    pub gap: Option<Gap>,
}

/// A jump in the time column.
#[derive(Clone, Copy)]
pub(super) struct Gap {
    pub line: usize,
    pub length_s: f64,
}

/// Whether the start of a text holds rows of numbers below a few lines of names and comments.
pub(super) fn has_rows(head: &str) -> bool {
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
    let above = layout.above(&lines).max(1);
    let rest = lines.get(above..).unwrap_or_default();
    let numeric = rest.iter().filter(|line| layout.is_numeric(line)).count();
    numeric * 2 > rest.len()
}

/// The first lines that hold something.
pub(super) fn sample(text: &str) -> Vec<&str> {
    rows(text).map(|(_, line)| line).take(SAMPLE_ROWS).collect()
}

/// Lines that hold something and are no comments, numbered from one.
fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

/// How rows are cut into numbers.
pub(super) struct Layout {
    pub delimiter: char,
    pub decimal_comma: bool,
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
        let mut best = None;
        for (delimiter, decimal_comma) in candidates.into_iter().filter(allowed) {
            let layout = Self {
                delimiter,
                decimal_comma,
            };
            let score: usize = body
                .iter()
                .map(|line| {
                    let fields = layout.split(line);
                    let numbers = fields.iter().filter(|f| layout.number(f).is_some()).count();
                    if numbers == fields.len() { numbers } else { 0 }
                })
                .sum();
            if score > best.as_ref().map_or(0, |(score, _)| *score) {
                best = Some((score, layout));
            }
        }
        let (_, layout) = best?;
        // `0,123` under a header of one name is one number with a decimal comma, not two columns.
        let single_name = stated.decimal_comma.is_none()
            && lines.first().is_some_and(|first| {
                layout.delimiter == ','
                    && layout.split(first).len() == 1
                    && layout.number(first).is_none()
            });
        let pairs = body.iter().all(|line| layout.split(line).len() == 2);
        if single_name && pairs && lines.len() > 1 {
            return Some(Self {
                delimiter: ';',
                decimal_comma: true,
            });
        }
        Some(layout)
    }

    /// Whether every field of a line is a number.
    pub(super) fn is_numeric(&self, line: &str) -> bool {
        self.split(line)
            .iter()
            .all(|field| self.number(field).is_some())
    }

    /// How many lines stand above the first row of numbers: names, and what devices tell before them.
    pub(super) fn above(&self, lines: &[&str]) -> usize {
        let first = lines
            .iter()
            .position(|line| self.is_numeric(line) && line.chars().any(|c| c.is_ascii_digit()));
        first.filter(|&first| first <= MOST_ABOVE).unwrap_or(1)
    }

    pub(super) fn split<'a>(&self, line: &'a str) -> Vec<&'a str> {
        let unquote = |field: &'a str| {
            let field = field.trim();
            field
                .strip_prefix('"')
                .and_then(|f| f.strip_suffix('"'))
                .unwrap_or(field)
        };
        if self.delimiter == ' ' {
            return line.split_ascii_whitespace().map(unquote).collect();
        }
        if !line.contains('"') {
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

    /// A finite number; `NaN` for an empty field or a written NaN; `None` for anything else.
    fn number(&self, field: &str) -> Option<f64> {
        if field.is_empty() || field.eq_ignore_ascii_case("nan") {
            return Some(f64::NAN);
        }
        let parsed = if self.decimal_comma {
            if field.contains('.') {
                return None;
            }
            field.replace(',', ".").parse()
        } else {
            field.parse()
        };
        parsed.ok().filter(|value: &f64| value.is_finite())
    }
}

impl Table {
    pub(super) fn parse(text: &str, stated: &TableLayout) -> Result<Self, Error> {
        let sample = sample(text);
        if let Some(line) = sample.iter().find(|line| line.len() > LONGEST_LINE) {
            let reason = format!("a line of {} bytes is no row of samples", line.len());
            return Err(Error::damaged(reason));
        }
        let layout = Layout::detect(&sample, stated)
            .ok_or_else(|| Error::damaged("the table holds no rows of numbers"))?;
        let above = layout.above(&sample);
        let mut lines = rows(text).peekable();
        let mut told = Vec::new();
        let mut header = None;
        for _ in 0..above {
            let Some((_, line)) = lines.next_if(|(_, line)| !layout.is_numeric(line)) else {
                break;
            };
            told.extend(header.replace(line));
        }
        // A line before the last is no header; nor is the last where it names something else than columns.
        let fields = lines.peek().map_or(0, |(_, line)| layout.split(line).len());
        if above > 1
            && let Some(line) = header
            && layout.split(line).len() != fields
        {
            told.push(line);
            header = None;
        }
        let header = header.map(|line| {
            layout
                .split(line)
                .into_iter()
                .map(HeaderName::parse)
                .collect::<Vec<_>>()
        });
        let mut columns: Vec<Vec<f64>> = Vec::new();
        let mut numbers = Vec::new();
        for (number, line) in lines {
            let fields = layout.split(line);
            if columns.is_empty() {
                if fields.len() > MOST_COLUMNS {
                    let reason = format!("{} columns are no leads", fields.len());
                    return Err(Error::damaged(reason).at_line(number));
                }
                columns.resize_with(fields.len(), Vec::new);
            }
            if fields.len() != columns.len() {
                let reason = format!(
                    "{} fields where the rows above have {}",
                    fields.len(),
                    columns.len()
                );
                return Err(Error::damaged(reason).at_line(number));
            }
            for (column, field) in columns.iter_mut().zip(fields) {
                let value = layout.number(field).ok_or_else(|| {
                    let shown: String = field.chars().take(40).collect();
                    Error::damaged(format!("\"{}\" is no number", shown.escape_debug()))
                        .at_line(number)
                })?;
                column.push(value);
            }
            numbers.push(number);
        }
        if columns.is_empty() {
            return Err(Error::damaged("the table holds a header and no rows"));
        }
        if header
            .as_ref()
            .is_some_and(|header| header.len() != columns.len())
        {
            let named = header.map_or(0, |header| header.len());
            let reason = format!("{named} column names over {} columns", columns.len());
            return Err(Error::damaged(reason));
        }

        let comments: Vec<String> = text
            .lines()
            .filter_map(|line| line.strip_prefix('#'))
            .chain(told)
            .map(|line| line.trim().to_owned())
            .filter(|line| !line.is_empty())
            .collect();
        let mut table = Self {
            delimiter: layout.delimiter,
            names: header
                .as_ref()
                .map(|h| h.iter().map(|name| name.name.clone()).collect()),
            units: header.as_ref().map_or_else(
                || vec![None; columns.len()],
                |h| h.iter().map(|name| name.unit.clone()).collect(),
            ),
            columns,
            time: None,
            stated_rate_hz: comments.iter().find_map(|comment| stated_rate(comment)),
            stated_unit: comments.iter().find_map(|comment| stated_unit(comment)),
            comments,
        };
        table.rename(&stated.columns)?;
        table.take_time_column(&numbers)?;
        if table.columns.is_empty() {
            return Err(Error::damaged("the table has a time column and no signals"));
        }
        Ok(table)
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

    /// Whether every value is whole.
    pub(super) fn integers(&self) -> bool {
        self.columns
            .iter()
            .flatten()
            .all(|value| value.is_nan() || value.fract() == 0.0)
    }

    /// Gives the columns the names that the user wants; one without a name is left out.
    fn rename(&mut self, columns: &[String]) -> Result<(), Error> {
        if columns.is_empty() {
            return Ok(());
        }
        if columns.len() != self.columns.len() {
            let reason = format!(
                "{} columns are named, the table has {}",
                columns.len(),
                self.columns.len()
            );
            return Err(Error::unsupported(reason));
        }
        let wanted: Vec<HeaderName> = columns.iter().map(|name| HeaderName::parse(name)).collect();
        let keep = |index: usize| wanted.get(index).is_some_and(|name| !name.name.is_empty());
        let mut index = 0..;
        self.columns.retain(|_| index.next().is_some_and(keep));
        let own = self.units.iter().zip(&wanted);
        self.units = own
            .filter(|(_, name)| !name.name.is_empty())
            .map(|(own, name)| name.unit.clone().or_else(|| own.clone()))
            .collect();
        let names = wanted.into_iter().map(|name| name.name);
        self.names = Some(names.filter(|name| !name.is_empty()).collect());
        Ok(())
    }

    fn take_time_column(&mut self, line_numbers: &[usize]) -> Result<(), Error> {
        let Some(names) = &mut self.names else {
            return Ok(());
        };
        let Some(first) = names.first().map(|name| name.to_lowercase()) else {
            return Ok(());
        };
        let index = matches!(
            first.as_str(),
            "" | "index" | "sample" | "samples" | "sample #" | "n" | "#" | "no" | "nr"
        );
        let time = matches!(
            first.as_str(),
            "time"
                | "t"
                | "zeit"
                | "sec"
                | "seconds"
                | "s"
                | "ms"
                | "time_s"
                | "time_ms"
                | "timestamp"
                | "elapsed"
        );
        if !index && !time {
            return Ok(());
        }
        names.remove(0);
        let unit = self.units.remove(0);
        let column = self.columns.remove(0);
        if index {
            return Ok(());
        }
        let milliseconds =
            first.ends_with("ms") || unit.as_deref().is_some_and(|unit| unit.starts_with("ms"));
        let scale = if milliseconds { 1e-3 } else { 1.0 };
        let steps: Vec<f64> = column
            .iter()
            .zip(column.iter().skip(1))
            .map(|(before, after)| (after - before) * scale)
            .collect();
        let mut sorted = steps.clone();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or(0.0);
        if !(median > 0.0 && median.is_finite()) {
            return Err(Error::damaged("the times do not rise").at_field("time column"));
        }
        let gap = steps
            .iter()
            .zip(line_numbers.iter().skip(1))
            .filter(|(step, _)| step.is_nan() || (*step - median).abs() > 0.5 * median)
            .map(|(&length_s, &line)| Gap { line, length_s })
            .max_by(|a, b| a.length_s.abs().total_cmp(&b.length_s.abs()));
        // The mean over an even column is finer than a step of rounded times.
        let even = steps.iter().sum::<f64>() / steps.len() as f64;
        let step_s = if gap.is_none() { even } else { median };
        self.time = Some(TimeColumn { step_s, gap });
        Ok(())
    }
}

/// `II (mV)`, `II [mV]` or `II`.
pub(super) struct HeaderName {
    pub name: String,
    unit: Option<String>,
}

impl HeaderName {
    pub(super) fn parse(field: &str) -> Self {
        for (open, close) in [('(', ')'), ('[', ']')] {
            if let Some((name, unit)) = field
                .strip_suffix(close)
                .and_then(|field| field.rsplit_once(open))
            {
                // `Lead I (Einthoven)` has no unit in its brackets.
                if unit.len() <= 3 {
                    return Self {
                        name: name.trim().to_owned(),
                        unit: Some(unit.trim().to_owned()),
                    };
                }
            }
        }
        Self {
            name: field.to_owned(),
            unit: None,
        }
    }
}

/// `sampling_rate: 500`, `fs=500 Hz`, `Sampling frequency (Hz): 500`.
fn stated_rate(comment: &str) -> Option<f64> {
    let (key, value) = comment.split_once([':', '=', ',', ';', '\t'])?;
    let key = key.to_lowercase();
    let names_rate = key.trim() == "fs" || key.contains("rate") || key.contains("freq");
    let number = value
        .trim_matches(['"', ',', ';'])
        .split_ascii_whitespace()
        .next()?
        .trim_end_matches("Hz");
    names_rate.then(|| number.parse().ok()).flatten()
}

/// `unit: mV`, `units = uV`.
fn stated_unit(comment: &str) -> Option<String> {
    let (key, value) = comment.split_once([':', '=', ',', ';', '\t'])?;
    let names_unit = matches!(key.trim().to_lowercase().as_str(), "unit" | "units");
    names_unit
        .then(|| value.trim().trim_matches(['"', ',', ';']).to_owned())
        .filter(|unit| !unit.is_empty())
}
