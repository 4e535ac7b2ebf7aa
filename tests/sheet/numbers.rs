//! What was measured, and what the device says of it, in the head of a printed page.

use std::sync::Arc;

use heartbeatai::ecg::{Recording, ReportedValue};
use heartbeatai::measure::{Measurements, Qtc, Value};
use heartbeatai::sheet::font::text_width;
use heartbeatai::sheet::{
    Align, Item, PrintedReading, PrintedReview, Sheet, SheetOptions, compose,
};

use super::{says, texts, twelve_leads};

fn stated() -> Recording {
    let mut recording = twelve_leads(10.0);
    recording.device_measurements = [
        ("heart_rate", 112.0, "/min"),
        ("pr", 156.0, "ms"),
        ("qrs", 106.0, "ms"),
        ("qt", 348.0, "ms"),
        ("qtc", 475.0, "ms"),
        ("p_axis", -118.0, "deg"),
        ("qrs_axis", -127.0, "deg"),
        ("t_axis", -139.0, "deg"),
    ]
    .map(|(name, value, unit)| ReportedValue {
        name: name.into(),
        value,
        unit: unit.into(),
    })
    .into();
    recording
}

pub fn measured() -> Arc<Measurements> {
    let of = |value, unit: &str| {
        Some(Value {
            value,
            unit: unit.into(),
            leads: Vec::new(),
            beats: 9,
            from_s: 0.0,
            to_s: 1.0,
        })
    };
    Arc::new(Measurements {
        heart_rate: of(113.0, "/min"),
        pr: of(150.0, "ms"),
        qrs: of(144.0, "ms"),
        qt: of(352.0, "ms"),
        qtc: Qtc {
            bazett: of(483.0, "ms"),
            fridericia: of(435.0, "ms"),
            ..Qtc::default()
        },
        p_axis: of(-111.0, "deg"),
        qrs_axis: of(-120.0, "deg"),
        t_axis: of(-134.0, "deg"),
        ..Measurements::default()
    })
}

/// Left and right edge of every text of the head between the patient and the last column, line by line.
fn block(sheet: &Sheet) -> Vec<(f32, f32, f32, &str)> {
    let mut found = Vec::new();
    for item in &sheet.items {
        if let Item::Text {
            at,
            align,
            size,
            weight,
            text,
            ..
        } = item
        {
            let width = text_width(text, *weight, *size);
            let left = match align {
                Align::Left => at.x,
                Align::Center => at.x - width / 2.0,
                Align::Right => at.x - width,
            };
            if at.y < 34.0 {
                found.push((at.y, left, left + width, text.as_str()));
            }
        }
    }
    found
}

#[test]
fn every_value_of_the_device_stands_beneath_ours_and_differences_are_marked() {
    let options = SheetOptions {
        measured: Some(measured()),
        ..SheetOptions::default()
    };
    let reviewed = SheetOptions {
        review: Some(PrintedReview::default()),
        reading: Some(PrintedReading {
            model: "model".into(),
            ..PrintedReading::default()
        }),
        ..options.clone()
    };
    for options in [options, reviewed] {
        let sheet = compose(&stated(), &options);
        let texts = texts(&sheet);
        for number in [
            "113", "150", "144", "352", "483", "435", "−111", "−120", "−134", "112", "156", "≠106",
            "348", "475", "−118", "−127", "−139", "QTcB", "QTcF",
        ] {
            assert!(texts.contains(&number), "{number}: {texts:?}");
        }
        let marked = texts.iter().filter(|text| text.starts_with('≠'));
        assert_eq!(marked.count(), 1);
        let block = block(&sheet);
        for (index, a) in block.iter().enumerate() {
            for b in &block[index + 1..] {
                let beside = a.2 <= b.1 || b.2 <= a.1;
                assert!(a.0 != b.0 || beside, "{a:?} touches {b:?}");
            }
        }
    }
}

#[test]
fn without_measurements_the_device_stands_alone_and_with_nothing_there_is_no_table() {
    let alone = compose(&stated(), &SheetOptions::default());
    assert!(says(&alone, "475") && says(&alone, "Device") && !says(&alone, "QTcF"));
    let nothing = compose(&twelve_leads(10.0), &SheetOptions::default());
    assert!(!says(&nothing, "QTcB") && !says(&nothing, "/min, ms"));
}

#[test]
fn what_the_file_states_comes_before_its_other_numbers_and_what_is_left_out_is_counted() {
    let mut recording = stated();
    let per_lead = |n: i32| ReportedValue {
        name: format!("r_amplitude_{n}"),
        value: f64::from(n),
        unit: "uV".into(),
    };
    recording.device_measurements.extend((0..60).map(per_lead));
    recording.device_statements = (1..=30).map(|n| format!("Statement {n}")).collect();
    let sheet = compose(&recording, &SheetOptions::default());
    assert!(says(&sheet, "In the file:") && says(&sheet, "Statement 1; Statement 2"));
    assert!(
        !says(&sheet, "r amplitude"),
        "numbers wait behind the words"
    );
    assert!(says(&sheet, " more, and 60 numbers"), "{:?}", texts(&sheet));
    recording.device_statements.truncate(2);
    recording.device_measurements.truncate(8);
    let sheet = compose(&recording, &SheetOptions::default());
    assert!(says(&sheet, "Stated in the file (device)") && says(&sheet, "Statement 2"));
}

#[test]
fn what_the_file_states_stands_beside_a_review_too() {
    let mut recording = stated();
    recording.patient.name = Some("Doe".into());
    recording.patient.id = Some("7".into());
    recording.acquisition.device = Some("MAC 5500".into());
    recording.acquisition.site = Some("Ward".into());
    recording.diagnoses = vec![heartbeatai::ecg::Diagnosis {
        system: "snomed-ct".into(),
        code: "164889003".into(),
    }];
    let options = SheetOptions {
        measured: Some(measured()),
        review: Some(PrintedReview::default()),
        reading: Some(PrintedReading::default()),
        ..SheetOptions::default()
    };
    let sheet = compose(&recording, &options);
    assert!(says(&sheet, "Atrial fibrillation (164889003)"));
}
