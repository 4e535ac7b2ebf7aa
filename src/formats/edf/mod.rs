//! EDF, EDF+, BDF and BDF+ (<https://www.edfplus.info/specs/>): an ASCII header, then records of
//! 16-bit (EDF) or 24-bit (BDF) integers, each signal with its own sampling rate. Interrupted recordings are laid where
//! their records were taken.

mod annotation;
mod clock;

use jiff::civil::{Date, Time};

use crate::ecg::{
    Counts, Lead, LeadName, LeadOrigin, Recording, Samples, Unit, Warning, WarningCode,
};

use self::clock::Clock;
pub(super) use self::clock::tolerance_s;
use super::bytes::Bytes;
use super::fields::{self, number};
use super::{Error, Head, Options, check_rate, unit};

/// A day of twelve leads at 1000 Hz in 24 bits takes about 3 GB; this is some hours.
pub(super) const LARGEST: u64 = 1 << 30;
const HEADER: usize = 256;
const MOST_SIGNALS: usize = 1024;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    let bytes = &head.bytes;
    bytes.starts_with(b"\xffBIOSEMI")
        || (bytes.starts_with(b"0       ")
            && bytes
                .get(8..88)
                .is_some_and(|id| id.iter().all(|&b| b >= 0x20)))
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let header = Header::parse(Bytes(bytes))?;
    let mut recording = Recording::new("", if header.wide { "bdf" } else { "edf" }, 0.0);
    let data = bytes.get(header.length..).unwrap_or_default();
    let records = header.records(data.len(), &mut recording.warnings)?;
    let clock = header.clock(data, records);
    let warning = clock.warning();
    if warning.is_some() && !header.discontinuous {
        recording.warnings.push(Warning::new(
            WarningCode::Inconsistent,
            "The header says that the recording was not interrupted (EDF+C), but its records do not follow each other.",
        ));
    }
    recording.warnings.extend(warning);
    let mut left_out = 0;
    for (signal, first) in header.placed() {
        if header.plus && signal.is_annotation() {
            let lead_of = |label: &str| header.lead_of(label);
            for track in header.tracks(signal, first, data, records) {
                left_out += annotation::add(track, &clock, lead_of, &mut recording);
            }
        } else if let Some(lead) =
            header.lead(signal, data, first, records, &mut recording.warnings)?
        {
            recording.leads.push(clock.lay(lead, signal.per_record));
        }
    }
    if left_out > 0 {
        recording.warnings.push(Warning::new(
            WarningCode::LeftOut,
            format!("{left_out} annotations were left out: more than any recording has."),
        ));
    }
    recording.sampling_rate_hz = super::prevailing_rate(&recording.leads)
        .ok_or_else(|| header.without_signals(&recording.warnings))?;
    header.describe(&mut recording);
    let started = recording.acquisition.started;
    recording.acquisition.started = started.map(|at| fields::later(at, clock.begins_s));
    Ok(recording)
}

struct Header {
    wide: bool,
    plus: bool,
    length: usize,
    patient: String,
    recording: String,
    date: String,
    time: String,
    discontinuous: bool,
    records: Option<usize>,
    stated_records: i64,
    record_s: f64,
    signals: Vec<Signal>,
}

struct Signal {
    label: String,
    dimension: String,
    physical: [String; 2],
    digital: [String; 2],
    prefiltering: String,
    per_record: usize,
}

impl Signal {
    fn is_annotation(&self) -> bool {
        matches!(self.label.as_str(), "EDF Annotations" | "BDF Annotations")
    }
}

