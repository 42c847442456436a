//! The daemon, held against the cases of the conformance suite: a real process, in real time, killed by SIGKILL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use dormouse_conformance::adapter::daemon::DaemonAdapter;
use dormouse_conformance::case::cases;
use dormouse_conformance::link::Link;
use dormouse_conformance::programs::Programs;
use dormouse_conformance::report::Format;
use dormouse_conformance::runner::{Options, run};

/// As many of these are skipped as need simulated time or a machine of their own.
fn passes(areas: &[&str], at_least: usize) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/cases");
    let mut cases = cases(&folder).unwrap();
    cases.retain(|case| areas.iter().any(|area| case.id.starts_with(area)));
    let program = PathBuf::from(dormouse_e2e::command([""; 0]).get_program());
    let connect = || {
        let program = program.clone();
        Ok(Link::thread(move || DaemonAdapter::new(program).unwrap()))
    };
    let options = Options { jobs: 2, timeout: Duration::from_secs(120), programs: Programs::default() };
    let report = run(&cases, &connect, &options, &|_| {}).unwrap();
    let tally = report.tally(None);
    let text = Format::Human.write(&report);
    assert_eq!((tally.failed, tally.broken), (0, 0), "{text}");
    assert!(tally.passed >= at_least, "{text}");
}

#[test]
fn what_was_accepted_outlives_the_death_of_the_daemon() {
    passes(&["durability/"], 12);
}

#[test]
fn a_cancellation_is_told_and_enforced_by_the_daemon() {
    passes(&["cancellation/"], 18);
}

#[test]
fn commands_are_contained_by_run_command() {
    passes(&["capability/command", "isolation/command"], 9);
}
