//! Every simulated condition meets the published criteria of its name, for many people.
//!
//! Measured in millivolts and milliseconds on the undisturbed signal, at the boundaries of the ground
//! truth. Criteria: AHA/ACCF/HRS recommendations of 2009 (intraventricular conduction, hypertrophy), the
//! fourth universal definition of myocardial infarction (2018), Sokolow and Lyon (1949).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use heartbeatai::ecg::BeatKind;
use heartbeatai::simulate::{Device, Settings, TrueBeat, Truth, condition, simulate};

const SEEDS: std::ops::RangeInclusive<u64> = 1..=40;
const LEADS: [&str; 12] = [
    "I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6",
];

/// An undisturbed tracing at 1000 Hz, in millivolts.
struct Tracing {
    who: String,
    leads: Vec<Vec<f64>>,
    truth: Truth,
}

impl Tracing {
    fn draw(id: &str, seed: u64) -> Self {
        let settings = Settings {
            duration_s: 10.0,
            device: Device::ideal(1000.0),
        };
        let condition = condition(id).unwrap();
        let simulation = simulate(condition, seed, &settings);
        let leads = simulation.recording.leads.iter();
        Self {
            who: format!("{id}, seed {seed}"),
            leads: leads
                .map(|l| l.samples.microvolts().iter().map(|v| v / 1000.0).collect())
                .collect(),
            truth: simulation.truth,
        }
    }

    /// A complete beat of the kind that makes the condition.
    fn beat(&self) -> &TrueBeat {
        let beats = &self.truth.beats;
        beats
            .iter()
            .skip(1)
            .find(|b| b.t.is_some() && (0.3..8.5).contains(&b.qrs_on_s))
            .unwrap()
    }

    fn at(&self, lead: &str, at_s: f64) -> f64 {
        let lead = LEADS.iter().position(|name| *name == lead).unwrap();
        self.leads[lead][(at_s * 1000.0).round() as usize]
    }

    /// The voltage of a lead against the onset of QRS, every millisecond of a span.
    fn span(&self, lead: &str, beat: &TrueBeat, from_s: f64, to_s: f64) -> Vec<f64> {
        let base = self.at(lead, beat.qrs_on_s);
        let (from, to) = (
            (from_s * 1000.0).round() as usize,
            (to_s * 1000.0).round() as usize,
        );
        (from..=to)
            .map(|ms| self.at(lead, ms as f64 / 1000.0) - base)
            .collect()
    }

    fn qrs(&self, lead: &str) -> Vec<f64> {
        let beat = self.beat();
        self.span(lead, beat, beat.qrs_on_s, beat.qrs_off_s)
    }

    fn r(&self, lead: &str) -> f64 {
        max(&self.qrs(lead))
    }

    /// Depth of the deepest negative deflection, positive.
    fn s(&self, lead: &str) -> f64 {
        -min(&self.qrs(lead))
    }

    /// Depth of what precedes the highest point.
    fn q(&self, lead: &str) -> f64 {
        let qrs = self.qrs(lead);
        -min(&qrs[..=peak(&qrs)])
    }

    /// Height of what precedes the deepest point.
    fn r_before_s(&self, lead: &str) -> f64 {
        let qrs = self.qrs(lead);
        let negative: Vec<f64> = qrs.iter().map(|v| -v).collect();
        max(&qrs[..=peak(&negative)])
    }

    /// ST level `ms` after the end of QRS, against the onset of QRS.
    fn st(&self, lead: &str, ms: f64) -> f64 {
        let beat = self.beat();
        self.at(lead, beat.qrs_off_s + ms / 1000.0) - self.at(lead, beat.qrs_on_s)
    }

    fn t(&self, lead: &str) -> f64 {
        let beat = self.beat();
        self.at(lead, beat.t.unwrap().peak_s) - self.at(lead, beat.qrs_on_s)
    }

    fn qrs_ms(&self) -> f64 {
        let beat = self.beat();
        (beat.qrs_off_s - beat.qrs_on_s) * 1000.0
    }

