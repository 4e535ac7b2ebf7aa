//! Damaged files: every parser is fed mutations of small sound files written here, and must answer with a
//! tracing or with an error, whatever the bytes. Deterministic; `FUZZ_ROUNDS` sets how many mutations of each seed are
//! tried (default 300).
//!
//! `FUZZ_SECONDS=600 cargo test --release --test fuzz -- for_a_stated_time --nocapture` runs every parser that long
//! instead, one after the other (`FUZZ_FORMATS=scp,mfer` for some of them), breeds from mutations that still open and
//! prints from which `FUZZ_SEED` it began and what it did; `FUZZ_KEEP=FILE` has the input that is being parsed, for the
//! case that the process dies of it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod seeds;

use std::time::{Duration, Instant};

use heartbeatai::ecg::Recording;
use heartbeatai::formats::{Error, FORMATS, Options, wfdb};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn rounds() -> u64 {
    std::env::var("FUZZ_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(300)
}

fn options() -> Options {
    Options {
        sampling_rate_hz: Some(500.0),
        unit: Some("uV".to_owned()),
        ..Options::default()
    }
}

/// Formats of which one file is a whole recording.
fn is_one_file(format: &str) -> bool {
    !matches!(format, "wfdb" | "edan")
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
fn check(recording: &Recording, what: &str) {
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
    let options = options();
    let seeds = seeds::all();
    for format in FORMATS.iter().filter(|format| is_one_file(format.name)) {
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
        let open = |text: &[u8], signal: &[u8]| {
            std::fs::write(&header, text).unwrap();
            std::fs::write(&data, signal).unwrap();
            heartbeatai::formats::open(&header)
        };
        open(text.as_bytes(), &signal).unwrap_or_else(|error| panic!("seed {number}: {error}"));
        for round in 0..rounds() {
            let mut random = StdRng::seed_from_u64(round);
            let opened = if round % 2 == 0 {
                open(&mutate(text.as_bytes(), &mut random), &signal)
            } else {
                open(text.as_bytes(), &mutate(&signal, &mut random))
            };
            if let Ok(recording) = opened {
                check(&recording, &format!("wfdb seed {number} round {round}"));
            }
        }
    }
}

#[test]
fn damaged_edan_recordings_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (header, data) = seeds::edan();
    let open = |header: &[u8], data: &[u8]| {
        let path = folder.path().join("patient.hea");
        std::fs::write(&path, header).unwrap();
        std::fs::write(folder.path().join("ecgraw.dat"), data).unwrap();
        heartbeatai::formats::open_with(&path, &options())
    };
    open(&header, &data).unwrap();
    for round in 0..rounds() {
        let mut random = StdRng::seed_from_u64(round);
        let opened = if round % 2 == 0 {
            open(&mutate(&header, &mut random), &data)
        } else {
            open(&header, &mutate(&data, &mut random))
        };
        if let Ok(recording) = opened {
            check(&recording, &format!("edan round {round}"));
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

type Parse<'a> = Box<dyn Fn(&[u8]) -> Result<Recording, Error> + 'a>;

/// A parser and the sound files that it is bred from.
struct Target<'a> {
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    parse: Parse<'a>,
}

/// A record of two files as one, so that both are mutated: the length of the first in front.
fn joined(first: &[u8], second: &[u8]) -> Vec<u8> {
    let length = u32::try_from(first.len()).unwrap();
    [&length.to_le_bytes(), first, second].concat()
}

fn parted(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return (bytes, &[]);
    };
    let length = u32::from_le_bytes(*length) as usize;
    rest.split_at(length.min(rest.len()))
}

fn targets(folder: &std::path::Path) -> Vec<Target<'_>> {
    let mut targets: Vec<Target<'_>> = FORMATS
        .iter()
        .filter(|format| is_one_file(format.name))
        .map(|format| Target {
            name: format.name,
            seeds: seeds::all()
                .into_iter()
                .filter(|(name, _)| *name == format.name)
                .map(|(_, seed)| seed)
                .collect(),
            parse: Box::new(|bytes| format.parse(bytes, &options())),
        })
        .collect();
    let pair = move |names: [&'static str; 2]| {
        move |bytes: &[u8]| {
            let (first, second) = parted(bytes);
            std::fs::write(folder.join(names[0]), first).unwrap();
            std::fs::write(folder.join(names[1]), second).unwrap();
            heartbeatai::formats::open_with(&folder.join(names[0]), &options())
        }
    };
    let wfdb = seeds::wfdb().into_iter();
    targets.push(Target {
        name: "wfdb",
        seeds: wfdb
            .map(|(text, data)| joined(text.as_bytes(), &data))
            .collect(),
        parse: Box::new(pair(["r.hea", "r.dat"])),
    });
    let (header, data) = seeds::edan();
    targets.push(Target {
        name: "edan",
        seeds: vec![joined(&header, &data)],
        parse: Box::new(pair(["patient.hea", "ecgraw.dat"])),
    });
    targets
}

/// Most mutations that are bred from.
const POOL: usize = 64;
/// Longest a file as small as these may take, on a machine that does other things too.
const SLOWEST: Duration = Duration::from_secs(2);

#[test]
fn every_parser_for_a_stated_time() {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let Some(seconds) = number("FUZZ_SECONDS") else {
        println!("skipped: FUZZ_SECONDS is not set");
        return;
    };
    let first = number("FUZZ_SEED").unwrap_or(1);
    let only = std::env::var("FUZZ_FORMATS").ok();
    let keep = std::env::var_os("FUZZ_KEEP");
    let folder = tempfile::tempdir().unwrap();
    let targets = targets(folder.path());
    for name in only.iter().flat_map(|only| only.split(',')) {
        let known = targets.iter().any(|target| target.name == name);
        assert!(known, "no parser is called {name}");
    }
    for target in targets {
        let wanted = |only: &String| only.split(',').any(|name| name == target.name);
        if !only.as_ref().is_none_or(wanted) {
            continue;
        }
        let (started, mut pool) = (Instant::now(), target.seeds.clone());
        let (mut runs, mut opened, mut slowest) = (0_u64, 0_u64, Duration::ZERO);
        let mut random = StdRng::seed_from_u64(first);
        while started.elapsed() < Duration::from_secs(seconds) {
            let parent = &pool[random.random_range(0..pool.len())];
            let bytes = mutate(parent, &mut random);
            if let Some(path) = &keep {
                std::fs::write(path, &bytes).unwrap();
            }
            let begun = Instant::now();
            let answer = (target.parse)(&bytes);
            slowest = slowest.max(begun.elapsed());
            runs += 1;
            assert!(
                slowest < SLOWEST,
                "{}: run {runs} took {slowest:?}",
                target.name
            );
            if let Ok(recording) = answer {
                check(&recording, &format!("{} run {runs}", target.name));
                opened += 1;
                // The sound files stay; of their descendants the last ones.
                if bytes.len() < 100_000 && random.random_bool(0.05) {
                    if pool.len() < target.seeds.len() + POOL {
                        pool.push(bytes);
                    } else {
                        let place = random.random_range(target.seeds.len()..pool.len());
                        pool[place] = bytes;
                    }
                }
            }
        }
        println!(
            "{}: seed {first}, {seconds} s, {runs} runs, {opened} opened, slowest {slowest:?}",
            target.name
        );
    }
}
