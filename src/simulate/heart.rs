use super::atria::{AtrialWave, Fibrillation, FlutterWave};
use super::parameters::{Atria, Focus, Parameters};
use super::rhythm::{AtrialEvent, AtrialKind, Timeline, VentricularEvent, VentricularKind};
use super::rng::Rng;
use super::truth::{TrueBeat, TrueP, TrueT};
use super::vector::{Rotation, Vector, add, norm, scale};
use super::ventricles::{Compiled, Timing, Ventricles};

/// What the heart of some parameters does on a timeline: the clean leads and where their waves are.
pub(crate) struct Heart<'a> {
    parameters: &'a Parameters,
    timeline: &'a Timeline,
    conducted: Compiled<'a>,
    escape: Compiled<'a>,
    ectopic: Compiled<'a>,
    /// Recovery of each ventricular event.
    timings: Vec<Timing>,
    /// Small differences from beat to beat.
    sizes: Vec<f64>,
}

/// The spike of a pacemaker begins this long before the ventricle answers.
const CAPTURE_S: f64 = 0.006;

impl<'a> Heart<'a> {
    pub(crate) fn new(parameters: &'a Parameters, timeline: &'a Timeline, rng: &mut Rng) -> Self {
        let ventricular_focus = match parameters.ectopy.as_ref().map(|ectopy| &ectopy.focus) {
            Some(Focus::Ventricular { ventricles }) => ventricles,
            _ => &parameters.ventricles,
        };
        let mut heart = Self {
            parameters,
            timeline,
            conducted: Compiled::new(&parameters.ventricles),
            escape: Compiled::new(parameters.escape.as_ref().unwrap_or(&parameters.ventricles)),
            ectopic: Compiled::new(ventricular_focus),
            timings: Vec::with_capacity(timeline.ventricular.len()),
            sizes: timeline
                .ventricular
                .iter()
                .map(|_| rng.factor(0.012))
                .collect(),
        };
        heart.timings = heart.recovery();
        heart
    }

    /// QT by Fridericia's cube root of an RR interval that the heart remembers over some beats.
    fn recovery(&self) -> Vec<Timing> {
        let events = &self.timeline.ventricular;
        let first = events
            .windows(2)
            .map(|pair| pair[1].at_s - pair[0].at_s)
            .next()
            .unwrap_or(0.85);
        let mut remembered = first;
        let mut timings = Vec::with_capacity(events.len());
        for (i, event) in events.iter().enumerate() {
            let before = i
                .checked_sub(1)
                .map_or(first, |j| event.at_s - events[j].at_s);
            remembered += 0.25 * (before - remembered);
            let qt = self.parameters.qtc_s * remembered.cbrt();
            timings.push(self.shape(event).beat.timing(qt));
        }
        timings
    }

