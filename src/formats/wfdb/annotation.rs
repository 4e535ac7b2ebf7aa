//! Annotation files in MIT format (<https://physionet.org/physiotools/wag/annot-5.htm>).

use std::path::{Path, PathBuf};

use crate::ecg::{
    Annotation, BeatKind, LeadName, Recording, STANDARD_12, Warning, WarningCode, WaveBoundary,
};
use crate::formats::{Error, text};

use super::write::noted;

/// One annotation as the file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnnotation {
    /// Time in sample intervals of the record (or of the file's own time resolution).
    pub sample: i64,
    /// Code from 1 to 49; see [`symbol`].
    pub code: u8,
    /// Subtype, where given.
    pub subtype: i8,
    /// Signal number that it belongs to.
    pub channel: u8,
    /// Free number; LUDB and others number waves with it.
    pub number: i8,
    /// Text, such as `(AFIB`.
    pub text: String,
}

/// An annotation file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AnnotationFile {
    /// Everything up to the end mark or to the damage.
    pub annotations: Vec<StoredAnnotation>,
    /// How many more there are than are read, [`Annotation::MOST`].
    pub left_out: usize,
    /// Codes that the file defines itself.
    pub types: Vec<AnnotationType>,
    /// Ticks a second, where the file states its own resolution.
    pub ticks_per_second: Option<f64>,
    /// Byte from which on the file cannot be understood.
    pub damaged_from: Option<usize>,
}

impl AnnotationFile {
    /// What a modifier is about, if it was not left out.
    fn last(&mut self) -> Option<&mut StoredAnnotation> {
        self.annotations.last_mut().filter(|_| self.left_out == 0)
    }
}

/// A code that an annotation file defines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationType {
    /// From 1 to 49.
    pub code: u8,
    /// What is printed at the place.
    pub symbol: String,
    /// What it means; may be empty.
    pub description: String,
}

/// No annotation file of a day-long record comes near this.
const LARGEST: u64 = 64 << 20;

const NUMBER: u16 = 60;
const SUBTYPE: u16 = 61;
const CHANNEL: u16 = 62;
const TEXT: u16 = 63;
const SKIP: u16 = 59;
const LAST_CODE: u16 = 49;
/// The code of a comment.
pub const NOTE: u8 = 22;
/// The code of a change of rhythm, which its text names.
pub const RHYTHM: u8 = 28;

/// Reads an annotation file.
///
/// # Errors
/// When the file cannot be read at all; damage further on is in [`AnnotationFile::damaged_from`].
pub fn read(path: &Path) -> Result<AnnotationFile, Error> {
    Ok(parse(&text::bytes(path, LARGEST)?))
}

/// Reads annotations from the bytes of their file.
pub fn parse(bytes: &[u8]) -> AnnotationFile {
    let mut file = AnnotationFile::default();
    let mut at = 0;
    let mut time = 0_i64;
    let (mut channel, mut number) = (0, 0);
    let word = |at: usize| {
        let pair: [u8; 2] = bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(u16::from_le_bytes(pair))
    };
    loop {
        let start = at;
        let Some(head) = word(at) else {
            file.damaged_from = Some(start);
            break;
        };
        at += 2;
        let (code, value) = (head >> 10, head & 0x3ff);
        // Modifiers hold signed bytes in the low eight bits.
        let [low, _] = value.to_le_bytes();
        let signed = low.cast_signed();
        match code {
            0 if value == 0 => break,
            SKIP => {
                let (Some(high), Some(low)) = (word(at), word(at + 2)) else {
                    file.damaged_from = Some(start);
                    break;
                };
                at += 4;
                let jump = u32::from(high) << 16 | u32::from(low);
                time += i64::from(jump.cast_signed());
            }
            NUMBER => {
                number = signed;
                if let Some(last) = file.last() {
                    last.number = signed;
                }
            }
            SUBTYPE => {
                if let Some(last) = file.last() {
                    last.subtype = signed;
                }
            }
            CHANNEL => {
                channel = low;
                if let Some(last) = file.last() {
                    last.channel = low;
                }
            }
            TEXT => {
                let length = usize::from(value);
                let Some(content) = bytes.get(at..at + length) else {
                    file.damaged_from = Some(start);
                    break;
                };
                at += length + length % 2;
                let content = text::decode(content).trim_end_matches('\0').to_owned();
                if let Some(last) = file.last() {
                    last.text = content;
                }
            }
            code @ 0..=LAST_CODE => {
                time += i64::from(value);
                if code == 0 {
                    continue;
                }
                if file.annotations.len() == Annotation::MOST {
                    file.left_out += 1;
                    continue;
                }
                let [code, _] = code.to_le_bytes();
                file.annotations.push(StoredAnnotation {
                    sample: time,
                    code,
                    subtype: 0,
                    channel,
                    number,
                    text: String::new(),
                });
            }
            _ => {
                file.damaged_from = Some(start);
                break;
            }
        }
    }
    take_definitions(&mut file);
    take_resolution(&mut file);
    file
}

