//! Tracings out again: what a target can hold comes back the same, what it cannot is said, and nothing tells whose
//! it was once that was taken out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod shared;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use heartbeatai::ecg::{
    Annotation, BeatKind, Counts, Diagnosis, Lead, LeadName, LeadOrigin, MedianBeat, Recording,
    ReportedValue, STANDARD_12, Samples, Sex, Unit, WaveBoundary,
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

/// The module for annotations of waveforms holds what devices say, measure and mark; a second group holds their beat.
#[test]
fn dicom_holds_statements_measurements_moments_and_median_beats() {
    let mut tracing = identified();
    let at = |at_s| Annotation::Beat {
        at_s,
        beat: BeatKind::VentricularPremature,
    };
    let edge = |at_s, boundary, lead| Annotation::Boundary {
        at_s,
        boundary,
        lead,
    };
    tracing.annotations = vec![
        at(0.5),
        edge(0.448, WaveBoundary::QrsOn, None),
        edge(0.5, WaveBoundary::RPeak, Some(LeadName::V2)),
        edge(0.9, WaveBoundary::TOff, Some(LeadName::V2)),
        Annotation::Span {
            from_s: 1.0,
            to_s: 2.0,
            lead: Some(LeadName::AVF),
            label: "noise".into(),
        },
        Annotation::Note {
            at_s: 2.5,
            text: "coughs".into(),
        },
    ];
    let beat = tracing.leads.iter().map(|lead| Lead {
        samples: lead.samples.part(0..300),
        ..lead.clone()
    });
    tracing.median_beats = vec![MedianBeat {
        leads: beat.collect(),
    }];
    tracing.device_measurements = ["pr", "qrs", "qt", "qtc"]
        .into_iter()
        .zip([160.0, 92.0, 380.5, 410.0])
        .map(|(name, value)| (name, value, "ms"))
        .chain([
            ("heart_rate", 71.0, "/min"),
            ("p_axis", 0.0, "deg"),
            ("qrs_axis", -31.0, "deg"),
            ("V1 r_amplitude", 312.0, "uV"),
            ("score", 3.25, ""),
        ])
        .map(|(name, value, unit)| ReportedValue {
            name: name.into(),
            value,
            unit: unit.into(),
        })
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let (written, losses) = write(&tracing, Target::Dicom, &dir.path().join("x.dcm")).unwrap();
    let what: Vec<&str> = losses.iter().map(|loss| loss.what).collect();
    assert_eq!(what, ["diagnoses", "comments"]);
    let read = formats::open(&written).unwrap();
    assert_eq!(read.annotations, tracing.annotations);
    assert_eq!(read.device_measurements, tracing.device_measurements);
    assert_eq!(read.device_statements, tracing.device_statements);
    let values = |recording: &Recording| -> Vec<(LeadName, Vec<f64>)> {
        let leads = recording.median_beats[0].leads.iter();
        leads
            .map(|lead| (lead.name.clone(), lead.samples.microvolts()))
            .collect()
    };
    assert_eq!(values(&read), values(&tracing));
}

