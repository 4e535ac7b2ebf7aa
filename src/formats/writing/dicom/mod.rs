//! DICOM ECG waveforms (PS3.3 A.34), explicit little-endian.

mod annotation;
mod elements;

use super::common;
use super::fixed::Fixed;
use crate::ecg::{
    Lead, LeadName, MedianBeat, Patient, Recording, STANDARD_12, Sex, Unit, fnv1a_twice,
};
use crate::formats::Error;
use elements::{Elements, sixteen};

/// SOP classes, with what each may hold: channels and samples per second (PS3.3 A.34.3 to A.34.5).
const TWELVE_LEAD: &str = "1.2.840.10008.5.1.4.1.1.9.1.1";
const GENERAL: &str = "1.2.840.10008.5.1.4.1.1.9.1.2";
const AMBULATORY: &str = "1.2.840.10008.5.1.4.1.1.9.1.3";
const EXPLICIT_LITTLE_ENDIAN: &str = "1.2.840.10008.1.2.1";
/// Root of identifiers that are made from a UUID (PS3.5 B.2).
const UUID_ROOT: &str = "2.25";
/// The count that marks a missing sample.
const MISSING: i16 = i16::MIN;

pub(super) fn bytes(recording: &Recording) -> Result<Vec<u8>, Error> {
    let (rate, length) = common(recording)?;
    let class = class(recording, rate)?;
    let mut leads: Vec<(&Lead, Fixed)> = recording
        .leads
        .iter()
        .map(|lead| (lead, Fixed::of(lead)))
        .collect();
    // Viewers lay the channels out by their number.
    leads.sort_by_key(|(lead, _)| {
        STANDARD_12
            .iter()
            .position(|name| *name == lead.name)
            .unwrap_or(STANDARD_12.len())
    });
    let instance = identifier(recording, 1);

    let mut meta = Elements::default();
    meta.bytes(0x0002, 0x0001, "OB", &[0, 1]);
    meta.text(0x0002, 0x0002, "UI", class);
    meta.text(0x0002, 0x0003, "UI", &instance);
    meta.text(0x0002, 0x0010, "UI", EXPLICIT_LITTLE_ENDIAN);
    meta.text(
        0x0002,
        0x0012,
        "UI",
        &format!("{UUID_ROOT}.{}", fingerprint("heartbeatai")),
    );
    meta.text(0x0002, 0x0013, "SH", "HEARTBEATAI");

    let mut set = Elements::default();
    let started = recording.acquisition.started;
    let date = started.map(|started| started.strftime("%Y%m%d").to_string());
    let time = started.map(|started| started.strftime("%H%M%S").to_string());
    set.text(0x0008, 0x0005, "CS", "ISO_IR 192");
    set.text(0x0008, 0x0016, "UI", class);
    set.text(0x0008, 0x0018, "UI", &instance);
    set.text(0x0008, 0x0020, "DA", date.as_deref().unwrap_or_default());
    set.text(0x0008, 0x0023, "DA", date.as_deref().unwrap_or_default());
    let moment = started.map(|started| started.strftime("%Y%m%d%H%M%S%.6f").to_string());
    set.text(0x0008, 0x002a, "DT", moment.as_deref().unwrap_or_default());
    set.text(0x0008, 0x0030, "TM", time.as_deref().unwrap_or_default());
    set.text(0x0008, 0x0033, "TM", time.as_deref().unwrap_or_default());
    set.text(0x0008, 0x0050, "SH", "");
    set.text(0x0008, 0x0060, "CS", "ECG");
    set.text(
        0x0008,
        0x0070,
        "LO",
        recording.acquisition.device.as_deref().unwrap_or_default(),
    );
    if let Some(site) = &recording.acquisition.site {
        set.text(0x0008, 0x0080, "LO", site);
    }
    set.text(0x0008, 0x0090, "PN", "");
    let patient = &recording.patient;
    set.text(0x0010, 0x0010, "PN", &person(patient));
    set.text(
        0x0010,
        0x0020,
        "LO",
        patient.id.as_deref().unwrap_or_default(),
    );
    let born = patient
        .birth_date
        .map(|born| born.strftime("%Y%m%d").to_string());
    set.text(0x0010, 0x0030, "DA", born.as_deref().unwrap_or_default());
    let sex = match patient.sex {
        Some(Sex::Female) => "F",
        Some(Sex::Male) => "M",
        Some(Sex::Other) => "O",
        None => "",
    };
    set.text(0x0010, 0x0040, "CS", sex);
    if let Some(age) = recording.age_years().and_then(age) {
        set.text(0x0010, 0x1010, "AS", &age);
    }
    set.text(0x0020, 0x000d, "UI", &identifier(recording, 2));
    set.text(0x0020, 0x000e, "UI", &identifier(recording, 3));
    set.text(0x0020, 0x0010, "SH", "");
    set.text(0x0020, 0x0011, "IS", "1");
    set.text(0x0020, 0x0013, "IS", "1");
    set.sequence(0x0040, 0x0555, &[]);
    let names: Vec<&LeadName> = leads.iter().map(|(lead, _)| &lead.name).collect();
    let annotations = annotation::items(recording, &names, rate, length);
    if !annotations.is_empty() {
        set.sequence(0x0040, 0xb020, &annotations);
    }
    let mut groups = vec![group(&leads, rate, length, false)];
    if class != AMBULATORY {
        // One group of five is the rhythm's (PS3.3 A.34.3.4.4); a beat whose leads differ has no place.
        for beat in recording.median_beats.iter().take(3) {
            groups.extend(median_beat(beat));
        }
    }
    set.sequence(0x5400, 0x0100, &groups);

    let mut out = vec![0; 128];
    out.extend_from_slice(b"DICM");
    let mut start = Elements::default();
    let size = u32::try_from(meta.0.len()).unwrap_or(u32::MAX);
    start.bytes(0x0002, 0x0000, "UL", &size.to_le_bytes());
    out.extend(start.0);
    out.extend(meta.0);
    out.extend(set.0);
    Ok(out)
}

