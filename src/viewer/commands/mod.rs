//! The one command list: every action is a variant with its name, hint and shortcut. Toolbar, menu,
//! keyboard, palette and tests all go through it.

mod fuzzy;
mod keys;
mod words;

pub use fuzzy::fuzzy;

use super::beats::Below;
use super::calipers::Tool;
use super::review::ReviewCommand;
use super::settings::{Gain, Speed, ThemeChoice};
use super::side::Side;
use super::worklist::{Show, Sort};
use crate::reading::Method;
use crate::sheet::{Layout, LeadOrder};
use crate::signal::{HighCut, LowCut, MainsFilter};

/// Something that a person can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    Open,
    OpenFolder,
    OpenCase,
    SaveCopy,
    SaveWithoutIdentity,
    Close,
    ClearRecent,
    Quit,
    NextTracing,
    PreviousTracing,
    FindInWorklist,
    SortWorklist(Sort),
    ShowInWorklist(Show),
    PauseWorklist,
    CloseWorklist,
    LivingCase,
    BlindMode,
    Quiz,
    Commit,
    NextCase,
    EndQuiz,
    SaveResults,
    Presenter,
    Layout(Layout),
    Order(LeadOrder),
    Speed(Speed),
    Gain(Gain),
    LimbGain(Gain),
    ChestGain(Gain),
    LowCut(Option<LowCut>),
    HighCut(Option<HighCut>),
    Mains(Option<MainsFilter>),
    FilterOff,
    NextLayout,
    NextSpeed,
    NextGain,
    NextFilter,
    Beginning,
    End,
    Earlier,
    Later,
    ZoomIn,
    ZoomOut,
    Fit,
    TrueSize,
    Calibrate,
    Heatmap,
    Explain(Method),
    Below(Below),
    NextFinding,
    PreviousFinding,
    NoFinding,
    AbsentFindings,
    FindingsPanel,
    Side(Side),
    LeadTable,
    CopyMeasurements,
    CopyMeasurementsCsv,
    Ticks,
    Caliper(Tool),
    MarchOut,
    /// Rate from so many RR intervals between the calipers.
    RateOver(u8),
    NextLeg,
    LegLater,
    LegEarlier,
    ClearCalipers,
    Magnifier,
    TracingsPanel,
    Inspector,
    NextLead,
    PreviousLead,
    Theme(ThemeChoice),
    ToggleTheme,
    /// Size of the text, in percent.
    TextScale(u16),
    LargerText,
    SmallerText,
    Shortcuts,
    Palette,
    DismissNotes,
    About,
    ModelCard,
    Review(ReviewCommand),
}

/// Where a command stands in the menu.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    File,
    Worklist,
    Paper,
    Filter,
    View,
    Calipers,
    SecondReader,
    Review,
    Teaching,
    Window,
    Help,
}

impl Group {
    /// Every group in menu order.
    pub const ALL: [Self; 11] = [
        Self::File,
        Self::Worklist,
        Self::Paper,
        Self::Filter,
        Self::View,
        Self::Calipers,
        Self::SecondReader,
        Self::Review,
        Self::Teaching,
        Self::Window,
        Self::Help,
    ];

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::Worklist => "Worklist",
            Self::Paper => "Paper",
            Self::Filter => "Filter",
            Self::View => "View",
            Self::Calipers => "Calipers",
            Self::SecondReader => "Second reader",
            Self::Review => "Review",
            Self::Teaching => "Teaching",
            Self::Window => "Window",
            Self::Help => "Help",
        }
    }
}

