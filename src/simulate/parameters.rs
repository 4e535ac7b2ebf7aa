use serde::{Deserialize, Serialize};

use super::atria::AtrialWave;
use super::lead_field::LeadField;
use super::ventricles::Ventricles;
use crate::ecg::Sex;

/// Everything that decides a tracing before the device records it. All of it is public, so that a
/// teacher's slider can turn it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameters {
    pub age_years: f64,
    pub sex: Sex,
    pub torso: LeadField,
    /// QT in seconds at 60/min; it follows the rate by Fridericia's cube root.
    pub qtc_s: f64,
    pub breathing: Breathing,
    pub atria: Atria,
    pub conduction: Conduction,
    /// The sinus P wave.
    pub p: AtrialWave,
    /// Conducted beats.
    pub ventricles: Ventricles,
    /// Beats of an escape focus (third-degree block).
    pub escape: Option<Ventricles>,
    pub ectopy: Option<Ectopy>,
    pub pacing: Option<Pacing>,
}

impl Parameters {
    /// The same with every time and rate inside what can be drawn, whatever a slider says: nothing here
    /// changes a heart that beats.
    pub(crate) fn bounded(mut self) -> Self {
        let rate = |per_min: &mut f64| *per_min = limit(*per_min, 15.0, 400.0);
        self.qtc_s = limit(self.qtc_s, 0.15, 1.2);
        self.breathing.rate_hz = limit(self.breathing.rate_hz, 0.02, 2.0);
        match &mut self.atria {
            Atria::Sinus { rate_per_min, .. } | Atria::Flutter { rate_per_min, .. } => {
                rate(rate_per_min)
            }
            Atria::Fibrillation { rate_hz, .. } => *rate_hz = limit(*rate_hz, 1.0, 20.0),
        }
        match &mut self.conduction {
            Conduction::Fixed { pr_s } => *pr_s = limit(*pr_s, 0.0, 1.0),
            Conduction::Wenckebach { pr_s, cycle, .. } | Conduction::Dropped { pr_s, cycle } => {
                *pr_s = limit(*pr_s, 0.0, 1.0);
                *cycle = (*cycle).clamp(2, 100);
            }
            Conduction::Complete { escape_per_min } => rate(escape_per_min),
            Conduction::Ratio { ratio } => *ratio = (*ratio).clamp(1, 20),
            Conduction::Irregular {
                rate_per_min,
                variation,
            } => {
                rate(rate_per_min);
                *variation = limit(*variation, 0.0, 1.0);
            }
        }
        let wave = |p: &mut AtrialWave| p.duration_s = limit(p.duration_s, 0.01, 0.4);
        let beat = |beat: &mut Ventricles| {
            beat.qrs_s = limit(beat.qrs_s, 0.02, 0.4);
            beat.qt_extra_s = limit(beat.qt_extra_s, -0.2, 0.4);
            beat.t_peak = limit(beat.t_peak, 0.1, 0.95);
            beat.t_begin = limit(beat.t_begin, 0.0, 0.9);
            beat.t_power = limit(beat.t_power, 0.5, 8.0);
        };
        wave(&mut self.p);
        beat(&mut self.ventricles);
        self.escape.iter_mut().for_each(beat);
        if let Some(ectopy) = &mut self.ectopy {
            ectopy.coupling = limit(ectopy.coupling, 0.2, 1.0);
            match &mut ectopy.focus {
                Focus::Atrial { p, pr_s } => {
                    wave(p);
                    *pr_s = limit(*pr_s, 0.0, 1.0);
                }
                Focus::Ventricular { ventricles } => beat(ventricles),
            }
        }
        if let Some(pacing) = &mut self.pacing {
            rate(&mut pacing.rate_per_min);
            pacing.av_delay_s = pacing.av_delay_s.map(|delay| limit(delay, 0.0, 1.0));
        }
        self
    }
}

/// Within bounds; what is not a number becomes the lower one.
fn limit(value: f64, low: f64, high: f64) -> f64 {
    if value.is_nan() {
        low
    } else {
        value.clamp(low, high)
    }
}

/// How breathing shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Breathing {
    /// Breaths per second.
    pub rate_hz: f64,
    /// Phase at the start of the recording, in radians.
    pub phase: f64,
    /// Turn of the frontal axis to either side, in degrees.
    pub turn_deg: f64,
    /// Share of the amplitude that rises and falls.
    pub amplitude: f64,
}

/// What drives the atria.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Atria {
    /// A sinus node at a mean rate, with respiratory arrhythmia and slower 1/f variation as shares of
    /// the RR interval.
    Sinus {
        rate_per_min: f64,
        respiratory: f64,
        variation: f64,
    },
    /// Fibrillatory waves around `rate_hz`; amplitude in V1 in millivolts.
    Fibrillation { rate_hz: f64, amplitude_mv: f64 },
    /// A circling wave; amplitude in lead II in millivolts.
    Flutter {
        rate_per_min: f64,
        amplitude_mv: f64,
    },
}

/// How the atria reach the ventricles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Conduction {
    /// Every P wave after the same PR interval.
    Fixed { pr_s: f64 },
    /// PR grows until one P wave of `cycle` is dropped.
    Wenckebach {
        pr_s: f64,
        growth_s: f64,
        cycle: usize,
    },
    /// Same PR, but the last P wave of every `cycle` is dropped.
    Dropped { pr_s: f64, cycle: usize },
    /// No P wave gets through; an escape focus fires at its own rate.
    Complete { escape_per_min: f64 },
    /// Every `ratio`-th flutter wave.
    Ratio { ratio: usize },
    /// A bombarded node: independent intervals, with their coefficient of variation.
    Irregular { rate_per_min: f64, variation: f64 },
}

/// Early beats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ectopy {
    pub focus: Focus,
    /// Time from the beat before, as a share of the RR interval.
    pub coupling: f64,
    /// Beats between two early ones, fewest and most.
    pub every: (usize, usize),
}

/// Where an early beat starts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Focus {
    Atrial { p: AtrialWave, pr_s: f64 },
    Ventricular { ventricles: Ventricles },
}

/// An artificial pacemaker in the ventricle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pacing {
    /// `Some`: follows the P wave after this delay. `None`: paces at a fixed rate whatever the atria do.
    pub av_delay_s: Option<f64>,
    pub rate_per_min: f64,
    /// Spike as a heart vector, in millivolts (unipolar pacing gives far larger ones than bipolar).
    pub spike: [f64; 3],
}