#[test]
fn nobody_is_left_in_any_target() {
    for target in Target::ALL {
        let dir = tempfile::tempdir().unwrap();
        let mut tracing = identified();
        // A file may repeat the name where only a label belongs.
        tracing.leads[11].name = LeadName::Other("Zyxwvut V6".into());
        tracing.acquisition.filters = Some("as Zyxwvut likes it".into());
        tracing.median_beats = vec![MedianBeat {
            leads: vec![tracing.leads[11].clone()],
        }];
        tracing.annotations.push(Annotation::Boundary {
            at_s: 1.0,
            boundary: WaveBoundary::QrsOn,
            lead: Some(LeadName::Other("Zyxwvut V6".into())),
        });
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
            "leads",
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

/// The words of a file that could be somebody's: with letters, of five characters and more.
fn words(bytes: &[u8]) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for text in texts(bytes) {
        for word in text.split(|c: char| !c.is_alphanumeric()) {
            let long = word.chars().count() >= 5;
            if long && word.contains(char::is_alphabetic) && !word.contains('\u{fffd}') {
                words.insert(word.to_owned());
            }
        }
    }
    words
}

/// A tracing without its samples, which would agree by chance.
fn without_samples(mut recording: Recording) -> Recording {
    let beats = recording
        .median_beats
        .iter_mut()
        .flat_map(|beat| &mut beat.leads);
    for lead in recording.leads.iter_mut().chain(beats) {
        let zeros = vec![0; lead.samples.len().min(1000)];
        lead.samples = Samples::from_counts(Counts::I16(zeros), 1.0, 0.0, 1.0, None);
        lead.sampling_rate_hz = 500.0;
    }
    recording.sampling_rate_hz = 500.0;
    recording
}

/// No word of a file that says whose it is, and no word at all that our own files have no use for, is in what is written
/// of it: for every format that is read and every one that is written.
#[test]
fn nobody_is_left_of_real_files() {
    let Some(root) = shared::folder("formats") else {
        return;
    };
    let mut checked = BTreeSet::new();
    let mut failed = Vec::new();
    for path in formats::folder::files(&root).flatten() {
        let shown = path.to_string_lossy().into_owned();
        if shown.contains("hostile") || shown.ends_with(".expected.json") {
            continue;
        }
        let options = formats::Options {
            show_unstated: true,
            ..formats::Options::default()
        };
        let Ok(original) = formats::open_with(&path, &options) else {
            continue;
        };
        let of_file = fs::read(&path).unwrap();
        let mut said: Vec<String> = [
            original.patient.id.clone(),
            original.patient.name.clone(),
            original.patient.birth_date.map(|date| date.to_string()),
            original
                .patient
                .birth_date
                .map(|date| date.strftime("%Y%m%d").to_string()),
            original
                .acquisition
                .started
                .map(|date| date.date().to_string()),
            original
                .acquisition
                .started
                .map(|date| date.strftime("%Y%m%d").to_string()),
            original.acquisition.site.clone(),
        ]
        .into_iter()
        .flatten()
        .collect();
        said.extend(original.device_statements.iter().cloned());
        said.extend(original.comments.iter().cloned());
        let of_file = words(&of_file);
        // What is kept on purpose: age and sex, the names of leads and units, filters, codes of diagnoses.
        let mut kept = Recording::new("record-1", original.format, 500.0);
        kept.patient.age_years = original.patient.age_years;
        kept.patient.sex = original.patient.sex;
        kept.leads.clone_from(&original.leads);
        kept.acquisition
            .filters
            .clone_from(&original.acquisition.filters);
        kept.diagnoses.clone_from(&original.diagnoses);
        kept.diagnoses
            .retain(|diagnosis| diagnosis.system != "text");
        kept.median_beats.clone_from(&original.median_beats);
        kept.device_measurements
            .clone_from(&original.device_measurements);
        kept.annotations.clone_from(&original.annotations);
        let kept = without_samples(kept);
        for target in Target::ALL {
            let written = |tracing: &Recording| {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join(format!("record-1.{}", target.extension()));
                write(tracing, target, &path).ok()?;
                Some(everything(dir.path()))
            };
            let mut tracing = without_samples(original.clone());
            deidentify(&mut tracing, "record-1", -777);
            let mut allowed = kept.clone();
            deidentify(&mut allowed, "record-1", -777);
            let (Some(bytes), Some(allowed)) = (written(&tracing), written(&allowed)) else {
                continue;
            };
            checked.insert((original.format, target.name()));
            let allowed = words(&allowed);
            let left: Vec<String> = words(&bytes)
                .into_iter()
                .filter(|word| of_file.contains(word) && !allowed.contains(word))
                .collect();
            if !left.is_empty() {
                failed.push(format!("{shown}: {target:?} holds {left:?}"));
            }
            let bytes = texts(&bytes);
            for words in said.iter().filter(|words| words.trim().len() >= 5) {
                if holds(&bytes, words.trim()) {
                    failed.push(format!("{shown}: {target:?} holds {words:?}"));
                }
            }
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let read: BTreeSet<&str> = checked.iter().map(|(format, _)| *format).collect();
    println!("{} pairs of formats; read: {read:?}", checked.len());
    assert!(read.len() > 15, "{read:?}");
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

fn convert(input: &Path, output: &Path, more: &[&str]) -> Output {
    let mut arguments: Vec<&std::ffi::OsStr> = vec![input.as_ref(), "-o".as_ref(), output.as_ref()];
    arguments.extend(more.iter().map(std::ffi::OsStr::new));
    run(&arguments)
}

/// The `written` of each line, by name, and how many lines are errors.
fn written(output: &Output) -> (Vec<String>, usize) {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
    let lines: Vec<Value> = lines.collect();
    let name = |line: &Value| {
        let path = PathBuf::from(line["written"].as_str()?);
        Some(path.file_name()?.to_string_lossy().into_owned())
    };
    let names: Vec<String> = lines.iter().filter_map(name).collect();
    (names.clone(), lines.len() - names.len())
}

/// Identifiers have points and no extension; files of several formats have one name; WFDB names have few letters.
#[test]
fn each_tracing_of_a_folder_is_written_to_a_file_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let from = dir.path().join("from");
    fs::create_dir(&from).unwrap();
    write(&identified(), Target::Edf, &from.join("123.edf")).unwrap();
    write(&identified(), Target::Dicom, &from.join("123.dcm")).unwrap();
    for name in ["1.2.840.1", "1.2.840.2", "1_2_840_2"] {
        fs::copy(from.join("123.edf"), from.join(name)).unwrap();
    }
    for (to, names) in [
        (
            "csv",
            [
                "1.2.840.1.csv",
                "1.2.840.2.csv",
                "123.csv",
                "123-2.csv",
                "1_2_840_2.csv",
            ],
        ),
        (
            "wfdb",
            [
                "1_2_840_1.hea",
                "1_2_840_2.hea",
                "123.hea",
                "123-2.hea",
                "1_2_840_2-2.hea",
            ],
        ),
    ] {
        let out = dir.path().join(to);
        // The second time the same files are written again.
        for _ in 0..2 {
            let output = convert(&from, &out, &["--to", to]);
            assert_eq!(written(&output), (names.map(str::to_owned).to_vec(), 0));
            // Signals and, of the note, annotations.
            let beside = usize::from(to == "wfdb") * 2 * names.len();
            assert_eq!(fs::read_dir(&out).unwrap().count(), names.len() + beside);
        }
    }
}

/// Neither the file that is named nor one that belongs to it may be a source, nor the signals of another record.
#[test]
fn no_source_is_written_over_and_no_file_of_another_tracing() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    write(&identified(), Target::Wfdb, &at("r.hea")).unwrap();
    write(&identified(), Target::Edf, &at("r.edf")).unwrap();
    let sources = || {
        let names = ["r.hea", "r.dat", "r.atr", "r.edf"];
        names.map(|name| fs::read(at(name)).unwrap())
    };
    let before = sources();
    for (input, output, more) in [
        ("r.hea", "r.dat", &["--to", "csv"][..]),
        ("r.hea", "r.hea", &[]),
        ("r.hea", "r.dat", &[]),
        ("r.hea", "r.atr", &["--to", "json"]),
        ("r.edf", "./r.edf", &[]),
    ] {
        let output = convert(&at(input), &at(output), more);
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("its own source"), "{said}");
    }
    for to in ["wfdb", "edf"] {
        let output = convert(dir.path(), dir.path(), &["--to", to]);
        let (names, refused) = written(&output);
        assert_eq!((names.len(), refused), (1, 1), "{names:?}");
        let copy = at(&names[0]);
        for beside in ["dat", "atr"] {
            fs::remove_file(copy.with_extension(beside)).ok();
        }
        fs::remove_file(copy).unwrap();
    }
    assert!(sources() == before);
    fs::write(at("other.dat"), b"of somebody else").unwrap();
    let other = || convert(&at("r.edf"), &at("other.hea"), &[]);
    let refused = other();
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(fs::read(at("other.dat")).unwrap(), b"of somebody else");
    fs::remove_file(at("other.dat")).unwrap();
    // What was written before is written again.
    for _ in 0..2 {
        assert!(other().status.success());
    }
    // The beats of somebody else would be shown on the tracing.
    for stranger in ["third.atr", "fourth.qrs", "other.v2"] {
        fs::write(at(stranger), b"of somebody else").unwrap();
        let output = convert(&at("r.edf"), &at(stranger).with_extension("hea"), &[]);
        assert_eq!(output.status.code(), Some(2), "{stranger}");
        assert_eq!(fs::read(at(stranger)).unwrap(), b"of somebody else");
    }
}

/// What WFDB has codes for: beats, rhythms, marks and notes.
fn rhythm() -> Vec<Annotation> {
    let beat = |at_s, beat| Annotation::Beat { at_s, beat };
    let note = |at_s, text: &str| Annotation::Note {
        at_s,
        text: text.into(),
    };
    vec![
        note(0.0, "(AFIB"),
        beat(0.4, BeatKind::Normal),
        beat(0.4, BeatKind::Paced),
        note(1.0, "~"),
        beat(1.25, BeatKind::VentricularPremature),
        note(2.5, "(leads changed) bei 5 µV"),
        note(2.5, "N"),
        note(4.0, "two\nlines"),
        beat(4.998, BeatKind::Unclassified),
    ]
}

/// What has a place in each format comes back as it was, in its order, and a format without the place says so.
#[test]
fn annotations_come_back_from_every_format_that_has_a_place_for_them() {
    let dir = tempfile::tempdir().unwrap();
    let mut tracing = identified();
    let lost = |tracing: &Recording, target: Target| {
        let path = dir.path().join(format!("x.{}", target.extension()));
        let (written, losses) = write(tracing, target, &path).unwrap();
        let loss = losses.into_iter().find(|loss| loss.what == "annotations");
        (
            formats::open(&written).unwrap().annotations,
            loss.map(|loss| loss.detail),
        )
    };
    tracing.annotations = rhythm();
    for target in [Target::Wfdb, Target::Edf, Target::Dicom] {
        let (read, loss) = lost(&tracing, target);
        assert_eq!((read, loss), (rhythm(), None), "{target:?}");
    }
    assert_eq!(
        lost(&tracing, Target::Csv).1.unwrap(),
        "0 of 9 annotations are held."
    );
    // Boundaries and spans are held by EDF+ with their leads, and not by WFDB.
    let edge = |at_s, boundary, lead| Annotation::Boundary {
        at_s,
        boundary,
        lead,
    };
    tracing.annotations.extend([
        edge(0.3, WaveBoundary::POn, None),
        edge(0.5, WaveBoundary::QrsOff, Some(LeadName::V2)),
        Annotation::Span {
            from_s: 1.5,
            to_s: 2.25,
            lead: Some(LeadName::AVF),
            label: "noise".into(),
        },
        Annotation::Span {
            from_s: 3.0,
            to_s: 3.1,
            lead: None,
            label: "artefact".into(),
        },
    ]);
    tracing
        .annotations
        .sort_by(|a, b| a.at_s().total_cmp(&b.at_s()));
    let (read, loss) = lost(&tracing, Target::Edf);
    let times = |all: &[Annotation]| all.iter().map(Annotation::at_s).collect::<Vec<f64>>();
    assert_eq!((times(&read), loss), (times(&tracing.annotations), None));
    let (read, loss) = lost(&tracing, Target::Wfdb);
    assert_eq!(read, rhythm());
    assert_eq!(loss.unwrap(), "9 of 13 annotations are held.");
}

/// What a file says of itself in notes is no note of a tracing, and neither is one that is too long.
#[test]
fn notes_that_would_change_the_meaning_of_the_file_are_lost_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let mut tracing = identified();
    let beat = Annotation::Beat {
        at_s: 2.0,
        beat: BeatKind::Normal,
    };
    let note = |text: &str| Annotation::Note {
        at_s: 0.0,
        text: text.into(),
    };
    for text in ["## time resolution: 1", "x\x14y\0z", "", &"ä".repeat(700)] {
        tracing.annotations = vec![note(text), beat.clone()];
        for target in [Target::Wfdb, Target::Edf] {
            let path = dir.path().join(format!("x.{}", target.extension()));
            let (written, losses) = write(&tracing, target, &path).unwrap();
            let read = formats::open(&written).unwrap().annotations;
            assert_eq!(read.last(), Some(&beat), "{target:?} {text:?}");
            let lost = losses.iter().any(|loss| loss.what == "annotations");
            assert_eq!(lost, !read.contains(&note(text)), "{target:?} {text:?}");
        }
    }
}

