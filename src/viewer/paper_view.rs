//! The tracing on its paper, with who it is above and how it is drawn beneath.

use std::sync::Arc;

use eframe::egui::{
    self, Align2, Color32, CornerRadius, CursorIcon, Pos2, Rect, Role, Sense, Stroke, StrokeKind,
    Ui, Vec2, WidgetInfo, pos2, vec2,
};

use super::action::{Action, Actions};
use super::jobs::Tracing;
use super::paper::{PaintOptions, PaintedSheet};
use super::paper_pointer::{mark_inspected, navigate, read_out};
use super::review::{boundaries, marks};
use super::state::{AppState, Document, Scale};
use super::theme::{self, Look};
use super::{badge, calipers, header, magnifier, overview, place_view};
use crate::ecg::{LeadName, Recording};
use crate::measure::Measurements;
use crate::sheet::{Heat, Page, Panel, Point, Sheet, SheetOptions, compose};

const HEADER: f32 = 40.0;
const RADIUS: u8 = 8;
/// The card is no narrower than what stands above and beneath the page.
const LEAST_WIDTH: f32 = badge::LEAST_WIDTH;
/// Brightness of the paper in the dark theme: still paper, but no lamp.
const DARK_PAPER: f32 = 0.93;

/// What the sheet was composed from.
#[derive(Debug, Clone, PartialEq)]
struct ComposedFrom {
    generation: u64,
    /// Start of the filtered samples in memory: another filter, another recording.
    shown: usize,
    options: SheetOptions,
    heat: Option<(String, u32)>,
    ticks: bool,
    /// The reviewer's wave boundaries in memory, which are drawn whether the measured ones are or not.
    revised: Option<usize>,
}

type Held = (Arc<Recording>, Option<Arc<Measurements>>);

/// The page and its paint, kept between frames.
#[derive(Default)]
pub struct PaperView {
    /// What it was composed from is held, so that nothing else can take its place in memory while it is compared.
    composed: Option<(ComposedFrom, Held, Arc<Sheet>)>,
    painted: PaintedSheet,
    magnified: PaintedSheet,
    compositions: u64,
}

impl PaperView {
    /// How often a page was composed and how often it was painted anew.
    pub fn work_done(&self) -> (u64, u64) {
        (self.compositions, self.painted.times_made())
    }

    /// Shows an earlier tracing beside the one in front, as large as that, only to be looked at.
    pub fn show_beside(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        document: &Document,
        tracing: &Tracing,
        actions: &mut Actions,
    ) {
        let laid = self.lay(ui, state, document, tracing);
        let id = ui.scope_id().with("earlier paper");
        let response = ui.interact(laid.viewport, id, Sense::hover());
        let name = format!("Earlier tracing {}", document.title);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        badge::show(ui, laid.foot(), state, document, tracing, actions);
        ui.advance_cursor_after_rect(laid.card);
    }

    /// How large the card with the page is in an area.
    pub fn size(
        &mut self,
        ui: &Ui,
        state: &AppState,
        document: &Document,
        tracing: &Tracing,
        area: Rect,
    ) -> Vec2 {
        let sheet = self.compose(state, document, tracing);
        let size = (area.size(), ui.ctx().pixels_per_point());
        let fitted = Fitted::new(state, document, tracing, &sheet, size);
        vec2(
            fitted.paper.x.max(LEAST_WIDTH.min(fitted.room.x)),
            fitted.paper.y + HEADER + fitted.foot + fitted.line,
        )
    }

