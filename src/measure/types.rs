//! What was measured, and where each number comes from.

use serde::{Deserialize, Serialize};

use super::hrv::Variability;
use crate::ecg::{LeadName, WaveBoundary};

/// A measured number with its provenance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// The number.
    pub value: f64,
    /// Its unit: `ms`, `/min`, `deg`, `uV`, `mm`, `uV*ms`; `chest lead` counts V1 to V6.
    pub unit: String,
    /// The leads it was taken from.
    pub leads: Vec<LeadName>,
    /// How many beats it stands for.
    pub beats: usize,
    /// Begin of the place on the tracing where it can be looked at, in seconds.
    pub from_s: f64,
    /// End of that place, in seconds.
    pub to_s: f64,
}

/// Wave boundaries in seconds from the start of the tracing (or from the beat, where said so); absent where there is
/// no such wave or it cannot be made out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Boundaries {
    /// Begin, peak and end of the P wave.
    pub p_on: Option<f64>,
    /// Its peak.
    pub p_peak: Option<f64>,
    /// Its end.
    pub p_off: Option<f64>,
    /// Begin of the QRS complex.
    pub qrs_on: Option<f64>,
    /// Its largest deflection.
    pub r_peak: Option<f64>,
    /// Its end, the J point.
    pub qrs_off: Option<f64>,
    /// Begin of the T wave.
    pub t_on: Option<f64>,
    /// Its peak.
    pub t_peak: Option<f64>,
    /// Its end.
    pub t_off: Option<f64>,
}

impl Boundaries {
    /// The same without a P wave.
    pub(crate) fn without_p(self) -> Self {
        Self {
            p_on: None,
            p_peak: None,
            p_off: None,
            ..self
        }
    }

    /// The same without a T wave.
    pub(crate) fn without_t(self) -> Self {
        Self {
            t_on: None,
            t_peak: None,
            t_off: None,
            ..self
        }
    }

    /// One of them.
    pub fn get(&self, boundary: WaveBoundary) -> Option<f64> {
        match boundary {
            WaveBoundary::POn => self.p_on,
            WaveBoundary::PPeak => self.p_peak,
            WaveBoundary::POff => self.p_off,
            WaveBoundary::QrsOn => self.qrs_on,
            WaveBoundary::RPeak => self.r_peak,
            WaveBoundary::QrsOff => self.qrs_off,
            WaveBoundary::TOn => self.t_on,
            WaveBoundary::TPeak => self.t_peak,
            WaveBoundary::TOff => self.t_off,
        }
    }

    /// Sets one of them, or takes it away.
    pub fn set(&mut self, boundary: WaveBoundary, at: Option<f64>) {
        let place = match boundary {
            WaveBoundary::POn => &mut self.p_on,
            WaveBoundary::PPeak => &mut self.p_peak,
            WaveBoundary::POff => &mut self.p_off,
            WaveBoundary::QrsOn => &mut self.qrs_on,
            WaveBoundary::RPeak => &mut self.r_peak,
            WaveBoundary::QrsOff => &mut self.qrs_off,
            WaveBoundary::TOn => &mut self.t_on,
            WaveBoundary::TPeak => &mut self.t_peak,
            WaveBoundary::TOff => &mut self.t_off,
        };
        *place = at;
    }

    /// The same moved by `seconds`.
    pub fn shifted(&self, seconds: f64) -> Self {
        let shift = |value: Option<f64>| value.map(|value| value + seconds);
        Self {
            p_on: shift(self.p_on),
            p_peak: shift(self.p_peak),
            p_off: shift(self.p_off),
            qrs_on: shift(self.qrs_on),
            r_peak: shift(self.r_peak),
            qrs_off: shift(self.qrs_off),
            t_on: shift(self.t_on),
            t_peak: shift(self.t_peak),
            t_off: shift(self.t_off),
        }
    }
}

/// One heartbeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Beat {
    /// Where its QRS complex is, in seconds.
    pub time_s: f64,
    /// Its shape: an index into [`Measurements::classes`].
    pub class: usize,
    /// Time since the beat before, in milliseconds; absent where there is none or a gap lies between.
    pub rr_ms: Option<f64>,
    /// It comes at least a fifth earlier than the beats around it let expect.
    pub premature: bool,
    /// Boundaries over all leads (earliest begin, latest end), in seconds from the start of the tracing.
    pub boundaries: Boundaries,
    /// Lead by lead, in the order of [`Measurements::leads`].
    pub lead_boundaries: Vec<Boundaries>,
}

