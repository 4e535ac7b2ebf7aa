//! What the window knows, and what every command does to it. Nothing here paints or waits: an update
//! changes the state and hands back the effects that the world has to carry out.

mod document;
mod notes;
mod view;

use std::path::PathBuf;
use std::sync::Arc;

pub use document::{Document, FindingGroup, Progress, group_of};
pub use notes::{Note, NoteKind, Notes};
pub use view::{Inspector, Scale, Screen, View};

use super::commands::Command;
use super::jobs::{Answer, Job, Source, Tracing};
use super::reader::ReaderCard;
use super::settings::{Settings, ThemeChoice};
use crate::ecg::{LeadName, Warning, WarningCode};
use crate::reading::{Explanation, Reading};
use crate::sheet::{Layout, LeadOrder};
use crate::signal::FilterSettings;

/// Something the world has to do for the state.
#[derive(Debug)]
pub enum Effect {
    /// Queue a job.
    Submit(Job),
    /// Forget the queued jobs of a closed tracing.
    Cancel(u64),
    /// Jobs of this tracing go first.
    Focus(Option<u64>),
    /// Ask for files.
    PickFiles,
    /// Keep the settings.
    Save,
    /// Close the window.
    Quit,
}

/// A window in front of the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    About,
    ModelCard,
    Calibrate,
    Palette { query: String, chosen: usize },
}

/// What the window knows.
#[derive(Debug)]
pub struct AppState {
    pub settings: Settings,
    pub documents: Vec<Document>,
    /// Generation of the tracing that is looked at.
    pub current: Option<u64>,
    pub reader: Progress<ReaderCard>,
    /// Whether a selected finding is shown as heat.
    pub heat: bool,
    pub view: View,
    pub screen: Screen,
    pub inspector: Option<Inspector>,
    /// Lead that the inspector shows when it is opened without one.
    pub last_lead: LeadName,
    /// `None`: shown as soon as there are two tracings.
    pub tracings_panel: Option<bool>,
    pub notes: Notes,
    pub dialog: Option<Dialog>,
    /// Whether the system prefers dark; decides when the theme is the system's.
    pub system_dark: bool,
    /// Select the most telling finding as soon as a reading is there (first start, screenshots).
    pub select_first_finding: bool,
    next_generation: u64,
}

