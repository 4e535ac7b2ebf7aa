//! XML as far as it is safe: bounded size, depth and attributes, no entities but the predefined ones.

use roxmltree::{Document, Node};

use super::{Error, text};

/// The largest XML tracings (day-long aECG) are some tens of megabytes.
pub(super) const LARGEST: u64 = 128 << 20;
const DEEPEST: usize = 128;
const MOST_ATTRIBUTES: usize = 256;
const MOST_NODES: u32 = 4_000_000;

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
            let (inside, after) = after.split_once('>')?;
            // An internal subset may hold `>`; the name after it is only a guess, and `parse` refuses it.
            rest = if inside.contains('[') {
                after.split_once("]>")?.1
            } else {
                after
            }
            .trim_start();
        } else {
            let name = rest.strip_prefix('<')?;
            let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'))?;
            let name = name.get(..end)?;
            return Some(name.rsplit(':').next().unwrap_or(name));
        }
    }
}

/// Decodes the bytes of an XML file and takes out its DOCTYPE, so that [`parse`] can read it.
pub(super) fn prepare(bytes: &[u8]) -> Result<String, Error> {
    let mut source = decode(bytes).trim_start_matches('\u{feff}').to_owned();
    check_bounds(&source)?;
    if let Some(start) = source.find("<!DOCTYPE") {
        let end = source.get(start..).and_then(|rest| rest.find('>'));
        let end = end.ok_or_else(|| Error::damaged("the DOCTYPE has no end"))? + start;
        let declaration = source.get(start..end).unwrap_or_default();
        if declaration.contains('[') {
            return Err(Error::unsupported(
                "the DOCTYPE declares entities of its own, which are not read",
            ));
        }
        source.replace_range(start..=end, "");
    }
    Ok(source)
}

/// Decodes by byte order mark, else by the encoding that the declaration names, else UTF-8 or Latin-1.
fn decode(bytes: &[u8]) -> String {
    let marked = encoding_rs::Encoding::for_bom(bytes).is_some();
    let utf16 = match bytes {
        [b'<', 0, ..] => Some(encoding_rs::UTF_16LE),
        [0, b'<', ..] => Some(encoding_rs::UTF_16BE),
        _ => None,
    };
    if let (false, Some(encoding)) = (marked, utf16) {
        return encoding.decode_without_bom_handling(bytes).0.into_owned();
    }
    let start = bytes.get(..bytes.len().min(200)).unwrap_or_default();
    let declaration = String::from_utf8_lossy(start);
    let named = declaration
        .strip_prefix("<?xml")
        .and_then(|rest| rest.split("?>").next())
        .and_then(|rest| rest.split_once("encoding="))
        .and_then(|(_, rest)| rest.get(1..)?.split(['"', '\'']).next())
        .and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    match named {
        Some(encoding) if !marked && std::str::from_utf8(bytes).is_err() => {
            encoding.decode_without_bom_handling(bytes).0.into_owned()
        }
        _ => text::decode(bytes).into_owned(),
    }
}

/// Refuses what would make a parser slow or its stack deep, before it sees it.
fn check_bounds(source: &str) -> Result<(), Error> {
    let bytes = source.as_bytes();
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(offset) = bytes
        .get(at..)
        .and_then(|rest| rest.iter().position(|&b| b == b'<'))
    {
        let open = at + offset;
        let rest = source.get(open..).unwrap_or_default();
        let skip = |end: &str| {
            rest.find(end)
                .map_or(bytes.len(), |found| open + found + end.len())
        };
        if rest.starts_with("<!--") {
            at = skip("-->");
        } else if rest.starts_with("<![CDATA[") {
            at = skip("]]>");
        } else {
            at = skip(">");
            let tag = source.get(open..at).unwrap_or_default();
            if tag.starts_with("</") {
                depth = depth.saturating_sub(1);
            } else if !tag.ends_with("/>") && !tag.starts_with("<?") && !tag.starts_with("<!") {
                depth += 1;
            }
            if depth > DEEPEST {
                return Err(Error::damaged(format!(
                    "elements are nested more than {DEEPEST} deep"
                ))
                .at_byte(open as u64));
            }
            if tag.bytes().filter(|&byte| byte == b'=').count() > 4 * MOST_ATTRIBUTES
                && attributes(tag) > MOST_ATTRIBUTES
            {
                return Err(Error::damaged(format!(
                    "an element has more than {MOST_ATTRIBUTES} attributes"
                ))
                .at_byte(open as u64));
            }
        }
    }
    Ok(())
}