/// Beats of one shape; the first class is the dominant one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct BeatShape {
    /// How many beats have it.
    pub beats: usize,
    /// Whether it looks ventricular: wide, unlike the dominant shape.
    pub ventricular_looking: bool,
    /// Whether spikes of a pacemaker start its complexes.
    pub paced: bool,
    /// QRS duration in milliseconds.
    pub qrs_ms: Option<f64>,
    /// Boundaries over all leads, in seconds from the beat's `time_s`.
    pub boundaries: Boundaries,
    /// Representative beat: its curves begin this many seconds before the beat's `time_s`.
    pub begins_s: f64,
    /// Sampling rate of the representative beat in hertz.
    pub sampling_rate_hz: f64,
    /// Noise of a single beat between its waves, root mean square over the beats' differences, in microvolts, lead by
    /// lead in the order of [`Measurements::leads`]; the representative beat has this over the square root of `beats`.
    pub noise_uv: Vec<f64>,
    /// Representative beat of each lead, in the order of [`Measurements::leads`], in microvolts.
    pub curves: Vec<Vec<f64>>,
}

/// How many beats there are, all and of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub beats: usize,
    /// Those that come early.
    pub premature: usize,
    /// Those whose shape looks ventricular.
    pub ventricular_looking: usize,
    /// Those that a pacemaker starts.
    pub paced: usize,
}

impl Counts {
    /// Percent of all beats that so many of a kind are.
    pub fn percent(&self, of_kind: usize) -> f64 {
        100.0 * of_kind as f64 / self.beats as f64
    }
}

/// QT corrected for rate, by four formulas.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Qtc {
    /// Bazett 1920.
    pub bazett: Option<Value>,
    /// Fridericia 1920.
    pub fridericia: Option<Value>,
    /// Framingham: Sagie et al. 1992.
    pub framingham: Option<Value>,
    /// Hodges et al. 1983.
    pub hodges: Option<Value>,
}

/// Amplitudes of one lead on the dominant representative beat, in microvolts from the level before the QRS complex.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LeadMeasurements {
    /// Which lead.
    pub lead: LeadName,
    /// Boundaries in this lead, in seconds from the beat's `time_s`.
    pub boundaries: Boundaries,
    /// P wave, signed; of a biphasic one the larger phase.
    pub p_uv: Option<f64>,
    /// The other phase of a biphasic P wave, signed.
    #[serde(default)]
    pub p2_uv: Option<f64>,
    /// Q wave, negative.
    pub q_uv: Option<f64>,
    /// Its duration.
    pub q_ms: Option<f64>,
    /// R wave.
    pub r_uv: Option<f64>,
    /// S wave, negative.
    pub s_uv: Option<f64>,
    /// Second R wave.
    pub r2_uv: Option<f64>,
    /// T wave, signed, at its peak.
    pub t_uv: Option<f64>,
    /// The other phase of a biphasic T wave, signed.
    #[serde(default)]
    pub t2_uv: Option<f64>,
    /// ST level at the J point.
    pub st_j_uv: Option<f64>,
    /// ST level 40 ms after it.
    pub st_j40_uv: Option<f64>,
    /// ST level 60 ms after it.
    pub st_j60_uv: Option<f64>,
    /// ST level 80 ms after it.
    pub st_j80_uv: Option<f64>,
    /// QT interval in this lead, in milliseconds.
    pub qt_ms: Option<f64>,
}

/// A criterion of the literature, with what was measured and whether it is met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Stable name, such as `sokolow_lyon`.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// What was measured.
    pub value: Value,
    /// From (or below, see `text`) what it is met.
    pub threshold: f64,
    /// Whether the number passes the threshold, whatever that means in this tracing.
    #[serde(default)]
    pub reached: bool,
    /// Whether it is met; absent where it does not apply.
    pub met: Option<bool>,
    /// Why it does not apply to this tracing, such as `QRS 160 ms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub does_not_apply: Option<String>,
    /// The rule and its source, in a sentence.
    pub text: String,
}

/// What a criterion says of a tracing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Met,
    NotMet,
    /// It cannot be judged here, and why.
    DoesNotApply(String),
}

impl Criterion {
    /// What it says.
    pub fn verdict(&self) -> Verdict {
        match (&self.does_not_apply, self.met) {
            (None, Some(true)) => Verdict::Met,
            (None, _) => Verdict::NotMet,
            (Some(reason), _) => Verdict::DoesNotApply(reason.clone()),
        }
    }

    /// Sets why it does not apply, or that it does.
    pub(super) fn qualify(&mut self, does_not_apply: Option<String>) {
        self.met = does_not_apply.is_none().then_some(self.reached);
        self.does_not_apply = does_not_apply;
    }
}

