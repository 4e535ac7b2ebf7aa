//! From a recording to what the network reads: twelve leads at 100 Hz, 0.5-40 Hz, each to mean 0 and
//! deviation 1, in windows of ten seconds, with the amplitude beside them.

use rayon::prelude::*;

use super::coherence::Numbers;
use super::measured::{Measured, Measuring, measured};
use crate::ecg::{Lead, LeadName, Recording, STANDARD_12, WarningCode};
use crate::signal::leads::{derive_limb_leads, inspect, undo_own_gains};
use crate::signal::{band_pass, bridge, resample};

/// Samples per second that the network reads.
pub const RATE_HZ: f64 = 100.0;
/// Samples per lead in one window: ten seconds.
pub const SAMPLES: usize = 1000;
/// Edges of the band, as in the normalised PTB-XL release.
const BAND_HZ: [f64; 2] = [0.5, 40.0];
/// Less than this is no tracing.
pub const SHORTEST_S: f64 = 2.0;
/// Longer recordings are read up to here; a day's recording is not what this reader is for.
pub const LONGEST_S: f64 = 300.0;
/// Windows of a long recording start at most this many samples apart, so that neighbours overlap and no
/// beat is only ever seen at an edge.
const LARGEST_HOP: usize = 750;
/// A recording this much longer than a window is read as one.
const TOLERANCE: usize = 100;
/// A lead with a larger share of its samples missing counts as absent.
const MISSING_LIMIT: f64 = 0.5;
/// A voltage lead that moves less than this (deviation in microvolts) counts as absent.
const FLAT_UV: f64 = 1.0;
/// `ln(deviation in uV / 100)` is kept within these bounds: 0.67 uV to 15 mV.
const LOG_AMPLITUDE_LIMIT: f64 = 5.0;
/// Leads of a standard tracing.
const LEADS: usize = STANDARD_12.len();

/// One window, ready for the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// 12 x [`SAMPLES`], lead by lead in printed order; an absent lead is all 0, and so is what lies
    /// beyond the ends of a short recording.
    pub waveform: Vec<f32>,
    /// Per lead `ln(deviation in uV / 100)`, then per lead 1 if that is known and 0 if not.
    pub amplitude: [f32; 2 * LEADS],
    /// What was measured on the recording.
    pub measured: Measured,
    /// The same as it is shown.
    pub numbers: Numbers,
    /// Begin and end of each beat out of turn, in seconds of the recording.
    pub out_of_turn: Vec<(f64, f64)>,
    /// Time of the window's first sample in seconds of the recording; negative when a short recording
    /// is centred in its window.
    pub start_s: f64,
}

/// Why a recording cannot be prepared.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PrepareError {
    #[error("none of the twelve standard leads holds a signal")]
    NoLeads,
    #[error("it is {seconds:.1} s long and {SHORTEST_S:.0} s is the least that can be read")]
    TooShort { seconds: f64 },
}

/// All windows of a recording, the first five minutes of it.
///
/// # Errors
/// When it is too short or no standard lead holds a signal.
pub fn prepare(recording: &Recording) -> Result<Vec<Prepared>, PrepareError> {
    prepare_without(recording, &[])
}

/// As [`prepare`], with the leads `left_out` treated as absent.
///
/// # Errors
/// When it is too short or no other standard lead holds a signal.
pub fn prepare_without(
    recording: &Recording,
    left_out: &[LeadName],
) -> Result<Vec<Prepared>, PrepareError> {
    let common = undo_own_gains(recording);
    let recording = common.as_ref().unwrap_or(recording);
    let completed =
        (!recording.missing_standard_leads().is_empty()).then(|| derive_limb_leads(recording));
    let recording = completed.as_ref().unwrap_or(recording);

    let seconds = recording.duration_s();
    if seconds.is_nan() || seconds < SHORTEST_S {
        return Err(PrepareError::TooShort {
            seconds: seconds.max(0.0),
        });
    }
    let signals: Vec<Option<Signal>> = STANDARD_12
        .par_iter()
        .map(|name| {
            recording
                .lead(name)
                .filter(|_| !left_out.contains(name))
                .and_then(Signal::of)
        })
        .collect();
    let length = signals
        .iter()
        .flatten()
        .map(|signal| signal.samples.len())
        .max();
    let Some(length) = length.filter(|&length| length > 0) else {
        return Err(PrepareError::NoLeads);
    };
    let trusted = !gain_is_doubtful(recording);
    let measured = measured(recording, left_out, trusted);
    let windows: Vec<Prepared> = starts(length)
        .into_iter()
        .map(|start| window(&signals, start, trusted, &measured))
        .collect();
    if windows
        .iter()
        .all(|window| window.waveform.iter().all(|&value| value == 0.0))
    {
        return Err(PrepareError::NoLeads);
    }
    Ok(windows)
}

/// One lead at [`RATE_HZ`], filtered.
struct Signal {
    samples: Vec<f64>,
    voltage: bool,
}

