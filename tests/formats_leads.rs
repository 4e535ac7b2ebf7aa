//! Leads that are empty, cut short, there twice or not to be believed are told once, whatever the format.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use base64::Engine as _;
use heartbeatai::ecg::{
    Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Unit, WarningCode,
};
use heartbeatai::formats::writing::{Target, write};
use heartbeatai::formats::{self, Error};

/// The file of that name and content, opened.
fn open(folder: &Path, name: &str, content: &str) -> Result<Recording, Error> {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    formats::open(&path)
}

/// The messages of one kind.
fn told(recording: &Recording, code: WarningCode) -> Vec<&str> {
    let warnings = recording.warnings.iter().filter(|own| own.code == code);
    warnings.map(|own| own.message.as_str()).collect()
}

fn aecg(leads: &[(&str, usize)]) -> String {
    let lead = |(name, samples): &(&str, usize)| {
        format!(
            "<component><sequence><code code=\"MDC_ECG_LEAD_{name}\"/><value><scale value=\"1\" unit=\"uV\"/>\
             <digits>{}</digits></value></sequence></component>",
            "1 2 ".repeat(samples / 2)
        )
    };
    let leads: String = leads.iter().map(lead).collect();
    format!(
        "<AnnotatedECG><component><series><component><sequenceSet><component><sequence><value>\
         <increment value=\"2\" unit=\"ms\"/></value></sequence></component>{leads}</sequenceSet></component></series>\
         </component></AnnotatedECG>"
    )
}

#[test]
fn a_lead_of_no_samples_is_left_out_and_the_rest_can_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let text = aecg(&[("I", 5000), ("II", 5000), ("V6", 0)]);
    let recording = open(folder.path(), "empty.xml", &text).unwrap();
    assert_eq!(recording.leads.len(), 2);
    let left_out = told(&recording, WarningCode::LeftOut);
    assert_eq!(left_out, ["Lead V6 holds no samples and was left out."]);
    let written: PathBuf = folder.path().join("rest.hea");
    assert!(write(&recording, Target::Wfdb, &written).is_ok());
    let nothing = open(folder.path(), "nothing.xml", &aecg(&[("I", 0), ("II", 0)]));
    assert!(nothing.unwrap_err().to_string().contains("samples"));
}

#[test]
fn a_lead_that_ends_early_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let text = aecg(&[("I", 5000), ("II", 5000), ("V6", 600)]);
    let recording = open(folder.path(), "short.xml", &text).unwrap();
    assert_eq!(recording.leads.len(), 3);
    let short = told(&recording, WarningCode::Truncated);
    assert!(matches!(short.as_slice(), [one] if one.contains("V6 (1.2 s of 10.0 s)")));
    let whole = aecg(&[("I", 5000), ("II", 5000), ("V6", 4998)]);
    let recording = open(folder.path(), "whole.xml", &whole).unwrap();
    assert!(told(&recording, WarningCode::Truncated).is_empty());
}

fn muse(leads: &[(&str, &[i16], &str)]) -> String {
    let lead = |(name, counts, more): &(&str, &[i16], &str)| {
        let bytes: Vec<u8> = counts.iter().flat_map(|own| own.to_le_bytes()).collect();
        let data = base64::engine::general_purpose::STANDARD.encode(bytes);
        format!(
            "<LeadData><LeadSampleCountTotal>3</LeadSampleCountTotal>\
             <LeadAmplitudeUnitsPerBit>4.88</LeadAmplitudeUnitsPerBit>\
             <LeadAmplitudeUnits>MICROVOLTS</LeadAmplitudeUnits>{more}<LeadID>{name}</LeadID>\
             <WaveFormData>{data}</WaveFormData></LeadData>"
        )
    };
    let leads: String = leads.iter().map(lead).collect();
    format!(
        "<RestingECG><Waveform><WaveformType>Rhythm</WaveformType><SampleBase>500</SampleBase>{leads}</Waveform></RestingECG>"
    )
}

#[test]
fn what_a_device_says_against_a_lead_is_told() {
    const USUAL: &str = "<LeadSampleSize>2</LeadSampleSize><LeadOff>FALSE</LeadOff><LeadTimeOffset>0</LeadTimeOffset>";
    let folder = tempfile::tempdir().unwrap();
    let counts = [1, 2, 3].as_slice();
    let usual = muse(&[("I", counts, USUAL), ("II", counts, USUAL)]);
    let recording = open(folder.path(), "usual.xml", &usual).unwrap();
    assert!(recording.warnings.is_empty(), "{:?}", recording.warnings);
    let doubtful = muse(&[
        ("I", counts, "<LeadOff>TRUE</LeadOff>"),
        ("II", counts, "<LeadTimeOffset>20</LeadTimeOffset>"),
    ]);
    let recording = open(folder.path(), "doubtful.xml", &doubtful).unwrap();
    let off = told(&recording, WarningCode::ElectrodeOff);
    assert!(matches!(off.as_slice(), [one] if one.contains("lead I was off")));
    let offset = told(&recording, WarningCode::Inconsistent);
    assert!(
        matches!(offset.as_slice(), [one] if one.contains("Lead II states a time offset of 20"))
    );
    let wide = muse(&[("I", counts, "<LeadSampleSize>4</LeadSampleSize>")]);
    let error = open(folder.path(), "wide.xml", &wide).unwrap_err();
    assert!(error.to_string().contains("16-bit"), "{error}");
}

#[test]
fn two_leads_of_one_name_are_told_once_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let counts = [1, 2, 3].as_slice();
    let text = muse(&[("I", counts, ""), ("II", counts, ""), ("II", counts, "")]);
    let empty = muse(&[("I", counts, ""), ("II", &[], ""), ("II", counts, "")]);
    let lead = |name: LeadName| Lead {
        name,
        unit: Unit::Microvolt,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: 500.0,
        samples: Samples::from_microvolts((0..500).map(f64::from).collect()),
    };
    let mut tracing = Recording::new("twice", "edf", 500.0);
    tracing.leads = STANDARD_12.map(lead).to_vec();
    tracing.leads.push(lead(LeadName::II));
    let edf = folder.path().join("twice.edf");
    write(&tracing, Target::Edf, &edf).unwrap();
    for recording in [
        open(folder.path(), "twice.xml", &text).unwrap(),
        formats::open(&edf).unwrap(),
    ] {
        let twice = told(&recording, WarningCode::Inconsistent);
        assert_eq!(
            twice,
            ["Lead II is in the file more than once; the first one is measured."]
        );
    }
    // One of which is empty is there once.
    let recording = open(folder.path(), "once.xml", &empty).unwrap();
    assert_eq!(recording.warnings.len(), 1, "{:?}", recording.warnings);
}

#[test]
fn a_table_of_an_old_mac_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..3000)
        .map(|at| format!("{},{}.5\r", f64::from(at) / 500.0, at % 7))
        .collect();
    let text = format!("time (s),II (mV)\r{rows}");
    let recording = open(folder.path(), "old.csv", &text).unwrap();
    assert_eq!(recording.leads.first().unwrap().samples.len(), 3000);
    assert!((recording.sampling_rate_hz - 500.0).abs() < 1e-9);
}