/// Everything that could be measured on a tracing. What could not is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurements {
    /// Which signal the numbers are taken from.
    pub signal: String,
    /// Every beat.
    pub beats: Vec<Beat>,
    /// Shapes of beats, the dominant one first.
    pub classes: Vec<BeatShape>,
    /// Mean ventricular rate.
    pub heart_rate: Option<Value>,
    /// Slowest and fastest rate from one beat to the next.
    pub heart_rate_min: Option<Value>,
    /// Fastest.
    pub heart_rate_max: Option<Value>,
    /// Longest distance between two beats.
    pub longest_rr: Option<Value>,
    /// Root mean square of successive RR differences between dominant beats.
    pub rmssd: Option<Value>,
    /// Distances of more than two seconds between beats; of one beat from the start of the tracing or to its end, which is
    /// the least that the pause has.
    pub pauses: Vec<Value>,
    /// Begin and end of stretches in which too few leads can be read for a beat to be found (missing, off, swamped by
    /// noise), in seconds from the start: no RR interval and no pause leads over one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gaps_s: Vec<(f64, f64)>,
    /// Those in which most leads are much noisier than usual: beats found there are uncertain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub noisy_s: Vec<(f64, f64)>,
    /// When spikes of a pacemaker are seen, in seconds from the start.
    pub pacing_spikes_s: Vec<f64>,
    /// Heart rate variability, of tracings of a minute and more.
    pub variability: Option<Variability>,
    /// RR intervals vary from beat to beat as in atrial fibrillation and no P wave was found.
    pub irregular_without_p: Option<bool>,
    /// Duration of the P wave.
    pub p_duration: Option<Value>,
    /// From the begin of P to the begin of QRS.
    pub pr: Option<Value>,
    /// Duration of the QRS complex.
    pub qrs: Option<Value>,
    /// From the begin of QRS to the end of T.
    pub qt: Option<Value>,
    /// QT corrected for the mean rate.
    pub qtc: Qtc,
    /// Frontal axis of P.
    pub p_axis: Option<Value>,
    /// Frontal axis of QRS.
    pub qrs_axis: Option<Value>,
    /// Frontal axis of T.
    pub t_axis: Option<Value>,
    /// Longest less shortest QT over the leads.
    pub qt_dispersion: Option<Value>,
    /// Lead by lead.
    pub leads: Vec<LeadMeasurements>,
    /// Criteria of the literature that can be judged.
    pub criteria: Vec<Criterion>,
    /// What the reader of these numbers should know.
    pub notes: Vec<String>,
    /// What of it a person has set; `None` where everything was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_hand: Option<ByHand>,
}

/// What a person has set of measurements.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ByHand {
    /// Who.
    pub reader: String,
    /// The boundaries that person set or took away, in the order of the beats.
    pub points: Vec<HandPoint>,
    /// The numbers that follow from them, by name (`pr`), with what was measured before.
    pub numbers: Vec<(String, Option<f64>)>,
}

/// A wave boundary as a person set it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandPoint {
    /// Which one.
    pub boundary: WaveBoundary,
    /// The lead that it holds for; `None` over all leads.
    pub lead: Option<LeadName>,
    /// In seconds from the start of the tracing; `None` where the person took it away.
    pub at_s: Option<f64>,
}

impl Measurements {
    /// The leads that were measured.
    pub fn lead_names(&self) -> Vec<LeadName> {
        self.leads.iter().map(|lead| lead.lead.clone()).collect()
    }

    /// How many beats there are, of each kind. Where the rhythm looks like atrial fibrillation no beat is expected at any
    /// time, so that none counts as premature.
    pub fn counts(&self) -> Counts {
        let of = |is: &dyn Fn(&BeatShape) -> bool| -> usize {
            let shapes = self.classes.iter().filter(|shape| is(shape));
            shapes.map(|shape| shape.beats).sum()
        };
        let premature = self.beats.iter().filter(|beat| beat.premature).count();
        let expected = self.irregular_without_p != Some(true);
        Counts {
            beats: self.beats.len(),
            premature: if expected { premature } else { 0 },
            ventricular_looking: of(&|shape| shape.ventricular_looking),
            paced: of(&|shape| shape.paced),
        }
    }

    /// The longest distance of more than two seconds between beats.
    pub fn longest_pause(&self) -> Option<&Value> {
        let pauses = self.pauses.iter();
        pauses.max_by(|a, b| a.value.total_cmp(&b.value))
    }

    /// Whether the shape of a beat looks ventricular.
    pub fn looks_ventricular(&self, beat: &Beat) -> bool {
        let class = self.classes.get(beat.class);
        class.is_some_and(|class| class.ventricular_looking)
    }

    /// Whether a person's boundaries decide a number, by its name, and what was measured before.
    pub fn set_by_hand(&self, number: &str) -> Option<(&str, Option<f64>)> {
        let hand = self.by_hand.as_ref()?;
        let (_, before) = hand.numbers.iter().find(|(name, _)| name == number)?;
        Some((&hand.reader, *before))
    }
}
