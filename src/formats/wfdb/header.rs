use jiff::civil::DateTime;

use crate::ecg::Warning;
use crate::formats::Error;

use super::record_line::RecordLine;
pub(super) use super::signal_line::SignalLine;

/// The text of a `.hea` file, understood but not yet checked against its signal files.
pub(super) struct Header {
    pub name: String,
    pub sampling_rate_hz: f64,
    /// Samples per signal (frames), where stated.
    pub length: Option<u64>,
    pub started: Option<DateTime>,
    pub body: Body,
    /// Comment lines without their `#`.
    pub comments: Vec<String>,
    pub warnings: Vec<Warning>,
}

/// What the record line announces: signals, or segments that are records of their own.
pub(super) enum Body {
    Signals(Vec<SignalLine>),
    Segments(Vec<Segment>),
}

/// One segment of a multi-segment record.
pub(super) struct Segment {
    /// Record name, or `~` for a gap.
    pub name: String,
    pub length: u64,
    pub line: usize,
}

/// Whether `text` can only be a WFDB header: a record line followed by a signal or segment line.
pub(super) fn looks_like_header(text: &str) -> bool {
    let mut lines = content_lines(text);
    let Some((_, record)) = lines.next() else {
        return false;
    };
    let mut fields = record.split_ascii_whitespace();
    let (Some(name), Some(count)) = (fields.next(), fields.next()) else {
        return false;
    };
    let plain_name = name
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-/.".contains(c));
    let numeric_name = name.parse::<f64>().is_ok();
    if !plain_name || count.parse::<u32>().is_err() {
        return false;
    }
    let Some((_, second)) = lines.next() else {
        return false;
    };
    let mut fields = second.split_ascii_whitespace();
    let (Some(file), Some(format)) = (fields.next(), fields.next()) else {
        return false;
    };
    let file_is_number = file.parse::<f64>().is_ok();
    let format_starts_with_digit = format.starts_with(|c: char| c.is_ascii_digit());
    format_starts_with_digit && !(numeric_name && file_is_number)
}

/// Non-empty lines that are no comments, with their numbers from one.
fn content_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim()))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// The files that signal lines name; none where the record is made of segments, whose headers name them.
pub(super) fn signal_files(text: &str) -> impl Iterator<Item = &str> {
    lines_of(text, false)
}

/// The records that segment lines name; none where there are signals.
pub(super) fn segment_records(text: &str) -> impl Iterator<Item = &str> {
    lines_of(text, true).filter(|name| *name != "~")
}

/// The first words below the record line, if that says that the record is made of segments, or of signals.
fn lines_of(text: &str, segments: bool) -> impl Iterator<Item = &str> {
    let mut lines = content_lines(text);
    let own = lines
        .next()
        .is_some_and(|(_, record)| in_segments(first_word(record)) == segments);
    lines.filter(move |_| own).map(|(_, line)| first_word(line))
}

/// Whether a record line's first word says how many segments there are (`041s/2`).
fn in_segments(name: &str) -> bool {
    name.contains('/')
}

fn first_word(line: &str) -> &str {
    line.split_ascii_whitespace().next().unwrap_or_default()
}

/// Parses the text of a header.
pub(super) fn parse(text: &str) -> Result<Header, Error> {
    let mut lines = content_lines(text);
    let Some((number, record)) = lines.next() else {
        return Err(Error::damaged("the header holds no record line"));
    };
    let mut warnings = Vec::new();
    let record = RecordLine::parse(record, &mut warnings).map_err(|error| error.at_line(number))?;

    let body = if let Some(announced) = record.segments {
        let segments = lines
            .map(|(n, line)| segment(n, line))
            .collect::<Result<Vec<_>, _>>()?;
        if u64::try_from(segments.len()) != Ok(announced) {
            return Err(Error::damaged(format!(
                "{announced} segments announced, {} listed",
                segments.len()
            ))
            .at_line(number));
        }
        Body::Segments(segments)
    } else {
        let mut signals = Vec::new();
        for (n, line) in lines {
            signals
                .push(SignalLine::parse(n, line, &mut warnings).map_err(|error| error.at_line(n))?);
        }
        if signals.len() != record.signals {
            return Err(Error::damaged(format!(
                "{} signals announced, {} described",
                record.signals,
                signals.len()
            ))
            .at_line(number));
        }
        if signals.is_empty() {
            return Err(Error::damaged("the record has no signals").at_line(number));
        }
        Body::Signals(signals)
    };

    let comments = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix('#'))
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    Ok(Header {
        name: record.name,
        sampling_rate_hz: record.sampling_rate_hz,
        length: record.length,
        started: record.started,
        body,
        comments,
        warnings,
    })
}

