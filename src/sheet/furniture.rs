//! What a printed page says around the tracing: header, gain and speed, remarks, footer.

use super::compose::{Frame, Remarks};
use super::font::{fitted, text_width};
use super::layout::Arrangement;
use super::{Align, Ink, Item, Point, Rect, SheetOptions, Weight};
use crate::ecg::{Patient, Recording, ReportedValue, Sex, Unit};

/// Where the header ends and the grid begins, in mm from the top.
pub(super) const HEADER_BOTTOM: f32 = 35.0;
const HEADER_TOP: f32 = 8.0;
const TITLE: f32 = 4.6;
const BODY: f32 = 2.9;
const SMALL: f32 = 2.4;
const LINE: f32 = 4.0;
/// Lines of body text beneath the title line of the header.
const LINES: usize = 5;

/// What a page is about.
pub(super) struct About<'a> {
    pub recording: &'a Recording,
    pub options: &'a SheetOptions,
    pub start_s: f64,
    pub number: usize,
    pub pages: usize,
}

/// Draws everything around the grid.
pub(super) fn draw(
    about: &About<'_>,
    arrangement: &Arrangement,
    remarks: &Remarks,
    frame: &Frame,
    items: &mut Vec<Item>,
) {
    let mut pen = Pen { items };
    header(about, frame, &mut pen);
    badge(about, arrangement, frame, &mut pen);
    footer(about, arrangement, remarks, frame, &mut pen);
}

/// Writes lines of text into the display list.
struct Pen<'a> {
    items: &'a mut Vec<Item>,
}

impl Pen<'_> {
    fn text(
        &mut self,
        x: f32,
        y: f32,
        size: f32,
        weight: Weight,
        ink: Ink,
        text: impl Into<String>,
    ) {
        self.aligned(Align::Left, x, y, size, weight, ink, text.into());
    }

    #[allow(
        clippy::too_many_arguments,
        reason = "the fields of one text item, in order"
    )]
    fn aligned(
        &mut self,
        align: Align,
        x: f32,
        y: f32,
        size: f32,
        weight: Weight,
        ink: Ink,
        text: String,
    ) {
        if !text.is_empty() {
            self.items.push(Item::Text {
                at: Point { x, y },
                align,
                size,
                weight,
                ink,
                text,
            });
        }
    }
}

fn header(about: &About<'_>, frame: &Frame, pen: &mut Pen<'_>) {
    let (left, right) = (frame.grid.x, frame.grid.right());
    let device = left + 92.0;
    let machine = left + 172.0;
    identity(about, left, device - left - 5.0, pen);
    device_block(about, device, machine - device - 5.0, pen);
    machine_block(about, machine, right - machine, pen);
}

/// Height of a line of the header's body, 0 being the one beneath the title.
fn line_y(line: usize) -> f32 {
    HEADER_TOP + 8.2 + line as f32 * LINE
}

fn identity(about: &About<'_>, x: f32, width: f32, pen: &mut Pen<'_>) {
    let About {
        recording, options, ..
    } = about;
    let patient = &recording.patient;
    let title = if options.anonymous {
        "Anonymous".to_owned()
    } else {
        [
            patient.name.as_deref(),
            patient.id.as_deref(),
            Some(recording.name.as_str()),
        ]
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty())
        .unwrap_or("Unnamed recording")
        .to_owned()
    };
    let title = fitted(&title, Weight::SemiBold, TITLE, width);
    pen.text(
        x,
        HEADER_TOP + 3.4,
        TITLE,
        Weight::SemiBold,
        Ink::Text,
        title,
    );

    let mut lines = vec![person(patient, options.anonymous)];
    if !options.anonymous {
        if patient.name.is_some() {
            lines.push(
                patient
                    .id
                    .as_ref()
                    .map(|id| format!("ID {id}"))
                    .unwrap_or_default(),
            );
        }
        let started = recording.acquisition.started;
        let when = started.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
        lines.push(joined([when, recording.acquisition.site.clone()]));
    }
    lines.push(recording.acquisition.device.clone().unwrap_or_default());
    if !options.anonymous && (patient.name.is_some() || patient.id.is_some()) {
        lines.push(format!("Record {}", recording.name));
    }
    let lines = lines
        .into_iter()
        .filter(|line| !line.trim().is_empty())
        .take(LINES);
    for (index, line) in lines.enumerate() {
        let ink = if index == 0 {
            Ink::Text
        } else {
            Ink::TextSecondary
        };
        let line = fitted(&line, Weight::Regular, BODY, width);
        let after = x + text_width(&line, Weight::Regular, BODY) + 3.0;
        pen.text(x, line_y(index), BODY, Weight::Regular, ink, line);
        if index == 0 && recording.simulated {
            pen.text(
                after,
                line_y(0),
                BODY,
                Weight::SemiBold,
                Ink::Warning,
                "SIMULATED",
            );
        }
    }
}