impl Command {
    /// Every command there is.
    pub const ALL: &[Self] = &[
        Self::Open,
        Self::OpenFolder,
        Self::OpenCase,
        Self::SaveCopy,
        Self::SaveWithoutIdentity,
        Self::Close,
        Self::ClearRecent,
        Self::Quit,
        Self::NextTracing,
        Self::PreviousTracing,
        Self::FindInWorklist,
        Self::SortWorklist(Sort::Urgency),
        Self::SortWorklist(Sort::Date),
        Self::SortWorklist(Sort::Patient),
        Self::SortWorklist(Sort::Name),
        Self::SortWorklist(Sort::Uncertain),
        Self::SortWorklist(Sort::Disagreement),
        Self::ShowInWorklist(Show::All),
        Self::ShowInWorklist(Show::Urgent),
        Self::ShowInWorklist(Show::New),
        Self::ShowInWorklist(Show::InProgress),
        Self::ShowInWorklist(Show::Signed),
        Self::ShowInWorklist(Show::Unreadable),
        Self::PauseWorklist,
        Self::CloseWorklist,
        Self::Layout(Layout::ThreeByFour),
        Self::Layout(Layout::ThreeByFourOne),
        Self::Layout(Layout::ThreeByFourThree),
        Self::Layout(Layout::SixByTwo),
        Self::Layout(Layout::TwelveByOne),
        Self::Order(LeadOrder::Standard),
        Self::Order(LeadOrder::Cabrera),
        Self::Speed(Speed::Half),
        Self::Speed(Speed::Standard),
        Self::Speed(Speed::Double),
        Self::Gain(Gain::Quarter),
        Self::Gain(Gain::Half),
        Self::Gain(Gain::Standard),
        Self::Gain(Gain::Double),
        Self::LimbGain(Gain::Quarter),
        Self::LimbGain(Gain::Half),
        Self::LimbGain(Gain::Standard),
        Self::LimbGain(Gain::Double),
        Self::ChestGain(Gain::Quarter),
        Self::ChestGain(Gain::Half),
        Self::ChestGain(Gain::Standard),
        Self::ChestGain(Gain::Double),
        Self::FilterOff,
        Self::LowCut(None),
        Self::LowCut(Some(LowCut::Hz0_05)),
        Self::LowCut(Some(LowCut::Hz0_15)),
        Self::LowCut(Some(LowCut::Hz0_5)),
        Self::LowCut(Some(LowCut::Hz0_67)),
        Self::HighCut(None),
        Self::HighCut(Some(HighCut::Hz40)),
        Self::HighCut(Some(HighCut::Hz100)),
        Self::HighCut(Some(HighCut::Hz150)),
        Self::Mains(None),
        Self::Mains(Some(MainsFilter::Auto)),
        Self::Mains(Some(MainsFilter::Hz50)),
        Self::Mains(Some(MainsFilter::Hz60)),
        Self::Fit,
        Self::TrueSize,
        Self::ZoomIn,
        Self::ZoomOut,
        Self::NextLayout,
        Self::NextSpeed,
        Self::NextGain,
        Self::NextFilter,
        Self::Earlier,
        Self::Later,
        Self::Beginning,
        Self::End,
        Self::Calibrate,
        Self::Heatmap,
        Self::Explain(Method::LeadWeighted),
        Self::Explain(Method::IntegratedGradients),
        Self::Explain(Method::HiResCam),
        Self::Explain(Method::GradCam),
        Self::Below(Below::Beats),
        Self::Below(Below::Tachogram),
        Self::NextFinding,
        Self::PreviousFinding,
        Self::NoFinding,
        Self::AbsentFindings,
        Self::Review(ReviewCommand::Confirm),
        Self::Review(ReviewCommand::Reject),
        Self::Review(ReviewCommand::ConfirmAll),
        Self::Review(ReviewCommand::Undo),
        Self::Review(ReviewCommand::Redo),
        Self::Review(ReviewCommand::Add),
        Self::Review(ReviewCommand::Conclusion),
        Self::Review(ReviewCommand::Sign),
        Self::Review(ReviewCommand::Amend),
        Self::Review(ReviewCommand::Reader),
        Self::Review(ReviewCommand::Project),
        Self::Review(ReviewCommand::Annotator),
        Self::Review(ReviewCommand::MarkOnPaper),
        Self::Review(ReviewCommand::Boundaries),
        Self::Review(ReviewCommand::NextBeat),
        Self::Review(ReviewCommand::PreviousBeat),
        Self::Review(ReviewCommand::TakeBoundary),
        Self::Review(ReviewCommand::Report),
        Self::Review(ReviewCommand::Label(0)),
        Self::Review(ReviewCommand::Label(1)),
        Self::Review(ReviewCommand::Label(2)),
        Self::Review(ReviewCommand::Label(3)),
        Self::Review(ReviewCommand::Label(4)),
        Self::Review(ReviewCommand::Label(5)),
        Self::Review(ReviewCommand::Label(6)),
        Self::Review(ReviewCommand::Label(7)),
        Self::Review(ReviewCommand::Label(8)),
        Self::Review(ReviewCommand::Label(9)),
        Self::Review(ReviewCommand::Label(10)),
        Self::Review(ReviewCommand::Label(11)),
        Self::Review(ReviewCommand::Label(12)),
        Self::Review(ReviewCommand::Label(13)),
        Self::Review(ReviewCommand::Label(14)),
        Self::Review(ReviewCommand::Label(15)),
        Self::Review(ReviewCommand::Label(16)),
        Self::Review(ReviewCommand::Label(17)),
        Self::Review(ReviewCommand::Label(18)),
        Self::Review(ReviewCommand::Label(19)),
        Self::Review(ReviewCommand::Label(20)),
        Self::Review(ReviewCommand::Label(21)),
        Self::Review(ReviewCommand::Label(22)),
        Self::Review(ReviewCommand::Label(23)),
        Self::Review(ReviewCommand::Label(24)),
        Self::Review(ReviewCommand::Label(25)),
        Self::LivingCase,
        Self::BlindMode,
        Self::Quiz,
        Self::Commit,
        Self::NextCase,
        Self::SaveResults,
        Self::EndQuiz,
        Self::Presenter,
        Self::FindingsPanel,
        Self::Side(Side::Findings),
        Self::Side(Side::Measurements),
        Self::Side(Side::Comparison),
        Self::LeadTable,
        Self::CopyMeasurements,
        Self::CopyMeasurementsCsv,
        Self::Ticks,
        Self::Caliper(Tool::Time),
        Self::Caliper(Tool::Voltage),
        Self::MarchOut,
        Self::RateOver(1),
        Self::RateOver(2),
        Self::RateOver(3),
        Self::NextLeg,
        Self::LegLater,
        Self::LegEarlier,
        Self::ClearCalipers,
        Self::Magnifier,
        Self::TracingsPanel,
        Self::Inspector,
        Self::NextLead,
        Self::PreviousLead,
        Self::ToggleTheme,
        Self::Theme(ThemeChoice::System),
        Self::Theme(ThemeChoice::Light),
        Self::Theme(ThemeChoice::Dark),
        Self::Theme(ThemeChoice::Paper),
        Self::TextScale(100),
        Self::TextScale(125),
        Self::TextScale(150),
        Self::TextScale(175),
        Self::TextScale(200),
        Self::LargerText,
        Self::SmallerText,
        Self::Shortcuts,
        Self::Palette,
        Self::DismissNotes,
        Self::ModelCard,
        Self::About,
    ];

