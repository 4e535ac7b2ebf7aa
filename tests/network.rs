//! What the network promises, whatever its weights.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::{VarBuilder, VarMap};
use heartbeatai::network::{Batch, Card, Config, Kernels, LEADS, MEASURED, Network, weights};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

fn statements(count: usize) -> Vec<String> {
    (0..count).map(|index| format!("S{index}")).collect()
}

/// A network small enough for numeric gradients, with every ingredient in it.
fn small() -> Config {
    Config {
        statements: statements(3),
        window_s: 0.8,
        stem_widths: [4, 5],
        widths: vec![8, 10, 12],
        blocks: vec![1, 2, 1],
        concentration_channels: 3,
        concentration_bins: 2,
        amplitude_width: 4,
        measured: true,
        measured_width: 5,
        ..Config::default()
    }
}

fn network(config: &Config, kernels: Kernels, seed: u64) -> (VarMap, Network) {
    let vars = VarMap::new();
    let vb = VarBuilder::from_varmap(&vars, DType::F32, &Device::Cpu);
    let network = Network::with_kernels(config, kernels, vb).unwrap();
    weights::initialise(&vars, seed).unwrap();
    (vars, network)
}

fn noise(rng: &mut StdRng, shape: &[usize]) -> Tensor {
    let count = shape.iter().product();
    let values: Vec<f32> = (0..count)
        .map(|_| rng.random::<f32>() * 3.4 - 1.7)
        .collect();
    Tensor::from_vec(values, shape, &Device::Cpu).unwrap()
}

fn batch(size: usize, config: &Config, seed: u64) -> Batch {
    let mut rng = StdRng::seed_from_u64(seed);
    Batch {
        waveform: noise(&mut rng, &[size, LEADS, config.samples()]),
        amplitude: noise(&mut rng, &[size, 2 * LEADS]),
        measured: noise(&mut rng, &[size, 2 * MEASURED]),
    }
}

/// Binary cross-entropy that stays finite where candle's own takes the logarithm of zero.
fn cross_entropy(logits: &Tensor, truth: &Tensor) -> candle_core::Result<Tensor> {
    let linear = (logits.relu()? - (logits * truth)?)?;
    let curved = (logits.abs()?.neg()?.exp()? + 1.0)?.log()?;
    (linear + curved)?.mean_all()
}

