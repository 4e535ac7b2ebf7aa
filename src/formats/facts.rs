//! What stands beside the arrays of a file: its sampling rate, unit, gain and lead names, each under many names.

use crate::ecg::{LeadName, Sex};

use super::array::Known;
use super::fields;

/// What a number or a text is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Topic {
    /// Samples per second.
    Rate,
    /// Names of the leads.
    Leads,
    /// One unit for all leads, or one for each.
    Unit,
    /// Counts for one unit, for all leads or each, as in WFDB.
    Gain,
    /// Units in one count, as the conventions of CF and netCDF mean it.
    Scale,
    /// What CF adds to the scaled counts, in their unit.
    Offset,
    /// Perhaps units in one count, or bits of the converter: nobody says which.
    SomeScale,
    /// The patient's, in years.
    Age,
    /// The patient's, in a word.
    Sex,
}

const TOPICS: [(Topic, &[&str]); 9] = [
    (
        Topic::Rate,
        &[
            "fs",
            "fsamp",
            "sr",
            "srate",
            "sfreq",
            "sampfreq",
            "rate",
            "freq",
            "frequency",
            "hz",
            "samplerate",
            "samplefreq",
            "samplefrequency",
            "samplingrate",
            "samplingfreq",
            "samplingfrequency",
        ],
    ),
    (
        Topic::Leads,
        &[
            "lead",
            "leads",
            "leadname",
            "leadnames",
            "leadorder",
            "leadlabels",
            "channel",
            "channels",
            "channelname",
            "channelnames",
            "chname",
            "chnames",
            "signame",
            "signames",
            "signalname",
            "signalnames",
            // ecg-kit
            "desc",
        ],
    ),
    (Topic::Unit, &["unit", "units", "sigunits", "signalunits"]),
    (Topic::Gain, &["gain", "gains", "adcgain", "adcgains"]),
    (Topic::Scale, &["scalefactor"]),
    (Topic::Offset, &["addoffset"]),
    (
        Topic::SomeScale,
        &[
            "lsb",
            "lsbvalue",
            "resolution",
            "resolutions",
            "scale",
            "scales",
            "scaling",
            "unitspercount",
            "unitsperbit",
        ],
    ),
    (Topic::Age, &["age"]),
    (Topic::Sex, &["sex", "gender"]),
];

/// Letters and digits in lower case: names are spelled `sampling_rate`, `samplingRate`, `Sampling Rate` ...
pub(super) fn key(name: &str) -> String {
    let plain = name.chars().filter(|letter| letter.is_alphanumeric());
    plain.flat_map(char::to_lowercase).collect()
}

/// What a name says its value is about.
pub(super) fn topic(name: &str) -> Option<Topic> {
    let key = key(name);
    let is = |(_, names): &&(Topic, &[&str])| {
        let plain = key.strip_suffix("hz").filter(|plain| !plain.is_empty());
        names.contains(&key.as_str()) || plain.is_some_and(|plain| names.contains(&plain))
    };
    TOPICS.iter().find(is).map(|&(topic, _)| topic)
}

/// The name at the end of a path.
pub(super) fn leaf(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, leaf)| leaf)
}

/// The path of the group or structure that holds it, empty for the file itself.
fn owner(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(owner, _)| owner)
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Numbers(Vec<f64>),
    Words(Vec<String>),
    /// It is there and is not read.
    Unread,
}

/// A number or text, and the array or group it belongs to.
struct Fact {
    owner: String,
    topic: Option<Topic>,
    value: Value,
}

/// All of a file.
#[derive(Default)]
pub(super) struct Facts(Vec<Fact>);

/// Most facts that are kept: a file has a handful for each of its records.
const MOST: usize = 10_000;
/// Most entries of a list, and letters of a word, that can be about leads.
const MOST_ENTRIES: usize = 64;
/// Most letters of a word between commas; what has more is a sentence.
const LONGEST_LISTED: usize = 16;

impl Facts {
    /// Adds a value under its path (of an attribute: the path of what it is fixed to, then its name).
    pub(super) fn add(&mut self, path: &str, value: Value) {
        let value = match value {
            Value::Words(words) => Value::Words(listed(words)),
            other => other,
        };
        let entries = match &value {
            Value::Numbers(numbers) => numbers.len(),
            Value::Words(words) => words.len(),
            Value::Unread => 1,
        };
        if (1..=MOST_ENTRIES).contains(&entries) && self.0.len() < MOST {
            self.0.push(Fact {
                owner: owner(path).to_owned(),
                topic: topic(leaf(path)),
                value,
            });
        }
    }

