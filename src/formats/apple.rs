//! The CSV that Apple Health exports: lines of `key,value`, then one sample a line, with the decimal sign
//! of the user's language (`-68,000` is one number). The keys are in that language, too, so lines are known by their
//! order and by what their values look like.

use jiff::civil::Date;

use crate::ecg::{Counts, Lead, LeadName, LeadOrigin, Recording, Samples, Unit};

use super::fields::{self, number, parse_date, parse_time};
use super::{Error, Head, Options, check_rate, text, unit};

pub(super) const LARGEST: u64 = 64 << 20;
/// Most lines above the samples that are looked at.
const MOST_LINES: usize = 64;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.text().is_some_and(|text| {
        let has = |key: &str| text.lines().any(|line| line.starts_with(key));
        has("Sample Rate,") && has("Lead,") && has("Unit,") || is_translated(text)
    })
}

/// Whether the lines look like those of an export in another language.
fn is_translated(text: &str) -> bool {
    let top = Top::of(text);
    let mut below = text.lines().skip(top.lines).map(str::trim);
    let first = below.find(|line| !line.is_empty());
    top.rate.is_some()
        && top.lead.is_some()
        && top.unit.is_some()
        && first.is_some_and(|line| number(line).is_some())
}

/// A line of `key,value`.
struct Entry<'a> {
    line: usize,
    key: &'a str,
    value: &'a str,
}

/// What stands above the samples. Rate, lead and unit are told by the number of their entry.
#[derive(Default)]
struct Top<'a> {
    entries: Vec<Entry<'a>>,
    rate: Option<usize>,
    lead: Option<usize>,
    unit: Option<usize>,
    /// Lines in all.
    lines: usize,
}

impl<'a> Top<'a> {
    fn of(text: &'a str) -> Self {
        let mut top = Self::default();
        for line in text.lines().take(MOST_LINES) {
            if number(line).is_some() || (top.lead.is_some() && top.unit.is_some()) {
                break;
            }
            top.lines += 1;
            let Some((key, value)) = line.split_once(',') else {
                continue;
            };
            top.entries.push(Entry {
                line: top.lines,
                key: key.trim(),
                value: value.trim().trim_matches('"').trim(),
            });
            top.sort_in();
        }
        top
    }

    /// Finds out what the last entry is.
    fn sort_in(&mut self) {
        let Some((at, last)) = self.entries.iter().enumerate().next_back() else {
            return;
        };
        let names_lead = |at: usize| {
            let entry = self.entries.get(at).filter(|_| Some(at) != self.rate);
            entry.is_some_and(|entry| standard_lead(entry.value).is_some())
        };
        let before = at.checked_sub(1);
        match last.key {
            _ if last.value.is_empty() => {}
            "Sample Rate" => self.rate = Some(at),
            "Lead" => self.lead = Some(at),
            _ if last.key == "Unit" || self.rate.is_some() && is_voltage(last.value) => {
                // The lead stands before its unit.
                self.lead = self.lead.or(before.filter(|&before| names_lead(before)));
                self.unit = Some(at);
            }
            _ if self.rate.is_none() && hertz(last.value).is_some() => self.rate = Some(at),
            _ if before.is_some() && before == self.unit && names_lead(at) => self.lead = Some(at),
            _ => {}
        }
    }

    fn entry(&self, at: Option<usize>) -> Option<&Entry<'a>> {
        self.entries.get(at?)
    }

    /// What an entry is about: by its key, else by its place, as the order is the same in all languages.
    fn field(&self, at: usize) -> Option<Field> {
        let key = self.entries.get(at)?.key;
        let known = KEYS.iter().find(|(word, _)| *word == key);
        let complete = self.rate == Some(ORDER.len());
        let placed = || ORDER.get(at).copied().flatten().filter(|_| complete);
        known.map(|(_, field)| *field).or_else(placed)
    }
}

/// What is told about a tracing beside its samples.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    Name,
    Birth,
    Recorded,
    Classification,
    Symptoms,
    Device,
}

/// The entries before the sampling rate; the sixth is the version of the software.
const ORDER: [Option<Field>; 7] = [
    Some(Field::Name),
    Some(Field::Birth),
    Some(Field::Recorded),
    Some(Field::Classification),
    Some(Field::Symptoms),
    None,
    Some(Field::Device),
];

