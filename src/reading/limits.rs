//! What a measured number or another statement leaves of an answer. Probabilities stay as they are, and with them
//! every figure of how well the model ranks: only what is said gives way.

use super::coherence::{NOT_SINUS, Numbers, WITHIN_NORMAL};
use super::evidence::{SINUS, WIDE};
use super::{Answer, Finding, Held};

/// How far a measured PR, QRS or QTc may lie from the truth, in ms: what IEC 60601-2-25 tolerates of PR and QRS on
/// average against the referees of the CSE study.
const ERROR_MS: f64 = 10.0;
/// How far a measured axis may lie from the truth, in degrees: the lesser of what separates readers and devices, for
/// which no standard sets a limit.
const ERROR_DEG: f64 = 10.0;
/// First-degree block: PR above this (AHA 2007 statement 82; Kusumoto 2018, doi:10.1161/CIR.0000000000000628).
const LONG_PR_MS: f64 = 200.0;
/// A normal PR begins here (Willems et al. 1985, WHO/ISFC task force, J Am Coll Cardiol 5:1261: less goes with
/// pre-excitation, or with a rhythm of the junction).
const SHORT_PR_MS: f64 = 120.0;
/// Complete bundle branch block: QRS of this and more (AHA/ACCF/HRS 2009 part III, Surawicz et al.,
/// doi:10.1161/CIRCULATIONAHA.108.191095); less is incomplete (Minnesota codes 7-3 and 7-6).
const COMPLETE_MS: f64 = 120.0;
/// Incomplete left bundle branch block and non-specific delay: QRS from this on (Surawicz et al. 2009). Of the right
/// bundle, the Minnesota code (7-3) and the records that the model learnt from know incomplete block in narrower ones.
const DELAYED_MS: f64 = 110.0;
/// Normal axis of an adult: from -30 to 90 degrees (Surawicz et al. 2009).
const NORMAL_AXIS_DEG: [f64; 2] = [-30.0, 90.0];
/// Left anterior fascicular block: an axis from -45 degrees on (Surawicz et al. 2009); -30 in older criteria, between
/// which the answer is open.
const LAFB_AXIS_DEG: [f64; 2] = [-45.0, -30.0];
/// Complete and incomplete block of one bundle.
const BUNDLES: [[&str; 2]; 2] = [["CRBBB", "IRBBB"], ["CLBBB", "ILBBB"]];
/// Rhythms beside which the sinus node does not lead.
const IN_ITS_PLACE: [&str; 5] = ["AFIB", "AFLT", "SVTAC", "VTACH", "PACE"];

/// Whether a number lies above a limit: [`Answer::Uncertain`] while by no more than its error.
fn above(value: f64, limit: f64, error: f64) -> Answer {
    match value - limit {
        excess if excess <= 0.0 => Answer::Absent,
        excess if excess <= error => Answer::Uncertain,
        _ => Answer::Present,
    }
}

/// As [`above`], below.
fn below(value: f64, limit: f64, error: f64) -> Answer {
    above(-value, -limit, error)
}

/// The answers between which a statement is left, and by what.
struct Bounds {
    least: Answer,
    most: Answer,
    by: String,
}

impl Bounds {
    /// At least as present as the number is beyond its limit.
    fn least(beyond: Answer, by: String) -> Option<Self> {
        let bounds = Self {
            least: beyond,
            most: Answer::Present,
            by,
        };
        (beyond != Answer::Absent).then_some(bounds)
    }

    /// As little present as the number is beyond its limit.
    fn most(beyond: Answer, by: String) -> Option<Self> {
        let most = match beyond {
            Answer::Absent => return None,
            Answer::Uncertain => Answer::Uncertain,
            Answer::Present => Answer::Absent,
        };
        Some(Self {
            least: Answer::Absent,
            most,
            by,
        })
    }
}

