//! The few controls this window is made of. Each has an accessible name and shows the keyboard's focus.

use eframe::egui::{
    self, Color32, CornerRadius, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2,
    vec2,
};
use egui_plot::{Line, PlotPoint, PlotPoints};

use super::action::{Action, Actions};
use super::commands::Command;
use super::icons::Icon;
use super::keymap;
use super::state::AppState;
use super::theme;

/// Height of a control in the toolbar.
pub const CONTROL: f32 = 28.0;
const RADIUS: u8 = 6;

/// A curve of a plot, as wide where it is steep as where it is flat: the band that `egui_plot` would make of many points
/// has its width upright only.
pub fn curve(name: &str, points: Vec<PlotPoint>, stroke: Stroke) -> Line<'static> {
    Line::new(name, PlotPoints::Owned(points))
        .stroke(stroke)
        .allow_band(false)
}

/// A command's tooltip: name, hint, key.
pub fn tooltip(response: Response, command: Command) -> Response {
    response.on_hover_ui(|ui| {
        let look = theme::look(ui);
        ui.horizontal(|ui| {
            ui.label(theme::strong(command.name()));
            let keys = keymap::text(ui.ctx(), command);
            if !keys.is_empty() {
                ui.label(egui::RichText::new(keys).color(look.tertiary));
            }
        });
        ui.label(theme::small(command.hint(), look));
    })
}

/// One line of alternatives of which one is on.
pub fn segments(
    ui: &mut Ui,
    state: &AppState,
    name: &str,
    choices: &[(Command, &str)],
    actions: &mut Actions,
) {
    let look = theme::look(ui);
    let mut whole = egui::Rect::NOTHING;
    let group = ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let count = choices.len();
        // Where there is little room, the words stand closer together.
        let words: f32 = choices
            .iter()
            .map(|(_, text)| {
                let font = theme::semi_bold(12.5);
                let galley =
                    ui.painter()
                        .layout_no_wrap((*text).to_owned(), font, Color32::PLACEHOLDER);
                galley.size().x
            })
            .sum();
        let room = (ui.available_width() - words) / count.max(1) as f32;
        let padding = room.clamp(6.0, 18.0);
        for (index, (command, text)) in choices.iter().enumerate() {
            let radius = CornerRadius {
                nw: if index == 0 { RADIUS } else { 0 },
                sw: if index == 0 { RADIUS } else { 0 },
                ne: if index + 1 == count { RADIUS } else { 0 },
                se: if index + 1 == count { RADIUS } else { 0 },
            };
            let on = state.is_on(*command);
            let font = if on {
                theme::semi_bold(12.5)
            } else {
                theme::regular(12.5)
            };
            let galley =
                ui.painter()
                    .layout_no_wrap((*text).to_owned(), font, Color32::PLACEHOLDER);
            let size = vec2(galley.size().x + padding, CONTROL);
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            let fill = match () {
                () if on => look.accent,
                () if response.hovered() => look.quiet,
                () => look.panel,
            };
            let color = if on { look.on_accent } else { look.text };
            whole = whole.union(rect);
            ui.painter().rect_filled(rect, radius, fill);
            if index > 0 && !on {
                let x = rect.left();
                ui.painter()
                    .vline(x, rect.y_range().shrink(1.0), Stroke::new(1.0, look.line));
            }
            ui.painter()
                .galley(rect.center() - galley.size() / 2.0, galley, color);
            response
                .widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, command.name()));
            theme::focus_ring(ui, &response, RADIUS);
            let response = tooltip(response, *command);
            if response.clicked() {
                actions.push(Action::Run(*command));
            }
        }
    });
    ui.painter().rect_stroke(
        whole,
        RADIUS,
        Stroke::new(1.0, look.control),
        StrokeKind::Inside,
    );
    group
        .response
        .widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, name));
}

/// A framed button that is on or off.
pub fn toggle(ui: &mut Ui, state: &AppState, command: Command, text: &str, actions: &mut Actions) {
    let on = state.is_on(command);
    let enabled = state.is_enabled(command);
    let response = framed(ui, None, Some(text), on, enabled);
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, on, command.name()));
    if tooltip(response, command).clicked() && enabled {
        actions.push(Action::Run(command));
    }
}

/// A framed button that runs a command.
pub fn button(
    ui: &mut Ui,
    command: Command,
    icon: Option<Icon>,
    text: Option<&str>,
    actions: &mut Actions,
) {
    let response = framed(ui, icon, text, false, true);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, command.name()));
    if tooltip(response, command).clicked() {
        actions.push(Action::Run(command));
    }
}

/// A framed button that opens a menu beneath it.
pub fn drop_down(
    ui: &mut Ui,
    name: &str,
    icon: Option<Icon>,
    text: Option<&str>,
    content: impl FnOnce(&mut Ui),
) -> Response {
    let response = framed(ui, icon, text, false, true);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    egui::Popup::menu(&response).gap(4.0).show(content);
    response
}

