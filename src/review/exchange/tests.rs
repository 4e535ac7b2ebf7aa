#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::ecg::{BeatKind, LeadName, WaveBoundary};
use crate::review::{Claim, Decision, Fiducial, Mark, Place, Verdict};
use crate::simulate::{Settings, condition, simulate};
use crate::training::corpus::{Corpus, Kind, read_all};

/// A tracing on disk and in a project of its own.
fn begin(dir: &Path, names: &[&str]) -> (Project, Vec<String>) {
    let mut project = Project::open(&dir.join("p.sqlite")).unwrap();
    let mut contents = Vec::new();
    for (seed, name) in (1..).zip(names) {
        let mut recording = simulate(
            condition("sinus_rhythm").unwrap(),
            seed,
            &Settings::default(),
        )
        .recording;
        recording.name = (*name).to_owned();
        let path = wfdb::write(&recording, dir).unwrap();
        let identity = Identity::of(&formats::open(&path).unwrap());
        project.see(&identity, Some(&path)).unwrap();
        contents.push(identity.content);
    }
    (project, contents)
}

fn verdict() -> impl Strategy<Value = Verdict> {
    prop_oneof![
        Just(Verdict::Present),
        Just(Verdict::Absent),
        Just(Verdict::Uncertain)
    ]
}

fn decision() -> impl Strategy<Value = Decision> {
    let machine =
        ("\\PC{1,12}", 0.0_f32..=1.0, 0.0_f32..=1.0).prop_map(|(model, probability, threshold)| {
            Claim::Machine {
                model,
                probability,
                threshold,
            }
        });
    let device = "[^\\s]\\PC{0,20}".prop_map(|words| Claim::Device { words });
    let answers = proptest::option::of(prop_oneof![machine, device]);
    let instead = proptest::option::of(Just("PVC".to_owned()));
    (verdict(), answers, instead).prop_map(|(verdict, answers, instead_of)| Decision {
        verdict,
        answers,
        instead_of,
    })
}

fn leads() -> impl Strategy<Value = Vec<LeadName>> {
    let some = [
        LeadName::II,
        LeadName::AVR,
        LeadName::V5,
        LeadName::Other("MLII".into()),
    ];
    proptest::sample::subsequence(some.to_vec(), 0..=4)
}

fn mark() -> impl Strategy<Value = Mark> {
    let span = (0_i64..9_000_000, 1_i64..1_000_000, "[^\\s]\\PC{0,30}").prop_map(
        |(from_us, lasts, label)| Place::Span {
            from_us,
            to_us: from_us + lasts,
            label,
        },
    );
    let beat = (
        0_i64..10_000_000,
        proptest::sample::select(BeatKind::ALL.to_vec()),
    )
        .prop_map(|(at_us, beat)| Place::Beat { at_us, beat });
    (leads(), prop_oneof![span, beat]).prop_map(|(leads, place)| Mark { leads, place })
}

fn fiducial() -> impl Strategy<Value = Fiducial> {
    let boundary = prop_oneof![
        Just(WaveBoundary::POn),
        Just(WaveBoundary::QrsOff),
        Just(WaveBoundary::TOff)
    ];
    let lead = proptest::option::of(Just(LeadName::V2));
    // Moved, added or taken away, never none of it.
    let place = prop_oneof![
        (0_i64..10_000_000, 0_i64..10_000_000).prop_map(|(was, at)| (Some(was), Some(at))),
        (0_i64..10_000_000).prop_map(|at| (None, Some(at))),
        (0_i64..10_000_000).prop_map(|was| (Some(was), None)),
    ];
    (boundary, lead, place).prop_map(|(boundary, lead, (was_us, at_us))| Fiducial {
        boundary,
        lead,
        was_us,
        at_us,
    })
}

fn content() -> impl Strategy<Value = Content> {
    let ids = [
        "AFIB",
        "SR",
        "PVC",
        "LVH",
        "IMI",
        "NORM",
        "STD_",
        "snomed-ct:251198002",
        "scp-ecg:PRC(S)",
    ];
    let findings = proptest::collection::btree_map(
        proptest::sample::select(ids.to_vec()).prop_map(str::to_owned),
        decision(),
        0..6,
    );
    let marks = proptest::collection::btree_map(1_u64..50, mark(), 0..5);
    let points = proptest::collection::btree_map(50_u64..90, fiducial(), 0..3);
    // Blanks within, quotes, line breaks, letters of any script; never at the ends, where they mean nothing.
    let conclusion = "([^\\s\\x00]([\\PC\\n ]{0,40}[^\\s\\x00])?)?";
    (findings, marks, points, conclusion).prop_map(|(findings, marks, fiducials, conclusion)| {
        Content {
            findings,
            marks,
            fiducials,
            conclusion: conclusion.trim().to_owned(),
        }
    })
}

