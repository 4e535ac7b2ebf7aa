#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::ecg::{BeatKind, Lead, LeadName, LeadOrigin, Recording, Samples, Unit, WaveBoundary};
use crate::reading::vocabulary;

fn recording(name: &str, peak: f64) -> Recording {
    let mut recording = Recording::new(name, "test", 500.0);
    recording.patient.id = Some("4711".into());
    recording.leads.push(Lead {
        name: LeadName::II,
        unit: Unit::Microvolt,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: 500.0,
        samples: Samples::from_microvolts(vec![0.0, peak, f64::NAN]),
    });
    recording
}

/// A project in a folder that lives as long, and the content id of one tracing in it.
fn project() -> (tempfile::TempDir, Project, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut project = Project::open(&folder.path().join("deep").join("p.sqlite")).unwrap();
    let identity = Identity::of(&recording("r1", 900.0));
    project.see(&identity, None).unwrap();
    (folder, project, identity.content)
}

fn found(id: &str) -> Change {
    Change::Finding(id.into(), Some(Decision::own(Verdict::Present)))
}

fn present(review: &Review) -> Vec<&str> {
    review.content.present().collect()
}

#[test]
fn a_tracing_is_known_by_its_samples_and_not_by_its_name() {
    let one = Identity::of(&recording("a", 900.0));
    assert_eq!(one.content, Identity::of(&recording("b", 900.0)).content);
    assert_ne!(one.content, Identity::of(&recording("a", 901.0)).content);
    let mut derived = recording("a", 900.0);
    let mut lead = derived.leads[0].clone();
    (lead.name, lead.origin) = (LeadName::AVR, LeadOrigin::Derived);
    derived.leads.push(lead);
    assert_eq!(one.content, Identity::of(&derived).content);
}

#[test]
fn what_is_entered_is_there_when_the_project_is_opened_again() {
    let (_folder, mut project, tracing) = project();
    let claim = Claim::Machine {
        model: "m".into(),
        probability: 0.91,
        threshold: 0.4,
    };
    let confirm = Decision::on(claim.clone(), Verdict::Present);
    let mark = Mark::span(vec![LeadName::II], 2.5, 1.25, "AFIB").unwrap();
    let beat = Mark::beat(Vec::new(), 0.4, BeatKind::VentricularPremature).unwrap();
    let point = Fiducial {
        boundary: WaveBoundary::QrsOn,
        lead: None,
        was_us: Some(400_000),
        at_us: Some(392_000),
    };
    let entered = project
        .record(
            &tracing,
            "Ada",
            &[
                Change::Finding("AFIB".into(), Some(confirm.clone())),
                Change::Mark(1, Some(mark.clone())),
                Change::Mark(2, Some(beat)),
                Change::Fiducial(3, Some(point)),
                Change::Conclusion("  Atrial fibrillation. ".into()),
            ],
        )
        .unwrap();
    let path = project.path().unwrap().to_owned();
    drop(project);
    let project = Project::open(&path).unwrap();
    let review = project.review(&tracing, "Ada").unwrap();
    assert_eq!(review, entered);
    assert_eq!(review.content.findings["AFIB"], confirm);
    assert_eq!(review.content.marks[&1].range_us(), (1_250_000, 2_500_000));
    assert_eq!(review.content.conclusion, "Atrial fibrillation.");
    assert_eq!(
        (review.status(), review.free_number()),
        (Status::InProgress, 4)
    );
    assert!(project.review(&tracing, "Bo").unwrap().content.is_empty());
}

