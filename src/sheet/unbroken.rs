//! Numbers that stay with their units when a text is set in lines.

/// What stands behind a number with a space between.
const UNITS: [&str; 12] = [
    "%", "ms", "s", "min", "h", "mV", "µV", "mm", "Hz", "y", "months", "°",
];

/// The text with spaces that no line ends at between numbers and their units, and behind signs such as `≥`.
pub fn unbroken(text: &str) -> String {
    let mut bound = String::with_capacity(text.len());
    for (index, character) in text.char_indices() {
        let after = text.get(index + 1..).unwrap_or_default();
        bound.push(match character {
            ' ' if holds(bound.chars().next_back(), after) => '\u{a0}',
            other => other,
        });
    }
    bound
}

/// Whether what stands before and after a space belongs together.
fn holds(before: Option<char>, after: &str) -> bool {
    let unit = |unit: &&str| {
        let rest = after.strip_prefix(*unit);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    match before {
        Some(before) if before.is_ascii_digit() => UNITS.iter().any(unit),
        Some('<' | '>' | '≤' | '≥' | '±') => {
            after.starts_with(|first: char| first.is_ascii_digit() || first == '−')
        }
        _ => false,
    }
}

/// The words of a text, a number and its unit being one.
pub(super) fn words(text: &str) -> Vec<String> {
    let bound = unbroken(text);
    let breaks = |character: char| character.is_whitespace() && character != '\u{a0}';
    let words = bound.split(breaks).filter(|word| !word.is_empty());
    // On the page it is a space as any other, to be searched for.
    words.map(|word| word.replace('\u{a0}', " ")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stays_with_its_unit_and_nothing_else_is_bound() {
        let bound = |text: &str| unbroken(text).replace('\u{a0}', "_");
        for (text, expected) in [
            ("2 of 34 (6 %)", "2 of 34 (6_%)"),
            ("QTc 512 ms, by 12 beats", "QTc 512_ms, by 12 beats"),
            ("QRS ≥ 120 ms.", "QRS ≥_120_ms."),
            ("25 mm/s   10 mm/mV", "25_mm/s   10_mm/mV"),
            ("a pause of 3.2 s", "a pause of 3.2_s"),
            ("in 3 stretches", "in 3 stretches"),
            ("in V3 seen", "in V3 seen"),
            ("rate 52/min", "rate 52/min"),
            ("é 5 µV ü", "é 5_µV ü"),
            ("5 ", "5 "),
        ] {
            assert_eq!(bound(text), expected);
        }
        assert_eq!(
            words("at least  6 % of\nthem"),
            ["at", "least", "6 %", "of", "them"]
        );
    }
}