fn person(patient: &Patient, anonymous: bool) -> String {
    let sex = patient.sex.map(|sex| match sex {
        Sex::Female => "female".to_owned(),
        Sex::Male => "male".to_owned(),
        Sex::Other => "sex: other".to_owned(),
    });
    // Ages above 89 identify people (HIPAA safe harbour, 45 CFR 164.514(b)(2)).
    let age = patient
        .age_years
        .filter(|age| age.is_finite())
        .map(|age| match age {
            age if anonymous && age > 89.0 => "over 89 y".to_owned(),
            age if age < 2.0 => format!("{:.0} months", (age * 12.0).floor()),
            age => format!("{:.0} y", age.floor()),
        });
    let born = patient
        .birth_date
        .filter(|_| !anonymous)
        .map(|date| format!("born {date}"));
    let known = joined([sex, age, born]);
    if known.is_empty() {
        "Age and sex not stated".into()
    } else {
        known
    }
}

fn joined(parts: impl IntoIterator<Item = Option<String>>) -> String {
    let known: Vec<String> = parts
        .into_iter()
        .flatten()
        .filter(|part| !part.trim().is_empty())
        .collect();
    known.join("  ·  ")
}

/// The device's own numbers and words, named as the device's.
fn device_block(about: &About<'_>, x: f32, width: f32, pen: &mut Pen<'_>) {
    let recording = about.recording;
    let mut lines = Vec::new();
    for pair in recording.device_measurements.chunks(3).take(2) {
        lines.push(pair.iter().map(measurement).collect::<Vec<_>>().join("   "));
    }
    if !about.options.anonymous {
        lines.extend(recording.device_statements.iter().cloned());
    }
    if lines.is_empty() {
        return;
    }
    pen.text(
        x,
        HEADER_TOP + 3.4,
        SMALL,
        Weight::SemiBold,
        Ink::TextSecondary,
        "Stated by the device",
    );
    let more = lines.len().saturating_sub(LINES);
    for (index, line) in lines.iter().take(LINES).enumerate() {
        let rest = if index + 1 == LINES && more > 0 {
            format!("  (and {more} more)")
        } else {
            String::new()
        };
        let room = width - text_width(&rest, Weight::Regular, BODY);
        let line = fitted(line, Weight::Regular, BODY, room) + &rest;
        pen.text(x, line_y(index), BODY, Weight::Regular, Ink::Text, line);
    }
}

fn measurement(value: &ReportedValue) -> String {
    let name = match value.name.as_str() {
        "heart_rate" => "Rate",
        "pr" => "PR",
        "qrs" => "QRS",
        "qt" => "QT",
        "qtc" => "QTc",
        "p_axis" => "P axis",
        "qrs_axis" => "QRS axis",
        "t_axis" => "T axis",
        other => other,
    };
    let unit = match value.unit.as_str() {
        "deg" => "°".to_owned(),
        "uV" => " µV".to_owned(),
        unit => format!(" {unit}"),
    };
    format!("{name} {}{unit}", value.value)
}

