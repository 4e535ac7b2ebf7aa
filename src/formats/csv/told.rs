//! What devices tell above their numbers: sampling rate, unit, names of channels.

use serde_json::Value;

use crate::ecg::Unit;
use crate::formats::column::{Heading, names_rate, names_unit, seconds_in};
use crate::formats::facts::{Topic, topic};
use crate::formats::{fields, unit};

/// What the lines that are no rows say.
#[derive(Debug, Default, PartialEq)]
pub(in crate::formats) struct Told {
    pub rate_hz: Option<f64>,
    /// For all columns that state none of their own.
    pub unit: Option<String>,
    /// What one count may be worth, with its unit, which is empty where none is stated.
    pub scale: Option<(f64, String)>,
}

impl Told {
    pub(super) fn read(lines: &[String]) -> Self {
        let device = open_signals_device(lines);
        let rate = || device.as_ref()?.get("sampling rate")?.as_f64();
        Self {
            rate_hz: lines
                .iter()
                .find_map(|line| stated_rate(line))
                .or_else(rate),
            unit: lines.iter().find_map(|line| stated_unit(line)),
            scale: lines.iter().find_map(|line| stated_scale(line)),
        }
    }
}

/// Headings that a device writes elsewhere than above its columns: one for each of so many, whose own are `names`; `None`
/// for one that is no signal.
pub(super) fn headings(
    lines: &[String],
    width: usize,
    names: Option<&[Heading]>,
) -> Option<Vec<Option<Heading>>> {
    lab_chart(lines, width)
        .or_else(|| acq_knowledge(lines, names?))
        .or_else(|| open_signals(&open_signals_device(lines)?, width))
}

/// LabChart writes its names and units behind keys: `ChannelTitle=`, `UnitName=`, or `Range=` with the range before the
/// unit. The time, in seconds, comes before the channels.
fn lab_chart(lines: &[String], width: usize) -> Option<Vec<Option<Heading>>> {
    let behind = |key: &str| {
        let rest = lines.iter().find_map(|line| line.strip_prefix(key))?;
        Some(
            rest.trim_matches('\t')
                .split('\t')
                .map(str::trim)
                .collect::<Vec<_>>(),
        )
    };
    let titles = behind("ChannelTitle=")?;
    let units = behind("UnitName=")
        .or_else(|| behind("Range="))
        .unwrap_or_default();
    let channels = titles.iter().enumerate().map(|(at, title)| {
        let unit = units
            .get(at)
            .and_then(|unit| unit.split_whitespace().last());
        let heading = Heading::parse(title);
        Some(Heading {
            unit: heading.unit.or(unit.map(str::to_owned)),
            name: heading.name,
        })
    });
    let time = (titles.len() + 1 == width).then(|| Some(Heading::parse("time (s)")));
    let all: Vec<_> = time.into_iter().chain(channels).collect();
    (all.len() == width).then_some(all)
}

/// AcqKnowledge writes `2 channels` and then name and unit of each on lines of their own; above the columns stand only
/// `sec`, `CH1`, `CH2`.
fn acq_knowledge(lines: &[String], names: &[Heading]) -> Option<Vec<Option<Heading>>> {
    let (at, channels) = lines.iter().enumerate().find_map(|(at, line)| {
        let count = line.strip_suffix(" channels")?.parse::<usize>().ok()?;
        Some((at, count))
    })?;
    let (time, rest) = names.split_first()?;
    if rest.len() != channels || seconds_in(&time.name).is_none() {
        return None;
    }
    let own = lines.get(at + 1..)?.chunks_exact(2).take(channels);
    let own = own.map(|pair| match pair {
        [name, unit] => Some(Heading {
            name: name.clone(),
            unit: Some(unit.clone()),
        }),
        _ => None,
    });
    let all: Vec<_> = std::iter::once(Some(time.clone())).chain(own).collect();
    (all.len() == names.len()).then_some(all)
}

/// The first device of the JSON object among the lines.
fn open_signals_device(lines: &[String]) -> Option<Value> {
    let line = lines.iter().find(|line| line.starts_with('{'))?;
    match serde_json::from_str(line).ok()? {
        Value::Object(devices) => devices.into_iter().next().map(|(_, device)| device),
        _ => None,
    }
}

/// OpenSignals writes a JSON object for each device. Of its columns those with a label are signals; the others are a
/// sequence number and digital lines.
fn open_signals(device: &Value, width: usize) -> Option<Vec<Option<Heading>>> {
    let columns = device.get("column")?.as_array()?;
    let labels = device.get("label")?.as_array()?;
    let headings = columns.iter().map(|column| {
        let signal = labels.contains(column);
        signal.then(|| Heading::parse(column.as_str().unwrap_or_default()))
    });
    (columns.len() == width).then(|| headings.collect())
}

/// Frequencies that are no sampling rate.
const OTHER_RATES: [&str; 9] = [
    "heart", "pulse", "resp", "beat", "filter", "pass", "notch", "mains", "line",
];

