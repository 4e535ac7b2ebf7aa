//! The numbers as they are printed.

use super::{Measurements, Verdict};

/// A number as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Number {
    pub text: String,
    pub unit: &'static str,
}

impl Number {
    /// Voltages in millivolts with two decimals, places between the chest leads as `V3.5`, everything else in whole
    /// numbers.
    pub fn of(value: f64, unit: &str) -> Self {
        let chest_lead = unit == "chest lead";
        let (value, unit, decimals) = match unit {
            "uV" => (value / 1000.0, "mV", 2),
            "uV*ms" => (value / 1000.0, "mV·ms", 0),
            "deg" => (value, "°", 0),
            "ms" => (value, "ms", 0),
            "/min" => (value, "/min", 0),
            "mm" => (value, "mm", 1),
            "%" => (value, "%", 0),
            "mV" => (value, "mV", 2),
            "chest lead" => (value, "", 1),
            _ => (value, "", 2),
        };
        // Without it a value that rounds to nothing would read "-0".
        let value = if value.abs() < 0.5 / 10_f64.powi(decimals) {
            0.0
        } else {
            value
        };
        let mut text = format!("{value:.*}", decimals as usize).replace('-', "−");
        if chest_lead {
            text.insert(0, 'V');
        }
        Self { text, unit }
    }

    /// With its unit, as it is read aloud.
    pub fn spoken(&self) -> String {
        match self.unit {
            "" => self.text.clone(),
            "°" | "/min" => format!("{}{}", self.text, self.unit),
            unit => format!("{} {unit}", self.text),
        }
    }
}

impl Verdict {
    /// In words.
    pub fn spoken(&self) -> String {
        match self {
            Self::Met => "met".into(),
            Self::NotMet => "not met".into(),
            Self::DoesNotApply(reason) => format!("does not apply: {reason}"),
        }
    }
}

impl Measurements {
    /// What the numbers are taken from: the signal, the leads, and the beats of the representative one.
    pub fn basis(&self) -> Option<String> {
        let intervals = [&self.qrs, &self.qt, &self.pr];
        let beats = intervals.into_iter().flatten().map(|own| own.beats).next();
        let leads: Vec<&str> = self.leads.iter().map(|lead| lead.lead.as_str()).collect();
        if self.signal.is_empty() {
            return None;
        }
        let mut words = format!("{}; leads {}", self.signal, leads.join(" "));
        if let Some(beats) = beats {
            words += &format!(
                "; representative beat of {beats} of {} beats",
                self.beats.len()
            );
        }
        Some(words)
    }

    /// Beats, pauses and heart rate variability, a line each, as far as there is something to say.
    pub fn rhythm_in_words(&self) -> Vec<String> {
        let counts = self.counts();
        let mut lines = Vec::new();
        if counts.beats > 0 {
            let mut line = format!("beats {}", counts.beats);
            for (kind, count) in [
                ("premature", counts.premature),
                ("ventricular-looking", counts.ventricular_looking),
                ("paced", counts.paced),
            ] {
                if count > 0 {
                    let share = counts.percent(count);
                    line += &format!(", {kind} {count} ({share:.0} %)");
                }
            }
            lines.push(line);
        }
        if let Some(longest) = self.longest_pause() {
            let (seconds, at_s) = (longest.value / 1000.0, longest.from_s);
            // From or to an end of the tracing.
            let least = if longest.beats < 2 { "at least " } else { "" };
            lines.push(match self.pauses.len() {
                1 => format!("pause of {least}{seconds:.1} s at {at_s:.1} s"),
                pauses => {
                    format!(
                        "pauses over 2 s: {pauses}, longest {least}{seconds:.1} s at {at_s:.1} s"
                    )
                }
            });
        }
        if let Some(own) = &self.variability {
            lines.push(format!(
                "SDNN {:.0} ms, RMSSD {:.0} ms, pNN50 {:.0} % over {} intervals between normal beats",
                own.sdnn_ms, own.rmssd_ms, own.pnn50_percent, own.intervals
            ));
        }
        lines
    }
}

#[cfg(test)]
#[allow(clippy::expect_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_their_unit_and_a_true_minus() {
        assert_eq!(Number::of(-1234.0, "uV").spoken(), "−1.23 mV");
        assert_eq!(Number::of(-2.0, "uV").spoken(), "0.00 mV");
        assert_eq!(Number::of(-0.3, "deg").spoken(), "0°");
        assert_eq!(Number::of(3.3, "chest lead").spoken(), "V3.3");
        assert_eq!(Number::of(72.4, "/min").spoken(), "72/min");
    }

    #[test]
    fn the_rhythm_in_words_says_only_what_there_is() {
        let recording = crate::simulate::bundled::open("ventricular_pacing");
        let measured = crate::measure::measure(&recording.expect("bundled"));
        let lines = measured.rhythm_in_words();
        assert_eq!(lines.len(), 1, "{lines:?}");
        assert!(
            lines.iter().any(|line| line.contains(", paced ")),
            "{lines:?}"
        );
        assert!(
            measured
                .basis()
                .is_some_and(|basis| basis.contains("V6; representative beat of"))
        );
        let mut fibrillating = measured;
        fibrillating
            .beats
            .iter_mut()
            .for_each(|beat| beat.premature = true);
        assert!(fibrillating.counts().premature > 0);
        fibrillating.irregular_without_p = Some(true);
        assert_eq!(fibrillating.counts().premature, 0);
        assert!(Measurements::default().rhythm_in_words().is_empty());
    }
}
