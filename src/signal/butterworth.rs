//! Butterworth filters as second-order sections, and their zero-phase application.
//!
//! Design: analogue prototype, frequency transformation and bilinear transform with prewarping, as in
//! Oppenheim and Schafer, Discrete-Time Signal Processing, chapter 7. Forward-backward application with
//! steady-state start values: Gustafsson 1996, IEEE Trans. Signal Process. 44:988, in the form SciPy's
//! `sosfiltfilt` has it, against whose values it is tested.

use realfft::num_complex::Complex64;

/// One second-order section, `(b0 + b1 z^-1 + b2 z^-2) / (1 + a1 z^-1 + a2 z^-2)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Section {
    /// Numerator, from `z^0` to `z^-2`.
    pub b: [f64; 3],
    /// Denominator coefficients of `z^-1` and `z^-2`.
    pub a: [f64; 2],
}

/// Which frequencies pass, in hertz.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Band {
    Below(f64),
    Above(f64),
    Between(f64, f64),
}

/// How a tracing is continued past its ends while a filter runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Point reflection, over this many samples.
    Odd(usize),
    /// Mirror image, over this many samples.
    Even(usize),
}

/// A Butterworth filter of `order` (1 to 10) for a sampling rate. A band-pass has twice as many poles, as in
/// SciPy. `None` when an edge is not between zero and the Nyquist frequency.
pub fn butterworth(order: usize, band: Band, rate_hz: f64) -> Option<Vec<Section>> {
    let in_range = |hz: f64| hz > 0.0 && hz < rate_hz / 2.0;
    let valid = (1..=10).contains(&order)
        && match band {
            Band::Below(hz) | Band::Above(hz) => in_range(hz),
            Band::Between(low, high) => in_range(low) && in_range(high) && low < high,
        };
    if !valid {
        return None;
    }
    let warped = |hz: f64| 2.0 * rate_hz * (std::f64::consts::PI * hz / rate_hz).tan();
    // Poles of the analogue prototype, one of each conjugate pair; a real one comes last.
    let prototype: Vec<Complex64> = (0..order.div_ceil(2))
        .map(|k| {
            let angle = std::f64::consts::PI * (2 * k + order + 1) as f64 / (2 * order) as f64;
            Complex64::from_polar(1.0, angle)
        })
        .collect();
    let mut sections = Vec::new();
    for pole in prototype {
        let real = pole.im.abs() < 1e-9;
        match band {
            Band::Below(hz) => sections.push(section(pole * warped(hz), real, -1.0, rate_hz)),
            Band::Above(hz) => sections.push(section(warped(hz) / pole, real, 1.0, rate_hz)),
            Band::Between(low, high) => {
                let (w1, w2) = (warped(low), warped(high));
                let half = pole * ((w2 - w1) / 2.0);
                let root = (half * half - w1 * w2).sqrt();
                if real {
                    sections.push(band_section([half + root, half - root], rate_hz));
                } else {
                    for shifted in [half + root, half - root] {
                        sections.push(band_section([shifted, shifted.conj()], rate_hz));
                    }
                }
            }
        }
    }
    let reference = match band {
        Band::Below(_) => 0.0,
        Band::Above(_) => rate_hz / 2.0,
        Band::Between(low, high) => {
            let centre = (warped(low) * warped(high)).sqrt();
            rate_hz / std::f64::consts::PI * (centre / (2.0 * rate_hz)).atan()
        }
    };
    let gain = response(&sections, reference, rate_hz).norm();
    if let Some(first) = sections.first_mut() {
        first.b = first.b.map(|b| b / gain);
    }
    Some(sections)
}

/// A notch at `hz` whose -3 dB width is `hz / quality` (SciPy's `iirnotch`). `None` when it is not below the
/// Nyquist frequency.
pub fn notch(hz: f64, quality: f64, rate_hz: f64) -> Option<Vec<Section>> {
    if !(hz > 0.0 && hz < rate_hz / 2.0 && quality > 0.0) {
        return None;
    }
    let omega = 2.0 * std::f64::consts::PI * hz / rate_hz;
    let beta = (omega / quality / 2.0).tan();
    let gain = 1.0 / (1.0 + beta);
    let cosine = -2.0 * gain * omega.cos();
    Some(vec![Section {
        b: [gain, cosine, gain],
        a: [cosine, 2.0 * gain - 1.0],
    }])
}

fn bilinear(pole: Complex64, rate_hz: f64) -> Complex64 {
    (2.0 * rate_hz + pole) / (2.0 * rate_hz - pole)
}

/// A low-pass (`zero` at -1) or high-pass (`zero` at 1) section from one analogue pole and its conjugate.
fn section(pole: Complex64, real: bool, zero: f64, rate_hz: f64) -> Section {
    let pole = bilinear(pole, rate_hz);
    if real {
        Section {
            b: [1.0, -zero, 0.0],
            a: [-pole.re, 0.0],
        }
    } else {
        Section {
            b: [1.0, -2.0 * zero, 1.0],
            a: [-2.0 * pole.re, pole.norm_sqr()],
        }
    }
}

