//! For people: what did not pass, with its reasons, and a table of the areas.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::plain;
use crate::runner::{Report, Tally, Verdict};

/// The most cases that are named for one reason of being skipped.
const NAMED: usize = 3;

/// Writing to a string does not fail.
pub(super) fn write(report: &Report) -> String {
    let mut text = String::new();
    for outcome in &report.outcomes {
        let (word, lines) = match &outcome.verdict {
            Verdict::Failed(lines) => ("FAILED", lines.as_slice()),
            Verdict::Broken(why) => ("BROKEN", std::slice::from_ref(why)),
            Verdict::Passed | Verdict::Skipped(_) => continue,
        };
        let _ = writeln!(text, "{word} {}: {} ({})", outcome.id, outcome.title, outcome.rules.join(", "));
        for line in lines {
            let _ = writeln!(text, "    {}", plain(line));
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{:<16}{:>8}{:>8}{:>8}{:>8}", "area", "passed", "failed", "skipped", "broken");
    let areas: BTreeSet<&str> = report.outcomes.iter().map(|outcome| outcome.area()).collect();
    for area in areas {
        row(&mut text, area, report.tally(Some(area)));
    }
    row(&mut text, "all", report.tally(None));
    text.push_str(&skipped(report));
    let rules: BTreeSet<&String> = report
        .outcomes
        .iter()
        .filter(|outcome| outcome.verdict == Verdict::Passed)
        .flat_map(|outcome| &outcome.rules)
        .collect();
    let _ = writeln!(text, "{}: {} rules shown", plain(&report.host), rules.len());
    text
}

fn row(text: &mut String, name: &str, tally: Tally) {
    let Tally { passed, failed, skipped, broken } = tally;
    let _ = writeln!(text, "{name:<16}{passed:>8}{failed:>8}{skipped:>8}{broken:>8}");
}

/// Why cases were skipped, the most frequent reason first.
fn skipped(report: &Report) -> String {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for outcome in &report.outcomes {
        if let Verdict::Skipped(why) = &outcome.verdict {
            reasons.entry(why).or_default().push(&outcome.id);
        }
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, ids)| std::cmp::Reverse(ids.len()));
    let mut text = String::new();
    if !reasons.is_empty() {
        text.push_str("\nskipped:\n");
    }
    for (why, ids) in reasons {
        let named = ids.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = if ids.len() > NAMED { ", ..." } else { "" };
        let _ = writeln!(text, "{:>5}  {}: {named}{more}", ids.len(), plain(why));
    }
    text
}
