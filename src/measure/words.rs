//! The numbers as they are printed.

use super::{Measurements, Value};

impl Measurements {
    /// Rate, intervals and axes, each as it is printed (`PR 158 ms`); what could not be measured is left out.
    pub fn in_words(&self) -> Vec<String> {
        let named = [
            ("Rate", &self.heart_rate),
            ("PR", &self.pr),
            ("QRS", &self.qrs),
            ("QT", &self.qt),
            ("QTc (Fridericia)", &self.qtc.fridericia),
            ("P axis", &self.p_axis),
            ("QRS axis", &self.qrs_axis),
            ("T axis", &self.t_axis),
        ];
        let words = |(name, value): (&str, &Option<Value>)| {
            value
                .as_ref()
                .map(|Value { value, unit, .. }| match unit.as_str() {
                    "deg" => format!("{name} {value:.0}°"),
                    unit => format!("{name} {value:.0} {unit}"),
                })
        };
        named.into_iter().filter_map(words).collect()
    }
}
