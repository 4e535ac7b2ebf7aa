//! Which lead stands where: rows, columns and the times they show.

use super::{Layout, LeadOrder, Page, SheetOptions};
use crate::ecg::{LeadName, Recording, STANDARD_12};

/// Seconds of a standard page: 250 mm at 25 mm/s.
const SPAN_S: f64 = 10.0;
/// Millimetres of tracing that every printed page has room for, beside the calibration pulse.
pub(super) const TRACING_MM: f32 = 250.0;
/// Height that the rows of a page may take.
const ROWS_MM: f32 = 150.0;
/// Least height of a row on the screen, where the page grows with its rows.
const LEAST_ROW_MM: f32 = 12.0;
/// Rows of strips that one page holds, so that a montage of many channels stays legible.
const MOST_STRIPS: usize = 18;
/// Below so many standard leads (Holter, event recorder, vectorcardiogram) leads are printed as strips.
const LEAST_STANDARD_LEADS: usize = 4;

/// A stretch of one lead in a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    pub lead: LeadName,
    /// Drawn upside down and named so: Cabrera's -aVR.
    pub inverted: bool,
    /// Seconds from the left edge of the tracing.
    pub at_s: f64,
    /// Time of the recording at its left edge.
    pub start_s: f64,
    pub seconds: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub cells: Vec<Cell>,
    pub rhythm: bool,
}

/// The leads of a page and the times they show.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Arrangement {
    pub rows: Vec<Row>,
    /// Seconds from the left edge of the tracing to its right edge.
    pub span_s: f64,
    /// First second that the page does not show.
    pub end_s: f64,
    /// Whether time runs on from column to column, as the rhythm strip beneath suggests.
    pub continuous: bool,
    /// Leads of the recording that the layout has no place for.
    pub left_out: Vec<LeadName>,
    /// Columns of the rows above the rhythm strips.
    pub columns: usize,
    /// Millimetres of paper above the first row: V4, often the tallest lead, stands there in 3x4.
    pub air: f32,
}

/// Arranges the recording from `start_s` on.
pub(super) fn arrange(recording: &Recording, options: &SheetOptions, start_s: f64) -> Arrangement {
    let remaining_s = (recording.duration_s() - start_s).max(0.0);
    let span_s = span_s(options, remaining_s);
    let standard = STANDARD_12
        .iter()
        .filter(|name| recording.lead(name).is_some())
        .count();
    if standard < LEAST_STANDARD_LEADS && !recording.leads.is_empty() {
        strips(recording, start_s, span_s, remaining_s)
    } else {
        twelve_leads(recording, options, start_s, span_s, remaining_s)
    }
}

/// Ten seconds, less where the paper is too short, more where there is paper and signal left.
fn span_s(options: &SheetOptions, remaining_s: f64) -> f64 {
    if options.page == Page::Screen {
        return SPAN_S;
    }
    let fits_s = f64::from(TRACING_MM / options.speed);
    let wanted_s = if remaining_s < SPAN_S + 1.0 {
        SPAN_S
    } else {
        remaining_s.ceil()
    };
    wanted_s.min(fits_s)
}

fn twelve_leads(
    recording: &Recording,
    options: &SheetOptions,
    start_s: f64,
    span_s: f64,
    remaining_s: f64,
) -> Arrangement {
    let order = ordered(options.order);
    let (columns, strips): (usize, &[LeadName]) = match options.layout {
        Layout::ThreeByFour => (4, &[]),
        Layout::ThreeByFourOne => (4, &[LeadName::II]),
        Layout::ThreeByFourThree => (4, &[LeadName::V1, LeadName::II, LeadName::V5]),
        Layout::SixByTwo => (2, &[]),
        Layout::TwelveByOne => (1, &[]),
    };
    let column_s = span_s / columns as f64;
    // Time runs on across the columns unless the last would stay all but empty: then the columns
    // overlap in time rather than lose leads, and the page says so.
    let last_s = (columns - 1) as f64 * column_s;
    let continuous = columns == 1 || remaining_s - last_s >= 0.4 * column_s;
    let latest_s = if continuous {
        last_s
    } else {
        (remaining_s - column_s).max(0.0)
    };
    let per_column = order.len() / columns;
    let mut rows: Vec<Row> = (0..per_column)
        .map(|row| {
            let column = order.iter().skip(row).step_by(per_column).enumerate();
            let cells = column.map(|(index, (lead, inverted))| {
                let at_s = index as f64 * column_s;
                Cell {
                    lead: lead.clone(),
                    inverted: *inverted,
                    at_s,
                    start_s: start_s + at_s.min(latest_s),
                    seconds: column_s,
                }
            });
            Row {
                cells: cells.collect(),
                rhythm: false,
            }
        })
        .collect();
    let full_row = |lead: LeadName, rhythm: bool| Row {
        cells: vec![Cell {
            lead,
            inverted: false,
            at_s: 0.0,
            start_s,
            seconds: span_s,
        }],
        rhythm,
    };
    let present = |lead: &LeadName| recording.lead(lead).is_some();
    if let [only] = strips {
        let stands_in = [LeadName::V1, LeadName::V5, LeadName::I]
            .into_iter()
            .find(|lead| present(lead));
        let lead = if present(only) { None } else { stands_in };
        rows.push(full_row(lead.unwrap_or_else(|| only.clone()), true));
    } else {
        rows.extend(strips.iter().map(|lead| full_row(lead.clone(), true)));
    }
    let mut left_out = Vec::new();
    for lead in recording
        .leads
        .iter()
        .filter(|lead| lead.name.standard_index().is_none())
    {
        if options.layout == Layout::TwelveByOne && rows.len() < MOST_STRIPS {
            rows.push(full_row(lead.name.clone(), false));
        } else {
            left_out.push(lead.name.clone());
        }
    }
    Arrangement {
        rows,
        span_s,
        end_s: start_s + span_s,
        continuous,
        left_out,
        columns,
        air: if columns == 4 { 10.0 } else { 5.0 },
    }
}

