//! What the network's own kernels bring, paired in one run: `cargo bench --bench network` times a training step with them
//! and with candle's operations, and the convolutions of that step with ours and with candle's `conv1d`, in turn. In a
//! build with `--features cuda` or `metal`, on a machine that has one, the same on the graphics processor, where ours
//! are candle's matrix product over an unfolded copy.
//! With `-- --serve` it answers each line of standard input with the nanoseconds that one record's forward pass took and
//! with its logits; `tests/peers/onnx_forward.py` asks it in turn with ONNX Runtime on the same weights.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::time::Instant;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{VarBuilder, VarMap};
use heartbeatai::network::conv::Conv1d;
use heartbeatai::network::{Batch, DevicePreference, Kernels, LEADS, MEASURED, Network, weights};
use heartbeatai::training::Recipe;
use rand::SeedableRng;
use rand::rngs::SmallRng;

const SAMPLES: usize = 1000;
const ROUNDS: usize = 15;

/// A batch that the other side of a pairing can make, too.
fn batch(records: usize, device: &Device) -> Batch {
    let values = (0..records).flat_map(|_| {
        (0..LEADS).flat_map(|lead| {
            (0..SAMPLES).map(move |at| (0.05 * (at + 1) as f32 * (lead + 1) as f32).sin())
        })
    });
    let values: Vec<f32> = values.collect();
    Batch {
        waveform: Tensor::from_vec(values, (records, LEADS, SAMPLES), device).unwrap(),
        amplitude: Tensor::full(0.1f32, (records, 2 * LEADS), device).unwrap(),
        measured: Tensor::zeros((records, 2 * MEASURED), DType::F32, device).unwrap(),
    }
}

fn milliseconds(mut work: impl FnMut()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1e3
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Both in turn; their medians and the median of the ratios.
fn pair(what: &str, [ours, theirs]: [&str; 2], mut a: impl FnMut(), mut b: impl FnMut()) {
    a();
    b();
    let times: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| (milliseconds(&mut a), milliseconds(&mut b)))
        .collect();
    let of = |of: fn(&(f64, f64)) -> f64| median(times.iter().map(of).collect());
    println!(
        "{what}: {ours} {:.1} ms, {theirs} {:.1} ms, ratio {:.2}",
        of(|t| t.0),
        of(|t| t.1),
        of(|t| t.1 / t.0)
    );
}

/// Forward and backward pass of the bundled recipe's network over 32 records.
fn training_step(kernels: Kernels, device: &Device) -> impl FnMut() {
    let device = device.clone();
    let mut config = Recipe::bundled().unwrap().network;
    config.statements = (0..31).map(|index| index.to_string()).collect();
    config.outlier = true;
    let vars = VarMap::new();
    let vb = VarBuilder::from_varmap(&vars, DType::F32, &device);
    let network = Network::with_kernels(&config, kernels, vb).unwrap();
    weights::initialise(&vars, 1).unwrap();
    let batch = batch(32, &device);
    let domains: Vec<usize> = (0..32).map(|record| record % 4).collect();
    let mut rng = SmallRng::seed_from_u64(1);
    move || {
        let output = network.forward_train(&batch, &domains, &mut rng).unwrap();
        let loss = output.logits.sqr().unwrap().mean_all().unwrap();
        loss.backward().unwrap();
        device.synchronize().unwrap();
    }
}

/// The convolutions of that step wider than one sample: records, time, inputs, outputs, kernel, stride, how many.
const CONVOLUTIONS: [[usize; 7]; 9] = [
    [384, 1000, 1, 12, 15, 2, 1],
    [384, 500, 12, 16, 7, 2, 1],
    [32, 250, 48, 48, 5, 1, 4],
    [32, 250, 48, 64, 5, 2, 1],
    [32, 125, 64, 64, 5, 1, 3],
    [32, 125, 64, 96, 5, 2, 1],
    [32, 63, 96, 96, 5, 1, 3],
    [32, 63, 96, 128, 5, 2, 1],
    [32, 32, 128, 128, 5, 1, 3],
];

fn convolutions(kernels: Option<Kernels>, device: &Device) -> impl FnMut() {
    let (device, ours) = (device.clone(), kernels.is_some());
    let layers: Vec<_> = CONVOLUTIONS
        .iter()
        .map(|&[records, time, inputs, outputs, kernel, stride, count]| {
            // candle wants channels before time, and the kernel's outputs first.
            let (x, weight) = if ours {
                ((records, time, inputs), (kernel, inputs, outputs))
            } else {
                ((records, inputs, time), (outputs, inputs, kernel))
            };
            let x = Var::randn(0f32, 1.0, x, &device).unwrap();
            let weight = Var::randn(0f32, 1.0, weight, &device).unwrap();
            (x, weight, kernel, stride, count)
        })
        .collect();
    move || {
        for (x, weight, kernel, stride, count) in &layers {
            for _ in 0..*count {
                let y = match kernels {
                    Some(kernels) => {
                        let weight = weight.as_tensor().clone();
                        Conv1d::from_weight(weight, *stride, kernels).forward(x)
                    }
                    None => x.conv1d(weight, (kernel - 1) / 2, *stride, 1, 1),
                };
                y.unwrap().sum_all().unwrap().backward().unwrap();
            }
        }
        device.synchronize().unwrap();
    }
}

/// The first of the bundled networks over one record, for another program to be timed against.
fn serve() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("weights");
    let (networks, _) = weights::load(&folder, &Device::Cpu).unwrap();
    let (network, batch) = (&networks.members()[0], batch(1, &Device::Cpu));
    for line in std::io::stdin().lock().lines() {
        line.unwrap();
        let started = Instant::now();
        let logits = network.forward(&batch).unwrap().logits;
        let took = started.elapsed().as_nanos();
        let logits: Vec<f32> = logits.flatten_all().unwrap().to_vec1().unwrap();
        let logits: Vec<String> = logits.iter().map(f32::to_string).collect();
        println!("{took} {}", logits.join(" "));
        std::io::stdout().flush().unwrap();
    }
}

fn main() {
    if std::env::args().any(|argument| argument == "--serve") {
        return serve();
    }
    if !std::env::args().any(|argument| argument == "--bench") {
        // Under `cargo test` there is nothing to time.
        return;
    }
    pair(
        "training step, 32 records",
        ["ours", "candle's operations"],
        training_step(Kernels::Fused, &Device::Cpu),
        training_step(Kernels::Plain, &Device::Cpu),
    );
    pair(
        "its convolutions, forward and backward",
        ["ours", "candle's conv1d"],
        convolutions(Some(Kernels::Fused), &Device::Cpu),
        convolutions(None, &Device::Cpu),
    );
    let device = DevicePreference::Auto.open().unwrap();
    if device.is_cpu() {
        return;
    }
    let name = DevicePreference::describe(&device);
    pair(
        "training step, 32 records",
        [name, "CPU"],
        training_step(Kernels::suited_to(&device), &device),
        training_step(Kernels::Fused, &Device::Cpu),
    );
    pair(
        &format!("its convolutions on {name}, forward and backward"),
        ["ours", "candle's conv1d"],
        convolutions(Some(Kernels::suited_to(&device)), &device),
        convolutions(None, &device),
    );
}
