//! Zoncare XML (`zqecg`): 16-bit integers of all leads, interleaved, in base64.

use crate::ecg::{Counts, LeadName, Recording, STANDARD_12, Warning, WarningCode};

use super::fields::{base64, i16_le, voltage_lead};
use super::xml::{Document, data_at, number_at};
use super::{Error, check_rate};

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let required = |name: &'static str| {
        number_at(root, name)
            .ok_or_else(|| Error::damaged(format!("{name} is missing")).at_field(name))
    };
    let rate = check_rate(required("sample")?).map_err(|error| error.at_field("sample"))?;
    let leads = required("lead")?;
    if leads != 12.0 {
        return Err(
            Error::unsupported(format!("{leads} leads; only twelve are read")).at_field("lead"),
        );
    }
    let data = data_at(root, "data");
    let counts = i16_le(&base64(&data).map_err(|error| error.at_field("data"))?);
    // A frame may hold more than the leads: one more word that is always zero.
    let stated = number_at(root, "second").map(|seconds| seconds * rate);
    let per_frame = (STANDARD_12.len()..=16)
        .find(|&width| stated == Some((counts.len() / width) as f64))
        .unwrap_or(STANDARD_12.len());
    let frames = counts.len() / per_frame;
    if frames == 0 {
        return Err(Error::damaged("the file holds no samples").at_field("data"));
    }
    let mut recording = Recording::new("", "zoncare", rate);
    if stated.is_some_and(|stated| stated > frames as f64) {
        let message = format!("The file holds only {frames} samples of those stated.");
        recording
            .warnings
            .push(Warning::new(WarningCode::Truncated, message));
    }
    // No file states what a count is worth; one microvolt is what other readers take.
    recording.warnings.push(Warning::new(
        WarningCode::AssumedUnit,
        "The file states no amplitude unit; microvolts are assumed, so every amplitude depends on it.",
    ));
    let lead = |(index, name): (usize, &LeadName)| {
        let own = counts
            .iter()
            .skip(index)
            .step_by(per_frame)
            .take(frames)
            .copied();
        voltage_lead(name.clone(), rate, Counts::I16(own.collect()), 1.0)
    };
    recording.leads = STANDARD_12.iter().enumerate().map(lead).collect();
    Ok(recording)
}