/// A word that opens a menu, in a line of small text.
pub fn quiet_menu(ui: &mut Ui, name: &str, text: &str, content: impl FnOnce(&mut Ui)) {
    let look = theme::look(ui);
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), theme::regular(11.5), look.secondary);
    let size = vec2(galley.size().x + 28.0, 22.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    if response.hovered() {
        ui.painter().rect_filled(rect, RADIUS, look.quiet);
    }
    let at = pos2(rect.left() + 8.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, Color32::PLACEHOLDER);
    let place =
        egui::Rect::from_center_size(pos2(rect.right() - 11.0, rect.center().y), vec2(16.0, 16.0));
    Icon::Down.paint(ui.painter(), place, look.tertiary);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    theme::focus_ring(ui, &response, RADIUS);
    egui::Popup::menu(&response).gap(4.0).show(content);
}

fn framed(
    ui: &mut Ui,
    icon: Option<Icon>,
    text: Option<&str>,
    on: bool,
    enabled: bool,
) -> Response {
    let look = theme::look(ui);
    let font = if on {
        theme::semi_bold(12.5)
    } else {
        theme::regular(12.5)
    };
    let galley = text.map(|text| {
        ui.painter()
            .layout_no_wrap(text.to_owned(), font, Color32::PLACEHOLDER)
    });
    let text_width = galley.as_ref().map_or(0.0, |galley| galley.size().x);
    let width = match (icon, text) {
        (Some(_), Some(_)) => text_width + 18.0 + 22.0,
        (Some(_), None) => CONTROL,
        _ => text_width + 20.0,
    };
    let sense = if enabled {
        Sense::click()
    } else {
        Sense::hover()
    };
    let (rect, response) = ui.allocate_exact_size(vec2(width, CONTROL), sense);
    let fill = match () {
        () if on => look.accent,
        () if response.hovered() && enabled => look.quiet,
        () => look.panel,
    };
    let color = match () {
        () if on => look.on_accent,
        () if enabled => look.text,
        () => look.tertiary,
    };
    ui.painter().rect(
        rect,
        RADIUS,
        fill,
        Stroke::new(1.0, look.control),
        StrokeKind::Inside,
    );
    if let Some(icon) = icon {
        let trailing = matches!(icon, Icon::Down) && text.is_some();
        let x = match (text, trailing) {
            (None, _) => rect.center().x,
            (Some(_), true) => rect.right() - 15.0,
            (Some(_), false) => rect.left() + 17.0,
        };
        let place = egui::Rect::from_center_size(pos2(x, rect.center().y), vec2(16.0, 16.0));
        icon.paint(
            ui.painter(),
            place,
            if on { look.on_accent } else { look.secondary },
        );
    }
    if let Some(galley) = galley {
        let leading = icon.is_some_and(|icon| icon != Icon::Down);
        let x = rect.left() + if leading { 30.0 } else { 10.0 };
        ui.painter().galley(
            pos2(x, rect.center().y - galley.size().y / 2.0),
            galley,
            color,
        );
    }
    theme::focus_ring(ui, &response, RADIUS);
    response
}

/// A small round-cornered button with only an icon and no frame.
pub fn quiet_icon(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    let look = theme::look(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(24.0, 24.0), Sense::click());
    if response.hovered() {
        ui.painter().rect_filled(rect, RADIUS, look.quiet);
    }
    icon.paint(ui.painter(), rect, look.secondary);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    theme::focus_ring(ui, &response, RADIUS);
    response.on_hover_text(name)
}

/// One command in a menu, with its key; a mark stands before what is on.
pub fn menu_item(ui: &mut Ui, state: &AppState, command: Command, actions: &mut Actions) {
    let look = theme::look(ui);
    let enabled = state.is_enabled(command);
    let on = state.is_on(command);
    let width = ui.available_width().max(220.0);
    let (rect, response) = ui.allocate_exact_size(
        vec2(width, 26.0),
        if enabled {
            Sense::click()
        } else {
            Sense::hover()
        },
    );
    if (response.hovered() || response.has_focus()) && enabled {
        ui.painter().rect_filled(rect, 4, look.quiet);
    }
    let color = if enabled { look.text } else { look.tertiary };
    if on {
        let place = egui::Rect::from_min_size(rect.min + vec2(4.0, 5.0), vec2(16.0, 16.0));
        Icon::Check.paint(ui.painter(), place, look.text);
    }
    let text = ui
        .painter()
        .layout_no_wrap(command.name().to_owned(), theme::regular(13.0), color);
    ui.painter().galley(
        pos2(rect.left() + 26.0, rect.center().y - text.size().y / 2.0),
        text,
        color,
    );
    let keys = keymap::text(ui.ctx(), command);
    if !keys.is_empty() {
        let keys = ui
            .painter()
            .layout_no_wrap(keys, theme::regular(12.0), look.tertiary);
        let at = pos2(
            rect.right() - 8.0 - keys.size().x,
            rect.center().y - keys.size().y / 2.0,
        );
        ui.painter().galley(at, keys, look.tertiary);
    }
    response.widget_info(|| WidgetInfo::selected(Role::MenuItem, enabled, on, command.name()));
    if response.on_hover_text(command.hint()).clicked() && enabled {
        actions.push(Action::Run(command));
        ui.close();
    }
}