/// What the machine reads, in the machine's ink and under its name.
fn machine_block(about: &About<'_>, x: f32, width: f32, pen: &mut Pen<'_>) {
    let Some((model, findings)) = &about.options.findings else {
        return;
    };
    let title = format!("Machine reading, not confirmed · {model}");
    let title = fitted(&title, Weight::SemiBold, SMALL, width);
    pen.text(
        x,
        HEADER_TOP + 3.4,
        SMALL,
        Weight::SemiBold,
        Ink::Machine,
        title,
    );
    let said: Vec<_> = findings
        .iter()
        .filter(|finding| finding.probability.is_nan() || finding.probability >= finding.threshold)
        .collect();
    if said.is_empty() {
        let none = "No statement reaches its threshold";
        pen.text(x, line_y(0), BODY, Weight::Regular, Ink::Machine, none);
    }
    let shown = if said.len() > LINES { LINES - 1 } else { LINES };
    for (index, finding) in said.iter().take(shown).enumerate() {
        let y = line_y(index);
        if finding.probability.is_nan() {
            let name = fitted(&finding.name, Weight::Regular, BODY, width);
            pen.text(x, y, BODY, Weight::Regular, Ink::Machine, name);
            continue;
        }
        let numbers = format!("{:.2}  (≥ {:.2})", finding.probability, finding.threshold);
        let room = width - text_width(&numbers, Weight::Regular, BODY) - 3.0;
        let name = fitted(&finding.name, Weight::Regular, BODY, room);
        pen.text(x, y, BODY, Weight::Regular, Ink::Machine, name);
        pen.aligned(
            Align::Right,
            x + width,
            y,
            BODY,
            Weight::Regular,
            Ink::Machine,
            numbers,
        );
    }
    if said.len() > shown {
        let more = format!("and {} more", said.len() - shown);
        pen.text(x, line_y(shown), BODY, Weight::Regular, Ink::Machine, more);
    }
}

/// Speed, gain and filter at the left beneath the grid; heat legend and times at the right.
fn badge(about: &About<'_>, arrangement: &Arrangement, frame: &Frame, pen: &mut Pen<'_>) {
    let y = frame.grid.bottom() + 4.6;
    let text = scale_text(about.recording, about.options);
    pen.text(
        frame.grid.x,
        y,
        BODY,
        Weight::SemiBold,
        Ink::Text,
        text.clone(),
    );

    let duration_s = about.recording.duration_s();
    let end_s = arrangement.end_s.min(duration_s).max(about.start_s);
    let times = format!("{:.1}–{end_s:.1} s of {duration_s:.1} s", about.start_s);
    let right = frame.grid.right();
    let times_width = text_width(&times, Weight::Regular, BODY);
    pen.aligned(
        Align::Right,
        right,
        y,
        BODY,
        Weight::Regular,
        Ink::TextSecondary,
        times,
    );

    let Some(heat) = &about.options.heat else {
        return;
    };
    const RAMP: f32 = 20.0;
    let ramp = Rect {
        x: right - times_width - 8.0 - RAMP,
        y: y - 2.6,
        width: RAMP,
        height: 3.2,
    };
    let room = ramp.x - frame.grid.x - text_width(&text, Weight::SemiBold, BODY) - 8.0;
    let legend = format!("Where the machine looked for: {}", heat.label);
    let legend = fitted(&legend, Weight::Regular, BODY, room);
    pen.aligned(
        Align::Right,
        ramp.x - 2.0,
        y,
        BODY,
        Weight::Regular,
        Ink::Machine,
        legend,
    );
    let columns = (0..=20).map(|step| step as f32 / 20.0).collect();
    pen.items.push(Item::Heat {
        rect: ramp,
        columns,
        opacity: heat.opacity.clamp(0.0, 1.0),
    });
}

/// Speed, gain and filter as one line: `25 mm/s   10 mm/mV   0.05-150 Hz`.
pub fn scale_text(recording: &Recording, options: &SheetOptions) -> String {
    let SheetOptions {
        speed,
        limb_gain,
        chest_gain,
        ..
    } = options;
    let gain = if limb_gain == chest_gain {
        format!("{limb_gain} mm/mV")
    } else {
        format!("limb {limb_gain} mm/mV   chest {chest_gain} mm/mV")
    };
    let normalised = recording
        .leads
        .iter()
        .filter(|lead| lead.unit == Unit::Normalised)
        .count();
    let gain = match normalised {
        0 => gain,
        all if all == recording.leads.len() => "amplitude normalised: not to scale".to_owned(),
        _ => format!("{gain}   some leads normalised: not to scale"),
    };
    let filters = match (&options.filters, &recording.acquisition.filters) {
        (Some(filters), _) => filters.clone(),
        (None, Some(device)) => format!("unfiltered here (device: {device})"),
        (None, None) => "unfiltered".to_owned(),
    };
    format!("{speed} mm/s   {gain}   {filters}")
}

