use std::path::PathBuf;

use super::*;
use crate::ecg::Recording;
use crate::reading::{Finding, Reading, vocabulary};
use crate::signal::FilterSettings;
use crate::viewer::Command;
use crate::viewer::jobs::{Answer, Tracing};
use crate::viewer::review::{ProjectCard, ReviewAction, Told};

fn finding(id: &str, probability: f32, threshold: f32) -> Finding {
    Finding {
        statement: vocabulary::find(id).unwrap(),
        probability,
        threshold,
        held: None,
        uncertain: [std::f32::consts::LN_2; 2],
    }
}

fn tracing(name: &str) -> Tracing {
    let recording = Arc::new(Recording::new(name, "test", 500.0));
    Tracing {
        shown: Arc::clone(&recording),
        recording,
        filter: FilterSettings::default(),
        drawn: FilterSettings::default(),
        thumbnail: Vec::new().into(),
    }
}

fn reading(findings: Vec<Finding>) -> Reading {
    Reading {
        model: "known".into(),
        not_readable: None,
        findings,
        lead_attention: Vec::new(),
        warnings: Vec::new(),
        timing_ms: 1.0,
    }
}

/// Opens files and answers their decoding.
fn with_open(names: &[&str]) -> AppState {
    let mut state = AppState::new(Settings::default());
    state.review.project = Progress::Done(ProjectCard::default());
    state.open(names.iter().map(PathBuf::from));
    let open: Vec<(u64, String)> = state
        .documents
        .iter()
        .map(|d| (d.generation, d.title.clone()))
        .collect();
    for (generation, title) in open {
        state.answer(Answer::Decoded {
            generation,
            result: Ok(tracing(&title)),
        });
    }
    state
}

#[test]
fn a_finding_within_twice_the_odds_of_its_threshold_is_uncertain_on_either_side() {
    // Odds of 0.5 are 1, of 0.66 just under 2, of 0.68 just over 2.
    for (probability, group) in [
        (0.32, FindingGroup::Absent),
        (0.34, FindingGroup::Uncertain),
        (0.5, FindingGroup::Uncertain),
        (0.66, FindingGroup::Uncertain),
        (0.68, FindingGroup::Present),
    ] {
        assert_eq!(
            group_of(&finding("AFIB", probability, 0.5)),
            group,
            "{probability}"
        );
    }
}

#[test]
fn present_findings_come_first_and_stand_together_by_category() {
    let mut state = with_open(&["a"]);
    let findings = vec![
        finding("PVC", 0.99, 0.3),
        finding("AFIB", 0.95, 0.3),
        finding("1AVB", 0.35, 0.3),
        finding("PAC", 0.9, 0.4),
        finding("LVH", 0.01, 0.4),
    ];
    let generation = state.current.unwrap();
    state.answer(Answer::Read {
        generation,
        result: Ok(reading(findings)),
    });
    let document = state.document().unwrap();
    let ids: Vec<&str> = document
        .order()
        .iter()
        .map(|finding| finding.statement.id.as_str())
        .collect();
    assert_eq!(ids, ["PVC", "PAC", "AFIB", "1AVB", "LVH"]);
    assert_eq!(document.most_telling().as_deref(), Some("PVC"));
}

#[test]
fn what_is_normal_is_not_explained_unless_nothing_else_is_present() {
    let mut state = with_open(&["a"]);
    let generation = state.current.unwrap();
    let both = vec![finding("SR", 0.99, 0.3), finding("LVH", 0.8, 0.3)];
    state.answer(Answer::Read {
        generation,
        result: Ok(reading(both)),
    });
    assert_eq!(
        state.document().unwrap().most_telling().as_deref(),
        Some("LVH")
    );
    state.answer(Answer::Read {
        generation,
        result: Ok(reading(vec![finding("SR", 0.99, 0.3)])),
    });
    assert_eq!(
        state.document().unwrap().most_telling().as_deref(),
        Some("SR")
    );
}

#[test]
fn opening_an_open_file_brings_it_to_the_front_and_reads_it_no_second_time() {
    let mut state = with_open(&["a", "b"]);
    let first = state.documents[0].generation;
    state.update(Command::NextTracing);
    assert_ne!(state.current, Some(first));
    let effects = state.open([PathBuf::from("a")]);
    assert_eq!((state.current, state.documents.len()), (Some(first), 2));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Submit(Job::Decode { .. })))
    );
}

