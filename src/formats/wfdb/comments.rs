use crate::ecg::{Diagnosis, Recording, Sex, Warning, WarningCode};

use super::SIMULATED_MARK;

/// Takes age, sex and diagnoses out of a header's comment lines, in the styles of the CinC challenges
/// (`Age: 63`), LUDB and MIMIC (`<age>: 71 <sex>: M`), European ST-T (`Age: 62  Sex: M`), PTB (`age: 81`) and MIT-BIH
/// (`69 M 1085 ...`); a line that holds anything else stays a comment.
pub(super) fn apply(comments: &[String], recording: &mut Recording) {
    let mut diagnoses_follow = false;
    for (index, comment) in comments.iter().enumerate() {
        if comment.starts_with(SIMULATED_MARK) {
            recording.simulated = true;
            if comment != SIMULATED_MARK {
                recording.comments.push(comment.clone());
            }
            continue;
        }
        if index == 0 && mit_bih(comment, recording) {
            recording.comments.push(comment.clone());
            continue;
        }
        let (fields, mut understood) = fields(comment);
        let mut known = false;
        for (key, value) in fields {
            let key = key.to_lowercase();
            let system = key
                .strip_prefix("diagnosis (")
                .and_then(|key| key.strip_suffix(')'));
            let (ours, told) = match (key.as_str(), system) {
                ("age", _) => (true, age(value, recording)),
                ("sex" | "gender", _) => (true, sex_of(value, recording)),
                ("dx", _) => (true, codes(value, recording)),
                ("diagnoses" | "diagnosis" | "diagnose", _) => {
                    diagnose("text", value, recording);
                    (true, true)
                }
                (_, Some(system)) => {
                    diagnose(system, value, recording);
                    (true, true)
                }
                _ => (false, false),
            };
            diagnoses_follow = match key.as_str() {
                "age" | "sex" => false,
                "diagnoses" | "diagnosis" | "diagnose" => true,
                // One of several on a line, behind the diagnoses.
                _ => diagnoses_follow && !known,
            };
            known |= ours;
            understood &= told;
        }
        if understood {
            continue;
        }
        if diagnoses_follow && !known {
            diagnose("text", comment, recording);
        } else {
            recording.comments.push(comment.clone());
        }
    }
}

/// The `key: value` pairs of a line, and whether it holds nothing else: one pair, or several of the form `<key>: value`
/// or behind an age or a sex (`Age: 62  Sex: M`).
fn fields(comment: &str) -> (Vec<(&str, &str)>, bool) {
    if let Some(rest) = comment.strip_prefix('<') {
        let parts: Vec<_> = rest
            .split('<')
            .map(|part| part.split_once(">:"))
            .map(|pair| pair.map(|(key, value)| (key.trim(), value.trim())))
            .collect();
        let whole = parts.iter().all(Option::is_some);
        return (parts.into_iter().flatten().collect(), whole);
    }
    let mut fields = Vec::new();
    let mut rest = comment;
    while let Some((key, value)) = rest.split_once(':') {
        let key = key.trim();
        let several = ["age", "sex", "gender"]
            .iter()
            .any(|one| key.eq_ignore_ascii_case(one));
        // The next key is the word before the next colon.
        let next = value
            .find(':')
            .filter(|_| several)
            .and_then(|colon| value.get(..colon)?.trim_end().rfind([' ', '\t', ',', ';']));
        let (value, after) = next.map_or((value, ""), |at| value.split_at(at));
        fields.push((key, value.trim_matches([' ', '\t', ',', ';'])));
        rest = after.trim_start_matches([' ', '\t', ',', ';']);
    }
    fields.retain(|(key, _)| !key.is_empty());
    let whole = !fields.is_empty();
    (fields, whole)
}

/// Words that say that nothing is known.
fn says_nothing(value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    matches!(
        value.as_str(),
        "" | "nan" | "unknown" | "n/a" | "na" | "none" | "?" | "-"
    )
}

/// Takes an age, in years where no unit follows; whether all of it was understood.
fn age(text: &str, recording: &mut Recording) -> bool {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (value, unit) = text.split_at(end.unwrap_or(text.len()));
    let Ok(value) = value.parse::<f64>() else {
        return says_nothing(text);
    };
    let unit = unit.trim().trim_end_matches("old").trim_end();
    if let Some(years) = crate::formats::fields::age(value, unit) {
        recording.patient.age_years = Some(years);
    } else if unit.is_empty() {
        recording.warnings.push(Warning::new(
            WarningCode::UnreadableField,
            format!("The stated age of {value} is impossible and was left out."),
        ));
    } else {
        return false;
    }
    true
}

fn sex_of(value: &str, recording: &mut Recording) -> bool {
    recording.patient.sex = sex(value);
    recording.patient.sex.is_some() || says_nothing(value)
}

