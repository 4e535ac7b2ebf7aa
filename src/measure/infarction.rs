//! Criteria of infarction by territory: ST elevation and Q waves after the Fourth Universal Definition (Thygesen et al.
//! 2018, Circulation 138:e618). Whether they apply to the tracing is for [`super::criteria::qualify`] to say.

use super::criteria::{Evidence, criterion};
use super::types::{Criterion, LeadMeasurements};
use crate::ecg::{LeadName, Sex};

/// Leads that look at one wall, in the order in which neighbours follow each other.
const TERRITORIES: [(&str, &[LeadName]); 4] = [
    ("inferior", &[LeadName::II, LeadName::AVF, LeadName::III]),
    ("high lateral", &[LeadName::AVL, LeadName::I]),
    (
        "anterior",
        &[LeadName::V1, LeadName::V2, LeadName::V3, LeadName::V4],
    ),
    ("lateral", &[LeadName::V4, LeadName::V5, LeadName::V6]),
];
/// A Q wave counts from this depth and width; in V2 and V3 from a smaller width.
const Q_DEPTH_UV: f64 = 100.0;
const Q_WIDTH_MS: f64 = 30.0;
const Q_WIDTH_V2_V3_MS: f64 = 20.0;

/// What is met: ST elevation lead by lead and by territory, and Q waves by territory.
pub(super) fn judge(evidence: &Evidence<'_>) -> Vec<Criterion> {
    let mut found: Vec<Criterion> = evidence
        .leads
        .iter()
        .filter_map(|lead| st_elevation(evidence, lead))
        .collect();
    for (name, leads) in TERRITORIES {
        found.extend(st_elevation_of(evidence, name, leads));
        found.extend(q_waves_of(evidence, name, leads));
    }
    found
}

/// Level of the J point in microvolts from which ST is elevated, by lead, age and sex; of a patient who is not known well
/// enough the level from which it is elevated in anybody. `None` where none is defined.
fn threshold(e: &Evidence<'_>, lead: &LeadName) -> Option<f64> {
    match lead {
        LeadName::V2 | LeadName::V3 => match (e.patient.sex, e.patient.age_years) {
            (Some(Sex::Female), _) => Some(150.0),
            (_, Some(age)) if age >= 40.0 => Some(200.0),
            _ => Some(250.0),
        },
        LeadName::AVR => None,
        lead if lead.standard_index().is_some() => Some(100.0),
        _ => None,
    }
}

/// That an ST segment is elevated in V2 or V3 in some patients, and why it was not judged in this one.
pub(super) fn unjudged(e: &Evidence<'_>) -> Option<String> {
    let least = match (e.patient.sex, e.patient.age_years) {
        (Some(Sex::Female), _) | (Some(Sex::Male), Some(_)) => return None,
        (Some(Sex::Male), None) => 200.0,
        _ => 150.0,
    };
    let between = |name: &LeadName| {
        let level = e.lead(name)?.st_j_uv?;
        let open = level >= least && level < threshold(e, name)?;
        open.then(|| format!("{:.2} mV in {name}", level / 1000.0))
    };
    let found: Vec<String> = [LeadName::V2, LeadName::V3]
        .iter()
        .filter_map(between)
        .collect();
    let unknown = if e.patient.sex == Some(Sex::Male) {
        "age"
    } else {
        "sex"
    };
    (!found.is_empty()).then(|| {
        format!(
            "ST of {} was not judged: whether that is elevated depends on the patient's {unknown}, which is not known",
            found.join(" and ")
        )
    })
}

fn st_elevation(e: &Evidence<'_>, lead: &LeadMeasurements) -> Option<Criterion> {
    let (level, threshold) = (lead.st_j_uv?, threshold(e, &lead.lead)?);
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
}

/// The first two neighbours of a territory for which `met` holds.
fn neighbours<'a>(
    e: &'a Evidence<'_>,
    leads: &[LeadName],
    met: impl Fn(&LeadMeasurements) -> bool,
) -> Option<[&'a LeadMeasurements; 2]> {
    leads.windows(2).find_map(|pair| {
        let [a, b] = pair else { return None };
        let both = [e.lead(a)?, e.lead(b)?];
        both.iter().all(|lead| met(lead)).then_some(both)
    })
}

