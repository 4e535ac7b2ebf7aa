//! Spans and beats marked on the paper: drawn by hand, shown in the reviewer's colour, named in a list.

use eframe::egui::{
    self, Color32, CursorIcon, PointerButton, Pos2, Rect, Response, Role, ScrollArea, Sense,
    Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::{ReviewAction, ReviewDialog, add_finding};
use crate::ecg::{BeatKind, LeadName};
use crate::reading::vocabulary;
use crate::review::{Mark, Place, seconds};
use crate::sheet::{Panel, Point, Sheet};
use crate::viewer::action::{Action, Actions};
use crate::viewer::icons::Icon;
use crate::viewer::place_view::OnScreen;
use crate::viewer::search_list::{self, Search, Sought, Words};
use crate::viewer::state::{AppState, Dialog};
use crate::viewer::theme::{self, Look};
use crate::viewer::widgets::quiet_icon;

/// A drag shorter than this, in seconds, is a click.
const SHORTEST_S: f64 = 0.02;
/// Marks listed before the list scrolls.
const LISTED: f32 = 4.0;

/// What is being marked.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Leads that were drawn over, from top to bottom.
    pub leads: Vec<LeadName>,
    pub from_s: f64,
    /// Equal to `from_s` for a beat.
    pub to_s: f64,
}

impl Drawn {
    fn is_beat(&self) -> bool {
        (self.to_s - self.from_s).abs() < SHORTEST_S
    }

    fn words(&self) -> String {
        let leads: Vec<&str> = self.leads.iter().map(LeadName::as_str).collect();
        let leads = leads.join(", ");
        if self.is_beat() {
            format!("Beat at {:.3} s in {leads}", self.from_s)
        } else {
            let (from, to) = (self.from_s.min(self.to_s), self.from_s.max(self.to_s));
            format!("{from:.3} to {to:.3} s in {leads}")
        }
    }
}

/// Every kind of beat with its name.
pub const BEATS: [(BeatKind, &str); 19] = [
    (BeatKind::Normal, "Normal beat"),
    (BeatKind::VentricularPremature, "Premature ventricular beat"),
    (
        BeatKind::ROnTPremature,
        "Premature ventricular beat, R on T",
    ),
    (BeatKind::AtrialPremature, "Premature atrial beat"),
    (
        BeatKind::AberratedAtrialPremature,
        "Premature atrial beat, aberrant",
    ),
    (BeatKind::JunctionalPremature, "Premature junctional beat"),
    (
        BeatKind::SupraventricularPremature,
        "Premature supraventricular beat",
    ),
    (
        BeatKind::LeftBundleBranchBlock,
        "Beat with left bundle branch block",
    ),
    (
        BeatKind::RightBundleBranchBlock,
        "Beat with right bundle branch block",
    ),
    (BeatKind::BundleBranchBlock, "Beat with bundle branch block"),
    (BeatKind::Fusion, "Fusion beat"),
    (BeatKind::PacedFusion, "Fusion of paced and normal beat"),
    (BeatKind::Paced, "Paced beat"),
    (BeatKind::Escape, "Escape beat"),
    (BeatKind::AtrialEscape, "Atrial escape beat"),
    (BeatKind::JunctionalEscape, "Junctional escape beat"),
    (
        BeatKind::SupraventricularEscape,
        "Supraventricular escape beat",
    ),
    (BeatKind::VentricularEscape, "Ventricular escape beat"),
    (BeatKind::Unclassified, "Unclassified beat"),
];

fn beat_name(beat: BeatKind) -> &'static str {
    BEATS
        .iter()
        .find(|(kind, _)| *kind == beat)
        .map_or("Beat", |(_, name)| name)
}

/// What a mark is called: the statement's name, the label, or the kind of beat.
pub fn mark_name(mark: &Mark) -> String {
    match &mark.place {
        Place::Span { label, .. } => {
            vocabulary::find(label).map_or_else(|| label.clone(), |known| known.name.clone())
        }
        Place::Beat { beat, .. } => beat_name(*beat).to_owned(),
    }
}

/// Takes the pointer while marking; returns whether it did, so that the paper stays where it is.
pub fn interact(
    ui: &Ui,
    response: &Response,
    state: &AppState,
    page: &OnScreen<'_>,
    actions: &mut Actions,
) -> bool {
    if !state.marks_on_paper() {
        return false;
    }
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
    }
    let pressed = ui.input(|input| input.pointer.press_origin());
    let now = response.interact_pointer_pos();
    if let (Some(from), Some(to)) = (pressed, now)
        && (response.dragged_by(PointerButton::Primary) || response.clicked())
        && let Some(drawn) = drawn(page.sheet, to_page(page, from), to_page(page, to))
    {
        if response.clicked() {
            actions.push(ask(Drawn {
                to_s: drawn.from_s,
                ..drawn
            }));
        } else {
            actions.push(Action::Review(ReviewAction::Drawing(Some(drawn))));
        }
    }
    if response.drag_stopped()
        && let Some(drawn) = &state.review.drawing
    {
        actions.push(Action::Review(ReviewAction::Drawing(None)));
        actions.push(ask(drawn.clone()));
    }
    true
}

