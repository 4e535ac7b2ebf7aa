//! Wave boundaries as ticks on the tracing. P, QRS and T differ by the shape at the tick's foot, begin and end by the
//! side to which its head points, so that paper without colour tells as much.

use std::ops::Range;

use super::trace::Scale;
use super::{Ink, Item, Panel, Point};
use crate::ecg::Lead;
use crate::measure::{Beat, Boundaries, Measurements};

/// A wave of the heartbeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wave {
    P,
    Qrs,
    T,
}

/// Which point of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Begin,
    Peak,
    End,
}

/// Half the height of a tick in mm.
const HALF: f32 = 2.0;
/// Length of its head in mm.
const HEAD: f32 = 0.9;
/// Radius of the shape at its foot in mm.
const FOOT: f32 = 0.5;
const WIDTH: f32 = 0.22;
/// No beat's boundaries lie farther than this from its time.
const REACH_S: f64 = 1.5;

/// Draws the ticks of one panel.
pub(super) fn draw(
    measured: &Measurements,
    lead: &Lead,
    panel: &Panel,
    scale: &Scale,
    items: &mut Vec<Item>,
) {
    let own = measured
        .leads
        .iter()
        .position(|other| other.lead == lead.name);
    for beat in &measured.beats[near(&measured.beats, panel.start_s, panel.end_s)] {
        let lead_own = own.and_then(|index| beat.lead_boundaries.get(index));
        for (wave, part, at_s) in points(lead_own.unwrap_or(&beat.boundaries)) {
            if !(panel.start_s..panel.end_s).contains(&at_s) {
                continue;
            }
            if let Some(at) = scale.place(lead, at_s) {
                tick(wave, part, at, items);
            }
        }
    }
}

/// The beats that may have a boundary between two times; beats are in the order of time.
fn near(beats: &[Beat], from_s: f64, to_s: f64) -> Range<usize> {
    let first = beats.partition_point(|beat| beat.time_s < from_s - REACH_S);
    let last = beats.partition_point(|beat| beat.time_s < to_s + REACH_S);
    first..last.max(first)
}

fn points(b: &Boundaries) -> impl Iterator<Item = (Wave, Part, f64)> {
    [
        (Wave::P, Part::Begin, b.p_on),
        (Wave::P, Part::Peak, b.p_peak),
        (Wave::P, Part::End, b.p_off),
        (Wave::Qrs, Part::Begin, b.qrs_on),
        (Wave::Qrs, Part::End, b.qrs_off),
        (Wave::T, Part::Begin, b.t_on),
        (Wave::T, Part::Peak, b.t_peak),
        (Wave::T, Part::End, b.t_off),
    ]
    .into_iter()
    .filter_map(|(wave, part, at)| Some((wave, part, at?)))
}

fn tick(wave: Wave, part: Part, at: Point, items: &mut Vec<Item>) {
    let mut line = |points: Vec<Point>| {
        items.push(Item::Line {
            points,
            width: WIDTH,
            ink: Ink::Fiducial(wave),
            clip: None,
        });
    };
    let to = |dx: f32, dy: f32| Point {
        x: at.x + dx,
        y: at.y + dy,
    };
    let head = match part {
        Part::Begin => HEAD,
        Part::End => -HEAD,
        // A peak has its shape alone, above the trace.
        Part::Peak => {
            line(foot(wave, to(0.0, -HALF)));
            return;
        }
    };
    line(vec![to(head, -HALF), to(0.0, -HALF), to(0.0, HALF)]);
    line(foot(wave, to(0.0, HALF + FOOT)));
}

/// A circle for P, a square for QRS, a triangle for T.
fn foot(wave: Wave, middle: Point) -> Vec<Point> {
    let corners: u8 = match wave {
        Wave::P => 12,
        Wave::Qrs => 4,
        Wave::T => 3,
    };
    let turn = match wave {
        Wave::Qrs => std::f32::consts::FRAC_PI_4,
        Wave::P | Wave::T => -std::f32::consts::FRAC_PI_2,
    };
    (0..=corners)
        .map(|corner| {
            let angle = turn + std::f32::consts::TAU * f32::from(corner) / f32::from(corners);
            Point {
                x: middle.x + FOOT * angle.cos(),
                y: middle.y + FOOT * angle.sin(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_waves_differ_by_shape_and_their_ends_by_direction() {
        let drawn = |wave, part| {
            let mut items = Vec::new();
            tick(wave, part, Point { x: 10.0, y: 10.0 }, &mut items);
            let points = items.into_iter().filter_map(|item| match item {
                Item::Line { points, .. } => Some(points),
                _ => None,
            });
            points.collect::<Vec<_>>()
        };
        let corners = |wave| drawn(wave, Part::Begin)[1].len() - 1;
        assert_eq!([Wave::P, Wave::Qrs, Wave::T].map(corners), [12, 4, 3]);
        let head = |part| drawn(Wave::P, part)[0][0].x - 10.0;
        assert!(head(Part::Begin) > 0.0 && head(Part::End) < 0.0);
        assert_eq!(drawn(Wave::T, Part::Peak).len(), 1);
    }
}