/// Notes at the start may define types: `44 z my own beat` between two that say where such definitions begin and end.
fn take_definitions(file: &mut AnnotationFile) {
    let all = &file.annotations;
    let at_start = |stored: &&StoredAnnotation| stored.code == NOTE && stored.sample == 0;
    let notes: Vec<&str> = all
        .iter()
        .take_while(at_start)
        .map(|note| note.text.trim())
        .collect();
    let begin = notes
        .iter()
        .position(|text| *text == "## annotation type definitions");
    let end = notes
        .iter()
        .position(|text| *text == "## end of definitions");
    let Some((begin, end)) = begin.zip(end).filter(|(begin, end)| begin < end) else {
        return;
    };
    let own = notes.get(begin + 1..end).unwrap_or_default();
    file.types = own.iter().filter_map(|text| definition(text)).collect();
    file.annotations.drain(begin..=end);
}

fn definition(text: &str) -> Option<AnnotationType> {
    let (code, rest) = text.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (symbol, description) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let code = code.parse().ok()?;
    let possible = (1..=LAST_CODE).contains(&u16::from(code)) && !symbol.is_empty();
    possible.then(|| AnnotationType {
        code,
        symbol: symbol.to_owned(),
        description: description.trim().to_owned(),
    })
}

/// The first annotation may be the note `## time resolution: 250`.
fn take_resolution(file: &mut AnnotationFile) {
    let ticks = file
        .annotations
        .first()
        .filter(|note| note.code == NOTE)
        .and_then(|note| {
            note.text
                .strip_prefix("## time resolution:")?
                .trim()
                .parse::<f64>()
                .ok()
        });
    if ticks.is_some_and(|ticks| (1e-3..=1e9).contains(&ticks)) {
        file.ticks_per_second = ticks;
        file.annotations.remove(0);
    }
}

/// The symbol of a code that has none of its own.
const UNDEFINED: &str = "?";
/// The code of a beat that was not classified while a detector learned, whose own symbol that is.
const LEARNING: u8 = 30;

/// The printed symbol of an annotation code, `?` for one without.
pub fn symbol(code: u8) -> &'static str {
    const SYMBOLS: [&str; 42] = [
        " ", "N", "L", "R", "a", "V", "F", "J", "A", "S", "E", "j", "/", "Q", "~", "?", "|", "?",
        "s", "T", "*", "D", "\"", "=", "p", "B", "^", "t", "+", "u", "?", "!", "[", "]", "e", "n",
        "@", "x", "f", "(", ")", "r",
    ];
    SYMBOLS.get(usize::from(code)).copied().unwrap_or(UNDEFINED)
}