    /// What is stated about the array of that path: by itself, by the nearest of its groups or, where none of these
    /// says it, with one voice by those parts of the file that hold no array. `arrays` are the paths of all, sorted.
    pub(super) fn of(&self, path: &str, arrays: &[&str]) -> Known {
        let about = Scope {
            facts: &self.0,
            path,
            arrays,
        };
        let mostly_leads = |fact: &Fact| match (fact.topic, &fact.value) {
            (None, Value::Words(words)) if are_leads(words) => Some(words.clone()),
            _ => None,
        };
        let names = about.stated(|fact| match (fact.topic, &fact.value) {
            (Some(Topic::Leads), Value::Words(words)) => Some(words.clone()),
            (Some(Topic::Leads), Value::Unread) => Some(Vec::new()),
            _ => None,
        });
        Known {
            rate_hz: about.stated(rate),
            names_unread: names.as_ref().is_some_and(Vec::is_empty),
            names: names
                .or_else(|| about.stated(mostly_leads))
                .unwrap_or_default(),
            units: about.stated(units).unwrap_or_default(),
            gains: about.stated(gains).unwrap_or_default(),
            scales: about.nearest(scales).unwrap_or_default(),
            offsets: about.nearest(offsets).unwrap_or_default(),
            other_scale: about.stated(other_scale),
            age_years: about.stated(age),
            sex: about.stated(sex),
        }
    }
}

/// A single text may list several words.
fn listed(words: Vec<String>) -> Vec<String> {
    let parts = |list: &str| -> Vec<String> {
        let parts = list.split([',', ';']);
        parts.map(|word| word.trim().to_owned()).collect()
    };
    let words = match words.as_slice() {
        [list] if parts(list).iter().all(|word| word.len() <= LONGEST_LISTED) => parts(list),
        _ => words,
    };
    let short = |word: &String| word.trim().chars().take(MOST_ENTRIES).collect();
    words.iter().take(MOST_ENTRIES + 1).map(short).collect()
}

/// Whether most of several words are names of leads.
fn are_leads(words: &[String]) -> bool {
    let known = |word: &&String| !matches!(LeadName::parse(word), LeadName::Other(_));
    words.len() > 1 && words.iter().filter(known).count() * 2 > words.len()
}

/// One number (or the same for every lead), also as text: `500 Hz`.
fn rate(fact: &Fact) -> Option<f64> {
    if fact.topic != Some(Topic::Rate) {
        return None;
    }
    match &fact.value {
        Value::Numbers(numbers) => {
            let &first = numbers.first()?;
            numbers.iter().all(|&own| own == first).then_some(first)
        }
        Value::Words(words) => {
            let text = words.first()?.trim();
            fields::number(text.trim_end_matches(['H', 'h', 'Z', 'z']))
        }
        Value::Unread => None,
    }
}

fn units(fact: &Fact) -> Option<Vec<String>> {
    match (fact.topic, &fact.value) {
        (Some(Topic::Unit), Value::Words(words)) => {
            (!words.iter().all(String::is_empty)).then(|| words.clone())
        }
        _ => None,
    }
}

fn gains(fact: &Fact) -> Option<Vec<f64>> {
    match (fact.topic, &fact.value) {
        (Some(Topic::Gain), Value::Numbers(gains)) => {
            let sound = |gain: &f64| gain.is_finite() && *gain > 0.0;
            // A gain of one says nothing.
            let says = gains.iter().all(sound) && gains.iter().any(|&gain| gain != 1.0);
            says.then(|| gains.clone())
        }
        _ => None,
    }
}

fn scales(fact: &Fact) -> Option<Vec<f64>> {
    match (fact.topic, &fact.value) {
        (Some(Topic::Scale), Value::Numbers(scales)) => {
            let sound = |scale: &f64| scale.is_finite() && *scale != 0.0;
            scales.iter().all(sound).then(|| scales.clone())
        }
        _ => None,
    }
}

fn offsets(fact: &Fact) -> Option<Vec<f64>> {
    match (fact.topic, &fact.value) {
        (Some(Topic::Offset), Value::Numbers(offsets)) => offsets
            .iter()
            .all(|own| own.is_finite())
            .then(|| offsets.clone()),
        _ => None,
    }
}

/// A scale of one says nothing.
fn other_scale(fact: &Fact) -> Option<f64> {
    match (fact.topic, &fact.value) {
        (Some(Topic::SomeScale), Value::Numbers(scales)) => {
            scales.iter().copied().find(|&scale| scale != 1.0)
        }
        _ => None,
    }
}

fn age(fact: &Fact) -> Option<f64> {
    let value = match (fact.topic, &fact.value) {
        (Some(Topic::Age), Value::Numbers(numbers)) => match numbers.as_slice() {
            [one] => *one,
            _ => return None,
        },
        (Some(Topic::Age), Value::Words(words)) => fields::number(words.first()?)?,
        _ => return None,
    };
    fields::age(value, "")
}

