use crate::ecg::LeadName;

/// How large the paper is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// The whole page in the window.
    Fit,
    /// A millimetre is a millimetre.
    TrueSize,
    /// Points per millimetre.
    Free(f32),
}

/// The smallest and largest magnification, in points per millimetre.
const LIMITS: (f32, f32) = (1.0, 60.0);

/// Which part of the page is in view.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    pub scale: Scale,
    /// Middle of the view in mm of the page; `None` for the middle of the page.
    pub center: Option<(f32, f32)>,
    /// Points per millimetre of the last frame.
    pub points_per_mm: f32,
    /// Seconds on the page, as it was last composed.
    pub page_s: f64,
    /// Last second on the page.
    pub end_s: f64,
}

impl Default for View {
    fn default() -> Self {
        Self {
            scale: Scale::Fit,
            center: None,
            points_per_mm: 4.0,
            page_s: 10.0,
            end_s: 10.0,
        }
    }
}

impl View {
    /// Magnifies by a factor about the middle of the view.
    pub fn zoom(&mut self, factor: f32) {
        self.scale = Scale::Free((self.points_per_mm * factor).clamp(LIMITS.0, LIMITS.1));
    }
}

/// What is known of the screen's size.
#[derive(Debug, Clone, PartialEq)]
pub struct Screen {
    /// Name under which a calibration is kept.
    pub key: String,
    /// Millimetres in one point of the window.
    pub mm_per_point: f32,
    /// Whether that was measured; otherwise 96 points to the inch are assumed.
    pub calibrated: bool,
}

/// CSS and most desktops take a point to be 1/96 inch.
pub(crate) const ASSUMED_MM_PER_POINT: f32 = 25.4 / 96.0;

impl Default for Screen {
    fn default() -> Self {
        Self {
            key: String::new(),
            mm_per_point: ASSUMED_MM_PER_POINT,
            calibrated: false,
        }
    }
}

/// One lead enlarged.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspector {
    pub lead: LeadName,
    /// The time that was pointed at.
    pub at_s: Option<f64>,
    /// Whether the plot must still be brought to that place.
    pub aim: bool,
}

impl Inspector {
    /// A lead, around a time if one was pointed at.
    pub fn new(lead: LeadName, at_s: Option<f64>) -> Self {
        Self {
            lead,
            at_s,
            aim: true,
        }
    }
}
