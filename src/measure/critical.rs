//! Measured numbers past a limit at which a guideline wants them looked at without delay. What stands out is the number;
//! what it comes from is for the reader to say.

use super::criteria::WIDE_QRS_MS;
use super::types::{Measurements, Value};

/// A limit that a number is past.
#[derive(Debug, PartialEq, Eq)]
pub struct Critical {
    /// In words, such as `below 40/min`.
    pub limit: &'static str,
    /// Who set it.
    pub source: &'static str,
}

impl Critical {
    /// Limit and source in a sentence.
    pub fn words(&self) -> String {
        format!("Critical: {} ({})", self.limit, self.source)
    }
}

const SLOW: Critical = Critical {
    limit: "below 40/min",
    source: "awake, ACC/AHA/HRS 2008, device-based therapy",
};
/// That guideline counts from 100/min; a sinus tachycardia with bundle branch block is not what stands out here.
const WIDE_TACHYCARDIA: Critical = Critical {
    limit: "above 120/min with QRS of 120 ms or more",
    source: "wide-complex tachycardia, ACC/AHA/HRS 2015",
};
const UNDULATING: Critical = Critical {
    limit: "above 120/min without P waves, QRS not to be told from T",
    source: "wide-complex tachycardia, ACC/AHA/HRS 2015",
};
const LONG_QTC: Critical = Critical {
    limit: "QTc of 500 ms or more",
    source: "risk of torsades, AHA/ACCF 2010, Drew",
};
/// Where wide complexes make QT longer: the limit at which the label of dofetilide ends its use there.
const LONG_QTC_WIDE: Critical = Critical {
    limit: "QTc of 550 ms or more with QRS of 120 ms or more",
    source: "risk of torsades, label of dofetilide",
};
const PAUSE: Critical = Critical {
    limit: "a pause of 3 s or more",
    source: "ACC/AHA/HRS 2018, bradycardia",
};

const ST_ELEVATION: Critical = Critical {
    limit: "the criterion in neighbouring leads is met",
    source: "Fourth Universal Definition of Myocardial Infarction, 2018; also early repolarisation",
};

/// The limit that a number is past, by its name (`heart_rate`, `qrs`, `qtc_fridericia` and the other three, `pause`). A
/// number is held to its limit as it is shown, in whole units.
pub fn critical(measured: &Measurements, name: &str) -> Option<&'static Critical> {
    let shown = |value: &Option<Value>| value.as_ref().map(|value| value.value.round());
    let qrs = shown(&measured.qrs);
    let rate = shown(&measured.heart_rate);
    let wide = qrs.is_some_and(|qrs| qrs >= WIDE_QRS_MS);
    let fast = rate.is_some_and(|rate| rate > 120.0);
    let qtc = match name {
        "qtc_bazett" => &measured.qtc.bazett,
        "qtc_fridericia" => &measured.qtc.fridericia,
        "qtc_framingham" => &measured.qtc.framingham,
        "qtc_hodges" => &measured.qtc.hodges,
        _ => &None,
    };
    let qtc = shown(qtc);
    let pause = || measured.longest_pause().map(|pause| pause.value);
    match name {
        "heart_rate" if rate.is_some_and(|rate| rate < 40.0) => Some(&SLOW),
        "heart_rate" | "qrs" if fast && wide => Some(&WIDE_TACHYCARDIA),
        "heart_rate" if fast && measured.is_wide_tachycardia() => Some(&UNDULATING),
        "pause" if pause().is_some_and(|ms| (ms / 100.0).round() >= 30.0) => Some(&PAUSE),
        _ if wide && qtc.is_some_and(|qtc| qtc >= 550.0) => Some(&LONG_QTC_WIDE),
        _ if !wide && qtc.is_some_and(|qtc| qtc >= 500.0) => Some(&LONG_QTC),
        _ => None,
    }
}

/// A number past its limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CriticalNumber {
    name: &'static str,
    value: f64,
    limit: &'static Critical,
}

impl CriticalNumber {
    /// The number, its limit and its source in a line.
    pub fn words(&self) -> String {
        let value = match self.name {
            "pause" => format!("Pause {:.1} s", self.value / 1000.0),
            "heart_rate" => format!("Rate {:.0}/min", self.value),
            "st_elevation" => format!("ST elevation {:.2} mV", self.value / 1000.0),
            _ => format!("QTc {:.0} ms", self.value),
        };
        format!("{value}. {}", self.limit.words())
    }
}

