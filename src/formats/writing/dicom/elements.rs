//! Data elements in explicit little-endian (PS3.5 section 7.1.2).

/// A decimal string of at most sixteen characters, as exact as these allow.
pub(super) fn sixteen(value: f64) -> String {
    let whole = format!("{value}");
    if whole.len() <= 16 {
        return whole;
    }
    (0..=14)
        .rev()
        .map(|digits| format!("{value:.digits$}"))
        .find(|text| text.len() <= 16)
        .unwrap_or_else(|| format!("{value:.8e}"))
}

/// Data elements one after the other, which callers give in the order of their tags.
#[derive(Default)]
pub(super) struct Elements(pub(super) Vec<u8>);

impl Elements {
    pub(super) fn bytes(&mut self, group: u16, element: u16, vr: &str, value: &[u8]) {
        self.0.extend_from_slice(&group.to_le_bytes());
        self.0.extend_from_slice(&element.to_le_bytes());
        self.0.extend_from_slice(vr.as_bytes());
        let padded = value.len() + value.len() % 2;
        if matches!(vr, "OB" | "OW" | "SQ") {
            self.0.extend_from_slice(&[0, 0]);
            let length = u32::try_from(padded).unwrap_or(u32::MAX);
            self.0.extend_from_slice(&length.to_le_bytes());
        } else {
            let length = u16::try_from(padded).unwrap_or(u16::MAX);
            self.0.extend_from_slice(&length.to_le_bytes());
        }
        self.0.extend_from_slice(value);
        if value.len() % 2 == 1 {
            self.0
                .push(if matches!(vr, "UI" | "OB") { 0 } else { b' ' });
        }
    }

    /// Text, cut to what its representation may hold. A backslash would begin another value, but in texts of paragraphs,
    /// which alone may hold lines (PS3.5 6.2).
    pub(super) fn text(&mut self, group: u16, element: u16, vr: &str, value: &str) {
        let most = match vr {
            "CS" | "SH" | "DS" => 16,
            "LO" | "PN" | "UI" => 64,
            _ => 1024,
        };
        let paragraphs = matches!(vr, "ST" | "LT" | "UT");
        let kept = |c: &char| match c {
            '\r' | '\n' | '\t' | '\x0c' | '\\' => paragraphs,
            c => !c.is_control(),
        };
        let cut: String = value.chars().filter(kept).take(most).collect();
        self.bytes(group, element, vr, cut.as_bytes());
    }

    pub(super) fn shorts(&mut self, group: u16, element: u16, values: &[u16]) {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.bytes(group, element, "US", &bytes);
    }

    pub(super) fn sequence(&mut self, group: u16, element: u16, items: &[Self]) {
        let mut value = Vec::new();
        for item in items {
            value.extend_from_slice(&[0xfe, 0xff, 0x00, 0xe0]);
            let length = u32::try_from(item.0.len()).unwrap_or(u32::MAX);
            value.extend_from_slice(&length.to_le_bytes());
            value.extend_from_slice(&item.0);
        }
        self.bytes(group, element, "SQ", &value);
    }

    pub(super) fn code(&mut self, value: &str, scheme: &str, meaning: &str) {
        self.text(0x0008, 0x0100, "SH", value);
        self.text(0x0008, 0x0102, "SH", scheme);
        self.text(0x0008, 0x0104, "LO", meaning);
    }

    pub(super) fn versioned_code(
        &mut self,
        value: &str,
        scheme: &str,
        version: &str,
        meaning: &str,
    ) {
        self.text(0x0008, 0x0100, "SH", value);
        self.text(0x0008, 0x0102, "SH", scheme);
        self.text(0x0008, 0x0103, "SH", version);
        self.text(0x0008, 0x0104, "LO", meaning);
    }
}
