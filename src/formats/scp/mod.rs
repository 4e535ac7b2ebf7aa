//! SCP-ECG (EN 1064, versions 1 to 3): sections with leads, Huffman-coded or bimodally compressed rhythm, reference
//! beat, patient and statements; and the dialect of Healforce.

mod describe;
mod healforce;
mod huffman;
mod leads;
mod long_term;
mod rhythm;
mod sections;
mod zones;

use crate::ecg::{Counts, Lead, LeadName, MedianBeat, Recording};

use super::bytes::size;
use super::fields::voltage_lead;
use super::pieces::{self, Strip};
use super::{Error, Head, Options};
use huffman::Tables;
use leads::{Definitions, LeadDefinition};
pub(super) use leads::{code_of_lead, lead_of_code};
use rhythm::{Beat, Block, add_reference_beat, undo_bimodal};
use sections::{File, starts_with_pointers};
use zones::Zones;

pub(super) const LARGEST: u64 = 256 << 20;

/// `SCPECG` in the header of section 0, or a section of pointers that begins with itself.
pub(super) fn sniff(head: &Head<'_>) -> bool {
    head.bytes.get(16..22) == Some(b"SCPECG")
        || starts_with_pointers(&head.bytes, 7)
        || healforce::sniff(&head.bytes)
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    if healforce::sniff(bytes) {
        return healforce::parse(bytes);
    }
    let mut recording = Recording::new("", "scp", 0.0);
    let file = File::parse(bytes, &mut recording.warnings)?;
    let long_term = file.section(12).ok().flatten();
    match (file.section(6)?, long_term) {
        (None, Some(section)) => long_term::parse(section, &mut recording)?,
        (Some(_), _) => short_term(&file, &mut recording)?,
        (None, None) => {
            return Err(Error::damaged("the file holds no rhythm").at_field("section 6"));
        }
    }
    describe::patient(&file, &mut recording);
    describe::measurements(&file, &mut recording);
    describe::lead_measurements(&file, &mut recording);
    describe::statements(&file, &mut recording);
    Ok(recording)
}

/// Sections 2 to 6.
fn short_term(file: &File<'_>, recording: &mut Recording) -> Result<(), Error> {
    let definitions = Definitions::parse(file)?;
    let leads = &definitions.leads;
    let rhythm = file
        .section(6)?
        .ok_or_else(|| Error::damaged("the file holds no rhythm").at_field("section 6"))?;
    let tables = file.section(2)?.map(Tables::parse).transpose()?;
    let mut block = Block::parse(rhythm, "section 6", file.version)?;
    block.check_gain(&mut recording.warnings);
    let needed = definitions.reference_beat_subtracted || block.bimodal;
    let zones = match file.section(4) {
        Ok(Some(section)) => Zones::parse(section),
        Ok(None) if needed => Err(Error::damaged(
            "the complexes, which the rhythm needs, are missing",
        )
        .at_field("section 4")),
        Ok(None) => Ok(Zones::default()),
        Err(error) => Err(error),
    };
    // Broken complexes do not keep the rhythm from being shown, unless it needs them.
    let zones = match zones {
        Err(error) if needed => return Err(error),
        zones => zones.unwrap_or_default(),
    };
    let beat = reference_beat(file, &zones, leads, tables.as_ref());
    let beat = match beat {
        Err(error) if definitions.reference_beat_subtracted => return Err(error),
        beat => beat.ok(),
    };
    let tables = tables.as_ref();
    let mut channels = if block.bimodal {
        let subtracted = definitions.reference_beat_subtracted;
        let warnings = &mut recording.warnings;
        undo_bimodal(
            &mut block,
            beat.as_ref(),
            &zones,
            leads,
            subtracted,
            tables,
            warnings,
        )?
    } else {
        let lengths: Vec<usize> = leads.iter().map(|lead| lead.samples).collect();
        block.decode(&lengths, tables, &mut recording.warnings)?
    };
    let mut nanovolts = block.nanovolts;
    if let (true, Some(beat)) = (definitions.reference_beat_subtracted, &beat) {
        nanovolts = add_reference_beat(&zones, &block, beat, leads, &mut channels)?;
    }
    recording.sampling_rate_hz = block.rate_hz;
    let laid = pieces::lay(strips(leads, channels, block.rate_hz, nanovolts));
    recording.leads = laid.leads;
    recording.warnings.extend(laid.warnings);
    if recording.leads.is_empty() {
        return Err(Error::damaged("no lead holds a sample").at_field("section 6"));
    }
    if let Some(beat) = beat {
        let leads = to_leads(
            leads,
            beat.channels,
            beat.block.rate_hz,
            beat.block.nanovolts,
        );
        recording
            .median_beats
            .extend((!leads.is_empty()).then_some(MedianBeat { leads }));
    }
    definitions.warn(&mut recording.warnings);
    Ok(())
}