fn sex(value: &str) -> Option<Sex> {
    match value.to_ascii_lowercase().as_str() {
        "f" | "female" => Some(Sex::Female),
        "m" | "male" => Some(Sex::Male),
        "other" => Some(Sex::Other),
        _ => None,
    }
}

/// Concepts of SNOMED CT; what is no number of one is told in words.
fn codes(value: &str, recording: &mut Recording) -> bool {
    for code in value.split(',').map(str::trim) {
        let concept = code.bytes().all(|byte| byte.is_ascii_digit());
        diagnose(if concept { "snomed-ct" } else { "text" }, code, recording);
    }
    true
}

fn diagnose(system: &str, code: &str, recording: &mut Recording) {
    let code = code.trim();
    if !code.is_empty() && code != "Unknown" {
        recording.diagnoses.push(Diagnosis {
            system: system.to_owned(),
            code: code.to_owned(),
        });
    }
}

/// The first comment of an MIT-BIH record: age, sex and tape numbers.
fn mit_bih(comment: &str, recording: &mut Recording) -> bool {
    let mut words = comment.split_ascii_whitespace();
    let (Some(years), Some(letter @ ("M" | "F"))) = (words.next(), words.next()) else {
        return false;
    };
    if years.parse::<f64>().is_err() {
        return false;
    }
    recording.patient.sex = sex(letter);
    age(years, recording)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&str]) -> Recording {
        let mut recording = Recording::new("r", "wfdb", 500.0);
        let lines: Vec<String> = lines.iter().map(|&line| line.to_owned()).collect();
        apply(&lines, &mut recording);
        recording
    }

    #[test]
    fn the_challenge_style_gives_age_sex_and_snomed_codes() {
        let recording = read(&[
            "Age: 63",
            "Sex: Female",
            "Dx: 426783006,55930002",
            "Rx: Unknown",
        ]);
        assert_eq!(recording.patient.age_years, Some(63.0));
        assert_eq!(recording.patient.sex, Some(Sex::Female));
        let codes: Vec<_> = recording
            .diagnoses
            .iter()
            .map(|d| d.code.as_str())
            .collect();
        assert_eq!(codes, ["426783006", "55930002"]);
        assert_eq!(recording.comments, ["Rx: Unknown"]);
    }

    #[test]
    fn the_ludb_style_lists_its_diagnoses_in_words() {
        let recording = read(&[
            "<age>: 71",
            "<sex>: M",
            "<diagnoses>:",
            "Rhythm: Sinus rhythm.",
            "Left axis deviation.",
        ]);
        assert_eq!(recording.patient.age_years, Some(71.0));
        assert_eq!(recording.patient.sex, Some(Sex::Male));
        let words: Vec<_> = recording
            .diagnoses
            .iter()
            .map(|d| d.code.as_str())
            .collect();
        assert_eq!(words, ["Rhythm: Sinus rhythm.", "Left axis deviation."]);
    }

    #[test]
    fn other_styles_of_age_and_sex_are_understood_and_unknown_stays_absent() {
        let both = read(&["<age>: 60 <sex>: F"]);
        assert_eq!(
            (both.patient.age_years, both.patient.sex),
            (Some(60.0), Some(Sex::Female))
        );
        let mit = read(&["69 M 1085 1629 x1", "Aldomet, Inderal"]);
        assert_eq!(
            (mit.patient.age_years, mit.patient.sex),
            (Some(69.0), Some(Sex::Male))
        );
        for (line, years, sex, comments) in [
            ("Age: 62  Sex: M", 62.0, Some(Sex::Male), 0),
            ("Age: 62 years", 62.0, None, 0),
            ("Age: 6 months", 0.5, None, 0),
            ("age: 45 gender: Female", 45.0, Some(Sex::Female), 0),
            ("Age: 45, Sex: F, Ward: 3", 45.0, Some(Sex::Female), 1),
            ("Age: 45 (see chart)", f64::NAN, None, 1),
            (
                "<age>: 81 <sex>: M <diagnoses>: x <medications>: y",
                81.0,
                Some(Sex::Male),
                1,
            ),
        ] {
            let recording = read(&[line]);
            let age = recording.patient.age_years.unwrap_or(f64::NAN);
            assert!(age == years || age.is_nan() && years.is_nan(), "{line}");
            assert_eq!(recording.patient.sex, sex, "{line}");
            assert_eq!(recording.comments.len(), comments, "{line}");
        }
        let words = read(&["Dx: 164889003, seen by Dr Who"]).diagnoses;
        let systems: Vec<&str> = words.iter().map(|d| d.system.as_str()).collect();
        assert_eq!(systems, ["snomed-ct", "text"]);
        let unknown = read(&["Age: NaN", "Sex: Unknown"]);
        assert_eq!(
            (unknown.patient.age_years, unknown.patient.sex),
            (None, None)
        );
        let hidden = read(&["Age: 300"]);
        assert_eq!(hidden.patient.age_years, None);
        assert_eq!(hidden.warnings.len(), 1);
    }
}
