//! SVG in millimetres with real text and its own font.

use std::fmt::Write;

use super::{clipped, grid_lines, heat_stops};
use crate::sheet::{Align, Item, Palette, Rect, Sheet, Weight, font};

/// Paints a sheet as one self-contained SVG document: sizes in mm, user units in mm, text as text.
pub fn svg(sheet: &Sheet, palette: &Palette) -> String {
    let Sheet { width, height, .. } = sheet;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {width} {height}\">\n<style>\n"
    );
    for (weight, number) in [(Weight::Regular, 400), (Weight::SemiBold, 600)] {
        let data = base64_simd::STANDARD.encode_to_string(font::bytes(weight));
        add(
            &mut out,
            format_args!(
                "@font-face{{font-family:\"Inter Tabular\";font-weight:{number};\
                 src:url(data:font/otf;base64,{data}) format(\"opentype\")}}\n"
            ),
        );
    }
    // Kerning and contextual forms off: the page was measured without them.
    out.push_str(
        "text{font-family:\"Inter Tabular\",Inter,Helvetica,Arial,sans-serif;font-kerning:none;\
         font-variant-ligatures:none;font-feature-settings:\"calt\" 0;white-space:pre}\n\
         path{fill:none;stroke-linejoin:round}\n</style>\n",
    );
    for (index, item) in sheet.items.iter().enumerate() {
        paint(item, index, palette, &mut out);
    }
    out.push_str("</svg>\n");
    out
}

/// Writing to a string cannot fail.
fn add(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn paint(item: &Item, index: usize, palette: &Palette, out: &mut String) {
    match item {
        Item::Fill { rect, ink } => {
            fill(*rect, &paint_attributes("fill", palette.color(*ink)), out);
        }
        Item::Grid {
            rect,
            step,
            width,
            ink,
        } => {
            let mut data = String::new();
            for (from, to) in grid_lines(*rect, *step) {
                let (x, y) = (number(from.x), number(from.y));
                if from.x == to.x {
                    add(&mut data, format_args!("M{x} {y}V{}", number(to.y)));
                } else {
                    add(&mut data, format_args!("M{x} {y}H{}", number(to.x)));
                }
            }
            path(&data, *width, "square", palette.color(*ink), out);
        }
        Item::Line {
            points,
            width,
            ink,
            clip,
        } => {
            let mut data = String::new();
            for part in clipped(points, *clip) {
                for (index, point) in part.iter().enumerate() {
                    let command = if index == 0 { 'M' } else { 'L' };
                    add(
                        &mut data,
                        format_args!("{command}{} {}", number(point.x), number(point.y)),
                    );
                }
            }
            if !data.is_empty() {
                path(&data, *width, "butt", palette.color(*ink), out);
            }
        }
        Item::Heat {
            rect,
            columns,
            opacity,
        } => {
            let half = rect.width / columns.len().max(1) as f32 / 2.0;
            add(
                out,
                format_args!(
                    "<linearGradient id=\"heat{index}\" gradientUnits=\"userSpaceOnUse\" x1=\"{}\" \
                     x2=\"{}\" y1=\"0\" y2=\"0\">",
                    number(rect.x + half),
                    number(rect.right() - half)
                ),
            );
            for (offset, [red, green, blue, alpha]) in heat_stops(columns, *opacity, palette) {
                add(
                    out,
                    format_args!(
                        "<stop offset=\"{}\" stop-color=\"#{red:02x}{green:02x}{blue:02x}\" \
                         stop-opacity=\"{}\"/>",
                        number(offset),
                        number(f32::from(alpha) / 255.0)
                    ),
                );
            }
            out.push_str("</linearGradient>\n");
            fill(*rect, &format!("fill=\"url(#heat{index})\""), out);
        }
        Item::Text {
            at,
            align,
            size,
            weight,
            ink,
            text,
        } => {
            let anchor = match align {
                Align::Left => "start",
                Align::Center => "middle",
                Align::Right => "end",
            };
            let weight_number = match weight {
                Weight::Regular => 400,
                Weight::SemiBold => 600,
            };
            add(
                out,
                format_args!(
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"{anchor}\" font-size=\"{}\" \
                     font-weight=\"{weight_number}\" textLength=\"{}\" \
                     lengthAdjust=\"spacingAndGlyphs\" {}>{}</text>\n",
                    number(at.x),
                    number(at.y),
                    number(*size),
                    number(font::text_width(text, *weight, *size)),
                    paint_attributes("fill", palette.color(*ink)),
                    escaped(text)
                ),
            );
        }
    }
}

fn fill(rect: Rect, paint: &str, out: &mut String) {
    let [x, y, width, height] = [rect.x, rect.y, rect.width, rect.height].map(number);
    add(
        out,
        format_args!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" {paint}/>\n"),
    );
}

fn path(data: &str, width: f32, cap: &str, rgba: [u8; 4], out: &mut String) {
    let stroke = paint_attributes("stroke", rgba);
    add(
        out,
        format_args!(
            "<path d=\"{data}\" stroke-width=\"{}\" stroke-linecap=\"{cap}\" {stroke}/>\n",
            number(width)
        ),
    );
}

fn paint_attributes(what: &str, [red, green, blue, alpha]: [u8; 4]) -> String {
    let color = format!("{what}=\"#{red:02x}{green:02x}{blue:02x}\"");
    if alpha == 255 {
        color
    } else {
        format!(
            "{color} {what}-opacity=\"{}\"",
            number(f32::from(alpha) / 255.0)
        )
    }
}

/// A number to a micrometre, without trailing zeros.
fn number(value: f32) -> String {
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" {
        "0".to_owned()
    } else {
        text.to_owned()
    }
}

/// Text as XML: markup escaped, characters that XML forbids left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(character),
        }
    }
    out
}
