//! GE MUSE XML (`RestingECG`). Rhythm and median waveform lie side by side; usually eight leads are
//! stored and the other four computed.

use crate::ecg::{
    Annotation, BeatKind, Counts, Diagnosis, Lead, LeadName, LeadOrigin, MedianBeat, Recording,
    Samples, Unit, Warning, WarningCode,
};

use super::fields::{self, age, base64, i16_le, parse_date, parse_time, reported};
use super::xml::{Document, Node, children, data_at, find, number_at, text_at};
use super::{Error, check_rate, unit};

/// Elements of `RestingECGMeasurements`, our names and their units.
const MEASUREMENTS: [(&str, &str, &str); 8] = [
    ("VentricularRate", "heart_rate", "/min"),
    ("PRInterval", "pr", "ms"),
    ("QRSDuration", "qrs", "ms"),
    ("QTInterval", "qt", "ms"),
    ("QTCorrected", "qtc", "ms"),
    ("PAxis", "p_axis", "deg"),
    ("RAxis", "qrs_axis", "deg"),
    ("TAxis", "t_axis", "deg"),
];

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let waveforms: Vec<_> = children(root, "Waveform").collect();
    let is_median = |waveform: &Node<'_>| {
        text_at(*waveform, "WaveformType").is_some_and(|kind| kind.eq_ignore_ascii_case("median"))
    };
    let rhythm = waveforms
        .iter()
        .find(|waveform| !is_median(waveform))
        .ok_or_else(|| Error::damaged("the file holds no rhythm waveform").at_field("Waveform"))?;
    let mut recording = Recording::new("", "muse", sampling_rate(*rhythm)?);
    recording.leads = leads(*rhythm, recording.sampling_rate_hz, &mut recording.warnings)?;
    if recording.leads.is_empty() {
        return Err(Error::damaged("the rhythm waveform holds no leads").at_field("LeadData"));
    }
    // Extra leads may lie in a waveform of their own.
    let others = waveforms
        .iter()
        .filter(|waveform| !is_median(waveform))
        .skip(1);
    for waveform in others {
        let rate = sampling_rate(*waveform)?;
        let more = leads(*waveform, rate, &mut recording.warnings)?;
        for lead in more {
            let known = recording.lead(&lead.name);
            if known.is_none_or(|known| known.samples.is_empty()) {
                recording.leads.push(lead);
            }
        }
    }
    check_duration(&mut recording);
    recording.acquisition.filters = filters(*rhythm);
    for waveform in waveforms.iter().filter(|waveform| is_median(waveform)) {
        // A broken median beat does not keep the rhythm from being shown.
        let beat =
            sampling_rate(*waveform).and_then(|rate| leads(*waveform, rate, &mut Vec::new()));
        recording
            .median_beats
            .extend(beat.ok().map(|leads| MedianBeat { leads }));
    }
    describe(root, &mut recording);
    beats(root, &mut recording);
    Ok(recording)
}

/// The QRS complexes that the device found, in milliseconds; their types are numbers whose meaning differs from tracing to
/// tracing. They are left out where they contradict the rate: a file whose identity was taken out may count otherwise.
fn beats(root: Node<'_>, recording: &mut Recording) {
    let Some(list) = find(root, "QRSTimesTypes") else {
        return;
    };
    let times = children(list, "QRS").filter_map(|qrs| number_at(qrs, "Time"));
    let times_ms: Vec<f64> = times.collect();
    let mut measured = recording.device_measurements.iter();
    let rate = measured.find(|value| value.name == "heart_rate");
    if let (Some(rate), [first, .., last]) = (rate, times_ms.as_slice()) {
        let apart_ms = (last - first) / (times_ms.len() - 1) as f64;
        if !(0.7..=1.3).contains(&(apart_ms * rate.value / 60_000.0)) {
            return;
        }
    }
    let beats = times_ms.into_iter().map(|ms| ms / 1000.0);
    let inside = beats.filter(|at_s| (0.0..=recording.duration_s()).contains(at_s));
    let beats: Vec<_> = inside
        .map(|at_s| Annotation::Beat {
            at_s,
            beat: BeatKind::Unclassified,
        })
        .collect();
    recording.annotations.extend(beats);
}

fn sampling_rate(waveform: Node<'_>) -> Result<f64, Error> {
    let base = number_at(waveform, "SampleBase")
        .ok_or_else(|| Error::damaged("the sampling rate is missing").at_field("SampleBase"))?;
    let exponent = number_at(waveform, "SampleExponent").unwrap_or(0.0);
    check_rate(base * 10_f64.powf(exponent)).map_err(|error| error.at_field("SampleBase"))
}

/// MUSE rhythm strips last ten seconds. One real file states 240 Hz over 2500 samples.
fn check_duration(recording: &mut Recording) {
    let Some(samples) = recording.leads.iter().map(|lead| lead.samples.len()).max() else {
        return;
    };
    let stated = recording.sampling_rate_hz;
    let plausible = samples as f64 / 10.0;
    if [250.0, 500.0, 1000.0].contains(&plausible) && (plausible - stated).abs() > 0.01 * stated {
        recording.warnings.push(Warning::new(
            WarningCode::Inconsistent,
            format!(
                "The file states {stated} Hz, but {samples} samples make the usual ten seconds at {plausible} Hz: \
                 rate and intervals may be off."
            ),
        ));
    }
}

