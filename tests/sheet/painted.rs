//! What the files hold besides lines: words, fonts, and nothing that changes from run to run.

use std::process::Command;

use heartbeatai::ecg::{STANDARD_12, Sex, Warning, WarningCode};
use heartbeatai::sheet::{
    Heat, Palette, PrintedFinding, PrintedReading, Sheet, SheetOptions, compose, paint,
};
use lopdf::{Document, Object};

use super::{numbers, texts, twelve_leads};

fn full_sheet() -> Sheet {
    let mut recording = twelve_leads(10.0);
    recording.patient.name = Some("Doe & Søn <Łódź>".into());
    recording.patient.sex = Some(Sex::Female);
    recording.patient.age_years = Some(67.0);
    recording.acquisition.device = Some("MAC 5500".into());
    let options = SheetOptions {
        filters: Some("0.05-150 Hz".into()),
        reading: Some(PrintedReading {
            model: "model-1".into(),
            findings: vec![PrintedFinding {
                name: "Atrial fibrillation".into(),
                probability: 0.97,
                threshold: 0.4,
                ..PrintedFinding::default()
            }],
            ..PrintedReading::default()
        }),
        heat: Some(Heat {
            label: "Atrial fibrillation".into(),
            start_s: 0.0,
            rate_hz: 10.0,
            leads: STANDARD_12
                .iter()
                .map(|lead| (lead.clone(), vec![0.2, 0.9, 0.1]))
                .collect(),
            opacity: 1.0,
        }),
        ..SheetOptions::default()
    };
    compose(&recording, &options)
}

/// The words of the page, in the order in which they are drawn.
fn words(reading: PrintedReading, unreliable: Option<&str>) -> Vec<String> {
    let options = SheetOptions {
        reading: Some(reading),
        measured: Some(numbers::measured()),
        unreliable: unreliable.map(str::to_owned),
        ..SheetOptions::default()
    };
    let sheet = compose(&twelve_leads(10.0), &options);
    texts(&sheet).into_iter().map(str::to_owned).collect()
}

fn finding(name: &str, uncertain: bool, by: Option<&str>) -> PrintedFinding {
    PrintedFinding {
        name: name.into(),
        probability: 0.31,
        threshold: 0.28,
        uncertain,
        by: by.map(str::to_owned),
    }
}

#[test]
fn what_is_uncertain_is_printed_as_such_and_what_cannot_be_said_is_named() {
    let reading = PrintedReading {
        model: "model-1".into(),
        findings: vec![
            finding("Sinus bradycardia", false, Some("rate 52/min")),
            finding("Atrial fibrillation", false, None),
            finding("Low QRS voltage", true, None),
            finding("T-wave inversion", true, None),
        ],
        unable: vec!["Paced rhythm".into(), "ST elevation".into()],
        warnings: vec![Warning::new(WarningCode::CriticalNumber, "Rate 36/min")],
        ..PrintedReading::default()
    };
    let words = words(reading, None);
    assert!(words.iter().any(|word| word.starts_with("Rate 36/min.")));
    let position = |text: &str| words.iter().position(|word| word == text).unwrap();
    position("by rate 52/min");
    position("0.31  (≥ 0.28)");
    let list = position("Uncertain:");
    assert!(list > position("Atrial fibrillation"));
    assert_eq!(words[list + 1], "Low QRS voltage, T-wave inversion");
    position("Not among what this model can say: Paced rhythm, ST elevation.");
}

#[test]
fn what_is_measured_on_what_cannot_be_read_is_printed_as_unreliable() {
    let reading = PrintedReading {
        not_readable: Some("no heartbeat can be made out in any lead".into()),
        ..PrintedReading::default()
    };
    let words = words(reading, Some("no heartbeat can be made out in any lead"));
    let warning = words
        .iter()
        .position(|word| word.starts_with("Unreliable: no heartbeat"));
    let number = words.iter().position(|word| word == "113");
    assert!(number < warning, "beneath the numbers: {words:?}");
}

fn pdf(sheet: &Sheet) -> Vec<u8> {
    let metadata = paint::Metadata {
        title: "ECG R1".into(),
        created: None,
    };
    paint::pdf(std::slice::from_ref(sheet), &Palette::ROSE, &metadata).unwrap()
}

/// Code points by the two-byte codes of a font, from its ToUnicode map.
fn unicode_map(
    document: &Document,
    font: &lopdf::Dictionary,
) -> std::collections::HashMap<u16, String> {
    let id = font.get(b"ToUnicode").unwrap().as_reference().unwrap();
    let stream = document.get_object(id).unwrap().as_stream().unwrap();
    let bytes = stream
        .decompressed_content()
        .unwrap_or_else(|_| stream.content.clone());
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut map = std::collections::HashMap::new();
    for block in text.split("beginbfchar").skip(1) {
        for line in block.split("endbfchar").next().unwrap().lines() {
            let parts: Vec<&str> = line
                .split(['<', '>'])
                .filter(|part| !part.trim().is_empty())
                .collect();
            if let [code, utf16] = parts[..] {
                let units: Vec<u16> = utf16
                    .as_bytes()
                    .chunks(4)
                    .map(|unit| {
                        u16::from_str_radix(std::str::from_utf8(unit).unwrap(), 16).unwrap()
                    })
                    .collect();
                map.insert(
                    u16::from_str_radix(code, 16).unwrap(),
                    String::from_utf16_lossy(&units),
                );
            }
        }
    }
    map
}

