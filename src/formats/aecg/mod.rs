//! HL7 annotated ECG (FDA's `AnnotatedECG`, HL7 V3), and the dialects that rename its lead codes.

mod describe;

use crate::ecg::{
    Lead, LeadName, LeadOrigin, MedianBeat, Recording, Samples, Warning, WarningCode,
};

use super::fields::{digits, number, parse_moment};
use super::xml::{Document, Node, children, data_at, find};
use super::{Error, check_rate, unit};

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let series: Vec<Series> = root
        .descendants()
        .filter(|node| matches!(node.name(), "series" | "derivedSeries"))
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
    recording.warnings = rhythm.warnings;
    for other in series {
        if other.derived {
            recording
                .median_beats
                .push(MedianBeat { leads: other.leads });
        } else {
            recording.leads.extend(other.leads);
            recording.warnings.extend(other.warnings);
        }
    }
    describe::describe(root, &mut recording);
    Ok(recording)
}

struct Series {
    derived: bool,
    leads: Vec<Lead>,
    started: Option<jiff::civil::DateTime>,
    warnings: Vec<Warning>,
}

impl Series {
    fn parse(node: Node<'_>) -> Result<Self, Error> {
        let mut series = Self {
            derived: node.is("derivedSeries"),
            leads: Vec::new(),
            started: None,
            warnings: Vec::new(),
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
                    series
                        .leads
                        .extend(lead(sequence, rate, &mut series.warnings)?);
                }
            }
        }
        Ok(series)
    }
}

fn sampling_rate(increment: Node<'_>) -> Result<f64, Error> {
    let step = increment.attribute("value").and_then(number);
    let seconds = match increment.attribute("unit") {
        Some("ms") => step.map(|step| step / 1e3),
        Some("us") => step.map(|step| step / 1e6),
        Some("s") | None => step,
        Some(other) => {
            let reason = format!("\"{}\" is no unit of time", other.escape_debug());
            return Err(Error::unsupported(reason).at_field("increment"));
        }
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

fn lead(sequence: Node<'_>, rate: f64, warnings: &mut Vec<Warning>) -> Result<Option<Lead>, Error> {
    let code = find(sequence, "code")
        .and_then(|code| code.attribute("code"))
        .unwrap_or_default();
    let in_lead = |error: Error| error.at_field(format!("sequence {code}"));
    let Some(value) = find(sequence, "value") else {
        return Ok(None);
    };
    let counts = digits(&data_at(value, "digits")).map_err(in_lead)?;
    let quantity = |name: &str| {
        let node = find(value, name)?;
        Some((
            number(node.attribute("value")?)?,
            node.attribute("unit").unwrap_or_default(),
        ))
    };
    let (step, step_unit) = quantity("scale").unwrap_or((1.0, ""));
    if step_unit.is_empty() {
        warnings.push(Warning::new(
            WarningCode::NotVoltage,
            format!("Sequence {code} states no unit; its values are shown as they are stored."),
        ));
    }
    let (step, origin) = match step_unit {
        "" => (1.0, None),
        _ => (step, quantity("origin")),
    };
    let (origin, origin_unit) = origin.unwrap_or((0.0, step_unit));
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