/// Annotations that are no longer there are not left from the last time.
#[test]
fn a_record_written_again_has_only_its_own_annotations() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("r.hea");
    let mut tracing = identified();
    tracing.annotations = rhythm();
    write(&tracing, Target::Wfdb, &path).unwrap();
    assert!(path.with_extension("atr").is_file());
    tracing.annotations.clear();
    write(&tracing, Target::Wfdb, &path).unwrap();
    assert!(formats::open(&path).unwrap().annotations.is_empty());
    assert!(!path.with_extension("atr").exists());
}

/// Beats and wave boundaries tell nobody; words may.
#[test]
fn of_annotations_without_a_name_only_codes_are_left_in_every_format() {
    for target in Target::ALL {
        let dir = tempfile::tempdir().unwrap();
        let mut tracing = identified();
        tracing.annotations = rhythm();
        tracing.annotations.extend([
            Annotation::Span {
                from_s: 3.0,
                to_s: 4.0,
                lead: Some(LeadName::V2),
                label: "Zyxwvut moved".into(),
            },
            Annotation::Note {
                at_s: 4.5,
                text: "(ZYXWVUT".into(),
            },
        ]);
        let removed = deidentify(&mut tracing, "record-1", -1000);
        assert!(removed.iter().any(|removed| removed.field == "annotations"));
        let path = dir.path().join(format!("out.{}", target.extension()));
        let (written, losses) = write(&tracing, target, &path).unwrap();
        assert!(
            !holds(&texts(&everything(dir.path())), "Zyxwvut"),
            "{target:?}"
        );
        let lost = losses.iter().any(|loss| loss.what == "annotations");
        assert_eq!(lost, target == Target::Csv, "{target:?}");
        if !matches!(target, Target::Csv | Target::Json) {
            let read = formats::open(&written).unwrap().annotations;
            let beat = |one: &Annotation| matches!(one, Annotation::Beat { .. });
            assert!(
                read.len() == 4 && read.iter().all(beat),
                "{target:?}: {read:?}"
            );
        }
    }
}

