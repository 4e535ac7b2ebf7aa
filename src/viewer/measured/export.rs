//! The table to take along: as lines of text and as comma-separated values.

use super::leads::{COLUMNS, cell};
use super::table::{Row, sections};
use crate::ecg::Recording;
use crate::measure::{Measurements, Number};

/// As lines of text, aligned for a letter.
pub fn as_text(measured: &Measurements, recording: &Recording, device: bool) -> String {
    let mut text = format!("{}\n", recording.name);
    for section in sections(measured, recording, device) {
        text += &format!("\n{}\n", section.title);
        for row in &section.rows {
            let mut line = format!("  {:<26}{:>12}", row.name, ours(row));
            if let Some(device) = &row.device {
                line += &format!("   device {}", device.number.spoken());
                if let Some(differs) = &device.differs {
                    line += &format!(" (differs by {differs})");
                }
                if let Some(against) = device.against {
                    line += &format!(" (compared with {against})");
                }
            }
            if let Err(reason) = &row.ours
                && !reason.is_empty()
            {
                line += &format!("   ({reason})");
            }
            if let Some(hand) = &row.hand {
                line += &format!("   {hand}");
            }
            if let Some(verdict) = &row.verdict {
                line += &format!("   {}", verdict.spoken());
            }
            text += line.trim_end();
            text.push('\n');
        }
    }
    if !measured.leads.is_empty() {
        text += "\nAmplitudes in mV\n  lead  ";
        for column in COLUMNS {
            text += &format!("{:>8}", column.name());
        }
        text.push('\n');
        for lead in &measured.leads {
            text += &format!("  {:<6}", lead.lead.as_str());
            for column in COLUMNS {
                let value = cell(lead, column).map_or("–".into(), |uv| Number::of(uv, "uV").text);
                text += &format!("{value:>8}");
            }
            text.push('\n');
        }
    }
    if let Some(basis) = measured.basis() {
        text += &format!("\nMeasured on: {basis}.");
    }
    for note in &measured.notes {
        text += &format!("\n{note}.");
    }
    text.trim_end().to_owned() + "\n"
}

fn ours(row: &Row) -> String {
    match &row.ours {
        Ok(number) => number.spoken(),
        Err(reason) if reason.is_empty() => String::new(),
        Err(_) => "absent".into(),
    }
}

/// As comma-separated values: quantity, source leads, number of beats, value, unit, by whom, place.
pub fn as_csv(
    measured: &Measurements,
    recording: &Recording,
    device: bool,
) -> Result<String, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "quantity", "leads", "beats", "value", "unit", "by", "from_s", "to_s", "remark",
    ])?;
    for section in sections(measured, recording, device) {
        for row in &section.rows {
            let place = row.place.as_ref();
            let leads = place.map_or_else(String::new, |place| {
                let leads: Vec<&str> = place.leads.iter().map(|lead| lead.as_str()).collect();
                leads.join(" ")
            });
            let beats = row
                .beats
                .map_or_else(String::new, |beats| beats.to_string());
            let at = |value: Option<f64>| value.map_or_else(String::new, |s| format!("{s:.3}"));
            let (from, to) = (at(place.map(|p| p.from_s)), at(place.map(|p| p.to_s)));
            let remark = match (&row.ours, &row.verdict) {
                (Err(reason), _) => format!("absent: {reason}"),
                (_, Some(verdict)) => verdict.spoken(),
                (_, None) => row.hand.clone().unwrap_or_default(),
            };
            let by = measured.by_hand.as_ref().filter(|_| row.hand.is_some());
            let by = by.map_or("heartbeatai", |hand| &hand.reader);
            match &row.ours {
                Ok(number) => table.write_record([
                    &row.name,
                    &leads,
                    &beats,
                    &plain(&number.text),
                    number.unit,
                    by,
                    &from,
                    &to,
                    &remark,
                ])?,
                Err(reason) if !reason.is_empty() => {
                    table.write_record([&row.name, &leads, "", "", "", by, "", "", &remark])?
                }
                Err(_) => {}
            }
            if let Some(device) = &row.device {
                let (text, unit) = (plain(&device.number.text), device.number.unit);
                let remark = device.differs.as_ref();
                let remark =
                    remark.map_or_else(String::new, |by| format!("differs by {}", plain(by)));
                table.write_record([&row.name, "", "", &text, unit, "device", "", "", &remark])?;
            }
        }
    }
    let representative = measured.qrs.as_ref().map(|qrs| qrs.beats.to_string());
    let representative = representative.unwrap_or_default();
    for lead in &measured.leads {
        for column in COLUMNS {
            if let Some(uv) = cell(lead, column) {
                let text = plain(&Number::of(uv, "uV").text);
                let name = lead.lead.as_str();
                table.write_record([
                    column.name(),
                    name,
                    &representative,
                    &text,
                    "mV",
                    "heartbeatai",
                    "",
                    "",
                    "",
                ])?;
            }
        }
    }
    let bytes = table.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// With the minus that programs understand.
fn plain(text: &str) -> String {
    text.replace('−', "-")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::simulate::bundled;

    #[test]
    fn what_is_copied_says_what_is_absent_and_why() {
        let mut recording = bundled::open(crate::viewer::FIRST_CASE).unwrap();
        recording
            .device_measurements
            .push(crate::ecg::ReportedValue {
                name: "pr".into(),
                value: 300.0,
                unit: "ms".into(),
            });
        let measured = crate::measure::measure(&recording);
        let text = as_text(&measured, &recording, true);
        assert!(text.contains("QTc Fridericia") && text.contains("device 300 ms (differs by"));
        let csv = as_csv(&measured, &recording, true).unwrap();
        let mut reader = csv::Reader::from_reader(csv.as_bytes());
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let pr: Vec<&str> = rows
            .iter()
            .filter(|row| &row[0] == "PR")
            .map(|row| &row[5])
            .collect();
        assert_eq!(pr, ["heartbeatai", "device"]);
        assert!(rows.iter().any(|row| &row[0] == "R" && &row[1] == "V5"));
        let axis = rows.iter().find(|row| &row[0] == "QRS axis").unwrap();
        assert_eq!(&axis[1], "I II");
        assert!(axis[2].parse::<usize>().unwrap() > 3, "so many beats");
        assert!(text.contains("Measured on: zero-phase"));
        assert!(csv.is_ascii() || !csv.contains('−'));
    }
}
