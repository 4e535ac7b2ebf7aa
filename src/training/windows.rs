//! Prepared windows of many records in bounded memory.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Mutex;

use rayon::prelude::*;

use super::corpus::Example;
use crate::network::LEADS;
use crate::reading::coherence::Numbers;
use crate::reading::prepare::{Prepared, prepare};

/// Steps of the fixed-point storage per deviation; values beyond +-32 deviations are clipped.
const STEPS: f32 = 1000.0;
/// A record longer than this many windows is cut there.
const MOST_WINDOWS: usize = 8;
/// Records decoded before they are stored.
const CHUNK: usize = 256;

/// Windows of prepared samples, in memory while they fit and in an unnamed file beyond.
pub struct Windows {
    store: Store,
    /// Values of one window.
    length: usize,
    /// `[24]` of each window.
    amplitude: Vec<Vec<f32>>,
    /// `[2 * MEASURED]` of each window.
    measured: Vec<Vec<f32>>,
    /// The example of each window.
    example: Vec<usize>,
    /// What was measured on each example, where it could be prepared.
    numbers: HashMap<usize, Numbers>,
    /// Records that could not be prepared, with the reason.
    pub skipped: Vec<(usize, String)>,
}

enum Store {
    Memory(Vec<i16>),
    File(Mutex<File>),
}

impl Windows {
    /// Opens and prepares `examples`. Beyond `memory_bytes` the windows go to a file in `scratch`, which vanishes
    /// with the program. `done` is told how many records are finished.
    ///
    /// # Errors
    /// When that file cannot be written. A record that cannot be read is skipped and listed.
    pub fn prepare(
        examples: &[Example],
        memory_bytes: usize,
        scratch: &Path,
        done: &(dyn Fn(usize) + Sync),
    ) -> std::io::Result<Self> {
        let mut windows = Self {
            store: Store::Memory(Vec::new()),
            length: 0,
            amplitude: Vec::new(),
            measured: Vec::new(),
            example: Vec::new(),
            numbers: HashMap::new(),
            skipped: Vec::new(),
        };
        let mut finished = 0;
        for (chunk_index, chunk) in examples.chunks(CHUNK).enumerate() {
            let prepared: Vec<Result<Vec<Prepared>, String>> = chunk
                .par_iter()
                .map(|example| {
                    let recording = example.source.open()?;
                    prepare(&recording).map_err(|error| format!("{}: {error}", example.source))
                })
                .collect();
            for (offset, prepared) in prepared.into_iter().enumerate() {
                let index = chunk_index * CHUNK + offset;
                match prepared {
                    Ok(list) => {
                        for window in list.into_iter().take(MOST_WINDOWS) {
                            windows.push(index, &window, memory_bytes, scratch)?;
                        }
                    }
                    Err(reason) => windows.skipped.push((index, reason)),
                }
            }
            finished += chunk.len();
            done(finished);
        }
        Ok(windows)
    }

    fn push(
        &mut self,
        example: usize,
        window: &Prepared,
        memory: usize,
        scratch: &Path,
    ) -> std::io::Result<()> {
        self.length = window.waveform.len();
        let quantised = window
            .waveform
            .iter()
            .map(|value| (value * STEPS).round() as i16);
        match &mut self.store {
            Store::Memory(values) => {
                values.extend(quantised);
                if values.len() * 2 > memory {
                    let mut file = unnamed(scratch)?;
                    file.write_all(&bytes(values.iter().copied()))?;
                    self.store = Store::File(Mutex::new(file));
                }
            }
            Store::File(file) => {
                file.get_mut()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .write_all(&bytes(quantised))?;
            }
        }
        self.amplitude.push(window.amplitude.to_vec());
        self.measured.push(window.measured.to_vec());
        self.example.push(example);
        self.numbers.insert(example, window.numbers);
        Ok(())
    }

    /// Number of windows.
    pub fn len(&self) -> usize {
        self.example.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.example.is_empty()
    }

    /// Samples of each lead in a window.
    pub fn samples(&self) -> usize {
        self.length / LEADS
    }

    /// The example that each window belongs to.
    pub fn examples(&self) -> &[usize] {
        &self.example
    }