impl Signal {
    fn of(lead: &Lead) -> Option<Self> {
        let rate = lead.sampling_rate_hz;
        if !(rate.is_finite() && rate > 0.0) {
            return None;
        }
        let kept = (lead.samples.len() as f64).min((LONGEST_S * rate).ceil()) as usize;
        let values: Vec<f64> = (0..kept)
            .filter_map(|index| lead.samples.get(index))
            .collect();
        let missing = values.iter().filter(|value| !value.is_finite()).count();
        if missing as f64 > MISSING_LIMIT * kept as f64 {
            return None;
        }
        // Filtered first, at the rate it was taken at: so were the records that the network learnt from.
        let [low, high] = BAND_HZ;
        let filtered = band_pass(&bridge(&values)?, rate, low, high);
        let samples = resample(&filtered, rate, RATE_HZ);
        samples
            .iter()
            .all(|value| value.is_finite())
            .then_some(Self {
                samples,
                voltage: lead.unit.is_voltage(),
            })
    }
}

/// Whether the microvolts of this recording cannot be believed.
fn gain_is_doubtful(recording: &Recording) -> bool {
    let doubts = |code: WarningCode| {
        matches!(
            code,
            WarningCode::Einthoven
                | WarningCode::ImplausibleAmplitude
                | WarningCode::DefaultGain
                | WarningCode::AssumedUnit
        )
    };
    recording
        .warnings
        .iter()
        .chain(&inspect(recording))
        .any(|warning| doubts(warning.code))
}

/// First samples of the windows over `length` samples; the first may lie before the recording.
fn starts(length: usize) -> Vec<i64> {
    if length <= SAMPLES + TOLERANCE {
        return vec![(length as i64 - SAMPLES as i64) / 2];
    }
    let beyond = length - SAMPLES;
    let hops = beyond.div_ceil(LARGEST_HOP);
    (0..=hops).map(|hop| (hop * beyond / hops) as i64).collect()
}

