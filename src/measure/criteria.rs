//! Criteria of the literature that follow from amplitudes and intervals.

use super::infarction;
use super::types::{Criterion, LeadMeasurements, Measurements, Value};
use crate::ecg::{LeadName, Patient, Sex};

/// What the criteria need.
pub(crate) struct Evidence<'a> {
    pub leads: &'a [LeadMeasurements],
    pub patient: &'a Patient,
    pub qrs_ms: Option<f64>,
    /// By Fridericia's formula.
    pub qtc: Option<&'a Value>,
    /// Beats and place of the representative beat.
    pub beats: usize,
    pub place: (f64, f64),
}

impl Evidence<'_> {
    pub fn lead(&self, name: &LeadName) -> Option<&LeadMeasurements> {
        self.leads.iter().find(|lead| lead.lead == *name)
    }

    /// Height of R (the larger of R and R'), zero when the lead is there without one.
    fn r(&self, name: LeadName) -> Option<f64> {
        let lead = self.lead(&name)?;
        Some(lead.r_uv.unwrap_or(0.0).max(lead.r2_uv.unwrap_or(0.0)))
    }

    /// Depth of S (or of QS where there is no R), positive.
    fn s(&self, name: LeadName) -> Option<f64> {
        let lead = self.lead(&name)?;
        let depth = if lead.r_uv.is_some() {
            lead.s_uv
        } else {
            lead.q_uv
        };
        Some(-depth.unwrap_or(0.0))
    }

    pub fn value(&self, value: f64, unit: &str, leads: &[LeadName]) -> Value {
        let (from_s, to_s) = self.place;
        Value {
            value,
            unit: unit.into(),
            leads: leads.to_vec(),
            beats: self.beats,
            from_s,
            to_s,
        }
    }
}

/// Every criterion whose ingredients were measured.
pub(crate) fn judge(evidence: &Evidence<'_>) -> Vec<Criterion> {
    [
        sokolow_lyon(evidence),
        cornell_voltage(evidence),
        cornell_product(evidence),
        lewis(evidence),
        low_voltage_limb(evidence),
        poor_r_progression(evidence),
        transition(evidence),
        long_qtc(evidence),
    ]
    .into_iter()
    .flatten()
    .chain(infarction::judge(evidence))
    .collect()
}

/// QRS duration in milliseconds from which conduction is blocked or begins in a ventricle (AHA/ACCF/HRS 2009, Surawicz
/// et al., Circulation 119:e235).
pub(super) const WIDE_QRS_MS: f64 = 120.0;
/// The criteria of hypertrophy.
const HYPERTROPHY: [&str; 4] = [
    "sokolow_lyon",
    "cornell_voltage",
    "cornell_product",
    "lewis",
];

/// Says of each criterion whether it applies. Voltages, R-wave progression, ST and Q waves were held against normally
/// conducted beats; the Fourth Universal Definition takes ST elevation for a sign of ischaemia only without left bundle
/// branch block and left ventricular hypertrophy. Right bundle branch block leaves the first 40 ms and, but for V1 to V3
/// where it lowers ST, the ST segment as they are. Low voltage means the same in any beat.
pub(crate) fn qualify(measured: &mut Measurements) {
    let conduction = conduction(measured);
    let right = right_bundle_branch_block(measured);
    for criterion in &mut measured.criteria {
        let of_infarction =
            criterion.id.starts_with("st_elevation") || criterion.id.starts_with("q_waves");
        let applies = criterion.id == "low_voltage_limb" || right && of_infarction;
        criterion.qualify(conduction.clone().filter(|_| !applies));
    }
    let hypertrophy = measured.criteria.iter().find_map(|criterion| {
        let met = HYPERTROPHY.contains(&criterion.id.as_str()) && criterion.met == Some(true);
        met.then(|| format!("{} is met", criterion.name))
    });
    for criterion in &mut measured.criteria {
        if criterion.id.starts_with("st_elevation") && criterion.does_not_apply.is_none() {
            criterion.qualify(hypertrophy.clone());
        }
    }
}