    /// What was measured on an example.
    pub fn numbers(&self, example: usize) -> Numbers {
        self.numbers.get(&example).copied().unwrap_or_default()
    }

    /// Appends one window to `waveform`, `amplitude` and `measured`.
    ///
    /// # Errors
    /// When the file behind it cannot be read, or there is no such window.
    pub fn read(
        &self,
        window: usize,
        waveform: &mut Vec<f32>,
        amplitude: &mut Vec<f32>,
        measured: &mut Vec<f32>,
    ) -> std::io::Result<()> {
        let absent = || std::io::Error::other(format!("there is no window {window}"));
        let start = window * self.length;
        match &self.store {
            Store::Memory(values) => {
                let values = values.get(start..start + self.length).ok_or_else(absent)?;
                waveform.extend(values.iter().map(|&value| f32::from(value) / STEPS));
            }
            Store::File(file) => {
                let mut read = vec![0; self.length * 2];
                let mut file = file
                    .lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                file.seek(SeekFrom::Start(start as u64 * 2))?;
                file.read_exact(&mut read)?;
                waveform.extend(
                    read.as_chunks()
                        .0
                        .iter()
                        .map(|&pair| f32::from(i16::from_le_bytes(pair)) / STEPS),
                );
            }
        }
        amplitude.extend(self.amplitude.get(window).ok_or_else(absent)?);
        measured.extend(self.measured.get(window).ok_or_else(absent)?);
        Ok(())
    }
}

fn bytes(values: impl Iterator<Item = i16>) -> Vec<u8> {
    values.flat_map(i16::to_le_bytes).collect()
}

/// A file without a name: created, then unlinked where the system allows, so that nothing stays behind.
fn unnamed(scratch: &Path) -> std::io::Result<File> {
    std::fs::create_dir_all(scratch)?;
    let path = scratch.join(format!("windows-{}.part", std::process::id()));
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(&path)?;
    // Windows keeps the name until the file is closed; a left-over is overwritten by the next run.
    std::fs::remove_file(&path).ok();
    Ok(file)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn filled(memory: usize, scratch: &Path) -> Windows {
        let mut windows = Windows {
            store: Store::Memory(Vec::new()),
            length: 0,
            amplitude: Vec::new(),
            measured: Vec::new(),
            example: Vec::new(),
            numbers: HashMap::new(),
            skipped: Vec::new(),
        };
        let mut file = None;
        for index in 0..20usize {
            let values: Vec<i16> = (0..24).map(|i| (index * 100 + i) as i16).collect();
            windows.length = values.len();
            match (&mut windows.store, memory) {
                (Store::Memory(all), _) => all.extend(&values),
                (Store::File(_), _) => {}
            }
            file.get_or_insert_with(|| unnamed(scratch).unwrap())
                .write_all(&bytes(values.into_iter()))
                .unwrap();
            windows.amplitude.push(vec![index as f32; 24]);
            windows.measured.push(vec![-(index as f32); 6]);
            windows.example.push(index);
        }
        if memory == 0 {
            windows.store = Store::File(Mutex::new(file.unwrap()));
        }
        windows
    }

    #[test]
    fn a_window_reads_the_same_from_memory_and_from_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let (memory, file) = (filled(usize::MAX, dir.path()), filled(0, dir.path()));
        for index in [19, 0, 7] {
            let (mut a, mut b) = (Vec::new(), Vec::new());
            let (mut amplitude, mut measured) = (Vec::new(), Vec::new());
            let beside = (&mut amplitude, &mut measured);
            memory.read(index, &mut a, beside.0, beside.1).unwrap();
            file.read(index, &mut b, beside.0, beside.1).unwrap();
            assert_eq!(a, b);
            assert_eq!(a[1], (index * 100 + 1) as f32 / 1000.0);
            assert_eq!(amplitude, vec![index as f32; 48]);
            assert_eq!(measured, vec![-(index as f32); 12]);
        }
        for store in [memory, file] {
            let mut into = [(); 3].map(|()| Vec::new());
            let [a, b, c] = &mut into;
            assert!(store.read(20, a, b, c).is_err());
        }
        assert_eq!(
            std::fs::read_dir(dir.path()).unwrap().count(),
            0,
            "nothing stays behind"
        );
    }
}
