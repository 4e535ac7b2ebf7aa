//! Long-term rhythm of version 3 (section 12): interleaved samples of one width with a scale for each lead. The layout
//! is the one that the biosig library writes; the standard itself is not freely to be had.

use jiff::civil::Time;

use crate::ecg::{Counts, Lead, Recording};
use crate::formats::bytes::{Bytes, size};
use crate::formats::fields::{date, voltage_lead};
use crate::formats::{Error, check_rate};

use super::leads::LeadDefinition;

const HEADER: usize = 70;

/// Reads the section after its header.
pub(super) fn parse(section: Bytes<'_>, recording: &mut Recording) -> Result<(), Error> {
    let cut = || Error::damaged("it is cut off").at_field("section 12");
    let rate = section.u32_le(0).ok_or_else(cut)?;
    let rate = check_rate(f64::from(rate)).map_err(|error| error.at_field("section 12"))?;
    let count = usize::from(section.u8(4).ok_or_else(cut)?);
    let stated = size(section.u32_le(5).ok_or_else(cut)?);
    let width = usize::from(section.u8(9).ok_or_else(cut)?);
    let tables = [62, 66].map(|at| section.u32_le(at).map(size));
    let [Some(notes), Some(more)] = tables else {
        return Err(cut());
    };
    if count == 0 || !(1..=4).contains(&width) {
        let reason = format!("{count} leads of {width} bytes a sample are impossible");
        return Err(Error::damaged(reason).at_field("section 12"));
    }
    let at = HEADER.saturating_add(notes).saturating_add(more);
    let data_at = at.saturating_add(4 * count);
    let data = section.0.get(data_at..).ok_or_else(cut)?;
    let available = data.len() / (width * count);
    if available < stated {
        recording.warnings.push(crate::ecg::Warning::new(
            crate::ecg::WarningCode::Truncated,
            format!("The file holds {available} of {stated} samples; the rest is missing."),
        ));
    }
    let frames = stated.min(available);
    if frames == 0 {
        return Err(Error::damaged("there is not one whole sample").at_field("section 12"));
    }
    for index in 0..count {
        let (code, nanovolts) = section
            .u8(at + 4 * index)
            .zip(section.u16_le(at + 4 * index + 1))
            .ok_or_else(cut)?;
        if nanovolts == 0 {
            let reason = format!("lead {} states an amplitude of 0 a count", index + 1);
            return Err(Error::damaged(reason).at_field("section 12"));
        }
        let own = data.chunks_exact(width * count).take(frames);
        let counts = own.map(|frame| signed(frame.get(index * width..(index + 1) * width)));
        let counts = Counts::I32(counts.collect());
        let name = LeadDefinition::new(code, 1, frames).name;
        let lead: Lead = voltage_lead(name, rate, counts, f64::from(nanovolts) / 1000.0);
        recording.leads.push(lead);
    }
    recording.sampling_rate_hz = rate;
    let part = |at| section.u8(at).and_then(|part| i8::try_from(part).ok());
    let day = section.u16_le(10).zip(section.u8(12)).zip(section.u8(13));
    let day = day.and_then(|((y, m), d)| date(i64::from(y), i64::from(m), i64::from(d)));
    let time = part(14)
        .zip(part(15))
        .zip(part(16))
        .and_then(|((hour, minute), second)| Time::new(hour, minute, second, 0).ok());
    recording.acquisition.started = day.zip(time).map(|(day, time)| day.to_datetime(time));
    Ok(())
}

/// A little-endian integer of up to four bytes.
fn signed(bytes: Option<&[u8]>) -> i32 {
    let bytes = bytes.unwrap_or_default();
    let unused = 32 - 8 * u32::try_from(bytes.len().clamp(1, 4)).unwrap_or(4);
    let raw = bytes
        .iter()
        .rev()
        .take(4)
        .fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte));
    (raw << unused).cast_signed() >> unused
}
