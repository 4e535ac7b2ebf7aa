//! The figures as Markdown tables.

use serde_json::{Map, Value};

use super::LEAST_RECORDS;

const CHANGES: [(&str, &str); 6] = [
    ("deletion", "deletion"),
    ("deletion_over_random", "over random"),
    ("deletion_over_qrs_energy", "over QRS energy"),
    ("insertion", "insertion"),
    ("insertion_over_random", "over random"),
    ("insertion_over_qrs_energy", "over QRS energy"),
];
const CORRELATIONS: [(&str, &str); 5] = [
    (
        "/randomised_weights/mean_absolute_rho",
        "map, with that of random weights (absolute)",
    ),
    (
        "/lead_attention/gate_with_occlusion",
        "SE gate of the leads, with their effect",
    ),
    (
        "/lead_attention/heat_with_occlusion",
        "heat of the leads, with their effect",
    ),
    (
        "/stability/rho_under_1_percent_noise",
        "map, under 1 % noise",
    ),
    (
        "/stability/rho_under_a_shift_of_one_sample",
        "map, under a shift of one sample",
    ),
];

/// What [`super::evaluate`] found, as tables.
pub fn to_markdown(found: &Value) -> String {
    let word = |name: &str| found.get(name).and_then(Value::as_str).unwrap_or("-");
    let count = |name: &str| found.get(name).and_then(Value::as_u64).unwrap_or(0);
    let mut text = format!(
        "{}, {}: {} explanations of {} records. In brackets the 95 % interval, from {LEAST_RECORDS} records on.\n\n",
        word("model"),
        word("method"),
        count("explanations"),
        count("records"),
    );
    text +=
        "### Change of the logit when the place is deleted, or shown alone\n\n| statement | n |";
    text += &CHANGES.map(|(_, title)| format!(" {title} |")).concat();
    text += &format!("\n|---|---|{}\n", "---|".repeat(CHANGES.len()));
    let all = found.pointer("/deletion_insertion/all");
    let rows = all.map(|all| ("all", all)).into_iter();
    let labels = members(found, "/deletion_insertion/labels");
    for (id, changes) in rows.chain(labels.map(|(id, changes)| (id.as_str(), changes))) {
        let n = changes.get("n").and_then(Value::as_u64).unwrap_or(0);
        let cells = CHANGES.map(|(name, _)| format!(" {} |", with_interval(changes.get(name))));
        text += &format!("| {id} | {n} |{}\n", cells.concat());
    }
    text += "\n### Pointing game\n\n| tracings | maps | hits | in time | by chance | not found |\n|---|---|---|---|---|---|\n";
    for (name, game) in members(found, "/pointing") {
        let number = |name: &str| game.get(name).map_or("-".to_owned(), Value::to_string);
        let share = |name: &str| decimals(game.get(name));
        text += &format!(
            "| {name} | {} | {} | {} | {} | {} |\n",
            number("n"),
            share("hit_rate"),
            share("in_time"),
            share("by_chance"),
            number("not_found")
        );
    }
    text += "\n### Rank correlation\n\n| of | rho |\n|---|---|\n";
    for (path, title) in CORRELATIONS {
        text += &format!("| {title} | {} |\n", with_interval(found.pointer(path)));
    }
    text
}

fn members<'a>(found: &'a Value, path: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let all = found.pointer(path).and_then(Value::as_object);
    all.into_iter().flat_map(Map::iter)
}

fn decimals(value: Option<&Value>) -> String {
    let value = value.and_then(Value::as_f64);
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"))
}

fn with_interval(figure: Option<&Value>) -> String {
    let part = |path: &str| figure.and_then(|figure| figure.pointer(path));
    let mean = decimals(part("/mean"));
    match (part("/ci95/0"), part("/ci95/1")) {
        (Some(low), Some(high)) => {
            format!("{mean} [{}, {}]", decimals(Some(low)), decimals(Some(high)))
        }
        _ => mean,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_figure_has_its_cell_and_what_is_absent_is_a_dash() {
        let change = json!({"mean": 1.5, "ci95": [1.0, 2.0], "n": 9});
        let found = json!({
            "model": "m", "method": "Grad-CAM", "records": 9, "explanations": 9,
            "deletion_insertion": {
                "all": {"n": 9, "deletion": change},
                "labels": {"PVC": {"n": 1, "deletion": {"mean": 3.309, "ci95": null, "n": 1}}},
            },
            "pointing": {"simulated PVC": {"hit_rate": null, "n": 0, "not_found": 40}},
            "stability": {"rho_under_1_percent_noise": {"mean": 0.99, "ci95": [0.98, 1.0], "n": 9}},
        });
        let text = to_markdown(&found);
        for line in [
            "| all | 9 | 1.500 [1.000, 2.000] | - | - | - | - | - |",
            "| PVC | 1 | 3.309 | - | - | - | - | - |",
            "| simulated PVC | 0 | - | - | - | 40 |",
            "| map, under 1 % noise | 0.990 [0.980, 1.000] |",
        ] {
            assert!(
                text.lines().any(|own| own == line),
                "{line} is not in {text}"
            );
        }
    }
}
