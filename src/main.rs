use std::process::ExitCode;

use clap::Parser;
use heartbeatai::cli::{self, Cli};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.use_stderr() => {
            let text = error.to_string();
            let reason = text.lines().next().unwrap_or_default();
            eprintln!("error: {}", reason.trim_start_matches("error: "));
            return ExitCode::from(2);
        }
        Err(help_or_version) => {
            // A reader that closes the pipe early has seen what it wanted.
            let _ = help_or_version.print();
            return ExitCode::SUCCESS;
        }
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if cli::is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", format!("{error:#}").replace('\n', " "));
            ExitCode::from(2)
        }
    }
}
