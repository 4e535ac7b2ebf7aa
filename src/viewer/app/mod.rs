//! The window itself: takes in input and answers, lays out the parts, applies what they report.

mod keyboard;
mod panels;
mod surroundings;

use std::path::PathBuf;
use std::time::Instant;

use eframe::egui::{self, Context, Ui, ViewportCommand};

use crate::network::DevicePreference;
use crate::review::default_path;
use crate::viewer::FIRST_CASE;
use crate::viewer::action::{Action, Actions};
use crate::viewer::jobs::{Answer, Job, Jobs, Source, Tally};
use crate::viewer::paper_view::PaperView;
use crate::viewer::reader::{ReaderFactory, real_reader};
use crate::viewer::review::{Desk, Task, Told};
use crate::viewer::screenshot::Screenshot;
use crate::viewer::settings::{Settings, ThemeChoice};
use crate::viewer::state::{AppState, Effect, NoteKind};
use crate::viewer::theme;

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
        weights: Option<PathBuf>,
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
            reader: real_reader(weights, DevicePreference::Auto),
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
            Action::LeadsRevealed => {
                state.reveals_leads = false;
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
        let mut actions: Actions = keyboard::commands(&ctx, &self.state);
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
