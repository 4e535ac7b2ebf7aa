//! The second reader beside the paper: what the machine found, how sure it is, and what it went by.
//! Everything here is amber, the machine's colour; nothing here is ever a person's word.

use eframe::egui::{
    self, Align, Color32, Frame, Label, Layout, Margin, Rect, Role, ScrollArea, Sense, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};

use super::action::{Action, Actions};
use super::attention;
use super::commands::Command;
use super::icons::Icon;
use super::reader::{Figure, Record, TOO_FEW, answers_in_words};
use super::review::{Question, buttons_room, decide, hot_letter};
use super::side::is_low;
use super::state::{AppState, Document, FindingGroup, Progress, group_of};
use super::theme::{self, Look};
use super::widgets::hatch;
use crate::reading::vocabulary::Category;
use crate::reading::{Finding, Held, Reading, cannot_say};
use crate::sheet::unbroken;

/// The findings panel.
pub fn show(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.add_space(12.0);
    let line = vec2(ui.available_width(), 16.0);
    ui.allocate_ui_with_layout(line, Layout::left_to_right(Align::Center), |ui| {
        ui.label(theme::caption("Second reader (machine)", look));
        if let Progress::Done(card) = &state.reader {
            ui.add(Label::new(theme::small(&card.model, look)).truncate());
        }
    });
    if let Progress::Done(card) = &state.reader {
        show_unable(ui, &card.unable, look);
    }
    ui.add_space(2.0);
    let Some(document) = state.document() else {
        return;
    };
    match &document.reading {
        _ if document.tracing.done().is_none() => {}
        _ if matches!(state.review.project, Progress::Waiting) => {
            ui.label(theme::small("Opening the review project…", look));
        }
        _ if state.hides(document) => {
            ui.label(theme::small(
                "Hidden in this project until you have signed your own review.",
                look,
            ));
        }
        Progress::Waiting => {
            let model = match &state.reader {
                Progress::Waiting => "Loading the model…",
                _ => "Reading…",
            };
            ui.label(theme::small(model, look));
            ui.ctx().request_repaint_after_secs(0.5);
        }
        Progress::Failed(reason) => no_findings(ui, "No reading", reason),
        Progress::Done(reading) => match &reading.not_readable {
            Some(reason) => no_findings(ui, "Not readable", reason),
            None => readable(ui, state, document, reading, actions),
        },
    }
}

/// A tracing without findings must never look like a normal one.
fn no_findings(ui: &mut Ui, title: &str, reason: &str) {
    let look = theme::look(ui);
    let frame = Frame::new()
        .fill(look.warning_soft)
        .stroke(Stroke::new(1.0, look.warning))
        .corner_radius(8);
    let framed = frame.inner_margin(Margin::same(14)).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(
            egui::RichText::new(title)
                .font(theme::semi_bold(15.0))
                .color(look.warning),
        );
        ui.add_space(2.0);
        ui.label(unbroken(&format!("because {reason}")));
        ui.add_space(8.0);
        ui.label(theme::small(
            "The machine says nothing about this tracing. That is not a normal finding.",
            look,
        ));
    });
    let strip = Rect::from_min_size(
        framed.response.rect.left_bottom() + vec2(0.0, 6.0),
        vec2(framed.response.rect.width(), 8.0),
    );
    hatch(ui.painter(), strip, look.warning.gamma_multiply(0.5));
    ui.add_space(20.0);
}

/// With less room than this above the lead attention, the findings scroll together with it.
const LEAST_ROOM: f32 = 460.0;

fn readable(
    ui: &mut Ui,
    state: &AppState,
    document: &Document,
    reading: &Reading,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let explanation = document
        .selected
        .as_ref()
        .and_then(|id| document.explanations.get(id))
        .and_then(Progress::done)
        .map(|explanation| &**explanation);
    let room = ui.available_height() - attention::height(explanation);
    // Where there is little room, the findings have it first.
    let together = room < LEAST_ROOM;
    let height = if together {
        ui.available_height()
    } else {
        room
    };
    ScrollArea::vertical()
        .max_height(height.max(120.0))
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for warning in &reading.warnings {
                ui.label(theme::small(&warning.message, look).color(look.warning));
                ui.add_space(4.0);
            }
            let order = document.order();
            let of = |group| {
                order
                    .iter()
                    .copied()
                    .filter(move |finding| group_of(finding) == group)
            };
            if of(FindingGroup::Present).next().is_none() {
                ui.label(theme::small("No statement is called present.", look));
            }
            by_category(ui, state, document, of(FindingGroup::Present), actions);
            if of(FindingGroup::Uncertain).next().is_some() {
                section(ui, "Uncertain");
                for finding in of(FindingGroup::Uncertain) {
                    row(ui, state, document, finding, actions);
                }
            }
            let absent = of(FindingGroup::Absent).count();
            if absent > 0 {
                fold(ui, state, absent, actions);
            }
            if state.settings.show_absent {
                by_category(ui, state, document, of(FindingGroup::Absent), actions);
            }
            if together {
                ui.add_space(8.0);
                attention::show(ui, reading, explanation);
            }
        });
    if !together {
        ui.add_space(8.0);
        attention::show(ui, reading, explanation);
    }
}

