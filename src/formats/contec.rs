//! Contec ECG90A: identification and time, then eight 12-bit channels in 16 bits at 800 Hz. II, III and
//! the chest leads are stored (layout worked out by the ecg-contec project).

use crate::ecg::{Counts, LeadName, LeadOrigin, Recording, Samples, Sex, Unit};

use super::bytes::Bytes;
use super::fields::{parse_date, parse_time};
use super::{Error, Head, Options};

pub(super) const LARGEST: u64 = 256 << 20;
const RATE_HZ: f64 = 800.0;
const MICROVOLTS_PER_COUNT: f64 = 5.0;
const ZERO: i32 = 2048;
/// The count of an electrode that is off.
const OFF: i32 = 0x6800;
const HEADER: usize = 43;
const FRAME: usize = 16;
/// Header and trailer together.
const AROUND: usize = 80;

/// No magic word: the moment of recording stands at byte 10 as `2020-11-15 12:59:50`.
pub(super) fn sniff(head: &Head<'_>) -> bool {
    let moment = head.bytes.get(10..29).unwrap_or_default();
    let pattern = b"dddd-dd-dd dd:dd:dd";
    moment.len() == pattern.len()
        && moment
            .iter()
            .zip(pattern)
            .all(|(&byte, &wanted)| match wanted {
                b'd' => byte.is_ascii_digit(),
                wanted => byte == wanted,
            })
        && head.bytes.get(29) == Some(&0)
}

/// Reads a file from its bytes.
pub(super) fn parse(bytes: &[u8], _options: &Options) -> Result<Recording, Error> {
    let frames = bytes.len().saturating_sub(AROUND) / FRAME;
    let data = bytes
        .get(HEADER..HEADER + frames * FRAME)
        .unwrap_or_default();
    if frames == 0 {
        return Err(Error::damaged("there is not one whole sample").at_byte(HEADER as u64));
    }
    let channel = |index: usize| -> Vec<i32> {
        let words = data
            .as_chunks::<2>()
            .0
            .iter()
            .skip(index)
            .step_by(FRAME / 2);
        words
            .map(|&pair| i32::from(u16::from_le_bytes(pair)))
            .collect()
    };
    let (two, three) = (channel(0), channel(1));
    // Counts of the computed limb leads, at the device's own resolution.
    let computed = |combine: fn(i32, i32) -> i32| -> Vec<i32> {
        let pairs = two.iter().zip(&three);
        pairs
            .map(|(&ii, &iii)| {
                if ii == OFF || iii == OFF {
                    OFF
                } else {
                    combine(ii - ZERO, iii - ZERO) + ZERO
                }
            })
            .collect()
    };
    let derived = [
        (LeadName::I, computed(|ii, iii| ii - iii)),
        (LeadName::AVR, computed(|ii, iii| iii / 2 - ii)),
        (LeadName::AVL, computed(|ii, iii| ii / 2 - iii)),
        (LeadName::AVF, computed(|ii, iii| (ii + iii) / 2)),
    ];
    let mut recording = Recording::new("", "contec", RATE_HZ);
    let mut add = |name, origin, counts| {
        recording.leads.push(crate::ecg::Lead {
            name,
            unit: Unit::Microvolt,
            origin,
            sampling_rate_hz: RATE_HZ,
            samples: Samples::from_counts(
                Counts::I32(counts),
                1.0,
                f64::from(ZERO),
                MICROVOLTS_PER_COUNT,
                Some(OFF),
            ),
        });
    };
    for (name, counts) in derived {
        add(name, LeadOrigin::Derived, counts);
    }
    add(LeadName::II, LeadOrigin::Recorded, two);
    add(LeadName::III, LeadOrigin::Recorded, three);
    let chest = [
        LeadName::V1,
        LeadName::V2,
        LeadName::V3,
        LeadName::V4,
        LeadName::V5,
        LeadName::V6,
    ];
    for (index, name) in (2..).zip(chest) {
        add(name, LeadOrigin::Recorded, channel(index));
    }
    recording
        .leads
        .sort_by_key(|lead| lead.name.standard_index());
    let header = Bytes(bytes);
    recording.patient.id = header.text(0, 10);
    let moment = header.text(10, 19).unwrap_or_default();
    let (day, time) = moment.split_once(' ').unwrap_or_default();
    recording.acquisition.started = parse_date(day)
        .zip(parse_time(time))
        .map(|(day, time)| day.to_datetime(time));
    recording.patient.name = header.text(32, 8);
    recording.patient.sex = match header.u8(40) {
        Some(0) => Some(Sex::Female),
        Some(1) => Some(Sex::Male),
        _ => None,
    };
    // Zero stands for an age that was not entered.
    let age = header.u8(41).filter(|&years| (1..=130).contains(&years));
    recording.patient.age_years = age.map(f64::from);
    recording.acquisition.device = Some("Contec ECG90A".to_owned());
    Ok(recording)
}