/// Keys in English, German and French.
const KEYS: [(&str, Field); 17] = [
    ("Name", Field::Name),
    ("Nom", Field::Name),
    ("Date of Birth", Field::Birth),
    ("Geburtsdatum", Field::Birth),
    ("Geburtstag", Field::Birth),
    ("Date de naissance", Field::Birth),
    ("Recorded Date", Field::Recorded),
    ("Aufzeichnungsdatum", Field::Recorded),
    ("Date d\u{2019}enregistrement", Field::Recorded),
    ("Date d'enregistrement", Field::Recorded),
    ("Classification", Field::Classification),
    ("Klassifizierung", Field::Classification),
    ("Symptoms", Field::Symptoms),
    ("Symptome", Field::Symptoms),
    ("Device", Field::Device),
    ("Gerät", Field::Device),
    ("Appareil", Field::Device),
];

/// `512 hertz`, `512 Hz`, `512,5 Hertz`.
fn hertz(value: &str) -> Option<f64> {
    let (rate, unit) = value.split_once(char::is_whitespace)?;
    let unit = unit.trim().to_lowercase();
    let named = ["hertz", "hz", "hercios"].contains(&unit.as_str());
    number(rate).filter(|_| named)
}

fn is_voltage(value: &str) -> bool {
    unit::parse(value).0 == Unit::Microvolt
}

/// The lead that a value names, alone or as its last word: `Ableitung I`, `Dérivation I`.
fn standard_lead(value: &str) -> Option<LeadName> {
    let word = value.split_whitespace().next_back()?;
    let names = [value, word].map(LeadName::parse);
    names
        .into_iter()
        .find(|name| name.standard_index().is_some())
}

/// `1960-04-17`, `17.04.1960`, `Apr 17, 1960`, `17 avr. 1960`. With slashes it may be either of two days.
fn birth_date(value: &str) -> Option<Date> {
    let parts: Vec<&str> = value
        .split([' ', ',', '.', '-'])
        .filter(|part| !part.is_empty())
        .collect();
    let whole = |part: &str| part.parse::<i64>().ok();
    let (day, month, year) = match *parts.as_slice() {
        [year, _, _] if whole(year).is_some_and(|year| year > 31) => return parse_date(value),
        [month, day, year] if fields::month(month).is_some() => (day, fields::month(month)?, year),
        [day, month, year] => (day, fields::month(month).or_else(|| whole(month))?, year),
        _ => return None,
    };
    fields::date(whole(year)?, month, whole(day)?)
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let source = text::decode(bytes);
    let top = Top::of(&source);
    let mut recording = Recording::new("", "apple", 0.0);
    describe(&top, &mut recording);
    let (Some(lead), Some(stated_unit)) = (top.entry(top.lead), top.entry(top.unit)) else {
        return Err(Error::damaged("lead and unit are missing"));
    };
    let name = standard_lead(lead.value).unwrap_or_else(|| LeadName::parse(lead.value));
    let (unit, scale) = unit::parse(stated_unit.value);
    let rate = top
        .entry(top.rate)
        .ok_or_else(|| Error::damaged("the sampling rate is missing"))?;
    let stated = rate.value.split(' ').next().and_then(number);
    recording.sampling_rate_hz =
        check_rate(stated.unwrap_or(0.0)).map_err(|error| error.at_line(rate.line))?;
    let lines = (1..).zip(source.lines()).skip(top.lines);
    let mut values = Vec::new();
    for (line_number, line) in lines.filter(|(_, line)| !line.trim().is_empty()) {
        let value = number(line).ok_or_else(|| {
            let shown: String = line.chars().take(40).collect();
            Error::damaged(format!("\"{}\" is no number", shown.escape_debug()))
                .at_line(line_number)
        })?;
        values.push(value);
    }
    if values.is_empty() {
        return Err(Error::damaged("the file holds no samples"));
    }
    recording.leads.push(Lead {
        name,
        unit,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: recording.sampling_rate_hz,
        samples: Samples::from_counts(Counts::F64(values), 1.0, 0.0, scale, None),
    });
    Ok(recording)
}

