//! What would have to be seen or measured for an answer to be sure, and was not; and what was, for it not to be
//! ruled out.

use super::coherence::Numbers;

/// Statements that the sinus node leads.
pub(super) const SINUS: [&str; 4] = ["SR", "SBRAD", "STACH", "SARRH"];
/// What cannot be read off a complex that begins in a ventricle, at a pacemaker's lead or by itself (conduction, to the
/// ventricles too, axis, infarction, hypertrophy by voltage: AHA/ACCF/HRS 2009 parts III to VI, which exclude them).
const NOT_IN_VENTRICULAR: [&str; 16] = [
    "1AVB", "CLBBB", "ILBBB", "CRBBB", "IRBBB", "LAFB", "LPFB", "IVCD", "AMI", "IMI", "LMI",
    "QWAVE", "LVH", "VCLVH", "LAD", "RAD",
];
/// What is a matter of millivolts.
const OF_VOLTAGE: [&str; 3] = ["LVH", "VCLVH", "LVOLT"];
/// One of these is the least that can be said of complexes this wide, in ms: 10 ms of error beyond the 120 ms of a
/// complete block.
pub(super) const WIDE: [&str; 3] = ["CRBBB", "CLBBB", "IVCD"];
const WIDE_MS: f64 = 130.0;
/// Share of the windows from which fibrillation in them is more than single false alarms.
const LEAST_FIBRILLATING: f64 = 0.2;
/// Left anterior fascicular block: down to an axis of -90 degrees (AHA/ACCF/HRS 2009 part III, Surawicz et al.).
const LAFB_LOWEST_DEG: f64 = -90.0;

impl Numbers {
    /// Why a statement is no more than uncertain, in a few words.
    pub(super) fn lacks(&self, id: &str) -> Option<&'static str> {
        let sinus = SINUS.contains(&id);
        let conducted = sinus || NOT_IN_VENTRICULAR.contains(&id);
        let reasons = [
            (self.no_beat, "lack of beats"),
            (self.paced && conducted, "paced beats"),
            (
                self.wide_tachycardia && conducted,
                "wide-complex tachycardia",
            ),
            (self.spikes && (sinus || id == "1AVB"), "pacing spikes"),
            (
                self.no_p && (sinus || matches!(id, "NORM" | "1AVB")),
                "lack of P waves",
            ),
            (
                self.amplitude_doubtful && (OF_VOLTAGE.contains(&id) || id == "NORM"),
                "doubtful gain",
            ),
            (
                self.foreign_p && !self.axis_doubtful && (sinus || matches!(id, "NORM" | "1AVB")),
                "P axis",
            ),
            (
                self.regular_with_p && id == "AFIB",
                "regular RR with P waves",
            ),
            (self.regular && id == "AFIB", "regular RR"),
            (self.few_beats && id == "AFIB", "too few beats"),
            (self.low_voltage && id == "NORM", "low voltage"),
            (
                self.ventricular_beats && id == "NORM",
                "ventricular-looking beats",
            ),
            (self.early_beats && id == "NORM", "early beats"),
            (
                id == "LAFB" && self.axis.is_some_and(|axis| axis < LAFB_LOWEST_DEG),
                "axis beyond −90°",
            ),
            (id == "LAFB" && self.axis_doubtful, "doubtful axis"),
            (
                (self.part_unread || self.gap_s.is_some()) && id == "NORM",
                "a part that was not read",
            ),
            (
                self.fibrillation_in.is_some() && (sinus || id == "NORM"),
                "fibrillation in a part",
            ),
        ];
        let reason = reasons.into_iter().find(|(lacks, _)| *lacks);
        let signs = self
            .infarction
            .or(self.hypertrophy)
            .filter(|_| id == "NORM");
        reason.map(|(_, why)| why).or(signs)
    }

    /// Why a statement is no less than uncertain.
    pub(super) fn hints_at(&self, id: &str) -> Option<String> {
        let of_ventricles = self.ventricular_beats && !self.paced && !self.wide_tachycardia;
        match id {
            "AFIB" => match self.fibrillation_in {
                Some((count, of)) if count as f64 >= LEAST_FIBRILLATING * of as f64 => {
                    Some(format!("fibrillation in {count} of {of} windows"))
                }
                _ => (self.irregular_without_p).then(|| "irregular RR without P waves".to_owned()),
            },
            "PVC" => of_ventricles.then(|| "ventricular-looking beats".to_owned()),
            "PAC" => (self.early_beats).then(|| "early beats of the usual shape".to_owned()),
            "VCLVH" => (self.hypertrophy.filter(|_| !self.amplitude_doubtful)).map(str::to_owned),
            _ => None,
        }
    }

    /// Whether the complexes are so wide that there must be a reason.
    pub(super) fn wide(&self) -> Option<String> {
        let qrs = self.qrs.filter(|&qrs| qrs >= WIDE_MS && !self.paced)?;
        Some(format!("QRS {qrs:.0} ms"))
    }

    /// A pause long enough that the tracing is not normal, in words.
    pub(super) fn pause_words(&self) -> Option<String> {
        self.pause_ms
            .map(|pause| format!("pause of {:.1} s", pause / 1000.0))
    }
}
