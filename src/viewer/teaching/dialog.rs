//! What a quiz is to be made of.

use std::time::Duration;

use eframe::egui::Ui;

use super::{CaseSet, Lesson};
use crate::viewer::action::{Action, Actions};
use crate::viewer::state::AppState;
use crate::viewer::theme;
use crate::viewer::widgets::choose;

/// The dialog.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(440.0);
    let mut plan = state.teaching.plan.clone();
    ui.heading("A quiz");
    ui.label(theme::small(
        "Machine, device and labels stay hidden until the learner commits. What is named is compared with the labels.",
        look,
    ));
    ui.add_space(12.0);
    ui.label(theme::caption("Cases", look));
    let labelled = state.labelled().len();
    let bundled = crate::simulate::conditions().len();
    let folder = format!("Worklist, {labelled} labelled");
    let own = format!("Bundled, {bundled} simulated");
    let sets = [
        (CaseSet::Bundled, own.as_str(), "Bundled simulated cases"),
        (
            CaseSet::Worklist,
            folder.as_str(),
            "Labelled tracings of the worklist",
        ),
    ];
    choose(ui, "Cases", &sets, &mut plan.set);
    if labelled == 0 {
        ui.label(theme::small(
            "Open a folder with labels (SNOMED CT or SCP codes, such as an export of annotations) to ask about its tracings.",
            look,
        ));
    }
    ui.add_space(8.0);
    ui.label(theme::caption("How many", look));
    let counts = [
        (Some(5), "5", "Five cases"),
        (Some(10), "10", "Ten cases"),
        (Some(20), "20", "Twenty cases"),
        (None, "All", "All cases"),
    ];
    choose(ui, "How many", &counts, &mut plan.count);
    ui.add_space(8.0);
    ui.label(theme::caption("Time for each", look));
    let limits = [
        (None, "No limit", "No time limit"),
        (Some(Duration::from_secs(30)), "30 s", "Thirty seconds each"),
        (Some(Duration::from_secs(60)), "1 min", "One minute each"),
        (Some(Duration::from_secs(120)), "2 min", "Two minutes each"),
    ];
    choose(ui, "Time for each", &limits, &mut plan.limit);
    ui.add_space(16.0);
    ui.horizontal(|ui| {
        let none = plan.set == CaseSet::Worklist && labelled == 0;
        if ui
            .add_enabled(!none, eframe::egui::Button::new(theme::strong("Start")))
            .clicked()
        {
            actions.push(Action::Learn(Lesson::Start));
        }
        if ui.button("Cancel").clicked() {
            actions.push(Action::Dialog(None));
        }
    });
    if plan != state.teaching.plan {
        actions.insert(0, Action::Learn(Lesson::Plan(plan)));
    }
}
