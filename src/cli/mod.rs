//! The command line: one file per subcommand, JSON on stdout, messages on stderr.

use clap::{Parser, Subcommand};

mod evaluate;
mod info;
mod open;
mod print;
mod read;
mod simulate;
mod train;

/// ECG reading workstation for research and teaching. Not a medical device.
#[derive(Parser)]
#[command(name = "heartbeatai", version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    open: open::Args,
}

#[derive(Subcommand)]
enum Command {
    /// Open tracings in the viewer (the default).
    Open(open::Args),
    /// Say what a file holds.
    Info(info::Args),
    /// Read tracings with the model.
    Read(read::Args),
    /// Print a tracing to PDF, PNG or SVG.
    Print(print::Args),
    /// Draw simulated tracings of named conditions.
    Simulate(simulate::Args),
    /// Train a model.
    Train(train::Args),
    /// Judge a model on labelled corpora.
    Evaluate(evaluate::Args),
}

impl Cli {
    /// Runs the chosen subcommand.
    pub fn run(self) -> anyhow::Result<()> {
        match self.command.unwrap_or(Command::Open(self.open)) {
            Command::Open(args) => open::run(args),
            Command::Info(args) => info::run(args),
            Command::Read(args) => read::run(args),
            Command::Print(args) => print::run(args),
            Command::Simulate(args) => simulate::run(args),
            Command::Train(args) => train::run(args),
            Command::Evaluate(args) => evaluate::run(args),
        }
    }
}