fn window(signals: &[Option<Signal>], start: i64, trusted: bool, measured: &Measuring) -> Prepared {
    let mut waveform = vec![0f32; LEADS * SAMPLES];
    let mut amplitude = [0f32; 2 * LEADS];
    let before = usize::try_from(-start).unwrap_or(0);
    let from = usize::try_from(start).unwrap_or(0);
    for ((lead, signal), row) in signals
        .iter()
        .enumerate()
        .zip(waveform.chunks_exact_mut(SAMPLES))
    {
        let Some(signal) = signal else { continue };
        let to = signal.samples.len().min(from + SAMPLES - before);
        let Some(seen) = signal.samples.get(from..to).filter(|seen| !seen.is_empty()) else {
            continue;
        };
        let count = seen.len() as f64;
        let mean = seen.iter().sum::<f64>() / count;
        let deviation =
            (seen.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        let least = if signal.voltage {
            FLAT_UV
        } else {
            f64::MIN_POSITIVE
        };
        if !deviation.is_finite() || deviation < least {
            continue;
        }
        for (slot, value) in row.iter_mut().skip(before).zip(seen) {
            *slot = ((value - mean) / deviation) as f32;
        }
        if trusted && signal.voltage {
            let log = (deviation / 100.0)
                .ln()
                .clamp(-LOG_AMPLITUDE_LIMIT, LOG_AMPLITUDE_LIMIT);
            amplitude[lead] = log as f32;
            amplitude[LEADS + lead] = 1.0;
        }
    }
    Prepared {
        waveform,
        amplitude,
        measured: measured.vector,
        numbers: measured.numbers,
        out_of_turn: measured.out_of_turn.clone(),
        start_s: start as f64 / RATE_HZ,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::ecg::{LeadOrigin, Samples, Unit};

    /// Leads with one spike-like wave a second, of `size` microvolts in every lead.
    fn recording(names: &[LeadName], seconds: f64, rate: f64, size: f64) -> Recording {
        let mut recording = Recording::new("test", "test", rate);
        for (index, name) in names.iter().enumerate() {
            let wave = |i: usize| {
                size * (TAU * (i as f64 / rate + 0.03 * index as f64))
                    .sin()
                    .powi(15)
            };
            let values = (0..(seconds * rate) as usize).map(wave).collect();
            recording.leads.push(Lead {
                name: name.clone(),
                unit: Unit::Microvolt,
                origin: LeadOrigin::Recorded,
                sampling_rate_hz: rate,
                samples: Samples::from_microvolts(values),
            });
        }
        recording
    }

    /// I, II and the chest leads: no contradiction for Einthoven.
    fn eight() -> Vec<LeadName> {
        STANDARD_12
            .iter()
            .filter(|lead| !matches!(lead.standard_index(), Some(2..=5)))
            .cloned()
            .collect()
    }

    #[test]
    fn eight_leads_become_twelve_each_of_mean_zero_and_deviation_one() {
        let windows = prepare(&recording(&eight(), 10.0, 500.0, 1000.0)).unwrap();
        assert_eq!(windows.len(), 1);
        assert_eq!(windows[0].start_s, 0.0);
        for lead in windows[0].waveform.chunks_exact(SAMPLES) {
            let mean = lead.iter().sum::<f32>() / SAMPLES as f32;
            let square = lead.iter().map(|value| value * value).sum::<f32>() / SAMPLES as f32;
            assert!(
                mean.abs() < 1e-3 && (square - 1.0).abs() < 1e-3,
                "{mean} {square}"
            );
        }
    }

    #[test]
    fn gain_shows_in_the_amplitude_alone() {
        let [small, large] = [500.0, 1000.0].map(|size| {
            prepare(&recording(&eight(), 10.0, 500.0, size))
                .unwrap()
                .remove(0)
        });
        for (a, b) in small.waveform.iter().zip(&large.waveform) {
            assert!((a - b).abs() < 1e-4);
        }
        for lead in 0..LEADS {
            assert_eq!(small.amplitude[LEADS + lead], 1.0);
            let ratio = (large.amplitude[lead] - small.amplitude[lead]).exp();
            assert!((ratio - 2.0).abs() < 1e-3, "lead {lead}: {ratio}");
        }
    }

    #[test]
    fn normalised_tracings_have_a_shape_and_no_amplitude() {
        let mut normalised = recording(&STANDARD_12, 10.0, 100.0, 1000.0);
        for lead in &mut normalised.leads {
            lead.unit = Unit::Normalised;
        }
        let window = prepare(&normalised).unwrap().remove(0);
        assert_eq!(window.amplitude, [0.0; 24]);
        assert!(
            window
                .waveform
                .chunks_exact(SAMPLES)
                .all(|lead| lead.iter().any(|&value| value != 0.0))
        );
    }

    #[test]
    fn flat_absent_and_left_out_leads_are_all_zero_with_unknown_amplitude() {
        let mut names = eight();
        names.retain(|lead| *lead != LeadName::V2);
        let mut holed = recording(&names, 10.0, 500.0, 1000.0);
        holed.leads[2].samples = Samples::from_microvolts(vec![37.0; 5000]);
        let window = prepare_without(&holed, &[LeadName::V6]).unwrap().remove(0);
        for (index, name) in STANDARD_12.iter().enumerate() {
            let gone = matches!(name, LeadName::V1 | LeadName::V2 | LeadName::V6);
            let lead = &window.waveform[index * SAMPLES..(index + 1) * SAMPLES];
            assert_eq!(lead.iter().all(|&value| value == 0.0), gone, "{name}");
            assert_eq!(window.amplitude[LEADS + index] == 0.0, gone, "{name}");
        }
    }

    #[test]
    fn short_recordings_sit_in_the_middle_and_long_ones_are_covered_with_overlap() {
        let short = prepare(&recording(&eight(), 4.0, 250.0, 1000.0)).unwrap();
        assert_eq!(short.len(), 1);
        assert_eq!(short[0].start_s, -3.0);
        let lead = &short[0].waveform[..SAMPLES];
        assert!(
            lead[..300]
                .iter()
                .chain(&lead[700..])
                .all(|&value| value == 0.0)
        );
        assert!(lead[300..700].iter().any(|&value| value != 0.0));

        let long = prepare(&recording(&eight(), 60.0, 250.0, 1000.0)).unwrap();
        assert_eq!(long.len(), 8);
        assert_eq!(long[0].start_s, 0.0);
        assert_eq!(long[7].start_s, 50.0);
        assert!(
            long.windows(2)
                .all(|pair| pair[1].start_s - pair[0].start_s <= 7.5)
        );
    }

    #[test]
    fn too_short_or_empty_recordings_are_refused_with_the_reason() {
        let short = prepare(&recording(&eight(), 1.5, 500.0, 1000.0)).unwrap_err();
        assert_eq!(
            short.to_string(),
            "it is 1.5 s long and 2 s is the least that can be read"
        );
        assert_eq!(
            prepare(&recording(&eight(), 10.0, 500.0, 0.0)),
            Err(PrepareError::NoLeads)
        );
        let other = [LeadName::Other("EEG".into())];
        assert_eq!(
            prepare(&recording(&other, 10.0, 500.0, 100.0)),
            Err(PrepareError::NoLeads)
        );
    }

    #[test]
    fn a_gap_is_bridged_and_a_mostly_missing_lead_is_absent() {
        let mut gappy = recording(&eight(), 10.0, 500.0, 1000.0);
        for (lead, missing) in [(2, 0..200), (3, 0..3000)] {
            let mut values = gappy.leads[lead].samples.microvolts();
            values[missing].fill(f64::NAN);
            gappy.leads[lead].samples = Samples::from_microvolts(values);
        }
        let window = prepare(&gappy).unwrap().remove(0);
        assert!(window.waveform.iter().all(|value| value.is_finite()));
        assert_eq!(window.amplitude[LEADS + 6], 1.0);
        assert_eq!(window.amplitude[LEADS + 7], 0.0);
    }
}