    /// Paints the page in its card.
    fn lay(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        document: &Document,
        tracing: &Tracing,
    ) -> Laid {
        let look = theme::look(ui);
        let sheet = self.compose(state, document, tracing);
        let area = ui.available_rect_before_wrap();
        let ppp = ui.ctx().pixels_per_point();
        let Fitted {
            scale,
            paper,
            line,
            room,
            foot,
        } = Fitted::new(state, document, tracing, &sheet, (area.size(), ppp));
        let width = paper.x.max(LEAST_WIDTH.min(room.x));
        let left = area.left() + ((area.width() - width) / 2.0).max(0.0);
        let card = Rect::from_min_size(
            pos2(left, area.top()),
            vec2(width, paper.y + HEADER + foot + line),
        );
        let page = vec2(sheet.width, sheet.height);
        let card = Rect::from_min_max(snap(card.min, ppp), snap(card.max, ppp));
        let viewport = Rect::from_min_max(
            pos2(card.left(), card.top() + HEADER),
            pos2(card.right(), card.bottom() - foot - line),
        );
        let paper = PaintOptions {
            points_per_mm: scale,
            pixels_per_point: ppp,
            palette: state.paper_colors(),
            brightness: if state.dark() { DARK_PAPER } else { 1.0 },
        };

        frame(ui, card, look);
        header::show(ui, head_of(card), state, document, tracing);
        ui.painter().rect_filled(viewport, 0, paper_ground(&paper));

        let center = clamped_center(state.view.center, page, viewport.size() / scale);
        let origin = snap(viewport.center() - center * scale, ppp);
        let clip = viewport.intersect(ui.clip_rect());
        self.painted
            .paint(&ui.painter().with_clip_rect(clip), &sheet, paper, origin);
        Laid {
            sheet,
            paper,
            card,
            viewport,
            clip,
            center,
            origin,
            scale,
            foot,
        }
    }

    /// Shows the tracing in all the room there is.
    pub fn show(
        &mut self,
        ui: &mut Ui,
        state: &AppState,
        document: &Document,
        tracing: &Tracing,
        actions: &mut Actions,
    ) {
        let laid = self.lay(ui, state, document, tracing);
        let (sheet, paper) = (Arc::clone(&laid.sheet), laid.paper);
        let (card, viewport, clip) = (laid.card, laid.viewport, laid.clip);
        let (center, origin, scale) = (laid.center, laid.origin, laid.scale);
        let response = ui.interact(
            viewport,
            ui.scope_id().with("paper"),
            Sense::click_and_drag(),
        );
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Image, true, spoken(document, tracing, &sheet))
        });
        let on_screen = place_view::OnScreen {
            sheet: &sheet,
            origin,
            scale,
            clip,
        };
        // The pointer belongs to one of them.
        let measuring = marks::interact(ui, &response, state, &on_screen, actions)
            || boundaries::paper::interact(ui, &response, state, document, &on_screen, actions)
            || calipers::view::handle(ui, &response, state, document, tracing, &on_screen, actions);
        let on_page = |at: Pos2| Point {
            x: (at.x - origin.x) / scale,
            y: (at.y - origin.y) / scale,
        };
        let pointed = response
            .hover_pos()
            .and_then(|at| Some((at, panel_at(&sheet, on_page(at))?)));
        navigate(
            ui,
            &response,
            state,
            center,
            viewport,
            (scale, &sheet),
            measuring,
            actions,
        );
        marks::paint(ui, state, &on_screen);
        boundaries::paper::paint(ui, state, document, &on_screen);
        if let Some((at, panel)) = pointed {
            let place = on_page(at);
            let time = panel.time_at(place.x);
            if response.clicked() && !measuring {
                actions.push(Action::Inspect(panel.lead.clone(), Some(time)));
            }
            if !response.dragged() {
                read_out(ui, clip, tracing, panel, time, (origin, scale));
            }
            ui.ctx()
                .set_cursor_icon(if response.dragged() && !measuring {
                    CursorIcon::Grabbing
                } else {
                    CursorIcon::Crosshair
                });
        }
        mark_inspected(ui, clip, state, &sheet, origin, scale);
        place_view::show(ui, state, document, &on_screen, actions);
        calipers::view::show(ui, state, &on_screen);
        magnifier::show(ui, state, &response, &on_screen, paper, &mut self.magnified);
        let duration_s = tracing.recording.duration_s();
        if let Some(line) = laid.line() {
            overview::show(ui, line, state, document, duration_s, actions);
        }
        badge::show(ui, laid.foot(), state, document, tracing, actions);
        ui.advance_cursor_after_rect(card);
    }

    /// The page of the tracing, composed only when something about it has changed.
    fn compose(&mut self, state: &AppState, document: &Document, tracing: &Tracing) -> Arc<Sheet> {
        let settings = &state.settings;
        let own = Some(document.generation) == state.current;
        let heat = state.visible_heat().filter(|_| own);
        let ticks = document.measured();
        let ticks = ticks.filter(|_| settings.ticks || (own && state.hand().is_some()));
        let revised = document.revised.as_ref();
        let from = ComposedFrom {
            generation: document.generation,
            shown: Arc::as_ptr(&tracing.shown) as usize,
            options: SheetOptions {
                layout: settings.layout,
                order: settings.order,
                page: Page::Screen,
                speed: settings.speed.mm_per_s(),
                limb_gain: settings.limb_gain.mm_per_mv(),
                chest_gain: settings.chest_gain.mm_per_mv(),
                start_s: document.start_s,
                filters: tracing.filter_name(),
                ..SheetOptions::default()
            },
            heat: heat.map(|heat| (heat.id.clone(), settings.heat_opacity.to_bits())),
            ticks: ticks.is_some(),
            revised: revised.map(|revised| Arc::as_ptr(revised) as usize),
        };
        if let Some((made_from, _, sheet)) = &self.composed
            && *made_from == from
        {
            return Arc::clone(sheet);
        }
        let mut options = from.options.clone();
        options.heat = heat.map(|explanation| Heat {
            label: explanation.id.clone(),
            start_s: explanation.start_s,
            rate_hz: explanation.rate_hz,
            leads: explanation.leads.clone(),
            opacity: settings.heat_opacity,
        });
        options.fiducials = ticks.cloned().or_else(|| {
            let only = Measurements {
                by_hand: revised?.by_hand.clone(),
                ..Measurements::default()
            };
            Some(Arc::new(only))
        });
        let sheet = Arc::new(compose(&tracing.shown, &options));
        let held = (Arc::clone(&tracing.shown), revised.cloned());
        self.composed = Some((from, held, Arc::clone(&sheet)));
        self.compositions += 1;
        sheet
    }
}

