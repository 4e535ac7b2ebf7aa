//! Character sets of DICOM (PS3.3 C.12.1.1.2).

use encoding_rs::Encoding;

/// Decodes a value in the data set's character set; `None` where empty.
pub(super) fn decode(bytes: &[u8], charset: &str) -> Option<String> {
    let encoding: &Encoding = match charset.rsplit('\\').next().unwrap_or_default().trim() {
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
        _ => return plain(crate::formats::text::decode(bytes).as_ref()),
    };
    plain(encoding.decode_without_bom_handling(bytes).0.as_ref())
}

fn plain(text: &str) -> Option<String> {
    let text = text.trim_matches([' ', '\0']);
    (!text.is_empty()).then(|| text.to_owned())
}

/// `Family^Given^Middle` in readable order of its parts, one spelling of several.
pub(super) fn person(name: &str) -> String {
    let mut spellings = name
        .split('=')
        .filter(|spelling| !spelling.trim().is_empty());
    let spelling = spellings.next().unwrap_or_default();
    let parts: Vec<&str> = spelling
        .split('^')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    match parts.as_slice() {
        [family, given @ ..] if !given.is_empty() => format!("{family}, {}", given.join(" ")),
        parts => parts.join(" "),
    }
}