/// The texts of the first page as a reader would select them.
fn selectable(document: &Document) -> Vec<String> {
    let page = document.get_pages()[&1];
    let fonts = document.get_page_fonts(page).unwrap();
    let maps: std::collections::HashMap<Vec<u8>, _> = fonts
        .into_iter()
        .map(|(name, font)| (name, unicode_map(document, font)))
        .collect();
    let content =
        lopdf::content::Content::decode(&document.get_page_content(page).unwrap()).unwrap();
    let mut font = Vec::new();
    let mut found = Vec::new();
    for operation in &content.operations {
        let mut codes = Vec::new();
        match operation.operator.as_str() {
            "Tf" => font = operation.operands[0].as_name().unwrap().to_vec(),
            "Tj" => codes.extend_from_slice(operation.operands[0].as_str().unwrap()),
            "TJ" => {
                for part in operation.operands[0].as_array().unwrap() {
                    if let Object::String(bytes, _) = part {
                        codes.extend_from_slice(bytes);
                    }
                }
            }
            _ => {}
        }
        if !codes.is_empty() {
            let map = &maps[&font];
            let text = codes
                .chunks(2)
                .map(|code| map[&u16::from_be_bytes([code[0], code[1]])].as_str());
            found.push(text.collect());
        }
    }
    found
}

#[test]
fn every_word_of_the_page_can_be_selected_in_the_pdf() {
    let sheet = full_sheet();
    let selectable = selectable(&Document::load_mem(&pdf(&sheet)).unwrap());
    for text in texts(&sheet) {
        assert!(
            selectable.iter().any(|found| found == text),
            "{text:?} is not in {selectable:?}"
        );
    }
    for text in [
        "aVR",
        "V6",
        "Doe & Søn <Łódź>",
        "25 mm/s   10 mm/mV   0.05-150 Hz",
    ] {
        assert!(selectable.iter().any(|found| found == text), "{text}");
    }
}

#[test]
fn the_pdf_embeds_its_fonts_and_holds_no_raster_image() {
    let document = Document::load_mem(&pdf(&full_sheet())).unwrap();
    let (mut embedded, mut described) = (0, 0);
    for object in document.objects.values() {
        let Ok(dictionary) = object.as_dict() else {
            if let Ok(stream) = object.as_stream() {
                let subtype = stream
                    .dict
                    .get(b"Subtype")
                    .and_then(Object::as_name)
                    .unwrap_or_default();
                assert_ne!(subtype, b"Image");
            }
            continue;
        };
        if dictionary
            .get(b"Type")
            .and_then(Object::as_name)
            .is_ok_and(|name| name == b"FontDescriptor")
        {
            described += 1;
            embedded += usize::from(dictionary.has(b"FontFile3") || dictionary.has(b"FontFile2"));
        }
    }
    assert_eq!((described, embedded), (2, 2), "both weights, both embedded");
}

#[test]
fn another_programs_reading_of_the_pdf_agrees() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.pdf");
    std::fs::write(&path, pdf(&full_sheet())).unwrap();
    let Ok(output) = Command::new("pdftotext")
        .arg("-layout")
        .arg(&path)
        .arg("-")
        .output()
    else {
        println!("skipped: pdftotext is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    for words in [
        "aVR",
        "V6",
        "Atrial fibrillation",
        "Not a medical device",
        "Søn <Łódź>",
        "0.05-150 Hz",
    ] {
        assert!(text.contains(words), "{words} is not in:\n{text}");
    }
}

#[test]
fn the_svg_keeps_text_as_text_and_escapes_it() {
    let svg = paint::svg(&full_sheet(), &Palette::ROSE);
    for text in [
        ">aVR</text>",
        ">Doe &amp; Søn &lt;Łódź&gt;</text>",
        "@font-face",
        "linearGradient",
    ] {
        assert!(svg.contains(text), "{text}");
    }
    assert!(!svg.contains("<image"));
}

#[test]
fn equal_pages_make_equal_files() {
    let sheet = full_sheet();
    assert_eq!(full_sheet(), sheet);
    assert_eq!(pdf(&sheet), pdf(&sheet));
    assert_eq!(
        paint::svg(&sheet, &Palette::ROSE),
        paint::svg(&sheet, &Palette::ROSE)
    );
    let png = || paint::png(&sheet, 4.0, &Palette::ROSE).unwrap();
    assert_eq!(png(), png());
    let text = String::from_utf8_lossy(&pdf(&sheet)).into_owned();
    assert!(
        !text.contains("CreationDate"),
        "no time unless one is given"
    );
}