/// The beats by their codes.
const BEATS: [(u8, BeatKind); 18] = [
    (1, BeatKind::Normal),
    (2, BeatKind::LeftBundleBranchBlock),
    (3, BeatKind::RightBundleBranchBlock),
    (4, BeatKind::AberratedAtrialPremature),
    (5, BeatKind::VentricularPremature),
    (6, BeatKind::Fusion),
    (7, BeatKind::JunctionalPremature),
    (8, BeatKind::AtrialPremature),
    (9, BeatKind::SupraventricularPremature),
    (10, BeatKind::VentricularEscape),
    (11, BeatKind::JunctionalEscape),
    (12, BeatKind::Paced),
    (UNCLASSIFIED, BeatKind::Unclassified),
    (25, BeatKind::BundleBranchBlock),
    (34, BeatKind::AtrialEscape),
    (35, BeatKind::SupraventricularEscape),
    (38, BeatKind::PacedFusion),
    (41, BeatKind::ROnTPremature),
];
const UNCLASSIFIED: u8 = 13;

/// The beat that a code stands for, `None` for anything that is no beat.
pub fn beat_of(code: u8) -> Option<BeatKind> {
    let known = BEATS.iter().find(|(own, _)| *own == code);
    known.map(|(_, beat)| *beat)
}

/// The code that a beat is written by; [`beat_of`] gives the beat back, but for an escape beat from a place that is not
/// told, which has no code and is unclassified.
pub fn beat_code(beat: BeatKind) -> u8 {
    let known = BEATS.iter().find(|(_, own)| *own == beat);
    known.map_or(UNCLASSIFIED, |(code, _)| *code)
}

/// The code that is printed as a sign.
pub(super) fn sign_code(sign: &str) -> Option<u8> {
    let defined = |&code: &u8| symbol(code) != UNDEFINED || code == LEARNING;
    (1..=49).filter(defined).find(|&code| symbol(code) == sign)
}

/// The code that a symbol alone stands for, if that is no beat.
pub(super) fn mark_code(text: &str) -> Option<u8> {
    sign_code(text).filter(|&code| beat_of(code).is_none())
}

/// The bytes of an annotation file; [`parse`] reads them back. Annotations are in the order of time.
///
/// # Errors
/// Times that are out of order or beyond 32 bits, and texts of more than 1023 bytes, which such a file cannot hold.
pub fn bytes(annotations: &[StoredAnnotation]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let word = |code: u16, value: u16| (code << 10 | value).to_le_bytes();
    let (mut time, mut channel, mut number) = (0_i64, 0, 0);
    for stored in annotations {
        let delta = stored.sample.checked_sub(time).filter(|delta| *delta >= 0);
        let delta = delta
            .and_then(|delta| u32::try_from(delta).ok())
            .filter(|delta| *delta <= i32::MAX.unsigned_abs());
        let delta =
            delta.ok_or_else(|| Error::unsupported("annotations are not in the order of time"))?;
        let near = u16::try_from(delta).ok().filter(|delta| *delta < 0x400);
        if near.is_none() {
            bytes.extend(word(SKIP, 0));
            // The high half comes first, as on a PDP-11.
            let [high_2, high_1, low_2, low_1] = delta.to_be_bytes();
            bytes.extend([high_1, high_2, low_1, low_2]);
        }
        bytes.extend(word(u16::from(stored.code), near.unwrap_or(0)));
        time = stored.sample;
        for (code, value, last) in [
            (SUBTYPE, stored.subtype.cast_unsigned(), 0),
            (CHANNEL, stored.channel, channel),
            (NUMBER, stored.number.cast_unsigned(), number),
        ] {
            if value != last {
                bytes.extend(word(code, u16::from(value)));
            }
        }
        (channel, number) = (stored.channel, stored.number.cast_unsigned());
        if !stored.text.is_empty() {
            let text = stored.text.as_bytes();
            let length = u16::try_from(text.len())
                .ok()
                .filter(|length| *length < 0x400);
            let length = length.ok_or_else(|| {
                Error::unsupported("an annotation holds at most 1023 bytes of text")
            })?;
            bytes.extend(word(TEXT, length));
            bytes.extend(text);
            bytes.extend(std::iter::repeat_n(0, text.len() % 2));
        }
    }
    bytes.extend([0, 0]);
    Ok(bytes)
}

