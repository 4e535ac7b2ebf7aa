//! The second reader: weights, their card, and what they make of a recording.

use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device, Tensor};
use candle_nn::{VarBuilder, VarMap};

use super::coherence::Numbers;
use super::explain::{self, Effects, Method, Sought};
use super::findings::findings;
use super::prepare::{LONGEST_S, PrepareError, Prepared, RATE_HZ, SAMPLES, prepare_without};
use super::together::apart;
use super::vocabulary::{self, Category, Statement};
use super::{Explanation, Finding, Reading};
use crate::ecg::{LeadName, Recording, STANDARD_12, Warning, WarningCode};
use crate::network::{
    Batch, Card, DeviceError, DevicePreference, Ensemble, LEADS, MEASURED, weights,
};
use crate::signal::quality::{self, Defect};

/// Why a tracing that the network was taught not to know has no reading.
const UNFAMILIAR: &str = "it is unlike the electrocardiograms that the model was trained on";

/// Windows in one forward pass, which bounds the memory that a long recording takes.
const BATCH: usize = 16;

/// Why there is no reading.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    #[error(transparent)]
    Weights(#[from] weights::Error),
    #[error(transparent)]
    Device(#[from] DeviceError),
    #[error("the model {model} speaks of {id:?}, which is no statement of this program")]
    UnknownStatement { model: String, id: String },
    #[error("the model {model} makes no statement {id:?}")]
    NotAStatement { model: String, id: String },
    #[error(
        "the model {model} reads {rate_hz} Hz over {window_s} s, this program prepares 100 Hz over 10 s"
    )]
    OtherInput {
        model: String,
        rate_hz: f64,
        window_s: f64,
    },
    #[error("nothing to explain: the tracing is not readable, because {0}")]
    NotReadable(String),
    #[error("the network failed: {0}")]
    Network(String),
}

impl From<candle_core::Error> for ReadingError {
    fn from(error: candle_core::Error) -> Self {
        Self::Network(error.to_string())
    }
}

/// One row of numbers for each window.
type Rows = Vec<Vec<f32>>;

/// What the network says of each window.
#[derive(Default)]
struct Inferred {
    /// `[window, statement]`.
    logits: Vec<Vec<f32>>,
    /// `[window, lead]`.
    gates: Vec<Vec<f32>>,
    /// `[window]`, where the network was taught to tell.
    outlier: Vec<f32>,
}

impl Inferred {
    /// Drops the windows of which `keep` is not true.
    fn keep(&mut self, keep: impl Fn(usize) -> bool) {
        for rows in [&mut self.logits, &mut self.gates] {
            let mut index = 0..;
            rows.retain(|_| index.next().is_some_and(&keep));
        }
    }
}

/// Networks with their card, ready to read; shared between threads by reference.
#[derive(Debug)]
pub struct Reader {
    networks: Ensemble,
    card: Card,
    statements: Vec<&'static Statement>,
    device: Device,
}

impl Reader {
    /// The weights in `folder`, or with `None` those that the program carries.
    ///
    /// # Errors
    /// When the device cannot be opened or the weights do not fit their card or this program.
    pub fn load(folder: Option<&Path>, device: DevicePreference) -> Result<Self, ReadingError> {
        let device = device.open()?;
        let (networks, card) = match folder {
            Some(folder) => weights::load(folder, &device)?,
            None => super::embedded::load(&device)?,
        };
        Self::new(networks, card, device)
    }

    /// A reader from a network, or several, and their card.
    ///
    /// # Errors
    /// When the card speaks of statements or an input that this program does not have.
    pub fn new(
        networks: impl Into<Ensemble>,
        card: Card,
        device: Device,
    ) -> Result<Self, ReadingError> {
        if card.config.samples() != SAMPLES || card.config.sampling_rate_hz != RATE_HZ {
            return Err(ReadingError::OtherInput {
                rate_hz: card.config.sampling_rate_hz,
                window_s: card.config.window_s,
                model: card.name,
            });
        }
        let known = |id: &String| {
            let unknown = || ReadingError::UnknownStatement {
                model: card.name.clone(),
                id: id.clone(),
            };
            vocabulary::find(id).ok_or_else(unknown)
        };
        let statements = card
            .config
            .statements
            .iter()
            .map(known)
            .collect::<Result<_, _>>()?;
        Ok(Self {
            networks: networks.into(),
            card,
            statements,
            device,
        })
    }

