//! Which lead stands where.

use heartbeatai::ecg::{LeadName, Recording, STANDARD_12, Samples, Unit};
use heartbeatai::sheet::{
    Ink, Item, Layout, LeadOrder, Page, Panel, Point, Sheet, SheetOptions, compose, compose_pages,
};

use super::{lead, says, texts, twelve_leads};

const LAYOUTS: [(Layout, usize, usize); 5] = [
    (Layout::ThreeByFour, 4, 0),
    (Layout::ThreeByFourOne, 4, 1),
    (Layout::ThreeByFourThree, 4, 3),
    (Layout::SixByTwo, 2, 0),
    (Layout::TwelveByOne, 1, 0),
];

fn labels<'a>(panels: impl IntoIterator<Item = &'a Panel>) -> Vec<String> {
    panels.into_iter().map(Panel::label).collect()
}

#[test]
fn every_lead_stands_exactly_once_above_the_rhythm_strips_and_is_named() {
    for (layout, columns, strips) in LAYOUTS {
        for order in [LeadOrder::Standard, LeadOrder::Cabrera] {
            for page in [Page::A4, Page::Letter, Page::Screen] {
                let options = SheetOptions {
                    layout,
                    order,
                    page,
                    ..SheetOptions::default()
                };
                let sheet = compose(&twelve_leads(10.0), &options);
                for name in &STANDARD_12 {
                    let here = sheet
                        .panels
                        .iter()
                        .filter(|panel| panel.lead == *name && !panel.rhythm);
                    assert_eq!(here.count(), 1, "{name} in {layout:?}, {order:?}");
                }
                assert_eq!(
                    sheet.panels.iter().filter(|panel| panel.rhythm).count(),
                    strips
                );
                for panel in &sheet.panels {
                    assert!(
                        texts(&sheet).contains(&panel.label().as_str()),
                        "{}",
                        panel.label()
                    );
                }
                // Time runs on from column to column.
                for panel in sheet.panels.iter().filter(|panel| !panel.rhythm) {
                    let column = (f64::from(panel.x_at(panel.start_s) - sheet.panels[0].rect.x)
                        / f64::from(panel.rect.width))
                    .round();
                    let expected = column * 10.0 / columns as f64;
                    assert!(
                        (panel.start_s - expected).abs() < 1e-6,
                        "{layout:?}: {panel:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn three_by_four_reads_down_the_columns() {
    let sheet = compose(&twelve_leads(10.0), &SheetOptions::default());
    let rows = [
        "I", "aVR", "V1", "V4", "II", "aVL", "V2", "V5", "III", "aVF", "V3", "V6", "II",
    ];
    assert_eq!(labels(&sheet.panels), rows);
}

#[test]
fn three_rhythm_strips_are_v1_ii_v5() {
    let options = SheetOptions {
        layout: Layout::ThreeByFourThree,
        ..SheetOptions::default()
    };
    let sheet = compose(&twelve_leads(10.0), &options);
    assert_eq!(
        labels(sheet.panels.iter().filter(|panel| panel.rhythm)),
        ["V1", "II", "V5"]
    );
}

#[test]
fn cabrera_goes_around_the_heart_and_turns_avr_over() {
    let options = SheetOptions {
        layout: Layout::TwelveByOne,
        order: LeadOrder::Cabrera,
        ..SheetOptions::default()
    };
    let mut recording = twelve_leads(10.0);
    let sheet = compose(&recording, &options);
    let order = [
        "aVL", "I", "-aVR", "II", "aVF", "III", "V1", "V2", "V3", "V4", "V5", "V6",
    ];
    assert_eq!(labels(&sheet.panels), order);

    // A lead that only goes down in the file goes up on the page.
    recording.leads.retain(|lead| lead.name != LeadName::AVR);
    recording
        .leads
        .push(lead(LeadName::AVR, 500.0, vec![-300.0; 5000]));
    let sheet = compose(&recording, &options);
    let panel = sheet.panels.iter().find(|panel| panel.inverted).unwrap();
    let heights = trace_heights(&sheet.items, panel);
    assert!(!heights.is_empty());
    assert!(
        heights.iter().all(|y| (y - panel.y_at(0.3)).abs() < 1e-3),
        "{heights:?}"
    );
}

/// Heights of the trace points drawn for a panel.
fn trace_heights(items: &[Item], panel: &Panel) -> Vec<f32> {
    let mut heights = Vec::new();
    for item in items {
        if let Item::Line {
            points,
            ink: Ink::Trace,
            clip: Some(clip),
            ..
        } = item
            && clip.x == panel.rect.x
            && (points[0].y - panel.zero_y).abs() < panel.rect.height / 2.0
        {
            heights.extend(points.iter().map(|point| point.y));
        }
    }
    heights
}

#[test]
fn an_absent_lead_keeps_its_space_and_is_named_so() {
    let mut recording = twelve_leads(10.0);
    recording.leads.retain(|lead| lead.name != LeadName::V2);
    let sheet = compose(&recording, &SheetOptions::default());
    let panel = sheet
        .panels
        .iter()
        .find(|panel| panel.lead == LeadName::V2)
        .unwrap();
    assert!(says(&sheet, "absent"));
    assert!(trace_heights(&sheet.items, panel).is_empty());
}

#[test]
fn missing_samples_are_a_gap_in_the_trace() {
    let mut recording = Recording::new("gap", "test", 100.0);
    let mut values = vec![100.0; 1000];
    values[300..500].fill(f64::NAN);
    recording.leads.push(lead(LeadName::II, 100.0, values));
    let sheet = compose(&recording, &SheetOptions::default());
    let panel = &sheet.panels[0];
    let (from, to) = (panel.x_at(3.0) + 0.01, panel.x_at(5.0) - 0.01);
    for item in &sheet.items {
        if let Item::Line {
            points,
            ink: Ink::Trace,
            ..
        } = item
        {
            let crosses = points
                .windows(2)
                .any(|pair| pair[0].x < to && pair[1].x > from);
            assert!(!crosses, "a line crosses the gap");
        }
    }
}

#[test]
fn a_short_recording_loses_no_lead_and_says_that_columns_overlap() {
    let sheet = compose(&twelve_leads(5.0), &SheetOptions::default());
    assert!(says(&sheet, "columns overlap in time"));
    for panel in sheet.panels.iter().filter(|panel| !panel.rhythm) {
        assert!(
            panel.end_s <= 5.0 + 1e-9,
            "{} would show nothing",
            panel.lead
        );
    }
    let sheet = compose(&twelve_leads(9.9), &SheetOptions::default());
    assert!(!says(&sheet, "overlap"), "9.9 s are a full page");
}

#[test]
fn a_normalised_recording_claims_no_millivolts() {
    let mut recording = twelve_leads(10.0);
    for lead in &mut recording.leads {
        lead.unit = Unit::Normalised;
    }
    let sheet = compose(&recording, &SheetOptions::default());
    assert!(says(&sheet, "amplitude normalised: not to scale"));
    assert!(!says(&sheet, "mm/mV"));
    let mark =
        |item: &Item| matches!(item, Item::Line { ink: Ink::Mark, points, .. } if points.len() > 2);
    assert!(
        !sheet.items.iter().any(mark),
        "no 1 mV pulse beside a tracing without millivolts"
    );
}

#[test]
fn different_gains_in_one_row_show_in_the_pulse_and_in_words() {
    let options = SheetOptions {
        chest_gain: 5.0,
        ..SheetOptions::default()
    };
    let sheet = compose(&twelve_leads(10.0), &options);
    assert!(says(&sheet, "limb 10 mm/mV   chest 5 mm/mV"));
    let pulse = sheet.items.iter().find_map(|item| match item {
        Item::Line {
            ink: Ink::Mark,
            points,
            ..
        } if points.len() > 2 => Some(points),
        _ => None,
    });
    let zero = sheet.panels[0].zero_y;
    let heights: Vec<f32> = pulse.unwrap().iter().map(|point| zero - point.y).collect();
    assert!(
        heights.contains(&10.0) && heights.contains(&5.0),
        "{heights:?}"
    );
}

#[test]
fn few_leads_become_strips_that_go_on_beneath() {
    let mut recording = Recording::new("holter", "test", 250.0);
    for name in [LeadName::Other("MLII".into()), LeadName::V5] {
        recording.leads.push(lead(name, 250.0, vec![0.0; 250 * 30]));
    }
    let sheet = compose(&recording, &SheetOptions::default());
    assert_eq!(
        labels(&sheet.panels),
        ["MLII", "V5", "MLII", "V5", "MLII", "V5"]
    );
    let starts: Vec<f64> = sheet.panels.iter().map(|panel| panel.start_s).collect();
    assert_eq!(starts, [0.0, 0.0, 10.0, 10.0, 20.0, 20.0]);
}

#[test]
fn posterior_leads_get_rows_of_their_own_on_twelve_by_one_and_are_missed_elsewhere() {
    let mut recording = twelve_leads(10.0);
    for name in [LeadName::V7, LeadName::V8, LeadName::V4R] {
        recording.leads.push(lead(name, 500.0, vec![0.0; 5000]));
    }
    let options = SheetOptions {
        layout: Layout::TwelveByOne,
        ..SheetOptions::default()
    };
    let sheet = compose(&recording, &options);
    assert_eq!(labels(&sheet.panels[12..]), ["V7", "V8", "V4R"]);
    assert!(says(
        &compose(&recording, &SheetOptions::default()),
        "Not shown: V7, V8, V4R"
    ));
}

#[test]
fn what_does_not_fit_goes_on_the_next_page() {
    let options = SheetOptions {
        speed: 50.0,
        ..SheetOptions::default()
    };
    let pages = compose_pages(&twelve_leads(10.0), &options, 100);
    assert_eq!(pages.len(), 2);
    assert!(says(&pages[0], "page 1 of 2") && says(&pages[0], "0.0–5.0 s of 10.0 s"));
    assert!(says(&pages[1], "page 2 of 2") && says(&pages[1], "5.0–10.0 s of 10.0 s"));
    assert_eq!(pages[1].panels[0].start_s, 5.0);
    assert_eq!(
        compose_pages(&twelve_leads(60.0), &SheetOptions::default(), 100).len(),
        6
    );
    assert_eq!(
        compose_pages(&twelve_leads(10.0), &SheetOptions::default(), 100).len(),
        1
    );
}

#[test]
fn an_anonymous_page_names_nobody() {
    let mut recording = twelve_leads(10.0);
    recording.name = "JaneDoe-7".into();
    recording.patient.name = Some("Jane Doe".into());
    recording.patient.id = Some("4711".into());
    recording.patient.age_years = Some(93.0);
    recording.acquisition.started = Some(jiff::civil::datetime(2018, 3, 14, 10, 22, 0, 0));
    recording.acquisition.site = Some("Ward 3B".into());
    recording
        .device_statements
        .push("Compared with Doe 2017".into());
    let named = compose(&recording, &SheetOptions::default());
    let options = SheetOptions {
        anonymous: true,
        ..SheetOptions::default()
    };
    let anonymous = compose(&recording, &options);
    for words in ["Jane", "4711", "2018", "Ward", "Doe", "93 y"] {
        assert!(says(&named, words), "{words}");
        assert!(!says(&anonymous, words), "{words}");
    }
    assert!(says(&anonymous, "over 89 y"));
}

#[test]
fn a_simulated_tracing_says_so_on_every_page() {
    let mut recording = twelve_leads(10.0);
    recording.simulated = true;
    for page in [Page::A4, Page::Letter, Page::Screen] {
        let options = SheetOptions {
            page,
            ..SheetOptions::default()
        };
        assert!(
            says(&compose(&recording, &options), "SIMULATED"),
            "{page:?}"
        );
    }
}

#[test]
fn a_wave_that_runs_off_the_paper_is_told_on_the_screen_as_in_print() {
    let mut recording = twelve_leads(10.0);
    for page in [Page::A4, Page::Screen] {
        let options = SheetOptions {
            page,
            ..SheetOptions::default()
        };
        assert!(!says(&compose(&recording, &options), "Runs off the paper"));
    }
    let tall = |t: f64| 5000.0 * (-((t % 1.0 - 0.5) / 0.02).powi(2)).exp();
    let values = (0..5000).map(|i| tall(f64::from(i) / 500.0)).collect();
    recording.leads.retain(|lead| lead.name != LeadName::V4);
    recording.leads.push(lead(LeadName::V4, 500.0, values));
    for page in [Page::A4, Page::Screen] {
        let options = SheetOptions {
            page,
            ..SheetOptions::default()
        };
        assert!(says(
            &compose(&recording, &options),
            "Runs off the paper: V4"
        ));
    }
}

#[test]
fn a_lead_name_stands_at_its_place_and_no_wave_is_covered_by_it() {
    // S waves of 3 mV at the very start of every column, as with left ventricular hypertrophy.
    let quiet = twelve_leads(10.0);
    let mut deep = quiet.clone();
    for lead in &mut deep.leads {
        let wave = |t: f64| -3000.0 * (-((t % 2.5 - 0.12) / 0.015).powi(2)).exp();
        let values = (0..5000).map(|i| wave(f64::from(i) / 500.0)).collect();
        lead.samples = Samples::from_microvolts(values);
    }
    for (layout, ..) in LAYOUTS {
        for page in [Page::A4, Page::Screen] {
            let options = SheetOptions {
                layout,
                page,
                ..SheetOptions::default()
            };
            let (quiet, deep) = (compose(&quiet, &options), compose(&deep, &options));
            let places = names(&deep);
            assert_eq!(places, names(&quiet), "{layout:?}: the trace moves no name");
            for (panel, (text, at, size, _)) in deep.panels.iter().zip(&places) {
                assert_eq!(*text, panel.label());
                assert!(
                    at.y <= panel.zero_y && at.y - 0.7 * size >= panel.rect.y,
                    "{text} in {layout:?} stands in its own row"
                );
                let beside = panel.rect.x - at.x;
                assert!((-2.0..=20.0).contains(&beside), "{text}: {beside} mm");
            }
            let first_trace = deep
                .items
                .iter()
                .position(|item| matches!(item, Item::Line { ink, .. } if *ink == Ink::Trace));
            let last_name = places.iter().map(|(.., index)| *index).max();
            assert!(last_name < first_trace, "{layout:?}: names lie behind");
        }
    }
}

/// The lead names of a page in the order of its panels: text, place, size, and which item of the page it is.
fn names(sheet: &Sheet) -> Vec<(&str, Point, f32, usize)> {
    let items = sheet.items.iter().enumerate();
    let texts = items.filter_map(|(index, item)| match item {
        Item::Text { at, size, text, .. } => Some((text.as_str(), *at, *size, index)),
        _ => None,
    });
    let is_name = |text: &str| {
        let bare = text.trim_start_matches('-');
        LeadName::parse(bare).standard_index().is_some()
    };
    texts.filter(|(text, ..)| is_name(text)).collect()
}
