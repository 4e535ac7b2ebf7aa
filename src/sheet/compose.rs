//! From a recording to a page.

use super::font::{fitted, text_width};
use super::layout::{self, Arrangement, Cell, Heights, TRACING_MM};
use super::trace::{self, Scale};
use super::{
    Align, Ink, Item, Page, Panel, Point, Rect, Sheet, SheetOptions, Weight, fiducials, furniture,
    heat, label, marks,
};
use crate::ecg::{Lead, LeadName, Recording, Unit};
use crate::signal::leads::OFFSET_UV;

/// Share of the gain at which a normalised unit (`NU`, a standard deviation in z-scored files) is drawn: such
/// leads are drawn at a quarter of the gain so that an R wave of 4 to 8 units stays near its row.
pub(super) const NORMALISED: f32 = 0.25;
/// Duration of the calibration pulse in seconds.
pub(super) const PULSE_S: f32 = 0.2;
const TRACE_WIDTH: f32 = 0.3;

/// Composes the page that starts at `options.start_s`.
pub fn compose(recording: &Recording, options: &SheetOptions) -> Sheet {
    let options = usable(options);
    page(recording, &options, options.start_s, 1, 1)
}

/// Composes as many pages as the recording needs from `options.start_s` on, `most` at the most.
pub fn compose_pages(recording: &Recording, options: &SheetOptions, most: usize) -> Vec<Sheet> {
    let options = usable(options);
    let starts: Vec<f64> = page_starts(recording, &options).take(most.max(1)).collect();
    let pages = starts.len();
    let numbered = starts.into_iter().enumerate();
    numbered
        .map(|(index, start_s)| page(recording, &options, start_s, index + 1, pages))
        .collect()
}

/// The seconds at which the pages of a recording start; at least one.
pub fn page_starts<'a>(
    recording: &'a Recording,
    options: &'a SheetOptions,
) -> impl Iterator<Item = f64> + 'a {
    let options = usable(options);
    // A rest shorter than this is no page of its own; the footer says what is left out.
    const LEAST_REST_S: f64 = 1.0;
    let duration_s = recording.duration_s();
    std::iter::successors(Some(options.start_s), move |&start_s| {
        let end_s = layout::arrange(recording, &options, start_s).end_s;
        (duration_s - end_s >= LEAST_REST_S).then_some(end_s)
    })
}

/// The options with every number that no paper has replaced by the standard one.
fn usable(options: &SheetOptions) -> SheetOptions {
    let within = |value: f32, least: f32, most: f32, standard: f32| {
        if value.is_finite() && value > 0.0 {
            value.clamp(least, most)
        } else {
            standard
        }
    };
    SheetOptions {
        speed: within(options.speed, 12.5, 50.0, 25.0),
        limb_gain: within(options.limb_gain, 1.0, 40.0, 10.0),
        chest_gain: within(options.chest_gain, 1.0, 40.0, 10.0),
        start_s: if options.start_s.is_finite() {
            options.start_s.max(0.0)
        } else {
            0.0
        },
        ..options.clone()
    }
}

/// What the page must say about how it was drawn.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    pub offsets: Vec<String>,
    pub clipped: Vec<String>,
}

/// Where things stand on the page.
pub(super) struct Frame {
    pub width: f32,
    pub height: f32,
    pub grid: Rect,
    /// Left edge of the tracing, right of the calibration pulses.
    pub tracing_x: f32,
    pub heights: Heights,
}

fn frame(options: &SheetOptions, arrangement: &Arrangement) -> Frame {
    let gain = options.limb_gain.max(options.chest_gain);
    let heights = layout::heights(arrangement.rows.len(), arrangement.air, gain, options.page);
    // Where every lead has a row of its own, its name stands beside the pulse, off the trace.
    let beside = if arrangement.columns == 1 {
        label::BESIDE
    } else {
        2.0
    };
    let pulse = ((PULSE_S * options.speed + 3.0 + beside) / 5.0).ceil() * 5.0;
    let tracing = match options.page {
        Page::Screen => (arrangement.span_s * f64::from(options.speed)) as f32,
        Page::A4 | Page::Letter => TRACING_MM,
    };
    let grid_width = ((pulse + tracing) / 5.0).ceil() * 5.0;
    let (width, height, top) = match options.page {
        Page::A4 => (297.0, 210.0, furniture::HEADER_BOTTOM),
        Page::Letter => (279.4, 215.9, furniture::HEADER_BOTTOM),
        Page::Screen => (grid_width, heights.total, 0.0),
    };
    let grid = Rect {
        x: (width - grid_width) / 2.0,
        y: top,
        width: grid_width,
        height: heights.total,
    };
    Frame {
        width,
        height,
        grid,
        tracing_x: grid.x + pulse,
        heights,
    }
}

