//! What calipers snap to: the measured fiducials, and the highs and lows of the trace itself.

use crate::ecg::{Lead, LeadName};
use crate::measure::{Beat, Boundaries, Measurements};
use crate::viewer::paper_pointer::value_at;

/// No boundary of a beat lies farther than this from its time.
const REACH_S: f64 = 1.5;
/// Around a pointer the highest and lowest sample within this time are worth snapping to.
const EXTREME_S: f64 = 0.03;

/// The fiducials of a lead between two times, in the order of time; the boundaries over all leads where the lead has
/// none of its own.
pub fn times_of(measured: &Measurements, lead: &LeadName, from_s: f64, to_s: f64) -> Vec<f64> {
    let beats = &measured.beats;
    let first = beats.partition_point(|beat| beat.time_s < from_s - REACH_S);
    let own = measured.leads.iter().position(|other| other.lead == *lead);
    let near = beats
        .iter()
        .skip(first)
        .take_while(|beat| beat.time_s < to_s + REACH_S);
    let mut times: Vec<f64> = near
        .flat_map(|beat| fiducials(beat, own))
        .filter(|time| (from_s..=to_s).contains(time))
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times.dedup_by(|a, b| (*a - *b).abs() < 1e-4);
    times
}

fn fiducials(beat: &Beat, own: Option<usize>) -> impl Iterator<Item = f64> {
    let b: &Boundaries = own
        .and_then(|index| beat.lead_boundaries.get(index))
        .unwrap_or(&beat.boundaries);
    [
        b.p_on, b.p_peak, b.p_off, b.qrs_on, b.r_peak, b.qrs_off, b.t_on, b.t_peak, b.t_off,
    ]
    .into_iter()
    .chain([beat
        .boundaries
        .r_peak
        .or(Some(beat.time_s))
        .filter(|_| b.r_peak.is_none())])
    .flatten()
}

/// The fiducial nearest to a time, if one lies within `reach_s`; R peaks are stronger than boundaries.
pub fn time_near(
    measured: Option<&Measurements>,
    lead: &LeadName,
    at_s: f64,
    reach_s: f64,
) -> Option<f64> {
    let times = times_of(measured?, lead, at_s - reach_s, at_s + reach_s);
    times
        .into_iter()
        .min_by(|a, b| (a - at_s).abs().total_cmp(&(b - at_s).abs()))
}

/// The level nearest to one that was pointed at: of a fiducial nearby, or of the highest and lowest sample around.
pub fn level_near(
    measured: Option<&Measurements>,
    lead: &Lead,
    at_s: f64,
    mv: f64,
    reach_s: f64,
    reach_mv: f64,
) -> Option<f64> {
    let fiducials = measured
        .map(|measured| times_of(measured, &lead.name, at_s - reach_s, at_s + reach_s))
        .unwrap_or_default();
    let levels = fiducials
        .into_iter()
        .filter_map(|time| value_at(lead, time))
        .chain(extremes(lead, at_s));
    levels
        .map(|uv| uv / 1000.0)
        .filter(|level| (level - mv).abs() <= reach_mv)
        .min_by(|a, b| (a - mv).abs().total_cmp(&(b - mv).abs()))
}

fn extremes(lead: &Lead, at_s: f64) -> impl Iterator<Item = f64> {
    let rate = lead.sampling_rate_hz;
    let first = ((at_s - EXTREME_S) * rate).max(0.0) as usize;
    let last = ((at_s + EXTREME_S) * rate).max(0.0) as usize;
    let values = (first..=last)
        .filter_map(|index| lead.samples.get(index))
        .filter(|value| value.is_finite());
    let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), value| {
        (low.min(value), high.max(value))
    });
    [low, high].into_iter().filter(move |_| low <= high)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::measure::measure;
    use crate::simulate::bundled;

    #[test]
    fn a_leg_near_an_r_peak_falls_on_it_and_one_far_from_everything_stays() {
        let recording = bundled::open(crate::viewer::FIRST_CASE).unwrap();
        let measured = measure(&recording);
        let peak = measured.beats[2]
            .boundaries
            .r_peak
            .unwrap_or(measured.beats[2].time_s);
        let lead = LeadName::II;
        let own = time_near(Some(&measured), &lead, peak + 0.012, 0.04).unwrap();
        let all = times_of(&measured, &lead, peak - 0.06, peak + 0.06);
        assert!(all.contains(&own) && (own - peak - 0.012).abs() <= 0.04);
        assert_eq!(time_near(None, &lead, peak, 0.04), None);
        let high = recording.lead(&lead).unwrap();
        let top = level_near(Some(&measured), high, own, 50.0, 0.05, 0.1);
        assert_eq!(top, None, "nothing stands at 50 mV");
    }
}
