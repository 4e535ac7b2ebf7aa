//! Vector PDF with embedded fonts and selectable text.

use jiff::civil::DateTime;
use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point as PdfPoint, Transform};
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, LineCap, LineJoin, LinearGradient, SpreadMethod, Stop, Stroke};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use thiserror::Error;

use super::{clipped, grid_lines, heat_stops, left_end};
use crate::sheet::{Item, Palette, Rect, Sheet, Weight, font};

/// Points (1/72 inch) in a millimetre.
const POINTS_PER_MM: f32 = 72.0 / 25.4;

/// What the file says about itself. Nothing is added: equal sheets make equal files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Title for the window and the archive; beware of names in anonymous prints.
    pub title: String,
    /// When it was made, if that should be told.
    pub created: Option<DateTime>,
}

/// Why sheets could not be written as a PDF.
#[derive(Debug, Error)]
pub enum PdfError {
    /// A page without extent.
    #[error("a page of {0} x {1} mm cannot be printed")]
    Page(f32, f32),
    /// The embedded font was refused.
    #[error("the embedded font cannot be used")]
    Font,
    /// The writer refused.
    #[error("cannot write the PDF: {0}")]
    Write(String),
}

/// Paints sheets as the pages of one PDF: vectors only, fonts embedded, text selectable.
pub fn pdf(sheets: &[Sheet], palette: &Palette, metadata: &Metadata) -> Result<Vec<u8>, PdfError> {
    let fonts = Fonts::load()?;
    let mut document = krilla::Document::new();
    for sheet in sheets {
        let (width, height) = (sheet.width * POINTS_PER_MM, sheet.height * POINTS_PER_MM);
        let settings = PageSettings::from_wh(width, height)
            .ok_or(PdfError::Page(sheet.width, sheet.height))?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        // From here on everything is in millimetres.
        surface.push_transform(&Transform::from_scale(POINTS_PER_MM, POINTS_PER_MM));
        for item in &sheet.items {
            paint(item, palette, &fonts, &mut surface);
        }
        surface.pop();
        surface.finish();
        page.finish();
    }
    document.set_metadata(described(metadata));
    document
        .finish()
        .map_err(|error| PdfError::Write(format!("{error:?}")))
}

fn described(metadata: &Metadata) -> krilla::metadata::Metadata {
    let program = format!("HeartBeatAI {}", env!("CARGO_PKG_VERSION"));
    let described = krilla::metadata::Metadata::new()
        .title(metadata.title.clone())
        .creator(program)
        .language("en".into());
    let Some(created) = metadata.created else {
        return described;
    };
    let small = |value: i8| u8::try_from(value).unwrap_or_default();
    described.creation_date(
        krilla::metadata::DateTime::new(u16::try_from(created.year()).unwrap_or_default())
            .month(small(created.month()))
            .day(small(created.day()))
            .hour(small(created.hour()))
            .minute(small(created.minute()))
            .second(small(created.second())),
    )
}

struct Fonts {
    regular: Font,
    semi_bold: Font,
}

impl Fonts {
    fn load() -> Result<Self, PdfError> {
        let load = |weight| Font::new(font::bytes(weight).to_vec().into(), 0).ok_or(PdfError::Font);
        Ok(Self {
            regular: load(Weight::Regular)?,
            semi_bold: load(Weight::SemiBold)?,
        })
    }

    fn of(&self, weight: Weight) -> Font {
        match weight {
            Weight::Regular => self.regular.clone(),
            Weight::SemiBold => self.semi_bold.clone(),
        }
    }
}

