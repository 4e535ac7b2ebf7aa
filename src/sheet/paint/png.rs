//! PNG on the processor, at any resolution, marked with its true size.

use skrifa::outline::OutlinePen;
use thiserror::Error;
use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, PathBuilder, Pixmap,
    PixmapMut, Point as SkiaPoint, Rect as SkiaRect, Shader, SpreadMode, Stroke, Transform,
};

use super::{clipped, grid_lines, heat_stops, left_end};
use crate::sheet::{Item, Palette, Point, Rect, Sheet, font};

/// Most pixels of an image: 1200 dots per inch on A4.
const MOST_PIXELS: u64 = 150_000_000;

/// Why a sheet could not be painted as an image.
#[derive(Debug, Error)]
pub enum PngError {
    /// No pixels, or more than memory should be spent on.
    #[error("{width} x {height} mm at {dots_per_mm} dots per mm is no sensible image size")]
    Size {
        /// Width of the sheet in mm.
        width: f32,
        /// Height of the sheet in mm.
        height: f32,
        /// The resolution asked for.
        dots_per_mm: f32,
    },
    /// The encoder refused.
    #[error("cannot encode the image: {0}")]
    Encode(#[from] ::png::EncodingError),
}

/// Pixels, row by row from the top: red, green, blue, alpha (not premultiplied).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RgbaImage {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `4 * width * height` bytes.
    pub pixels: Vec<u8>,
}

/// Paints a sheet as a PNG file that prints at true size.
pub fn png(sheet: &Sheet, dots_per_mm: f32, palette: &Palette) -> Result<Vec<u8>, PngError> {
    let image = rgba(sheet, dots_per_mm, palette)?;
    let mut file = Vec::new();
    let mut encoder = ::png::Encoder::new(&mut file, image.width, image.height);
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    let per_metre = (dots_per_mm * 1000.0).round() as u32;
    encoder.set_pixel_dims(Some(::png::PixelDimensions {
        xppu: per_metre,
        yppu: per_metre,
        unit: ::png::Unit::Meter,
    }));
    let mut writer = encoder.write_header()?;
    // The paper is opaque, so alpha says nothing.
    let rgb: Vec<u8> = image
        .pixels
        .chunks_exact(4)
        .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
        .collect();
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(file)
}

/// Paints a sheet into memory.
pub fn rgba(sheet: &Sheet, dots_per_mm: f32, palette: &Palette) -> Result<RgbaImage, PngError> {
    let no_image = || PngError::Size {
        width: sheet.width,
        height: sheet.height,
        dots_per_mm,
    };
    let pixels = |length: f32| (length * dots_per_mm).round() as u32;
    let (width, height) = (pixels(sheet.width), pixels(sheet.height));
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        return Err(no_image());
    }
    let mut pixmap = Pixmap::new(width, height).ok_or_else(no_image)?;
    pixmap.fill(color(palette.color(crate::sheet::Ink::Paper)));
    let scale = Transform::from_scale(dots_per_mm, dots_per_mm);
    for item in &sheet.items {
        paint(item, palette, scale, &mut pixmap.as_mut());
    }
    Ok(RgbaImage {
        width,
        height,
        pixels: pixmap.take_demultiplied(),
    })
}

fn paint(item: &Item, palette: &Palette, scale: Transform, pixmap: &mut PixmapMut<'_>) {
    match item {
        Item::Fill { rect, ink } => {
            if let Some(rect) = skia_rect(*rect) {
                pixmap.fill_rect(rect, &solid(palette.color(*ink)), scale, None);
            }
        }
        Item::Grid {
            rect,
            step,
            width,
            ink,
        } => {
            let mut path = PathBuilder::new();
            for (from, to) in grid_lines(*rect, *step) {
                path.move_to(from.x, from.y);
                path.line_to(to.x, to.y);
            }
            // Square caps close the corners.
            stroke(
                path,
                *width,
                LineCap::Square,
                palette.color(*ink),
                scale,
                pixmap,
            );
        }
        Item::Line {
            points,
            width,
            ink,
            clip,
        } => {
            for part in clipped(points, *clip) {
                let mut path = PathBuilder::new();
                add_line(&part, &mut path);
                stroke(
                    path,
                    *width,
                    LineCap::Butt,
                    palette.color(*ink),
                    scale,
                    pixmap,
                );
            }
        }
        Item::Heat {
            rect,
            columns,
            opacity,
        } => heat(*rect, columns, *opacity, palette, scale, pixmap),
        Item::Text {
            at,
            align,
            size,
            weight,
            ink,
            text,
        } => {
            let em = font::units_per_em(*weight);
            let glyphs = font::glyphs(text, *weight);
            let width: f32 = glyphs.iter().map(|glyph| glyph.advance).sum::<f32>() * size;
            let mut x = left_end(*align, at.x, width);
            let mut pen = Outline {
                path: PathBuilder::new(),
                x,
                y: at.y,
                scale: size / em,
            };
            for glyph in &glyphs {
                pen.x = x;
                font::outline(glyph.id, *weight, &mut pen);
                x += glyph.advance * size;
            }
            if let Some(path) = pen.path.finish() {
                let paint = solid(palette.color(*ink));
                pixmap.fill_path(&path, &paint, FillRule::Winding, scale, None);
            }
        }
    }
}

