//! Patient and device (section 1), measurements (section 7), statements (section 8).

use jiff::civil::Time;

use crate::ecg::{Recording, Sex};
use crate::formats::bytes::Bytes;
use crate::formats::fields::{age, date, join, reported};

use super::File;

/// A measurement that was not made.
const ABSENT: u16 = 29_999;

/// Tag, value pairs of section 1.
pub(super) fn patient(file: &File<'_>, recording: &mut Recording) {
    let Ok(Some(section)) = file.section(1) else {
        return;
    };
    let mut at = 0;
    let (mut first, mut last, mut day, mut time) = (None, None, None, None);
    let (mut high_pass, mut low_pass) = (None, None);
    while let (Some(tag), Some(length)) = (section.u8(at), section.u16_le(at + 1)) {
        if tag == 255 {
            break;
        }
        let length = usize::from(length);
        let Some(value) = section.slice(at + 3, length).map(Bytes) else {
            break;
        };
        at += 3 + length;
        let patient = &mut recording.patient;
        match tag {
            0 => last = value.text(0, length),
            1 => first = value.text(0, length),
            2 => patient.id = value.text(0, length),
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
            14 => recording.acquisition.device = value.text(8, 6),
            25 => day = calendar(value),
            26 => {
                let part = |index| value.u8(index).and_then(|part| i8::try_from(part).ok());
                time = part(0)
                    .zip(part(1))
                    .zip(part(2))
                    .and_then(|((hour, minute), second)| Time::new(hour, minute, second, 0).ok());
            }
            27 => {
                high_pass = value
                    .u16_le(0)
                    .map(|hundredths| f64::from(hundredths) / 100.0)
            }
            28 => low_pass = value.u16_le(0).filter(|&hz| hz > 0),
            _ => {}
        }
    }
    recording.patient.name = join([first, last]);
    recording.acquisition.started = day.zip(time).map(|(day, time)| day.to_datetime(time));
    recording.acquisition.filters = high_pass
        .zip(low_pass)
        .map(|(high, low)| format!("{high} to {low} Hz"));
}

fn calendar(value: Bytes<'_>) -> Option<jiff::civil::Date> {
    let (year, month, day) = (value.u16_le(0)?, value.u8(2)?, value.u8(3)?);
    date(i64::from(year), i64::from(month), i64::from(day))
}

/// Mean RR interval, and the intervals and axes of the first reference beat.
pub(super) fn measurements(file: &File<'_>, recording: &mut Recording) {
    let Ok(Some(section)) = file.section(7) else {
        return;
    };
    let value = |at| {
        section
            .u16_le(at)
            .filter(|&value| value != ABSENT && value < 20_000)
    };
    let mut report = |name, value: f64, unit| {
        recording
            .device_measurements
            .push(reported(name, value, unit))
    };
    if let Some(rr_ms) = value(2).filter(|&rr_ms| rr_ms > 0) {
        report("heart_rate", (60_000.0 / f64::from(rr_ms)).round(), "/min");
    }
    if section.u8(0) == Some(0) {
        return;
    }
    let (p_on, qrs_on, qrs_off, t_off) = (value(6), value(10), value(12), value(14));
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

/// The statements of the device, in its words.
pub(super) fn statements(file: &File<'_>, recording: &mut Recording) {
    let Ok(Some(section)) = file.section(8) else {
        return;
    };
    let Some(count) = section.u8(8) else { return };
    let mut at = 9;
    for _ in 0..count {
        let Some(length) = section.u16_le(at + 1) else {
            break;
        };
        let length = usize::from(length);
        recording
            .device_statements
            .extend(section.text(at + 3, length));
        at += 3 + length;
    }
}
