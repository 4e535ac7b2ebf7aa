use super::Wave;
use crate::ecg::LeadName;

/// A place on the page, in millimetres from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

/// An upright rectangle in millimetres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

impl Rect {
    /// Right edge.
    pub fn right(&self) -> f32 {
        self.x + self.width
    }

    /// Bottom edge.
    pub fn bottom(&self) -> f32 {
        self.y + self.height
    }

    /// Whether the point lies inside.
    pub fn contains(&self, point: Point) -> bool {
        (self.x..=self.right()).contains(&point.x) && (self.y..=self.bottom()).contains(&point.y)
    }
}

/// What a mark means; a painter's theme decides its colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ink {
    Paper,
    GridMinor,
    GridMajor,
    Trace,
    /// Calibration pulse, lead-change marks.
    Mark,
    Text,
    TextSecondary,
    /// Whatever the machine says.
    Machine,
    /// Whatever a person says.
    Person,
    Warning,
    /// A boundary of a wave.
    Fiducial(Wave),
    /// Explanation heat, 0 (none) to 1 (most).
    Heat(f32),
}

/// Weight of the one typeface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Regular,
    SemiBold,
}

/// Which point of a text sits at its position (on the baseline).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Center,
    Right,
}

/// One mark on the page. Items are painted in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A filled rectangle.
    Fill { rect: Rect, ink: Ink },
    /// Lines every `step` mm, from the rectangle's top left corner, closing at its right and bottom.
    Grid {
        rect: Rect,
        step: f32,
        width: f32,
        ink: Ink,
    },
    /// An open line; `clip` cuts it off.
    Line {
        points: Vec<Point>,
        width: f32,
        ink: Ink,
        clip: Option<Rect>,
    },
    /// Heat over a rectangle: equally wide columns from left to right, each 0 to 1.
    Heat {
        rect: Rect,
        columns: Vec<f32>,
        opacity: f32,
    },
    /// A line of text; `size` is the em in mm.
    Text {
        at: Point,
        align: Align,
        size: f32,
        weight: Weight,
        ink: Ink,
        text: String,
    },
}

/// Where a stretch of one lead stands on the page, for pointing, calipers and overlays.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub lead: LeadName,
    /// The area that belongs to it.
    pub rect: Rect,
    /// Time at the left edge, in seconds of the recording.
    pub start_s: f64,
    /// Time at the right edge.
    pub end_s: f64,
    /// Height of the zero line.
    pub zero_y: f32,
    pub mm_per_s: f32,
    pub mm_per_mv: f32,
    /// Whether it is a rhythm strip.
    pub rhythm: bool,
    /// Whether the lead is drawn upside down (Cabrera's -aVR): voltages here are those of the drawn,
    /// inverted lead.
    pub inverted: bool,
}

impl Panel {
    /// The name printed beside the trace: the lead's own, or `-aVR` where it is inverted.
    pub fn label(&self) -> String {
        if self.inverted {
            format!("-{}", self.lead)
        } else {
            self.lead.to_string()
        }
    }

    /// Horizontal place of a time.
    pub fn x_at(&self, time_s: f64) -> f32 {
        self.rect.x + ((time_s - self.start_s) * f64::from(self.mm_per_s)) as f32
    }

    /// Time at a horizontal place.
    pub fn time_at(&self, x: f32) -> f64 {
        self.start_s + f64::from((x - self.rect.x) / self.mm_per_s)
    }

    /// Height of a voltage in millivolts.
    pub fn y_at(&self, millivolts: f64) -> f32 {
        self.zero_y - (millivolts * f64::from(self.mm_per_mv)) as f32
    }

    /// Voltage at a height, in millivolts.
    pub fn millivolts_at(&self, y: f32) -> f64 {
        f64::from((self.zero_y - y) / self.mm_per_mv)
    }
}

/// A composed page.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    pub width: f32,
    pub height: f32,
    pub items: Vec<Item>,
    pub panels: Vec<Panel>,
}