/// Every lead over the full width; with few leads, the next seconds follow beneath.
fn strips(recording: &Recording, start_s: f64, span_s: f64, remaining_s: f64) -> Arrangement {
    let shown = recording.leads.len().min(MOST_STRIPS);
    let blocks = (6 / shown)
        .max(1)
        .min((remaining_s / span_s).ceil().max(1.0) as usize);
    let mut rows = Vec::new();
    for block in 0..blocks {
        let start_s = start_s + block as f64 * span_s;
        rows.extend(recording.leads.iter().take(shown).map(|lead| Row {
            cells: vec![Cell {
                lead: lead.name.clone(),
                inverted: false,
                at_s: 0.0,
                start_s,
                seconds: span_s,
            }],
            rhythm: true,
        }));
    }
    let left_out = recording
        .leads
        .iter()
        .skip(shown)
        .map(|lead| lead.name.clone())
        .collect();
    Arrangement {
        rows,
        span_s,
        end_s: start_s + blocks as f64 * span_s,
        continuous: true,
        left_out,
        columns: 1,
        air: 5.0,
    }
}

fn ordered(order: LeadOrder) -> Vec<(LeadName, bool)> {
    use LeadName::{AVF, AVL, AVR, I, II, III};
    match order {
        LeadOrder::Standard => STANDARD_12
            .iter()
            .map(|lead| (lead.clone(), false))
            .collect(),
        LeadOrder::Cabrera => [AVL, I, AVR, II, AVF, III]
            .into_iter()
            .chain(STANDARD_12.iter().skip(6).cloned())
            .map(|lead| (lead.clone(), lead == AVR))
            .collect(),
    }
}

/// Heights of the rows, in whole millimetres so that zero lines lie on grid lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heights {
    /// Paper above the first row.
    pub above: f32,
    pub row: f32,
    /// From the top of a row to its zero line.
    pub zero: f32,
    /// All rows with the paper above, in whole 5 mm squares.
    pub total: f32,
}

/// Divides the height of the page among the rows, leaving room for the 1 mV pulse of the first, and
/// `air` above it for tall R waves.
pub(super) fn heights(rows: usize, air: f32, greatest_gain: f32, page: Page) -> Heights {
    let rows = rows.max(1) as f32;
    let above = |row: f32| air.max((greatest_gain + 2.0 - zero_in(row)).ceil());
    let whole = |row: f32| {
        let step = if row >= 25.0 { 5.0 } else { 1.0 };
        ((row / step).floor() * step).clamp(4.0, 50.0)
    };
    let mut row = whole((ROWS_MM - air) / rows);
    if above(row) + rows * row > ROWS_MM {
        row = whole((ROWS_MM - above(row)) / rows);
    }
    if page == Page::Screen {
        row = row.max(LEAST_ROW_MM);
    }
    let total = ((above(row) + rows * row) / 5.0).ceil() * 5.0;
    Heights {
        above: total - rows * row,
        row,
        zero: zero_in(row),
        total,
    }
}

/// The zero line lies below the middle: R waves are taller than S waves are deep.
fn zero_in(row: f32) -> f32 {
    if row >= 25.0 {
        (0.58 * row / 5.0).round() * 5.0
    } else {
        (0.6 * row).round()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_the_page_and_the_first_pulse_stays_on_the_paper() {
        for rows in 1..=18 {
            for gain in [2.5, 5.0, 10.0, 20.0] {
                let heights = heights(rows, 10.0, gain, Page::A4);
                assert!(
                    heights.total <= ROWS_MM,
                    "{rows} rows, {gain} mm/mV: {heights:?}"
                );
                assert!(
                    heights.above + heights.zero > gain,
                    "{rows} rows, {gain} mm/mV: {heights:?}"
                );
                assert_eq!(heights.total % 5.0, 0.0);
            }
        }
    }
}
