//! How near the measurements are to people's and to another maker's device: guards at the level that was reached.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod shared;

use heartbeatai::measure::evaluate::{ludb, muse};
use serde_json::Value;

fn number(value: &Value) -> f64 {
    value.as_f64().expect("a number")
}

#[test]
fn beats_and_boundaries_are_where_the_annotators_of_ludb_have_them() {
    let Some(dir) = shared::folder("ecg/ludb") else {
        return;
    };
    let found = serde_json::to_value(ludb(&dir).unwrap()).unwrap();
    assert!(number(&found["qrs"]["sensitivity"]) >= 0.997);
    assert!(number(&found["qrs"]["ppv"]) >= 0.997);
    // Largest mean difference and standard deviation in milliseconds over all leads.
    let global = [
        ("p", 6.0, 11.5),
        ("pq", 5.0, 10.6),
        ("qrs", 6.5, 9.7),
        ("qt", 5.0, 17.0),
    ];
    for (interval, mean, sd) in global {
        let own = &found["global"]["intervals"][interval];
        assert!(number(&own["mean_ms"]).abs() <= mean, "{interval}: {own}");
        assert!(number(&own["sd_ms"]) <= sd, "{interval}: {own}");
    }
    let lead_by_lead = [
        ("p_on", 18.0),
        ("p_off", 17.5),
        ("qrs_on", 10.8),
        ("qrs_off", 11.3),
        ("t_peak", 21.5),
        ("t_off", 24.0),
    ];
    for (boundary, sd) in lead_by_lead {
        let own = &found["boundaries"][boundary];
        assert!(number(&own["mean_ms"]).abs() <= 3.0, "{boundary}: {own}");
        assert!(number(&own["sd_ms"]) <= sd, "{boundary}: {own}");
        assert!(number(&own["sensitivity"]) >= 0.99, "{boundary}: {own}");
    }
    // Each record that is far off is named.
    let outliers = found["outliers"].as_array().expect("a list");
    assert!(outliers.iter().all(|own| own["record"].is_string()));
}

#[test]
fn intervals_and_axis_are_those_of_a_muse_device() {
    let Some(dir) = shared::folder("ecg/chapman-muse") else {
        return;
    };
    let found = muse(&dir).unwrap();
    let (rate, qrs, qt) = (found.rate.unwrap(), found.qrs.unwrap(), found.qt.unwrap());
    assert!(rate.mean.abs() <= 1.0 && rate.sd <= 1.0, "{rate:?}");
    assert!(qrs.mean.abs() <= 6.0 && qrs.sd <= 12.0, "{qrs:?}");
    assert!(qt.mean.abs() <= 8.0 && qt.sd <= 20.0, "{qt:?}");
    let far = found.outliers.iter().filter(|own| own.counted);
    let far: Vec<(&str, &str)> = far.map(|own| (&*own.record, own.quantity)).collect();
    assert!(far.len() <= 2, "{far:?}");
}
