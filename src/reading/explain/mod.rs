//! What a finding was read from: maps over leads and time, from the gradient of its logit.
//!
//! Grad-CAM averages the gradient over time, which suits the last layer of a network. Here, where time is fine and
//! the leads are apart, it points at the wrong place: of 120 findings in CPSC and LUDB, deleting what its map names
//! lowers the logit less than deleting QRS complexes does. Integrated gradients find the moment but not always the lead,
//! taking leads away finds the lead and no moment; together they pass. `evaluate --explanations` repeats the comparison.

mod effects;

use std::fmt;
use std::str::FromStr;

use candle_core::{Result, Tensor, Var};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

pub(super) use effects::{Effects, effects};
use effects::{add_out_of_turn, weigh_by_lead};

use super::prepare::{Prepared, RATE_HZ, SAMPLES};
use crate::network::{Batch, Ensemble, LEADS, Network, STEM_STRIDE};

/// How a map is computed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Method {
    /// Selvaraju et al. 2017 (1610.02391), one set of channel weights per lead: the gradient is averaged
    /// over time, then weighs the features.
    #[serde(rename = "Grad-CAM")]
    GradCam,
    /// Draelos & Carin 2020 (2011.08891): the gradient weighs the features where it arises, without the
    /// average over time.
    #[serde(rename = "HiResCAM")]
    HiResCam,
    /// Integrated gradients (Sundararajan et al. 2017, 1703.01365) on the tracing itself, from leads at rest to the
    /// leads as they are.
    #[serde(rename = "integrated gradients")]
    IntegratedGradients,
    /// The same within a lead; over leads, the heat of each sums to a weighted geometric mean of what integrated
    /// gradients give it and of the fall of the logit when the lead is taken away (occlusion, Zeiler & Fergus 2014,
    /// 1311.2901).
    /// For a statement on single beats, what the measured RR intervals and shares of beats brought, by the same
    /// occlusion, is added at the beats out of turn that they were measured on.
    #[default]
    #[serde(rename = "lead-weighted integrated gradients")]
    LeadWeighted,
}

/// Steps of the path that integrated gradients follow, shared out among the networks; with eight the deletion figures
/// differed by 0.05 or less.
const STEPS: usize = 4;
/// Samples of the two running averages that smooth a map: together a triangle 300 ms wide at its foot, a QRS complex
/// and its ST segment. Narrower ones name what to delete a little better and point to infarcts worse.
const SMOOTHING: usize = 15;

impl Method {
    /// Every method.
    pub const ALL: [Self; 4] = [
        Self::LeadWeighted,
        Self::IntegratedGradients,
        Self::HiResCam,
        Self::GradCam,
    ];

    /// Its name in the literature.
    pub fn name(self) -> &'static str {
        match self {
            Self::GradCam => "Grad-CAM",
            Self::HiResCam => "HiResCAM",
            Self::IntegratedGradients => "integrated gradients",
            Self::LeadWeighted => "lead-weighted integrated gradients",
        }
    }
}

impl fmt::Display for Method {
    /// The name in the literature in lower case, with hyphens for spaces.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name().to_lowercase().replace(' ', "-"))
    }
}

impl FromStr for Method {
    type Err = String;

    /// As it is displayed.
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|method| method.to_string() == text)
            .ok_or_else(|| {
                let known: Vec<String> = Self::ALL.iter().map(Self::to_string).collect();
                format!("no such method; known are {}", known.join(", "))
            })
    }
}

/// What maps are sought of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sought {
    /// The number of the statement.
    pub statement: usize,
    /// Whether it is on single beats.
    pub single_beats: bool,
    pub method: Method,
}

/// One map per window, 12 x [`SAMPLES`] each, lead by lead, not negative and not scaled, for the logit of a statement;
/// `effects` are those on that statement, of each window.
pub(super) fn window_maps(
    networks: &Ensemble,
    windows: &[Prepared],
    batch: &Batch,
    sought: Sought,
    effects: &[Effects],
) -> Result<Vec<Vec<f32>>> {
    let Sought {
        statement, method, ..
    } = sought;
    let members = networks.members();
    let steps = STEPS.div_ceil(members.len().max(1));
    let of_each = members.par_iter().map(|network| match method {
        Method::IntegratedGradients | Method::LeadWeighted => {
            integrated_gradients(network, batch, statement, steps)
        }
        Method::GradCam | Method::HiResCam => class_activation(network, batch, statement, method),
    });
    let mut sums: Vec<Vec<f32>> = Vec::new();
    for maps in of_each.collect::<Result<Vec<_>>>()? {
        add(&mut sums, maps);
    }
    let mut maps: Vec<Vec<f32>> = sums
        .iter()
        .map(|map| {
            let leads = map.chunks_exact(SAMPLES);
            let mean = |heat: f32| heat.max(0.0) / members.len() as f32;
            leads.flat_map(smoothed).map(mean).collect()
        })
        .collect();
    if method == Method::LeadWeighted {
        for ((map, window), effects) in maps.iter_mut().zip(windows).zip(effects) {
            weigh_by_lead(map, &effects.leads);
            if sought.single_beats {
                add_out_of_turn(map, window, effects.out_of_turn);
            }
        }
    }
    Ok(maps)
}

