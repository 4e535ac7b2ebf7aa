//! The numbers as a reader wants them: in sections, ours beside the device's, what is absent with its reason.

use crate::ecg::{LeadName, Recording, ReportedValue};
use crate::measure::{Measurements, Number, Value, Verdict};
use crate::viewer::state::Place;

/// The device's word on the same quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceNumber {
    pub number: Number,
    /// Ours less the device's, where it is more than devices may differ by.
    pub differs: Option<String>,
}

/// One quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub name: String,
    /// What was measured, or why there is nothing.
    pub ours: Result<Number, String>,
    pub device: Option<DeviceNumber>,
    /// What a criterion says.
    pub verdict: Option<Verdict>,
    pub place: Option<Place>,
    /// Where it comes from, in a sentence.
    pub source: String,
    /// Who set it by hand and what was measured, where a person's wave boundaries decide it.
    pub hand: Option<String>,
}

/// Rows under a title.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub title: &'static str,
    pub rows: Vec<Row>,
}

/// How far two measurements of one tracing may lie apart before the difference is marked: for intervals the
/// standard deviations that IEC 60601-2-25 allows against the referees of CSE (P 15, PQ 10, QRS 10, QT 30 ms); for
/// the rate 10 % or 5 /min (IEC 60601-2-27). No standard sets limits for axes: 15 degrees for QRS, 30 for P and T.
fn tolerance(id: &str, value: f64) -> f64 {
    match id {
        "heart_rate" => (value * 0.1).max(5.0),
        "p_duration" => 15.0,
        "pr" | "qrs" => 10.0,
        "qrs_axis" => 15.0,
        _ => 30.0,
    }
}

/// Everything there is to show of a tracing's measurements; without `device`, as where it is hidden from the reader,
/// nothing of what the device states.
pub fn sections(measured: &Measurements, recording: &Recording, device: bool) -> Vec<Section> {
    let mut table = Table {
        measured,
        recording,
        stated: if device {
            &recording.device_measurements
        } else {
            &[]
        },
        used: Vec::new(),
    };
    let mut sections = vec![
        table.rates(),
        table.intervals(),
        table.corrected(),
        table.axes(),
        table.criteria(),
    ];
    let rest = table.device_only();
    sections.push(rest);
    sections.retain(|section| !section.rows.is_empty());
    sections
}

struct Table<'a> {
    measured: &'a Measurements,
    recording: &'a Recording,
    /// What the device states.
    stated: &'a [ReportedValue],
    /// Names of the device's values that stand beside ours.
    used: Vec<&'a str>,
}

