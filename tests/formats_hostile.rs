//! Hostile files: each is answered as it should be by a child process that has 256 MiB of memory and two seconds of
//! processor time and no more. Those that lie beside the project are skipped where that folder is absent; a few are
//! made here, always.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod shared;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Address space, in KiB: more than what is ever resident.
const MEMORY_KIB: u32 = 256 << 10;
/// Processor time, in seconds.
const SECONDS: u32 = 2;
/// Something that waits uses no processor time, so that this ends it.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Error,
    Open,
    OpenWithWarning,
}

impl Answer {
    /// The words of the index; what is not among them is a remark in brackets.
    fn parse(words: &str) -> Vec<Self> {
        words
            .split(" or ")
            .filter_map(|word| match word.split('(').next()?.trim() {
                "ERROR" => Some(Self::Error),
                "OPEN" => Some(Self::Open),
                "OPEN+WARN" => Some(Self::OpenWithWarning),
                _ => None,
            })
            .collect()
    }
}

/// What `info` says of a file under the limits; an error of ours is what it did instead of answering.
fn answer(path: &Path) -> Result<Answer, String> {
    let limits = format!("ulimit -v {MEMORY_KIB}; ulimit -t {SECONDS}; exec \"$0\" \"$@\"");
    let out = tempfile::tempfile().unwrap();
    let errors = tempfile::NamedTempFile::new().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", &limits, env!("CARGO_BIN_EXE_heartbeatai"), "info"])
        .arg(path)
        .arg("--json")
        .stdin(Stdio::null())
        .stdout(out.try_clone().unwrap())
        .stderr(errors.reopen().unwrap())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err("it waits for something".to_owned());
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let said = std::fs::read(errors.path()).unwrap();
    let said = String::from_utf8_lossy(&said);
    match status.code() {
        Some(0) => {
            use std::io::{Read as _, Seek as _};
            let mut text = Vec::new();
            let mut out = out;
            out.rewind().unwrap();
            out.read_to_end(&mut text).unwrap();
            let value: Value = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
            let warned = value["warnings"]
                .as_array()
                .is_some_and(|all| !all.is_empty());
            Ok(if warned {
                Answer::OpenWithWarning
            } else {
                Answer::Open
            })
        }
        Some(2) if said.starts_with("error: ") && said.trim_end().lines().count() == 1 => {
            Ok(Answer::Error)
        }
        _ => Err(format!("{status}: {}", said.trim())),
    }
}

fn check(path: &Path, allowed: &[Answer]) -> Result<(), String> {
    let got = answer(path)?;
    // A warning more is no harm where none is asked for.
    let fine = allowed.contains(&got)
        || got == Answer::OpenWithWarning && allowed.contains(&Answer::Open)
        // A remark such as "clear" alone leaves the answer open.
        || allowed.is_empty();
    if fine {
        Ok(())
    } else {
        Err(format!("{got:?}, wants {allowed:?}"))
    }
}

/// File and allowed answers, from the table of the index.
fn index(folder: &Path) -> Vec<(PathBuf, Vec<Answer>)> {
    let text = std::fs::read_to_string(folder.join("INDEX.md")).unwrap();
    text.lines()
        .filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split(" | ");
            let file = cells.next()?.trim_end_matches('`');
            Some((folder.join(file), Answer::parse(cells.next()?)))
        })
        .filter(|(path, _)| path.symlink_metadata().is_ok())
        .collect()
}

