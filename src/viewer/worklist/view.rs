//! The worklist beside the paper: search, order, progress, and one line a tracing. Only the lines that
//! can be seen are laid out, so that thousands cost no more than twenty.

use std::ops::Range;

use eframe::egui::{
    self, Color32, Margin, ProgressBar, Rect, Role, ScrollArea, Sense, Shape, Stroke, TextEdit, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

use super::{HIDDEN, Row, Show, Sort, Urgency, Worklist};
use crate::review::Status;
use crate::viewer::action::{Action, Actions};
use crate::viewer::commands::Command;
use crate::viewer::icons::Icon;
use crate::viewer::state::{AppState, Progress};
use crate::viewer::theme::{self, Look};
use crate::viewer::tracings::thumbnail;
use crate::viewer::widgets::{drop_down, menu_item, quiet_icon};

/// Height of a line and of the gap beneath it.
const ROW: f32 = 66.0;
const GAP: f32 = 2.0;

/// The worklist.
pub fn show(ui: &mut Ui, state: &AppState, worklist: &Worklist, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.add_space(10.0);
    head(ui, state, worklist, look, actions);
    ui.add_space(6.0);
    search(ui, worklist, actions);
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let shown = show_label(worklist.show);
        drop_down(
            ui,
            "Tracings to list",
            Some(Icon::Down),
            Some(shown),
            |ui| {
                for command in SHOWS {
                    menu_item(ui, state, command, actions);
                }
            },
        );
        let sorted = sort_label(worklist.sort);
        drop_down(
            ui,
            "Order of the worklist",
            Some(Icon::Down),
            Some(sorted),
            |ui| {
                for command in SORTS {
                    menu_item(ui, state, command, actions);
                }
            },
        );
    });
    ui.add_space(6.0);
    background(ui, worklist, look, actions);
    if worklist.order().is_empty() {
        return nothing(ui, worklist, look, actions);
    }
    lines(ui, state, worklist, look, actions);
}

/// What can be listed, in the order of the menu.
const SHOWS: [Command; 6] = [
    Command::ShowInWorklist(Show::All),
    Command::ShowInWorklist(Show::Urgent),
    Command::ShowInWorklist(Show::New),
    Command::ShowInWorklist(Show::InProgress),
    Command::ShowInWorklist(Show::Signed),
    Command::ShowInWorklist(Show::Unreadable),
];
const SORTS: [Command; 6] = [
    Command::SortWorklist(Sort::Urgency),
    Command::SortWorklist(Sort::Date),
    Command::SortWorklist(Sort::Patient),
    Command::SortWorklist(Sort::Name),
    Command::SortWorklist(Sort::Uncertain),
    Command::SortWorklist(Sort::Disagreement),
];

fn show_label(show: Show) -> &'static str {
    match show {
        Show::All => "All",
        Show::Urgent => "Urgent",
        Show::New => "New",
        Show::InProgress => "In progress",
        Show::Signed => "Signed",
        Show::Unreadable => "Not readable",
    }
}

fn sort_label(sort: Sort) -> &'static str {
    match sort {
        Sort::Urgency => "Urgent first",
        Sort::Date => "Newest first",
        Sort::Patient => "By patient",
        Sort::Name => "As listed",
        Sort::Uncertain => "Uncertain first",
        Sort::Disagreement => "Disagreement first",
    }
}

fn head(ui: &mut Ui, state: &AppState, worklist: &Worklist, look: &Look, actions: &mut Actions) {
    let (listed, all) = (worklist.order().len(), worklist.rows().len());
    let at = state
        .current_row()
        .and_then(|row| worklist.order().iter().position(|&other| other == row));
    let count = match (at, listed == all) {
        (Some(at), true) => format!("{} of {}", grouped(at + 1), grouped(all)),
        (Some(at), false) => format!(
            "{} of {} in {}",
            grouped(at + 1),
            grouped(listed),
            grouped(all)
        ),
        (None, true) => grouped(all),
        (None, false) => format!("{} of {}", grouped(listed), grouped(all)),
    };
    ui.horizontal(|ui| {
        ui.label(theme::caption(format!("Worklist   {count}"), look))
            .on_hover_text(&worklist.title);
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if quiet_icon(ui, Icon::Close, Command::CloseWorklist.name()).clicked() {
                actions.push(Action::Run(Command::CloseWorklist));
            }
        });
    });
}

fn search(ui: &mut Ui, worklist: &Worklist, actions: &mut Actions) {
    let mut query = worklist.query.clone();
    let field = TextEdit::singleline(&mut query)
        .hint_text("Patient, record, finding")
        .desired_width(f32::INFINITY)
        .margin(Margin::symmetric(10, 6));
    let field = ui.add(field).accessible_name("Search the worklist");
    if worklist.seek {
        field.request_focus();
        actions.push(Action::Sought);
    }
    if field.changed() {
        actions.push(Action::Search(query));
    }
}

