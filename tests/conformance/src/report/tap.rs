//! The Test Anything Protocol, version 14.

use std::fmt::Write as _;

use super::plain;
use crate::runner::{Report, Verdict};

/// Writing to a string does not fail.
pub(super) fn write(report: &Report) -> String {
    let mut text = format!("TAP version 14\n1..{}\n", report.outcomes.len());
    for (index, outcome) in report.outcomes.iter().enumerate() {
        let number = index + 1;
        let name = described(&format!("{}: {}", outcome.id, outcome.title));
        let lines = match &outcome.verdict {
            Verdict::Passed => {
                let _ = writeln!(text, "ok {number} - {name}");
                continue;
            }
            Verdict::Skipped(why) => {
                let _ = writeln!(text, "ok {number} - {name} # SKIP {}", described(why));
                continue;
            }
            Verdict::Failed(lines) => lines.as_slice(),
            Verdict::Broken(why) => std::slice::from_ref(why),
        };
        let _ = writeln!(text, "not ok {number} - {name}\n  ---\n  rules: {:?}\n  lines:", outcome.rules);
        for line in lines {
            let _ = writeln!(text, "    - {:?}", plain(line));
        }
        text.push_str("  ...\n");
    }
    text
}

/// Neither a directive nor another line comes of what stands in a description.
fn described(text: &str) -> String {
    plain(text).replace('\\', "\\\\").replace('#', "\\#")
}