#[test]
fn closing_and_opening_again_is_another_generation_that_late_answers_do_not_reach() {
    let mut state = with_open(&["a"]);
    let old = state.current.unwrap();
    assert!(
        state
            .update(Command::Close)
            .iter()
            .any(|effect| matches!(effect, Effect::Cancel(g) if *g == old))
    );
    assert!(state.document().is_none());
    state.open([PathBuf::from("a")]);
    assert_ne!(state.current, Some(old));
    assert!(
        state
            .answer(Answer::Decoded {
                generation: old,
                result: Ok(tracing("late"))
            })
            .is_empty()
    );
    state.answer(Answer::Read {
        generation: old,
        result: Ok(reading(Vec::new())),
    });
    let document = state.document().unwrap();
    assert!(document.tracing.done().is_none() && document.reading.done().is_none());
}

#[test]
fn a_filter_is_caught_up_with_when_a_tracing_comes_to_the_front() {
    let mut state = with_open(&["a", "b"]);
    let filters = |effects: &[Effect]| {
        effects
            .iter()
            .filter(|effect| matches!(effect, Effect::Submit(Job::Filter { .. })))
            .count()
    };
    assert_eq!(filters(&state.update(Command::FilterOff)), 1);
    assert_eq!(
        filters(&state.update(Command::NextTracing)),
        1,
        "b is still filtered the old way"
    );
}

#[test]
fn several_broken_files_make_one_calm_note_each_and_no_tracing() {
    let mut state = AppState::new(Settings::default());
    state.open(["a", "b"].map(PathBuf::from));
    let generations: Vec<u64> = state.documents.iter().map(|d| d.generation).collect();
    for generation in generations {
        state.answer(Answer::Decoded {
            generation,
            result: Err("x: no format fits".into()),
        });
    }
    assert!(state.documents.is_empty() && state.current.is_none());
    assert_eq!(state.notes.shown(None).count(), 2);
    state.update(Command::DismissNotes);
    assert!(state.notes.is_empty());
}

#[test]
fn moving_through_a_long_tracing_stops_at_its_ends() {
    use crate::ecg::{Lead, LeadOrigin, Samples, Unit};
    let mut state = with_open(&["a"]);
    let mut recording = Recording::new("long", "test", 100.0);
    recording.leads.push(Lead {
        name: LeadName::II,
        unit: Unit::Microvolt,
        origin: LeadOrigin::Recorded,
        sampling_rate_hz: 100.0,
        samples: Samples::from_microvolts(vec![0.0; 2200]),
    });
    let recording = Arc::new(recording);
    let long = Tracing {
        shown: Arc::clone(&recording),
        recording,
        ..tracing("long")
    };
    let generation = state.current.unwrap();
    state.answer(Answer::Decoded {
        generation,
        result: Ok(long),
    });
    let mut starts = Vec::new();
    for _ in 0..5 {
        state.update(Command::Later);
        let start_s = state.document().unwrap().start_s;
        // The paper reports what it shows.
        (state.view.page_s, state.view.end_s) = (10.0, start_s + 10.0);
        starts.push(start_s);
    }
    assert_eq!(starts, [5.0, 10.0, 12.0, 12.0, 12.0]);
    state.update(Command::Earlier);
    assert_eq!(state.document().unwrap().start_s, 7.0);
}

#[test]
fn what_is_said_of_a_tracing_is_given_to_the_project_before_that_knows_it() {
    let mut state = with_open(&["a", "b"]);
    state.settings.reader = "Ada".into();
    let first = state.current.unwrap();
    assert!(state.can_review() && !state.knows_review());
    let put = ReviewAction::Put {
        statement: "AFIB".into(),
        instead_of: None,
    };
    let given = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Review(Task::Enter { tracing, step, .. }) => Some((tracing, step.len())),
            _ => None,
        })
    };
    assert_eq!(given(state.act(put.clone())), Some((first, 1)));
    // What waits for a name stays with the tracing it was said of.
    state.settings.reader.clear();
    assert_eq!(given(state.act(put)), None);
    let second = state.documents[1].generation;
    state.select(second);
    let named = state.act(ReviewAction::Name("Bo".into()));
    assert_eq!(given(named), Some((first, 1)));
    // What cannot be kept cannot be said.
    state.told(Told::Project(Err("no such folder".into())));
    assert!(!state.can_review());
}

#[test]
fn nothing_of_the_machine_is_seen_before_it_is_known_whether_the_project_is_blinded() {
    let mut state = with_open(&["a"]);
    state.review.project = Progress::Waiting;
    assert!(state.hides(state.document().unwrap()));
    state.told(Told::Project(Ok(ProjectCard::default())));
    assert!(!state.hides(state.document().unwrap()));
}
