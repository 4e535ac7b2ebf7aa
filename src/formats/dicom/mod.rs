//! DICOM ECG waveforms (PS3.3 C.10.9): 12-lead, General and Ambulatory ECG in all uncompressed transfer
//! syntaxes and the deflated one, with or without preamble. Median beats are kept apart from rhythm, and groups that
//! began at different times are laid where they were recorded.

mod annotation;
mod element;
pub(super) mod terms;
mod text;
mod waveform;

use std::borrow::Cow;

use crate::ecg::{Recording, Warning, WarningCode};

use super::fields::{self, parse_date, parse_moment, parse_time};
use super::pieces::{self, Strip};
use super::{Error, Head, Options, unpack};
use element::{DataSet, Syntax};
use waveform::Group;

/// Waveform objects of a day's Holter reach some hundred megabytes.
pub(super) const LARGEST: u64 = 1 << 30;

const PDF_STORAGE: &str = "1.2.840.10008.5.1.4.1.1.104.1";

/// A preamble with its magic word, or a bare data set that starts with group 2 or 8.
pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.get(128..132) == Some(b"DICM") || bare_syntax(&head.bytes).is_some()
}

/// The syntax of a data set without preamble: its first element is of group 8 (or 2) and plausible.
fn bare_syntax(bytes: &[u8]) -> Option<Syntax> {
    let &[g0, g1, e0, e1, v0, v1, l0, l1] = bytes.first_chunk::<8>()?;
    let explicit = v0.is_ascii_uppercase() && v1.is_ascii_uppercase();
    let length = if explicit {
        u32::from(u16::from_le_bytes([l0, l1]))
    } else {
        u32::from_le_bytes([v0, v1, l0, l1])
    };
    let little = matches!([g0, g1], [2 | 8, 0]) && e1 == 0 && e0 <= 0x20 && length <= 256;
    little.then_some(Syntax {
        explicit,
        big_endian: false,
    })
}

/// Reads an object from the bytes of its file.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let mut warnings = Vec::new();
    let (syntax, body, start) = body(bytes, &mut warnings)?;
    let set = element::parse(&body, start, syntax)?;

    let groups = set.items((0x5400, 0x0100));
    if groups.is_empty() {
        let pdf = set.text((0x0008, 0x0016)).as_deref() == Some(PDF_STORAGE)
            || set.bytes((0x0042, 0x0011)).is_some();
        return Err(if pdf {
            Error::unsupported("this DICOM object holds a PDF report and no waveform")
        } else {
            Error::damaged("this DICOM object holds no waveform").at_field("(5400,0100)")
        });
    }
    let mut parsed = Vec::new();
    for (number, group) in (1..).zip(groups) {
        let group = Group::parse(group, syntax.big_endian, &mut warnings)
            .map_err(|error| prefix(error, number))?;
        parsed.push(group);
    }
    let longest = parsed.iter().map(Group::duration_s).fold(0.0, f64::max);
    let mut recording = Recording::new("", "dicom", 0.0);
    let mut strips = Vec::new();
    let mut places = Vec::new();
    for group in parsed {
        let place = annotation::Place::of(&group);
        places.push(place.filter(|_| !group.is_median_beat(longest)));
        if group.is_median_beat(longest) {
            recording
                .median_beats
                .push(crate::ecg::MedianBeat { leads: group.leads });
            continue;
        }
        if strips.is_empty() {
            recording.acquisition.filters = group.filters;
        }
        strips.push(Strip {
            begins_s: group.begins_s,
            leads: group.leads,
        });
    }
    let laid = pieces::lay(strips);
    recording.leads = laid.leads;
    recording.sampling_rate_hz = recording
        .leads
        .first()
        .map_or(0.0, |lead| lead.sampling_rate_hz);
    warnings.extend(laid.warnings);
    if recording.leads.is_empty() {
        return Err(
            Error::damaged("this DICOM object holds a median beat and no rhythm")
                .at_field("(5400,0100)"),
        );
    }
    recording.warnings = warnings;
    describe(&set, &mut recording);
    // Offsets count from the moment of acquisition; the recording begins with its earliest group.
    let started = recording.acquisition.started;
    recording.acquisition.started = started.map(|at| fields::later(at, laid.begins_s));
    for place in places.iter_mut().flatten() {
        place.begins_s = (place.begins_s - laid.begins_s).max(0.0);
    }
    annotation::add(&set, &charset(&set), &places, &mut recording);
    Ok(recording)
}

