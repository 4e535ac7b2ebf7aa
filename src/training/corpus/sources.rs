//! What each source means by its codes, from `assets/sources.toml`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Example, Kind, Record};
use crate::reading::vocabulary;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    id: String,
    kind: Kind,
    name: String,
    licence: Option<String>,
    #[serde(default)]
    folders: BTreeSet<String>,
    #[serde(default)]
    records: String,
    digits: Option<usize>,
    from: Option<u64>,
    to: Option<u64>,
    only: Option<BTreeSet<String>>,
    #[serde(default)]
    except: BTreeSet<String>,
    #[serde(default)]
    rule: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    codes: Vec<String>,
    #[serde(default)]
    instead: bool,
    #[serde(default)]
    present: Vec<String>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    unknown: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    source: Vec<Source>,
}

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    // Compiled in and parsed by a test, so a failure here cannot reach a user.
    toml::from_str::<File>(include_str!("../../../assets/sources.toml"))
        .map(|file| file.source)
        .unwrap_or_default()
});

/// Under which names and licences a corpus was published, for a corpus as a card has it (`cinc=chapman-ningbo`): of
/// every source of its kind that lies in a folder of that name. Empty for a corpus of one's own.
pub fn published(corpus: &str) -> Vec<(&'static str, &'static str)> {
    let Some((kind, folder)) = corpus.split_once('=') else {
        return Vec::new();
    };
    let named = SOURCES
        .iter()
        .filter(|source| source.kind.to_string() == kind && source.folders.contains(folder));
    named
        .filter_map(|source| Some((source.name.as_str(), source.licence.as_deref()?)))
        .collect()
}

/// The licences of all that [`published`] finds, if it finds anything.
pub fn licence(corpus: &str) -> Option<String> {
    let mut licences: Vec<&str> = published(corpus).iter().map(|(_, own)| *own).collect();
    licences.dedup();
    (!licences.is_empty()).then(|| licences.join(", "))
}

impl Source {
    fn holds(&self, kind: Kind, record: &str) -> bool {
        if self.kind != kind {
            return false;
        }
        let Some(rest) = record.strip_prefix(self.records.as_str()) else {
            return false;
        };
        if self.records.is_empty() {
            return true;
        }
        let Ok(number) = rest.parse::<u64>() else {
            return false;
        };
        self.digits.is_none_or(|digits| rest.len() == digits)
            && self.from.is_none_or(|from| number >= from)
            && self.to.is_none_or(|to| number <= to)
    }

    fn matches(&self, code: &str, pattern: &str) -> bool {
        if self.kind == Kind::Ludb {
            code.get(..pattern.len())
                .is_some_and(|head| head.eq_ignore_ascii_case(pattern))
        } else {
            code == pattern
        }
    }

    fn label(&self, record: &Record) -> Vec<Option<bool>> {
        let (mut present, mut absent, mut unknown) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        let mut replaced = BTreeSet::new();
        for rule in &self.rule {
            let stated: Vec<_> = record
                .stated
                .iter()
                .filter(|code| rule.codes.iter().any(|pattern| self.matches(code, pattern)))
                .collect();
            if stated.is_empty() {
                continue;
            }
            if rule.instead {
                replaced.extend(stated);
            }
            present.extend(rule.present.iter().map(String::as_str));
            absent.extend(rule.absent.iter().map(String::as_str));
            unknown.extend(rule.unknown.iter().map(String::as_str));
        }
        for code in record.stated.iter().filter(|code| !replaced.contains(code)) {
            present.extend(self.meaning(code));
        }
        for code in &record.doubtful {
            unknown.extend(self.meaning(code));
        }
        vocabulary::statements()
            .iter()
            .map(|statement| {
                let id = statement.id.as_str();
                if self.except.contains(id) {
                    None
                } else if present.contains(id) {
                    Some(true)
                } else if unknown.contains(id) {
                    None
                } else if absent.contains(id)
                    || self.only.as_ref().is_none_or(|only| only.contains(id))
                {
                    Some(false)
                } else {
                    None
                }
            })
            .collect()
    }

    /// Whether a code of the Challenge layout is one that neither the vocabulary nor a rule knows.
    fn is_strange(&self, code: &str) -> bool {
        let ruled = || {
            let mut codes = self.rule.iter().flat_map(|rule| &rule.codes);
            codes.any(|pattern| self.matches(code, pattern))
        };
        self.kind == Kind::Cinc && self.meaning(code).is_empty() && !ruled()
    }

