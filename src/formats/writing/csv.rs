//! A table: a line that names the sampling rate, a header row, one row a sample.

use std::fmt::Write as _;

use super::common;
use crate::ecg::{Recording, Unit};
use crate::formats::Error;

pub(super) fn bytes(recording: &Recording) -> Result<Vec<u8>, Error> {
    let (rate, length) = common(recording)?;
    let mut text = String::new();
    if recording.simulated {
        text += "# simulated\n";
    }
    // Writing into a string cannot fail.
    let _ = writeln!(text, "# sampling_rate_hz: {rate}");
    text += "time_s";
    let mut columns = Vec::new();
    for lead in &recording.leads {
        let unit = match &lead.unit {
            Unit::Microvolt => "uV".to_owned(),
            Unit::Normalised => "NU".to_owned(),
            Unit::Other(name) => name.clone(),
        };
        let scale = lead.unit.values_per_unit();
        columns.push((lead.samples.microvolts(), scale));
        let _ = write!(text, ",{}", cell(&format!("{} ({unit})", lead.name)));
    }
    text.push('\n');
    for row in 0..length {
        let _ = write!(text, "{}", row as f64 / rate);
        for (values, scale) in &columns {
            text.push(',');
            if let Some(value) = values.get(row).filter(|value| value.is_finite()) {
                let _ = write!(text, "{}", value / scale);
            }
        }
        text.push('\n');
    }
    Ok(text.into_bytes())
}

/// A name as a spreadsheet may see it: nothing that it takes for a formula.
fn cell(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).collect();
    let name = if name.starts_with(['=', '+', '-', '@', '|', '%']) {
        format!("'{name}")
    } else {
        name
    };
    // What would part columns or begin a quotation.
    name.replace([',', ';', '"', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::cell;

    #[test]
    fn a_formula_becomes_a_name() {
        assert_eq!(cell("=cmd|calc!A0 (uV)"), "'=cmd|calc!A0 (uV)");
        assert_eq!(cell("aVR,left"), "aVR left");
        assert_eq!(cell("V1 (uV)"), "V1 (uV)");
    }
}
