//! Calibration pulses and lead-change marks.

use super::compose::{Frame, PULSE_S};
use super::{Ink, Item, Panel, Point, SheetOptions};
use crate::ecg::Recording;

const WIDTH: f32 = 0.25;

/// Calibration pulses at the left of each row and ticks where one lead follows another.
pub(super) fn draw(
    recording: &Recording,
    options: &SheetOptions,
    frame: &Frame,
    panels: &[Panel],
    items: &mut Vec<Item>,
) {
    let line = |points: Vec<Point>| Item::Line {
        points,
        width: WIDTH,
        ink: Ink::Mark,
        clip: None,
    };
    for row in panels.chunk_by(|a, b| a.rect.y == b.rect.y) {
        let (Some(first), Some(last)) = (row.first(), row.last()) else {
            continue;
        };
        // A pulse of 1 mV would be a lie beside an amplitude that is no voltage.
        let voltage = |panel: &&Panel| {
            recording
                .lead(&panel.lead)
                .is_none_or(|lead| lead.unit.is_voltage())
        };
        if row.iter().all(|panel| voltage(&panel)) {
            let width = PULSE_S * options.speed;
            let left = frame.tracing_x - 2.5 - width;
            // Where limb and chest leads share a row at different gains, the pulse takes a step.
            let steps = [(0.0, first.mm_per_mv), (0.5, last.mm_per_mv)];
            let zero = first.zero_y;
            let mut points = vec![
                Point {
                    x: left - 1.5,
                    y: zero,
                },
                Point { x: left, y: zero },
            ];
            for (at, gain) in steps
                .into_iter()
                .take(if steps[0].1 == steps[1].1 { 1 } else { 2 })
            {
                if at > 0.0 {
                    points.push(Point {
                        x: left + at * width,
                        y: zero - steps[0].1,
                    });
                }
                points.push(Point {
                    x: left + at * width,
                    y: zero - gain,
                });
            }
            points.push(Point {
                x: left + width,
                y: zero - last.mm_per_mv,
            });
            points.push(Point {
                x: left + width,
                y: zero,
            });
            points.push(Point {
                x: left + width + 1.5,
                y: zero,
            });
            items.push(line(points));
        }
        for panel in row.iter().skip(1) {
            let (x, y) = (panel.rect.x, panel.zero_y);
            items.push(line(vec![Point { x, y: y - 2.5 }, Point { x, y: y + 2.5 }]));
        }
    }
}
