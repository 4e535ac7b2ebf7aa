//! Tracings out again: what a target can hold comes back the same, what it cannot is said, and nothing tells whose
//! it was once that was taken out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use heartbeatai::ecg::{
    Annotation, Counts, Diagnosis, Lead, LeadName, LeadOrigin, Recording, ReportedValue,
    STANDARD_12, Samples, Sex, Unit,
};
use heartbeatai::formats;
use heartbeatai::formats::deidentify::deidentify;
use heartbeatai::formats::writing::{Target, write};
use proptest::prelude::*;
use serde_json::Value;

const READABLE: [Target; 4] = [Target::Wfdb, Target::Dicom, Target::Edf, Target::Csv];

fn recording(counts: &[Vec<i16>], rate: f64, scale: f64, baseline: f64) -> Recording {
    let mut recording = Recording::new("tracing", "test", rate);
    for (name, counts) in STANDARD_12.iter().zip(counts) {
        recording.leads.push(Lead {
            name: name.clone(),
            unit: Unit::Microvolt,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate,
            samples: Samples::from_counts(Counts::I16(counts.clone()), 1.0, baseline, scale, None),
        });
    }
    recording
}

/// A tracing that shows in every field whose it is.
fn identified() -> Recording {
    let counts: Vec<Vec<i16>> = (0..12)
        .map(|lead| {
            (0..2500)
                .map(|i| ((i * (lead + 3)) % 701) as i16 - 350)
                .collect()
        })
        .collect();
    let mut recording = recording(&counts, 500.0, 2.5, 0.0);
    recording.name = "Zyxwvut-file".into();
    recording.path = Some(PathBuf::from("/home/Zyxwvut/secret.dcm"));
    recording.patient.id = Some("ID-4711-Zyxwvut".into());
    recording.patient.name = Some("Zyxwvut, Ottilie".into());
    recording.patient.birth_date = Some(jiff::civil::date(1931, 3, 14));
    recording.patient.age_years = Some(95.0);
    recording.patient.sex = Some(Sex::Female);
    recording.acquisition.started = Some(jiff::civil::datetime(2026, 5, 17, 8, 5, 9, 0));
    recording.acquisition.device = Some("Cart of Zyxwvut ward".into());
    recording.acquisition.site = Some("Zyxwvut General".into());
    recording.diagnoses = vec![
        Diagnosis {
            system: "snomed-ct".into(),
            code: "164889003".into(),
        },
        Diagnosis {
            system: "text".into(),
            code: "as told by Dr Zyxwvut".into(),
        },
    ];
    recording.device_statements = vec!["Confirmed by Dr Zyxwvut".into()];
    recording.device_measurements = vec![
        ReportedValue {
            name: "heart_rate".into(),
            value: 71.0,
            unit: "/min".into(),
        },
        ReportedValue {
            name: "Zyxwvut index".into(),
            value: 1.0,
            unit: String::new(),
        },
    ];
    recording.annotations = vec![Annotation::Note {
        at_s: 1.0,
        text: "Zyxwvut coughs".into(),
    }];
    recording.comments = vec!["Hx: Zyxwvut family".into()];
    recording
}

/// Every file below `dir` with its name in front.
fn everything(dir: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        all.extend_from_slice(path.file_name().unwrap().to_string_lossy().as_bytes());
        if path.is_dir() {
            all.extend(everything(&path));
        } else {
            all.extend(fs::read(path).unwrap());
        }
    }
    all
}

/// Bytes as texts to be searched: in small letters, and once more without the zeros that UTF-16 has.
fn texts(bytes: &[u8]) -> [String; 2] {
    let narrow: Vec<u8> = bytes.iter().copied().filter(|&byte| byte != 0).collect();
    [bytes, narrow.as_slice()].map(|bytes| String::from_utf8_lossy(bytes).to_lowercase())
}

/// Whether `words` stand in them, in any case.
fn holds(texts: &[String; 2], words: &str) -> bool {
    let words = words.to_lowercase();
    texts.iter().any(|text| text.contains(&words))
}

