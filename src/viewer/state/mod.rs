//! What the window knows, and what every command does to it. Nothing here paints or waits: an update
//! changes the state and hands back the effects that the world has to carry out.

mod answers;
mod compare;
mod document;
mod imports;
mod moves;
mod notes;
mod place;
mod saving;
mod tools;
mod update;
mod view;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

pub use document::{Document, FindingGroup, Progress, UNREMARKABLE, group_of, in_a_line};
pub use imports::{Import, Question, Remembered};
pub use notes::{Note, NoteKind, Notes};
pub use place::{Place, PlaceMark};
pub use saving::Saved;
pub use view::{Inspector, Scale, Screen, View};

use super::beats::Below;
use super::calipers::Calipers;
use super::comparison::Comparison;
use super::jobs::{Job, Source};
use super::keymap::Keymap;
use super::living::Living;
use super::reader::ReaderCard;
use super::review::{ReviewDialog, ReviewState, Task};
use super::search_list::Search;
use super::settings::{Settings, ThemeChoice};
use super::shortcuts::{Editing, KeyChange};
use super::teaching::Teaching;
use super::worklist::{MANY, Worklist};
use crate::ecg::{LeadName, Recording};
use crate::reading::Explanation;
use crate::sheet::{Layout, Palette};

/// Something the world has to do for the state.
#[derive(Debug)]
pub enum Effect {
    /// Queue a job.
    Submit(Job),
    /// Forget the queued jobs of a closed tracing.
    Cancel(u64),
    /// Jobs of this tracing go first.
    Focus(Option<u64>),
    /// Look for earlier tracings of the same patient.
    FindPriors {
        generation: u64,
        recording: Arc<Recording>,
        folder: Option<PathBuf>,
        others: Vec<PathBuf>,
    },
    /// Ask for files.
    PickFiles,
    /// Put text on the clipboard.
    Copy(String),
    /// Ask for a folder.
    PickFolder,
    /// List the tracings of folders.
    List {
        generation: u64,
        roots: Vec<PathBuf>,
    },
    /// Forget the queued jobs of the worklist, not its listing.
    CancelBackground(u64),
    /// These lines of the worklist are worked on first.
    InView(Vec<usize>),
    /// Ask where a copy goes.
    PickTarget {
        generation: u64,
        name: String,
        without_identity: bool,
    },
    /// Keep the settings.
    Save,
    /// Give the desk a task.
    Review(Task),
    /// Ask for a file to write to, by a name to suggest.
    PickSave(String),
    /// Write a text into a file.
    Write { path: PathBuf, text: String },
    /// Fill the screen, or give it back.
    FullScreen(bool),
    /// Ask where the report on the tracing of that generation and name goes.
    PickReport(u64, String),
    /// Close the window.
    Quit,
}

/// A window in front of the window.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    About,
    ModelCard,
    Calibrate,
    Palette(Search),
    Review(ReviewDialog),
    /// What a quiz is to be made of.
    Quiz,
    /// The keys of all commands.
    Shortcuts(Editing),
    /// What a table holds.
    Import(Box<Import>),
}

