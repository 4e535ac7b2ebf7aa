use super::parameters::{Atria, Conduction, Focus, Parameters};
use super::rng::Rng;
use crate::ecg::BeatKind;

/// Which shape an atrial event has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtrialKind {
    Sinus,
    Ectopic,
}

/// The onset of a P wave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AtrialEvent {
    pub at_s: f64,
    pub kind: AtrialKind,
}

/// Which shape a ventricular event has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum VentricularKind {
    Conducted,
    Escape,
    Ectopic,
}

/// The onset of a QRS complex.
#[derive(Debug, Clone, Copy)]
pub(crate) struct VentricularEvent {
    pub at_s: f64,
    pub kind: VentricularKind,
    pub beat: BeatKind,
    /// The P wave it answers, by index.
    pub p: Option<usize>,
    /// Whether a pacemaker spike precedes it.
    pub paced: bool,
}

/// What happens when, from some seconds before the recording to just after it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Timeline {
    pub atrial: Vec<AtrialEvent>,
    pub ventricular: Vec<VentricularEvent>,
}

/// Seconds that are lived before the recording starts, so that it starts in the middle of things.
const BEFORE_S: f64 = 4.0;
/// Seconds after the recording's end, so that its last waves are complete.
const AFTER_S: f64 = 1.5;
/// Shortest coupling of a ventricular early beat, just past the T wave's peak.
const SHORTEST_COUPLING_S: f64 = 0.34;

/// Draws a timeline for `duration_s` seconds.
pub(crate) fn timeline(parameters: &Parameters, duration_s: f64, rng: &mut Rng) -> Timeline {
    let until = duration_s + AFTER_S;
    let mut line = Timeline::default();
    let atrial_focus = matches!(
        parameters.ectopy.as_ref().map(|ectopy| &ectopy.focus),
        Some(Focus::Atrial { .. })
    );
    if let Atria::Sinus {
        rate_per_min,
        respiratory,
        variation,
    } = parameters.atria
    {
        let sinus = SinusNode::new(rate_per_min, respiratory, variation, parameters, rng);
        let mut gap = Countdown::new(parameters, rng);
        let mut at = -BEFORE_S - rng.uniform(0.0, 60.0 / rate_per_min);
        while at < until {
            line.atrial.push(AtrialEvent {
                at_s: at,
                kind: AtrialKind::Sinus,
            });
            let rr = sinus.interval(at, rng);
            if atrial_focus && gap.due(rng) {
                let coupling = parameters.ectopy.as_ref().map_or(0.6, |e| e.coupling);
                let early = at + coupling * rr * rng.factor(0.03);
                line.atrial.push(AtrialEvent {
                    at_s: early,
                    kind: AtrialKind::Ectopic,
                });
                // The early wave resets the node, which recovers a little slower than its own cycle:
                // the pause is less than compensatory.
                at = early + rr * rng.uniform(1.05, 1.12);
            } else {
                at += rr;
            }
        }
    }
    line.ventricular = match &parameters.pacing {
        Some(pacing) => paced(
            &line.atrial,
            pacing.av_delay_s,
            pacing.rate_per_min,
            until,
            rng,
        ),
        None => conducted(parameters, &line.atrial, until, rng),
    };
    if let Some(Focus::Ventricular { .. }) = parameters.ectopy.as_ref().map(|e| &e.focus) {
        insert_ventricular_ectopy(parameters, &mut line, rng);
    }
    line
}

/// Counts normal beats until the next early one.
struct Countdown {
    every: (usize, usize),
    left: usize,
}

impl Countdown {
    fn new(parameters: &Parameters, rng: &mut Rng) -> Self {
        let every = parameters
            .ectopy
            .as_ref()
            .map_or((usize::MAX, usize::MAX), |e| e.every);
        let left = if every.0 == usize::MAX {
            every.0
        } else {
            1 + rng.below(every.1)
        };
        Self { every, left }
    }

    fn due(&mut self, rng: &mut Rng) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left > 0 {
            return false;
        }
        let (fewest, most) = self.every;
        self.left = fewest + rng.below(most.saturating_sub(fewest) + 1);
        true
    }
}

/// RR intervals with respiratory sinus arrhythmia and slower variation whose power falls as 1/f.
struct SinusNode {
    rr_s: f64,
    respiratory: f64,
    breath_hz: f64,
    breath_phase: f64,
    /// Frequency, phase and share of each slow component.
    slow: Vec<(f64, f64, f64)>,
    jitter: f64,
}

impl SinusNode {
    fn new(rate: f64, respiratory: f64, variation: f64, p: &Parameters, rng: &mut Rng) -> Self {
        // Octaves from 0.02 to 0.16 Hz; equal power per octave is a 1/f spectrum.
        let slow = (0..4)
            .map(|octave| {
                let hz = 0.02 * f64::from(1 << octave) * rng.uniform(0.9, 1.1);
                (hz, rng.uniform(0.0, std::f64::consts::TAU), variation * 0.7)
            })
            .collect();
        Self {
            rr_s: 60.0 / rate,
            respiratory,
            breath_hz: p.breathing.rate_hz,
            breath_phase: p.breathing.phase,
            slow,
            jitter: variation * 0.35,
        }
    }

    fn interval(&self, at_s: f64, rng: &mut Rng) -> f64 {
        let tau = std::f64::consts::TAU;
        let breath = (tau * self.breath_hz * at_s + self.breath_phase).sin();
        let slow: f64 = self
            .slow
            .iter()
            .map(|&(hz, phase, share)| share * (tau * hz * at_s + phase).sin())
            .sum();
        let share = 1.0 + self.respiratory * breath + slow + rng.normal(0.0, self.jitter);
        (self.rr_s * share).max(0.25)
    }
}

