//! Philips Sierra ECG XML 1.03 and 1.04. Samples are compressed with XLI: per lead an LZW stream of
//! second differences; III and the augmented leads hold only what Einthoven's law does not predict.
//! The scheme was worked out by the sierra-ecg-tools project (C. Watford, MIT licence).

use crate::ecg::{
    Counts, Diagnosis, LeadName, MedianBeat, Recording, STANDARD_12, Warning, WarningCode,
};

use super::fields::{
    self, band, base64, digits, i16_le, join, measured, number, parse_date, parse_time, reported,
    sex, voltage_lead,
};
use super::xml::{
    Document, Node, children, data_at, descendant, find, number_at, text_at, trimmed,
};
use super::{Error, check_rate};

/// Microvolts a count where the file does not say.
const USUAL_RESOLUTION: f64 = 5.0;
/// Elements of the global measurements, the second spelling that of monitors, our names and their units.
const MEASUREMENTS: [(&str, &str, &str, &str); 8] = [
    ("heartrate", "meanventrate", "heart_rate", "/min"),
    ("print", "meanprint", "pr", "ms"),
    ("qrsdur", "meanqrsdur", "qrs", "ms"),
    ("qtint", "meanqtint", "qt", "ms"),
    ("qtcb", "meanqtc", "qtc", "ms"),
    ("pfrontaxis", "pfrontaxis", "p_axis", "deg"),
    ("qrsfrontaxis", "qrsfrontaxis", "qrs_axis", "deg"),
    ("tfrontaxis", "tfrontaxis", "t_axis", "deg"),
];

pub(super) fn parse(document: &Document<'_>) -> Result<Recording, Error> {
    let root = document.root_element();
    let waveform = descendant(root, "parsedwaveforms")
        .ok_or_else(|| Error::damaged("the file holds no waveform").at_field("parsedwaveforms"))?;
    let signal = descendant(root, "signalcharacteristics");
    let stated = |attribute: &str, element: &str| {
        let own = waveform.attribute(attribute).and_then(number);
        own.or_else(|| signal.and_then(|signal| number_at(signal, element)))
    };
    let rate = stated("samplespersecond", "samplingrate")
        .ok_or_else(|| Error::damaged("the sampling rate is missing").at_field("samplingrate"))?;
    let rate = check_rate(rate).map_err(|error| error.at_field("samplingrate"))?;
    let stated_resolution = stated("resolution", "resolution").filter(|&uv| uv > 0.0);
    let resolution = stated_resolution.unwrap_or(USUAL_RESOLUTION);

    let at_waveform = |error: Error| error.at_field("parsedwaveforms");
    let text = waveform.text();
    let compressed = ["compression", "compressmethod"]
        .into_iter()
        .find_map(|name| waveform.attribute(name));
    let labelled = waveform
        .attribute("leadlabels")
        .map_or(0, |labels| labels.split_whitespace().count());
    let (names, channels) = match compressed {
        Some("XLI") => {
            let mut channels =
                xli::decode(&base64(&text).map_err(at_waveform)?).map_err(at_waveform)?;
            let names = names(waveform, channels.len());
            restore_limb_leads(&names, &mut channels);
            // Behind the leads lie channels that no electrode belongs to.
            if labelled > 0 {
                channels.truncate(labelled);
            }
            (names, channels)
        }
        None | Some("" | "None" | "Uncompressed") => {
            let plain = waveform.attribute("dataencoding") == Some("Plain");
            let all = if plain {
                plain_counts(&text).map_err(at_waveform)?
            } else {
                i16_le(&base64(&text).map_err(at_waveform)?)
            };
            // One lead after the other.
            let leads = if labelled > 0 {
                labelled
            } else {
                STANDARD_12.len()
            };
            let length = (all.len() / leads).max(1);
            let channels: Vec<Vec<i16>> = all
                .chunks_exact(length)
                .take(leads)
                .map(<[i16]>::to_vec)
                .collect();
            (names(waveform, channels.len()), channels)
        }
        Some(other) => {
            let reason = format!("compression \"{other}\" is not read");
            return Err(at_waveform(Error::unsupported(reason)));
        }
    };

    let mut recording = Recording::new("", "sierra", rate);
    if stated_resolution.is_none() {
        recording.warnings.push(Warning::new(
            WarningCode::DefaultGain,
            format!("The file states no resolution; {USUAL_RESOLUTION} uV, usual for this format, is assumed."),
        ));
    }
    warn_about_length(waveform, rate, &channels, &mut recording);
    recording.leads = names
        .into_iter()
        .zip(channels)
        .map(|(name, counts)| voltage_lead(name, rate, Counts::I16(counts), resolution))
        .collect();
    if recording.leads.is_empty() {
        return Err(at_waveform(Error::damaged("the waveform holds no leads")));
    }
    // PageWriter exports end in a calibration pulse: 100 samples of 1 mV around sample 5400 of 5500.
    if recording.duration_s() > 10.5 {
        recording.heart_ends_s = Some(recording.duration_s() - 1.0);
        recording.warnings.push(Warning::new(
            WarningCode::LeftOut,
            "The last second of this export holds a 1 mV calibration pulse, which is no ECG: it is neither measured nor read.",
        ));
    }
    median_beats(root, &mut recording);
    describe(root, waveform, &mut recording);
    Ok(recording)
}

