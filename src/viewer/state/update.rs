//! What every command does to the state.

use super::{AppState, Dialog, Effect, Inspector, Scale, View};
use crate::sheet::{Layout, LeadOrder};
use crate::signal::{FilterSettings, HighCut, LowCut};
use crate::viewer::commands::Command;
use crate::viewer::jobs::Source;
use crate::viewer::measured::export;
use crate::viewer::review::ReviewCommand;
use crate::viewer::search_list::Search;
use crate::viewer::settings::{Gain, Speed, TEXT_SCALES, ThemeChoice};
use crate::viewer::shortcuts::Editing;
use crate::viewer::side::Side;

/// The next size of text, larger or smaller, as far as there is one.
fn other_scale(percent: u16, by: isize) -> u16 {
    let at = TEXT_SCALES.iter().position(|scale| *scale == percent);
    at.and_then(|at| TEXT_SCALES.get(at.checked_add_signed(by)?).copied())
        .unwrap_or(percent)
}

const LAYOUTS: [Layout; 5] = [
    Layout::ThreeByFour,
    Layout::ThreeByFourOne,
    Layout::ThreeByFourThree,
    Layout::SixByTwo,
    Layout::TwelveByOne,
];

/// The filters that one key goes through: diagnostic, without muscle, without wander and muscle, none.
fn filters() -> [FilterSettings; 4] {
    let diagnostic = FilterSettings::default();
    let muscle = FilterSettings {
        high_cut: Some(HighCut::Hz40),
        ..diagnostic
    };
    let monitor = FilterSettings {
        low_cut: Some(LowCut::Hz0_5),
        ..muscle
    };
    [diagnostic, muscle, monitor, FilterSettings::OFF]
}

/// The one after `now`, or the first.
fn next<T: Copy + PartialEq>(all: &[T], now: T) -> T {
    let at = all.iter().position(|one| *one == now);
    let next = at.map_or(0, |at| (at + 1) % all.len().max(1));
    all.get(next).copied().unwrap_or(now)
}

