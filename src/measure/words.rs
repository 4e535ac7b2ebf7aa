//! The numbers as they are printed.

use super::{Measurements, Value, Verdict};

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
    /// Rate, intervals and axes, each as it is printed (`PR 158 ms`); what could not be measured is left out.
    pub fn in_words(&self) -> Vec<String> {
        let named = [
            ("Rate", "heart_rate", &self.heart_rate),
            ("PR", "pr", &self.pr),
            ("QRS", "qrs", &self.qrs),
            ("QT", "qt", &self.qt),
            ("QTc (Fridericia)", "qtc_fridericia", &self.qtc.fridericia),
            ("P axis", "p_axis", &self.p_axis),
            ("QRS axis", "qrs_axis", &self.qrs_axis),
            ("T axis", "t_axis", &self.t_axis),
        ];
        let words = |(name, id, value): (&str, &str, &Option<Value>)| {
            let Value { value, unit, .. } = value.as_ref()?;
            let mut words = match unit.as_str() {
                "deg" => format!("{name} {value:.0}°"),
                unit => format!("{name} {value:.0} {unit}"),
            };
            if let Some((reader, _)) = self.set_by_hand(id) {
                words += &format!(" (set by {reader})");
            }
            Some(words)
        };
        named.into_iter().filter_map(words).collect()
    }
}

#[cfg(test)]
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
}