/// Integers in words.
fn plain_counts(text: &str) -> Result<Vec<i16>, Error> {
    match digits(text)? {
        Counts::I32(counts) => counts
            .into_iter()
            .map(|count| {
                i16::try_from(count)
                    .map_err(|_| Error::damaged(format!("{count} does not fit sixteen bits")))
            })
            .collect(),
        _ => Err(Error::damaged("a sample is no integer")),
    }
}

fn names(waveform: Node<'_>, count: usize) -> Vec<LeadName> {
    let labels = waveform.attribute("leadlabels").unwrap_or_default();
    let mut names: Vec<LeadName> = labels.split_whitespace().map(LeadName::parse).collect();
    if names.is_empty() {
        names = STANDARD_12.to_vec();
    }
    let have = names.len();
    names.extend((have..count).map(|index| LeadName::Other(format!("channel {}", index + 1))));
    names.truncate(count);
    names
}

/// Undoes the prediction of III, aVR, aVL and aVF from I and II.
fn restore_limb_leads(names: &[LeadName], channels: &mut [Vec<i16>]) {
    if names.get(..6) != STANDARD_12.get(..6) {
        return;
    }
    let [one, two, three, avr, avl, avf, ..] = channels else {
        return;
    };
    for index in 0..one.len() {
        let at = |lead: &[i16]| lead.get(index).map_or(0, |&count| i32::from(count));
        let (i, ii) = (at(one), at(two));
        let iii = ii - i - at(three);
        let r = -at(avr) - (i + ii).div_euclid(2);
        let l = (i - iii).div_euclid(2) - at(avl);
        let f = (ii + iii).div_euclid(2) - at(avf);
        let restored = [
            (&mut *three, iii),
            (&mut *avr, r),
            (&mut *avl, l),
            (&mut *avf, f),
        ];
        for (lead, count) in restored {
            if let Some(place) = lead.get_mut(index) {
                // Sixteen-bit arithmetic that wraps, as the writer's does.
                #[allow(clippy::cast_possible_truncation)]
                let count = count as i16;
                *place = count;
            }
        }
    }
}

fn warn_about_length(
    waveform: Node<'_>,
    rate: f64,
    channels: &[Vec<i16>],
    recording: &mut Recording,
) {
    let stated_ms = waveform.attribute("durationperchannel").and_then(number);
    let expected = stated_ms.map(|ms| ms / 1000.0 * rate);
    let shortest = channels.iter().map(Vec::len).min().unwrap_or(0);
    let announced = waveform.attribute("numberofleads").and_then(number);
    if expected.is_some_and(|expected| (shortest as f64) + 1.0 < expected) {
        recording.warnings.push(Warning::new(
            WarningCode::Truncated,
            format!(
                "A lead holds only {shortest} of {:.0} samples.",
                expected.unwrap_or_default()
            ),
        ));
    }
    if announced.is_some_and(|announced| announced > channels.len() as f64) {
        recording.warnings.push(Warning::new(
            WarningCode::Truncated,
            format!(
                "{} leads are announced, {} are there.",
                announced.unwrap_or_default(),
                channels.len()
            ),
        ));
    }
}

