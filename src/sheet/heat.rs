//! Explanation heat behind the traces.

use super::{Item, Panel, Rect, SheetOptions};
use crate::ecg::Recording;

/// The heat of each panel, in columns of half a millimetre.
pub(super) fn lay(
    recording: &Recording,
    options: &SheetOptions,
    panels: &[Panel],
    items: &mut Vec<Item>,
) {
    const COLUMN_MM: f32 = 0.5;
    let Some(heat) = &options.heat else {
        return;
    };
    if !(heat.rate_hz.is_finite() && heat.rate_hz > 0.0 && heat.start_s.is_finite()) {
        return;
    }
    for panel in panels
        .iter()
        .filter(|panel| recording.lead(&panel.lead).is_some())
    {
        let Some((_, values)) = heat.leads.iter().find(|(name, _)| *name == panel.lead) else {
            continue;
        };
        let count = (panel.rect.width / COLUMN_MM).ceil().max(1.0) as usize;
        let width = panel.rect.width / count as f32;
        let columns: Vec<f32> = (0..count)
            .map(|column| {
                let time = panel.time_at(panel.rect.x + (column as f32 + 0.5) * width);
                value_at(values, (time - heat.start_s) * heat.rate_hz - 0.5)
            })
            .collect();
        if columns.iter().any(|&value| value > 0.0) {
            // A hair of paper between rows keeps the lanes apart.
            let rect = Rect {
                y: panel.rect.y + 0.5,
                height: panel.rect.height - 1.0,
                ..panel.rect
            };
            items.push(Item::Heat {
                rect,
                columns,
                opacity: heat.opacity.clamp(0.0, 1.0),
            });
        }
    }
}

/// The value at a fractional index, interpolated; zero outside.
fn value_at(values: &[f32], position: f64) -> f32 {
    if position < -0.5 || position > values.len() as f64 - 0.5 {
        return 0.0;
    }
    let low = position.floor().max(0.0) as usize;
    let share = (position - low as f64).clamp(0.0, 1.0) as f32;
    let Some(&before) = values.get(low) else {
        return 0.0;
    };
    let after = values.get(low + 1).copied().unwrap_or(before);
    let value = before + (after - before) * share;
    if value.is_finite() {
        value.clamp(0.0, 1.0)
    } else {
        0.0
    }
}