/// Exports what Ada said, takes it into a new project, and returns what is there.
fn there_and_back(said: &Content, format: Format) -> Content {
    let dir = tempfile::tempdir().unwrap();
    let (mut project, tracings) = begin(dir.path(), &["A0001"]);
    project.replace(&tracings[0], "Ada", said).unwrap();
    let out = dir.path().join("out");
    let report = export(&project, format, &out, None).unwrap();
    assert_eq!(
        (report.reviews, report.left_out.len()),
        (1, 0),
        "{report:?}"
    );
    let mut other = Project::in_memory().unwrap();
    let report = import(&mut other, format, &out, Some("Ada")).unwrap();
    assert_eq!(report.left_out, Vec::<String>::new());
    other.review(&tracings[0], "Ada").unwrap().content
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_lost_on_the_way_there_and_back(said in content()) {
        prop_assume!(!said.is_empty());
        for format in [Format::Csv, Format::Json, Format::Cinc, Format::PtbXl] {
            prop_assert_eq!(&there_and_back(&said, format), &said, "{:?}", format);
        }
    }

    #[test]
    fn annotations_keep_every_mark_and_boundary_to_the_microsecond(said in content()) {
        prop_assume!(!said.marks.is_empty() || !said.fiducials.is_empty());
        let back = there_and_back(&said, Format::Wfdb);
        // Numbers are given anew.
        let marks = |content: &Content| {
            let mut marks: Vec<String> = content.marks.values().map(|mark| format!("{mark:?}")).collect();
            marks.sort();
            marks
        };
        prop_assert_eq!(marks(&back), marks(&said));
        let points = |content: &Content| {
            let mut points: Vec<String> = content.fiducials.values().map(|point| format!("{point:?}")).collect();
            points.sort();
            points
        };
        prop_assert_eq!(points(&back), points(&said));
    }
}

#[test]
fn signed_versions_survive_in_json_with_who_and_when() {
    let dir = tempfile::tempdir().unwrap();
    let (mut project, tracings) = begin(dir.path(), &["r1"]);
    let own = |id: &str| Change::Finding(id.into(), Some(Decision::own(Verdict::Present)));
    project.record(&tracings[0], "Ada", &[own("AFIB")]).unwrap();
    project.sign(&tracings[0], "Ada").unwrap();
    project
        .amend(&tracings[0], "Ada", "PVC overlooked")
        .unwrap();
    project.record(&tracings[0], "Ada", &[own("PVC")]).unwrap();
    project.sign(&tracings[0], "Ada").unwrap();
    project.amend(&tracings[0], "Ada", "once more").unwrap();
    project.record(&tracings[0], "Ada", &[own("LVH")]).unwrap();
    let report = export(&project, Format::Json, dir.path(), None).unwrap();
    let mut other = Project::in_memory().unwrap();
    import(&mut other, Format::Json, &report.files[0], None).unwrap();
    let (had, has) = (
        project.review(&tracings[0], "Ada").unwrap(),
        other.review(&tracings[0], "Ada").unwrap(),
    );
    assert_eq!(has.versions, had.versions);
    assert_eq!((has.content, has.amendment), (had.content, had.amendment));
    // A second time nothing happens.
    let events = other.log().unwrap().len();
    import(&mut other, Format::Json, &report.files[0], None).unwrap();
    assert_eq!(other.log().unwrap().len(), events);
}

