//! How the tracing is drawn, beneath the paper: speed, gain, filter, scale, and the heat's legend.

use eframe::egui::{
    self, Color32, Layout as UiLayout, Mesh, Rect, Role, Sense, Slider, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::action::{Action, Actions};
use super::commands::Command;
use super::jobs::Tracing;
use super::state::{AppState, Document, Progress, Scale};
use super::theme;
use super::widgets::{menu_item, quiet_menu, tooltip};
use crate::ecg::Recording;
use crate::reading::Method;
use crate::sheet::Palette;

/// Height of the badges in one line, and of the legend where it has a line of its own.
pub const LINE: f32 = 32.0;
const LEGEND: f32 = 22.0;
/// Narrowest page that has both in one line.
pub const LEAST_WIDTH: f32 = 640.0;

/// Height beneath a page in so much room.
pub fn height(room: f32) -> f32 {
    match room < LEAST_WIDTH {
        true => LINE + LEGEND,
        false => LINE,
    }
}

/// The badge line.
pub fn show(
    ui: &mut Ui,
    rect: Rect,
    state: &AppState,
    document: &Document,
    tracing: &Tracing,
    actions: &mut Actions,
) {
    let parts = parts(state, document, tracing);
    let response = ui.interact(rect, ui.scope_id().with("badge"), Sense::hover());
    let words: Vec<&str> = parts.iter().map(|(text, _)| text.as_str()).collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.join(", ")));
    // What the colours mean has the first claim on the room; beneath a narrow page it has a line of its own.
    let legend = Legend::of(state, document);
    let beneath = rect.height() > LINE + 1.0;
    let (mut upper, mut lower) = (rect.shrink2(vec2(16.0, 0.0)), rect.shrink2(vec2(16.0, 2.0)));
    if beneath && legend.is_some() {
        upper.max.y = rect.top() + LINE;
        lower.min.y = upper.max.y - 6.0;
    }
    let claimed = legend.as_ref().filter(|_| !beneath);
    let claimed = claimed.map_or(0.0, |legend| legend.claim(ui, upper.width()) + 24.0);
    let right = badges(ui, upper, upper.right() - claimed, &parts, actions);
    let Some(legend) = legend else { return };
    if !beneath {
        lower.min.x = right + 24.0;
    }
    if lower.width() < 60.0 {
        return;
    }
    let builder = UiBuilder::new()
        .max_rect(lower)
        .layout(UiLayout::right_to_left(egui::Align::Center));
    ui.scope_builder(builder, |ui| legend.show(ui, state, actions));
}

/// The badges that end before `limit`; returns where the last one ends.
fn badges(
    ui: &Ui,
    line: Rect,
    limit: f32,
    parts: &[(String, Option<Command>)],
    actions: &mut Actions,
) -> f32 {
    let look = theme::look(ui);
    let painter = ui.painter().with_clip_rect(line.expand2(vec2(16.0, 0.0)));
    let mut left = line.left();
    let mut end = left - 24.0;
    for (text, command) in parts {
        let galley = painter.layout_no_wrap(text.clone(), theme::regular(12.5), look.secondary);
        let size = galley.size();
        if left + size.x > limit {
            break;
        }
        let area = Rect::from_min_max(
            pos2(left - 6.0, line.top() + 5.0),
            pos2(left + size.x + 6.0, line.bottom() - 5.0),
        );
        if let Some(command) = *command {
            let id = ui.scope_id().with(("badge", command));
            let response = ui.interact(area, id, Sense::click());
            if response.hovered() {
                painter.rect_filled(area, 6, look.quiet);
            }
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, command.name()));
            theme::focus_ring(ui, &response, 6);
            if tooltip(response, command).clicked() {
                actions.push(Action::Run(command));
            }
        }
        let at = pos2(left, line.center().y - size.y / 2.0);
        painter.galley(at, galley, Color32::PLACEHOLDER);
        end = left + size.x;
        left = end + 18.0;
    }
    end
}

