use crate::ecg::Counts;

/// How samples lie in a signal file (<https://physionet.org/physiotools/wag/signal-5.htm>).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// 16 bits, little-endian two's complement.
    Bits16,
    /// 24 bits, little-endian two's complement.
    Bits24,
    /// 32 bits, little-endian two's complement.
    Bits32,
    /// 16 bits, big-endian two's complement.
    Bits16BigEndian,
    /// 8 bits, offset binary.
    Offset8,
    /// 16 bits, offset binary, little-endian.
    Offset16,
    /// First differences in 8 bits.
    Difference8,
    /// Two 12-bit samples in three bytes.
    Packed12,
    /// Three 10-bit samples in four bytes, two 16-bit words with a spare low bit.
    Packed10In16,
    /// Three 10-bit samples in four bytes, one 32-bit word with two spare high bits.
    Packed10In32,
    /// FLAC, one channel a signal.
    Flac8,
    Flac16,
    Flac24,
    /// No samples: a null signal, or the signal lines of a layout segment.
    Nothing,
}

impl Encoding {
    pub(super) fn from_code(code: u32) -> Option<Self> {
        Some(match code {
            0 => Self::Nothing,
            8 => Self::Difference8,
            16 => Self::Bits16,
            24 => Self::Bits24,
            32 => Self::Bits32,
            61 => Self::Bits16BigEndian,
            80 => Self::Offset8,
            160 => Self::Offset16,
            212 => Self::Packed12,
            310 => Self::Packed10In16,
            311 => Self::Packed10In32,
            508 => Self::Flac8,
            516 => Self::Flac16,
            524 => Self::Flac24,
            _ => return None,
        })
    }

    /// The count that marks a missing sample: the least one, except for differences, which have none.
    pub(super) fn missing(self) -> Option<i32> {
        match self {
            Self::Difference8 | Self::Nothing => None,
            Self::Offset8 | Self::Flac8 => Some(-128),
            Self::Packed10In16 | Self::Packed10In32 => Some(-512),
            Self::Packed12 => Some(-2048),
            Self::Bits16 | Self::Bits16BigEndian | Self::Offset16 | Self::Flac16 => Some(-32_768),
            Self::Bits24 | Self::Flac24 => Some(-8_388_608),
            Self::Bits32 => Some(i32::MIN),
        }
    }

    fn is_wide(self) -> bool {
        matches!(
            self,
            Self::Bits24 | Self::Bits32 | Self::Difference8 | Self::Flac24
        )
    }

    /// Counts of this width, none yet.
    pub(super) fn no_counts(self) -> Counts {
        if self.is_wide() {
            Counts::I32(Vec::new())
        } else {
            Counts::I16(Vec::new())
        }
    }

    /// Whether the size of the file does not tell how many samples it holds.
    pub(super) fn is_compressed(self) -> bool {
        matches!(self, Self::Flac8 | Self::Flac16 | Self::Flac24)
    }

    /// How many samples `bytes` bytes hold.
    pub(super) fn samples_in(self, bytes: u64) -> u64 {
        match self {
            Self::Difference8 | Self::Offset8 => bytes,
            Self::Flac8 | Self::Flac16 | Self::Flac24 | Self::Nothing => 0,
            Self::Bits16 | Self::Bits16BigEndian | Self::Offset16 => bytes / 2,
            Self::Bits24 => bytes / 3,
            Self::Bits32 => bytes / 4,
            Self::Packed12 => bytes / 3 * 2 + bytes % 3 / 2,
            // The first sample of a group ends within its second byte; the second one within its
            // third byte in format 311, within its fourth in format 310.
            Self::Packed10In16 => bytes / 4 * 3 + bytes % 4 / 2,
            Self::Packed10In32 => bytes / 4 * 3 + (bytes % 4).saturating_sub(1),
        }
    }