fn values(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f32 {
    assert_eq!(a.dims(), b.dims());
    values(a)
        .iter()
        .zip(values(b))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn the_full_network_has_a_million_parameters_and_keeps_the_leads_apart_until_after_the_gate() {
    let config = Config {
        statements: statements(26),
        ..Config::default()
    };
    let (vars, network) = network(&config, Kernels::Fused, 1);
    let parameters: usize = vars.all_vars().iter().map(|var| var.elem_count()).sum();
    assert!((800_000..1_050_000).contains(&parameters), "{parameters}");
    let output = network.forward(&batch(2, &config, 1)).unwrap();
    assert_eq!(output.logits.dims(), [2, 26]);
    assert_eq!(output.lead_gate.dims(), [2, 12]);
    assert_eq!(output.lead_features.dims(), [2, 12, 24, 250]);
    assert!(
        values(&output.lead_gate)
            .iter()
            .all(|gate| (0.0..=1.0).contains(gate))
    );
}

#[test]
fn fused_and_plain_kernels_agree_in_logits_and_in_the_gradient_of_every_weight() {
    let config = small();
    let batch = batch(5, &config, 2);
    let target = Tensor::new(
        &[
            [1f32, 0.0, 1.0],
            [0.0; 3],
            [1.0; 3],
            [0.0, 1.0, 0.0],
            [1.0, 1.0, 0.0],
        ],
        &Device::Cpu,
    );
    let target = target.unwrap();
    let [fused, plain] = [Kernels::Fused, Kernels::Plain].map(|kernels| {
        let (vars, network) = network(&config, kernels, 3);
        let mut rng = StdRng::seed_from_u64(4);
        let output = network
            .forward_train(&batch, &[0, 1, 0, 1, 2], &mut rng)
            .unwrap();
        let loss = cross_entropy(&output.logits, &target).unwrap();
        let gradients = loss.backward().unwrap();
        (output, weights::named(&vars), gradients)
    });
    assert!(largest_difference(&fused.0.logits, &plain.0.logits) < 1e-4);
    let mut compared = 0;
    for ((name, fused_var), (_, plain_var)) in fused.1.iter().zip(&plain.1) {
        if name.contains("running") {
            assert!(largest_difference(fused_var, plain_var) < 1e-4, "{name}");
            continue;
        }
        let gradients = [fused.2.get(fused_var), plain.2.get(plain_var)];
        let [Some(ours), Some(theirs)] = gradients else {
            panic!("{name} is not trained")
        };
        assert!(largest_difference(ours, theirs) < 1e-3, "{name}");
        compared += 1;
    }
    assert!(compared > 40, "{compared}");
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    let config = Config {
        mixstyle: false,
        head_dropout: 0.0,
        concentration_dropout: 0.0,
        ..small()
    };
    let (vars, network) = network(&config, Kernels::Fused, 5);
    let batch = batch(4, &config, 6);
    let loss = || {
        let mut rng = StdRng::seed_from_u64(1);
        let logits = network
            .forward_train(&batch, &[0; 4], &mut rng)
            .unwrap()
            .logits;
        logits.sqr().unwrap().mean_all().unwrap()
    };
    let gradients = loss().backward().unwrap();
    let mut rng = StdRng::seed_from_u64(8);
    let mut checked = 0;
    for (name, var) in weights::named(&vars) {
        let Some(gradient) = gradients.get(&var) else {
            continue;
        };
        // Along a random direction of each weight, which meets every element of it.
        let direction = noise(&mut rng, var.dims());
        let expected: f32 = (gradient * &direction)
            .unwrap()
            .sum_all()
            .unwrap()
            .to_scalar()
            .unwrap();
        let start = var.as_detached_tensor().copy().unwrap();
        let at = |by: f64| {
            var.set(&(&start + (&direction * by).unwrap()).unwrap())
                .unwrap();
            f64::from(loss().to_scalar::<f32>().unwrap())
        };
        // Rectifiers and maxima bend the loss, rounding blurs it: one of three steps meets neither.
        let errors = [3e-4, 1e-4, 3e-5].map(|step| {
            let slope = (at(step) - at(-step)) / (2.0 * step);
            (slope - f64::from(expected)).abs() / (slope.abs() + 0.1)
        });
        var.set(&start).unwrap();
        let error = errors.into_iter().fold(f64::INFINITY, f64::min);
        assert!(
            error < 0.1,
            "{name}: gradient {expected}, errors {errors:?}"
        );
        checked += 1;
    }
    assert!(checked > 40, "{checked}");
}

#[test]
fn every_lead_passes_the_same_filters_and_is_scaled_by_its_own_gate() {
    let config = small();
    let (vars, gated) = network(&config, Kernels::Fused, 9);
    let tensors = weights::named(&vars)
        .into_iter()
        .map(|(name, var)| (name, var.as_detached_tensor()));
    let vb = VarBuilder::from_tensors(tensors.collect(), DType::F32, &Device::Cpu);
    let open = Network::with_kernels(
        &Config {
            lead_gate: false,
            ..config.clone()
        },
        Kernels::Fused,
        vb,
    )
    .unwrap();
    let batch = batch(2, &config, 10);
    let (gated, open_output) = (
        gated.forward(&batch).unwrap(),
        open.forward(&batch).unwrap(),
    );
    let expected = open_output
        .lead_features
        .broadcast_mul(&gated.lead_gate.reshape((2, 12, 1, 1)).unwrap());
    assert!(largest_difference(&gated.lead_features, &expected.unwrap()) < 1e-5);
    let gates = values(&gated.lead_gate);
    assert!(
        gates.iter().any(|gate| (gate - gates[0]).abs() > 1e-3),
        "gates differ between leads"
    );

    let order: Vec<u32> = (0..12).rev().collect();
    let order = Tensor::new(order, &Device::Cpu).unwrap();
    let swapped = Batch {
        waveform: batch.waveform.index_select(&order, 1).unwrap(),
        ..batch
    };
    let swapped = open
        .forward(&swapped)
        .unwrap()
        .lead_features
        .contiguous()
        .unwrap()
        .index_select(&order, 1)
        .unwrap();
    assert!(largest_difference(&swapped, &open_output.lead_features) < 1e-5);
}

#[test]
fn an_absent_lead_has_a_gate_of_zero_and_leaves_nothing_behind() {
    for lead_gate in [true, false] {
        let config = Config {
            lead_gate,
            ..small()
        };
        let (_, network) = network(&config, Kernels::Fused, 11);
        let mut batch = batch(1, &config, 12);
        let mut samples = values(&batch.waveform);
        samples[7 * config.samples()..8 * config.samples()].fill(0.0);
        batch.waveform = Tensor::from_vec(samples, batch.waveform.shape(), &Device::Cpu).unwrap();
        let output = network.forward(&batch).unwrap();
        for (lead, gate) in values(&output.lead_gate).into_iter().enumerate() {
            assert_eq!(gate == 0.0, lead == 7, "lead {lead}: {gate}");
        }
        assert!(
            values(&output.lead_features.get(0).unwrap().get(7).unwrap())
                .iter()
                .all(|&value| value == 0.0)
        );
    }
}

#[test]
fn inference_repeats_bit_for_bit_and_does_not_depend_on_the_rest_of_the_batch() {
    let config = small();
    let (_, network) = network(&config, Kernels::Fused, 13);
    let all = batch(6, &config, 14);
    let together = network.forward(&all).unwrap().logits;
    assert_eq!(
        values(&together),
        values(&network.forward(&all).unwrap().logits)
    );
    for record in 0..6 {
        let alone = Batch {
            waveform: all.waveform.narrow(0, record, 1).unwrap(),
            amplitude: all.amplitude.narrow(0, record, 1).unwrap(),
            measured: all.measured.narrow(0, record, 1).unwrap(),
        };
        let alone = network.forward(&alone).unwrap().logits;
        assert!(largest_difference(&alone, &together.narrow(0, record, 1).unwrap()) < 1e-5);
    }
}

#[test]
fn a_training_step_repeats_by_its_seed_and_differs_by_another() {
    let config = small();
    let batch = batch(4, &config, 15);
    let step = |seed| {
        let (_, network) = network(&config, Kernels::Fused, 16);
        let mut rng = StdRng::seed_from_u64(seed);
        values(
            &network
                .forward_train(&batch, &[0, 1, 2, 3], &mut rng)
                .unwrap()
                .logits,
        )
    };
    assert_eq!(step(1), step(1));
    assert_ne!(step(1), step(2));
}

#[test]
fn every_ingredient_can_be_taken_out() {
    let without = [
        Config {
            lead_gate: false,
            ..small()
        },
        Config {
            channel_se: false,
            ..small()
        },
        Config {
            concentration: false,
            ..small()
        },
        Config {
            mixstyle: false,
            ..small()
        },
        Config {
            amplitude: false,
            ..small()
        },
        Config {
            measured: false,
            ..small()
        },
    ];
    for config in without {
        let (vars, network) = network(&config, Kernels::Fused, 17);
        let batch = batch(3, &config, 18);
        let mut rng = StdRng::seed_from_u64(19);
        let logits = network
            .forward_train(&batch, &[0, 1, 2], &mut rng)
            .unwrap()
            .logits;
        let gradients = logits
            .sqr()
            .unwrap()
            .mean_all()
            .unwrap()
            .backward()
            .unwrap();
        for (name, var) in weights::named(&vars) {
            assert_eq!(
                gradients.get(&var).is_none(),
                name.contains("running"),
                "{name}"
            );
        }
    }
}

#[test]
fn amplitude_reaches_the_logits_only_through_its_own_input() {
    for amplitude in [true, false] {
        let config = Config {
            amplitude,
            ..small()
        };
        let (_, network) = network(&config, Kernels::Fused, 20);
        let first = batch(2, &config, 21);
        let second = Batch {
            amplitude: (&first.amplitude + 1.0).unwrap(),
            ..first.clone()
        };
        let [first, second] =
            [first, second].map(|batch| values(&network.forward(&batch).unwrap().logits));
        assert_eq!(first != second, amplitude);
    }
}

#[test]
fn what_was_measured_reaches_the_logits_only_through_its_own_input() {
    for measured in [true, false] {
        let config = Config {
            measured,
            ..small()
        };
        let (_, network) = network(&config, Kernels::Fused, 20);
        let first = batch(2, &config, 21);
        let second = Batch {
            measured: (&first.measured + 1.0).unwrap(),
            ..first.clone()
        };
        let [first, second] =
            [first, second].map(|batch| values(&network.forward(&batch).unwrap().logits));
        assert_eq!(first != second, measured);
    }
}

#[test]
fn weights_survive_the_disk_with_bit_equal_logits_and_their_card() {
    let dir = tempfile::tempdir().unwrap();
    let config = small();
    let (vars, network) = network(&config, Kernels::Fused, 22);
    // Running statistics that are not the initial ones must survive too.
    network
        .forward_train(
            &batch(4, &config, 23),
            &[0; 4],
            &mut StdRng::seed_from_u64(1),
        )
        .unwrap();
    let mut card = Card::new("test", config.clone());
    card.thresholds = vec![0.2, 0.3, 0.4];
    card.calibration[1] = (2.0, -1.0);
    card.training = serde_json::json!({ "epochs": 3 });
    weights::save(dir.path(), &[&vars], &card).unwrap();
    let (loaded, loaded_card) = weights::load(dir.path(), &Device::Cpu).unwrap();
    assert_eq!(loaded_card, card);
    let batch = batch(3, &config, 24);
    assert_eq!(
        values(&network.forward(&batch).unwrap().logits),
        values(&loaded.forward(&batch).unwrap().logits)
    );
    assert!((card.probability(1, 0.5) - 0.5).abs() < 1e-6);

    let (others, _) = self::network(&config, Kernels::Fused, 99);
    weights::restore(dir.path(), 0, &others, &Device::Cpu).unwrap();
    for ((name, a), (_, b)) in weights::named(&vars).iter().zip(&weights::named(&others)) {
        assert_eq!(values(a), values(b), "{name}");
    }
}

#[test]
fn networks_that_judge_together_survive_the_disk_and_say_the_mean() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config {
        members: 2,
        ..small()
    };
    let (first_vars, first) = network(&config, Kernels::Fused, 31);
    let (second_vars, second) = network(&config, Kernels::Fused, 32);
    let card = Card::new("two", config.clone());
    weights::save(dir.path(), &[&first_vars, &second_vars], &card).unwrap();
    let (loaded, _) = weights::load(dir.path(), &Device::Cpu).unwrap();
    let batch = batch(3, &config, 33);
    let logits = |network: &Network| values(&network.forward(&batch).unwrap().logits);
    let (one, two) = (logits(&first), logits(&second));
    assert_ne!(one, two);
    let own: Vec<_> = loaded.members().iter().map(logits).collect();
    assert_eq!(own, [one.clone(), two.clone()]);
    let together = values(&loaded.forward(&batch).unwrap().logits);
    for ((mean, one), two) in together.iter().zip(&one).zip(&two) {
        assert!((mean - (one + two) / 2.0).abs() < 1e-6);
    }
    // Trained on, the second starts from the second, and a third from the first again.
    for (number, vars) in [(1, &second_vars), (2, &first_vars)] {
        let (others, _) = self::network(&config, Kernels::Fused, 99);
        weights::restore(dir.path(), number, &others, &Device::Cpu).unwrap();
        for ((name, a), (_, b)) in weights::named(vars).iter().zip(&weights::named(&others)) {
            assert_eq!(values(a), values(b), "{name}");
        }
    }
    let none = Card::new(
        "none",
        Config {
            members: 0,
            ..config
        },
    );
    let json = serde_json::to_vec(&none).unwrap();
    std::fs::write(dir.path().join(weights::CARD_FILE), json).unwrap();
    assert!(weights::load(dir.path(), &Device::Cpu).is_err());
}

#[test]
fn weights_that_are_broken_or_do_not_fit_are_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let missing = weights::load(dir.path(), &Device::Cpu)
        .unwrap_err()
        .to_string();
    assert!(missing.contains("card.json"), "{missing}");

    let config = small();
    let (vars, _) = network(&config, Kernels::Fused, 25);
    let card = Card::new("test", config.clone());
    weights::save(dir.path(), &[&vars], &card).unwrap();
    let path = dir.path().join(weights::WEIGHTS_FILE);
    let whole = std::fs::read(&path).unwrap();
    for broken in [
        &whole[..whole.len() / 2],
        b"",
        b"\xff\xff\xff\xff\xff\xff\xff\x7f{}",
    ] {
        std::fs::write(&path, broken).unwrap();
        assert!(matches!(
            weights::load(dir.path(), &Device::Cpu),
            Err(weights::Error::Weights { .. })
        ));
    }
    std::fs::write(&path, &whole).unwrap();

    let other_sizes = Config {
        kernel: 7,
        ..config.clone()
    };
    let cards = [
        Card {
            config: other_sizes,
            ..card.clone()
        },
        Card {
            thresholds: vec![0.5],
            ..card.clone()
        },
        Card {
            config: Config {
                widths: vec![1 << 40; 3],
                ..config.clone()
            },
            ..card.clone()
        },
        Card {
            config: Config {
                sampling_rate_hz: f64::MAX,
                ..config
            },
            ..card
        },
    ];
    for card in cards {
        let json = serde_json::to_vec(&card).unwrap();
        std::fs::write(dir.path().join(weights::CARD_FILE), json).unwrap();
        assert!(weights::load(dir.path(), &Device::Cpu).is_err());
    }
}

