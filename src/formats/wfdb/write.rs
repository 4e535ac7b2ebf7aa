use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::ecg::{Annotation, Counts, Lead, Recording, Sex, Unit};
use crate::formats::Error;

use super::SIMULATED_MARK;
use super::annotation::{self, NOTE, RHYTHM, StoredAnnotation};

/// Bytes of text that readers of an annotation take: WFDB's own keeps their number in one.
const MOST_TEXT: usize = 255;

/// Writes `recording` as `NAME.hea` and `NAME.dat` into `dir` (made if absent) and returns the header's path.
///
/// Counts are kept exactly: format 16 where every count fits, format 32 otherwise. Samples that are
/// no integers are stored to the nanovolt. Age, sex, diagnoses and comments become comment lines.
///
/// # Errors
/// Leads of unequal length or sampling rate, no leads at all, or what the operating system refuses.
pub fn write(recording: &Recording, dir: &Path) -> Result<PathBuf, Error> {
    let name = record_name(&recording.name);
    let [header_path, data_path, _] = files(&name, dir);
    let signals = recording
        .leads
        .iter()
        .map(Signal::from_lead)
        .collect::<Vec<_>>();
    let length = common_length(recording).map_err(|error| error.in_file(&header_path))?;
    let wide = signals.iter().any(|signal| !signal.fits_16_bits());

    let mut bytes = Vec::with_capacity(length * signals.len() * if wide { 4 } else { 2 });
    for index in 0..length {
        for signal in &signals {
            let count = signal.counts.get(index).copied().flatten();
            if wide {
                bytes.extend_from_slice(&count.unwrap_or(i32::MIN).to_le_bytes());
            } else {
                let count = count
                    .and_then(|count| i16::try_from(count).ok())
                    .unwrap_or(i16::MIN);
                bytes.extend_from_slice(&count.to_le_bytes());
            }
        }
    }

    std::fs::create_dir_all(dir).map_err(|error| Error::io(dir, &error))?;
    std::fs::write(&data_path, bytes).map_err(|error| Error::io(&data_path, &error))?;
    let header = header_text(recording, &name, length, &signals, wide);
    std::fs::write(&header_path, header).map_err(|error| Error::io(&header_path, &error))?;
    Ok(header_path)
}

/// Writes the annotations of `recording` beside its header, for those who look there: beats by their codes, rhythms
/// (`(AFIB`) and notes with their text. Wave boundaries and spans have no place there. Without any, none are left of a
/// record that was there before.
///
/// # Errors
/// What the operating system refuses.
pub fn write_annotations(recording: &Recording, header_path: &Path) -> Result<(), Error> {
    let path = header_path.with_extension("atr");
    let io = |error: std::io::Error| Error::io(&path, &error);
    let rate = recording.sampling_rate_hz;
    let annotations = recording.annotations.iter();
    let mut all: Vec<_> = annotations.filter_map(|one| stored(one, rate)).collect();
    all.sort_by_key(|one| one.sample);
    // A beat and what else is said of it are one.
    let bare = |one: &StoredAnnotation| one.subtype == 0 && one.text.is_empty();
    all.dedup_by(|next, one| {
        let same = (next.sample, next.code) == (one.sample, one.code);
        let one_beat = same && annotation::beat_of(one.code).is_some() && bare(one) && !bare(next);
        if one_beat {
            std::mem::swap(one, next);
        }
        one_beat
    });
    if !all.is_empty() {
        let bytes = annotation::bytes(&all).map_err(|error| error.in_file(&path))?;
        return std::fs::write(&path, bytes).map_err(io);
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(io(error)),
        _ => Ok(()),
    }
}

/// An annotation as the file holds it; `None` where it cannot.
fn stored(annotation: &Annotation, rate_hz: f64) -> Option<StoredAnnotation> {
    let (code, subtype, text) = match annotation {
        Annotation::Beat { beat, .. } => (annotation::beat_code(*beat), 0, ""),
        Annotation::Note { text, .. } => {
            let (code, text) = noted(text)?;
            (code, 0, text)
        }
        Annotation::Sign {
            sign,
            subtype,
            text,
            ..
        } => (annotation::sign_code(sign)?, *subtype, allowed(text)?),
        Annotation::Boundary { .. } | Annotation::Span { .. } => return None,
    };
    let sample = (annotation.at_s() * rate_hz).round();
    let inside = (0.0..=f64::from(i32::MAX)).contains(&sample);
    // The range check makes this conversion exact.
    #[allow(clippy::cast_possible_truncation)]
    inside.then(|| StoredAnnotation {
        sample: sample as i64,
        code,
        subtype,
        channel: 0,
        number: 0,
        text: text.to_owned(),
    })
}

