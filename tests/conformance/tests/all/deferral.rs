//! Deferrals: they prevent an early end, and never extend a deadline.

use std::time::Duration;

use dormouse::{CancellationReason, Outcome};
use test_artifacts as programs;

use crate::{SECOND, once, only};

#[test]
pub(crate) fn deferral_outlives_run() {
    let (completion, log, _) = once(programs::DEFERRAL_OUTLIVES_RUN, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    let seen = only(&log, &["deferral", "returned", "progress", "ended"]);
    let at = |line: &str| seen.iter().position(|l| l == line).unwrap_or_else(|| panic!("{line}: {seen:#?}"));
    assert!(at("deferral taken, 1 open") < at("returned ok, 1 open"));
    assert!(at("returned ok, 1 open") < at("progress 1"));
    assert!(at("progress 3") < at("ended succeeded"));
    assert!(at("deferral completed, 0 open") < at("ended succeeded"));
    assert_eq!(completion.run.receipt.deferrals, 1);
}

#[test]
pub(crate) fn deferral_several() {
    let (completion, log, _) = once(programs::DEFERRAL_SEVERAL, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(completion.run.receipt.progress, Some(3));
    assert_eq!(completion.run.receipt.deferrals, 3);
    assert_eq!(
        only(&log, &["deferral completed", "ended"]),
        [
            "deferral completed, 2 open",
            "deferral completed, 1 open",
            "deferral completed, 0 open",
            "ended succeeded"
        ]
    );
}

#[test]
pub(crate) fn deferral_completed_before_return() {
    let (completion, log, _) = once(programs::DEFERRAL_COMPLETED_BEFORE_RETURN, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded);
    assert_eq!(completion.run.receipt.progress, Some(2));
    let seen = only(&log, &["deferral completed", "returned", "ended"]);
    let completed = "deferral completed, 0 open";
    assert_eq!(seen, [completed, completed, "returned ok, 0 open", "ended succeeded"], "UWP-075");
}

#[test]
pub(crate) fn deferral_drop_completes() {
    let (completion, log, _) = once(programs::DEFERRAL_DROP_COMPLETES, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{log:#?}");
    assert_eq!(completion.run.receipt.deferrals, 2);
}

#[test]
pub(crate) fn deferral_result_is_runs() {
    let (completion, log, _) = once(programs::DEFERRAL_RESULT_IS_RUNS, "");
    let Outcome::Failed(failure) = &completion.run.outcome else { panic!("{log:#?}") };
    assert_eq!(failure.message, "decided early");
    assert_eq!(completion.run.receipt.progress, Some(1));
}

#[test]
pub(crate) fn deferral_abandoned() {
    let (completion, log, _) = once(programs::DEFERRAL_ABANDONED, "");
    assert_eq!(completion.run.outcome, Outcome::DeferralAbandoned { open: 1 }, "{log:#?}");
    assert_eq!(completion.run.receipt.wall, Duration::ZERO, "told at once, not at the deadline");
}

#[test]
pub(crate) fn deferral_forgotten_waiting() {
    let (completion, log, _) = once(programs::DEFERRAL_FORGOTTEN_WAITING, "");
    let Outcome::Canceled { cancellation, forced: true } = &completion.run.outcome else {
        panic!("{log:#?}")
    };
    assert_eq!(cancellation.reason, CancellationReason::ExecutionTimeExceeded);
    assert_eq!(cancellation.policy, "wall");
    assert_eq!(completion.run.receipt.wall, SECOND * 605, "a deferral extends no deadline (UWP-076)");
}

#[test]
pub(crate) fn deferral_after_end() {
    let (completion, log, stdout) = once(programs::DEFERRAL_AFTER_END, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{log:#?}");
    assert_eq!(stdout, "ended\n");
    assert_eq!(completion.run.receipt.deferrals, 1);
}

#[test]
pub(crate) fn deferral_too_many() {
    let (completion, log, stdout) = once(programs::DEFERRAL_TOO_MANY, "");
    assert_eq!(completion.run.outcome, Outcome::Succeeded, "{log:#?}");
    assert!(stdout.contains("64"), "the default class allows 64 at once: {stdout}");
}