impl Numbers {
    /// What the numbers leave of a statement when the sinus node may lead (`sinus`) or something else does.
    fn bounds(&self, id: &str, sinus: bool) -> Option<Bounds> {
        let pr = |limit: f64| Some((self.pr?, limit));
        match id {
            "SBRAD" => self.paced_by_sinus(below(self.rate?, 60.0, 0.0), sinus),
            "STACH" => self.paced_by_sinus(above(self.rate?, 100.0, 0.0), sinus),
            "1AVB" => {
                let (pr, limit) = pr(LONG_PR_MS).filter(|_| sinus)?;
                Bounds::least(above(pr, limit, ERROR_MS), format!("PR {pr:.0} ms"))
            }
            "CRBBB" | "CLBBB" => {
                let qrs = self.qrs?;
                let by = format!("QRS {qrs:.0} ms");
                Bounds::most(below(qrs, COMPLETE_MS, ERROR_MS), by)
            }
            "IRBBB" | "ILBBB" => {
                let qrs = self.qrs?;
                let wide = above(qrs, COMPLETE_MS - 1.0, ERROR_MS);
                let narrow = match id {
                    "ILBBB" => below(qrs, DELAYED_MS, ERROR_MS),
                    _ => Answer::Absent,
                };
                Bounds::most(wide.max(narrow), format!("QRS {qrs:.0} ms"))
            }
            "IVCD" => {
                let qrs = self.qrs?;
                let by = format!("QRS {qrs:.0} ms");
                Bounds::most(below(qrs, DELAYED_MS, ERROR_MS), by)
            }
            "LAD" => Bounds::least(self.leftward().min(self.surest_axis()), self.axis_words()?),
            "RAD" => Bounds::least(self.rightward().min(self.surest_axis()), self.axis_words()?),
            "LAFB" => {
                let axis = self.axis?;
                let [limit, older] = LAFB_AXIS_DEG;
                Bounds::most(above(axis, limit, older - limit), self.axis_words()?)
            }
            "LPFB" => {
                let axis = self.axis.filter(|&axis| axis >= -90.0)?;
                let [_, limit] = NORMAL_AXIS_DEG;
                Bounds::most(below(axis, limit, ERROR_DEG), self.axis_words()?)
            }
            "NORM" => self.not_normal(),
            _ => None,
        }
    }

    /// A rate beyond its limit is the sinus node's when P waves were measured, and may be when none were.
    fn paced_by_sinus(&self, beyond: Answer, sinus: bool) -> Option<Bounds> {
        let surest = match self.pr {
            Some(_) => Answer::Present,
            None => Answer::Uncertain,
        };
        let by = format!("rate {:.0}/min", self.rate?);
        Bounds::least(beyond.min(surest), by).filter(|_| sinus && !self.paced)
    }

    /// Whether the axis lies left of normal, from -30 to -90 degrees.
    fn leftward(&self) -> Answer {
        let [limit, _] = NORMAL_AXIS_DEG;
        match self.axis {
            Some(axis) if axis >= -90.0 => below(axis, limit, ERROR_DEG),
            _ => Answer::Absent,
        }
    }

    /// Whether it lies right of an adult's normal, from 90 to 180 degrees.
    fn rightward(&self) -> Answer {
        let [_, limit] = NORMAL_AXIS_DEG;
        match self.axis {
            Some(axis) if !self.child => above(axis, limit, ERROR_DEG),
            _ => Answer::Absent,
        }
    }

    /// How sure a deviation of the axis can be.
    fn surest_axis(&self) -> Answer {
        match self.paced || self.axis_doubtful {
            true => Answer::Uncertain,
            false => Answer::Present,
        }
    }

    fn axis_words(&self) -> Option<String> {
        self.axis.map(|axis| format!("QRS axis {axis:.0}°"))
    }

    /// The number furthest out of what a normal tracing may have.
    fn not_normal(&self) -> Option<Bounds> {
        let pr = self.pr.map(|pr| {
            let short = below(pr, SHORT_PR_MS - ERROR_MS, f64::INFINITY);
            let beyond = above(pr, LONG_PR_MS, ERROR_MS).max(short);
            (beyond, format!("PR {pr:.0} ms"))
        });
        let qtc = self.qtc.map(|qtc| {
            let beyond = above(qtc, self.long_qtc - 1.0, ERROR_MS);
            (beyond, format!("QTc {qtc:.0} ms"))
        });
        let axis = self.axis.zip(self.axis_words()).map(|(axis, words)| {
            let extreme = below(axis, -90.0, 0.0);
            let beyond = self.leftward().max(self.rightward()).max(extreme);
            (beyond, words)
        });
        let paced = (self.paced).then(|| (Answer::Present, "paced beats".to_owned()));
        let pause = self.pause_words().map(|words| (Answer::Present, words));
        let found = [pr, qtc, axis, paced, pause].into_iter().flatten();
        let (beyond, by) = found.max_by_key(|(beyond, _)| *beyond)?;
        Bounds::most(beyond, by)
    }
}