/// A page that was painted, and where.
struct Laid {
    sheet: Arc<Sheet>,
    paper: PaintOptions,
    card: Rect,
    viewport: Rect,
    clip: Rect,
    /// Middle of the view in mm of the page.
    center: Vec2,
    origin: Pos2,
    /// Points per millimetre.
    scale: f32,
    /// Height of the line beneath the paper.
    foot: f32,
}

impl Laid {
    /// The line for the whole of a long tracing, between the paper and the badges.
    fn line(&self) -> Option<Rect> {
        let line = Rect::from_min_max(
            pos2(self.card.left(), self.viewport.bottom()),
            pos2(self.card.right(), self.card.bottom() - self.foot),
        );
        (line.height() > 1.0).then_some(line)
    }

    /// The line beneath the paper.
    fn foot(&self) -> Rect {
        Rect::from_min_max(
            pos2(self.card.left(), self.card.bottom() - self.foot),
            self.card.max,
        )
    }
}

/// How a page fits into an area.
struct Fitted {
    /// Points per millimetre.
    scale: f32,
    /// What is seen of the page.
    paper: Vec2,
    /// Height of the line for the whole of a long tracing.
    line: f32,
    /// Room for the page.
    room: Vec2,
    /// Height of the line beneath the page.
    foot: f32,
}

impl Fitted {
    fn new(
        state: &AppState,
        document: &Document,
        tracing: &Tracing,
        sheet: &Sheet,
        (area, pixels_per_point): (Vec2, f32),
    ) -> Self {
        let duration_s = tracing.recording.duration_s();
        let line = if overview::is_long(state, document, duration_s) {
            overview::HEIGHT
        } else {
            0.0
        };
        let foot = badge::height(area.x);
        let room = vec2(area.x, area.y - HEADER - foot - line).max(Vec2::splat(40.0));
        let page = vec2(sheet.width, sheet.height);
        let scale = scale(state, room, page, pixels_per_point);
        let paper = match state.view.scale {
            Scale::Fit => page * scale,
            Scale::TrueSize | Scale::Free(_) => (page * scale).min(room),
        };
        Self {
            scale,
            paper,
            line,
            room,
            foot,
        }
    }
}