#[test]
fn every_hostile_file_is_answered_within_its_memory_and_time() {
    let Some(folder) = shared::folder("formats/hostile") else {
        return;
    };
    let files = index(&folder);
    assert!(files.len() > 100, "{}", files.len());
    let mut failed = Vec::new();
    let mut slowest = (Duration::ZERO, PathBuf::new());
    for (path, allowed) in &files {
        let started = Instant::now();
        if let Err(why) = check(path, allowed) {
            failed.push(format!("{}: {why}", path.display()));
        }
        slowest = slowest.max((started.elapsed(), path.clone()));
    }
    println!(
        "{} of {} answered; the slowest took {:.0} ms: {}",
        files.len() - failed.len(),
        files.len(),
        slowest.0.as_secs_f64() * 1e3,
        slowest.1.display()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

#[test]
fn what_is_made_here_is_answered_too() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let deep = "<a>".repeat(100_000);
    let lists = "[".repeat(200_000);
    let laughs = "<!DOCTYPE x [<!ENTITY a 'ha'>]><RestingECG>&a;</RestingECG>";
    let claims = [
        b"\x93NUMPY\x01\0v\0".as_slice(),
        b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 12), }\n",
    ]
    .concat();
    let mut header = b"r 12 500 9999999999999\n".to_vec();
    for _ in 0..12 {
        header.extend(b"r.dat 16 1000/mV 16 0 0 0 0 I\n");
    }
    put("r.dat", &[0; 24_000]);
    let cases: [(PathBuf, &[Answer]); 8] = [
        (put("empty.dcm", b""), &[Answer::Error]),
        (put("deep.xml", deep.as_bytes()), &[Answer::Error]),
        (put("deep.json", lists.as_bytes()), &[Answer::Error]),
        (put("laughs.xml", laughs.as_bytes()), &[Answer::Error]),
        (put("claims.npy", &claims), &[Answer::Error]),
        (put("r.hea", &header), &[Answer::OpenWithWarning]),
        (
            put("bare.csv", b"1,2\n3,4\n5,6\n"),
            &[Answer::OpenWithWarning],
        ),
        (folder.path().to_owned(), &[Answer::Error]),
    ];
    for (path, allowed) in cases {
        assert_eq!(check(&path, allowed), Ok(()), "{}", path.display());
    }
}

/// FLAC of so many frames of 65,535 samples of one channel that stands still (RFC 9639).
fn still_flac(frames: u32) -> Vec<u8> {
    let crc = |bytes: &[u8], width: u32, polynomial: u32| {
        bytes.iter().fold(0_u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte) << (width - 8), |crc, _| {
                let carry = crc >> (width - 1) & 1;
                ((crc << 1) ^ (carry * polynomial)) & ((1 << width) - 1)
            })
        })
    };
    let mut file = b"fLaC\x80\0\0\x22\xff\xff\xff\xff\0\0\0\0\0\0".to_vec();
    // 250 Hz in 20 bits, one channel in 3, 16 bits a sample in 5, the number of samples in 36.
    let stream = 250_u64 << 44 | 15 << 36 | (u64::from(frames) * 65_535);
    file.extend(stream.to_be_bytes());
    file.extend([0; 16]);
    for number in 0..frames {
        // The number as UTF-8 would write it.
        let coded = match number {
            0..0x80 => vec![number as u8],
            _ => vec![0xc0 | (number >> 6) as u8, 0x80 | (number & 0x3f) as u8],
        };
        let mut frame = vec![0xff, 0xf8, 0x70, 0x08];
        frame.extend(coded);
        frame.extend([0xff, 0xfe]);
        frame.push(crc(&frame, 8, 0x07) as u8);
        frame.extend([0x00, 0x00, 0x05]);
        frame.extend((crc(&frame, 16, 0x8005) as u16).to_be_bytes());
        file.extend(frame);
    }
    file
}

