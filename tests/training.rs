//! What the published corpora hold, read as they are published.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod shared;

use std::collections::HashMap;
use std::path::Path;

use heartbeatai::reading::vocabulary::statements;
use heartbeatai::training::corpus::{Example, counts, read_all};
use heartbeatai::training::split::{Protocol, split};
use heartbeatai::training::{Corpus, CorpusError, Kind};

fn corpus(dir: &Path, kind: Kind, name: &str) -> Corpus {
    Corpus {
        kind,
        dir: dir.join(name),
    }
}

fn positives(examples: &[Example]) -> HashMap<&'static str, usize> {
    statements()
        .iter()
        .zip(counts(examples))
        .map(|(statement, (positives, _))| (statement.id.as_str(), positives))
        .collect()
}

#[test]
fn ptb_xl_positives_are_those_of_its_table() {
    let Some(dir) = shared::folder("ecg") else {
        return;
    };
    let (examples, names) = read_all(&[corpus(&dir, Kind::PtbXl, "ptb-xl-normalised")]).unwrap();
    assert_eq!(
        (examples.len(), names[0].as_str()),
        (1593, "ptb-xl-normalised")
    );
    let found = positives(&examples);
    // Counted in ptbxl_database.csv with Python's ast and csv modules, likelihoods below 50 left out.
    for (id, expected) in [
        ("SR", 1280),
        ("AFIB", 106),
        ("LAFB", 120),
        ("CLBBB", 52),
        ("LVOLT", 21),
        ("PACE", 0),
    ] {
        assert_eq!(found[id], expected, "{id}");
    }
    assert_eq!(
        found["IMI"], 79,
        "109 with a code of the family, 30 of them doubtful"
    );
    assert_eq!(found["LAD"], 88, "extreme left type only");
}

#[test]
fn challenge_and_ludb_positives_are_those_of_their_headers() {
    let Some(dir) = shared::folder("ecg") else {
        return;
    };
    let (examples, _) = read_all(&[corpus(&dir, Kind::Cinc, "cpsc2018")]).unwrap();
    assert_eq!(examples.len(), 129);
    let found = positives(&examples);
    // grep -c over the headers; 59118001 and 713427006 are one statement, as are the two for PVC.
    for (id, expected) in [
        ("AFIB", 18),
        ("CRBBB", 26),
        ("PVC", 13),
        ("NORM", 16),
        ("STE_", 8),
    ] {
        assert_eq!(found[id], expected, "{id}");
    }
    let (examples, _) = read_all(&[corpus(&dir, Kind::Ludb, "ludb")]).unwrap();
    assert_eq!(examples.len(), 145);
    let found = positives(&examples);
    for (id, expected) in [
        ("SR", 99),
        ("AFIB", 11),
        ("IRBBB", 23),
        ("3AVB", 3),
        ("LVH", 0),
    ] {
        assert_eq!(found[id], expected, "{id}");
    }
}

#[test]
fn a_patient_with_records_in_both_ptb_xl_folders_stays_on_one_side() {
    let Some(dir) = shared::folder("ecg") else {
        return;
    };
    let (examples, _) = read_all(&[
        corpus(&dir, Kind::PtbXl, "ptb-xl"),
        corpus(&dir, Kind::PtbXl, "ptb-xl-normalised"),
    ])
    .unwrap();
    let mut folders: HashMap<&str, Vec<usize>> = HashMap::new();
    for example in &examples {
        folders
            .entry(&example.patient)
            .or_default()
            .push(example.domain);
    }
    let shared = folders
        .values()
        .filter(|own| own.contains(&0) && own.contains(&1))
        .count();
    assert!(
        shared > 0,
        "the two folders share patients, or this tests nothing"
    );
    let split = split(&examples, Protocol::Split, None, 1);
    let mut side: HashMap<&str, usize> = HashMap::new();
    for (number, part) in [&split.train, &split.validation, &split.test]
        .into_iter()
        .enumerate()
    {
        for &index in part {
            let patient = examples[index].patient.as_str();
            assert_eq!(*side.entry(patient).or_insert(number), number, "{patient}");
        }
    }
}

#[test]
fn a_folder_that_is_no_corpus_is_named_in_the_error() {
    let empty = tempfile::tempdir().unwrap();
    for kind in [Kind::Cinc, Kind::Ludb] {
        let error = read_all(&[Corpus {
            kind,
            dir: empty.path().to_owned(),
        }])
        .unwrap_err();
        assert!(matches!(error, CorpusError::Empty { .. }));
        assert!(
            error
                .to_string()
                .contains(&empty.path().display().to_string()),
            "{error}"
        );
    }
    let error = read_all(&[Corpus {
        kind: Kind::PtbXl,
        dir: empty.path().to_owned(),
    }])
    .unwrap_err();
    assert!(error.to_string().contains("ptbxl_database.csv"), "{error}");
    std::fs::write(
        empty.path().join("ptbxl_database.csv"),
        "ecg_id,patient_id\n1,2\n",
    )
    .unwrap();
    let error = read_all(&[Corpus {
        kind: Kind::PtbXl,
        dir: empty.path().to_owned(),
    }])
    .unwrap_err();
    assert!(error.to_string().contains("scp_codes"), "{error}");
    assert!("ptbxl=x".parse::<Corpus>().is_err());
    assert!("cinc=".parse::<Corpus>().is_err());
}

#[test]
fn two_folders_of_one_name_are_two_domains() {
    let dir = tempfile::tempdir().unwrap();
    let mut corpora = Vec::new();
    for (parent, code) in [("a", "164889003"), ("b", "426177001")] {
        let folder = dir.path().join(parent).join("site");
        std::fs::create_dir_all(folder.join("g1")).unwrap();
        std::fs::write(
            folder.join("g1/E00001.hea"),
            format!("E00001 12 500 5000\n# Dx: {code}\n"),
        )
        .unwrap();
        corpora.push(Corpus {
            kind: Kind::Cinc,
            dir: folder,
        });
    }
    let (examples, names) = read_all(&corpora).unwrap();
    assert_eq!(names, ["site", "site-2"]);
    assert_eq!((examples[0].domain, examples[1].domain), (0, 1));
}