    /// What the model is, how it was made and how well it does.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// The statements of the vocabulary that the model does not make: its silence on them is no answer.
    pub fn unable(&self) -> impl Iterator<Item = &'static Statement> {
        let makes = |statement: &Statement| self.card.config.statements.contains(&statement.id);
        vocabulary::statements()
            .iter()
            .filter(move |statement| !makes(statement))
    }

    /// What it computes on, in a word.
    pub fn device(&self) -> &'static str {
        DevicePreference::describe(&self.device)
    }

    /// The same networks with weights drawn anew: what an explanation must not depend on, they show.
    ///
    /// # Errors
    /// When they cannot be built.
    pub(crate) fn randomised(&self, seed: u64) -> Result<Self, ReadingError> {
        let vars = VarMap::new();
        let vb = VarBuilder::from_varmap(&vars, DType::F32, &self.device);
        let networks = Ensemble::new(&self.card.config, &vb)?;
        weights::initialise(&vars, seed)?;
        Self::new(networks, self.card.clone(), self.device.clone())
    }

    /// The windows of a recording, or why it cannot be read.
    pub(crate) fn windows(&self, recording: &Recording) -> Result<Vec<Prepared>, String> {
        readable_windows(recording).map(|(windows, _)| windows)
    }

    /// Logits and lead gates of windows.
    ///
    /// # Errors
    /// When the network fails.
    pub(crate) fn judge(&self, windows: &[Prepared]) -> Result<(Rows, Rows), ReadingError> {
        let inferred = self.infer(windows)?;
        Ok((inferred.logits, inferred.gates))
    }

    /// What statement number `statement` was read from in one window: 12 x [`SAMPLES`], not scaled.
    ///
    /// # Errors
    /// When the network fails.
    pub(crate) fn map(
        &self,
        window: &Prepared,
        statement: usize,
        method: Method,
    ) -> Result<Vec<f32>, ReadingError> {
        let (maps, _) = self.maps(std::slice::from_ref(window), statement, method)?;
        Ok(maps.into_iter().next().unwrap_or_default())
    }

    /// What each lead of one window brings to each statement, `[statement][lead]`: by how much its logit falls without.
    ///
    /// # Errors
    /// When the network fails.
    pub(crate) fn lead_effects(&self, window: &Prepared) -> Result<Rows, ReadingError> {
        let batch = self.batch(std::slice::from_ref(window))?;
        let window = explain::effects(&self.networks, &batch)?.into_iter().next();
        let statements = window.unwrap_or_default().into_iter();
        Ok(statements.map(|effects| effects.leads).collect())
    }

    /// The map of each window and what its leads and measured numbers bring to a statement.
    fn maps(
        &self,
        windows: &[Prepared],
        statement: usize,
        method: Method,
    ) -> Result<(Rows, Vec<Effects>), ReadingError> {
        let single_beats = self
            .statements
            .get(statement)
            .is_some_and(|statement| statement.category == Category::Ectopy);
        let sought = Sought {
            statement,
            single_beats,
            method,
        };
        let (mut maps, mut effects) = (Vec::new(), Vec::new());
        for part in windows.chunks(BATCH) {
            let batch = self.batch(part)?;
            let own: Vec<Effects> = explain::effects(&self.networks, &batch)?
                .iter()
                .map(|window| window.get(statement).cloned().unwrap_or_default())
                .collect();
            maps.extend(explain::window_maps(
                &self.networks,
                part,
                &batch,
                sought,
                &own,
            )?);
            effects.extend(own);
        }
        Ok((maps, effects))
    }

    /// Reads a recording. One that cannot be read is a [`Reading`] that says why.
    ///
    /// # Errors
    /// When the network itself fails.
    pub fn read(&self, recording: &Recording) -> Result<Reading, ReadingError> {
        let started = Instant::now();
        let mut reading = Reading {
            model: self.card.name.clone(),
            not_readable: None,
            findings: Vec::new(),
            lead_attention: Vec::new(),
            warnings: Vec::new(),
            timing_ms: 0.0,
        };
        match readable_windows(recording) {
            Err(reason) => reading.not_readable = Some(reason),
            Ok((windows, warnings)) => {
                let mut inferred = self.infer(&windows)?;
                reading.warnings = warnings;
                let unfamiliar = self.unfamiliar(&inferred);
                let strange = unfamiliar.iter().filter(|strange| **strange).count();
                if self.is_unfamiliar(&inferred) || 2 * strange > unfamiliar.len() {
                    reading.not_readable = Some(UNFAMILIAR.to_owned());
                } else {
                    if strange > 0 {
                        reading.warnings.push(left_out(&windows, &unfamiliar));
                        inferred.keep(|index| unfamiliar.get(index) != Some(&true));
                    }
                    let numbers = windows.first().map(|window| window.numbers);
                    let mut numbers = numbers.unwrap_or_default();
                    let critical = numbers.critical.map(|own| own.words());
                    let critical =
                        critical.map(|own| Warning::new(WarningCode::CriticalNumber, own));
                    reading.warnings.splice(0..0, critical);
                    reading.warnings.extend(numbers.gap_s.map(unmeasured));
                    numbers.part_unread = strange > 0 || recording.duration_s() > LONGEST_S;
                    numbers.fibrillation_in = self.fibrillation_in(&inferred.logits);
                    reading.findings = self.findings(&inferred.logits, &numbers);
                    reading.lead_attention = STANDARD_12
                        .iter()
                        .cloned()
                        .zip(mean_columns(&inferred.gates, LEADS))
                        .collect();
                }
            }
        }
        reading.timing_ms = started.elapsed().as_secs_f64() * 1000.0;
        Ok(reading)
    }

    /// Shows what the statement `id` was read from, present or not, by the default [`Method`].
    ///
    /// # Errors
    /// When the model makes no such statement, the recording is not readable or the network fails.
    pub fn explain(&self, recording: &Recording, id: &str) -> Result<Explanation, ReadingError> {
        self.explain_by(recording, id, Method::default())
    }

    /// As [`Self::explain`], by a method of choice.
    ///
    /// # Errors
    /// As [`Self::explain`].
    pub fn explain_by(
        &self,
        recording: &Recording,
        id: &str,
        method: Method,
    ) -> Result<Explanation, ReadingError> {
        let absent = || ReadingError::NotAStatement {
            model: self.card.name.clone(),
            id: id.to_owned(),
        };
        let statement = self
            .statements
            .iter()
            .position(|statement| statement.id == id)
            .ok_or_else(absent)?;
        let (windows, _) = readable_windows(recording).map_err(ReadingError::NotReadable)?;
        let (maps, effects) = self.maps(&windows, statement, method)?;
        let length = (recording.duration_s().min(LONGEST_S) * RATE_HZ).round() as usize;
        let leads = explain::combine(&maps, &windows, length);
        let of_leads: Rows = effects.iter().map(|own| own.leads.clone()).collect();
        Ok(Explanation {
            id: id.to_owned(),
            method: method.name().to_owned(),
            start_s: 0.0,
            rate_hz: RATE_HZ,
            leads: STANDARD_12.iter().cloned().zip(leads).collect(),
            lead_effect: STANDARD_12
                .iter()
                .cloned()
                .zip(mean_columns(&of_leads, LEADS))
                .collect(),
            measured_effect: effects.iter().map(|own| own.measured).sum::<f32>()
                / effects.len().max(1) as f32,
        })
    }

    fn batch(&self, windows: &[Prepared]) -> Result<Batch, ReadingError> {
        let waveform: Vec<f32> = windows
            .iter()
            .flat_map(|window| &window.waveform)
            .copied()
            .collect();
        let amplitude: Vec<f32> = windows.iter().flat_map(|window| window.amplitude).collect();
        let measured: Vec<f32> = windows.iter().flat_map(|window| window.measured).collect();
        Ok(Batch {
            waveform: Tensor::from_vec(waveform, (windows.len(), LEADS, SAMPLES), &self.device)?,
            amplitude: Tensor::from_vec(amplitude, (windows.len(), 2 * LEADS), &self.device)?,
            measured: Tensor::from_vec(measured, (windows.len(), 2 * MEASURED), &self.device)?,
        })
    }

    /// Logits and lead gates of each window.
    fn infer(&self, windows: &[Prepared]) -> Result<Inferred, ReadingError> {
        let mut inferred = Inferred::default();
        for part in windows.chunks(BATCH) {
            let output = self.networks.forward(&self.batch(part)?)?;
            inferred.logits.extend(output.logits.to_vec2()?);
            inferred.gates.extend(output.lead_gate.to_vec2()?);
            if let Some(outlier) = output.outlier {
                inferred.outlier.extend(outlier.to_vec1::<f32>()?);
            }
        }
        Ok(inferred)
    }

    /// Whether the tracing is unlike the electrocardiograms that the network knows.
    fn is_unfamiliar(&self, inferred: &Inferred) -> bool {
        let mean = inferred.outlier.iter().sum::<f32>() / inferred.outlier.len() as f32;
        self.card.outlier_from.is_some_and(|from| mean >= from)
    }

    /// The windows that are.
    fn unfamiliar(&self, inferred: &Inferred) -> Vec<bool> {
        let from = self.card.outlier_from.unwrap_or(f32::INFINITY);
        inferred.outlier.iter().map(|&of| of >= from).collect()
    }

    /// In how many windows fibrillation is seen, where these are some of them.
    fn fibrillation_in(&self, logits: &[Vec<f32>]) -> Option<(usize, usize)> {
        let index = (self.statements.iter()).position(|statement| statement.id == "AFIB")?;
        let threshold = self.card.thresholds.get(index)?;
        let seen = |row: &&Vec<f32>| {
            let logit = row.get(index);
            logit.is_some_and(|&logit| self.card.probability(index, logit) >= *threshold)
        };
        let (count, of) = (logits.iter().filter(seen).count(), logits.len());
        (0 < count && count < of).then_some((count, of))
    }

    fn findings(&self, logits: &[Vec<f32>], numbers: &Numbers) -> Vec<Finding> {
        let means = mean_columns(logits, self.statements.len());
        let logits: Vec<f32> = (self.statements.iter().zip(means))
            .enumerate()
            // A rhythm fills the recording; an ectopic beat is one moment of it.
            .map(|(index, (statement, mean))| match statement.category {
                Category::Ectopy => logits
                    .iter()
                    .filter_map(|row| row.get(index))
                    .fold(mean, |a, &b| a.max(b)),
                _ => mean,
            })
            .collect();
        let mut findings = findings(&self.card, &self.statements, &logits, numbers);
        findings.sort_by(|a, b| {
            let by_answer = b.answer().cmp(&a.answer());
            by_answer.then(b.margin().total_cmp(&a.margin()))
        });
        findings
    }
}

