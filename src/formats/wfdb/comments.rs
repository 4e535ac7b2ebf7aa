use crate::ecg::{Diagnosis, Recording, Sex, Warning, WarningCode};

use super::SIMULATED_MARK;

/// Takes age, sex and diagnoses out of a header's comment lines, in the styles of the CinC challenges
/// (`Age: 63`), LUDB and MIMIC (`<age>: 71 <sex>: M`), PTB (`age: 81`) and MIT-BIH (`69 M 1085 ...`);
/// everything else stays a comment.
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
        let fields = fields(comment);
        let mut understood = !fields.is_empty();
        for (key, value) in &fields {
            let key = key.to_lowercase();
            diagnoses_follow &= !matches!(key.as_str(), "age" | "sex");
            match key.as_str() {
                "age" => age(value, recording),
                "sex" | "gender" => recording.patient.sex = sex(value),
                "dx" => diagnose("snomed-ct", value.split(','), recording),
                "diagnoses" | "diagnosis" | "diagnose" => {
                    diagnoses_follow = true;
                    diagnose("text", std::iter::once(*value), recording);
                }
                key => match key
                    .strip_prefix("diagnosis (")
                    .and_then(|k| k.strip_suffix(')'))
                {
                    Some(system) => diagnose(system, std::iter::once(*value), recording),
                    None => understood = false,
                },
            }
        }
        if !understood {
            if diagnoses_follow {
                diagnose("text", std::iter::once(comment.as_str()), recording);
            } else {
                recording.comments.push(comment.clone());
            }
        }
    }
}

/// The `key: value` pairs of a line: one, or several of the form `<key>: value`.
fn fields(comment: &str) -> Vec<(&str, &str)> {
    if comment.starts_with('<') {
        return comment
            .split('<')
            .filter_map(|part| part.split_once(">:"))
            .map(|(key, value)| (key.trim(), value.trim()))
            .collect();
    }
    comment
        .split_once(':')
        .map(|(key, value)| (key.trim(), value.trim()))
        .filter(|(key, _)| !key.is_empty())
        .into_iter()
        .collect()
}

fn age(value: &str, recording: &mut Recording) {
    let Ok(age) = value.parse::<f64>() else {
        return;
    };
    if (0.0..=130.0).contains(&age) {
        recording.patient.age_years = Some(age);
    } else if age.is_finite() && age >= 0.0 {
        recording.warnings.push(Warning::new(
            WarningCode::UnreadableField,
            format!("The stated age of {value} is impossible and was left out."),
        ));
    }
}

fn sex(value: &str) -> Option<Sex> {
    match value.to_ascii_lowercase().as_str() {
        "f" | "female" => Some(Sex::Female),
        "m" | "male" => Some(Sex::Male),
        "other" => Some(Sex::Other),
        _ => None,
    }
}

fn diagnose<'a>(system: &str, codes: impl Iterator<Item = &'a str>, recording: &mut Recording) {
    for code in codes
        .map(str::trim)
        .filter(|code| !code.is_empty() && *code != "Unknown")
    {
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
    age(years, recording);
    true
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