/// A name in its components (PS3.5 6.2.1): those that the file kept apart, or `Family, Given`.
fn person(patient: &Patient) -> String {
    // What parts components, and spellings, is no part of any.
    let name = patient.name.as_deref().unwrap_or_default();
    let name = name.replace(['^', '='], " ");
    let comma = || Some(name.split_once(',')?.0.to_owned());
    let family = patient.family.clone().or_else(comma).unwrap_or_default();
    let Some(given) = name
        .strip_prefix(&family)
        .or_else(|| name.strip_suffix(&family))
        .filter(|_| !family.is_empty())
    else {
        return name;
    };
    let given = given.trim_matches([' ', ',']);
    if given.is_empty() {
        family
    } else {
        format!("{family}^{given}")
    }
}

/// An age (PS3.5 6.2, `AS`): in years, and below two, where years tell little, in months, weeks or days.
fn age(years: f64) -> Option<String> {
    let whole = |count: f64| (count - count.round()).abs() < 1e-6 && count.round() >= 1.0;
    let (months, weeks, days) = (years * 12.0, years * 52.18, years * 365.25);
    let (count, unit) = if !(0.0..1000.0).contains(&years) {
        return None;
    } else if years >= 2.0 || years >= 1.0 && whole(years) {
        (years.floor(), 'Y')
    } else if years >= 1.0 || whole(months) {
        ((months + 1e-6).floor(), 'M')
    } else if whole(weeks) {
        (weeks.round(), 'W')
    } else {
        (days.round(), 'D')
    };
    Some(format!("{count:03}{unit}"))
}

fn class(recording: &Recording, rate: f64) -> Result<&'static str, Error> {
    let count = recording.leads.len();
    let standard = STANDARD_12
        .iter()
        .all(|name| recording.leads.iter().any(|lead| lead.name == *name));
    if standard && count <= 13 && (200.0..=1000.0).contains(&rate) {
        Ok(TWELVE_LEAD)
    } else if count <= 24 && (200.0..=1000.0).contains(&rate) {
        Ok(GENERAL)
    } else if count <= 12 && (50.0..=1000.0).contains(&rate) {
        Ok(AMBULATORY)
    } else {
        Err(Error::unsupported(format!(
            "no DICOM ECG holds {count} leads at {rate} Hz (24 leads, 50 to 1000 Hz)"
        )))
    }
}

fn median_beat(beat: &MedianBeat) -> Option<Elements> {
    let first = beat.leads.first()?;
    let (rate, length) = (first.sampling_rate_hz, first.samples.len());
    let alike = |lead: &Lead| lead.sampling_rate_hz == rate && lead.samples.len() == length;
    if length == 0 || !beat.leads.iter().all(alike) {
        return None;
    }
    let leads: Vec<_> = beat
        .leads
        .iter()
        .map(|lead| (lead, Fixed::of(lead)))
        .collect();
    Some(group(&leads, rate, length, true))
}

