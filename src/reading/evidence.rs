//! What would have to be seen or measured for an answer to be sure, and was not; and what was, for it not to be
//! ruled out.

use super::coherence::Numbers;

/// Statements that the sinus node leads.
pub(super) const SINUS: [&str; 4] = ["SR", "SBRAD", "STACH", "SARRH"];
/// What cannot be read off a complex that a pacemaker starts (conduction, to the ventricles too, axis, infarction, hypertrophy by voltage:
/// AHA/ACCF/HRS 2009 parts III to VI, which exclude paced complexes).
const NOT_IN_PACED: [&str; 16] = [
    "1AVB", "CLBBB", "ILBBB", "CRBBB", "IRBBB", "LAFB", "LPFB", "IVCD", "AMI", "IMI", "LMI",
    "QWAVE", "LVH", "VCLVH", "LAD", "RAD",
];
/// What is a matter of millivolts.
const OF_VOLTAGE: [&str; 3] = ["LVH", "VCLVH", "LVOLT"];
/// One of these is the least that can be said of complexes this wide, in ms: 10 ms of error beyond the 120 ms of a
/// complete block.
pub(super) const WIDE: [&str; 3] = ["CRBBB", "CLBBB", "IVCD"];
const WIDE_MS: f64 = 130.0;
/// Left anterior fascicular block: down to an axis of -90 degrees (AHA/ACCF/HRS 2009 part III, Surawicz et al.).
const LAFB_LOWEST_DEG: f64 = -90.0;

impl Numbers {
    /// Why a statement is no more than uncertain, in a few words.
    pub(super) fn lacks(&self, id: &str) -> Option<&'static str> {
        let sinus = SINUS.contains(&id);
        let reasons = [
            (self.no_beat, "lack of beats"),
            (
                self.paced && (sinus || NOT_IN_PACED.contains(&id)),
                "paced beats",
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
            (self.low_voltage && id == "NORM", "low voltage"),
            (
                self.ventricular_beats && id == "NORM",
                "ventricular-looking beats",
            ),
            (
                id == "LAFB" && self.axis.is_some_and(|axis| axis < LAFB_LOWEST_DEG),
                "axis beyond −90°",
            ),
            (id == "LAFB" && self.axis_doubtful, "doubtful axis"),
            (self.part_unread && id == "NORM", "a part that was not read"),
            (
                self.fibrillation_in.is_some() && sinus,
                "fibrillation in a part",
            ),
        ];
        let reason = reasons.into_iter().find(|(lacks, _)| *lacks);
        let infarction = self.infarction.filter(|_| id == "NORM");
        reason.map(|(_, why)| why).or(infarction)
    }

    /// Why a statement is no less than uncertain.
    pub(super) fn hints_at(&self, id: &str) -> Option<String> {
        if id != "AFIB" {
            return None;
        }
        match self.fibrillation_in {
            Some((count, of)) => Some(format!("fibrillation in {count} of {of} windows")),
            None => (self.irregular_without_p).then(|| "irregular RR without P waves".to_owned()),
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
