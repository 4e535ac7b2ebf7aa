//! What a person says of the tracing, beside what the machine says: decisions, conclusion, signature. Everything here is
//! green, the reviewer's colour, and goes to the project at once through the desk, a worker of its own.

mod add_finding;
pub mod boundaries;
mod buttons;
mod commands;
mod desk;
mod device;
mod dialogs;
mod hotkeys;
pub mod marks;
mod others;
mod panel;
mod state;
mod steps;
mod told;

pub use add_finding::search;
pub use commands::ReviewCommand;
pub use desk::{Desk, Task, Told};
pub use device::show as device;
pub use dialogs::{ReviewDialog, show as dialog};
pub use panel::show;
pub use state::{ProjectCard, ReviewAction, ReviewState};

pub(super) use buttons::{Question, decide, room as buttons_room};
pub(super) use panel::hot_letter;
