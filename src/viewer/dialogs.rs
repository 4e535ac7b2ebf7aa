//! The few windows in front of the window: palette, about, calibration.

use eframe::egui::{
    self, Align2, Area, Color32, Id, Margin, Modal, Order, Rect, Role, Sense, Slider, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::action::{Action, Actions};
use super::commands::{Command, fuzzy};
use super::search_list::{Search, Sought};
use super::state::{AppState, Dialog, Progress};
use super::status::RESEARCH_USE;
use super::{import_dialog, keymap, model_card, review, search_list, shortcuts, teaching, theme};

/// Shows whichever dialog is open.
pub fn show(ui: &Ui, state: &AppState, actions: &mut Actions) {
    let Some(dialog) = &state.dialog else { return };
    let modal = Modal::new(Id::unique("dialog")).backdrop_color(Color32::from_black_alpha(60));
    let modal = match dialog {
        _ if is_search(dialog) => modal.area(
            Area::new(Id::unique("palette"))
                .order(Order::Foreground)
                .anchor(Align2::CENTER_TOP, vec2(0.0, 72.0)),
        ),
        _ => modal,
    };
    let margin = if is_search(dialog) { 10 } else { 22 };
    let frame = egui::Frame::popup(&ui.ctx().global_style()).inner_margin(Margin::same(margin));
    let modal = modal.frame(frame);
    let response = modal.show(ui.ctx(), |ui| match dialog {
        Dialog::Palette(search) => palette(ui, state, search, actions),
        Dialog::About => about(ui, state, actions),
        Dialog::ModelCard => {
            model_card::show(ui, state);
            close_button(ui, actions);
        }
        Dialog::Calibrate => calibrate(ui, state, actions),
        Dialog::Review(dialog) => review::dialog(ui, state, dialog, actions),
        Dialog::Shortcuts(editing) => shortcuts::show(ui, state, editing, actions),
        Dialog::Quiz => teaching::show_dialog(ui, state, actions),
        Dialog::Import(import) => import_dialog::show(ui, import, actions),
    });
    if response.should_close() {
        actions.push(match dialog {
            Dialog::Import(_) => Action::CancelImport,
            _ => Action::Dialog(None),
        });
    }
}

/// Whether it is a field with a list beneath it, which hangs from the top.
fn is_search(dialog: &Dialog) -> bool {
    match dialog {
        Dialog::Palette(_) => true,
        Dialog::Review(dialog) => dialog.is_search(),
        Dialog::About
        | Dialog::Calibrate
        | Dialog::ModelCard
        | Dialog::Quiz
        | Dialog::Import(_)
        | Dialog::Shortcuts(_) => false,
    }
}

/// Commands that match, best first.
pub fn matches(state: &AppState, query: &str) -> Vec<Command> {
    let enabled = Command::ALL
        .iter()
        .filter(|command| state.is_enabled(**command));
    let mut found: Vec<(i32, Command)> = enabled
        .filter_map(|command| Some((fuzzy(query, command.name())?, *command)))
        .collect();
    if !query.trim().is_empty() {
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    }
    found
        .into_iter()
        .map(|(_, command)| command)
        .filter(|command| *command != Command::Palette)
        .collect()
}

fn palette(ui: &mut Ui, state: &AppState, search: &Search, actions: &mut Actions) {
    ui.set_width(520.0);
    let found = matches(state, &search.query);
    let words = search_list::Words {
        name: "Find a command",
        hint: "Type what you want to do",
        nothing: "No command is called that.",
    };
    let sought = search_list::show(
        ui,
        search,
        &words,
        found.len(),
        360.0,
        |ui, entry, chosen| palette_row(ui, found[entry], chosen),
    );
    match sought {
        Sought::Picked(entry) => {
            actions.extend([Action::Dialog(None), Action::Run(found[entry])]);
        }
        Sought::Changed(search) => actions.push(Action::Dialog(Some(Dialog::Palette(search)))),
        Sought::Nothing => {}
    }
}

fn palette_row(ui: &mut Ui, command: Command, chosen: bool) -> egui::Response {
    let look = theme::look(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::click());
    if chosen {
        ui.painter().rect_filled(rect, 6, look.accent_soft);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 6, look.quiet);
    }
    let middle = |galley: &egui::Galley| rect.center().y - galley.size().y / 2.0;
    let name = ui
        .painter()
        .layout_no_wrap(command.name().into(), theme::regular(13.5), look.text);
    let width = name.size().x;
    ui.painter().galley(
        pos2(rect.left() + 10.0, middle(&name)),
        name,
        Color32::PLACEHOLDER,
    );
    let mut right = rect.right() - 10.0;
    let keys = keymap::text(ui.ctx(), command);
    if !keys.is_empty() {
        let keys = ui
            .painter()
            .layout_no_wrap(keys, theme::regular(12.0), look.secondary);
        right -= keys.size().x;
        ui.painter()
            .galley(pos2(right, middle(&keys)), keys, Color32::PLACEHOLDER);
        right -= 12.0;
    }
    let left = rect.left() + 10.0 + width + 12.0;
    let mut hint = egui::text::LayoutJob::simple(
        command.hint().to_owned(),
        theme::regular(12.0),
        look.tertiary,
        (right - left).max(0.0),
    );
    hint.wrap.max_rows = 1;
    hint.wrap.break_anywhere = true;
    let hint = ui.painter().layout_job(hint);
    ui.painter()
        .galley(pos2(left, middle(&hint)), hint, Color32::PLACEHOLDER);
    response
        .widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, chosen, command.name()));
    response
}

