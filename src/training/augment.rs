//! Variations of a prepared window that leave its statements true.

use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use super::recipe::Augmentation;
use crate::network::{LEADS, MEASURED, MEASURED_OF_LEAD, MEASURED_OF_TRACING, MEASURED_VOLTAGES};

/// Varies one window in place: `waveform` holds the samples of lead 0, then of lead 1, ...; `amplitude` and
/// `measured` are as in [`crate::network::Batch`].
pub fn augment(
    waveform: &mut [f32],
    amplitude: &mut [f32],
    measured: &mut [f32],
    sampling_rate_hz: f64,
    how: &Augmentation,
    rng: &mut impl Rng,
) {
    let samples = waveform.len() / LEADS;
    if samples == 0 {
        return;
    }
    if how.stretch > 0.0 || how.shift_s > 0.0 {
        let scale = 1.0 + rng.random_range(-1.0..=1.0) * how.stretch;
        let shift = if rng.random_bool(0.5) {
            (rng.random_range(-1.0..=1.0) * how.shift_s * sampling_rate_hz).round()
        } else {
            0.0
        };
        for lead in waveform.chunks_exact_mut(samples) {
            resample(lead, scale, shift);
        }
    }
    let noise = if rng.random_bool(0.5) {
        rng.random_range(0.0..=1.0) * how.noise
    } else {
        0.0
    };
    let wander = rng.random_bool(0.5).then(|| {
        let turns = rng.random_range(0.1..=0.6) * std::f64::consts::TAU / sampling_rate_hz;
        (turns, rng.random_range(0.0..std::f64::consts::TAU))
    });
    for lead in waveform.chunks_exact_mut(samples) {
        // An absent lead stays absent.
        if lead.iter().all(|&value| value == 0.0) {
            continue;
        }
        let depth = rng.random_range(-1.0..=1.0) * how.wander;
        for (index, value) in lead.iter_mut().enumerate() {
            if noise > 0.0 {
                let drawn: f64 = StandardNormal.sample(rng);
                *value += (noise * drawn) as f32;
            }
            if let Some((turns, phase)) = wander {
                *value += (depth * (turns * index as f64 + phase).sin()) as f32;
            }
        }
    }
    let gain: f64 = StandardNormal.sample(rng);
    for index in 0..LEADS {
        if amplitude
            .get(LEADS + index)
            .is_some_and(|&known| known > 0.0)
        {
            let own: f64 = StandardNormal.sample(rng);
            if let Some(value) = amplitude.get_mut(index) {
                *value += (how.gain * (gain + 0.3 * own)) as f32;
            }
            // The last number of a lead is its height, which the gain changes as well.
            let height = of_lead(index) + MEASURED_OF_LEAD - 1;
            let known = measured
                .get(MEASURED + height)
                .is_some_and(|&known| known > 0.0);
            if let Some(value) = measured.get_mut(height).filter(|_| known) {
                *value += (how.gain * (gain + 0.3 * own)) as f32;
            }
        }
    }
    if rng.random_bool(how.amplitude_dropout) {
        amplitude.fill(0.0);
        for lead in 0..LEADS {
            let height = of_lead(lead) + MEASURED_OF_LEAD - 1;
            forget(measured, height..height + 1);
        }
        for index in MEASURED_VOLTAGES {
            forget(measured, index..index + 1);
        }
    }
    if rng.random_bool(how.measured_dropout) {
        measured.fill(0.0);
    } else if rng.random_bool(how.measured_dropout) {
        // Now and then one wave could not be made out, or one number is wrong.
        for index in 0..MEASURED {
            if rng.random_bool(0.2) {
                forget(measured, index..index + 1);
            }
        }
    }
    if rng.random_bool(how.lead_dropout) {
        for _ in 0..rng.random_range(1..=3) {
            let lead = rng.random_range(0..LEADS);
            if let Some(samples) = waveform.chunks_exact_mut(samples).nth(lead) {
                samples.fill(0.0);
            }
            for index in [lead, LEADS + lead] {
                if let Some(value) = amplitude.get_mut(index) {
                    *value = 0.0;
                }
            }
            forget(measured, of_lead(lead)..of_lead(lead) + MEASURED_OF_LEAD);
        }
    }
}

