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

/// Share by which a rate may differ from that of rounded times.
const SAME_RATE: f64 = 0.01;
/// The rate that is put in the place of one that nobody stated.
const PLACEHOLDER_HZ: f64 = 500.0;

impl Options {
    pub(super) fn unit(&self) -> Option<(Unit, f64)> {
        self.unit.as_deref().map(unit::parse)
    }

    /// The rate that counts: the one that `what` states of itself, if a tracing can have it, else the person's.
    ///
    /// # Errors
    /// An impossible rate without another.
    pub(super) fn rate(
        &self,
        own_hz: Option<f64>,
        what: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<f64>, Error> {
        let given = self.sampling_rate_hz;
        let own_hz = own_hz.filter(|&own| given.is_none() || check_rate(own).is_ok());
        if let (Some(own), Some(given)) = (own_hz, given)
            && (given / own - 1.0).abs() > SAME_RATE
        {
            // Seconds of a clock have six digits or so after the point; the rest is rounding.
            let own = (own * 1e6).round() / 1e6;
            warnings.push(Warning::new(
                WarningCode::Inconsistent,
                format!(
                    "The {what} states {own} samples a second; the rate of {given} given for it was not used."
                ),
            ));
        }
        own_hz.or(given).map(check_rate).transpose()
    }

    /// What to say where `what` states all its units, none of them that which a person gave. `units` are those that it
    /// states, with their leads where these have names; `None` where it states none.
    pub(super) fn unit_not_used(
        &self,
        units: Option<&[(Option<&str>, &str)]>,
        what: &str,
    ) -> Option<Warning> {
        let (given, units) = (self.unit()?, units?);
        let parsed = || units.iter().map(|(_, unit)| unit::parse(unit));
        if parsed().any(|unit| unit == given) {
            return None;
        }
        // Of a voltage, if there is one.
        let voltage = parsed().position(|(unit, _)| unit.is_voltage());
        let example = match units.get(voltage.unwrap_or(0))? {
            (Some(name), unit) => format!("{name} is in {unit}"),
            (None, unit) => (*unit).to_owned(),
        };
        Some(Warning::new(
            WarningCode::Inconsistent,
            format!(
                "The {what} states its units ({example}); the unit {} given for it was not used.",
                self.unit.as_deref().unwrap_or_default()
            ),
        ))
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
