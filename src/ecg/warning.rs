use std::fmt;

use serde::{Deserialize, Serialize};

/// What kind of doubt a [`Warning`] raises; its JSON form is the stable `code` of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WarningCode {
    /// The file holds fewer samples than it says.
    Truncated,
    /// Some samples are marked as missing.
    MissingSamples,
    /// A standard lead is absent.
    MissingLeads,
    /// A lead was computed from others.
    DerivedLeads,
    /// A lead holds one constant value.
    FlatLead,
    /// A lead sits at its limits.
    Saturated,
    /// Limb leads do not obey Einthoven's law: gains differ or a lead is mislabelled.
    Einthoven,
    /// Two electrodes seem to be exchanged; a hint.
    LeadReversal,
    /// The heart may lie on the right; a hint.
    Dextrocardia,
    /// Spikes of a pacemaker are seen.
    PacingSpikes,
    /// A lead stands still for a while: its electrode was off.
    ElectrodeOff,
    /// A lead is noisy.
    Noise,
    /// The baseline of a lead wanders.
    BaselineWander,
    /// A lead stands far from zero; the offset is taken away when it is drawn.
    ElectrodeOffset,
    /// The amplitude is implausible for an ECG: the gain is probably wrong.
    ImplausibleAmplitude,
    /// The unit is no voltage, so nothing can be measured in millivolts.
    NotVoltage,
    /// The stated gain is zero or absent, so a default was taken.
    DefaultGain,
    /// A stored checksum does not match.
    Checksum,
    /// Header fields contradict each other or the data.
    Inconsistent,
    /// A header field could not be understood and was left out.
    UnreadableField,
    /// The sampling rate was not in the file and was taken from elsewhere.
    AssumedRate,
    /// The unit was not in the file and was taken from elsewhere.
    AssumedUnit,
    /// A measured number is past a limit at which a guideline wants it looked at without delay.
    CriticalNumber,
    /// Part of the file was left out: no ECG, a median beat, a calibration pulse.
    LeftOut,
    /// The tracing is simulated.
    Simulated,
}

/// A doubt that a reader must see beside the tracing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// The kind of doubt.
    pub code: WarningCode,
    /// One sentence: what is wrong and the likely reason.
    pub message: String,
}

impl Warning {
    /// A warning with its sentence.
    pub fn new(code: WarningCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
