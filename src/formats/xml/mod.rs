//! XML as far as it is safe: bounded size, depth and attributes, no entities but the predefined ones.

mod tree;

use std::borrow::Cow;

use super::{Error, text};
pub(super) use tree::{Document, Node};

/// The largest XML tracings (day-long aECG) are some tens of megabytes.
pub(super) const LARGEST: u64 = 96 << 20;

/// The name of the root element, from the start of a file; `None` where that is no XML.
pub(super) fn root_name(head: &str) -> Option<&str> {
    let mut rest = head.trim_start_matches('\u{feff}').trim_start();
    if !rest.starts_with('<') {
        return None;
    }
    loop {
        if let Some(after) = rest.strip_prefix("<?") {
            rest = after.split_once("?>")?.1.trim_start();
        } else if let Some(after) = rest.strip_prefix("<!--") {
            rest = after.split_once("-->")?.1.trim_start();
        } else if let Some(after) = rest.strip_prefix("<!") {
            rest = behind_declaration(after)?.trim_start();
        } else {
            let name = rest.strip_prefix('<')?;
            let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
            let name = name.get(..end)?;
            return Some(name.rsplit(':').next().unwrap_or(name));
        }
    }
}

/// What follows the `>` of a DOCTYPE, whose internal subset may hold others: in declarations, in quotes, in comments.
fn behind_declaration(text: &str) -> Option<&str> {
    let mut open = 1_usize;
    let mut rest = text;
    while open > 0 {
        let at = rest.find(['<', '>', '"', '\''])?;
        let (mark, after) = rest.get(at..)?.split_at_checked(1)?;
        rest = match mark {
            "<" => match after.strip_prefix("!--") {
                Some(comment) => comment.split_once("-->")?.1,
                None => {
                    open += 1;
                    after
                }
            },
            ">" => {
                open -= 1;
                after
            }
            quote => after.split_once(quote)?.1,
        };
    }
    Some(rest)
}

/// Decodes the bytes of an XML file, so that [`parse`] can read it.
pub(super) fn prepare(bytes: &[u8]) -> Cow<'_, str> {
    match decode(bytes) {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) => Cow::Owned(match text.strip_prefix('\u{feff}') {
            Some(rest) => rest.to_owned(),
            None => text,
        }),
    }
}

/// Decodes by byte order mark, else by the encoding that the declaration names, else UTF-8 or Latin-1.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let marked = encoding_rs::Encoding::for_bom(bytes).is_some();
    let utf16 = match bytes {
        [b'<', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0, b'<', ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    if let (false, Some(encoding)) = (marked, utf16) {
        return encoding.decode_without_bom_handling(bytes).0;
    }
    let start = bytes.get(..bytes.len().min(200)).unwrap_or_default();
    let declaration = String::from_utf8_lossy(start);
    let named = declaration
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split("?>").next())
        .and_then(|rest| rest.split_once("encoding="))
        .and_then(|(_, rest)| rest.get(1..)?.split(['"', '\'']).next())
        .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    match (named, std::str::from_utf8(bytes)) {
        (Some(encoding), Err(_)) if !marked => encoding.decode_without_bom_handling(bytes).0,
        (_, Ok(text)) if text.starts_with('<') => Cow::Borrowed(text),
        _ => text::decode(bytes),
    }
}

/// Parses what [`prepare`] returned.
pub(super) fn parse(source: &str) -> Result<Document<'_>, Error> {
    Document::parse(source)
}

/// Child elements of that local name.
pub(super) fn children<'d>(node: Node<'d>, name: &'d str) -> impl Iterator<Item = Node<'d>> {
    node.children().filter(move |child| child.is(name))
}

/// The first element at a path of local names below `node`.
pub(super) fn find<'d>(node: Node<'d>, path: &str) -> Option<Node<'d>> {
    path.split('/').try_fold(node, |node, name| {
        node.children().find(|child| child.is(name))
    })
}

/// The first descendant of that local name.
pub(super) fn descendant<'d>(node: Node<'d>, name: &str) -> Option<Node<'d>> {
    node.descendants().find(|node| node.is(name))
}

/// The trimmed text of an element at a path, `None` where it is absent or empty.
pub(super) fn text_at(node: Node<'_>, path: &str) -> Option<String> {
    trimmed(find(node, path)?)
}

/// All text of an element, trimmed; `None` where empty.
pub(super) fn trimmed(node: Node<'_>) -> Option<String> {
    let text = node.text();
    let text = text.trim();
    (!text.is_empty()).then(|| text.replace("\r\n", "\n"))
}

/// The text of an element at a path as it lies in the file, empty where there is none: for samples.
pub(super) fn data_at<'d>(node: Node<'d>, path: &str) -> Cow<'d, str> {
    find(node, path).map(Node::text).unwrap_or_default()
}

/// The text at a path as a finite number.
pub(super) fn number_at(node: Node<'_>, path: &str) -> Option<f64> {
    super::fields::number(&text_at(node, path)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_root_is_found_behind_declaration_comment_and_doctype() {
        let head = "\u{feff}<?xml version='1.0'?>\n<!-- a > b -->\n<!DOCTYPE R SYSTEM \"r.dtd\">\n<x:RestingECG a='1'>";
        assert_eq!(root_name(head), Some("RestingECG"));
        assert_eq!(root_name("no xml"), None);
        assert_eq!(root_name("<!DOCTYPE a [<!ENTITY b '<c>'>]><d/>"), Some("d"));
    }

    #[test]
    fn a_doctype_is_passed_over_and_one_with_entities_refused() {
        assert!(parse("<!DOCTYPE R SYSTEM 'x.dtd'><R/>").is_ok());
        assert!(parse("<!DOCTYPE R [<!ENTITY a 'b'>]><R>&a;</R>").is_err());
        assert!(parse("<!DOCTYPE R [<!ENTITY % a SYSTEM 'b'> %a;]><R/>").is_err());
    }

    #[test]
    fn a_doctype_that_declares_no_entity_is_passed_over() {
        for doctype in [
            "<!DOCTYPE R []>",
            "<!DOCTYPE R [<!ELEMENT R ANY><!ATTLIST R a CDATA \"x\">]>",
            "<!DOCTYPE R [\n<!ELEMENT R (#PCDATA)>\n<!-- it's > nothing -->\n<!ATTLIST R a CDATA '>'>\n] >\n",
        ] {
            let text = format!("<?xml version='1.0'?>{doctype}<R>1</R>");
            assert_eq!(root_name(&text), Some("R"), "{doctype}");
            let read = parse(&text).map(|document| document.root_element().text().into_owned());
            assert_eq!(read.unwrap(), "1", "{doctype}");
        }
    }

    #[test]
    fn deep_nesting_and_attribute_floods_are_refused() {
        assert!(parse(&"<a>".repeat(1000)).is_err());
        let flood = format!(
            "<a {}/>",
            (0..2000).map(|i| format!("b{i}='1' ")).collect::<String>()
        );
        assert!(parse(&flood).is_err());
        // Padding of base64 in one attribute is no flood.
        assert!(parse(&format!("<a b='{}'/>", "=".repeat(5000))).is_ok());
    }

    #[test]
    fn utf16_and_latin1_are_decoded() {
        let utf16: Vec<u8> = "<R>é</R>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(prepare(&utf16), "<R>é</R>");
        let latin1 = prepare(b"<?xml version='1.0' encoding='ISO-8859-1'?><R>\xe9</R>");
        assert!(latin1.ends_with("<R>é</R>"), "{latin1}");
    }
}
