//! Damaged files: every parser is fed mutations of small sound files written here, and must answer with a
//! tracing or with an error, whatever the bytes. Deterministic; `FUZZ_ROUNDS` sets how many mutations of
//! each seed are tried (default 300).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod seeds;

use heartbeatai::formats::{FORMATS, Options, wfdb};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn rounds() -> u64 {
    std::env::var("FUZZ_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(300)
}

/// Changes a few places: bits, bytes, extreme words, cuts, repeats, or a digit of a text.
fn mutate(seed: &[u8], random: &mut StdRng) -> Vec<u8> {
    let mut bytes = seed.to_vec();
    for _ in 0..random.random_range(1..6) {
        if bytes.is_empty() {
            return bytes;
        }
        // Headers decide most, so half of the changes hit the first part.
        let reach = if random.random_bool(0.5) {
            bytes.len().min(600)
        } else {
            bytes.len()
        };
        let at = random.random_range(0..reach);
        match random.random_range(0..9) {
            0 => bytes[at] ^= 1 << random.random_range(0..8),
            1 => bytes[at] = random.random(),
            2 => {
                let word: [u8; 4] = [[0xff; 4], [0; 4], [0xff, 0xff, 0xff, 0x7f], [0, 0, 0, 0x80]]
                    [random.random_range(0..4)];
                for (place, byte) in bytes[at..].iter_mut().zip(word) {
                    *place = byte;
                }
            }
            3 => bytes.truncate(at),
            4 => {
                let end = (at + random.random_range(1..40)).min(bytes.len());
                bytes.drain(at..end);
            }
            5 => {
                let end = (at + random.random_range(1..40)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                let into = random.random_range(0..=bytes.len());
                bytes.splice(into..into, piece);
            }
            6 => {
                let text = ["-1", "0", "999999999999", "1e308", "nan", "\"", "<", "]]>"];
                let piece = text[random.random_range(0..text.len())].bytes();
                bytes.splice(at..at, piece);
            }
            7 => {
                if let Some(offset) = bytes[at..].iter().position(u8::is_ascii_digit) {
                    bytes[at + offset] = b"0123456789-."[random.random_range(0..12)];
                }
            }
            _ => bytes[at] = bytes[at].wrapping_add(1),
        }
    }
    bytes
}

/// A tracing must be whole in itself: no more samples than could come out of the file, finite rates.
fn check(recording: &heartbeatai::ecg::Recording, what: &str) {
    assert!(
        !recording.leads.is_empty(),
        "{what}: a tracing without leads"
    );
    for lead in &recording.leads {
        let rate = lead.sampling_rate_hz;
        assert!(rate.is_finite() && rate > 0.0, "{what}: {rate} Hz");
        assert!(lead.samples.len() < 100_000_000, "{what}: runaway length");
        let _ = lead.samples.get(0);
    }
}

#[test]
fn damaged_files_of_every_format_are_answered() {
    let options = Options {
        sampling_rate_hz: Some(500.0),
        unit: Some("uV".to_owned()),
        ..Options::default()
    };
    let seeds = seeds::all();
    for format in FORMATS.iter().filter(|format| format.name != "wfdb") {
        let own: Vec<_> = seeds
            .iter()
            .filter(|(name, _)| *name == format.name)
            .collect();
        assert!(!own.is_empty(), "no seed for {}", format.name);
        for (number, (name, seed)) in own.into_iter().enumerate() {
            let sound = format.parse(seed, &options);
            check(
                &sound.unwrap_or_else(|error| panic!("{name} seed {number}: {error}")),
                name,
            );
            let (mut opened, mut refused) = (0, 0);
            for round in 0..rounds() {
                let mut random = StdRng::seed_from_u64(round ^ (number as u64) << 32);
                let bytes = mutate(seed, &mut random);
                match format.parse(&bytes, &options) {
                    Ok(recording) => {
                        check(&recording, &format!("{name} seed {number} round {round}"));
                        opened += 1;
                    }
                    Err(error) => {
                        assert!(!error.reason.is_empty());
                        refused += 1;
                    }
                }
            }
            println!("{name} seed {number}: {opened} opened, {refused} refused");
        }
    }
}

#[test]
fn damaged_wfdb_records_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let header = folder.path().join("r.hea");
    let data = folder.path().join("r.dat");
    for (number, (text, signal)) in seeds::wfdb().into_iter().enumerate() {
        std::fs::write(&header, &text).unwrap();
        std::fs::write(&data, &signal).unwrap();
        heartbeatai::formats::open(&header)
            .unwrap_or_else(|error| panic!("seed {number}: {error}"));
        for round in 0..rounds() {
            let mut random = StdRng::seed_from_u64(round);
            let (text, signal) = if round % 2 == 0 {
                (mutate(text.as_bytes(), &mut random), signal.clone())
            } else {
                (text.clone().into_bytes(), mutate(&signal, &mut random))
            };
            std::fs::write(&header, text).unwrap();
            std::fs::write(&data, signal).unwrap();
            if let Ok(recording) = heartbeatai::formats::open(&header) {
                check(&recording, &format!("wfdb seed {number} round {round}"));
            }
        }
    }
}

#[test]
fn damaged_annotations_are_answered() {
    let seed = seeds::annotations();
    assert_eq!(wfdb::annotation::parse(&seed).damaged_from, None);
    for round in 0..rounds() * 4 {
        let bytes = mutate(&seed, &mut StdRng::seed_from_u64(round));
        let file = wfdb::annotation::parse(&bytes);
        assert!(file.annotations.len() <= bytes.len());
    }
}
