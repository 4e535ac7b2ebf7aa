//! Wave boundaries as ticks on the tracing. P, QRS and T differ by the shape at the tick's foot, begin and end by the
//! side to which its head points, and what a person set by its length and the diamond on it, so that paper without colour
//! tells as much.

use std::ops::Range;

use super::trace::Scale;
use super::{Ink, Item, Panel, Point, Rect};
use crate::ecg::{Lead, WaveBoundary};
use crate::measure::{Beat, Boundaries, HandPoint, Measurements};

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
/// Half the size of the diamond over what a person set, in mm.
const DIAMOND: f32 = 0.8;
/// No beat's boundaries lie farther than this from its time.
const REACH_S: f64 = 1.5;

/// Draws the ticks of one panel; none leaves `paper`.
pub(super) fn draw(
    measured: &Measurements,
    lead: &Lead,
    panel: &Panel,
    scale: &Scale,
    paper: Rect,
    items: &mut Vec<Item>,
) {
    let own = measured
        .leads
        .iter()
        .position(|other| other.lead == lead.name);
    let by_hand: Vec<&HandPoint> = measured
        .by_hand
        .iter()
        .flat_map(|hand| &hand.points)
        .filter(|point| {
            let shown = |at_s| (panel.start_s..panel.end_s).contains(&at_s);
            point.at_s.is_some_and(shown)
                && point.lead.as_ref().is_none_or(|lead| *lead == panel.lead)
        })
        .collect();
    let mut put = |boundary, at_s, person| {
        if let (Some((wave, part)), Some(at)) = (kind(boundary), scale.place(lead, at_s)) {
            tick(wave, part, at, person, paper, items);
        }
    };
    for beat in &measured.beats[near(&measured.beats, panel.start_s, panel.end_s)] {
        let lead_own = own.and_then(|index| beat.lead_boundaries.get(index));
        for (boundary, at_s) in points(lead_own.unwrap_or(&beat.boundaries)) {
            let persons = by_hand
                .iter()
                .any(|point| point.boundary == boundary && point.at_s == Some(at_s));
            if (panel.start_s..panel.end_s).contains(&at_s) && !persons {
                put(boundary, at_s, false);
            }
        }
    }
    for point in by_hand {
        if let Some(at_s) = point.at_s {
            put(point.boundary, at_s, true);
        }
    }
}

/// The beats that may have a boundary between two times; beats are in the order of time.
fn near(beats: &[Beat], from_s: f64, to_s: f64) -> Range<usize> {
    let first = beats.partition_point(|beat| beat.time_s < from_s - REACH_S);
    let last = beats.partition_point(|beat| beat.time_s < to_s + REACH_S);
    first..last.max(first)
}

fn points(b: &Boundaries) -> impl Iterator<Item = (WaveBoundary, f64)> {
    let all = WaveBoundary::ALL.into_iter();
    all.filter_map(|boundary| Some((boundary, b.get(boundary)?)))
}

/// What a boundary looks like; the R peak shows itself.
fn kind(boundary: WaveBoundary) -> Option<(Wave, Part)> {
    Some(match boundary {
        WaveBoundary::POn => (Wave::P, Part::Begin),
        WaveBoundary::PPeak => (Wave::P, Part::Peak),
        WaveBoundary::POff => (Wave::P, Part::End),
        WaveBoundary::QrsOn => (Wave::Qrs, Part::Begin),
        WaveBoundary::RPeak => return None,
        WaveBoundary::QrsOff => (Wave::Qrs, Part::End),
        WaveBoundary::TOn => (Wave::T, Part::Begin),
        WaveBoundary::TPeak => (Wave::T, Part::Peak),
        WaveBoundary::TOff => (Wave::T, Part::End),
    })
}

fn tick(wave: Wave, part: Part, at: Point, person: bool, paper: Rect, items: &mut Vec<Item>) {
    // The tracing itself is cut off at the paper's edge: a tick beyond it would stand on nothing.
    if !paper.contains(at) {
        return;
    }
    let (ink, half, width) = match person {
        true => (Ink::Person, HALF + 1.5, WIDTH * 1.4),
        false => (Ink::Fiducial(wave), HALF, WIDTH),
    };
    let mut line = |points: Vec<Point>| {
        items.push(Item::Line {
            points,
            width,
            ink,
            clip: Some(paper),
        });
    };
    let to = |dx: f32, dy: f32| Point {
        x: at.x + dx,
        y: at.y + dy,
    };
    if person {
        let tips = [
            (0.0, -DIAMOND),
            (DIAMOND, 0.0),
            (0.0, DIAMOND),
            (-DIAMOND, 0.0),
        ];
        let around = (0..=tips.len()).filter_map(|corner| tips.get(corner % tips.len()));
        line(
            around
                .map(|(dx, dy)| to(*dx, dy - half - DIAMOND))
                .collect(),
        );
    }
    let head = match part {
        Part::Begin => HEAD,
        Part::End => -HEAD,
        // A peak has its shape alone, above the trace.
        Part::Peak => {
            line(foot(wave, to(0.0, -half)));
            return;
        }
    };
    line(vec![to(head, -half), to(0.0, -half), to(0.0, half)]);
    line(foot(wave, to(0.0, half + FOOT)));
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

    const PAPER: Rect = Rect {
        x: 0.0,
        y: 0.0,
        width: 250.0,
        height: 150.0,
    };

    #[test]
    fn no_tick_leaves_the_paper() {
        let drawn = |y| {
            let mut items = Vec::new();
            let at = Point { x: 10.0, y };
            tick(Wave::P, Part::Begin, at, true, PAPER, &mut items);
            items
        };
        assert!(drawn(151.0).is_empty());
        let cut =
            |item: &Item| matches!(item, Item::Line { clip: Some(clip), .. } if *clip == PAPER);
        assert!(!drawn(149.0).is_empty() && drawn(149.0).iter().all(cut));
    }

    #[test]
    fn the_waves_differ_by_shape_and_their_ends_by_direction() {
        let drawn = |wave, part| {
            let mut items = Vec::new();
            let at = Point { x: 10.0, y: 10.0 };
            tick(wave, part, at, false, PAPER, &mut items);
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

    #[test]
    fn what_a_person_set_is_longer_and_carries_a_diamond_in_the_persons_ink() {
        let drawn = |person| {
            let mut items = Vec::new();
            let at = Point { x: 10.0, y: 10.0 };
            tick(Wave::Qrs, Part::Begin, at, person, PAPER, &mut items);
            items
        };
        let top = |items: &[Item]| {
            let points = items.iter().flat_map(|item| match item {
                Item::Line { points, .. } => points.clone(),
                _ => Vec::new(),
            });
            points.map(|point| point.y).fold(f32::MAX, f32::min)
        };
        let (machine, person) = (drawn(false), drawn(true));
        assert!(top(&person) < top(&machine) - 1.0);
        assert_eq!(person.len(), machine.len() + 1);
        let inked = |item: &Item, wanted| matches!(item, Item::Line { ink, .. } if *ink == wanted);
        assert!(person.iter().all(|item| inked(item, Ink::Person)));
        assert!(
            machine
                .iter()
                .all(|item| inked(item, Ink::Fiducial(Wave::Qrs)))
        );
    }
}
