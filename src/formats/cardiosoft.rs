//! GE CardioSoft and CASE XML (`CardiologyXML`): comma-separated integers per lead.

use crate::ecg::{Diagnosis, LeadName, MedianBeat, Recording, Warning, WarningCode};

use super::fields::{self, age, band, date, digits, measured, reported, sex, voltage_lead};
use super::xml::{Document, Node, children, descendant, find, number_at, text_at, trimmed};
use super::{Error, check_rate};

const MEASUREMENTS: [(&str, &str, &str); 8] = [
    ("VentricularRate", "heart_rate", "/min"),
    ("PQInterval", "pr", "ms"),
    ("QRSDuration", "qrs", "ms"),
    ("QTInterval", "qt", "ms"),
    ("QTCInterval", "qtc", "ms"),
    ("PAxis", "p_axis", "deg"),
    ("RAxis", "qrs_axis", "deg"),
    ("TAxis", "t_axis", "deg"),
];

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let strip = descendant(root, "StripData")
        .ok_or_else(|| Error::damaged("the file holds no rhythm strip").at_field("StripData"))?;
    let mut recording = Recording::new("", "cardiosoft", 0.0);
    recording.leads = leads(strip, &mut recording.warnings)?;
    recording.sampling_rate_hz = recording
        .leads
        .first()
        .map_or(0.0, |lead| lead.sampling_rate_hz);
    if recording.leads.is_empty() {
        return Err(Error::damaged("the rhythm strip holds no leads").at_field("StripData"));
    }
    if let Some(beat) = descendant(root, "MedianSamples") {
        // A broken median beat does not keep the rhythm from being shown.
        let leads = leads(beat, &mut Vec::new()).unwrap_or_default();
        recording
            .median_beats
            .extend((!leads.is_empty()).then_some(MedianBeat { leads }));
    }
    describe(root, &mut recording);
    Ok(recording)
}

fn leads(node: Node<'_>, warnings: &mut Vec<Warning>) -> Result<Vec<crate::ecg::Lead>, Error> {
    let rate = number_at(node, "SampleRate")
        .ok_or_else(|| Error::damaged("the sampling rate is missing").at_field("SampleRate"))?;
    let rate = check_rate(rate).map_err(|error| error.at_field("SampleRate"))?;
    let resolution = number_at(node, "Resolution")
        .filter(|&value| value > 0.0)
        .ok_or_else(|| {
            Error::damaged("the resolution is missing or not positive").at_field("Resolution")
        })?;
    let stated = number_at(node, "ChannelSampleCountTotal");
    let mut leads = Vec::new();
    for waveform in children(node, "WaveformData") {
        let label = waveform.attribute("lead").unwrap_or("unnamed");
        let counts =
            digits(&waveform.text()).map_err(|error| error.at_field(format!("lead {label}")))?;
        let lead = voltage_lead(LeadName::parse(label), rate, counts, resolution);
        let got = lead.samples.len();
        if stated.is_some_and(|stated| stated != got as f64) {
            warnings.push(Warning::new(
                WarningCode::Truncated,
                format!(
                    "Lead {label} holds {got} of {} stated samples.",
                    stated.unwrap_or_default()
                ),
            ));
        }
        if got > 0 {
            leads.push(lead);
        }
    }
    Ok(leads)
}

fn describe(root: Node<'_>, recording: &mut Recording) {
    let whole = |node: Node<'_>, path: &str| text_at(node, path)?.parse::<i64>().ok();
    let day = |node: Node<'_>| {
        date(
            whole(node, "Year")?,
            whole(node, "Month")?,
            whole(node, "Day")?,
        )
    };
    if let Some(person) = find(root, "PatientInfo") {
        let patient = &mut recording.patient;
        patient.id = text_at(person, "PID");
        fields::name(
            patient,
            text_at(person, "Name/GivenName"),
            text_at(person, "Name/FamilyName"),
        );
        patient.sex = text_at(person, "Gender").and_then(|text| sex(&text));
        patient.birth_date = find(person, "BirthDateTime").and_then(day);
        let unit = find(person, "Age")
            .and_then(|node| node.attribute("units"))
            .unwrap_or_default();
        patient.age_years = number_at(person, "Age").and_then(|value| age(value, unit));
    }
    if let Some(moment) = find(root, "ObservationDateTime") {
        let part = |name| {
            whole(moment, name)
                .and_then(|value| i8::try_from(value).ok())
                .unwrap_or(0)
        };
        let time = jiff::civil::Time::new(part("Hour"), part("Minute"), part("Second"), 0).ok();
        recording.acquisition.started = day(moment)
            .zip(time)
            .map(|(day, time)| day.to_datetime(time));
    }
    recording.acquisition.device = text_at(root, "ClinicalInfo/DeviceInfo/Desc");
    if let Some(filter) = find(root, "FilterSetting") {
        let on =
            |name: &str| text_at(filter, name).is_some_and(|on| on.eq_ignore_ascii_case("yes"));
        let mains = [("Filter50Hz", 50.0), ("Filter60Hz", 60.0)];
        let mains = mains
            .into_iter()
            .find(|(name, _)| on(name))
            .map(|(_, hz)| hz);
        recording.acquisition.filters = band(
            number_at(filter, "HighPass"),
            number_at(filter, "LowPass"),
            mains,
        );
    }
    if let Some(values) = find(root, "RestingECGMeasurements") {
        for (element, name, unit) in MEASUREMENTS {
            let value = number_at(values, element).filter(|&value| measured(name, value));
            recording
                .device_measurements
                .extend(value.map(|value| reported(name, value, unit)));
        }
    }
    let lines = |path: &str, element: &str| -> Vec<String> {
        let lines = find(root, path)
            .into_iter()
            .flat_map(|node| children(node, element));
        let lines = lines.filter_map(trimmed);
        lines
            .filter(|text| text.chars().any(char::is_alphanumeric))
            .collect()
    };
    recording.device_statements = lines("Interpretation/Diagnosis", "DiagnosisText");
    // What a person made of them, where that is something else.
    let conclusion = lines("Interpretation/Conclusion", "ConclusionText");
    if conclusion != recording.device_statements {
        recording
            .diagnoses
            .extend(conclusion.into_iter().map(|code| Diagnosis {
                system: "text".to_owned(),
                code,
            }));
    }
}