    fn shape(&self, event: &VentricularEvent) -> &Compiled<'a> {
        match event.kind {
            VentricularKind::Conducted => &self.conducted,
            VentricularKind::Escape => &self.escape,
            VentricularKind::Ectopic => &self.ectopic,
        }
    }

    fn atrial_wave(&self, event: &AtrialEvent) -> &AtrialWave {
        match (
            event.kind,
            self.parameters.ectopy.as_ref().map(|ectopy| &ectopy.focus),
        ) {
            (AtrialKind::Ectopic, Some(Focus::Atrial { p, .. })) => p,
            _ => &self.parameters.p,
        }
    }

    /// I, II, V1-V6 in millivolts, undisturbed.
    pub(crate) fn leads(&self, samples: usize, rate_hz: f64, rng: &mut Rng) -> Vec<[f64; 8]> {
        let mut vectors: Vec<Vector> = self.atria_at_rest(samples, rate_hz, rng);
        let mut near = vec![[0.0; 6]; samples];
        let span = |from_s: f64, to_s: f64| {
            let index = |at_s: f64| ((at_s * rate_hz).ceil().max(0.0) as usize).min(samples);
            index(from_s)..index(to_s)
        };
        for event in &self.timeline.atrial {
            let wave = self.atrial_wave(event);
            for i in span(event.at_s, event.at_s + 3.2 * wave.duration_s) {
                let at = i as f64 / rate_hz - event.at_s;
                vectors[i] = add(vectors[i], add(wave.at(at), wave.repolarisation_at(at)));
            }
        }
        for ((event, timing), &size) in self
            .timeline
            .ventricular
            .iter()
            .zip(&self.timings)
            .zip(&self.sizes)
        {
            let shape = self.shape(event);
            for i in span(event.at_s, event.at_s + timing.end_s + 0.17) {
                let at = i as f64 / rate_hz - event.at_s;
                let mut vector = add(shape.t(at, timing), shape.st(at, timing));
                if at < shape.beat.qrs_s {
                    vector = add(vector, shape.qrs(at));
                    let close = shape.near(at);
                    for (sum, close) in near[i].iter_mut().zip(close) {
                        *sum += size * close;
                    }
                } else {
                    vector = add(vector, shape.u(at, timing));
                }
                vectors[i] = add(vectors[i], scale(vector, size));
            }
        }
        let mut leads = self.breathe(&vectors, &near, rate_hz);
        self.spikes(&mut leads, rate_hz);
        leads
    }

    /// Fibrillation and flutter, which never rest.
    fn atria_at_rest(&self, samples: usize, rate_hz: f64, rng: &mut Rng) -> Vec<Vector> {
        let times = (0..samples).map(|i| i as f64 / rate_hz);
        match self.parameters.atria {
            Atria::Sinus { .. } => vec![[0.0; 3]; samples],
            Atria::Fibrillation {
                rate_hz,
                amplitude_mv,
            } => {
                let waves = Fibrillation::new(rate_hz, amplitude_mv, rng);
                times.map(|t| waves.at(t)).collect()
            }
            Atria::Flutter {
                rate_per_min,
                amplitude_mv,
            } => {
                let wave = FlutterWave::new();
                // Beats fall on whole cycles of the flutter (see `rhythm`); the node's delay sets the phase.
                let cycle = 60.0 / rate_per_min;
                let phase = 0.12;
                times
                    .map(|t| scale(wave.at(t / cycle + phase), amplitude_mv))
                    .collect()
            }
        }
    }

    /// Breathing turns the heart and moves it away from and towards the electrodes.
    fn breathe(&self, vectors: &[Vector], near: &[[f64; 6]], rate_hz: f64) -> Vec<[f64; 8]> {
        let breathing = &self.parameters.breathing;
        let mut leads = Vec::with_capacity(vectors.len());
        let mut state = (Rotation::degrees(0.0, 0.0), 1.0);
        // Breathing is slow: renewing the rotation fifty times a second is far finer than it needs.
        let every = ((rate_hz / 50.0) as usize).max(1);
        for (i, (&vector, near)) in vectors.iter().zip(near).enumerate() {
            if i % every == 0 {
                let angle = std::f64::consts::TAU * breathing.rate_hz * i as f64 / rate_hz;
                let breath = (angle + breathing.phase).sin();
                let turn = breathing.turn_deg * breath;
                state = (
                    Rotation::degrees(turn, 0.4 * turn),
                    1.0 + breathing.amplitude * breath,
                );
            }
            let heart = scale(state.0.apply(vector), state.1);
            leads.push(self.parameters.torso.project(heart, near));
        }
        leads
    }

    /// Pacemaker spikes as an amplifier of 150 Hz shows them: up in a sample or two, back a little slower.
    fn spikes(&self, leads: &mut [[f64; 8]], rate_hz: f64) {
        let Some(pacing) = &self.parameters.pacing else {
            return;
        };
        let spike = self.parameters.torso.project(pacing.spike, &[0.0; 6]);
        for event in self.timeline.ventricular.iter().filter(|event| event.paced) {
            let start = event.at_s - CAPTURE_S;
            let first = ((start - 0.004) * rate_hz).ceil().max(0.0) as usize;
            let last = ((start + 0.03) * rate_hz).ceil().max(0.0) as usize;
            for (i, sample) in leads.iter_mut().enumerate().take(last).skip(first) {
                let at = i as f64 / rate_hz - start;
                let sharp = (-(at / 0.0013).powi(2)).exp();
                let back = if at > 0.0 {
                    -0.12 * (-at / 0.008).exp()
                } else {
                    0.0
                };
                for (value, spike) in sample.iter_mut().zip(spike) {
                    *value += spike * (sharp + back);
                }
            }
        }
    }

    /// When the spikes begin.
    pub(crate) fn spike_times(&self) -> impl Iterator<Item = f64> {
        let paced = self.timeline.ventricular.iter().filter(|event| event.paced);
        paced.map(|event| event.at_s - CAPTURE_S)
    }

    /// The waves of every beat whose QRS begins within the recording, and the P waves no beat answers.
    pub(crate) fn waves(&self, duration_s: f64) -> (Vec<TrueBeat>, Vec<TrueP>) {
        let inside = |at_s: f64| (0.0..duration_s).contains(&at_s);
        let mut answered = vec![false; self.timeline.atrial.len()];
        let mut beats = Vec::new();
        for (event, timing) in self.timeline.ventricular.iter().zip(&self.timings) {
            let p = event.p.and_then(|index| {
                answered[index] = true;
                self.p_wave(&self.timeline.atrial[index])
            });
            let shape = self.shape(event);
            let Some(qrs) = qrs_extent(shape) else {
                continue;
            };
            if !inside(event.at_s + qrs.0) {
                continue;
            }
            let t = extent(
                timing.end_s,
                |peak| 0.04 * peak,
                |at| {
                    if at < shape.beat.qrs_s {
                        0.0
                    } else {
                        norm(shape.t(at, timing))
                    }
                },
            );
            let kept =
                |wave: (f64, f64, f64)| wave.0 + event.at_s >= 0.0 && inside(wave.2 + event.at_s);
            beats.push(TrueBeat {
                kind: event.beat,
                p: p.filter(|p| p.on_s >= 0.0),
                qrs_on_s: rounded(event.at_s + qrs.0),
                r_peak_s: rounded(event.at_s + qrs.1),
                qrs_off_s: rounded(event.at_s + qrs.2),
                t: t.filter(|&wave| kept(wave)).map(|(on, peak, off)| TrueT {
                    on_s: rounded(event.at_s + on),
                    peak_s: rounded(event.at_s + peak),
                    off_s: rounded(event.at_s + off),
                }),
            });
        }
        let lone = self
            .timeline
            .atrial
            .iter()
            .zip(&answered)
            .filter(|(_, answered)| !**answered);
        let lone = lone.filter_map(|(event, _)| self.p_wave(event));
        let lone = lone.filter(|p| inside(p.on_s) && inside(p.off_s)).collect();
        beats.retain(|beat| beat.r_peak_s < duration_s && beat.qrs_off_s < duration_s);
        (beats, lone)
    }

    fn p_wave(&self, event: &AtrialEvent) -> Option<TrueP> {
        let wave = self.atrial_wave(event);
        let (on, peak, off) = extent(wave.duration_s, |peak| 0.05 * peak, |at| norm(wave.at(at)))?;
        Some(TrueP {
            on_s: rounded(event.at_s + on),
            peak_s: rounded(event.at_s + peak),
            off_s: rounded(event.at_s + off),
        })
    }
}

