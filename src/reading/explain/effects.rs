//! What a statement loses without a lead, or without what is measured, and what that says of where to look.

use std::ops::Range;

use candle_core::{Result, Tensor};

use crate::network::{Batch, Ensemble, MEASURED};
use crate::reading::measured::OUT_OF_TURN;
use crate::reading::prepare::{Prepared, RATE_HZ, SAMPLES};

/// How much of the say about a lead's heat its effect has, beside the gradients: a half names leads a little more like
/// their effects, and points less often to simulated anterior infarcts; none makes insertions fall short.
const EFFECT_SHARE: f32 = 0.25;

/// Makes the heat of each lead sum to the geometric mean, weighted by [`EFFECT_SHARE`], of what it sums to and of the
/// lead's effect; a lead whose absence does not lower the logit has none. Either alone fails somewhere (weights/README.md
/// has the figures): gradients spread over leads that the network could do without, and where one lead can stand in for
/// another, as in the inferior infarcts, taking one away costs little.
pub(super) fn weigh_by_lead(map: &mut [f32], effects: &[f32]) {
    for (lead, effect) in map.chunks_exact_mut(SAMPLES).zip(effects) {
        let sum: f32 = lead.iter().sum();
        let weight = if sum > 0.0 {
            (effect.max(0.0) / sum).powf(EFFECT_SHARE)
        } else {
            0.0
        };
        lead.iter_mut().for_each(|heat| *heat *= weight);
    }
}

/// Makes `effect` the sum of the heat that is added in `places`, shared out among the leads as the heat already is.
fn add_at(map: &mut [f32], places: &[Range<usize>], effect: f32) {
    let cells = places.iter().map(ExactSizeIterator::len).sum::<usize>() as f32;
    let total: f32 = map.iter().sum();
    if cells == 0.0 || effect <= 0.0 || total <= 0.0 {
        return;
    }
    for lead in map.chunks_exact_mut(SAMPLES) {
        let heat = effect * lead.iter().sum::<f32>() / total / cells;
        for place in places {
            let own = lead.get_mut(place.clone()).into_iter().flatten();
            own.for_each(|cell| *cell += heat);
        }
    }
}

/// Adds to a window's map what the numbers of beats out of turn brought to a statement on single beats.
pub(super) fn add_out_of_turn(map: &mut [f32], window: &Prepared, effect: f32) {
    let index = |at_s: f64| {
        let at = ((at_s - window.start_s) * RATE_HZ).round();
        at.clamp(0.0, SAMPLES as f64) as usize
    };
    let places = window.out_of_turn.iter();
    let places: Vec<_> = places.map(|&(from, to)| index(from)..index(to)).collect();
    add_at(map, &places, effect);
}

/// What each lead and what is measured brings to one statement, in one window.
#[derive(Debug, Clone, Default)]
pub(in crate::reading) struct Effects {
    /// By how much the logit falls when the lead is taken away; amplitudes and measurements stay as they are.
    pub leads: Vec<f32>,
    /// The same when nothing counts as measured.
    pub measured: f32,
    /// The same when the numbers of beats out of turn do not.
    pub out_of_turn: f32,
}

