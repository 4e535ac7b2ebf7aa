//! What is measured on a tracing, as the numbers that the network takes beside the waveform: a rate or an
//! interval that can be measured need not be learnt.

use super::coherence::Numbers;
use crate::ecg::{Lead, LeadName, Recording, STANDARD_12, Samples, Unit};
use crate::measure::{LeadMeasurements, Measurements, Value, measure};
use crate::network::{MEASURED, MEASURED_OF_LEAD, MEASURED_OF_TRACING};
use crate::signal::leads::give_usual_size;

/// [`MEASURED`] numbers, near -1 to 1, 0 where not measurable, then for each 1 if it was measured and 0 if not.
pub type Measured = [f32; 2 * MEASURED];

/// Numbers further out are brought back to this: one wild measurement must not outshout the tracing.
const LIMIT: f64 = 4.0;
/// Numbers of rate, rhythm, intervals and axes.
const RHYTHM_AND_INTERVALS: usize = 21;
/// Numbers that criteria of shape go by, each over the leads of a territory.
const TERRITORIES: usize = MEASURED_OF_TRACING - RHYTHM_AND_INTERVALS;
/// Leads that look at neighbouring parts of the heart (Thygesen 2018, Fourth Universal Definition of Myocardial
/// Infarction: what is seen in two of them counts).
const NEIGHBOURS: [[LeadName; 2]; 10] = [
    [LeadName::I, LeadName::AVL],
    [LeadName::II, LeadName::AVF],
    [LeadName::III, LeadName::AVF],
    [LeadName::II, LeadName::III],
    [LeadName::V1, LeadName::V2],
    [LeadName::V2, LeadName::V3],
    [LeadName::V3, LeadName::V4],
    [LeadName::V4, LeadName::V5],
    [LeadName::V5, LeadName::V6],
    [LeadName::I, LeadName::V6],
];
/// Where a T wave should be upright.
const T_UPRIGHT: [[LeadName; 2]; 5] = [
    [LeadName::I, LeadName::II],
    [LeadName::V3, LeadName::V4],
    [LeadName::V4, LeadName::V5],
    [LeadName::V5, LeadName::V6],
    [LeadName::I, LeadName::V6],
];
/// Width that a complex without R stands for among widths of Q waves, in ms.
const QS_MS: f64 = 100.0;

/// Which of the numbers go by beats out of turn: the lowest and the highest rate, how RR spreads and steps, how many beats
/// are premature, how many look ventricular.
pub const OUT_OF_TURN: std::ops::Range<usize> = 1..7;

/// What is measured on a recording.
#[derive(Debug, Clone)]
pub struct Measuring {
    /// For the network.
    pub vector: Measured,
    /// To hold its word to.
    pub numbers: Numbers,
    /// Begin of P (of QRS without one) to end of QRS of the beats that [`OUT_OF_TURN`] was counted on, in seconds.
    pub out_of_turn: Vec<(f64, f64)>,
}

/// Measures a recording. `trusted` says whether its microvolts can be believed; if not, only what no gain can change is
/// told.
pub fn measured(recording: &Recording, left_out: &[LeadName], trusted: bool) -> Measuring {
    let mut standard = recording.clone();
    standard
        .leads
        .retain(|lead| lead.name.standard_index().is_some() && !left_out.contains(&lead.name));
    for lead in &mut standard.leads {
        if !lead.unit.is_voltage() {
            stand_in(lead);
        }
    }
    let voltage = trusted && recording.has_voltage();
    let measured = measure(&standard);
    // What is shown is measured on all leads.
    let same = standard.leads.len() == recording.leads.len();
    let shown = (!same && recording.has_voltage()).then(|| measure(recording));
    let mut numbers = Numbers::of(recording, shown.as_ref().unwrap_or(&measured));
    // None is shown where the amplitude was lost.
    numbers.axis = numbers.axis.filter(|_| recording.has_voltage());
    Measuring {
        vector: vector(&measured, voltage),
        numbers,
        out_of_turn: out_of_turn(&measured),
    }
}

fn out_of_turn(of: &Measurements) -> Vec<(f64, f64)> {
    let beats = of.beats.iter();
    beats
        .filter(|beat| beat.premature || of.looks_ventricular(beat))
        .filter_map(|beat| {
            let bounds = &beat.boundaries;
            Some((bounds.p_on.or(bounds.qrs_on)?, bounds.qrs_off?))
        })
        .collect()
}

/// Gives a lead whose amplitude was lost one that can be measured.
fn stand_in(lead: &mut Lead) {
    let mut values = lead.samples.microvolts();
    if give_usual_size(&mut values) {
        lead.samples = Samples::from_microvolts(values);
        lead.unit = Unit::Microvolt;
    }
}