/// Holds the answers of a reading to the numbers and to one another, and says by what.
pub fn hold(findings: &mut [Finding], numbers: &Numbers) {
    let sinus = !findings
        .iter()
        .any(|finding| NOT_SINUS.contains(&finding.statement.id.as_str()) && finding.present());
    for [complete, incomplete] in BUNDLES {
        rename_block(findings, numbers, complete, incomplete);
    }
    for finding in findings.iter_mut() {
        let id = &finding.statement.id;
        let bounds = numbers.bounds(id, sinus);
        let hinted = numbers.hints_at(id);
        let hinted = hinted.and_then(|by| Bounds::least(Answer::Uncertain, by));
        let lacking = numbers.lacks(id);
        let lacking = lacking.and_then(|by| Bounds::most(Answer::Uncertain, by.to_owned()));
        for bounds in [bounds, hinted, lacking].into_iter().flatten() {
            clamp(finding, bounds);
        }
    }
    explain_width(findings, numbers);
    for pair in BUNDLES {
        keep_the_surer(findings, pair);
    }
    beside(findings, &IN_ITS_PLACE, &|id| SINUS.contains(&id));
    beside(findings, &["AFIB"], &|id| id == "1AVB");
    let abnormal: Vec<&str> = findings
        .iter()
        .map(|finding| finding.statement.id.as_str())
        .filter(|id| !WITHIN_NORMAL.contains(id))
        .collect();
    beside(findings, &abnormal, &|id| id == "NORM");
}

fn clamp(finding: &mut Finding, bounds: Bounds) {
    let answer = finding.answer().max(bounds.least).min(bounds.most);
    if answer != finding.answer() {
        finding.held = Some(Held {
            answer,
            by: bounds.by,
        });
    }
}

fn find<'a>(findings: &'a mut [Finding], id: &str) -> Option<&'a mut Finding> {
    findings
        .iter_mut()
        .find(|finding| finding.statement.id == id)
}

/// The shape of a block that is wider or narrower than its name says is that of the other one: not lost, but open.
fn rename_block(findings: &mut [Finding], numbers: &Numbers, complete: &str, incomplete: &str) {
    let Some(qrs) = numbers.qrs else { return };
    let (shape, width) = match qrs >= COMPLETE_MS {
        true => (incomplete, complete),
        false => (complete, incomplete),
    };
    if !find(findings, shape).is_some_and(|finding| finding.present()) {
        return;
    }
    if let Some(named) = find(findings, width) {
        let by = format!("QRS {qrs:.0} ms");
        if let Some(bounds) = Bounds::least(Answer::Uncertain, by) {
            clamp(named, bounds);
        }
    }
}

/// Below this probability the likeliest reason is no better than any.
const A_GUESS: f32 = 0.05;

/// Complexes this wide have a reason: where none is given, the likeliest is open, or that of no kind.
fn explain_width(findings: &mut [Finding], numbers: &Numbers) {
    let Some(by) = numbers.wide() else { return };
    let mut reasons: Vec<&mut Finding> = findings
        .iter_mut()
        .filter(|finding| WIDE.contains(&finding.statement.id.as_str()))
        .collect();
    if reasons
        .iter()
        .any(|finding| finding.answer() != Answer::Absent)
    {
        return;
    }
    reasons.sort_by(|a, b| b.margin().total_cmp(&a.margin()));
    let likely =
        |finding: &&mut Finding| finding.probability >= A_GUESS || finding.statement.id == "IVCD";
    let likeliest = reasons.into_iter().find(likely);
    if let Some((finding, bounds)) = likeliest.zip(Bounds::least(Answer::Uncertain, by)) {
        clamp(finding, bounds);
    }
}