impl Header {
    fn parse(bytes: Bytes<'_>) -> Result<Self, Error> {
        let text = |at: usize, length: usize| bytes.text(at, length).unwrap_or_default();
        if bytes.0.len() < HEADER {
            return Err(
                Error::damaged("the file ends within its header").at_byte(bytes.0.len() as u64)
            );
        }
        let count = text(252, 4);
        let signals: usize = count
            .parse()
            .ok()
            .filter(|count| (1..=MOST_SIGNALS).contains(count))
            .ok_or_else(|| {
                Error::damaged(format!("\"{count}\" is no possible number of signals")).at_byte(252)
            })?;
        let length = HEADER * (signals + 1);
        if bytes.0.len() < length {
            let reason = format!("the header of {signals} signals is cut off");
            return Err(Error::damaged(reason).at_byte(bytes.0.len() as u64));
        }
        let duration = text(244, 8);
        let record_s = number(&duration).ok_or_else(|| {
            Error::damaged(format!("\"{duration}\" is no record duration")).at_byte(244)
        })?;
        let records = text(236, 8);
        let records: i64 = records.parse().map_err(|_| {
            Error::damaged(format!("\"{records}\" is no number of records")).at_byte(236)
        })?;
        // The fields of all signals lie together: all labels, then all transducers, ...
        let field = |before: usize, width: usize, index: usize| {
            text(HEADER + before * signals + width * index, width)
        };
        let mut described = Vec::with_capacity(signals);
        for index in 0..signals {
            let per_record = field(216, 8, index);
            let at = HEADER + 216 * signals + 8 * index;
            described.push(Signal {
                label: field(0, 16, index),
                dimension: field(96, 8, index),
                physical: [field(104, 8, index), field(112, 8, index)],
                digital: [field(120, 8, index), field(128, 8, index)],
                prefiltering: field(136, 80, index),
                per_record: per_record.parse().map_err(|_| {
                    Error::damaged(format!("\"{per_record}\" is no number of samples"))
                        .at_byte(at as u64)
                })?,
            });
        }
        let reserved = text(192, 44);
        Ok(Self {
            wide: bytes.u8(0) == Some(0xff),
            plus: reserved.starts_with("EDF+") || reserved.starts_with("BDF+"),
            discontinuous: reserved.starts_with("EDF+D") || reserved.starts_with("BDF+D"),
            length,
            patient: text(8, 80),
            recording: text(88, 80),
            date: text(168, 8),
            time: text(176, 8),
            records: usize::try_from(records).ok(),
            stated_records: records,
            record_s,
            signals: described,
        })
    }

    fn sample_bytes(&self) -> usize {
        if self.wide { 3 } else { 2 }
    }

    fn record_bytes(&self) -> usize {
        let samples = self
            .signals
            .iter()
            .fold(0_usize, |sum, s| sum.saturating_add(s.per_record));
        samples.saturating_mul(self.sample_bytes())
    }

    /// How many whole records to read.
    fn records(&self, available: usize, warnings: &mut Vec<Warning>) -> Result<usize, Error> {
        let whole = available.checked_div(self.record_bytes()).unwrap_or(0);
        if whole == 0 {
            return Err(
                Error::damaged("there is not one whole data record").at_byte(self.length as u64)
            );
        }
        match self.records {
            Some(stated) if stated > whole => warnings.push(Warning::new(
                WarningCode::Truncated,
                format!("The file holds {whole} of {stated} data records; the rest is missing."),
            )),
            Some(stated) if stated < whole => warnings.push(Warning::new(
                WarningCode::Inconsistent,
                format!("The file holds {whole} data records, but states {stated}; the rest is not shown."),
            )),
            // Minus one stands for a recording that was not ended.
            None if self.stated_records < -1 => warnings.push(Warning::new(
                WarningCode::Inconsistent,
                format!(
                    "The header states {} data records; all {whole} in the file are shown.",
                    self.stated_records
                ),
            )),
            _ => {}
        }
        Ok(self
            .records
            .map_or(whole, |stated| stated.min(whole))
            .max(1))
    }

    /// The signals, each with the number of samples before it in a record.
    fn placed(&self) -> impl Iterator<Item = (&Signal, usize)> {
        self.signals.iter().scan(0_usize, |first, signal| {
            let own = *first;
            *first = first.saturating_add(signal.per_record);
            Some((signal, own))
        })
    }

    /// The lead that a signal of that label is of.
    fn lead_of(&self, label: &str) -> Option<LeadName> {
        let known = self.signals.iter().any(|signal| signal.label == label);
        known.then(|| lead_name(label))
    }

