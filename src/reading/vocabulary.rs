//! The statements a reader can make, from `assets/statements.toml`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// What kind of statement it is; findings are grouped by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    Rhythm,
    Conduction,
    Ectopy,
    Hypertrophy,
    Ischaemia,
    Repolarisation,
    Other,
}

/// One statement about a tracing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Stable id, such as `AFIB`.
    pub id: String,
    /// Name in full, such as "Atrial fibrillation".
    pub name: String,
    /// The group it is listed under.
    pub category: Category,
    /// SCP-ECG statement codes (ISO 11073-91064, as PTB-XL writes them).
    #[serde(default)]
    pub scp: Vec<String>,
    /// SNOMED CT concept ids (as the CinC Challenges write them).
    #[serde(default)]
    pub snomed: Vec<String>,
    /// AHA/ACC/HRS 2007 statement numbers.
    #[serde(default)]
    pub aha: Vec<String>,
    /// The criterion in one sentence.
    pub criterion: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    statement: Vec<Statement>,
}

static STATEMENTS: LazyLock<Vec<Statement>> = LazyLock::new(|| {
    // The text is compiled in and a test parses it, so a failure here cannot reach a user.
    toml::from_str::<File>(include_str!("../../assets/statements.toml"))
        .map(|file| file.statement)
        .unwrap_or_default()
});

/// Every statement, in the order of `assets/statements.toml`.
pub fn statements() -> &'static [Statement] {
    &STATEMENTS
}

/// The statement with that id.
pub fn find(id: &str) -> Option<&'static Statement> {
    statements().iter().find(|statement| statement.id == id)
}

/// The statements that an SCP-ECG code stands for (`ILMI` is both inferior and lateral).
pub fn by_scp(code: &str) -> impl Iterator<Item = &'static Statement> {
    statements()
        .iter()
        .filter(move |statement| statement.scp.iter().any(|own| own == code))
}

/// The statement that a SNOMED CT concept stands for.
pub fn by_snomed(code: &str) -> Option<&'static Statement> {
    statements()
        .iter()
        .find(|statement| statement.snomed.iter().any(|own| own == code))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_table_parses_and_every_id_and_concept_is_there_once() {
        let file: File = toml::from_str(include_str!("../../assets/statements.toml")).unwrap();
        assert!(file.statement.len() >= 24);
        let mut ids = HashSet::new();
        let mut concepts = HashSet::new();
        for statement in &file.statement {
            assert!(ids.insert(&statement.id), "{} twice", statement.id);
            assert!(statement.criterion.ends_with('.'), "{}", statement.id);
            for concept in &statement.snomed {
                assert!(concepts.insert(concept), "{concept} twice");
                assert!(concept.chars().all(|c| c.is_ascii_digit()), "{concept}");
            }
        }
    }

    #[test]
    fn the_pairs_that_the_challenge_scores_as_one_are_one_statement() {
        // evaluation-2021/dx_mapping_scored.csv, column Notes.
        for (one, other, id) in [
            ("733534002", "164909002", "CLBBB"),
            ("713427006", "59118001", "CRBBB"),
            ("284470004", "63593006", "PAC"),
            ("427172004", "17338001", "PVC"),
        ] {
            assert_eq!(by_snomed(one).unwrap().id, id);
            assert_eq!(by_snomed(other).unwrap().id, id);
        }
    }

    #[test]
    fn an_inferolateral_infarct_is_inferior_and_lateral() {
        let ids: Vec<_> = by_scp("ILMI")
            .map(|statement| statement.id.as_str())
            .collect();
        assert_eq!(ids, ["IMI", "LMI"]);
        assert!(find("ILMI").is_none());
    }
}