#[test]
fn undo_and_redo_go_as_far_as_there_are_steps_and_a_new_step_ends_redo() {
    let (_folder, mut project, tracing) = project();
    let both = [found("AFIB"), found("PVC")];
    project.record(&tracing, "Ada", &both).unwrap();
    project.record(&tracing, "Ada", &[found("LVH")]).unwrap();
    project
        .record(&tracing, "Ada", &[Change::Finding("AFIB".into(), None)])
        .unwrap();
    let undo = |project: &mut Project| project.undo(&tracing, "Ada").unwrap();
    assert_eq!(present(&undo(&mut project)), ["AFIB", "LVH", "PVC"]);
    assert_eq!(present(&undo(&mut project)), ["AFIB", "PVC"]);
    let empty = undo(&mut project);
    assert!(present(&empty).is_empty() && !empty.can_undo());
    assert_eq!(empty.status(), Status::New);
    let events = project.log().unwrap().len();
    assert_eq!(undo(&mut project), empty, "there is nothing more to undo");
    assert_eq!(project.log().unwrap().len(), events, "and nothing happened");
    let redo = |project: &mut Project| project.redo(&tracing, "Ada").unwrap();
    assert_eq!(
        present(&redo(&mut project)),
        ["AFIB", "PVC"],
        "a step comes back as a whole"
    );
    assert_eq!(present(&redo(&mut project)), ["AFIB", "LVH", "PVC"]);
    undo(&mut project);
    let other = project.record(&tracing, "Ada", &[found("1AVB")]).unwrap();
    assert!(!other.can_redo());
    assert_eq!(present(&redo(&mut project)), ["1AVB", "AFIB", "PVC"]);
    // Another reader's steps are their own.
    assert!(present(&project.undo(&tracing, "Bo").unwrap()).is_empty());
    assert_eq!(
        present(&project.review(&tracing, "Ada").unwrap()),
        ["1AVB", "AFIB", "PVC"]
    );
}

