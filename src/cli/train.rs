use std::path::PathBuf;
use std::sync::Mutex;

use anyhow::{Context, bail};
use clap::ValueHint;
use indicatif::{ProgressBar, ProgressStyle};

use super::curves;
use crate::network::DevicePreference;
use crate::training::{self, Corpus, Plan, Progress, Protocol, Recipe, Stage};

#[derive(clap::Args)]
pub struct Args {
    /// A labelled corpus: `ptb-xl=DIR`, `cinc=DIR` or `ludb=DIR`; may be given several times.
    #[arg(long = "corpus", value_name = "KIND=DIR", required = true)]
    corpora: Vec<Corpus>,
    /// Where weights, card, history and report go.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// A recipe in TOML; without it the recipe of the bundled weights.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    recipe: Option<PathBuf>,
    /// `split` holds patients back, `lodo` leaves one domain out at a time, `final` trains on everything.
    #[arg(long, value_enum, default_value = "split")]
    protocol: Protocol,
    /// With `lodo`: only this domain.
    #[arg(long, value_name = "NAME")]
    leave_out: Option<String>,
    /// Seed of everything random.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Passes over the data, instead of the recipe's.
    #[arg(long)]
    epochs: Option<usize>,
    /// Weights to start from instead of random ones.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    init: Option<PathBuf>,
    /// The folder of a run that left a domain out: its predictions there join the validation part in calibration; may
    /// be given several times.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    calibrate_on: Vec<PathBuf>,
    /// Train without each ingredient in turn, within sources and on hospitals left out, and write what each brought
    /// to `ablation.json` and `ablation.md`; started again, it goes on where it stood.
    #[arg(long)]
    ablation: bool,
    /// With `--ablation`: that many seeds, from `--seed` on.
    #[arg(long, default_value_t = 3, requires = "ablation")]
    seeds: u64,
    /// The `ablation.json` to put into the card.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    ablation_table: Option<PathBuf>,
    /// `auto`, `cpu`, `cuda`, `cuda:N` or `metal`.
    #[arg(long, default_value = "auto")]
    device: DevicePreference,
}

pub fn run(args: Args) -> anyhow::Result<()> {
    if args.leave_out.is_some() && args.protocol != Protocol::Lodo && !args.ablation {
        bail!("--leave-out needs --protocol lodo or --ablation");
    }
    let mut recipe = match &args.recipe {
        Some(path) => {
            let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
            Recipe::parse(&text).with_context(|| path.display().to_string())?
        }
        None => Recipe::bundled()?,
    };
    if let Some(epochs) = args.epochs {
        recipe.epochs = epochs;
    }
    let plan = Plan {
        corpora: args.corpora,
        out: args.out,
        recipe,
        protocol: args.protocol,
        leave_out: args.leave_out,
        seed: args.seed,
        init: args.init,
        calibrate_on: args.calibrate_on,
        ablation: args.ablation_table,
        device: args.device.open()?,
    };
    let narrator = Narrator::default();
    if args.ablation {
        training::ablation::run(&plan, args.seeds, &|stage| narrator.say(&stage))?;
        narrator.end();
        eprintln!("written to {}", plan.out.join("ablation.md").display());
        return Ok(());
    }
    let outcomes = training::run(&plan, &|stage| narrator.say(&stage))?;
    narrator.end();
    for outcome in &outcomes {
        eprintln!("{}: written to {}", outcome.name, outcome.dir.display());
        for domain in &outcome.test {
            if let Some(auroc) = domain.macro_auroc {
                eprintln!(
                    "  {}: {} records, macro AUROC {auroc:.3}",
                    domain.name, domain.records
                );
            }
        }
    }
    Ok(())
}

/// Turns what a run says into a progress bar and lines on stderr.
#[derive(Default)]
pub(super) struct Narrator {
    bar: Mutex<Option<(String, ProgressBar)>>,
}

impl Narrator {
    pub(super) fn say(&self, stage: &Stage<'_>) {
        match stage {
            Stage::Preparing { done, of } => {
                self.bar("preparing", *of).set_position(*done as u64);
            }
            Stage::Reading { done, of } => {
                self.bar("reading", *of).set_position(*done as u64);
            }
            Stage::Note(text) => self.line(text),
            Stage::Training {
                name,
                progress: Progress::Step { done, of, loss },
                ..
            } => {
                let bar = self.bar(name, *of);
                bar.set_position(*done as u64);
                bar.set_message(format!("loss {loss:.4}"));
            }
            Stage::Training {
                name,
                dir,
                progress: Progress::Epoch(history),
            } => {
                let Some(epoch) = history.last() else { return };
                if let Err(error) = curves::write(dir, name, history) {
                    self.line(&format!("no curves: {error:#}"));
                }
                let auroc = epoch
                    .validation_macro_auroc
                    .map_or_else(|| "-".to_owned(), |auroc| format!("{auroc:.4}"));
                self.line(&format!(
                    "{name}, epoch {}: loss {:.4}, validation macro AUROC {auroc}, {:.0} s",
                    epoch.epoch, epoch.loss, epoch.seconds
                ));
            }
        }
    }

    pub(super) fn end(&self) {
        if let Some((_, bar)) = self.lock().take() {
            bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        match &*self.lock() {
            Some((_, bar)) if !bar.is_hidden() => bar.println(text),
            _ => eprintln!("{text}"),
        }
    }

    fn bar(&self, name: &str, of: usize) -> ProgressBar {
        let mut present = self.lock();
        if let Some((_, bar)) = present.as_ref().filter(|(own, _)| own == name) {
            return bar.clone();
        }
        if let Some((_, old)) = present.take() {
            old.finish_and_clear();
        }
        let style = ProgressStyle::with_template("{prefix} {bar:32} {pos}/{len} {msg} {eta} left")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(of as u64)
            .with_style(style)
            .with_prefix(name.to_owned());
        *present = Some((name.to_owned(), bar.clone()));
        bar
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(String, ProgressBar)>> {
        self.bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
