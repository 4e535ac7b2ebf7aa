use eframe::egui::{Key, KeyboardShortcut, Modifiers};

use super::hotkeys::{self, hotkey};

/// What a reviewer can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReviewCommand {
    Confirm,
    Reject,
    ConfirmAll,
    Undo,
    Redo,
    Add,
    Conclusion,
    Sign,
    Amend,
    Reader,
    Project,
    Annotator,
    MarkOnPaper,
    /// Moving wave boundaries.
    Boundaries,
    NextBeat,
    PreviousBeat,
    /// Takes the boundary in the hand out, or puts it in.
    TakeBoundary,
    Report,
    /// A hot key of the annotator mode, by its number.
    Label(u8),
}

impl ReviewCommand {
    /// Every one but the hot keys.
    pub const ALL: [Self; 18] = [
        Self::Confirm,
        Self::Reject,
        Self::ConfirmAll,
        Self::Undo,
        Self::Redo,
        Self::Add,
        Self::Conclusion,
        Self::Sign,
        Self::Amend,
        Self::Reader,
        Self::Project,
        Self::Annotator,
        Self::MarkOnPaper,
        Self::Boundaries,
        Self::NextBeat,
        Self::PreviousBeat,
        Self::TakeBoundary,
        Self::Report,
    ];

    /// Every hot key.
    pub const LABELS: [Self; hotkeys::COUNT as usize] = {
        let mut labels = [Self::Label(0); hotkeys::COUNT as usize];
        let mut number = 0;
        while number < hotkeys::COUNT {
            labels[number as usize] = Self::Label(number);
            number += 1;
        }
        labels
    };

    /// What it is called, everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Confirm => "Confirm the finding",
            Self::Reject => "Reject the finding",
            Self::ConfirmAll => "Confirm all present findings",
            Self::Undo => "Undo",
            Self::Redo => "Redo",
            Self::Add => "Add a finding…",
            Self::Conclusion => "Write the conclusion",
            Self::Sign => "Sign the review…",
            Self::Amend => "Amend the signed review…",
            Self::Reader => "Who is reviewing…",
            Self::Project => "Review project…",
            Self::Annotator => "Annotator mode",
            Self::MarkOnPaper => "Mark on the paper",
            Self::Boundaries => "Move wave boundaries",
            Self::NextBeat => "Boundaries of the next beat",
            Self::PreviousBeat => "Boundaries of the beat before",
            Self::TakeBoundary => "Take the boundary out or put it in",
            Self::Report => "Save the report as PDF…",
            Self::Label(number) => hotkey(number).map_or("Label", |hotkey| &hotkey.name),
        }
    }

    /// One sentence more.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Confirm => "Your word on the machine's finding that is selected: it holds.",
            Self::Reject => {
                "Your word on the machine's finding that is selected: it does not hold."
            }
            Self::ConfirmAll => {
                "Every finding that the machine calls present and you have not judged."
            }
            Self::Undo => "Takes your last step on this tracing back.",
            Self::Redo => "Takes the step again that was taken back.",
            Self::Add => "By its name, short form or code.",
            Self::Conclusion => "In your own words; short forms are spelt out.",
            Self::Sign => "Keeps the review as a version that stays as it is.",
            Self::Amend => "Opens a signed review again; what was signed stays.",
            Self::Reader => "The name under which everything you enter is kept.",
            Self::Project => "Which file reviews are kept in, and who may see what.",
            Self::Report => {
                "Tracing, measurements, your findings and conclusion; says whether it is signed."
            }
            Self::MarkOnPaper => "Drag over a span to label it, click on a beat to say what it is.",
            Self::Boundaries => {
                "Drag P, QRS and T where they begin and end; arrows move them, too. Intervals follow."
            }
            Self::NextBeat | Self::PreviousBeat => "While wave boundaries are moved.",
            Self::TakeBoundary => "What was measured stays on record.",
            Self::Annotator => "Shift and a letter put a statement in or take it out.",
            Self::Label(_) => "Puts the statement in or takes it out, in annotator mode.",
        }
    }

    /// The key that runs it.
    pub fn shortcut(self) -> Option<KeyboardShortcut> {
        let (modifiers, key) = match self {
            Self::Confirm => (Modifiers::NONE, Key::Y),
            Self::Reject => (Modifiers::NONE, Key::N),
            Self::ConfirmAll => (Modifiers::ALT, Key::Y),
            Self::Undo => (Modifiers::COMMAND, Key::Z),
            Self::Redo => (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::Z),
            Self::Add => (Modifiers::NONE, Key::D),
            Self::Conclusion => (Modifiers::NONE, Key::T),
            Self::Sign => (Modifiers::COMMAND, Key::Enter),
            Self::Amend | Self::Reader | Self::Project => return None,
            Self::Annotator => (Modifiers::COMMAND, Key::E),
            Self::MarkOnPaper => (Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::M),
            Self::Boundaries => (Modifiers::NONE, Key::W),
            Self::NextBeat => (Modifiers::ALT, Key::ArrowRight),
            Self::PreviousBeat => (Modifiers::ALT, Key::ArrowLeft),
            Self::TakeBoundary => (Modifiers::NONE, Key::Delete),
            Self::Report => (Modifiers::COMMAND, Key::P),
            Self::Label(number) => (Modifiers::SHIFT, hotkey(number)?.key),
        };
        Some(KeyboardShortcut::new(modifiers, key))
    }

    /// Whether a text field that is typed into has its key first.
    pub fn yields_to_text(self) -> bool {
        matches!(
            self,
            Self::Undo | Self::Redo | Self::NextBeat | Self::PreviousBeat
        )
    }
}
