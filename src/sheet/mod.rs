//! The page in millimetres: a recording is composed once into a display list, which the screen, PNG,
//! SVG and PDF only paint. What you see is what prints.

mod display_list;
mod options;

pub use display_list::{Align, Ink, Item, Panel, Point, Rect, Sheet, Weight};
pub use options::{Heat, Layout, LeadOrder, Page, PrintedFinding, SheetOptions};
