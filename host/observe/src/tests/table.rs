//! That the table in the documentation is the truth.

use std::collections::{BTreeMap, BTreeSet};

use super::Rig;
use super::story::{app_life, mishaps, whole_life};

#[derive(Debug, Default, PartialEq)]
struct Row {
    kind: String,
    meaning: String,
    labels: BTreeSet<String>,
}

/// The rows of the documentation's table, by name.
fn documented() -> BTreeMap<String, Row> {
    let rows = include_str!("../metrics.rs").lines().filter(|line| line.starts_with("//! | `dormouse_"));
    let row = |line: &str| {
        let cells: Vec<&str> =
            line.trim_start_matches("//! |").trim_end_matches('|').split('|').map(str::trim).collect();
        let [name, _, kind, _, labels, meaning] = cells[..] else { panic!("{line}") };
        let labels = labels.split(", ").map(|label| label.trim_matches('`').to_owned());
        let row = Row {
            kind: kind.to_owned(),
            meaning: meaning.to_owned(),
            labels: labels.filter(|label| !label.is_empty()).collect(),
        };
        (name.trim_matches('`').to_owned(), row)
    };
    rows.map(row).collect()
}

/// What is in `text`, by name.
fn exported(text: &str) -> BTreeMap<String, Row> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut name = "";
    for line in text.lines() {
        if let Some((named, help)) = line.strip_prefix("# HELP ").and_then(|line| line.split_once(' ')) {
            name = named;
            help.clone_into(&mut rows.entry(named.to_owned()).or_default().meaning);
        } else if let Some((named, kind)) = line.strip_prefix("# TYPE ").and_then(|line| line.split_once(' '))
        {
            kind.clone_into(&mut rows.entry(named.to_owned()).or_default().kind);
        } else if let Some((_, labels)) = line.split_once('{') {
            let labels =
                labels.split_once('}').unwrap().0.split(',').map(|label| label.split_once('=').unwrap().0);
            rows.get_mut(name)
                .unwrap()
                .labels
                .extend(labels.filter(|label| *label != "le").map(str::to_owned));
        }
    }
    rows.remove("target_info");
    rows
}

#[tokio::test]
async fn the_documentation_has_every_metric_and_no_other() {
    let rig = Rig::new(|_| {}).await;
    rig.tell(whole_life());
    rig.tell(mishaps());
    rig.tell_of_apps(app_life());
    let (documented, exported) = (documented(), exported(&rig.scrape().await));
    assert!(documented.len() > 40, "the table was not found");
    assert_eq!(documented.keys().collect::<Vec<_>>(), exported.keys().collect::<Vec<_>>());
    for (name, row) in &documented {
        assert_eq!(Some(row), exported.get(name), "{name}");
    }
}

/// All that can be recorded is in the rows that the test above compares: an instrument that nothing in a story touches
/// would be in neither.
#[test]
fn every_instrument_has_its_row() {
    let table = include_str!("../metrics.rs");
    for metric in crate::metrics::Instruments::ALL {
        let row = format!("| `{}` |", metric.name);
        assert_eq!(table.matches(&row).count(), 1, "{row}");
    }
}
