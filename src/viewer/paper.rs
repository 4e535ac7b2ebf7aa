//! Paints a composed sheet on the screen: meshes in points from the page's top left corner, made anew
//! only when the sheet or the magnification changes and merely moved when the page is.

use std::sync::Arc;

use eframe::egui::epaint::{Mesh, PathShape, PathStroke, TessellationOptions, Tessellator};
use eframe::egui::{Color32, Painter, Pos2, Rect, Shape, Vec2, pos2, vec2};

use super::theme;
use crate::sheet::{self, Align, Ink, Item, Palette, Sheet, Weight};

/// Physical pixels between minor grid lines below which they are gone, and from which they are full.
const MINOR_FADE: (f32, f32) = (2.0, 3.6);
/// Least width of a trace in physical pixels.
const LEAST_TRACE: f32 = 1.25;
/// Share of a heat band's height that fades out at its top and bottom.
const HEAT_EDGE: f32 = 0.22;

/// How a page is painted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PaintOptions {
    pub points_per_mm: f32,
    pub pixels_per_point: f32,
    pub palette: Palette,
    /// Brightness of the paper, 1 in daylight and a little less in a dark room.
    pub brightness: f32,
}

/// The painted page, kept between frames.
#[derive(Default)]
pub struct PaintedSheet {
    made_from: Option<(Arc<Sheet>, PaintOptions)>,
    /// What is drawn before, between and after the texts.
    meshes: Vec<Mesh>,
    placed: Option<(Pos2, Vec<Arc<Mesh>>)>,
    made: u64,
}

impl PaintedSheet {
    /// Paints the page with its top left corner at `origin`, which should lie on a physical pixel.
    pub fn paint(
        &mut self,
        painter: &Painter,
        sheet: &Arc<Sheet>,
        options: PaintOptions,
        origin: Pos2,
    ) {
        let fresh = self
            .made_from
            .as_ref()
            .is_some_and(|(made, with)| Arc::ptr_eq(made, sheet) && *with == options);
        if !fresh {
            let drawn = layers(sheet).filter(|layer| !layer.iter().any(is_text));
            self.meshes = drawn.map(|layer| tessellate(layer, &options)).collect();
            self.made_from = Some((Arc::clone(sheet), options));
            self.placed = None;
            self.made += 1;
        }
        let fresh = self.placed.as_ref().is_some_and(|(at, _)| *at == origin);
        if !fresh {
            let placed = self.meshes.iter().cloned().map(|mut mesh| {
                mesh.translate(origin.to_vec2());
                Arc::new(mesh)
            });
            self.placed = Some((origin, placed.collect()));
        }
        let placed = self.placed.iter().flat_map(|(_, meshes)| meshes);
        let mut placed = placed.map(|mesh| Shape::Mesh(Arc::clone(mesh)));
        for layer in layers(sheet) {
            if layer.iter().any(is_text) {
                for item in layer {
                    write(painter, item, &options, origin);
                }
            } else if let Some(mesh) = placed.next() {
                painter.add(mesh);
            }
        }
    }

    /// How often the meshes have been made: a still view makes them once.
    pub fn times_made(&self) -> u64 {
        self.made
    }
}

/// The page as it lies in layers: what is drawn and what is written take turns.
fn layers(sheet: &Sheet) -> impl Iterator<Item = &[Item]> {
    sheet.items.chunk_by(|a, b| is_text(a) == is_text(b))
}

fn is_text(item: &Item) -> bool {
    matches!(item, Item::Text { .. })
}

/// Writes a text at its place on the page.
fn write(painter: &Painter, item: &Item, options: &PaintOptions, origin: Pos2) {
    let Item::Text {
        at,
        align,
        size,
        weight,
        ink,
        text,
    } = item
    else {
        return;
    };
    let size = (size * options.points_per_mm * 4.0).round() / 4.0;
    let font = match weight {
        Weight::Regular => theme::regular(size),
        Weight::SemiBold => theme::semi_bold(size),
    };
    let galley = painter.layout_no_wrap(text.clone(), font, options.color(*ink));
    let first = galley.rows.first();
    let baseline = first.and_then(|row| Some(row.pos.y + row.glyphs.first()?.pos.y));
    let left = match align {
        Align::Left => 0.0,
        Align::Center => 0.5,
        Align::Right => 1.0,
    } * galley.size().x;
    let offset = vec2(left, baseline.unwrap_or(galley.size().y));
    let at = origin + vec2(at.x, at.y) * options.points_per_mm;
    painter.galley(at - offset, galley, Color32::BLACK);
}

impl PaintOptions {
    fn color(&self, ink: Ink) -> Color32 {
        let [r, g, b, a] = self.palette.color(ink);
        let dim = |value: u8| (f32::from(value) * self.brightness).round() as u8;
        match ink {
            Ink::Paper | Ink::GridMinor | Ink::GridMajor => {
                Color32::from_rgb(dim(r), dim(g), dim(b))
            }
            _ => Color32::from_rgba_unmultiplied(r, g, b, a),
        }
    }

