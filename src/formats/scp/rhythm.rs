//! Reference beat (section 5) and rhythm (section 6): calibration and one run of bytes per lead.

use crate::ecg::{Warning, WarningCode};
use crate::formats::bytes::Bytes;
use crate::formats::{Error, check_rate};

use super::huffman::Tables;
use super::leads::LeadDefinition;
use super::zones::Zones;

/// A version of the standard from which on samples are stored as they are.
const THREE: u8 = 30;

/// Section 5 or 6: calibration and one run of bytes per lead.
pub(super) struct Block<'a> {
    pub nanovolts: u16,
    pub interval_us: u16,
    pub rate_hz: f64,
    differences: u8,
    pub bimodal: bool,
    section: &'static str,
    content: Bytes<'a>,
}

/// The rate that an interval in whole microseconds stands for: 1667 for 600 Hz.
fn rate_of(interval_us: f64, section: &'static str) -> Result<f64, Error> {
    let rate = check_rate(1e6 / interval_us).map_err(|error| error.at_field(section))?;
    let whole = rate.round();
    let near = (1e6 / whole - interval_us).abs() <= 0.5;
    Ok(if near { whole } else { rate })
}

impl<'a> Block<'a> {
    pub(super) fn parse(
        content: Bytes<'a>,
        section: &'static str,
        version: u8,
    ) -> Result<Self, Error> {
        let (Some(nanovolts), Some(interval_us), Some(differences), Some(flag)) = (
            content.u16_le(0),
            content.u16_le(2),
            content.u8(4),
            content.u8(5),
        ) else {
            return Err(Error::damaged("it is cut off").at_field(section));
        };
        if interval_us == 0 {
            return Err(Error::damaged("the time between samples is zero").at_field(section));
        }
        if differences > 2 {
            let reason = format!("difference code {differences} does not exist");
            return Err(Error::damaged(reason).at_field(section));
        }
        Ok(Self {
            nanovolts,
            interval_us,
            rate_hz: rate_of(f64::from(interval_us), section)?,
            differences,
            bimodal: flag & 1 != 0 && section == "section 6" && version < THREE,
            section,
            content,
        })
    }

    pub(super) fn check_gain(&mut self, warnings: &mut Vec<Warning>) {
        if self.nanovolts == 0 {
            self.nanovolts = 1000;
            warnings.push(Warning::new(
                WarningCode::DefaultGain,
                "The file states an amplitude of 0 a count; 1 uV is assumed, so amplitudes may be wrong.",
            ));
        }
    }

    /// All leads, each cut to its length.
    pub(super) fn decode(
        &self,
        lengths: &[usize],
        tables: Option<&Tables>,
        warnings: &mut Vec<Warning>,
    ) -> Result<Vec<Vec<i32>>, Error> {
        let mut at = 6 + 2 * lengths.len();
        let mut channels = Vec::new();
        let exact = self.section == "section 6";
        for (index, &length) in lengths.iter().enumerate() {
            let cut =
                || Error::damaged(format!("lead {} is cut off", index + 1)).at_field(self.section);
            let bytes = self.content.u16_le(6 + 2 * index).ok_or_else(cut)?;
            let bytes = usize::from(bytes);
            let data = self.content.slice(at, bytes).ok_or_else(cut)?;
            at += bytes;
            let decoded = match tables {
                Some(tables) => tables.decode(data, length),
                None => {
                    let pairs = data.as_chunks::<2>().0.iter().take(length);
                    Ok(pairs
                        .map(|&pair| i32::from(i16::from_le_bytes(pair)))
                        .collect())
                }
            };
            let broken = decoded.is_err();
            let mut counts = decoded.unwrap_or_else(|values| values);
            integrate(&mut counts, self.differences);
            if exact && counts.len() < length {
                let why = if broken {
                    " (a code is none of the table's)"
                } else {
                    ""
                };
                warnings.push(Warning::new(
                    WarningCode::Truncated,
                    format!(
                        "Lead {} holds {} of {length} samples{why}.",
                        index + 1,
                        counts.len()
                    ),
                ));
            }
            channels.push(counts);
        }
        Ok(channels)
    }
}

/// Turns first or second differences into values; the first one or two are values already. Sums wrap at 16 bits, as
/// those of the devices that write them do.
fn integrate(counts: &mut [i32], order: u8) {
    let (mut before, mut last) = (0_i32, 0_i32);
    for (index, count) in counts.iter_mut().enumerate() {
        if index >= usize::from(order) && order > 0 {
            let sum = match order {
                1 => count.wrapping_add(last),
                _ => count
                    .wrapping_add(last)
                    .wrapping_add(last)
                    .wrapping_sub(before),
            };
            *count = sum << 16 >> 16;
        }
        (before, last) = (last, *count);
    }
}