/// As much of a text as an annotation holds; `None` where it would say something of the file itself, which two hash signs
/// begin.
fn allowed(text: &str) -> Option<&str> {
    let text = text.get(..text.floor_char_boundary(MOST_TEXT))?;
    (!text.starts_with("##")).then_some(text)
}

/// The code of a note and its text, if it has one beside the code's own symbol.
pub(super) fn noted(text: &str) -> Option<(u8, &str)> {
    let kept = allowed(text).filter(|text| !text.is_empty())?;
    if let Some(code) = annotation::mark_code(text) {
        return Some((code, ""));
    }
    let rhythm = text.strip_prefix('(').is_some_and(|rhythm| {
        let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        !rhythm.is_empty() && rhythm.chars().all(letter)
    });
    let code = if rhythm { RHYTHM } else { NOTE };
    Some((code, kept))
}

/// The header, the signal file and the annotation file that a recording of that name is written to.
pub fn files(name: &str, dir: &Path) -> [PathBuf; 3] {
    let name = record_name(name);
    ["hea", "dat", "atr"].map(|extension| dir.join(format!("{name}.{extension}")))
}

fn common_length(recording: &Recording) -> Result<usize, Error> {
    let Some(first) = recording.leads.first() else {
        return Err(Error::unsupported(
            "a recording without leads cannot be written",
        ));
    };
    for lead in &recording.leads {
        if lead.samples.len() != first.samples.len()
            || lead.sampling_rate_hz != first.sampling_rate_hz
        {
            return Err(Error::unsupported(format!(
                "lead {} differs from lead {} in length or sampling rate, which one signal file cannot hold",
                lead.name, first.name
            )));
        }
    }
    Ok(first.samples.len())
}

/// One lead as integers (`None` where missing) and the calibration that goes into its header line.
struct Signal {
    counts: Vec<Option<i32>>,
    gain: f64,
    baseline: f64,
    unit: String,
    description: String,
}

impl Signal {
    fn from_lead(lead: &Lead) -> Self {
        let samples = &lead.samples;
        let missing = samples.missing;
        let kept = |count: i32| (missing != Some(count)).then_some(count);
        let exact = match samples.counts() {
            Counts::I16(counts) => Some(counts.iter().map(|&c| kept(i32::from(c))).collect()),
            Counts::I32(counts) => Some(counts.iter().map(|&c| kept(c)).collect()),
            Counts::F64(values) => values
                .iter()
                .map(|&value| match whole(value) {
                    Some(count) if f64::from(count) == value => Some(Some(count)),
                    _ => value.is_nan().then_some(None),
                })
                .collect(),
        };
        let integer_baseline = samples.baseline.fract() == 0.0 && samples.baseline.abs() < 2e9;
        let description = lead.name.to_string();
        let unit = unit_text(&lead.unit, samples.unit_scale);
        match exact {
            Some(counts) if integer_baseline && (unit.is_some() || lead.unit.is_voltage()) => {
                Self {
                    counts,
                    // A scale that has no name is told in millivolts.
                    gain: match unit {
                        Some(_) => samples.counts_per_unit,
                        None => samples.counts_per_unit * 1000.0 / samples.unit_scale,
                    },
                    baseline: samples.baseline,
                    unit: unit.unwrap_or_else(|| "mV".to_owned()),
                    description,
                }
            }
            _ => Self {
                // Nanovolts, as far as 32 bits reach; of what is no voltage, millionths.
                counts: samples
                    .microvolts()
                    .into_iter()
                    .map(|value| whole(value * 1000.0))
                    .collect(),
                gain: 1e6,
                baseline: 0.0,
                unit: unit_text(&lead.unit, 1000.0).unwrap_or_else(|| "mV".to_owned()),
                description,
            },
        }
    }

