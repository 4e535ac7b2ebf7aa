//! Who the tracing is of, and what was measured, above the paper.

use eframe::egui::{self, Color32, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use super::jobs::Tracing;
use super::state::{AppState, Document};
use super::theme;
use crate::ecg::{Recording, Sex};
use crate::measure::Measurements;
use crate::measure::critical::{Critical, critical};

/// The header line.
pub fn show(ui: &mut Ui, rect: Rect, state: &AppState, document: &Document, tracing: &Tracing) {
    let look = theme::look(ui);
    let recording = &tracing.recording;
    let name = document.title.clone();
    // A class does not see whose tracing it is, and a learner measures for himself.
    let who = if state.teaching.presenter {
        about(recording).join(", ")
    } else {
        identity(recording).join("   ")
    };
    let mut values = if state.hides(document) {
        Vec::new()
    } else {
        measurements(document, recording)
    };
    let unreliable = document.unreliable().filter(|_| !values.is_empty());
    if unreliable.is_some() {
        // What is not to be relied on is past no limit.
        values.iter_mut().for_each(|shown| shown.critical = None);
    }
    let response = ui.interact(rect, ui.scope_id().with("header"), Sense::hover());
    response.widget_info(|| {
        let values: Vec<String> = values
            .iter()
            .map(|shown| {
                let by = shown.by.as_ref().map(|by| format!(" set by {by}"));
                let limit = shown
                    .critical
                    .map(|own| format!(" (critical: {})", own.limit));
                let (by, limit) = (by.unwrap_or_default(), limit.unwrap_or_default());
                format!("{} {}{by}{limit}", shown.name, shown.value)
            })
            .collect();
        WidgetInfo::labeled(
            Role::Label,
            true,
            match unreliable {
                Some(reason) => format!("{name} {who} Unreliable: {reason}: {}", values.join(", ")),
                None => format!("{name} {who} {}", values.join(", ")),
            },
        )
    });
    let painter = ui.painter().with_clip_rect(rect);
    let mut left = rect.left() + 16.0;
    let mut right = rect.right() - 16.0;
    let middle = rect.center().y;
    let galley = painter.layout_no_wrap(name, theme::semi_bold(14.0), look.text);
    let width = galley.size().x;
    painter.galley(
        pos2(left, middle - galley.size().y / 2.0),
        galley,
        Color32::PLACEHOLDER,
    );
    left += width + 16.0;
    // Where there is little room, what is looked at least goes first.
    let mark = unreliable.map(|reason| {
        let word = painter.layout_no_wrap(
            "Unreliable:".to_owned(),
            theme::semi_bold(12.5),
            look.warning,
        );
        (reason, word)
    });
    let marked = mark.as_ref().map_or(0.0, |(_, word)| word.size().x + 12.0);
    let room = right - left - 120.0 - marked;
    let drawn: Vec<_> = values
        .iter()
        .map(|shown| {
            let name =
                painter.layout_no_wrap(shown.name.to_owned(), theme::regular(12.5), look.secondary);
            let color = match shown.by {
                Some(_) => look.reviewer_text,
                None if shown.critical.is_some() => look.error,
                None if unreliable.is_some() => look.tertiary,
                None => look.text,
            };
            let value = painter.layout_no_wrap(shown.value.clone(), theme::semi_bold(12.5), color);
            (shown, name, value)
        })
        .collect();
    let mut kept: Vec<&(&Shown, _, _)> = drawn.iter().collect();
    let wide = |kept: &[&(
        &Shown,
        std::sync::Arc<egui::Galley>,
        std::sync::Arc<egui::Galley>,
    )]| {
        kept.iter()
            .map(|(_, name, value)| name.size().x + value.size().x + 23.0)
            .sum::<f32>()
            > room
    };
    // What is past its limit stays longest.
    for all in [false, true] {
        for least in ["QT", "Axis", "PR", "QRS", "QTcF", "Rate", "Pause"] {
            if wide(&kept) {
                kept.retain(|(shown, _, _)| {
                    shown.name != least || (shown.critical.is_some() && !all)
                });
            }
        }
    }
    for (shown, name, value) in kept.into_iter().rev() {
        let width = name.size().x + 5.0 + value.size().x;
        let top = |galley: &egui::Galley| middle - galley.size().y / 2.0;
        if shown.critical.is_some() {
            let ground = Rect::from_x_y_ranges(
                right - width - 5.0..=right + 5.0,
                middle - 11.0..=middle + 11.0,
            );
            painter.rect_filled(ground, 4, look.error_soft);
        }
        painter.galley(
            pos2(right - width, top(name)),
            name.clone(),
            Color32::PLACEHOLDER,
        );
        painter.galley(
            pos2(right - value.size().x, top(value)),
            value.clone(),
            Color32::PLACEHOLDER,
        );
        let place = Rect::from_min_max(pos2(right - width, rect.top()), pos2(right, rect.bottom()));
        let place = ui.interact(
            place,
            ui.scope_id().with(("measured", shown.name)),
            Sense::hover(),
        );
        place.on_hover_text(match shown.critical {
            Some(own) => format!("{}; {}", own.words(), shown.source),
            None => shown.source.clone(),
        });
        right -= width + 18.0;
    }
    if let Some((reason, word)) = mark {
        let width = word.size().x;
        let at = pos2(right + 4.0 - width, middle - word.size().y / 2.0);
        painter.galley(at, word, Color32::PLACEHOLDER);
        let place = Rect::from_min_max(pos2(at.x, rect.top()), pos2(right, rect.bottom()));
        let place = ui.interact(place, ui.scope_id().with("unreliable"), Sense::hover());
        place.on_hover_text(format!("Unreliable: {reason}"));
        right -= width + 14.0;
    }
    let painter = painter.with_clip_rect(Rect::from_min_max(rect.min, pos2(right, rect.bottom())));
    let room = (right - left).max(0.0);
    let mut job = egui::text::LayoutJob::simple(who, theme::regular(12.5), look.secondary, room);
    job.wrap.max_rows = 1;
    job.wrap.break_anywhere = true;
    let galley = painter.layout_job(job);
    painter.galley(
        pos2(left, middle - galley.size().y / 2.0),
        galley,
        Color32::PLACEHOLDER,
    );
}

/// Sex and age, as far as the file states them.
pub fn about(recording: &Recording) -> Vec<String> {
    let patient = &recording.patient;
    let sex = patient.sex.map(|sex| match sex {
        Sex::Female => "female",
        Sex::Male => "male",
        Sex::Other => "other",
    });
    let age = patient.age_years.map(|age| match age {
        age if age < 2.0 => format!("{} months", (age * 12.0).round()),
        age => format!("{} y", age.floor()),
    });
    sex.map(str::to_owned).into_iter().chain(age).collect()
}

/// Name, number, sex, age and time, as far as the file states them.
pub fn identity(recording: &Recording) -> Vec<String> {
    let patient = &recording.patient;
    let mut parts: Vec<String> = patient.name.iter().chain(&patient.id).cloned().collect();
    let about = about(recording);
    if !about.is_empty() {
        parts.push(about.join(", "));
    }
    if let Some(started) = recording.acquisition.started {
        parts.push(started.strftime("%Y-%m-%d %H:%M").to_string());
    }
    parts
}

/// A number to show: its name, the number with its unit, and where it comes from.
struct Shown {
    name: &'static str,
    value: String,
    source: String,
    /// The person whose wave boundaries it follows from.
    by: Option<String>,
    /// The limit it is past.
    critical: Option<&'static Critical>,
}

/// What was measured; what could not be is absent. The device's own numbers stand in only where the
/// program has none, and say so.
fn measurements(document: &Document, recording: &Recording) -> Vec<Shown> {
    let Some(measured) = document.measured() else {
        return Vec::new();
    };
    let device = |id: &str| {
        recording
            .device_measurements
            .iter()
            .find(|value| value.name == id)
    };
    [
        ("Rate", &measured.heart_rate, "heart_rate"),
        ("PR", &measured.pr, "pr"),
        ("QRS", &measured.qrs, "qrs"),
        ("QT", &measured.qt, "qt"),
        ("QTcF", &measured.qtc.fridericia, "qtc_fridericia"),
        ("Axis", &measured.qrs_axis, "qrs_axis"),
    ]
    .into_iter()
    .filter_map(|(name, ours, id)| match (ours, device(id)) {
        (Some(value), _) => {
            let leads: Vec<&str> = value.leads.iter().map(|lead| lead.as_str()).collect();
            let set = measured.set_by_hand(id);
            let source = match set {
                Some((reader, before)) => {
                    let before = before.map(|before| with_unit(before, &value.unit));
                    let before = before.unwrap_or_else(|| "nothing".to_owned());
                    format!("set by {reader} on the paper; measured {before}")
                }
                None => format!(
                    "measured here from {} over {} beats",
                    leads.join(" "),
                    value.beats
                ),
            };
            Some(Shown {
                name,
                value: with_unit(value.value, &value.unit),
                source,
                by: set.map(|(reader, _)| reader.to_owned()),
                critical: critical(measured, id),
            })
        }
        (None, Some(value)) => {
            let text = with_unit(value.value, &value.unit) + " (device)";
            Some(Shown {
                name,
                value: text,
                source: "stated by the device in the file".into(),
                by: None,
                critical: None,
            })
        }
        (None, None) => None,
    })
    .chain(pause(measured))
    .collect()
}

/// The longest pause, where it is past its limit: with the mean rate alone it would go unseen.
fn pause(measured: &Measurements) -> Option<Shown> {
    let critical = critical(measured, "pause")?;
    let longest = measured.longest_pause()?;
    Some(Shown {
        name: "Pause",
        value: format!("{:.1} s", longest.value / 1000.0),
        source: format!("from {:.1} s to {:.1} s", longest.from_s, longest.to_s),
        by: None,
        critical: Some(critical),
    })
}

fn with_unit(value: f64, unit: &str) -> String {
    let unit = match unit {
        "deg" => "°".to_owned(),
        "/min" => "/min".to_owned(),
        unit => format!(" {unit}"),
    };
    format!("{value:.0}{unit}").replace('-', "−")
}