/// `sampling_rate: 500`, `fs=500 Hz`, `Sampling frequency (Hz): 500`, `Sample Rate,250,Hz`, `Interval= 0.001 s`,
/// `2 msec/sample`.
fn stated_rate(line: &str) -> Option<f64> {
    if let Some((number, unit)) = line
        .strip_suffix("/sample")
        .and_then(|step| step.split_once(' '))
    {
        return Some(1.0 / (number.parse::<f64>().ok()? * seconds_in(unit)?));
    }
    let (key, value) = line.split_once([':', '=', ',', ';', '\t'])?;
    let key = key.trim_matches(['"', '\'', ' ']).to_lowercase();
    let mut words = value
        .split([' ', '\t', ';', '"'])
        .filter(|word| !word.is_empty());
    let first = words.next()?;
    // `250,Hz` has two fields, `250,0` one.
    let (number, field) = match first.split_once(',') {
        Some((whole, digits)) if digits.starts_with(|c: char| c.is_ascii_digit()) => {
            (format!("{whole}.{digits}"), "")
        }
        Some((number, unit)) => (number.to_owned(), unit),
        None => (first.to_owned(), ""),
    };
    let digits = number.trim_end_matches(char::is_alphabetic);
    let glued = number.get(digits.len()..).unwrap_or_default();
    let number: f64 = digits.parse().ok()?;
    let units = [glued, field, words.next().unwrap_or_default()];
    let unit = units
        .into_iter()
        .find(|unit| !unit.is_empty())
        .unwrap_or_default();
    let unit = unit.trim_matches([',', ' ']);
    if key == "interval"
        || (key.contains("sampl") && (key.contains("interval") || key.contains("period")))
    {
        return Some(1.0 / (number * seconds_in(unit)?));
    }
    let rate = key.contains("rate") || key.contains("freq");
    let other = OTHER_RATES.iter().any(|word| key.contains(word));
    let kilo = unit.eq_ignore_ascii_case("khz") || key.contains("khz");
    let rate = names_rate(&key) || (rate && !other);
    rate.then_some(if kilo { number * 1000.0 } else { number })
}

/// `unit: mV`, `units = uV`, `Units,mV,`.
fn stated_unit(line: &str) -> Option<String> {
    let (key, value) = line.split_once([':', '=', ',', ';', '\t'])?;
    names_unit(key.trim())
        .then(|| value.trim().trim_matches(['"', ',', ';']).trim().to_owned())
        .filter(|unit| !unit.is_empty())
}

/// `Resolution (uV);4.88`, `LSB: 4.88 uV`, `Scale = 0.5`; bits, and millimetres of paper, are no scale.
fn stated_scale(line: &str) -> Option<(f64, String)> {
    let (key, value) = line.split_once([':', '=', ',', ';', '\t'])?;
    let key = Heading::parse(key);
    if !matches!(topic(&key.name), Some(Topic::Scale | Topic::SomeScale)) {
        return None;
    }
    let value = value.trim_matches(['"', ',', ';', ' ', '\t']);
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '-');
    let end = value.find(|c| !of_number(c)).unwrap_or(value.len());
    let (number, rest) = value.split_at_checked(end)?;
    let number = fields::number(number.trim_end_matches(','))?;
    let behind = rest.trim_start_matches(['"', ',', ';', ' ', '\t']);
    let behind = behind.split(['/', ' ']).next().unwrap_or_default();
    let unit = key.unit.unwrap_or_else(|| behind.to_owned());
    let told = unit.is_empty() || unit::parse(&unit).0 == Unit::Microvolt;
    told.then_some((number, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_in_the_spellings_of_devices_and_others_are_not() {
        for (line, rate) in [
            ("sampling_rate: 500", 500.0),
            ("fs=500 Hz", 500.0),
            ("Sampling frequency (Hz): 500", 500.0),
            ("Sample Rate,250,Hz", 250.0),
            ("Sample Rate,250 Hz", 250.0),
            ("Abtastrate;500,0", 500.0),
            ("Sampling rate: 1kHz", 1000.0),
            ("Sampling rate (kHz): 0.5", 500.0),
            ("Interval=\t0.002 s", 500.0),
            ("Sample interval: 4 ms", 250.0),
            ("2 msec/sample", 500.0),
        ] {
            assert_eq!(stated_rate(line), Some(rate), "{line}");
        }
        for line in [
            "Heart rate: 72",
            "Low-pass frequency: 40 Hz",
            "Interval=\t3",
            "Rate",
        ] {
            assert_eq!(stated_rate(line), None, "{line}");
        }
        assert_eq!(stated_unit("Units,mV,").as_deref(), Some("mV"));
    }

    #[test]
    fn what_a_count_is_worth_is_told_from_bits_and_paper() {
        for (line, scale, unit) in [
            ("Resolution (uV);4.88", 4.88, "uV"),
            ("resolution [µV]: 4,88", 4.88, "µV"),
            ("LSB,4.88,uV", 4.88, "uV"),
            ("Resolution = 4.88 uV/LSB", 4.88, "uV"),
            ("Scale: 0.5", 0.5, ""),
        ] {
            assert_eq!(stated_scale(line), Some((scale, unit.to_owned())), "{line}");
        }
        for line in [
            "Resolution: 16 bit",
            "Scale: 10 mm/mV",
            "Scale: none",
            "Gain: 4",
        ] {
            assert_eq!(stated_scale(line), None, "{line}");
        }
    }
}
