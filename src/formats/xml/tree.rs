//! The elements and texts of an XML document, where they lie in its source. Samples make most of such a file; none of
//! them is copied or looked at twice before its reader asks for it.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{resolve_predefined_entity, unescape};
use quick_xml::events::attributes::Attributes;
use quick_xml::events::{BytesRef, Event};

use crate::formats::Error;

const DEEPEST: usize = 128;
const MOST_ATTRIBUTES: usize = 256;
/// A day's beats with all their boundaries have some millions.
const MOST_NODES: usize = 4_000_000;

/// A whole document.
#[derive(Debug)]
pub(crate) struct Document<'s> {
    source: &'s str,
    /// In the order of the source, so that what is inside an element follows it.
    entries: Vec<Entry>,
    /// Values of attributes that hold references, by where they start in the source.
    unescaped: Vec<(u32, String)>,
}

#[derive(Debug)]
struct Entry {
    kind: Kind,
    parent: u32,
    /// Number of the first entry that is not inside.
    end: u32,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// What lies between `<` and `>`, and how long the name is with which it begins.
    Element {
        start: u32,
        length: u32,
        name: u16,
    },
    Text {
        start: u32,
        length: u32,
    },
    /// `&amp;`, `&#38;`
    Character(char),
}

/// An element or a piece of text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'d> {
    document: &'d Document<'d>,
    index: u32,
}

impl<'s> Document<'s> {
    /// Parses a document; its root element is there.
    ///
    /// # Errors
    /// Line and reason where the XML is broken, nested too deep, flooded with attributes or nodes, or declares entities.
    pub(super) fn parse(source: &'s str) -> Result<Self, Error> {
        if u32::try_from(source.len()).is_err() {
            return Err(Error::unsupported("the XML is larger than 4 GiB"));
        }
        let mut reader = Reader::from_str(source);
        let mut builder = Builder {
            document: Self {
                source,
                entries: Vec::new(),
                unescaped: Vec::new(),
            },
            open: Vec::new(),
        };
        loop {
            let start = reader.buffer_position();
            let at = |error: Error| error.at_line(line(source, start));
            let event = reader
                .read_event()
                .map_err(|error| broken(&error).at_line(line(source, reader.error_position())))?;
            if matches!(event, Event::Eof) {
                break;
            }
            let span = (index(start), index(reader.buffer_position()));
            builder.add(&event, span).map_err(at)?;
        }
        let document = builder.document;
        if let Some(open) = builder.open.last() {
            let name = document.node(*open).name();
            let reason = format!("the XML is broken: the file ends inside the element {name}");
            return Err(Error::damaged(reason));
        }
        if document.entries.is_empty() {
            return Err(Error::damaged("the XML holds no element"));
        }
        Ok(document)
    }

    /// The outermost element.
    pub(crate) fn root_element(&self) -> Node<'_> {
        self.node(0)
    }

    fn node(&self, index: u32) -> Node<'_> {
        Node {
            document: self,
            index,
        }
    }
}

fn broken(error: &dyn std::fmt::Display) -> Error {
    Error::damaged(format!("the XML is broken: {error}"))
}

/// A position, which is no larger than a source whose length was checked.
fn index(position: u64) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

fn line(source: &str, position: u64) -> usize {
    let before = usize::try_from(position).unwrap_or(usize::MAX);
    let before = source.as_bytes().get(..before).unwrap_or_default();
    1 + before.iter().filter(|&&byte| byte == b'\n').count()
}

struct Builder<'s> {
    document: Document<'s>,
    /// The elements that are not closed yet.
    open: Vec<u32>,
}