    fn rect(&self, rect: sheet::Rect) -> Rect {
        let min = pos2(rect.x, rect.y) * self.points_per_mm;
        Rect::from_min_size(min, vec2(rect.width, rect.height) * self.points_per_mm)
    }

    /// The nearest physical pixel.
    fn snap(&self, value: f32) -> f32 {
        (value * self.pixels_per_point).round() / self.pixels_per_point
    }
}

fn tessellate(items: &[Item], options: &PaintOptions) -> Mesh {
    let mut mesh = Mesh::default();
    let quality = TessellationOptions {
        feathering_size_in_pixels: 1.0,
        ..TessellationOptions::default()
    };
    let mut tessellator = Tessellator::new(options.pixels_per_point, quality, [1, 1], Vec::new());
    for item in items {
        match item {
            Item::Fill { rect, ink } => {
                let rect = options.rect(*rect);
                let min = pos2(options.snap(rect.min.x), options.snap(rect.min.y));
                let max = pos2(options.snap(rect.max.x), options.snap(rect.max.y));
                mesh.add_colored_rect(Rect::from_min_max(min, max), options.color(*ink));
            }
            Item::Grid {
                rect,
                step,
                width,
                ink,
            } => grid(&mut mesh, options, *rect, *step, *width, *ink),
            Item::Heat {
                rect,
                columns,
                opacity,
            } => {
                heat(&mut mesh, options, options.rect(*rect), columns, *opacity);
            }
            Item::Line {
                points,
                width,
                ink,
                clip,
            } => {
                let width =
                    (width * options.points_per_mm).max(LEAST_TRACE / options.pixels_per_point);
                let points: Vec<Pos2> = points
                    .iter()
                    .map(|point| pos2(point.x, point.y) * options.points_per_mm)
                    .collect();
                let points = thin(&points, 0.5 / options.pixels_per_point);
                let pieces = match clip {
                    Some(clip) => clipped(&points, options.rect(*clip)),
                    None => vec![points],
                };
                for points in pieces {
                    let stroke = PathStroke::new(width, options.color(*ink));
                    tessellator.tessellate_path(&PathShape::line(points, stroke), &mut mesh);
                }
            }
            Item::Text { .. } => {}
        }
    }
    mesh
}

/// Lines on whole pixels; the minor ones fade before they would run into each other.
fn grid(
    mesh: &mut Mesh,
    options: &PaintOptions,
    rect: sheet::Rect,
    step: f32,
    width: f32,
    ink: Ink,
) {
    if step <= 0.0 {
        return;
    }
    let pixel = 1.0 / options.pixels_per_point;
    let gap = step * options.points_per_mm * options.pixels_per_point;
    let visible = ((gap - MINOR_FADE.0) / (MINOR_FADE.1 - MINOR_FADE.0)).clamp(0.0, 1.0);
    if visible == 0.0 {
        return;
    }
    let color = options.color(ink).gamma_multiply(visible);
    let thickness = (width * options.points_per_mm / pixel).round().max(1.0) * pixel;
    let area = options.rect(rect);
    let lines =
        |length: f32| (0..=(length / step + 1e-3) as u32).map(move |index| index as f32 * step);
    let at = |start: f32, offset: f32| {
        options.snap(start + offset * options.points_per_mm - thickness / 2.0)
    };
    let (left, right) = (options.snap(area.left()), options.snap(area.right()));
    let (top, bottom) = (options.snap(area.top()), options.snap(area.bottom()));
    for offset in lines(rect.width) {
        let x = at(area.left(), offset).clamp(left, right - thickness);
        mesh.add_colored_rect(
            Rect::from_min_max(pos2(x, top), pos2(x + thickness, bottom)),
            color,
        );
    }
    for offset in lines(rect.height) {
        let y = at(area.top(), offset).clamp(top, bottom - thickness);
        mesh.add_colored_rect(
            Rect::from_min_max(pos2(left, y), pos2(right, y + thickness)),
            color,
        );
    }
}

/// A soft band: colours run from column to column and fade out above and below.
fn heat(mesh: &mut Mesh, options: &PaintOptions, rect: Rect, columns: &[f32], opacity: f32) {
    if columns.is_empty() {
        return;
    }
    let edge = rect.height() * HEAT_EDGE;
    let rows = [
        (rect.top(), 0.0),
        (rect.top() + edge, 1.0),
        (rect.bottom() - edge, 1.0),
        (rect.bottom(), 0.0),
    ];
    let width = rect.width() / columns.len() as f32;
    let first = u32::try_from(mesh.vertices.len()).unwrap_or(u32::MAX);
    let ends = [
        (rect.left(), columns.first()),
        (rect.right(), columns.last()),
    ];
    let inner = columns
        .iter()
        .enumerate()
        .map(|(i, value)| (rect.left() + (i as f32 + 0.5) * width, value));
    let stops: Vec<(f32, f32)> = std::iter::once((ends[0].0, ends[0].1.copied().unwrap_or(0.0)))
        .chain(inner.map(|(x, value)| (x, *value)))
        .chain(std::iter::once((
            ends[1].0,
            ends[1].1.copied().unwrap_or(0.0),
        )))
        .collect();
    for &(x, value) in &stops {
        for (y, strength) in rows {
            let [r, g, b, a] = options.palette.heat(value, opacity);
            let alpha = (f32::from(a) * strength).round() as u8;
            mesh.colored_vertex(pos2(x, y), Color32::from_rgba_unmultiplied(r, g, b, alpha));
        }
    }
    for column in 0..(stops.len() as u32).saturating_sub(1) {
        for row in 0..3 {
            let corner = first + column * 4 + row;
            mesh.add_triangle(corner, corner + 1, corner + 4);
            mesh.add_triangle(corner + 1, corner + 5, corner + 4);
        }
    }
}