fn to_page(page: &OnScreen<'_>, at: Pos2) -> Point {
    Point {
        x: (at.x - page.origin.x) / page.scale,
        y: (at.y - page.origin.y) / page.scale,
    }
}

fn ask(drawn: Drawn) -> Action {
    Action::Dialog(Some(Dialog::Review(ReviewDialog::Mark {
        drawn,
        search: Search::default(),
    })))
}

/// What lies between two points of the page: times of the panel where it began, and every lead of that column that was
/// drawn over.
fn drawn(sheet: &Sheet, from: Point, to: Point) -> Option<Drawn> {
    let first = sheet
        .panels
        .iter()
        .find(|panel| panel.rect.contains(from))?;
    let time = |x: f32| first.time_at(x.clamp(first.rect.x, first.rect.right()));
    let (top, bottom) = (from.y.min(to.y), from.y.max(to.y));
    let middle = |panel: &Panel| panel.rect.y + panel.rect.height / 2.0;
    let over = sheet.panels.iter().filter(|panel| {
        let same_column = (panel.start_s - first.start_s).abs() < 1e-6
            && (panel.rect.x - first.rect.x).abs() < 1e-3;
        same_column && (panel.lead == first.lead || (top..bottom).contains(&middle(panel)))
    });
    let mut leads: Vec<LeadName> = Vec::new();
    for panel in over {
        if !leads.contains(&panel.lead) {
            leads.push(panel.lead.clone());
        }
    }
    Some(Drawn {
        leads,
        from_s: time(from.x),
        to_s: time(to.x),
    })
}

/// The reviewer's marks on the paper, and the one being drawn.
pub fn paint(ui: &Ui, state: &AppState, page: &OnScreen<'_>) {
    // The paper is light in either theme.
    let look = theme::look_of(false);
    let painter = ui.painter().with_clip_rect(page.clip);
    if let Some(review) = state.own_review() {
        for mark in review.content.marks.values() {
            let (from, to) = mark.range_us();
            let name = match &mark.place {
                Place::Span { label, .. } => label.trim_end_matches('_').to_owned(),
                Place::Beat { beat, .. } => beat_name(*beat).to_owned(),
            };
            on_panels(
                &painter,
                page,
                &mark.leads,
                (seconds(from), seconds(to)),
                &name,
                look,
            );
        }
    }
    if let Some(drawn) = &state.review.drawing {
        let range = (drawn.from_s.min(drawn.to_s), drawn.from_s.max(drawn.to_s));
        on_panels(&painter, page, &drawn.leads, range, "", look);
    }
}

fn on_panels(
    painter: &egui::Painter,
    page: &OnScreen<'_>,
    leads: &[LeadName],
    (from_s, to_s): (f64, f64),
    name: &str,
    look: &Look,
) {
    let seen = |panel: &&Panel| {
        let in_lead = leads.is_empty() || leads.contains(&panel.lead);
        in_lead && panel.start_s <= to_s && panel.end_s >= from_s
    };
    for panel in page.sheet.panels.iter().filter(seen) {
        let whole = page.rect(panel);
        let x = |at_s: f64| page.x(panel, at_s.clamp(panel.start_s, panel.end_s));
        let (left, right) = (x(from_s), x(to_s));
        if to_s > from_s {
            let band = Rect::from_x_y_ranges(left..=right, whole.y_range().shrink(2.0));
            painter.rect(
                band,
                2,
                look.reviewer.gamma_multiply(0.12),
                Stroke::new(1.0, look.reviewer.gamma_multiply(0.7)),
                StrokeKind::Inside,
            );
        } else {
            let tip = pos2(left, whole.top() + 14.0);
            let corners = vec![tip, tip + vec2(-4.0, -8.0), tip + vec2(4.0, -8.0)];
            painter.add(egui::Shape::convex_polygon(
                corners,
                look.reviewer,
                Stroke::NONE,
            ));
        }
        if !name.is_empty() {
            let galley =
                painter.layout_no_wrap(name.to_owned(), theme::semi_bold(11.0), look.on_reviewer);
            let at = pos2(left, whole.top() + if to_s > from_s { 2.0 } else { -10.0 });
            let chip = Rect::from_min_size(at, galley.size() + vec2(8.0, 2.0));
            painter.rect_filled(chip, 3, look.reviewer);
            painter.galley(chip.min + vec2(4.0, 1.0), galley, Color32::PLACEHOLDER);
        }
    }
}