impl AppState {
    /// An empty window.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            documents: Vec::new(),
            current: None,
            reader: Progress::Waiting,
            heat: true,
            view: View::default(),
            screen: Screen::default(),
            inspector: None,
            last_lead: LeadName::II,
            tracings_panel: None,
            notes: Notes::default(),
            dialog: None,
            system_dark: false,
            select_first_finding: false,
            next_generation: 1,
        }
    }

    /// The tracing that is looked at.
    pub fn document(&self) -> Option<&Document> {
        self.documents
            .iter()
            .find(|document| Some(document.generation) == self.current)
    }

    fn document_mut(&mut self) -> Option<&mut Document> {
        let current = self.current;
        self.documents
            .iter_mut()
            .find(|document| Some(document.generation) == current)
    }

    fn by_generation(&mut self, generation: u64) -> Option<&mut Document> {
        self.documents
            .iter_mut()
            .find(|document| document.generation == generation)
    }

    /// Whether the window is dark.
    pub fn dark(&self) -> bool {
        match self.settings.theme {
            ThemeChoice::System => self.system_dark,
            ThemeChoice::Light => false,
            ThemeChoice::Dark => true,
        }
    }

    /// Whether the list of tracings is shown.
    pub fn shows_tracings(&self) -> bool {
        self.tracings_panel.unwrap_or(self.documents.len() > 1)
    }

    /// The explanation to lay over the paper, if one is wanted and there.
    pub fn visible_heat(&self) -> Option<&Arc<Explanation>> {
        let document = self.document().filter(|_| self.heat)?;
        document
            .explanations
            .get(document.selected.as_ref()?)?
            .done()
    }

    /// Whether choosing this command would change nothing, as a radio button shows it.
    pub fn is_on(&self, command: Command) -> bool {
        let settings = &self.settings;
        match command {
            Command::Layout(layout) => settings.layout == layout,
            Command::Order(order) => settings.order == order,
            Command::Speed(speed) => settings.speed == speed,
            Command::Gain(gain) => settings.limb_gain == gain && settings.chest_gain == gain,
            Command::LimbGain(gain) => settings.limb_gain == gain,
            Command::ChestGain(gain) => settings.chest_gain == gain,
            Command::LowCut(cut) => settings.filter.low_cut == cut,
            Command::HighCut(cut) => settings.filter.high_cut == cut,
            Command::Mains(mains) => settings.filter.mains == mains,
            Command::FilterOff => settings.filter == FilterSettings::OFF,
            Command::Heatmap => self.heat && self.document().is_some_and(|d| d.selected.is_some()),
            Command::FindingsPanel => settings.findings_panel,
            Command::TracingsPanel => self.shows_tracings(),
            Command::AbsentFindings => settings.show_absent,
            Command::Inspector => self.inspector.is_some(),
            Command::Fit => self.view.scale == Scale::Fit,
            Command::TrueSize => self.view.scale == Scale::TrueSize,
            Command::Theme(theme) => settings.theme == theme,
            _ => false,
        }
    }

    /// Whether the command can do anything now.
    pub fn is_enabled(&self, command: Command) -> bool {
        let has_tracing = self
            .document()
            .is_some_and(|document| document.tracing.done().is_some());
        match command {
            Command::Close => self.current.is_some(),
            Command::NextTracing | Command::PreviousTracing => self.documents.len() > 1,
            Command::ClearRecent => !self.settings.recent.is_empty(),
            Command::Heatmap | Command::NextFinding | Command::PreviousFinding => self
                .document()
                .is_some_and(|document| !document.order().is_empty()),
            Command::NoFinding => self
                .document()
                .is_some_and(|document| document.selected.is_some()),
            Command::ZoomIn
            | Command::ZoomOut
            | Command::Fit
            | Command::TrueSize
            | Command::Inspector
            | Command::NextLead
            | Command::PreviousLead => has_tracing,
            Command::Earlier => self
                .document()
                .is_some_and(|document| document.start_s > 0.0),
            Command::Later => has_tracing && self.view.end_s + 1e-6 < self.duration_s(),
            Command::DismissNotes => !self.notes.is_empty(),
            _ => true,
        }
    }

    fn duration_s(&self) -> f64 {
        let tracing = self.document().and_then(|document| document.tracing.done());
        tracing.map_or(0.0, |tracing| tracing.recording.duration_s())
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command) -> Vec<Effect> {
        if !self.is_enabled(command) {
            return Vec::new();
        }
        match command {
            Command::Open => return vec![Effect::PickFiles],
            Command::OpenCase => return self.open_source(Source::Bundled(super::FIRST_CASE)),
            Command::Close => return self.close(),
            Command::Quit => return vec![Effect::Quit],
            Command::NextTracing => return self.step(1),
            Command::PreviousTracing => return self.step(-1),
            Command::Heatmap => return self.toggle_heat(),
            Command::NextFinding => return self.step_finding(1),
            Command::PreviousFinding => return self.step_finding(-1),
            Command::NoFinding => {
                if let Some(document) = self.document_mut() {
                    document.selected = None;
                }
                return Vec::new();
            }
            Command::LowCut(_) | Command::HighCut(_) | Command::Mains(_) | Command::FilterOff => {
                return self.filter(command);
            }
            Command::Earlier => self.move_in_time(-0.5),
            Command::Later => self.move_in_time(0.5),
            Command::ZoomIn => self.view.zoom(1.25),
            Command::ZoomOut => self.view.zoom(0.8),
            Command::Fit => {
                self.view = View {
                    scale: Scale::Fit,
                    ..View::default()
                }
            }
            Command::TrueSize => self.view.scale = Scale::TrueSize,
            Command::Calibrate => self.dialog = Some(Dialog::Calibrate),
            Command::About => self.dialog = Some(Dialog::About),
            Command::ModelCard => self.dialog = Some(Dialog::ModelCard),
            Command::Palette => {
                let open = matches!(self.dialog, Some(Dialog::Palette { .. }));
                self.dialog = (!open).then(|| Dialog::Palette {
                    query: String::new(),
                    chosen: 0,
                });
            }
            Command::Inspector => {
                self.inspector = match self.inspector {
                    Some(_) => None,
                    None => Some(Inspector::new(self.last_lead.clone(), None)),
                };
            }
            Command::NextLead => self.step_lead(1),
            Command::PreviousLead => self.step_lead(-1),
            Command::TracingsPanel => self.tracings_panel = Some(!self.shows_tracings()),
            Command::DismissNotes => self.notes.clear(),
            _ => {
                self.change_settings(command);
                return vec![Effect::Save];
            }
        }
        Vec::new()
    }

    fn change_settings(&mut self, command: Command) {
        let dark = self.dark();
        let settings = &mut self.settings;
        match command {
            Command::Layout(layout) => settings.layout = layout,
            Command::Order(LeadOrder::Cabrera) if settings.order == LeadOrder::Cabrera => {
                settings.order = LeadOrder::Standard;
            }
            Command::Order(order) => settings.order = order,
            Command::Speed(speed) => settings.speed = speed,
            Command::Gain(gain) => (settings.limb_gain, settings.chest_gain) = (gain, gain),
            Command::LimbGain(gain) => settings.limb_gain = gain,
            Command::ChestGain(gain) => settings.chest_gain = gain,
            Command::FindingsPanel => settings.findings_panel = !settings.findings_panel,
            Command::AbsentFindings => settings.show_absent = !settings.show_absent,
            Command::ClearRecent => settings.recent.clear(),
            Command::Theme(theme) => settings.theme = theme,
            Command::ToggleTheme => {
                settings.theme = if dark {
                    ThemeChoice::Light
                } else {
                    ThemeChoice::Dark
                }
            }
            _ => {}
        }
        if matches!(
            command,
            Command::Layout(_) | Command::Speed(_) | Command::Gain(_)
        ) {
            self.view = View {
                scale: self.view.scale,
                ..View::default()
            };
        }
    }

    fn filter(&mut self, command: Command) -> Vec<Effect> {
        let filter = &mut self.settings.filter;
        match command {
            Command::LowCut(cut) => filter.low_cut = cut,
            Command::HighCut(cut) => filter.high_cut = cut,
            Command::Mains(mains) => filter.mains = mains,
            _ => *filter = FilterSettings::OFF,
        }
        std::iter::once(Effect::Save)
            .chain(self.refilter())
            .collect()
    }

    /// The job that brings the current tracing up to the chosen filter, if it is not.
    fn refilter(&self) -> Option<Effect> {
        let document = self.document()?;
        let tracing = document
            .tracing
            .done()
            .filter(|tracing| tracing.filter != self.settings.filter)?;
        Some(Effect::Submit(Job::Filter {
            generation: document.generation,
            recording: Arc::clone(&tracing.recording),
            filter: self.settings.filter,
        }))
    }

    /// Opens files; the first of them comes to the front.
    pub fn open(&mut self, paths: impl IntoIterator<Item = PathBuf>) -> Vec<Effect> {
        let mut effects = Vec::new();
        let mut first = None;
        for path in paths {
            let source = Source::File(path);
            effects.extend(self.open_source(source.clone()));
            first = first.or_else(|| {
                self.documents
                    .iter()
                    .find(|d| d.source == source)
                    .map(|d| d.generation)
            });
        }
        effects.extend(first.map(|first| self.select(first)).unwrap_or_default());
        effects
    }

    /// Opens one tracing, or brings it to the front if it is open.
    pub fn open_source(&mut self, source: Source) -> Vec<Effect> {
        if let Some(open) = self
            .documents
            .iter()
            .find(|document| document.source == source)
        {
            return self.select(open.generation);
        }
        let generation = self.next_generation;
        self.next_generation += 1;
        self.documents
            .push(Document::new(generation, source.clone()));
        let decode = Job::Decode {
            generation,
            source,
            filter: self.settings.filter,
        };
        let mut effects = vec![Effect::Submit(decode)];
        effects.extend(self.select(generation));
        effects
    }

    /// Brings a tracing to the front.
    pub fn select(&mut self, generation: u64) -> Vec<Effect> {
        if self.current != Some(generation) {
            self.current = Some(generation);
            self.view = View {
                scale: self.view.scale,
                ..View::default()
            };
            if let Some(inspector) = &mut self.inspector {
                *inspector = Inspector::new(inspector.lead.clone(), None);
            }
        }
        std::iter::once(Effect::Focus(self.current))
            .chain(self.refilter())
            .collect()
    }

    fn step(&mut self, by: isize) -> Vec<Effect> {
        let at = self
            .documents
            .iter()
            .position(|document| Some(document.generation) == self.current);
        let count = self.documents.len();
        let next = at
            .and_then(|at| at.checked_add_signed(by))
            .filter(|next| *next < count);
        next.and_then(|next| self.documents.get(next).map(|d| d.generation))
            .map(|generation| self.select(generation))
            .unwrap_or_default()
    }

    fn close(&mut self) -> Vec<Effect> {
        let Some(current) = self.current else {
            return Vec::new();
        };
        self.remove(current)
    }

    fn remove(&mut self, generation: u64) -> Vec<Effect> {
        let Some(at) = self
            .documents
            .iter()
            .position(|d| d.generation == generation)
        else {
            return Vec::new();
        };
        self.documents.remove(at);
        self.notes.forget(generation);
        let mut effects = vec![Effect::Cancel(generation)];
        if self.current == Some(generation) {
            self.current = None;
            self.inspector = None;
            let next = self
                .documents
                .get(at)
                .or(self.documents.last())
                .map(|document| document.generation);
            match next {
                Some(next) => effects.extend(self.select(next)),
                None => effects.push(Effect::Focus(None)),
            }
        }
        effects
    }

    /// Selects a finding and asks for its explanation; selecting the selected one lets go of it.
    pub fn select_finding(&mut self, id: &str) -> Vec<Effect> {
        let Some(document) = self.document_mut() else {
            return Vec::new();
        };
        if document.selected.as_deref() == Some(id) {
            document.selected = None;
            return Vec::new();
        }
        document.selected = Some(id.to_owned());
        self.heat = true;
        self.document_mut()
            .and_then(Document::explain_selected)
            .map(Effect::Submit)
            .into_iter()
            .collect()
    }

    fn step_finding(&mut self, by: isize) -> Vec<Effect> {
        let show_absent = self.settings.show_absent;
        let Some(document) = self.document() else {
            return Vec::new();
        };
        let order: Vec<String> = document
            .order()
            .into_iter()
            .filter(|finding| show_absent || group_of(finding) != FindingGroup::Absent)
            .map(|finding| finding.statement.id.clone())
            .collect();
        let at = document
            .selected
            .as_ref()
            .and_then(|id| order.iter().position(|other| other == id));
        let next = match at {
            Some(at) => at.checked_add_signed(by),
            None => Some(if by > 0 {
                0
            } else {
                order.len().saturating_sub(1)
            }),
        };
        match next.and_then(|next| order.get(next)) {
            Some(id) => self.select_finding(id),
            None => Vec::new(),
        }
    }

    fn toggle_heat(&mut self) -> Vec<Effect> {
        let Some(document) = self.document() else {
            return Vec::new();
        };
        if document.selected.is_some() {
            self.heat = !self.heat;
            return Vec::new();
        }
        document
            .most_telling()
            .map(|id| self.select_finding(&id))
            .unwrap_or_default()
    }

    fn step_lead(&mut self, by: isize) {
        let Some(tracing) = self.document().and_then(|document| document.tracing.done()) else {
            return;
        };
        let leads: Vec<LeadName> = tracing
            .recording
            .leads
            .iter()
            .map(|lead| lead.name.clone())
            .collect();
        let shown = self
            .inspector
            .as_ref()
            .map_or(&self.last_lead, |inspector| &inspector.lead);
        let at = leads.iter().position(|lead| lead == shown).unwrap_or(0);
        let next = if self.inspector.is_some() {
            at.saturating_add_signed(by)
        } else {
            at
        };
        if let Some(lead) = leads.get(next.min(leads.len().saturating_sub(1))) {
            let at_s = self.inspector.as_ref().and_then(|inspector| inspector.at_s);
            self.inspect(lead.clone(), at_s);
        }
    }

    /// Opens the inspector on a lead, at a time if one was pointed at.
    pub fn inspect(&mut self, lead: LeadName, at_s: Option<f64>) {
        self.last_lead = lead.clone();
        self.inspector = Some(Inspector::new(lead, at_s));
    }

    fn move_in_time(&mut self, pages: f64) {
        let (page_s, duration_s) = (self.view.page_s, self.duration_s());
        if let Some(document) = self.document_mut() {
            let latest = (duration_s - page_s).max(0.0);
            document.start_s = (document.start_s + pages * page_s).clamp(0.0, latest);
        }
    }

    /// Takes in what a worker answered.
    pub fn answer(&mut self, answer: Answer) -> Vec<Effect> {
        match answer {
            Answer::Reader(Ok(card)) => self.reader = Progress::Done(card),
            Answer::Reader(Err(reason)) => {
                self.notes.push(
                    NoteKind::Error,
                    "The second reader could not be started",
                    reason.clone(),
                    None,
                );
                self.reader = Progress::Failed(reason);
            }
            Answer::Decoded {
                generation,
                result: Ok(tracing),
            } => return self.decoded(generation, tracing),
            Answer::Decoded {
                generation,
                result: Err(reason),
            } => {
                let Some(document) = self.by_generation(generation) else {
                    return Vec::new();
                };
                let title = format!("{} could not be opened", document.title);
                let effects = self.remove(generation);
                self.notes.push(NoteKind::Error, &title, reason, None);
                return effects;
            }
            Answer::Filtered {
                generation,
                shown,
                filter,
            } => {
                if let Some(Progress::Done(tracing)) =
                    self.by_generation(generation).map(|d| &mut d.tracing)
                {
                    (tracing.shown, tracing.filter) = (shown, filter);
                }
            }
            Answer::Measured {
                generation,
                measurements,
            } => {
                if let Some(document) = self.by_generation(generation) {
                    document.measurements = Some(measurements);
                }
            }
            Answer::Read { generation, result } => return self.read(generation, result),
            Answer::Explained {
                generation,
                statement,
                result,
            } => {
                let Some(document) = self.by_generation(generation) else {
                    return Vec::new();
                };
                let outcome = match result {
                    Ok(explanation) => Progress::Done(Arc::new(explanation)),
                    Err(reason) => Progress::Failed(reason),
                };
                document.explanations.insert(statement, outcome);
            }
            Answer::Picked(paths) => return self.open(paths),
        }
        Vec::new()
    }

    fn decoded(&mut self, generation: u64, tracing: Tracing) -> Vec<Effect> {
        let Some(document) = self.by_generation(generation) else {
            return Vec::new();
        };
        let recording = Arc::clone(&tracing.recording);
        if matches!(document.source, Source::File(_)) {
            document.title = recording.name.clone();
        }
        document.tracing = Progress::Done(tracing);
        let source = document.source.clone();
        for warning in recording
            .warnings
            .iter()
            .filter(|warning| is_a_doubt(warning))
        {
            self.notes.warn(generation, &warning.message);
        }
        let mut effects = vec![
            Effect::Submit(Job::Measure {
                generation,
                recording: Arc::clone(&recording),
            }),
            Effect::Submit(Job::Read {
                generation,
                recording,
            }),
        ];
        if let Source::File(path) = source {
            self.settings.remember(&path);
            effects.push(Effect::Save);
        }
        if self.current == Some(generation) {
            effects.extend(self.refilter());
        }
        effects
    }

    fn read(&mut self, generation: u64, result: Result<Reading, String>) -> Vec<Effect> {
        let Some(document) = self.by_generation(generation) else {
            return Vec::new();
        };
        document.reading = match result {
            Ok(reading) => Progress::Done(Arc::new(reading)),
            Err(reason) => Progress::Failed(reason),
        };
        let telling = document.most_telling();
        if self.select_first_finding && self.current == Some(generation) && telling.is_some() {
            self.select_first_finding = false;
            return telling
                .map(|id| self.select_finding(&id))
                .unwrap_or_default();
        }
        Vec::new()
    }
}

/// That a tracing is simulated stands on its page already.
fn is_a_doubt(warning: &Warning) -> bool {
    warning.code != WarningCode::Simulated
}

/// What a layout is called on a narrow button.
pub fn layout_label(layout: Layout) -> &'static str {
    match layout {
        Layout::ThreeByFour => "3×4",
        Layout::ThreeByFourOne => "3×4+1",
        Layout::ThreeByFourThree => "3×4+3",
        Layout::SixByTwo => "6×2",
        Layout::TwelveByOne => "12×1",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
