//! Reference decodes by other programs: every file that lies beside a `*.expected.json` is opened and
//! compared lead by lead. Skipped where the folder of reference files is absent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::{Path, PathBuf};

use heartbeatai::ecg::{Lead, Recording};
use heartbeatai::formats;
use serde_json::Value;

/// Files whose reference we do not follow, each with the reason.
const OURS_DIFFERS: &[(&str, &str)] = &[
    (
        "scp/ecg-contec_0000050.scp",
        "each lead's own length field (65534 bytes) ends it at 32767 samples; the reference reads on into the next lead: \
         its samples from 32767 on are the first ones of lead II, and not those of the recorder's own file \
         contec/0000050.ECG, which ours are",
    ),
    (
        "scp/ecg-contec_demo.scp",
        "each lead's own length field (20000 bytes) ends it at 10000 samples; the reference takes one more, the first of \
         the next lead",
    ),
    ("text/ecg-contec_0000050.csv", NO_RATE),
    ("text/hms_ECG_hz.txt", NO_RATE),
];
const NO_RATE: &str = "the rate of the reference is not in the file (the reference says so itself), so the user is asked";

fn reference_folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/formats");
    folder.is_dir().then_some(folder)
}

fn expectations(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            // Conformance of one other program with itself is no reference.
            if name != "hostile" && name != "ecgdatakit-fixtures" {
                expectations(&path, found);
            }
        } else if name.ends_with(".expected.json") {
            found.push(path);
        }
    }
}

/// The rule under which the reference decodes were rounded before their checksum.
fn checksum(values: &[f64]) -> String {
    let mut bytes = Vec::with_capacity(values.len() * 4);
    for value in values {
        let rounded = if value.is_nan() {
            i32::MIN
        } else {
            (value.signum() * (value.abs() + 0.5 + 1e-6).floor()) as i32
        };
        bytes.extend_from_slice(&rounded.to_le_bytes());
    }
    format!("{:08x}", crc32fast::hash(&bytes))
}

fn agree(lead: &Lead, expected: &Value) -> bool {
    if expected["n"].as_u64() != Some(lead.samples.len() as u64) {
        return false;
    }
    let values = lead.samples.microvolts();
    let first = expected["first10"].as_array().unwrap();
    let begins = first
        .iter()
        .zip(&values)
        .all(|(wanted, value)| match wanted.as_f64() {
            Some(wanted) => (wanted - value).abs() <= 0.011,
            None => value.is_nan(),
        });
    begins && expected["crc32_i32le"].as_str() == Some(checksum(&values).as_str())
}

fn compare(recording: &Recording, expected: &Value) -> Result<usize, String> {
    if expected["leads_full_rate"].is_null()
        && let Some(rate) = expected["sampling_rate_hz"].as_f64()
        && (recording.sampling_rate_hz - rate).abs() > 1e-3 * rate
    {
        return Err(format!(
            "{} Hz, reference {rate} Hz",
            recording.sampling_rate_hz
        ));
    }
    // A record of several samples a frame: the reference holds it averaged to the rate of the frames, which loses
    // samples, and as it is stored, which we show.
    let full = expected["leads_full_rate"].as_array();
    let leads = full.unwrap_or_else(|| expected["leads"].as_array().unwrap());
    // Annotations are no samples.
    for lead in leads
        .iter()
        .filter(|lead| lead["name"] != "EDF Annotations")
    {
        if !recording.leads.iter().any(|own| agree(own, lead)) {
            return Err(format!("no lead like {}", lead["name"]));
        }
    }
    Ok(leads.len())
}

#[test]
fn every_reference_file_decodes_as_the_reference_does() {
    let Some(folder) = reference_folder() else {
        println!("skipped: no reference files beside the project");
        return;
    };
    let mut found = Vec::new();
    expectations(&folder, &mut found);
    found.sort();
    let (mut equal, mut failed) = (0, Vec::new());
    for path in &found {
        let expected: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let text = path.to_str().unwrap();
        let file = PathBuf::from(text.strip_suffix(".expected.json").unwrap());
        let name = file
            .strip_prefix(&folder)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        if !file.exists() || expected["leads"].as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        let outcome = formats::open(&file)
            .map_err(|error| error.to_string())
            .and_then(|recording| compare(&recording, &expected));
        let ours = OURS_DIFFERS.iter().find(|(own, _)| *own == name);
        match (outcome, ours) {
            (Ok(leads), None) => {
                println!("{name}: {leads} leads equal");
                equal += 1;
            }
            (Ok(_), Some(_)) => failed.push(format!("{name}: equal now, take it off the list")),
            (Err(why), Some((_, reason))) => println!("{name}: {why}; {reason}"),
            (Err(why), None) => failed.push(format!("{name}: {why}")),
        }
    }
    println!("{equal} equal, {} explained", OURS_DIFFERS.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(equal > 0, "the folder of reference files holds none");
}