#[test]
fn the_corpus_reader_of_training_reads_what_was_said() {
    let dir = tempfile::tempdir().unwrap();
    // Names of a published corpus, whose rules must not be taken for the reviewers'.
    let (mut project, tracings) = begin(dir.path(), &["A0001", "A0002", "JS20000"]);
    let said = |id: &str, verdict| Change::Finding(id.into(), Some(Decision::own(verdict)));
    let (present, absent) = (Verdict::Present, Verdict::Absent);
    let first = [
        said("AFIB", present),
        said("LVH", present),
        said("NORM", absent),
    ];
    project.record(&tracings[0], "Ada", &first).unwrap();
    project
        .record(
            &tracings[1],
            "Ada",
            &[said("SR", present), said("LAD", present)],
        )
        .unwrap();
    project
        .record(
            &tracings[2],
            "Ada",
            &[said("AFIB", Verdict::Uncertain), said("IMI", present)],
        )
        .unwrap();
    let of = |labels: &[Option<bool>], id: &str| {
        let statements = crate::reading::vocabulary::statements();
        labels[statements
            .iter()
            .position(|statement| statement.id == id)
            .unwrap()]
    };
    for (format, kind) in [(Format::Cinc, Kind::Cinc), (Format::PtbXl, Kind::PtbXl)] {
        let out = dir.path().join(kind.to_string());
        let report = export(&project, format, &out, None).unwrap();
        assert_eq!(report.left_out, Vec::<String>::new());
        let (examples, _) = read_all(&[Corpus { kind, dir: out }]).unwrap();
        assert_eq!(examples.len(), 3);
        let labels: Vec<_> = examples
            .iter()
            .map(|example| example.labels.as_slice())
            .collect();
        assert_eq!(
            (of(labels[0], "AFIB"), of(labels[0], "LVH")),
            (Some(true), Some(true)),
            "{kind}"
        );
        assert_eq!(
            (of(labels[1], "AFIB"), of(labels[1], "SR")),
            (Some(false), Some(true)),
            "{kind}"
        );
        assert_eq!(of(labels[1], "LAD"), Some(true), "{kind}");
        assert_eq!(of(labels[0], "SR"), Some(false), "{kind}");
        if kind == Kind::PtbXl {
            assert_eq!(of(labels[2], "AFIB"), None, "doubt is no negative");
            assert_eq!(
                of(labels[2], "IMI"),
                Some(true),
                "SNOMED CT has no concept for it in the table"
            );
        }
        assert!(examples[0].source.open().is_ok());
    }
}

#[test]
fn labels_of_others_are_taken_in_and_unknown_codes_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut recording = simulate(
        condition("atrial_fibrillation").unwrap(),
        3,
        &Settings::default(),
    )
    .recording;
    recording.diagnoses.push(crate::ecg::Diagnosis {
        system: "snomed-ct".into(),
        code: "251198002".into(),
    });
    let theirs = dir.path().join("theirs");
    wfdb::write(&recording, &theirs).unwrap();
    let mut project = Project::in_memory().unwrap();
    let nobody = import(&mut project, Format::Cinc, &theirs, None).unwrap();
    assert_eq!(
        (nobody.reviews, nobody.left_out.len()),
        (0, 1),
        "whose word is it?"
    );
    import(&mut project, Format::Cinc, &theirs, Some("Chapman")).unwrap();
    let content = Identity::of(&recording).content;
    let review = project.review(&content, "Chapman").unwrap();
    let ids: Vec<_> = review.content.present().collect();
    assert_eq!(ids, ["AFIB", "snomed-ct:251198002"]);
}

#[test]
fn where_readers_differ_and_nobody_has_the_last_word_nothing_is_made_up() {
    let dir = tempfile::tempdir().unwrap();
    let (mut project, tracings) = begin(dir.path(), &["r1"]);
    let said = |verdict| [Change::Finding("AFIB".into(), Some(Decision::own(verdict)))];
    project
        .record(&tracings[0], "Ada", &said(Verdict::Present))
        .unwrap();
    project
        .record(&tracings[0], "Bo", &said(Verdict::Absent))
        .unwrap();
    let out = dir.path().join("out");
    let report = export(&project, Format::Cinc, &out, None).unwrap();
    assert_eq!((report.reviews, report.left_out.len()), (0, 1));
    let bo = export(&project, Format::Cinc, &out, Some("Bo")).unwrap();
    assert_eq!(bo.reviews, 1);
    let settings = crate::review::ProjectSettings {
        adjudicator: Some("Ada".into()),
        ..Default::default()
    };
    project.set("Ada", &settings).unwrap();
    assert_eq!(
        export(&project, Format::Cinc, &out, None).unwrap().reviews,
        1
    );
}