/// The numbers of a tracing that was measured; see [`Measured`].
fn vector(of: &Measurements, voltage: bool) -> Measured {
    let mut vector = [0f32; 2 * MEASURED];
    let tracing = tracing(of, voltage)
        .into_iter()
        .chain(territories(of, voltage));
    let leads = STANDARD_12.iter().flat_map(|name| {
        let found = of.leads.iter().find(|lead| lead.lead == *name);
        found.map_or([None; MEASURED_OF_LEAD], |lead| of_lead(lead, voltage))
    });
    for (index, value) in tracing.chain(leads).enumerate() {
        let Some(value) = value.filter(|value| value.is_finite()) else {
            continue;
        };
        if let Some(slot) = vector.get_mut(index) {
            *slot = value.clamp(-LIMIT, LIMIT) as f32;
        }
        if let Some(known) = vector.get_mut(MEASURED + index) {
            *known = 1.0;
        }
    }
    vector
}

fn tracing(of: &Measurements, voltage: bool) -> [Option<f64>; RHYTHM_AND_INTERVALS] {
    let ms = |value: &Option<Value>, usual: f64, spread: f64| {
        value.as_ref().map(|value| (value.value - usual) / spread)
    };
    let rate = |value: &Option<Value>| value.as_ref().map(|value| 2.0 * (value.value / 75.0).ln());
    // An axis holds when both leads it is taken from have the same gain.
    let axis = |value: &Option<Value>| {
        let value = value.as_ref().filter(|_| voltage)?;
        Some(value.value.to_radians())
    };
    let (p, qrs, t) = (axis(&of.p_axis), axis(&of.qrs_axis), axis(&of.t_axis));
    let enough = of.beats.len() >= 3;
    let share = |count: usize| enough.then(|| 5.0 * count as f64 / of.beats.len() as f64);
    let (spread, steps) = irregularity(of);
    [
        rate(&of.heart_rate),
        rate(&of.heart_rate_min),
        rate(&of.heart_rate_max),
        spread,
        steps,
        share(of.beats.iter().filter(|beat| beat.premature).count()),
        share(
            of.beats
                .iter()
                .filter(|beat| of.looks_ventricular(beat))
                .count(),
        ),
        enough.then(|| f64::from(u8::from(of.pr.is_some()))),
        ms(&of.p_duration, 105.0, 25.0),
        ms(&of.pr, 165.0, 35.0),
        ms(&of.qrs, 95.0, 25.0),
        ms(&of.qt, 390.0, 50.0),
        ms(&of.qtc.bazett, 420.0, 40.0),
        ms(&of.qtc.fridericia, 410.0, 40.0),
        p.map(f64::cos),
        p.map(f64::sin),
        qrs.map(f64::cos),
        qrs.map(f64::sin),
        t.map(f64::cos),
        t.map(f64::sin),
        qrs.zip(t).map(|(qrs, t)| (qrs - t).cos()),
    ]
}