/// Twelve leads of so many samples at 500 Hz, of which those from one number of a gap to the other are missing from all.
fn with_gaps(samples: usize, gaps: &[[usize; 2]]) -> Recording {
    let counts: Vec<i16> = (0..samples)
        .map(
            |at| match gaps.iter().any(|&[from, to]| (from..to).contains(&at)) {
                true => i16::MIN,
                false => (at % 701) as i16,
            },
        )
        .collect();
    let mut tracing = recording(&vec![counts.clone(); 12], 500.0, 5.0, 0.0);
    for lead in &mut tracing.leads {
        let counts = Counts::I16(counts.clone());
        lead.samples = Samples::from_counts(counts, 1.0, 0.0, 5.0, Some(i32::from(i16::MIN)));
    }
    tracing.acquisition.started = Some(jiff::civil::datetime(2026, 5, 17, 8, 5, 9, 250_000_000));
    tracing
}

/// How the samples of what EDF+ holds differ, and the kind of file.
fn edf_of(tracing: &Recording) -> (Recording, Vec<String>, String) {
    let dir = tempfile::tempdir().unwrap();
    let (written, losses) = write(tracing, Target::Edf, &dir.path().join("x.edf")).unwrap();
    let kind = fs::read(&written).unwrap()[192..197].to_vec();
    let losses = losses.into_iter().map(|loss| loss.detail).collect();
    (
        formats::open(&written).unwrap(),
        losses,
        String::from_utf8(kind).unwrap(),
    )
}

