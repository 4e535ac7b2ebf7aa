//! HL7 annotated ECG (FDA's `AnnotatedECG`, HL7 V3), and the dialects that rename its lead codes.

use roxmltree::{Document, Node};

use crate::ecg::{Lead, LeadName, LeadOrigin, MedianBeat, Recording, Samples};

use super::fields::{self, digits, number, parse_date, parse_moment, reported};
use super::xml::{children, descendant, find, number_at, trimmed};
use super::{Error, check_rate, unit};

/// MDC codes of global measurements and our names.
const MEASUREMENTS: [(&str, &str); 9] = [
    ("MDC_ECG_HEART_RATE", "heart_rate"),
    ("MDC_ECG_TIME_PD_PR", "pr"),
    ("MDC_ECG_TIME_PD_QRS", "qrs"),
    ("MDC_ECG_TIME_PD_QT", "qt"),
    ("MDC_ECG_TIME_PD_QTc", "qtc"),
    ("MDC_ECG_TIME_PD_QTcB", "qtc"),
    ("MDC_ECG_ANGLE_P_FRONT", "p_axis"),
    ("MDC_ECG_ANGLE_QRS_FRONT", "qrs_axis"),
    ("MDC_ECG_ANGLE_T_FRONT", "t_axis"),
];

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let series: Vec<Series> = root
        .descendants()
        .filter(|node| {
            node.is_element() && matches!(node.tag_name().name(), "series" | "derivedSeries")
        })
        .map(Series::parse)
        .collect::<Result<_, _>>()?;
    let mut series = series.into_iter().filter(|series| !series.leads.is_empty());
    let Some(rhythm) = series.find(|series| !series.derived) else {
        return Err(Error::damaged("the file holds no waveform series").at_field("series"));
    };
    let rate = rhythm
        .leads
        .first()
        .map_or(0.0, |lead| lead.sampling_rate_hz);
    let mut recording = Recording::new("", "aecg", rate);
    recording.leads = rhythm.leads;
    recording.acquisition.started = rhythm.started;
    for other in series {
        if other.derived {
            recording
                .median_beats
                .push(MedianBeat { leads: other.leads });
        } else {
            recording.leads.extend(other.leads);
        }
    }
    describe(root, &mut recording);
    Ok(recording)
}

struct Series {
    derived: bool,
    leads: Vec<Lead>,
    started: Option<jiff::civil::DateTime>,
}

impl Series {
    fn parse(node: Node<'_, '_>) -> Result<Self, Error> {
        let mut series = Self {
            derived: node.tag_name().name() == "derivedSeries",
            leads: Vec::new(),
            started: None,
        };
        let sets = children(node, "component").flat_map(|part| children(part, "sequenceSet"));
        for set in sets {
            let sequences = || children(set, "component").filter_map(|part| find(part, "sequence"));
            let mut rate = None;
            for sequence in sequences() {
                let Some(increment) = find(sequence, "value/increment") else {
                    continue;
                };
                rate = Some(sampling_rate(increment)?);
                let head = find(sequence, "value/head").and_then(|head| head.attribute("value"));
                series.started = series.started.or(head.and_then(parse_moment));
            }
            for sequence in sequences() {
                if find(sequence, "value/digits").is_some() {
                    let rate = rate.ok_or_else(|| {
                        Error::damaged("a series states no time increment").at_field("sequenceSet")
                    })?;
                    series.leads.extend(lead(sequence, rate)?);
                }
            }
        }
        Ok(series)
    }
}

fn sampling_rate(increment: Node<'_, '_>) -> Result<f64, Error> {
    let step = increment.attribute("value").and_then(number);
    let seconds = match increment.attribute("unit") {
        Some("ms") => step.map(|step| step / 1e3),
        Some("us") => step.map(|step| step / 1e6),
        _ => step,
    };
    let step = seconds.filter(|&step| step > 0.0).ok_or_else(|| {
        Error::damaged("the time between samples is not positive").at_field("increment")
    })?;
    let rate = check_rate(1.0 / step).map_err(|error| error.at_field("increment"))?;
    // 1 / 0.002 is 500 only after rounding; steps are written with few digits.
    let whole = rate.round();
    Ok(if (rate - whole).abs() < 1e-6 * rate {
        whole
    } else {
        rate
    })
}

