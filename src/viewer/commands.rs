//! The one command list: every action is a variant with its name, hint and shortcut. Toolbar, menu,
//! keyboard, palette and tests all go through it.

use eframe::egui::{Key, KeyboardShortcut, Modifiers};

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

    /// What it is called, everywhere.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "Open tracings…",
            Self::OpenFolder => "Open a folder as worklist…",
            Self::OpenCase => "Open the bundled case",
            Self::SaveCopy => "Save a copy as…",
            Self::SaveWithoutIdentity => "Save a copy without identity as…",
            Self::Close => "Close the tracing",
            Self::ClearRecent => "Forget recent files",
            Self::Quit => "Quit",
            Self::NextTracing => "Next tracing",
            Self::PreviousTracing => "Previous tracing",
            Self::FindInWorklist => "Search the worklist",
            Self::SortWorklist(Sort::Urgency) => "Most urgent first",
            Self::SortWorklist(Sort::Date) => "Newest first",
            Self::SortWorklist(Sort::Patient) => "By patient",
            Self::SortWorklist(Sort::Name) => "As the folder lists them",
            Self::SortWorklist(Sort::Uncertain) => "Most uncertain first",
            Self::SortWorklist(Sort::Disagreement) => "Disagreement first",
            Self::ShowInWorklist(Show::All) => "List all tracings",
            Self::ShowInWorklist(Show::Urgent) => "List what is urgent",
            Self::ShowInWorklist(Show::New) => "List what is new",
            Self::ShowInWorklist(Show::InProgress) => "List what is in progress",
            Self::ShowInWorklist(Show::Signed) => "List what is signed",
            Self::ShowInWorklist(Show::Unreadable) => "List what is not readable",
            Self::PauseWorklist => "Stop or go on reading the worklist",
            Self::CloseWorklist => "Close the worklist",
            Self::LivingCase => "The living case",
            Self::BlindMode => "Read blind",
            Self::Quiz => "Start a quiz…",
            Self::Commit => "Commit the reading",
            Self::NextCase => "Next case",
            Self::EndQuiz => "End the quiz",
            Self::SaveResults => "Save the results…",
            Self::Presenter => "Presenter view",
            Self::Layout(Layout::ThreeByFour) => "Layout 3×4",
            Self::Layout(Layout::ThreeByFourOne) => "Layout 3×4 + II",
            Self::Layout(Layout::ThreeByFourThree) => "Layout 3×4 + V1, II, V5",
            Self::Layout(Layout::SixByTwo) => "Layout 6×2",
            Self::Layout(Layout::TwelveByOne) => "Layout 12×1",
            Self::Order(LeadOrder::Standard) => "Standard lead order",
            Self::Order(LeadOrder::Cabrera) => "Cabrera lead order",
            Self::Speed(Speed::Half) => "Paper speed 12.5 mm/s",
            Self::Speed(Speed::Standard) => "Paper speed 25 mm/s",
            Self::Speed(Speed::Double) => "Paper speed 50 mm/s",
            Self::Gain(Gain::Quarter) => "Gain 2.5 mm/mV",
            Self::Gain(Gain::Half) => "Gain 5 mm/mV",
            Self::Gain(Gain::Standard) => "Gain 10 mm/mV",
            Self::Gain(Gain::Double) => "Gain 20 mm/mV",
            Self::LimbGain(Gain::Quarter) => "Limb leads 2.5 mm/mV",
            Self::LimbGain(Gain::Half) => "Limb leads 5 mm/mV",
            Self::LimbGain(Gain::Standard) => "Limb leads 10 mm/mV",
            Self::LimbGain(Gain::Double) => "Limb leads 20 mm/mV",
            Self::ChestGain(Gain::Quarter) => "Chest leads 2.5 mm/mV",
            Self::ChestGain(Gain::Half) => "Chest leads 5 mm/mV",
            Self::ChestGain(Gain::Standard) => "Chest leads 10 mm/mV",
            Self::ChestGain(Gain::Double) => "Chest leads 20 mm/mV",
            Self::FilterOff => "No filter",
            Self::LowCut(None) => "No low cut",
            Self::LowCut(Some(LowCut::Hz0_05)) => "Low cut 0.05 Hz",
            Self::LowCut(Some(LowCut::Hz0_15)) => "Low cut 0.15 Hz",
            Self::LowCut(Some(LowCut::Hz0_5)) => "Low cut 0.5 Hz",
            Self::LowCut(Some(LowCut::Hz0_67)) => "Low cut 0.67 Hz",
            Self::HighCut(None) => "No high cut",
            Self::HighCut(Some(HighCut::Hz40)) => "High cut 40 Hz",
            Self::HighCut(Some(HighCut::Hz100)) => "High cut 100 Hz",
            Self::HighCut(Some(HighCut::Hz150)) => "High cut 150 Hz",
            Self::Mains(None) => "No mains filter",
            Self::Mains(Some(MainsFilter::Auto)) => "Mains filter, if it hums",
            Self::Mains(Some(MainsFilter::Hz50)) => "Mains filter 50 Hz",
            Self::Mains(Some(MainsFilter::Hz60)) => "Mains filter 60 Hz",
            Self::NextLayout => "Next layout",
            Self::NextSpeed => "Next paper speed",
            Self::NextGain => "Next gain",
            Self::NextFilter => "Next filter",
            Self::Beginning => "Beginning of the tracing",
            Self::End => "End of the tracing",
            Self::Earlier => "Earlier in the tracing",
            Self::Later => "Later in the tracing",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::Fit => "Fit the window",
            Self::TrueSize => "True size",
            Self::Calibrate => "Calibrate the screen…",
            Self::Heatmap => "Heatmap",
            Self::Explain(Method::LeadWeighted) => "Explain by lead-weighted integrated gradients",
            Self::Explain(Method::IntegratedGradients) => "Explain by integrated gradients",
            Self::Explain(Method::HiResCam) => "Explain by HiResCAM",
            Self::Explain(Method::GradCam) => "Explain by Grad-CAM",
            Self::Below(Below::Beats) => "Beats superimposed",
            Self::Below(Below::Tachogram) => "RR intervals",
            Self::NextFinding => "Next finding",
            Self::PreviousFinding => "Previous finding",
            Self::NoFinding => "Select no finding",
            Self::AbsentFindings => "Show absent findings",
            Self::FindingsPanel => "Panel beside the paper",
            Self::Side(Side::Findings) => "Findings",
            Self::Side(Side::Measurements) => "Measurements",
            Self::Side(Side::Comparison) => "Compare with an earlier tracing",
            Self::LeadTable => "Amplitudes and ST by lead",
            Self::CopyMeasurements => "Copy the measurements as text",
            Self::CopyMeasurementsCsv => "Copy the measurements as CSV",
            Self::Ticks => "Wave boundaries on the paper",
            Self::Caliper(Tool::Time) => "Time caliper",
            Self::Caliper(Tool::Voltage) => "Voltage caliper",
            Self::MarchOut => "March out the interval",
            Self::RateOver(2) => "Caliper spans two RR intervals",
            Self::RateOver(3) => "Caliper spans three RR intervals",
            Self::RateOver(_) => "Caliper spans one RR interval",
            Self::NextLeg => "Other leg of the caliper",
            Self::LegLater => "Leg to the next fiducial",
            Self::LegEarlier => "Leg to the fiducial before",
            Self::ClearCalipers => "Take the calipers off",
            Self::Magnifier => "Magnifier",
            Self::TracingsPanel => "List of tracings",
            Self::Inspector => "Lead inspector",
            Self::NextLead => "Inspect the next lead",
            Self::PreviousLead => "Inspect the previous lead",
            Self::Theme(ThemeChoice::System) => "Theme of the system",
            Self::Theme(ThemeChoice::Light) => "Light theme",
            Self::Theme(ThemeChoice::Dark) => "Dark theme",
            Self::Theme(ThemeChoice::Paper) => "Paper theme",
            Self::ToggleTheme => "Switch light and dark",
            Self::TextScale(100) => "Text 100 %",
            Self::TextScale(125) => "Text 125 %",
            Self::TextScale(150) => "Text 150 %",
            Self::TextScale(175) => "Text 175 %",
            Self::TextScale(_) => "Text 200 %",
            Self::LargerText => "Larger text",
            Self::SmallerText => "Smaller text",
            Self::Shortcuts => "Keyboard shortcuts…",
            Self::Palette => "Command palette",
            Self::DismissNotes => "Dismiss all notes",
            Self::About => "About HeartBeatAI",
            Self::ModelCard => "Model card",
            Self::Review(command) => command.name(),
        }
    }

    /// One sentence more, for tooltips and the palette.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Open => "The format is recognised by what is in the file.",
            Self::OpenCase => "A simulated tracing with its reading.",
            Self::SaveCopy => {
                "As WFDB, DICOM, EDF+, CSV or JSON; what the format cannot hold is listed."
            }
            Self::SaveWithoutIdentity => {
                "Patient, place, device and free text are taken out and listed; dates are moved."
            }
            Self::Close => "The file itself is left alone.",
            Self::ClearRecent => "Empties the list of recently opened files.",
            Self::Quit => "Closes the window.",
            Self::OpenFolder => "Every tracing in it and below it, read in the background.",
            Self::NextTracing | Self::PreviousTracing => {
                "Moves through the worklist, or through the open tracings."
            }
            Self::FindInWorklist => "By patient, record, date or finding.",
            Self::SortWorklist(Sort::Urgency) => "By the machine's word, which may be wrong.",
            Self::SortWorklist(Sort::Uncertain) => {
                "What lies nearest to the machine's thresholds: where a reader's word tells it most."
            }
            Self::SortWorklist(Sort::Disagreement) => {
                "What readers, or a reader and the machine, differ on; as far as you may see it."
            }
            Self::SortWorklist(_) => "Changes the order of the worklist.",
            Self::ShowInWorklist(Show::Unreadable) => {
                "What the machine could not read, and files that could not be opened."
            }
            Self::ShowInWorklist(_) => "Changes which tracings the worklist shows.",
            Self::PauseWorklist => "What has been read stays.",
            Self::CloseWorklist => "The files themselves are left alone.",
            Self::BlindMode => "Hides the machine and the labels until the reader has committed.",
            Self::Quiz => "Cases with a score, timed or not.",
            Self::Commit => "It stands from then on, and what was hidden shows.",
            Self::NextCase => "Once this one is committed.",
            Self::EndQuiz => "Results that were not saved are lost.",
            Self::SaveResults => "One case a line, as CSV.",
            Self::Presenter => "Large, without panels, the patient's identity hidden; Esc leaves.",
            Self::LivingCase => {
                "A simulated heart with handles; tracing and findings follow as they are turned."
            }
            Self::Layout(Layout::ThreeByFour) => "Three rows of four columns of 2.5 s.",
            Self::Layout(Layout::ThreeByFourOne) => {
                "Three rows of four columns, and II as rhythm strip."
            }
            Self::Layout(Layout::ThreeByFourThree) => {
                "Three rows of four columns, and three rhythm strips."
            }
            Self::Layout(Layout::SixByTwo) => "Six rows of two columns of 5 s.",
            Self::Layout(Layout::TwelveByOne) => "Twelve rows of 10 s.",
            Self::Order(LeadOrder::Standard) => "I II III aVR aVL aVF, V1 to V6.",
            Self::Order(LeadOrder::Cabrera) => "aVL I −aVR II aVF III, V1 to V6.",
            Self::Speed(_) => "How fast the paper runs.",
            Self::Gain(_) => "Height of one millivolt, limb and chest leads alike.",
            Self::LimbGain(_) => "Height of one millivolt in the limb leads.",
            Self::ChestGain(_) => "Height of one millivolt in the chest leads.",
            Self::FilterOff => "The tracing as it is stored.",
            Self::LowCut(_) => {
                "Removes baseline wander; zero-phase, so ST stays in place up to 0.67 Hz."
            }
            Self::HighCut(Some(HighCut::Hz40)) => {
                "Removes muscle noise; lowers R waves and hides hypertrophy."
            }
            Self::HighCut(_) => "Removes muscle noise.",
            Self::Mains(Some(MainsFilter::Auto)) => {
                "Looks for the hum of the power line and removes it where there is one."
            }
            Self::Mains(_) => "Removes the hum of the power line.",
            Self::NextLayout | Self::NextSpeed | Self::NextGain => "Goes through them one by one.",
            Self::NextFilter => "Diagnostic, without muscle, without wander and muscle, none.",
            Self::Beginning | Self::End => "Of a tracing that is longer than the page.",
            Self::Earlier | Self::Later => "Moves along a tracing that is longer than the page.",
            Self::ZoomIn | Self::ZoomOut => "Also Ctrl and wheel, or a pinch.",
            Self::Fit => "The whole page, as large as the window allows.",
            Self::TrueSize => "One millimetre of paper is one millimetre on this screen.",
            Self::Calibrate => "Tells the program how large this screen is, by a bank card.",
            Self::Explain(Method::LeadWeighted) => {
                "In time by integrated gradients, over leads by what taking each away costs."
            }
            Self::Explain(Method::IntegratedGradients) => {
                "Gradients on the tracing itself, from leads at rest."
            }
            Self::Explain(Method::HiResCam) => "Gradients weigh the features where they arise.",
            Self::Explain(Method::GradCam) => "Gradients averaged over time weigh the features.",
            Self::Below(Below::Beats) => "The beats of one shape over their average, lead by lead.",
            Self::Below(Below::Tachogram) => "RR over time; a click leads to the beat.",
            Self::Heatmap => "What the selected finding was read from.",
            Self::NextFinding | Self::PreviousFinding => {
                "Explains the machine's findings one by one."
            }
            Self::NoFinding => "Takes the heatmap away.",
            Self::AbsentFindings => "Also lists what the machine did not find.",
            Self::FindingsPanel => "Findings and measurements beside the paper.",
            Self::Side(Side::Findings) => "What the second reader says, beside the paper.",
            Self::Side(Side::Measurements) => {
                "Rate, intervals, axes, voltages; each leads to its place."
            }
            Self::Side(Side::Comparison) => {
                "The same patient before: both papers, and what has changed."
            }
            Self::LeadTable => "P, Q, R, S, T and ST of every lead in millivolts.",
            Self::CopyMeasurements | Self::CopyMeasurementsCsv => {
                "Ours and the device's, with what is absent."
            }
            Self::Caliper(_) => {
                "Press and drag on the paper; it snaps to fiducials unless Alt is held. Arrows move a leg."
            }
            Self::MarchOut => "Repeats the time caliper along the tracing.",
            Self::RateOver(_) => "What the rate beside the interval is counted from.",
            Self::NextLeg => "The keys move the first leg, the second or both.",
            Self::LegLater | Self::LegEarlier => "Steps along the measured wave boundaries.",
            Self::ClearCalipers => "Also Escape.",
            Self::Magnifier => "The paper under the pointer enlarged; also while Z is held.",
            Self::Ticks => "Begin, peak and end of P (circle), QRS (square) and T (triangle).",
            Self::TracingsPanel => "The open tracings beside the paper.",
            Self::Inspector => "One lead enlarged, with time and voltage.",
            Self::NextLead | Self::PreviousLead => "Steps through the leads in the inspector.",
            Self::Theme(ThemeChoice::Paper) => {
                "White paper with the standard red grid, in the very colours of the printed page."
            }
            Self::Theme(_) | Self::ToggleTheme => "The paper stays paper.",
            Self::TextScale(_) | Self::LargerText | Self::SmallerText => {
                "Scales all text and controls; the paper fits what is left."
            }
            Self::Shortcuts => "Every key, and another one where you want it.",
            Self::Palette => "Every command by name.",
            Self::DismissNotes => "Clears errors and warnings that have been read.",
            Self::About => "Purpose, model, licences.",
            Self::ModelCard => "What the model learnt from, and how well it does where.",
            Self::Review(command) => command.hint(),
        }
    }

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

/// How well `query` matches `name`: `None` if its letters do not occur in order; higher is better.
pub fn fuzzy(query: &str, name: &str) -> Option<i32> {
    let plain = |text: &str| text.trim().to_lowercase().replace('×', "x");
    let (name, query) = (plain(name), plain(query));
    if let Some(position) = name.find(&query) {
        let at_word = position == 0 || name[..position].ends_with(' ');
        return Some(1000 - i32::try_from(position).unwrap_or(0) + if at_word { 500 } else { 0 });
    }
    let mut rest = name.chars().enumerate();
    let (mut score, mut last) = (0, None);
    for wanted in query.chars().filter(|c| !c.is_whitespace()) {
        let (at, _) = rest.find(|&(_, c)| c == wanted)?;
        score += if last.is_some_and(|last| at == last + 1) {
            8
        } else {
            1
        };
        last = Some(at);
    }
    Some(score)
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