fn reference_beat<'a>(
    file: &File<'a>,
    zones: &Zones,
    leads: &[LeadDefinition],
    tables: Option<&Tables>,
) -> Result<Beat<'a>, Error> {
    let section = file.section(5)?.ok_or_else(|| {
        Error::damaged("the reference beat is missing, which the rhythm needs")
            .at_field("section 5")
    })?;
    let block = Block::parse(section, "section 5", file.version)?;
    // The bits that fill up the last byte would be samples too.
    let interval = u32::from(block.interval_us);
    let stated = (u32::from(zones.beat_ms) * 1000 + interval / 2) / interval;
    let length = if stated > 0 {
        size(stated)
    } else {
        usize::from(u16::MAX)
    };
    let channels = block.decode(&vec![length; leads.len()], tables, &mut Vec::new())?;
    Ok(Beat { block, channels })
}

fn to_leads(
    definitions: &[LeadDefinition],
    channels: Vec<Vec<i32>>,
    rate_hz: f64,
    nanovolts: u16,
) -> Vec<Lead> {
    let names = definitions.iter().map(|lead| lead.name.clone());
    names
        .zip(channels)
        .filter(|(_, counts)| !counts.is_empty())
        .map(|(name, counts)| lead(name, counts, rate_hz, nanovolts))
        .collect()
}

fn lead(name: LeadName, counts: Vec<i32>, rate_hz: f64, nanovolts: u16) -> Lead {
    let microvolts = f64::from(nanovolts) / 1000.0;
    voltage_lead(name, rate_hz, Counts::I32(counts), microvolts)
}

/// Leads that begin with the same sample of the recording together.
fn strips(
    definitions: &[LeadDefinition],
    channels: Vec<Vec<i32>>,
    rate_hz: f64,
    nanovolts: u16,
) -> Vec<Strip> {
    let mut strips: Vec<(u32, Strip)> = Vec::new();
    for (definition, counts) in definitions.iter().zip(channels) {
        if counts.is_empty() {
            continue;
        }
        let lead = lead(definition.name.clone(), counts, rate_hz, nanovolts);
        let start = definition.start;
        match strips.iter_mut().find(|(own, _)| *own == start) {
            Some((_, strip)) => strip.leads.push(lead),
            None => strips.push((
                start,
                Strip {
                    begins_s: Some(f64::from(start) / rate_hz),
                    leads: vec![lead],
                },
            )),
        }
    }
    strips.into_iter().map(|(_, strip)| strip).collect()
}

/// What the polynomial of the CCITT makes of each byte.
const CRC_OF_BYTE: [u16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = (byte as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = crc << 1 ^ if crc & 0x8000 != 0 { 0x1021 } else { 0 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// CRC-16 of the CCITT, as EN 1064 wants it.
pub(super) fn crc_ccitt(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xffff, |crc: u16, &byte| {
        crc << 8 ^ CRC_OF_BYTE[usize::from((crc >> 8) as u8 ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Each lead by its code, its first sample and its counts, laid as a file of them at 500 Hz is.
    fn laid(leads: &[(u8, u32, &[i32])]) -> Vec<(String, Vec<Option<f64>>)> {
        let define = |(code, start, counts): &(u8, u32, &[i32])| {
            LeadDefinition::new(*code, *start, counts.len())
        };
        let definitions: Vec<_> = leads.iter().map(define).collect();
        let channels = leads.iter().map(|(.., counts)| counts.to_vec()).collect();
        let laid = pieces::lay(strips(&definitions, channels, 500.0, 1000));
        assert!(laid.warnings.is_empty());
        let told = laid.leads.iter().map(|lead| {
            let values = lead.samples.microvolts().into_iter();
            let values = values.map(|value| value.is_finite().then_some(value));
            (lead.name.to_string(), values.collect())
        });
        told.collect()
    }

    #[test]
    fn leads_recorded_one_after_another_lie_where_they_were_recorded() {
        let told = laid(&[(1, 1, &[1, 2]), (3, 3, &[3, 4]), (2, 1, &[5, 6])]);
        assert_eq!(
            told,
            [
                ("I".into(), vec![Some(1.0), Some(2.0), None, None]),
                ("II".into(), vec![Some(5.0), Some(6.0), None, None]),
                ("V1".into(), vec![None, None, Some(3.0), Some(4.0)]),
            ]
        );
    }

    #[test]
    fn leads_that_begin_together_stay_as_they_are_wherever_that_is() {
        for start in [0, 1, 501] {
            let told = laid(&[(1, start, &[1, 2]), (2, start, &[3])]);
            assert_eq!(
                told,
                [
                    ("I".into(), vec![Some(1.0), Some(2.0)]),
                    ("II".into(), vec![Some(3.0)]),
                ]
            );
        }
    }

    // The check value of CRC-16/CCITT-FALSE.
    #[test]
    fn the_checksum_is_the_ccitt_one() {
        assert_eq!(crc_ccitt(b"123456789"), 0x29b1);
    }
}