/// What the model has no word for, every name of it: its silence there is no answer.
fn show_unable(ui: &mut Ui, unable: &[String], look: &Look) {
    if let Some(text) = cannot_say(unable) {
        let mut job = egui::text::LayoutJob::simple(
            unbroken(&text),
            theme::regular(11.5),
            look.secondary,
            ui.available_width(),
        );
        if is_low(ui) {
            // All of it is in the tooltip.
            job.wrap.max_rows = 2;
        }
        ui.label(job);
    }
}

fn by_category<'a>(
    ui: &mut Ui,
    state: &AppState,
    document: &Document,
    findings: impl Iterator<Item = &'a Finding>,
    actions: &mut Actions,
) {
    let mut last = None;
    for finding in findings {
        let category = finding.statement.category;
        if last != Some(category) {
            section(ui, title(category));
            last = Some(category);
        }
        row(ui, state, document, finding, actions);
    }
}

fn section(ui: &mut Ui, title: &str) {
    let look = theme::look(ui);
    ui.add_space(6.0);
    ui.label(theme::caption(title, look));
}

/// The line that unfolds what was not found.
fn fold(ui: &mut Ui, state: &AppState, absent: usize, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.add_space(6.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    let shown = state.settings.show_absent;
    if response.hovered() {
        ui.painter().rect_filled(rect, 6, look.quiet);
    }
    let icon = if shown { Icon::Up } else { Icon::Down };
    let place = Rect::from_min_size(
        pos2(rect.right() - 22.0, rect.center().y - 8.0),
        vec2(16.0, 16.0),
    );
    icon.paint(ui.painter(), place, look.tertiary);
    let text = format!("Absent ({absent})");
    let galley = ui
        .painter()
        .layout_no_wrap(text, theme::semi_bold(11.0), look.tertiary);
    ui.painter().galley(
        pos2(rect.left() + 8.0, rect.center().y - galley.size().y / 2.0),
        galley,
        Color32::PLACEHOLDER,
    );
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, shown, Command::AbsentFindings.name())
    });
    theme::focus_ring(ui, &response, 6);
    if response.clicked() {
        actions.push(Action::Run(Command::AbsentFindings));
    }
}

/// One finding: its name and code, its probability against the threshold, and when it is chosen, why.
fn row(
    ui: &mut Ui,
    state: &AppState,
    document: &Document,
    finding: &Finding,
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let group = group_of(finding);
    let chosen = document.selected.as_deref() == Some(finding.statement.id.as_str());
    let ground = ui.painter().add(egui::Shape::Noop);
    let frame = Frame::new().corner_radius(8);
    let frame = match chosen {
        true => frame
            .fill(look.machine_soft)
            .stroke(Stroke::new(1.0, look.machine_line))
            .inner_margin(Margin::symmetric(9, 6)),
        false => frame.inner_margin(Margin::symmetric(10, 7)),
    };
    let mut place = Rect::NOTHING;
    let inner = frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        let letter = hot_letter(state, &finding.statement.id);
        title_line(ui, finding, group, letter, look);
        place = bar_line(ui, finding, group, look);
        if let Some(held) = &finding.held {
            let unlike = finding.reaches() != finding.present();
            if chosen || unlike || group != FindingGroup::Absent {
                ui.label(theme::small(decided(held), look));
            }
        }
        if chosen {
            ui.add_space(4.0);
            // The other findings stay in sight: in a low window the rest of this one scrolls.
            let height = ui.ctx().content_rect().height() * DETAILS;
            ScrollArea::vertical()
                .id_salt(("why", &finding.statement.id))
                .max_height(height)
                .auto_shrink([false, true])
                .show(ui, |ui| details(ui, state, document, finding));
        }
    });
    let id = ui
        .scope_id()
        .with(("finding", document.generation, &finding.statement.id));
    let response = ui.interact(inner.response.rect, id, Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, spoken(finding)));
    let rect = inner.response.rect;
    if response.hovered() && !chosen {
        ui.painter()
            .set(ground, egui::epaint::RectShape::filled(rect, 8, look.quiet));
    }
    theme::focus_ring(ui, &response, 8);
    if response.clicked() {
        actions.push(Action::SelectFinding(finding.statement.id.clone()));
    }
    let question = Question {
        id,
        statement: &finding.statement.id,
        name: &finding.statement.name,
        claim: state.claim(&finding.statement.id),
    };
    let standing = state
        .own_review()
        .and_then(|review| review.content.verdict(&finding.statement.id));
    decide(ui, place, &question, standing, state.can_review(), actions);
    if chosen && (response.gained_focus() || newly_chosen(ui, id)) {
        response.scroll_to_me(None);
    }
}

