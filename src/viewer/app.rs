//! The window itself: takes in input and answers, lays out the parts, applies what they report.

use std::path::PathBuf;
use std::time::Instant;

use eframe::egui::{
    self, CentralPanel, Context, Frame, Key, Margin, Modifiers, Panel, Theme, Ui, ViewportCommand,
};

use super::action::{Action, Actions};
use super::commands::Command;
use super::jobs::{Answer, Job, Jobs, Source, Tally};
use super::paper_view::PaperView;
use super::reader::{ReaderFactory, real_reader};
use super::review::{Desk, Task, Told};
use super::screenshot::Screenshot;
use super::settings::{Settings, ThemeChoice, WindowPlace};
use super::state::{AppState, Dialog, Effect, NoteKind, Screen};
use super::theme;
use super::{
    FIRST_CASE, center, dialogs, living, notes_view, side, status, teaching, toolbar, tracings,
    worklist,
};
use crate::network::DevicePreference;
use crate::review::default_path;

/// What a window starts from.
pub struct Setup {
    /// What the window remembers.
    pub settings: Settings,
    /// Where that is kept; `None` keeps nothing.
    pub settings_path: Option<PathBuf>,
    /// Makes the second reader, on its own thread.
    pub reader: ReaderFactory,
    /// Files to open.
    pub paths: Vec<PathBuf>,
    /// A bundled case to open when there are no files.
    pub first_case: Option<&'static str>,
    /// The file that reviews are kept in; `None` keeps them as long as the window is open.
    pub project: Option<PathBuf>,
    /// Take a picture of the window and close it.
    pub screenshot: Option<Screenshot>,
    /// Something to tell at the start, such as damaged settings.
    pub trouble: Option<String>,
}

impl Setup {
    /// As the person left it; a picture is taken of a window without memories.
    pub fn for_user(
        paths: Vec<PathBuf>,
        project: Option<PathBuf>,
        screenshot: Option<Screenshot>,
    ) -> Self {
        let project = project.or_else(|| default_path().filter(|_| screenshot.is_none()));
        let settings_path = Settings::default_path().filter(|_| screenshot.is_none());
        let (mut settings, trouble) = settings_path
            .as_deref()
            .map_or_else(|| (Settings::default(), None), Settings::load);
        if screenshot.is_some() {
            settings.theme = ThemeChoice::Light;
        }
        Self {
            settings,
            settings_path,
            reader: real_reader(None, DevicePreference::Auto),
            paths,
            first_case: Some(FIRST_CASE),
            project,
            screenshot,
            trouble,
        }
    }
}

/// The window.
pub struct Viewer {
    state: AppState,
    jobs: Jobs,
    desk: Desk,
    tally: Tally,
    /// How much work had been given when all of it was done and taken in.
    rested_at: Option<u64>,
    paper: PaperView,
    prior_paper: PaperView,
    settings_path: Option<PathBuf>,
    screenshot: Option<Screenshot>,
    /// Name of the monitor that the window is on.
    monitor: Option<String>,
    /// Whether it was seen to that the window is on a monitor.
    placed: bool,
}

impl Viewer {
    /// A window on this context.
    pub fn new(ctx: &Context, setup: Setup) -> Self {
        theme::install(ctx);
        // Text is scaled by the commands, which are kept.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let tally = Tally::default();
        let mut viewer = Self {
            state: AppState::new(setup.settings),
            jobs: Jobs::start(ctx, setup.reader, tally.clone()),
            desk: Desk::start(ctx, tally.clone()),
            tally,
            rested_at: None,
            paper: PaperView::default(),
            prior_paper: PaperView::default(),
            settings_path: setup.settings_path,
            screenshot: setup.screenshot,
            monitor: None,
            placed: false,
        };
        if let Some(trouble) = setup.trouble {
            let title = "The settings could not be read, so these are the defaults";
            viewer
                .state
                .notes
                .push(NoteKind::Warning, title, trouble, None);
        }
        viewer.desk.submit(Task::Open(setup.project));
        viewer.state.select_first_finding = setup.paths.is_empty() || viewer.screenshot.is_some();
        let effects = match setup.first_case {
            Some(case) if setup.paths.is_empty() => viewer.state.open_source(Source::Bundled(case)),
            _ => viewer.state.open(setup.paths),
        };
        viewer.carry_out(ctx, effects);
        viewer
    }