    fn meaning(&self, code: &str) -> Vec<&'static str> {
        match self.kind {
            Kind::PtbXl => vocabulary::by_scp(code)
                .map(|statement| statement.id.as_str())
                .collect(),
            Kind::Cinc => vocabulary::by_snomed(code)
                .map(|statement| statement.id.as_str())
                .into_iter()
                .collect(),
            Kind::Ludb => Vec::new(),
            // The simulator states ids of conditions, which only rules know, and of statements.
            Kind::Simulated => vocabulary::find(code)
                .map(|statement| statement.id.as_str())
                .into_iter()
                .collect(),
        }
    }
}

/// Interprets the codes of the records of one corpus. A statement without a positive among the records of one
/// source is unknown to that source. What a person should know of that goes to `note`.
pub(super) fn label(
    records: Vec<Record>,
    kind: Kind,
    domain: usize,
    folder: &str,
    note: &mut dyn FnMut(String),
) -> Vec<Example> {
    let mut by_name: BTreeMap<&str, usize> = BTreeMap::new();
    let mut strange: BTreeMap<String, usize> = BTreeMap::new();
    let mut positives: HashMap<&str, Vec<bool>> = HashMap::new();
    let mut labelled = Vec::with_capacity(records.len());
    for record in records {
        let source = SOURCES
            .iter()
            .find(|source| source.holds(kind, &record.name));
        let Some(source) = source else { continue };
        if !source.records.is_empty() && !source.folders.contains(folder) {
            *by_name.entry(source.name.as_str()).or_default() += 1;
        }
        for code in record.stated.iter().filter(|code| source.is_strange(code)) {
            *strange.entry(code.clone()).or_default() += 1;
        }
        let labels = source.label(&record);
        let seen = positives
            .entry(&source.id)
            .or_insert_with(|| vec![false; labels.len()]);
        for (seen, label) in seen.iter_mut().zip(&labels) {
            *seen |= *label == Some(true);
        }
        labelled.push((source, record, labels));
    }
    for (name, count) in by_name {
        note(format!(
            "labelled by the rules of {name}, to which their names point: {count} records; rename them if they are your own"
        ));
    }
    if !strange.is_empty() {
        let codes: Vec<String> = strange
            .iter()
            .map(|(code, count)| format!("{code} ({count})"))
            .collect();
        note(format!(
            "codes for which no statement of this program stands, with the number of records: {}",
            codes.join(", ")
        ));
    }
    labelled
        .into_iter()
        .map(|(source, record, mut labels)| {
            if let Some(seen) = positives.get(source.id.as_str()) {
                for (label, seen) in labels.iter_mut().zip(seen) {
                    *label = label.filter(|_| *seen);
                }
            }
            Example {
                source: record.source,
                domain,
                patient: record.patient,
                fold: record.fold,
                labels,
            }
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn record(name: &str, stated: &[&str], doubtful: &[&str]) -> Record {
        Record {
            source: super::super::Source::File(name.into()),
            name: name.into(),
            patient: name.into(),
            fold: None,
            stated: stated.iter().map(|&code| code.to_owned()).collect(),
            doubtful: doubtful.iter().map(|&code| code.to_owned()).collect(),
        }
    }

    fn source(id: &str) -> &'static Source {
        SOURCES.iter().find(|source| source.id == id).unwrap()
    }

    fn of(labels: &[Option<bool>], id: &str) -> Option<bool> {
        labels[vocabulary::statements()
            .iter()
            .position(|statement| statement.id == id)
            .unwrap()]
    }

    #[test]
    fn every_statement_named_in_the_table_exists() {
        let file: File = toml::from_str(include_str!("../../../assets/sources.toml")).unwrap();
        for source in &file.source {
            let rules = source
                .rule
                .iter()
                .flat_map(|rule| [&rule.present, &rule.absent, &rule.unknown]);
            let named = rules
                .flatten()
                .chain(&source.except)
                .chain(source.only.iter().flatten());
            for id in named {
                assert!(vocabulary::find(id).is_some(), "{}: {id}", source.id);
            }
        }
    }

    #[test]
    fn the_silence_of_cpsc_on_low_voltage_is_no_negative() {
        let labels = source("cpsc2018").label(&record("A0001", &["59118001"], &[]));
        assert_eq!(of(&labels, "CRBBB"), Some(true));
        assert_eq!(of(&labels, "AFIB"), Some(false));
        assert_eq!(of(&labels, "LVOLT"), None);
        assert_eq!(of(&labels, "SR"), None);
        let normal = source("cpsc2018").label(&record("A0002", &["426783006"], &[]));
        assert_eq!(
            (of(&normal, "NORM"), of(&normal, "SR")),
            (Some(true), Some(true))
        );
    }

    #[test]
    fn ptb_xl_likelihoods_below_fifty_are_unknown() {
        let labels = source("ptb-xl").label(&record("1", &["SR", "axis:LAD"], &["IMI"]));
        assert_eq!(of(&labels, "SR"), Some(true));
        assert_eq!(of(&labels, "IMI"), None);
        assert_eq!(of(&labels, "AMI"), Some(false));
        assert_eq!(
            of(&labels, "LAD"),
            None,
            "the German left type is no left axis deviation"
        );
        assert_eq!(of(&labels, "RAD"), Some(false));
    }

    #[test]
    fn st_depression_is_unknown_where_ptb_xl_wrote_ischaemia() {
        let labels = source("ptb-xl").label(&record("1", &["ISC_", "axis:MID"], &[]));
        assert_eq!(of(&labels, "ISC_"), Some(true));
        assert_eq!(of(&labels, "STD_"), None);
        let both = source("ptb-xl").label(&record("1", &["ISC_", "STD_"], &[]));
        assert_eq!(of(&both, "STD_"), Some(true));
    }

    #[test]
    fn flutter_in_ningbo_may_be_fibrillation() {
        assert!(source("chapman").holds(Kind::Cinc, "JS10646"));
        assert!(source("ningbo").holds(Kind::Cinc, "JS10647"));
        let labels = source("ningbo").label(&record("JS13888", &["164890007"], &[]));
        assert_eq!((of(&labels, "AFLT"), of(&labels, "AFIB")), (None, None));
        assert_eq!(of(&labels, "SR"), Some(false));
        let labels = source("chapman").label(&record("JS00005", &["164890007"], &[]));
        assert_eq!(of(&labels, "AFLT"), Some(true));
    }

    #[test]
    fn ludb_phrases_are_read_from_their_beginning() {
        let labels = source("ludb").label(&record(
            "1",
            &[
                "Rhythm: Sinus bradycardia.",
                "Incomplete right bundle branch block.",
                "III degree AV-block.",
            ],
            &[],
        ));
        assert_eq!(of(&labels, "SBRAD"), Some(true));
        assert_eq!(of(&labels, "IRBBB"), Some(true));
        assert_eq!(of(&labels, "CRBBB"), Some(false));
        assert_eq!(of(&labels, "3AVB"), Some(true));
        assert_eq!(of(&labels, "1AVB"), Some(false));
    }

    #[test]
    fn a_statement_that_a_source_never_uses_is_unknown_there() {
        let examples = label(
            vec![
                record("JS00001", &["164889003"], &[]),
                record("JS00002", &["426177001"], &[]),
            ],
            Kind::Cinc,
            0,
            "",
            &mut |_| (),
        );
        assert_eq!(of(&examples[0].labels, "SBRAD"), Some(false));
        assert_eq!(of(&examples[1].labels, "AFIB"), Some(false));
        assert_eq!(of(&examples[1].labels, "LNGQT"), None);
    }

    #[test]
    fn a_record_of_ones_own_is_not_taken_for_a_published_one() {
        let held = |name: &str| {
            let source = SOURCES.iter().find(|source| source.holds(Kind::Cinc, name));
            source.unwrap().id.as_str()
        };
        assert_eq!(held("A0001"), "cpsc2018");
        assert_eq!(held("JS45551"), "ningbo");
        for own in ["A7001", "A1", "A00001", "JS45552", "I0100", "HR1", "B0001"] {
            assert_eq!(held(own), "cinc", "{own}");
        }
    }

    #[test]
    fn what_names_and_codes_are_taken_for_is_said() {
        let mut notes = Vec::new();
        let records = vec![
            record("A0001", &["164889003", "12345"], &[]),
            record("ward-7", &["426783006"], &[]),
        ];
        label(records, Kind::Cinc, 0, "ward", &mut |note| notes.push(note));
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].starts_with("labelled by the rules of China Physiological"));
        assert!(notes[1].ends_with("12345 (1)"), "{}", notes[1]);
    }
}