/// The effects in each window, on each statement.
pub(in crate::reading) fn effects(networks: &Ensemble, batch: &Batch) -> Result<Vec<Vec<Effects>>> {
    let (windows, leads, _) = batch.waveform.dims3()?;
    let (kind, device) = (batch.waveform.dtype(), batch.waveform.device());
    // Each variant lacks one lead, or one set of numbers.
    let sets = [0..MEASURED, OUT_OF_TURN];
    let variants = leads + sets.len();
    let kept = |kept: Vec<f32>, width: usize| {
        Tensor::from_vec(kept, (1, variants, width), device)?.to_dtype(kind)
    };
    let of_leads = (0..variants).flat_map(|variant| (0..leads).map(move |lead| lead != variant));
    let of_numbers = (0..variants).flat_map(|variant| {
        let set = variant.checked_sub(leads).and_then(|set| sets.get(set));
        (0..2 * MEASURED).map(move |at| !set.is_some_and(|set| set.contains(&(at % MEASURED))))
    });
    let as_number = |kept: bool| f32::from(u8::from(kept));
    let of_leads = kept(of_leads.map(as_number).collect(), leads)?;
    let of_numbers = kept(of_numbers.map(as_number).collect(), 2 * MEASURED)?;
    let without = Batch {
        waveform: batch
            .waveform
            .unsqueeze(1)?
            .broadcast_mul(&of_leads.unsqueeze(3)?)?
            .flatten(0, 1)?,
        amplitude: batch
            .amplitude
            .unsqueeze(1)?
            .repeat((1, variants, 1))?
            .flatten(0, 1)?,
        measured: batch
            .measured
            .unsqueeze(1)?
            .broadcast_mul(&of_numbers)?
            .flatten(0, 1)?,
    };
    let whole = networks.forward(batch)?.logits.unsqueeze(1)?;
    let logits = networks.forward(&without)?.logits;
    let logits = logits.reshape((windows, variants, logits.dim(1)?))?;
    // `[window][statement][variant]`
    let falls = whole.broadcast_sub(&logits)?.transpose(1, 2)?.to_vec3()?;
    let effects = |falls: Vec<f32>| {
        let at = |index: usize| falls.get(index).copied().unwrap_or(0.0);
        Effects {
            leads: falls.iter().copied().take(leads).collect(),
            measured: at(leads),
            out_of_turn: at(leads + 1),
        }
    };
    Ok(falls
        .into_iter()
        .map(|window| window.into_iter().map(effects).collect())
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::LEADS;

    #[test]
    fn a_lead_is_as_hot_as_its_gradients_and_its_absence_agree_that_it_is() {
        let mut map = vec![0f32; LEADS * SAMPLES];
        map[10] = 3.0;
        map[20] = 1.0;
        map[SAMPLES] = 8.0;
        map[2 * SAMPLES] = 8.0;
        let mut effects = vec![1.0; LEADS];
        effects[..3].copy_from_slice(&[1.0, -2.0, 2.0]);
        weigh_by_lead(&mut map, &effects);
        let sum = 4f32.powf(1.0 - EFFECT_SHARE);
        assert!(
            (map[10] - 0.75 * sum).abs() < 1e-5 && (map[20] - 0.25 * sum).abs() < 1e-5,
            "of a sum of 4 and an effect of 1, shared out as before"
        );
        assert_eq!(
            map[SAMPLES], 0.0,
            "the finding is clearer without this lead"
        );
        let sum = 8f32.powf(1.0 - EFFECT_SHARE) * 2f32.powf(EFFECT_SHARE);
        assert!((map[2 * SAMPLES] - sum).abs() < 1e-5);
        assert!(
            map.iter().all(|heat| heat.is_finite()),
            "a lead without heat"
        );
    }

    #[test]
    fn what_numbers_brought_is_added_at_the_beats_they_were_counted_on() {
        let mut map = vec![0f32; LEADS * SAMPLES];
        map[500] = 3.0;
        map[SAMPLES + 500] = 1.0;
        add_at(&mut map, &[100..110, 990..1000], 2.0);
        assert!((map.iter().sum::<f32>() - 6.0).abs() < 1e-5);
        assert!((map[105] - 0.075).abs() < 1e-6 && (map[SAMPLES + 105] - 0.025).abs() < 1e-6);
        assert!(map[99] == 0.0 && map[110] == 0.0 && map[2 * SAMPLES + 105] == 0.0);
        let before = map.clone();
        add_at(&mut map, &[], 2.0);
        add_at(&mut map, &[100..110, 200..210], -1.0);
        assert_eq!(map, before);
    }
}