#[test]
fn the_log_says_who_what_before_and_after_and_cannot_be_changed() {
    let (_folder, mut project, tracing) = project();
    project.record(&tracing, " Ada ", &[found("AFIB")]).unwrap();
    let reject = Change::Finding("AFIB".into(), Some(Decision::own(Verdict::Absent)));
    project.record(&tracing, "Ada", &[reject]).unwrap();
    project.undo(&tracing, "Ada").unwrap();
    let log = project.log().unwrap();
    let told: Vec<_> = log
        .iter()
        .map(|event| (event.act, event.before.as_deref(), event.after.as_deref()))
        .collect();
    let (present, absent) = (r#"{"verdict":"present"}"#, r#"{"verdict":"absent"}"#);
    assert_eq!(
        told,
        [
            (Act::Change, None, Some(present)),
            (Act::Change, Some(present), Some(absent)),
            (Act::Undo, Some(absent), Some(present)),
        ]
    );
    assert!(log.iter().all(|event| event.reader == "Ada"));
    assert_eq!(log[2].of_step, Some(log[1].step));
    let db = rusqlite::Connection::open(project.path().unwrap()).unwrap();
    for change in ["UPDATE event SET after = NULL", "DELETE FROM event"] {
        let refused = db.execute(change, []).unwrap_err().to_string();
        assert!(refused.contains("what happened is never"), "{refused}");
    }
}

#[test]
fn what_is_signed_stays_and_changes_by_amendment_only() {
    let (_folder, mut project, tracing) = project();
    project.record(&tracing, "Ada", &[found("AFIB")]).unwrap();
    let signed = project.sign(&tracing, "Ada").unwrap();
    assert_eq!(
        (signed.status(), signed.can_undo()),
        (Status::Signed, false)
    );
    assert!(matches!(
        project.record(&tracing, "Ada", &[found("PVC")]),
        Err(Error::Signed)
    ));
    assert!(matches!(project.sign(&tracing, "Ada"), Err(Error::Signed)));
    assert!(matches!(
        project.amend(&tracing, "Ada", " "),
        Err(Error::NoReason)
    ));
    let amending = project
        .amend(&tracing, "Ada", "PVC seen on the strip")
        .unwrap();
    assert_eq!(amending.status(), Status::InProgress);
    assert_eq!(
        project.undo(&tracing, "Ada").unwrap().status(),
        Status::Signed
    );
    project.redo(&tracing, "Ada").unwrap();
    project.record(&tracing, "Ada", &[found("PVC")]).unwrap();
    let again = project.sign(&tracing, "Ada").unwrap();
    let told: Vec<_> = again
        .versions
        .iter()
        .map(|version| {
            let present: Vec<_> = version.content.present().collect();
            (version.number, version.reason.as_deref(), present)
        })
        .collect();
    assert_eq!(
        told,
        [
            (1, None, vec!["AFIB"]),
            (2, Some("PVC seen on the strip"), vec!["AFIB", "PVC"])
        ]
    );
    assert_eq!((again.status(), again.amendment), (Status::Signed, None));
}

#[test]
fn what_makes_no_sense_is_refused_whole() {
    let (_folder, mut project, tracing) = project();
    let mixed = [found("AFIB"), found("NO_SUCH")];
    assert!(matches!(
        project.record(&tracing, "Ada", &mixed),
        Err(Error::UnknownStatement(_))
    ));
    assert!(project.review(&tracing, "Ada").unwrap().content.is_empty());
    project
        .record(&tracing, "Ada", &[found("snomed-ct:251198002")])
        .unwrap();
    assert!(matches!(
        project.record(&tracing, " ", &[found("AFIB")]),
        Err(Error::NoName)
    ));
    assert!(matches!(
        project.record("none", "Ada", &[]),
        Err(Error::UnknownTracing(_))
    ));
    for (from, to, label) in [
        (1.0, 1.0, "x"),
        (f64::NAN, 1.0, "x"),
        (-1.0, 1.0, "x"),
        (0.0, 1.0, " "),
    ] {
        assert!(
            Mark::span(Vec::new(), from, to, label).is_err(),
            "{from} {to} {label}"
        );
    }
}

#[test]
fn settings_of_a_project_are_events_too() {
    let (_folder, mut project, _) = project();
    assert_eq!(project.settings().unwrap(), ProjectSettings::default());
    let blinded = ProjectSettings {
        blinded: true,
        machine_hidden: true,
        adjudicator: Some("Cy".into()),
    };
    project.set("Ada", &blinded).unwrap();
    assert_eq!(project.settings().unwrap(), blinded);
    assert!(!blinded.sees_others("Ada") && blinded.sees_others("Cy"));
    assert!(!blinded.sees_machine("Ada", false) && blinded.sees_machine("Ada", true));
    let open = ProjectSettings::default();
    project.set("Ada", &open).unwrap();
    assert_eq!(project.settings().unwrap(), open);
    assert_eq!(project.log().unwrap().len(), 6);
}

#[test]
fn a_project_of_an_older_version_is_brought_up_to_date_with_all_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.sqlite");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(schema::STEPS[0]).unwrap();
    db.pragma_update(None, "application_id", schema::APPLICATION)
        .unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.execute_batch(
        r#"INSERT INTO reader VALUES (1, 'Ada', 'then');
           INSERT INTO tracing VALUES (1, 'abc', 'r1', NULL, 'then');
           INSERT INTO event VALUES (1, 1, 'then', 1, 1, 'change', NULL, 'finding', 'AFIB', NULL,
               '{"verdict":"present"}');"#,
    )
    .unwrap();
    drop(db);
    let mut project = Project::open(&path).unwrap();
    assert_eq!(present(&project.review("abc", "Ada").unwrap()), ["AFIB"]);
    let mut identity = Identity::of(&recording("r1", 1.0));
    identity.content = "abc".into();
    project
        .see(&identity, Some(std::path::Path::new("/ward/r1.hea")))
        .unwrap();
    project
        .see(&identity, Some(std::path::Path::new("/ward/r1.hea")))
        .unwrap();
    let summary = project.summaries().unwrap().remove(0);
    assert_eq!(
        summary.path.as_deref(),
        Some(std::path::Path::new("/ward/r1.hea"))
    );
    let db = rusqlite::Connection::open(&path).unwrap();
    let count = |sql: &str| db.query_row(sql, [], |row| row.get::<_, u32>(0)).unwrap();
    assert_eq!(count("PRAGMA user_version"), schema::version());
    assert_eq!(
        count("SELECT count(*) FROM seen"),
        1,
        "the same place is told once"
    );
}

