//! What the commands of the calipers do.

use super::AppState;
use crate::viewer::calipers::{Leg, TimeCaliper, Tool, VoltageCaliper, times_of};
use crate::viewer::commands::Command;
use crate::viewer::paper_pointer::value_at;

/// One press of an arrow key: a quarter of a small square.
const STEP_S: f64 = 0.01;
const STEP_MV: f64 = 0.025;

impl AppState {
    /// Does what a command says to the calipers; whether it was one for them.
    pub(super) fn use_calipers(&mut self, command: Command) -> bool {
        let time = self.calipers.tool == Some(Tool::Time) && self.calipers.time.is_some();
        let voltage = self.calipers.tool == Some(Tool::Voltage) && self.calipers.voltage.is_some();
        match command {
            Command::Caliper(tool) if self.calipers.tool == Some(tool) => self.calipers.tool = None,
            Command::Caliper(tool) => {
                self.review.hand = None;
                self.calipers.tool = Some(tool);
                match tool {
                    Tool::Time if self.calipers.time.is_none() => {
                        self.calipers.time = self.first_rr()
                    }
                    Tool::Voltage if self.calipers.voltage.is_none() => {
                        self.calipers.voltage = self.first_r_wave();
                    }
                    Tool::Time | Tool::Voltage => {}
                }
            }
            Command::MarchOut => {
                self.calipers.march = !self.calipers.march;
                if self.calipers.march && self.calipers.time.is_none() {
                    self.calipers.time = self.first_rr();
                }
            }
            Command::RateOver(intervals) => self.calipers.intervals = intervals.clamp(1, 3),
            Command::NextLeg => self.calipers.next_leg(),
            Command::LegLater => self.leg_to_fiducial(true),
            Command::LegEarlier => self.leg_to_fiducial(false),
            Command::ClearCalipers => self.calipers.clear(),
            Command::Earlier if time => self.shift_leg(-STEP_S),
            Command::Later if time => self.shift_leg(STEP_S),
            Command::PreviousFinding if voltage => self.calipers.shift_voltage(STEP_MV),
            Command::NextFinding if voltage => self.calipers.shift_voltage(-STEP_MV),
            _ => return false,
        }
        true
    }

    /// Whether the arrow keys belong to the calipers now.
    pub(super) fn calipers_take(&self, command: Command) -> bool {
        let calipers = &self.calipers;
        match command {
            Command::Earlier | Command::Later => {
                calipers.tool == Some(Tool::Time) && calipers.time.is_some()
            }
            Command::NextFinding | Command::PreviousFinding => {
                calipers.tool == Some(Tool::Voltage) && calipers.voltage.is_some()
            }
            _ => false,
        }
    }

    fn shift_leg(&mut self, by_s: f64) {
        self.calipers.shift_time(by_s, self.duration_s());
        self.follow_leg();
    }

    /// Brings the chosen leg to the next fiducial of its lead.
    fn leg_to_fiducial(&mut self, later: bool) {
        /// The longest pause that is jumped over.
        const REACH_S: f64 = 10.0;
        let Some((leg_s, lead)) = self
            .leg_s()
            .zip(self.calipers.time.as_ref().map(|t| t.lead.clone()))
        else {
            return;
        };
        let measured = self
            .document()
            .and_then(|document| document.measured().cloned());
        let Some(measured) = measured else { return };
        // A hair's breadth away is where it stands.
        let to = if later {
            let times = times_of(&measured, &lead, leg_s + 0.001, leg_s + REACH_S);
            times.first().copied()
        } else {
            let times = times_of(&measured, &lead, leg_s - REACH_S, leg_s - 0.001);
            times.last().copied()
        };
        if let Some(to) = to {
            self.shift_leg(to - leg_s);
        }
    }

    /// Where the leg that the keys move stands.
    fn leg_s(&self) -> Option<f64> {
        let time = self.calipers.time.as_ref()?;
        Some(match self.calipers.leg {
            Leg::First => time.first_s,
            Leg::Second | Leg::Both => time.second_s,
        })
    }

    /// Moves along the tracing when the leg has left the page.
    fn follow_leg(&mut self) {
        let Some(leg_s) = self.leg_s() else { return };
        let start_s = self.document().map_or(0.0, |document| document.start_s);
        if leg_s > self.view.end_s {
            self.move_in_time(0.5);
        } else if leg_s < start_s {
            self.move_in_time(-0.5);
        }
    }

    /// The first RR interval on the page; without beats, a fifth of the page.
    fn first_rr(&self) -> Option<TimeCaliper> {
        let document = self.document()?;
        let (start_s, end_s) = (document.start_s, self.view.end_s);
        let beats = document.measured().map_or(&[][..], |m| &m.beats);
        let mut peaks = beats
            .iter()
            .map(|beat| beat.boundaries.r_peak.unwrap_or(beat.time_s))
            .filter(|at| (start_s..end_s).contains(at));
        let (first_s, second_s) = peaks.next().zip(peaks.next()).unwrap_or((
            start_s + 0.2 * self.view.page_s,
            start_s + 0.4 * self.view.page_s,
        ));
        let duration_s = self.duration_s();
        Some(TimeCaliper {
            lead: self.last_lead.clone(),
            first_s: first_s.min(duration_s),
            second_s: second_s.min(duration_s),
        })
    }

    /// From the level before the first QRS complex on the page to its R peak; without beats, 1 mV.
    fn first_r_wave(&self) -> Option<VoltageCaliper> {
        let document = self.document()?;
        let lead = document.tracing.done()?.shown.lead(&self.last_lead)?;
        let (start_s, end_s) = (document.start_s, self.view.end_s);
        let measured = document.measured();
        let own = measured.and_then(|m| m.leads.iter().position(|l| l.lead == lead.name));
        let first = measured.and_then(|m| {
            let mut beats = m.beats.iter();
            let beat = beats.find(|beat| (start_s..end_s).contains(&beat.time_s))?;
            let b = own.and_then(|index| beat.lead_boundaries.get(index));
            let b = b.unwrap_or(&beat.boundaries);
            let peak_s = b.r_peak.unwrap_or(beat.time_s);
            let level = value_at(lead, b.qrs_on.or(beat.boundaries.qrs_on)?)?;
            Some((peak_s, level / 1000.0, value_at(lead, peak_s)? / 1000.0))
        });
        let (at_s, first_mv, second_mv) = first.unwrap_or((start_s + 0.5, 0.0, 1.0));
        Some(VoltageCaliper {
            lead: lead.name.clone(),
            at_s,
            first_mv,
            second_mv,
        })
    }
}
