//! What is measured on a tracing, as the numbers that the network takes beside the waveform: a rate or an
//! interval that can be measured need not be learnt.

use super::coherence::Numbers;
use crate::ecg::{Lead, LeadName, Recording, STANDARD_12, Samples, Unit};
use crate::measure::{LeadMeasurements, Measurements, Value, measure};
use crate::network::{MEASURED, MEASURED_OF_LEAD, MEASURED_OF_TRACING};

/// [`MEASURED`] numbers, near -1 to 1, 0 where not measurable, then for each 1 if it was measured and 0 if not.
pub type Measured = [f32; 2 * MEASURED];

/// Numbers further out are brought back to this: one wild measurement must not outshout the tracing.
const LIMIT: f64 = 4.0;
/// Deviation of a usual lead.
const STAND_IN_UV: f64 = 150.0;

/// Measures a recording: for the network, and to hold its word to. `trusted` says whether its microvolts can be
/// believed; if not, only what no gain can change is told.
pub fn measured(
    recording: &Recording,
    left_out: &[LeadName],
    trusted: bool,
) -> (Measured, Numbers) {
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
    let mut numbers = Numbers::of(recording, &measured);
    // An axis holds when both leads it is taken from have the same gain.
    numbers.axis = numbers.axis.filter(|_| voltage);
    (vector(&measured, voltage), numbers)
}

/// Gives a lead whose amplitude was lost one in which waves can be told from noise. No height is read off it.
fn stand_in(lead: &mut Lead) {
    let values = lead.samples.microvolts();
    let known = || values.iter().filter(|value| value.is_finite());
    let count = known().count().max(1) as f64;
    let mean = known().sum::<f64>() / count;
    let deviation = (known().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    if deviation > 0.0 {
        let scaled = values
            .iter()
            .map(|value| (value - mean) * (STAND_IN_UV / deviation));
        lead.samples = Samples::from_microvolts(scaled.collect());
        lead.unit = Unit::Microvolt;
    }
}

/// The numbers of a tracing that was measured; see [`Measured`].
fn vector(of: &Measurements, voltage: bool) -> Measured {
    let mut vector = [0f32; 2 * MEASURED];
    let tracing = tracing(of, voltage);
    let leads = STANDARD_12.iter().flat_map(|name| {
        let found = of.leads.iter().find(|lead| lead.lead == *name);
        found.map_or([None; MEASURED_OF_LEAD], |lead| of_lead(lead, voltage))
    });
    for (index, value) in tracing.into_iter().chain(leads).enumerate() {
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

fn tracing(of: &Measurements, voltage: bool) -> [Option<f64>; MEASURED_OF_TRACING] {
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
    let ventricular = |class: usize| {
        of.classes
            .get(class)
            .is_some_and(|class| class.ventricular_looking)
    };
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
                .filter(|beat| ventricular(beat.class))
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

/// Heights as shares of the QRS complex from top to bottom, which no gain changes, then that itself.
fn of_lead(lead: &LeadMeasurements, voltage: bool) -> [Option<f64>; MEASURED_OF_LEAD] {
    let top = [lead.r_uv, lead.r2_uv]
        .into_iter()
        .flatten()
        .reduce(f64::max);
    let bottom = [lead.q_uv, lead.s_uv]
        .into_iter()
        .flatten()
        .reduce(f64::min);
    let height = (top.is_some() || bottom.is_some())
        .then(|| top.unwrap_or(0.0) - bottom.unwrap_or(0.0))
        .filter(|height| *height > 0.0);
    let share = |value: Option<f64>, scale: f64| Some(scale * value? / height?);
    [
        share(lead.p_uv, 5.0),
        share(lead.q_uv, 2.0),
        lead.q_ms.map(|ms| ms / 40.0),
        share(top, 1.0),
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
