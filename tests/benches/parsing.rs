//! Parse times for a pairing with other programs' readers: `cargo bench --bench parsing -- --serve` reads a path a line
//! and answers with the nanoseconds that opening the file and decoding all its samples to microvolts took;
//! `tests/peers/parse_times.py` asks it in turn with those readers.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;
use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Instant;

use heartbeatai::formats;

/// Opens a file and decodes every sample, rhythm and median beats.
fn nanoseconds(path: &Path) -> Result<u128, formats::Error> {
    let started = Instant::now();
    let recording = formats::open(black_box(path))?;
    let beats = recording.median_beats.iter().flat_map(|beat| &beat.leads);
    for lead in recording.leads.iter().chain(beats) {
        black_box(lead.samples.microvolts());
    }
    Ok(started.elapsed().as_nanos())
}

fn main() {
    if !std::env::args().any(|argument| argument == "--serve") {
        println!("give --serve; see tests/peers/parse_times.py");
        return;
    }
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        match nanoseconds(Path::new(&line)) {
            Ok(time) => println!("{time}"),
            Err(error) => println!("error: {error}"),
        }
        std::io::stdout().flush().unwrap();
    }
}