/// Where QRS can be told from the baseline, and its peak.
fn qrs_extent(shape: &Compiled) -> Option<(f64, f64, f64)> {
    extent(shape.beat.qrs_s, |_| 0.02, |at| norm(shape.qrs(at)))
}

/// How long QRS can be told from the baseline, in seconds.
pub(super) fn qrs_width(beat: &Ventricles) -> Option<f64> {
    let (on, _, off) = qrs_extent(&Compiled::new(beat))?;
    Some(off - on)
}

/// Truth is stated to a tenth of a millisecond, finer than anybody can say where a wave begins.
pub(super) fn rounded(at_s: f64) -> f64 {
    (at_s * 1e4).round() / 1e4
}

/// Where a wave of `length_s` seconds first and last exceeds a level (given its peak), and its peak;
/// `None` if it never does.
fn extent(
    length_s: f64,
    level: impl Fn(f64) -> f64,
    size: impl Fn(f64) -> f64,
) -> Option<(f64, f64, f64)> {
    const STEP_S: f64 = 0.000_5;
    let steps = (length_s / STEP_S).ceil() as usize;
    let sizes: Vec<f64> = (0..=steps).map(|i| size(i as f64 * STEP_S)).collect();
    let (peak, &largest) = sizes.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let level = level(largest);
    if largest < 0.02 || largest <= level {
        return None;
    }
    let first = sizes.iter().position(|&size| size > level)?;
    let last = sizes.iter().rposition(|&size| size > level)?;
    Some((
        first as f64 * STEP_S,
        peak as f64 * STEP_S,
        last as f64 * STEP_S,
    ))
}