/// Points per millimetre; a fitted page has whole pixels in every 5 mm, so that its grid is even.
fn scale(state: &AppState, room: Vec2, page: Vec2, pixels_per_point: f32) -> f32 {
    match state.view.scale {
        Scale::Fit => {
            let scale = (room.x / page.x).min(room.y / page.y);
            let bold = (scale * 5.0 * pixels_per_point).floor().max(5.0);
            bold / 5.0 / pixels_per_point
        }
        Scale::TrueSize => 1.0 / state.screen.mm_per_point,
        Scale::Free(scale) => scale,
    }
}

fn snap(at: Pos2, pixels_per_point: f32) -> Pos2 {
    pos2(
        (at.x * pixels_per_point).round(),
        (at.y * pixels_per_point).round(),
    ) / pixels_per_point
}

/// The middle of the view, kept so that no more empty ground shows than must.
fn clamped_center(wanted: Option<(f32, f32)>, page: Vec2, shown_mm: Vec2) -> Vec2 {
    let (x, y) = wanted.unwrap_or((page.x / 2.0, page.y / 2.0));
    let keep = |at: f32, page: f32, shown: f32| {
        if shown >= page {
            page / 2.0
        } else {
            at.clamp(shown / 2.0, page - shown / 2.0)
        }
    };
    vec2(keep(x, page.x, shown_mm.x), keep(y, page.y, shown_mm.y))
}

fn paper_ground(paper: &PaintOptions) -> Color32 {
    let [r, g, b, _] = paper.palette.color(crate::sheet::Ink::Paper);
    let dim = |value: u8| (f32::from(value) * paper.brightness) as u8;
    Color32::from_rgb(dim(r), dim(g), dim(b))
}

fn frame(ui: &Ui, card: Rect, look: &Look) {
    let shadow = egui::epaint::Shadow {
        offset: [0, 1],
        blur: 6,
        spread: 0,
        color: look.shadow,
    };
    ui.painter()
        .add(shadow.as_shape(card, CornerRadius::same(RADIUS)));
    ui.painter().rect(
        card,
        RADIUS,
        look.panel,
        Stroke::new(1.0, look.line),
        StrokeKind::Outside,
    );
}

/// The paper in words.
fn spoken(document: &Document, tracing: &Tracing, sheet: &Sheet) -> String {
    let leads = &tracing.shown.leads;
    let shown = |name: &LeadName| sheet.panels.iter().any(|panel| panel.lead == *name);
    let left_out: Vec<&str> = leads
        .iter()
        .filter(|lead| !shown(&lead.name))
        .map(|lead| lead.name.as_str())
        .collect();
    let said = format!("Tracing {}, {} leads", document.title, leads.len());
    match left_out.is_empty() {
        true => said,
        false => format!("{said}, not shown: {}", left_out.join(", ")),
    }
}

fn head_of(card: Rect) -> Rect {
    Rect::from_min_size(card.min, vec2(card.width(), HEADER))
}

fn panel_at(sheet: &Sheet, at: Point) -> Option<&Panel> {
    sheet.panels.iter().find(|panel| panel.rect.contains(at))
}

/// What stands in the middle while there is no page to show.
pub fn placeholder(ui: &mut Ui, title: &str, text: &str) {
    let look = theme::look(ui);
    let area = ui.available_rect_before_wrap();
    let painter = ui.painter();
    painter.text(
        area.center() - vec2(0.0, 12.0),
        Align2::CENTER_CENTER,
        title,
        theme::semi_bold(16.0),
        look.text,
    );
    painter.text(
        area.center() + vec2(0.0, 14.0),
        Align2::CENTER_CENTER,
        text,
        theme::regular(13.0),
        look.secondary,
    );
}
