//! Whatever a file holds, there is a page.

use std::sync::Arc;

use heartbeatai::ecg::{Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Sex, Unit};
use heartbeatai::measure::{Measurements, Qtc, Value};
use heartbeatai::sheet::font::text_width;
use heartbeatai::sheet::{
    Align, Heat, Ink, Item, Layout, LeadOrder, Page, Palette, PrintedFinding, PrintedReading,
    SheetOptions, compose, paint,
};
use proptest::prelude::*;

fn any_layout() -> impl Strategy<Value = Layout> {
    prop_oneof![
        Just(Layout::ThreeByFour),
        Just(Layout::ThreeByFourOne),
        Just(Layout::ThreeByFourThree),
        Just(Layout::SixByTwo),
        Just(Layout::TwelveByOne),
    ]
}

fn any_number() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => prop_oneof![Just(2.5_f32), Just(5.0), Just(10.0), Just(20.0), Just(12.5), Just(25.0), Just(50.0)],
        1 => prop_oneof![Just(0.0_f32), Just(-3.0), Just(f32::NAN), Just(f32::INFINITY), Just(1e9)],
    ]
}

fn any_samples() -> impl Strategy<Value = Vec<f64>> {
    let value = prop_oneof![
        8 => -3000.0..3000.0_f64,
        1 => prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(1e300), Just(-1e300)],
    ];
    prop_oneof![
        4 => proptest::collection::vec(value, 0..1500),
        1 => Just(vec![f64::NAN; 700]),
        1 => Just(vec![0.0; 1000]),
    ]
}

/// Measurements that are all this number.
fn numbers(value: f64) -> Measurements {
    let of = |unit: &str| {
        Some(Value {
            value,
            unit: unit.into(),
            leads: Vec::new(),
            beats: 1,
            from_s: 0.0,
            to_s: 1.0,
        })
    };
    Measurements {
        heart_rate: of("/min"),
        pr: of("ms"),
        qrs: of("ms"),
        qt: of("ms"),
        qtc: Qtc {
            fridericia: of("ms"),
            ..Qtc::default()
        },
        qrs_axis: of("deg"),
        ..Measurements::default()
    }
}

prop_compose! {
    fn any_lead()(
        name in prop_oneof![
            6 => proptest::sample::select(STANDARD_12.to_vec()),
            1 => "\\PC{0,30}".prop_map(LeadName::Other),
        ],
        unit in prop_oneof![
            5 => Just(Unit::Microvolt),
            1 => Just(Unit::Normalised),
            1 => "[a-zA-Z]{0,6}".prop_map(Unit::Other),
        ],
        rate in prop_oneof![
            6 => proptest::sample::select(vec![50.0, 100.0, 500.0, 5000.0]),
            1 => proptest::sample::select(vec![0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9]),
        ],
        values in any_samples(),
    ) -> Lead {
        let samples = Samples::from_microvolts(values);
        Lead { name, unit, origin: LeadOrigin::Recorded, sampling_rate_hz: rate, samples }
    }
}

prop_compose! {
    fn any_recording()(
        leads in proptest::collection::vec(any_lead(), 0..24),
        name in "\\PC{0,60}",
        patient in proptest::option::of("\\PC{0,80}"),
        age in proptest::option::of(prop_oneof![0.0..120.0_f64, Just(f64::NAN), Just(1e30)]),
        statements in proptest::collection::vec("\\PC{0,120}", 0..9),
        simulated: bool,
    ) -> Recording {
        let mut recording = Recording::new(name, "test", 500.0);
        recording.leads = leads;
        recording.patient.name = patient;
        recording.patient.age_years = age;
        recording.patient.sex = Some(Sex::Other);
        recording.device_statements = statements;
        recording.simulated = simulated;
        recording
    }
}

prop_compose! {
    fn any_options()(
        layout in any_layout(),
        order in prop_oneof![Just(LeadOrder::Standard), Just(LeadOrder::Cabrera)],
        page in prop_oneof![Just(Page::A4), Just(Page::Letter), Just(Page::Screen)],
        speed in any_number(),
        limb_gain in any_number(),
        chest_gain in any_number(),
        start_s in prop_oneof![4 => 0.0..20.0_f64, 1 => Just(f64::NAN), 1 => Just(-5.0), 1 => Just(1e12)],
        heat in proptest::option::of((proptest::collection::vec(any::<f32>(), 0..40), any::<f64>(), any::<f32>())),
        findings in proptest::option::of(proptest::collection::vec(("\\PC{0,90}", any::<f32>(), any::<f32>()), 0..12)),
        anonymous: bool,
        number in any::<f64>(),
    ) -> SheetOptions {
        SheetOptions {
            layout, order, page, speed, limb_gain, chest_gain, start_s,
            filters: None,
            heat: heat.map(|(values, rate_hz, opacity)| Heat {
                label: "any".into(), start_s: 0.0, rate_hz, opacity,
                leads: STANDARD_12.iter().map(|lead| (lead.clone(), values.clone())).collect(),
            }),
            review: None,
            unreliable: None,
            reading: findings.map(|findings| {
                let printed = |(name, probability, threshold)| PrintedFinding { name, probability, threshold, uncertain: probability < 0.5, by: None };
                PrintedReading { model: "any".into(), findings: findings.into_iter().map(printed).collect(), ..PrintedReading::default() }
            }),
            anonymous,
            fiducials: None,
            measured: Some(Arc::new(numbers(number))),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_is_always_a_page_and_everything_stands_on_it(
        recording in any_recording(),
        options in any_options(),
    ) {
        let sheet = compose(&recording, &options);
        prop_assert!(sheet.width > 0.0 && sheet.height > 0.0 && sheet.width < 3000.0);
        for item in &sheet.items {
            match item {
                Item::Line { points, ink, clip, .. } => {
                    prop_assert!(points.iter().all(|point| point.x.is_finite() && point.y.is_finite()), "{ink:?} {points:?}");
                    prop_assert!(points.len() >= 2);
                    prop_assert!(*ink != Ink::Trace || clip.is_some());
                }
                Item::Text { at, align, size, weight, text, .. } => {
                    let width = text_width(text, *weight, *size);
                    let left = match align {
                        Align::Left => at.x,
                        Align::Center => at.x - width / 2.0,
                        Align::Right => at.x - width,
                    };
                    // A channel's own name may be longer than any page.
                    let named = recording.leads.iter().any(|lead| lead.name.as_str() == text);
                    prop_assert!(named || (left >= -0.01 && left + width <= sheet.width + 0.01), "{text:?}");
                    prop_assert!(at.y >= 0.0 && at.y <= sheet.height, "{text:?} at {at:?}");
                }
                Item::Heat { columns, .. } => {
                    prop_assert!(columns.iter().all(|value| (0.0..=1.0).contains(value)));
                }
                Item::Fill { .. } | Item::Grid { .. } => {}
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_page_can_be_painted(recording in any_recording(), options in any_options()) {
        let sheet = compose(&recording, &options);
        paint::png(&sheet, 2.0, &Palette::ROSE).unwrap();
        let svg = paint::svg(&sheet, &Palette::BLUE);
        // Past the font, whose letters may spell anything.
        let drawing = svg.split("</style>").nth(1).unwrap();
        prop_assert!(!drawing.contains("NaN") && !drawing.contains("inf\""));
        paint::pdf(&[sheet], &Palette::MONOCHROME, &paint::Metadata::default()).unwrap();
    }
}