impl AppState {
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
            Command::Side(side) => settings.findings_panel && settings.side == side,
            Command::LeadTable => {
                settings.lead_table && self.is_on(Command::Side(Side::Measurements))
            }
            Command::Ticks => settings.ticks,
            Command::Caliper(tool) => self.calipers.tool == Some(tool),
            Command::MarchOut => self.calipers.march,
            Command::RateOver(intervals) => self.calipers.intervals == intervals,
            Command::Magnifier => self.magnifier,
            Command::Explain(method) => settings.method == method,
            Command::Below(below) => self.below == Some(below),
            Command::Inspector => self.inspector.is_some(),
            Command::Review(ReviewCommand::Annotator) => self.review.annotator,
            Command::Review(ReviewCommand::MarkOnPaper) => self.review.marking,
            Command::Review(ReviewCommand::Boundaries) => self.hand().is_some(),
            Command::Fit => self.view.scale == Scale::Fit,
            Command::TrueSize => self.view.scale == Scale::TrueSize,
            Command::Theme(theme) => settings.theme == theme,
            Command::TextScale(percent) => settings.text_scale == percent,
            Command::BlindMode => self.teaching.blind,
            Command::Presenter => self.teaching.presenter,
            Command::SortWorklist(sort) => self.worklist.as_ref().is_some_and(|w| w.sort == sort),
            Command::ShowInWorklist(show) => self.worklist.as_ref().is_some_and(|w| w.show == show),
            _ => false,
        }
    }

    /// Whether the command can do anything now.
    pub fn is_enabled(&self, command: Command) -> bool {
        let has_tracing = self
            .document()
            .is_some_and(|document| document.tracing.done().is_some());
        match command {
            command if self.hand_takes(command) => true,
            command if self.calipers_take(command) => has_tracing,
            Command::Caliper(_) | Command::MarchOut | Command::Magnifier => has_tracing,
            Command::NextLeg => !self.calipers.is_empty(),
            Command::LegLater | Command::LegEarlier => self.calipers.time.is_some(),
            Command::ClearCalipers => !self.calipers.is_empty(),
            Command::Close => self.current.is_some(),
            Command::NextTracing | Command::PreviousTracing => {
                self.worklist.is_some() || self.documents.len() > 1
            }
            Command::Commit => self.shows_lesson() && self.blinds_in_front(),
            Command::NextCase => {
                let going = self.teaching.quiz.as_ref().is_some_and(|quiz| !quiz.over);
                going && !self.blinds_in_front()
            }
            Command::EndQuiz => self.teaching.quiz.is_some(),
            Command::SaveResults => self
                .teaching
                .quiz
                .as_ref()
                .is_some_and(|quiz| quiz.done() > 0),
            Command::Heatmap | Command::NextFinding | Command::PreviousFinding
                if self.document().is_some_and(|document| self.hides(document)) =>
            {
                false
            }
            Command::NoFinding if self.teaching.presenter => true,
            Command::FindInWorklist
            | Command::SortWorklist(_)
            | Command::ShowInWorklist(_)
            | Command::CloseWorklist => self.worklist.is_some(),
            Command::PauseWorklist => self.worklist.as_ref().is_some_and(|list| !list.finished()),
            Command::ClearRecent => !self.settings.recent.is_empty(),
            Command::Heatmap | Command::NextFinding | Command::PreviousFinding => self
                .document()
                .is_some_and(|document| !document.order().is_empty() && !self.hides(document)),
            Command::Review(command) => self.can_run_review(command),
            Command::NoFinding => {
                let document = self.document();
                self.place.is_some()
                    || self.review.hand.is_some()
                    || !self.calipers.is_empty()
                    || document.is_some_and(|d| d.selected.is_some())
            }
            Command::CopyMeasurements | Command::CopyMeasurementsCsv => {
                has_tracing && self.document().is_some_and(|d| d.measured().is_some())
            }
            Command::ZoomIn
            | Command::ZoomOut
            | Command::Fit
            | Command::TrueSize
            | Command::Inspector
            | Command::Below(_)
            | Command::NextLead
            | Command::PreviousLead
            | Command::SaveCopy
            | Command::SaveWithoutIdentity => has_tracing,
            Command::Earlier | Command::Beginning => self
                .document()
                .is_some_and(|document| document.start_s > 0.0),
            Command::Later | Command::End => {
                has_tracing && self.view.end_s + 1e-6 < self.duration_s()
            }
            Command::DismissNotes => !self.notes.is_empty(),
            _ => true,
        }
    }

    /// Does what a command says.
    pub fn update(&mut self, command: Command) -> Vec<Effect> {
        if !self.is_enabled(command) {
            return Vec::new();
        }
        if self.hand_takes(command) {
            return self.use_hand(command);
        }
        if self.use_calipers(command) {
            return Vec::new();
        }
        match command {
            Command::Open => return vec![Effect::PickFiles],
            Command::OpenFolder => return vec![Effect::PickFolder],
            Command::FindInWorklist => {
                self.tracings_panel = None;
                if let Some(worklist) = &mut self.worklist {
                    worklist.seek = true;
                }
            }
            Command::SortWorklist(sort) => self.sort_worklist(sort),
            Command::ShowInWorklist(show) => self.show_in_worklist(show),
            Command::PauseWorklist => return self.pause_worklist(),
            Command::CloseWorklist => return self.close_worklist(),
            Command::LivingCase => return self.open_living(),
            Command::BlindMode => self.toggle_blind(),
            Command::Quiz => self.plan_quiz(),
            Command::Commit => return self.commit(false),
            Command::NextCase => return self.next_case(),
            Command::EndQuiz => self.end_quiz(),
            Command::SaveResults => return vec![Effect::PickSave("quiz results.csv".to_owned())],
            Command::Presenter => return self.toggle_presenter(),
            Command::FindingsPanel if self.teaching.presenter => {
                self.teaching.reveals = !self.teaching.reveals;
            }
            Command::SaveCopy => return self.save_copy(false),
            Command::SaveWithoutIdentity => return self.save_copy(true),
            Command::OpenCase => {
                return self.open_source(Source::Bundled(crate::viewer::FIRST_CASE));
            }
            Command::Close => return self.close(),
            Command::Quit => return vec![Effect::Quit],
            Command::NextTracing => return self.step(1),
            Command::PreviousTracing => return self.step(-1),
            Command::Review(command) => return self.run_review(command),
            Command::Explain(method) => return self.explain_by(method),
            Command::Heatmap => return self.toggle_heat(),
            Command::NextFinding => return self.step_finding(1),
            Command::PreviousFinding => return self.step_finding(-1),
            Command::NoFinding => {
                if self.review.hand.take().is_some() {
                    return Vec::new();
                }
                if !self.calipers.is_empty() {
                    self.calipers.clear();
                    return Vec::new();
                }
                if self.place.take().is_some() {
                    return Vec::new();
                }
                let selected = self
                    .document_mut()
                    .and_then(|document| document.selected.take());
                if selected.is_none() && self.teaching.presenter {
                    return self.toggle_presenter();
                }
                return Vec::new();
            }
            Command::CopyMeasurements | Command::CopyMeasurementsCsv => {
                return self.copied(command).into_iter().map(Effect::Copy).collect();
            }
            Command::LowCut(_)
            | Command::HighCut(_)
            | Command::Mains(_)
            | Command::NextFilter
            | Command::FilterOff => {
                return self.filter(command);
            }
            Command::Beginning => self.start_at(0.0),
            Command::End => self.start_at(f64::MAX),
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
            Command::Shortcuts => {
                self.dialog = Some(Dialog::Shortcuts(Editing::default()));
            }
            Command::Palette => {
                let open = matches!(self.dialog, Some(Dialog::Palette(_)));
                self.dialog = (!open).then(|| Dialog::Palette(Search::default()));
            }
            Command::Inspector => {
                self.below = None;
                self.review.hand = None;
                self.inspector = match self.inspector {
                    Some(_) => None,
                    None => Some(Inspector::new(self.last_lead.clone(), None)),
                };
            }
            Command::Below(below) => {
                self.inspector = None;
                self.review.hand = None;
                self.below = (self.below != Some(below)).then_some(below);
            }
            Command::NextLead => self.step_lead(1),
            Command::PreviousLead => self.step_lead(-1),
            Command::Magnifier => self.magnifier = !self.magnifier,
            Command::TracingsPanel => self.tracings_panel = Some(!self.shows_tracings()),
            Command::DismissNotes => self.notes.clear(),
            _ => {
                self.change_settings(command);
                let mut effects = vec![Effect::Save];
                effects.extend(self.compare_if_wanted());
                return effects;
            }
        }
        Vec::new()
    }

    fn change_settings(&mut self, command: Command) {
        let (dark, on) = (self.dark(), self.is_on(command));
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
            Command::NextLayout => settings.layout = next(&LAYOUTS, settings.layout),
            Command::NextSpeed => settings.speed = next(&Speed::ALL, settings.speed),
            Command::NextGain => {
                let gain = next(&Gain::ALL, settings.limb_gain);
                (settings.limb_gain, settings.chest_gain) = (gain, gain);
            }
            Command::Side(side) => (settings.side, settings.findings_panel) = (side, true),
            Command::LeadTable if on => settings.lead_table = false,
            Command::LeadTable => {
                settings.lead_table = true;
                (settings.side, settings.findings_panel) = (Side::Measurements, true);
                self.reveals_leads = true;
            }
            Command::Ticks => settings.ticks = !settings.ticks,
            Command::FindingsPanel => settings.findings_panel = !settings.findings_panel,
            Command::AbsentFindings => settings.show_absent = !settings.show_absent,
            Command::ClearRecent => settings.recent.clear(),
            Command::Theme(theme) => settings.theme = theme,
            Command::TextScale(percent) => settings.text_scale = percent,
            Command::LargerText => settings.text_scale = other_scale(settings.text_scale, 1),
            Command::SmallerText => settings.text_scale = other_scale(settings.text_scale, -1),
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
            Command::Layout(_)
                | Command::Speed(_)
                | Command::Gain(_)
                | Command::NextLayout
                | Command::NextSpeed
                | Command::NextGain
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
            Command::NextFilter => *filter = next(&filters(), *filter),
            _ => *filter = FilterSettings::OFF,
        }
        std::iter::once(Effect::Save)
            .chain(self.refilter())
            .chain(self.redraw())
            .collect()
    }

    /// The measurements as text or as comma-separated values.
    fn copied(&self, command: Command) -> Option<String> {
        let document = self.document()?;
        let (measured, tracing) = (document.measured()?, document.tracing.done()?);
        let stated = !self.hides_machine(document);
        match command {
            Command::CopyMeasurementsCsv => {
                export::as_csv(measured, &tracing.recording, stated).ok()
            }
            _ => Some(export::as_text(measured, &tracing.recording, stated)),
        }
    }
}
