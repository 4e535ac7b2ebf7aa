//! The CSV that Apple Health exports: lines of `key,value`, then one sample a line, with the decimal sign
//! of the user's language (`-68,000` is one number).

use crate::ecg::{Counts, Lead, LeadName, LeadOrigin, Recording, Samples};

use super::fields::{number, parse_date, parse_time};
use super::{Error, Head, Options, check_rate, text, unit};

pub(super) const LARGEST: u64 = 64 << 20;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.text().is_some_and(|text| {
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        has("Sample Rate,") && has("Lead,") && has("Unit,")
    })
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let source = text::decode(bytes);
    let mut lines = (1..).zip(source.lines());
    let mut recording = Recording::new("", "apple", 0.0);
    let (mut lead, mut stated_unit) = (None, None);
    for (line_number, line) in lines.by_ref() {
        let Some((key, value)) = line.split_once(',') else {
            continue;
        };
        let value = value.trim().trim_matches('"').trim();
        if value.is_empty() {
            continue;
        }
        match key.trim() {
            "Name" => recording.patient.name = Some(value.to_owned()),
            "Recorded Date" => {
                let mut parts = value.split(' ');
                let day = parts.next().and_then(parse_date);
                let time = parts.next().and_then(parse_time);
                recording.acquisition.started =
                    day.zip(time).map(|(day, time)| day.to_datetime(time));
            }
            "Classification" => recording.device_statements.push(value.to_owned()),
            "Symptoms" => recording.comments.push(format!("Symptoms: {value}")),
            "Device" => recording.acquisition.device = Some(value.to_owned()),
            "Sample Rate" => {
                let rate = value.split(' ').next().and_then(number).unwrap_or(0.0);
                recording.sampling_rate_hz =
                    check_rate(rate).map_err(|error| error.at_line(line_number))?;
            }
            "Lead" => lead = Some(LeadName::parse(value)),
            "Unit" => stated_unit = Some(unit::parse(value)),
            _ => {}
        }
        if lead.is_some() && stated_unit.is_some() {
            break;
        }
    }
    let (Some(name), Some((unit, scale))) = (lead, stated_unit) else {
        return Err(Error::damaged("lead and unit are missing"));
    };
    if recording.sampling_rate_hz == 0.0 {
        return Err(Error::damaged("the sampling rate is missing"));
    }
    let mut values = Vec::new();
    for (line_number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let value = number(line).ok_or_else(|| {
            let shown: String = line.chars().take(40).collect();
            Error::damaged(format!("\"{}\" is no number", shown.escape_debug()))
                .at_line(line_number)
        })?;
        values.push(value);
    }
    if values.is_empty() {
        return Err(Error::damaged("the file holds no samples"));
    }
    recording.leads.push(Lead {
        name,
        unit,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: recording.sampling_rate_hz,
        samples: Samples::from_counts(Counts::F64(values), 1.0, 0.0, scale, None),
    });
    Ok(recording)
}
