//! Wall-clock time and CPU time: when a run is told, and when it is taken down.

use super::super::*;
use super::support::{abort, at, ended, run, secs};
use crate::limits::Class;
use crate::outcome::CancellationReason;

const NANO: Duration = Duration::from_nanos(1);

#[test]
fn uwp_076_deferrals_do_not_extend_the_budget() {
    let mut run = run();
    let before = run.next_timeout();
    run.take_deferral().unwrap();
    run.returned(Ok(()), at(1));
    assert_eq!(run.next_timeout(), before);
    assert_eq!(run.wall_left(at(1)), secs(24));
    assert_eq!(run.tick(at(25), secs(0)), Some(Output::Tell));
}

#[test]
fn uwp_077_a_forgotten_deferral_ends_by_the_budget() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.returned(Ok(()), at(1));
    assert_eq!(run.tick(run.next_timeout().unwrap(), secs(0)), Some(Output::Tell));
    let outcome = ended(run.tick(run.next_timeout().unwrap(), secs(0)));
    let Outcome::Canceled { cancellation, forced: true } = outcome else { panic!("{outcome}") };
    assert_eq!(cancellation.reason, CancellationReason::ExecutionTimeExceeded);
}

#[test]
fn uwp_087_an_overrun_of_wall_time_cancels_with_execution_time_exceeded() {
    let mut run = run();
    assert_eq!(run.tick(at(26), secs(0)), Some(Output::Tell));
    let said = run.cancellation().map(ToString::to_string);
    assert_eq!(said.as_deref(), Some("execution-time-exceeded (policy wall: ran 26s of 25s)"));
}

#[test]
fn uwp_087_an_overrun_of_cpu_time_cancels_with_execution_time_exceeded() {
    let mut run = run();
    assert_eq!(run.tick(at(12), secs(10) - NANO), None);
    assert_eq!(run.tick(at(12), secs(10)), Some(Output::Tell));
    let said = run.cancellation().map(ToString::to_string);
    assert_eq!(said.as_deref(), Some("execution-time-exceeded (policy cpu: used 10s of 10s)"));
}

#[test]
fn uwp_099_the_default_class_is_told_at_25_s_and_taken_down_at_30_s() {
    let mut run = RunMachine::new(Class::Default.limits(), at(0));
    assert_eq!(run.next_timeout(), Some(at(25)));
    assert_eq!(run.tick(at(25) - NANO, secs(0)), None);
    assert_eq!(run.tick(at(25), secs(0)), Some(Output::Tell));
    assert_eq!((run.next_timeout(), run.grace_left(at(25))), (Some(at(30)), Some(secs(5))));
    assert_eq!(run.tick(at(30) - NANO, secs(0)), None);
    assert!(matches!(ended(run.tick(at(30), secs(0))), Outcome::Canceled { forced: true, .. }));
    assert_eq!((run.next_timeout(), run.elapsed(at(30))), (None, secs(30)));
}

#[test]
fn a_task_that_answers_the_wall_budget_in_time_is_canceled_clean() {
    let mut run = run();
    run.tick(at(25), secs(0));
    assert!(matches!(ended(run.returned(Ok(()), at(29))), Outcome::Canceled { forced: false, .. }));
}

#[test]
fn the_whole_grace_follows_however_late_the_overrun_was_noticed() {
    let mut run = run();
    run.tick(at(40), secs(0));
    assert_eq!(run.next_timeout(), Some(at(45)));
}

#[test]
fn cpu_time_within_the_grace_has_a_budget_of_its_own() {
    let mut run = run();
    run.tick(at(3), secs(3));
    run.cancel(abort(), at(3));
    assert_eq!(run.tick(at(4), secs(4) - NANO), None);
    let outcome = ended(run.tick(at(4), secs(4)));
    assert_eq!(outcome, Outcome::Canceled { cancellation: abort(), forced: true });
}

#[test]
fn the_grace_of_a_cpu_overrun_counts_from_what_was_used_by_then() {
    let mut run = run();
    // One long poll: it used more than the budget before anybody could look.
    assert_eq!(run.tick(at(12), secs(12)), Some(Output::Tell));
    assert_eq!(run.tick(at(13), secs(13) - NANO), None);
    assert!(matches!(ended(run.tick(at(13), secs(13))), Outcome::Canceled { forced: true, .. }));
}

#[test]
fn cpu_time_never_shrinks() {
    let mut run = run();
    run.tick(at(9), secs(9));
    assert_eq!(run.tick(at(9), secs(2)), None);
    assert_eq!(run.cpu_left(secs(2)), secs(1));
    assert_eq!(run.tick(at(10), secs(10)), Some(Output::Tell));
}

#[test]
fn what_is_left_is_what_the_limit_has_not_seen_used() {
    let mut run = run();
    assert_eq!((run.wall_left(at(0)), run.cpu_left(secs(0))), (secs(25), secs(10)));
    run.tick(at(4), secs(3));
    assert_eq!((run.wall_left(at(6)), run.cpu_left(secs(5))), (secs(19), secs(5)));
    assert_eq!((run.wall_left(at(60)), run.cpu_left(secs(60))), (secs(0), secs(0)));
    assert_eq!(run.limits(), &Class::Default.limits());
}

#[test]
fn there_is_no_grace_to_speak_of_before_a_cancellation() {
    let mut run = run();
    assert_eq!((run.grace_left(at(1)), run.cancellation()), (None, None));
    run.cancel(abort(), at(1));
    assert_eq!([at(1), at(2), at(9)].map(|now| run.grace_left(now)), [5, 4, 0].map(|n| Some(secs(n))));
}

#[test]
fn a_limit_beyond_all_time_does_not_overflow() {
    let limits = Limits { wall: Duration::MAX, grace: Duration::MAX, ..Class::Default.limits() };
    let mut run = RunMachine::new(limits, at(0));
    assert_eq!(run.next_timeout(), Some(Instant::MAX));
    run.cancel(abort(), at(1));
    assert_eq!(run.next_timeout(), Some(Instant::MAX));
}
