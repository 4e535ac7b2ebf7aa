//! Does the hottest place of a map lie where the diagnosis is?

use std::collections::BTreeMap;
use std::iter::Sum;

use serde_json::{Value, json};

use crate::ecg::{LeadName, Recording, STANDARD_12};
use crate::measure::measure;
use crate::reading::prepare::{Prepared, RATE_HZ, SAMPLES};
use crate::reading::{Method, Reader, ReadingError};
use crate::simulate::{Settings, condition, simulate};

/// How far outside its region a hit may lie, in seconds: half of what smooths a map.
const TOLERANCE_S: f64 = 0.05;

/// Conditions of the simulator with a place, and the statements that may name them.
const GAMES: [(&str, &[&str]); 4] = [
    ("premature_ventricular_complexes", &["PVC"]),
    ("premature_atrial_complexes", &["PAC"]),
    ("anterior_stemi", &["AMI", "STE_"]),
    ("inferior_stemi", &["IMI", "STE_"]),
];

/// How often a map pointed at the place.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pointing {
    /// Maps whose hottest cell lies in the right lead at the right time.
    pub hits: usize,
    /// At the right time in whichever lead.
    pub in_time: usize,
    /// Maps.
    pub n: usize,
    /// Tracings of people in whom the reader does not find it.
    pub not_found: usize,
    /// Sum over maps of the share of all cells that would be a hit: what chance points at.
    chance: f64,
}

impl Pointing {
    pub fn to_json(self) -> Value {
        let share =
            |count: f64| (self.n > 0).then(|| (count / self.n as f64 * 1000.0).round() / 1000.0);
        json!({
            "hit_rate": share(self.hits as f64),
            "in_time": share(self.in_time as f64),
            "by_chance": share(self.chance),
            "n": self.n,
            "not_found": self.not_found,
        })
    }
}

impl Sum for Pointing {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |a, b| Self {
            hits: a.hits + b.hits,
            in_time: a.in_time + b.in_time,
            n: a.n + b.n,
            not_found: a.not_found + b.not_found,
            chance: a.chance + b.chance,
        })
    }
}

/// A stretch of some leads.
struct Place {
    leads: Vec<LeadName>,
    from_s: f64,
    to_s: f64,
}

impl Place {
    fn holds(&self, lead: &LeadName, at_s: f64) -> bool {
        self.leads.contains(lead) && self.in_time(at_s)
    }

    fn in_time(&self, at_s: f64) -> bool {
        (self.from_s - TOLERANCE_S..=self.to_s + TOLERANCE_S).contains(&at_s)
    }
}

fn point(places: &[Place], window: &Prepared, map: &[f32]) -> Pointing {
    let at = |cell: usize| {
        let lead = STANDARD_12.get(cell / SAMPLES);
        (lead, window.start_s + (cell % SAMPLES) as f64 / RATE_HZ)
    };
    let hit = |cell: usize| {
        let (lead, at_s) = at(cell);
        lead.is_some_and(|lead| places.iter().any(|place| place.holds(lead, at_s)))
    };
    let hottest = (0..map.len()).max_by(|&a, &b| map[a].total_cmp(&map[b]));
    let Some(hottest) = hottest.filter(|_| !places.is_empty()) else {
        return Pointing::default();
    };
    Pointing {
        hits: usize::from(hit(hottest)),
        in_time: usize::from(places.iter().any(|place| place.in_time(at(hottest).1))),
        n: 1,
        not_found: 0,
        chance: (0..map.len()).filter(|&cell| hit(cell)).count() as f64 / map.len() as f64,
    }
}

/// The games on simulated people, by condition and statement.
///
/// # Errors
/// When the network fails.
pub fn simulated(
    reader: &Reader,
    method: Method,
    people: u64,
) -> Result<BTreeMap<String, Pointing>, ReadingError> {
    let mut games = BTreeMap::new();
    for (id, statements) in GAMES {
        let Some(condition) = condition(id) else {
            continue;
        };
        for statement in statements {
            let known = &reader.card().config.statements;
            let Some(position) = known.iter().position(|known| known == statement) else {
                continue;
            };
            let mut game = Pointing::default();
            for seed in 0..people {
                let drawn = simulate(condition, 7000 + seed, &Settings::default());
                let reading = reader.read(&drawn.recording)?;
                let found = reading
                    .findings
                    .iter()
                    .any(|finding| finding.statement.id == *statement && finding.reaches());
                let windows = reader
                    .windows(&drawn.recording)
                    .map_err(ReadingError::NotReadable)?;
                let Some(window) = windows.first().filter(|_| found) else {
                    game.not_found += 1;
                    continue;
                };
                let places: Vec<Place> = drawn
                    .truth
                    .regions
                    .iter()
                    .map(|region| Place {
                        leads: region.leads.clone(),
                        from_s: region.from_s,
                        to_s: region.to_s,
                    })
                    .collect();
                let map = reader.map(window, position, method)?;
                game = [game, point(&places, window, &map)].into_iter().sum();
            }
            games.insert(format!("simulated {}, {statement}", condition.name), game);
        }
    }
    Ok(games)
}

/// The game on a real tracing with premature ventricular beats, as they were measured.
pub fn real(recording: &Recording, window: &Prepared, map: &[f32]) -> Pointing {
    let measured = measure(recording);
    let places: Vec<Place> = measured
        .beats
        .iter()
        .filter(|beat| measured.looks_ventricular(beat))
        .map(|beat| Place {
            leads: STANDARD_12.to_vec(),
            from_s: beat.boundaries.qrs_on.unwrap_or(beat.time_s - 0.08),
            to_s: beat.boundaries.t_off.unwrap_or(beat.time_s + 0.4),
        })
        .collect();
    point(&places, window, map)
}
