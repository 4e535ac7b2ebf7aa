//! Names of physical units, as files spell them.

use crate::ecg::Unit;

/// The unit that `text` names and how many microvolts one of it holds (1000 for anything that is no
/// voltage, so that values are thousandths of it; see [`crate::ecg::Samples`]). Of no unit at all it is one.
pub(crate) fn parse(text: &str) -> (Unit, f64) {
    let text = text.trim();
    match text {
        // Nothing is said: the values are handed out as they are.
        "" => return (Unit::Other(String::new()), 1.0),
        "MV" => return (Unit::Microvolt, 1000.0),
        "NU" | "nu" | "n.u." => return (Unit::Normalised, 1000.0),
        _ => {}
    }
    // The micro sign and the Greek letter mu are two characters.
    let key = text.to_lowercase().replace(['µ', 'μ'], "u");
    let scale = match key.as_str() {
        "nv" | "nvolt" | "nvolts" | "nanovolt" | "nanovolts" => 1e-3,
        // EDF has room for eight characters.
        "uv" | "uvolt" | "uvolts" | "microvol" | "microvolt" | "microvolts" => 1.0,
        "mv" | "mvolt" | "mvolts" | "millivol" | "millivolt" | "millivolts" => 1000.0,
        "v" | "volt" | "volts" => 1e6,
        _ => return (Unit::Other(text.to_owned()), 1000.0),
    };
    (Unit::Microvolt, scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voltages_are_recognised_in_the_spellings_of_files() {
        for (text, scale) in [
            ("mV", 1000.0),
            ("mv", 1000.0),
            ("uV", 1.0),
            ("µV", 1.0),
            ("μV", 1.0),
            ("V", 1e6),
            ("MICROVOLTS", 1.0),
            ("uVolt", 1.0),
            ("µVolts", 1.0),
            ("microvol", 1.0),
            ("mVolt", 1000.0),
            ("millivolts", 1000.0),
        ] {
            assert_eq!(parse(text), (Unit::Microvolt, scale), "{text}");
        }
        assert_eq!(parse("NU"), (Unit::Normalised, 1000.0));
        assert_eq!(parse("mmHg"), (Unit::Other("mmHg".into()), 1000.0));
    }
}