fn run(arguments: &[&std::ffi::OsStr]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_heartbeatai"))
        .arg("convert")
        .args(arguments)
        .output()
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn counts_of_sixteen_bits_come_back_from_every_target(
        leads in prop::collection::vec(prop::collection::vec(-32_767_i16..=32_767, 400), 1..=12),
        rate in prop::sample::select(vec![250.0, 360.0, 500.0, 1000.0]),
        scale in prop::sample::select(vec![1.0, 2.5, 4.88, 5.0]),
    ) {
        let original = recording(&leads, rate, scale, 0.0);
        for target in READABLE {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join(format!("out.{}", target.extension()));
            let (written, losses) = write(&original, target, &path).unwrap();
            let said = losses.iter().any(|loss| loss.what == "samples");
            // Eight characters of EDF do not hold every scale to the last digit, which is said.
            prop_assert!(!said || target == Target::Edf);
            let read = formats::open(&written).unwrap();
            prop_assert!((read.sampling_rate_hz - rate).abs() < 1e-5 * rate);
            for (a, b) in original.leads.iter().zip(&read.leads) {
                prop_assert_eq!(&a.name, &b.name);
                prop_assert_eq!(a.samples.len(), b.samples.len());
                for (a, b) in a.samples.microvolts().iter().zip(b.samples.microvolts()) {
                    prop_assert!((a - b).abs() < if said { 0.05 } else { 0.001 }, "{:?}: {} {}", target, a, b);
                }
            }
        }
    }
}

#[test]
fn what_a_target_cannot_hold_is_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut tracing = identified();
    tracing.leads[3].samples = Samples::from_microvolts(
        (0..2500)
            .map(|i| if i == 7 { f64::NAN } else { f64::from(i) * 0.1 })
            .collect(),
    );
    let lost = |target: Target| -> Vec<String> {
        let path = dir.path().join(format!("out.{}", target.extension()));
        let (_, losses) = write(&tracing, target, &path).unwrap();
        losses
            .into_iter()
            .map(|loss| format!("{}: {}", loss.what, loss.detail))
            .collect()
    };
    let edf = lost(Target::Edf).join("\n");
    assert!(edf.contains("1 missing samples"), "{edf}");
    assert!(edf.contains("0 of 2 diagnoses"), "{edf}");
    let dicom = lost(Target::Dicom).join("\n");
    assert!(!dicom.contains("samples"), "{dicom}");
    assert!(!dicom.contains("device_statements"), "{dicom}");
    let csv = lost(Target::Csv).join("\n");
    assert!(csv.contains("patient") && !csv.contains("samples"), "{csv}");
}

/// Of the targets only EDF+ holds leads of two rates; the others say which lead it is.
#[test]
fn leads_of_two_rates_are_kept_or_refused_by_name() {
    let mut tracing = identified();
    tracing.leads[1].sampling_rate_hz = 250.0;
    let Counts::I16(counts) = tracing.leads[1].samples.counts().clone() else {
        panic!("16 bits")
    };
    let half: Vec<i16> = counts.into_iter().take(1250).collect();
    tracing.leads[1].samples = Samples::from_counts(Counts::I16(half), 1.0, 0.0, 2.5, None);
    let dir = tempfile::tempdir().unwrap();
    let error = write(&tracing, Target::Dicom, &dir.path().join("x.dcm")).unwrap_err();
    assert!(
        error.to_string().contains("lead II differs from lead I"),
        "{error}"
    );
    let (written, losses) = write(&tracing, Target::Edf, &dir.path().join("x.edf")).unwrap();
    let lost = losses
        .iter()
        .any(|loss| matches!(loss.what, "lead" | "samples"));
    assert!(!lost, "{losses:?}");
    let read = formats::open(&written).unwrap();
    let rates: Vec<f64> = read
        .leads
        .iter()
        .map(|lead| lead.sampling_rate_hz)
        .collect();
    assert_eq!(rates[..3], [500.0, 250.0, 500.0]);
    // A lead that ends earlier than the others fits nowhere.
    tracing.leads[1].sampling_rate_hz = 500.0;
    let error = write(&tracing, Target::Edf, &dir.path().join("y.edf")).unwrap_err();
    assert!(error.to_string().contains("lead II lasts 2.5 s"), "{error}");
}