fn st_elevation_of(e: &Evidence<'_>, name: &str, leads: &[LeadName]) -> Option<Criterion> {
    let over = |lead: &LeadMeasurements| Some(lead.st_j_uv? - threshold(e, &lead.lead)?);
    let pair = neighbours(e, leads, |lead| over(lead).is_some_and(|over| over >= 0.0))?;
    // The lesser of two is what both share.
    let least = pair.iter().min_by(|a, b| {
        over(a)
            .unwrap_or_default()
            .total_cmp(&over(b).unwrap_or_default())
    })?;
    Some(criterion(
        &format!("st_elevation_{}", name.replace(' ', "_")),
        &format!("ST elevation, {name}"),
        e.value(least.st_j_uv?, "uV", &pair.map(|lead| lead.lead.clone())),
        threshold(e, &least.lead)?,
        true,
        format!(
            "ST is elevated at the J point in two neighbouring {name} leads, each by the limit of its lead, age and sex \
             (Fourth Universal Definition of Myocardial Infarction 2018)"
        ),
    ))
}

fn q_waves_of(e: &Evidence<'_>, name: &str, leads: &[LeadName]) -> Option<Criterion> {
    let v2_or_v3 = |lead: &LeadName| matches!(lead, LeadName::V2 | LeadName::V3);
    let met = |lead: &LeadMeasurements| {
        let (Some(depth), Some(width)) = (lead.q_uv, lead.q_ms) else {
            return false;
        };
        let qs = lead.r_uv.is_none();
        match lead.lead {
            // A QS complex in V1 or III alone is no finding; beside its neighbour it is.
            LeadName::V1 => qs,
            _ if qs => true,
            _ if v2_or_v3(&lead.lead) => width >= Q_WIDTH_V2_V3_MS,
            _ => width >= Q_WIDTH_MS && depth <= -Q_DEPTH_UV,
        }
    };
    let pair = neighbours(e, leads, met)?;
    let narrower = pair.iter().min_by(|a, b| {
        a.q_ms
            .unwrap_or_default()
            .total_cmp(&b.q_ms.unwrap_or_default())
    })?;
    let limit = if v2_or_v3(&narrower.lead) {
        Q_WIDTH_V2_V3_MS
    } else {
        Q_WIDTH_MS
    };
    Some(criterion(
        &format!("q_waves_{}", name.replace(' ', "_")),
        &format!("Q waves, {name}"),
        e.value(narrower.q_ms?, "ms", &pair.map(|lead| lead.lead.clone())),
        limit,
        true,
        format!(
            "Two neighbouring {name} leads have a Q wave of 0.03 s and 0.1 mV (V2 and V3: 0.02 s) or a QS complex (Fourth \
             Universal Definition of Myocardial Infarction 2018)"
        ),
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ecg::Patient;

    #[test]
    fn st_in_v2_and_v3_of_an_unknown_patient_is_elevated_from_the_highest_limit_on_and_below_it_not_judged()
     {
        let measured = crate::measure::measure(
            &crate::simulate::bundled::open("left_bundle_branch_block").unwrap(),
        );
        let with = |level: f64, patient: &Patient| {
            let mut leads = measured.leads.clone();
            for lead in &mut leads {
                let own = matches!(lead.lead, LeadName::V2 | LeadName::V3);
                lead.st_j_uv = Some(if own { level } else { 0.0 });
            }
            let evidence = Evidence {
                leads: &leads,
                patient,
                qrs_ms: None,
                qtc: None,
                beats: 1,
                place: (0.0, 0.0),
            };
            let st = judge(&evidence)
                .into_iter()
                .filter(|own| own.id.starts_with("st_"));
            (st.count(), unjudged(&evidence).is_some())
        };
        let nobody = Patient::default();
        let man = Patient {
            sex: Some(Sex::Male),
            ..Patient::default()
        };
        let woman = Patient {
            sex: Some(Sex::Female),
            ..Patient::default()
        };
        assert_eq!(with(260.0, &nobody), (3, false));
        assert_eq!(with(180.0, &nobody), (0, true));
        assert_eq!(with(180.0, &man), (0, false));
        assert_eq!(with(220.0, &man), (0, true));
        assert_eq!(with(180.0, &woman), (3, false));
    }
}