fn segment(number: usize, line: &str) -> Result<Segment, Error> {
    let mut fields = line.split_ascii_whitespace();
    let (Some(name), Some(length)) = (fields.next(), fields.next()) else {
        return Err(Error::damaged("a segment line needs a name and a length").at_line(number));
    };
    let length = length.parse().map_err(|_| {
        Error::damaged(format!("\"{length}\" is no number of samples")).at_line(number)
    })?;
    Ok(Segment {
        name: name.to_owned(),
        length,
        line: number,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::ecg::{Unit, WarningCode};

    fn signals(header: &Header) -> &[SignalLine] {
        match &header.body {
            Body::Signals(signals) => signals,
            Body::Segments(_) => panic!("segments"),
        }
    }

    #[test]
    fn a_record_line_may_carry_counter_time_and_date() {
        let header =
            parse("r 1 500/1000(5) 1000 8:26:04.5 26/10/1994\nr.dat 16 200(12)/mV\n# Age: 3")
                .unwrap();
        assert_eq!(header.sampling_rate_hz, 500.0);
        assert_eq!(header.length, Some(1000));
        assert_eq!(header.started.unwrap().to_string(), "1994-10-26T08:26:04.5");
        assert_eq!(header.comments, ["Age: 3"]);
        assert!(header.warnings.is_empty());
    }

    #[test]
    fn a_signal_line_gives_frame_skew_offset_calibration_and_checks() {
        let header = parse(
            "r 2 125 10\nr.dat 212x4:3+24 20(-1600)/mmHg 12 5 -242 -18875 0 ABP, left arm\nr.dat 212 0 12 7",
        )
        .unwrap();
        let [pressure, bare] = signals(&header) else {
            panic!("two signals")
        };
        assert_eq!(
            (
                pressure.samples_per_frame,
                pressure.skew,
                pressure.byte_offset
            ),
            (4, 3, 24)
        );
        assert_eq!((pressure.gain, pressure.baseline), (20.0, -1600.0));
        assert_eq!(pressure.unit, Unit::Other("mmHg".into()));
        assert_eq!(
            (pressure.initial_value, pressure.checksum),
            (Some(-242), Some(-18875))
        );
        assert_eq!(pressure.description, "ABP, left arm");
        assert_eq!((bare.gain, bare.baseline), (200.0, 7.0));
        assert_eq!(header.warnings.len(), 1);
        assert_eq!(header.warnings[0].code, WarningCode::DefaultGain);
    }

    #[test]
    fn impossible_rates_and_gains_are_refused_with_their_line() {
        for (text, line) in [
            ("r 1 0 10\nr.dat 16", 1),
            ("r 1 nan 10\nr.dat 16", 1),
            ("r 1 1e12 10\nr.dat 16", 1),
            ("r 1 500 10\nr.dat 16 1e308(0)/mV", 2),
            ("r 1 500 10\nr.dat 999 200/mV", 2),
            ("r 3 500 10\nr.dat 16 200/mV", 1),
        ] {
            let error = parse(text).err().unwrap();
            assert_eq!(
                error.place,
                Some(crate::formats::Place::Line(line)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_table_of_numbers_is_no_header() {
        assert!(looks_like_header(
            "# hello\n132 12 500 5000\n132.dat 16 1760(-20)/mV"
        ));
        assert!(looks_like_header(
            "041s/2 7 125 2000\n041s01 1000\n041s02 1000"
        ));
        assert!(!looks_like_header("1 2 3 4\n5 6 7 8"));
        assert!(!looks_like_header("I II V1\n-14 -12 32"));
    }
}