impl Builder<'_> {
    fn add(&mut self, event: &Event<'_>, (start, end): (u32, u32)) -> Result<(), Error> {
        match event {
            Event::Start(tag) => {
                let opened = self.element(tag.name().as_ref().len(), start + 1, end - 1)?;
                self.open.push(opened);
                if self.open.len() > DEEPEST {
                    let reason = format!("elements are nested more than {DEEPEST} deep");
                    return Err(Error::damaged(reason));
                }
            }
            Event::Empty(tag) => {
                self.element(tag.name().as_ref().len(), start + 1, end - 2)?;
            }
            Event::End(_) => {
                let after = index(self.document.entries.len() as u64);
                let closed = self.open.pop().map(|closed| closed as usize);
                if let Some(entry) = closed.and_then(|at| self.document.entries.get_mut(at)) {
                    entry.end = after;
                }
            }
            Event::Text(text) => {
                let blank = text.iter().all(u8::is_ascii_whitespace);
                if self.open.is_empty() {
                    return if blank {
                        Ok(())
                    } else {
                        Err(Error::damaged("the XML is broken: text outside its root"))
                    };
                }
                // Indentation is no text; a space between two pieces of it is.
                if !blank || !text.contains(&b'\n') || self.follows_text() {
                    self.push(Kind::Text {
                        start,
                        length: end - start,
                    })?;
                }
            }
            Event::CData(_) | Event::GeneralRef(_) if self.open.is_empty() => {
                return Err(Error::damaged("the XML is broken: text outside its root"));
            }
            Event::CData(data) => {
                let length = index(data.len() as u64);
                let start = start + index("<![CDATA[".len() as u64);
                self.push(Kind::Text { start, length })?;
            }
            Event::GeneralRef(reference) => {
                let character = character(reference)?;
                self.push(Kind::Character(character))?;
            }
            // Elements and attributes may be declared: their types change nothing that is read.
            Event::DocType(declaration) if declares_entity(declaration) => {
                return Err(Error::unsupported(
                    "the DOCTYPE declares entities of its own, which are not read",
                ));
            }
            Event::DocType(_) | Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::Eof => {}
        }
        Ok(())
    }

    /// Whether what comes next goes on with a text.
    fn follows_text(&self) -> bool {
        self.document.entries.last().is_some_and(|last| {
            Some(&last.parent) == self.open.last() && !matches!(last.kind, Kind::Element { .. })
        })
    }

    fn element(&mut self, name: usize, start: u32, end: u32) -> Result<u32, Error> {
        if self.open.is_empty() && !self.document.entries.is_empty() {
            return Err(Error::damaged("the XML is broken: it has a second root"));
        }
        let length = end.saturating_sub(start);
        let name = u16::try_from(name)
            .map_err(|_| Error::damaged("the XML is broken: a name of 65536 letters"))?;
        let tag = part(self.document.source, start, length);
        let mut attributes = Attributes::new(tag, usize::from(name));
        for (number, attribute) in attributes.with_checks(false).enumerate() {
            if number >= MOST_ATTRIBUTES {
                let reason = format!("an element has more than {MOST_ATTRIBUTES} attributes");
                return Err(Error::damaged(reason));
            }
            let attribute = attribute.map_err(|error| broken(&error))?;
            if attribute.value.contains(&b'&') {
                let text = std::str::from_utf8(&attribute.value).unwrap_or_default();
                let text = unescape(text).map_err(|error| broken(&error))?.into_owned();
                let place = start + place(tag, &attribute.value);
                self.document.unescaped.push((place, text));
            }
        }
        self.push(Kind::Element {
            start,
            length,
            name,
        })
    }

    fn push(&mut self, kind: Kind) -> Result<u32, Error> {
        let number = self.document.entries.len();
        if number >= MOST_NODES {
            let reason = format!("the XML has more than {MOST_NODES} elements and texts");
            return Err(Error::unsupported(reason));
        }
        let number = index(number as u64);
        self.document.entries.push(Entry {
            kind,
            parent: self.open.last().copied().unwrap_or(u32::MAX),
            end: number + 1,
        });
        Ok(number)
    }
}

/// Whether the internal subset of a DOCTYPE declares an entity, parsed or of parameters.
fn declares_entity(declaration: &[u8]) -> bool {
    let mark = b"<!ENTITY";
    declaration
        .windows(mark.len())
        .any(|part| part.eq_ignore_ascii_case(mark))
}

/// What a reference stands for; none of a document's own is known.
fn character(reference: &BytesRef<'_>) -> Result<char, Error> {
    if let Some(character) = reference.resolve_char_ref().map_err(|e| broken(&e))? {
        return Ok(character);
    }
    let name = reference.decode().unwrap_or_default();
    resolve_predefined_entity(&name)
        .and_then(|text| text.chars().next())
        .ok_or_else(|| broken(&format!("the entity {} is not known", name.escape_debug())))
}

fn part(source: &str, start: u32, length: u32) -> &str {
    let (start, length) = (start as usize, length as usize);
    source.get(start..start + length).unwrap_or_default()
}

/// Where in `whole` its part `part` begins.
fn place(whole: &str, part: &[u8]) -> u32 {
    let offset = part.as_ptr().addr().wrapping_sub(whole.as_ptr().addr());
    index(offset as u64)
}

