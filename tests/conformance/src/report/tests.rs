use std::time::Duration;

use super::*;
use crate::runner::{Outcome, Tally, Verdict};

fn report() -> Report {
    let verdicts = [
        Verdict::Passed,
        Verdict::Failed(vec!["`outcome` is \"x\u{1b}[2J<&>\"".to_owned(), "what was seen:".to_owned()]),
        Verdict::Skipped("needs sim-clock # really".to_owned()),
        Verdict::Broken("the adapter ended".to_owned()),
    ];
    let outcomes = verdicts.into_iter().enumerate().map(|(index, verdict)| Outcome {
        id: format!("area{}/case{index}", index / 3),
        title: "It does \"this\"".to_owned(),
        rules: vec!["UWP-072".to_owned()],
        verdict,
        took: Duration::from_millis(1500),
    });
    Report { host: "a host 1.0".to_owned(), outcomes: outcomes.collect() }
}

#[test]
fn a_tally_counts_each_once_and_by_area() {
    let report = report();
    assert_eq!(report.tally(None), Tally { passed: 1, failed: 1, skipped: 1, broken: 1 });
    assert_eq!(report.tally(Some("area0")), Tally { passed: 1, failed: 1, skipped: 1, broken: 0 });
    assert_eq!(report.tally(Some("nowhere")), Tally::default());
}

#[test]
fn people_see_what_failed_why_and_what_was_skipped() {
    let text = Format::Human.write(&report());
    assert!(text.starts_with("FAILED area0/case1: It does \"this\" (UWP-072)\n    `outcome` is"), "{text}");
    assert!(text.contains("BROKEN area1/case3"), "{text}");
    assert!(text.contains("    1  needs sim-clock # really: area0/case2\n"), "{text}");
    assert!(text.contains("\nall                    1       1       1       1\n"), "{text}");
    assert!(text.ends_with("a host 1.0: 1 rules shown\n"), "{text}");
    assert!(!text.contains('\u{1b}'), "no terminal obeys it: {text:?}");
}

#[test]
fn tap_is_as_its_version_14_has_it() {
    let text = Format::Tap.write(&report());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[..3], ["TAP version 14", "1..4", "ok 1 - area0/case0: It does \"this\"",]);
    assert_eq!(lines[3], "not ok 2 - area0/case1: It does \"this\"");
    assert_eq!(lines[4], "  ---");
    assert!(
        text.contains("\n  ...\nok 3 - area0/case2: It does \"this\" # SKIP needs sim-clock \\# really\n"),
        "{text}"
    );
    assert!(text.contains("\nnot ok 4 - "), "a case that broke is not ok: {text}");
    assert!(!text.contains('\u{1b}'));
}

#[test]
fn junit_is_xml_whatever_a_guest_wrote() {
    let text = Format::Junit.write(&report());
    assert!(
        text.contains(
            "<testsuites name=\"a host 1.0\" tests=\"4\" failures=\"1\" errors=\"1\" skipped=\"1\">"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "<testcase classname=\"area0/case0\" name=\"It does &quot;this&quot;\" time=\"1.500\"/>"
        ),
        "{text}"
    );
    assert!(
        text.contains("<failure message=\"`outcome` is &quot;x\\u{1b}[2J&lt;&amp;&gt;&quot;\">"),
        "{text}"
    );
    assert!(text.contains("<error message=\"the adapter ended\"/></testcase>"), "{text}");
    for (open, close) in [("<testsuite ", "</testsuite>"), ("<testsuites ", "</testsuites>")] {
        assert_eq!(text.matches(open).count(), text.matches(close).count());
    }
}
