//! Filters and resampling give the values that SciPy gives.
//!
//! Expected values: SciPy on `1000 sin(2 pi 1.3 t) + 200 cos(2 pi 17 t) + 50 sin(2 pi 31 t) + 300 t`;
//! the call stands beside each.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::f64::consts::TAU;

use heartbeatai::signal::butterworth::{
    Band, Padding, butterworth, filter_both_ways, notch, response,
};
use heartbeatai::signal::{FilterSettings, HighCut, LowCut, MainsFilter, band_pass, resample};

fn test_tone(rate_hz: f64, samples: usize) -> Vec<f64> {
    (0..samples)
        .map(|index| {
            let t = index as f64 / rate_hz;
            1000.0 * (TAU * 1.3 * t).sin()
                + 200.0 * (TAU * 17.0 * t).cos()
                + 50.0 * (TAU * 31.0 * t).sin()
                + 300.0 * t
        })
        .collect()
}

fn assert_values(got: &[f64], expected: &[(usize, f64)], tolerance: f64, what: &str) {
    for &(index, value) in expected {
        assert!(
            (got[index] - value).abs() < tolerance,
            "{what} [{index}]: {} is not {value}",
            got[index]
        );
    }
}

#[test]
fn resampling_gives_the_values_of_resample_poly() {
    // scipy.signal.resample_poly(x, to // g, from // g, padtype='line'), g = gcd(from, to)
    /// From and to which rate in hertz, samples out, and some of them.
    type Case = (f64, f64, usize, [(usize, f64); 3]);
    let cases: [Case; 4] = [
        (
            1000.0,
            100.0,
            3000,
            [(150, -59.2141), (157, 608.3100), (181, 1397.9475)],
        ),
        (
            400.0,
            100.0,
            1200,
            [(150, -59.2025), (157, 608.3108), (181, 1397.9380)],
        ),
        (
            257.0,
            100.0,
            771,
            [(150, -59.2108), (157, 608.3209), (181, 1397.9136)],
        ),
        (
            100.0,
            500.0,
            300,
            [(750, -59.0554), (757, 220.4137), (781, 494.7067)],
        ),
    ];
    for (from, to, samples, expected) in cases {
        let resampled = resample(&test_tone(from, samples), from, to);
        // Half a microvolt in 1500: SciPy scales the whole filter once, here each phase adds up to one.
        assert_values(&resampled, &expected, 0.7, &format!("{from} to {to} Hz"));
    }
}

#[test]
fn resampling_keeps_what_fits_and_removes_what_would_alias() {
    let tone = |rate: f64, samples: usize, hz: f64| -> Vec<f64> {
        (0..samples)
            .map(|index| (TAU * hz * index as f64 / rate).sin())
            .collect()
    };
    for from in [257.0, 400.0, 500.0, 1000.0] {
        let samples = (10.0 * from) as usize;
        let kept = resample(&tone(from, samples, 30.0), from, 100.0);
        let wanted = tone(100.0, 1000, 30.0);
        let error = kept
            .iter()
            .zip(&wanted)
            .skip(20)
            .take(960)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max);
        assert!(error < 0.003, "30 Hz from {from}: {error}");
        let aliased = resample(&tone(from, samples, 70.0), from, 100.0);
        let left = aliased[20..980].iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        assert!(left < 0.004, "70 Hz from {from}: {left}");
    }
}

#[test]
fn the_butterworth_design_and_its_zero_phase_use_give_the_values_of_sosfiltfilt() {
    let tone = test_tone(500.0, 2000);
    // sos = butter(4, [0.5, 40], 'bandpass', fs=500, output='sos')
    let band = butterworth(4, Band::Between(0.5, 40.0), 500.0).unwrap();
    assert_values(
        &filter_both_ways(&band, &tone, Padding::Odd(27)),
        // sosfiltfilt(sos, x)
        &[
            (0, 98.78417060),
            (10, -75.11514884),
            (700, -756.03663242),
            (1999, 58.19646768),
        ],
        1e-4,
        "band-pass, odd padding",
    );
    assert_values(
        &filter_both_ways(&band, &tone, Padding::Even(1000)),
        // sosfiltfilt(sos, x, padtype='even', padlen=1000)
        &[
            (0, -62.66491414),
            (10, -284.98012700),
            (700, -778.45570417),
            (1999, 1268.99414103),
        ],
        1e-4,
        "band-pass, even padding",
    );
    // sosfiltfilt(butter(3, 100, 'lowpass', fs=500, output='sos'), x)
    let low = butterworth(3, Band::Below(100.0), 500.0).unwrap();
    assert_values(
        &filter_both_ways(&low, &tone, Padding::Odd(12)),
        &[
            (0, 200.00038757),
            (10, 27.25831636),
            (700, -393.64680405),
            (1999, 2321.74048957),
        ],
        1e-6,
        "low-pass of odd order",
    );
    // sos = butter(2, 0.05 * (2**.5 - 1)**.25, 'highpass', fs=500, output='sos')
    // sosfiltfilt(sos, x, padtype='even', padlen=1999)
    let settings = FilterSettings {
        low_cut: Some(LowCut::Hz0_05),
        high_cut: None,
        mains: None,
    };
    assert_values(
        &settings.apply(&tone, 500.0),
        &[
            (0, -764.27410354),
            (10, -934.74620735),
            (700, -1210.97861746),
            (1999, 1735.36218438),
        ],
        1e-4,
        "low cut 0.05 Hz",
    );
    // iirnotch(50, 30, fs=500)
    let section = notch(50.0, 30.0, 500.0).unwrap()[0];
    assert_values(
        &section.b,
        &[(0, 0.989636175363), (1, -1.601264968234)],
        1e-11,
        "notch b",
    );
    assert_values(
        &section.a,
        &[(0, -1.601264968234), (1, 0.979272350726)],
        1e-11,
        "notch a",
    );
}