fn page(
    recording: &Recording,
    options: &SheetOptions,
    start_s: f64,
    number: usize,
    pages: usize,
) -> Sheet {
    let arrangement = layout::arrange(recording, options, start_s);
    let frame = frame(options, &arrangement);
    let panels = panels(recording, options, &arrangement, &frame);
    let mut remarks = Remarks::default();

    let whole = Rect {
        x: 0.0,
        y: 0.0,
        width: frame.width,
        height: frame.height,
    };
    let mut items = vec![
        Item::Fill {
            rect: whole,
            ink: Ink::Paper,
        },
        Item::Grid {
            rect: frame.grid,
            step: 1.0,
            width: 0.1,
            ink: Ink::GridMinor,
        },
        Item::Grid {
            rect: frame.grid,
            step: 5.0,
            width: 0.2,
            ink: Ink::GridMajor,
        },
    ];
    heat::lay(recording, options, &panels, &mut items);
    marks::draw(recording, options, &frame, &panels, &mut items);
    items.extend(label::place(recording, &panels, &arrangement, &frame));
    let mut ticks = Vec::new();
    for panel in &panels {
        if let Some(lead) = recording.lead(&panel.lead) {
            let scale = draw_lead(lead, panel, &frame, &mut remarks, &mut items);
            if let Some(measured) = &options.fiducials {
                fiducials::draw(measured, lead, panel, &scale, frame.grid, &mut ticks);
            }
        }
    }
    items.extend(ticks);
    if options.page == Page::Screen {
        screen_remarks(recording, &arrangement, &remarks, &frame, &mut items);
    } else {
        let about = furniture::About {
            recording,
            options,
            start_s,
            number,
            pages,
        };
        furniture::draw(&about, &arrangement, &remarks, &frame, &mut items);
    }
    Sheet {
        width: frame.width,
        height: frame.height,
        items,
        panels,
    }
}

/// At the top of the paper what a printed page says around it.
fn screen_remarks(
    recording: &Recording,
    arrangement: &Arrangement,
    remarks: &Remarks,
    frame: &Frame,
    items: &mut Vec<Item>,
) {
    const SIZE: f32 = 3.0;
    let names: Vec<&str> = arrangement.left_out.iter().map(LeadName::as_str).collect();
    let mut left_out = format!("Not shown: {}", names.join(", "));
    if text_width(&left_out, Weight::SemiBold, SIZE) > frame.grid.width / 2.0 {
        left_out = format!("Not shown: {} leads", names.len());
    }
    let simulated = recording.simulated.then(|| "SIMULATED".to_owned());
    let left_out = (!names.is_empty()).then_some(left_out);
    let mut right = frame.grid.right() - 1.5;
    for text in [simulated, left_out].into_iter().flatten() {
        let at = Point {
            x: right,
            y: frame.grid.y + 3.6,
        };
        right -= text_width(&text, Weight::SemiBold, SIZE) + 4.0;
        items.push(Item::Text {
            at,
            align: Align::Right,
            size: SIZE,
            weight: Weight::SemiBold,
            ink: Ink::Warning,
            text,
        });
    }
    if !remarks.clipped.is_empty() {
        let text = format!("Runs off the paper: {}", remarks.clipped.join(", "));
        let room = right - frame.grid.x - 3.0;
        items.push(Item::Text {
            at: Point {
                x: frame.grid.x + 1.5,
                y: frame.grid.y + 3.6,
            },
            align: Align::Left,
            size: SIZE,
            weight: Weight::SemiBold,
            ink: Ink::Warning,
            text: fitted(&text, Weight::SemiBold, SIZE, room),
        });
    }
}

