//! The numbers of the dominant shape of beats: intervals, axes, what stands in each lead.

use super::amplitudes::{axis, baseline, net, waves};
use super::classes::{AlignedBeat, BEFORE, BeatClass};
use super::delineate::Delineation;
use super::numbers::{boundaries, seconds};
use super::prepare::{Prepared, RATE_HZ};
use super::qtc;
use super::types::{LeadMeasurements, Measurements, Qtc, Value};
use crate::ecg::{LeadName, Recording};

/// The beat that is most like the representative one: the place where a number can be looked at.
fn exemplar(beats: &[AlignedBeat]) -> Option<&AlignedBeat> {
    beats
        .iter()
        .filter(|beat| beat.class == 0 && beat.at > BEFORE)
        .max_by(|a, b| a.likeness.total_cmp(&b.likeness))
        .or_else(|| beats.iter().find(|beat| beat.class == 0))
}

/// Where a number of the dominant shape is shown, from one boundary to another, in seconds.
pub(super) fn place(beats: &[AlignedBeat], from: Option<f64>, to: Option<f64>) -> (f64, f64) {
    let at = exemplar(beats).map_or(0.0, |beat| beat.at as f64);
    (
        seconds(at + from.unwrap_or(0.0)),
        seconds(at + to.unwrap_or(0.0)),
    )
}

pub(super) fn all_leads(prepared: &Prepared) -> Vec<LeadName> {
    prepared
        .leads
        .iter()
        .map(|lead| lead.name.clone())
        .collect()
}

pub(super) fn intervals(
    measured: &mut Measurements,
    prepared: &Prepared,
    beats: &[AlignedBeat],
    dominant: &BeatClass,
    main: &Delineation,
) {
    let between = |from: Option<f64>, to: Option<f64>| {
        let (a, b) = (from?, to?);
        let (from_s, to_s) = place(beats, from, to);
        Some(Value {
            value: ((b - a) * 1000.0 / RATE_HZ).round(),
            unit: "ms".into(),
            leads: all_leads(prepared),
            beats: dominant.averaged.len(),
            from_s,
            to_s,
        })
    };
    let g = &main.global;
    if g.qrs_off.is_some() && g.t_off.is_none() {
        let reason = "No end of T can be told from the next beat or from noise: QT is not measured";
        measured.notes.push(reason.into());
    }
    measured.p_duration = between(g.p_on, g.p_off);
    measured.pr = between(g.p_on, g.qrs_on);
    measured.qrs = between(g.qrs_on, g.qrs_off);
    measured.qt = between(g.qrs_on, g.t_off);
    if let (Some(qt), Some(rate)) = (&measured.qt, &measured.heart_rate) {
        let rr_s = 60.0 / rate.value;
        let corrected = |formula: fn(f64, f64) -> f64| {
            Some(Value {
                value: formula(qt.value, rr_s).round(),
                ..qt.clone()
            })
        };
        measured.qtc = Qtc {
            bazett: corrected(qtc::bazett),
            fridericia: corrected(qtc::fridericia),
            framingham: corrected(qtc::framingham),
            hodges: corrected(qtc::hodges),
        };
    }
    let irregular = measured.is_irregular();
    measured.irregular_without_p =
        irregular.map(|irregular| irregular && measured.p_duration.is_none());
    if measured.irregular_without_p == Some(true) {
        measured
            .notes
            .push("RR intervals vary: QTc uses the mean RR of the whole tracing".into());
    }
}

pub(super) fn axes(
    measured: &mut Measurements,
    recording: &Recording,
    prepared: &Prepared,
    beats: &[AlignedBeat],
    dominant: &BeatClass,
    main: &Delineation,
) {
    let position = |name: &LeadName| prepared.leads.iter().position(|lead| lead.name == *name);
    let (Some(one), Some(two)) = (position(&LeadName::I), position(&LeadName::II)) else {
        return;
    };
    let voltage = |name: &LeadName| {
        recording
            .lead(name)
            .is_some_and(|lead| lead.unit.is_voltage())
    };
    if !voltage(&LeadName::I) || !voltage(&LeadName::II) {
        return;
    }
    let (one, two) = (&dominant.wide[one], &dominant.wide[two]);
    let axis_of = |from: Option<f64>, to: Option<f64>, over_baseline: bool| {
        let (a, b) = (from?, to?);
        let size = |curve: &[f64]| {
            let level = over_baseline
                .then(|| main.global.qrs_on.map(|on| baseline(curve, on)))
                .flatten();
            net(curve, a, b, level)
        };
        let (from_s, to_s) = place(beats, from, to);
        Some(Value {
            value: axis(one, two, size)?.round(),
            unit: "deg".into(),
            leads: vec![LeadName::I, LeadName::II],
            beats: dominant.averaged.len(),
            from_s,
            to_s,
        })
    };
    let g = &main.global;
    measured.p_axis = axis_of(g.p_on, g.p_off, false);
    measured.qrs_axis = axis_of(g.qrs_on, g.qrs_off, true);
    measured.t_axis = axis_of(g.t_on, g.t_off, true);
}

pub(super) fn lead_measurements(
    prepared: &Prepared,
    dominant: &BeatClass,
    main: &Delineation,
) -> Vec<LeadMeasurements> {
    prepared
        .leads
        .iter()
        .zip(&dominant.wide)
        .zip(&main.leads)
        .map(|((lead, curve), own)| {
            let found = if lead.voltage {
                waves(curve, &main.global, own)
            } else {
                Default::default()
            };
            let uv = |value: Option<f64>| value.map(f64::round);
            LeadMeasurements {
                lead: lead.name.clone(),
                boundaries: boundaries(own),
                p_uv: uv(found.p),
                p2_uv: uv(found.p2),
                q_uv: uv(found.q),
                q_ms: found.q_length.map(|length| length * 1000.0 / RATE_HZ),
                r_uv: uv(found.r),
                s_uv: uv(found.s),
                r2_uv: uv(found.r2),
                t_uv: uv(found.t),
                t2_uv: uv(found.t2),
                st_j_uv: uv(found.st[0]),
                st_j40_uv: uv(found.st[1]),
                st_j60_uv: uv(found.st[2]),
                st_j80_uv: uv(found.st[3]),
                qt_ms: own
                    .t_off
                    .zip(own.qrs_on)
                    .map(|(b, a)| ((b - a) * 1000.0 / RATE_HZ).round()),
            }
        })
        .collect()
}

pub(super) fn dispersion(measured: &mut Measurements, beats: &[AlignedBeat], dominant: &BeatClass) {
    fn qt(lead: &LeadMeasurements) -> Option<(f64, &LeadMeasurements)> {
        lead.qt_ms.map(|qt| (qt, lead))
    }
    let shortest = measured
        .leads
        .iter()
        .filter_map(qt)
        .min_by(|a, b| a.0.total_cmp(&b.0));
    let longest = measured
        .leads
        .iter()
        .filter_map(qt)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let (Some(shortest), Some(longest)) = (shortest, longest) else {
        return;
    };
    if measured.leads.len() < 8 {
        return;
    }
    let to_samples = |value: Option<f64>| value.map(|value| value * RATE_HZ);
    let (from_s, to_s) = place(
        beats,
        to_samples(longest.1.boundaries.qrs_on),
        to_samples(longest.1.boundaries.t_off),
    );
    measured.qt_dispersion = Some(Value {
        value: longest.0 - shortest.0,
        unit: "ms".into(),
        leads: vec![longest.1.lead.clone(), shortest.1.lead.clone()],
        beats: dominant.averaged.len(),
        from_s,
        to_s,
    });
}
