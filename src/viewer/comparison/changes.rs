//! What has changed from one tracing to the next.

use crate::measure::{Measurements, Number, Value};
use crate::reading::Reading;

/// One quantity at both times.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub name: String,
    pub before: Option<Number>,
    pub now: Option<Number>,
    /// Now less before, with its sign; absent where either is.
    pub by: Option<String>,
    /// Whether it is more than two tracings of one healthy person may differ by.
    pub notable: bool,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    New,
    Gone,
    Still,
}

/// From how much a change is marked. QTc: 30 ms, the lower of the two categories of ICH E14 (2005). ST at J: 0.1 mV,
/// the threshold of the Universal Definition of Myocardial Infarction. The others are this program's own: twice what
/// repeated tracings of one person differ by as a rule.
fn threshold(name: &str) -> f64 {
    match name {
        "Rate" => 15.0,
        "PR" | "QRS" => 20.0,
        "P axis" | "QRS axis" | "T axis" => 30.0,
        _ => 30.0,
    }
}

const ST_UV: f64 = 100.0;

/// Rate, intervals and axes at both times, and the ST levels that have changed notably.
pub fn changes(now: &Measurements, before: &Measurements) -> Vec<Change> {
    let pairs: [(&str, &Option<Value>, &Option<Value>); 8] = [
        ("Rate", &now.heart_rate, &before.heart_rate),
        ("PR", &now.pr, &before.pr),
        ("QRS", &now.qrs, &before.qrs),
        ("QT", &now.qt, &before.qt),
        (
            "QTc Fridericia",
            &now.qtc.fridericia,
            &before.qtc.fridericia,
        ),
        ("P axis", &now.p_axis, &before.p_axis),
        ("QRS axis", &now.qrs_axis, &before.qrs_axis),
        ("T axis", &now.t_axis, &before.t_axis),
    ];
    let mut changes: Vec<Change> = pairs
        .into_iter()
        .map(|(name, now, before)| {
            let number =
                |value: &Option<Value>| value.as_ref().map(|v| Number::of(v.value, &v.unit));
            let by = now.as_ref().zip(before.as_ref()).map(|(now, before)| {
                let apart = now.value - before.value;
                match now.unit.as_str() {
                    "deg" => (apart + 180.0).rem_euclid(360.0) - 180.0,
                    _ => apart,
                }
            });
            // What could be measured only once has changed, too.
            let lost = now.is_some() != before.is_some();
            Change {
                name: name.to_owned(),
                before: number(before),
                now: number(now),
                by: by.map(|by| format!("{by:+.0}").replace('-', "−")),
                notable: lost || by.is_some_and(|by| by.abs() >= threshold(name)),
            }
        })
        .collect();
    changes.extend(now.leads.iter().filter_map(|lead| {
        let other = before.leads.iter().find(|other| other.lead == lead.lead)?;
        let (now, before) = (lead.st_j_uv?, other.st_j_uv?);
        ((now - before).abs() >= ST_UV).then(|| Change {
            name: format!("ST J in {}", lead.lead),
            before: Some(Number::of(before, "uV")),
            now: Some(Number::of(now, "uV")),
            by: Some(crate::viewer::signed((now - before) / 1000.0)),
            notable: true,
        })
    }));
    changes
}

/// The second reader's findings at both times: what is new, what is gone, what is still there.
pub fn findings(now: &Reading, before: &Reading) -> Vec<(Fate, String)> {
    let present = |reading: &Reading| -> Vec<(String, String)> {
        let present = reading.findings.iter().filter(|finding| finding.present());
        present
            .map(|finding| (finding.statement.id.clone(), finding.statement.name.clone()))
            .collect()
    };
    let (now, before) = (present(now), present(before));
    let was = |id: &str| before.iter().any(|(other, _)| other == id);
    let is = |id: &str| now.iter().any(|(other, _)| other == id);
    let mut fates: Vec<(Fate, String)> = now
        .iter()
        .map(|(id, name)| (if was(id) { Fate::Still } else { Fate::New }, name.clone()))
        .chain(
            before
                .iter()
                .filter(|(id, _)| !is(id))
                .map(|(_, name)| (Fate::Gone, name.clone())),
        )
        .collect();
    fates.sort();
    fates
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn value(value: f64, unit: &str) -> Option<Value> {
        Some(Value {
            value,
            unit: unit.into(),
            leads: Vec::new(),
            beats: 9,
            from_s: 0.0,
            to_s: 1.0,
        })
    }

    #[test]
    fn small_changes_are_shown_and_notable_ones_are_marked() {
        let before = Measurements {
            heart_rate: value(62.0, "/min"),
            qrs: value(92.0, "ms"),
            qrs_axis: value(170.0, "deg"),
            pr: value(160.0, "ms"),
            ..Measurements::default()
        };
        let now = Measurements {
            heart_rate: value(70.0, "/min"),
            qrs: value(140.0, "ms"),
            qrs_axis: value(-170.0, "deg"),
            ..Measurements::default()
        };
        let changes = changes(&now, &before);
        let find = |name: &str| changes.iter().find(|change| change.name == name).unwrap();
        assert!(!find("Rate").notable);
        assert_eq!(
            (find("QRS").by.as_deref(), find("QRS").notable),
            (Some("+48"), true)
        );
        assert_eq!(find("QRS axis").by.as_deref(), Some("+20"));
        assert!(find("PR").notable && find("PR").by.is_none());
        assert!(!find("QT").notable, "absent both times is no change");
    }
}
