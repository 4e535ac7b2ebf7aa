//! Reference decodes by other programs: every file that lies beside a `*.expected.json` is opened and
//! compared lead by lead. Skipped where the folder of reference files is absent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod shared;

use std::path::{Path, PathBuf};

use heartbeatai::ecg::{Lead, Recording};
use heartbeatai::formats::{self, Options, wfdb};
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

/// Every file below a folder that a reference decode lies beside: where it is, its name from the folder on, the decode.
fn references(folder: &Path) -> Vec<(PathBuf, String, Value)> {
    let mut found = Vec::new();
    expectations(folder, &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let text = path.to_str().unwrap();
        let file = PathBuf::from(text.strip_suffix(".expected.json").unwrap());
        let name = file.strip_prefix(folder).unwrap();
        let name = name.to_string_lossy().into_owned();
        (file, name, expected)
    };
    found.into_iter().map(read).collect()
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

/// Whether every lead of the reference is there at its rate. Annotations are no samples.
fn all_agree(
    leads: &[Lead],
    rate_hz: f64,
    expected: &Value,
    stated: &Value,
) -> Result<usize, String> {
    if let Some(rate) = stated.as_f64()
        && (rate_hz - rate).abs() > 1e-3 * rate
    {
        return Err(format!("{rate_hz} Hz, reference {rate} Hz"));
    }
    let expected = expected.as_array().unwrap();
    let signals = expected
        .iter()
        .filter(|lead| lead["name"] != "EDF Annotations");
    for lead in signals {
        if !leads.iter().any(|own| agree(own, lead)) {
            return Err(format!("no lead like {}", lead["name"]));
        }
    }
    Ok(expected.len())
}

fn compare(recording: &Recording, expected: &Value) -> Result<usize, String> {
    let (rate, leads) = (recording.sampling_rate_hz, &recording.leads);
    let (wanted, stated) = (&expected["leads"], &expected["sampling_rate_hz"]);
    if expected["leads_full_rate"].is_null() {
        return all_agree(leads, rate, wanted, stated);
    }
    // A record of several samples a frame: the reference holds it as it is stored, which we show, and averaged to the
    // rate of its frames, which loses samples.
    let frames = wfdb::at_frame_rate(recording).map_err(|error| error.to_string())?;
    let (frame_rate, averaged) = frames.ok_or("no signal has several samples a frame")?;
    all_agree(&averaged, frame_rate, wanted, stated)?;
    all_agree(leads, rate, &expected["leads_full_rate"], &Value::Null)
}

#[test]
fn every_reference_file_decodes_as_the_reference_does() {
    let Some(folder) = shared::folder("formats") else {
        return;
    };
    let (mut equal, mut failed) = (0, Vec::new());
    for (file, name, expected) in references(&folder) {
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

/// Fixtures of ecgdatakit 2.0.3's own tests that it reads otherwise than we do, each with the reason.
const FIXTURES_DIFFER: &[(&str, &str)] = &[
    ("dicom/test_non_voltage_unit_is_not_c0", THOUSANDTHS),
    ("edf/test_mixed_rates_and_annotatio0", THOUSANDTHS),
    ("mfer/test_frequency_unit_and_non_vo0", THOUSANDTHS),
    ("edf/test_rate_is_rounded0", WHOLE_RATE),
    ("hl7-aecg/test_non_integer_rate_warns0", WHOLE_RATE),
    ("wfdb/test_fractional_frequency_kept0", WHOLE_RATE),
    (
        "wfdb/test_byte_offset_skew_and_samp0",
        "it states the rate of the frames beside samples of twice that rate",
    ),
    (
        "scp/test_lead_start_offset_is_kept0",
        "its leads begin at samples 1 and 11 of the recording; it lays them beside each other, we lay them there",
    ),
    (
        "edf/test_edfplus_d_gaps0",
        "it joins the parts of an interrupted recording; the gap between them is shown here",
    ),
    (
        "edf/test_invalid_digital_range_lef0",
        "it hands out counts where the limits are reversed; they still say what a count is worth",
    ),
    (
        "ge-muse/test_first_sample_baseline_rep0",
        "it leaves FirstSampleBaseline in the samples",
    ),
    (
        "ge-muse/test_missing_amplitude_unit_is0",
        "it hands out counts; MUSE writes microvolts, which are assumed with a warning",
    ),
    (
        "philips-sierra/test_missing_resolution_warns_0",
        "it hands out counts; 5 uV, usual for the format, are assumed with a warning",
    ),
    (
        "mfer/test_short_data_is_nan_with_wa0",
        "it fills up a channel that ends early with missing samples",
    ),
];
const WHOLE_RATE: &str = "it states the rate as a whole number";
const THOUSANDTHS: &str = "what is no voltage is in thousandths of its unit here, as in the reference decodes; it hands out units or counts";

/// Small synthetic files by another program's author: what they hold is what that program makes of them, so this shows
/// agreement, not truth. What it refuses is passed over: many of those we show with a warning.
#[test]
fn fixtures_of_another_reader_are_read_as_it_reads_them() {
    let Some(folder) = shared::folder("formats/ecgdatakit-fixtures") else {
        return;
    };
    let options = Options {
        show_unstated: true,
        ..Options::default()
    };
    let (mut equal, mut differ, mut failed) = (0, 0, Vec::new());
    for (file, name, expected) in references(&folder) {
        // Edan's archives are not read.
        let unread = name.ends_with(".arc") || name.starts_with("misc/");
        if !file.exists() || unread || expected["leads"].as_array().is_none_or(Vec::is_empty) {
            continue;
        }
        let (wanted, stated) = (&expected["leads"], &expected["sampling_rate_hz"]);
        let outcome = formats::open_with(&file, &options)
            .map_err(|error| error.to_string())
            .and_then(|own| all_agree(&own.leads, own.sampling_rate_hz, wanted, stated));
        let known = FIXTURES_DIFFER
            .iter()
            .find(|(own, _)| name.starts_with(own));
        match (outcome, known) {
            (Ok(_), None) => equal += 1,
            (Ok(_), Some(_)) => failed.push(format!("{name}: equal now, take it off the list")),
            (Err(why), Some((_, reason))) => {
                differ += 1;
                println!("{name}: {why}; {reason}");
            }
            (Err(why), None) => failed.push(format!("{name}: {why}")),
        }
    }
    println!("{equal} equal, {differ} explained");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(equal > 100, "{equal}");
}
