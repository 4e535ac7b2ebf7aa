//! Small values that every format spells its own way: numbers, dates, sex, ages, base64, digits.

use jiff::civil::{Date, DateTime, Time};

use crate::ecg::{Counts, Lead, LeadName, LeadOrigin, Patient, ReportedValue, Samples, Sex, Unit};

use super::Error;

/// A finite number, with decimal point or comma.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let parsed = text.parse().or_else(|_| text.replace(',', ".").parse());
    parsed.ok().filter(|value: &f64| value.is_finite())
}

/// `M`, `female`, `1` ... are too many spellings to guess: only words and letters count.
pub(super) fn sex(text: &str) -> Option<Sex> {
    match text.trim().to_ascii_lowercase().as_str() {
        "f" | "female" | "w" | "weiblich" => Some(Sex::Female),
        "m" | "male" | "männlich" => Some(Sex::Male),
        "o" | "other" => Some(Sex::Other),
        _ => None,
    }
}

/// An age in years from a number and its unit (years where none is given).
pub(super) fn age(value: f64, unit: &str) -> Option<f64> {
    let unit = unit.trim().to_ascii_lowercase();
    let years = match unit.as_str() {
        "" | "y" | "a" | "yr" | "year" | "years" => value,
        "mo" | "m" | "month" | "months" => value / 12.0,
        "w" | "wk" | "week" | "weeks" => value / 52.18,
        "d" | "day" | "days" => value / 365.25,
        "h" | "hour" | "hours" => value / 8766.0,
        _ => return None,
    };
    (0.0..=130.0).contains(&years).then_some(years)
}

/// A date from its parts, `None` where they are no date.
pub(super) fn date(year: i64, month: i64, day: i64) -> Option<Date> {
    let year = i16::try_from(year).ok().filter(|&year| year > 1800)?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The starts of the names of months, in English, German and French.
const MONTHS: [&[&str]; 12] = [
    &["jan"],
    &["feb", "fév"],
    &["mar", "mär"],
    &["apr", "avr"],
    &["may", "mai"],
    &["jun", "juin"],
    &["jul", "juil"],
    &["aug", "aoû"],
    &["sep"],
    &["oct", "okt"],
    &["nov"],
    &["dec", "dez", "déc"],
];

/// The number of a month from its name, in capitals or not.
pub(super) fn month(word: &str) -> Option<i64> {
    let word = word.to_lowercase();
    let mut months = (1..).zip(MONTHS);
    let named = months.find(|(_, names)| names.iter().any(|name| word.starts_with(name)));
    named.map(|(number, _)| number)
}

/// `2020-02-03`, `20200203`, `02-03-2020` and `02/03/2020` (month first, as GE writes).
pub(super) fn parse_date(text: &str) -> Option<Date> {
    let text = text.trim();
    let parts: Vec<&str> = text.split(['-', '/', '.']).collect();
    let digits = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => {
            let day = day.get(..day.len().min(2))?;
            date(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        }
        [month, day, year] => date(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?),
        [_] if text.len() >= 8 => date(digits(0..4)?, digits(4..6)?, digits(6..8)?),
        _ => None,
    }
}

/// `09:30:00`, `09:30`, `093000`, with an optional fraction of a second.
pub(super) fn parse_time(text: &str) -> Option<Time> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let compact: String = whole.chars().filter(|c| *c != ':').take(6).collect();
    let part = |range: std::ops::Range<usize>| {
        compact.get(range).map_or(Some(0), |t| t.parse::<i8>().ok())
    };
    let digits: String = fraction
        .chars()
        .take_while(char::is_ascii_digit)
        .take(9)
        .collect();
    let nanoseconds = format!("{digits:0<9}").parse().ok()?;
    Time::new(
        compact.get(0..2)?.parse().ok()?,
        part(2..4)?,
        part(4..6)?,
        nanoseconds,
    )
    .ok()
}

/// `20021122091000.000` as HL7 and DICOM write moments.
pub(super) fn parse_moment(text: &str) -> Option<DateTime> {
    let text = text.trim();
    let date = parse_date(text.get(..8)?)?;
    let time = text
        .get(8..)
        .filter(|rest| !rest.is_empty())
        .map_or(Some(Time::midnight()), parse_time)?;
    Some(date.to_datetime(time))
}

/// The moment so many seconds later, to the microsecond; the moment itself where that is none.
pub(super) fn later(moment: DateTime, seconds: f64) -> DateTime {
    // Seconds of a clock have six digits or so after the point; the rest is rounding.
    let whole = (seconds * 1e6).round() / 1e6;
    jiff::SignedDuration::try_from_secs_f64(whole)
        .ok()
        .and_then(|by| moment.checked_add(by).ok())
        .unwrap_or(moment)
}

