//! Opening files: what is right is read exactly, what is wrong is named.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use heartbeatai::ecg::{
    Counts, Diagnosis, Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Sex, Unit,
    WarningCode,
};
use heartbeatai::formats::{self, ErrorKind, Options, Place, wfdb};
use proptest::prelude::*;

fn lead(name: LeadName, samples: Samples) -> Lead {
    Lead {
        name,
        unit: Unit::Microvolt,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: 500.0,
        samples,
    }
}

fn counts(values: Vec<i16>) -> Samples {
    Samples::from_counts(
        Counts::I16(values),
        200.0,
        10.0,
        1000.0,
        Some(i32::from(i16::MIN)),
    )
}

fn twelve_leads(length: usize) -> Recording {
    let mut recording = Recording::new("r1", "wfdb", 500.0);
    for (index, name) in STANDARD_12.iter().enumerate() {
        let values = (0..length)
            .map(|t| i16::try_from((t * (index + 3)) % 700).unwrap() - 350)
            .collect();
        recording.leads.push(lead(name.clone(), counts(values)));
    }
    recording
}

/// A record of twelve leads on disk: its folder and header.
fn record() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let header = wfdb::write(&twelve_leads(1000), folder.path()).unwrap();
    (folder, header)
}

fn rewrite(path: &Path, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(path).unwrap();
    fs::write(path, change(&text)).unwrap();
}

fn codes(recording: &Recording) -> Vec<WarningCode> {
    recording
        .warnings
        .iter()
        .map(|warning| warning.code)
        .collect()
}

#[test]
fn a_written_record_is_read_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let mut written = twelve_leads(1000);
    written.patient.age_years = Some(63.0);
    written.patient.sex = Some(Sex::Female);
    written.diagnoses = vec![
        Diagnosis {
            system: "snomed-ct".into(),
            code: "426783006".into(),
        },
        Diagnosis {
            system: "text".into(),
            code: "Sinus rhythm".into(),
        },
    ];
    written.comments = vec!["Case: normal".into()];
    written.acquisition.started = Some(jiff::civil::datetime(2026, 11, 23, 8, 5, 9, 250_000_000));
    written.simulated = true;
    let header = wfdb::write(&written, folder.path()).unwrap();

    let mut read = formats::open(&header).unwrap();
    assert_eq!(read.path.take(), Some(header.clone()));
    assert_eq!(read, written);
    for other_way in ["r1", "r1.dat"] {
        let again = formats::open(&folder.path().join(other_way)).unwrap();
        assert_eq!(again.leads, written.leads, "opened as {other_way}");
    }
}

#[test]
fn samples_that_are_no_counts_are_kept_to_the_nanovolt() {
    let folder = tempfile::tempdir().unwrap();
    let mut recording = Recording::new("float", "wfdb", 250.0);
    let mut one = lead(
        LeadName::II,
        Samples::from_microvolts(vec![1.4, -900.6, f64::NAN, 32_000.0]),
    );
    one.sampling_rate_hz = 250.0;
    recording.leads.push(one);
    let read = formats::open(&wfdb::write(&recording, folder.path()).unwrap()).unwrap();
    let values = read.leads[0].samples.microvolts();
    assert!((values[0] - 1.4).abs() < 1e-9 && (values[1] + 900.6).abs() < 1e-9);
    assert!(values[2].is_nan());
    assert_eq!(values[3], 32_000.0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_counts_survive_a_round_trip(
        values in prop::collection::vec(any::<i32>(), 1..200),
        wide in any::<bool>(),
        gain in 0.1..5000.0_f64,
        baseline in -2000..2000_i32,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut recording = Recording::new("p", "wfdb", 500.0);
        let (counts, missing) = if wide {
            (Counts::I32(values), i32::MIN)
        } else {
            let narrow = values.iter().map(|&value| (value >> 16) as i16).collect();
            (Counts::I16(narrow), i32::from(i16::MIN))
        };
        let samples = Samples::from_counts(counts, gain, f64::from(baseline), 1000.0, Some(missing));
        recording.leads.push(lead(LeadName::I, samples));
        let read = formats::open(&wfdb::write(&recording, folder.path()).unwrap()).unwrap();
        let (before, after) = (&recording.leads[0].samples, &read.leads[0].samples);
        prop_assert_eq!(before.counts_per_unit, after.counts_per_unit);
        prop_assert_eq!(before.baseline, after.baseline);
        let bits = |samples: &Samples| samples.microvolts().iter().map(|v| v.to_bits()).collect::<Vec<_>>();
        prop_assert_eq!(bits(before), bits(after));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let folder = tempfile::tempdir().unwrap();
        for name in ["x.hea", "x.csv", "x.dat", "x"] {
            let path = folder.path().join(name);
            fs::write(&path, &bytes).unwrap();
            let _ = formats::open(&path);
            fs::remove_file(&path).unwrap();
        }
    }

    #[test]
    fn a_damaged_header_never_panics(position in 0..400_usize, byte in any::<u8>()) {
        let (_folder, header) = record();
        let mut bytes = fs::read(&header).unwrap();
        let position = position % bytes.len();
        bytes[position] = byte;
        fs::write(&header, bytes).unwrap();
        let _ = formats::open(&header);
    }
}

#[test]
fn an_empty_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["empty.hea", "empty.dat", "empty.csv"] {
        let path = folder.path().join(name);
        fs::write(&path, "").unwrap();
        let error = formats::open(&path).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("{}: the file is empty", path.display())
        );
    }
}

