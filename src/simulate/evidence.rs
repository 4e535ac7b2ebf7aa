use super::heart::rounded;
use super::truth::{Region, TrueBeat, TrueP};
use crate::ecg::{BeatKind, LeadName};

/// Which part of a beat shows the diagnosis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    P,
    /// Onset of P to onset of QRS.
    Pr,
    PToQrs,
    Qrs,
    /// The first 50 ms of QRS.
    QrsStart,
    /// The 80 ms after QRS.
    St,
    StT,
    T,
    QrsToT,
    Qt,
    /// End of T to the next QRS.
    Baseline,
    /// From one R peak to the next.
    Interval,
    LoneP,
    Spike,
}

/// In which beats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Every,
    Early,
}

/// Where a condition shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Evidence {
    pub leads: &'static [&'static str],
    pub part: Part,
    pub on: On,
    pub what: &'static str,
}

impl Evidence {
    /// The stretches of a recording that this evidence covers.
    pub(crate) fn regions(
        &self,
        beats: &[TrueBeat],
        lone_p: &[TrueP],
        spikes: &[f64],
        duration_s: f64,
    ) -> Vec<Region> {
        let mut spans: Vec<(f64, f64)> = Vec::new();
        match self.part {
            Part::LoneP => spans.extend(lone_p.iter().map(|p| (p.on_s, p.off_s))),
            Part::Spike => spans.extend(spikes.iter().map(|&at| (at - 0.01, at + 0.02))),
            _ => {
                for (i, beat) in beats.iter().enumerate() {
                    let early = matches!(
                        beat.kind,
                        BeatKind::VentricularPremature | BeatKind::AtrialPremature
                    );
                    if self.on == On::Every || early {
                        spans.extend(self.span(beat, beats.get(i + 1)));
                    }
                }
            }
        }
        let leads: Vec<LeadName> = self
            .leads
            .iter()
            .map(|lead| LeadName::parse(lead))
            .collect();
        spans
            .into_iter()
            .map(|(from, to)| (from.max(0.0), to.min(duration_s)))
            .filter(|(from, to)| from < to)
            .map(|(from_s, to_s)| Region {
                leads: leads.clone(),
                from_s: rounded(from_s),
                to_s: rounded(to_s),
                what: self.what.to_owned(),
            })
            .collect()
    }

    fn span(&self, beat: &TrueBeat, next: Option<&TrueBeat>) -> Option<(f64, f64)> {
        let (on, off) = (beat.qrs_on_s, beat.qrs_off_s);
        let t_off = beat.t.map(|t| t.off_s);
        match self.part {
            Part::P => beat.p.map(|p| (p.on_s, p.off_s)),
            Part::Pr => beat.p.map(|p| (p.on_s, on)),
            Part::PToQrs => beat.p.map(|p| (p.on_s, off)),
            Part::Qrs => Some((on, off)),
            Part::QrsStart => Some((on, on + 0.05)),
            Part::St => Some((off, off + 0.08)),
            Part::StT => t_off.map(|end| (off, end)),
            Part::T => beat.t.map(|t| (t.on_s, t.off_s)),
            Part::QrsToT | Part::Qt => t_off.map(|end| (on, end)),
            Part::Baseline => Some((t_off.unwrap_or(off + 0.2), next?.qrs_on_s)),
            Part::Interval => Some((beat.r_peak_s, next?.r_peak_s)),
            Part::LoneP | Part::Spike => None,
        }
    }
}