/// What the page was drawn with, each with the command that changes it.
fn parts(
    state: &AppState,
    document: &Document,
    tracing: &Tracing,
) -> Vec<(String, Option<Command>)> {
    let settings = &state.settings;
    let (limb, chest) = (
        settings.limb_gain.mm_per_mv(),
        settings.chest_gain.mm_per_mv(),
    );
    let speed = format!("{} mm/s", settings.speed.mm_per_s());
    let mut parts = vec![(speed, Some(Command::NextSpeed))];
    let gain = match limb == chest {
        true => format!("{limb} mm/mV"),
        false => format!("limb {limb}, chest {chest} mm/mV"),
    };
    let gain = scaled(gain, &tracing.shown);
    parts.push((gain, Some(Command::NextGain)));
    let filter = tracing
        .filter_name()
        .map_or("unfiltered".into(), |text| text.replace('-', "–"));
    parts.push((filter, Some(Command::NextFilter)));
    if tracing.filter != settings.filter {
        parts.push(("filtering…".into(), None));
    }
    if tracing.recording.simulated {
        parts.push(("simulated".into(), None));
    }
    match state.view.scale {
        Scale::TrueSize if state.screen.calibrated => {
            parts.push(("true size".into(), Some(Command::Calibrate)))
        }
        Scale::TrueSize => parts.push((
            "true size if the screen has 96 points to the inch: calibrate".into(),
            Some(Command::Calibrate),
        )),
        Scale::Fit | Scale::Free(_) => {}
    }
    let duration_s = tracing.recording.duration_s();
    if duration_s > state.view.page_s + 0.5 || document.start_s > 0.0 {
        let end_s = state.view.end_s.min(duration_s);
        let seconds = format!("{:.1}–{end_s:.1} s of {duration_s:.1} s", document.start_s);
        parts.push((seconds, None));
    }
    parts
}

/// The gain, and of which leads it is not true: those that are no voltage.
fn scaled(gain: String, recording: &Recording) -> String {
    let leads = recording.leads.iter();
    let without = leads.filter(|lead| !lead.unit.is_voltage());
    let without: Vec<&str> = without.map(|lead| lead.name.as_str()).collect();
    match without.len() {
        all if all == recording.leads.len() => "no voltage scale".to_owned(),
        0 => gain,
        1..=3 => format!("{gain} ({}: no voltage scale)", without.join(", ")),
        many => format!("{gain} ({many} leads: no voltage scale)"),
    }
}

/// What is said of the heat beside the badges.
enum Legend {
    Words(String),
    /// What the colours mean.
    Heat {
        /// Whose finding they explain.
        name: String,
        /// What decided in the network's place.
        decided: Option<String>,
    },
}

/// Room for the colours and the words at their ends.
const SCALE: f32 = 150.0;
/// Room for speed and gain.
const BADGES: f32 = 180.0;
/// Room for the slider.
const SLIDER: f32 = 84.0;

impl Legend {
    fn of(state: &AppState, document: &Document) -> Option<Self> {
        if state.hides_heat(document) {
            return None;
        }
        if state.marked_place().is_some() && state.heat {
            let words = "Marked: where the diagnosis was drawn";
            return Some(Self::Words(words.into()));
        }
        let selected = document.selected.as_ref().filter(|_| state.heat)?;
        let finding = document.reading.done().and_then(|reading| {
            let mut findings = reading.findings.iter();
            findings.find(|finding| finding.statement.id == *selected)
        });
        let name = finding.map_or(selected, |finding| &finding.statement.name);
        let held = finding.and_then(|finding| finding.held.as_ref());
        Some(match document.explanations.get(selected) {
            Some(Progress::Done(_)) => Self::Heat {
                name: format!("Explaining: {name}"),
                decided: held
                    .map(|held| format!("   {} decided; heat: the network alone", held.by)),
            },
            Some(Progress::Failed(reason)) => {
                Self::Words(format!("{name} could not be explained: {reason}"))
            }
            Some(Progress::Waiting) | None => Self::Words(format!("Explaining {name}…")),
        })
    }

    /// Room without which it is cut.
    fn least_width(&self, ui: &Ui) -> f32 {
        match self {
            Self::Words(words) => width(ui, words),
            Self::Heat { name, .. } => width(ui, name) + SCALE,
        }
    }

    /// What it claims of a line; of the badges only speed and gain go before the words of what decided.
    fn claim(&self, ui: &Ui, line: f32) -> f32 {
        let least = self.least_width(ui);
        match self {
            Self::Heat {
                decided: Some(decided),
                ..
            } => (least + width(ui, decided)).min(line - BADGES).max(least),
            _ => least,
        }
    }

