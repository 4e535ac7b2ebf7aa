//! Against the GE MUSE measurements of the original Chapman-Shaoxing release (Zheng et al. 2020, Sci Data 7:48).

use std::path::Path;

use rayon::prelude::*;
use serde::Serialize;

use super::{Error, Spread};
use crate::formats;
use crate::measure::{Value, measure};

/// Rhythms in which no single QT or PR stands for the tracing, or in which flutter waves hide the end of T.
const NO_SINGLE_QT: [&str; 4] = ["AFIB", "AF", "AT", "SVT"];
/// Sampling rate and unit of the release's tables, which they do not state.
const RATE_HZ: f64 = 500.0;

/// One quantity of one record: theirs and ours.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Compared {
    /// File name.
    pub record: String,
    /// Rhythm code.
    pub rhythm: String,
    /// `rate`, `qrs`, `qt` or `r_axis`.
    pub quantity: &'static str,
    /// The device's value.
    pub device: f64,
    /// Ours; absent when it could not be measured.
    pub ours: Option<f64>,
    /// Whether it goes into the figures; a QT in atrial fibrillation does not.
    pub counted: bool,
}

impl Compared {
    /// Ours less theirs; an angle takes the short way round.
    pub fn difference(&self) -> Option<f64> {
        let difference = self.ours? - self.device;
        Some(match self.quantity {
            "r_axis" => (difference + 540.0).rem_euclid(360.0) - 180.0,
            _ => difference,
        })
    }
}

/// Agreement with the device.
#[derive(Debug, Clone, Serialize)]
pub struct Muse {
    /// Records compared.
    pub records: usize,
    /// Ventricular rate, per minute.
    pub rate: Option<Spread>,
    /// QRS duration, milliseconds.
    pub qrs: Option<Spread>,
    /// QT interval, milliseconds.
    pub qt: Option<Spread>,
    /// Frontal QRS axis, degrees.
    pub r_axis: Option<Spread>,
    /// Pairs beyond twice the allowed spread (rate 2, QRS 12 ms, QT 20 ms, axis 15 degrees), and those left out.
    pub outliers: Vec<Compared>,
}

/// Measures every record that `Diagnostics.csv` in `dir` lists and compares.
///
/// # Errors
/// When the table is absent or broken, or a recording cannot be read.
pub fn muse(dir: &Path) -> Result<Muse, Error> {
    let table = dir.join("Diagnostics.csv");
    if !table.is_file() {
        return Err(Error::Layout {
            path: dir.to_path_buf(),
            expected: "Diagnostics.csv",
        });
    }
    let rows = rows(&table)?;
    let compared: Vec<Vec<Compared>> = rows
        .par_iter()
        .map(|row| compare(dir, row))
        .collect::<Result<_, Error>>()?;
    let records = compared.len();
    let pairs: Vec<Compared> = compared.into_iter().flatten().collect();
    let spread = |quantity: &str| {
        let differences: Vec<f64> = pairs
            .iter()
            .filter(|pair| pair.quantity == quantity && pair.counted)
            .filter_map(Compared::difference)
            .collect();
        Spread::of(&differences)
    };
    let (rate, qrs, qt, r_axis) = (
        spread("rate"),
        spread("qrs"),
        spread("qt"),
        spread("r_axis"),
    );
    let outliers = pairs.into_iter().filter(is_outlier).collect();
    Ok(Muse {
        records,
        rate,
        qrs,
        qt,
        r_axis,
        outliers,
    })
}

fn is_outlier(pair: &Compared) -> bool {
    let allowed = match pair.quantity {
        "rate" => 2.0,
        "qrs" => 24.0,
        "qt" => 40.0,
        _ => 15.0,
    };
    !pair.counted
        || pair
            .difference()
            .is_none_or(|difference| difference.abs() > allowed)
}

struct Row {
    record: String,
    rhythm: String,
    values: [f64; 4],
}

fn rows(table: &Path) -> Result<Vec<Row>, Error> {
    let broken = |reason: String| Error::Table {
        path: table.to_path_buf(),
        reason,
    };
    let mut reader = csv::Reader::from_path(table).map_err(|error| broken(error.to_string()))?;
    let headers = reader
        .headers()
        .map_err(|error| broken(error.to_string()))?
        .clone();
    let column = |name: &str| {
        headers
            .iter()
            .position(|own| own == name)
            .ok_or_else(|| broken(format!("no column {name}")))
    };
    let (file, rhythm) = (column("FileName")?, column("Rhythm")?);
    let columns = [
        column("VentricularRate")?,
        column("QRSDuration")?,
        column("QTInterval")?,
        column("RAxis")?,
    ];
    let mut rows = Vec::new();
    for (number, row) in reader.records().enumerate() {
        let row = row.map_err(|error| broken(error.to_string()))?;
        let mut values = [0.0; 4];
        for (value, &column) in values.iter_mut().zip(&columns) {
            let text = row.get(column).unwrap_or_default();
            *value = text
                .trim()
                .parse()
                .map_err(|_| broken(format!("row {}: {text:?} is no number", number + 2)))?;
        }
        rows.push(Row {
            record: row.get(file).unwrap_or_default().to_owned(),
            rhythm: row.get(rhythm).unwrap_or_default().trim().to_owned(),
            values,
        });
    }
    Ok(rows)
}

fn compare(dir: &Path, row: &Row) -> Result<Vec<Compared>, Error> {
    let file = Path::new(&row.record)
        .file_name()
        .unwrap_or_default()
        .to_owned();
    let mut path = dir.join("ECGDataDenoised").join(file);
    path.set_extension("csv");
    let options = formats::Options {
        sampling_rate_hz: Some(RATE_HZ),
        unit: Some("uV".to_owned()),
        ..formats::Options::default()
    };
    let recording = formats::open_with(&path, &options)?;
    let measured = measure(&recording);
    let value = |value: &Option<Value>| value.as_ref().map(|value| value.value);
    let ours = [
        value(&measured.heart_rate),
        value(&measured.qrs),
        value(&measured.qt),
        value(&measured.qrs_axis),
    ];
    let steady = !NO_SINGLE_QT.contains(&row.rhythm.as_str());
    let quantities = ["rate", "qrs", "qt", "r_axis"];
    Ok(quantities
        .into_iter()
        .zip(ours)
        .zip(row.values)
        .map(|((quantity, ours), device)| Compared {
            record: row.record.clone(),
            rhythm: row.rhythm.clone(),
            quantity,
            device,
            ours,
            counted: steady || quantity != "qt",
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_angle_takes_the_short_way_round() {
        let pair = |device, ours| Compared {
            record: String::new(),
            rhythm: String::new(),
            quantity: "r_axis",
            device,
            ours: Some(ours),
            counted: true,
        };
        assert_eq!(pair(243.0, -117.0).difference(), Some(0.0));
        assert_eq!(pair(-170.0, 175.0).difference(), Some(-15.0));
        assert_eq!(pair(10.0, 25.0).difference(), Some(15.0));
    }
}
