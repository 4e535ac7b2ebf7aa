//! Whether exchanged electrodes are found, and the fit of the model that finds them.

mod fit;
mod logistic;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;
use serde::Serialize;

pub use fit::fit;

use super::corpus::{self, Corpus, Example};
use super::protocol::Stage;
use super::split::{Protocol, split};
use super::{TrainingError, metrics};
use crate::opening;
use crate::signal::reversal::{Model, Swap, TypicalBeat};

/// Which records of the corpora are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Those of the patients that the fit leaves out.
    HeldBack,
    /// All, for a corpus that nothing was fitted on.
    Every,
}

/// How often something was so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// How many were.
    pub count: usize,
    /// Of how many.
    pub of: usize,
    /// Their share.
    pub rate: f64,
    /// 95 % interval (Wilson 1927).
    pub ci95: [f64; 2],
}

impl Rate {
    fn of(hits: impl IntoIterator<Item = bool>) -> Self {
        let (mut count, mut of) = (0, 0);
        for hit in hits {
            of += 1;
            count += usize::from(hit);
        }
        let (rate, ci95) = metrics::wilson(count, of);
        Self {
            count,
            of,
            rate,
            ci95,
        }
    }
}

/// What became of one corpus, or of all together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures {
    /// Records looked at.
    pub records: usize,
    /// Records in which no two beats of one shape are found, so that nothing is said; they count as not found.
    pub silent: usize,
    /// For each swap made by us: named as what it is.
    pub found: BTreeMap<&'static str, Rate>,
    /// Over the five swaps of chest electrodes.
    pub chest_found: Rate,
    /// As recorded: some swap is named. Records that really are swapped count here too.
    pub false_alarms: Rate,
}

/// The judgement of a model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    /// Which records were looked at.
    pub part: Part,
    /// All corpora together.
    pub all: Figures,
    /// Each corpus.
    pub by_corpus: BTreeMap<String, Figures>,
    /// Records in which a swap is named as they are, to be looked at: record, swap, log odds.
    pub named: Vec<(String, &'static str, f64)>,
    /// Records that could not be opened.
    pub unreadable: Vec<String>,
}

/// Opens the records of a part and takes the beat by which they are judged.
struct Judgeable<'a> {
    example: &'a Example,
    /// As recorded, and with each swap of [`Swap::ALL`] made on the samples.
    beats: Vec<Option<TypicalBeat>>,
}

/// Swaps the electrodes of every record in every way and counts what is found.
///
/// # Errors
/// See [`TrainingError`]; no record at all that can be opened is one.
pub fn evaluate(
    model: &Model,
    corpora: &[Corpus],
    part: Part,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<Judged, TrainingError> {
    let (examples, names) = corpus::unlabelled(corpora)?;
    let chosen: Vec<&Example> = match part {
        Part::Every => examples.iter().collect(),
        Part::HeldBack => split(&examples, Protocol::Split, None, 0)
            .test
            .into_iter()
            .filter_map(|index| examples.get(index))
            .collect(),
    };
    let (judgeable, unreadable) = open(&chosen, true, say)?;
    let verdicts: Vec<Vec<Option<Swap>>> = judgeable
        .iter()
        .map(|record| {
            let suspect = |beat: &Option<TypicalBeat>| Some(model.suspect(beat.as_ref()?)?.swap);
            record.beats.iter().map(suspect).collect()
        })
        .collect();
    let figures = |domain: Option<usize>| {
        let own = || {
            judgeable
                .iter()
                .zip(&verdicts)
                .filter(move |(record, _)| domain.is_none_or(|d| record.example.domain == d))
        };
        let found = |index: usize, swap: Swap| {
            own().map(move |(_, verdicts)| verdicts.get(index + 1) == Some(&Some(swap)))
        };
        let chest = Swap::ALL
            .iter()
            .enumerate()
            .filter(|(_, swap)| swap.is_chest())
            .flat_map(|(index, &swap)| found(index, swap));
        Figures {
            records: own().count(),
            silent: own()
                .filter(|(record, _)| matches!(record.beats.first(), Some(None)))
                .count(),
            found: Swap::ALL
                .iter()
                .enumerate()
                .map(|(index, &swap)| (swap.id(), Rate::of(found(index, swap))))
                .collect(),
            chest_found: Rate::of(chest),
            false_alarms: Rate::of(
                own().map(|(_, verdicts)| matches!(verdicts.first(), Some(Some(_)))),
            ),
        }
    };
    let mut named: Vec<(String, &'static str, f64)> = judgeable
        .iter()
        .filter_map(|record| {
            let suspicion = model.suspect(record.beats.first()?.as_ref()?)?;
            let log_odds = (suspicion.log_odds * 100.0).round() / 100.0;
            Some((
                record.example.source.to_string(),
                suspicion.swap.id(),
                log_odds,
            ))
        })
        .collect();
    named.sort_by(|a, b| b.2.total_cmp(&a.2));
    Ok(Judged {
        part,
        all: figures(None),
        by_corpus: names
            .iter()
            .enumerate()
            .map(|(domain, name)| (name.clone(), figures(Some(domain))))
            .filter(|(_, figures)| figures.records > 0)
            .collect(),
        named,
        unreadable,
    })
}

/// Opens records as a user's file is opened; with `swapped` also with the electrodes exchanged in every way.
fn open<'a>(
    examples: &[&'a Example],
    swapped: bool,
    say: &(dyn Fn(Stage<'_>) + Sync),
) -> Result<(Vec<Judgeable<'a>>, Vec<String>), TrainingError> {
    let (of, done) = (examples.len(), AtomicUsize::new(0));
    let opened: Vec<Result<Judgeable<'a>, String>> = examples
        .par_iter()
        .map(|&example| {
            let corpus::Source::File(path) = &example.source else {
                return Err(format!("{} is no file", example.source));
            };
            let recording = opening::open(path).map_err(|error| error.to_string())?;
            let mut beats = vec![TypicalBeat::of(&recording)];
            if swapped {
                let swaps = Swap::ALL.iter();
                beats.extend(swaps.map(|swap| TypicalBeat::of(&swap.apply_to(&recording))));
            }
            say(Stage::Reading {
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                of,
            });
            Ok(Judgeable { example, beats })
        })
        .collect();
    let (mut records, mut unreadable) = (Vec::new(), Vec::new());
    for result in opened {
        match result {
            Ok(record) => records.push(record),
            Err(reason) => unreadable.push(reason),
        }
    }
    if records.is_empty() {
        return Err(TrainingError::Unreadable {
            records: of,
            reason: unreadable.into_iter().next().unwrap_or_default(),
        });
    }
    Ok((records, unreadable))
}
