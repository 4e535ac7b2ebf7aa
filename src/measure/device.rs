//! The device's own measurements beside ours.

use serde::Serialize;

use super::types::{Measurements, Value};
use crate::ecg::Recording;

/// One measurement that the device wrote into the file, and ours of the same thing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// The file's name of it: `heart_rate`, `p_duration`, `pr`, `qrs`, `qt`, `qtc`, `p_axis`, `qrs_axis`, `t_axis`.
    pub name: String,
    /// `/min`, `ms` or `deg`.
    pub unit: String,
    /// The device's value.
    pub device: f64,
    /// Ours; absent when it could not be measured.
    pub ours: Option<f64>,
    /// Ours less the device's; of an angle the short way round.
    pub difference: Option<f64>,
    /// Whether the two differ by more than devices do among each other.
    pub marked: bool,
    /// Which of ours it is held against, where the device does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<&'static str>,
}

/// What is said of a QTc whose formula the file does not state. Most devices use Bazett's.
const BAZETT_ASSUMED: &str = "Bazett, as the device states no formula";

/// Differences from this on are marked, in the unit of the value. This is the one rule, on the screen as on paper.
///
/// - Rate: 10 % or 5 /min, whichever is more (IEC 60601-2-27).
/// - P, PR and QRS: 20 ms, twice the standard deviation that IEC 60601-2-25 allows PR and QRS against the CSE referees.
/// - QT and QTc: 30 ms. Programs of two makers differ by up to 9 ms in the mean (Kligfield et al. 2018, Am Heart J
///   200:1) and by a standard deviation of 12 ms in a single tracing (Kligfield et al. 2006, Am J Cardiol 98:88); twice
///   the 30 ms that the standard allows would hide what a reader acts on.
/// - Axes: 15 degrees for QRS, 30 for P and T, for which no standard sets limits.
fn tolerance(name: &str, device: f64) -> f64 {
    match name {
        "heart_rate" => (device * 0.1).max(5.0),
        "p_duration" | "p" | "pr" | "qrs" => 20.0,
        "qrs_axis" => 15.0,
        _ => 30.0,
    }
}

/// Ours of what the device calls so.
fn counterpart<'a>(measured: &'a Measurements, name: &str) -> Option<&'a Option<Value>> {
    Some(match name {
        "heart_rate" => &measured.heart_rate,
        "p_duration" | "p" => &measured.p_duration,
        "pr" => &measured.pr,
        "qrs" => &measured.qrs,
        "qt" => &measured.qt,
        "qtc" | "qtc_bazett" => &measured.qtc.bazett,
        "qtc_fridericia" => &measured.qtc.fridericia,
        "qtc_framingham" => &measured.qtc.framingham,
        "qtc_hodges" => &measured.qtc.hodges,
        "qt_dispersion" => &measured.qt_dispersion,
        "p_axis" => &measured.p_axis,
        "qrs_axis" => &measured.qrs_axis,
        "t_axis" => &measured.t_axis,
        _ => return None,
    })
}

/// Every device value of which there is one of ours, in the order of the file.
pub fn compare(recording: &Recording, measured: &Measurements) -> Vec<Compared> {
    let reported = recording.device_measurements.iter();
    reported
        .filter_map(|reported| {
            let ours = counterpart(measured, &reported.name)?.as_ref();
            let ours = ours.filter(|ours| ours.unit == reported.unit);
            let ours = ours.map(|ours| ours.value);
            let difference = ours.map(|ours| match reported.unit.as_str() {
                "deg" => (ours - reported.value + 540.0).rem_euclid(360.0) - 180.0,
                _ => ours - reported.value,
            });
            let most = tolerance(&reported.name, reported.value);
            Some(Compared {
                name: reported.name.clone(),
                unit: reported.unit.clone(),
                device: reported.value,
                ours,
                difference,
                marked: difference.is_some_and(|apart| apart.abs() > most),
                against: (reported.name == "qtc").then_some(BAZETT_ASSUMED),
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
            report("qtc", 440.0, "ms"),
            report("qtc_fridericia", 440.0, "ms"),
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
            qtc: crate::measure::Qtc {
                bazett: value(475.0, "ms"),
                fridericia: value(430.0, "ms"),
                ..Default::default()
            },
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
        // Without a formula it is held against Bazett's, and says so.
        let qtc = of("qtc").map(|c| (c.difference, c.marked, c.against.is_some()));
        assert_eq!(qtc, Some((Some(35.0), true, true)));
        let qtc = of("qtc_fridericia").map(|c| (c.difference, c.marked, c.against));
        assert_eq!(qtc, Some((Some(-10.0), false, None)));
    }
}
