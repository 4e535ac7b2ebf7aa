//! The parts of the window and where they stand.

use eframe::egui::{CentralPanel, Frame, Margin, Panel, Ui};

use super::Viewer;
use crate::viewer::action::Actions;
use crate::viewer::{
    center, dialogs, living, notes_view, side, status, teaching, theme, toolbar, tracings, worklist,
};

impl Viewer {
    pub(super) fn paint(&mut self, ui: &mut Ui, actions: &mut Actions) {
        let state = &self.state;
        let look = theme::look_of(state.dark());
        let bar = |x: i8| {
            Frame::new()
                .fill(look.panel)
                .inner_margin(Margin::symmetric(x, 0))
        };
        let presents = state.teaching.presenter;
        let width =
            |name: &str, usual: f32| state.settings.panels.get(name).copied().unwrap_or(usual);
        let mut widths: Vec<(&str, f32)> = Vec::new();
        // Where there is little room, the paper has it.
        let narrow = ui.available_width() < 1000.0;
        let most = |least: f32, most: f32| if narrow { least } else { most };
        if !presents {
            Panel::top("toolbar")
                .exact_size(48.0)
                .frame(bar(14))
                .show(ui, |ui| toolbar::show(ui, state, actions));
        }
        Panel::bottom("status")
            .exact_size(28.0)
            .frame(bar(16))
            .show(ui, |ui| status::show(ui, state, actions));
        let asks = state.teaching.quiz.is_some();
        if let Some(heart) = state.shows_living() {
            let shown = Panel::left("living")
                .resizable(true)
                .default_size(width("living", 300.0))
                .size_range(260.0..=most(260.0, 420.0))
                .frame(bar(14))
                .show(ui, |ui| living::show(ui, state, heart, actions));
            widths.push(("living", shown.response.rect.width()));
        } else if presents || asks {
            // A class sees the tracing, and a learner nothing that gives the next case away.
        } else if state.shows_tracings()
            && let Some(list) = &state.worklist
        {
            let shown = Panel::left("worklist")
                .resizable(true)
                .default_size(width("worklist", 288.0))
                .size_range(228.0..=most(228.0, 480.0))
                .frame(bar(10))
                .show(ui, |ui| worklist::show(ui, state, list, actions));
            widths.push(("worklist", shown.response.rect.width()));
        } else if state.shows_tracings() {
            let shown = Panel::left("tracings")
                .resizable(true)
                .default_size(width("tracings", 212.0))
                .size_range(180.0..=most(180.0, 360.0))
                .frame(bar(10))
                .show(ui, |ui| tracings::show(ui, state, actions));
            widths.push(("tracings", shown.response.rect.width()));
        }
        let findings_panel = if presents {
            state.teaching.reveals
        } else {
            state.settings.findings_panel
        };
        if state.shows_lesson() {
            let shown = Panel::right("lesson")
                .resizable(true)
                .default_size(width("lesson", 312.0))
                .size_range(280.0..=most(280.0, 460.0))
                .frame(bar(14))
                .show(ui, |ui| teaching::show(ui, state, actions));
            widths.push(("lesson", shown.response.rect.width()));
        } else if findings_panel {
            let shown = Panel::right("findings")
                .resizable(true)
                .default_size(width("findings", 312.0))
                .size_range(260.0..=most(260.0, 420.0))
                .frame(bar(14))
                .show(ui, |ui| side::show(ui, state, actions));
            widths.push(("findings", shown.response.rect.width()));
        }
        let ground = Frame::new()
            .fill(look.ground)
            .inner_margin(Margin::same(center::GAP as i8));
        CentralPanel::no_frame().frame(ground).show(ui, |ui| {
            notes_view::show(ui, state, actions);
            center::show(ui, state, &mut self.paper, &mut self.prior_paper, actions);
        });
        dialogs::show(ui, state, actions);
        center::drop_overlay(ui);
        for (name, width) in widths.into_iter().filter(|_| !narrow) {
            self.state.settings.panels.insert(name.to_owned(), width);
        }
    }
}
