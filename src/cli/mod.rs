//! The command line: one file per subcommand, JSON on stdout, messages on stderr.

use std::io::{self, Write};

use clap::{Parser, Subcommand};

mod convert;
mod curves;
mod evaluate;
mod file_options;
mod info;
mod measure;
mod measure_csv;
mod open;
mod print;
mod read;
mod reliability;
mod review;
mod simulate;
mod train;

use file_options::FileOptions;

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
    /// Write tracings as WFDB, DICOM, EDF+, CSV or JSON.
    Convert(convert::Args),
    /// Measure rate, intervals, axes and amplitudes.
    Measure(measure::Args),
    /// Read tracings with the model.
    Read(read::Args),
    /// Export, import and compare what people said of tracings.
    Review(review::Args),
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
            Command::Convert(args) => convert::run(args),
            Command::Measure(args) => measure::run(args),
            Command::Read(args) => read::run(args),
            Command::Review(args) => review::run(args),
            Command::Print(args) => print::run(args),
            Command::Simulate(args) => simulate::run(args),
            Command::Train(args) => train::run(args),
            Command::Evaluate(args) => evaluate::run(args),
        }
    }
}

/// Writes one line to stdout; unlike `println!`, a closed pipe is an error and not a panic.
pub(crate) fn emit(line: impl std::fmt::Display) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}

/// Whether the reader of our output went away, which is no failure of ours.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
