//! Everything that is known of a tracing, as JSON.

use serde_json::{Value, json};

use crate::ecg::{Lead, Recording};
use crate::formats::Error;

pub(super) fn bytes(recording: &Recording) -> Result<Vec<u8>, Error> {
    let leads = |leads: &[Lead]| leads.iter().map(lead).collect::<Vec<_>>();
    let value = json!({
        "name": recording.name,
        "format": recording.format,
        "simulated": recording.simulated,
        "sampling_rate_hz": recording.sampling_rate_hz,
        "patient": recording.patient,
        "acquisition": {
            "started": recording.acquisition.started.map(|started| started.to_string()),
            "device": recording.acquisition.device,
            "filters": recording.acquisition.filters,
            "site": recording.acquisition.site,
        },
        "diagnoses": recording.diagnoses,
        "device_statements": recording.device_statements,
        "device_measurements": recording.device_measurements,
        "annotations": recording.annotations,
        "comments": recording.comments,
        "warnings": recording.warnings,
        "leads": leads(&recording.leads),
        "median_beats": recording.median_beats.iter().map(|beat| leads(&beat.leads)).collect::<Vec<_>>(),
    });
    serde_json::to_vec(&value).map_err(|error| Error::unsupported(error.to_string()))
}

/// Samples that are missing are `null`; what is no voltage is in thousandths of its unit.
fn lead(lead: &Lead) -> Value {
    let finite = |value: f64| value.is_finite().then_some(value);
    json!({
        "name": lead.name,
        "unit": lead.unit.of_values(),
        "origin": lead.origin,
        "sampling_rate_hz": lead.sampling_rate_hz,
        "values": lead.samples.microvolts().into_iter().map(finite).collect::<Vec<_>>(),
    })
}
