//! Every device says the same: readings, explanations and training on the graphics processor that this build and this
//! machine have, against the CPU.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use candle_core::{DType, Device, Tensor};
use candle_nn::{VarBuilder, VarMap};
use heartbeatai::network::{Batch, DevicePreference, Kernels, LEADS, MEASURED, Network, weights};
use heartbeatai::reading::Reader;
use heartbeatai::simulate;
use heartbeatai::training::Recipe;
use rand::SeedableRng;
use rand::rngs::SmallRng;

const CASES: [&str; 3] = ["anterior_stemi", "atrial_fibrillation", "sinus_rhythm"];

/// `None`, said aloud, where there is nothing but the CPU.
fn graphics_processor() -> Option<Device> {
    let device = DevicePreference::Auto.open().unwrap();
    if device.is_cpu() {
        println!("skipped: this build or this machine has no graphics processor");
        return None;
    }
    Some(device)
}

#[test]
fn a_graphics_processor_reads_and_explains_as_the_cpu_does() {
    if graphics_processor().is_none() {
        return;
    }
    let [cpu, other] = [DevicePreference::Cpu, DevicePreference::Auto]
        .map(|device| Reader::load(None, device).unwrap());
    assert_ne!(other.device(), "CPU");
    for case in CASES {
        let recording = simulate::bundled(case).unwrap();
        let [here, there] = [&cpu, &other].map(|reader| {
            let reading = reader.read(&recording).unwrap();
            let said = reading.findings.iter();
            said.map(|finding| (finding.statement.id.clone(), finding.probability))
                .collect::<BTreeMap<_, _>>()
        });
        assert_eq!(here.len(), there.len());
        for (id, p) in &here {
            assert!(
                (p - there[id]).abs() < 1e-3,
                "{case} {id}: {p} against {}",
                there[id]
            );
        }
        let first = here.iter().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        let [here, there] = [&cpu, &other].map(|reader| reader.explain(&recording, first).unwrap());
        for ((lead, here), (_, there)) in here.leads.iter().zip(&there.leads) {
            for (a, b) in here.iter().zip(there) {
                assert!(
                    (a - b).abs() < 0.02,
                    "{case} {first} {lead}: {a} against {b}"
                );
            }
        }
    }
}

#[test]
fn a_training_step_on_a_graphics_processor_has_the_gradients_of_the_cpu() {
    let Some(other) = graphics_processor() else {
        return;
    };
    let [here, there] = [Device::Cpu, other].map(|device| gradients(&device));
    // Where a ReLU stands at 0, rounding decides whether a gradient passes: on the CPU alone, candle's operations differ
    // from ours by up to 0.02 of a gradient's length. A wrong gradient differs by more than the whole of it.
    let length = |values: &mut dyn Iterator<Item = f32>| values.map(|v| v * v).sum::<f32>().sqrt();
    for (name, here) in &here {
        let there = &there[name];
        let apart = length(&mut here.iter().zip(there).map(|(a, b)| a - b));
        let whole = length(&mut here.iter().copied());
        assert!(apart <= 0.05 * whole + 1e-6, "{name}: {apart} of {whole}");
    }
}

/// Of every variable of a network, after one step over eight records.
fn gradients(device: &Device) -> BTreeMap<String, Vec<f32>> {
    let mut config = Recipe::bundled().unwrap().network;
    config.statements = (0..5).map(|index| index.to_string()).collect();
    let vars = VarMap::new();
    let vb = VarBuilder::from_varmap(&vars, DType::F32, device);
    let network = Network::with_kernels(&config, Kernels::suited_to(device), vb).unwrap();
    weights::initialise(&vars, 1).unwrap();
    let tensor = |count: usize, shape: &[usize]| {
        let values: Vec<f32> = (0..count).map(|i| (0.37 * i as f32).sin()).collect();
        Tensor::from_vec(values, shape, device).unwrap()
    };
    let records = 8;
    let batch = Batch {
        waveform: tensor(records * LEADS * 1000, &[records, LEADS, 1000]),
        amplitude: tensor(records * 2 * LEADS, &[records, 2 * LEADS]),
        measured: tensor(records * 2 * MEASURED, &[records, 2 * MEASURED]),
    };
    let domains: Vec<usize> = (0..records).map(|record| record % 2).collect();
    let mut rng = SmallRng::seed_from_u64(1);
    let output = network.forward_train(&batch, &domains, &mut rng).unwrap();
    let loss = output.logits.sqr().unwrap().mean_all().unwrap();
    let gradients = loss.backward().unwrap();
    weights::named(&vars)
        .into_iter()
        .filter_map(|(name, var)| {
            let gradient = gradients.get(var.as_tensor())?;
            Some((name, gradient.flatten_all().unwrap().to_vec1().unwrap()))
        })
        .collect()
}