    /// What the window knows.
    pub fn state(&self) -> &AppState {
        &self.state
    }

    /// Whether all that was asked for is there: no worker has anything to do, and nothing waits to be kept.
    pub fn at_rest(&self) -> bool {
        self.rested_at.is_some()
            && self.rested_at == self.tally.all_done()
            && self.state.review.save_at().is_none()
    }

    /// How often the page was composed and how often it was painted anew, since the start.
    pub fn paper_work(&self) -> (u64, u64) {
        self.paper.work_done()
    }

    /// Does one thing that a person did.
    pub fn apply(&mut self, ctx: &Context, action: Action) {
        let state = &mut self.state;
        let effects = match action {
            Action::Run(command) => state.update(command),
            Action::Open(paths) => state.open(paths),
            Action::Keys(change) => state.change_key(change),
            Action::Learn(lesson) => state.learn(lesson),
            Action::Turn(controls) => state.turn(*controls),
            Action::OpenRow(row) => state.open_row(row),
            Action::Search(query) => {
                state.search_worklist(query);
                Vec::new()
            }
            Action::Sought | Action::Revealed => {
                if let Some(worklist) = &mut state.worklist {
                    let found = if action == Action::Sought {
                        &mut worklist.seek
                    } else {
                        &mut worklist.reveal
                    };
                    *found = false;
                }
                Vec::new()
            }
            Action::InView(rows) => state.in_view(rows),
            Action::Select(generation) => state.select(generation),
            Action::SelectFinding(id) => state.select_finding(&id),
            Action::Inspect(lead, at_s) => {
                state.inspect(lead, at_s);
                Vec::new()
            }
            Action::GoTo(place) => {
                state.go_to(place);
                Vec::new()
            }
            Action::StartAt(start_s) => {
                state.start_at(start_s);
                Vec::new()
            }
            Action::Compare(source) => state.compare_with(source),
            Action::BeatClass(class) => {
                state.beat_class = class;
                Vec::new()
            }
            Action::BeatLead(lead) => {
                state.last_lead = lead;
                Vec::new()
            }
            Action::Calipers(calipers) => {
                state.calipers = calipers;
                Vec::new()
            }
            Action::PlaceShown => {
                if let Some(place) = &mut state.place {
                    place.aim = false;
                }
                Vec::new()
            }
            Action::Mark(at_s) => {
                if let Some(inspector) = &mut state.inspector {
                    inspector.at_s = Some(at_s);
                }
                Vec::new()
            }
            Action::Aimed => {
                if let Some(inspector) = &mut state.inspector {
                    inspector.aim = false;
                }
                Vec::new()
            }
            Action::HeatOpacity(opacity) => {
                state.settings.heat_opacity = opacity;
                vec![Effect::Save]
            }
            Action::Look(view) => {
                state.view = view;
                Vec::new()
            }
            Action::MmPerPoint(mm) => {
                let native = mm / ctx.zoom_factor();
                state
                    .settings
                    .screen_mm_per_point
                    .insert(state.screen.key.clone(), native);
                vec![Effect::Save]
            }
            Action::Dismiss(note) => {
                state.notes.dismiss(note);
                Vec::new()
            }
            Action::Dialog(dialog) => {
                state.dialog = dialog;
                Vec::new()
            }
            Action::Review(action) => state.act(action),
            Action::Import(import) => state.import(*import),
            Action::CancelImport => state.cancel_import(),
            Action::Recut(generation, path, layout) => vec![Effect::Submit(Job::Cut {
                generation,
                path,
                layout,
            })],
        };
        self.carry_out(ctx, effects);
        ctx.request_repaint();
    }

