//! The numbers as a reader wants them: in sections, ours beside the device's, what is absent with its reason.

use std::cmp::Ordering;

use crate::ecg::{LeadName, Recording, ReportedValue};
use crate::measure::critical::{Critical, critical};
use crate::measure::device::{Compared, compare};
use crate::measure::{Beat, Criterion, Measurements, Number, Value, Verdict};
use crate::viewer::state::Place;

/// The device's word on the same quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct DeviceNumber {
    pub number: Number,
    /// Ours less the device's, where it is more than devices may differ by.
    pub differs: Option<String>,
    /// What it is held against, where the device does not say.
    pub against: Option<&'static str>,
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
    /// What the number of a criterion that is not met would have to be.
    pub limit: Option<Number>,
    pub place: Option<Place>,
    /// How many beats it stands for.
    pub beats: Option<usize>,
    /// Where it comes from, in a sentence.
    pub source: String,
    /// Who set it by hand and what was measured, where a person's wave boundaries decide it.
    pub hand: Option<String>,
    /// The limit it is past.
    pub critical: Option<&'static Critical>,
}

/// Rows under a title.
#[derive(Debug, Clone, PartialEq)]
pub struct Section {
    pub title: &'static str,
    pub rows: Vec<Row>,
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
        compared: compare(recording, measured),
        used: Vec::new(),
    };
    let mut sections = vec![
        table.rates(),
        table.variability(),
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
    compared: Vec<Compared>,
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
            let mut compared = self.compared.iter();
            let compared = compared.find(|own| own.name == reported.name);
            let apart = compared.filter(|own| own.marked);
            let apart = apart.and_then(|own| own.difference);
            DeviceNumber {
                number: Number::of(reported.value, &reported.unit),
                differs: apart.map(|apart| format!("{apart:+.0}").replace('-', "−")),
                against: compared.and_then(|own| own.against),
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
            limit: None,
            place: value
                .as_ref()
                .map(|value| Place::of(title, value, every_beat)),
            beats: value.as_ref().map(|value| value.beats),
            source,
            hand,
            critical: critical(self.measured, id),
        }
    }

    fn rates(&mut self) -> Section {
        let m = self.measured;
        let few = "fewer than two beats were found";
        let mut rows = vec![
            self.row("Rate, mean", &["heart_rate"], &m.heart_rate, false, few),
            self.row("Rate, slowest", &[], &m.heart_rate_min, false, few),
            self.row("Rate, fastest", &[], &m.heart_rate_max, false, few),
            self.row("Longest RR", &[], &m.longest_rr, false, few),
        ];
        if m.variability.is_none() {
            let few = "fewer than three intervals between dominant beats";
            rows.push(self.row("RMSSD", &[], &m.rmssd, false, few));
        }
        rows.extend(self.counts());
        rows.extend(self.pause());
        Section {
            title: "Rate and rhythm",
            rows,
        }
    }

    /// How many beats there are, and how many of them are not as the others.
    fn counts(&self) -> Vec<Row> {
        let m = self.measured;
        let counts = m.counts();
        if counts.beats == 0 {
            return Vec::new();
        }
        let of = |kind: &str, count: usize, is: &dyn Fn(&Beat) -> bool, why: &str| {
            let share = counts.percent(count);
            let name = format!("Beats, {kind} ({share:.0} %)");
            (count > 0).then(|| self.count(&name, count, is, why))
        };
        let beats = self.count("Beats", counts.beats, &|_| true, "Found over all leads");
        let premature = of(
            "premature",
            counts.premature,
            &|beat| beat.premature,
            "A fifth and more earlier than the beats around let expect",
        );
        let ventricular = of(
            "ventricular-looking",
            counts.ventricular_looking,
            &|beat| m.looks_ventricular(beat),
            "Wide, and of another shape than the dominant beats",
        );
        let paced = of(
            "paced",
            counts.paced,
            &|beat| m.classes.get(beat.class).is_some_and(|own| own.paced),
            "A spike of a pacemaker starts the QRS complex",
        );
        let kinds = [premature, ventricular, paced].into_iter().flatten();
        std::iter::once(beats).chain(kinds).collect()
    }

    /// So many beats; the place is the first of them.
    fn count(&self, name: &str, count: usize, is: &dyn Fn(&Beat) -> bool, why: &str) -> Row {
        let number = Number {
            text: count.to_string(),
            unit: "",
        };
        let mut beats = self.measured.beats.iter();
        let place = beats.find(|beat| is(beat)).map(|beat| {
            let at = &beat.boundaries;
            Place {
                title: format!("{name} {count}"),
                from_s: at.qrs_on.unwrap_or(beat.time_s - 0.05),
                to_s: at.qrs_off.unwrap_or(beat.time_s + 0.05),
                leads: self.measured.lead_names(),
                every_beat: false,
                aim: true,
            }
        });
        Row {
            name: name.to_owned(),
            ours: Ok(number),
            device: None,
            verdict: None,
            limit: None,
            place,
            beats: Some(count),
            source: format!("{why}; the place is the first of them."),
            hand: None,
            critical: None,
        }
    }

    /// The longest of the pauses, if there are any.
    fn pause(&self) -> Option<Row> {
        let m = self.measured;
        let longest = m.longest_pause()?;
        // To an end of the tracing: what lies beyond is not known.
        let open = longest.beats < 2;
        let name = match (m.pauses.len(), open) {
            (1, false) => "Pause".to_owned(),
            (1, true) => "Pause of at least".to_owned(),
            (pauses, false) => format!("Longest of {pauses} pauses"),
            (pauses, true) => format!("Longest of {pauses} pauses, at least"),
        };
        let number = Number {
            text: format!("{:.1}", longest.value / 1000.0),
            unit: "s",
        };
        Some(Row {
            place: Some(Place::of(
                format!("{name} {}", number.spoken()),
                longest,
                false,
            )),
            name,
            beats: Some(longest.beats),
            ours: Ok(number),
            device: None,
            verdict: None,
            limit: None,
            source: match open {
                true => "More than 2 s from a QRS complex to an end of the tracing.".into(),
                false => "More than 2 s from one QRS complex to the next.".into(),
            },
            hand: None,
            critical: critical(m, "pause"),
        })
    }

    /// Of tracings that are long enough for it.
    fn variability(&self) -> Section {
        let rows = self.measured.variability.iter().flat_map(|own| {
            let source = format!(
                "Over {} intervals between normal beats (Task Force of ESC and NASPE 1996).",
                own.intervals
            );
            let numbers = [
                ("SDNN", own.sdnn_ms, "ms"),
                ("RMSSD", own.rmssd_ms, "ms"),
                ("pNN50", own.pnn50_percent, "%"),
            ];
            numbers.map(|(name, value, unit)| {
                let number = Number::of(value, unit);
                Row {
                    name: name.to_owned(),
                    beats: Some(own.intervals + 1),
                    place: Some(Place {
                        title: format!("{name} {}", number.spoken()),
                        from_s: own.from_s,
                        to_s: own.to_s,
                        leads: self.measured.lead_names(),
                        every_beat: false,
                        aim: true,
                    }),
                    ours: Ok(number),
                    device: None,
                    verdict: None,
                    limit: None,
                    source: source.clone(),
                    hand: None,
                    critical: None,
                }
            })
        });
        Section {
            title: "Heart rate variability",
            rows: rows.collect(),
        }
    }

    fn intervals(&mut self) -> Section {
        let m = self.measured;
        let no_p = match m.irregular_without_p {
            Some(true) => "no P wave, and RR varies as in atrial fibrillation",
            _ => "no P wave at a steady distance before QRS",
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
            self.row("QTc Bazett", &["qtc_bazett", "qtc"], &qtc.bazett, true, why),
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
                limit: (criterion.verdict() == Verdict::NotMet).then(|| limit(criterion)),
                place: Some(Place::of(title, &criterion.value, true)),
                beats: Some(criterion.value.beats),
                source: match &criterion.does_not_apply {
                    None => format!("{}.", criterion.text),
                    Some(reason) => {
                        format!("{}. It does not apply here: {reason}.", criterion.text)
                    }
                },
                hand: None,
                critical: None,
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
                limit: None,
                place: None,
                beats: None,
                source: String::new(),
                hand: None,
                critical: None,
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

/// What the number of a criterion that is not met would have to be, such as `≥ 3.50`.
fn limit(criterion: &Criterion) -> Number {
    let number = Number::of(criterion.threshold, &criterion.value.unit);
    let says = |words: &str| criterion.text.contains(words);
    let sign = match criterion.value.value.total_cmp(&criterion.threshold) {
        Ordering::Less if says("or more") => "≥",
        Ordering::Less => ">",
        Ordering::Equal if says("more than") || says("beyond") => ">",
        Ordering::Greater if says("or less") => "≤",
        Ordering::Equal | Ordering::Greater => "<",
    };
    Number {
        text: format!("{sign} {}", number.text),
        unit: number.unit,
    }
}

fn device_row(name: &str, reported: &ReportedValue) -> Row {
    Row {
        name: name.to_owned(),
        ours: Err(String::new()),
        device: Some(DeviceNumber {
            number: Number::of(reported.value, &reported.unit),
            differs: None,
            against: None,
        }),
        verdict: None,
        limit: None,
        place: None,
        beats: None,
        source: "Stated by the device in the file.".into(),
        hand: None,
        critical: None,
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
            qrs: value(118.0, "ms"),
            qtc: crate::measure::Qtc {
                bazett: value(471.0, "ms"),
                ..Default::default()
            },
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
        assert_eq!(differs("QRS"), Some("+22".into()));
        assert_eq!(
            differs("QRS axis"),
            None,
            "178 and -175 are 7 degrees apart"
        );
        assert_eq!(differs("T axis"), Some("−50".into()));
        assert_eq!(
            row("PR").ours,
            Err("no P wave at a steady distance before QRS".into())
        );
        assert!(row("PR").place.is_none());
        // A QTc without a formula is held against Bazett's, and says so.
        assert_eq!(differs("QTc Bazett"), Some("+31".into()));
        let device = row("QTc Bazett").device.as_ref().unwrap();
        assert!(device.against.unwrap().starts_with("Bazett"));
        assert_eq!(
            row("p amplitude").device.as_ref().unwrap().number.text,
            "0.12"
        );
    }

    #[test]
    fn a_criterion_that_is_not_met_says_what_it_would_take() {
        let recording = crate::simulate::bundled::open("sinus_rhythm").unwrap();
        let measured = crate::measure::measure(&recording);
        let sections = sections(&measured, &recording, false);
        let limit = |name: &str| {
            let mut rows = sections.iter().flat_map(|section| &section.rows);
            let row = rows.find(|row| row.name == name).unwrap();
            row.limit.as_ref().map(Number::spoken)
        };
        assert_eq!(limit("Low limb voltage"), Some("< 0.50 mV".into()));
        assert_eq!(limit("Sokolow-Lyon"), Some("≥ 3.50 mV".into()));
        assert_eq!(limit("Cornell product"), Some("> 244 mV·ms".into()));
        assert_eq!(limit("QRS"), None);
    }

    #[test]
    fn beats_pauses_and_variability_show_where_there_is_something_to_show() {
        let rows = |case: &str| {
            let recording = crate::simulate::bundled::open(case).unwrap();
            let measured = crate::measure::measure(&recording);
            let sections = sections(&measured, &recording, false);
            let rows: Vec<Row> = sections.into_iter().flat_map(|own| own.rows).collect();
            (rows, measured)
        };
        let (sinus, _) = rows("sinus_rhythm");
        assert!(sinus.iter().any(|row| row.name == "Beats"));
        let quiet = |row: &Row| !row.name.contains("premature") && !row.name.contains("ause");
        assert!(sinus.iter().all(quiet));
        let (paced, measured) = rows("ventricular_pacing");
        let row = paced.iter().find(|row| row.name.contains("paced"));
        let text = &row.unwrap().ours.as_ref().unwrap().text;
        assert_eq!(*text, measured.counts().paced.to_string());
        let measured = Measurements {
            pauses: [2400.0, 3100.0].map(|ms| value(ms, "ms").unwrap()).into(),
            ..Measurements::default()
        };
        let sections = sections(&measured, &Recording::new("r", "test", 500.0), false);
        let mut all = sections.iter().flat_map(|section| &section.rows);
        let pause = all.find(|row| row.name == "Longest of 2 pauses").unwrap();
        assert_eq!(pause.ours.as_ref().unwrap().spoken(), "3.1 s");
        assert!(pause.place.is_some());
        let mut open = measured;
        open.pauses[1].beats = 1;
        let sections = super::sections(&open, &Recording::new("r", "test", 500.0), false);
        let mut all = sections.iter().flat_map(|section| &section.rows);
        assert!(all.any(|row| row.name == "Longest of 2 pauses, at least"));
    }
}