/// A gap in all leads is one of the file; what is on both sides lies where it was, to the sample and the millisecond.
#[test]
fn an_interrupted_tracing_is_an_interrupted_file() {
    let mut tracing = with_gaps(6000, &[[1000, 1750], [3250, 3252]]);
    tracing.annotations = rhythm();
    let (read, losses, kind) = edf_of(&tracing);
    assert_eq!((losses, kind.as_str()), (vec![], "EDF+D"));
    assert_eq!(read.annotations, tracing.annotations);
    assert_eq!(read.acquisition.started, tracing.acquisition.started);
    // Leads of two rates are interrupted together.
    let half = Counts::I16(
        (0..3000)
            .map(|at| {
                if (500..875).contains(&at) || at == 1625 {
                    i16::MIN
                } else {
                    7
                }
            })
            .collect(),
    );
    tracing.leads[1].samples = Samples::from_counts(half, 1.0, 0.0, 5.0, Some(i32::from(i16::MIN)));
    tracing.leads[1].sampling_rate_hz = 250.0;
    let (read, losses, kind) = edf_of(&tracing);
    assert_eq!((losses, kind.as_str()), (vec![], "EDF+D"));
    assert_eq!(read.leads[1].samples.len(), 3000);
}

/// How long a data record of an EDF+ file lasts by its header, and when each was taken, in microseconds.
fn records_of(bytes: &[u8]) -> (i64, Vec<i64>) {
    let number = |at: usize, width: usize| {
        let text = std::str::from_utf8(&bytes[at..at + width]).unwrap();
        text.trim().parse::<f64>().unwrap()
    };
    let micros = |seconds: f64| (seconds * 1e6).round() as i64;
    let signals = number(252, 4) as usize;
    let per_record = (0..signals).map(|index| number(256 + 216 * signals + 8 * index, 8) as usize);
    let per_record: Vec<usize> = per_record.collect();
    let track = 2 * per_record[signals - 1];
    let data = &bytes[256 * (signals + 1)..];
    let stamps = data
        .chunks(2 * per_record.iter().sum::<usize>())
        .map(|record| {
            let track = &record[record.len() - track..];
            let stamp = track.split(|&byte| byte == 0x14).next().unwrap();
            micros(std::str::from_utf8(stamp).unwrap().parse().unwrap())
        });
    (micros(number(244, 8)), stamps.collect())
}

