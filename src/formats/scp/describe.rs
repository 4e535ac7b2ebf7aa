//! Patient and device (section 1), measurements (section 7), statements (sections 8 and 11).

use encoding_rs::Encoding;
use jiff::civil::Time;

use crate::ecg::{Annotation, Diagnosis, Recording, Sex};
use crate::formats::bytes::Bytes;
use crate::formats::fields::{self, age, date, join, reported};

use super::leads::lead_of_code;
use super::sections::File;

/// A measurement that was not made.
const ABSENT: u16 = 29_999;
/// Makers by the number that tag 14 gives them (EN 1064 table 3).
const MAKERS: [&str; 21] = [
    "",
    "Burdick",
    "Cambridge",
    "Compumed",
    "Datamed",
    "Fukuda",
    "Hewlett-Packard",
    "Marquette Electronics",
    "Mortara Instruments",
    "Nihon Kohden",
    "Okin",
    "Quinton",
    "Siemens",
    "Spacelabs",
    "Telemed",
    "Hellige",
    "ESA-OTE",
    "Schiller",
    "Picker-Schwarzer",
    "et medical devices",
    "Zwönitz",
];

/// In which characters the file writes (EN 1064 annex A): the code of tag 14.
fn encoding(code: u8) -> Option<&'static Encoding> {
    Some(match code {
        0x03 => encoding_rs::ISO_8859_2,
        0x0b => encoding_rs::ISO_8859_4,
        0x13 => encoding_rs::ISO_8859_5,
        0x1b => encoding_rs::ISO_8859_6,
        0x23 => encoding_rs::ISO_8859_7,
        0x2b => encoding_rs::ISO_8859_8,
        0x33 => encoding_rs::WINDOWS_874,
        0x3b => encoding_rs::ISO_8859_15,
        0x07 => encoding_rs::UTF_16LE,
        0x0f => encoding_rs::SHIFT_JIS,
        0x17 | 0x1f => encoding_rs::EUC_JP,
        0x27 => encoding_rs::GBK,
        0x2f => encoding_rs::EUC_KR,
        _ => return None,
    })
}

/// Text in the characters of the file up to its NUL; `None` where empty.
fn words(bytes: &[u8], encoding: Option<&'static Encoding>) -> Option<String> {
    let Some(encoding) = encoding else {
        let text = Bytes(bytes).text(0, bytes.len());
        return text.filter(|text| text.chars().any(|c| !c.is_control()));
    };
    let end = if encoding == encoding_rs::UTF_16LE {
        let pairs = bytes.as_chunks::<2>().0;
        let letters = pairs.iter().take_while(|pair| **pair != [0, 0]);
        2 * letters.count()
    } else {
        bytes
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(bytes.len())
    };
    // A byte order mark decides over the code.
    let text = encoding.decode(bytes.get(..end)?).0;
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Tag and value of section 1.
fn tags<'a>(section: Bytes<'a>) -> Vec<(u8, Bytes<'a>)> {
    let mut at = 0;
    let mut tags = Vec::new();
    while let (Some(tag), Some(length)) = (section.u8(at), section.u16_le(at + 1)) {
        if tag == 255 {
            break;
        }
        // Some writers state a wrong length for what the standard fixes.
        let fixed = match tag {
            8 | 9 | 24 | 29 => Some(1),
            11 | 12 | 27 | 28 | 33 => Some(2),
            4 | 6 | 7 | 26 => Some(3),
            5 | 25 => Some(4),
            _ => None,
        };
        let stated = usize::from(length);
        let next = |length: usize| section.u8(at + 3 + length).is_some();
        let length = match fixed {
            Some(fixed) if !next(stated) && next(fixed) => fixed,
            _ => stated,
        };
        let Some(value) = section.slice(at + 3, length).map(Bytes) else {
            break;
        };
        at += 3 + length;
        tags.push((tag, value));
    }
    tags
}

