//! Reviewing in the window, as people do it: by role and name, mouse and keyboard; what was entered is read from the
//! project's file by another connection.
#![cfg(feature = "viewer")]
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod window;

use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable;
use heartbeatai::review::{Claim, Project, Status, Verdict};
use heartbeatai::viewer::Command;
use heartbeatai::viewer::review::ReviewCommand;
use window::reviewed::Reviewed;

#[test]
fn a_finding_is_confirmed_by_mouse_and_rejected_by_key_and_both_are_on_the_disk() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.harness.get_by_label("Review status: new");
    window.click(Role::Button, "Confirm Sinus rhythm");
    window.until_review("it is confirmed", |review| {
        review.content.verdict("SR") == Some(Verdict::Present)
    });
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert_eq!(
        window.state().document().unwrap().selected.as_deref(),
        Some("AFIB")
    );
    window.press(Modifiers::NONE, Key::N);
    window.until_review("it is rejected", |review| {
        review.content.verdict("AFIB") == Some(Verdict::Absent)
    });
    window
        .harness
        .get_by_label("Sinus rhythm, present, by the reviewer");
    window
        .harness
        .get_by_label("Atrial fibrillation, absent, by the reviewer");
    window.harness.get_by_label("Review status: in progress");
    let kept = window.kept("Ada");
    assert_eq!(kept.content, window.state().own_review().unwrap().content);
    let claim = Claim::Machine {
        model: "known".into(),
        probability: 0.75,
        threshold: 0.5,
    };
    assert_eq!(kept.content.findings["AFIB"].answers.as_ref(), Some(&claim));
    // The same word again takes it back.
    window.press(Modifiers::NONE, Key::N);
    window.until_review("it is open again", |review| {
        review.content.verdict("AFIB").is_none()
    });
}

#[test]
fn steps_are_undone_and_redone_by_key_and_are_still_there_after_the_window_was_closed() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.click(Role::Button, "Confirm all present findings");
    window.until_review("both are confirmed", |review| {
        review.content.findings.len() == 2
    });
    window.press(Modifiers::COMMAND, Key::Z);
    window.until_review("they are one step", |review| review.content.is_empty());
    window.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z);
    window.until_review("and come back", |review| review.content.findings.len() == 2);
    window.again("Ada");
    assert_eq!(window.verdict("AFIB"), Some(Verdict::Present));
    window.click(Role::Button, "Undo");
    window.until_review("even now", |review| review.content.is_empty());
}

#[test]
fn a_finding_is_added_by_a_few_letters_and_replaced_by_another() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.press(Modifiers::NONE, Key::D);
    window.type_into("Find a statement", "lbbb");
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("it is there", |review| {
        review.content.verdict("CLBBB") == Some(Verdict::Present)
    });
    assert_eq!(window.state().dialog, None);
    assert_eq!(window.kept("Ada").content.findings["CLBBB"].answers, None);
    window.click(Role::Button, "Replace Complete left bundle branch block");
    window.type_into("Find a statement", "164889003");
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("it is replaced", |review| {
        review.content.verdict("AFIB").is_some()
    });
    let kept = window.kept("Ada").content;
    assert_eq!(kept.findings.len(), 1, "what nobody claimed is simply gone");
    assert_eq!(kept.findings["AFIB"].instead_of.as_deref(), Some("CLBBB"));
    window.click(Role::Button, "Remove Atrial fibrillation");
    window.until_review("it is gone", |review| review.content.is_empty());
}

#[test]
fn a_conclusion_is_kept_as_it_is_typed_with_short_forms_spelt_out() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.press(Modifiers::NONE, Key::T);
    let field = window.harness.get_by_label("Conclusion");
    assert!(field.is_focused());
    for letter in "af with lbbb, old.".chars() {
        window
            .harness
            .get_by_label("Conclusion")
            .type_text(&letter.to_string());
        window.harness.run_steps(1);
    }
    let said = "Atrial fibrillation with left bundle branch block, old.";
    window.until_review("it is kept", |review| review.content.conclusion == said);
    assert_eq!(window.kept("Ada").content.conclusion, said);
    assert_eq!(
        window.state().documents.len(),
        1,
        "letters typed ran nothing"
    );
    assert!(window.kept("Ada").content.findings.is_empty());
    // What is typed last is kept although the window closes at once.
    window.harness.get_by_label("Conclusion").type_text(" Af.");
    window.harness.run_steps(1);
    window.again("Ada");
    let conclusion = window
        .state()
        .own_review()
        .unwrap()
        .content
        .conclusion
        .clone();
    assert_eq!(conclusion, format!("{said} Atrial fibrillation."));
}