fn median_beats(root: Node<'_>, recording: &mut Recording) {
    let Some(beats) = descendant(root, "repbeats") else {
        return;
    };
    let attribute = |name: &str| {
        beats
            .attribute(name)
            .and_then(number)
            .filter(|&value| value > 0.0)
    };
    let (Some(rate), Some(resolution)) = (attribute("samplespersec"), attribute("resolution"))
    else {
        return;
    };
    let leads: Vec<_> = children(beats, "repbeat")
        .filter_map(|beat| {
            let name = LeadName::parse(beat.attribute("leadname")?);
            let counts = i16_le(&base64(&data_at(beat, "waveform")).ok()?);
            Some(voltage_lead(name, rate, Counts::I16(counts), resolution))
        })
        .collect();
    if !leads.is_empty() {
        recording.median_beats.push(MedianBeat { leads });
    }
}

fn describe(root: Node<'_>, waveform: Node<'_>, recording: &mut Recording) {
    let known = |text: Option<String>| text.filter(|text| text != "---");
    if let Some(person) = descendant(root, "generalpatientdata") {
        let patient = &mut recording.patient;
        patient.id = known(text_at(person, "patientid"));
        let (given, family) = ("name/firstname", "name/lastname");
        fields::name(
            patient,
            known(text_at(person, given)),
            known(text_at(person, family)),
        );
        patient.sex = text_at(person, "sex").and_then(|text| sex(&text));
        patient.birth_date = text_at(person, "age/dateofbirth").and_then(|text| parse_date(&text));
        patient.age_years =
            number_at(person, "age/years").filter(|age| (0.0..=130.0).contains(age));
    }
    if let Some(acquisition) = descendant(root, "dataacquisition") {
        let date = acquisition.attribute("date").and_then(parse_date);
        let time = acquisition.attribute("time").and_then(parse_time);
        recording.acquisition.started = date.zip(time).map(|(date, time)| date.to_datetime(time));
        recording.acquisition.device = text_at(acquisition, "machine");
        recording.acquisition.site = known(text_at(acquisition, "acquirer/institutionname"));
    }
    let signal = descendant(root, "signalcharacteristics");
    let stated = |attribute: &str, element: &str| {
        let own = waveform.attribute(attribute).and_then(number);
        own.or_else(|| number_at(signal?, element))
    };
    // Monitors write both ends in one: `0.05-150`.
    let both = signal.and_then(|signal| text_at(signal, "signalbandwidth"));
    let both = both.as_deref().and_then(|both| {
        let (high, low) = both.split_once('-')?;
        Some((number(high)?, number(low)?))
    });
    let notched = waveform.attribute("notchfiltered") == Some("True");
    let notch = stated("notchfilterfreqs", "acsetting").filter(|&hz| hz > 0.0 && notched);
    recording.acquisition.filters = band(
        stated("hipass", "hipass").or(both.map(|both| both.0)),
        stated("lowpass", "lowpass").or(both.map(|both| both.1)),
        notch,
    );
    if let Some(values) = descendant(root, "globalmeasurements") {
        for (element, other, name, unit) in MEASUREMENTS {
            let value = number_at(values, element).or_else(|| number_at(values, other));
            let value = value.filter(|&value| measured(name, value));
            recording
                .device_measurements
                .extend(value.map(|value| reported(name, value, unit)));
        }
    }
    statements(root, recording);
}

/// The statements as they are printed; templates of them, which lack the numbers, only where there is nothing else.
/// What an editor added is no statement of the device.
fn statements(root: Node<'_>, recording: &mut Recording) {
    let words = |node: Node<'_>, parts: [&str; 2]| {
        join(parts.map(|part| find(node, part).and_then(trimmed)))
    };
    let named = |name: &'static str| root.descendants().filter(move |node| node.name() == name);
    let coded = |node: &Node<'_>, name: &str| {
        node.parent()
            .and_then(|parent| parent.attribute(name))
            .map(str::to_owned)
    };
    let edited: Vec<String> = named("unparsedstatement")
        .filter(|node| coded(node, "source").as_deref() == Some("Editor"))
        .filter_map(|node| words(node, ["lhsstatement", ""]))
        .collect();
    let printed: Vec<String> = named("statement")
        .filter_map(|node| words(node, ["leftstatement", "rightstatement"]))
        .collect();
    let all = if printed.is_empty() {
        named("unparsedstatement")
            .filter(|node| coded(node, "deleted").as_deref() != Some("True"))
            .filter_map(|node| words(node, ["lhsstatement", "rhsstatement"]))
            .collect()
    } else {
        printed
    };
    for text in all {
        if edited
            .iter()
            .any(|edited| text.starts_with(edited.as_str()))
        {
            recording.diagnoses.push(Diagnosis {
                system: "text".to_owned(),
                code: text,
            });
        } else {
            recording.device_statements.push(text);
        }
    }
}