/// In which characters the file writes, as far as it says.
fn file_encoding(file: &File<'_>) -> Option<&'static Encoding> {
    let section = file.section(1).ok().flatten()?;
    let machine = tags(section).into_iter().find(|(tag, _)| *tag == 14)?.1;
    machine.u8(16).and_then(encoding)
}

/// Who the tracing is of, when it was taken, by what and through which filters.
pub(super) fn patient(file: &File<'_>, recording: &mut Recording) {
    let Ok(Some(section)) = file.section(1) else {
        return;
    };
    let encoding = file_encoding(file);
    let (mut first, mut last, mut second, mut day, mut time) = (None, None, None, None, None);
    let (mut high_pass, mut low_pass, mut others) = (None, None, 0);
    for (tag, value) in tags(section) {
        let text = || words(value.0, encoding);
        let patient = &mut recording.patient;
        match tag {
            0 => last = text(),
            1 => first = text(),
            2 => patient.id = text(),
            3 => second = text(),
            4 => {
                let unit = match value.u8(2) {
                    Some(1) => "y",
                    Some(2) => "mo",
                    Some(3) => "w",
                    Some(4) => "d",
                    Some(5) => "h",
                    _ => continue,
                };
                let stated = value.u16_le(0).filter(|&stated| stated > 0);
                patient.age_years = stated.and_then(|stated| age(f64::from(stated), unit));
            }
            5 => patient.birth_date = calendar(value),
            8 => {
                patient.sex = match value.u8(0) {
                    Some(1) => Some(Sex::Male),
                    Some(2) => Some(Sex::Female),
                    _ => None,
                };
            }
            14 => recording.acquisition.device = device(value, encoding),
            16 => recording.acquisition.site = text(),
            13 | 30 | 35 => recording.comments.extend(text()),
            25 => day = calendar(value),
            26 => {
                let part = |index| value.u8(index).and_then(|part| i8::try_from(part).ok());
                time = part(0)
                    .zip(part(1))
                    .zip(part(2))
                    .and_then(|((hour, minute), second)| Time::new(hour, minute, second, 0).ok());
            }
            27 => high_pass = value.u16_le(0).filter(|&hundredths| hundredths > 0),
            28 => low_pass = value.u16_le(0).filter(|&hz| hz > 0),
            29 => others = value.u8(0).unwrap_or(0),
            _ => {}
        }
    }
    fields::name(&mut recording.patient, first, join([last, second]));
    let started = day.zip(time).map(|(day, time)| day.to_datetime(time));
    recording.acquisition.started = started.or(recording.acquisition.started);
    let high = high_pass.map(|hundredths| f64::from(hundredths) / 100.0);
    let band = match (high, low_pass) {
        (Some(high), Some(low)) => Some(format!("{high} to {low} Hz")),
        (Some(high), None) => Some(format!("from {high} Hz")),
        (None, Some(low)) => Some(format!("up to {low} Hz")),
        (None, None) => None,
    };
    let marked = [(1, "notch 60 Hz"), (2, "notch 50 Hz"), (4, "artefacts")];
    let others = marked
        .into_iter()
        .filter(|(bit, _)| others & bit != 0)
        .map(|(_, name)| name.to_owned());
    let all: Vec<String> = band.into_iter().chain(others).collect();
    recording.acquisition.filters = (!all.is_empty()).then(|| all.join(", "));
}

/// Maker and model from tag 14.
fn device(value: Bytes<'_>, encoding: Option<&'static Encoding>) -> Option<String> {
    let model = value.slice(8, 6).and_then(|model| words(model, encoding));
    // Program, serial number, software, implementation, maker, each up to its NUL.
    let strings = value.0.get(36..).unwrap_or_default();
    let trade_name = strings
        .split(|&byte| byte == 0)
        .nth(4)
        .and_then(|name| words(name, encoding));
    let number = value.u8(7).map_or(0, usize::from);
    let maker = MAKERS.get(number).filter(|name| !name.is_empty());
    join([trade_name.or(maker.map(|name| (*name).to_owned())), model])
}

fn calendar(value: Bytes<'_>) -> Option<jiff::civil::Date> {
    let (year, month, day) = (value.u16_le(0)?, value.u8(2)?, value.u8(3)?);
    date(i64::from(year), i64::from(month), i64::from(day))
}

/// Rates, and the intervals and axes of the first reference beat; spikes of a pacemaker.
pub(super) fn measurements(file: &File<'_>, recording: &mut Recording) {
    let Ok(Some(section)) = file.section(7) else {
        return;
    };
    let value = |at| {
        section
            .u16_le(at)
            .filter(|&value| value != ABSENT && value > 0 && value < 20_000)
    };
    let blocks = usize::from(section.u8(0).unwrap_or(0));
    let spikes = usize::from(section.u8(1).unwrap_or(0));
    // Behind measurements and spikes lie the types of all complexes, then rates and QTc.
    let types = 6 + 16 * blocks + 10 * spikes;
    let rates = section
        .u16_le(types)
        .map(|count| types + 2 + usize::from(count));
    let rate = rates.and_then(value);
    let from_rr = value(2).map(|rr_ms| (60_000.0 / f64::from(rr_ms)).round());
    let mut report = |name, value: f64, unit| {
        recording
            .device_measurements
            .push(reported(name, value, unit))
    };
    if let Some(rate) = rate.map(f64::from).or(from_rr) {
        report("heart_rate", rate, "/min");
    }
    if blocks > 0 {
        // From the start of the beat, where a wave may begin.
        let edge = |at| section.u16_le(at).filter(|&ms| ms != ABSENT && ms < 20_000);
        let (p_on, qrs_on, qrs_off, t_off) = (edge(6), edge(10), edge(12), edge(14));
        let span = |from: Option<u16>, to: Option<u16>| {
            let ms = to?.checked_sub(from?)?;
            (ms > 0).then_some(f64::from(ms))
        };
        for (name, span) in [
            ("pr", span(p_on, qrs_on)),
            ("qrs", span(qrs_on, qrs_off)),
            ("qt", span(qrs_on, t_off)),
        ] {
            if let Some(ms) = span {
                report(name, ms, "ms");
            }
        }
        for (name, at) in [("p_axis", 16), ("qrs_axis", 18), ("t_axis", 20)] {
            let axis = section.i16_le(at).filter(|axis| axis.unsigned_abs() <= 360);
            if let Some(axis) = axis {
                report(name, f64::from(axis), "deg");
            }
        }
    }
    if let Some(qtc) = rates.and_then(|at| value(at + 4)) {
        report("qtc", f64::from(qtc), "ms");
    }
    for index in 0..spikes {
        let at = 6 + 16 * blocks + 4 * index;
        let Some(ms) = section.u16_le(at) else { break };
        recording.annotations.push(Annotation::Note {
            at_s: f64::from(ms) / 1000.0,
            text: "pacemaker spike".to_owned(),
        });
    }
}

/// What section 10 says of each lead, in order; durations are in ms, amplitudes in microvolts (EN 1064 section 5.13.5).
/// What is `None` here are codes and not measurements.
const OF_LEAD: [Option<(&str, &str)>; 31] = [
    Some(("p_duration", "ms")),
    Some(("pr", "ms")),
    Some(("qrs", "ms")),
    Some(("qt", "ms")),
    Some(("q_duration", "ms")),
    Some(("r_duration", "ms")),
    Some(("s_duration", "ms")),
    Some(("r'_duration", "ms")),
    Some(("s'_duration", "ms")),
    Some(("q_amplitude", "uV")),
    Some(("r_amplitude", "uV")),
    Some(("s_amplitude", "uV")),
    Some(("r'_amplitude", "uV")),
    Some(("s'_amplitude", "uV")),
    Some(("j_amplitude", "uV")),
    Some(("p+_amplitude", "uV")),
    Some(("p-_amplitude", "uV")),
    Some(("t+_amplitude", "uV")),
    Some(("t-_amplitude", "uV")),
    Some(("st_slope", "uV/s")),
    None,
    None,
    Some(("isoelectric_at_qrs_onset", "ms")),
    Some(("isoelectric_at_qrs_end", "ms")),
    Some(("intrinsicoid_deflection", "ms")),
    None,
    Some(("st20_amplitude", "uV")),
    Some(("st60_amplitude", "uV")),
    Some(("st80_amplitude", "uV")),
    Some(("st_rr/16_amplitude", "uV")),
    Some(("st_rr/8_amplitude", "uV")),
];

/// The measurements of single leads (section 10), named after their lead: `V1 r_amplitude`. A wave of no duration is
/// absent, and so is its amplitude.
pub(super) fn lead_measurements(file: &File<'_>, recording: &mut Recording) {
    let Ok(Some(section)) = file.section(10) else {
        return;
    };
    let count = section.u16_le(0).unwrap_or(0);
    let mut at = 4;
    for _ in 0..count.min(255) {
        let (Some(code), Some(length)) = (section.u16_le(at), section.u16_le(at + 2)) else {
            return;
        };
        let Some(block) = section.slice(at + 4, usize::from(length)).map(Bytes) else {
            return;
        };
        at += 4 + usize::from(length);
        let lead = u8::try_from(code).ok().and_then(lead_of_code);
        let Some(lead) = lead else { continue };
        for (index, known) in OF_LEAD.iter().enumerate() {
            let value = block.i16_le(2 * index).map(f64::from);
            // Some devices write zero for what is not there, which no duration or amplitude of a wave is.
            let made = |value: &f64| value.abs() < f64::from(ABSENT) && *value != 0.0;
            if let (Some((name, unit)), Some(value)) = (known, value.filter(made)) {
                let name = format!("{lead} {name}");
                recording
                    .device_measurements
                    .push(reported(&name, value, unit));
            }
        }
    }
}

/// The statements in their words: of the device, or of the person who went over them.
pub(super) fn statements(file: &File<'_>, recording: &mut Recording) {
    let texts = |number| file.section(number).ok().flatten();
    // Section 11 says the same in codes.
    let (section, coded) = match texts(8) {
        Some(section) if section.u8(8).is_some_and(|count| count > 0) => (section, false),
        _ => match texts(11) {
            Some(section) => (section, true),
            None => return,
        },
    };
    let encoding = file_encoding(file);
    let by_person = matches!(section.u8(0), Some(1 | 2));
    let Some(count) = section.u8(8) else { return };
    let mut at = 9;
    for _ in 0..count {
        let Some(length) = section.u16_le(at + 1).map(usize::from) else {
            break;
        };
        let start = at + 3 + usize::from(coded);
        let text = section.slice(start, length.saturating_sub(usize::from(coded)));
        let text = text.and_then(|text| {
            if coded {
                // Parts of a coded statement end in a NUL each.
                let parts = text.split(|&byte| byte == 0);
                join(parts.map(|part| words(part, encoding)))
            } else {
                words(text, encoding)
            }
        });
        if by_person {
            recording.diagnoses.extend(text.map(|code| Diagnosis {
                system: "text".to_owned(),
                code,
            }));
        } else {
            recording.device_statements.extend(text);
        }
        at += 3 + length;
    }
}
