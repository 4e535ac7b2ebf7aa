//! The recordings of AliveCor's Kardia API (<https://developers.kardia.com>), JSON: one or six leads in integers,
//! as they were taken (`raw`) and filtered (`enhanced`), of which the first are shown.

use serde_json::Value;

use crate::ecg::{Counts, Lead, LeadName, LeadOrigin, Recording, Samples, Warning, WarningCode};

use super::fields::{measured, parse_date, parse_time, reported};
use super::{Error, Head, Options, check_rate, text, unit};

/// Two minutes of six leads, twice, have two megabytes; a number takes some thirty times its size in memory.
pub(super) const LARGEST: u64 = 3 << 20;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    let names = [
        "algorithmDetermination",
        "patientID",
        "amplitudeResolution",
        "data12L",
    ];
    head.text().is_some_and(|text| {
        let has = |name: &str| text.contains(&format!("\"{name}\""));
        let object = text
            .trim_start_matches('\u{feff}')
            .trim_start()
            .starts_with('{');
        object && has("recordedAt") && names.into_iter().any(has)
    })
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let source = text::decode(bytes);
    let document: Value = serde_json::from_str(&source).map_err(|error| {
        Error::damaged(format!("the JSON is broken: {error}")).at_line(error.line())
    })?;
    if document.get("data12L").is_some() {
        let reason =
            "a Kardia recording of twelve leads does not state its amplitude and is not read";
        return Err(Error::unsupported(reason).at_field("data12L"));
    }
    let raw = document
        .pointer("/data/raw")
        .ok_or_else(|| Error::damaged("the recording holds no samples").at_field("data.raw"))?;
    let rate = raw.get("frequency").and_then(Value::as_f64).unwrap_or(0.0);
    let rate = check_rate(rate).map_err(|error| error.at_field("data.raw.frequency"))?;
    let mut recording = Recording::new("", "kardia", rate);
    let nanovolts = raw
        .get("amplitudeResolution")
        .and_then(Value::as_f64)
        .filter(|&nanovolts| nanovolts > 0.0);
    if nanovolts.is_none() {
        recording.warnings.push(Warning::new(
            WarningCode::NotVoltage,
            "The file states no amplitude resolution; its values are shown as they are stored.",
        ));
    }
    let ((unit, _), scale) = match nanovolts {
        Some(nanovolts) => (unit::parse("uV"), nanovolts / 1000.0),
        None => (unit::parse(""), 1.0),
    };
    let samples = raw.get("samples").and_then(Value::as_object);
    for (key, values) in samples.into_iter().flatten() {
        let name = LeadName::parse(key);
        let broken =
            || Error::damaged("a sample is no number").at_field(format!("data.raw.samples.{key}"));
        let values = values.as_array().ok_or_else(broken)?.iter();
        let counts = values
            .map(|value| {
                if value.is_null() {
                    Some(f64::NAN)
                } else {
                    value.as_f64()
                }
            })
            .collect::<Option<Vec<f64>>>()
            .ok_or_else(broken)?;
        if counts.is_empty() {
            continue;
        }
        recording.leads.push(Lead {
            name,
            unit: unit.clone(),
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate,
            samples: Samples::from_counts(Counts::F64(counts), 1.0, 0.0, scale, None),
        });
    }
    if recording.leads.is_empty() {
        return Err(Error::damaged("the recording holds no samples").at_field("data.raw.samples"));
    }
    describe(&document, &mut recording);
    Ok(recording)
}

fn describe(document: &Value, recording: &mut Recording) {
    let words = |pointer: &str| {
        let text = document.pointer(pointer)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let number = |pointer: &str| document.pointer(pointer).and_then(Value::as_f64);
    recording.patient.id = words("/patientID");
    recording.acquisition.started = words("/recordedAt").and_then(|moment| {
        let (day, time) = moment.split_once('T')?;
        let time = time.split(['-', '+', 'Z']).next()?;
        Some(parse_date(day)?.to_datetime(parse_time(time)?))
    });
    let model = words("/deviceInfo/hardwareType").unwrap_or_default();
    recording.acquisition.device = Some(format!("AliveCor {model}").trim_end().to_owned());
    recording
        .device_statements
        .extend(words("/algorithmDetermination"));
    recording.comments.extend(words("/note"));
    for (pointer, name, unit) in [
        ("/heartRate", "heart_rate", "/min"),
        ("/qtMeasurement/qt/Value", "qt", "ms"),
        ("/qtMeasurement/qtcb/Value", "qtc", "ms"),
    ] {
        let value = number(pointer).filter(|&value| measured(name, value));
        recording
            .device_measurements
            .extend(value.map(|value| reported(name, value, unit)));
    }
}
