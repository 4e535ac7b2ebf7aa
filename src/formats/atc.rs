//! AliveCor ATC: blocks of tag, length, data and a checksum.

use crate::ecg::{Counts, LeadName, Recording, Warning, WarningCode};

use super::bytes::{Bytes, size};
use super::fields::{i16_le, parse_date, parse_time, voltage_lead};
use super::{Error, Head, Options, check_rate};

pub(super) const LARGEST: u64 = 256 << 20;
const LEADS: [(&[u8; 4], LeadName); 6] = [
    (b"ecg ", LeadName::I),
    (b"ecg2", LeadName::II),
    (b"ecg3", LeadName::III),
    (b"ecg4", LeadName::AVR),
    (b"ecg5", LeadName::AVL),
    (b"ecg6", LeadName::AVF),
];

pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.starts_with(b"ALIVE\0")
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let file = Bytes(bytes);
    let mut recording = Recording::new("", "atc", 0.0);
    let mut calibration = None;
    let mut channels = Vec::new();
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
        if sum != stored {
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
            }
            b"info" => {
                let moment = content.text(0, 32).unwrap_or_default();
                let (day, time) = moment.split_once('T').unwrap_or_default();
                let time = time.split(['-', '+', 'Z']).next().and_then(parse_time);
                recording.acquisition.started = parse_date(day)
                    .zip(time)
                    .map(|(day, time)| day.to_datetime(time));
                recording.acquisition.device = content.text(0x74, 32);
            }
            tag => {
                if let Some((_, name)) = LEADS.iter().find(|(own, _)| *own == tag) {
                    channels.push((name.clone(), i16_le(value)));
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
    recording.leads = channels
        .into_iter()
        .filter(|(_, counts)| !counts.is_empty())
        .map(|(name, counts)| voltage_lead(name, rate, Counts::I16(counts), nanovolts / 1000.0))
        .collect();
    if recording.leads.is_empty() {
        return Err(Error::damaged("the file holds no ECG block"));
    }
    Ok(recording)
}