/// Whether a wide complex of a beat that no pacemaker starts ends upwards in V1.
fn right_bundle_branch_block(measured: &Measurements) -> bool {
    let paced = measured.classes.first().is_some_and(|class| class.paced);
    let mut leads = measured.leads.iter();
    let v1 = leads.find(|lead| lead.lead == LeadName::V1);
    let upright = v1.is_some_and(|v1| {
        let size = |value: Option<f64>| value.unwrap_or(0.0).abs();
        size(v1.r_uv).max(size(v1.r2_uv)) > size(v1.s_uv)
    });
    !paced && upright && measured.p_duration.is_some()
}

/// What of the dominant beats' conduction stands against criteria of shape.
fn conduction(measured: &Measurements) -> Option<String> {
    let dominant = measured.classes.first()?;
    if dominant.paced {
        return Some("paced beats".into());
    }
    let qrs_ms = measured.qrs.as_ref().map(|qrs| qrs.value);
    match qrs_ms.filter(|qrs_ms| *qrs_ms >= WIDE_QRS_MS) {
        Some(qrs_ms) => Some(format!("QRS {qrs_ms:.0} ms")),
        None => dominant
            .ventricular_looking
            .then(|| "ventricular-looking beats".into()),
    }
}

pub(super) fn criterion(
    id: &str,
    name: &str,
    value: Value,
    threshold: f64,
    reached: bool,
    text: String,
) -> Criterion {
    Criterion {
        id: id.into(),
        name: name.into(),
        value,
        threshold,
        reached,
        met: Some(reached),
        does_not_apply: None,
        text,
    }
}

fn sokolow_lyon(e: &Evidence<'_>) -> Option<Criterion> {
    let v1 = e.s(LeadName::V1)?;
    let (r5, r6) = (e.r(LeadName::V5)?, e.r(LeadName::V6)?);
    let lead = if r5 >= r6 { LeadName::V5 } else { LeadName::V6 };
    let sum = v1 + r5.max(r6);
    Some(criterion(
        "sokolow_lyon",
        "Sokolow-Lyon",
        e.value(sum, "uV", &[LeadName::V1, lead]),
        3500.0,
        sum >= 3500.0,
        "S in V1 plus the larger R of V5 and V6 is 3.5 mV or more (Sokolow and Lyon, Am Heart J 1949;37:161)".into(),
    ))
}

fn cornell(e: &Evidence<'_>) -> Option<f64> {
    Some(e.r(LeadName::AVL)? + e.s(LeadName::V3)?)
}

fn cornell_voltage(e: &Evidence<'_>) -> Option<Criterion> {
    let (sum, threshold) = (cornell(e)?, sex_dependent(e, 2800.0, 2000.0)?);
    Some(criterion(
        "cornell_voltage",
        "Cornell voltage",
        e.value(sum, "uV", &[LeadName::AVL, LeadName::V3]),
        threshold,
        sum > threshold,
        "R in aVL plus S in V3 is more than 2.8 mV in men, 2.0 mV in women (Casale et al., J Am Coll Cardiol \
         1985;6:572)"
            .into(),
    ))
}

fn cornell_product(e: &Evidence<'_>) -> Option<Criterion> {
    let product = (cornell(e)? + sex_dependent(e, 0.0, 600.0)?) * e.qrs_ms?;
    Some(criterion(
        "cornell_product",
        "Cornell product",
        e.value(product, "uV*ms", &[LeadName::AVL, LeadName::V3]),
        244_000.0,
        product > 244_000.0,
        "Cornell voltage (plus 0.6 mV in women) times QRS duration is more than 244 mV ms (Molloy et al., J Am Coll \
         Cardiol 1992;20:1180)"
            .into(),
    ))
}