impl<'a> Table<'a> {
    fn device(&mut self, ids: &[&str]) -> Option<&'a ReportedValue> {
        let found = self
            .stated
            .iter()
            .find(|value| ids.contains(&value.name.as_str()))?;
        self.used.push(&found.name);
        Some(found)
    }

    fn row(
        &mut self,
        name: &str,
        ids: &[&str],
        value: &Option<Value>,
        every_beat: bool,
        absent: &str,
    ) -> Row {
        let number = value
            .as_ref()
            .map(|value| Number::of(value.value, &value.unit));
        let device = self.device(ids).map(|reported| {
            let far = value.as_ref().and_then(|ours| {
                let circular = reported.unit == "deg";
                let apart = apart(ours.value, reported.value, circular);
                let most = tolerance(ids.first().copied().unwrap_or_default(), reported.value);
                (ours.unit == reported.unit && apart.abs() > most).then_some(apart)
            });
            DeviceNumber {
                number: Number::of(reported.value, &reported.unit),
                differs: far.map(|apart| format!("{apart:+.0}").replace('-', "−")),
            }
        });
        let title = number
            .as_ref()
            .map_or_else(String::new, |number| format!("{name} {}", number.spoken()));
        let id = ids.first().copied().unwrap_or_default();
        let set = self.measured.set_by_hand(id);
        let hand = set.map(|(reader, before)| {
            let before = before.map_or_else(
                || "nothing was measured".to_owned(),
                |before| format!("measured {}", Number::of(before, "ms").spoken()),
            );
            format!("set by {reader}; {before}")
        });
        let source = match (value, set) {
            (None, _) => String::new(),
            (Some(value), Some((reader, _))) => by_hand(value, reader),
            (Some(value), None) => source(value, every_beat, &self.measured.signal),
        };
        let absent = match set {
            Some((reader, _)) => format!("{reader} took a boundary of it away"),
            None => absent.to_owned(),
        };
        Row {
            name: name.to_owned(),
            ours: number.ok_or(absent),
            device,
            verdict: None,
            place: value
                .as_ref()
                .map(|value| Place::of(title, value, every_beat)),
            source,
            hand,
        }
    }

    fn rates(&mut self) -> Section {
        let m = self.measured;
        let few = "fewer than two beats were found";
        Section {
            title: "Rate and rhythm",
            rows: vec![
                self.row("Rate, mean", &["heart_rate"], &m.heart_rate, false, few),
                self.row("Rate, slowest", &[], &m.heart_rate_min, false, few),
                self.row("Rate, fastest", &[], &m.heart_rate_max, false, few),
                self.row("Longest RR", &[], &m.longest_rr, false, few),
                self.row(
                    "RMSSD",
                    &[],
                    &m.rmssd,
                    false,
                    "fewer than three intervals between dominant beats",
                ),
            ],
        }
    }

    fn intervals(&mut self) -> Section {
        let m = self.measured;
        let no_p = match m.irregular_without_p {
            Some(true) => "no P wave, and RR varies as in atrial fibrillation",
            _ => "no P wave was found",
        };
        let no_qrs = "the QRS complex has no clear ends";
        let no_qt = "the T wave has no clear end";
        Section {
            title: "Intervals",
            rows: vec![
                self.row("P", &["p_duration", "p"], &m.p_duration, true, no_p),
                self.row("PR", &["pr"], &m.pr, true, no_p),
                self.row("QRS", &["qrs"], &m.qrs, true, no_qrs),
                self.row("QT", &["qt"], &m.qt, true, no_qt),
                self.row(
                    "QT dispersion",
                    &["qt_dispersion"],
                    &m.qt_dispersion,
                    true,
                    "too few leads have a clear end of T",
                ),
            ],
        }
    }

    fn corrected(&mut self) -> Section {
        let qtc = &self.measured.qtc;
        let why = "needs QT and the rate";
        let mut rows = vec![
            self.row("QTc Bazett", &["qtc_bazett"], &qtc.bazett, true, why),
            self.row(
                "QTc Fridericia",
                &["qtc_fridericia"],
                &qtc.fridericia,
                true,
                why,
            ),
            self.row(
                "QTc Framingham",
                &["qtc_framingham"],
                &qtc.framingham,
                true,
                why,
            ),
            self.row("QTc Hodges", &["qtc_hodges"], &qtc.hodges, true, why),
        ];
        for row in rows.iter_mut().filter(|row| row.ours.is_ok()) {
            row.source += " Corrected for the mean RR of the whole tracing.";
        }
        if let Some(reported) = self.device(&["qtc"]) {
            rows.push(device_row("QTc, formula not stated", reported));
        }
        Section {
            title: "QT corrected for rate",
            rows,
        }
    }

    fn axes(&mut self) -> Section {
        let m = self.measured;
        let voltages = [LeadName::I, LeadName::II].iter().all(|name| {
            let lead = self.recording.lead(name);
            lead.is_some_and(|lead| lead.unit.is_voltage())
        });
        let why = |wave: &str| match voltages {
            true => format!("{wave} is too small or not there in I and II"),
            false => "needs I and II in millivolts".to_owned(),
        };
        Section {
            title: "Frontal axes",
            rows: vec![
                self.row("P axis", &["p_axis"], &m.p_axis, true, &why("P")),
                self.row("QRS axis", &["qrs_axis"], &m.qrs_axis, true, &why("QRS")),
                self.row("T axis", &["t_axis"], &m.t_axis, true, &why("T")),
            ],
        }
    }

    fn criteria(&mut self) -> Section {
        let rows = self.measured.criteria.iter().map(|criterion| {
            let number = Number::of(criterion.value.value, &criterion.value.unit);
            let title = format!("{} {}", criterion.name, number.spoken());
            Row {
                name: criterion.name.clone(),
                ours: Ok(number),
                device: None,
                verdict: Some(criterion.verdict()),
                place: Some(Place::of(title, &criterion.value, true)),
                source: match &criterion.does_not_apply {
                    None => format!("{}.", criterion.text),
                    Some(reason) => {
                        format!("{}. It does not apply here: {reason}.", criterion.text)
                    }
                },
                hand: None,
            }
        });
        let mut rows: Vec<Row> = rows.collect();
        // What is met is what a reader looks for.
        rows.sort_by_key(|row| row.verdict != Some(Verdict::Met));
        if rows.is_empty() && !self.recording.has_voltage() {
            rows.push(Row {
                name: "Voltage criteria".into(),
                ours: Err("the file states no voltage".into()),
                device: None,
                verdict: None,
                place: None,
                source: String::new(),
                hand: None,
            });
        }
        Section {
            title: "Criteria",
            rows,
        }
    }

    fn device_only(&self) -> Section {
        let rest = self
            .stated
            .iter()
            .filter(|value| !self.used.contains(&value.name.as_str()));
        Section {
            title: "Stated by the device alone",
            rows: rest
                .map(|value| device_row(&value.name.replace('_', " "), value))
                .collect(),
        }
    }
}