/// Base64 with white space anywhere and padding or none (the "forgiving" decoding of the WHATWG).
pub(super) fn base64(text: &str) -> Result<Vec<u8>, Error> {
    let bytes = text.trim_ascii().as_bytes();
    // Lines of one length are joined quicker than every byte is asked whether it is white space.
    let end = memchr::memchr(b'\n', bytes);
    let width = end.map_or(bytes.len(), |end| end + 1).max(1);
    let mut compact = Vec::with_capacity(bytes.len());
    for line in bytes.chunks(width) {
        compact.extend_from_slice(line.trim_ascii());
    }
    let length = base64_simd::forgiving_decode_inplace(&mut compact)
        .map_err(|_| Error::damaged("the base64 is broken"))?
        .len();
    compact.truncate(length);
    Ok(compact)
}

/// Little-endian 16-bit integers; an odd last byte is left out.
pub(super) fn i16_le(bytes: &[u8]) -> Vec<i16> {
    let pairs = bytes.as_chunks::<2>().0;
    pairs.iter().map(|&pair| i16::from_le_bytes(pair)).collect()
}

/// Integers (or decimals) separated by white space or commas.
pub(super) fn digits(text: &str) -> Result<Counts, Error> {
    if let Some(integers) = integers(text) {
        return Ok(Counts::I32(integers));
    }
    let words = text
        .split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty());
    let numbers = words.enumerate().map(|(index, word)| {
        let value = word.parse::<f64>().ok().filter(|value| value.is_finite());
        value.ok_or_else(|| {
            let shown: String = word.chars().take(20).collect();
            Error::damaged(format!(
                "sample {} is \"{}\", no number",
                index + 1,
                shown.escape_debug()
            ))
        })
    });
    Ok(Counts::F64(numbers.collect::<Result<_, _>>()?))
}

/// What stands between numbers: white space and commas.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        marks[byte] = matches!(byte as u8, b' ' | b',' | b'\t'..=b'\r');
        byte += 1;
    }
    marks
};

/// Integers separated by white space or commas; `None` where something is none, or has more than nine digits.
fn integers(text: &str) -> Option<Vec<i32>> {
    // Samples have three digits or so and a mark between them.
    let mut integers = Vec::with_capacity(text.len() / 4);
    let mut bytes = text.as_bytes().iter().copied();
    let is_mark = |byte: u8| MARKS.get(usize::from(byte)) == Some(&true);
    loop {
        let Some(first) = bytes.find(|&byte| !is_mark(byte)) else {
            return Some(integers);
        };
        let negative = first == b'-';
        let first = match first {
            b'-' | b'+' => bytes.next()?,
            digit => digit,
        };
        let mut value = i32::from(first.wrapping_sub(b'0'));
        if value > 9 {
            return None;
        }
        let mut count = 1;
        let ends = loop {
            let Some(byte) = bytes.next() else { break true };
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                if is_mark(byte) {
                    break false;
                }
                return None;
            }
            count += 1;
            if count > 9 {
                return None;
            }
            value = 10 * value + i32::from(digit);
        };
        integers.push(if negative { -value } else { value });
        if ends {
            return Some(integers);
        }
    }
}

/// A recorded voltage lead from counts and microvolts a count.
pub(super) fn voltage_lead(name: LeadName, rate_hz: f64, counts: Counts, microvolts: f64) -> Lead {
    Lead {
        name,
        unit: Unit::Microvolt,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: rate_hz,
        samples: Samples::from_counts(counts, 1.0, 0.0, microvolts, None),
    }
}