/// Of two statements that exclude each other, the one further above its threshold stays.
fn keep_the_surer(findings: &mut [Finding], pair: [&str; 2]) {
    let mut both: Vec<&mut Finding> = findings
        .iter_mut()
        .filter(|finding| pair.contains(&finding.statement.id.as_str()) && finding.present())
        .collect();
    both.sort_by(|a, b| b.margin().total_cmp(&a.margin()));
    if let [surer, other] = both.as_mut_slice() {
        other.held = Some(Held {
            answer: Answer::Absent,
            by: surer.statement.name.clone(),
        });
    }
}

/// Takes back the statements that `excluded` picks where one of `present` is made.
fn beside(findings: &mut [Finding], present: &[&str], excluded: &dyn Fn(&str) -> bool) {
    let said = findings
        .iter()
        .find(|finding| present.contains(&finding.statement.id.as_str()) && finding.present());
    let Some(name) = said.map(|finding| finding.statement.name.clone()) else {
        return;
    };
    for finding in findings {
        if excluded(&finding.statement.id) && finding.answer() != Answer::Absent {
            finding.held = Some(Held {
                answer: Answer::Absent,
                by: name.clone(),
            });
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reading::vocabulary;

    const IDS: [&str; 17] = [
        "NORM", "SR", "SBRAD", "STACH", "AFIB", "1AVB", "CRBBB", "IRBBB", "CLBBB", "ILBBB", "LAD",
        "RAD", "IVCD", "LAFB", "PVC", "PAC", "VCLVH",
    ];

    fn read(probabilities: &[(&str, f32)]) -> Vec<Finding> {
        let of = |id: &&str| {
            let found = probabilities.iter().find(|(own, _)| own == id);
            Finding {
                statement: vocabulary::find(id).unwrap(),
                probability: found.map_or(0.02, |found| found.1),
                threshold: 0.4,
                held: None,
                uncertain: [0.5, 0.5],
            }
        };
        IDS.iter().map(of).collect()
    }

    fn usual() -> Numbers {
        Numbers {
            rate: Some(72.0),
            pr: Some(160.0),
            qrs: Some(92.0),
            qtc: Some(410.0),
            axis: Some(40.0),
            long_qtc: 450.0,
            ..Numbers::default()
        }
    }

    fn answers(probabilities: &[(&str, f32)], numbers: Numbers) -> impl Fn(&str) -> Answer + use<> {
        let mut findings = read(probabilities);
        hold(&mut findings, &numbers);
        move |id| {
            let found = findings.iter().find(|finding| finding.statement.id == id);
            found.unwrap().answer()
        }
    }

    #[test]
    fn a_bundle_branch_block_is_called_by_its_width() {
        let at = |id, qrs| {
            let qrs = Some(qrs);
            answers(&[(id, 0.9)], Numbers { qrs, ..usual() })
        };
        assert_eq!(at("IRBBB", 119.0)("IRBBB"), Answer::Present);
        assert_eq!(at("IRBBB", 124.0)("IRBBB"), Answer::Uncertain);
        let wide = at("IRBBB", 140.0);
        assert_eq!(
            (wide("IRBBB"), wide("CRBBB")),
            (Answer::Absent, Answer::Uncertain)
        );
        assert_eq!(at("CLBBB", 120.0)("CLBBB"), Answer::Present);
        assert_eq!(at("CLBBB", 113.0)("CLBBB"), Answer::Uncertain);
        assert_eq!(at("CLBBB", 96.0)("CLBBB"), Answer::Absent);
        assert_eq!(at("CRBBB", 96.0)("IRBBB"), Answer::Uncertain);
    }

    #[test]
    fn without_a_width_one_side_is_blocked_once() {
        let numbers = Numbers {
            qrs: None,
            ..usual()
        };
        let said = answers(&[("CRBBB", 0.9), ("IRBBB", 0.8)], numbers);
        assert_eq!(
            (said("CRBBB"), said("IRBBB")),
            (Answer::Present, Answer::Absent)
        );
    }

    #[test]
    fn a_tracing_is_not_normal_beside_a_number_that_is_not() {
        let normal = |numbers| answers(&[("NORM", 0.95)], numbers)("NORM");
        assert_eq!(normal(usual()), Answer::Present);
        let pr = |pr| Numbers {
            pr: Some(pr),
            ..usual()
        };
        assert_eq!(normal(pr(204.0)), Answer::Uncertain);
        assert_eq!(normal(pr(214.0)), Answer::Absent);
        let qtc = |qtc| Numbers {
            qtc: Some(qtc),
            ..usual()
        };
        assert_eq!(normal(qtc(452.0)), Answer::Uncertain);
        assert_eq!(normal(qtc(460.0)), Answer::Absent);
        let axis = |axis, child| Numbers {
            axis: Some(axis),
            child,
            ..usual()
        };
        assert_eq!(normal(axis(-35.0, false)), Answer::Uncertain);
        assert_eq!(normal(axis(105.0, false)), Answer::Absent);
        assert_eq!(normal(axis(-120.0, false)), Answer::Absent);
        assert_eq!(normal(axis(105.0, true)), Answer::Present, "a child's axis");
        assert_eq!(normal(pr(112.0)), Answer::Present);
        assert_eq!(normal(pr(98.0)), Answer::Uncertain);
        let elevated = Numbers {
            infarction: Some("ST elevation in neighbouring leads"),
            ..usual()
        };
        assert_eq!(normal(elevated), Answer::Uncertain);
    }

    #[test]
    fn p_waves_decide_what_can_be_said_of_the_atria() {
        let regular = Numbers {
            regular_with_p: true,
            ..usual()
        };
        assert_eq!(
            answers(&[("AFIB", 0.9)], regular)("AFIB"),
            Answer::Uncertain
        );
        let long = Numbers {
            pr: Some(239.0),
            ..usual()
        };
        let block = |numbers| answers(&[("SR", 0.9)], numbers)("1AVB");
        assert_eq!(block(long), Answer::Present);
        let foreign = Numbers {
            foreign_p: true,
            ..long
        };
        assert_eq!(block(foreign), Answer::Uncertain, "of P from elsewhere");
        assert_eq!(answers(&[("SR", 0.9)], foreign)("SR"), Answer::Uncertain);
        let spikes = Numbers {
            spikes: true,
            ..long
        };
        assert_eq!(block(spikes), Answer::Uncertain, "of a paced atrium");
    }

    #[test]
    fn a_slow_rate_is_said_with_wide_complexes_too_and_open_without_p_waves() {
        let wide = Numbers {
            rate: Some(54.0),
            qrs: Some(143.0),
            ..usual()
        };
        assert_eq!(answers(&[], wide)("SBRAD"), Answer::Present);
        let no_p = Numbers { pr: None, ..wide };
        assert_eq!(answers(&[], no_p)("SBRAD"), Answer::Uncertain);
        assert_eq!(answers(&[("AFIB", 0.9)], no_p)("SBRAD"), Answer::Absent);
        let paced = Numbers {
            paced: true,
            ..no_p
        };
        assert_eq!(answers(&[], paced)("SBRAD"), Answer::Absent);
    }

    #[test]
    fn what_was_not_seen_leaves_an_answer_open() {
        let sure = [("SR", 0.9), ("STACH", 0.9), ("1AVB", 0.9)];
        assert_eq!(answers(&sure, usual())("SR"), Answer::Present);
        let no_p = Numbers {
            no_p: true,
            pr: None,
            irregular_without_p: true,
            ..usual()
        };
        let said = answers(&sure, no_p);
        for id in ["SR", "STACH", "1AVB", "AFIB"] {
            assert_eq!(said(id), Answer::Uncertain, "{id}");
        }
        let said = answers(&[("AFIB", 0.9), ("1AVB", 0.9)], no_p);
        assert_eq!(
            (said("AFIB"), said("1AVB")),
            (Answer::Present, Answer::Absent)
        );
        let none = Numbers {
            no_beat: true,
            ..Numbers::default()
        };
        let said = answers(&[("CRBBB", 0.9)], none);
        assert_eq!(said("CRBBB"), Answer::Uncertain);
    }

    #[test]
    fn complexes_that_a_pacemaker_starts_tell_neither_rhythm_nor_conduction() {
        let paced = Numbers {
            paced: true,
            spikes: true,
            qrs: Some(177.0),
            ..usual()
        };
        let said = answers(&[("SR", 0.9), ("LAFB", 0.9), ("CLBBB", 0.9)], paced);
        for id in ["SR", "LAFB", "CLBBB"] {
            assert_ne!(said(id), Answer::Present, "{id}");
        }
        let spikes = Numbers {
            spikes: true,
            ..usual()
        };
        let said = answers(&[("SR", 0.9), ("CRBBB", 0.9)], spikes);
        assert_eq!(said("SR"), Answer::Uncertain);
    }

    #[test]
    fn nor_do_those_of_what_may_be_a_ventricular_tachycardia() {
        let tachycardia = Numbers {
            wide_tachycardia: true,
            no_p: true,
            pr: None,
            rate: Some(171.0),
            qrs: None,
            ..usual()
        };
        let said = answers(&[("STACH", 0.9), ("CLBBB", 0.9), ("LAD", 0.9)], tachycardia);
        for id in ["STACH", "CLBBB", "LAD"] {
            assert_eq!(said(id), Answer::Uncertain, "{id}");
        }
    }

    #[test]
    fn wide_complexes_have_a_reason() {
        let wide = Numbers {
            qrs: Some(153.0),
            ..usual()
        };
        let said = answers(&[("IVCD", 0.1)], wide);
        assert_eq!(
            (said("IVCD"), said("CLBBB")),
            (Answer::Uncertain, Answer::Absent)
        );
        let said = answers(&[("CRBBB", 0.9)], wide);
        assert_eq!(
            (said("CRBBB"), said("IVCD")),
            (Answer::Present, Answer::Absent)
        );
    }

    #[test]
    fn neither_a_pause_nor_a_part_nor_a_doubtful_gain_is_normal() {
        let normal = |numbers| answers(&[("NORM", 0.95)], numbers)("NORM");
        let pause_ms = Some(2400.0);
        assert_eq!(
            normal(Numbers {
                pause_ms,
                ..usual()
            }),
            Answer::Absent
        );
        for numbers in [
            Numbers {
                part_unread: true,
                ..usual()
            },
            Numbers {
                amplitude_doubtful: true,
                ..usual()
            },
            Numbers {
                ventricular_beats: true,
                ..usual()
            },
            Numbers {
                low_voltage: true,
                ..usual()
            },
            Numbers {
                gap_s: Some((2.0, 5.0)),
                ..usual()
            },
            Numbers {
                hypertrophy: Some("Sokolow-Lyon voltage"),
                ..usual()
            },
            Numbers {
                early_beats: true,
                ..usual()
            },
        ] {
            assert_eq!(normal(numbers), Answer::Uncertain, "{numbers:?}");
        }
        let part = Numbers {
            fibrillation_in: Some((2, 8)),
            ..usual()
        };
        let said = answers(&[("SR", 0.9)], part);
        assert_eq!(
            (said("AFIB"), said("SR")),
            (Answer::Uncertain, Answer::Uncertain)
        );
        let brief = Numbers {
            fibrillation_in: Some((1, 8)),
            ..usual()
        };
        let said = answers(&[("NORM", 0.95)], brief);
        assert_eq!(
            (said("AFIB"), said("NORM")),
            (Answer::Absent, Answer::Uncertain)
        );
    }

    #[test]
    fn what_was_seen_is_not_ruled_out() {
        let said = |numbers: Numbers, id| answers(&[], numbers)(id);
        let seen = Numbers {
            ventricular_beats: true,
            early_beats: true,
            hypertrophy: Some("Cornell voltage"),
            ..usual()
        };
        for id in ["PVC", "PAC", "VCLVH"] {
            assert_eq!(said(usual(), id), Answer::Absent, "{id}");
            assert_eq!(said(seen, id), Answer::Uncertain, "{id}");
        }
        let doubtful = Numbers {
            paced: true,
            amplitude_doubtful: true,
            ..seen
        };
        assert_eq!(said(doubtful, "PVC"), Answer::Absent);
        assert_eq!(said(doubtful, "VCLVH"), Answer::Absent);
    }

    #[test]
    fn neither_a_regular_rhythm_nor_three_beats_are_surely_fibrillation() {
        let fibrillation = |numbers| answers(&[("AFIB", 0.95)], numbers)("AFIB");
        let regular = Numbers {
            regular: true,
            ..usual()
        };
        let few = Numbers {
            few_beats: true,
            ..usual()
        };
        assert_eq!(fibrillation(usual()), Answer::Present);
        assert_eq!(fibrillation(regular), Answer::Uncertain);
        assert_eq!(fibrillation(few), Answer::Uncertain);
    }

    #[test]
    fn a_deviation_that_is_shown_is_said() {
        let at = |axis, child| {
            let axis = Some(axis);
            answers(
                &[],
                Numbers {
                    axis,
                    child,
                    ..usual()
                },
            )
        };
        assert_eq!(at(-30.0, false)("LAD"), Answer::Absent);
        assert_eq!(at(-37.0, false)("LAD"), Answer::Uncertain);
        assert_eq!(at(-51.0, false)("LAD"), Answer::Present);
        assert_eq!(at(94.0, false)("RAD"), Answer::Uncertain);
        assert_eq!(at(110.0, false)("RAD"), Answer::Present);
        assert_eq!(at(110.0, true)("RAD"), Answer::Absent);
        let swapped = Numbers {
            axis: Some(150.0),
            axis_doubtful: true,
            ..usual()
        };
        assert_eq!(answers(&[], swapped)("RAD"), Answer::Uncertain);
        let long = Numbers {
            pr: Some(215.0),
            ..usual()
        };
        assert_eq!(answers(&[], long)("1AVB"), Answer::Present);
    }

    proptest! {
        #[test]
        fn what_is_said_never_contradicts_a_number_and_no_probability_moves(
            p in prop::array::uniform14(0.0f32..1.0),
            rate in 20.0f64..250.0,
            pr in prop::option::of(80.0f64..400.0),
            qrs in prop::option::of(60.0f64..220.0),
            qtc in prop::option::of(300.0f64..600.0),
            axis in prop::option::of(-180.0f64..180.0),
        ) {
            let numbers = Numbers {
                rate: Some(rate.round()),
                pr: pr.map(f64::round),
                qrs: qrs.map(f64::round),
                qtc: qtc.map(f64::round),
                axis: axis.map(f64::round),
                long_qtc: 450.0,
                ..Numbers::default()
            };
            let said: Vec<(&str, f32)> = IDS.iter().copied().zip(p).collect();
            let mut findings = read(&said);
            hold(&mut findings, &numbers);
            prop_assert!(findings.iter().zip(p).all(|(finding, p)| finding.probability == p));
            let answer = |id: &str| findings.iter().find(|f| f.statement.id == id).unwrap().answer();
            let present = |id: &str| answer(id) == Answer::Present;
            let qrs = numbers.qrs;
            for [complete, incomplete] in BUNDLES {
                prop_assert!(!(present(complete) && present(incomplete)));
                prop_assert!(!present(complete) || qrs.is_none_or(|qrs| qrs >= 120.0));
                prop_assert!(!present(incomplete) || qrs.is_none_or(|qrs| qrs < 120.0));
            }
            if present("NORM") {
                prop_assert!(numbers.pr.is_none_or(|pr| pr <= 200.0));
                prop_assert!(numbers.qtc.is_none_or(|qtc| qtc < 450.0));
                prop_assert!(numbers.axis.is_none_or(|axis| (-30.0..=90.0).contains(&axis)));
                prop_assert!(IDS.iter().all(|id| WITHIN_NORMAL.contains(id) || !present(id)));
            }
            if let Some(axis) = numbers.axis {
                prop_assert!(!(-90.0..-40.0).contains(&axis) || present("LAD"));
                prop_assert!(axis <= 100.0 || present("RAD"));
            }
            prop_assert!(present("AFIB") || numbers.pr.is_none_or(|pr| pr <= 210.0) || present("1AVB"));
        }
    }
}
