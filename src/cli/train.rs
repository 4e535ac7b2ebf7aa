use std::path::PathBuf;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use clap::ValueHint;
use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use super::curves;
use crate::network::DevicePreference;
use crate::training::{self, Corpus, Epoch, Parent, Plan, Progress, Protocol, Recipe, Stage};

#[derive(clap::Args)]
pub struct Args {
    /// A labelled corpus: `ptb-xl=DIR`, `cinc=DIR` or `ludb=DIR`; may be given several times.
    #[arg(long = "corpus", value_name = "KIND=DIR", required = true)]
    corpora: Vec<Corpus>,
    /// Where weights, card, history and report go.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    out: PathBuf,
    /// A recipe in TOML; without it the recipe of the bundled weights. With `--init` it says how to train only, and what
    /// it leaves out is: 5 epochs at a learning rate of 0.0003, no simulations (assets/recipes/fine_tune.toml).
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
    /// Weights to train on instead of random ones, such as on a department's own records. Their card decides the network
    /// and its statements; those that the records do not label are held at what these weights say of them.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "ablation")]
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
    let init = args.init.as_deref().map(Parent::open).transpose()?;
    let recipe = recipe(&args, init.as_ref())?;
    let plan = Plan {
        corpora: args.corpora,
        out: args.out,
        recipe,
        protocol: args.protocol,
        leave_out: args.leave_out,
        seed: args.seed,
        init,
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

/// How to train: as the file says, or by default.
fn recipe(args: &Args, init: Option<&Parent>) -> anyhow::Result<Recipe> {
    let place = || {
        args.recipe
            .as_ref()
            .map_or_else(String::new, |path| path.display().to_string())
    };
    let text = args.recipe.as_ref().map(std::fs::read_to_string);
    let text = text.transpose().with_context(place)?;
    let mut recipe = match (init, &text) {
        (Some(parent), Some(text)) => parent.recipe(Some(text)).with_context(place)?,
        (Some(parent), None) => parent.recipe(None)?,
        (None, Some(text)) => Recipe::parse(text).with_context(place)?,
        (None, None) => Recipe::bundled()?,
    };
    recipe.epochs = args.epochs.unwrap_or(recipe.epochs);
    Ok(recipe)
}

/// Between two lines about the same thing where no bar can be drawn.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Turns what a run says into a progress bar and lines on stderr; where that is no terminal, into lines alone.
#[derive(Default)]
pub(super) struct Narrator {
    bar: Mutex<Option<Bar>>,
}

/// How far one thing is.
struct Bar {
    name: String,
    bar: ProgressBar,
    /// When it was last told in a line.
    told: Instant,
}

impl Narrator {
    pub(super) fn say(&self, stage: &Stage<'_>) {
        match stage {
            Stage::Preparing { done, of } => self.advance("preparing", *done, *of, String::new()),
            Stage::Reading { done, of } => self.advance("reading", *done, *of, String::new()),
            Stage::Note(text) => self.line(text),
            Stage::Training {
                name,
                progress: Progress::Step { done, of, loss },
                ..
            } => self.advance(name, *done, *of, format!("loss {loss:.4}")),
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
                    "{name}, epoch {}: loss {:.4}, validation macro AUROC {auroc}, {:.0} s{}",
                    epoch.epoch,
                    epoch.loss,
                    epoch.seconds,
                    self.left(name, history),
                ));
            }
        }
    }

    pub(super) fn end(&self) {
        if let Some(own) = self.lock().take() {
            own.bar.finish_and_clear();
        }
    }

    fn line(&self, text: &str) {
        match &*self.lock() {
            Some(own) if !own.bar.is_hidden() => own.bar.println(text),
            _ => eprintln!("{text}"),
        }
    }

    fn advance(&self, name: &str, done: usize, of: usize, message: String) {
        let mut present = self.lock();
        if present.as_ref().is_none_or(|own| own.name != name) {
            if let Some(old) = present.take() {
                old.bar.finish_and_clear();
            }
            let style =
                ProgressStyle::with_template("{prefix} {bar:32} {pos}/{len} {msg} {eta} left")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(of as u64)
                .with_style(style)
                .with_prefix(name.to_owned());
            *present = Some(Bar {
                name: name.to_owned(),
                bar,
                told: Instant::now(),
            });
        }
        let Some(own) = present.as_mut() else { return };
        own.bar.set_position(done as u64);
        own.bar.set_message(message);
        if own.bar.is_hidden() && own.told.elapsed() >= BETWEEN_LINES {
            own.told = Instant::now();
            let (spent, message) = (own.bar.elapsed(), own.bar.message());
            eprintln!("{}", progress_line(name, done, of, &message, spent));
        }
    }

    /// What the passes still to come will take, as long as the last one each.
    fn left(&self, name: &str, history: &[Epoch]) -> String {
        let present = self.lock();
        let own = present.as_ref().filter(|own| own.name == name);
        let (Some(own), Some(last)) = (own, history.last()) else {
            return String::new();
        };
        let steps_of_pass = own.bar.position() as f64 / history.len() as f64;
        let of = own.bar.length().unwrap_or(0) as f64;
        let passes = (of / steps_of_pass - history.len() as f64).max(0.0);
        let seconds = (passes * last.seconds).min(f64::from(u32::MAX));
        let left = Duration::try_from_secs_f64(seconds).unwrap_or_default();
        format!(", {} left", HumanDuration(left))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Bar>> {
        self.bar
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// How far something is and how long it will still take at the pace so far.
fn progress_line(name: &str, done: usize, of: usize, message: &str, spent: Duration) -> String {
    let left = spent.mul_f64(of.saturating_sub(done) as f64 / done.max(1) as f64);
    let gap = if message.is_empty() { "" } else { " " };
    let left = HumanDuration(left);
    format!("{name} {done}/{of}{gap}{message}, {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_it_is_and_how_long_it_takes() {
        let spent = Duration::from_secs(30);
        let told = progress_line("split", 100, 500, "loss 0.2100", spent);
        assert_eq!(told, "split 100/500 loss 0.2100, 2 minutes left");
        assert_eq!(
            progress_line("reading", 5, 5, "", spent),
            "reading 5/5, 0 seconds left"
        );
    }
}
