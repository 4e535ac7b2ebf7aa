//! Schiller SEMA XML (`examdescript`): averages and rhythms side by side, comma-separated.

use crate::ecg::{Lead, LeadName, LeadOrigin, MedianBeat, Recording, Samples};

use super::fields::{self, digits, parse_date, parse_time, sex};
use super::xml::{Document, Node, children, data_at, descendant, find, number_at, text_at};
use super::{Error, check_rate, unit};

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let waves: Vec<_> = root
        .descendants()
        .filter(|node| node.is("wavedata"))
        .collect();
    let of_type = |kind: &str| {
        waves
            .iter()
            .find(|wave| text_at(**wave, "type").as_deref() == Some(kind))
    };
    let rhythm = of_type("ECG_RHYTHMS").ok_or_else(|| {
        Error::damaged("the file holds no rhythm (ECG_RHYTHMS)").at_field("wavedata")
    })?;
    let leads = leads(*rhythm)?;
    let Some(first) = leads.first() else {
        return Err(Error::damaged("the rhythm holds no channels").at_field("wavedata"));
    };
    let mut recording = Recording::new("", "schiller", first.sampling_rate_hz);
    recording.leads = leads;
    if let Some(beat) = of_type("ECG_AVERAGES") {
        let leads = self::leads(*beat).unwrap_or_default();
        recording
            .median_beats
            .extend((!leads.is_empty()).then_some(MedianBeat { leads }));
    }
    if let Some(person) = find(root, "patdata") {
        let patient = &mut recording.patient;
        patient.id = text_at(person, "id");
        fields::name(
            patient,
            text_at(person, "firstname"),
            text_at(person, "lastname"),
        );
        patient.sex = text_at(person, "gender").and_then(|text| sex(&text));
        patient.birth_date = text_at(person, "birthdate").and_then(|text| parse_date(&text));
    }
    if let Some(event) = descendant(root, "event") {
        let date = text_at(event, "date").and_then(|text| parse_date(&text));
        let time = text_at(event, "time").and_then(|text| parse_time(&text));
        recording.acquisition.started = date.zip(time).map(|(date, time)| date.to_datetime(time));
    }
    Ok(recording)
}

fn leads(wave: Node<'_>) -> Result<Vec<Lead>, Error> {
    let rate = number_at(wave, "resolution/samplerate/value")
        .ok_or_else(|| Error::damaged("the sampling rate is missing").at_field("samplerate"))?;
    let rate = check_rate(rate).map_err(|error| error.at_field("samplerate"))?;
    let per_bit = number_at(wave, "resolution/yres/unitperbit").filter(|&value| value > 0.0);
    let per_bit = per_bit.ok_or_else(|| {
        Error::damaged("the resolution is missing or not positive").at_field("yres")
    })?;
    let stated = text_at(wave, "resolution/yres/units").unwrap_or_else(|| "uV".to_owned());
    let (unit, scale) = unit::parse(&stated);
    children(wave, "channel")
        .map(|channel| {
            let label = text_at(channel, "name").unwrap_or_default();
            let counts = digits(&data_at(channel, "data"))
                .map_err(|error| error.at_field(format!("channel {label}")))?;
            Ok(Lead {
                name: LeadName::parse(&label),
                unit: unit.clone(),
                origin: LeadOrigin::Recorded,
                sampling_rate_hz: rate,
                samples: Samples::from_counts(counts, 1.0, 0.0, per_bit * scale, None),
            })
        })
        .collect()
}