/// Small files that stand for far more than they are.
#[test]
fn what_unpacks_or_spreads_beyond_any_tracing_is_refused_or_shown_in_part() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    // A deflated DICOM data set whose one element has 300 million zeros.
    let mut object = vec![0; 128];
    object.extend(b"DICM\x02\0\x10\0UI\x16\x001.2.840.10008.1.2.1.99");
    let mut packed = flate2::write::DeflateEncoder::new(object, flate2::Compression::best());
    let element = b"\xfc\xff\xfc\xffOB\0\0\0\xa3\xe1\x11";
    std::io::Write::write_all(&mut packed, element).unwrap();
    for _ in 0..300 {
        std::io::Write::write_all(&mut packed, &[0; 1_000_000]).unwrap();
    }
    let dicom = put("deflated.dcm", &packed.finish().unwrap());
    // Philips' LZW: each code stands for a string one byte longer than the one before, then the longest again and again.
    let codes = (255..1023_u32).chain(std::iter::repeat_n(1022, 20_000));
    let (mut bits, mut left, mut payload) = (0_u64, 0, Vec::new());
    for code in codes {
        bits = bits << 10 | u64::from(code);
        left += 10;
        while left >= 8 {
            left -= 8;
            payload.push((bits >> left) as u8);
        }
    }
    let mut lead = (payload.len() as i32).to_le_bytes().to_vec();
    lead.extend([0; 4]);
    lead.extend(payload);
    let leads = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, lead.repeat(40));
    let sierra = format!(
        "<restingecgdata><parsedwaveforms compression=\"XLI\" samplespersecond=\"500\">{leads}</parsedwaveforms></restingecgdata>"
    );
    put(
        "seg.hea",
        b"seg 2 500 10\nseg.dat 16 200 16 0 0 0 0 I\nseg.dat 16 200 16 0 0 0 0 II\n",
    );
    put("seg.dat", &[1; 40]);
    // A day of a Holter: nearly all of its file are zeros that take no room.
    let mut holter = vec![0_u8; 522];
    holter[..8].copy_from_slice(b"ISHNE1.0");
    holter[14..18].copy_from_slice(&17_280_000_i32.to_le_bytes());
    holter[18..22].copy_from_slice(&522_i32.to_le_bytes());
    holter[22..26].copy_from_slice(&522_i32.to_le_bytes());
    holter[156] = 3;
    holter[158..164].copy_from_slice(&[11, 0, 12, 0, 13, 0]);
    holter[206..212].copy_from_slice(&[0xc4, 9, 0xc4, 9, 0xc4, 9]);
    holter[272] = 200;
    let day = put("day.ecg", &holter);
    let file = std::fs::OpenOptions::new().write(true).open(&day).unwrap();
    file.set_len(522 + 17_280_000 * 6).unwrap();
    put("still.dat", &still_flac(600));
    let still = put(
        "still.hea",
        b"still 1 250 39321000\nstill.dat 516 200/mV 16 0 0 0 0 II\n",
    );
    let either: &[Answer] = &[Answer::Error, Answer::OpenWithWarning];
    let cases: [(PathBuf, &[Answer]); 9] = [
        (still, &[Answer::OpenWithWarning]),
        (dicom, &[Answer::Error]),
        (put("lzw.xml", sierra.as_bytes()), &[Answer::Error]),
        (
            put("wide.csv", "1,".repeat(3_000_000).as_bytes()),
            &[Answer::Error],
        ),
        (
            put(
                "long.csv",
                ("I (uV),II (uV)\n".to_owned() + &"1,2\n".repeat(1_500_000)).as_bytes(),
            ),
            either,
        ),
        (
            put("gap.hea", b"gap/2 2 500\nseg 10\n~ 30000000\n"),
            &[Answer::Error],
        ),
        (
            put(
                "many.hea",
                ("many 100000 500 10\n".to_owned()
                    + &"many.dat 16 200 16 0 0 0 0 I\n".repeat(100_000))
                    .as_bytes(),
            ),
            &[Answer::Error],
        ),
        (
            put(
                "nodes.xml",
                ("<RestingECG>".to_owned() + &"<a/>".repeat(1_500_000) + "</RestingECG>")
                    .as_bytes(),
            ),
            &[Answer::Error],
        ),
        (day, &[Answer::OpenWithWarning]),
    ];
    let mut failed = Vec::new();
    for (path, allowed) in cases {
        if let Err(why) = check(&path, allowed) {
            failed.push(format!("{}: {why}", path.display()));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
