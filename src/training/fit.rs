//! The training loop.

use std::path::Path;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use candle_nn::{VarBuilder, VarMap};
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use super::batches::{HostBatch, assemble, deal};
use super::corpus::Example;
use super::distillation::Teacher;
use super::loss::{Loss, Targets, Taught, positive_weights};
use super::metrics::Ranking;
use super::optimiser::{Average, Optimiser, learning_rate};
use super::parent::Parent;
use super::recipe::Recipe;
use super::windows::Windows;
use super::{TrainingError, checkpoint, predict};
use crate::ecg::fnv1a;
use crate::network::{Batch, LEADS, MEASURED, Network, weights};

/// What a run is made of.
pub struct Fit<'a> {
    /// Everything but data and seed; its network lists the statements.
    pub recipe: &'a Recipe,
    /// All examples; `train` and `validation` index them.
    pub examples: &'a [Example],
    /// Their windows.
    pub windows: &'a Windows,
    /// Examples to learn from.
    pub train: &'a [usize],
    /// Examples to watch progress on.
    pub validation: &'a [usize],
    /// Seed of weights, order and variation.
    pub seed: u64,
    /// Where it runs.
    pub device: &'a Device,
    /// What it starts from.
    pub start: Start<'a>,
    /// Who speaks where labels do not.
    pub teacher: Option<&'a Teacher>,
    /// Where it says after every epoch how far it is, and looks whether it has been there before.
    pub checkpoint: Option<&'a Path>,
}

