//! A picture of the real window, taken by the program: for the README and for looking at what it draws.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use eframe::egui::{ColorImage, Context, ViewportCommand};

use super::commands::Command;

/// Frames to let pass once everything is there, for animations and layout to settle.
const SETTLING: u32 = 12;
/// After this the picture is taken of whatever there is.
const PATIENCE: Duration = Duration::from_secs(300);

/// What to take a picture of.
#[derive(Debug, Clone, Default)]
pub struct Screenshot {
    path: PathBuf,
    commands: Vec<Command>,
    ran: bool,
    settled: u32,
    asked: bool,
    started: Option<Instant>,
    outcome: Arc<Mutex<Option<Result<(), String>>>>,
}

impl Screenshot {
    /// Into a PNG file, after these commands have run on the read tracing.
    pub fn new(path: PathBuf, commands: Vec<Command>) -> Self {
        Self {
            path,
            commands,
            ..Self::default()
        }
    }

    /// How it went, once the window has closed.
    pub fn outcome(&self) -> Result<(), String> {
        let outcome = self
            .outcome
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        outcome.unwrap_or_else(|| Err("the window closed before the picture was taken".into()))
    }

    /// One frame nearer to the picture; hands back the commands to run now.
    pub fn step(&mut self, ctx: &Context, at_rest: bool) -> Vec<Command> {
        ctx.request_repaint();
        let started = *self.started.get_or_insert_with(Instant::now);
        let done = self
            .outcome
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_some();
        if done {
            ctx.send_viewport_cmd(ViewportCommand::Close);
            return Vec::new();
        }
        if self.asked || (!at_rest && started.elapsed() < PATIENCE) {
            self.settled = 0;
            return Vec::new();
        }
        if !self.ran {
            self.ran = true;
            return std::mem::take(&mut self.commands);
        }
        self.settled += 1;
        if self.settled >= SETTLING {
            self.asked = true;
            let (path, outcome) = (self.path.clone(), Arc::clone(&self.outcome));
            let again = ctx.clone();
            ctx.request_screenshot(move |image| {
                *outcome.lock().unwrap_or_else(PoisonError::into_inner) = Some(save(&path, &image));
                again.request_repaint();
            });
        }
        Vec::new()
    }
}

fn save(path: &Path, image: &ColorImage) -> Result<(), String> {
    let [width, height] = image.size;
    let (Ok(width), Ok(height)) = (u32::try_from(width), u32::try_from(height)) else {
        return Err("the window is too large".into());
    };
    let pixels = image
        .pixels
        .iter()
        .flat_map(|pixel| [pixel.r(), pixel.g(), pixel.b()])
        .collect();
    let image =
        image::RgbImage::from_raw(width, height, pixels).ok_or("the picture has the wrong size")?;
    image
        .save_with_format(path, image::ImageFormat::Png)
        .map_err(|error| format!("{}: {error}", path.display()))
}