#[test]
fn only_projects_that_this_program_understands_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.sqlite");
    std::fs::write(
        &path,
        b"no database at all, but a text that is long enough to be one of a kind",
    )
    .unwrap();
    assert!(matches!(Project::open(&path), Err(Error::Foreign(_))));
    let path = folder.path().join("y.sqlite");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE mine (x)").unwrap();
    drop(db);
    assert!(matches!(Project::open(&path), Err(Error::Foreign(_))));
    let path = folder.path().join("z.sqlite");
    drop(Project::open(&path).unwrap());
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    assert!(matches!(
        Project::open(&path),
        Err(Error::Newer { version: 99, .. })
    ));
}

#[test]
fn patients_are_told_apart_without_their_ids() {
    let (_folder, mut project, _) = project();
    let mut other = recording("r2", 1.0);
    project.see(&Identity::of(&other), None).unwrap();
    other.patient.id = Some("4712".into());
    other.leads[0].samples = Samples::from_microvolts(vec![7.0]);
    project.see(&Identity::of(&other), None).unwrap();
    let patients: Vec<_> = project
        .summaries()
        .unwrap()
        .into_iter()
        .map(|summary| summary.patient.unwrap())
        .collect();
    assert_eq!(patients[0], patients[1]);
    assert_ne!(patients[0], patients[2]);
    let path = project.path().unwrap().to_owned();
    drop(project);
    assert!(!String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains("4711"));
}

#[test]
fn a_summary_tells_how_far_it_is_and_where_readers_differ() {
    let (_folder, mut project, tracing) = project();
    project
        .record(&tracing, "Ada", &[found("AFIB"), found("PVC")])
        .unwrap();
    let reject = Change::Finding("AFIB".into(), Some(Decision::own(Verdict::Absent)));
    let unsure = Change::Finding("PVC".into(), Some(Decision::own(Verdict::Uncertain)));
    project.record(&tracing, "Bo", &[reject, unsure]).unwrap();
    project.sign(&tracing, "Bo").unwrap();
    let summary = project.summaries().unwrap().remove(0);
    assert_eq!(
        (summary.status(), summary.differing()),
        (Status::Signed, vec!["AFIB"])
    );
    assert_eq!(summary.reviews["Ada"].status(), Status::InProgress);
}

#[test]
fn queues_are_ordered_and_what_is_unread_waits() {
    let key = |nearest_margin, differing| QueueKey {
        nearest_margin,
        differing,
    };
    let keys = [
        key(Some(-2.0), 0),
        key(None, 2),
        key(Some(0.1), 0),
        key(Some(-0.5), 2),
    ];
    assert_eq!(order(&keys, QueueMode::AsListed), [0, 1, 2, 3]);
    assert_eq!(order(&keys, QueueMode::MostUncertainFirst), [2, 3, 0, 1]);
    assert_eq!(order(&keys, QueueMode::DisagreementFirst), [1, 3, 0, 2]);
}

#[test]
fn short_forms_become_words_and_words_within_words_stay() {
    let expanded = |text: &str| {
        let mut text = text.to_owned();
        let end = text.len();
        expand(&mut text, end);
        text
    };
    assert_eq!(expanded("af"), "Atrial fibrillation");
    assert_eq!(expanded("Known AF"), "Known atrial fibrillation");
    assert_eq!(expanded("ST elevation c/w"), "ST elevation consistent with");
    assert_eq!(expanded("leaf"), "leaf");
    assert_eq!(expanded("Ünd lbbb"), "Ünd left bundle branch block");
    assert_eq!(expanded(""), "");
    let mut shorts = std::collections::HashSet::new();
    assert!(phrases().len() > 40);
    for phrase in phrases() {
        assert!(shorts.insert(&phrase.short), "{} twice", phrase.short);
        assert!(phrase.long.is_ascii(), "{}", phrase.long);
        if let Some(id) = &phrase.statement {
            assert!(vocabulary::find(id).is_some(), "{id}");
        }
    }
}