    fn carry_out(&mut self, ctx: &Context, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Submit(job) => self.jobs.submit(job),
                Effect::Cancel(generation) => self.jobs.cancel(generation),
                Effect::Focus(generation) => self.jobs.focus(generation),
                Effect::Review(task) => self.desk.submit(task),
                Effect::FindPriors {
                    generation,
                    recording,
                    folder,
                    others,
                } => self.jobs.find_priors(generation, recording, folder, others),
                Effect::PickReport(generation, name) => self.desk.pick_report(generation, &name),
                Effect::PickFiles => self.jobs.pick_files(),
                Effect::Copy(text) => ctx.copy_text(text),
                Effect::PickFolder => self.jobs.pick_folder(),
                Effect::PickSave(name) => self.jobs.pick_save(&name),
                Effect::Write { path, text } => self.jobs.write(path, text),
                Effect::FullScreen(full) => {
                    ctx.send_viewport_cmd(ViewportCommand::Fullscreen(full));
                }
                Effect::List { generation, roots } => self.jobs.list(generation, roots),
                Effect::CancelBackground(generation) => self.jobs.cancel_queued(generation),
                Effect::InView(rows) => self.jobs.in_view(&rows),
                Effect::PickTarget {
                    generation,
                    name,
                    without_identity,
                } => self.jobs.pick_target(generation, &name, without_identity),
                Effect::Quit => ctx.send_viewport_cmd(ViewportCommand::Close),
                Effect::Save => {
                    let saved = self
                        .settings_path
                        .as_deref()
                        .map(|path| self.state.settings.save(path));
                    if let Some(Err(error)) = saved {
                        let title = "The settings could not be kept";
                        self.state
                            .notes
                            .push(NoteKind::Warning, title, error.to_string(), None);
                    }
                }
            }
        }
    }

    fn take_answers(&mut self, ctx: &Context) {
        // Looked at before the answers are taken: those that come later belong to the next frame.
        self.rested_at = self.tally.all_done();
        let answers: Vec<_> = self.jobs.answers().collect();
        for answer in answers {
            self.take_answer(ctx, answer);
        }
        let told: Vec<_> = self.desk.told().collect();
        for told in told {
            self.take_told(ctx, told);
        }
    }

    /// Keeps the conclusion once its writer pauses.
    fn save_conclusion(&mut self, ctx: &Context) {
        let Some(at) = self.state.review.save_at() else {
            return;
        };
        let left = at.saturating_duration_since(std::time::Instant::now());
        if left.is_zero() {
            let effects = self.state.save_conclusion();
            self.carry_out(ctx, effects);
        } else {
            ctx.request_repaint_after(left);
        }
    }

    fn put_worklist_in_order(&mut self, ctx: &Context) {
        let (again, effects) = self.state.refresh_worklist(Instant::now());
        if let Some(again) = again {
            ctx.request_repaint_after(again);
        }
        self.carry_out(ctx, effects);
    }

    fn keep_time(&mut self, ctx: &Context) {
        let (again, effects) = self.state.tick(Instant::now());
        if let Some(again) = again {
            ctx.request_repaint_after(again);
        }
        self.carry_out(ctx, effects);
    }

    /// Takes in what the desk tells.
    pub fn take_told(&mut self, ctx: &Context, told: Told) {
        let effects = self.state.told(told);
        self.carry_out(ctx, effects);
    }

    /// Takes in what a worker answered.
    pub fn take_answer(&mut self, ctx: &Context, answer: Answer) {
        let effects = self.state.answer(answer);
        self.carry_out(ctx, effects);
    }

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

    fn look_around(&mut self, ctx: &Context) {
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
    fn look_at_monitor(&mut self, frame: &eframe::Frame) {
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

impl Drop for Viewer {
    /// What was typed last is kept too; the desk carries it out before the window is gone.
    fn drop(&mut self) {
        for effect in self.state.save_conclusion() {
            if let Effect::Review(task) = effect {
                self.desk.submit(task);
            }
        }
    }
}

impl eframe::App for Viewer {
    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.look_at_monitor(frame);
        self.look_around(&ctx);
        self.take_answers(&ctx);
        self.save_conclusion(&ctx);
        self.put_worklist_in_order(&ctx);
        self.keep_time(&ctx);
        let mut actions: Actions = keyboard(&ctx, &self.state);
        let dropped: Vec<PathBuf> = ctx.input(|input| {
            input
                .raw
                .dropped_files
                .iter()
                .map(|file| file.path().to_owned())
                .collect()
        });
        if !dropped.is_empty() {
            actions.push(Action::Open(dropped));
        }
        self.paint(ui, &mut actions);
        for action in actions {
            self.apply(&ctx, action);
        }
        if self.screenshot.is_some() {
            let at_rest = self.at_rest();
            let screenshot = self.screenshot.as_mut();
            let commands = screenshot.map(|screenshot| screenshot.step(&ctx, at_rest));
            let commands = commands.unwrap_or_default();
            for command in commands {
                self.apply(&ctx, Action::Run(command));
            }
        }
    }

    fn on_exit(&mut self) {
        if let Some(path) = &self.settings_path {
            // The window is gone: there is nobody left to tell.
            let _ = self.state.settings.save(path);
        }
    }

    fn raw_input_hook(&mut self, _: &Context, input: &mut egui::RawInput) {
        if self.screenshot.is_some() {
            // A picture shows the window, not where the pointer happened to be.
            input
                .events
                .retain(|event| !matches!(event, egui::Event::PointerMoved(_)));
        }
    }

    fn clear_color(&self, _: &egui::Visuals) -> [f32; 4] {
        theme::look_of(self.state.dark())
            .ground
            .to_normalized_gamma_f32()
    }
}

/// Commands whose keys were pressed. Letters belong to a text field while one is typed into, and arrows
/// to a control that has the focus.
fn keyboard(ctx: &Context, state: &AppState) -> Actions {
    // A command that waits for its key gets it, whatever else that key does.
    if matches!(&state.dialog, Some(Dialog::Shortcuts(editing)) if editing.waiting.is_some()) {
        return Actions::new();
    }
    let typing = ctx.text_edit_focused() || state.dialog.is_some();
    let focused = ctx.memory(|memory| memory.focused()).is_some() || egui::Popup::is_any_open(ctx);
    let mut keys: Vec<_> = Command::ALL
        .iter()
        .filter_map(|command| Some((state.keymap.keys(*command)?, *command)))
        .collect();
    // A key would also match with more modifiers held than it wants, so those that want most go first.
    let held = |modifiers: Modifiers| {
        let held = [modifiers.command, modifiers.alt, modifiers.shift];
        held.into_iter().filter(|held| *held).count()
    };
    keys.sort_by_key(|(shortcut, _)| std::cmp::Reverse(held(shortcut.modifiers)));
    let mut actions = Actions::new();
    for (shortcut, command) in keys {
        let function =
            shortcut.logical_key.name().len() > 1 && shortcut.logical_key.name().starts_with('F');
        let bare = matches!(shortcut.modifiers, Modifiers::NONE | Modifiers::SHIFT) && !function;
        let yields = command.yields_to_focus() || command == Command::NoFinding;
        if ((bare || command.yields_to_text()) && typing)
            || (yields && focused)
            || (state.dialog.is_some() && command != Command::Palette)
        {
            continue;
        }
        let also = matches!(command, Command::ZoomIn | Command::LargerText).then_some(Key::Equals);
        let pressed = ctx.input_mut(|input| {
            input.consume_shortcut(&shortcut)
                || also.is_some_and(|key| input.consume_key(shortcut.modifiers, key))
        });
        if pressed {
            actions.push(Action::Run(command));
        }
    }
    actions
}

impl Viewer {
    fn paint(&mut self, ui: &mut Ui, actions: &mut Actions) {
        let state = &self.state;
        let look = theme::look_of(state.dark());
        let bar = |x: i8| {
            Frame::new()
                .fill(look.panel)
                .inner_margin(Margin::symmetric(x, 0))
        };
        let presents = state.teaching.presenter;
        let width =
            |name: &str, usual: f32| state.settings.panels.get(name).copied().unwrap_or(usual);
        let mut widths: Vec<(&str, f32)> = Vec::new();
        // Where there is little room, the paper has it.
        let narrow = ui.available_width() < 1000.0;
        let most = |least: f32, most: f32| if narrow { least } else { most };
        if !presents {
            Panel::top("toolbar")
                .exact_size(48.0)
                .frame(bar(14))
                .show(ui, |ui| toolbar::show(ui, state, actions));
        }
        Panel::bottom("status")
            .exact_size(28.0)
            .frame(bar(16))
            .show(ui, |ui| status::show(ui, state, actions));
        let asks = state.teaching.quiz.is_some();
        if let Some(heart) = state.shows_living() {
            let shown = Panel::left("living")
                .resizable(true)
                .default_size(width("living", 300.0))
                .size_range(260.0..=most(260.0, 420.0))
                .frame(bar(14))
                .show(ui, |ui| living::show(ui, state, heart, actions));
            widths.push(("living", shown.response.rect.width()));
        } else if presents || asks {
            // A class sees the tracing, and a learner nothing that gives the next case away.
        } else if state.shows_tracings()
            && let Some(list) = &state.worklist
        {
            let shown = Panel::left("worklist")
                .resizable(true)
                .default_size(width("worklist", 288.0))
                .size_range(228.0..=most(228.0, 480.0))
                .frame(bar(10))
                .show(ui, |ui| worklist::show(ui, state, list, actions));
            widths.push(("worklist", shown.response.rect.width()));
        } else if state.shows_tracings() {
            let shown = Panel::left("tracings")
                .resizable(true)
                .default_size(width("tracings", 212.0))
                .size_range(180.0..=most(180.0, 360.0))
                .frame(bar(10))
                .show(ui, |ui| tracings::show(ui, state, actions));
            widths.push(("tracings", shown.response.rect.width()));
        }
        let findings_panel = if presents {
            state.teaching.reveals
        } else {
            state.settings.findings_panel
        };
        if state.shows_lesson() {
            let shown = Panel::right("lesson")
                .resizable(true)
                .default_size(width("lesson", 312.0))
                .size_range(280.0..=most(280.0, 460.0))
                .frame(bar(14))
                .show(ui, |ui| teaching::show(ui, state, actions));
            widths.push(("lesson", shown.response.rect.width()));
        } else if findings_panel {
            let shown = Panel::right("findings")
                .resizable(true)
                .default_size(width("findings", 312.0))
                .size_range(260.0..=most(260.0, 420.0))
                .frame(bar(14))
                .show(ui, |ui| side::show(ui, state, actions));
            widths.push(("findings", shown.response.rect.width()));
        }
        let ground = Frame::new()
            .fill(look.ground)
            .inner_margin(Margin::same(center::GAP as i8));
        CentralPanel::no_frame().frame(ground).show(ui, |ui| {
            notes_view::show(ui, state, actions);
            center::show(ui, state, &mut self.paper, &mut self.prior_paper, actions);
        });
        dialogs::show(ui, state, actions);
        center::drop_overlay(ui);
        for (name, width) in widths.into_iter().filter(|_| !narrow) {
            self.state.settings.panels.insert(name.to_owned(), width);
        }
    }
}
