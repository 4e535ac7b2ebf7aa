use crate::formats::Error;

/// Rows looked at to settle delimiter and decimal sign.
const SAMPLE_ROWS: usize = 64;

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

/// Whether the start of a text holds rows of numbers below at most one header row and comments.
pub(super) fn has_rows(head: &str) -> bool {
    // The last line may be cut.
    let complete = head
        .rfind('\n')
        .map_or(head, |end| head.get(..end).unwrap_or(head));
    let lines: Vec<&str> = rows(complete)
        .map(|(_, line)| line)
        .take(SAMPLE_ROWS)
        .collect();
    let Some(layout) = Layout::detect(&lines) else {
        return false;
    };
    let numeric = |line: &&str| {
        layout
            .split(line)
            .iter()
            .all(|field| layout.number(field).is_some())
    };
    match lines.as_slice() {
        [] => false,
        [only] => layout.split(only).len() > 1,
        [_, rest @ ..] => rest.iter().filter(|line| numeric(line)).count() * 2 > rest.len(),
    }
}

/// Lines that hold something and are no comments, numbered from one.
fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
}

/// How rows are cut into numbers.
struct Layout {
    delimiter: char,
    decimal_comma: bool,
}

impl Layout {
    /// Settles on the delimiter that cuts the rows after the first into most numbers.
    fn detect(lines: &[&str]) -> Option<Self> {
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
            ('\t', true),
            (';', true),
            (' ', true),
        ];
        let mut best = None;
        for (delimiter, decimal_comma) in candidates {
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
        let single_name = lines.first().is_some_and(|first| {
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

    fn split<'a>(&self, line: &'a str) -> Vec<&'a str> {
        let unquote = |field: &'a str| {
            let field = field.trim();
            field
                .strip_prefix('"')
                .and_then(|f| f.strip_suffix('"'))
                .unwrap_or(field)
        };
        if self.delimiter == ' ' {
            line.split_ascii_whitespace().map(unquote).collect()
        } else {
            line.split(self.delimiter).map(unquote).collect()
        }
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
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let sample: Vec<&str> = rows(text).map(|(_, line)| line).take(SAMPLE_ROWS).collect();
        let layout = Layout::detect(&sample)
            .ok_or_else(|| Error::damaged("the table holds no rows of numbers"))?;

        let mut lines = rows(text).peekable();
        let header = lines
            .next_if(|(_, line)| {
                layout
                    .split(line)
                    .iter()
                    .any(|f| layout.number(f).is_none())
            })
            .map(|(_, line)| {
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

    fn take_time_column(&mut self, line_numbers: &[usize]) -> Result<(), Error> {
        let Some(names) = &mut self.names else {
            return Ok(());
        };
        let Some(first) = names.first().map(|name| name.to_lowercase()) else {
            return Ok(());
        };
        let index = matches!(
            first.as_str(),
            "" | "index" | "sample" | "samples" | "n" | "#" | "no"
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
struct HeaderName {
    name: String,
    unit: Option<String>,
}

impl HeaderName {
    fn parse(field: &str) -> Self {
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
    let (key, value) = comment.split_once([':', '='])?;
    let key = key.to_lowercase();
    let names_rate = key.trim() == "fs" || key.contains("rate") || key.contains("freq");
    let number = value
        .split_ascii_whitespace()
        .next()?
        .trim_end_matches("Hz");
    names_rate.then(|| number.parse().ok()).flatten()
}

/// `unit: mV`, `units = uV`.
fn stated_unit(comment: &str) -> Option<String> {
    let (key, value) = comment.split_once([':', '='])?;
    let names_unit = matches!(key.trim().to_lowercase().as_str(), "unit" | "units");
    names_unit
        .then(|| value.trim().to_owned())
        .filter(|unit| !unit.is_empty())
}
