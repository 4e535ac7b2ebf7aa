//! What a reader waits for, measured: opening, composing, painting, reading, explaining, one frame of
//! the window with its heatmap. `cargo bench --bench workstation`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use heartbeatai::ecg::Samples;
use heartbeatai::network::DevicePreference;
use heartbeatai::reading::Reader;
use heartbeatai::sheet::{Heat, Page, Palette, SheetOptions, compose, paint};
use heartbeatai::signal::reversal;
use heartbeatai::{formats, measure, opening, simulate};

const CASE: &str = "premature_ventricular_complexes";

fn opening_a_record(c: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let recording = simulate::bundled::open(CASE).unwrap();
    let path = formats::wfdb::write(&recording, folder.path()).unwrap();
    c.bench_function("open and parse 10 s, 12 leads, WFDB", |b| {
        b.iter(|| formats::open(black_box(&path)).unwrap());
    });
    c.bench_function("the same with the checks on opening", |b| {
        b.iter(|| opening::open(black_box(&path)).unwrap());
    });
    c.bench_function("look for exchanged electrodes", |b| {
        b.iter(|| reversal::inspect(black_box(&recording)));
    });
}

fn the_page(c: &mut Criterion) {
    let recording = simulate::bundled::open(CASE).unwrap();
    let options = SheetOptions::default();
    let palette = Palette::default();
    c.bench_function("compose a page", |b| {
        b.iter(|| compose(black_box(&recording), &options));
    });
    let sheet = compose(&recording, &options);
    c.bench_function("paint PNG at 150 dpi", |b| {
        b.iter(|| paint::png(black_box(&sheet), 150.0 / 25.4, &palette).unwrap());
    });
    c.bench_function("paint SVG", |b| {
        b.iter(|| paint::svg(black_box(&sheet), &palette))
    });
    let pages = [sheet];
    c.bench_function("paint PDF", |b| {
        b.iter(|| paint::pdf(black_box(&pages), &palette, &paint::Metadata::default()).unwrap());
    });
}

fn the_second_reader(c: &mut Criterion) {
    let recording = simulate::bundled::open(CASE).unwrap();
    let reader = Reader::load(None, DevicePreference::Cpu).unwrap();
    c.bench_function("one reading", |b| {
        b.iter(|| reader.read(black_box(&recording)).unwrap())
    });
    c.bench_function("one explanation", |b| {
        b.iter(|| reader.explain(black_box(&recording), "PVC").unwrap());
    });
    c.bench_function("measure 10 s, 12 leads", |b| {
        b.iter(|| measure::measure(black_box(&recording)))
    });
    let explanation = reader.explain(&recording, "PVC").unwrap();
    let options = SheetOptions {
        page: Page::Screen,
        heat: Some(Heat {
            label: "PVC".into(),
            start_s: explanation.start_s,
            rate_hz: explanation.rate_hz,
            leads: explanation.leads,
            opacity: 0.8,
        }),
        ..SheetOptions::default()
    };
    c.bench_function("compose the screen's page with heat", |b| {
        b.iter(|| compose(black_box(&recording), &options));
    });
}

fn the_living_case(c: &mut Criterion) {
    let controls = simulate::Controls::default();
    c.bench_function("draw the living case, 10 s", |b| {
        b.iter(|| black_box(&controls).simulate());
    });
}

/// Three leads of ten minutes, six times over; a day is 24 of these.
fn a_long_recording(c: &mut Criterion) {
    let settings = simulate::Settings {
        duration_s: 600.0,
        ..simulate::Settings::default()
    };
    let condition = simulate::condition(CASE).unwrap();
    let mut recording = simulate::simulate(condition, 3, &settings).recording;
    recording.leads.truncate(3);
    for lead in &mut recording.leads {
        lead.samples = Samples::from_microvolts(lead.samples.microvolts().repeat(6));
    }
    let mut group = c.benchmark_group("long");
    group.sample_size(10);
    group.bench_function("measure 1 h, 3 leads", |b| {
        b.iter(|| measure::measure(black_box(&recording)))
    });
}

#[cfg(feature = "viewer")]
fn the_window(c: &mut Criterion) {
    use eframe::egui::Vec2;
    use egui_kittest::Harness;
    use heartbeatai::viewer::settings::Settings;
    use heartbeatai::viewer::{FIRST_CASE, Setup, Viewer, real_reader};

    let setup = Setup {
        settings: Settings::default(),
        settings_path: None,
        reader: real_reader(None, DevicePreference::Cpu),
        paths: Vec::new(),
        project: None,
        first_case: Some(FIRST_CASE),
        screenshot: None,
        trouble: None,
    };
    let mut harness = Harness::builder()
        .with_size(Vec2::new(1600.0, 1000.0))
        .build_eframe(|cc| Viewer::new(&cc.egui_ctx, setup));
    while harness.state().state().visible_heat().is_none() {
        harness.step();
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    c.bench_function("one frame of the window with heatmap", |b| {
        b.iter(|| harness.step())
    });
}

#[cfg(not(feature = "viewer"))]
fn the_window(_: &mut Criterion) {}

criterion_group!(
    benches,
    opening_a_record,
    the_page,
    the_living_case,
    the_second_reader,
    a_long_recording,
    the_window
);
criterion_main!(benches);
