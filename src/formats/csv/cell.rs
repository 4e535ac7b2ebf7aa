//! What one field of a table holds.

use jiff::civil::Date;

use crate::formats::fields;

/// How a sample that is not there is written.
const MISSING: [&str; 12] = [
    "nan", "na", "n/a", "#n/a", "null", "none", "-", "?", "*", "inf", "+inf", "-inf",
];
const NANOSECONDS: i64 = 1_000_000_000;
/// A day in nanoseconds.
pub(super) const DAY: i64 = 86_400 * NANOSECONDS;

/// A field of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    /// A finite number.
    Number(f64),
    /// A time of day, or a moment; in nanoseconds since midnight, or since the start of 1970.
    Clock(i64),
    Missing,
    Text,
}

impl Cell {
    pub(super) fn parse(field: &str, decimal_comma: bool) -> Self {
        if field.is_empty() {
            return Self::Missing;
        }
        let number: Option<f64> = if !decimal_comma {
            field.parse().ok()
        } else if field.contains('.') {
            None
        } else {
            field.replace(',', ".").parse().ok()
        };
        if let Some(number) = number.filter(|number| number.is_finite()) {
            return Self::Number(number);
        }
        if number.is_some() || MISSING.iter().any(|word| field.eq_ignore_ascii_case(word)) {
            return Self::Missing;
        }
        clock(field).map_or(Self::Text, Self::Clock)
    }
}

/// `10:00:00.004`, `0:00.004`, `2020-01-01 10:00:00.004`, `2020-01-01T10:00:00Z`; nanoseconds. A zone is not looked at: it
/// is the same in all rows.
fn clock(field: &str) -> Option<i64> {
    if !field.contains(':') || field.len() > 40 {
        return None;
    }
    let field = field.trim_matches(['[', ']']).trim_end_matches('Z');
    let (date, time) = field
        .split_once(['T', ' '])
        .map_or((None, field), |(date, time)| (Some(date), time.trim()));
    // `[10:00:00.004 01/01/2020]` has its date behind.
    let (date, time) = match date {
        Some(first) if first.contains(':') => (Some(time), first),
        _ => (date, time),
    };
    let days = match date {
        Some(date) => days_since_1970(date)?,
        None => 0,
    };
    let time = time.split(['+', '-']).next()?;
    days.checked_mul(DAY)?.checked_add(time_of_day(time)?)
}

fn days_since_1970(date: &str) -> Option<i64> {
    let date = fields::parse_date(date)?;
    let passed = date.duration_since(Date::new(1970, 1, 1).ok()?);
    Some(passed.as_hours() / 24)
}

fn time_of_day(time: &str) -> Option<i64> {
    let (whole, fraction) = time.split_once(['.', ',']).unwrap_or((time, ""));
    let mut parts = whole.split(':').map(|part| {
        let digits = (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<i64>().ok()).flatten()
    });
    let (first, second, third) = (parts.next()??, parts.next()??, parts.next());
    let (hours, minutes, seconds) = match third {
        Some(seconds) => (first, second, seconds?),
        // `10:30` may be hours and minutes.
        None if fraction.is_empty() => return None,
        None => (0, first, second),
    };
    if parts.next().is_some() || seconds > 60 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().take(9).collect();
    let below: i64 = format!("{digits:0<9}").parse().ok()?;
    Some(((hours * 60 + minutes) * 60 + seconds) * NANOSECONDS + below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_a_number_a_time_nothing_or_a_word() {
        let cell = |field| Cell::parse(field, false);
        assert_eq!(cell("-1.5e-3"), Cell::Number(-0.0015));
        assert_eq!(Cell::parse("0,5", true), Cell::Number(0.5));
        for field in ["", "NaN", "NA", "N/A", "null", "None", "-", "#N/A", "-inf"] {
            assert_eq!(cell(field), Cell::Missing, "{field}");
        }
        for field in [
            "N",
            "oops",
            "10:30",
            "1:2:3:4",
            "a:b.c",
            "0,5",
            "10:30:99.0",
        ] {
            assert_eq!(cell(field), Cell::Text, "{field}");
        }
    }

    #[test]
    fn clock_times_and_moments_are_nanoseconds() {
        let cell = |field| Cell::parse(field, false);
        assert_eq!(cell("0:01.004"), Cell::Clock(1_004_000_000));
        assert_eq!(cell("01:00:00,5"), Cell::Clock(3_600_500_000_000));
        for field in [
            "1970-01-02 00:00:00.25",
            "1970-01-02T00:00:00.250Z",
            "1970-01-02T00:00:00.250+01:00",
            "[00:00:00.250 01/02/1970]",
        ] {
            assert_eq!(cell(field), Cell::Clock(DAY + 250_000_000), "{field}");
        }
    }
}