#[test]
fn a_truncated_signal_file_shows_its_whole_frames_and_warns() {
    let (folder, header) = record();
    let data = folder.path().join("r1.dat");
    let bytes = fs::read(&data).unwrap();
    // 400 frames of twelve samples and a half.
    fs::write(&data, &bytes[..400 * 24 + 13]).unwrap();
    let recording = formats::open(&header).unwrap();
    assert!(recording.leads.iter().all(|lead| lead.samples.len() == 400));
    assert_eq!(codes(&recording), [WarningCode::Truncated]);
    assert!(recording.warnings[0].message.contains("400 of 1000"));

    fs::write(&data, &bytes[..23]).unwrap();
    let error = formats::open(&header).unwrap_err();
    assert_eq!((error.kind, error.file), (ErrorKind::Damaged, data));
}

#[test]
fn a_changed_sample_is_noticed_by_the_checksum() {
    let (folder, header) = record();
    let data = folder.path().join("r1.dat");
    let mut bytes = fs::read(&data).unwrap();
    bytes[24 * 500] ^= 1;
    fs::write(&data, bytes).unwrap();
    let recording = formats::open(&header).unwrap();
    assert_eq!(codes(&recording), [WarningCode::Checksum]);
    assert!(recording.warnings[0].message.contains("samples of I:"));
}

#[test]
fn a_missing_signal_file_is_named() {
    let (folder, header) = record();
    fs::remove_file(folder.path().join("r1.dat")).unwrap();
    let error = formats::open(&header).unwrap_err();
    assert_eq!(
        (error.kind, error.place.clone()),
        (ErrorKind::Io, Some(Place::Line(2)))
    );
    assert!(error.to_string().contains("r1.dat"), "{error}");

    rewrite(&header, |text| text.replace("r1.dat", "r1.mat"));
    assert!(
        formats::open(&header)
            .unwrap_err()
            .to_string()
            .contains("r1.mat")
    );
}

#[test]
fn a_signal_file_without_its_header_says_so() {
    let (folder, header) = record();
    fs::remove_file(header).unwrap();
    let error = formats::open(&folder.path().join("r1.dat")).unwrap_err();
    assert!(error.to_string().contains("header"), "{error}");
}

#[test]
fn a_header_cannot_make_us_open_files_elsewhere() {
    let (folder, header) = record();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let text = fs::read_to_string(&header).unwrap();
    let own = inner.join("r1.hea");
    let absolute = folder.path().join("r1.dat");
    for name in [
        "../r1.dat",
        "./../r1.dat",
        "..\\r1.dat",
        absolute.to_str().unwrap(),
        "-",
        "~",
        ".",
    ] {
        fs::write(&own, text.replace("r1.dat", name)).unwrap();
        let error = formats::open(&own).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Damaged, "{name}: {error}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("../r1.dat", inner.join("link.dat")).unwrap();
        fs::write(&own, text.replace("r1.dat", "link.dat")).unwrap();
        assert_eq!(formats::open(&own).unwrap_err().kind, ErrorKind::Damaged);
    }
}

#[test]
fn a_sampling_rate_of_zero_is_refused() {
    let (_folder, header) = record();
    rewrite(&header, |text| text.replace("12 500 1000", "12 0 1000"));
    let error = formats::open(&header).unwrap_err();
    assert_eq!(error.place, Some(Place::Line(1)));
    assert!(error.reason.contains("sampling rate"), "{error}");
}

#[test]
fn one_lead_and_flat_leads_open() {
    let folder = tempfile::tempdir().unwrap();
    let mut recording = Recording::new("one", "wfdb", 500.0);
    recording
        .leads
        .push(lead(LeadName::II, counts(vec![0; 5000])));
    let read =
        heartbeatai::opening::open(&wfdb::write(&recording, folder.path()).unwrap()).unwrap();
    assert_eq!(read.leads, recording.leads);
}

