//! The second reader over recordings: what it says, what it refuses, what it points at.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod shared;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use candle_core::{DType, Device, Tensor};
use candle_nn::{AdamW, Optimizer, VarBuilder, VarMap};
use heartbeatai::ecg::{
    Lead, LeadName, LeadOrigin, Recording, STANDARD_12, Samples, Unit, WarningCode,
};
use heartbeatai::network::{
    Batch, Card, Config, DevicePreference, LEADS, MEASURED, Network, weights,
};
use heartbeatai::reading::prepare::{Prepared, SAMPLES, prepare};
use heartbeatai::reading::{Method, Reader, ReadingError};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const RATE: f64 = 250.0;

/// A regular tracing with P, QRS and T in every lead; with `pulse_s` a broad wave in V2 alone at that time.
fn tracing(seconds: f64, pulse_s: Option<f64>, rng: &mut StdRng) -> Recording {
    let beat = 0.7 + 0.3 * rng.random::<f64>();
    let phase = rng.random::<f64>() * beat;
    let wave = |t: f64, at: f64, width: f64| (-((t - at) / width).powi(2)).exp();
    // The chest leads' own sizes; the limb leads follow from I and II by Einthoven's law.
    let projections = [0.6, 1.0, 0.4, -0.8, 0.1, 0.7, -0.5, 0.5, 0.9, 1.3, 1.2, 0.9];
    let mut recording = Recording::new("tracing", "test", RATE);
    for (name, size) in STANDARD_12.iter().zip(projections) {
        let chest = !name.is_limb();
        let values = (0..(seconds * RATE) as usize).map(|index| {
            let t = index as f64 / RATE;
            let since = (t - phase).rem_euclid(beat);
            let mut value = size
                * (120.0 * wave(since, 0.1, 0.03)
                    + 1000.0 * wave(since, 0.25, 0.015)
                    + 250.0 * wave(since, 0.5, 0.06));
            if let (Some(at), LeadName::V2) = (pulse_s, name) {
                value += 900.0 * wave(t, at, 0.08);
            }
            value
                + if chest {
                    15.0 * (rng.random::<f64>() - 0.5)
                } else {
                    0.0
                }
        });
        recording.leads.push(Lead {
            name: name.clone(),
            unit: Unit::Microvolt,
            origin: LeadOrigin::Recorded,
            sampling_rate_hz: RATE,
            samples: Samples::from_microvolts(values.collect()),
        });
    }
    recording
}

/// Binary cross-entropy that stays finite where candle's own takes the logarithm of zero.
fn cross_entropy(logits: &Tensor, truth: &Tensor) -> candle_core::Result<Tensor> {
    let linear = (logits.relu()? - (logits * truth)?)?;
    let curved = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    (linear + curved)?.mean_all()
}

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

fn tensors<'a>(windows: impl Iterator<Item = &'a Prepared> + Clone) -> Batch {
    let waveform: Vec<f32> = windows
        .clone()
        .flat_map(|window| window.waveform.clone())
        .collect();
    let amplitude: Vec<f32> = windows
        .clone()
        .flat_map(|window| window.amplitude)
        .collect();
    let measured: Vec<f32> = windows.flat_map(|window| window.measured).collect();
    let size = amplitude.len() / (2 * LEADS);
    Batch {
        waveform: Tensor::from_vec(waveform, (size, LEADS, SAMPLES), &Device::Cpu).unwrap(),
        amplitude: Tensor::from_vec(amplitude, (size, 2 * LEADS), &Device::Cpu).unwrap(),
        measured: Tensor::from_vec(measured, (size, 2 * MEASURED), &Device::Cpu).unwrap(),
    }
}

/// A small reader that has learnt one thing, to call the broad wave in V2 a premature ventricular
/// complex, and makes a second statement that means nothing.
static READER: LazyLock<Reader> = LazyLock::new(|| {
    let config = Config {
        statements: vec!["PVC".into(), "AFIB".into()],
        stem_widths: [6, 8],
        widths: vec![12, 16],
        blocks: vec![1, 1],
        mixstyle: false,
        ..Config::default()
    };
    let vars = VarMap::new();
    let network = Network::new(
        &config,
        VarBuilder::from_varmap(&vars, DType::F32, &Device::Cpu),
    )
    .unwrap();
    weights::initialise(&vars, 1).unwrap();
    let mut optimiser = AdamW::new_lr(vars.all_vars(), 4e-3).unwrap();
    let mut draw = rng(2);
    let pool: Vec<(Prepared, f32)> = (0..160)
        .map(|index| {
            let pulse = (index % 2 == 0).then(|| draw.random_range(0.5..9.5));
            let window = prepare(&tracing(10.0, pulse, &mut draw)).unwrap().remove(0);
            (window, f32::from(pulse.is_some()))
        })
        .collect();
    for step in 0..120 {
        let mut picked = rng(step);
        let chosen: Vec<&(Prepared, f32)> = (0..16)
            .map(|_| &pool[picked.random_range(0..pool.len())])
            .collect();
        let truth: Vec<f32> = chosen.iter().flat_map(|(_, truth)| [*truth, 0.0]).collect();
        let truth = Tensor::from_vec(truth, (16, 2), &Device::Cpu).unwrap();
        let batch = tensors(chosen.into_iter().map(|(window, _)| window));
        let output = network
            .forward_train(&batch, &[0; 16], &mut picked)
            .unwrap();
        let loss = cross_entropy(&output.logits, &truth).unwrap();
        optimiser.backward_step(&loss).unwrap();
    }
    Reader::new(network, Card::new("toy", config), Device::Cpu).unwrap()
});

