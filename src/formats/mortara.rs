//! Mortara ELI XML (`ECG` with `CHANNEL` elements): base64 of 16-bit integers in attributes.

use crate::ecg::{Counts, LeadName, MedianBeat, Recording, Warning, WarningCode};

use super::fields::{
    self, age, band, base64, i16_le, join, number, parse_date, parse_moment, parse_time, reported,
    sex, voltage_lead,
};
use super::xml::{Document, Node, children, find};
use super::{Error, check_rate};

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let mut recording = Recording::new("", "mortara", 0.0);
    for channel in children(root, "CHANNEL") {
        let lead = lead(channel, &mut recording.warnings)?;
        recording.leads.push(lead);
    }
    let Some(first) = recording.leads.first() else {
        return Err(Error::damaged("the file holds no channels").at_field("CHANNEL"));
    };
    recording.sampling_rate_hz = first.sampling_rate_hz;
    let beats: Vec<_> = root
        .descendants()
        .filter(|node| node.name().starts_with("TYPICAL_CYCLE"))
        .filter(|node| node.attribute("DATA").is_some() && node.attribute("NAME").is_some())
        .filter_map(|channel| lead(channel, &mut Vec::new()).ok())
        .collect();
    recording
        .median_beats
        .extend((!beats.is_empty()).then_some(MedianBeat { leads: beats }));
    describe(root, &mut recording);
    Ok(recording)
}

fn lead(channel: Node<'_>, warnings: &mut Vec<Warning>) -> Result<crate::ecg::Lead, Error> {
    let label = channel.attribute("NAME").unwrap_or("unnamed");
    let in_lead = |error: Error| error.at_field(format!("channel {label}"));
    // The channels of a typical cycle leave to it what they have in common.
    let attribute = |name: &str| {
        let around = channel.parent().and_then(|parent| parent.attribute(name));
        channel.attribute(name).or(around)
    };
    let value = |name: &str| attribute(name).and_then(number);
    let required = |name: &str| {
        value(name).ok_or_else(|| in_lead(Error::damaged(format!("{name} is missing"))))
    };
    let rate = check_rate(required("SAMPLE_FREQ")?).map_err(in_lead)?;
    let per_mv = required("UNITS_PER_MV")?;
    if per_mv <= 0.0 {
        return Err(in_lead(Error::damaged("UNITS_PER_MV is not positive")));
    }
    if value("BITS").is_some_and(|bits| bits != 16.0) {
        return Err(in_lead(Error::unsupported("only 16-bit samples are read")));
    }
    let counts = i16_le(&base64(channel.attribute("DATA").unwrap_or_default()).map_err(in_lead)?);
    if value("DURATION").is_some_and(|stated| stated > counts.len() as f64) {
        warnings.push(Warning::new(
            WarningCode::Truncated,
            format!(
                "Lead {label} holds only {} samples of those stated.",
                counts.len()
            ),
        ));
    }
    let mut lead = voltage_lead(LeadName::parse(label), rate, Counts::I16(counts), 1000.0);
    lead.samples.counts_per_unit = per_mv;
    Ok(lead)
}

fn describe(root: Node<'_>, recording: &mut Recording) {
    let text = |name: &str| {
        root.attribute(name)
            .map(str::to_owned)
            .filter(|text| !text.is_empty())
    };
    if let Some(person) = find(root, "SUBJECT") {
        let own = |name: &str| {
            person
                .attribute(name)
                .map(str::to_owned)
                .filter(|text| !text.is_empty())
        };
        let patient = &mut recording.patient;
        patient.id = own("ID");
        fields::name(patient, own("FIRST_NAME"), own("LAST_NAME"));
        patient.sex = own("GENDER").and_then(|text| sex(&text));
        patient.birth_date = own("DOB").and_then(|text| parse_date(&text));
        let stated = own("AGE")
            .or_else(|| text("AGE"))
            .and_then(|text| number(&text));
        let unit = own("AGE_UNITS")
            .or_else(|| text("AGE_UNITS"))
            .unwrap_or_default();
        patient.age_years = stated.and_then(|value| age(value, &unit));
    }
    let xml = text("ACQUISITION_TIME_XML").and_then(|text| {
        let (day, time) = text.split_once('T')?;
        Some(parse_date(day)?.to_datetime(parse_time(time)?))
    });
    recording.acquisition.started = text("ACQUISITION_TIME")
        .and_then(|text| parse_moment(&text))
        .or(xml);
    if let Some(source) = find(root, "SOURCE") {
        let own = |name: &str| source.attribute(name).map(str::to_owned);
        recording.acquisition.device = join([own("MANUFACTURER"), own("MODEL")]);
        let hz = |name: &str| own(name).as_deref().and_then(number).filter(|&hz| hz > 0.0);
        recording.acquisition.filters = band(hz("HIGH_PASS_FILTER"), hz("LOW_PASS_FILTER"), None);
        recording.acquisition.site =
            own("ACQUIRING_DEVICE_SITE_NAME").filter(|site| !site.is_empty());
    }
    let cycle = find(root, "TYPICAL_CYCLE");
    let text = |name: &str| {
        let of_cycle = cycle.and_then(|cycle| cycle.attribute(name));
        text(name).or_else(|| of_cycle.map(str::to_owned))
    };
    for (attribute, name, unit) in [
        ("VENT_RATE", "heart_rate", "/min"),
        ("PR_INTERVAL", "pr", "ms"),
        ("PR_DURATION", "pr", "ms"),
        ("QRS_DURATION", "qrs", "ms"),
        ("QT", "qt", "ms"),
        ("QTC", "qtc", "ms"),
        ("P_AXIS", "p_axis", "deg"),
        ("QRS_AXIS", "qrs_axis", "deg"),
        ("T_AXIS", "t_axis", "deg"),
    ] {
        let value = text(attribute).and_then(|text| number(&text));
        recording
            .device_measurements
            .extend(value.map(|value| reported(name, value, unit)));
    }
    if let Some(interpretation) = find(root, "AUTOMATIC_INTERPRETATION") {
        for statement in children(interpretation, "STATEMENT") {
            let part = |name: &str| statement.attribute(name).map(str::to_owned);
            recording
                .device_statements
                .extend(join([part("TEXT"), part("REASON")]));
        }
    }
}
