//! The reviewer's windows in front of the window: who reviews, signature, amendment, project.

use eframe::egui::{
    Align, Button, Checkbox, Key, Layout, Margin, Modifiers, RichText, TextEdit, Ui,
};

use super::marks::{self, Drawn};
use super::{ReviewAction, add_finding};
use crate::reading::vocabulary;
use crate::review::{Content, ProjectSettings, Verdict};
use crate::viewer::action::{Action, Actions};
use crate::viewer::search_list::Search;
use crate::viewer::state::{AppState, Dialog, Progress};
use crate::viewer::theme;

/// Which one is open.
#[derive(Debug, Clone, PartialEq)]
pub enum ReviewDialog {
    Add {
        search: Search,
        instead_of: Option<String>,
    },
    Reader {
        name: String,
    },
    Sign {
        name: String,
    },
    Amend {
        reason: String,
    },
    Project,
    /// What was drawn on the paper gets its name.
    Mark {
        drawn: Drawn,
        search: Search,
    },
}

impl ReviewDialog {
    /// A search for a statement, to be put in the place of another if one is named.
    pub fn add(instead_of: Option<String>) -> Self {
        Self::Add {
            search: Search::default(),
            instead_of,
        }
    }

    /// Whether it hangs from the top, as the palette does.
    pub fn is_search(&self) -> bool {
        matches!(self, Self::Add { .. } | Self::Mark { .. })
    }
}

/// Shows it.
pub fn show(ui: &mut Ui, state: &AppState, dialog: &ReviewDialog, actions: &mut Actions) {
    match dialog {
        ReviewDialog::Add { search, instead_of } => {
            add_finding::show(ui, state, (search, instead_of.as_ref()), actions);
        }
        ReviewDialog::Reader { name } => reader(ui, state, name, actions),
        ReviewDialog::Sign { name } => sign(ui, state, name, actions),
        ReviewDialog::Amend { reason } => amend(ui, reason, actions),
        ReviewDialog::Project => project(ui, state, actions),
        ReviewDialog::Mark { drawn, search } => marks::name(ui, drawn, search, actions),
    }
}

fn reopen(dialog: ReviewDialog) -> Action {
    Action::Dialog(Some(Dialog::Review(dialog)))
}

/// A line to type into, which has the keyboard.
fn line(ui: &mut Ui, text: &mut String, name: &str, hint: &str) {
    let field = TextEdit::singleline(text)
        .hint_text(hint.to_owned())
        .desired_width(f32::INFINITY)
        .char_limit(120)
        .margin(Margin::symmetric(10, 7));
    let field = ui.add(field).accessible_name(name);
    if ui.memory(|memory| memory.focused().is_none()) {
        field.request_focus();
    }
}

/// The button that does it, at the right, and the one that does not. Enter does it too.
fn choices(ui: &mut Ui, does: &str, enabled: bool, actions: &mut Actions) -> bool {
    let look = theme::look(ui);
    let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    ui.add_space(14.0);
    let mut done = enter && enabled;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let text = RichText::new(does)
            .font(theme::semi_bold(13.0))
            .color(look.on_reviewer);
        let button = Button::new(text).fill(look.reviewer);
        done |= ui.add_enabled(enabled, button).clicked();
        if ui.button("Cancel").clicked() {
            actions.push(Action::Dialog(None));
        }
    });
    done
}

fn reader(ui: &mut Ui, state: &AppState, name: &str, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(400.0);
    ui.heading("Who is reviewing?");
    ui.label(theme::small(
        "Everything you enter is kept under this name, with the time.",
        look,
    ));
    ui.add_space(8.0);
    let mut text = name.to_owned();
    line(ui, &mut text, "Name of the reviewer", "Your name");
    let known = state.review.project.done().map(|card| card.readers.clone());
    let known = known.unwrap_or_default();
    if !known.is_empty() {
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.label(theme::small("In this project:", look));
            for reader in known {
                if ui.small_button(&reader).clicked() {
                    text = reader;
                }
            }
        });
    }
    if choices(
        ui,
        "Review under this name",
        !text.trim().is_empty(),
        actions,
    ) {
        actions.push(Action::Review(ReviewAction::Name(text)));
    } else if text != name {
        actions.push(reopen(ReviewDialog::Reader { name: text }));
    }
}

