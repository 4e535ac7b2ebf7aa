//! AliveCor ATC: blocks of tag, length, data and a checksum
//! (<https://github.com/alivecor/ATCpy/blob/master/docs/ATC%20Spec%201.7.md>).

use crate::ecg::{
    Annotation, BeatKind, Counts, Lead, LeadName, MedianBeat, Recording, STANDARD_12, Warning,
    WarningCode,
};

use super::bytes::{Bytes, size};
use super::fields::{band, i16_le, join, parse_date, parse_time, voltage_lead};
use super::{Error, Head, Options, check_rate};

pub(super) const LARGEST: u64 = 256 << 20;
/// By what the tag of a block of samples ends, in the order of the standard leads.
const LEADS: &[u8; 12] = b" 23456789abc";
/// Bit of the format block: the mains have 60 Hz, not 50.
const MAINS_60: u8 = 1 << 1;
/// Bits of filters that the stored samples went through: mains, notch.
const NOTCHED: u8 = 1 << 2 | 1 << 5;

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.starts_with(b"ALIVE\0")
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let file = Bytes(bytes);
    let mut recording = Recording::new("", "atc", 0.0);
    let mut calibration = None;
    // Rhythm, average beat, median beat.
    let mut channels: [Vec<(LeadName, Vec<i16>)>; 3] = Default::default();
    let mut at = 12;
    while at < bytes.len() {
        let damaged = |reason: String| Error::damaged(reason).at_byte(at as u64);
        let (Some(tag), Some(length)) = (file.array::<4>(at), file.u32_le(at + 4)) else {
            return Err(damaged("the file ends within a block".to_owned()));
        };
        let length = size(length);
        let label = String::from_utf8_lossy(&tag).trim().to_owned();
        let start = at + 8;
        let value = file
            .slice(start, length)
            .zip(file.u32_le(start.saturating_add(length)));
        let Some((value, stored)) = value else {
            let left = bytes.len() - start;
            return Err(damaged(format!(
                "block \"{label}\" claims {length} bytes, {left} are left"
            )));
        };
        let whole = bytes.get(at..start + length).unwrap_or_default();
        let sum = whole
            .iter()
            .fold(0_u32, |sum, &byte| sum.wrapping_add(u32::from(byte)));
        // A plain sum, though the description speaks of a CRC-32.
        if sum != stored && crc32fast::hash(whole) != stored {
            return Err(damaged(format!(
                "the checksum of block \"{label}\" does not match"
            )));
        }
        let content = Bytes(value);
        match &tag {
            b"fmt " => {
                let rate = f64::from(content.u16_le(1).unwrap_or(0));
                let rate = check_rate(rate).map_err(|error| error.at_byte(start as u64))?;
                let nanovolts = f64::from(content.u16_le(3).unwrap_or(0));
                calibration = Some((rate, nanovolts));
                let flags = content.u8(5).unwrap_or(0);
                let mains = if flags & MAINS_60 == 0 { 50.0 } else { 60.0 };
                recording.acquisition.filters =
                    band(None, None, (flags & NOTCHED != 0).then_some(mains));
            }
            b"info" => {
                let moment = content.text(0, 32).unwrap_or_default();
                let (day, time) = moment.split_once('T').unwrap_or_default();
                let time = time.split(['-', '+', 'Z']).next().and_then(parse_time);
                recording.acquisition.started = parse_date(day)
                    .zip(time)
                    .map(|(day, time)| day.to_datetime(time));
                recording.acquisition.device = join([content.text(116, 32), content.text(180, 32)]);
            }
            b"ann " => beats(content, &mut recording),
            [kind @ .., which] => {
                let place = match kind {
                    b"ecg" => channels.get_mut(0),
                    b"avg" => channels.get_mut(1),
                    b"med" => channels.get_mut(2),
                    _ => None,
                };
                let lead = LEADS.iter().position(|own| own == which);
                let lead = lead.and_then(|index| STANDARD_12.get(index));
                if let (Some(place), Some(lead)) = (place, lead) {
                    place.push((lead.clone(), i16_le(value)));
                }
            }
        }
        at = start + length + 4;
    }
    let (rate, mut nanovolts) = calibration
        .ok_or_else(|| Error::damaged("the block \"fmt\" with the sampling rate is missing"))?;
    if nanovolts == 0.0 {
        nanovolts = 500.0;
        recording.warnings.push(Warning::new(
            WarningCode::DefaultGain,
            "The file states no resolution; 500 nV, usual for this format, is assumed.",
        ));
    }
    recording.sampling_rate_hz = rate;
    let [rhythm, average, median] = channels.map(|channels| -> Vec<Lead> {
        channels
            .into_iter()
            .filter(|(_, counts)| !counts.is_empty())
            .map(|(name, counts)| voltage_lead(name, rate, Counts::I16(counts), nanovolts / 1000.0))
            .collect()
    });
    recording.leads = rhythm;
    for leads in [median, average] {
        recording
            .median_beats
            .extend((!leads.is_empty()).then_some(MedianBeat { leads }));
    }
    if recording.leads.is_empty() {
        return Err(Error::damaged("the file holds no ECG block"));
    }
    Ok(recording)
}

/// The beats that the recorder's program found.
fn beats(block: Bytes<'_>, recording: &mut Recording) {
    let Some(per_second) = block.u32_le(0).filter(|&ticks| ticks > 0) else {
        return;
    };
    for entry in block.0.get(4..).unwrap_or_default().as_chunks::<6>().0 {
        let [t0, t1, t2, t3, k0, k1] = *entry;
        let beat = match u16::from_le_bytes([k0, k1]) {
            1 => BeatKind::Normal,
            2 => BeatKind::VentricularPremature,
            3 => BeatKind::AtrialPremature,
            4 => BeatKind::Fusion,
            5 => BeatKind::Escape,
            6 => BeatKind::Paced,
            _ => BeatKind::Unclassified,
        };
        let ticks = u32::from_le_bytes([t0, t1, t2, t3]);
        recording.annotations.push(Annotation::Beat {
            at_s: f64::from(ticks) / f64::from(per_second),
            beat,
        });
    }
}
