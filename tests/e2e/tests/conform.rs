//! The daemon, held against the cases of the conformance suite: a real process, in real time, killed by SIGKILL.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dormouse_conformance::adapter::daemon::DaemonAdapter;
use dormouse_conformance::case::{Case, cases};
use dormouse_conformance::link::Link;
use dormouse_conformance::programs::Programs;
use dormouse_conformance::report::Format;
use dormouse_conformance::runner::{Options, Verdict, run};

macro_rules! areas {
    ($($test:ident: $area:literal but $skipped:expr;)*) => {
        /// All areas: a folder that is none of these would be run by no test.
        const AREAS: &[&str] = &[$($area),*];

        $(#[test]
        fn $test() {
            holds($area, &$skipped);
        })*
    };
}

// What needs simulated time is skipped, or a machine that can be told what it is like, and
// `registration/no-trigger`: the control API has no way to leave the trigger out. A case that is skipped beyond these
// is one that nobody plays on the daemon.
areas! {
    a_cancellation_is_told_and_enforced_by_the_daemon: "cancellation" but [
        "condition-loss", "energy-saver", "grace-of-five-seconds",
    ];
    a_task_of_the_daemon_has_what_it_was_granted_and_no_more: "capability" but [];
    the_daemon_keeps_a_run_as_long_as_its_deferrals: "deferral" but [];
    what_was_accepted_outlives_the_death_of_the_daemon: "durability" but [
        "latch-survives", "misfire-all", "misfire-coalesce", "misfire-skip", "schedule-goes-on",
    ];
    what_one_run_does_to_itself_is_nothing_to_the_daemon: "isolation" but [];
    a_task_of_the_daemon_lives_as_the_contract_says: "lifecycle" but [
        "condition-lost-is-ignored", "conditions-latch", "cron-summer-time", "cron", "keep-latest",
        "latched-and-unregistered", "low-power-disables", "maintenance-loses-power", "maintenance",
        "retry-after", "retry-waits", "system-event", "timer-once", "timer", "unknown-condition",
        "work-cost",
    ];
    the_daemon_holds_tasks_to_their_limits: "limits" but [
        "default-class", "idle", "long-class", "quota-is-the-apps", "quota-pauses",
    ];
    the_daemon_takes_and_refuses_registrations: "registration" but [
        "contradiction", "from-a-task", "no-trigger",
    ];
}

fn all() -> Vec<Case> {
    cases(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/cases")).unwrap()
}

/// Every case of `area` passes on the daemon, but for those that are `skipped`, and no others are.
#[track_caller]
fn holds(area: &str, skipped: &[&str]) {
    let cases: Vec<Case> = all().into_iter().filter(|case| case.area() == area).collect();
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
    assert!(tally.passed > 0, "{text}");
    let is_skipped = |verdict: &Verdict| matches!(verdict, Verdict::Skipped(_));
    let left_out = report.outcomes.iter().filter(|outcome| is_skipped(&outcome.verdict));
    let left_out: BTreeSet<String> = left_out.map(|outcome| outcome.id.clone()).collect();
    let wanted: BTreeSet<String> = skipped.iter().map(|name| format!("{area}/{name}")).collect();
    assert_eq!(left_out, wanted, "{text}");
}

#[test]
fn the_daemon_is_held_to_every_area() {
    let areas: BTreeSet<String> = all().iter().map(|case| case.area().to_owned()).collect();
    assert_eq!(areas, AREAS.iter().map(|area| (*area).to_owned()).collect());
}