fn device_row(name: &str, reported: &ReportedValue) -> Row {
    Row {
        name: name.to_owned(),
        ours: Err(String::new()),
        device: Some(DeviceNumber {
            number: Number::of(reported.value, &reported.unit),
            differs: None,
        }),
        verdict: None,
        place: None,
        source: "Stated by the device in the file.".into(),
        hand: None,
    }
}

/// Ours less the device's; angles the short way round.
fn apart(ours: f64, device: f64, circular: bool) -> f64 {
    let apart = ours - device;
    if circular {
        (apart + 180.0).rem_euclid(360.0) - 180.0
    } else {
        apart
    }
}

fn by_hand(value: &Value, reader: &str) -> String {
    let beats = match value.beats {
        1 => "one beat".to_owned(),
        beats => format!("{beats} beats"),
    };
    format!("Read from the wave boundaries that {reader} set on {beats}.")
}

fn source(value: &Value, every_beat: bool, signal: &str) -> String {
    let leads: Vec<&str> = value.leads.iter().map(|lead| lead.as_str()).collect();
    let from = match leads.len() {
        0 => "Measured".to_owned(),
        7.. => format!("Measured over {} leads together", leads.len()),
        _ => format!("Measured from {}", leads.join(" ")),
    };
    let beats = match (every_beat, value.beats) {
        (true, 1) => " on one beat".to_owned(),
        (true, beats) => format!(" on the representative beat of {beats}"),
        (false, beats) => format!(" over {beats} beats"),
    };
    format!("{from}{beats}; signal: {signal}.")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn value(value: f64, unit: &str) -> Option<Value> {
        Some(Value {
            value,
            unit: unit.into(),
            leads: vec![LeadName::I, LeadName::II],
            beats: 9,
            from_s: 4.0,
            to_s: 4.1,
        })
    }

    fn reported(name: &str, value: f64, unit: &str) -> ReportedValue {
        ReportedValue {
            name: name.into(),
            value,
            unit: unit.into(),
        }
    }

    #[test]
    fn the_device_stands_beside_us_and_only_real_differences_are_marked() {
        let mut recording = Recording::new("r", "test", 500.0);
        recording.device_measurements = vec![
            reported("heart_rate", 60.0, "/min"),
            reported("qrs", 96.0, "ms"),
            reported("qrs_axis", -175.0, "deg"),
            reported("t_axis", 40.0, "deg"),
            reported("qtc", 440.0, "ms"),
            reported("p_amplitude", 120.0, "uV"),
        ];
        let measured = Measurements {
            heart_rate: value(62.0, "/min"),
            qrs: value(110.0, "ms"),
            qrs_axis: value(178.0, "deg"),
            t_axis: value(-10.0, "deg"),
            ..Measurements::default()
        };
        let shown = |device| sections(&measured, &recording, device);
        let hidden = shown(false);
        let mut rows = hidden.iter().flat_map(|section| &section.rows);
        assert!(rows.all(|row| row.device.is_none()));
        let sections = shown(true);
        let row = |name: &str| {
            let mut rows = sections.iter().flat_map(|section| &section.rows);
            rows.find(|row| row.name == name).unwrap()
        };
        let differs = |name: &str| row(name).device.as_ref().unwrap().differs.clone();
        assert_eq!(differs("Rate, mean"), None);
        assert_eq!(differs("QRS"), Some("+14".into()));
        assert_eq!(
            differs("QRS axis"),
            None,
            "178 and -175 are 7 degrees apart"
        );
        assert_eq!(differs("T axis"), Some("−50".into()));
        assert_eq!(row("PR").ours, Err("no P wave was found".into()));
        assert!(row("PR").place.is_none());
        // A QTc without a formula is held against none of ours.
        assert_eq!(differs("QTc, formula not stated"), None);
        assert_eq!(
            row("p amplitude").device.as_ref().unwrap().number.text,
            "0.12"
        );
    }
}
