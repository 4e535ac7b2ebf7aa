//! Character sets of DICOM (PS3.3 C.12.1.1.2, PS3.5 6.1.2).

use encoding_rs::Encoding;

use crate::formats::fields;

const ESCAPE: u8 = 0x1b;

/// Decodes a value in the data set's character sets; `None` where empty.
pub(super) fn decode(bytes: &[u8], charset: &str) -> Option<String> {
    let mut sets = charset.split('\\').map(str::trim);
    if bytes.contains(&ESCAPE) {
        let first = sets.next().and_then(encoding);
        return plain(&escaped(bytes, first));
    }
    // Without escapes it is the first set; some writers leave that open and mean the other one.
    match sets.find_map(encoding) {
        Some(encoding) => plain(encoding.decode_without_bom_handling(bytes).0.as_ref()),
        None => plain(crate::formats::text::decode(bytes).as_ref()),
    }
}

fn encoding(term: &str) -> Option<&'static Encoding> {
    Some(match term {
        "ISO_IR 192" => encoding_rs::UTF_8,
        "ISO_IR 100" | "ISO 2022 IR 100" => encoding_rs::WINDOWS_1252,
        "ISO_IR 101" | "ISO 2022 IR 101" => encoding_rs::ISO_8859_2,
        "ISO_IR 109" | "ISO 2022 IR 109" => encoding_rs::ISO_8859_3,
        "ISO_IR 110" | "ISO 2022 IR 110" => encoding_rs::ISO_8859_4,
        "ISO_IR 144" | "ISO 2022 IR 144" => encoding_rs::ISO_8859_5,
        "ISO_IR 127" | "ISO 2022 IR 127" => encoding_rs::ISO_8859_6,
        "ISO_IR 126" | "ISO 2022 IR 126" => encoding_rs::ISO_8859_7,
        "ISO_IR 138" | "ISO 2022 IR 138" => encoding_rs::ISO_8859_8,
        "ISO_IR 148" | "ISO 2022 IR 148" => encoding_rs::WINDOWS_1254,
        "ISO_IR 166" | "ISO 2022 IR 166" => encoding_rs::WINDOWS_874,
        "ISO_IR 13" | "ISO 2022 IR 13" => encoding_rs::SHIFT_JIS,
        "ISO 2022 IR 87" | "ISO 2022 IR 159" => encoding_rs::ISO_2022_JP,
        "ISO 2022 IR 149" => encoding_rs::EUC_KR,
        "GB18030" | "GBK" | "ISO 2022 IR 58" => encoding_rs::GB18030,
        _ => return None,
    })
}