fn about(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(480.0);
    ui.heading("HeartBeatAI");
    ui.label(theme::small(
        format!("Version {}", env!("CARGO_PKG_VERSION")),
        look,
    ));
    ui.add_space(10.0);
    ui.label(theme::strong(RESEARCH_USE));
    ui.label(
        "It draws electrocardiograms on standard paper and shows what a neural network makes of them. It has \
         not been tested for diagnosis or treatment, and nothing it says may stand in for a physician's reading.",
    );
    ui.add_space(10.0);
    ui.label(theme::caption("Second reader (machine)", look));
    match &state.reader {
        Progress::Done(card) => {
            ui.label(format!("{} on {}", card.model, card.device));
            for line in &card.summary {
                ui.label(theme::small(line, look));
            }
        }
        Progress::Waiting => {
            ui.label(theme::small("Loading the model…", look));
        }
        Progress::Failed(reason) => {
            ui.label(theme::small(format!("Not available: {reason}"), look));
        }
    }
    ui.add_space(10.0);
    ui.label(theme::caption("Licences", look));
    ui.label(theme::small(
        "HeartBeatAI: MIT or Apache-2.0, as you choose. Typeface Inter: SIL Open Font License 1.1. Window: egui; \
         network: candle; both MIT or Apache-2.0.",
        look,
    ));
    close_button(ui, actions);
}

/// A bank card is 85.60 x 53.98 mm the world over (ISO/IEC 7810, ID-1).
const CARD_MM: (f32, f32) = (85.60, 53.98);

fn calibrate(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(520.0);
    ui.heading("Calibrate the screen");
    ui.label("Hold a bank card against the screen and move the slider until the frame is as large as the card.");
    ui.add_space(12.0);
    let mut points = 1.0 / state.screen.mm_per_point;
    let size = vec2(CARD_MM.0, CARD_MM.1) * points;
    let (room, _) = ui.allocate_exact_size(vec2(520.0, size.y.max(220.0)), Sense::hover());
    let card = Rect::from_min_size(room.min, size);
    ui.painter().rect(
        card,
        12,
        look.quiet,
        Stroke::new(1.5, look.text),
        StrokeKind::Inside,
    );
    let chip = Rect::from_min_size(
        card.min + vec2(10.0, 19.0) * points,
        vec2(11.0, 9.0) * points,
    );
    ui.painter().rect_filled(chip, 4, look.machine_light);
    for mm in 0..=85_u8 {
        let x = card.left() + f32::from(mm) * points;
        let length = if mm % 10 == 0 { 9.0 } else { 5.0 };
        ui.painter().vline(
            x,
            card.bottom() - length..=card.bottom(),
            Stroke::new(1.0, look.secondary),
        );
    }
    ui.add_space(12.0);
    ui.spacing_mut().slider_width = 380.0;
    ui.spacing_mut().interact_size.y = 20.0;
    let slider = Slider::new(&mut points, 2.0..=14.0).show_value(false);
    let slider = ui
        .add(slider)
        .accessible_name("Size of the card on the screen");
    // Only a hand on the slider measures anything; showing it does not.
    if slider.changed() && (slider.dragged() || slider.clicked() || slider.has_focus()) {
        actions.push(Action::MmPerPoint(1.0 / points));
    }
    let said = if state.screen.calibrated {
        "Measured for this screen."
    } else {
        "Not measured yet: 96 points to the inch are assumed."
    };
    ui.label(theme::small(said, look));
    close_button(ui, actions);
}

fn close_button(ui: &mut Ui, actions: &mut Actions) {
    ui.add_space(14.0);
    if ui.button("Close").clicked() {
        actions.push(Action::Dialog(None));
    }
}