/// What the window knows.
#[derive(Debug)]
pub struct AppState {
    pub settings: Settings,
    /// The keys of all commands, as the settings have them.
    pub keymap: Arc<Keymap>,
    pub documents: Vec<Document>,
    /// Generation of the tracing that is looked at.
    pub current: Option<u64>,
    pub reader: Progress<ReaderCard>,
    /// Whether a selected finding is shown as heat.
    pub heat: bool,
    pub view: View,
    pub screen: Screen,
    pub inspector: Option<Inspector>,
    /// Where on the paper the number that was asked for was taken.
    pub place: Option<Place>,
    /// The comparison with an earlier tracing, while it is wanted.
    pub comparison: Option<Comparison>,
    /// What about the heartbeats stands beneath the paper.
    pub below: Option<Below>,
    /// The shape of beats that is looked at: an index into the measured classes.
    pub beat_class: usize,
    pub calipers: Calipers,
    /// Whether the paper under the pointer is enlarged.
    pub magnifier: bool,
    /// Lead that the inspector shows when it is opened without one.
    pub last_lead: LeadName,
    /// Whether the amplitudes by lead are yet to be brought into view.
    pub reveals_leads: bool,
    /// `None`: shown as soon as there are two tracings.
    pub tracings_panel: Option<bool>,
    /// The tracings of a folder, if one is open.
    pub worklist: Option<Worklist>,
    /// Blind reading, quizzes, presenting.
    pub teaching: Teaching,
    /// The simulated heart with handles, if it is open.
    pub living: Option<Living>,
    pub notes: Notes,
    pub dialog: Option<Dialog>,
    /// What people say of the tracings.
    pub review: ReviewState,
    /// Tables that wait to be asked about.
    questions: VecDeque<Import>,
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
            keymap: Arc::new(Keymap::from_settings(&settings.shortcuts)),
            settings,
            documents: Vec::new(),
            current: None,
            reader: Progress::Waiting,
            heat: true,
            view: View::default(),
            screen: Screen::default(),
            inspector: None,
            place: None,
            comparison: None,
            below: None,
            beat_class: 0,
            calipers: Calipers::default(),
            magnifier: false,
            last_lead: LeadName::II,
            reveals_leads: false,
            tracings_panel: None,
            worklist: None,
            teaching: Teaching::default(),
            living: None,
            notes: Notes::default(),
            dialog: None,
            review: ReviewState::default(),
            questions: VecDeque::new(),
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

    pub(in crate::viewer) fn document_mut(&mut self) -> Option<&mut Document> {
        let current = self.current;
        self.documents
            .iter_mut()
            .find(|document| Some(document.generation) == current)
    }

    pub(in crate::viewer) fn by_generation(&mut self, generation: u64) -> Option<&mut Document> {
        self.documents
            .iter_mut()
            .find(|document| document.generation == generation)
    }

    /// Whether the window is dark.
    pub fn dark(&self) -> bool {
        match self.settings.theme {
            ThemeChoice::System => self.system_dark,
            ThemeChoice::Light | ThemeChoice::Paper => false,
            ThemeChoice::Dark => true,
        }
    }

    /// The colours of the paper, on the screen and in the report.
    pub fn paper_colors(&self) -> Palette {
        match self.settings.theme {
            ThemeChoice::Paper => Palette::RED,
            ThemeChoice::System | ThemeChoice::Light | ThemeChoice::Dark => Palette::ROSE,
        }
    }

    /// Whether the list of tracings is shown.
    pub fn shows_tracings(&self) -> bool {
        let several = self.worklist.is_some() || self.documents.len() > 1;
        self.tracings_panel.unwrap_or(several)
    }

    /// The explanation to lay over the paper, if one is wanted and there.
    pub fn visible_heat(&self) -> Option<&Arc<Explanation>> {
        let document = self.document().filter(|_| self.heat)?;
        if self.hides_heat(document) {
            return None;
        }
        if let Some(place) = self.marked_place() {
            return Some(place);
        }
        document
            .explanations
            .get(document.selected.as_ref()?)?
            .done()
    }