#[test]
fn nobody_is_left_in_any_target() {
    for target in Target::ALL {
        let dir = tempfile::tempdir().unwrap();
        let mut tracing = identified();
        let removed = deidentify(&mut tracing, "record-1", -1000);
        for field in [
            "patient.id",
            "patient.name",
            "patient.birth_date",
            "patient.age_years",
            "acquisition.started",
            "acquisition.device",
            "acquisition.site",
            "name",
            "diagnoses",
            "device_statements",
            "device_measurements",
            "annotations",
            "comments",
        ] {
            assert!(
                removed.iter().any(|removed| removed.field == field),
                "{field}"
            );
        }
        write(
            &tracing,
            target,
            &dir.path().join(format!("out.{}", target.extension())),
        )
        .unwrap();
        let bytes = texts(&everything(dir.path()));
        for words in [
            "Zyxwvut",
            "Ottilie",
            "4711",
            "1931",
            "19310314",
            "2026-05-17",
            "20260517",
            "17/05/2026",
            "17.05.26",
            "17-MAY",
        ] {
            assert!(!holds(&bytes, words), "{target:?} holds {words}");
        }
        if target != Target::Csv {
            assert!(
                holds(&bytes, "2023") || holds(&bytes, "21.08.23"),
                "{target:?}: the date is moved"
            );
        }
    }
}

#[test]
fn nobody_is_left_of_real_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/formats");
    if !root.is_dir() {
        eprintln!("skipped: no files at {}", root.display());
        return;
    }
    let mut checked = 0;
    for path in formats::folder::files(&root).flatten() {
        if path.to_string_lossy().contains("hostile") || path.to_string_lossy().contains("fixtures")
        {
            continue;
        }
        let Ok(original) = formats::open(&path) else {
            continue;
        };
        // What is left in long tracings is left in short ones.
        if original
            .leads
            .iter()
            .any(|lead| lead.samples.len() > 12_000)
        {
            continue;
        }
        let mut words: Vec<String> = [
            original.patient.id.clone(),
            original.patient.name.clone(),
            original.patient.birth_date.map(|date| date.to_string()),
            original
                .acquisition
                .started
                .map(|date| date.date().to_string()),
            original.acquisition.site.clone(),
        ]
        .into_iter()
        .flatten()
        .collect();
        words.extend(original.device_statements.iter().cloned());
        words.extend(original.comments.iter().cloned());
        for target in Target::ALL {
            let mut tracing = original.clone();
            deidentify(&mut tracing, "record-1", -777);
            let dir = tempfile::tempdir().unwrap();
            if write(
                &tracing,
                target,
                &dir.path().join(format!("out.{}", target.extension())),
            )
            .is_err()
            {
                continue;
            }
            let bytes = texts(&everything(dir.path()));
            for words in words.iter().filter(|words| words.trim().len() >= 5) {
                assert!(
                    !holds(&bytes, words.trim()),
                    "{}: {target:?} holds {words:?}",
                    path.display()
                );
            }
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

#[test]
fn a_folder_is_converted_and_a_broken_file_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    fs::create_dir(&from).unwrap();
    write(&identified(), Target::Edf, &from.join("Zyxwvut.edf")).unwrap();
    fs::write(from.join("broken.dcm"), b"DICM nothing").unwrap();
    let output = run(&[
        from.as_ref(),
        "-o".as_ref(),
        to.as_ref(),
        "--to".as_ref(),
        "csv".as_ref(),
        "--deidentify".as_ref(),
        "--shift-days".as_ref(),
        "-100".as_ref(),
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<Value> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(
        lines
            .iter()
            .filter(|line| line["error"].is_string())
            .count(),
        1
    );
    let done = lines
        .iter()
        .find(|line| line["written"].is_string())
        .unwrap();
    assert!(done["removed"].as_array().unwrap().len() > 3, "{done}");
    assert!(!holds(&texts(&everything(&to)), "Zyxwvut"));
    let read = formats::open(Path::new(done["written"].as_str().unwrap())).unwrap();
    assert_eq!(read.leads[1].name, LeadName::II);
}

#[test]
fn a_name_that_says_no_format_is_an_error() {
    let output = run(&["nothing.edf".as_ref(), "-o".as_ref(), "out.xyz".as_ref()]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.starts_with("error: out.xyz") && said.lines().count() == 1,
        "{said}"
    );
}