#[test]
fn an_image_named_like_a_header_is_called_an_image() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.hea");
    fs::write(&path, b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR").unwrap();
    let error = formats::open(&path).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unrecognised);
    assert!(error.reason.contains("PNG"), "{error}");
}

#[test]
fn a_folder_and_a_name_that_is_not_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        formats::open(folder.path()).unwrap_err().kind,
        ErrorKind::Io
    );
    assert_eq!(
        formats::open(&folder.path().join("nothing"))
            .unwrap_err()
            .kind,
        ErrorKind::Io
    );
}

#[test]
fn content_decides_and_not_the_extension() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples.xyz");
    fs::write(&path, "time (s),I (mV)\n0,0.1\n0.002,0.2\n0.004,0.1\n").unwrap();
    assert_eq!(formats::can_open(&path).unwrap().name, "csv");
    assert_eq!(formats::open(&path).unwrap().format, "csv");
}

/// A record of segments: `long`, of 9 million values in one lead, `times` over, and a gap.
fn segments(times: usize, gap: u64) -> Result<Recording, formats::Error> {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    const FRAMES: usize = 9_000_000;
    let mut lines = format!("all/{} 1 250\n", times + 1);
    for part in 0..times {
        let header = format!("s{part} 1 250 {FRAMES}\ns{part}.dat 16 200 16 0 0 0 0 II\n");
        fs::write(file(&format!("s{part}.hea")), header).unwrap();
        fs::write(file(&format!("s{part}.dat")), vec![1; 2 * FRAMES]).unwrap();
        lines += &format!("s{part} {FRAMES}\n");
    }
    fs::write(file("all.hea"), lines + &format!("~ {gap}\n")).unwrap();
    formats::open(&file("all.hea"))
}

#[test]
fn a_long_record_in_segments_opens_as_far_as_its_files_bear_it_out() {
    let days = segments(4, 10_000_000).unwrap();
    assert_eq!(days.leads[0].samples.len(), 46_000_000);
    assert_eq!(days.leads[0].samples.get(0), Some(257.0 / 200.0 * 1000.0));
    assert!(
        days.leads[0]
            .samples
            .get(45_999_999)
            .is_some_and(f64::is_nan)
    );
    let gap = segments(1, 40_000_000).unwrap_err();
    assert_eq!(gap.kind, ErrorKind::Unsupported);
}

#[test]
fn the_challenge_layout_skips_the_matlab_header() {
    let folder = tempfile::tempdir().unwrap();
    let mut bytes = vec![0_u8; 24];
    for value in [1_i16, -2, 3, -4] {
        bytes.extend_from_slice(&value.to_le_bytes());
    }
    fs::write(folder.path().join("A1.mat"), bytes).unwrap();
    let header = "A1 2 500 2\nA1.mat 16+24 1000/mV 16 0 1 4 0 I\nA1.mat 16+24 1000/mV 16 0 -2 -6 0 II\n# Dx: 426783006\n";
    fs::write(folder.path().join("A1.hea"), header).unwrap();
    let recording = formats::open(&folder.path().join("A1.mat")).unwrap();
    assert_eq!(
        recording.lead(&LeadName::I).unwrap().samples.microvolts(),
        [1.0, 3.0]
    );
    assert_eq!(
        recording.lead(&LeadName::II).unwrap().samples.microvolts(),
        [-2.0, -4.0]
    );
    assert!(recording.warnings.is_empty());
}

#[test]
fn a_table_is_read_with_the_rate_and_unit_that_the_user_gives() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.tsv");
    fs::write(&path, "I\tII\n0,1\t0,2\n0,3\t-0,4\n").unwrap();
    let error = formats::open(&path).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NeedsOptions);
    let options = Options {
        sampling_rate_hz: Some(250.0),
        unit: Some("mV".into()),
        ..Options::default()
    };
    let recording = formats::open_with(&path, &options).unwrap();
    assert_eq!(
        recording.lead(&LeadName::II).unwrap().samples.microvolts(),
        [200.0, -400.0]
    );
    assert_eq!(recording.sampling_rate_hz, 250.0);
}

#[test]
fn a_null_signal_is_left_out_and_named() {
    let (_folder, header) = record();
    rewrite(&header, |text| {
        text.replacen("r1 12 ", "r1 13 ", 1) + "~ 0 0 0 0 0 0 0 gone\n"
    });
    let recording = formats::open(&header).unwrap();
    assert_eq!(recording.leads.len(), 12);
    let said = |warning: &heartbeatai::ecg::Warning| warning.message.contains("gone");
    assert!(recording.warnings.iter().any(said));
}