/// At most four points a column: first, lowest, highest, last. No peak is lost.
fn thin(points: &[Pos2], column: f32) -> Vec<Pos2> {
    let mut thinned = Vec::with_capacity(points.len().min(8192));
    for run in points.chunk_by(|a, b| (a.x / column).floor() == (b.x / column).floor()) {
        if run.len() <= 4 {
            thinned.extend_from_slice(run);
            continue;
        }
        let by_height = |a: &(usize, &Pos2), b: &(usize, &Pos2)| a.1.y.total_cmp(&b.1.y);
        let lowest = run
            .iter()
            .enumerate()
            .max_by(by_height)
            .map_or(0, |(index, _)| index);
        let highest = run
            .iter()
            .enumerate()
            .min_by(by_height)
            .map_or(0, |(index, _)| index);
        let mut keep = [0, lowest.min(highest), lowest.max(highest), run.len() - 1];
        keep.sort_unstable();
        let mut last = None;
        for index in keep {
            if last != Some(index) {
                thinned.extend(run.get(index));
            }
            last = Some(index);
        }
    }
    thinned
}

/// The parts of an open line inside a rectangle (Liang and Barsky 1984, segment by segment).
fn clipped(points: &[Pos2], clip: Rect) -> Vec<Vec<Pos2>> {
    let mut pieces = Vec::new();
    let mut piece: Vec<Pos2> = Vec::new();
    for pair in points.windows(2) {
        let &[a, b] = pair else { continue };
        match inside(a, b, clip) {
            Some((from, to)) => {
                let a_cut = a + (b - a) * from;
                if piece.is_empty() || from > 0.0 {
                    if piece.len() > 1 {
                        pieces.push(std::mem::take(&mut piece));
                    }
                    piece = vec![a_cut];
                }
                piece.push(a + (b - a) * to);
                if to < 1.0 {
                    pieces.push(std::mem::take(&mut piece));
                }
            }
            None => {
                if piece.len() > 1 {
                    pieces.push(std::mem::take(&mut piece));
                }
                piece.clear();
            }
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// The part of the segment that lies inside, as shares of its length.
fn inside(a: Pos2, b: Pos2, clip: Rect) -> Option<(f32, f32)> {
    let Vec2 { x: dx, y: dy } = b - a;
    let (mut from, mut to) = (0.0_f32, 1.0_f32);
    for (direction, distance) in [
        (-dx, a.x - clip.left()),
        (dx, clip.right() - a.x),
        (-dy, a.y - clip.top()),
        (dy, clip.bottom() - a.y),
    ] {
        if direction == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if direction < 0.0 {
            from = from.max(distance / direction);
        } else {
            to = to.min(distance / direction);
        }
    }
    (from <= to).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_leaves_its_row_is_cut_at_the_edge_and_taken_up_again() {
        let clip = Rect::from_min_max(pos2(0.0, 0.0), pos2(10.0, 10.0));
        let pieces = clipped(
            &[
                pos2(0.0, 5.0),
                pos2(2.0, -5.0),
                pos2(4.0, 5.0),
                pos2(5.0, 5.0),
            ],
            clip,
        );
        assert_eq!(
            pieces,
            [
                vec![pos2(0.0, 5.0), pos2(1.0, 0.0)],
                vec![pos2(3.0, 0.0), pos2(4.0, 5.0), pos2(5.0, 5.0)],
            ]
        );
        assert!(clipped(&[pos2(-5.0, -5.0), pos2(-1.0, -5.0)], clip).is_empty());
    }

    #[test]
    fn thinning_keeps_the_narrowest_r_peak_at_its_full_height() {
        let mut points: Vec<Pos2> = (0..5000).map(|i| pos2(i as f32 * 0.01, 50.0)).collect();
        points[2503].y = 1.0;
        points[2506].y = 80.0;
        let thinned = thin(&points, 0.5);
        assert!(thinned.len() < 500);
        assert!(thinned.contains(&points[2503]) && thinned.contains(&points[2506]));
        assert!(thinned.is_sorted_by(|a, b| a.x <= b.x));
    }
}