    /// From the right: the method and the opacity where there is room for them, the colours, whose finding they explain.
    fn show(&self, ui: &mut Ui, state: &AppState, actions: &mut Actions) {
        let look = theme::look(ui);
        let (name, decided) = match self {
            Self::Words(words) => {
                ui.add(egui::Label::new(theme::small(words, look)).truncate());
                return;
            }
            Self::Heat { name, decided } => (name, decided),
        };
        let mut spare = ui.available_width() - self.least_width(ui);
        // Fewer letters of it would say nothing.
        let decided = decided.as_ref().filter(|_| spare > 60.0);
        spare -= decided.map_or(0.0, |decided| width(ui, decided));
        let named = Command::Explain(state.settings.method).name();
        let by = named.trim_start_matches("Explain by ");
        if spare > SLIDER + width(ui, by) + 36.0 {
            quiet_menu(ui, "Method of explanation", by, |ui| {
                for method in Method::ALL {
                    menu_item(ui, state, Command::Explain(method), actions);
                }
            });
        }
        let mut opacity = state.settings.heat_opacity;
        if spare > SLIDER {
            slider(ui, &mut opacity, actions);
        }
        let words = ui.available_width() > 230.0;
        if words {
            ui.label(theme::small("most", look));
        }
        ramp(ui, state.paper_colors(), opacity);
        if words {
            ui.label(theme::small("least", look));
        }
        let mut job = egui::text::LayoutJob::default();
        let format = |color| egui::TextFormat::simple(theme::regular(11.5), color);
        job.append(name, 0.0, format(look.machine_text));
        if let Some(decided) = decided {
            job.append(decided, 0.0, format(look.secondary));
        }
        ui.add(egui::Label::new(job).truncate());
    }
}

fn width(ui: &Ui, words: &str) -> f32 {
    let font = theme::regular(11.5);
    let galley = ui
        .painter()
        .layout_no_wrap(words.to_owned(), font, Color32::PLACEHOLDER);
    galley.size().x + 4.0
}

fn slider(ui: &mut Ui, opacity: &mut f32, actions: &mut Actions) {
    ui.spacing_mut().slider_width = 72.0;
    ui.spacing_mut().interact_size.y = 15.0;
    let slider = ui.add(Slider::new(opacity, 0.1..=1.0).show_value(false));
    if slider
        .clone()
        .accessible_name("Heatmap opacity")
        .on_hover_text("Opacity of the heatmap")
        .changed()
    {
        actions.push(Action::HeatOpacity(*opacity));
    }
}

fn ramp(ui: &mut Ui, palette: Palette, opacity: f32) {
    let (rect, response) = ui.allocate_exact_size(vec2(72.0, 8.0), Sense::hover());
    response
        .widget_info(|| WidgetInfo::labeled(Role::Image, true, "Heatmap legend, least to most"));
    let [r, g, b, _] = palette.color(crate::sheet::Ink::Paper);
    ui.painter()
        .rect_filled(rect, 2, Color32::from_rgb(r, g, b));
    let steps = 24_u32;
    let mut mesh = Mesh::default();
    for step in 0..=steps {
        let share = step as f32 / steps as f32;
        let [r, g, b, a] = palette.heat(share, opacity);
        let x = rect.left() + share * rect.width();
        for y in [rect.top(), rect.bottom()] {
            mesh.colored_vertex(pos2(x, y), Color32::from_rgba_unmultiplied(r, g, b, a));
        }
        if step > 0 {
            let corner = step * 2;
            mesh.add_triangle(corner - 2, corner - 1, corner);
            mesh.add_triangle(corner - 1, corner + 1, corner);
        }
    }
    ui.painter().add(mesh);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ecg::{Lead, LeadName, LeadOrigin, Samples, Unit};

    #[test]
    fn only_leads_that_are_no_voltage_are_said_to_have_no_scale() {
        let mut recording = Recording::new("r", "test", 250.0);
        let mut add = |name: LeadName, unit| {
            recording.leads.push(Lead {
                name,
                unit,
                origin: LeadOrigin::Recorded,
                sampling_rate_hz: 250.0,
                samples: Samples::from_microvolts(vec![0.0; 10]),
            });
            scaled("10 mm/mV".into(), &recording)
        };
        assert_eq!(add(LeadName::II, Unit::Microvolt), "10 mm/mV");
        let pleth = add(LeadName::Other("PLETH".into()), Unit::Other("NU".into()));
        assert_eq!(pleth, "10 mm/mV (PLETH: no voltage scale)");
        recording.leads.remove(0);
        assert_eq!(scaled("10 mm/mV".into(), &recording), "no voltage scale");
    }
}
