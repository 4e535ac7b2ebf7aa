//! The first rows of a table as they are cut, for a person to say what they are.

use std::path::Path;

use crate::ecg::STANDARD_12;
use crate::formats::column::Heading;
use crate::formats::{Error, TableLayout, head, text};

use super::layout::{in_lines, sample};
use super::table::Outline;

/// Rows that are shown.
const ROWS: usize = 6;

/// A table before it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// How it is cut, with a name for every column.
    pub layout: TableLayout,
    /// The first rows of numbers, cut into fields.
    pub rows: Vec<Vec<String>>,
    /// What tables of the same kind have in common: their names, or their number of columns.
    pub kind: String,
}

/// Cuts the start of a table as `layout` says, or as can be found out.
///
/// # Errors
/// What cannot be read, or holds no rows of numbers.
pub fn preview(path: &Path, layout: &TableLayout) -> Result<Preview, Error> {
    let head = head::head(path)?;
    cut(&text::decode(&head.bytes), layout)
        .ok_or_else(|| Error::unsupported("the file is no table of numbers").in_file(path))
}

fn cut(text: &str, stated: &TableLayout) -> Option<Preview> {
    let text = &*in_lines(text);
    // The last line may be cut.
    let whole = text
        .rfind('\n')
        .and_then(|end| text.get(..end))
        .unwrap_or(text);
    let outline = Outline::of(whole, stated).ok()?;
    let layout = &outline.layout;
    let lines = sample(whole);
    let rows: Vec<Vec<String>> = lines
        .iter()
        .skip(outline.above)
        .filter(|line| layout.is_row(line))
        .take(ROWS)
        .map(|line| layout.split(line).into_iter().map(str::to_owned).collect())
        .collect();
    let width = rows.first()?.len();
    let header: Option<Vec<String>> = outline.headings.map(|headings| {
        let spelled =
            |heading: Option<Heading>| heading.map_or_else(String::new, |h| h.to_string());
        headings.into_iter().map(spelled).collect()
    });
    let kind = match &header {
        Some(names) => names.join("|"),
        None => format!("{width} columns without names"),
    };
    let columns = match header {
        Some(names) => names,
        None if width == STANDARD_12.len() => STANDARD_12.iter().map(ToString::to_string).collect(),
        None => (1..=width)
            .map(|number| format!("column {number}"))
            .collect(),
    };
    Some(Preview {
        layout: TableLayout {
            delimiter: Some(layout.delimiter),
            decimal_comma: Some(layout.decimal_comma),
            columns,
        },
        rows,
        kind,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_table_is_cut_as_it_is_or_as_it_is_said() {
        let preview = cut("a;b\n0,5;1\n2;3,5\n", &TableLayout::default()).unwrap();
        assert_eq!(preview.layout.delimiter, Some(';'));
        assert_eq!(preview.layout.decimal_comma, Some(true));
        assert_eq!(preview.layout.columns, ["a", "b"]);
        assert_eq!(preview.rows, [["0,5", "1"], ["2", "3,5"]]);
        let stated = TableLayout {
            delimiter: Some(','),
            ..TableLayout::default()
        };
        let other = cut("1,2;3\n4,5;6\n", &stated);
        assert!(other.is_none(), "2;3 is no number");
        assert_eq!(
            cut("1,2\n3,4\n", &stated).unwrap().kind,
            "2 columns without names"
        );
    }
}
