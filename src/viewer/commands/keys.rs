//! The key of every command, as long as nobody has chosen another.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::Command;
use crate::sheet::{Layout, LeadOrder};
use crate::viewer::beats::Below;
use crate::viewer::calipers::Tool;
use crate::viewer::side::Side;

impl Command {
    /// The key that runs it.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        let (modifiers, key) = match self {
            Self::Open => (Modifiers::COMMAND, Key::O),
            Self::OpenFolder => (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::O),
            Self::FindInWorklist => (Modifiers::COMMAND, Key::F),
            Self::SaveCopy => (Modifiers::COMMAND, Key::S),
            Self::Close => (Modifiers::COMMAND, Key::W),
            Self::Quit => (Modifiers::COMMAND, Key::Q),
            Self::NextTracing => (Modifiers::NONE, Key::PageDown),
            Self::PreviousTracing => (Modifiers::NONE, Key::PageUp),
            Self::Layout(Layout::ThreeByFour) => (Modifiers::ALT, Key::Num1),
            Self::Layout(Layout::ThreeByFourOne) => (Modifiers::ALT, Key::Num2),
            Self::Layout(Layout::ThreeByFourThree) => (Modifiers::ALT, Key::Num3),
            Self::Layout(Layout::SixByTwo) => (Modifiers::ALT, Key::Num4),
            Self::Layout(Layout::TwelveByOne) => (Modifiers::ALT, Key::Num5),
            Self::Order(LeadOrder::Cabrera) => (Modifiers::NONE, Key::C),
            Self::NextLayout => (Modifiers::NONE, Key::L),
            Self::NextSpeed => (Modifiers::NONE, Key::P),
            Self::NextGain => (Modifiers::NONE, Key::G),
            Self::NextFilter => (Modifiers::NONE, Key::U),
            Self::Beginning => (Modifiers::NONE, Key::Home),
            Self::End => (Modifiers::NONE, Key::End),
            Self::Earlier => (Modifiers::NONE, Key::ArrowLeft),
            Self::Later => (Modifiers::NONE, Key::ArrowRight),
            Self::ZoomIn => (Modifiers::NONE, Key::Plus),
            Self::ZoomOut => (Modifiers::NONE, Key::Minus),
            Self::Fit => (Modifiers::NONE, Key::F),
            Self::TrueSize => (Modifiers::NONE, Key::Num1),
            Self::Heatmap => (Modifiers::NONE, Key::H),
            Self::Below(Below::Beats) => (Modifiers::NONE, Key::S),
            Self::Below(Below::Tachogram) => (Modifiers::NONE, Key::R),
            Self::NextFinding => (Modifiers::NONE, Key::ArrowDown),
            Self::PreviousFinding => (Modifiers::NONE, Key::ArrowUp),
            Self::NoFinding => (Modifiers::NONE, Key::Escape),
            Self::AbsentFindings => (Modifiers::NONE, Key::A),
            Self::Inspector => (Modifiers::NONE, Key::I),
            Self::NextLead => (Modifiers::NONE, Key::CloseBracket),
            Self::PreviousLead => (Modifiers::NONE, Key::OpenBracket),
            Self::FindingsPanel => (Modifiers::COMMAND, Key::B),
            Self::Side(Side::Measurements) => (Modifiers::COMMAND, Key::M),
            Self::Side(Side::Comparison) => (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::P),
            Self::Ticks => (Modifiers::NONE, Key::B),
            Self::Caliper(Tool::Time) => (Modifiers::NONE, Key::K),
            Self::Caliper(Tool::Voltage) => (Modifiers::NONE, Key::V),
            Self::MarchOut => (Modifiers::NONE, Key::M),
            Self::RateOver(1) => (Modifiers::COMMAND, Key::Num1),
            Self::RateOver(2) => (Modifiers::COMMAND, Key::Num2),
            Self::RateOver(3) => (Modifiers::COMMAND, Key::Num3),
            Self::NextLeg => (Modifiers::NONE, Key::X),
            Self::LegLater => (Modifiers::NONE, Key::Period),
            Self::LegEarlier => (Modifiers::NONE, Key::Comma),
            Self::TracingsPanel => (Modifiers::COMMAND, Key::L),
            Self::ToggleTheme => (Modifiers::COMMAND, Key::T),
            Self::Palette => (Modifiers::COMMAND, Key::K),
            Self::About => (Modifiers::NONE, Key::F1),
            Self::Review(command) => return command.shortcut(),
            Self::LargerText => (Modifiers::COMMAND, Key::Plus),
            Self::SmallerText => (Modifiers::COMMAND, Key::Minus),
            Self::Shortcuts => (Modifiers::COMMAND, Key::Comma),
            Self::Commit => (Modifiers::ALT, Key::Enter),
            Self::Presenter => (Modifiers::NONE, Key::F5),
            Self::BlindMode => (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::B),
            _ => return None,
        };
        Some(KeyboardShortcut::new(modifiers, key))
    }

    /// Whether the arrow keys that run it also move through a focused control, which then has them first.
    pub fn yields_to_focus(self) -> bool {
        matches!(
            self,
            Self::Earlier
                | Self::Later
                | Self::Beginning
                | Self::End
                | Self::NextFinding
                | Self::PreviousFinding
        )
    }

    /// Whether a text field that is typed into has its keys first, as it has its own undo.
    pub fn yields_to_text(self) -> bool {
        matches!(self, Self::Review(command) if command.yields_to_text())
    }
}
