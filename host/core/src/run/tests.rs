//! The machine by its rules, one example each. `diagram` checks its drawing, `properties` what holds
//! whatever happens to a run.

mod budget;
mod diagram;
mod idle;
mod pause;
mod properties;
mod support;

use super::*;
use crate::limits::Class;
use crate::outcome::CancellationReason;
use support::{abort, at, ended, failure, run, secs};

#[test]
fn uwp_072_returning_without_deferrals_ends_the_run_at_once() {
    let mut ok = run();
    assert_eq!(ok.returned(Ok(()), at(1)), Some(Output::End(Outcome::Succeeded)));
    assert!(ok.has_ended() && ok.has_returned() && ok.is_done());

    let mut failed = run();
    assert_eq!(failed.returned(Err(failure()), at(1)), Some(Output::End(Outcome::Failed(failure()))));
}

#[test]
fn uwp_073_with_a_deferral_the_run_ends_when_it_is_complete() {
    let mut run = run();
    run.take_deferral().unwrap();
    assert_eq!(run.returned(Ok(()), at(1)), None);
    assert!(run.has_returned() && !run.has_ended() && !run.is_done());
    assert_eq!(run.complete_deferral(at(2)), Some(Output::End(Outcome::Succeeded)));
    assert!(run.has_returned() && run.is_done());
}

#[test]
fn uwp_073_the_answer_is_kept_until_the_last_deferral_completes() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.returned(Err(failure()), at(1));
    assert_eq!(ended(run.complete_deferral(at(2))), Outcome::Failed(failure()));
}

#[test]
fn uwp_074_all_of_several_deferrals_must_complete() {
    let mut run = run();
    for _ in 0..3 {
        run.take_deferral().unwrap();
    }
    assert_eq!(run.deferrals_open(), 3);
    run.returned(Ok(()), at(1));
    assert_eq!(run.complete_deferral(at(2)), None);
    assert_eq!(run.complete_deferral(at(2)), None);
    assert_eq!(run.deferrals_open(), 1);
    assert_eq!(ended(run.complete_deferral(at(3))), Outcome::Succeeded);
    assert_eq!((run.deferrals_open(), run.deferrals_taken()), (0, 3));
}

#[test]
fn uwp_074_a_deferral_may_be_taken_while_another_holds_the_run_open() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.returned(Ok(()), at(1));
    run.take_deferral().unwrap();
    assert_eq!(run.complete_deferral(at(2)), None);
    assert_eq!(ended(run.complete_deferral(at(3))), Outcome::Succeeded);
}

#[test]
fn uwp_075_completing_before_run_returns_says_done_but_does_not_end_the_run() {
    let mut run = run();
    run.take_deferral().unwrap();
    assert_eq!(run.complete_deferral(at(1)), Some(Output::Done));
    assert!(run.is_done() && !run.has_ended());
    assert_eq!(ended(run.returned(Ok(()), at(2))), Outcome::Succeeded);
}

#[test]
fn a_task_that_took_no_deferral_is_done_when_it_returns_and_not_before() {
    let mut run = run();
    assert!(!run.is_done());
    run.returned(Ok(()), at(1));
    assert!(run.is_done());
}

#[test]
fn a_task_that_takes_another_deferral_before_it_returns_is_not_done_after_all() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.complete_deferral(at(1));
    run.take_deferral().unwrap();
    assert!(!run.is_done());
    assert_eq!(run.returned(Ok(()), at(2)), None);
    assert_eq!(ended(run.complete_deferral(at(3))), Outcome::Succeeded);
}

#[test]
fn uwp_078_completing_what_is_complete_changes_nothing() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.complete_deferral(at(1));
    assert_eq!(run.complete_deferral(at(1)), None);
    assert_eq!(run.deferrals_open(), 0);

    // Nor does it count against a deferral that is taken later.
    run.take_deferral().unwrap();
    assert_eq!(run.returned(Ok(()), at(2)), None);
    assert!(!run.has_ended());
}

#[test]
fn uwp_079_no_deferral_after_the_end() {
    for mut run in support::each_end() {
        let taken = run.deferrals_taken();
        assert_eq!(run.take_deferral(), Err(DeferralError::Ended));
        assert_eq!(run.deferrals_taken(), taken);
    }
}

#[test]
fn no_more_deferrals_are_open_than_the_limit_allows() {
    let mut run = RunMachine::new(Limits { deferrals: 2, ..Class::Default.limits() }, at(0));
    run.take_deferral().unwrap();
    run.take_deferral().unwrap();
    assert_eq!(run.take_deferral(), Err(DeferralError::TooMany));
    assert_eq!((run.deferrals_open(), run.deferrals_taken()), (2, 2));

    run.complete_deferral(at(1));
    assert_eq!(run.take_deferral(), Ok(()), "a completed one makes room");
}

#[test]
fn run_returns_once() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.returned(Ok(()), at(1));
    assert_eq!(run.returned(Err(failure()), at(2)), None);
    assert_eq!(ended(run.complete_deferral(at(3))), Outcome::Succeeded, "the first answer stands");
}

#[test]
fn deferrals_that_nothing_can_complete_are_abandoned_at_once() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.take_deferral().unwrap();
    assert_eq!(run.nothing_left(at(1)), None, "`run` itself is left");
    run.returned(Ok(()), at(2));
    assert_eq!(ended(run.nothing_left(at(3))), Outcome::DeferralAbandoned { open: 2 });
}

#[test]
fn a_canceled_run_that_abandons_its_deferrals_is_canceled_by_force_without_waiting() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.cancel(abort(), at(1));
    run.returned(Ok(()), at(2));
    let expected = Outcome::Canceled { cancellation: abort(), forced: true };
    assert_eq!(ended(run.nothing_left(at(2))), expected);
}

