//! The device's own measurements beside ours.

use serde::Serialize;

use super::types::{Measurements, Value};
use crate::ecg::Recording;

/// One measurement that the device wrote into the file, and ours of the same thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// `heart_rate`, `pr`, `qrs`, `qt`, `qtc`, `p_axis`, `qrs_axis`, `t_axis`.
    pub name: String,
    /// `/min`, `ms` or `deg`.
    pub unit: String,
    /// The device's value.
    pub device: f64,
    /// Ours; absent when it could not be measured. QTc is Bazett's, as devices mostly use.
    pub ours: Option<f64>,
    /// Ours less the device's; of an angle the short way round.
    pub difference: Option<f64>,
    /// Whether the two differ by more than devices do among each other.
    pub marked: bool,
}

/// Larger differences are marked: twice the standard deviation that IEC 60601-2-25 allows against the CSE referees
/// (PR 10, QRS 10, QT 30 ms), two beats a minute, 15 degrees.
fn allowed(name: &str) -> f64 {
    match name {
        "heart_rate" => 2.0,
        "pr" | "qrs" => 20.0,
        "qt" | "qtc" => 60.0,
        _ => 15.0,
    }
}

/// Every device value of which there is one of ours, in the order of the file.
pub fn compare(recording: &Recording, measured: &Measurements) -> Vec<Compared> {
    recording
        .device_measurements
        .iter()
        .filter_map(|reported| {
            let own: &Option<Value> = match reported.name.as_str() {
                "heart_rate" => &measured.heart_rate,
                "pr" => &measured.pr,
                "qrs" => &measured.qrs,
                "qt" => &measured.qt,
                "qtc" => &measured.qtc.bazett,
                "p_axis" => &measured.p_axis,
                "qrs_axis" => &measured.qrs_axis,
                "t_axis" => &measured.t_axis,
                _ => return None,
            };
            let ours = own.as_ref().map(|own| own.value);
            let difference = ours.map(|ours| match reported.unit.as_str() {
                "deg" => (ours - reported.value + 540.0).rem_euclid(360.0) - 180.0,
                _ => ours - reported.value,
            });
            Some(Compared {
                name: reported.name.clone(),
                unit: reported.unit.clone(),
                device: reported.value,
                ours,
                difference,
                marked: difference.is_some_and(|d| d.abs() > allowed(&reported.name)),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::ReportedValue;

    #[test]
    fn values_meet_their_counterparts_and_angles_take_the_short_way() {
        let mut recording = Recording::new("r", "test", 500.0);
        let report = |name: &str, value, unit: &str| ReportedValue {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
        };
        recording.device_measurements = vec![
            report("qrs", 92.0, "ms"),
            report("qrs_axis", -175.0, "deg"),
            report("pr", 160.0, "ms"),
            report("print_speed", 25.0, "mm/s"),
        ];
        let value = |value, unit: &str| {
            Some(Value {
                value,
                unit: unit.to_owned(),
                leads: Vec::new(),
                beats: 1,
                from_s: 0.0,
                to_s: 1.0,
            })
        };
        let measured = Measurements {
            qrs: value(118.0, "ms"),
            qrs_axis: value(178.0, "deg"),
            ..Measurements::default()
        };
        let compared = compare(&recording, &measured);
        let of = |name: &str| compared.iter().find(|own| own.name == name);
        assert_eq!(
            of("qrs").map(|c| (c.difference, c.marked)),
            Some((Some(26.0), true))
        );
        assert_eq!(
            of("qrs_axis").map(|c| (c.difference, c.marked)),
            Some((Some(-7.0), false))
        );
        assert_eq!(of("pr").map(|c| (c.ours, c.difference)), Some((None, None)));
        assert_eq!(of("print_speed"), None);
    }
}