/// The marks of the review, one line each, with a way to take them out.
pub fn list(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(review) = state
        .own_review()
        .filter(|review| !review.content.marks.is_empty())
    else {
        return;
    };
    let look = theme::look(ui);
    ui.label(theme::caption("Annotations", look));
    ScrollArea::vertical()
        .id_salt("marks")
        .max_height(LISTED * 22.0)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (number, mark) in &review.content.marks {
                row(ui, state, *number, mark, actions);
            }
        });
}

fn row(ui: &mut Ui, state: &AppState, number: u64, mark: &Mark, actions: &mut Actions) {
    let look = theme::look(ui);
    let (from, to) = mark.range_us();
    let leads: Vec<&str> = mark.leads.iter().map(LeadName::as_str).collect();
    let leads = if leads.is_empty() {
        "all leads".to_owned()
    } else {
        leads.join(", ")
    };
    let when = if from == to {
        format!("{:.2} s", seconds(from))
    } else {
        format!("{:.2}–{:.2} s", seconds(from), seconds(to))
    };
    let name = mark_name(mark);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let text = format!("{name}, {when}, {leads}");
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    let mut job = egui::text::LayoutJob::default();
    let format = |font, color| egui::TextFormat::simple(font, color);
    job.append(&name, 0.0, format(theme::regular(12.5), look.text));
    job.append(
        &format!("   {when}  {leads}"),
        0.0,
        format(theme::regular(11.5), look.secondary),
    );
    job.wrap.max_width = rect.width() - 28.0;
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = ui.painter().layout_job(job);
    let at = pos2(rect.left() + 2.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    if state.can_review() {
        let place = Rect::from_min_max(pos2(rect.right() - 24.0, rect.top() - 1.0), rect.max);
        ui.scope_builder(egui::UiBuilder::new().max_rect(place), |ui| {
            if quiet_icon(ui, Icon::Close, &format!("Remove {name} at {when}")).clicked() {
                actions.push(Action::Review(ReviewAction::Unmark(number)));
            }
        });
    }
    response.on_hover_text(text);
}

/// Names what was drawn: a statement or words of one's own for a span, a kind for a beat.
pub(super) fn name(ui: &mut Ui, drawn: &Drawn, search: &Search, actions: &mut Actions) {
    let look = theme::look(ui);
    ui.set_width(460.0);
    ui.label(theme::small(drawn.words(), look));
    ui.add_space(6.0);
    let choices = choices(drawn, &search.query);
    let words = Words {
        name: "Label of the mark",
        hint: if drawn.is_beat() {
            "Kind of beat"
        } else {
            "Statement, or words of your own"
        },
        nothing: "No kind of beat is called that.",
    };
    let sought = search_list::show(
        ui,
        search,
        &words,
        choices.len(),
        280.0,
        |ui, entry, chosen| {
            let button = egui::Button::selectable(chosen, choices[entry].name());
            ui.add_sized([ui.available_width(), 26.0], button)
        },
    );
    match sought {
        Sought::Picked(entry) => {
            let named = choices[entry].clone();
            actions.push(Action::Review(ReviewAction::Mark(drawn.clone(), named)));
        }
        Sought::Changed(search) => {
            actions.push(Action::Dialog(Some(Dialog::Review(ReviewDialog::Mark {
                drawn: drawn.clone(),
                search,
            }))));
        }
        Sought::Nothing => {}
    }
}

/// What a mark may be called.
#[derive(Debug, Clone, PartialEq)]
pub enum Named {
    Statement(String),
    Words(String),
    Beat(BeatKind),
}

impl Named {
    fn name(&self) -> String {
        match self {
            Self::Statement(id) => {
                vocabulary::find(id).map_or_else(|| id.clone(), |known| known.name.clone())
            }
            Self::Words(words) => format!("“{words}”"),
            Self::Beat(beat) => beat_name(*beat).to_owned(),
        }
    }
}

fn choices(drawn: &Drawn, query: &str) -> Vec<Named> {
    if drawn.is_beat() {
        let query = query.trim().to_lowercase();
        let named = BEATS
            .iter()
            .filter(|(_, name)| name.to_lowercase().contains(&query));
        return named.map(|(beat, _)| Named::Beat(*beat)).collect();
    }
    let found = add_finding::search(query)
        .into_iter()
        .map(|statement| Named::Statement(statement.id.clone()));
    let mut choices: Vec<Named> = found.collect();
    if !query.trim().is_empty() {
        let at = choices.len().min(1);
        choices.insert(at, Named::Words(query.trim().to_owned()));
    }
    choices
}