/// The weights that training starts from.
#[derive(Clone, Copy)]
pub enum Start<'a> {
    /// Drawn by the seed.
    Random,
    /// Those of that member.
    Saved(&'a Parent, usize),
    /// Those of the same network, trained on something else.
    Trained(&'a VarMap),
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    pub epoch: usize,
    pub loss: f64,
    pub learning_rate: f64,
    pub gradient_norm: f64,
    pub validation_macro_auroc: Option<f64>,
    pub seconds: f64,
}

/// What a run says while it runs.
pub enum Progress<'a> {
    /// That many of all steps are done, with the loss of the last one.
    Step {
        /// Steps done.
        done: usize,
        /// Steps in all.
        of: usize,
        /// Loss of the last one.
        loss: f64,
    },
    /// An epoch is over: all so far.
    Epoch(&'a [Epoch]),
}

/// A trained network: the moving average of its weights.
pub struct Fitted {
    /// The weights.
    pub vars: VarMap,
    /// The network over them.
    pub network: Network,
    /// How it went.
    pub history: Vec<Epoch>,
}

impl Fit<'_> {
    /// Trains.
    ///
    /// # Errors
    /// When nothing is left to train on, weights to start from do not fit, or a tensor operation fails.
    pub fn run(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<Fitted, TrainingError> {
        let recipe = self.recipe;
        let vars = VarMap::new();
        let network = Network::new(
            &recipe.network,
            VarBuilder::from_varmap(&vars, DType::F32, self.device),
        )?;
        weights::initialise(&vars, self.seed)?;
        match self.start {
            Start::Random => {}
            Start::Saved(parent, member) => {
                weights::restore(parent.dir(), member, &vars, self.device)?
            }
            Start::Trained(from) => weights::copy(from, &vars)?,
        }
        let member = membership(self.examples.len(), self.train);
        let windows: Vec<usize> = (0..self.windows.len())
            .filter(|&window| {
                self.windows
                    .examples()
                    .get(window)
                    .is_some_and(|&e| member.get(e) == Some(&true))
            })
            .collect();
        if windows.len() < recipe.batch {
            return Err(TrainingError::TooFew {
                windows: windows.len(),
                batch: recipe.batch,
            });
        }
        let columns = predict::columns(&recipe.network.statements)?;
        let counts = super::corpus::counts(
            self.train
                .iter()
                .filter_map(|&index| self.examples.get(index)),
        );
        let counts: Vec<_> = columns
            .iter()
            .filter_map(|&column| counts.get(column).copied())
            .collect();
        let loss = Loss {
            positive_weight: Tensor::new(
                positive_weights(&counts, recipe.positive_weight_cap),
                self.device,
            )?,
            smoothing: recipe.label_smoothing,
            negative_focus: recipe.negative_focus,
            outliers: recipe.outliers_one_in > 0,
        };
        let mut optimiser = Optimiser::new(&vars, recipe)?;
        let mut average = Average::new(&vars, recipe.ema_decay)?;
        let fingerprint = self.fingerprint(&windows)?;
        let before = match self.checkpoint {
            Some(path) => checkpoint::restore(
                path,
                fingerprint,
                &vars,
                &mut optimiser,
                &mut average,
                self.device,
            )?,
            None => None,
        };
        let mut history = before.unwrap_or_default();
        let steps_of_epoch = windows.len() / recipe.batch;
        let of = recipe.epochs * steps_of_epoch;
        for epoch in history.len()..recipe.epochs {
            let started = Instant::now();
            let mut done = epoch * steps_of_epoch;
            // Each epoch draws from a seed of its own: one that goes on draws what it would have drawn.
            let mut rng = StdRng::seed_from_u64(self.seed ^ ((epoch as u64 + 1) << 32));
            let domain = |window: usize| {
                self.windows
                    .examples()
                    .get(window)
                    .and_then(|&e| self.examples.get(e))
                    .map_or(0, |e| e.domain)
            };
            let order = deal(&windows, domain, recipe.domain_power, &mut rng);
            let (mut sum, mut steps, mut norms) = (0.0, 0, 0.0);
            std::thread::scope(|scope| -> Result<(), TrainingError> {
                let (sender, receiver) = sync_channel(3);
                let columns = &columns;
                scope.spawn(move || {
                    for (index, chosen) in order.chunks_exact(recipe.batch).enumerate() {
                        let seed = self.seed ^ ((epoch as u64) << 40) ^ ((index as u64 + 1) << 8);
                        let batch = assemble(
                            chosen,
                            self.windows,
                            self.examples,
                            columns,
                            recipe,
                            self.teacher,
                            Some(seed),
                        );
                        // The receiver is gone when the loop failed.
                        if sender.send(batch).is_err() {
                            break;
                        }
                    }
                });
                for host in receiver {
                    let host = host?;
                    let rate = learning_rate(recipe, done as f64 / of as f64);
                    let (batch, targets) = self.tensors(&host, columns.len())?;
                    let output = network.forward_train(&batch, &host.domains, &mut rng)?;
                    let value = loss.total(&output, &targets)?;
                    norms += optimiser.step(&value, rate)?;
                    average.update()?;
                    let value = f64::from(value.to_scalar::<f32>()?);
                    if !value.is_finite() {
                        return Err(TrainingError::Diverged { epoch: epoch + 1 });
                    }
                    sum += value;
                    steps += 1;
                    done += 1;
                    progress(Progress::Step {
                        done,
                        of,
                        loss: value,
                    });
                }
                Ok(())
            })?;
            let validation_macro_auroc =
                average.with(|| -> Result<_, TrainingError> { self.watch(&network, &columns) })?;
            let line = Epoch {
                epoch: epoch + 1,
                loss: sum / f64::from(steps.max(1)),
                learning_rate: learning_rate(recipe, done as f64 / of as f64),
                gradient_norm: norms / f64::from(steps.max(1)),
                validation_macro_auroc,
                seconds: started.elapsed().as_secs_f64(),
            };
            history.push(line);
            if let Some(path) = self.checkpoint {
                checkpoint::save(path, fingerprint, &history, &vars, &optimiser, &average)?;
            }
            progress(Progress::Epoch(&history));
        }
        average.settle()?;
        Ok(Fitted {
            vars,
            network,
            history,
        })
    }

    /// A number that is another where anything that decides the outcome is.
    fn fingerprint(&self, windows: &[usize]) -> Result<u64, TrainingError> {
        let recipe = serde_json::to_string(self.recipe)
            .map_err(|error| TrainingError::Recipe(error.to_string()))?;
        let start = match self.start {
            Start::Saved(parent, _) => parent.sha256().to_owned(),
            Start::Random | Start::Trained(_) => String::new(),
        };
        let mut text = format!(
            "{} {} {start} {recipe}",
            env!("CARGO_PKG_VERSION"),
            self.seed
        );
        for &window in windows {
            let example = self.windows.examples().get(window);
            if let Some(example) = example.and_then(|&index| self.examples.get(index)) {
                text.push_str(&format!("{} {:?}", example.patient, example.labels));
            }
        }
        Ok(fnv1a(&text))
    }

    fn tensors(
        &self,
        host: &HostBatch,
        statements: usize,
    ) -> candle_core::Result<(Batch, Targets)> {
        let count = host.domains.len();
        let tensor =
            |values: &[f32], shape: &[usize]| Tensor::from_slice(values, shape, self.device);
        Ok((
            Batch {
                waveform: tensor(&host.waveform, &[count, LEADS, self.windows.samples()])?,
                amplitude: tensor(&host.amplitude, &[count, 2 * LEADS])?,
                measured: tensor(&host.measured, &[count, 2 * MEASURED])?,
            },
            Targets {
                truth: tensor(&host.truth, &[count, statements])?,
                known: tensor(&host.known, &[count, statements])?,
                outlier: tensor(&host.outlier, &[count])?,
                taught: match self.teacher {
                    None => None,
                    Some(_) => Some(Taught {
                        probability: tensor(&host.taught, &[count, statements])?,
                        asked: tensor(&host.asked, &[count, statements])?,
                    }),
                },
            },
        ))
    }

    /// Mean AUROC over the statements with both kinds among the validation records.
    fn watch(&self, network: &Network, columns: &[usize]) -> Result<Option<f64>, TrainingError> {
        let predictions = predict::predict(
            &network.clone().into(),
            &self.recipe.network.statements,
            self.windows,
            self.validation,
            self.examples.len(),
            self.device,
        )?;
        let cases = predict::cases(&predictions.logits, self.examples, self.validation, columns);
        let aurocs: Vec<f64> = cases
            .iter()
            .filter_map(|cases| {
                Ranking::new(
                    cases
                        .iter()
                        .enumerate()
                        .map(|(i, &(logit, truth))| (logit, truth, i)),
                )
                .auroc(|_| 1.0)
            })
            .collect();
        Ok((!aurocs.is_empty()).then(|| aurocs.iter().sum::<f64>() / aurocs.len() as f64))
    }
}

/// Which of `count` things are in the list.
pub(super) fn membership(count: usize, list: &[usize]) -> Vec<bool> {
    let mut member = vec![false; count];
    for &index in list {
        if let Some(member) = member.get_mut(index) {
            *member = true;
        }
    }
    member
}