#[test]
fn a_review_is_signed_under_a_name_and_amended_as_a_new_version() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.click(Role::Button, "Confirm Sinus rhythm");
    window.until_review("it is confirmed", |review| !review.content.is_empty());
    window.press(Modifiers::COMMAND, Key::Enter);
    assert!(window.says("1 finding of the machine is neither confirmed nor rejected"));
    window.click(Role::Button, "Sign");
    window.until_review("it is signed", |review| review.status() == Status::Signed);
    window.harness.get_by_label("Review status: signed");
    assert!(window.says("Signed by Ada, 2"));
    // Nothing changes what is signed.
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.press(Modifiers::NONE, Key::Y);
    window.press(Modifiers::COMMAND, Key::Z);
    assert_eq!(
        window.kept("Ada").content,
        window.kept("Ada").versions[0].content
    );
    window.click(Role::Button, "Amend the signed review…");
    window.type_into("Reason of the amendment", "LVH overlooked");
    window.click(Role::Button, "Amend");
    window.until_review("it is open again", |review| review.amendment.is_some());
    window.harness.get_by_label("Review status: amending");
    window.press(Modifiers::NONE, Key::D);
    window.type_into("Find a statement", "lvh");
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("it is added", |review| review.content.findings.len() == 2);
    window.press(Modifiers::COMMAND, Key::Enter);
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("it is signed again", |review| review.versions.len() == 2);
    let versions = window.kept("Ada").versions;
    let present: Vec<Vec<&str>> = versions
        .iter()
        .map(|version| version.content.present().collect())
        .collect();
    assert_eq!(present, [vec!["SR"], vec!["LVH", "SR"]]);
    assert_eq!(versions[1].reason.as_deref(), Some("LVH overlooked"));
}

#[test]
fn nobody_decides_anything_without_a_name() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.again("");
    window.click(Role::Button, "Confirm Sinus rhythm");
    window.type_into("Name of the reviewer", "Bo");
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("it is confirmed under the name", |review| {
        review.content.verdict("SR") == Some(Verdict::Present)
    });
    assert_eq!(window.state().settings.reader, "Bo");
    assert_eq!(window.kept("Bo").content.findings.len(), 1);
}

#[test]
fn hot_keys_label_in_annotator_mode_only() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.press(Modifiers::SHIFT, Key::P);
    assert!(
        window
            .state()
            .own_review()
            .is_none_or(|review| review.content.is_empty())
    );
    window.press(Modifiers::COMMAND, Key::E);
    for key in [Key::P, Key::A] {
        window.press(Modifiers::SHIFT, key);
    }
    window.until_review("both are there", |review| {
        review.content.findings.len() == 2
    });
    window.press(Modifiers::SHIFT, Key::P);
    window.until_review("one is taken out", |review| {
        review.content.findings.len() == 1
    });
    assert_eq!(window.verdict("AFIB"), Some(Verdict::Present));
    assert!(window.says("Shift+A"));
}

#[test]
fn in_a_blinded_project_nobody_sees_the_machine_or_others_before_signing() {
    let mut window = Reviewed::new(&["atrial_fibrillation"]);
    window.click(Role::Button, "Confirm Atrial fibrillation");
    window.until_review("Ada has spoken", |review| !review.content.is_empty());
    window.run(Command::Review(ReviewCommand::Project));
    window.click(Role::CheckBox, "Readers do not see each other's decisions");
    window.click(
        Role::CheckBox,
        "Machine and device stay hidden until a reader has signed",
    );
    window.until("the project is blinded", |state| {
        let settings = state.review.settings();
        settings.blinded && settings.machine_hidden
    });
    window.again("Bo");
    assert!(window.says("Hidden in this project until you have signed"));
    for hidden in [
        "probability",
        "Ada, in progress",
        "The file states",
        "Confirm",
    ] {
        assert!(!window.says(hidden), "{hidden}");
    }
    window.press(Modifiers::NONE, Key::H);
    assert!(window.state().visible_heat().is_none());
    window.press(Modifiers::COMMAND, Key::Enter);
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("Bo has signed", |review| review.status() == Status::Signed);
    window.harness.run_steps(4);
    assert!(window.says("probability") && !window.says("Ada, in progress"));
}

