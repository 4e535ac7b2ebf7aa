//! Lead names, placed where the trace leaves room.

use super::compose::Frame;
use super::font::text_width;
use super::layout::Arrangement;
use super::{Align, Ink, Item, Panel, Point, Rect, Weight, trace};
use crate::ecg::{Recording, Unit};

/// Em of the lead names in mm: 10 pt.
const SIZE: f32 = 3.5;
const SMALL: f32 = 2.5;
/// Room that a name beside the calibration pulse takes, with its margins.
pub(super) const BESIDE: f32 = 7.0;
const BESIDE_SIZE: f32 = 2.9;
/// Between a name and the remark that follows it.
const GAP: f32 = 1.2;
/// Height of capitals and figures in em.
const CAPITAL: f32 = 0.73;

/// The names of all panels and what must be said beside them.
pub(super) fn place(
    recording: &Recording,
    panels: &[Panel],
    arrangement: &Arrangement,
    traces: &[Item],
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
                ink: Ink::Text,
                text: std::mem::take(&mut name),
            });
            if remark.is_none() {
                continue;
            }
        }
        let name_width = text_width(&name, Weight::SemiBold, SIZE);
        let width = match &remark {
            Some(remark) => name_width + GAP + text_width(remark, Weight::Regular, SMALL),
            None => name_width,
        };
        let Point { x, y } = free_place(panel, width, traces, frame);
        let gap = if name.is_empty() { 0.0 } else { GAP };
        if !name.is_empty() {
            items.push(Item::Text {
                at: Point { x, y },
                align: Align::Left,
                size: SIZE,
                weight: Weight::SemiBold,
                ink: Ink::Text,
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

/// The first place near the top left of the panel that no trace crosses; else the one crossed least.
fn free_place(panel: &Panel, width: f32, traces: &[Item], frame: &Frame) -> Point {
    let grid = frame.grid;
    let height = CAPITAL * SIZE;
    // The paper above the first row is free for its names.
    let first = panel.rect.y - frame.heights.above < grid.y + 0.01;
    let top = if first { grid.y } else { panel.rect.y - 1.0 };
    let highest = top + height + 0.8;
    let lowest = panel.rect.bottom().min(grid.bottom() - 0.5);
    let usual = (panel.zero_y - 0.28 * panel.rect.height).max(highest);
    let above = [0.0, -2.0, -4.0, -6.0, -8.0, 2.0, -10.0, -12.0, -14.0].map(|up| usual + up);
    let below = [3.0, 5.0, 7.0, 9.0].map(|down| panel.zero_y + down + height);
    let left = panel.rect.x + 1.2;
    let mut best = (usize::MAX, Point { x: left, y: usual });
    let across = [0.0, 3.0, 6.0, 9.0, 12.0].map(|right| left + right);
    // A name is looked for above its trace; beneath it stands only one that has no place there.
    for (heights, x) in [&above[..], &below[..]]
        .into_iter()
        .flat_map(|heights| across.map(|x| (heights, x)))
    {
        for &y in heights {
            if y < highest - 0.01 || y >= lowest || x + width > panel.rect.right() {
                continue;
            }
            let area = Rect {
                x: x - 0.6,
                y: y - height - 0.5,
                width: width + 1.2,
                height: height + 1.0,
            };
            let crossings = traces.iter().map(|item| crossings(item, area)).sum();
            if crossings < best.0 {
                best = (crossings, Point { x, y });
            }
            if crossings == 0 {
                return best.1;
            }
        }
    }
    best.1
}

/// Segments of a line that touch the rectangle (judged by their bounding boxes).
fn crossings(item: &Item, area: Rect) -> usize {
    let Item::Line { points, clip, .. } = item else {
        return 0;
    };
    if clip.is_some_and(|clip| clip.x > area.right() || clip.right() < area.x) {
        return 0;
    }
    let start = points
        .partition_point(|point| point.x < area.x)
        .saturating_sub(1);
    let near = points.get(start..).unwrap_or_default();
    near.windows(2)
        .take_while(|pair| pair[0].x <= area.right())
        .filter(|pair| {
            let (low, high) = (pair[0].y.min(pair[1].y), pair[0].y.max(pair[1].y));
            pair[1].x >= area.x && low <= area.bottom() && high >= area.y
        })
        .count()
}