#[test]
fn a_filter_is_three_decibels_down_where_its_name_says() {
    let half_power = std::f64::consts::FRAC_1_SQRT_2;
    for (settings, hz) in [
        (
            FilterSettings {
                low_cut: Some(LowCut::Hz0_67),
                ..FilterSettings::OFF
            },
            0.67,
        ),
        (
            FilterSettings {
                high_cut: Some(HighCut::Hz40),
                ..FilterSettings::OFF
            },
            40.0,
        ),
        (
            FilterSettings {
                high_cut: Some(HighCut::Hz150),
                ..FilterSettings::OFF
            },
            150.0,
        ),
    ] {
        let tone: Vec<f64> = (0..30_000)
            .map(|i| (TAU * hz * f64::from(i) / 1000.0).sin())
            .collect();
        let filtered = settings.apply(&tone, 1000.0);
        let peak = filtered[10_000..20_000]
            .iter()
            .fold(0.0_f64, |a, b| a.max(b.abs()));
        assert!((peak - half_power).abs() < 0.005, "{hz} Hz: {peak}");
    }
}

#[test]
fn mains_hum_disappears_and_the_heart_stays() {
    let ecg: Vec<f64> = (0..5000)
        .map(|i| 800.0 * (TAU * 1.2 * f64::from(i) / 500.0).sin())
        .collect();
    let humming: Vec<f64> = ecg
        .iter()
        .enumerate()
        .map(|(i, v)| v + 100.0 * (TAU * 50.0 * i as f64 / 500.0).cos())
        .collect();
    let settings = FilterSettings {
        mains: Some(MainsFilter::Hz50),
        ..FilterSettings::OFF
    };
    let cleaned = settings.apply(&humming, 500.0);
    let worst = cleaned[500..4500]
        .iter()
        .zip(&ecg[500..4500])
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    assert!(worst < 0.5, "{worst} uV of hum are left");
}

#[test]
fn the_network_band_degrades_gracefully_at_low_rates() {
    for rate in [50.0, 80.0, 100.0, 128.0, 500.0] {
        let samples = (10.0 * rate) as usize;
        let filtered = band_pass(&vec![1000.0; samples], rate, 0.5, 40.0);
        assert_eq!(filtered.len(), samples);
        assert!(
            filtered.iter().all(|v| v.abs() < 1e-3),
            "a constant is removed at {rate} Hz"
        );
        let tone: Vec<f64> = (0..samples)
            .map(|i| (TAU * 10.0 * i as f64 / rate).sin())
            .collect();
        let kept = band_pass(&tone, rate, 0.5, 40.0);
        let worst = kept
            .iter()
            .zip(&tone)
            .skip(samples / 4)
            .take(samples / 2)
            .map(|(a, b)| (a - b).abs());
        assert!(
            worst.fold(0.0, f64::max) < 0.02,
            "10 Hz passes at {rate} Hz"
        );
    }
    assert!(band_pass(&[], 500.0, 0.5, 40.0).is_empty());
    assert_eq!(band_pass(&[3.0], 0.5, 0.5, 40.0), [3.0]);
}

#[test]
fn a_gap_stays_a_gap_in_every_filter() {
    let mut tone = test_tone(500.0, 2000);
    tone[700..800].fill(f64::NAN);
    let filtered = FilterSettings::default().apply(&tone, 500.0);
    for (index, value) in filtered.iter().enumerate() {
        assert_eq!(
            value.is_nan(),
            (700..800).contains(&index),
            "sample {index}"
        );
    }
}

#[test]
fn the_filters_in_use_are_named_as_on_paper() {
    assert_eq!(
        FilterSettings::default().describe().as_deref(),
        Some("0.05-150 Hz")
    );
    assert_eq!(FilterSettings::OFF.describe(), None);
    let settings = FilterSettings {
        mains: Some(MainsFilter::Hz50),
        ..FilterSettings::default()
    };
    assert_eq!(
        settings.describe().as_deref(),
        Some("0.05-150 Hz, mains 50 Hz")
    );
    let json = serde_json::to_string(&settings).unwrap();
    assert_eq!(json, r#"{"low_cut":"0.05","high_cut":"150","mains":"50"}"#);
    assert_eq!(
        serde_json::from_str::<FilterSettings>(&json).unwrap(),
        settings
    );
}

#[test]
fn a_high_order_band_pass_has_the_magnitude_of_its_formula() {
    // |H|^2 = 1 / (1 + Q^2n) with the band-pass variable Q (Oppenheim and Schafer), after prewarping.
    let design = butterworth(4, Band::Between(5.0, 30.0), 500.0).unwrap();
    let warped = |hz: f64| (std::f64::consts::PI * hz / 500.0).tan();
    for hz in [2.0, 5.0, 12.0, 30.0, 60.0, 120.0] {
        let (w, w1, w2) = (warped(hz), warped(5.0), warped(30.0));
        let q = (w * w - w1 * w2) / (w * (w2 - w1));
        let expected = 1.0 / (1.0 + q.powi(8)).sqrt();
        assert!(
            (response(&design, hz, 500.0).norm() - expected).abs() < 1e-9,
            "{hz} Hz"
        );
    }
}