/// Annotators of beats and rhythm that are read, the reference first.
const ANNOTATORS: [&str; 2] = ["atr", "qrs"];

/// The files in which annotations of a record are looked for, whether they are there or not.
pub(in crate::formats) fn files(header_path: &Path) -> impl Iterator<Item = PathBuf> {
    let leads = STANDARD_12.iter().map(|lead| lead.as_str().to_lowercase());
    let annotators = ANNOTATORS.map(str::to_owned).into_iter();
    annotators
        .chain(leads)
        .map(|extension| header_path.with_extension(extension))
}

/// Adds what the annotation files beside a header say: rhythm and notes from `.atr` and `.qrs`, beats from the first of
/// them that has any, and wave boundaries from files that carry the name of a lead (LUDB).
pub(super) fn add(header_path: &Path, recording: &mut Recording) {
    let rate = recording.sampling_rate_hz;
    let mut beats_of: Option<&str> = None;
    for extension in ANNOTATORS {
        if let Some(file) = open_beside(header_path, extension, recording) {
            let rate = file.ticks_per_second.unwrap_or(rate);
            let told = file.annotations.into_iter();
            let told = told.flat_map(|stored| to_annotations(stored, &file.types, rate));
            let mut told: Vec<Annotation> = told.flatten().collect();
            let beats = told.iter().filter(|one| is_beat(one)).count();
            if let Some(first) = beats_of {
                told.retain(|one| !is_beat(one) && !is_about_beat(one));
                let message = format!(
                    "The beats shown are those of the annotator {first}; the {beats} of {extension} are left out."
                );
                let warning = (beats > 0).then(|| Warning::new(WarningCode::LeftOut, message));
                recording.warnings.extend(warning);
            } else if beats > 0 {
                beats_of = Some(extension);
            }
            recording.annotations.append(&mut told);
        }
    }
    let names: Vec<LeadName> = recording
        .leads
        .iter()
        .map(|lead| lead.name.clone())
        .collect();
    for name in names
        .into_iter()
        .filter(|name| name.standard_index().is_some())
    {
        let extension = name.as_str().to_lowercase();
        if let Some(file) = open_beside(header_path, &extension, recording) {
            let rate = file.ticks_per_second.unwrap_or(rate);
            recording.annotations.extend(boundaries(&file, &name, rate));
        }
    }
}

fn is_beat(annotation: &Annotation) -> bool {
    matches!(annotation, Annotation::Beat { .. })
}

/// What else is said of a beat.
fn is_about_beat(annotation: &Annotation) -> bool {
    match annotation {
        Annotation::Sign { sign, .. } => sign_code(sign).and_then(beat_of).is_some(),
        _ => false,
    }
}

fn open_beside(
    header_path: &Path,
    extension: &str,
    recording: &mut Recording,
) -> Option<AnnotationFile> {
    let name = header_path.with_extension(extension);
    let name = name.file_name()?.to_str()?;
    let path = crate::formats::beside(header_path, name).ok()?;
    let mut warn = |code, message| recording.warnings.push(Warning::new(code, message));
    match read(&path) {
        Ok(file) => {
            if let Some(byte) = file.damaged_from {
                let message = format!(
                    "The annotations in {name} are damaged at byte {byte}; {} before it are shown.",
                    file.annotations.len()
                );
                warn(WarningCode::UnreadableField, message);
            }
            if file.left_out > 0 {
                let message = format!(
                    "{} annotations in {name} were left out: more than any recording has.",
                    file.left_out
                );
                warn(WarningCode::LeftOut, message);
            }
            Some(file)
        }
        Err(error) => {
            let reason = error.reason;
            let message = format!("The annotations in {name} were left out: {reason}.");
            warn(WarningCode::UnreadableField, message);
            None
        }
    }
}

