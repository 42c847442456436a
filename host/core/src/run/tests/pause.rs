//! UWP-104: a spent quota pauses a run and does not kill it.

use super::super::*;
use super::support::{abort, at, ended, run, secs};

#[test]
fn uwp_104_a_spent_quota_pauses_until_the_refill() {
    let mut run = run();
    assert_eq!(run.pause(Throttle::Cpu, at(60), at(2)), Some(Output::Pause));
    assert!(run.is_paused() && !run.has_ended());
    assert_eq!(run.next_timeout(), Some(at(60)));
    assert_eq!(run.tick(at(59), secs(0)), None);
    assert_eq!(run.tick(at(60), secs(0)), Some(Output::Resume));
    assert!(!run.is_paused());
    assert_eq!(ended(run.returned(Ok(()), at(61))), Outcome::Succeeded);
}

#[test]
fn uwp_104_paused_time_is_no_wall_time() {
    let mut run = run();
    run.pause(Throttle::Cpu, at(60), at(2));
    // 25 s after the start, and long after them, it has used 2 s.
    assert_eq!(run.tick(at(25), secs(0)), None);
    assert_eq!(run.wall_left(at(50)), secs(23));

    run.tick(at(60), secs(0));
    assert_eq!(run.next_timeout(), Some(at(60 + 23)));
    assert_eq!(run.tick(at(82), secs(0)), None);
    assert_eq!(run.tick(at(83), secs(0)), Some(Output::Tell));
}

#[test]
fn uwp_104_several_pauses_add_up() {
    let mut run = run();
    for (from, until) in [(1, 11), (12, 32), (40, 40)] {
        run.pause(Throttle::Cpu, at(until), at(from));
        assert_eq!(run.tick(at(until), secs(0)), Some(Output::Resume));
    }
    assert_eq!((run.paused(at(45)), run.elapsed(at(45))), (secs(30), secs(45)));
    assert_eq!(run.next_timeout(), Some(at(55)));
}

#[test]
fn uwp_104_a_refill_that_is_noticed_late_costs_the_run_nothing() {
    let mut run = run();
    run.pause(Throttle::Cpu, at(10), at(5));
    assert_eq!(run.tick(at(90), secs(0)), Some(Output::Resume));
    assert_eq!((run.paused(at(90)), run.wall_left(at(90))), (secs(85), secs(20)));
}

#[test]
fn uwp_104_a_cancellation_wakes_a_paused_run() {
    let mut run = run();
    run.pause(Throttle::Cpu, at(60), at(2));
    assert_eq!(run.cancel(abort(), at(10)), Some(Output::Tell));
    assert!(!run.is_paused());
    assert_eq!(run.next_timeout(), Some(at(15)), "the grace, not the refill");
    assert_eq!(run.paused(at(12)), secs(8));
    assert!(matches!(ended(run.returned(Ok(()), at(12))), Outcome::Canceled { forced: false, .. }));
}

#[test]
fn uwp_104_a_canceled_run_is_not_paused() {
    let mut run = run();
    run.cancel(abort(), at(1));
    assert_eq!(run.pause(Throttle::Cpu, at(60), at(2)), None);
    assert!(!run.is_paused());
    assert_eq!((run.next_timeout(), run.suspended_count()), (Some(at(6)), 0));
}

#[test]
fn a_canceled_run_whose_app_has_overdrawn_its_quota_has_no_more_grace() {
    let mut run = run();
    assert_eq!(run.overdrawn(at(1)), None, "it is not cancelled");
    run.pause(Throttle::Cpu, at(60), at(1));
    assert_eq!(run.overdrawn(at(1)), None, "nor is it when it is paused");
    run.cancel(abort(), at(2));
    assert_eq!(ended(run.overdrawn(at(3))), Outcome::Canceled { cancellation: abort(), forced: true });
    assert_eq!((run.elapsed(at(9)), run.paused(at(9))), (secs(3), secs(1)));
}

#[test]
fn uwp_104_a_run_that_spent_its_own_cpu_budget_is_told_although_it_is_paused() {
    let mut run = run();
    run.pause(Throttle::Cpu, at(60), at(12));
    assert_eq!(run.tick(at(12), secs(10)), Some(Output::Tell));
    assert!(!run.is_paused());
}

#[test]
fn a_paused_run_is_not_paused_again() {
    let mut run = run();
    run.pause(Throttle::Cpu, at(10), at(1));
    assert_eq!(run.pause(Throttle::Network, at(60), at(2)), None);
    assert_eq!(run.next_timeout(), Some(at(10)), "the first pause stands");
    assert_eq!(run.suspended_count(), 1);
}

#[test]
fn a_paused_run_may_still_end() {
    // What its last poll did is told after the pause that the same poll brought about.
    let mut run = run();
    run.take_deferral().unwrap();
    run.returned(Ok(()), at(1));
    run.pause(Throttle::Cpu, at(60), at(2));
    assert_eq!(ended(run.complete_deferral(at(4))), Outcome::Succeeded);
    assert!(!run.is_paused());
    assert_eq!((run.paused(at(99)), run.elapsed(at(99))), (secs(2), secs(4)));
}

#[test]
fn uwp_080_pauses_are_counted_by_what_caused_them() {
    let mut run = run();
    for (n, throttle) in [(1, Throttle::Cpu), (3, Throttle::Network), (5, Throttle::Cpu)] {
        run.pause(throttle, at(n + 1), at(n));
        run.tick(at(n + 1), secs(0));
    }
    assert_eq!(run.suspended_count(), 3);
    assert_eq!((run.throttle_count(Throttle::Cpu), run.throttle_count(Throttle::Network)), (2, 1));
}

#[test]
fn uwp_104_a_quota_that_is_set_anew_moves_the_refill_of_the_same_pause_or_ends_it() {
    let mut run = run();
    assert_eq!(run.requota(None, at(1)), None, "it is not paused");
    run.pause(Throttle::Cpu, at(60), at(2));
    assert_eq!(run.requota(Some(at(90)), at(10)), None);
    assert_eq!(run.next_timeout(), Some(at(90)));
    assert_eq!(run.tick(at(60), secs(0)), None);
    assert_eq!(run.requota(None, at(70)), Some(Output::Resume));
    assert_eq!((run.suspended_count(), run.paused(at(80))), (1, secs(68)));
    assert_eq!(ended(run.returned(Ok(()), at(81))), Outcome::Succeeded);
}
