use crate::ecg::{Unit, Warning, WarningCode};
use crate::formats::Error;

use super::signal::Encoding;

/// The gain that WFDB assumes where the header states none, in counts per unit.
const DEFAULT_GAIN: f64 = 200.0;

/// One signal line.
pub(super) struct SignalLine {
    /// Line number in the header, for messages.
    pub line: usize,
    pub file: String,
    pub encoding: Encoding,
    pub samples_per_frame: u64,
    pub skew: u64,
    pub byte_offset: u64,
    pub gain: f64,
    pub baseline: f64,
    pub unit: Unit,
    /// Microvolts in one unit, see [`crate::ecg::Samples`].
    pub unit_scale: f64,
    pub initial_value: Option<i32>,
    pub checksum: Option<i32>,
    pub description: String,
}

impl SignalLine {
    pub(super) fn parse(
        line: usize,
        text: &str,
        warnings: &mut Vec<Warning>,
    ) -> Result<Self, Error> {
        let mut rest = text;
        let mut next = || {
            let trimmed = rest.trim_start();
            let end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
            let (field, after) = trimmed.split_at(end);
            rest = after;
            (!field.is_empty()).then_some(field)
        };
        let file = next().unwrap_or_default().to_owned();
        let format =
            next().ok_or_else(|| Error::damaged("the line ends before the signal format"))?;
        let format = Format::parse(format)?;
        let calibration = next();
        let _resolution = next();
        let adc_zero: f64 = integer(next(), "zero level", warnings).map_or(0.0, f64::from);
        let initial_value = integer(next(), "initial value", warnings);
        let checksum = integer(next(), "checksum", warnings);
        let _block_size = next();
        let description = rest.trim().to_owned();

        let name = if description.is_empty() {
            file.as_str()
        } else {
            description.as_str()
        };
        let calibration = Calibration::parse(calibration, name, warnings)?;
        // Writers that do not compute the two leave both at zero.
        let unchecked = initial_value == Some(0) && checksum == Some(0);
        Ok(Self {
            line,
            encoding: format.encoding,
            samples_per_frame: format.samples_per_frame,
            skew: format.skew,
            byte_offset: format.byte_offset,
            gain: calibration.gain,
            baseline: calibration.baseline.unwrap_or(adc_zero),
            unit: calibration.unit,
            unit_scale: calibration.unit_scale,
            initial_value: initial_value.filter(|_| !unchecked),
            checksum: checksum.filter(|_| !unchecked),
            description,
            file,
        })
    }
}

fn integer(field: Option<&str>, name: &str, warnings: &mut Vec<Warning>) -> Option<i32> {
    let field = field?;
    let value = field.parse().ok();
    if value.is_none() {
        warnings.push(Warning::new(
            WarningCode::UnreadableField,
            format!("The header's {name} \"{field}\" is no integer and was left out."),
        ));
    }
    value
}

/// `16`, `16x4`, `212:3`, `16+24`, in that order where combined.
struct Format {
    encoding: Encoding,
    samples_per_frame: u64,
    skew: u64,
    byte_offset: u64,
}

impl Format {
    fn parse(field: &str) -> Result<Self, Error> {
        let bad = || Error::damaged(format!("\"{field}\" is no signal format"));
        let (rest, byte_offset) = split_number(field, '+').ok_or_else(bad)?;
        let (rest, skew) = split_number(rest, ':').ok_or_else(bad)?;
        let (code, samples_per_frame) = split_number(rest, 'x').ok_or_else(bad)?;
        let code: u32 = code.parse().map_err(|_| bad())?;
        let encoding = Encoding::from_code(code)
            .ok_or_else(|| Error::unsupported(format!("signal format {code} is not known")))?;
        Ok(Self {
            encoding,
            samples_per_frame: samples_per_frame.unwrap_or(1).max(1),
            skew: skew.unwrap_or(0),
            byte_offset: byte_offset.unwrap_or(0),
        })
    }
}

/// Splits `head MARK number`; `None` where the number is none.
fn split_number(text: &str, mark: char) -> Option<(&str, Option<u64>)> {
    match text.split_once(mark) {
        None => Some((text, None)),
        Some((head, number)) => number.parse().ok().map(|number| (head, Some(number))),
    }
}

/// `200`, `200/mV`, `1000.0(-20)/uV`.
struct Calibration {
    gain: f64,
    baseline: Option<f64>,
    unit: Unit,
    unit_scale: f64,
}

impl Calibration {
    fn parse(field: Option<&str>, name: &str, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let (calibration, unit) = match field.unwrap_or_default().split_once('/') {
            Some((calibration, unit)) => (calibration, unit),
            None => (field.unwrap_or_default(), ""),
        };
        let (gain, baseline) = match calibration.split_once('(') {
            Some((gain, rest)) => (gain, Some(rest.trim_end_matches(')'))),
            None => (calibration, None),
        };
        let stated: f64 = match gain {
            "" => 0.0,
            gain => gain
                .parse()
                .map_err(|_| Error::damaged(format!("\"{gain}\" is no gain")))?,
        };
        let baseline = baseline
            .map(|text| match text.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(value),
                _ => Err(Error::damaged(format!("\"{text}\" is no baseline"))),
            })
            .transpose()?;
        let gain = if stated == 0.0 {
            warnings.push(Warning::new(
                WarningCode::DefaultGain,
                format!(
                    "{name}: the header states no gain, so {DEFAULT_GAIN} counts per unit are assumed, as WFDB does. \
                     Amplitudes may be wrong."
                ),
            ));
            DEFAULT_GAIN
        } else {
            // Real headers reach from 0.8 (mmHg) to 2,000,000 (a wrong gain of PTB).
            let plausible = 1e-9..=1e12;
            if !plausible.contains(&stated.abs()) {
                return Err(Error::damaged(format!("a gain of {gain} is impossible")));
            }
            stated
        };
        let (unit, unit_scale) =
            crate::formats::unit::parse(if unit.is_empty() { "mV" } else { unit });
        Ok(Self {
            gain,
            baseline,
            unit,
            unit_scale,
        })
    }
}
