//! `heartbeatai train` from a corpus to weights, and on from where it was killed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use candle_core::Device;
use heartbeatai::formats::wfdb;
use heartbeatai::network::weights;
use heartbeatai::simulate::{Settings, condition, simulate};

const RECIPE: &str = r#"
name = "small"
epochs = 3
batch = 8
min_positives = 4
outliers_one_in = 6

[pretraining]
tracings = 20
epochs = 1

[network]
members = 2
measured = true
stem_widths = [4, 4]
widths = [8, 8]
blocks = [1, 1]
"#;

/// Sinus rhythm and atrial fibrillation, as the Challenge lays its records out.
fn corpus(dir: &Path) {
    for (id, code) in [
        ("sinus_rhythm", "426783006"),
        ("atrial_fibrillation", "164889003"),
    ] {
        for seed in 0..24 {
            let mut recording =
                simulate(condition(id).unwrap(), seed, &Settings::default()).recording;
            recording.name = format!("{id}{seed}");
            let header = wfdb::write(&recording, dir).unwrap();
            let text = fs::read_to_string(&header).unwrap();
            assert!(text.contains(&format!("# Dx: {code}")), "{text}");
        }
    }
}

fn train(corpus: &Path, recipe: &Path, out: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_heartbeatai"))
        .args(["train", "--protocol", "split", "--device", "cpu"])
        .arg("--corpus")
        .arg(format!("cinc={}", corpus.display()))
        .arg("--recipe")
        .arg(recipe)
        .arg("--out")
        .arg(out)
        // Sums in one order only, so that two runs can be compared to the last bit.
        .envs([("CANDLE_NUM_THREADS", "1"), ("RAYON_NUM_THREADS", "1")])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn end(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    said
}

#[test]
fn a_run_that_was_killed_ends_in_the_same_weights() {
    let dir = tempfile::tempdir().unwrap();
    let (data, recipe) = (dir.path().join("clinic"), dir.path().join("recipe.toml"));
    fs::create_dir(&data).unwrap();
    corpus(&data);
    fs::write(&recipe, RECIPE).unwrap();

    let whole = dir.path().join("whole");
    end(train(&data, &recipe, &whole));
    let killed = dir.path().join("killed");
    let mut child = train(&data, &recipe, &killed);
    let (checkpoint, patience) = (killed.join("checkpoint.safetensors"), Instant::now());
    while !checkpoint.is_file() {
        assert!(
            child.try_wait().unwrap().is_none(),
            "over before it was killed"
        );
        assert!(patience.elapsed() < Duration::from_secs(120));
        std::thread::sleep(Duration::from_millis(1));
    }
    // SIGKILL where there are signals.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!killed.join("model.safetensors").exists());
    let said = end(train(&data, &recipe, &killed));

    assert!(said.contains("split, 1 of 2, epoch 3:"), "{said}");
    assert!(
        !said.contains("split, 1 of 2, epoch 1:"),
        "it began anew: {said}"
    );
    let written = |out: &Path| fs::read(out.join("model.safetensors")).unwrap();
    assert!(written(&whole) == written(&killed));
    let history = fs::read_to_string(killed.join("history.jsonl")).unwrap();
    assert_eq!(history.lines().count(), 3);
    let curves = fs::read_to_string(killed.join("curves.svg")).unwrap();
    assert!(curves.contains("split, 1 of 2: training loss"), "{curves}");
    assert!(killed.join("curves.png").is_file());
    let second = killed.join("member1");
    assert!(second.join("history.jsonl").is_file());
    assert!(!checkpoint.exists() && !second.join("checkpoint.safetensors").exists());
    let (networks, card) = weights::load(&whole, &Device::Cpu).unwrap();
    assert_eq!((networks.members().len(), card.config.members), (2, 2));

    let card: serde_json::Value =
        serde_json::from_slice(&fs::read(whole.join("card.json")).unwrap()).unwrap();
    assert_eq!(card["training"]["recipe"]["pretraining"]["tracings"], 20);
    assert!(card["metrics"]["outliers"]["validation"].is_object());
}

const TEACHING: &str = r#"
name = "teacher"
epochs = 1
batch = 8
statements = ["SR", "AFIB", "PVC"]
outliers_one_in = 6

[network]
members = 2
stem_widths = [4, 4]
widths = [8, 8]
blocks = [1, 1]
"#;

fn fine_tune(corpus: &Path, parent: &Path, out: &Path, more: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_heartbeatai"))
        .args(["train", "--device", "cpu", "--epochs", "1"])
        .arg("--init")
        .arg(parent)
        .arg("--corpus")
        .arg(format!("cinc={}", corpus.display()))
        .arg("--out")
        .arg(out)
        .args(more)
        .output()
        .unwrap()
}

fn card(dir: &Path) -> serde_json::Value {
    serde_json::from_slice(&fs::read(dir.join("card.json")).unwrap()).unwrap()
}

#[test]
fn fine_tuned_weights_keep_the_statements_the_doubt_and_the_lineage_of_their_parent() {
    let dir = tempfile::tempdir().unwrap();
    let (data, recipe) = (dir.path().join("clinic"), dir.path().join("recipe.toml"));
    fs::create_dir(&data).unwrap();
    corpus(&data);
    fs::write(&recipe, TEACHING).unwrap();
    let parent = dir.path().join("parent");
    end(train(&data, &recipe, &parent));
    // Doubt that so few records could not have taught, and figures on hospitals left out.
    let mut before = card(&parent);
    before["uncertain"] = serde_json::json!(vec![[1.65, 0.95]; 3]);
    before["metrics"]["left_out"] = serde_json::json!({"elsewhere": {"macro_auroc": 0.9}});
    fs::write(parent.join("card.json"), before.to_string()).unwrap();

    let other = dir.path().join("other.toml");
    fs::write(&other, "[network]\nwidths = [8, 16]").unwrap();
    let out = dir.path().join("refused");
    let refused = fine_tune(&data, &parent, &out, &["--recipe", other.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && said.contains("widths = [8,16]"),
        "{said}"
    );
    assert!(!out.exists(), "something was prepared for it");

    let out = dir.path().join("tuned");
    let tuned = fine_tune(&data, &parent, &out, &["--seed", "2"]);
    let said = String::from_utf8_lossy(&tuned.stderr).into_owned();
    assert!(tuned.status.success(), "{said}");
    assert!(said.contains(" left"), "{said}");
    let after = card(&out);
    assert_eq!(after["name"], "teacher, fine-tuned");
    assert_eq!(after["config"], before["config"]);
    // Nobody has premature beats here: the statement stays as it was.
    for part in ["thresholds", "calibration", "uncertain"] {
        assert_eq!(after[part][2], before[part][2], "{part}");
    }
    assert_eq!(after["outlier_from"], before["outlier_from"]);
    let positives = |card: &serde_json::Value, which: &str| {
        let path = format!("/training/statements/AFIB{which}/positives");
        card.pointer(&path).unwrap().as_u64().unwrap()
    };
    assert_eq!(
        positives(&after, ""),
        positives(&before, "") + positives(&after, "/new")
    );
    assert_eq!(
        after["metrics"]["left_out"]["elsewhere"]["of_parent"],
        "teacher"
    );

    let lineage = &after["training"]["lineage"];
    assert_eq!(
        lineage["parent"]["sha256"],
        weights::sha256(&parent).unwrap()
    );
    assert_eq!(lineage["parent"]["corpora"], before["training"]["corpora"]);
    assert_eq!(lineage["parent"]["records"], before["training"]["records"]);
    assert!(lineage["parent"]["held_back"]["clinic"]["macro_auroc"].is_number());
    assert_eq!(lineage["learnt"], serde_json::json!(["SR", "AFIB"]));
    let command = lineage["command"].as_str().unwrap();
    assert!(
        command.starts_with("heartbeatai train --init parent --corpus cinc=clinic"),
        "{command}"
    );
    assert!(
        !fs::read_to_string(out.join("card.json"))
            .unwrap()
            .contains(dir.path().to_str().unwrap())
    );

    // Where there is no display, the window says in words what it would have shown, and by whose word.
    for plain in [&["open"][..], &[]] {
        let opened = Command::new(env!("CARGO_BIN_EXE_heartbeatai"))
            .args(plain)
            .arg("--weights")
            .arg(&out)
            .arg(data.join("sinus_rhythm1.hea"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&opened.stdout).into_owned();
        assert!(said.contains("(machine), teacher, fine-tuned:"), "{said}");
    }
}

#[cfg(unix)]
#[test]
fn others_may_read_the_weights_as_they_may_read_the_card() {
    use std::os::unix::fs::PermissionsExt;

    use candle_nn::VarMap;
    use heartbeatai::network::{Card, Config};

    let dir = tempfile::tempdir().unwrap();
    let card = Card::new("m", Config::default());
    weights::save(dir.path(), &[&VarMap::new()], &card).unwrap();
    let mode = |name: &str| {
        let file = fs::metadata(dir.path().join(name)).unwrap();
        file.permissions().mode()
    };
    assert_eq!(mode("model.safetensors"), mode("card.json"));
}

#[test]
fn an_ablation_that_is_started_again_trains_only_what_it_lacks() {
    let dir = tempfile::tempdir().unwrap();
    let (data, recipe) = (dir.path().join("clinic"), dir.path().join("recipe.toml"));
    fs::create_dir(&data).unwrap();
    corpus(&data);
    let one = RECIPE.replace("epochs = 3", "epochs = 1");
    fs::write(&recipe, one.replace("members = 2\n", "")).unwrap();
    let out = dir.path().join("ablation");
    let run = || {
        let output = Command::new(env!("CARGO_BIN_EXE_heartbeatai"))
            .args(["train", "--ablation", "--seeds", "1", "--device", "cpu"])
            .arg("--corpus")
            .arg(format!("cinc={}", data.display()))
            .arg("--recipe")
            .arg(&recipe)
            .arg("--out")
            .arg(&out)
            .output()
            .unwrap();
        // One corpus alone cannot be left out: nothing remains to train on.
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            said.contains("no statement") || output.status.success(),
            "{said}"
        );
        fs::read_to_string(out.join("ablation.jsonl")).unwrap()
    };
    let rows = run();
    assert_eq!(rows.lines().count(), 10, "{rows}");
    // The last network is lost: it alone is trained again, to the same figures.
    let kept: String = rows
        .lines()
        .take(9)
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(out.join("ablation.jsonl"), &kept).unwrap();
    assert_eq!(run(), rows);
    let table: serde_json::Value =
        serde_json::from_slice(&fs::read(out.join("ablation.json")).unwrap()).unwrap();
    assert_eq!(table["rows"][0]["without"], serde_json::Value::Null);
    assert_eq!(table["rows"][1]["without"], "lead_gate");
    assert!(table["rows"][1]["split"]["ci95"].is_array(), "{table}");
    // One hospital alone cannot be left out: nothing remains to train on.
    assert!(table["rows"][1]["lodo"].is_null(), "{table}");
}
