//! `print` as it is called from a command line.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;
use std::process::{Command, Output};

fn print(arguments: &[&str], output: &Path) -> Output {
    let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/cases/sinus_rhythm.hea");
    Command::new(env!("CARGO_BIN_EXE_heartbeatai"))
        .arg("print")
        .arg(case)
        .arg("-o")
        .arg(output)
        .args(arguments)
        .output()
        .unwrap()
}

/// Prints and hands back the file, which must have been written without a word.
fn printed(name: &str, arguments: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let output = print(arguments, &path);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stdout.is_empty());
    std::fs::read(path).unwrap()
}

#[test]
fn every_layout_prints_to_every_kind_of_file() {
    for layout in ["3x4", "3x4+1", "3x4+3", "6x2", "12x1"] {
        assert!(printed("page.pdf", &["--layout", layout]).starts_with(b"%PDF"));
        assert!(printed("page.PNG", &["--layout", layout, "--dpi", "50"]).starts_with(b"\x89PNG"));
        assert!(printed("page.svg", &["--layout", layout]).starts_with(b"<svg"));
    }
}

#[test]
fn speed_gain_order_and_filters_are_named_on_the_page() {
    let options = [
        "--speed",
        "50",
        "--gain",
        "10,5",
        "--order",
        "cabrera",
        "--low-cut",
        "0.5",
        "--high-cut",
        "40",
    ];
    let svg = String::from_utf8(printed("page.svg", &options)).unwrap();
    for words in [
        "50 mm/s",
        "limb 10 mm/mV",
        "chest 5 mm/mV",
        "0.5-40 Hz",
        ">-aVR<",
        ">SIMULATED<",
    ] {
        assert!(svg.contains(words), "{words}");
    }
    let svg = String::from_utf8(printed(
        "page.svg",
        &["--low-cut", "off", "--high-cut", "off"],
    ))
    .unwrap();
    assert!(svg.contains("unfiltered"));
}

#[test]
fn the_same_command_writes_the_same_file() {
    assert_eq!(printed("page.pdf", &[]), printed("page.pdf", &[]));
}

#[test]
fn what_cannot_be_printed_is_one_error_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    for (name, arguments) in [
        ("page.gif", &[][..]),
        ("page", &[]),
        ("page.pdf", &["--speed", "30"]),
        ("page.pdf", &["--gain", "10,7"]),
        ("page.pdf", &["--layout", "4x3"]),
        ("page.pdf", &["--start", "99"]),
        ("page.pdf", &["--start", "nan"]),
        ("page.png", &["--dpi", "1e9"]),
        ("no/such/folder/page.pdf", &[]),
    ] {
        let path = folder.path().join(name);
        let output = print(arguments, &path);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{name} {arguments:?}: {message}"
        );
        assert!(message.starts_with("error:"), "{message}");
        assert!(!path.exists());
    }
}