    /// The bytes of a signal in each record.
    fn tracks<'a>(
        &self,
        signal: &Signal,
        first: usize,
        data: &'a [u8],
        records: usize,
    ) -> impl Iterator<Item = &'a [u8]> {
        let (record, size) = (self.record_bytes(), self.sample_bytes());
        let length = signal.per_record * size;
        (0..records).filter_map(move |number| {
            let start = number * record + first * size;
            data.get(start..start + length)
        })
    }

    /// When records were taken, which the first annotation signal says.
    fn clock(&self, data: &[u8], records: usize) -> Clock {
        let timekeeper = self
            .placed()
            .find(|(signal, _)| self.plus && signal.is_annotation());
        let starts = timekeeper.into_iter().flat_map(|(signal, first)| {
            self.tracks(signal, first, data, records).map(clock::start)
        });
        let starts: Vec<Option<f64>> = starts.collect();
        // Without a break it is enough that the first one says when it was taken.
        if !self.discontinuous && starts.iter().any(Option::is_none) || starts.is_empty() {
            let begins_s = starts.first().copied().flatten().unwrap_or(0.0);
            return Clock::continuous(begins_s, self.record_s);
        }
        let signals = || self.signals.iter().filter(|signal| !signal.is_annotation());
        let samples = signals().map(|signal| signal.per_record).sum();
        let fastest = signals().map(|signal| signal.per_record).max();
        Clock::with_gaps(&starts, self.record_s, samples, fastest.unwrap_or(1).max(1))
    }

    fn lead(
        &self,
        signal: &Signal,
        data: &[u8],
        first: usize,
        records: usize,
        warnings: &mut Vec<Warning>,
    ) -> Result<Option<Lead>, Error> {
        if signal.per_record == 0 {
            return Ok(None);
        }
        let in_signal = |error: Error| error.at_field(format!("signal {}", signal.label));
        if self.record_s <= 0.0 {
            return Err(in_signal(Error::damaged("data records last no time")));
        }
        let rate = check_rate(signal.per_record as f64 / self.record_s).map_err(in_signal)?;
        let Some(scale) = self.scale(signal, warnings) else {
            return Ok(None);
        };
        let size = self.sample_bytes();
        let tracks = self.tracks(signal, first, data, records);
        let samples = tracks.flat_map(|track| track.chunks_exact(size));
        let counts = if self.wide {
            Counts::I32(
                samples
                    .map(|sample| match *sample {
                        [a, b, c] => i32::from_le_bytes([0, a, b, c]) >> 8,
                        _ => 0,
                    })
                    .collect(),
            )
        } else {
            Counts::I16(
                samples
                    .map(|sample| {
                        sample
                            .first_chunk::<2>()
                            .map_or(0, |&pair| i16::from_le_bytes(pair))
                    })
                    .collect(),
            )
        };
        // A dimension left blank is one of its own, held in thousandths as all that are no voltage.
        let (unit, unit_scale) = match signal.dimension.as_str() {
            "" => (Unit::Other(String::new()), 1000.0),
            dimension => unit::parse(dimension),
        };
        Ok(Some(Lead {
            name: lead_name(&signal.label),
            unit,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: rate,
            samples: Samples::from_counts(
                counts,
                scale.counts_per_unit,
                scale.baseline,
                unit_scale,
                None,
            ),
        }))
    }

    /// The line through the two stated points; `None` (and a warning) where they do not make one.
    fn scale(&self, signal: &Signal, warnings: &mut Vec<Warning>) -> Option<Scale> {
        let mut warn = |code, what: &str| {
            warnings.push(Warning::new(code, format!("{}: {what}", signal.label)));
        };
        let all = [
            &signal.physical[0],
            &signal.physical[1],
            &signal.digital[0],
            &signal.digital[1],
        ];
        if all.iter().any(|text| text.contains(',')) {
            warn(
                WarningCode::UnreadableField,
                "a limit is written with a decimal comma, which EDF does not allow.",
            );
        }
        let numbers = all.map(|text| number(text));
        let [Some(low), Some(high), Some(least), Some(most)] = numbers else {
            let named = LIMITS.iter().zip(all).zip(numbers);
            let broken: Vec<String> = named
                .filter(|(_, number)| number.is_none())
                .map(|((name, text), _)| format!("{name} \"{}\"", text.escape_debug()))
                .collect();
            let no_number = match broken.len() {
                1 => "is no number",
                _ => "are no numbers",
            };
            let what = format!(
                "its {} {no_number}, so it was left out.",
                broken.join(" and ")
            );
            warn(WarningCode::LeftOut, &what);
            return None;
        };
        if least == most {
            let what = format!(
                "its digital limits (minimum and maximum) are both {least}, so it was left out."
            );
            warn(WarningCode::LeftOut, &what);
            return None;
        }
        if low == high {
            warn(
                WarningCode::DefaultGain,
                "its physical limits are equal, so one count is taken as one unit.",
            );
            return Some(Scale {
                counts_per_unit: 1.0,
                baseline: 0.0,
            });
        }
        let counts_per_unit = (most - least) / (high - low);
        Some(Scale {
            counts_per_unit,
            baseline: least - low * counts_per_unit,
        })
    }

    /// Why no signal is left to be shown.
    fn without_signals(&self, warnings: &[Warning]) -> Error {
        let left_out = warnings
            .iter()
            .filter(|warning| warning.code == WarningCode::LeftOut);
        let mut told = left_out.map(|warning| warning.message.trim_end_matches('.'));
        let Some(first) = told.next() else {
            return Error::damaged("the file holds annotations and no signals");
        };
        let others = match told.count() {
            0 => String::new(),
            others => format!(" ({others} more likewise)"),
        };
        Error::damaged(format!("no signal can be read; {first}{others}"))
    }

    fn describe(&self, recording: &mut Recording) {
        let short = {
            let mut parts = self
                .date
                .split('.')
                .map(|part| part.trim().parse::<i64>().ok());
            let mut part = || parts.next().flatten();
            part()
                .zip(part())
                .zip(part())
                .and_then(|((day, month), year)| {
                    fields::date(
                        if year >= 85 { 1900 + year } else { 2000 + year },
                        month,
                        day,
                    )
                })
        };
        // EDF+ states the full year in words; plain EDF only two digits (85 to 99 are 1985 to 1999).
        let words = self.recording.split(' ').nth(1).filter(|_| self.plus);
        // Where it is not known the header has its first day (EDF+ 2.1.3.3).
        let unknown = words == Some("X") && self.date == "01.01.85";
        let date = words.and_then(day_month_year).or(short);
        let date = date.filter(|_| !unknown);
        let mut parts = self
            .time
            .split(['.', ':'])
            .map(|part| part.trim().parse::<i8>().ok());
        let mut part = || parts.next().flatten();
        let time = part()
            .zip(part())
            .zip(part())
            .and_then(|((h, m), s)| Time::new(h, m, s, 0).ok());
        if short.is_none() || time.is_none() {
            recording.warnings.push(Warning::new(
                WarningCode::UnreadableField,
                format!(
                    "The start \"{} {}\" is no date and time and was left out.",
                    self.date, self.time
                ),
            ));
        }
        recording.acquisition.started = date.zip(time).map(|(date, time)| date.to_datetime(time));
        let prefiltering = self
            .signals
            .iter()
            .map(|signal| signal.prefiltering.as_str());
        recording.acquisition.filters = prefiltering
            .into_iter()
            .find(|text| !text.is_empty())
            .map(str::to_owned);
        let patient = &mut recording.patient;
        let known = |text: &str| (text != "X" && !text.is_empty()).then(|| text.replace('_', " "));
        if self.plus {
            let mut words = self.patient.split(' ');
            patient.id = words.next().and_then(known);
            patient.sex = words.next().and_then(fields::sex);
            patient.birth_date = words.next().and_then(day_month_year);
            patient.name = words.next().and_then(known);
            recording.acquisition.device = self.recording.split(' ').nth(4).and_then(known);
        } else {
            patient.id = known(&self.patient);
        }
    }
}

