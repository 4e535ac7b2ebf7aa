//! What every command is called, everywhere, and one sentence more.

use super::Command;
use crate::reading::Method;
use crate::sheet::{Layout, LeadOrder};
use crate::signal::{HighCut, LowCut, MainsFilter};
use crate::viewer::beats::Below;
use crate::viewer::calipers::Tool;
use crate::viewer::settings::{Gain, Speed, ThemeChoice};
use crate::viewer::side::Side;
use crate::viewer::worklist::{Show, Sort};

impl Command {
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
}