/// What the bytes after an escape sequence are.
#[derive(Clone, Copy)]
enum Set {
    /// Bytes of this encoding.
    Of(&'static Encoding),
    /// Pairs of seven bits: JIS X 0208.
    Kanji,
    /// The same of JIS X 0212.
    Supplementary,
}

/// The escape sequences of the terms above (PS3.3 tables C.12-3 and C.12-4), without their first byte.
const ESCAPES: [(&[u8], Set); 17] = [
    (b"(B", Set::Of(encoding_rs::WINDOWS_1252)),
    (b"-A", Set::Of(encoding_rs::WINDOWS_1252)),
    (b"-B", Set::Of(encoding_rs::ISO_8859_2)),
    (b"-C", Set::Of(encoding_rs::ISO_8859_3)),
    (b"-D", Set::Of(encoding_rs::ISO_8859_4)),
    (b"-L", Set::Of(encoding_rs::ISO_8859_5)),
    (b"-G", Set::Of(encoding_rs::ISO_8859_6)),
    (b"-F", Set::Of(encoding_rs::ISO_8859_7)),
    (b"-H", Set::Of(encoding_rs::ISO_8859_8)),
    (b"-M", Set::Of(encoding_rs::WINDOWS_1254)),
    (b"-T", Set::Of(encoding_rs::WINDOWS_874)),
    (b"(J", Set::Of(encoding_rs::SHIFT_JIS)),
    (b")I", Set::Of(encoding_rs::SHIFT_JIS)),
    (b"$B", Set::Kanji),
    (b"$(D", Set::Supplementary),
    (b"$)C", Set::Of(encoding_rs::EUC_KR)),
    (b"$)A", Set::Of(encoding_rs::GBK)),
];

/// Decodes runs between escape sequences, each in the set that the sequence names. Where a part of a value ends, the
/// `first` set holds again.
fn escaped(bytes: &[u8], first: Option<&'static Encoding>) -> String {
    // Kanji are only reached by an escape.
    let first = first.filter(|first| *first != encoding_rs::ISO_2022_JP);
    let initial = Set::Of(first.unwrap_or(encoding_rs::WINDOWS_1252));
    let (mut text, mut set) = (String::new(), initial);
    for (index, run) in bytes.split(|&byte| byte == ESCAPE).enumerate() {
        let mut known = ESCAPES.iter().filter(|_| index > 0);
        let named = known.find_map(|(sequence, set)| Some((run.strip_prefix(*sequence)?, *set)));
        let rest = named.map_or(run, |(rest, _)| rest);
        set = named.map_or(set, |(_, set)| set);
        // Of the pairs of kanji either byte may look like a mark.
        let ends = |byte: &u8| match set {
            Set::Of(_) => first.is_some() && matches!(byte, b'^' | b'=' | b'\\' | b'\n' | b'\r'),
            Set::Kanji | Set::Supplementary => matches!(byte, b'\n' | b'\r'),
        };
        let end = rest.iter().position(ends).unwrap_or(rest.len());
        let (own, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        text += &set.decode(own);
        if !after.is_empty() {
            set = initial;
            text += &set.decode(after);
        }
    }
    text
}

impl Set {
    fn decode(self, bytes: &[u8]) -> String {
        // As pairs of eight bits they are EUC.
        let pairs = |lead: &[u8]| -> Vec<u8> {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let wide = pairs
                .iter()
                .flat_map(|[a, b]| [lead, &[a | 0x80, b | 0x80]].concat());
            wide.chain(rest.iter().copied()).collect()
        };
        let (encoding, bytes) = match self {
            Self::Of(encoding) => (encoding, bytes.to_vec()),
            Self::Kanji => (encoding_rs::EUC_JP, pairs(&[])),
            Self::Supplementary => (encoding_rs::EUC_JP, pairs(&[0x8f])),
        };
        encoding.decode_without_bom_handling(&bytes).0.into_owned()
    }
}

fn plain(text: &str) -> Option<String> {
    let text = text.trim_matches([' ', '\0']);
    (!text.is_empty()).then(|| text.to_owned())
}

/// Given and family name of `Family^Given^Middle^Prefix^Suffix` (PS3.5 6.2.1), in the first of several spellings. A name
/// that is not in components is not taken apart.
pub(super) fn person(name: &str) -> (Option<String>, Option<String>) {
    let mut spellings = name.split('=');
    let spelling = spellings.find(|spelling| !spelling.trim().is_empty());
    fields::person(spelling.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_apart_by_its_components() {
        for (name, given, family) in [
            ("Doe^Jane^Q^Dr^PhD", "Dr Jane Q", "Doe PhD"),
            ("Doe^Jane", "Jane", "Doe"),
            ("Jane Doe", "Jane Doe", ""),
            ("Doe^^^^", "Doe", ""),
            ("=山田^太郎", "太郎", "山田"),
            ("", "", ""),
        ] {
            let (own_given, own_family) = person(name);
            let told = (
                own_given.unwrap_or_default(),
                own_family.unwrap_or_default(),
            );
            assert_eq!(told, (given.to_owned(), family.to_owned()), "{name}");
        }
    }

    /// The examples of PS3.5 annexes H to K, and Cyrillic behind Latin letters.
    #[test]
    fn names_with_escapes_are_read_in_the_sets_that_they_name() {
        for (bytes, charset, name) in [
            (
                b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B"
                    .as_slice(),
                "\\ISO 2022 IR 87",
                "Yamada^Tarou=山田^太郎=やまだ^たろう",
            ),
            (
                b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
                "ISO 2022 IR 13\\ISO 2022 IR 87",
                "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
            ),
            (
                b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
                "\\ISO 2022 IR 149",
                "Hong^Gildong=洪^吉洞=홍^길동",
            ),
            (
                b"M\xfcller^\x1b-L\xb8\xd2\xd0\xdd=\xe4",
                "ISO 2022 IR 100\\ISO 2022 IR 144",
                "Müller^Иван=ä",
            ),
        ] {
            assert_eq!(decode(bytes, charset).as_deref(), Some(name));
        }
    }
}
