//! Calipers on the paper: what they are set to and what they say. Nothing here paints.

mod snap;
pub mod view;

pub use snap::{level_near, time_near, times_of};

use crate::ecg::LeadName;

/// Which calipers are in the hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tool {
    Time,
    Voltage,
}

/// Which leg moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    First,
    Second,
    /// Both, as far apart as they are.
    Both,
}

/// Two moments.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeCaliper {
    /// The lead it was set on.
    pub lead: LeadName,
    pub first_s: f64,
    pub second_s: f64,
}

impl TimeCaliper {
    /// Milliseconds between the legs.
    pub fn ms(&self) -> f64 {
        (self.second_s - self.first_s).abs() * 1000.0
    }

    /// Beats a minute if `intervals` RR intervals lie between the legs; `None` while they stand together.
    pub fn rate(&self, intervals: u8) -> Option<f64> {
        let ms = self.ms();
        (ms >= 1.0).then(|| 60_000.0 * f64::from(intervals) / ms)
    }

    /// Times at which the interval marched out along the tracing falls between two times, its own legs left out.
    pub fn marched(&self, from_s: f64, to_s: f64) -> Vec<f64> {
        let step = (self.second_s - self.first_s).abs();
        // Legs that all but touch would march forever.
        if step < 0.02 {
            return Vec::new();
        }
        let origin = self.first_s.min(self.second_s);
        let first = ((from_s - origin) / step).ceil() as i64;
        let last = ((to_s - origin) / step).floor() as i64;
        (first..=last)
            .filter(|step| !matches!(step, 0 | 1))
            .map(|times| origin + times as f64 * step)
            .collect()
    }
}

/// Two levels in one lead.
#[derive(Debug, Clone, PartialEq)]
pub struct VoltageCaliper {
    pub lead: LeadName,
    /// Time at which it stands.
    pub at_s: f64,
    /// Millivolts of the lead as it is recorded.
    pub first_mv: f64,
    pub second_mv: f64,
}

impl VoltageCaliper {
    /// From the first leg to the second.
    pub fn millivolts(&self) -> f64 {
        self.second_mv - self.first_mv
    }
}

/// The calipers and how they are used.
#[derive(Debug, Clone, PartialEq)]
pub struct Calipers {
    /// What a press on the paper sets; `None`: the paper is moved as ever.
    pub tool: Option<Tool>,
    pub time: Option<TimeCaliper>,
    pub voltage: Option<VoltageCaliper>,
    /// The leg that the keys move, and a drag while it lasts.
    pub leg: Leg,
    /// Whether the interval is repeated along the tracing.
    pub march: bool,
    /// RR intervals between the legs: 1, 2 or 3.
    pub intervals: u8,
}

impl Default for Calipers {
    fn default() -> Self {
        Self {
            tool: None,
            time: None,
            voltage: None,
            leg: Leg::Second,
            march: false,
            intervals: 1,
        }
    }
}

impl Calipers {
    /// Whether there is anything to take away.
    pub fn is_empty(&self) -> bool {
        self.tool.is_none() && self.time.is_none() && self.voltage.is_none()
    }

    /// Takes everything off the paper and puts the tool away.
    pub fn clear(&mut self) {
        let intervals = self.intervals;
        *self = Self {
            intervals,
            ..Self::default()
        };
    }

    /// Moves the chosen leg of the time caliper by seconds, within the tracing.
    pub fn shift_time(&mut self, by_s: f64, duration_s: f64) {
        let leg = self.leg;
        if let Some(time) = &mut self.time {
            let low = time.first_s.min(time.second_s);
            let high = time.first_s.max(time.second_s);
            match leg {
                Leg::First => time.first_s = (time.first_s + by_s).clamp(0.0, duration_s),
                Leg::Second => time.second_s = (time.second_s + by_s).clamp(0.0, duration_s),
                Leg::Both => {
                    let by_s = by_s.clamp(-low, (duration_s - high).max(-low));
                    time.first_s += by_s;
                    time.second_s += by_s;
                }
            }
        }
    }

    /// Moves the chosen leg of the voltage caliper by millivolts.
    pub fn shift_voltage(&mut self, by_mv: f64) {
        let leg = self.leg;
        if let Some(voltage) = &mut self.voltage {
            if leg != Leg::Second {
                voltage.first_mv += by_mv;
            }
            if leg != Leg::First {
                voltage.second_mv += by_mv;
            }
        }
    }

    /// The next leg in turn: second, first, both.
    pub fn next_leg(&mut self) {
        self.leg = match self.leg {
            Leg::Second => Leg::First,
            Leg::First => Leg::Both,
            Leg::Both => Leg::Second,
        };
    }

    /// What the time caliper says.
    pub fn time_text(&self) -> Option<String> {
        let time = self.time.as_ref()?;
        let mut text = format!("{:.0} ms", time.ms());
        if let Some(rate) = time.rate(self.intervals).filter(|rate| *rate < 1000.0) {
            text += &format!("   {rate:.0}/min");
            if self.intervals > 1 {
                text += &format!(" over {} RR", self.intervals);
            }
        }
        Some(text)
    }

    /// What the voltage caliper says.
    pub fn voltage_text(&self, mm_per_mv: f32) -> Option<String> {
        let voltage = self.voltage.as_ref()?;
        let mv = voltage.millivolts();
        let mm = mv.abs() * f64::from(mm_per_mv);
        Some(format!(
            "{} mV   {mm:.1} mm   {}",
            crate::viewer::signed(mv),
            voltage.lead
        ))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(first_s: f64, second_s: f64) -> Calipers {
        Calipers {
            tool: Some(Tool::Time),
            time: Some(TimeCaliper {
                lead: LeadName::II,
                first_s,
                second_s,
            }),
            ..Calipers::default()
        }
    }

    #[test]
    fn the_rate_follows_from_one_two_or_three_intervals() {
        let mut calipers = at(1.0, 1.8);
        assert_eq!(calipers.time_text().unwrap(), "800 ms   75/min");
        calipers.intervals = 2;
        assert_eq!(calipers.time_text().unwrap(), "800 ms   150/min over 2 RR");
        let backwards = at(3.4, 1.0);
        assert_eq!(
            backwards.time.as_ref().unwrap().rate(3).map(f64::round),
            Some(75.0)
        );
        assert_eq!(at(1.0, 1.0).time.unwrap().rate(1), None);
    }

    #[test]
    fn an_interval_marches_both_ways_and_never_forever() {
        let time = at(4.0, 4.8).time.unwrap();
        let marched = time.marched(2.0, 7.0);
        let expected = [2.4, 3.2, 5.6, 6.4];
        assert_eq!(marched.len(), expected.len());
        for (found, wanted) in marched.iter().zip(expected) {
            assert!((found - wanted).abs() < 1e-9);
        }
        assert!(at(4.0, 4.001).time.unwrap().marched(0.0, 1e6).is_empty());
    }

    #[test]
    fn the_keys_move_one_leg_or_both_within_the_tracing() {
        let mut calipers = at(0.1, 0.9);
        calipers.shift_time(0.1, 10.0);
        assert!((calipers.time.as_ref().unwrap().ms() - 900.0).abs() < 1e-6);
        calipers.leg = Leg::Both;
        calipers.shift_time(-5.0, 10.0);
        let time = calipers.time.as_ref().unwrap();
        assert!(
            (time.first_s, time.ms().round()) == (0.0, 900.0),
            "{time:?}"
        );
        calipers.clear();
        assert!(calipers.is_empty());
    }
}