#[test]
fn a_few_steps_learn_which_records_hold_a_pulse() {
    let config = Config {
        window_s: 1.6,
        statements: statements(1),
        mixstyle: false,
        ..small()
    };
    let (vars, network) = network(&config, Kernels::Fused, 26);
    let mut rng = StdRng::seed_from_u64(27);
    let samples = config.samples();
    let mut draw = |size: usize| {
        let truth: Vec<f32> = (0..size).map(|index| (index % 2) as f32).collect();
        let mut waveform = values(&noise(&mut rng, &[size, LEADS, samples]));
        for (record, _) in truth.iter().enumerate().filter(|(_, truth)| **truth == 1.0) {
            let at = (record * LEADS + 8) * samples + rng.random_range(20..samples - 20);
            for (offset, value) in waveform[at - 6..at + 6].iter_mut().enumerate() {
                *value += 4.0 * (1.0 - (offset as f32 - 6.0).abs() / 6.0);
            }
        }
        let batch = Batch {
            waveform: Tensor::from_vec(waveform, (size, LEADS, samples), &Device::Cpu).unwrap(),
            amplitude: Tensor::zeros((size, 2 * LEADS), DType::F32, &Device::Cpu).unwrap(),
            measured: Tensor::zeros((size, 2 * MEASURED), DType::F32, &Device::Cpu).unwrap(),
        };
        (
            batch,
            Tensor::from_vec(truth, (size, 1), &Device::Cpu).unwrap(),
        )
    };
    let trained: Vec<Var> = vars.all_vars();
    let mut optimiser = candle_nn::AdamW::new_lr(trained, 5e-3).unwrap();
    for step in 0..120u64 {
        let (batch, truth) = draw(24);
        let logits = network
            .forward_train(&batch, &[0; 24], &mut StdRng::seed_from_u64(step))
            .unwrap()
            .logits;
        let loss = cross_entropy(&logits, &truth).unwrap();
        candle_nn::Optimizer::backward_step(&mut optimiser, &loss).unwrap();
    }
    let (batch, truth) = draw(200);
    let logits = values(&network.forward(&batch).unwrap().logits);
    let right = logits
        .iter()
        .zip(values(&truth))
        .filter(|(logit, truth)| (**logit > 0.0) == (*truth == 1.0));
    let right = right.count();
    assert!(right >= 180, "{right} of 200 right");
}