fn lewis(e: &Evidence<'_>) -> Option<Criterion> {
    let index = e.r(LeadName::I)? + e.s(LeadName::III)? - e.r(LeadName::III)? - e.s(LeadName::I)?;
    Some(criterion(
        "lewis",
        "Lewis index",
        e.value(index, "uV", &[LeadName::I, LeadName::III]),
        1700.0,
        index >= 1700.0,
        "R in I plus S in III less R in III less S in I is 1.7 mV or more (Lewis, Heart 1914;5:367)".into(),
    ))
}

fn low_voltage_limb(e: &Evidence<'_>) -> Option<Criterion> {
    let limb = [
        LeadName::I,
        LeadName::II,
        LeadName::III,
        LeadName::AVR,
        LeadName::AVL,
        LeadName::AVF,
    ];
    let mut largest = (0.0, LeadName::I);
    for name in &limb {
        let lead = e.lead(name)?;
        let up = lead.r_uv.unwrap_or(0.0).max(lead.r2_uv.unwrap_or(0.0));
        let down = lead.s_uv.unwrap_or(0.0).min(lead.q_uv.unwrap_or(0.0));
        if up - down > largest.0 {
            largest = (up - down, name.clone());
        }
    }
    Some(criterion(
        "low_voltage_limb",
        "Low limb voltage",
        e.value(largest.0, "uV", &[largest.1]),
        500.0,
        largest.0 < 500.0,
        "No limb lead has a QRS complex of 0.5 mV from top to bottom (AHA/ACC/HRS 2009, Hancock et al.)".into(),
    ))
}

fn poor_r_progression(e: &Evidence<'_>) -> Option<Criterion> {
    let r3 = e.r(LeadName::V3)?;
    Some(criterion(
        "poor_r_progression",
        "Poor R-wave progression",
        e.value(r3, "uV", &[LeadName::V3]),
        300.0,
        r3 <= 300.0,
        "R in V3 is 0.3 mV or less (Zema and Kligfield, Arch Intern Med 1982;142:1145)".into(),
    ))
}

/// Where R becomes as large as S, between the chest leads: 3.5 is midway from V3 to V4.
fn transition(e: &Evidence<'_>) -> Option<Criterion> {
    let chest = [
        LeadName::V1,
        LeadName::V2,
        LeadName::V3,
        LeadName::V4,
        LeadName::V5,
        LeadName::V6,
    ];
    let net: Vec<f64> = chest
        .iter()
        .map(|name| Some(e.r(name.clone())? - e.s(name.clone())?))
        .collect::<Option<_>>()?;
    let first = net.iter().position(|net| *net >= 0.0)?;
    let before = first.checked_sub(1);
    let place = match before.and_then(|before| Some((*net.get(before)?, *net.get(first)?))) {
        Some((below, above)) => first as f64 - above / (above - below),
        None => 0.0,
    } + 1.0;
    let leads: Vec<LeadName> = before
        .into_iter()
        .chain([first])
        .filter_map(|index| chest.get(index).cloned())
        .collect();
    Some(criterion(
        "late_transition",
        "R/S transition",
        e.value((place * 10.0).round() / 10.0, "chest lead", &leads),
        4.0,
        place > 4.0,
        "R becomes as large as S beyond V4: late transition, clockwise rotation (Surawicz and Knilans, Chou's \
         Electrocardiography, 6th edition 2008)"
            .into(),
    ))
}

/// Prolonged QTc of women and of men, in milliseconds, from this on (AHA/ACCF/HRS 2009, Rautaharju et al.,
/// doi:10.1161/CIRCULATIONAHA.108.191096).
pub(crate) const LONG_QTC_MS: [f64; 2] = [460.0, 450.0];

/// In a patient whose sex is not known what is prolonged in anybody.
fn long_qtc(e: &Evidence<'_>) -> Option<Criterion> {
    let qtc = e.qtc?;
    let [women, men] = LONG_QTC_MS;
    let threshold = match e.patient.sex {
        Some(Sex::Male) => men,
        _ => women,
    };
    Some(criterion(
        "long_qtc",
        "Prolonged QTc",
        qtc.clone(),
        threshold,
        qtc.value >= threshold,
        "QTc after Fridericia is 450 ms or more in men, 460 ms in women (AHA/ACCF/HRS 2009, Rautaharju et al., \
         Circulation 119:e241)"
            .into(),
    ))
}