fn footer(
    about: &About<'_>,
    arrangement: &Arrangement,
    remarks: &Remarks,
    frame: &Frame,
    pen: &mut Pen<'_>,
) {
    let (left, right) = (frame.grid.x, frame.grid.right());
    let last = frame.height - 7.0;
    let notes = notes(about, arrangement, remarks);
    // As many lines of remarks as stand between the badge and the footer.
    let top = frame.grid.bottom() + 4.6 + 4.2;
    let room = (((last - 3.4 - top) / 3.4).floor() as usize + 1).clamp(1, 3);
    for (index, line) in wrapped(&notes, frame.grid.width, room)
        .into_iter()
        .enumerate()
    {
        pen.text(
            left,
            top + index as f32 * 3.4,
            SMALL,
            Weight::Regular,
            Ink::Warning,
            line,
        );
    }
    let disclaimer = "Research and teaching. Not a medical device.";
    pen.text(
        left,
        last,
        SMALL,
        Weight::Regular,
        Ink::TextSecondary,
        disclaimer,
    );
    let page = format!(
        "HeartBeatAI {}   ·   page {} of {}",
        env!("CARGO_PKG_VERSION"),
        about.number,
        about.pages
    );
    pen.aligned(
        Align::Right,
        right,
        last,
        SMALL,
        Weight::Regular,
        Ink::TextSecondary,
        page,
    );
}

/// Everything that limits what may be read off this page.
fn notes(about: &About<'_>, arrangement: &Arrangement, remarks: &Remarks) -> Vec<String> {
    let About {
        recording, options, ..
    } = about;
    let mut notes = Vec::new();
    let rest_s = recording.duration_s() - arrangement.end_s;
    if rest_s > 0.05 && about.number == about.pages {
        notes.push(format!(
            "The last {rest_s:.1} s of the recording are not on paper."
        ));
    } else if about.pages > 1 && about.number < about.pages {
        let speed = options.speed;
        notes.push(format!(
            "At {speed} mm/s a page holds {:.1} s; continued.",
            arrangement.end_s - about.start_s
        ));
    }
    if !arrangement.continuous {
        notes.push("The recording is shorter than the page: columns overlap in time.".into());
    }
    if recording
        .leads
        .iter()
        .any(|lead| lead.unit == Unit::Normalised)
    {
        notes.push(format!(
            "One normalised unit is drawn {} mm high.",
            options.limb_gain * 0.5
        ));
    }
    if !remarks.offsets.is_empty() {
        notes.push(format!(
            "Offset taken away: {}.",
            remarks.offsets.join(", ")
        ));
    }
    if !remarks.clipped.is_empty() {
        notes.push(format!(
            "Runs off the paper: {}.",
            remarks.clipped.join(", ")
        ));
    }
    if !arrangement.left_out.is_empty() {
        let names: Vec<&str> = arrangement
            .left_out
            .iter()
            .map(|lead| lead.as_str())
            .collect();
        notes.push(format!("Not shown: {}.", names.join(", ")));
    }
    if !options.anonymous {
        notes.extend(
            recording
                .warnings
                .iter()
                .map(|warning| warning.message.clone()),
        );
    }
    notes
}

/// Sets notes into at most `room` lines of the given width; what does not fit ends in an ellipsis.
fn wrapped(notes: &[String], width: f32, room: usize) -> Vec<String> {
    let measured = |text: &str| text_width(text, Weight::Regular, SMALL);
    let mut lines = vec![String::new()];
    for word in notes.iter().flat_map(|note| note.split_whitespace()) {
        let full = lines.len() == room;
        let Some(line) = lines.last_mut() else {
            break;
        };
        if line.is_empty() || full || measured(line) + measured(" ") + measured(word) <= width {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
        .iter()
        .map(|line| fitted(line, Weight::Regular, SMALL, width))
        .collect()
}
