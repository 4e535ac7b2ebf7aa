//! Finding a name by a few of its letters.

/// How well `query` matches `name`: `None` if its letters do not occur in order; higher is better.
pub fn fuzzy(query: &str, name: &str) -> Option<i32> {
    let plain = |text: &str| text.trim().to_lowercase().replace('×', "x");
    let (name, query) = (plain(name), plain(query));
    if let Some(position) = name.find(&query) {
        let at_word = position == 0 || name[..position].ends_with(' ');
        return Some(1000 - i32::try_from(position).unwrap_or(0) + if at_word { 500 } else { 0 });
    }
    let mut rest = name.chars().enumerate();
    let (mut score, mut last) = (0, None);
    for wanted in query.chars().filter(|c| !c.is_whitespace()) {
        let (at, _) = rest.find(|&(_, c)| c == wanted)?;
        score += if last.is_some_and(|last| at == last + 1) {
            8
        } else {
            1
        };
        last = Some(at);
    }
    Some(score)
}
