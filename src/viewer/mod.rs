//! The window. [`state`] knows and decides, [`jobs`] work off its thread, the rest paints; every action
//! is a [`Command`] or an [`Action`] and changes the state in one place, [`Viewer::apply`].

mod action;
mod app;
mod attention;
mod badge;
pub mod beats;
pub mod calipers;
mod center;
pub mod commands;
pub mod comparison;
mod dialogs;
mod findings;
mod header;
mod icons;
mod import_dialog;
mod inspector;
pub mod jobs;
pub mod keymap;
pub mod living;
mod magnifier;
mod measured;
mod model_card;
mod notes_view;
mod overview;
mod paper;
mod paper_pointer;
mod paper_view;
mod place_view;
mod reader;
pub mod review;
mod screenshot;
mod search_list;
pub mod settings;
pub mod shortcuts;
pub mod side;
pub mod state;
mod status;
pub mod teaching;
pub mod theme;
mod toolbar;
mod tracings;
mod widgets;
pub mod worklist;

use std::path::PathBuf;

pub use action::Action;
pub use app::{Setup, Viewer};
pub use commands::Command;
pub use findings::spoken;
pub use reader::{Figure, ReaderCard, ReaderFactory, Record, SecondReader, real_reader};
pub use screenshot::Screenshot;
pub use status::RESEARCH_USE;

/// The bundled case that greets on first start.
pub const FIRST_CASE: &str = "premature_ventricular_complexes";

/// What to open the window with.
#[derive(Debug, Default)]
pub struct Options {
    /// Files to open; none opens the bundled case.
    pub paths: Vec<PathBuf>,
    /// The file that reviews are kept in, instead of the person's own.
    pub project: Option<PathBuf>,
    /// The folder of the second reader's weights, instead of those that the program carries.
    pub weights: Option<PathBuf>,
    /// Take a picture of the window and close it.
    pub screenshot: Option<Screenshot>,
    /// Inner size of the window in points.
    pub size: Option<(f32, f32)>,
}

/// Opens the window as the person left it and returns when it is closed.
///
/// # Errors
/// When there is no display or no way to draw on it.
pub fn run(options: Options) -> Result<(), eframe::Error> {
    open_window(
        Setup::for_user(
            options.paths,
            options.project,
            options.weights,
            options.screenshot,
        ),
        options.size,
    )
}

/// Opens a window on a setup of one's own.
///
/// # Errors
/// As [`run`].
pub fn open_window(setup: Setup, size: Option<(f32, f32)>) -> Result<(), eframe::Error> {
    let place = setup.settings.window;
    let left = place.map(|place| (place.width, place.height));
    let (width, height) = size.or(left).unwrap_or((1440.0, 900.0));
    let maximized = size.is_none() && place.is_some_and(|place| place.maximized);
    let at = place.and_then(|place| place.at).filter(|_| size.is_none());
    let mut viewport = eframe::egui::ViewportBuilder::default()
        .with_title("HeartBeatAI")
        .with_app_id("heartbeatai")
        .with_inner_size([width, height])
        .with_min_inner_size([960.0, 600.0])
        .with_maximized(maximized)
        .with_drag_and_drop(true)
        .with_icon(icon());
    if let Some((x, y)) = at {
        viewport = viewport.with_position([x, y]);
    }
    let native = eframe::NativeOptions {
        viewport,
        ..Default::default()
    };
    eframe::run_native(
        "heartbeatai",
        native,
        Box::new(|cc| Ok(Box::new(Viewer::new(&cc.egui_ctx, setup)))),
    )
}

fn icon() -> eframe::egui::IconData {
    const PNG: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/icon.png"));
    eframe::icon_data::from_png_bytes(PNG).unwrap_or_default()
}

/// A signed number with two decimals and a true minus sign.
fn signed(value: f64) -> String {
    let text = format!("{value:+.2}");
    text.replace('-', "−")
}

/// A number with the decimals that a grid of this step needs.
fn plain(value: f64, step: f64) -> String {
    let decimals = (-step.abs().max(1e-9).log10()).ceil().clamp(0.0, 4.0) as usize;
    let value = if value.abs() < step.abs() / 1e3 {
        0.0
    } else {
        value
    };
    format!("{value:.decimals$}").replace('-', "−")
}