/// Filters in words: `0.05 to 150 Hz, notch 50 Hz`; `None` where none is known.
pub(super) fn band(
    high_pass: Option<f64>,
    low_pass: Option<f64>,
    notch: Option<f64>,
) -> Option<String> {
    let band = match (high_pass, low_pass) {
        (Some(high), Some(low)) => Some(format!("{high} to {low} Hz")),
        (Some(high), None) => Some(format!("from {high} Hz")),
        (None, Some(low)) => Some(format!("up to {low} Hz")),
        (None, None) => None,
    };
    let notch = notch.map(|hz| format!("notch {hz} Hz"));
    let all: Vec<String> = band.into_iter().chain(notch).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// What a device means by a duration of zero: that it was not measured. An axis may be zero.
pub(super) fn measured(name: &str, value: f64) -> bool {
    value != 0.0 || name.ends_with("_axis")
}

/// A measurement the device wrote.
pub(super) fn reported(name: &str, value: f64, unit: &str) -> ReportedValue {
    ReportedValue {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
    }
}

/// Names a patient, whose family name the file keeps apart.
pub(super) fn name(patient: &mut Patient, given: Option<String>, family: Option<String>) {
    patient.name = join([given, family.clone()]);
    patient.family = join([family]);
}

/// Given and family name of a name in DICOM's components, `Family^Given^Middle^Prefix^Suffix` (PS3.5 6.2.1).
pub(super) fn person(name: &str) -> (Option<String>, Option<String>) {
    let mut parts = name.split('^').map(|part| part.trim().to_owned());
    let [family, given, middle, prefix, suffix] = std::array::from_fn(|_| parts.next());
    match join([prefix, given, middle]) {
        None => (join([family, suffix]), None),
        given => (given, join([family, suffix])),
    }
}

/// Joins what is there with spaces; `None` where nothing is.
pub(super) fn join(parts: impl IntoIterator<Item = Option<String>>) -> Option<String> {
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.trim().is_empty())
        .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn dates_and_times_in_the_spellings_of_devices() {
        let third = Date::new(2020, 2, 3).unwrap();
        for text in [
            "2020-02-03",
            "20200203",
            "02-03-2020",
            "02/03/2020",
            "2020-02-03T09:30:00",
        ] {
            assert_eq!(parse_date(text), Some(third), "{text}");
        }
        assert_eq!(parse_date("99.99.9999"), None);
        assert_eq!(parse_time("09:30:15"), Time::new(9, 30, 15, 0).ok());
        assert_eq!(parse_time("0930"), Time::new(9, 30, 0, 0).ok());
        assert_eq!(
            parse_moment("20021122091000.250").unwrap().to_string(),
            "2002-11-22T09:10:00.25"
        );
    }

    #[test]
    fn a_month_is_known_by_its_name_in_any_case() {
        for (word, number) in [
            ("JAN", 1),
            ("Mär", 3),
            ("mars", 3),
            ("May", 5),
            ("Mai", 5),
            ("juin", 6),
            ("July", 7),
            ("OKT", 10),
            ("décembre", 12),
        ] {
            assert_eq!(month(word), Some(number), "{word}");
        }
        assert_eq!((month("13"), month(""), month("X")), (None, None, None));
    }

    #[test]
    fn base64_is_read_in_lines_with_padding_or_without() {
        for text in [
            "AAEC/w==",
            "AAEC/w",
            " AAE\n C/w\r\n==\n",
            "A A E C / w",
            "AAEC\n/w==\n",
        ] {
            assert_eq!(base64(text).unwrap(), [0, 1, 2, 255], "{text}");
        }
        assert!(base64(" \n").unwrap().is_empty());
        assert!(base64("AA?C").is_err() && base64("A").is_err());
    }

    proptest::proptest! {
        /// What is quick says what is plain.
        #[test]
        fn digits_are_those_of_each_word(text in r"(([-+]{0,2}[0-9]{0,11}(\.[0-9]|[-+e])?)|[a\u{a0}])([ ,\t\r\n\u{b}\u{c}\u{a0}]{1,2}([-+]?[0-9]{1,10}[-+]?)?){0,6}") {
            let mark = |c: char| c.is_whitespace() || c == ',';
            let words = || text.split(mark).filter(|word| !word.is_empty());
            let numbers: Option<Vec<f64>> = words()
                .map(|word| word.parse().ok().filter(|value: &f64| value.is_finite()))
                .collect();
            let read = digits(&text).ok();
            let values = read.as_ref().map(|counts| match counts {
                Counts::I32(counts) => counts.iter().copied().map(f64::from).collect(),
                Counts::I16(counts) => counts.iter().copied().map(f64::from).collect(),
                Counts::F64(counts) => counts.clone(),
            });
            proptest::prop_assert_eq!(values, numbers);
            // Short integers between marks of ASCII stay integers.
            let short = |word: &str| {
                let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
                digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit())
            };
            if text.is_ascii() && read.is_some() && words().all(short) {
                proptest::prop_assert!(matches!(read, Some(Counts::I32(_))));
            }
        }
    }

    #[test]
    fn digits_stay_integers_where_they_are() {
        assert_eq!(digits(" -2 3,4 ").unwrap(), Counts::I32(vec![-2, 3, 4]));
        assert_eq!(digits("1.5 2").unwrap(), Counts::F64(vec![1.5, 2.0]));
        assert_eq!(digits("+7\t-0\r\n").unwrap(), Counts::I32(vec![7, 0]));
        assert_eq!(
            digits("-2147483648").unwrap(),
            Counts::F64(vec![-2_147_483_648.0])
        );
        assert_eq!(
            digits("2147483648").unwrap(),
            Counts::F64(vec![2_147_483_648.0])
        );
        assert_eq!(
            digits("99999999999999999999").unwrap(),
            Counts::F64(vec![1e20])
        );
        assert_eq!(digits(" ").unwrap(), Counts::I32(vec![]));
        assert!(digits("1-2").is_err() && digits("-").is_err());
        assert!(digits("1 NaN").is_err());
        assert!(digits("1 word").is_err());
    }
}