mod xli {
    use crate::formats::Error;

    const CODE_BITS: u32 = 10;
    const LAST_CODE: usize = (1 << CODE_BITS) - 2;
    /// Most bytes that all leads may unpack to: some minutes of sixteen of them at 1000 Hz.
    const MOST_BYTES: usize = 16 << 20;

    /// Unpacks all leads.
    pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Vec<i16>>, Error> {
        let mut leads = Vec::new();
        let (mut at, mut left) = (0_usize, MOST_BYTES);
        while let Some(header) = bytes.get(at..at + 8) {
            let [s0, s1, s2, s3, _, _, d0, d1] = *header else {
                break;
            };
            let size = i32::from_le_bytes([s0, s1, s2, s3]);
            let start = i16::from_le_bytes([d0, d1]);
            let broken = |reason: String| Error::damaged(reason).at_byte(at as u64);
            let size = usize::try_from(size)
                .map_err(|_| broken(format!("a compressed lead claims {size} bytes")))?;
            let payload = bytes.get(at + 8..).unwrap_or_default();
            let payload = payload.get(..size).ok_or_else(|| {
                broken(format!(
                    "a compressed lead claims {size} bytes, {} are left",
                    payload.len()
                ))
            })?;
            let unpacked = unpack(payload);
            left = left.checked_sub(unpacked.len()).ok_or_else(|| {
                broken(format!("the leads unpack to more than {MOST_BYTES} bytes"))
            })?;
            leads.push(integrate(&unpacked, start));
            at += 8 + size;
        }
        Ok(leads)
    }

    /// LZW with ten-bit codes, most significant bit first; the table stops growing when full.
    fn unpack(payload: &[u8]) -> Vec<u8> {
        let mut table: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        let mut previous: Vec<u8> = Vec::new();
        let mut unpacked = Vec::new();
        let (mut buffer, mut bits) = (0_u32, 0);
        for &byte in payload {
            buffer = buffer << 8 | u32::from(byte);
            bits += 8;
            if bits < CODE_BITS {
                continue;
            }
            bits -= CODE_BITS;
            let code = (buffer >> bits & ((1 << CODE_BITS) - 1)) as usize;
            buffer &= (1 << bits) - 1;
            if code > LAST_CODE || unpacked.len() > MOST_BYTES {
                break;
            }
            let string = match table.get(code) {
                Some(string) => string.clone(),
                // The one code that may be used before it is complete.
                None => {
                    let mut string = previous.clone();
                    string.extend(previous.first());
                    string
                }
            };
            if let (false, Some(&first)) = (previous.is_empty(), string.first())
                && table.len() <= LAST_CODE
            {
                previous.push(first);
                table.push(previous);
            }
            unpacked.extend_from_slice(&string);
            previous = string;
        }
        unpacked
    }

    /// High bytes come first, low bytes after them; the words are second differences.
    fn integrate(unpacked: &[u8], start: i16) -> Vec<i16> {
        let (high, low) = unpacked.split_at(unpacked.len() / 2);
        let words: Vec<i16> = high
            .iter()
            .zip(low)
            .map(|(&h, &l)| i16::from_be_bytes([h, l]))
            .collect();
        let mut samples = words.clone();
        let mut last = start;
        for index in 2..words.len() {
            let (Some(&x), Some(&y)) = (samples.get(index - 2), samples.get(index - 1)) else {
                break;
            };
            let value = y.wrapping_add(y).wrapping_sub(x).wrapping_sub(last);
            last = words
                .get(index)
                .copied()
                .unwrap_or_default()
                .wrapping_sub(64);
            if let Some(place) = samples.get_mut(index) {
                *place = value;
            }
        }
        samples
    }
}