    /// How many bytes `samples` samples take.
    pub(super) fn bytes_for(self, samples: u64) -> Option<u64> {
        Some(match self {
            Self::Difference8 | Self::Offset8 => samples,
            Self::Flac8 | Self::Flac16 | Self::Flac24 | Self::Nothing => return None,
            Self::Bits16 | Self::Bits16BigEndian | Self::Offset16 => samples.checked_mul(2)?,
            Self::Bits24 => samples.checked_mul(3)?,
            Self::Bits32 => samples.checked_mul(4)?,
            Self::Packed12 => samples.checked_mul(3)?.div_ceil(2),
            Self::Packed10In16 | Self::Packed10In32 => {
                samples.checked_add(2)?.checked_div(3)?.checked_mul(4)?
            }
        })
    }

    /// Sample number `index` of the file; differences are handed out as differences.
    fn sample(self, bytes: &[u8], index: usize) -> Option<i32> {
        fn field<const N: usize>(bytes: &[u8], start: usize) -> Option<[u8; N]> {
            bytes.get(start..start.checked_add(N)?)?.try_into().ok()
        }
        let low = |start: usize| bytes.get(start).map(|&byte| i32::from(byte));
        Some(match self {
            Self::Bits16 => i32::from(i16::from_le_bytes(field(bytes, index.checked_mul(2)?)?)),
            Self::Bits16BigEndian => {
                i32::from(i16::from_be_bytes(field(bytes, index.checked_mul(2)?)?))
            }
            Self::Offset16 => {
                i32::from(u16::from_le_bytes(field(bytes, index.checked_mul(2)?)?)) - 32_768
            }
            Self::Bits24 => {
                let [a, b, c] = field(bytes, index.checked_mul(3)?)?;
                i32::from_le_bytes([0, a, b, c]) >> 8
            }
            Self::Bits32 => i32::from_le_bytes(field(bytes, index.checked_mul(4)?)?),
            Self::Offset8 => low(index)? - 128,
            Self::Difference8 => i32::from(i8::from_le_bytes(field(bytes, index)?)),
            Self::Flac8 | Self::Flac16 | Self::Flac24 | Self::Nothing => return None,
            Self::Packed12 => {
                let start = (index / 2).checked_mul(3)?;
                let middle = low(start + 1)?;
                if index.is_multiple_of(2) {
                    sign_extend((middle & 0x0f) << 8 | low(start)?, 12)
                } else {
                    sign_extend((middle & 0xf0) << 4 | low(start + 2)?, 12)
                }
            }
            Self::Packed10In16 => {
                let start = (index / 3).checked_mul(4)?;
                let word = |at: usize| Some(low(at)? | low(at + 1)? << 8);
                match index % 3 {
                    0 => sign_extend(word(start)? >> 1 & 0x3ff, 10),
                    1 => sign_extend(word(start + 2)? >> 1 & 0x3ff, 10),
                    _ => sign_extend(
                        word(start)? >> 11 & 0x1f | word(start + 2)? >> 6 & 0x3e0,
                        10,
                    ),
                }
            }
            Self::Packed10In32 => {
                let start = (index / 3).checked_mul(4)?;
                let word = |at: usize| Some(low(at)? | low(at + 1)? << 8);
                match index % 3 {
                    0 => sign_extend(word(start)? & 0x3ff, 10),
                    1 => sign_extend(word(start + 1)? >> 2 & 0x3ff, 10),
                    _ => sign_extend(word(start + 2)? >> 4 & 0x3ff, 10),
                }
            }
        })
    }
}

fn sign_extend(value: i32, bits: u32) -> i32 {
    value << (32 - bits) >> (32 - bits)
}

/// Where one signal's samples lie among the samples of its file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placement {
    /// Samples of all signals in one frame.
    pub frame: usize,
    /// Samples of earlier signals in the frame.
    pub first: usize,
    /// Samples of this signal in the frame.
    pub samples_per_frame: usize,
    /// Whole frames to read.
    pub frames: usize,
    /// Frames by which this signal lies later in the file than its time.
    pub skew: usize,
}