fn add_line(points: &[Point], path: &mut PathBuilder) {
    for (index, point) in points.iter().enumerate() {
        if index == 0 {
            path.move_to(point.x, point.y);
        } else {
            path.line_to(point.x, point.y);
        }
    }
}

fn stroke(
    path: PathBuilder,
    width: f32,
    line_cap: LineCap,
    rgba: [u8; 4],
    scale: Transform,
    pixmap: &mut PixmapMut<'_>,
) {
    if let Some(path) = path.finish() {
        let stroke = Stroke {
            width,
            line_cap,
            line_join: LineJoin::Round,
            ..Stroke::default()
        };
        pixmap.stroke_path(&path, &solid(rgba), &stroke, scale, None);
    }
}

fn heat(
    rect: Rect,
    columns: &[f32],
    opacity: f32,
    palette: &Palette,
    scale: Transform,
    pixmap: &mut PixmapMut<'_>,
) {
    let Some(area) = skia_rect(rect) else {
        return;
    };
    let count = columns.len().max(1) as f32;
    let half = rect.width / count / 2.0;
    let stops = heat_stops(columns, opacity, palette).into_iter();
    let stops = stops.map(|(offset, rgba)| GradientStop::new(offset, color(rgba)));
    let gradient = LinearGradient::new(
        SkiaPoint::from_xy(rect.x + half, rect.y),
        SkiaPoint::from_xy(rect.right() - half, rect.y),
        stops.collect(),
        SpreadMode::Pad,
        Transform::identity(),
    );
    let shader = match (gradient, columns) {
        (Some(gradient), [_, _, ..]) => gradient,
        (_, [only, ..]) => Shader::SolidColor(color(palette.heat(*only, opacity))),
        _ => return,
    };
    let paint = Paint {
        shader,
        anti_alias: true,
        ..Paint::default()
    };
    pixmap.fill_rect(area, &paint, scale, None);
}

fn skia_rect(rect: Rect) -> Option<SkiaRect> {
    SkiaRect::from_xywh(rect.x, rect.y, rect.width, rect.height)
}

fn color([red, green, blue, alpha]: [u8; 4]) -> Color {
    Color::from_rgba8(red, green, blue, alpha)
}

fn solid(rgba: [u8; 4]) -> Paint<'static> {
    Paint {
        shader: Shader::SolidColor(color(rgba)),
        anti_alias: true,
        ..Paint::default()
    }
}

/// Collects glyph outlines as one path on the page.
struct Outline {
    path: PathBuilder,
    x: f32,
    y: f32,
    /// Millimetres of a font unit.
    scale: f32,
}

impl Outline {
    fn at(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlinePen for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.at(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, cx0: f32, cy0: f32, x: f32, y: f32) {
        let ((cx0, cy0), (x, y)) = (self.at(cx0, cy0), self.at(x, y));
        self.path.quad_to(cx0, cy0, x, y);
    }

    fn curve_to(&mut self, cx0: f32, cy0: f32, cx1: f32, cy1: f32, x: f32, y: f32) {
        let ((cx0, cy0), (cx1, cy1), (x, y)) =
            (self.at(cx0, cy0), self.at(cx1, cy1), self.at(x, y));
        self.path.cubic_to(cx0, cy0, cx1, cy1, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
