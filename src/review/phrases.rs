//! The short forms that people write, from `assets/phrases.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

/// A short form and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phrase {
    /// As it is typed, such as `af`.
    pub short: String,
    /// As it is read, such as "atrial fibrillation".
    pub long: String,
    /// The statement it names, where it names one.
    pub statement: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    phrase: Vec<Phrase>,
}

static PHRASES: LazyLock<Vec<Phrase>> = LazyLock::new(|| {
    // Compiled in and parsed by a test, so a failure here cannot reach a user.
    toml::from_str::<File>(include_str!("../../assets/phrases.toml"))
        .map(|file| file.phrase)
        .unwrap_or_default()
});

/// Every short form.
pub fn phrases() -> &'static [Phrase] {
    &PHRASES
}

/// Replaces the short form that ends at byte `end` of `text` by what it stands for, if there is one, and returns how many
/// bytes longer the text became. A word within a word is left alone.
pub fn expand(text: &mut String, end: usize) -> Option<usize> {
    let before = text.get(..end)?;
    let start = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| c.is_alphanumeric() || *c == '/')
        .last()
        .map(|(at, _)| at)?;
    let word = before.get(start..)?;
    let phrase = phrases()
        .iter()
        .find(|phrase| phrase.short.eq_ignore_ascii_case(word))?;
    let mut long = phrase.long.clone();
    // At the beginning of a sentence, as a sentence begins.
    let sentence = before.get(..start)?.trim_end();
    if (sentence.is_empty() || sentence.ends_with(['.', '\n']))
        && let Some(first) = long.get(..1)
    {
        let first = first.to_uppercase();
        long.replace_range(..1, &first);
    }
    let longer = long.len().checked_sub(word.len());
    text.replace_range(start..end, &long);
    longer
}