/// Attributes of a tag; `=` inside quotes (base64 padding) does not count.
fn attributes(tag: &str) -> usize {
    let mut quote = None;
    let mut count = 0;
    for c in tag.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '=') => count += 1,
            _ => {}
        }
    }
    count
}

/// Parses what [`prepare`] returned.
pub(super) fn parse(source: &str) -> Result<Document<'_>, Error> {
    let options = roxmltree::ParsingOptions {
        nodes_limit: MOST_NODES,
        ..Default::default()
    };
    Document::parse_with_options(source, options).map_err(|error| {
        let place = error.pos();
        Error::damaged(format!("the XML is broken: {error}"))
            .at_line(usize::try_from(place.row).unwrap_or(0))
    })
}

/// Child elements of that local name.
pub(super) fn children<'a, 'b: 'a>(
    node: Node<'a, 'b>,
    name: &'a str,
) -> impl Iterator<Item = Node<'a, 'b>> + 'a {
    node.children()
        .filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The first element at a path of local names below `node`.
pub(super) fn find<'a, 'b>(node: Node<'a, 'b>, path: &str) -> Option<Node<'a, 'b>> {
    path.split('/').try_fold(node, |node, name| {
        node.children()
            .find(|child| child.is_element() && child.tag_name().name() == name)
    })
}

/// The first descendant of that local name.
pub(super) fn descendant<'a, 'b>(node: Node<'a, 'b>, name: &str) -> Option<Node<'a, 'b>> {
    node.descendants()
        .find(|node| node.is_element() && node.tag_name().name() == name)
}

/// The trimmed text of an element at a path, `None` where it is absent or empty.
pub(super) fn text_at(node: Node<'_, '_>, path: &str) -> Option<String> {
    trimmed(find(node, path)?)
}

/// All text of an element, trimmed; `None` where empty.
pub(super) fn trimmed(node: Node<'_, '_>) -> Option<String> {
    let text: String = node
        .descendants()
        .filter(Node::is_text)
        .filter_map(|n| n.text())
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The text at a path as a finite number.
pub(super) fn number_at(node: Node<'_, '_>, path: &str) -> Option<f64> {
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
    fn a_doctype_is_dropped_and_one_with_entities_refused() {
        assert_eq!(prepare(b"<!DOCTYPE R SYSTEM 'x.dtd'><R/>").unwrap(), "<R/>");
        assert!(prepare(b"<!DOCTYPE R [<!ENTITY a 'b'>]><R>&a;</R>").is_err());
    }

    #[test]
    fn deep_nesting_and_attribute_floods_are_refused() {
        assert!(prepare("<a>".repeat(1000).as_bytes()).is_err());
        let flood = format!(
            "<a {}/>",
            (0..2000).map(|i| format!("b{i}='1' ")).collect::<String>()
        );
        assert!(prepare(flood.as_bytes()).is_err());
        // Padding of base64 in one attribute is no flood.
        assert!(prepare(format!("<a b='{}'/>", "=".repeat(5000)).as_bytes()).is_ok());
    }

    #[test]
    fn utf16_and_latin1_are_decoded() {
        let utf16: Vec<u8> = "<R>é</R>"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(prepare(&utf16).unwrap(), "<R>é</R>");
        let latin1 = prepare(b"<?xml version='1.0' encoding='ISO-8859-1'?><R>\xe9</R>").unwrap();
        assert!(latin1.ends_with("<R>é</R>"), "{latin1}");
    }
}
