//! Painters: each puts a composed sheet on one kind of medium and decides nothing else.

mod pdf;
mod png;
mod svg;

pub use pdf::{Metadata, PdfError, pdf};
pub use png::{PngError, RgbaImage, png, rgba};
pub use svg::svg;

use super::{Palette, Point, Rect};

/// The ends of every line of a grid: verticals from the left, then horizontals from the top, the last
/// of each closing the rectangle.
fn grid_lines(rect: Rect, step: f32) -> Vec<(Point, Point)> {
    let count = |length: f32| (length / step + 1e-3).floor().clamp(0.0, 10_000.0) as usize;
    let places = |from: f32, length: f32| {
        let mut places: Vec<f32> = (0..=count(length))
            .map(|line| from + line as f32 * step)
            .collect();
        if places
            .last()
            .is_some_and(|last| from + length - last > 1e-3 * step)
        {
            places.push(from + length);
        }
        places
    };
    let verticals = places(rect.x, rect.width).into_iter().map(|x| {
        (
            Point { x, y: rect.y },
            Point {
                x,
                y: rect.bottom(),
            },
        )
    });
    let horizontals = places(rect.y, rect.height)
        .into_iter()
        .map(|y| (Point { x: rect.x, y }, Point { x: rect.right(), y }));
    verticals.chain(horizontals).collect()
}

/// The parts of an open line within a rectangle (Liang and Barsky 1984, segment by segment).
fn clipped(points: &[Point], clip: Option<Rect>) -> Vec<Vec<Point>> {
    let Some(clip) = clip else {
        return vec![points.to_vec()];
    };
    let mut parts: Vec<Vec<Point>> = Vec::new();
    for pair in points.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let Some((enter, leave)) = inside(from, to, clip) else {
            continue;
        };
        let at = |share: f32| Point {
            x: from.x + (to.x - from.x) * share,
            y: from.y + (to.y - from.y) * share,
        };
        match parts.last_mut() {
            Some(part) if enter == 0.0 && part.last() == Some(&from) => {}
            _ => parts.push(vec![if enter == 0.0 { from } else { at(enter) }]),
        }
        if let Some(part) = parts.last_mut() {
            part.push(if leave == 1.0 { to } else { at(leave) });
        }
    }
    parts
}

/// The shares of a segment at which it enters and leaves a rectangle.
fn inside(from: Point, to: Point, clip: Rect) -> Option<(f32, f32)> {
    // The edges themselves belong to the rectangle, with room for rounding.
    const EDGE: f32 = 1e-3;
    let (dx, dy) = (to.x - from.x, to.y - from.y);
    let mut share = (0.0_f32, 1.0_f32);
    for (delta, room) in [
        (-dx, from.x - clip.x + EDGE),
        (dx, clip.right() + EDGE - from.x),
        (-dy, from.y - clip.y + EDGE),
        (dy, clip.bottom() + EDGE - from.y),
    ] {
        if delta == 0.0 {
            if room < 0.0 {
                return None;
            }
        } else if delta < 0.0 {
            share.0 = share.0.max(room / delta);
        } else {
            share.1 = share.1.min(room / delta);
        }
    }
    (share.0 < share.1).then_some(share)
}

/// The stops of a gradient through the centres of heat columns, at 0 to 1 from first to last; stops that
/// others already imply to within a step of colour are left out.
fn heat_stops(columns: &[f32], opacity: f32, palette: &Palette) -> Vec<(f32, [u8; 4])> {
    let colors: Vec<[u8; 4]> = columns
        .iter()
        .map(|&heat| palette.heat(heat, opacity))
        .collect();
    let last = colors.len().saturating_sub(1);
    let implied = |from: usize, to: usize| {
        (from + 1..to).all(|index| {
            let share = (index - from) as f32 / (to - from) as f32;
            (0..4).all(|channel| {
                let [a, b, between] =
                    [from, to, index].map(|index| f32::from(colors[index][channel]));
                (a + (b - a) * share - between).abs() <= 1.5
            })
        })
    };
    let mut kept: Vec<usize> = Vec::new();
    for index in 0..colors.len() {
        let needed = match kept.last() {
            Some(&from) => index == last || !implied(from, index + 1),
            None => true,
        };
        if needed {
            kept.push(index);
        }
    }
    let offset = |index: usize| index as f32 / last.max(1) as f32;
    kept.into_iter()
        .map(|index| (offset(index), colors[index]))
        .collect()
}

/// Left end of a text of that width.
fn left_end(align: super::Align, x: f32, width: f32) -> f32 {
    match align {
        super::Align::Left => x,
        super::Align::Center => x - width / 2.0,
        super::Align::Right => x - width,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_that_leaves_the_paper_comes_back_as_a_second_part() {
        let clip = Rect {
            x: 0.0,
            y: 0.0,
            width: 10.0,
            height: 10.0,
        };
        let wave = [(0.0, 5.0), (2.0, -5.0), (4.0, 5.0)].map(|(x, y)| Point { x, y });
        let parts = clipped(&wave, Some(clip));
        assert_eq!(parts.len(), 2);
        assert!((parts[0][1].y).abs() < 0.01 && (parts[0][1].x - 1.0).abs() < 0.01);
        assert!((parts[1][0].x - 3.0).abs() < 0.01);
    }

    #[test]
    fn a_grid_closes_at_its_right_and_bottom() {
        let lines = grid_lines(
            Rect {
                x: 1.0,
                y: 2.0,
                width: 12.0,
                height: 10.0,
            },
            5.0,
        );
        let verticals: Vec<f32> = lines
            .iter()
            .filter(|(a, b)| a.x == b.x)
            .map(|(a, _)| a.x)
            .collect();
        assert_eq!(verticals, [1.0, 6.0, 11.0, 13.0]);
        assert_eq!(lines.len() - verticals.len(), 3);
    }
}
