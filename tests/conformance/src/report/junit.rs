//! JUnit's XML, as continuous integration reads it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::runner::{Outcome, Report, Tally, Verdict};

/// Writing to a string does not fail.
pub(super) fn write(report: &Report) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let of = |tally: Tally| {
        let tests = tally.passed + tally.failed + tally.skipped + tally.broken;
        let Tally { failed, skipped, broken, .. } = tally;
        format!("tests=\"{tests}\" failures=\"{failed}\" errors=\"{broken}\" skipped=\"{skipped}\"")
    };
    let _ = writeln!(text, "<testsuites name=\"{}\" {}>", xml(&report.host), of(report.tally(None)));
    let areas: BTreeSet<&str> = report.outcomes.iter().map(Outcome::area).collect();
    for area in areas {
        let _ = writeln!(text, "  <testsuite name=\"{}\" {}>", xml(area), of(report.tally(Some(area))));
        for outcome in report.outcomes.iter().filter(|outcome| outcome.area() == area) {
            case(&mut text, outcome);
        }
        text.push_str("  </testsuite>\n");
    }
    text.push_str("</testsuites>\n");
    text
}

fn case(text: &mut String, outcome: &Outcome) {
    let (id, took) = (xml(&outcome.id), outcome.took.as_secs_f64());
    let _ =
        write!(text, "    <testcase classname=\"{id}\" name=\"{}\" time=\"{took:.3}\"", xml(&outcome.title));
    let inner = match &outcome.verdict {
        Verdict::Passed => String::new(),
        Verdict::Skipped(why) => format!("<skipped message=\"{}\"/>", xml(why)),
        Verdict::Failed(lines) => {
            let first = lines.first().map(String::as_str).unwrap_or_default();
            format!("<failure message=\"{}\">{}</failure>", xml(first), xml(&lines.join("\n")))
        }
        Verdict::Broken(why) => format!("<error message=\"{}\"/>", xml(why)),
    };
    if inner.is_empty() {
        text.push_str("/>\n");
    } else {
        let _ = writeln!(text, ">{inner}</testcase>");
    }
}

/// As it may stand in XML 1.0, which has no way at all to write most control characters.
fn xml(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => escaped.extend(c.escape_default()),
            c => escaped.push(c),
        }
    }
    escaped
}