/// What goes on in the background, and how to stop it.
fn background(ui: &mut Ui, worklist: &Worklist, look: &Look, actions: &mut Actions) {
    if worklist.finished() {
        return;
    }
    let all = worklist.rows().len();
    let (glanced, read) = worklist.progress();
    let share = (glanced + read) as f32 / (2 * all.max(1)) as f32;
    let verb = match () {
        () if worklist.stopped => "Stopped",
        () if worklist.listing => "Listing",
        () => "Reading",
    };
    let text = format!("{verb}: {} of {} read", grouped(read), grouped(all));
    ui.horizontal(|ui| {
        ui.label(theme::small(&text, look));
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            let command = Command::PauseWorklist;
            let text = if worklist.stopped { "Go on" } else { "Stop" };
            let link = egui::Button::new(theme::small(text, look).color(look.focus)).frame(false);
            let link = ui.add(link);
            link.widget_info(|| {
                WidgetInfo::labeled(Role::Button, true, format!("{text} reading the worklist"))
            });
            theme::focus_ring(ui, &link, 4);
            if link.on_hover_text(command.hint()).clicked() {
                actions.push(Action::Run(command));
            }
        });
    });
    let bar = ProgressBar::new(share)
        .desired_height(4.0)
        .fill(if worklist.stopped {
            look.absent
        } else {
            look.machine
        });
    let bar = ui.add(bar);
    bar.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &text));
    ui.add_space(6.0);
}

/// No line to show: say why, and what to do about it.
fn nothing(ui: &mut Ui, worklist: &Worklist, look: &Look, actions: &mut Actions) {
    ui.add_space(24.0);
    ui.vertical_centered(|ui| {
        if worklist.rows().is_empty() {
            let (title, hint) = if worklist.listing {
                (
                    "Looking for tracings…",
                    "Files are recognised by what is in them.",
                )
            } else {
                (
                    "No tracing in this folder",
                    "No file here or below could hold one.",
                )
            };
            ui.label(theme::strong(title));
            ui.label(theme::small(hint, look));
            return;
        }
        ui.label(theme::strong("No tracing matches"));
        ui.label(theme::small(
            format!(
                "None of {} is listed this way.",
                grouped(worklist.rows().len())
            ),
            look,
        ));
        ui.add_space(8.0);
        if ui.button("List all tracings").clicked() {
            actions.push(Action::Search(String::new()));
            actions.push(Action::Run(Command::ShowInWorklist(Show::All)));
        }
    });
}

fn lines(ui: &mut Ui, state: &AppState, worklist: &Worklist, look: &Look, actions: &mut Actions) {
    let order = worklist.order();
    let current = state.current_row();
    let step = ROW + GAP;
    let mut seen: Range<usize> = 0..0;
    ScrollArea::vertical()
        .id_salt("worklist")
        .auto_shrink([false, false])
        .show_viewport(ui, |ui, viewport| {
            ui.set_height(order.len() as f32 * step);
            let (top, left) = (ui.max_rect().top(), ui.max_rect().left());
            let width = ui.available_width();
            let line = |at: usize| {
                Rect::from_min_size(pos2(left, top + at as f32 * step), vec2(width, ROW))
            };
            let first = (viewport.top() / step).floor().max(0.0) as usize;
            let last = (viewport.bottom() / step).ceil().max(0.0) as usize;
            seen = first.min(order.len())..last.min(order.len());
            for at in seen.clone() {
                let Some((&id, row)) = order
                    .get(at)
                    .and_then(|id| Some((id, worklist.rows().get(*id)?)))
                else {
                    continue;
                };
                ui.scope_builder(UiBuilder::new().max_rect(line(at)), |ui| {
                    let hidden = state.hides_row(row);
                    let marks = (current == Some(id), hidden);
                    self::line(ui, id, row, line(at), marks, look, actions);
                });
            }
            if worklist.reveal {
                if let Some(at) = current.and_then(|row| order.iter().position(|&o| o == row)) {
                    ui.scroll_to_rect(line(at).expand2(vec2(0.0, step)), None);
                }
                actions.push(Action::Revealed);
            }
        });
    let seen: Vec<usize> = order.get(seen).unwrap_or_default().to_vec();
    if seen != worklist.in_view {
        actions.push(Action::InView(seen));
    }
}

