//! Criteria of the literature that follow from amplitudes and intervals.

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
    fn lead(&self, name: &LeadName) -> Option<&LeadMeasurements> {
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

    fn value(&self, value: f64, unit: &str, leads: &[LeadName]) -> Value {
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
    ]
    .into_iter()
    .flatten()
    .chain(st_elevation(evidence))
    .collect()
}

fn criterion(
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

fn st_elevation(e: &Evidence<'_>) -> Vec<Criterion> {
    let threshold = |lead: &LeadName| match lead {
        LeadName::V2 | LeadName::V3 => match (e.patient.sex, e.patient.age_years) {
            (Some(Sex::Female), _) => Some(150.0),
            (Some(Sex::Male), Some(age)) => Some(if age < 40.0 { 250.0 } else { 200.0 }),
            _ => None,
        },
        LeadName::AVR => None,
        lead if lead.standard_index().is_some() => Some(100.0),
        _ => None,
    };
    e.leads
        .iter()
        .filter_map(|lead| {
            let (level, threshold) = (lead.st_j_uv?, threshold(&lead.lead)?);
            (level >= threshold).then(|| {
                criterion(
                    &format!("st_elevation_{}", lead.lead.as_str().to_lowercase()),
                    &format!("ST elevation in {}", lead.lead),
                    e.value(level, "uV", std::slice::from_ref(&lead.lead)),
                    threshold,
                    true,
                    format!(
                        "The J point in {} is {:.2} mV or more above the level before QRS (Fourth Universal Definition of \
                         Myocardial Infarction 2018, by age and sex)",
                        lead.lead,
                        threshold / 1000.0
                    ),
                )
            })
        })
        .collect()
}

fn sex_dependent(e: &Evidence<'_>, male: f64, female: f64) -> Option<f64> {
    match e.patient.sex? {
        Sex::Male => Some(male),
        Sex::Female => Some(female),
        Sex::Other => None,
    }
}
