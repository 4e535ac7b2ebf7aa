//! Heights of waves in one lead, and the frontal axes.

use super::classes::BEFORE;
use super::delineate::Fiducials;
use super::prepare::samples;

/// A deflection smaller than this, in microvolts, or shorter than [`SHORTEST`] is not called a Q, R or S wave
/// (the CSE rule is 20 microvolts and 6 ms).
const SMALLEST_UV: f64 = 25.0;
const SHORTEST: usize = samples(8);

/// Both phases of a wave are told when the smaller one has at least this share of the larger one, for this long.
const PHASE_SHARE: f64 = 0.25;
const SHORTEST_PHASE: usize = samples(20);

/// Waves of one lead in microvolts from the level before the QRS complex.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Waves {
    pub p: Option<f64>,
    /// Opposite phase of a biphasic P.
    pub p2: Option<f64>,
    pub q: Option<f64>,
    /// Duration of Q in samples.
    pub q_length: Option<f64>,
    pub r: Option<f64>,
    pub s: Option<f64>,
    pub r2: Option<f64>,
    pub t: Option<f64>,
    /// Opposite phase of a biphasic T.
    pub t2: Option<f64>,
    /// Level at J and 40, 60, 80 ms after it.
    pub st: [Option<f64>; 4],
}

fn index(offset: f64, length: usize) -> usize {
    (offset + BEFORE as f64)
        .round()
        .clamp(0.0, length.saturating_sub(1) as f64) as usize
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Level before the QRS complex: the mean of the 12 ms that end at its begin.
pub(crate) fn baseline(curve: &[f64], qrs_on: f64) -> f64 {
    let on = index(qrs_on, curve.len());
    mean(&curve[on.saturating_sub(samples(12))..=on])
}

/// Waves of a lead's representative beat. `global` says where its complex lies, `own` where its P and T do.
pub(crate) fn waves(curve: &[f64], global: &Fiducials, own: &Fiducials) -> Waves {
    let mut found = Waves::default();
    let (Some(qrs_on), Some(qrs_off)) = (global.qrs_on, global.qrs_off) else {
        return found;
    };
    let level = baseline(curve, qrs_on);
    let (on, off) = (index(qrs_on, curve.len()), index(qrs_off, curve.len()));
    qrs_waves(&curve[on..=off.max(on)], level, &mut found);
    if let (Some(p_on), Some(p_off)) = (own.p_on, own.p_off) {
        let (from, to) = (index(p_on, curve.len()), index(p_off, curve.len()));
        // P stands on the line between its own ends.
        let heights: Vec<f64> = (from..=to)
            .map(|i| {
                let share = (i - from) as f64 / (to - from).max(1) as f64;
                curve[i] - curve[from] * (1.0 - share) - curve[to] * share
            })
            .collect();
        let largest = heights.iter().copied();
        found.p = largest.max_by(|a, b| a.abs().total_cmp(&b.abs()));
        found.p2 = found.p.and_then(|p| other_phase(&heights, p));
    }
    if let Some(t_peak) = own.t_peak {
        let peak = index(t_peak, curve.len());
        let around =
            &curve[peak.saturating_sub(samples(8))..=(peak + samples(8)).min(curve.len() - 1)];
        found.t = Some(mean(around) - level);
        if let (Some(t_on), Some(t_off)) = (own.t_on, own.t_off) {
            let wave = index(t_on, curve.len())..=index(t_off, curve.len());
            let heights: Vec<f64> = wave.map(|i| curve[i] - level).collect();
            found.t2 = found.t.and_then(|t| other_phase(&heights, t));
        }
    }
    for (slot, after) in found.st.iter_mut().zip([0, 40, 60, 80]) {
        let at = off + samples(after);
        *slot = curve
            .get(at.saturating_sub(1)..=at + 1)
            .map(|part| mean(part) - level);
    }
    found
}

/// The opposite phase of a wave whose larger phase is `main`: at least [`SMALLEST_UV`] high and a quarter of that, and
/// for [`SHORTEST_PHASE`] on the other side of the level.
fn other_phase(heights: &[f64], main: f64) -> Option<f64> {
    let opposite = |height: f64| -height * main.signum();
    let phase = heights
        .split(|&height| opposite(height) <= 0.0)
        .filter(|phase| phase.len() >= SHORTEST_PHASE)
        .filter_map(|phase| phase.iter().copied().map(opposite).max_by(f64::total_cmp))
        .max_by(f64::total_cmp)?;
    (phase >= SMALLEST_UV && phase >= PHASE_SHARE * main.abs()).then(|| -phase * main.signum())
}

/// Splits the complex into deflections above and below the level and names them.
fn qrs_waves(complex: &[f64], level: f64, found: &mut Waves) {
    let mut deflections: Vec<(f64, usize)> = Vec::new();
    let mut start = 0;
    while start < complex.len() {
        let above = complex[start] >= level;
        let run = complex[start..]
            .iter()
            .take_while(|&&value| (value >= level) == above)
            .count()
            .max(1);
        let peak = complex[start..start + run]
            .iter()
            .map(|value| value - level)
            .max_by(|a, b| a.abs().total_cmp(&b.abs()))
            .unwrap_or(0.0);
        if peak.abs() >= SMALLEST_UV && run >= SHORTEST {
            match deflections.last_mut() {
                Some((last, length)) if (*last > 0.0) == (peak > 0.0) => {
                    if peak.abs() > last.abs() {
                        *last = peak;
                    }
                    *length += run;
                }
                _ => deflections.push((peak, run)),
            }
        }
        start += run;
    }
    let mut rest = deflections.into_iter().peekable();
    if let Some(&(peak, length)) = rest.peek()
        && peak < 0.0
    {
        found.q = Some(peak);
        found.q_length = Some(length as f64);
        rest.next();
    }
    found.r = rest.next().map(|(peak, _)| peak);
    found.s = rest.next().map(|(peak, _)| peak);
    found.r2 = rest.next().map(|(peak, _)| peak);
}

/// Net amplitude of a wave (its highest point plus its lowest, signed) over `level`, or without one over the line
/// between its ends: what an axis is taken from, on paper and by the devices that were compared.
pub(crate) fn net(curve: &[f64], from: f64, to: f64, level: Option<f64>) -> f64 {
    let (from, to) = (index(from, curve.len()), index(to, curve.len()));
    let (lowest, highest) = (from..=to.max(from))
        .map(|i| {
            let share = (i - from) as f64 / (to.max(from + 1) - from) as f64;
            curve[i] - level.unwrap_or(curve[from] * (1.0 - share) + curve[to] * share)
        })
        .fold((0.0_f64, 0.0_f64), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    lowest + highest
}

/// Frontal axis in degrees, -180 to 180, from the size of a wave in I and II as `size` takes it off a curve. The vector
/// that fits all six limb leads best; III and Goldberger's leads follow from the two and are each taken by their own
/// extremes, which do not all come at one time. `None` when there is nothing to point anywhere.
pub(crate) fn axis(one: &[f64], two: &[f64], size: impl Fn(&[f64]) -> f64) -> Option<f64> {
    // Direction in degrees, share of I and of II, and the gain over a bipolar lead.
    let goldberger = 2.0 / 3.0_f64.sqrt();
    let leads = [
        (0.0, 1.0, 0.0, 1.0),
        (60.0, 0.0, 1.0, 1.0),
        (120.0, -1.0, 1.0, 1.0),
        (-150.0, -0.5, -0.5, goldberger),
        (-30.0, 1.0, -0.5, goldberger),
        (90.0, -0.5, 1.0, goldberger),
    ];
    let (x, y) = leads
        .iter()
        .fold((0.0, 0.0), |(x, y), &(degrees, of_one, of_two, gain)| {
            let curve: Vec<f64> = one
                .iter()
                .zip(two)
                .map(|(i, ii)| of_one * i + of_two * ii)
                .collect();
            let (size, angle) = (gain * size(&curve), f64::to_radians(degrees));
            (x + size * angle.cos(), y + size * angle.sin())
        });
    (x.hypot(y) > 1e-9).then(|| y.atan2(x).to_degrees())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_of_a_lead_is_where_einthovens_triangle_has_it() {
        // Only I: 0 degrees needs II half of I. II largest and I half of it: 60 degrees. III = II - I.
        for (one, two, degrees) in [
            (2.0, 1.0, 0.0),
            (1.0, 2.0, 60.0),
            (0.0, 1.0, 90.0),
            (1.0, -1.0, -60.0),
            (-2.0, -1.0, 180.0),
        ] {
            let found = axis(&[one], &[two], |curve| curve[0]).unwrap_or(f64::NAN);
            assert!((found - degrees).abs() < 1e-9, "{one} {two}: {found}");
        }
        assert_eq!(axis(&[0.0], &[0.0], |curve| curve[0]), None);
    }

    #[test]
    fn a_wave_has_a_second_phase_when_it_is_as_long_and_nearly_as_high() {
        let wave = |phases: &[(f64, usize)]| -> Vec<f64> {
            let samples = phases.iter();
            samples
                .flat_map(|&(height, length)| vec![height; length])
                .collect()
        };
        let biphasic = wave(&[(0.0, 3), (120.0, 15), (-60.0, 15), (0.0, 3)]);
        assert_eq!(other_phase(&biphasic, 120.0), Some(-60.0));
        assert_eq!(
            other_phase(&wave(&[(120.0, 30), (-20.0, 15)]), 120.0),
            None,
            "too low"
        );
        assert_eq!(
            other_phase(&wave(&[(120.0, 30), (-60.0, 4)]), 120.0),
            None,
            "too short"
        );
        assert_eq!(
            other_phase(&wave(&[(-90.0, 30), (70.0, 12)]), -90.0),
            Some(70.0)
        );
    }

    #[test]
    fn deflections_are_named_in_their_order() {
        let complex: Vec<f64> = [-80.0, 900.0, -400.0, 120.0]
            .iter()
            .flat_map(|&v| [v; 6])
            .collect();
        let mut found = Waves::default();
        qrs_waves(&complex, 0.0, &mut found);
        assert_eq!(
            (found.q, found.r, found.s, found.r2),
            (Some(-80.0), Some(900.0), Some(-400.0), Some(120.0))
        );
        let mut only_negative = Waves::default();
        qrs_waves(&[-700.0; 30], 0.0, &mut only_negative);
        assert_eq!((only_negative.q, only_negative.r), (Some(-700.0), None));
    }
}