/// Whether this row was not the chosen one the last time a row was: then it is brought into sight.
fn newly_chosen(ui: &Ui, row: egui::Id) -> bool {
    let place = egui::Id::unique("the chosen finding");
    let before = ui.data_mut(|data| {
        let before = data.get_temp::<egui::Id>(place);
        data.insert_temp(place, row);
        before
    });
    before != Some(row)
}

/// Share of the window's height that the details of the chosen finding may take.
const DETAILS: f32 = 0.17;

/// What the chosen finding means, how well it is told, and how it was explained.
fn details(ui: &mut Ui, state: &AppState, document: &Document, finding: &Finding) {
    let look = theme::look(ui);
    let id = &finding.statement.id;
    ui.label(theme::small(&finding.statement.criterion, look));
    let card = state.reader.done();
    if let Some(record) = card.and_then(|card| card.records.get(id)) {
        show_record(ui, record, look);
    }
    if let Some(Progress::Done(explanation)) = document.explanations.get(id) {
        let shows = match finding.held {
            Some(_) => "what the network alone went by; it did not decide",
            None => "what the model went by",
        };
        let method = format!("Heatmap: {}, {shows}. H hides it.", explanation.method);
        ui.add_space(4.0);
        ui.label(theme::small(method, look));
    }
}

/// How well the model tells the statement, and where: a figure a line.
fn show_record(ui: &mut Ui, record: &Record, look: &Look) {
    ui.add_space(6.0);
    let shown = ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        if let Some(seen) = record.seen {
            let text = match seen {
                1 => "Seen in training: 1 tracing".to_owned(),
                seen => format!("Seen in training: {seen} tracings"),
            };
            ui.label(theme::small(text, look));
        }
        for (title, figures) in [
            ("AUROC on a new hospital", &record.left_out),
            (
                "AUROC on a new hospital, before fine-tuning",
                &record.before,
            ),
            ("AUROC on patients held back", &record.held_back),
        ] {
            if !figures.is_empty() {
                ui.add_space(5.0);
                ui.label(theme::caption(title, look));
            }
            for figure in figures {
                figure_line(ui, figure, look);
            }
        }
        if record.held_back.is_empty() {
            ui.add_space(5.0);
            ui.label(theme::small(TOO_FEW, look));
        }
        if let Some(words) = answers_in_words(&record.said) {
            ui.add_space(5.0);
            ui.label(theme::small(words, look));
        }
    });
    let response = shown.response;
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, record.words()));
}

fn figure_line(ui: &mut Ui, figure: &Figure, look: &Look) {
    let (line, _) = ui.allocate_exact_size(vec2(ui.available_width(), 17.0), Sense::hover());
    let write = |text: String, font, color, x: f32| {
        let galley = ui.painter().layout_no_wrap(text, font, color);
        let at = pos2(line.left() + x, line.center().y - galley.size().y / 2.0);
        ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    };
    let small = || theme::regular(11.5);
    write(
        format!("{:.2}", figure.auroc),
        theme::semi_bold(12.0),
        look.text,
        0.0,
    );
    if let Some([low, high]) = figure.ci95 {
        write(format!("{low:.2}–{high:.2}"), small(), look.secondary, 34.0);
    }
    write(figure.source.clone(), small(), look.secondary, 108.0);
    let many = format!("n = {}", figure.positives);
    let galley = ui.painter().layout_no_wrap(many, small(), look.secondary);
    let at = pos2(
        line.right() - galley.size().x,
        line.center().y - galley.size().y / 2.0,
    );
    ui.painter().galley(at, galley, Color32::PLACEHOLDER);
}

