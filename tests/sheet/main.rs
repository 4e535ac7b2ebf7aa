//! The page: what stands where, and how long a millimetre is.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod layouts;
mod numbers;
mod painted;
mod robust;
mod true_scale;

use heartbeatai::ecg::{Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Unit};
use heartbeatai::sheet::{Item, Sheet};

/// A lead of microvolts at a sampling rate.
fn lead(name: LeadName, rate: f64, values: Vec<f64>) -> Lead {
    Lead {
        name,
        unit: Unit::Microvolt,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: rate,
        samples: Samples::from_microvolts(values),
    }
}

/// Twelve leads of the given seconds with an R wave of 1 mV every 0.8 s.
fn twelve_leads(seconds: f64) -> Recording {
    let rate = 500.0;
    let mut recording = Recording::new("R1", "test", rate);
    for name in STANDARD_12 {
        let beat = |t: f64| 1000.0 * (-((t % 0.8 - 0.4) / 0.012).powi(2)).exp();
        let values = (0..(seconds * rate) as usize)
            .map(|i| beat(i as f64 / rate))
            .collect();
        recording.leads.push(lead(name, rate, values));
    }
    recording
}

/// Every text of a sheet.
fn texts(sheet: &Sheet) -> Vec<&str> {
    let items = sheet.items.iter();
    items
        .filter_map(|item| match item {
            Item::Text { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn says(sheet: &Sheet, words: &str) -> bool {
    texts(sheet).iter().any(|text| text.contains(words))
}