    fn rr(&self) -> Vec<f64> {
        self.truth
            .beats
            .windows(2)
            .map(|pair| pair[1].r_peak_s - pair[0].r_peak_s)
            .collect()
    }

    fn rate(&self) -> f64 {
        60.0 / mean(&self.rr())
    }

    /// QTc by Bazett with the RR interval before the beat.
    fn bazett_ms(&self) -> f64 {
        let (i, beat) = self
            .truth
            .beats
            .iter()
            .enumerate()
            .skip(1)
            .find(|(_, b)| b.t.is_some_and(|t| t.off_s < 9.0) && b.qrs_on_s > 2.0)
            .unwrap();
        let rr = beat.r_peak_s - self.truth.beats[i - 1].r_peak_s;
        (beat.t.unwrap().off_s - beat.qrs_on_s) * 1000.0 / rr.sqrt()
    }

    /// PR of every beat with a P wave, in milliseconds.
    fn pr_ms(&self) -> Vec<f64> {
        let beats = self.truth.beats.iter();
        beats
            .filter_map(|b| b.p.map(|p| (b.qrs_on_s - p.on_s) * 1000.0))
            .collect()
    }

    /// Mean frontal axis from the areas of QRS in I and aVF, in degrees.
    fn axis(&self) -> f64 {
        let area = |lead| self.qrs(lead).iter().sum::<f64>();
        // aVF is shorter than I by the factor 2 / sqrt(3) of the augmented leads.
        (2.0 * area("aVF"))
            .atan2(3f64.sqrt() * area("I"))
            .to_degrees()
    }
}

fn max(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::MIN, f64::max)
}

fn min(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::MAX, f64::min)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn variation(values: &[f64]) -> f64 {
    let m = mean(values);
    (values.iter().map(|v| (v - m).powi(2)).sum::<f64>() / values.len() as f64).sqrt() / m
}

fn peak(values: &[f64]) -> usize {
    (0..values.len())
        .max_by(|&a, &b| values[a].total_cmp(&values[b]))
        .unwrap()
}