/// Stripes that say "not sure", inside a rectangle.
pub fn hatch(painter: &egui::Painter, rect: egui::Rect, color: Color32) {
    let painter = painter.with_clip_rect(rect.intersect(painter.clip_rect()));
    let mut x = rect.left() - rect.height();
    while x < rect.right() {
        let from = pos2(x, rect.bottom() + 1.0);
        let to = pos2(x + rect.height() + 2.0, rect.top() - 1.0);
        painter.line_segment([from, to], Stroke::new(2.0, color));
        x += 6.0;
    }
}

/// One line of alternatives over the whole width; whether another one was chosen.
pub fn choose<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    choices: &[(T, &str, &str)],
    chosen: &mut T,
) -> bool {
    let look = theme::look(ui);
    let before = *chosen;
    let width = ui.available_width() / choices.len().max(1) as f32;
    let enabled = ui.is_enabled();
    let group = ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        ui.horizontal(|ui| {
            for (place, (choice, text, spoken)) in choices.iter().enumerate() {
                let on = *choice == before;
                let (rect, response) = ui.allocate_exact_size(vec2(width, 28.0), Sense::click());
                let (first, last) = (place == 0, place + 1 == choices.len());
                let round = |end: bool| if end { 6 } else { 0 };
                let radius = CornerRadius {
                    nw: round(first),
                    sw: round(first),
                    ne: round(last),
                    se: round(last),
                };
                let (fill, ink) = match () {
                    () if on && enabled => (look.accent, look.on_accent),
                    () if on => (look.quiet, look.secondary),
                    () if response.hovered() => (look.quiet, look.text),
                    () if enabled => (look.panel, look.text),
                    () => (look.panel, look.tertiary),
                };
                ui.painter().rect(
                    rect,
                    radius,
                    fill,
                    Stroke::new(1.0, look.control),
                    StrokeKind::Inside,
                );
                let font = if on {
                    theme::semi_bold(12.0)
                } else {
                    theme::regular(12.0)
                };
                let galley = ui.painter().layout_no_wrap((*text).to_owned(), font, ink);
                ui.painter()
                    .galley(rect.center() - galley.size() / 2.0, galley, ink);
                response
                    .widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, on, *spoken));
                theme::focus_ring(ui, &response, 6);
                if response.on_hover_text(*spoken).clicked() {
                    *chosen = *choice;
                }
            }
        });
    });
    group
        .response
        .widget_info(|| WidgetInfo::labeled(Role::RadioGroup, enabled, name));
    ui.add_space(4.0);
    *chosen != before
}

/// A few alternatives in a line of small text.
pub fn choose_inline<T: Clone + PartialEq>(
    ui: &mut Ui,
    name: &str,
    choices: &[(T, &str)],
    chosen: &mut T,
) {
    let look = theme::look(ui);
    let before = chosen.clone();
    let group = ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for (choice, text) in choices {
            let on = *choice == before;
            let (font, ink) = match on {
                true => (theme::semi_bold(12.0), look.on_accent),
                false => (theme::regular(12.0), look.text),
            };
            let galley = ui.painter().layout_no_wrap((*text).to_owned(), font, ink);
            let size = vec2(galley.size().x + 16.0, 24.0);
            let (rect, response) = ui.allocate_exact_size(size, Sense::click());
            let fill = match () {
                () if on => look.accent,
                () if response.hovered() => look.quiet,
                () => look.panel,
            };
            let stroke = Stroke::new(1.0, look.control);
            ui.painter().rect(rect, 4, fill, stroke, StrokeKind::Inside);
            ui.painter()
                .galley(rect.center() - galley.size() / 2.0, galley, ink);
            response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, *text));
            theme::focus_ring(ui, &response, 4);
            if response.clicked() {
                *chosen = choice.clone();
            }
        }
    });
    group
        .response
        .widget_info(|| WidgetInfo::labeled(Role::RadioGroup, true, name));
}

/// One line of a menu that is no command.
pub fn menu_row(ui: &mut Ui, text: &str) -> Response {
    let look = theme::look(ui);
    let width = ui.available_width().max(180.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, 26.0), Sense::click());
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4, look.quiet);
    }
    let galley = ui
        .painter()
        .layout_no_wrap(text.to_owned(), theme::regular(13.0), look.text);
    let at = pos2(rect.left() + 10.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, look.text);
    response.widget_info(|| WidgetInfo::labeled(Role::MenuItem, true, text));
    response
}