fn describe(top: &Top<'_>, recording: &mut Recording) {
    for (at, entry) in top.entries.iter().enumerate() {
        let Some(field) = top.field(at).filter(|_| !entry.value.is_empty()) else {
            continue;
        };
        let value = entry.value.to_owned();
        match field {
            Field::Name => recording.patient.name = Some(value),
            Field::Birth => recording.patient.birth_date = birth_date(entry.value),
            Field::Recorded => {
                let mut parts = entry.value.split(' ');
                let day = parts.next().and_then(parse_date);
                let time = parts.next().and_then(parse_time);
                recording.acquisition.started =
                    day.zip(time).map(|(day, time)| day.to_datetime(time));
            }
            Field::Classification => recording.device_statements.push(value),
            Field::Symptoms => recording.comments.push(format!("Symptoms: {value}")),
            Field::Device => recording.acquisition.device = Some(value),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const GERMAN: &str = "Name,Erika Muster\nGeburtstag,\"17.04.1960\"\n\
        Aufzeichnungsdatum,2025-03-01 10:15:00 +0100\nKlassifizierung,Sinusrhythmus\nSymptome,\n\
        Softwareversion,2.0\nGerät,\"Watch6,7\"\nMessrate,512 Hertz\n\n\nAbleitung,Ableitung I\nEinheit,µV\n\n\
        57,992\n-82,900\n";
    const FRENCH: &str = "Nom,Erika Muster\nDate de naissance,17 avr. 1960\n\
        Date d\u{2019}enregistrement,2025-03-01 10:15:00 +0100\nClassification,Rythme sinusal\nSymptômes,\n\
        Version du logiciel,2.0\nAppareil,\"Watch6,7\"\nFréquence d\u{2019}échantillonnage,512 hertz\n\n\n\
        Dérivation,Dérivation I\nUnité,µV\n\n57,992\n-82,900\n";
    /// In a language whose words are not known here.
    const ITALIAN: &str = "Nome,Erika Muster\nData di nascita,17.04.1960\n\
        Data di registrazione,2025-03-01 10:15:00 +0100\nClassificazione,Ritmo sinusale\nSintomi,\n\
        Versione software,2.0\nDispositivo,\"Watch6,7\"\nFrequenza di campionamento,512 hertz\n\n\n\
        Derivazione,Derivazione I\nUnità,µV\n\n57.992\n-82.900\n";
    const ENGLISH: &str = "Name,Erika Muster\nDate of Birth,\"Apr 17, 1960\"\n\
        Recorded Date,2025-03-01 10:15:00 +0100\nClassification,Sinus Rhythm\nSymptoms,\nSoftware Version,2.0\n\
        Device,\"Watch6,7\"\nSample Rate,512 hertz\n\n\nLead,Lead I\nUnit,µV\n\n57.992\n-82.900\n";

    #[test]
    fn an_export_is_read_in_every_language() {
        for text in [GERMAN, FRENCH, ITALIAN, ENGLISH] {
            assert!(is_translated(text), "{text}");
            let read = parse(text.as_bytes(), &Options::default()).unwrap();
            assert_eq!(read.sampling_rate_hz, 512.0);
            let [lead] = &read.leads[..] else {
                panic!("{text}");
            };
            assert_eq!((&lead.name, &lead.unit), (&LeadName::I, &Unit::Microvolt));
            assert_eq!(lead.samples.microvolts(), [57.992, -82.9]);
            assert_eq!(read.patient.name.as_deref(), Some("Erika Muster"));
            let born = read.patient.birth_date.unwrap();
            assert_eq!(born.to_string(), "1960-04-17", "{text}");
            let started = read.acquisition.started.unwrap();
            assert_eq!(started.to_string(), "2025-03-01T10:15:00");
            assert_eq!(read.acquisition.device.as_deref(), Some("Watch6,7"));
            assert_eq!(read.device_statements.len(), 1);
            assert!(read.comments.is_empty());
        }
    }

    #[test]
    fn a_day_of_birth_is_read_in_the_spellings_of_exports_and_no_ambiguous_one() {
        for text in [
            "1960-04-17",
            "17.04.1960",
            "17. April 1960",
            "Apr 17, 1960",
            "17 Apr 1960",
        ] {
            let born = birth_date(text).unwrap();
            assert_eq!(born.to_string(), "1960-04-17", "{text}");
        }
        for text in ["04/05/1960", "1960", "17 of April 1960"] {
            assert_eq!(birth_date(text), None, "{text}");
        }
    }

    #[test]
    fn a_table_with_a_head_is_no_export() {
        for text in [
            "Sampling rate,250 Hz\nUnit,mV\nI,II\n0.1,0.2\n",
            "Sampling rate,250 Hz\nUnit,mV\n0.1\n0.2\n",
            "Name,Lead I\nUnit,mV\n0.1\n0.2\n",
        ] {
            assert!(!is_translated(text), "{text}");
        }
    }
}
