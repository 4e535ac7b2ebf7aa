//! `measure --csv`: one row a file, one column a number, its unit in the column's name.

use std::path::Path;

use crate::ecg::{LeadName, Recording, STANDARD_12};
use crate::measure::{LeadMeasurements, Measurements, Value, device};

/// A row of named cells; rows of one table may have different columns.
pub(super) type Row = Vec<(String, String)>;

/// Everything that was measured on a file.
pub(super) fn row(file: &Path, recording: &Recording, measured: &Measurements) -> Row {
    let mut row: Row = vec![("file".into(), file.display().to_string())];
    let mut add = |name: String, value: Option<String>| row.push((name, value.unwrap_or_default()));
    let number = |value: f64| {
        let text = format!("{value:.3}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    let of = |value: &Option<Value>| value.as_ref().map(|value| number(value.value));
    let names = |leads: &[LeadName]| -> String {
        let names: Vec<&str> = leads.iter().map(LeadName::as_str).collect();
        names.join(" ")
    };
    let said = |text: String| Some(text).filter(|text| !text.is_empty());
    add("signal".into(), said(measured.signal.clone()));
    add("leads".into(), said(names(&measured.lead_names())));
    let qtc = &measured.qtc;
    for (name, value) in [
        ("heart_rate_per_min", &measured.heart_rate),
        ("heart_rate_min_per_min", &measured.heart_rate_min),
        ("heart_rate_max_per_min", &measured.heart_rate_max),
        ("p_duration_ms", &measured.p_duration),
        ("pr_ms", &measured.pr),
        ("qrs_ms", &measured.qrs),
        ("qt_ms", &measured.qt),
        ("qtc_bazett_ms", &qtc.bazett),
        ("qtc_fridericia_ms", &qtc.fridericia),
        ("qtc_framingham_ms", &qtc.framingham),
        ("qtc_hodges_ms", &qtc.hodges),
        ("p_axis_deg", &measured.p_axis),
        ("qrs_axis_deg", &measured.qrs_axis),
        ("t_axis_deg", &measured.t_axis),
        ("qt_dispersion_ms", &measured.qt_dispersion),
        ("longest_rr_ms", &measured.longest_rr),
        ("rmssd_ms", &measured.rmssd),
    ] {
        add(name.into(), of(value));
    }
    let count = |name: &str, count: usize| (name.to_owned(), Some(count.to_string()));
    let counts = measured.counts();
    for (name, value) in [
        count("beats", counts.beats),
        (
            "representative_beat_of_beats".to_owned(),
            measured.qrs.as_ref().map(|qrs| qrs.beats.to_string()),
        ),
        count("beat_shapes", measured.classes.len()),
        count("premature_beats", counts.premature),
        count("ventricular_looking_beats", counts.ventricular_looking),
        count("paced_beats", counts.paced),
        count("pauses_over_2_s", measured.pauses.len()),
    ] {
        add(name, value);
    }
    add(
        "irregular_without_p".into(),
        measured.irregular_without_p.map(|yes| yes.to_string()),
    );
    let hrv = measured.variability.as_ref();
    add("nn_intervals".into(), hrv.map(|v| v.intervals.to_string()));
    add("mean_nn_ms".into(), hrv.map(|v| number(v.mean_nn_ms)));
    add("sdnn_ms".into(), hrv.map(|v| number(v.sdnn_ms)));
    add("nn_rmssd_ms".into(), hrv.map(|v| number(v.rmssd_ms)));
    add("pnn50_percent".into(), hrv.map(|v| number(v.pnn50_percent)));
    add("lf_ms2".into(), hrv.and_then(|v| v.lf_ms2).map(number));
    add("hf_ms2".into(), hrv.and_then(|v| v.hf_ms2).map(number));
    add("lf_hf".into(), hrv.and_then(|v| v.lf_hf).map(number));
    for lead in &STANDARD_12 {
        let own = measured.leads.iter().find(|own| own.lead == *lead);
        for (name, value) in of_lead(lead, own) {
            add(name, value.map(number));
        }
    }
    for criterion in &measured.criteria {
        let unit = column_unit(&criterion.value.unit);
        add(
            format!("{}_{unit}", criterion.id),
            Some(number(criterion.value.value)),
        );
        add(
            format!("{}_met", criterion.id),
            criterion.met.map(|met| met.to_string()),
        );
        add(
            format!("{}_leads", criterion.id),
            Some(names(&criterion.value.leads)),
        );
        if let Some(reason) = &criterion.does_not_apply {
            add(
                format!("{}_does_not_apply", criterion.id),
                Some(reason.clone()),
            );
        }
    }
    for compared in device::compare(recording, measured) {
        let unit = column_unit(&compared.unit);
        add(
            format!("device_{}_{unit}", compared.name),
            Some(number(compared.device)),
        );
        add(
            format!("less_device_{}_{unit}", compared.name),
            compared.difference.map(number),
        );
    }
    let warnings: Vec<&str> = recording
        .warnings
        .iter()
        .map(|warning| warning.message.as_str())
        .collect();
    add("warnings".into(), Some(warnings.join("; ")));
    row
}

fn of_lead(lead: &LeadName, own: Option<&LeadMeasurements>) -> [(String, Option<f64>); 14] {
    let name = |quantity: &str| format!("{lead}_{quantity}");
    let value = |of: fn(&LeadMeasurements) -> Option<f64>| own.and_then(of);
    [
        (name("p_uv"), value(|own| own.p_uv)),
        (name("p2_uv"), value(|own| own.p2_uv)),
        (name("q_uv"), value(|own| own.q_uv)),
        (name("q_ms"), value(|own| own.q_ms)),
        (name("r_uv"), value(|own| own.r_uv)),
        (name("s_uv"), value(|own| own.s_uv)),
        (name("r2_uv"), value(|own| own.r2_uv)),
        (name("t_uv"), value(|own| own.t_uv)),
        (name("t2_uv"), value(|own| own.t2_uv)),
        (name("st_j_uv"), value(|own| own.st_j_uv)),
        (name("st_j40_uv"), value(|own| own.st_j40_uv)),
        (name("st_j60_uv"), value(|own| own.st_j60_uv)),
        (name("st_j80_uv"), value(|own| own.st_j80_uv)),
        (name("qt_ms"), value(|own| own.qt_ms)),
    ]
}

/// A unit as part of a column's name: `/min` is `per_min`.
fn column_unit(unit: &str) -> String {
    let spelled = unit.replace('/', "per_").replace(['*', ' '], "_");
    spelled.to_lowercase()
}

/// The table: columns in the order in which the rows bring them, absent cells empty.
pub(super) fn table(rows: &[Row]) -> Result<Vec<u8>, csv::Error> {
    let mut columns: Vec<&str> = Vec::new();
    for row in rows {
        let mut after = 0;
        for (name, _) in row {
            match columns.iter().position(|own| own == name) {
                Some(position) => after = position + 1,
                None => {
                    columns.insert(after, name);
                    after += 1;
                }
            }
        }
    }
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(&columns)?;
    for row in rows {
        table.write_record(columns.iter().map(|column| {
            let cell = row.iter().find(|(name, _)| name == column);
            cell.map_or("", |(_, value)| value.as_str())
        }))?;
    }
    table
        .into_inner()
        .map_err(|error| csv::Error::from(error.into_error()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use super::*;
    use crate::measure::measure;
    use crate::simulate::bundled;

    #[test]
    fn a_file_is_a_row_and_its_units_stand_in_the_header() {
        let rows: Vec<Row> = ["sinus_rhythm", "atrial_fibrillation"]
            .iter()
            .map(|id| {
                let recording = bundled::open(id).unwrap();
                row(Path::new(id), &recording, &measure(&recording))
            })
            .collect();
        let bytes = table(&rows).unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().unwrap().clone();
        let column = |name: &str| header.iter().position(|own| own == name).expect(name);
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(records.len(), 2);
        assert_eq!(&records[0][0], "sinus_rhythm");
        let rate: f64 = records[0][column("heart_rate_per_min")].parse().unwrap();
        assert!((40.0..120.0).contains(&rate));
        let r: f64 = records[0][column("V5_r_uv")].parse().unwrap();
        assert!(r > 100.0);
        assert_eq!(&records[1][column("pr_ms")], "", "no P wave, no PR");
        assert!(records[0][column("leads")].starts_with("I II III"));
        assert!(records[0][column("sokolow_lyon_leads")].starts_with("V1 "));
        let beats = |name: &str| records[0][column(name)].parse::<usize>().unwrap();
        assert!((5..=beats("beats")).contains(&beats("representative_beat_of_beats")));
        let mut names: Vec<&str> = header.iter().collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), header.len(), "no column comes twice");
    }
}
