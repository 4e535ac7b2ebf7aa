//! The numbers as they are printed.

use super::{Measurements, Value};

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