/// What a stored annotation says: one thing, but for a beat with more than its kind.
fn to_annotations(
    stored: StoredAnnotation,
    types: &[AnnotationType],
    rate: f64,
) -> [Option<Annotation>; 2] {
    let at_s = stored.sample as f64 / rate;
    let StoredAnnotation {
        code,
        subtype,
        text,
        ..
    } = stored;
    let note = |text: String| (!text.is_empty()).then_some(Annotation::Note { at_s, text });
    let own = types.iter().find(|own| own.code == code);
    // A definition may only repeat what the code stands for anyway.
    if let Some(own) = own.filter(|own| own.symbol != symbol(own.code)) {
        let name = match own.description.as_str() {
            "" => &own.symbol,
            description => description,
        };
        return [
            None,
            note(match text.as_str() {
                "" => name.to_owned(),
                text => format!("{name}: {text}"),
            }),
        ];
    }
    let beat = beat_of(code).map(|beat| Annotation::Beat { at_s, beat });
    let sign = match symbol(code) {
        UNDEFINED if code != LEARNING => format!("[{code}]"),
        sign => sign.to_owned(),
    };
    let bare = text.is_empty() && subtype == 0;
    if bare && beat.is_some() {
        return [beat, None];
    }
    // The text tells the sign too, as `(AFIB` does.
    let told = subtype == 0 && noted(&text).is_none_or(|(usual, _)| usual == code);
    let other = if bare {
        note(sign)
    } else if told && beat.is_none() {
        note(text)
    } else {
        Some(Annotation::Sign {
            at_s,
            sign,
            subtype,
            text,
        })
    };
    [beat, other]
}