/// A multiplex group: the rhythm, or a beat that was made of it.
fn group(leads: &[(&Lead, Fixed)], rate: f64, length: usize, derived: bool) -> Elements {
    let mut group = Elements::default();
    group.text(
        0x003a,
        0x0004,
        "CS",
        if derived { "DERIVED" } else { "ORIGINAL" },
    );
    group.shorts(
        0x003a,
        0x0005,
        &[u16::try_from(leads.len()).unwrap_or(u16::MAX)],
    );
    let samples = u32::try_from(length).unwrap_or(u32::MAX);
    group.bytes(0x003a, 0x0010, "UL", &samples.to_le_bytes());
    group.text(0x003a, 0x001a, "DS", &sixteen(rate));
    group.text(
        0x003a,
        0x0020,
        "SH",
        if derived { "MEDIAN BEAT" } else { "RHYTHM" },
    );
    let channels: Vec<Elements> = leads
        .iter()
        .map(|(lead, fixed)| channel(lead, fixed))
        .collect();
    group.sequence(0x003a, 0x0200, &channels);
    group.shorts(0x5400, 0x1004, &[16]);
    group.text(0x5400, 0x1006, "CS", "SS");
    if leads.iter().any(|(_, fixed)| fixed.has_gaps()) {
        group.bytes(0x5400, 0x100a, "OW", &MISSING.to_le_bytes());
    }
    let mut data = Vec::with_capacity(length * leads.len() * 2);
    for index in 0..length {
        for (_, fixed) in leads {
            let count = fixed.counts.get(index).copied().flatten();
            data.extend_from_slice(&count.unwrap_or(MISSING).to_le_bytes());
        }
    }
    group.bytes(0x5400, 0x1010, "OW", &data);
    group
}

fn channel(lead: &Lead, fixed: &Fixed) -> Elements {
    let mut channel = Elements::default();
    channel.text(0x003a, 0x0203, "SH", lead.name.as_str());
    let mut source = Elements::default();
    match crate::formats::scp::code_of_lead(&lead.name) {
        Some(code) => {
            let meaning = if lead.name == LeadName::I {
                "Lead I (Einthoven)".to_owned()
            } else {
                format!("Lead {}", lead.name)
            };
            // EN 1064 table 4, in DICOM CID 3001.
            let code = format!("5.6.3-9-{code}");
            source.versioned_code(&code, annotation::SCP, annotation::SCP_VERSION, &meaning);
        }
        None => source.code("OTHER", annotation::OWN, lead.name.as_str()),
    }
    channel.sequence(0x003a, 0x0208, &[source]);
    let scale = lead.unit.values_per_unit();
    let unit = match &lead.unit {
        Unit::Microvolt => "uV".to_owned(),
        Unit::Normalised => "1".to_owned(),
        Unit::Other(name) if name.is_empty() => "1".to_owned(),
        Unit::Other(name) => name.clone(),
    };
    channel.text(0x003a, 0x0210, "DS", &sixteen(fixed.per_count / scale));
    let mut units = Elements::default();
    units.code(
        &unit,
        "UCUM",
        if unit == "uV" { "microvolt" } else { &unit },
    );
    channel.sequence(0x003a, 0x0211, &[units]);
    channel.text(0x003a, 0x0212, "DS", "1");
    channel.text(0x003a, 0x0213, "DS", &sixteen(fixed.offset / scale));
    channel.text(0x003a, 0x0214, "DS", "0");
    channel.shorts(0x003a, 0x021a, &[16]);
    channel
}

/// An identifier that is always the same for the same tracing, and tells nothing of it.
fn identifier(recording: &Recording, part: u8) -> String {
    let mut text = format!(
        "{part} {} {:?}",
        recording.name, recording.acquisition.started
    );
    for lead in &recording.leads {
        for value in lead.samples.microvolts().iter().take(2000) {
            text.push_str(&format!(" {value:.1}"));
        }
    }
    format!("{UUID_ROOT}.{}", fingerprint(&text))
}

/// 128 bits of a hash, shaped as a random UUID (RFC 4122, version 4).
fn fingerprint(text: &str) -> u128 {
    let bits = fnv1a_twice(text) & !(0xf << 76) | (4 << 76);
    bits & !(0b11 << 62) | (0b10 << 62)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_in_components_and_ages_below_two_years_in_months_weeks_or_days() {
        for (name, family, written) in [
            ("Doe, Jane Q", None, "Doe^Jane Q"),
            ("Doe, Jane", Some("Doe"), "Doe^Jane"),
            ("Jan van der Berg", Some("van der Berg"), "van der Berg^Jan"),
            ("Doe", Some("Doe"), "Doe"),
            ("Jane Doe", None, "Jane Doe"),
            ("Doe^=Jane", None, "Doe  Jane"),
        ] {
            let patient = Patient {
                name: Some(name.into()),
                family: family.map(str::to_owned),
                ..Patient::default()
            };
            assert_eq!(person(&patient), written);
        }
        for (years, written) in [
            (62.5, "062Y"),
            (1.0, "001Y"),
            (1.5, "018M"),
            (0.5, "006M"),
            (12.0 / 52.18, "012W"),
            (3.0 / 365.25, "003D"),
            (0.0, "000D"),
        ] {
            assert_eq!(age(years).as_deref(), Some(written), "{years}");
        }
        assert_eq!(age(-1.0), None);
    }
}