/// The reference beat as it is decoded.
pub(super) struct Beat<'a> {
    pub block: Block<'a>,
    pub channels: Vec<Vec<i32>>,
}

/// Undoes bimodal compression: the rhythm states the interval of the thinned-out samples, the beat that of all.
pub(super) fn undo_bimodal(
    block: &mut Block<'_>,
    beat: Option<&Beat<'_>>,
    zones: &Zones,
    leads: &[LeadDefinition],
    subtracted: bool,
    tables: Option<&Tables>,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<Vec<i32>>, Error> {
    let fine = beat.map_or(block.interval_us, |beat| beat.block.interval_us);
    let factor = usize::from(block.interval_us / fine);
    let remainder = block.interval_us % fine;
    if !(1..=16).contains(&factor) || remainder != 0 {
        let reason = format!(
            "bimodal compression from {fine} to {} microseconds is not read",
            block.interval_us
        );
        return Err(Error::unsupported(reason).at_field("section 6"));
    }
    let stored: Vec<usize> = leads
        .iter()
        .map(|lead| zones.stored(lead.start, lead.samples, factor))
        .collect();
    let channels = block.decode(&stored, tables, warnings)?;
    block.interval_us = fine;
    block.rate_hz = rate_of(f64::from(fine), "section 5")?;
    if factor == 1 {
        return Ok(channels);
    }
    warnings.push(Warning::new(
        WarningCode::LeftOut,
        format!(
            "The device kept every sample of the QRS complexes only; between them one in {factor} \
             is stored and the rest is drawn between those."
        ),
    ));
    Ok(channels
        .iter()
        .zip(leads)
        .map(|(stored, lead)| zones.restore(stored, lead.start, lead.samples, factor, subtracted))
        .collect())
}

/// Adds the reference beat back at every complex of its type. Returns the nanovolts of a count of the sum.
pub(super) fn add_reference_beat(
    zones: &Zones,
    rhythm: &Block<'_>,
    beat: &Beat<'_>,
    leads: &[LeadDefinition],
    channels: &mut [Vec<i32>],
) -> Result<u16, Error> {
    if beat.block.interval_us != rhythm.interval_us {
        let reason = "a reference beat at another sampling rate than the rhythm is not read";
        return Err(Error::unsupported(reason).at_field("section 5"));
    }
    if beat.block.nanovolts == 0 {
        let reason = "the reference beat that was subtracted states no amplitude";
        return Err(Error::damaged(reason).at_field("section 5"));
    }
    // In a common unit of both nothing is rounded.
    let unit = common_divisor(rhythm.nanovolts, beat.block.nanovolts);
    let own = i32::from(rhythm.nanovolts / unit);
    let other = i32::from(beat.block.nanovolts / unit);
    for ((channel, beat), lead) in channels.iter_mut().zip(&beat.channels).zip(leads) {
        for count in channel.iter_mut() {
            *count = count.wrapping_mul(own);
        }
        let last = i64::from(lead.start) + i64::try_from(channel.len()).unwrap_or(0) - 1;
        let mut left = 2 * channel.len();
        for complex in zones.complexes.iter().filter(|complex| complex.kind == 0) {
            let first = i64::from(complex.start.max(lead.start));
            for sample in first..=last.min(i64::from(complex.end)) {
                // Complexes follow one another; heaps of them would take for ever.
                left = left.checked_sub(1).ok_or_else(|| {
                    Error::damaged("its complexes lie upon one another").at_field("section 4")
                })?;
                // Sample `fiducial` of the rhythm lies on that of the beat; both count from one.
                let position = sample - i64::from(complex.fiducial) + i64::from(zones.fiducial) - 1;
                let value = usize::try_from(position)
                    .ok()
                    .and_then(|position| beat.get(position));
                let place = usize::try_from(sample - i64::from(lead.start))
                    .ok()
                    .and_then(|index| channel.get_mut(index));
                if let (Some(&value), Some(place)) = (value, place) {
                    *place = place.wrapping_add(value.wrapping_mul(other));
                }
            }
        }
    }
    Ok(unit)
}

fn common_divisor(a: u16, b: u16) -> u16 {
    if b == 0 {
        a.max(1)
    } else {
        common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_differences_are_summed_twice() {
        let mut counts = [10, 12, 1, 0, -3];
        integrate(&mut counts, 2);
        assert_eq!(counts, [10, 12, 15, 18, 18]);
        // The device that wrote 32767 and then one more meant -32768.
        let mut counts = [32_767, 1];
        integrate(&mut counts, 1);
        assert_eq!(counts, [32_767, -32_768]);
    }
}