/// The fields of a signal that make its scale.
const LIMITS: [&str; 4] = [
    "physical minimum",
    "physical maximum",
    "digital minimum",
    "digital maximum",
];

/// The lead that a label names. EDF+ has labels of electrodes against a common reference end in `-Ref`.
fn lead_name(label: &str) -> LeadName {
    let name = LeadName::parse(label);
    let (Some((before, end)), None) = (label.rsplit_once('-'), name.standard_index()) else {
        return name;
    };
    let referred = end.trim().eq_ignore_ascii_case("ref");
    let lead =
        Some(LeadName::parse(before)).filter(|lead| referred && lead.standard_index().is_some());
    lead.unwrap_or(name)
}

struct Scale {
    counts_per_unit: f64,
    baseline: f64,
}

/// `03-FEB-2020`.
fn day_month_year(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let day = parts.next()?.parse().ok()?;
    let month = fields::month(parts.next()?)?;
    fields::date(parts.next()?.parse().ok()?, month, day)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Two signals of one sample, the second with these limits and this label.
    fn file(label: &str, limits: [&str; 4]) -> Vec<u8> {
        let mut fields: Vec<(String, usize)> = Vec::new();
        let mut put = |text: &str, width| fields.push((text.to_owned(), width));
        for (text, width) in [
            ("0", 8),
            ("X", 80),
            ("X", 80),
            ("02.03.02", 8),
            ("10.11.12", 8),
        ] {
            put(text, width);
        }
        for (text, width) in [("768", 8), ("", 44), ("1", 8), ("1", 8), ("2", 4)] {
            put(text, width);
        }
        let pairs = [
            ("EDF Annotations", label, 16),
            ("", "", 80),
            ("", "mV", 8),
            ("x", limits[0], 8),
            ("1", limits[1], 8),
            ("-1", limits[2], 8),
            ("1", limits[3], 8),
            ("", "", 80),
            ("1", "1", 8),
            ("", "", 32),
        ];
        for (first, second, width) in pairs {
            put(first, width);
            put(second, width);
        }
        let header = fields
            .into_iter()
            .map(|(text, width)| format!("{text:width$}"))
            .collect::<String>();
        let mut bytes = header.into_bytes();
        bytes.extend([1, 0, 1, 0]);
        bytes
    }

    #[test]
    fn where_every_signal_is_left_out_the_field_and_the_signal_are_named() {
        for (limits, words) in [
            (["-1", "one", "-1", "1"], "physical maximum \"one\""),
            (["-1", "1", "7", "7"], "digital limits"),
        ] {
            let bytes = file("ECG V7", limits);
            let header = Header::parse(Bytes(&bytes)).unwrap();
            let mut warnings = Vec::new();
            assert!(header.scale(&header.signals[1], &mut warnings).is_none());
            let reason = header.without_signals(&warnings).reason;
            assert!(
                reason.contains("ECG V7") && reason.contains(words),
                "{reason}"
            );
            // The signal beside it has no limits either.
            let error = parse(&bytes, &Options::default()).unwrap_err();
            assert!(error.reason.contains("1 more likewise"), "{}", error.reason);
        }
        assert_eq!(
            file_header().without_signals(&[]).reason,
            "the file holds annotations and no signals"
        );
    }

    fn file_header() -> Header {
        Header::parse(Bytes(&file("II", ["-1", "1", "-1", "1"]))).unwrap()
    }

    #[test]
    fn a_lead_against_a_reference_is_that_lead() {
        assert_eq!(lead_name("ECG I-Ref"), LeadName::I);
        assert_eq!(lead_name("ECG V3-REF"), LeadName::V3);
        for label in ["EEG Fp1-Ref", "I-II", "ECG Ref"] {
            assert_eq!(lead_name(label), LeadName::parse(label));
        }
    }
}
