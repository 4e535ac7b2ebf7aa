use std::borrow::Cow;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Annotation, LeadName, STANDARD_12, Samples, Unit, Warning};

/// Sex as far as a file states it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sex {
    Female,
    Male,
    Other,
}

/// Who the tracing belongs to. Everything is optional; nothing is guessed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Patient {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The part of the name that is the family's, where the file keeps it apart.
    #[serde(skip)]
    pub family: Option<String>,
    #[serde(rename = "age_years", skip_serializing_if = "Option::is_none")]
    pub age_years: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<jiff::civil::Date>,
}

/// How, when and by what the tracing was taken.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Acquisition {
    /// Local time at the start of the recording.
    pub started: Option<jiff::civil::DateTime>,
    /// Maker and model of the device.
    pub device: Option<String>,
    /// Filters the device had already applied, in its own words (`0.05-150 Hz, mains 50 Hz`).
    pub filters: Option<String>,
    /// Where it was taken.
    pub site: Option<String>,
}

/// A diagnosis that the file states, with the coding system it uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// `snomed-ct`, `scp-ecg`, `text`, ...
    pub system: String,
    /// The code, or the words themselves for `text`.
    pub code: String,
}

/// A measurement that the device wrote into the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReportedValue {
    /// `heart_rate`, `pr`, `qrs`, `qt`, `qtc`, `p_axis`, `qrs_axis`, `t_axis`, or the file's own name.
    pub name: String,
    pub value: f64,
    /// `/min`, `ms`, `deg`, `uV`, ...
    pub unit: String,
}

/// Where a lead's samples come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadOrigin {
    /// Stored in the file.
    Recorded,
    /// Computed from other leads (Einthoven, Goldberger).
    Derived,
}

/// One lead of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    pub name: LeadName,
    pub unit: Unit,
    pub origin: LeadOrigin,
    /// Samples per second of this lead (channels of one file may differ).
    pub sampling_rate_hz: f64,
    pub samples: Samples,
}

impl Lead {
    /// Those of its samples.
    pub fn part(&self, samples: std::ops::Range<usize>) -> Self {
        Self {
            name: self.name.clone(),
            unit: self.unit.clone(),
            origin: self.origin,
            sampling_rate_hz: self.sampling_rate_hz,
            samples: self.samples.part(samples),
        }
    }

    /// Length in seconds.
    pub fn duration_s(&self) -> f64 {
        self.samples.len() as f64 / self.sampling_rate_hz
    }
}

/// A median or representative beat that the device stored beside the rhythm; never drawn as rhythm.
#[derive(Debug, Clone, PartialEq)]
pub struct MedianBeat {
    pub leads: Vec<Lead>,
}

/// One ECG as it came out of a file, nothing filtered, nothing invented.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// Short name of the record for titles and lists.
    pub name: String,
    /// Where it was read from, if from a file.
    pub path: Option<PathBuf>,
    /// Short name of the file format, such as `wfdb`.
    pub format: &'static str,
    /// Samples per second of the ECG leads.
    pub sampling_rate_hz: f64,
    pub leads: Vec<Lead>,
    pub patient: Patient,
    pub acquisition: Acquisition,
    /// Labels that the file carries.
    pub diagnoses: Vec<Diagnosis>,
    /// The device's own statements, in its own words.
    pub device_statements: Vec<String>,
    /// The device's own measurements.
    pub device_measurements: Vec<ReportedValue>,
    pub median_beats: Vec<MedianBeat>,
    pub annotations: Vec<Annotation>,
    /// Free comments of the file.
    pub comments: Vec<String>,
    pub warnings: Vec<Warning>,
    /// Whether the file says that it is a simulation.
    pub simulated: bool,
    /// From when on the leads hold no heart, as where an export ends in a calibration pulse.
    pub heart_ends_s: Option<f64>,
}

impl Recording {
    /// An empty recording for a format to fill in.
    pub fn new(name: impl Into<String>, format: &'static str, sampling_rate_hz: f64) -> Self {
        Self {
            name: name.into(),
            path: None,
            format,
            sampling_rate_hz,
            leads: Vec::new(),
            patient: Patient::default(),
            acquisition: Acquisition::default(),
            diagnoses: Vec::new(),
            device_statements: Vec::new(),
            device_measurements: Vec::new(),
            median_beats: Vec::new(),
            annotations: Vec::new(),
            comments: Vec::new(),
            warnings: Vec::new(),
            simulated: false,
            heart_ends_s: None,
        }
    }

    /// The lead of that name.
    pub fn lead(&self, name: &LeadName) -> Option<&Lead> {
        self.leads.iter().find(|lead| lead.name == *name)
    }

    /// The age in years that is stated, else that at the start of the recording from the date of birth: whole years, or
    /// whole months or days of the first.
    pub fn age_years(&self) -> Option<f64> {
        let from_dates = || {
            let day = self.acquisition.started?.date();
            let lived = self
                .patient
                .birth_date?
                .until((jiff::Unit::Year, day))
                .ok()?;
            let age = match (lived.get_years(), lived.get_months()) {
                (0, 0) => f64::from(lived.get_days()) / 365.25,
                (0, months) => f64::from(months) / 12.0,
                (years, _) => f64::from(years),
            };
            (0.0..=130.0).contains(&age).then_some(age)
        };
        self.patient.age_years.or_else(from_dates)
    }

    /// Length of the longest lead in seconds.
    pub fn duration_s(&self) -> f64 {
        self.leads.iter().map(Lead::duration_s).fold(0.0, f64::max)
    }

    /// The standard leads that are absent.
    pub fn missing_standard_leads(&self) -> Vec<LeadName> {
        STANDARD_12
            .iter()
            .filter(|name| self.lead(name).is_none())
            .cloned()
            .collect()
    }

    /// What it holds of the first so many seconds: leads, beats and what is annotated there.
    pub fn beginning(&self, seconds: f64) -> Self {
        let mut part = Self::new(self.name.clone(), self.format, self.sampling_rate_hz);
        // A time that is not negative.
        let of = |lead: &Lead| lead.part(0..(seconds * lead.sampling_rate_hz) as usize);
        part.leads = self.leads.iter().map(of).collect();
        part.median_beats.clone_from(&self.median_beats);
        part.annotations = self
            .annotations
            .iter()
            .filter(|annotation| annotation.at_s() < seconds)
            .cloned()
            .collect();
        part
    }

    /// What of it is heart: all that is measured and read.
    pub fn heart(&self) -> Cow<'_, Self> {
        let Some(ends_s) = self.heart_ends_s else {
            return Cow::Borrowed(self);
        };
        let mut heart = self.clone();
        heart.heart_ends_s = None;
        for lead in &mut heart.leads {
            // A time that is not negative.
            *lead = lead.part(0..(ends_s * lead.sampling_rate_hz) as usize);
        }
        Cow::Owned(heart)
    }

    /// Whether every lead is a voltage, so that millivolts mean something.
    pub fn has_voltage(&self) -> bool {
        !self.leads.is_empty() && self.leads.iter().all(|lead| lead.unit.is_voltage())
    }
}