fn sign(ui: &mut Ui, state: &AppState, name: &str, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(460.0);
    let number = state
        .own_review()
        .map_or(1, |review| review.versions.len() + 1);
    ui.heading(match number {
        1 => "Sign the review".to_owned(),
        number => format!("Sign version {number}"),
    });
    ui.add_space(4.0);
    let nothing = Content::default();
    let content = state
        .own_review()
        .map_or(&nothing, |review| &review.content);
    let said = |wanted| {
        let of = content
            .findings
            .iter()
            .filter(move |(_, decision)| decision.verdict == wanted);
        let names = of.map(|(id, _)| vocabulary::find(id).map_or(id.as_str(), |found| &found.name));
        names.collect::<Vec<_>>().join(", ")
    };
    for (title, verdict) in [
        ("Present", Verdict::Present),
        ("Not present", Verdict::Absent),
        ("Uncertain", Verdict::Uncertain),
    ] {
        let names = said(verdict);
        if !names.is_empty() {
            ui.label(theme::caption(title, look));
            ui.label(names);
        }
    }
    let conclusion = state.current.map_or("", |current| {
        state.review.conclusion(current, state.reader_name())
    });
    if !conclusion.trim().is_empty() {
        ui.label(theme::caption("Conclusion", look));
        ui.label(conclusion.trim());
    }
    if content.findings.is_empty() && conclusion.trim().is_empty() {
        ui.label("Neither findings nor a conclusion have been entered.");
    }
    let open = state.unjudged().len();
    if open > 0 {
        let text = match open {
            1 => "1 finding of the machine is neither confirmed nor rejected; it is not part of what you sign.".to_owned(),
            open => format!("{open} findings of the machine are neither confirmed nor rejected; they are not part of what you sign."),
        };
        ui.add_space(4.0);
        ui.label(theme::small(text, look).color(look.warning));
    }
    ui.add_space(10.0);
    ui.label(theme::caption("Signed by", look));
    let mut text = name.to_owned();
    line(ui, &mut text, "Name of the signing reviewer", "Your name");
    if choices(ui, "Sign", !text.trim().is_empty(), actions) {
        if text.trim() != state.reader_name() {
            actions.push(Action::Review(ReviewAction::Name(text)));
        }
        actions.push(Action::Review(ReviewAction::Sign));
    } else if text != name {
        actions.push(reopen(ReviewDialog::Sign { name: text }));
    }
}

fn amend(ui: &mut Ui, reason: &str, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(420.0);
    ui.heading("Amend the signed review");
    ui.label(theme::small(
        "What was signed stays as a version of its own; you sign the next one.",
        look,
    ));
    ui.add_space(8.0);
    let mut text = reason.to_owned();
    line(
        ui,
        &mut text,
        "Reason of the amendment",
        "Why it is changed",
    );
    if choices(ui, "Amend", !text.trim().is_empty(), actions) {
        actions.push(Action::Review(ReviewAction::Amend(text)));
    } else if text != reason {
        actions.push(reopen(ReviewDialog::Amend { reason: text }));
    }
}

fn project(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(460.0);
    ui.heading("Review project");
    let card = match &state.review.project {
        Progress::Done(card) => card,
        Progress::Waiting => {
            ui.label("It is being opened…");
            return;
        }
        Progress::Failed(reason) => {
            ui.label(reason);
            return;
        }
    };
    let place = card.path.as_ref().map_or_else(
        || "Nothing is kept: this window has no project file.".to_owned(),
        |path| path.display().to_string(),
    );
    ui.label(theme::small(place, look));
    // A line of its own from the beginning: what is beneath must not move under the pointer.
    let readers = match card.readers.as_slice() {
        [] => "Nobody has entered anything yet.".to_owned(),
        readers => format!("Readers: {}", readers.join(", ")),
    };
    ui.label(theme::small(readers, look));
    ui.add_space(10.0);
    let mut settings: ProjectSettings = card.settings.clone();
    ui.add(Checkbox::new(
        &mut settings.blinded,
        "Readers do not see each other's decisions",
    ));
    ui.add(Checkbox::new(
        &mut settings.machine_hidden,
        "Machine and device stay hidden until a reader has signed",
    ));
    let mut adjudicates = settings.is_adjudicator(state.reader_name());
    let name = state.reader_name();
    if !name.is_empty() {
        ui.add(Checkbox::new(
            &mut adjudicates,
            format!("{name} adjudicates: sees all, and has the last word"),
        ));
        match (adjudicates, settings.is_adjudicator(name)) {
            (true, false) => settings.adjudicator = Some(name.to_owned()),
            (false, true) => settings.adjudicator = None,
            _ => {}
        }
    }
    if let Some(other) = settings.adjudicator.as_ref().filter(|other| *other != name) {
        ui.label(theme::small(format!("{other} adjudicates."), look));
    }
    if settings != card.settings {
        actions.push(Action::Review(ReviewAction::Set(settings)));
    }
    ui.add_space(14.0);
    if ui.button("Close").clicked() {
        actions.push(Action::Dialog(None));
    }
}