fn event(at_s: f64, p: Option<usize>) -> VentricularEvent {
    VentricularEvent {
        at_s,
        kind: VentricularKind::Conducted,
        beat: BeatKind::Normal,
        p,
        paced: false,
    }
}

fn conducted(
    parameters: &Parameters,
    atrial: &[AtrialEvent],
    until: f64,
    rng: &mut Rng,
) -> Vec<VentricularEvent> {
    let ectopic_pr = match parameters.ectopy.as_ref().map(|ectopy| &ectopy.focus) {
        Some(Focus::Atrial { pr_s, .. }) => *pr_s,
        _ => 0.16,
    };
    let mut beats = Vec::new();
    match parameters.conduction {
        Conduction::Fixed { pr_s } => {
            for (index, p) in atrial.iter().enumerate() {
                let ectopic = p.kind == AtrialKind::Ectopic;
                let pr = if ectopic { ectopic_pr } else { pr_s } + rng.normal(0.0, 0.0015);
                let beat = if ectopic {
                    BeatKind::AtrialPremature
                } else {
                    BeatKind::Normal
                };
                beats.push(VentricularEvent {
                    beat,
                    ..event(p.at_s + pr, Some(index))
                });
            }
        }
        Conduction::Wenckebach {
            pr_s,
            growth_s,
            cycle,
        } => {
            let mut place = rng.below(cycle);
            for (index, p) in atrial.iter().enumerate() {
                if place + 1 < cycle {
                    // The largest growth is that of the second beat; it shrinks from there.
                    let growth: f64 = (0..place).map(|k| growth_s * 0.6_f64.powi(k as i32)).sum();
                    beats.push(event(p.at_s + pr_s + growth, Some(index)));
                }
                place = (place + 1) % cycle;
            }
        }
        Conduction::Dropped { pr_s, cycle } => {
            let offset = rng.below(cycle);
            for (index, p) in atrial.iter().enumerate() {
                if (index + offset) % cycle + 1 < cycle {
                    beats.push(event(p.at_s + pr_s, Some(index)));
                }
            }
        }
        Conduction::Complete { escape_per_min } => {
            let mut at = -BEFORE_S + rng.uniform(0.0, 1.0);
            while at < until {
                beats.push(VentricularEvent {
                    kind: if parameters.escape.is_some() {
                        VentricularKind::Escape
                    } else {
                        VentricularKind::Conducted
                    },
                    beat: BeatKind::Escape,
                    ..event(at, None)
                });
                at += 60.0 / escape_per_min * rng.factor(0.008);
            }
        }
        Conduction::Ratio { ratio } => {
            let cycle = match parameters.atria {
                Atria::Flutter { rate_per_min, .. } => 60.0 / rate_per_min,
                _ => 0.2,
            };
            let mut at = -BEFORE_S - BEFORE_S.rem_euclid(cycle * ratio as f64);
            at += rng.below(ratio) as f64 * cycle;
            while at < until {
                // From the wave's steep fall, whose phase is 0.45, through the node.
                beats.push(event(at + rng.normal(0.0, 0.002), None));
                at += cycle * ratio as f64;
            }
        }
        Conduction::Irregular {
            rate_per_min,
            variation,
        } => {
            let mean = 60.0 / rate_per_min;
            let mut at = -BEFORE_S;
            while at < until {
                beats.push(event(at, None));
                // Skewed to long intervals, as measured in fibrillation, above the node's recovery.
                let rr = mean * (variation * rng.normal(0.0, 1.14)).exp();
                at += rr.max(0.32);
            }
        }
    }
    beats
}

fn paced(
    atrial: &[AtrialEvent],
    av_delay_s: Option<f64>,
    rate_per_min: f64,
    until: f64,
    rng: &mut Rng,
) -> Vec<VentricularEvent> {
    let paced = |at_s, p| VentricularEvent {
        kind: VentricularKind::Ectopic,
        beat: BeatKind::Paced,
        paced: true,
        ..event(at_s, p)
    };
    match av_delay_s {
        Some(delay) if !atrial.is_empty() => atrial
            .iter()
            .enumerate()
            .map(|(i, p)| paced(p.at_s + delay, Some(i)))
            .collect(),
        _ => {
            let mut at = -BEFORE_S + rng.uniform(0.0, 1.0);
            let mut beats = Vec::new();
            while at < until {
                beats.push(paced(at, None));
                at += 60.0 / rate_per_min;
            }
            beats
        }
    }
}

/// Ventricular early beats: the sinus node goes on undisturbed, the next P wave finds the ventricle
/// refractory, so the pause is fully compensatory.
fn insert_ventricular_ectopy(parameters: &Parameters, line: &mut Timeline, rng: &mut Rng) {
    let Some(ectopy) = &parameters.ectopy else {
        return;
    };
    let mut gap = Countdown::new(parameters, rng);
    let normal = std::mem::take(&mut line.ventricular);
    let mut beats = Vec::with_capacity(normal.len() + 8);
    let mut refractory = false;
    for (i, &beat) in normal.iter().enumerate() {
        if std::mem::take(&mut refractory) {
            continue;
        }
        beats.push(beat);
        let Some(next) = normal.get(i + 1) else { break };
        if gap.due(rng) {
            let rr = next.at_s - beat.at_s;
            let coupling_s = (ectopy.coupling * rr * rng.factor(0.02)).max(SHORTEST_COUPLING_S);
            beats.push(VentricularEvent {
                kind: VentricularKind::Ectopic,
                beat: BeatKind::VentricularPremature,
                ..event(beat.at_s + coupling_s, None)
            });
            refractory = true;
        }
    }
    line.ventricular = beats;
}