    /// Where it stands in the menu.
    pub fn group(self) -> Group {
        match self {
            Self::Open
            | Self::OpenFolder
            | Self::OpenCase
            | Self::SaveCopy
            | Self::SaveWithoutIdentity
            | Self::Close
            | Self::ClearRecent
            | Self::Quit => Group::File,
            Self::NextTracing
            | Self::PreviousTracing
            | Self::FindInWorklist
            | Self::SortWorklist(_)
            | Self::ShowInWorklist(_)
            | Self::PauseWorklist
            | Self::CloseWorklist => Group::Worklist,
            Self::Layout(_)
            | Self::Order(_)
            | Self::Speed(_)
            | Self::Gain(_)
            | Self::LimbGain(_)
            | Self::NextLayout
            | Self::NextSpeed
            | Self::NextGain
            | Self::ChestGain(_) => Group::Paper,
            Self::LowCut(_)
            | Self::HighCut(_)
            | Self::Mains(_)
            | Self::NextFilter
            | Self::FilterOff => Group::Filter,
            Self::Earlier
            | Self::Later
            | Self::Beginning
            | Self::End
            | Self::ZoomIn
            | Self::ZoomOut
            | Self::Fit
            | Self::TrueSize
            | Self::Calibrate
            | Self::Ticks
            | Self::Magnifier
            | Self::Below(_)
            | Self::Inspector
            | Self::NextLead
            | Self::PreviousLead => Group::View,
            Self::Caliper(_)
            | Self::MarchOut
            | Self::RateOver(_)
            | Self::NextLeg
            | Self::LegLater
            | Self::LegEarlier
            | Self::ClearCalipers => Group::Calipers,
            Self::Heatmap
            | Self::Explain(_)
            | Self::NextFinding
            | Self::PreviousFinding
            | Self::NoFinding
            | Self::AbsentFindings => Group::SecondReader,
            Self::Review(_) => Group::Review,
            Self::LivingCase
            | Self::BlindMode
            | Self::Quiz
            | Self::Commit
            | Self::NextCase
            | Self::EndQuiz
            | Self::SaveResults
            | Self::Presenter => Group::Teaching,
            Self::FindingsPanel
            | Self::Side(_)
            | Self::LeadTable
            | Self::CopyMeasurements
            | Self::CopyMeasurementsCsv
            | Self::TracingsPanel
            | Self::Theme(_)
            | Self::ToggleTheme
            | Self::TextScale(_)
            | Self::LargerText
            | Self::SmallerText
            | Self::DismissNotes => Group::Window,
            Self::Shortcuts | Self::Palette | Self::ModelCard | Self::About => Group::Help,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_command_has_its_own_name_and_no_two_share_a_key() {
        let mut names = HashSet::new();
        let mut keys = HashSet::new();
        for command in Command::ALL {
            assert!(names.insert(command.name()), "{} twice", command.name());
            assert!(command.hint().ends_with('.'), "{}", command.name());
            if let Some(shortcut) = command.shortcut() {
                assert!(keys.insert(shortcut), "{shortcut:?} runs two commands");
            }
        }
    }

    #[test]
    fn the_palette_finds_a_command_by_a_few_of_its_letters() {
        let best = |query: &str| {
            Command::ALL
                .iter()
                .filter_map(|command| Some((fuzzy(query, command.name())?, command)))
                .max_by_key(|(score, _)| *score)
                .map(|(_, command)| *command)
        };
        assert_eq!(best("cabr"), Some(Command::Order(LeadOrder::Cabrera)));
        assert_eq!(best("12x1"), Some(Command::Layout(Layout::TwelveByOne)));
        assert_eq!(best("heat"), Some(Command::Heatmap));
        assert_eq!(best("lyt62"), Some(Command::Layout(Layout::SixByTwo)));
        assert_eq!(best("zzz"), None);
    }
}