/// EDFlib takes a file only if its records follow each other by what the header says that one lasts, which at 360 Hz eight
/// characters do not hold exactly; the readers of an interrupted one must find none within another.
#[test]
fn records_follow_each_other_by_their_stated_length() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.edf");
    let mut tracing = with_gaps(26_000, &[]);
    tracing
        .leads
        .iter_mut()
        .for_each(|lead| lead.sampling_rate_hz = 360.0);
    tracing.sampling_rate_hz = 360.0;
    let (_, losses) = write(&tracing, Target::Edf, &path).unwrap();
    assert_eq!(losses, []);
    let (lasts, stamps) = records_of(&fs::read(&path).unwrap());
    assert!(stamps.len() > 5 && (360 * lasts) % 1_000_000 != 0);
    let due: Vec<i64> = (0..)
        .zip(&stamps)
        .map(|(k, _)| 250_000 + k * lasts)
        .collect();
    assert_eq!(stamps, due);

    let missing = 13_000..15_000;
    for lead in &mut tracing.leads {
        let mut values = lead.samples.microvolts();
        values[missing.clone()].fill(f64::NAN);
        lead.samples = Samples::from_microvolts(values);
    }
    let (_, losses) = write(&tracing, Target::Edf, &path).unwrap();
    assert_eq!(losses, []);
    let (lasts, stamps) = records_of(&fs::read(&path).unwrap());
    let steps: Vec<i64> = stamps.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(steps.iter().filter(|step| **step != lasts).count(), 1);
    assert!(steps.iter().all(|&step| step >= lasts));
}