fn panels(
    recording: &Recording,
    options: &SheetOptions,
    arrangement: &Arrangement,
    frame: &Frame,
) -> Vec<Panel> {
    let mut panels = Vec::new();
    for (index, row) in arrangement.rows.iter().enumerate() {
        let y = frame.grid.y + frame.heights.above + index as f32 * frame.heights.row;
        for Cell {
            lead,
            inverted,
            at_s,
            start_s,
            seconds,
        } in &row.cells
        {
            let voltage = recording
                .lead(lead)
                .is_none_or(|lead| lead.unit.is_voltage());
            let gain = if lead.is_limb() {
                options.limb_gain
            } else {
                options.chest_gain
            };
            panels.push(Panel {
                lead: lead.clone(),
                rect: Rect {
                    x: frame.tracing_x + (at_s * f64::from(options.speed)) as f32,
                    y,
                    width: (seconds * f64::from(options.speed)) as f32,
                    height: frame.heights.row,
                },
                start_s: *start_s,
                end_s: start_s + seconds,
                zero_y: y + frame.heights.zero,
                mm_per_s: options.speed,
                mm_per_mv: if voltage { gain } else { gain * NORMALISED },
                rhythm: row.rhythm,
                inverted: *inverted,
            });
        }
    }
    panels
}

/// Puts one lead on the paper, cut at the edges of the grid but free to cross its neighbours.
fn draw_lead(
    lead: &Lead,
    panel: &Panel,
    frame: &Frame,
    remarks: &mut Remarks,
    items: &mut Vec<Item>,
) -> Scale {
    let sign = if panel.inverted { -1.0 } else { 1.0 };
    let mut mm_per_value = f64::from(panel.mm_per_mv) / 1000.0;
    let mut offset = 0.0;
    let level = Level::of(lead, panel);
    if let (Unit::Other(_), Some(level)) = (&lead.unit, &level) {
        // No voltage and no convention (pressure, respiration): fill two thirds of the row.
        offset = (level.greatest + level.least) / 2.0;
        let range = level.greatest - level.least;
        // A constant has no range; it is a line in the middle of its row.
        let fill = f64::from(panel.rect.height) * 0.66 / range;
        mm_per_value = if fill.is_finite() { fill } else { 0.0 };
    } else if let Some(level) =
        level.filter(|level| level.median.abs() > OFFSET_UV && lead.unit.is_voltage())
    {
        offset = level.median;
        remarks
            .offsets
            .push(format!("{} {:+.1} mV", lead.name, offset / 1000.0));
    }
    let scale = Scale {
        x: panel.rect.x,
        start_s: panel.start_s,
        end_s: panel.end_s,
        mm_per_s: panel.mm_per_s,
        zero_y: panel.zero_y,
        mm_per_value: mm_per_value * sign,
        offset,
    };
    let clip = Rect {
        y: frame.grid.y,
        height: frame.grid.height,
        ..panel.rect
    };
    let mut beyond = false;
    for points in trace::polylines(lead, &scale) {
        beyond |= points
            .iter()
            .any(|point| point.y < clip.y || point.y > clip.bottom());
        items.push(Item::Line {
            points,
            width: TRACE_WIDTH,
            ink: Ink::Trace,
            clip: Some(clip),
        });
    }
    if beyond && !remarks.clipped.contains(&panel.label()) {
        remarks.clipped.push(panel.label());
    }
    scale
}

/// Least, middle and greatest value of a lead within its panel.
struct Level {
    least: f64,
    median: f64,
    greatest: f64,
}

impl Level {
    fn of(lead: &Lead, panel: &Panel) -> Option<Self> {
        let (first, last) = trace::window(lead, panel.start_s, panel.end_s)?;
        let mut values: Vec<f64> = (first..=last)
            .filter_map(|index| lead.samples.get(index))
            .filter(|value| value.is_finite())
            .collect();
        values.sort_unstable_by(f64::total_cmp);
        let median = *values.get(values.len() / 2)?;
        Some(Self {
            least: *values.first()?,
            median,
            greatest: *values.last()?,
        })
    }
}