fn probability(recording: &Recording, id: &str) -> f32 {
    let reading = READER.read(recording).unwrap();
    assert_eq!(reading.not_readable, None);
    reading
        .findings
        .iter()
        .find(|finding| finding.statement.id == id)
        .unwrap()
        .probability
}

/// Time and lead of the hottest spot.
fn hottest(recording: &Recording, method: Method) -> (f64, LeadName) {
    let explanation = READER.explain_by(recording, "PVC", method).unwrap();
    let mut best = (f32::MIN, 0.0, LeadName::I);
    for (lead, heat) in &explanation.leads {
        assert_eq!(
            heat.len(),
            (recording.duration_s() * explanation.rate_hz).round() as usize
        );
        for (index, &heat) in heat.iter().enumerate() {
            assert!((0.0..=1.0).contains(&heat));
            if heat > best.0 {
                best = (
                    heat,
                    explanation.start_s + index as f64 / explanation.rate_hz,
                    lead.clone(),
                );
            }
        }
    }
    assert_eq!(best.0, 1.0);
    (best.1, best.2)
}

#[test]
fn a_wave_in_one_lead_is_found_and_pointed_at_in_its_lead_and_at_its_time() {
    let mut draw = rng(100);
    let (mut right, mut lead, mut pointed) = (0, 0, 0);
    for _ in 0..20 {
        let at = draw.random_range(0.5..9.5);
        let with = tracing(10.0, Some(at), &mut draw);
        right += usize::from(probability(&with, "PVC") > 0.5);
        right += usize::from(probability(&tracing(10.0, None, &mut draw), "PVC") < 0.5);
        let (time, name) = hottest(&with, Method::default());
        lead += usize::from(name == LeadName::V2);
        pointed += usize::from(name == LeadName::V2 && (time - at).abs() < 0.3);
    }
    assert!(right >= 36, "{right} of 40 read right");
    assert!(lead >= 16, "the lead is found in {lead} of 20");
    assert!(pointed >= 16, "lead and time are found in {pointed} of 20");
}

#[test]
fn a_minute_is_read_in_overlapping_windows_and_one_late_wave_is_not_averaged_away() {
    let mut draw = rng(200);
    let late = tracing(60.0, Some(48.0), &mut draw);
    assert!(probability(&late, "PVC") > 0.5);
    assert!(probability(&tracing(60.0, None, &mut draw), "PVC") < 0.5);
    let (time, lead) = hottest(&late, Method::default());
    assert!(
        (time - 48.0).abs() < 0.3 && lead == LeadName::V2,
        "{time} s in {lead}"
    );
}

#[test]
fn short_strips_are_read_and_explained_on_their_own_time_axis() {
    let mut draw = rng(300);
    let strip = tracing(4.0, Some(2.0), &mut draw);
    READER.read(&strip).unwrap();
    let (time, _) = hottest(&strip, Method::default());
    assert!((0.0..4.0).contains(&time));
}

#[test]
fn a_reading_holds_every_statement_in_order_and_twelve_gates() {
    let reading = READER
        .read(&tracing(10.0, Some(5.0), &mut rng(400)))
        .unwrap();
    assert_eq!(reading.model, "toy");
    let ids: Vec<_> = reading
        .findings
        .iter()
        .map(|finding| finding.statement.id.as_str())
        .collect();
    assert_eq!(ids, ["PVC", "AFIB"]);
    assert!(reading.findings[0].present() && !reading.findings[1].present());
    let leads: Vec<_> = reading
        .lead_attention
        .iter()
        .map(|(lead, _)| lead.clone())
        .collect();
    assert_eq!(leads, STANDARD_12);
    assert!(
        reading
            .lead_attention
            .iter()
            .all(|(_, gate)| *gate > 0.0 && *gate <= 1.0)
    );
    assert!(reading.timing_ms > 0.0);
}

#[test]
fn what_cannot_be_read_is_refused_with_the_reason_and_never_guessed() {
    let mut draw = rng(500);
    let whole = tracing(10.0, Some(5.0), &mut draw);
    let mut flat = whole.clone();
    for lead in &mut flat.leads {
        lead.samples = Samples::from_microvolts(vec![0.0; 2500]);
    }
    let mut few = whole.clone();
    few.leads.truncate(1);
    let mut noise = whole.clone();
    for lead in &mut noise.leads {
        let values = (0..2500)
            .map(|_| 2000.0 * (draw.random::<f64>() - 0.5))
            .collect();
        lead.samples = Samples::from_microvolts(values);
    }
    let none = Recording::new("none", "test", RATE);
    for (case, recording) in [
        ("flat", flat),
        ("one lead", few),
        ("noise", noise),
        ("short", tracing(1.0, None, &mut draw)),
        ("none", none),
    ] {
        let reading = READER.read(&recording).unwrap();
        let reason = reading.not_readable.expect(case);
        assert!(!reason.is_empty());
        assert!(
            reading.findings.is_empty() && reading.lead_attention.is_empty(),
            "{case}"
        );
        let refused = READER.explain(&recording, "PVC").unwrap_err();
        assert!(
            matches!(&refused, ReadingError::NotReadable(because) if *because == reason),
            "{case}: {refused}"
        );
    }
}