fn prefix(mut error: Error, number: usize) -> Error {
    if error.place.is_none() {
        error = error.at_field(format!("multiplex group {number}"));
    }
    error
}

/// The syntax of the data set, the bytes that hold it and where in them it starts.
fn body<'a>(
    bytes: &'a [u8],
    warnings: &mut Vec<Warning>,
) -> Result<(Syntax, Cow<'a, [u8]>, usize), Error> {
    let preamble = bytes.get(128..132) == Some(b"DICM");
    let meta_start = if preamble { 132 } else { 0 };
    let starts_with_meta = bytes.get(meta_start..meta_start + 2) == Some(&[2, 0]);
    if !starts_with_meta {
        let rest = bytes.get(meta_start..).unwrap_or_default();
        let syntax =
            bare_syntax(rest).ok_or_else(|| Error::damaged("no DICOM data set follows"))?;
        return Ok((syntax, Cow::Borrowed(bytes), meta_start));
    }
    let (meta, start) = element::parse_meta(bytes, meta_start)?;
    let explicit = Syntax {
        explicit: true,
        big_endian: false,
    };
    let syntax = meta.text((0x0002, 0x0010)).unwrap_or_default();
    let syntax = match syntax.as_str() {
        "1.2.840.10008.1.2" => Syntax {
            explicit: false,
            big_endian: false,
        },
        "1.2.840.10008.1.2.1" => explicit,
        "1.2.840.10008.1.2.2" => Syntax {
            explicit: true,
            big_endian: true,
        },
        "1.2.840.10008.1.2.1.99" => {
            let deflated = bytes.get(start..).unwrap_or_default();
            let inflated =
                unpack::deflate(deflated).map_err(|error| error.at_byte(start as u64))?;
            return Ok((explicit, Cow::Owned(inflated), 0));
        }
        other => {
            warnings.push(Warning::new(
                WarningCode::UnreadableField,
                format!(
                    "The transfer syntax \"{other}\" is not known; explicit little-endian is tried."
                ),
            ));
            explicit
        }
    };
    Ok((syntax, Cow::Borrowed(bytes), start))
}

fn charset(set: &DataSet<'_>) -> String {
    set.text((0x0008, 0x0005)).unwrap_or_default()
}

fn describe(set: &DataSet<'_>, recording: &mut Recording) {
    let charset = charset(set);
    let words = |tag| {
        set.bytes(tag)
            .and_then(|bytes| text::decode(bytes, &charset))
    };
    let patient = &mut recording.patient;
    patient.id = words((0x0010, 0x0020));
    let (given, family) = text::person(&words((0x0010, 0x0010)).unwrap_or_default());
    fields::name(patient, given, family);
    patient.sex = set
        .text((0x0010, 0x0040))
        .and_then(|text| fields::sex(&text));
    patient.birth_date = set
        .text((0x0010, 0x0030))
        .and_then(|text| parse_date(&text));
    patient.age_years = set.text((0x0010, 0x1010)).and_then(|text| {
        let (value, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        fields::age(value.parse().ok()?, if unit == "M" { "mo" } else { unit })
    });
    let acquisition = &mut recording.acquisition;
    let date_and_time = |date, time| {
        let date = set.text(date).and_then(|text| parse_date(&text))?;
        let time = set.text(time).and_then(|text| parse_time(&text))?;
        Some(date.to_datetime(time))
    };
    acquisition.started = set
        .text((0x0008, 0x002a))
        .and_then(|text| parse_moment(&text))
        .or_else(|| date_and_time((0x0008, 0x0022), (0x0008, 0x0032)))
        .or_else(|| date_and_time((0x0008, 0x0020), (0x0008, 0x0030)));
    acquisition.device = fields::join([words((0x0008, 0x0070)), words((0x0008, 0x1090))]);
    acquisition.site = words((0x0008, 0x0080));
}