/// Of the numbers past their limits the most pressing.
pub fn most_pressing(measured: &Measurements) -> Option<CriticalNumber> {
    let past = |name, value: Option<&Value>| {
        let limit = critical(measured, name)?;
        let value = value?.value;
        Some(CriticalNumber { name, value, limit })
    };
    let elevated = || {
        let mut criteria = measured.criteria.iter();
        let met = criteria.find(|own| {
            let neighbours = own.value.leads.len() >= 2;
            own.id.starts_with("st_elevation_") && neighbours && own.met == Some(true)
        })?;
        Some(CriticalNumber {
            name: "st_elevation",
            value: met.value.value,
            limit: &ST_ELEVATION,
        })
    };
    past("pause", measured.longest_pause())
        .or_else(|| past("heart_rate", measured.heart_rate.as_ref()))
        .or_else(elevated)
        .or_else(|| past("qtc_fridericia", measured.qtc.fridericia.as_ref()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn measured(rate: f64, qrs: f64, qtc: f64, pause_ms: Option<f64>) -> Measurements {
        let value = |value, unit: &str| Value {
            value,
            unit: unit.into(),
            leads: Vec::new(),
            beats: 9,
            from_s: 0.0,
            to_s: 1.0,
        };
        Measurements {
            heart_rate: Some(value(rate, "/min")),
            qrs: Some(value(qrs, "ms")),
            qtc: crate::measure::Qtc {
                fridericia: Some(value(qtc, "ms")),
                ..Default::default()
            },
            pauses: pause_ms.map(|ms| value(ms, "ms")).into_iter().collect(),
            ..Measurements::default()
        }
    }

    #[test]
    fn st_elevation_in_neighbouring_leads_presses_more_than_a_long_qtc() {
        let measured = |case: &str| {
            let mut measured = crate::measure::measure(&crate::simulate::bundled(case).unwrap());
            measured.qtc = self::measured(72.0, 96.0, 510.0, None).qtc;
            most_pressing(&measured).map(|own| own.words())
        };
        let infarct = measured("anterior_stemi").unwrap();
        assert!(infarct.starts_with("ST elevation 0."), "{infarct}");
        assert!(measured("sinus_rhythm").unwrap().starts_with("QTc 510 ms"));
    }

    #[test]
    fn numbers_stand_out_from_their_limits_on_and_not_before() {
        const NAMES: [&str; 5] = ["heart_rate", "qrs", "qtc_fridericia", "qtc_bazett", "pause"];
        let found = |rate, qrs, qtc, pause| {
            let measured = measured(rate, qrs, qtc, pause);
            NAMES.map(|name| critical(&measured, name).map(|own| own.limit))
        };
        let none = [None; 5];
        assert_eq!(found(72.0, 96.0, 420.0, None), none);
        assert_eq!(
            found(39.6, 96.0, 499.4, Some(2900.0)),
            none,
            "shown as 40, 499, 2.9"
        );
        assert_eq!(found(39.4, 96.0, 420.0, None)[0], Some(SLOW.limit));
        assert_eq!(found(120.0, 140.0, 420.0, None), none);
        assert_eq!(found(150.0, 110.0, 420.0, None), none);
        let wide = Some(WIDE_TACHYCARDIA.limit);
        assert_eq!(
            found(121.0, 120.0, 420.0, None),
            [wide, wide, None, None, None]
        );
        let undulating = Measurements {
            classes: vec![crate::measure::BeatShape {
                beats: 20,
                ..Default::default()
            }],
            qrs: None,
            ..measured(170.0, 0.0, 420.0, None)
        };
        let words = most_pressing(&undulating).map(|own| own.words());
        let expected = "Rate 170/min. Critical: above 120/min without P waves, QRS not to be told from T (wide-complex \
                        tachycardia, ACC/AHA/HRS 2015)";
        assert_eq!(words.as_deref(), Some(expected));
        assert_eq!(critical(&undulating, "qrs"), None);
        let long = Some(LONG_QTC.limit);
        assert_eq!(
            found(72.0, 96.0, 500.0, None),
            [None, None, long, None, None]
        );
        assert_eq!(
            found(72.0, 140.0, 520.0, None),
            none,
            "the width of QRS is in it"
        );
        assert_eq!(
            found(72.0, 140.0, 550.0, None)[2],
            Some(LONG_QTC_WIDE.limit)
        );
        assert_eq!(found(72.0, 96.0, 420.0, Some(3000.0))[4], Some(PAUSE.limit));
        assert_eq!(
            NAMES.map(|name| critical(&Measurements::default(), name)),
            [None, None, None, None, None]
        );
    }
}