#[test]
fn one_flat_lead_is_named_left_out_and_the_rest_is_read() {
    let mut recording = tracing(10.0, Some(5.0), &mut rng(600));
    recording.leads[11].samples = Samples::from_microvolts(vec![12.0; 2500]);
    let reading = READER.read(&recording).unwrap();
    assert_eq!(reading.not_readable, None);
    let warning = reading
        .warnings
        .iter()
        .find(|warning| warning.code == WarningCode::LeftOut)
        .unwrap();
    assert!(warning.message.contains("V6"), "{warning}");
    let gate = reading
        .lead_attention
        .iter()
        .find(|(lead, _)| *lead == LeadName::V6)
        .unwrap()
        .1;
    assert_eq!(gate, 0.0);
    let explanation = READER.explain(&recording, "PVC").unwrap();
    let heat = &explanation
        .leads
        .iter()
        .find(|(lead, _)| *lead == LeadName::V6)
        .unwrap()
        .1;
    assert!(heat.iter().all(|&heat| heat == 0.0));
}

#[test]
fn readers_are_shared_between_threads_and_agree() {
    let recording = tracing(10.0, Some(5.0), &mut rng(700));
    let expected = probability(&recording, "PVC");
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(probability(&recording, "PVC"), expected));
        }
    });
}

#[test]
fn an_unknown_statement_or_input_is_refused_by_name() {
    let recording = tracing(10.0, None, &mut rng(800));
    let unknown = READER.explain(&recording, "XYZ").unwrap_err().to_string();
    assert!(unknown.contains("XYZ"), "{unknown}");
    for config in [
        Config {
            statements: vec!["XYZ".into()],
            ..Config::default()
        },
        Config {
            statements: vec!["PVC".into()],
            sampling_rate_hz: 500.0,
            ..Config::default()
        },
    ] {
        let vars = VarMap::new();
        let network = Network::new(
            &config,
            VarBuilder::from_varmap(&vars, DType::F32, &Device::Cpu),
        )
        .unwrap();
        let refused = Reader::new(network, Card::new("odd", config), Device::Cpu).unwrap_err();
        assert!(refused.to_string().contains("odd"), "{refused}");
    }
    let nowhere =
        Reader::load(Some(Path::new("no/such/folder")), DevicePreference::Cpu).unwrap_err();
    assert!(nowhere.to_string().contains("no/such/folder"), "{nowhere}");
}

/// The real recordings, where this checkout has them beside it.
fn headers(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            headers(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "hea") {
            found.push(path);
        }
    }
}

#[test]
fn the_weights_in_the_program_read_a_tracing_and_speak_only_of_known_statements() {
    let reader = Reader::load(None, DevicePreference::Cpu).unwrap();
    assert_eq!(reader.device(), "CPU");
    let recording = tracing(10.0, None, &mut rng(900));
    let reading = reader.read(&recording).unwrap();
    assert_eq!(
        reading.findings.len(),
        reader.card().config.statements.len()
    );
    for finding in &reading.findings {
        assert!((0.0..=1.0).contains(&finding.probability) && finding.threshold > 0.0);
    }
    let first = &reading.findings[0].statement.id;
    let explanation = reader.explain(&recording, first).unwrap();
    assert_eq!(explanation.leads.len(), 12);
}

#[test]
fn real_recordings_are_read_or_refused_with_a_reason() {
    for folder in [
        "ptb-xl",
        "ptb-xl-normalised",
        "cpsc2018",
        "chapman-ningbo",
        "ludb",
        "code15-unlabelled",
    ] {
        let Some(path) = shared::folder(&format!("ecg/{folder}")) else {
            continue;
        };
        let mut files = Vec::new();
        headers(&path, &mut files);
        let (mut read, mut refused) = (0, Vec::new());
        for file in files.iter().step_by(files.len().div_ceil(12).max(1)) {
            let recording = heartbeatai::opening::open(file).unwrap();
            let reading = READER.read(&recording).unwrap();
            match reading.not_readable {
                Some(reason) => refused.push(reason),
                None => {
                    assert!(
                        reading
                            .findings
                            .iter()
                            .all(|finding| finding.probability.is_finite())
                    );
                    read += 1;
                }
            }
        }
        println!("{folder}: {read} read, refused: {refused:?}");
        assert!(
            read >= 9 && refused.iter().all(|reason| !reason.is_empty()),
            "{folder}: {refused:?}"
        );
    }
}