fn leads(waveform: Node<'_>, rate: f64, warnings: &mut Vec<Warning>) -> Result<Vec<Lead>, Error> {
    let mut leads: Vec<Lead> = Vec::new();
    let mut warn = |code, message: String| warnings.push(Warning::new(code, message));
    for (index, data) in children(waveform, "LeadData").enumerate() {
        let label = text_at(data, "LeadID").unwrap_or_else(|| format!("signal {}", index + 1));
        let in_lead = |error: Error| error.at_field(format!("lead {label}"));
        if number_at(data, "LeadSampleSize").is_some_and(|bytes| bytes != 2.0) {
            return Err(in_lead(Error::unsupported("only 16-bit samples are read")));
        }
        if text_at(data, "LeadOff").is_some_and(|off| off.eq_ignore_ascii_case("true")) {
            warn(
                WarningCode::ElectrodeOff,
                format!("The device says that the electrode of lead {label} was off."),
            );
        }
        if let Some(offset) = number_at(data, "LeadTimeOffset").filter(|&offset| offset != 0.0) {
            warn(
                WarningCode::Inconsistent,
                format!(
                    "Lead {label} states a time offset of {offset}, which is not applied: it may not lie where it was recorded."
                ),
            );
        }
        let encoded = data_at(data, "WaveFormData");
        let counts = i16_le(&base64(&encoded).map_err(in_lead)?);
        if let Some(stated) = number_at(data, "LeadSampleCountTotal")
            && stated != counts.len() as f64
            && !counts.is_empty()
        {
            warn(
                if stated > counts.len() as f64 {
                    WarningCode::Truncated
                } else {
                    WarningCode::Inconsistent
                },
                format!(
                    "Lead {label} holds {} of {stated} stated samples.",
                    counts.len()
                ),
            );
        }
        let per_bit = number_at(data, "LeadAmplitudeUnitsPerBit").filter(|&value| value != 0.0);
        let per_bit = per_bit.unwrap_or_else(|| {
            warn(
                WarningCode::DefaultGain,
                format!(
                    "Lead {label} states no amplitude per bit; 4.88, usual for MUSE, is assumed."
                ),
            );
            4.88
        });
        let (unit, scale) = match text_at(data, "LeadAmplitudeUnits") {
            Some(name) => unit::parse(&name),
            None => {
                warn(
                    WarningCode::AssumedUnit,
                    format!("Lead {label} states no amplitude unit; microvolts are assumed."),
                );
                (Unit::Microvolt, 1.0)
            }
        };
        let baseline = number_at(data, "FirstSampleBaseline").unwrap_or(0.0);
        leads.push(Lead {
            name: LeadName::parse(&label),
            unit,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate,
            samples: Samples::from_counts(
                Counts::I16(counts),
                1.0,
                baseline,
                per_bit * scale,
                None,
            ),
        });
    }
    Ok(leads)
}

fn filters(waveform: Node<'_>) -> Option<String> {
    // The high pass is in hundredths of a hertz: 16 stands for 0.16 Hz, 5 for 0.05 Hz.
    let high = number_at(waveform, "HighPassFilter").map(|value| format!("{} Hz", value / 100.0));
    let low = number_at(waveform, "LowPassFilter").map(|value| format!("{value} Hz"));
    let mains = text_at(waveform, "ACFilter").filter(|value| number_is_positive(value));
    let band = match (high, low) {
        (Some(high), Some(low)) => Some(format!("{high} to {low}")),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => None,
    };
    let mains = mains.map(|hz| format!("mains {hz} Hz"));
    let parts: Vec<String> = [band, mains].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn number_is_positive(text: &str) -> bool {
    fields::number(text).is_some_and(|value| value > 0.0)
}

fn describe(root: Node<'_>, recording: &mut Recording) {
    if let Some(person) = find(root, "PatientDemographics") {
        let patient = &mut recording.patient;
        patient.id = text_at(person, "PatientID");
        fields::name(
            patient,
            text_at(person, "PatientFirstName"),
            text_at(person, "PatientLastName"),
        );
        patient.sex = text_at(person, "Gender").and_then(|text| fields::sex(&text));
        patient.birth_date = text_at(person, "DateofBirth").and_then(|text| parse_date(&text));
        patient.age_years = number_at(person, "PatientAge")
            .and_then(|value| age(value, &text_at(person, "AgeUnits").unwrap_or_default()));
    }
    if let Some(test) = find(root, "TestDemographics") {
        let date = text_at(test, "AcquisitionDate").and_then(|text| parse_date(&text));
        let time = text_at(test, "AcquisitionTime").and_then(|text| parse_time(&text));
        recording.acquisition.started = date.zip(time).map(|(date, time)| date.to_datetime(time));
        recording.acquisition.device = text_at(test, "AcquisitionDevice");
        recording.acquisition.site = text_at(test, "SiteName");
    }
    if let Some(values) = find(root, "RestingECGMeasurements") {
        for (element, name, unit) in MEASUREMENTS {
            let value = number_at(values, element).filter(|&value| fields::measured(name, value));
            recording
                .device_measurements
                .extend(value.map(|value| reported(name, value, unit)));
        }
    }
    // The diagnosis before a person edited it, where the file keeps both.
    let own = find(root, "OriginalDiagnosis").map(diagnosis);
    let last = find(root, "Diagnosis").map(diagnosis);
    match (own, last) {
        (Some(own), Some(last)) if !own.is_empty() => {
            if own != last {
                recording
                    .diagnoses
                    .extend(last.into_iter().map(|code| Diagnosis {
                        system: "text".to_owned(),
                        code,
                    }));
            }
            recording.device_statements = own;
        }
        (own, last) => recording.device_statements = last.or(own).unwrap_or_default(),
    }
}

/// The lines of a diagnosis; a statement may go on over several elements.
fn diagnosis(diagnosis: Node<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for statement in children(diagnosis, "DiagnosisStatement") {
        if let Some(text) = text_at(statement, "StmtText") {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&text);
        }
        let ends = children(statement, "StmtFlag").any(|flag| flag.text().trim() == "ENDSLINE");
        if ends && !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