#[test]
fn what_the_file_states_is_told_apart_and_can_be_confirmed() {
    let mut window = Reviewed::new(&["atrial_fibrillation"]);
    window.harness.get_by_label("Stated in the file (device)");
    window.click(Role::Button, "Confirm Atrial fibrillation of the file");
    window.until_review("it is confirmed", |review| !review.content.is_empty());
    let kept = window.kept("Ada").content;
    let answers = kept.findings["AFIB"].answers.as_ref().unwrap();
    assert!(
        matches!(answers, Claim::Device { words } if words.contains("164889003")),
        "{answers:?}"
    );
}

#[test]
fn a_span_is_marked_by_dragging_over_it_and_a_beat_by_a_click() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::M);
    let (from, to) = (window.on_paper(0.12, 0.15), window.on_paper(0.2, 0.15));
    window.drag(from, to, Modifiers::NONE);
    window.type_into("Label of the mark", "af");
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("the span is there", |review| {
        review.content.marks.len() == 1
    });
    let kept = window.kept("Ada").content.marks;
    let (from_us, to_us) = kept[&1].range_us();
    assert!(from_us > 300_000 && to_us - from_us > 300_000, "{kept:?}");
    assert_eq!(kept[&1].leads, [heartbeatai::ecg::LeadName::I]);
    assert_eq!(
        from_us % 2000,
        0,
        "on the grid of the samples, 500 a second"
    );
    assert!(window.says("Atrial fibrillation, 0."));
    // A click says what a beat is; words of one's own are a label too.
    window.drag(from, from, Modifiers::NONE);
    window.type_into("Label of the mark", "ventricular");
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("the beat is there", |review| {
        review.content.marks.len() == 2
    });
    assert!(window.says("Premature ventricular beat"));
    window.drag(from, to, Modifiers::NONE);
    window.type_into("Label of the mark", "artefact, patient moved");
    window.press(Modifiers::NONE, Key::Enter);
    window.until_review("words are kept", |review| review.content.marks.len() == 3);
    window.press(Modifiers::COMMAND, Key::Z);
    window.until_review("marks are undone", |review| review.content.marks.len() == 2);
    assert!(
        window.state().inspector.is_none(),
        "no click went through to the paper"
    );
}

#[test]
fn who_has_the_last_word_sees_where_readers_differ_and_decides() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.click(Role::Button, "Confirm Atrial fibrillation");
    window.until_review("Ada finds it", |review| !review.content.is_empty());
    window.again("Bo");
    window.click(Role::Button, "Reject Atrial fibrillation");
    window.until_review("Bo does not", |review| !review.content.is_empty());
    let settings = heartbeatai::review::ProjectSettings {
        blinded: true,
        adjudicator: Some("Cy".into()),
        ..Default::default()
    };
    Project::open(&window.project)
        .unwrap()
        .set("Cy", &settings)
        .unwrap();
    window.again("Bo");
    assert!(!window.says("Readers differ"));
    window.again("Cy");
    let row = "Readers differ on Atrial fibrillation: Ada present, Bo absent";
    window.harness.get_by_label(row);
    window.click(Role::Button, "Reject Atrial fibrillation as adjudicator");
    window.until_review("it is decided", |review| {
        review.content.verdict("AFIB") == Some(Verdict::Absent)
    });
    let project = Project::open(&window.project).unwrap();
    let found = heartbeatai::review::agreement(&project.summaries().unwrap(), Some("Cy"));
    assert_eq!(found.differences.len(), 1);
    assert_eq!(found.differences[0].adjudicated, Some(Verdict::Absent));
}

#[test]
fn the_report_is_saved_as_it_is_signed() {
    let mut window = Reviewed::new(&["sinus_rhythm"]);
    window.click(Role::Button, "Confirm Sinus rhythm");
    window.until_review("it is confirmed", |review| !review.content.is_empty());
    let path = window.folder.path().join("report.pdf");
    // The platform's dialog is not driven here; this is what it answers.
    let ctx = window.harness.ctx.clone();
    let generation = window.state().current.unwrap();
    let to = heartbeatai::viewer::review::Told::ReportTo(generation, path.clone());
    window.harness.state_mut().take_told(&ctx, to);
    window.until("it is saved", |state| state.review.reported.is_some());
    assert!(std::fs::read(&path).unwrap().starts_with(b"%PDF"));
    assert!(window.says("Report saved: report.pdf"));
}