/// A criterion in words, and whether a tracing meets it.
type Claim = (&'static str, fn(&Tracing) -> bool);

/// Asserts a claim for the textbook example and for many people, and names who breaks it.
fn holds(id: &str, claims: &[Claim]) {
    let default = condition(id).unwrap().default_seed;
    let mut broken = Vec::new();
    for seed in std::iter::once(default).chain(SEEDS) {
        let tracing = Tracing::draw(id, seed);
        for (claim, test) in claims {
            if !test(&tracing) {
                broken.push(format!("{}: {claim}", tracing.who));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "{} broken:\n{}",
        broken.len(),
        broken.join("\n")
    );
}

#[test]
fn a_normal_tracing_is_normal() {
    holds(
        "sinus_rhythm",
        &[
            ("rate 60 to 100", |t| (60.0..=100.0).contains(&t.rate())),
            ("PR 120 to 200 ms", |t| {
                t.pr_ms().iter().all(|pr| (120.0..=200.0).contains(pr))
            }),
            ("QRS below 110 ms", |t| (65.0..110.0).contains(&t.qrs_ms())),
            ("QTc below 450 ms", |t| {
                (340.0..450.0).contains(&t.bazett_ms())
            }),
            ("axis -30 to 90", |t| (-30.0..=90.0).contains(&t.axis())),
            ("P upright in I, II, aVF, inverted in aVR", |t| {
                let p = t.beat().p.unwrap();
                let p_wave = |lead| t.at(lead, p.peak_s) - t.at(lead, p.on_s);
                p_wave("I") > 0.01
                    && p_wave("II") > 0.05
                    && p_wave("aVF") > 0.02
                    && p_wave("aVR") < -0.04
            }),
            ("P below 0.25 mV and 120 ms", |t| {
                let p = t.beat().p.unwrap();
                t.at("II", p.peak_s) - t.at("II", p.on_s) < 0.25 && p.off_s - p.on_s < 0.120
            }),
            ("rS in V1", |t| {
                t.r_before_s("V1") > 0.04 && t.s("V1") > t.r("V1")
            }),
            ("R over S in V5 and V6", |t| {
                t.r("V5") > t.s("V5") && t.r("V6") > t.s("V6")
            }),
            ("R grows from V1 to V4", |t| {
                t.r("V1") < t.r("V3") && t.r("V2") < t.r("V4")
            }),
            ("V5 R 0.5 to 2.7 mV", |t| (0.5..2.7).contains(&t.r("V5"))),
            ("S in V1 0.3 to 2.3 mV", |t| (0.3..2.3).contains(&t.s("V1"))),
            ("T upright in I, II, V3 to V6", |t| {
                ["I", "II", "V3", "V4", "V5", "V6"]
                    .iter()
                    .all(|lead| t.t(lead) > 0.03)
            }),
            ("T inverted in aVR", |t| t.t("aVR") < -0.05),
            ("ST level in the limb leads", |t| {
                LEADS[..6].iter().all(|lead| t.st(lead, 40.0).abs() < 0.1)
            }),
        ],
    );
}

#[test]
fn sinus_rates_are_what_their_names_say() {
    holds(
        "sinus_bradycardia",
        &[("below 60/min", |t| t.rate() < 58.0 && t.rate() > 38.0)],
    );
    holds(
        "sinus_tachycardia",
        &[("above 100/min", |t| t.rate() > 102.0 && t.rate() < 150.0)],
    );
}

#[test]
fn sinus_arrhythmia_swings_by_more_than_120_ms() {
    holds(
        "sinus_arrhythmia",
        &[
            ("RR range", |t| max(&t.rr()) - min(&t.rr()) > 0.120),
            ("PR constant", |t| max(&t.pr_ms()) - min(&t.pr_ms()) < 12.0),
        ],
    );
}

#[test]
fn fibrillation_has_no_p_and_no_order() {
    holds(
        "atrial_fibrillation",
        &[
            ("RR varies", |t| variation(&t.rr()) > 0.10),
            ("no P wave", |t| {
                t.truth.lone_p.is_empty() && t.truth.beats.iter().all(|b| b.p.is_none())
            }),
        ],
    );
    // Over many people the coefficient of variation is that of fibrillation (about 0.2), and one
    // interval does not foretell the next.
    let mut all = Vec::new();
    let mut lagged = Vec::new();
    for seed in SEEDS {
        let rr = Tracing::draw("atrial_fibrillation", seed).rr();
        let m = mean(&rr);
        all.push(variation(&rr));
        lagged.extend(
            rr.windows(2)
                .map(|pair| (pair[0] / m - 1.0) * (pair[1] / m - 1.0)),
        );
    }
    assert!(
        (0.15..0.30).contains(&mean(&all)),
        "mean variation {}",
        mean(&all)
    );
    assert!(
        (mean(&lagged) / mean(&all).powi(2)).abs() < 0.25,
        "serial correlation"
    );
}

#[test]
fn fibrillatory_waves_are_strongest_in_v1_at_4_to_9_hz() {
    for seed in SEEDS {
        let t = Tracing::draw("atrial_fibrillation", seed);
        // Between the end of T and the next QRS nothing but the atria is seen.
        let mut size = [0.0; 12];
        let (mut crossings, mut seconds) = (0.0, 0.0);
        for pair in t.truth.beats.windows(2) {
            let from = pair[0].t.map_or(pair[0].qrs_off_s + 0.3, |t| t.off_s) + 0.2;
            let to = pair[1].qrs_on_s;
            if to - from < 0.25 {
                continue;
            }
            let (a, b) = ((from * 1000.0) as usize, (to * 1000.0) as usize);
            for (lead, size) in size.iter_mut().enumerate() {
                let span = &t.leads[lead][a..b];
                *size += span.iter().map(|v| (v - mean(span)).powi(2)).sum::<f64>();
            }
            let span = &t.leads[6][a..b];
            let level = mean(span);
            crossings += span
                .windows(2)
                .filter(|w| (w[0] < level) != (w[1] < level))
                .count() as f64;
            seconds += to - from;
        }
        if seconds < 2.0 {
            continue;
        }
        assert!(
            (0..6).all(|limb| size[limb] < size[6]),
            "{}: V1 beats every limb lead",
            t.who
        );
        let hz = crossings / 2.0 / seconds;
        assert!((3.5..11.0).contains(&hz), "{}: {hz} Hz", t.who);
    }
}

#[test]
fn flutter_conducts_by_its_ratio() {
    holds(
        "atrial_flutter_2to1",
        &[
            ("near 150/min", |t| (138.0..160.0).contains(&t.rate())),
            ("regular", |t| variation(&t.rr()) < 0.02),
        ],
    );
    holds(
        "atrial_flutter_4to1",
        &[
            ("near 75/min", |t| (69.0..80.0).contains(&t.rate())),
            ("regular", |t| variation(&t.rr()) < 0.02),
            (
                "saw-tooth down in II between T and QRS, at 240 to 350/min",
                |t| {
                    let beats = &t.truth.beats;
                    let (from, to) = (beats[1].t.unwrap().off_s, beats[2].qrs_on_s);
                    let span = t.span("II", &beats[1], from, to);
                    max(&span) - min(&span) > 0.12
                },
            ),
        ],
    );
}

#[test]
fn av_blocks_block() {
    holds(
        "first_degree_av_block",
        &[("PR above 200 ms", |t| {
            let pr = t.pr_ms();
            min(&pr) > 205.0 && max(&pr) - min(&pr) < 12.0 && t.truth.lone_p.is_empty()
        })],
    );
    holds(
        "wenckebach",
        &[("PR grows until a P wave is dropped", |t| {
            !t.truth.lone_p.is_empty()
                && t.truth
                    .beats
                    .windows(2)
                    .all(|pair| match (pair[0].p, pair[1].p) {
                        (Some(a), Some(b)) => {
                            let dropped = t
                                .truth
                                .lone_p
                                .iter()
                                .any(|p| p.on_s > a.on_s && p.on_s < b.on_s);
                            let grown = (pair[1].qrs_on_s - b.on_s) - (pair[0].qrs_on_s - a.on_s);
                            if dropped { grown < -0.02 } else { grown > 0.01 }
                        }
                        _ => true,
                    })
        })],
    );
    holds(
        "third_degree_av_block",
        &[
            ("slow escape", |t| {
                (28.0..46.0).contains(&t.rate()) && variation(&t.rr()) < 0.05
            }),
            ("more P than QRS", |t| {
                t.truth.lone_p.len() > t.truth.beats.len() + 3
            }),
            ("wide escape beats", |t| t.qrs_ms() >= 120.0),
            ("no fixed PR", |t| {
                let gap = |beat: &TrueBeat| {
                    let before = t.truth.lone_p.iter().filter(|p| p.on_s < beat.qrs_on_s);
                    before
                        .map(|p| beat.qrs_on_s - p.on_s)
                        .fold(f64::MAX, f64::min)
                };
                let gaps: Vec<f64> = t.truth.beats.iter().skip(1).map(gap).collect();
                max(&gaps) - min(&gaps) > 0.08
            }),
        ],
    );
}

/// AHA/ACCF/HRS 2009: QRS >= 120 ms; broad notched or slurred R in I, aVL, V5, V6 without q; rS or QS in
/// V1; R peak time in V5-V6 above 60 ms; ST and T against QRS.
#[test]
fn left_bundle_branch_block_meets_its_criteria() {
    holds(
        "left_bundle_branch_block",
        &[
            ("QRS >= 120 ms", |t| t.qrs_ms() >= 120.0),
            ("no q in I, V5, V6", |t| {
                ["I", "V5", "V6"].iter().all(|lead| t.q(lead) < 0.05)
            }),
            ("dominant R in I, aVL, V6", |t| {
                ["I", "aVL", "V6"]
                    .iter()
                    .all(|lead| t.r(lead) > t.s(lead) && t.r(lead) > 0.2)
            }),
            ("rS or QS in V1 and V2", |t| {
                ["V1", "V2"]
                    .iter()
                    .all(|lead| t.s(lead) > 3.0 * t.r(lead) && t.s(lead) > 0.8)
            }),
            ("R peak time in V6 above 60 ms", |t| {
                let qrs = t.qrs("V6");
                // The notch may make either hump the higher; the R peak time is to the last one.
                let high = 0.85 * max(&qrs);
                qrs.iter().rposition(|&v| v > high).unwrap() > 60
            }),
            ("discordant T in V1, V2 and V6", |t| {
                t.t("V1") > 0.1 && t.t("V2") > 0.1 && t.t("V6") < -0.03
            }),
        ],
    );
}

/// AHA/ACCF/HRS 2009: QRS >= 120 ms; rsr', rsR' or rSR' in V1 or V2 with R' above r; S longer than R or
/// than 40 ms in I and V6.
#[test]
fn right_bundle_branch_block_meets_its_criteria() {
    holds(
        "right_bundle_branch_block",
        &[
            ("QRS >= 120 ms", |t| t.qrs_ms() >= 120.0),
            ("rSR' in V1", |t| {
                let qrs = t.qrs("V1");
                let second = peak(&qrs);
                let first = max(&qrs[..40]);
                let between = min(&qrs[..second]);
                first > 0.05 && qrs[second] > first && between < first - 0.15 && second > 60
            }),
            ("wide S in I and V6", |t| {
                ["I", "V6"]
                    .iter()
                    .all(|lead| t.qrs(lead)[50..].iter().filter(|&&v| v < -0.02).count() > 40)
            }),
            ("T inverted in V1", |t| t.t("V1") < -0.05),
        ],
    );
}

/// AHA/ACCF/HRS 2009: axis -45 to -90 degrees, qR in aVL, R peak time in aVL >= 45 ms, QRS < 120 ms.
#[test]
fn left_anterior_fascicular_block_meets_its_criteria() {
    holds(
        "left_anterior_fascicular_block",
        &[
            ("axis -45 to -90", |t| (-90.0..=-45.0).contains(&t.axis())),
            ("qR in aVL", |t| t.q("aVL") > 0.02 && t.r("aVL") > 0.3),
            ("R peak time in aVL >= 45 ms", |t| peak(&t.qrs("aVL")) >= 45),
            ("rS in II, III, aVF", |t| {
                ["II", "III", "aVF"]
                    .iter()
                    .all(|lead| t.r_before_s(lead) > 0.05 && t.s(lead) > t.r(lead))
            }),
            ("QRS below 120 ms", |t| t.qrs_ms() < 120.0),
        ],
    );
}

#[test]
fn pre_excitation_shortens_pr_and_widens_qrs() {
    holds(
        "wolff_parkinson_white",
        &[
            ("PR below 120 ms", |t| {
                t.pr_ms().iter().all(|pr| *pr < 120.0)
            }),
            ("QRS above 110 ms", |t| t.qrs_ms() > 110.0),
            ("slurred start in V5", |t| {
                let qrs = t.qrs("V5");
                let early = qrs[38] / max(&qrs);
                (0.05..0.62).contains(&early)
            }),
        ],
    );
}

#[test]
fn ventricular_early_beats_are_early_wide_and_followed_by_a_full_pause() {
    holds(
        "premature_ventricular_complexes",
        &[
            ("at least one", |t| {
                !ectopic(t, BeatKind::VentricularPremature).is_empty()
            }),
            ("wide, without P", |t| {
                ectopic(t, BeatKind::VentricularPremature).iter().all(|&i| {
                    let beat = &t.truth.beats[i];
                    beat.p.is_none() && beat.qrs_off_s - beat.qrs_on_s >= 0.120
                })
            }),
            ("early, with a compensatory pause", |t| {
                let beats = &t.truth.beats;
                ectopic(t, BeatKind::VentricularPremature).iter().all(|&i| {
                    if i < 2 || i + 1 >= beats.len() || beats[i - 2].kind != BeatKind::Normal {
                        return true;
                    }
                    let rr = beats[i - 1].r_peak_s - beats[i - 2].r_peak_s;
                    let before = beats[i].r_peak_s - beats[i - 1].r_peak_s;
                    let both = beats[i + 1].r_peak_s - beats[i - 1].r_peak_s;
                    before < 0.8 * rr && (both / rr - 2.0).abs() < 0.2
                })
            }),
        ],
    );
}

#[test]
fn atrial_early_beats_have_another_p_and_a_lesser_pause() {
    holds(
        "premature_atrial_complexes",
        &[
            ("at least one", |t| {
                !ectopic(t, BeatKind::AtrialPremature).is_empty()
            }),
            ("narrow, with P", |t| {
                ectopic(t, BeatKind::AtrialPremature).iter().all(|&i| {
                    let beat = &t.truth.beats[i];
                    // The P wave of the first beat may lie before the recording.
                    (beat.p.is_some() || beat.qrs_on_s < 0.3)
                        && beat.qrs_off_s - beat.qrs_on_s < 0.120
                })
            }),
            ("early, with less than a compensatory pause", |t| {
                let beats = &t.truth.beats;
                ectopic(t, BeatKind::AtrialPremature).iter().all(|&i| {
                    if i < 2 || i + 1 >= beats.len() || beats[i - 2].kind != BeatKind::Normal {
                        return true;
                    }
                    let rr = beats[i - 1].r_peak_s - beats[i - 2].r_peak_s;
                    let before = beats[i].r_peak_s - beats[i - 1].r_peak_s;
                    let both = beats[i + 1].r_peak_s - beats[i - 1].r_peak_s;
                    before < 0.8 * rr && both < 1.92 * rr
                })
            }),
        ],
    );
}

fn ectopic(tracing: &Tracing, kind: BeatKind) -> Vec<usize> {
    let beats = tracing.truth.beats.iter().enumerate();
    beats
        .filter(|(_, beat)| beat.kind == kind)
        .map(|(i, _)| i)
        .collect()
}

/// Sokolow and Lyon 1949: S in V1 + R in V5 or V6 of 3.5 mV or more.
#[test]
fn left_ventricular_hypertrophy_has_voltage_and_strain() {
    holds(
        "left_ventricular_hypertrophy",
        &[
            ("Sokolow-Lyon >= 3.5 mV", |t| {
                t.s("V1") + t.r("V5").max(t.r("V6")) >= 3.5
            }),
            ("strain in V6", |t| {
                t.t("V6") < -0.1 && t.st("V6", 60.0) < -0.03
            }),
            ("QRS below 120 ms", |t| t.qrs_ms() < 120.0),
        ],
    );
}

#[test]
fn right_ventricular_hypertrophy_has_a_tall_r_in_v1_and_a_right_axis() {
    holds(
        "right_ventricular_hypertrophy",
        &[
            ("R in V1 above 0.6 mV and above S", |t| {
                t.r("V1") > 0.6 && t.r("V1") > t.s("V1")
            }),
            ("axis above 90", |t| t.axis() > 90.0),
            ("deep S in V6", |t| {
                t.s("V6") > 0.2 && t.r("V6") < 2.0 * t.s("V6")
            }),
            ("T inverted in V1 and V2", |t| {
                t.t("V1") < -0.1 && t.t("V2") < -0.1
            }),
        ],
    );
}

#[test]
fn left_atrial_enlargement_widens_p() {
    holds(
        "left_atrial_enlargement",
        &[
            ("P >= 120 ms", |t| {
                let p = t.beat().p.unwrap();
                p.off_s - p.on_s >= 0.120
            }),
            ("terminal part in V1", |t| {
                let p = t.beat().p.unwrap();
                let base = t.at("V1", p.on_s);
                let low = (0..=((p.off_s - p.on_s) * 1000.0) as usize)
                    .map(|ms| t.at("V1", p.on_s + ms as f64 / 1000.0) - base)
                    .filter(|v| *v < -0.04)
                    .count();
                low >= 40
            }),
        ],
    );
}

/// Universal definition: ST >= 0.2 mV in V2-V3 (men of 40 or more), >= 0.1 mV elsewhere, at the J point.
#[test]
fn anterior_infarction_lifts_v2_to_v4_and_lowers_iii() {
    holds(
        "anterior_stemi",
        &[
            ("ST >= 0.2 mV in V2 and V3", |t| {
                t.st("V2", 20.0) >= 0.2 && t.st("V3", 20.0) >= 0.2
            }),
            ("ST >= 0.1 mV in V4", |t| t.st("V4", 20.0) >= 0.1),
            ("reciprocal in III", |t| t.st("III", 40.0) < -0.05),
            ("r lost in V1 to V2", |t| {
                t.r_before_s("V1") < 0.1 && t.r_before_s("V2") < 0.12
            }),
        ],
    );
}

#[test]
fn inferior_infarction_lifts_ii_iii_avf_and_lowers_avl() {
    holds(
        "inferior_stemi",
        &[
            ("ST >= 0.1 mV in II, III, aVF", |t| {
                ["II", "III", "aVF"]
                    .iter()
                    .all(|lead| t.st(lead, 20.0) >= 0.1)
            }),
            ("III above II", |t| t.st("III", 20.0) > t.st("II", 20.0)),
            ("reciprocal in aVL", |t| t.st("aVL", 20.0) < -0.08),
            ("Q in III and aVF", |t| {
                t.q("III") > 0.1 && t.q("aVF") > 0.08
            }),
        ],
    );
}

#[test]
fn st_depression_is_horizontal_and_widespread() {
    holds(
        "st_depression",
        &[
            ("at least 0.05 mV in II, V4, V5", |t| {
                ["II", "V4", "V5"]
                    .iter()
                    .all(|lead| t.st(lead, 60.0) <= -0.05)
            }),
            ("horizontal", |t| {
                (t.st("V5", 30.0) - t.st("V5", 80.0)).abs() < 0.05
            }),
            ("aVR up", |t| t.st("aVR", 60.0) > 0.03),
        ],
    );
}

#[test]
fn repolarisation_is_what_its_names_say() {
    holds(
        "t_wave_inversion",
        &[("T <= -0.1 mV in V3 and V4", |t| {
            t.t("V3") <= -0.1 && t.t("V4") <= -0.1
        })],
    );
    holds(
        "long_qt",
        &[("QTc above 480 ms", |t| t.bazett_ms() > 480.0)],
    );
    holds(
        "hyperkalaemia",
        &[
            ("T >= 0.7 mV in V3 or V4", |t| {
                t.t("V3").max(t.t("V4")) >= 0.7
            }),
            ("low P", |t| {
                let p = t.beat().p;
                p.is_none_or(|p| t.at("II", p.peak_s) - t.at("II", p.on_s) < 0.12)
            }),
        ],
    );
}

#[test]
fn low_voltage_stays_below_half_a_millivolt_in_every_limb_lead() {
    holds(
        "low_voltage",
        &[("limb leads", |t| {
            LEADS[..6].iter().all(|lead| t.r(lead) + t.s(lead) < 0.5)
        })],
    );
}

#[test]
fn pacing_shows_a_spike_before_a_wide_qrs_that_points_up_and_left() {
    holds(
        "ventricular_pacing",
        &[
            ("all beats paced", |t| {
                t.truth.beats.iter().all(|b| b.kind == BeatKind::Paced)
            }),
            ("QRS >= 120 ms", |t| t.qrs_ms() >= 120.0),
            ("axis to the upper left", |t| {
                (-110.0..=-30.0).contains(&t.axis())
            }),
            ("negative in V1", |t| t.s("V1") > 2.0 * t.r("V1")),
            ("a spike within 20 ms before QRS", |t| {
                let beat = t.beat();
                let span = t.span("II", beat, beat.qrs_on_s - 0.020, beat.qrs_on_s - 0.001);
                max(&span.iter().map(|v| v.abs()).collect::<Vec<_>>()) > 0.15
            }),
        ],
    );
}
