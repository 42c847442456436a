//! Runs that do nothing, and the budgets that only some classes have.

use super::super::*;
use super::support::{abort, at, ended, run, secs};
use crate::limits::Class;
use crate::outcome::CancellationReason;

const NANO: Duration = Duration::from_nanos(1);

fn of(class: Class) -> RunMachine {
    RunMachine::new(class.limits(), at(0))
}

fn said(run: &RunMachine) -> String {
    run.cancellation().map(ToString::to_string).unwrap_or_default()
}

#[test]
fn uwp_088_who_waits_only_for_its_cancellation_is_idle_after_ten_seconds() {
    let mut run = run();
    run.gave_way(WaitsFor::Cancellation, 3, at(2));
    assert_eq!(run.next_timeout(), Some(at(12)));
    assert_eq!(run.tick(at(12) - NANO, secs(0)), None);
    assert_eq!(run.tick(at(12), secs(0)), Some(Output::Tell));
    assert_eq!(
        said(&run),
        "idle-task (policy idle: did nothing for 10s of 10s, and waits only for its cancellation)"
    );
    let stop = run.stop().unwrap();
    assert_eq!((stop.threshold, stop.observed), (Some(secs(10)), Some(secs(10))));
    assert_eq!(run.next_timeout(), Some(at(17)), "its grace");
}

#[test]
fn uwp_088_who_does_something_or_waits_for_something_is_not_idle() {
    let mut run = run();
    for second in 0..24 {
        // A look in between that shows nothing new changes nothing.
        let waits_for = if second % 8 == 7 { WaitsFor::Something } else { WaitsFor::Cancellation };
        run.gave_way(waits_for, 0, at(second));
        assert_eq!(run.tick(at(second), secs(0)), None, "{second}");
    }
    run.gave_way(WaitsFor::Something, 0, at(24));
    assert_eq!(run.next_timeout(), Some(at(25)), "what is left is the wall");
}

#[test]
fn uwp_088_who_can_never_go_on_is_ended_at_once() {
    let mut run = run();
    run.gave_way(WaitsFor::Nothing, 0, at(1));
    assert_eq!(run.tick(at(1), secs(0)), Some(Output::Tell));
    assert_eq!(said(&run), "idle-task (policy idle: waits for nothing that can ever happen)");
    assert!(matches!(ended(run.tick(at(1), secs(0))), Outcome::Canceled { forced: true, .. }));
}

#[test]
fn who_can_never_go_on_and_is_ended_by_another_rule_is_told_that_rule() {
    for (class, cpu, said_of) in [
        (Class::Default, secs(10), "execution-time-exceeded (policy cpu: used 10s of 10s)"),
        (Class::DeviceUse, secs(1), "execution-time-exceeded (policy cpu-per-minute: used 1s of 400ms)"),
    ] {
        let mut run = of(class);
        run.gave_way(WaitsFor::Nothing, 0, at(1));
        assert_eq!(run.tick(at(1), cpu), Some(Output::Tell));
        assert_eq!(said(&run), said_of);
    }
}

#[test]
fn whoever_is_cancelled_for_another_reason_has_its_grace() {
    // UWP-096.
    let mut run = run();
    assert_eq!(run.cancel(abort(), at(1)), Some(Output::Tell));
    run.gave_way(WaitsFor::Nothing, 0, at(2));
    assert_eq!(run.tick(at(6) - NANO, secs(0)), None);
    let outcome = ended(run.tick(at(6), secs(0)));
    assert!(matches!(&outcome, Outcome::Canceled { cancellation, forced: true } if *cancellation == abort()));
}

#[test]
fn paused_time_is_no_idleness() {
    let mut run = of(Class::DeviceUse);
    run.gave_way(WaitsFor::Cancellation, 0, at(0));
    assert_eq!(run.pause(Throttle::Cpu, at(100), at(1)), Some(Output::Pause));
    assert_eq!(run.tick(at(99), secs(0)), None);
    assert_eq!(run.tick(at(100), secs(0)), Some(Output::Resume));
    assert_eq!(run.tick(at(100), secs(0)), None);
    run.gave_way(WaitsFor::Cancellation, 0, at(100));
    assert_eq!(run.next_timeout(), Some(at(105)), "five seconds without a call are counted from the refill");
}

#[test]
fn uwp_102_cpu_time_is_counted_anew_in_each_minute() {
    let mut run = of(Class::DeviceUse);
    let ms = Duration::from_millis;
    let mut cpu = Duration::ZERO;
    for (calls, minute) in (1..).zip(0..9) {
        for second in (0..60).step_by(4) {
            cpu += ms(26);
            let now = at(minute * 60 + second);
            run.gave_way(WaitsFor::Something, calls * 100 + second, now);
            assert_eq!(run.tick(now, cpu), None, "{minute}:{second} {cpu:?}");
        }
    }
    assert_eq!(run.tick(at(536), cpu + ms(10)), Some(Output::Tell));
    assert_eq!(said(&run), "execution-time-exceeded (policy cpu-per-minute: used 400ms of 400ms)");
}

#[test]
fn uwp_102_a_device_that_is_not_used_is_given_up_after_five_seconds() {
    let mut run = of(Class::DeviceUse);
    run.gave_way(WaitsFor::Something, 1, at(3));
    assert_eq!(run.next_timeout(), Some(at(8)));
    run.gave_way(WaitsFor::Something, 1, at(7));
    assert_eq!(run.tick(at(8), secs(0)), Some(Output::Tell));
    assert_eq!(said(&run), "idle-task (policy io-every: no call of WASI for 5s of 5s)");
}

#[test]
fn uwp_103_once_it_took_a_deferral_neither_time_nor_idleness_ends_an_unlimited_run() {
    let mut run = of(Class::Unlimited);
    run.gave_way(WaitsFor::Cancellation, 0, at(1));
    assert_eq!(run.next_timeout(), Some(at(11)), "as any other until then");
    run.take_deferral().unwrap();
    assert_eq!(run.next_timeout(), None);
    assert_eq!(run.tick(at(1_000_000), secs(0)), None);
    assert_eq!(run.cancel(abort(), at(1_000_000)), Some(Output::Tell), "an operator may, and energy saver");
    assert_eq!(run.next_timeout(), Some(at(1_000_005)));
}

#[test]
fn a_stop_that_was_asked_for_has_a_rule_and_no_figures() {
    let mut run = run();
    assert_eq!(run.stop(), None);
    run.cancel(abort(), at(1));
    run.kill(Cancellation::new(CancellationReason::Terminating, "shutdown", ""), at(2));
    let stop = run.stop().unwrap();
    assert_eq!(
        (stop.reason, stop.policy.as_str()),
        (CancellationReason::Abort, "operator"),
        "the first counts"
    );
    assert_eq!((stop.threshold, stop.observed), (None, None));
}