/// What criteria of shape go by: ST, T, Q waves and voltages, by territory; heights in microvolts only if `voltage`.
fn territories(of: &Measurements, voltage: bool) -> [Option<f64>; TERRITORIES] {
    let lead = |name: &LeadName| of.leads.iter().find(|lead| lead.lead == *name);
    let uv = |name: &LeadName, of: fn(&LeadMeasurements) -> Option<f64>| of(lead(name)?);
    let share = |name: &LeadName, of: fn(&LeadMeasurements) -> Option<f64>| {
        let lead = lead(name)?;
        Some(of(lead)? / height(lead)?)
    };
    // What two neighbours share is the lesser of both.
    let lowest = |pairs: &[[LeadName; 2]], value: &dyn Fn(&LeadName) -> Option<f64>| {
        let both = |[a, b]: &[LeadName; 2]| Some(value(a)?.max(value(b)?));
        pairs.iter().filter_map(both).reduce(f64::min)
    };
    let highest = |pairs: &[[LeadName; 2]], value: &dyn Fn(&LeadName) -> Option<f64>| {
        lowest(pairs, &|name| value(name).map(|value| -value)).map(|value| -value)
    };
    let q_ms = |names: &[LeadName]| {
        let mut widths: Vec<f64> = names
            .iter()
            .filter_map(|name| {
                let lead = lead(name)?;
                height(lead)?;
                Some(match lead.r_uv {
                    None => QS_MS,
                    Some(_) => lead.q_ms.unwrap_or(0.0),
                })
            })
            .collect();
        widths.sort_by(|a, b| b.total_cmp(a));
        widths.get(1).map(|width| width / 40.0)
    };
    let r = |name: &LeadName| uv(name, |lead| Some(top(lead)?.max(0.0)));
    let s = |name: &LeadName| uv(name, |lead| Some(-bottom(lead)?.min(0.0)));
    let largest = |names: &[LeadName]| {
        let heights = names.iter().filter_map(|name| height(lead(name)?));
        heights.reduce(f64::max)
    };
    let mean_t: Vec<f64> = [
        LeadName::I,
        LeadName::II,
        LeadName::V4,
        LeadName::V5,
        LeadName::V6,
    ]
    .iter()
    .filter_map(|name| share(name, |lead| lead.t_uv))
    .collect();
    let sum = |a: Option<f64>, b: Option<f64>| Some(a? + b?);
    let trusted = |value: Option<f64>| value.filter(|_| voltage);
    let limb = [
        LeadName::I,
        LeadName::II,
        LeadName::III,
        LeadName::AVR,
        LeadName::AVL,
        LeadName::AVF,
    ];
    let chest = [
        LeadName::V1,
        LeadName::V2,
        LeadName::V3,
        LeadName::V4,
        LeadName::V5,
        LeadName::V6,
    ];
    use LeadName::{AVF, AVL, I, II, III, V1, V2, V3, V4, V5, V6};
    [
        lowest(&NEIGHBOURS, &|name| share(name, |lead| lead.st_j60_uv)).map(|share| 5.0 * share),
        highest(&NEIGHBOURS, &|name| share(name, |lead| lead.st_j_uv)).map(|share| 5.0 * share),
        lowest(&T_UPRIGHT, &|name| share(name, |lead| lead.t_uv)).map(|share| 2.0 * share),
        (!mean_t.is_empty()).then(|| 2.0 * mean_t.iter().sum::<f64>() / mean_t.len() as f64),
        trusted(lowest(&NEIGHBOURS, &|name| uv(name, |lead| lead.st_j60_uv))).map(|uv| uv / 100.0),
        trusted(highest(&NEIGHBOURS, &|name| uv(name, |lead| lead.st_j_uv))).map(|uv| uv / 100.0),
        trusted(lowest(&T_UPRIGHT, &|name| uv(name, |lead| lead.t_uv))).map(|uv| uv / 200.0),
        q_ms(&[II, III, AVF]),
        q_ms(&[V1, V2, V3, V4]),
        q_ms(&[I, AVL, V5, V6]),
        // R against S; the addend keeps an absent wave from an infinite ratio.
        r(&V1)
            .zip(s(&V1))
            .map(|(r, s)| ((r + 50.0) / (s + 50.0)).ln()),
        r(&V3)
            .zip(s(&V3))
            .map(|(r, s)| ((r + 50.0) / (s + 50.0)).ln()),
        // Sokolow and Lyon 1949, Casale 1985 (Cornell), each against its limit.
        trusted(sum(
            s(&V1),
            r(&V5).into_iter().chain(r(&V6)).reduce(f64::max),
        ))
        .map(|uv| 3.0 * uv / 3500.0 - 2.0),
        trusted(sum(s(&V3), r(&AVL))).map(|uv| 3.0 * uv / 2400.0 - 2.0),
        trusted(r(&AVL)).map(|r| r / 1100.0),
        trusted(largest(&limb)).map(|uv| 2.0 * (uv / 500.0).ln()),
        trusted(largest(&chest)).map(|uv| 2.0 * (uv / 1000.0).ln()),
        trusted(uv(&II, |lead| lead.p_uv)).map(|uv| uv / 150.0),
    ]
}

/// Deviation of RR and root mean square of its steps, both by the mean RR.
fn irregularity(of: &Measurements) -> (Option<f64>, Option<f64>) {
    let rr: Vec<f64> = of.beats.iter().filter_map(|beat| beat.rr_ms).collect();
    if rr.len() < 3 {
        return (None, None);
    }
    let mean = rr.iter().sum::<f64>() / rr.len() as f64;
    let spread = rr.iter().map(|rr| (rr - mean).powi(2)).sum::<f64>() / rr.len() as f64;
    let steps = rr
        .windows(2)
        .map(|pair| (pair[1] - pair[0]).powi(2))
        .sum::<f64>()
        / (rr.len() - 1) as f64;
    (
        Some(5.0 * spread.sqrt() / mean),
        Some(5.0 * steps.sqrt() / mean),
    )
}

fn top(lead: &LeadMeasurements) -> Option<f64> {
    [lead.r_uv, lead.r2_uv]
        .into_iter()
        .flatten()
        .reduce(f64::max)
}