fn lead(sequence: Node<'_, '_>, rate: f64) -> Result<Option<Lead>, Error> {
    let code = find(sequence, "code")
        .and_then(|code| code.attribute("code"))
        .unwrap_or_default();
    let in_lead = |error: Error| error.at_field(format!("sequence {code}"));
    let Some(value) = find(sequence, "value") else {
        return Ok(None);
    };
    let text = find(value, "digits").and_then(trimmed).unwrap_or_default();
    let counts = digits(&text).map_err(in_lead)?;
    let quantity = |name: &str| {
        let node = find(value, name)?;
        Some((
            number(node.attribute("value")?)?,
            node.attribute("unit").unwrap_or("uV"),
        ))
    };
    let (step, step_unit) = quantity("scale").unwrap_or((1.0, "uV"));
    let (origin, origin_unit) = quantity("origin").unwrap_or((0.0, step_unit));
    let (unit, scale) = unit::parse(step_unit);
    let (_, origin_scale) = unit::parse(origin_unit);
    let per_count = step * scale;
    if per_count == 0.0 {
        return Err(in_lead(Error::damaged(
            "a count is worth nothing (scale 0)",
        )));
    }
    let baseline = -(origin * origin_scale) / per_count;
    let name = code.strip_prefix("NOM_ECG_LEAD_").unwrap_or(code);
    Ok(Some(Lead {
        name: LeadName::parse(name),
        unit,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: rate,
        samples: Samples::from_counts(counts, 1.0, baseline, per_count, None),
    }))
}

fn describe(root: Node<'_, '_>, recording: &mut Recording) {
    if let Some(subject) = descendant(root, "trialSubject") {
        let patient = &mut recording.patient;
        patient.id = find(subject, "id")
            .and_then(|id| id.attribute("extension"))
            .map(str::to_owned);
        let person = find(subject, "subjectDemographicPerson").unwrap_or(subject);
        let attribute = |path, name| find(person, path).and_then(|node| node.attribute(name));
        patient.name = find(person, "name").and_then(trimmed);
        patient.sex = attribute("administrativeGenderCode", "code").and_then(fields::sex);
        patient.birth_date = attribute("birthTime", "value").and_then(parse_date);
        let years = number_at(person, "age").or_else(|| attribute("age", "value").and_then(number));
        patient.age_years = years.and_then(|years| fields::age(years, ""));
    }
    if let Some(device) = descendant(root, "manufacturedSeriesDevice") {
        recording.acquisition.device = find(device, "manufacturerModelName").and_then(trimmed);
    }
    recording.acquisition.site = descendant(root, "testingSite")
        .and_then(|site| descendant(site, "name"))
        .and_then(trimmed);
    for annotation in root
        .descendants()
        .filter(|node| node.tag_name().name() == "annotation")
    {
        let code = find(annotation, "code")
            .and_then(|code| code.attribute("code"))
            .unwrap_or_default();
        let Some(value) = find(annotation, "value") else {
            continue;
        };
        if code.starts_with("MDC_ECG_INTERPRETATION") {
            recording.device_statements.extend(trimmed(value));
            continue;
        }
        let known = MEASUREMENTS.iter().find(|(mdc, _)| *mdc == code);
        let quantity = value.attribute("value").and_then(number);
        if let (Some((_, name)), Some(quantity)) = (known, quantity) {
            let unit = value.attribute("unit").unwrap_or_default();
            let unit = if unit == "bpm" { "/min" } else { unit };
            recording
                .device_measurements
                .push(reported(name, quantity, unit));
        }
    }
}