/// What decided in the model's place.
fn decided(held: &Held) -> String {
    format!("Called {} by {}.", held.answer.word(), held.by)
}

/// A finding in words, for those who listen to the screen.
pub fn spoken(finding: &Finding) -> String {
    let state = match group_of(finding) {
        FindingGroup::Present => "present",
        FindingGroup::Uncertain => "uncertain",
        FindingGroup::Absent => "absent",
    };
    let by = finding
        .held
        .as_ref()
        .map(|held| format!(", by {}", held.by));
    format!(
        "{}, {state}{}, probability {:.2}, threshold {:.2}, {}",
        finding.statement.name,
        by.unwrap_or_default(),
        finding.probability,
        finding.threshold,
        title(finding.statement.category).to_lowercase()
    )
}

fn title(category: Category) -> &'static str {
    match category {
        Category::Rhythm => "Rhythm",
        Category::Conduction => "Conduction",
        Category::Ectopy => "Ectopy",
        Category::Hypertrophy => "Hypertrophy",
        Category::Ischaemia => "Ischaemia",
        Category::Repolarisation => "Repolarisation",
        Category::Other => "Other",
    }
}

fn title_line(
    ui: &mut Ui,
    finding: &Finding,
    group: FindingGroup,
    letter: Option<String>,
    look: &Look,
) {
    let width = ui.available_width();
    let code = finding.statement.id.trim_end_matches('_');
    let code = letter.map_or(code.to_owned(), |letter| format!("{letter}  {code}"));
    let code = ui
        .painter()
        .layout_no_wrap(code, theme::regular(11.0), look.tertiary);
    let (font, color) = match group {
        FindingGroup::Present => (theme::semi_bold(13.0), look.text),
        FindingGroup::Uncertain => (theme::regular(13.0), look.text),
        FindingGroup::Absent => (theme::regular(12.5), look.secondary),
    };
    let room = width - code.size().x - 8.0;
    let mut job = egui::text::LayoutJob::simple(finding.statement.name.clone(), font, color, room);
    job.wrap.max_rows = 2;
    let name = ui.painter().layout_job(job);
    let (rect, _) = ui.allocate_exact_size(vec2(width, name.size().y), Sense::hover());
    ui.painter().galley(rect.min, name, Color32::PLACEHOLDER);
    let at = pos2(rect.right() - code.size().x, rect.top() + 2.0);
    ui.painter().galley(at, code, Color32::PLACEHOLDER);
}

/// The bar from 0 to 1 with a tick at the threshold, and the number; returns the line, at whose right there is room for
/// the reviewer's word.
fn bar_line(ui: &mut Ui, finding: &Finding, group: FindingGroup, look: &Look) -> Rect {
    let width = ui.available_width();
    let (line, _) = ui.allocate_exact_size(vec2(width, 22.0), Sense::hover());
    let rect = line.with_max_x(line.right() - buttons_room());
    let painter = ui.painter();
    let number = format!("{:.2}", finding.probability);
    let font = if group == FindingGroup::Absent {
        theme::regular(12.5)
    } else {
        theme::semi_bold(12.5)
    };
    let color = if group == FindingGroup::Absent {
        look.secondary
    } else {
        look.text
    };
    let number = painter.layout_no_wrap(number, font, color);
    let track = Rect::from_min_max(
        pos2(rect.left(), rect.center().y - 3.0),
        pos2(rect.right() - 40.0, rect.center().y + 3.0),
    );
    painter.rect_filled(track, 3, look.quiet);
    let filled = Rect::from_min_size(
        track.min,
        vec2(
            (track.width() * finding.probability.clamp(0.0, 1.0)).max(4.0),
            track.height(),
        ),
    );
    match group {
        FindingGroup::Present => {
            painter.rect_filled(filled, 3, look.machine);
        }
        FindingGroup::Uncertain => {
            painter.rect_filled(filled, 3, look.machine_light.gamma_multiply(0.45));
            hatch(painter, filled, look.machine);
        }
        FindingGroup::Absent => {
            painter.rect_filled(filled, 3, look.absent);
        }
    }
    let tick = track.left() + track.width() * finding.threshold.clamp(0.0, 1.0);
    painter.vline(
        tick,
        track.top() - 4.0..=track.bottom() + 4.0,
        Stroke::new(2.0, look.text),
    );
    let at = pos2(
        rect.right() - number.size().x,
        rect.center().y - number.size().y / 2.0,
    );
    painter.galley(at, number, Color32::PLACEHOLDER);
    line
}