impl<'d> Node<'d> {
    fn entry(self) -> Option<&'d Entry> {
        self.document.entries.get(self.index as usize)
    }

    /// The tag between its brackets and the length of its full name; nothing for text.
    fn tag(self) -> (u32, &'d str, usize) {
        match self.entry().map(|entry| entry.kind) {
            Some(Kind::Element {
                start,
                length,
                name,
            }) => {
                let tag = part(self.document.source, start, length);
                (start, tag, usize::from(name))
            }
            _ => (0, "", 0),
        }
    }

    /// The name of an element with its prefix; empty for text.
    fn full_name(self) -> &'d str {
        let (_, tag, length) = self.tag();
        tag.get(..length).unwrap_or_default()
    }

    /// The local name of an element; empty for text.
    pub(crate) fn name(self) -> &'d str {
        let full = self.full_name();
        let prefix = full.bytes().rposition(|byte| byte == b':');
        prefix.map_or(full, |colon| full.get(colon + 1..).unwrap_or_default())
    }

    /// Whether this is an element of that local name.
    pub(crate) fn is(self, name: &str) -> bool {
        let own = self.full_name();
        // Most names differ in length, which is seen sooner than that they differ in letters.
        match own.len().checked_sub(name.len()) {
            Some(0) => own == name,
            Some(prefix) => own.as_bytes().get(prefix - 1) == Some(&b':') && own.ends_with(name),
            None => false,
        }
    }

    /// The value of an attribute of that full name.
    pub(crate) fn attribute(self, name: &str) -> Option<&'d str> {
        let (start, tag, length) = self.tag();
        let mut attributes = Attributes::new(tag, length);
        let found = attributes
            .with_checks(false)
            .flatten()
            .find(|attribute| attribute.key.as_ref() == name.as_bytes())?;
        let Cow::Borrowed(value) = found.value else {
            return None;
        };
        if value.contains(&b'&') {
            let unescaped = &self.document.unescaped;
            let place = start + place(tag, value);
            let at = unescaped.binary_search_by_key(&place, |(place, _)| *place);
            return Some(unescaped.get(at.ok()?)?.1.as_str());
        }
        std::str::from_utf8(value).ok()
    }

    /// The element around this one.
    pub(crate) fn parent(self) -> Option<Node<'d>> {
        let parent = self.entry()?.parent;
        (parent != u32::MAX).then(|| self.document.node(parent))
    }

    /// This element and those around it, from the inside out.
    pub(crate) fn ancestors(self) -> impl Iterator<Item = Node<'d>> {
        std::iter::successors(Some(self), |node| node.parent())
    }

    fn end(self) -> u32 {
        self.entry().map_or(self.index, |entry| entry.end)
    }

    /// Elements and texts directly inside.
    pub(crate) fn children(self) -> impl Iterator<Item = Node<'d>> {
        let (end, document) = (self.end(), self.document);
        let first = (self.index + 1 < end).then(|| document.node(self.index + 1));
        std::iter::successors(first, move |node| {
            (node.end() < end).then(|| document.node(node.end()))
        })
    }

    /// This node and everything inside it.
    pub(crate) fn descendants(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.document;
        (self.index..self.end()).map(move |index| document.node(index))
    }

    /// All text inside; of one piece where it lies in the file.
    pub(crate) fn text(self) -> Cow<'d, str> {
        let mut text = Cow::Borrowed("");
        for node in self.descendants() {
            match node.entry().map(|entry| entry.kind) {
                Some(Kind::Text { start, length }) => {
                    let piece = part(self.document.source, start, length);
                    if text.is_empty() {
                        text = Cow::Borrowed(piece);
                    } else {
                        text.to_mut().push_str(piece);
                    }
                }
                Some(Kind::Character(character)) => text.to_mut().push(character),
                _ => {}
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_attributes_and_texts_are_found_where_they_lie() {
        let source = "<?xml version='1.0'?>\n<!DOCTYPE r SYSTEM 'r.dtd'>\n<x:r a='1' b=\"&lt;2&#x41;\">\n <!-- no --><s/>\n \
                      <t>one &amp;\n <![CDATA[<two>]]></t><t c = '3'>3 <u>4</u> 5</t>\n</x:r>\n";
        let document = Document::parse(source).unwrap();
        let root = document.root_element();
        assert_eq!((root.name(), root.attribute("a")), ("r", Some("1")));
        assert_eq!(root.attribute("b"), Some("<2A"));
        assert_eq!(root.attribute("c"), None);
        let names: Vec<_> = root.children().map(Node::name).collect();
        assert_eq!(names, ["s", "t", "t"]);
        let texts: Vec<_> = root.children().map(Node::text).collect();
        assert_eq!(texts, ["", "one &\n <two>", "3 4 5"]);
        assert!(matches!(
            root.children().nth(1).unwrap().text(),
            Cow::Owned(_)
        ));
        assert!(root.is("r") && !root.is("x") && !root.is("x:R"));
        let inner = root.descendants().find(|node| node.is("u")).unwrap();
        assert!(matches!(inner.text(), Cow::Borrowed("4")));
        let around: Vec<_> = inner.ancestors().map(Node::name).collect();
        assert_eq!(around, ["u", "t", "r"]);
        assert_eq!(root.parent().map(Node::name), None);
        // White space around the root is no part of it.
        let spaced = Document::parse(" <?xml version='1.0'?> <r> </r> ");
        assert_eq!(spaced.unwrap().root_element().name(), "r");
    }

    #[test]
    fn what_is_no_whole_document_is_refused_with_its_line() {
        for (source, words) in [
            ("<r>\n<s></r>", "line 2"),
            ("<r><s>", "ends inside the element s"),
            ("<r/><s/>", "second root"),
            ("<r/>words", "outside its root"),
            ("<r/>&amp;", "outside its root"),
            ("<![CDATA[a]]><r/>", "outside its root"),
            ("<r>\n\n&unknown;</r>", "line 3"),
            ("<r a='&unknown;'/>", "unknown"),
            ("<r a=1/>", "broken"),
            ("<r", "broken"),
            ("", "no element"),
        ] {
            let error = Document::parse(source).unwrap_err().to_string();
            assert!(error.contains(words), "{source}: {error}");
        }
    }
}