/// Adds the maps of one network to those of others.
fn add(sums: &mut Vec<Vec<f32>>, maps: Vec<Vec<f32>>) {
    if sums.is_empty() {
        *sums = maps;
        return;
    }
    for (sum, map) in sums.iter_mut().zip(maps) {
        for (sum, heat) in sum.iter_mut().zip(map) {
            *sum += heat;
        }
    }
}

/// The gradient along the way from silence to the tracing, times the tracing.
fn integrated_gradients(
    network: &Network,
    batch: &Batch,
    statement: usize,
    steps: usize,
) -> Result<Vec<Vec<f32>>> {
    let path = (0..steps).map(|step| &batch.waveform * ((step as f64 + 0.5) / steps as f64));
    let path = Var::from_tensor(&Tensor::cat(&path.collect::<Result<Vec<_>>>()?, 0)?)?;
    let along = Batch {
        waveform: path.as_tensor().clone(),
        amplitude: batch.amplitude.repeat((steps, 1))?,
        measured: batch.measured.repeat((steps, 1))?,
    };
    let gradient = gradient(&network.forward(&along)?.logits, statement, &path)?;
    let mean = gradient
        .reshape((steps, batch.waveform.elem_count()))?
        .mean(0)?
        .reshape(batch.waveform.shape())?;
    let map = to_vec(&(mean * &batch.waveform)?)?;
    Ok(map
        .chunks_exact(LEADS * SAMPLES)
        .map(<[f32]>::to_vec)
        .collect())
}

/// The features of the stem, where leads are still apart, weighed by their gradient.
fn class_activation(
    network: &Network,
    batch: &Batch,
    statement: usize,
    method: Method,
) -> Result<Vec<Vec<f32>>> {
    // The features become the only variable, so the gradient runs from the logit down to them alone.
    let features = network.forward(batch)?.lead_features.detach();
    let features = Var::from_tensor(&features.contiguous()?)?;
    let gradient = gradient(
        &network.logits_from(&features, batch)?,
        statement,
        &features,
    )?;
    let (_, leads, channels, time) = features.dims4()?;
    let (weighed, gradient) = (to_vec(&features)?, to_vec(&gradient)?);
    let per_lead = channels * time;
    let windows = weighed
        .chunks_exact(leads * per_lead)
        .zip(gradient.chunks_exact(leads * per_lead));
    Ok(windows
        .map(|(features, gradient)| {
            features
                .chunks_exact(per_lead)
                .zip(gradient.chunks_exact(per_lead))
                .flat_map(|(features, gradient)| upsample(&heat(features, gradient, time, method)))
                .collect()
        })
        .collect())
}

/// The gradient of one statement's logits with respect to `of`, in its shape.
fn gradient(logits: &Tensor, statement: usize, of: &Var) -> Result<Tensor> {
    // Windows do not see one another, so the gradient of the sum is the gradient of each.
    let gradients = logits.narrow(1, statement, 1)?.sum_all()?.backward()?;
    gradients
        .get(of)
        .map_or_else(|| of.zeros_like(), |gradient| gradient.contiguous())
}

