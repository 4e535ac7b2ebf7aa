//! Lead names: always at the same place of their rows, behind the traces, so that no wave is covered and a name is found
//! without looking for it.

use super::compose::Frame;
use super::font::text_width;
use super::layout::Arrangement;
use super::{Align, Ink, Item, Panel, Point, Weight, trace};
use crate::ecg::{Recording, Unit};

/// Em of the lead names in mm: 10 pt.
const SIZE: f32 = 3.5;
const SMALL: f32 = 2.5;
/// Room that a name beside the calibration pulse takes, with its margins.
pub(super) const BESIDE: f32 = 7.0;
const BESIDE_SIZE: f32 = 2.9;
/// From the zero line up to a name: over most waves, just clear of the grid line at 1 mV.
const ABOVE_ZERO: f32 = 10.6;
/// Least paper between the top of a row and its name.
const BELOW_TOP: f32 = 0.6;
/// Lighter than the trace, which may run over it: an upstroke beside `I` must not make it `II`.
const INK: Ink = Ink::Mark;
/// Between a name and the remark that follows it.
const GAP: f32 = 1.2;
/// Height of capitals and figures in em.
const CAPITAL: f32 = 0.73;

/// The names of all panels and what must be said beside them.
pub(super) fn place(
    recording: &Recording,
    panels: &[Panel],
    arrangement: &Arrangement,
    frame: &Frame,
) -> Vec<Item> {
    let mut items = Vec::new();
    for panel in panels {
        let mut name = panel.label();
        let remark = remark(recording, panel, arrangement);
        let place = match arrangement.columns {
            1 => off_trace(recording, panel, &name, frame),
            _ => None,
        };
        if let Some((y, size)) = place {
            items.push(Item::Text {
                at: Point {
                    x: frame.grid.x + 0.8,
                    y,
                },
                align: Align::Left,
                size,
                weight: Weight::SemiBold,
                ink: INK,
                text: std::mem::take(&mut name),
            });
            if remark.is_none() {
                continue;
            }
        }
        let name_width = text_width(&name, Weight::SemiBold, SIZE);
        let Point { x, y } = usual_place(panel);
        let gap = if name.is_empty() { 0.0 } else { GAP };
        if !name.is_empty() {
            items.push(Item::Text {
                at: Point { x, y },
                align: Align::Left,
                size: SIZE,
                weight: Weight::SemiBold,
                ink: INK,
                text: name,
            });
        }
        if let Some(text) = remark {
            items.push(Item::Text {
                at: Point {
                    x: x + name_width + gap,
                    y,
                },
                align: Align::Left,
                size: SMALL,
                weight: Weight::Regular,
                ink: Ink::TextSecondary,
                text,
            });
        }
    }
    items
}

/// Height and size of a name left of the trace of a row of its own: before the foot of the pulse, a longer one over the
/// pulse; none where the row leaves no room for it.
fn off_trace(
    recording: &Recording,
    panel: &Panel,
    name: &str,
    frame: &Frame,
) -> Option<(f32, f32)> {
    let wide = text_width(name, Weight::SemiBold, BESIDE_SIZE);
    // `-aVR` is set a little smaller.
    let before = wide / (BESIDE - 0.8);
    // Above the foot of the pulse, so that the two do not touch.
    let foot = panel.zero_y - 1.0;
    if before <= 1.2 {
        return Some((foot, BESIDE_SIZE / before.max(1.0)));
    }
    let over = wide / (frame.tracing_x - frame.grid.x - 1.6);
    let lead = recording.lead(&panel.lead);
    let y = match lead.is_none_or(|lead| lead.unit.is_voltage()) {
        true => panel.y_at(1.0) - 1.0,
        false => foot,
    };
    let fits = over <= 1.4 && y - CAPITAL * BESIDE_SIZE >= panel.rect.y;
    fits.then_some((y, BESIDE_SIZE / over.max(1.0)))
}

/// What a reader must know of this stretch: that there is none, that it has no scale, when it starts.
fn remark(recording: &Recording, panel: &Panel, arrangement: &Arrangement) -> Option<String> {
    let Some(lead) = recording.lead(&panel.lead) else {
        return Some("absent".into());
    };
    let value = |index| lead.samples.get(index).is_some_and(f64::is_finite);
    let drawn = trace::window(lead, panel.start_s, panel.end_s)
        .is_some_and(|(first, last)| (first..=last).any(value));
    if !drawn && panel.start_s < recording.duration_s() {
        return Some("no samples".into());
    }
    if matches!(lead.unit, Unit::Other(_)) {
        return Some("not to scale".into());
    }
    let strips = arrangement.rows.iter().all(|row| row.rhythm);
    let later = panel.start_s > panel_start(arrangement);
    ((strips || !arrangement.continuous) && later).then(|| format!("from {:.1} s", panel.start_s))
}

fn panel_start(arrangement: &Arrangement) -> f64 {
    let cells = arrangement.rows.iter().flat_map(|row| &row.cells);
    cells.map(|cell| cell.start_s).fold(f64::INFINITY, f64::min)
}

/// Where a name stands in its panel, whatever the trace does.
fn usual_place(panel: &Panel) -> Point {
    let highest = panel.rect.y + CAPITAL * SIZE + BELOW_TOP;
    Point {
        x: panel.rect.x + 1.2,
        y: (panel.zero_y - ABOVE_ZERO).max(highest),
    }
}
