//! What a person says about a file that leaves it open.

use serde::{Deserialize, Serialize};

use crate::ecg::{Unit, Warning, WarningCode};

use super::{Error, Missing, check_rate, unit};

/// What a user states where a file leaves it open.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Options {
    /// Samples per second.
    pub sampling_rate_hz: Option<f64>,
    /// Unit of the stored values, as in a file: `uV`, `mV`, `NU`.
    pub unit: Option<String>,
    /// Which record of a file that holds many, counted from one; the first where it is not said.
    pub record: Option<usize>,
    /// How a table is cut into numbers.
    pub table: TableLayout,
    /// Show what is there where rate or unit stay open, with a warning, instead of asking. For looking at a file;
    /// nothing may be measured on it.
    pub show_unstated: bool,
}

/// How a table of samples is cut into numbers, where it is not left to be found out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableLayout {
    /// What parts the columns.
    pub delimiter: Option<char>,
    /// Whether `0,5` is a half.
    pub decimal_comma: Option<bool>,
    /// A name for each column: a lead, `time` or nothing for one to be left out. Empty: as the table has it.
    pub columns: Vec<String>,
}

/// The rate that is put in the place of one that nobody stated.
const PLACEHOLDER_HZ: f64 = 500.0;

impl Options {
    pub(super) fn unit(&self) -> Option<(Unit, f64)> {
        self.unit.as_deref().map(unit::parse)
    }

    /// The number of the record that is wanted of so many, counted from one.
    ///
    /// # Errors
    /// When there is none of that number.
    pub(super) fn record_of(&self, records: usize) -> Result<usize, Error> {
        let number = self.record.unwrap_or(1);
        if (1..=records).contains(&number) {
            Ok(number)
        } else {
            let reason = format!("there is no record {number} among the {records} of the file");
            Err(Error::unsupported(reason))
        }
    }

    /// What to say where one of many records is shown.
    pub(super) fn one_of(&self, records: usize) -> Option<Warning> {
        let number = self.record.unwrap_or(1);
        let message = format!(
            "The file holds {records} records; number {number} is shown (others by FILE#N, or --record N)."
        );
        (records > 1).then(|| Warning::new(WarningCode::LeftOut, message))
    }

    /// Rate and unit, `None` for what neither file nor person states: asked for, or replaced with a warning.
    ///
    /// # Errors
    /// What is missing, of `what` (`table`, `array`); an impossible rate.
    pub(super) fn settle(
        &self,
        rate_hz: Option<f64>,
        unit_known: bool,
        what: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<f64, Error> {
        let missing = Missing {
            sampling_rate: rate_hz.is_none(),
            unit: !unit_known,
        };
        if missing != Missing::default() && !self.show_unstated {
            return Err(Error::needs(missing, what));
        }
        if missing.sampling_rate {
            warnings.push(Warning::new(
                WarningCode::AssumedRate,
                format!(
                    "Nothing states the sampling rate. {PLACEHOLDER_HZ} Hz is put in its place so that the values can \
                     be shown: no time, rate or interval means anything until it is given (--rate HZ)."
                ),
            ));
        }
        if missing.unit {
            warnings.push(Warning::new(
                WarningCode::AssumedUnit,
                "Nothing states the unit. The values are shown as they are stored: no amplitude means anything until \
                 it is given (--unit uV or mV).",
            ));
        }
        check_rate(rate_hz.unwrap_or(PLACEHOLDER_HZ))
    }
}