/// Which part of the recording windows that look like nothing known cover.
fn left_out(windows: &[Prepared], unfamiliar: &[bool]) -> Warning {
    let parts: Vec<String> = windows
        .iter()
        .zip(unfamiliar)
        .filter(|(_, strange)| **strange)
        .map(|(window, _)| {
            let from = window.start_s.max(0.0);
            format!("{from:.0}–{:.0} s", from + SAMPLES as f64 / RATE_HZ)
        })
        .collect();
    let message = format!(
        "The model left out {}: unlike any electrocardiogram it knows",
        parts.join(", ")
    );
    Warning::new(WarningCode::LeftOut, message)
}

/// What must be said of the longest stretch in which nothing could be measured.
fn unmeasured((from_s, to_s): (f64, f64)) -> Warning {
    let message = format!(
        "Nothing was measured from {from_s:.1} to {to_s:.1} s: nothing is recorded there, or noise hides the beats"
    );
    Warning::new(WarningCode::LeftOut, message)
}

/// The windows of a recording and what must be said of them, or why it cannot be read.
fn readable_windows(recording: &Recording) -> Result<(Vec<Prepared>, Vec<Warning>), String> {
    let recording = &*recording.heart();
    let quality = quality::assess(recording);
    if let Some(reason) = quality.not_readable() {
        return Err(reason);
    }
    let unusable: Vec<LeadName> = quality
        .leads
        .iter()
        .filter(|lead| lead.defect.is_some_and(|defect| defect != Defect::Absent))
        .map(|lead| lead.lead.clone())
        .collect();
    let windows =
        prepare_without(recording, &unusable).map_err(|error: PrepareError| error.to_string())?;
    if let Some(reason) = apart(&windows) {
        return Err(reason);
    }
    let mut warnings = Vec::new();
    if !unusable.is_empty() {
        let names: Vec<&str> = unusable.iter().map(LeadName::as_str).collect();
        let message = format!(
            "The model read without {}: the quality does not allow it",
            names.join(", ")
        );
        warnings.push(Warning::new(WarningCode::LeftOut, message));
    }
    if recording.duration_s() > LONGEST_S {
        let message = format!("The model read the first {LONGEST_S:.0} s only");
        warnings.push(Warning::new(WarningCode::LeftOut, message));
    }
    Ok((windows, warnings))
}

fn mean_columns(rows: &[Vec<f32>], columns: usize) -> Vec<f32> {
    let mut means = vec![0f32; columns];
    for row in rows {
        for (mean, value) in means.iter_mut().zip(row) {
            *mean += value / rows.len() as f32;
        }
    }
    means
}