fn line(
    ui: &mut Ui,
    id: usize,
    row: &Row,
    rect: Rect,
    (current, hidden): (bool, bool),
    look: &Look,
    actions: &mut Actions,
) {
    let openable = row.trouble().is_none();
    let response = ui.interact(rect, ui.scope_id().with(("line", id)), Sense::click());
    let spoken = row.spoken(hidden);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, openable, current, &spoken));
    match () {
        () if current => ui.painter().rect_filled(rect, 8, look.accent_soft),
        () if response.hovered() => ui.painter().rect_filled(rect, 8, look.quiet),
        () => ui.painter().add(Shape::Noop),
    };
    let picture = Rect::from_min_size(rect.min + vec2(10.0, 12.0), vec2(52.0, ROW - 24.0));
    match &row.glance {
        Progress::Done(glance) => {
            let ink = if current { look.text } else { look.secondary };
            thumbnail(ui, &glance.thumbnail, picture, ink);
        }
        Progress::Failed(_) => Icon::Warning.paint(ui.painter(), picture, look.warning),
        Progress::Waiting => {
            let middle = picture.center().y;
            ui.painter()
                .hline(picture.x_range(), middle, Stroke::new(1.0, look.line));
        }
    }
    let left = picture.right() + 10.0;
    let width = rect.right() - 10.0 - left;
    let text = |text: String, font, color, width: f32| {
        let mut job = egui::text::LayoutJob::simple(text, font, color, width.max(10.0));
        job.wrap.max_rows = 1;
        job.wrap.break_anywhere = true;
        ui.painter().layout_job(job)
    };
    let status = match row.status() {
        Status::New => None,
        Status::InProgress => Some(("In progress", look.secondary)),
        Status::Signed => Some(("Signed", look.person_text)),
    };
    let mut room = width;
    if let Some((word, color)) = status {
        let word = text(word.into(), theme::semi_bold(11.0), color, width / 2.0);
        room -= word.size().x + 8.0;
        let at = pos2(rect.right() - 10.0 - word.size().x, rect.top() + 10.0);
        ui.painter().galley(at, word, Color32::PLACEHOLDER);
    }
    let title = text(row.title(), theme::semi_bold(13.0), look.text, room);
    ui.painter()
        .galley(pos2(left, rect.top() + 8.0), title, Color32::PLACEHOLDER);
    // What the machine says, or why a file cannot be opened, takes the line of who it is of where nobody is named.
    let who = row.who();
    let (below, rows) = match who.is_empty() {
        true => (27.0, 2),
        false => (43.0, 1),
    };
    let who = text(who, theme::regular(11.5), look.secondary, width);
    ui.painter()
        .galley(pos2(left, rect.top() + 26.0), who, Color32::PLACEHOLDER);
    let at = pos2(left, rect.top() + below);
    if hidden && openable {
        let text = text(HIDDEN.into(), theme::regular(11.5), look.tertiary, width);
        ui.painter().galley(at, text, Color32::PLACEHOLDER);
    } else {
        summary(ui, row, at, (width, rows), look);
    }
    theme::focus_ring(ui, &response, 8);
    let response = if openable {
        response.on_hover_text(spoken)
    } else {
        response.on_hover_text(row.trouble().unwrap_or_default())
    };
    if response.clicked() && openable {
        actions.push(Action::OpenRow(id));
    }
}

/// The machine's word, in the machine's colour, with how soon it wants eyes before it.
fn summary(ui: &Ui, row: &Row, at: egui::Pos2, (width, rows): (f32, usize), look: &Look) {
    let painter = ui.painter();
    let mut left = at.x;
    let urgency = row.urgency();
    if let Some(word) = urgency.and_then(Urgency::word) {
        let filled = urgency == Some(Urgency::Now);
        let (ground, ink) = if filled {
            (look.machine_text, look.panel)
        } else {
            (look.machine_soft, look.machine_text)
        };
        let word = painter.layout_no_wrap(word.into(), theme::semi_bold(10.5), ink);
        let chip = Rect::from_min_size(at - vec2(0.0, 1.0), word.size() + vec2(10.0, 3.0));
        painter.rect(
            chip,
            4,
            ground,
            Stroke::new(1.0, look.machine_text),
            egui::StrokeKind::Inside,
        );
        painter.galley(chip.min + vec2(5.0, 1.5), word, ink);
        left = chip.right() + 6.0;
    }
    let color = match (row.trouble(), urgency) {
        (Some(_), _) | (None, Some(Urgency::Unknown)) => look.warning,
        (None, None) => look.tertiary,
        (None, Some(_)) => look.machine_text,
    };
    let mut job = egui::text::LayoutJob::simple(
        row.summary(),
        theme::regular(11.5),
        color,
        (at.x + width - left).max(10.0),
    );
    job.wrap.max_rows = rows;
    job.wrap.break_anywhere = rows == 1;
    painter.galley(pos2(left, at.y), painter.layout_job(job), color);
}

/// A count with its thousands apart.
pub(in crate::viewer) fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::grouped;

    #[test]
    fn thousands_stand_apart() {
        assert_eq!(
            [0, 12, 999, 1000, 88_253, 1_000_000].map(grouped),
            ["0", "12", "999", "1,000", "88,253", "1,000,000"]
        );
    }
}