/// LUDB marks each wave by `(`, its peak (`p`, `N` or `t`) and `)`; either bracket may be absent.
fn boundaries(file: &AnnotationFile, lead: &LeadName, rate: f64) -> Vec<Annotation> {
    use WaveBoundary::{POff, POn, PPeak, QrsOff, QrsOn, RPeak, TOff, TOn, TPeak};
    let wave = |stored: &StoredAnnotation| match symbol(stored.code) {
        "p" => Some((POn, PPeak, POff)),
        "N" => Some((QrsOn, RPeak, QrsOff)),
        "t" => Some((TOn, TPeak, TOff)),
        _ => None,
    };
    let all = &file.annotations;
    let found = all.iter().enumerate().filter_map(|(index, stored)| {
        let boundary = match symbol(stored.code) {
            "(" => wave(all.get(index + 1)?)?.0,
            ")" => wave(all.get(index.checked_sub(1)?)?)?.2,
            _ => wave(stored)?.1,
        };
        let at_s = stored.sample as f64 / rate;
        Some(Annotation::Boundary {
            at_s,
            boundary,
            lead: Some(lead.clone()),
        })
    });
    found.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // A file assembled by hand: N at 18, a rhythm change with text at 18, V at 18 + 70000.
    #[test]
    fn beats_texts_and_skips_are_read() {
        let word = |code: u16, value: u16| (code << 10 | value).to_le_bytes();
        let mut bytes = Vec::new();
        bytes.extend(word(1, 18));
        bytes.extend(word(28, 0));
        bytes.extend(word(TEXT, 5));
        bytes.extend(b"(AFIB\0");
        bytes.extend(word(SKIP, 0));
        bytes.extend(1_u16.to_le_bytes());
        bytes.extend(4464_u16.to_le_bytes());
        bytes.extend(word(5, 0));
        let complete = parse(&[bytes.as_slice(), &[0, 0]].concat());
        let seen: Vec<_> = complete
            .annotations
            .iter()
            .map(|a| (a.sample, symbol(a.code), a.text.as_str()))
            .collect();
        assert_eq!(seen, [(18, "N", ""), (18, "+", "(AFIB"), (70_018, "V", "")]);
        assert_eq!(complete.damaged_from, None);
        let cut = parse(&bytes);
        assert_eq!(cut.annotations, complete.annotations);
        assert_eq!(cut.damaged_from, Some(bytes.len()));
    }

    #[test]
    fn types_that_a_file_defines_are_no_notes_and_name_theirs() {
        let stored = |sample, code, text: &str| StoredAnnotation {
            sample,
            code,
            subtype: 0,
            channel: 0,
            number: 0,
            text: text.to_owned(),
        };
        let all = [
            stored(0, NOTE, "## time resolution: 360"),
            stored(0, NOTE, "## annotation type definitions"),
            stored(0, NOTE, "44 z my custom beat"),
            stored(0, NOTE, "1 N Normal beat"),
            stored(0, NOTE, "## end of definitions"),
            stored(0, NOTE, "a note"),
            stored(360, 44, ""),
            stored(720, 44, "late"),
            stored(1080, 1, ""),
        ];
        let file = parse(&bytes(&all).unwrap_or_default());
        assert_eq!(file.ticks_per_second, Some(360.0));
        assert_eq!(file.annotations, all[5..]);
        let told = file.annotations.into_iter();
        let told: Vec<_> = told
            .flat_map(|stored| to_annotations(stored, &file.types, 360.0))
            .flatten()
            .collect();
        let note = |at_s, text: &str| Annotation::Note {
            at_s,
            text: text.to_owned(),
        };
        let beat = BeatKind::Normal;
        assert_eq!(
            told,
            [
                note(0.0, "a note"),
                note(1.0, "my custom beat"),
                note(2.0, "my custom beat: late"),
                Annotation::Beat { at_s: 3.0, beat },
            ]
        );
        // Without an end they are notes as any other.
        assert_eq!(
            parse(&bytes(&all[1..4]).unwrap_or_default()).annotations,
            all[1..4]
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let stored = |sample, code, channel, number, text: &str| StoredAnnotation {
            sample,
            code,
            subtype: if code == 5 { -3 } else { 0 },
            channel,
            number,
            text: text.to_owned(),
        };
        let all = [
            stored(0, NOTE, 0, 0, "as it began"),
            stored(1023, 1, 0, 0, ""),
            stored(2047, 5, 2, -1, ""),
            stored(90_000_000, 28, 2, -1, "(AFIB"),
            stored(90_000_000, 12, 0, 0, "odd"),
        ];
        let file = parse(&bytes(&all).unwrap_or_default());
        assert_eq!(
            (file.annotations.as_slice(), file.damaged_from),
            (&all[..], None)
        );
        let backwards = [all[2].clone(), all[1].clone()];
        assert!(bytes(&backwards).is_err());
        assert!(bytes(&[stored(0, NOTE, 0, 0, &"x".repeat(1024))]).is_err());
        for code in 1..=49 {
            if let Some(beat) = beat_of(code) {
                assert_eq!(beat_code(beat), code);
            }
        }
    }

    // The beats among the codes and their signs, as the WFDB library prints them.
    #[test]
    fn every_beat_has_a_kind_of_its_own() {
        let signs: String = (1..=49)
            .filter(|&code| beat_of(code).is_some())
            .map(symbol)
            .collect();
        assert_eq!(signs, "NLRaVFJASEj/QBenfr");
        let without: Vec<_> = BeatKind::ALL
            .into_iter()
            .filter(|&beat| beat_of(beat_code(beat)) != Some(beat))
            .collect();
        assert_eq!(without, [BeatKind::Escape]);
    }

    #[test]
    fn no_more_is_read_than_any_recording_has() {
        let word = |code: u16, value: u16| (code << 10 | value).to_le_bytes();
        let mut all = [word(1, 1)].repeat(Annotation::MOST);
        // Two more, of which the last has a subtype that the last that is read has not.
        all.extend([word(5, 1), word(5, 1), word(SUBTYPE, 3), [0, 0]]);
        let file = parse(&all.concat());
        assert_eq!(
            (file.annotations.len(), file.left_out),
            (Annotation::MOST, 2)
        );
        assert_eq!(file.annotations.last().map(|last| last.subtype), Some(0));
        assert_eq!(file.damaged_from, None);
    }
}