    fn fits_16_bits(&self) -> bool {
        let narrow = i32::from(i16::MIN) + 1..=i32::from(i16::MAX);
        self.counts
            .iter()
            .flatten()
            .all(|count| narrow.contains(count))
    }
}

/// The nearest integer, `None` for a missing value or one beyond 32 bits.
fn whole(value: f64) -> Option<i32> {
    let rounded = value.round();
    let inside = rounded > f64::from(i32::MIN) && rounded <= f64::from(i32::MAX);
    // The range check above makes this conversion exact.
    #[allow(clippy::cast_possible_truncation)]
    inside.then_some(rounded as i32)
}

/// The header's name for a unit, `None` where the scale has none.
fn unit_text(unit: &Unit, scale: f64) -> Option<String> {
    match unit {
        Unit::Microvolt if scale == 1000.0 => Some("mV".to_owned()),
        Unit::Microvolt if scale == 1.0 => Some("uV".to_owned()),
        Unit::Microvolt if scale == 1e6 => Some("V".to_owned()),
        Unit::Microvolt if scale == 1e-3 => Some("nV".to_owned()),
        Unit::Microvolt => None,
        Unit::Normalised => (scale == 1000.0).then(|| "NU".to_owned()),
        Unit::Other(name) => (scale == 1000.0).then(|| {
            let name: String = name
                .chars()
                .map(|c| if c.is_whitespace() { '_' } else { c })
                .collect();
            if name.is_empty() {
                "NU".to_owned()
            } else {
                name
            }
        }),
    }
}

fn header_text(
    recording: &Recording,
    name: &str,
    length: usize,
    signals: &[Signal],
    wide: bool,
) -> String {
    let (format, bits) = if wide { (32, 32) } else { (16, 16) };
    let missing = if wide { i32::MIN } else { i32::from(i16::MIN) };
    let mut text = format!(
        "{name} {} {} {length}",
        signals.len(),
        recording.sampling_rate_hz
    );
    if let Some(started) = recording.acquisition.started {
        let _ = write!(text, " {}", started.strftime("%H:%M:%S%.3f %d/%m/%Y"));
    }
    text.push('\n');
    for signal in signals {
        let stored = || signal.counts.iter().map(|count| count.unwrap_or(missing));
        let checksum = stored().fold(0_i32, i32::wrapping_add) & 0xffff;
        let _ = writeln!(
            text,
            "{name}.dat {format} {}({})/{} {bits} 0 {} {checksum} 0 {}",
            signal.gain,
            signal.baseline,
            signal.unit,
            stored().next().unwrap_or_default(),
            one_line(&signal.description),
        );
    }
    comments(recording, &mut text);
    text
}

fn comments(recording: &Recording, text: &mut String) {
    if recording.simulated {
        let _ = writeln!(text, "# {SIMULATED_MARK}");
    }
    if let Some(age) = recording.patient.age_years {
        let _ = writeln!(text, "# Age: {age}");
    }
    if let Some(sex) = recording.patient.sex {
        let word = match sex {
            Sex::Female => "Female",
            Sex::Male => "Male",
            Sex::Other => "Other",
        };
        let _ = writeln!(text, "# Sex: {word}");
    }
    let snomed: Vec<&str> = recording
        .diagnoses
        .iter()
        .filter(|diagnosis| diagnosis.system == "snomed-ct")
        .map(|diagnosis| diagnosis.code.as_str())
        .collect();
    if !snomed.is_empty() {
        let _ = writeln!(text, "# Dx: {}", one_line(&snomed.join(",")));
    }
    for diagnosis in recording
        .diagnoses
        .iter()
        .filter(|d| d.system != "snomed-ct")
    {
        let _ = writeln!(
            text,
            "# Diagnosis ({}): {}",
            one_line(&diagnosis.system),
            one_line(&diagnosis.code)
        );
    }
    for comment in &recording.comments {
        let _ = writeln!(text, "# {}", one_line(comment));
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A record name may hold letters, digits, `_` and `-` only.
fn record_name(name: &str) -> String {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') {
                c
            } else {
                '_'
            }
        })
        .collect();
    if name.is_empty() {
        "record".to_owned()
    } else {
        name
    }
}