fn bottom(lead: &LeadMeasurements) -> Option<f64> {
    [lead.q_uv, lead.s_uv]
        .into_iter()
        .flatten()
        .reduce(f64::min)
}

/// Of the QRS complex, from top to bottom; nothing where there is none.
fn height(lead: &LeadMeasurements) -> Option<f64> {
    let (top, bottom) = (top(lead), bottom(lead));
    (top.is_some() || bottom.is_some())
        .then(|| top.unwrap_or(0.0) - bottom.unwrap_or(0.0))
        .filter(|height| *height > 0.0)
}

/// Heights as shares of the QRS complex from top to bottom, which no gain changes, then that itself.
fn of_lead(lead: &LeadMeasurements, voltage: bool) -> [Option<f64>; MEASURED_OF_LEAD] {
    let height = height(lead);
    let share = |value: Option<f64>, scale: f64| Some(scale * value? / height?);
    [
        share(lead.p_uv, 5.0),
        share(lead.q_uv, 2.0),
        lead.q_ms.map(|ms| ms / 40.0),
        share(top(lead), 1.0),
        share(lead.s_uv, 1.0),
        share(lead.r2_uv, 2.0),
        share(lead.t_uv, 2.0),
        share(lead.st_j_uv, 5.0),
        share(lead.st_j80_uv, 5.0),
        height
            .filter(|_| voltage)
            .map(|height| (height / 1000.0).ln()),
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::network::MEASURED_VOLTAGES;
    use crate::simulate::{Settings, condition, simulate};

    fn tracing(id: &str) -> Recording {
        simulate(condition(id).unwrap(), 3, &Settings::default()).recording
    }

    fn known(of: &Measured, index: usize) -> bool {
        of[MEASURED + index] == 1.0
    }

    #[test]
    fn what_is_shown_is_what_the_network_is_told() {
        let Measuring {
            vector, numbers, ..
        } = measured(&tracing("sinus_bradycardia"), &[], true);
        let rate = numbers.rate.unwrap();
        assert!(rate < 60.0, "{rate}");
        assert!((f64::from(vector[0]) - 2.0 * (rate / 75.0).ln()).abs() < 0.02);
        assert!(vector.iter().all(|value| value.abs() <= 4.0));
    }

    #[test]
    fn beats_out_of_turn_are_told_with_their_places() {
        let of = |id: &str| measured(&tracing(id), &[], true);
        assert!(of("sinus_rhythm").out_of_turn.is_empty());
        for id in [
            "premature_atrial_complexes",
            "premature_ventricular_complexes",
        ] {
            let found = of(id);
            assert!(!found.out_of_turn.is_empty(), "{id}");
            let drawn = simulate(condition(id).unwrap(), 3, &Settings::default());
            for (from, to) in &found.out_of_turn {
                let regions = &drawn.truth.regions;
                let holds = regions.iter().any(|r| r.from_s < *to && r.to_s > *from);
                assert!(holds, "{id}: {from} to {to}");
            }
            let numbers = OUT_OF_TURN.map(|index| found.vector[index]);
            assert!(numbers.into_iter().any(|number| number > 0.3), "{id}");
        }
    }

    #[test]
    fn without_trust_in_the_gain_no_height_is_told() {
        let recording = tracing("left_ventricular_hypertrophy");
        let trusted = measured(&recording, &[], true).vector;
        let doubted = measured(&recording, &[], false).vector;
        for index in MEASURED_VOLTAGES {
            assert!(known(&trusted, index), "{index}");
            assert!(!known(&doubted, index) && doubted[index] == 0.0, "{index}");
        }
        assert_eq!(trusted[0], doubted[0]);
    }

    #[test]
    fn a_lead_left_out_is_not_measured() {
        let vector = measured(&tracing("sinus_rhythm"), &[LeadName::V3], true).vector;
        let of = |lead: usize| {
            let from = MEASURED_OF_TRACING + lead * MEASURED_OF_LEAD;
            (from..from + MEASURED_OF_LEAD).any(|index| known(&vector, index))
        };
        assert!(!of(8) && of(7) && of(9));
    }

    #[test]
    fn depression_and_elevation_reach_their_territories() {
        let of = |id: &str| measured(&tracing(id), &[], true).vector;
        let (plain, depressed, elevated) = (
            of("sinus_rhythm"),
            of("st_depression"),
            of("anterior_stemi"),
        );
        assert!(
            depressed[25] < plain[25] - 0.3,
            "{} {}",
            depressed[25],
            plain[25]
        );
        assert!(
            elevated[26] > plain[26] + 0.5,
            "{} {}",
            elevated[26],
            plain[26]
        );
    }
}