fn sex_dependent(e: &Evidence<'_>, male: f64, female: f64) -> Option<f64> {
    match e.patient.sex? {
        Sex::Male => Some(male),
        Sex::Female => Some(female),
        Sex::Other => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::measure::BeatShape;
    use crate::measure::measure;
    use crate::simulate::bundled;

    fn of<'a>(measured: &'a Measurements, id: &str) -> &'a Criterion {
        let mut criteria = measured.criteria.iter();
        criteria.find(|criterion| criterion.id == id).unwrap()
    }

    #[test]
    fn a_long_qt_is_named_and_a_usual_one_is_not() {
        let of = |id: &str| of(&measure(&bundled::open(id).unwrap()), "long_qtc").met;
        assert_eq!(of("long_qt"), Some(true));
        assert_eq!(of("sinus_rhythm"), Some(false));
        assert_eq!(of("left_bundle_branch_block"), None, "QRS is a part of it");
    }

    #[test]
    fn with_bundle_branch_block_or_a_pacemaker_only_low_voltage_is_judged() {
        for (id, reason) in [
            ("left_bundle_branch_block", "QRS 1"),
            ("ventricular_pacing", "paced beats"),
        ] {
            let measured = measure(&bundled::open(id).unwrap());
            for criterion in &measured.criteria {
                if criterion.id == "low_voltage_limb" {
                    assert!(criterion.met.is_some() && criterion.does_not_apply.is_none());
                } else {
                    let why = criterion.does_not_apply.as_deref().unwrap();
                    assert!(why.starts_with(reason), "{id}, {}: {why}", criterion.name);
                    assert_eq!(criterion.met, None, "{id}, {}", criterion.name);
                }
            }
            assert!(measured.criteria.len() > 3, "the numbers stay");
        }
        let right = measure(&bundled::open("right_bundle_branch_block").unwrap());
        let mut of_infarction = right
            .criteria
            .iter()
            .filter(|own| own.id.starts_with("st_elevation") || own.id.starts_with("q_waves"));
        assert!(of_infarction.all(|own| own.does_not_apply.is_none()));
        assert!(of(&right, "sokolow_lyon").does_not_apply.is_some());
        let sinus = measure(&bundled::open("sinus_rhythm").unwrap());
        assert!(sinus.criteria.iter().all(|own| own.met.is_some()));
    }

    #[test]
    fn st_elevation_is_no_sign_of_ischaemia_with_voltages_of_hypertrophy() {
        let value = |value| Value {
            value,
            unit: "uV".into(),
            leads: vec![LeadName::V1],
            beats: 9,
            from_s: 0.0,
            to_s: 0.1,
        };
        let judged =
            |id: &str, reached| criterion(id, id, value(300.0), 200.0, reached, String::new());
        let mut measured = Measurements {
            classes: vec![BeatShape {
                beats: 9,
                qrs_ms: Some(96.0),
                ..BeatShape::default()
            }],
            criteria: vec![
                judged("sokolow_lyon", true),
                judged("st_elevation_anterior", true),
                judged("q_waves_anterior", true),
            ],
            ..Measurements::default()
        };
        qualify(&mut measured);
        let st = of(&measured, "st_elevation_anterior");
        assert_eq!(st.does_not_apply.as_deref(), Some("sokolow_lyon is met"));
        assert_eq!((st.met, st.reached), (None, true));
        assert_eq!(of(&measured, "q_waves_anterior").met, Some(true));
        measured.criteria[0].reached = false;
        qualify(&mut measured);
        assert_eq!(of(&measured, "st_elevation_anterior").met, Some(true));
    }
}