fn to_vec(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

/// The heat of one lead over the stem's time, from its features and their gradient, `[channels, time]`.
fn heat(features: &[f32], gradient: &[f32], time: usize, method: Method) -> Vec<f32> {
    let mut heat = vec![0f32; time];
    for (features, gradient) in features.chunks_exact(time).zip(gradient.chunks_exact(time)) {
        let mean = gradient.iter().sum::<f32>() / time as f32;
        for ((heat, feature), gradient) in heat.iter_mut().zip(features).zip(gradient) {
            let weight = match method {
                Method::GradCam => mean,
                _ => *gradient,
            };
            *heat += weight * feature;
        }
    }
    heat.iter_mut().for_each(|heat| *heat = heat.max(0.0));
    heat
}

/// Straight lines between the stem's moments, each of which is centred on its own input sample.
fn upsample(heat: &[f32]) -> Vec<f32> {
    let at = |index: usize| heat.get(index).or(heat.last()).copied().unwrap_or(0.0);
    (0..SAMPLES)
        .map(|sample| {
            let (index, rest) = (sample / STEM_STRIDE, sample % STEM_STRIDE);
            let share = rest as f32 / STEM_STRIDE as f32;
            at(index) * (1.0 - share) + at(index + 1) * share
        })
        .collect()
}

/// One lead of a map as smooth as maps are shown.
pub fn smoothed(heat: &[f32]) -> Vec<f32> {
    smooth(&smooth(heat))
}

/// A running average over [`SMOOTHING`] samples, shorter at the ends.
fn smooth(heat: &[f32]) -> Vec<f32> {
    let half = SMOOTHING / 2;
    (0..heat.len())
        .map(|index| {
            let near = heat
                .get(index.saturating_sub(half)..(index + half + 1).min(heat.len()))
                .unwrap_or(&[]);
            near.iter().sum::<f32>() / near.len().max(1) as f32
        })
        .collect()
}

/// The windows' maps on one grid of `length` samples at [`RATE_HZ`] from the start of the recording, the
/// larger heat where windows overlap, scaled so that the largest over all leads is 1 (or all is 0).
pub(super) fn combine(maps: &[Vec<f32>], windows: &[Prepared], length: usize) -> Vec<Vec<f32>> {
    let mut whole = vec![vec![0f32; length]; LEADS];
    for (map, window) in maps.iter().zip(windows) {
        let start = (window.start_s * RATE_HZ).round() as i64;
        for (whole, map) in whole.iter_mut().zip(map.chunks_exact(SAMPLES)) {
            for (offset, &heat) in map.iter().enumerate() {
                let slot = usize::try_from(start + offset as i64)
                    .ok()
                    .and_then(|index| whole.get_mut(index));
                if let Some(slot) = slot {
                    *slot = slot.max(heat);
                }
            }
        }
    }
    let largest = whole
        .iter()
        .flatten()
        .fold(0f32, |largest, &heat| largest.max(heat));
    if largest > 0.0 {
        whole.iter_mut().flatten().for_each(|heat| *heat /= largest);
    }
    whole
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn straight_lines_join_the_stems_moments() {
        let mut coarse = vec![0f32; SAMPLES / STEM_STRIDE];
        coarse[10] = 1.0;
        let fine = upsample(&coarse);
        assert_eq!(fine.len(), SAMPLES);
        assert_eq!(
            &fine[36..=44],
            [0.0, 0.25, 0.5, 0.75, 1.0, 0.75, 0.5, 0.25, 0.0]
        );
    }

    #[test]
    fn smoothing_spreads_a_peak_over_a_complex_and_keeps_what_is_level() {
        let mut peak = vec![0f32; 100];
        peak[50] = 1.0;
        let spread = smoothed(&peak);
        assert!(spread[36] > 0.0 && spread[64] > 0.0 && spread[35] == 0.0 && spread[65] == 0.0);
        assert!(spread.iter().all(|&heat| heat <= spread[50]));
        assert!((spread.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        assert!(
            smooth(&[2.0; 30])
                .iter()
                .all(|&heat| (heat - 2.0).abs() < 1e-6)
        );
    }

    #[test]
    fn grad_cam_weighs_with_the_mean_gradient_and_hires_cam_with_each() {
        let (features, gradient) = ([1.0, 2.0, 3.0], [3.0, 0.0, 0.0]);
        assert_eq!(
            heat(&features, &gradient, 3, Method::GradCam),
            [1.0, 2.0, 3.0]
        );
        assert_eq!(
            heat(&features, &gradient, 3, Method::HiResCam),
            [3.0, 0.0, 0.0]
        );
        assert_eq!(
            heat(&features, &[-1.0, -1.0, -1.0], 3, Method::GradCam),
            [0.0, 0.0, 0.0]
        );
    }

    #[test]
    fn overlapping_windows_keep_the_larger_heat_and_all_is_scaled_to_one() {
        let window = |start_s| Prepared {
            waveform: Vec::new(),
            amplitude: [0.0; 24],
            measured: [0.0; 2 * crate::network::MEASURED],
            numbers: crate::reading::coherence::Numbers::default(),
            out_of_turn: Vec::new(),
            start_s,
        };
        let map = |heat: f32| vec![heat; LEADS * SAMPLES];
        let whole = combine(&[map(1.0), map(4.0)], &[window(0.0), window(5.0)], 1500);
        assert_eq!(whole.len(), LEADS);
        assert_eq!(
            (whole[3][0], whole[3][499], whole[3][500], whole[3][1499]),
            (0.25, 0.25, 1.0, 1.0)
        );
        // A short recording sits in the middle of its window; what lies outside it is dropped.
        let short = combine(&[map(2.0)], &[window(-3.0)], 400);
        assert!(
            short
                .iter()
                .all(|lead| lead.len() == 400 && lead.iter().all(|&heat| heat == 1.0))
        );
        let cold = combine(&[map(0.0)], &[window(0.0)], 1000);
        assert!(cold.iter().flatten().all(|&heat| heat == 0.0));
    }
}
