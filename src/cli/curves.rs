//! How a training run goes, as a picture: loss and validation AUROC by epoch.

use std::path::Path;

use crate::sheet::{Align, Ink, Item, Palette, Point, Rect, Sheet, Weight, paint};
use crate::training::Epoch;

/// Size of one chart, in millimetres, and the room around it.
const CHART: (f32, f32) = (110.0, 60.0);
const MARGIN: (f32, f32) = (20.0, 16.0);
/// Lines of a chart's grid in each direction.
const STEPS: usize = 4;
/// Resolution of the pictures.
pub const DOTS_PER_MM: f32 = 6.0;

/// Writes `curves.svg` and `curves.png` into `dir`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(dir: &Path, name: &str, epochs: &[Epoch]) -> anyhow::Result<()> {
    let sheet = sheet(name, epochs);
    let palette = Palette::default();
    std::fs::write(dir.join("curves.svg"), paint::svg(&sheet, &palette))?;
    let png = paint::png(&sheet, DOTS_PER_MM, &palette)?;
    std::fs::write(dir.join("curves.png"), png)?;
    Ok(())
}

fn sheet(name: &str, epochs: &[Epoch]) -> Sheet {
    let (width, height) = (CHART.0 + 2.0 * MARGIN.0, 2.0 * (CHART.1 + 2.0 * MARGIN.1));
    let mut items = vec![Item::Fill {
        rect: Rect {
            x: 0.0,
            y: 0.0,
            width,
            height,
        },
        ink: Ink::Paper,
    }];
    let place = |row: f32| Rect {
        x: MARGIN.0,
        y: MARGIN.1 + row * (CHART.1 + 2.0 * MARGIN.1),
        width: CHART.0,
        height: CHART.1,
    };
    let series = |figure: fn(&Epoch) -> Option<f64>| -> Vec<(f64, f64)> {
        epochs
            .iter()
            .filter_map(|epoch| Some((epoch.epoch as f64, figure(epoch)?)))
            .filter(|(_, value)| value.is_finite())
            .collect()
    };
    let last = epochs.last().map_or(1, |epoch| epoch.epoch).max(2);
    let charts = [
        ("training loss", series(|epoch| Some(epoch.loss))),
        (
            "validation, mean AUROC",
            series(|epoch| epoch.validation_macro_auroc),
        ),
    ];
    for (row, (title, values)) in charts.into_iter().enumerate() {
        let title = format!("{name}: {title}");
        chart(&mut items, place(row as f32), &title, &values, last);
    }
    Sheet {
        width,
        height,
        items,
        panels: Vec::new(),
    }
}

fn chart(items: &mut Vec<Item>, rect: Rect, title: &str, values: &[(f64, f64)], last: usize) {
    let mut text = |x: f32, y: f32, align, weight, text: String| {
        items.push(Item::Text {
            at: Point { x, y },
            align,
            size: 3.2,
            weight,
            ink: Ink::Text,
            text,
        });
    };
    text(
        rect.x,
        rect.y - 3.0,
        Align::Left,
        Weight::SemiBold,
        title.to_owned(),
    );
    text(
        rect.x + rect.width / 2.0,
        rect.bottom() + 9.0,
        Align::Center,
        Weight::Regular,
        "epoch".to_owned(),
    );
    let (low, high) = values
        .iter()
        .fold((f64::MAX, f64::MIN), |(low, high), &(_, value)| {
            (low.min(value), high.max(value))
        });
    if low > high {
        text(
            rect.x + 3.0,
            rect.y + 6.0,
            Align::Left,
            Weight::Regular,
            "nothing to show".to_owned(),
        );
        return;
    }
    let room = ((high - low) * 0.08).max(1e-3);
    let (low, high) = (low - room, high + room);
    let x_at = |epoch: f64| {
        let share = (epoch - 1.0) / (last - 1) as f64;
        rect.x + rect.width * share as f32
    };
    let y_at = |value: f64| rect.bottom() - rect.height * ((value - low) / (high - low)) as f32;
    for step in 0..=STEPS {
        let share = step as f64 / STEPS as f64;
        let value = low + (high - low) * share;
        text(
            rect.x - 2.0,
            y_at(value) + 1.1,
            Align::Right,
            Weight::Regular,
            format!("{value:.3}"),
        );
        let epoch = (1.0 + (last - 1) as f64 * share).round();
        text(
            x_at(epoch),
            rect.bottom() + 4.5,
            Align::Center,
            Weight::Regular,
            format!("{epoch:.0}"),
        );
    }
    for step in 0..=STEPS {
        let y = rect.y + rect.height * step as f32 / STEPS as f32;
        items.push(Item::Line {
            points: vec![Point { x: rect.x, y }, Point { x: rect.right(), y }],
            width: 0.15,
            ink: Ink::GridMajor,
            clip: None,
        });
    }
    let points: Vec<Point> = values
        .iter()
        .map(|&(epoch, value)| Point {
            x: x_at(epoch),
            y: y_at(value),
        })
        .collect();
    draw(items, points, 1.2);
}

/// A curve, with a square of that side, in millimetres, at each of its points.
pub fn draw(items: &mut Vec<Item>, points: Vec<Point>, side: f32) {
    items.extend(points.iter().map(|&Point { x, y }| Item::Fill {
        rect: Rect {
            x: x - side / 2.0,
            y: y - side / 2.0,
            width: side,
            height: side,
        },
        ink: Ink::Machine,
    }));
    items.push(Item::Line {
        points,
        width: 0.4,
        ink: Ink::Machine,
        clip: None,
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;

    fn epoch(epoch: usize, loss: f64, auroc: Option<f64>) -> Epoch {
        Epoch {
            epoch,
            loss,
            learning_rate: 1e-3,
            gradient_norm: 1.0,
            validation_macro_auroc: auroc,
            seconds: 1.0,
        }
    }

    fn curves(sheet: &Sheet) -> Vec<&Vec<Point>> {
        let machine = sheet.items.iter().filter_map(|item| match item {
            Item::Line {
                points,
                ink: Ink::Machine,
                ..
            } => Some(points),
            _ => None,
        });
        machine.collect()
    }

    #[test]
    fn a_falling_loss_falls_on_the_page_and_what_is_unknown_is_not_drawn() {
        let epochs = [
            epoch(1, 0.9, None),
            epoch(2, 0.5, Some(0.8)),
            epoch(3, 0.4, None),
        ];
        let sheet = sheet("split", &epochs);
        let curves = curves(&sheet);
        assert_eq!(curves.len(), 2);
        assert!(
            curves[0]
                .windows(2)
                .all(|pair| pair[1].y > pair[0].y && pair[1].x > pair[0].x)
        );
        assert_eq!(curves[1].len(), 1);
    }

    #[test]
    fn a_run_that_never_was_judged_says_so() {
        let sheet = sheet("final", &[epoch(1, 0.9, None)]);
        assert!(
            sheet
                .items
                .iter()
                .any(|item| matches!(item, Item::Text { text, .. } if text == "nothing to show"))
        );
    }
}