/// A date that is not known is none in the file, which has to state one.
#[test]
fn an_undated_tracing_stays_undated() {
    let mut tracing = with_gaps(5000, &[]);
    tracing.acquisition.started = None;
    let (read, losses, _) = edf_of(&tracing);
    assert_eq!((read.acquisition.started, losses), (None, vec![]));
}

/// Nothing else may bear the name that the format has for its annotations.
#[test]
fn a_lead_that_is_called_like_annotations_gets_another_name() {
    let mut tracing = with_gaps(5000, &[]);
    tracing.leads[3].name = LeadName::Other("EDF Annotations".into());
    let (read, losses, _) = edf_of(&tracing);
    assert_eq!(read.leads.len(), 12);
    assert_eq!(read.leads[3].name.as_str(), "EDF_Annotations");
    assert_eq!(losses, ["Lead EDF Annotations is not there by that name."]);
}

/// A moment that is not in the tracing has no place among its samples, and is not moved into it.
#[test]
fn dicom_holds_no_annotations_outside_of_the_tracing() {
    let dir = tempfile::tempdir().unwrap();
    let mut tracing = with_gaps(5000, &[]);
    let note = |at_s| Annotation::Note {
        at_s,
        text: "x".into(),
    };
    let span = |from_s, to_s| Annotation::Span {
        from_s,
        to_s,
        lead: None,
        label: "noise".into(),
    };
    tracing.annotations = vec![
        note(-1.0),
        note(10.5),
        span(-2.0, -1.0),
        span(11.0, 12.0),
        note(10.0),
        span(9.0, 12.0),
        note(5.0),
    ];
    let path = dir.path().join("x.dcm");
    let (_, losses) = write(&tracing, Target::Dicom, &path).unwrap();
    let read = formats::open(&path).unwrap().annotations;
    assert_eq!(read, [note(9.998), span(9.0, 9.998), note(5.0)]);
    let lost = losses.iter().find(|loss| loss.what == "annotations");
    assert_eq!(lost.unwrap().detail, "2 of 7 annotations are held.");
}

/// What is missing at an end, from one lead only, or for one sample is no gap of the file, and is said to be lost.
#[test]
fn what_is_no_gap_of_the_whole_tracing_leaves_the_file_continuous() {
    let mut one_lead = with_gaps(5000, &[[1000, 2000]]);
    one_lead.leads[4].samples = Samples::from_microvolts(vec![1.0; 5000]);
    for (tracing, missing) in [
        (with_gaps(5000, &[[0, 1000], [4500, 5000]]), 1500),
        (with_gaps(5000, &[[1000, 1001]]), 1),
        (one_lead, 1000),
        // Records of one sample would be mostly time stamps of one lead.
        (
            {
                let mut tracing = with_gaps(5000, &[[1001, 2000], [3003, 3010]]);
                tracing.leads.truncate(1);
                tracing
            },
            1006,
        ),
    ] {
        let (read, losses, kind) = edf_of(&tracing);
        assert_eq!(kind, "EDF+C");
        let said = format!("{missing} missing samples are no longer marked");
        assert!(losses.join(" ").contains(&said), "{losses:?}");
        assert_eq!(read.leads[0].samples.len(), 5000);
    }
}

/// Lines of a statement stay lines, and what became another statement is lost.
#[test]
fn statements_in_lines_are_kept_by_dicom_and_changed_ones_are_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut tracing = identified();
    tracing.device_statements = vec!["Abnormal ECG\r\nPossible LVH".into()];
    tracing.device_measurements.truncate(1);
    tracing.comments.clear();
    tracing.diagnoses.clear();
    let lost = |tracing: &Recording| {
        let (written, losses) = write(tracing, Target::Dicom, &dir.path().join("x.dcm")).unwrap();
        let what: Vec<&str> = losses.iter().map(|loss| loss.what).collect();
        (formats::open(&written).unwrap().device_statements, what)
    };
    assert_eq!(
        lost(&tracing),
        (tracing.device_statements.clone(), Vec::new())
    );
    // A short text holds 1024 characters.
    tracing.device_statements = vec!["long ".repeat(300)];
    assert_eq!(lost(&tracing).1, ["device_statements"]);
}