/// Where the numbers of a lead begin.
fn of_lead(lead: usize) -> usize {
    MEASURED_OF_TRACING + lead * MEASURED_OF_LEAD
}

/// Makes some numbers not measurable.
fn forget(measured: &mut [f32], which: std::ops::Range<usize>) {
    for index in which {
        for index in [index, MEASURED + index] {
            if let Some(value) = measured.get_mut(index) {
                *value = 0.0;
            }
        }
    }
}

/// Reads the lead anew at `scale` times its speed, `shift` samples later; silence outside.
fn resample(lead: &mut [f32], scale: f64, shift: f64) {
    let source = lead.to_vec();
    let middle = source.len() as f64 / 2.0;
    for (index, value) in lead.iter_mut().enumerate() {
        let place = (index as f64 - middle) * scale + middle - shift;
        let low = place.floor();
        let at = |place: f64| {
            if place < 0.0 {
                0.0
            } else {
                source.get(place as usize).copied().unwrap_or(0.0)
            }
        };
        let part = (place - low) as f32;
        *value = at(low) * (1.0 - part) + at(low + 1.0) * part;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    fn window() -> (Vec<f32>, Vec<f32>) {
        let waveform = (0..12 * 100)
            .map(|i| if i < 100 { 0.0 } else { (i as f32 / 7.0).sin() })
            .collect();
        let amplitude = (0..24).map(|i| if i < 12 { 0.5 } else { 1.0 }).collect();
        (waveform, amplitude)
    }

    const OFF: Augmentation = Augmentation {
        stretch: 0.0,
        shift_s: 0.0,
        lead_dropout: 0.0,
        noise: 0.0,
        wander: 0.0,
        gain: 0.0,
        amplitude_dropout: 0.0,
        measured_dropout: 0.0,
    };

    #[test]
    fn switched_off_it_changes_nothing() {
        let (mut waveform, mut amplitude) = window();
        augment(
            &mut waveform,
            &mut amplitude,
            &mut [],
            10.0,
            &OFF,
            &mut StdRng::seed_from_u64(1),
        );
        assert_eq!((waveform, amplitude), window());
    }

    #[test]
    fn an_absent_lead_stays_absent() {
        for seed in 0..50 {
            let (mut waveform, mut amplitude) = window();
            let how = Augmentation {
                lead_dropout: 0.0,
                ..Augmentation::default()
            };
            augment(
                &mut waveform,
                &mut amplitude,
                &mut [],
                10.0,
                &how,
                &mut StdRng::seed_from_u64(seed),
            );
            assert!(waveform[..100].iter().all(|&value| value == 0.0));
            assert!(waveform[100..].iter().any(|&value| value != 0.0));
        }
    }

    #[test]
    fn a_dropped_lead_loses_its_amplitude_too() {
        let (mut waveform, mut amplitude) = window();
        augment(
            &mut waveform,
            &mut amplitude,
            &mut [],
            10.0,
            &Augmentation {
                lead_dropout: 1.0,
                ..OFF
            },
            &mut StdRng::seed_from_u64(5),
        );
        let gone: Vec<_> = (1..12)
            .filter(|&lead| waveform[lead * 100..][..100].iter().all(|&v| v == 0.0))
            .collect();
        assert!(!gone.is_empty() && gone.len() <= 3);
        for lead in gone {
            assert_eq!((amplitude[lead], amplitude[12 + lead]), (0.0, 0.0));
        }
    }

    #[test]
    fn a_shift_moves_silence_in() {
        let mut lead: Vec<f32> = (1..=10).map(|i| i as f32).collect();
        resample(&mut lead, 1.0, 3.0);
        assert_eq!(lead, [0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
    }
}
