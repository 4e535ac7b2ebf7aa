//! How the tracing was drawn and what limits it: the foot of a printed page.

use super::compose::{Frame, NORMALISED, Remarks};
use super::font::{fitted, text_width};
use super::furniture::{About, BODY, Pen, SMALL, wrapped};
use super::layout::Arrangement;
use super::{Align, Ink, Item, Rect, SheetOptions, Weight};
use crate::ecg::{Recording, Unit, WarningCode};
use crate::reading::cannot_say;

/// What every page says of itself.
pub(super) const DISCLAIMER: &str = "Research and teaching. Not a medical device.";

/// Draws everything beneath the grid.
pub(super) fn draw(
    about: &About<'_>,
    arrangement: &Arrangement,
    remarks: &Remarks,
    frame: &Frame,
    pen: &mut Pen<'_>,
) {
    badge(about, arrangement, frame, pen);
    foot(about, arrangement, remarks, frame, pen);
}

/// Speed, gain and filter at the left beneath the grid; heat legend and times at the right.
fn badge(about: &About<'_>, arrangement: &Arrangement, frame: &Frame, pen: &mut Pen<'_>) {
    let y = frame.grid.bottom() + 4.6;
    let right = frame.grid.right();
    let duration_s = about.recording.duration_s();
    let end_s = arrangement.end_s.min(duration_s).max(about.start_s);
    let times = format!("{:.1}–{end_s:.1} s of {duration_s:.1} s", about.start_s);
    let times_width = text_width(&times, Weight::Regular, BODY);
    let (weight, ink) = (Weight::Regular, Ink::TextSecondary);
    pen.aligned(Align::Right, right, y, BODY, weight, ink, times);

    let scale = scale_text(about.recording, about.options);
    let room = frame.grid.width - times_width - 8.0;
    let scale = fitted(&scale, Weight::SemiBold, BODY, room);
    let scale_width = text_width(&scale, Weight::SemiBold, BODY);
    pen.text(frame.grid.x, y, BODY, Weight::SemiBold, Ink::Text, scale);

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
    let room = ramp.x - frame.grid.x - scale_width - 8.0;
    let legend = format!("Where the machine looked for: {}", heat.label);
    let legend = fitted(&legend, Weight::Regular, BODY, room.max(0.0));
    let (weight, ink) = (Weight::Regular, Ink::Machine);
    pen.aligned(Align::Right, ramp.x - 2.0, y, BODY, weight, ink, legend);
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

/// How much smaller than small print a line may be set that must not be cut.
const SMALLEST: f32 = 0.75;

/// What the machine cannot say: its silence on these is no answer.
fn unable(about: &About<'_>) -> Option<String> {
    let reading = about.options.reading.as_ref()?;
    cannot_say(&reading.unable)
}

/// The foot of the page: remarks, what the program is for, page number.
fn foot(
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
    let lines = ((last - 3.4 - top) / 3.4).floor().max(0.0) as usize + 1;
    let unable = unable(about).filter(|_| lines > 1);
    let room = (lines - usize::from(unable.is_some())).clamp(1, 3);
    if let Some(unable) = unable {
        let full = text_width(&unable, Weight::Regular, SMALL);
        let size = SMALL * (frame.grid.width / full).clamp(SMALLEST, 1.0);
        let unable = fitted(&unable, Weight::Regular, size, frame.grid.width);
        let (weight, ink) = (Weight::Regular, Ink::Machine);
        pen.text(left, last - 3.4, size, weight, ink, unable);
    }
    let notes = whole(&notes, frame.grid.width, room);
    for (index, line) in wrapped(&notes, SMALL, frame.grid.width, room)
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
    let disclaimer = DISCLAIMER;
    pen.text(
        left,
        last,
        SMALL,
        Weight::Regular,
        Ink::TextSecondary,
        disclaimer,
    );
    let mut parts = vec![format!("HeartBeatAI {}", env!("CARGO_PKG_VERSION"))];
    if about.pages > 1 {
        let seconds = arrangement.end_s - about.start_s;
        parts.push(format!(
            "{seconds:.1} s a page at {} mm/s",
            about.options.speed
        ));
    }
    parts.push(format!("page {} of {}", about.number, about.pages));
    let page = parts.join("   ·   ");
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

/// The gravest first: what would be read wrongly, then what cannot be read, then the rest.
fn gravity(code: WarningCode) -> u8 {
    match code {
        WarningCode::CriticalNumber
        | WarningCode::LeadReversal
        | WarningCode::Dextrocardia
        | WarningCode::PacingSpikes
        | WarningCode::ImplausibleAmplitude => 0,
        WarningCode::AssumedRate
        | WarningCode::AssumedUnit
        | WarningCode::DefaultGain
        | WarningCode::Truncated
        | WarningCode::LeftOut => 1,
        WarningCode::Einthoven
        | WarningCode::MissingSamples
        | WarningCode::ElectrodeOff
        | WarningCode::Saturated
        | WarningCode::FlatLead
        | WarningCode::Noise => 2,
        _ => 3,
    }
}

/// As many remarks as there is room for in full, and how many there are beyond; the first one is always shown.
fn whole(notes: &[String], width: f32, room: usize) -> Vec<String> {
    let first = |count: usize| {
        let mut shown = notes.get(..count).unwrap_or_default().to_vec();
        match notes.len() - count {
            0 => {}
            1 => shown.push("One more remark: see the file.".to_owned()),
            more => shown.push(format!("{more} more remarks: see the file.")),
        }
        shown
    };
    let fits = |shown: &Vec<String>| wrapped(shown, SMALL, width, usize::MAX).len() <= room;
    let fitting = (1..=notes.len()).rev().map(first).find(fits);
    fitting.unwrap_or_else(|| notes.iter().take(1).cloned().collect())
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
            options.limb_gain * NORMALISED
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
    // What was taken away on this page stands there already.
    let reading = about.options.reading.iter();
    let beside = reading.flat_map(|reading| &reading.warnings);
    let warnings = recording.warnings.iter().chain(beside);
    let warnings = warnings.filter(|warning| warning.code != WarningCode::ElectrodeOffset);
    let mut all: Vec<(u8, String)> = warnings
        .map(|warning| (gravity(warning.code), warning.message.clone()))
        .chain(notes.into_iter().map(|note| (1, note)))
        .collect();
    all.sort_by_key(|(gravity, _)| *gravity);
    let mut notes: Vec<String> = all.into_iter().map(|(_, note)| note).collect();
    for note in &mut notes {
        if !note.ends_with(['.', '!', '?']) {
            note.push('.');
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remark_is_shown_in_full_or_counted() {
        let notes: Vec<String> = ["Short.", "Another short one.", &"long ".repeat(80)]
            .map(str::to_owned)
            .to_vec();
        let shown = whole(&notes, 120.0, 1);
        assert_eq!(shown.len(), 3);
        assert_eq!(shown[2], "One more remark: see the file.");
        assert_eq!(whole(&notes, 120.0, 20), notes);
        assert_eq!(whole(&notes[2..], 120.0, 1), notes[2..]);
        assert!(whole(&[], 120.0, 1).is_empty());
        assert!(gravity(WarningCode::LeadReversal) < gravity(WarningCode::Einthoven));
    }
}
