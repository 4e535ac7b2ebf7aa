//! Whether limb and chest leads show the same heart at the same time.

use super::prepare::{Prepared, RATE_HZ, SAMPLES};
use crate::network::LEADS;
use crate::signal::quality::correlation;

/// The limb leads come first.
const LIMB: usize = 6;
/// A group with fewer leads says nothing.
const LEAST_LEADS: usize = 3;
/// Steepness is averaged over so many samples: a QRS complex.
const COMPLEX: usize = 7;
/// How far apart the complexes of both may lie, in samples: bundle branch block parts them by less.
const APART: usize = (0.06 * RATE_HZ) as usize;
/// Correlation of the steepness of both below which they are no pair. Of 823 real tracings whose leads are all there
/// the least alike has 0.70; limb leads of one person beside chest leads of another are below in 99.5 %, chest leads
/// moved by 2.6 s in 96 %.
const LEAST_ALIKE: f64 = 0.6;

/// Why a tracing cannot be one, if the leads of most of its windows do not beat together.
pub(super) fn apart(windows: &[Prepared]) -> Option<String> {
    let alike: Vec<f64> = windows
        .iter()
        .filter_map(|window| likeness(&window.waveform))
        .collect();
    let apart = alike.iter().filter(|&&alike| alike < LEAST_ALIKE).count();
    (2 * apart > alike.len()).then(|| {
        "its limb leads and its chest leads do not beat together: they are of two people or of different moments".into()
    })
}

/// The highest correlation between the steepness of limb and chest leads, moved against each other by no more than a
/// complex is wide; `None` where too few leads are there.
fn likeness(waveform: &[f32]) -> Option<f64> {
    let split = LIMB * SAMPLES;
    let limb = steepness(waveform.get(..split)?)?;
    let chest = steepness(waveform.get(split..LEADS * SAMPLES)?)?;
    let moved = |by: usize| {
        let later = correlation(limb.get(by..)?, chest.get(..chest.len() - by)?);
        let earlier = correlation(limb.get(..limb.len() - by)?, chest.get(by..)?);
        Some(later.max(earlier))
    };
    (0..=APART).filter_map(moved).reduce(f64::max)
}

/// How steep the leads are together at each moment, less the mean.
fn steepness(leads: &[f32]) -> Option<Vec<f64>> {
    let present = |lead: &&[f32]| lead.iter().any(|&value| value != 0.0);
    let leads: Vec<&[f32]> = leads.chunks_exact(SAMPLES).filter(present).collect();
    if leads.len() < LEAST_LEADS {
        return None;
    }
    let at = |index: usize| {
        let steps = leads.iter().filter_map(|lead| {
            let (before, after) = (lead.get(index)?, lead.get(index + 1)?);
            Some(f64::from((after - before).abs()))
        });
        steps.sum::<f64>()
    };
    let steps: Vec<f64> = (0..SAMPLES - 1).map(at).collect();
    let smooth: Vec<f64> = (steps.windows(COMPLEX))
        .map(|part| part.iter().sum::<f64>())
        .collect();
    let mean = smooth.iter().sum::<f64>() / smooth.len().max(1) as f64;
    Some(smooth.into_iter().map(|value| value - mean).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::reading::prepare::prepare;
    use crate::simulate::bundled;

    fn windows(case: &str) -> Vec<Prepared> {
        prepare(&bundled(case).unwrap()).unwrap()
    }

    #[test]
    fn leads_of_one_heart_beat_together() {
        for case in [
            "sinus_rhythm",
            "left_bundle_branch_block",
            "atrial_fibrillation",
        ] {
            let windows = windows(case);
            assert!(likeness(&windows[0].waveform).unwrap() > 0.85, "{case}");
            assert_eq!(apart(&windows), None);
        }
    }

    #[test]
    fn chest_leads_of_another_moment_or_person_do_not() {
        let (mut moved, other) = (windows("sinus_rhythm"), windows("atrial_fibrillation"));
        for lead in moved[0].waveform.chunks_exact_mut(SAMPLES).skip(LIMB) {
            lead.rotate_left(230);
        }
        assert!(apart(&moved).is_some());
        let mut two = windows("sinus_rhythm");
        let chest = LIMB * SAMPLES..;
        two[0].waveform[chest.clone()].copy_from_slice(&other[0].waveform[chest]);
        assert!(apart(&two).is_some());
    }

    #[test]
    fn too_few_leads_say_nothing() {
        let mut windows = windows("sinus_rhythm");
        windows[0].waveform[LIMB * SAMPLES + 2 * SAMPLES..].fill(0.0);
        assert_eq!(likeness(&windows[0].waveform), None);
        assert_eq!(apart(&windows), None);
    }
}
