//! Integers at byte offsets; nothing here panics on a short file.

/// Bytes of a file with checked access.
#[derive(Clone, Copy)]
pub(super) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// `N` bytes at an offset.
    pub(super) fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..at.checked_add(N)?)?.try_into().ok()
    }

    /// `length` bytes at an offset.
    pub(super) fn slice(self, at: usize, length: usize) -> Option<&'a [u8]> {
        self.0.get(at..at.checked_add(length)?)
    }

    pub(super) fn u8(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    pub(super) fn u16_le(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    pub(super) fn i16_le(self, at: usize) -> Option<i16> {
        self.array(at).map(i16::from_le_bytes)
    }

    pub(super) fn u32_le(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    pub(super) fn i32_le(self, at: usize) -> Option<i32> {
        self.array(at).map(i32::from_le_bytes)
    }

    /// Text up to the first NUL, trimmed, in UTF-8 or Windows-1252; `None` where empty or outside.
    pub(super) fn text(self, at: usize, length: usize) -> Option<String> {
        let bytes = self.slice(at, length)?;
        let bytes = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        let text = super::text::decode(bytes);
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }
}

/// A length from the file as a size in memory; one that does not fit is larger than any file.
pub(super) fn size(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