/// A band-pass section from two analogue poles that are conjugate or both real.
fn band_section(poles: [Complex64; 2], rate_hz: f64) -> Section {
    let [p, q] = poles.map(|pole| bilinear(pole, rate_hz));
    Section {
        b: [1.0, 0.0, -1.0],
        a: [-(p + q).re, (p * q).re],
    }
}

/// Complex gain at a frequency.
pub fn response(sections: &[Section], hz: f64, rate_hz: f64) -> Complex64 {
    let delay = Complex64::from_polar(1.0, -2.0 * std::f64::consts::PI * hz / rate_hz);
    sections
        .iter()
        .map(|s| {
            let numerator = s.b[0] + delay * (s.b[1] + delay * s.b[2]);
            numerator / (1.0 + delay * (s.a[0] + delay * s.a[1]))
        })
        .product()
}

/// Leads that are filtered side by side: one waits for its own last value, several keep the processor busy.
const LANES: usize = 6;

/// Filters forwards and backwards, so that nothing is delayed and the gain is squared. Samples must be finite.
/// The padding is cut to one less than the length.
pub fn filter_both_ways(sections: &[Section], samples: &[f64], padding: Padding) -> Vec<f64> {
    let [filtered] = side_by_side(sections, [samples], padding);
    filtered
}

/// The same of several leads, in less time; the values are the same to the last bit.
pub fn filter_all_both_ways<L: AsRef<[f64]>>(
    sections: &[Section],
    leads: &[L],
    padding: Padding,
) -> Vec<Vec<f64>> {
    let mut filtered = Vec::with_capacity(leads.len());
    for group in leads.chunks(LANES) {
        let own = |lane: usize| group.get(lane).map_or(&[][..], AsRef::as_ref);
        let length = own(0).len();
        if group.len() > 1 && group.iter().all(|lead| lead.as_ref().len() == length) {
            // A lane without a lead filters the first one again.
            let lanes = std::array::from_fn(|lane| own(if lane < group.len() { lane } else { 0 }));
            let done: [Vec<f64>; LANES] = side_by_side(sections, lanes, padding);
            filtered.extend(done.into_iter().take(group.len()));
        } else {
            let each = group.iter().map(AsRef::as_ref);
            filtered.extend(each.map(|lead| filter_both_ways(sections, lead, padding)));
        }
    }
    filtered
}

/// Leads of one length.
fn side_by_side<const N: usize>(
    sections: &[Section],
    leads: [&[f64]; N],
    padding: Padding,
) -> [Vec<f64>; N] {
    let length = leads.first().map_or(0, |lead| lead.len());
    let Some(last) = length.checked_sub(1) else {
        return std::array::from_fn(|_| Vec::new());
    };
    let (pad, mirror): (usize, fn(f64, f64) -> f64) = match padding {
        Padding::Odd(pad) => (pad.min(last), |end, value| 2.0 * end - value),
        Padding::Even(pad) => (pad.min(last), |_, value| value),
    };
    let at = |index: usize| leads.map(|lead| lead[index]);
    let beyond = |end: usize, index: usize| leads.map(|lead| mirror(lead[end], lead[index]));
    let mut extended: Vec<[f64; N]> = Vec::with_capacity(length + 2 * pad);
    extended.extend((1..=pad).rev().map(|index| beyond(0, index)));
    extended.extend((0..length).map(at));
    extended.extend((last - pad..last).rev().map(|index| beyond(last, index)));
    run(sections, &mut extended);
    extended.reverse();
    run(sections, &mut extended);
    let filtered = &extended[pad..pad + length];
    std::array::from_fn(|lane| filtered.iter().rev().map(|values| values[lane]).collect())
}

/// Filters in place, starting as if the first value had always been there.
fn run<const N: usize>(sections: &[Section], samples: &mut [[f64; N]]) {
    let Some(mut start) = samples.first().copied() else {
        return;
    };
    for s in sections {
        let gain = s.b.iter().sum::<f64>() / (1.0 + s.a[0] + s.a[1]);
        let output = start.map(|start| start * gain);
        // Direct form II transposed in steady state.
        let mut z2: [f64; N] = std::array::from_fn(|l| s.b[2] * start[l] - s.a[1] * output[l]);
        let mut z1: [f64; N] =
            std::array::from_fn(|l| s.b[1] * start[l] - s.a[0] * output[l] + z2[l]);
        for values in samples.iter_mut() {
            for ((value, z1), z2) in values.iter_mut().zip(&mut z1).zip(&mut z2) {
                let x = *value;
                let y = s.b[0] * x + *z1;
                *z1 = s.b[1] * x - s.a[0] * y + *z2;
                *z2 = s.b[2] * x - s.a[1] * y;
                *value = y;
            }
        }
        start = output;
    }
}
