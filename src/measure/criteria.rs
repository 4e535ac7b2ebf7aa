//! Criteria of the literature that follow from amplitudes and intervals.

use super::infarction;
use super::types::{Criterion, LeadMeasurements, Value};
use crate::ecg::{LeadName, Patient, Sex};

/// What the criteria need.
pub(crate) struct Evidence<'a> {
    pub leads: &'a [LeadMeasurements],
    pub patient: &'a Patient,
    pub qrs_ms: Option<f64>,
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
    ]
    .into_iter()
    .flatten()
    .chain(infarction::judge(evidence))
    .collect()
}

pub(super) fn criterion(
    id: &str,
    name: &str,
    value: Value,
    threshold: f64,
    met: bool,
    text: String,
) -> Criterion {
    Criterion {
        id: id.into(),
        name: name.into(),
        value,
        threshold,
        met,
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

fn sex_dependent(e: &Evidence<'_>, male: f64, female: f64) -> Option<f64> {
    match e.patient.sex? {
        Sex::Male => Some(male),
        Sex::Female => Some(female),
        Sex::Other => None,
    }
}
