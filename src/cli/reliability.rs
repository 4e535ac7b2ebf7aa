//! What a model's probabilities are worth, as a picture: a reliability diagram for each domain.

use std::path::Path;

use anyhow::{Context, bail};

use super::curves::{DOTS_PER_MM, draw};
use crate::sheet::{Align, Ink, Item, Palette, Point, Rect, Sheet, Weight, paint};
use crate::training::evaluation::Domain;

/// Side of one diagram and the room around it, in millimetres.
const SIDE: f32 = 60.0;
const MARGIN: f32 = 18.0;
const IN_A_ROW: usize = 3;
/// Bins with fewer predictions say nothing.
const LEAST_IN_BIN: usize = 10;
/// Lines of the grid in each direction.
const STEPS: usize = 5;

/// Writes the diagrams as PNG or SVG, as the file's name ends.
///
/// # Errors
/// When the name ends otherwise or the file cannot be written.
pub fn write(path: &Path, domains: &[Domain]) -> anyhow::Result<()> {
    let palette = Palette::default();
    let bytes = match kind(path)? {
        Kind::Svg => paint::svg(&sheet(domains), &palette).into_bytes(),
        Kind::Png => paint::png(&sheet(domains), DOTS_PER_MM, &palette)?,
    };
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}

/// What a picture can be written as.
#[derive(Debug, PartialEq)]
pub enum Kind {
    Png,
    Svg,
}

/// The kind that a file's name asks for.
///
/// # Errors
/// When that is none.
pub fn kind(path: &Path) -> anyhow::Result<Kind> {
    let end = path.extension().and_then(|end| end.to_str());
    match end.map(str::to_ascii_lowercase).as_deref() {
        Some("png") => Ok(Kind::Png),
        Some("svg") => Ok(Kind::Svg),
        _ => bail!("{}: neither .png nor .svg", path.display()),
    }
}

fn sheet(domains: &[Domain]) -> Sheet {
    let cell = SIDE + 2.0 * MARGIN;
    let columns = domains.len().clamp(1, IN_A_ROW);
    let (width, height) = (
        cell * columns as f32,
        cell * domains.len().div_ceil(IN_A_ROW).max(1) as f32,
    );
    let paper = Rect {
        x: 0.0,
        y: 0.0,
        width,
        height,
    };
    let mut items = vec![Item::Fill {
        rect: paper,
        ink: Ink::Paper,
    }];
    for (index, domain) in domains.iter().enumerate() {
        let place = Rect {
            x: cell * (index % IN_A_ROW) as f32 + MARGIN,
            y: cell * (index / IN_A_ROW) as f32 + MARGIN,
            width: SIDE,
            height: SIDE,
        };
        diagram(&mut items, place, domain);
    }
    Sheet {
        width,
        height,
        items,
        panels: Vec::new(),
    }
}

fn diagram(items: &mut Vec<Item>, rect: Rect, domain: &Domain) {
    let at = |probability: f64, fraction: f64| Point {
        x: rect.x + rect.width * probability as f32,
        y: rect.bottom() - rect.height * fraction as f32,
    };
    let line = |from: Point, to: Point, ink| Item::Line {
        points: vec![from, to],
        width: 0.15,
        ink,
        clip: None,
    };
    let text = |at: Point, align, weight, text: String| Item::Text {
        at,
        align,
        size: 2.8,
        weight,
        ink: Ink::Text,
        text,
    };
    let above = |rise: f32| Point {
        x: rect.x,
        y: rect.y - rise,
    };
    let below = Point {
        x: rect.x + rect.width / 2.0,
        y: rect.bottom() + 9.0,
    };
    items.push(text(
        above(7.0),
        Align::Left,
        Weight::SemiBold,
        title(domain),
    ));
    let axes = [
        (above(3.0), Align::Left, "how often it holds"),
        (below, Align::Center, "what it says"),
    ];
    for (at, align, name) in axes {
        items.push(text(at, align, Weight::Regular, name.to_owned()));
    }
    for step in 0..=STEPS {
        let value = step as f64 / STEPS as f64;
        items.push(line(at(0.0, value), at(1.0, value), Ink::GridMajor));
        items.push(line(at(value, 0.0), at(value, 1.0), Ink::GridMajor));
        let (mut left, mut under) = (at(0.0, value), at(value, 0.0));
        left.x -= 2.0;
        left.y += 1.0;
        under.y += 4.5;
        let label = format!("{value:.1}");
        items.push(text(left, Align::Right, Weight::Regular, label.clone()));
        items.push(text(under, Align::Center, Weight::Regular, label));
    }
    items.push(line(at(0.0, 0.0), at(1.0, 1.0), Ink::TextSecondary));
    let bins = domain.reliability.iter();
    let points: Vec<Point> = bins
        .filter(|(count, ..)| *count >= LEAST_IN_BIN)
        .map(|&(_, probability, fraction)| at(probability, fraction))
        .collect();
    draw(items, points, 1.4);
}

fn title(domain: &Domain) -> String {
    let error = domain.ece.map(|ece| format!(", ECE {ece:.3}"));
    let interval = domain
        .ece_ci95
        .map(|[low, high]| format!(" [{low:.3}, {high:.3}]"));
    format!(
        "{}: {} records{}{}",
        domain.name,
        domain.records,
        error.unwrap_or_default(),
        interval.unwrap_or_default()
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn domain(reliability: Vec<(usize, f64, f64)>) -> Domain {
        Domain {
            name: "clinic".to_owned(),
            records: 40,
            ece: Some(0.016),
            ece_ci95: Some([0.01, 0.03]),
            reliability,
            ..Domain::default()
        }
    }

    #[test]
    fn a_bin_stands_over_what_was_said_as_high_as_it_holds() {
        let sheet = sheet(&[domain(vec![(200, 0.1, 0.1), (9, 0.5, 1.0), (30, 0.9, 0.8)])]);
        let drawn = sheet.items.iter().find_map(|item| match item {
            Item::Line {
                points,
                ink: Ink::Machine,
                ..
            } => Some(points),
            _ => None,
        });
        let [low, high] = drawn.unwrap()[..] else {
            panic!("a bin of nine is drawn, or one of many is not");
        };
        // On the diagonal, then below it.
        assert!((low.x - MARGIN - (MARGIN + SIDE - low.y)).abs() < 1e-3);
        assert!(high.x - MARGIN > MARGIN + SIDE - high.y);
        assert!(sheet.items.iter().any(|item| matches!(item,
            Item::Text { text, .. } if text == "clinic: 40 records, ECE 0.016 [0.010, 0.030]")));
    }

    #[test]
    fn a_picture_is_what_its_name_says() {
        assert_eq!(kind(Path::new("a.SVG")).unwrap(), Kind::Svg);
        assert_eq!(kind(Path::new("a.png")).unwrap(), Kind::Png);
        assert!(kind(Path::new("a.pdf")).is_err());
    }
}
