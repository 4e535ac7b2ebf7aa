//! What is around the window: the desktop, the monitor, the theme of the system.

use eframe::egui::{Context, Theme};

use super::Viewer;
use crate::viewer::settings::WindowPlace;
use crate::viewer::state::Screen;

impl Viewer {
    /// Notes where the window is and how large, to be kept when it closes.
    fn remember_window(&mut self, ctx: &Context) {
        let zoom = ctx.zoom_factor();
        let (inner, outer, maximized, full, small) = ctx.input(|input| {
            let viewport = input.viewport();
            (
                viewport.inner_rect,
                viewport.outer_rect,
                viewport.maximized.unwrap_or(false),
                viewport.fullscreen.unwrap_or(false),
                viewport.minimized.unwrap_or(false),
            )
        });
        let Some(inner) = inner.filter(|_| !full && !small) else {
            return;
        };
        let before = self.state.settings.window;
        let free = WindowPlace {
            width: inner.width() * zoom,
            height: inner.height() * zoom,
            maximized: false,
            at: outer.map(|outer| (outer.left() * zoom, outer.top() * zoom)),
        };
        let place = before.filter(|_| maximized).unwrap_or(free);
        self.state.settings.window = Some(WindowPlace { maximized, ..place });
    }

    pub(super) fn look_around(&mut self, ctx: &Context) {
        self.state.system_dark = ctx.system_theme() == Some(Theme::Dark);
        let wanted = if self.state.dark() {
            Theme::Dark
        } else {
            Theme::Light
        };
        if ctx.theme() != wanted || ctx.options(|options| options.theme_preference) != wanted.into()
        {
            ctx.set_theme(wanted);
        }
        self.state.keymap.install(ctx);
        // At the front of a class everything is a quarter larger.
        let presents = if self.state.teaching.presenter {
            1.25
        } else {
            1.0
        };
        let zoom = f32::from(self.state.settings.text_scale) / 100.0 * presents;
        if (ctx.zoom_factor() - zoom).abs() > 1e-3 {
            ctx.set_zoom_factor(zoom);
        }
        self.remember_window(ctx);
        let (size, native) = ctx.input(|input| {
            (
                input.viewport().monitor_size,
                input.viewport().native_pixels_per_point,
            )
        });
        let native = native.unwrap_or(1.0);
        let size = size.unwrap_or_default() * native * ctx.zoom_factor();
        let kind = format!("{:.0}x{:.0}@{native:.2}", size.x, size.y);
        let key = match &self.monitor {
            Some(name) => format!("{name} {kind}"),
            None => kind.clone(),
        };
        // What was measured before monitors were told apart by name holds until this one is.
        let known = &self.state.settings.screen_mm_per_point;
        let measured = known.get(&key).or_else(|| known.get(&kind)).copied();
        let assumed = Screen::default().mm_per_point;
        self.state.screen = Screen {
            mm_per_point: measured.unwrap_or(assumed) * ctx.zoom_factor(),
            calibrated: measured.is_some(),
            key,
        };
    }

    /// On which monitor the window is, and once, at the start, whether it is on one at all: the one it was left on may be
    /// gone.
    pub(super) fn look_at_monitor(&mut self, frame: &eframe::Frame) {
        let Some(window) = frame.winit_window() else {
            return;
        };
        self.monitor = window.current_monitor().and_then(|monitor| monitor.name());
        if std::mem::replace(&mut self.placed, true) {
            return;
        }
        let Ok(at) = window.outer_position() else {
            return;
        };
        let (at_x, at_y) = (i64::from(at.x), i64::from(at.y));
        // Some of the title bar must be within reach.
        let reach = i64::from(window.outer_size().width).min(120);
        let holds = |left: i32, top: i32, width: u32, height: u32| {
            let (left, top) = (i64::from(left), i64::from(top));
            let (right, bottom) = (left + i64::from(width), top + i64::from(height));
            at_x + reach > left && at_x < right - reach && at_y >= top - 40 && at_y < bottom - 40
        };
        let mut monitors = window.available_monitors().peekable();
        if monitors.peek().is_some()
            && !monitors.any(|monitor| {
                let (at, size) = (monitor.position(), monitor.size());
                holds(at.x, at.y, size.width, size.height)
            })
        {
            let first = window.primary_monitor();
            let first = first.or_else(|| window.available_monitors().next());
            if let Some(mut at) = first.map(|monitor| monitor.position()) {
                (at.x, at.y) = (at.x.saturating_add(40), at.y.saturating_add(40));
                window.set_outer_position(at);
            }
        }
    }

    /// Tells the window on which monitor it is, as [`eframe`] does in a window of its own.
    pub fn on_monitor(&mut self, name: Option<String>) {
        self.monitor = name;
    }
}