fn paint(item: &Item, palette: &Palette, fonts: &Fonts, surface: &mut Surface<'_>) {
    match item {
        Item::Fill { rect, ink } => {
            surface.set_stroke(None);
            surface.set_fill(Some(fill(palette.color(*ink))));
            draw(rect_path(*rect), surface);
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
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*width, LineCap::Square, palette.color(*ink))));
            draw(path.finish(), surface);
        }
        Item::Line {
            points,
            width,
            ink,
            clip,
        } => {
            let mut path = PathBuilder::new();
            for part in clipped(points, *clip) {
                for (index, point) in part.iter().enumerate() {
                    if index == 0 {
                        path.move_to(point.x, point.y);
                    } else {
                        path.line_to(point.x, point.y);
                    }
                }
            }
            surface.set_fill(None);
            surface.set_stroke(Some(stroke(*width, LineCap::Butt, palette.color(*ink))));
            draw(path.finish(), surface);
        }
        Item::Heat {
            rect,
            columns,
            opacity,
        } => {
            surface.set_stroke(None);
            surface.set_fill(heat(*rect, columns, *opacity, palette));
            draw(rect_path(*rect), surface);
        }
        Item::Text {
            at,
            align,
            size,
            weight,
            ink,
            text,
        } => {
            let glyphs: Vec<KrillaGlyph> = font::glyphs(text, *weight)
                .into_iter()
                .map(|glyph| {
                    let id = GlyphId::new(glyph.id);
                    KrillaGlyph::new(id, glyph.advance, 0.0, 0.0, 0.0, glyph.range, None)
                })
                .collect();
            let width = glyphs.iter().map(|glyph| glyph.x_advance).sum::<f32>() * size;
            let start = PdfPoint::from_xy(left_end(*align, at.x, width), at.y);
            surface.set_stroke(None);
            surface.set_fill(Some(fill(palette.color(*ink))));
            surface.draw_glyphs(start, &glyphs, fonts.of(*weight), text, *size, false);
        }
    }
}

fn draw(path: Option<Path>, surface: &mut Surface<'_>) {
    if let Some(path) = path {
        surface.draw_path(&path);
    }
}

fn rect_path(rect: Rect) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(krilla::geom::Rect::from_xywh(
        rect.x,
        rect.y,
        rect.width,
        rect.height,
    )?);
    path.finish()
}

fn color([red, green, blue, alpha]: [u8; 4]) -> (rgb::Color, NormalizedF32) {
    let opacity = NormalizedF32::new(f32::from(alpha) / 255.0).unwrap_or(NormalizedF32::ONE);
    (rgb::Color::new(red, green, blue), opacity)
}

fn fill(rgba: [u8; 4]) -> Fill {
    let (color, opacity) = color(rgba);
    Fill {
        paint: color.into(),
        opacity,
        rule: Default::default(),
    }
}

fn stroke(width: f32, line_cap: LineCap, rgba: [u8; 4]) -> Stroke {
    let (color, opacity) = color(rgba);
    Stroke {
        paint: color.into(),
        width,
        line_cap,
        line_join: LineJoin::Round,
        opacity,
        ..Stroke::default()
    }
}

/// A gradient from column centre to column centre.
fn heat(rect: Rect, columns: &[f32], opacity: f32, palette: &Palette) -> Option<Fill> {
    let (first, last) = (*columns.first()?, columns.len() - 1);
    if last == 0 {
        return Some(fill(palette.heat(first, opacity)));
    }
    let half = rect.width / columns.len() as f32 / 2.0;
    let stop = |(offset, rgba): (f32, [u8; 4])| {
        let (color, opacity) = color(rgba);
        let offset = NormalizedF32::new(offset).unwrap_or(NormalizedF32::ONE);
        Stop {
            offset,
            color: color.into(),
            opacity,
        }
    };
    let gradient = LinearGradient {
        x1: rect.x + half,
        y1: rect.y,
        x2: rect.right() - half,
        y2: rect.y,
        transform: Transform::identity(),
        spread_method: SpreadMethod::Pad,
        stops: heat_stops(columns, opacity, palette)
            .into_iter()
            .map(stop)
            .collect(),
        anti_alias: false,
    };
    Some(Fill {
        paint: gradient.into(),
        opacity: NormalizedF32::ONE,
        rule: Default::default(),
    })
}