fn sex(fact: &Fact) -> Option<Sex> {
    match (fact.topic, &fact.value) {
        (Some(Topic::Sex), Value::Words(words)) => fields::sex(words.first()?),
        _ => None,
    }
}

struct Scope<'a> {
    facts: &'a [Fact],
    path: &'a str,
    /// Paths of all arrays of the file.
    arrays: &'a [&'a str],
}

impl Scope<'_> {
    /// What the array says itself, or the nearest of its groups.
    fn nearest<T>(&self, read: impl Fn(&Fact) -> Option<T>) -> Option<T> {
        let mut owners = std::iter::successors(Some(self.path), |path| {
            (!path.is_empty()).then(|| owner(path))
        });
        owners.find_map(|owner| {
            let own = self.facts.iter().filter(|fact| fact.owner == owner);
            own.filter_map(&read).next()
        })
    }

    fn stated<T: PartialEq>(&self, read: impl Fn(&Fact) -> Option<T>) -> Option<T> {
        if let Some(stated) = self.nearest(&read) {
            return Some(stated);
        }
        let mut elsewhere = self
            .facts
            .iter()
            .filter_map(|fact| Some((fact, read(fact)?)))
            .filter(|(fact, _)| !self.holds_an_array(&fact.owner))
            .map(|(_, stated)| stated);
        let first = elsewhere.next()?;
        elsewhere.all(|other| other == first).then_some(first)
    }

    /// Whether an array has that path, or lies in it.
    fn holds_an_array(&self, owner: &str) -> bool {
        let inside = format!("{owner}/");
        let next = self
            .arrays
            .partition_point(|&array| array < inside.as_str());
        let next = self.arrays.get(next);
        owner.is_empty()
            || self.arrays.binary_search(&owner).is_ok()
            || next.is_some_and(|array| array.starts_with(&inside))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Value {
        Value::Words(words.iter().map(|&word| word.to_owned()).collect())
    }

    #[test]
    fn names_are_known_in_any_spelling() {
        for (name, about) in [
            ("Fs", Some(Topic::Rate)),
            ("SampleRate", Some(Topic::Rate)),
            ("sampling_frequency (Hz)", Some(Topic::Rate)),
            ("fs_hz", Some(Topic::Rate)),
            ("Hz", Some(Topic::Rate)),
            ("lead_order", Some(Topic::Leads)),
            ("adc_gain", Some(Topic::Gain)),
            ("scale_factor", Some(Topic::Scale)),
            ("add_offset", Some(Topic::Offset)),
            ("LSB", Some(Topic::SomeScale)),
            ("heart_rate", None),
            ("labels", None),
        ] {
            assert_eq!(topic(name), about, "{name}");
        }
    }

    #[test]
    fn the_nearest_statement_counts() {
        let mut facts = Facts::default();
        facts.add("fs", Value::Numbers(vec![100.0]));
        facts.add("a/fs", Value::Numbers(vec![250.0]));
        facts.add("a/ecg/fs", Value::Numbers(vec![500.0, 500.0]));
        let arrays = ["a/ecg", "a/ppg", "b/ecg"];
        for (path, rate) in [("a/ecg", 500.0), ("a/ppg", 250.0), ("b/ecg", 100.0)] {
            assert_eq!(facts.of(path, &arrays).rate_hz, Some(rate), "{path}");
        }
    }

    #[test]
    fn what_describes_another_array_does_not_count() {
        let mut facts = Facts::default();
        facts.add("ppg/fs", Value::Numbers(vec![125.0]));
        facts.add("header/unit", words(&["mV"]));
        let known = facts.of("ecg", &["ecg", "ppg"]);
        assert_eq!(known.rate_hz, None);
        assert_eq!(known.units, ["mV"]);
        facts.add("other/unit", words(&["uV"]));
        assert!(facts.of("ecg", &["ecg"]).units.is_empty(), "two voices");
    }

    #[test]
    fn words_name_the_leads_only_where_they_say_so_or_are_such_names() {
        let mut facts = Facts::default();
        facts.add("units", words(&["mV", "mV"]));
        facts.add("labels", words(&["NORM", "I"]));
        assert!(facts.of("ecg", &["ecg"]).names.is_empty());
        facts.add("order", words(&["II", "V1"]));
        assert_eq!(facts.of("ecg", &["ecg"]).names, ["II", "V1"]);
        facts.add("desc", words(&["a tracing of a patient, at rest"]));
        assert_eq!(facts.of("ecg", &["ecg"]).names.len(), 1, "a sentence");
        facts.add("ecg/leads", words(&["one, two"]));
        assert_eq!(facts.of("ecg", &["ecg"]).names, ["one", "two"]);
    }
}