#[test]
fn a_trap_ends_the_run_whatever_it_was_doing() {
    for mut run in support::each_phase() {
        let outcome = ended(run.trapped(TrapKind::StackOverflow, "call stack exhausted".to_owned(), at(2)));
        let message = "call stack exhausted".to_owned();
        assert_eq!(outcome, Outcome::Trapped { kind: TrapKind::StackOverflow, message });
    }
}

#[test]
fn a_lost_lease_ends_the_run_whatever_it_was_doing() {
    for mut run in support::each_phase() {
        assert_eq!(ended(run.lost(at(2))), Outcome::Interrupted);
    }
}

#[test]
fn uwp_081_only_the_first_cancellation_counts() {
    let mut run = run();
    let shutdown = Cancellation::new(CancellationReason::Terminating, "shutdown", "");
    assert_eq!(run.cancel(abort(), at(1)), Some(Output::Tell), "while `run` executes");
    assert_eq!(run.cancel(shutdown, at(2)), None);
    assert_eq!(run.cancellation(), Some(&abort()));
    assert_eq!(run.grace_left(at(2)), Some(secs(4)), "and the grace counts from the first");

    // What the budget would have said comes too late as well.
    assert_eq!(run.tick(at(3), secs(0)), None);
    assert_eq!(run.cancellation(), Some(&abort()));
}

#[test]
fn uwp_082_ending_within_the_grace_is_clean_whatever_the_task_answers() {
    for answer in [Ok(()), Err(failure())] {
        let mut run = run();
        run.cancel(abort(), at(1));
        assert_eq!(run.tick(at(5), secs(0)), None);
        let outcome = ended(run.returned(answer, at(5)));
        assert_eq!(outcome, Outcome::Canceled { cancellation: abort(), forced: false });
        assert_eq!(run.cancellation(), Some(&abort()), "it stays known after the end");
    }
}

#[test]
fn uwp_083_not_ending_within_the_grace_is_forced() {
    let mut run = run();
    run.cancel(abort(), at(1));
    assert_eq!(run.next_timeout(), Some(at(6)));
    assert_eq!(run.tick(at(6) - Duration::from_nanos(1), secs(0)), None);
    assert_eq!(ended(run.tick(at(6), secs(0))), Outcome::Canceled { cancellation: abort(), forced: true });
}

#[test]
fn uwp_084_a_canceled_run_must_return_and_complete_its_deferrals() {
    let clean = Outcome::Canceled { cancellation: abort(), forced: false };

    let mut returned = run();
    returned.take_deferral().unwrap();
    returned.cancel(abort(), at(1));
    assert_eq!(returned.returned(Ok(()), at(2)), None);
    assert_eq!(ended(returned.complete_deferral(at(3))), clean);

    let mut completed = run();
    completed.take_deferral().unwrap();
    completed.cancel(abort(), at(1));
    assert_eq!(completed.complete_deferral(at(2)), None);
    assert_eq!(ended(completed.returned(Ok(()), at(3))), clean);

    let mut only_returned = run();
    only_returned.take_deferral().unwrap();
    only_returned.cancel(abort(), at(1));
    only_returned.returned(Ok(()), at(2));
    let forced = Outcome::Canceled { cancellation: abort(), forced: true };
    assert_eq!(ended(only_returned.tick(at(6), secs(0))), forced);
}

#[test]
fn a_task_that_was_told_of_its_cancellation_is_not_told_that_it_is_done() {
    let mut run = run();
    run.take_deferral().unwrap();
    run.cancel(abort(), at(1));
    // `canceled` and `sleep` promise to answer the cancellation from now on, on every call.
    assert_eq!(run.complete_deferral(at(2)), None);
    assert_eq!(run.cancellation(), Some(&abort()));
}

#[test]
fn uwp_096_a_task_that_does_not_listen_is_terminated_all_the_same() {
    let mut run = run();
    assert_eq!(run.cancel(abort(), at(3)), Some(Output::Tell));
    let outcome = ended(run.tick(run.next_timeout().unwrap(), secs(0)));
    assert_eq!(outcome, Outcome::Canceled { cancellation: abort(), forced: true });
    assert_eq!(run.elapsed(at(100)), secs(8), "3 s, and 5 s of grace");
}

#[test]
fn uwp_097_nothing_is_accepted_after_the_end() {
    for ended in support::each_end() {
        for input in support::Input::each() {
            let mut run = ended.clone();
            assert_eq!(input.apply(&mut run, at(60)), None, "{input:?} after {ended:?}");
            assert_eq!(support::answers(&run, at(60)), support::answers(&ended, at(60)), "{input:?}");
        }
        assert_eq!(ended.next_timeout(), None);
        assert!(ended.has_ended() && ended.is_done() && !ended.is_paused());
    }
}

#[test]
fn a_kill_is_forced_and_keeps_the_reason_that_was_told() {
    let shutdown = Cancellation::new(CancellationReason::Terminating, "shutdown", "");

    let mut untold = run();
    let outcome = ended(untold.kill(shutdown.clone(), at(1)));
    assert_eq!(outcome, Outcome::Canceled { cancellation: shutdown.clone(), forced: true });
    assert_eq!(untold.cancellation(), None, "the guest was never told");

    let mut told = run();
    told.cancel(abort(), at(1));
    let outcome = ended(told.kill(shutdown, at(2)));
    assert_eq!(outcome, Outcome::Canceled { cancellation: abort(), forced: true });
    assert_eq!(told.cancellation(), Some(&abort()));
}

#[test]
fn elapsed_time_stops_with_the_run() {
    let mut run = run();
    run.returned(Ok(()), at(7));
    assert_eq!((run.elapsed(at(7)), run.elapsed(at(70))), (secs(7), secs(7)));
}