    /// The job that brings the current tracing up to the chosen filter, if it is not.
    pub(in crate::viewer) fn refilter(&self) -> Option<Effect> {
        let document = self.document().filter(|d| d.source != Source::Living)?;
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

    /// Opens files; the first of them comes to the front. A folder, or many files, become a worklist.
    pub fn open(&mut self, paths: impl IntoIterator<Item = PathBuf>) -> Vec<Effect> {
        let paths: Vec<PathBuf> = paths.into_iter().collect();
        if paths.len() > MANY || paths.iter().any(|path| path.is_dir()) {
            return self.open_worklist(paths);
        }
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
        let (generation, mut effects) = self.open_behind(source);
        effects.extend(self.select(generation));
        effects
    }

    /// Opens one tracing, if it is not open, without bringing it to the front.
    pub(in crate::viewer) fn open_behind(&mut self, source: Source) -> (u64, Vec<Effect>) {
        let open = self
            .documents
            .iter()
            .find(|document| document.source == source);
        if let Some(open) = open {
            return (open.generation, Vec::new());
        }
        let generation = self.add_document(source.clone());
        let decode = Job::Decode {
            generation,
            source,
            filter: self.settings.filter,
        };
        (generation, vec![Effect::Submit(decode)])
    }

    pub(in crate::viewer) fn add_document(&mut self, source: Source) -> u64 {
        let generation = self.new_generation();
        self.documents.push(Document::new(generation, source));
        generation
    }

    pub(in crate::viewer) fn new_generation(&mut self) -> u64 {
        let generation = self.next_generation;
        self.next_generation += 1;
        generation
    }

    /// Brings a tracing to the front.
    pub fn select(&mut self, generation: u64) -> Vec<Effect> {
        if self.current != Some(generation) {
            self.current = Some(generation);
            self.place = None;
            self.review.hand = None;
            self.calipers.clear();
            self.beat_class = 0;
            self.view = View {
                scale: self.view.scale,
                ..View::default()
            };
            if let Some(inspector) = &mut self.inspector {
                *inspector = Inspector::new(inspector.lead.clone(), None);
            }
        }
        let compare = self.compare_if_wanted();
        std::iter::once(Effect::Focus(self.current))
            .chain(self.refilter())
            .chain(self.redraw())
            .chain(compare)
            .collect()
    }

    pub(in crate::viewer) fn remove(&mut self, generation: u64) -> Vec<Effect> {
        let Some(at) = self
            .documents
            .iter()
            .position(|d| d.generation == generation)
        else {
            return Vec::new();
        };
        self.documents.remove(at);
        self.living
            .take_if(|living| living.generation == generation);
        if let Some(worklist) = &mut self.worklist {
            worklist.kept.retain(|kept| *kept != generation);
        }
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
        let method = self.settings.method;
        self.document_mut()
            .and_then(|document| document.explain_selected(method))
            .map(Effect::Submit)
            .into_iter()
            .collect()
    }

    /// Shows where a number was taken, moving along the tracing if the page does not reach there; asking again for
    /// the place that is shown lets go of it.
    pub fn go_to(&mut self, place: Place) {
        if self
            .place
            .as_ref()
            .is_some_and(|shown| shown.title == place.title)
        {
            self.place = None;
            return;
        }
        let (page_s, end_s) = (self.view.page_s, self.view.end_s);
        let duration_s = self.duration_s();
        if let Some(document) = self.document_mut() {
            let on_page = place.to_s <= end_s && place.from_s >= document.start_s;
            let longer = place.to_s - place.from_s > page_s;
            let overlaps = place.to_s > document.start_s && place.from_s < end_s;
            if !(on_page || longer && overlaps) {
                let latest = (duration_s - page_s).max(0.0);
                document.start_s = (place.from_s - page_s * 0.3).clamp(0.0, latest);
            }
        }
        self.place = Some(place);
    }

    /// Changes the key of a command.
    pub(in crate::viewer) fn change_key(&mut self, change: KeyChange) -> Vec<Effect> {
        let mut keymap = Keymap::clone(&self.keymap);
        match change {
            KeyChange::Set(command, keys) => keymap.set(command, keys),
            KeyChange::ResetAll => keymap.reset_all(),
            KeyChange::Reset(command) => {
                let taken = keymap.reset(command);
                if let (Some(other), Some(Dialog::Shortcuts(editing))) = (taken, &mut self.dialog) {
                    let name = other.name();
                    editing.refused =
                        Some(format!("Its key now runs “{name}”: reset that one first."));
                }
            }
        }
        self.settings.shortcuts = keymap.to_settings();
        self.keymap = Arc::new(keymap);
        vec![Effect::Save]
    }

    /// Opens the inspector on a lead, at a time if one was pointed at.
    pub fn inspect(&mut self, lead: LeadName, at_s: Option<f64>) {
        self.last_lead = lead.clone();
        self.below = None;
        self.review.hand = None;
        self.inspector = Some(Inspector::new(lead, at_s));
    }
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
