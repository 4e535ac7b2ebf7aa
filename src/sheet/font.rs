//! The one typeface (Inter with tabular figures, SIL Open Font Licence), shipped inside the program so
//! that every painter measures and draws the same glyphs.

use std::ops::Range;
use std::sync::LazyLock;

use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::outline::OutlinePen;
use skrifa::raw::TableProvider;
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::Weight;

/// Bytes of the OpenType file of a weight.
pub fn bytes(weight: Weight) -> &'static [u8] {
    match weight {
        Weight::Regular => {
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/assets/fonts/InterTabular-Regular.otf"
            ))
        }
        Weight::SemiBold => {
            include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/assets/fonts/InterTabular-SemiBold.otf"
            ))
        }
    }
}

#[allow(
    clippy::expect_used,
    reason = "part of the program, not input; every test that draws text reads it"
)]
fn load(weight: Weight) -> FontRef<'static> {
    FontRef::new(bytes(weight)).expect("the embedded font is a font")
}

static REGULAR: LazyLock<FontRef<'static>> = LazyLock::new(|| load(Weight::Regular));
static SEMI_BOLD: LazyLock<FontRef<'static>> = LazyLock::new(|| load(Weight::SemiBold));

fn font(weight: Weight) -> &'static FontRef<'static> {
    match weight {
        Weight::Regular => &REGULAR,
        Weight::SemiBold => &SEMI_BOLD,
    }
}

/// Font units in an em.
pub(super) fn units_per_em(weight: Weight) -> f32 {
    f32::from(font(weight).head().map_or(1000, |head| head.units_per_em()))
}

/// One glyph of a line of text.
pub(super) struct Glyph {
    /// Index in the font.
    pub id: u32,
    /// Distance to the next glyph, in em.
    pub advance: f32,
    /// The bytes of the text it stands for.
    pub range: Range<usize>,
}

/// The glyphs of a line: one a character, unkerned, so that all painters agree to the micrometre.
pub(super) fn glyphs(text: &str, weight: Weight) -> Vec<Glyph> {
    let font = font(weight);
    let charmap = font.charmap();
    // At a size in pixels the metrics would be rounded to 1/64.
    let metrics = GlyphMetrics::new(font, Size::unscaled(), LocationRef::default());
    let em = units_per_em(weight);
    text.char_indices()
        .map(|(start, character)| {
            let id = charmap.map(character).unwrap_or(GlyphId::NOTDEF);
            Glyph {
                id: id.to_u32(),
                advance: metrics.advance_width(id).unwrap_or_default() / em,
                range: start..start + character.len_utf8(),
            }
        })
        .collect()
}

/// Width of a line of text in the unit of `size` (the em).
pub fn text_width(text: &str, weight: Weight, size: f32) -> f32 {
    glyphs(text, weight)
        .iter()
        .map(|glyph| glyph.advance)
        .sum::<f32>()
        * size
}

/// The text, cut with an ellipsis where it would be wider than `width`.
pub(super) fn fitted(text: &str, weight: Weight, size: f32, width: f32) -> String {
    let text: String = text
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    if text_width(&text, weight, size) <= width {
        return text;
    }
    let room = width - text_width("…", weight, size);
    let mut used = 0.0;
    let mut end = 0;
    for glyph in glyphs(&text, weight) {
        used += glyph.advance * size;
        if used > room {
            break;
        }
        end = glyph.range.end;
    }
    format!("{}…", text.get(..end).unwrap_or_default().trim_end())
}

/// Draws the outline of a glyph in font units, y upwards.
pub(super) fn outline(id: u32, weight: Weight, pen: &mut impl OutlinePen) {
    if let Some(glyph) = font(weight).outline_glyphs().get(GlyphId::new(id)) {
        // A glyph that cannot be drawn leaves its space; the embedded font has none.
        let _ = glyph.draw((Size::unscaled(), LocationRef::default()), pen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_tabular_in_both_weights() {
        for weight in [Weight::Regular, Weight::SemiBold] {
            let one = text_width("1", weight, 3.0);
            for digit in "023456789".chars() {
                let width = text_width(&digit.to_string(), weight, 3.0);
                assert!(
                    (width - one).abs() < 0.005,
                    "{digit} is {width} mm wide, 1 is {one} mm"
                );
            }
        }
    }

    #[test]
    fn a_long_text_is_cut_to_its_room_with_an_ellipsis() {
        let text = "Nonspecific intraventricular conduction disturbance";
        let cut = fitted(text, Weight::Regular, 3.0, 30.0);
        assert!(cut.ends_with('…') && text_width(&cut, Weight::Regular, 3.0) <= 30.0);
        assert_eq!(fitted("short", Weight::Regular, 3.0, 30.0), "short");
    }
}
