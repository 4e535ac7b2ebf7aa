//! The page in millimetres: a recording is composed once into a display list, which the screen, PNG,
//! SVG and PDF only paint. What you see is what prints.

mod compose;
mod display_list;
mod fiducials;
pub mod font;
mod footer;
mod furniture;
mod header;
mod heat;
mod label;
mod layout;
mod marks;
mod numbers;
mod options;
pub mod paint;
mod palette;
mod review_block;
mod stated;
mod trace;
mod unbroken;

pub use compose::{compose, compose_pages, page_starts};
pub use display_list::{Align, Ink, Item, Panel, Point, Rect, Sheet, Weight};
pub use fiducials::Wave;
pub use footer::scale_text;
pub use options::{
    Heat, Layout, LeadOrder, Page, PrintedFinding, PrintedReading, PrintedReview, SheetOptions,
};
pub use palette::Palette;
pub use review_block::report_page;
pub use stated::{FileStatement, STATED, file_statements};
pub use unbroken::unbroken;