/// Reads one signal out of its file's bytes. The samples that skew moves past the end are missing.
pub(super) fn read(
    encoding: Encoding,
    bytes: &[u8],
    at: Placement,
    initial_value: Option<i32>,
) -> Counts {
    let indices = (0..at.frames).flat_map(|frame| {
        let inside = frame + at.skew < at.frames;
        let start = (frame + at.skew) * at.frame + at.first;
        (start..start + at.samples_per_frame).map(move |index| inside.then_some(index))
    });
    let missing = encoding.missing().unwrap_or(0);
    let mut sum = initial_value.unwrap_or(0);
    let samples = indices.map(|index| {
        let sample = index.and_then(|index| encoding.sample(bytes, index));
        if encoding != Encoding::Difference8 {
            return sample.unwrap_or(missing);
        }
        // The first difference leads from the initial value to the first sample.
        sum = sum.wrapping_add(sample.unwrap_or(0));
        sum
    });
    collect(encoding, samples)
}

/// A decoded FLAC channel without its first `skew` samples; as many missing ones end it.
pub(super) fn skewed(encoding: Encoding, channel: Counts, skew: usize) -> Counts {
    fn shift<T: Copy>(mut counts: Vec<T>, skew: usize, missing: T) -> Vec<T> {
        let skew = skew.min(counts.len());
        counts.rotate_left(skew);
        let last = counts.len() - skew;
        counts
            .iter_mut()
            .skip(last)
            .for_each(|count| *count = missing);
        counts
    }
    let missing = encoding.missing().unwrap_or(0);
    match channel {
        // A narrow encoding's mark fits 16 bits.
        Counts::I16(counts) => Counts::I16(shift(
            counts,
            skew,
            i16::try_from(missing).unwrap_or(i16::MIN),
        )),
        Counts::I32(counts) => Counts::I32(shift(counts, skew, missing)),
        Counts::F64(counts) => Counts::F64(counts),
    }
}

fn collect(encoding: Encoding, samples: impl Iterator<Item = i32>) -> Counts {
    if encoding.is_wide() {
        Counts::I32(samples.collect())
    } else {
        // Every narrow encoding fits 16 bits by construction.
        #[allow(clippy::cast_possible_truncation)]
        Counts::I16(samples.map(|sample| sample as i16).collect())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    // Byte layouts worked out by hand from the format's description.
    #[test]
    fn packed_formats_are_unpacked_as_described() {
        // 212: samples -1 and 0x123.
        let bytes = [0xff, 0x1f, 0x23];
        assert_eq!(Encoding::Packed12.sample(&bytes, 0), Some(-1));
        assert_eq!(Encoding::Packed12.sample(&bytes, 1), Some(0x123));
        assert_eq!(Encoding::Packed12.sample(&bytes, 2), None);
        // 311: 1, -2, 3 in the low 30 bits of one word.
        let word: u32 = 1 | (0x3fe << 10) | (3 << 20);
        let bytes = word.to_le_bytes();
        let unpacked: Vec<_> = (0..3)
            .map(|i| Encoding::Packed10In32.sample(&bytes, i).unwrap())
            .collect();
        assert_eq!(unpacked, [1, -2, 3]);
        // 24 bits: -2.
        assert_eq!(Encoding::Bits24.sample(&[0xfe, 0xff, 0xff], 0), Some(-2));
        assert_eq!(Encoding::Offset8.sample(&[0], 0), Some(-128));
    }

    #[test]
    fn sizes_in_samples_and_bytes_agree() {
        for encoding in [
            Encoding::Bits16,
            Encoding::Bits24,
            Encoding::Bits32,
            Encoding::Offset8,
            Encoding::Packed12,
            Encoding::Packed10In16,
            Encoding::Packed10In32,
        ] {
            for samples in 0..40 {
                let bytes = encoding.bytes_for(samples).unwrap();
                assert!(
                    encoding.samples_in(bytes) >= samples,
                    "{encoding:?} {samples}"
                );
            }
        }
    }

    #[test]
    fn a_skewed_signal_ends_in_missing_samples() {
        let bytes: Vec<u8> = [10_i16, 20, 30]
            .iter()
            .flat_map(|v| v.to_le_bytes())
            .collect();
        let at = Placement {
            frame: 1,
            first: 0,
            samples_per_frame: 1,
            frames: 3,
            skew: 1,
        };
        assert_eq!(
            read(Encoding::Bits16, &bytes, at, None),
            Counts::I16(vec![20, 30, i16::MIN])
        );
    }
}
